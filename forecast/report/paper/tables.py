"""What a paper's template calls by name: figures by their rule, tables and charts through disclosure control."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from forecast.case.lines import GROUPS, LINES
from forecast.report import charts
from forecast.report.figures import HOW, RunInContext
from forecast.report.model import Figure, Part, Table
from forecast.report.paper.settings import Meeting
from forecast.report.paper.template import Filling
from forecast.report.words import GROUP_NAMES, MEASURES, MONEY_STEP, PART_WORDS, drivers, ranked, round_half_up

Release = Callable[[Table], Table]
Draw = Callable[[charts.Chart], tuple[bytes, bytes]]
COUNTED = ("lac_stock", "uasc_stock", "cp_stock", "lac_starts", "lac_ceases", "cp_starts", "cp_ends", "icpc")
HISTORY = {measure: MEASURES[measure] for measure in COUNTED}
HISTORY["uasc_stock"] = "of whom unaccompanied asylum-seeking children"
MOST_TRIED = 6  # assumptions shown
SUPPRESSED = {"x", "c", "z", ":", ".."}
CHARTS: dict[str, Callable[..., charts.Chart]] = {
    "assumptions": lambda run: charts.tornado(run.answer, MOST_TRIED),
    "children": lambda run, group: charts.children_so_far(
        run.answer, [(row["month"], row["value"]) for row in run.context["past"][group]], group, GROUP_NAMES[group]
    ),
    "contingency": lambda run: charts.contingency_fan(run.answer),
    "outturn": lambda run, group: charts.against_outturn(run.context["scored"][group], GROUP_NAMES[group]),
    "scenario_paths": lambda run: charts.scenario_paths(run.answer),
}


def same(table: Table) -> Table:
    """A table as it is: what every table passes where no disclosure control is asked for."""
    return table


@dataclass(frozen=True)
class Tables:
    """The tables and charts of one run.

    run       with its short names of sources
    filling   the template being filled
    release   every table passes through it: disclosure control, or `same`
    draw      a chart as SVG and PNG bytes; None leaves charts out
    """

    run: RunInContext
    filling: Filling
    release: Release = same
    draw: Draw | None = charts.drawn

    def names(self, meeting: Meeting) -> dict:
        """Everything that an expression of the template may use."""
        answer, context = self.run.answer, self.run.context
        tried = (answer.get("sensitivities") or {"assumptions": []})["assumptions"]
        lines, years = self.run.value("COST")["lines"], self.run.value("S/cost").values()
        spent = {group for year in years for group, figure in year["groups"].items() if figure["mean"]}
        return {rule: partial(self.run.figure, how=rule) for rule in HOW} | {
            "answer": answer,
            "context": context,
            "meeting": meeting,
            "source": self.source,
            "value": self.run.value,
            "rows": self.rows,
            "each": self.each,
            "history": self.history,
            "table": self.table,
            "chart": self.chart,
            "nothing": lambda source: round_half_up(self.run.value(source), MONEY_STEP) == 0,
            "apart": apart(self.run.value("C")),
            "groups": [{"key": group, "name": name} for group, name in GROUP_NAMES.items()],
            "lines": [line for line in LINES if line in lines and (lines[line]["budget"] or lines[line]["mean"])],
            "line_names": {line: LINES[line][0] for line in lines},
            "cost_groups": {group: name for group, name in GROUPS.items() if group in spent},
            "parts": self.parts,
            "tried": tried,
            "drivers": drivers(lines),
            "causes": self.causes(),
            "ranked": ranked(answer),
            "march_of": lambda year: f"{int(year[:4]) + 1}-03",
        }

    @property
    def source(self) -> str:
        return f"Forecast run {self.run.context['case']}"

    def rows(self, name: str) -> list[str]:
        """The keys of a table of the run; none where the run does not hold it."""
        there = (self.run.folder / "tables" / f"{name}.parquet").is_file()
        return list(self.run.rows(name)) if there else []

    def each(self, source: str) -> list[str]:
        """The sources of the rows of a table, the places of a list, or the keys of a part of the answer."""
        root, _, name = source.partition("/")
        if root == "tables":
            return [f"{source}/{key}" for key in self.rows(name)]
        held = self.run.value(source)
        return [f"{source}/{key}" for key in (held if isinstance(held, dict) else range(len(held)))]

    def causes(self) -> list[list[str]]:
        """For each cause of demand, the sources of its row at the first 31 March and at the last."""
        rows = self.run.answer["drivers"] or []
        ends = [[at for at, row in enumerate(rows) if row["month"] == end["month"]] for end in (*rows[:1], *rows[-1:])]
        return [[f"drivers/{at}" for at in places] for places in zip(*ends, strict=True)]

    def parts(self, group: str) -> dict[str, str]:
        """What the expected change of a group is made of, in words."""
        return {name: PART_WORDS[name] for name in self.run.value(f"central_path/{group}/parts")}

    def table(self, name: str, caption: str, unit: str, caller: Callable[[], str], **more) -> str:
        """The mark of a table whose Markdown stands between call and endcall."""
        return self.filling.put(self._table(name, caption, unit, *self.filling.grid(caller()), **more))

    def chart(self, kind: str, caption: str, unit: str, *which: str, caller: Callable[[], str], **more) -> str:
        """The mark of a chart with the table of the figures that it shows; nothing where charts are left out."""
        if self.draw is None:
            return ""
        if kind not in CHARTS:
            raise LookupError(f"there is no chart {kind!r}; there are {', '.join(CHARTS)}")
        chart, name = CHARTS[kind](self.run, *which), "_".join((kind, *which))
        svg, png = self.draw(chart)
        shown = self._table(f"{name}_chart", caption, unit, *self.filling.grid(caller()), **more)
        return self.filling.put(Figure(name, chart.title, chart.alt, self.source, svg, png, shown))

    def _table(self, name: str, caption: str, unit: str, columns, rows, numeric, notes=(), **more) -> Table:
        whole = {"source": self.source, "numeric": numeric, "notes": tuple(notes)} | more
        return self.release(Table(name, caption, columns, rows, unit, **whole))

    def history(self) -> Table:
        """What is published or counted of the council, by period."""
        area, rows = self.run.context["area"], {}
        for key, row in self.run.rows("history").items():
            if (row["area"], row["breakdown"]) == (area, "all") and row["measure"] in HISTORY:
                rows[f"tables/history/{key}"] = row
        at = {(row["period"], row["measure"]): source for source, row in rows.items()}
        measures = [measure for measure in HISTORY if any(measure == counted for _, counted in at)]
        shown: list[tuple[Part, ...]] = []
        for period in sorted({period for period, _ in at}, key=_day_of):
            first = next(source for (when, _), source in at.items() if when == period)
            named = self.run.figure(f"{first}/period", "day" if _day_of(period) == period else "text")
            counts = (at.get((period, measure)) for measure in measures)
            shown.append((named, *(self.run.figure(f"{row}/value", "text") if row else "" for row in counts)))
        notes = [
            "Each row is a day on which children were counted, or a financial year in which they started or ended."
        ]
        if any(row["status"] == "rounded_5" for row in rows.values()):
            notes.append("Some earlier counts were rounded by the publisher.")
        if any(str(row["value"]) in SUPPRESSED for row in rows.values()):
            notes.append("A letter stands where the publisher withholds a small count.")
        columns = ("Day, or year", *(HISTORY[measure] for measure in measures))
        caption = f"{self.run.answer['area']}: children counted so far"
        source = "Published tables and the council's own counts; see Background Papers"
        return self._table("history", caption, "Children", columns, tuple(shown), columns[1:], notes, source=source)


def _day_of(period: str) -> str:
    """A day as it is; of a financial year such as 2010-11 the day before it ends, so that it sorts before that day."""
    return period if len(period) > len("2010-11") else f"{int(period[:4]) + 1}-03-30"


def apart(contingency: dict) -> str:
    """Why the expected call and the chance seem to disagree, where they do; or that nothing is set aside."""
    mean, middle, amount = contingency["call"]["mean"], contingency["call"]["p50"], contingency["amount"]
    if amount == 0:
        return "nothing set aside"
    if mean > amount >= middle:
        return "drawn up"
    return "drawn down" if middle > amount >= mean else ""
