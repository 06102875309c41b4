"""The report as one page for a browser: no script, nothing fetched; for keyboard, screen reader, telephone and printer.

Charts are pictures with alternative text (an SVG held in the page): sharp in print, and nothing inside one can run,
clash with another's names or ask the network for anything. A browser's own rule says so too (Content-Security-Policy).
"""

import base64
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from forecast.report.model import Block, Report
from forecast.report.render import files
from forecast.report.render.layout import MARKINGS, described, front, numbered
from forecast.report.render.safe import cleaned

PAGE = Path(__file__).with_name("page")
PLAIN = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
PAGES = Environment(loader=FileSystemLoader(PAGE, encoding="utf-8"), autoescape=True, **PLAIN)
PAGES.filters["base64"] = lambda text: base64.b64encode(text.encode("utf-8")).decode("ascii")
CONTENTS_FROM = 4  # headings of the first level


def to_html(report: Report, path: Path) -> None:
    """Write the report as one .html file. Raises BadInput if `path` cannot be written."""
    report = cleaned(report)
    parts = enumerate(numbered(report.blocks), start=1)
    blocks = [described(block, label) | {"place": place} for place, (block, label) in parts]
    contents = [block for block in blocks if block["kind"] == "heading" and block["level"] == 1]
    page = PAGES.get_template("report.html")
    made = page.render(
        report=report,
        marking=MARKINGS[report.marking],
        front=front(report),
        blocks=blocks,
        contents=contents if len(contents) >= CONTENTS_FROM else [],
        style=(PAGE / "report.css").read_text(encoding="utf-8"),
    )
    files.put(path, files.text(made))


def fragment(report: Report, block: Block, label: str) -> str:
    """One table or chart, of a clean report, to paste into another page."""
    return PAGES.get_template("fragment.html").render(report=report, block=described(block, label) | {"place": 1})
