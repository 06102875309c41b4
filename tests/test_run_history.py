"""The history of runs: kept once and for ever, compared, laid beside what came, and never lost with a folder."""

import json
import shutil
from pathlib import Path

import click
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from conftest import HOME
from forecast.case import freeze, load
from forecast.case.errors import BadInput
from forecast.cli import history as commands
from forecast.runs import folders, history
from forecast.sources import files

YEAR = {"mean": 2_000_000.0, "p10": 1_500_000.0, "p90": 2_500_000.0}


def answer(month: str, call: float = 500_000.0, lac: float = 180.0, spread: float = 10.0) -> dict:
    """An answer of the least size: 14 months, two scenarios, one cost line. Children grow by one a month."""
    months = [str(m) for m in pd.period_range(month, periods=14, freq="M")]
    origin = (pd.Period(month, "M") - 1).end_time.date().isoformat()
    figure = {"mean": call, "p10": call - 100_000, "p90": call + 100_000}
    contingency = {
        "amount": 600_000.0,
        "chance_holds": 0.6,
        "enough": {"80": call + 50_000, "50": call},
        "call": figure,
        "headroom": figure,
        "recovery_plan": figure,
    }

    def path(start: float) -> list[dict]:
        return [
            {"month": m, "mean": start + n, "p10": start + n - spread, "p90": start + n + spread}
            for n, m in enumerate(months, start=1)
        ]

    children = {"lac": {"month_ends": path(lac), "starts": path(7)}, "cp": {"month_ends": path(150)}}
    year = "2026-27"
    cost = {
        year: {
            "net": YEAR,
            "variance": YEAR,
            "lines": {"ifa_fostering": YEAR | {"mean": 4 * call, "budget": 1_900_000.0}},
        }
    }
    central = {
        "contingency": contingency,
        "effect": {"part_year": figure, "full_year": figure},
        "children": children,
        "cost": cost,
    }
    other = central | {"contingency": contingency | {"chance_holds": 0.9}}
    head = {
        "council": "example",
        "month": month,
        "origin": origin,
        "financial_year": year,
        "version": "0.2.0",
        "draws": 100,
        "seed": 1,
    }
    return head | {"open_at_origin": {"lac": int(lac), "cp": 150}, "scenarios": {"central": central, "other": other}}


@pytest.fixture(scope="session")
def frozen() -> str:
    return freeze(load(HOME / "params", "slough", "2011-06", "central"))


def publish(
    folder: Path,
    month: str,
    at: str = "",
    name: str | None = None,
    yaml: str = "",
    inputs: dict | None = None,
    keep: bool = True,
    **changes,
) -> str:
    """A published run; its name."""
    name = name or month
    with folders.publishing(folder, "example", name, at, history.record if keep else None) as staging:
        files.write_json(staging / "answer.json", answer(month, **changes))
        if yaml:
            files.write_text(staging / "frozen" / "central.yaml", yaml)
        made = folders.manifest(staging, {}, 100, 1) | {"inputs": inputs or {"data/a.csv": "1"}}
        files.write_json(staging / "manifest.json", files.sealed(made))
    return folders.run_id(folder / "example" / name)


# ---- keeping ----


def test_a_published_run_is_kept_once_with_its_time(tmp_path):
    run = publish(tmp_path, "2026-11", "2026-12-03T06:30:00+00:00")
    kept = tmp_path / "example" / "history" / f"{run}.parquet"
    before = kept.stat().st_mtime_ns
    history.record(tmp_path / "example", tmp_path / "example" / "2026-11")
    assert history.catch_up(tmp_path, "example") == [] and kept.stat().st_mtime_ns == before
    table = pd.read_parquet(kept)
    assert list(table.columns) == history.COLUMNS and set(table["published_at"]) == {"2026-12-03T06:30:00+00:00"}


