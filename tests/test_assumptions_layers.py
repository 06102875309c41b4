"""Which entry is in force, how a scenario carries a range, and that a frozen run opens unchanged."""

import json
import shutil
from datetime import date
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from referencing import Registry, Resource
from ruamel.yaml import YAML

from forecast.case import (
    Difference,
    freeze,
    json_schema,
    list_cases,
    list_scenarios,
    load,
    log_frame,
    log_markdown,
    overdue,
    thaw,
)
from forecast.case.catalogue import Item, Unit, read_catalogue
from forecast.case.errors import BadInput
from forecast.case.log import number
from forecast.case.rules import carried_range

PARAMS = Path(__file__).parent / "fixtures" / "params"
REAL = Path(__file__).parents[1] / "params"


@pytest.fixture
def central():
    return load(PARAMS, "slough", "2011-06", "central")


@pytest.fixture
def high():
    return load(PARAMS, "slough", "2011-06", "high_migration")


def test_the_council_stands_over_national_and_the_scenario_over_both(central, high):
    assert central.value("costs.residential") == 2500
    assert central.entry("costs.residential").layer == "national"
    assert central.value("costs.ifa_fostering") == 815
    assert central.entry("costs.ifa_fostering").layer == "slough/2011-06"
    assert high.value("costs.ifa_fostering") == 978
    assert high.entry("costs.ifa_fostering").layer == "scenarios/high_migration"
    assert load(PARAMS, "exampleton", "2026-10", "central").value("costs.ifa_fostering") == 800


def test_an_entry_knows_where_it_was_written(central, high):
    entry = central.entry("costs.ifa_fostering")
    assert (entry.file, entry.line) == ("slough/2011-06/case.yaml", 25)
    entry = high.entry("population.net_migration")
    assert (entry.file, entry.line) == ("scenarios/high_migration.yaml", 5)
    assert (entry.source, entry.why) == ("Invented, table 4", "an invented year of arrivals")


def test_keys_follow_the_catalogue_and_only_what_is_named_is_flagged_as_hindsight(central):
    assert central.keys()[:2] == ["budget.contingency", "costs.ifa_fostering"]
    assert [key for key in central.entries if central.entry(key).hindsight] == ["costs.ifa_fostering"]


def test_what_differs_is_stated_with_its_reason(central, high):
    assert central.differs == []
    assert high.differs == [
        Difference("costs.ifa_fostering", 815, 978, "fees rise by a fifth"),
        Difference("placements.in_house_share", 0.6, 0.9, "a recruitment drive"),
        Difference("population.net_migration", -40, 200, "an invented year of arrivals"),
    ]


def test_a_group_gives_values_by_the_last_part_of_the_key(central):
    assert central.group("costs") == {"ifa_fostering": 815, "residential": 2500}
    assert central.group("placements") == {"in_house_share": 0.6, "residential": 0.12}
    with pytest.raises(BadInput, match="there is no section cost. Did you mean costs"):
        central.group("cost")


def test_two_keys_with_the_same_last_part_cannot_be_grouped(tmp_path):
    params = shutil.copytree(PARAMS, tmp_path / "params")
    for file in ("catalogue.yaml", "national.yaml"):
        text = (params / file).read_text(encoding="utf-8").replace("in_house_share:", "residential:")
        (params / file).write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="Ask for a narrower section"):
        load(params, "slough", "2011-06", "central").group("placements")


def test_an_unknown_key_is_refused_with_the_nearest(central):
    with pytest.raises(BadInput, match="there is no assumption costs.ifa. Did you mean costs.ifa_fostering"):
        central.value("costs.ifa")


def test_the_case_holds_dates_and_tables(central):
    assert central.case.origin == date(2011, 5, 31)
    assert central.case.tables["children"] == ["slough_children_to_2011", "england_children_2011"]
    assert central.case.tables["population"] == "slough_population_2011"


def test_cases_and_scenarios_are_listed_in_order():
    assert list_cases(PARAMS) == [
        ("exampleton", "2026-10", "Exampleton, October 2026"),
        ("slough", "2011-06", "Slough, June 2011"),
    ]
    assert list_scenarios(PARAMS) == ["central", "agency_freeze", "high_migration"]


