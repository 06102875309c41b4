"""What Excel itself holds a person to while typing: limits, lists and remarks. Reading back checks everything again."""

from datetime import date

from xlsxwriter.utility import xl_col_to_name, xl_range_abs
from xlsxwriter.worksheet import Worksheet

from forecast.case import Assumptions
from forecast.case.catalogue import Catalogue, Item, Unit
from forecast.case.workbook.layout import ASSUMPTIONS, CHANGES, FIRST_ROW, SCENARIOS, YES_NO, Table

MOST_MESSAGE = 255  # characters; Excel holds no more in a message
FIRST_DAY = date(1900, 3, 1)  # Excel counts a 29 February 1900 that never was; earlier days are written as text
LAST_DAY = date(9999, 12, 31)
YEAR_LENGTH = len("2011-12")
REMARK_SIZE = {"width": 320, "height": 110}  # points
REMEDY = "Check the period and the unit of the figure."
LOOK = "Look at the lowest and highest allowed for this key on the sheet Assumptions."
TOP = FIRST_ROW - 1  # XlsxWriter counts rows from 0


def remark(sheet: Worksheet, row: int, place: int, item: Item, unit: Unit) -> None:
    """A comment on a value: what it is, its unit, its limits."""
    text = f"{item.description}.\nUnit: {unit.description} ({item.unit}).\nAllowed: {_limits(item)}."
    sheet.write_comment(row, place, text, {**REMARK_SIZE, "author": ""})


def limit_assumptions(sheet: Worksheet, base: Assumptions) -> None:
    """Limits of each row's numbers, and the lists and dates of the columns."""
    first, last = ASSUMPTIONS.place("value"), ASSUMPTIONS.place("high")
    for row, key in enumerate(base.central, TOP):
        item, unit = base.catalogue.item_and_unit(key)
        said = f"{item.description}: expected a number from {_limits(item)} ({unit.description}). {REMEDY}"
        rule = {"validate": "decimal", "criteria": "between", "minimum": item.minimum, "maximum": item.maximum}
        sheet.data_validation(row, first, row, last, rule | _message("Outside the limits", said))
    rows = len(base.central)
    _limit(sheet, ASSUMPTIONS, "reliability", rows, _list(["red", "amber", "green"]))
    _limit(sheet, ASSUMPTIONS, "hindsight", rows, _list(list(YES_NO)))
    _limit(sheet, ASSUMPTIONS, "price_base", rows, _year())
    for field in ("reviewed", "review_by"):
        _limit(sheet, ASSUMPTIONS, field, rows, _date())


def limit_scenarios(sheet: Worksheet, rows: int) -> None:
    """The order of a scenario is a whole number."""
    said = "Expected a whole number such as 2: its place in lists."
    rule = {"validate": "integer", "criteria": ">=", "value": 0}
    _limit(sheet, SCENARIOS, "order", rows, rule | _message("Not a whole number", said))


def limit_changes(sheet: Worksheet, rows: int, catalogue: Catalogue, scenarios: int) -> None:
    """Lists of scenarios and keys, and the limits of whichever key a row names."""
    keys = len(catalogue.items)
    _limit(sheet, CHANGES, "scenario", rows, _list(_range(SCENARIOS, "slug", scenarios)))
    _limit(sheet, CHANGES, "key", rows, _list(_range(ASSUMPTIONS, "key", keys)))
    rule = {"validate": "decimal", "criteria": "between"}
    rule |= {end: _of_the_key(end, keys) for end in ("minimum", "maximum")}
    rule |= _message("Outside the limits", f"Expected a number between the limits of the key. {LOOK} {REMEDY}")
    for field in ("value", "low", "high"):
        _limit(sheet, CHANGES, field, rows, rule)


def _limit(sheet: Worksheet, table: Table, field: str, rows: int, rule: dict) -> None:
    place = table.place(field)
    sheet.data_validation(TOP, place, TOP + rows - 1, place, rule)


def _limits(item: Item) -> str:
    return f"{item.minimum:,.10g} to {item.maximum:,.10g}"


def _message(title: str, said: str) -> dict:
    return {"error_title": title, "error_message": said[:MOST_MESSAGE]}


def _list(source: list[str] | str) -> dict:
    return {"validate": "list", "source": source} | _message(
        "Not in the list", "Choose one from the list of this cell."
    )


def _year() -> dict:
    said = "Expected a financial year. Write April 2011 to March 2012 as 2011-12, or leave the cell empty."
    return {"validate": "length", "criteria": "==", "value": YEAR_LENGTH} | _message("Not a financial year", said)


def _date() -> dict:
    rule = {"validate": "date", "criteria": "between", "minimum": FIRST_DAY, "maximum": LAST_DAY}
    return rule | _message("Not a date", "Expected a date, such as 22/11/2026 or 2026-11-22.")


def _range(table: Table, field: str, rows: int) -> str:
    place = table.place(field)
    return f"={table.name}!{xl_range_abs(TOP, place, TOP + rows - 1, place)}"


def _of_the_key(end: str, keys: int) -> str:
    """A formula that finds a limit of the key on the same row of the sheet Changes."""
    own = f"${xl_col_to_name(CHANGES.place('key'))}{FIRST_ROW}"
    names, ends = (_range(ASSUMPTIONS, field, keys)[1:] for field in ("key", end))
    return f"=INDEX({ends},MATCH({own},{names},0))"
