"""Of which kind each file of a folder is: SSDA903, CIN census, Annex A. Told by its first lines, never by its name."""

import csv
import re
from pathlib import Path

from forecast.case.errors import BadInput
from forecast.sources.annex_a import codes
from forecast.sources.annex_a.lists import which_list
from forecast.sources.cin.codes import heading
from forecast.sources.counting import Quality
from forecast.sources.csv_text import MOST_HEADING_ROWS, decode
from forecast.sources.private import guarded
from forecast.sources.reading.files import CHUNK, MEGABYTE, Source, Wanted, find_files, suffix
from forecast.sources.reading.sheets import workbook_tables
from forecast.sources.ssda903 import codes as ssda903_codes

SSDA903, CENSUS, ANNEX = "ssda903", "cin", "annex_a"
WORDS = {SSDA903: "SSDA903 returns", CENSUS: "CIN census returns", ANNEX: "Annex A lists"}
EVERY = Wanted(
    most={".csv": 100 * MEGABYTE, ".xlsx": 50 * MEGABYTE, ".xml": 1024 * MEGABYTE},
    together=8192 * MEGABYTE,
    alone=True,
    no_path="",
    none="",
    passed_over="not_list",
)
ROOTS = {b"EXPSSDA903": SSDA903, b"MESSAGE": CENSUS}
ROOT = re.compile(rb"<\s*(?:[\w.-]+:)?([A-Za-z]\w*)")
OWN = {"DECOM", "DUC", "DOB", "REVIEW", "SDQSCORE", "INTOUCH", "DATEINT", "DATEPLACED", "PREVPERM", "MISSTART"}


@guarded
def kinds(path: Path) -> dict[str, frozenset[str]]:
    """Kind -> names of the files that are of it. What is of none is left to the readers, which say why not."""
    try:
        sources = find_files(Path(path), EVERY, Quality(codes.RULES))
    except BadInput:
        return {}
    found: dict[str, set[str]] = {}
    for source in sources:
        kind = _kind(source)
        if kind:
            found.setdefault(kind, set()).add(source.name)
    return {kind: frozenset(found[kind]) for kind in WORDS if kind in found}


def but(found: dict[str, frozenset[str]], *wanted: str) -> frozenset[str]:
    """The names of the files of every kind but those wanted."""
    return frozenset().union(*(names for kind, names in found.items() if kind not in wanted))


def _kind(source: Source) -> str | None:
    ending = suffix(source.name)
    try:
        if ending == ".xlsx":
            tables = workbook_tables(source, MOST_HEADING_ROWS)
            given = [list(map(heading, row)) for _, lines in tables for row in lines.values()]
            if any("CHILD" in row and OWN & set(row) for row in given):
                return SSDA903
        else:
            head = next(source.chunks(), b"")
            if ending == ".xml":
                root = ROOT.search(head)
                return ROOTS.get(root[1].upper()) if root else None
            text = decode(source.name, head[: head.rfind(b"\n") + 1] if len(head) >= CHUNK else head)[0]
            rows = list(csv.reader(text.splitlines()[:MOST_HEADING_ROWS]))
            given = [list(map(heading, row)) for row in rows]
            if any(codes.CENSUS in row for row in given):
                return CENSUS
            if any("CHILD" in row and OWN & set(row) for row in given) or _named_and_headed(source.name, given):
                return SSDA903
            tables = [(source.name.rsplit("/", 1)[-1].rsplit(".", 1)[0], dict(enumerate(filter(any, rows), start=1)))]
    except (BadInput, csv.Error):
        return None  # whoever reads it says what is wrong with it
    return ANNEX if any(_is_list(*table) for table in tables) else None


def _named_and_headed(name: str, rows: list[list[str]]) -> bool:
    """Whether a file is named as one of an SSDA903 return and has its headings in other words."""
    words = re.split(r"[^a-z]+", name.rsplit("/", 1)[-1].lower())
    named = any(kind.lower() in words for kind in ssda903_codes.KINDS)
    return named and any("CHILD" in {ssda903_codes.HEADINGS.get(cell, cell) for cell in row} for row in rows)


def _is_list(title: str, lines: dict[int, list[str]]) -> bool:
    try:
        return which_list(title, lines) is not None
    except BadInput:
        return True  # a list that lacks a column: its reader says which
