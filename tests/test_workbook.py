"""The Excel workbook: nothing is lost on the way out and back, nothing is guessed, every fault names its cell."""

import math
import random
import shutil
import subprocess
import zipfile
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from forecast.case import Assumptions, Entry, Scenario, list_scenarios, load_scenarios
from forecast.case.documents import Change
from forecast.case.errors import BadInput
from forecast.case.rules import carried_range, faults
from forecast.case.workbook import read_workbook, to_yaml, write_template
from forecast.case.workbook.book import MOST_BYTES, MOST_FAULTS, MOST_UNPACKED
from forecast.case.workbook.cells import ASSUMPTIONS, CASE, CHANGES, MOST_TEXT, SCENARIOS, TABLES, Table

HERE = Path(__file__).parent
PARAMS, SMALL = HERE.parent / "params", HERE / "fixtures" / "params"
CASES = ["2011-06", "2025-04"]
SETS = 200
HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    '=HYPERLINK("http://x.invalid")',
    "-2+3+cmd|' /C calc'!A0",
    "'=1",
    "{=1}",
    "https://x.invalid",
]
PIECES = [
    *HOSTILE,
    "a",
    "Z",
    "7",
    " ",
    "\n",
    "£",
    "é",
    "ß",
    "子",
    "😀",
    "&",
    "<b>",
    '"',
    "'",
    ";",
    ",",
    "%",
    "\\",
    "#N/A",
    "TRUE",
    "1e3",
    "2011-12",
    "_x",
    "ن",
]


def held(params: Path, council: str = "slough", month: str = "2011-06") -> dict[str, Assumptions]:
    return load_scenarios(params, council, month, list_scenarios(params))


def without_place(entry: Entry) -> dict:
    return entry.model_dump(exclude={"file", "line"})


def expect_same(found: dict[str, Assumptions], wanted: dict[str, Assumptions]) -> None:
    """Every field of every entry, the cases, the scenarios and their order; where an entry was written aside."""
    assert list(found) == list(wanted)
    for slug, right in wanted.items():
        here = found[slug]
        assert (here.case, here.scenario, here.catalogue) == (right.case, right.scenario, right.catalogue)
        for part in ("central", "entries"):
            ours, theirs = getattr(here, part), getattr(right, part)
            assert list(ours) == list(theirs)
            assert all(without_place(ours[key]) == without_place(theirs[key]) for key in theirs)


@pytest.fixture(scope="module")
def small():
    return held(SMALL)


