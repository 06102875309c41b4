"""What every form of return is read into: rows of text with their places, then columns with days as numbers."""

import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from forecast.case.errors import BadInput
from forecast.sources.cin.quality import Quality

NO_DAY = np.int64(-(10**6))  # a blank date
OPEN = np.int64(10**6)  # the end of a plan that has none: later than any day
EARLIEST, LATEST = 1900, 2100
MONTHS = 12
ISO = r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?:[ T]00:00(?::00(?:\.0+)?)?)?Z?"
BRITISH = r"(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d{4})(?: 00:00(?::00)?)?"
FORMATS = {ISO: "yyyy-mm-dd", BRITISH: "dd/mm/yyyy"}
PLACE = ("line", "record", "child", "family")
COLUMNS = {
    "children": ("born", "expected", "died", "sex"),
    "plans": ("start", "end", "initial", "latest", "previous"),
    "enquiries": ("day",),
    "conferences": ("day", "level", "source", "not_required"),
    "reviews": ("day",),
    "care": ("start", "end"),
}
FIELDS = {
    ("children", "born"): "PersonBirthDate",
    ("children", "expected"): "ExpectedPersonBirthDate",
    ("children", "died"): "PersonDeathDate",
    ("plans", "start"): "CPPstartDate",
    ("plans", "end"): "CPPendDate",
    ("enquiries", "day"): "S47ActualStartDate",
    ("conferences", "day"): "DateOfInitialCPC",
    ("reviews", "day"): "CPPreviewDate",
    ("care", "start"): "Date Started to be Looked After",
    ("care", "end"): "Date Ceased to be Looked After",
}
Tables = dict[str, pd.DataFrame]


@dataclass
class Records:
    """Rows of text by table: line, record (0 outside XML), child (hashed), family (hashed or blank), then COLUMNS."""

    name: str
    form: str
    rows: dict[str, list[tuple]] = field(default_factory=lambda: {table: [] for table in COLUMNS})
    held: set[str] = field(default_factory=set)
    year: str = ""
    as_at: str = ""
    authority: str = ""

    def add(self, table: str, place: tuple, *values: str) -> None:
        """Add a row; `place` is line, record, child, family."""
        self.rows[table].append((*place, *values))


def to_tables(records: Records, quality: Quality) -> Tables:
    """The rows as typed columns: dates in days since 1970, NO_DAY where blank; text elsewhere.

    XML dates are yyyy-mm-dd. A table's are in one format throughout: the one most have, of yyyy-mm-dd and dd/mm/yyyy. A file
    is never read cell by cell, for 03/04 would be April in one row and March in the next.
    Raises BadInput naming file, line, record and field; never the date.
    """
    tables = {
        table: pd.DataFrame(rows, columns=[*PLACE, *COLUMNS[table]], dtype=object).assign(file=records.name)
        for table, rows in records.rows.items()
    }
    pattern = ISO if records.form == "xml" else _format(tables)
    known = _read_days(_cells(tables), pattern)
    american = pattern == BRITISH and _american(_cells(tables))
    for (table, column), name in FIELDS.items():
        days = tables[table][column].map(known).to_numpy(dtype=float)
        _refuse(records, tables[table], name, np.isnan(days), FORMATS[pattern], american)
        tables[table][column] = days.astype(np.int64)
    if pattern == BRITISH and not _proves_day_first(known):
        quality.count(records.name, "days_under_13")
    return {table: frame.astype({"line": np.int64, "record": np.int64}) for table, frame in tables.items()}


def _cells(tables: Tables) -> pd.Series:
    """Every filled date cell, as text."""
    cells = pd.concat([tables[table][column] for table, column in FIELDS], ignore_index=True).astype(object)
    return cells[cells != ""]


def _format(tables: Tables) -> str:
    cells = _cells(tables).astype(str)
    return ISO if cells.str.fullmatch(ISO).sum() * 2 > len(cells) else BRITISH


def _american(cells: pd.Series) -> bool:
    parts = cells.astype(str).str.extract(f"^{BRITISH}$")
    return bool((pd.to_numeric(parts["month"]) > MONTHS).any())


def _proves_day_first(known: dict[str, float]) -> bool:
    days = [re.match(r"\d+", text) for text in known if text]
    return not days or any(int(found[0]) > MONTHS for found in days if found)


def _read_days(cells: pd.Series, pattern: str) -> dict[str, float]:
    """text -> days since 1970; NaN where it is not a date between 1900 and 2100 in the format."""
    texts = pd.Series(cells.unique(), dtype=str)
    parts = texts.str.extract(f"^{pattern}$")
    year, month, day = (pd.to_numeric(parts[part]).to_numpy(float, na_value=0) for part in ("year", "month", "day"))
    months = ((year - 1970) * MONTHS + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1).astype(np.int64)
    right = (month >= 1) & (month <= MONTHS) & (day >= 1) & (days.astype("datetime64[M]") == months)
    found = np.where(right & (year >= EARLIEST) & (year < LATEST), days.astype(np.int64), np.nan)
    return dict(zip(texts, found, strict=True)) | {"": float(NO_DAY)}


def _refuse(records: Records, frame: pd.DataFrame, name: str, wrong: np.ndarray, form: str, american: bool) -> None:
    """Raise BadInput at the first wrong date, saying how many there are."""
    if not wrong.any():
        return
    row, others = frame[wrong].iloc[0], int(wrong.sum()) - 1
    more = f" (and {others:,} more in this field)" if others else ""
    found = "an American date (mm/dd/yyyy), or a month above 12" if american else "not a date in the file's one format"
    remedy = "Export with UK dates" if american else "Correct the cell, or export the file again"
    raise BadInput(
        f"{place(records.name, row['line'], row['record'])}, {name}: {found}{more}; expected a date written {form}, "
        f"as in the whole of the file. {remedy}."
    )


def place(name: str, line: int, record: int = 0) -> str:
    """Where something stands: file, line, and number of the Child element in XML."""
    return f"{name}, line {line}" + (f", Child {record}" if record else "")
