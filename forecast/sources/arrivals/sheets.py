"""A CSV or Excel file as rows of cells under the card's headings. Nothing that stands in a cell is ever quoted."""

from collections.abc import Iterator
from dataclasses import dataclass

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from forecast.case.errors import BadInput
from forecast.case.workbook import book
from forecast.case.workbook.cells import ERROR, FORMULA, is_blank
from forecast.sources.arrivals.card import CARD, TRIAL, ExpectedFile, is_personal, same_words
from forecast.sources.arrivals.cells import MEND, Cell, fault, refusal
from forecast.sources.csv_text import MOST_HEADING_ROWS, SAVE_AGAIN, UTF_16_MARKS, decode, parse, separated

ZIP_MARK = b"PK\x03\x04"
A_TABLE = "a row of headings, and a row below it for each month or cost line"
A_WORKBOOK = "an Excel workbook (.xlsx)"
SAVE_AS = "Open it in Excel and save it as an Excel workbook (*.xlsx), or as CSV UTF-8"
UNPROTECT = "Remove the password (File, Info, Protect Workbook) and save"
EMPTY = "empty"
REFUSED = {  # what keeps a file from being read -> what is wrong, what was expected, the remedy
    EMPTY: ("the file is empty", A_WORKBOOK, "Save or send it again"),
    book.OLD: ("is a workbook of old Excel", A_WORKBOOK, SAVE_AS),
    book.LOCKED: ("is protected by a password", A_WORKBOOK, UNPROTECT),
    book.DAMAGED: ("is not an Excel workbook, or it is damaged", A_WORKBOOK, SAVE_AS),
    book.TOO_LARGE: (
        "is far larger than a month's figures",
        f"{A_WORKBOOK} of at most {book.MOST_BYTES:,} bytes",
        "Check that it is the right file",
    ),
}


@dataclass(frozen=True)
class Grid:
    """The cells of a table, headings first: rows as (number, values); `sheet` where it is one of a workbook."""

    name: str
    rows: list[tuple[int, list[object]]]
    sheet: str | None = None

    def where(self, row: int, column: int | None = None) -> str:
        """A row, or a cell of it (columns counted from 0), as messages word it."""
        if self.sheet is None:
            return f"{self.name}, row {row}" + ("" if column is None else f", column {column + 1}")
        place = f"row {row}" if column is None else f"cell {get_column_letter(column + 1)}{row}"
        return f"{self.name}, sheet {self.sheet}, {place}"


@dataclass(frozen=True)
class Row:
    """A row below the headings: its number, its place as messages word it, and its cells by the card's fields."""

    number: int
    where: str
    cells: dict[str, Cell]


def read_rows(name: str, content: bytes, expected: ExpectedFile) -> list[Row]:
    """The rows of a file; `name` is what messages call it.

    Raises BadInput naming file, place, what was expected, the remedy.
    """
    grid = _workbook(name, content, expected) if name.lower().endswith(".xlsx") else _csv(name, content, expected)
    if len(grid.rows) < 2:
        what = "the file is empty" if not grid.rows else "there are headings and no rows"
        raise refusal(grid.where(1), what, A_TABLE, "Export the file again")
    places, typed = _headings(grid, expected), grid.sheet is not None
    rows = []
    for number, values in grid.rows[1:]:
        cells = {field: Cell(values[at], grid.where(number, at), typed) for field, at in places.items()}
        rows.append(Row(number, grid.where(number), cells))
    return rows


def check_size(name: str, size: int) -> None:
    """Raise BadInput for a file far larger than a month's figures."""
    if size > book.MOST_BYTES:
        raise refusal(name, *REFUSED[book.TOO_LARGE])


def _below_titles(rows: list[tuple[int, list]], expected: ExpectedFile) -> list[tuple[int, list]]:
    """The rows from the headings on: what finance systems export may have a title above them."""
    wanted = {same_words(heading) for heading in expected.columns}
    for at, (_, values) in enumerate(rows[:MOST_HEADING_ROWS] if expected.kind == TRIAL else []):
        if wanted <= {same_words(str(value)) for value in values if value is not None}:
            return rows[at:]
    return rows


def _csv(name: str, content: bytes, expected: ExpectedFile) -> Grid:
    if content.startswith((ZIP_MARK, book.OLD_OR_LOCKED)):
        what = "is a workbook with the ending of a text file"
        raise refusal(name, what, "CSV text", "Give it the ending .xlsx")
    save_again = SAVE_AGAIN.rstrip(".")
    if content.startswith(UTF_16_MARKS):
        raise refusal(f"{name}, row 1", "saved as UTF-16 (Unicode text)", "UTF-8", save_again)
    rows, lines = parse(name, decode(name, content)[0])
    pairs = [(line, list(row)) for line, row in zip(lines, rows, strict=True) if any(map(str.strip, row))]
    if other := separated([row for _, row in pairs]):
        at, words = other
        raise refusal(f"{name}, row {pairs[at][0]}", f"the cells are separated by {words}", "commas", save_again)
    pairs = _below_titles(pairs, expected)
    headings = pairs[0][1] if pairs else []
    for line, row in pairs:
        if len(row) != len(headings):
            expected, remedy = f"{len(headings)}, as in the headings", "A file cut short, or a stray comma"
            raise refusal(f"{name}, row {line}", f"has {len(row)} cells", expected, f"{remedy}: export it again")
    return Grid(name, pairs)


