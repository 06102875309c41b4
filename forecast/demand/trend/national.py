"""Growth of the whole country."""

import numpy as np
import pandas as pd

LONG_RUN = 10  # years of growth without which a long-run pace is not known


def yearly_growth(stock: pd.Series) -> pd.Series:
    """Log growth in each year for which the year before is held too. `stock` is indexed by year; blanks are gaps."""
    log = np.log(stock.dropna().astype(float))
    before = log.rename(lambda year: year + 1)
    return (log - before).dropna()
