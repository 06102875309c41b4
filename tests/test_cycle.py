"""The monthly cycle: what is known becomes a case, what moved sums to the penny, harmless to repeat, safe to break."""

import json
import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from conftest import HOME
from forecast.case import list_scenarios
from forecast.case.errors import BadInput, Busy
from forecast.cli.commands import main
from forecast.model import projection
from forecast.model.cases import COUNTED_AS, Actuals, moved_on
from forecast.runs import folders, pipeline
from forecast.runs.home import Home, Settings
from forecast.runs.refresh import io, summary
from forecast.runs.refresh.alarm import alarm
from forecast.runs.refresh.data_cut import DataCut
from forecast.runs.refresh.io import replay
from forecast.runs.refresh.movement import Figures, figures, movement, same_children, steps_between, value_of
from forecast.sources import files
from forecast.sources.arrivals import CARD, INBOX, read_card
from forecast.sources.ssda903 import read_returns

MONTHS = HOME / "data" / "example" / "months"
FEW = 120  # draws: what is tested here holds at any number
PLAIN = Settings(FEW, 1, 2, notebooks=False)
FEW_SCENARIOS = ["central", "gatekeeping"]


# --- what moved -------------------------------------------------------------------------------------------------------


def at(call: str, outturn: str, lac: float, cp: float, chance: float) -> Figures:
    return Figures(Decimal(call), Decimal(outturn), lac, cp, chance)


def test_causes_are_the_differences_of_one_forecast_after_the_other():
    said = {"numbers": at("110.10", "1010.00", 12, 5, 0.4), "actuals": at("130.33", "1000.01", 12, 5, 0.3)}
    before, after = at("100.00", "1000.00", 10, 5, 0.5), at("150.50", "1020.02", 12, 5, 0.2)
    moves = movement(
        before, after, [("numbers", "numbers"), ("actuals", "actuals"), ("price", "now")], said.__getitem__
    )
    assert [(cause, by.call, by.lac) for cause, by in moves.items()] == [
        ("numbers", Decimal("10.10"), 2),
        ("actuals", Decimal("20.23"), 0),
        ("price", Decimal("20.17"), 0),
    ]
    assert sum(by.call for by in moves.values()) == after.call - before.call
    assert sum(by.outturn for by in moves.values()) == after.outturn - before.outturn


def rows(*given) -> pd.DataFrame:
    return pd.DataFrame(given, columns=["month", "figure", "item", "value"])


def data_cut(*given, budget=1.0, scenarios=None) -> DataCut:
    card = read_card(MONTHS / CARD)
    return DataCut(card, scenarios or {"central": _Entries({})}, rows(*given), {"iro": budget})


class _Entries:
    def __init__(self, entries):
        self.entries = entries


APRIL = [("2025-04", "children", "lac", 170.0), ("2025-04", "actual", "iro", 5.0)]
MAY = [("2025-05", "children", "lac", 172.0), ("2025-05", "actual", "iro", 6.0)]


def causes(then: DataCut, now: DataCut, same_program: bool = True) -> dict[str, DataCut]:
    return dict(steps_between(then, now, same_program))


def test_only_what_changed_is_a_cause():
    assert list(causes(data_cut(*APRIL), data_cut(*APRIL, *MAY))) == ["numbers", "actuals", "price"]
    assert list(causes(data_cut(*APRIL), data_cut(*APRIL, *MAY), same_program=False))[0] == "model"
    assert causes(data_cut(*APRIL), data_cut(*APRIL)) == {}
    assert list(causes(data_cut(*APRIL), data_cut(*APRIL, budget=2.0))) == ["assumptions"]
    assert list(causes(data_cut(*APRIL), data_cut(*APRIL, MAY[0]))) == ["numbers"]
    restated = [("2025-04", "children", "lac", 171.0), APRIL[1]]
    assert list(causes(data_cut(*APRIL), data_cut(*restated, *MAY))) == ["revision", "numbers", "actuals", "price"]


def test_each_step_knows_no_more_than_its_cause():
    found = causes(data_cut(*APRIL), data_cut(*APRIL, *MAY))
    assert found["numbers"].last == "2025-05" and found["numbers"].ledger_months == ("2025-04",)
    assert found["actuals"].ledger_months == ("2025-04", "2025-05") and found["actuals"].levels == ("2025-04",)
    assert found["price"].levels is None


