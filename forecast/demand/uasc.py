"""Unaccompanied asylum-seeking children as a population of their own: they arrive, grow older, leave or turn 18.

They are counted within looked-after children, whose total the closed form has; no lever on other children moves them.
How many arrive differs from future to future by as much as councils' numbers moved beyond chance.
"""

from dataclasses import dataclass

import numpy as np

from forecast.case.ages import ADULT_YEARS, BAND_FROM_YEARS, LAC_BANDS
from forecast.case.months import MONTHS_A_YEAR
from forecast.demand.mix import AT_LEAST, MIDDLE, YEARS, Part

BANDS = tuple(LAC_BANDS.index(band) for band in ("10_15", "16_17"))
OLDER = BAND_FROM_YEARS["16_17"] * MONTHS_A_YEAR
ADULT = ADULT_YEARS * MONTHS_A_YEAR
YOUNGEST = 14 * MONTHS_A_YEAR  # months of age: younger ones are few, and are counted as if 14


@dataclass(frozen=True)
class Stays:
    """At what age they arrive, and how they leave before 18.

    under_16  share who arrive under 16; leaving: share who leave in a year before they are 18
    """

    under_16: float
    leaving: float

    def of(self, under_16: float, months: int) -> np.ndarray:
        """Of one child whose age is even over 14 and 15, or over 16 and 17: expected still here after so many months,
        [month x band of 2].
        """
        ages = np.arange(YOUNGEST, ADULT) + 0.5
        young = ages < OLDER
        weight = np.where(young, under_16 / young.sum(), (1 - under_16) / (~young).sum())
        after = np.arange(months)[:, None]
        here = weight * (ages + after < ADULT) * (1 - self.leaving) ** (after / MONTHS_A_YEAR)
        return np.stack([(here * (ages + after < OLDER)).sum(axis=1), (here * (ages + after >= OLDER)).sum(axis=1)], 1)


def children(
    now: np.ndarray, every: float, since: int, months: int, part: Part, stays: Stays, draws: int, rng
) -> np.ndarray:
    """Unaccompanied children in each month ahead, [draw x month x LAC band]; chance of each child is in the arrivals.

    now    [band] such children `since` months before the first month ahead, of `every` looked-after child
    part   how their share moves
    rng    (name) gives a generator of its own
    As many arrive as keep today's number for two years in the median future. How many arrive, and how old those here
    are (their ages are not published), differ from future to future: so far that the number two years on strays as
    councils' numbers did.
    """
    from scipy.special import xlogy  # not where a case is only read

    whole, span = max(now.sum(), AT_LEAST), since + months
    young = now[: BANDS[1]].sum() / now.sum() if now.sum() else stays.under_16
    staying, arrived = stays.of(young, span + 1), stays.of(stays.under_16, span + 1)
    at = min(since + int(YEARS[MIDDLE] * MONTHS_A_YEAR), span)
    stay = staying.sum(axis=1)
    a_month = whole * (1 - stay[at]) / arrived[:at].sum()
    reach = 1 - stay[at] - xlogy(stay[at], stay[at])
    wanted = part.variance(whole, every, float(YEARS[MIDDLE])) - (1 - stay[at]) / whole
    stray = np.exp(np.sqrt(max(wanted, 0.0)) / reach * rng("uasc").standard_normal((draws, 1)))
    opening = whole * np.where(stay > 0, stay, 1.0) ** (1 / stray - 1)
    come = rng("uasc arrivals").poisson(a_month * stray, (draws, span))
    lag = np.subtract.outer(np.arange(1, span + 1), np.arange(1, span + 1))
    kernel = np.where((lag >= 0)[:, :, None], arrived[np.maximum(lag, 0)], 0.0)
    here = opening[:, 1:, None] * staying[1:] + np.einsum("dk,mkb->dmb", come, kernel, optimize=True)
    found = np.zeros((draws, months, len(LAC_BANDS)))
    found[:, :, BANDS] = here[:, since:]
    return found
