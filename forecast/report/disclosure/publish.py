"""From a release to what is printed: tables with "c" in them, charts drawn from those tables, and the marking."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from forecast.case.errors import BadInput
from forecast.report.disclosure.released import HIDDEN, Released
from forecast.report.model import PRIVATE, PUBLIC, Bullets, Figure, Paragraph, Part, Report, Table, Told

MODEL = "model output"  # in place of a key: a figure of the forecast, which counts no child that exists
Key = str | tuple[str, ...] | None


@dataclass(frozen=True)
class Cleared:
    """A table or a chart that has been through the gate; only `cover` and `release_chart` make one."""

    block: Table | Figure
    release: str


def cover(table: Table, keys: Sequence[Sequence[Key]], released: Released) -> Cleared:
    """The table with "c" for every hidden figure, and the release's notes.

    keys  [row x column]  of each cell the key it shows; several keys for a figure made of several, such as a share or a
          rate, which is hidden if any of them is; MODEL for model output; None for words
    Raises BadInput if a figure has no key, a key was not released, or a whole count differs from what was released.
    """
    if [len(row) for row in keys] != [len(row) for row in table.rows]:
        raise BadInput(f"table {table.name}: the keys have another shape than its cells. Give one for each cell")
    rows = tuple(
        tuple(
            _covered(table, released, (number, column), cell, key)
            for column, cell, key in zip(table.columns, row, line, strict=True)
        )
        for number, (row, line) in enumerate(zip(table.rows, keys, strict=True), start=1)
    )
    notes = released.notes if any(cell == HIDDEN for row in rows for cell in row) else ()
    return Cleared(replace(table, rows=rows, notes=(*table.notes, *notes)), released.name)


def _covered(table: Table, released: Released, place: tuple[int, str], cell: Part, key: Key) -> Part:
    """One cell: "c" if hidden, itself if not."""
    where = f"table {table.name}, row {place[0]}, column {place[1]!r}"
    if key is None:
        if isinstance(cell, Told) or (place[1] in table.numeric and any(letter.isdigit() for letter in cell)):
            raise BadInput(f"{where}: a figure without a key. Say what it counts, or that it is model output")
        return cell
    if key == MODEL:
        return cell
    names = (key,) if isinstance(key, str) else key
    if any([released.text(name) == HIDDEN for name in names]):
        return HIDDEN
    shown = (cell.shown if isinstance(cell, Told) else cell).replace(",", "")
    if isinstance(key, str) and shown.isdecimal() and int(shown) != round(released.shown[key]):
        raise BadInput(f"{where}: the figure is not the one released as {key}. Check which cell has which key")
    return cell


def model_output(table: Table) -> Cleared:
    """A table that holds words and model output only, cleared as such."""
    return Cleared(table, MODEL)


def model_table(
    released: Released,
    sheet: str,
    rows: Mapping[str, Sequence[str]],
    columns: Sequence[str],
    name: str,
    caption: str,
    unit: str,
    source: str,
) -> Cleared:
    """A table of the report straight from a released sheet.

    rows     label -> the key of each cell of the row
    columns  headings, the first that of the labels
    Raises BadInput if the sheet was withheld or does not hold a key.
    """
    if sheet in released.withheld:
        raise BadInput(
            f"table {sheet} is withheld: no choice of hidden figures would protect it. Leave it out, or merge its small categories"
        )
    strange = {key for line in rows.values() for key in line} - set(released.sheets[sheet])
    if strange:
        raise BadInput(f"table {sheet} does not hold {', '.join(sorted(strange))}")
    cells = tuple(
        (label, *(released.text(key) or f"{released.shown[key]:,.0f}" for key in line)) for label, line in rows.items()
    )
    notes = released.notes if any(HIDDEN in row[1:] for row in cells) else ()
    return Cleared(
        Table(name, caption, tuple(columns), cells, unit, source, tuple(columns[1:]), notes=notes), released.name
    )


def drawable(released: Released, keys: Sequence[str]) -> list[bool]:
    """Which points of a chart may be drawn."""
    return [released.text(key) is None for key in keys]


def chart_values(released: Released, keys: Sequence[str]) -> list[float | None]:
    """The points of a chart, None where hidden. Bars, axes and labels made from these cannot show what they never had."""
    return [released.shown[key] if may else None for key, may in zip(keys, drawable(released, keys), strict=True)]


def release_chart(draw: Callable[[Table], Figure], data: Cleared) -> Cleared:
    """The chart that `draw` makes of a cleared table; drawing sees the covered table and nothing else.

    Raises BadInput if the figure carries another table as its data.
    """
    figure = draw(data.block)
    if figure.data != data.block:
        raise BadInput(
            f"chart {figure.name}: its data is not the released table. Give the figure the table it was drawn from"
        )
    return Cleared(figure, data.release)


def mark(
    report: Report,
    released: Released | None = None,
    cleared: Sequence[Cleared] = (),
    counts: Mapping[str, str] | None = None,
    model: Sequence[str] = (),
) -> Report:
    """The report marked public if everything in it has been through the gate. Without a release it is private.

    cleared  every table and chart of the report
    counts   source of a figure in a sentence -> its key, of counts of actual children and what they cost
    model    beginnings of the sources that are model output
    Raises BadInput if a report said to be public holds a table, a chart or a figure that was not cleared.
    """
    if released is None:
        return replace(report, marking=PRIVATE)
    allowed = [one.block for one in cleared if one.release in (released.name, MODEL)]
    strange = [block.name for block in (*report.tables(), *report.figures()) if block not in allowed]
    strange += [
        told.source for told in _in_sentences(report) if not _may_be_told(told, counts or {}, tuple(model), released)
    ]
    strange += [
        told.source
        for one in cleared
        if one.release == MODEL
        for told in _in_cells(one.block)
        if not told.source.startswith(tuple(model))
    ]
    if strange:
        raise BadInput(
            f"this report cannot be public: {', '.join(strange[:4])} did not pass disclosure control. Release them, or leave the report private"
        )
    return replace(report, marking=PUBLIC)


def _in_sentences(report: Report) -> list[Told]:
    sentences = [block.parts for block in report.blocks if isinstance(block, Paragraph)]
    sentences += [item for block in report.blocks if isinstance(block, Bullets) for item in block.items]
    return [part for parts in sentences for part in parts if isinstance(part, Told)]


def _in_cells(block: Table | Figure) -> list[Told]:
    table = block if isinstance(block, Table) else block.data
    return [cell for row in (table.rows if table else ()) for cell in row if isinstance(cell, Told)]


def _may_be_told(told: Told, counts: Mapping[str, str], model: tuple[str, ...], released: Released) -> bool:
    if told.source in counts:
        return released.text(counts[told.source]) is None
    return told.source.startswith(model)