def test_a_ledger_that_came_late_is_no_revision():
    then = data_cut(APRIL[0], MAY[0])
    late = data_cut(*APRIL, *MAY, ("2025-04", "budget", "iro", 9.0))
    assert list(causes(then, late)) == ["actuals", "price"]


# --- the alarm --------------------------------------------------------------------------------------------------------


def test_a_doubling_sounds_and_a_steady_council_does_not():
    steady = np.array([20, 22, 19, 21, 20, 18, 22, 21])
    months = [f"2025-{month:02d}" for month in range(4, 12)]
    assert not alarm("cp_starts", months, steady, 244, 0.5, 1.5, 0.005)["found"]
    doubled = np.concatenate([steady[:6], [41, 43]])
    heard = alarm("cp_starts", months, doubled, 244, 0.5, 1.5, 0.005)
    assert (
        heard["found"]
        and heard["counted"] > heard["expected"]
        and heard["months"] == ["2025-10", "2025-11"]
        and heard["counted"] == 84
    )
    fewer = np.concatenate([steady[:5], [8, 9, 7]])
    heard = alarm("cp_starts", months, fewer, 244, 0.5, 1.5, 0.005)
    assert heard["counted"] < heard["expected"]


def test_the_chance_is_that_of_a_gamma_poisson_sum():
    """Families of one: 60 starts last year count in full, 10 came in 2 months; then 14 in a month, by simulation."""
    luck = np.random.default_rng(0)
    rate = luck.gamma(60 + 10, 1 / (12 + 2), 4_000_000)
    more = (luck.poisson(rate) >= 14).mean()
    told = alarm("lac_starts", ["2025-04", "2025-05", "2025-06"], np.array([5, 5, 14]), 60, 1.0, 1.0, 0.01)
    assert told["months"] == ["2025-06"] and told["chance"] == pytest.approx(2 * more, rel=0.06)


# --- a case at a later month ------------------------------------------------------------------------------------------


def test_a_month_beyond_the_budget_year_asks_for_a_new_case():
    counts = pd.DataFrame([("2026-04", "lac", 1)], columns=["month", "measure", "value"])
    home = home_in(HOME / "nowhere")
    held = io.load_scenarios(home.params, "slough", "2025-04", ["central"])
    with pytest.raises(BadInput, match="2026-04 is in 2026-27 and the case's budget is for 2025-26"):
        moved_on(held, Actuals(counts), "exampleton", "Exampleton")


# --- the whole, on the invented council -------------------------------------------------------------------------------


def home_in(folder) -> Home:
    return Home(HOME / "params", HOME / "data", folder / "runs", HOME / "notebooks")


