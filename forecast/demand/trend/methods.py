"""The methods by name, and the one door to them: fit, check, and fall back to a plainer method with the reason said."""

from dataclasses import replace
from functools import partial
from hashlib import sha256

import numpy as np

from forecast.case.errors import BadInput
from forecast.demand.trend.plain import LEAST_SD, drift, half_national, no_change
from forecast.demand.trend.prophets import FLAT, LINEAR, prophet
from forecast.demand.trend.series import HALF_A_COUNT, Ask, Fit, Series, Trend, Unfit, counts_of, tidy
from forecast.demand.trend.statespace import damped_trend, local_level

NO_CHANGE = "no change"
# name -> forecaster(series, ask), which gives a Fit or raises Unfit; the order is that of every table of methods
METHODS = {
    NO_CHANGE: no_change,
    "drift": drift,
    "half national": half_national,
    "local level": local_level,
    "damped trend": damped_trend,
    "prophet": partial(prophet, growth=FLAT),
    "prophet damped": partial(prophet, growth=LINEAR),
}
# A forecast whose upper end is ten times anything ever seen, or whose lower end is a tenth of it, has run away.
TIMES_TOO_FAR = 10
UPPER_END = 0.9
LOWER_END = 0.1
# Of a SHA-256 of the method's name, the bytes that make its number: enough that no two names share one.
BYTES_OF_A_NAME = 8


def generator(method: str, seed: int) -> np.random.Generator:
    """The method's own generator: same seed, same numbers, on every machine and in every process."""
    number = int.from_bytes(sha256(method.encode()).digest()[:BYTES_OF_A_NAME], "big")
    return np.random.default_rng([seed, number])


def check_ask(method: str, months: int, draws: int, ahead: np.ndarray | None) -> None:
    """Raises BadInput if the method has no name here, or a number asked for makes no sense."""
    if method not in METHODS:
        raise BadInput(f"No trend method is called {method!r}. Use one of: {', '.join(METHODS)}.")
    if months < 1 or draws < 1:
        raise BadInput(f"A trend needs at least 1 month and 1 draw; {months} and {draws} were asked for.")
    if ahead is not None and (ahead.shape != (months,) or not (np.isfinite(ahead) & (ahead > 0)).all()):
        raise BadInput(
            f"The population ahead must be {months} numbers above 0, one a month; its shape is {ahead.shape}."
        )


def check_paths(paths: np.ndarray, series: Series) -> None:
    """Raises Unfit if paths [draw x month] run away from everything seen.

    A half is added on both sides, as in the fit: a count of 0 or 1 may come and go. Once the last count is 0, none is
    too low.
    """
    low, high = np.quantile(paths, [LOWER_END, UPPER_END], axis=0) + HALF_A_COUNT
    if (high > TIMES_TOO_FAR * (series.counts.max() + HALF_A_COUNT)).any():
        raise Unfit(f"the forecast exploded to over {TIMES_TOO_FAR} times the largest count seen")
    if series.counts[-1] > 0:
        smallest = series.counts[series.counts > 0].min() + HALF_A_COUNT
        if (low < smallest / TIMES_TOO_FAR).any():
            raise Unfit(f"the forecast collapsed to under 1/{TIMES_TOO_FAR} of the smallest count seen")


def attempt(method: str, series: Series, ask: Ask) -> tuple[Fit, np.ndarray]:
    """The method's fit and its checked paths of counts [draw x month]. Raises Unfit."""
    try:
        fit = METHODS[method](series, ask)
    except ImportError as error:
        raise Unfit("the library it needs is not installed") from error
    if not np.isfinite(fit.logs).all():
        raise Unfit("the fit gave numbers that are not finite")
    paths = counts_of(fit.logs, series)
    try:
        check_paths(paths, series)
    except Unfit as reason:
        if method != NO_CHANGE:
            raise
        fit = replace(fit, notes=(*fit.notes, f"there is no plainer method to fall back to, though {reason}"))
    return fit, paths


def forecast(
    method: str,
    series: Series,
    months: int,
    draws: int,
    seed: int,
    exposure_ahead=None,
    national_growth: float | None = None,
    *,
    least_sd: float = LEAST_SD,
) -> Trend:
    """Paths of the count for the months after the last observation, by the method or, if it fails, by no change.

    months, draws    how many months ahead, how many paths
    seed             at least 0; the same seed gives the same paths. A fall-back gives those of no change itself.
    exposure_ahead   [month] children in the population in those months; used by the state-space methods
    national_growth  growth of the country's count a year, as a difference of logarithms; used by half national
    least_sd         SD of a month's change of the logarithm where the series is too short or still to tell its own
    Raises BadInput for a name that is no method, numbers that make no sense, or a series with no usable count.
    """
    ahead = None if exposure_ahead is None else np.asarray(exposure_ahead, float)
    check_ask(method, months, draws, ahead)
    clean = tidy(series.months, series.counts, series.exposure)
    notes = tuple(dict.fromkeys(series.notes + clean.notes))

    def ask(name: str) -> Ask:
        return Ask(months, draws, generator(name, seed), least_sd, ahead, national_growth)

    try:
        (fit, paths), used = attempt(method, clean, ask(method)), method
        verdict = fit.verdict
    except Unfit as reason:
        (fit, paths), used = attempt(NO_CHANGE, clean, ask(NO_CHANGE)), NO_CHANGE
        verdict = f"fell back to {NO_CHANGE}: {reason}"
    return Trend(method, used, verdict, paths, notes + fit.notes)
