"""Days as numbers since 1970, dates read strictly, and the years of returns: 2018 is the year to 31 March 2018."""

import re
from datetime import date

import numpy as np
import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.months import FIRST_MONTH_OF_FINANCIAL_YEAR, MONTHS_A_YEAR
from forecast.sources.counting import LEAST_ROWS, Quality
from forecast.sources.private import DATE, DAY, PAIR, SHORT_PAIR, SINGLE
from forecast.sources.reading.sheets import refuse

OPEN = np.int64(10**6)  # the end of what has none: later than any day
NO_DAY = np.int64(-(10**6))  # a blank date
EARLIEST, LATEST = 1900, 2100
NUMBERS = {"yyyy-mm-dd": r"(\d{4})-(\d{2})-(\d{2})", "dd/mm/yyyy": r"(\d{1,2})/(\d{1,2})/(\d{4})"}
MIDNIGHT = r"(?:[ T]0?0:00(?::00(?:\.0+)?)?)?Z?"
ISO = rf"(?P<year>\d{{4}})-(?P<month>\d{{2}})-(?P<day>\d{{2}}){MIDNIGHT}"
BRITISH = rf"(?P<day>\d{{1,2}})/(?P<month>\d{{1,2}})/(?P<year>\d{{4}}){MIDNIGHT}"
# What databases and spreadsheets write where there is no date: 0, the first or last day that they know, any day of the
# years 0, 1 and 9999. No child in a return was born, and no episode or plan began or ended, on one of them.
FIRST_OR_LAST = r"""0000-.*|0001-.*|9999-.*|1753-01-01|1899-12-3[01]|1900-01-0[01]|1970-01-01
    |2099-12-31|2199-12-31|2999-12-31|4712-12-31"""
CENTURY = 2000  # of a year in two figures: 1718 is 2017-18
LEAST_SHARE, LEAST_DATES = 0.01, 2  # fewer dates than these in a later year or month are slips, not the return's


def day_number(day: date | str | np.datetime64) -> int:
    """Days since 1 January 1970."""
    return int(np.datetime64(day, "D").astype(np.int64))


def to_date(number: int) -> date:
    """The date of a day number."""
    return np.datetime64(int(number), "D").astype(date)


def month_numbers(days: np.ndarray) -> np.ndarray:
    """The month of each day, in months since January 1970."""
    return np.asarray(days, np.int64).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def birthday(born: np.ndarray, age: int) -> np.ndarray:
    """The day of the `age`th birthday; 1 March for 29 February. OPEN where the birth is not known."""
    day = np.where(born == NO_DAY, 0, born).astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    found = (month + MONTHS_A_YEAR * age).astype("datetime64[D]") + (day - month)
    return np.where(born == NO_DAY, OPEN, found.astype(np.int64))


# Dates


def read_days(columns: list[tuple[pd.DataFrame, str, str]], name: str, quality: Quality, iso: bool = False) -> None:
    """Turn a file's date columns, as (frame, column, what messages call it), from text to days; NO_DAY where blank.

    The format is one for the whole file: ISO (yyyy-mm-dd) where most dates are, or all must be (`iso`), else
    dd/mm/yyyy, the returns' own. Any date written otherwise is refused, and a month above 12 means American dates: a
    file is never read cell by cell, for 03/04 would be April in one row and March in the next. The dates that databases
    write for none (FIRST_OR_LAST) are blank, in either format, and counted.
    """
    cells = pd.concat([frame[column] for frame, column, _ in columns], ignore_index=True).astype(object)
    counts = cells[cells != ""].value_counts()
    none = np.array([stands_for_none(text) for text in counts.index], dtype=bool)
    quality.count(name, "blank_dates", int(counts[none].sum()))
    counts, blank = counts[~none], ["", *counts.index[none]]
    texts = pd.Series(counts.index, dtype=str)
    iso = iso or counts[texts.str.fullmatch(ISO).to_numpy(bool)].sum() * 2 > counts.sum()
    pattern, form = (ISO, "yyyy-mm-dd") if iso else (BRITISH, "dd/mm/yyyy")
    parts = texts.str.extract(f"^{pattern}$").astype(float)
    american = not iso and (parts["month"] > MONTHS_A_YEAR).any()
    known = dict(zip(texts, _days(parts), strict=True)) | dict.fromkeys(blank, float(NO_DAY))
    for frame, column, called in columns:
        days = frame[column].map(known).to_numpy(dtype=float)
        wrong = np.isnan(days)
        if wrong.any():
            found = _what_is_wrong(frame[column].iloc[int(wrong.argmax())], form, american)
            remedy = "Export with UK dates" if american else "Correct the cell, or export the file again"
            refuse(frame, called, wrong, found, f"a date written {form}, as in the whole of the file", remedy)
        frame[column] = days.astype(np.int64)
    quality.count(name, "days_under_13", not iso and len(parts) and (parts["day"] <= MONTHS_A_YEAR).all())


