"""Write the workbook: every assumption in force, the scenarios, and empty rows for more."""

from datetime import UTC, date, datetime
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import NamedTuple

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from forecast.case import Assumptions
from forecast.case.documents import Case
from forecast.case.errors import BadInput
from forecast.case.layers import CENTRAL
from forecast.case.workbook import guide
from forecast.case.workbook.cells import unheld
from forecast.case.workbook.layout import (
    ASSUMPTIONS,
    CASE,
    CHANGES,
    NAMES_SEPARATOR,
    READ_ME,
    SCENARIOS,
    TABLES_PREFIX,
    YES_NO,
    Table,
    case_column,
)
from forecast.case.workbook.limits import FIRST_DAY, TOP, limit_assumptions, limit_changes, limit_scenarios, remark

OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
MADE = datetime(2000, 1, 1, tzinfo=UTC)  # fixed, so that the same assumptions give the same bytes
READ_ME_WIDTH = 110  # characters
PAPER_A4 = 9
FILLED = 0.85  # share of a line that words fill, as they are not cut
LINE, SPACE, MOST_HEIGHT = 15, 15, 409  # points: a line of text, the space above a heading, what Excel allows
SAID = {meant: said for said, meant in YES_NO.items()}
INPUT_FILL, LOCKED_FILL, HEADER_FILL = "#FFF2CC", "#F2F2F2", "#1F3864"
CELL = {"valign": "top", "text_wrap": True, "border": 1, "border_color": "#BFBFBF"}
ALLOWED = {name: True for name in ("format_cells", "format_columns", "format_rows", "sort", "autofilter")}
NUMBER_FORMATS = {"text": "@", "date": "yyyy-mm-dd", "yes_no": "@"}  # text stays as typed: 2011-12 is no December


class Exact(float):
    """A number that is written with every digit; XlsxWriter alone would round the seventeenth away."""

    def __format__(self, spec: str) -> str:
        return repr(float(self))


class LockedWorkbook(xlsxwriter.Workbook):
    """A workbook whose sheets are not moved, renamed or deleted by accident; no password."""

    def _write_workbook_pr(self) -> None:
        super()._write_workbook_pr()
        self._xml_empty_tag("workbookProtection", [("lockStructure", 1)])


class Pen(NamedTuple):
    """A sheet being written, its table and the formats of the workbook."""

    sheet: Worksheet
    table: Table
    formats: dict[str, Format]


def write_template(path: Path, scenarios: dict[str, Assumptions]) -> None:
    """Write a workbook with the assumptions of one council and month, slug -> assumptions of each scenario.

    Raises BadInput where the central scenario is missing, the scenarios are not of one case, a text does not fit
    a cell, or the file cannot be written.
    """
    path = Path(path)
    _refuse(path, scenarios)
    content = BytesIO()
    with LockedWorkbook(content, OPTIONS) as book:
        _write_sheets(book, scenarios)
    try:
        path.write_bytes(content.getvalue())
    except OSError:
        raise BadInput(f"{path.name}: cannot be written. Close it in Excel, and check that its folder exists") from None


def _refuse(path: Path, scenarios: dict[str, Assumptions]) -> None:
    """Refuse a name that is not a workbook's, and scenarios that are not of one case."""
    if path.suffix.lower() != ".xlsx":
        raise BadInput(f"{path.name}: expected a name that ends in .xlsx. Rename it")
    if CENTRAL not in scenarios:
        raise BadInput(f"there is no scenario {CENTRAL}, from which the others differ. Load it too")
    base = scenarios[CENTRAL]
    unlike = [slug for slug, chosen in scenarios.items() if (chosen.case, chosen.central) != (base.case, base.central)]
    if unlike:
        raise BadInput(f"scenario {unlike[0]} is of another council or month than {CENTRAL}. Load both from one case")


def _write_sheets(book: xlsxwriter.Workbook, scenarios: dict[str, Assumptions]) -> None:
    base = scenarios[CENTRAL]
    book.set_properties({"title": base.case.title, "author": "forecast", "created": MADE})
    formats = _formats(book)
    _write_guide(book.add_worksheet(READ_ME), guide.guide(base.case), formats)
    _write_case(_pen(book, CASE, formats), base.case)
    _write_assumptions(_pen(book, ASSUMPTIONS, formats), base)
    _write_scenarios(_pen(book, SCENARIOS, formats), scenarios)
    _write_changes(_pen(book, CHANGES, formats), scenarios)


def _formats(book: xlsxwriter.Workbook) -> dict[str, Format]:
    """The formats by the kind of a cell, with the word locked before those that are."""
    formats = {
        "header": book.add_format({**CELL, "bold": True, "font_color": "white", "bg_color": HEADER_FILL}),
        guide.HEADING: book.add_format({"bold": True, "font_size": 14, "valign": "bottom"}),
        guide.TEXT: book.add_format({"text_wrap": True, "valign": "top"}),
        guide.INPUT: book.add_format({**CELL, "bg_color": INPUT_FILL}),
        guide.LOCKED: book.add_format({**CELL, "bg_color": LOCKED_FILL}),
        "locked note": book.add_format({**CELL, "bg_color": LOCKED_FILL}),
    }
    for kind in ("text", "number", "whole", "date", "yes_no"):
        shape = {**CELL, "num_format": NUMBER_FORMATS.get(kind, "General")}
        formats[kind] = book.add_format({**shape, "bg_color": INPUT_FILL, "locked": False})
        formats[f"locked {kind}"] = book.add_format({**shape, "bg_color": LOCKED_FILL})
    return formats


