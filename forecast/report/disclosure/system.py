"""All figures and equations of a release and of those before it, as one system of linear equations.

Two attackers are kept in mind. The **reader** sees what is shown, knows how figures add up, and knows that a hidden
count is not 0. The **insider** also knows which hidden counts are the small ones: those are 1 to 5, the rest 6 or more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil, floor, inf

import numpy as np
from scipy.sparse import csc_array

from forecast.case.errors import BadInput
from forecast.report.disclosure.rule import Rule
from forecast.report.disclosure.sheets import COUNT, MONEY, PENNY, Cell, Equation
from forecast.report.disclosure.witness import Need

READER, INSIDER = "reader", "insider"
ATTACKERS = (INSIDER, READER)
UNLIKE = 1000  # weight of a figure's size beside its place, which only parts figures of one size


@dataclass(frozen=True)
class Unknown:
    """A figure of the system.

    value   true value; of a figure of an earlier release that is not held any more, one that fits (or None, still to be found)
    small   whether it is hidden for its own sake; None if that is not known (an outside publisher's)
    public  shown by an earlier release: nothing can hide it
    hidden  must be hidden from the outset: small, or hidden before
    unseen  in no table shown, and never was: it is guarded only if small
    left    attacker -> the widest range that can still be asked for: 0 if earlier releases alone told the figure, 1 if they
            narrowed it further than the rule allows
    """

    key: str
    value: float | None
    kind: str = COUNT
    actual: bool = True
    small: bool | None = False
    public: bool = False
    hidden: bool = False
    unseen: bool = False
    known: tuple[int, int | None] | None = None
    left: Mapping[str, int] = field(default_factory=dict)

    @property
    def may_be_hidden(self) -> bool:
        """Zeros are always shown: hiding one buys nothing against an insider."""
        return not (self.public or self.unseen) and self.value not in (0, None)


@dataclass(frozen=True)
class System:
    """Figures [n], equations [m x n] with whole factors, and one value of each figure that fits them all."""

    unknowns: tuple[Unknown, ...]
    matrix: csc_array
    rule: Rule

    @property
    def values(self) -> np.ndarray:
        return np.array([one.value for one in self.unknowns], dtype=float)

    def mask(self, name: str) -> np.ndarray:
        """A yes-or-no field of every figure; an unknown yes-or-no counts as no."""
        return np.array([bool(getattr(one, name)) for one in self.unknowns], dtype=bool)


def system_of(unknowns: Sequence[Unknown], equations: Iterable[Equation], rule: Rule) -> System:
    """The system, with figures nobody holds any more set to values that fit. Raises BadInput if none fit."""
    place = {one.key: number for number, one in enumerate(unknowns)}
    entries = [(row, place[key], factor) for row, equation in enumerate(equations) for factor, key in equation.terms]
    rows, columns, factors = zip(*entries, strict=True) if entries else ((), (), ())
    shape = (max(rows, default=-1) + 1, len(unknowns))
    return System(tuple(unknowns), csc_array((np.array(factors, dtype=np.int64), (rows, columns)), shape=shape), rule)


def with_values(system: System, values: np.ndarray) -> System:
    """The same system with every figure given a value."""
    return replace(
        system,
        unknowns=tuple(replace(one, value=float(value)) for one, value in zip(system.unknowns, values, strict=True)),
    )


def range_of(one: Unknown, attacker: str, rule: Rule) -> tuple[float, float]:
    """What an attacker knows of a hidden figure before any arithmetic: least and most."""
    if one.kind == MONEY or not one.actual:
        return (0, inf) if one.value is None or one.value >= 0 else (-inf, 0)
    if one.known is not None:
        return one.known[0], inf if one.known[1] is None else one.known[1]
    if one.unseen or one.small is None or one.value == 0:
        return 0, inf
    if attacker == READER:
        return 1, inf
    return (1, rule.largest_small) if one.small else (rule.smallest_shown, inf)


def changes(system: System, attacker: str, free: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far down and up each figure may move from its value, in whole steps; figures not `free` cannot move."""
    low, high = np.zeros(len(free)), np.zeros(len(free))
    for number in np.flatnonzero(free):
        least, most = range_of(system.unknowns[number], attacker, system.rule)
        value = system.unknowns[number].value
        low[number] = min(0, least - value if np.isinf(least) else ceil(least - value))
        high[number] = max(0, most - value if np.isinf(most) else floor(most - value))
    return low, high


def needs(system: System, attacker: str, asked: np.ndarray) -> Need:
    """How wide a range the attacker must be left with for each figure; 0 where nothing is asked.

    The cost of so few children must be thinkable higher by a share of itself: that it may be lower hides little, since
    whoever knows the trade knows what the cheaper lines beside it cost.
    """
    rule = [_width(one, attacker, system.rule) if on else 0 for one, on in zip(system.unknowns, asked, strict=True)]
    left = [min(width, one.left.get(attacker, width)) for one, width in zip(system.unknowns, rule, strict=True)]
    return Need(
        np.array(left, dtype=np.int64),
        np.array([one.kind == MONEY and bool(one.small) for one in system.unknowns], dtype=bool),
    )


def _width(one: Unknown, attacker: str, rule: Rule) -> int:
    if one.unseen and not one.small:
        return 0
    if not one.small:
        return 1
    if one.kind == MONEY:
        return max(1, ceil(rule.money_protection * abs(one.value)))
    if one.known is not None and one.known[1] is not None:
        return max(1, min(rule.protection, one.known[1] - one.known[0])) if attacker == READER else 1
    return rule.protection if attacker == READER else 1


def prices(system: System) -> np.ndarray:
    """What hiding each figure costs the reader: more for a larger one, so that totals stay; of equals the later is hidden."""
    place = np.arange(len(system.unknowns))
    return UNLIKE * (1 + np.sqrt(np.abs(system.values))) + 1 - place / max(1, len(place))


def check_sums(cells: Mapping[str, Cell], equations: Iterable[Equation]) -> None:
    """Raises BadInput at the first equation whose figures are all given and do not add up."""
    for equation in equations:
        held = [cells.get(key) for key in equation.keys]
        if any(cell is None or cell.value is None for cell in held):
            continue
        exact = all(cell.kind == COUNT and cell.actual for cell in held)
        left = sum(factor * cell.value for (factor, _), cell in zip(equation.terms, held, strict=True))
        if abs(left) > (0 if exact else PENNY * len(held)):
            raise BadInput(
                f"these figures do not add up as they should: {', '.join(equation.keys)}. Correct them, or leave the sum out"
            )