def stands_for_none(text: str) -> bool:
    """Whether a date is one of those that databases write for none, in either format, with or without a time."""
    if re.fullmatch("0[0:]*", text):
        return True
    iso = re.match(NUMBERS["yyyy-mm-dd"], text)
    british = re.match(NUMBERS["dd/mm/yyyy"], text)
    numbers = iso.groups() if iso else british.groups()[::-1] if british else None
    return numbers is not None and re.fullmatch(FIRST_OR_LAST, "-".join(n.zfill(2) for n in numbers), re.X) is not None


def _what_is_wrong(text: str, form: str, american: bool) -> str:
    """The rule that a date breaks, in words: its format, its range, the calendar."""
    other = next(written for written in NUMBERS if written != form)
    found = re.match(NUMBERS[form] + "(.*)", text)
    if american:
        return "an American date (mm/dd/yyyy), or a month above 12"
    if re.match(NUMBERS[other], text):
        return f"not a date in the file's one format: it is written {other}"
    if found is None:
        short = ": its year has two figures" if re.fullmatch(r"\d{1,2}/\d{1,2}/\d{2}", text) else ""
        number = ": it is a number, as spreadsheets keep dates" if text.isdecimal() else ""
        return f"not a date in the file's one format{short}{number}"
    if re.fullmatch(MIDNIGHT, found[4]) is None:
        return "not a date in the file's one format: something stands after the day"
    year = int(found[1 if form == "yyyy-mm-dd" else 3])
    if not EARLIEST <= year < LATEST:
        edge = f"before {EARLIEST}" if year < EARLIEST else f"{LATEST} or later"
        return f"not a date within the range: its year is {edge}"
    return "not a date of the calendar: the month has no such day, or the year no such month"


def _days(parts: pd.DataFrame) -> np.ndarray:
    """Days since 1970 of year, month, day; NaN where they do not make a date between 1900 and 2100."""
    year, month, day = (parts[part].fillna(0).to_numpy() for part in ("year", "month", "day"))
    months = ((year - 1970) * MONTHS_A_YEAR + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1).astype(np.int64)
    right = (month >= 1) & (month <= MONTHS_A_YEAR) & (day >= 1) & (days.astype("datetime64[M]") == months)
    return np.where(right & (year >= EARLIEST) & (year < LATEST), days.astype(np.int64), np.nan)


def days_written(texts: pd.Series, pattern: str) -> np.ndarray:
    """The days since 1970 of texts of one pattern (ISO or BRITISH); NaN for any other text."""
    return _days(texts.str.extract(f"^{pattern}$").astype(float))


# Years


def first_day(year: int) -> int:
    """1 April on which the return of `year` begins."""
    return day_number(date(year - 1, FIRST_MONTH_OF_FINANCIAL_YEAR, 1))


def last_day(year: int) -> int:
    """31 March on which the return of `year` ends."""
    return first_day(year + 1) - 1


