"""Which return each file belongs to: by its YEAR column or its name, proved by the dates inside. One file of a kind a year."""

import re

import numpy as np
import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.months import FIRST_MONTH_OF_FINANCIAL_YEAR
from forecast.sources.counting import LEAST_ROWS
from forecast.sources.private import PAIR, SINGLE
from forecast.sources.ssda903.quality import Quality
from forecast.sources.ssda903.rows import NO_DAY, OPEN, Table

LEAST_SHARE, LEAST_DATES = 0.01, 2  # fewer dates in a later year than this are slips, not the year of the return


def first_day(year: int) -> int:
    """1 April on which the return of `year` begins, in days since 1970."""
    return int((np.datetime64(f"{year - 1}-{FIRST_MONTH_OF_FINANCIAL_YEAR:02d}-01", "D")).astype(np.int64))


def last_day(year: int) -> int:
    """31 March on which the return of `year` ends, in days since 1970."""
    return first_day(year + 1) - 1


def year_of(days: np.ndarray) -> np.ndarray:
    """The return year each day falls in: the calendar year of the 31 March that follows."""
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return (months - (FIRST_MONTH_OF_FINANCIAL_YEAR - 1)) // 12 + 1970 + 1


def year_in_text(text: str) -> tuple[int, bool] | None:
    """The year nearest the end of a name, and whether both halves are given: 2017-18 is (2018, True), 2018 is (2018, False)."""
    found = [
        (m.start(1), m.end(2), int(m[1]) + 1, True)
        for m in re.finditer(PAIR, text)
        if (int(m[1]) + 1) % 100 == int(m[2])
    ]
    pairs = list(found)
    for m in re.finditer(SINGLE, text):
        if not any(start <= m.start() < end for start, end, *_ in pairs):
            found.append((m.start(), m.end(), int(m[1]), False))
    return max(found)[2:] if found else None


def place_in_years(tables: list[Table], quality: Quality) -> dict[str, dict[int, Table]]:
    """The tables by kind and return year.

    A name such as 2017-18 says its year. One such as 2018 is the return to 31 March 2018, as the DfE names its collections,
    unless the dates of every such file run a year later: then all are named by the year they start in. Without a year in its
    name a file takes the year of the latest dates of the Episodes beside it.
    Raises BadInput for dates that contradict the name, two files of one kind and year, or a year missing in between.
    """
    groups = _grouped(tables)
    evidence = {key: _year_inside(group) for key, group in groups.items()}
    shift = _shift(groups, evidence)
    placed: dict[str, dict[int, Table]] = {}
    for key, group in groups.items():
        year = _year(key, group, evidence[key], shift)
        for table in group:
            quality.count(table.name, "year_starts", shift == 1 and isinstance(key, tuple) and not key[1])
            _put(placed, table, year)
    _check_complete(placed, quality)
    return placed


def _grouped(tables: list[Table]) -> dict[tuple[int, bool] | str, list[Table]]:
    """Tables that belong to one return: by the year they state, or by folder where they state none."""
    groups: dict[tuple[int, bool] | str, list[Table]] = {}
    for table in [part for whole in tables for part in _split_by_year(whole)]:
        stated = table.frame["YEAR"].iloc[0] if "YEAR" in table.frame and len(table.frame) else table.name
        key = year_in_text(stated) or table.name.rpartition("/")[0]
        groups.setdefault(key, []).append(table)
    return _with_lone_year(groups)


def _with_lone_year(groups: dict) -> dict:
    """Files without a year in their name, and no Episodes beside them, belong to the only year there is."""
    named = [key for key in groups if isinstance(key, tuple)]
    loose = [
        key
        for key, group in groups.items()
        if isinstance(key, str) and not any(table.kind == "Episodes" for table in group)
    ]
    if len(named) == 1 and len(groups) == len(loose) + 1:
        for key in loose:
            groups[named[0]] += groups.pop(key)
    return groups


