"""One reference run for the whole session: Slough, June 2011, as the command line makes it, on fewer draws."""

import os
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

import hypothesis
import pytest
from filelock import FileLock

from forecast.report.notebook import RUN_FOLDER
from forecast.runs.home import Home, Settings
from forecast.runs.steps import STEPS_FOLDER, Steps, keeping

os.environ.pop("FORECAST_TYPED", None)  # tests expect the plain command, however they were started
# A busy machine is no fault of the code; the longest tests, asked for by --slow, look further.
hypothesis.settings.register_profile("patient", deadline=None, max_examples=50 if "--slow" in sys.argv else 15)
hypothesis.settings.load_profile("patient")
HOME = Path(__file__).resolve().parent
KEPT = "FORECAST_TEST_RUNS"  # a folder that keeps the run for the next session; without it, one of its own
MADE = pytest.StashKey[Path]()
LONGEST = (  # files, longest first: they are begun first, so that none is left to one worker at the end
    "test_cycle.py",
    "test_run.py",  # makes the reference run, while another worker is at the cycle
    "01_what_has_happened.ipynb",  # likewise the run that notebooks show
    "test_projection.py",
    "test_notebooks.py",
    "test_explore_browser.py",
    "test_explore.py",
    "test_sensitivity.py",
    "test_face.py",
    "test_held.py",
    "test_causes.py",
    "test_directions.py",
    "test_run_history.py",
    "test_engine.py",
)
DRAWS = 2000  # of the reference run: every file of it is made as at 10,000
SHOWN = 10_000  # what README and the notebooks' outputs show, checked among the longest tests
LEFT_OUT = "forecast/skipped"  # where pytest keeps what the last run skipped


def run_reference(runs: Path, scenarios: tuple[str, ...] = (), **settings) -> dict:
    """The reference case run; returns the answer."""
    home = Home(HOME / "params", HOME / "data", runs, HOME / "notebooks")
    return run_case(home, "slough", "2011-06", Settings(**settings), scenarios)


def run_case(home: Home, council: str, month: str, settings: Settings, scenarios: tuple[str, ...] = ()) -> dict:
    """A case run by the code that the command line calls; returns the answer."""
    from forecast.model.cases import open_case
    from forecast.runs.pipeline import More, run_open

    case = open_case(home.params, home.data, council, month)
    return run_open(home, case, settings, lambda step: None, More(steps=Steps.of(home), scenarios=scenarios))


@cache
def slough():
    """The reference case, opened once in a process."""
    from forecast.model.cases import open_case

    return open_case(HOME / "params", HOME / "data", "slough", "2011-06")


@cache
def slough_base(draws: int, seed: int):
    """What its scenarios share on so many draws, prepared once in a session for all files that ask for the same."""
    from forecast.model.projection import prepare

    home = Home(HOME / "params", HOME / "data", Path(os.environ[KEPT]), HOME / "notebooks")
    return prepare(slough().central, slough().evidence, draws, seed, keep=keeping(home, slough(), draws, seed))


def pytest_addoption(parser):
    """The longest proofs wait for their own run."""
    parser.addoption("--slow", action="store_true", help="the longest tests too")
    parser.addoption("--left-out", action="store_true", help="only what the last run skipped, the longest tests too")


def pytest_ignore_collect(collection_path, config):
    """Files that hold nothing of what the last run skipped are not even read, where only that is asked for."""
    if config.option.left_out and collection_path.is_file():
        files = {name.split("::")[0] for name in config.cache.get(LEFT_OUT, [])}
        return collection_path.relative_to(HOME).as_posix() not in files or None
    return None


def pytest_collection_modifyitems(config, items):
    """Skip the longest tests unless they are asked for, and say so; or keep what the last run skipped."""
    wait = pytest.mark.skip(reason="takes a minute or more: add --slow")
    if config.option.left_out:
        names = set(config.cache.get(LEFT_OUT, []))  # of tests, and of files that were skipped as one
        dropped = [item for item in items if not names & {item.nodeid, item.nodeid.split("::")[0]}]
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in dropped]
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))
    for item in items:
        if item.path.suffix == ".ipynb":
            item.add_marker("slow")
        if item.get_closest_marker("slow") and not (config.option.slow or config.option.left_out):
            item.add_marker(wait)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session):
    """Say where the run will be, before workers start: tests find it, and notebooks its steps, in the environment."""
    if KEPT not in os.environ:
        os.environ[KEPT] = tempfile.mkdtemp(prefix="forecast-runs-")
        session.config.stash[MADE] = Path(os.environ[KEPT])
    runs = Path(os.environ[KEPT])
    os.environ |= {STEPS_FOLDER: str(runs / ".steps"), RUN_FOLDER: str(runs / "slough" / "2011-06")}


def pytest_sessionfinish(session):
    """Keep what was skipped; remove the run, in the process that named its folder."""
    if reporter := session.config.pluginmanager.get_plugin("terminalreporter"):
        skipped = {report.nodeid for report in reporter.stats.get("skipped", [])}
        session.config.cache.set(LEFT_OUT, sorted(skipped))
    if MADE in session.config.stash:
        shutil.rmtree(session.config.stash[MADE], ignore_errors=True)
        for name in (KEPT, RUN_FOLDER, STEPS_FOLDER):
            os.environ.pop(name, None)


def reference(draws: int = DRAWS) -> Path:
    """The published folder of the reference run. Whoever asks first makes it; another worker waits and takes it."""
    runs = Path(os.environ[KEPT]) / ("" if draws == DRAWS else str(draws))
    folder = runs / "slough" / "2011-06"
    runs.mkdir(parents=True, exist_ok=True)
    with FileLock(runs / "making.lock"), pytest.MonkeyPatch.context() as patch:
        if not folder.exists():
            patch.setenv(STEPS_FOLDER, str(Path(os.environ[KEPT]) / ".steps"))
            patch.setenv(RUN_FOLDER, str(folder))  # run_notebooks ends with none
            run_reference(runs, draws=draws, notebooks=draws == DRAWS)
    return folder


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """The cells of a notebook look at the run whose figures their outputs show."""
    if item.path.suffix == ".ipynb" and not list(item.iter_markers("skip")):
        os.environ[RUN_FOLDER] = str(reference(SHOWN))


@pytest.fixture(scope="session")
def reference_folder() -> Path:
    """The published folder of the reference run."""
    return reference()
