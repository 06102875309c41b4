"""A paper's template, filled from a run: Jinja2 fills it, mistune parses the Markdown into the blocks of a report.

What an expression puts in, be it a figure with its source, a table or the name of a scenario, passes the parser as a
mark of two private letters, so that no text of a run is taken for Markdown.
"""

import re
import traceback
from pathlib import Path

import mistune
from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from forecast.case.errors import BadInput
from forecast.report.figures import undeclared
from forecast.report.model import (
    DEEPEST,
    Block,
    Bullets,
    Figure,
    FigureInText,
    Heading,
    PageBreak,
    Paragraph,
    Part,
    Table,
    skipped_headings,
    text_of,
)

SHOWN = "Use headings, paragraphs, lists of one level, [!WARNING] and [!NOTE], and calls of table and chart"
PARSE = mistune.create_markdown(renderer=None, plugins=["table"])
MARK = re.compile("\ue000([0-9]+)\ue001")
EXPRESSION = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
NUMBERED = re.compile(r"(?:([0-9]+(?:\.[0-9]+)*|\([a-z]\)) )?(.+)")
OUTLINE = re.compile(r"^(?:#+ [0-9.]+|[0-9]+\.) ")  # the number of a section or of a point
ALERTS = {"[!WARNING]": "warning", "[!NOTE]": "note"}
WORDS = {"text", "softbreak", "linebreak"}
FROM_THE_RUN = (
    "figures come from the run. Say it in words, or leave it out; dates, sections and years of Acts may stand"
)


def typed_figures(template: Path) -> list[str]:
    """Figures, sums and shares typed into a template, a sentence each."""
    text = EXPRESSION.sub(lambda found: "\n" * found[0].count("\n"), template.read_text(encoding="utf-8"))
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        figures = undeclared(OUTLINE.sub("", line)) or re.findall("[£%]", line.replace("80% range", ""))
        found += [f"{template.name}, line {number}: holds {figures[0]}; {FROM_THE_RUN}"] if figures else []
    return found


