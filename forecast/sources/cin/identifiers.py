"""One identifier for each child with a plan, whatever became of it between returns."""

import numpy as np
import pandas as pd

from forecast.sources.cin.years import Return
from forecast.sources.counting import Quality
from forecast.sources.reading import identifiers
from forecast.sources.reading.counts import ADULT
from forecast.sources.reading.days import NO_DAY, birthday
from forecast.sources.reading.sheets import each


def one_each(returns: list[Return], quality: Quality) -> None:
    """Give each child its latest identifier in every return; counted, with those who cannot be followed.

    Raises BadInput as identifiers.tell does.
    """
    births = _births(returns)
    with_plans = [found for found in returns if found.holds("plans")]
    for before, after in zip(with_plans, with_plans[1:], strict=False):
        pairs = _follow(before, after, births, quality)
        births = births.rename(index=pairs)
        births = births[~births.index.duplicated(keep="last")]
        for found in returns[: returns.index(before) + 1]:
            for part in found.parts:
                for table in part.tables.values():
                    table["child"] = each(table["child"], lambda name, pairs=pairs: pairs.get(name, name))


def _births(returns: list[Return]) -> pd.DataFrame:
    """child -> born, sex: the latest return that gives a date of birth."""
    rows = pd.concat([found.table("children") for found in returns], ignore_index=True)
    known = rows[rows["born"] != NO_DAY].drop_duplicates("child", keep="last")
    return known.assign(sex=known["sex"].map(identifiers.sex)).set_index("child")[["born", "sex"]]


def _follow(before: Return, after: Return, births: pd.DataFrame, quality: Quality) -> dict[str, str]:
    """Old identifier -> new one of those whose identifiers changed from one return to the next."""
    tables, day = [before.table("plans"), after.table("plans")], before.last
    sides = [_open_on(table, day, births) for table in tables]
    strangers = [side[~side["child"].isin(other["child"])] for side, other in zip(sides, tables[::-1], strict=True)]
    pairs = identifiers.same_children(*strangers)
    counted = [_young(side, day) for side in sides]
    gone, come = (
        len(_young(side, day) - set(known)) for side, known in zip(strangers, (pairs, pairs.values()), strict=True)
    )
    files = [next(part.name for part in found.parts if "plans" in part.given) for found in (before, after)]
    counts = {
        "identifier_changed": (files[1], len(pairs), len(counted[1])),
        "missing_next": (files[0], gone, len(counted[0])),
        "not_in_before": (files[1], come, len(counted[1])),
    }
    identifiers.tell(quality, "children with a plan", day, counts)
    return pairs


def _open_on(plans: pd.DataFrame, day: int, births: pd.DataFrame) -> pd.DataFrame:
    """child, start, born, sex: the plans open at the end of a day, of children who have an identifier."""
    start, end = plans["start"], plans["end"]
    is_open = (start != NO_DAY) & (start <= day) & ((end == NO_DAY) | (end > day)) & (plans["child"] != "")
    rows = plans.loc[is_open, ["child", "start"]].join(births, on="child")
    return rows.fillna({"born": NO_DAY, "sex": ""}).astype({"born": np.int64})


def _young(rows: pd.DataFrame, day: int) -> set[str]:
    """Those of the children who are under 18 on the next day, so that the next return has them."""
    return set(rows.loc[birthday(rows["born"].to_numpy(np.int64), ADULT) > day + 1, "child"])
