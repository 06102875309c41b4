"""Open a workbook that came from outside: its kind, its size and its shape are checked before its cells are read."""

import re
import warnings
import zipfile
import zlib
from io import BytesIO
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from forecast.case.errors import BadInput
from forecast.case.wording import nearest, read_each
from forecast.case.workbook.cells import FIRST_ROW, READ_ME, TABLES, Column, Row, Table, content_of, is_blank, place

MEGABYTE = 1_000_000
MOST_BYTES, MOST_UNPACKED = 5 * MEGABYTE, 30 * MEGABYTE  # a filled template has 0.1 and 1
MOST_ROWS, MOST_COLUMNS = 5_000, 100
MOST_FAULTS = 40  # listed at once
SAVE_AS = "Open it in Excel and save it as an Excel workbook (*.xlsx)"
UNLIKE_XLSX = {
    ".xls": "the old Excel format",
    ".xlsm": "a workbook with macros, which may run programs",
    ".xlsb": "a binary workbook",
    ".csv": "one sheet as text",
    ".ods": "an OpenDocument workbook",
}
OLD, LOCKED, TOO_LARGE, DAMAGED, MACROS = "old", "locked", "too large", "damaged", "macros"
REFUSED = {
    OLD: f"is {UNLIKE_XLSX['.xls']}. {SAVE_AS}",
    LOCKED: f"is protected by a password. Remove it (File, Info, Protect Workbook). {SAVE_AS}",
    TOO_LARGE: "is larger than {most} million bytes; a filled workbook is far smaller. Remove pictures and pasted "
    "sheets, or copy the figures into a new template",
    DAMAGED: f"is not an Excel workbook, or it is damaged. {SAVE_AS}, or copy it into a new template",
    MACROS: f"is {UNLIKE_XLSX['.xlsm']}. {SAVE_AS}",
}
OLD_OR_LOCKED = bytes.fromhex("D0CF11E0A1B11AE1")  # how a file of old Excel, or one with a password, begins
PASSWORD_MARK = "EncryptedPackage".encode("utf-16-le")
DEFINITIONS = re.compile(rb"<!(DOCTYPE|ENTITY)")
UNREADABLE = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError, ValueError)
HEADER = Column("The header", "header", "text", 0, "the name of the column", required=False)


def open_book(path: Path) -> Workbook:
    """The workbook, with formulas as formulas. Raises BadInput for anything but a plain .xlsx file of sensible size."""
    if path.name.startswith("~$"):
        raise BadInput(f"{path.name}: this is what Excel keeps beside an open workbook. Name the workbook itself")
    if path.suffix.lower() != ".xlsx":
        kind = UNLIKE_XLSX.get(path.suffix.lower(), "not a workbook")
        raise BadInput(f"{path.name}: is {kind}; expected an Excel workbook (.xlsx). {SAVE_AS}")
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise BadInput(f"{path.name}: there is no such file. Check the name and the folder") from None
    except OSError:
        raise BadInput(f"{path.name}: cannot be read. Close it in Excel, and check that it is a file") from None
    why = TOO_LARGE if len(content) > MOST_BYTES else unreadable(content)
    book = None if why else load_plain(content)
    if book is None:
        most = MOST_BYTES if len(content) > MOST_BYTES else MOST_UNPACKED
        raise BadInput(f"{path.name}: {REFUSED[why or DAMAGED].format(most=most // MEGABYTE)}")
    return book


def unreadable(content: bytes) -> str | None:
    """What keeps a file from being read as a plain workbook, if anything: OLD, LOCKED, TOO_LARGE, DAMAGED or MACROS.

    Looks at the size of its parts, and for definitions that multiply text, without reading cells.
    """
    if content.startswith(OLD_OR_LOCKED):
        return LOCKED if PASSWORD_MARK in content else OLD
    try:
        with zipfile.ZipFile(BytesIO(content)) as parts:
            sizes = {part.filename: part.file_size for part in parts.infolist()}
            if sum(sizes.values()) > MOST_UNPACKED:  # a part never unpacks to more than it says
                return TOO_LARGE
            defined = any(DEFINITIONS.search(parts.read(name).replace(b"\0", b"")) for name in sizes)
    except UNREADABLE:
        return DAMAGED
    if defined or "[Content_Types].xml" not in sizes:
        return DAMAGED
    return MACROS if any(name.endswith("vbaProject.bin") for name in sizes) else None


