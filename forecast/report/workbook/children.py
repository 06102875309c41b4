"""Children by month in the central case: a month's start, who comes, who leaves, and its end."""

from forecast.case.months import month_in_words
from forecast.report.workbook.cells import Cell, Column, Sheet
from forecast.report.workbook.run import Run

GROUPS = {"lac": "Looked-after children", "cp": "Child protection plans"}
START, COME, LEAVE, END = "at the start of the month", "starts", "ends", "at the month's end"


def header(group: str, what: str) -> str:
    """Looked-after children: starts."""
    return f"{GROUPS[group]}: {what}"


def children(run: Run) -> Sheet:
    """Means and 80% ranges of the children of each month."""
    columns = (
        Column("Month", width=18),
        *_columns("lac"),
        Column("Of whom UASC at the month's end", "tenth", 18),
        *_columns("cp"),
    )
    held = run.central["children"]
    lac, cp, uasc = _group(run, "lac"), _group(run, "cp"), held["uasc"]["month_ends"]
    rows = tuple(
        (month_in_words(row["month"]), *lac[at], uasc[at]["mean"], *cp[at])
        for at, row in enumerate(held["lac"]["month_ends"])
    )
    about = (
        "Expected children (means of all draws, so not whole) in the central case, with the 80% range at each month's end.",
        "At the start of the month + starts - ends = at the month's end; the Control sheet holds it to every row.",
    )
    return Sheet(
        "Children",
        "Children",
        "Children by month: central case",
        "Looked-after children and child protection plans, month by month",
        about,
        columns,
        rows,
        frozen_columns=1,
    )


def _columns(group: str) -> tuple[Column, ...]:
    means = (Column(header(group, what), "tenth", 18) for what in (START, COME, LEAVE, END))
    return (*means, Column(header(group, "low (10%)"), "whole", 18), Column(header(group, "high (90%)"), "whole", 18))


def _group(run: Run, group: str) -> list[tuple[Cell, ...]]:
    """The cells of one group, month by month; a month starts where the one before ended."""
    held, before = run.central["children"][group], float(run.answer["open_at_origin"][group])
    rows = []
    for end, come, leave in zip(held["month_ends"], held["starts"], held["ends"], strict=True):
        rows.append((before, come["mean"], leave["mean"], end["mean"], end["p10"], end["p90"]))
        before = end["mean"]
    return rows