def _split_by_year(table: Table) -> list[Table]:
    """One table for each value of the YEAR column, which must name a year on every row; the table itself without one."""
    frame = table.frame
    if "YEAR" not in frame or not len(frame):
        return [table]
    years = {text: year_in_text(text) is not None for text in frame["YEAR"].unique()}
    wrong = ~frame["YEAR"].map(years).to_numpy(dtype=bool)
    if wrong.any():
        raise BadInput(
            f"{table.name}, line {frame['line'][wrong].iloc[0]}, YEAR: not a year; expected one such as 2018 or 2017-18. Correct the column."
        )
    return [Table(table.name, table.kind, part.reset_index(drop=True)) for _, part in frame.groupby("YEAR", sort=True)]


def _dates(group: list[Table]) -> np.ndarray:
    episodes = [
        table.frame[column].to_numpy() for table in group if table.kind == "Episodes" for column in ("DECOM", "DEC")
    ]
    days = np.concatenate(episodes) if episodes else np.array([], np.int64)
    return days[(days != NO_DAY) & (days != OPEN)]


def _year_inside(group: list[Table]) -> int | None:
    """The latest return year in which the Episodes begin or end, slips aside; None where that cannot be told."""
    years, counts = np.unique(year_of(_dates(group)), return_counts=True)
    enough = years[(counts >= LEAST_DATES) & (counts >= LEAST_SHARE * counts.sum())]
    return int(enough[-1]) if enough.size else (int(years[-1]) if years.size else None)


def _shift(groups: dict, evidence: dict) -> int:
    """1 where plain years (2018) name the year a return starts in, else 0."""
    later = {
        key: evidence[key] == key[0] + 1
        for key in groups
        if isinstance(key, tuple) and not key[1] and evidence[key] is not None
    }
    return int(bool(later) and all(later.values()))


def _year(key: tuple[int, bool] | str, group: list[Table], inside: int | None, shift: int) -> int:
    """The group's return year. Raises BadInput where its dates contradict it."""
    if isinstance(key, str):
        if inside is None:
            raise BadInput(
                f"{group[0].name}: no year in its name, and no Episodes beside it to tell. Name the folder, such as 2017-18."
            )
        return inside
    year = key[0] + (0 if key[1] else shift)
    enough = (np.count_nonzero(year_of(_dates(group)) == inside) >= LEAST_DATES) if inside else False
    stale = inside is not None and inside < year and _dates(group).size >= LEAST_ROWS
    if inside is not None and (stale or (inside > year and enough)):
        episodes = next(table.name for table in group if table.kind == "Episodes")
        raise BadInput(
            f"{episodes}: named as the return of {year - 1}-{year % 100:02d}, and its latest dates are in "
            f"{inside - 1}-{inside % 100:02d}. Expected dates up to 31 March {year}. Put the right file there, or correct its name."
        )
    return year


def _put(placed: dict[str, dict[int, Table]], table: Table, year: int) -> None:
    """Add a table, with its return year as a column."""
    held = placed.setdefault(table.kind, {})
    if year in held:
        raise BadInput(
            f"{table.name}: a second {table.kind} file for {year - 1}-{year % 100:02d}, beside {held[year].name}. "
            f"Expected one of each kind a year. Remove one; or, of two years, name each by its own, such as 2017-18."
        )
    held[year] = Table(table.name, table.kind, table.frame.assign(year=np.int64(year)))


def _check_complete(placed: dict[str, dict[int, Table]], quality: Quality) -> None:
    """Episodes for every year from first to last, and at least one Header."""
    episodes, headers = placed.get("Episodes", {}), placed.get("Header", {})
    for kind, held in (("Episodes", episodes), ("Header", headers)):
        if not held:
            raise BadInput(
                f"no {kind} file was found; expected Header and Episodes for each year. Add the {kind} files."
            )
    years = set(episodes) | set(headers)
    for year in range(min(years), max(years) + 1):
        if year not in episodes:
            raise BadInput(
                f"no Episodes file for {year - 1}-{year % 100:02d}, between the years given. Children who came and went in it would be "
                f"lost. Add it, or leave out the years before it."
            )
        if year not in headers:
            quality.count(episodes[year].name, "no_header_file")


def last_year(episodes: pd.DataFrame) -> int:
    """The last return year read."""
    return int(episodes["year"].max())
