"""The fault list: what may be wrong in what a council gives, keeps or publishes, and what must be said of it.

tests/faults/*.csv holds one fault a row: where it is, the edit, and words that the message must hold. A fault is added
by adding a row. Nothing here may pass in silence: it is refused (BadInput), or told.
"""

import csv
import json
from pathlib import Path

import pandas as pd
import pytest

from conftest import HOME
from forecast.case.errors import BadInput
from forecast.report.notebook import RUN_FOLDER
from forecast.runs import folders, history, publication, toolkit
from forecast.runs.home import Home
from forecast.runs.refresh import io
from forecast.sources import files

FAULTS = HOME / "tests" / "faults"


def rows(name: str) -> list[dict[str, str]]:
    """The rows of a table of faults."""
    with (FAULTS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def each(name: str):
    """Every row of a table as a test of its own."""
    held = rows(name)
    return pytest.mark.parametrize("row", held, ids=[" ".join(list(row.values())[:-1])[:70] for row in held])


# ---- published runs, and what a council folder holds -----------------------------------------------------------------

RUN = {
    "answer.json": '{"council": "example", "chance": 0.51, "call": 200000}\n',
    "answer.txt": "Will £600,000 be enough? 5 in 10\n",
    "answer.html": "<p>Expected call £220,000</p>\n",
    "assumptions.md": "| births | 1.02 |\n",
    "summary.json": '{"call": "200000.00"}\n',
    "frozen/central.yaml": "value: 1.02\n",
    "tables/cost.csv": "line,mean\nifa_fostering,100.5\n",
    "charts/contingency.svg": "<svg>600</svg>\n",
    "notebooks/detail.json": '{"central": 1}\n',
    "held/vintages.csv": "vintage,month,figure,item,value\n2026-11,2026-11,children,lac,173\n",
    "held/files.csv": "sha256,file\n12,counts\n",
    "council.yaml": "council: Example\nlac: 173\n",
}


def edit(path: Path, how: str) -> None:
    """One edit of a file by hand: any byte counts."""
    content = path.read_bytes() if path.is_file() else b""
    if how == "deleted":
        path.unlink()
        return
    digit = next((at for at, byte in enumerate(content) if chr(byte).isdigit()), 0)
    path.write_bytes(
        {
            "digit": content[:digit] + (b"9" if content[digit : digit + 1] != b"9" else b"8") + content[digit + 1 :],
            "cut": content[:-2],
            "emptied": b"",
            "line added": content + b" \n",
        }[how]
    )


@pytest.fixture
def published(tmp_path) -> Path:
    """The folder of a small published run with a file of every kind."""
    with folders.publishing(tmp_path / "runs", "example", "2026-11", "2026-12-03T06:30:00+00:00") as staging:
        for name, text in RUN.items():
            (staging / name).parent.mkdir(parents=True, exist_ok=True)
            files.write_text(staging / name, text)
        pd.DataFrame({"line": ["ifa_fostering"], "mean": [100.5]}).to_parquet(staging / "tables" / "cost.parquet")
        files.write_json(staging / "manifest.json", folders.manifest(staging, {}, 100, 1))
    return tmp_path / "runs" / "example" / "2026-11"


@each("runs")
def test_an_edited_run_is_named_and_stopped(published, row):
    assert folders.as_published(published) == published
    edit(published / row["file"], row["edit"])
    with pytest.raises(BadInput) as stopped:
        folders.as_published(published)
    assert row["said"] in str(stopped.value)


def test_whoever_shows_a_run_asks_whether_it_is_as_published(published, monkeypatch):
    """Paper, notebooks, history (and with it diff, retain and the next refresh), and what refresh compares with."""
    home = Home(HOME / "params", HOME / "data", published.parents[1], HOME / "notebooks")
    monkeypatch.setattr(toolkit.pages, "find_home", lambda: published.parents[2])
    monkeypatch.delenv(RUN_FOLDER, raising=False)
    assert toolkit.open_run("example/2026-11").answer["chance"] == 0.51
    edit(published / "answer.json", "digit")
    for look in (
        lambda: publication._folder(home, "example", "2026-11"),
        lambda: toolkit.open_run("example/2026-11"),
        lambda: history.catch_up(home.runs, "example"),
    ):
        with pytest.raises(BadInput, match="example/2026-11/answer.json is not what was published"):
            look()


def test_a_manifest_made_to_fit_the_edit_is_not_the_one_in_the_log(published):
    """Whoever edits a file and its checksum too is still found: runs.log names the run."""
    edit(published / "answer.json", "digit")
    made = json.loads((published / "manifest.json").read_text(encoding="utf-8"))
    made["outputs"]["answer.json"] = files.sha256(published / "answer.json")
    files.write_json(published / "manifest.json", folders.sealed(made))
    with pytest.raises(BadInput, match="manifest.json is not what was published"):
        folders.as_published(published)


@pytest.mark.parametrize("how", ["digit", "cut", "emptied", "line added", "deleted"])
@pytest.mark.parametrize("name", ["vintages.csv", "files.csv", "returns/open.csv"])
def test_what_is_held_stands_as_the_last_refresh_left_it(published, tmp_path, name, how):
    held = tmp_path / "council" / "held"
    for each_name in ("vintages.csv", "files.csv"):
        files.write_text(held / each_name, RUN[f"held/{each_name}"])
    files.write_text(held / "returns/open.csv", "age,children\n4,12\n")
    files.write_json(held / io.SUMS, files.checksums(held))
    io.as_left(held, published.parent)
    edit(held / name, how)
    with pytest.raises(BadInput, match=f"council/held/{name} is not as the last refresh left it"):
        io.as_left(held, published.parent)


def test_what_is_held_is_held_against_the_last_run_where_its_checksums_are_gone(published, tmp_path):
    held = tmp_path / "council" / "held"
    files.write_text(held / "vintages.csv", RUN["held/vintages.csv"])
    io.as_left(held, published.parent)
    edit(held / "vintages.csv", "digit")
    with pytest.raises(BadInput, match="held/vintages.csv is not as the last refresh left it"):
        io.as_left(held, published.parent)
