"""Steps already computed for the same inputs, kept under runs/.steps as JSON, written whole or not at all.

A step's name is a checksum of all that it is made from: the code, the libraries, every file of assumptions and tables
that a case may read, and what was asked (council, month, scenario, changes, draws, seed). A file that does not read is
made again, and so is one that was edited.
"""

import hashlib
import importlib.metadata
import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from forecast.runs.home import Home
from forecast.sources.files import sealed, write_whole

if TYPE_CHECKING:  # a notebook on steps that are kept does without the model
    from forecast.model.cases import OpenCase
    from forecast.model.projection import Tables

STEP = "step"
STEPS_FOLDER = "FORECAST_STEPS"  # where steps are kept, if not in runs/.steps
MOST_KEPT, MOST_PREPARED = 200, 16  # files; what was used longest ago goes first
MATTERS = (".yaml", ".csv", ".parquet")
LIBRARIES = ("numpy", "pandas", "scipy", "numba", "matplotlib")


@dataclass(frozen=True)
class Steps:
    """The steps of one project as its files are now.

    files  checksum of the code, the libraries and the files
    """

    folder: Path
    files: str

    @classmethod
    def of(cls, home: Home) -> "Steps":
        """The steps kept for the code and the files of a project."""
        whole = _program()
        for folder in (home.params, home.data):
            for path in sorted(path for path in folder.rglob("*") if path.suffix in MATTERS):
                whole.update(path.relative_to(folder).as_posix().encode("utf-8"))
                whole.update(hashlib.sha256(path.read_bytes()).digest())
        return cls(_place(home), whole.hexdigest())

    def path(self, step: str, asked: dict) -> Path:
        """The file of a step; `asked` is what it was asked, ready for JSON."""
        text = json.dumps([step, asked, self.files], sort_keys=True, allow_nan=False)
        return self.folder / f"{step}-{hashlib.sha256(text.encode('utf-8')).hexdigest()[:32]}.json"

    def take(self, step: str, asked: dict, work: Callable[[], dict]) -> dict:
        """A step's result, from its file or from `work`; the same to the last bit either way."""
        path = self.path(step, asked)
        with suppress(OSError, ValueError, TypeError):
            held = json.loads(path.read_text(encoding="utf-8"))
            if held == sealed({STEP: held[STEP]}):
                os.utime(path)
                return held[STEP]
        return self.keep(step, asked, work())

    def keep(self, step: str, asked: dict, result: dict) -> dict:
        """Keep a result that was worked out elsewhere; where it cannot be written, it is only returned."""
        text = json.dumps(sealed({STEP: result}), ensure_ascii=False, allow_nan=False)
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(self.path(step, asked), text.encode("utf-8"))
            _drop_oldest(self.folder, "[!.]*.json", MOST_KEPT)
        return json.loads(text)[STEP]


def keeping(home: Home, case: "OpenCase", draws: int, seed: int) -> "Callable[[Callable[[], Tables]], Tables]":
    """What keeps the tables of a case's preparation, for `projection.prepare`: found by a checksum of all they are made
    from, be the case read from files, from a workbook or with what arrived.
    """
    whole, central = _program(), case.central
    for part in (repr(central.case), repr(central.catalogue), repr(central.entries), repr((draws, seed))):
        whole.update(part.encode("utf-8"))
    whole.update(pickle.dumps(case.evidence))
    path = _place(home) / f"prepared-{whole.hexdigest()[:32]}.npz"

    def keep(work: "Callable[[], Tables]") -> "Tables":
        with suppress(OSError, ValueError, EOFError, zipfile.BadZipFile):
            with np.load(path) as held:
                tables = {name: held[name] for name in held.files}
            os.utime(path)
            return tables
        tables, content = work(), io.BytesIO()
        np.savez(content, **tables)
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content.getvalue())
            _drop_oldest(path.parent, "[!.]*.npz", MOST_PREPARED)
        return tables

    return keep


def _place(home: Home) -> Path:
    return Path(os.environ[STEPS_FOLDER]) if STEPS_FOLDER in os.environ else home.runs / ".steps"


def _program() -> "hashlib._Hash":
    """A checksum, begun, of the code and the libraries."""
    from forecast.runs.folders import code_fingerprint

    whole = hashlib.sha256(code_fingerprint().encode("ascii"))
    for name in LIBRARIES:
        whole.update(importlib.metadata.version(name).encode("ascii"))
    return whole


def _drop_oldest(folder: Path, pattern: str, most: int) -> None:
    """Of the files so named only as many stay, those used last."""
    for old in sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime)[:-most]:
        old.unlink(missing_ok=True)
