"""What a finance officer meets after a slip of the keyboard: one message with the file, the line, the key, the remedy.

Each case makes one change to a copy of tests/fixtures/params and says what the message must hold.
"""

import shutil
from pathlib import Path

import pytest
from pydantic import Field

from forecast.case import list_cases, list_scenarios, load
from forecast.case.documents import Strict, Text
from forecast.case.errors import BadInput
from forecast.case.wording import read_as

PARAMS = Path(__file__).parent / "fixtures" / "params"
NATIONAL, CASE, CATALOGUE = "national.yaml", "slough/2011-06/case.yaml", "catalogue.yaml"
CENTRAL, SCENARIO = "scenarios/central.yaml", "scenarios/high_migration.yaml"
VALUE = "    value: 800\n"  # line 4 of national.yaml

NUMBERS = [
    ('    value: "800"\n', 'is text "800"', "without quotation marks, commas or £: 800"),
    ("    value: yes\n", 'is text "yes"; expected a number', "plain digits"),
    ("    value: NO\n", 'is text "NO"; expected a number', "plain digits"),
    ("    value: true\n", "is true; expected a number", "plain digits"),
    ("    value: 12:30\n", 'is text "12:30"; expected a number', "plain digits"),
    ("    value: 2026-11-22\n", "expected a number", "plain digits"),
    ('    value: "1e3"\n', 'is text "1e3"; expected a number', "plain digits"),
    ("    value: 1e3\n", "1e3 is not a number in plain digits", "Write it as"),
    ("    value: 0x1F\n", "0x1F is not a number in plain digits", "Write it as"),
    ("    value: 1_000\n", "1_000 is not a number in plain digits", "Write it as"),
    ("    value: 0815\n", "0815 is not a number in plain digits", "Write it as"),
    ("    value: +800\n", "+800 is not a number in plain digits", "Write it as"),
    ("    value: .nan\n", ".nan is not a number in plain digits", "Write it as"),
    ("    value: -.inf\n", "-.inf is not a number in plain digits", "Write it as"),
    (f"    value: {'9' * 4400}\n", "9999 is not a number in plain digits", "Write it as"),
    ("    value: 1,000\n", 'is text "1,000"', "without quotation marks, commas or £: 1000"),
    ("    value: £800\n", 'is text "£800"', "without quotation marks, commas or £: 800"),
    ("    value: 80%\n", 'is text "80%"', "25% is 0.25"),
    ("    value: 800 a week\n", 'is text "800 a week"', "without words"),
    ("    value:\n", "is empty; expected a number", "Write the number after the colon"),
    ("    value: [800]\n", "is a list; expected a number", "plain digits"),
    ("    value: {low: 800}\n", "is a section of keys; expected a number", "plain digits"),
    ("    value: 80000\n", "is 80,000; expected 100 to 5,000 gbp_per_child_week", "Check the period and the unit"),
    ("    value: -800\n", "is -800; expected 100 to 5,000", "Check the period and the unit"),
    ('    value: "8\\t00"\n', "hidden character", "Write it without"),
]

YAML_SLIPS = [
    ("    value:\t800\n", "line 4: there is a tab", "Use spaces"),
    ("    value:\u00a0800\n", "line 4: there is a no-break space", "retype"),
    ("    value: 8\u200b00\n", "line 4: there is a hidden character (U+200B)", "retype"),
    ("    value: 800\n    value: 900\n", "line 5: costs.ifa_fostering.value is given twice", "already on line 4"),
    ("    value: &fee 800\n", "line 4: an anchor", "Write the entry out in full"),
    ("    value: *fee\n", "line 4: an alias", "Write the entry out in full"),
    ("    <<: {value: 800}\n", "line 4: a merge", "Write the entry out in full"),
    ("    value: !!float 800\n", "line 4: a tag", "Remove it"),
    ("    ? [value]\n    : 800\n", "line 4: a key must be a word", "before the colon"),
    ("    value:800\n", "line 5: this line, or one just above", "a colon, a space"),
    ("   value: 800\n", "line 5: this line, or one just above", "line keys up"),
    ("    value: @800\n", "line 4: text cannot begin with this sign", "quotation marks"),
    ("    value: {low: 700, high}\n", 'line 4: "high" has no value', "Put text that holds one in quotation marks"),
    ("    value: [800\n", "line 5: a bracket or comma is missing", "Close every"),
    ('    value: "8\\q"\n', "line 4: a backslash", "single quotation marks"),
    ("    value: 800\n---\n", "line 5: a second document", "Keep one document"),
    (f"    value: {'[' * 1000}\n", "nested too deeply", "Remove stray brackets"),
]

