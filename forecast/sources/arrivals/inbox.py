"""What lies in a council's inbox: the files the card expects, those already read, and what should not be there."""

import fnmatch
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from forecast.case.errors import BadInput
from forecast.sources.arrivals.card import ANNEX, CARD, TRIAL, Card, ExpectedFile
from forecast.sources.arrivals.cells import fault, refusal
from forecast.sources.arrivals.mapping import MAPPING
from forecast.sources.arrivals.sheets import check_size
from forecast.sources.arrivals.vintages import Held
from forecast.sources.cards import fingerprint
from forecast.sources.private import shown_name

INBOX = "inbox"
READ = (".csv", ".xlsx")
ANOTHER_KIND = (".xls", ".xlsm", ".xlsb", ".ods", ".txt", ".tsv", ".zip", ".7z", ".gz", ".xml", ".json", ".parquet")
OPEN_ELSEWHERE = ("~$", ".~lock.")  # what Excel and LibreOffice keep beside a workbook that is open
NO_DATA = (".", "Thumbs.db", "desktop.ini")


class Delivered(NamedTuple):
    """A file to read: the name that messages use, its content, its SHA-256 and what the card says of it.

    path  where it lies: an Annex A may be a folder or a zip of lists, and has no content here
    """

    name: str
    content: bytes
    sha256: str
    expected: ExpectedFile
    path: Path


def find(inbox: Path, card: Card, held: Held) -> tuple[list[Delivered], list[str]]:
    """The files not read before, in order of name, and warnings of what is left alone.

    Raises BadInput with every fault.
    """
    if not inbox.is_dir():
        remedy = "Create it, and put what arrives there"
        raise refusal(inbox.name, "there is no such folder", f"it beside {CARD}", remedy)
    delivered, warnings, faults = [], [], []
    for path in sorted(inbox.iterdir()):
        if path.name.startswith(NO_DATA) and not path.name.startswith(OPEN_ELSEWHERE):
            continue
        name, stem = shown_name(path.name), (path.name if path.is_dir() else path.stem).casefold()
        kinds = [file for file in card.files.values() if fnmatch.fnmatchcase(stem, file.pattern.casefold())]
        wrong = _place_fault(path, kinds, card)
        if wrong:
            faults.append(fault(name, *wrong))
        elif path.suffix.lower() not in READ and not _is_annex(kinds):
            warnings.append(f"{name} is not a table and was left alone.")
        else:
            delivered.append(_delivered(path, name, kinds[0]))
    faults += list(_repeated(delivered, held))
    if faults:
        raise BadInput("\n".join(faults))
    return [file for file in delivered if file.sha256 not in held.files], warnings


def _is_annex(kinds: list[ExpectedFile]) -> bool:
    return [file.kind for file in kinds] == [ANNEX]


def _place_fault(path: Path, kinds: list[ExpectedFile], card: Card) -> tuple[str, str, str] | None:
    """What is wrong with a file before it is opened, if anything: what, what was expected, the remedy."""
    if path.name.startswith(OPEN_ELSEWHERE):
        remedy = "Close it; if nobody has it open, delete this file"
        return "the workbook beside it is open in a spreadsheet", "workbooks that nobody has open", remedy
    if _is_annex(kinds) and (path.is_dir() or path.suffix.lower() in (*READ, ".zip")):
        return None
    if path.is_dir():
        remedy = "Move its files into the inbox and remove the folder"
        return "is a folder", "files, not folders, in the inbox", remedy
    suffix = path.suffix.lower()
    if suffix in ANOTHER_KIND:
        remedy = "Open it and save it as one of these, or unpack it"
        return f"is of a kind not read ({suffix})", "an Excel workbook (.xlsx) or CSV UTF-8", remedy
    if suffix in READ and len(kinds) != 1:
        patterns = ", ".join(file.pattern for file in card.files.values())
        what = "has a name that no file expected has" if not kinds else "has a name that two files expected may have"
        remedy = f"Rename it, take it out of the inbox, or correct pattern in {CARD}"
        return what, f"names like {patterns}", remedy
    return None


def _delivered(path: Path, name: str, expected: ExpectedFile) -> Delivered:
    annex = expected.kind == ANNEX
    try:
        if annex and path.is_dir():
            inside = [file for file in sorted(path.rglob("*")) if file.is_file()]
            parts = [f"{file.relative_to(path).as_posix()} {fingerprint(file.read_bytes())}\n" for file in inside]
            return Delivered(name, b"", fingerprint("".join(parts).encode()), expected, path)
        if not annex:
            check_size(name, path.stat().st_size)
        content = path.read_bytes()
    except OSError:
        what = "cannot be read: it is open elsewhere, or may not be opened"
        remedy = "Close it in Excel, or ask for the right to read it, and start again"
        raise refusal(name, what, "a file that may be read", remedy) from None
    mapping = path.parent.parent / MAPPING
    # A trial balance is read by the mapping too: where that has changed, it is read anew.
    known = content + (mapping.read_bytes() if expected.kind == TRIAL and mapping.is_file() else b"")
    return Delivered(name, b"" if annex else content, fingerprint(known), expected, path)


def _repeated(delivered: list[Delivered], held: Held) -> Iterator[str]:
    """Files that are, byte for byte, one already read under another name, or another file of the inbox."""
    first: dict[str, str] = {}
    for file in delivered:
        before = held.files.get(file.sha256, file.name)
        if before != file.name:
            what = f"is {before}, which was read before, under a new name"
            remedy = "Ask for the right file; if only the name was changed, change it back"
            yield fault(file.name, what, "the next month's figures", remedy)
        elif file.sha256 in first:
            what = f"is the same, byte for byte, as {first[file.sha256]}"
            yield fault(file.name, what, "each file once", "Delete one of the two")
        first.setdefault(file.sha256, file.name)
