"""A trial balance as finance systems export it, and an Annex A, in a council's inbox: right values, and what is told."""

import csv
import io
import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_annex_a import BORN, DAY, HEADS, as_csv, book, care, headed, plan

from forecast.case.errors import BadInput
from forecast.case.months import last_day
from forecast.runs.refresh.data_cut import DataCut
from forecast.runs.refresh.io import finish_keeping, kept_files
from forecast.sources.arrivals import accept, read_card, read_held, read_inbox, write_held
from forecast.sources.arrivals.card import is_personal
from forecast.sources.arrivals.cells import Cell, posted, posted_period
from forecast.sources.arrivals.inbox import find
from forecast.sources.arrivals.mapping import NOT_OURS, read_mapping
from forecast.sources.arrivals.trial import in_months, read_trial
from forecast.sources.arrivals.vintages import Held, Vintages

CARD = """
council: Exampleton
slug: exampleton
starts_from: {council: slough, month: 2025-04}
months: {first: 2025-04, last: 2026-03}
opening: {lac: 2, cp: 1}
files:
  annex: {kind: annex_a, pattern: "Annex*"}
  ledger:
    kind: trial_balance
    pattern: "tb_*"
    unit: pounds
    columns: {Cost centre: cost_centre, Subjective: subjective, Period: period, Actual: actual, Type: posting}
    ignore: {Cost centre name: "as finance calls it"}
    accruals: [ACR]
phasing: twelfths
budgets:
  base: {month: 2025-04, note: "Council, 6 March 2025",
    lines: {ifa_fostering: 2400000, private_residential: 3600000, uasc_grant: -1200000}}
tolerances: {stock_change_lac: 20, stock_change_cp: 30, stock_identity: 1, revision_children: 5,
  revision_pounds: 5000, footing: 0.01, wrong_sign: 0.25}
"""
MAPPING = """cost_centre,subjective,line,why
4100,51*,ifa_fostering,
4100,5199,private_residential,charged to the wrong centre since 2023
4200,*,private_residential,
4300,9001,UASC grant (income),
4900,*,not_ours,corporate recharges
"""
HEAD = ["Cost centre", "Cost centre name", "Subjective", "Period", "Actual", "Type"]
ROWS = [
    ["4100", "Agencies", "5100", "202501", "150,000.00", ""],
    ["4100", "Agencies", "5110", "202501", "52,000.50", ""],
    ["4100", "Agencies", "5199", "202501", "(2,000.50)", ""],
    ["Total 4100", "", "", "", "200,000.00", ""],
    ["4200", "Homes", "5200", "202501", "312,250.25", ""],
    ["4200", "Homes", "5290", "202501", "1,000.25-", ""],
    ["Sub-total", "", "", "", "311,250.00", ""],
    ["4300", "UASC", "9001", "202501", "-100,000.00", ""],
    ["4900", "Recharges", "7000", "202501", "9,999.00", ""],
    ["Grand total", "", "", "", "421,249.00", ""],
]


@pytest.fixture(autouse=True)
def _of_any_shape(monkeypatch):
    """Figures here are made to try one rule at a time; a month's shape has tests of its own (test_faults)."""
    monkeypatch.setattr("forecast.sources.arrivals.checks.shape_queries", lambda *of_the_month: [])


def as_text(rows, head=HEAD, above=()) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([*above, head, *rows])
    return text.getvalue().encode()


def annex(month_end: date, lac: int, cp: int) -> bytes:
    start = month_end.replace(day=2)
    cares = [care(f"k{number}", start if number >= 2 else date(2024, 5, 1)) for number in range(lac)]
    plans = [plan(f"p{number}", start if number >= 1 else date(2024, 5, 1), visit=month_end) for number in range(cp)]
    return book(headed({7: plans, 8: cares}))


class Council:
    def __init__(self, folder: Path, card=CARD, mapping=MAPPING):
        self.folder, self.held = folder, None
        (folder / "inbox").mkdir(parents=True)
        self.write("council.yaml", card)
        self.write("mapping.csv", mapping)

    def write(self, name: str, content: str | bytes) -> None:
        (self.folder / name).write_bytes(content.encode() if isinstance(content, str) else content)

    def give(self, rows=ROWS, name="tb_2025-04.csv", **layout) -> None:
        self.write(f"inbox/{name}", as_text(rows, **layout))

    def give_annex(self, name="Annex A 2025-04-30.xlsx", content=None) -> None:
        self.write(f"inbox/{name}", content or annex(date(2025, 4, 30), 3, 2))

    def read(self):
        return read_inbox(self.folder, read_card(self.folder / "council.yaml"), self.held)

    def take(self):
        arrived = self.read()
        self.held = accept(self.held, arrived)
        return arrived

    def actuals(self, month="2025-04"):
        rows = self.take().rows
        rows = rows[(rows["figure"] == "actual") & (rows["month"] == month)]
        return dict(zip(rows["item"], rows["value"], strict=True))


