"""Finding and opening the files of one or more returns: a folder or a zip, within stated limits, as text and nothing else."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from forecast.case.errors import BadInput
from forecast.sources.csv_text import SAVE_AGAIN, decode, parse
from forecast.sources.private import shown_name, shown_names
from forecast.sources.ssda903.quality import Quality

MEGABYTE = 1024 * 1024
MOST_FILES = 1000
MOST_BYTES = 100 * MEGABYTE  # one file; five years of a large council's Episodes are under 20
MOST_BYTES_TOGETHER = 400 * MEGABYTE
OTHER_SEPARATORS = (";", "\t", "|")
BOOKS = {".xlsx", ".xls", ".xlsm", ".ods"}


@dataclass(frozen=True)
class Raw:
    """A file as found: its path inside the folder or zip, written with / and without personal words, and its bytes."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Sheet:
    """A file as text: column headings in capitals, and rows of as many cells, each with its line number."""

    name: str
    columns: list[str]
    rows: list[list[str]]
    lines: list[int]


def find_files(path: Path, quality: Quality) -> list[Raw]:
    """Every CSV file of a folder or a zip, zips inside a folder included, in order of name. Others are counted, not read.

    Raises BadInput where there is none, where one is too large, or where the zip or a link leads outside.
    """
    if path.is_dir():
        found = list(_in_folder(path))
    elif path.is_file() and zipfile.is_zipfile(path):
        found = list(_in_zip(path, path.name))
    else:
        raise BadInput(
            "the path given is not a folder or a zip. Give the folder, or the zip, that holds the return's CSV files."
        )
    shown = shown_names(name for name, _ in found)
    for name, content in found:
        quality.count(shown_name(name), "not_csv", content is None)
    raws = [Raw(shown[name], content) for name, content in found if content is not None]
    if not raws:
        books = (
            " Excel workbooks are not read: save each sheet as CSV."
            if any(_suffix(name) in BOOKS for name, _ in found)
            else ""
        )
        raise BadInput(
            f"the path given holds no CSV file; expected Header and Episodes files. Check the folder.{books}"
        )
    return sorted(raws, key=lambda raw: raw.name)


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _is_csv(name: str) -> bool:
    return _suffix(name) == ".csv" and not _is_hidden(name)


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def _in_folder(folder: Path) -> Iterator[tuple[str, bytes | None]]:
    """Each file's name and content, None for those not read; those inside a zip under the zip's name."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    _check_number("the folder", len(files))
    together = 0
    for file in files:
        for name, content in _opened(file, file.relative_to(folder).as_posix(), folder.resolve()):
            together += len(content or b"")
            _check_size(name, 0, together)
            yield name, content


def _opened(file: Path, name: str, home: Path) -> Iterator[tuple[str, bytes | None]]:
    zipped = _suffix(name) == ".zip" and not _is_hidden(name)
    if not zipped and not _is_csv(name):
        yield name, None
        return
    if not file.resolve().is_relative_to(home):
        raise BadInput(f"{shown_name(name)} is a link to a file outside the folder. Put the file itself there.")
    if zipped:
        yield from ((f"{name}/{inside}", content) for inside, content in _in_zip(file, name))
    else:
        yield name, _file_bytes(name, file)


def _file_bytes(name: str, file: Path) -> bytes:
    try:
        _check_size(name, file.stat().st_size, 0)
        return file.read_bytes()
    except OSError:
        raise BadInput(
            f"{shown_name(name)} cannot be opened. Is it open in Excel, or not yours to read? Close it, or ask for access."
        ) from None


def _in_zip(path: Path, called: str) -> Iterator[tuple[str, bytes | None]]:
    """The members of a zip, read into memory: nothing is written to disk, and no size it states is trusted."""
    together, archive_name = 0, shown_name(called)
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            _check_number(archive_name, len(members))
            for member in members:
                name = _safe_name(archive_name, member)
                content = _member_bytes(archive, member) if _is_csv(name) else None
                together += len(content or b"")
                _check_size(name, len(content or b""), together)
                yield name, content
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zipfile.zlib.error):
        raise BadInput(
            f"{archive_name}: the zip is damaged or of a kind not read here. Make it again, or give the folder."
        ) from None


def _member_bytes(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    with archive.open(member) as file:
        return file.read(MOST_BYTES + 1)


def _safe_name(archive: str, member: zipfile.ZipInfo) -> str:
    name = member.filename.replace("\\", "/")
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or (parts and ":" in parts[0]):
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


def _check_size(name: str, size: int, together: int) -> None:
    if size > MOST_BYTES:
        raise BadInput(
            f"{shown_name(name)} is over {MOST_BYTES // MEGABYTE} MB, far more than a return. Check that it is the right file."
        )
    if together > MOST_BYTES_TOGETHER:
        raise BadInput(
            f"{shown_name(name)}: the files are over {MOST_BYTES_TOGETHER // MEGABYTE} MB together. Give the folder of the returns alone."
        )


def read_sheet(raw: Raw, quality: Quality) -> Sheet | None:
    """The file's headings and rows; None for a file without any. Columns are read by name, in any order and case.

    Raises BadInput, naming file and line, for another encoding or separator, a quotation mark that never closes, a row with
    too few or too many cells (a truncated file), and a heading that stands twice.
    """
    text, latin_1 = decode(raw.name, raw.content)
    quality.count(raw.name, "latin_1", latin_1)
    rows, lines = parse(raw.name, text)
    if not rows:
        return None
    _check_separator(raw.name, rows[0])
    columns = [_heading(cell) for cell in rows[0]]
    _check_headings(raw.name, columns)
    quality.count(raw.name, "blank_rows", sum(not any(map(str.strip, row)) for row in rows))
    kept = [(row, line) for row, line in zip(rows[1:], lines[1:], strict=True) if any(map(str.strip, row))]
    again = [[_heading(cell) for cell in row] == columns for row, _ in kept]
    quality.count(raw.name, "repeated_headings", sum(again))
    kept = [pair for pair, repeated in zip(kept, again, strict=True) if not repeated]
    cells = [_right_length(raw.name, line, row, len(columns)) for row, line in kept]
    return Sheet(raw.name, columns, cells, [line for _, line in kept])


def _heading(cell: str) -> str:
    return "_".join(cell.split()).upper()


def _check_separator(name: str, first: list[str]) -> None:
    for separator in OTHER_SEPARATORS:
        if len(first) == 1 and separator in first[0]:
            kind = {"\t": "tabs"}.get(separator, f"{separator!r}")
            raise BadInput(f"{name}, line 1: the cells are separated by {kind}; expected commas. {SAVE_AGAIN}")


def _check_headings(name: str, columns: list[str]) -> None:
    twice = {column for column in columns if column and columns.count(column) > 1}
    if twice:
        raise BadInput(
            f"{name}, line 1: {len(twice)} column headings stand twice; expected each once. Remove the copies."
        )


def _right_length(name: str, line: int, row: list[str], width: int) -> list[str]:
    """The row's cells, without blank ones beyond the headings."""
    if len(row) < width or any(map(str.strip, row[width:])):
        raise BadInput(
            f"{name}, line {line}: {len(row)} cells, expected {width}. A truncated file or a stray comma: export the file again."
        )
    return row[:width]
