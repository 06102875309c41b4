"""mapping.csv: which cost line each cost centre and subjective code is part of, as the officer keeps it."""

import fnmatch
from dataclasses import dataclass
from pathlib import Path

from forecast.case.errors import BadInput
from forecast.case.lines import LINES
from forecast.case.wording import nearest
from forecast.sources.arrivals.cells import refusal
from forecast.sources.csv_text import decode, parse

MAPPING = "mapping.csv"
COLUMNS = ["cost_centre", "subjective", "line", "why"]
NOT_OURS = "not_ours"  # a code that is no part of the forecast's lines; `why` says why
ANY = "*"
NAMED = {called.casefold(): line for line, (called, _) in LINES.items()}  # a line may be written as reports call it


@dataclass(frozen=True)
class Mapped:
    """One row: patterns of codes, * for any that go on so, and the cost line."""

    centre: str
    subjective: str
    line: str

    def fits(self, centre: str, subjective: str) -> bool:
        return fnmatch.fnmatchcase(centre, self.centre) and fnmatch.fnmatchcase(subjective, self.subjective)

    @property
    def exact(self) -> tuple[bool, int]:
        """How exact the codes are: written out before patterns, a longer pattern before a shorter one."""
        codes = self.centre + self.subjective
        return ANY not in codes, len(codes.replace(ANY, ""))


class Mapping:
    """The whole table."""

    def __init__(self, rows: list[Mapped]) -> None:
        self._rows = rows
        self._known: dict[tuple[str, str], str | None] = {}

    @property
    def lines(self) -> set[str]:
        """The cost lines that any code is part of."""
        return {row.line for row in self._rows} - {NOT_OURS}

    def line(self, centre: str, subjective: str) -> str | None:
        """The cost line of two codes, NOT_OURS, or None where no row fits. Raises BadInput where two fit equally."""
        key = (centre, subjective)
        if key not in self._known:
            fits = [row for row in self._rows if row.fits(*key)]
            best = [row for row in fits if row.exact == max(other.exact for other in fits)]
            if len({row.line for row in best}) > 1:
                what = f"{len(best)} rows fit cost centre {centre}, subjective {subjective}, with different lines"
                raise refusal(MAPPING, what, "one that is more exact than the others", "Write the codes out in one row")
            self._known[key] = best[0].line if best else None
        return self._known[key]


def read_mapping(path: Path) -> Mapping:
    """The table. Raises BadInput naming the row for headings, lines and codes that are not as expected."""
    if not path.is_file():
        raise BadInput(
            f"{MAPPING} is missing; expected it beside council.yaml, with columns {', '.join(COLUMNS)}. Make it, a row "
            "for each cost centre and subjective code."
        )
    try:
        rows, lines = parse(MAPPING, decode(MAPPING, path.read_bytes())[0])
    except OSError:
        raise BadInput(f"{MAPPING} cannot be read. Is it open in Excel? Close it and start again.") from None
    if not rows or [cell.strip().casefold() for cell in rows[0]] != COLUMNS:
        raise refusal(f"{MAPPING}, row 1", "the headings are others", ", ".join(COLUMNS), "Correct them")
    found: dict[tuple[str, str], Mapped] = {}
    for row, number in zip(rows[1:], lines[1:], strict=True):
        if not any(map(str.strip, row)):
            continue
        where = f"{MAPPING}, row {number}"
        if len(row) != len(COLUMNS):
            raise refusal(where, f"has {len(row)} cells", f"{len(COLUMNS)}, as in the headings", "Correct the row")
        centre, subjective, line, why = map(str.strip, row)
        if not centre or not subjective:
            raise refusal(where, "a code is blank", "a code, or * for any", "Fill it in")
        line = NAMED.get(line.casefold(), line)
        if line not in LINES and line != NOT_OURS:
            what = f"{line[:40]!r} is no cost line"
            raise refusal(where, what, f"one, or {NOT_OURS}", nearest(line, list(LINES)).rstrip("?."))
        if line == NOT_OURS and not why:
            raise refusal(where, "a code is left out without a reason", "why it is no part of these lines", "Write it")
        mapped = Mapped(centre.casefold(), subjective.casefold(), line)
        if found.setdefault((mapped.centre, mapped.subjective), mapped) != mapped:
            raise refusal(where, "the same codes stand in another row with another line", "each once", "Remove one")
    if not found:
        raise refusal(MAPPING, "there are headings and no rows", "a row for each code", "Fill it in")
    return Mapping(list(found.values()))
