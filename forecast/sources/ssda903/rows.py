"""One file's rows, read strictly: which file it is, its identifiers, dates and codes. No message quotes a cell."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.case.errors import BadInput
from forecast.sources.private import same_child
from forecast.sources.ssda903 import codes
from forecast.sources.ssda903.files import Sheet
from forecast.sources.ssda903.quality import Quality

OPEN = np.int64(10**6)  # the end of an episode that has none: later than any day
NO_DAY = np.int64(-(10**6))  # a blank date
EARLIEST, LATEST = 1900, 2100
ISO = r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?:[ T]00:00(?::00(?:\.0+)?)?)?"
BRITISH = r"(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d{4})(?: 00:00(?::00)?)?"
MONTHS = 12
FORMULA = r"^[=+@-]"
SPOILT = r"^\d(?:\.\d+)?[eE]\+?\d+$|\.0$"  # what a spreadsheet makes of a long number


@dataclass(frozen=True)
class Kind:
    """A file of the return: the column only it has, those it must have, those used where present, and which are dates."""

    sign: str
    needed: tuple[str, ...]
    wanted: tuple[str, ...]
    dates: tuple[str, ...]


# Columns: data-to-insight/csc-validator-be-903, lac_validator/config.py. Others of the return are known and left unread.
KINDS = {
    "Episodes": Kind(
        "DECOM", ("CHILD", "DECOM", "DEC", "LS", "PLACE"), ("RNE", "REC", "PLACE_PROVIDER"), ("DECOM", "DEC")
    ),
    "UASC": Kind("DUC", ("CHILD", "DUC"), (), ("DUC",)),
    "Reviews": Kind("REVIEW", ("CHILD", "REVIEW"), (), ("REVIEW",)),
    "Header": Kind("DOB", ("CHILD", "DOB"), ("SEX",), ("DOB",)),
}
NOT_USED = ("SDQ_SCORE", "IN_TOUCH", "DATE_INT", "DATE_PLACED", "PREV_PERM", "MIS_START", "SW_DECOM", "DOLO_START")
CODES = ("RNE", "LS", "PLACE", "PLACE_PROVIDER", "REC", "SEX")
ADDED = ("LA", "YEAR")  # by regional platforms


@dataclass(frozen=True)
class Table:
    """A file's rows as typed columns: file, line, child, then by kind; la and year_text where the file has them."""

    name: str
    kind: str
    frame: pd.DataFrame


def read_table(sheet: Sheet | None, name: str, quality: Quality) -> Table | None:
    """The file as a typed table; None for a file this reader does not use, which is counted.

    Raises BadInput naming file, line and column for a date or an identifier that is not one.
    """
    kind = find_kind(sheet, name, quality)
    if kind is None:
        return None
    frame = _text(sheet, KINDS[kind], quality)
    if frame.empty and kind in ("Header", "Episodes"):
        raise BadInput(
            f"{name}: headings and no rows; expected a row for each child or episode. Export the file again."
        )
    quality.count(name, "rows", len(frame))
    _check_cells(frame, name)
    frame = frame[~quality.rows(frame, frame["CHILD"] == "", "no_child")].reset_index(drop=True)
    return Table(name, kind, frame.assign(**read_days(frame, KINDS[kind].dates, name, quality)))


def find_kind(sheet: Sheet | None, name: str, quality: Quality) -> str | None:
    """Which file of the return this is, by its columns; its name must not say otherwise.

    A file named as one of those used must have its columns: one that lost a heading is refused, not passed over.
    """
    named = _kind_in_name(name)
    if sheet is None and named:
        raise BadInput(f"{name}: the file is empty; expected the {named} headings and rows. Export the file again.")
    columns = set(sheet.columns) if sheet else set()
    if columns & set(NOT_USED):
        quality.count(name, "not_used")
        return None
    kind = next((kind for kind, known in KINDS.items() if known.sign in columns), None)
    if kind == "Header" and not named and not columns & {"SEX", "ETHNIC", "UPN"}:
        kind = None
    kind = named or kind
    lacking = [column for column in KINDS[kind].needed if column not in columns] if kind else []
    if lacking:
        raise BadInput(
            f"{name}, line 1: no column {', '.join(lacking)}; expected {', '.join(KINDS[kind].needed)} in the {kind} file. "
            f"Correct the headings, or the name of the file."
        )
    quality.count(name, "not_return", kind is None)
    return kind


def _kind_in_name(name: str) -> str | None:
    stem = name.rsplit("/", 1)[-1].lower()
    found = [kind for kind in KINDS if kind.lower() in re.split(r"[^a-z]+", stem)]
    return found[0] if found and not re.search(r"(^|[^a-z])sw_?(episodes)", stem) else None


def _text(sheet: Sheet, kind: Kind, quality: Quality) -> pd.DataFrame:
    """The used columns as text without spaces at either end; a wanted column that is absent is blank, and counted."""
    cells = dict(zip(sheet.columns, zip(*sheet.rows, strict=True), strict=True)) if sheet.rows else {}
    frame = pd.DataFrame(
        {"file": pd.Series([sheet.name] * len(sheet.rows), dtype="category"), "line": np.array(sheet.lines, np.int64)}
    )
    for column in (*kind.needed, *kind.wanted, *(added for added in ADDED if added in sheet.columns)):
        quality.count(sheet.name, "column_absent", column not in sheet.columns)
        clean = same_child if column == "CHILD" else _code if column in CODES else str.strip
        frame[column] = pd.Series(cells.get(column, [""] * len(frame)), dtype=object).map(clean).astype(object)
    return frame


