"""A council folder's child-level returns: read when they are new, counted, and held as tables without any child.

returns/ssda903 and returns/cin, folders or zips beside the card, hold what the officer puts there; held/returns holds
the tables made of them. Once read, the returns themselves may be taken away: the tables stay until newer returns come.
"""

import csv
import io
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from forecast.case import Assumptions
from forecast.case.errors import BadInput
from forecast.case.months import day_in_words, last_day
from forecast.sources.cin import read_cin
from forecast.sources.returns_case import PLAN_RATES, RATES, contents, cp_tables, lac_tables
from forecast.sources.ssda903 import read_returns

FOLDER, SOURCES, TABLE = "returns", "sources.csv", "held"
# folder -> its children in words, their measure in the counts, the column of the stock, the reader, the tables
KINDS = {
    "ssda903": ("looked-after children", "lac", "children", read_returns, lac_tables),
    "cin": ("child protection plans", "cp", "plans", read_cin, cp_tables),
}
COLUMNS = ["returns", "sha256"]
NO_DATA = (".", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True)
class Returned:
    """What is held of a council's returns.

    files    name -> text of every table and its card
    sources  kind of returns -> SHA-256 of what they were read from
    notes    sentences for the officer about what was read now; conflicts: those that a person must act on
    """

    files: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()


def take(folder: Path, held: Returned, counted: dict[tuple[str, str], int], area: str, month: str) -> Returned:
    """What is held once the returns of a council folder that are new have been read.

    counted  (month, measure) -> children at its end, to be compared
    month    the last counted, beyond which no return is complete: a last return whose year is not over is taken as
             complete to its end, and the comparison tells if it was not
    Raises BadInput as the readers do, naming file, line and column and never a child.
    """
    for kind, (words, measure, column, read, tables) in KINDS.items():
        places = [path for path in (folder / FOLDER / kind, folder / FOLDER / f"{kind}.zip") if _files(path)]
        if len(places) > 1:
            raise BadInput(
                f"{FOLDER} holds a folder {kind} and {kind}.zip. Keep one, so that it is plain which is read."
            )
        digest = fingerprint(places[0]) if places else None
        if digest in (None, held.sources.get(kind)):
            continue
        returns = read(places[0], made_by=last_day(month))
        made = {name: table for name, table in tables(returns, area).items() if name in (*RATES, PLAN_RATES)}
        files = held.files | contents(made, TABLE, area, returns.last_day, returns.last_day)
        complete = f"complete to {day_in_words(returns.last_day)}"
        note = f"Returns of {words} were read, {complete}: local rates now rest on them."
        total = int(returns.stock(returns.last_day)[column].sum())
        conflicts = (*held.conflicts, *returns.warnings())
        known = counted.get((f"{returns.last_day:%Y-%m}", measure))
        if last_day(f"{returns.last_day:%Y-%m}") == returns.last_day and known not in (None, total):
            conflicts += (
                f"The returns hold {total} {words} on {day_in_words(returns.last_day)}, and the monthly counts "
                f"{known}. Find out which is right, and correct it.",
            )
        held = Returned(files, held.sources | {kind: digest}, (*held.notes, note), conflicts)
    return held


def _files(place: Path) -> list[Path]:
    paths = [place, *sorted(place.rglob("*"))]
    return [path for path in paths if path.is_file() and not path.name.startswith(NO_DATA)]


def fingerprint(place: Path) -> str:
    """SHA-256 of every file's name and content below a folder, or of a zip."""
    total = sha256()
    for path in _files(place):
        try:
            content = path.read_bytes()
        except OSError:
            raise BadInput(
                f"a file of {FOLDER}/{place.name} cannot be read: it is open elsewhere, or may not be opened. "
                "Close it, or ask for the right to read it, and start again."
            ) from None
        total.update(f"{path.relative_to(place.parent).as_posix()} {sha256(content).hexdigest()}\n".encode())
    return total.hexdigest()


def with_returns(scenarios: dict[str, Assumptions], tables: Path | None) -> dict[str, Assumptions]:
    """The same assumptions for a case whose returns are the tables in a folder, where it holds any."""
    roles = {"returns": f"{TABLE}_{RATES[0]}.csv", "plan_returns": f"{TABLE}_{PLAN_RATES}.csv"}
    named = {role: TABLE for role, file in roles.items() if tables is not None and (tables / file).is_file()}
    cases = {slug: a.case.model_copy(update={"tables": a.case.tables | named}) for slug, a in scenarios.items()}
    return {slug: replace(a, case=cases[slug]) for slug, a in scenarios.items()}


def read_returned(folder: Path | None) -> Returned:
    """What `texts` says, once written to a folder; nothing where it is not there.

    Raises BadInput for a list that was touched.
    """
    if folder is None or not (folder / SOURCES).is_file():
        return Returned()
    rows = list(csv.reader(io.StringIO((folder / SOURCES).read_text(encoding="utf-8"), newline="")))
    if rows[:1] != [COLUMNS] or any(len(row) != len(COLUMNS) for row in rows):
        raise BadInput(
            f"{SOURCES} is not as it was written; expected columns {', '.join(COLUMNS)}. "
            "Restore the file as the last refresh left it."
        )
    tables = [path for path in sorted(folder.glob("[!.]*")) if path.name != SOURCES]
    return Returned({path.name: path.read_text(encoding="utf-8") for path in tables}, dict(rows[1:]))


def texts(held: Returned) -> dict[str, str]:
    """Every file of what is held by its name, the list of sources last; none where nothing is held."""
    if not held.files:
        return {}
    lines = [COLUMNS, *sorted(held.sources.items())]
    return held.files | {SOURCES: "".join(f"{','.join(line)}\n" for line in lines)}