@pytest.fixture(scope="module")
def template(small, tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("template") / "template.xlsx"
    write_template(path, small)
    return path.read_bytes()


@pytest.fixture
def book(template):
    return load_workbook(BytesIO(template))


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "filled.xlsx"


def read_back(book: Workbook, file: Path, params: Path = SMALL) -> dict[str, Assumptions]:
    book.save(file)
    return read_workbook(file, params)


def refusal(book: Workbook, file: Path, params: Path = SMALL) -> str:
    book.save(file)
    with pytest.raises(BadInput) as caught:
        read_workbook(file, params)
    assert str(file.parent) not in str(caught.value)
    return str(caught.value)


def letter(table: Table, field: str) -> str:
    return chr(ord("A") + table.place(field))


def column(book: Workbook, table: Table, field: str) -> list:
    """The cells of a field in the rows of a table that are filled in."""
    cells = book[table.name][letter(table, field)][1:]
    first = book[table.name]["A"][1:]
    return [cell for cell, name in zip(cells, first, strict=True) if name.value is not None]


# Random assumptions


def some_text(rng: random.Random) -> str:
    if rng.random() < 0.01:
        return "=" + "x" * (MOST_TEXT - 1)
    text = "".join(rng.choices(PIECES, k=rng.randint(1, 12))).strip()
    return text or "x"


def some_range(rng: random.Random, item, value: float) -> tuple[float | None, float | None]:
    if item.kind == "decision" and rng.random() < 0.7:
        return None, None
    if rng.random() < 0.1:
        return value, value
    return rng.uniform(item.minimum, value), rng.uniform(value, item.maximum)


def some_day(rng: random.Random) -> date:
    return date(1890, 1, 1) + timedelta(days=rng.randint(0, 80_000))


def some_entry(rng: random.Random, entry: Entry, item, unit) -> Entry:
    """The entry of a key with everything a person may change drawn at random, within the rules."""
    while True:
        value, reviewed = rng.uniform(item.minimum, item.maximum), some_day(rng)
        low, high = some_range(rng, item, value)
        year = rng.randint(1950, 2050)
        drawn = Entry(
            **{**dict(entry), "value": value, "low": low, "high": high, "source": some_text(rng), "why": some_text(rng)}
            | {"price_base": rng.choice([None, f"{year}-{(year + 1) % 100:02d}"])}
            | {"reliability": rng.choice(["red", "amber", "green"]), "hindsight": rng.random() < 0.5}
            | {"reviewed": reviewed, "review_by": reviewed + timedelta(days=rng.randint(1, 900))}
        )
        if not list(faults(drawn, item, unit)):
            return drawn


def some_change(rng: random.Random, central: Entry, item, unit, slug: str) -> tuple[Change, Entry]:
    while True:
        value = rng.uniform(item.minimum, item.maximum)
        low, high = rng.choice([(None, None), some_range(rng, item, value)])
        change = Change(value=value, low=low, high=high, why=some_text(rng))
        if (low, high) == (None, None):
            low, high = carried_range(central, value, item, unit)
        new = {"value": value, "low": low, "high": high, "why": change.why, "layer": f"scenarios/{slug}"}
        if not list(faults(central.model_copy(update=new), item, unit)):
            return change, central.model_copy(update=new)


def some_scenario(rng: random.Random, base: Assumptions, slug: str, order: int, case, central) -> Assumptions:
    chosen = [] if slug == "central" else rng.sample(list(central), rng.randint(0, len(central)))
    drawn = {key: some_change(rng, central[key], *base.catalogue.item_and_unit(key), slug) for key in chosen}
    changes = {key: change for key, (change, entry) in drawn.items()}
    scenario = Scenario(
        slug=slug, name=some_text(rng)[:50].strip() + slug, order=order, reason=some_text(rng), changes=changes
    )
    new = {key: entry for key, (change, entry) in drawn.items()}
    return Assumptions(case, scenario, base.catalogue, central, {**central, **new})


def some_set(seed: int, base: Assumptions) -> dict[str, Assumptions]:
    """Assumptions of one case and up to five scenarios, all drawn at random, in the order the reader gives."""
    rng = random.Random(seed)
    central = {key: some_entry(rng, entry, *base.catalogue.item_and_unit(key)) for key, entry in base.central.items()}
    tables = {
        "one": "a",
        "list": ["b", "c"],
        "list_of_one": ["d"],
        "year": "2010-11",
        "hostile": rng.choice(HOSTILE).replace(";", ""),
    }
    case = base.case.model_copy(update={"title": some_text(rng).strip(), "tables": tables})
    slugs = ["central", *rng.sample(["a", "b-c", "d_e", "2x", "high-migration"], rng.randint(0, 5))]
    orders = sorted(rng.sample(range(1, 50), len(slugs)))
    return {
        slug: some_scenario(rng, base, slug, order, case, central) for slug, order in zip(slugs, orders, strict=True)
    }


def test_random_sets_survive_the_round_trip(small, file):
    for seed in range(SETS):
        wanted = some_set(seed, small["central"])
        write_template(file, wanted)
        expect_same(read_workbook(file, SMALL), wanted)


def test_random_sets_of_the_whole_catalogue_survive_the_round_trip(file):
    base = held(PARAMS)["central"]
    for seed in range(5):
        wanted = some_set(seed, base)
        write_template(file, wanted)
        expect_same(read_workbook(file, PARAMS), wanted)


@pytest.mark.parametrize("month", CASES)
def test_the_cases_survive_the_round_trip(month, file):
    wanted = held(PARAMS, month=month)
    write_template(file, wanted)
    expect_same(read_workbook(file, PARAMS), wanted)


# Random faults: each puts one at a random place of a book, and returns the table, the cell and what must be said


def _put(
    rng: random.Random, book: Workbook, table: Table, field: str, content: object, said: str, choose=None
) -> tuple:
    cell = rng.choice([cell for cell in column(book, table, field) if choose is None or choose(cell)])
    cell.value = content
    return table.name, cell.coordinate, said


ALL = [(table, told.field) for table in TABLES.values() for told in table.read]
NUMBERS = [(ASSUMPTIONS, field) for field in ("value", "low", "high")] + [
    (CHANGES, field) for field in ("value", "low", "high")
]
TEXTS = [(ASSUMPTIONS, "source"), (ASSUMPTIONS, "why"), (CHANGES, "why"), (SCENARIOS, "name"), (SCENARIOS, "reason")]
DATES = [(ASSUMPTIONS, "reviewed"), (ASSUMPTIONS, "review_by")]


def _with_range(cell) -> bool:
    """Whether the assumption on a cell's row has a range."""
    return cell.parent[f"{letter(ASSUMPTIONS, 'low')}{cell.row}"].value is not None


def _named_in_case(field: str):
    return lambda cell: cell.parent[f"A{cell.row}"].value == field


def a_formula(rng, book):
    return _put(rng, book, *rng.choice(ALL), rng.choice(["=1+1", "=A1", "=NOW()"]), "is a formula; expected its result")


def an_error(rng, book):
    return _put(rng, book, *rng.choice(ALL), rng.choice(["#N/A", "#REF!", "#DIV/0!"]), "is the error #")


def a_number_as_text(rng, book):
    found = _put(rng, book, *rng.choice(NUMBERS), "x", "expected a number")
    book[found[0]][found[1]].value = rng.choice(["815", "1,000", "£2,500.50", "-3"])
    return (*found[:2], "or use Convert to Number beside it")


def a_share_as_text(rng, book):
    return _put(rng, book, *rng.choice(NUMBERS), "25%", "25% is 0.25")


def a_word_for_a_number(rng, book):
    return _put(rng, book, *rng.choice(NUMBERS), rng.choice(["about 5", "nil", "1e3", "N/A"]), "Type digits alone")


def a_truth_for_a_number(rng, book):
    return _put(rng, book, *rng.choice(NUMBERS), True, "is the truth value TRUE; expected a number")


def a_date_for_a_number(rng, book):
    return _put(rng, book, *rng.choice(NUMBERS), datetime(2011, 6, 1), "is the date 2011-06-01; expected a number")


def an_empty_cell(rng, book):
    table, field = rng.choice(
        [(table, told.field) for table in TABLES.values() for told in table.read if told.required]
    )
    return _put(rng, book, table, field, rng.choice([None, "  "]), "is empty; expected")


def a_value_above_its_limit(rng, book):
    return _put(rng, book, ASSUMPTIONS, "value", 1e9, "is 1,000,000,000; expected")


def a_change_below_its_limit(rng, book):
    return _put(rng, book, CHANGES, "value", -1e9, "is -1,000,000,000; expected")


def a_range_beside_its_value(rng, book):
    cell = rng.choice([cell for cell in column(book, ASSUMPTIONS, "low") if cell.value is not None])
    value, high = (cell.parent[f"{letter(ASSUMPTIONS, field)}{cell.row}"] for field in ("value", "high"))
    cell.value = (value.value + high.value) / 2
    return ASSUMPTIONS.name, cell.coordinate, "does not hold the value"


def half_a_range(rng, book):
    cell = rng.choice([cell for cell in column(book, ASSUMPTIONS, "high") if cell.value is not None])
    cell.value = None
    return ASSUMPTIONS.name, f"{letter(ASSUMPTIONS, 'value')}{cell.row}", "has half a range: high is missing"


def merged_cells(rng, book):
    sheet = book[rng.choice(list(TABLES))]
    row = rng.randint(1, sheet.max_row)
    sheet.merge_cells(f"B{row}:C{row + rng.randint(0, 2)}")
    return sheet.title, f"B{row}", "are merged. Select them, choose Unmerge Cells"


def a_date_of_another_form(rng, book):
    written = rng.choice(["22/11/2026", "22 November 2026", "2026-11-31", "2026-1-2", "20261122", "2026-11-22 10:00"])
    return _put(rng, book, *rng.choice(DATES), written, "Write 22 November 2026 as 2026-11-22")


def a_number_for_a_date(rng, book):
    found = _put(rng, book, *rng.choice(DATES), 46000, "is the number 46,000; expected a date")
    book[found[0]][found[1]].number_format = "General"
    return found


def a_time_for_a_date(rng, book):
    return _put(
        rng, book, *rng.choice(DATES), datetime(2026, 11, 22, 14, 30), "is the time 2026-11-22 14:30; expected a date"
    )


def a_review_before_the_last(rng, book):
    return _put(rng, book, ASSUMPTIONS, "review_by", datetime(1999, 1, 1), "not after reviewed")


def a_key_given_twice(rng, book):
    table = rng.choice([CASE, ASSUMPTIONS])
    cells = column(book, table, table.read[0].field)
    first, second = sorted(rng.sample(range(len(cells)), 2))
    cells[second].value = f" {cells[first].value} "
    return table.name, cells[second].coordinate, f"is given twice; it is already in row {first + 2}"


def a_scenario_given_twice(rng, book):
    sheet, first = book[SCENARIOS.name], rng.choice(column(book, SCENARIOS, "slug"))
    row = rng.randint(len(column(book, SCENARIOS, "slug")) + 2, sheet.max_row)
    for told in sheet[first.row]:
        sheet.cell(row, told.column, told.value)
    return SCENARIOS.name, f"A{row}", f"{first.value} is given twice; it is already in row {first.row}"


def a_change_given_twice(rng, book):
    sheet, first = book[CHANGES.name], rng.choice(column(book, CHANGES, "key"))
    row = rng.randint(len(column(book, CHANGES, "key")) + 2, sheet.max_row)
    for told in sheet[first.row]:
        sheet.cell(row, told.column, told.value)
    return CHANGES.name, f"B{row}", f"{first.value} is given twice; it is already in row {first.row}"


def an_unknown_key(rng, book):
    said = "Did you mean costs.ifa_fostering?"
    return _put(rng, book, *rng.choice([(ASSUMPTIONS, "key"), (CHANGES, "key")]), "costs.ifa_fosterin", said)


def a_section_for_a_key(rng, book):
    return _put(rng, book, *rng.choice([(ASSUMPTIONS, "key"), (CHANGES, "key")]), "costs", "section")


def another_unit(rng, book):
    return _put(rng, book, ASSUMPTIONS, "unit", "gbp_per_fortnight", "Convert the figure and its range to that unit")


def another_reliability(rng, book):
    return _put(
        rng, book, ASSUMPTIONS, "reliability", rng.choice(["Amber", "blue", "r"]), "expected 'red', 'amber' or 'green'"
    )


def another_hindsight(rng, book):
    return _put(rng, book, ASSUMPTIONS, "hindsight", rng.choice([True, 1, "y", "Yes", "true"]), "expected yes or no")


def another_price_base(rng, book):
    written = rng.choice(["2011", "2011-13", "2011/12"])
    return _put(rng, book, ASSUMPTIONS, "price_base", written, "Write April 2011 to March 2012 as 2011-12")


def a_year_turned_into_a_date(rng, book):
    return _put(rng, book, ASSUMPTIONS, "price_base", datetime(2011, 12, 1), "is the date 2011-12-01; expected text")


def a_number_for_a_text(rng, book):
    return _put(rng, book, *rng.choice(TEXTS), 2011, "is the number 2,011; expected text")


def a_hidden_character(rng, book):
    written, said = rng.choice([("a\u00a0b", "a no-break space"), ("a\tb", "a tab"), ("a\u200bb", "U+200B")])
    return _put(rng, book, *rng.choice(TEXTS), written, said)


def an_unknown_header(rng, book):
    sheet = book[rng.choice(list(TABLES))]
    cell = sheet.cell(1, sheet.max_column + 1, "Remarks")
    return sheet.title, cell.coordinate, 'the column "Remarks" is not known'


def a_header_given_twice(rng, book):
    sheet = book[rng.choice(list(TABLES))]
    cell = sheet.cell(1, sheet.max_column + 1, rng.choice(sheet[1]).value)
    return sheet.title, cell.coordinate, "is given twice. Delete the one"


def a_cell_beside_the_table(rng, book):
    sheet = book[rng.choice(list(TABLES))]
    cell = sheet.cell(rng.randint(2, sheet.max_row), sheet.max_column + 1, "a note")
    return sheet.title, cell.coordinate, "this column has no header"


def a_change_of_central(rng, book):
    return _put(rng, book, CHANGES, "scenario", "central", "central is what the others differ from")


def an_unknown_scenario(rng, book):
    return _put(rng, book, CHANGES, "scenario", "high_migratio", "Did you mean high_migration?")


def a_half_order(rng, book):
    return _put(rng, book, SCENARIOS, "order", 1.5, "expected a whole number")


def a_folder_as_a_name(rng, book):
    cell = column(book, SCENARIOS, "slug")[1]
    changes = [change for change in column(book, CHANGES, "scenario") if change.value == cell.value]
    cell.value = rng.choice(["../../x", "A b", "x.yaml"])
    for change in changes:
        change.value = cell.value
    return SCENARIOS.name, cell.coordinate, "expected small letters, digits, - and _"


def a_council_that_is_a_path(rng, book):
    return _put(rng, book, CASE, "value", "../x", "expected small letters", _named_in_case("council"))


def an_origin_within_a_month(rng, book):
    said = "expected the last day of a month"
    return _put(rng, book, CASE, "value", datetime(2011, 5, 30), said, _named_in_case("origin"))


def a_month_turned_into_a_date(rng, book):
    said = "is the date 2015-03-01; expected text"
    return _put(rng, book, CASE, "value", datetime(2015, 3, 1), said, _named_in_case("horizon"))


def an_unknown_field(rng, book):
    cell = column(book, CASE, "field")[-1]
    cell.value = "titel"
    return CASE.name, f"B{cell.row}".replace("B", letter(CASE, "value")), "Did you mean title?"


KINDS = [
    made for name, made in list(globals().items()) if name.split("_")[0] in ("a", "an", "another", "half", "merged")
]


def expect_refusal(made, seed: int, content: bytes, file: Path, params: Path) -> None:
    """One fault, told once, in the sentence and at the sheet and cell where it was put."""
    book = load_workbook(BytesIO(content))
    sheet, cell, said = made(random.Random(seed), book)
    message = refusal(book, file, params)
    where = f"filled.xlsx, sheet {sheet}, cell {cell}: "
    lines = message.splitlines()
    assert any(line.startswith(where) and said in line for line in lines), (made.__name__, seed, where, said, message)
    assert {line.split(": ")[0] + ": " for line in lines} == {where}, (made.__name__, seed, message)


@pytest.mark.parametrize("made", KINDS, ids=lambda made: made.__name__)
def test_random_faults_are_refused_by_sheet_and_cell(made, template, file):
    for seed in range(math.ceil(SETS / len(KINDS))):
        expect_refusal(made, seed, template, file, SMALL)


@pytest.mark.parametrize("made", KINDS[::4], ids=lambda made: made.__name__)
def test_faults_are_refused_in_the_whole_catalogue_too(made, file, tmp_path):
    write_template(tmp_path / "template.xlsx", held(PARAMS))
    expect_whole = {"an_unknown_scenario", "an_unknown_key"}  # what they name is in the small catalogue only
    if made.__name__ not in expect_whole:
        expect_refusal(made, 1, (tmp_path / "template.xlsx").read_bytes(), file, PARAMS)


def test_all_faults_are_told_at_once_but_not_hundreds(book, file):
    column(book, ASSUMPTIONS, "value")[0].value = "x"
    column(book, ASSUMPTIONS, "source")[2].value = None
    column(book, CASE, "value")[0].value = 5
    column(book, CHANGES, "why")[1].value = "=A1"
    lines = refusal(book, file).splitlines()
    assert [line.split(": ")[0].split(", ", 1)[1] for line in lines] == [
        "sheet Case, cell C2",
        "sheet Assumptions, cell H2",
        "sheet Assumptions, cell L4",
        "sheet Changes, cell G3",
    ]
    for cell in [cell for table, field in ALL for cell in column(book, table, field)]:
        cell.value = "=1"
    lines = refusal(book, file).splitlines()
    assert len(lines) == MOST_FAULTS + 1 and "more faults" in lines[-1]


# What is let through


def test_text_that_looks_like_a_formula_stays_text(small, file):
    central = dict(small["central"].central)
    for key, text in zip(central, HOSTILE, strict=False):
        central[key] = central[key].model_copy(update={"source": text, "why": text})
    scenario = small["central"].scenario.model_copy(update={"name": HOSTILE[0], "reason": HOSTILE[4]})
    wanted = {"central": Assumptions(small["central"].case, scenario, small["central"].catalogue, central, central)}
    write_template(file, wanted)
    expect_same(read_workbook(file, SMALL), wanted)
    with zipfile.ZipFile(file) as parts:
        sheets = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) == 5 and not any("<f>" in sheet or "<f " in sheet or "<hyperlink" in sheet for sheet in sheets)


