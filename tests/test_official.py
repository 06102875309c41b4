"""A new council from official downloads: what is published is what the case holds; what is damaged is named."""

import json
import os
import re
import shutil
from datetime import date
from pathlib import Path

import official
import pandas as pd
import pytest
from click.testing import CliRunner

from conftest import HOME
from forecast.case import list_cases, load, load_scenarios
from forecast.case.errors import BadInput
from forecast.case.own import REPLACE, not_yours
from forecast.cli.commands import main
from forecast.model.cases import open_case, with_data
from forecast.model.ownership import copied_tables
from forecast.model.projection import prepare, project
from forecast.questions.answer import head, scenario
from forecast.sources.official.children import count
from forecast.sources.official.folder import read_folder
from forecast.sources.official.places import find, read_places, spoken_names
from forecast.sources.official.writing import new_case, write

TODAY = date(2026, 11, 28)
OFFICIAL = "FORECAST_OFFICIAL"  # folder of the real official downloads
PLACES = read_places(HOME / "data")
NUMBERS, AGES = "cla_number_and_rate_per_10k_children.csv", "la_cla_on_31_march_by_characteristics.csv"
STARTED = "la_children_who_started_to_be_looked_after_during_the_year.csv"
CEASED = "la_children_who_ceased_during_the_year.csv"
D3, D5 = "d3_cpps_subsequent_plan_2013_to_2025.csv", "d5_cpps_at31march_by_duration_2013_to_2025.csv"
ONS, MYE, RO3 = (
    "ons_mid-year_population_estimates_2012_to_2024.csv",
    "mye23tablesew.xlsx",
    "RO3_LA_Data_2024-25_data_by_LA.ods",
)
NEIGHBOURS = "sn_model_2025_wide.csv"


@pytest.fixture
def home(tmp_path):
    """A project of its own: params and data without Slough's cases."""
    shutil.copytree(HOME / "params", tmp_path / "params", ignore=shutil.ignore_patterns("slough"))
    shutil.copytree(HOME / "data", tmp_path / "data", ignore=shutil.ignore_patterns("example"))
    return tmp_path


def made(home, held, council="Cumberland", **more):
    """A council's case made from a folder of files and read back; the case, and what was made."""
    folder = official.write(home / "downloads", held)
    case = new_case(
        home / "params", home / "data", read_folder(folder, home / "data"), find(council, PLACES), TODAY, **more
    )
    write(case, False)
    central = load_scenarios(home / "params", case.case.council, case.case.month, ["central"])
    return with_data(home / "data", central), case


def changed(name, change):
    """The folder with one file's text changed."""
    held = official.files()
    held[name] = change(held[name].decode("utf-8")).encode("utf-8")
    return held


# --- what is published is what the case holds -------------------------------------------------------------------------


def test_a_case_holds_the_figures_published(home):
    opened, case = made(home, official.files())
    assert (case.case.council, case.case.month, case.case.la_code) == ("cumberland", "2025-04", "942")
    # By hand, from the invented folder: 460 looked after at 31 March 2025 and 469 a year before; 153 started, 162 ceased.
    lac, cp = opened.evidence.lac, opened.evidence.cp
    assert lac.open_at_origin == 460 and lac.council.opening == 469
    assert lac.council.starts.sum() == pytest.approx(153) and lac.council.ended == 162
    assert lac.council.closing.tolist() == [26, 59, 87, 174, 114] or lac.council.closing.sum() == 460
    # 280 plans at 31 March 2025, 285 a year before, 350 started: 285 + 350 - 280 ended.
    assert cp.open_at_origin == 280 and cp.council.ended == 355
    assert opened.evidence.children.tolist() == [3680.0] * 18
    assert opened.evidence.births == 3680
    assert opened.evidence.uasc == 37


