"""Source cards: where a table comes from, what it must contain, and how long it may be used."""

import hashlib
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from forecast.case.errors import BadInput
from forecast.case.reader import read_document


def _day(value: object) -> date:
    if isinstance(value, date):
        return value
    return date.fromisoformat(str(value))


Day = Annotated[date, BeforeValidator(_day)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ControlTotal(_Strict):
    """A column's sum over the rows that match `where` must equal a figure known from elsewhere."""

    column: str
    where: dict[str, str]
    equals: float
    why: str = Field(min_length=1)


class Card(_Strict):
    """What a table is, who published it and when, and what must hold of it."""

    table: str
    title: str = Field(min_length=1)
    publisher: str = Field(min_length=1)
    link: str = Field(min_length=1)
    published: Day
    retrieved: Day
    licence: str = Field(min_length=1)
    period: str = Field(min_length=1)
    units: str = Field(min_length=1)
    symbols: dict[str, str]
    columns: list[str]
    rows: int = Field(gt=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    key: list[str]
    numbers: list[str]
    control_totals: list[ControlTotal] = Field(min_length=1)
    known_from: Day
    hindsight: bool
    hindsight_reason: str
    expires: Day
    notes: str


def card_path(table: Path) -> Path:
    """The card beside a table: NAME.card.yaml for NAME.csv."""
    return table.with_name(f"{table.stem}.card.yaml")


def read_card(table: Path) -> Card:
    """The card of a table. Raises BadInput, naming file and field, if it is missing or does not hold together."""
    path = card_path(table)
    if not path.is_file():
        raise BadInput(f"{path.name} is missing: every table needs a source card. Restore it beside {table.name}.")
    document = read_document(path, path.parent)
    try:
        card = Card.model_validate(document.data)
    except ValidationError as error:
        raise BadInput(_in_words(path.name, error)) from None
    if card.table != table.stem:
        raise BadInput(
            f"{path.name}: table is {card.table!r}, expected {table.stem!r}. Each card describes the file beside it."
        )
    if card.hindsight and not card.hindsight_reason:
        raise BadInput(
            f"{path.name}: hindsight is true and hindsight_reason is empty. Say why a later figure may be used."
        )
    return card


def _in_words(name: str, error: ValidationError) -> str:
    """One line a fault: field, what is wrong, what is allowed."""
    fields = ", ".join(Card.model_fields)
    lines = []
    for fault in error.errors():
        place = ".".join(str(part) for part in fault["loc"])
        hint = f" Expected fields: {fields}." if fault["type"] in ("extra_forbidden", "missing") else ""
        lines.append(f"{name}: {place}: {fault['msg'].lower()}. Correct the card.{hint}")
    return "\n".join(lines)


def fingerprint(content: bytes) -> str:
    """SHA-256 of a file's bytes."""
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    import sys

    for name in sys.argv[1:]:
        content = Path(name).read_bytes()
        print(f"{name}\n  rows: {content.decode('utf-8').count(chr(10)) - 1}\n  sha256: {fingerprint(content)}")
