"""Read a filled workbook back, under the checks that the YAML files are read under."""

import re
from dataclasses import dataclass
from pathlib import Path

from forecast.case import Assumptions
from forecast.case.catalogue import CATALOGUE, Catalogue, read_catalogue
from forecast.case.documents import Case, Entry, ScenarioFile, case_faults
from forecast.case.errors import BadInput
from forecast.case.layers import CENTRAL, read_entry, read_scenario
from forecast.case.reader import Document
from forecast.case.wording import check, nearest, read_each, refuse
from forecast.case.workbook.book import open_book, read_tables, shortened
from forecast.case.workbook.cells import (
    ASSUMPTIONS,
    CASE,
    CHANGES,
    SCENARIOS,
    SEPARATOR,
    TABLES_PREFIX,
    Row,
    case_column,
    place,
)

FOLDER = re.compile("[a-z0-9][a-z0-9_-]*")
FOLDER_RULE = "expected small letters, digits, - and _, as it names a file. Write it so"
FIELD = CASE.columns[CASE.place("field")]


@dataclass(frozen=True)
class Cells(Document):
    """A document whose keys stand in cells: `cells` holds the sheet and cell of each path, `lines` its row."""

    cells: dict[tuple, str]

    def problem(self, path: tuple, sentence: str) -> BadInput:
        """The error to raise about a key: file, sheet, cell, key, then the sentence."""
        here = path
        while here not in self.cells:
            here = here[:-1]
        return BadInput(f"{self.file}, {self.cells[here]}: {'.'.join(map(str, path))}: {sentence}")


def read_workbook(path: Path, params: Path) -> dict[str, Assumptions]:
    """The assumptions of a filled workbook, scenario's slug -> assumptions, in the order the workbook gives.

    The catalogue is that of `params`. An entry's file is the workbook's name, its line the row, its layer what the
    column Set by says. Raises BadInput naming the sheet and cell of every fault found.
    """
    path, catalogue = Path(path), read_catalogue(Path(params))
    file = path.name
    try:
        rows = read_tables(file, open_book(path))
        parts = (
            lambda: _case(file, rows[CASE.name]),
            lambda: _entries(file, rows[ASSUMPTIONS.name], catalogue),
            lambda: _scenarios(file, rows[SCENARIOS.name], rows[CHANGES.name]),
        )
        case, central, documents = read_each(parts, lambda read: read()).values()
        chosen = read_each(documents, lambda slug: read_scenario(documents[slug], slug, catalogue, central))
    except BadInput as fault:
        raise BadInput(shortened(str(fault))) from None
    order = sorted(chosen, key=lambda slug: (chosen[slug][0].order, slug))
    return {
        slug: Assumptions(case, chosen[slug][0], catalogue, central, {**central, **chosen[slug][1]}) for slug in order
    }


def _each_once(rows: dict[int, Row], fields: list[str], read) -> dict[int, tuple]:
    """number -> read(row) of every row, refusing a row whose `fields` name what an earlier row has named."""
    first: dict[tuple, int] = {}

    def read_once(number: int) -> tuple:
        row, named = rows[number], tuple(rows[number].name(field) for field in fields)
        if first.setdefault(named, number) != number and None not in named:
            what = f"{' '.join(named)} is given twice; it is already in row {first[named]}"
            raise row.problem(fields[-1], f"{what}. Keep the right one and delete the other")
        return read(row)

    return read_each(rows, read_once)


def _case(file: str, rows: dict[int, Row]) -> Case:
    """The case of the sheet Case, whose council and month name the folder of its YAML file."""
    read = _each_once(rows, ["field"], _case_field)
    fields = {field for field, _ in read.values()}
    needed = [field for field, known in Case.model_fields.items() if known.is_required() and field != "tables"]
    lacking = [f"  {field} ({case_column(field).words})" for field in needed if field not in fields]
    if lacking:
        what = "a row is missing. Add one, or start from a new template"
        raise BadInput("\n".join([f"{file}, sheet {CASE.name}: {what}:", *lacking]))
    data, cells = {"tables": {}}, {(): f"sheet {CASE.name}"}
    for number, (field, content) in read.items():
        is_table = field.startswith(TABLES_PREFIX)
        name = field.removeprefix(TABLES_PREFIX)
        (data["tables"] if is_table else data)[name] = content
        path = ("case", "tables", name) if is_table else ("case", name)
        cells[path] = place(rows[number].cells["value"])
    doc = Cells(file, {"case": data}, {}, cells)
    case = check(Case, doc, ("case",))
    named = [] if FOLDER.fullmatch(case.council) else [("council", f"is {case.council[:40]}; {FOLDER_RULE}")]
    refuse(doc, ("case",), named or case_faults(case))
    return case


