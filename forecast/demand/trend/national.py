"""Growth of the whole country: its long-run pace, and this year's departure from it, which fades."""

import numpy as np
import pandas as pd

LONG_RUN = 10  # years of growth without which a long-run pace is not known


def yearly_growth(stock: pd.Series) -> pd.Series:
    """Log growth in each year for which the year before is held too. `stock` is indexed by year; blanks are gaps."""
    log = np.log(stock.dropna().astype(float))
    before = log.rename(lambda year: year + 1)
    return (log - before).dropna()


def change_ahead(stock: pd.Series, persistence: float, years: int) -> np.ndarray:
    """Expected log change of the country's stock 1, 2, ... years ahead, [year].

    stock        year -> children, up to the origin
    persistence  share of a departure from the long-run pace that is left a year later, 0 to 1
    No change where fewer than ten years of growth are held: a pace cannot be told from so few.
    """
    growth = yearly_growth(stock)
    if growth.size < LONG_RUN:
        return np.zeros(years)
    pace, last = growth.mean(), growth.iloc[-1]
    ahead = np.arange(1, years + 1)
    return np.cumsum(pace + persistence**ahead * (last - pace))