@pytest.fixture(scope="module")
def plain_sensitivities():
    """The tornado, the charts and most scenarios are tested elsewhere and take most of a refresh."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            pipeline,
            "sensitivities",
            lambda case, base, central: {"sensitivities": pipeline.sensitivity.figures(base, central)},
        )
        patch.setattr(pipeline.sensitivity, "figures", lambda base, central: QUICK)
        patch.setattr(pipeline, "charts_of", lambda told: {})
        patch.setattr(io, "list_scenarios", lambda params: FEW_SCENARIOS)
        yield


ROW = {
    "key": "a.b",
    "assumption": "A",
    "low": 0.0,
    "value": 0.5,
    "high": 1.0,
    "call_at_low": -1.0,
    "call_at_high": 1.0,
    "share_of_variance": 0.1,
    "switching_value": None,
}
QUICK = {"draws": 1, "call": 0.0, "sure": 0.8, "share_of_children": 0.5, "assumptions": [ROW], "levers": []}


def replay_to(base, last: str) -> dict[str, io.Done]:
    """The year replayed as the command does it, to a delivery."""
    outcomes = {}
    for month, done in replay(home_in(base), MONTHS, base / "council", PLAIN, lambda step: None):
        outcomes[month] = done
        if month == last:
            break
    return outcomes


@pytest.fixture(scope="module")
def replayed(tmp_path_factory, plain_sensitivities):
    """The whole year: folder and outcomes."""
    base = tmp_path_factory.mktemp("year")
    return base, replay_to(base, "")


@pytest.fixture(scope="module")
def year(tmp_path_factory, plain_sensitivities):
    """The first four deliveries, refreshed one after the other: folder and outcomes."""
    base = tmp_path_factory.mktemp("four")
    return base, replay_to(base, "2025-08")


def told(base, month: str) -> dict:
    return json.loads((base / "runs" / "exampleton" / month / "summary.json").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_the_whole_year_is_replayed_and_every_month_sums_to_the_penny(replayed):
    base, outcomes = replayed
    months = [*(f"2025-{number:02d}" for number in range(4, 13)), "2026-01", "2026-02", "2026-03"]
    assert len(outcomes) == 12 and {done.code for done in outcomes.values()} <= {0, 4}
    for before, after in zip(months[:-1], months[1:], strict=True):
        first, then = told(base, before), told(base, after)
        assert then["since"] == before and "mix" in {move["cause"] for move in then["moves"]}
        for figure in ("call", "outturn"):
            assert sum(Decimal(move[figure]) for move in then["moves"]) == Decimal(then["headline"][figure]) - Decimal(
                first["headline"][figure]
            )
    last = json.loads((base / "runs" / "exampleton" / "2026-03" / "answer.json").read_text(encoding="utf-8"))
    known = YAML(typ="safe").load((MONTHS / "expected.yaml").read_text(encoding="utf-8"))
    assert last["open_at_origin"] == known["last_month"]


@pytest.mark.slow
def test_the_break_is_told_within_three_months_and_none_before_it(replayed):
    base, _ = replayed
    months = [*(f"2025-{number:02d}" for number in range(4, 13)), "2026-01"]
    found = [month for month in months if any(one["found"] for one in told(base, month)["alarms"])]
    assert found and found[0] >= "2025-11", "the break of November 2025 is told by January 2026, and no other before it"


@pytest.mark.slow
def test_the_revision_is_a_cause_of_its_own(replayed):
    base, outcomes = replayed
    assert "revision" in {move["cause"] for move in told(base, "2025-10")["moves"]}
    assert "Revised: children who started to be looked after, August 2025, from 6 to 8." in " ".join(
        outcomes["2025-11"].lines
    )
    assert all(
        "revision" not in {move["cause"] for move in told(base, month)["moves"]}
        for month in ("2025-05", "2025-09", "2026-03")
    )


def test_every_delivery_is_taken_and_the_late_ledger_needs_a_person(year):
    base, outcomes = year
    assert {name: done.code for name, done in outcomes.items()} == {
        "2025-05": 0,
        "2025-06": 0,
        "2025-07": 4,
        "2025-08": 0,
    }
    assert "The ledger of June 2025 (2025-26) has not arrived" in " ".join(outcomes["2025-07"].lines)


def test_what_moved_sums_to_the_penny_every_month(year):
    base, _ = year
    months = ["2025-04", "2025-05", "2025-06", "2025-07"]
    for before, after in zip(months[:-1], months[1:], strict=True):
        first, then = told(base, before), told(base, after)
        assert then["since"] == before
        for figure in ("call", "outturn"):
            moved = sum(Decimal(move[figure]) for move in then["moves"])
            assert moved == Decimal(then["headline"][figure]) - Decimal(first["headline"][figure])
            assert moved != 0 or figure == "call"


def test_actuals_stand_in_the_projected_outturn(year):
    base, _ = year
    table = pd.read_csv(MONTHS / "deliveries" / "2025-05" / "ledger_2025-04.csv")
    spent = table[table["Cost line"] != "Total"]["Actual"].sum()
    answer = json.loads((base / "runs" / "exampleton" / "2025-04" / "answer.json").read_text(encoding="utf-8"))
    frozen = pd.read_parquet(base / "runs" / "exampleton" / "2025-04" / "tables" / "monthly.parquet")
    april = frozen[(frozen["month"] == "2025-04") & (frozen["scenario"] == "central")]
    assert april["mean"].sum() == pytest.approx(spent, abs=0.01)
    assert answer["scenarios"]["central"]["cost"]["2025-26"]["budget"] == pytest.approx(20_259_860, abs=5)


def test_refreshing_again_changes_nothing(year):
    base, _ = year
    home, folder = home_in(base), base / "council"
    before = folders.tree_hash(base / "runs" / "exampleton")
    for _ in range(3):
        done = io.refresh_council(home, folder, PLAIN, "2025-08-06T06:30:00+00:00", lambda step: None)
        assert done.code == 0 and done.lines[0].startswith("Nothing to do: Exampleton stands at July 2025")
    assert folders.tree_hash(base / "runs" / "exampleton") == before


def test_a_killed_refresh_is_taken_up_where_it_stopped(year, tmp_path, monkeypatch):
    """Killed after publishing and before what was taken is held: the next one finds the run made and only keeps it."""
    base, _ = year
    shutil.copytree(base / "council", tmp_path / "council")
    shutil.copytree(base / "runs", tmp_path / "runs")
    held = tmp_path / "council" / io.HELD
    lines = (held / "vintages.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (held / "vintages.csv").write_text(
        "".join(line for line in lines if not line.startswith("2025-07")), encoding="utf-8", newline=""
    )
    names = [line.rsplit(",", 1) for line in (held / "files.csv").read_text(encoding="utf-8").splitlines()]
    kept = [
        name
        for name in names
        if "2025-07" not in name[1] and "2025-06.csv" not in name[1] or "counts_to_2025-06" in name[1]
    ]
    (held / "files.csv").write_text("\n".join(",".join(name) for name in kept) + "\n", encoding="utf-8", newline="")
    files.write_json(held / io.SUMS, {name: files.sha256(held / name) for name in io.HELD_FILES})
    monkeypatch.setattr(pipeline, "run_open", lambda *args, **more: pytest.fail("ran again"))
    done = io.refresh_council(home_in(tmp_path), tmp_path / "council", PLAIN, "", lambda step: None)
    assert done.lines[0].startswith("Nothing to do")
    assert (held / "vintages.csv").read_text(encoding="utf-8") == (
        base / "council" / io.HELD / "vintages.csv"
    ).read_text(encoding="utf-8")


def test_a_refresh_killed_while_it_keeps_is_finished_by_the_next(year, tmp_path, monkeypatch):
    """Killed before or after the first file it holds was replaced: the next refresh refuses nothing and holds the same."""
    base, _ = year
    before, after = tmp_path / "before", tmp_path / "after"
    shutil.copytree(base, after)
    deliver(after / "council", "2025-09")
    whole, written = files.write_whole, []

    def killed(path, content):
        if path.parent.name == io.HELD and path.parent.parent.name == "council":
            written.append(path)
            if len(written) > 1:
                raise KeyboardInterrupt
            shutil.copytree(after, before)
        whole(path, content)

    monkeypatch.setattr(files, "write_whole", killed)
    with pytest.raises(KeyboardInterrupt):
        refreshed(after)
    monkeypatch.setattr(files, "write_whole", whole)
    for there in (before, after):
        assert refreshed(there).lines[0].startswith("Nothing to do: Exampleton stands at August 2025")
        held, pending = there / "council" / io.HELD, there / "council" / io.PENDING
        assert all((held / name).read_bytes() == (pending / name).read_bytes() for name in io.HELD_FILES)
        assert "2025-08" in (held / "vintages.csv").read_text(encoding="utf-8") and not (pending / io.KEEPING).exists()


def test_a_bad_arrival_leaves_everything_as_it_was(year, tmp_path):
    base, _ = year
    shutil.copytree(base / "council", tmp_path / "council")
    shutil.copytree(base / "runs", tmp_path / "runs")
    before = folders.tree_hash(tmp_path / "runs"), folders.tree_hash(tmp_path / "council" / io.HELD)
    (tmp_path / "council" / INBOX / "counts_to_2025-09.csv").write_text(
        "Month,Looked-after children\n2025-09,12\n", encoding="utf-8"
    )
    with pytest.raises(BadInput, match="counts_to_2025-09.csv"):
        io.refresh_council(home_in(tmp_path), tmp_path / "council", PLAIN, "", lambda step: None)
    assert (folders.tree_hash(tmp_path / "runs"), folders.tree_hash(tmp_path / "council" / io.HELD)) == before


def test_a_run_that_fails_leaves_what_is_held(year, tmp_path, monkeypatch):
    base, _ = year
    shutil.copytree(base / "council", tmp_path / "council")
    shutil.copytree(base / "runs", tmp_path / "runs")
    for file in (MONTHS / "deliveries" / "2025-09").iterdir():
        shutil.copyfile(file, tmp_path / "council" / INBOX / file.name)
    before = folders.tree_hash(tmp_path / "runs"), folders.tree_hash(tmp_path / "council" / io.HELD)
    monkeypatch.setattr(summary, "write", lambda *args: (_ for _ in ()).throw(MemoryError("no room")))
    with pytest.raises(MemoryError):
        io.refresh_council(home_in(tmp_path), tmp_path / "council", PLAIN, "", lambda step: None)
    kept = folders.tree_hash(tmp_path / "council" / io.HELD)
    assert kept == before[1] and not (tmp_path / "runs" / "exampleton" / "2025-08").exists()


def test_two_at_once_one_waits(year):
    base, _ = year
    with io.one_at_a_time(base / "council"), pytest.raises(Busy, match="another refresh of council is under way"):
        io.refresh_council(home_in(base), base / "council", PLAIN, "", lambda step: None)


def test_the_summary_is_one_screen_without_column_names(year):
    base, outcomes = year
    text = outcomes["2025-08"].lines
    assert len(text) <= 30 and all(len(line) <= 200 for line in text)
    page = (base / "runs" / "exampleton" / "2025-07" / "summary.html").read_text(encoding="utf-8")
    for shown in (*text, page):
        assert "lac_" not in shown and "cp_" not in shown and "nan" not in shown.lower().split()
    assert "<script" not in page and "http" not in page


def test_nothing_is_never_minus():
    assert [summary._tenth(children) for children in (-0.04, 0.0, 0.04, -0.06, 1.25)] == [
        "+0.0",
        "+0.0",
        "+0.0",
        "-0.1",
        "+1.2",
    ]


def test_every_figure_of_a_name_is_escaped(year):
    base, _ = year
    held = told(base, "2025-07")
    hostile = held | {"council": "<script>alert(1)</script>", "lines": ["<b>x</b>", *held["lines"][1:]]}
    page = summary.said(hostile, "html")
    assert "<script" not in page and "&lt;script&gt;" in page and "&lt;b&gt;" in page


def test_past_forecasts_stand_beside_what_came(year):
    base, _ = year
    record = {one["group"]: one for one in told(base, "2025-07")["tracking"]}
    assert record["lac"]["forecasts"] == record["cp"]["forecasts"] == 3
    counts = pd.read_csv(MONTHS / "deliveries" / "2025-08" / "counts_to_2025-07.csv").set_index("Month")[
        "Looked-after children"
    ]
    first = json.loads((base / "runs" / "exampleton" / "2025-04" / "answer.json").read_text(encoding="utf-8"))
    may = next(
        row for row in first["scenarios"]["central"]["children"]["lac"]["month_ends"] if row["month"] == "2025-05"
    )
    table = pd.read_csv(base / "runs" / "exampleton" / "2025-07" / "tables" / "tracking.csv")
    row = table[(table["group"] == "lac") & (table["origin"] == "2025-04-30") & (table["at"] == "2025-05")].iloc[0]
    assert row["error"] == pytest.approx(may["mean"] - counts["2025-05"], abs=1e-6)


def test_a_council_folder_without_a_card_is_refused(tmp_path):
    with pytest.raises(BadInput, match=CARD):
        io.refresh_council(home_in(tmp_path), tmp_path, PLAIN, "", lambda step: None)


def test_a_refresh_runs_every_scenario(year, monkeypatch):
    base, _ = year
    monkeypatch.setattr(io, "list_scenarios", list_scenarios)
    now = io.data_cut(
        home_in(base),
        read_card(base / "council" / CARD),
        io.read_held(base / "council" / io.HELD),
        base / "nowhere",
    )
    assert set(now.case(HOME / "data").scenarios) == {
        path.stem for path in (HOME / "params" / "scenarios").glob("*.yaml")
    }


# --- where children are placed ----------------------------------------------------------------------------------------

RETURNS = HOME / "data" / "example" / "council"


def test_placements_of_new_months_are_a_cause_of_their_own():
    then = data_cut(*APRIL, ("2025-04", "children", "lac_residential", 15.0))
    now = data_cut(
        *APRIL, ("2025-04", "children", "lac_residential", 15.0), *MAY, ("2025-05", "children", "lac_residential", 19.0)
    )
    found = causes(then, now)
    assert list(found) == ["numbers", "mix", "actuals", "price"]
    assert found["numbers"].placed_months == ("2025-04",) and found["numbers"].last == "2025-05"
    assert found["mix"].placed_months == ("2025-04", "2025-05") and found["mix"].ledger_months == ("2025-04",)


def test_steps_with_the_same_children_are_costed_as_a_whole_forecast_would_be(year):
    """What is paid for children who live the same lives, by a shortcut and by the whole engine: the same to the penny."""
    base, _ = year
    home, card = home_in(base), read_card(base / "council" / CARD)
    now = io.data_cut(home, card, io.read_held(base / "council" / io.HELD), base / "nowhere")
    case = now.case(home.data)
    prepared = projection.prepare(case.central, case.evidence, FEW, 1, 2, case.ledger)
    steps = [
        now.with_placed_until("2025-05"),
        now.with_ledger_until("2025-05"),
        replace(now, levels=("2025-04",)),
    ]
    calls = []
    for step in steps:
        there = step.case(home.data)
        assert same_children(step, now)
        anew = projection.with_actual_data(prepared, there.evidence, there.ledger)
        wanted = value_of(there, FEW, 1, 2)
        assert figures(anew, projection.project(anew, prepared.central)) == wanted
        calls.append(wanted.call)
    assert len(set(calls)) == len(calls)
    assert not same_children(now.until("2025-05"), now)


def test_placements_count_only_in_months_that_have_them_all():
    whole = [("2025-05", measure, 10) for measure in COUNTED_AS.values()]
    counts = pd.DataFrame(
        [("2025-04", "lac", 70), ("2025-04", "lac_fostering", 70), ("2025-05", "lac", 70), *whole],
        columns=["month", "measure", "value"],
    )
    assert Actuals(counts).placed == {"2025-05": dict.fromkeys(COUNTED_AS, 10.0)}
    assert Actuals(counts.head(1)).placed == {}


def test_a_mix_that_moves_the_call_is_told(year):
    base, _ = year
    by_cause = {move["cause"]: move for move in told(base, "2025-05")["moves"]}
    assert list(by_cause) == ["numbers", "mix", "actuals", "price"]
    assert Decimal(by_cause["mix"]["call"]) != 0 and by_cause["mix"]["lac"] == by_cause["mix"]["cp"] == 0
    assert by_cause["actuals"]["lac"] == 0 and by_cause["numbers"]["lac"] != 0


def test_each_month_to_date_is_paid_for_as_its_children_were_placed(year):
    base, _ = year
    home = home_in(base)
    now = io.data_cut(
        home, read_card(base / "council" / CARD), io.read_held(base / "council" / io.HELD), base / "nowhere"
    )
    case = now.case(home.data)
    prepared = projection.prepare(case.central, case.evidence, FEW, 1, 2, case.ledger)
    counts = pd.read_csv(MONTHS / "deliveries" / "2025-08" / "counts_to_2025-07.csv").set_index("Month")
    by_age = case.evidence.lac.council.closing
    for month, held in (("2025-04", "2025-04"), ("2025-07", "2025-07"), ("2026-02", "2025-07")):
        shares = by_age @ prepared.mix_in(month) / by_age.sum()
        wanted = counts.loc[
            held,
            [
                "With foster carers",
                "Placed for adoption",
                "With parents",
                "In children's homes",
                "In residential schools",
                "In supported accommodation",
                "Placed elsewhere",
            ],
        ]
        assert shares == pytest.approx(wanted.to_numpy(float) / wanted.sum(), abs=1e-9)
    assert (prepared.mix_in("2025-03") == prepared.mix).all()


# --- child-level returns ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def with_returns(year, tmp_path_factory):
    """The council of `year` at its fifth delivery, with returns beside the card: folder and outcome."""
    base, _ = year
    there = tmp_path_factory.mktemp("returned")
    shutil.copytree(base / "council", there / "council")
    shutil.copytree(base / "runs", there / "runs")
    deliver(there / "council", "2025-09")
    for kind in ("ssda903", "cin"):
        shutil.copytree(RETURNS / kind, there / "council" / "returns" / kind)
    return there, refreshed(there)


def deliver(folder, month: str) -> None:
    for file in (MONTHS / "deliveries" / month).iterdir():
        shutil.copyfile(file, folder / INBOX / file.name)


def refreshed(there) -> io.Done:
    return io.refresh_council(home_in(there), there / "council", PLAIN, "2025-09-03T06:30:00+00:00", lambda step: None)


def test_returns_that_came_are_read_and_move_what_is_forecast(with_returns):
    there, done = with_returns
    said = " ".join(done.lines)
    assert (
        done.code == io.NEEDS_A_PERSON
        and "Returns of looked-after children were read, complete to 31 March 2025" in said
    )
    stock = read_returns(RETURNS / "ssda903").stock(date(2025, 3, 31))["children"].sum()
    assert (
        f"The returns hold {stock} looked-after children on 31 March 2025, and the monthly counts 173. Find out which is right"
        in said
    )
    moves = {move["cause"]: move for move in told(there, "2025-08")["moves"]}
    # how many children there will be follows the closed form, whatever the rates: where they live and the cost move
    assert Decimal(moves["mix"]["call"]) != 0 and abs(moves["mix"]["lac"]) < 2 and abs(moves["mix"]["cp"]) < 2
    first, then = told(there, "2025-07"), told(there, "2025-08")
    assert sum(Decimal(move["call"]) for move in then["moves"]) == Decimal(then["headline"]["call"]) - Decimal(
        first["headline"]["call"]
    )
    folder = there / "runs" / "exampleton" / "2025-08"
    assert {path.name for path in (folder / "held" / "returns").glob("*.csv")} == {
        f"held_{kind}.csv" for kind in ("exposure", "starts", "open", "survival", "plan_exposure")
    } | {"sources.csv"}
    table = pd.read_parquet(folder / "tables" / "calibration.parquet")
    assert table["figure"].str.startswith("still looked after after").any()


def test_no_child_is_in_what_is_held_of_returns(with_returns):
    there, _ = with_returns
    children = pd.concat([pd.read_csv(file, dtype=str) for file in (RETURNS / "ssda903").rglob("Header.csv")])
    wanted = {value.encode() for column in ("CHILD", "DOB") for value in children[column].dropna()}
    assert len(wanted) > 20
    for place in (there / "runs", there / "council" / io.HELD, there / "council" / io.PENDING):
        for path in place.rglob("*"):
            assert not path.is_file() or not [value for value in wanted if value in path.read_bytes()], path.name


@pytest.mark.slow
def test_returns_read_once_may_be_taken_away(with_returns, tmp_path):
    there, _ = with_returns
    shutil.copytree(there, tmp_path / "there")
    shutil.rmtree(tmp_path / "there" / "council" / "returns")
    before = folders.tree_hash(tmp_path / "there" / "runs")
    assert refreshed(tmp_path / "there").lines[0].startswith("Nothing to do")
    assert folders.tree_hash(tmp_path / "there" / "runs") == before
    deliver(tmp_path / "there" / "council", "2025-10")
    done = refreshed(tmp_path / "there")
    assert done.code == 0 and "Returns" not in " ".join(done.lines)
    case = json.loads(
        (tmp_path / "there" / "runs" / "exampleton" / "2025-09" / "manifest.json").read_text(encoding="utf-8")
    )
    assert "held/returns/held_open.csv" in case["inputs"]


def test_damaged_returns_stop_the_month_and_nothing_moves(with_returns, tmp_path):
    there, _ = with_returns
    shutil.copytree(there, tmp_path / "there")
    before = (
        folders.tree_hash(tmp_path / "there" / "runs"),
        folders.tree_hash(tmp_path / "there" / "council" / io.HELD),
    )
    path = tmp_path / "there" / "council" / "returns" / "ssda903" / "2024-25" / "Episodes.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",", ";"), encoding="utf-8", newline="")
    with pytest.raises(BadInput, match="Episodes.csv"):
        refreshed(tmp_path / "there")
    assert (
        folders.tree_hash(tmp_path / "there" / "runs"),
        folders.tree_hash(tmp_path / "there" / "council" / io.HELD),
    ) == before


def test_a_zip_beside_the_folder_is_refused(with_returns, tmp_path):
    there, _ = with_returns
    shutil.copytree(there / "council", tmp_path / "council")
    shutil.make_archive(str(tmp_path / "council" / "returns" / "cin"), "zip", RETURNS / "cin")
    with pytest.raises(BadInput, match="returns holds a folder cin and cin.zip. Keep one"):
        refreshed(tmp_path)


@pytest.mark.slow
def test_an_extract_within_the_year_is_complete_to_the_month_and_compared_with_its_count(with_returns, tmp_path):
    """A return of 2025-26 made in September: children at the end of August by the return and by the count differ, and a person is told."""
    there, _ = with_returns
    shutil.copytree(there, tmp_path / "there")
    folder = tmp_path / "there" / "council" / "returns" / "ssda903"
    shutil.copytree(folder / "2024-25", folder / "2025-26")
    for name in ("Reviews.csv", "PlacedAdoption.csv"):
        (folder / "2025-26" / name).unlink()
    episodes = pd.read_csv(folder / "2024-25" / "Episodes.csv", dtype=str)
    still = episodes[episodes["DEC"].isna()]
    still.to_csv(folder / "2025-26" / "Episodes.csv", index=False)
    header = pd.read_csv(folder / "2024-25" / "Header.csv", dtype=str)
    header[header["CHILD"].isin(still["CHILD"])].to_csv(folder / "2025-26" / "Header.csv", index=False)
    done = refreshed(tmp_path / "there")
    said = " ".join(done.lines)
    assert done.code == io.NEEDS_A_PERSON and "complete to 31 August 2025" in said
    assert "looked-after children on 31 August 2025, and the monthly counts 169. Find out which is right" in said


# --- what a scheduler is told -----------------------------------------------------------------------------------------


def scheduled(there, *more: str):
    command = [
        "refresh",
        str(there / "council"),
        "--runs",
        str(there / "runs"),
        "--draws",
        str(FEW),
        "--seed",
        "1",
        "--no-notebooks",
        "--quiet",
        *more,
    ]
    return CliRunner().invoke(main, command, prog_name="forecast")


@pytest.fixture
def there(year, tmp_path):
    base, _ = year
    shutil.copytree(base / "council", tmp_path / "council")
    shutil.copytree(base / "runs", tmp_path / "runs")
    return tmp_path


def test_nothing_to_do_ends_with_0(there):
    done = scheduled(there)
    assert done.exit_code == 0 and "Nothing to do: Exampleton stands at July 2025" in done.output
    assert "ended with 0" in (there / "council" / "refresh.log").read_text(encoding="utf-8")


def test_a_failure_ends_with_1_and_no_traceback(there, monkeypatch):
    monkeypatch.setattr(io, "read_inbox", lambda *args: 1 / 0)
    done = scheduled(there)
    assert done.exit_code == 1 and "Traceback" not in done.output and "What was published before stands" in done.output
    assert "failed: ZeroDivisionError" in (there / "council" / "refresh.log").read_text(encoding="utf-8")


def test_a_bad_arrival_ends_with_2_and_says_what_to_do(there):
    (there / "council" / INBOX / "counts_to_2025-08.csv").write_text(
        "Month,Looked-after children\n2025-08,12\n", encoding="utf-8"
    )
    done = scheduled(there)
    assert done.exit_code == 2 and "counts_to_2025-08.csv, row 1" in done.output and "Traceback" not in done.output


def test_another_refresh_under_way_ends_with_3(there):
    with io.one_at_a_time(there / "council"):
        done = scheduled(there)
    assert done.exit_code == 3 and "another refresh of council is under way" in done.output


def test_a_late_ledger_ends_with_4(there):
    file = MONTHS / "deliveries" / "2025-09" / "counts_to_2025-08.csv"
    shutil.copyfile(file, there / "council" / INBOX / file.name)
    done = scheduled(there)
    assert done.exit_code == 4 and "The ledger of August 2025 (2025-26) has not arrived" in done.output
    assert scheduled(there).exit_code == 4
