"""The paper's way through disclosure control: what counts actual children, and what is left once it has passed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from forecast.case.errors import BadInput
from forecast.case.months import year_months
from forecast.report.disclosure import (
    MODEL,
    Cell,
    Key,
    Released,
    Rule,
    Sheet,
    cover,
    in_sentences,
    mark,
    release,
    stock_identity,
)
from forecast.report.figures import MINUS, RunInContext
from forecast.report.model import FigureInText, Part, Report, Table
from forecast.report.paper.gather import MEASURES

ACTUAL = "actual"
COUNTED = "Figures counted"
STARTS = {"lac": "lac_starts", "cp": "cp_starts"}
IDENTITY = (("lac_stock", "lac_starts", "lac_ceases"), ("cp_stock", "cp_starts", "cp_ends"))
HELD_BACK = {"x", "c"}  # as publishers write a count that they do not show
# Roots of the run that count no child who exists: forecasts, assumptions, sources, and the record of many councils.
MODEL_ROOTS = (
    "scenarios/",
    "sensitivities/",
    "central_path/",
    "record/",
    "breaks/",
    "context/",
    "area",
    "version",
    "draws",
    "seed",
    "origin",
    "horizon",
    *(f"tables/{name}/" for name in ("assumptions", "calibration", "cost", "reconciliation", "spread", "years_apart")),
    "financial_year",
    "contingency",
    "red_assumptions",
    "hindsight_assumptions",
    "month",
    "title",
    "council",
)
COUNTS = re.compile(
    r"open_at_origin/|tables/history/.*/value$|context/(past|scored)/.*/(value|outturn|no_change)$|breaks/.*/counted$"
)


def counted(run: RunInContext) -> dict[str, Cell]:
    """Source -> the actual count it tells, with its key; two sources of one figure share the key."""
    held = _published(run) | _opened(run)
    return held | _started(run, {cell.key: cell.value for cell in held.values()})


def _published(run: RunInContext) -> dict[str, Cell]:
    """The council's own rows of the history, as the table and the charts show them."""
    found: dict[str, Cell] = {}
    for name, row in run.rows("history").items():
        if row["area"] == run.context["area"] and row["breakdown"] == "all" and _is_count(str(row["value"])):
            value = None if str(row["value"]) in HELD_BACK else float(row["value"])
            found[f"tables/history/{name}/value"] = Cell(f"{row['measure']} {row['period']}", value)
    for group, measure in MEASURES.items():
        for place, past in enumerate(run.context["past"][group]):
            found[f"context/past/{group}/{place}/value"] = Cell(f"{measure} {past['day']}", past["value"])
        for place, one in enumerate(run.context["scored"].get(group, [])):
            found[f"context/scored/{group}/{place}/outturn"] = Cell(f"{measure} {one['at']} outturn", one["outturn"])
    return found


def _is_count(value: str) -> bool:
    return value in HELD_BACK or value.isdecimal()


def _opened(run: RunInContext) -> dict[str, Cell]:
    """Children at the forecast's first day, which `no change` repeats."""
    found = {}
    for group, measure in MEASURES.items():
        cell = Cell(f"{measure} {run.answer['origin']}", float(run.answer["open_at_origin"][group]))
        found[f"open_at_origin/{group}"] = cell
        found |= {
            f"context/scored/{group}/{place}/no_change": cell
            for place in range(len(run.context["scored"].get(group, [])))
        }
    return found


def _started(run: RunInContext, known: Mapping[str, float | None]) -> dict[str, Cell]:
    """Starts that the alarm was tried on: the published figure, or one of its own where the council counted another."""
    found = {}
    for group, rows in (run.answer.get("breaks") or {}).items():
        for place, row in enumerate(rows):
            key = f"{STARTS[group]} {row['period']}"
            same = known.get(key, row["counted"]) == row["counted"]
            found[f"breaks/{group}/{place}/counted"] = Cell(
                key if same else f"{key} as the alarm counts", float(row["counted"])
            )
    return found


