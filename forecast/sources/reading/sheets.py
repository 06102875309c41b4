"""Tables as text, read strictly: CSV files and sheets of workbooks. Columns go by name; no message quotes a cell."""

import contextlib
import difflib
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pandas as pd

from forecast.case.errors import BadInput
from forecast.sources.counting import Quality
from forecast.sources.csv_text import MOST_HEADING_ROWS, SAVE_AGAIN, SEPARATORS, UTF_16_MARKS, decode, parse, separated
from forecast.sources.reading.files import MEGABYTE, ZIP_FAULTS, Source

SPOILT = r"\d(?:\.\d+)?[eE]\+?\d+|.*\.0"  # what a spreadsheet makes of a long number
MOST_UNPACKED = 400 * MEGABYTE  # of a workbook
MOST_CELLS = 1000  # of a line: no return has a tenth of that
NEAR = 0.6  # of difflib: headings more alike than this are told as the one that was meant
# What databases, spreadsheets and statistics programs write where there is nothing.
NOTHING_WORDS = "NULL (NULL) <NULL> [NULL] #NULL! N/A #N/A NA NAN NAT NONE NIL - -- (BLANK)"
TOTAL = re.compile(r"((grand )?totals?|(total )?(number|count)( of \w+)*|row count)\W*(\d[\d,]*)?", re.IGNORECASE)
NOTHING = frozenset(NOTHING_WORDS.split())


@dataclass(frozen=True)
class Sheet:
    """A table as text: headings in one form, rows of as many cells, the line each stands on; `top`, the headings'."""

    name: str
    columns: list[str]
    rows: list[list[str]]
    lines: list[int]
    top: int = 1

    def frame(self, used: list[str]) -> pd.DataFrame:
        """file, line and the used columns, as text without spaces at either end; blank where the sheet lacks one."""
        cells = dict(zip(self.columns, zip(*self.rows, strict=True), strict=True)) if self.rows else {}
        frame = {"file": pd.Categorical([self.name] * len(self.rows)), "line": np.array(self.lines, np.int64)}
        blank = [""] * len(self.rows)
        texts = {column: pd.Series(cells.get(column, blank), dtype=object) for column in used}
        return pd.DataFrame(frame | {column: each(cells, str.strip) for column, cells in texts.items()})


def each(cells: pd.Series, clean: Callable[[str], str]) -> pd.Series:
    """Every cell cleaned; equal cells are one text in memory, and cleaned once."""
    return cells.map({cell: clean(cell) for cell in cells.unique()}).astype(object)


def blank_words(frame: pd.DataFrame, columns: list[str], quality: Quality) -> pd.DataFrame:
    """The frame with the words that databases write for nothing as blank cells; they are counted."""
    words = {
        column: frame[column].isin([cell for cell in frame[column].unique() if cell.upper() in NOTHING])
        for column in columns
    }
    for where in words.values():
        quality.rows(frame, where, "null_words")
    return frame.assign(**{column: frame[column].mask(where, "") for column, where in words.items() if where.any()})


def read_csv(
    source: Source,
    heading: Callable[[str], str],
    padded: bool,
    quality: Quality,
    is_headings: Callable[[set[str]], bool] = bool,
    synonyms: dict[str, str] | None = None,
) -> Sheet | None:
    """A CSV file's headings and rows; None for an empty file.

    heading      the one form of a heading, whatever its case and spaces
    padded       whether rows may have blank cells beyond the headings
    is_headings  whether some headings are those of the return: lines above them are blank or a title, and counted
    synonyms     a heading's letters and numbers -> the heading it stands for, where that is not there itself
    Raises BadInput, naming file and line, for another encoding or separator, a quotation mark that never closes, a row
    with too few or too many cells (a truncated file), and a heading that stands twice.
    """
    text, latin_1 = decode(source.name, source.content())
    quality.count(source.name, "latin_1", latin_1)
    rows, lines = parse(source.name, text)
    for row, line in zip(rows, lines, strict=True):
        if len(row) > MOST_CELLS:
            what = f"{len(row):,} cells in one line; expected at most {MOST_CELLS:,}"
            raise BadInput(f"{source.name}, line {line}: {what}. The file has lost its line ends: export it again.")
    filled = [at for at, row in enumerate(rows) if any(map(str.strip, row))]
    if not filled:
        return None
    headings = (set(_columns(rows[at], heading, synonyms)) for at in filled[:MOST_HEADING_ROWS])
    tops = (at for at, found in zip(filled, headings, strict=False) if is_headings(found))
    top = next(tops, None)
    if top is None:  # headings that another separator parts stand there too, and are told with their line
        tops = (at for at in filled[:MOST_HEADING_ROWS] if is_headings(set(_parted(rows[at], heading, synonyms))))
        top = next(tops, filled[0])
    above = len([at for at in filled if at < top])
    quality.count(source.name, "titles", above)
    quality.count(source.name, "blank_rows", top - above)
    return _as_sheet(source.name, rows[top:], lines[top:], heading, padded, quality, synonyms)


