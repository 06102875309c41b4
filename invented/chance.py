"""Chance from one seed: picks, waits and the day of leaving."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from math import ceil

import numpy as np

from forecast.case.months import DAYS_A_YEAR
from invented.days import ADULT, band_edges, band_on
from invented.settings import Leaving


class Chance:
    """One stream of random numbers; the same seed gives the same lives."""

    def __init__(self, seed: int | tuple[int, ...]):
        self.stream = np.random.default_rng(seed)

    def happens(self, probability: float) -> bool:
        """True with the probability given."""
        return self.stream.random() < probability

    def pick(self, weights: Mapping):
        """A key, with probability in proportion to its weight."""
        left = self.stream.random() * sum(weights.values())
        for key, weight in weights.items():
            left -= weight
            if left < 0:
                return key
        return next(key for key in reversed(list(weights)) if weights[key] > 0)  # rounding left nothing

    def one_of(self, things: Sequence):
        """Any of them, equally likely."""
        return things[int(self.stream.random() * len(things))]

    def whole(self, least: int, most: int) -> int:
        """A whole number from `least` to `most`, both included."""
        return least + int(self.stream.random() * (most - least + 1))

    def count(self, expected: float) -> int:
        """A Poisson count."""
        return int(self.stream.poisson(expected))

    def wait(self, per_year: float) -> int:
        """Whole days, 1 or more, until an event of a constant rate: on each day with chance 1 - exp(-rate / 365.25)."""
        if per_year <= 0:
            return round(DAYS_A_YEAR * DAYS_A_YEAR)
        return max(1, ceil(self.stream.exponential() * DAYS_A_YEAR / per_year))


def leaving_day(start: int, birth: int, leaving: Leaving, chance: Chance) -> int:
    """The day a child who starts on `start` leaves: by the hazards, or on the 18th birthday at the latest.

    Each night the child leaves with probability 1 - exp(-hazard / 365.25), at the hazard of the child's age band and
    time since the start on that night; so nobody leaves on the day of starting.
    """
    left = chance.stream.exponential()
    for first, after, hazard in nights(start, band_edges(birth)[-1], birth, start, leaving):
        expected = hazard * (after - first) / DAYS_A_YEAR
        if left < expected:
            return max(first + 1, first + ceil(left / hazard * DAYS_A_YEAR))
        left -= expected
    return band_edges(birth)[-1]


def nights(first: int, after: int, birth: int, start: int, leaving: Leaving) -> list[tuple[int, int, float]]:
    """Stretches (first night, night after the last, hazard a year) of one age band and time since `start` each."""
    cuts = [*band_edges(birth), *(start + since for since in leaving.since_days)]
    edges = [first, *sorted({day for day in cuts if first < day < after}), after]
    return [(low, high, hazard_on(low, birth, start, leaving)) for low, high in zip(edges, edges[1:], strict=False)]


def hazard_on(day: int, birth: int, start: int, leaving: Leaving) -> float:
    """The leaving hazard a year on one night."""
    band = band_on(birth, day)
    return 0.0 if band == ADULT else leaving.per_year[band][segment_on(day, start, leaving)]


def segment_on(day: int, start: int, leaving: Leaving) -> int:
    """Which stretch of time since the start a night belongs to."""
    return bisect_right(leaving.since_days, day - start) - 1
