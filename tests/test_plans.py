"""Every assumption is found by a search, and moves the part of the plan that the catalogue says."""

import ast
import re
from dataclasses import replace

import numpy as np
import pytest

from conftest import HOME, slough
from forecast.case import changed, load
from forecast.demand.levers import Shock
from forecast.demand.plan import read_care, read_population
from forecast.model.plan import read_plan, read_plans
from forecast.money.plan import central_values, read_costs

PACKAGE = HOME / "forecast"
CODE = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
CENTRAL = slough().central
NATURE = CENTRAL.catalogue.nature
MONTHS = 24


def moved(key: str):
    """The central assumptions with levers and shocks acting, and the same with one assumption moved."""
    item = NATURE[key]
    acting = {"levers.births": 1.1, "levers.lac_starts": 1.1, "shock.lasts": 6, "shock.cp_starts": 2}
    acting |= {"levers.in_house_places": 5, "measure.set_up": 1e5, "measure.running": 1e5, "levers.iro_hours": 1.1}
    acting |= {"levers.police_referrals": 0.5, "levers.assessments": 0.9}
    first = CENTRAL
    for name, value in acting.items():
        first = with_value(first, name, value)
    now = first.value(key)
    return first, with_value(first, key, item.minimum if now > (item.minimum + item.maximum) / 2 else item.maximum)


def with_value(a, key: str, value: float):
    entry = a.entry(key).model_copy(update={"value": value, "low": value, "high": value})
    return replace(a, entries=a.entries | {key: entry})


def told(plan) -> str:
    """A plan in words, arrays in full."""
    with np.printoptions(threshold=10**9):
        return repr(plan)


def care_moved(a) -> str:
    """What a scenario puts on care; of the front door, of which a plan holds all, what it puts on plans started."""

    def moved_by(plan):
        return replace(plan, front_door=tuple(plan.front_door.on_plans(MONTHS)))

    care = read_care(a)
    follows = replace(care["lac"].from_plans, plans=moved_by(care["lac"].from_plans.plans))
    return told((moved_by(care["cp"]), replace(care["lac"], from_plans=follows)))


def levers_moved(levers) -> str:
    """Levers on cost; of the front door, of which they hold all, what it puts on open cases."""
    return told(replace(levers, front_door=levers.front_door.on_cases(MONTHS)))


def templates(name: str) -> list[str]:
    """The keys that a file writes out as data, or puts together of parts in code, as regular expressions."""
    text = (PACKAGE / name).read_text(encoding="utf-8")
    if name.endswith(".yaml"):
        return [re.escape(key) for key in re.findall(r": ([a-z0-9_]+\.[a-z0-9_.]+)(?=[,}\s])", text)]
    tree = ast.parse(text)
    strings = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    return [
        "".join(re.escape(part.value) if isinstance(part, ast.Constant) else "[a-z0-9_]+" for part in string.values)
        for string in strings
    ]


@pytest.mark.parametrize("key", NATURE)
def test_a_search_finds_every_key_or_the_file_that_reads_it(key):
    if f'"{key}"' in CODE:
        return
    assert NATURE[key].read_by, f"nothing in the code is named {key}, and the catalogue does not say what reads it"
    assert any(re.fullmatch(template, key) for template in templates(NATURE[key].read_by))


@pytest.mark.parametrize("key", [key for key in NATURE if key not in ("measure.effect", "shock.chance")])
def test_a_key_moves_the_part_of_the_plan_that_it_acts_on(key):
    """Levers' timing moves all that levers move; a key of the fit or of the report moves no plan."""
    first, second = moved(key)
    parts = {
        "population": [read_population(a) for a in (first, second)],
        "care": [care_moved(a) for a in (first, second)],
        "cost": [told(read_costs(central_values(a))) for a in (first, second)],
    }
    money = [read_plan(a, 3, 1).money for a in (first, second)]
    parts["cost"] = [
        (costs, levers_moved(plan.levers), told(plan.ledger)) for costs, plan in zip(parts["cost"], money, strict=True)
    ]
    parts["contingency"] = [told(plan.contingency) for plan in money]
    found = {part for part, (before, after) in parts.items() if before != after}
    if NATURE[key].cause == "timing" and key.startswith("levers."):
        assert found == {"population", "care", "cost"}
    else:
        assert found == set(NATURE[key].acts_on.split(" and ")) & set(parts)


def test_an_effect_in_doubt_is_three_plans_and_a_certain_one_is_its_own():
    doubtful = load(HOME / "params", "slough", "2011-06", "permanence")
    for low, middle, high in read_plans(doubtful, 3, 1):
        assert low.care != middle.care != high.care
    certain = changed(CENTRAL, {"shock.chance": 1}, "tried")
    assert [[told(plan) for plan in row] for row in read_plans(certain, 3, 1)] == [[told(read_plan(certain, 3, 1))]]


def test_a_shock_that_may_come_is_two_plans_and_one_that_is_none_is_no_more():
    (without,), (shocked,) = read_plans(CENTRAL, 3, 1)
    assert without.care["cp"].starts_shock == Shock() != shocked.care["cp"].starts_shock
    assert without.care["lac"].from_plans is None and shocked.care["lac"].from_plans.plans == shocked.care["cp"]
    assert without.care["lac"] == replace(shocked.care["lac"], from_plans=None)
    for never in ({"shock.chance": 0}, {"shock.cp_starts": 1, "shock.cp_ends": 1}):
        ((only,),) = read_plans(changed(CENTRAL, never, "tried"), 3, 1)
        assert only.care == without.care


def test_levers_that_move_nothing_are_equal_whenever_they_act():
    later = with_value(CENTRAL, "levers.starts_after", 9)
    assert (read_population(later), read_care(later)) == (read_population(CENTRAL), read_care(CENTRAL))
