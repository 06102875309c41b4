"""The report as one page for a browser: no script, nothing fetched, readable by keyboard, screen reader, telephone and printer.

Charts are pictures with alternative text (an SVG held in the page): sharp in print, and nothing inside one can run, clash with
another's names or ask the network for anything. A browser's own rule says the same (Content-Security-Policy).
"""

import base64
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from forecast.report.model import Block, Bullets, Figure, Heading, Paragraph, Report, Table, text_of
from forecast.report.render import files
from forecast.report.render.layout import (
    MARKINGS,
    WHOLE_ROWS,
    beneath,
    cell,
    front,
    heading,
    is_total,
    long_cells,
    numbered,
    warned,
)
from forecast.report.render.safe import cleaned, svg_text

PAGE = Path(__file__).with_name("page")
CONTENTS_FROM = 4  # headings of the first level


def to_html(report: Report, path: Path) -> None:
    """Write the report as one .html file. Raises BadInput if `path` cannot be written."""
    files.put(path, files.text(page(cleaned(report))))


def page(report: Report) -> str:
    """The whole page, of a clean report."""
    blocks = [told(block, label, place) for place, (block, label) in enumerate(numbered(report.blocks), start=1)]
    contents = [block for block in blocks if block["kind"] == "heading" and block["level"] == 2]
    shown = {
        "report": report,
        "marking": MARKINGS[report.marking],
        "front": front(report),
        "blocks": blocks,
        "contents": contents if len(contents) >= CONTENTS_FROM else [],
    }
    return _template("report.html").render(shown)


def fragment(report: Report, block: Block, label: str) -> str:
    """One table or chart to paste into another page."""
    return _template("fragment.html").render(report=report, block=told(block, label, 1))


def told(block: Block, label: str, place: int) -> dict:
    """A block as the template wants it; `place` tells it apart from the others of the page."""
    tell = {Heading: _heading, Paragraph: _paragraph, Bullets: _bullets, Table: _table, Figure: _figure}
    return {"place": place, "label": label} | tell[type(block)](block)


def _heading(block: Heading) -> dict:
    return {"kind": "heading", "level": block.level + 1, "text": heading(block)}


def _paragraph(block: Paragraph) -> dict:
    text = text_of(block.parts)
    return {"kind": block.kind, "text": warned(text) if block.kind == "warning" else text}


def _bullets(block: Bullets) -> dict:
    return {"kind": "bullets", "lettered": block.lettered, "items": [text_of(item) for item in block.items]}


def _table(block: Table) -> dict:
    """Cells with their place in the table: the first of a row names it, unless it is a figure."""
    right = [name in block.numeric for name in block.columns]
    rows = [
        {"total": is_total(block, place), "cells": [cell(part) for part in row]} for place, row in enumerate(block.rows)
    ]
    return {
        "kind": "table",
        "caption": block.caption,
        "unit": block.unit,
        "columns": block.columns,
        "right": right,
        "long": long_cells(block),
        "rows": rows,
        "whole": len(rows) <= WHOLE_ROWS,
        "beneath": beneath(block),
    }


def _figure(block: Figure) -> dict:
    held = base64.b64encode(svg_text(block.svg).encode("utf-8")).decode("ascii")
    return {
        "kind": "figure",
        "caption": block.caption,
        "alt": block.alt,
        "source": block.source,
        "address": f"data:image/svg+xml;base64,{held}",
    }


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(PAGE, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["style"] = (PAGE / "report.css").read_text(encoding="utf-8")
    return made


def _template(name: str):
    return _environment().get_template(name)
