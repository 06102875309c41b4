"""Steps already computed for the same inputs, kept under runs/.steps as JSON, written whole or not at all.

A step's name is a checksum of all that it is made from: the code, the libraries, every file of assumptions and tables
that a case may read, and what was asked (council, month, scenario, changes, draws, seed). A file that does not read is
made again, and so is one that was edited.
"""

import hashlib
import importlib.metadata
import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from forecast.runs.home import Home
from forecast.sources.files import sealed, write_whole

STEP = "step"
STEPS_FOLDER = "FORECAST_STEPS"  # where steps are kept, if not in runs/.steps
MOST_KEPT = 200  # files; what was used longest ago goes first
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
        from forecast.runs.folders import code_fingerprint

        place = Path(os.environ[STEPS_FOLDER]) if STEPS_FOLDER in os.environ else home.runs / ".steps"
        whole = hashlib.sha256(code_fingerprint().encode("ascii"))
        for name in LIBRARIES:
            whole.update(importlib.metadata.version(name).encode("ascii"))
        for folder in (home.params, home.data):
            for path in sorted(path for path in folder.rglob("*") if path.suffix in MATTERS):
                whole.update(path.relative_to(folder).as_posix().encode("utf-8"))
                whole.update(hashlib.sha256(path.read_bytes()).digest())
        return cls(place, whole.hexdigest())

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
            kept = sorted(self.folder.glob("[!.]*.json"), key=lambda path: path.stat().st_mtime)
            for old in kept[:-MOST_KEPT]:
                old.unlink(missing_ok=True)
        return json.loads(text)[STEP]
