"""Which list of Annex A a sheet or CSV file is, and its rows as typed columns. No message quotes a cell of a row."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.months import day_in_words, last_day
from forecast.sources.annex_a import codes
from forecast.sources.annex_a.codes import HEADINGS, LISTS, heading
from forecast.sources.counting import Quality
from forecast.sources.csv_text import MOST_HEADING_ROWS, decode, parse, separated
from forecast.sources.private import PAIR, hash_child
from forecast.sources.reading import days
from forecast.sources.reading.days import NO_DAY
from forecast.sources.reading.files import Source, suffix
from forecast.sources.reading.sheets import NOTHING, below, check_cells, each, refuse, workbook_tables

SIGNS = r"[=+@]|-(?!\d+$)"  # a spreadsheet would run what begins so
CLOSE = 0.6  # headings as like as this are worth naming as what may be meant


@dataclass(frozen=True, eq=False)
class Part:
    """A list as it was read.

    name    the file, and the sheet where it is one of a workbook
    number  of the list
    frame   file, line, child (hashed), born, and the list's own columns: days as numbers, words as they are grouped
    read    rows of the list, those left out for want of an identifier included
    others  days of columns that are not used, as far as they are days: they tell how far the list runs
    """

    name: str
    number: int
    read: int
    frame: pd.DataFrame
    others: np.ndarray = field(default_factory=lambda: np.array([], np.int64))

    @property
    def file(self) -> str:
        """The file's name, without a workbook's sheet."""
        return self.name.split(", sheet ")[0]


def read_lists(source: Source, salt: bytes, quality: Quality) -> list[Part]:
    """The lists of a workbook, or the one of a CSV file; none for a file of another kind, which is counted.

    Raises BadInput naming file, sheet, line and column for a list that lacks a column, and a cell that is no date.
    """
    if suffix(source.name) == ".csv":
        text, latin_1 = decode(source.name, source.content())
        rows, lines = parse(source.name, text)
        filled = {line: row for row, line in zip(rows, lines, strict=True) if any(map(str.strip, row))}
        tables = [("", filled)]
    else:
        latin_1, tables = False, workbook_tables(source)
    found = []
    for number, (title, lines) in enumerate(tables, start=1):
        name = source.name if not title else f"{source.name}, sheet {number}"
        part = _read(name, title or source.name.rsplit("/", 1)[-1].rsplit(".", 1)[0], lines, salt, quality)
        if part is not None:
            quality.count(name, "latin_1", latin_1)
            found.append(part)
    return found


def columns_of(number: int, given: list[str]) -> tuple[dict[str, int], list[str]]:
    """field -> place of its column among the headings given, and the template's headings that a list must have and
    are not there. Raises BadInput where two columns may be the same and neither is worded as the template has it.
    """
    places, lacking = {}, []
    for known in HEADINGS[number]:
        fits = [at for at, text in enumerate(given) if known.wordings.fullmatch(text)]
        exact = [at for at in fits if given[at] == heading(known.called)]
        if len(fits) > 1 and not exact:
            raise BadInput(
                f"{len(fits)} columns may be {known.called} of list {number}; expected one. Leave the others out, or "
                f"head the right one {known.called}."
            )
        if fits:
            places[known.field] = (exact or fits)[0]
        elif known.use & {codes.SIGN, codes.NEEDED}:
            lacking.append(known.called)
    return places, lacking


def which_list(title: str, lines: dict[int, list[str]]) -> tuple[int, int, dict[str, int]] | None:
    """The number of the list, which row has its headings, and where its columns are; None for what is no list.

    Raises BadInput for a list that lacks a column it must have, with the nearest heading found.
    """
    called = codes.LIST_NAMED.search(title)
    named = int(called[1] or called[2]) if called else None
    nearly: tuple[int, int, int, list[str]] | None = None
    for top, row in enumerate(list(lines.values())[:MOST_HEADING_ROWS]):
        given = list(map(heading, row))
        if codes.CENSUS in given:
            return None
        whole = []
        for number in HEADINGS:
            sign = next(known for known in HEADINGS[number] if codes.SIGN in known.use)
            if any(map(sign.wordings.fullmatch, given)):
                places, lacking = columns_of(number, given)
                if not lacking:
                    whole.append((number, top, places))
                elif nearly is None or len(lacking) < nearly[0]:
                    nearly = (len(lacking), number, top, lacking)
        if whole:
            return next((found for found in whole if found[0] == named), whole[0])
    if nearly is None and named in LISTS and lines:
        tops = enumerate(list(lines.values())[:MOST_HEADING_ROWS])
        found = [(columns_of(named, list(map(heading, row)))[1], top) for top, row in tops]
        lacking, top = min(found, key=lambda each: len(each[0]))
        nearly = (len(lacking), named, top, lacking)
    if nearly is not None and nearly[1] in LISTS:
        raise _lacks(nearly[1], list(lines)[nearly[2]], nearly[3], list(lines.values())[:MOST_HEADING_ROWS])
    return None


def _lacks(number: int, line: int, lacking: list[str], rows: list[list[str]]) -> BadInput:
    """What is said of a list without a column it must have; only headings near to one expected are shown."""
    cells = {" ".join(cell.split()) for row in rows for cell in row if cell.strip()}
    near = []
    for wanted in lacking:
        by_words = {cell.casefold(): cell for cell in cells}
        near += [by_words[cell] for cell in difflib.get_close_matches(wanted.casefold(), by_words, 1, CLOSE)]
    seen = f"the nearest heading is {', '.join(dict.fromkeys(near))}" if near else "no heading is near"
    return BadInput(
        f"line {line}: list {number} ({LISTS[number]}) has no column {', '.join(lacking)}; {seen}. "
        "Head the column so, or export the list again."
    )


def _read(name: str, title: str, lines: dict[int, list[str]], salt: bytes, quality: Quality) -> Part | None:
    if other := separated(list(lines.values())):
        below(name, lines, other[0], heading, quality)  # says what separates the cells
    try:
        found = which_list(title, lines)
    except BadInput as error:
        raise BadInput(f"{name}, {error}") from None
    if found is None or found[0] in codes.NOT_USED:
        quality.count(name, "not_list" if found is None else "not_used")
        return None
    number, top, places = found
    called = codes.LIST_NAMED.search(title)
    quality.count(name, "misnamed", bool(called) and int(called[1] or called[2]) != number)
    quality.count(name, "titles", top)
    sheet = below(name, lines, top, heading, quality)
    by_place = {at: known for known, at in places.items()}
    others = [at for at, text in enumerate(sheet.columns) if at not in by_place and codes.PAST_DAY.fullmatch(text)]
    sheet = replace(sheet, columns=[by_place.get(at, f"column {at}") for at in range(len(sheet.columns))])
    known = {each.field: each for each in HEADINGS[number]}
    frame = sheet.frame([*known, *(f"column {at}" for at in others)])
    quality.count(name, "rows", len(frame))
    quality.count(name, "column_absent", len(set(known) - set(places) - {"expected", "authority"}))
    return Part(name, number, len(frame), *_typed(frame, name, known, salt, quality))


def _typed(
    frame: pd.DataFrame, name: str, known: dict[str, codes.Heading], salt: bytes, quality: Quality
) -> tuple[pd.DataFrame, np.ndarray]:
    """The rows with days as numbers, words in groups and children hashed; and the days of the columns not used."""
    dates = [column for column, of in known.items() if codes.DATE in of.use]
    for column in [*dates, *(column for column in frame if column.startswith("column "))]:
        blank = frame[column].map(lambda text: text.upper() in NOTHING or days.stands_for_none(text)).to_numpy(bool)
        quality.count(name, "blank_dates", int(blank.sum()) if column in dates else 0)
        frame[column] = each(frame[column].mask(blank, ""), lambda text: codes.TIMED.sub(r"\1", text))
    check_cells(frame, {column: of.called for column, of in known.items()}, codes.CHILD, SIGNS)
    frame = frame[~quality.rows(frame, frame[codes.CHILD] == "", "no_child")].reset_index(drop=True)
    far = pd.Series(False, index=frame.index)
    for column in dates:
        out = each(frame[column], _out_of_range).astype(bool)
        if column in codes.BIRTHS:
            far |= out
        else:
            expected = f"a date from {codes.YEARS[0]} to {codes.YEARS[1]}"
            refuse(frame, known[column].called, out, "a date out of range", expected, "Correct the cell")
        frame[column] = frame[column].mask(out, "")
    quality.rows(frame, far, "birth_range")
    # Days in columns that are not used tell how far the list runs; what is no day there is passed over.
    texts = pd.concat([frame[column] for column in frame if column.startswith("column ")] or [frame["line"][:0]])
    found = [days.days_written(texts.astype(str), pattern) for pattern in (days.ISO, days.BRITISH)]
    others = np.concatenate([written[~np.isnan(written)] for written in found]).astype(np.int64)
    days.read_days([(frame, column, known[column].called) for column in dates], name, quality)
    for column, of in known.items():
        if codes.WRITTEN in of.use:
            frame[column] = each(frame[column], lambda text, name=column: codes.group_of(name, text))
    frame[codes.CHILD] = each(frame[codes.CHILD], lambda text: hash_child(text, salt))
    frame["born"] = frame["born"].where(frame["born"] != NO_DAY, frame["expected"])
    kept = ["file", "line", *(column for column in known if column != "expected")]
    return frame[kept].assign(born_far=far.to_numpy()), others


def _out_of_range(text: str) -> bool:
    found = codes.FAR.fullmatch(text)
    return bool(found) and not codes.YEARS[0] <= int(found[1] or found[2]) <= codes.YEARS[1]


def all_days(parts: list[Part]) -> np.ndarray:
    """The days of every list but births: of the columns used, and of the others."""
    used = [part.frame[name] for part in parts for name in ("start", "end", "icpc") if name in part.frame]
    found = [days.real_days([column for column in used if column.dtype == np.int64]), *(part.others for part in parts)]
    return np.concatenate(found)


QUIET_DAYS, ENOUGH_TO_JUDGE = 60, 100  # lists with this many dates do not go this long without one
MONTHS = "january february march april may june july august september october november december"
MONTH_NAMES = MONTHS.split()
NAMED = r"(?<![^\W\d_])(" + "|".join(f"{name[:3]}(?:{name[3:]})?" for name in MONTH_NAMES) + r"|sept)(?![^\W\d_])"
YEAR, BETWEEN = r"(?<!\d)(20\d\d)(?!\d)", r"[ _.-]*"
CENTURY = 2000
GIVEN, IN_NAME, LATEST = "given", "in the name", "the latest date in the lists"


def day_in_name(name: str) -> int | None:
    """The day that a name says, as a number: 2024-01-31, 31.01.2024, 31 January 2024; the last of a month alone
    (2024_Jan, January 2024, 2024-01). None without one, and for a financial year (2023-24).
    """
    if (day := days.day_in_text(name)) is not None:
        return day
    for year, month, day in _written(name):
        try:
            return days.day_number(date(year, month, day) if day else last_day(f"{year}-{month:02d}"))
        except ValueError:
            continue
    return None


def _written(name: str) -> Iterator[tuple[int, int, int]]:
    """Year, month and day (0 for a month alone) as a name may write them, the surest form first."""
    text = name.casefold()
    for found in re.finditer(rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)?{BETWEEN}{NAMED}{BETWEEN}{YEAR}", text):
        yield int(found[3]), _month(found[2]), int(found[1])
    for found in re.finditer(rf"(?<!\d)(\d{{1,2}})[-_. ](\d{{1,2}})[-_. ]{YEAR}", text):
        if 1 <= int(found[2]) <= len(MONTH_NAMES):
            yield int(found[3]), int(found[2]), int(found[1])
    for found in re.finditer(rf"{NAMED}{BETWEEN}{YEAR}", text):
        yield int(found[2]), _month(found[1]), 0
    for found in re.finditer(rf"{YEAR}{BETWEEN}{NAMED}", text):
        yield int(found[1]), _month(found[2]), 0
    # A year in two figures: a month's name says that the number after it is one, for no other year stands there.
    for found in re.finditer(rf"(?:(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)?{BETWEEN})?{NAMED}{BETWEEN}(\d\d)(?!\d)", text):
        yield CENTURY + int(found[3]), _month(found[2]), int(found[1] or 0)
    for found in re.finditer(r"(?<!\d)(\d{1,2})[-_. ](\d{1,2})[-_. ](\d\d)(?!\d)", text):
        if 1 <= int(found[2]) <= len(MONTH_NAMES):
            yield CENTURY + int(found[3]), int(found[2]), int(found[1])
    pairs = {m.start(1) for m in re.finditer(PAIR, text) if (int(m[1]) + 1) % 100 == int(m[2])}
    for found in re.finditer(r"(?<!\d)(20\d\d)[-_. ]?(\d\d)(?!\d)", text):
        if 1 <= int(found[2]) <= len(MONTH_NAMES) and found.start(1) not in pairs:
            yield int(found[1]), int(found[2]), 0


def _month(name: str) -> int:
    return 1 + next(at for at, month in enumerate(MONTH_NAMES) if month.startswith(name[:3]))


def day_of(parts: list[Part], given: date | None) -> tuple[int, str, list[str]]:
    """The day, how it is known, and what is to be said of it.

    Raises BadInput where the name says a day that the lists contradict, and where nothing tells the day.
    """
    dated = all_days(parts)
    if given is not None:
        return days.day_number(given), GIVEN, []
    file = parts[0].file
    named = {day for part in parts if (day := day_in_name(part.file.rsplit("/", 1)[-1])) is not None}
    folders = {day for part in parts if (day := day_in_name(part.file.rpartition("/")[0])) is not None}
    if len(named or folders) > 1:
        raise BadInput(
            f"{file}: its lists are named with {len(named or folders)} days; expected one for all lists. Say which "
            "with --until."
        )
    if not (named or folders):
        months = days.month_numbers(dated)
        last = days.latest(months)
        if last is None:
            raise BadInput(
                f"{file}: no date in its name, and none inside. Name it with its day, such as 2024-01-31, or give it "
                "with --until."
            )
        day = int(dated[months <= last].max())
        return day, LATEST, [f"{file}: no date in its name; the latest in its lists is taken: {_words(day)}."]
    day = next(iter(named or folders))
    return day, IN_NAME, list(_contradicted(file, day, dated))


def _contradicted(file: str, day: int, dated: np.ndarray) -> Iterator[str]:
    """What is said of lists that end well before the day in the name. Raises BadInput where they run beyond it."""
    ahead = dated[dated > day]
    if ahead.size >= days.LEAST_DATES and ahead.size >= days.LEAST_SHARE * dated.size:
        raise BadInput(
            f"{file}: its name says {_words(day)}, and {ahead.size:,} of its {dated.size:,} dates are later, up to "
            f"{_words(int(ahead.max()))}. Correct the name, or say the day with --until."
        )
    if dated.size and dated.max() < day - QUIET_DAYS:
        told = f"{file}: its name says {_words(day)}, and nothing in its lists is later than {_words(int(dated.max()))}"
        if dated.size >= ENOUGH_TO_JUDGE:
            raise BadInput(f"{told}. Correct the name, or say the day with --until.")
        yield f"{told}: check that it is the right file."


def _words(day: int) -> str:
    return day_in_words(days.to_date(day))
