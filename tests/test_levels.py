"""What the closed form reads: growth of the country, return to a lasting level, the past beside the country's."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.demand.trend import levels, national, past
from forecast.demand.trend.levels import Departures

# --- growth of the country --------------------------------------------------------------------------------------------


def test_a_gap_is_not_a_year_of_growth():
    stock = pd.Series([100.0, np.nan, 200.0, 220.0], index=[2000, 2001, 2002, 2003])
    assert national.yearly_growth(stock).to_dict() == {2003: pytest.approx(np.log(1.1))}


# --- return to a lasting level ----------------------------------------------------------------------------------------


def test_one_count_by_hand():
    """With one count the best guess of the future is its departure times covariance over variance."""
    model = Departures(lasting=0.3, passing=0.2, kept=0.5, family=2.0)
    change, variance = levels.change_ahead(
        np.array([2011.25]), np.array([0.4]), np.array([100.0]), model, np.array([1, 2])
    )
    seen = 0.09 + 0.04 + 0.02
    for at, shared in enumerate([0.09 + 0.04 * 0.5, 0.09 + 0.04 * 0.25]):
        assert change[at] == pytest.approx(0.4 * shared / seen - 0.4)
        assert variance[at] == pytest.approx(0.13 - shared**2 / seen)


def test_conditional_mean_against_regression_on_simulated_councils():
    """An outside truth: least squares on 200,000 councils drawn from the model itself finds the same weights."""
    model, luck = Departures(0.3, 0.25, 0.7, 3.0), np.random.default_rng(3)
    years, counts = np.array([2008.25, 2010.25, 2011.25]), np.array([80.0, 120.0, 150.0])
    size = 200_000
    lasting = luck.normal(0, 0.3, size)
    passing = [luck.normal(0, 0.25, size)]
    for gap in (2, 1, 2):  # to 2010, 2011, 2013
        kept = 0.7**gap
        passing.append(kept * passing[-1] + luck.normal(0, 0.25 * np.sqrt(1 - kept**2), size))
    seen = np.array(
        [
            lasting + one + luck.normal(0, np.sqrt(3 / count), size)
            for one, count in zip(passing[:3], counts, strict=True)
        ]
    )
    weights = np.linalg.lstsq(seen.T, lasting + passing[3], rcond=None)[0]
    for case in np.eye(3):
        change, _ = levels.change_ahead(years, case, counts, model, np.array([2]))
        assert change[0] + case[-1] == pytest.approx(case @ weights, abs=0.006)


@given(
    st.lists(st.floats(-1, 1), min_size=2, max_size=8),
    st.floats(0.05, 0.6),
    st.floats(0.05, 0.6),
    st.floats(0.05, 0.98),
)
@settings(max_examples=60, deadline=None)
def test_the_future_lies_nearer_the_country_than_the_furthest_year(departures, lasting, passing, kept):
    """Shrinkage: no forecast departs further than the furthest count did, and certainty never grows with distance."""
    years = 2000.25 + np.arange(len(departures))
    change, variance = levels.change_ahead(
        years,
        np.array(departures),
        np.full(len(departures), 100.0),
        Departures(lasting, passing, kept, 1.0),
        np.arange(1, 6),
    )
    foreseen = change + departures[-1]
    assert np.all(np.abs(foreseen) <= np.abs(departures).max() + 1e-9)
    assert np.all(np.diff(variance) >= -1e-9) and np.all(variance <= lasting**2 + passing**2 + 1e-9)


# --- the past beside the country's ------------------------------------------------------------------------------------


def test_departure_by_hand():
    counts = pd.Series([100.0, 130.0], index=[2012.25, 2012.25 + 2 / 12])
    children, country = pd.Series({2012: 40_000.0}), pd.Series({2012: 50_000.0})
    held = past.compare(counts, children, country, pd.Series({2012: 10_000_000.0}))
    assert held.departure == pytest.approx([np.log(0.0025 / 0.005), np.log(0.00325 / 0.005)])


def test_counts_that_cannot_be_compared_are_left_out_but_the_last_must_hold():
    children, country = pd.Series({2012: 40_000.0, 2013: 40_000.0}), pd.Series({2013: 50_000.0})
    all_children = pd.Series({2012: 1e7, 2013: 1e7})
    held = past.compare(pd.Series({2012.25: 100.0, 2013.25: 110.0}), children, country, all_children)
    assert held.years.tolist() == [2013.25]
    with pytest.raises(ValueError, match="the last count cannot be compared"):
        past.compare(pd.Series({2013.25: 110.0, 2014.25: 120.0}), children, country, all_children)


def test_the_old_census_base_is_not_growth():
    children = pd.Series({2010: 30_800.0, 2011: 31_731.0, 2012: 37_400.0, 2013: 38_385.0})
    assert past.on_one_base(children).tolist() == [37_400.0, 37_400.0, 37_400.0, 38_385.0]
    assert past.on_one_base(children[:2]).tolist() == [30_800.0, 31_731.0]
    assert past.on_one_base(children[:2], 37_000.0).tolist() == [37_000.0, 37_000.0]
