"""Births, migration and age: one meaning wherever they are written, and more births are never fewer children."""

import shutil
from dataclasses import replace

import demography
import directions
import pytest
import yaml

from conftest import HOME, slough
from forecast.case import changed, list_scenarios, load, load_scenarios
from forecast.case.workbook import read_workbook, write_template
from forecast.live.live import Live
from forecast.model.plan import read_plan

CASE, WHY = ("slough", "2011-06"), "tried"
DRAWS, SEED = 10, 2011


@pytest.fixture(scope="module")
def ready():
    return directions.ready()


@pytest.mark.parametrize("number", range(3))
def test_more_births_never_mean_fewer_children_or_less_cost(ready, number):
    assert demography.broken(*ready, number) == []


@pytest.mark.parametrize("number", range(len(demography.CHANGES)))
def test_a_change_of_one_cause_is_told_as_its_own(ready, number):
    """In a random case; where residents are of other ages, what births and families bring to them differs too."""
    cause, told = demography.changed_in_one(ready[0].first(5), ready[1], number)
    assert told.sums() and (told.share(cause) > 0.999 or cause == "ageing")


def moved(entry, item) -> float:
    """Another value that the catalogue allows."""
    value = round(entry.value * 1.1 + 0.01, 4)
    return value if item.maximum is None or value <= item.maximum else round(entry.value * 0.9, 4)


def test_a_change_of_population_has_one_meaning_at_every_door(tmp_path):
    """In case.yaml, a scenario's file, the workbook, a notebook's `changes` and on the live page: equal plans of
    population and care, and of equal plans the children and the pounds are equal to the bit."""
    central = slough().central
    keys = [key for key in central.keys() if demography.is_demographic(key) and ".age_" not in key]
    values = {key: moved(central.entry(key), central.catalogue.item_and_unit(key)[0]) for key in keys}
    assert len(keys) == 17
    params = shutil.copytree(HOME / "params", tmp_path / "params")
    slugs = {f"tried-{number}": key for number, key in enumerate(keys)}
    for order, (slug, key) in enumerate(slugs.items(), 100):
        changes = {key: {"value": values[key], "why": WHY}}
        text = yaml.safe_dump({"name": slug, "order": order, "reason": WHY, "changes": changes})
        (params / "scenarios" / f"{slug}.yaml").write_text(text, encoding="utf-8")
    by_file = load_scenarios(params, *CASE, list_scenarios(params))
    write_template(tmp_path / "filled.xlsx", by_file)
    by_workbook = read_workbook(tmp_path / "filled.xlsx", params)
    live = Live.__new__(Live)
    live.case, live.levers = slough(), {key: None for key in keys}
    by_key = {key: changed(central, {key: value}, WHY) for key, value in values.items()}
    own = own_file(params, {key: a.entry(key) for key, a in by_key.items()})
    plain = read_plan(central, DRAWS, SEED)
    for slug, key in slugs.items():
        case_yaml = replace(central, entries=central.entries | {key: own.entry(key)})
        others = {"scenario": by_file[slug], "workbook": by_workbook[slug], "case.yaml": case_yaml}
        others["page"] = live.assumptions({key: values[key]})
        plan = read_plan(by_key[key], DRAWS, SEED)
        for door, other in others.items():
            found = read_plan(other, DRAWS, SEED)
            assert (found.population, found.care) == (plan.population, plan.care), (door, key)
        assert plan.population != plain.population, key


def own_file(params, entries):
    """The central assumptions with some of them written in the council's own case.yaml, their ranges with them."""
    file = params.joinpath(*CASE, "case.yaml")
    held = yaml.safe_load(file.read_text(encoding="utf-8"))
    for key, entry in entries.items():
        *groups, name = key.split(".")
        place = held["assumptions"]
        for part in groups:
            place = place.setdefault(part, {})
        fields = entry.model_dump(exclude={"file", "line", "layer"}, exclude_none=True)
        place[name] = {field: value for field, value in fields.items() if value is not False}
    file.write_text(yaml.safe_dump(held), encoding="utf-8")
    return load(params, *CASE, "central")