def test_hidden_and_filtered_rows_are_read(book, small, file):
    cell = column(book, ASSUMPTIONS, "value")[1]
    sheet = cell.parent
    cell.value = 820
    for row in range(2, sheet.max_row + 1):
        sheet.row_dimensions[row].hidden = True
    sheet.auto_filter.add_filter_column(1, ["nothing"])
    sheet.column_dimensions["H"].hidden = True
    sheet.sheet_state = "hidden"
    assert read_back(book, file)["central"].value("costs.ifa_fostering") == 820
    cell.value = "820"
    assert "sheet Assumptions, cell H3: Value" in refusal(book, file)


def test_columns_and_rows_may_stand_in_any_order(book, small, file):
    rng = random.Random(1)
    for table in TABLES.values():
        sheet = book[table.name]
        kept = [[(cell.value, cell.number_format) for cell in row] for row in sheet.iter_rows()]
        order, rows = rng.sample(range(len(kept[0])), len(kept[0])), [kept[0], *rng.sample(kept[1:], len(kept) - 1)]
        for number, row in enumerate(rows, 1):
            for place, source in enumerate(order, 1):
                cell = sheet.cell(number, place)
                cell.value, cell.number_format = row[source]
    expect_same(read_back(book, file), small)


def test_spaces_around_a_text_are_dropped_and_dates_may_be_text(book, small, file):
    for table, field in [
        (ASSUMPTIONS, "key"),
        (ASSUMPTIONS, "why"),
        (ASSUMPTIONS, "reliability"),
        (CHANGES, "scenario"),
        (CASE, "field"),
    ]:
        for cell in column(book, table, field):
            cell.value = f"  {cell.value} "
    for cell in column(book, ASSUMPTIONS, "reviewed"):
        cell.value = f"{cell.value:%Y-%m-%d}"
    expect_same(read_back(book, file), small)


