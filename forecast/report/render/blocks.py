"""Each table and chart alone, to paste into a report of the council's own, with caption, source and run identifier."""

import csv
import io
from pathlib import Path

from forecast.report.model import Figure, Report, Table
from forecast.report.render import files
from forecast.report.render.html import fragment
from forecast.report.render.layout import beneath, cell, numbered
from forecast.report.render.safe import cleaned, csv_cell, file_name, svg_text
from forecast.report.render.word import block_to_word


def write_blocks(report: Report, folder: Path) -> list[Path]:
    """Write every table as CSV, HTML and Word, every chart as SVG, PNG, HTML, Word and text; returns the files.

    Raises BadInput if the folder cannot be written.
    """
    report, made, names = cleaned(report), {}, set()
    for block, label in numbered(report.blocks):
        if isinstance(block, Table | Figure):
            plain = file_name(block.name)
            name = next(
                name for name in (plain, *(f"{plain}-{n}" for n in range(2, len(names) + 3))) if name not in names
            )
            names.add(name)
            parts = _parts(block, label, report, name)
            made |= {f"{name}.{end}": content for end, content in parts.items()}
    for name, content in made.items():
        files.put(Path(folder) / name, content)
    return [Path(folder) / name for name in made]


def _parts(block: Table | Figure, label: str, report: Report, name: str) -> dict[str, bytes]:
    """The files of a table or chart by the end of their names; a chart's figures where they are held."""
    parts = {"html": files.text(fragment(report, block, label)), "docx": block_to_word(report, block, label)}
    context = [f"{label}: {block.caption}", f"Source: {block.source}", f"Run: {report.run}"]
    if isinstance(block, Figure):
        parts |= {
            "svg": files.text(svg_text(block.svg, name, ". ".join(context), block.alt)),
            "png": block.png,
            "alt.txt": files.text(block.alt),
            "txt": files.text("\n".join(context)),
        }
    table = block.data if isinstance(block, Figure) else block
    if table is not None:
        parts["csv"] = csv_of(table, [context[0], f"Unit: {table.unit}", *beneath(table), context[2]])
    return parts


def csv_of(table: Table, context: list[str]) -> bytes:
    """The table from the first line; after an empty line what it is, a cell a line. A mark tells Excel it is UTF-8."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow([csv_cell(name) for name in table.columns])
    writer.writerows([csv_cell(cell(part)) for part in row] for row in table.rows)
    made.write("\n")
    writer.writerows([csv_cell(line)] for line in context)
    return made.getvalue().encode("utf-8-sig")
