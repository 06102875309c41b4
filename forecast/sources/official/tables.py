"""Files of figures by council and year, as the Department for Education publishes them: one figure a row, in text."""

import csv
import difflib
import io
import re
from collections.abc import Iterator

import pandas as pd

from forecast.sources.csv_text import decode
from forecast.sources.official.kinds import SYMBOLS, Kind, Layout, fault, plain

COLUMNS = ["level", "la_code", "ons_code", "area", "year", "measure", "breakdown", "category", "value", "file", "kind"]
PLACE = ["time_period", "geographic_level", "la_name"]
CODES = ["old_la_code", "new_la_code"]
LEVELS = {"national": "country", "regional": "region", "local authority": "council"}
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
WHOLE = re.compile(r"[0-9]+")
LIKE = 0.75  # of a column's name, for it to be taken for another spelt otherwise
FILES_LIKE = 0.7
ROUNDED, PARTS = 60, 0.02  # children by which nine rounded regions may miss England, and the share above it
REGION = "E12"  # codes of the nine regions; inner and outer London have others
MANY, MOST_GONE = 20, 0.9  # councils in a file, and the share of them that any year must have


def read_table(name: str, content: bytes, kinds: dict[str, Kind]) -> tuple[str, pd.DataFrame] | None:
    """The kind of a CSV file and its figures, COLUMNS; None for a file that is none of those that are read.

    Raises BadInput naming the file, what is wrong with it, and where to have it anew.
    """
    rows = _cells(name, content)
    heads = [plain(cell) for cell in rows[0]]
    found = _recognised(heads, rows, kinds)
    if found is None:
        _refuse_if_near(name, heads, kinds)
        return None
    kind_name, layout = found
    kind = kinds[kind_name]
    frame = _frame(name, heads, rows, kind)
    figures = _figures(name, frame, kind, layout)
    figures = figures.assign(file=name, kind=kind_name)[COLUMNS]
    if wrong := next(_faults(figures), "") if len(figures) else "":
        raise fault(name, wrong, kind)
    return kind_name, figures


def _cells(name: str, content: bytes) -> list[list[str]]:
    """The cells of the file. Raises BadInput for what is no CSV file."""
    start = content[:2000].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")) or b"<html" in start:
        raise fault(name, "this is a web page saved under a table's name, not the table. Download the CSV file itself.")
    if start.startswith((b"pk\x03\x04", b"%pdf", b"{")):
        raise fault(name, "this is not a CSV file, whatever its name says. Download the CSV file itself.")
    text, _ = decode(name, content)
    if not text.strip():
        raise fault(name, "the file is empty. Download it again.")
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if any(map(str.strip, row))]
    except csv.Error:
        raise fault(
            name, "a quotation mark is not closed: the file is cut off or damaged. Download it again."
        ) from None
    for separator, words in SEPARATORS.items():
        if len(rows[0]) <= 2 and rows[0][0].count(separator) > 2:
            raise fault(
                name, f"the cells are separated by {words}; expected commas, as published. Use the file as downloaded."
            )
    return rows


def _recognised(heads: list[str], rows: list[list[str]], kinds: dict[str, Kind]) -> tuple[str, Layout] | None:
    """Which table this is, and in which layout: all its columns are there and, where others share them, its words."""
    if not {*PLACE} <= {*heads} or not {*CODES} & {*heads}:
        return None
    for name, kind in kinds.items():
        for layout in kind.layouts:
            if {*layout.by, layout.count} <= {*heads}:
                at = heads.index(layout.by[0]) if kind.known_by else 0
                words = {plain(row[at]) for row in rows[1:] if len(row) > at} if kind.known_by else set()
                if not kind.known_by or words & set(map(plain, kind.known_by)):
                    return name, layout
    return None