def test_what_is_kept_is_the_answer(tmp_path, frozen):
    """Read back without DuckDB, beside the answer itself."""
    run = publish(tmp_path, "2026-11", yaml=frozen)
    table = pd.read_parquet(tmp_path / "example" / "history" / f"{run}.parquet")
    told = answer("2026-11")["scenarios"]["central"]
    ours = table[table["scenario"] == "central"].set_index(["figure", "group", "at"])
    assert ours.loc[("call", "", ""), ["value", "p10", "p90"]].tolist() == [500_000, 400_000, 600_000]
    assert ours.loc[("enough", "", "80"), "value"] == told["contingency"]["enough"]["80"]
    for row in told["children"]["lac"]["month_ends"]:
        assert ours.loc[("month_ends", "lac", row["month"]), ["value", "p10", "p90"]].tolist() == [
            row["mean"],
            row["p10"],
            row["p90"],
        ]
    held = load(HOME / "params", "slough", "2011-06", "central")
    kept = table[table["figure"] == "assumption"].set_index("group")["value"]
    assert kept.to_dict() == {key: held.value(key) for key in held.keys()}


def test_a_run_published_without_being_kept_is_caught_up(tmp_path):
    run = publish(tmp_path, "2026-11", "2026-12-03T06:30:00+00:00", keep=False)
    (tmp_path / "example" / "backtest").mkdir()
    assert history.catch_up(tmp_path, "example") == [run]
    assert history.history(tmp_path, "example")["published_at"].tolist() == ["2026-12-03T06:30:00+00:00"]


def test_a_run_that_was_not_kept_is_kept_before_it_is_replaced(tmp_path):
    first = publish(tmp_path, "2026-11", keep=False)
    second = publish(tmp_path, "2026-11", call=520_000.0)
    assert sorted(history.history(tmp_path, "example")["run"]) == sorted([first, second])


def test_a_folder_whose_name_is_a_pattern_is_read(tmp_path):
    folder = tmp_path / "runs [old] *"
    run = publish(folder, "2026-11")
    assert history.history(folder, "example")["run"].tolist() == [run]


def test_a_file_from_an_older_version_without_a_column_is_read(tmp_path):
    publish(tmp_path, "2026-11")
    path = next((tmp_path / "example" / "history").glob("*.parquet"))
    pd.read_parquet(path).drop(columns="text").assign(run="2026-12-older", month="2026-12").to_parquet(
        path.with_name("2026-12-older.parquet")
    )
    path.with_name(history.SUMS).unlink()  # of before there were checksums
    assert len(history.history(tmp_path, "example")) == 2


# ---- one line a run ----


def test_one_line_a_run(tmp_path):
    publish(tmp_path, "2026-10", "2026-11-04T06:30:00+00:00")
    publish(tmp_path, "2026-11", "2026-12-03T06:30:00+00:00", call=520_000.0, lac=190.0)
    held = history.history(tmp_path, "example")
    assert held["month"].tolist() == ["2026-10", "2026-11"] and held["latest"].tolist() == [True, True]
    last = held.iloc[1]
    assert (last["chance"], last["call"], last["call_p10"], last["call_p90"], last["enough_80"]) == (
        0.6,
        520_000,
        420_000,
        620_000,
        570_000,
    )
    assert (last["lac"], last["lac_p10"], last["lac_p90"]) == (195, 185, 205), (
        "March 2027 is the fifth month from November: 190 + 5"
    )
    assert last["cp"] == 155 and held.iloc[0]["lac"] == 186, "the sixth from October: 180 + 6"
    assert history.history(tmp_path, "example", "other")["chance"].tolist() == [0.9, 0.9]


def test_a_month_published_again_and_then_as_it_was(tmp_path):
    """A, B, A again: three lines in the log, two runs, A is the latest."""
    a = publish(tmp_path, "2026-11", "2026-12-03T06:30:00+00:00")
    b = publish(tmp_path, "2026-11", "2026-12-04T06:30:00+00:00", call=1.0)
    assert publish(tmp_path, "2026-11", "2026-12-05T06:30:00+00:00") == a
    held = history.history(tmp_path, "example")
    assert held["run"].tolist() == [b, a] and held["latest"].tolist() == [False, True]
    assert held["published_at"].tolist() == ["2026-12-04T06:30:00+00:00", "2026-12-05T06:30:00+00:00"]


def test_no_history_and_no_scenario_are_said_plainly(tmp_path):
    with pytest.raises(BadInput, match="no run of example has been published yet"):
        history.history(tmp_path, "example")
    publish(tmp_path, "2026-11")
    with pytest.raises(BadInput, match="has a scenario nothing"):
        history.history(tmp_path, "example", "nothing")


