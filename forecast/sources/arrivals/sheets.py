"""A CSV or Excel file as rows of cells under the card's headings. Nothing that stands in a cell is ever quoted."""

import csv
import io
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from forecast.case.errors import BadInput
from forecast.case.workbook.book import (
    DEFINITIONS,
    MOST_BYTES,
    MOST_COLUMNS,
    MOST_ROWS,
    MOST_UNPACKED,
    OLD_OR_LOCKED,
    PASSWORD_MARK,
    UNREADABLE,
)
from forecast.sources.arrivals.card import CARD, ExpectedFile, is_personal, same_words
from forecast.sources.arrivals.cells import Cell, told
from forecast.sources.csv_text import SAVE_AGAIN, UTF_16_MARKS, decode, parse

ZIP_MARK = b"PK\x03\x04"
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
A_TABLE = "a row of headings, and a row below it for each month or cost line"
A_WORKBOOK = "an Excel workbook (.xlsx)"
SAVE_AS = "Open it in Excel and save it as an Excel workbook (*.xlsx), or as CSV UTF-8"
FORMULA, ERROR = "f", "e"  # openpyxl's names of what a cell holds


@dataclass(frozen=True)
class Grid:
    """The cells of a table, headings first: rows as (number, values), how a place in it is told, whether cells have types."""

    name: str
    rows: list[tuple[int, list[object]]]
    sheet: str | None = None

    def where(self, row: int, column: int | None = None) -> str:
        """A row, or a cell of it (columns counted from 0), as messages tell it."""
        if self.sheet is None:
            return f"{self.name}, row {row}" + ("" if column is None else f", column {column + 1}")
        place = f"row {row}" if column is None else f"cell {get_column_letter(column + 1)}{row}"
        return f"{self.name}, sheet {self.sheet}, {place}"


@dataclass(frozen=True)
class Row:
    """A row below the headings: its number, its place as messages tell it, and its cells by the card's fields."""

    number: int
    where: str
    cells: dict[str, Cell]


def read_rows(name: str, content: bytes, expected: ExpectedFile) -> list[Row]:
    """The rows of a file; `name` is what messages call it. Raises BadInput naming file, place, what was expected, the remedy."""
    grid = _workbook(name, content, expected) if name.lower().endswith(".xlsx") else _csv(name, content)
    if len(grid.rows) < 2:
        said = "the file is empty" if not grid.rows else "there are headings and no rows"
        raise BadInput(told(grid.where(1), said, A_TABLE, "Export the file again"))
    places = _headings(grid, expected)
    return [_row(grid, number, values, places) for number, values in grid.rows[1:]]


def _row(grid: Grid, number: int, values: list[object], places: dict[str, int]) -> Row:
    typed = grid.sheet is not None
    cells = {field: Cell(values[at], grid.where(number, at), typed) for field, at in places.items()}
    return Row(number, grid.where(number), cells)


def _csv(name: str, content: bytes) -> Grid:
    if content.startswith((ZIP_MARK, OLD_OR_LOCKED)):
        raise BadInput(
            told(name, "is a workbook with the ending of a text file", "CSV text", "Give it the ending .xlsx")
        )
    if content.startswith(UTF_16_MARKS):
        raise BadInput(told(f"{name}, row 1", "saved as UTF-16 (Unicode text)", "UTF-8", SAVE_AGAIN.rstrip(".")))
    rows, lines = parse(name, decode(name, content)[0])
    pairs = [(line, row) for line, row in zip(lines, rows, strict=True) if any(map(str.strip, row))]
    if pairs:
        _check_separators(name, pairs[0][1])
        for line, row in pairs[1:]:
            _check_width(name, line, row, len(pairs[0][1]))
    return Grid(name, [(line, list(row)) for line, row in pairs])


def _check_separators(name: str, headings: list[str]) -> None:
    for separator, words in SEPARATORS.items():
        if len(headings) == 1 and len(next(csv.reader(headings, delimiter=separator))) > 1:
            raise BadInput(
                told(f"{name}, row 1", f"the cells are separated by {words}", "commas", SAVE_AGAIN.rstrip("."))
            )


def _check_width(name: str, line: int, row: list[str], width: int) -> None:
    if len(row) != width:
        remedy = "A file cut short, or a stray comma: export it again"
        raise BadInput(told(f"{name}, row {line}", f"has {len(row)} cells", f"{width}, as in the headings", remedy))


