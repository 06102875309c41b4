"""CIN census and Annex A: counts by hand and by a day-by-day count in plain Python, damaged files, and children who stay inside."""

import copy
import io
import pickle
import random
import tempfile
import traceback
import zipfile
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forecast.case.errors import BadInput
from forecast.sources.cin import codes, read_cin
from forecast.sources.cin.codes import AGE_BANDS, KINDS, TIMES
from forecast.sources.reading import files
from forecast.sources.reading.days import year_in_text
from forecast.sources.reading.xml import MOST_DEPTH, MOST_TEXT
from invented.cin import write_census
from invented.council import EXAMPLE_SEED, example_settings, invent

CANARIES = ("CANARY", "canary", "Q7712", "1913", "2091")  # identifiers, family, and years that no fault may show
MARCH_2018 = date(2018, 3, 31)
COLUMNS = [
    *(
        "LAchildID",
        "PersonBirthDate",
        "ExpectedPersonBirthDate",
        "PersonDeathDate",
        "Sex",
        "CPPstartDate",
        "CPPendDate",
    ),
    *("InitialCategoryOfAbuse", "LatestCategoryOfAbuse", "NumberOfPreviousCPP", "CPPreviewDate", "S47ActualStartDate"),
    *("DateOfInitialCPC", "ReferralSource"),
]


def plan(child="A1", start="2017-05-10", end="", born="2010-02-01", **more):
    """One plan as the cells of a row; other columns by their names."""
    cells = {"LAchildID": child, "PersonBirthDate": born, "Sex": "M", "CPPstartDate": start, "CPPendDate": end}
    codes = {"InitialCategoryOfAbuse": "NEG", "LatestCategoryOfAbuse": "NEG", "NumberOfPreviousCPP": "0"}
    return dict.fromkeys(COLUMNS, "") | cells | codes | more


def to_csv(rows, columns=None):
    columns = columns or list(rows[0])
    return "\n".join([",".join(columns), *(",".join(row[name] for name in columns) for row in rows)]) + "\n"


def element(name, text):
    return f"<{name}>{escape(text)}</{name}>" if text else ""


def to_xml(rows, year="2018", header="", prefix=""):
    """The same rows as a census: a Child for each, its review dates in one Reviews element."""
    children = "".join(one_child(row) for row in rows)
    message = f"<Header><CollectionDetails>{element('Year', year)}{header}</CollectionDetails></Header><Children>{children}</Children>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{prefix}<Message>{message}</Message>\n'


def one_child(row):
    named = {name: element(name, row.get(name, "")) for name in [*COLUMNS, "ICPCnotRequired"]}
    identifiers = "".join(named[name] for name in COLUMNS[:5])
    reviews = "".join(element("CPPreviewDate", day) for day in row.get("CPPreviewDate", "").split(";"))
    plans = "".join(named[name] for name in COLUMNS[5:10]) + (f"<Reviews>{reviews}</Reviews>" if reviews else "")
    enquiry = row.get("S47ActualStartDate", "")
    inside = (
        f"<Section47>{named['S47ActualStartDate']}{named['DateOfInitialCPC']}{named['ICPCnotRequired']}</Section47>"
        if enquiry
        else ""
    )
    details = named["ReferralSource"] + ("" if enquiry else named["DateOfInitialCPC"]) + inside
    if any(row.get(name) for name in COLUMNS[5:9]):
        details += f"<ChildProtectionPlans>{plans}</ChildProtectionPlans>"
    return f"<Child><ChildIdentifiers>{identifiers}</ChildIdentifiers><CINdetails>{details}</CINdetails></Child>"


def give(folder: Path, contents: dict) -> Path:
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def read_xml(folder, *rows, **more):
    return read_cin(give(folder, {"2017-18/cin.xml": to_xml(rows, **more)}))


def read_csv(folder, *rows, **more):
    return read_cin(give(folder, {"2017-18/cin.csv": to_csv(rows)}), **more)


def total(plans, day=MARCH_2018):
    return int(plans.stock(day)["plans"].sum())


def bands(table, column):
    return {row["age_band"]: row[column] for _, row in table.iterrows() if row[column]}


def counted(plans, start):
    """How often a rule was applied, by its first words."""
    table = plans.quality()
    return int(table.loc[table["rule"].str.startswith(start), "count"].sum())


def outputs(plans):
    """Everything a person could see of the plans, as text."""
    first = (plans.first_day.replace(day=28) + timedelta(4)).replace(day=1)
    month = f"{first:%Y-%m}"
    tables = [
        plans.stock(plans.last_day),
        plans.monthly(month, month),
        plans.exposure(),
    ]
    tables += [plans.durations(), plans.conferences(), plans.quality()]
    return "\n".join([repr(plans), str(plans), *(table.to_csv() for table in tables)])


def stops(path, *words, **more):
    """The message with which reading stops; no canary in it, in its repr or in its traceback."""
    with pytest.raises(BadInput) as found:
        read_cin(path, **more)
    message = str(found.value)
    shown = "".join(traceback.format_exception(found.value)) + repr(found.value)
    assert not any(canary in shown for canary in CANARIES), message
    for word in words:
        assert word in message, message
    return message


# By hand


def test_a_small_council_by_hand(tmp_path):
    rows = [
        plan("A", "2017-04-10", "2018-03-31"),  # ends on the last day: not open at its end
        plan("B", "2018-03-31", "", "2018-01-01"),  # starts on it: open
        plan("C", "2017-06-01", "", "2000-04-01"),  # 18 on the day after
        plan("D", "2017-06-01", "", "2000-03-31"),  # 18 on the day
        plan("E", "2018-03-01", "", "", ExpectedPersonBirthDate="2018-06-01", Sex="U"),
        plan("F", "2016-06-01", "", ""),
        plan("G", "2017-06-01", "", "2013-04-01"),
        plan("H", "2017-06-01", "", "2013-03-31"),
    ]
    plans = read_xml(tmp_path, *rows)
    assert bands(plans.stock(MARCH_2018), "plans") == {
        "unborn": 1,
        "under_1": 1,
        "1_4": 1,
        "5_9": 1,
        "16_17": 1,
        "unknown": 1,
    }
    assert list(plans.stock(MARCH_2018)["age_band"]) == list(AGE_BANDS)
    assert total(plans, date(2018, 3, 30)) == 7 and total(plans, date(2017, 3, 31)) == 1
    assert counted(plans, "runs past the 18th birthday") == 1  # D; C is 18 after the days covered
    assert repr(plans) == "Plans(2017-04-01 to 2018-03-31: 8 plans of 8 children)"


