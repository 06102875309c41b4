"""A series of counts at month ends put right on the way in, and what every trend method asks for and gives back."""

import re
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.months import MONTHS_A_YEAR, months_between

A_MONTH = re.compile(r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])", re.ASCII)
# Added to a count before its logarithm is taken, so that a count of none has one.
HALF_A_COUNT = 0.5
# A note names so many months and then says how many more there are: it is read by a person.
MONTHS_NAMED = 3
# No count is let above a thousand times the largest ever seen. No real forecast comes near; where a wild past makes the
# spread enormous, the ceiling keeps the numbers finite. The second bound does the same for counts near the largest
# number the machine can hold.
MOST_TIMES_THE_LARGEST = 1_000
LARGEST_LOG = float(np.log(np.finfo(float).max)) - 1


@dataclass(frozen=True)
class Series:
    """Counts at the ends of months, as they were published: annual and monthly points mix, none is made up.

    months    2011-03 and the like, in order, no month twice, gaps allowed
    counts    [point] at least 0
    exposure  [point] children in the population, all on one base; None: not known
    notes     what was put right on the way in, in plain English
    """

    months: tuple[str, ...]
    counts: np.ndarray
    exposure: np.ndarray | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trend:
    """Paths of a count after its last observation.

    method   the method asked for
    used     the method whose paths these are; another than the one asked for after a fall-back
    verdict  converged, closed form, or fell back to no change: and the reason
    paths    [draw x month] counts at the ends of the months after the last observation; finite, at least 0
    notes    what was put right in the series and what to know of the method's paths
    """

    method: str
    used: str
    verdict: str
    paths: np.ndarray
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Ask:
    """What is asked of a method.

    months           how many months after the last observation
    draws            how many paths
    rng              the method's own generator
    least_sd         SD of a month's change of the logarithm, for a past too short or too still to tell its own
    exposure_ahead   [month] children in the population in those months; None: as at the last observation
    national_growth  scalar  growth of the country's count a year, as a difference of logarithms; None: not known
    """

    months: int
    draws: int
    rng: np.random.Generator
    least_sd: float
    exposure_ahead: np.ndarray | None = None
    national_growth: float | None = None


@dataclass(frozen=True)
class Fit:
    """What a method gives: logs [draw x month] of count + a half; how it was fitted; what to know of it."""

    logs: np.ndarray
    verdict: str
    notes: tuple[str, ...] = ()


class Unfit(Exception):
    """A method cannot be used on this series; the message is the reason, in plain words."""


def tidy(months, counts, exposure=None) -> Series:
    """A usable series: in order of time, each month once, every count a number of at least 0.

    months, counts, exposure  [point] in any order; months as 2011-03; exposure None if it is not known
    What is left out is said in the notes. Raises BadInput if no count is left, ValueError if the lengths differ.
    """
    people = [1] * len(counts) if exposure is None else exposure
    rows, why = [], defaultdict(list)
    for month, count, children in zip(months, counts, people, strict=True):
        fault = _fault(str(month), _number(count), _number(children))
        if fault:
            why[fault].append(str(month))
        else:
            rows.append((str(month), _number(count), _number(children)))
    kept = _each_month_once(rows, why)
    notes = tuple(_left_out(fault, where) for fault, where in sorted(why.items()))
    if not kept:
        wrong = "; ".join(notes) or "it is empty"
        raise BadInput(f"No usable count in the series: {wrong}. Give at least one month with a count of 0 or more.")
    names, numbers, people = zip(*kept, strict=True)
    return Series(names, np.array(numbers), None if exposure is None else np.array(people), notes)


def _number(value) -> float:
    """The value as a number; not a number if it is none."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return np.nan


def _fault(month: str, count: float, children: float) -> str:
    """Why a point cannot be used; empty if it can."""
    if not A_MONTH.fullmatch(month):
        return "month not written as 2011-03"
    if np.isnan(count):
        return "missing"
    if np.isinf(count):
        return "not a finite number"
    if count < 0:
        return "negative"
    if not (np.isfinite(children) and children > 0):
        return "population missing or not above 0"
    return ""


def _each_month_once(rows: list[tuple], why: dict[str, list[str]]) -> list[tuple]:
    """Rows in order, a month told twice alike once; one told twice differently is left out, and `why` says so."""
    told = defaultdict(list)
    for row in rows:
        told[row[0]].append(row)
    kept = []
    for month in sorted(told):
        first, *others = told[month]
        if all(first == other for other in others):
            kept.append(first)
        else:
            why["given more than once, not alike"] += [month] * len(told[month])
    return kept


def _left_out(fault: str, where: list[str]) -> str:
    """2 counts left out: negative (2012-03, 2013-03)."""
    where = sorted(where)
    more = len(where) - MONTHS_NAMED
    named = ", ".join(where[:MONTHS_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"{len(where)} {'count' if len(where) == 1 else 'counts'} left out: {fault} ({named})"


def logs_of(counts) -> np.ndarray:
    """Logarithm of count + a half, same shape."""
    return np.log(np.asarray(counts, float) + HALF_A_COUNT)


def counts_of(logs: np.ndarray, series: Series) -> np.ndarray:
    """Counts from logarithms of count + a half, same shape: at least 0, and finite."""
    ceiling = logs_of(series.counts.max()) + np.log(MOST_TIMES_THE_LARGEST)
    return np.maximum(np.exp(np.minimum(logs, min(ceiling, LARGEST_LOG))) - HALF_A_COUNT, 0)


def places(months: tuple[str, ...]) -> np.ndarray:
    """Months since the first one, [point]."""
    since = np.array([(int(month[:4]), int(month[5:])) for month in months])
    months_since_year_0 = since[:, 0] * MONTHS_A_YEAR + since[:, 1]
    return months_since_year_0 - months_since_year_0[0]


def months_after(month: str, months: int) -> list[str]:
    """The months that follow a month."""
    return months_between(month, str(pd.Period(month, freq="M") + months))[1:]
