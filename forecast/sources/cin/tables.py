"""Counts and child-days from the plans. Only these leave the room: no row stands for a child.

Cells may be small: the report's disclosure control decides what is published.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from forecast.case.months import last_day
from forecast.sources.cin import codes
from forecast.sources.counting import Quality
from forecast.sources.private import Hidden
from forecast.sources.reading import counts
from forecast.sources.reading.counts import ChildReturns, count_cells, open_on
from forecast.sources.reading.days import birthday, day_number

TABLES = {codes.S47: "enquiries", codes.RCPC: "reviews"} | dict.fromkeys(
    (codes.ICPC, codes.TRANSFER_IN, codes.ICPC_OTHER), "conferences"
)
NAMES = {"age_band": codes.AGE_BANDS, "time_since_start": codes.TIMES}


@dataclass(frozen=True)
class Span(counts.Span):
    """First and last day the returns cover, in days since 1970; `known` says on which of them a table was given."""

    known: dict[str, list[tuple[int, int]]]

    def knows(self, table: str, day: int) -> bool:
        """Whether a return that covers the day has the table."""
        return any(first <= day <= last for first, last in self.known.get(table, []))


def age_band(born: np.ndarray, day: np.ndarray | int) -> np.ndarray:
    """The index in AGE_BANDS on a day: unborn before birth, then by completed years; unknown where the birth is."""
    return counts.age_band(born, day, codes.AGE_CUTS)


def time_band(start: np.ndarray, day: np.ndarray) -> np.ndarray:
    """The index in TIMES on a day, by days since the plan started."""
    return np.searchsorted(list(codes.TIME_FROM.values()), day - start, side="right") - 1


def _cells(plans: pd.DataFrame, day: pd.Series) -> list[np.ndarray]:
    """Indices of each plan's age band and time since its start on a day."""
    born, start, day = (days.to_numpy(np.int64) for days in (plans["born"], plans["start"], day))
    return [age_band(born, day), time_band(start, day)]


class Plans(ChildReturns):
    """What several returns say of child protection plans, as counts. The rows stay inside: neither shown nor pickled.

    first_day, last_day  the days covered, from the first return's first to the last one's last
    """

    __slots__ = ("_bare", "_conferences", "_plans")
    counted = "on a plan"

    def __init__(
        self, rows: pd.DataFrame, conferences: pd.DataFrame, quality: Quality, span: Span, bare: Hidden, mark: str
    ) -> None:
        super().__init__(quality, span, mark)
        self._plans, self._conferences, self._bare = rows, conferences, bare

    def __repr__(self) -> str:
        found = f"{len(self._plans):,} plans of {self._plans['child'].nunique():,} children"
        return f"Plans({self.first_day} to {self.last_day}: {found})"

    def stock(self, day: date) -> pd.DataFrame:
        """age_band, plans: on a plan at the end of a day, that is start <= day and (no end or end > day). Every band.

        Raises BadInput for a day the returns do not cover; the day before the first return's first is covered.
        """
        number = self._covered(day)
        born = open_on(self._plans, number)["born"].to_numpy(np.int64)
        return count_cells({"age_band": codes.AGE_BANDS}, [age_band(born, number)], "plans").reset_index()

    def monthly(self, first: str, last: str) -> pd.DataFrame:
        """month, age_band, stock (at its end), starts, ends, transfers_in, repeat_starts; both months included.

        Ages are those on the day of the start, on the day before the end, and on the month's last day for the stock;
        over all ages stock = the month before + starts - ends. transfers_in is missing (NA) where no return gives
        conferences. Raises BadInput for months not covered.
        """
        months, plans, span = self._asked_months(first, last), self._plans, self._span
        start, end = plans["start"].to_numpy(np.int64), plans["end"].to_numpy(np.int64)
        every = np.ones(len(plans), dtype=bool)
        flows = {
            "starts": (start, every, 0),
            "ends": (end, every, 1),
            "transfers_in": (start, plans["transfer"].to_numpy(bool), 0),
            "repeat_starts": (start, plans["previous"].to_numpy() > 0, 0),
        }
        table = counts.by_month(plans, months, codes.AGE_BANDS, codes.AGE_CUTS, flows)
        known = {month: span.knows("conferences", day_number(last_day(month))) for month in months}
        table["transfers_in"] = table["transfers_in"].astype("Int64").where(table["month"].map(known).astype(bool))
        return table

    def exposure(self) -> pd.DataFrame:
        """age_band, time_since_start, child_days, ends; only cells with child-days.

        child_days  ends of day at which a child had a plan and could be seen to leave it: from the day before the first
                    day covered to the day before the last
        ends        plans that ended on a day covered, in the cell the child was in the day before
        A leaving rate is ends / child_days, per child per day.
        """
        plans, span = self._plans, self._span
        born, start = plans["born"].to_numpy(np.int64), plans["start"].to_numpy(np.int64)
        cuts = [birthday(born, age) for age in codes.AGE_CUTS]
        cuts += [start + edge for edge in codes.TIME_FROM.values() if edge]
        pieces = counts.cut_pieces(plans, span, cuts)
        left = plans[(plans["end"] >= span.first) & (plans["end"] <= span.last)]
        days = count_cells(NAMES, _cells(pieces, pieces["from"]), "child_days", pieces["days"].to_numpy(float))
        table = pd.concat([days, count_cells(NAMES, _cells(left, left["end"] - 1), "ends")], axis=1).reset_index()
        return table[table["child_days"] > 0].reset_index(drop=True)

    def durations(self) -> pd.DataFrame:
        """age_at_start, duration, plans: plans that ended on a day covered; every combination.

        Those who left, not those who started: long plans are as frequent as among leavers.
        """
        plans, span = self._plans, self._span
        done = plans[(plans["end"] >= span.first) & (plans["end"] <= span.last)]
        born, start, end = (done[name].to_numpy(np.int64) for name in ("born", "start", "end"))
        names = {"age_at_start": codes.AGE_BANDS, "duration": codes.TIMES}
        return count_cells(names, [age_band(born, start), time_band(start, end)], "plans").reset_index()

    def conferences(self) -> pd.DataFrame:
        """month, kind, children, children_in_families, conferences; every month covered and every kind.

        children    counted once a day; missing (NA) for a month whose return does not give that kind
        kind        s47 (enquiries), icpc (initial, after an enquiry), transfer_in, icpc_other, rcpc (review)
        conferences one for each family and day, of the children whose family is known: children_in_families divided by
                    it is children per conference. Only CSV files with a FamilyID column give it; missing (NA) elsewhere
        """
        rows, span = self._conferences, self._span
        first, last = (np.datetime64(day, "D").astype("datetime64[M]") for day in (span.first, span.last))
        months = [str(month) for month in np.arange(first, last + 1)]
        rows = rows.assign(
            month=rows["day"].to_numpy(np.int64).astype("datetime64[D]").astype("datetime64[M]").astype(str)
        )
        family = rows[rows["family"] != ""]
        keys = ["month", "kind"]
        table = pd.DataFrame(index=pd.MultiIndex.from_product([months, codes.KINDS], names=keys))
        table["children"] = rows.groupby(keys).size().reindex(table.index, fill_value=0)
        table["children_in_families"] = family.groupby(keys).size().reindex(table.index, fill_value=0)
        known = [span.knows(TABLES[kind], min(day_number(last_day(month)), span.last)) for month, kind in table.index]
        table["children"] = table["children"].astype("Int64").where(known)
        meetings = family.drop_duplicates([*keys, "family", "day"]).groupby(keys).size()
        table["conferences"] = meetings.reindex(table.index).astype("Int64")
        return table.reset_index()