def test_an_unborn_child_is_born_between_returns(tmp_path):
    unborn = plan("A", "2018-02-01", "", "", ExpectedPersonBirthDate="2018-05-01", Sex="0")
    born = plan("A", "2018-02-01", "2018-09-01", "2018-04-20")
    plans = read_cin(give(tmp_path, {"2018/c.xml": to_xml([unborn]), "2019/c.xml": to_xml([born], "2019")}))
    assert bands(plans.stock(date(2018, 4, 19)), "plans") == {"unborn": 1}
    assert bands(plans.stock(date(2018, 4, 20)), "plans") == {"under_1": 1}
    assert counted(plans, "children with two dates of birth") == 0
    months = plans.monthly("2018-04", "2018-09").groupby("month")[["stock", "starts", "ends"]].sum()
    assert months.to_numpy().tolist() == [[1, 0, 0]] * 5 + [[0, 0, 1]]


def test_monthly_flows_transfers_and_second_plans_by_hand(tmp_path):
    rows = [
        plan("A", "2017-05-10", "2017-06-10", S47ActualStartDate="2017-05-01", DateOfInitialCPC="2017-05-10"),
        plan("A", "2017-07-01", "", NumberOfPreviousCPP="1", DateOfInitialCPC="2017-07-01", ReferralSource="1A"),
        plan("B", "2017-07-20", "", DateOfInitialCPC="2017-07-20", ReferralSource="5C"),
        plan(
            "C", "2017-07-21", "", DateOfInitialCPC="2017-07-20", ReferralSource="5C"
        ),  # not on the day: not a transfer
        plan(
            "D", "2017-07-22", "", S47ActualStartDate="2017-07-01", DateOfInitialCPC="2017-07-22", ReferralSource="5C"
        ),
    ]
    plans = read_xml(tmp_path, *rows)
    flows = plans.monthly("2017-04", "2017-07").groupby("month").sum(numeric_only=True)
    assert flows[["stock", "starts", "ends"]].to_numpy().tolist() == [[0, 0, 0], [1, 1, 0], [0, 0, 1], [4, 4, 0]]
    assert flows["transfers_in"].to_list() == [0, 0, 0, 1] and flows["repeat_starts"].to_list() == [0, 0, 0, 1]
    assert counted(plans, "plans started on a day without a conference") == 1
    held = plans.conferences().set_index(["month", "kind"])["children"]
    july = {kind: held["2017-07", kind] for kind in KINDS}
    assert july == {"s47": 1, "icpc": 1, "transfer_in": 2, "icpc_other": 1, "rcpc": 0}


def test_an_end_on_a_birthday_and_a_plan_that_follows_at_once(tmp_path):
    rows = [plan("A", "2017-05-10", "2017-08-01", "2012-08-01"), plan("A", "2017-08-01", "", "2012-08-01")]
    plans = read_xml(tmp_path, *rows)
    august = plans.monthly("2017-08", "2017-08")
    assert (bands(august, "starts"), bands(august, "ends"), bands(august, "stock")) == (
        {"5_9": 1},
        {"1_4": 1},
        {"5_9": 1},
    )
    assert counted(plans, "overlaps another plan") == 0


def test_exposure_and_durations_by_hand(tmp_path):
    rows = [
        plan("A", "2017-05-01", "2017-08-10", "2012-05-11"),  # 101 days; 5 years old after 10 of them
        plan("B", "2017-03-01", "2017-04-03", "2010-01-01"),  # 3 ends of day from 31 March
        plan("C", "2018-03-20", "", ""),  # 11 ends of day to 30 March
    ]
    plans = read_xml(tmp_path, *rows)
    table = plans.exposure().set_index(["age_band", "time_since_start"])
    assert table["child_days"].to_dict() == {
        ("1_4", "under_3_months"): 10,
        ("5_9", "under_3_months"): 81 + 3,
        ("5_9", "3_to_6_months"): 10,
        ("unknown", "under_3_months"): 11,
    }
    assert table["ends"].to_dict() == {
        key: {("5_9", "under_3_months"): 1, ("5_9", "3_to_6_months"): 1}.get(key, 0) for key in table.index
    }
    ended = plans.durations()
    assert {tuple(row)[:2]: row.plans for row in ended[ended["plans"] > 0].itertuples(index=False)} == {
        ("1_4", "3_to_6_months"): 1,
        ("5_9", "under_3_months"): 1,
    }
    assert len(ended) == len(AGE_BANDS) * len(TIMES)


def test_children_per_conference_where_families_are_known(tmp_path):
    rows = [
        plan("A", DateOfInitialCPC="2017-05-10", CPPreviewDate="2017-08-01;2018-01-10", FamilyID="Q7712"),
        plan("B", DateOfInitialCPC="2017-05-10", CPPreviewDate="2017-08-01", FamilyID="Q7712"),
        plan("C", DateOfInitialCPC="2017-05-10", CPPreviewDate="2017-08-01", FamilyID=""),
    ]
    plans = read_csv(tmp_path, *rows)
    held = plans.conferences().set_index(["month", "kind"])
    assert held.loc[("2017-08", "rcpc")].to_list() == [3, 2, 1]
    assert held.loc[("2017-05", "icpc_other")].to_list() == [3, 2, 1]
    assert held.loc[("2018-01", "rcpc")].to_list() == [1, 1, 1]
    assert "Q7712" not in outputs(plans)


def test_what_a_return_cannot_tell_is_missing_and_not_nought(tmp_path):
    columns = COLUMNS[:10]
    plans = read_cin(give(tmp_path, {"2017-18/plans.csv": to_csv([plan()], columns)}))
    assert plans.conferences()["children"].isna().all()
    assert plans.monthly("2017-05", "2017-05")["transfers_in"].isna().all()
    assert counted(plans, "return without dates of initial conferences") == 1


def test_a_salt_too_short_is_refused(tmp_path):
    folder = give(tmp_path, {"2017-18/c.xml": to_xml([plan("CANARY1"), plan("CANARY2", born="2017-01-01")])})
    with pytest.raises(BadInput, match="salt"):
        read_cin(folder, salt=b"short")


