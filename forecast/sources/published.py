"""Published tables, read strictly: as text first, every cell accounted for, or one message that says what is wrong."""

import csv
import io
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd

from forecast.case.errors import BadInput
from forecast.sources.cards import Card, card_path, fingerprint, read_card

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
SIGNED = ("net_internal_migration", "net_international_migration")  # and the same with _all_ages
MOST_PERCENT = 100


def read(folder: Path, table: str, as_at: date) -> pd.DataFrame:
    """A published table as text columns, proved against its card.

    as_at  the last day of the report's month: a table known only later is refused unless its card flags hindsight, and
           one past its expiry is refused as stale
    Raises BadInput naming file, row, what was expected and what to do.
    """
    path = folder / f"{table}.csv"
    if not path.is_file():
        held = ", ".join(sorted(file.stem for file in folder.glob("*.csv")))
        raise BadInput(
            f"{path.name} is not in {folder.name}. Tables held: {held}. Restore the file or correct the case file."
        )
    card = read_card(path)
    card_file = card_path(path).name
    if card.known_from > as_at and not card.hindsight:
        raise BadInput(
            f"{path.name}: known from {card.known_from}, after the report's month ends ({as_at}). A forecast may use "
            f"only what was known then. Use an earlier edition, or set hindsight: true with its reason in {card_file}."
        )
    if as_at > card.expires:
        raise BadInput(
            f"{path.name}: expired on {card.expires} and the report's month ends on {as_at}. Put the newer edition in "
            f"its place, or move expires in {card_file} if none exists."
        )
    return prove(path, card)


def prove(path: Path, card: Card) -> pd.DataFrame:
    """The table's rows once header, cells, keys, counts, control totals and checksum all hold."""
    content = path.read_bytes()
    rows = _rows(path.name, content, card)
    frame = pd.DataFrame(rows[1:], columns=rows[0], dtype=str)
    _check_numbers(path.name, frame, card)
    repeated = frame.duplicated(card.key)
    if repeated.any():
        at = int(repeated.to_numpy().argmax())
        what = f"a second row for {', '.join(frame.loc[at, card.key])}"
        raise BadInput(f"{path.name}, line {at + 2}: {what}. Expected one row for each; remove one.")
    if len(frame) != card.rows:
        remedy = "Restore the missing rows or remove the extra ones."
        raise BadInput(f"{path.name}: {len(frame)} rows, expected {card.rows}. {remedy}")
    _check_totals(path.name, frame, card)
    if fingerprint(content) != card.sha256:
        raise BadInput(
            f"{path.name}: something in it was changed since its card was made, if only a space or how its lines end. "
            f"Put back the file as it was published. If the change is meant, whoever keeps the program writes the "
            f"new file's checksum (sha256) into {card_path(path).name}."
        )
    return frame


def _rows(name: str, content: bytes, card: Card) -> list[list[str]]:
    """The rows of the file, header first, each with as many cells as the card has columns."""
    if content.startswith(b"\xef\xbb\xbf"):
        raise BadInput(
            f"{name}: starts with a byte-order mark. Save it as UTF-8 without one (in Excel: CSV, not CSV UTF-8)."
        )
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadInput(f"{name}, line {line}: not UTF-8 text. Save the file as UTF-8.") from None
    rows = list(csv.reader(io.StringIO(text, newline="")))
    if not rows:
        raise BadInput(f"{name}: the file is empty; expected a header and {card.rows} rows. Restore the file.")
    if rows[0] != card.columns:
        raise BadInput(
            f"{name}, line 1: the header is {', '.join(rows[0])}; expected {', '.join(card.columns)}, in this order."
        )
    for line, row in enumerate(rows[1:], start=2):
        if len(row) != len(card.columns):
            raise BadInput(
                f"{name}, line {line}: {len(row)} cells, expected {len(card.columns)}. Look for a stray comma."
            )
    return rows


def _check_numbers(name: str, frame: pd.DataFrame, card: Card) -> None:
    allowed = " or ".join(sorted(card.symbols)) or "no symbol"
    units = frame["unit"] if "unit" in frame else [""] * len(frame)
    for column in card.numbers:
        for line, (cell, unit) in enumerate(zip(frame[column], units, strict=True), start=2):
            place = f"{name}, line {line}, {column}"
            if cell in card.symbols or (cell == "" and column != "value"):
                continue
            if not NUMBER.fullmatch(cell):
                expected = f"Expected digits, without commas or spaces, or {allowed}."
                raise BadInput(f"{place}: {cell!r} is not a number. {expected}")
            if cell.startswith("-") and column.removesuffix("_all_ages") not in SIGNED:
                raise BadInput(f"{place}: {cell} is negative; expected 0 or more. Check the published figure.")
            if unit == "percent_of_ends" and column == "value" and Decimal(cell) > MOST_PERCENT:
                raise BadInput(f"{place}: {cell} is over 100 and its unit is percent_of_ends. Check both.")


def _check_totals(name: str, frame: pd.DataFrame, card: Card) -> None:
    for total in card.control_totals:
        rows = frame
        for column, wanted in total.where.items():
            rows = rows[rows[column] == wanted]
        found = sum(Decimal(cell) for cell in rows[total.column] if NUMBER.fullmatch(cell))
        if found != Decimal(str(total.equals)):
            where = ", ".join(f"{column} {wanted}" for column, wanted in total.where.items())
            expected = f"expected {total.equals:g} ({total.why}). Check those rows against the published table."
            raise BadInput(f"{name}, {total.column} where {where}: adds up to {found}, {expected}")
