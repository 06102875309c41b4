"""The sheets of the workbook and their columns: one description for the writer and the reader."""

from typing import Literal, NamedTuple

from forecast.case.documents import Case, Change, Scenario, WrittenEntry

Kind = Literal["text", "number", "whole", "date", "year", "yes_no", "note"]

READ_ME = "Read me"
FIRST_ROW = 2  # the headers stand in row 1
TABLES_PREFIX = "tables."
SEPARATOR = ";"  # a table's names are a list where this stands in the cell
YES_NO = {"yes": True, "no": False}
WHERE_SET = "national, or the council and month that set it"
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


def _note(header: str, field: str, width: int) -> Column:
    return Column(header, field, "note", width, required=False, editable=False)


def _column(header: str, field: str, kind: Kind, width: int, model, **changes) -> Column:
    """A column whose words and whether it may be left empty are those of a field of a document."""
    known = model.model_fields[field]
    return Column(header, field, kind, width, known.description, **{"required": known.is_required(), **changes})


CASE = Table(
    "Case",
    (
        Column("Field", "field", "text", 30, f"the name of a field, or {TABLES_PREFIX} and a role", editable=False),
        _note("Description", "description", 55),
        Column("Value", "value", "text", 65, "what the field holds"),
    ),
    spare_rows=5,
)
ASSUMPTIONS = Table(
    "Assumptions",
    (
        _note("Section", "section", 14),
        Column("Key", "key", "text", 32, "the key of an assumption in the catalogue", editable=False),
        _note("Description", "description", 40),
        _note("Unit in words", "unit_words", 22),
        _column("Unit", "unit", "text", 18, WrittenEntry, editable=False),
        _note("Lowest allowed", "minimum", 10),
        _note("Highest allowed", "maximum", 10),
        _column("Value", "value", "number", 12, WrittenEntry),
        _column("Low", "low", "number", 12, WrittenEntry),
        _column("High", "high", "number", 12, WrittenEntry),
        _column("Price base", "price_base", "year", 10, WrittenEntry),
        _column("Source", "source", "text", 45, WrittenEntry),
        _column("Why", "why", "text", 45, WrittenEntry),
        _column("Reliability", "reliability", "text", 11, WrittenEntry, choices=("red", "amber", "green")),
        _column("Reviewed", "reviewed", "date", 12, WrittenEntry),
        _column("Review by", "review_by", "date", 12, WrittenEntry),
        _column("Hindsight", "hindsight", "yes_no", 10, WrittenEntry, required=True, choices=tuple(YES_NO)),
        Column("Set by", "layer", "text", 16, WHERE_SET, editable=False),
    ),
)
SCENARIOS = Table(
    "Scenarios",
    (
        _column("Scenario", "slug", "text", 24, Scenario),
        _column("Name", "name", "text", 30, Scenario),
        _column("Order", "order", "whole", 8, Scenario),
        _column("Reason", "reason", "text", 90, Scenario),
    ),
    spare_rows=10,
)
CHANGES = Table(
    "Changes",
    (
        Column("Scenario", "scenario", "text", 24, "a scenario of the sheet Scenarios", choices="Scenarios.slug"),
        Column("Key", "key", "text", 34, "a key of the sheet Assumptions", choices="Assumptions.key"),
        _note("Description", "description", 45),
        _column("Value", "value", "number", 12, Change),
        _column("Low", "low", "number", 12, Change),
        _column("High", "high", "number", 12, Change),
        _column("Why", "why", "text", 60, Change),
    ),
    spare_rows=60,
)
TABLES = {table.name: table for table in (CASE, ASSUMPTIONS, SCENARIOS, CHANGES)}


def case_column(field: str) -> Column:
    """The column Value of the sheet Case, with the kind and the words of the field on its row."""
    name = "tables" if field.startswith(TABLES_PREFIX) else field
    known, column = Case.model_fields.get(name), CASE.columns[CASE.place("value")]
    words = known.description if known else column.words
    return column._replace(kind="date" if name == "origin" else "text", words=words)
