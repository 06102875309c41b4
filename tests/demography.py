"""Births, migration and age in random cases: more births never mean fewer children or less cost in a later year, and
a change of one cause is told, year by year, as that cause's.

python tests/demography.py CASES     tries that many of both and prints what broke; a test tries a few
"""

import sys
from dataclasses import dataclass, replace

import directions
import numpy as np
import pandas as pd

from forecast.case import Assumptions
from forecast.demand.caseload import exposure
from forecast.demand.evidence import by_band
from forecast.model import projection
from forecast.model.projection import Base
from forecast.money import costs
from forecast.questions import drivers

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


LEAST = 0.95  # of a change, on its own cause
SEEN = {"lac": 0.5, "cp": 0.5, "cost": 10_000.0}  # children and pounds below which a change is not looked into
PAIR_DRAWS = 20  # of pairs: parts and whole are figures of the same draws
TILT = 0.2  # log of how many more, or fewer, of the oldest and of the youngest there are
CHANGES = {  # cause -> what is changed, and by how much; None: the ages of today's children
    drivers.AGEING: None,
    drivers.BIRTHS: ("levers.births", 0.2),
    drivers.COUNTRY: ("migration.internal_in", 10.0),
    drivers.ABROAD: ("migration.international_in", 10.0),
    "london_families": ("migration.london_families.families", 10.0),
}


@dataclass(frozen=True)
class Told:
    """The change from one case to another, by 31 March: figure -> [cause x year], and the whole as projected, [year]."""

    parts: dict[str, pd.DataFrame]
    whole: dict[str, pd.Series]

    def sums(self) -> bool:
        """Whether every year's parts sum to the whole, to the penny and to a child's two hundredth."""
        return all((abs(part.sum() - self.whole[name]) <= directions.PENNY).all() for name, part in self.parts.items())

    def share(self, cause: str) -> float:
        """The least share that one cause has of a year's change of children or pounds, where one can be seen."""
        seen = {name: self.whole[name][self.whole[name].abs() > least] for name, least in SEEN.items()}
        shares = [self.parts[name].loc[cause, whole.index] / whole for name, whole in seen.items()]
        return min((share.min() for share in shares if share.size), default=1.0)


def certain(a: Assumptions) -> Assumptions:
    """The same case, of whose population nothing is in doubt: a projection then takes a quarter of the time."""
    sure = {key: a.entry(key) for key in a.keys() if is_demographic(key)}
    sure = {key: one.model_copy(update={"low": one.value, "high": one.value}) for key, one in sure.items()}
    return replace(a, entries=a.entries | sure)


def aged(base: Base, luck: np.random.Generator) -> Base:
    """The same children in care, as many residents and as many under 1, who are births', of other ages."""
    children = base.evidence.children
    older = children.loc[1:] * np.exp(luck.choice([-TILT, TILT]) * (children.index[1:] - 9) / 8)
    other = pd.concat([children.loc[:0], older * (children.loc[1:].sum() / older.sum())])
    evidence = replace(base.evidence, children=other, children_by_band=by_band(other))

    def fit(now):
        held = exposure(now.group.bands, evidence.children_by_band)
        return replace(now, children=held, start_rate=now.start_rate * now.children / held)

    return replace(base, evidence=evidence, lac=fit(base.lac), cp=fit(base.cp))


def told(first: tuple[Base, Assumptions], second: tuple[Base, Assumptions]) -> Told:
    """The change from one case to another, by cause and year."""
    rows, whole = [], []
    for base, a in (first, second):
        central = projection.project(base, a)
        rows.append(pd.DataFrame(drivers.rows(base, central, base)).set_index(["cause", "month"]))
        ends = {name: directions.__dict__[name](central).mean(axis=0) for name in drivers.GROUPS}
        at = [central.forecast_months.index(month) for month in dict.fromkeys(rows[-1].index.get_level_values(1))]
        years = costs.by_year({"net": costs.net(central.lines)}, central.months)
        planned = {year: sum(base.budgets[year].values()) for year in years}
        held = {year: central.plan.money.contingency.adjustment for year in years}
        cost = [(years[year]["net"] - planned[year] - held[year]).mean() for year in years]
        whole.append({name: stock[at] for name, stock in ends.items()} | {"cost": np.array(cost)})
    moved = rows[1][[*drivers.FIGURES]] - rows[0][[*drivers.FIGURES]]
    parts = {name: moved[name].unstack() for name in drivers.FIGURES}
    return Told(parts, {name: pd.Series(whole[1][name] - whole[0][name], parts[name].columns) for name in parts})


def changed_in_one(base: Base, central: Assumptions, number: int) -> tuple[str, Told]:
    """One cause, and what a change of it alone makes of random case `number`, by cause and year."""
    luck = np.random.default_rng([17, number])
    cause, a = [*CHANGES][number % len(CHANGES)], certain(random_case(central, luck))
    if CHANGES[cause] is None:
        return cause, told((base, a), (aged(base, luck), a))
    key, step = CHANGES[cause]
    b = certain(directions.with_value(a, key, a.value(key) + step * luck.uniform(0.5, 1.5)))
    return cause, told((base, a), (base, b))


if __name__ == "__main__":
    wanted, (base, central) = int(sys.argv[1]), directions.ready()
    falls, breaks, shares = [], 0, {cause: [] for cause in CHANGES}
    for number in range(wanted):
        falls += [(number, name) for name in broken(base, central, number)]
    for number in range(wanted):
        cause, found = changed_in_one(base.first(PAIR_DRAWS), central, number)
        breaks += not found.sums()
        shares[cause].append(found.share(cause))
    print(f"births: {len(falls)} falls in {wanted} cases", *falls)
    print(f"parts by year: {breaks} breaks in {wanted} pairs")
    for cause, of in shares.items():
        off = sum(share < LEAST for share in of)
        print(f"{cause} alone: {off} of {len(of)} with less than {LEAST:.0%} on it, the least {min(of):.1%}")
