"""One identifier for each child with a plan, whatever became of it between returns."""

import numpy as np

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
    for before, after in zip(with_plans, with_plans[1:], strict=False):
        sides = (_side(before, before.last), _side(after, before.last))
        found = identifiers.follow(*sides)
        files = [next(part.name for part in one.parts if "plans" in part.given) for one in (before, after)]
        identifiers.tell(quality, "children with a plan", before.last, found, sides, files)
        for earlier in returns[: returns.index(before) + 1]:
            for part in earlier.parts:
                for table in part.tables.values():
                    table["child"] = each(table["child"], lambda name, names=found.names: names.get(name, name))


def _side(found: Return, day: int) -> identifiers.Side:
    """What a return says of who had a plan at the end of a day."""
    children, plans = found.table("children"), found.table("plans")
    births = children[children["born"] != NO_DAY].drop_duplicates("child", keep="last").set_index("child")
    rows = plans.loc[plans["child"] != "", ["child", "start", "end"]]
    return identifiers.side(rows, births[["born", "sex"]], day, np.ones(len(rows), bool))