def _headings(grid: Grid, expected: ExpectedFile) -> dict[str, int]:
    """field -> place of its column. Raises BadInput for headings that are missing, repeated, unknown or personal."""
    number, first = grid.rows[0]
    given = [same_words(str(value)) if value is not None else "" for value in first]
    wanted = {same_words(heading): field for heading, field in expected.columns.items()}
    passed = {same_words(heading) for heading in expected.ignore}
    faults = [_heading_fault(grid, at, first[at], wanted, passed) for at in range(len(given))]
    faults += [_not_once(grid, number, heading, given) for heading in expected.columns]
    if any(faults):
        raise BadInput("\n".join(fault for fault in faults if fault))
    return {field: given.index(heading) for heading, field in wanted.items()}


def _heading_fault(grid: Grid, at: int, heading: object, wanted: dict, passed: set[str]) -> str | None:
    where, known = grid.where(grid.rows[0][0], at), same_words(str(heading or ""))
    if not known:
        filled = any(not Cell(values[at], "", False).blank for _, values in grid.rows)
        remedy = "Clear the column, or give it the heading it should have"
        return (
            told(where, "there are cells without a heading above them", "a heading, or nothing", remedy)
            if filled
            else None
        )
    if known in wanted or known in passed:
        return None
    if is_personal(str(heading)):
        remedy = "Delete the file from the inbox, and have the column left out of the export"
        return told(
            where,
            "its heading is of a column about one person",
            "figures of the council as a whole, never of a child",
            remedy,
        )
    remedy = f"Remove the column, or name it in {CARD} under columns or ignore"
    return told(where, f"its heading is not in {CARD}", f"only those of {CARD}", remedy)


def _not_once(grid: Grid, number: int, heading: str, given: list[str]) -> str | None:
    times = given.count(same_words(heading))
    if times == 1:
        return None
    said = f'no column is headed "{heading}"' if times == 0 else f'{times} columns are headed "{heading}"'
    remedy = f"Put the headings in row {number} as {CARD} has them"
    return told(grid.where(number), said, "each heading once, in the first row", remedy)


