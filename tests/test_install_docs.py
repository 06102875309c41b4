"""start.py, the lock and what the documents tell a person to type agree with each other and with the code."""

import ast
import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from forecast.cli.commands import main as forecast

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
EXTRAS = PROJECT["optional-dependencies"]


def plain_name(requirement: str) -> str:
    return re.match(r"[\w.-]+", requirement)[0].lower().replace("_", "-").replace(".", "-")


@pytest.fixture
def start(tmp_path):
    """start.py in a folder of its own, with a lock and a project file that it never gets to install."""
    for name in ("start.py", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    spec = importlib.util.spec_from_file_location("start_in_a_folder", tmp_path / "start.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def steps(start, tmp_path, monkeypatch):
    """The steps of a set-up that does nothing: each call of `steps()` sets up and names what it would have run."""
    ran = []

    def pretend(line, sorry):
        ran.append(
            {"venv": "environment", "--require-hashes": "packages", "--editable": "project"}[
                next(word for word in line if word in ("venv", "--require-hashes", "--editable"))
            ]
        )
        if "venv" in line:
            shutil.rmtree(tmp_path / ".venv", ignore_errors=True)
            (tmp_path / ".venv").mkdir()
            (tmp_path / ".venv" / "pyvenv.cfg").touch()

    def set_up():
        ran.clear()
        start.install()
        return list(ran)

    monkeypatch.setattr(start, "attempt", pretend)
    monkeypatch.setattr(start, "compile_packages", lambda: ran.append("compiled"))
    monkeypatch.setattr(start, "PYTHON", sys.executable)
    return set_up


EVERYTHING = ["environment", "packages", "compiled", "project"]


def test_the_second_use_installs_nothing(steps):
    assert steps() == EVERYTHING
    assert steps() == []


def test_a_changed_lock_installs_everything_again(steps, tmp_path):
    steps()
    with (tmp_path / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    assert steps() == EVERYTHING


def test_a_lock_with_windows_line_ends_is_the_same_lock(steps, tmp_path):
    steps()
    lock = tmp_path / "requirements.lock"
    lock.write_bytes(lock.read_bytes().replace(b"\n", b"\r\n"))
    assert steps() == []


def test_a_changed_project_file_installs_only_the_project(steps, tmp_path):
    steps()
    with (tmp_path / "pyproject.toml").open("a") as project:
        project.write("# changed\n")
    assert steps() == ["project"]


def test_a_moved_folder_installs_everything_again(steps, start, monkeypatch, tmp_path):
    steps()
    monkeypatch.setattr(start, "HERE", str(tmp_path / "elsewhere"))
    assert steps() == EVERYTHING


def test_an_environment_whose_python_is_gone_is_made_again(steps, start, monkeypatch, tmp_path):
    steps()
    monkeypatch.setattr(start, "PYTHON", str(tmp_path / "gone"))
    assert steps() == EVERYTHING


def test_an_unfinished_set_up_starts_over(steps, start, monkeypatch, capsys):
    with monkeypatch.context() as without_network:
        without_network.setattr(start, "compile_packages", fail_with(start.Stop("no network")))
        assert start.main(["run"]) == 1
    assert "Stopped: no network" in capsys.readouterr().err
    assert steps() == EVERYTHING


def fail_with(error):
    def fail():
        raise error

    return fail


def test_a_folder_that_is_no_environment_is_left_alone(start, tmp_path, capsys):
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "thesis.txt").write_text("mine")
    assert start.main(["run"]) == 1
    assert "is not a Python environment, so it is left alone" in capsys.readouterr().err
    assert (tmp_path / ".venv" / "thesis.txt").read_text() == "mine"


def test_a_step_that_fails_says_so_plainly_and_shows_its_last_words(start):
    talk = "print('one'); print('no space left'); raise SystemExit(3)"
    with pytest.raises(start.Stop, match=r"(?s)^It did not work\..*    no space left$"):
        start.attempt([sys.executable, "-c", talk], "It did not work.")


def test_an_old_python_is_told(start, monkeypatch, capsys):
    monkeypatch.setattr(start.sys, "version_info", (3, 9, 1))
    assert start.main(["run"]) == 1
    assert re.search(r"needs Python 3\.11 or later; .* is 3\.9\.", capsys.readouterr().err)
    assert PROJECT["requires-python"] == ">=" + ".".join(map(str, start.OLDEST))


def test_an_old_python_can_read_start():
    assert ast.parse((ROOT / "start.py").read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize("code", [0, 2, 5])
def test_the_exit_code_and_the_arguments_are_the_commands_own(start, monkeypatch, capfd, code):
    monkeypatch.setattr(start, "install", lambda: 0)
    talk = f"import sys; print(sys.argv[1:]); raise SystemExit({code})"
    monkeypatch.setattr(start, "command", lambda args: [sys.executable, "-c", talk, *args])
    assert start.main(["run", "--draws", "100", "two words"]) == code
    out, err = capfd.readouterr()
    assert out.strip() == "['run', '--draws', '100', 'two words']"
    assert re.fullmatch(r"\[start\.py: run took \d+ s\]", err.strip())


def test_what_runs_writes_utf_8_and_keeps_compiled_files(start, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    around = start.surroundings()
    assert around["PYTHONUTF8"] == "1"
    assert around["FORECAST_TYPED"] in ("python3 start.py", "py start.py")
    assert not {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH"} & around.keys()
    assert around["PATH"].startswith(start.BIN)


def test_test_means_pytest_and_every_other_word_a_forecast_command(start):
    assert start.command(["test", "-q"]) == [start.PYTHON, "-m", "pytest", "-q"]
    assert start.command(["run", "--draws", "100"]) == [start.PYTHON, "-m", "forecast.cli", "run", "--draws", "100"]


def test_with_nothing_typed_it_lists_the_commands(start, capsys):
    assert start.main([]) == 0
    assert "python3 start.py run" in capsys.readouterr().out


@pytest.mark.parametrize("document", [path.name for path in (ROOT / "start.py", *sorted(ROOT.glob("*.md")))])
def test_every_command_a_document_names_exists(document):
    typed = set(re.findall(r"\bpy(?:thon3?)? start\.py ([a-z][\w-]*)", (ROOT / document).read_text(encoding="utf-8")))
    assert typed <= {"test", "synth", *forecast.commands}


def test_the_lock_holds_every_package_the_project_names():
    locked = {plain_name(line) for line in LOCK.splitlines() if "==" in line}
    named = {plain_name(one) for one in (*PROJECT["dependencies"], *EXTRAS["test"], *EXTRAS["build"])}
    assert named <= locked


def test_the_lock_pins_one_version_of_each_package_with_checksums():
    blocks = re.split(r"\n(?=[a-z0-9])", LOCK)[1:]
    names = [plain_name(block) for block in blocks]
    assert len(names) == len(set(names)) > len(PROJECT["dependencies"])
    pinned = re.compile(r"\S+==\S+ .*\\\n +--hash=sha256:[0-9a-f]{64}")
    assert [block.split()[0] for block in blocks if not pinned.match(block)] == []


def test_the_lock_names_no_host_and_no_folder():
    assert re.findall(r"\S*(?:://|--index|--find-links|file:| @ |[A-Z]:\\)\S*", LOCK) == []


def test_every_package_the_code_imports_is_named_in_the_project():
    homes = packages_distributions()
    imported = {name for path in (ROOT / "forecast").rglob("*.py") for name in top_imports(path)}
    ours_or_pythons = {"forecast", *sys.stdlib_module_names}
    needed = {plain_name(homes.get(name, [name])[0]) for name in imported - ours_or_pythons}
    assert needed <= {plain_name(one) for one in (*PROJECT["dependencies"], *EXTRAS["cluster"])}


def top_imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.split(".")[0])
    return found


def test_the_style_checker_finds_nothing():
    checked = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "-q", "--no-cache", "--output-format", "concise", "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
