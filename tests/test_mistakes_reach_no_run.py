"""A mistake in the real params or data stops before any work and leaves the last published run as it was."""

import shutil

import pytest

from conftest import HOME, run_case
from forecast.case.errors import BadInput
from forecast.runs.home import Home, Settings

CASE = "params/slough/2011-06/case.yaml"
CHILDREN = "data/published/slough_children_to_2011.csv"
# file, text, what it becomes, words the message must hold
MISTAKES = [
    ("params/national.yaml", "  lac_starts_pool:", "  lac_starts_pol:", ["national.yaml", "line", "lac_starts_pool"]),
    ("params/national.yaml", "unit: hours\n", "unit: days\n", ["national.yaml", "line", "hours"]),
    ("params/national.yaml", "reliability: green", "reliability: grene", ["national.yaml", "line", "green"]),
    ("params/national.yaml", "value: 13\n", "value: 1e1\n", ["national.yaml", "line"]),
    ("params/national.yaml", "value: 13\n", "value: yes\n", ["national.yaml", "line"]),
    (CASE, "unit: gbp_per_child_week", "unit: gbp_per_child_month", ["case.yaml", "line", "gbp_per_child_week"]),
    (CASE, "value: 675\n", "value: 35100\n", ["case.yaml", "line", "5,000"]),
    (CASE, "low: 640\n", "low: 700\n", ["case.yaml", "line"]),
    (CASE, "origin: 2011-05-31", "origin: 2011-05-30", ["case.yaml", "line", "origin"]),
    (CASE, "horizon: 2015-03", "horizon: 2010-03", ["case.yaml", "line", "horizon"]),
    (
        CASE,
        "population: slough_population_2011\n",
        "population: slough_population_2010\n",
        ["slough_population_2010", "slough_population_2011"],
    ),
    (CASE, 'lac_stays: "2012-13"', 'lac_stays: "2013-14"', ["2013-14", "2012-13"]),
    (CASE, "contingency:\n", "contingensy:\n", ["case.yaml", "line", "contingency"]),
    (
        "params/scenarios/gatekeeping.yaml",
        "levers.lac_starts:",
        "levers.lac_start:",
        ["gatekeeping.yaml", "line", "levers.lac_starts"],
    ),
    ("params/scenarios/gatekeeping.yaml", "value: 0.85", "value: 85", ["gatekeeping.yaml", "line", "5"]),
    (
        CHILDREN,
        "Slough,2011-03-31,lac_stock,all,all,168,",
        "Slough,2011-03-31,lac_stock,all,all,186,",
        [CHILDREN.split("/")[-1], "expected"],
    ),
    (CHILDREN, "age_band,10_15,53,", "age_band,10_15,c,", ["slough_children_to_2011.csv"]),
    (CHILDREN, "age_band,10_15,53,", "age_band,10_15,5 3,", ["line", "not a number"]),
    (
        "data/published/slough_population_2011.csv",
        "area,mid_year,age,children",
        "area,age,mid_year,children",
        ["line 1", "expected"],
    ),
    (
        "data/published/slough_components_to_2010.card.yaml",
        "expires: 2011-09-30",
        "expires: 2011-05-30",
        ["expired", "slough_components_to_2010"],
    ),
    (
        "data/published/england_children_2011.card.yaml",
        "hindsight: true",
        "hindsight: false",
        ["known", "england_children_2011"],
    ),
]


@pytest.mark.parametrize("file, text, becomes, words", MISTAKES, ids=lambda value: str(value)[:40])
def test_nothing_runs_and_the_last_run_stays(tmp_path, file, text, becomes, words):
    for folder in ("params", "data"):
        shutil.copytree(HOME / folder, tmp_path / folder)
    last = tmp_path / "runs" / "slough" / "2011-06" / "answer.json"
    last.parent.mkdir(parents=True)
    last.write_text("the last good answer", encoding="utf-8")
    path = tmp_path / file
    before = path.read_text(encoding="utf-8")
    assert text in before, "the mistake must change something"
    path.write_text(before.replace(text, becomes, 1), encoding="utf-8", newline="\n")
    home = Home(tmp_path / "params", tmp_path / "data", tmp_path / "runs", HOME / "notebooks")
    with pytest.raises(BadInput) as stopped:
        run_case(home, "slough", "2011-06", Settings(100, 1, 1))
    for word in words:
        assert word in str(stopped.value), str(stopped.value)
    assert last.read_text(encoding="utf-8") == "the last good answer"
    assert [path.name for path in (tmp_path / "runs" / "slough").iterdir()] == ["2011-06"]