# ---- vintages ----


def listed(*rows: tuple[str, str, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["run", "month", "first_place"]).assign(case_month=lambda t: t["month"].str[:7])


@pytest.mark.parametrize(
    ("rows", "chosen"),
    [
        ([("a", "2026-10", 0), ("b", "2026-11", 1)], ["a", "b"]),
        ([("a", "2026-10", 0), ("a2", "2026-10", 1), ("b", "2026-11", 2)], ["a2", "b"]),  # corrected in time
        ([("a", "2026-10", 0), ("a2", "2026-10", 2), ("b", "2026-11", 1)], ["a", "b"]),  # run again later
        (
            [("a", "2026-10", 3), ("a2", "2026-10", 5), ("b", "2026-11", 1)],
            ["a", "b"],
        ),  # made up afterwards: the first stands
        ([("w", "2026-10-what-if", 0), ("a", "2026-10", 1)], ["a"]),  # a workbook's run is no vintage
        ([("a", "2026-10", -1), ("a2", "2026-10", -1), ("b", "2026-11", -1)], ["a", "b"]),  # runs.log is lost
    ],
)
def test_the_forecast_of_a_month_is_what_stood_until_the_next(rows, chosen):
    assert history.as_it_stood(listed(*rows)) == chosen


def test_horizons_count_from_the_last_known_month(tmp_path):
    publish(tmp_path, "2026-11")
    said = history.vintages(tmp_path, "example")
    lac = said[said["group"] == "lac"]
    assert (
        lac["horizon"].tolist() == list(range(1, 15))
        and lac["at"].iloc[0] == "2026-11"
        and lac["at"].iloc[13] == "2027-12"
    )
    assert lac["mean"].tolist() == [180.0 + n for n in range(1, 15)] and set(lac["month"]) == {"2026-11"}


# ---- two runs ----


def test_what_changed_is_found_and_nothing_else(tmp_path, frozen):
    other = frozen.replace("value: 0.02\n", "value: 0.03\n", 1)
    assert other != frozen
    publish(tmp_path, "2026-10", yaml=frozen, inputs={"data/a.csv": "1", "data/b.csv": "1", "data/old.csv": "1"})
    publish(
        tmp_path,
        "2026-11",
        yaml=other,
        inputs={"data/a.csv": "1", "data/b.csv": "2", "data/new.csv": "1"},
        call=520_000.0,
        lac=190.0,
    )
    held = history.difference(tmp_path, "example", "2026-10", "example/2026-11")
    assert held["code"].empty
    inputs = held["inputs"].set_index("name")
    assert list(inputs.index) == ["data/b.csv", "data/new.csv", "data/old.csv"]
    assert inputs["text_before"].isna().tolist() == [False, True, False] and inputs["text_after"].isna().tolist() == [
        False,
        False,
        True,
    ]
    assert held["assumptions"][["name", "value_before", "value_after"]].values.tolist() == [
        ["population.births_growth", 0.02, 0.03]
    ]
    rows = held["contingency"].set_index(["figure", "at"])["change"]
    assert rows["call", ""] == 20_000 and rows["enough", "80"] == 20_000 and rows["chance_holds", ""] == 0
    children = held["children"].set_index(["group", "at"])["change"]
    assert children.to_dict() == {("lac", "2027-03"): 9.0, ("cp", "2027-03"): -1.0}, (
        "190 + 5 less 180 + 6; 150 + 5 less 150 + 6"
    )
    assert held["cost"][["group", "at", "change"]].values.tolist() == [["ifa_fostering", "2026-27", 80_000.0]]


def test_two_runs_compare_after_their_folders_went(tmp_path, frozen):
    publish(tmp_path, "2026-10", yaml=frozen)
    publish(tmp_path, "2026-11", yaml=frozen, call=520_000.0)
    before = history.difference(tmp_path, "example", "2026-10", "2026-11")
    for month in ("2026-10", "2026-11"):
        shutil.rmtree(tmp_path / "example" / month)
    after = history.difference(tmp_path, "example", "2026-10", "2026-11")
    assert all(before[name].equals(after[name]) for name in before) and len(before["contingency"])


def test_a_run_is_found_by_month_name_or_beginning(tmp_path):
    a, b = publish(tmp_path, "2026-11"), publish(tmp_path, "2026-11", call=1.0)
    assert history.find(tmp_path, "example", "2026-11") == b and history.find(tmp_path, "example", a[:-2]) == a
    with pytest.raises(BadInput, match="2 runs begin with 2026-1"):
        history.find(tmp_path, "example", "2026-1")
    with pytest.raises(BadInput, match="there is no published run 2025-01 of example. Give a month such as 2026-11"):
        history.find(tmp_path, "example", "2025-01")


# ---- beside what came ----


def said(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["month", "group", "at", "horizon", "mean", "p10", "p90"]).assign(run="r")


def counts(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["group", "month", "count"])


def test_forecasts_beside_what_came_by_hand():
    vintages = said(
        ("2026-10", "lac", "2026-10", 1, 180, 175, 185),
        ("2026-10", "lac", "2026-11", 2, 182, 172, 192),
        ("2026-11", "lac", "2026-11", 1, 190, 186, 194),
        ("2026-11", "lac", "2026-12", 2, 191, 181, 201),
        ("2026-09", "lac", "2026-09", 1, 180, 176, 184),
    )
    beside = history.against_what_came(
        vintages,
        counts(("lac", "2026-10", 185), ("lac", "2026-11", 184), ("cp", "2026-10", 1), ("lac", "2026-09", 176)),
    )
    assert beside[["at", "horizon", "error", "inside"]].values.tolist() == [
        ["2026-09", 1, 4, True],  # and so is 176
        ["2026-10", 1, -5, True],  # 185 is the end of the range, which is inside
        ["2026-11", 1, 6, False],
        ["2026-11", 2, -2, True],
    ]
    held = history.by_horizon(beside).set_index("horizon")
    assert held.loc[1, ["forecasts", "bias", "mean_error", "inside"]].tolist() == [3, 5 / 3, 5, 2 / 3]
    assert held.loc[2, ["forecasts", "bias", "mean_error", "inside"]].tolist() == [1, -2, 2, 1]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("lac", "2026-10", 185), ("lac", "2026-10", 186)], "lac at the end of 2026-10 is given twice"),
        ([("lac", "2026-10", np.nan)], "lac at the end of 2026-10 is empty"),
    ],
)
def test_counts_that_cannot_be_used(rows, words):
    with pytest.raises(BadInput, match=words):
        history.against_what_came(said(("2026-10", "lac", "2026-10", 1, 180, 175, 185)), counts(*rows))