def test_a_scenario_without_a_range_carries_the_central_one(high):
    fee, migration, share = (
        high.entry(key) for key in ("costs.ifa_fostering", "population.net_migration", "placements.in_house_share")
    )
    assert (fee.low, fee.high) == pytest.approx((764 * 1.2, 866 * 1.2))  # 978 is 815 and a fifth
    assert (migration.low, migration.high) == (80, 300)  # all 240 higher
    assert (share.low, share.high) == (0.8, 0.95)  # given


def test_a_scenario_value_of_nothing_has_no_range():
    frozen = load(PARAMS, "slough", "2011-06", "agency_freeze").entry("placements.mix.residential")
    assert (frozen.value, frozen.low, frozen.high) == (0, 0, 0)


def carry(central, key, value, low, value_before, high, limits, scale):
    before = central.entry(key).model_copy(update={"value": value_before, "low": low, "high": high})
    item = Item(description="x", unit="x", minimum=limits[0], maximum=limits[1], kind="uncertain")
    return carried_range(before, value, item, Unit(description="x", scale=scale))


def test_a_share_carries_its_odds_and_stays_inside(central):
    low, high = carry(central, "costs.residential", 0.8, 0.25, 0.5, 0.75, (0, 1), "share")
    assert (low, high) == pytest.approx((4 / 7, 12 / 13))  # odds of 1/3 and 3, four times over


@pytest.mark.parametrize("scale", ["positive", "share", "real"])
def test_a_value_that_does_not_move_keeps_its_range_exactly(central, scale):
    assert carry(central, "costs.residential", 0.3, 0.1, 0.3, 0.7, (0, 1), scale) == (0.1, 0.7)
    assert carry(central, "costs.residential", 0, 0, 0, 0.5, (0, 1), scale) == (0, 0.5)


def test_a_carried_range_is_cut_at_the_limits_of_the_catalogue(central):
    assert carry(central, "costs.residential", 4800, 3000, 4000, 4400, (100, 5000), "positive") == (3600, 5000)


shares = st.floats(0.001, 0.999)


@settings(deadline=None)
@given(st.tuples(shares, shares, shares).map(sorted), shares)
def test_a_carried_share_always_holds_its_value(three, value):
    central = load_once()
    low, high = carry(central, "costs.residential", value, three[0], three[1], three[2], (0, 1), "share")
    assert 0 < low <= value * (1 + 1e-9) and value * (1 - 1e-9) <= high < 1


LOADED = {}


def load_once():
    """The high migration scenario, read once for the property tests."""
    return LOADED.setdefault("high", load(PARAMS, "slough", "2011-06", "high_migration"))


def test_frozen_assumptions_thaw_to_the_same(high):
    text = freeze(high)
    assert thaw(text) == high
    assert freeze(thaw(text)) == text
    assert thaw(text).differs == high.differs
    assert list(thaw(text).entries) == list(high.entries)


def test_frozen_text_is_plain_and_the_same_each_time(high):
    again = load(PARAMS, "slough", "2011-06", "high_migration")
    assert freeze(again) == freeze(high)
    assert "\r" not in freeze(high) and freeze(high).endswith("\n")


words = st.text(st.characters(exclude_categories=["C", "Z"]) | st.sampled_from(" \n"), min_size=1).filter(str.strip)
numbers = st.floats(-2000, 2000, allow_nan=False)


@settings(deadline=None)
@given(why=words, source=words, three=st.tuples(numbers, numbers, numbers).map(sorted))
def test_any_words_and_numbers_survive_freezing(why, source, three):
    high = load_once()
    key = "population.net_migration"
    new = dict(why=why.strip(), source=source.strip(), low=three[0], value=three[1], high=three[2])
    entries = {**high.entries, key: high.entry(key).model_copy(update=new)}
    changed = type(high)(high.case, high.scenario, high.catalogue, high.central, entries)
    assert thaw(freeze(changed)) == changed


