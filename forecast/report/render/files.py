"""Whole files or none, and the same bytes each time."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

from forecast.case.errors import BadInput
from forecast.sources.files import write_whole

EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first moment a zip file can tell


def put(path: Path, content: bytes) -> None:
    """Write a file whole: beside its place first, then into it. Raises BadInput if its place cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as fault:
        raise BadInput(
            f"{path} cannot be written ({fault.strerror}). If it is open in another program, close it there and "
            "try again."
        ) from None


def text(words: str) -> bytes:
    """UTF-8 with plain line ends."""
    return (words if words.endswith("\n") else f"{words}\n").encode("utf-8")


def timeless(package: bytes, change: Callable[[str, bytes], bytes] = lambda name, part: part) -> bytes:
    """A zip file with the same members in the same order, and no clock or system in it; `change` may alter one."""
    source, made = zipfile.ZipFile(io.BytesIO(package)), io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
        for name in source.namelist():
            member = zipfile.ZipInfo(name, EARLIEST)
            member.compress_type, member.create_system = zipfile.ZIP_DEFLATED, 0
            out.writestr(member, change(name, source.read(name)))
    return made.getvalue()
