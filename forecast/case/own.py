"""Whose figures a case holds: its council's own, or another's and the country's, which are not yet its own."""

import re
from pathlib import Path
from typing import NamedTuple

from forecast.case.layers import CENTRAL, NATIONAL_LAYER, Assumptions, list_cases, load

REPLACE = "Put the council's own figure here"  # stands in the reason of every figure that a case only starts from


class NotYours(NamedTuple):
    """A figure that is not the council's own yet."""

    key: str
    why: str


def not_yours(a: Assumptions, copies: dict[str, Assumptions], councils: list[str]) -> list[NotYours]:
    """The figures of a council's own that it has not given yet, in the catalogue's order, each with why.

    copies    area -> the assumptions of other councils' cases, from which this one may have been copied
    councils  names of the councils of England
    A figure is not yet the council's if its reason says that it only starts from it, if it stands in the same words in
    another council's case, if its source or reason speaks of another council, or if it is still the country's.
    """
    own = a.case.area
    named = (
        re.compile(r"\b(" + "|".join(re.escape(name) for name in _others(own, councils)) + r")\b") if councils else None
    )
    found = []
    for key, entry in a.central.items():
        if a.catalogue.nature[key].found is None:
            continue
        same = [area for area, other in copies.items() if _words(other.central[key]) == _words(entry)]
        spoken = named.search(f"{entry.source} {entry.why}") if named else None
        if REPLACE in entry.why:
            found.append(NotYours(key, "a figure to start from"))
        elif entry.layer == NATIONAL_LAYER:
            found.append(NotYours(key, "the national figure"))
        elif same:
            found.append(NotYours(key, f"unchanged from the case of {same[0]}"))
        elif spoken:
            found.append(NotYours(key, f"speaks of {spoken[0]}"))
    return found


def others(params: Path, council: str) -> dict[str, Assumptions]:
    """Area -> the central assumptions of the other councils' cases. Raises BadInput."""
    cases = [load(params, name, month, CENTRAL) for name, month, _ in list_cases(params) if name != council]
    return {a.case.area: a for a in cases}


def _words(entry) -> tuple | None:
    """What makes two entries the same; None for one that the country gives to both."""
    return None if entry.layer == NATIONAL_LAYER else (entry.value, entry.low, entry.high, entry.source, entry.why)


def _others(own: str, councils: list[str]) -> list[str]:
    """Other councils' names, longest first; none that is a part of the own name."""
    return sorted((name for name in set(councils) if name not in own and own not in name), key=len, reverse=True)
