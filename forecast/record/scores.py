"""Scores of forecasts whose outturn is known: errors, ranges, CRPS, and one method against another.

[forecast] is one entry for each forecast scored: a council, measure, method, origin and horizon.
Units are the measure's own (children) unless a line says otherwise. Every function raises ValueError for a missing
or infinite number and for arrays of different lengths: a score that drops cases silently is not a score.

Sources: Gneiting and Raftery 2007 (CRPS, quantile score), Hyndman and Koehler 2006 (MASE), Dawid 1984 (PIT).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

LEVELS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}  # the three quantiles that the toolkit publishes
BINS = 10  # tenths: the 80% range is then the eight bins in the middle
INTERVALS = {"80": (0.1, 0.9), "95": (0.025, 0.975)}  # two-sided bootstrap intervals, equal tails
ONE_FORECAST = ["council", "measure", "origin", "horizon"]
ONE_ROW = ["measure", "method", "horizon"]
COLUMNS = [*ONE_FORECAST, "method", "outturn", *LEVELS, "crps", "last", "scale"]


@dataclass(frozen=True)
class Mean:
    """A mean over the forecasts that have one, and how many had to be left out.

    value     NaN if all were left out
    left_out  forecasts whose divisor is zero
    """

    value: float
    left_out: int


@dataclass(frozen=True)
class Bias:
    """Mean of forecast less outturn.

    children  positive: too high
    share     total of forecast less outturn over total outturn; NaN if all outturns are zero
    """

    children: float
    share: float


@dataclass(frozen=True)
class Ratio:
    """Total CRPS of one method over that of another, below 1 if the first is better, with bootstrap intervals.

    councils   how many were resampled
    forecasts  how many both methods have
    """

    ratio: float
    low80: float
    high80: float
    low95: float
    high95: float
    councils: int
    forecasts: int


def crps(draws: np.ndarray, outturn: np.ndarray) -> np.ndarray:
    """Continuous ranked probability score of each ensemble, [forecast]; 0 is best.

    draws    [forecast x draw], in any order
    outturn  [forecast]

    It is E|X - y| - E|X - X'| / 2 with X and X' drawn from the ensemble with replacement (the V-statistic), written as
    twice the mean quantile score of the sorted draws, the i-th of n at level (i - 1/2) / n (Laio and Tamea 2007). The
    two are equal; this one is a sum of terms none of which is negative, so nothing cancels.
    """
    draws, outturn = _ensemble(draws, outturn)
    count = draws.shape[1]
    levels = (np.arange(count) + 0.5) / count
    return 2 * _quantile_score(np.sort(draws, axis=1), levels, outturn[:, None]).mean(axis=1)


def pinball(quantile: np.ndarray, level: float, outturn: np.ndarray) -> np.ndarray:
    """Quantile score of each forecast, [forecast]; 0 is best. `level` is between 0 and 1 (Koenker and Bassett 1978)."""
    quantile, outturn = _numbers(quantile, outturn)
    if not 0 < level < 1:
        raise ValueError(f"level is {level}: expected a number between 0 and 1, such as 0.9")
    return _quantile_score(quantile, level, outturn)


def _quantile_score(quantile, level, outturn):
    missed = outturn - quantile
    return np.where(missed >= 0, level * missed, (level - 1) * missed)


def coverage(low: np.ndarray, high: np.ndarray, outturn: np.ndarray) -> float:
    """Share of outturns inside the range, both ends included."""
    low, high, outturn = _numbers(low, high, outturn)
    _in_order(low, high)
    return float(((low <= outturn) & (outturn <= high)).mean())


def width(low: np.ndarray, high: np.ndarray) -> float:
    """Mean width of the range."""
    low, high = _numbers(low, high)
    _in_order(low, high)
    return float((high - low).mean())


def mae(forecast: np.ndarray, outturn: np.ndarray) -> float:
    """Mean absolute error."""
    forecast, outturn = _numbers(forecast, outturn)
    return float(np.abs(forecast - outturn).mean())


def mape(forecast: np.ndarray, outturn: np.ndarray) -> Mean:
    """Mean absolute error as a share of the outturn (0.1 is 10%); outturns of zero are left out and counted."""
    forecast, outturn = _numbers(forecast, outturn)
    return _mean_of_ratios(np.abs(forecast - outturn), np.abs(outturn))


def mase(error: np.ndarray, naive_scale: np.ndarray) -> Mean:
    """Mean absolute scaled error: below 1 is better than no change was, on average, in the years up to the origin.

    error        [forecast] forecast less outturn
    naive_scale  [forecast] mean absolute change of the council's series over one step of the same length, in the
                 years up to the origin only; a series that never changed has scale zero, is left out and counted
    """
    error, naive_scale = _numbers(error, naive_scale)
    if (naive_scale < 0).any():
        raise ValueError("naive_scale is negative: expected a mean absolute change")
    return _mean_of_ratios(np.abs(error), naive_scale)


def _mean_of_ratios(over: np.ndarray, under: np.ndarray) -> Mean:
    held = under > 0
    value = float((over[held] / under[held]).mean()) if held.any() else float("nan")
    return Mean(value, int((~held).sum()))


def bias(forecast: np.ndarray, outturn: np.ndarray) -> Bias:
    """Mean of forecast less outturn, in children and as a share of the outturns' total."""
    forecast, outturn = _numbers(forecast, outturn)
    error, total = forecast - outturn, outturn.sum()
    return Bias(float(error.mean()), float(error.sum() / total) if total else float("nan"))


