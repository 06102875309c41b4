"""Causes on the real chain: random pairs of scenarios split without remainder, and pairs that differ in one lever.

python tests/pairs.py PAIRS     tries that many of each and prints what broke; a test tries a few
"""

import sys
from decimal import Decimal

import directions
import numpy as np

from forecast.model import projection
from forecast.questions import causes

LEAST = 0.95  # of a one-lever change, on that lever's cause


def call(base):
    """The expected call, pounds."""
    return lambda a: float(projection.project(base, a).drawn.at_year_end.mean())


def random_pair(base, central, number: int) -> causes.Split:
    """The change between two random scenarios, by cause."""
    luck = np.random.default_rng([7, number])
    first, second = directions.random_scenario(central, luck), directions.random_scenario(central, luck)
    return causes.split(first, second, call(base))


def one_lever(base, central, number: int) -> tuple[str, causes.Split]:
    """The cause of one random lever, and the change it alone makes to a random scenario, by cause."""
    luck = np.random.default_rng([8, number])
    first = directions.random_scenario(central, luck)
    items = first.catalogue.nature
    levers = [key for key in items if key.startswith("levers.") and items[key].cause != causes.TIMING]
    key = levers[luck.integers(len(levers))]
    second = directions.with_value(
        first, key, first.value(key) * luck.uniform(1.05, 1.5) + (5 if "places" in key else 0)
    )
    return items[key].cause, causes.split(first, second, call(base))


def sums(split: causes.Split) -> bool:
    """Whether the parts sum to the whole, to the penny."""
    return sum(split.parts.values(), Decimal(0)) == split.after - split.before


def lands(cause: str, split: causes.Split) -> bool:
    """Whether a one-lever change is on its cause."""
    return split.after == split.before or abs(split.parts[cause] / (split.after - split.before)) >= LEAST


if __name__ == "__main__":
    wanted, (base, central) = int(sys.argv[1]), directions.ready()
    broken = astray = 0
    for number in range(wanted):
        broken += not sums(random_pair(base, central, number))
        cause, split = one_lever(base, central, number)
        broken, astray = broken + (not sums(split)), astray + (not lands(cause, split))
        if number % 50 == 49:
            print(
                f"{number + 1} of {wanted}: {broken} that do not sum, {astray} one-lever changes off their cause",
                flush=True,
            )
