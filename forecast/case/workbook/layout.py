"""The sheets of the workbook and their columns: one description for the writer and the reader."""

from pathlib import Path
from typing import Literal, NamedTuple

from ruamel.yaml import YAML

from forecast.case.documents import Case, Change, Scenario, WrittenEntry

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
    described = YAML(typ="safe").load(Path(__file__).with_name("layout.yaml"))
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
