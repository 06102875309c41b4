"""Forecasts and commands on returns: a few of the councils that tests/held_futures.py counts, and the tables for a case."""

import subprocess
import sys

import held_futures
import pytest
from click.testing import CliRunner

from conftest import HOME
from forecast.cli import commands, returns


@pytest.fixture(scope="module")
def few():
    return held_futures.judged(3)


def test_true_later_counts_lie_inside_the_forecasts_as_a_rule(few):
    kinds = {kind for kind, _, _ in few}
    assert kinds == {"looked-after children", "residential", "kinship", "supported", "child protection plans"}
    judged = sum(count for (_, _, what), count in few.items() if what == "judged")
    inside = sum(count for (_, _, what), count in few.items() if what == "inside")
    assert judged == 10 and inside >= 5  # 8 expected; 4 or fewer of 10 has a chance of 1 in 150


@pytest.mark.slow
def test_that_would_be_noticed_if_forecasts_were_a_fifth_off(monkeypatch):
    whole = held_futures.inside
    monkeypatch.setattr(held_futures, "inside", lambda draws, true: whole(draws * 1.35, true))
    far = held_futures.judged(3)
    inside = sum(count for (_, _, what), count in far.items() if what == "inside")
    assert inside <= 6


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home of its own, so that data/local is not the project's."""
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(returns, "find_home", lambda: tmp_path)
    return tmp_path


def test_tables_for_a_case_are_made_with_their_cards(home):
    folder = HOME / "data" / "example" / "council"
    for command, kind in (("returns", "ssda903"), ("plans", "cin")):
        done = CliRunner().invoke(
            commands.main, [command, str(folder / kind), "--for-case", "own", "--area", "Exampleton"]
        )
        assert done.exit_code == 0, done.output
    made = {path.name for path in (home / "data" / "local").iterdir()}
    tables = {
        f"own_{kind}" for kind in ("children", "exposure", "starts", "open", "survival", "plans", "plan_exposure")
    }
    assert made == {f"{name}{end}" for name in tables for end in (".csv", ".card.yaml")}
    assert (
        "returns: own"
        in CliRunner()
        .invoke(commands.main, ["returns", str(folder / "ssda903"), "--for-case", "own", "--area", "Exampleton"])
        .output
    )


def test_tables_for_a_case_need_the_areas_name(home):
    done = CliRunner().invoke(
        commands.main, ["returns", str(HOME / "data" / "example" / "council" / "ssda903"), "--for-case", "own"]
    )
    assert done.exit_code == 2 and "needs --area" in done.output and not (home / "data" / "local").exists()


def test_data_local_is_kept_out_of_git():
    kept = subprocess.run(["git", "check-ignore", "-q", "data/local/own_open.csv"], cwd=HOME, check=False)
    if kept.returncode == 128:
        pytest.skip("not a git folder: whether data/local is ignored cannot be asked")
    assert kept.returncode == 0, sys.platform
