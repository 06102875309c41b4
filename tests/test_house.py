"""The house rules: imports point one way, no outturn feeds a forecast, notebooks are thin, no bare domain constant."""

import ast
import re
from pathlib import Path

import nbformat
import pytest

from conftest import HOME

PACKAGE = HOME / "forecast"
# The rooms on the path of data, a floor each; a room may import only what stands above it in this list.
LINE = [
    {"__init__", "case"},
    {"sources", "demand"},
    {"money"},
    {"model"},
    {"questions", "record", "report"},
    {"runs"},
    {"live"},
    {"cli"},
]
ORDER = {room: place for place, rooms in enumerate(LINE) for room in rooms}
# Numbers that belong to arithmetic, calendars, grids and page layout, not to the field.
PLAIN_NUMBERS = {-1, 0, 0.0, 1, 1.0, 2, 2.0, 3, 4, 0.5}
METHOD = sorted(path for room in ("demand", "money", "model", "questions") for path in (PACKAGE / room).glob("*.py"))


def room(path: Path) -> str:
    inside = path.relative_to(PACKAGE).parts
    return inside[0] if len(inside) > 1 else path.stem


def imports(path: Path) -> set[str]:
    """Rooms of the package a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "forecast":
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {name.name for name in node.names if name.name in ORDER}
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[1] for name in node.names if name.name.startswith("forecast.")}
    return found


MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_point_one_way(path):
    here = room(path)
    assert here in ORDER, f"{here} has no place in the line"
    wrong = {other for other in imports(path) - {here} if ORDER[other] >= ORDER[here]}
    assert not wrong, f"{here} imports {wrong}, which stand no lower"


def test_the_import_test_can_fail(tmp_path):
    module = tmp_path / "population.py"
    module.write_text("from forecast.money.costs import LINES\nfrom forecast import model\n", encoding="utf-8")
    assert imports(module) == {"money", "model"}
    assert all(ORDER[name] > ORDER["demand"] for name in imports(module))


@pytest.mark.parametrize(
    "path", [p for p in MODULES if p.stem not in ("score", "publication")], ids=lambda path: path.stem
)
def test_no_forecasting_code_reads_outturns(path):
    text = path.read_text(encoding="utf-8")
    assert '/ "outturns"' not in text, "outturns must not feed a forecast"
    assert "runs.score" not in text or room(path) in ("runs", "cli"), "scores must not feed a forecast"


NOTEBOOKS = sorted((HOME / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_thin(path):
    cells = nbformat.read(path, as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    tagged = [cell for cell in code if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    for statement in ast.parse(tagged[0].source).body:
        assert isinstance(statement, ast.Assign), "the parameters cell holds literals only"
        ast.literal_eval(statement.value)
    for cell in code:
        tree = ast.parse(cell.source)  # a magic would not parse: none is allowed, for nbval passes an unknown one
        assert not any(isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda) for node in ast.walk(tree))
        assert len(cell.source.splitlines()) <= 5 or cell is tagged[0]  # a line a parameter, as papermill reads them
        assert not any(output.output_type == "error" for output in cell.outputs)
        assert not any(output.get("name") == "stderr" for output in cell.outputs)
    for cell in cells:
        if cell.cell_type == "markdown":
            assert not re.search(r"[0-9]", re.sub(r"(31 March|1 April|`[^`]*`)", "", cell.source)), (
                "a number typed into prose"
            )


def test_notebooks_have_stored_outputs():
    for path in NOTEBOOKS:
        code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        shown = [cell for cell in code[1:] if "import" not in cell.source or cell.source.startswith("import forecast")]
        assert all(cell.outputs for cell in shown), path.name


@pytest.mark.parametrize("path", METHOD, ids=lambda path: path.stem)
def test_no_bare_domain_constant(path):
    """Inside functions of the method, a number other than arithmetic's own must have a name (and a reason) above."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    slices = {id(node) for part in ast.walk(tree) if isinstance(part, ast.Slice) for node in ast.walk(part)}
    bare = []
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        for node in ast.walk(function):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, int | float)
                and not isinstance(node.value, bool)
            ):
                if node.value not in PLAIN_NUMBERS and id(node) not in slices:
                    bare.append((function.name, node.lineno, node.value))
    assert not bare


def test_functions_are_short():
    """Half of the package's functions have at most 15 lines, nine in ten at most 30."""
    lengths = sorted(
        node.end_lineno - node.body[0].lineno + 1
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    )
    assert lengths[len(lengths) // 2] <= 15 and lengths[int(len(lengths) * 0.9)] <= 30


def test_no_host_or_machine_path_is_named():
    banned = re.compile(r"(/(?:home|root|tmp|work|Users)/|pypi\.|files\.pythonhosted)")
    for path in [
        *HOME.glob("*.*"),
        *PACKAGE.rglob("*.py"),
        *HOME.glob("params/**/*.yaml"),
        *HOME.glob("notebooks/*.ipynb"),
        *HOME.glob("data/**/*"),
    ]:
        if path.is_file() and path.suffix in (".py", ".md", ".toml", ".yaml", ".lock", ".ipynb", ".csv", ".txt"):
            assert not banned.search(path.read_text(encoding="utf-8")), path.name
