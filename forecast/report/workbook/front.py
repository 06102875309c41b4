"""The first two sheets: what the workbook is, how current, what it holds; and how to read it."""

from forecast.case.months import month_in_words
from forecast.report.words import cautions, day_in_words, headline
from forecast.report.workbook.cells import HIDDEN, NOT_APPLICABLE, NOT_HELD, Column, Formula, Link, Sheet
from forecast.report.workbook.control import NAME as CONTROL
from forecast.report.workbook.control import NOT_OK, OK, passed
from forecast.report.workbook.run import Run
from forecast.report.workbook.sources import expiry

COVER, NOTES = "Cover", "Notes"
CODE_LETTERS = 12  # of the code's checksum: as many as tell versions apart
MARKED = {
    True: "Marking: PUBLIC. Figures that count few children are left out or hidden.",
    False: "Marking: PRIVATE. For the council's own officers: it may hold figures that count few children. Do not publish.",
}


def cover(run: Run, sheets: dict[str, Sheet]) -> Sheet:
    """What this is, of what run, how current, whether its checks hold, and its contents with links."""
    columns = (Column("Sheet", width=26), Column("What it shows", width=96))
    rows = tuple((Link(sheet.name), sheet.says) for sheet in sheets.values())
    return Sheet(
        COVER, "Contents", run.title, "", (MARKED[run.public], *_facts(run), _holds(sheets[CONTROL])), columns, rows
    )


def _facts(run: Run) -> list[str]:
    """What a reader must know before the first figure, one sentence a row."""
    told = run.answer
    return [
        "What this is: a forecast of looked-after children, child protection plans, their cost and the call on the contingency, as tables to check.",
        f"Council: {told['area']}",
        f"Run: {told['council']} {run.name}",
        f"Made with: forecast version {told['version']}, code {run.manifest['code_sha256'][:CODE_LETTERS]}, {told['draws']:,} draws, seed {told['seed']}",
        f"As of: {day_in_words(run.as_of.isoformat())}",
        f"Figures up to: {day_in_words(told['origin'])}. Forecast to: {month_in_words(told['horizon'])}. Budget year: {run.year}",
        _use_until(run),
    ]


def _use_until(run: Run) -> str:
    day, what = expiry(run)
    if run.as_of.isoformat() > day:
        return f"Use until: {day_in_words(day)}, {what}. EXPIRED: review the inputs and run again before use"
    return f"Use until: {day_in_words(day)}, {what}"


def _holds(control: Sheet) -> Formula:
    good, bad = f"Control checks: {OK}. All hold", f"Control checks: {NOT_OK}. See the sheet {CONTROL}"
    return Formula(
        f'IF({passed(control)},"{good}","{bad}")',
        good if all(status == OK for status in control.values("Status")) else bad,
    )


def notes(run: Run) -> Sheet:
    """How to read the figures, and how sure they are."""
    columns = (Column("Subject", width=26), Column("Note", width=120))
    rows = (
        *(("The answer", line) for line in headline(run.answer)[1:]),
        *(("How sure", line.replace("in assumptions.md", "on the sheet Inputs")) for line in cautions(run.answer)),
        ("Expected", f"The mean of {run.answer['draws']:,} draws. Means add up: lines sum to totals, months to years."),
        (
            "80% range",
            "Low (10%) and high (90%): one draw in ten lies below the low and one in ten above the high. Ranges do not add up, for not all lines or months are high at once.",
        ),
        (
            "Signs",
            "Costs are positive and income negative. A positive variance is adverse: more is spent than budgeted.",
        ),
        (
            "Basis",
            "Actual: from the council's ledger. Estimated: the model's figure of a month that is over, for want of a ledger. Forecast: a month to come.",
        ),
        ("Base budget", "Of the year, by line; spread over months by days."),
        (
            "Call",
            "Adverse variance to date plus Recovery Plan commitments to date. An underspend does not pay for commitments, so the expected call is not the expected variance plus commitments.",
        ),
        (
            "Formulas",
            "Totals, variances, movements and checks are live. Expected figures and ranges come from the run and are values: changing one turns the Control sheet from OK to CHECK.",
        ),
        ("Rounding", "Cells hold unrounded figures and show pounds, or tenths of a child."),
        (
            "Symbols",
            f"{NOT_APPLICABLE}: not applicable. {HIDDEN}: hidden, for it counts too few children. {NOT_HELD}: not held.",
        ),
        (
            "Abbreviations",
            "CP: child protection. LAC: looked-after children. UASC: unaccompanied asylum-seeking children. IRO: independent reviewing officer. IFA: independent fostering agency.",
        ),
    )
    return Sheet(
        NOTES,
        "ReadersNotes",
        "Notes: how to read this workbook",
        "The answer in words, how sure it is, and what terms and symbols mean",
        (),
        columns,
        rows,
    )
