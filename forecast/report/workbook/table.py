"""A sheet from its description in sheets.yaml and the records of a run: cells by path, and live formulas by name."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from forecast.report.words import pages
from forecast.report.workbook.cells import NOT_APPLICABLE, Cell, Column, Formula, Sheet, plain, rounded

MONEY = {"money", "signed", "pence"}


@dataclass(frozen=True)
class Row:
    """A row being made: its cells so far by heading, those of the rows above, and the sheets made before.

    Each public method is a live formula by its name in sheets.yaml.
    """

    cells: dict[str, Cell]
    above: list[dict[str, Cell]]
    sheets: Mapping[str, Sheet]

    def __getitem__(self, header: str) -> float | str:
        return plain(self.cells[header])

    def minus(self, first: str, second: str) -> Cell:
        if NOT_APPLICABLE in (self[first], self[second]):
            return NOT_APPLICABLE
        return Formula(f"[{first}]-[{second}]", self[first] - self[second])

    def missed(self, first: str, second: str, places: int) -> Formula:
        """A difference without the last digits of sums."""
        return Formula(f"ROUND([{first}]-[{second}],{places})", rounded(self[first] - self[second], places))

    def plus(self, *headers: str) -> Formula:
        return Formula("+".join(f"[{header}]" for header in headers), sum(self[header] for header in headers))

    def between(self, before: str) -> Formula:
        """The sum of the columns between the one named and this one."""
        headers = list(self.cells)[list(self.cells).index(before) + 1 :]
        return Formula(f"SUM([{headers[0]}]:[{headers[-1]}])", math.fsum(self[header] for header in headers))

    def share(self, first: str, second: str) -> Formula:
        return Formula(f"([{first}]-[{second}])/[{second}]", (self[first] - self[second]) / self[second])

    def rest(self, header: str) -> Formula:
        """What is left of the whole after all rows to this one."""
        gone = sum([*(plain(cells[header]) for cells in self.above), self[header]])
        return Formula(f"1-SUM([^{header}]:[{header}])", 1 - gone)

    def less_first(self, header: str) -> Formula:
        first = plain(self.above[0][header]) if self.above else self[header]
        return Formula(f"[{header}]-[^{header}]", self[header] - first)

    def looked_up(self, name: str, header: str) -> Formula:
        """The figure of this row's line in another sheet, wherever that line stands there."""
        sheet = self.sheets[name]
        lines = zip(sheet.values("Line"), sheet.values(header), strict=True)
        value = sum(value for line, value in lines if line == self["Line"])
        return Formula(f"SUMPRODUCT(({sheet.cells('Line')}=[Line])*{sheet.cells(header)})", value)

    def to_date(self, name: str, basis: str) -> Cell:
        """This row's line summed over the months of one basis; 0 where there are none."""
        headers = [column.header for column in self.sheets[name].columns if column.header.endswith(f", {basis}")]
        parts = [self.looked_up(name, header) for header in headers]
        return Formula("+".join(part.text for part in parts), sum(part.value for part in parts)) if parts else 0.0


def table(name: str, described: dict, records: list[dict], words: dict, given: dict, sheets: dict[str, Sheet]) -> Sheet:
    """The sheet of a name.

    described  its part of sheets.yaml, columns spread out
    records    a row each; what one holds under "fixed" stands as it is, by heading
    words      what the texts may name
    given      figures by path, for totals that are no sums
    sheets     those made before, which formulas may point at
    """
    entries = [(said(header, words), kind, width, source) for header, kind, width, source in described["columns"]]
    columns = tuple(Column(header, kind, width) for header, kind, width, _ in entries)
    made: list[dict[str, Cell]] = []
    for record in records:
        row = Row({}, made, sheets)
        fixed = record.get("fixed", {})
        for header, _, _, source in entries:
            row.cells[header] = fixed[header] if header in fixed else _cell(row, record, source, words)
        made.append(row.cells)
    rows = [tuple(cells.values()) for cells in made]
    totals = described.get("total")
    if totals is not None:
        # What is given, live sums of columns of money, [z] elsewhere.
        known = {header: at(given, path) for header, path in totals.items()}
        sums = [
            Formula(f"SUM([:{column.header}])", math.fsum(map(plain, cells)))
            if column.kind in MONEY
            else NOT_APPLICABLE
            for column, cells in zip(columns[1:], list(zip(*rows, strict=True))[1:], strict=True)
        ]
        headers = [column.header for column in columns[1:]]
        rows.append(("Net cost", *(known.get(*pair) for pair in zip(headers, sums, strict=True))))
    chart = described.get("chart")
    return Sheet(
        name,
        described.get("table") or "".join(letter for letter in name.title() if letter.isalpha()),
        said(described["title"], words),
        said(described.get("says", ""), words),
        tuple(said(line, words) for line in described.get("about", ())),
        columns,
        tuple(rows),
        totals is not None,
        chart and chart | {"alt": said(chart["alt"], words)},
        described.get("frozen", 0),
    )


def _cell(row: Row, record: dict, source: str | dict, words: Mapping[str, object]) -> Cell:
    """The value at a path of the record, or the formula of a name and its headings."""
    if isinstance(source, str):
        value = at(record, source)
        if isinstance(value, bool):
            return "Yes" if value else "No"
        return NOT_APPLICABLE if value is None or (isinstance(value, float) and math.isnan(value)) else value
    ((name, headers),) = source.items()
    return getattr(row, name)(*(said(one, words) if isinstance(one, str) else one for one in headers))


def at(held: object, path: str) -> object:
    """What stands at a path such as net/mean."""
    for part in path.split("/"):
        held = held[part]
    return held


def said(text: str, words: Mapping[str, object]) -> str:
    """A text with what stands for its {{ ... }}."""
    return text if "{" not in text else pages().from_string(text).render(words)


def wanted(entries: Sequence, flags: Collection[str], length: int) -> list:
    """Entries of so many parts; a further part names what the run must have for the entry to be there."""
    lists = [[entry] if isinstance(entry, str) else entry for entry in entries]
    kept = [entry[:length] for entry in lists if len(entry) <= length or entry[length] in flags]
    return [entry[0] for entry in kept] if length == 1 else kept


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
