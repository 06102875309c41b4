"""Child protection plans from CIN census returns and Annex A lists: counts and child-days out. Child rows never leave this room.

    plans = read_cin(Path("cin"))
    plans.stock(date(2018, 3, 31))

Each rule stands where it is applied: `census` (safe XML), `sheets` (CSV, XLSX), `records` (dates), `years` (which return a
file is), `plans` (births, plans, conferences), `tables` (what is counted), `quality` (everything left out or changed).
"""

import secrets
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.months import months_between
from forecast.sources.cin import plans, tables
from forecast.sources.cin.census import read_census
from forecast.sources.cin.files import Source, find_files
from forecast.sources.cin.quality import Quality
from forecast.sources.cin.records import COLUMNS, Records, to_tables
from forecast.sources.cin.sheets import read_sheets
from forecast.sources.cin.tables import Span
from forecast.sources.cin.years import Part, Return, day_number, place_in_returns, to_date
from forecast.sources.private import MOST_SALT, check_salt, guarded, hash_child, mark_of

__all__ = ["Plans", "hash_child", "read_cin"]


class Plans:
    """What several returns say of child protection plans, as counts. The rows stay inside: neither shown, copied nor pickled.

    first_day, last_day  the days covered, from the first return's first to the last one's last
    """

    __slots__ = ("_care", "_conferences", "_mark", "_plans", "_quality", "_span")

    def __init__(
        self,
        rows: pd.DataFrame,
        conferences: pd.DataFrame,
        care: pd.DataFrame,
        quality: Quality,
        span: Span,
        mark: str = "",
    ) -> None:
        self._plans, self._conferences, self._care = rows, conferences, care
        self._quality, self._span, self._mark = quality, span, mark

    def __repr__(self) -> str:
        found = f"{len(self._plans):,} plans of {self._plans['child'].nunique():,} children"
        return f"Plans({self.first_day} to {self.last_day}: {found})"

    def __reduce_ex__(self, protocol):
        raise TypeError("Plans hold child rows, and are neither pickled nor copied. Keep the tables they give.")

    @property
    def first_day(self) -> date:
        return to_date(self._span.first)

    @property
    def last_day(self) -> date:
        return to_date(self._span.last)

    def stock(self, day: date) -> pd.DataFrame:
        """age_band, plans: on a plan at the end of a day, that is start <= day and (no end or end > day). Every band.

        Raises BadInput for a day the returns do not cover; the day before the first return's first is covered.
        """
        return tables.stock(self._plans, self._covered(day), "plans")

    def looked_after(self, day: date) -> pd.DataFrame:
        """age_band, children: looked after at the end of a day by Annex A list 8; all 0 where no list 8 was given.

        The list does not tell short breaks apart on every system: SSDA903 returns are the source for looked-after children.
        """
        return tables.stock(self._care, self._covered(day), "children")

    def monthly(self, first: str, last: str) -> pd.DataFrame:
        """month, age_band, stock (at its end), starts, ends, transfers_in, repeat_starts; months such as 2018-04, both included.

        transfers_in is missing (NA) where no return gives the dates of conferences. Raises BadInput for months not covered.
        """
        months = months_between(first, last)
        if not months or day_number(f"{months[0]}-01") < self._span.first or _end(months[-1]) > self._span.last:
            raise BadInput(
                f"{first} to {last}: the returns cover {self.first_day} to {self.last_day}. Ask for whole months within, in order."
            )
        return tables.monthly(self._plans, months, self._span)

    def exposure(self) -> pd.DataFrame:
        """age_band, time_since_start, child_days, ends: see tables.exposure."""
        return tables.exposure(self._plans, self._span)

    def durations(self) -> pd.DataFrame:
        """age_at_start, duration, plans: ended plans, see tables.durations."""
        return tables.durations(self._plans, self._span)

    def conferences(self) -> pd.DataFrame:
        """month, kind, children, children_in_families, conferences: see tables.conferences."""
        return tables.conferences(self._conferences, self._span)

    def linked(self, returns_hashes: Iterable[str] | None = None) -> pd.DataFrame:
        """age_band, children, linked: children with a plan, and how many are among other children's hashes.

        returns_hashes  hash_child(identifier, salt) of another return's children, made with the salt given to read_cin;
                        without them, the children of Annex A list 8
        """
        other = self._care["child"] if returns_hashes is None else returns_hashes
        return tables.linked(self._plans, frozenset(other))

    def quality(self) -> pd.DataFrame:
        """file, rule, count: what was read, left out, joined and changed."""
        return self._quality.table()

    def _covered(self, day: date) -> int:
        number = day_number(day)
        if not self._span.first - 1 <= number <= self._span.last:
            first = to_date(self._span.first - 1)
            raise BadInput(
                f"{day} is outside the returns, which say who was on a plan from {first} to {self.last_day}. Ask for a day within."
            )
        return number


