"""Sheets to the bytes of an Excel workbook: accessible, the same each time, and with no formula or link but ours."""

import io
from collections.abc import Sequence
from copy import deepcopy
from math import ceil

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from forecast.case.workbook.template import MADE, PAPER_A4, Exact
from forecast.case.workbook.template import OPTIONS as PLAIN
from forecast.report.render.files import timeless
from forecast.report.render.safe import FORMULA, LONGEST_PROPERTY, clean, short
from forecast.report.workbook.cells import NOT_HELD, Cell, Column, Formula, Link, Sheet, plain
from forecast.report.workbook.table import NOT_OK, STATUS

OPTIONS = PLAIN | {"default_format_properties": {"font_name": "Arial", "font_size": 11}}
LANGUAGE, CORE, END = "en-GB", "docProps/core.xml", b"</cp:coreProperties>"
INDENT = 1  # so that words do not touch a figure to their left
DEEPEST_FROZEN = 8  # rows: more would fill a small or magnified screen
HIDE_GRIDLINES = 2
LONGEST_CELL = 32_000  # characters; Excel takes 32,767 and would drop more
HEADER_FILL, RULE = "#E6E6E6", "#BFBFBF"
FILLED, FILLED_BOLD = 1.0, 0.9  # letters that a line holds for each digit of its width, as words are not cut
LINE, TITLE_HEIGHT, MOST_HEIGHT = 15, 24, 405  # points
MONEY = "£#,##0;-£#,##0;£0"
NUMBER_FORMATS = {
    "whole": "#,##0",
    "tenth": "#,##0.0;-#,##0.0;0.0",
    "money": MONEY,
    "signed": "+£#,##0;-£#,##0;£0",
    "pence": "£#,##0.00;-£#,##0.00;£0.00",
    "percent": "0%",
    "percent_tenth": "0.0%",
    "hundredth": "#,##0.00",
}
MOST_DECIMALS, FIGURES = 8, 4  # a figure is told in full to so many decimals if it is short, else to so many figures
DASHES = ("dash", "solid", "square_dot", "long_dash_dot")  # lines are told apart without colour
COLOURS = ("#12436D", "#12436D", "#12436D", "#801650")
CHART_WIDTH, CHART_HEIGHT, LINE_WIDTH = 960, 400, 2  # pixels; points
BACK = "Back to the contents"


class Book(Workbook):
    """A workbook that makes one format of equal looks: one a cell would take longer than the rest of the file."""

    def add_format(self, look: dict):
        formats = vars(self).setdefault("formats_by_look", {})
        key = tuple(sorted(look.items()))
        if key not in formats:
            formats[key] = super().add_format(look)
        return formats[key]


def workbook_bytes(sheets: list[Sheet], title: str, subject: str) -> bytes:
    """The file: the same sheets give the same bytes."""
    content = io.BytesIO()
    with Book(content, deepcopy(OPTIONS)) as made:  # it writes into what it is given
        said = {name: short(clean(words), LONGEST_PROPERTY) for name, words in (("title", title), ("subject", subject))}
        made.set_properties(said | {"author": "forecast", "created": MADE})
        for sheet in sheets:
            _write(made, sheet, sheets[0].name)
    # The language of the words, which XlsxWriter cannot write.
    language = f"<dc:language>{LANGUAGE}</dc:language>".encode()
    return timeless(content.getvalue(), lambda name, part: part.replace(END, language + END) if name == CORE else part)


def _write(book: Book, sheet: Sheet, cover: str) -> None:
    page = book.add_worksheet(sheet.name)
    for place, column in enumerate(sheet.columns):
        page.set_column(place, place, column.width)
    page.hide_gridlines(HIDE_GRIDLINES)
    if sheet.header_row <= DEEPEST_FROZEN:
        page.freeze_panes(sheet.header_row, sheet.frozen_columns)
    page.set_landscape()
    page.set_paper(PAPER_A4)
    page.fit_to_pages(1, 0)
    page.repeat_rows(sheet.header_row - 1)
    page.set_footer(f"&L{sheet.name}&RPage &P of &N")
    page.write_string(0, 0, text(sheet.title), book.add_format({"bold": True, "font_size": 14}))
    page.set_row(0, TITLE_HEIGHT)
    for row, sentence in enumerate(sheet.about, start=1):
        _write_cell(book, page, row, 0, sheet, sentence, {"valign": "vcenter"})
    if sheet.name != cover:
        _link(book, page, sheet.header_row - 2, 0, Link(cover), BACK)
    else:
        page.write_string(sheet.header_row - 2, 0, "Contents", book.add_format({"bold": True, "font_size": 12}))
    for number, row in enumerate(sheet.rows):
        _write_row(book, page, sheet, number, row)
    _add_table(book, page, sheet)
    if any(column.header == STATUS for column in sheet.columns):
        # A failed check in bold white on red; the word itself says it.
        place = sheet.at(STATUS)
        wrong = book.add_format({"bold": True, "font_color": "white", "bg_color": "#942514"})
        rule = {"type": "cell", "criteria": "==", "value": f'"{NOT_OK}"', "format": wrong}
        page.conditional_format(sheet.first - 1, place, sheet.last - 1, place, rule)
    if sheet.chart is not None:
        _draw(book, page, sheet, sheet.chart)
    page.set_selection(0, 0, 0, 0)