def _workbook(name: str, content: bytes, expected: ExpectedFile) -> Grid:
    _check_workbook(name, content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what openpyxl leaves out, such as pictures; cells are all there
            formulas, stored = (
                load_workbook(io.BytesIO(content), data_only=done, keep_links=False) for done in (False, True)
            )
    except Exception:  # openpyxl raises whatever its parts met, and its words may hold a cell
        raise _damaged(name) from None
    sheet = _sheet(name, formulas, expected.sheet)
    _check_shape(name, sheet)
    grid = Grid(name, list(_filled_rows(name, sheet, stored[sheet.title])), _shown_sheet(sheet, expected))
    return Grid(name, _squared(grid), grid.sheet)


def _shown_sheet(sheet: Worksheet, expected: ExpectedFile) -> str:
    """A sheet's name where the card has it; else its place, as a name may be a child's."""
    return sheet.title if sheet.title == expected.sheet else "1"


def _check_workbook(name: str, content: bytes) -> None:
    """Look at the file without reading cells: its kind, size, and definitions that multiply text."""
    if not content:
        raise BadInput(told(name, "the file is empty", A_WORKBOOK, "Save or send it again"))
    if content.startswith(OLD_OR_LOCKED):
        locked = PASSWORD_MARK in content
        said = "is protected by a password" if locked else "is a workbook of old Excel"
        remedy = "Remove the password (File, Info, Protect Workbook) and save" if locked else SAVE_AS
        raise BadInput(told(name, said, A_WORKBOOK, remedy))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            held = {part.filename: part.file_size for part in parts.infolist()}
            small = sum(held.values()) <= MOST_UNPACKED  # a part never unpacks to more than it says
            defined = small and any(DEFINITIONS.search(parts.read(part).replace(b"\0", b"")) for part in held)
    except UNREADABLE:
        raise _damaged(name) from None
    if not small:
        raise _too_large(name)
    if defined or "[Content_Types].xml" not in held:
        raise _damaged(name)


def _damaged(name: str) -> BadInput:
    return BadInput(told(name, "is not an Excel workbook, or it is damaged", A_WORKBOOK, SAVE_AS))


def _too_large(name: str) -> BadInput:
    return BadInput(
        told(
            name,
            "is far larger than a month's figures",
            f"{A_WORKBOOK} of at most {MOST_BYTES:,} bytes",
            "Check that it is the right file",
        )
    )


def check_size(name: str, size: int) -> None:
    """Raise BadInput for a file far larger than a month's figures."""
    if size > MOST_BYTES:
        raise _too_large(name)


def _sheet(name: str, book, wanted: str | None) -> Worksheet:
    sheets = book.worksheets
    if wanted is None and len(sheets) == 1:
        return sheets[0]
    found = next((sheet for sheet in sheets if sheet.title == wanted), None)
    if found is None:
        said = f"has {len(sheets)} sheets and none is the one wanted"
        expected = "one sheet" if wanted is None else f"a sheet named {wanted}"
        raise BadInput(told(name, said, expected, f"Name the sheet so, or correct sheet in {CARD}"))
    if found.sheet_state != "visible":
        raise BadInput(
            told(
                f"{name}, sheet {wanted}", "the sheet is hidden", "one that can be seen", "Unhide it, check it and save"
            )
        )
    return found


def _check_shape(name: str, sheet: Worksheet) -> None:
    if sheet.max_row > MOST_ROWS or sheet.max_column > MOST_COLUMNS:
        raise BadInput(
            told(
                name,
                f"cells reach row {sheet.max_row:,}, column {sheet.max_column:,}",
                A_TABLE,
                "Delete the rows and columns outside the table",
            )
        )
    merged = sorted(area.coord for area in sheet.merged_cells.ranges)
    if merged:
        raise BadInput(
            told(
                f"{name}, cells {merged[0]}",
                "cells are merged",
                "one cell for each figure and heading",
                "Choose Unmerge Cells, fill in each and save",
            )
        )
    for first, last, hidden in _columns(sheet):
        if hidden and any(
            sheet.cell(row, column).value is not None
            for row in range(1, sheet.max_row + 1)
            for column in range(first, min(last, sheet.max_column) + 1)
        ):
            raise BadInput(
                told(
                    f"{name}, column {get_column_letter(first)}",
                    "the column is hidden",
                    "a table that is seen whole",
                    "Unhide it, or delete it, and save",
                )
            )


def _columns(sheet: Worksheet) -> Iterator[tuple[int, int, bool]]:
    """First, last and whether hidden, of each group of columns that has settings."""
    for held in sheet.column_dimensions.values():
        if held.min is not None:
            yield held.min, held.max, held.hidden


def _filled_rows(name: str, formulas: Worksheet, stored: Worksheet) -> Iterator[tuple[int, list[object]]]:
    """Rows in which anything stands: formulas by the result that Excel stored. Raises BadInput for hidden rows."""
    for cells, results in zip(formulas.iter_rows(), stored.iter_rows(), strict=True):
        values = [_result(name, cell, result) for cell, result in zip(cells, results, strict=True)]
        if all(Cell(value, "", True).blank for value in values):
            continue
        number = cells[0].row
        if formulas.row_dimensions[number].hidden:
            raise BadInput(
                told(
                    f"{name}, row {number}",
                    "the row is hidden",
                    "a table that is seen whole",
                    "Clear the filter, or unhide the row or delete it, and save",
                )
            )
        yield number, values


def _result(name: str, cell, result) -> object:
    """A cell's value; of a formula, the result stored with it."""
    where = f"{name}, cell {cell.coordinate}"
    if ERROR in (cell.data_type, result.data_type):
        raise BadInput(told(where, "holds a spreadsheet's error", "a figure", "Mend the formula and save again"))
    if cell.data_type == FORMULA and result.value is None:
        raise BadInput(
            told(
                where,
                "holds a formula whose result was not saved",
                "a figure",
                "Open the workbook in Excel and save it, or paste the values",
            )
        )
    return result.value


def _squared(grid: Grid) -> list[tuple[int, list[object]]]:
    """Rows cut after the last column in which anything stands."""
    width = max(
        (at + 1 for _, values in grid.rows for at, value in enumerate(values) if not Cell(value, "", True).blank),
        default=0,
    )
    return [(number, values[:width]) for number, values in grid.rows]