# file, what is written, what is written instead, then: line and key, what is wrong, what to do
ENTRIES = [
    (NATIONAL, VALUE, "    valeu: 800\n", "line 4: costs.ifa_fostering.valeu", "not known here", "Did you mean value?"),
    (NATIONAL, VALUE, "", "line 3: costs.ifa_fostering", "value is missing", "Add a line `value:`"),
    (
        NATIONAL,
        "gbp_per_child_week",
        "gbp_per_child_month",
        "line 5: costs.ifa_fostering.unit",
        "expected gbp_per_child_week (pounds per child per week)",
        "do not change the word alone",
    ),
    (
        NATIONAL,
        "gbp_per_child_week",
        "pounds",
        "line 5: costs.ifa_fostering.unit",
        "is pounds; expected",
        "Convert the figure",
    ),
    (NATIONAL, "    low: 700\n", "", "line 4: costs.ifa_fostering.value", "low is missing", "Give both low and high"),
    (
        NATIONAL,
        "    low: 700\n    high: 900\n",
        "",
        "line 4: costs.ifa_fostering.value",
        "has no range",
        "Give low and high",
    ),
    (
        NATIONAL,
        "low: 700",
        "low: 810",
        "line 7: costs.ifa_fostering.low",
        "810 to 900 does not hold the value 800",
        "Correct one",
    ),
    (
        NATIONAL,
        "high: 900",
        "high: 790",
        "line 8: costs.ifa_fostering.high",
        "700 to 790 does not hold the value 800",
        "Correct one",
    ),
    (
        NATIONAL,
        "high: 900",
        "high: 9000",
        "line 8: costs.ifa_fostering.high",
        "is 9,000; expected 100 to 5,000",
        "Check the period",
    ),
    (NATIONAL, "low: 0.5", "low: 0", "line 29: placements.in_house_share.low", "sampled inside", "Move it inside"),
    (NATIONAL, "high: 0.7", "high: 1", "line 30: placements.in_house_share.high", "sampled inside", "Move it inside"),
    (
        NATIONAL,
        "    source: Invented, table 1\n",
        "",
        "line 3: costs.ifa_fostering",
        "source is missing",
        "Add a line `source:`",
    ),
    (
        NATIONAL,
        "source: Invented, table 1",
        "source:",
        "line 9: costs.ifa_fostering.source",
        "is empty",
        "Write it after the colon",
    ),
    (
        NATIONAL,
        "source: Invented, table 1",
        "source: 2011",
        "line 9: costs.ifa_fostering.source",
        "is 2011; expected text",
        "quotation marks",
    ),
    (
        NATIONAL,
        '"an invented figure: for tests"',
        '"  "',
        "line 10: costs.ifa_fostering.why",
        "is empty",
        "Write it after the colon",
    ),
    (
        NATIONAL,
        '"an invented figure: for tests"',
        "an invented figure: for tests",
        "line 10",
        "is not a key",
        "text that holds a colon in quotation marks",
    ),
    (
        NATIONAL,
        '"an invented figure: for tests"',
        '"an invented figure',
        "line 10",
        "a quotation mark opens here and never closes",
        "Add the closing mark",
    ),
    (
        NATIONAL,
        "amber",
        "orange",
        "line 11: costs.ifa_fostering.reliability",
        'is text "orange"',
        "'red', 'amber' or 'green'",
    ),
    (
        NATIONAL,
        "amber",
        "Amber",
        "line 11: costs.ifa_fostering.reliability",
        'is text "Amber"',
        "'red', 'amber' or 'green'",
    ),
    (
        NATIONAL,
        "2026-11-22",
        "22/11/2026",
        "line 12: costs.ifa_fostering.reviewed",
        "expected a real date",
        "2026-11-22",
    ),
    (
        NATIONAL,
        "2026-11-22",
        "2026-02-30",
        "line 12: costs.ifa_fostering.reviewed",
        "expected a real date",
        "2026-11-22",
    ),
    (NATIONAL, "2026-11-22", "20261122", "line 12: costs.ifa_fostering.reviewed", "expected a real date", "2026-11-22"),
    (
        NATIONAL,
        "2027-04-01",
        "2026-11-22",
        "line 13: costs.ifa_fostering.review_by",
        "not after reviewed 2026-11-22",
        "Give a later date",
    ),
    (
        NATIONAL,
        "price_base: 2011-12",
        "price_base: 2011",
        "line 6: costs.ifa_fostering.price_base",
        "is 2011",
        "such as 2011-12",
    ),
    (
        NATIONAL,
        "price_base: 2011-12",
        "price_base: 2011-13",
        "line 6: costs.ifa_fostering.price_base",
        "two following years",
        "2011-12",
    ),
    (
        NATIONAL,
        VALUE,
        VALUE + "    hindsight: yes\n",
        "line 5: costs.ifa_fostering.hindsight",
        'is text "yes"',
        "true or false",
    ),
    (
        NATIONAL,
        "  ifa_fostering:",
        "  ifa_fosterin:",
        "line 3: costs.ifa_fosterin",
        "not in catalogue.yaml",
        "Did you mean costs.ifa_fostering?",
    ),
    (NATIONAL, "costs:", "cost:", "line 2: cost", "not in catalogue.yaml", "Did you mean costs?"),
    (
        NATIONAL,
        "costs:",
        "costs.residential: {value: 3}\ncosts:",
        "line 2: costs.residential",
        "only scenarios join keys with dots",
        "a line of its own",
    ),
    (
        NATIONAL,
        "costs:",
        "units: 3\ncosts:",
        "line 2: units",
        "not in catalogue.yaml",
        "Those allowed here are: budget",
    ),
    (
        NATIONAL,
        "  mix:\n    residential:",
        "  mix: 0.12\n  residential:",
        "line 36: placements.mix",
        "is 0.12; expected the assumptions",
        "Add them or delete it",
    ),
    (
        NATIONAL,
        "  residential:\n",
        "  residential: 2500\n  other:\n",
        "line 14: costs.residential",
        "is 2500; expected value, unit",
        "line of its own",
    ),
    (NATIONAL, "# Invented figures.", "%YAML 1.1", "line 1", "a directive", "Remove the line"),
    (
        NATIONAL,
        "# Invented figures.",
        "\ufeff# Invented figures.",
        "line 1",
        "byte order mark",
        "without a byte order mark",
    ),
    (CASE, "      low: 764\n", "", "line 26: assumptions.costs.ifa_fostering.value", "low is missing", "Give both"),
    (
        CASE,
        "unit: gbp\n",
        "unit: gbp_per_child_week\n",
        "line 18: assumptions.budget.contingency.unit",
        "expected gbp (pounds)",
        "Convert",
    ),
]

