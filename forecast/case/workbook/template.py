"""Write the assumptions of one case as a workbook to fill in: the sheets of the layout, limited, locked and explained.

Excel itself holds a person to limits and lists while typing. Reading back checks everything again.
"""

from datetime import UTC, date, datetime
from io import BytesIO
from math import ceil
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name, xl_range_abs
from xlsxwriter.worksheet import Worksheet

from forecast.case import Assumptions
from forecast.case.catalogue import Catalogue
from forecast.case.documents import Case
from forecast.case.errors import BadInput
from forecast.case.layers import CENTRAL
from forecast.case.months import month_in_words
from forecast.case.workbook import cells
from forecast.case.workbook.cells import (
    ASSUMPTIONS,
    CASE,
    CHANGES,
    SCENARIOS,
    TABLES,
    Column,
    Table,
    case_column,
    unheld,
)

OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
MADE = datetime(2000, 1, 1, tzinfo=UTC)  # fixed, so that the same assumptions give the same bytes
GUIDE = Path(__file__).with_name("read_me.txt")
READ_ME_WIDTH = 110  # characters
PAPER_A4 = 9
FILLED = 0.85  # share of a line that words fill, as they are not cut
LINE, SPACE, MOST_HEIGHT = 15, 15, 409  # points: a line of text, the space above a heading, what Excel allows
TOP = cells.FIRST_ROW - 1  # XlsxWriter counts rows from 0
FIRST_DAY = date(1900, 3, 1)  # Excel counts a 29 February 1900 that never was; earlier days are written as text
LAST_DAY = date(9999, 12, 31)
MOST_MESSAGE = 255  # characters; Excel holds no more in a message
REMARK = {"width": 320, "height": 110, "author": ""}  # points
ANSWERS = {meant: word for word, meant in cells.YES_NO.items()}
INPUT_FILL, LOCKED_FILL, HEADER_FILL = "#FFF2CC", "#F2F2F2", "#1F3864"
CELL = {"valign": "top", "text_wrap": True, "border": 1, "border_color": "#BFBFBF"}
ALLOWED = {name: True for name in ("format_cells", "format_columns", "format_rows", "sort", "autofilter")}
NUMBER_FORMATS = {"number": "General", "whole": "General", "date": "yyyy-mm-dd"}  # others stay as typed: 2011-12
REMEDY = "Check the period and the unit of the figure."
RULES = {  # what Excel asks of a kind of cell
    "whole": {"validate": "integer", "criteria": ">=", "value": 0},
    "year": {"validate": "length", "criteria": "==", "value": len("2011-12")},
    "date": {"validate": "date", "criteria": "between", "minimum": FIRST_DAY, "maximum": LAST_DAY},
}
MESSAGES = {
    "whole": ("Not a whole number", "Expected a whole number such as 2: its place in lists."),
    "year": (
        "Not a financial year",
        "Expected a financial year. Write April 2011 to March 2012 as 2011-12, or leave the cell empty.",
    ),
    "date": ("Not a date", "Expected a date, such as 22/11/2026 or 2026-11-22."),
}
BETWEEN = {"validate": "decimal", "criteria": "between", "error_title": "Outside the limits"}
NOT_LISTED = {"error_title": "Not in the list", "error_message": "Choose one from the list of this cell."}
Rows = list[dict[str, object]]  # field -> content, a row each


class Exact(float):
    """A number that is written with every digit; XlsxWriter alone would round the seventeenth away."""

    def __format__(self, spec: str) -> str:
        return repr(float(self))


class LockedWorkbook(xlsxwriter.Workbook):
    """A workbook whose sheets are not moved, renamed or deleted by accident; no password."""

    def _write_workbook_pr(self) -> None:
        super()._write_workbook_pr()
        self._xml_empty_tag("workbookProtection", [("lockStructure", 1)])


def write_template(path: Path, scenarios: dict[str, Assumptions]) -> None:
    """Write a workbook with the assumptions of one council and month, slug -> assumptions of each scenario.

    Raises BadInput where the central scenario is missing, the scenarios are not of one case, a text does not fit
    a cell, or the file cannot be written.
    """
    path, content = Path(path), BytesIO()
    if path.suffix.lower() != ".xlsx":
        raise BadInput(f"{path.name}: expected a name that ends in .xlsx. Rename it")
    if CENTRAL not in scenarios:
        raise BadInput(f"there is no scenario {CENTRAL}, from which the others differ. Load it too")
    base = scenarios[CENTRAL]
    unlike = [slug for slug, chosen in scenarios.items() if (chosen.case, chosen.central) != (base.case, base.central)]
    if unlike:
        raise BadInput(f"scenario {unlike[0]} is of another council or month than {CENTRAL}. Load both from one case")
    with LockedWorkbook(content, OPTIONS) as book:
        book.set_properties({"title": base.case.title, "author": "forecast", "created": MADE})
        formats = _formats(book)
        _write_guide(_add_sheet(book, cells.READ_ME), base.case, formats)
        rows = _rows(scenarios)
        for name, table in TABLES.items():
            sheet = _add_sheet(book, name)
            _write_table(sheet, table, rows[name], formats)
            _limit(sheet, table, rows, base.catalogue)
    try:
        path.write_bytes(content.getvalue())
    except OSError:
        raise BadInput(f"{path.name}: cannot be written. Close it in Excel, and check that its folder exists") from None


