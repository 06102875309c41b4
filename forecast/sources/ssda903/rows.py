"""One file's rows, read strictly: which file it is, its identifiers, dates and codes. No message quotes a cell."""

import re
from dataclasses import dataclass, replace

import pandas as pd

from forecast.case.errors import BadInput
from forecast.sources.counting import Quality
from forecast.sources.private import same_child
from forecast.sources.reading.days import read_days
from forecast.sources.reading.files import Source, suffix
from forecast.sources.reading.sheets import (
    Sheet,
    blank_words,
    check_cells,
    each,
    found_instead,
    read_csv,
    read_workbook,
)
from forecast.sources.reading.xml import Layout, Section, read_children, root_element
from forecast.sources.ssda903 import codes

RETURN = Layout(**codes.DATA["xml"])
CENSUS = "MESSAGE"  # the root of the children in need census
NOT_UASC = {"", "0", "FALSE", "N", "NO"}
COLUMNS: dict[str, list[str]] = codes.DATA["xml_columns"]


def read_xml(source: Source, quality: Quality) -> dict[str, pd.DataFrame]:
    """Kind -> file, line, record (number of the CHILD) and its columns as text; UASC and Reviews where it has any.

    A census of children in need has none of them, and is counted. Raises BadInput as read_children does.
    """
    if root_element(source) == CENSUS:
        quality.count(source.name, "census")
        return {}
    rows: dict[str, list[tuple]] = {kind: [] for kind in COLUMNS}
    leavers = 0

    def add(sections: list[Section], line: int, number: int) -> None:
        of = {name: [section for section in sections if section[0] == name] for name in RETURN.sections}
        _, at, header = of["HEADER"][-1] if of["HEADER"] else ("", line, {})
        if len(of["HEADER"]) > 1:
            raise BadInput(
                f"{source.name}, line {at}, Child {number}: a second HEADER of one CHILD; expected one. "
                "Export the file again."
            )
        child = header.get("CHILDID", "")
        rows["Header"].append((at, number, child, header.get("DOB", ""), header.get("SEX", "")))
        for _, at_episode, values in of["EPISODE"]:
            cells = {"CHILD": child, "PLACE": values.get("PL", "")} | values
            rows["Episodes"].append((at_episode, number, *(cells.get(name, "") for name in COLUMNS["Episodes"])))
        marks = [values for _, _, values in of["UASC"]]
        until = next((values["DUC"] for values in [header, *marks] if values.get("DUC")), "")
        if until or any("DUC" in values or values.get("UASC", "").upper() not in NOT_UASC for values in marks):
            rows["UASC"].append((at, number, child, until))
        nonlocal leavers
        leavers += any(values.get("IN_TOUCH") for values in [header, *(values for _, _, values in of["OC3"])])
        rows["Reviews"] += [(place, number, child, values["REVIEW"]) for _, place, values in of["AREVIEW"] if values]

    read_children(source, RETURN, add, quality)
    quality.count(source.name, "not_used", leavers)
    frames = {
        kind: pd.DataFrame(found, columns=["line", "record", *COLUMNS[kind]], dtype=object)
        .astype({"line": int, "record": int})
        .assign(file=source.name)
        for kind, found in rows.items()
    }
    return {kind: frame for kind, frame in frames.items() if len(frame) or kind in ("Header", "Episodes")}


KNOWN = {column for kind in codes.KINDS.values() for column in (*kind.needed, *kind.wanted)}
SIGNS = r"[=+@-]"  # a spreadsheet would run what begins so


@dataclass(frozen=True)
class Table:
    """A file's rows as typed columns: file, line, child, then by kind; LA and YEAR where the file has them."""

    name: str
    kind: str
    frame: pd.DataFrame

    @property
    def whole(self) -> bool:
        """Whether the file is a whole return, as XML is."""
        return suffix(self.name) == ".xml"

    @property
    def folder(self) -> str:
        return self.name.rpartition("/")[0]


def read_tables(source: Source, quality: Quality) -> list[Table]:
    """The file as typed tables: one of a CSV file, those of the whole return of an XML file; none of a file not used.

    Raises BadInput naming file, line and column for a date or an identifier that is not one.
    """
    if suffix(source.name) == ".xml":
        found = {source.name: read_xml(source, quality)}
    elif suffix(source.name) == ".xlsx":
        sheets = read_workbook(source, _meant, _is_headings, quality)
        found = {sheet.name: _one_table(sheet, sheet.name, "", quality) for sheet in sheets}
    else:
        sheet = read_csv(source, _heading, True, quality, _is_headings, codes.HEADINGS)
        found = {source.name: _one_table(sheet, source.name, source.name.rsplit("/", 1)[-1].lower(), quality)}
    for name, frames in found.items():
        for kind, frame in frames.items():
            if frame.empty and kind in ("Header", "Episodes"):
                raise BadInput(
                    f"{name}: headings and no rows; expected a row for each child or episode. Export the file again."
                )
    return [table for name, frames in found.items() for table in _typed(frames, name, quality)]


