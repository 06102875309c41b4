"""The pathways engine against four things that share no code with it.

An identity in every cell; the expected course (expectation.py); a plain second engine and an integral
(reference_engine.py); closed forms of chance. Then single lives by hand, and what keys of random numbers promise.
"""

from dataclasses import replace

import numpy as np
import pytest
from reference_engine import Case, chance_of_staying, early_days, passing, simulate
from scipy.integrate import quad

from forecast.months import month_edges, months_between
from forecast.pathways import calibration, engine
from forecast.pathways.calibration import Margins
from forecast.pathways.expectation import Cohorts, as_opening, entrant_cohorts, expect, opening_cohorts, survival, survivors
from forecast.pathways.hazards import Entrants, Hazards, Opening, Paths, Spread
from forecast.rates import Drift, Pooled

YEAR, ADULT = 365.25, 6574.5
LAC_AGES = np.array([0, 1, 5, 10, 16]) * YEAR
CP_AGES = np.concatenate([[-91.3125], LAC_AGES])
STANDARD_ERRORS = 4
COUNTS = ("stock", "starts", "ends", "days")


def run(case: Case, spread: Spread, seed: int = 2011, threads: int = 2) -> Paths:
    return engine.run(**vars(case), spread=spread, seed=seed, threads=threads)


def flat(case: Case, draws: int) -> Spread:
    return Spread.none(draws, *case.leave_lever.shape)


def cells_of(ages: np.ndarray, adult: float, each: list[int]) -> list[np.ndarray]:
    return [np.linspace(low, high, n + 1) for low, high, n in zip(ages, [*ages[1:], adult], each, strict=True)]


def open_children(children: int, points: int, ages: np.ndarray, adult: float, longest: float) -> Opening:
    """Points spread over every age and many durations."""
    luck = np.random.default_rng(7)
    age = np.sort(luck.uniform(ages[0], adult, points))
    return Opening(children, age, np.minimum(luck.exponential(longest / 2, points), age - ages[0]))


