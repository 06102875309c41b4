"""What one cell holds, read strictly: nothing is converted that a person did not mean."""

import re
from datetime import date, datetime, time, timedelta
from typing import Literal, NamedTuple

from openpyxl.cell.cell import Cell

from forecast.case.documents import Case, Change, Scenario, WrittenEntry
from forecast.case.errors import BadInput
from forecast.case.home import beside
from forecast.case.reader import hidden_name, is_hidden
from forecast.case.wording import nearest, read_each

Kind = Literal["text", "number", "whole", "date", "year", "yes_no", "note"]

READ_ME = "Read me"
FIRST_ROW = 2  # the headers stand in row 1
TABLES_PREFIX = "tables."
SEPARATOR = ";"  # a table's names are a list where this stands in the cell
YES_NO = {"yes": True, "no": False}
MOST_TEXT = 32_767  # characters; Excel holds no more in a cell


class Column(NamedTuple):
    """A column: its header, the field it holds, how a cell of it is read, its width in characters.

    A note is for the reader of the sheet and is never read back. `choices` are the words Excel offers, or the sheet
    and field whose contents it offers.
    """

    header: str
    field: str
    kind: Kind
    width: int
    words: str = ""
    required: bool = True
    editable: bool = True
    choices: tuple[str, ...] | str = ()


class Table(NamedTuple):
    """A sheet that is one table, and how many empty rows wait below it for additions."""

    name: str
    columns: tuple[Column, ...]
    spare_rows: int = 0

    @property
    def read(self) -> list[Column]:
        """The columns that are read back."""
        return [column for column in self.columns if column.kind != "note"]

    def place(self, field: str) -> int:
        """The place of a field's column, counted from 0."""
        return [column.field for column in self.columns].index(field)


MODELS = {"entry": WrittenEntry, "scenario": Scenario, "change": Change}


def _column(header: str, field: str, kind: Kind, width: int, like: str = "", **more) -> Column:
    """A column; its words, and whether it may be left empty, are those of the field of a document that it is like."""
    if kind == "note":
        more |= {"required": False, "editable": False}
    if like:
        known = MODELS[like].model_fields[field]
        more = {"words": known.description, "required": known.is_required()} | more
    if isinstance(more.get("choices"), list):
        more["choices"] = tuple(more["choices"])
    return Column(header, field, kind, width, **more)


def _tables() -> dict[str, Table]:
    """The sheets as layout.yaml describes them."""
    described = beside(__file__, "layout")
    return {
        name: Table(name, tuple(_column(**column) for column in sheet["columns"]), sheet.get("spare_rows", 0))
        for name, sheet in described.items()
    }


TABLES = _tables()
CASE, ASSUMPTIONS, SCENARIOS, CHANGES = TABLES.values()


def case_column(field: str) -> Column:
    """The column Value of the sheet Case, with the kind and the words of the field on its row."""
    name = "tables" if field.startswith(TABLES_PREFIX) else field
    known, column = Case.model_fields.get(name), CASE.columns[CASE.place("value")]
    words = known.description if known else column.words
    return column._replace(kind="date" if name == "origin" else "text", words=words)


FORMULA, ERROR = "f", "e"  # openpyxl's names of what a cell holds
DAY_HINT = "Type it again as a date, such as 2026-11-22, or format the cell as a date"
TEXT_HINT = "Format the cell as Text (Home, Number) and type it again"
SPREADSHEET_RETURN = re.compile("(_x000D_|\r)\n")  # a line's end as some programs write it
ESCAPED = re.compile("_x[0-9A-Fa-f]{4}_|x005F_")  # how workbooks write characters that cannot be seen


class Row(NamedTuple):
    """A row of a table: the file's name, the row's number and the cell of each field."""

    file: str
    number: int
    cells: dict[str, Cell]

    def problem(self, field: str, sentence: str) -> BadInput:
        """The error to raise about a cell: file, sheet, cell, then the sentence."""
        return BadInput(f"{self.file}, {place(self.cells[field])}: {sentence}")

    def read(self, columns: list[Column]) -> dict[str, object]:
        """field -> content of its cell, None where it is empty. Raises BadInput with every fault of the row."""
        return {column.field: content for column, content in read_each(columns, self._read).items()}

    def _read(self, column: Column) -> object:
        try:
            return content_of(self.cells[column.field], column)
        except BadInput as fault:
            raise self.problem(column.field, f"{column.header} {fault}") from None

    def name(self, field: str) -> str | None:
        """The text of a cell that names the row, before it is checked; None where it holds anything else."""
        content = self.cells[field].value
        return content.strip() if isinstance(content, str) else None


