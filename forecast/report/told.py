"""Every figure in prose: what the run holds, said by one rule, and checked in the finished files.

A figure is a place in the run (its source) and the name of a rule (how). `tell` says it; `wrong` says it again from the
run and looks for the sentence it stands in, in the files a reader opens.

Sources
    scenarios/central/contingency/call/mean            a path in answer.json
    .../month_ends/month=2012-03/mean                  in a list: the one whose month is 2012-03, or its place from 0
    A minus B                                          the difference of two sources
    tables/NAME/ROW/COLUMN, tables/NAME/ROW            a cell or a row; ROW is the values of KEYS with | between them
    beside/NAME/...                                    a fact about the run that it does not hold, such as today's day
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from forecast.case.months import last_day, month_in_words
from forecast.report import words
from forecast.report.model import Figure, Heading, Part, Report, Table, Told, rows_of, text_of, told_in
from forecast.report.notebook import Run

SECTIONS = {"Iro": "reviewing officers"}  # as a reader knows them
MINUS = " minus "
BESIDE = "beside"
KEYS = {
    "assumptions": ("Key",),
    "calibration": ("group", "area", "figure"),
    "causes": ("scenario", "cause"),
    "children": ("scenario", "group", "figure", "month"),
    "contingency": ("scenario", "month"),
    "cost": ("scenario", "financial_year", "line"),
    "history": ("area", "period", "measure", "breakdown", "category"),
    "levers": ("key",),
    "population": ("month",),
    "rates": ("group", "age"),
    "reconciliation": ("line",),
    "sensitivities": ("key",),
    "spread": ("group", "years ahead"),
    "years_apart": ("cause",),
}


@dataclass(frozen=True)
class Known(Run):
    """A run with what is known beside it (`beside`), and its tables by row once they are read."""

    beside: dict = field(default_factory=dict)
    held: dict[str, dict] = field(default_factory=dict, repr=False, compare=False)

    def rows(self, name: str) -> dict[str, dict]:
        """A table, ROW -> column -> value. Raises LookupError if the run has no such table or two rows share a key."""
        if name not in self.held:
            if name not in KEYS or not (self.folder / "tables" / f"{name}.parquet").is_file():
                raise LookupError(f"the run has no table {name}")
            rows = self.table(name).to_dict("records")
            self.held[name] = {"|".join(str(row[key]) for key in KEYS[name]): row for row in rows}
            if len(self.held[name]) != len(rows):
                raise LookupError(f"two rows of table {name} share a key")
        return self.held[name]


def known(run: Run | dict) -> Known:
    """A run, or its answer alone, as figures are told from it."""
    if isinstance(run, Known):
        return run
    return Known(None, run) if isinstance(run, dict) else Known(run.folder, run.answer)


# ---- saying ----


def _range(say: Callable) -> Callable:
    return lambda figure: words.spread(figure, say)


def _ranged(figure: dict, say: Callable, what: str = "") -> str:
    return f"{say(figure['mean'])}{what}; 80% range {words.spread(figure, say)}"


def _tenth(number: float) -> str:
    """With one decimal: 3.9."""
    return f"{words.round_half_up(number * 10) / 10:,.1f}"


def _tenth_signed(number: float) -> str:
    """+21.8, -3.0, 0.0."""
    return _tenth(number) if words.round_half_up(number * 10) <= 0 else f"+{_tenth(number)}"


def _sure(at: str) -> Callable:
    return lambda enough: f"{words.money(enough[at])} to be {at}% sure"


def _text(value: object) -> str:
    """Text as it stands; a table's empty cell is no text."""
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value)


def _within(row: dict) -> str:
    """The 80% range of an assumption: 0.95 to 1.1, or that it has none."""
    ends = [_text(row[end]) for end in ("Low", "High")]
    return (
        "fixed"
        if "" in ends or row["Low"] == row["High"]
        else f"{words.figure(row['Low'])} to {words.figure(row['High'])}"
    )


def _scored_nearer(row: dict) -> str:
    ours, naive = abs(row["error"]), abs(row["error_no_change"])
    return "level" if ours == naive else "forecast" if ours < naive else "no change"