@pytest.fixture
def council(tmp_path):
    made = Council(tmp_path / "c")
    made.give_annex()
    return made


RIGHT = {"ifa_fostering": 202000.50, "private_residential": 309249.50, "uasc_grant": -100000.0}


# Right values, however they are written


@pytest.mark.parametrize(("mark", "words"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_another_separator_below_a_title_is_told_at_the_headings(council, mark, words):
    text = "Trial balance, period 1\n" + as_text(ROWS).decode().replace(",", mark)
    council.write("inbox/tb_2025-04.csv", text)
    with pytest.raises(BadInput, match=f"tb_2025-04.csv, row 2: the cells are separated by {words}"):
        council.read()


def test_codes_are_mapped_totals_proved_and_what_is_left_out_is_told(council):
    council.give()
    arrived = council.read()
    assert council.actuals() == RIGHT
    assert "tb_2025-04.csv: mapping.csv leaves out 4900 / 7000 £9,999.00 (together £9,999.00)." in arrived.warnings
    budget = arrived.rows[arrived.rows["figure"] == "budget"].set_index("item")["value"]
    assert dict(budget) == {"ifa_fostering": 200000, "private_residential": 300000, "uasc_grant": -100000}


@pytest.mark.parametrize("form", ["title", "workbook", "numbers", "periods and year", "debit and credit", "thousands"])
def test_other_layouts_give_the_same(tmp_path, form):
    card, head, rows = CARD, list(HEAD), [list(row) for row in ROWS]
    amounts = [float(posted(Cell(row[4], "x", False), 1)) for row in rows]
    if form == "periods and year":
        card = card.replace("Period: period,", "Period: period, Year: financial_year,")
        head = [*head, "Year"]
        rows = [[*row[:3], "P1" if row[3] else "", *row[4:], "2025-26" if row[3] else ""] for row in rows]
    if form == "debit and credit":
        card = card.replace("Actual: actual", "Dr: debit, Cr: credit")
        head = [*head[:4], "Dr", "Cr", "Type"]
        rows = [
            [*row[:4], f"{amount:.2f}" if amount > 0 else "", f"{-amount:,.2f}" if amount < 0 else "", ""]
            for row, amount in zip(rows, amounts, strict=True)
        ]
    if form == "thousands":
        card = card.replace("unit: pounds", "unit: thousands")
        rows = [[*row[:4], f"{amount / 1000:.5f}", ""] for row, amount in zip(rows, amounts, strict=True)]
    made = Council(tmp_path / "c", card)
    made.give_annex()
    if form in ("workbook", "numbers"):
        sheet = openpyxl.Workbook()
        for row in [["Trial balance, Exampleton"], head, *rows] if form == "workbook" else [head, *rows]:
            sheet.active.append(row)
        if form == "numbers":
            for row, amount in zip(sheet.active.iter_rows(min_row=2), amounts, strict=True):
                row[4].value = amount
                for cell in (row[0], row[2], row[3]):
                    cell.value = int(cell.value) if cell.value and cell.value.isdigit() else cell.value
        sheet.save(tmp_path / "c" / "inbox" / "tb_2025-04.xlsx")
    else:
        made.give(rows, head=head, above=[["Exampleton", ""], ["Trial balance"]] if form == "title" else ())
    assert made.actuals() == RIGHT


@pytest.mark.parametrize(
    "text, amount",
    [
        ("1,234.56", "1234.56"),
        ("(1,234.56)", "-1234.56"),
        ("1,234.56-", "-1234.56"),
        ("-1,234.56", "-1234.56"),
        ("£1,234.56", "1234.56"),
        ("-£1,234.56", "-1234.56"),
        ("(£1,234.56)", "-1234.56"),
        ("1,234.56 CR", "-1234.56"),
        ("1,234.56DR", "1234.56"),
        (" 1234.5 ", "1234.50"),
        ("1,234,567", "1234567.00"),
        ("-", "0"),
        ("", "0"),
        (0.1 + 0.2, "0.30"),
    ],
)
def test_amounts_as_finance_systems_write_them(text, amount):
    assert str(posted(Cell(text, "here", True), 1)) == amount


@pytest.mark.parametrize(
    "text", ["1,23", "1.234,56", "12,34.00", "(1,234", "1,234)", "(1)-", "-1-", "(1) CR", "n/a", "1 234x", "#REF!"]
)
def test_texts_that_are_no_amount_stop(text):
    with pytest.raises(BadInput, match="here: holds text that is no amount"):
        posted(Cell(text, "here", True), 1)


@settings(max_examples=200)
@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_every_way_of_writing_an_amount_is_the_same_amount(amount):
    size = f"{abs(amount):,.2f}"
    ways = (
        [f"({size})", f"{size}-", f"-{size}", f"{size} CR", f"-£{size}"]
        if amount < 0
        else [size, f"£{size}", f"{size}DR"]
    )
    assert {posted(Cell(way, "here", False), 1) for way in ways} == {amount}


@pytest.mark.parametrize(
    "text, found",
    [
        ("1", (None, 1)),
        (1, (None, 1)),
        (12.0, (None, 12)),
        ("P01", (None, 1)),
        ("Period 13", (None, 13)),
        ("13", (None, 13)),
        ("202501", ("2025-26", 1)),
        (202513, ("2025-26", 13)),
        ("2025/12", ("2025-26", 12)),
    ],
)
def test_periods(text, found):
    assert posted_period(Cell(text, "here", True)) == found


@pytest.mark.parametrize("text", ["0", "14", "202514", "April", "", None, "P", date(2025, 4, 1)])
def test_texts_that_are_no_period_stop(text):
    with pytest.raises(BadInput, match="here: is not a period"):
        posted_period(Cell(text, "here", True))


# Totals are proved


@pytest.mark.parametrize("row, says", [(3, "row 5"), (6, "row 8"), (9, "row 11")])
def test_a_total_that_its_rows_do_not_make_stops(council, row, says):
    rows = [list(each) for each in ROWS]
    rows[row][4] = "1.00"
    council.give(rows)
    with pytest.raises(BadInput, match=rf"{says}: the total says £1.00, and the rows above it .* make £"):
        council.read()


@pytest.mark.parametrize("gone", [0, 2, 4, 5, 7, 8])
def test_a_row_that_is_left_out_is_found_by_the_totals(council, gone):
    council.give(ROWS[:gone] + ROWS[gone + 1 :])
    with pytest.raises(BadInput, match="the total says"):
        council.read()


@pytest.mark.parametrize("words", ["TOTAL", "Total for 4100", "Cost centre total", "Subtotal", ""])
def test_totals_by_any_name(council, words):
    council.give([[words, *row[1:]] if row[0] == "Total 4100" else row for row in ROWS])
    assert council.actuals() == RIGHT


def test_a_file_without_totals_is_read_and_said_to_be_unproved(council):
    council.give([row for row in ROWS if "otal" not in row[0] and "total" not in row[0]])
    assert "tb_2025-04.csv has no totals: that it is whole cannot be proved." in council.read().warnings
    assert council.actuals() == RIGHT


amounts = st.lists(st.integers(-(10**6), 10**6).filter(bool), min_size=1, max_size=5)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(amounts, min_size=1, max_size=4))
def test_blocks_with_subtotals_and_a_grand_total_make_their_sum(tmp_path_factory, blocks):
    rows = []
    for block in blocks:
        rows += [["4200", "", "5200", "202501", f"{pence / 100:,.2f}", ""] for pence in block]
        rows.append(["Subtotal", "", "", "", f"{sum(block) / 100:,.2f}", ""])
    whole = sum(map(sum, blocks)) / 100
    rows.append(["Total", "", "", "", f"{whole:.2f}", ""])
    made = Council(tmp_path_factory.mktemp("tb") / "c", CARD.replace("wrong_sign: 0.25", "wrong_sign: 1000000"))
    card = read_card(made.folder / "council.yaml")
    made.give(rows)
    (file,), _ = find(made.folder / "inbox", card, Held())
    figures, _ = read_trial(file, card, read_mapping(made.folder / "mapping.csv"))
    (actual,) = [value for _, figure, item, value, *_ in figures if (figure, item) == ("actual", "private_residential")]
    assert actual == pytest.approx(whole, abs=1e-6)


# Nothing is dropped in silence


def test_codes_that_are_not_mapped_are_told_with_their_amounts(council):
    rows = [["4100", "", "6100", "202501", "1,250.00", ""], ["4777", "", "5100", "202501", "(80.00)", ""], *ROWS[:3]]
    council.give(rows)
    with pytest.raises(BadInput, match=r"2 codes are not in mapping.csv: 4100 / 6100 £1,250.00, 4777 / 5100 £-80.00"):
        council.read()
    council.write("mapping.csv", MAPPING + "4100,6100,ifa_fostering,\n4777,5100,not_ours,closed centre\n")
    council.write("council.yaml", CARD.replace("wrong_sign: 0.25", "wrong_sign: 9"))
    assert council.actuals()["ifa_fostering"] == 203250.50


@pytest.mark.parametrize("codes", [["4100", "", ""], ["", "", "5100"]])
def test_a_row_with_one_code_stops(council, codes):
    council.give([[*codes, "202501", "5.00", ""], *ROWS])
    with pytest.raises(BadInput, match="has one of its two codes"):
        council.read()


def test_a_line_without_any_posting_is_told(council):
    council.give([row for row in ROWS[:3]])
    assert any("no posting of 2025-04 on uasc grant: taken as £0.00" in told for told in council.read().warnings)


@pytest.mark.parametrize(
    "text, says",
    [
        ("cost_centre,subjective,line\n1,2,iro\n", "row 1: the headings are others"),
        ("cost_centre,subjective,line,why\n1,2,ifa_fosterin,\n", "row 2: 'ifa_fosterin' is no cost line"),
        ("cost_centre,subjective,line,why\n1,2,not_ours,\n", "row 2: a code is left out without a reason"),
        ("cost_centre,subjective,line,why\n1,,iro,\n", "row 2: a code is blank"),
        ("cost_centre,subjective,line,why\n1,2,iro,\n1,2,contact,\n", "row 3: the same codes stand in another row"),
        ("cost_centre,subjective,line,why\n", "headings and no rows"),
    ],
)
def test_a_mapping_that_is_wrong_stops(tmp_path, text, says):
    made = Council(tmp_path / "c", mapping=text)
    with pytest.raises(BadInput, match=says):
        made.read()


def test_a_mapping_that_is_missing_or_fits_twice_stops(council):
    council.write("mapping.csv", MAPPING + "4*,5100,iro,\n")
    mapping = read_mapping(council.folder / "mapping.csv")
    assert mapping.line("4101", "5100") == "iro"
    assert mapping.line("4100", "5199") == "private_residential"  # written out before a pattern
    assert mapping.line("4900", "1") == NOT_OURS and mapping.line("1", "1") is None
    council.write("mapping.csv", "cost_centre,subjective,line,why\n41*,51*,iro,\n4*,510*,contact,\n")
    with pytest.raises(BadInput, match="2 rows fit cost centre 4100, subjective 5100"):
        read_mapping(council.folder / "mapping.csv").line("4100", "5100")
    (council.folder / "mapping.csv").unlink()
    with pytest.raises(BadInput, match="mapping.csv is missing"):
        council.read()


def test_a_changed_mapping_reads_the_ledger_anew(council):
    council.give()
    assert council.actuals()["private_residential"] == 309249.50
    council.write("mapping.csv", MAPPING.replace("5199,private_residential", "5199,ifa_fostering"))
    arrived = council.take()
    assert {(each.item, each.was, each.now) for each in arrived.revisions} == {
        ("private_residential", 309249.50, 311250.0),
        ("ifa_fostering", 202000.50, 200000.0),
    }


# Period 13 and accruals


def march(period: str, amount: str) -> list[str]:
    return ["4200", "", "5200", period, amount, ""]


def test_period_13_is_marchs(tmp_path):
    made = Council(tmp_path / "c", CARD.replace("first: 2025-04", "first: 2026-03"))
    made.give_annex("Annex A 2026-03-31.xlsx", annex(date(2026, 3, 31), 3, 2))
    made.give([march("202512", "300,000.00"), march("202513", "(1,500.00)")], "tb_2026-03.csv")
    arrived = made.read()
    assert "tb_2026-03.csv: period 13 of 2025-26, £-1,500.00, is put to March." in arrived.warnings
    assert made.actuals("2026-03")["private_residential"] == 298500.0


def test_period_13_without_period_12_stops(tmp_path):
    made = Council(tmp_path / "c", CARD.replace("first: 2025-04", "first: 2026-03"))
    made.give_annex("Annex A 2026-03-31.xlsx", annex(date(2026, 3, 31), 3, 2))
    made.give([march("202513", "1,500.00")])
    with pytest.raises(BadInput, match="period 13 of 2025-26 without period 12"):
        made.read()


def accrued(period: str, amount: str, kind="ACR") -> list[str]:
    return ["4200", "", "5200", period, amount, kind]


@pytest.mark.parametrize(
    "rows, told",
    [
        ([accrued("202501", "500.00"), accrued("202502", "(500.00)")], None),
        ([accrued("202501", "500.00"), accrued("202502", "(500.00)"), accrued("202502", "700.00")], None),
        ([accrued("202501", "(500.00)"), accrued("202502", "500.00")], None),
        ([accrued("202501", "500.00"), march("202502", "1.00")], "of £500.00 accrued on 4200 / 5200 in period 1"),
        ([accrued("202501", "500.00"), accrued("202502", "(400.00)")], "£400.00 is reversed"),
        ([accrued("202501", "500.00"), accrued("202502", "700.00")], "£0 is reversed"),
        ([accrued("202501", "(9.00)"), accrued("202501", "500.00"), march("202502", "1.00")], None),
        ([march("202501", "500.00"), march("202502", "1.00")], None),
    ],
)
def test_accruals_that_the_next_period_does_not_reverse_are_told(tmp_path, rows, told):
    made = Council(tmp_path / "c", CARD.replace("wrong_sign: 0.25", "wrong_sign: 9"))
    made.give_annex()
    made.give([march("202501", "300,000.00"), march("202502", "300,000.00"), *rows])
    said = [warning for warning in made.read().warnings if "accrued" in warning]
    assert (len(said), told in said[0]) == (1, True) if told else not said


# The card


@pytest.mark.parametrize(
    "old, new, says",
    [
        ("Actual: actual, ", "", "lead to no amounts"),
        ("Actual: actual", "Actual: actual, Dr: debit", "two kinds"),
        ("accruals: [ACR]", "", "accruals: goes with a column"),
        ("unit: pounds", "", "unit: is given for counts or missing"),
        ('pattern: "Annex*"', 'pattern: "Annex*", columns: {Month: month}', "columns: are given for an Annex A"),
        ("phasing: twelfths", "phasing: own", "has no budget to tell it"),
        ("phasing: twelfths", "phasing: twelfths\ntotal: Total", "given beside a trial balance"),
        ("kind: trial_balance", "kind: trial", "kind"),
    ],
)
def test_a_card_that_cannot_be_right_stops(tmp_path, old, new, says):
    made = Council(tmp_path / "c", CARD.replace(old, new))
    with pytest.raises(BadInput, match=says):
        made.read()


def test_headings_of_accounts_are_of_no_person():
    assert not is_personal("Cost centre name") and not is_personal("Account Description")
    assert is_personal("Name") and is_personal("Child name") and is_personal("Account holder name")


# Annex A in the place of counts


def test_an_annex_a_gives_every_count(council):
    counts = council.take().counts.set_index("measure")["value"]
    assert dict(counts) == {
        "lac": 3,
        "cp": 2,
        "lac_starts": 1,
        "lac_ends": 0,
        "cp_starts": 1,
        "cp_ends": 0,
        "lac_fostering": 3,
        **{f"lac_{name}": 0 for name in ("placed_for_adoption", "with_parents", "residential", "residential_school")},
        **{f"lac_{name}": 0 for name in ("supported", "other")},
    }


@pytest.mark.parametrize(
    "name",
    [
        "Annex A 2025-04-30.xlsx",
        "Annex_A_2025_Apr.xlsx",
        "Annex A April 2025.xlsx",
        "Annex A 2025-05-02.xlsx",
        "Annex A 2025-04.xlsx",
    ],
)
def test_names_of_an_annex_a(tmp_path, name):
    made = Council(tmp_path / "c")
    made.give_annex(name)
    assert made.take().month == "2025-04"


def test_an_annex_a_as_a_folder_and_as_a_zip(tmp_path):
    lists = headed({7: [plan("p0", visit=date(2025, 4, 30))], 8: [care("k0"), care("k1")]})
    found = []
    for form in ("folder", "zip"):
        made = Council(tmp_path / form, CARD.replace("stock_identity: 1", "stock_identity: 3"))
        place = made.folder / "inbox" / "Annex A 2025-04-30"
        if form == "folder":
            place.mkdir()
            for number, rows in lists.items():
                (place / f"List {number} 2025-04-30.csv").write_bytes(as_csv(rows))
        else:
            with zipfile.ZipFile(place.with_name("Annex A 2025-04-30.zip"), "w") as archive:
                for number, rows in lists.items():
                    archive.writestr(f"2025-04-30/List {number}.csv", as_csv(rows))
        found.append(made.take().counts)
        assert made.take().state == "nothing new"
    assert found[0].equals(found[1]) and len(found[0]) == 13


@pytest.mark.parametrize(
    "name, lists, says",
    [
        ("Annex A 2025-04-30.xlsx", {7: [plan("p0")]}, r"has no list 8 \(children looked after\)"),
        ("Annex A 2025-04-30.xlsx", {8: [care("k0")]}, r"has no list 7"),
        ("Annex A 2025-04-20.xlsx", {7: [plan("p0")], 8: [care("k0")]}, "no month ends in the days before it"),
        (
            "Annex A.xlsx",
            {7: [plan(each, visit=date(2025, 4, 20)) for each in "ab"], 8: [care("k0")]},
            "the latest date in the lists",
        ),
        ("Annex A 2025-04-30.xlsx", {1: [["c", "F", BORN, date(2025, 4, 2), "Police"]]}, "no list 7"),
    ],
)
def test_an_annex_a_that_does_not_tell_a_month_stops(tmp_path, name, lists, says):
    made = Council(tmp_path / "c")
    made.give_annex(name, book(headed(lists)))
    with pytest.raises(BadInput, match=says):
        made.read()


def test_a_workbook_that_is_no_annex_a_stops(tmp_path):
    made = Council(tmp_path / "c")
    made.give_annex(content=book({1: [["Month", "Total"], ["2025-04", 3]]}))
    with pytest.raises(BadInput, match=r"list 1 \(contacts\) has no column"):
        made.read()


def test_no_child_of_an_annex_a_is_held_or_told(council):
    council.give()
    arrived = council.take()
    held = council.held.vintages.frame.to_csv() + str(council.held.files) + str(arrived.warnings) + repr(arrived)
    assert "k0" not in held and "p1" not in held and DAY.isoformat() not in held and HEADS[7][0] not in held


def test_months_follow_one_another(council):
    council.take()
    council.write("council.yaml", CARD.replace("stock_identity: 1", "stock_identity: 0"))
    council.give_annex("Annex A 2025-05-31.xlsx", annex(date(2025, 5, 31), 4, 2))
    with pytest.raises(BadInput, match="looked-after children are 4 at the end of May 2025, and 3 before"):
        council.read()  # the April child's start has moved: the card lets 1 pass


def test_annex_a_alone_makes_a_month_whose_ledger_is_late(council):
    arrived = council.take()
    assert (arrived.state, arrived.month, arrived.lagging) == ("new month, ledger late", "2025-04", ("2025-04",))
    council.give()
    assert council.take().state == "late ledger arrived"
    assert council.take().state == "nothing new"


def test_a_run_keeps_the_mapping_that_its_card_is_read_with(council, tmp_path):
    council.give()
    write_held(accept(None, council.read()), council.folder / ".pending")
    kept = kept_files(council.folder)
    assert set(kept) == {"council.yaml", "mapping.csv", "held/vintages.csv", "held/files.csv"}
    for name, source in kept.items():
        (tmp_path / "run" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "run" / name).write_bytes(source.read_bytes())
    card, held = read_card(tmp_path / "run" / "council.yaml"), read_held(tmp_path / "run" / "held")
    assert card.lines == ["ifa_fostering", "private_residential", "uasc_grant"]
    cut = DataCut(card, {}, held.vintages.as_known(), card.budget("2025-04"))
    assert cut.last == "2025-04" and cut.placed_months == ("2025-04",) and cut.ledger_months == ("2025-04",)
    (council.folder / ".pending" / "keeping").touch()
    before = (council.folder / "mapping.csv").read_bytes()
    finish_keeping(council.folder)
    assert (council.folder / "mapping.csv").read_bytes() == before and (council.folder / "held" / "files.csv").is_file()


# The year to date

YEARLY = CARD.replace("Actual: actual", "Actual: actual, To date: actual_to_date")
TO_DATE_ALONE = CARD.replace("Actual: actual", "Actual: actual_to_date")
MONTHS_OF_IFA = {"2025-04": 200000, "2025-05": 210000, "2025-06": -5000.5}


def to_date(tmp_path, card, rows, head=None, held=None):
    """What a trial balance of the year to date says of each month: (month, line) -> actual."""
    made = Council(tmp_path / f"c{len(list(tmp_path.iterdir()))}", card)
    made.give(rows, "tb_2025-06.csv", head=head or HEAD)
    (file,) = [file for file in find(made.folder / "inbox", read_card(made.folder / "council.yaml"), Held())[0]]
    card = read_card(made.folder / "council.yaml")
    figures, _ = read_trial(file, card, read_mapping(made.folder / "mapping.csv"))
    figures = in_months(figures, held or Held(), card)
    return {(month, item): value for month, figure, item, value, *_ in figures if figure == "actual"}


def ifa(period: str, *amounts: str) -> list[str]:
    return ["4100", "", "5100", period, *amounts, ""]


def held_to(month: str) -> Held:
    """April to a month as a council without other spending holds it."""
    lines = ("ifa_fostering", "private_residential", "uasc_grant")
    rows = [
        (at, "actual", line, value if line == "ifa_fostering" else 0.0)
        for at, value in MONTHS_OF_IFA.items()
        if at <= month
        for line in lines
    ]
    return Held(Vintages().with_rows(month, pd.DataFrame(rows, columns=["month", "figure", "item", "value"])))


def test_a_year_to_date_of_every_period_gives_its_months(tmp_path):
    rows = [ifa("202501", "200,000.00"), ifa("202502", "410,000.00"), ifa("202503", "404,999.50")]
    found = to_date(tmp_path, TO_DATE_ALONE, rows)
    assert {month: found[month, "ifa_fostering"] for month in MONTHS_OF_IFA} == MONTHS_OF_IFA


def test_a_year_to_date_of_one_month_is_less_what_is_held(tmp_path):
    found = to_date(tmp_path, TO_DATE_ALONE, [ifa("202503", "404,999.50")], held=held_to("2025-05"))
    assert found["2025-06", "ifa_fostering"] == -5000.5
    with pytest.raises(BadInput, match="is the year to date, and May 2025 is neither held nor here"):
        to_date(tmp_path, TO_DATE_ALONE, [ifa("202503", "404,999.50")], held=held_to("2025-04"))


def test_debits_and_credits_to_date(tmp_path):
    card = CARD.replace("Actual: actual", "Dr: debit_to_date, Cr: credit_to_date")
    head = [*HEAD[:4], "Dr", "Cr", "Type"]
    found = to_date(tmp_path, card, [ifa("202503", "405,000.00", "0.50")], head, held_to("2025-05"))
    assert found["2025-06", "ifa_fostering"] == -5000.5


@pytest.mark.parametrize("said, stops", [("404,999.50", False), ("409,999.50", False), ("504,999.50", True)])
def test_a_period_is_proved_by_the_year_to_date_beside_it(tmp_path, said, stops):
    head = [*HEAD[:5], "To date", "Type"]
    rows = [ifa("202503", "(5,000.50)", said)]
    if stops:
        with pytest.raises(BadInput, match=r"the year to date is £504,999.50, and its months make £404,999.50"):
            to_date(tmp_path, YEARLY, rows, head, held_to("2025-05"))
    else:
        assert to_date(tmp_path, YEARLY, rows, head, held_to("2025-05"))["2025-06", "ifa_fostering"] == -5000.5


def test_period_13_to_date_is_the_years_and_is_not_added_to_period_12(tmp_path):
    rows = [ifa(f"2025{period:02d}", f"{period * 1000}.00") for period in range(1, 13)]
    found = to_date(tmp_path, TO_DATE_ALONE, [*rows, ifa("202513", "12,700.00")])
    assert found["2026-02", "ifa_fostering"] == 1000 and found["2026-03", "ifa_fostering"] == 1700


def test_totals_to_date_are_proved(tmp_path):
    rows = [ifa("202501", "200,000.00"), ["Total", "", "", "", "200,001.00", ""]]
    with pytest.raises(BadInput, match="the total says £200,001.00"):
        to_date(tmp_path, TO_DATE_ALONE, rows)


# A whole year as the systems export it, against the same year as counts and a ledger by cost line

EXAMPLE = Path(__file__).resolve().parents[1] / "data" / "example" / "months"
PARTS = ("7000", "7100")  # the two subjectives of each cost centre


def year_of(tmp_path, deliver, card_of) -> Held:
    """What is held after the example's twelve deliveries, each made anew by `deliver`."""
    folder, held = tmp_path / "year", None
    (folder / "inbox").mkdir(parents=True)
    text = (EXAMPLE / "council.yaml").read_text(encoding="utf-8")
    (folder / "council.yaml").write_text(card_of(text, folder), encoding="utf-8")
    for delivery in sorted((EXAMPLE / "deliveries").iterdir()):
        for file in sorted(delivery.iterdir()):
            name, content = deliver(file)
            (folder / "inbox" / name).write_bytes(content)
        held = accept(held, read_inbox(folder, read_card(folder / "council.yaml"), held))
    return held


def as_trial_balance(text: str, folder: Path) -> str:
    """The example's card with a trial balance of the year to date for its ledger, and mapping.csv beside it."""
    head, rest = text.split("  ledger:")
    accounts, after = rest.split("accounts:")[1].split("total: Total\n")
    lines = [row.split(": ")[1].strip() for row in accounts.split("\n")[1:] if ": " in row]
    rows = [f"{4000 + at},7*,{line}," for at, line in enumerate(lines)]
    (folder / "mapping.csv").write_text("\n".join(["cost_centre,subjective,line,why", *rows]) + "\n", encoding="utf-8")
    columns = "Centre: cost_centre, Code: subjective, Period: period, To date: actual_to_date"
    kind = f"    kind: trial_balance\n    pattern: tb_*\n    unit: pounds\n    columns: {{{columns}}}\n"
    return f"{head}  ledger:\n{kind}{after}"


def test_a_year_of_trial_balances_to_date_is_the_ledger_by_cost_line(tmp_path):
    so_far: dict[int, float] = {}

    def deliver(file: Path) -> tuple[str, bytes]:
        if not file.name.startswith("ledger"):
            return file.name, file.read_bytes()
        rows = [row for row in csv.DictReader(io.StringIO(file.read_text(encoding="utf-8")))]
        period, made = int(rows[0]["Period"][1:]), []
        for at, row in enumerate(row for row in rows if row["Cost line"] != "Total"):
            so_far[at] = round(so_far.get(at, 0.0) + float(row["Actual"]), 2)
            first = round(so_far[at] * 0.7, 2)
            for code, amount in zip(PARTS, (first, round(so_far[at] - first, 2)), strict=True):
                shown = f"({-amount:,.2f})" if amount < 0 else f"{amount:,.2f}"
                made.append([str(4000 + at), code, f"2025{period:02d}", shown])
        total = sum(so_far.values())
        made.append(["Total", "", "", f"{total:,.2f}"])
        return f"tb_{file.stem}.csv", as_text(made, ["Centre", "Code", "Period", "To date"], [["Exampleton"]])

    held = year_of(tmp_path, deliver, as_trial_balance)
    right = year_of(tmp_path / "right", lambda file: (file.name, file.read_bytes()), lambda text, folder: text)
    both = held.ledger.merge(right.ledger, on=["month", "line"], suffixes=("", "_right"), validate="one_to_one")
    assert len(both) == len(right.ledger) == 12 * 15
    assert (both["actual"] - both["actual_right"]).abs().max() < 0.011
    assert (both["budget"] - both["budget_right"]).abs().max() < 0.011


def test_a_year_of_annex_a_alone_is_the_monthly_counts(tmp_path):
    counts = read_monthly()
    children: dict[int, dict[str, list]] = {7: {}, 8: {}}
    for number, measure in ((7, "cp"), (8, "lac")):
        opening = {"cp": 161, "lac": 173}[measure]
        children[number] = {f"{measure}{at}": [date(2024, 6, 3), None] for at in range(opening)}

    def deliver(file: Path) -> tuple[str, bytes]:
        month = file.stem[-7:]
        row, first = counts[month], date(int(month[:4]), int(month[5:]), 2)
        for number, measure in ((7, "cp"), (8, "lac")):
            here = children[number]
            open_ = [child for child, (_, end) in here.items() if end is None]
            for child in open_[: row[f"{measure}_ends"]]:
                here[child][1] = first
            for _ in range(row[f"{measure}_starts"]):
                here[f"{measure}{len(here)}"] = [first, None]
        end = last_day(month)
        lists = {
            7: [plan(child, start, ended, visit=first) for child, (start, ended) in children[7].items()],
            8: [care(child, start, ended) for child, (start, ended) in children[8].items()],
        }
        return f"Annex A {end}.xlsx", book(headed(lists))

    folder, held = tmp_path / "year", None
    (folder / "inbox").mkdir(parents=True)
    head, rest = (EXAMPLE / "council.yaml").read_text(encoding="utf-8").split("  counts:")
    annexed = f'{head}  annex: {{kind: annex_a, pattern: "Annex*"}}\n  ledger:{rest.split("  ledger:")[1]}'
    (folder / "council.yaml").write_text(annexed, encoding="utf-8")
    for month in sorted(counts):
        name, content = deliver(Path(f"counts_{month}.csv"))
        (folder / "inbox" / name).write_bytes(content)
        held = accept(held, read_inbox(folder, read_card(folder / "council.yaml"), held))
    wide = held.counts.pivot(index="month", columns="measure", values="value")
    for measure in ("lac_starts", "lac_ends", "cp_starts", "cp_ends"):
        assert wide[measure].to_dict() == {month: row[measure] for month, row in counts.items()}
    stock = {"lac": 173, "cp": 161}
    for month in sorted(counts):
        for measure in ("lac", "cp"):
            stock[measure] += counts[month][f"{measure}_starts"] - counts[month][f"{measure}_ends"]
            assert wide.loc[month, measure] == stock[measure]


def read_monthly() -> dict[str, dict[str, int]]:
    """The example's last counts: month -> measure -> children."""
    path = EXAMPLE / "deliveries" / "2026-04" / "counts_to_2026-03.csv"
    called = {"LAC starts": "lac_starts", "LAC ends": "lac_ends", "CP starts": "cp_starts", "CP ends": "cp_ends"}
    with path.open(encoding="utf-8", newline="") as file:
        return {row["Month"]: {name: int(row[of]) for of, name in called.items()} for row in csv.DictReader(file)}
