"""Tables as parts of a return: the census as CSV, and Annex A lists as CSV or XLSX. Text first, columns by name."""

from dataclasses import replace

import pandas as pd

from forecast.case.errors import BadInput
from forecast.sources.cin import codes
from forecast.sources.cin.codes import heading
from forecast.sources.cin.years import Part
from forecast.sources.counting import Quality
from forecast.sources.private import hash_child
from forecast.sources.reading.files import Source, suffix
from forecast.sources.reading.identifiers import bare
from forecast.sources.reading.sheets import (
    Sheet,
    blank_words,
    check_cells,
    each,
    found_instead,
    read_csv,
    read_workbook,
)
from forecast.sources.reading.xml import Section, read_children

SIGNS = r"[=+@]|-(?!\d+$)"  # a spreadsheet would run what begins so; a negative number is only wrong
FIELDS = {heading(field): field for fields in codes.TABLES.values() for field in fields.values()}
OF_TABLE = {  # a case's closure tells of its plan, and makes none
    table: [name for field in fields.values() if (name := heading(field)) != codes.CLOSED]
    for table, fields in codes.TABLES.items()
}
BIRTHS = OF_TABLE["children"][:2]
# A heading that shows what a sheet counts -> its table.
SIGN_OF = {
    **dict.fromkeys(BIRTHS, "children"),
    **{OF_TABLE[table][0]: table for table in codes.TABLES if table != "children"},
}
OTHERS = {codes.IDENTIFIER, *codes.SEX, *codes.FAMILY, codes.AUTHORITY, codes.YEAR}
CHECKED = {codes.IDENTIFIER: codes.IDENTIFIER_CALLED} | {
    name: field for name, field in FIELDS.items() if name not in ("SEX", "REFERRALSOURCE", "ICPCNOTREQUIRED")
}


def read_sheets(source: Source, salt: bytes, quality: Quality) -> list[Part]:
    """The tables of a CSV or XLSX file as parts, one for each year and authority that its columns name.

    Raises BadInput naming file, line and column.
    """
    if suffix(source.name) == ".csv":
        sheets = [read_csv(source, _meant, False, quality, _is_headings)]
    else:
        sheets = list(read_workbook(source, _meant, _is_headings, quality))
    if None in sheets:
        raise BadInput(f"{source.name}: the file is empty; expected headings and rows. Export the file again.")
    found = []
    for sheet in sheets:
        form = "annex" if codes.ANNEX_MARKS & set(sheet.columns) else "csv"
        named = replace(sheet, columns=[codes.ANNEX.get(column, column) for column in sheet.columns])
        if _is_return(named, form):
            found += _parts(named, form, salt, quality)
        else:
            quality.count(sheet.name, "not_return")
    return found


def _meant(text: str) -> str:
    """A heading in its one form, and in the census's word where it is another word for it."""
    plain = heading(text)
    return codes.SYNONYMS.get(plain, plain)


def _is_headings(cells: set[str]) -> bool:
    return bool(cells & {codes.LIST_7, *SIGN_OF}) and bool(cells & {"CHILDUNIQUEID", codes.IDENTIFIER})


def _is_return(sheet: Sheet, form: str) -> bool:
    """Whether the sheet has something to count. Raises BadInput where it lacks a column of what it counts."""
    columns = set(sheet.columns)
    plans, signs = columns & set(OF_TABLE["plans"]), columns & set(SIGN_OF)
    if form == "annex" and not signs & {"CPPSTARTDATE", codes.LIST_8}:
        return False
    if not signs and not plans:
        if "plans" in sheet.name.rsplit("/", 1)[-1].lower():
            raise BadInput(
                f"{sheet.name}, line {sheet.top}: no column CPPstartDate; expected the headings of plans. "
                "Correct the headings."
            )
        return False
    needed = [
        codes.IDENTIFIER,
        *(OF_TABLE["plans"][:2] if plans else []),
        *(OF_TABLE["care"] if codes.LIST_8 in columns else []),
    ]
    if lacking := [column for column in needed if column not in columns]:
        raise BadInput(
            f"{sheet.name}, line {sheet.top}: no column {', '.join(CHECKED[column] for column in lacking)}"
            f"{found_instead(lacking, columns, set(CHECKED))}; expected it among the headings. "
            "Correct the headings, or export the file again."
        )
    return True


def _parts(sheet: Sheet, form: str, salt: bytes, quality: Quality) -> list[Part]:
    """The rows as typed by their columns, apart for each value of the YEAR and LA columns."""
    frame, columns = sheet.frame([*FIELDS, *(OTHERS - set(FIELDS))]), set(sheet.columns)
    frame = blank_words(frame, list(frame.columns.drop(["file", "line"])), quality)
    check_cells(frame, CHECKED, codes.IDENTIFIER, SIGNS)
    plans, others = "CPPSTARTDATE" in columns, {"S47ACTUALSTARTDATE", "DATEOFINITIALCPC"} & columns
    quality.count(sheet.name, "column_absent", plans and "NUMBEROFPREVIOUSCPP" not in columns)
    quality.count(sheet.name, "plans_only", plans and bool(others))
    quality.count(sheet.name, "latest_review", form == "annex" and "CPPREVIEWDATE" in columns)
    quality.count(sheet.name, "rows", len(frame))
    if frame.empty:
        raise BadInput(f"{sheet.name}: headings and no rows; expected a row for each plan. Export the file again.")
    frame = frame.assign(family=_first_filled(frame, codes.FAMILY), SEX=_first_filled(frame, codes.SEX), record=0)
    for column, texts in (("child", frame[codes.IDENTIFIER]), ("family", frame["family"])):
        frame[column] = each(texts, lambda text: hash_child(text, salt) if text else "")
    tables = _tables(frame, form, bool(columns & set(BIRTHS)))
    events = {index for table, rows in tables.items() if table != "children" for index in rows.index}
    if tables["children"].empty or columns & (set(SIGN_OF) - {*BIRTHS, codes.LIST_8}):
        quality.count(sheet.name, "no_event", len(frame) - len(events))
    given = {SIGN_OF[column] for column in columns if column in SIGN_OF} - ({"reviews"} if form == "annex" else set())
    numbers, parts = bare(frame[codes.IDENTIFIER].unique(), lambda text: hash_child(text, salt)), []
    for (year, authority), rows in frame.groupby([codes.YEAR, codes.AUTHORITY], sort=False):
        here = {name: table[table.index.isin(rows.index)].reset_index(drop=True) for name, table in tables.items()}
        parts.append(Part(sheet.name, form, here, given, numbers, year=year, authority=authority))
    return parts


