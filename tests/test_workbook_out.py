"""The workbook out: recalculated by another program, attacked with labels, held to the checklist of accessible sheets."""

import copy
import json
import math
import re
import shutil
import subprocess
import unicodedata
import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from lxml import etree
from openpyxl.utils import range_boundaries
from test_monthly import ACTUAL, BUDGET, small_case, with_ledger

from forecast.case.errors import BadInput
from forecast.case.lines import LINES
from forecast.questions.answer import answer
from forecast.questions.monthly import monthly_costs
from forecast.report.workbook import sources_table, write_workbook
from forecast.report.workbook.cells import Column, Formula, Sheet, letters, rounded
from forecast.report.workbook.write import workbook_bytes
from forecast.runs import folders, pipeline
from forecast.sources import files

AS_OF = date(2011, 6, 9)
SAME = 1e-6  # pounds or children: the last digits of sums of millions
NAMESPACE = {"s": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
OFFICE = shutil.which("soffice")
recalculated_by_another = pytest.mark.skipif(
    OFFICE is None, reason="LibreOffice (soffice) is not installed: NO FORMULA WAS RECALCULATED by another program"
)
SENSITIVITIES = {
    "draws": 60,
    "call": 600_000.0,
    "sure": 0.8,
    "share_of_children": 0.8,
    "assumptions": [
        {
            "key": "contact.agency_hour",
            "assumption": "Price of a supervised hour",
            "low": 25.0,
            "value": 35.0,
            "high": 50.0,
            "call_at_low": -27_268.5,
            "call_at_high": 30_659.25,
            "share_of_variance": 0.0016,
            "switching_value": 24.406499,
        },
        {
            "key": "prices.pay",
            "assumption": "Yearly rise of pay",
            "low": -0.005,
            "value": 0.0,
            "high": 0.01,
            "call_at_low": -7_294.0,
            "call_at_high": -7_248.0,
            "share_of_variance": None,
            "switching_value": None,
        },
    ],
    "levers": [
        {
            "key": "budget.contingency",
            "lever": "Contingency set aside for the year",
            "now": 600_000.0,
            "enough": 893_000.0,
            "chance": 0.8,
        },
        {"key": "levers.cp_starts", "lever": "CP starts (threshold)", "now": 1.0, "enough": None, "chance": 0.52},
    ],
}


def publish(folder: Path, case, base, projections: dict) -> Path:
    """A run folder as a refresh writes it, without charts and notebooks."""
    told = answer(base, projections) | {"sensitivities": SENSITIVITIES}
    held = pipeline.tables_of(case, base, projections["central"], told) | {
        "monthly": monthly_costs(base, projections),
        "sources": sources_table(case.cards),
    }
    files.write_json(folder / "answer.json", told)
    for name, table in held.items():
        files.write_table(folder / "tables", name, table)
    files.write_json(folder / "manifest.json", folders.manifest(folder, {}, base.draws, base.seed))
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """A small published run of the reference case."""
    return publish(tmp_path_factory.mktemp("runs") / "slough" / "2011-06", *small_case())


@pytest.fixture(scope="module")
def with_actuals(tmp_path_factory) -> Path:
    """The same with a ledger of April and May."""
    base, projection = with_ledger()
    return publish(
        tmp_path_factory.mktemp("ledger") / "slough" / "2011-06", small_case()[0], base, {"central": projection}
    )


@pytest.fixture(scope="module")
def earlier(run, tmp_path_factory) -> Path:
    """The run of the month before: every line £1,000 dearer."""

    def change(told):
        told["month"] = "2011-05"
        cost = told["scenarios"]["central"]["cost"]["2011-12"]
        for figures in cost["lines"].values():
            figures["mean"] += 1000
        cost["net"]["mean"] += 1000 * len(cost["lines"])

    return changed(run, tmp_path_factory.mktemp("earlier") / "2011-05", change)


@pytest.fixture(scope="module")
def book(run, tmp_path_factory) -> Path:
    return written(run, tmp_path_factory.mktemp("book") / "slough.xlsx")


@pytest.fixture(scope="module")
def moved(run, earlier, tmp_path_factory) -> Path:
    """The workbook with the movement since the month before."""
    return written(run, tmp_path_factory.mktemp("moved") / "moved.xlsx", previous=earlier)


def written(run: Path, path: Path, marking: str = "private", previous: Path | None = None, as_of: date = AS_OF) -> Path:
    write_workbook(run, path, as_of, marking, previous)
    return path


def changed(run: Path, folder: Path, change=lambda told: None, tables: dict | None = None) -> Path:
    """A copy of a run with its answer, or some tables, changed."""
    shutil.copytree(run, folder)
    told = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    change(told)
    files.write_json(folder / "answer.json", told)
    for name, table in (tables or {}).items():
        files.write_table(folder / "tables", name, table)
    return folder


def told_by(run: Path) -> dict:
    return json.loads((run / "answer.json").read_text(encoding="utf-8"))


def table_of(workbook, sheet: str) -> pd.DataFrame:
    """The one table of a sheet, by its headings."""
    page = workbook[sheet]
    (held,) = page.tables.values()
    left, top, right, bottom = range_boundaries(held.ref)
    rows = [
        list(row) for row in page.iter_rows(min_row=top, max_row=bottom, min_col=left, max_col=right, values_only=True)
    ]
    return pd.DataFrame(rows[1:], columns=rows[0], index=range(top + 1, bottom + 1))


def address(workbook, sheet: str, header: str, number: int) -> str:
    """The address of one cell of a column of a table, counted from 0."""
    frame = table_of(workbook, sheet)
    return f"{letters(list(frame.columns).index(header))}{frame.index[number]}"


def formulas(path: Path) -> dict[tuple[str, str], str]:
    held = openpyxl.load_workbook(path)
    return {
        (page.title, cell.coordinate): cell.value
        for page in held
        for row in page.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


def unworked(path: Path, into: Path, change: tuple[str, str, float | str] | None = None) -> None:
    """A copy of a workbook without any stored value of a formula, so that another program must work each out.

    change  sheet, cell and the figure or the text to put there
    """
    package = zipfile.ZipFile(path)
    sheets = dict(
        zip(
            openpyxl.load_workbook(path, read_only=True).sheetnames,
            sorted(
                (name for name in package.namelist() if "/sheet" in name and name.endswith(".xml")),
                key=lambda name: int(re.findall(r"(\d+)", name)[0]),
            ),
            strict=True,
        )
    )
    with zipfile.ZipFile(into, "w") as out:
        for name in package.namelist():
            part = package.read(name).decode() if name.endswith(".xml") else package.read(name)
            if name in sheets.values():
                if change is not None and name == sheets[change[0]]:
                    kind, held = ("str", change[2]) if isinstance(change[2], str) else ("n", repr(change[2]))
                    part, count = re.subn(
                        rf'<c r="{change[1]}"( s="\d+")?[^>]*>.*?</c>',
                        rf'<c r="{change[1]}"\1 t="{kind}"><v>{held}</v></c>',
                        part,
                    )
                    assert count == 1, change
                part = re.sub(r"(</f>)<v>[^<]*</v>", r"\1", part)
            out.writestr(name, part)


def recalculated(folder: Path, books: dict[str, tuple[Path, tuple | None]]) -> dict[str, Path]:
    """Workbooks as LibreOffice works them out from the start: name -> (path, change)."""
    (folder / "in").mkdir(parents=True)
    for name, (path, change) in books.items():
        unworked(path, folder / "in" / f"{name}.xlsx", change)
    files = [str(folder / "in" / f"{name}.xlsx") for name in books]
    command = [
        OFFICE,
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--headless",
        "--convert-to",
        "xlsx",
        "--outdir",
        str(folder / "out"),
        *files,
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    return {name: folder / "out" / f"{name}.xlsx" for name in books}


def rows_of(path: Path, sheet: str) -> list[tuple]:
    """The rows of one sheet, read alone."""
    return list(openpyxl.load_workbook(path, read_only=True, data_only=True)[sheet].iter_rows(values_only=True))


def verdict(path: Path) -> tuple[list[str], str, str]:
    """Checks that are not OK, and what the Control sheet and the cover say of all of them."""
    rows = rows_of(path, "Control")
    top = next(number for number, row in enumerate(rows) if row[0] == "Check")
    assert rows[top][-1] == "Status" and {row[-1] for row in rows[top + 1 :]} <= {"OK", "CHECK"}
    on_cover = next(row[0] for row in rows_of(path, "Cover") if str(row[0]).startswith("Control checks:"))
    return [row[0] for row in rows[top + 1 :] if row[-1] != "OK"], rows[1][0], on_cover


def texts(path: Path) -> list[str]:
    held = openpyxl.load_workbook(path, data_only=True)
    return [cell.value for page in held for row in page.iter_rows() for cell in row if isinstance(cell.value, str)]


# --- recalculated by another program ----------------------------------------------------------------------------------


@recalculated_by_another
def test_every_formula_gives_our_value_and_every_control_is_zero(run, moved, with_actuals, tmp_path):
    books = {
        "moved": moved,
        "ledger": written(with_actuals, tmp_path / "ledger.xlsx"),
        "public": written(run, tmp_path / "public.xlsx", marking="public"),
    }
    done = recalculated(tmp_path / "office", {name: (path, None) for name, path in books.items()})
    there, counted = {name: openpyxl.load_workbook(path, data_only=True) for name, path in done.items()}, 0
    for name, path in books.items():
        stored = openpyxl.load_workbook(path, data_only=True)
        for (sheet, cell), formula in formulas(path).items():
            ours, theirs = stored[sheet][cell].value, there[name][sheet][cell].value
            same = (
                ours == theirs
                if isinstance(ours, str)
                else isinstance(theirs, int | float) and math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=SAME)
            )
            assert same, (name, sheet, cell, formula, ours, theirs)
            counted += 1
        control = table_of(there[name], "Control")
        assert (control["Status"] == "OK").all() and (control["Difference"].abs() <= control["Tolerance"]).all()
        assert there[name]["Control"]["A2"].value == f"Overall: OK. All {len(control)} checks hold."
        assert "Control checks: OK. All hold" in [row[0].value for row in there[name]["Cover"].iter_rows(max_col=1)]
    assert counted > 1000


# Sheet, column, row, added -> a part of each check that must then fail. Together they fail every check.
BROKEN = [
    (
        "Monthly profile",
        "P3 June 2011, forecast",
        2,
        100.0,
        [
            "profile: the months of every line",
            "profile: its total",
            "ranges: expected",
            "monitoring: each line's",
            "lines' projected",
            "variance is the answer's",
            "less one-off",
            "first year is",
        ],
    ),
    ("Monthly budget", "P5 August 2011, forecast", 0, 100.0, ["budget: the months of every line", "budget: its total"]),
    ("Monthly ranges", "Expected", 40, -100.0, ["ranges: expected"]),
    (
        "Monthly profile",
        "Year in the answer",
        1,
        100.0,
        ["profile: the months of every line", "monitoring: each line's"],
    ),
    ("Monthly profile", "P4 July 2011, forecast", len(LINES), 100.0, ["totals of the months"]),
    ("Budget monitoring", "Actual to date", 3, 100.0, ["monitoring: the lines' projected"]),
    ("Budget monitoring", "Estimated to date", len(LINES), 100.0, ["actual, estimated and forecast"]),
    ("Budget monitoring", "Projected outturn last time", 2, 100.0, ["last time's outturns"]),
    ("Budget monitoring", "Movement since then", len(LINES), 100.0, ["+ movement"]),
    ("Years ahead", "Gross", 1, 100.0, ["gross less income", "net cost less budget"]),
    ("Years ahead", "Income", 0, 100.0, ["first year is"]),
    ("Contingency", "Expected call", 11, 100.0, ["call at the year's end", "headroom at the year's end"]),
    ("Contingency", "Chance it runs out from this month", 8, 0.01, ["chance it has not run out"]),
    ("Scenario months", "P12 March 2012, forecast", 20, 100.0, ["Scenario months", "net costs sum"]),
    ("Scenarios", "Net cost", 1, 100.0, ["net costs sum", "variances sum"]),
    ("Scenarios", "Expected call", 2, 100.0, ["headrooms sum", "changes of the call", "scenarios' calls"]),
    ("Children", "Looked-after children: starts", 4, 0.5, ["looked-after children at the start"]),
    ("Children", "Looked-after children: at the month's end", 4, 0.5, ["looked-after children, every month"]),
    ("Children", "Child protection plans: ends", 45, 0.5, ["child protection plans at the start"]),
    ("Children", "Child protection plans: at the start of the month", 45, 0.5, ["child protection plans, every month"]),
    ("Causes", "Measures", 1, 100.0, ["causes of every scenario"]),
    ("Causes", "Central call", 0, 100.0, ["central call, to the penny"]),
]


@recalculated_by_another
def test_a_broken_figure_turns_its_checks_away_from_ok(moved, tmp_path):
    stored = openpyxl.load_workbook(moved, data_only=True)
    places = [(sheet, address(stored, sheet, header, row), added) for sheet, header, row, added, _ in BROKEN]
    broken = {
        str(number): (moved, (sheet, cell, stored[sheet][cell].value + added))
        for number, (sheet, cell, added) in enumerate(places)
    }
    there, failed = recalculated(tmp_path / "office", broken), set()
    for number, (sheet, header, *_, expected) in enumerate(BROKEN):
        wrong, overall, on_cover = verdict(there[str(number)])
        assert all(any(part in check for check in wrong) for part in expected), (sheet, header, wrong)
        assert overall.startswith("Overall: CHECK") and on_cover.startswith("Control checks: CHECK")
        failed |= set(wrong)
    assert failed == set(table_of(stored, "Control")["Check"]), "some check was never seen to fail"


@recalculated_by_another
def test_text_in_place_of_a_figure_is_no_ok(book, tmp_path):
    cell = address(openpyxl.load_workbook(book), "Children", "Looked-after children: starts", 0)
    wrong, overall, _ = verdict(recalculated(tmp_path / "office", {"one": (book, ("Children", cell, "n/a"))})["one"])
    assert len(wrong) == 1 and "looked-after children at the start" in wrong[0] and overall.startswith("Overall: CHECK")


# --- the figures are the run's ----------------------------------------------------------------------------------------


def test_outturn_budget_and_variance_are_the_answers(run, book):
    cost, held = told_by(run)["scenarios"]["central"]["cost"]["2011-12"], openpyxl.load_workbook(book, data_only=True)
    shown = table_of(held, "Budget monitoring").set_index("Line")
    for line, (name, _) in LINES.items():
        figures = cost["lines"][line]
        wanted = {
            "Budget": figures["budget"],
            "Projected outturn": figures["mean"],
            "Variance": figures["mean"] - figures["budget"],
            "Outturn, high (90%)": figures["p90"],
        }
        assert all(math.isclose(shown.at[name, header], value, abs_tol=SAME) for header, value in wanted.items()), name
    assert math.isclose(shown.at["Net cost", "Variance"], cost["variance"]["mean"], abs_tol=SAME)
    assert math.isclose(shown.at["Net cost", "Outturn, low (10%)"], cost["net"]["p10"], abs_tol=SAME)


def test_to_date_and_rest_are_those_of_the_months(run, book):
    monthly = pd.read_csv(run / "tables" / "monthly.csv")
    held = monthly[(monthly["scenario"] == "central") & (monthly["financial_year"] == "2011-12")]
    shown = table_of(openpyxl.load_workbook(book, data_only=True), "Budget monitoring").set_index("Line")
    for line, (name, _) in LINES.items():
        own = held[held["line"] == line]
        assert shown.at[name, "Actual to date"] == 0
        assert math.isclose(
            shown.at[name, "Estimated to date"], own.loc[own["month"] < "2011-06", "mean"].sum(), abs_tol=SAME
        )
        assert math.isclose(
            shown.at[name, "Forecast of the rest"], own.loc[own["month"] >= "2011-06", "mean"].sum(), abs_tol=SAME
        )


def test_actuals_are_the_ledgers(with_actuals, tmp_path):
    held = openpyxl.load_workbook(written(with_actuals, tmp_path / "a.xlsx"), data_only=True)
    shown = table_of(held, "Budget monitoring").set_index("Line")
    for line, (name, _) in LINES.items():
        assert math.isclose(
            shown.at[name, "Actual to date"], ACTUAL["2011-04"][line] + ACTUAL["2011-05"][line], abs_tol=SAME
        )
        assert (
            math.isclose(shown.at[name, "Budget"], BUDGET[line], abs_tol=SAME)
            and shown.at[name, "Estimated to date"] == 0
        )
    assert "P1 April 2011, actual" in table_of(held, "Monthly profile") and "P3 June 2011, forecast" in table_of(
        held, "Monthly profile"
    )
    assert any(line.startswith("Actual: April 2011 and May 2011.") for line in texts(tmp_path / "a.xlsx"))


def test_movement_is_against_the_run_given(run, earlier, moved):
    shown = table_of(openpyxl.load_workbook(moved, data_only=True), "Budget monitoring").set_index("Line")
    before, now = (told_by(folder)["scenarios"]["central"]["cost"]["2011-12"]["lines"] for folder in (earlier, run))
    for line, (name, _) in LINES.items():
        assert math.isclose(shown.at[name, "Projected outturn last time"], before[line]["mean"], abs_tol=SAME)
        assert math.isclose(
            shown.at[name, "Movement since then"], now[line]["mean"] - before[line]["mean"], abs_tol=SAME
        )
    assert math.isclose(shown.at["Net cost", "Movement since then"], -1000 * len(LINES), abs_tol=SAME)


def test_scenarios_contingency_children_and_causes_are_the_answers(run, book):
    told, held = told_by(run), openpyxl.load_workbook(book, data_only=True)
    scenarios, pot = (
        table_of(held, "Scenarios").set_index("Scenario"),
        table_of(held, "Contingency").set_index("To the end of"),
    )
    for one in told["scenarios"].values():
        row, there = scenarios.loc[one["name"]], one["contingency"]
        assert math.isclose(row["Expected call"], there["call"]["mean"], abs_tol=SAME) and math.isclose(
            row["Expected headroom"], there["headroom"]["mean"], abs_tol=SAME
        )
        assert row["Chance it holds"] == there["chance_holds"] and math.isclose(
            row["Enough to be 80% sure"], there["enough"]["80"], abs_tol=SAME
        )
        assert math.isclose(
            row["Call less the central call"], one["difference_from_central"]["call"]["mean"], abs_tol=SAME
        )
    central = told["scenarios"]["central"]
    assert math.isclose(pot.at["March 2012", "Call, high (90%)"], central["contingency"]["call"]["p90"], abs_tol=SAME)
    assert math.isclose(
        pot.at["March 2012", "Chance it has not run out"], central["contingency"]["chance_holds"], abs_tol=SAME
    )
    assert pot["Basis"].tolist() == ["Estimated"] * 2 + ["Forecast"] * 10
    children = table_of(held, "Children").set_index("Month")
    assert children.at["June 2011", "Looked-after children: at the start of the month"] == 176
    assert (
        children.at["March 2015", "Child protection plans: low (10%)"]
        == central["children"]["cp"]["month_ends"][-1]["p10"]
    )
    causes = table_of(held, "Causes").set_index("Scenario")
    parts = told["scenarios"]["permanence"]["causes"]["parts"]
    assert (
        causes.at["Permanence", "Measures"] == parts["measures"]
        and causes.at["Permanence", "Causes together, beyond each alone"] == parts["interaction"]
    )
    assert causes.at["Permanence", "Births"] == 0 if "Births" in causes else True


def test_inputs_are_the_log_with_the_switching_values(run, book):
    held = openpyxl.load_workbook(book, data_only=True)
    log, shown = pd.read_parquet(run / "tables" / "assumptions.parquet"), table_of(held, "Inputs")
    assert shown["Value"].tolist() == log["Value"].tolist() and shown["Source"].tolist() == log["Source"].tolist()
    assert shown["Low"].tolist() == ["[z]" if math.isnan(low) else low for low in log["Low"]]
    spent = table_of(held, "Sensitivities").set_index("Assumption")
    assert (
        spent.at["Price of a supervised hour", "Contingency spent exactly at"] == 24.406499
        and spent.at["Yearly rise of pay", "Contingency spent exactly at"] == "[z]"
    )
    assert (
        spent.at["Price of a supervised hour", "High less low"] == 30_659.25 + 27_268.5
        and spent.at["Price of a supervised hour", "Unit"] == "pounds an hour"
    )
    goal = table_of(held, "Goal-seek").set_index("Lever")
    assert goal["Change needed"].tolist() == [293_000.0, "[z]"]


def test_history_hides_what_its_publisher_hid_and_reconciles(run, book):
    held = openpyxl.load_workbook(book, data_only=True)
    past, raw = table_of(held, "History"), pd.read_parquet(run / "tables" / "history.parquet")
    assert (
        past["Value"].tolist() == ["[c]" if value == "x" else float(value) for value in raw["value"]]
        and "[c]" in past["Value"].tolist()
    )
    spent = table_of(held, "Reconciliation").set_index("Spending")
    assert spent.at["Total Children Looked After", "Published"] == 7_945_366, "DfE s251 outturn, Slough, 2010-11"
    assert (
        spent.at["Total Children Looked After", "Modelled less published"]
        == spent.at["Total Children Looked After", "Modelled"] - 7_945_366
    )


def test_an_adjustment_of_the_base_budget_is_a_row_of_its_own_and_sums(run, tmp_path):
    was = told_by(run)["scenarios"]["central"]["cost"]["2011-12"]["budget_adjustment"]

    def change(told):
        for scenario in told["scenarios"].values():
            cost = scenario["cost"]["2011-12"]
            cost["budget_adjustment"] += 50_000.0
            cost["budget"] += 50_000.0
            cost["variance"]["mean"] -= 50_000.0
            scenario["contingency"]["variance"]["mean"] -= 50_000.0

    held = openpyxl.load_workbook(
        written(changed(run, tmp_path / "2011-06", change), tmp_path / "a.xlsx"), data_only=True
    )
    shown = table_of(held, "Budget monitoring").set_index("Line")
    assert shown.at["Base budget adjustment", "Budget"] == pytest.approx(was + 50_000) and shown.at[
        "Base budget adjustment", "Variance"
    ] == pytest.approx(-was - 50_000)
    assert (table_of(held, "Control")["Status"] == "OK").all()


# --- cover ------------------------------------------------------------------------------------------------------------


def test_the_cover_says_what_when_until_when_and_links_every_sheet(run, book):
    held = openpyxl.load_workbook(book, data_only=True)
    cover, manifest = held["Cover"], json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    lines = [row[0] for row in cover.iter_rows(max_col=1, values_only=True)]
    assert (
        lines[1].startswith("Marking: PRIVATE")
        and "Council: Slough" in lines
        and f"Run: slough {folders.run_id(run)}" in lines
    )
    assert any(manifest["code_sha256"][:12] in line and f"version {manifest['version']}" in line for line in lines)
    assert "As of: 9 June 2011" in lines and any(line.startswith("Figures up to: 31 May 2011.") for line in lines)
    cards, reviews = (
        pd.read_parquet(run / "tables" / "sources.parquet"),
        pd.read_parquet(run / "tables" / "assumptions.parquet")["Review by"],
    )
    first = min(cards["expires"].min(), min(reviews).isoformat())
    assert any(
        line.startswith(f"Use until: {int(first[8:])} ") and first[:4] in line and "EXPIRED" not in line
        for line in lines
    )
    links = {cell.hyperlink.location for row in cover.iter_rows() for cell in row if cell.hyperlink}
    assert links == {f"'{name}'!A1" for name in held.sheetnames[1:]}
    assert all(
        any(
            row[0].hyperlink and row[0].hyperlink.location == "'Cover'!A1"
            for row in held[name].iter_rows(max_row=8, max_col=1)
        )
        for name in held.sheetnames[1:]
    )


def test_an_expired_workbook_says_so_and_a_run_without_sources_goes_by_its_reviews(run, tmp_path):
    late = texts(written(run, tmp_path / "late.xlsx", as_of=date(2031, 1, 1)))
    assert any("EXPIRED" in line for line in late)
    older = changed(run, tmp_path / "2011-06")
    (older / "tables" / "sources.parquet").unlink()
    path = written(older, tmp_path / "older.xlsx")
    assert "Sources" not in openpyxl.load_workbook(path).sheetnames
    review = min(pd.read_parquet(run / "tables" / "assumptions.parquet")["Review by"])
    assert any(
        line.startswith(f"Use until: {review.day} {review:%B %Y}, the earliest review date") for line in texts(path)
    )


# --- public -----------------------------------------------------------------------------------------------------------


def test_public_leaves_out_the_councils_rows_and_small_counts(run, tmp_path):
    history = pd.read_parquet(run / "tables" / "history.parquet")
    own = {
        "area": "Slough",
        "unit": "children",
        "status": "council",
        "source": "the council",
        "table": "own",
        "period": "2011-04-30",
    }
    few = [
        own | {"measure": "lac_stock", "breakdown": "all", "category": "all", "value": "4"},
        own | {"measure": "lac_stock", "breakdown": "age_band", "category": "1_4", "value": "37"},
    ]
    held = changed(
        run, tmp_path / "2011-06", tables={"history": pd.concat([history, pd.DataFrame(few)], ignore_index=True)}
    )
    shown = {
        marking: openpyxl.load_workbook(written(held, tmp_path / f"{marking}.xlsx", marking), data_only=True)
        for marking in ("public", "private")
    }
    past = {marking: table_of(book, "History") for marking, book in shown.items()}
    april = {
        marking: table.loc[table["Date or year"] == "30 April 2011", "Value"].tolist()
        for marking, table in past.items()
    }
    assert april == {"public": ["[c]"], "private": [4, 37]}
    assert set(table_of(shown["public"], "Calibration")["Area"]) == {"England"} and "Slough" in set(
        table_of(shown["private"], "Calibration")["Area"]
    )
    assert shown["public"]["Cover"]["A2"].value.startswith("Marking: PUBLIC")


def test_actual_spending_by_line_is_not_public(with_actuals, tmp_path):
    with pytest.raises(BadInput, match="Mark it private"):
        written(with_actuals, tmp_path / "a.xlsx", marking="public")
    assert not (tmp_path / "a.xlsx").exists()


# --- mistakes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda folder: (folder / "answer.json").unlink(), "answer.json is missing"),
        (lambda folder: (folder / "answer.json").write_text("{", encoding="utf-8"), "answer.json is damaged"),
        (lambda folder: files.write_json(folder / "answer.json", {"schema": "forecast-answer-1"}), "another version"),
        (lambda folder: (folder / "tables" / "monthly.parquet").unlink(), "tables/monthly.parquet is missing"),
        (
            lambda folder: (folder / "tables" / "history.parquet").write_bytes(b"PAR1"),
            "tables/history.parquet is missing or damaged",
        ),
        (lambda folder: (folder / "manifest.json").unlink(), "manifest.json is missing"),
        (
            lambda folder: files.write_table(
                folder / "tables", "monthly", pd.read_parquet(folder / "tables" / "monthly.parquet").iloc[1:]
            ),
            "each cost line once",
        ),
    ],
)
def test_a_run_that_is_not_whole_is_refused_and_the_old_file_stands(run, tmp_path, change, expected):
    held, path = changed(run, tmp_path / "2011-06"), tmp_path / "a.xlsx"
    path.write_bytes(b"the last one")
    change(held)
    with pytest.raises(BadInput, match=expected):
        written(held, path)
    assert path.read_bytes() == b"the last one" and [one.name for one in tmp_path.iterdir() if one.is_file()] == [
        "a.xlsx"
    ]


