"""The census XML as a part of a return: its plans, enquiries, conferences and reviews, with their places."""

import pandas as pd

from forecast.sources.cin import codes
from forecast.sources.cin.codes import heading
from forecast.sources.cin.years import Part
from forecast.sources.counting import Quality
from forecast.sources.private import hash_child
from forecast.sources.reading.files import Source
from forecast.sources.reading.identifiers import bare
from forecast.sources.reading.xml import Section, read_children

GIVEN = {"children", "plans", "enquiries", "conferences", "reviews"}
PLAN = [heading(field) for field in codes.TABLES["plans"].values()]
COLUMNS = {table: list(fields) for table, fields in codes.TABLES.items()} | {
    "conferences": ["day", "source", "not_required", "level"]
}


def read_census(source: Source, salt: bytes, quality: Quality) -> Part:
    """The census as text. Raises BadInput as read_children does."""
    rows: dict[str, list[tuple]] = {table: [] for table in codes.TABLES}
    seen: set[str] = set()

    def add(sections: list[Section], line: int, number: int) -> None:
        events = [event for section in _with_closures(sections) for event in _events(*section)]
        if not events:
            quality.count(source.name, "no_event")
            return
        at, known = next(
            ((at, values) for name, at, values in reversed(sections) if name == codes.IDENTIFIERS), (line, {})
        )
        identifier = known.get(codes.IDENTIFIER, "")
        child = hash_child(identifier, salt) if identifier else ""
        seen.add(identifier)
        *dates, sex, gender = (known.get(name, "") for name in codes.CENSUS.sections[codes.IDENTIFIERS][1:])
        rows["children"].append((at, number, child, "", *dates, sex or gender))
        for table, at_event, cells in events:
            rows[table].append((at_event, number, child, "", *cells))

    header = read_children(source, codes.CENSUS, add, quality)
    tables = {
        table: pd.DataFrame(found, columns=[*codes.PLACE[1:], *COLUMNS[table]], dtype=object)
        .astype({"line": int, "record": int})
        .assign(file=source.name)
        for table, found in rows.items()
    }
    return Part(source.name, "xml", tables, GIVEN, bare(seen, lambda text: hash_child(text, salt)), **header)


def _with_closures(sections: list[Section]) -> list[Section]:
    """The sections, each plan with the day on which its case was closed: the case ends after the plans inside it."""
    closed, found = "", []
    for name, line, values in reversed(sections):
        if name == codes.EPISODES:
            closed = values.get(codes.CLOSED, "")
        found.append((name, line, values | {codes.CLOSED: closed} if name == codes.PLANS else values))
    return found[::-1]


def _events(name: str, line: int, values: dict[str, str]) -> list[tuple[str, int, tuple[str, ...]]]:
    """What a section that closed says happened: table, line, and the cells of its columns."""
    if name == codes.REVIEW:
        return [("reviews", line, (values[name],))]
    if name == codes.PLANS:
        return [("plans", line, tuple(values.get(field, "") for field in PLAN))]
    found, level = [], codes.EPISODE
    if name == codes.ENQUIRIES:
        found, level = [("enquiries", line, (values.get("S47ACTUALSTARTDATE", ""),))], codes.ENQUIRY
    if day := values.get("DATEOFINITIALCPC"):
        cells = day, values.get("REFERRALSOURCE", ""), values.get("ICPCNOTREQUIRED", ""), level
        found.append(("conferences", line, cells))
    return found