def _add_table(book: Book, page: Worksheet, sheet: Sheet) -> None:
    """Mark the cells as one named table with headings; no filter, for sorting would part rows from their totals."""
    shape = {"bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": HEADER_FILL, "bottom": 1}
    sides = {True: {"align": "left", "indent": INDENT}, False: {"align": "right"}}
    columns = [
        {"header": text(column.header), "header_format": book.add_format(shape | sides[column.kind == "text"])}
        for column in sheet.columns
    ]
    options = {
        "name": sheet.table,
        "columns": columns,
        "style": None,
        "autofilter": False,
        "title": text(sheet.title),
        "description": text(sheet.says or sheet.title),
    }
    top = sheet.header_row - 1
    if page.add_table(top, 0, top + len(sheet.rows), len(columns) - 1, options):
        raise ValueError(f"the sheet {sheet.name} cannot be marked as a table")
    page.set_row(top, _height([column.header for column in sheet.columns], sheet.columns, FILLED_BOLD))


def _write_row(book: Book, page: Worksheet, sheet: Sheet, number: int, row: tuple[Cell, ...]) -> None:
    place = sheet.header_row + number
    total = sheet.totalled and number == len(sheet.rows) - 1
    shape = {"bold": True, "top": 1, "bottom": 1} if total else {"bottom": 1, "bottom_color": RULE}
    for column, cell in enumerate(row):
        if isinstance(cell, Link):
            _link(book, page, place, column, cell, cell.sheet)
        else:
            look = {"valign": "top", **_shape(sheet.columns[column], cell), **shape}
            _write_cell(book, page, place, column, sheet, cell, look)
    page.set_row(place, _height(row, sheet.columns, FILLED))


def _shape(column: Column, cell: Cell) -> dict:
    """How a cell of a column looks: words wrap, figures stand right in the column's number format."""
    if column.kind == "text":
        return {"text_wrap": True, "indent": INDENT}
    if column.kind != "number" or isinstance(value := plain(cell), str):
        return {"align": "right", "num_format": NUMBER_FORMATS.get(column.kind, "General")}
    # With the decimals that the figure has, or the four figures of one that has many.
    whole, short = (f"{shown:.{MOST_DECIMALS}f}".rstrip("0") for shown in (value, float(f"{value:.{FIGURES}g}")))
    decimals = len((whole if len(whole.split(".")[1]) <= FIGURES else short).split(".")[1])
    return {"align": "right", "num_format": "#,##0" + (f".{'0' * decimals}" if decimals else "")}


def _write_cell(book: Book, page: Worksheet, row: int, column: int, sheet: Sheet, cell: Cell, shape: dict) -> None:
    if isinstance(cell, Formula):
        value = cell.value if isinstance(cell.value, str) else Exact(cell.value)
        page.write_formula(row, column, f"={sheet.local(cell.text, row + 1)}", book.add_format(shape), value)
    elif isinstance(cell, str):
        said = text(cell) or NOT_HELD
        quoted = {"quote_prefix": True} if said.startswith(FORMULA) else {}
        page.write_string(row, column, said, book.add_format(shape | quoted))
    else:
        page.write_number(row, column, Exact(cell), book.add_format(shape))


def text(words: str) -> str:
    """Words for a cell: no unseen characters, no more than a cell takes, never read as XML.

    XlsxWriter passes a text from <r> to </r> on as rich text, unescaped; a space after it makes it words again.
    """
    said = short(clean(words), LONGEST_CELL)
    return f"{said} " if said.startswith("<r>") and said.endswith("</r>") else said


def _link(book: Book, page: Worksheet, row: int, column: int, link: Link, words: str) -> None:
    look = book.add_format({"font_color": "#0B3E7C", "underline": 1, "valign": "top"})
    page.write_url(row, column, f"internal:'{link.sheet}'!A1", look, words)


def _height(cells: Sequence[Cell], columns: Sequence[Column], filled: float) -> float:
    """The height of a row in points, so that no words are cut: LibreOffice does not find it by itself."""
    lines = [
        ceil(len(cell if isinstance(cell, str) else "") / ((column.width - INDENT) * filled))
        for cell, column in zip(cells, columns, strict=True)
    ]
    return min(LINE * max(1, *lines) + 2, MOST_HEIGHT)


def _draw(book: Book, page: Worksheet, sheet: Sheet, chart: dict) -> None:
    """Lines over the first column, below the table, with alternative text."""
    if (lines := len(chart["headers"])) > len(DASHES):
        raise ValueError(f"the chart of {sheet.name} has {lines} lines; {len(DASHES)} can be told apart without colour")
    title, axis = (
        text(words).replace("!", "! ") for words in (chart["title"], chart["axis"])
    )  # A!1 would be read as a cell
    drawn = book.add_chart({"type": "line"})
    for header, dash, colour in zip(chart["headers"], DASHES, COLOURS, strict=False):
        place = sheet.at(header)
        drawn.add_series(
            {
                "name": [sheet.name, sheet.header_row - 1, place],
                "categories": [sheet.name, sheet.first - 1, 0, sheet.last - 1, 0],
                "values": [sheet.name, sheet.first - 1, place, sheet.last - 1, place],
                "line": {"color": colour, "width": LINE_WIDTH, "dash_type": dash},
            }
        )
    drawn.set_title({"name": title, "overlay": False})
    grid = {"visible": True, "line": {"color": RULE}}
    drawn.set_y_axis({"num_format": MONEY, "name": axis, "major_gridlines": grid})
    drawn.set_x_axis({"label_position": "low"})
    drawn.set_legend({"position": "bottom"})
    drawn.set_size({"width": CHART_WIDTH, "height": CHART_HEIGHT})
    below, look = sheet.header_row + len(sheet.rows) + 1, {"description": text(chart["alt"]), "object_position": 2}
    page.insert_chart(below, 0, drawn, look)
