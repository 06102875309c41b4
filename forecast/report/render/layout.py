"""What all renderers share: numbers of tables and figures, words of the marking, widths of columns."""

import re

from forecast.report.model import (
    PRIVATE,
    PUBLIC,
    Block,
    Bullets,
    Figure,
    Heading,
    PageBreak,
    Paragraph,
    Part,
    Report,
    Table,
    text_of,
)
from forecast.report.render.safe import svg_text

MARKINGS = {PUBLIC: "", PRIVATE: "Private: not for publication"}
WARNING = "Warning: "
# Widths of columns in letters of the table's type, which is smaller where the columns are many.
MANY_COLUMNS, ACROSS, ACROSS_SMALL = 6, 88, 108
PADDING, UNBROKEN, COUNTED, WIDEST = 2.5, 24, 0.15, 44  # of a long cell only a part of its length counts: it may wrap
MAY_BREAK = re.compile(r"\s+|(?<=[a-z]-)(?=[a-z])")  # looked-after, but neither 2011-12 nor -£40,000
WHOLE_ROWS = 14  # a table of at most so many rows is kept on one page


def numbered(blocks: tuple[Block, ...]) -> list[tuple[Block, str]]:
    """Each block with its name in the report: Table 1, Figure 1, or nothing."""
    seen, named = {Table: 0, Figure: 0}, []
    for block in blocks:
        if (kind := type(block)) in seen:
            seen[kind] += 1
        named.append((block, f"{kind.__name__} {seen[kind]}" if kind in seen else ""))
    return named


def heading(block: Heading) -> str:
    """A heading with its number."""
    return f"{block.number} {block.text}".strip()


def warned(text: str) -> str:
    """A warning says that it is one."""
    return text if text.lower().startswith("warning") else f"{WARNING}{text}"


def beneath(table: Table) -> list[str]:
    """What stands below a table: its notes, then its source."""
    return [*(f"Note: {note}" for note in table.notes), f"Source: {table.source}"]


def cell(part: Part) -> str:
    return text_of((part,)).strip()


def front(report: Report) -> list[tuple[str, str]]:
    """The lines above the title: the report's own, then its marking, which a header does not tell screen readers."""
    marking = MARKINGS[report.marking]
    lines = [*report.front, ("MARKING", marking)] if marking else report.front
    return [(f"{label}:" if value else label, value) for label, value in lines]


def described(block: Block, label: str) -> dict:
    """A block as plain values for a page: its kind and words, and what the look of a table depends on."""
    if isinstance(block, Heading):
        return {"kind": "heading", "level": block.level, "text": heading(block)}
    if isinstance(block, PageBreak):
        return {"kind": "break"}
    if isinstance(block, Paragraph):
        text = text_of(block.parts)
        return {"kind": block.kind, "text": warned(text) if block.kind == "warning" else text}
    if isinstance(block, Bullets):
        return {"kind": "bullets", "lettered": block.lettered, "items": [text_of(item) for item in block.items]}
    shown = {"label": label, "caption": block.caption}
    if isinstance(block, Figure):
        source = f"Source: {block.source}"
        return shown | {"kind": "figure", "alt": block.alt, "source": source, "svg": svg_text(block.svg)}
    return shown | {
        "kind": "table",
        "unit": block.unit,
        "columns": block.columns,
        "right": [name in block.numeric for name in block.columns],
        "long": [any(len(cell(row[at])) > UNBROKEN for row in block.rows) for at in range(len(block.columns))],
        "widths": shares(block),
        "rows": [[cell(part) for part in row] for row in block.rows],
        "total": block.total_row,
        "wide": len(block.columns) > MANY_COLUMNS,
        "whole": whole(block),
        "beneath": beneath(block),
    }


def whole(table: Table) -> bool:
    """Whether a table is kept on one page: one of few rows, none of which is a sentence or more."""
    return (
        len(table.rows) <= WHOLE_ROWS
        and max((len(cell(part)) for row in table.rows for part in row), default=0) < 2 * WIDEST
    )


def shares(table: Table) -> list[float]:
    """Each column's share of the width, sum 1: no word is broken while there is room; long cells get the rest."""
    least, wanted = [], []
    for place, name in enumerate(table.columns):
        cells = [cell(row[place]) for row in table.rows]
        word = max((len(word) for text in (name, *cells) for word in MAY_BREAK.split(text)), default=0)
        least.append(min(word, UNBROKEN) + PADDING)
        longest = max(map(len, [name, *cells]))
        whole = min(min(longest, UNBROKEN) + max(longest - UNBROKEN, 0) * COUNTED, WIDEST) + PADDING
        wanted.append(max(least[-1], whole))
    left = max((ACROSS_SMALL if len(table.columns) > MANY_COLUMNS else ACROSS) - sum(least), 0)
    more = [whole - word for whole, word in zip(wanted, least, strict=True)]
    grow = min(left / sum(more), 1) if sum(more) else 0
    widths = [word + grow * extra for word, extra in zip(least, more, strict=True)]
    return [width / sum(widths) for width in widths]