def test_an_extract_made_within_the_year(tmp_path):
    rows = [plan("A", "2017-05-10", "2017-09-01"), plan("B", "2017-08-01")]
    by_header = read_xml(tmp_path / "a", *rows, header="<ReferenceDate>2017-08-31</ReferenceDate>")
    assert by_header.last_day == date(2017, 8, 31) and total(by_header, by_header.last_day) == 2
    by_hand = read_cin(give(tmp_path / "b", {"2017-18/c.csv": to_csv(rows)}), until=date(2017, 8, 31))
    assert by_hand.exposure().equals(by_header.exposure())
    stops(tmp_path / "b", "not within the last return", until=date(2019, 1, 1))
    with pytest.raises(BadInput, match="outside the returns"):
        by_hand.stock(date(2017, 9, 1))
    with pytest.raises(BadInput, match="whole months"):
        by_hand.monthly("2017-08", "2017-09")


def test_the_invented_council_is_counted_as_it_lived(tmp_path):
    council = invent(example_settings(), EXAMPLE_SEED)
    for year in council.settings.all_years:
        write_census(council.children, year, tmp_path / "cin" / year)
        tables = {f"{path.stem}.csv": path.read_bytes() for path in (tmp_path / "cin" / year).glob("*.csv")}
        give(tmp_path / "tables" / year, tables)
    by_xml, by_csv = read_cin(tmp_path / "cin"), read_cin(tmp_path / "tables")
    years = council.settings.all_years
    whole = f"{years[0][:4]}-04", f"{int(years[-1][:4]) + 1}-03"
    months = by_xml.monthly(*whole)
    truth = council.truth()
    known = months[months["age_band"] != "unknown"]
    for column in ("starts", "ends", "stock"):
        assert known[column].to_list() == truth["cp_flows"][column].to_list()
    held = by_xml.conferences().pivot(index="month", columns="kind", values="children")
    assert held["s47"].to_list() == truth["activity"]["section_47"].to_list()
    assert held["rcpc"].to_list() == truth["activity"]["rcpcs"].to_list()
    assert held[["icpc", "transfer_in", "icpc_other"]].sum(axis=1).to_list() == truth["activity"]["icpcs"].to_list()
    assert months.equals(by_csv.monthly(*whole)) and by_xml.conferences().equals(by_csv.conferences())
    assert by_xml.exposure().equals(by_csv.exposure())
    assert counted(by_xml, "tables beside the census XML") == 5 * len(council.settings.all_years)


# Forms of a return


def test_namespaces_prefixes_and_case_are_tolerated(tmp_path):
    text = to_xml([plan()])
    default = text.replace("<Message>", '<Message xmlns="http://example.org/cin">')
    prefixed = (
        text.replace("<", "<c:")
        .replace("<c:/", "</c:")
        .replace("<c:?", "<?")
        .replace("<c:Message>", '<c:Message xmlns:c="urn:c">')
    )
    wide = text.replace("UTF-8", "UTF-16").encode("utf-16")
    for number, content in enumerate([default, prefixed, text.replace("CPPstartDate", "CPPStartDate"), wide]):
        assert total(read_cin(give(tmp_path / str(number), {"2018.xml": content}))) == 1


def test_columns_in_any_order_and_case_and_british_dates(tmp_path):
    rows = [plan("A", "10/05/2017", "31/01/2018", "13/02/2010"), plan("B", "01/06/2017", "", "01/01/2016")]
    columns = list(reversed(COLUMNS))
    text = to_csv(rows, columns).replace("CPPstartDate", "cpp_START date").replace("LAchildID", "lachildid")
    plans = read_cin(give(tmp_path, {"CIN 2017-18.csv": b"\xef\xbb\xbf" + text.encode()}))
    assert bands(plans.stock(date(2018, 1, 30)), "plans") == {"1_4": 1, "5_9": 1}
    assert counted(plans, "dates dd/mm/yyyy and no day above 12") == 0


def annex(sheets: dict) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


LIST_7 = [
    "Child Unique ID",
    "Gender",
    "Date of Birth",
    "Child Protection Plan Start Date",
    "Initial Category of Abuse",
    "Latest Category of Abuse",
    "Date of latest review conference",
    "Child Protection Plan End Date",
    "Number of Previous Child Protection Plans",
]
LIST_8 = [
    "Child Unique ID",
    "Gender",
    "Date of Birth",
    "Date Started to be Looked After",
    "Date Ceased to be Looked After",
]


def row_7(child="A", born=date(2010, 1, 1), start=date(2018, 1, 1), end=None, previous=0):
    return [child, "a) Male", born, start, "a) Neglect", "Neglect", start, end, previous]


def test_annex_a_lists_in_a_workbook(tmp_path):
    rows = [LIST_7, row_7("A"), row_7("B", end=date(2018, 9, 1)), row_7("C", born=date(2018, 10, 15)), [None] * 9]
    care = [
        LIST_8,
        ["A", "a) Male", date(2010, 1, 1), date(2018, 6, 1), None],
        ["Z", "b) Female", date(2003, 1, 1), date(2018, 6, 1), date(2018, 7, 1)],
    ]
    book = annex({"List 7": rows, "List 8": care, "Notes": [["anything"]]})
    plans = read_cin(give(tmp_path, {"Annex A 2018-09-30.xlsx": book}))
    assert (plans.first_day, plans.last_day) == (date(2018, 4, 1), date(2018, 9, 30))
    assert (
        bands(plans.stock(date(2018, 8, 31)), "plans") == {"unborn": 1, "5_9": 2} and total(plans, plans.last_day) == 2
    )
    assert (
        counted(plans, "Annex A gives only the latest review") == 1
        and counted(plans, "file or sheet of another kind") == 1
    )


def test_annex_a_as_csv_is_as_at_its_latest_date(tmp_path):
    seven = "\n".join(
        [
            ",".join(LIST_7),
            "A,a) Male,01/01/2010,13/04/2018,a) Neglect,a) Neglect,,30/09/2018,0",
            "B,a) Male,01/01/2010,14/09/2018,x,x,,,0",
        ]
    )
    plans = read_cin(give(tmp_path, {"list 7.csv": seven}))
    assert plans.last_day == date(2018, 9, 30) and total(plans, date(2018, 9, 29)) == 2
    assert counted(plans, "no date or year on the return") == 1


