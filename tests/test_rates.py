"""Rates and practice drift: by hand, against a Kalman filter run year by year, and against closed forms of chance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from forecast.demand.rates import Drift, Pooled, discounted, evidence_kept, pool

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


# --- practice drift ---------------------------------------------------------------------------------------------------

DRIFTS = [Drift(0.18, 1.5, 1.0), Drift(0.55, 0.5, 0.15), Drift(0.3, 2.0, 0.02), Drift(0.15, 3.0, 0.15, 0.2)]
NAMES = ["starts of LAC", "starts of CP", "rare steps", "today unknown"]


def reach_of(drift: Drift) -> np.ndarray:
    """SD, in month m, of a step taken k months before, [k]."""
    kept = 0.5 ** (np.arange(MONTHS) / (12 * drift.memory))
    return drift.size / np.sqrt(12 * drift.steps) * kept


def today_left(drift: Drift) -> np.ndarray:
    """SD left, in month m, of what was not known of practice at the origin, [m]."""
    return drift.today * 0.5 ** (np.arange(1, MONTHS + 1) / (12 * drift.memory))


@pytest.mark.parametrize("drift", DRIFTS, ids=NAMES)
def test_drift_adds_spread_and_no_trend(drift):
    """Mean 1 and the variance of a product of independent steps, in every month.

    A step that happens with chance p and size s multiplies E[X] by a(s) = 1 - p + p exp(s^2 / 2) and E[X^2] by a(2s).
    """
    drawn = drift.factors(np.random.default_rng(2), DRAWS, MONTHS)
    assert drawn.shape == (DRAWS, MONTHS) and drawn.min() > 0

    def a(s):
        return 1 - drift.steps + drift.steps * np.exp(s**2 / 2)

    variance = np.cumprod(a(2 * reach_of(drift)) / a(reach_of(drift)) ** 2) * np.exp(today_left(drift) ** 2) - 1
    mean, squares = off(drawn, 1), off((drawn - 1) ** 2, variance)
    print(f"drift: mean off by {mean:.2f}, variance by {squares:.2f} standard errors")
    assert mean < STANDARD_ERRORS
    assert squares < STANDARD_ERRORS


@pytest.mark.parametrize("drift", DRIFTS, ids=NAMES)
def test_the_logarithm_drifts_as_much_as_the_closed_form_says(drift):
    """Variance of the log: steps x sum of reach^2; correlation over a lag by what is kept of the earlier level."""
    level = np.log(drift.factors(np.random.default_rng(3), DRAWS, MONTHS))
    level -= level.mean(axis=0)
    variance = drift.steps * np.cumsum(reach_of(drift) ** 2) + today_left(drift) ** 2
    assert off(level**2, variance) < STANDARD_ERRORS
    kept = 0.5 ** (12 / (12 * drift.memory))  # over a year
    assert off(level[:, 12:] * level[:, :-12], kept * variance[:-12]) < STANDARD_ERRORS


def test_a_drift_that_never_fades_has_its_size_after_a_year():
    level = np.log(Drift(0.2, 1e9, 1.0).factors(np.random.default_rng(4), DRAWS, 25))
    assert level[:, [11, 23]].std(axis=0) == pytest.approx([0.2, 0.2 * 2**0.5], rel=0.01)


def test_rare_steps_are_rare_and_large():
    drift = Drift(0.3, 1e9, 0.02)
    level = np.log(drift.factors(np.random.default_rng(5), DRAWS, 2))
    moved = np.abs(level[:, 0] - np.median(level[:, 0])) > 1e-9
    assert off(moved.astype(float), 0.02) < STANDARD_ERRORS
    assert level[moved, 0].std() == pytest.approx(0.3 / (12 * 0.02) ** 0.5, rel=0.1)


def test_half_of_a_step_is_left_after_the_memory():
    """Half a year of memory: six months after a step, half of it; after a year, a quarter."""

    class Once:
        """Luck whose only step, of one SD, comes in the first month."""

        def random(self, shape):
            return np.zeros(shape)

        def standard_normal(self, shape):
            return np.eye(1, shape[1])

    drift = Drift(0.3, 0.5, 1.0)
    level = np.log(drift.factors(Once(), 1, MONTHS))[0] + np.cumsum(reach_of(drift) ** 2) / 2  # the mean's part
    assert level[0] == pytest.approx(0.3 / 12**0.5)
    assert level[[6, 12]] == pytest.approx(level[0] / np.array([2, 4]))


def test_no_drift_is_exactly_one():
    assert (Drift(0.0, 1.0, 0.5).factors(np.random.default_rng(6), 20, 5) == 1).all()
