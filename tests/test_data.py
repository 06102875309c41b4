"""Published tables: every card proved, known facts, flows that close, mistakes refused by name and place."""

import shutil
from datetime import date

import pandas as pd
import pytest

from conftest import HOME
from forecast.case.errors import BadInput
from forecast.model.cases import open_case
from forecast.sources import cards, published
from forecast.sources.cards import read_card
from forecast.sources.history import History, fill_suppressed

DATA = HOME / "data"
AFTER = DATA / "outturns" / "slough_after_june_2011.csv"
TABLES = sorted(path.stem for path in (DATA / "published").glob("*.csv"))
JUNE = date(2011, 6, 30)
CHILDREN, AGES, PEOPLE = "slough_children_to_2011", "slough_population_2011", "slough_components_to_2010"


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_the_one_its_card_describes(table):
    path = DATA / "published" / f"{table}.csv"
    assert not published.prove(path, read_card(path)).empty


@pytest.fixture(scope="module")
def history():
    names = ["slough_children_to_2011", "england_children_2011"]
    return History({name: published.read(DATA / "published", name, JUNE) for name in names})


@pytest.mark.parametrize(
    "area, measure, period, figure",
    [
        ("Slough", "lac_stock", "2008-03-31", 120),
        ("Slough", "lac_stock", "2010-03-31", 175),
        ("Slough", "lac_stock", "2011-03-31", 168),
        ("Slough", "lac_stock", "2011-05-31", 176),
        ("Slough", "lac_starts", "2010-11", 69),
        ("Slough", "lac_ceases", "2010-11", 75),
        ("Slough", "cp_stock", "2008-03-31", 59),
        ("Slough", "cp_stock", "2011-03-31", 142),
        ("Slough", "cp_stock", "2011-05-31", 161),
        ("Slough", "cp_starts", "2010-11", 162),
        ("Slough", "cp_ends", "2010-11", 138),
        ("Slough", "icpc", "2010-11", 171),
        ("England", "lac_stock", "2011-03-31", 65520),
        ("England", "lac_starts", "2010-11", 27310),
        ("England", "lac_ceases", "2010-11", 26830),
        ("England", "cp_stock", "2011-03-31", 42700),
        ("England", "cp_starts", "2010-11", 49000),
        ("England", "cp_ends", "2010-11", 45500),
    ],
)
def test_known_figures(history, area, measure, period, figure):
    assert history.value(area, measure, period) == figure
    assert history.holds(area, measure, period, "all") and not history.holds(area, measure, period, "provider 2")


def test_the_councils_own_counts_are_told_from_published_ones(history):
    assert history.is_own("Slough", "lac_stock", "2011-05-31") and not history.is_own(
        "Slough", "lac_stock", "2011-03-31"
    )


def test_known_ages_and_stays(history):
    assert history.by("Slough", "lac_stock", "2011-03-31", "age_band") == {
        "under_1": 7,
        "1_4": 45,
        "5_9": 32,
        "10_15": 53,
        "16_17": 31,
    }
    ends = history.by("Slough", "lac_ceases", "2010-11", "age_band", solve_suppressed=True)
    assert ends["under_1"] == 75 - 13 - 8 - 12 - 38
    assert history.by("England", "cp_ends", "2010-11", "duration")["6_to_12m"] == 38.2


def test_flows_that_close_and_one_that_does_not(history):
    value = history.value
    assert value("Slough", "cp_stock", "2010-03-31") + 162 - 138 == value("Slough", "cp_stock", "2011-03-31")
    assert value("Slough", "lac_stock", "2010-03-31") + 69 - 75 == value("Slough", "lac_stock", "2011-03-31") + 1


def test_one_population_base():
    ages = published.read(DATA / "published", AGES, JUNE)["children"].astype(int)
    assert len(ages) == 18 and ages.sum() == 37_416
    births = published.read(DATA / "published", PEOPLE, JUNE).set_index("year_to_mid")["births"]
    assert births["2010"] == "2713" and "2011" not in births


