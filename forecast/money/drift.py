"""How spend on looked-after children drifts from what their number alone would make it: unit cost and mix.

    median    last spend x prices as expected x (mean children then / now) ** children
              x exp(growth x years  -  (1 - (1 - level) ** years) x what is spent a child above the usual
                    +  momentum x own log change of the last year)
    own       Student's t with 5 degrees of freedom, scale
              sqrt(lasting^2 x years + 2 x passing^2) x (1 + 70 / children) ** size x (own past / usual) ** (own / 2)
    country   normal, SD country x sqrt(years + years^2 / known): what all councils' cost did together, and how little
              is known of its pace

`lasting` is a walk; `passing` is what one year's return holds and the next does not (a cost moved to another line and
back): it is in the last year's return and in the year's that is forecast, hence twice. The figures are estimated by
`record.spend`; data/calibration/spend.csv holds them with their source.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.demand.totals import MOST_SURPRISE, SMALL

DEGREES = 5  # of Student's t: likelier than 3 or 10 given past outturns; a return that is wrong is a long way off
VARIANCE = DEGREES / (DEGREES - 2)
USUAL_YEARS = 5.0  # a council's own volatility is what its past shows beside so many years of the usual
TAILS = 6  # excess kurtosis of Student's t is 6 / (degrees - 4), so that is what a mixture is matched by


@dataclass(frozen=True)
class Drift:
    """What moves spend beside the number of children.

    children  power of the mean number of looked-after children
    level     share of what a council spends a child above the usual that is gone a year later
    momentum  share of its own log change of the last year that goes on; below 0 it comes back
    lasting, passing   log scale of a year's own change that stays, and of one that does not, for many children
    size, own          how both grow where children are few, and with the council's own past
    growth    log a year by which spend a child grows beyond the prices expected, in the usual council
    country   log SD of a year of that
    known     years of which its pace is the mean
    """

    children: float
    level: float
    momentum: float
    lasting: float
    passing: float
    size: float
    own: float
    growth: float
    country: float
    known: float


def from_figures(value) -> Drift:
    """The figures out of name -> value. Raises KeyError naming one that is missing."""
    return Drift(*(float(value[name]) for name in Drift.__dataclass_fields__))


def usual_scale(drift: Drift, children, years):
    """Scale of the own log change of a council whose past is as usual, over so many years."""
    return np.sqrt(drift.lasting**2 * years + 2 * drift.passing**2) * (1 + SMALL / children) ** drift.size


def volatility(changes: pd.DataFrame, children: pd.DataFrame, drift: Drift) -> pd.DataFrame:
    """Mean square of a council's own yearly log changes up to each year, over the usual, [council x year]."""
    square = ((changes / usual_scale(drift, children, 1)) ** 2).clip(upper=MOST_SURPRISE) / VARIANCE
    seen, total = square.notna().cumsum(axis=1), square.fillna(0).cumsum(axis=1)
    return (USUAL_YEARS + total) / (USUAL_YEARS + seen)


def own_scale(drift: Drift, children, years, volatile):
    """Scale of the own log change, Student's t with `DEGREES`."""
    return usual_scale(drift, children, years) * volatile ** (drift.own / 2)


def country_variance(drift: Drift, years):
    """Variance of the log change that all councils share, its unknown pace included."""
    return drift.country**2 * (years + years**2 / drift.known)


def middle(drift: Drift, moved, above, last, years):
    """Log change of the median beyond the prices expected.

    moved  log change of the mean number of children; above, last: as in the module's head
    """
    gone = 1 - (1 - drift.level) ** years
    return drift.children * moved + drift.growth * years - gone * above + drift.momentum * last


def covariance(drift: Drift, children: float, years: np.ndarray) -> np.ndarray:
    """Covariance of the log changes to different years, own and the country's, [year x year]; own past as usual."""
    first, second = np.minimum.outer(years, years), np.multiply.outer(years, years)
    size = (1 + SMALL / children) ** drift.size
    own = drift.lasting**2 * first + drift.passing**2 * (1 + np.eye(years.size))
    return VARIANCE * own * size**2 + drift.country**2 * (first + second / drift.known)


def lacking(
    drift: Drift, children: float, years: np.ndarray, held: np.ndarray, normals: np.ndarray, tails: np.ndarray
) -> np.ndarray:
    """Log change of spend a child to add to draws that stray too little by themselves, [draw x year].

    years    [year] financial years from the last whose spend is known to each that is drawn
    held     [year] variance of log spend at a given number of children (children ** power) that the draws have already
    normals  [draw x year] independent; tails [draw] uniform ranks of how wide a future is altogether
    In each year the variance added is what councils' spend has and the draws lack: wanted less held, at least 0.
    Years go together as councils' do. Nothing is added to the median.
    """
    wanted = covariance(drift, children, years)
    variance = np.diag(wanted)
    country = country_variance(drift, years)
    _, degrees = mixed((variance - country, DEGREES), (country, np.inf))
    together = np.linalg.cholesky(wanted / np.sqrt(np.outer(variance, variance)))
    from scipy.special import chdtri

    stretch = np.sqrt((degrees - 2) / chdtri(degrees, tails[:, None]))  # Student's t of variance 1
    return np.sqrt(np.maximum(variance - held, 0)) * (normals @ together.T) * stretch


def mixed(*parts: tuple[np.ndarray, float]) -> tuple[np.ndarray, np.ndarray]:
    """Scale and degrees of the Student's t with the variance and the kurtosis of a sum of independent parts.

    parts  variance and degrees of freedom of each; infinity for a normal
    """
    variance = sum(part for part, _ in parts)
    tails = sum(part**2 * TAILS / (degrees - 4) for part, degrees in parts) / variance**2
    degrees = 4 + TAILS / tails
    return np.sqrt(variance * (degrees - 2) / degrees), degrees
