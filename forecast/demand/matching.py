"""The engine made to agree with the closed form of totals: practice moves until as many children are in care.

At rates that stay as they are the engine neither goes where councils' totals go nor strays as far from there. Practice
is therefore adjusted, piece by piece of the time ahead: starts by e^(u/2) and leaving by e^(-u/2). One u for all draws
puts the expected stock on the closed form's median. Then each draw has its own: as much of a draw of the closed form as
the engine's own chance leaves to practice, put right rank by rank until the stock's quantiles are the closed form's.
(Were each draw put on a count of its own, u would undo the draw's chance, child by child, and a lever would seem to
move more than it does.)

The quantiles are met at the ends of months 1, 3, 6, 9 and 12, of every sixth later, and of the last; in between they
follow.
Every scenario keeps each draw's u: scenarios differ by what they do, never by luck.
"""

from dataclasses import dataclass, replace

import numpy as np

from forecast.case.months import MONTHS_A_YEAR
from forecast.demand.pathways import calibration
from forecast.demand.pathways.expectation import entrant_cohorts, expect, opening_cohorts
from forecast.demand.pathways.hazards import Hazards, Opening

EARLY = (1, 3, 6, 9)  # months: at first chance and practice grow by other powers of time
LATER = 6  # months apart, from a year on
SHORTEST = 3  # months: a shorter piece would need practice to leap
LIMIT = 3.0  # log: practice may move to a twentieth or to twenty times, no further
FOUND = 1e-4
ROUNDS = 12
NUDGE = 0.05
COARSE = 16  # the path is found on every 16th opening point: the log stock is within 0.003 of that of all


def knots(months: int) -> np.ndarray:
    """Months at whose end the quantiles are met, [knot]."""
    inner = [month for month in (*EARLY, *range(MONTHS_A_YEAR, months, LATER)) if month <= months - SHORTEST]
    return np.array([*inner, months])


def by_month(adjustment: np.ndarray, months: int) -> np.ndarray:
    """Adjustments of the pieces between knots, [... knot], month by month, [... month]."""
    return np.repeat(adjustment, np.diff(knots(months), prepend=0), axis=-1)


def within(adjustment: np.ndarray) -> np.ndarray:
    """The adjustment within its limit."""
    return np.clip(adjustment, -LIMIT, LIMIT)


@dataclass(frozen=True)
class Lean:
    """What the expected stock follows from.

    starts  [month x band]  at the rates as they are
    cells   of ages within each band, as `calibration.age_cells` gives them
    edges   [month + 1]  days from the origin
    """

    hazards: Hazards
    opening: Opening
    starts: np.ndarray
    cells: list[np.ndarray]
    edges: np.ndarray

    def log_stock(self, adjustment: np.ndarray) -> np.ndarray:
        """Log of the expected stock at each knot, [knot], for logs of starts over leaving in the pieces, [knot]."""
        months = len(self.starts)
        starts = self.starts * np.exp(by_month(adjustment, months) / 2)[:, None]
        leaving = np.exp(-adjustment / 2)[:, None] * np.ones(starts.shape[1])
        opening = replace(
            self.opening,
            age=self.opening.age[COARSE // 2 :: COARSE],
            duration=self.opening.duration[COARSE // 2 :: COARSE],
        )
        entrants = calibration.entrants(starts, self.cells)
        cohorts = opening_cohorts(opening) + entrant_cohorts(self.edges, entrants, nodes=1)
        ends = self.edges[np.append(0, knots(months))]
        return np.log(expect(ends, self.hazards, cohorts, leaving, leaving).stock.sum(axis=1))

    def responses(self, at: np.ndarray) -> np.ndarray:
        """Change of the log stock for a small adjustment in each piece, [knot x piece]; none moves an earlier knot."""
        moved = [self.log_stock(at + NUDGE * unit) for unit in np.eye(at.size)]
        return (np.array(moved) - self.log_stock(at)).T / NUDGE

    def meet(self, log_count: np.ndarray) -> np.ndarray:
        """The adjustment of each piece at which the expected stock is this at each knot, [knot].

        Newton's method with the responses at rest; where a count is out of reach the adjustment stays at its limit.
        """
        adjustment = np.zeros(log_count.size)
        reach = self.responses(adjustment)
        for _ in range(ROUNDS):
            short = log_count - self.log_stock(adjustment)
            if np.abs(short).max() < FOUND:
                break
            adjustment = within(adjustment + np.linalg.solve(reach, short))
        return adjustment
