"""Thirty-odd directions that every scenario must keep, draw by draw, and random scenarios to try them on.

python tests/directions.py SCENARIOS     tries that many and prints what broke; a test tries a few
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from conftest import slough
from forecast.case import Assumptions
from forecast.case.rules import carried_range
from forecast.model import projection
from forecast.model.projection import Base, Projection
from forecast.money import costs

DRAWS, SEED = 40, 2011
PENNY = 0.005


@dataclass(frozen=True)
class Direction:
    """When `key` moves as `moved` says, `figure` (an array over draws) goes `way`: +1 never down, -1 never up, or `holds` says."""

    name: str
    key: str
    moved: Callable[[float], float]
    figure: Callable[[Projection], np.ndarray]
    way: int = 0
    holds: Callable[[np.ndarray, np.ndarray], bool] | None = None


def lac(out: Projection) -> np.ndarray:
    return out.lac.stock.sum(axis=2)


def cp(out: Projection) -> np.ndarray:
    return out.cp.stock.sum(axis=2)


def lac_starts(out: Projection) -> np.ndarray:
    return out.lac.starts.sum(axis=2).cumsum(axis=1)


def cp_starts(out: Projection) -> np.ndarray:
    return out.cp.starts.sum(axis=2).cumsum(axis=1)


def children(out: Projection) -> np.ndarray:
    return out.population.flows["children at the end"].to_numpy()


def line(*names: str):
    return lambda out: sum(out.lines[name] for name in names)


def net(out: Projection) -> np.ndarray:
    return costs.net(out.lines)


def call(out: Projection) -> np.ndarray:
    return out.drawn.at_year_end


def chance(out: Projection) -> np.ndarray:
    return np.array([out.drawn.chance])


def doubled(before: np.ndarray, after: np.ndarray) -> bool:
    return bool(np.allclose(after, 2 * before, rtol=1e-9))


def unchanged(before: np.ndarray, after: np.ndarray) -> bool:
    return bool((before == after).all())


def twice(value: float) -> float:
    return 2 * value


def more(value: float) -> float:
    return 1.15 * value


RESIDENTIAL = line("private_residential", "residential_school", "own_homes")
DIRECTIONS = [
    *(
        Direction(f"price x2: {name}", f"costs.{name}", twice, line(name), holds=doubled)
        for name in (
            "in_house_fostering",
            "kinship_fostering",
            "ifa_fostering",
            "private_residential",
            "residential_school",
            "supported",
        )
    ),
    Direction("more births, not fewer looked after later", "levers.births", more, lac, 1),
    Direction("more births, not fewer plans later", "levers.births", more, cp, 1),
    Direction(
        "births grow faster, not fewer starts", "population.births_growth", lambda value: value + 0.01, lac_starts, 1
    ),
    Direction(
        "more families moved in, not fewer plans started",
        "levers.family_streams",
        lambda value: value + 0.5,
        cp_starts,
        1,
    ),
    Direction("more move in, not fewer children", "levers.moves_in", more, children, 1),
    Direction("more move out, not more children", "migration.internal_out", more, children, -1),
    Direction("more LAC starts, not fewer looked after", "levers.lac_starts", more, lac, 1),
    Direction("more LAC starts under 1, not fewer looked after", "levers.lac_starts_under_1", more, lac, 1),
    Direction("more LAC starts at 16 and 17, not fewer looked after", "levers.lac_starts_16_17", more, lac, 1),
    *(
        Direction(f"more leave at {band}, not more looked after", f"levers.lac_leaving_{band}", more, lac, -1)
        for band in ("under_1", "1_4", "5_9", "10_15", "16_17")
    ),
    Direction("a lower threshold, not fewer plans", "levers.cp_starts", more, cp, 1),
    Direction("more assessed, not fewer plans", "levers.assessments", more, cp, 1),
    Direction("more plans start, not fewer looked after", "levers.cp_starts", more, lac_starts, 1),
    Direction("plans end sooner, not more plans", "levers.cp_leaving", more, cp, -1),
    Direction(
        "more in-house places, no more spent on agencies",
        "levers.in_house_places",
        lambda value: value + 5,
        line("ifa_fostering"),
        -1,
    ),
    Direction("more residential, no less spent on it", "levers.residential", more, RESIDENTIAL, 1),
    Direction("dearer placements, no less net cost", "levers.placement_prices", more, net, 1),
    Direction("more contact, no less spent on it", "levers.contact_sessions", more, line("contact"), 1),
    Direction(
        "more IRO hours, no less spent on IROs", "levers.iro_hours", more, line("iro", "review_administration"), 1
    ),
    Direction("agency IROs dearer, no less spent on IROs", "iro.agency_premium", more, line("iro"), 1),
    Direction("contingency +£1, chance not lower", "budget.contingency", lambda value: value + 1, chance, 1),
    Direction("a larger contingency leaves the call as it is", "budget.contingency", twice, call, holds=unchanged),
    Direction("a larger Recovery Plan, no smaller call", "recovery.case_file_auditors.cost", more, call, 1),
    Direction("more saved once, no larger call", "budget.one_off_savings", lambda value: value + 50_000, call, -1),
    Direction("a larger UASC grant, no larger net cost", "income.uasc_16_17", more, net, -1),
    Direction("a shock to plans lasts longer, not fewer started", "shock.lasts", lambda value: value + 6, cp_starts, 1),
    Direction("a dearer measure, no less net cost", "measure.running", lambda value: value + 100_000, net, 1),
    Direction("a larger budget, no larger call", "budget.adjustment", lambda value: value + 100_000, call, -1),
]


def with_value(a: Assumptions, key: str, value: float) -> Assumptions:
    """One assumption moved, its range carried with it as a scenario's is, within what the catalogue allows."""
    entry, (item, unit) = a.entry(key), a.catalogue.item_and_unit(key)
    value = float(np.clip(value, item.minimum, item.maximum))
    low, high = carried_range(entry, value, item, unit)
    return replace(a, entries=a.entries | {key: entry.model_copy(update={"value": value, "low": low, "high": high})})


