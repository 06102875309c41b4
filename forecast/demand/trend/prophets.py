"""Prophet on the logarithm of counts: flat, or with a trend that fades after the last count.

What is known to go wrong with Prophet is closed off here: dates are given month end by month end (its own default
future is daily), counts cannot go below zero (logarithms), its global random numbers are seeded and put back, and its
messages are kept quiet. Its flat trend has one level for the whole history and no doubt about it: the spread is noise
alone.
"""

import logging
import warnings
from contextlib import contextmanager

import numpy as np
import pandas as pd

from forecast.case.months import last_day
from forecast.demand.trend.plain import changes
from forecast.demand.trend.series import Ask, Fit, Series, Unfit, logs_of, months_after, places
from forecast.demand.trend.statespace import CONVERGED, DAMPING, LEAST_POINTS

FLAT = "flat"
LINEAR = "linear"
NOTES = {
    FLAT: ("Prophet's flat trend is one level for all the past; the spread is noise alone",),
    LINEAR: ("Prophet's trend so far is taken as known; the spread is noise and changes of slope to come",),
}
# Two years of monthly counts: with fewer a season is seen once and cannot be told from a single event.
LEAST_MONTHLY_POINTS = 24
# Prophet's seeds are 32-bit numbers.
LARGEST_SEED = 2**32 - 1
# Prophet reads the step of the future off its dates; from a single date it takes that of the past, which may be a year.
LEAST_MONTHS_AHEAD = 2
# Months whose ends Prophet's calendar (64-bit nanoseconds) can hold.
FIRST_MONTH, LAST_MONTH = "1678-01", "2261-12"
LOGGERS = ["prophet", "prophet.plot", "prophet.models", "cmdstanpy"]


@contextmanager
def quiet():
    """Prophet and its Stan log and warn of nothing while this lasts; what goes wrong is raised, not logged."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled


@contextmanager
def seeded(seed: int):
    """numpy's global generator seeded, for Prophet knows no other, and put back as it was."""
    before = np.random.get_state()
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(before)


def month_ends(months) -> pd.DatetimeIndex:
    """The last days of months, [month]."""
    return pd.DatetimeIndex([pd.Timestamp(last_day(month)) for month in months])


def monthly_points(series: Series) -> int:
    """Counts that stand in an unbroken run of months, the longest run."""
    longest = run = 1
    for gap in np.diff(places(series.months)):
        run = run + 1 if gap == 1 else 1
        longest = max(longest, run)
    return longest


def usable(series: Series, ahead: list[str]) -> None:
    """Raises Unfit if Prophet should not be asked."""
    if len(series.counts) < LEAST_POINTS:
        raise Unfit(f"fewer than {LEAST_POINTS} counts")
    if not changes(series)[0].any():
        raise Unfit("the counts never change")
    if series.months[0] < FIRST_MONTH or ahead[-1] > LAST_MONTH:
        raise Unfit("months that Prophet's calendar cannot hold")


def samples(series: Series, ahead: list[str], growth: str, seed: int, draws: int) -> dict[str, np.ndarray]:
    """Prophet's draws of `trend` and `yhat` at the last observation and the months ahead, [1 + month x draw] each."""
    from prophet import Prophet

    seasons = monthly_points(series) >= LEAST_MONTHLY_POINTS
    past = pd.DataFrame({"ds": month_ends(series.months), "y": logs_of(series.counts)})
    model = Prophet(
        growth=growth,
        yearly_seasonality=seasons,
        weekly_seasonality=False,
        daily_seasonality=False,
        uncertainty_samples=draws,
    )
    with seeded(seed):
        model.fit(past, seed=seed)
        return model.predictive_samples(pd.DataFrame({"ds": month_ends([series.months[-1], *ahead])}))


def damped(trend: np.ndarray) -> np.ndarray:
    """The trend, each month's change shrunk by the damping to the power of the month, [month + 1 x draw]."""
    steps = np.diff(trend, axis=0)
    shrunk = steps * DAMPING ** np.arange(1, len(steps) + 1)[:, None]
    return trend[:1] + np.concatenate([np.zeros_like(trend[:1]), np.cumsum(shrunk, axis=0)])


def prophet(series: Series, ask: Ask, growth: str) -> Fit:
    """Prophet's paths, its trend flat or fading as the damped trend does. Raises Unfit where it cannot be used."""
    ahead = months_after(series.months[-1], max(ask.months, LEAST_MONTHS_AHEAD))
    usable(series, ahead)
    seed = int(ask.rng.integers(LARGEST_SEED))
    with quiet():
        try:
            drawn = samples(series, ahead, growth, seed, ask.draws)
        except ImportError as error:
            raise Unfit("Prophet is not installed") from error
        except (RuntimeError, ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
            raise Unfit("Prophet's fit broke down") from error
    trend = damped(drawn["trend"]) if growth == LINEAR else drawn["trend"]
    logs = (trend + drawn["yhat"] - drawn["trend"])[1:].T
    return Fit(logs[:, : ask.months], CONVERGED, NOTES[growth])
