"""Days as whole numbers (date.toordinal), ages in completed years, and age bands."""

from bisect import bisect_right
from datetime import date
from functools import cache

from forecast.case.months import last_day, year_end, year_months

BAND_FROM_YEARS = {"under_1": 0, "1_4": 1, "5_9": 5, "10_15": 10, "16_17": 16}
LAC_BANDS = tuple(BAND_FROM_YEARS)
CP_BANDS = ("unborn", *LAC_BANDS)
ADULT, ADULT_YEARS = "adult", 18
ALL_BANDS = (*CP_BANDS, ADULT)
BAND_TO_YEARS = dict(zip(LAC_BANDS, [*list(BAND_FROM_YEARS.values())[1:], ADULT_YEARS], strict=True))
UNBORN_DAYS = 140  # a plan may be made from about the twentieth week of a pregnancy
LEAP_MONTH, LEAP_DAY = 2, 29


def day_of(text: str) -> int:
    """A date written 2011-03-31 as a day number."""
    return date.fromisoformat(text).toordinal()


def iso(day: int | None) -> str:
    """yyyy-mm-dd; blank for no date."""
    return "" if day is None else date.fromordinal(day).isoformat()


def british(day: int | None) -> str:
    """dd/mm/yyyy; blank for no date."""
    return "" if day is None else f"{date.fromordinal(day):%d/%m/%Y}"


@cache
def anniversary(birth: int, years: int) -> int:
    """The birthday on which a child is `years` old; a child born on 29 February has it on 1 March in other years."""
    born = date.fromordinal(birth)
    try:
        return born.replace(year=born.year + years).toordinal()
    except ValueError:
        return date(born.year + years, LEAP_MONTH + 1, 1).toordinal()


def latest_birth(day: int, years: int) -> int:
    """The latest day of birth of a child who is `years` old or more on `day`."""
    today = date.fromordinal(day)
    try:
        return today.replace(year=today.year - years).toordinal()
    except ValueError:
        return date(today.year - years, LEAP_MONTH, LEAP_DAY - 1).toordinal()


@cache
def band_edges(birth: int) -> tuple[int, ...]:
    """The days on which a child enters each age band after the first of ALL_BANDS: birth, birthdays to the 18th."""
    return (birth, *(anniversary(birth, years) for years in BAND_TO_YEARS.values()))


def band_on(birth: int, day: int) -> str:
    """Age band on a day: unborn before birth, adult from the 18th birthday."""
    return ALL_BANDS[bisect_right(band_edges(birth), day)]


def births_in_band(band: str, day: int) -> range:
    """Every day of birth that puts a child in `band` on `day`."""
    if band == "unborn":
        return range(day + 1, day + 1 + UNBORN_DAYS)
    return range(latest_birth(day, BAND_TO_YEARS[band]) + 1, latest_birth(day, BAND_FROM_YEARS[band]) + 1)


def leap_days(days: range) -> list[int]:
    """Every 29 February among `days`."""
    years = range(date.fromordinal(days.start).year, date.fromordinal(days[-1]).year + 1)
    leap = [date(year, LEAP_MONTH + 1, 1).toordinal() - 1 for year in years]
    return [day for day in leap if day in days and date.fromordinal(day).day == LEAP_DAY]


def month_boundaries(days: range) -> list[int]:
    """Every first and every last day of a month among `days`."""
    return [day for day in days if date.fromordinal(day).day == 1 or date.fromordinal(day + 1).day == 1]


def month_of(day: int) -> str:
    """The month of a day, such as 2011-06."""
    return f"{date.fromordinal(day):%Y-%m}"


def month_days(month: str) -> range:
    """Every day of a month."""
    first = day_of(f"{month}-01")
    return range(first, last_day(month).toordinal() + 1)


@cache
def year_days(year: str) -> range:
    """Every day of a financial year, 1 April to 31 March."""
    return range(month_days(year_months(year)[0])[0], day_of(year_end(year)) + 1)
