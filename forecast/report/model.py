"""A report as data: headings, sentences, tables and charts, each figure with where it comes from.

Renderers turn it into Word, HTML and PDF; a check reads the finished files and compares every figure with the run.
"""

from dataclasses import dataclass, field
from datetime import date

PUBLIC, PRIVATE = "public", "private"
DEEPEST = 3  # levels of headings
NO_DAY = "2000-01-01"


@dataclass(frozen=True)
class FigureInText:
    """A figure in a sentence or a cell.

    shown   as the reader sees it, such as "£620,000"
    source  where it stands in the run: a path in answer.json, such as "scenarios/central/contingency/call/mean", or
            "tables/NAME/ROW/COLUMN"
    how     the name of the rule that made `shown` of the value, such as "money" (forecast.report.figures)
    """

    shown: str
    source: str
    how: str


Part = str | FigureInText


def _missing(block: object, *parts: str) -> list[str]:
    """Which of its texts are empty."""
    return [part for part in parts if not getattr(block, part).strip()]


@dataclass(frozen=True)
class Heading:
    """A heading, level 1 to 3, with its number as the council writes it ("4", "(a)") or none.

    Raises ValueError if it has no words or another level.
    """

    text: str
    level: int = 1
    number: str = ""

    def __post_init__(self) -> None:
        if not self.text.strip() or self.level not in range(1, DEEPEST + 1):
            raise ValueError(
                f"heading {self.text!r} at level {self.level}: expected words, and a level from 1 to {DEEPEST}"
            )


@dataclass(frozen=True)
class Paragraph:
    """Sentences. kind: "body", "warning" (boxed; said in words too, never by colour alone) or "note" (small)."""

    parts: tuple[Part, ...]
    kind: str = "body"


@dataclass(frozen=True)
class Bullets:
    """A list; lettered=True writes a., b., c."""

    items: tuple[tuple[Part, ...], ...]
    lettered: bool = False


@dataclass(frozen=True)
class Table:
    """A table with one header row. Cells are text or figures; `numeric` names the columns set right.

    name     a file name in plain letters, such as "cost_by_line"
    caption  what it shows, without its number; unit and source are their own lines
    Raises ValueError if a row has another width than the columns, a column has no name, or caption, unit or source is
    missing.
    """

    name: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Part, ...], ...]
    unit: str
    source: str
    numeric: tuple[str, ...] = ()
    total_row: bool = False
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        wrong = [number for number, row in enumerate(self.rows, start=1) if len(row) != len(self.columns)]
        missing = _missing(self, "name", "caption", "unit", "source")
        unnamed = not self.columns or not all(column.strip() for column in self.columns)
        if wrong or missing or unnamed or not set(self.numeric) <= set(self.columns):
            raise ValueError(
                f"table {self.name!r}: rows of another width {wrong}; missing {missing}; numeric {self.numeric}"
            )


@dataclass(frozen=True)
class Figure:
    """A chart as vector and as picture at print resolution, with the text that stands for it and the figures it shows.

    Raises ValueError if alternative text, caption or source is missing.
    """

    name: str
    caption: str
    alt: str
    source: str
    svg: bytes = field(repr=False)
    png: bytes = field(repr=False)
    data: Table | None = None

    def __post_init__(self) -> None:
        if missing := _missing(self, "name", "caption", "alt", "source"):
            raise ValueError(f"chart {self.name!r} lacks {missing}")


@dataclass(frozen=True)
class PageBreak:
    """What follows begins a page."""


Block = Heading | Paragraph | Bullets | Table | Figure | PageBreak


@dataclass(frozen=True)
class Report:
    """One report.

    front    what stands above the first heading, label and text: ("REPORT TO", "..."), ("DATE", "...")
    marking  PUBLIC or PRIVATE; a private report says so on every page
    run      what made it: run identifier, code version, seed; shown at the foot and beside each block to paste
    day      the day the files say they were made, 2011-06-09; given, for a clock would change the bytes
    Raises ValueError if title, council or run is missing, or a heading skips a level (a screen reader would get lost).
    """

    title: str
    council: str
    front: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]
    marking: str
    run: str
    language: str = "en-GB"
    day: str = NO_DAY

    def __post_init__(self) -> None:
        if self.marking not in (PUBLIC, PRIVATE):
            raise ValueError(f"marking is {self.marking!r}; expected {PUBLIC} or {PRIVATE}")
        missing = _missing(self, "title", "council", "run", "language")
        skipped = skipped_headings([block.level for block in self.blocks if isinstance(block, Heading)])
        if missing or skipped:
            raise ValueError(
                f"report {self.title!r} lacks {missing}; headings that skip a level, counted from 1: {skipped}"
            )
        date.fromisoformat(self.day)

    def tables(self) -> tuple[Table, ...]:
        return tuple(block for block in self.blocks if isinstance(block, Table))

    def figures(self) -> tuple[Figure, ...]:
        return tuple(block for block in self.blocks if isinstance(block, Figure))


def skipped_headings(levels: list[int]) -> list[int]:
    """Which headings, counted from 1, lie more than one level below the one before; the first must be level 1."""
    steps = zip([0, *levels], levels, strict=False)
    return [place for place, (before, level) in enumerate(steps, start=1) if level > before + 1]


def text_of(parts: tuple[Part, ...]) -> str:
    """Parts as plain text."""
    return "".join(part if isinstance(part, str) else part.shown for part in parts)


def rows_of(block: Block) -> tuple[tuple[Part, ...], ...]:
    """The sentences of a paragraph or list, and the rows of a table; nothing of a heading or a chart."""
    if isinstance(block, Paragraph):
        return (block.parts,)
    return block.items if isinstance(block, Bullets) else block.rows if isinstance(block, Table) else ()


def figures_in(report: Report) -> list[FigureInText]:
    """Every figure of the report, in reading order."""
    return [part for block in report.blocks for row in rows_of(block) for part in row if isinstance(part, FigureInText)]
