"""What arrives each month: good files give the same figures however they come, bad ones are refused with the remedy."""

import io
import random
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from forecast.case.errors import BadInput
from forecast.case.lines import LINES
from forecast.demand.placements import PLACEMENTS
from forecast.model.cases import COUNTED_AS
from forecast.sources.arrivals import Arrived, Held, accept, read_card, read_held, read_inbox, write_held
from forecast.sources.arrivals.card import COST_LINES, MEASURES, PLACED, Card, is_personal
from forecast.sources.arrivals.vintages import Vintages

CARD = """
council: Exampleton
slug: exampleton
starts_from: {council: slough, month: 2025-04}
months: {first: 2025-04, last: 2026-03}
opening: {lac: 173, cp: 161}
files:
  counts:
    kind: counts
    pattern: "counts_*"
    sheet: Counts
    columns: {Month: month, LAC: lac, CP: cp, LAC starts: lac_starts, LAC ends: lac_ends,
      CP starts: cp_starts, CP ends: cp_ends}
    ignore: {Notes: "free text of the system's name, always empty"}
  ledger:
    kind: ledger
    pattern: "ledger_*"
    sheet: Ledger
    unit: pounds
    columns: {Year: financial_year, Period: period, Account: cost_line, Budget: budget, Actual: actual}
accounts: {Agency fostering: ifa_fostering, Agency fostering 2: ifa_fostering,
  Private homes: private_residential, UASC grant: uasc_grant}
total: Total
phasing: twelfths
budgets:
  base: {month: 2025-04, note: "Council, 6 March 2025",
    lines: {ifa_fostering: 2400000, private_residential: 3600000, uasc_grant: -1200000}}
tolerances: {stock_change_lac: 20, stock_change_cp: 30, stock_identity: 1, revision_children: 5,
  revision_pounds: 5000, footing: 1, wrong_sign: 0.25}
"""
COUNTS_HEAD = ["Month", "LAC", "CP", "LAC starts", "LAC ends", "CP starts", "CP ends"]
LEDGER_HEAD = ["Year", "Period", "Account", "Budget", "Actual"]
APRIL, MAY, JUNE = (
    ["2025-04", 175, 160, 5, 3, 10, 11],
    ["2025-05", 178, 158, 9, 6, 12, 14],
    ["2025-06", 177, 165, 4, 5, 17, 10],
)
SECRETS = ("Zebedee", "Quillfeather", "2016-02-11", "11/02/2016", "9434765919")
CHILD, BORN, NUMBER = "Zebedee Quillfeather", "2016-02-11", "9434765919"


@pytest.fixture(autouse=True)
def _of_any_shape(monkeypatch):
    """Figures here are made to try one rule at a time; a month's shape has tests of its own (test_faults)."""
    monkeypatch.setattr("forecast.sources.arrivals.checks.shape_queries", lambda *of_the_month: [])


def with_total(rows: list[list]) -> list[list]:
    return [
        *rows,
        [*rows[0][:2], "Total", round(sum(row[3] for row in rows), 2), round(sum(row[4] for row in rows), 2)],
    ]


def ledger_rows(period: str = "P2", year: str = "2025-26", by: float = 1.0) -> list[list]:
    lines = [
        ("Agency fostering", 150_000, 141_000.5),
        ("Agency fostering 2", 50_000, 52_000),
        ("Private homes", 300_000, 310_250.25),
        ("UASC grant", -100_000, -98_000),
    ]
    return with_total([[year, period, name, budget * by, round(actual * by, 5)] for name, budget, actual in lines])


def csv_text(head: list[str], rows: list[list], separator: str = ",") -> str:
    def cell(value) -> str:
        text = "" if value is None else str(value)
        return f'"{text}"' if separator in text or "\n" in text else text

    return "".join(separator.join(map(cell, row)) + "\n" for row in [head, *rows])


def workbook(head: list[str], rows: list[list], sheet: str = "Counts", change: Callable | None = None) -> bytes:
    book = Workbook()
    book.active.title = sheet
    for row in [head, *rows]:
        book.active.append(row)
    if change:
        change(book)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


class Council:
    """A council folder: its card, its inbox, and what is held."""

    def __init__(self, folder: Path, card: str = CARD):
        self.folder, self.inbox, self.held = folder, folder / "inbox", None
        self.inbox.mkdir(parents=True, exist_ok=True)
        self.card_text = card

    @property
    def card(self) -> Card:
        (self.folder / "council.yaml").write_text(self.card_text, encoding="utf-8")
        return read_card(self.folder / "council.yaml")

    def put(self, name: str, content: str | bytes) -> None:
        (self.inbox / name).write_bytes(content.encode() if isinstance(content, str) else content)

    def counts(self, *rows, name: str = "counts_2025-05.csv", head: list[str] = COUNTS_HEAD) -> None:
        self.put(name, csv_text(head, list(rows)))

    def ledger(self, rows: list[list], name: str = "ledger_2025-05.csv") -> None:
        self.put(name, csv_text(LEDGER_HEAD, rows))

    def read(self) -> Arrived:
        return read_inbox(self.folder, self.card, self.held)

    def take(self) -> Arrived:
        arrived = self.read()
        self.held = accept(self.held, arrived)
        return arrived


def after_april(folder: Path) -> Council:
    council = Council(folder)
    council.counts(APRIL, name="counts_2025-04.csv")
    council.ledger(ledger_rows("P1"), name="ledger_2025-04.csv")
    return council


@pytest.fixture(scope="module")
def april(tmp_path_factory) -> Held:
    council = after_april(tmp_path_factory.mktemp("april"))
    assert council.take().state == "new month complete"
    return council.held


@pytest.fixture
def council(tmp_path, april) -> Council:
    """April is held; what a test puts into the inbox is May's."""
    found = after_april(tmp_path / "exampleton")
    found.held = april
    return found


# Bad arrivals: how each is made, what the message says, where.


@dataclass(frozen=True)
class Bad:
    make: Callable[[Council], None]
    said: str
    where: str
    remedy: str


def counts(*rows, **more) -> Callable:
    return lambda council: council.counts(*rows, **more)


def may(**changed) -> list:
    return [changed.get(heading.replace(" ", "_"), value) for heading, value in zip(COUNTS_HEAD, MAY, strict=True)]


def ledger(change: Callable[[list[list]], object], period: str = "P2", **more) -> Callable:
    def make(council: Council) -> None:
        council.counts(MAY)
        rows = ledger_rows(period, **more)
        change(rows)
        council.ledger(rows)

    return make


def put(name: str, content: str | bytes) -> Callable:
    return lambda council: council.put(name, content)


def book(
    name: str = "counts_2025-05.xlsx",
    rows: list | None = None,
    change: Callable | None = None,
    sheet: str = "Counts",
    head: list = COUNTS_HEAD,
) -> Callable:
    return lambda council: council.put(name, workbook(head, rows or [MAY], sheet, change))


def setting(row: int, column: int, value) -> Callable[[list[list]], None]:
    def change(rows: list[list]) -> None:
        rows[row][column] = value

    return change


def both(row: int, column: int, value) -> Callable[[list[list]], None]:
    """A cell changed, and the total with it, so that the ledger foots."""

    def change(rows: list[list]) -> None:
        rows[row][column] = value
        rows[:] = with_total(rows[:-1])

    return change


def hide_row(found: Workbook) -> None:
    found.active.row_dimensions[2].hidden = True


def hide_column(found: Workbook) -> None:
    found.active.column_dimensions["B"].hidden = True


def hide_sheet(found: Workbook) -> None:
    found.create_sheet("Front")
    found["Counts"].sheet_state = "hidden"
    found.active = 1


def zipped(name: str = "counts.csv", content: str = "a") -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(name, content)
    return held.getvalue()