@pytest.mark.parametrize(
    "written, instead, said",
    [
        ("scenario:\n", "scenari:\n", "run.yaml, line 14: scenari: this key is not known here. Did you mean scenario?"),
        ("value: 978.0\n    unit", "value: 97800.0\n    unit", "is 97,800; expected 100 to 5,000 gbp_per_child_week"),
        ('    unit: "gbp"\n    minimum', '    unit: "gpb"\n    minimum', "gpb is missing here"),
        ("central:\n  population.net_migration", "central:\n  costs.residential", "costs.residential is missing here"),
        ("costs.residential:\n    value", "costs.nothing:\n    value", "costs.nothing is missing here"),
    ],
)
def test_damaged_frozen_text_is_refused(high, written, instead, said):
    text = freeze(high)
    assert written in text
    with pytest.raises(BadInput) as refusal:
        thaw(text.replace(written, instead, 1), "run.yaml")
    assert "run.yaml, line" in str(refusal.value) and said in str(refusal.value)


def test_the_log_puts_differences_and_red_first(high):
    log = log_markdown(high)
    headings = [line[3:] for line in log.splitlines() if line.startswith("## ")]
    assert headings == [
        "What differs from central",
        "Red: weak evidence, read with care",
        "Budget",
        "Costs",
        "Placements",
        "Population",
    ]
    assert "| 2,500 pounds per child per week | 2,000 to 3,500 | Red |" in log
    assert "| 600,000 pounds | fixed | Green |" in log
    assert "fees rise by a fifth **Known only later.** | 2027-03-01 |" in log
    assert "in the same proportion of odds for shares" in log


def test_every_assumption_is_in_the_log_once_beside_its_differences(high):
    lines = [line for line in log_markdown(high).splitlines() if line.startswith("| ") and "`" in line]
    assert len(lines) == len(high.keys()) + len(high.differs)
    assert "Nothing.\n" in log_markdown(load(PARAMS, "slough", "2011-06", "central"))


def test_a_bar_or_a_new_line_cannot_break_the_table(high):
    key = "costs.residential"
    entries = {**high.entries, key: high.entry(key).model_copy(update={"why": "one | two\nthree"})}
    changed = type(high)(high.case, high.scenario, high.catalogue, high.central, entries)
    assert "| one \\| two three |" in log_markdown(changed)


def test_the_log_frame_has_one_row_an_assumption(high):
    frame = log_frame(high).set_index("Key")
    assert list(frame.index) == high.keys()
    fee = frame.loc["costs.ifa_fostering"]
    assert (fee["Value"], fee["Central value"], fee["Unit"]) == (978, 815, "pounds per child per week")
    assert (fee["Reliability"], fee["Known only later"], fee["Set by"]) == ("Amber", True, "scenarios/high_migration")


@pytest.mark.parametrize(
    "value, written",
    [(600000, "600,000"), (815, "815"), (0.25, "0.25"), (-40, "-40"), (0, "0"), (1234.5, "1,234.5"), (100, "100")]
    + [(1 / 3, "0.333333"), (0.00002, "0.00002"), (1039.2, "1,039.2")],
)
def test_numbers_are_written_as_people_write_them(value, written):
    assert number(value) == written


def test_overdue_is_judged_by_the_date_given(central):
    assert overdue(central, date(2027, 3, 1)) == []
    assert overdue(central, date(2027, 3, 2)) == ["costs.ifa_fostering"]
    assert len(overdue(central, date(2028, 1, 1))) == len(central.keys())


def validators(params: Path) -> dict[str, jsonschema.Draft202012Validator]:
    """A validator of each kind of file; it finds the schema that another refers to as an editor does, by name."""
    written = json_schema(params)
    named = [(f"{kind}.schema.json", Resource.from_contents(schema)) for kind, schema in written.items()]
    registry = Registry().with_resources(named)
    return {kind: jsonschema.Draft202012Validator(schema, registry=registry) for kind, schema in written.items()}


@pytest.fixture(scope="module")
def schemas():
    return validators(PARAMS)


def test_the_schemas_in_params_are_those_of_the_catalogue():
    for kind, schema in json_schema(REAL).items():
        assert json.loads((REAL / "schema" / f"{kind}.schema.json").read_text(encoding="utf-8")) == schema


