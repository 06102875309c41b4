"""Which return each file belongs to, the days it covers, and whether years are missing in between."""

import re
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.months import FIRST_MONTH_OF_FINANCIAL_YEAR, MONTHS_A_YEAR
from forecast.sources.cin.quality import Quality
from forecast.sources.cin.records import NO_DAY, OPEN, Records, Tables
from forecast.sources.counting import LEAST_ROWS
from forecast.sources.private import DAY, PAIR, SINGLE

LEAST_SHARE, LEAST_DATES = 0.01, 2  # fewer dates than these in a later year or month are slips, not the return's
ENOUGH_TO_JUDGE, MOST_QUIET_DAYS = 100, 60  # a return with this many dates does not go this long without one
ANNEX_MONTHS = 6  # Annex A lists who was on a plan at any time in the six months before its date


@dataclass
class Part:
    """One file, or the part of it for one year and authority, as typed tables."""

    records: Records
    tables: Tables

    @property
    def name(self) -> str:
        return self.records.name

    @property
    def folder(self) -> str:
        return self.name.split(", sheet ")[0].rpartition("/")[0]


@dataclass
class Return:
    """The files of one census year, or of one Annex A extract, and the days they cover, in days since 1970."""

    first: int
    last: int
    label: str
    parts: list[Part]

    def table(self, name: str) -> pd.DataFrame:
        """Every row of a table."""
        return pd.concat([part.tables[name] for part in self.parts], ignore_index=True)

    def holds(self, name: str) -> bool:
        """Whether any file of the return has the table at all."""
        return any(name in part.records.held for part in self.parts)


def day_number(day) -> int:
    """Days since 1 January 1970."""
    return int(np.datetime64(day, "D").astype(np.int64))


def to_date(number: int) -> date:
    """The date of a day number."""
    return np.datetime64(int(number), "D").astype(date)


def first_day(year: int) -> int:
    """1 April on which the census of `year` begins; `year` is that of the 31 March it ends on."""
    return day_number(date(year - 1, FIRST_MONTH_OF_FINANCIAL_YEAR, 1))


def last_day(year: int) -> int:
    """31 March on which the census of `year` ends."""
    return first_day(year + 1) - 1


def financial(year: int) -> str:
    """2017-18 for 2018."""
    return f"{year - 1}-{year % 100:02d}"


def year_in_text(text: str) -> int | None:
    """The census year nearest the end of a name: 2018 for 2017-18 and for 2018, as the DfE names its collections."""
    singles = {found.start(): int(found[1]) for found in re.finditer(SINGLE, text)}
    pairs = {
        found.start(): int(found[1]) + 1
        for found in re.finditer(PAIR, text)
        if (int(found[1]) + 1) % 100 == int(found[2])
    }
    return max((singles | pairs).items(), default=(0, None))[1]


def place_in_returns(
    parts: list[Part], until: date | None, quality: Quality, made_by: date | None = None
) -> list[Return]:
    """The returns in order of time.

    The year is the header's, else the YEAR column's, the name's, or that of the latest dates inside. An Annex A extract is
    as at the date in its name (2018-09-30), else at its latest date, and covers the six months before.
    Raises BadInput for dates that contradict the year, two returns of one year, and days missing in between.
    """
    groups: dict[tuple, list[Part]] = {}
    for part in parts:
        groups.setdefault(_key(part), []).append(part)
    groups = _named_by_dates(groups, quality)
    returns = [
        _annex(key, group, quality) if key[0] == "annex" else _census(key[1], group, quality)
        for key, group in groups.items()
    ]
    returns = sorted(returns, key=lambda item: (item.last, item.first))
    _check_plans(returns)
    _check_gaps(returns)
    returns = _until(returns, until or _within(made_by, returns[-1]))
    _check_quiet(returns[-1], quality)
    return returns


def _key(part: Part) -> tuple:
    """What says a file belongs with others: its year, or its folder where it states none."""
    stem = part.name.split(", sheet ")[0]
    if part.records.form == "annex":
        return ("annex", _day_in_text(stem) or (stem if ", sheet " in part.name else part.folder))
    year = year_in_text(part.records.year)
    if part.records.year and year is None:
        raise BadInput(f"{part.name}, Year: not a year; expected one such as 2018 or 2017-18. Correct it.")
    day = _day_in_text(part.records.as_at)
    if year is None and day is not None:
        year = _latest(np.array([day]), "Y", FIRST_MONTH_OF_FINANCIAL_YEAR - 1)
    return ("census", year or year_in_text(stem) or part.folder)


def _day_in_text(text: str) -> int | None:
    found = re.search(DAY, text)
    try:
        return day_number(date(*map(int, found.groups()))) if found else None
    except ValueError:
        return None


def _named_by_dates(groups: dict, quality: Quality) -> dict:
    """Folders without a year take that of the latest dates inside; the tables of one return stay together."""
    placed: dict[tuple, list[Part]] = {}
    for key, group in groups.items():
        year = key[1]
        if key[0] == "census" and isinstance(year, str):
            year = _latest(_dates(group), "Y", FIRST_MONTH_OF_FINANCIAL_YEAR - 1)
            if year is None:
                raise BadInput(
                    f"{group[0].name}: no year in its name, and no dates of plans to tell. Name the folder, such as 2017-18."
                )
            quality.count(group[0].name, "year_from_dates")
        placed.setdefault((key[0], year), []).extend(group)
    return placed


def _dates(group: list[Part]) -> np.ndarray:
    """Days of starts, ends, enquiries, conferences and reviews."""
    columns = (
        ("plans", "start"),
        ("plans", "end"),
        ("enquiries", "day"),
        ("conferences", "day"),
        ("reviews", "day"),
        ("care", "start"),
        ("care", "end"),
    )
    days = np.concatenate(
        [part.tables[table][column].to_numpy(np.int64) for part in group for table, column in columns]
    )
    return days[(days != NO_DAY) & (days != OPEN)]


