"""The engine made to agree with the closed form of totals: practice moves until as many children are in care.

At rates that stay as they are the engine neither goes where councils' totals go nor strays as far from there. Practice
is therefore adjusted, piece by piece of the time ahead: starts by e^(u/2) and leaving by e^(-u/2). One u for all draws
puts the expected stock on the closed form's median. Then each draw has its own: as much of a draw of the closed form as
the engine's own chance leaves to practice, put right rank by rank until the stock's quantiles are the closed form's.
(Were each draw put on a count of its own, u would undo the draw's chance, child by child, and a lever would seem to
move more than it does.)

The quantiles are met at the ends of month 1, of every third month, and of the last; in between they follow the median.
Every scenario keeps each draw's u: scenarios differ by what they do, never by luck.
"""

from dataclasses import dataclass, replace

import numpy as np

from forecast.demand.pathways import calibration
from forecast.demand.pathways.expectation import (
    Expected,
    entrant_cohorts,
    expect,
    expect_places,
    opening_cohorts,
    placed_cohorts,
)
from forecast.demand.pathways.hazards import Hazards, Opening, Places

FIRST, LATER = 1, 3  # months: the first alone, as chance and practice grow by other powers of time; then by quarter
SHORTEST = 3  # months: a shorter piece would need practice to leap
LIMIT = 3.0  # log: practice may move to a twentieth or to twenty times, no further
FOUND = 1e-4
ROUNDS = 12
NUDGE = 0.05
POINTS = 2048  # opening points on which the path is found: enough that 18th birthdays come evenly


def knots(months: int) -> np.ndarray:
    """Months at whose end the quantiles are met, [knot]."""
    inner = [month for month in (FIRST, *range(LATER, months, LATER)) if month <= months - SHORTEST]
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
    places  placements as states, where a council's returns give them
    """

    hazards: Hazards
    opening: Opening
    starts: np.ndarray
    cells: list[np.ndarray]
    edges: np.ndarray
    places: Places | None = None

    def expected(self, adjustment: np.ndarray, places: Places | None) -> Expected:
        """The expected path for logs of starts over leaving in each month, [month]."""
        step = max(self.opening.age.size // POINTS, 1)
        some = slice(step // 2, None, step)
        starts = self.starts * np.exp(adjustment / 2)[:, None]
        leaving = np.exp(-adjustment / 2)[:, None] * np.ones(starts.shape[1])
        opening = replace(self.opening, age=self.opening.age[some], duration=self.opening.duration[some])
        entrants = entrant_cohorts(self.edges, calibration.entrants(starts, self.cells), nodes=1)
        if places is None:
            return expect(self.edges, self.hazards, opening_cohorts(opening) + entrants, starts, leaving)
        places = replace(places, now=places.now[some])
        cohorts = placed_cohorts(opening, entrants, self.hazards, places)
        return expect_places(self.edges, self.hazards, places, *cohorts, leaving).together(starts)

    def log_stock(self, adjustment: np.ndarray) -> np.ndarray:
        """Log of the expected stock at each month's end, [month], for logs of starts over leaving, [month]."""
        return _log_stock(self.expected(adjustment, self.places))

    def responses(self, at: np.ndarray) -> np.ndarray:
        """Change of the log stock at the knots for a small adjustment in each piece besides `at` [month], [knot x
        piece]; none moves an earlier knot.
        """
        end = knots(at.size) - 1
        units = by_month(NUDGE * np.eye(end.size), at.size)
        here, *moved = (_log_stock(self.expected(at + unit, None))[end] for unit in (0 * at, *units))
        return (np.array(moved) - here).T / NUDGE

    def meet(self, log_count: np.ndarray) -> np.ndarray:
        """The adjustment of each month at which the expected stock is this at its end, [month].

        Newton's method; how far a month's adjustment reaches is worked out once, as if those who start more and leave
        less in it then left at the crude rate. Where a count is out of reach the adjustment stays at its limit.
        """
        adjustment = np.zeros(log_count.size)
        rest = self.expected(adjustment, None)
        stock, starts, ends = (table.sum(axis=1) for table in (rest.stock, rest.starts, rest.ends))
        staying = np.cumsum(np.log1p(-ends / (stock + ends)))
        reach = np.tril(np.exp(staying[:, None] - staying)) * (starts + ends) / 2 / stock[:, None]
        for _ in range(ROUNDS):
            short = log_count - self.log_stock(adjustment)
            if np.abs(short).max() < FOUND:
                break
            adjustment = within(adjustment + np.linalg.solve(reach, short))
        return adjustment


def _log_stock(expected: Expected) -> np.ndarray:
    return np.log(expected.stock.sum(axis=1))