def test_every_key_is_held_to_its_unit_its_limits_and_its_range():
    """In entries and in changes, each key alone: what the catalogue allows fits, and nothing beside it."""
    national, scenario = (validators(REAL)[kind] for kind in ("national", "scenario"))
    for key, item in read_catalogue(REAL).items.items():
        middle, beyond = (item.minimum + item.maximum) / 2, item.maximum + 1
        change = {"value": middle, "low": item.minimum, "high": item.maximum, "why": "x"}
        entry = change | {"unit": item.unit, "source": "x", "reliability": "red", "reviewed": "2026-01-01"}
        entry |= {"review_by": "2027-01-01"}
        without = {field: content for field, content in entry.items() if field != "high"}
        wrong = [{"value": beyond}, {"low": item.minimum - 1}, {"high": beyond}, {"low": None}, {"value": "1"}]
        for kind, right in ((national, entry), (scenario, change)):
            assert kind.is_valid(nested(kind, national, key, right)), key
            for slip in [*wrong, {"extra": 1}, {"why": ""}]:
                assert not kind.is_valid(nested(kind, national, key, right | slip)), (key, slip)
        assert not national.is_valid(nested(national, national, key, entry | {"unit": "another"})), key
        assert national.is_valid(nested(national, national, key, without)) is (item.kind == "decision"), key


def nested(kind, national, key: str, content: dict) -> dict:
    """A document of one key: in sections in national.yaml, joined by dots in a scenario."""
    if kind is not national:
        return {"name": "x", "order": 2, "reason": "x", "changes": {key: content}}
    for part in reversed(key.split(".")):
        content = {part: content}
    return content


@pytest.mark.parametrize("file", [path for path in PARAMS.rglob("*.yaml") if path.name != "catalogue.yaml"], ids=str)
def test_every_file_fits_its_schema(schemas, file):
    schemas[kind_of(file)].validate(as_an_editor_reads(file))


def kind_of(file: Path) -> str:
    return {"national.yaml": "national", "case.yaml": "case"}.get(file.name, "scenario")


def as_an_editor_reads(file: Path) -> dict:
    """The file as YAML 1.2 with dates as text."""
    yaml = YAML(typ="safe", pure=True)
    yaml.constructor.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: node.value)
    return yaml.load(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "kind, file, path, wrong",
    [
        ("national", "national.yaml", "costs.ifa_fostering.value", "815"),
        ("national", "national.yaml", "costs.ifa_fostering.value", 80000),
        ("national", "national.yaml", "costs.ifa_fostering.low", 80),
        ("national", "national.yaml", "costs.ifa_fostering.unit", "gbp_per_child_month"),
        ("national", "national.yaml", "costs.ifa_fostering.reliability", "orange"),
        ("national", "national.yaml", "costs.ifa_fostering.sorce", "x"),
        ("national", "national.yaml", "costs.fostering", {}),
        ("case", "slough/2011-06/case.yaml", "case.month", "June"),
        ("case", "slough/2011-06/case.yaml", "case.extra", "x"),
        ("case", "slough/2011-06/case.yaml", "assumptions.costs.residential", {"value": 2500}),
        ("scenario", "scenarios/central.yaml", "reason", ""),
        ("scenario", "scenarios/central.yaml", "changes.costs", {"value": 1, "why": "x"}),
    ],
)
def test_the_schema_marks_a_mistake(schemas, kind, file, path, wrong):
    document = as_an_editor_reads(PARAMS / file)
    *above, name = path.split(".")
    section = document
    for part in above:
        section = section[part]
    section[name] = wrong
    assert list(schemas[kind].iter_errors(document))


def test_a_key_may_be_an_age_band(tmp_path):
    params = shutil.copytree(PARAMS, tmp_path / "params")
    for file in ("catalogue.yaml", "national.yaml"):
        text = (params / file).read_text(encoding="utf-8").replace("in_house_share:", "1_4:")
        (params / file).write_text(text, encoding="utf-8")
    central = load(params, "slough", "2011-06", "central")
    assert central.value("placements.1_4") == 0.6
    assert thaw(freeze(central)) == central
