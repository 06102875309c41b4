"""The official workbooks, by their headings: ONS population estimates and MHCLG revenue outturn RO3 (XLSX or ODS)."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
from lxml import etree

from forecast.sources.official.kinds import SAID, fault, plain

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}p"
MOST_HEADING_ROWS, MOST_COLUMNS = 20, 400
AGES = range(91)
CHILD_AGES = [str(age) for age in range(18)]
ENGLAND = "E92000001"
SPENT_ON: dict[str, str] = SAID["spent_on"]
COMPONENTS: dict[str, str] = SAID["components"]
NOMIS = {"date_name", "geography_code", "geography_name", "c_age", "obs_value"}  # columns of its CSV
NOMIS_AGES = {str(101 + age): str(age) for age in range(18)} | {"200": "all"}
THOUSAND = 1000
NO_FIGURE = r"|:|m|no data|\[.*\]"  # as the publishers write that there is none


@dataclass(frozen=True)
class Book:
    """One sheet's rows as text, and what its title says."""

    name: str
    sheet: str
    rows: list[list[str]]

    def headings(self, wanted: set[str]) -> int | None:
        """The row on which all wanted headings stand."""
        for at, row in enumerate(self.rows[:MOST_HEADING_ROWS]):
            if wanted <= set(map(plain, row)):
                return at
        return None

    @property
    def title(self) -> str:
        return next((cell for row in self.rows for cell in row if cell), "")


def read_book(name: str, content: bytes) -> list[tuple[str, int, pd.DataFrame]]:
    """What an official workbook holds: (part, year, table by ONS code); none of a workbook that is no such one.

    part  ages (children by single year of age at a mid-year), components (of the year to a mid-year), by_year (all ages
          at each mid-year, the last of which is the year), spending (pounds, of the financial year that begins then)
    Raises BadInput for a damaged workbook and for one whose sheets lack a column or a year.
    """
    found = []
    for book in _sheets(name, content):
        if (
            (part := _ages(book))
            or (part := _components(book))
            or (part := _by_year(book))
            or (part := _spending(book))
        ):
            found.append(part)
    return found


def read_nomis(name: str, table: pd.DataFrame) -> list[tuple[str, int, pd.DataFrame]]:
    """The same of ages and people by year as Nomis gives them: a row an area, year and code of age (101 is age 0)."""
    if not (table["obs_value"].str.fullmatch("[0-9]+") & table["date_name"].str.fullmatch("20[0-9]{2}")).all():
        raise fault(name, "a count or a year is none. Download it again.")
    table, last = table.assign(age=table["c_age"].map(NOMIS_AGES)), max(table["date_name"])
    table["obs_value"] = table["obs_value"].astype(float)
    ages = table[(table["date_name"] == last) & table["age"].isin(CHILD_AGES)]
    found = []
    for part, rows, across in (("ages", ages, "age"), ("by_year", table[table["age"] == "all"], "date_name")):
        wide = rows.pivot(index="geography_code", columns=across, values="obs_value")
        wanted = CHILD_AGES if part == "ages" else [last]
        if ENGLAND not in wide.index or wide.reindex(columns=wanted).isna().any(axis=None):
            raise fault(name, f"ages or areas of {last} are missing, England among them. Download it again.")
        found.append((part, int(last), wide.assign(name=table.groupby("geography_code")["geography_name"].last())))
    return found


def _sheets(name: str, content: bytes) -> Iterator[Book]:
    try:
        if name.lower().endswith(".ods"):
            yield from _ods(name, content)
        else:
            yield from _xlsx(name, content)
    except (zipfile.BadZipFile, KeyError, etree.XMLSyntaxError, OSError, EOFError, ValueError) as error:
        if type(error).__name__ == "BadInput":
            raise
        raise fault(name, "the workbook is cut off or damaged, or is a web page. Download it again.") from None


def _xlsx(name: str, content: bytes) -> Iterator[Book]:
    import openpyxl  # large, and needed here alone

    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    for sheet in book.worksheets:
        title = plain(sheet.title)
        if "females" in title or title.endswith("males"):
            continue
        yield Book(name, sheet.title, [[_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)])


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else str(cell).strip()


def _ods(name: str, content: bytes) -> Iterator[Book]:
    rows, sheet = [], ""
    with zipfile.ZipFile(io.BytesIO(content)).open("content.xml") as file:
        walk = etree.iterparse(
            file,
            events=("start", "end"),
            tag=(TABLE + "table", TABLE + "table-row"),
            huge_tree=True,
            resolve_entities=False,
        )
        for event, element in walk:
            if element.tag == TABLE + "table":
                if event == "start":
                    rows, sheet = [], element.get(TABLE + "name", "")
                else:
                    yield Book(name, sheet, rows)
            elif event == "end":
                cells = []
                for cell in element:
                    text = " ".join("".join(part.itertext()) for part in cell.iter(TEXT)).strip()
                    times = int(cell.get(TABLE + "number-columns-repeated", "1"))
                    cells += [text] * min(times, MOST_COLUMNS)
                rows.append(cells)
                element.clear()