def _parted(row: list[str], heading: Callable[[str], str], synonyms: dict[str, str] | None) -> list[str]:
    """The headings of a row that is one cell, parted by whatever separator stands in it."""
    marks = [mark for mark in SEPARATORS if len(row) == 1 and mark in row[0]]
    return _columns(row[0].split(marks[0]), heading, synonyms) if marks else []


def _columns(row: list[str], heading: Callable[[str], str], synonyms: dict[str, str] | None) -> list[str]:
    """The headings of a row in their one form; a synonym stands for a heading that is not there itself."""
    columns = [heading(cell) for cell in row]
    meant = [(synonyms or {}).get(re.sub(r"[^A-Z0-9]", "", column), column) for column in columns]
    return [column if known in columns else known for column, known in zip(columns, meant, strict=True)]


def _as_sheet(
    name: str,
    rows: list[list[str]],
    lines: list[int],
    heading: Callable[[str], str],
    padded: bool,
    quality: Quality,
    synonyms: dict[str, str] | None = None,
) -> Sheet:
    if other := separated(rows[:1]):
        what = f"the cells are separated by {other[1]}; expected commas"
        raise BadInput(f"{name}, line {lines[0]}: {what}. {SAVE_AGAIN}")
    columns = _columns(rows[0], heading, synonyms)
    twice = {column for column in columns if column and columns.count(column) > 1}
    if twice:
        raise BadInput(
            f"{name}, line {lines[0]}: {len(twice)} column headings stand twice; expected each once. Remove the copies."
        )
    filled = [(row, line) for row, line in zip(rows[1:], lines[1:], strict=True) if any(map(str.strip, row))]
    if filled and _is_total(filled[-1][0]):
        quality.count(name, "total_row")
        filled, rows = filled[:-1], rows[:-1]
    first = heading(rows[0][0])
    again = [heading(row[0]) == first and _columns(row, heading, synonyms) == columns for row, _ in filled]
    kept = [each for each, repeated in zip(filled, again, strict=True) if not repeated]
    quality.count(name, "blank_rows", len(rows) - 1 - len(filled))
    quality.count(name, "repeated_headings", len(filled) - len(kept))
    width = len(columns)
    for row, line in kept:
        if len(row) < width or any(map(str.strip, row[width:])) or (len(row) > width and not padded):
            raise BadInput(
                f"{name}, line {line}: {len(row)} cells, expected {width}. A truncated file or a stray comma: export "
                f"the file again."
            )
    return Sheet(name, columns, [row[:width] for row, _ in kept], [line for _, line in kept], lines[0])


def _is_total(row: list[str]) -> bool:
    """Whether a last row is a report's total: the word and a number or two, and no more."""
    cells = [cell.strip() for cell in row if cell.strip()]
    return bool(TOTAL.fullmatch(cells[0])) and all(cell.replace(",", "").isdecimal() for cell in cells[1:])


def found_instead(lacking: Iterable[str], columns: set[str], known: set[str]) -> str:
    """What a message adds on headings that are lacking: those found that are nearest, where any is near.

    Nothing is shown of a line that has no heading known, nor a heading with a number: a file without headings has a
    child's cells there.
    """
    others = sorted(column for column in columns - known if column and not re.search(r"\d", column))
    near = [
        *(column for name in lacking for column in others if column.startswith(name)),
        *(column for name in lacking for column in difflib.get_close_matches(name, others, 1, NEAR)),
    ]
    return f" (found {', '.join(dict.fromkeys(near))})" if near and columns & known else ""


# Cells


def place(name: str, line: int, record: int = 0) -> str:
    """Where something stands: file, line, and number of the Child element in XML."""
    return f"{name}, line {line}" + (f", Child {record}" if record else "")