def test_annex_a_carries_a_census_on(tmp_path):
    census = to_xml([plan("A", "2018-01-01"), plan("B", "2018-01-01")])
    book = annex({"List 7": [LIST_7, row_7("A", end=date(2018, 5, 1))]})
    plans = read_cin(give(tmp_path, {"2017-18/c.xml": census, "annex/Annex A 2018-09-30.xlsx": book}))
    assert total(plans) == 2 and total(plans, date(2018, 4, 1)) == 1 and total(plans, date(2018, 5, 1)) == 0
    assert counted(plans, "open at the return's end and not in the next") == 1
    by_month = plans.conferences().set_index(["month", "kind"])["children"]
    assert by_month["2018-03", "rcpc"] == 0 and pd.isna(by_month["2018-04", "rcpc"])


def test_a_zip_and_a_single_file(tmp_path):
    text = to_xml([plan()])
    with zipfile.ZipFile(tmp_path / "cin.zip", "w") as archive:
        archive.writestr("2017-18/cin.xml", text)
        archive.writestr("2017-18/readme.pdf", "x")
    zipped = read_cin(tmp_path / "cin.zip")
    assert total(zipped) == 1 and counted(zipped, "file or sheet of another kind") == 1
    assert total(read_cin(give(tmp_path, {"one.xml": text}) / "one.xml")) == 1


def test_zips_inside_a_folder_are_opened(tmp_path):
    for year, rows in {"2017": [plan("A", "2016-06-10")], "2018": [plan("A", "2016-06-10"), plan("B")]}.items():
        with zipfile.ZipFile(tmp_path / f"census {year}.zip", "w") as archive:
            archive.writestr("cin.xml", to_xml(rows, year))
    plans = read_cin(tmp_path)
    assert total(plans) == 2 and total(plans, date(2017, 3, 31)) == 1
    assert set(plans.quality()["file"]) == {"census 2017.zip/cin.xml", "census 2018.zip/cin.xml"}


def test_one_authority_of_several(tmp_path):
    rows = [plan("A", LA="Slough"), plan("B", LA="Reading"), plan("C", LA="Reading")]
    folder = give(tmp_path, {"2017-18/c.csv": to_csv(rows)})
    assert total(read_cin(folder, authority="slough")) == 1 and total(read_cin(folder, authority="Reading")) == 2
    stops(folder, "2 authorities")
    stops(folder, "is in no header", authority="Leeds")


@pytest.mark.parametrize(
    ("name", "year"),
    [
        ("2017-18", 2018),
        ("2017_2018", 2018),
        ("CIN_Census_2024.xml", 2024),
        ("old 2011/2017-18/x", 2018),
        ("none", None),
    ],
)
def test_years_in_names(name, year):
    assert (year_in_text(name) or (None,))[0] == year


# Against a count day by day


def on_plan(rows, day):
    """Age bands of children on a plan at the end of a day, in plain Python from plans without faults."""
    found = Counter()
    for _, birth, start, end in rows:
        if start <= day and (end is None or end > day):
            found[band_of(birth, day)] += 1
    return found


def band_of(birth, day):
    if birth is None:
        return "unknown"
    if day < birth:
        return "unborn"
    age = day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
    return next(
        name for name, least in (("16_17", 16), ("10_15", 10), ("5_9", 5), ("1_4", 1), ("under_1", 0)) if age >= least
    )


def iso(day):
    return day.isoformat() if day else ""


@st.composite
def histories(draw):
    """Children with plans that do not overlap, within the years 2016 to 2019 and under 18 at the end of them."""
    rows = []
    for number in range(draw(st.integers(1, 6))):
        birth = draw(st.one_of(st.none(), st.dates(date(2003, 1, 1), date(2019, 3, 1))))
        earliest = max(date(2015, 6, 1), birth - timedelta(200)) if birth else date(2015, 6, 1)
        for _ in range(draw(st.integers(1, 3))):
            start = earliest + timedelta(draw(st.integers(1, 500)))
            end = start + timedelta(draw(st.integers(1, 600)))
            if start > date(2019, 3, 31):
                break
            if end < date(2016, 4, 1):
                earliest = end
                continue
            rows.append((f"K{number}", birth, start, end if end <= date(2019, 3, 31) else None))
            earliest = end
            if rows[-1][3] is None:
                break
    return rows


def yearly(rows, year, kind="xml"):
    """The return of one year for these plans, as it would have been made on its 31 March."""
    first, last = date(year - 1, 4, 1), date(year, 3, 31)
    here = [row for row in rows if row[2] <= last and (row[3] is None or row[3] >= first)]
    cells = [as_at(row, last) for row in here] or [
        plan("NONE", "", "", InitialCategoryOfAbuse="", LatestCategoryOfAbuse="", NumberOfPreviousCPP="")
    ]
    return to_xml(cells, str(year)) if kind == "xml" else to_csv(cells)


def as_at(row, last):
    child, birth, start, end = row
    born = (
        {"born": iso(birth)} if birth is None or birth <= last else {"born": "", "ExpectedPersonBirthDate": iso(birth)}
    )
    return plan(child, iso(start), iso(end if end and end <= last else None), **born)


def read_years(rows, kind="xml", extra=()):
    with tempfile.TemporaryDirectory() as folder:
        years = {f"{year}/cin_{year}.{kind}": yearly([*rows, *extra], year, kind) for year in (2017, 2018, 2019)}
        if kind == "csv":
            years = {name: text for name, text in years.items() if "NONE" not in text}
        return read_cin(give(Path(folder), years))


quick = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(histories())
def test_stock_and_exposure_agree_with_a_count_day_by_day(rows):
    if not rows:
        return
    plans = read_years(rows)
    day, days, ends = date(2016, 3, 31), Counter(), Counter()
    while day <= date(2019, 3, 31):
        count = on_plan(rows, day)
        if day.day in (1, 31):
            assert bands(plans.stock(day), "plans") == dict(count)
        if day < date(2019, 3, 31):
            days += count
            ends += Counter(band_of(row[1], day) for row in rows if row[3] == day + timedelta(1))
        day += timedelta(1)
    table = plans.exposure().groupby("age_band")[["child_days", "ends"]].sum()
    assert {band: found for band, found in table["child_days"].items() if found} == dict(days)
    assert {band: found for band, found in table["ends"].items() if found} == dict(ends)


def seen(plans):
    parts = (plans.monthly("2016-04", "2019-03"), plans.exposure(), plans.durations())
    return [part.to_csv() for part in parts]