def _case_field(row: Row) -> tuple[str, object]:
    """The field a row holds, and its content: of a table its name, or a list where the separator stands in the cell."""
    field = row.read([FIELD])["field"]
    if field in ("tables", TABLES_PREFIX):
        remedy = f"Write {TABLES_PREFIX}ROLE, such as {TABLES_PREFIX}population"
        raise row.problem("field", f"{field} lacks a role. {remedy}")
    content = row.read([case_column(field)])["value"]
    if not field.startswith(TABLES_PREFIX) or SEPARATOR not in content:
        return field, content
    names = [name.strip() for name in content.removesuffix(SEPARATOR).split(SEPARATOR)]
    if not all(names):
        remedy = f"Write names as one{SEPARATOR} two"
        raise row.problem("value", f"Value lacks a name beside a {SEPARATOR}. {remedy}")
    return field, names


def _entries(file: str, rows: dict[int, Row], catalogue: Catalogue) -> dict[str, Entry]:
    """Every key of the catalogue with its entry, in the catalogue's order."""
    found = dict(_each_once(rows, ["key"], lambda row: _entry(row, catalogue)).values())
    lacking = catalogue.without(found)
    if lacking:
        what = f"{len(lacking)} of the keys in {CATALOGUE} have no row. Put the rows back, or start from a new template"
        raise BadInput("\n".join([f"{file}, sheet {ASSUMPTIONS.name}: {what}:", *lacking]))
    return {key: found[key] for key in catalogue.items}


def _entry(row: Row, catalogue: Catalogue) -> tuple[str, Entry]:
    fields = row.read(ASSUMPTIONS.read)
    key, layer = fields.pop("key"), fields.pop("layer")
    path = tuple(key.split("."))
    data = fields
    for part in reversed(path):
        data = {part: data}
    cells = {(*path, field): place(row.cells[field]) for field in fields} | {(): place(row.cells["key"])}
    return key, read_entry(Cells(row.file, data, {path: row.number}, cells), path, key, layer, catalogue)


def _scenarios(file: str, rows: dict[int, Row], changes: dict[int, Row]) -> dict[str, Cells]:
    """A document for each scenario, slug -> what its YAML file would hold."""
    slugs = [row.name("slug") for row in rows.values()]
    parts = (
        lambda: _each_once(rows, ["slug"], _scenario),
        lambda: _each_once(changes, ["scenario", "key"], lambda row: _change(row, slugs)),
    )
    scenarios, changed = read_each(parts, lambda read: read()).values()
    if CENTRAL not in slugs:
        what = f"there is no row {CENTRAL}, from which the others differ. Put it back"
        raise BadInput(f"{file}, sheet {SCENARIOS.name}: {what}")
    documents = dict(scenarios.values())
    for number, (slug, key, fields) in changed.items():
        doc, cells, path = documents[slug], changes[number].cells, ("changes", key)
        doc.data["changes"][key] = fields
        doc.lines[path] = number
        doc.cells.update({path: place(cells["key"])} | {(*path, field): place(cells[field]) for field in fields})
    return documents


def _scenario(row: Row) -> tuple[str, Cells]:
    fields = row.read(SCENARIOS.read)
    slug = fields.pop("slug")
    if not FOLDER.fullmatch(slug):
        raise row.problem("slug", f"Scenario is {slug[:40]}; {FOLDER_RULE}")
    cells = {(field,): place(row.cells[field]) for field in fields} | {(): place(row.cells["slug"])}
    doc = Cells(row.file, {**fields, "changes": {}}, {}, cells)
    check(ScenarioFile, doc)
    return slug, doc


def _change(row: Row, slugs: list[str]) -> tuple[str, str, dict]:
    fields = row.read(CHANGES.read)
    slug = fields.pop("scenario")
    if slug not in slugs:
        what = f"Scenario is {slug[:40]}, which is not on the sheet {SCENARIOS.name}"
        raise row.problem("scenario", f"{what}. {nearest(slug, [known for known in slugs if known])}")
    if slug == CENTRAL:
        what = "is what the others differ from. Change the value on the sheet Assumptions, or choose another scenario"
        raise row.problem("scenario", f"{CENTRAL} {what}")
    return slug, fields.pop("key"), fields
