"""The pooled walk: how far the counts of many councils of the same size moved, whatever moved them."""

import numpy as np
import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.months import MONTHS_A_YEAR


def quantiles(table: pd.DataFrame, measure: str, last: float) -> tuple[np.ndarray, np.ndarray]:
    """Levels [level] and the log change at each horizon, [year x level], of councils of this size.

    table  measure, horizon (years), stock_from, stock_below, level, log_change
    Raises BadInput if the table holds no row for the measure and size.
    """
    rows = table[(table["measure"] == measure) & (table["stock_from"] <= last) & (last < table["stock_below"])]
    if rows.empty:
        raise BadInput(f"the table of changes has no row for {measure} and a count of {last:g}")
    wide = rows.pivot(index="horizon", columns="level", values="log_change").sort_index()
    return wide.columns.to_numpy(float), wide.to_numpy(float)


def pooled_walk(table: pd.DataFrame, measure: str, last: float, months: int, draws: int) -> np.ndarray:
    """Paths of the count, [draw x month]: each draw keeps its rank, and moves as councils of that rank moved.

    Between the years of the table a draw moves in step with time; in the first year with the root of time, as a walk's
    spread does. Beyond the tabled levels the change goes on at the slope between the last two.
    """
    levels, change = quantiles(table, measure, last)
    ranks = (np.arange(draws) + 0.5) / draws
    by_year = np.array([_beyond(ranks, levels, row) for row in change])
    time = np.arange(1, months + 1) / MONTHS_A_YEAR
    years = np.arange(1, len(by_year) + 1)
    path = np.array([np.interp(time, years, draw) for draw in by_year.T])
    early = time < 1
    path[:, early] = by_year[0][:, None] * np.sqrt(time[early])
    return last * np.exp(path)


def _beyond(ranks: np.ndarray, levels: np.ndarray, change: np.ndarray) -> np.ndarray:
    """The quantile function at `ranks`, carried on in a straight line past the first and last level."""
    inside = np.interp(ranks, levels, change)
    low = change[0] + (ranks - levels[0]) * (change[1] - change[0]) / (levels[1] - levels[0])
    high = change[-1] + (ranks - levels[-1]) * (change[-1] - change[-2]) / (levels[-1] - levels[-2])
    return np.where(ranks < levels[0], low, np.where(ranks > levels[-1], high, inside))


def quantile_average(*paths: np.ndarray) -> np.ndarray:
    """The mean of several forecasts' quantiles, [draw x month]; all must have as many draws."""
    return np.mean([np.sort(one, axis=0) for one in paths], axis=0)


def mixture(*paths: np.ndarray) -> np.ndarray:
    """All forecasts together, each draw as likely: [draws of all x month]."""
    return np.concatenate(paths)