@quick
@given(histories(), st.randoms(use_true_random=False))
def test_order_and_years_and_repeats_change_nothing(rows, chance):
    if not rows:
        return
    once = seen(read_years(rows))
    mixed = random.Random(chance.random()).sample(rows, len(rows))
    assert seen(read_years(mixed)) == once, "rows in another order"
    assert seen(read_years(rows, extra=rows[:2])) == once, "a plan twice in each return"
    with tempfile.TemporaryDirectory() as folder:
        text = {2017: to_xml([as_at(row, date(2017, 3, 31)) for row in rows[:1]], "2017"), 2018: yearly([], 2018)}
        every = to_xml([as_at(row, date(2019, 3, 31)) for row in rows], "2019")
        names = {f"{year}/c.xml": content for year, content in (text | {2019: every}).items()}
        own_dates = [day for row in rows for day in row[2:] if day and day >= date(2018, 4, 1)]
        if rows[0][2] <= date(2017, 3, 31) and len(own_dates) > 1:  # with fewer it may be refused as another year's
            assert seen(read_cin(give(Path(folder), names))) == once, "the last return holds every plan, ended ones too"


@quick
@given(histories())
def test_xml_and_csv_of_the_same_children_agree(rows):
    if not all("NONE" not in yearly(rows, year) for year in (2017, 2018, 2019)) or not rows:
        return
    assert seen(read_years(rows)) == seen(read_years(rows, "csv"))


# Damaged returns that are read, each by a stated rule


def later(*rows):
    return {"2018-19/cin.xml": to_xml(rows, "2019")}


NO_PLAN = {"CPPstartDate": "", "CPPendDate": "", "InitialCategoryOfAbuse": "", "LatestCategoryOfAbuse": ""}
COUNTED = [
    ("end before start", [plan(start="2017-05-10", end="2017-05-09")], "ends before it starts", 0),
    ("blank start", [plan(start="")], "blank plan start", 0),
    ("same day", [plan(start="2017-05-10", end="2017-05-10")], "plan starts and ends on one day", 0),
    ("starts in the future", [plan(start="2018-04-01")], "starts after the return's last day", 0),
    ("ends in the future", [plan(end="2018-04-01")], "ends after the return's last day", 1),
    ("ended long before", [plan(start="2014-01-01", end="2014-02-01")], "ended before the return's first day", 0),
    ("the same row twice", [plan(), plan()], "repeats of a plan", 1),
    ("two ends of one plan", [plan(), plan(end="2017-09-01")], "of those, with different ends", 0),
    ("two open plans", [plan(), plan(start="2017-06-10")], "overlaps another plan", 1),
    ("a plan within another", [plan(), plan(start="2017-06-10", end="2017-07-01")], "overlaps another plan", 1),
    (
        "two dates of birth",
        [plan(), plan(start="2017-06-10", born="2011-01-01")],
        "children with two dates of birth",
        1,
    ),
    ("born and expected", [plan(ExpectedPersonBirthDate="2010-03-01")], "date of birth and expected", 1),
    (
        "expected long ago",
        [plan(start="2017-12-01", born="", ExpectedPersonBirthDate="2018-02-01")],
        "expected date of birth before",
        1,
    ),
    ("born in the future", [plan(start="2018-02-01", born="2018-05-01")], "date of birth after the return", 1),
    ("born long after the start", [plan(born="2018-03-20", start="2017-04-10")], "plan starts more than 42 weeks", 1),
    ("no birth", [plan(born="")], "no date of birth", 1),
    ("over 18 at the start", [plan(born="1999-05-10")], "starts on or after the 18th", 0),
    ("18 during the plan", [plan(born="2000-01-01")], "runs past the 18th", 0),
    ("died during the plan", [plan(PersonDeathDate="2017-12-01")], "runs past the date of death", 0),
    ("sex not known", [plan(Sex="X")], "sex code not known", 1),
    (
        "unborn boy",
        [plan(start="2018-03-01", born="", ExpectedPersonBirthDate="2018-06-01", Sex="1")],
        "unborn and given a sex",
        1,
    ),
    ("category not known", [plan(InitialCategoryOfAbuse="OTHER")], "category of abuse", 1),
    (
        "referral source not known",
        [plan(DateOfInitialCPC="2017-05-10", ReferralSource="7Z")],
        "referral source not known",
        1,
    ),
    ("previous plans in words", [plan(NumberOfPreviousCPP="two")], "number of previous plans blank", 1),
    ("previous plans negative", [plan(NumberOfPreviousCPP="-1")], "number of previous plans blank", 1),
    ("fewer previous plans than read", [plan(end="2017-06-01"), plan(start="2017-08-01")], "fewer previous plans", 1),
    ("no identifier", [plan(child=""), plan("B")], "blank child identifier", 1),
    (
        "an enquiry twice",
        [plan(S47ActualStartDate="2017-05-01"), plan("A1", S47ActualStartDate="2017-05-01")],
        "enquiries of a child given twice",
        1,
    ),
    ("a review twice", [plan(CPPreviewDate="2017-08-01;2017-08-01")], "reviews of a child given twice", 1),
    ("a review on the start", [plan(CPPreviewDate="2017-05-10")], "reviews of a child with no plan open", 1),
    ("a review to come", [plan(CPPreviewDate="2018-08-01")], "enquiries, conferences and reviews outside", 1),
    (
        "a conference not required",
        [plan(S47ActualStartDate="2017-05-01", DateOfInitialCPC="2017-05-10", ICPCnotRequired="true")],
        "conference dated and marked",
        1,
    ),
    (
        "a mark not known",
        [plan(S47ActualStartDate="2017-05-01", DateOfInitialCPC="2017-05-10", ICPCnotRequired="?")],
        "mark that no conference",
        1,
    ),
]


@pytest.mark.parametrize(("rows", "rule", "stock"), [case[1:] for case in COUNTED], ids=[case[0] for case in COUNTED])
def test_a_damaged_record_is_counted(tmp_path, rows, rule, stock):
    plans = read_xml(tmp_path, *rows)
    assert counted(plans, rule) >= 1, plans.quality().to_string()
    assert total(plans) == stock


@pytest.mark.parametrize(
    ("second", "rule", "stock"),
    [
        ([plan("B", "2018-05-01")], "open at the return's end and not in the next", 0),
        ([plan(start="2017-05-17")], "open at the return's end, and the next return gives", 1),
        ([plan(end="2018-04-20")], "carried again by a later return", 1),
    ],
    ids=["lost", "start corrected", "carried"],
)
def test_a_plan_that_the_next_return_changes(tmp_path, second, rule, stock):
    plans = read_cin(give(tmp_path, {"2017-18/cin.xml": to_xml([plan()]), **later(*second)}))
    assert counted(plans, rule) == 1 and total(plans, date(2018, 4, 1)) == stock
    assert total(plans) == 1