CASES = [
    (CASE, "month: 2011-06", "month: 2011-13", "line 4: case.month", "expected a month", "Write June 2011 as 2011-06"),
    (CASE, "month: 2011-06", "month: June", "line 4: case.month", "expected a month", "Write June 2011 as 2011-06"),
    (CASE, "month: 2011-06", "month: 2011-07", "line 4: case.month", "the folder is 2011-06", "Make them the same"),
    (CASE, "council: slough", "council: Slough", "line 2: case.council", "the folder is slough", "Make them the same"),
    (CASE, "horizon: 2015-03", "horizon: 2011-06", "line 6: case.horizon", "expected a month after 2011-06", "further"),
    (CASE, "2011-05-31", "2011-05-30", "line 5: case.origin", "the last day of a month", "Write 2011-05-31"),
    (CASE, "2011-05-31", "2011-07-31", "line 5: case.origin", "after the case's month", "Give a date known"),
    (CASE, "year: 2011-12", "year: 2010-11", "line 7: case.financial_year", "2011-06 is in 2011-12", "Correct one"),
    (CASE, "month: 2011-06", "month: 2011-06\n  year: 1", "line 5: case.year", "not known here", "Those allowed here"),
    (CASE, "year: 2010-11", "year: 2011-12", "line 8: case.calibration_year", "not over by the origin", "known then"),
    (CASE, "  title: Slough, June 2011\n", "", "line 1: case", "title is missing", "Add a line `title:`"),
    (CASE, "area: Slough", "aera: Slough", "line 3: case.aera", "not known here", "Did you mean area?"),
    (CASE, "population: slough", "population: 3 #", "line 11: case.tables.population", "is 3", "or a list of names"),
    (CASE, "assumptions:", "assumption:", "line 14: assumption", "not known here", "Did you mean assumptions?"),
    (CASE, "  tables:", "  tables: 3\n  notes:", "line 9: case.tables", "is 3; expected keys", "Write {}"),
]