def _code(cell: str) -> str:
    return cell.strip().upper()


def _check_cells(frame: pd.DataFrame, name: str) -> None:
    """Refuse formulas in any used cell, and identifiers a spreadsheet has rounded."""
    for column in frame.columns.difference(["file", "line"], sort=False):
        _refuse(
            frame,
            name,
            column,
            frame[column].str.match(FORMULA),
            "a formula or a sign",
            "plain text",
            "Export the file again",
        )
    spoilt = frame["CHILD"].str.contains(SPOILT)
    _refuse(
        frame,
        name,
        "CHILD",
        spoilt,
        "a number rounded by a spreadsheet",
        "the identifier in full",
        "Export the file again, and do not save it from a spreadsheet",
    )


def _refuse(
    frame: pd.DataFrame, name: str, column: str, where: pd.Series, found: str, expected: str, remedy: str
) -> None:
    """Raise BadInput at the first row marked by `where`, saying how many there are; the cell itself is not shown."""
    where = where.to_numpy(dtype=bool)
    if where.any():
        line, others = frame["line"].to_numpy()[where][0], int(where.sum()) - 1
        more = f" (and {others:,} more in this column)" if others else ""
        raise BadInput(f"{name}, line {line}, {column}: {found}{more}; expected {expected}. {remedy}.")


def read_days(frame: pd.DataFrame, columns: tuple[str, ...], name: str, quality: Quality) -> dict[str, np.ndarray]:
    """The date columns in days since 1 January 1970, NO_DAY where blank.

    The format is one for the whole file: ISO (yyyy-mm-dd) where most dates are, else dd/mm/yyyy, the return's own. Any date
    written otherwise is refused, and a month above 12 means American dates: a file is never read cell by cell.
    """
    cells = pd.concat([frame[column] for column in columns], ignore_index=True)
    filled = cells[cells != ""]
    iso = filled.str.fullmatch(ISO).sum() * 2 > len(filled)
    pattern, form = (ISO, "yyyy-mm-dd") if iso else (BRITISH, "dd/mm/yyyy")
    parts = pd.Series(filled.unique(), dtype=str).str.extract(f"^{pattern}$")
    known = dict(zip(filled.unique(), _days(parts), strict=True)) | {"": NO_DAY}
    american = not iso and bool((pd.to_numeric(parts["month"]) > MONTHS).any())
    days = {column: frame[column].map(known).to_numpy(dtype=float) for column in columns}
    for column in columns:
        _check_days(frame, name, column, days[column], form, american)
    if not iso and len(parts) and (pd.to_numeric(parts["day"]) <= MONTHS).all():
        quality.count(name, "days_under_13")
    return {column: found.astype(np.int64) for column, found in days.items()}


def _days(parts: pd.DataFrame) -> np.ndarray:
    """Days since 1970 of year, month, day; NaN where they do not make a date between 1900 and 2100."""
    year, month, day = (
        pd.to_numeric(parts[part]).to_numpy(dtype=float, na_value=0) for part in ("year", "month", "day")
    )
    months = ((year - 1970) * MONTHS + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1).astype(np.int64)
    right = (month >= 1) & (month <= MONTHS) & (day >= 1) & (days.astype("datetime64[M]") == months)
    return np.where(right & (year >= EARLIEST) & (year < LATEST), days.astype(np.int64), np.nan)


def _check_days(frame: pd.DataFrame, name: str, column: str, days: np.ndarray, form: str, american: bool) -> None:
    where, expected = pd.Series(np.isnan(days)), f"a date written {form}, as in the whole of the file"
    if american:
        _refuse(
            frame,
            name,
            column,
            where,
            "an American date (mm/dd/yyyy), or a month above 12",
            expected,
            "Export with UK dates",
        )
    _refuse(
        frame,
        name,
        column,
        where,
        "not a date in the file's one format",
        expected,
        "Correct the cell, or export the file again",
    )


def count_codes(episodes: pd.DataFrame, quality: Quality) -> None:
    """Count codes that are not known, or not valid in the return's year. The rules say what is done with them."""
    place, year = episodes["PLACE"].to_numpy(), episodes["year"].to_numpy()
    foster = episodes["PLACE"].map(
        lambda code: code in codes.PLACES and codes.PLACES[code].group == codes.STRANGER_FOSTER
    )
    quality.rows(episodes, ~episodes["PLACE"].isin(list(codes.PLACES)), "place_unknown")
    quality.rows(episodes, codes.outside_years(place, year), "place_year")
    quality.rows(episodes, ~episodes["LS"].isin(codes.LEGAL_STATUSES), "legal_unknown")
    quality.rows(episodes, ~episodes["RNE"].isin([*codes.REASONS_FOR_EPISODE, ""]), "rne_unknown")
    quality.rows(episodes, ~episodes["REC"].isin([*codes.REASONS_FOR_END, ""]), "rec_unknown")
    quality.rows(episodes, foster & ~episodes["PLACE_PROVIDER"].isin(codes.PROVIDERS), "provider_unknown")