def test_a_later_return_that_changes_an_end_wins(tmp_path):
    plans = read_cin(
        give(tmp_path, {"2017-18/cin.xml": to_xml([plan(end="2017-09-01")]), **later(plan(end="2018-05-01"))})
    )
    assert counted(plans, "of those, ended here") == 1 and total(plans) == 1


def test_a_birth_corrected_by_a_later_return(tmp_path):
    plans = read_cin(give(tmp_path, {"2017-18/cin.xml": to_xml([plan()]), **later(plan(born="2016-02-01"))}))
    assert (
        bands(plans.stock(MARCH_2018), "plans") == {"1_4": 1}
        and counted(plans, "children with two dates of birth") == 1
    )


def test_a_conference_at_both_levels_is_one(tmp_path):
    text = to_xml([plan(S47ActualStartDate="2017-05-01", DateOfInitialCPC="2017-05-10", ReferralSource="5C")])
    text = text.replace("<CINdetails>", "<CINdetails><DateOfInitialCPC>2017-05-10</DateOfInitialCPC>")
    plans = read_cin(give(tmp_path, {"2017-18/c.xml": text}))
    held = plans.conferences().groupby("kind")["children"].sum()
    assert (held["icpc"], held["transfer_in"], counted(plans, "conferences of a child given twice")) == (1, 0, 1)


def test_oddities_of_a_table_are_counted(tmp_path):
    head = to_csv([plan()]).splitlines()[0]
    rows = "\n".join(
        [
            to_csv([plan("Ä")]).strip(),
            "," * (len(COLUMNS) - 1),
            head,
            to_csv([plan("B") | NO_PLAN | {"NumberOfPreviousCPP": ""}]).splitlines()[1],
        ]
    )
    plans = read_cin(give(tmp_path, {"2017-18/c.csv": rows.encode("latin-1")}))
    for rule in ("text not UTF-8", "blank rows", "headings repeated", "records without a plan"):
        assert counted(plans, rule) == 1, rule
    assert total(plans) == 1


def test_unknown_elements_are_counted(tmp_path):
    text = to_xml([plan()]).replace("<CINdetails>", "<CINdetails><Novelty>x</Novelty>")
    assert counted(read_cin(give(tmp_path, {"2018.xml": text})), "elements the census does not have") == 1


def test_dates_that_may_be_american_are_counted(tmp_path):
    assert (
        counted(read_csv(tmp_path, plan(start="10/05/2017", born="01/02/2010")), "dates dd/mm/yyyy and no day above 12")
        == 1
    )


# Damaged returns that are stopped

