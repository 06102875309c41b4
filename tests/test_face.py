"""The face: one object an analyst, the command line and notebooks use, equal to the chain of rooms to the last bit."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import forecast
from conftest import HOME
from forecast.case.errors import BadInput
from forecast.case.months import financial_year
from forecast.cli.commands import main
from forecast.demand import caseload
from forecast.model.cases import open_case
from forecast.model.projection import prepare, project
from forecast.questions import sensitivity
from forecast.questions.answer import head, scenario
from forecast.runs import toolkit
from forecast.runs.home import Home
from forecast.runs.steps import STEPS_FOLDER, Steps, keeping

DRAWS, SEED = 100, 7
CHANGES = {"levers.births": 1.1, "migration.internal_in": 50.0, "budget.contingency": 700_000.0}
FILE = """name: What if
order: 99
reason: what if
changes:
  levers.births: {value: 1.1, why: what if}
  migration.internal_in: {value: 50.0, why: what if}
  budget.contingency: {value: 700000.0, why: what if}
"""


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    """Steps of these tests alone."""
    folder = tmp_path_factory.mktemp("steps")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(STEPS_FOLDER, str(folder))
        yield folder


@pytest.fixture(scope="module")
def case(steps):
    return forecast.open_case("slough", "2011-06")


@pytest.fixture(scope="module")
def what_if(case):
    return case.change(CHANGES)


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    """The rooms called one by one, the changes in a scenario file: the central case's answer and the scenario's."""
    params = tmp_path_factory.mktemp("home") / "params"
    shutil.copytree(HOME / "params", params)
    (params / "scenarios" / "what-if.yaml").write_text(FILE, encoding="utf-8")
    opened = open_case(params, HOME / "data", "slough", "2011-06")
    base = prepare(opened.central, opened.evidence, DRAWS, SEED)
    central = project(base, opened.central)
    other = project(base, opened.scenarios["what-if"])
    return head(base), scenario(base, central, central), scenario(base, other, central)


def test_a_preparation_kept_gives_the_same_case_and_a_broken_one_is_made_again(case, steps):
    """Tables of the preparation on disk: found again, to the last bit; never for another seed; never torn ones."""
    opened, home = case.project.opened, Home.found()

    def made(seed=SEED) -> list[np.ndarray]:
        done = prepare(opened.central, opened.evidence, DRAWS, seed, keep=keeping(home, opened, DRAWS, seed))
        return [*done.drift.values(), *(part for one in done.spread.values() for part in vars(one).values())]

    first = made()
    (kept,) = steps.glob("prepared-*.npz")
    whole = kept.read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(caseload.Simulator, "matched", None)  # it is not called
        assert all(np.array_equal(one, other) for one, other in zip(first, made(), strict=True))
    for broken in (b"", whole[:-200], whole[:1000] + b"other" + whole[1005:]):
        kept.write_bytes(broken)
        assert all(np.array_equal(one, other) for one, other in zip(first, made(), strict=True))
        assert kept.read_bytes() == whole
    assert not np.array_equal(first[0], made(SEED + 1)[0])
    assert len(list(steps.glob("prepared-*.npz"))) == 2


def test_the_first_draws_of_a_case_are_the_same_futures(case):
    """What is asked on fewer draws is asked of the run's own first ones: children and pounds of each are equal."""
    opened = case.project.opened
    base = prepare(opened.central, opened.evidence, DRAWS, SEED)
    many, few = (project(one, opened.scenarios["first-response"]) for one in (base, base.first(40)))
    assert np.array_equal(many.lac.stock[:40], few.lac.stock) and np.array_equal(many.cp.days[:40], few.cp.days)
    assert np.allclose(many.drawn.call[:40], few.drawn.call, rtol=1e-12)
    assert base.first(DRAWS) is base


def plain(content):
    return json.loads(json.dumps(content))


ASKED_OF_FILES = (
    "scenarios",
    "record",
    "not_yours",
    "unusual",
)  # parts of an answer that the rooms of the method do not make


def test_the_face_equals_the_chain_and_a_scenario_file_to_the_bit(case, what_if, chain):
    top, central, other = chain
    held = case.simulate(DRAWS, SEED)
    assert held.figures == plain(central)
    assert {key: part for key, part in held.answer.items() if key not in ASKED_OF_FILES} == plain(
        {key: part for key, part in top.items() if key not in ASKED_OF_FILES}
    )
    assert what_if.simulate(DRAWS, SEED).figures == plain(other)


@pytest.mark.parametrize("typed, which", [([], 1), ([f"{key}={value}" for key, value in CHANGES.items()], 2)])
def test_the_command_line_prints_the_scenario_as_answer_json_holds_it(steps, chain, typed, which):
    said = CliRunner().invoke(
        main, ["what-if", "slough", "2011-06", *typed, "--draws", str(DRAWS), "--seed", str(SEED), "--json"]
    )
    assert said.exit_code == 0, said.output
    assert json.loads(said.output) == plain(chain[which])


