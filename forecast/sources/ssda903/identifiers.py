"""One identifier for each child, whatever became of it between returns."""

from dataclasses import replace

import pandas as pd

from forecast.sources.counting import Quality
from forecast.sources.reading import identifiers
from forecast.sources.reading.days import NO_DAY, last_day
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
        tables = [placed["Episodes"][year] for year in (before, after)]
        day = last_day(before)
        sides = (_side(placed, before, day), _side(placed, after, day))
        found = identifiers.follow(*sides)
        files = [table.name for table in tables]
        identifiers.tell(quality, "looked-after children", day, found, sides, files)
        placed = _renamed(placed, found.names, before)
    return placed


def _side(placed: Placed, year: int, day: int) -> identifiers.Side:
    """What the return of a year says of who was there at the end of a day."""
    rows = placed["Episodes"][year].frame[["CHILD", "DECOM", "DEC", "LS"]]
    rows = rows.set_axis(["child", "start", "end", "LS"], axis=1)
    return identifiers.side(rows, _births(placed, year), day, ~rows["LS"].isin(codes.SHORT_BREAKS))


def _births(placed: Placed, year: int) -> pd.DataFrame:
    """child -> born, sex: by the header, of those that give a date of birth, whose year is nearest to a return's."""
    years = sorted(placed["Header"], key=lambda other: (-abs(other - year), other))
    rows = pd.concat([placed["Header"][other].frame[["CHILD", "DOB", "SEX"]] for other in years], ignore_index=True)
    known = rows[rows["DOB"] != NO_DAY].drop_duplicates("CHILD", keep="last")
    return known.set_axis(["child", "born", "sex"], axis=1).set_index("child")


def _with_zeros(placed: Placed, quality: Quality) -> Placed:
    """Numbers that lost noughts in front in some file, as they were before."""
    births = _births(placed, max(placed["Episodes"]))["born"]
    seen = [table.frame["CHILD"].unique() for tables in placed.values() for table in tables.values()]
    longest = identifiers.with_zeros([identifiers.bare(names) for names in seen], births)
    for table in placed["Episodes"].values():
        identifiers.count_zeros(quality, table.name, table.frame["CHILD"].unique(), longest)
    return _renamed(placed, longest, max(placed["Episodes"]))


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