BOMB = '<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]>'
HIDDEN = plan("CANARY1", "2017-05-10", born="1913-01-01")
GOOD = to_xml([HIDDEN])
XML_STOPS = [
    ("billion laughs", to_xml([HIDDEN], prefix=BOMB), "billion laughs"),
    (
        "external entity",
        to_xml([HIDDEN], prefix='<!DOCTYPE m [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        "external entity",
    ),
    (
        "parameter entity",
        to_xml([HIDDEN], prefix='<!DOCTYPE m [<!ENTITY % x SYSTEM "http://e.org/x">%x;]>'),
        "external entity",
    ),
    ("external DTD", to_xml([HIDDEN], prefix='<!DOCTYPE m SYSTEM "http://e.org/x.dtd">'), "refers to another file"),
    ("a plain DTD", to_xml([HIDDEN], prefix="<!DOCTYPE m>"), "document type"),
    ("attributes by DTD", to_xml([HIDDEN], prefix='<!DOCTYPE m [<!ATTLIST Child x CDATA "y">]>'), "document type"),
    ("an entity never defined", GOOD.replace("NEG", "&x;"), "not well formed"),
    ("truncated", GOOD[: len(GOOD) // 2], "not well formed"),
    ("empty", "", "empty"),
    ("not XML", "LAchildID,CPPstartDate\nCANARY1,1913-01-01\n", "not well formed"),
    ("wrong root", "<Workforce><Children/></Workforce>", "first element is not Message"),
    ("no child", "<Message><Header/><Children/></Message>", "no Child element"),
    ("too deep", f"<Message>{'<a>' * MOST_DEPTH}", "nested more than"),
    ("too long a text", GOOD.replace("CANARY1", "CANARY" * MOST_TEXT), "characters of text"),
    ("a child inside a child", GOOD.replace("<CINdetails>", "<Child><CINdetails>"), "Child inside another"),
    ("a plan outside a child", "<Message><ChildProtectionPlans/></Message>", "outside a Child"),
    (
        "a field twice",
        GOOD.replace("<CPPstartDate>", "<CPPstartDate>1913-05-05</CPPstartDate><CPPstartDate>"),
        "given twice",
    ),
    ("prefix without a namespace", GOOD.replace("<Message>", "<c:Message>"), "not well formed"),
    ("encoding not known", GOOD.replace("UTF-8", "KLINGON-8"), "encoding"),
    ("British dates", to_xml([plan("CANARY1", "13/05/1913")]), "CPPstartDate: not a date"),
    ("not a day", to_xml([plan("CANARY1", "1913-02-30")]), "CPPstartDate: not a date"),
    ("too far away a year", to_xml([plan("CANARY1", "2191-02-03", born="1891-02-03")]), "not a date"),
    ("reference date elsewhere", to_xml([HIDDEN], header="<ReferenceDate>2012-03-31</ReferenceDate>"), "ReferenceDate"),
    ("reference date not one", to_xml([HIDDEN], header="<ReferenceDate>spring</ReferenceDate>"), "ReferenceDate"),
    ("year not one", to_xml([HIDDEN], year="MMXVIII"), "Year: not a year"),
    (
        "another year's dates",
        to_xml([plan(f"CANARY{n}", "2015-05-10", "2015-06-10") for n in range(20)]),
        "latest dates are in 2015-16",
    ),
    ("every start blank", to_xml([plan(f"CANARY{n}", "") for n in range(20)]), "blank plan start"),
    (
        "every end wrong",
        to_xml([plan(f"CANARY{n}", "2017-05-10", "2017-04-10") for n in range(20)]),
        "ends before it starts",
    ),
]


@pytest.mark.parametrize(("text", "words"), [case[1:] for case in XML_STOPS], ids=[case[0] for case in XML_STOPS])
def test_a_damaged_census_is_stopped(tmp_path, text, words):
    message = stops(give(tmp_path, {"in/cin.xml": text}), words, "in/cin.xml")
    assert message.endswith(".") and message.count(". ") >= 1, "says what to do"


def test_a_fault_names_line_record_and_field(tmp_path):
    rows = [plan("A"), plan("CANARY1", "2017-05-10", "1913-13-01")]
    assert "cin.xml, line 2, Child 2, CPPendDate: not a date" in stops(give(tmp_path, {"cin.xml": to_xml(rows)}))


def table(*rows, **replace):
    text = to_csv(rows or [HIDDEN])
    for old, new in replace.items():
        text = text.replace(old, new)
    return text


CSV_STOPS = [
    ("semicolons", table().replace(",", ";"), "separated by semicolons"),
    ("tabs", table().replace(",", "\t"), "separated by tabs"),
    ("UTF-16", table().encode("utf-16"), "UTF-16"),
    ("NUL", table().replace("NEG", "N\0G"), "NUL"),
    ("empty", "", "empty"),
    ("headings alone", table().splitlines()[0], "no rows"),
    ("no ends", table(CPPendDate="Ended"), "no column CPPendDate"),
    ("no starts", table(CPPstartDate="Began"), "no column CPPstartDate"),
    ("no identifier", table(LAchildID="Name"), "no column LAchildID"),
    ("a heading twice", table(PersonDeathDate="Sex"), "stand twice"),
    ("a quotation mark", table(NEG='"NEG'), "quotation mark"),
    ("truncated", table()[:-6], "cells, expected 14"),
    ("a stray comma", table(NEG="NEG,1913"), "cells, expected 14"),
    ("a formula", table(CANARY1="=CANARY1"), "a formula"),
    ("a rounded identifier", table(CANARY1="1.91300E+11"), "rounded by a spreadsheet"),
    ("American dates", table(plan("CANARY1", "05/13/1913"), plan("B", "06/01/2017")), "American date"),
    ("two formats", table(plan("B"), plan("C"), plan("CANARY1", "01/02/1913")), "line 4, CPPstartDate: not a date"),
    ("a date in words", table(plan("CANARY1", "13 May 1913")), "not a date"),
    ("a blank start on every row", table(*(plan(f"CANARY{n}", "") for n in range(20))), "blank plan start"),
    ("adults", table(*(plan(f"CANARY{n}", born="1989-02-01") for n in range(20))), "starts on or after the 18th"),
    ("identifiers blank", table(*(plan("") for _ in range(20))), "blank child identifier"),
]


@pytest.mark.parametrize(("content", "words"), [case[1:] for case in CSV_STOPS], ids=[case[0] for case in CSV_STOPS])
def test_a_damaged_table_is_stopped(tmp_path, content, words):
    message = stops(give(tmp_path, {"2017-18/plans.csv": content}), words, "2017-18/plans.csv")
    assert message.endswith(".")


def test_a_return_that_goes_silent_before_its_end(tmp_path):
    rows = [plan(f"CANARY{n}", "2017-05-10") for n in range(100)]
    stops(
        give(tmp_path / "a", {"2018.xml": to_xml(rows)}),
        "no plan, conference or review in the last 60 days to 2018-03-31",
        "until",
    )
    assert total(read_cin(tmp_path / "a", until=date(2017, 6, 30)), date(2017, 6, 30)) == 100
    assert counted(read_xml(tmp_path / "b", *rows[:99]), "nothing dated in the return's last 60 days") == 1


def test_a_header_with_a_reference_date_alone(tmp_path):
    text = to_xml([plan()], year="", header="<ReferenceDate>2017-08-31</ReferenceDate>")
    plans = read_cin(give(tmp_path, {"census 1999.xml": text}))
    assert (plans.first_day, plans.last_day) == (date(2017, 4, 1), date(2017, 8, 31))


def test_a_year_missing_in_between_is_stopped(tmp_path):
    folder = give(tmp_path, {"2016/c.xml": to_xml([plan("CANARY1", "2015-05-01")], "2016"), "2018/c.xml": GOOD})
    stops(folder, "no return covers 2016-04-01 to 2017-03-31")


def test_two_returns_of_one_year_are_stopped(tmp_path):
    stops(give(tmp_path / "a", {"a/c.xml": GOOD, "b/c.xml": GOOD}), "a second census for 2017-18")
    stops(give(tmp_path / "b", {"2018/one.csv": table(), "2018/two.csv": table()}), "a second file of plans")


def test_files_that_are_no_return_are_stopped(tmp_path):
    stops(tmp_path / "nowhere", "not a folder")
    stops(give(tmp_path / "a", {"readme.txt": "x"}), "holds no file of a return")
    stops(
        give(tmp_path / "b", {"2018/reviews.csv": "LAchildID,CPPreviewDate\nCANARY1,2017-05-01\n"}),
        "no file with child protection plans",
    )
    stops(give(tmp_path / "c", {"plans.csv": "Name,Date\nCANARY1,2017-05-01\n"}), "no column CPPstartDate")
    stops(
        give(tmp_path / "d", {"notes.csv": "Name,Date\nCANARY1,2017-05-01\n"}),
        "holds no file with child protection plans",
    )


def test_a_member_named_by_a_dot_is_passed_over(tmp_path):
    for name, members, message in (
        ("alone.zip", {".": "x"}, "holds no file of a return"),
        ("twice.zip", {"a/c.xml": GOOD, "a\\c.xml": GOOD}, "holds two files of one name"),
    ):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            for member, content in members.items():
                archive.writestr(member, content)
        stops(tmp_path / name, message)
    with zipfile.ZipFile(tmp_path / "beside.zip", "w") as archive:
        archive.writestr(".", "x")
        archive.writestr("2017-18/c.xml", to_xml([plan()]))
    plans = read_cin(tmp_path / "beside.zip")
    assert total(plans) == 1 and counted(plans, "file or sheet of another kind") == 1


def test_zips_that_lead_outside_or_are_damaged_are_stopped(tmp_path):
    for name in ("../out.xml", "/etc/out.xml", "C:/out.xml"):
        with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
            archive.writestr(name, GOOD)
        stops(tmp_path / "bad.zip", "leads outside")
    with zipfile.ZipFile(tmp_path / "cut.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("c.xml", GOOD * 50)
    content = bytearray((tmp_path / "cut.zip").read_bytes())
    content[60:90] = bytes(30)
    (tmp_path / "cut.zip").write_bytes(content)
    stops(tmp_path / "cut.zip", "damaged")


def test_sizes_are_limited(tmp_path, monkeypatch):
    monkeypatch.setitem(codes.FILES.most, ".xml", 100)
    stops(give(tmp_path, {"2018.xml": GOOD}), "far more than a return")
    monkeypatch.setattr(files, "MOST_FILES", 1)
    stops(give(tmp_path / "b", {"1.xml": "", "2.xml": ""}), "at most 1")


@pytest.mark.parametrize(
    "pending", ["<!--" + "x" * 3_000_000, '<Message a="' + "x" * 3_000_000, "<?p " + "x" * 3_000_000]
)
def test_one_endless_mark_is_stopped(tmp_path, pending):
    stops(give(tmp_path, {"2018.xml": pending}), "one tag or comment of over 1 MB")


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"child": "=CANARY1"}, "a formula"),
        ({"start": "13/05/1913"}, "not a date in the file's one format"),
        ({"start": 43000}, "not a date"),
        ({"child": 1.5e20}, "rounded by a spreadsheet"),
    ],
    ids=["formula", "text among dates", "a serial number", "rounded"],
)
def test_a_damaged_workbook_is_stopped(tmp_path, cells, words):
    book = annex({"List 7": [LIST_7, row_7("A"), row_7(**({"child": "CANARY1"} | cells))]})
    stops(give(tmp_path, {"Annex 2018-09-30.xlsx": book}), words, "sheet 1, line 3")