def test_a_step_kept_is_not_computed_again_and_is_the_same(what_if, monkeypatch):
    first = what_if.simulate(DRAWS, SEED)
    monkeypatch.setattr(toolkit.Project, "central", None)
    monkeypatch.setattr(toolkit.Project, "opened", None)
    again = forecast.open_case("slough", "2011-06").change(CHANGES).simulate(DRAWS, SEED)
    assert (again.answer, again.detail, again.checksum) == (first.answer, first.detail, first.checksum)


def test_a_step_that_does_not_read_is_made_again(tmp_path):
    held = Steps(tmp_path / "steps", "files")
    assert held.take("one", {"a": 1}, lambda: {"figure": 0.1}) == {"figure": 0.1}
    assert held.take("one", {"a": 1}, lambda: {"figure": 2}) == {"figure": 0.1}
    kept = held.path("one", {"a": 1}).read_text(encoding="utf-8")
    held.path("one", {"a": 1}).write_text(kept.replace("0.1", "0.7"), encoding="utf-8")
    assert held.take("one", {"a": 1}, lambda: {"figure": 0.1}) == {"figure": 0.1}, "an edited step is not taken"
    held.path("one", {"a": 1}).write_text('{"figure": 0.', encoding="utf-8")
    assert held.take("one", {"a": 1}, lambda: {"figure": 2}) == {"figure": 2}
    assert Steps(tmp_path / "steps", "other files").take("one", {"a": 1}, lambda: {"figure": 3}) == {"figure": 3}


@pytest.mark.parametrize("file", ["params/national.yaml", "params/scenarios/permanence.yaml", "data/published/a.csv"])
def test_a_changed_file_makes_other_steps(tmp_path, file):
    home = Home(tmp_path / "params", tmp_path / "data", tmp_path / "runs", tmp_path / "notebooks")
    for folder in ("params/scenarios", "data/published"):
        (tmp_path / folder).mkdir(parents=True)
    before = Steps.of(home).files
    (tmp_path / file).write_text("a: 1\n", encoding="utf-8")
    assert Steps.of(home).files != before


def test_names_that_are_not_there_say_the_nearest(case):
    with pytest.raises(BadInput, match=r"levers.birth: .* Did you mean levers.births\?"):
        case.change({"levers.birth": 1.1})
    with pytest.raises(BadInput, match="there is no scenario permanance. Did you mean permanence"):
        case.scenario("permanance")
    with pytest.raises(BadInput, match="levers.births.*expected"):
        case.change({"levers.births": -3.0})
    with pytest.raises(BadInput, match="expected a number"):
        case.change({"levers.births": "much"})
    with pytest.raises(BadInput, match="there is no picture moods. Pictures: pyramid, births, moves"):
        case.population().plot("moods")
    with pytest.raises(BadInput, match="there is no table line. Did you mean lines"):
        case.simulate(DRAWS, SEED).read("line")


def test_the_figures_behind_the_answer_sum_to_it(case):
    future = case.simulate(DRAWS, SEED)
    ages = pd.DataFrame(future.detail["ages"]).groupby(["group", "month"])["mean"].sum()
    care = pd.DataFrame(future.detail["care"]).groupby(["group", "year"])[["starts", "ends", "aged"]].sum()
    for group in ("lac", "cp"):
        for row in future.figures["children"][group]["month_ends"]:
            if row["month"].endswith("-03"):
                assert ages[group, row["month"]] == pytest.approx(row["mean"])
        assert ages[group, "2011-05"] == future.answer["open_at_origin"][group]
        for figure in ("starts", "ends"):
            by_year = pd.DataFrame(future.figures["children"][group][figure])
            by_year = by_year.groupby(by_year["month"].map(financial_year))["mean"].sum()
            assert care.loc[group, figure].tolist() == pytest.approx(by_year.tolist())
        assert care.loc[group, "aged"].tolist() == pytest.approx([0] * 4), "a birthday moves a child, it adds none"
    placed = pd.DataFrame(future.detail["placements"])
    for row in placed.itertuples():
        assert row.cost == pytest.approx(future.figures["cost"][row.year]["lines"][row.line]["mean"])
    work = pd.DataFrame(future.detail["work"]).set_index(["work", "year"])["mean"]
    for year, told in future.figures["activity"].items():
        assert work["iro_posts", year] == pytest.approx(told["iro_posts_needed"]["mean"])


def test_population_moves_sum_to_the_change(case):
    flows = case.project.opened, pd.DataFrame(case.facts["people"]["moves"])
    signs = flows[1]["flow"].map(toolkit.views.charts.adds)
    people = pd.DataFrame(case.facts["people"]["people"]).groupby("month")["children"].sum()
    # people are averages of a month, moves run from its first day to the last one's end: half a month at either end
    assert (signs * flows[1]["children"]).sum() == pytest.approx(people.diff().iloc[-1], rel=0.03)
    assert people.iloc[0] == pytest.approx(37_416, rel=0.002), "mid-2011 estimate of 0 to 17, ONS"