def _end(month: str) -> int:
    return int(pd.Period(month, "M").end_time.to_datetime64().astype("datetime64[D]").astype("int64"))


@guarded
def read_cin(
    path: Path,
    authority: str | None = None,
    until: date | None = None,
    salt: bytes | None = None,
    made_by: date | None = None,
) -> Plans:
    """Read every CIN census and Annex A list in a folder, a zip or a file.

    authority  which LA to read, as in the census header (LEA) or the LA column, where there are several
    until      last day the last return was complete, for an extract made within the year; else 31 March, or the header's
               reference date
    salt       16 to 64 secret bytes for the hashes of identifiers, to be shared only with another return to be linked; else
               made afresh and forgotten
    made_by    day by which the files were made: a last return whose year goes beyond it is complete to it
    Raises BadInput naming file, line or record, field, what was expected and what to do; never a child's identifier or date.
    """
    check_salt(salt)
    quality, salt = Quality(), salt or secrets.token_bytes(MOST_SALT)
    records = [part for source in find_files(Path(path), quality) for part in _read(source, salt, quality)]
    own = choose_authority(records, authority, quality)
    if not own:
        raise BadInput(
            "the path given holds no file with child protection plans. Give the census XML, its tables, or Annex A lists."
        )
    returns = place_in_returns([Part(part, to_tables(part, quality)) for part in own], until, quality, made_by)
    return _plans(returns, quality, mark_of(salt))


def _read(source: Source, salt: bytes, quality: Quality) -> list[Records]:
    return [read_census(source, salt, quality)] if source.suffix == ".xml" else read_sheets(source, salt, quality)


def choose_authority(records: list[Records], authority: str | None, quality: Quality) -> list[Records]:
    """The records of one authority. Raises BadInput where several are named and none is chosen, or the one chosen is not there."""
    named = {part.authority.casefold() for part in records if part.authority}
    if authority is None and len(named) > 1:
        raise BadInput(
            f"the files hold {len(named)} authorities. Choose one with authority, as the header (LEA) or the LA column has it."
        )
    if authority is not None and authority.casefold() not in named:
        raise BadInput(
            f"authority {authority!r} is in no header (LEA) and no LA column. Write it as it stands there, or leave it out."
        )
    nameless = [part.name for part in records if not part.authority]
    if nameless and len(named) > 1:
        raise BadInput(
            f"{nameless[0]} names no authority and other files name several. Add an LA column, or remove the file."
        )
    wanted = {authority.casefold()} if authority is not None else named
    for part in records:
        quality.count(part.name, "other_authority", bool(part.authority) and part.authority.casefold() not in wanted)
    return [part for part in records if not part.authority or part.authority.casefold() in wanted]


def _plans(returns: list[Return], quality: Quality, mark: str) -> Plans:
    """Clean plans, conferences and periods looked after from the returns."""
    rows, care = plans.read_plans(returns, quality), plans.read_care(returns, quality)
    conferences = plans.read_conferences(returns, quality)
    births = plans.read_births(returns, set(rows["child"]) | set(care["child"]), quality)
    rows = plans.join_overlaps(plans.add_births(rows, births, quality), "overlap", quality)
    rows = plans.count_previous(rows, quality)
    rows = plans.mark_transfers(rows, conferences, returns, quality)
    plans.count_lone_reviews(rows, conferences, quality)
    care = plans.add_births(care, births, quality)
    held = [found for found in returns if found.holds("plans")]
    known = {table: [(found.first, found.last) for found in returns if found.holds(table)] for table in COLUMNS}
    return Plans(rows, conferences, care, quality, Span(held[0].first, held[-1].last, known), mark)
