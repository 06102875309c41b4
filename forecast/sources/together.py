"""A folder that holds several kinds of returns: what each of them says beside the one that was asked for."""

import csv
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader

from forecast.case.errors import BadInput
from forecast.case.months import day_in_words, last_day
from forecast.sources import returns as room
from forecast.sources.annex_a import AnnexA, codes, read_annex
from forecast.sources.annex_a import tables as of_annex
from forecast.sources.annex_a.codes import GROUPS, LISTS
from forecast.sources.annex_a.lists import which_list
from forecast.sources.annex_a.tables import FRONT_DOOR
from forecast.sources.cin import read_cin
from forecast.sources.cin.codes import heading
from forecast.sources.counting import Quality
from forecast.sources.csv_text import MOST_HEADING_ROWS, decode
from forecast.sources.private import guarded
from forecast.sources.reading.files import CHUNK, Source, find_files, suffix, wanted
from forecast.sources.reading.sheets import workbook_tables
from forecast.sources.ssda903 import codes as ssda903_codes
from forecast.sources.ssda903 import read_returns

SSDA903, CENSUS, ANNEX = "ssda903", "cin", "annex_a"
WORDS = {SSDA903: "SSDA903 returns", CENSUS: "CIN census returns", ANNEX: "Annex A lists"}
SIZES = {"most": {".csv": 100, ".xlsx": 50, ".xml": 1024}, "together": 8192}  # MB: the most of any reader
EVERY = wanted(SIZES | {"no_path": "", "none": "", "passed_over": "not_list"})
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


WHATS = {room.SCHEMA: "looked_after", room.PLANS_SCHEMA: "plans"}
Kinds = dict[str, frozenset[str]]


def with_beside(summary: dict, path: Path, found: Kinds, own: tuple[str, ...], days: list[date]) -> dict:
    """A summary with, under `beside`, that of every kind but those of `own`, on those of the days that it covers; what
    any of them warns of stands first.
    """
    told: dict[str, dict | list[dict]] = {}
    for kind in (kind for kind in found if kind not in own):
        left = but(found, kind)
        if kind == ANNEX:
            told[kind] = [of_annex.summary(annex, _covered(days, annex)) for annex in read_annex(path, but=left)]
        else:
            read, summed = (read_returns, room.summary) if kind == SSDA903 else (read_cin, room.plans_summary)
            held = read(path, but=left)
            wanted = _covered(days, held) or room.days_asked((), held)
            told[kind] = summed(held, wanted, {}) if kind == SSDA903 else summed(held, wanted)
    if not told:
        return summary
    others = [each for held in told.values() for each in (held if isinstance(held, list) else [held])]
    warnings = [*summary.get("warnings", []), *(warning for each in others for warning in each.get("warnings", []))]
    return summary | {"warnings": warnings, "beside": told}


def _covered(days: list[date], held) -> list[date]:
    return [day for day in days if held.first_day <= day <= held.last_day]


@dataclass(frozen=True)
class OfAnnexes:
    """Every Annex A of a path in the place of returns (`schema` of room.returns says of which): summary and tables."""

    schema: str
    annexes: list[AnnexA]
    days: list[date]

    def summary(self, published: dict[date, int | None]) -> dict:
        """For machines, as returns have it: stock by day, quality; and under `annex_a` everything that each says."""
        told = [of_annex.summary(annex, _covered(self.days, annex)) for annex in self.annexes]
        stock = {day: kinds.get(WHATS[self.schema], {}) for each in told for day, kinds in each["stock"].items()}
        for day, figure in published.items():
            held = stock.get(day.isoformat())
            if held:
                held |= {"published": figure, "difference": None if figure is None else held["total"] - figure}
        return {
            "schema": self.schema,
            "warnings": [warning for annex in self.annexes for warning in annex.warnings()],
            "from": told[0]["from"],
            "to": told[-1]["to"],
            "stock": {day: held for day, held in stock.items() if held},
            "annex_a": told,
            "quality": [row for each in told for row in each["quality"]],
        }

    def tables(self) -> dict[str, pd.DataFrame]:
        """Every aggregated table by file name; small cells are in them, so they are private."""
        rows = [
            (day, what, part, name, count)
            for each in self.summary({})["annex_a"]
            for day, stocks in each["stock"].items()
            for what, stock in stocks.items()
            for part, counts in stock.items()
            for name, count in (counts if isinstance(counts, dict) else {"": counts}).items()
        ]
        door = pd.concat([annex.front_door().assign(day=annex.last_day) for annex in self.annexes])
        return {
            "annex_a_stock": pd.DataFrame(rows, columns=["day", "what", "by", "group", "count"]),
            "annex_a_front_door": door,
        }

    def monthly(self) -> pd.DataFrame:
        """month, total: children, or plans, at the end of each whole month covered, by the latest Annex A."""
        what, annex = WHATS[self.schema], self.annexes[-1]
        stocks = {month: annex.stock(last_day(month), what) for month in annex.whole_months()}
        rows = [(month, stock["total"]) for month, stock in stocks.items() if stock]
        return pd.DataFrame(rows, columns=["month", "total"])


def lines(told: dict) -> list[str]:
    """For a person: what must be known first, the returns asked for, and what stands beside them, kind by kind."""
    pages = Environment(loader=FileSystemLoader(Path(__file__).parent, "utf-8"), trim_blocks=True, lstrip_blocks=True)
    pages.filters |= {"whole": "{:,}".format, "day": lambda day: day_in_words(date.fromisoformat(day))}
    known = {"words": room.WORDS, "kinds": WORDS, "annex": of_annex.SCHEMA, "lists": LISTS}
    known |= {"measures": list(FRONT_DOOR), "sources": GROUPS["source"]}
    return pages.get_template("returns.jinja", globals=known).render(told=told).rstrip("\n").split("\n")