def load_plain(content: bytes, results: bool = False) -> Workbook | None:
    """A workbook that `unreadable` passed: its formulas, or the `results` stored with them. None if it is damaged."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what openpyxl leaves out, such as pictures; cells are all there
            return load_workbook(BytesIO(content), data_only=results, keep_links=False)
    except Exception:  # openpyxl raises whatever its parts met, and its words may hold a cell
        return None


def read_tables(file: str, book: Workbook) -> dict[str, dict[int, Row]]:
    """The rows of each table of a workbook, by their number. Raises BadInput with every fault of its shape."""
    names = [*TABLES, *[name for name in book.sheetnames if name not in (*TABLES, READ_ME)]]
    return read_each(names, lambda name: _read_table(file, book, name))


def shortened(message: str) -> str:
    """A message of many faults, cut to the number a person mends in one go."""
    lines = message.splitlines()
    more = len(lines) - MOST_FAULTS
    return "\n".join([*lines[:MOST_FAULTS], f"and {more:,} more faults"]) if more > 0 else message


def _read_table(file: str, book: Workbook, name: str) -> dict[int, Row]:
    """The rows below the headers, hidden ones too; those in which nothing stands that is read are skipped."""
    if name not in TABLES:
        what = f"is not part of the template. {nearest(name, list(TABLES))} Delete the sheet, or give it its name back"
        raise BadInput(f"{file}, sheet {name}: {what}")
    if name not in [sheet.title for sheet in book.worksheets]:
        raise BadInput(f"{file}: the sheet {name} is missing. Give it its name back, or start from a new template")
    sheet, rows = book[name], {}
    if sheet.max_row > MOST_ROWS or sheet.max_column > MOST_COLUMNS:
        corner = sheet.cell(sheet.max_row, sheet.max_column).coordinate
        what = "is far outside the table. Delete the rows below the table and the columns beside it"
        raise BadInput(f"{file}, sheet {name}, cell {corner}: {what}")
    if merged := sorted(sheet.merged_cells.ranges, key=lambda area: (area.min_row, area.min_col)):  # they hide content
        places = {area.coord: place(sheet[area.start_cell.coordinate]) for area in merged}
        remedy = "Select them, choose Unmerge Cells and fill in each"
        raise BadInput("\n".join(f"{file}, {at}: the cells {area} are merged. {remedy}" for area, at in places.items()))
    places = _places(file, sheet, TABLES[name])
    for cells in sheet.iter_rows(min_row=FIRST_ROW):
        stray = [cell for cell in cells if cell.column not in places.values() and not is_blank(cell.value)]
        if stray:
            raise BadInput(f"{file}, {place(stray[0])}: this column has no header. Clear the cell")
        row = Row(file, cells[0].row, {col.field: cells[places[col.header] - 1] for col in TABLES[name].read})
        if not all(is_blank(cell.value) for cell in row.cells.values()):
            rows[row.number] = row
    return rows


def _places(file: str, sheet: Worksheet, table: Table) -> dict[str, int]:
    """header -> number of its column. Raises BadInput for headers that are missing, repeated or unknown."""
    found, faults, headers = {}, [], [column.header for column in table.columns]
    for cell in sheet[1]:
        where = f"{file}, {place(cell)}"
        try:
            header = content_of(cell, HEADER)
        except BadInput as fault:
            faults.append(f"{where}: {HEADER.header} {fault}")
            continue
        if header in found:
            faults.append(f"{where}: the column {header} is given twice. Delete the one that is not meant")
        elif header in headers:
            found[header] = cell.column
        elif header:
            remedy = f"{nearest(header, headers)} Rename or delete it"
            faults.append(f'{where}: the column "{header[:40]}" is not known. {remedy}')
    where, remedy = f"{file}, sheet {sheet.title}, cell A1", "Write its header back, or start from a new template"
    for header in headers:
        if header not in found:
            faults.append(f"{where}: the column {header} is missing from row 1. {remedy}")
    if faults:
        raise BadInput("\n".join(faults))
    return found