def _rows(scenarios: dict[str, Assumptions]) -> dict[str, Rows]:
    """What the rows of each sheet hold."""
    base = scenarios[CENTRAL]
    items = base.catalogue.items
    case = {field: content for field, content in base.case if field != "tables" and content is not None}
    for role, names in base.case.tables.items():  # a list of one keeps its separator, so that it is read back as a list
        listed = f"{cells.SEPARATOR} ".join(names) + cells.SEPARATOR * (len(names) == 1)
        case[f"{cells.TABLES_PREFIX}{role}"] = names if isinstance(names, str) else listed
    changes = [(slug, *change) for slug, chosen in scenarios.items() for change in chosen.scenario.changes.items()]
    return {
        CASE.name: [
            {"field": field, "description": case_column(field).words, "value": content}
            for field, content in case.items()
        ],
        ASSUMPTIONS.name: [
            {
                **dict(entry),
                "section": key.split(".")[0].replace("_", " ").capitalize(),
                "key": key,
                "description": items[key].description,
                "unit_words": base.catalogue.item_and_unit(key)[1].description,
                "minimum": items[key].minimum,
                "maximum": items[key].maximum,
                "hindsight": ANSWERS[entry.hindsight],
            }
            for key, entry in base.central.items()
        ],
        SCENARIOS.name: [dict(chosen.scenario) for chosen in scenarios.values()],
        CHANGES.name: [
            {**dict(change), "scenario": slug, "key": key, "description": items[key].description}
            for slug, key, change in changes
        ],
    }


def _formats(book: xlsxwriter.Workbook) -> dict[str, Format]:
    """The formats by the kind of a cell, with the word locked before those that are."""
    formats = {
        "header": book.add_format({**CELL, "bold": True, "font_color": "white", "bg_color": HEADER_FILL}),
        "#": book.add_format({"bold": True, "font_size": 14, "valign": "bottom"}),
        "": book.add_format({"text_wrap": True, "valign": "top"}),
        "[yours]": book.add_format({**CELL, "bg_color": INPUT_FILL}),
        "[locked]": book.add_format({**CELL, "bg_color": LOCKED_FILL}),
        "locked note": book.add_format({**CELL, "bg_color": LOCKED_FILL}),
    }
    for kind in ("text", "number", "whole", "date", "year", "yes_no"):
        shape = {**CELL, "num_format": NUMBER_FORMATS.get(kind, "@")}
        formats[kind] = book.add_format({**shape, "bg_color": INPUT_FILL, "locked": False})
        formats[f"locked {kind}"] = book.add_format({**shape, "bg_color": LOCKED_FILL})
    return formats


def _add_sheet(book: xlsxwriter.Workbook, name: str) -> Worksheet:
    sheet = book.add_worksheet(name)
    sheet.set_landscape()
    sheet.set_paper(PAPER_A4)
    sheet.fit_to_pages(1, 0)
    sheet.protect("", ALLOWED)
    return sheet


def _write_guide(sheet: Worksheet, case: Case, formats: dict[str, Format]) -> None:
    """The paragraphs of read_me.txt, each styled by the mark it begins with: # a heading, [yours], [locked]."""
    sheet.set_column(0, 0, READ_ME_WIDTH)
    sheet.hide_gridlines(2)
    words = {"area": case.area, "month": month_in_words(case.month), "title": case.title}
    words |= {"prefix": cells.TABLES_PREFIX, "separator": cells.SEPARATOR}
    for row, paragraph in enumerate(GUIDE.read_text(encoding="utf-8").strip().split("\n\n")):
        text = paragraph.replace("\n", " ")
        mark = next((mark for mark in ("#", "[yours]", "[locked]") if text.startswith(mark)), "")
        text = text.removeprefix(f"{mark} " if mark else "").format(**words)
        sheet.write_string(row, 0, text, formats[mark])
        sheet.set_row(row, _height([text], [READ_ME_WIDTH]) + SPACE * (mark == "#"))


