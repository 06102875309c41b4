"""One identifier for each child with a plan, whatever became of it between returns."""

import numpy as np
import pandas as pd

from forecast.sources.cin.years import Return
from forecast.sources.counting import Quality
from forecast.sources.reading import identifiers
from forecast.sources.reading.days import NO_DAY
from forecast.sources.reading.sheets import each


def one_each(returns: list[Return], quality: Quality) -> None:
    """Give each child its latest identifier in every return; counted, with those who cannot be followed.

    Raises BadInput as identifiers.tell does.
    """
    with_plans = [found for found in returns if found.holds("plans")]
    _with_zeros(returns, quality)
    for before, after in zip(with_plans, with_plans[1:], strict=False):
        sides = (_side(before, before.last), _side(after, before.last))
        found = identifiers.follow(*sides)
        files = [next(part.name for part in one.parts if "plans" in part.given) for one in (before, after)]
        identifiers.tell(quality, "children with a plan", before.last, found, sides, files)
        _rename(returns[: returns.index(before) + 1], found.names)


def _with_zeros(returns: list[Return], quality: Quality) -> None:
    """Give numbers that lost noughts in front in some file the form they had before."""
    births = pd.concat([found.table("children") for found in returns])
    births = births[births["born"] != NO_DAY].drop_duplicates("child", keep="last").set_index("child")["born"]
    parts = [part for found in returns for part in found.parts]
    longest = identifiers.with_zeros([part.bare for part in parts], births)
    for part in parts:
        if "plans" in part.given:
            identifiers.count_zeros(quality, part.name, part.tables["plans"]["child"].unique(), longest)
    _rename(returns, longest)


def _rename(returns: list[Return], names: dict[str, str]) -> None:
    for part in (part for found in returns if names for part in found.parts):
        for table in part.tables.values():
            table["child"] = each(table["child"], lambda name: names.get(name, name))


def _side(found: Return, day: int) -> identifiers.Side:
    """What a return says of who had a plan at the end of a day."""
    children, plans = found.table("children"), found.table("plans")
    births = children[children["born"] != NO_DAY].drop_duplicates("child", keep="last").set_index("child")
    rows = plans.loc[plans["child"] != "", ["child", "start", "end"]]
    return identifiers.side(rows, births[["born", "sex"]], day, np.ones(len(rows), bool))
