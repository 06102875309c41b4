"""Rates and practice drift: by hand, against a Kalman filter run year by year, and against closed forms of chance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from forecast.demand.rates import Pooled, discounted, evidence_kept, pool

STANDARD_ERRORS = 4
MONTHS = 36
DRAWS = 100_000


def off(sample: np.ndarray, wanted) -> float:
    """Largest difference between the sample's mean and what was wanted, in standard errors."""
    error = sample.std(axis=0) / np.sqrt(len(sample))
    return float(np.abs((sample.mean(axis=0) - wanted) / error).max())


# --- pooling ----------------------------------------------------------------------------------------------------------


def test_pooling_by_hand():
    # 12 seen where the country's rate gives 8; the country counts for 20: (20 + 12) / (20 + 8) = 32 / 28
    pooled = pool(12, 8, 20)
    assert (pooled.shape, pooled.weight) == (32, 28)
    assert pooled.mean == pytest.approx(1.142857, abs=1e-6)
    by_band = pool([0, 3, 50], np.array([2.0, 3, 25]), 10)
    assert by_band.mean.tolist() == [10 / 12, 1, 60 / 35]


def test_pooling_is_bayes_rule():
    """The posterior on a fine grid: a Gamma prior of mean 1, a Poisson count."""
    grid = (np.arange(200_000) + 0.5) / 40_000
    posterior = stats.gamma(13, scale=1 / 13).pdf(grid) * stats.poisson(4.5 * grid).pmf(9)
    posterior /= posterior.sum()
    pooled = pool(9, 4.5, 13)
    assert pooled.mean == pytest.approx((grid * posterior).sum(), rel=1e-6)
    spread = ((grid - pooled.mean) ** 2 * posterior).sum()
    assert pooled.shape / pooled.weight**2 == pytest.approx(spread, rel=1e-6)


@given(seen=st.floats(0, 1e4), expected=st.floats(0.01, 1e4), weight=st.floats(0.01, 1e4))
def test_the_pooled_rate_lies_between_the_councils_own_and_the_countrys(seen, expected, weight):
    own = seen / expected
    assert min(own, 1) * (1 - 1e-9) <= pool(seen, expected, weight).mean <= max(own, 1) * (1 + 1e-9)


def test_more_evidence_counts_for_more():
    assert pool(20, 10, 10).mean < pool(200, 100, 10).mean < pool(2e6, 1e6, 10).mean
    assert pool(2e6, 1e6, 10).mean == pytest.approx(2, rel=1e-4)
    assert pool(0, 0, 10).mean == 1


def test_the_uncertainty_of_a_rate_has_mean_1_and_the_gammas_spread():
    """Coefficient of variation 1 / sqrt(shape): in 4 children's worth of evidence a half, in 100 a tenth."""
    pooled = Pooled(np.array([4.0, 25, 100]), np.array([8.0, 25, 50]))
    drawn = pooled.factors(np.random.default_rng(1), DRAWS)
    assert drawn.shape == (DRAWS, 3) and drawn.min() > 0
    assert off(drawn, 1) < STANDARD_ERRORS
    assert off((drawn - 1) ** 2, [1 / 4, 1 / 25, 1 / 100]) < STANDARD_ERRORS
    assert np.abs(np.corrcoef(drawn.T) - np.eye(3)).max() < STANDARD_ERRORS / DRAWS**0.5


def test_the_uncertainty_of_one_level_is_one_column():
    assert pool(5, 5.0, 10).factors(np.random.default_rng(1), 7).shape == (7, 1)


# --- how long evidence stays good -------------------------------------------------------------------------------------


def weights_of_a_kalman_filter(drift: float, noise: float, years: int) -> np.ndarray:
    """What the level's estimate makes of each year's figure, the latest first: the filter, run year by year."""
    uncertain, weights = 1e9, np.zeros(years)
    for year in range(years):
        uncertain += drift**2
        gain = uncertain / (uncertain + noise**2)
        uncertain *= 1 - gain
        weights *= 1 - gain
        weights[year] = gain
    return weights[::-1]


@pytest.mark.parametrize("drift", [0.05, 0.18, 0.55])
@pytest.mark.parametrize(("children", "family"), [(30, 1.0), (90, 1.4), (200, 2.0)])
def test_evidence_kept_is_what_a_kalman_filter_keeps(drift, children, family):
    weights = weights_of_a_kalman_filter(drift, (family / children) ** 0.5, 400)
    kept = evidence_kept(drift, children, family)
    assert weights[1:8] / weights[:7] == pytest.approx(np.full(7, kept), rel=1e-9)
    assert 0 < kept < 1


def test_evidence_that_never_drifts_is_kept_and_fast_drift_forgets():
    assert evidence_kept(0.0, 100, 1.4) == 1
    assert evidence_kept(50.0, 100, 1.4) < 1e-4
    # q = 0.18^2 x 90 / 1.4 = 2.0829; gain = (sqrt(4.3383 + 8.3314) - 2.0829) / 2 = 0.7383
    assert evidence_kept(0.18, 90, 1.4) == pytest.approx(1 - 0.7383, abs=1e-4)


def test_discounting_by_hand():
    # 100 x 1 + 80 x 1/2 + 60 x 1/4 = 155; 90 x (1 + 1/2 + 1/4) = 157.5
    assert discounted(np.array([100, 80, 60]), np.array([90, 90, 90]), [0, 1, 2], 0.5) == (155, 157.5)
    assert discounted(np.array([100, 80]), np.array([90, 70]), [0, 9], 1.0) == (180, 160)
    assert discounted(np.array([100.0]), np.array([90.0]), [2.5], 0.5)[0] == pytest.approx(100 * 0.5**2.5)
