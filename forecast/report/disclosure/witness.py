"""Other figures that fit what is shown. Each is proof: it is checked in whole numbers, whatever the solver's tolerance.

Two witnesses that differ in a hidden figure prove that no arithmetic can tell it. A solver that fails to find one can
therefore make us hide too much, never too little.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_array, hstack

WHOLE = 1e-6  # a solver's number this near a whole one is tried as that
NODES = 2000  # of branch and bound; a table that needs more is protected as if no witness existed
PATTERNS = 4  # directions in which all figures are pushed at once before each is pushed alone


@dataclass(frozen=True)
class Need:
    """How far apart witnesses must stand for each figure [n]: the width of its range or, if `upward`, the part above its value."""

    width: np.ndarray
    upward: np.ndarray


@dataclass(frozen=True)
class Pool:
    """Witnesses [k x n], as whole changes from the values held."""

    found: np.ndarray

    @property
    def up(self) -> np.ndarray:
        return np.maximum(self.found.max(axis=0, initial=0), 0)

    @property
    def down(self) -> np.ndarray:
        return np.minimum(self.found.min(axis=0, initial=0), 0)

    def missing(self, need: Need) -> np.ndarray:
        """How much of each figure's range is still to be proved; 0 or less: nothing."""
        return need.width - self.up + np.where(need.upward, 0, self.down)

    def short(self, need: Need) -> np.ndarray:
        """The figures whose range, as far as it is proved, is narrower than needed."""
        return np.flatnonzero(self.missing(need) > 0)

    def plus(self, change: np.ndarray | None) -> "Pool":
        """The pool with one more; none leaves it as it is."""
        return self if change is None else Pool(np.vstack([self.found, change]))

    def without(self, place: int) -> "Pool":
        """The witnesses that leave one figure as it is."""
        return Pool(self.found[self.found[:, place] == 0])


def empty_pool(size: int) -> Pool:
    return Pool(np.zeros((0, size), dtype=np.int64))


def solve(
    objective: np.ndarray,
    matrix: csc_array,
    target: np.ndarray | float,
    low: np.ndarray,
    high: np.ndarray,
    whole: np.ndarray | bool = True,
) -> np.ndarray | None:
    """Numbers x with matrix @ x = target, between low and high, with the least objective @ x; None if none is found.

    Those that must be `whole` are, exactly, and all sums hold in them.
    """
    for branching in (False, True):  # totals of one and two dimensions come out whole without branching
        held = milp(
            objective,
            integrality=np.full(len(objective), branching & whole, dtype=int),
            bounds=Bounds(low, high),
            constraints=LinearConstraint(matrix, target, target) if matrix.shape[0] else (),
            options={"node_limit": NODES} if branching else {},
        )
        if held.x is None:
            return None
        rounded = np.where(whole, np.rint(held.x), held.x)
        if np.abs(held.x - rounded).max(initial=0) < WHOLE and _fits(rounded, matrix, target, low, high):
            return rounded
    return None


def _fits(x: np.ndarray, matrix: csc_array, target: np.ndarray | float, low: np.ndarray, high: np.ndarray) -> bool:
    """Sums and limits, to a millionth: in whole numbers, exactly."""
    return bool(
        np.abs(matrix @ x - target).max(initial=0) < WHOLE and (x >= low - WHOLE).all() and (x <= high + WHOLE).all()
    )


@dataclass(frozen=True)
class Room:
    """The part of a system that can move: columns, equations that touch them, and how far each may go."""

    size: int
    columns: np.ndarray
    matrix: csc_array
    low: np.ndarray
    high: np.ndarray

    def whole(self, part: np.ndarray | None) -> np.ndarray | None:
        """A change of the moving figures as a change of all."""
        if part is None:
            return None
        full = np.zeros(self.size, dtype=np.int64)
        full[self.columns] = np.rint(part)
        return full


def room_of(matrix: csc_array, low: np.ndarray, high: np.ndarray) -> Room:
    """What can move between low and high [n]."""
    columns = np.flatnonzero(high > low)
    part = matrix[:, columns]
    return Room(len(low), columns, part[np.unique(part.indices)], low[columns], high[columns])


def explore(room: Room, need: Need, pool: Pool, to_the_end: bool = False) -> Pool:
    """The pool, with witnesses added until each figure has the range it needs or none wider exists.

    It stops at the first figure that cannot have its range, unless it is to go on to the end.
    """
    for pattern in range(PATTERNS):
        if len(pool.short(need)) > 1:
            pool = pool.plus(_push(room, need, pool.short(need), pattern))
    for place in pool.short(need):
        for direction in (1, -1):
            if pool.missing(need)[place] > 0:
                pool = pool.plus(_furthest(room, need, pool, place, direction))
        if pool.missing(need)[place] > 0 and not to_the_end:
            return pool
    return pool


def _push(room: Room, need: Need, places: np.ndarray, pattern: int) -> np.ndarray | None:
    """Many figures pushed at once: all up, all down, or by turns."""
    signs = np.where((np.arange(len(places)) % 2 == 0) | (pattern < 2), 1, -1) * (1 if pattern % 2 == 0 else -1)
    objective = np.zeros(room.size)
    objective[places] = -signs
    reach = np.full(room.size, np.inf)
    reach[places] = need.width[places]
    inside = reach[room.columns]
    return room.whole(
        solve(objective[room.columns], room.matrix, 0, np.maximum(room.low, -inside), np.minimum(room.high, inside))
    )


def _furthest(room: Room, need: Need, pool: Pool, place: int, direction: int) -> np.ndarray | None:
    """One figure as far up (1) or down (-1) as it goes, or as is needed."""
    at = room.columns == place
    wanted = pool.missing(need)[place] + (pool.up[place] if direction == 1 else -pool.down[place])
    low, high = room.low.copy(), room.high.copy()
    end = high if direction == 1 else low
    end[at] = np.clip(direction * wanted, room.low[at], room.high[at])
    return room.whole(solve(np.where(at, -direction, 0), room.matrix, 0, low, high))


def cheapest(room: Room, prices: np.ndarray, place: int, wanted: int) -> np.ndarray | None:
    """The change that moves one figure by at least `wanted` (down if negative), at the least price for moving others."""
    at = np.flatnonzero(room.columns == place)
    up, down = np.maximum(room.high, 0), np.maximum(-room.low, 0)
    least = np.zeros(2 * len(up))
    least[at if wanted > 0 else at + len(up)] = abs(wanted)
    most = np.concatenate([up, down])
    most[at + len(up) if wanted > 0 else at] = 0
    if (least > most).any():
        return None
    cost = np.tile(prices[room.columns], 2).astype(float)
    both = solve(cost, hstack([room.matrix, -room.matrix], format="csc"), 0, least, most)
    return room.whole(None if both is None else both[: len(up)] - both[len(up) :])
