"""One identifier for each child, whatever became of it between returns."""

from dataclasses import replace

import numpy as np
import pandas as pd

from forecast.sources.counting import Quality
from forecast.sources.reading import identifiers
from forecast.sources.reading.counts import ADULT
from forecast.sources.reading.days import NO_DAY, birthday
from forecast.sources.reading.sheets import each
from forecast.sources.ssda903 import codes
from forecast.sources.ssda903.rows import Table

Placed = dict[str, dict[int, Table]]


def one_each(placed: Placed, quality: Quality) -> Placed:
    """The returns with each child under one identifier, its latest; counted, with those who cannot be followed.

    Raises BadInput as identifiers.tell does.
    """
    placed = _with_zeros(placed, quality)
    years = sorted(placed["Episodes"])
    for before, after in zip(years, years[1:], strict=False):
        pairs = _follow(placed, before, after, quality)
        placed = _renamed(placed, pairs, before)
    return placed


def _births(placed: Placed) -> pd.DataFrame:
    """child -> born, sex: the latest header that gives a date of birth."""
    headers = [placed["Header"][year].frame[["CHILD", "DOB", "SEX"]] for year in sorted(placed["Header"])]
    rows = pd.concat(headers, ignore_index=True)
    known = rows[rows["DOB"] != NO_DAY].drop_duplicates("CHILD", keep="last")
    return known.assign(born=known["DOB"], sex=known["SEX"].map(identifiers.sex)).set_index("CHILD")[["born", "sex"]]


# Leading noughts


def _with_zeros(placed: Placed, quality: Quality) -> Placed:
    """Numbers that are alike but for noughts in front, which spreadsheets drop, as the longest of them.

    Not where one file has both, nor where their dates of birth differ: then they are two children's.
    """
    births, seen = _births(placed)["born"], {}
    for tables in placed.values():
        for table in tables.values():
            here: dict[str, set[str]] = {}
            for name in table.frame["CHILD"].unique():
                if name.isdecimal():
                    here.setdefault(name.lstrip("0"), set()).add(name)
            for number, names in here.items():
                seen.setdefault(number, []).append(names)
    longest = {}
    for found in seen.values():
        names = set().union(*found)
        born = births.reindex(list(names)).dropna().nunique()
        if len(names) > 1 and born < 2 and all(len(here) == 1 for here in found):
            longest |= dict.fromkeys(names, max(names, key=len))
    for table in placed["Episodes"].values():
        children = table.frame["CHILD"].unique()
        changed = sum(longest.get(name, name) != name for name in children)
        quality.count(table.name, "zeros_lost", changed, len(children))
    return _renamed(placed, longest, max(placed["Episodes"]))


# Other changes


def _follow(placed: Placed, before: int, after: int, quality: Quality) -> dict[str, str]:
    """Old identifier -> new one of those whose identifiers changed from one return to the next."""
    tables = [placed["Episodes"][year] for year in (before, after)]
    day = int(tables[0].frame["last"].max()) if len(tables[0].frame) else 0
    births = _births(placed)
    sides = [_open_on(table.frame, day, births) for table in tables]
    strangers = [
        side[~side["child"].isin(other.frame["CHILD"])] for side, other in zip(sides, tables[::-1], strict=True)
    ]
    pairs = identifiers.same_children(*strangers)
    counted = [_counted(side, day) for side in sides]
    gone, come = (
        len(_counted(side, day) - set(known)) for side, known in zip(strangers, (pairs, pairs.values()), strict=True)
    )
    counts = {
        "identifier_changed": (tables[1].name, len(pairs), len(counted[1])),
        "missing_next": (tables[0].name, gone, len(counted[0])),
        "not_in_before": (tables[1].name, come, len(counted[1])),
    }
    identifiers.tell(quality, "looked-after children", day, counts)
    return pairs


def _open_on(frame: pd.DataFrame, day: int, births: pd.DataFrame) -> pd.DataFrame:
    """child, start, LS, born, sex: the episodes open at the end of a day."""
    start, end = frame["DECOM"], frame["DEC"]
    rows = frame.loc[
        (start != NO_DAY) & (start <= day) & ((end == NO_DAY) | (end > day)), ["CHILD", "DECOM", "LS"]
    ].set_axis(["child", "start", "LS"], axis=1)
    return rows.join(births, on="child").fillna({"born": NO_DAY, "sex": ""}).astype({"born": np.int64})


def _counted(rows: pd.DataFrame, day: int) -> set[str]:
    """Those of the children who are looked after and under 18 on the next day, so that the next return has them."""
    young = birthday(rows["born"].to_numpy(np.int64), ADULT) > day + 1
    return set(rows.loc[young & ~rows["LS"].isin(codes.SHORT_BREAKS), "child"])


def _renamed(placed: Placed, names: dict[str, str], until: int) -> Placed:
    """The returns up to one year with other identifiers."""
    if not names:
        return placed
    return {
        kind: {
            year: replace(table, frame=table.frame.assign(CHILD=each(table.frame["CHILD"], lambda n: names.get(n, n))))
            if year <= until
            else table
            for year, table in tables.items()
        }
        for kind, tables in placed.items()
    }