def _write_guide(sheet: Worksheet, lines: list[tuple[str, str]], formats: dict[str, Format]) -> None:
    sheet.set_column(0, 0, READ_ME_WIDTH)
    sheet.hide_gridlines(2)
    _set_page(sheet)
    sheet.protect("", ALLOWED)
    for row, (style, text) in enumerate(lines):
        sheet.write_string(row, 0, text, formats[style])
        sheet.set_row(row, _height([text], [READ_ME_WIDTH]) + SPACE * (style == guide.HEADING))


def _pen(book: xlsxwriter.Workbook, table: Table, formats: dict[str, Format]) -> Pen:
    """A new sheet with its headers, its columns' widths, its print set-up and its protection."""
    sheet = book.add_worksheet(table.name)
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, column.width)
        sheet.write_string(0, place, column.header, formats["header"])
    sheet.set_row(0, _height([column.header for column in table.columns], [column.width for column in table.columns]))
    sheet.freeze_panes(1, table.place("key") + 1 if table is ASSUMPTIONS else 0)
    sheet.repeat_rows(0)
    _set_page(sheet)
    sheet.protect("", ALLOWED)
    return Pen(sheet, table, formats)


def _set_page(sheet: Worksheet) -> None:
    sheet.set_landscape()
    sheet.set_paper(PAPER_A4)
    sheet.fit_to_pages(1, 0)


def _write_rows(pen: Pen, rows: list[dict]) -> None:
    """The rows of a table, each a dict of field -> content, then the empty rows."""
    for number, row in enumerate(rows, TOP):
        for place, column in enumerate(pen.table.columns):
            _write_cell(pen, number, place, row[column.field], column.editable)
        contents = [row[column.field] for column in pen.table.columns]
        pen.sheet.set_row(number, _height(contents, [column.width for column in pen.table.columns]))
    last = len(rows) + pen.table.spare_rows
    for number in range(len(rows) + TOP, last + TOP):
        for place, column in enumerate(pen.table.columns):
            _write_cell(pen, number, place, None, column.kind != "note")
    pen.sheet.autofilter(0, 0, last, len(pen.table.columns) - 1)


def _height(contents: list[object], widths: list[int]) -> int:
    """The height of a row in points, so that no text is cut: LibreOffice does not find it by itself."""
    lines = [
        sum(max(1, ceil(len(line) / (width * FILLED))) for line in str(content).split("\n"))
        for content, width in zip(contents, widths, strict=True)
    ]
    return min(LINE * max(lines), MOST_HEIGHT)


def _write_cell(pen: Pen, row: int, place: int, content: object, editable: bool) -> None:
    kind = "date" if isinstance(content, date) else pen.table.columns[place].kind
    style = pen.formats[kind if editable else f"locked {kind}"]
    if content is None:
        pen.sheet.write_blank(row, place, None, style)
    elif isinstance(content, date) and content >= FIRST_DAY:
        pen.sheet.write_datetime(row, place, content, style)
    elif isinstance(content, int | float):
        pen.sheet.write_number(row, place, Exact(content), style)
    else:
        _write_text(pen, row, place, str(content), style)


def _write_text(pen: Pen, row: int, place: int, text: str, style: Format) -> None:
    fault = unheld(text)
    if fault:
        column = pen.table.columns[place].header
        raise BadInput(f'sheet {pen.table.name}, column {column}: the text "{text[:40]}" {fault}')
    pen.sheet.write_string(row, place, text, style)


def _write_case(pen: Pen, case: Case) -> None:
    fields = {field: content for field, content in case if field != "tables" and content is not None}
    fields |= {f"{TABLES_PREFIX}{role}": _names(names) for role, names in case.tables.items()}
    _write_rows(pen, [_case_row(field, content) for field, content in fields.items()])


def _case_row(field: str, content: object) -> dict:
    return {"field": field, "description": case_column(field).words, "value": content}


def _names(names: str | list[str]) -> str:
    """The names of tables in one cell; a list of one keeps its separator, so that it is read back as a list."""
    if isinstance(names, str):
        return names
    return names[0] + NAMES_SEPARATOR if len(names) == 1 else f"{NAMES_SEPARATOR} ".join(names)


def _write_assumptions(pen: Pen, base: Assumptions) -> None:
    _write_rows(pen, [_assumption(base, key) for key in base.central])
    for row, key in enumerate(base.central, TOP):
        remark(pen.sheet, row, ASSUMPTIONS.place("value"), *base.catalogue.item_and_unit(key))
    limit_assumptions(pen.sheet, base)


def _assumption(base: Assumptions, key: str) -> dict:
    entry, (item, unit) = base.central[key], base.catalogue.item_and_unit(key)
    return {
        **dict(entry),
        "section": key.split(".")[0].replace("_", " ").capitalize(),
        "key": key,
        "description": item.description,
        "unit_words": unit.description,
        "minimum": item.minimum,
        "maximum": item.maximum,
        "hindsight": SAID[entry.hindsight],
    }


def _write_scenarios(pen: Pen, scenarios: dict[str, Assumptions]) -> None:
    _write_rows(pen, [dict(chosen.scenario) for chosen in scenarios.values()])
    limit_scenarios(pen.sheet, len(scenarios) + SCENARIOS.spare_rows)


def _write_changes(pen: Pen, scenarios: dict[str, Assumptions]) -> None:
    catalogue = scenarios[CENTRAL].catalogue
    changes = [
        {**dict(change), "scenario": slug, "key": key, "description": catalogue.items[key].description}
        for slug, chosen in scenarios.items()
        for key, change in chosen.scenario.changes.items()
    ]
    _write_rows(pen, changes)
    for row, change in enumerate(changes, TOP):
        remark(pen.sheet, row, CHANGES.place("value"), *catalogue.item_and_unit(change["key"]))
    limit_changes(pen.sheet, len(changes) + CHANGES.spare_rows, catalogue, len(scenarios) + SCENARIOS.spare_rows)
