"""Annex A: counts by hand, however the lists come; what contradicts itself is told; no child leaves the reader."""

import copy
import csv
import io
import json
import shutil
import zipfile
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forecast.case.errors import BadInput
from forecast.cli.commands import main
from forecast.sources.annex_a import codes, read_annex
from forecast.sources.annex_a.codes import group_of, placed
from forecast.sources.annex_a.lists import day_in_name, which_list
from forecast.sources.cin import read_cin
from forecast.sources.reading.days import to_date
from forecast.sources.ssda903 import read_returns
from forecast.sources.ssda903.codes import PLACES
from forecast.sources.together import kinds
from invented import Settings, invent, write
from invented.annex_a import write_annex
from invented.ssda903 import submitted, write_xml

DAY = date(2024, 1, 31)
CANARIES = ("CANARY", "canary", "Quill", "1913")

HEADS = {
    1: ["Child Unique ID", "Gender", "Date of Birth", "Date of Contact", "Contact Source"],
    3: ["Child Unique ID", "Date of Birth", "Date of referral", "Referral Source", "Referral NFA?"],
    4: [
        "Child Unique ID",
        "Date of Birth",
        "Continuous Assessment Start Date",
        "Continuous Assessment Date of Authorisation",
    ],
    5: [
        "Child Unique ID",
        "Date of Birth",
        "Strategy discussion initiating Section 47 Enquiry Start Date",
        "Date of Initial Child Protection Conference",
    ],
    6: ["Child Unique ID", "Date of Birth", "CIN Start Date", "CIN Closure Date", "Case Status"],
    7: [
        "Child Unique ID",
        "Gender",
        "Date of Birth",
        "Child Protection Plan Start Date",
        "Date of the Last Statutory Visit",
        "Child Protection Plan End Date",
    ],
    8: [
        "Child Unique ID",
        "Date of Birth",
        "Unaccompanied Asylum Seeking Child (UASC) within the Last 12 Months (Y/N)",
        "Date Started to be Looked After",
        "Child's Legal Status",
        "Date Ceased to be Looked After",
        "Placement Type",
        "Placement Provider",
    ],
    9: ["Child Unique ID", "Date of Birth", "Eligibility Category", "LA in Touch"],
}
BORN = date(2014, 5, 6)


def plan(child="A1", start=date(2023, 9, 4), end=None, born=BORN, visit=date(2024, 1, 25)):
    return [child, "a) Male", born, start, visit, end]


def care(
    child="A1",
    start=date(2023, 9, 4),
    end=None,
    born=BORN,
    uasc="b) No",
    legal="C2",
    place="a) Foster placement",
    by="a) Own provision",
):
    return [child, born, uasc, start, legal, end, place, by]


