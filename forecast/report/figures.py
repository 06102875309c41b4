"""Every figure in prose: what the run holds, said by one rule, and checked in the finished files.

A figure is a place in the run (its source) and the name of a rule (how). `RunInContext.figure` says it; `wrong` says it
again from the run and looks for the sentence it stands in, in the files a reader opens.

Sources
    scenarios/central/contingency/call/mean            a path in answer.json
    .../month_ends/month=2012-03/mean                  in a list: the one whose month is 2012-03, or its place from 0
    A minus B                                          the difference of two sources
    tables/NAME/ROW/COLUMN, tables/NAME/ROW            a cell or a row; ROW is the values of KEYS with | between them
    context/NAME/...                                   a fact about the run that it does not hold, such as today's day
    C/call/mean                                        by a short name of `places`, here scenarios/central/contingency
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from forecast.case.lines import LINES
from forecast.case.months import last_day, month_in_words
from forecast.report import words
from forecast.report.model import Figure, FigureInText, Heading, Report, Table, figures_in, rows_of, text_of
from forecast.report.notebook import Run

MINUS = " minus "
CONTEXT = "context"
KEYS: dict[str, list[str]] = words.SAID["keys"]


@dataclass(frozen=True)
class RunInContext(Run):
    """A run with what is known about it besides.

    context  facts that the run does not hold
    places   short names of sources: {"C": "scenarios/central/contingency"}
    read     its tables by row, once they are read
    """

    context: dict = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    read: dict[str, dict] = field(default_factory=dict, repr=False, compare=False)

    def rows(self, name: str) -> dict[str, dict]:
        """A table, ROW -> column -> value. Raises LookupError if the run has no such table or two rows share a key."""
        if name not in self.read:
            if name not in KEYS or not (self.folder / "tables" / f"{name}.parquet").is_file():
                raise LookupError(f"the run has no table {name}")
            rows = self.table(name).to_dict("records")
            self.read[name] = {"|".join(str(row[key]) for key in KEYS[name]): row for row in rows}
            if len(self.read[name]) != len(rows):
                raise LookupError(f"two rows of table {name} share a key")
        return self.read[name]

    def figure(self, source: str, how: str) -> FigureInText:
        """The figure at `source` as a reader sees it. Raises LookupError if there is none, or no such rule."""
        if how not in HOW:
            raise LookupError(f"there is no rule {how!r} to say {source}")
        return FigureInText(HOW[how](self.value(source)), self._written_out(source), how)

    def value(self, source: str) -> object:
        """What stands at a source. Raises LookupError, naming it."""
        first, *second = self._written_out(source).split(MINUS)
        return self._at(first) - self._at(second[0]) if second else self._at(first)

    def _written_out(self, source: str) -> str:
        """A source without short names."""
        parts = [part.split("/") for part in source.split(MINUS)]
        return MINUS.join("/".join([self.places.get(first, first), *steps]) for first, *steps in parts)

    def _at(self, source: str) -> object:
        root, _, path = source.partition("/")
        if root == "tables":
            name, _, place = path.partition("/")
            rows, (row, _, column) = self.rows(name), place.rpartition("/")
            if place not in rows and column not in rows.get(row, {}):
                raise LookupError(f"the run holds no {source}")
            return rows[place] if place in rows else rows[row][column]
        value, path = (self.context, path) if root == CONTEXT else (self.answer, source)
        for step in path.split("/"):
            name, chosen, wanted = step.partition("=")
            try:
                if isinstance(value, list) and chosen:
                    value = next(row for row in value if str(row[name]) == wanted)
                else:
                    value = value[int(step) if isinstance(value, list) else step]
            except (LookupError, TypeError, StopIteration, ValueError):
                raise LookupError(f"the run holds no {source}") from None
        return value


# ---- saying ----


def _ranged(figure: dict, say: Callable, what: str = "") -> str:
    return f"{say(figure['mean'])}{what}; 80% range {words.spread(figure, say)}"


def _tenth(number: float) -> str:
    """With one decimal: 3.9."""
    return f"{words.round_half_up(number * 10) / 10:,.1f}"


def _sure(enough: dict, at: str) -> str:
    return f"{words.money(enough[at])} to be {at}% sure"


def _against_walks(held: dict) -> str:
    """A group's strict score against the walks."""
    interval = f"(95% interval {held['crps_low95']:.3f} to {held['crps_high95']:.3f})"
    pooled = f"{held['crps_of_pooled_walk']:.3f} of the plain pooled walk's"
    return f"{held['crps_ratio']:.3f} of the council's own random walk's {interval} and {pooled}"