def test_a_line_end_of_another_program_is_a_line_end(book, file):
    column(book, ASSUMPTIONS, "why")[0].value = "one_x000D_\ntwo\nthree"
    entry = read_back(book, file)["central"].entry("budget.contingency")
    assert entry.why == "one\ntwo\nthree"


def test_an_entry_says_where_it_was_written(template, small, file):
    file.write_bytes(template)
    read = read_workbook(file, SMALL)
    entry = read["central"].entry("costs.ifa_fostering")
    assert (entry.file, entry.line, entry.layer) == ("filled.xlsx", 3, "slough/2011-06")
    assert read["central"].entry("costs.residential").layer == "national"
    entry = read["high_migration"].entry("population.net_migration")
    assert (entry.file, entry.layer) == ("filled.xlsx", "scenarios/high_migration")
    assert column(load_workbook(file), CHANGES, "key")[entry.line - 2].value == "population.net_migration"


def test_a_range_that_is_carried_stays_carried(book, file):
    place = [cell.value for cell in column(book, CHANGES, "key")].index("costs.ifa_fostering")
    cell = column(book, CHANGES, "value")[place]
    cell.value = 815 * 2
    high = read_back(book, file)["high_migration"]
    assert (high.scenario.changes["costs.ifa_fostering"].low, high.entry("costs.ifa_fostering").low) == (None, 764 * 2)