def book(lists: dict, titles=None, above=()) -> bytes:
    """A workbook of the lists' rows by number; `above`: rows before the headings of each."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for number, rows in lists.items():
        sheet = made.create_sheet((titles or {}).get(number, f"List {number}"))
        for row in [*above, *rows]:
            sheet.append(row)
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def headed(lists: dict) -> dict:
    return {number: [HEADS[number], *rows] for number, rows in lists.items()}


def as_csv(rows, form="%d/%m/%Y") -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([cell.strftime(form) if isinstance(cell, date) else cell for cell in row])
    return text.getvalue().encode()


def give(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def one(folder: Path, lists: dict, name="2024-01-31 Annex A.xlsx", day=None, **layout):
    (annex,) = read_annex(give(folder, {name: book(headed(lists), **layout)}), day)
    return annex


def counted(annex, words: str) -> int:
    table = annex.quality()
    return int(table.loc[table["rule"].str.contains(words, regex=False), "count"].sum())


def total(annex, what="plans", day=None):
    return annex.stock(day or annex.last_day, what)["total"]


THREE = [plan("x1"), plan("x2", date(2023, 10, 2), date(2023, 12, 5)), plan("x3", date(2023, 11, 14))]


# The stock on the lists' own day is always there, however they come


@pytest.mark.parametrize("form", ["workbook", "folder of CSV", "zip of CSV", "one CSV", "zip of a workbook", "folders"])
def test_the_stock_on_the_day_is_printed_without_asking(tmp_path, form):
    rows, held = headed({7: THREE}), book(headed({7: THREE}))
    files = {
        "workbook": {"2024-01-31 Annex A.xlsx": held},
        "folder of CSV": {
            "Annex A 2024-01-31/List 7.csv": as_csv(rows[7]),
            "Annex A 2024-01-31/notes.csv": b"a,b\n1,2\n",
        },
        "one CSV": {"List 7 2024-01-31.csv": as_csv(rows[7], "%Y-%m-%d")},
        "folders": {"2024-01-31/Annex A.xlsx": held},
    }
    if form.startswith("zip"):
        inner = {"List 7.csv": as_csv(rows[7])} if "CSV" in form else {"Annex A.xlsx": held}
        with zipfile.ZipFile(tmp_path / "Annex A 2024-01-31.zip", "w") as archive:
            for name, content in inner.items():
                archive.writestr(f"2024-01-31/{name}", content)
        path = tmp_path / "Annex A 2024-01-31.zip"
    else:
        path = give(tmp_path, files[form])
    for command in ("plans", "returns"):
        done = CliRunner().invoke(main, [command, str(path)])
        assert done.exit_code == 0 and "2024-01-31: 2 child protection plans" in done.output, done.output
    told = json.loads(CliRunner().invoke(main, ["plans", str(path), "--json"]).output)
    assert told["stock"] == {"2024-01-31": {"total": 2, "age_band": {"5_9": 2}}}


def test_an_earlier_day_within_the_six_months_may_be_asked_for_too(tmp_path):
    path = give(tmp_path, {"2024-01-31 Annex A.xlsx": book(headed({7: THREE}))})
    done = CliRunner().invoke(main, ["plans", str(path), "--stock", "2023-12-04"])
    assert "2023-12-04: 3 child" in done.output and "2024-01-31: 2 child" in done.output
    (annex,) = read_annex(path)
    assert total(annex, day=date(2023, 7, 31)) == 0
    with pytest.raises(BadInput, match="outside"):
        annex.stock(date(2023, 7, 30), "plans")


# One day for all lists


@pytest.mark.parametrize(
    "name, day",
    [
        ("Annex_A_2024_Jan.xlsx", "2024-01-31"),
        ("Annex A Jan 2024.xlsx", "2024-01-31"),
        ("Annex A February 2024.xlsx", "2024-02-29"),
        ("AnnexA_Sept_2023", "2023-09-30"),
        ("Annex A 2024-02", "2024-02-29"),
        ("annex a 202402", "2024-02-29"),
        ("Annex A 20240215", "2024-02-15"),
        ("2024-02-15 Annex A v2", "2024-02-15"),
        ("Annex A 15.02.2024", "2024-02-15"),
        ("Annex A 15-02-2024 final", "2024-02-15"),
        ("Annex A 15th February 2024", "2024-02-15"),
        ("Annex_A_15_Feb_2024", "2024-02-15"),
        ("Annex A Feb 24", "2024-02-29"),
        ("AnnexA_15Feb24", "2024-02-15"),
        ("Annex A 15.02.24", "2024-02-15"),
    ],
)
def test_the_day_in_a_name(name, day):
    assert to_date(day_in_name(name)).isoformat() == day


@pytest.mark.parametrize(
    "name", ["Annex A", "Annex A 2023-24", "Annex A 2010_11", "Annex A 2024", "Marmite 7", "List 7"]
)
def test_names_that_say_no_day(name):
    assert day_in_name(name) is None


@pytest.mark.parametrize("name", ["Annex_A_2024_Jan.xlsx", "Annex A Jan 2024.xlsx", "January 2024 Annex A.xlsx"])
def test_a_month_in_the_name_is_its_last_day(tmp_path, name):
    annex = one(tmp_path, {7: THREE}, name)
    assert (annex.last_day, annex.dated, total(annex)) == (DAY, "in the name", 2)


def test_without_a_name_the_latest_over_all_lists_is_taken_and_said(tmp_path):
    contacts = [["c1", "F", BORN, date(2024, 3, day), "Police"] for day in (1, 2, 3)]
    annex = one(tmp_path, {7: THREE, 1: contacts}, "Annex A.xlsx")
    assert annex.last_day == date(2024, 3, 3)  # the plans' latest is a visit of 25 January
    assert annex.dated == "the latest date in the lists" and "3 March 2024" in annex.warnings()[0]
    done = CliRunner().invoke(main, ["plans", str(tmp_path)])
    assert "2024-03-03: 2 child protection plans" in done.output and "LOOK FIRST" in done.output.splitlines()[1]


def test_a_visit_tells_the_day_where_nothing_else_does(tmp_path):
    assert one(tmp_path, {7: THREE}, "Annex A.xlsx").last_day == date(2024, 1, 25)


def test_the_day_given_stands_over_the_name(tmp_path):
    annex = one(tmp_path, {7: THREE}, "Annex A.xlsx", day=date(2023, 12, 4))
    assert (annex.last_day, annex.dated, total(annex)) == (date(2023, 12, 4), "given", 3)
    done = CliRunner().invoke(main, ["plans", str(tmp_path), "--until", "2023-12-04"])
    assert "2023-12-04: 3 child protection plans" in done.output


@pytest.mark.parametrize(
    "name, visits",
    [
        ("2023-12-31 Annex A.xlsx", date(2024, 1, 25)),
        ("Annex_A_2023_Dec.xlsx", date(2024, 1, 25)),
        ("Annex A Nov 2023.xlsx", date(2024, 3, 1)),
        ("Annex A 2024-01-24.xlsx", date(2024, 1, 25)),
        ("2023-11-30/Annex A.xlsx", date(2023, 12, 1)),
    ],
)
def test_a_name_that_its_lists_run_beyond_is_told(tmp_path, name, visits):
    rows = [plan(f"x{number}", visit=visits) for number in range(3)]
    with pytest.raises(BadInput, match=r"its name says .* are later, up to .* Correct the name, or .* --until"):
        one(tmp_path, {7: rows}, name)
    assert total(one(tmp_path, {7: rows}, name, day=visits)) == 3


def test_a_name_long_after_everything_in_it_is_told_and_of_a_full_workbook_refused(tmp_path):
    annex = one(tmp_path, {7: [plan("x1", visit=None)]}, "Annex A June 2024.xlsx")
    assert "nothing in its lists is later than 4 September 2023" in annex.warnings()[0]
    with pytest.raises(BadInput, match="nothing in its lists is later"):
        one(tmp_path, {7: [plan(f"x{number}") for number in range(60)]}, "Annex A June 2024.xlsx")


def test_one_date_ahead_is_a_slip(tmp_path):
    annex = one(tmp_path, {7: [*THREE, plan("x4", date(2024, 2, 9), visit=None)]})
    assert total(annex) == 2 and counted(annex, "starts after the day of the lists") == 1


# Headings, sheets and layout


PLAN_HEADS = {
    "Child ID, Child Protection Plan Start Date, Child Protection Plan End Date",
    "Child Unique ID, CP Plan Start Date, CP Plan End Date",
    "child unique identifier, CPP start date, CPP end date",
    "ChildID, CPP_Start, CPP_End",
    "Person ID, Date of CP Plan Start, Date of CP Plan End",
    "Client ID, Child Protection Start Date, Child Protection End Date",
    "Unique Child ID, CP Start Date, CP End Date",
    "CHILD_UNIQUE_ID, CHILD_PROTECTION_PLAN_START_DATE, CHILD_PROTECTION_PLAN_END_DATE",
}


@pytest.mark.parametrize("heads", sorted(PLAN_HEADS))
def test_the_years_wordings_of_headings_of_plans(tmp_path, heads):
    rows = [heads.split(", "), *([row[0], row[3], row[5]] for row in THREE)]
    (annex,) = read_annex(give(tmp_path, {"Annex A 2024-01-31.xlsx": book({7: rows})}))
    assert total(annex) == 2


@pytest.mark.parametrize(
    "heads",
    [
        "Child ID, Date started to be looked after, Date ceased to be looked after, UASC (Y/N), Legal Status",
        "Child Unique ID, Date Started to be LAC, Date Ceased to be LAC, UASC, Child's Legal Status",
        "Child Reference, LAC Start Date, LAC End Date, UASC Status, Current Legal Status",
        "Person ID, CLA start date, CLA end date, Unaccompanied Asylum Seeking Child, Legal status code",
        "Young Person ID, Date of Becoming CLA, Date Ended CLA, UASC Flag, Childs Legal Status",
    ],
)
def test_the_years_wordings_of_headings_of_care(tmp_path, heads):
    rows = [
        ["k1", date(2023, 9, 4), None, "a) Yes", "C2"],
        ["k2", date(2023, 9, 4), date(2024, 1, 2), "b) No", "C2"],
        ["k3", date(2023, 9, 4), None, "N", "V2"],
    ]
    given = heads.replace("Date of Becoming CLA", "Date Became CLA").split(", ")
    (annex,) = read_annex(give(tmp_path, {"Annex A 2024-01-31.xlsx": book({8: [given, *rows]})}))
    stock = annex.stock(DAY, "looked_after")
    assert (stock["total"], stock["uasc"], stock["legal"]) == (2, 1, {"care_order": 1, "section_20": 1})


@pytest.mark.parametrize(
    "above, titles",
    [
        ([[None]], {}),
        ([["Annex A, list 7: children on a plan"], []], {}),
        ([[], [], ["Extract of 31 January"], []], {7: "7"}),
        ([["Ofsted", None, "Confidential"]], {7: "list_7"}),
        ([], {7: "Child Protection"}),
        ([[], ["List 7 - CP"], []], {7: "LIST 7 CP plans"}),
    ],
)
def test_lines_above_the_headings_and_sheets_by_any_name(tmp_path, above, titles):
    assert total(one(tmp_path, {7: THREE}, above=above, titles=titles)) == 2


def test_a_csv_with_a_blank_line_and_a_title_above(tmp_path):
    text = b"\r\nList 7,,,,,\r\n" + as_csv(headed({7: THREE})[7])
    (annex,) = read_annex(give(tmp_path, {"2024-01-31/l7.csv": text}))
    assert total(annex) == 2 and counted(annex, "lines above the headings") == 1


def test_a_sheet_named_as_another_list_is_read_by_its_headings_and_counted(tmp_path):
    annex = one(tmp_path, {7: THREE}, titles={7: "List 8"})
    assert annex.lists == (7,) and counted(annex, "named as another list") == 1


@pytest.mark.parametrize(
    "heads, words",
    [
        (["System No.", "Child Protection Plan Start Date", "Child Protection Plan End Date"], "Child Unique ID"),
        (["Child Unique ID", "Plan Start", "Child Protection Plan End Date"], "Child Protection Plan Start Date"),
        (["Child Unique ID", "Child Protection Plan Start Date", "Plan Ended"], "Child Protection Plan End Date"),
        (
            ["Child Unique ID", "Child Protect Plan Start Date", "End"],
            "nearest heading is Child Protect Plan Start Date",
        ),
        (["", "", "Child Protection Plan Start Date"], "no column Child Unique ID, Child Protection Plan End Date"),
    ],
)
def test_a_heading_that_no_wording_fits_is_told_with_the_nearest(tmp_path, heads, words):
    rows = {7: [heads, ["CANARY", date(2023, 9, 4), None]]}
    path = give(tmp_path, {"Annex A 2024-01-31.xlsx": book(rows)})
    for command in ("plans", "returns"):
        done = CliRunner().invoke(main, [command, str(path)])
        assert done.exit_code == 2 and words in done.output and "sheet 1, line 1: list 7" in done.output
        assert "CANARY" not in done.output


def test_two_columns_that_may_be_one_are_told(tmp_path):
    rows = {7: [["Child ID", "Person ID", *HEADS[7][3:]], ["a", "b", date(2023, 9, 4), None, None]]}
    with pytest.raises(BadInput, match="2 columns may be Child Unique ID"):
        read_annex(give(tmp_path, {"Annex A 2024-01-31.xlsx": book(rows)}))


def test_a_second_list_is_told(tmp_path):
    made = book({7: [HEADS[7], *THREE], 70: [HEADS[7], plan("x9")]})
    with pytest.raises(BadInput, match="sheet 2: a second list 7"):
        read_annex(give(tmp_path, {"Annex A 2024-01-31.xlsx": made}))


def test_lists_of_several_authorities_ask_which(tmp_path):
    rows = [[*HEADS[7], "LA"], *([*row, la] for row, la in zip(THREE, ("Here", "Here", "There"), strict=True))]
    path = give(tmp_path, {"2024-01-31 Annex A.xlsx": book({7: rows})})
    done = CliRunner().invoke(main, ["plans", str(path)])
    assert done.exit_code == 2 and "2 authorities in its LA column" in done.output
    done = CliRunner().invoke(main, ["plans", str(path), "--authority", "here"])
    assert "2024-01-31: 1 child protection plans" in done.output, done.output
    done = CliRunner().invoke(main, ["plans", str(path), "--authority", "Slough"])
    assert done.exit_code == 2 and "Choose one" in done.output


@pytest.mark.parametrize("title", [b"", b"Annex A of January\r\n"])
def test_semicolons_are_told(tmp_path, title):
    text = title + as_csv(headed({7: THREE})[7]).replace(b",", b";")
    with pytest.raises(BadInput, match=f"line {2 if title else 1}: the cells are separated by semicolons"):
        read_annex(give(tmp_path, {"2024-01-31 List 7.csv": text}))


# Dates


@pytest.mark.parametrize(
    "blank",
    [
        "NULL",
        "null",
        "(null)",
        "N/A",
        "None",
        "-",
        "01/01/1900",
        "31/12/9999",
        "1900-01-01",
        "31/12/4712",
        datetime(9999, 12, 31),
    ],
)
def test_blank_dates_of_databases_are_blank_and_counted(tmp_path, blank):
    rows = [care("k1", end=blank), care("k2", end=blank), care("k3", end=date(2024, 1, 9))]
    annex = one(tmp_path, {8: rows, 7: THREE})
    assert total(annex, "looked_after") == 2 and counted(annex, "taken as blank") == 2


def test_what_may_move_a_count_is_a_warning(tmp_path):
    """Four of six children without a date of birth: nobody would be found to have turned 18."""
    rows = [plan(f"x{at}", born=None if at < 4 else BORN) for at in range(6)]
    (said,) = one(tmp_path, {7: rows}).warnings()
    assert "no date of birth: counted with age unknown: 4 of 6" in said


@pytest.mark.parametrize("born", ["1066-04-13", "2109-04-13", "1913-04-13", "2026-12-01", "13/04/1066"])
def test_a_date_of_birth_out_of_range_is_told_as_that(tmp_path, born):
    rows = [plan("x1"), plan("x2", born=born)]
    annex = one(tmp_path, {7: [[str(cell) if isinstance(cell, date) else cell for cell in row] for row in rows]})
    if "/" in born:
        rows = [row[:2] + [born] + row[3:] for row in rows]
    stock = annex.stock(DAY, "plans")
    assert stock == {"total": 2, "age_band": {"5_9": 1, "unknown": 1}}
    assert counted(annex, "date of birth out of range") == 1 and counted(annex, "no date of birth") == 0


def test_an_unborn_child_by_its_expected_date(tmp_path):
    annex = one(tmp_path, {7: [plan("x1", born=date(2024, 4, 13)), plan("x2", born=None)]})
    assert annex.stock(DAY, "plans")["age_band"] == {"unborn": 1, "unknown": 1}
    assert counted(annex, "no date of birth") == 1


@pytest.mark.parametrize("start", ["1066-04-13", "2109-01-01", "0023-09-04"])
def test_a_start_out_of_range_stops_and_says_so(tmp_path, start):
    rows = [[str(cell) if isinstance(cell, date) else cell for cell in plan("CANARY", start)]]
    with pytest.raises(BadInput, match=r"sheet 1, line 2, Child Protection Plan Start Date: a date out of range"):
        one(tmp_path, {7: rows})


def test_a_time_of_day_is_no_fault(tmp_path):
    contacts = [["c1", "F", BORN, datetime(2024, 1, 3, 14, 30), "6: Police"]]
    annex = one(tmp_path, {1: contacts})
    assert annex.front_door()["count"].sum() == 2  # once in all, once by its source


# Who is counted


def test_placement_provider_legal_status_and_uasc(tmp_path):
    rows = [
        care("k1"),
        care("k2", by="d) Private provision"),
        care("k3", place="U1 - Foster placement with relative or friend - long term", by=""),
        care("k4", place="a) Foster placement", by=""),
        care("k5", place="h) Children's Homes", by="d) Private provision", legal="C1 - Interim care order"),
        care("k6", place="d) Independent living", uasc="a) Yes", legal="V2: Single period under Section 20"),
        care("k7", place="c) Placed with parents", legal="b) C2: Full care order"),
        care("k8", place="b) Placed for adoption", legal="E1"),
        care("k9", place="flat 3", legal=""),
        care("b1", legal="V4"),
        care("z1", end=date(2024, 1, 31)),
    ]
    annex = one(tmp_path, {8: rows})
    stock = annex.stock(DAY, "looked_after")
    assert stock["total"] == 9 and stock["short_breaks"] == 1 and stock["uasc"] == 1
    assert stock["placement"] == {
        "kinship_fostering": 1,
        "in_house_fostering": 1,
        "ifa_fostering": 1,
        "fostering_provider_unknown": 1,
        "placed_for_adoption": 1,
        "with_parents": 1,
        "residential": 1,
        "supported": 1,
        "unknown": 1,
    }
    assert stock["legal"] == {
        "interim_care_order": 1,
        "placement_order": 1,
        "care_order": 5,
        "section_20": 1,
        "unknown": 1,
    }
    assert counted(annex, "placement type blank or not known") == 1 and counted(annex, "short breaks") == 1
    assert annex.flows("looked_after", "2024-01") == (0, 1)


@pytest.mark.parametrize("code", sorted(PLACES))
def test_placement_codes_are_those_of_ssda903(code):
    for text in (code, f"{code} - as written out", f"a) {code}: words", f"{code.lower()} in words"):
        assert group_of("placement", text) == PLACES[code].group


@pytest.mark.parametrize(
    "words, group",
    [
        ("Placement with other foster carer - not long term or FFA/concurrent planning", "foster"),
        (
            "Placed for adoption with placement order (under section 21) with current foster carer",
            "placed_for_adoption",
        ),
        ("Foster placement with relative or friend- long term fostering (IN) [U1a]", "kinship_fostering"),
        ("U6A Placement with other foster carer", "foster"),
        ("g) Secure Children's Homes", "secure"),
        ("m) Residential school", "residential_school"),
        ("f) Residential accommodation", "supported"),
        ("i) Residential Care Home", "residential"),
        ("j) NHS/Health trust", "other"),
        ("l) Young Offender Institution", "other"),
        ("", "unknown"),
        ("flat 3", "unknown"),
    ],
)
def test_placements_written_out(words, group):
    assert group_of("placement", words) == group


def test_foster_carers_by_provider():
    told = {
        text: placed("foster", group_of("provider", text))
        for text in ("PR1", "a) Own provision", "PR4", "e) Voluntary", "")
    }
    assert list(told.values()) == ["in_house_fostering"] * 2 + ["ifa_fostering"] * 2 + ["fostering_provider_unknown"]
    assert placed("residential", "own") == "residential"


def test_one_child_is_one_child(tmp_path):
    rows = [
        plan("x1"),
        plan("x1"),  # again
        plan("x2", date(2023, 9, 4), date(2023, 12, 1)),
        plan("x2", date(2023, 11, 1)),  # overlaps
        plan("x3", date(2023, 9, 4)),
        plan("x3", date(2023, 9, 4), date(2024, 1, 5)),  # ended, over open
        plan(" X1 ", date(2023, 10, 1)),  # the same child, written otherwise
    ]
    annex = one(tmp_path, {7: rows})
    assert total(annex) == 2 and counted(annex, "the same row of a child twice") == 2
    assert counted(annex, "overlap with another row") == 2 and counted(annex, "with different ends") == 1


def test_of_what_overlaps_the_last_row_says_where_the_child_is(tmp_path):
    rows = [care("k1", place="K2"), care("k1", date(2023, 12, 1), place="U4", by="PR4")]
    stock = one(tmp_path, {8: rows}).stock(DAY, "looked_after")
    assert stock["total"] == 1 and stock["placement"] == {"ifa_fostering": 1}


def test_nobody_is_counted_from_the_18th_birthday_on(tmp_path):
    rows = [care("k1", born=date(2006, 1, 31)), care("k2", born=date(2006, 2, 1)), care("k3", born=date(2006, 1, 1))]
    annex = one(tmp_path, {8: rows})
    assert total(annex, "looked_after") == 1 and counted(annex, "18 by the day") == 2
    assert annex.flows("looked_after", "2024-01") == (0, 2)


def test_who_comes_on_the_18th_birthday_neither_starts_nor_ends(tmp_path):
    annex = one(tmp_path, {8: [care("k1", date(2024, 1, 9), born=date(2006, 1, 9)), care("k2")]})
    assert annex.flows("looked_after", "2024-01") == (0, 0) and total(annex, "looked_after") == 1


def test_of_two_dates_of_birth_the_earlier_is_kept(tmp_path):
    rows = [plan("x1", date(2023, 9, 4), date(2023, 10, 1), born=date(2008, 1, 1)), plan("x1", date(2023, 11, 1))]
    annex = one(tmp_path, {7: rows})
    assert annex.stock(DAY, "plans")["age_band"] == {"16_17": 1} and counted(annex, "two dates of birth") == 1


def test_rows_left_out_of_a_stock_are_told_first(tmp_path):
    rows = [*(plan(f"x{number}") for number in range(40)), plan("", visit=None), plan("y", None, visit=None)]
    path = give(tmp_path, {"2024-01-31 Annex A.xlsx": book(headed({7: rows}))})
    (annex,) = read_annex(path)
    assert total(annex) == 40 and "list 7 (child protection plans): 2 of 42 rows are left out" in annex.warnings()[0]
    lines = CliRunner().invoke(main, ["plans", str(path)]).output.splitlines()
    assert lines[1].startswith("LOOK FIRST: ") and "2 of 42" in lines[1]


def test_many_rows_that_cannot_be_right_stop(tmp_path):
    rows = [plan(f"x{number}", end=date(2023, 9, 1) if number < 20 else None) for number in range(60)]
    with pytest.raises(BadInput, match="ends before it starts, and so are 20 of 60 rows"):
        one(tmp_path, {7: rows})


def test_open_cases_and_care_leavers(tmp_path):
    cases = [
        ["n1", BORN, date(2023, 1, 1), None, "c) Child in need plan"],
        ["n2", BORN, None, None, "d) Open assessment"],  # the list may leave the start blank
        ["n3", BORN, date(2023, 1, 1), date(2023, 12, 1), "e) Closed episode"],
        ["n4", BORN, date(2023, 1, 1), None, "e) Closed episode"],
        ["n5", BORN, date(2023, 1, 1), None, "a) Looked after child"],
    ]
    leavers = [
        ["l1", date(2005, 1, 1), "b) Former relevant child", "Yes"],
        ["l2", date(2004, 1, 1), "Relevant", "Yes"],
        ["l2", date(2004, 1, 1), "Relevant", "Yes"],
    ]
    annex = one(tmp_path, {6: cases, 9: leavers})
    stock = annex.stock(DAY, "open_cases")
    assert stock["total"] == 3
    assert stock["status"] == {"looked_after": 1, "open_assessment": 1, "child_in_need_plan": 1}
    assert annex.stock(DAY, "care_leavers")["eligibility"] == {"former_relevant": 1, "relevant": 1}
    assert counted(annex, "closed by its status") == 1 and annex.stock(DAY, "plans") == {}


def test_the_front_door_by_month_and_source(tmp_path):
    lists = {
        1: [
            ["c1", "F", BORN, date(2024, 1, 3), "6: Police"],
            ["c1", "F", BORN, date(2024, 1, 3), "6: Police"],  # again
            ["c1", "F", BORN, date(2024, 1, 3), "2A: Schools"],
            ["c2", "F", BORN, date(2023, 8, 1), "3A: GP"],
            ["c3", "F", BORN, date(2023, 7, 31), "3A: GP"],  # before the six months
            ["c4", "F", BORN, date(2023, 12, 24), "somebody"],
        ],
        3: [["c1", BORN, date(2024, 1, 4), "f) LA services", "No"], ["c2", BORN, date(2023, 8, 2), "1A", "Yes"]],
        4: [
            ["c1", BORN, date(2024, 1, 4), date(2024, 1, 30)],
            ["c5", BORN, date(2023, 7, 4), date(2023, 8, 30)],  # begun before, completed within
        ],
        5: [["c1", BORN, date(2024, 1, 5), date(2024, 1, 19)], ["c2", BORN, date(2023, 8, 3), None]],
    }
    annex = one(tmp_path, lists)
    door = annex.front_door().set_index(["month", "measure", "source"])["count"]
    whole = door[door.index.get_level_values("source") == ""].groupby("measure").sum()
    assert dict(whole) == {
        "contacts": 4,
        "referrals": 2,
        "assessments_started": 1,
        "assessments_completed": 2,
        "section_47_enquiries": 2,
        "initial_conferences": 1,
    }
    assert door["2024-01", "contacts", ""] == 2 and door["2024-01", "contacts", "police"] == 1
    assert door["2023-12", "contacts", "unknown"] == 1 and door["2023-08", "contacts", "health"] == 1
    assert door["2024-01", "referrals", "local_authority"] == 1 and door["2023-08", "referrals", "individual"] == 1
    by_source = door[door.index.get_level_values("source") != ""].groupby(["month", "measure"]).sum()
    for key, count in by_source.items():
        assert count == door[(*key, "")]


def test_the_front_door_of_a_day_within_a_month_begins_on_its_day(tmp_path):
    rows = [["c1", BORN, date(2023, 7, 15), date(2023, 7, 20)], ["c2", BORN, date(2023, 7, 16), None]]
    annex = one(tmp_path, {4: rows}, "Annex A 2024-01-15.xlsx", day=date(2024, 1, 15))
    door = annex.front_door().set_index(["month", "measure"])["count"]
    assert door["2023-07", "assessments_started"] == 1 and door["2023-07", "assessments_completed"] == 1


def test_placements_are_told_of_the_two_weeks_to_the_day_alone(tmp_path):
    annex = one(tmp_path, {8: [care("k1")]})
    assert "placement" in annex.stock(date(2024, 1, 17), "looked_after")
    assert set(annex.stock(date(2024, 1, 16), "looked_after")) == {"total", "uasc", "short_breaks", "age_band"}


def test_an_expected_date_of_birth_in_a_column_of_its_own(tmp_path):
    heads = [*HEADS[7], "Expected Date of Birth"]
    rows = [
        [*plan("x1", born=None), date(2024, 5, 1)],
        [*plan("x2"), None],
        [*plan("x3", born=None), date(1066, 4, 13)],
    ]
    text = as_csv([heads, *rows], "%Y-%m-%d")
    (annex,) = read_annex(give(tmp_path, {"2024-01-31/List 7.csv": text}))
    assert annex.stock(DAY, "plans")["age_band"] == {"unborn": 1, "5_9": 1, "unknown": 1}
    assert counted(annex, "date of birth out of range") == 1


def test_headings_are_of_one_list_alone():
    """The template's own headings are found, each as its own column, and make no other list."""
    for number, heads in HEADS.items():
        assert which_list("", {1: heads})[0] == number
        for known in codes.HEADINGS[number]:
            assert known.wordings.fullmatch(codes.heading(known.called)) or known.field == "uasc" or number == 2