def _text(value: object) -> str:
    """Text as it stands; a table's empty cell is no text."""
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value)


def _scored_nearer(row: dict) -> str:
    ours, naive = abs(row["error"]), abs(row["error_no_change"])
    return "level" if ours == naive else "forecast" if ours < naive else "no change"


HOW: dict[str, Callable] = (
    words.RULES
    | {
        "exhaustion": lambda held: words.lines("exhaustion", held)[0],  # when the contingency runs out, if it does
        "over_all_years": words.over_all_years,
        "text": _text,
        "cause": words.cause,
        "signed": words.signed,
        "count": lambda number: f"{words.round_half_up(number):,}",
        "how_many": lambda rows: f"{len(rows):,}",
        "pounds": lambda pounds: f"£{words.round_half_up(pounds):,}",
        "pounds_signed": words.signed_pounds,
        "tenth": _tenth,
        "posts": _tenth,
        "tenth_signed": lambda number: f"{'+' * (words.round_half_up(number * 10) > 0)}{_tenth(number)}",
        "month": month_in_words,
        "day": words.day_in_words,
        "year_end": lambda year: words.day_in_words(f"{int(year[:4]) + 1}-03-31"),
        "month_end": lambda month: words.day_in_words(last_day(month).isoformat()),
        "within_or_beyond": lambda contingency: words.within_or_beyond(
            contingency["call"]["mean"], contingency["amount"]
        ),
        "nearer": lambda error: words.nearer(error["forecast"], error["no_change"]),
        "scored_nearer": _scored_nearer,
        "against_walks": _against_walks,
        "walks": lambda held: (
            f"{held['crps_ratio']:.3f} ({held['crps_low95']:.3f} to {held['crps_high95']:.3f}) and "
            f"{held['crps_of_pooled_walk']:.3f}"
        ),
        "inside": lambda row: "inside" if row["p10"] <= row["outturn"] <= row["p90"] else "outside",
        "enough_at": lambda value: "cannot be reached with it alone" if value is None else words.figure(value),
        "share_or_none": lambda share: "" if share is None else words.percent(share),
        "range_of_row": lambda row: f"{words.figure(row['low'])} to {words.figure(row['high'])}",
        "range_of_alarm": lambda alarm: f"{words.children(alarm['low'])} to {words.children(alarm['high'])}",
        "holds_phrase": lambda chance: f"The contingency holds {words.in_ten_futures(chance)}",
        "lac_phrase": lambda row: _ranged(row, words.children, " looked-after children expected"),
        "cp_phrase": lambda row: _ranged(row, words.children, " plans expected"),
        "placements_phrase": lambda cost: f"Placements {_ranged(cost, words.money)}",
        "plan_phrase": lambda cost: _ranged(cost, words.money, " of the call"),
        "posts_phrase": lambda posts: _ranged(posts, _tenth, " reviewing officers' posts needed"),
        "budget_phrase": lambda variance: f"Expected {words.over_or_under(variance)}",
    }
)
HOW |= {f"{how}_range": partial(words.spread, say=HOW[how]) for how in ("money", "pounds_signed", "children", "posts")}
HOW |= {f"sure_{at}": partial(_sure, at=at) for at in ("50", "80", "90", "95")}