def _headings(grid: Grid, expected: ExpectedFile) -> dict[str, int]:
    """field -> place of its column. Raises BadInput for headings that are missing, repeated, unknown or personal."""
    number, first = grid.rows[0]
    given = [same_words(str(value)) if value is not None else "" for value in first]
    wanted = {same_words(heading): field for heading, field in expected.columns.items()}
    known = {*wanted, *map(same_words, expected.ignore)}
    faults = []
    for at, heading in enumerate(given):
        wrong = None if heading in known else _heading_fault(grid, at)
        faults += [fault(grid.where(number, at), *wrong)] if wrong else []
    for heading in expected.columns:
        times = given.count(same_words(heading))
        if times != 1:
            what = f'{times} columns are headed "{heading}"' if times else f'no column is headed "{heading}"'
            remedy = f"Put the headings in row {number} as {CARD} has them"
            faults.append(fault(grid.where(number), what, "each heading once, in the first row", remedy))
    if faults:
        raise BadInput("\n".join(faults))
    return {field: given.index(heading) for heading, field in wanted.items()}


def _heading_fault(grid: Grid, at: int) -> tuple[str, str, str] | None:
    """What is wrong with a heading that the card does not have, if anything: what, what was expected, the remedy."""
    heading = grid.rows[0][1][at]
    if is_blank(heading):
        if all(is_blank(values[at]) for _, values in grid.rows):
            return None
        remedy = "Clear the column, or give it the heading it should have"
        return "there are cells without a heading above them", "a heading, or nothing", remedy
    if is_personal(str(heading)):
        what, expected = "its heading is of a column about one person", "figures of the council as a whole"
        remedy = "Delete the file from the inbox, and have the column left out of the export"
        return what, f"{expected}, never of a child", remedy
    remedy = f"Remove the column, or name it in {CARD} under columns or ignore"
    return f"its heading is not in {CARD}", f"only those of {CARD}", remedy


def _workbook(name: str, content: bytes, expected: ExpectedFile) -> Grid:
    why = book.unreadable(content) if content else EMPTY
    if why in REFUSED:
        raise refusal(name, *REFUSED[why])
    formulas, stored = book.load_plain(content), book.load_plain(content, results=True)
    if formulas is None or stored is None:
        raise refusal(name, *REFUSED[book.DAMAGED])
    sheet = _sheet(name, formulas.worksheets, expected.sheet)
    _check_shape(name, sheet)
    rows = _below_titles(list(_filled_rows(name, sheet, stored[sheet.title])), expected)
    width = max((at + 1 for _, values in rows for at, value in enumerate(values) if not is_blank(value)), default=0)
    shown = sheet.title if sheet.title == expected.sheet else "1"  # its place, as a name may be a child's
    return Grid(name, [(number, values[:width]) for number, values in rows], shown)


def _sheet(name: str, sheets: list[Worksheet], wanted: str | None) -> Worksheet:
    if wanted is None and len(sheets) == 1:
        return sheets[0]
    found = next((sheet for sheet in sheets if sheet.title == wanted), None)
    if found is None:
        expected = "one sheet" if wanted is None else f"a sheet named {wanted}"
        what = f"has {len(sheets)} sheets and none is the one wanted"
        raise refusal(name, what, expected, f"Name the sheet so, or correct sheet in {CARD}")
    if found.sheet_state != "visible":
        where, remedy = f"{name}, sheet {wanted}", "Unhide it, check it and save"
        raise refusal(where, "the sheet is hidden", "one that can be seen", remedy)
    return found


def _check_shape(name: str, sheet: Worksheet) -> None:
    if sheet.max_row > book.MOST_ROWS or sheet.max_column > book.MOST_COLUMNS:
        what = f"cells reach row {sheet.max_row:,}, column {sheet.max_column:,}"
        raise refusal(name, what, A_TABLE, "Delete the rows and columns outside the table")
    merged = sorted(area.coord for area in sheet.merged_cells.ranges)
    if merged:
        expected, remedy = "one cell for each figure and heading", "Choose Unmerge Cells, fill in each and save"
        raise refusal(f"{name}, cells {merged[0]}", "cells are merged", expected, remedy)
    for group in sheet.column_dimensions.values():
        if group.min is None or not group.hidden:
            continue
        columns = sheet.iter_cols(group.min, min(group.max, sheet.max_column), values_only=True)
        if any(value is not None for column in columns for value in column):
            where, remedy = f"{name}, column {get_column_letter(group.min)}", "Unhide it, or delete it, and save"
            raise refusal(where, "the column is hidden", "a table that is seen whole", remedy)


def _filled_rows(name: str, formulas: Worksheet, stored: Worksheet) -> Iterator[tuple[int, list[object]]]:
    """Rows in which anything stands: formulas by the result that Excel stored. Raises BadInput for hidden rows."""
    for cells, results in zip(formulas.iter_rows(), stored.iter_rows(), strict=True):
        values = [_result(name, cell, result) for cell, result in zip(cells, results, strict=True)]
        if all(map(is_blank, values)):
            continue
        number = cells[0].row
        if formulas.row_dimensions[number].hidden:
            remedy = "Clear the filter, or unhide the row or delete it, and save"
            raise refusal(f"{name}, row {number}", "the row is hidden", "a table that is seen whole", remedy)
        yield number, values


def _result(name: str, cell, result) -> object:
    """A cell's value; of a formula, the result stored with it."""
    where = f"{name}, cell {cell.coordinate}"
    if ERROR in (cell.data_type, result.data_type):
        raise refusal(where, "holds a spreadsheet's error", "a figure", MEND)
    if cell.data_type == FORMULA and result.value is None:
        remedy = "Open the workbook in Excel and save it, or paste the values"
        raise refusal(where, "holds a formula whose result was not saved", "a figure", remedy)
    return result.value
