"""One cell, read strictly. What stands in it is told by its kind and never quoted, for it may be a child's name."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal

from forecast.case.errors import BadInput
from forecast.case.months import MONTHS_A_YEAR, last_day, year_months

WHOLE, DECIMAL = re.compile("-?[0-9]{1,15}"), re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
PENNY = Decimal("0.01")
MOST = 1e15  # beyond it a workbook has lost the last figures
ISO_MONTH, ISO_DAY = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])"), re.compile(r"([0-9]{4}-(0[1-9]|1[0-2]))-([0-9]{2})")
SLASHED = re.compile(r"[0-9]{1,4}[/.][0-9]{1,2}[/.][0-9]{1,4}")
FINANCIAL_YEAR, PERIOD = re.compile("([0-9]{4})[-/]([0-9]{2})"), re.compile("P0?([1-9]|1[0-2])")
DRESSED = re.compile(r"[£(\s-]*[0-9]{1,3}(,[0-9]{3})*(\.[0-9]+)?[)\s-]*|[£(\s-]*[0-9]+(\.[0-9]+)?[)\s-]*")
AS_NUMBER = "Format the cells as numbers without commas, £ or brackets, and export again"
CONVERT = "Select the column, choose Convert to Number beside it, and save"
WRITE_MONTH = "Write April 2025 as 2025-04"


@dataclass(frozen=True)
class Cell:
    """What stands in a cell and where. `typed`: it comes from a workbook, where numbers and text are told apart."""

    value: object
    where: str
    typed: bool

    def problem(self, said: str, expected: str, remedy: str) -> BadInput:
        """The error to raise about the cell."""
        return BadInput(told(self.where, said, expected, remedy))

    @property
    def blank(self) -> bool:
        """Whether nothing, or nothing but spaces, stands in it."""
        return self.value is None or (isinstance(self.value, str) and not self.value.strip())


def told(where: str, said: str, expected: str, remedy: str) -> str:
    """A fault as every message of this room tells it."""
    return f"{where}: {said}; expected {expected}. {remedy}."


def text(cell: Cell, expected: str) -> str:
    """Text without spaces at either end. Raises BadInput where the cell is blank or holds anything else."""
    if cell.blank:
        raise cell.problem("is blank", expected, "Fill it in, or delete the row")
    if not isinstance(cell.value, str):
        raise cell.problem(f"holds {kind(cell.value)}", expected, "Write it as text")
    return cell.value.strip()


def whole(cell: Cell) -> int:
    """A count of children. Raises BadInput."""
    expected = "a whole number of children, 0 or more"
    number = _number(cell, expected, "Write 0 where there were none")
    if number != number.to_integral_value():
        raise cell.problem("holds a decimal, and children are whole", expected, "Send counts, not averages or rates")
    if number < 0:
        raise cell.problem("is negative", expected, "Send the count itself, not the change")
    return int(number)


def pounds(cell: Cell, unit: int) -> Decimal:
    """Money to the penny; `unit` is the pounds that 1 stands for. Raises BadInput."""
    number = _number(
        cell, "an amount in plain digits", "Write 0 where there is none; if it is a total, export again with totals"
    )
    return (number * unit).quantize(PENNY, ROUND_HALF_UP)


def month(cell: Cell) -> str:
    """A month from 2025-04, or from its first or last day as a date. Raises BadInput."""
    expected = "a month such as 2025-04"
    if cell.blank:
        raise cell.problem("is blank", expected, f"{WRITE_MONTH}, or delete the row")
    written = _day_written(cell.value)
    found = ISO_DAY.fullmatch(written)
    if ISO_MONTH.fullmatch(written):
        return written
    if found and found[3] in ("01", f"{last_day(found[1]).day:02d}"):
        return found[1]
    raise cell.problem(_unlike_month(cell.value, written, found), expected, WRITE_MONTH)


def financial_year(cell: Cell) -> str:
    """A financial year written 2025-26 or 2025/26. Raises BadInput."""
    expected = "a financial year such as 2025-26"
    found = FINANCIAL_YEAR.fullmatch(text(cell, expected))
    if not found or (int(found[1]) + 1) % 100 != int(found[2]):
        raise cell.problem(
            "is not a financial year of two following years", expected, "Write April 2025 to March 2026 as 2025-26"
        )
    return f"{found[1]}-{found[2]}"


def period(cell: Cell) -> int:
    """A period, 1 for April to 12 for March. Raises BadInput."""
    expected = "a period, P1 (April) to P12 (March)"
    found = PERIOD.fullmatch(text(cell, expected).upper())
    if not found:
        raise cell.problem("is not a period", expected, "Write April as P1; give each month's own figures")
    return int(found[1])


def month_of(year: str, number: int) -> str:
    """The month of a period of a financial year."""
    assert 1 <= number <= MONTHS_A_YEAR
    return year_months(year)[number - 1]


def kind(value: object) -> str:
    """What a value is, without telling it."""
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, date | time):
        return "a date"
    return "a number" if isinstance(value, int | float) else "text"


def _number(cell: Cell, expected: str, blank_remedy: str) -> Decimal:
    value = cell.value
    if cell.blank:
        raise cell.problem("is blank", expected, blank_remedy)
    if isinstance(value, str):
        return _number_in_text(cell, value.strip(), expected)
    if isinstance(value, bool) or not isinstance(value, int | float):
        remedy = "Format the column as General (Home, Number) and type the numbers again"
        raise cell.problem(f"holds {kind(value)}", expected, remedy)
    if not abs(value) < MOST:
        raise cell.problem("holds a number too large to be one", expected, "Type it again")
    return Decimal(repr(value))


def _number_in_text(cell: Cell, written: str, expected: str) -> Decimal:
    if cell.typed and DECIMAL.fullmatch(written):
        raise cell.problem("holds a number stored as text", expected, CONVERT)
    if DECIMAL.fullmatch(written):
        return Decimal(written)
    if DRESSED.fullmatch(written):
        raise cell.problem("holds a number with commas, £, brackets or spaces", expected, AS_NUMBER)
    if written.startswith("#"):
        raise cell.problem("holds a spreadsheet's error", expected, "Mend the formula and save again")
    raise cell.problem(
        "holds text", expected, "Write digits alone; a suppressed figure cannot be used, send the true one"
    )


def _day_written(value: object) -> str:
    """A value as it might be written: true dates year-month-day, text as it stands, nothing else."""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else ""
    if isinstance(value, date):
        return value.isoformat()
    return value.strip() if isinstance(value, str) else ""


def _unlike_month(value: object, written: str, found: re.Match | None) -> str:
    """Why what stands there is no month."""
    if found:
        return "is a day within a month"
    if SLASHED.fullmatch(written):
        return "is a date with slashes or dots, which Britain and America read differently"
    if WHOLE.fullmatch(written) or (isinstance(value, int | float) and not isinstance(value, bool)):
        return "is a bare number, as Excel keeps dates"
    return "is not a month"