def _latest(days: np.ndarray, unit: str, months_back: int = 0) -> int | None:
    """The latest financial year (Y) or month (M, as months since 1970) with enough dates to be no slip; None without dates."""
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    found = (months - months_back) // MONTHS_A_YEAR + 1970 + 1 if unit == "Y" else months
    values, counts = np.unique(found, return_counts=True)
    enough = values[(counts >= LEAST_DATES) & (counts >= LEAST_SHARE * counts.sum())]
    return int(enough[-1]) if enough.size else (int(values[-1]) if values.size else None)


def _census(year: int, group: list[Part], quality: Quality) -> Return:
    """The census of a year. Tables beside the XML of the same year are the same return, and are left."""
    xml = [part for part in group if part.records.form == "xml"]
    beside = [part for part in group if xml and part not in xml and part.folder == xml[0].folder]
    for part in beside:
        quality.count(part.name, "beside_xml")
    kept = [part for part in group if part not in beside]
    if len(xml) > 1 or (xml and len(kept) > 1):
        raise BadInput(f"{kept[1].name}: a second census for {financial(year)}, beside {kept[0].name}. Remove one.")
    last = _as_at(year, kept)
    _check_dates(year, kept)
    return Return(first_day(year), last, financial(year), kept)


def _as_at(year: int, parts: list[Part]) -> int:
    """The header's reference date, where it is within the year: an extract may be made before 31 March."""
    days = [_day_in_text(part.records.as_at) for part in parts if part.records.as_at]
    if any(day is None for day in days):
        raise BadInput(
            f"{parts[0].name}, Header, ReferenceDate: not a date; expected one such as {year}-03-31. Correct it."
        )
    if any(not first_day(year) <= day <= last_day(year) for day in days):
        raise BadInput(
            f"{parts[0].name}, Header, ReferenceDate: not within {financial(year)}, the year of the return. Correct one of them."
        )
    return min([*days, last_day(year)])


def _check_dates(year: int, parts: list[Part]) -> None:
    inside = _latest(_dates(parts), "Y", FIRST_MONTH_OF_FINANCIAL_YEAR - 1)
    if inside is not None and inside < year and _dates(parts).size >= LEAST_ROWS:
        raise BadInput(
            f"{parts[0].name}: given as the return of {financial(year)}, and its latest dates are in {financial(inside)}. "
            f"Expected dates up to 31 March {year}. Put the right file there, or correct its year."
        )


def _annex(key: tuple, group: list[Part], quality: Quality) -> Return:
    """An Annex A extract, as at the date in its name or its latest date."""
    last = key[1]
    if not isinstance(last, int):
        days = _dates(group)
        month = _latest(days, "M")
        if month is None:
            raise BadInput(
                f"{group[0].name}: no date in its name, and none inside. Name it with its date, such as 2018-09-30."
            )
        last = int(days[days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) <= month].max())
        quality.count(group[0].name, "year_from_dates")
    after = np.datetime64(last + 1, "D")
    months = after.astype("datetime64[M]") - ANNEX_MONTHS
    start = months.astype("datetime64[D]") + (after - after.astype("datetime64[M]").astype("datetime64[D]"))
    return Return(int(start.astype(np.int64)), int(last), f"Annex A to {to_date(last)}", group)


def _check_plans(returns: list[Return]) -> None:
    """One file of plans in each return, and plans in at least one."""
    if not any(found.holds("plans") for found in returns):
        raise BadInput(
            "no file with child protection plans was found; expected CPPstartDate and CPPendDate. Add the plans."
        )
    for found in returns:
        for table in ("plans", "care"):
            files = sorted({part.name for part in found.parts if table in part.records.held})
            if len(files) > 1:
                what = "plans" if table == "plans" else "children looked after"
                raise BadInput(f"{files[1]}: a second file of {what} for {found.label}, beside {files[0]}. Remove one.")


def _check_gaps(returns: list[Return]) -> None:
    with_plans = [found for found in returns if found.holds("plans")]
    for before, after in zip(with_plans, with_plans[1:], strict=False):
        if after.first > before.last + 1:
            raise BadInput(
                f"no return covers {to_date(before.last + 1)} to {to_date(after.first - 1)}, between {before.label} and {after.label}. "
                f"Plans that started and ended then would be lost. Add it, or leave out the returns before it."
            )


def _check_quiet(final: Return, quality: Quality) -> None:
    """Refuse a last return that goes silent before its last day: an extract made within the year, read as the whole of it."""
    days = _dates(final.parts)
    days = days[(days >= final.first) & (days <= final.last)]
    if not days.size or days.max() > final.last - MOST_QUIET_DAYS:
        return
    if days.size >= ENOUGH_TO_JUDGE:
        raise BadInput(
            f"{final.parts[0].name}: no plan, conference or review in the last {MOST_QUIET_DAYS} days to {to_date(final.last)}, the end of "
            f"{final.label}. Expected a whole return. If it was made earlier, say the last day it was complete with until."
        )
    quality.count(final.parts[0].name, "quiet_end")


def _within(day: date | None, final: Return) -> date | None:
    """A day within the last return and before its end, else None."""
    return day if day is not None and final.first <= day_number(day) < final.last else None


def _until(returns: list[Return], until: date | None) -> list[Return]:
    """The returns with the last one cut to `until`, for an extract made within its year."""
    if until is not None:
        final = returns[-1]
        if not final.first <= day_number(until) <= final.last:
            raise BadInput(
                f"until {until} is not within the last return, {to_date(final.first)} to {to_date(final.last)}. Give a day within it."
            )
        final.last = day_number(until)
    return returns