def year_of(days: np.ndarray) -> np.ndarray:
    """The return year each day falls in: the calendar year of the 31 March that follows."""
    return (month_numbers(days) - (FIRST_MONTH_OF_FINANCIAL_YEAR - 1)) // MONTHS_A_YEAR + 1970 + 1


def financial(year: int) -> str:
    """2017-18 for 2018."""
    return f"{year - 1}-{year % 100:02d}"


def year_in_text(text: str) -> tuple[int, bool] | None:
    """The year nearest the end of a name, and whether both halves are given: (2018, True) for 2017-18, 17-18, 1718.

    Within one part of a path a year in four figures stands before one in two, which may be a day and a month.
    """
    pairs = [m for m in re.finditer(PAIR, text) if (int(m[1]) + 1) % 100 == int(m[2])]
    found = [(m.start(1), True, int(m[1]) + 1, True) for m in pairs]
    for m in re.finditer(SINGLE, text):
        if not any(pair.start(1) <= m.start() < pair.end(2) for pair in pairs):
            found.append((m.start(), True, int(m[1]), False))
    taken = [*pairs, *re.finditer(SINGLE, text)]
    for m in re.finditer(SHORT_PAIR, re.sub(DATE, lambda m: " " * len(m[0]), text)):
        inside = any(other.start(1) <= m.start(1) < other.end(other.lastindex) for other in taken)
        if not inside and (int(m[1]) + 1) % 100 == int(m[2]):
            found.append((m.start(1), False, CENTURY + int(m[1]) + 1, True))
    return max(found, key=lambda year: (text.count("/", 0, year[0]), year[1], year[0]))[2:] if found else None


def day_in_text(text: str) -> int | None:
    """The day written in a name, such as 2018-09-30 or 20180930; None without one."""
    found = re.search(DAY, text)
    try:
        return day_number(date(*map(int, found.groups()))) if found else None
    except ValueError:
        return None


def latest(values: np.ndarray) -> int | None:
    """The latest of some years or months with enough dates to be no slip, else the latest of all; None without any."""
    found, counts = np.unique(values, return_counts=True)
    enough = found[(counts >= LEAST_DATES) & (counts >= LEAST_SHARE * counts.sum())]
    return int(enough[-1]) if enough.size else (int(found[-1]) if found.size else None)


def real_days(columns: list[pd.Series]) -> np.ndarray:
    """The days of some columns in one array, without those that stand for none."""
    days = np.concatenate([column.to_numpy(np.int64) for column in columns]) if columns else np.array([], np.int64)
    return days[(days != NO_DAY) & (days != OPEN)]


def check_year(name: str, year: int, days: np.ndarray, slips_ahead: bool) -> None:
    """Raise BadInput where the dates inside a return end before the year it is given as, or go on after it.

    slips_ahead  whether dates after the year are slips however many they are, each counted by its own rule
    """
    inside = latest(year_of(days))
    if inside is None or inside == year:
        return
    ahead = inside > year and not slips_ahead and np.count_nonzero(year_of(days) == inside) >= LEAST_DATES
    if ahead or (inside < year and days.size >= LEAST_ROWS):
        raise BadInput(
            f"{name}: named as the return of {financial(year)}, and its latest dates are in {financial(inside)}. "
            f"Expected dates up to 31 March {year}. Put the right file there, or correct its name."
        )


def complete_to(first: int, last: int, until: date | None, made_by: date | None) -> int:
    """The day to which the last return, from `first` to `last`, is complete: `until`, or an earlier `made_by`.

    Raises BadInput for an `until` that is not within it.
    """
    if until is not None and not first <= day_number(until) <= last:
        raise BadInput(
            f"until {until} is not within the last return, {to_date(first)} to {to_date(last)}. "
            f"Expected a day of it, which ends on {to_date(last)}."
        )
    if until is not None:
        return day_number(until)
    made = None if made_by is None else day_number(made_by)
    return made if made is not None and first <= made < last else last
