"""Councils by name and by official codes: which one is meant, and what became of those that are no more."""

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from forecast.case.errors import BadInput
from forecast.sources.official.kinds import plain

PLACES = "official/councils.csv"  # in the folder of data
NEAR = 0.6


@dataclass(frozen=True)
class Place:
    """One council.

    name       as the Department for Education writes it
    la_code    its three-digit code
    ons_codes  its nine-character codes, the one in force first
    """

    name: str
    la_code: str
    ons_codes: tuple[str, ...]

    @property
    def ons_code(self) -> str:
        return self.ons_codes[0]

    @property
    def slug(self) -> str:
        """The name of its folder: small letters and hyphens."""
        return slug(self.name)


def slug(name: str) -> str:
    """A name as a folder: small letters and hyphens."""
    return re.sub("[^a-z0-9]+", "-", plain(name).replace("'", "")).strip("-")


def read_places(data: Path) -> pd.DataFrame:
    """Every council that publishes children's figures or did: la_code, ons_code, name, until, became; all text."""
    return pd.read_csv(data / PLACES, dtype=str, keep_default_na=False)


def spoken_names(places: pd.DataFrame) -> list[str]:
    """Councils' names as they stand in sentences: whole, and without what follows a comma."""
    return sorted({form for name in places["name"] for form in (name, name.split(",")[0])})


def find(wanted: str, places: pd.DataFrame) -> Place:
    """The council that a name, a three-digit or a nine-character code means.

    Raises BadInput: for one that is no more, with what it became; for a wrong name, with the nearest right one.
    """
    word = plain(wanted)
    forms = places["name"].map(forms_of)
    rows = places[[word in names for names in forms]]
    if rows.empty:
        rows = places[(places["la_code"] == wanted.strip()) | (places["ons_code"] == wanted.strip().upper())]
    if rows.empty:
        names = {form: name for name, held in zip(places["name"], forms, strict=True) for form in held}
        near = difflib.get_close_matches(word, list(names), 3, NEAR)
        close = list(dict.fromkeys(names[form] for form in near))
        remedy = (
            f"Did you mean {' or '.join(close)}?"
            if close
            else "Give its name, its three-digit code such as 871, or its nine-character code."
        )
        raise BadInput(f"there is no council {wanted[:60]!r} in England that publishes children's figures. {remedy}")
    code = rows["la_code"].iloc[0]
    own = places[places["la_code"] == code]
    now = own[own["until"] == ""]
    if now.empty:
        gone = own.iloc[0]
        raise BadInput(
            f"{gone['name']} was replaced on 1 April {gone['until']} by {gone['became']}. Ask for "
            f"{'one of them' if ' and ' in gone['became'] else 'that council'}."
        )
    codes = tuple([*now["ons_code"], *own.loc[own["until"] != "", "ons_code"]])
    return Place(now["name"].iloc[0], code, codes)


def forms_of(name: str) -> set[str]:
    """The ways in which a council's name is written: with and without its title, its stop and its second part."""
    word = plain(name)
    bare = word.removesuffix(", city of").removesuffix(", county of").removeprefix("county ").removeprefix("city of ")
    forms = {word, bare, f"city of {bare}" if word.endswith(", city of") else word, word.replace(".", ""), slug(name)}
    return forms | {form.replace("&", "and") for form in forms} | {form.replace(" and ", " & ") for form in forms}


def rows_of(place: Place, table: pd.DataFrame) -> pd.DataFrame:
    """A table's rows of one council, by either of its codes; where a file writes several councils together, none."""
    return table[(table["la_code"] == place.la_code) | table["ons_code"].isin(place.ons_codes)]


def row_by_code(place: Place, table: pd.DataFrame) -> pd.Series | None:
    """The row of a table by ONS code: by any of the council's codes, else by its name."""
    for code in place.ons_codes:
        if code in table.index:
            return table.loc[code]
    names = table["name"].map(lambda name: plain(re.sub(r"\b(UA|LB|MBC|CC)$", "", name)))
    held = table[[bool(forms_of(place.name) & {name}) for name in names]]
    held = held[~held.index.str.startswith(("E11", "E12", "E13"))]
    return held.iloc[0] if len(held) == 1 else None