def test_wrong_arguments_are_refused(run, earlier, tmp_path):
    for arguments, expected in (
        ({"as_of": date(2011, 5, 1)}, "Give a later day"),
        ({"previous": run}, "expected an earlier month"),
    ):
        with pytest.raises(BadInput, match=expected):
            written(run, tmp_path / "a.xlsx", **arguments)
    other = changed(earlier, tmp_path / "2011-04", lambda told: told.update(council="elsewhere", area="Elsewhere"))
    with pytest.raises(BadInput, match="of Slough than"):
        written(run, tmp_path / "a.xlsx", previous=other)


def test_the_same_run_gives_the_same_bytes(run, moved, earlier, tmp_path):
    again = written(run, tmp_path / "again.xlsx", previous=earlier)
    assert again.read_bytes() == moved.read_bytes()
    assert all(member.date_time == (1980, 1, 1, 0, 0, 0) for member in zipfile.ZipFile(again).infolist())


# --- the checklist of accessible spreadsheets -------------------------------------------------------------------------


def test_every_sheet_keeps_the_checklist(moved):
    held = openpyxl.load_workbook(moved)
    assert (
        held.sheetnames[0] == "Cover"
        and held.sheetnames[1] == "Notes"
        and held.sheetnames[-1] == "Control"
        and held.active.title == "Cover"
    )
    names = [name for page in held for name in page.tables]
    assert len(names) == len(set(names)) == len(held.sheetnames), "one table a sheet, each with its own name"
    titles = [page["A1"].value for page in held]
    assert len(titles) == len(set(titles))
    for page in held:
        assert page.sheet_state == "visible" and not page.merged_cells.ranges, page.title
        assert isinstance(page["A1"].value, str) and page["A1"].font.b and page["A1"].font.sz > 11
        assert page.sheet_view.selection[-1].activeCell == "A1" or all(
            one.activeCell == "A1" for one in page.sheet_view.selection
        )
        assert all(not row.hidden for row in page.row_dimensions.values()) and all(
            not column.hidden for column in page.column_dimensions.values()
        )
        assert page.title == "Cover" or page.freeze_panes is not None
        (table,) = page.tables.values()
        left, top, right, bottom = range_boundaries(table.ref)
        assert left == 1 and bottom == page.max_row and right == page.max_column and table.autoFilter is None
        assert all(page.cell(row, 1).value for row in range(1, top)), "no blank row above the table"
        headers = [page.cell(top, column).value for column in range(left, right + 1)]
        assert all(headers) and len({header.lower() for header in headers}) == len(headers)
        blank = [
            cell.coordinate
            for row in page.iter_rows(min_row=top, max_row=bottom, max_col=right)
            for cell in row
            if cell.value in (None, "")
        ]
        assert not blank, (page.title, blank[:5])
        assert all(page.column_dimensions[letters(place)].width >= 10 for place in range(right))