def pit(draws: np.ndarray, outturn: np.ndarray) -> np.ndarray:
    """Place of each outturn among its draws, [forecast], 0 to 1: the share below, and half of the share equal to it.

    Half of the ties (the mid-rank) stands for the usual random place among them, so that the same forecasts always
    have the same histogram (Czado, Gneiting and Held 2009).
    """
    draws, outturn = _ensemble(draws, outturn)
    below, equal = draws < outturn[:, None], draws == outturn[:, None]
    return below.mean(axis=1) + equal.mean(axis=1) / 2


def pit_histogram(pit: np.ndarray, bins: int = BINS) -> np.ndarray:
    """Share of the outturns in each equal slice of 0 to 1, [bin]; a sound forecast has about 1 / bins in each.

    A place on the edge of two slices counts in the upper one.
    """
    (pit,) = _numbers(pit)
    if pit.min() < 0 or pit.max() > 1:
        raise ValueError(f"pit runs from {pit.min()} to {pit.max()}: expected 0 to 1")
    return np.histogram(pit, bins, range=(0, 1))[0] / pit.size


def summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Scores of many forecasts, one row for each measure x method x horizon, sorted in that order.

    frame  one row a forecast: council, measure, method, origin, horizon, outturn, p10, p50, p90, crps, last (count at
           the origin; carried for the reader, not scored) and scale (`naive_scale` of `mase`)

    Errors and bias are those of the median. `n` is the number of forecasts; `mape_left_out` and `mase_left_out` say
    how many of them the mean could not use. bias is in children, mape and bias_share are shares, mase has no unit.
    Raises ValueError if a column is missing, a forecast stands twice, or there is none.
    """
    _check(frame)
    rows = [
        dict(zip(ONE_ROW, key, strict=True)) | {"n": len(group)} | _errors(group) | _spread(group)
        for key, group in frame.groupby(ONE_ROW)
    ]
    return pd.DataFrame(rows)


def _errors(group: pd.DataFrame) -> dict[str, float]:
    """Scores of the median."""
    median, outturn = group["p50"].to_numpy(float), group["outturn"].to_numpy(float)
    share, scaled, off = mape(median, outturn), mase(median - outturn, group["scale"]), bias(median, outturn)
    return {
        "mae": mae(median, outturn),
        "mape": share.value,
        "mape_left_out": share.left_out,
        "mase": scaled.value,
        "mase_left_out": scaled.left_out,
        "bias": off.children,
        "bias_share": off.share,
    }


def _spread(group: pd.DataFrame) -> dict[str, float]:
    """Scores of the whole forecast: CRPS, quantiles and the 80% range."""
    (scores,) = _numbers(group["crps"])
    missed = {
        f"pinball{name[1:]}": float(pinball(group[name], at, group["outturn"]).mean()) for name, at in LEVELS.items()
    }
    inside = coverage(group["p10"], group["p90"], group["outturn"])
    return {"crps": float(scores.mean()), **missed, "coverage": inside, "width": width(group["p10"], group["p90"])}


def shared(frame: pd.DataFrame, method: str, against: str) -> pd.DataFrame:
    """The rows of two methods for the forecasts that both have: what `relative` wants where one method has fewer."""
    two = frame[frame["method"].isin([method, against])]
    return two[two.groupby(ONE_FORECAST)["method"].transform("nunique") == 2]


def relative(frame: pd.DataFrame, method: str, against: str, draws: int, seed: int) -> Ratio:
    """Total CRPS of `method` over that of `against`, with 80% and 95% intervals from resampling whole councils.

    frame  as in `summary`, of one measure unless a total over several is meant
    draws  bootstrap samples

    A council's forecasts depend on one another, so the council is what is drawn with replacement, with all that it
    has under both methods (Efron and Tibshirani 1993, sections 8.4 and 13.3: percentile interval). Raises ValueError
    unless both methods have the same forecasts with the same outturns (`shared` keeps those, knowingly), there are two
    councils, and `against` has a CRPS above zero in every sample.
    """
    _check(frame)
    pairs = _pairs(frame, method, against)
    totals = pairs.groupby("council")[["crps_method", "crps_against"]].sum().to_numpy()
    if len(totals) < 2:
        raise ValueError("one council: expected at least two to resample")
    ratios = _resampled(totals, draws, np.random.default_rng(seed))
    ends = [float(np.quantile(ratios, at)) for levels in INTERVALS.values() for at in levels]
    over, under = totals.sum(axis=0)
    return Ratio(float(over / under), *ends, councils=len(totals), forecasts=len(pairs))


def _resampled(totals: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Ratio of totals in each bootstrap sample, [draw], from [council x (method, against)]."""
    councils = len(totals)
    times_drawn = rng.multinomial(councils, np.full(councils, 1 / councils), size=draws)
    over, under = (times_drawn @ totals).T
    if (under <= 0).any():
        raise ValueError("the method compared against has a CRPS of zero: no ratio can be formed")
    return over / under