def with_document_type() -> bytes:
    held, source = io.BytesIO(), zipfile.ZipFile(io.BytesIO(workbook(COUNTS_HEAD, [MAY])))
    with zipfile.ZipFile(held, "w") as archive:
        for name in source.namelist():
            part = source.read(name)
            archive.writestr(name, b"<!DOCTYPE worksheet>" + part if name.endswith("sheet1.xml") else part)
    return held.getvalue()


def old_excel(password: bool) -> bytes:
    return (
        bytes.fromhex("D0CF11E0A1B11AE1")
        + bytes(600)
        + ("EncryptedPackage".encode("utf-16-le") if password else b"Workbook")
    )


def hidden_by_csv(council: Council) -> None:
    council.counts(MAY)
    council.counts(may(LAC=179), name="counts_may.csv")


def with_april_ledger(change: Callable) -> Callable:
    def make(council: Council) -> None:
        council.counts(MAY)
        rows = ledger_rows("P1")
        change(rows)
        council.ledger(rows + ledger_rows("P2"))

    return make


def copied(council: Council) -> None:
    council.put("counts_2025-05.csv", (council.inbox / "counts_2025-04.csv").read_bytes())


def twice(council: Council) -> None:
    council.counts(MAY)
    council.counts(MAY, name="counts_2025-05 (1).csv")


