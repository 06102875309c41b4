"""A sheet as data: its words, its columns and its rows, and how one sheet's formula points at another's cells."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from xlsxwriter.utility import xl_col_to_name as letters

NOT_APPLICABLE, HIDDEN, NOT_HELD = "[z]", "[c]", "[x]"
PLACE = re.compile(r"\[([\^:]?)([^\]]+)\]")
SPREADSHEET_DIGITS = 15


@dataclass(frozen=True)
class Formula:
    """A live formula and the value it must give.

    text  [Header] stands for the cell of that column in the same row, [^Header] for the column's first cell, [:Header]
          for all its cells but the total; cells of other sheets are written in full
    """

    text: str
    value: float | str


@dataclass(frozen=True)
class Link:
    """A link to another sheet of this workbook."""

    sheet: str


Cell = str | float | int | Formula | Link


@dataclass(frozen=True)
class Column:
    """A column. kind: text, number, whole, tenth, money, signed, pence, percent, percent_tenth or small."""

    header: str
    kind: str = "text"
    width: int = 16


@dataclass(frozen=True)
class Sheet:
    """One sheet with one table.

    name     on its tab; table: the table's own name; title: in A1
    says     what it shows, for the contents
    about    sentences under the title, one a row
    totalled the last row is a total of those above it
    chart    title, axis, headers (columns drawn as lines over the first) and alt (for who cannot see it), or None
    """

    name: str
    table: str
    title: str
    says: str
    about: tuple[str | Formula, ...]
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totalled: bool = False
    chart: dict | None = None
    frozen_columns: int = 0

    @property
    def header_row(self) -> int:
        """The row of the headings, counted from 1: after the title, the sentences and the way back."""
        return len(self.about) + 3

    @property
    def first(self) -> int:
        return self.header_row + 1

    @property
    def last(self) -> int:
        """The last row that is no total."""
        return self.header_row + len(self.rows) - self.totalled

    def at(self, header: str) -> int:
        """The place of a column, from 0."""
        return [column.header for column in self.columns].index(header)

    def local(self, formula: str, row: int) -> str:
        """The formula with its columns' cells in place; `row` is the cell's own, from 1."""

        def cell(found: re.Match) -> str:
            letter = letters(self.at(found[2]))
            if found[1] == ":":
                return f"${letter}${self.first}:${letter}${self.last}"
            return f"${letter}${self.first}" if found[1] else f"{letter}{row}"

        return PLACE.sub(cell, formula)

    def cells(self, header: str) -> str:
        """All cells of a column but the total, for a formula on any sheet."""
        letter = letters(self.at(header))
        return f"'{self.name}'!${letter}${self.first}:${letter}${self.last}"

    def cell(self, header: str, number: int) -> str:
        """One cell of a column, for a formula on any sheet; the last is -1."""
        row = self.first + (number if number >= 0 else len(self.rows) + number)
        return f"'{self.name}'!${letters(self.at(header))}${row}"

    def part(self, header: str, first: int, last: int) -> str:
        """The cells of a column from one row to another, for a formula on any sheet."""
        return f"{self.cell(header, first)}:{self.cell(header, last).split('!')[1]}"

    def values(self, header: str) -> list:
        """What a column's cells but the total hold, formulas at their values."""
        place = self.at(header)
        return [plain(row[place]) for row in self.rows[: len(self.rows) - self.totalled]]

    def value(self, header: str, number: int) -> float:
        """What one cell holds."""
        return plain(self.rows[number][self.at(header)])


def plain(cell: Cell) -> float | str:
    """What a cell shows."""
    return cell.value if isinstance(cell, Formula) else cell


def rounded(value: float, places: int) -> float:
    """Halves away from zero, as a spreadsheet rounds; never -0."""
    exact = Decimal(f"{value:.{SPREADSHEET_DIGITS}g}")
    return float(exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)) + 0.0