SCENARIOS = [
    (
        SCENARIO,
        "net_migration",
        "net_migratoin",
        "line 5: changes.population.net_migratoin",
        "not in catalogue.yaml",
        "Did you mean population.net_migration?",
    ),
    (
        SCENARIO,
        "  population.net_migration",
        "  population",
        "line 5: changes.population",
        "is a section",
        "such as population.net_migration",
    ),
    (SCENARIO, "reason: More", "# More", "line 1", "reason is missing", "Add a line `reason:`"),
    (
        SCENARIO,
        "    why: fees rise by a fifth\n",
        "",
        "line 8: changes.costs.ifa_fostering",
        "why is missing",
        "Add a line `why:`",
    ),
    (
        SCENARIO,
        "value: 978",
        "value: 97800",
        "line 9: changes.costs.ifa_fostering.value",
        "is 97,800; expected 100 to 5,000",
        "Check the period",
    ),
    (
        SCENARIO,
        "value: 978",
        'value: "978"',
        "line 9: changes.costs.ifa_fostering.value",
        'is text "978"',
        "without quotation marks",
    ),
    (
        SCENARIO,
        "value: 978",
        "value: 978\n    wyh: x",
        "line 10: changes.costs.ifa_fostering.wyh",
        "not known here",
        "Did you mean why?",
    ),
    (SCENARIO, "    low: 0.8\n", "", "line 12: changes.placements.in_house_share.value", "low is missing", "Give both"),
    (
        SCENARIO,
        "high: 0.95",
        "high: 0.85",
        "line 14: changes.placements.in_house_share.high",
        "does not hold the value 0.9",
        "Correct one",
    ),
    (SCENARIO, "order: 3", "order: third", "line 2: order", "expected a whole number", "such as 2"),
    (SCENARIO, "changes:", "changes: []\nother:", "line 4: changes", "is a list; expected keys", "Write {}"),
    (CENTRAL, "changes: {}", "changes:", "line 4: changes", "is empty", "Write {}"),
    (
        CENTRAL,
        "changes: {}",
        "changes: {costs.residential: {value: 3000, why: x}}",
        "line 4: changes",
        "central",
        "Put changes in a scenario",
    ),
]

CATALOGUES = [
    (
        CATALOGUE,
        "minimum: 100\n",
        "minimum: 6000\n",
        "line 21: costs.ifa_fostering.minimum",
        "not below",
        "Correct one",
    ),
    (CATALOGUE, "minimum: 100\n", "minimum: -1\n", "line 21: costs.ifa_fostering.minimum", "0 or more", "Raise it"),
    (
        CATALOGUE,
        "maximum: 1\n",
        "maximum: 100\n",
        "line 36: placements.in_house_share.maximum",
        "1 or less",
        "Lower it",
    ),
    (
        CATALOGUE,
        "unit: gbp_per_child_week",
        "unit: gbp_per_child_weak",
        "line 20: costs.ifa_fostering.unit",
        "not under `units:`",
        "gbp_per_child_week?",
    ),
    (
        CATALOGUE,
        "    unit: gbp_per_child_week\n",
        "",
        "line 18: costs.ifa_fostering",
        "unit is missing",
        "Add a line `unit:`",
    ),
    (
        CATALOGUE,
        "kind: uncertain",
        "kind: random",
        "line 23: costs.ifa_fostering.kind",
        'is text "random"',
        "'uncertain' or 'decision'",
    ),
    (
        CATALOGUE,
        "pounds per child per week",
        "pounds, per child",
        "line 4",
        '"per child" has no value',
        "Put text that holds one",
    ),
    (
        CATALOGUE,
        "scale: real",
        "scale: normal",
        "line 7: units.children_per_year.scale",
        'is text "normal"',
        "'positive', 'share' or 'real'",
    ),
    (CATALOGUE, "units:", "unit:", "line 1: units", "the units are missing", "Add `units:`"),
    (CATALOGUE, "  ifa_fostering", "  IFA fostering", "line 18: costs.IFA fostering", "small letters", "Rename it"),
    (CATALOGUE, "placements:\n", "placements: {}\nx:\n", "line 31: placements", "is empty", "Add them or delete it"),
]


