"""Months, financial years and periods: the calendar every room shares.

A month is written 2011-06, a financial year (1 April to 31 March) 2011-12, its periods P1 (April) to P12 (March).
"""

from calendar import monthrange
from datetime import date, timedelta
from functools import cache

import numpy as np

DAYS_A_YEAR = 365.25
DAYS_A_WEEK = 7
MONTHS_A_YEAR = 12
FIRST_MONTH_OF_FINANCIAL_YEAR = 4


def months_between(first: str, last: str) -> list[str]:
    """Every month from `first` to `last`, both included. Raises ValueError for what is no month."""
    begun, ended = (date(int(month[:4]), int(month[5:7]), 1) for month in (first, last))
    count = MONTHS_A_YEAR * (ended.year - begun.year) + ended.month - begun.month + 1
    years = [divmod(begun.month - 1 + ahead, MONTHS_A_YEAR) for ahead in range(count)]
    return [f"{begun.year + year}-{month + 1:02d}" for year, month in years]


def month_after(day: date) -> str:
    """The month that begins the day after `day`, which must be the last day of a month."""
    following = day + timedelta(days=1)
    if following.day != 1:
        raise ValueError(f"{day} is not the last day of a month")
    return f"{following:%Y-%m}"


@cache
def last_day(month: str) -> date:
    """The last day of a month."""
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, monthrange(year, number)[1])


def days_in(months: list[str]) -> np.ndarray:
    """Days in each month, [month]."""
    return np.array([last_day(month).day for month in months], float)


def month_edges(months: list[str]) -> np.ndarray:
    """First day of each month and the day after the last, in days from the first, [month + 1]."""
    return np.concatenate([[0.0], np.cumsum(days_in(months))])


@cache
def financial_year(month: str) -> str:
    """The financial year a month belongs to, such as 2011-12."""
    year, number = int(month[:4]), int(month[5:])
    first = year if number >= FIRST_MONTH_OF_FINANCIAL_YEAR else year - 1
    return f"{first}-{(first + 1) % 100:02d}"


def period_of(month: str) -> str:
    """The period of the financial year a month is: P1 (April) to P12 (March)."""
    return f"P{(int(month[5:]) - FIRST_MONTH_OF_FINANCIAL_YEAR) % MONTHS_A_YEAR + 1}"


def year_months(year: str) -> list[str]:
    """The twelve months of a financial year, April to March."""
    first = int(year[:4])
    return months_between(f"{first}-04", f"{first + 1}-03")


def year_before(year: str) -> str:
    """The financial year before."""
    first = int(year[:4]) - 1
    return f"{first}-{(first + 1) % 100:02d}"


def year_end(year: str) -> str:
    """31 March that ends a financial year, as an ISO date."""
    return f"{int(year[:4]) + 1}-03-31"


def year_ended(year: str) -> int:
    """2016 for 2015-16, by whose end it is named in yearly counts. Raises ValueError for anything else."""
    last = int(year[:4]) + 1
    if year != f"{last - 1}-{last % 100:02d}":
        raise ValueError(f"{year!r} is not a financial year such as 2015-16")
    return last


def years_from(first: str, last: str) -> int:
    """Whole financial years from one to another; negative if `last` is earlier."""
    return int(last[:4]) - int(first[:4])


def day_in_words(day: date) -> str:
    """31 December 2025."""
    return f"{day.day} {month_in_words(f'{day:%Y-%m}')}"


def month_in_words(month: str) -> str:
    """June 2011 for 2011-06."""
    return f"{last_day(month):%B %Y}"