def test_a_new_council_has_an_answer(home):
    """One of few children, none of them of one age, and whose referrals are not among its figures."""
    held = official.files()
    rows = pd.read_csv(pd.io.common.BytesIO(held[AGES]), dtype=str, keep_default_na=False)
    own = (rows["la_name"] == "Rutland") & (rows["time_period"] == "2025") & (rows["characteristic"] == "Age group")
    moved = rows[own].set_index("breakdown")["children_count"].astype(int)
    moved["10 to 15 years"], moved["5 to 9 years"] = moved["10 to 15 years"] + moved["5 to 9 years"], 0
    rows.loc[own, "children_count"] = moved.astype(str).to_numpy()
    held[AGES] = rows.to_csv(index=False).encode()
    opened, _ = made(home, held, "Rutland")
    base = prepare(opened.central, opened.evidence, 100, 5)
    central = project(base, opened.central)
    told = head(base) | {"scenarios": {"central": scenario(base, central, central)}}
    assert told["open_at_origin"] == {"lac": 40, "cp": 25} and "referrals" not in told["front_door"]
    assert 0 <= told["scenarios"]["central"]["contingency"]["chance_holds"] <= 1
    json.dumps(told, allow_nan=False)


@pytest.mark.parametrize("council", ["857", "E06000017", "Rutland", "rutland"])
def test_a_council_is_known_by_name_and_by_both_codes(council):
    assert find(council, PLACES).la_code == "857"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Rutlnad", "Did you mean Rutland"),
        ("Cumbria", "replaced on 1 April 2023 by Cumberland and Westmorland and Furness"),
        ("928", "North Northamptonshire and West Northamptonshire"),
        ("Poole", "Bournemouth, Christchurch and Poole"),
        ("Atlantis", "three-digit code"),
    ],
)
def test_a_wrong_or_former_council_is_told_which_is_meant(asked, said):
    with pytest.raises(BadInput, match=re.escape(said)):
        find(asked, PLACES)


def test_every_council_of_england_is_known_once():
    now = PLACES[PLACES["until"] == ""]
    assert len(now) == 153 and now["la_code"].is_unique and now["ons_code"].is_unique
    assert all(find(name, PLACES).la_code == code for name, code in zip(now["name"], now["la_code"], strict=True))


def test_an_older_layout_reads_the_same(home):
    held = official.files()
    heads = {"population_type,": "population_count,", "children_count,rate": "number,rate"}
    for name in (NUMBERS, AGES, STARTED, CEASED):
        text = held[name].decode()
        for old, new in heads.items():
            text = text.replace(old, new, 1)
        text = text.replace(
            "characteristic,breakdown,children_count,children_percent", "cla_group,characteristic,number,percentage", 1
        )
        held[name] = text.encode()
    opened, case = made(home, held)
    assert opened.evidence.lac.open_at_origin == 460 and not [gap for gap in case.gaps if "pattern" in gap]


def test_two_editions_are_joined_and_the_newer_believed(home):
    held = official.files()
    lines = held[NUMBERS].decode().splitlines(keepends=True)
    old = [line.replace(",469,", ",468,") for line in lines if not line.startswith("2025")]
    new = [line for line in lines if not line.startswith("2022")]
    held[NUMBERS], held["older edition.csv"] = "".join(new).encode(), "".join(old).encode()
    opened, case = made(home, held)
    assert opened.evidence.lac.council.opening == 469
    assert any("1 figures of older edition.csv were revised" in gap for gap in case.gaps)


def test_suppressed_cells_stay_bounds(home):
    held = official.files()
    rows = pd.read_csv(pd.io.common.BytesIO(held[AGES]), dtype=str, keep_default_na=False)
    own = (rows["la_name"] == "Rutland") & (rows["time_period"] == "2025")
    small = own & rows["children_count"].isin(["1", "2", "3", "4", "5"])
    rows.loc[small, "children_count"] = "c"
    held[AGES] = rows.to_csv(index=False).encode()
    opened, case = made(home, held, "Rutland")
    table = opened.tables[case.case.tables["children"][0]]
    hidden = table[table["status"] == "suppressed"]
    assert len(hidden) == small.sum() and set(hidden["value"]) == {"c"}
    assert opened.evidence.lac.open_at_origin == 40
    assert sum(opened.evidence.placements.values()) == pytest.approx(40)


