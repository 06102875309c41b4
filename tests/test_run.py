"""The run as a whole: golden tables, same bytes, atomic publication, the answer's schema and its words."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pandas as pd
import pytest

from conftest import DRAWS, HOME, SHOWN, reference, run_case
from forecast.case.errors import BadInput
from forecast.report import words
from forecast.report.schema import answer_schema
from forecast.runs import folders
from forecast.runs.home import Home, Settings
from forecast.sources import files

GOLDEN = HOME / "tests" / "golden"


@pytest.fixture(scope="session")
def told(reference_folder) -> dict:
    return json.loads((reference_folder / "answer.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.csv")))
def test_golden_tables(reference_folder, name):
    """Regenerate with: python tests/regenerate.py. Counts are exact; the last digits of a float are the platform's."""
    got = pd.read_csv(reference_folder / "tables" / f"{name}.csv")
    golden = pd.read_csv(GOLDEN / f"{name}.csv")
    pd.testing.assert_frame_equal(got, golden, rtol=1e-6, atol=1e-6)


def test_the_answer_keeps_its_published_schema(told):
    jsonschema.validate(told, answer_schema())
    published = json.loads((HOME / "params" / "schema" / "answer.schema.json").read_text(encoding="utf-8"))
    assert published == answer_schema(), "run: forecast schema --write"


def test_golden_answer(reference_folder):
    assert (reference_folder / "answer.txt").read_bytes() == (GOLDEN / "answer.txt").read_bytes()


@pytest.mark.slow
def test_the_readme_shows_the_reference_answer():
    answer = (reference(SHOWN) / "answer.txt").read_text(encoding="utf-8").rstrip()
    assert answer in (HOME / "README.md").read_text(encoding="utf-8"), "run: python tests/regenerate.py"


def test_the_assumptions_log_flags_hindsight_of_tables_and_values(reference_folder):
    log = (reference_folder / "assumptions.md").read_text(encoding="utf-8")
    line = next(row for row in log.splitlines() if "`england_children_2011`" in row)
    assert "**Yes.**" in line and "2010-11" in line
    assert "| No |" in next(row for row in log.splitlines() if "`slough_children_to_2011`" in row)
    assert "Known only later" in next(row for row in log.splitlines() if "`costs.private_residential`" in row)


def test_a_broken_answer_fails_the_schema(told):
    broken = json.loads(json.dumps(told))
    del broken["scenarios"]["central"]["contingency"]["enough"]["80"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, answer_schema())


def checksums(folder: Path) -> dict[str, str]:
    paths = [
        path
        for path in folder.rglob("*")
        if path.suffix in (".csv", ".parquet", ".json", ".txt", ".yaml", ".md", ".svg")
    ]
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@pytest.mark.slow
def test_same_inputs_same_bytes_in_another_folder_time_zone_and_thread_count(reference_folder, tmp_path):
    """Every file of the reference run, made anew by another process on one thread."""
    out = tmp_path / "another place"
    command = [sys.executable, "-m", "forecast.cli", "run", "--draws", str(DRAWS), "--no-notebooks"]
    command += ["--threads", "1", "--runs", str(out)]
    env = {**os.environ, "TZ": "Pacific/Auckland", "PYTHONHASHSEED": "1", "FORECAST_STEPS": str(tmp_path / "steps")}
    subprocess.run(command, cwd=HOME, env=env, check=True, capture_output=True)
    again = checksums(out / "slough" / "2011-06")
    before = checksums(reference_folder)
    shared = {name for name in before if not name.startswith("notebooks")} - {"manifest.json"}
    assert {name: before[name] for name in shared} == {name: again[name] for name in shared} and len(shared) > 30


def test_a_failed_run_leaves_the_last_one(tmp_path):
    with folders.publishing(tmp_path, "slough", "2011-06") as folder:
        (folder / "answer.json").write_text("first", encoding="utf-8")
    with pytest.raises(RuntimeError), folders.publishing(tmp_path, "slough", "2011-06") as folder:
        (folder / "answer.json").write_text("second", encoding="utf-8")
        raise RuntimeError("halfway")
    assert (tmp_path / "slough" / "2011-06" / "answer.json").read_text(encoding="utf-8") == "first"
    assert [path.name for path in (tmp_path / "slough").iterdir() if path.is_dir()] == ["2011-06"]