def _refuse_if_near(name: str, heads: list[str], kinds: dict[str, Kind]) -> None:
    """Raise BadInput for a file that all but is one of those that are read: a column renamed, left out or moved."""
    near = [
        found for kind in kinds.values() for layout in kind.layouts if (found := _nearness(name, heads, kind, layout))
    ]
    if not near:
        return
    _, lacking, spelt, special, kind = max(near, key=lambda found: found[0])
    which = f" It has {spelt!r}." if spelt else ""
    raise fault(
        name,
        f"this seems to be {kind.title!r} but has no column {lacking!r}.{which} Expected the columns "
        f"{', '.join([*PLACE, *CODES, *special])}, as published: a column was renamed or removed, or this is another "
        "layout.",
        kind,
    )


def _nearness(name: str, heads: list[str], kind: Kind, layout: Layout):
    """How near a file is to a table (like its name, columns it has), and the column it lacks; None where it is not."""
    special = [*layout.by, layout.count]
    lacking = [column for column in [*special, *PLACE] if column not in heads]
    lacking += [] if {*CODES} & {*heads} else ["old_la_code"]
    unknown = [head for head in heads if head not in special]
    spelt = next((close for column in lacking for close in difflib.get_close_matches(column, unknown, 1, LIKE)), None)
    own = len(special) - sum(column in lacking for column in special)
    stems = (plain(one.rsplit(".")[0]) for one in (name, kind.usual_name))
    called_so = difflib.SequenceMatcher(None, *stems).ratio()
    if not lacking or not (called_so >= FILES_LIKE or (len(lacking) == 1 and (own or spelt))):
        return None
    return (round(called_so, 1), own), lacking[0], spelt, special, kind


def _frame(name: str, heads: list[str], rows: list[list[str]], kind: Kind) -> pd.DataFrame:
    """The rows as text columns with their line. Raises BadInput for a row cut short."""
    twice = sorted({head for head in heads if head and heads.count(head) > 1})
    if twice:
        raise fault(name, f"the column {twice[0]!r} stands twice. Keep the file as downloaded.", kind)
    for line, row in enumerate(rows[1:], start=2):
        if len(row) != len(heads):
            raise fault(
                name, f"line {line}: {len(row)} cells, expected {len(heads)}. The file is cut off or was changed.", kind
            )
    if len(rows) == 1:
        raise fault(name, "there are headings and no rows. The file is cut off.", kind)
    frame = pd.DataFrame(rows[1:], columns=heads, dtype=str)
    return frame.assign(line=range(2, len(rows) + 1))


def _figures(name: str, frame: pd.DataFrame, kind: Kind, layout: Layout) -> pd.DataFrame:
    """The rows that mean something, one figure each. Raises BadInput for a place, a year or a count that is none."""
    levels = frame["geographic_level"].map(plain)
    if unknown := sorted(set(levels) - set(LEVELS)):
        frame, levels = frame[~levels.isin(unknown)], levels[~levels.isin(unknown)]
    blank = pd.Series("", index=frame.index)
    place = pd.DataFrame(
        {
            "level": levels.map(LEVELS),
            "la_code": frame.get("old_la_code", blank).str.strip(),
            "ons_code": frame.get("new_la_code", blank).str.strip(),
            "area": frame["la_name"].str.strip(),
            "year": [
                _year(name, line, cell, kind) for line, cell in zip(frame["line"], frame["time_period"], strict=True)
            ],
            "line": frame["line"],
        }
    )
    country = place["level"] == "country"
    place.loc[country, ["la_code", "ons_code", "area"]] = ["", "E92000001", "England"]
    region = place["level"] == "region"
    place.loc[region, "ons_code"] = frame.loc[region, "region_code"].str.strip() if "region_code" in frame else ""
    place.loc[region, "area"] = frame.loc[region, "region_name"].str.strip() if "region_name" in frame else ""
    if kind.wide:
        parts = [
            place.assign(measure=means[0], breakdown=means[1], category=means[2], value=frame[column].str.strip())
            for column, means in kind.wide.items()
            if column in frame
        ]
        found = pd.concat(parts, ignore_index=True)
    elif kind.rows:
        meanings = {tuple(map(plain, row.words)): tuple(row.means) for row in kind.rows}
        words = list(zip(*(frame[column].map(plain) for column in layout.by), strict=True))
        means = [meanings.get(key) for key in words]
        kept = [means_it is not None for means_it in means]
        if not any(kept):
            raise fault(name, f"none of its rows is one that is known of {kind.title!r}. Another layout?", kind)
        measured = pd.DataFrame([one for one in means if one is not None], columns=["measure", "breakdown", "category"])
        found = place[kept].reset_index(drop=True).join(measured)
        found["value"] = frame.loc[kept, layout.count].str.strip().to_numpy()
    else:
        return pd.DataFrame(columns=[column for column in COLUMNS if column not in ("file", "kind")])
    found["value"] = found["value"].str.casefold()
    wrong = ~found["value"].isin(list(SYMBOLS)) & ~found["value"].str.fullmatch(WHOLE.pattern)
    if wrong.any():
        row = found[wrong].iloc[0]
        what = "blank" if not row["value"] else repr(row["value"])
        raise fault(
            name,
            f"line {row['line']}: the count of {row['area'] or row['level']} in {row['year']} is {what}; expected a "
            f"whole number, or {', '.join(SYMBOLS)}. Percentages, rates and rounded figures are not counts.",
            kind,
        )
    return found.drop(columns="line")