def _first_filled(frame: pd.DataFrame, columns: tuple[str, ...]) -> pd.Series:
    """Of each row, the first of the columns' cells that is not blank."""
    cells = frame[list(columns)]
    return cells.mask(cells == "").bfill(axis=1)[columns[0]].fillna("").astype(object)


def _tables(frame: pd.DataFrame, form: str, births: bool) -> dict[str, pd.DataFrame]:
    """What the rows hold, table by table, with the index of the row."""
    tables = {
        table: frame[[*codes.PLACE, *map(heading, fields.values())]].set_axis([*codes.PLACE, *fields], axis=1)
        for table, fields in codes.TABLES.items()
    }
    enquiry = frame["S47ACTUALSTARTDATE"] != ""
    conferences = tables["conferences"].assign(
        level=enquiry.map({True: codes.ENQUIRY, False: codes.EPISODE}), source=frame["REFERRALSOURCE"].mask(enquiry, "")
    )
    reviews = tables["reviews"].assign(day=tables["reviews"]["day"].str.split(codes.SEVERAL, regex=True)).explode("day")
    tables |= {
        "children": tables["children"] if births else tables["children"][:0],
        "conferences": conferences[conferences["day"] != ""],
        "reviews": reviews.assign(day=reviews["day"].str.strip()) if form != "annex" else reviews[:0],
    }
    for table in ("plans", "enquiries", "reviews", "care"):
        filled = (tables[table][[column for column in codes.TABLES[table] if column != "closed"]] != "").any(axis=1)
        tables[table] = tables[table][filled]
    return tables


GIVEN = {"children", "plans", "enquiries", "conferences", "reviews"}
PLAN = [heading(field) for field in codes.TABLES["plans"].values()]
COLUMNS = {table: list(fields) for table, fields in codes.TABLES.items()} | {
    "conferences": ["day", "source", "not_required", "level"]
}


def read_census(source: Source, salt: bytes, quality: Quality) -> Part:
    """The census as text. Raises BadInput as read_children does."""
    rows: dict[str, list[tuple]] = {table: [] for table in codes.TABLES}
    seen: set[str] = set()

    def add(sections: list[Section], line: int, number: int) -> None:
        events = [event for section in _with_closures(sections) for event in _events(*section)]
        if not events:
            quality.count(source.name, "no_event")
            return
        at, known = next(
            ((at, values) for name, at, values in reversed(sections) if name == codes.IDENTIFIERS), (line, {})
        )
        identifier = known.get(codes.IDENTIFIER, "")
        child = hash_child(identifier, salt) if identifier else ""
        seen.add(identifier)
        *dates, sex, gender = (known.get(name, "") for name in codes.CENSUS.sections[codes.IDENTIFIERS][1:])
        rows["children"].append((at, number, child, "", *dates, sex or gender))
        for table, at_event, cells in events:
            rows[table].append((at_event, number, child, "", *cells))

    header = read_children(source, codes.CENSUS, add, quality)
    tables = {
        table: pd.DataFrame(found, columns=[*codes.PLACE[1:], *COLUMNS[table]], dtype=object)
        .astype({"line": int, "record": int})
        .assign(file=source.name)
        for table, found in rows.items()
    }
    return Part(source.name, "xml", tables, GIVEN, bare(seen, lambda text: hash_child(text, salt)), **header)


def _with_closures(sections: list[Section]) -> list[Section]:
    """The sections, each plan with the day on which its case was closed: the case ends after the plans inside it."""
    closed, found = "", []
    for name, line, values in reversed(sections):
        if name == codes.EPISODES:
            closed = values.get(codes.CLOSED, "")
        found.append((name, line, values | {codes.CLOSED: closed} if name == codes.PLANS else values))
    return found[::-1]


def _events(name: str, line: int, values: dict[str, str]) -> list[tuple[str, int, tuple[str, ...]]]:
    """What a section that closed says happened: table, line, and the cells of its columns."""
    if name == codes.REVIEW:
        return [("reviews", line, (values[name],))]
    if name == codes.PLANS:
        return [("plans", line, tuple(values.get(field, "") for field in PLAN))]
    found, level = [], codes.EPISODE
    if name == codes.ENQUIRIES:
        found, level = [("enquiries", line, (values.get("S47ACTUALSTARTDATE", ""),))], codes.ENQUIRY
    if day := values.get("DATEOFINITIALCPC"):
        cells = day, values.get("REFERRALSOURCE", ""), values.get("ICPCNOTREQUIRED", ""), level
        found.append(("conferences", line, cells))
    return found