def lac_like(months: int) -> Case:
    """Five bands; a tenth of a borough."""
    per_day = np.outer([0.0030, 0.0022, 0.0018, 0.0014, 0.0011], [4.0, 1.0, 0.5])
    hazards = Hazards(LAC_AGES, ADULT, np.array([0, 14.0, 365.25]), per_day)
    wave = 1 + 0.3 * np.sin(np.arange(months))[:, None]
    starts = calibration.entrants(np.array([0.7, 0.7, 0.6, 0.9, 0.4]) * wave, cells_of(LAC_AGES, ADULT, [4, 4, 6, 8, 8]), 1.4)
    lever = np.ones((months, 5))
    lever[months // 2 :, 1:3] = 1.5
    edges = month_edges(months_between("2011-06", "2031-05")[:months])
    return Case(edges, hazards, open_children(20, 50, LAC_AGES, ADULT, 900), starts, lever, 200.0, np.array([28.0, 119, 302]), 183.0)


def cp_like(months: int) -> Case:
    """Six bands, the first unborn; leaving has two humps."""
    per_day = np.outer([1, 1, 1, 1.05, 1, 2.7], [0.0021, 0.0013, 0.0040, 0.0045, 0.0027])
    hazards = Hazards(CP_AGES, ADULT, np.array([0, 91.3125, 182.625, 365.25, 730.5]), per_day)
    wave = 1 + 0.2 * np.cos(np.arange(months))[:, None]
    mix = np.array([0.2, 0.9, 1.8, 1.5, 1.1, 0.2])
    starts = calibration.entrants(mix * wave, cells_of(CP_AGES, ADULT, [4, 4, 6, 8, 8, 8]), 2.0)
    opening = open_children(20, 50, CP_AGES, ADULT, 400)
    edges = month_edges(months_between("2011-06", "2031-05")[:months])
    return Case(edges, hazards, opening, starts, np.full((months, 6), 0.9), 120.0, np.array([91.0]), 183.0)


def small(months: int = 8) -> Case:
    """A childhood of 500 days, so that birthdays, reviews and leaving all crowd into eight months."""
    ages = np.array([-60.0, 0, 150])
    per_day = np.array([[0.010, 0.002, 0.006], [0.004, 0.012, 0.001], [0.002, 0.005, 0.003]])
    hazards = Hazards(ages, 500.0, np.array([0, 20.0, 75]), per_day)
    starts = np.array([0.5, 1.0, 1.6]) * np.linspace(0.6, 1.4, months)[:, None]
    lever = 1 + 0.4 * np.cos(np.arange(months * 3)).reshape(months, 3)
    edges = month_edges(months_between("2011-06", "2031-05")[:months])
    stream = calibration.entrants(starts, cells_of(ages, 500.0, [2, 3, 4]), 1.8)
    return Case(edges, hazards, open_children(9, 23, ages, 500.0, 120), stream, lever, 45.0, np.array([10.0, 40]), 25.0)


def everything_varies(case: Case, draws: int, seed: int = 5) -> Spread:
    """Drift, uncertain rates and demand, all on."""
    luck = np.random.default_rng(seed)
    months, bands = case.leave_lever.shape
    return Spread(
        Drift(0.4, 0.7, 0.2).factors(luck, draws, months),
        Drift(0.3, 1.5, 1.0).factors(luck, draws, months),
        Pooled(np.full(bands, 30.0), np.full(bands, 30.0)).factors(luck, draws),
        Pooled(np.full(bands, 25.0), np.full(bands, 25.0)).factors(luck, draws),
        luck.gamma(50, 1 / 50, (draws, months, bands)),
    )


def z_scores(mean, wanted, error) -> np.ndarray:
    """Differences in standard errors; 0 where nothing was expected and nothing came."""
    gap = np.asarray(mean) - wanted
    return np.divide(gap, error, out=np.where(gap == 0, 0.0, np.inf), where=np.asarray(error) > 0)


def errors(sample: np.ndarray) -> np.ndarray:
    """Standard error of the mean over draws."""
    return sample.std(axis=0, dtype=float) / np.sqrt(len(sample))


# --- a: the identity --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [lac_like(60), cp_like(60)], ids=["lac", "cp"])
def test_stock_is_previous_plus_starts_less_ends_in_every_cell(case):
    paths = run(case, everything_varies(case, 10_000))
    assert paths.stock.shape == (10_000, 60, case.hazards.age_from.size)
    assert paths.breaks() == 0
    assert paths.aged.sum(axis=2).any() == 0  # a birthday takes from one band what it gives to the next
    assert min(paths.stock.min(), paths.starts.min(), paths.ends.min(), paths.days.min(), paths.early_days.min()) >= -0.01
    assert (paths.early_days <= paths.days + 0.01).all()
    there_at_all = np.concatenate([paths.opening[:, None], paths.stock[:, :-1]], axis=1).sum(axis=2) + paths.starts.sum(axis=2)
    assert (paths.days.sum(axis=2) <= there_at_all * np.diff(case.month_from) + 0.1).all()
    assert (paths.opening.sum(axis=1) == case.opening.children).all()


def test_the_identity_notices_one_child():
    case = small()
    paths = run(case, flat(case, 50))
    for table in ("stock", "starts", "ends", "aged"):
        wrong = getattr(paths, table).copy()
        wrong[20, 3, 1] += 1
        # a wrong stock spoils its own month and the next; the flows only their own
        assert replace(paths, **{table: wrong}).breaks() == (2 if table == "stock" else 1)


# --- b: means against expectation and integrals -----------------------------------------------------------------------

DRAWS = 200_000


@pytest.fixture(scope="module", params=[lac_like, cp_like], ids=["lac", "cp"])
def measured(request):
    """A case of 24 months with means and standard errors over 200,000 draws."""
    case = request.param(24)
    paths = run(case, flat(case, DRAWS), seed=31)
    tables = {name: getattr(paths, name) for name in (*COUNTS, "reviews")} | {"early_days": paths.early_days.sum(axis=2)}
    return case, {name: (table.mean(axis=0, dtype=float), errors(table)) for name, table in tables.items()}


def test_every_cell_is_where_expectation_puts_it(measured):
    case, moments = measured
    cohorts = opening_cohorts(case.opening) + entrant_cohorts(case.month_from, case.entrants, nodes=12)
    course = expect(case.month_from, case.hazards, cohorts, case.entrants.expected, case.leave_lever)
    for name in COUNTS:
        mean, error = moments[name]
        # where few events came, chance is Poisson's at the expected number
        error = np.maximum(error, np.sqrt(getattr(course, name) / DRAWS)) if name in ("starts", "ends") else error
        worst = np.abs(z_scores(mean, getattr(course, name), error)).max()
        print(f"{name}: max |z| {worst:.2f} of {mean.size} cells")
        assert worst < STANDARD_ERRORS, name


def test_reviews_and_early_days_are_where_the_integral_puts_them(measured):
    case, moments = measured
    year = replace(case, month_from=case.month_from[:13])  # the first year knows nothing of the second
    dues = [*case.review_at, *np.arange(case.review_at[-1] + case.review_every, ADULT, case.review_every)]
    wanted = {"reviews": sum(passing(year, due) for due in dues), "early_days": early_days(year, step=5)}
    for name, months in wanted.items():
        mean, error = moments[name]
        worst = np.abs(z_scores(mean[:12], months, error[:12])).max()
        print(f"{name}: max |z| {worst:.2f} of 12 months")
        assert worst < STANDARD_ERRORS, name