C, L, X = "counts_2025-05.csv", "ledger_2025-05.csv", "counts_2025-05.xlsx"
NAMED = {
    # the month
    "wrong_month": Bad(counts(["2024-05", *MAY[1:]]), "figures of 2024-05", f"{C}, row 2", "Send the right month"),
    "after_the_year": Bad(
        counts(["2026-04", *MAY[1:]]), "figures of 2026-04", f"{C}, row 2", "correct months in council.yaml"
    ),
    "gap": Bad(counts(JUNE), "those of May 2025 are not", f"{C}, row 2", "Send the counts of 2025-05 too"),
    "missing_month_in_running_file": Bad(
        counts(APRIL, JUNE), "those of May 2025 are not", f"{C}, row 3", "Send the counts of 2025-05"
    ),
    "last_month_again": Bad(
        copied, "is counts_2025-04.csv, which was read before, under a new name", C, "Ask for the right file"
    ),
    "last_month_exported_again": Bad(
        counts(APRIL, [], name=C), "was accepted before", f"{C}, row 2", "Ask for the right file"
    ),
    "duplicated_month": Bad(
        counts(MAY, MAY), "a second row for 2025-05; the first is row 2", f"{C}, row 3", "delete the other"
    ),
    "excel_date_number": Bad(
        counts(["45778", *MAY[1:]]),
        "bare number, as Excel keeps dates",
        f"{C}, row 2, column 1",
        "Write April 2025 as 2025-04",
    ),
    "excel_date_number_in_workbook": Bad(
        book(rows=[[45778, *MAY[1:]]]), "bare number, as Excel keeps dates", f"{X}, sheet Counts, cell A2", "as 2025-04"
    ),
    "american_date": Bad(
        counts(["05/31/2025", *MAY[1:]]), "Britain and America read differently", f"{C}, row 2, column 1", "as 2025-04"
    ),
    "british_date": Bad(
        counts(["04/05/2025", *MAY[1:]]), "Britain and America read differently", f"{C}, row 2, column 1", "as 2025-04"
    ),
    "day_within_month": Bad(
        counts(["2025-05-15", *MAY[1:]]), "a day within a month", f"{C}, row 2, column 1", "as 2025-04"
    ),
    "no_month_in_words": Bad(counts(MAY, [CHILD, *MAY[1:]]), "is not a month", f"{C}, row 3, column 1", "as 2025-04"),
    "blank_month": Bad(counts(["", *MAY[1:]]), "is blank", f"{C}, row 2, column 1", "or delete the row"),
    # cells
    "negative_count": Bad(counts(may(LAC_ends=-6)), "is negative", f"{C}, row 2, column 5", "Send the count itself"),
    "decimal_count": Bad(
        counts(may(LAC="178.5")), "holds a decimal", f"{C}, row 2, column 2", "Send counts, not averages"
    ),
    "decimal_in_workbook": Bad(
        book(rows=[may(LAC=178.5)]), "holds a decimal", f"{X}, sheet Counts, cell B2", "Send counts"
    ),
    "blank_count": Bad(counts(may(CP=None)), "is blank", f"{C}, row 2, column 3", "Write 0 where there were none"),
    "suppressed_count": Bad(counts(may(CP_starts="c")), "holds text", f"{C}, row 2, column 6", "send the true one"),
    "name_as_count": Bad(counts(may(CP_ends=CHILD)), "holds text", f"{C}, row 2, column 7", "Write digits alone"),
    "thousands_comma": Bad(counts(may(LAC="1,178")), "number with commas", f"{C}, row 2, column 2", "without commas"),
    "text_numbers": Bad(
        book(rows=[may(LAC="178")]), "number stored as text", f"{X}, sheet Counts, cell B2", "Convert to Number"
    ),
    "date_as_count": Bad(
        book(rows=[may(LAC=date(2025, 5, 1))]),
        "holds a date",
        f"{X}, sheet Counts, cell B2",
        "Format the column as General",
    ),
    "truth_as_count": Bad(
        book(rows=[may(LAC=True)]), "holds a truth value", f"{X}, sheet Counts, cell B2", "type the numbers again"
    ),
    "error_in_cell": Bad(book(rows=[may(LAC="#REF!")]), "spreadsheet's error", f"{X}, cell B2", "Mend the formula"),
    "formula_without_value": Bad(
        book(rows=[may(LAC="=175+9-6")]),
        "formula whose result was not saved",
        f"{X}, cell B2",
        "Open the workbook in Excel and save it",
    ),
    # the shape of the file
    "semicolons": Bad(put(C, csv_text(COUNTS_HEAD, [MAY], ";")), "separated by semicolons", f"{C}, row 1", "CSV UTF-8"),
    "tabs below a title": Bad(
        put(C, "Counts of May\n" + csv_text(COUNTS_HEAD, [MAY], "\t")), "separated by tabs", f"{C}, row 2", "CSV UTF-8"
    ),
    "tabs": Bad(put(C, csv_text(COUNTS_HEAD, [MAY], "\t")), "separated by tabs", f"{C}, row 1", "CSV UTF-8"),
    "utf_16": Bad(put(C, csv_text(COUNTS_HEAD, [MAY]).encode("utf-16")), "saved as UTF-16", f"{C}, row 1", "CSV UTF-8"),
    "nul_characters": Bad(
        put(C, csv_text(COUNTS_HEAD, [MAY]).encode() + b"\0\0"), "NUL characters", f"{C}, line 3", "Save As"
    ),
    "open_quotation": Bad(
        put(C, csv_text(COUNTS_HEAD, [MAY]) + '"2025-06,1\n'),
        "quotation mark that is not closed",
        f"{C}, line 3",
        "Remove the mark",
    ),
    "truncated": Bad(
        put(C, csv_text(COUNTS_HEAD, [APRIL, MAY])[:-9]), "has 4 cells; expected 7", f"{C}, row 3", "A file cut short"
    ),
    "empty": Bad(put(C, ""), "the file is empty", f"{C}, row 1", "Export the file again"),
    "headings_alone": Bad(counts(), "headings and no rows", f"{C}, row 1", "Export the file again"),
    "missing_column": Bad(
        counts(MAY[:-1], head=COUNTS_HEAD[:-1]),
        'no column is headed "CP ends"',
        f"{C}, row 1",
        "as council.yaml has them",
    ),
    "column_twice": Bad(
        counts([*MAY, 14], head=[*COUNTS_HEAD, "CP ends"]),
        '2 columns are headed "CP ends"',
        f"{C}, row 1",
        "as council.yaml has them",
    ),
    "unknown_column": Bad(
        counts([*MAY, 3], head=[*COUNTS_HEAD, CHILD]),
        "its heading is not in council.yaml",
        f"{C}, row 1, column 8",
        "Remove the column",
    ),
    "cells_without_heading": Bad(
        counts([*MAY, CHILD], head=[*COUNTS_HEAD, ""]),
        "cells without a heading",
        f"{C}, row 1, column 8",
        "Clear the column",
    ),
    "title_above": Bad(
        put(C, f"Counts{',' * 6}\n" + csv_text(COUNTS_HEAD, [MAY])),
        "no column is headed",
        f"{C}, row 1",
        "Put the headings in row 1",
    ),
    "personal_name": Bad(
        counts([*MAY, CHILD], head=[*COUNTS_HEAD, "Child name"]),
        "a column about one person",
        f"{C}, row 1, column 8",
        "left out of the export",
    ),
    "personal_birth": Bad(
        counts([*MAY, BORN], head=[*COUNTS_HEAD, "DOB"]),
        "a column about one person",
        f"{C}, row 1, column 8",
        "Delete the file from the inbox",
    ),
    "personal_identifier": Bad(
        book(rows=[[*MAY, NUMBER]], head=[*COUNTS_HEAD, "ChildID"]),
        "a column about one person",
        f"{X}, sheet Counts, cell H1",
        "left out",
    ),
    # workbooks
    "wrong_sheet": Bad(book(sheet=CHILD), "1 sheets and none is the one wanted", X, "Name the sheet so"),
    "hidden_sheet": Bad(book(change=hide_sheet), "the sheet is hidden", f"{X}, sheet Counts", "Unhide it"),
    "hidden_row": Bad(book(change=hide_row), "the row is hidden", f"{X}, row 2", "Clear the filter"),
    "hidden_column": Bad(book(change=hide_column), "the column is hidden", f"{X}, column B", "Unhide it"),
    "merged_header": Bad(
        book(change=lambda found: found.active.merge_cells("B1:C1")),
        "cells are merged",
        f"{X}, cells B1:C1",
        "Choose Unmerge Cells",
    ),
    "zip_renamed": Bad(put(X, zipped()), "is not an Excel workbook", X, "save it as an Excel workbook"),
    "csv_renamed": Bad(
        put(X, csv_text(COUNTS_HEAD, [MAY])), "is not an Excel workbook", X, "save it as an Excel workbook"
    ),
    "workbook_renamed": Bad(
        put(C, workbook(COUNTS_HEAD, [MAY])), "a workbook with the ending of a text file", C, "Give it the ending .xlsx"
    ),
    "truncated_workbook": Bad(
        put(X, workbook(COUNTS_HEAD, [MAY])[:-300]), "is not an Excel workbook, or it is damaged", X, "Open it in Excel"
    ),
    "empty_workbook": Bad(put(X, b""), "the file is empty", X, "send it again"),
    "empty_sheet": Bad(
        put(X, workbook([], [])), "the file is empty", f"{X}, sheet Counts, row 1", "Export the file again"
    ),
    "password": Bad(put(X, old_excel(True)), "protected by a password", X, "Remove the password"),
    "old_excel": Bad(put(X, old_excel(False)), "a workbook of old Excel", X, "save it as an Excel workbook"),
    "document_type": Bad(put(X, with_document_type()), "is not an Excel workbook", X, "save it as"),
    "too_large": Bad(
        put(C, b"a" * 5_000_001), "far larger than a month's figures", C, "Check that it is the right file"
    ),
    # the inbox
    "open_in_excel": Bad(
        put("~$counts_2025-05.xlsx", CHILD), "open in a spreadsheet", "~$counts_2025-05.xlsx", "Close it"
    ),
    "open_in_libreoffice": Bad(
        put(".~lock.counts_2025-05.xlsx#", CHILD), "open in a spreadsheet", ".~lock.counts_2025-05.xlsx#", "Close it"
    ),
    "folder_in_inbox": Bad(
        lambda council: (council.inbox / "2025-05").mkdir(), "is a folder", "2025-05", "Move its files into the inbox"
    ),
    "unexpected_name": Bad(
        put("Copy of figures JS.csv", "a"),
        "has a name that no file expected has",
        "Copy of figures JS.csv",
        "Rename it",
    ),
    "old_excel_by_name": Bad(
        put("counts_2025-05.xls", b"a"), "of a kind not read (.xls)", "counts_2025-05.xls", "save it as one of these"
    ),
    "zip_in_inbox": Bad(
        put("counts_2025-05.zip", zipped()), "of a kind not read (.zip)", "counts_2025-05.zip", "unpack it"
    ),
    "two_files_disagree": Bad(
        hidden_by_csv, "not as in counts_2025-05.csv, row 2", "counts_may.csv, row 2", "take the earlier one out"
    ),
    "same_file_twice": Bad(twice, "the same, byte for byte, as counts_2025-05 (1).csv", C, "Delete one of the two"),
    # against what is held
    "stock_jumps": Bad(
        counts(may(LAC=199, LAC_starts=30)), "go from 175 to 199 in May 2025", f"{C}, row 2", "say so under accepted"
    ),
    "stock_identity": Bad(
        counts(may(CP=166)), "160 before + 12 starts - 14 ends make 158", f"{C}, row 2", "Correct the file"
    ),
    "columns_swapped": Bad(
        counts([MAY[0], MAY[2], MAY[1], *MAY[3:]]),
        "175 before + 9 starts - 6 ends make 178",
        f"{C}, row 2",
        "Correct the file",
    ),
    "changed_history": Bad(
        counts(["2025-04", 181, 160, 11, 3, 10, 11], ["2025-05", 184, *MAY[2:]]),
        "April 2025: 175 when accepted and now 181",
        f"{C}, row 2",
        "say so under accepted",
    ),
    # the ledger
    "units_in_thousands": Bad(
        ledger(lambda rows: None, by=0.001),
        "budgets of May 2025 come to £600, and a month of the agreed budget to £600,000",
        f"{L}, row 2",
        "correct unit in council.yaml",
    ),
    "actuals_in_thousands": Bad(
        ledger(
            lambda rows: rows.__setitem__(slice(None), with_total([[*row[:4], row[4] / 1000] for row in rows[:-1]]))
        ),
        "actuals of May 2025 come to £601",
        f"{L}, row 2",
        "correct unit",
    ),
    "blank_total": Bad(ledger(setting(-1, 4, None)), "is blank", f"{L}, row 6, column 5", "export again with totals"),
    "no_total": Bad(
        ledger(lambda rows: rows.pop()), "no total row", f"{L}, P2 of 2025-26", "cut short, or without totals"
    ),
    "actuals_do_not_foot": Bad(
        ledger(setting(-1, 4, 405_252.75)),
        "the total says £405,252.75, and its lines add up to £405,250.75",
        f"{L}, row 6, column 5",
        "Look for a line left out",
    ),
    "budgets_do_not_foot": Bad(
        ledger(setting(0, 3, 150_010)),
        "the total says £400,000.00, and its lines add up to £400,010.00",
        f"{L}, row 6, column 4",
        "Look for a line left out",
    ),
    "sign_flipped": Bad(
        ledger(both(3, 4, 98_000)),
        "the actual of uasc grant in May 2025 is £98,000.00 on a budget of £-100,000.00: the sign is flipped",
        f"{L}, row 5",
        "say so under accepted",
    ),
    "blank_line": Bad(ledger(setting(2, 2, None)), "is blank", f"{L}, row 4, column 3", "Fill it in"),
    "unknown_line": Bad(
        ledger(setting(2, 2, CHILD)),
        "a cost line that council.yaml does not name",
        f"{L}, row 4",
        "Add the line under accounts",
    ),
    "missing_line": Bad(
        ledger(lambda rows: rows.pop(2)),
        "no row for Private homes",
        f"{L}, P2 of 2025-26",
        "Export again with every line",
    ),
    "line_twice": Bad(
        ledger(lambda rows: rows.insert(1, rows[0])),
        "a second row for one cost line in P2 of 2025-26; the first is row 2",
        f"{L}, row 3",
        "delete the other",
    ),
    "budget_changed": Bad(
        ledger(both(2, 3, 350_000)),
        "the budget of private residential in May 2025 is £350,000.00, changed without a note",
        f"{L}, row 4",
        "a virement goes under budgets in council.yaml",
    ),
    "period_too_early": Bad(
        ledger(lambda rows: None, period="P9"),
        "the ledger of December 2025, and counts are held to May 2025",
        f"{L}, row 2",
        "Correct year and period",
    ),
    "wrong_year": Bad(
        ledger(lambda rows: None, year="2024-25"), "has figures of 2024-05", f"{L}, row 2", "Send the right month"
    ),
    "period_in_words": Bad(
        ledger(lambda rows: None, period="May"), "is not a period", f"{L}, row 2, column 2", "Write April as P1"
    ),
    "year_alone": Bad(
        ledger(lambda rows: None, year="2025"), "is not a financial year", f"{L}, row 2, column 1", "as 2025-26"
    ),
    "year_of_three": Bad(
        ledger(lambda rows: None, year="2025-27"), "is not a financial year", f"{L}, row 2, column 1", "as 2025-26"
    ),
    "brackets": Bad(
        ledger(setting(3, 4, "(98000.00)")),
        "number with commas, £, brackets",
        f"{L}, row 5, column 5",
        "without commas, £ or brackets",
    ),
    "pound_signs": Bad(
        ledger(setting(0, 3, "£150,000")), "number with commas, £, brackets", f"{L}, row 2, column 4", "without commas"
    ),
    "ledger_history_changed": Bad(
        with_april_ledger(both(2, 4, 316_000)),
        "private residential, April 2025: £310,250.25 when accepted and now £316,000.00",
        f"{L}, row 4",
        "say so under accepted",
    ),
}