# However it is written: the same counts


days = st.dates(date(2022, 6, 1), date(2024, 1, 31))
people = st.integers(0, 12).map("p{}".format)
plan_rows = st.lists(st.builds(plan, people, days, st.none() | days, visit=st.none()), min_size=1, max_size=25)
care_rows = st.lists(
    st.builds(care, people, days, st.none() | days, place=st.sampled_from(["U4", "K2", "P1"])), max_size=25
)


def stocks(annex):
    moments = [annex.first_day - timedelta(1), DAY - timedelta(40), DAY]
    return [annex.stock(day, what) for day in moments for what in ("plans", "looked_after")]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan_rows, care_rows, st.randoms(use_true_random=False))
def test_workbook_csv_and_order_of_sheets_give_the_same(tmp_path_factory, plans, cares, chance):
    cares = list({(row[0], row[3]): row for row in cares}.values())  # of what repeats, the last row says where
    lists, folder = headed({7: plans, 8: cares}), tmp_path_factory.mktemp("annex")
    shuffled = {8: [HEADS[8], *chance.sample(cares, len(cares))], 7: [HEADS[7], *chance.sample(plans, len(plans))]}
    twice = {**lists, 7: [*lists[7], *plans]}
    found = []
    for name, files in {
        "book": {"Annex A 2024-01-31.xlsx": book(lists)},
        "turned": {"Annex A 2024-01-31.xlsx": book(shuffled)},
        "twice": {"Annex A 2024-01-31.xlsx": book(twice)},
        "csv": {f"Annex A 2024-01-31/List {number}.csv": as_csv(rows) for number, rows in lists.items()},
        "iso": {f"Annex A 2024-01-31/List {number}.csv": as_csv(rows, "%Y-%m-%d") for number, rows in lists.items()},
    }.items():
        (annex,) = read_annex(give(folder / name, files))
        found.append(stocks(annex))
    assert all(each == found[0] for each in found)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan_rows)