def test_new_scenarios_changes_and_tables_go_into_the_empty_rows(book, file):
    book["Scenarios"].append([])
    for sheet, row, contents in [
        ("Scenarios", 10, ["new-one", "New", 9, "to try"]),
        ("Changes", 20, ["new-one", "costs.residential", None, 2600, None, None, "dearer"]),
        ("Case", 13, ["tables.spending", None, "spending_table"]),
    ]:
        for place, content in enumerate(contents, 1):
            book[sheet].cell(row, place, content)
    read = read_back(book, file)
    assert list(read)[-1] == "new-one" and read["new-one"].value("costs.residential") == 2600
    assert read["central"].case.tables["spending"] == "spending_table"


def test_links_to_other_workbooks_are_ignored_where_no_input_holds_them(book, small, file):
    column(book, ASSUMPTIONS, "key")[0].parent["C2"].value = "='[other.xlsx]Sheet1'!A1"
    expect_same(read_back(book, file), small)


def libreoffice() -> str:
    found = shutil.which("libreoffice") or shutil.which("soffice")
    return found or pytest.skip("LibreOffice is not installed: a workbook saved by it was NOT tried")


@pytest.mark.parametrize("month", CASES)
def test_a_workbook_saved_by_libreoffice_reads_the_same(month, tmp_path):
    wanted, program = held(PARAMS, month=month), libreoffice()
    write_template(tmp_path / "filled.xlsx", wanted)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    saved = [
        program,
        profile,
        "--headless",
        "--convert-to",
        "xlsx",
        "--outdir",
        tmp_path / "saved",
        tmp_path / "filled.xlsx",
    ]
    subprocess.run(saved, check=True, capture_output=True, timeout=60)
    with zipfile.ZipFile(tmp_path / "saved" / "filled.xlsx") as parts:
        assert b"LibreOffice" in parts.read("docProps/app.xml")
    expect_same(read_workbook(tmp_path / "saved" / "filled.xlsx", PARAMS), wanted)


