"""What the sheet Read me says."""

from forecast.case.documents import Case
from forecast.case.months import month_in_words
from forecast.case.workbook.layout import NAMES_SEPARATOR, TABLES_PREFIX

RUN_COMMAND = "start.py run"

HEADING, TEXT, INPUT, LOCKED = "guide heading", "guide text", "guide input", "guide locked"  # styles of lines


def guide(case: Case) -> list[tuple[str, str]]:
    """The lines of the sheet Read me, each a (style, text)."""
    return [*_purpose(case), *_filling_in(), *_scenarios(), *_running(), *_rules()]


def _purpose(case: Case) -> list[tuple[str, str]]:
    return [
        (HEADING, f"The assumptions behind the forecast: {case.area}, {month_in_words(case.month)}"),
        (TEXT, f"{case.title}"),
        (
            TEXT,
            "This workbook holds every assumption of the forecast and of its scenarios. Change what you know better, "
            "say why, save it and run the forecast again. You cannot break the forecast by a slip: everything is "
            "checked when the workbook is read, and a message names the sheet and the cell of each mistake.",
        ),
    ]


def _filling_in() -> list[tuple[str, str]]:
    return [
        (HEADING, "How to fill it in"),
        (INPUT, "A cell of this colour is yours to change."),
        (LOCKED, "A cell of this colour is locked. It says what a figure means, and is not read back."),
        (
            TEXT,
            "1. Open the sheet Assumptions. Each row is one assumption. Rest the pointer on its value to read what "
            "it is, its unit, and the lowest and highest figure allowed.",
        ),
        (
            TEXT,
            "2. Type the new figure in the column Value. Low and High are the 80% range: one time in ten the truth "
            "lies below Low, one time in ten above High. Leave both empty only where they are empty now.",
        ),
        (
            TEXT,
            "3. Say where the figure comes from in the column Source, and why you chose it in the column Why. "
            "Reliability is green (published or measured), amber (reasoned from figures) or red (no source held).",
        ),
        (
            TEXT,
            "4. Reviewed is the day you looked at it; Review by is the day to look again. "
            "Hindsight is yes where the figure was not known on the origin of the forecast.",
        ),
        (
            TEXT,
            f"5. The sheet Case holds the council, the month and the tables of data. A row {TABLES_PREFIX}ROLE names "
            f"the table of that role; names are separated by {NAMES_SEPARATOR} where there are several.",
        ),
    ]


def _scenarios() -> list[tuple[str, str]]:
    return [
        (HEADING, "Scenarios"),
        (
            TEXT,
            "The sheet Scenarios lists them. The central scenario is what the sheet Assumptions says. To add one, "
            "fill in an empty row: a short name in small letters, the name readers see, its place in lists, and "
            "what it supposes.",
        ),
        (
            TEXT,
            "The sheet Changes says what a scenario sets differently: choose the scenario and the key from the "
            "lists, then type the value and the reason in the column Why. Empty rows wait at the end. With Low and "
            "High left empty the range moves with the value. To undo a change, clear its whole row.",
        ),
    ]


def _running() -> list[tuple[str, str]]:
    return [
        (HEADING, "How to run it"),
        (TEXT, "1. Save the workbook as an Excel workbook (*.xlsx), without a password, and close it."),
        (
            TEXT,
            "2. In the folder of the forecast, click the address bar of the window, type cmd and press Enter. "
            "A black window opens.",
        ),
        (
            TEXT,
            f"3. Type py {RUN_COMMAND} and a space, drag the saved workbook onto the black window, and press Enter.",
        ),
        (TEXT, "4. The answer appears in the window. If a message names a cell instead, correct the cell and repeat."),
    ]


def _rules() -> list[tuple[str, str]]:
    return [
        (HEADING, "What is read, and what is not"),
        (
            TEXT,
            "Formulas are refused, as the figure they last gave may be out of date: copy the cell and paste it as a "
            "value. Links to other workbooks are ignored.",
        ),
        (
            TEXT,
            "Hidden and filtered rows are read like any other. Rows and columns may stand in any order. "
            "Empty rows are skipped. Spaces before and after a text are dropped.",
        ),
        (
            TEXT,
            "Merged cells, columns or sheets that are not part of the workbook, a key given twice and a key "
            "without a row are refused.",
        ),
        (
            TEXT,
            "A date is a date of Excel, or a text such as 2026-11-22. A figure must be a number, not a text that "
            "looks like one. The sheets are locked without a password only against slips.",
        ),
    ]