class Filling:
    """One filling of a template: what its marks stand for, and the blocks that come of it."""

    def __init__(self, template: Path) -> None:
        self.template = template
        self.kept: list[Part | Table | Figure] = []

    def put(self, value: object) -> str:
        """What an expression puts into the text: a mark. A table or chart stands by itself."""
        if not isinstance(value, str | FigureInText | Table | Figure):
            raise TypeError(f"{value!r} is no figure with a source. Say it by a rule, such as count or money")
        self.kept.append(value)
        mark = f"\ue000{len(self.kept) - 1}\ue001"
        return f"\n\n{mark}\n\n" if isinstance(value, Table | Figure) else mark

    def blocks(self, names: dict) -> tuple[Block, ...]:
        """The report's blocks; `names` are what expressions may use.

        Raises BadInput, with the line, for what the run does not hold, and for Markdown that the paper cannot show.
        """
        environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, finalize=self.put, trim_blocks=True, lstrip_blocks=True
        )
        environment.globals |= names
        try:
            text = environment.from_string(self.template.read_text(encoding="utf-8")).render()
        except BadInput:
            raise
        except (TemplateError, LookupError, TypeError, ValueError) as fault:
            lines = [one.lineno for one in traceback.extract_tb(fault.__traceback__) if one.filename == "<template>"]
            line = fault.lineno if isinstance(fault, TemplateSyntaxError) else lines[-1]
            raise BadInput(f"{self.template.name}, line {line}: {fault.args[0]}") from None
        blocks = tuple(block for node in PARSE(text) for block in self._blocks(node))
        levels = [block.level for block in blocks if isinstance(block, Heading)]
        if skipped := skipped_headings(levels):
            raise BadInput(f"{self.template.name}: headings that skip a level, counted from 1: {skipped}")
        return blocks

    def grid(self, markdown: str) -> tuple[tuple[str, ...], tuple[tuple[Part, ...], ...], tuple[str, ...]]:
        """Columns, rows, and the columns set right, of a table in Markdown."""
        tables = [node for node in PARSE(markdown) if node["type"] == "table"]
        if len(tables) != 1:
            raise BadInput(
                f"{self.template.name}: a call of table holds {len(tables)} tables in Markdown; expected one"
            )
        head, *body = tables[0]["children"]
        columns = tuple(self._text(cell) for cell in head["children"])
        rows = tuple(tuple(self._cell(cell) for cell in row["children"]) for part in body for row in part["children"])
        right = [cell["attrs"]["align"] == "right" for cell in head["children"]]
        return columns, rows, tuple(name for name, is_right in zip(columns, right, strict=True) if is_right)

    def _blocks(self, node: dict) -> list[Block]:
        """What a node of the parsed Markdown becomes: one block, or none where nothing is left of it."""
        kind, inner = node["type"], node.get("children", [])
        if kind == "heading":
            if node["attrs"]["level"] > DEEPEST or not self._text(node):
                raise self._unfit("a heading without words, or of level four or more")
            number, text = NUMBERED.fullmatch(self._text(node)).groups()
            return [Heading(text, node["attrs"]["level"], number or "")]
        if kind == "paragraph":
            mark = MARK.fullmatch(inner[0].get("raw", ""))
            if mark and isinstance(block := self.kept[int(mark[1])], Table | Figure):
                return [block]
            return [Paragraph(parts)] if (parts := self._parts(inner)) else []
        if kind == "list":
            items = [self._parts([word for line in item["children"] for word in self._inside(line)]) for item in inner]
            return [Bullets(tuple(items), node["attrs"]["ordered"])]
        if kind == "block_quote":
            first, *others = self._parts([word for line in inner for word in self._inside(line)])
            alert, _, words = first.partition(" ") if isinstance(first, str) else ("", "", "")
            if alert in ALERTS:
                return [Paragraph((words, *others) if words else tuple(others), ALERTS[alert])]
        if kind in ("blank_line", "thematic_break") or (kind == "block_html" and node["raw"].startswith("<!--")):
            return [PageBreak()] if kind == "thematic_break" else []
        raise self._unfit(kind)

    def _inside(self, line: dict) -> list[dict]:
        """The words of a line of a list or quotation."""
        if line["type"] not in ("paragraph", "block_text", "blank_line"):
            raise self._unfit(line["type"])
        return line.get("children", [])

    def _parts(self, nodes: list[dict]) -> tuple[Part, ...]:
        """Words and the figures among them; an end of line is a space."""
        for node in nodes:
            if node["type"] not in WORDS:
                raise self._unfit(node["type"])
        text = " ".join(self._written_out("".join(node.get("raw", " ") for node in nodes)).split())
        parts = [self.kept[int(part)] if place % 2 else part for place, part in enumerate(MARK.split(text)) if part]
        if any(isinstance(part, Table | Figure) for part in parts):
            raise self._unfit("a table or chart inside a sentence")
        return tuple(parts)

    def _written_out(self, text: str) -> str:
        """Text with the marks of words, such as a scenario's name or what a macro gave, written out."""
        return MARK.sub(
            lambda mark: self._written_out(held) if isinstance(held := self.kept[int(mark[1])], str) else mark[0], text
        )

    def _text(self, node: dict) -> str:
        return text if isinstance(text := self._cell(node), str) else text.shown

    def _cell(self, node: dict) -> Part:
        """The one part of a cell: words or a figure."""
        parts = self._parts(node["children"]) or ("",)
        if len(parts) > 1:
            raise self._unfit(f"words and a figure together in a heading or cell ({text_of(parts)})")
        return parts[0]

    def _unfit(self, kind: str) -> BadInput:
        return BadInput(f"{self.template.name}: the paper cannot show {kind.replace('_', ' ')}. {SHOWN}")