def contents(folder: Path) -> dict[Path, tuple[int, bytes]]:
    return {path: (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"") for path in folder.rglob("*")}


@pytest.mark.parametrize("name", NAMED)
def test_a_bad_arrival_is_refused_by_name_with_place_and_remedy(council, name):
    bad = NAMED[name]
    bad.make(council)
    card, before = council.card, contents(council.folder)
    with pytest.raises(BadInput) as refused:
        read_inbox(council.folder, card, council.held)
    assert contents(council.folder) == before, "reading writes nothing"
    message = str(refused.value)
    line = next((line for line in message.splitlines() if bad.said in line), None)
    assert line, message
    assert line.startswith((f"{bad.where}:", f"{bad.where},")) or line.startswith(f"{bad.where} "), line
    assert re.search("; expected |Expected ", line), line
    assert bad.remedy in line and line.endswith("."), line
    assert not any(secret in message for secret in SECRETS), message
    assert str(council.folder) not in message and "does not know" not in message
    assert refused.value.__cause__ is None and refused.value.__context__ is None, (
        "the rows must not travel with the error"
    )


def test_there_are_enough_bad_arrivals():
    assert len(NAMED) >= 80 and len({bad.said for bad in NAMED.values()}) >= 60


def test_the_same_inbox_without_the_fault_is_taken(council):
    """The control of the table above: May as it should be, in both kinds of file."""
    council.counts(MAY)
    council.ledger(ledger_rows("P2"))
    arrived = council.read()
    assert (arrived.state, arrived.month, arrived.months, arrived.warnings) == (
        "new month complete",
        "2025-05",
        ("2025-05",),
        (),
    )
    (council.inbox / C).unlink()
    council.put(X, workbook(COUNTS_HEAD, [MAY]))
    (council.inbox / L).unlink()
    council.put("ledger_2025-05.xlsx", workbook(LEDGER_HEAD, ledger_rows("P2"), "Ledger"))
    assert same(council.read(), arrived)


def test_a_locked_workbook_is_named(council, monkeypatch):
    council.put(X, workbook(COUNTS_HEAD, [MAY]))
    right = Path.read_bytes
    monkeypatch.setattr(
        Path,
        "read_bytes",
        lambda path: (
            (_ for _ in ()).throw(PermissionError(13, "Permission denied", str(path)))
            if path.suffix == ".xlsx"
            else right(path)
        ),
    )
    with pytest.raises(
        BadInput,
        match=rf"{X}: cannot be read: it is open elsewhere, .*; expected a file that may be read\. Close it in Excel",
    ):
        council.read()


def test_several_bad_files_are_told_together(council):
    council.counts(may(LAC="x"))
    council.ledger(ledger_rows("P2")[:-1])
    with pytest.raises(BadInput) as refused:
        council.read()
    assert [line.split(",")[0] for line in str(refused.value).splitlines()] == [C, L]


def test_an_inbox_that_is_not_there(tmp_path):
    council = Council(tmp_path)
    council.inbox.rmdir()
    with pytest.raises(BadInput, match=r"inbox: there is no such folder; expected it beside council\.yaml\. Create it"):
        council.read()


def test_a_fault_of_the_program_tells_no_cell(council, monkeypatch):
    from forecast.sources import arrivals

    council.counts(MAY)
    monkeypatch.setattr(arrivals, "read_figures", lambda *_: {}[CHILD])
    with pytest.raises(BadInput) as refused:
        council.read()
    assert "KeyError" in str(refused.value) and not any(secret in str(refused.value) for secret in SECRETS)


# Personal data: file names and headings.


@pytest.mark.parametrize(
    "name",
    ["counts_2025-05.csv", "counts_QA copy (1).csv", "counts_Rosalind_final_v3.csv", "counts_11.02.25 JS.csv"],
)
def test_a_file_is_named_in_full_so_that_its_officer_finds_it(council, name):
    council.counts(may(LAC="x"), name=name)
    with pytest.raises(BadInput) as refused:
        council.read()
    assert str(refused.value).startswith(f"{name}, row 2")


PERSONAL = [
    "Child name",
    "DOB",
    "Date of birth",
    "ChildID",
    "Child ID",
    "ID",
    "UPN",
    "NHS number",
    "Surname",
    "Forename(s)",
    "postcode",
    "Mosaic ref",
    "Case number",
    "BirthDate",
    "Gender",
    "CLIENT_NUMBER",
]
IMPERSONAL = [
    "Month",
    "LAC",
    "CP starts",
    "Looked-after children",
    "Child protection plans",
    "Cost centre",
    "Variance",
    "Notes",
    "Number of plans",
    "Annual budget",
]


@pytest.mark.parametrize("heading", PERSONAL)
def test_personal_headings(heading):
    assert is_personal(heading)


@pytest.mark.parametrize("heading", IMPERSONAL)
def test_impersonal_headings(heading):
    assert not is_personal(heading)


# What is taken, and how it is told.


def test_figures_come_out_as_sent(council):
    council.counts(MAY)
    council.ledger(ledger_rows("P2"))
    arrived = council.read()
    assert dict(zip(arrived.counts["measure"], arrived.counts["value"], strict=True)) == {
        "lac": 178,
        "cp": 158,
        "lac_starts": 9,
        "lac_ends": 6,
        "cp_starts": 12,
        "cp_ends": 14,
    }
    assert arrived.counts["month"].unique().tolist() == ["2025-05"]
    rows = arrived.ledger[["financial_year", "period", "month", "line", "budget", "actual"]].to_numpy().tolist()
    assert rows == [
        ["2025-26", "P2", "2025-05", "ifa_fostering", 200_000, 193_000.5],
        ["2025-26", "P2", "2025-05", "private_residential", 300_000, 310_250.25],
        ["2025-26", "P2", "2025-05", "uasc_grant", -100_000, -98_000],
    ]