def track(missed: list[bool]) -> pd.DataFrame:
    months = [str(m) for m in pd.period_range("2020-01", periods=len(missed), freq="M")]
    beside = history.against_what_came(
        said(*[(m, "lac", m, 1, 100, 90, 110) for m in months]),
        counts(*[("lac", m, 111 if out else 100) for m, out in zip(months, missed, strict=True)]),
    )
    return history.tracking(beside)


def test_three_misses_in_three_alarm_and_two_do_not():
    held = track([True, True, True])
    assert held["outside"].tolist() == [1, 2, 3] and held["expected"].tolist() == pytest.approx([0.2, 0.4, 0.6])
    assert held["chance"].tolist() == pytest.approx([0.2, 0.04, 0.008]) and held["alarm"].tolist() == [
        False,
        False,
        True,
    ]


@given(st.lists(st.booleans(), min_size=1, max_size=80))
def test_the_alarm_is_the_binomial_tail_of_scipy(missed):
    held = track(missed)
    so_far = np.cumsum(missed)
    expected = binom.sf(so_far - 1, np.arange(1, len(missed) + 1), 0.2)
    assert held["chance"].to_numpy() == pytest.approx(expected, rel=1e-9)
    assert held["alarm"].tolist() == (expected < 0.01).tolist()


def test_a_right_range_seldom_alarms_and_one_half_as_wide_soon_does():
    """20% of outturns lie outside a right range of a normal forecast; 52% outside one half as wide. Looked at each month for five years."""
    luck = np.random.default_rng(5)
    right, narrow = (
        np.mean([(track(list(luck.random(60) < share))["alarm"]).any() for _ in range(times)])
        for share, times in ((0.2, 60), (0.52, 30))
    )
    assert right < 0.10 and narrow > 0.95, "by exact recursion the first is 0.044"
    chance_alone = 1 - sum(still_quiet(60).values())
    assert round(chance_alone, 3) == 0.044


