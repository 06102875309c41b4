"""Finding and opening the files of one or more returns: a folder, a zip or one file, piece by piece and within limits."""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from forecast.case.errors import BadInput
from forecast.sources.cin.quality import Quality
from forecast.sources.private import shown_name, shown_names

KILOBYTE = 1024
MEGABYTE = KILOBYTE * KILOBYTE
CHUNK = 64 * KILOBYTE
MOST_FILES = 1000
MOST_BYTES = {".xml": 1024 * MEGABYTE, ".csv": 100 * MEGABYTE, ".xlsx": 50 * MEGABYTE}  # one file, unpacked
MOST_BYTES_TOGETHER = 4096 * MEGABYTE
# What zipfile raises on a damaged, protected or unusual archive.
ZIP_FAULTS = (
    *(zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError),
    *(EOFError, ValueError, OverflowError, LookupError),
)
HIDDEN = (".", "~$", "__MACOSX")
WHAT = "the census XML, its tables as CSV, or Annex A lists as CSV or XLSX"


@dataclass(frozen=True)
class Source:
    """A file of a return: its path inside the folder or zip, written with /, and how to open it."""

    name: str
    open: Callable

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.name).suffix.lower()

    @property
    def folder(self) -> str:
        return self.name.rpartition("/")[0]

    @property
    def hidden(self) -> bool:
        return any(part.startswith(HIDDEN) for part in PurePosixPath(self.name).parts)

    @property
    def wanted(self) -> bool:
        return self.suffix in MOST_BYTES and not self.hidden

    def chunks(self) -> Iterator[bytes]:
        """The content piece by piece. Raises BadInput past the size limit, or where the file cannot be read."""
        size, most = 0, MOST_BYTES[self.suffix]
        try:
            with self.open() as file:
                while piece := file.read(CHUNK):
                    size += len(piece)
                    _check_size(self.name, size, most)
                    yield piece
        except BadInput:
            raise
        except ZIP_FAULTS:
            raise BadInput(f"{self.name}: damaged inside its zip. Make the zip again, or give the folder.") from None
        except OSError:
            raise BadInput(
                f"{self.name} cannot be read. Close it in other programs, and check that you may open it."
            ) from None

    def content(self) -> bytes:
        """The whole content, for files small enough."""
        return b"".join(self.chunks())


def find_files(path: Path, quality: Quality) -> list[Source]:
    """Every XML, CSV and XLSX file of a folder, a zip, or the zips inside a folder, in order of name. Others are counted.

    Raises BadInput where there is none, where there are too many, or where the zip or a link leads outside.
    """
    if path.is_dir():
        found = list(_in_folder(path))
    elif path.is_file() and path.suffix.lower() in MOST_BYTES:
        found = [Source(path.name, lambda: path.open("rb"))]
    elif path.is_file() and zipfile.is_zipfile(path):
        found = list(_in_zip(path, path.name))
    else:
        raise BadInput(f"the path given is not a folder, a zip, or an XML, CSV or XLSX file. Give {WHAT}.")
    shown = shown_names((source.name for source in found), days=True)
    for source in found:
        quality.count(shown_name(source.name), "not_return", not source.wanted)
    sources = [Source(shown[source.name], source.open) for source in found if source.wanted]
    if not sources:
        raise BadInput(f"the path given holds no file of a return; expected {WHAT}. Check the folder.")
    return sorted(sources, key=lambda source: source.name)


def _in_folder(folder: Path) -> Iterator[Source]:
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    _check_number("the folder", len(files))
    _check_size("the folder", sum(file.stat().st_size for file in files), MOST_BYTES_TOGETHER)
    for file in files:
        name = file.relative_to(folder).as_posix()
        if not file.resolve().is_relative_to(folder.resolve()):
            raise BadInput(f"{shown_name(name)} is a link to a file outside the folder. Put the file itself there.")
        source = Source(name, lambda file=file: file.open("rb"))
        yield from _in_zip(file, name, f"{name}/") if source.suffix == ".zip" and not source.hidden else [source]


def _in_zip(path: Path, called: str, above: str = "") -> Iterator[Source]:
    """The members of a zip, unpacked as they are read and never to disk; no size it states is trusted."""
    archive_name = shown_name(called)
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
    except (*ZIP_FAULTS, OSError):
        raise BadInput(f"{archive_name}: the zip is damaged or of a kind not read here. Make it again.") from None
    _check_number(archive_name, len(members))
    names = [_safe_name(archive_name, member) for member in members]
    if len(set(names)) < len(names):
        raise BadInput(f"{archive_name} holds two files of one name. Make the zip again from the folder.")
    for name, member in zip(names, members, strict=True):
        yield Source(f"{above}{name}", lambda member=member: _open_member(path, member))


@contextmanager
def _open_member(path: Path, member: zipfile.ZipInfo) -> Iterator[BinaryIO]:
    with zipfile.ZipFile(path) as archive, archive.open(member) as file:
        yield file


def _safe_name(archive: str, member: zipfile.ZipInfo) -> str:
    name = member.filename.replace("\\", "/")
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or ":" in parts[0]:
        raise BadInput(
            f"{archive}: a file inside has a path that leads outside the zip. Make the zip again from the folder."
        )
    if member.flag_bits & 1:
        raise BadInput(f"{archive}: the zip is protected by a password. Unpack it, and give the folder.")
    return name


def _check_number(name: str, number: int) -> None:
    if number > MOST_FILES:
        raise BadInput(
            f"{name} holds {number:,} files; at most {MOST_FILES:,} are read. Give the folder of the returns alone."
        )


def _check_size(name: str, size: int, most: int) -> None:
    if size > most:
        raise BadInput(
            f"{name} is over {most // MEGABYTE:,} MB, far more than a return. Check that it is the right file."
        )
