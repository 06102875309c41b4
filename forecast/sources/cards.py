"""Source cards: where a table comes from, what it must contain, and how long it may be used."""

import hashlib
from pathlib import Path

from pydantic import Field

from forecast.case.documents import Day, Strict, Text
from forecast.case.errors import BadInput
from forecast.case.wording import read_as, refuse

SHA256 = "^[0-9a-f]{64}$"


class ControlTotal(Strict):
    """A column's sum over the rows that match `where` must equal a figure known from elsewhere."""

    column: str = Field(description="the column that is added up")
    where: dict[str, str] = Field(description="the rows that count, column: content; {} for all")
    equals: float = Field(description="what the column adds up to")
    why: Text = Field(description="where that figure is known from")


class Card(Strict):
    """What a table is, who published it and when, and what must hold of it."""

    table: str = Field(description="the name of the table, that of its file without .csv")
    title: Text = Field(description="the title it was published under")
    publisher: Text = Field(description="who published it")
    link: Text = Field(description="where it was published")
    published: Day = Field(description="the day it was published")
    retrieved: Day = Field(description="the day it was fetched")
    licence: Text = Field(description="the terms it may be used under")
    period: Text = Field(description="the years or days it is about")
    units: Text = Field(description="what its figures count")
    symbols: dict[str, str] = Field(description="what stands for a figure that is not given, each with its meaning")
    columns: list[str] = Field(description="the headings, in order")
    rows: int = Field(gt=0, description="how many rows, without the headings, 1 or more")
    sha256: str = Field(pattern=SHA256, description="the SHA-256 of the file, 64 digits and letters a to f")
    key: list[str] = Field(description="the columns that tell one row from another")
    numbers: list[str] = Field(description="the columns that hold figures")
    control_totals: list[ControlTotal] = Field(min_length=1, description="sums known from elsewhere, 1 or more")
    known_from: Day = Field(description="the day from which anybody could know it")
    hindsight: bool = Field(description="true if it may be used for months before it was known")
    hindsight_reason: str = Field(description="why it may be")
    expires: Day = Field(description="the last day for which no newer edition is to be expected")
    notes: str = Field(description="whatever else a user should know")
    la_code: Text | None = Field(None, description="the three-digit code of the council it is about, such as 871")


def card_path(table: Path) -> Path:
    """The card beside a table: NAME.card.yaml for NAME.csv."""
    return table.with_name(f"{table.stem}.card.yaml")


def read_card(table: Path) -> Card:
    """The card of a table. Raises BadInput, naming file and field, if it is missing or does not hold together."""
    path = card_path(table)
    if not path.is_file():
        raise BadInput(f"{path.name} is missing: every table needs a source card. Restore it beside {table.name}.")
    card, doc = read_as(Card, path, path.parent)
    refuse(doc, (), _faults(card, table.stem))
    return card


def _faults(card: Card, table: str):
    if card.published > card.retrieved:
        yield "published", f"is {card.published}, after retrieved {card.retrieved}. Nothing is fetched before it is out"
    if card.expires < card.known_from:
        yield "expires", f"is {card.expires}, before known_from {card.known_from}. Give the later day"
    if card.table != table:
        yield "table", f"is {card.table!r}, expected {table!r}. Each card describes the file beside it"
    totals = [column for total in card.control_totals for column in (total.column, *total.where)]
    for part, names in (("key", card.key), ("numbers", card.numbers), ("control_totals", totals)):
        if unknown := [name for name in names if name not in card.columns]:
            yield part, f"name {', '.join(dict.fromkeys(unknown))}, which columns does not have. Write it as there"
    if card.hindsight and not card.hindsight_reason:
        yield "hindsight_reason", "is empty, and hindsight is true. Say why a later figure may be used"


def fingerprint(content: bytes) -> str:
    """SHA-256 of a file's bytes."""
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    import sys

    for name in sys.argv[1:]:
        content = Path(name).read_bytes()
        print(f"{name}\n  rows: {content.decode('utf-8').count(chr(10)) - 1}\n  sha256: {fingerprint(content)}")