def test_stock_before_and_starts_less_ends_make_the_stock(tmp_path_factory, plans):
    annex = one(tmp_path_factory.mktemp("annex"), {7: plans})
    for month, before, end in (
        ("2023-12", date(2023, 11, 30), date(2023, 12, 31)),
        ("2024-01", date(2023, 12, 31), DAY),
    ):
        starts, ends = annex.flows("plans", month)
        assert total(annex, day=before) + starts - ends == total(annex, day=end)


# Kinds of files in one folder


SSDA903 = {
    "2017-18/episodes.csv": b"CHILD,DECOM,RNE,LS,PLACE,PLACE_PROVIDER,DEC,REC\n"
    b"a1,01/06/2017,S,C2,U4,PR1,,\na2,02/07/2017,S,C2,U4,PR1,10/01/2018,E4A\n",
    "2017-18/header.csv": b"CHILD,SEX,DOB,ETHNIC\na1,1,05/05/2008,WBRI\na2,1,05/05/2008,WBRI\n",
}
CENSUS = {
    "cin/census 2017-18.csv": b"LAchildID,PersonBirthDate,CPPstartDate,CPPendDate\n"
    b"a1,2010-02-01,2017-05-10,\na3,2010-02-01,2017-06-13,2018-01-10\n"
}
CENSUS_XML = {
    "cin/cin_2018.xml": b"<?xml version='1.0'?><Message><Header><CollectionDetails><Year>2018</Year></CollectionDetails>"
    b"</Header><Children><Child><ChildIdentifiers><LAchildID>a1</LAchildID><PersonBirthDate>2010-02-01"
    b"</PersonBirthDate></ChildIdentifiers><CINdetails><ChildProtectionPlans><CPPstartDate>2017-05-10</CPPstartDate>"
    b"</ChildProtectionPlans></CINdetails></Child></Children></Message>"
}