@pytest.mark.parametrize("symbol", ["c", "x", "low"])
def test_a_council_whose_figures_are_all_suppressed_or_missing_can_be_set_up(home, symbol):
    held = official.files()
    for name in (AGES, STARTED, CEASED, D3, D5):
        rows = pd.read_csv(pd.io.common.BytesIO(held[name]), dtype=str, keep_default_na=False)
        counts = [
            head
            for head in rows
            if head in ("children_count", "CPP_start", "CPP_At31", "3_months_or_less", "2_years_or_more")
        ]
        rows.loc[rows["la_name"] == "Rutland", counts] = symbol
        held[name] = rows.to_csv(index=False).encode()
    opened, case = made(home, held, "Rutland")
    assert opened.evidence.lac.open_at_origin == 40
    if symbol in ("c", "k", "low"):
        assert 1 <= opened.evidence.cp.open_at_origin <= 5
        assert any("child protection plans at 31 March of Rutland" in gap and "1 to 5" in gap for gap in case.gaps)
    else:
        assert any(f"not available ({symbol})" in gap for gap in case.gaps)


def test_a_suppressed_stock_is_what_the_flows_leave(home):
    """40 at 31 March 2024 and 1 more, 3 started and 38 ceased leave 4: within 1 to 5, so 4 is used."""

    def hide(text):
        lines = []
        for line in text.splitlines(keepends=True):
            own = line.startswith("2025") and ",Rutland," in line
            lines.append(line.replace(",40,", ",c,").replace(",13,", ",3,").replace(",14,", ",40,") if own else line)
        return "".join(lines)

    held = changed(NUMBERS, hide)
    del held[AGES]
    opened, case = made(home, held, "Rutland")
    assert opened.evidence.lac.open_at_origin == 4
    assert any("suppressed (c), 1 to 5; 4 is used" in gap for gap in case.gaps)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (AGES, "characteristics"),
        (STARTED, "started"),
        (CEASED, "ceased"),
        (MYE, "mye23tablesew"),
        (RO3, "RO3"),
        (NEIGHBOURS, "sn_model"),
        (ONS, "ons_mid-year"),
    ],
)
def test_a_missing_table_is_named_with_where_it_is_published(home, name, said):
    held = official.files()
    del held[name]
    opened, case = made(home, held)
    assert opened.evidence.lac.open_at_origin == 460
    assert [gap for gap in case.gaps if said in gap and "https://" in gap], case.gaps


def test_an_older_year_can_be_asked(home):
    opened, case = made(home, official.files(), month="2024-04")
    assert case.case.origin == date(2024, 3, 31) and opened.evidence.lac.open_at_origin == 469


def test_a_council_that_is_behind_england_is_told(home):
    held = changed(
        NUMBERS,
        lambda text: "".join(
            line for line in text.splitlines(keepends=True) if not (line.startswith("2025") and "Rutland" in line)
        ),
    )
    _, case = made(home, held, "Rutland")
    assert case.case.origin == date(2024, 3, 31)
    assert any("run to 31 March 2025, and those of Rutland to 2024" in gap for gap in case.gaps)


# --- damaged downloads ------------------------------------------------------------------------------------------------


def cells(column, change, only=lambda rows: rows["time_period"] != ""):
    """Change a column's cells."""

    def damage(text):
        rows = pd.read_csv(pd.io.common.StringIO(text), dtype=str, keep_default_na=False)
        rows.loc[only(rows), column] = rows.loc[only(rows), column].map(change)
        return rows.to_csv(index=False)

    return damage


def renamed(old, new):
    return lambda text: text.replace(old, new, 1)


def only(*levels):
    return lambda text: "".join(
        line
        for at, line in enumerate(text.splitlines(keepends=True))
        if not at or any(f",{level}," in line for level in levels)
    )


def without(*levels):
    return lambda text: "".join(
        line for line in text.splitlines(keepends=True) if not any(f",{level}," in line for level in levels)
    )


def twice(text):
    return text + next(
        line for line in text.splitlines(keepends=True) if ",Rutland," in line and line.startswith("2025")
    ).replace(",40,", ",41,")


