"""Every notebook through papermill with changed births, migration and contingency, against the command line.

python tests/notebooks_what_if.py [DRAWS]    a line a notebook: seconds cold, seconds from kept steps, figures equal
or not; then how many misspelt parameters were stopped
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from test_notebooks import MISSPELT, NOTEBOOKS, checksum, run  # noqa: E402

import forecast  # noqa: E402
from conftest import HOME  # noqa: E402
from forecast.runs.steps import STEPS_FOLDER  # noqa: E402
from forecast.runs.toolkit import CHECKSUM  # noqa: E402

CHANGES = {"levers.births": 1.1, "migration.internal_in": 50, "budget.contingency": 700_000}
SEED = 7


def command_line(draws: int) -> dict:
    """The same what-if from the command line, in a process of its own."""
    typed = [f"{key}={value}" for key, value in CHANGES.items()]
    words = ["what-if", "slough", "2011-06", *typed, "--draws", str(draws), "--seed", str(SEED), "--json"]
    said = subprocess.run([sys.executable, "-m", "forecast.cli", *words], cwd=HOME, capture_output=True, check=True)
    return json.loads(said.stdout)


def timed(notebook: Path, out: Path, given: dict):
    began = time.monotonic()
    return run(notebook, out, given), time.monotonic() - began


def agrees(book, wanted: dict) -> str:
    """Whether what a notebook shows is the command line's, or the population of the changed case."""
    shown = [o.data[CHECKSUM] for c in book.cells for o in c.get("outputs", []) if CHECKSUM in o.get("data", {})]
    if shown:
        return "equal" if all(one == wanted for one in shown) else "DIFFERS"
    texts = [o.data["text/plain"] for c in book.cells for o in c.get("outputs", []) if "data" in o]
    case = forecast.open_case("slough", "2011-06").change(CHANGES)
    known = {repr(case.population()), repr(case.history())}
    return "equal (no simulation)" if known & set(texts) else "no figure of the future to compare"


def main(draws: int) -> None:
    given = {"changes": CHANGES, "draws": draws, "seed": SEED}
    with tempfile.TemporaryDirectory() as folder:
        os.environ[STEPS_FOLDER] = f"{folder}/command line"
        told = command_line(draws)
        wanted = {"scenario": "what-if", "sha256": checksum(told)}
        for notebook in NOTEBOOKS:
            os.environ[STEPS_FOLDER] = f"{folder}/{notebook.stem}"
            _, cold = timed(notebook, Path(folder) / "out.ipynb", given)
            book, kept = timed(notebook, Path(folder) / "out.ipynb", given)
            print(f"{notebook.stem:24s} {cold:6.1f} s cold {kept:6.1f} s kept   {agrees(book, wanted)}", flush=True)
        stopped = 0
        for wrong in MISSPELT:
            try:
                run(NOTEBOOKS[4], Path(folder) / "out.ipynb", {"draws": draws, "seed": SEED} | wrong)
                print(f"RAN WITH {wrong}")
            except Exception as error:
                stopped += getattr(error, "ename", "") == "Stopped"
        print(f"{len(MISSPELT)} misspelt parameters: {stopped} stopped")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