def annex_file(name="annex/Annex A 2024-01-31.xlsx"):
    return {name: book(headed({7: THREE, 8: [care("k1"), care("k2")]}))}


@pytest.mark.parametrize("census", [CENSUS, CENSUS_XML], ids=["csv", "xml"])
def test_a_folder_that_holds_everything_is_read_whole(tmp_path, census):
    path = give(tmp_path, SSDA903 | census | annex_file())
    assert {kind: len(names) for kind, names in kinds(path).items()} == {"ssda903": 2, "cin": 1, "annex_a": 1}
    done = CliRunner().invoke(main, ["returns", str(path)])
    assert done.exit_code == 0, done.output
    for line in ("2018-03-31: 1 looked-after", "2018-03-31: 1 child protection plans", "2024-01-31: 2 looked-after"):
        assert line in done.output
    done = CliRunner().invoke(main, ["plans", str(path)])
    for line in ("2018-03-31: 1 looked-after", "2018-03-31: 1 child protection plans", "2024-01-31: 2 looked-after"):
        assert done.exit_code == 0 and line in done.output, done.output
    told = json.loads(CliRunner().invoke(main, ["returns", str(path), "--json"]).output)
    assert told["stock"]["2018-03-31"]["total"] == 1 and set(told["beside"]) == {"cin", "annex_a"}


