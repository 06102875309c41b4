"""A sheet from its description in sheets.yaml and the records of a run: cells by path, and live formulas by name."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

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
