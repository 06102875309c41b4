"""What many runs of one case have in common, remembered: populations projected and children lived before.

A remembered result is the very one that would be worked out again, so figures are the same to the last bit.
"""

import hashlib
from collections import OrderedDict
from dataclasses import replace

import numpy as np

from forecast.case import Assumptions
from forecast.model import outlook
from forecast.model.outlook import Base, Steps

PROJECTIONS_KEPT = 256  # one set of assumptions needs one for each end of each uncertain demographic assumption
PATHS_KEPT, PLACED_KEPT = 12, 3  # paths by placement are ten times as large


def remembering(base: Base) -> Base:
    """The same case, whose scenarios share what they have in common. Not for two threads at once."""
    return replace(base, steps=Steps(Projections(), Lives(), Courses()))


class Projections:
    """Population projections, remembered by the values they were made from; other values change nothing in them."""

    def __init__(self, project=outlook.population_of):
        self._project, self._read, self._held = project, set(), Remembered(PROJECTIONS_KEPT)

    def __call__(self, a: Assumptions, evidence, months: list[str], changed: dict[str, float]):
        key = self._key(a, changed)
        if key not in self._held:
            reading = Reading(a)
            people = self._project(reading, evidence, months, changed)
            if not reading.read <= self._read:
                self._read |= reading.read
                self._held.clear()
            key = self._key(a, changed)
            self._held[key] = people
        return self._held[key]

    def _key(self, a: Assumptions, changed: dict[str, float]) -> tuple:
        return tuple(changed.get(key, a.value(key)) for key in sorted(self._read))


class Reading:
    """Assumptions that note which of their values are asked for."""

    def __init__(self, a: Assumptions):
        self._a, self.read = a, set()

    def keys(self) -> list[str]:
        return self._a.keys()

    def value(self, key: str) -> float:
        self.read.add(key)
        return self._a.value(key)


class Remembered(OrderedDict):
    """So many results, those used last."""

    def __init__(self, most: int):
        super().__init__()
        self._most = most

    def __getitem__(self, key):
        self.move_to_end(key)
        return super().__getitem__(key)

    def __setitem__(self, key, value) -> None:
        super().__setitem__(key, value)
        if len(self) > self._most:
            self.popitem(last=False)


class Lives:
    """Paths of one group of children, remembered by their starts, leaving and demography, which alone levers move."""

    def __init__(self, live=outlook.caseload.live):
        self._live, self._plain, self._placed = live, Remembered(PATHS_KEPT), Remembered(PLACED_KEPT)

    def __call__(self, fit, norms, stream, starts, spread, lever, months, seed, threads):
        key = (seed, *(_digest(array) for array in (starts, lever, spread.demand)))
        held = self._plain if fit.places is None else self._placed
        if key not in held:
            held[key] = self._live(fit, norms, stream, starts, spread, lever, months, seed, threads)
        return held[key]


class Courses:
    """Expected courses of one group of children, remembered by their starts and leaving."""

    def __init__(self, course=outlook.caseload.expected_course):
        self._course, self._held = course, Remembered(PATHS_KEPT)

    def __call__(self, fit, stream, starts, lever, months):
        key = (starts.shape, *(_digest(array) for array in (starts, lever)))
        if key not in self._held:
            self._held[key] = self._course(fit, stream, starts, lever, months)
        return self._held[key]


def _digest(array: np.ndarray) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(array), digest_size=16).digest()