@pytest.mark.parametrize(
    "command, files, says",
    [
        ("returns", CENSUS, "No SSDA903 returns here; CIN census returns are"),
        ("returns", CENSUS_XML, "No SSDA903 returns here; CIN census returns are"),
        ("returns", annex_file(), "No SSDA903 returns here; Annex A lists are"),
        ("plans", annex_file(), "No CIN census returns here; Annex A lists are"),
        ("plans", SSDA903, "No CIN census returns here; SSDA903 returns are"),
        ("returns", CENSUS | annex_file(), "CIN census returns and Annex A lists are"),
    ],
)
def test_the_other_command_files_are_read_as_what_they_are(tmp_path, command, files, says):
    done = CliRunner().invoke(main, [command, str(give(tmp_path, files))])
    assert done.exit_code == 0 and says in done.output.splitlines()[0], done.output
    assert ": 1 " in done.output or ": 2 " in done.output


def test_a_census_and_ssda903_are_no_lists(tmp_path):
    assert read_annex(give(tmp_path, CENSUS | SSDA903)) == []


def test_what_any_of_them_warns_of_stands_first(tmp_path):
    path = give(tmp_path, SSDA903 | {"Annex A.xlsx": book(headed({7: THREE}))})
    done = CliRunner().invoke(main, ["returns", str(path)])
    assert done.output.startswith("LOOK FIRST: Annex A.xlsx: no date in its name"), done.output
    assert done.output.count("LOOK FIRST") == 1
    told = json.loads(CliRunner().invoke(main, ["returns", str(path), "--json"]).output)
    assert len(told["warnings"]) == 1 and told["beside"]["annex_a"][0]["warnings"] == told["warnings"]


