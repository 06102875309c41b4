"""One set of assumptions, read once: what it says of the population, of care and of money, as plain values.

Plans are values: equal parts of two plans give equal results, to the last bit.
"""

from dataclasses import dataclass

from forecast.case import Assumptions
from forecast.demand.demography import CarePlan, PopulationPlan
from forecast.demand.plan import read_care, read_population
from forecast.money.plan import MoneyPlan, read_money


@dataclass(frozen=True)
class Plan:
    """What one scenario says: births, deaths and migration; levers on each group's starts and leaving; money."""

    population: PopulationPlan
    care: dict[str, CarePlan]
    money: MoneyPlan

    def same_children(self, other: "Plan") -> bool:
        """Whether the children of both plans are the same: then a change asks for a new price of the same work."""
        return (self.population, self.care) == (other.population, other.care)


def read_plan(a: Assumptions, draws: int, seed: int) -> Plan:
    """The plan of one set of assumptions, its prices drawn; births and migration are drawn by the demography."""
    population = read_population(a)
    swung = {swing.key for swing in population.swings}
    keys = [key for key in a.keys() if a.is_uncertain(key) and key not in swung]
    return Plan(population, read_care(a), read_money(a, keys, draws, seed))
