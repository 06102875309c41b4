"""Finding and opening the files of returns: a folder, a zip or one file, piece by piece and within limits."""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from forecast.case.errors import BadInput
from forecast.sources.counting import Quality
from forecast.sources.private import shown_name, shown_names

KILOBYTE = 1024
MEGABYTE = KILOBYTE * KILOBYTE
CHUNK = 64 * KILOBYTE
MOST_FILES = 1000
# What zipfile raises on a damaged, protected or unusual archive.
ZIP_FAULTS = (
    *(zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError),
    *(EOFError, ValueError, OverflowError, LookupError),
)
HIDDEN = (".", "~$", "__MACOSX")


@dataclass(frozen=True)
class Wanted:
    """The files that a reader takes.

    most          suffix -> bytes of one file, unpacked, at the most
    together      bytes of all of them at the most
    no_path, none what is said of a path that is none to read, and of one that holds nothing to read
    passed_over   the rule that counts other files
    """

    most: dict[str, int]
    together: int
    no_path: str
    none: str
    passed_over: str

    def takes(self, name: str) -> bool:
        return suffix(name) in self.most and not _hidden(name)


def wanted(described: dict) -> Wanted:
    """The files that a reader's codes.yaml describes, with their sizes in MB."""
    most = {ending: size * MEGABYTE for ending, size in described["most"].items()}
    return Wanted(**described | {"most": most, "together": described["together"] * MEGABYTE})


@dataclass(frozen=True)
class Source:
    """A file of a return: its path in the folder or zip, written with /; how to open it."""

    name: str
    open: Callable
    found_by: "_Finder"

    def chunks(self) -> Iterator[bytes]:
        """The content piece by piece. Raises BadInput past a limit, or where the file cannot be read."""
        size = 0
        try:
            with self.open() as file:
                while piece := file.read(CHUNK):
                    size += len(piece)
                    self.found_by.check_size(self.name, size, len(piece))
                    yield piece
        except BadInput:
            raise
        except ZIP_FAULTS:
            raise BadInput(f"{self.name}: damaged inside its zip. Make the zip again, or give the folder.") from None
        except OSError:
            raise BadInput(
                f"{self.name} cannot be opened. Is it open in Excel, or not yours to read? Close it, or ask for access."
            ) from None

    def content(self) -> bytes:
        """The whole content, for files small enough."""
        return b"".join(self.chunks())


def suffix(name: str) -> str:
    """The ending of a name, in small letters."""
    return PurePosixPath(name).suffix.lower()


def _hidden(name: str) -> bool:
    return any(part.startswith(HIDDEN) for part in PurePosixPath(name).parts)


def find_files(path: Path, wanted: Wanted, quality: Quality, but: frozenset[str] = frozenset()) -> list[Source]:
    """Every wanted file of a folder, a zip, or the zips inside a folder, by name. Others are counted, not read.

    but  names of files that another reader reads
    Raises BadInput where there is none, where there are too many, or where the zip or a link leads outside.
    """
    finder = _Finder(wanted)
    if path.is_dir():
        found = dict(finder.in_folder(path))
    elif path.is_file() and wanted.takes(path.name):
        found = {path.name: lambda: path.open("rb")}
    elif path.is_file() and zipfile.is_zipfile(path):
        found = dict(finder.in_zip(path, path.name, ""))
    else:
        raise BadInput(wanted.no_path)
    shown = shown_names(found)
    for name in found:
        quality.count(shown[name], wanted.passed_over, not wanted.takes(name))
    mine = {name: opens for name, opens in found.items() if wanted.takes(name) and shown[name] not in but}
    sources = [Source(shown[name], opens, finder) for name, opens in mine.items()]
    if not sources:
        raise BadInput(wanted.none)
    return sorted(sources, key=lambda source: source.name)


class _Finder:
    """One search, and how many bytes have been read of what it found: no size that a file or zip states is trusted."""

    def __init__(self, wanted: Wanted) -> None:
        self.wanted, self.together = wanted, 0

    def check_size(self, name: str, size: int, more: int) -> None:
        self.together += more
        most, together = self.wanted.most[suffix(name)], self.wanted.together
        if size > most:
            what = f"is over {most // MEGABYTE:,} MB, far more than a return"
            raise BadInput(f"{name} {what}. Check that it is the right file.")
        if self.together > together:
            what = f"the files are over {together // MEGABYTE:,} MB together"
            raise BadInput(f"{name}: {what}. Give the folder of the returns alone.")

    def in_folder(self, folder: Path) -> Iterator[tuple[str, Callable]]:
        """Each file's name and how to open it; those inside a zip under the zip's name."""
        files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
        _check_number("the folder", len(files))
        for file in files:
            name = file.relative_to(folder).as_posix()
            zipped = suffix(name) == ".zip" and not _hidden(name)
            if (zipped or self.wanted.takes(name)) and not file.resolve().is_relative_to(folder.resolve()):
                raise BadInput(f"{shown_name(name)} is a link to a file outside the folder. Put the file itself there.")
            if zipped:
                yield from self.in_zip(file, name, f"{name}/")
            else:
                yield name, lambda file=file: file.open("rb")

    def in_zip(self, path: Path, called: str, above: str) -> Iterator[tuple[str, Callable]]:
        """The members of a zip, unpacked as they are read and never to disk."""
        archive_name = shown_name(called)
        try:
            with zipfile.ZipFile(path) as archive:
                members = [member for member in archive.infolist() if not member.is_dir()]
        except (*ZIP_FAULTS, OSError):
            raise BadInput(
                f"{archive_name}: the zip is damaged or of a kind not read here. Make it again, or give the folder."
            ) from None
        _check_number(archive_name, len(members))
        names = [_safe_name(archive_name, member) for member in members]
        if len(set(names)) < len(names):
            raise BadInput(f"{archive_name} holds two files of one name. Make the zip again from the folder.")
        for name, member in zip(names, members, strict=True):
            yield f"{above}{name}", lambda member=member: _open_member(path, member)


@contextmanager
def _open_member(path: Path, member: zipfile.ZipInfo) -> Iterator[BinaryIO]:
    with zipfile.ZipFile(path) as archive, archive.open(member) as file:
        yield file


def _safe_name(archive: str, member: zipfile.ZipInfo) -> str:
    """A member's name, written with /. Raises BadInput for one that leads outside, and for a password."""
    name = member.filename.replace("\\", "/")
    parts = PurePosixPath(name).parts  # none where the name is a mere dot
    if name.startswith("/") or ".." in parts or any(":" in part for part in parts[:1]):
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
