"""How far councils' misses go together: the range of a total of councils is not the sum of theirs."""

import numpy as np
import pandas as pd
from scipy.special import ndtri

from forecast.record.panel import SCORED
from forecast.record.strict import CLOSED

LEAST_CHANCE = 0.0005  # half a draw in a thousand: an outturn outside every draw is as far out as that
RESAMPLES = 2000
TENTH, NINTH = 0.1, 0.9
COMMAND = "forecast backtest --panel PANEL --editions EDITIONS --spend UNIT_COSTS --spend CATEGORIES --keep"
COLUMNS = ["measure", "horizon", "origins", "councils", "correlation", "low", "high", "how", "command"]
HOW = (
    "mean product of two councils' misses from one origin, over their mean square; a miss is where the outturn fell in "
    "the forecast's draws, as a normal score; 80% interval, origins resampled"
)


def table(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The correlation between two councils' misses of this forecast, by measure and years ahead.

    frame  a back-test's scores: measure, method, origin, horizon, council, pit
    """
    held = frame[frame["method"] == CLOSED]
    held = held.assign(miss=ndtri(held["pit"].clip(LEAST_CHANCE, 1 - LEAST_CHANCE)))
    rows = []
    for (measure, horizon), group in held.groupby(["measure", "horizon"], sort=False):
        by_origin = group.groupby("origin")["miss"].agg(["sum", "count", lambda miss: (miss**2).sum()]).to_numpy().T
        total, n, squares = by_origin[:, by_origin[1] > 1]
        if not n.size:
            continue
        both, own = (total**2 - squares) / (n * (n - 1)), squares / n
        pick = np.random.default_rng(seed).integers(0, n.size, (RESAMPLES, n.size))
        ends = np.quantile(both[pick].mean(axis=1) / own[pick].mean(axis=1), [TENTH, NINTH])
        figures = np.clip([both.mean() / own.mean(), *ends], 0, 1).round(4)  # misses do not part councils
        rows.append([measure, horizon, n.size, group["council"].nunique(), *figures, HOW, COMMAND])
    rows.sort(key=lambda row: (list(SCORED).index(row[0]), row[1]))
    return pd.DataFrame(rows, columns=COLUMNS)
