"""Tables: the census as CSV, and Annex A lists as CSV or XLSX. Text first, columns by name, no cell ever quoted."""

import contextlib
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import openpyxl

from forecast.case.errors import BadInput
from forecast.sources.cin.codes import ENQUIRY, EPISODE
from forecast.sources.cin.files import MEGABYTE, MOST_BYTES, ZIP_FAULTS, Source
from forecast.sources.cin.quality import Quality
from forecast.sources.cin.records import Records
from forecast.sources.csv_text import SAVE_AGAIN, UTF_16_MARKS, decode, parse
from forecast.sources.private import hash_child

OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
FORMULA = re.compile(r"[=+@]|-(?!\d+$)")  # a spreadsheet would run these; a negative number is only wrong
SPOILT = re.compile(r"\d(\.\d+)?[eE]\+?\d+|\d+\.0")  # what a spreadsheet makes of a long number
MOST_UNPACKED = 8 * MOST_BYTES[".xlsx"]
SEVERAL = re.compile(r"[;|]")  # between review dates in one cell
MOST_HEADING_ROWS = 10  # an Annex A sheet may have a title above its headings
CENSUS_TABLES = {
    "PERSONBIRTHDATE": "children",
    "EXPECTEDPERSONBIRTHDATE": "children",
    "CPPSTARTDATE": "plans",
    "S47ACTUALSTARTDATE": "enquiries",
    "DATEOFINITIALCPC": "conferences",
    "CPPREVIEWDATE": "reviews",
}
PLAN = ("CPPSTARTDATE", "CPPENDDATE", "INITIALCATEGORYOFABUSE", "LATESTCATEGORYOFABUSE", "NUMBEROFPREVIOUSCPP")
CHILD = ("PERSONBIRTHDATE", "EXPECTEDPERSONBIRTHDATE", "PERSONDEATHDATE")
SEX = ("SEX", "GENDERCURRENT", "GENDER")
LIST_7, LIST_8 = "CHILDPROTECTIONPLANSTARTDATE", "DATESTARTEDTOBELOOKEDAFTER"
ANNEX = {
    "CHILDUNIQUEID": "LACHILDID",
    "DATEOFBIRTH": "PERSONBIRTHDATE",
    LIST_7: "CPPSTARTDATE",
    "CHILDPROTECTIONPLANENDDATE": "CPPENDDATE",
    "NUMBEROFPREVIOUSCHILDPROTECTIONPLANS": "NUMBEROFPREVIOUSCPP",
    "DATEOFLATESTREVIEWCONFERENCE": "CPPREVIEWDATE",
}
NEEDED = {"plans": PLAN[:2], "care": (LIST_8, "DATECEASEDTOBELOOKEDAFTER")}
READABLE = {
    "LACHILDID": "LAchildID (Child Unique ID)",
    "CPPSTARTDATE": "CPPstartDate",
    "CPPENDDATE": "CPPendDate",
    "PERSONBIRTHDATE": "PersonBirthDate",
    "NUMBEROFPREVIOUSCPP": "NumberOfPreviousCPP",
    "DATECEASEDTOBELOOKEDAFTER": "Date Ceased to be Looked After",
    LIST_8: "Date Started to be Looked After",
}
FAMILY, AUTHORITY, YEAR = ("FAMILYID", "FAMILYIDENTIFIER"), "LA", "YEAR"


@dataclass(frozen=True)
class Sheet:
    """A table as text: headings in capitals without spaces or marks, rows of as many cells, the line of each."""

    name: str
    columns: list[str]
    rows: list[list[str]]
    lines: list[int]
    form: str = "csv"


def read_sheets(source: Source, salt: bytes, quality: Quality) -> list[Records]:
    """The tables of a CSV or XLSX file as records, one for each year and authority its columns name.

    Raises BadInput naming file, line and column.
    """
    sheets = [_read_csv(source, quality)] if source.suffix == ".csv" else list(_read_workbook(source, quality))
    found = []
    for sheet in sheets:
        named = _as_census(sheet)
        if _is_return(named):
            found += _records(named, salt, quality)
        else:
            quality.count(sheet.name, "not_return")
    return found


