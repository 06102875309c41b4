"""Writing files: UTF-8 with plain line ends, whole or not at all, on every system."""

import hashlib
import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pandas as pd

SEAL = "seal"
SWAP_WAIT = 2.0  # seconds: a virus scanner or a preview lets go of a folder sooner than this
PAUSE = 0.05  # seconds between two attempts


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


def write_whole(path: Path, content: bytes) -> None:
    """A file that is there whole, on disk, or not at all; what was there before stands until then."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        patiently(lambda: os.replace(part, path))
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def patiently(replace: Callable[[], object]) -> None:
    """Rename or replace: on Windows whoever has the old file open, or a file of the old folder, is waited for."""
    last = time.monotonic() + (SWAP_WAIT if os.name == "nt" else 0)
    while True:
        try:
            replace()
            return
        except PermissionError:
            if time.monotonic() >= last:
                raise
            time.sleep(PAUSE)


def sync(folder: Path) -> None:
    """Force every file and folder of a tree to disk."""
    for place, _, names in os.walk(folder, topdown=False):
        for name in names:
            with (Path(place) / name).open("r+b") as file:
                os.fsync(file.fileno())
        sync_folder(Path(place))


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to disk; Windows does so by itself."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def checksums(folder: Path) -> dict[str, str]:
    """Name within the folder -> checksum of every file, in the order of the names."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: sha256(files[name]) for name in sorted(files)}


def sealed(content: dict) -> dict:
    """What goes into a JSON file, with one checksum over it."""
    content = {name: part for name, part in content.items() if name != SEAL}
    return content | {SEAL: hashlib.sha256(json.dumps(content, sort_keys=True).encode("utf-8")).hexdigest()}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
