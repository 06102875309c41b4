"""One reference run for the whole session: Slough, June 2011, as the command line makes it."""

import os
import shutil
import tempfile
from pathlib import Path

import hypothesis
import pytest

from forecast.report.notebook import RUN_FOLDER
from forecast.runs.home import Home, Settings
from forecast.runs.steps import STEPS_FOLDER, Steps

os.environ.pop("FORECAST_TYPED", None)  # tests expect the plain command, however they were started
hypothesis.settings.register_profile("patient", deadline=None)  # a busy machine is no fault of the code
hypothesis.settings.load_profile("patient")
HOME = Path(__file__).resolve().parent
KEPT = "FORECAST_TEST_RUNS"
NEED_PROGRAMS = {  # a browser, an office suite, a reader of PDFs: what they need and do not find is skipped
    "test_explore_browser.py",
    "test_render.py",
    "test_render_browser.py",
    "test_returns_page.py",
    "test_workbook.py",
    "test_workbook_out.py",
}


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


def pytest_addoption(parser):
    """The longest proofs wait for their own run."""
    parser.addoption("--slow", action="store_true", help="the longest tests too")


def pytest_collection_modifyitems(config, items):
    """Mark the files that need other programs; skip the longest tests unless they are asked for, and say so."""
    wait = pytest.mark.skip(reason="takes a minute or more: add --slow")
    for item in items:
        if item.path.name in NEED_PROGRAMS:
            item.add_marker("programs")
        if item.get_closest_marker("slow") and not config.option.slow:
            item.add_marker(wait)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session):
    """Make the run once, before workers start; tests find it, and notebooks its steps, through the environment."""
    if KEPT in os.environ or session.config.option.collectonly:
        return
    runs = Path(tempfile.mkdtemp(prefix="forecast-runs-"))
    os.environ |= {KEPT: str(runs), STEPS_FOLDER: str(runs / ".steps")}
    run_reference(runs)
    os.environ[RUN_FOLDER] = str(runs / "slough" / "2011-06")


def pytest_sessionfinish(session):
    """Remove the run, in the process that made it."""
    if KEPT in os.environ and not hasattr(session.config, "workerinput"):
        shutil.rmtree(os.environ.pop(KEPT), ignore_errors=True)
        for name in (RUN_FOLDER, STEPS_FOLDER):
            os.environ.pop(name, None)


@pytest.fixture(scope="session")
def reference_folder() -> Path:
    """The published folder of the reference run."""
    return Path(os.environ[RUN_FOLDER])
