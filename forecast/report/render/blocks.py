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
    report, made = cleaned(report), {}
    for block, label in numbered(report.blocks):
        if isinstance(block, Table | Figure):
            name = _free(file_name(block.name), made)
            parts = (
                table_parts(block, label, report)
                if isinstance(block, Table)
                else figure_parts(block, label, report, name)
            )
            made |= {f"{name}.{end}": content for end, content in both(block, label, report).items()} | {
                f"{name}.{end}": content for end, content in parts.items()
            }
    for name, content in made.items():
        files.put(Path(folder) / name, content)
    return [Path(folder) / name for name in made]


def both(block: Table | Figure, label: str, report: Report) -> dict[str, bytes]:
    """What tables and charts have in common, by the end of the file's name."""
    return {"html": files.text(fragment(report, block, label)), "docx": block_to_word(report, block, label)}


def table_parts(table: Table, label: str, report: Report) -> dict[str, bytes]:
    return {
        "csv": csv_of(
            table, [f"{label}: {table.caption}", f"Unit: {table.unit}", *beneath(table), f"Run: {report.run}"]
        )
    }


def figure_parts(figure: Figure, label: str, report: Report, name: str) -> dict[str, bytes]:
    """The picture twice, what it says, what stands beside it, and its figures where they are held."""
    beside = [f"{label}: {figure.caption}", f"Source: {figure.source}", f"Run: {report.run}"]
    title = f"{beside[0]}. {beside[1]}. {beside[2]}"
    parts = {
        "svg": files.text(svg_text(figure.svg, name, title, figure.alt)),
        "png": figure.png,
        "alt.txt": files.text(figure.alt),
        "txt": files.text("\n".join(beside)),
    }
    if figure.data is not None:
        parts["csv"] = csv_of(figure.data, [*beside[:1], f"Unit: {figure.data.unit}", *beneath(figure.data), beside[2]])
    return parts


def csv_of(table: Table, told: list[str]) -> bytes:
    """The table from the first line; after an empty line what it is, a cell a line. A mark tells Excel it is UTF-8."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\n")
    writer.writerow([csv_cell(name) for name in table.columns])
    writer.writerows([csv_cell(cell(part)) for part in row] for row in table.rows)
    made.write("\n")
    writer.writerows([csv_cell(line)] for line in told)
    return made.getvalue().encode("utf-8-sig")


def _free(name: str, made: dict[str, bytes]) -> str:
    """A name that no block before has."""
    taken = {one.split(".")[0] for one in made}
    return next(
        tried for tried in (name, *(f"{name}-{number}" for number in range(2, len(made) + 3))) if tried not in taken
    )
