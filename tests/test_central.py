"""The central path: what each trend says, what of it has earned weight, and practice leaning to follow it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import HOME
from forecast.demand import caseload, central
from forecast.demand.rates import Drift
from forecast.demand.trend import earned, levels, national, past
from forecast.demand.trend.earned import Record
from forecast.demand.trend.levels import Departures
from forecast.model import outlook
from forecast.model.cases import open_case

# --- growth of the country --------------------------------------------------------------------------------------------


def test_national_growth_by_hand():
    """Ten years at 1%, then one at 5%: the pace is 15/11 %, and the departure halves each year."""
    stock = pd.Series(100 * np.exp(np.cumsum([0.0] + [0.01] * 10 + [0.05])), index=range(2000, 2012))
    pace = 0.15 / 11
    away = 0.05 - pace
    wanted = [pace + away / 2, 2 * pace + away * 0.75, 3 * pace + away * 0.875]
    assert national.change_ahead(stock, 0.5, 3) == pytest.approx(wanted)


def test_a_gap_is_not_a_year_of_growth():
    stock = pd.Series([100.0, np.nan, 200.0, 220.0], index=[2000, 2001, 2002, 2003])
    assert national.yearly_growth(stock).to_dict() == {2003: pytest.approx(np.log(1.1))}


def test_too_few_years_give_no_pace():
    stock = pd.Series(np.linspace(100, 200, 10), index=range(2000, 2010))
    assert not national.change_ahead(stock, 0.5, 3).any()


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


def test_likelihood_is_that_of_scipy():
    from scipy.stats import multivariate_normal

    model = Departures(0.3, 0.2, 0.6, 2.0)
    years, counts, seen = np.array([1.0, 2.0, 4.0]), np.array([50.0, 60.0, 90.0]), np.array([0.1, -0.2, 0.3])
    apart = np.abs(np.subtract.outer(years, years))
    covariance = 0.09 + 0.04 * 0.6**apart + np.diag(2 / counts)
    wanted = multivariate_normal(np.zeros(3), covariance).logpdf(seen) + 1.5 * np.log(2 * np.pi)
    assert levels.log_likelihood(years, seen, counts, model) == pytest.approx(wanted)


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


# --- earned weight ----------------------------------------------------------------------------------------------------


def test_kept_by_hand():
    many = Record(trend=0.09, no_change=0.10, forecasts=1000)  # gains 10%
    assert earned.kept(many, Record(0, 0, 0), 100) == pytest.approx(1)
    # 100 forecasts of the many and 100 own with errors of 0.20 against 0.20: 0.29 / 0.30, a third of the gain
    assert earned.kept(many, Record(0.20, 0.20, 100), 100) == pytest.approx((1 - 0.29 / 0.30) / 0.1)
    assert earned.kept(many, Record(0.30, 0.10, 1000), 100) == 0
    assert earned.kept(many, Record(0.01, 0.10, 1000), 100) == 1
    assert earned.kept(Record(0.11, 0.10, 1000), Record(0, 0, 0), 100) == 0, (
        "a trend that loses to no change earns nothing"
    )


def test_middle_and_record_by_hand():
    changes = {"national": np.array([0.02, 0.04]), "level": np.array([-0.1, -0.2])}
    assert earned.middle(changes, {"national": 0.5, "level": 0.25}) == pytest.approx([-0.015, -0.03])
    assert earned.record([0.1, -0.1], np.array([0.2, 0.1])) == Record(pytest.approx(0.15), pytest.approx(0.15), 2)
    assert earned.record([], np.array([])).forecasts == 0


# --- drift ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "drift", [Drift(0.4, 0.6, 1.0), Drift(0.4, 0.6, 0.15), Drift(0.1, 2.0, 0.15, 0.3), Drift(0.0, 20.0, 1.0, 0.2)]
)
def test_drift_moments_against_simulation(drift):
    factors = drift.factors(np.random.default_rng(5), 200_000, 36)
    logs = np.log(factors).reshape(-1, 3, 12).mean(axis=2)
    assert np.cov(logs.T) == pytest.approx(drift.yearly_covariance(3), rel=0.05, abs=0.001)
    assert logs.mean(axis=0) == pytest.approx(drift.yearly_log_mean(3), abs=0.003)


# --- the path on the reference case -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def case():
    return open_case(HOME / "params", HOME / "data", "slough", "2011-06")


@pytest.fixture(scope="module")
def base(case):
    return outlook.prepare(case.central, case.evidence, 4_000, 7)


def test_own_record_looks_at_nothing_after_its_origin(base):
    held = base.lac.group.past
    changed = replace(
        held, counts=np.append(held.counts[:-1], held.counts[-1] * 3), departure=np.append(held.departure[:-1], 2.0)
    )
    norms = base.norms["lac"].trend
    early = held.until(held.years[-2])
    assert central.read_trends(early, norms, 3)["level"] == pytest.approx(
        central.read_trends(changed.until(held.years[-2]), norms, 3)["level"]
    )
    assert early.country.index.max() <= held.years[-2]


def test_by_year_by_hand():
    monthly = np.arange(1, 15, dtype=float)[:, None]
    assert caseload.by_year(monthly).ravel().tolist() == [78.0, (13 + 14) * 6]