def test_words_wrap_figures_have_formats_and_no_fill_says_anything(moved):
    held = openpyxl.load_workbook(moved)
    for page in held:
        (table,) = page.tables.values()
        _, top, right, bottom = range_boundaries(table.ref)
        for row in page.iter_rows(min_row=top + 1, max_row=bottom, max_col=right):
            for cell in row:
                assert cell.fill.fill_type is None, "colour alone would say something"
                if isinstance(cell.value, int | float):
                    assert cell.number_format != "General" and cell.alignment.horizontal == "right", (
                        page.title,
                        cell.coordinate,
                    )
                elif (
                    isinstance(cell.value, str)
                    and cell.data_type == "s"
                    and cell.alignment.horizontal != "right"
                    and not cell.hyperlink
                ):
                    assert cell.alignment.wrap_text, (page.title, cell.coordinate)


def test_properties_and_alternative_text(moved):
    held = openpyxl.load_workbook(moved)
    properties = held.properties
    assert (
        properties.title == "Slough, June 2011: will £600,000 be enough? Workbook"
        and properties.creator == "forecast"
        and properties.language == "en-GB"
    )
    assert properties.created.year == 2000
    package = zipfile.ZipFile(moved)
    drawings = [package.read(name).decode() for name in package.namelist() if name.startswith("xl/drawings/drawing")]
    alts = re.findall(r'descr="([^"]+)"', "".join(drawings))
    assert len(drawings) == len(alts) == 1 and "£600,000" in alts[0] and "Line chart" in alts[0]
    dashes = re.findall(r'<a:prstDash val="(\w+)"', package.read("xl/charts/chart1.xml").decode())
    assert len(set(dashes)) == 4, "four lines, each drawn another way: told apart without colour"