HOW: dict[str, Callable] = {
    "text": _text,
    "section": lambda name: SECTIONS.get(name, name.lower()),
    "count": lambda number: f"{words.round_half_up(number):,}",
    "how_many": lambda rows: f"{len(rows):,}",
    "figure": words.figure,
    "money": words.money,
    "money_signed": words.money_signed,
    "money_range": _range(words.money),
    "money_size": lambda pounds: words.money(abs(pounds)),
    "pounds": lambda pounds: f"£{words.round_half_up(pounds):,}",
    "pounds_signed": words.signed_pounds,
    "pounds_signed_range": _range(words.signed_pounds),
    "children": words.children,
    "children_range": _range(words.children),
    "tenth": _tenth,
    "posts": _tenth,
    "posts_range": _range(_tenth),
    "percent": words.percent,
    "percent_tenth": words.percent_tenth,
    "points": words.points,
    "signed_percent": words.signed_percent,
    "tenth_signed": _tenth_signed,
    "chance_in_ten": words.chance_in_ten,
    "in_ten_futures": words.in_ten_futures,
    "likelihood": words.likelihood,
    "month": month_in_words,
    "month_of_day": lambda day: month_in_words(day[:7]),
    "day": words.day_in_words,
    "year_end": lambda year: words.day_in_words(f"{int(year[:4]) + 1}-03-31"),
    "month_end": lambda month: words.day_in_words(last_day(month).isoformat()),
    "within_or_beyond": lambda held: words.within_or_beyond(held["call"]["mean"], held["amount"]),
    "exhaustion": words.exhaustion,
    "spare_or_short": words.spare_or_short,
    "over_or_under": words.over_or_under,
    "lower_or_higher": words.lower_or_higher,
    "than_now": words.than_now,
    "than_central": words.than_central,
    "cost_direction": words.cost_direction,
    "saves": words.saves,
    "nearer": lambda error: words.nearer(error["forecast"], error["no_change"]),
    "scored_nearer": _scored_nearer,
    "inside": lambda row: "inside" if row["p10"] <= row["outturn"] <= row["p90"] else "outside",
    "enough_at": lambda value: "cannot be reached with it alone" if value is None else words.figure(value),
    "switching": lambda value: "nowhere in its limits" if value is None else words.figure(value),
    "share_or_none": lambda share: "" if share is None else words.percent(share),
    "range_of_assumption": _within,
    "range_of_row": lambda row: f"{words.figure(row['low'])} to {words.figure(row['high'])}",
    "range_of_alarm": lambda alarm: f"{words.children(alarm['low'])} to {words.children(alarm['high'])}",
    "holds_phrase": lambda chance: f"The contingency holds {words.in_ten_futures(chance)}",
    "lac_phrase": lambda row: _ranged(row, words.children, " looked-after children expected"),
    "cp_phrase": lambda row: _ranged(row, words.children, " plans expected"),
    "placements_phrase": lambda cost: f"Placements {_ranged(cost, words.money)}",
    "plan_phrase": lambda cost: _ranged(cost, words.money, " of the call"),
    "posts_phrase": lambda posts: _ranged(posts, _tenth, " reviewing officers' posts needed"),
    "budget_phrase": lambda variance: f"Expected {words.over_or_under(variance)}",
} | {f"sure_{at}": _sure(at) for at in ("50", "80", "90", "95")}


def tell(run: Run | dict, source: str, how: str) -> Told:
    """The figure at `source` as the reader sees it. Raises LookupError if the run holds none, or for no such rule."""
    if how not in HOW:
        raise LookupError(f"there is no rule {how!r} to say {source}")
    return Told(HOW[how](resolve(run, source)), source, how)


def resolve(run: Run | dict, source: str) -> object:
    """What stands at a source. Raises LookupError, naming it."""
    held = known(run)
    if MINUS in source:
        first, second = source.split(MINUS)
        return resolve(held, first) - resolve(held, second)
    root, _, rest = source.partition("/")
    if root == "tables":
        return _cell(held, rest)
    return _walk(held.beside if root == BESIDE else held.answer, rest if root == BESIDE else source, source)


def _cell(run: Known, place: str) -> object:
    name, _, place = place.partition("/")
    rows = run.rows(name)
    if place in rows:
        return rows[place]
    row, _, column = place.rpartition("/")
    if row not in rows or column not in rows[row]:
        raise LookupError(f"the run holds no tables/{name}/{place}")
    return rows[row][column]


def _walk(value: object, path: str, source: str) -> object:
    """Down a path of keys, places and key=value."""
    for step in path.split("/"):
        try:
            value = _chosen(value, step) if isinstance(value, list) else value[step]
        except (LookupError, TypeError, StopIteration, ValueError):
            raise LookupError(f"the run holds no {source}") from None
    return value


def _chosen(rows: list, step: str) -> object:
    name, chosen, wanted = step.partition("=")
    return next(row for row in rows if str(row[name]) == wanted) if chosen else rows[int(step)]


@dataclass(frozen=True)
class Voice:
    """Says figures of one run. `places` are short names of sources: {"C": "scenarios/central/contingency"}."""

    run: Known
    places: dict[str, str] = field(default_factory=dict)

    def at(self, source: str) -> str:
        """A source with its short names written out."""
        return MINUS.join(
            "/".join([self.places.get(first := one.partition("/")[0], first), *one.split("/")[1:]])
            for one in source.split(MINUS)
        )

    def tell(self, source: str, how: str) -> Told:
        return tell(self.run, self.at(source), how)

    def value(self, source: str) -> object:
        return resolve(self.run, self.at(source))