def refuse(frame: pd.DataFrame, column: str, where: np.ndarray, found: str, expected: str, remedy: str) -> None:
    """Raise BadInput at the first row marked by `where`, saying how many there are; the cell itself is not shown."""
    where = np.asarray(where, dtype=bool)
    if where.any():
        row, others = frame.iloc[int(where.argmax())], int(where.sum()) - 1
        more = f" (and {others:,} more in this column)" if others else ""
        at = place(row["file"], row["line"], row.get("record", 0))
        raise BadInput(f"{at}, {column}: {found}{more}; expected {expected}. {remedy}.")


def check_cells(frame: pd.DataFrame, called: dict[str, str], child: str, signs: str) -> None:
    """Refuse formulas in used cells, and identifiers that a spreadsheet has rounded.

    called  column -> what messages call it, for the columns used; child: that of identifiers
    signs   a pattern of what a formula begins with
    """
    for column, name in called.items():
        formulas = frame[column].str.match(signs)
        refuse(frame, name, formulas, "a formula or a sign", "plain text", "Export the file again")
    rounded, remedy = (
        "a number rounded by a spreadsheet",
        "Export the file again, and do not save it from a spreadsheet",
    )
    refuse(frame, called[child], frame[child].str.fullmatch(SPOILT), rounded, "the identifier in full", remedy)


# Workbooks


def read_workbook(
    source: Source, heading: Callable[[str], str], is_headings: Callable[[set[str]], bool], quality: Quality
) -> Iterator[Sheet]:
    """The sheets of a workbook that have headings which are used (`is_headings`); the others are counted."""
    for number, (_, lines) in enumerate(workbook_tables(source), start=1):
        rows = list(lines.values())
        top = next((at for at, row in enumerate(rows[:MOST_HEADING_ROWS]) if is_headings(set(map(heading, row)))), None)
        if top is None:
            quality.count(f"{source.name}, sheet {number}", "not_return")
        else:
            yield below(f"{source.name}, sheet {number}", lines, top, heading, quality)


def workbook_tables(source: Source, most: int | None = None) -> list[tuple[str, dict[int, list[str]]]]:
    """Each sheet's title, and its rows by line (the first `most`), blank ones left out.

    Raises BadInput for what is no sound workbook.
    """
    content = source.content()
    _check_workbook(source.name, content)
    sheets = _workbook_rows(content, most)
    if sheets is None:
        raise BadInput(
            f"{source.name}: the workbook is damaged or of a kind not read here. Save it again as XLSX, or as CSV."
        )
    return sheets


def below(name: str, lines: dict[int, list[str]], top: int, heading: Callable[[str], str], quality: Quality) -> Sheet:
    """The table of some rows by line, the `top`th of which (from 0) has the headings."""
    rows = list(lines.values())
    width = max(at for at, cell in enumerate(rows[top], start=1) if cell.strip())
    filled = [row + [""] * (width - len(row)) for row in [rows[top][:width], *rows[top + 1 :]]]
    return _as_sheet(name, filled, list(lines)[top:], heading, True, quality)


def _workbook_rows(content: bytes, most: int | None) -> list[tuple[str, dict[int, list[str]]]] | None:
    """Each sheet's title and rows by line, blank ones left out; None for a damaged workbook.

    Nothing is raised here: openpyxl's own errors, of every kind, may hold a cell.
    """
    import openpyxl  # large, and most returns are no workbooks

    with contextlib.suppress(Exception):
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        sheets = [
            (sheet.title, enumerate(sheet.iter_rows(max_row=most, values_only=True), start=1))
            for sheet in book.worksheets
        ]
        return [
            (title, {line: row for line, values in rows if any(row := list(map(_cell, values)))})
            for title, rows in sheets
        ]
    return None


def _cell(value: object) -> str:
    """A cell as text; true dates as yyyy-mm-dd, whole numbers without a decimal point."""
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value).strip()


def _check_workbook(name: str, content: bytes) -> None:
    """Refuse a workbook that unpacks to far more than it should, or whose parts hold a DTD or hide one in UTF-16."""
    together = 0
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist():
                with archive.open(member) as file:
                    part = file.read(MOST_UNPACKED + 1)
                together += len(part)
                if b"<!DOCTYPE" in part or b"<!ENTITY" in part or part.startswith(UTF_16_MARKS):
                    raise BadInput(
                        f"{name}: a part holds a document type or entity (as in an XML bomb or XXE attack). "
                        f"Save it again as CSV."
                    )
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