def random_scenario(central: Assumptions, luck: np.random.Generator) -> Assumptions:
    """Every lever, some prices, timing, a shock and a measure at random."""
    a = central
    for key in [
        key for key in central.keys() if key.startswith("levers.") and central.catalogue.items[key].unit == "multiplier"
    ]:
        a = with_value(a, key, luck.uniform(0.7, 1.4))
    for key in (
        "costs.ifa_fostering",
        "costs.private_residential",
        "costs.in_house_fostering",
        "contact.agency_hour",
        "migration.internal_in",
        "budget.contingency",
    ):
        a = with_value(a, key, central.value(key) * luck.uniform(0.7, 1.4))
    places = {
        "levers.in_house_places": luck.integers(0, 20),
        "levers.starts_after": luck.integers(0, 12),
        "levers.ramp": luck.integers(0, 12),
    }
    shock = {
        "shock.begins_after": luck.integers(0, 12),
        "shock.lasts": luck.integers(0, 12),
        "shock.cp_starts": luck.uniform(1, 2),
    }
    for key, value in (places | shock | {"measure.running": luck.uniform(0, 300_000)}).items():
        a = with_value(a, key, float(value))
    return a


@cache
def ready() -> tuple[Base, Assumptions]:
    """The reference case on a few draws, with what no direction looks at left out."""
    case = slough()
    base = projection.prepare(case.central, case.evidence, DRAWS, SEED)
    return base.without_expected(), case.central


def kept(direction: Direction, before: Projection, after: Projection) -> bool:
    """Whether the figure went the way it must, in every draw and month."""
    first, second = direction.figure(before), direction.figure(after)
    if direction.holds is not None:
        return direction.holds(first, second)
    return bool((direction.way * (second - first) >= -PENNY).all())


def broken(base: Base, central: Assumptions, number: int) -> list[str]:
    """Names of the directions that random scenario `number` breaks."""
    a = random_scenario(central, np.random.default_rng([SEED, number]))
    before = projection.project(base, a)
    after = {d.name: projection.project(base, with_value(a, d.key, d.moved(a.value(d.key)))) for d in DIRECTIONS}
    return [d.name for d in DIRECTIONS if not kept(d, before, after[d.name])]


if __name__ == "__main__":
    wanted, (base, central) = int(sys.argv[1]), ready()
    found = {}
    for number in range(wanted):
        for name in broken(base, central, number):
            found.setdefault(name, []).append(number)
        if number % 20 == 19:
            print(
                f"{number + 1} of {wanted} scenarios, {len(DIRECTIONS)} directions each: {sum(map(len, found.values()))} broken",
                flush=True,
            )
    for name, numbers in found.items():
        print(f"broken: {name}: {len(numbers)}, the first by scenario {numbers[0]}")