# ---- checking ----

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
# The width of every range, dates, financial years, numbers of sections and years of Acts are names, not figures.
DECLARED = re.compile(
    rf"80% range|\b(?:[12]?[0-9]|3[01]) (?:{_MONTHS})(?: [0-9]{{4}})?\b|\b(?:{_MONTHS}) [0-9]{{4}}\b"
    r"|\b[0-9]{4}-[0-9]{2}\b|\b[Ss]ections? [0-9]+(?:\.[0-9]+)*\b|\bAct [0-9]{4}\b"
)
NUMBER = re.compile(r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?")
BEFORE = re.compile("(?:Warning: |Note: )?")  # what a renderer may put before a paragraph


def undeclared(text: str, names: Iterable[str] = ()) -> list[str]:
    """The figures in a text that no source answers for. `names` are texts, such as a title, that may stand in it."""
    for name in names:
        text = text.replace(name, "")
    return NUMBER.findall(DECLARED.sub("", text))


def untold(report: Report, names: Iterable[str] = ()) -> list[str]:
    """Figures written as plain text in the body, with their text: each ought to be Told, or be a chart's own."""
    found = []
    for block in report.blocks:
        for text in _plain(block):
            found += [f"{figure} in {text!r}" for figure in undeclared(text, names)]
    return found + misdrawn(report)


def _plain(block: object) -> Iterator[str]:
    """Text of a block that code wrote, without figures told."""
    if isinstance(block, Heading):
        yield block.text
    elif isinstance(block, Table):
        yield from (block.caption, *block.columns, *block.notes, block.unit, block.source)
    elif isinstance(block, Figure):
        yield block.source
    for row in rows_of(block):
        yield "\0".join(part for part in row if isinstance(part, str))


def wrong(report: Report, run: Run, texts: dict[str, list[str]]) -> list[str]:
    """What the report says that the run does not, and the finished files that the report does not, in sentences.

    texts: a file's name -> its lines as forecast.report.render.check reads them, one for each paragraph and table row
    """
    files = (fault for name, lines in texts.items() for fault in misplaced(report, name, lines))
    return [*missaid(report, run), *misdrawn(report), *files]


def missaid(report: Report, run: Run) -> list[str]:
    """Figures that the run no longer bears out: each is looked up and said again."""
    held, found = known(run), []
    cells = [cell for figure in report.figures() if figure.data for row in figure.data.rows for cell in row]
    for told in dict.fromkeys([*told_in(report), *(cell for cell in cells if isinstance(cell, Told))]):
        try:
            said = tell(held, told.source, told.how).shown
        except (LookupError, TypeError, ValueError) as fault:
            found.append(f"the report says {told.shown!r}; {fault}")
            continue
        found += [] if said == told.shown else [f"the report says {told.shown!r}, the run {said!r} ({told.source})"]
    return found


def misdrawn(report: Report) -> list[str]:
    """Figures in a chart's caption or alternative text that are not among the figures the chart shows."""
    found = []
    for figure in report.figures():
        rows = (*figure.data.rows, figure.data.columns) if figure.data else ()
        shown = {number for row in rows for cell in row for number in NUMBER.findall(text_of((cell,)))}
        said = [number for text in (figure.caption, figure.alt) for number in undeclared(text)]
        found += [
            f"the chart {figure.name} says {number}, which is not among its figures"
            for number in said
            if number not in shown
        ]
    return found


def misplaced(report: Report, file: str, lines: list[str]) -> list[str]:
    """Sentences and rows with figures that do not stand in a file, word for word and in their order."""
    held, at, found = [_flat(line) for line in lines], 0, []
    rows = [(row, "\t" if isinstance(block, Table) else "") for block in report.blocks for row in rows_of(block)]
    for row, between in rows:
        if any(isinstance(part, Told) for part in row):
            said = _flat(between.join(text_of((part,)) for part in row))
            place = next((number for number in range(at, len(held)) if _is(held[number], said)), None)
            found += [] if place is not None else [_lost(file, said, row, between, held[at:])]
            at = at if place is None else place + 1
    return found


def _is(line: str, said: str) -> bool:
    return line == said or (line.endswith(said) and bool(BEFORE.fullmatch(line[: -len(said)])))


def _flat(line: str) -> str:
    return "\t".join(" ".join(cell.split()) for cell in line.split("\t"))


def _lost(file: str, said: str, row: tuple[Part, ...], between: str, lines: list[str]) -> str:
    """What a missing sentence has become: the same words with other figures, or nothing."""
    like = [".*?" if isinstance(part, Told) else re.escape(re.sub(r"\s+", " ", part)) for part in row]
    pattern = re.compile(re.escape(between).join(like))
    has_words = any(isinstance(part, str) and part.strip() for part in row)
    other = next((line for line in lines if has_words and pattern.fullmatch(line)), None)
    return f"{file}: missing: {said!r}" if other is None else f"{file}: says {other!r}; the run says {said!r}"