def _pairs(frame: pd.DataFrame, method: str, against: str) -> pd.DataFrame:
    """One row a forecast, with the CRPS of both methods."""
    sides = [frame.loc[frame["method"] == name, [*ONE_FORECAST, "outturn", "crps"]] for name in (method, against)]
    pairs = sides[0].merge(sides[1], on=ONE_FORECAST, how="outer", suffixes=("_method", "_against"), indicator=True)
    alone = int((pairs["_merge"] != "both").sum())
    if alone or pairs.empty:
        raise ValueError(f"{method} and {against}: {alone} of {len(pairs)} forecasts stand under one of them only")
    if (pairs["outturn_method"] != pairs["outturn_against"]).any():
        raise ValueError(f"{method} and {against} hold different outturns for the same forecast")
    _numbers(pairs["crps_method"], pairs["crps_against"])
    return pairs


def _check(frame: pd.DataFrame) -> None:
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise ValueError(f"the frame of forecasts has no column {', '.join(missing)}")
    if frame.empty:
        raise ValueError("the frame of forecasts has no rows")
    if frame[[*ONE_FORECAST, "method"]].isna().any(axis=None):
        raise ValueError("a forecast has no council, measure, method, origin or horizon")
    if frame.duplicated([*ONE_FORECAST, "method"]).any():
        raise ValueError("a forecast stands twice under one method")


def _numbers(*arrays) -> list[np.ndarray]:
    """The arrays as floats, [forecast] each; ValueError unless equally long, not empty, and finite."""
    held = [np.asarray(array, float) for array in arrays]
    if any(array.ndim != 1 or array.shape != held[0].shape for array in held) or not held[0].size:
        raise ValueError(
            f"expected arrays of one length above zero, one entry a forecast, got {[a.shape for a in held]}"
        )
    if not all(np.isfinite(array).all() for array in held):
        raise ValueError("a number is missing or infinite")
    return held


def _ensemble(draws, outturn) -> tuple[np.ndarray, np.ndarray]:
    """The same for draws [forecast x draw] beside outturns [forecast]."""
    draws, (outturn,) = np.asarray(draws, float), _numbers(outturn)
    if draws.ndim != 2 or len(draws) != outturn.size or not draws.size:
        raise ValueError(f"draws have shape {draws.shape}: expected [{outturn.size} x draw]")
    if not np.isfinite(draws).all():
        raise ValueError("a draw is missing or infinite")
    return draws, outturn


def _in_order(low: np.ndarray, high: np.ndarray) -> None:
    if (low > high).any():
        raise ValueError("a range has its low end above its high end")
