"""Counts and child-days from the plans. Only these leave the room: no row stands for a child.

Cells may be small: the report's disclosure control decides what is published.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.case.months import last_day
from forecast.sources.cin import codes
from forecast.sources.cin.plans import birthday
from forecast.sources.cin.records import NO_DAY
from forecast.sources.cin.years import day_number

TABLES = {codes.S47: "enquiries", codes.RCPC: "reviews"} | dict.fromkeys(
    (codes.ICPC, codes.TRANSFER_IN, codes.ICPC_OTHER), "conferences"
)


@dataclass(frozen=True)
class Span:
    """First and last day the returns cover, in days since 1970; `known` says on which of them a table was given."""

    first: int
    last: int
    known: dict[str, list[tuple[int, int]]]

    def knows(self, table: str, day: int) -> bool:
        """Whether a return that covers the day has the table."""
        return any(first <= day <= last for first, last in self.known.get(table, []))


def age_band(born: np.ndarray, day: np.ndarray | int) -> np.ndarray:
    """The index in AGE_BANDS on a day: unborn before birth, then by completed years; unknown where the birth is."""
    reached = np.sum([birthday(born, age) <= day for age in codes.AGE_FROM.values()], axis=0)
    return np.where(born == NO_DAY, len(codes.AGE_BANDS) - 1, reached)


def time_band(start: np.ndarray, day: np.ndarray) -> np.ndarray:
    """The index in TIMES on a day, by days since the plan started."""
    return np.searchsorted(list(codes.TIME_FROM.values()), day - start, side="right") - 1


def _by_band(born: np.ndarray, day: np.ndarray | int, where: np.ndarray) -> np.ndarray:
    return np.bincount(age_band(born[where], day if np.isscalar(day) else day[where]), minlength=len(codes.AGE_BANDS))


def stock(spans: pd.DataFrame, day: int, measure: str) -> pd.DataFrame:
    """age_band and how many are open at the end of `day`; every band, 0 included."""
    now = ((spans["start"] <= day) & (spans["end"] > day)).to_numpy()
    return pd.DataFrame({"age_band": codes.AGE_BANDS, measure: _by_band(spans["born"].to_numpy(), day, now)})


def monthly(plans: pd.DataFrame, months: list[str], span: Span) -> pd.DataFrame:
    """month, age_band, stock, starts, ends, transfers_in, repeat_starts; over all ages stock = the month before + starts - ends.

    Ages are those on the day of the start, on the day before the end, and on the month's last day for the stock.
    """
    table = pd.concat([_month(plans, month) for month in months], ignore_index=True)
    known = {month: span.knows("conferences", day_number(last_day(month))) for month in months}
    table["transfers_in"] = table["transfers_in"].astype("Int64").where(table["month"].map(known).astype(bool))
    return table


def _month(plans: pd.DataFrame, month: str) -> pd.DataFrame:
    first, last = day_number(f"{month}-01"), day_number(last_day(month))
    born, start, end = (plans[name].to_numpy(np.int64) for name in ("born", "start", "end"))
    started, ended = (start >= first) & (start <= last), (end >= first) & (end <= last)
    return pd.DataFrame(
        {
            "month": month,
            "age_band": codes.AGE_BANDS,
            "stock": _by_band(born, last, (start <= last) & (end > last)),
            "starts": _by_band(born, start, started),
            "ends": _by_band(born, end - 1, ended),
            "transfers_in": _by_band(born, start, started & plans["transfer"].to_numpy(bool)),
            "repeat_starts": _by_band(born, start, started & (plans["previous"].to_numpy() > 0)),
        }
    )


def exposure(plans: pd.DataFrame, span: Span) -> pd.DataFrame:
    """age_band, time_since_start, child_days, ends; only cells with child-days.

    child_days  ends of day at which a child had a plan and could be seen to leave it: from the day before the first day
                covered to the day before the last
    ends        plans that ended on a day covered, in the cell the child was in the day before
    A leaving rate is ends / child_days, per child per day.
    """
    low = np.maximum(plans["start"].to_numpy(np.int64), span.first - 1)
    high = np.maximum(np.minimum(plans["end"].to_numpy(np.int64), span.last), low)
    born, start, end = (plans[name].to_numpy(np.int64) for name in ("born", "start", "end"))
    cuts = [birthday(born, age) for age in codes.AGE_FROM.values()] + [
        start + edge for edge in codes.TIME_FROM.values() if edge
    ]
    edges = np.sort(np.clip(np.column_stack([low, *cuts, high]), low[:, None], high[:, None]), axis=1)
    row, piece = np.nonzero(np.diff(edges, axis=1) > 0)
    at = edges[row, piece]
    days = _cells(born[row], start[row], at, edges[row, piece + 1] - at)
    left = (end >= span.first) & (end <= span.last)
    events = _cells(born[left], start[left], end[left] - 1, np.ones(int(left.sum()), np.int64))
    table = pd.DataFrame({"child_days": days, "ends": events}).reset_index()
    return table[table["child_days"] > 0].reset_index(drop=True)


def _cells(born: np.ndarray, start: np.ndarray, day: np.ndarray, weights: np.ndarray) -> pd.Series:
    """Totals by age band and time since the start on a day, every combination."""
    shape = len(codes.AGE_BANDS), len(codes.TIMES)
    flat = np.ravel_multi_index((age_band(born, day), time_band(start, day)), shape)
    totals = np.bincount(flat, weights, minlength=shape[0] * shape[1]).astype(np.int64)
    return pd.Series(
        totals, pd.MultiIndex.from_product([codes.AGE_BANDS, codes.TIMES], names=["age_band", "time_since_start"])
    )


def durations(plans: pd.DataFrame, span: Span) -> pd.DataFrame:
    """age_at_start, duration, plans: plans that ended on a day covered; every combination.

    Those who left, not those who started: long plans are as frequent as among leavers.
    """
    done = plans[(plans["end"] >= span.first) & (plans["end"] <= span.last)]
    born, start, end = (done[name].to_numpy(np.int64) for name in ("born", "start", "end"))
    shape = len(codes.AGE_BANDS), len(codes.TIMES)
    flat = np.ravel_multi_index((age_band(born, start), time_band(start, end)), shape)
    index = pd.MultiIndex.from_product([codes.AGE_BANDS, codes.TIMES], names=["age_at_start", "duration"])
    return pd.Series(np.bincount(flat, minlength=shape[0] * shape[1]), index, name="plans").reset_index()


def conferences(held: pd.DataFrame, span: Span) -> pd.DataFrame:
    """month, kind, children, children_in_families, conferences; every month covered and every kind.

    children    counted once a day; missing (NA) for a month whose return does not give that kind
    kind        s47 (enquiries), icpc (initial, after an enquiry), transfer_in, icpc_other, rcpc (review)
    conferences one for each family and day, of the children whose family is known: children_in_families / conferences is
                children per conference. Only CSV files with a FamilyID column give it; missing (NA) elsewhere
    """
    first, last = (np.datetime64(day, "D").astype("datetime64[M]") for day in (span.first, span.last))
    months = [str(month) for month in np.arange(first, last + 1)]
    held = held.assign(month=held["day"].to_numpy(np.int64).astype("datetime64[D]").astype("datetime64[M]").astype(str))
    family = held[held["family"] != ""]
    keys = ["month", "kind"]
    table = pd.DataFrame(index=pd.MultiIndex.from_product([months, codes.KINDS], names=keys))
    table["children"] = held.groupby(keys).size().reindex(table.index, fill_value=0)
    table["children_in_families"] = family.groupby(keys).size().reindex(table.index, fill_value=0)
    known = [span.knows(TABLES[kind], min(day_number(last_day(month)), span.last)) for month, kind in table.index]
    table["children"] = table["children"].astype("Int64").where(known)
    meetings = family.drop_duplicates([*keys, "family", "day"]).groupby(keys).size()
    table["conferences"] = meetings.reindex(table.index).astype("Int64")
    return table.reset_index()


def linked(plans: pd.DataFrame, hashes: frozenset[str]) -> pd.DataFrame:
    """age_band (at the last plan's start), children, linked: children with a plan, and those among `hashes`."""
    last = plans.sort_values(["child", "start"]).drop_duplicates("child", keep="last")
    born, start = last["born"].to_numpy(np.int64), last["start"].to_numpy(np.int64)
    every = np.ones(len(last), dtype=bool)
    return pd.DataFrame(
        {
            "age_band": codes.AGE_BANDS,
            "children": _by_band(born, start, every),
            "linked": _by_band(born, start, last["child"].isin(hashes).to_numpy(dtype=bool)),
        }
    )