PAGE = "<!DOCTYPE html>\n<html><body>Sorry, there is a problem with the service</body></html>\n"
DAMAGED = {
    "a web page saved as csv": (NUMBERS, lambda text: PAGE, "web page"),
    "a web page after blank lines": (D5, lambda text: "\n\n  " + PAGE, "web page"),
    "empty": (D3, lambda text: "", "empty"),
    "semicolons": (NUMBERS, lambda text: text.replace(",", ";"), "semicolons"),
    "tabs": (AGES, lambda text: text.replace(",", "\t"), "tabs"),
    "bars": (D5, lambda text: text.replace(",", "|"), "bars"),
    "cut off within a row": (NUMBERS, lambda text: text[: len(text) - 9], "cells, expected"),
    "cut off within quotation marks": (D5, lambda text: text + '2025,"Reporting ye', "quotation mark"),
    "headings alone": (D3, lambda text: text.splitlines()[0] + "\n", "no rows"),
    "no headings": (NUMBERS, lambda text: text.split("\n", 1)[1], "has no column"),
    "the count's column renamed": (NUMBERS, renamed("children_count", "count_of_children"), "children_count"),
    "the choosing column renamed": (NUMBERS, renamed("population_type", "kind"), "population_type"),
    "the year's column renamed": (NUMBERS, renamed("time_period", "year"), "time_period"),
    "the level's column renamed": (D5, renamed("geographic_level", "level"), "geographic_level"),
    "the name's column renamed": (D5, renamed("la_name", "authority"), "la_name"),
    "no codes": (
        NUMBERS,
        lambda text: text.replace("old_la_code", "a", 1).replace("new_la_code", "b", 1),
        "old_la_code",
    ),
    "plans' column renamed": (D5, renamed("CPP_At31", "CPP_on_31_March"), "cpp_at31"),
    "plans started renamed": (D3, renamed("CPP_start,", "CPP_begun,"), "cpp_start"),
    "the ages' column renamed": (AGES, renamed("breakdown", "band"), "breakdown"),
    "children's column renamed": (ONS, renamed("population_estimate", "people"), "population_estimate"),
    "a column twice": (NUMBERS, renamed("population_estimate", "children_count"), "stands twice"),
    "percentages with a point for counts": (
        AGES,
        cells("children_count", lambda cell: f"{int(cell) / 7:.1f}"),
        "whole number",
    ),
    "percentages for counts": (AGES, cells("children_count", lambda cell: str(int(cell) % 89)), "add up to"),
    "whole percentages of ages for counts": (
        STARTED,
        lambda text: "\n".join(
            ",".join([*line.split(",")[:-2], *line.split(",")[-1:] * 2]) if at else line
            for at, line in enumerate(text.splitlines())
        ),
        "add up to",
    ),
    "rates for counts": (D5, cells("CPP_At31", lambda cell: "41.2"), "whole number"),
    "whole rates for counts": (D5, cells("CPP_At31", lambda cell: "41"), "add up to"),
    "thousands with commas": (NUMBERS, cells("children_count", lambda cell: f"{int(cell):,}"), "whole number"),
    "blank counts": (D3, cells("CPP_start", lambda cell: ""), "blank"),
    "negative counts": (D3, cells("CPP_start", lambda cell: f"-{cell}"), "whole number"),
    "words for counts": (
        D5,
        cells("CPP_At31", lambda cell: "about 20", lambda rows: rows["la_name"] == "Rutland"),
        "whole number",
    ),
    "a year that is none": (NUMBERS, cells("time_period", lambda cell: f"{cell}/26"), "the year is"),
    "regions only": (NUMBERS, only("National", "Regional"), "holds no council"),
    "councils only": (NUMBERS, only("Local authority"), "England's row"),
    "England's last row gone": (
        D5,
        lambda text: "".join(
            line for line in text.splitlines(keepends=True) if not (line.startswith("2025") and ",National," in line)
        ),
        "England's row for 2025",
    ),
    "a council twice": (NUMBERS, twice, "two figures"),
    "words of another layout": (
        STARTED,
        lambda text: text.replace("years", "yrs").replace("year,", "yr,"),
        "none of its rows",
    ),
    "UTF-16": (NUMBERS, lambda text: text, "UTF-16"),
    "NUL characters": (D3, lambda text: text.replace("Rutland", "Rut\0land", 1), "NUL"),
    "JSON named csv": (D5, lambda text: json.dumps({"error": "try later"}), "not a CSV file"),
    "neighbours without codes": (NEIGHBOURS, lambda text: text.replace("857,", "Rutland,"), "three-digit codes"),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_table_is_named(tmp_path, damage):
    name, change, said = DAMAGED[damage]
    held = changed(name, change)
    if damage == "UTF-16":
        held[name] = held[name].decode().encode("utf-16")
    folder = official.write(tmp_path, {name: content for name, content in held.items() if name not in official.BOOKS})
    with pytest.raises(BadInput) as stopped:
        read_folder(folder, HOME / "data")
    assert name in str(stopped.value) and said in str(stopped.value), str(stopped.value)


def workbook(change):
    """The estimates with a change to the openpyxl book."""
    import openpyxl

    book = openpyxl.load_workbook(pd.io.common.BytesIO(official.files()[MYE]))
    change(book)
    out = pd.io.common.BytesIO()
    book.save(out)
    return out.getvalue()


def set_cell(sheet, place, value):
    return lambda book: book[sheet].__setitem__(place, value)


def ods(old, new):
    """The outturn with its text changed."""
    import zipfile

    content = zipfile.ZipFile(pd.io.common.BytesIO(official.files()[RO3])).read("content.xml").decode()
    assert old in content
    out = pd.io.common.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("content.xml", content.replace(old, new))
    return out.getvalue()


BOOKS = {
    "estimates cut off": (MYE, lambda: official.files()[MYE][:5000], "cut off or damaged"),
    "estimates that are a web page": (MYE, PAGE.encode, "cut off or damaged"),
    "England's ages gone": (MYE, lambda: workbook(set_cell("MYE2 - Persons", "A5", "X1")), "England's row is missing"),
    "an age in words": (MYE, lambda: workbook(set_cell("MYE2 - Persons", "F6", "many")), "whole number"),
    "no year in the title": (MYE, lambda: workbook(set_cell("MYE2 - Persons", "A1", "Ages")), "no mid-year"),
    "a component renamed": (MYE, lambda: workbook(set_cell("MYE3", "H4", "Inflow")), "internal migration inflow"),
    "outturn cut off": (RO3, lambda: official.files()[RO3][:900], "cut off or damaged"),
    "outturn of no year": (RO3, lambda: ods("RO3 2024-25 data", "RO3 data"), "no financial year"),
    "outturn in words": (RO3, lambda: ods(">4,400<", ">four million<"), "whole number"),
    "outturn without England": (RO3, lambda: ods("E92000001", "X"), "England's row is missing"),
}


@pytest.mark.parametrize("damage", BOOKS)
def test_a_damaged_workbook_is_named(tmp_path, damage):
    name, content, said = BOOKS[damage]
    folder = official.write(tmp_path, {name: content()})
    with pytest.raises(BadInput) as stopped:
        read_folder(folder, HOME / "data")
    assert name in str(stopped.value) and said in str(stopped.value), str(stopped.value)


def test_two_editions_of_the_same_year_that_disagree_are_both_named(home):
    held = official.files()
    held["again.csv"] = held[NUMBERS].replace(b",469,", b",470,")
    with pytest.raises(BadInput, match="again.csv.*disagree|disagree.*again.csv"):
        made(home, held)
    held = official.files() | {"mye23 again.xlsx": workbook(set_cell("MYE2 - Persons", "F6", 1))}
    with pytest.raises(BadInput, match="disagree"):
        made(home, held)


def test_all_damage_is_told_at_once(home):
    held = official.files() | {NUMBERS: PAGE.encode(), D3: b"", MYE: PAGE.encode()}
    with pytest.raises(BadInput) as stopped:
        made(home, held)
    assert all(name in str(stopped.value) for name in (NUMBERS, D3, MYE))


@pytest.mark.parametrize("name", [NUMBERS, D3, D5])
def test_a_table_without_which_nothing_can_be_forecast_is_asked_for(home, name):
    held = official.files()
    del held[name]
    with pytest.raises(BadInput, match=f"(?s){re.escape(name)}.*https://"):
        made(home, held)


def test_a_file_cut_off_between_rows_is_named(home, monkeypatch):
    """In a file of many councils a year may not lack a tenth of them."""
    monkeypatch.setattr("forecast.sources.official.tables.MANY", 3)
    held = changed(
        D5,
        lambda text: text[
            : text.rindex("2025,Reporting year,Local authority,E92000001,England,E12000001,Region 1,943")
        ],
    )
    with pytest.raises(BadInput, match="2 councils in 2025 and 3 in another year"):
        made(home, held)


def test_an_unknown_file_is_passed_over_and_told(home):
    _, case = made(home, official.files() | {"shopping.csv": b"what,how many\nmilk,2\n"})
    assert any("shopping.csv" in gap and "passed over" in gap for gap in case.gaps)


# --- nobody else's figures pass as yours ------------------------------------------------------------------------------


def test_every_figure_of_a_new_case_is_not_yet_the_councils(home):
    opened, _ = made(home, official.files())
    a = opened.central
    own = [key for key, item in a.catalogue.nature.items() if item.found]
    assert [one.key for one in not_yours(a, {}, spoken_names(PLACES))] == own
    key = "budget.contingency"
    mine = {
        **a.central,
        key: a.central[key].model_copy(update={"value": 1.0, "source": "Budget book", "why": "Set in March"}),
    }
    left = not_yours(type(a)(a.case, a.scenario, a.catalogue, mine, mine), {}, spoken_names(PLACES))
    assert len(left) == len(own) - 1 and key not in [one.key for one in left]
    words = {**mine, key: mine[key].model_copy(update={"source": "Budget book of Slough"})}
    spoken = not_yours(type(a)(a.case, a.scenario, a.catalogue, words, words), {}, spoken_names(PLACES))
    assert [one.why for one in spoken if one.key == key] == ["speaks of Slough"]


def copied(home):
    """Slough's case of April 2025 and its tables with the name alone replaced."""
    import hashlib

    target = home / "params" / "rutland" / "2025-04"
    target.mkdir(parents=True)
    text = (HOME / "params" / "slough" / "2025-04" / "case.yaml").read_text(encoding="utf-8")
    text = (
        re.sub(r"(?m)^  (la_code|ons_code):.*\n", "", text)
        .replace("council: slough", "council: rutland")
        .replace("area: Slough", "area: Rutland")
    )
    for name in ("children_to_2025", "components_to_2023", "population_2023"):
        text = text.replace(f"slough_{name}", f"rutland_{name}")
        table = (HOME / "data" / "published" / f"slough_{name}.csv").read_bytes().replace(b"Slough", b"Rutland")
        (home / "data" / "published" / f"rutland_{name}.csv").write_bytes(table)
        card = (
            (HOME / "data" / "published" / f"slough_{name}.card.yaml")
            .read_text(encoding="utf-8")
            .replace("slough", "rutland")
            .replace("Slough", "Rutland")
        )
        card = re.sub('sha256: ".*"', f'sha256: "{hashlib.sha256(table).hexdigest()}"', card)
        (home / "data" / "published" / f"rutland_{name}.card.yaml").write_text(card, encoding="utf-8")
    (target / "case.yaml").write_text(text, encoding="utf-8")
    shutil.copytree(HOME / "params" / "slough", home / "params" / "slough")


def test_a_copied_case_is_told_from_its_councils_own(home):
    copied(home)
    opened = open_case(home / "params", home / "data", "rutland", "2025-04")
    slough = load(home / "params", "slough", "2025-04", "central")
    whys = {one.why for one in not_yours(opened.central, {"Slough": slough}, spoken_names(PLACES))}
    assert (
        whys <= {"unchanged from the case of Slough", "the national figure"}
        and "unchanged from the case of Slough" in whys
    )
    said = copied_tables(opened, home / "data")
    assert len(said) == 3 and all("of Slough" in one for one in said)
    assert copied_tables(open_case(HOME / "params", HOME / "data", "slough", "2025-04"), HOME / "data") == []


def test_all_that_a_copied_case_lacks_is_told_at_once_with_the_command(home):
    copied(home)
    for name in ("children_to_2025", "components_to_2023", "population_2023"):
        (home / "data" / "published" / f"rutland_{name}.csv").unlink()
    with pytest.raises(BadInput) as stopped:
        open_case(home / "params", home / "data", "rutland", "2025-04")
    said = str(stopped.value)
    assert all(f"rutland_{name}.csv" in said for name in ("children_to_2025", "components_to_2023", "population_2023"))
    assert said.count("forecast new rutland --from FOLDER") == 3 and "estore" not in said


def test_another_councils_table_is_refused_by_its_code(home):
    made(home, official.files())
    card = next((home / "data" / "councils" / "cumberland").rglob("*children.card.yaml"))
    card.write_text(card.read_text(encoding="utf-8").replace('la_code: "942"', 'la_code: "871"'), encoding="utf-8")
    with pytest.raises(BadInput, match="code 871.*Cumberland's \\(942\\)"):
        open_case(home / "params", home / "data", "cumberland", "2025-04")


def test_a_table_without_the_council_is_named(home):
    copied(home)
    case = home / "params" / "rutland" / "2025-04" / "case.yaml"
    case.write_text(
        case.read_text(encoding="utf-8").replace("rutland_population_2023", "slough_population_2023"), encoding="utf-8"
    )
    said = copied_tables(open_case(home / "params", home / "data", "rutland", "2025-04"), home / "data")
    told = "slough_population_2023.csv (population) holds Slough, not Rutland. forecast new rutland"
    assert [one for one in said if one.startswith(told)]
    case.write_text(case.read_text(encoding="utf-8").replace("rutland_children", "slough_children"), encoding="utf-8")
    with pytest.raises(
        BadInput, match="slough_children.*\\(children\\) holds Slough, not Rutland. forecast new rutland"
    ):
        open_case(home / "params", home / "data", "rutland", "2025-04")


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_sets_up_checks_and_refuses_to_overwrite(home, monkeypatch):
    folder = official.write(home / "downloads", official.files())
    monkeypatch.chdir(home)
    told = CliRunner().invoke(main, ["new", "Cumberland", "857", "--from", str(folder)])
    assert told.exit_code == 0, told.output
    assert [case[:2] for case in list_cases(home / "params")] == [("cumberland", "2025-04"), ("rutland", "2025-04")]
    assert "forecast check --council cumberland --month 2025-04" in told.output
    checked = CliRunner().invoke(main, ["check", "--council", "cumberland", "--month", "2025-04"])
    assert checked.exit_code == 0 and re.search(r"Not yet yours, (\d+) of the \1 figures", checked.output)
    again = CliRunner().invoke(main, ["new", "942", "--from", str(folder)])
    assert again.exit_code == 2 and "--anew" in again.output
    assert CliRunner().invoke(main, ["new", "942", "--from", str(folder), "--anew"]).exit_code == 0


def test_every_entry_of_a_new_case_asks_to_be_replaced(home):
    opened, _ = made(home, official.files())
    a = opened.central
    mine = [
        entry
        for key, entry in a.central.items()
        if entry.layer == "cumberland/2025-04" and a.catalogue.nature[key].found
    ]
    assert mine and all(REPLACE in entry.why and entry.reliability in ("amber", "red") for entry in mine)


# --- the real downloads -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real():
    """The folder of the real downloads, and what the reader makes of it."""
    if not os.environ.get(OFFICIAL):
        pytest.skip(f"THE REAL DOWNLOADS ARE NOT TESTED: set {OFFICIAL} to the folder of the official files")
    return Path(os.environ[OFFICIAL]), read_folder(Path(os.environ[OFFICIAL]), HOME / "data")


def test_sloughs_own_tables_hold_what_the_reader_makes_of_the_downloads(real):
    """The tables of Slough's case of April 2025, set down by hand, beside the same figures by `forecast new`."""
    folder = HOME / "data" / "published"
    names = ["area", "period", "measure", "breakdown", "category"]
    kept = [
        pd.read_csv(folder / f"{name}.csv", dtype=str) for name in ("slough_children_to_2025", "england_children_2025")
    ]
    read = pd.DataFrame(count(real[1], find("Slough", PLACES), 2025).rows).set_axis(
        [*names, "value", "", "", ""], axis=1
    )
    both = read.merge(pd.concat(kept), on=names, suffixes=("", "_kept"))
    assert len(both) >= 75 and (both["value"] == both["value_kept"]).all(), both[both["value"] != both["value_kept"]]
    ages = real[1].books["ages"][2023][0].loc["E06000039"]
    by_hand = pd.read_csv(folder / "slough_population_2023.csv", dtype={"age": str}).set_index("age")["children"]
    assert ages[list(by_hand.index)].astype(int).tolist() == by_hand.tolist()
    flows = real[1].books["components"][2023][0].loc["E06000039", ["births", "internal_net", "international_net"]]
    by_hand = pd.read_csv(folder / "slough_components_to_2023.csv").set_index("year_to_mid").loc[2023]
    assert flows.astype(int).tolist() == by_hand.iloc[1:4].astype(int).tolist()


def test_every_council_of_the_real_downloads_opens_with_the_figures_published(home, real):
    """LAC, CP, starts, ends, ages, placements and children of every council, beside the files read with pandas alone."""
    folder, held = real

    def table(pattern):
        return pd.read_csv(next(folder.glob(pattern)), dtype=str, keep_default_na=False, encoding="utf-8-sig").query(
            "geographic_level == 'Local authority' and time_period == '2025'"
        )

    numbers, ages, d3, d5 = table("cla_number*"), table("la_cla_on*"), table("d3_*"), table("d5_*")
    people = pd.read_excel(next(folder.glob("mye*")), sheet_name="MYE2 - Persons", header=7).set_index("Code")
    wrong, seen = [], 0
    for code in sorted(set(numbers["old_la_code"])):
        rows = numbers[numbers["old_la_code"] == code]
        rows = rows.set_index(rows["population_type"].str.split().str[1])["children_count"]
        if not rows.str.isdigit().all():
            continue
        place = find(code, PLACES)
        counted, seen = count(held, place, 2025), seen + 1
        mine = {
            measure: counted.totals[place.name][measure].get(2025)
            for measure in ("lac_stock", "lac_starts", "lac_ceases", "cp_stock", "cp_starts")
        }
        said = {"lac_stock": rows["looked"], "lac_starts": rows["starting"], "lac_ceases": rows["ceasing"]}
        said |= {
            "cp_stock": d5.set_index("old_la_code").at[code, "CPP_At31"],
            "cp_starts": d3.set_index("old_la_code").at[code, "CPP_start"],
        }
        wrong += [(code, name) for name, value in said.items() if value.isdigit() and mine[name] != int(value)]
        for group, breakdown in (("Age group", "age_band"), ("Placement", "placement")):
            cells_said = ages[
                (ages["old_la_code"] == code) & (ages["characteristic"] == group) & (ages["breakdown"] != "Total")
            ]["children_count"]
            kept = counted.parts[place.name].get(("lac_stock", breakdown), {})
            if sorted(int(value) for value in cells_said if value.isdigit()) != sorted(
                value for value in kept.values() if value is not None
            ):
                wrong.append((code, breakdown))
        case = new_case(home / "params", home / "data", held, place, TODAY)
        text = next(
            text for path, text in case.texts.items() if path.name.endswith("_ages.csv") and "england" not in path.name
        )
        children = sum(int(line.split(",")[-1]) for line in text.splitlines()[1:])
        codes = [one for one in place.ons_codes if one in people.index]
        if children != int(
            people.loc[codes[0]][[age for age in people.columns if str(age).isdigit() and int(age) < 18]].sum()
        ):
            wrong.append((code, "children"))
    assert not wrong
    assert seen >= 80


def test_englands_children_of_mid_2023_are_those_of_the_workbook(real):
    people = pd.read_excel(real[0] / MYE, sheet_name="MYE2 - Persons", header=7).set_index("Code")
    ages = [int(people.loc["E92000001", str(age)]) for age in range(18)]
    held = pd.read_csv(HOME / "data" / "published" / "england_population_2023.csv")["children"].tolist()
    cuts = [0, 1, 5, 10, 16, 18]
    assert held == [sum(ages[low:high]) for low, high in zip(cuts, cuts[1:], strict=False)]


# --- what would narrow the answer most --------------------------------------------------------------------------------


def test_next_names_the_figures_that_would_narrow_the_answer_most():
    """In pounds, the most first, each with the very line on which it is typed; the text says the same."""
    command = ["next", "slough", "--month", "2011-06", "--draws", "100", "--most", "3"]
    done = CliRunner().invoke(main, [*command, "--json"], prog_name="forecast")
    assert done.exit_code == 0, done.output
    rows = json.loads(done.output)
    assert len(rows) == 3 and [row["pounds"] for row in rows] == sorted((row["pounds"] for row in rows), reverse=True)
    file, line = rows[0]["typed"].split(", line ")
    typed = (HOME / file).read_text(encoding="utf-8").splitlines()[int(line) - 1]
    assert typed.strip().startswith((rows[0]["key"].split(".")[-1], rows[0]["key"]))
    said = CliRunner().invoke(main, command, prog_name="forecast").output
    assert all(f"{row['figure']}: {row['now']:,.10g} {row['unit']} now" in said for row in rows)
