"""Run folders: built in staging, published by renaming, with a manifest that traces every table to its inputs.

    runs/COUNCIL/MONTH/   answer.json, answer.txt, assumptions.md, manifest.json
                          frozen/ (assumptions as used), tables/ (CSV and Parquet), charts/, notebooks/
A failed or killed run leaves the last published one as it was.
"""

import hashlib
import json
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from filelock import FileLock, Timeout

from forecast import __version__
from forecast.errors import BadInput

LIBRARIES = ("numpy", "pandas", "numba", "pydantic", "papermill")


@contextmanager
def publishing(runs: Path, council: str, month: str) -> Iterator[Path]:
    """A staging folder that becomes runs/COUNCIL/MONTH if the block ends well, and vanishes if it does not.

    Raises BadInput if another run of the same case is under way.
    """
    home = runs / council
    home.mkdir(parents=True, exist_ok=True)
    final, staging, previous = home / month, home / f".{month}.staging", home / f".{month}.previous"
    lock = FileLock(home / f".{month}.lock")
    try:
        with lock.acquire(timeout=0):
            _recover(final, staging, previous)
            staging.mkdir()
            try:
                yield staging
            except BaseException:
                shutil.rmtree(staging, ignore_errors=True)
                raise
            _swap(final, staging, previous)
    except Timeout:
        raise BadInput(f"another run of {council} {month} is under way. Wait for it to end and try again.") from None


def _recover(final: Path, staging: Path, previous: Path) -> None:
    """Put right what a killed run left behind."""
    if previous.exists() and not final.exists():
        previous.rename(final)
    for left in (previous, staging):
        shutil.rmtree(left, ignore_errors=True)


def _swap(final: Path, staging: Path, previous: Path) -> None:
    if final.exists():
        final.rename(previous)
    staging.rename(final)
    shutil.rmtree(previous, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """UTF-8 with plain line ends, the same bytes on every system."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8", newline="\n")


def write_json(path: Path, content: dict) -> None:
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False))


def write_table(folder: Path, name: str, table: pd.DataFrame) -> None:
    """One table as CSV and Parquet. Text that a spreadsheet would take for a formula is quoted with an apostrophe."""
    folder.mkdir(parents=True, exist_ok=True)
    safe = table.map(lambda cell: f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "@") else cell)
    write_text(folder / f"{name}.csv", safe.to_csv(index=False, lineterminator="\n"))
    table.to_parquet(folder / f"{name}.parquet", index=False)


def manifest(folder: Path, inputs: dict[str, Path], draws: int, seed: int) -> dict:
    """What made the run: code, libraries, seed, and the checksum of every input and every output."""
    import importlib.metadata

    outputs = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        "version": __version__,
        "code_sha256": code_fingerprint(),
        "python": platform.python_version(),
        "libraries": {name: importlib.metadata.version(name) for name in LIBRARIES},
        "draws": draws,
        "seed": seed,
        "inputs": {name: _sha256(path) for name, path in sorted(inputs.items())},
        "outputs": {path.relative_to(folder).as_posix(): _sha256(path) for path in outputs},
    }


def code_fingerprint() -> str:
    """One checksum over the source of the package."""
    home = Path(__file__).parent
    whole = hashlib.sha256()
    for path in sorted(home.rglob("*.py")):
        whole.update(path.relative_to(home).as_posix().encode("utf-8"))
        whole.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return whole.hexdigest()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
