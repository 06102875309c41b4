"""From a release to what is printed: tables with "c" in them, charts drawn from those tables, and the marking."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from forecast.case.errors import BadInput
from forecast.report.disclosure.figures import HIDDEN, Released
from forecast.report.model import PUBLIC, Bullets, FigureInText, Paragraph, Part, Report, Table, rows_of

MODEL = "model output"  # in place of a key: a figure of the forecast, which counts no child that exists
Key = str | tuple[str, ...] | None


def cover(table: Table, keys: Sequence[Sequence[Key]], released: Released) -> Table:
    """The table with "c" for every hidden figure, and the release's notes.

    keys  [row x column]  of each cell the key it shows; several keys for a figure made of several, such as a share or a
          rate, which is hidden if any of them is; MODEL for model output; None for words
    Raises BadInput if a figure has no key, a key was not released, or a whole count differs from what was released.
    """
    rows = []
    for number, (row, line) in enumerate(zip(table.rows, keys, strict=True), start=1):
        cells = zip(table.columns, row, line, strict=True)
        rows.append(tuple(_covered(table, released, (number, column), cell, key) for column, cell, key in cells))
    notes = released.notes if any(cell == HIDDEN for row in rows for cell in row) else ()
    return replace(table, rows=tuple(rows), notes=(*table.notes, *notes))


def _covered(table: Table, released: Released, place: tuple[int, str], cell: Part, key: Key) -> Part:
    """One cell: "c" if hidden, itself if not."""
    where = f"table {table.name}, row {place[0]}, column {place[1]!r}"
    is_text = not isinstance(cell, FigureInText)
    if key is None and (not is_text or (place[1] in table.numeric and any(map(str.isdigit, cell)))):
        raise BadInput(f"{where}: a figure without a key. Say what it counts, or that it is model output")
    if key in (None, MODEL):
        return cell
    names = (key,) if isinstance(key, str) else key
    if HIDDEN in [released.text(name) for name in names]:
        return HIDDEN
    shown = (cell if is_text else cell.shown).replace(",", "")
    if isinstance(key, str) and shown.isdecimal() and int(shown) != round(released.shown[key]):
        raise BadInput(f"{where}: the figure is not the one released as {key}. Check which cell has which key")
    return cell


def mark(
    report: Report, released: Released, covered: Sequence[Table], counts: Mapping[str, str], model: Sequence[str]
) -> Report:
    """The report marked public if everything in it has been through the gate.

    covered  every table of the report, and those that its charts were drawn from
    counts   source of a figure in a sentence -> its key, of counts of actual children
    model    beginnings of the sources that are model output
    Raises BadInput if the report holds a table, a chart or a figure that did not pass.
    """
    strange = [table.name for table in report.tables() if table not in covered]
    strange += [figure.name for figure in report.figures() if figure.data not in covered]
    for told in in_sentences(report):
        key = counts.get(told.source)
        passed = told.source.startswith(tuple(model)) if key is None else released.text(key) is None
        strange += [] if passed else [told.source]
    if strange:
        raise BadInput(
            f"this report cannot be public: {', '.join(strange[:4])} did not pass disclosure control. Release them, or "
            "leave the report private"
        )
    return replace(report, marking=PUBLIC)


def in_sentences(report: Report) -> list[FigureInText]:
    """Every figure of the report outside its tables and charts."""
    blocks = [block for block in report.blocks if isinstance(block, Paragraph | Bullets)]
    return [part for block in blocks for row in rows_of(block) for part in row if isinstance(part, FigureInText)]