def test_thousands_that_are_declared_are_pounds(council):
    council.card_text = CARD.replace("unit: pounds", "unit: thousands")
    council.counts(MAY)
    council.ledger(ledger_rows("P2", by=0.001))
    assert council.read().ledger["actual"].tolist() == [193_000.5, 310_250.25, -98_000]


def test_pounds_under_a_card_that_says_thousands(council):
    council.card_text = CARD.replace("unit: pounds", "unit: thousands")
    council.counts(MAY)
    council.ledger(ledger_rows("P2"))
    with pytest.raises(
        BadInput, match="budgets of May 2025 come to £600,000,000, and a month of the agreed budget to £600,000"
    ):
        council.read()


@pytest.mark.parametrize("when", [date(2025, 5, 1), date(2025, 5, 31), "2025-05", "2025-05-31"])
def test_a_month_as_excel_turns_it_into_a_date(council, when):
    council.put(X, workbook(COUNTS_HEAD, [[when, *MAY[1:]]]))
    assert council.read().months == ("2025-05",)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_encodings(council, encoding):
    council.card_text = CARD.replace("Private homes", "Foyers privés")
    council.counts(MAY)
    rows = [
        [cell.replace("Private homes", "Foyers privés") if isinstance(cell, str) else cell for cell in row]
        for row in ledger_rows("P2")
    ]
    council.put(L, csv_text(LEDGER_HEAD, rows).encode(encoding))
    assert council.read().ledger["actual"].sum() == pytest.approx(405_250.75)


def test_formulas_are_read_by_the_result_that_excel_stored(council):
    held = io.BytesIO()
    book = xlsxwriter.Workbook(held, {"in_memory": True})
    sheet = book.add_worksheet("Ledger")
    rows = ledger_rows("P2")
    for number, row in enumerate([LEDGER_HEAD, *rows]):
        sheet.write_row(number, 0, row)
    sheet.write_formula("E6", "=SUM(E2:E5)", None, rows[-1][4])
    book.close()
    council.counts(MAY)
    council.put("ledger_2025-05.xlsx", held.getvalue())
    assert council.read().state == "new month complete"
    wrong = load_workbook(io.BytesIO(held.getvalue()))
    wrong.save(council.inbox / "ledger_2025-05.xlsx")  # openpyxl keeps no results
    with pytest.raises(BadInput, match="ledger_2025-05.xlsx, cell E6: holds a formula whose result was not saved"):
        council.read()


def test_blank_rows_spaces_and_case_are_no_faults(council):
    council.put(C, "month , lac,CP, LAC  starts,LAC ends,CP Starts,CP ends\n,,,,,,\n2025-05 ,178,158, 9,6,12,14\n\n")
    assert council.read().months == ("2025-05",)


def test_a_column_that_the_card_passes_over(council):
    council.counts([*MAY, CHILD], head=[*COUNTS_HEAD, "Notes"])
    assert council.read().months == ("2025-05",)


def test_other_files_are_left_alone_with_a_warning(council):
    council.counts(MAY)
    council.ledger(ledger_rows("P2"))
    council.put("counts minutes.pdf", b"x")
    council.put(".DS_Store", b"x")
    council.put("Thumbs.db", b"x")
    assert council.read().warnings == ("counts minutes.pdf is not a table and was left alone.",)


# States.


def test_reading_twice_gives_nothing_new(council):
    council.counts(MAY)
    council.ledger(ledger_rows("P2"))
    council.take()
    again = council.read()
    assert (again.state, again.month, again.months, len(again.rows), again.files) == (
        "nothing new",
        "2025-05",
        (),
        0,
        {},
    )


def test_a_file_saved_again_under_its_name_is_nothing_new(council):
    council.put("counts_2025-04.csv", csv_text(COUNTS_HEAD, [APRIL]).replace("\n", "\r\n"))
    assert council.take().state == "nothing new"


def test_counts_without_their_ledger_run_and_need_a_person_until_it_comes(council):
    council.counts(MAY)
    arrived = council.take()
    assert (arrived.state, arrived.lagging, arrived.needs_a_person) == ("new month, ledger late", ("2025-05",), True)
    assert "The ledger of May 2025 (2025-26) has not arrived" in arrived.warnings[0]
    again = council.read()
    assert (again.state, again.needs_a_person) == ("nothing new", True)
    council.ledger(ledger_rows("P2"))
    late = council.take()
    assert (late.state, late.months, late.lagging, late.needs_a_person) == ("late ledger arrived", (), (), False)
    assert late.ledger["month"].unique().tolist() == ["2025-05"] and late.counts.empty


def test_a_late_ledger_comes_with_the_next_month(council):
    council.counts(MAY)
    council.take()
    council.counts(JUNE, name="counts_2025-06.csv")
    council.ledger(ledger_rows("P3"), name="ledger_2025-06.csv")
    assert council.read().lagging == ("2025-05",) and council.read().state == "new month complete"
    council.ledger(ledger_rows("P2"))
    arrived = council.read()
    assert (arrived.state, arrived.lagging) == ("new month complete", ())
    assert arrived.ledger["month"].unique().tolist() == ["2025-05", "2025-06"]


def test_a_ledger_without_counts_waits_and_is_taken_when_they_come(council):
    council.ledger(ledger_rows("P2"))
    waiting = council.take()
    assert (waiting.state, waiting.waiting, len(waiting.rows), waiting.files) == (
        "waiting for counts",
        ("2025-05",),
        0,
        {},
    )
    assert waiting.month == "2025-04" and "wait for its counts" in waiting.warnings[0]
    council.counts(MAY)
    assert council.take().state == "new month complete"


def test_two_months_at_once(council):
    council.counts(MAY, JUNE)
    council.ledger(ledger_rows("P2") + ledger_rows("P3"))
    arrived = council.take()
    assert (arrived.months, arrived.month, arrived.state) == (("2025-05", "2025-06"), "2025-06", "new month complete")


def test_the_first_month_is_held_against_the_opening_stock(tmp_path):
    council = Council(tmp_path)
    council.counts(["2025-04", 175, 160, 5, 5, 10, 11], name="counts_2025-04.csv")
    with pytest.raises(BadInput, match=r"173 before \+ 5 starts - 5 ends make 173"):
        council.read()


SPLIT = (
    CARD.replace('pattern: "counts_*"', 'pattern: "counts_lac_*"')
    .replace(", CP: cp,", ",")
    .replace(",\n      CP starts: cp_starts, CP ends: cp_ends}", "}")
)
SPLIT = SPLIT.replace(
    "  ledger:\n",
    '  plans:\n    kind: counts\n    pattern: "counts_cp_*"\n'
    "    columns: {Month: month, CP: cp, CP starts: cp_starts, CP ends: cp_ends}\n  ledger:\n",
    1,
)
LAC_PART, CP_PART = [0, 1, 3, 4], [0, 2, 5, 6]


def part(row: list, places: list[int]) -> list:
    return [row[at] for at in places]


def test_counts_that_come_in_two_files_wait_for_each_other(tmp_path):
    council = Council(tmp_path, SPLIT)
    council.counts(part(APRIL, LAC_PART), name="counts_lac_04.csv", head=part(COUNTS_HEAD, LAC_PART))
    assert council.take().state == "waiting for counts"
    council.counts(part(APRIL, CP_PART), name="counts_cp_04.csv", head=part(COUNTS_HEAD, CP_PART))
    arrived = council.take()
    assert arrived.months == ("2025-04",) and len(arrived.counts) == 6


# Revisions, and what a person found right.


