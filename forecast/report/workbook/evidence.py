"""What the figures rest on: inputs, published tables, history, and the model beside what was published."""

import math
from datetime import date

import pandas as pd

from forecast.report.words import day_in_words
from forecast.report.workbook.cells import HIDDEN, NOT_APPLICABLE, Cell, Column, Formula, Sheet, difference, missed
from forecast.report.workbook.names import (
    CATEGORIES,
    GROUPS,
    MEASURES,
    SECTIONS,
    SPLITS,
    STATUSES,
    UNITS,
    in_words,
    period_in_words,
)
from forecast.report.workbook.run import Run
from forecast.sources.history import SUPPRESSED

OWN = "council"  # the status of a figure that its council counted and nobody published
NO_MISFIT = "Fits"
TENTHS = 1  # decimals


def inputs(run: Run) -> Sheet:
    """Every assumption in force in the central case."""
    columns = (
        Column("Subject", width=18),
        Column("Assumption", width=44),
        Column("Value", "number"),
        Column("Unit", width=24),
        Column("Low", "number"),
        Column("High", "number"),
        Column("Reliability", width=14),
        Column("Source", width=50),
        Column("Why", width=50),
        Column("Prices of", width=12),
        Column("Known only later", width=12),
        Column("Set by", width=18),
        Column("Reviewed", width=20),
        Column("Review by", width=20),
    )
    rows = tuple(_input(row) for row in run.tables["assumptions"].to_dict("records"))
    red = int((run.tables["assumptions"]["Reliability"] == "Red").sum())
    about = (
        f"{len(rows)} assumptions, of which {red} are red: no source is held for them. Low and high are the 80% range.",
        f"{NOT_APPLICABLE} as a low or high: the value is taken as certain. Known only later: it rests on figures published after the cut-off.",
    )
    return Sheet(
        "Inputs",
        "Inputs",
        "Inputs: every assumption of the central case",
        "Every assumption with its range, source and review date",
        about,
        columns,
        rows,
        frozen_columns=2,
    )


def _input(row: dict) -> tuple[Cell, ...]:
    return (
        in_words(row["Section"], SECTIONS),
        row["Assumption"],
        row["Value"],
        row["Unit"],
        _or_none(row["Low"]),
        _or_none(row["High"]),
        row["Reliability"],
        row["Source"],
        row["Why"],
        _or_none(row["Prices of"]),
        _yes(row["Known only later"]),
        in_words(row["Set by"], {}),
        _day(row["Reviewed"]),
        _day(row["Review by"]),
    )


def changes(run: Run) -> Sheet:
    """What each scenario changes, and why."""
    units = run.tables["assumptions"].set_index("Key")["Unit"].to_dict()
    columns = (
        Column("Scenario", width=24),
        Column("Assumption", width=44),
        Column("Unit", width=22),
        Column("Central", "number"),
        Column("Scenario's", "number"),
        Column("Low", "number"),
        Column("High", "number"),
        Column("Why", width=60),
    )
    rows = tuple(
        (
            held["name"],
            one["assumption"],
            units[one["key"]],
            one["central"],
            one["scenario"],
            _or_none(one["low"]),
            _or_none(one["high"]),
            one["why"],
        )
        for held in run.scenarios.values()
        for one in held["differs"]
    )
    about = (
        "Everything that a scenario does not change stands as in the central case.",
        f"{NOT_APPLICABLE} as a low or high: the scenario's value is taken as certain.",
    )
    return Sheet(
        "Scenario changes",
        "ScenarioChanges",
        "What each scenario changes",
        "What each scenario assumes, beside the central case, and why",
        about,
        columns,
        rows,
    )


