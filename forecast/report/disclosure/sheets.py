"""Tables as the gate sees them: cells, each with a key, and the equations that tie cells together.

The key says what is counted, where and when. Two cells with one key are one figure, wherever they stand: so tables
are linked by sharing keys, and a release is linked to an earlier one in the same way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from forecast.case.errors import BadInput

COUNT, MONEY = "count", "money"
PENNY = 0.01  # sums of pounds may miss by this for each term, and of forecasts


@dataclass(frozen=True)
class Cell:
    """One figure.

    key       what it counts, such as "lac 2011-03-31|placement=kinship"
    value     children (whole, 0 or more) or pounds; None where the publisher hid it
    kind      COUNT or MONEY
    children  of money: how many actual children it was spent on; None where it is not the cost of counted children
    actual    False for model output: a mean or quantile of a forecast, which counts no child that exists
    known     of a figure the publisher hid: the least and the most it may be (None: no most); if left out, a small count
    """

    key: str
    value: float | None
    kind: str = COUNT
    children: int | None = None
    actual: bool = True
    known: tuple[int, int | None] | None = None

    def __post_init__(self) -> None:
        whole = self.value is None or (self.value >= 0 and float(self.value).is_integer())
        if self.kind not in (COUNT, MONEY):
            raise BadInput(f"{self.key}: the kind is {self.kind!r}; expected {COUNT} or {MONEY}")
        if self.kind == COUNT and self.actual and not whole:
            raise BadInput(
                f"{self.key}: a count of actual children is a whole number, 0 or more. Correct it, or mark it a forecast"
            )
        if self.value is None and (self.kind == MONEY or not self.actual):
            raise BadInput(f"{self.key}: only a count can be missing because its publisher hid it. Give the figure")


@dataclass(frozen=True)
class Equation:
    """Terms, (whole factor, key), that sum to nothing."""

    terms: tuple[tuple[int, str], ...]

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(key for _, key in self.terms)


@dataclass(frozen=True)
class Sheet:
    """One table: its cells and how they add up.

    printed  False for figures that no table shows but that a reader could work out, such as one month's starts between
             two running totals: they are guarded, not hidden
    """

    name: str
    cells: tuple[Cell, ...]
    equations: tuple[Equation, ...] = ()
    printed: bool = True


def total(whole: str, parts: Sequence[str]) -> Equation:
    """The parts sum to the whole."""
    return Equation(((-1, whole), *((1, part) for part in parts)))


def stock_identity(now: str, before: str, starts: str, ends: str) -> Equation:
    """Stock = previous stock + starts - ends."""
    return Equation(((-1, now), (1, before), (1, starts), (-1, ends)))


def running_total(now: str, before: str, month: str) -> Equation:
    """Year to date = year to date a month ago + the month."""
    return total(now, (before, month))


def cross_table(
    name: str,
    measure: str,
    counts: Mapping[tuple[str, ...], int],
    dimensions: Mapping[str, Mapping[str, Sequence[str]]],
    printed: bool = True,
) -> Sheet:
    """A table of any number of dimensions with every total and subtotal.

    counts      (category of each dimension) -> children, for every combination of the finest categories
    dimensions  name -> {total: its parts}; the first total is of the whole dimension and leaves no mark in the keys, so
                that "all by age" and "all by placement" share their grand total
    """
    trees = list(dimensions.values())
    values = {place: _sum(place, counts, trees) for place in product(*(_categories(tree) for tree in trees))}
    keys = {place: _key(measure, place, dimensions) for place in values}
    sums = [
        total(keys[place], [keys[(*place[:axis], part, *place[axis + 1 :])] for part in tree[place[axis]]])
        for place in values
        for axis, tree in enumerate(trees)
        if place[axis] in tree
    ]
    return Sheet(name, tuple(Cell(keys[place], value) for place, value in values.items()), tuple(sums), printed)


def _categories(tree: Mapping[str, Sequence[str]]) -> list[str]:
    """Every category of a dimension, the total first."""
    return list(dict.fromkeys([*tree, *(part for parts in tree.values() for part in parts)]))


def _leaves(category: str, tree: Mapping[str, Sequence[str]]) -> list[str]:
    return [leaf for part in tree[category] for leaf in _leaves(part, tree)] if category in tree else [category]


def _sum(place: tuple[str, ...], counts: Mapping[tuple[str, ...], int], trees: list) -> int:
    return sum(counts[leaf] for leaf in product(*(_leaves(at, tree) for at, tree in zip(place, trees, strict=True))))


def _key(measure: str, place: tuple[str, ...], dimensions: Mapping[str, Mapping]) -> str:
    marks = [
        f"{name}={at}" for at, (name, tree) in zip(place, dimensions.items(), strict=True) if at != next(iter(tree))
    ]
    return "|".join([measure, *marks])