def test_what_is_made_of_returns_alone_is_not_made_of_annex_a(tmp_path):
    done = CliRunner().invoke(
        main, ["plans", str(give(tmp_path, annex_file())), "--for-case", "own", "--area", "Slough"]
    )
    assert done.exit_code == 2 and "made of CIN census returns alone" in done.output


def test_page_tables_and_a_published_figure(tmp_path):
    path = give(tmp_path / "in", annex_file())
    asked = ["--quality", tmp_path / "q.html", "--out", tmp_path / "out", "--published", "2024-01-31=3", "--json"]
    done = CliRunner().invoke(main, ["returns", str(path), *map(str, asked)])
    assert done.exit_code == 0, done.output
    assert "Annex A lists" in (tmp_path / "q.html").read_text(encoding="utf-8")
    rows = (tmp_path / "out" / "annex_a_stock.csv").read_text(encoding="utf-8").splitlines()
    assert "2024-01-31,looked_after,total,,2" in rows
    assert '"difference": -1' in done.output


def test_several_annexes_are_each_told_and_one_day_is_not_given_to_all(tmp_path):
    files = annex_file("Annex_A_2024_Jan.xlsx") | {
        "Annex_A_2024_Feb.xlsx": book(headed({7: [plan("x1", visit=date(2024, 2, 20))]}))
    }
    path = give(tmp_path, files)
    assert [total(annex) for annex in read_annex(path)] == [2, 1]
    with pytest.raises(BadInput, match="one day was given, and 2 Annex A are there"):
        read_annex(path, DAY)


