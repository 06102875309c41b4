"""The report as an accessible PDF (PDF/UA-1). Words go to typst as data, never as markup; a chart without alternative text stops it."""

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import typst

from forecast.case.errors import BadInput
from forecast.report.model import Block, Bullets, Figure, Heading, Paragraph, Report, Table, text_of
from forecast.report.render import files
from forecast.report.render.layout import (
    MARKINGS,
    WHOLE_ROWS,
    beneath,
    cell,
    front,
    heading,
    is_wide,
    numbered,
    shares,
    warned,
)
from forecast.report.render.safe import cleaned, short, svg_text

PAGE = Path(__file__).with_name("page") / "report.typ"
LONG_WORD = re.compile(r"\S{30}")
MAY_BREAK = "\u200b"
NO_GLYPH = re.compile(r'the text `"(.*?)"` could not be displayed', re.DOTALL)


def to_pdf(report: Report, path: Path) -> None:
    """Write the report as PDF/UA-1.

    Raises BadInput if a letter of it is in no font of this computer, or `path` cannot be written.
    """
    files.put(path, built(data(cleaned(report))))


def built(told: dict) -> bytes:
    """The PDF of what `data` made."""
    day = date.fromisoformat(told["day"])
    made_at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    try:
        return typst.compile(
            PAGE.read_bytes(), sys_inputs={"report": json.dumps(told)}, pdf_standards=["ua-1"], timestamp=made_at
        )
    except typst.TypstError as fault:
        unseen = NO_GLYPH.search(fault.message)
        if unseen is None:
            raise ValueError(f"the PDF cannot be made: {fault.message}") from None
        raise BadInput(
            f"the report holds {unseen[1]!r}, which no font of this computer can draw. Write it in other letters, or install a font that has it."
        ) from None


def data(report: Report) -> dict:
    """A clean report as plain values."""
    blocks = [told(block, label) for block, label in numbered(report.blocks)]
    lines = [[breakable(label), breakable(value)] for label, value in front(report)]
    language, _, region = report.language.partition("-")
    return {
        "title": breakable(report.title),
        "council": breakable(report.council),
        "front": lines,
        "marking": MARKINGS[report.marking],
        "run": short(report.run),
        "day": report.day,
        "language": language,
        "region": region or None,
        "blocks": blocks,
    }


def told(block: Block, label: str) -> dict:
    tell = {Heading: _heading, Paragraph: _paragraph, Bullets: _bullets, Table: _table, Figure: _figure}
    return {"label": label} | tell[type(block)](block)


def breakable(text: str) -> str:
    """A very long word may be broken, so that it stays on the page."""
    return LONG_WORD.sub(lambda found: found[0] + MAY_BREAK, text)


def _heading(block: Heading) -> dict:
    return {"kind": "heading", "level": block.level, "text": breakable(heading(block))}


def _paragraph(block: Paragraph) -> dict:
    text = text_of(block.parts)
    return {"kind": block.kind, "text": breakable(warned(text) if block.kind == "warning" else text)}


def _bullets(block: Bullets) -> dict:
    return {"kind": "bullets", "lettered": block.lettered, "items": [breakable(text_of(item)) for item in block.items]}


def _table(block: Table) -> dict:
    rows = [[breakable(cell(part)) for part in row] for row in block.rows]
    return {
        "kind": "table",
        "caption": breakable(block.caption),
        "unit": breakable(block.unit),
        "columns": [breakable(name) for name in block.columns],
        "right": [name in block.numeric for name in block.columns],
        "widths": shares(block),
        "rows": rows,
        "total": block.total_row,
        "wide": is_wide(block),
        "whole": len(rows) <= WHOLE_ROWS,
        "beneath": [breakable(line) for line in beneath(block)],
    }


def _figure(block: Figure) -> dict:
    return {
        "kind": "figure",
        "caption": breakable(block.caption),
        "alt": block.alt,
        "source": breakable(f"Source: {block.source}"),
        "svg": svg_text(block.svg),
    }
