"""The Control sheet: checks.yaml, live, so that whoever changes a figure sees which sum no longer holds."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from forecast.report.workbook.cells import Cell, Column, Formula, Sheet, rounded
from forecast.report.workbook.table import at

PENNY = 0.01
FINEST = 6  # decimals of a difference: what is smaller is the last digits of sums
OK, NOT_OK = "OK", "CHECK"
STATUS, MISSED, TOLERANCE = "Status", "Difference", "Tolerance"
NAME = "Control"
COLUMNS = (
    Column("Check", width=88),
    Column("First figure", "hundredth", 20),
    Column("Second figure", "hundredth", 20),
    Column(MISSED, "number", 18),
    Column(TOLERANCE, "number", 14),
    Column("Unit", width=14),
    Column(STATUS, width=12),
)
Sheets = Mapping[str, Sheet]


def control(checks: list[dict], figures: Mapping[str, object], sheets: Sheets) -> Sheet:
    """The sheet of checks.

    checks   of checks.yaml, those that this run can have
    figures  the answer's, by path
    """
    rows = tuple(_row(check, figures, sheets) for check in checks)
    says = "Every sum and identity of this workbook, checked live"
    bare = Sheet(NAME, NAME, "Control: checks that must come to zero", says, ("", ""), COLUMNS, rows)
    bad = f"Overall: {NOT_OK}. At least one check does not hold."
    overall = verdict(bare, f"Overall: {OK}. All {len(rows)} checks hold.", bad)
    how = (
        f"Each check takes one figure from another. {OK}: they differ by no more than the tolerance. "
        f"{NOT_OK}: they differ by more, or cannot be worked out."
    )
    return replace(bare, about=(overall, how))


def verdict(sheet: Sheet, good: str, bad: str) -> Formula:
    """One sentence while every check of the sheet holds, else the other, live."""
    status = sheet.cells(STATUS)
    holds = all(one == OK for one in sheet.values(STATUS))
    return Formula(f'IF(COUNTIF({status},"{OK}")=ROWS({status}),"{good}","{bad}")', good if holds else bad)


def _row(check: dict, figures: Mapping[str, object], sheets: Sheets) -> tuple[Cell, ...]:
    first, second = (_figure(check[part], figures, sheets) for part in ("first", "second"))
    tolerance = check.get("tolerance", PENNY * len(sheets[check["rows"]].rows) if "rows" in check else PENNY)
    missed = rounded(first.value - (second.value if isinstance(second, Formula) else second), FINEST)
    status = OK if abs(missed) <= tolerance else NOT_OK
    live = f'IF(ISNUMBER([{MISSED}]),IF(ABS([{MISSED}])<=[{TOLERANCE}],"{OK}","{NOT_OK}"),"{NOT_OK}")'
    difference = Formula(f"ROUND([First figure]-[Second figure],{FINEST})", missed)
    unit = check.get("unit", "pounds")
    return (check["says"], first, second, difference, tolerance, unit, Formula(live, status))


def _figure(source: float | str | dict, figures: Mapping[str, object], sheets: Sheets) -> Formula | float:
    """A number, the answer's figure at a path, or what cells of a sheet come to."""
    if not isinstance(source, dict):
        return at(figures, source) if isinstance(source, str) else source
    ((name, (sheet, *parts)),) = source.items()
    if name == "less":
        parts[1] = at(figures, parts[1])
    if name == "apart":
        parts[1] = sheets[parts[1]]
    return getattr(Worked(sheets[sheet]), name)(*parts)


@dataclass(frozen=True)
class Worked:
    """What cells of a sheet come to, live; each method is a name in checks.yaml."""

    sheet: Sheet

    def cell(self, header: str, number: int) -> Formula:
        return Formula(self.sheet.cell(header, number), self.sheet.value(header, number))

    def sum(self, header: str) -> Formula:
        return Formula(f"SUM({self.sheet.cells(header)})", math.fsum(self.sheet.values(header)))

    def later(self, header: str) -> Formula:
        """All but the first row, summed."""
        return Formula(f"SUM({self.sheet.part(header, 1, -1)})", math.fsum(self.sheet.values(header)[1:]))

    def misses(self, header: str) -> Formula:
        """The sizes of a column's misses, summed, so that two that cancel are seen."""
        gap = math.fsum(map(abs, self.sheet.values(header)))
        return Formula(f"SUMPRODUCT(ABS({self.sheet.cells(header)}))", gap)

    def apart(self, header: str, other: Sheet, theirs: str) -> Formula:
        """The same for two columns of two sheets that have the same lines in the same order."""
        values = other.values(theirs)
        gap = math.fsum(abs(a - b) for a, b in zip(self.sheet.values(header), values, strict=False))
        own = self.sheet.part(header, 0, len(values) - 1)
        return Formula(f"SUMPRODUCT(ABS({own}-{other.cells(theirs)}))", gap)

    def across(self, after: str, until: str) -> Formula:
        """The last row's columns between two, summed."""
        sheet = self.sheet
        headers = [column.header for column in sheet.columns[sheet.at(after) + 1 : sheet.at(until)]]
        value = math.fsum(sheet.value(header, -1) for header in headers)
        return Formula(f"SUM({sheet.cell(headers[0], -1)}:{sheet.cell(headers[-1], -1).split('!')[1]})", value)

    def plus(self, headers: list[str]) -> Formula:
        """Columns of the last row, summed."""
        cells, values = zip(*((self.sheet.cell(name, -1), self.sheet.value(name, -1)) for name in headers), strict=True)
        return Formula("+".join(cells), sum(values))

    def less(self, header: str, amount: float) -> Formula:
        """The last row of a column less an amount."""
        return Formula(f"{self.sheet.cell(header, -1)}-{amount!r}", self.sheet.value(header, -1) - amount)

    def stock(self, group: str) -> Formula:
        """What the stock identity misses in any month, summed."""
        parts = ("at the start of the month", "starts", "ends", "at the month's end")
        start, come, leave, end = (self.sheet.cells(f"{group}: {part}") for part in parts)
        months = zip(*(self.sheet.values(f"{group}: {part}") for part in parts), strict=True)
        gap = math.fsum(abs(a + b - c - d) for a, b, c, d in months)
        return Formula(f"SUMPRODUCT(ABS({start}+{come}-{leave}-{end}))", gap)

    def chain(self, group: str) -> Formula:
        """By how much months start elsewhere than the one before ended, summed."""
        sheet, start, end = self.sheet, f"{group}: at the start of the month", f"{group}: at the month's end"
        gap = math.fsum(abs(a - b) for a, b in zip(sheet.values(start)[1:], sheet.values(end)[:-1], strict=True))
        return Formula(f"SUMPRODUCT(ABS({sheet.part(start, 1, -1)}-{sheet.part(end, 0, -2)}))", gap)
