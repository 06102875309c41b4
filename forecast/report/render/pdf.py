"""The report as an accessible PDF (PDF/UA-1), in fonts that come with the program: its pages are the same everywhere.

Words go to typst as data, never as markup; a chart without alternative text stops it.
"""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import matplotlib
import typst

from forecast.report.model import Report
from forecast.report.render import files
from forecast.report.render.layout import MARKINGS, described, front, numbered
from forecast.report.render.safe import cleaned, short

PAGE = Path(__file__).with_name("page") / "report.typ"
FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
LONG_WORD = re.compile(r"\S{30}")
MAY_BREAK = "\u200b"
AS_IT_IS = {"svg", "alt"}


def to_pdf(report: Report, path: Path) -> None:
    """Write the report as PDF/UA-1; a letter no font draws is a mark. Raises BadInput if `path` cannot be written."""
    files.put(path, built(data(cleaned(report))))


def built(values: dict) -> bytes:
    """The PDF of what `data` made."""
    try:
        return typst.compile(
            PAGE.read_bytes(),
            font_paths=[FONTS],
            ignore_system_fonts=True,
            sys_inputs={"report": json.dumps(values)},
            pdf_standards=["ua-1"],
            timestamp=datetime.fromisoformat(values["day"]).replace(tzinfo=UTC),
        )
    except typst.TypstError as fault:
        raise ValueError(f"the PDF cannot be made: {fault.message}") from None


def data(report: Report) -> dict:
    """A clean report as plain values."""
    language, _, region = report.language.partition("-")
    return {
        "title": breakable(report.title),
        "council": breakable(report.council),
        "front": breakable(front(report)),
        "marking": MARKINGS[report.marking],
        "run": short(report.run),
        "day": report.day,
        "language": language,
        "region": region or None,
        "blocks": breakable([described(block, label) for block, label in numbered(report.blocks)]),
    }


def breakable(value):
    """Text, or all text inside, in which a very long word may be broken, so that it stays on the page."""
    if isinstance(value, str):
        return LONG_WORD.sub(lambda found: found[0] + MAY_BREAK, value)
    if isinstance(value, list | tuple):
        return [breakable(part) for part in value]
    if isinstance(value, dict):
        return {name: part if name in AS_IT_IS else breakable(part) for name, part in value.items()}
    return value
