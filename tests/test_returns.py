"""Invented councils read back: exact to the child at every month end; the command that a person types; nothing kept."""

import json
from datetime import date

import councils
import pandas as pd
import pytest
from click.testing import CliRunner

from forecast.case.errors import BadInput
from forecast.cli.commands import main
from forecast.sources import returns as room
from forecast.sources.history import History
from forecast.sources.returns_history import lac_table
from forecast.sources.ssda903 import read_returns
from invented.__main__ import main as write_council


@pytest.mark.parametrize("seed", range(4))
def test_exact_to_the_child_at_every_month_end(seed):
    """`python tests/councils.py 200` tries many more."""
    assert councils.differences(seed) == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("council")
    councils.write(councils.council(3), folder)
    return folder


@pytest.fixture(scope="module")
def truth():
    return councils.council(3).truth()["lac_stock"]


def typed(*words: str):
    return CliRunner().invoke(main, [*words])


def test_the_command_counts_what_is_true(folder, truth):
    done = typed("returns", str(folder / "ssda903"), "--stock", "2022-03-31", "--stock", "2023-09-30", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    for day, month in (("2022-03-31", "2022-03"), ("2023-09-30", "2023-09")):
        at = truth[truth["month"] == month]
        assert (
            told["stock"][day]["total"]
            == at["children"].sum()
            == sum(cell["children"] for cell in told["stock"][day]["cells"])
        )
        bands = at.groupby("age_band")["children"].sum().to_dict()
        assert {band: count for band, count in told["stock"][day]["age_band"].items() if count} == {
            band: count for band, count in bands.items() if count
        }


def test_every_31_march_is_told_where_no_day_is_asked(folder):
    done = typed("returns", str(folder / "ssda903"))
    assert [line[:10] for line in done.output.splitlines() if "looked-after children" in line] == [
        "2022-03-31",
        "2023-03-31",
        "2024-03-31",
        "2025-03-31",
    ]
    assert "What was read, merged, resolved and left out:" in done.output


def test_a_published_figure_is_compared(folder, truth):
    exact = int(truth.loc[truth["month"] == "2022-03", "children"].sum())
    done = typed("returns", str(folder / "ssda903"), "--published", f"2022-03-31={exact + 2}")
    assert f"published {exact + 2}; difference -2" in done.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--stock", "31/03/2022"), "'31/03/2022' is not a day. Write 31 March 2018 as 2018-03-31."),
        (("--stock", "2030-03-31"), "outside the returns"),
        (("--published", "2022-03-31:5"), "is not a day and its published figure"),
        (("--until", "soon"), "'soon' is not a day"),
    ],
)
def test_a_slip_is_told_and_nothing_is_shown(folder, words, said):
    done = typed("returns", str(folder / "ssda903"), *words)
    assert done.exit_code == 2 and said in done.output and "Traceback" not in done.output


def test_tables_are_written_and_hold_no_child(folder, tmp_path):
    done = typed("returns", str(folder / "ssda903"), "--out", str(tmp_path / "out"))
    assert done.exit_code == 0, done.output
    ids = pd.concat([pd.read_csv(path, dtype=str)["CHILD"] for path in folder.glob("ssda903/*/Header.csv")]).unique()
    written = [path.read_bytes() for path in (tmp_path / "out").iterdir()]
    assert len(written) == 16 and not any(identifier.encode() in text for identifier in ids for text in written)
    monthly = pd.read_csv(tmp_path / "out" / "monthly.csv")
    assert len(monthly["month"].unique()) == 48


def test_synth_writes_the_same_council_for_the_same_seed(tmp_path):
    for name in ("one", "two"):
        assert (
            CliRunner().invoke(write_council, [str(tmp_path / name), "--size", "0.05", "--years", "1"]).exit_code == 0
        )
    files = [
        sorted(path.relative_to(tmp_path / name) for path in (tmp_path / name).rglob("*.*")) for name in ("one", "two")
    ]
    assert files[0] == files[1] and len(files[0]) > 5
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes() for file in files[0])
    refused = CliRunner().invoke(write_council, [str(tmp_path / "one")])
    assert refused.exit_code == 1 and "is not empty" in refused.output


def test_a_day_asked_is_a_day():
    assert room.day_asked("2024-02-29") == date(2024, 2, 29)
    with pytest.raises(BadInput, match="is not a day"):
        room.day_asked("2023-02-29")


def test_plans_are_counted_as_they_are(folder, tmp_path):
    flows = councils.council(3).truth()["cp_flows"]
    done = typed("plans", str(folder / "cin"), "--stock", "2023-03-31", "--json", "--out", str(tmp_path / "out"))
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    wanted = flows[flows["month"] == "2023-03"].set_index("age_band")["stock"]
    assert told["stock"]["2023-03-31"]["total"] == wanted.sum() > 0
    assert {band: count for band, count in told["stock"]["2023-03-31"]["age_band"].items() if count} == wanted[
        wanted > 0
    ].to_dict()
    assert len(pd.read_csv(tmp_path / "out" / "plans_monthly.csv")["month"].unique()) == 48
    assert "child protection plans" in typed("plans", str(folder / "cin")).output


def test_a_case_can_read_the_children_of_returns(folder, truth, tmp_path):
    """The same figures as the truth, in the form that History asks for and evidence reads."""
    for command, where in (("returns", "ssda903"), ("plans", "cin")):
        assert typed(command, str(folder / where), "--out", str(tmp_path), "--area", "Exampleton").exit_code == 0
    held = {
        name: pd.read_csv(tmp_path / f"{name}.csv", dtype=str, keep_default_na=False)
        for name in ("children", "plans_children")
    }
    history, council = History(held), councils.council(3).truth()
    march = truth[truth["month"] == "2023-03"]
    assert history.value("Exampleton", "lac_stock", "2023-03-31") == march["children"].sum()
    fostered = march.loc[march["placement"].str.endswith("_fostering"), "children"].sum()
    assert history.cells("Exampleton", "lac_stock", "2023-03-31", "placement")["fostering"] == fostered
    for service, starts, ends in (("lac", "lac_starts", "lac_ceases"), ("cp", "cp_starts", "cp_ends")):
        flows = council[f"{service}_flows"]
        year = flows[(flows["month"] >= "2023-04") & (flows["month"] <= "2024-03")]
        by_band = year.groupby("age_band")["starts"].sum()
        assert history.value("Exampleton", starts, "2023-24") == year["starts"].sum()
        assert history.value("Exampleton", ends, "2023-24") == year["ends"].sum()
        told = history.by("Exampleton", starts, "2023-24", "age_band")
        assert {band: told[band] for band in by_band.index} == by_band.to_dict()
    assert list(history.series("Exampleton", "lac_starts").index) == ["2021-22", "2022-23", "2023-24", "2024-25"]


def test_the_last_position_is_told_where_it_is_not_a_31_march(folder):
    """An extract to the end of December 2024: the stock then is a row, and 2024-25 is no whole year."""
    returns = read_returns(folder / "ssda903", until=date(2024, 12, 31))
    table = lac_table(returns, "Exampleton").set_index(["period", "measure", "breakdown", "category"])["value"]
    assert int(table["2024-12-31", "lac_stock", "all", "all"]) == returns.stock(date(2024, 12, 31))["children"].sum()
    assert "2024-25" not in table.index.get_level_values("period") and "2025-03-31" not in table.index.get_level_values(
        "period"
    )
