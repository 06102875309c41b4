"""SSDA903 returns of looked-after children: several years in, counts and child-days out. Child rows never leave this room.

    returns = read_returns(Path("returns.zip"))
    returns.stock(date(2018, 3, 31))

Each rule stands where it is applied: `codes` (code sets and groups), `years` (which return a file is), `episodes` (merging,
resolving, periods of care), `children` (births, UASC), `tables` (what is counted), `quality` (everything left out or changed).
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.months import month_in_words, months_between
from forecast.case.wording import MONTH
from forecast.sources.private import Hashed, check_salt, guarded
from forecast.sources.ssda903 import children, codes, episodes, tables
from forecast.sources.ssda903.episodes import Span
from forecast.sources.ssda903.files import find_files, read_sheet
from forecast.sources.ssda903.quality import Quality
from forecast.sources.ssda903.rows import NO_DAY, OPEN, Table, count_codes, read_table
from forecast.sources.ssda903.years import last_day, place_in_years, year_of

ENOUGH_TO_JUDGE, MOST_QUIET_DAYS = 100, 60  # a return of this many episodes does not go this long without a date
COLUMNS = {"CHILD": "child", "DECOM": "start", "DEC": "end", **{name: name for name in episodes.EPISODE[3:]}}


class Returns:
    """What several returns say, as counts. The episodes stay inside: neither shown nor pickled.

    first_day, last_day  the days covered: 1 April of the first return to 31 March of the last (or the day read up to)
    Children are numbers of this reading; their identifiers are not kept, but for their hashes where a salt was given.
    """

    __slots__ = ("_care", "_hashed", "_quality", "_reviews", "_span")

    def __init__(
        self, care: pd.DataFrame, reviews: pd.Series, quality: Quality, span: Span, hashed: Hashed | None = None
    ) -> None:
        self._care, self._reviews, self._quality, self._span, self._hashed = care, reviews, quality, span, hashed

    def __repr__(self) -> str:
        found = f"{self._care['child'].nunique():,} children, {self._care['period'].nunique():,} periods of care"
        return f"Returns({self.first_day} to {self.last_day}: {found})"

    def __reduce_ex__(self, protocol):
        raise TypeError("Returns hold child rows, and are neither pickled nor copied. Keep the tables they give.")

    @property
    def first_day(self) -> date:
        return _date(self._span.first)

    @property
    def last_day(self) -> date:
        return _date(self._span.last)

    def stock(self, day: date) -> pd.DataFrame:
        """age_band, placement, uasc, children: looked after at the end of a day, every combination.

        Counted: DECOM <= day and (DEC blank or DEC > day), not V3 or V4, under 18, each child once.
        Raises BadInput for a day the returns do not cover; the 31 March before the first return is covered.
        """
        number = tables.day_number(day)
        if not self._span.first - 1 <= number <= self._span.last:
            raise BadInput(
                f"{day} is outside the returns, which say who was looked after from {_date(self._span.first - 1)} to {self.last_day}."
            )
        return tables.stock(self._care, number)

    def monthly_stock(self, first: str, last: str) -> pd.DataFrame:
        """month, age_band, stock (at the month's end), starts, ends, moves; months such as 2018-04, both included.

        Raises BadInput for months the returns do not cover whole.
        """
        for month in (first, last):
            if not re.fullmatch(MONTH, month):
                raise BadInput(f"{month!r} is not a month. Write June 2018 as 2018-06.")
        months = months_between(first, last)
        if not months or _month_edges(months)[0] < self._span.first or _month_edges(months)[1] > self._span.last:
            raise BadInput(
                f"{first} to {last}: the returns cover {self.first_day} to {self.last_day}. Ask for whole months within, in order."
            )
        return tables.monthly_stock(self._care, months)

    def exposure(self) -> pd.DataFrame:
        """Child-days and transitions by age band, time since start, placement and UASC: see tables.exposure."""
        return tables.exposure(self._care, self._span)

    def open_at_end(self) -> pd.DataFrame:
        """Looked after at the end of the last day by age band, time since start, placement and UASC: see tables.open_on.

        And `day`, which that is, and `longest`, how many days the returns reach back from it.
        """
        table = tables.open_on(self._care, self._span.last)
        return table.assign(day=self.last_day.isoformat(), longest=self._span.last - self._span.first + 1)

    def interim_orders(self, day: date) -> int:
        """Children under an interim care order at the end of a day covered: the courts' work that contact follows."""
        return tables.interim_orders(self._care, tables.day_number(day))

    def entries(self) -> pd.DataFrame:
        """Where children first lived, by age at the start and UASC: see tables.entries."""
        return tables.entries(self._care, self._span)

    def exposure_by_year(self) -> pd.DataFrame:
        """The same for each financial year, named in the column `year` by its first: the years add up to the whole."""
        first, last = (
            int(np.datetime64(day, "Y").astype(int)) + 1970 - (day.month < 4) for day in (self.first_day, self.last_day)
        )
        spans = [(year, self._within(date(year, 4, 1), date(year + 1, 3, 31))) for year in range(first, last + 1)]
        return pd.concat(
            [tables.exposure(self._care, span).assign(year=year) for year, span in spans], ignore_index=True
        )

    def _within(self, first: date, last: date) -> Span:
        return replace(
            self._span,
            first=max(tables.day_number(first), self._span.first),
            last=min(tables.day_number(last), self._span.last),
        )

    def durations(self) -> pd.DataFrame:
        """Completed periods of care by age at start, time in care and destination: see tables.durations."""
        return tables.durations(self._care, self._span)

    def survival(self) -> pd.DataFrame:
        """How long care lasts, by Kaplan and Meier and by hazards constant in bands: see tables.survival."""
        return tables.survival(self._care, self._span)

    def reviews(self) -> pd.DataFrame:
        """month, reviews: LAC reviews held; no rows where no Reviews file was given."""
        return self._reviews.rename_axis("month").rename("reviews").reset_index()

    def quality(self) -> pd.DataFrame:
        """file, rule, count: what was read, merged, resolved and left out."""
        return self._quality.table()


@guarded
def read_returns(
    path: Path,
    authority: str | None = None,
    until: date | None = None,
    own_providers: Iterable[str] = codes.OWN_PROVIDERS,
    salt: bytes | None = None,
    made_by: date | None = None,
) -> Returns:
    """Read every SSDA903 return in a folder or zip.

    authority      which LA to read, where the files have an LA column with several
    until          last day the last return was complete, for an extract made within the year; else 31 March
    own_providers  PLACE_PROVIDER codes that are the council's own fostering; a trust may file its own as PR5
    salt           16 to 64 secret bytes under which identifiers are hashed, to link with child protection plans read with
                   the same: see forecast.sources.links
    made_by        day by which the files were made: a last return whose year goes beyond it is complete to it
    Raises BadInput naming file, line, column, what was expected and what to do; never a child's identifier or date.
    """
    quality, own_providers = Quality(), tuple(own_providers)
    check_salt(salt)
    if not set(own_providers) <= codes.PROVIDERS:
        raise BadInput(
            f"own_providers holds a code that is not one. Expected some of {', '.join(sorted(codes.PROVIDERS))}."
        )
    read = [read_table(read_sheet(raw, quality), raw.name, quality) for raw in find_files(Path(path), quality)]
    own = choose_authority([table for table in read if table is not None], authority, quality)
    placed = place_in_years(own, quality)
    rows = episodes.stack(placed["Episodes"], COLUMNS)
    until = until or _within(made_by, max(placed["Episodes"]))
    span = episodes.days_covered(sorted(placed["Episodes"]), _last_day_known(rows, until))
    care = _care(rows, placed, span, own_providers, quality)
    reviews = children.read_reviews(placed.get("Reviews", {}), (span.first, span.last), quality)
    number, identifiers = pd.factorize(care["child"], sort=True)
    hashed = Hashed.of(identifiers, salt) if salt is not None else None
    return Returns(care.assign(child=number), reviews, quality, span, hashed)


def _care(rows: pd.DataFrame, placed: dict, span: Span, own: tuple[str, ...], quality: Quality) -> pd.DataFrame:
    """The children's periods of care, as episodes that do not overlap."""
    count_codes(rows, quality)
    rows["group"] = codes.placement_groups(rows["PLACE"].to_numpy(), rows["PLACE_PROVIDER"].to_numpy(), own)
    births = children.read_births(placed["Header"], rows["child"].unique(), quality)
    uasc = children.read_uasc(placed.get("UASC", {}), rows, quality)
    care = episodes.clean_episodes(rows, quality)
    care = episodes.merge_years(care, quality)
    care = episodes.looked_after(episodes.close_open(care, quality), quality)
    care = episodes.resolve(care, quality)
    care = children.add_children(care, births, uasc, quality)
    care = episodes.clip_to_childhood(care, span, quality)
    return episodes.join_periods(care, span, quality)


def choose_authority(read: list[Table], authority: str | None, quality: Quality) -> list[Table]:
    """The tables of one authority. Raises BadInput where there are several and none is chosen, or the one chosen is not there."""
    have = [table for table in read if "LA" in table.frame]
    named = sorted({name for table in have for name in table.frame["LA"].unique()})
    if not named and authority is None:
        return read
    _check_authority(read, have, named, authority)
    wanted = named[0] if authority is None else authority
    return [_of_authority(table, wanted, quality) for table in read if "LA" in table.frame]


def _check_authority(read: list[Table], have: list[Table], named: list[str], authority: str | None) -> None:
    if not named:
        raise BadInput(
            f"authority {authority!r} was chosen and no file has an LA column to find it by. Leave authority out."
        )
    if "" in named:
        table = next(table for table in have if (table.frame["LA"] == "").any())
        line = table.frame.loc[table.frame["LA"] == "", "line"].iloc[0]
        raise BadInput(
            f"{table.name}, line {line}, LA: blank; expected an authority on every row. Fill it in, or remove the column."
        )
    if len({name.casefold() for name in named}) > 1 and authority is None:
        raise BadInput(
            f"the files hold {len(named)} authorities. Choose one with authority, as it is written in the LA column."
        )
    if authority is not None and authority.casefold() not in {name.casefold() for name in named}:
        raise BadInput(f"authority {authority!r} is not in any LA column. Write it as it stands there.")
    without = [table.name for table in read if "LA" not in table.frame]
    if without:
        raise BadInput(
            f"{without[0]} has no LA column and other files do, so its rows cannot be told apart. Add the column, or remove the file."
        )


def _of_authority(table: Table, authority: str, quality: Quality) -> Table:
    other = quality.rows(table.frame, table.frame["LA"].str.casefold() != authority.casefold(), "other_authority")
    return Table(table.name, table.kind, table.frame[~other].reset_index(drop=True))


def _last_day_known(rows: pd.DataFrame, until: date | None) -> int | None:
    """The day given, checked; None for 31 March. Raises BadInput where the last return plainly stops before 31 March."""
    year = int(rows["year"].max())
    last, file = last_day(year), rows.loc[rows["year"] == year, "file"].iloc[0]
    if until is not None:
        if year_of(np.array([tables.day_number(until)]))[0] != year:
            raise BadInput(f"until is {until}; expected a day of the last return's year, which ends on {_date(last)}.")
        return tables.day_number(until)
    days = rows.loc[rows["year"] == year, ["start", "end"]].to_numpy()
    days = days[(days != NO_DAY) & (days != OPEN) & (days <= last)]
    if (rows["year"] == year).sum() >= ENOUGH_TO_JUDGE and days.size and days.max() < last - MOST_QUIET_DAYS:
        month = month_in_words(f"{_date(int(days.max())):%Y-%m}")
        raise BadInput(
            f"{file}: its latest dates are in {month}, and its year ends on {_date(last)}; expected dates up to then. An extract made within the year? "
            f"Give its last day with until."
        )
    return None


def _within(day: date | None, year: int) -> date | None:
    """A day within a return's year and before its end, else None."""
    number = None if day is None else tables.day_number(day)
    return day if number is not None and year_of(np.array([number]))[0] == year and number < last_day(year) else None


def _month_edges(months: list[str]) -> tuple[int, int]:
    """First and last day of a run of months, in days since 1970."""
    following = np.datetime64(months[-1], "M") + 1
    return tables.day_number(f"{months[0]}-01"), tables.day_number(following) - 1


def _date(day: int) -> date:
    return np.datetime64(int(day), "D").astype(date)