def test_what_happened_is_not_in_what_was_known():
    later = published.prove(AFTER, cards.read_card(AFTER))
    stock = later[(later["measure"].isin(["lac_stock", "cp_stock"])) & (later["breakdown"] == "all")]
    assert list(stock["value"][:6]) == ["172", "209", "182", "147", "190", "255"]
    for table in ("slough_children_to_2011", "slough_components_to_2010"):
        text = (DATA / "published" / f"{table}.csv").read_text(encoding="utf-8")
        assert "2012" not in text and "2013" not in text, table


def test_a_forecast_opens_without_the_outturns(tmp_path):
    shutil.copytree(DATA / "published", tmp_path / "data" / "published")
    shutil.copytree(DATA / "calibration", tmp_path / "data" / "calibration")
    case = open_case(HOME / "params", tmp_path / "data", "slough", "2011-06")
    assert case.evidence.lac.open_at_origin == 176


def test_outturns_cannot_be_read_as_published():
    with pytest.raises(BadInput, match="slough_after_june_2011"):
        published.read(DATA / "published", "slough_after_june_2011", JUNE)


def text(old: str, new: str):
    return lambda raw: raw.replace(old.encode("utf-8"), new.encode("utf-8"), 1)


FACTS = "Slough,2011-03-31,lac_stock,age_band,10_15,53,"
# table or card, what is done to its bytes, words the message must hold
MUTATIONS = {
    "header misspelt": (f"{CHILDREN}.csv", text("category", "categorie"), ["line 1", "expected"]),
    "columns swapped": (f"{AGES}.csv", text("age,children", "children,age"), ["line 1", "expected", "in this order"]),
    "column missing": (f"{AGES}.csv", text("area,mid_year,age,children", "area,mid_year,age"), ["line 1", "expected"]),
    "cell too many": (f"{AGES}.csv", text("Slough,2011,0,", "Slough,2011,0,1,"), ["line 2", "stray comma"]),
    "duplicate row": (f"{AGES}.csv", lambda raw: raw + raw.splitlines(keepends=True)[-1], ["second row", "remove one"]),
    "row deleted": (f"{AGES}.csv", lambda raw: b"".join(raw.splitlines(keepends=True)[:-1]), ["17 rows, expected 18"]),
    "c for a number": (f"{AGES}.csv", text("Slough,2011,0,2", "Slough,2011,0,c"), ["line 2, children", "not a number"]),
    "thousands comma": (f"{AGES}.csv", text("Slough,2011,0,2", 'Slough,2011,0,"2,'), ["line"]),
    "space in number": (f"{CHILDREN}.csv", text(FACTS, FACTS.replace("53", "5 3")), ["value", "not a number"]),
    "not a number": (f"{CHILDREN}.csv", text(FACTS, FACTS.replace("53", "NaN")), ["value", "not a number"]),
    "empty value": (f"{CHILDREN}.csv", text(FACTS, FACTS.replace("53", "")), ["value", "not a number"]),
    "negative": (f"{CHILDREN}.csv", text(FACTS, FACTS.replace("53", "-53")), ["negative"]),
    "digits swapped": (f"{CHILDREN}.csv", text(FACTS, FACTS.replace("53", "35")), ["adds up to 150, expected 168"]),
    "percent over 100": (f"{CHILDREN}.csv", text("up_to_3m,17.4", "up_to_3m,174"), ["over 100"]),
    "figure changed that no total holds": (f"{CHILDREN}.csv", text("icpc,all,all,171", "icpc,all,all,117"), ["sha256"]),
    "byte-order mark": (f"{AGES}.csv", lambda raw: b"\xef\xbb\xbf" + raw, ["byte-order mark", "UTF-8"]),
    "latin-1": (f"{CHILDREN}.csv", lambda raw: raw.replace(b"Slough", b"Slo\xfcgh", 1), ["line 2", "UTF-8"]),
    "empty file": (f"{AGES}.csv", lambda raw: b"", ["empty", "Restore"]),
    "card with an unknown field": (f"{AGES}.card.yaml", text("notes:", "note:"), ["card.yaml", "notes"]),
    "card with a field twice": (f"{AGES}.card.yaml", lambda raw: raw + b'notes: "again"\n', ["card.yaml", "line"]),
    "card of another table": (f"{AGES}.card.yaml", text(f'table: "{AGES}"', 'table: "other"'), ["other", AGES]),
    "card with a bad checksum": (f"{AGES}.card.yaml", text('sha256: "', 'sha256: "zz'), ["card.yaml", "sha256"]),
    "hindsight without a reason": (
        f"{AGES}.card.yaml",
        lambda raw: raw.replace(b"hindsight_reason:", b'hindsight_reason: "" #', 1),
        ["hindsight"],
    ),
    "stale": (
        f"{PEOPLE}.card.yaml",
        text("expires: 2011-09-30", "expires: 2011-01-31"),
        ["expired on 2011-01-31", "newer edition"],
    ),
    "known only later": (
        f"{AGES}.card.yaml",
        text("hindsight: true", "hindsight: false"),
        ["known from 2012-09-25", "hindsight"],
    ),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mistake_in_a_table_is_refused_by_name_and_place(tmp_path, name):
    file, change, words = MUTATIONS[name]
    shutil.copytree(DATA / "published", tmp_path / "published")
    path = tmp_path / "published" / file
    before = path.read_bytes()
    path.write_bytes(change(before))
    assert path.read_bytes() != before, "the mistake must change something"
    with pytest.raises(BadInput) as stopped:
        published.read(tmp_path / "published", file.split(".")[0], JUNE)
    assert file.split(".")[0] in str(stopped.value)
    for word in words:
        assert word in str(stopped.value), str(stopped.value)


def test_a_missing_card_and_a_missing_table(tmp_path):
    shutil.copytree(DATA / "published", tmp_path / "published")
    (tmp_path / "published" / f"{AGES}.card.yaml").unlink()
    with pytest.raises(BadInput, match="needs a source card"):
        published.read(tmp_path / "published", AGES, JUNE)
    with pytest.raises(BadInput, match="Tables held"):
        published.read(tmp_path / "published", "nothing", JUNE)


def test_a_figure_given_twice_and_one_not_held(history):
    frame = history.frame.drop(columns="table")
    with pytest.raises(BadInput, match="given twice, in a.csv, b.csv"):
        History({"a": frame, "b": frame.head(1).assign(value="1")})  # whichever is right, they are two
    with pytest.raises(BadInput, match="lac_stock of Slough at 2031-03-31.*held"):
        history.value("Slough", "lac_stock", "2031-03-31")
    with pytest.raises(BadInput, match="suppressed"):
        history.value("Slough", "lac_ceases", "2010-11", "age_band", "under_1")


def test_a_suppressed_cell_is_never_a_zero():
    columns = ["area", "period", "measure", "breakdown", "category", "value", "unit", "status", "source"]
    rows = [
        ["A", "2011", "m", "all", "all", "10", "children", "published", "s"],
        ["A", "2011", "m", "age_band", "x", "x", "children", "suppressed", "s"],
        ["A", "2011", "m", "age_band", "y", "10", "children", "published", "s"],
    ]
    with pytest.raises(BadInput, match="1 to 5"):
        History({"t": pd.DataFrame(rows, columns=columns)}).by("A", "m", "2011", "age_band", solve_suppressed=True)


def test_placements_that_are_all_published_stay_as_they_are():
    assert fill_suppressed({"a": 2.0, "b": 3.0}, 5.0, {}) == {"a": 2.0, "b": 3.0}
    with pytest.raises(BadInput, match="leave 1 of 6 children for 0 suppressed cells"):
        fill_suppressed({"a": 2.0, "b": 3.0}, 6.0, {})


@pytest.mark.parametrize("name", ["totals.csv", "spend.csv"])
def test_a_calibration_table_that_is_gone_is_named(tmp_path, name):
    shutil.copytree(DATA, tmp_path / "data", ignore=shutil.ignore_patterns("example"))
    (tmp_path / "data" / "calibration" / name).unlink()
    with pytest.raises(BadInput, match=f"data/calibration/{name} is missing"):
        open_case(HOME / "params", tmp_path / "data", "slough", "2011-06")