def still_quiet(looks: int) -> dict[int, float]:
    """Misses so far -> chance, where no look has alarmed; one in five misses."""
    quiet = {0: 1.0}
    for number in range(1, looks + 1):
        moved = {k: quiet.get(k, 0) * 0.8 + quiet.get(k - 1, 0) * 0.2 for k in range(number + 1)}
        quiet = {k: chance for k, chance in moved.items() if binom.sf(k - 1, number, 0.2) >= 0.01}
    return quiet


def test_two_vintages_of_a_month_are_refused():
    beside = history.against_what_came(
        said(*[("2026-10", "lac", "2026-10", 1, 100, 90, 110)] * 2), counts(("lac", "2026-10", 100))
    )
    with pytest.raises(BadInput, match="one vintage a month"):
        history.tracking(beside)


def test_published_runs_track_what_came(tmp_path):
    """Through the files: each month's forecast is 180 and one more, plus or minus 10."""
    for number, month in enumerate(["2026-08", "2026-09", "2026-10"]):
        publish(tmp_path, month, f"2026-1{number}-03T06:30:00+00:00")
    beside = history.against_what_came(
        history.vintages(tmp_path, "example"),
        counts(("lac", "2026-08", 181), ("lac", "2026-09", 193), ("lac", "2026-10", 190)),
    )
    held = history.tracking(beside)
    assert held["at"].tolist() == ["2026-08", "2026-09", "2026-10"] and held["mean"].tolist() == [181, 181, 181]
    assert held["inside"].tolist() == [True, False, True] and held["outside"].tolist() == [0, 1, 1]
    assert len(beside) == 6, "one, two and three months ahead: 3 + 2 + 1"


# ---- what stays ----


def filled(tmp_path, months: list[str], extra: tuple[str, ...] = ()) -> Path:
    for month in months:
        publish(tmp_path, month)
    for name in extra:
        publish(tmp_path, name[:7], name=name)
    return tmp_path


def test_the_last_months_and_the_last_of_each_year_stay(tmp_path):
    months = [str(m) for m in pd.period_range("2024-12", "2026-05", freq="M")]
    folder = filled(tmp_path, months, ("2025-03-what-if", "2026-04-what-if"))
    listed = history.retain(folder, "example", 3, keep=("2025-08",))
    stay = listed[listed["stays"]].set_index("month")["why"].to_dict()
    assert stay == {
        "2025-03": "the last of its financial year",
        "2025-08": "asked for",
        "2026-03": "one of the last months",
        "2026-04": "one of the last months",
        "2026-04-what-if": "one of the last months",
        "2026-05": "one of the last months",
    }
    assert (folder / "example" / "2024-12").exists(), "a list deletes nothing"


def test_what_may_go_goes_and_its_figures_stay(tmp_path):
    folder = filled(tmp_path, ["2026-01", "2026-02", "2026-03", "2026-04"])
    before = history.history(folder, "example")
    listed = history.retain(folder, "example", 1)
    assert history.delete(folder, "example", listed, "2026-05-01T00:00:00+00:00") == ["2026-01", "2026-02"]
    assert sorted(path.name for path in (folder / "example").glob("2*")) == ["2026-03", "2026-04"]
    after = history.history(folder, "example")
    assert after.equals(before) and [
        line.month for line in folders.read_log(folder / "example") if line.what == "deleted"
    ] == ["2026-01", "2026-02"]


def test_a_run_whose_figures_are_not_kept_stays(tmp_path):
    publish(tmp_path, "2026-01", keep=False)
    publish(tmp_path, "2026-02")
    listed = history.retain(tmp_path, "example", 1)
    assert listed.set_index("month")["stays"].to_dict() == {"2026-01": True, "2026-02": True}
    with pytest.raises(BadInput, match="not in the history: nothing more is deleted"):
        history.delete(tmp_path, "example", listed.assign(stays=False))
    assert (tmp_path / "example" / "2026-01").exists()


