"""One reference run for the whole session: Slough, June 2011, as the command line makes it."""

import os
import shutil
import tempfile
from pathlib import Path

import hypothesis
import pytest

from forecast.report.notebook import RUN_FOLDER
from forecast.runs.steps import STEPS_FOLDER

os.environ.pop("FORECAST_TYPED", None)  # tests expect the plain command, however they were started
hypothesis.settings.register_profile("patient", deadline=None)  # a busy machine is no fault of the code
hypothesis.settings.load_profile("patient")
HOME = Path(__file__).resolve().parent
KEPT = "FORECAST_TEST_RUNS"


def run_reference(runs: Path, draws: int = 10_000, **changes) -> dict:
    """The reference case run by the code that the command line calls; returns the answer."""
    from forecast.runs.pipeline import Home, run_case

    home = Home(HOME / "params", HOME / "data", runs, HOME / "notebooks")
    settings = {"scenarios": None, "draws": draws, "seed": 2011, "threads": 2, "say": lambda step: None} | changes
    return run_case(home, "slough", "2011-06", **settings)


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