# No child leaves


def test_no_message_or_output_shows_a_child(tmp_path):
    good = [plan("CANARY-1", visit=date(2024, 1, 25)), plan("CANARY-2", date(2023, 10, 1))]
    bad = {
        "no date": plan("CANARY-1", "Quill"),
        "formula": plan("=CANARY"),
        "rounded": plan("1.913e+09"),
        "american": plan("CANARY-1", "09/31/2023"),
    }
    told = []
    for name, row in bad.items():
        path = give(tmp_path / name.replace(" ", ""), {"2024-01-31 Annex A.xlsx": book(headed({7: [*good, row]}))})
        done = CliRunner().invoke(main, ["plans", str(path)])
        assert done.exit_code == 2 and "sheet 1, line 4" in done.output, (name, done.output)
        told.append(done.output)
    path = give(
        tmp_path / "good", {"2024-01-31 Annex A.xlsx": book(headed({7: good, 8: [care("CANARY-1", place="Quill")]}))}
    )
    done = CliRunner().invoke(main, ["returns", str(path), "--json", "--out", str(tmp_path / "out")])
    told += [done.output, *(file.read_text(encoding="utf-8") for file in (tmp_path / "out").glob("*.csv"))]
    (annex,) = read_annex(path)
    told += [repr(annex), str(annex.quality())]
    assert not [canary for canary in CANARIES for text in told if canary in text]
    with pytest.raises(TypeError, match="neither pickled nor copied"):
        copy.copy(annex)


# One invented council: Annex A, the census and SSDA903 agree to the child


def by_band(table, column):
    return {row["age_band"]: int(row[column]) for row in table.to_dict("records") if row[column]}


@pytest.mark.parametrize("seed", [11])
def test_annex_a_census_and_ssda903_of_one_council_agree_to_the_child(tmp_path, seed):
    council = invent(Settings(first_year="2021-22", years=3).scaled(0.1), seed)
    write(council, tmp_path / "council")
    day = date(2024, 3, 31)
    (annex,) = read_annex(write_annex(council.children, day, tmp_path / f"Annex A {day}.xlsx"))
    returns, plans = read_returns(tmp_path / "council" / "ssda903"), read_cin(tmp_path / "council" / "cin")
    stock = annex.stock(day, "looked_after")
    held = returns.stock(day)
    sent = submitted(council.children, council.settings.oddities, council.seed)
    for year in council.settings.all_years:
        write_xml(sent, year, tmp_path / "xml" / year / "903.xml")
    as_sent, tabled = read_returns(tmp_path / "xml"), tmp_path / "tabled"
    for file in (tmp_path / "council" / "cin").rglob("*.csv"):
        (tabled / file.parent.name).mkdir(parents=True, exist_ok=True)
        shutil.copy(file, tabled / file.parent.name / file.name)
    assert as_sent.stock(day).equals(held) and as_sent.short_breaks(day) == returns.short_breaks(day)
    for table in ("exposure", "durations", "reviews", "entries", "open_at_end"):
        assert getattr(as_sent, table)().equals(getattr(returns, table)())
    assert read_cin(tabled).stock(day).equals(plans.stock(day))
    assert stock["total"] == held["children"].sum() > 0
    assert stock["uasc"] == held.loc[held["uasc"].astype(bool), "children"].sum()
    assert stock["age_band"] == by_band(held.groupby("age_band")["children"].sum().reset_index(), "children")
    placed_so = held.groupby("placement")["children"].sum()
    assert stock["placement"] == {name: int(count) for name, count in placed_so.items() if count}
    assert annex.stock(day, "plans")["age_band"] == by_band(plans.stock(day), "plans")
    for month in annex.whole_months():
        monthly = plans.monthly(month, month)[["starts", "ends"]].sum()
        assert annex.flows("plans", month) == tuple(monthly)
        moved = returns.monthly_stock(month, month)[["starts", "ends"]].sum()
        assert annex.flows("looked_after", month) == tuple(moved)
    enquiries = plans.conferences().query("kind == 's47'").set_index("month")["children"]
    door = annex.front_door().query("source == ''").set_index(["measure", "month"])["count"]
    for month in annex.whole_months():
        assert door["section_47_enquiries", month] == enquiries[month]