@pytest.fixture
def params(tmp_path: Path) -> Path:
    return shutil.copytree(PARAMS, tmp_path / "params")


def change(params: Path, file: str, written: str, instead: str) -> None:
    """Write `instead` where `written` first stands in a file."""
    text = (params / file).read_text(encoding="utf-8")
    assert written in text
    (params / file).write_text(text.replace(written, instead, 1), encoding="utf-8", newline="\n")


def message(params: Path, scenario: str = "high_migration", council: str = "slough", month: str = "2011-06") -> str:
    """What load says when it refuses."""
    with pytest.raises(BadInput) as refusal:
        load(params, council, month, scenario)
    return str(refusal.value)


@pytest.mark.parametrize("written, wrong, remedy", NUMBERS)
def test_a_number_that_is_not_one_is_refused_where_it_stands(params, written, wrong, remedy):
    change(params, NATIONAL, VALUE, written)
    said = message(params)
    assert said.startswith("national.yaml, line 4: costs.ifa_fostering.value: ")
    assert wrong in said and remedy in said
    assert len(said) < 300


@pytest.mark.parametrize("written, wrong, remedy", YAML_SLIPS)
def test_yaml_that_could_be_read_two_ways_is_refused_by_line(params, written, wrong, remedy):
    change(params, NATIONAL, VALUE, written)
    said = message(params)
    assert said.startswith("national.yaml, line ")
    assert wrong in said and remedy in said


@pytest.mark.parametrize("file, written, instead, place, wrong, remedy", ENTRIES + CASES + SCENARIOS + CATALOGUES)
def test_a_slip_is_refused_with_its_file_line_key_and_remedy(params, file, written, instead, place, wrong, remedy):
    change(params, file, written, instead)
    scenario = "central" if file == CENTRAL else "high_migration"
    lines = message(params, scenario).splitlines()
    line = next((line for line in lines if line.startswith(f"{file}, {place}")), None)
    assert line, lines
    assert wrong in line and remedy in line


def test_a_misspelt_key_is_named_before_the_missing_one_it_leaves(params):
    change(params, NATIONAL, VALUE, "    valeu: 800\n")
    first, second = message(params).splitlines()
    assert "Did you mean value?" in first and "value is missing" in second


def test_all_faults_of_a_file_are_reported_together(params):
    change(params, NATIONAL, VALUE, "    value: eight hundred\n")
    change(params, NATIONAL, "value: 2500", "value: 250000")
    change(params, NATIONAL, "reliability: green", "reliability: teal")
    said = message(params).splitlines()
    assert [line.split(": ")[0] for line in said] == [f"national.yaml, line {line}" for line in (4, 15, 33)]


def test_every_missing_key_is_listed_with_what_it_is(params):
    text = (params / NATIONAL).read_text(encoding="utf-8")
    (params / NATIONAL).write_text(text[: text.index("placements:")], encoding="utf-8")
    said = message(params)
    assert said.startswith("national.yaml: 3 of the keys in catalogue.yaml have no entry. Add each to national.yaml")
    assert "slough/2011-06/case.yaml" in said
    assert "placements.mix.residential (Share of new placements that are residential; share)" in said
    assert "population.net_migration" in said and "costs" not in said


@pytest.mark.parametrize(
    "raw, wrong",
    [
        (b"", "line 1: the file is empty; expected keys"),
        (b"# nothing but a remark\n", "line 1: the file is empty; expected keys"),
        (b"- costs\n", "line 1: the file does not begin with a key; expected keys"),
        (b"costs\n", "line 1: the file does not begin with a key; expected keys"),
        (b"costs:\n  name: \xa3800\n", "line 2: this is not UTF-8 text. In the editor, choose Save As"),
    ],
)
def test_a_file_that_is_no_list_of_keys_is_refused(params, raw, wrong):
    (params / NATIONAL).write_bytes(raw)
    assert f"national.yaml, {wrong}" in message(params)


def test_an_alias_bomb_is_refused_at_its_first_anchor(params):
    bomb = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    (params / NATIONAL).write_text(bomb, encoding="utf-8")
    assert message(params).startswith("national.yaml, line 1: an anchor")


def test_a_missing_file_is_named(params):
    (params / NATIONAL).unlink()
    assert message(params).startswith("national.yaml: there is no such file in ")