def _heading(text: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", text.upper())


def _read_csv(source: Source, quality: Quality) -> Sheet:
    text, latin_1 = decode(source.name, source.content())
    quality.count(source.name, "latin_1", latin_1)
    rows, lines = parse(source.name, text)
    if not rows:
        raise BadInput(f"{source.name}: the file is empty; expected headings and rows. Export the file again.")
    return _as_sheet(source.name, rows, lines, quality)


def _as_sheet(name: str, rows: list[list[str]], lines: list[int], quality: Quality) -> Sheet:
    columns = [_heading(cell) for cell in rows[0]]
    _check_headings(name, rows[0], columns)
    pairs = [(row, line) for row, line in zip(rows[1:], lines[1:], strict=True) if any(map(str.strip, row))]
    quality.count(name, "blank_rows", len(rows) - 1 - len(pairs))
    kept = [(row, line) for row, line in pairs if [_heading(cell) for cell in row] != columns]
    quality.count(name, "repeated_headings", len(pairs) - len(kept))
    cells = [[cell.strip() for cell in _right_length(name, line, row, len(columns))] for row, line in kept]
    return Sheet(name, columns, cells, [line for _, line in kept])


def _check_headings(name: str, cells: list[str], columns: list[str]) -> None:
    for separator, words in OTHER_SEPARATORS.items():
        if len(cells) == 1 and separator in cells[0]:
            raise BadInput(f"{name}, line 1: the cells are separated by {words}; expected commas. {SAVE_AGAIN}")
    twice = {column for column in columns if column and columns.count(column) > 1}
    if twice:
        raise BadInput(
            f"{name}, line 1: {len(twice)} column headings stand twice; expected each once. Remove the copies."
        )


def _right_length(name: str, line: int, row: list[str], width: int) -> list[str]:
    if len(row) != width:
        raise BadInput(
            f"{name}, line {line}: {len(row)} cells, expected {width}. A truncated file or a stray comma: export it again."
        )
    return row


def _read_workbook(source: Source, quality: Quality) -> Iterator[Sheet]:
    """The sheets of a workbook that have any of the headings used; the others are counted."""
    content = source.content()
    _check_workbook(source.name, content)
    sheets = _workbook_rows(content)
    if sheets is None:
        raise BadInput(
            f"{source.name}: the workbook is damaged or of a kind not read here. Save it again as XLSX, or as CSV."
        )
    for number, rows in enumerate(sheets, start=1):
        name = f"{source.name}, sheet {number}"
        top = next((at for at, (_, row) in enumerate(rows[:MOST_HEADING_ROWS]) if _is_heading(row)), None)
        if top is None:
            quality.count(name, "not_return")
        else:
            yield _as_sheet(
                name,
                [_without_tail(row, rows[top][1]) for _, row in rows[top:]],
                [line for line, _ in rows[top:]],
                quality,
            )


def _workbook_rows(content: bytes) -> list[list[tuple[int, list[str]]]] | None:
    """Each sheet's rows with their lines; None for a damaged workbook, on which openpyxl raises every kind of error.

    Nothing is raised here: openpyxl's own errors may hold a cell.
    """
    with contextlib.suppress(Exception):
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        return [list(_sheet_rows(sheet)) for sheet in book.worksheets]
    return None


def _is_heading(row: list[str]) -> bool:
    found = {_heading(cell) for cell in row}
    return bool(found & {LIST_7, LIST_8, *CENSUS_TABLES}) and bool(found & {"CHILDUNIQUEID", "LACHILDID"})


def _without_tail(row: list[str], headings: list[str]) -> list[str]:
    """A row as wide as the headings: a workbook's rows are padded, or cut, by blanks."""
    width = max(at for at, cell in enumerate(headings) if cell.strip()) + 1
    return (row + [""] * width)[:width] if not any(map(str.strip, row[width:])) else row


def _sheet_rows(sheet) -> Iterator[tuple[int, list[str]]]:
    for line, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        cells = [_cell(value) for value in row]
        if any(cells):
            yield line, cells


def _cell(value: object) -> str:
    """A cell as text; true dates as yyyy-mm-dd, whole numbers without a decimal point."""
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return (
            value.isoformat()[:10]
            if not isinstance(value, datetime) or value.time() == datetime.min.time()
            else value.isoformat()
        )
    return str(value).strip()


def _check_workbook(name: str, content: bytes) -> None:
    """Refuse a workbook that unpacks to far more than it should, or whose parts hold a DTD or hide one in UTF-16."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            together = 0
            for member in archive.infolist():
                together += _check_part(name, archive, member)
                if together > MOST_UNPACKED:
                    raise BadInput(
                        f"{name} unpacks to over {MOST_UNPACKED // MEGABYTE} MB, far more than a list. Check the file."
                    )
    except BadInput:
        raise
    except (*ZIP_FAULTS, OSError):
        raise BadInput(
            f"{name}: not an XLSX workbook, or a damaged or protected one. Save it again as XLSX, or as CSV."
        ) from None


def _check_part(name: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    with archive.open(member) as file:
        part = file.read(MOST_UNPACKED + 1)
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part or part.startswith(UTF_16_MARKS):
        raise BadInput(
            f"{name}: a part holds a document type or entity (as in an XML bomb or XXE attack). Save it again as CSV."
        )
    return len(part)


def _as_census(sheet: Sheet) -> Sheet:
    """The sheet with Annex A headings under their census names."""
    form = "annex" if {"CHILDUNIQUEID", LIST_7, LIST_8} & set(sheet.columns) else "csv"
    return Sheet(sheet.name, [ANNEX.get(column, column) for column in sheet.columns], sheet.rows, sheet.lines, form)


def _is_return(sheet: Sheet) -> bool:
    """Whether the sheet has an identifier and something to count. One named as plans must have the columns of plans."""
    signs = {*CENSUS_TABLES, LIST_8} & set(sheet.columns)
    if sheet.form == "annex" and not signs & {"CPPSTARTDATE", LIST_8}:
        return False
    if not signs and not (set(sheet.columns) & set(PLAN)):
        if "plans" in sheet.name.rsplit("/", 1)[-1].lower():
            raise BadInput(
                f"{sheet.name}, line 1: no column CPPstartDate; expected the headings of plans. Correct the headings."
            )
        return False
    _check_columns(sheet)
    return True


def _check_columns(sheet: Sheet) -> None:
    columns = set(sheet.columns)
    needed = ["LACHILDID"]
    if columns & set(PLAN):
        needed += NEEDED["plans"]
    if LIST_8 in columns:
        needed += NEEDED["care"]
    lacking = [READABLE[column] for column in needed if column not in columns]
    if lacking:
        raise BadInput(
            f"{sheet.name}, line 1: no column {', '.join(lacking)}; expected it among the headings. Correct the headings, or export the file again."
        )


def _records(sheet: Sheet, salt: bytes, quality: Quality) -> list[Records]:
    """The rows as records, apart for each value of the YEAR and LA columns."""
    _check_cells(sheet)
    _count_limits(sheet, quality)
    quality.count(sheet.name, "rows", len(sheet.rows))
    if not sheet.rows:
        raise BadInput(f"{sheet.name}: headings and no rows; expected a row for each plan. Export the file again.")
    parts: dict[tuple[str, str], Records] = {}
    for row, line in zip(sheet.rows, sheet.lines, strict=True):
        cells = dict(zip(sheet.columns, row, strict=True))
        key = cells.get(YEAR, ""), cells.get(AUTHORITY, "")
        records = parts.setdefault(key, _empty(sheet, *key))
        if not _add_row(records, cells, line, salt):
            quality.count(sheet.name, "no_event")
    return list(parts.values())


def _empty(sheet: Sheet, year: str, authority: str) -> Records:
    held = {CENSUS_TABLES[column] for column in sheet.columns if column in CENSUS_TABLES}
    held |= {"care"} if LIST_8 in sheet.columns else set()
    held -= {"reviews"} if sheet.form == "annex" else set()
    return Records(sheet.name, sheet.form, held=held, year=year, authority=authority)


def _count_limits(sheet: Sheet, quality: Quality) -> None:
    """Count what the sheet's columns cannot tell."""
    with_plans = "CPPSTARTDATE" in sheet.columns
    quality.count(sheet.name, "column_absent", with_plans and "NUMBEROFPREVIOUSCPP" not in sheet.columns)
    quality.count(
        sheet.name, "plans_only", with_plans and bool({"S47ACTUALSTARTDATE", "DATEOFINITIALCPC"} & set(sheet.columns))
    )
    quality.count(sheet.name, "latest_review", sheet.form == "annex" and "CPPREVIEWDATE" in sheet.columns)


def _check_cells(sheet: Sheet) -> None:
    """Refuse formulas in any used cell, and identifiers a spreadsheet has rounded."""
    used = {"LACHILDID", *CENSUS_TABLES, *PLAN, *CHILD, *NEEDED["care"]}
    for row, line in zip(sheet.rows, sheet.lines, strict=True):
        for column, cell in zip(sheet.columns, row, strict=True):
            name = READABLE.get(column, column)
            if column in used and FORMULA.match(cell):
                raise BadInput(
                    f"{sheet.name}, line {line}, {name}: a formula or a sign; expected plain text. Export the file again."
                )
            if column == "LACHILDID" and SPOILT.fullmatch(cell):
                raise BadInput(
                    f"{sheet.name}, line {line}, {name}: a number rounded by a spreadsheet; expected the identifier in full. "
                    f"Export the file again, and do not save it from a spreadsheet."
                )


def _add_row(records: Records, cells: dict[str, str], line: int, salt: bytes) -> bool:
    """Add what a row holds to the tables; False where it holds nothing."""
    family = next((cells[name] for name in FAMILY if cells.get(name)), "")
    child = hash_child(cells["LACHILDID"], salt) if cells["LACHILDID"] else ""
    at = (line, 0, child, hash_child(family, salt) if family else "")
    sex = next((cells[name] for name in SEX if cells.get(name)), "")
    added = _add_events(records, cells, at)
    if set(CHILD[:2]) & set(cells):
        records.add("children", at, *(cells.get(name, "") for name in CHILD), sex)
        return added or not (set(CENSUS_TABLES) - set(CHILD)) & set(cells)
    return added


def _add_events(records: Records, cells: dict[str, str], at: tuple) -> bool:
    before = sum(map(len, records.rows.values()))
    plan = [cells.get(name, "") for name in PLAN]
    if any(plan):
        records.add("plans", at, *plan)
    enquiry = cells.get("S47ACTUALSTARTDATE", "")
    if enquiry:
        records.add("enquiries", at, enquiry)
    if cells.get("DATEOFINITIALCPC"):
        level = ENQUIRY if enquiry else EPISODE
        source = "" if enquiry else cells.get("REFERRALSOURCE", "")
        records.add("conferences", at, cells["DATEOFINITIALCPC"], level, source, cells.get("ICPCNOTREQUIRED", ""))
    reviews = "" if records.form == "annex" else cells.get("CPPREVIEWDATE", "")
    for day in filter(None, map(str.strip, SEVERAL.split(reviews))):
        records.add("reviews", at, day)
    if cells.get(LIST_8) or cells.get(NEEDED["care"][1]):
        records.add("care", at, cells.get(LIST_8, ""), cells[NEEDED["care"][1]])
    return sum(map(len, records.rows.values())) > before
