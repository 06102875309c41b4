"""The paper's way through disclosure control: what counts actual children, and what is left once it has passed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from forecast.case.errors import BadInput
from forecast.case.months import year_months
from forecast.report.disclosure.figures import HIDDEN, Cell, Released, Rule, Sheet, stock_identity
from forecast.report.disclosure.release import release
from forecast.report.figures import MINUS, RunInContext
from forecast.report.model import PUBLIC, Bullets, FigureInText, Paragraph, Part, Report, Table, rows_of
from forecast.report.paper.gather import MEASURES

ACTUAL = "actual"
MODEL = "model output"  # in place of a key: a figure of the forecast, which counts no child that exists
Key = str | tuple[str, ...] | None
COUNTED = "Figures counted"
STARTS = {"lac": "lac_starts", "cp": "cp_starts"}
IDENTITY = (("lac_stock", "lac_starts", "lac_ceases"), ("cp_stock", "cp_starts", "cp_ends"))
HELD_BACK = {"x", "c"}  # as publishers write a count that they do not show
# Roots of the run that count no child who exists: forecasts, assumptions, sources, and the record of many councils.
MODEL_TABLES = ("assumptions", "calibration", "cost", "reconciliation", "spread", "years_apart")
MODEL_ROOTS = ("scenarios/", "sensitivities/", "central_path/", "record/", "breaks/", "context/", "area", "version")
MODEL_ROOTS += ("draws", "seed", "origin", "horizon", "financial_year", "contingency", "red_assumptions", "month")
MODEL_ROOTS += ("hindsight_assumptions", "title", "council", *(f"tables/{name}/" for name in MODEL_TABLES))
COUNTS = re.compile(
    r"open_at_origin/|tables/history/.*/value$|context/(past|scored)/.*/(value|outturn|no_change)$|breaks/.*/counted$"
)


def counted(run: RunInContext) -> dict[str, Cell]:
    """Source -> the actual count it shows, with its key; two sources of one figure share the key."""
    found: dict[str, Cell] = {}
    for name, row in run.rows("history").items():
        text, own = str(row["value"]), row["area"] == run.context["area"] and row["breakdown"] == "all"
        if own and (text in HELD_BACK or text.isdecimal()):
            key = f"{row['measure']} {row['period']}"
            found[f"tables/history/{name}/value"] = Cell(key, None if text in HELD_BACK else float(text))
    for group, measure in MEASURES.items():
        for place, past in enumerate(run.context["past"][group]):
            found[f"context/past/{group}/{place}/value"] = Cell(f"{measure} {past['day']}", past["value"])
        opened = Cell(f"{measure} {run.answer['origin']}", float(run.answer["open_at_origin"][group]))
        found[f"open_at_origin/{group}"] = opened
        for place, row in enumerate(run.context["scored"].get(group, [])):
            source = f"context/scored/{group}/{place}"
            found[f"{source}/outturn"] = Cell(f"{measure} {row['at']} outturn", row["outturn"])
            found[f"{source}/no_change"] = opened
    known = {cell.key: cell.value for cell in found.values()}
    for group, rows in (run.answer.get("breaks") or {}).items():
        for place, row in enumerate(rows):
            key, count = f"{STARTS[group]} {row['period']}", row["counted"]
            if known.get(key, count) != count:  # the council counted another number than is published
                key = f"{key} as the alarm counts"
            found[f"breaks/{group}/{place}/counted"] = Cell(key, float(count))
    return found


def sheet_of(run: RunInContext) -> Sheet:
    """Every actual count as one table of the release, with the sums that tie them and close exactly."""
    cells, sums = {cell.key: cell for cell in counted(run).values()}, []
    # Stock = stock a year before + starts - ends, where all four are there; published figures need not close.
    for stock, starts, ends in IDENTITY:
        days = sorted(key.split()[1] for key in cells if key.startswith(f"{stock} ") and key.endswith("-03-31"))
        for day in days:
            before, year = int(day[:4]) - 1, f"{int(day[:4]) - 1}-{day[2:4]}"
            keys = (f"{stock} {day}", f"{stock} {before}-03-31", f"{starts} {year}", f"{ends} {year}")
            values = [cells[key].value for key in keys if key in cells]
            # Of a figure held back it cannot be known whether they close, so they are taken to.
            if len(values) == len(keys) and (None in values or values[0] == values[1] + values[2] - values[3]):
                sums.append(stock_identity(*keys))
    return Sheet(COUNTED, tuple(cells.values()), tuple(sums))


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


def cover(table: Table, keys: Sequence[Sequence[Key]], released: Released) -> Table:
    """The table with "c" for every hidden figure, and the release's notes.

    keys  [row x column]  of each cell the key it shows; several keys for a figure made of several, such as a share or a
          rate, which is hidden if any of them is; MODEL for model output; None for words
    Raises BadInput if a figure has no key, a key was not released, or a whole count differs from what was released.
    """
    rows = []
    for number, (row, line) in enumerate(zip(table.rows, keys, strict=True), start=1):
        cells = zip(table.columns, row, line, strict=True)
        rows.append(tuple(_covered(table, released, (number, column), cell, key) for column, cell, key in cells))
    notes = released.notes if any(cell == HIDDEN for row in rows for cell in row) else ()
    return replace(table, rows=tuple(rows), notes=(*table.notes, *notes))


def _covered(table: Table, released: Released, place: tuple[int, str], cell: Part, key: Key) -> Part:
    """One cell: "c" if hidden, itself if not."""
    where = f"table {table.name}, row {place[0]}, column {place[1]!r}"
    is_text = not isinstance(cell, FigureInText)
    if key is None and (not is_text or (place[1] in table.numeric and any(map(str.isdigit, cell)))):
        raise BadInput(f"{where}: a figure without a key. Say what it counts, or that it is model output")
    if key in (None, MODEL):
        return cell
    names = (key,) if isinstance(key, str) else key
    if HIDDEN in [released.text(name) for name in names]:
        return HIDDEN
    shown = (cell if is_text else cell.shown).replace(",", "")
    if isinstance(key, str) and shown.isdecimal() and int(shown) != round(released.shown[key]):
        raise BadInput(f"{where}: the figure is not the one released as {key}. Check which cell has which key")
    return cell


def mark(
    report: Report, released: Released, covered: Sequence[Table], counts: Mapping[str, str], model: Sequence[str]
) -> Report:
    """The report marked public if everything in it has been through the gate.

    covered  every table of the report, and those that its charts were drawn from
    counts   source of a figure in a sentence -> its key, of counts of actual children
    model    beginnings of the sources that are model output
    Raises BadInput if the report holds a table, a chart or a figure that did not pass.
    """
    strange = [table.name for table in report.tables() if table not in covered]
    strange += [figure.name for figure in report.figures() if figure.data not in covered]
    for told in in_sentences(report):
        key = counts.get(told.source)
        passed = told.source.startswith(tuple(model)) if key is None else released.text(key) is None
        strange += [] if passed else [told.source]
    if strange:
        raise BadInput(
            f"this report cannot be public: {', '.join(strange[:4])} did not pass disclosure control. Release them, or "
            "leave the report private"
        )
    return replace(report, marking=PUBLIC)


def in_sentences(report: Report) -> list[FigureInText]:
    """Every figure of the report outside its tables and charts."""
    blocks = [block for block in report.blocks if isinstance(block, Paragraph | Bullets)]
    return [part for block in blocks for row in rows_of(block) for part in row if isinstance(part, FigureInText)]


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
        if strange := [source for source in sources if COUNTS.match(source) and source not in self.keys]:
            raise BadInput(
                f"this report cannot be public: nothing says what {strange[0]} counts. Leave the report private"
            )
        keys = [self.keys[source] for source in sources if source in self.keys]
        return keys[0] if len(keys) == 1 else tuple(keys) or MODEL

    def marked(self, report: Report) -> Report:
        """The report as public. Raises BadInput if anything in it did not pass."""
        counts = {figure.source: self.key(figure) for figure in in_sentences(report)}
        counts = {source: key for source, key in counts.items() if isinstance(key, str) and key != MODEL}
        return mark(report, self.released, self.cleared, counts, MODEL_ROOTS)