def sheet_of(run: RunInContext) -> Sheet:
    """Every actual count as one table of the release, with the sums that tie them and close exactly."""
    cells = {cell.key: cell for cell in counted(run).values()}
    return Sheet(COUNTED, tuple(cells.values()), tuple(_identities(cells)))


def _identities(cells: Mapping[str, Cell]):
    """Stock = stock a year before + starts - ends, where all four are there; published figures need not close."""
    for stock, starts, ends in IDENTITY:
        days = sorted(key.split()[1] for key in cells if key.startswith(f"{stock} ") and key.endswith("-03-31"))
        for day in days:
            year = int(day[:4])
            keys = (
                f"{stock} {day}",
                f"{stock} {year - 1}-03-31",
                *(f"{flow} {year - 1}-{year % 100:02d}" for flow in (starts, ends)),
            )
            if all(key in cells for key in keys) and _closes([cells[key].value for key in keys]):
                yield stock_identity(*keys)


def _closes(values: Sequence[float | None]) -> bool:
    """Whether they do; of a figure held back it cannot be known, so it is taken to."""
    if None in values:
        return True
    now, before, came, went = values
    return now == before + came - went


def cleared_for_all(
    run: RunInContext, rule: Rule, earlier: Sequence[Released], name: str, revised: Sequence[str] = ()
) -> Released:
    """The release of a run's counts. Raises BadInput where the year is over and every cost is an actual one."""
    months = run.table("monthly")
    year = months[months["month"].isin(year_months(run.answer["financial_year"]))]
    if (year["basis"] == ACTUAL).all():
        raise BadInput(
            "the year is over and the lines of cost are actual spending, which may stand for a few children. "
            "Leave the report private"
        )
    return release([sheet_of(run)], rule, earlier, name, revised)


def without_hidden(run: RunInContext, released: Released) -> RunInContext:
    """The run without what a chart draws of a hidden count, and without the council's own rows of the calibration."""
    context, area = run.context, run.context["area"]
    past = {
        group: [row for row in rows if released.text(f"{MEASURES[group]} {row['day']}") is None]
        for group, rows in context["past"].items()
    }
    scored = {
        group: [row for row in rows if released.text(f"{MEASURES[group]} {row['at']} outturn") is None]
        for group, rows in context["scored"].items()
    }
    inside = {group: [row for row in rows if row in context["scored_inside"][group]] for group, rows in scored.items()}
    fitted = [key for key in context["not_close"] if run.rows("calibration")[key]["area"] != area]
    shown = {"past": past, "scored": scored, "scored_inside": inside, "not_close": fitted}
    return replace(run, context=context | shown)


class Gate:
    """Every table of a paper goes through it and is remembered as cleared."""

    def __init__(self, run: RunInContext, released: Released) -> None:
        self.released, self.keys = released, {source: cell.key for source, cell in counted(run).items()}
        self.cleared: list[Table] = []

    def __call__(self, table: Table) -> Table:
        """The table with "c" for every hidden figure."""
        made = cover(table, [[self.key(cell) for cell in row] for row in table.rows], self.released)
        self.cleared.append(made)
        return made

    def key(self, cell: Part) -> Key:
        """What a cell counts: the keys of actual children in it, or that it is model output, or nothing for words."""
        if not isinstance(cell, FigureInText):
            return None
        sources = cell.source.split(MINUS)
        strange = [source for source in sources if COUNTS.match(source) and source not in self.keys]
        if strange:
            raise BadInput(
                f"this report cannot be public: nothing says what {strange[0]} counts. Leave the report private"
            )
        keys = [self.keys[source] for source in sources if source in self.keys]
        return keys[0] if len(keys) == 1 else tuple(keys) or MODEL

    def marked(self, report: Report) -> Report:
        """The report as public. Raises BadInput if anything in it did not pass."""
        counts = {
            told.source: key for told in in_sentences(report) if isinstance(key := self.key(told), str) and key != MODEL
        }
        return mark(report, self.released, self.cleared, counts, MODEL_ROOTS)
