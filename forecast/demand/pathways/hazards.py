"""Leaving hazards: how fast children leave, by age band and by time since the start."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Hazards:
    """Piecewise-constant leaving hazards.

    age_from       [band]              lower edge of each age band, days from birth (negative: unborn)
    adult_age      scalar              exact age, in days, at which every child leaves (the 18th birthday)
    duration_from  [segment]           lower edge of each duration segment, days since the start
    per_day        [band x segment]    leaving hazard, per child per day
    """

    age_from: np.ndarray
    adult_age: float
    duration_from: np.ndarray
    per_day: np.ndarray

    def times(self, by_band: np.ndarray) -> "Hazards":
        """The same hazards with each age band's row multiplied by `by_band` [band]."""
        return replace(self, per_day=self.per_day * np.asarray(by_band)[:, None])

    def with_break(self, duration: float) -> "Hazards":
        """The same hazards with one more duration edge at `duration` days (nothing leaves faster or slower)."""
        if duration in self.duration_from:
            return self
        edges = np.sort(np.append(self.duration_from, duration))
        column = np.searchsorted(self.duration_from, edges, side="right") - 1
        return replace(self, duration_from=edges, per_day=self.per_day[:, column])


@dataclass(frozen=True)
class Opening:
    """Children open at the origin, as equally likely (age, duration) points in a fixed order.

    children  scalar   how many children are open
    age       [point]  age at the origin, days
    duration  [point]  days since the start
    Child i of n takes the point at quantile (i + u) / n, with one u per draw: the age profile is the same in
    every draw to within one child, and every point is equally likely.
    """

    children: int
    age: np.ndarray
    duration: np.ndarray


@dataclass(frozen=True)
class Places:
    """Where children live, as states of the engine: who starts where, who moves, who leaves sooner from where.

    names    the placements, in the order of every [state] below
    first    [band x state]          placement at the start, shares; rows sum to 1
    moving   [band x state x state]  moves from one to another, per child per day; the diagonal is 0
    leaving  [band x state]          the leaving hazard as a multiple of that of all placements together
    now      [point]                 the state of each opening point
    drawn    such tables as they may also be, all as likely: draw d lives by number d, begun again once all are used;
             with none, every draw lives by `first`, `moving` and `leaving`
    """

    names: tuple[str, ...]
    first: np.ndarray
    moving: np.ndarray
    leaving: np.ndarray
    now: np.ndarray
    drawn: "tuple[Places, ...]" = ()

    def __post_init__(self) -> None:
        """Raises ValueError where a table has another shape, a share or rate is below 0, or shares do not sum to 1."""
        states, bands = len(self.names), len(self.first)
        alike = self.first.shape == self.leaving.shape == (bands, states)
        if not (
            (alike and self.moving.shape == (bands, states, states))
            and all((table >= 0).all() for table in (self.first, self.moving, self.leaving))
            and (np.allclose(self.first.sum(axis=1), 1) and not np.einsum("bss->bs", self.moving).any())
            and set(self.now) <= set(range(states))
        ):
            raise ValueError(f"places: tables of {bands} bands and {states} states that do not hold together")


@dataclass(frozen=True)
class Entrants:
    """Children who start, as intensities.

    expected    [month x band]  expected starts in the month
    cell_band   [cell]          age band of each cell of the master stream; cells are equally likely
    cell_from   [cell]          youngest age at start in the cell, days; ages are uniform within a cell
    cell_to     [cell]          oldest age at start in the cell, days
    children_per_family  >= 1   mean number of children who start together (geometric)
    The master stream, which every scenario thins, fixes the cells: scenarios differ in `expected` alone.
    """

    expected: np.ndarray
    cell_band: np.ndarray
    cell_from: np.ndarray
    cell_to: np.ndarray
    children_per_family: float

    def master_share(self, bands: int) -> np.ndarray:
        """Share of the master stream's children in each age band; sums to 1."""
        return np.bincount(self.cell_band, minlength=bands) / self.cell_band.size


@dataclass(frozen=True)
class Spread:
    """What varies from draw to draw beyond chance.

    start_factor  [draw x month]  practice drift on starts
    leave_factor  [draw x month]  practice drift on leaving
    start_rate    [draw x band]   uncertainty of the start rates, 1 at the centre
    leave_rate    [draw x band]   uncertainty of the leaving hazards, 1 at the centre
    demand        [draw x month x band]  what each draw's births and migration do to starts, 1 at the centre
    """

    start_factor: np.ndarray
    leave_factor: np.ndarray
    start_rate: np.ndarray
    leave_rate: np.ndarray
    demand: np.ndarray

    @classmethod
    def none(cls, draws: int, months: int, bands: int) -> "Spread":
        """No spread but chance: every factor is 1."""
        shapes = [(draws, months)] * 2 + [(draws, bands)] * 2 + [(draws, months, bands)]
        return cls(*(np.ones(shape) for shape in shapes))

    def first(self, months: int) -> "Spread":
        """The same over the first months alone."""
        by_month = {name: getattr(self, name)[:, :months] for name in ("start_factor", "leave_factor", "demand")}
        return replace(self, **by_month)

    def of_draws(self, draws: int) -> "Spread":
        """The same of the first draws alone."""
        return Spread(*(part[:draws] for part in vars(self).values()))


def _by_month(of: "Paths | Placed", months: int) -> dict[str, np.ndarray]:
    """What is held month by month, over the first months alone."""
    apart = ("opening", "names", "placed")
    return {name: part[:, :months] for name, part in vars(of).items() if name not in apart}


@dataclass(frozen=True)
class Paths:
    """What the engine returns, per draw and month.

    stock, starts, ends, aged  [draw x month x band]  children open at the month's end; started; ended;
                                                      net arrivals from the younger band by birthday
    days, early_days           [draw x month x band]  child-days; child-days within `early` days of the start
    reviews                    [draw x month]         statutory reviews falling due
    opening                    [draw x band]          children open at the origin
    placed                     where they lived, draw by draw, if placements are states; else None
    """

    stock: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    aged: np.ndarray
    days: np.ndarray
    early_days: np.ndarray
    reviews: np.ndarray
    opening: np.ndarray
    placed: "Placed | None" = None

    def first(self, months: int) -> "Paths":
        """The same over the first months alone."""
        placed = None if self.placed is None else replace(self.placed, **_by_month(self.placed, months))
        return replace(self, placed=placed, **_by_month(self, months))

    def breaks(self) -> int:
        """Cells where stock differs from previous + starts - ends + aged; 0 in a sound run."""
        previous = np.concatenate([self.opening[:, None, :], self.stock[:, :-1, :]], axis=1)
        return int(np.count_nonzero(self.stock - previous - self.starts + self.ends - self.aged))


@dataclass(frozen=True)
class Placed:
    """Where children live, per draw and month.

    names                        the placements
    stock, days                  [draw x month x state x band]  children at the month's end; child-days
    starts, ends, moved, moves   [draw x month x state]         started; ended; net arrivals by a move; moves made, by
                                 where to
    opening                      [draw x state x band]          children open at the origin
    """

    names: tuple[str, ...]
    stock: np.ndarray
    days: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    moved: np.ndarray
    moves: np.ndarray
    opening: np.ndarray

    def breaks(self) -> int:
        """Placements and months where stock differs from previous + starts - ends + moved; 0 in a sound run."""
        stock = self.stock.sum(axis=3, dtype=int)
        previous = np.concatenate([self.opening.sum(axis=2)[:, None], stock[:, :-1]], axis=1)
        return int(np.count_nonzero(stock - previous - self.starts + self.ends - self.moved))
