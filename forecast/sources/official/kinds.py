"""What the official files are: by which columns each is known, and what its rows and columns mean (data/official)."""

from pathlib import Path

from pydantic import Field

from forecast.case.documents import Strict, Text
from forecast.case.errors import BadInput
from forecast.case.home import beside
from forecast.case.wording import read_as

TABLES = "official/tables.yaml"  # in the folder of data
SAID = beside(__file__, "words")
SYMBOLS: dict[str, str] = SAID["symbols"]
HIDDEN = ("c", "k", "low")  # a small count stands behind it; behind the others no figure does


class Layout(Strict):
    """One way in which a table has been published: the columns whose words choose a row, and the one counted."""

    by: list[str] = Field(description="the columns whose words choose a row; [] if every figure has its own column")
    count: Text = Field(description="the column that is counted")


class Row(Strict):
    """What one row's words mean."""

    words: list[str] = Field(description="the words of the columns that choose a row, in their order")
    means: list[str] = Field(description="measure, breakdown and category")


class Kind(Strict):
    """One official table."""

    title: Text = Field(description="its title")
    publisher: Text = Field(description="who publishes it")
    link: Text = Field(description="where it is published")
    usual_name: Text = Field(description="what its publisher calls the file")
    gives: Text = Field(description="what a forecast takes from it")
    needed: bool = Field(description="whether nothing can be forecast without it")
    layouts: list[Layout] = Field(description="the columns that tell it; empty for a workbook")
    known_by: list[str] = Field([], description="words of the first column, one of which must be there")
    rows: list[Row] = Field([], description="what rows mean")
    wide: dict[str, list[str]] = Field({}, description="what columns mean, where each figure has its own")


class Kinds(Strict):
    """The whole of tables.yaml."""

    tables: dict[str, Kind] = Field(description="each table by its name")


def read_kinds(data: Path) -> dict[str, Kind]:
    """Every official table that can be read, by name. Raises BadInput."""
    return read_as(Kinds, data / TABLES, data)[0].tables


def plain(word: str) -> str:
    """A word or a column's name as it is compared: small letters, single spaces."""
    return " ".join(word.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").casefold().split())


def where(kind: Kind) -> str:
    """Where a table is to be had, for a person."""
    return f"{kind.title}: {kind.publisher} calls it {kind.usual_name}, at {kind.link}"


def fault(file: str, what: str, kind: Kind | None = None) -> BadInput:
    """The error to raise about a file of the folder, with where to have it anew."""
    again = f" Download it again from {kind.link}." if kind else ""
    return BadInput(f"{file}: {what}{again}")
