"""SSDA903 returns of looked-after children: several years in, counts and child-days out; child rows stay here.

    returns = read_returns(Path("returns.zip"))
    returns.stock(date(2018, 3, 31))

Each rule stands where it is applied: `codes` (files, columns, code sets and groups), `rows` (one file), `years` (which
return a file is), `episodes` (merging, resolving, periods of care), `children` (births, UASC), `tables` (what is
counted). What every reader of returns does alike is in `forecast.sources.reading`; all that is left out or changed is
counted by codes.RULES.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.months import month_in_words
from forecast.sources.counting import Quality
from forecast.sources.private import Hidden, check_salt, guarded, hash_child, mark_of
from forecast.sources.reading.counts import ChildReturns, Span
from forecast.sources.reading.days import complete_to, first_day, last_day, real_days, to_date, year_of
from forecast.sources.reading.files import find_files
from forecast.sources.ssda903 import children, codes, episodes, tables
from forecast.sources.ssda903.rows import choose_authority, read_table
from forecast.sources.ssda903.years import place_in_years

ENOUGH_TO_JUDGE, MOST_QUIET_DAYS = 100, 60  # a return of this many episodes does not go this long without a date
COLUMNS = {"CHILD": "child", "DECOM": "start", "DEC": "end", **{name: name for name in episodes.EPISODE[3:]}}


class Returns(ChildReturns):
    """What several returns say, as counts. The episodes stay inside: neither shown nor pickled.

    first_day, last_day  the days covered: 1 April of the first return to 31 March of the last (or the day read up to)
    Children are numbers of this reading; their identifiers are not kept, but for their hashes where a salt was given.
    """

    __slots__ = ("_care", "_hashes", "_reviews")
    counted = "looked after"

    def __init__(
        self, care: pd.DataFrame, reviews: pd.Series, quality: Quality, span: Span, hashes: Hidden, mark: str
    ) -> None:
        super().__init__(quality, span, mark)
        self._care, self._reviews, self._hashes = care, reviews, hashes

    def __repr__(self) -> str:
        found = f"{self._care['child'].nunique():,} children, {self._care['period'].nunique():,} periods of care"
        return f"Returns({self.first_day} to {self.last_day}: {found})"

    def stock(self, day: date) -> pd.DataFrame:
        """age_band, placement, uasc, children: looked after at the end of a day, every combination.

        Counted: DECOM <= day and (DEC blank or DEC > day), not V3 or V4, under 18, each child once.
        Raises BadInput for a day the returns do not cover; the 31 March before the first return is covered.
        """
        return tables.stock(self._care, self._covered(day))

    def monthly_stock(self, first: str, last: str) -> pd.DataFrame:
        """month, age_band, stock (at the month's end), starts, ends, moves; months such as 2018-04, both included.

        Raises BadInput for months the returns do not cover whole.
        """
        return tables.monthly_stock(self._care, self._asked_months(first, last))

    def exposure(self) -> pd.DataFrame:
        """Child-days and transitions by age band, time since start, placement and UASC: see tables.exposure."""
        return tables.exposure(self._care, self._span)

    def open_at_end(self) -> pd.DataFrame:
        """Looked after at the end of the last day: see tables.open_at_end.

        And `day`, which that is, and `longest`, how many days the returns reach back from it.
        """
        longest = self._span.last - self._span.first + 1
        return tables.open_at_end(self._care, self._span).assign(day=self.last_day.isoformat(), longest=longest)

    def interim_orders(self, day: date) -> int:
        """Children under an interim care order at the end of a day covered: the courts' work that contact follows."""
        return tables.interim_orders(self._care, self._covered(day))

    def entries(self) -> pd.DataFrame:
        """Where children first lived, by age at the start and UASC: see tables.entries."""
        return tables.entries(self._care, self._span)

    def exposure_by_year(self) -> pd.DataFrame:
        """The same for each financial year, named in the column `year` by its first: the years add up to the whole."""
        first, last = year_of(np.array([self._span.first, self._span.last]))
        spans = {
            year: Span(max(first_day(year), self._span.first), min(last_day(year), self._span.last))
            for year in range(first, last + 1)
        }
        by_year = [tables.exposure(self._care, span).assign(year=year - 1) for year, span in spans.items()]
        return pd.concat(by_year, ignore_index=True)

    def durations(self) -> pd.DataFrame:
        """Completed periods of care by age at start, time in care and destination: see tables.durations."""
        return tables.durations(self._care, self._span)

    def survival(self) -> pd.DataFrame:
        """How long care lasts, by Kaplan and Meier and by hazards constant in bands: see tables.survival."""
        return tables.survival(self._care, self._span)

    def reviews(self) -> pd.DataFrame:
        """month, reviews: LAC reviews held; no rows where no Reviews file was given."""
        return self._reviews.rename_axis("month").rename("reviews").reset_index()


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
    salt           16 to 64 secret bytes under which identifiers are hashed, to link with child protection plans read
                   with the same: see forecast.sources.links
    made_by        day by which the files were made: a last return whose year goes beyond it is complete to it
    Raises BadInput naming file, line, column, what was expected and what to do; never a child's identifier or date.
    """
    quality, own_providers = Quality(codes.RULES), tuple(own_providers)
    check_salt(salt)
    if not set(own_providers) <= codes.PROVIDERS:
        raise BadInput(
            f"own_providers holds a code that is not one. Expected some of {', '.join(sorted(codes.PROVIDERS))}."
        )
    read = [read_table(source, quality) for source in find_files(Path(path), codes.FILES, quality)]
    own = choose_authority([table for table in read if table is not None], authority, quality)
    placed = place_in_years(own, quality)
    rows = episodes.stack(placed["Episodes"], COLUMNS)
    span = _days_covered(rows, until, made_by)
    care = _care(rows, placed, span, own_providers, quality)
    reviews = children.read_reviews(placed.get("Reviews", {}), span, quality)
    number, identifiers = pd.factorize(care["child"], sort=True)
    hashes = Hidden(() if salt is None else [hash_child(identifier, salt) for identifier in identifiers])
    return Returns(care.assign(child=number), reviews, quality, span, hashes, mark_of(salt))


def _care(rows: pd.DataFrame, placed: dict, span: Span, own: tuple[str, ...], quality: Quality) -> pd.DataFrame:
    """The children's periods of care, as episodes that do not overlap."""
    episodes.count_codes(rows, quality)
    rows["group"] = codes.placement_groups(rows["PLACE"].to_numpy(), rows["PLACE_PROVIDER"].to_numpy(), own)
    births = children.read_births(placed["Header"], rows["child"].unique(), quality)
    uasc = children.read_uasc(placed.get("UASC", {}), rows, quality)
    care = episodes.clean_episodes(rows, quality)
    care = episodes.merge_years(care, quality)
    care = episodes.close_open(care, quality).drop(columns=["first", "last"])
    care = episodes.looked_after(care, quality)
    care = episodes.resolve(care, quality)
    care = children.add_children(care, births, uasc, quality)
    care = episodes.clip_to_childhood(care, span, quality)
    return episodes.join_periods(care, span, quality)


def _days_covered(rows: pd.DataFrame, until: date | None, made_by: date | None) -> Span:
    """1 April of the first return to 31 March of the last, or to the day it is complete to.

    Raises BadInput where the last return plainly stops before 31 March and no such day is given.
    """
    final = rows[rows["year"] == rows["year"].max()]
    first, last = int(final["first"].iloc[0]), int(final["last"].iloc[0])
    complete = complete_to(first, last, until, made_by)
    days = real_days([final["start"], final["end"]])
    days = days[days <= last]
    quiet = days.size and days.max() < last - MOST_QUIET_DAYS
    if until is None and complete == last and len(final) >= ENOUGH_TO_JUDGE and quiet:
        month = month_in_words(f"{to_date(days.max()):%Y-%m}")
        raise BadInput(
            f"{final['file'].iloc[0]}: its latest dates are in {month}, and its year ends on {to_date(last)}; "
            f"expected dates up to then. An extract made within the year? Give its last day with until."
        )
    return Span(int(rows["first"].min()), complete)
