"""An alarm for a break: do the latest periods still fit what came before?

The logarithm of the starts of a period is a level that walks, seen through chance. The level's walk has SD `drift` a
year (practice drift, pooled from many councils); a count's chance has variance `children_per_family` / expected count
on the logarithm, since children start in families (sibling groups). Each period is compared with what the periods
before it made expected; the difference in standard deviations is the residual. One large residual is a sudden break;
a CUSUM of residuals finds a smaller one that lasts.

What it cannot do. Seasons and trend are not modelled: monthly counts with a strong season must be rid of it first. A
drift wider than the series' own year-to-year change makes it deaf. Where fewer than some thirty children are expected
the logarithm is skewed: falls sound too easily and rises too seldom.

Sources: Harvey 1989, section 3.2 (Kalman filter of the local level); Page 1954 and Montgomery 2013, section 9.1
(CUSUM).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

# Added to a count before its logarithm: 0 then has one, and the mean logarithm of a Poisson count stays near the level.
HALF = 0.5
TENTH_TO_NINETIETH = 1.2815515655446004  # SDs either side of the median that hold 80% of a normal distribution
ENOUGH_PERIODS = 4  # with fewer, the first count's own chance rules what is expected of the next


@dataclass(frozen=True)
class Limits:
    """When the alarm sounds. All in standard deviations.

    residual  one period's residual, either way
    slack     part of each residual that the CUSUM forgives: half of the lasting shift that it should find soonest
    cusum     the sum of what was not forgiven
    """

    residual: float
    slack: float
    cusum: float


# 1% of single residuals by chance; the usual pair for a CUSUM: about one false alarm in 465 periods (Montgomery 9.1.3).
USUAL = Limits(residual=2.576, slack=0.5, cusum=5.0)


@dataclass(frozen=True)
class Alarm:
    """Does the last period fit?

    period     the period
    residual   (log counted - log expected) in standard deviations of what was expected one period ahead
    cusum      the larger of the two one-sided sums, never negative
    found      |residual| or cusum above its limit
    direction  "fewer" or "more" than expected if found, else "none"
    expected   median expected one period ahead; children
    low, high  the 80% range of the same; children
    counted    what came; children
    """

    period: str
    residual: float
    cusum: float
    found: bool
    direction: str
    expected: float
    low: float
    high: float
    counted: float


def residuals(
    counts: pd.Series, drift: float, children_per_family: float, years_a_period: float = 1.0, limits: Limits = USUAL
) -> pd.DataFrame:
    """Each period beside what the periods before it made expected; the index is that of `counts`.

    counts               starts of each period, in order of time, none missing; children
    drift                SD of the level's walk on the logarithm over a year
    children_per_family  children who start together, 1 or more in the field: the variance of a count over its mean
    years_a_period       1 for yearly counts, 1/12 for monthly
    limits               for the CUSUM, which restarts after a period in which either limit was passed

    Columns: counted, expected (median), low, high (80% range), all in children; residual, in SDs; cusum, in SDs, the
    larger of the sums for more and for fewer. The first period has nothing before it: its expected, low, high and
    residual are NaN and its cusum is 0. A count lies inside low to high exactly if |residual| is at most 1.28, save
    where the range would start below 0. Raises ValueError for a missing, infinite or negative count, for no counts,
    and for a drift below 0 or children_per_family or years_a_period not above 0.
    """
    counted = _checked(counts, drift, children_per_family, years_a_period)
    seen = np.log(counted + HALF)
    level, spread = _one_step_ahead(seen, drift**2 * years_a_period, lambda log: children_per_family / np.exp(log))
    residual = (seen - level) / spread
    expected, low, high = (_children(level + sds * spread) for sds in (0, -TENTH_TO_NINETIETH, TENTH_TO_NINETIETH))
    columns = {"counted": counted, "expected": expected, "low": low, "high": high, "residual": residual}
    return pd.DataFrame(columns | {"cusum": _cusum(residual, limits)}, index=counts.index)


def alarm(
    counts: pd.Series, drift: float, children_per_family: float, limits: Limits, years_a_period: float = 1.0
) -> Alarm:
    """Does the last period fit those before it? Arguments and errors as in `residuals`.

    With fewer than 4 periods nothing is found, whatever the residual: found is False and direction "none". What was
    expected, its range and the residual are still given from the second period on; with one period they are NaN.
    """
    last = residuals(counts, drift, children_per_family, years_a_period, limits).iloc[-1]
    found = len(counts) >= ENOUGH_PERIODS and _passes(last["residual"], last["cusum"], limits)
    # A sum that passes its limit in this period rose in this period, so the residual's sign is its direction too.
    direction = "none" if not found else "more" if last["residual"] > 0 else "fewer"
    return Alarm(period=str(counts.index[-1]), found=found, direction=direction, **last.to_dict())


def recent(
    counts: pd.Series,
    drift: float,
    children_per_family: float,
    limits: Limits,
    periods: int,
    years_a_period: float = 1.0,
) -> list[Alarm]:
    """The alarm as it stood in each of the last `periods`, oldest first: a break of last year is still news."""
    first = max(len(counts) - periods, 0) + 1
    ends = range(first, len(counts) + 1)
    return [alarm(counts.iloc[:end], drift, children_per_family, limits, years_a_period) for end in ends]


def _one_step_ahead(seen: np.ndarray, walk: float, noise: Callable[[float], float]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and SD of each period given those before it, [period] each: the Kalman filter of a local level.

    seen   [period] what was seen, on the logarithm
    walk   variance of the level's step from one period to the next
    noise  variance of what is seen around a level, as a function of the level that was expected

    Nothing is known before the first period (a diffuse start): its mean and SD are NaN.
    """
    mean, sd = np.full(seen.size, np.nan), np.full(seen.size, np.nan)
    level, uncertain = seen[0], noise(seen[0])
    for period in range(1, seen.size):
        uncertain += walk
        chance = noise(level)
        mean[period], sd[period] = level, np.sqrt(uncertain + chance)
        gain = uncertain / (uncertain + chance)
        level += gain * (seen[period] - level)
        uncertain *= 1 - gain
    return mean, sd


def _cusum(residual: np.ndarray, limits: Limits) -> np.ndarray:
    """The larger of the two one-sided sums, [period]; both restart after a period that passes a limit."""
    sums, more, fewer = np.zeros(residual.size), 0.0, 0.0
    for period in range(1, residual.size):
        more = max(0.0, more + residual[period] - limits.slack)
        fewer = max(0.0, fewer - residual[period] - limits.slack)
        sums[period] = max(more, fewer)
        if _passes(residual[period], sums[period], limits):
            more, fewer = 0.0, 0.0
    return sums


def _passes(residual: float, cusum: float, limits: Limits) -> bool:
    return bool(abs(residual) > limits.residual or cusum > limits.cusum)


def _children(log: np.ndarray) -> np.ndarray:
    return np.maximum(np.exp(log) - HALF, 0)


def _checked(counts: pd.Series, drift: float, children_per_family: float, years_a_period: float) -> np.ndarray:
    counted = counts.to_numpy(float)
    if not counted.size or not np.isfinite(counted).all() or counted.min() < 0:
        raise ValueError("counts: expected at least one period, each with a count of 0 or more and none missing")
    if not (drift >= 0 and children_per_family > 0 and years_a_period > 0):
        raise ValueError(
            f"drift {drift}, children_per_family {children_per_family}, years_a_period {years_a_period}: "
            "expected the first to be 0 or more and the others above 0"
        )
    return counted