def test_no_raw_column_name_is_shown(moved, with_actuals, tmp_path):
    shown = [
        text
        for path in (moved, written(with_actuals, tmp_path / "a.xlsx"))
        for text in texts(path)
        if not text.startswith("http")
    ]
    words = [re.sub(r"\S*/\S*|\S+\.(?:py|csv)\b", "", text) for text in shown]  # a source may name its file
    assert not [text for text in words if re.search(r"\b[a-z0-9]+_[a-z0-9_]+\b", text)]
    assert not [text for text in shown if re.search(r"\b(nan|None(?! announced)|NaT|p10|p90|lac|cp)\b", text)]


# --- attack -----------------------------------------------------------------------------------------------------------

SEEDS = [
    "=1+1",
    '=HYPERLINK("http://evil.example","x")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "{=1+1}",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "'=1",
    "=",
    "==1",
    "=1|2",
    "http://evil.example",
    "https://evil.example/a?b=c&d",
    "ftp://evil.example",
    "mailto:a@b.c",
    "internal:Cover!A1",
    "external:c:\\evil.xlsx",
    "file:///etc/passwd",
    "www.evil.example",
    "<r><t>rich</t></r>",
    "<r></t></si></sst>",
    "<r><f>1+1</f></r>",
    "<f>1+1</f>",
    "]]>",
    "<!--",
    "&lt;f&gt;",
    "&#61;1",
    "</t><f>1</f><t>",
    "<?xml?>",
    "_x003D_1+1",
    "_x0000_",
    "_x005F_",
    "\x00=1",
    "\x01",
    "\x1f=1",
    "\x7f",
    "\u202e=1",
    "\u200b=1",
    "\ufeff=1",
    "\ufffe",
    "\uffff",
    "\ud800",
    "\U000e0041",
    "＝1",
    "−1",
    "a" * 40_000,
    "=" + "a" * 40_000,
    "",
    " ",
    "%0A=1",
    "A1",
    "R1C1",
    "'Cover'!A1",
    "[1]Sheet!A1",
    "#REF!",
    "TRUE",
    "1e5",
    "1/2",
    "2011-06",
    "00123",
    "£1",
    "{Budget}",
    "[Budget]",
    "[:Budget]",
    "%s %d {0}",
    "\\",
    '"',
    "'",
    "`",
    "{{7*7}}",
    "${7*7}",
]
HOSTILE = [f"{seed}{tail}" for tail in ("", " & <b>", "\n=2+2") for seed in SEEDS][:200]


