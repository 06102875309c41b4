"""One set of assumptions, read once: what it says of the population, of care and of money, as plain values.

Plans are values: equal parts of two plans give equal results, to the last bit.
"""

from dataclasses import dataclass, replace

import numpy as np

from forecast.case import Assumptions
from forecast.demand.caseload import CarePlan, PopulationPlan
from forecast.demand.plan import read_care, read_population
from forecast.money.plan import MoneyPlan, read_money

EFFECT = "measure.effect"
CHANCE = "shock.chance"
SHOCKS = ("shock.cp_starts", "shock.cp_ends", "shock.lac_starts")


@dataclass(frozen=True)
class Plan:
    """What one scenario says: births, deaths and migration; levers on each group's starts and leaving; money."""

    population: PopulationPlan
    care: dict[str, CarePlan]
    money: MoneyPlan


def read_plans(a: Assumptions, draws: int, seed: int) -> list[list[Plan]]:
    """The plans a set of assumptions may turn out to be: without its shock and with it, each at its measure's effects.

    One row where the shock is certain or there is none; one plan in a row where the effect is in no doubt, else those
    of its low, middle and high.
    """
    comes, still = a.entry(CHANCE), [key for key in SHOCKS if a.value(key) == 1]
    if len(still) == len(SHOCKS) or comes.low == comes.high == 1:
        ways = [a]
    elif comes.low == comes.high == 0:
        ways = [without_shock(a)]
    else:
        ways = [without_shock(a), a]
    first = [read_plan(certain, draws, seed) for certain in at_each_effect(ways[0])]
    shocked = [  # a shock moves care alone
        [replace(plan, care=read_care(certain)) for plan, certain in zip(first, at_each_effect(way), strict=True)]
        for way in ways[1:]
    ]
    return [first, *shocked]


def without_shock(a: Assumptions) -> Assumptions:
    """The same assumptions, no shock coming."""
    return replace(a, entries=a.entries | {key: a.entry(key).model_copy(update={"value": 1.0}) for key in SHOCKS})


def read_plan(a: Assumptions, draws: int, seed: int) -> Plan:
    """The plan of assumptions as they are written, prices drawn; births and migration are drawn with the children."""
    population = read_population(a)
    swung = {swing.key for swing in population.swings} | {one.key for _, one in population.elasticities}
    keys = [key for key in a.keys() if a.is_uncertain(key) and key not in swung]
    return Plan(population, read_care(a), read_money(a, keys, draws, seed))


def at_each_effect(a: Assumptions) -> list[Assumptions]:
    """The scenario at the effect of its measure; where that is in doubt, at its low, middle and high effect."""
    entry = a.entry(EFFECT)
    shares = (entry.low, entry.value, entry.high) if a.is_uncertain(EFFECT) else (entry.value,)
    return [at_effect(a, share) for share in shares]


def at_effect(a: Assumptions, share: float) -> Assumptions:
    """The same scenario whose levers say that share of their effect, which they then have in full and for sure."""
    if share == a.value(EFFECT) == 1 and not a.is_uncertain(EFFECT):
        return a
    times = ("levers.starts_after", "levers.ramp", "levers.lasts", "levers.half_life")
    moved = {
        key: a.entry(key).model_copy(update={"value": _with_share(a, key, share)})
        for key in a.keys()
        if key.startswith("levers.") and key not in times
    }
    certain = a.entry(EFFECT).model_copy(update={"value": 1.0, "low": 1.0, "high": 1.0})
    return replace(a, entries=a.entries | moved | {EFFECT: certain})


def _with_share(a: Assumptions, key: str, share: float) -> float:
    """A lever with part of its effect: multipliers move from 1, places from 0, within what the catalogue allows."""
    item = a.catalogue.items[key]
    still = 1.0 if item.unit == "multiplier" else 0.0
    return float(np.clip(still + (a.value(key) - still) * share, item.minimum, item.maximum))
