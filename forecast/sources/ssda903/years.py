"""Which return each file belongs to: by its YEAR column or its name, proved by the dates inside."""

from dataclasses import replace

import numpy as np
import pandas as pd

from forecast.case.errors import BadInput
from forecast.sources.counting import Quality
from forecast.sources.reading import days, identifiers
from forecast.sources.reading.days import NO_DAY, last_day
from forecast.sources.reading.sheets import each
from forecast.sources.ssda903 import codes
from forecast.sources.ssda903.rows import Table

Groups = dict[tuple[int, bool] | str, list[Table]]


def place_in_years(tables: list[Table], quality: Quality) -> dict[str, dict[int, Table]]:
    """The tables by kind and return year, with the return's `year`, `first` and `last` day as columns.

    A name such as 2017-18 says its year. One such as 2018 is the return to 31 March 2018, as the DfE names its
    collections, unless the dates of every such file run a year later: then all are named by the year they start in.
    Without a year in its name a file takes the year of the latest dates of the Episodes beside it, an XML of its own.
    Raises BadInput for dates that contradict the name, two files of one kind and year, or a year missing in between.
    """
    groups = _grouped(tables)
    inside = {key: days.latest(days.year_of(_dates(group))) for key, group in groups.items()}
    plain = {key for key in groups if isinstance(key, tuple) and not key[1]}
    later = [inside[key] == key[0] + 1 for key in plain if inside[key] is not None]
    named_by_start = bool(later) and all(later)
    placed: dict[str, dict[int, Table]] = {}
    for key, group in groups.items():
        year = inside[key] if isinstance(key, str) else key[0] + (named_by_start and key in plain)
        if year is None:
            raise BadInput(
                f"{group[0].name}: no year in its name, and no Episodes beside it to tell. Name the folder, such as "
                "2017-18."
            )
        if isinstance(key, tuple):
            episodes = next((table.name for table in group if table.kind == "Episodes"), "")
            days.check_year(episodes, year, _dates(group), slips_ahead=False)
        for table in group:
            quality.count(table.name, "year_starts", named_by_start and key in plain)
            _put(placed, table, year, quality)
    _check_complete(placed, quality)
    return placed


def _grouped(tables: list[Table]) -> Groups:
    """Tables that belong to one return: by the year they state, or by folder where they state none.

    Files without a year in their name, and no Episodes beside them, belong to the only year there is.
    """
    groups: Groups = {}
    for table in [part for whole in tables for part in _split_by_year(whole)]:
        stated = table.frame["YEAR"].iloc[0] if "YEAR" in table.frame and len(table.frame) else table.name
        beside = table.name if table.whole else table.name.rpartition("/")[0]
        groups.setdefault(days.year_in_text(stated) or beside, []).append(table)
    named = [key for key in groups if isinstance(key, tuple)]
    loose = [key for key in groups if isinstance(key, str) and all(table.kind != "Episodes" for table in groups[key])]
    if len(named) == 1 and len(groups) == len(loose) + 1:
        for key in loose:
            groups[named[0]] += groups.pop(key)
    return groups


def _split_by_year(table: Table) -> list[Table]:
    """One table for each value of the YEAR column, which must name a year on every row; the table itself without."""
    frame = table.frame
    if "YEAR" not in frame or not len(frame):
        return [table]
    wrong = frame["YEAR"].map({text: days.year_in_text(text) is None for text in frame["YEAR"].unique()}).to_numpy(bool)
    if wrong.any():
        raise BadInput(
            f"{table.name}, line {frame['line'][wrong].iloc[0]}, YEAR: not a year; expected one such as 2018 or "
            f"2017-18. Correct the column."
        )
    return [replace(table, frame=part.reset_index(drop=True)) for _, part in frame.groupby("YEAR", sort=True)]


def _dates(group: list[Table]) -> np.ndarray:
    """Days on which the episodes of a group begin or end."""
    return days.real_days(
        [table.frame[column] for table in group if table.kind == "Episodes" for column in ("DECOM", "DEC")]
    )


def _put(placed: dict[str, dict[int, Table]], table: Table, year: int, quality: Quality) -> None:
    """Add a table. Beside the XML of the same year, in one folder, CSV files hold the same: the XML is read."""
    of_kind = placed.setdefault(table.kind, {})
    if year in of_kind and of_kind[year].whole != table.whole and of_kind[year].folder == table.folder:
        csv = of_kind[year] if table.whole else table
        quality.count(csv.name, "beside_xml")
        if csv is table:
            return
    elif year in of_kind:
        raise BadInput(
            f"{table.name}: a second {table.kind} file for {days.financial(year)}, beside {of_kind[year].name}. "
            f"Expected one of each kind a year. Remove one; or, of two years, name each by its own, such as 2017-18."
        )
    covered = {"year": np.int32(year), "first": np.int32(days.first_day(year)), "last": np.int32(days.last_day(year))}
    of_kind[year] = replace(table, frame=table.frame.assign(**covered))


def _beside(quality: Quality) -> str:
    """What a message adds on files that were found and are not of this return."""
    others, census = quality.files("not_return"), quality.files("census")
    told = [f"{others} without a return's headings"] * bool(others)
    told += [f"{census}, a census of children in need: give it to the command plans"] * bool(census)
    return f" (found {'; '.join(told)})" if told else ""


def _check_complete(placed: dict[str, dict[int, Table]], quality: Quality) -> None:
    """Episodes for every year from first to last, and at least one Header."""
    for kind in ("Episodes", "Header"):
        if not placed.get(kind):
            raise BadInput(
                f"no {kind} file was found{_beside(quality)}; expected Header and Episodes for each year. "
                f"Add the {kind} files."
            )
    episodes, headers = placed["Episodes"], placed["Header"]
    for year in range(min(*episodes, *headers), max(*episodes, *headers) + 1):
        if year not in episodes:
            raise BadInput(
                f"no Episodes file for {days.financial(year)}, between the years given. Children who came and went in "
                f"it would be lost. Add it, or leave out the years before it."
            )
        if year not in headers:
            quality.count(episodes[year].name, "no_header_file")


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
