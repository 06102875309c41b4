"""A piece of work that may take its worker with it; light, for workers import it."""

import os
import time
from pathlib import Path

SHORT = 0.2  # seconds, so that what is done is fetched before a worker is lost


def piece(case: tuple[str, str], draws: int, seed: int) -> list[dict]:
    """Notes that it was begun and, where its name says so, ends the process."""
    name, folder = case
    with (Path(folder) / name).open("a") as file:
        file.write("begun\n")
    again = len((Path(folder) / name).read_text().splitlines()) > 1
    if name == "loses always" or (name == "loses once" and not again):
        os._exit(9)
    time.sleep(SHORT)
    return [{"piece": name}]
