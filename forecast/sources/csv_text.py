"""The text and the cells of a CSV file that a council's system exported: strict, and never guessed."""

import csv
import io

from forecast.case.errors import BadInput

UTF_8_MARK, UTF_16_MARKS = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
MOST_HEADING_ROWS = 10  # an export may have a title above its headings
SAVE_AGAIN = "In Excel: Save As, CSV UTF-8 (comma delimited); or export the file again."


def decode(name: str, content: bytes) -> tuple[str, bool]:
    """The text, and whether it was read as Latin-1, as older systems export. Raises BadInput for UTF-16 and NULs."""
    if content.startswith(UTF_16_MARKS):
        raise BadInput(f"{name}: saved as UTF-16 (Unicode text); expected UTF-8. {SAVE_AGAIN}")
    if b"\0" in content:
        line = content[: content.index(b"\0")].count(b"\n") + 1
        raise BadInput(
            f"{name}, line {line}: holds NUL characters: damaged, or UTF-16; expected UTF-8 text. {SAVE_AGAIN}"
        )
    try:
        return content.removeprefix(UTF_8_MARK).decode("utf-8"), False
    except UnicodeDecodeError:
        return content.decode("latin-1"), True


def separated(rows: list[list[str]]) -> tuple[int, str] | None:
    """Where the first lines have headings that another mark separates, and which in words; None where commas do."""
    first, width = rows[:MOST_HEADING_ROWS], max(map(len, rows[:MOST_HEADING_ROWS]), default=1)
    for at, row in enumerate(first):
        for mark, words in SEPARATORS.items():
            if len(row) == 1 and len(row[0].split(mark)) > width:
                return at, words
    return None


def parse(name: str, text: str) -> tuple[list[list[str]], list[int]]:
    """The rows and the line each ends on. Raises BadInput for a cell that runs over several lines."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows, lines, line = [], [], 1
    try:
        for row in reader:
            if reader.line_num > line and any("\n" in cell or "\r" in cell for cell in row):
                raise csv.Error
            rows.append(row)
            lines.append(reader.line_num)
            line = reader.line_num + 1
    except csv.Error:
        raise BadInput(
            f"{name}, line {line}: a quotation mark that is not closed on its line, or stands inside a cell. "
            f"Expected cells without line breaks. Remove the mark, or export the file again."
        ) from None
    return rows, lines