def test_a_run_replaced_since_it_was_listed_is_not_deleted(tmp_path):
    folder = filled(tmp_path, ["2026-01", "2026-02"])
    listed = history.retain(folder, "example", 1)
    publish(folder, "2026-01", call=1.0)
    with pytest.raises(BadInput, match="not the run .+ any more"):
        history.delete(folder, "example", listed)
    assert (folder / "example" / "2026-01").exists()


# ---- the commands ----


@pytest.fixture
def type_in(tmp_path):
    """What a command prints, in a folder of runs of three months."""
    for number, month in enumerate(["2026-08", "2026-09", "2026-10"]):
        publish(tmp_path, month, f"2026-1{number}-03T06:30:00+00:00", call=500_000.0 + 20_000 * number)
    group = click.Group(commands={part.name: part for part in (commands.history, commands.diff, commands.retain)})

    def run(*words: str) -> str:
        done = CliRunner().invoke(
            group, [*words, "--council", "example", "--runs", str(tmp_path)], catch_exceptions=False
        )
        assert done.exit_code == 0
        return done.output

    return run


def test_the_history_in_words(type_in, tmp_path):
    lines = type_in("history").splitlines()
    assert (
        len(lines) == 4
        and "6 in 10" in lines[3]
        and "£540,000 (£440,000 to £640,000)" in lines[3]
        and lines[3].endswith("2026-12-03")
    )
    (tmp_path / "came.csv").write_text(
        "group,month,count\nlac,2026-08,181\nlac,2026-09,300\nlac,2026-10,300\n", encoding="utf-8"
    )
    told = type_in("history", "--came", str(tmp_path / "came.csv"))
    assert (
        "Looked-after children: 1 of 6 counts lie inside" in told
        and "2 of 3 missed the range, where 0.6 would be usual." in told
    )
    held = json.loads(type_in("history", "--json"))["runs"]
    assert [row["month"] for row in held] == ["2026-08", "2026-09", "2026-10"] and held[0]["call"] == 500_000


def test_the_alarm_in_words(type_in, tmp_path):
    (tmp_path / "came.csv").write_text(
        "group,month,count\n" + "".join(f"lac,2026-{m},300\n" for m in ("08", "09", "10")), encoding="utf-8"
    )
    assert (
        "3 of 3 missed the range" in (told := type_in("history", "--came", str(tmp_path / "came.csv")))
        and "less than once in a hundred" in told
    )


def test_a_difference_in_words(type_in):
    told = type_in("diff", "2026-08", "2026-10")
    for line in (
        "The inputs are the same.",
        "The code is the same.",
        "Expected call: £500,000, now £540,000 (+£40,000)",
        "To be 80% sure: £550,000, now £590,000",
        "Looked-after children, March 2027: 188, now 186",
        "Agency (IFA) fostering, 2026-27: £2,000,000, now £2,160,000 (+£160,000)",
    ):
        assert line in told, line
    held = json.loads(type_in("diff", "2026-08", "2026-10", "--json"))
    assert {"code", "inputs", "assumptions", "contingency", "children", "cost"} == set(held)


def test_retain_lists_first_and_deletes_when_told(type_in, tmp_path):
    told = type_in("retain", "--months", "1")
    assert told.count("may go") == 3 and "Nothing was deleted." in told and (tmp_path / "example" / "2026-08").exists()
    assert "Deleted: 2026-08, 2026-09." in type_in("retain", "--months", "1", "--delete")
    assert not (tmp_path / "example" / "2026-08").exists() and (tmp_path / "example" / "2026-10").exists()
    assert len(type_in("history").splitlines()) == 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("group,month,number\nlac,2026-08,1\n", "line 1: expected the columns group, month, count"),
        ("group,month,count\nLAC,2026-08,1\n", "line 2, group: 'LAC'; expected lac, cp"),
        ("group,month,count\nlac,2026-8,1\n", "line 2, month: '2026-8' is not a month"),
        ("group,month,count\nlac,2026-08,1\nlac,2026-09,c\n", "line 3, count: 'c'; expected a whole number"),
        ("group,month,count\nlac,2026-08,\n", "line 2, count: ''"),
    ],
)
def test_counts_that_are_wrong_are_named_by_line(tmp_path, text, words):
    path = tmp_path / "came.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=f"came.csv, {words}"):
        commands.read_counts(path)
