"""The calendar: every month and financial year of two centuries against the standard library's dates."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.case import months

DAYS = st.dates(date(1901, 1, 1), date(2099, 12, 31))


@given(DAYS)
def test_the_last_day_of_a_month_is_followed_by_the_first_of_another(day):
    last = months.last_day(f"{day:%Y-%m}")
    assert (last.year, last.month) == (day.year, day.month)
    assert (last + timedelta(days=1)).day == 1
    following = last + timedelta(days=1)
    assert months.month_after(last) == f"{following:%Y-%m}"


@given(DAYS)
def test_only_a_month_end_has_a_month_after(day):
    if (day + timedelta(days=1)).day != 1:
        with pytest.raises(ValueError, match=f"{day} is not the last day of a month"):
            months.month_after(day)


@given(DAYS, st.integers(0, 60))
def test_months_between_follow_each_other(day, more):
    first = f"{day:%Y-%m}"
    count = day.year * 12 + day.month - 1 + more
    last = f"{count // 12}-{count % 12 + 1:02d}"
    run = months.months_between(first, last)
    assert len(run) == more + 1 and (run[0], run[-1]) == (first, last)
    assert all(months.month_after(months.last_day(a)) == b for a, b in zip(run[:-1], run[1:], strict=True))


@given(DAYS, st.integers(1, 60))
def test_edges_count_the_days_of_the_calendar(day, number):
    run = months.months_between(f"{day:%Y-%m}", f"{day.year + 5}-12")[:number]
    edges = months.month_edges(run)
    start = day.replace(day=1)
    assert [start + timedelta(days=edge) for edge in edges[:-1]] == [date.fromisoformat(f"{month}-01") for month in run]
    assert start + timedelta(days=edges[-1] - 1) == months.last_day(run[-1])
    assert np.diff(edges).tolist() == months.days_in(run).tolist()


@pytest.mark.parametrize(
    ("month", "days"), [("2011-02", 28), ("2012-02", 29), ("1900-02", 28), ("2000-02", 29), ("2011-06", 30)]
)
def test_february(month, days):
    assert months.days_in([month]).tolist() == [days]


@given(DAYS)
def test_a_financial_year_runs_from_1_april_to_31_march(day):
    year = months.financial_year(f"{day:%Y-%m}")
    first = int(year[:4])
    assert date(first, 4, 1) <= day <= date(first + 1, 3, 31)
    assert year == f"{first}-{str(first + 1)[-2:]}"
    periods = months.year_months(year)
    assert f"{day:%Y-%m}" in periods and len(periods) == 12
    assert (periods[0][-2:], periods[-1][-2:]) == ("04", "03")
    assert {months.financial_year(month) for month in periods} == {year}
    assert months.last_day(periods[-1]).isoformat() == months.year_end(year)


@given(DAYS)
def test_the_year_before_ends_the_day_before(day):
    year = months.financial_year(f"{day:%Y-%m}")
    before = months.year_before(year)
    assert months.month_after(date.fromisoformat(months.year_end(before))) == months.year_months(year)[0]
    assert months.years_from(before, year) == 1 and months.years_from(year, before) == -1


def test_at_the_turn_of_the_year_and_of_the_century():
    assert [months.financial_year(month) for month in ("2011-03", "2011-04", "2012-03")] == [
        "2010-11",
        "2011-12",
        "2011-12",
    ]
    assert months.financial_year("1999-12") == "1999-00" and months.year_before("2000-01") == "1999-00"
    assert months.month_after(date(2011, 12, 31)) == "2012-01"
    assert months.years_from("2010-11", "2014-15") == 4


def test_months_in_words():
    assert months.month_in_words("2011-06") == "June 2011"


def test_units_of_time():
    assert (months.DAYS_A_YEAR, months.DAYS_A_WEEK) == (365.25, 7)