def place(cell: Cell) -> str:
    """Where a cell is, such as: sheet Assumptions, cell H12."""
    return f"sheet {cell.parent.title}, cell {cell.coordinate}"


def is_blank(value: object) -> bool:
    """Whether a cell's value is nothing, or nothing but spaces."""
    return value is None or (isinstance(value, str) and not value.strip())


def content_of(cell: Cell, column: Column) -> object:
    """The content of a cell as its column wants it, None where it is empty. Raises BadInput without the place."""
    if cell.data_type == FORMULA:
        remedy = "Copy the cell and paste it as a value (Paste Special, Values)"
        raise BadInput(f"is a formula; expected its result. {remedy}")
    if cell.data_type == ERROR:
        raise BadInput(f"is the error {cell.value}; expected {column.words}. Type the content again")
    if not is_blank(cell.value):
        return READERS[column.kind](cell.value, column)
    if column.required:
        raise BadInput(f"is empty; expected {column.words}. Fill it in")
    return None


def unheld(text: str) -> str | None:
    """What keeps a text from a cell, or from coming back out of it unchanged; None where nothing does."""
    if len(text) > MOST_TEXT:
        return f"has {len(text):,} characters, and a cell holds {MOST_TEXT:,}. Shorten it"
    hidden = next((character for character in text if is_hidden(character)), None)
    if hidden:
        remedy = "Delete it and type the text again; pasted text often holds one"
        return f"holds {hidden_name(hidden)}, which cannot be seen. {remedy}"
    if ESCAPED.search(text):
        return f"holds {ESCAPED.search(text)[0]}, which workbooks use for characters that cannot be seen. Delete it"
    return None


def quoted(value: object) -> str:
    """What a cell holds, as a message quotes it."""
    if isinstance(value, bool):
        return f"the truth value {str(value).upper()}"
    if isinstance(value, datetime | date):
        has_time = isinstance(value, datetime) and value.time() != time()
        return f"the time {value:%Y-%m-%d %H:%M}" if has_time else f"the date {value:%Y-%m-%d}"
    if isinstance(value, time | timedelta):
        return f"the time {value}"
    return f'text "{value.strip()[:40]}"' if isinstance(value, str) else f"the number {value:,.10g}"


def _text(value: object, column: Column) -> str:
    if not isinstance(value, str):
        raise BadInput(f"is {quoted(value)}; expected text: {column.words}. {TEXT_HINT}")
    text = SPREADSHEET_RETURN.sub("\n", value).strip(" \n")
    fault = unheld(text)
    if fault:
        raise BadInput(fault)
    return text


def _number(value: object, column: Column) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(str(value))  # by way of text, as a whole number too large to be a float would stop the program
    remedy = "Type digits alone, such as 815 or 0.25, without words"
    if not isinstance(value, str):
        remedy = "Format the cell as General (Home, Number) and type the number again"
    elif value.strip().endswith("%"):
        remedy = "Type a percentage as a share: 25% is 0.25"
    elif re.fullmatch(r"[£\s-]*[0-9,]*\.?[0-9]+\s*", value):
        remedy = (
            "Format the cell as General (Home, Number) and type the digits alone, or use Convert to Number beside it"
        )
    raise BadInput(f"is {quoted(value)}; expected a number: {column.words}. {remedy}")


def _whole(value: object, column: Column) -> int:
    number = _number(value, column)
    if not number.is_integer():
        raise BadInput(f"is {quoted(value)}; expected a whole number: {column.words}. Type one such as 2")
    return int(number)


def _date(value: object, column: Column) -> date | str:
    """A date; text is let through, as the document reads it where it is written year-month-day."""
    if isinstance(value, str):
        return _text(value, column)
    if not isinstance(value, date) or (isinstance(value, datetime) and value.time() != time()):
        raise BadInput(f"is {quoted(value)}; expected a date: {column.words}. {DAY_HINT}")
    return value.date() if isinstance(value, datetime) else value


def _yes_no(value: object, column: Column) -> bool:
    text = value.strip() if isinstance(value, str) else None
    if text not in YES_NO:
        remedy = nearest(str(value).lower(), list(YES_NO))
        raise BadInput(f"is {quoted(value)}; expected yes or no: {column.words}. {remedy}")
    return YES_NO[text]


READERS = {"text": _text, "year": _text, "number": _number, "whole": _whole, "date": _date, "yes_no": _yes_no}