@pytest.mark.parametrize(
    "asked, wrong, right",
    [
        ({"council": "sluogh"}, 'there is no council "sluogh"', "Did you mean slough?"),
        ({"council": "Slough"}, 'there is no council "Slough"', "Did you mean slough?"),
        ({"council": "scenarios"}, 'there is no council "scenarios"', "exampleton, slough"),
        ({"month": "2011-07"}, 'there is no month "2011-07" of slough', "Did you mean 2011-06?"),
        ({"month": "../x"}, 'there is no month "../x" of slough', "2011-06"),
        ({"scenario": "high_migratoin"}, 'there is no scenario "high_migratoin"', "Did you mean high_migration?"),
        ({"scenario": "zzz"}, 'there is no scenario "zzz"', "agency_freeze, central, high_migration"),
    ],
)
def test_an_unknown_council_month_or_scenario_is_refused_with_the_nearest(params, asked, wrong, right):
    said = message(params, **asked)
    assert wrong in said and right in said


def test_a_scenario_cannot_carry_a_range_from_a_central_value_of_nothing(params):
    change(params, NATIONAL, "value: 0.12", "value: 0")
    change(params, NATIONAL, "low: 0.08", "low: 0")
    change(params, NATIONAL, "high: 0.2\n", "high: 0\n")
    change(params, SCENARIO, "changes:", "changes:\n  placements.mix.residential: {value: 0.1, why: some are bought}")
    said = message(params)
    assert said.startswith("scenarios/high_migration.yaml, line 5: changes.placements.mix.residential.value: ")
    assert "Give low and high" in said


def test_a_positive_amount_cannot_range_from_nothing(params):
    change(params, CATALOGUE, "minimum: 500", "minimum: 0")
    change(params, NATIONAL, "low: 2000", "low: 0")
    said = message(params)
    assert said.startswith("national.yaml, line 17: costs.residential.low: the range reaches 0")
    assert "Move it inside, or make value, low and high equal" in said


def test_lists_refuse_a_broken_file_by_name(params):
    change(params, CASE, "title:", "tilte:")
    change(params, SCENARIO, "order: 3", "order:")
    with pytest.raises(BadInput, match="case.tilte: this key is not known here. Did you mean title"):
        list_cases(params)
    with pytest.raises(BadInput, match="high_migration.yaml, line 2: order: is empty; expected a whole number"):
        list_scenarios(params)


def test_the_calibration_year_may_end_on_the_origin(params):
    change(params, CASE, "2011-05-31", "2011-03-31")
    assert load(params, "slough", "2011-06", "central").case.calibration_year == "2010-11"


def test_windows_line_endings_are_read_as_they_are_meant(params):
    raw = (params / NATIONAL).read_bytes().replace(b"\n", b"\r\n")
    (params / NATIONAL).write_bytes(raw)
    assert load(params, "slough", "2011-06", "central").entry("costs.residential").line == 14


class Part(Strict):
    name: Text = Field(description="the name of the part")


class Whole(Strict):
    parts: list[Part] = Field(description="the parts")
    named: dict[str, Part] = Field(description="the parts by name")
    code: str = Field(pattern="^[a-z]+$", description="small letters alone")


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("- name: a", "- nmae: a", "line 2: parts.0.nmae: this key is not known here. Did you mean name?"),
        ("- name: a", "- {}", "line 2: parts.0: name is missing. Add a line `name:` (the name of the part)"),
        ("b: {name: b}", "b: {name: 2}", "line 4: named.b.name: is 2; expected text: the name of the part"),
        ("code: abc", "code: 'a-c'", 'line 5: code: is text "a-c"; expected small letters alone'),
        ("code: abc", "code: abc\ncode: abd", "line 6: code is given twice; it is already on line 5"),
        ("code: abc", "cod: abc", "line 5: cod: this key is not known here. Did you mean code?"),
    ],
)
def test_any_settings_file_is_read_as_strictly(tmp_path, old, new, said):
    """Lists and tables of parts included: what is misspelt in them is named by its place."""
    text = "parts:\n  - name: a\nnamed:\n  b: {name: b}\ncode: abc\n"
    path = tmp_path / "some.yaml"
    path.write_text(text, encoding="utf-8")
    assert read_as(Whole, path, tmp_path)[0].named["b"].name == "b"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(BadInput) as refusal:
        read_as(Whole, path, tmp_path)
    assert f"some.yaml, {said}" in str(refusal.value)