def _year(name: str, line: int, cell: str, kind: Kind) -> int:
    """The year to 31 March: 2025, or 202425."""
    text = cell.strip()
    if re.fullmatch("20[0-9]{2}", text):
        return int(text)
    if re.fullmatch("20[0-9]{4}", text) and (int(text[2:4]) + 1) % 100 == int(text[4:]):
        return int(text[:4]) + 1
    raise fault(name, f"line {line}: the year is {cell[:12]!r}; expected one such as 2025 or 202425.", kind)


def _faults(figures: pd.DataFrame) -> Iterator[str]:
    """Why figures cannot be whole: no council or no England among them, contradictions, regions that do not add up."""
    key = ["level", "la_code", "ons_code", "area", "year", "measure", "breakdown", "category"]
    said = figures[figures["level"] != "region"].drop_duplicates([*key, "value"])
    for row in said[said.duplicated(key, keep=False)].itertuples():
        yield f"{row.area} in {row.year} has two figures for the same count. Keep the file whole."
    if not (figures["level"] == "council").any():
        yield "holds no council, only regions or England. Choose the file, or the download, by council."
    country = figures[figures["level"] == "country"]
    for year in sorted(set(figures["year"]) - set(country["year"]), reverse=True):
        missing = f"England's row for {year} is missing: the file is cut off or was filtered"
        yield f"{missing}. Its figures are proved against England's."
    councils = figures[figures["level"] == "council"].groupby("year")["la_code"].nunique()
    few = councils[councils < MOST_GONE * councils.max()] if councils.max() >= MANY else councils[:0]
    for year, number in few.items():
        what = f"there are {number} councils in {year} and {councils.max()} in another year"
        yield f"{what}: the file is cut off or was filtered."
    regions = figures[(figures["level"] == "region") & figures["ons_code"].str.startswith(REGION)]
    cell = ["year", "measure", "breakdown", "category"]
    known = regions[regions["value"].str.fullmatch(WHOLE.pattern)]
    added = known.assign(value=known["value"].astype(int)).groupby(cell)["value"].agg(["sum", "count"])
    for row in country[country["value"].str.fullmatch(WHOLE.pattern)].itertuples():
        at = (row.year, row.measure, row.breakdown, row.category)
        if at in added.index and added.at[at, "count"] == 9:
            total, england = int(added.at[at, "sum"]), int(row.value)
            if abs(total - england) > ROUNDED + PARTS * england:
                sums = f"the nine regions add up to {total:,} in {row.year} and England's row says {england:,}"
                yield f"{sums}: these are not counts (percentages or rates?), or figures were changed."
