"""Births, migration and age in random cases: more births never mean fewer children or less cost in a later year.

python tests/demography.py CASES     tries that many and prints what broke; a test tries a few
"""

import sys

import directions
import numpy as np

from forecast.case import Assumptions
from forecast.model import projection
from forecast.money import costs

MORE = 1.1  # times the births
FLOWS = ("internal_in", "internal_out", "international_in", "international_out")
BY_YEAR = ("looked-after children", "children on plans", "cost")


def is_demographic(key: str) -> bool:
    """Whether an assumption says how many children live here, or how care follows their number."""
    return key.startswith(("population.", "migration.")) or key in (
        "levers.births",
        "levers.moves_in",
        "levers.family_streams",
    )


def random_case(central: Assumptions, luck: np.random.Generator) -> Assumptions:
    """A case of any births, any moves, any stream of families and any elasticity, under random levers."""
    a = directions.random_scenario(central, luck)
    values = {"population.births_growth": luck.uniform(-0.08, 0.08)}
    values |= {f"migration.{flow}": luck.uniform(0, 80) for flow in FLOWS}
    values |= {"migration.london_families.families": luck.uniform(0, 40)}
    values |= {f"population.{group}_elasticity": luck.uniform(0, 1.5) for group in ("lac", "cp")}
    for key, value in values.items():
        a = directions.with_value(a, key, float(value))
    return a


def by_year(base, a: Assumptions) -> dict[str, np.ndarray]:
    """Children at each month's end, and each year's net cost, draw by draw."""
    out = projection.project(base, a)
    children = {"looked-after children": directions.lac(out), "children on plans": directions.cp(out)}
    net = costs.by_year({"net": costs.net(out.lines)}, out.months)
    return children | {"cost": np.stack([year["net"] for year in net.values()], axis=1)}


def broken(base, central: Assumptions, number: int) -> list[str]:
    """What falls as births rise by a tenth, in random case `number`."""
    a = random_case(central, np.random.default_rng([16, number]))
    before, after = (
        by_year(base, a),
        by_year(base, directions.with_value(a, "levers.births", a.value("levers.births") * MORE)),
    )
    return [name for name in BY_YEAR if (after[name] < before[name] - directions.PENNY).any()]


if __name__ == "__main__":
    wanted, (base, central) = int(sys.argv[1]), directions.ready()
    found = []
    for number in range(wanted):
        found += [(number, name) for name in broken(base, central, number)]
        if number % 50 == 49:
            print(f"{number + 1} of {wanted} cases: {len(found)} falls", flush=True)
    for number, name in found:
        print(f"case {number}: {name} falls")
