"""The engine on the reference case: identities, an independent expectation, threads, common random numbers."""

from dataclasses import replace

import numpy as np
import pytest

from conftest import slough_base
from forecast.case.months import month_edges, months_between
from forecast.demand import caseload
from forecast.demand.pathways.expectation import entrant_cohorts, expect, opening_cohorts
from forecast.demand.pathways.hazards import Spread

LONG = months_between("2011-06", "2016-05")  # 60 months
YEAR = LONG[:12]


@pytest.fixture(scope="module")
def base():
    return slough_base(400, 2011)


def ready(base, group: str, months: list[str]):
    """One group with its central starts held level over the months."""
    fit, norms = getattr(base, group), base.norms[group]
    starts = np.tile(base.streams[group].expected.mean(axis=0), (len(months), 1))
    return fit, norms, caseload.master_stream(fit, starts, norms.family), starts


def live(base, group, months, draws, seed=7, starts_times=1.0, threads=2, spread=None):
    fit, norms, stream, starts = ready(base, group, months)
    spread = spread or Spread.none(draws, len(months), starts.shape[1])
    return caseload.simulate(
        fit, norms, stream, starts * starts_times, spread, np.ones(starts.shape), months, seed, threads
    )


@pytest.mark.parametrize("group", ["lac", "cp"])
def test_no_identity_breaks_in_ten_thousand_draws_of_sixty_months(base, group):
    fit, _, _, _ = ready(base, group, LONG)
    spread = caseload.practice(fit, 10_000, len(LONG), lambda name: np.random.default_rng(len(name)))
    assert live(base, group, LONG, 10_000, spread=spread).breaks() == 0


def test_the_identity_check_can_fail(base):
    paths = live(base, "lac", YEAR, 50)
    stock = paths.stock.copy()
    stock[3, 5, 2] += 1
    assert replace(paths, stock=stock).breaks() == 2


@pytest.mark.parametrize("group", ["lac", "cp"])
def test_means_agree_with_the_expectation(base, group):
    """Every cell of stock, starts, ends and child-days within 4 Monte Carlo standard errors of 60,000 draws."""
    fit, _, stream, starts = ready(base, group, YEAR)
    edges = month_edges(YEAR)
    cohorts = opening_cohorts(fit.opening) + entrant_cohorts(edges, stream, nodes=3)
    exact = expect(edges, fit.hazards, cohorts, starts, np.ones(starts.shape))
    paths = live(base, group, YEAR, 60_000, seed=31)
    for name in ("stock", "starts", "ends", "days"):
        drawn, wanted = getattr(paths, name), getattr(exact, name)
        mean = drawn.mean(axis=0, dtype=np.float64)
        error = drawn.std(axis=0, dtype=np.float64) / np.sqrt(len(drawn))
        off = np.abs(mean - wanted) / np.maximum(error, 1e-6)
        assert off.max() < 4, (name, np.unravel_index(off.argmax(), off.shape), off.max())


def test_the_expectation_test_can_fail(base):
    fit, _, stream, starts = ready(base, "lac", YEAR)
    edges = month_edges(YEAR)
    faster = fit.hazards.times(np.full(starts.shape[1], 1.02))
    wrong = expect(
        edges,
        faster,
        opening_cohorts(fit.opening) + entrant_cohorts(edges, stream, nodes=3),
        starts,
        np.ones(starts.shape),
    )
    paths = live(base, "lac", YEAR, 50_000, seed=31)
    error = paths.stock.std(axis=0) / np.sqrt(len(paths.stock))
    assert (np.abs(paths.stock.mean(axis=0) - wrong.stock) / error).max() > 4


def test_the_same_numbers_on_any_number_of_threads(base):
    one, two = (live(base, "cp", LONG, 400, threads=threads) for threads in (1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(vars(one).values(), vars(two).values(), strict=True))


def test_the_first_draws_do_not_depend_on_how_many_there_are(base):
    few, many = (live(base, "lac", YEAR, draws) for draws in (100, 300))
    pairs = zip(vars(few).values(), vars(many).values(), strict=True)
    assert all(np.array_equal(a, b[:100]) for a, b in pairs if a is not None)


def test_a_higher_rate_adds_children_and_moves_none(base):
    low, high = (live(base, "cp", LONG, 500, starts_times=times) for times in (0.9, 1.0))
    assert (low.starts <= high.starts).all() and (low.starts < high.starts).any()


@pytest.mark.parametrize("lever", [0.98, 0.95])
def test_common_random_numbers_cut_the_variance_of_a_difference_fifty_fold(base, lever):
    """Child-days of the first year under one lever on LAC starts, against the central path."""
    central, other, apart = (
        live(base, "lac", YEAR, 4000, seed=seed, starts_times=times).days.sum(axis=(1, 2), dtype=np.float64)
        for seed, times in ((7, 1.0), (7, lever), (8, lever))
    )
    ratio = (apart - central).var() / (other - central).var()
    print(f"lever {lever}: independent variance over common {ratio:.0f}")
    assert ratio > 50
