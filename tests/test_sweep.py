"""Many councils in one dataset: the figures are a run's own, a sweep goes on where it stopped, a fault stops no other."""

import shutil

import losing
import pandas as pd
import pytest

from conftest import HOME
from forecast.model.cases import open_case
from forecast.model.projection import prepare, project
from forecast.runs import sweep as room
from forecast.runs.sweep import Asked, sweep

CASES = (("nowhere", "2025-04"), ("slough", "2025-04"))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A project with one council that opens and one whose file is broken."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(HOME / "params", folder / "params")
    shutil.copytree(HOME / "params" / "slough" / "2025-04", folder / "params" / "nowhere" / "2025-04")
    return folder


def swept(home, said, scenarios=("permanence",), seed=5):
    asked = Asked(CASES, scenarios, 100, seed)
    return sweep(home / "params", HOME / "data", home / "swept", asked, 1, None, said.append)


def test_a_sweep_is_a_run_of_each_and_goes_on_where_it_stopped(home, monkeypatch):
    kept, failed = swept(home, [])
    assert kept == 1 and list(failed) == ["nowhere 2025-04"] and "nowhere" in failed["nowhere 2025-04"]
    rows = pd.concat(map(pd.read_parquet, (home / "swept").rglob("*.parquet")))
    assert list(rows["scenario"]) == ["central", "permanence"] and set(rows["council"]) == {"slough"}
    case = open_case(HOME / "params", HOME / "data", "slough", "2025-04")
    base = prepare(case.central, case.evidence, 100, 5)
    held = project(base, case.scenarios["permanence"])
    assert rows["chance_holds"].iloc[1] == held.drawn.chance
    assert rows["call_mean"].iloc[1] == pytest.approx(held.drawn.at_year_end.mean())
    assert rows["lac_now"].tolist() == [173, 173]

    def never(*_):
        raise AssertionError("worked out again")

    monkeypatch.setattr(room, "council_rows", never)
    said = []
    assert swept(home, said)[0] == 1 and "1 of them kept already" in said[0]


def test_a_changed_case_is_worked_out_anew_and_a_fault_is_a_sentence(home, monkeypatch):
    def fails(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(room, "council_rows", fails)
    kept, failed = swept(home, [], scenarios=("gatekeeping",))
    assert kept == 0 and failed["slough 2025-04"] == "the program failed on it (ZeroDivisionError)"


# --- a worker is lost -------------------------------------------------------------------------------------------------

PIECES = ("a", "b", "loses once", "c", "d")


def pieces(folder, monkeypatch, names):
    monkeypatch.setattr(room, "_safely", losing.piece)
    return {name: (name, str(folder)) for name in names}, Asked((), (), 1, 1)


def begun(folder):
    return {path.name: len(path.read_text().splitlines()) for path in folder.iterdir()}


def test_a_process_lost_midway_loses_and_repeats_nothing(tmp_path, monkeypatch):
    opened, asked = pieces(tmp_path, monkeypatch, [*PIECES, "loses always"])
    done = list(room._on_cores(opened, asked, 2))
    assert sorted(done) == sorted([("loses always", room.LOST), *((name, [{"piece": name}]) for name in PIECES)])
    assert begun(tmp_path) == dict.fromkeys(PIECES, 1) | {"loses once": 2, "loses always": room.TRIES}


def test_a_dask_worker_lost_midway_loses_and_repeats_nothing(tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    opened, asked = pieces(tmp_path, monkeypatch, PIECES)
    with distributed.LocalCluster(2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        done = list(room._on_cluster(opened, asked, cluster.scheduler_address))
    assert sorted(done) == [(name, [{"piece": name}]) for name in sorted(PIECES)]
    assert begun(tmp_path)["loses once"] == 2