def _write_table(sheet: Worksheet, table: Table, rows: Rows, formats: dict[str, Format]) -> None:
    """The headers, the rows and the empty rows of a table."""
    widths = [column.width for column in table.columns]
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, column.width)
        sheet.write_string(0, place, column.header, formats["header"])
    sheet.set_row(0, _height([column.header for column in table.columns], widths))
    sheet.freeze_panes(1, table.place("key") + 1 if table is ASSUMPTIONS else 0)
    sheet.repeat_rows(0)
    for number, row in enumerate(rows, TOP):
        for place, column in enumerate(table.columns):
            _write_cell(sheet, number, place, column, row[column.field], formats)
        sheet.set_row(number, _height([row[column.field] for column in table.columns], widths))
    last = len(rows) + table.spare_rows
    for number in range(len(rows) + TOP, last + TOP):
        for place, column in enumerate(table.columns):
            _write_cell(sheet, number, place, column._replace(editable=column.kind != "note"), None, formats)
    sheet.autofilter(0, 0, last, len(widths) - 1)


def _height(contents: list[object], widths: list[int]) -> int:
    """The height of a row in points, so that no text is cut: LibreOffice does not find it by itself."""
    lines = [
        sum(max(1, ceil(len(line) / (width * FILLED))) for line in str(content).split("\n"))
        for content, width in zip(contents, widths, strict=True)
    ]
    return min(LINE * max(lines), MOST_HEIGHT)


def _write_cell(sheet: Worksheet, row: int, place: int, column: Column, content: object, formats: dict) -> None:
    kind = "date" if isinstance(content, date) else column.kind
    style = formats[kind if column.editable else f"locked {kind}"]
    if isinstance(content, date) and content < FIRST_DAY:
        content = str(content)
    if isinstance(content, str) and (fault := unheld(content)):
        raise BadInput(f'sheet {sheet.name}, column {column.header}: the text "{content[:40]}" {fault}')
    sheet.write(row, place, Exact(content) if isinstance(content, int | float) else content, style)


def _limit(sheet: Worksheet, table: Table, rows: dict[str, Rows], catalogue: Catalogue) -> None:
    """What Excel holds a person to: the limits of each number, with a remark, the lists and dates of the columns."""
    for row, key in enumerate([content["key"] for content in rows[table.name] if "key" in content], TOP):
        item, unit = catalogue.item_and_unit(key)
        limits = f"{item.minimum:,.10g} to {item.maximum:,.10g}"
        text = f"{item.description}.\nUnit: {unit.description} ({item.unit}).\nAllowed: {limits}."
        sheet.write_comment(row, table.place("value"), text, REMARK)
        if table is ASSUMPTIONS:
            message = f"{item.description}: expected a number from {limits} ({unit.description}). {REMEDY}"
            rule = BETWEEN | {"minimum": item.minimum, "maximum": item.maximum, "error_message": message[:MOST_MESSAGE]}
            sheet.data_validation(row, table.place("value"), row, table.place("high"), rule)
    last = len(rows[table.name]) + table.spare_rows
    for place, column in enumerate(table.columns):
        rule = _rule(table, column, rows)
        if rule and table is not CASE:
            sheet.data_validation(TOP, place, TOP + last - 1, place, rule)


def _rule(table: Table, column: Column, rows: dict[str, Rows]) -> dict | None:
    """The rule of a whole column, with its message; None where it has none."""
    if column.choices:
        source = list(column.choices)
        if isinstance(column.choices, str):
            name, field = column.choices.split(".")
            source = f"={_range(TABLES[name], field, rows)}"
        return {"validate": "list", "source": source} | NOT_LISTED
    if table is CHANGES and column.kind == "number":
        own, keys = f"${xl_col_to_name(table.place('key'))}{cells.FIRST_ROW}", _range(ASSUMPTIONS, "key", rows)
        look = "Look at the lowest and highest allowed for this key on the sheet Assumptions."
        rule = BETWEEN | {"error_message": f"Expected a number between the limits of the key. {look} {REMEDY}"}
        for end in ("minimum", "maximum"):  # a formula that finds a limit of the key on the same row
            rule[end] = f"=INDEX({_range(ASSUMPTIONS, end, rows)},MATCH({own},{keys},0))"
        return rule
    if column.kind not in RULES:
        return None
    title, message = MESSAGES[column.kind]
    return RULES[column.kind] | {"error_title": title, "error_message": message}


def _range(table: Table, field: str, rows: dict[str, Rows]) -> str:
    place = table.place(field)
    return f"{table.name}!{xl_range_abs(TOP, place, TOP + len(rows[table.name]) + table.spare_rows - 1, place)}"