def test_a_small_revision_is_taken_listed_and_kept_as_a_vintage(council):
    council.counts(["2025-04", 177, 160, 7, 3, 10, 11], ["2025-05", 180, *MAY[2:]])
    council.ledger(ledger_rows("P2"))
    arrived = council.take()
    found = [(one.month, one.item, one.was, one.now) for one in arrived.revisions]
    assert found == [("2025-04", "lac", 175, 177), ("2025-04", "lac_starts", 5, 7)]
    assert "Revised: looked-after children at the month's end, April 2025, from 175 to 177." in arrived.warnings
    assert len(arrived.counts) == 8
    old, new = (council.held.vintages.as_known(when) for when in ("2025-04", None))
    lac = [frame[(frame["month"] == "2025-04") & (frame["item"] == "lac")]["value"].tolist() for frame in (old, new)]
    assert lac == [[175], [177]]
    assert set(old["month"]) == {"2025-04"} and set(new["month"]) == {"2025-04", "2025-05"}
    frame = council.held.vintages.frame
    again = frame[frame.duplicated(["month", "figure", "item"])]
    assert again[["vintage", "month", "item", "value"]].to_numpy().tolist() == [
        ["2025-05", "2025-04", "lac", 177],
        ["2025-05", "2025-04", "lac_starts", 7],
    ]


def test_a_stock_restated_alone_no_longer_leads_to_the_next(council):
    """April becomes 179 with its starts; May, held at 178 from 175 + 9 - 6, would be 182."""
    council.counts(MAY)
    council.take()
    council.counts(["2025-04", 179, 160, 9, 3, 10, 11], name="counts_2025-04.csv")
    with pytest.raises(
        BadInput,
        match=r"counts_2025-04\.csv, row 2: looked-after children are 178 at the end of May 2025, "
        r"and 179 before \+ 9 starts - 6 ends make 182",
    ):
        council.read()


def test_two_running_files_that_agree_are_one(council):
    council.counts(MAY)
    council.counts(MAY, JUNE, name="counts_2025-06.csv")
    arrived = council.take()
    assert arrived.months == ("2025-05", "2025-06") and len(arrived.rows) == 12 and len(arrived.files) == 2


def test_revisions_alone(council):
    restated = ledger_rows("P1")
    both(2, 4, 312_000)(restated)
    council.ledger(restated, name="ledger_2025-04.csv")
    arrived = council.take()
    assert (arrived.state, arrived.month) == ("earlier months revised", "2025-04")
    assert arrived.ledger[["line", "budget", "actual"]].to_numpy().tolist() == [
        ["private_residential", 300_000, 312_000]
    ]


def accepted(item: str, month: str = "2025-05") -> str:
    return CARD + f'accepted:\n  seen: {{month: {month}, item: {item}, why: "Head of service, 4 June: right"}}\n'


WAIVED = {
    "stock_jumps": "lac",
    "stock_identity": "cp",
    "sign_flipped": "uasc_grant",
    "budget_changed": "private_residential",
    "changed_history": "lac",
    "ledger_history_changed": "private_residential",
}


@pytest.mark.parametrize("name", WAIVED)
def test_what_a_person_found_right_is_taken_with_a_warning(council, name):
    NAMED[name].make(council)
    month = "2025-04" if "history" in name else "2025-05"
    council.card_text = accepted(WAIVED[name], month)
    if name == "changed_history":
        council.card_text += '  starts: {month: 2025-04, item: lac_starts, why: "Head of service, 4 June: right"}\n'
    warnings = council.read().warnings
    assert any(
        line.startswith("Accepted by a person: ") and line.endswith("Head of service, 4 June: right")
        for line in warnings
    )
    council.card_text = accepted(WAIVED[name], "2025-06")  # another month does not waive it
    with pytest.raises(BadInput, match=re.escape(NAMED[name].said)):
        council.read()


def test_wrong_units_cannot_be_waived(council):
    NAMED["units_in_thousands"].make(council)
    council.card_text = (
        CARD
        + "".join(
            f"{'accepted:' if not at else ''}\n  a{at}: {{month: 2025-05, item: {item}, why: right}}"
            for at, item in enumerate(["ifa_fostering", "private_residential", "uasc_grant"])
        )
        + "\n"
    )
    with pytest.raises(BadInput, match="Pounds and thousands are mixed up"):
        council.read()


def test_a_virement_with_its_note_is_an_agreed_budget(council):
    NAMED["budget_changed"].make(council)
    council.card_text = CARD.replace(
        "tolerances:",
        '  virement_3: {month: 2025-05, note: "Cabinet, 12 May 2025", lines: {private_residential: 4200000}}\n'
        "tolerances:",
    )
    arrived = council.read()
    assert arrived.state == "new month complete" and arrived.ledger["budget"].tolist() == [200_000, 350_000, -100_000]
    assert (
        council.card.budget("2025-04")["private_residential"] == 3_600_000
        and council.card.budget("2025-06")["private_residential"] == 4_200_000
    )


def test_budgets_by_days():
    """31 days of May in a year of 365: 3,600,000 x 31 / 365 = 305,753.42."""
    card = replace_card(phasing="days")
    assert card.period_budget("2025-05")["private_residential"] == pytest.approx(305_753.42, abs=0.01)
    assert sum(
        card.period_budget(month)["private_residential"]
        for month in [f"2025-{at:02d}" for at in range(4, 13)] + ["2026-01", "2026-02", "2026-03"]
    ) == pytest.approx(3_600_000)


def replace_card(**changes) -> Card:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return Council(Path(folder)).card.model_copy(update=changes)


def test_a_council_that_phases_its_budget_its_own_way(council):
    council.card_text = CARD.replace("phasing: twelfths", "phasing: own")
    NAMED["budget_changed"].make(council)
    assert council.take().state == "new month complete"
    restated = ledger_rows("P2")
    council.ledger(restated)
    with pytest.raises(
        BadInput,
        match=r"private residential, May 2025: £350,000\.00 when accepted and now £300,000\.00; "
        r"expected history to change by at most £0\.00",
    ):
        council.read()


def test_a_refund_is_no_flipped_sign(council):
    council.counts(MAY)
    rows = ledger_rows("P2")
    both(1, 4, -20_000)(rows)
    both(0, 4, 10_000)(rows)  # together -£10,000 on a budget of £200,000
    council.ledger(rows)
    assert council.read().state == "new month complete"


def test_pence_lost_in_rounding_foot(council):
    council.counts(MAY)
    rows = ledger_rows("P2")
    rows[-1][4] += 0.99
    council.ledger(rows)
    assert council.read().state == "new month complete"


# Properties.

PERIODS = st.integers(1, 6)


def year_of(seed: int, months: int) -> tuple[list[list], list[list]]:
    """Counts that keep the identity and ledgers that foot, of so many months."""
    chance, lac, cp, counted, money = random.Random(seed), 173, 161, [], []
    for number in range(1, months + 1):
        flows = [chance.randrange(15) for _ in range(4)]
        lac, cp = lac + flows[0] - flows[1], cp + flows[2] - flows[3]
        counted.append([f"2025-{number + 3:02d}", lac, cp, *flows])
        money.append(
            with_total(
                [[*row[:4], round(row[4] * chance.uniform(0.8, 1.2), 2)] for row in ledger_rows(f"P{number}")[:-1]]
            )
        )
    return counted, money


def same(one: Arrived, other: Arrived) -> bool:
    parts = ("counts", "ledger", "rows")
    assert all(getattr(one, name).equals(getattr(other, name)) for name in parts), (one.rows, other.rows)
    plain = ("state", "month", "months", "revisions", "lagging", "waiting", "warnings", "needs_a_person")
    return all(getattr(one, name) == getattr(other, name) for name in plain)


