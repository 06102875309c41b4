"""A folder of official downloads, in any mix of years: every figure once, the newest edition's, and what was read."""

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.wording import read_each
from forecast.sources.cards import fingerprint
from forecast.sources.csv_text import decode
from forecast.sources.official.kinds import Kind, fault, plain, read_kinds
from forecast.sources.official.tables import COLUMNS, read_table
from forecast.sources.official.workbooks import NOMIS, read_book, read_nomis

BOOKS = (".xlsx", ".xlsm", ".ods")
PLAIN_FILES = (".csv", ".txt", ".tsv")
KEY = ["level", "la_code", "ons_code", "area", "year", "measure", "breakdown", "category"]
PARTS = {"ages": "population", "components": "population", "by_year": "population", "spending": "spending"}
NEIGHBOURS = [f"sn_{rank}" for rank in range(1, 11)]


@dataclass(frozen=True)
class File:
    """One file read: what it is, the years it holds, its checksum."""

    name: str
    kind: str
    years: tuple[int, ...]
    sha256: str


@dataclass(frozen=True)
class Official:
    """All that a folder of official downloads says.

    figures     one figure a row (tables.COLUMNS), the newest edition's
    books       part -> year -> (table by ONS code, name of its file)
    neighbours  three-digit code -> its ten statistical neighbours' codes, nearest first
    files       name -> what it is
    notes       what a person should know: files passed over, figures that a newer edition revised
    kinds       what official tables there are
    """

    figures: pd.DataFrame
    books: dict[str, dict[int, tuple[pd.DataFrame, str]]]
    neighbours: dict[str, list[str]]
    files: dict[str, File]
    notes: list[str]
    kinds: dict[str, Kind] = field(repr=False)

    def missing(self) -> list[str]:
        """The official tables that the folder lacks and a forecast takes something from."""
        held = {file.kind for file in self.files.values()}
        return [name for name in self.kinds if name not in held]


def read_folder(folder: Path, data: Path) -> Official:
    """Read every official file in a folder.

    Raises one BadInput with a line for each file that is damaged, and for two editions that contradict each other.
    """
    kinds = read_kinds(data)
    paths = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and path.suffix.lower() in (*BOOKS, *PLAIN_FILES) and not path.name.startswith((".", "~$"))
    )
    if not paths:
        raise BadInput(
            f"{folder.name} holds no official download (CSV, XLSX or ODS). Download at least:\n{needed(kinds)}"
        )
    read = read_each(paths, lambda path: _read(path, kinds))
    figures, books, neighbours, files, notes = [], {}, {}, {}, []
    for path, (kind, years, content, sha256) in read.items():
        if kind is None:
            notes.append(f"{path.name} is not one of the tables that are read, and was passed over")
            continue
        files[path.name] = File(path.name, kind, years, sha256)
        if kind == "neighbours":
            neighbours |= content
        elif isinstance(content, list):
            for part, year, table in content:
                _keep_book(books, part, year, table, path.name, notes)
        else:
            figures.append(content)
    if not figures:
        raise BadInput(f"{folder.name} holds no table of children by council. Download at least:\n{needed(kinds)}")
    return Official(_newest(figures, files, notes), books, neighbours, files, notes, kinds)


def needed(kinds: dict[str, Kind]) -> str:
    """The tables without which nothing can be forecast, one a line, with where they are."""
    return "\n".join(f"    {kind.usual_name}, from {kind.link}" for kind in kinds.values() if kind.needed)


def _read(path: Path, kinds: dict[str, Kind]) -> tuple[str | None, tuple[int, ...], object, str]:
    content = path.read_bytes()
    sha256 = fingerprint(content)
    if path.suffix.lower() in BOOKS:
        parts = read_book(path.name, content)
        kind = PARTS[parts[0][0]] if parts else None
        return kind, tuple(sorted({year for _, year, _ in parts})), parts, sha256
    if (near := _neighbours(path.name, content)) is not None:
        return "neighbours", (), near, sha256
    if content[:100].startswith((b'"DATE_NAME"', b"DATE_NAME", b"date_name")):
        table = pd.read_csv(pd.io.common.BytesIO(content), dtype=str, keep_default_na=False).rename(columns=str.lower)
        if {*table} >= NOMIS:
            parts = read_nomis(path.name, table)
            return "population", tuple(year for _, year, _ in parts[:1]), parts, sha256
    held = read_table(path.name, content, kinds)
    if held is None:
        return None, (), None, sha256
    return held[0], tuple(sorted(held[1]["year"].unique())), held[1], sha256


def _neighbours(name: str, content: bytes) -> dict[str, list[str]] | None:
    """Code -> neighbours' codes of a file of statistical neighbours; None for any other file."""
    lines = [line for line in decode(name, content)[0].splitlines() if line.strip()]
    heads = [plain(cell.strip('"')) for cell in lines[0].split(",")] if lines else []
    if not {"old_la_code", *NEIGHBOURS} <= {*heads}:
        return None
    at, own, near = [heads.index(rank) for rank in NEIGHBOURS], heads.index("old_la_code"), {}
    table = pd.read_csv(pd.io.common.BytesIO(content), dtype=str, keep_default_na=False, encoding="utf-8-sig")
    for row in table.itertuples(index=False):
        codes = [row[place].strip() for place in at]
        if not all(code.isdigit() and len(code) == 3 for code in [row[own].strip(), *codes]):
            raise fault(name, f"the neighbours of {row[own][:10]!r} are not ten three-digit codes. Download it again.")
        near[row[own].strip()] = codes
    return near


def _keep_book(books: dict, part: str, year: int, table: pd.DataFrame, name: str, notes: list[str]) -> None:
    """Keep a workbook's part. Raises BadInput where two files say different things of the same year."""
    held = books.setdefault(part, {})
    if year in held:
        other = held[year][0]
        rows, columns = other.index.intersection(table.index), other.columns.intersection(table.columns).drop("name")
        if not other.loc[rows, columns].equals(table.loc[rows, columns]):
            raise BadInput(
                f"{name} and {held[year][1]} both hold {part.replace('_', ' ')} of {year}, and they disagree. Keep the "
                "newer edition and take the other out of the folder."
            )
        table = other.combine_first(table)
    held[year] = (table, name)


def _newest(parts: list[pd.DataFrame], files: dict[str, File], notes: list[str]) -> pd.DataFrame:
    """Every figure once. Where editions differ the one with later years is believed, and the revision is told.

    Raises BadInput where two files of the same edition disagree.
    """
    figures = pd.concat(parts, ignore_index=True)[COLUMNS]
    figures["edition"] = figures["file"].map({name: max(file.years, default=0) for name, file in files.items()})
    figures = figures[figures["level"] != "region"].sort_values("edition", kind="stable")
    last = figures.drop_duplicates([*KEY, "kind"], keep="last")
    beside = figures.merge(last[[*KEY, "kind", "value", "file", "edition"]], on=[*KEY, "kind"], suffixes=("", "_last"))
    differs = beside[(beside["value"] != beside["value_last"])]
    same = differs[differs["edition"] == differs["edition_last"]]
    if len(same):
        row = same.iloc[0]
        raise BadInput(
            f"{row['file']} and {row['file_last']} disagree: {row['area']} in {row['year']} is {row['value']} in one "
            f"and {row['value_last']} in the other ({len(same)} such figures), and neither is the newer edition. Keep "
            "one of them."
        )
    for (old, new), rows in differs.groupby(["file", "file_last"]):
        notes.append(f"{len(rows)} figures of {old} were revised in {new}, the newer edition, which is used")
    return last.drop(columns="edition").reset_index(drop=True)