def test_a_workbook_with_a_dtd_or_no_workbook_is_stopped(tmp_path):
    good = annex({"List 7": [LIST_7, row_7("CANARY1")]})
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, part.replace(b"<worksheet", BOMB.encode() + b"<worksheet") if "sheet1" in name else part)
    stops(give(tmp_path / "a", {"x.xlsx": stream.getvalue()}), "XML bomb")
    stops(give(tmp_path / "b", {"x.xlsx": b"CANARY"}), "not an XLSX workbook")
    stops(give(tmp_path / "c", {"x.xlsx": good[:-100]}), "not an XLSX workbook")


# Children stay inside


def test_no_output_shows_a_child(tmp_path):
    born = {"born": "1913-05-06", "ExpectedPersonBirthDate": "2091-01-01"}
    rows = [
        plan("CANARY1", "2017-05-10"),
        plan("CANARY2", "2017-05-10", FamilyID="Q7712"),
        plan("CANARY3", **born),
        plan("CANARY4", ""),
    ]
    rows = [{"FamilyID": ""} | row for row in rows]
    plans = read_csv(tmp_path, *rows)
    shown = outputs(plans)
    assert not any(canary in shown for canary in CANARIES)
    held = "".join(str(getattr(plans, name)) for name in plans.__slots__ if name != "_quality")
    assert "CANARY" not in held.upper() and "Q7712" not in held, (
        "identifiers are not held even inside, only their hashes"
    )


def test_plans_are_neither_pickled_nor_copied(tmp_path):
    plans = read_xml(tmp_path, plan("CANARY1"))
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="neither pickled nor copied"):
            attempt(plans)
    with pytest.raises(AttributeError):
        vars(plans)["_plans"] if hasattr(plans, "__dict__") else plans.rows


def test_every_rule_of_the_table_has_words():
    assert all(rule.text and not rule.text.endswith(".") for rule in codes.RULES.values())
    assert len({rule.text for rule in codes.RULES.values()}) == len(codes.RULES)


def test_a_large_census_is_read_as_a_stream(tmp_path, monkeypatch):
    monkeypatch.setattr(files.Source, "content", lambda self: pytest.fail("XML is read piece by piece"))
    rows = [plan(f"K{n}", "2018-03-10") for n in range(2000)]
    assert total(read_xml(tmp_path, *rows)) == 2000


DAYS = [
    "",
    *["2017-05-10"] * 3,
    "2017-06-01",
    "2018-03-31",
    "2018-04-01",
    "2016-02-29",
    "2000-02-29",
    "1999-01-01",
    "2018-06-01",
    "2030-01-01",
]


def muddled(chance):
    """A year's records with faults of every kind at once."""
    rows = [plan(chance.choice(["A", "B", "C", ""]), *chance.choices(DAYS, k=3)) for _ in range(chance.randint(1, 5))]
    for row in rows:
        for name in chance.sample(COLUMNS[2:], 3):
            row[name] = chance.choice(
                DAYS if "Date" in name or name.endswith("CPC") else ["", "X", "NEG", "5C", "3", "-1"]
            )
        row["NumberOfPreviousCPP"] = row["NumberOfPreviousCPP"] or "0"
    return rows


@pytest.mark.parametrize("seed", range(8))
def test_stock_reconciles_whatever_the_faults(tmp_path, seed):
    chance, found = random.Random(seed), []
    years = {year: muddled(chance) for year in ("2017", "2018")}
    for kind in ("xml", "csv"):
        written = {
            f"{year}/c.{kind}": to_xml(rows, year) if kind == "xml" else to_csv(rows) for year, rows in years.items()
        }
        plans = read_cin(give(tmp_path / kind, written))
        months = plans.monthly("2016-04", "2018-03").groupby("month")[["stock", "starts", "ends"]].sum()
        before = [total(plans, date(2016, 3, 31)), *months["stock"].iloc[:-1]]
        assert (months["stock"] - before - months["starts"] + months["ends"] == 0).all()
        exposure = plans.exposure()
        assert exposure["ends"].sum() == months["ends"].sum() == plans.durations()["plans"].sum()
        found.append([months.to_csv(), exposure.to_csv(), plans.conferences().to_csv()])
    assert found[0] == found[1]


def test_bytes_changed_at_random_are_read_or_stopped_and_show_nothing(tmp_path):
    chance = random.Random(3)
    originals = {"c.xml": GOOD.encode(), "c.csv": table().encode(), "a.xlsx": annex({"7": [LIST_7, row_7("CANARY1")]})}
    for _ in range(120):
        name = chance.choice(list(originals))
        content = bytearray(originals[name])
        at = chance.randrange(len(content))
        content[at : at + chance.randrange(30)] = bytes(chance.randrange(256) for _ in range(chance.randrange(4)))
        path = give(tmp_path, {f"2018/{name}": bytes(content)}) / "2018" / name
        try:
            assert "CANARY" not in repr(read_cin(path))
        except BadInput as error:
            assert "CANARY" not in str(error)