# Sheets, rows and files


def test_a_sheet_missing_renamed_or_added_is_refused(book, file):
    book["Scenarios"].title = "Scenario list"
    message = refusal(book, file)
    assert "filled.xlsx: the sheet Scenarios is missing" in message
    assert "filled.xlsx, sheet Scenario list: is not part of the template. Did you mean Scenarios?" in message
    book["Scenario list"].title = "Scenarios"
    del book["Read me"]
    read_back(book, file)
    book.create_sheet("Assumptions (2)").sheet_state = "veryHidden"
    assert "sheet Assumptions (2): is not part of the template" in refusal(book, file)


def test_a_header_that_is_missing_is_refused(book, file):
    book["Assumptions"]["H1"].value = None
    assert "sheet Assumptions, cell A1: the column Value is missing from row 1" in refusal(book, file)


def test_rows_that_are_missing_are_refused(book, file):
    book["Assumptions"].delete_rows(3)
    book["Case"].delete_rows(2)
    message = refusal(book, file)
    assert (
        "sheet Assumptions: 1 of the keys in catalogue.yaml have no row" in message and "costs.ifa_fostering" in message
    )
    assert "sheet Case: a row is missing" in message and "council (the council's folder" in message


def test_the_central_scenario_must_be_there(book, small, file):
    book["Scenarios"].delete_rows(2)
    assert "sheet Scenarios: there is no row central" in refusal(book, file)
    with pytest.raises(BadInput, match="no scenario central"):
        write_template(file, {"high_migration": small["high_migration"]})
    other = held(SMALL, "exampleton", "2026-10")
    with pytest.raises(BadInput, match="another council or month"):
        write_template(file, {**small, "high_migration": other["high_migration"]})


def test_something_far_from_the_table_is_refused(book, file):
    book["Case"]["A900000"].value = "x"
    assert "sheet Case, cell C900000: is far outside the table" in refusal(book, file)


def packed(parts: dict[str, bytes]) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