def _table(book: Book, top: int, columns: dict[str, str]) -> pd.DataFrame:
    """The rows below the headings by ONS code: the English ones. columns: what is wanted -> its heading."""
    heads = [plain(cell) for cell in book.rows[top]]
    code = heads.index("code") if "code" in heads else heads.index("ons code")
    at = {name: heads.index(heading) for name, heading in columns.items()}
    rows = {}
    for row in book.rows[top + 1 :]:
        if len(row) > code and row[code].startswith("E") and row[code] not in rows:
            padded = row + [""] * (len(heads) - len(row))
            rows[row[code]] = {name: padded[place].replace(",", "") for name, place in at.items()}
    if ENGLAND not in rows:
        raise fault(book.name, f"sheet {book.sheet}: England's row is missing. The workbook is cut off or was changed.")
    return pd.DataFrame.from_dict(rows, orient="index")


def _numbers(book: Book, table: pd.DataFrame, columns: list[str], none: str = "nothing") -> pd.DataFrame:
    """The same with figures as numbers; where nothing is held (a pattern, `none`), not a number."""
    for column in columns:
        held = table[column].str.fullmatch(r"-?[0-9]+(\.0+)?")
        wrong = ~held & ~table[column].map(plain).str.fullmatch(none)
        if wrong.any():
            row = table[wrong].iloc[0]
            raise fault(
                book.name,
                f"sheet {book.sheet}: {column} of {table.index[wrong][0]} is {row[column]!r}; expected a whole number.",
            )
        table[column] = table[column].where(held, "nan").astype(float)
    return table


def _mid_year(book: Book, text: str) -> int:
    years = re.findall(r"mid-(20[0-9]{2})", text.lower())
    if not years:
        raise fault(book.name, f"sheet {book.sheet}: no mid-year is named in its title or headings. Another layout?")
    return int(years[-1])


def _ages(book: Book) -> tuple[str, int, pd.DataFrame] | None:
    """MYE2, persons: children by single year of age."""
    top = book.headings({"code", "name", "all ages", *CHILD_AGES})
    if top is None or "male" in plain(book.sheet):
        return None
    table = _table(book, top, {"name": "name", "all_ages": "all ages"} | {age: age for age in CHILD_AGES})
    table = _numbers(book, table, ["all_ages", *CHILD_AGES])
    if (table[CHILD_AGES].sum(axis=1) > table["all_ages"]).any():
        raise fault(book.name, f"sheet {book.sheet}: there are more children than people. Download it again.")
    return "ages", _mid_year(book, book.title), table


def _components(book: Book) -> tuple[str, int, pd.DataFrame] | None:
    """MYE3: births and migration of the year, all ages."""
    top = book.headings({"code", "name", "births", "internal migration net"})
    if top is None:
        return None
    heads = [plain(cell) for cell in book.rows[top]]
    lacking = sorted(set(COMPONENTS.values()) - set(heads))
    if lacking:
        raise fault(book.name, f"sheet {book.sheet} has no column {lacking[0]!r}. Another year's layout?")
    table = _table(book, top, {"name": "name"} | COMPONENTS)
    return "components", _mid_year(book, heads[-1]), _numbers(book, table, list(COMPONENTS), NO_FIGURE)


def _by_year(book: Book) -> tuple[str, int, pd.DataFrame] | None:
    """MYE4: population of all ages at each mid-year."""
    top = book.headings({"code", "name", "geography"})
    years = [] if top is None else [head for head in map(plain, book.rows[top]) if re.fullmatch("mid-20[0-9]{2}", head)]
    if len(years) < 2 or "density" in plain(book.title) or "median" in plain(book.title):
        return None
    table = _table(book, top, {"name": "name"} | {year[-4:]: year for year in years})
    wanted = sorted(year[-4:] for year in years)
    return "by_year", int(wanted[-1]), _numbers(book, table, wanted)[["name", *wanted]]


def _spending(book: Book) -> tuple[str, int, pd.DataFrame] | None:
    """RO3: gross spending on looked-after children, pounds; a council without a return is not a number."""
    top = book.headings({"ons code", "local authority"})
    if top is None:
        return None
    heads = [plain(cell) for cell in book.rows[top]]
    columns = {}
    for name, words in SPENT_ON.items():
        for what, ending in (("gross", " - total expenditure"), ("income", " - total income")):
            held = [head for head in heads if head.startswith(words + ending)]
            if held:
                columns[f"{name}_{what}"] = held[0]
    if "total_gross" not in columns:
        return None
    years = re.findall(r"20[0-9]{2}-[0-9]{2}", " ".join(cell for row in book.rows[:top] for cell in row))
    if not years:
        raise fault(book.name, f"sheet {book.sheet}: its title names no financial year. Another layout?")
    table = _table(book, top, {"name": "local authority"} | columns)
    table = _numbers(book, table, list(columns), NO_FIGURE)
    thousands = "thousand" in plain(" ".join(cell for row in book.rows[:top] for cell in row))
    table[list(columns)] *= THOUSAND if thousands else 1
    return "spending", int(years[0][:4]), table