def test_every_view_says_its_finding_and_draws_with_words(case):
    future = case.simulate(DRAWS, SEED)
    for view in (case.history(), case.population(), future.children, future.activity, future.cost, future.contingency):
        assert view.headline.endswith(".") and f"<strong>{view.headline[:10]}" in view._repr_html_()
        assert not view.table.empty and not view.summary.empty
        assert all("_" not in column for column in [*view.table.columns, *view.summary.columns])
        for name in view.pictures:
            chart = view.plot(name)
            assert chart.alt and chart.title and chart._repr_png_()[0][:4] == b"\x89PNG"


def test_what_drives_demand_sums_to_the_forecast_and_is_shown(case):
    future, drivers = case.simulate(DRAWS, SEED), case.drivers(DRAWS, SEED)
    for group, column in (("lac", "looked-after children"), ("cp", "children on plans")):
        ends = {row["month"]: row["mean"] for row in future.figures["children"][group]["month_ends"]}
        for month, rows in drivers.table.groupby("month"):
            opened = future.answer["open_at_origin"][group]
            assert rows[column].sum() == pytest.approx(ends[month] - opened, abs=1e-9)
    for year, rows in drivers.table.groupby("financial year"):
        assert rows["variance, £"].sum() == pytest.approx(future.figures["cost"][year]["variance"]["mean"], abs=1e-6)
    assert {"Births", "Moves from abroad, net", "London families", "Ageing of today's children"} < set(
        drivers.summary.index
    )
    assert all(drivers.plot(name).alt for name in drivers.pictures)


def test_each_cause_takes_its_own_change(case):
    """Births alone, a stream alone and moves alone move their own part of what drives demand, by all of the change."""
    usual = case.drivers(DRAWS, SEED).table
    for changes, own in (
        ({"population.births_growth": 0.08}, "Births"),
        ({"migration.london_families.families": 25}, "London families"),
        ({"migration.international_in": 40}, "Moves from abroad, net"),
    ):
        moved = case.change(changes).drivers(DRAWS, SEED).table
        for column in ("looked-after children", "children on plans", "variance, £"):
            change = (moved[column] - usual[column]).groupby(moved["cause"]).sum()
            assert change[own] == pytest.approx(change.sum()) != 0, (changes, column, change)


def test_compared_futures_stand_on_the_same_draws(case, what_if):
    first, other = case.simulate(DRAWS, SEED), what_if.simulate(DRAWS, SEED)
    held = forecast.compare({"central": first, "births": other})
    calls = held.table.set_index("future")
    assert calls.loc["births", "call against Central, £"] == pytest.approx(
        other.figures["difference_from_central"]["call"]["mean"]
    )
    assert held.plot().alt and held.summary.shape == (2, 3)
    with pytest.raises(BadInput, match="births has another draws than the first"):
        forecast.compare({"central": first, "births": what_if.simulate(DRAWS + 1, SEED)})


def test_importing_the_face_imports_no_room():
    code = "import forecast, sys; assert not {'pandas', 'numpy', 'forecast.runs'} & set(sys.modules); dir(forecast)"
    subprocess.run([sys.executable, "-c", code], cwd=HOME, check=True)


@pytest.mark.parametrize("command", [["sensitivity"], ["seek", "budget.contingency"], ["switch", "budget.adjustment"]])
def test_questions_for_machines_give_key_values_and_calls(command, monkeypatch):
    pay = ["prices.pay", "Pay", 0.0, 0.01, 0.02, -500.0, 700.0, float("nan")]  # the whole: test_sensitivity
    names = ["key", "assumption", "low", "value", "high", "call_at_low", "call_at_high", "share_of_variance"]
    monkeypatch.setattr(sensitivity, "tornado", lambda base, held: pd.DataFrame([pay], columns=names))
    said = CliRunner().invoke(main, [*command, "--draws", "100", "--json"])
    assert said.exit_code == 0, said.output
    told = json.loads(said.output)
    for row in told if isinstance(told, list) else [told]:
        assert row["key"] and len(row["values"]) == len(row["calls"]) >= 2
        assert row["values"] == sorted(row["values"])
    if command[0] == "sensitivity":
        assert np.diff(row["calls"]) == pytest.approx([500, 700]) and row["share_of_variance"] is None
    if command[0] == "switch":
        assert row["calls"][row["values"].index(row["switching_value"])] == pytest.approx(row["contingency"], abs=1)
    if command[0] == "seek":
        assert row["chances"][row["values"].index(row["enough"])] >= row["sure"]


def test_a_pair_that_is_none_is_refused():
    said = CliRunner().invoke(main, ["what-if", "slough", "2011-06", "levers.births"])
    assert said.exit_code == 2 and "Write a key and a number" in said.output
