"""What lies in a council's inbox: the files the card expects, those already read, and what should not be there."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from forecast.case.errors import BadInput
from forecast.sources.arrivals.card import CARD, Card, ExpectedFile, matching
from forecast.sources.arrivals.cells import told
from forecast.sources.arrivals.sheets import check_size
from forecast.sources.arrivals.vintages import Held
from forecast.sources.cards import fingerprint
from forecast.sources.private import DATE, LEFT_OUT, TOKEN, WORDS

INBOX = "inbox"
READ = (".csv", ".xlsx")
ANOTHER_KIND = (".xls", ".xlsm", ".xlsb", ".ods", ".txt", ".tsv", ".zip", ".7z", ".gz", ".xml", ".json", ".parquet")
OPEN_ELSEWHERE = ("~$", ".~lock.")  # what Excel and LibreOffice keep beside a workbook that is open
NO_DATA = (".", "Thumbs.db", "desktop.ini")
MONTHS = "january february march april may june july august september october november december"
OWN_WORDS = frozenset(
    f"counts count ledger actual actuals monthly budget p inbox lock {MONTHS} {' '.join(word[:3] for word in MONTHS.split())}".split()
)
SHORT_NUMBER = re.compile(
    r"\d{1,2}|(?:19|20)\d\d|20\d\d(?:0[1-9]|1[0-2])"
)  # a day or a period, a year, a year and month
ONE_OF_THEM = f"only the files that {CARD} expects"


@dataclass(frozen=True)
class Delivered:
    """A file to read: the name that messages use, its content, its SHA-256 and what the card says of it."""

    name: str
    content: bytes
    sha256: str
    expected: ExpectedFile


def find(inbox: Path, card: Card, held: Held) -> tuple[list[Delivered], list[str]]:
    """The files not read before, in order of name, and warnings of what is left alone. Raises BadInput with every fault."""
    if not inbox.is_dir():
        raise BadInput(
            told(inbox.name, "there is no such folder", f"it beside {CARD}", "Create it, and put what arrives there")
        )
    paths = [
        path
        for path in sorted(inbox.iterdir())
        if path.name.startswith(OPEN_ELSEWHERE) or not path.name.startswith(NO_DATA)
    ]
    words, delivered, warnings, faults = words_of(card), [], [], []
    for path in paths:
        name = shown(path.name, words)
        fault = _place_fault(path, name, card)
        if fault:
            faults.append(fault)
        elif path.suffix.lower() not in READ:
            warnings.append(f"{name} is not a table and was left alone.")
        else:
            delivered.append(_delivered(path, name, card))
    faults += list(_repeated(delivered, held))
    if faults:
        raise BadInput("\n".join(faults))
    return [file for file in delivered if file.sha256 not in held.files], warnings


def words_of(card: Card) -> frozenset[str]:
    """The words that names of files may show: the card's, the calendar's and those of returns."""
    said = " ".join([card.council, card.slug, *(file.pattern for file in card.files.values())])
    return OWN_WORDS | WORDS | set(re.findall(r"[^\W\d_]+", said.casefold()))


def shown(name: str, words: frozenset[str]) -> str:
    """A file's name with other words, long numbers and whole dates left out, for they may be a child's."""
    dates = {at for found in re.finditer(DATE, name) for at in range(*found.span())}
    parts = []
    for found in re.finditer(TOKEN, name):
        token = found.group()
        safe = (
            token.casefold() in words
            if token.isalpha()
            else SHORT_NUMBER.fullmatch(token) and found.start() not in dates
        )
        parts.append(token if safe or not token.isalnum() else LEFT_OUT)
    return re.sub(rf"{LEFT_OUT}(?:[ _'.,-]*{LEFT_OUT})+", LEFT_OUT, "".join(parts))


def _place_fault(path: Path, name: str, card: Card) -> str | None:
    """What is wrong with a file before it is opened, if anything."""
    if path.name.startswith(OPEN_ELSEWHERE):
        return told(
            name,
            "the workbook beside it is open in a spreadsheet",
            "workbooks that nobody has open",
            "Close it; if nobody has it open, delete this file",
        )
    if path.is_dir():
        return told(
            name,
            "is a folder",
            "files, not folders, in the inbox",
            "Move its files into the inbox and remove the folder",
        )
    suffix, kinds = path.suffix.lower(), matching(card, PurePath(path.name).stem)
    if suffix in ANOTHER_KIND:
        return told(
            name,
            f"is of a kind not read ({suffix})",
            "an Excel workbook (.xlsx) or CSV UTF-8",
            "Open it and save it as one of these, or unpack it",
        )
    if suffix in READ and len(kinds) != 1:
        patterns = ", ".join(file.pattern for file in card.files.values())
        said = "has a name that no file expected has" if not kinds else "has a name that two files expected may have"
        return told(
            name, said, f"names like {patterns}", f"Rename it, take it out of the inbox, or correct pattern in {CARD}"
        )
    return None


def _delivered(path: Path, name: str, card: Card) -> Delivered:
    try:
        check_size(name, path.stat().st_size)
        content = path.read_bytes()
    except OSError:
        remedy = "Close it in Excel, or ask for the right to read it, and start again"
        raise BadInput(
            told(name, "cannot be read: it is open elsewhere, or may not be opened", "a file that may be read", remedy)
        ) from None
    return Delivered(name, content, fingerprint(content), matching(card, path.stem)[0])


def _repeated(delivered: list[Delivered], held: Held) -> Iterator[str]:
    """Files that are, byte for byte, one already read under another name, or another file of the inbox."""
    first: dict[str, str] = {}
    for file in delivered:
        before = held.files.get(file.sha256, file.name)
        if before != file.name:
            said = f"is {before}, which was read before, under a new name"
            yield told(
                file.name,
                said,
                "the next month's figures",
                "Ask for the right file; if only the name was changed, change it back",
            )
        elif file.sha256 in first:
            said = f"is the same, byte for byte, as {first[file.sha256]}"
            yield told(file.name, said, "each file once", "Delete one of the two")
        first.setdefault(file.sha256, file.name)
