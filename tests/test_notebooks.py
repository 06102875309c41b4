"""Notebooks project what their parameters ask, and stop at a parameter that is none."""

import ast
import json

import nbformat
import pytest
from click.testing import CliRunner

import forecast
from conftest import HOME
from forecast.cli.commands import main
from forecast.report.notebook import RUN_FOLDER
from forecast.runs.pipeline import import_papermill
from forecast.runs.steps import STEPS_FOLDER
from forecast.runs.toolkit import CHECKSUM, PARAMETERS, Stopped

NOTEBOOKS = sorted((HOME / "notebooks").glob("[0-9]*.ipynb"))
MISSPELT = [
    {"draw": 100},
    {"Draws": 100},
    {"seeds": 1},
    {"change": {}},
    {"chnages": {"levers.births": 1.1}},
    {"senario": "permanence"},
    {"scenarios": "permanence"},
    {"councils": "slough"},
    {"months": "2011-06"},
    {"runs": "slough/2011-06"},
    {"_draws": 100},
    {"births": 1.1},
    {"changes": {"levers.birth": 1.1}},
    {"changes": {"lever.births": 1.1}},
    {"changes": {"migration.internal": 50}},
    {"changes": {"levers": {"births": 1.1}}},
    {"changes": {"levers.births": "1.1x"}},
    {"scenario": "permanance"},
    {"council": "slouhg"},
    {"month": "2011-6"},
]


def parameters() -> str:
    cells = nbformat.read(NOTEBOOKS[4], as_version=4).cells
    return next(cell.source for cell in cells if "parameters" in cell.metadata.get("tags", []))


def in_kernel(given: dict) -> dict:
    """The globals of a kernel after the cells of parameters, the notebook's own and the one papermill adds."""
    added = "\n".join(f"{name} = {value!r}" for name, value in given.items())
    found = {"In": ["", parameters(), added, "nb = forecast.notebook(globals())"]}
    exec(f"{parameters()}\n{added}", found)
    return found


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    """Steps of these tests alone, for this process and its kernels."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(STEPS_FOLDER, str(tmp_path_factory.mktemp("steps")))
        yield


def run(notebook, out, given: dict):
    """A notebook through papermill, as a person runs it."""
    papermill = import_papermill()
    return papermill.execute_notebook(
        str(notebook),
        str(out),
        given,
        kernel_name="python3",
        progress_bar=False,
        log_output=False,
        extra_arguments=["--IPKernelApp.log_level=50"],
    )


@pytest.mark.parametrize("given", MISSPELT, ids=str)
def test_a_misspelt_parameter_stops_the_notebook(steps, given):
    with pytest.raises(Stopped) as stopped:
        forecast.notebook(in_kernel(given))
    name = next(iter(given))
    wrong = name if name not in PARAMETERS else str(given[name]) if isinstance(given[name], str) else None
    assert (wrong or next(iter(given[name]))) in str(stopped.value)


@pytest.mark.parametrize("given", [{"draws": 99}, {"draws": "many"}, {"seed": -1}, {"draws": True}, {"changes": []}])
def test_a_parameter_of_another_kind_stops_too(steps, given):
    with pytest.raises(Stopped, match=f"{next(iter(given))} is"):
        forecast.notebook(in_kernel(given))


def test_a_published_run_takes_no_changes(reference_folder):
    with pytest.raises(Stopped, match="stands as it is"):
        forecast.notebook(in_kernel({"run": "slough/2011-06", "changes": {"levers.births": 1.1}}))
    with pytest.raises(Stopped, match="holds no scenario permanance"):
        forecast.notebook(in_kernel({"run": "slough/2011-06", "scenario": "permanance"}))


def test_a_published_run_is_looked_at_like_a_case(reference_folder):
    published = forecast.open_run("slough/2011-06")
    future, told = published.simulate(), json.loads((reference_folder / "answer.json").read_text(encoding="utf-8"))
    assert future.figures == told["scenarios"]["central"]
    assert forecast.open_case("slough", "2011-06").simulate(told["draws"], told["seed"]).figures == future.figures
    assert published.population().headline == forecast.open_case("slough", "2011-06").population().headline


def test_a_kernel_used_again_gives_what_a_cold_one_gives(reference_folder, tmp_path):
    """The run's notebooks share two kernels; one of the last of them, on a kernel of its own, shows the same."""
    import_papermill()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(RUN_FOLDER, str(reference_folder))
        cold = run(NOTEBOOKS[5], tmp_path / "cold.ipynb", {"run": "slough/2011-06"})
    warm = nbformat.read(reference_folder / "notebooks" / NOTEBOOKS[5].name, as_version=4)
    shown = [[(c.source, c.get("execution_count"), c.get("outputs")) for c in book.cells] for book in (warm, cold)]
    assert shown[0] == shown[1]


def test_names_a_notebook_sets_itself_are_no_parameters(steps):
    found = in_kernel({})
    found["In"].insert(3, "nb = forecast.notebook(globals())\nfuture = nb.future\nyears = len(future)")
    assert forecast.notebook(found).draws == 10_000


def test_papermill_stops_in_the_first_cell(tmp_path, steps):
    import_papermill()
    with pytest.raises(Exception, match="there is no parameter draw. Did you mean draws") as failed:
        run(NOTEBOOKS[4], tmp_path / "out.ipynb", {"draw": 100})
    assert failed.value.ename == "Stopped"
    code = [cell for cell in nbformat.read(tmp_path / "out.ipynb", 4).cells if cell.cell_type == "code"]
    assert [bool(cell.outputs) for cell in code if "papermill-error-cell-tag" not in cell.metadata.get("tags", [])][
        :4
    ] == [False, False, True, False]


def test_a_what_if_through_papermill_is_the_command_lines_to_the_bit(tmp_path, steps):
    changes = {"levers.births": 1.1, "migration.internal_in": 50, "budget.contingency": 700_000}
    book = run(NOTEBOOKS[4], tmp_path / "out.ipynb", {"changes": changes, "draws": 100, "seed": 7})
    shown = [o.data[CHECKSUM] for c in book.cells for o in c.get("outputs", []) if CHECKSUM in o.get("data", {})]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(STEPS_FOLDER, str(tmp_path / "other steps"))  # computed anew
        typed = [f"{key}={value}" for key, value in changes.items()]
        said = CliRunner().invoke(
            main, ["what-if", "slough", "2011-06", *typed, "--draws", "100", "--seed", "7", "--json"]
        )
    assert shown == [{"scenario": "what-if", "sha256": checksum(json.loads(said.output))}]


def checksum(told: dict) -> str:
    """SHA-256 of a scenario's figures, as notebooks show it."""
    import hashlib

    return hashlib.sha256(json.dumps(told, sort_keys=True).encode("utf-8")).hexdigest()


def test_every_notebook_opens_the_same_door():
    for path in NOTEBOOKS:
        code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        names = [target.id for node in ast.parse(code[0].source).body for target in node.targets]
        assert names == list(PARAMETERS), path.name
        assert "nb = forecast.notebook(globals())" in code[1].source, path.name