def delivered(
    folder: Path, counted: list[list], money: list[list], cuts: list[int], chance: random.Random, books: bool = False
) -> Council:
    """The months in files between the cuts, rows in any order."""
    council = Council(folder)
    for at, (first, after) in enumerate(zip([0, *cuts], [*cuts, len(counted)], strict=True)):
        if first < after:
            rows, lines = list(counted[first:after]), [row for month in money[first:after] for row in month]
            chance.shuffle(rows)
            chance.shuffle(lines)
            if books:
                council.put(f"counts_{at}.xlsx", workbook(COUNTS_HEAD, rows))
                council.put(f"ledger_{at}.xlsx", workbook(LEDGER_HEAD, lines, "Ledger"))
            else:
                council.counts(*rows, name=f"counts_{at}.csv")
                council.ledger(lines, name=f"ledger_{at}.csv")
    return council


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000), months=PERIODS, cuts=st.sets(st.integers(1, 5)), books=st.booleans())
def test_row_order_files_and_their_kind_make_no_difference(tmp_path_factory, seed, months, cuts, books):
    chance, (counted, money) = random.Random(seed), year_of(seed, months)
    whole = delivered(tmp_path_factory.mktemp("whole"), counted, money, [], chance).read()
    split = delivered(
        tmp_path_factory.mktemp("split"), counted, money, sorted(cut for cut in cuts if cut < months), chance, books
    ).read()
    assert same(whole, split) and whole.months == tuple(row[0] for row in counted)


@pytest.mark.parametrize("keep", [False, True])
def test_running_files_and_single_months_give_the_same_month_by_month(tmp_path_factory, keep):
    """`keep`: files pile up in the inbox, or are taken out once read; the running file keeps its name or changes it."""
    months, (counted, money) = 3, year_of(7, 3)
    single, running = Council(tmp_path_factory.mktemp("single")), Council(tmp_path_factory.mktemp("running"))
    for number in range(1, months + 1):
        if not keep:
            for path in [*single.inbox.iterdir(), *running.inbox.iterdir()]:
                path.unlink()
        single.counts(counted[number - 1], name=f"counts_{number}.csv")
        single.ledger(money[number - 1], name=f"ledger_{number}.csv")
        running.counts(*counted[:number], name=f"counts_{number}.csv" if keep else "counts_so_far.csv")
        running.ledger(
            [row for month in money[:number] for row in month],
            name=f"ledger_{number}.csv" if keep else "ledger_so_far.csv",
        )
        assert same(single.take(), running.take())
        for council in (single, running):
            again = council.read()
            assert again.state == "nothing new" and again.rows.empty and not again.files
    assert single.held.counts.equals(running.held.counts) and single.held.ledger.equals(running.held.ledger)


@settings(max_examples=60, deadline=None)
@given(
    content=st.one_of(st.binary(max_size=400), st.text(max_size=200).map(str.encode)), name=st.sampled_from([C, X, L])
)
def test_no_bytes_at_all_escape_as_anything_but_a_refusal(tmp_path_factory, content, name):
    council = Council(tmp_path_factory.mktemp("bytes"))
    council.put(name, content)
    with pytest.raises(BadInput) as refused:
        council.read()
    assert str(refused.value).startswith(name) and "does not know" not in str(refused.value)


@settings(max_examples=60, deadline=None)
@given(
    cell=st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20).filter(str.strip),
    row=st.integers(0, 1),
    column=st.integers(0, 6),
)
def test_a_cell_of_any_text_is_refused_or_read_as_the_number_it_is(tmp_path_factory, cell, row, column):
    rows = [list(APRIL), list(MAY)]
    rows[row][column] = cell
    council = Council(tmp_path_factory.mktemp("cell"))
    escaped = [[str(value).replace('"', '""') for value in line] for line in rows]
    council.put(C, "".join(",".join(f'"{value}"' for value in line) + "\n" for line in [COUNTS_HEAD, *escaped]))
    try:
        arrived = council.read()
    except BadInput as refused:
        assert "does not know" not in str(refused) and str(refused).startswith(C)
        return
    assert re.fullmatch("-?0*[0-9]{1,15}|2025-0[4-5](-01|-3[01])?", cell.strip(), re.ASCII), arrived.counts


# What is held.


def test_held_goes_to_files_and_back(council, tmp_path):
    council.counts(["2025-04", 177, 160, 7, 3, 10, 11], ["2025-05", 180, *MAY[2:]])
    council.take()
    files = write_held(council.held, tmp_path / "a")
    assert [path.name for path in files] == ["vintages.csv", "files.csv"]
    assert ",177\n" in files[0].read_text(encoding="utf-8"), "whole figures stand whole"
    back = read_held(tmp_path / "a")
    assert back.vintages.frame.equals(council.held.vintages.frame) and back.files == council.held.files
    write_held(back, tmp_path / "b")
    assert all((tmp_path / "a" / path.name).read_bytes() == (tmp_path / "b" / path.name).read_bytes() for path in files)
    council.held = back
    assert council.read().state == "nothing new"


def test_nothing_held_yet(tmp_path):
    assert read_held(tmp_path) is None


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("vintages.csv", lambda text: text.replace(",175", ",many"), "vintages.csv, row "),
        ("vintages.csv", lambda text: text.replace("vintage,", "month,", 1), "vintages.csv, row 1"),
        ("vintages.csv", lambda text: text + "2024-01,2025-04,children,lac,1\n", "vintages.csv: vintages fall"),
        ("vintages.csv", lambda text: text.replace("children", "sheep", 1), "vintages.csv, row "),
        ("files.csv", lambda text: text + "a\n", "files.csv, row 1"),
        ("files.csv", None, "files.csv is missing"),
    ],
)
def test_held_files_that_were_touched_are_refused(council, tmp_path, file, change, said):
    write_held(council.held, tmp_path)
    path = tmp_path / file
    path.unlink() if change is None else path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(BadInput, match=re.escape(said)) as refused:
        read_held(tmp_path)
    assert "expected" in str(refused.value) and "Restore the file" in str(refused.value)


def rows_of(*rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["month", "figure", "item", "value"])


def test_vintages_are_only_added_to():
    held = (
        Vintages()
        .with_rows("2025-04", rows_of(["2025-04", "children", "lac", 1.0]))
        .with_rows("2025-06", rows_of(["2025-04", "children", "lac", 3.0]))
    )
    assert held.as_known("2025-03").empty
    assert [held.as_known(when)["value"].tolist() for when in ("2025-04", "2025-05", "2025-06", None)] == [
        [1],
        [1],
        [3],
        [3],
    ]
    with pytest.raises(
        BadInput, match="figures of 2025-05 cannot be added after those of 2025-06; expected 2025-06 or later"
    ):
        held.with_rows("2025-05", rows_of(["2025-05", "children", "lac", 1.0]))
    with pytest.raises(BadInput, match="two values for one figure"):
        held.with_rows("2025-06", rows_of(["2025-05", "children", "lac", 1.0], ["2025-05", "children", "lac", 2.0]))


def test_a_later_reading_in_the_same_month_wins():
    held = (
        Vintages()
        .with_rows("2025-04", rows_of(["2025-04", "children", "lac", 1.0]))
        .with_rows("2025-04", rows_of(["2025-04", "children", "lac", 2.0]))
    )
    assert held.as_known("2025-04")["value"].tolist() == [2]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(4, 9), st.integers(0, 3), st.integers(0, 99)), max_size=8))
def test_what_a_vintage_knew_is_the_last_value_up_to_it(entries):
    entries = sorted(entries, key=lambda entry: entry[0])
    held = Vintages()
    for vintage, item, value in entries:
        held = held.with_rows(f"2025-{vintage:02d}", rows_of(["2025-01", "children", f"i{item}", float(value)]))
    for asked in range(3, 10):
        wanted = {f"i{item}": value for vintage, item, value in entries if vintage <= asked}
        known = held.as_known(f"2025-{asked:02d}")
        assert dict(zip(known["item"], known["value"], strict=True)) == wanted


# Where children are placed.

