"""A whole refresh under kill -9: stopped at random moments, the last month stands, and the next refresh gives what an unhurt one gives.

python tests/kills.py KILLS [SEED]     Linux or macOS; prints what broke
"""

import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from forecast.runs import folders

HOME = Path(__file__).resolve().parent.parent

MONTHS = HOME / "data" / "example" / "months"
FIRST, SECOND = "2025-04", "2025-05"  # the months counted in the first two deliveries


def started(place: Path) -> subprocess.Popen:
    line = [
        sys.executable,
        "-c",
        "from forecast.cli.commands import main; main()",
        "refresh",
        place / "council",
        "--runs",
        place / "runs",
        "--draws",
        "120",
        "--no-notebooks",
        "--quiet",
    ]
    return subprocess.Popen(line, cwd=HOME, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def deliver(place: Path, delivery: str) -> None:
    for file in (MONTHS / "deliveries" / delivery).iterdir():
        shutil.copyfile(file, place / "council" / "inbox" / file.name)


def answer(place: Path, month: str) -> bytes:
    return (place / "runs" / "exampleton" / month / "answer.json").read_bytes()


def held(place: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (place / "council" / "held").iterdir()}


def blow(before: Path, unhurt: Path, place: Path, after: float) -> str | None:
    """What broke when a refresh was killed `after` seconds and made anew; None if nothing did."""
    shutil.copytree(before, place)
    deliver(place, "2025-06")
    first = started(place)
    time.sleep(after)
    first.kill()
    first.communicate()
    if folders.damaged(place / "runs" / "exampleton" / FIRST):
        return "the last month was damaged"
    again = started(place)
    _, said = again.communicate()
    if again.returncode != 0:
        return f"the next refresh ended with {again.returncode}: {said.decode('utf-8', 'replace')[:200]}"
    same = answer(place, SECOND) == answer(unhurt, SECOND) and held(place) == held(unhurt)
    return (
        None
        if same and not folders.damaged(place / "runs" / "exampleton" / SECOND)
        else "the next refresh gave something else"
    )


def main(kills: int, seed: int) -> list[str]:
    luck, broken = random.Random(seed), []
    with tempfile.TemporaryDirectory() as folder:
        before, unhurt = Path(folder) / "before", Path(folder) / "unhurt"
        (before / "council" / "inbox").mkdir(parents=True)
        shutil.copyfile(MONTHS / "council.yaml", before / "council" / "council.yaml")
        deliver(before, "2025-05")
        assert started(before).wait() == 0
        shutil.copytree(before, unhurt)
        deliver(unhurt, "2025-06")
        began = time.monotonic()
        assert started(unhurt).wait() == 0
        length = time.monotonic() - began
        for number in range(kills):
            after = (
                luck.uniform(0, length) if number % 2 else luck.uniform(length - 2, length)
            )  # half of them while it publishes and keeps
            found = blow(before, unhurt, Path(folder) / str(number), after)
            broken += [f"killed after {after:.2f} of {length:.1f} s: {found}"] if found else []
            shutil.rmtree(Path(folder) / str(number))
    return broken


if __name__ == "__main__":
    kills, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    faults = main(kills, seed)
    print("\n".join([*faults, f"{kills} kills, {len(faults)} broken"]))
    sys.exit(bool(faults))