def _one_table(sheet: Sheet | None, name: str, stem: str, quality: Quality) -> dict[str, pd.DataFrame]:
    """The used columns of a CSV file or a sheet as text, under its kind."""
    kind = find_kind(sheet, name, stem, quality)
    if kind is None:
        return {}
    known = codes.KINDS[kind]
    used = [*known.needed, *known.wanted, *(column for column in codes.ADDED if column in sheet.columns)]
    frame = sheet.frame(used)
    quality.count(name, "rows", len(frame))
    quality.count(name, "column_absent", len(set(used) - set(sheet.columns)))
    return {kind: frame}


def _typed(frames: dict[str, pd.DataFrame], name: str, quality: Quality) -> list[Table]:
    """The tables of one file with identifiers and codes in one form, and days for dates."""
    tables = []
    for kind, text in frames.items():
        used = [column for column in text.columns if column not in ("file", "line", "record")]
        frame = blank_words(text, used, quality)
        check_cells(frame, {column: column for column in used}, "CHILD", SIGNS)
        coded = {column: each(frame[column], str.upper) for column in used if column in codes.CODED}
        frame = frame.assign(CHILD=each(frame["CHILD"], same_child), **coded)
        frame = frame[~quality.rows(frame, frame["CHILD"] == "", "no_child")].reset_index(drop=True)
        tables.append(Table(name, kind, frame))
    dates = [(table.frame, column, column) for table in tables for column in codes.KINDS[table.kind].dates]
    if dates:
        read_days(dates, name, quality)
    return tables


def _is_headings(columns: set[str]) -> bool:
    return "CHILD" in columns and bool(columns & ({kind.sign for kind in codes.KINDS.values()} | codes.NOT_USED))


def _heading(cell: str) -> str:
    return "_".join(cell.split()).upper()


def _meant(cell: str) -> str:
    """A heading of a workbook in its one form, and in the return's word where it is another word for it."""
    return codes.HEADINGS.get(re.sub(r"[^A-Z0-9]", "", _heading(cell)), _heading(cell))


def find_kind(sheet: Sheet | None, name: str, stem: str, quality: Quality) -> str | None:
    """Which file of the return this is, by its columns; what names it (`stem`) must not say otherwise.

    A file named as one of those used must have its columns: one that lost a heading is refused, not passed over.
    """
    named = next((kind for kind in codes.KINDS if kind.lower() in re.split(r"[^a-z]+", stem)), None)
    if re.search(r"(^|[^a-z])sw_?(episodes)", stem):
        named = None
    if sheet is None and named:
        raise BadInput(f"{name}: the file is empty; expected the {named} headings and rows. Export the file again.")
    columns = set(sheet.columns) if sheet else set()
    if columns & codes.NOT_USED:
        quality.count(name, "not_used")
        return None
    kind = named or next((kind for kind, known in codes.KINDS.items() if known.sign in columns), None)
    if kind == "Header" and not named and not columns & {"SEX", "ETHNIC", "UPN"}:
        kind = None
    needed = codes.KINDS[kind].needed if kind else ()
    if lacking := [column for column in needed if column not in columns]:
        raise BadInput(
            f"{name}, line {sheet.top}: no column {', '.join(lacking)}{found_instead(lacking, columns, KNOWN)}; "
            f"expected {', '.join(needed)} in the {kind} file. "
            f"Correct the headings, or the name of the file."
        )
    quality.count(name, "not_return", kind is None)
    return kind


def choose_authority(read: list[Table], authority: str | None, quality: Quality) -> list[Table]:
    """The tables of one authority. Raises BadInput where it is not there, or there are several and none is chosen."""
    have = [table for table in read if "LA" in table.frame]
    named = {name.casefold() for table in have for name in table.frame["LA"].unique()}
    if not named and authority is None:
        return read
    _check_authority(read, have, named, authority)
    wanted, chosen = (authority or min(named)).casefold(), []
    for table in have:
        other = quality.rows(table.frame, table.frame["LA"].str.casefold() != wanted, "other_authority")
        chosen.append(replace(table, frame=table.frame[~other].reset_index(drop=True)))
    return chosen


def _check_authority(read: list[Table], have: list[Table], named: set[str], authority: str | None) -> None:
    if not named:
        raise BadInput(
            f"authority {authority!r} was chosen and no file has an LA column to find it by. Leave authority out."
        )
    for table in have:
        if (blank := table.frame["LA"] == "").any():
            raise BadInput(
                f"{table.name}, line {table.frame.loc[blank, 'line'].iloc[0]}, LA: blank; expected an authority on "
                f"every row. Fill it in, or remove the column."
            )
    if len(named) > 1 and authority is None:
        raise BadInput(
            f"the files hold {len(named)} authorities. Choose one with authority, as it is written in the LA column."
        )
    if authority is not None and authority.casefold() not in named:
        raise BadInput(f"authority {authority!r} is not in any LA column. Write it as it stands there.")
    if without := [table.name for table in read if "LA" not in table.frame]:
        raise BadInput(
            f"{without[0]} has no LA column and other files do, so its rows cannot be told apart. Add the column, or "
            f"remove the file."
        )