# ---- checking ----

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
# The width of every range, dates, financial years, numbers of sections and years of Acts are names, not figures.
DECLARED = re.compile(
    rf"80% range|\b(?:[12]?[0-9]|3[01]) (?:{_MONTHS})(?: [0-9]{{4}})?\b|\b(?:{_MONTHS}) [0-9]{{4}}\b"
    r"|\b[0-9]{4}-[0-9]{2}\b|\b[Ss]ections? [0-9]+(?:\.[0-9]+)*\b|\bAct [0-9]{4}\b"
)
NUMBER = re.compile(r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?")
BEFORE = "(?:Warning: |Note: )?"  # what a renderer may put before a paragraph


def undeclared(text: str, names: Iterable[str] = ()) -> list[str]:
    """The figures in a text that no source answers for. `names`, such as a title, may hold some, as may cost lines."""
    for name in (*names, *(line[0] for line in LINES.values())):
        text = text.replace(name, "")
    return NUMBER.findall(DECLARED.sub("", text))


def unsourced(report: Report, names: Iterable[str] = ()) -> list[str]:
    """Figures written as plain text in the body, with their text: each ought to have a source, or be a chart's own."""
    texts = [text for block in report.blocks for text in _plain(block)]
    return [f"{figure} in {text!r}" for text in texts for figure in undeclared(text, names)] + misdrawn(report)


def _plain(block: object) -> Iterator[str]:
    """Text of a block that code wrote, without figures of the run."""
    if isinstance(block, Heading):
        yield block.text
    elif isinstance(block, Table):
        yield from (block.caption, *block.columns, *block.notes, block.unit, block.source)
    elif isinstance(block, Figure):
        yield block.source
    for row in rows_of(block):
        yield "\0".join(part for part in row if isinstance(part, str))


def wrong(report: Report, run: RunInContext, texts: dict[str, list[str]]) -> list[str]:
    """What the report says that the run does not, and the finished files that the report does not, in sentences.

    texts: a file's name -> its lines as forecast.report.render.check reads them, one for each paragraph and table row
    """
    files = (fault for name, lines in texts.items() for fault in misplaced(report, name, lines))
    return [*unmatched(report, run), *misdrawn(report), *files]


def unmatched(report: Report, run: RunInContext) -> list[str]:
    """Figures that the run no longer bears out: each is looked up and said again."""
    found = []
    cells = [cell for chart in report.figures() if chart.data for row in chart.data.rows for cell in row]
    for figure in dict.fromkeys([*figures_in(report), *(cell for cell in cells if isinstance(cell, FigureInText))]):
        try:
            now = run.figure(figure.source, figure.how).shown
        except (LookupError, TypeError, ValueError) as fault:
            found.append(f"the report says {figure.shown!r}; {fault}")
        else:
            if now != figure.shown:
                found.append(f"the report says {figure.shown!r}, the run {now!r} ({figure.source})")
    return found


def misdrawn(report: Report) -> list[str]:
    """Figures in a chart's caption or alternative text that are not among the figures the chart shows."""
    found = []
    for chart in report.figures():
        rows = (*chart.data.rows, chart.data.columns) if chart.data else ()
        shown = {number for row in rows for cell in row for number in NUMBER.findall(text_of((cell,)))}
        found += [
            f"the chart {chart.name} says {number}, which is not among its figures"
            for number in (*undeclared(chart.caption), *undeclared(chart.alt))
            if number not in shown
        ]
    return found


def misplaced(report: Report, file: str, lines: list[str]) -> list[str]:
    """Sentences and rows with figures that do not stand in a file, word for word and in their order."""
    flat, at, found = [_flat(line) for line in lines], 0, []
    rows = [(row, "\t" if isinstance(block, Table) else "") for block in report.blocks for row in rows_of(block)]
    for row, between in rows:
        if any(isinstance(part, FigureInText) for part in row):
            text = _flat(between.join(text_of((part,)) for part in row))
            wanted = re.compile(BEFORE + re.escape(text))
            place = next((number for number in range(at, len(flat)) if wanted.fullmatch(flat[number])), None)
            if place is not None:
                at = place + 1
                continue
            # What it has become: the same words with other figures, or nothing.
            like = [".*?" if isinstance(part, FigureInText) else re.escape(re.sub(r"\s+", " ", part)) for part in row]
            pattern = re.compile(re.escape(between).join(like))
            has_words = any(isinstance(part, str) and part.strip() for part in row)
            other = next((line for line in flat[at:] if has_words and pattern.fullmatch(line)), None)
            found.append(
                f"{file}: missing: {text!r}" if other is None else f"{file}: says {other!r}; the run says {text!r}"
            )
    return found


def _flat(line: str) -> str:
    return "\t".join(" ".join(cell.split()) for cell in line.split("\t"))