OLD = bytes.fromhex("D0CF11E0A1B11AE1")
BOMB = b'<!DOCTYPE x [<!ENTITY a "a"><!ENTITY b "&a;&a;">]>'
FILES = [
    ("filled.xls", OLD, "is the old Excel format; expected an Excel workbook"),
    ("filled.csv", b"a,b\n", "is one sheet as text; expected an Excel workbook"),
    ("filled.xlsm", b"PK", "is a workbook with macros, which may run programs"),
    ("filled.txt", b"", "is not a workbook"),
    ("~$filled.xlsx", b"", "Name the workbook itself"),
    ("filled.xlsx", OLD + bytes(99), "is the old Excel format"),
    ("filled.xlsx", OLD + "EncryptedPackage".encode("utf-16-le"), "is protected by a password. Remove it"),
    ("filled.xlsx", b"", "is not an Excel workbook, or it is damaged"),
    ("filled.xlsx", b"a,b\n1,2\n", "is not an Excel workbook, or it is damaged"),
    ("filled.xlsx", packed({"a.txt": b"a"}), "is not an Excel workbook, or it is damaged"),
    ("filled.xlsx", packed({"[Content_Types].xml": b"<x"}), "is not an Excel workbook, or it is damaged"),
    ("filled.xlsx", packed({"[Content_Types].xml": b"", "xl/vbaProject.bin": b""}), "is a workbook with macros"),
    ("filled.xlsx", packed({"[Content_Types].xml": b"", "x.xml": BOMB}), "is not an Excel workbook, or it is damaged"),
    ("filled.xlsx", packed({"[Content_Types].xml": bytes(MOST_UNPACKED + 1)}), "is larger than 30 million bytes"),
    ("filled.xlsx", bytes(MOST_BYTES + 1), "is larger than 5 million bytes"),
]


@pytest.mark.parametrize(("name", "content", "said"), FILES)
def test_a_file_of_another_kind_is_refused(name, content, said, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput) as caught:
        read_workbook(tmp_path / name, SMALL)
    assert (
        str(caught.value).startswith(f"{name}: ")
        and said in str(caught.value)
        and str(tmp_path) not in str(caught.value)
    )


