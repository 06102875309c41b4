"""No name, identifier, date of birth, postcode or note of a return reaches an output, a log, an error or a file left behind."""

import io
import traceback
import zipfile

import canaries
import pandas as pd
import pytest

from forecast.case.errors import BadInput
from forecast.sources.private import shown_name, shown_names
from forecast.sources.ssda903 import episodes, read_returns

# A reader that quotes the cell it refuses, as a slip of the hand might make it.
LEAK = """
import forecast.sources.reading.days as days
from forecast.case.errors import BadInput
def leak(frame, column, where, found, expected, remedy):
    if where.any():
        raise BadInput(f"{column}: {frame[column][where].iloc[0]!r} is {found}")
days.refuse = leak
"""


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """`python tests/canaries.py` runs every damaged input by the command too."""
    return canaries.trial(tmp_path_factory.mktemp("council"), by_command=6)


def test_500_are_planted_and_none_comes_out(told):
    assert sum(map(len, told["held"].values())) == 500 == len(set().union(*told["held"].values()))
    assert told["planted"] == set().union(*told["held"].values()), "each can be found where it was planted"
    assert told["found"] == []


def test_everything_was_run(told):
    assert set(told["good"].values()) == {0}, "good inputs are read"
    assert told["inputs"] > 120 and told["readers"]["stopped"] > 110 and sum(told["readers"].values()) == told["inputs"]
    assert set(told["damaged"]) <= {0, 2} and 2 in told["damaged"]
    names = [name for name, _ in told["kept"]]
    for made in (
        "tables/monthly.csv",
        "tables/monthly.parquet unpacked",
        "tables/links_by_age.csv",
        "tables/plans_children.csv",
        "quality.html",
        "plans.html",
        "output/readers.out",
        "output/returns json.out",
    ):
        assert made in names, made
    book = told["notebook"].decode()
    assert (
        "Returns(2022-04-01 to" in book and "Plans(2022-04-01 to" in book and book.count('"output_type": "error"') == 5
    )
    readers = next(content for name, content in told["kept"] if name == "output/readers.out").decode()
    assert "NOT REFUSED" not in readers and readers.count("holds child rows") + readers.count("hold child rows") > 5


def test_messages_are_of_use_all_the_same(told):
    readers = next(content for name, content in told["kept"] if name == "output/readers.out").decode()
    for said in (
        "2023-24 Quarrymoor team/Episodes Quarrymoor team.csv, line 11, DECOM: not a date",
        "cin Quarrymoor team.xml, line 37, Child 1, CPPstartDate",
        "2023-24 Quarrymoor team/plans Quarrymoor team.csv, line 7: 43 cells, expected 19",
    ):
        assert said in readers, said


def test_a_leak_is_found(told, tmp_path):
    """A reader that quotes cells is caught, and so is a canary in any encoding, archive or table."""
    held, place = told["held"], tmp_path / "leaking"
    folder = canaries.plant(tmp_path / "good") and tmp_path / "good"
    made = canaries.damaged(tmp_path / "damaged", folder, held)
    canaries.read_all([("returns", path) for path in made["returns"][:12]], place, LEAK)
    assert {value for value, _ in canaries.search(place / "kept", held)} >= {held["name"][3], held["born"][30]}
    values = [held["name"][1], held["child"][2], held["upn"][3], held["born"][4], held["postcode"][5], held["note"][6]]
    day = "/".join(reversed(values[3].split("-")))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside.txt", values[0].upper())
    places = {
        "a.zip": stream.getvalue(),
        "b.log": values[1].lower().encode("utf-16"),
        "c.txt": f"x{values[2]}x".encode("utf-16-be"),
        "d.html": day.encode(),
        f"{values[4]}.txt": b"",
    }
    for name, content in places.items():
        canaries.give(tmp_path / "leaks" / name, content)
    pd.DataFrame({"x": [values[5]]}).to_parquet(tmp_path / "leaks" / "e.parquet", compression="gzip")
    assert {value for value, _ in canaries.search(tmp_path / "leaks", held)} >= set(values)


def test_a_fault_nobody_foresaw_tells_its_place_and_no_cell(monkeypatch, tmp_path):
    """pandas and others quote the cell that they cannot take."""
    monkeypatch.setattr(episodes, "read_births", lambda *given: float("Zorbvlim Quax"))
    (tmp_path / "2018").mkdir()
    (tmp_path / "2018" / "Header.csv").write_text("CHILD,SEX,DOB\nA1,1,13/02/2010\n")
    (tmp_path / "2018" / "Episodes.csv").write_text("CHILD,DECOM,DEC,LS,PLACE\nA1,13/06/2017,,C2,K2\n")
    with pytest.raises(
        BadInput,
        match=r"does not know \(ValueError in forecast\.sources\.ssda903, line \d+\)\. Expected .* send no data\.$",
    ) as caught:
        read_returns(tmp_path)
    assert caught.value.__cause__ is None and caught.value.__context__ is None and "Zorb" not in repr(caught.value)
    frames = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert frames[-1] == "read_guarded" and len(frames) == 2, "no frame that holds rows goes along"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Slough SSDA903 Episodes_2017-18 v2 FINAL.csv", "Slough SSDA903 Episodes_2017-18 v2 FINAL.csv"),
        ("North team O'Brien/Header 12-03-2019.csv", "North team O'Brien/Header 12-03-2019.csv"),
        ("\u0141\u00f3d\u017a.csv", "\u0141\u00f3d\u017a.csv"),
        ("Header \u202egnp.csv", "Header \u2026gnp.csv"),
        ("two\nlines\x1b[31m.csv", "two\u2026lines\u2026[31m.csv"),
    ],
)
def test_files_are_named_in_full_on_one_line(name, shown):
    assert shown_name(name) == shown


def test_files_that_would_look_alike_are_told_apart():
    shown = shown_names(["a\x00.csv", "a\x01.csv", "b.csv"])
    assert list(shown.values()) == ["a\u2026.csv", "a\u2026.csv #2", "b.csv"]