def meant(label: str) -> str:
    """What a reader should see: the letters that can be seen, on one line; [x] for none."""
    unseen = {"Cc", "Cf", "Cs", "Co", "Cn"}
    flat = re.sub("[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+", " ", label)
    seen = "".join(letter for letter in flat if unicodedata.category(letter) not in unseen)
    return seen if len(seen) <= 32_000 else f"{seen[:31_999]}…"


def live(package: bytes) -> dict:
    """Everything live in a workbook's XML: formulas by place, links out, and parts that no workbook of ours has."""
    held = zipfile.ZipFile(BytesIO(package))
    found = {"formulas": {}, "out": [], "rich": 0, "parts": [], "drawn": []}
    for name in held.namelist():
        content = held.read(name)
        tree = etree.fromstring(content)
        if name.startswith("xl/worksheets/sheet"):
            found["formulas"] |= {
                (name, cell.get("r")): cell.findtext("s:f", namespaces=NAMESPACE)
                for cell in tree.iterfind(".//s:c[s:f]", NAMESPACE)
            }
            found["out"] += [
                link.attrib
                for link in tree.iterfind(".//s:hyperlink", NAMESPACE)
                if link.get("location") is None
                or len(link.attrib) > 3
                or any("relationships" in key for key in link.attrib)
            ]
        if name.startswith("xl/charts/"):
            found["drawn"] += [part.text for part in tree.iter("{*}f")]
        if name.endswith(".rels"):
            found["out"] += [part.attrib for part in tree if part.get("TargetMode") == "External"]
        if name == "xl/sharedStrings.xml":
            found["rich"] += len(tree.findall(".//s:r", NAMESPACE)) + len(tree.findall(".//s:f", NAMESPACE))
        if re.search(r"externalLink|vba|activeX|embeddings|connections|queryTable|customXml", name):
            found["parts"].append(name)
    return found


