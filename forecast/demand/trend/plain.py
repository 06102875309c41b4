"""Random walks on the logarithm of a count: no change, its own past drift, half the country's growth. No fitting.

A change over m months of a random walk has m times a month's variance, so annual and monthly changes are one evidence
once each is squared and divided by its months.
"""

import numpy as np

from forecast.case.months import MONTHS_A_YEAR
from forecast.demand.trend.series import Ask, Fit, Series, Unfit, logs_of, places

CLOSED_FORM = "closed form"
# SD of a month's change of the logarithm where the series cannot tell: 0.02 a month is 7% a year (0.02 x sqrt 12), the
# plain size of a year's change in a council's count of a few hundred children. The caller may give another.
LEAST_SD = 0.02
# A spread read off fewer changes than three says more of chance than of the council.
LEAST_CHANGES = 3
# Half of the country's growth: half-way between a council going its own way and one following the country.
SHARE_OF_NATIONAL_GROWTH = 0.5


def changes(series: Series) -> tuple[np.ndarray, np.ndarray]:
    """Changes of the logarithm between neighbouring counts, and the months each took, both [change]."""
    return np.diff(logs_of(series.counts)), np.diff(places(series.months))


def monthly_sd(series: Series, least_sd: float) -> tuple[float, tuple[str, ...]]:
    """SD of a month's change about no change, and a note if it is the caller's and not the series' own."""
    change, took = changes(series)
    if len(change) < LEAST_CHANGES:
        return least_sd, given(least_sd, f"fewer than {LEAST_CHANGES} changes to read it from")
    if not change.any():
        return least_sd, given(least_sd, "the counts never change")
    return float(np.sqrt(np.mean(change**2 / took))), ()


def given(least_sd: float, reason: str) -> tuple[str, ...]:
    """The note that the spread is the caller's, and why."""
    return (f"spread of {least_sd:g} a month taken as given: {reason}",)


def random_walk(start: float, sd: float, ask: Ask) -> np.ndarray:
    """Paths of a logarithm that begins at `start` and takes normal steps of `sd` a month, [draw x month]."""
    return start + np.cumsum(ask.rng.normal(0, sd, (ask.draws, ask.months)), axis=1)


def months_ahead(ask: Ask) -> np.ndarray:
    """1, 2, 3 ..., [month]."""
    return np.arange(1, ask.months + 1)


def no_change(series: Series, ask: Ask) -> Fit:
    """The last count is the median of every month; the spread is the council's own past changes'."""
    sd, notes = monthly_sd(series, ask.least_sd)
    return Fit(random_walk(logs_of(series.counts[-1]), sd, ask), CLOSED_FORM, notes)


def drift(series: Series, ask: Ask) -> Fit:
    """The mean change a month goes on; how well the past tells it is part of the spread.

    Raises Unfit with fewer than three changes: the drift would be one or two changes carried on for ever.
    """
    change, took = changes(series)
    if len(change) < LEAST_CHANGES:
        raise Unfit(f"fewer than {LEAST_CHANGES} changes to read a drift from")
    mean = change.sum() / took.sum()
    left = change - mean * took
    sd, notes = float(np.sqrt(np.sum(left**2 / took) / (len(change) - 1))), ()
    if np.allclose(left, 0):  # a past without chance is no proof that there is none ahead
        sd, notes = ask.least_sd, given(ask.least_sd, "the counts always changed at one pace")
    drifts = ask.rng.normal(mean, sd / np.sqrt(took.sum()), (ask.draws, 1))
    return Fit(random_walk(logs_of(series.counts[-1]), sd, ask) + drifts * months_ahead(ask), CLOSED_FORM, notes)


def half_national(series: Series, ask: Ask) -> Fit:
    """No change, plus half of the country's growth. Raises Unfit if that growth is not given."""
    if ask.national_growth is None or not np.isfinite(ask.national_growth):
        raise Unfit("no national growth was given")
    flat = no_change(series, ask)
    a_month = SHARE_OF_NATIONAL_GROWTH * ask.national_growth / MONTHS_A_YEAR
    return Fit(flat.logs + a_month * months_ahead(ask), flat.verdict, flat.notes)
