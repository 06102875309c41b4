"""Figures over the draws and their Monte Carlo errors: by hand, in closed form, and against repeated simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecast.questions.compare import QUANTILES, difference, error_of_mean, error_of_quantile, quantiles, summary

POUNDS = st.floats(-1e6, 1e6)
DRAWS = arrays(float, st.integers(1, 30), elements=POUNDS)
ROUNDING = 1e-6  # pounds
RUNS, SIZE = 4_000, 400
NORMAL_AT_P90 = 0.17549833  # density of the standard normal at its 90th percentile, 1.28155


def test_a_summary_by_hand():
    # 0 to 10 in steps of 1: a tenth of the way is 1, half 5, nine tenths 9
    assert summary(np.arange(11.0)[::-1]) == {"mean": 5, "p10": 1, "p50": 5, "p90": 9}


@given(DRAWS)
def test_a_summary_is_in_order_and_inside_the_draws(draws):
    held = summary(draws)
    rising = [draws.min(), held["p10"], held["p50"], held["p90"], draws.max()]
    assert (np.diff(rising) >= -ROUNDING).all()
    assert draws.min() - ROUNDING <= held["mean"] <= draws.max() + ROUNDING


def test_a_difference_is_taken_draw_by_draw():
    # Draw by draw 10 more, -10 more, 0: the quantiles of the two are the same, those of the difference are not
    central, scenario = np.array([100.0, 200.0, 150.0]), np.array([110.0, 190.0, 150.0])
    held = difference(scenario, central)
    assert held["mean"] == 0
    assert (held["p10"], held["p50"], held["p90"]) == pytest.approx((-8, 0, 8))


@given(DRAWS, POUNDS)
def test_a_constant_difference_has_no_spread(draws, step):
    held = difference(draws + step, draws)
    assert list(held.values()) == pytest.approx([step] * 4, abs=ROUNDING)
    assert list(difference(draws, draws).values()) == [0] * 4


def test_the_error_of_the_mean_by_hand():
    # 2, 4, 4, 4, 5, 5, 7, 9: SD 2, over the root of 8
    assert error_of_mean(np.array([2.0, 4, 4, 4, 5, 5, 7, 9])) == pytest.approx(2 / 8**0.5)


def test_the_error_of_the_mean_is_how_far_repeated_runs_differ():
    """Gamma of shape 4 and scale 100 has SD 200: over 400 draws the mean has an error of 10."""
    runs = np.random.default_rng(2).gamma(4, 100, (RUNS, SIZE))
    assert np.std(runs.mean(axis=1)) == pytest.approx(10, rel=0.04)
    assert np.mean([error_of_mean(run) for run in runs]) == pytest.approx(10, rel=0.01)


def test_the_error_of_p90_is_how_far_repeated_runs_differ():
    """Closed form: sqrt(0.9 x 0.1 / n) / density = 0.3 / 20 / 0.1755 = 0.0855 SD for 400 draws of a normal."""
    runs = np.random.default_rng(3).normal(size=(RUNS, SIZE))
    expected = np.sqrt(0.09 / SIZE) / NORMAL_AT_P90
    assert np.std(np.quantile(runs, 0.9, axis=1)) == pytest.approx(expected, rel=0.04)
    assert np.mean([error_of_quantile(run, 0.9) for run in runs]) == pytest.approx(expected, rel=0.04)


def test_the_error_of_p90_falls_with_the_root_of_the_draws():
    """Four times the draws, half the error: 0.0855 to 0.0427 SD."""
    draws = np.random.default_rng(4).normal(size=(500, 4 * SIZE))
    few, many = (np.mean([error_of_quantile(run[:n], 0.9) for run in draws]) for n in (SIZE, 4 * SIZE))
    assert few / many == pytest.approx(2, rel=0.1)


def test_draws_that_do_not_vary_have_no_error():
    assert error_of_mean(np.full(50, 7.0)) == 0
    assert error_of_quantile(np.full(50, 7.0), 0.9) == 0
    assert error_of_quantile(np.array([7.0]), 0.9) == 0


@pytest.mark.parametrize("draws", [1, 2, 3, 10, 101, 4096])
def test_quantiles_are_numpys_to_the_bit(draws):
    """Of whole numbers and of pounds, ties among them."""
    some = np.random.default_rng(draws)
    for values in (some.integers(0, 20, draws).astype(np.int16), some.normal(1e6, 1e5, draws)):
        assert np.array_equal(quantiles(values), np.quantile(values, list(QUANTILES.values())))