PLACED_HEAD = ["Month", "Fostered", "Adopters", "Parents", "Homes", "Schools", "Supported", "Elsewhere"]
PLACED_COLUMNS = ", ".join(f"{head}: {measure}" for head, measure in zip(PLACED_HEAD[1:], PLACED, strict=True))
PLACED_CARD = CARD.replace(
    "  ledger:\n    kind",
    f"""  placed:
    kind: counts
    pattern: "placed_*"
    columns: {{Month: month, {PLACED_COLUMNS}}}
  ledger:
    kind""",
    1,
)


def with_placed(folder: Path, *rows) -> Council:
    council = Council(folder, PLACED_CARD)
    council.counts(APRIL, name="counts_2025-04.csv")
    council.put("placed_2025-04.csv", csv_text(PLACED_HEAD, list(rows)))
    return council


def test_placements_come_in_a_file_of_their_own_and_wait_for_the_counts(tmp_path):
    council = with_placed(tmp_path, ["2025-04", 110, 2, 12, 15, 1, 25, 10])
    assert council.card.measures == [*MEASURES, *PLACED]
    arrived = council.take()
    assert arrived.months == ("2025-04",) and arrived.counts.set_index("measure")["value"]["lac_residential"] == 15
    council.put("placed_2025-05.csv", csv_text(PLACED_HEAD, [["2025-05", 110, 2, 12, 18, 1, 25, 10]]))
    assert council.read().months == () and council.read().waiting == ("2025-05",)
    council.counts(MAY, name="counts_2025-05.csv")
    assert council.read().months == ("2025-05",)


def test_placements_that_are_not_every_child_are_refused(tmp_path):
    council = with_placed(tmp_path, ["2025-04", 110, 2, 12, 15, 1, 25, 9])
    with pytest.raises(
        BadInput,
        match=r"looked-after children by placement add up to 174 at the end of April 2025, "
        r"and there are 175; expected every child in one placement",
    ):
        council.read()
    council.card_text += "accepted: {a: {month: 2025-04, item: lac, why: one child is between placements}}\n"
    assert council.read().months == ("2025-04",)


def test_some_placements_and_not_others_are_refused(tmp_path):
    with pytest.raises(BadInput, match="these are not in one column: lac_other"):
        _ = Council(tmp_path, PLACED_CARD.replace(", Elsewhere: lac_other", "")).card


def test_the_placements_are_those_of_the_forecast():
    assert list(PLACED) == list(COUNTED_AS.values()) and list(COUNTED_AS) == PLACEMENTS


# The card.


def test_the_cost_lines_are_those_of_the_costs():
    assert list(COST_LINES) == list(LINES)


CARD_FAULTS = {
    "unknown key": (lambda text: text + "colour: blue\n", "colour: this key is not known here"),
    "unknown key inside": (
        lambda text: text.replace("wrong_sign: 0.25", "wrong_sine: 0.25"),
        "tolerances.wrong_sine: this key is not known here. Did you mean wrong_sign?",
    ),
    "missing tolerance": (lambda text: text.replace(", footing: 1", ""), "tolerances: footing is missing"),
    "unit not declared": (
        lambda text: text.replace("    unit: pounds\n", ""),
        "files.ledger.unit: is given for counts or missing for a ledger",
    ),
    "unit of another kind": (
        lambda text: text.replace("unit: pounds", "unit: pence"),
        "files.ledger.unit: is text \"pence\"; expected 'pounds' or 'thousands'",
    ),
    "a measure in no column": (
        lambda text: text.replace(", CP ends: cp_ends", ""),
        "these are not in one column: cp_ends",
    ),
    "a column to nowhere": (lambda text: text.replace("LAC: lac,", "LAC: lca,"), "lead to lca, which is not known"),
    "no ledger": (lambda text: text.replace("kind: ledger", "kind: counts"), "files.ledger."),
    "an account to nowhere": (
        lambda text: text.replace("UASC grant: uasc_grant", "UASC grant: uasc_grants"),
        "accounts.UASC grant: leads to uasc_grants; expected a cost line. Did you mean uasc_grant?",
    ),
    "a budget that lacks a line": (
        lambda text: text.replace(", uasc_grant: -1200000", ""),
        "budgets: do not begin with one for every cost line",
    ),
    "a budget of another line": (
        lambda text: text.replace("{ifa_fostering: 2400000", "{iro: 1, ifa_fostering: 2400000"),
        "budgets.base.lines.iro: is not a cost line of this ledger",
    ),
    "a budget after the first month": (
        lambda text: text.replace("base: {month: 2025-04", "base: {month: 2025-05"),
        "budgets: do not begin",
    ),
    "two budgets in a month": (
        lambda text: text.replace(
            "tolerances:", "  again: {month: 2025-04, note: x, lines: {ifa_fostering: 1}}\ntolerances:"
        ),
        "two begin in one month",
    ),
    "months backwards": (lambda text: text.replace("last: 2026-03", "last: 2025-03"), "months: end before they begin"),
    "a slug that is no folder": (
        lambda text: text.replace("slug: exampleton", "slug: Example ton"),
        "slug: is not the name of a folder",
    ),
    "a total that is a line": (
        lambda text: text.replace("total: Total", "total: uasc GRANT"),
        "total: is also a cost line",
    ),
    "accounts alike": (
        lambda text: text.replace("Agency fostering 2", "agency  fostering"),
        "accounts: two differ only by case or spaces",
    ),
    "a personal column passed over": (
        lambda text: text.replace("ignore: {Notes:", "ignore: {Child name:"),
        "files.counts.ignore: names a column about one person",
    ),
    "a pattern with a folder": (
        lambda text: text.replace('"counts_*"', '"a/counts_*"'),
        "files.counts.pattern: holds a folder",
    ),
    "an accepted figure that is none": (
        lambda text: text + "accepted: {a: {month: 2025-05, item: lack, why: x}}\n",
        "accepted.a.item: is lack; expected a measure or a cost line. Did you mean lac?",
    ),
    "accepted without a reason": (
        lambda text: text + "accepted: {a: {month: 2025-05, item: lac}}\n",
        "accepted.a: why is missing",
    ),
    "a tolerance below 0": (
        lambda text: text.replace("stock_identity: 1", "stock_identity: -1"),
        "tolerances.stock_identity: is -1; expected",
    ),
    "a key twice": (lambda text: text + "total: Total\n", "total is given twice"),
    "not YAML": (lambda text: text.replace("slug: exampleton", "slug: [exampleton"), "council.yaml, line "),
}


@pytest.mark.parametrize("fault", CARD_FAULTS)
def test_a_card_is_read_strictly(tmp_path, fault):
    change, said = CARD_FAULTS[fault]
    council = Council(tmp_path, change(CARD))
    assert council.card_text != CARD
    with pytest.raises(BadInput) as refused:
        _ = council.card
    message = str(refused.value)
    assert said in message and re.match(r"council\.yaml, line \d+: ", message), message


def test_the_card_says_what_it_says(tmp_path):
    card = Council(tmp_path).card
    assert (card.starts_from.council, card.starts_from.month, card.opening_month) == ("slough", "2025-04", "2025-03")
    assert card.lines == ["ifa_fostering", "private_residential", "uasc_grant"]
    assert card.found_right("2025-05", "lac") is None


def test_a_missing_card(tmp_path):
    with pytest.raises(BadInput, match="council.yaml: there is no such file"):
        read_card(tmp_path / "council.yaml")


def test_held_is_not_changed_by_reading(council):
    before = (council.held.vintages.frame.copy(), dict(council.held.files))
    council.counts(MAY)
    arrived = council.read()
    after = accept(council.held, arrived)
    assert council.held.vintages.frame.equals(before[0]) and council.held.files == before[1]
    assert isinstance(after, Held) and len(after.vintages.frame) == len(before[0]) + 6
    assert replace(arrived).month == "2025-05"