def test_a_killed_run_is_cleaned_up_by_the_next(tmp_path):
    home = tmp_path / "slough"
    (home / ".2011-06.staging").mkdir(parents=True)
    (home / ".2011-06.previous").mkdir()
    (home / ".2011-06.previous" / "answer.json").write_text("kept", encoding="utf-8")
    with pytest.raises(RuntimeError), folders.publishing(tmp_path, "slough", "2011-06"):
        raise RuntimeError
    assert (home / "2011-06" / "answer.json").read_text(encoding="utf-8") == "kept"


def test_two_runs_of_one_case_do_not_mix(tmp_path):
    with folders.publishing(tmp_path, "slough", "2011-06"), pytest.raises(BadInput, match="another run"):
        with folders.publishing(tmp_path, "slough", "2011-06"):
            pass


def test_formulas_do_not_reach_a_spreadsheet(tmp_path):
    files.write_table(tmp_path, "t", pd.DataFrame({"a": ["=1+1", "+2", "@x", "-3", "plain"]}))
    assert (tmp_path / "t.csv").read_text(encoding="utf-8").splitlines()[1:] == ["'=1+1", "'+2", "'@x", "-3", "plain"]


def test_the_manifest_traces_inputs_and_outputs(reference_folder):
    held = json.loads((reference_folder / "manifest.json").read_text(encoding="utf-8"))
    for name, checksum in held["outputs"].items():
        assert hashlib.sha256((reference_folder / name).read_bytes()).hexdigest() == checksum, name
    for name, checksum in held["inputs"].items():
        assert hashlib.sha256((HOME / name).read_bytes()).hexdigest() == checksum, name
    assert "params/national.yaml" in held["inputs"] and "data/published/slough_children_to_2011.csv" in held["inputs"]


def test_every_headline_figure_is_the_answers(told):
    """Move each figure by more than its rounding step: the words must change."""
    held = told["scenarios"]["central"]["contingency"]
    before = "\n".join(words.headline(told))
    for path in (
        ("call", "mean"),
        ("call", "p10"),
        ("call", "p90"),
        ("recovery_plan", "mean"),
        ("enough", "80"),
    ):
        was = held[path[0]][path[1]]
        held[path[0]][path[1]] = was + 10_000
        assert "\n".join(words.headline(told)) != before, path
        held[path[0]][path[1]] = was


@pytest.mark.parametrize(
    "number, step, expected",
    [(2.5, 1, 3), (-2.5, 1, -3), (0.5, 1, 1), (585_000, 10_000, 590_000), (584_999, 10_000, 580_000)],
)
def test_halves_round_up(number, step, expected):
    assert words.round_half_up(number, step) == expected


@pytest.mark.parametrize(
    "chance, said", [(0.55, "6 in 10"), (0.04, "less than 1 in 20"), (0.97, "more than 19 in 20"), (0.5, "5 in 10")]
)
def test_chances_in_words(chance, said):
    assert words.chance_in_ten(chance) == said


def test_words_survive_a_plain_terminal():
    assert words.plain("£600,000 – “sure”") == "GBP 600,000 - ?sure?"


def test_command_line_says_what_is_wrong_without_a_traceback(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "forecast.cli", "run", "--scenario", "gatekeepng"],
        cwd=HOME,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 2 and "Did you mean gatekeeping?" in done.stderr and "Traceback" not in done.stderr


def test_a_terminal_without_unicode_reads_well():
    env = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-m", "forecast.cli", "list"], cwd=HOME, capture_output=True, env=env)
    assert done.returncode == 0 and b"GBP 600,000" in done.stdout and b"Traceback" not in done.stderr


def test_no_change_of_inputs_is_needed_for_another_case(tmp_path):
    """Nothing about 2011 is built in: Slough, April 2025 runs from its own layer."""
    told = run_reference_case(tmp_path, "2025-04")
    assert told["open_at_origin"] == {"lac": 173, "cp": 161}
    jsonschema.validate(told, answer_schema())


def run_reference_case(runs_folder: Path, month: str) -> dict:
    home = Home(HOME / "params", HOME / "data", runs_folder, HOME / "notebooks")
    return run_case(home, "slough", month, Settings(300, 2011, 2, notebooks=False), ("gatekeeping",))