def harmless(package: bytes, plain: bytes) -> None:
    held, before = live(package), live(plain)
    assert held["formulas"] == before["formulas"], "a label became a formula, or changed one"
    assert held["drawn"] == before["drawn"], "a label became an address in a chart"
    assert not held["out"] and not held["rich"] and not held["parts"]


def one_sheet(label: str) -> bytes:
    """A workbook with a label in every place of a sheet that takes words."""
    columns = (
        Column("Line"),
        Column(f"Heading {label}", width=20),
        Column("Pounds", "money"),
        Column("Number", "number"),
    )
    chart = {"title": label, "alt": label, "headers": ["Pounds"], "axis": label}
    rows = ((label, label, 1.0, label), ("Total", label, Formula("SUM([:Pounds])", 1.0), 2.0))
    sheet = Sheet(
        "Sheet",
        "TheTable",
        label,
        label,
        (label, Formula('IF(1=1,"yes","no")', "yes")),
        columns,
        rows,
        totalled=True,
        chart=chart,
    )
    return workbook_bytes([sheet], label, label)


def test_no_label_in_any_place_of_a_sheet_is_live():
    plain = one_sheet("plain")
    assert len(HOSTILE) == len(set(HOSTILE)) == 200
    for label in HOSTILE:
        package = one_sheet(label)
        harmless(package, plain)
        page = openpyxl.load_workbook(BytesIO(package))["Sheet"]
        shown = page.cell(page.max_row - 1, 1)
        if "x005F_" in label:
            continue  # openpyxl, which reads here, drops these letters from any text
        assert shown.data_type == "s" and shown.value.strip() == (meant(label).strip() or shown.value.strip()), label[
            :40
        ]
        if meant(label).startswith(("=", "+", "-", "@")):
            assert shown.quotePrefix, "edited by hand, it would come alive"


