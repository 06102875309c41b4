"""The mix of looked-after children: what share is of an age, in homes, in proceedings or unaccompanied, any time ahead.

    median   log odds of the share, drawn to the country's: 1 - (1 - back) ** years of the way
    spread   variance (drift^2 + country^2) x years + chance x (1 / those of the part + 1 / all others)

`drift` is a walk of the council's own; `country` what all councils' mix did together; `chance` what a count of few
children shows of it from the first year on (children come and go, a family moves several). The figures are estimated by
`record.mix`; data/calibration/mix.csv holds them with their source. What draws stray already is not added again.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from forecast.case.months import DAYS_A_YEAR
from forecast.demand.matching import Lean

HOMES, PROCEEDINGS, UASC = "residential", "interim_care_order", "uasc"
AT_LEAST = 0.5  # children: what stands for none
YEARS = np.array([1.0, 2.0, 3.0])  # at whose ends the ages are met
ROUNDS = 6
NUDGE, CUT = 0.1, 1e-3
MIDDLE = 1  # of YEARS: where the spread of ages is met
FARTHEST = 1.5  # log: rates of an age move to four times or a quarter, no further


@dataclass(frozen=True)
class Part:
    """How the share of one part moves: see the module's head."""

    back: float
    drift: float
    chance: float
    country: float

    def odds(self, now: float, country: float, years: np.ndarray) -> np.ndarray:
        """Log odds of the median share, from those of today and of the country."""
        from scipy.special import logit  # not where a case is only read

        return logit(now) + (1 - (1 - self.back) ** years) * (logit(country) - logit(now))

    def variance(self, children: float, every: float, years: np.ndarray) -> np.ndarray:
        """Of the log odds about the median, where `children` of `every` looked-after child are of the part."""
        few = 1 / max(children, AT_LEAST) + 1 / max(every - children, AT_LEAST)
        return (self.drift**2 + self.country**2) * years + self.chance * few * np.minimum(years, 1)


def from_table(table: pd.DataFrame) -> dict[str, Part]:
    """Part -> how it moves. Raises KeyError naming a column that is missing."""
    return {row["part"]: Part(*(float(row[name]) for name in Part.__dataclass_fields__)) for _, row in table.iterrows()}


def walks(variance: np.ndarray, held: np.ndarray, years: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """Draws of what a share strays beyond what it does by itself, [draw x time]: log odds.

    variance, held  [time] wanted, and what the draws have already
    normals         [draw x 2] of what grows as a walk does, and of what is there at once and stays
    """
    far = np.sqrt(years / years[-1])
    together = normals[:, :1] * far + normals[:, 1:] * np.sqrt(1 - far**2)
    return np.sqrt(np.maximum(variance - held, 0)) * together


def ages(lean: Lean, now: np.ndarray, country: np.ndarray, parts: list[Part]) -> tuple[np.ndarray, np.ndarray]:
    """Log of starts over leaving of each age with which the expected ages of three years ahead are the closed form's as
    nearly as rates that stay can; and how far each moves its own age's share two years ahead. [band] each.

    now, country  [band] children of the council and of the country by age
    """
    from scipy.special import expit

    every = max(now.sum(), 1.0)  # a council of few children has ages without any: half a child stands for none
    shares = np.clip(now / every, AT_LEAST / every, 1 - AT_LEAST / every)
    odds = [part.odds(n, c / country.sum(), YEARS) for part, n, c in zip(parts, shares, country, strict=True)]
    wanted = expit(np.array(odds)).T
    wanted, rates = np.log(wanted / wanted.sum(axis=1, keepdims=True)), np.zeros(now.size)
    for _ in range(ROUNDS):
        here = log_shares(lean, rates)
        moved = np.array([log_shares(lean, rates + NUDGE * unit) - here for unit in np.eye(now.size)]) / NUDGE
        step = np.linalg.lstsq(moved.reshape(now.size, -1).T, (wanted - here).ravel(), rcond=CUT)[0]
        rates = np.clip(rates + step, -FARTHEST, FARTHEST)
    return rates - rates.mean(), np.diagonal(moved[:, MIDDLE])


def log_shares(lean: Lean, rates: np.ndarray) -> np.ndarray:
    """Log share of each age in the expected stock at the ends of years 1 to 3, [year x band]."""
    half = np.exp(rates / 2)
    tilted = replace(lean, hazards=lean.hazards.times(1 / half), starts=lean.starts * half)
    stock = tilted.expected(np.zeros(len(lean.starts)), None).stock[
        np.searchsorted(lean.edges, YEARS * DAYS_A_YEAR) - 1
    ]
    return np.log(stock / stock.sum(axis=1, keepdims=True))
