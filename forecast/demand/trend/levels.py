"""Return to a lasting level: a council's rate against the country's is partly its own for good, partly passing.

    log(council's rate / country's rate) = lasting level + passing departure + chance of the count

The lasting level differs between councils; a passing departure fades by a fixed share a year; chance is that of
children who come in families. All three are normal with mean 0, so the best forecast of the years ahead, given every
year seen, is the conditional mean of a normal vector: closed form, any gaps (Rasmussen and Williams 2006, eq. 2.23).
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Departures:
    """How councils depart from the country.

    lasting  SD between councils of the level that stays, on the log scale
    passing  SD of the departure that fades
    kept     share of a passing departure left after a year, 0 to 1
    family   children counted as one: the count's relative variance is family / count
    """

    lasting: float
    passing: float
    kept: float
    family: float

    def covariance(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Between departures at two sets of times (years), without the chance of the counts."""
        apart = np.abs(np.subtract.outer(first, second))
        return self.lasting**2 + self.passing**2 * self.kept**apart


def change_ahead(years: np.ndarray, departure: np.ndarray, counts: np.ndarray, model: Departures, ahead: np.ndarray):
    """Expected log change from the last count to each time ahead, and its variance, both [ahead].

    years      [point]  when each count was made, in years; the last is the origin
    departure  [point]  log(council's rate / country's rate)
    counts     [point]  children, above 0
    ahead      [ahead]  years after the origin
    The variance is that of the rate to come, without the chance of its count.
    """
    when = years[-1] + np.asarray(ahead, float)
    seen = model.covariance(years, years) + np.diag(model.family / counts)
    across = model.covariance(when, years)
    gain = np.linalg.solve(seen, across.T).T
    variance = np.diag(model.covariance(when, when) - gain @ across.T)
    return gain @ departure - departure[-1], variance