def test_labels_in_every_text_of_a_run_stay_words(run, tmp_path):
    """50 scenarios, and every text of the answer and the tables, hostile."""
    told, turn = told_by(run), iter(range(10**9))

    def label() -> str:
        return HOSTILE[next(turn) % len(HOSTILE)].replace("\ud800", "\ue000")  # JSON and Parquet hold no lone surrogate

    def hostile(told: dict) -> None:
        one = told["scenarios"]["gatekeeping"]
        told["scenarios"] = {"central": told["scenarios"]["central"]} | {
            f"s{number}": copy.deepcopy(one) for number in range(49)
        }
        for scenario in told["scenarios"].values():
            scenario |= {
                "name": label(),
                "reason": label(),
                "differs": [change | {"assumption": label(), "why": label()} for change in scenario["differs"]],
            }
        for row in told["sensitivities"]["assumptions"]:
            row["assumption"] = label()
        for row in told["sensitivities"]["levers"]:
            row["lever"] = label()
        told |= {"title": label(), "area": label(), "council": label(), "version": label()}

    tables = {}
    for name in ("assumptions", "history", "calibration", "reconciliation", "sources"):
        table = pd.read_parquet(run / "tables" / f"{name}.parquet")
        keep = {
            "Key",
            "value",
            "status",
            "breakdown",
            "period",
            "published",
            "retrieved",
            "known_from",
            "expires",
            "hindsight",
            "Reviewed",
            "Review by",
        }
        tables[name] = table.assign(
            **{
                column: [label() for _ in range(len(table))]
                for column in table
                if column not in keep and table[column].dtype == "str"
            }
        )
    monthly = pd.read_parquet(run / "tables" / "monthly.parquet")
    copies = [monthly[monthly["scenario"] == "gatekeeping"].assign(scenario=f"s{number}") for number in range(49)]
    tables["monthly"] = pd.concat([monthly[monthly["scenario"] == "central"], *copies], ignore_index=True)
    bad, path = changed(run, tmp_path / "2011-06", hostile, tables), tmp_path / "bad.xlsx"
    for name, table in tables.items():
        table.to_parquet(bad / "tables" / f"{name}.parquet")
    write_workbook(bad, path, AS_OF, "private")
    assert next(turn) > 1500, "few labels were placed"
    plain_tables = {"monthly": tables["monthly"]}

    def named(told: dict) -> None:
        one = told["scenarios"]["gatekeeping"]
        told["scenarios"] = {"central": told["scenarios"]["central"]} | {f"s{number}": one for number in range(49)}

    written(changed(run, tmp_path / "plain" / "2011-06", named, plain_tables), tmp_path / "plain.xlsx")
    harmless(path.read_bytes(), (tmp_path / "plain.xlsx").read_bytes())
    shown = table_of(openpyxl.load_workbook(path), "Scenarios")["Scenario"]
    assert len(shown) == 50 and told["scenarios"]["central"]["name"] not in set(shown)


# --- small parts ------------------------------------------------------------------------------------------------------


def test_letters_of_columns_are_openpyxls():
    from openpyxl.utils import get_column_letter

    assert [letters(place) for place in range(800)] == [get_column_letter(place + 1) for place in range(800)]


@pytest.mark.parametrize(
    ("value", "places", "expected"),
    [(0.125, 2, 0.13), (-0.125, 2, -0.13), (1e-9, 2, 0.0), (-1e-9, 2, 0.0), (2.675, 2, 2.68), (12.35 - 12.1, 1, 0.3)],
)
def test_rounding_is_a_spreadsheets(value, places, expected):
    held = rounded(value, places)
    assert held == expected and math.copysign(1, held) == math.copysign(1, expected)
