"""One cell, read strictly. What stands in it is named by its kind and never quoted, for it may be a child's name."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal

from forecast.case.errors import BadInput
from forecast.case.months import last_day
from forecast.case.workbook.cells import is_blank

WHOLE, DECIMAL = re.compile("-?[0-9]{1,15}"), re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
PENNY = Decimal("0.01")
MOST = 1e15  # beyond it a workbook has lost the last figures
ISO_MONTH, ISO_DAY = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])"), re.compile(r"([0-9]{4}-(0[1-9]|1[0-2]))-([0-9]{2})")
SLASHED = re.compile(r"[0-9]{1,4}[/.][0-9]{1,2}[/.][0-9]{1,4}")
FINANCIAL_YEAR, PERIOD = re.compile("([0-9]{4})[-/]([0-9]{2})"), re.compile("P0?([1-9]|1[0-2])")
DRESSED = re.compile(r"[£(\s-]*[0-9]{1,3}(,[0-9]{3})*(\.[0-9]+)?[)\s-]*|[£(\s-]*[0-9]+(\.[0-9]+)?[)\s-]*")
# What finance systems write for amounts: 1,234.56 and £; credits in brackets, with a minus after, or CR.
POSTED = re.compile(
    r"(?P<open>\()?(?P<minus>-)?£?(?P<figures>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15})(?P<pence>\.[0-9]{1,15})?"
    r"(?P<after>-)?(?P<close>\))?(?P<side>CR|DR)?",
    re.IGNORECASE,
)
NIL = ("-", "–", "£-")
ADJUSTMENTS = 13  # the period after the last, in which the year is closed
POSTED_PERIOD = re.compile(r"(?:P|PERIOD)?0?([1-9]|1[0-3])(?:-.*)?", re.IGNORECASE)
YEAR_AND_PERIOD = re.compile(r"(20[0-9]{2})[/-]?(0[1-9]|1[0-3])")
WRITE_MONTH = "Write April 2025 as 2025-04"
MEND = "Mend the formula and save again"


def fault(where: str, what: str, expected: str, remedy: str) -> str:
    """A fault as every message about an arrival words it."""
    return f"{where}: {what}; expected {expected}. {remedy}."


def refusal(where: str, what: str, expected: str, remedy: str) -> BadInput:
    """The error to raise about one fault."""
    return BadInput(fault(where, what, expected, remedy))


@dataclass(frozen=True)
class Cell:
    """What stands in a cell and where. `typed`: it comes from a workbook, where numbers and text are told apart."""

    value: object
    where: str
    typed: bool

    def refusal(self, what: str, expected: str, remedy: str) -> BadInput:
        """The error to raise about the cell."""
        return refusal(self.where, what, expected, remedy)

    @property
    def blank(self) -> bool:
        """Whether nothing, or nothing but spaces, stands in it."""
        return is_blank(self.value)


def text(cell: Cell, expected: str) -> str:
    """Text without spaces at either end. Raises BadInput where the cell is blank or holds anything else."""
    if cell.blank:
        raise cell.refusal("is blank", expected, "Fill it in, or delete the row")
    if not isinstance(cell.value, str):
        raise cell.refusal(f"holds {kind(cell.value)}", expected, "Write it as text")
    return cell.value.strip()


def whole(cell: Cell) -> int:
    """A count of children. Raises BadInput."""
    expected = "a whole number of children, 0 or more"
    number = _number(cell, expected, "Write 0 where there were none")
    if number != number.to_integral_value():
        raise cell.refusal("holds a decimal, and children are whole", expected, "Send counts, not averages or rates")
    if number < 0:
        raise cell.refusal("is negative", expected, "Send the count itself, not the change")
    return int(number)


def pounds(cell: Cell, unit: int) -> Decimal:
    """Money to the penny; `unit` is the pounds that 1 stands for. Raises BadInput."""
    remedy = "Write 0 where there is none; if it is a total, export again with totals"
    number = _number(cell, "an amount in plain digits", remedy)
    return (number * unit).quantize(PENNY, ROUND_HALF_UP)


def month(cell: Cell) -> str:
    """A month from 2025-04, or from its first or last day as a date. Raises BadInput."""
    expected, value = "a month such as 2025-04", cell.value
    if cell.blank:
        raise cell.refusal("is blank", expected, f"{WRITE_MONTH}, or delete the row")
    written = value.strip() if isinstance(value, str) else ""
    if isinstance(value, date) and (not isinstance(value, datetime) or value.time() == time()):
        written = value.isoformat()[:10]
    found = ISO_DAY.fullmatch(written)
    if ISO_MONTH.fullmatch(written):
        return written
    if found and found[3] in ("01", f"{last_day(found[1]).day:02d}"):
        return found[1]
    what = "is not a month"
    if found:
        what = "is a day within a month"
    elif SLASHED.fullmatch(written):
        what = "is a date with slashes or dots, which Britain and America read differently"
    elif WHOLE.fullmatch(written) or kind(value) == "a number":
        what = "is a bare number, as Excel keeps dates"
    raise cell.refusal(what, expected, WRITE_MONTH)


def financial_year(cell: Cell) -> str:
    """A financial year written 2025-26 or 2025/26. Raises BadInput."""
    expected = "a financial year such as 2025-26"
    found = FINANCIAL_YEAR.fullmatch(text(cell, expected))
    if not found or (int(found[1]) + 1) % 100 != int(found[2]):
        what = "is not a financial year of two following years"
        raise cell.refusal(what, expected, "Write April 2025 to March 2026 as 2025-26")
    return f"{found[1]}-{found[2]}"


def period(cell: Cell) -> int:
    """A period, 1 for April to 12 for March. Raises BadInput."""
    expected = "a period, P1 (April) to P12 (March)"
    found = PERIOD.fullmatch(text(cell, expected).upper())
    if not found:
        raise cell.refusal("is not a period", expected, "Write April as P1; give each month's own figures")
    return int(found[1])


def posted(cell: Cell, unit: int) -> Decimal:
    """An amount as finance systems write it, in pounds to the penny; a dash or nothing is none. Raises BadInput."""
    if cell.blank or (isinstance(cell.value, str) and cell.value.strip() in NIL):
        return Decimal(0)
    expected = "an amount such as 1,234.56, a credit as (1,234.56), 1,234.56- or -1,234.56"
    if not isinstance(cell.value, str):
        return (_number(cell, expected, "") * unit).quantize(PENNY, ROUND_HALF_UP)
    found = POSTED.fullmatch("".join(cell.value.split()))
    signs = [found["open"], found["minus"], found["after"], (found["side"] or "").upper() == "CR"] if found else []
    if not found or bool(found["open"]) != bool(found["close"]) or sum(map(bool, signs)) > 1:
        raise cell.refusal("holds text that is no amount", expected, "Correct the cell, or export again")
    amount = Decimal(found["figures"].replace(",", "") + (found["pence"] or ""))
    return ((-amount if any(signs) else amount) * unit).quantize(PENNY, ROUND_HALF_UP)


def posted_period(cell: Cell) -> tuple[str | None, int]:
    """A period of a finance system, 1 for April to 13 for the year's last adjustments, and the year where the cell has
    it (202501: the first of 2025-26), else None. Raises BadInput.
    """
    value = cell.value
    written = "".join(str(int(value) if isinstance(value, float) and value == int(value) else value).split())
    if found := YEAR_AND_PERIOD.fullmatch(written):
        return f"{found[1]}-{(int(found[1]) + 1) % 100:02d}", int(found[2])
    found = POSTED_PERIOD.fullmatch(written)
    if cell.blank or kind(value) == "a date" or not found:
        remedy = "Write April as 1 or P1, March as 12, the last adjustments as 13; or year and period as 202501"
        raise cell.refusal("is not a period", f"a period from 1 to {ADJUSTMENTS}", remedy)
    return None, int(found[1])


def code(cell: Cell) -> str:
    """A cost centre or subjective code, as it is compared; blank for none. Raises BadInput for a date or a decimal."""
    value = cell.value
    if cell.blank:
        return ""
    if isinstance(value, str):
        return value.strip().casefold()
    if kind(value) != "a number" or value != int(value):
        raise cell.refusal(f"holds {kind(value)}", "a code", "Format the column as text, and export again")
    return str(int(value))


def kind(value: object) -> str:
    """What a value is, without quoting it."""
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, date | time):
        return "a date"
    return "a number" if isinstance(value, int | float) else "text"


def _number(cell: Cell, expected: str, blank_remedy: str) -> Decimal:
    value = cell.value
    if cell.blank:
        raise cell.refusal("is blank", expected, blank_remedy)
    if isinstance(value, str):
        return _number_in_text(cell, value.strip(), expected)
    if kind(value) != "a number":
        remedy = "Format the column as General (Home, Number) and type the numbers again"
        raise cell.refusal(f"holds {kind(value)}", expected, remedy)
    if not abs(value) < MOST:
        raise cell.refusal("holds a number too large to be one", expected, "Type it again")
    return Decimal(repr(value))


def _number_in_text(cell: Cell, written: str, expected: str) -> Decimal:
    if DECIMAL.fullmatch(written) and not cell.typed:
        return Decimal(written)
    what, remedy = "holds text", "Write digits alone; a suppressed figure cannot be used, send the true one"
    if DECIMAL.fullmatch(written):
        what = "holds a number stored as text"
        remedy = "Select the column, choose Convert to Number beside it, and save"
    elif DRESSED.fullmatch(written):
        what = "holds a number with commas, £, brackets or spaces"
        remedy = "Format the cells as numbers without commas, £ or brackets, and export again"
    elif written.startswith("#"):
        what, remedy = "holds a spreadsheet's error", MEND
    raise cell.refusal(what, expected, remedy)