def history(run: Run) -> Sheet:
    """The published and counted figures that the forecast starts from."""
    columns = (
        Column("Area", width=16),
        Column("Figure", width=36),
        Column("Date or year", width=18),
        Column("Split by", width=16),
        Column("Category", width=28),
        Column("Value", "number"),
        Column("Unit", width=22),
        Column("Status", width=30),
        Column("Source", width=60),
    )
    held = run.tables["history"]
    shown = held[(held["status"] != OWN) | (held["breakdown"] == "all")] if run.public else held
    rows = tuple(_past(run, row) for row in shown.to_dict("records"))
    about = (
        f"Counts as published, or as the council counted them. {HIDDEN}: too few children to show; it is never 0.",
        "Figures of published years need not close: a stock plus starts less ends can miss the next stock.",
    )
    return Sheet(
        "History",
        "History",
        "History: the figures that the forecast starts from",
        "What happened, as published, with sources",
        about,
        columns,
        rows,
        frozen_columns=2,
    )


def _past(run: Run, row: dict) -> tuple[Cell, ...]:
    return (
        row["area"],
        in_words(row["measure"], MEASURES),
        period_in_words(row["period"]),
        in_words(row["breakdown"], SPLITS),
        in_words(row["category"], CATEGORIES),
        _count(run, row),
        in_words(row["unit"], UNITS),
        in_words(row["status"], STATUSES),
        row["source"],
    )


def _count(run: Run, row: dict) -> Cell:
    """A figure; [c] where its publisher hid it, or where the council's own is too small for the public."""
    if row["status"] == SUPPRESSED:
        return HIDDEN
    value = float(row["value"])
    small = row["status"] == OWN and run.rule.is_small(value)
    own = row["area"] == run.answer["data_area"] and row["breakdown"] == "all"
    return HIDDEN if run.public and (small or (own and f"{row['measure']} {row['period']}" in run.hidden)) else value


def calibration(run: Run) -> Sheet:
    """The model beside the published year that it is fitted to."""
    columns = (
        Column("Children", width=24),
        Column("Area", width=16),
        Column("Figure", width=40),
        Column("Published", "tenth"),
        Column("Modelled", "tenth"),
        Column("Modelled less published", "tenth"),
        Column("Note", width=60),
    )
    held = run.tables["calibration"]
    shown = held[held["area"] != run.answer["data_area"]] if run.public else held
    rows = tuple(
        (
            in_words(row["group"], GROUPS),
            row["area"],
            in_words(row["figure"], {}),
            row["published"],
            row["modelled"],
            missed("Modelled", "Published", row["modelled"], row["published"], TENTHS),
            in_words(row["note"], {}) or NO_MISFIT,
        )
        for row in shown.to_dict("records")
    )
    about = ("Published figures of the year to which the model is fitted, beside what the fitted model gives for it.",)
    if run.public:
        about = (*about, "The council's own rows are left out of a public workbook: some count few children.")
    return Sheet(
        "Calibration",
        "Calibration",
        "Calibration: modelled beside published children",
        "How well the model fits the published year",
        about,
        columns,
        rows,
    )


def reconciliation(run: Run) -> Sheet:
    """Children x unit cost of the fitted year beside the published outturn."""
    columns = (
        Column("Spending", width=36),
        Column("Published", "money"),
        Column("Modelled", "money"),
        Column("Modelled less published", "signed"),
        Column("As a share of published", "percent_tenth"),
    )
    rows = tuple(
        (
            row["line"],
            row["published"],
            row["modelled"],
            difference("Modelled", "Published", row["modelled"], row["published"]),
            Formula("([Modelled]-[Published])/[Published]", (row["modelled"] - row["published"]) / row["published"]),
        )
        for row in run.tables["reconciliation"].to_dict("records")
    )
    about = (
        "Gross spending that the model gives for the year it is fitted to (children by unit cost), beside the published outturn.",
    )
    return Sheet(
        "Reconciliation",
        "Reconciliation",
        "Reconciliation: modelled beside published spending",
        "The model's cost of the last published year beside its outturn",
        about,
        columns,
        rows,
    )


def _or_none(value: object) -> Cell:
    """The value; [z] where there is none."""
    return NOT_APPLICABLE if value is None or (isinstance(value, float) and math.isnan(value)) else value


def _yes(value: bool) -> str:
    return "Yes" if value else "No"


def _day(value: date | str) -> str:
    return day_in_words(pd.Timestamp(value).date().isoformat())