def test_a_file_that_is_not_there_or_cut_short_is_refused(template, file):
    with pytest.raises(BadInput, match="filled.xlsx: there is no such file"):
        read_workbook(file, SMALL)
    for length in range(100, len(template), len(template) // 20):
        file.write_bytes(template[:length])
        with pytest.raises(BadInput, match="is not an Excel workbook, or it is damaged"):
            read_workbook(file, SMALL)
    file.unlink()
    file.mkdir()
    with pytest.raises(BadInput, match="cannot be read"):
        read_workbook(file, SMALL)
    with pytest.raises(BadInput, match="cannot be written"):
        write_template(file, held(SMALL))


def test_definitions_that_multiply_text_are_refused(template, file):
    with zipfile.ZipFile(BytesIO(template)) as parts:
        held = {name: parts.read(name) for name in parts.namelist()}
    held["xl/workbook.xml"] = held["xl/workbook.xml"].replace(b"<workbook ", b"<!DOCTYPE x><workbook ", 1)
    file.write_bytes(packed(held))
    with pytest.raises(BadInput, match="is not an Excel workbook, or it is damaged"):
        read_workbook(file, SMALL)


def test_a_damaged_file_is_refused_or_read_the_same(template, small, file):
    rng = random.Random(3)
    for _ in range(30):
        content = bytearray(template)
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        file.write_bytes(content)
        try:
            expect_same(read_workbook(file, SMALL), small)
        except BadInput as error:
            assert str(error).startswith("filled.xlsx")


# The template


def test_the_same_assumptions_give_the_same_bytes(small, tmp_path):
    for name in ("one.xlsx", "two.xlsx"):
        write_template(tmp_path / name, small)
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()
    assert load_workbook(tmp_path / "one.xlsx").properties.created == datetime(2000, 1, 1)


def test_sheets_are_protected_and_inputs_are_unlocked(book):
    assert book.security.lockStructure and book.sheetnames == ["Read me", *TABLES]
    for sheet in book:
        assert sheet.protection.sheet and not sheet.protection.password
        assert sheet.page_setup.orientation == "landscape" and sheet.sheet_properties.pageSetUpPr.fitToPage
    for table in TABLES.values():
        assert book[table.name].freeze_panes and not book[table.name].protection.sort
        for told in table.columns:
            cells = column(book, table, told.field)
            fills = {cell.fill.fgColor.rgb for cell in cells}
            assert {cell.protection.locked for cell in cells} == {not (told.editable and told.kind != "note")}
            assert fills == {"FFFFF2CC" if told.editable and told.kind != "note" else "FFF2F2F2"}


def test_the_guide_shows_each_colour_once_and_no_text_is_cut(book):
    fills = [cell.fill.fgColor.rgb for (cell,) in book["Read me"].iter_rows() if cell.fill.fill_type]
    assert fills == ["FFFFF2CC", "FFF2F2F2"]
    for sheet in book:
        for (cell,) in sheet.iter_rows(max_col=1, max_row=5):
            lines = len(str(cell.value or "")) / sheet.column_dimensions["A"].width
            assert (sheet.row_dimensions[cell.row].height or 15) >= 15 * lines


def test_spare_rows_are_open(book):
    for table in TABLES.values():
        sheet = book[table.name]
        assert (
            sheet.max_row - 1 - len(column(book, table, table.columns[0].field if table is not ASSUMPTIONS else "key"))
            == table.spare_rows
        )
        if table.spare_rows:
            last = sheet[sheet.max_row]
            assert [not cell.protection.locked for cell in last] == [told.kind != "note" for told in table.columns]


def test_each_value_has_its_limits_and_a_remark(file):
    wanted = held(PARAMS)
    write_template(file, wanted)
    book, catalogue = load_workbook(file), wanted["central"].catalogue
    sheet = book["Assumptions"]
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    for cell in column(book, ASSUMPTIONS, "value"):
        item, unit = catalogue.item_and_unit(sheet[f"B{cell.row}"].value)
        rule = rules[f"H{cell.row}:J{cell.row}"]
        assert (float(rule.formula1), float(rule.formula2)) == (item.minimum, item.maximum)
        assert (
            rule.type == "decimal"
            and rule.showErrorMessage
            and item.description[:50] in rule.error
            and len(rule.error) <= 255
        )
        assert item.description in cell.comment.text and unit.description in cell.comment.text


def test_the_lists_are_those_of_the_workbook(book):
    lists = {
        str(rule.sqref): rule.formula1
        for rule in book["Changes"].data_validations.dataValidation
        if rule.type == "list"
    }
    assert lists == {"A2:A66": "Scenarios!$A$2:$A$14", "B2:B66": "Assumptions!$B$2:$B$7"}
    lists = {rule.formula1 for rule in book["Assumptions"].data_validations.dataValidation if rule.type == "list"}
    assert lists == {'"red,amber,green"', '"yes,no"'}


@pytest.mark.parametrize("text", ["x" * (MOST_TEXT + 1), "a\tb", "a_x0041_b"])
def test_a_text_that_no_cell_can_hold_is_not_written(text, small, file):
    base = small["central"]
    entry = base.central["budget.contingency"].model_copy(update={"why": text})
    central = {**base.central, "budget.contingency": entry}
    with pytest.raises(BadInput, match="sheet Assumptions, column Why: the text"):
        write_template(file, {"central": Assumptions(base.case, base.scenario, base.catalogue, central, central)})
    with pytest.raises(BadInput, match="ends in .xlsx"):
        write_template(file.with_suffix(".xls"), small)


# Back to YAML


def bare(params: Path, folder: Path) -> Path:
    """A params folder that holds the catalogue and the national figures only."""
    folder.mkdir()
    for name in ("catalogue.yaml", "national.yaml"):
        shutil.copy(params / name, folder)
    return folder


@pytest.mark.parametrize("month", CASES)
def test_yaml_to_workbook_to_yaml_loses_nothing(month, file, tmp_path):
    wanted, folder = held(PARAMS, month=month), bare(PARAMS, tmp_path / "params")
    write_template(file, wanted)
    written = to_yaml(folder, read_workbook(file, PARAMS))
    assert len(written) == 1 + len(wanted)
    expect_same(held(folder, month=month), wanted)


def test_random_sets_survive_workbook_and_yaml(small, file, tmp_path):
    for seed in range(20):
        wanted, folder = some_set(seed, small["central"]), bare(SMALL, tmp_path / f"params{seed}")
        write_template(file, wanted)
        to_yaml(folder, read_workbook(file, SMALL))
        found = held(folder)
        assert list(found) == list(wanted)
        for slug, right in wanted.items():
            assert (found[slug].case, found[slug].scenario) == (right.case, right.scenario)
            for key, entry in right.entries.items():
                assert without_place(found[slug].entry(key)) | {"layer": ""} == without_place(entry) | {"layer": ""}


def test_what_has_not_changed_is_not_rewritten(book, file, tmp_path):
    params = tmp_path / "params"
    shutil.copytree(SMALL, params)
    assert to_yaml(params, read_back(book, file)) == []
    rows = {cell.value: cell.row for cell in column(book, ASSUMPTIONS, "key")}
    book["Assumptions"][f"H{rows['costs.residential']}"].value = 2600
    case = params / "slough" / "2011-06" / "case.yaml"
    assert to_yaml(params, read_back(book, file)) == [case]
    entry = held(params)["central"].entry("costs.residential")
    assert (entry.value, entry.layer) == (2600, "slough/2011-06")
    assert to_yaml(params, read_back(book, file)) == []


def test_a_new_month_made_in_the_workbook_becomes_its_folder(book, file, tmp_path):
    fields = {cell.value: cell.row for cell in column(book, CASE, "field")}
    book["Case"][f"C{fields['month']}"].value = "2011-07"
    params = bare(SMALL, tmp_path / "params")
    to_yaml(params, read_back(book, file))
    assert held(params, month="2011-07")["central"].value("costs.ifa_fostering") == 815
