"""The day of an Annex A: given, written in the name of its file or folder, or the latest in its lists."""

import re
from collections.abc import Iterator
from datetime import date

import numpy as np

from forecast.case.errors import BadInput
from forecast.case.months import day_in_words, last_day
from forecast.sources.annex_a.lists import Part, all_days
from forecast.sources.private import PAIR
from forecast.sources.reading import days

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
