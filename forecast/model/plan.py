"""One set of assumptions, read once: what it says of the population, of care and of money, as plain values.

Plans are values: equal parts of two plans give equal results, to the last bit.
"""

from dataclasses import dataclass

from forecast.case import Assumptions
from forecast.demand.caseload import CarePlan, PopulationPlan
from forecast.demand.plan import at_each_effect, read_care, read_population
from forecast.money.plan import MoneyPlan, read_money


@dataclass(frozen=True)
class Plan:
    """What one scenario says: births, deaths and migration; levers on each group's starts and leaving; money."""

    population: PopulationPlan
    care: dict[str, CarePlan]
    money: MoneyPlan


def read_plans(a: Assumptions, draws: int, seed: int) -> list[Plan]:
    """The plan of a set of assumptions; where its measure's effect is in doubt, those of low, middle and high."""
    return [read_plan(certain, draws, seed) for certain in at_each_effect(a)]


def read_plan(a: Assumptions, draws: int, seed: int) -> Plan:
    """The plan of assumptions as they are written, prices drawn; births and migration are drawn with the children."""
    population = read_population(a)
    swung = {swing.key for swing in population.swings}
    keys = [key for key in a.keys() if a.is_uncertain(key) and key not in swung]
    return Plan(population, read_care(a), read_money(a, keys, draws, seed))
