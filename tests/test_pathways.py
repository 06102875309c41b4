"""The pathways engine against four things that share no code with it.

An identity in every cell; the expected course (expectation.py); a plain second engine and an integral
(reference_engine.py); closed forms of chance. Then single lives by hand, and what keys of random numbers promise.
"""

from dataclasses import replace

import numpy as np
import pytest
from reference_engine import Case, chance_of_staying, early_days, passing, simulate
from scipy.integrate import quad

from forecast.case.months import month_edges, months_between
from forecast.demand.pathways import calibration, engine
from forecast.demand.pathways.calibration import Margins
from forecast.demand.pathways.expectation import (
    Cohorts,
    as_opening,
    entrant_cohorts,
    expect,
    opening_cohorts,
    survival,
    survivors,
)
from forecast.demand.pathways.hazards import Entrants, Hazards, Opening, Paths, Spread
from forecast.demand.rates import Pooled

YEAR, ADULT = 365.25, 6574.5
LAC_AGES = np.array([0, 1, 5, 10, 16]) * YEAR
CP_AGES = np.concatenate([[-91.3125], LAC_AGES])
STANDARD_ERRORS = 4
COUNTS = ("stock", "starts", "ends", "days")


def run(case: Case, spread: Spread, seed: int = 2011, threads: int = 2) -> Paths:
    return engine.run(**ready(case), spread=spread, seed=seed, threads=threads)


def ready(case: Case) -> dict:
    """The case as the engine takes it: with an edge of the hazards where days are counted apart."""
    return vars(case) | {"hazards": case.hazards.with_break(case.early_days)}


def tables_of(paths: Paths) -> list[np.ndarray]:
    return [table for table in vars(paths).values() if table is not None]


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
    starts = calibration.entrants(
        np.array([0.7, 0.7, 0.6, 0.9, 0.4]) * wave, cells_of(LAC_AGES, ADULT, [4, 4, 6, 8, 8]), 1.4
    )
    lever = np.ones((months, 5))
    lever[months // 2 :, 1:3] = 1.5
    edges = month_edges(months_between("2011-06", "2031-05")[:months])
    return Case(
        edges,
        hazards,
        open_children(20, 50, LAC_AGES, ADULT, 900),
        starts,
        lever,
        200.0,
        np.array([28.0, 119, 302]),
        183.0,
    )


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
    """Practice that walks, uncertain rates and demand, all on."""
    luck = np.random.default_rng(seed)
    months, bands = case.leave_lever.shape
    walks = (np.cumsum(luck.normal(0, sd, (draws, months)), axis=1) for sd in (0.1, 0.08))
    return Spread(
        *(np.exp(walk) for walk in walks),
        Pooled(np.full(bands, 30.0), np.full(bands, 30.0)).factors(luck, draws),
        Pooled(np.full(bands, 25.0), np.full(bands, 25.0)).factors(luck, draws),
        luck.gamma(50, 1 / 50, (draws, months, bands)),
    )


def tilted(spread: Spread) -> Spread:
    """The same, with every factor also higher in one band or month than in another: ignoring one moves a mean."""
    tables = {}
    for (name, table), (low, high) in zip(
        vars(spread).items(), [(0.7, 1.5), (1.4, 0.6), (1.5, 0.8), (0.6, 1.6), (1.3, 0.7)], strict=True
    ):
        tables[name] = table * np.linspace(low, high, table.shape[1]).reshape(-1, *[1] * (table.ndim - 2))
    tables["demand"] = tables["demand"] * [0.7, 1.0, 1.3]
    return Spread(**tables)


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
    assert (
        min(paths.stock.min(), paths.starts.min(), paths.ends.min(), paths.days.min(), paths.early_days.min()) >= -0.01
    )
    assert (paths.early_days <= paths.days + 0.01).all()
    there_at_all = np.concatenate([paths.opening[:, None], paths.stock[:, :-1]], axis=1).sum(axis=2) + paths.starts.sum(
        axis=2
    )
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
    tables = {name: getattr(paths, name) for name in (*COUNTS, "reviews")} | {
        "early_days": paths.early_days.sum(axis=2)
    }
    return case, {name: (table.mean(axis=0, dtype=float), errors(table)) for name, table in tables.items()}


def expected(case: Case):
    """The expected course on a fine grid of ages, for a birthday moves a child at once. Primes keep step with no month."""
    edges = cells_of(case.hazards.age_from, ADULT, [17, 23, 29, 37, 43, 61][-case.hazards.age_from.size :])
    fine = calibration.entrants(case.entrants.expected, edges)
    cohorts = opening_cohorts(case.opening) + entrant_cohorts(case.month_from, fine, nodes=12)
    return expect(case.month_from, case.hazards, cohorts, case.entrants.expected, case.leave_lever)


def test_every_cell_is_where_expectation_puts_it(measured):
    case, moments = measured
    course = expected(case)
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
    wanted = {"reviews": sum(passing(year, due) for due in dues), "early_days": early_days(year, step=2)}
    for name, months in wanted.items():
        mean, error = moments[name]
        worst = np.abs(z_scores(mean[:12], months, error[:12])).max()
        print(f"{name}: max |z| {worst:.2f} of 12 months")
        assert worst < STANDARD_ERRORS, name


def test_leaving_at_one_rate_by_hand():
    """Everyone leaves at h a day, s start a day: n e^(-ht) + s (1 - e^(-ht)) / h are there after t days."""
    h, s, n = 0.01, 0.4, 30
    edges = np.array([0.0, 10, 30, 60, 100])
    stream = Entrants(s * np.diff(edges)[:, None], np.zeros(1, int), np.zeros(1), np.array([1_000.0]), 1.0)
    hazards = Hazards(np.zeros(1), ADULT, np.zeros(1), np.array([[h]]))
    case = Case(
        edges,
        hazards,
        Opening(n, np.array([500.0]), np.array([400.0])),
        stream,
        np.ones((4, 1)),
        50.0,
        np.array([20.0]),
        1e5,
    )
    paths = run(case, flat(case, 20_000), seed=4)
    gone = 1 - np.exp(-h * edges[1:])
    stock = n * (1 - gone) + s / h * gone
    held = np.diff((n - s / h) / h * (1 - np.exp(-h * edges)) + s / h * edges)
    # Within 50 days of the start: those who started in the last 50 days; all of them until day 50, then a steady number
    early = np.where(edges < 50, s / h * (edges - (1 - np.exp(-h * edges)) / h), np.nan)
    at_50 = s / h * (50 - (1 - np.exp(-h * 50)) / h)
    early[3:] = at_50 + s / h * (1 - np.exp(-h * 50)) * (edges[3:] - 50)
    # The review of day 20 falls due for those who started 20 days ago and stayed: s e^(-20h) a day from day 20 on
    reviews = s * np.exp(-20 * h) * np.diff(np.maximum(edges - 20, 0))
    for name, wanted in {"stock": stock, "days": held, "early_days": np.diff(early), "reviews": reviews}.items():
        sample = getattr(paths, name).reshape(20_000, 4)
        assert np.abs(z_scores(sample.mean(axis=0, dtype=float), wanted, errors(sample))).max() < STANDARD_ERRORS, name


# --- c: the second engine, and the spread of clusters -----------------------------------------------------------------


def test_the_second_engine_agrees():
    """Every table of both engines, in mean and in mean square, with families, drift, demand and uncertain rates."""
    case = small()
    spread = tilted(everything_varies(case, 1_500))
    paths, plain = run(case, spread, seed=77), simulate(case, spread, seed=78)
    worst = {}
    for name, table in plain.items():
        ours = getattr(paths, name).astype(float)
        assert ours.shape == table.shape
        total = [t.reshape(1_500, -1).sum(axis=1, keepdims=True) for t in (ours, table)]
        gaps = [ours - table, ours**2 - table**2, total[0] ** 2 - total[1] ** 2]  # same spread, other luck: pairs
        worst[name] = max(np.abs(z_scores(gap.mean(axis=0), 0, errors(gap))).max() for gap in gaps)
        assert table.any()
    print("second engine: max |z|", {name: round(float(z), 2) for name, z in worst.items()})
    assert max(worst.values()) < STANDARD_ERRORS


def test_families_spread_the_starts_as_the_closed_form_says():
    """Families are Poisson, children of a family geometric with mean m: variance of all starts = mean x (2m - 1).

    Of a band with share s of a family's children and rate c of families: c (m s (1 - s) + m (2m - 1) s^2).
    Two bands share the families below both rates: covariance = min(c, c') x 2m (m - 1) s s'.
    """
    case = cp_like(6)
    m, share = 2.0, case.entrants.master_share(6)
    even = replace(case, entrants=replace(case.entrants, expected=np.outer([1, 2, 3, 4, 5, 6], share)))
    total = run(even, flat(even, 50_000), seed=6).starts.sum(axis=2)
    assert_variance(total, np.arange(1, 7) * (2 * m - 1))
    starts = run(case, flat(case, 50_000), seed=7).starts
    families = case.entrants.expected / share / m
    assert_variance(starts, families * (m * share * (1 - share) + m * (2 * m - 1) * share**2))
    young, old = starts[:, :, 1], starts[:, :, 4]
    both = (young - young.mean(axis=0)) * (old - old.mean(axis=0))
    wanted = np.minimum(families[:, 1], families[:, 4]) * 2 * m * (m - 1) * share[1] * share[4]
    assert np.abs(z_scores(both.mean(axis=0), wanted, errors(both))).max() < STANDARD_ERRORS


def assert_variance(sample: np.ndarray, wanted: np.ndarray) -> None:
    squares = (sample - sample.mean(axis=0, dtype=float)) ** 2
    assert np.abs(z_scores(squares.mean(axis=0), wanted, errors(squares))).max() < STANDARD_ERRORS


# --- d: single lives by hand ------------------------------------------------------------------------------------------

EDGES = np.array([0.0, 31, 59, 90])  # three months of 31, 28 and 31 days
AGES = np.array([-91.0, 0, 365])
NOBODY = Entrants(np.zeros((3, 3)), np.arange(3), np.array([-91.0, 0, 365]), np.array([0.0, 365, 6_574]), 1.0)


def lone(age: float, duration: float = 0.0, children: int = 1, **changes) -> Case:
    """Children of one age, who stay until 18 unless told."""
    never = Hazards(AGES, ADULT, np.array([0.0, 100]), np.zeros((3, 2)))
    opening = Opening(children, np.array([age]), np.array([duration]))
    case = Case(EDGES, never, opening, NOBODY, np.ones((3, 3)), 40.0, np.array([28.0, 119]), 183.0)
    return replace(case, **changes)


def live(case: Case, draws: int = 3) -> Paths:
    """Run, and check that no draw differs from the first by more than a minute: nothing here is left to chance."""
    paths = run(case, flat(case, draws))
    assert paths.breaks() == 0
    assert all(np.abs(table - table[0]).max() < 1 / 1440 for table in tables_of(paths))
    return paths


def leave_at_once(at_band: int | None = None, at_segment: int | None = None) -> Hazards:
    """A hazard so high that nobody stays a minute, in one band or segment or in all."""
    per_day = np.zeros((3, 2))
    per_day[slice(None) if at_band is None else at_band, slice(None) if at_segment is None else at_segment] = 1e9
    return Hazards(AGES, ADULT, np.array([0.0, 100]), per_day)


@pytest.mark.parametrize(("birthday", "month"), [(10, 0), (31, 1), (59, 2), (60.5, 2)])
def test_a_child_leaves_on_the_18th_birthday(birthday, month):
    """Also on the first moment of a month (DESIGN 4c): there at the end of the month before, gone in the new one."""
    paths = live(lone(ADULT - birthday))
    assert paths.ends[0].tolist() == [[0, 0, int(m == month)] for m in range(3)]
    assert paths.stock[0, :, 2].tolist() == [int(m < month) for m in range(3)]
    assert paths.days[0, :, 2].tolist() == np.diff(np.minimum(EDGES, birthday)).tolist()


def test_an_18th_birthday_at_the_horizon_has_not_come_yet():
    for age in (ADULT - 90, ADULT - 90 - 1e-9):
        paths = live(lone(age))
        assert paths.ends.sum() == 0 and paths.stock[0, :, 2].tolist() == [1, 1, 1]
        assert paths.days[0, :, 2].tolist() == [31, 28, 31]


@pytest.mark.parametrize("age", [ADULT, np.nextafter(ADULT, 0), ADULT - 1e-6])
def test_a_child_about_to_turn_18_leaves_in_the_first_month(age):
    paths = live(lone(age))
    assert paths.opening[0].tolist() == [0, 0, 1]
    assert paths.ends[0, 0].tolist() == [0, 0, 1] and paths.stock.sum() == 0
    assert paths.days.sum() == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("day", [5, 31, 59, 90])
def test_an_unborn_child_is_born(day):
    paths = live(lone(-float(day)))
    month = np.searchsorted(EDGES, day, side="right") - 1
    born = [[-int(m == month), int(m == month), 0] for m in range(3)]  # on day 90, the horizon, not yet
    assert paths.aged[0].tolist() == born
    assert paths.stock[0].tolist() == [[int(m < month), int(m >= month), 0] for m in range(3)]
    assert paths.days[0, :, 0].tolist() == np.diff(np.minimum(EDGES, day)).tolist()
    assert paths.days[0, :, 1].tolist() == np.diff(np.maximum(EDGES, day)).tolist()
    assert paths.ends.sum() == 0


def test_without_a_hazard_all_stay():
    paths = live(lone(400, children=7))
    assert paths.stock[0, :, 2].tolist() == [7, 7, 7]
    assert paths.ends.sum() == 0 and paths.starts.sum() == 0


def test_with_an_enormous_hazard_none_stays():
    starts = replace(NOBODY, expected=np.full((3, 3), 4.0))
    case = lone(400, children=7, hazards=leave_at_once(), entrants=starts)
    paths = run(case, flat(case, 200))
    assert paths.breaks() == 0 and paths.stock.sum() == 0 and paths.reviews.sum() == 0
    assert (paths.ends.sum(axis=(1, 2)) == 7 + paths.starts.sum(axis=(1, 2))).all()
    assert (paths.ends[:, 1:] == paths.starts[:, 1:]).all() and paths.starts.sum() > 0
    assert paths.days.max() < 1e-3


def test_with_nobody_nothing_happens():
    paths = live(lone(400, children=0))
    assert not any(table.any() for table in tables_of(paths))


def test_starts_without_an_opening_stock_begin_from_nothing():
    case = lone(400, children=0, entrants=replace(NOBODY, expected=np.array([[0, 0, 0], [0, 9.0, 0], [0, 0, 0]])))
    paths = run(case, flat(case, 500))
    assert paths.stock[:, 0].sum() == 0 and paths.opening.sum() == 0
    assert paths.starts[:, [0, 2]].sum() == 0 and paths.starts[:, :, [0, 2]].sum() == 0
    assert paths.starts[:, 1, 1].mean() == pytest.approx(9, abs=STANDARD_ERRORS * (9 / 500) ** 0.5)


def test_a_birthday_and_a_change_of_hazard_at_the_same_moment():
    """First birthday on day 20, 100 days after the start, early until then too: leaves from the new band at once."""
    everything_at_once = lone(365 - 20, duration=80, hazards=leave_at_once(2, 1), early_days=100.0)
    paths = live(everything_at_once)
    assert paths.aged[0, 0].tolist() == [0, -1, 1]
    assert paths.ends[0, 0].tolist() == [0, 0, 1]
    assert paths.days[0, 0] == pytest.approx([0, 20, 0], abs=1e-4)
    assert paths.early_days[0, 0] == pytest.approx([0, 20, 0], abs=1e-4)
    for elsewhere in ((1, 1), (2, 0)):  # the old band with the new duration, and the other way round: neither lasts
        kept = live(replace(everything_at_once, hazards=leave_at_once(*elsewhere)))
        assert kept.ends.sum() == 0 and kept.stock[0, :, 2].tolist() == [1, 1, 1]


def test_a_hazard_switched_off_by_a_lever_waits_for_the_month_that_switches_it_on():
    case = lone(400, hazards=leave_at_once(), leave_lever=np.array([[0.0], [0], [1]]) * np.ones(3))
    paths = live(case)
    assert paths.ends[0, :, 2].tolist() == [0, 0, 1]
    assert paths.days[0, :, 2] == pytest.approx([31, 28, 0], abs=1e-4)


@pytest.mark.parametrize(
    ("duration", "reviews"),
    [
        (0, [1, 0, 0]),  # due on day 28, then 119
        (28, [0, 0, 0]),  # was due the moment before the count began; next on day 91
        (27, [1, 0, 0]),  # due tomorrow; next on day 92
        (119 - 31, [0, 1, 0]),  # due on the first moment of the second month
        (119 - 59, [0, 0, 1]),
        (119 - 90, [0, 0, 0]),  # due at the horizon: not yet
        (119 + 183 - 45, [0, 1, 0]),  # every 183 days after the second
        (119 + 183 * 20 - 60, [0, 0, 1]),
    ],
)
def test_reviews_fall_due(duration, reviews):
    assert live(lone(5_000, duration=float(duration))).reviews[0].tolist() == reviews


def test_a_review_due_as_the_child_leaves_is_held_and_one_due_after_is_not():
    at_18 = live(lone(ADULT - 28))
    assert at_18.reviews[0].tolist() == [1, 0, 0] and at_18.ends[0, 0, 2] == 1
    assert live(lone(ADULT - 27.999)).reviews.sum() == 0


@pytest.mark.parametrize(
    ("early", "duration", "days"),
    [
        (40, 0, [31, 9, 0]),
        (40, 9, [31, 0, 0]),  # the end of the early days falls on a month's end
        (40, 40, [0, 0, 0]),
        (100, 60, [31, 9, 0]),  # a duration edge as well
        (0, 0, [0, 0, 0]),
        (1e6, 5, [31, 28, 31]),
    ],
)
def test_early_days_of_those_open(early, duration, days):
    assert live(lone(5_000, duration=float(duration), early_days=float(early))).early_days[0, :, 2].tolist() == days


def test_no_day_is_early_if_early_is_nothing():
    """Child protection plans have no proceedings: early days of length 0."""
    case = replace(small(), early_days=0.0)
    paths = run(case, flat(case, 200))
    assert paths.days.sum() > 0 and paths.early_days.sum() == 0


def test_opening_children_stand_at_equally_likely_points():
    """Each point the same number of times on average, and in every draw as evenly as whole children allow."""
    ages = np.linspace(10, 6_000, 12)
    case = lone(
        0,
        children=5,
        opening=Opening(5, ages, np.zeros(12)),
        hazards=Hazards(ages, ADULT, np.zeros(1), np.zeros((12, 1))),
    )
    case = replace(case, entrants=replace(NOBODY, expected=np.zeros((3, 12))), leave_lever=np.ones((3, 12)))
    opening = run(case, flat(case, 20_000)).opening
    assert opening.sum(axis=1).tolist() == [5] * 20_000 and opening.max() == 1
    assert np.abs(z_scores(opening.mean(axis=0), 5 / 12, errors(opening))).max() < STANDARD_ERRORS
    held = np.cumsum(opening, axis=1)
    assert np.abs(held - 5 * np.arange(1, 13) / 12).max() <= 1


def test_a_run_that_outgrows_its_room_stops(monkeypatch):
    monkeypatch.setattr(engine, "_room", lambda *_: 12)
    with pytest.raises(OverflowError, match="more than 12 children"):
        run(small(), flat(small(), 4))


def test_more_children_than_two_bytes_count():
    paths = live(lone(400, children=40_000), draws=1)
    assert paths.stock[0, :, 2].tolist() == [40_000] * 3 and paths.opening.sum() == 40_000


def test_starts_in_a_band_without_a_cell_never_run():
    """They would be lost without a word."""
    older = Entrants(np.full((3, 3), 4.0), np.array([1, 2]), np.array([0.0, 365]), np.array([365.0, 6_574]), 1.0)
    with pytest.raises(ValueError, match=r"age bands \[0\], of which the master stream has no cell"):
        run(lone(400, entrants=older), flat(lone(400), 2))


# --- e: keys of random numbers ----------------------------------------------------------------------------------------


def same(one: Paths, other: Paths) -> bool:
    return all(a.tobytes() == b.tobytes() for a, b in zip(tables_of(one), tables_of(other), strict=True))


def first(paths: Paths, draws: int) -> Paths:
    return Paths(*(table[:draws] for table in tables_of(paths)))


def test_the_number_of_threads_changes_nothing():
    case = small()
    spread = everything_varies(case, 1_001)
    once, twice = run(case, spread, threads=1), run(case, spread, threads=1)
    assert same(once, twice)
    assert all(same(once, run(case, spread, threads=threads)) for threads in (2, 3))


def test_the_first_draws_do_not_depend_on_how_many_there_are():
    case = small()
    spread = everything_varies(case, 900)
    few = Spread(*(part[:13] for part in vars(spread).values()))
    assert same(first(run(case, spread), 13), run(case, few, threads=3))


def test_other_seeds_and_other_draws_are_other_children():
    case = small()
    tables = [run(case, flat(case, 400), seed=seed).days.sum(axis=2) for seed in (0, 1, 2**40)]
    rows = np.concatenate(tables)
    assert len(np.unique(rows, axis=0)) == len(rows)
    apart = np.corrcoef([table.sum(axis=1) for table in tables])[np.triu_indices(3, 1)]
    next_door = np.corrcoef(tables[0][:-1].sum(axis=1), tables[0][1:].sum(axis=1))[0, 1]
    assert max(*np.abs(apart), abs(next_door)) < STANDARD_ERRORS / 400**0.5


# --- f: common random numbers -----------------------------------------------------------------------------------------


def with_starts(case: Case, lever: float) -> Case:
    return replace(case, entrants=replace(case.entrants, expected=case.entrants.expected * lever))


@pytest.mark.parametrize("case", [lac_like(24), cp_like(24), small()], ids=["lac", "cp", "small"])
def test_fewer_starts_are_the_same_children_but_some(case):
    spread = everything_varies(case, 1_000)
    more, fewer = run(case, spread), run(with_starts(case, 0.9), spread)
    for table in ("stock", "starts", "ends", "reviews"):
        assert (getattr(fewer, table) <= getattr(more, table)).all(), table
    for table in ("days", "early_days"):
        assert (getattr(fewer, table) <= getattr(more, table) + 0.01).all(), table
    share = fewer.starts.sum() / more.starts.sum()
    assert share == pytest.approx(0.9, abs=0.01) and (fewer.starts < more.starts).any()
    # One band's lever leaves every other band's starts alone
    one = case.entrants.expected * np.where(np.arange(case.leave_lever.shape[1]) == 1, 0.8, 1.0)
    banded = run(replace(case, entrants=replace(case.entrants, expected=one)), spread).starts
    others = np.arange(case.leave_lever.shape[1]) != 1
    assert (banded[:, :, others] == more.starts[:, :, others]).all() and (banded <= more.starts).all()
    assert (banded < more.starts).any()


def test_a_scenario_is_compared_on_the_same_children():
    """Variance of the difference of total child-days: other seeds over the same seed, starts lowered a little."""
    case, draws = lac_like(36), 4_000
    spread = flat(case, draws)
    total = {
        lever: run(with_starts(case, lever), spread, seed=1).days.sum(axis=(1, 2))
        for lever in (1, 0.98, 0.95, 0.9, 0.85)
    }
    ratio = {}
    for lever in (0.98, 0.95, 0.9, 0.85):
        apart = run(with_starts(case, lever), spread, seed=2).days.sum(axis=(1, 2))
        ratio[lever] = (total[1] - apart).var() / (total[1] - total[lever]).var()
    print("variance ratio of differences:", {lever: round(float(times), 1) for lever, times in ratio.items()})
    assert ratio[0.98] > 50 and ratio[0.95] > 20
    assert ratio[0.98] > ratio[0.95] > ratio[0.9] > ratio[0.85] > 1


def test_leaving_sooner_moves_the_same_children():
    """A lever on leaving starts nobody, and nobody stays longer."""
    case = lac_like(24)
    spread = everything_varies(case, 500)
    later, sooner = run(case, spread), run(replace(case, leave_lever=case.leave_lever * 1.2), spread)
    assert (sooner.starts == later.starts).all() and (sooner.opening == later.opening).all()
    assert (sooner.stock <= later.stock).all() and (sooner.stock < later.stock).any()
    assert (sooner.days <= later.days + 0.01).all()


# --- i: survival and calibration --------------------------------------------------------------------------------------


def known(bands: int, per_duration, ages=LAC_AGES, edges=(0, 14.0, 365.25)) -> Hazards:
    level = np.array([1.0, 1.3, 1.2, 0.8, 0.6, 0.9])[:bands]
    return Hazards(ages, ADULT, np.array(edges), np.outer(level, per_duration))


@pytest.mark.parametrize(
    ("age", "duration", "until"),
    [
        (0, 0, 10),
        (0, 0, 5_000),
        (300, 13.9, 400),
        (6_000, 200, 574),
        (6_000, 200, 575),
        (5_000, 3_000, 1_000),
        (1_826.25, 14, 1),
    ],
)
def test_survival_is_the_integral_of_the_hazard(age, duration, until):
    hazards = known(5, [0.009, 0.002, 0.0007])

    def hazard(time):
        band = np.searchsorted(LAC_AGES, age + time, side="right") - 1
        return hazards.per_day[band, np.searchsorted(hazards.duration_from, duration + time, side="right") - 1]

    breaks = [edge for edge in (*(LAC_AGES - age), *(hazards.duration_from - duration)) if 0 < edge < until]
    lost = quad(hazard, 0, until, points=sorted(breaks) or None, limit=200, epsabs=1e-12)[0]
    cohort = Cohorts(np.zeros(1), np.array([float(age)]), np.array([float(duration)]), np.array([2.0]))
    wanted = np.exp(-lost) if age + until < ADULT else 0.0
    assert survival(hazards, cohort, until) == pytest.approx(wanted, rel=1e-9)
    later = survivors(hazards, cohort, until)
    assert (later.age, later.duration) == (age + until, duration + until)
    assert later.weight == pytest.approx(2 * wanted, rel=1e-9)


def test_survival_and_the_reference_integral_agree():
    case = replace(lac_like(24), leave_lever=np.ones((24, 5)))
    cohorts = opening_cohorts(case.opening)
    ours = survival(case.hazards, cohorts, 500.0)
    assert ours == pytest.approx(chance_of_staying(case, 0.0, case.opening.age, case.opening.duration, 500.0), rel=1e-9)


def test_equally_likely_points_keep_the_shape_of_cohorts():
    luck = np.random.default_rng(3)
    cohorts = Cohorts(np.zeros(300), luck.uniform(0, ADULT, 300), luck.exponential(400, 300), luck.gamma(0.5, 1, 300))
    points = as_opening(cohorts, 176, 8_192)
    assert points.children == 176 and (np.diff(points.age) >= 0).all()
    for name in ("age", "duration"):
        for edge in np.quantile(getattr(cohorts, name), [0.1, 0.4, 0.8]):
            wanted = cohorts.weight[getattr(cohorts, name) < edge].sum() / cohorts.weight.sum()
            assert (getattr(points, name) < edge).mean() == pytest.approx(wanted, abs=300 / 8_192)


def test_breaking_a_duration_changes_no_hazard():
    hazards = known(5, [0.009, 0.002, 0.0007])
    cut = hazards.with_break(100.0)
    assert cut.duration_from.tolist() == [0, 14, 100, 365.25]
    assert (cut.per_day == hazards.per_day[:, [0, 1, 1, 2]]).all()
    assert cut.with_break(100.0) is cut
    assert (hazards.times([1, 2, 3, 4, 5]).per_day == hazards.per_day * np.array([[1], [2], [3], [4], [5]])).all()


WINDOWS = [(0.0, 14.0), (14.0, 365.25), (365.25, np.inf)]
STARTS = np.array([900.0, 800, 700, 1_300, 400])
CP_WINDOWS = [(0.0, 91.3125), (91.3125, 182.625), (182.625, 365.25), (365.25, 730.5), (730.5, np.inf)]
CP_STARTS = np.array([150.0, 700, 1_600, 1_300, 800, 90])
CP_SHAPE = [0.0030, 0.0018, 0.0046, 0.0043, 0.0026]


def settled_year(
    hazards: Hazards, starts: np.ndarray, newborn: float, windows, long_open: float = 1.0
) -> calibration.Fit:
    """A modelled year that ends with as many children of each age as it began with."""
    opening = starts * 2
    for _ in range(40):
        year = calibration.model_year(hazards, starts, opening, newborn, windows, long_open)
        opening = year.closing
    assert year.closing == pytest.approx(year.opening, rel=1e-3)
    return year


def margins_of(year: calibration.Fit, ends: bool = True) -> Margins:
    """What would have been published of a modelled year."""
    by_age = year.ends if ends else None
    return Margins(year.opening.sum(), year.starts, year.closing, by_age, year.ends.sum(), year.stays)


def assert_fits(fit: calibration.Fit, year: calibration.Fit, true: Hazards, rel: float) -> None:
    """The fit gives the published year back, and the hazards that made it."""
    assert fit.ends.sum() == pytest.approx(year.ends.sum(), rel=1e-3)
    assert fit.closing == pytest.approx(year.closing, rel=2e-3, abs=0.5)
    assert list(fit.stays.values()) == pytest.approx(list(year.stays.values()), abs=1e-3)
    off = np.abs(fit.hazards.per_day / true.per_day - 1).max()
    print(f"hazards found to within {off:.2%}")
    assert off < rel


def flat_start(true: Hazards) -> Hazards:
    return replace(true, per_day=np.full(true.per_day.shape, 0.002))


def test_fit_country_recovers_the_hazards_that_made_the_year():
    true = known(5, [0.012, 0.003, 0.001])
    year = settled_year(true, STARTS, 0.35, WINDOWS)
    fit, newborn = calibration.fit_country(flat_start(true), margins_of(year))
    assert_fits(fit, year, true, rel=0.005)
    assert fit.ends == pytest.approx(year.ends, rel=1e-3)
    assert newborn == pytest.approx(0.35, abs=0.005)


def test_fit_country_by_stock_recovers_the_hazards_that_made_the_year():
    """Under 1 and the unborn share the hazards of the next band: so do the true ones."""
    true = Hazards(
        CP_AGES, ADULT, np.array([window[0] for window in CP_WINDOWS]), np.outer([1, 1, 1, 1.2, 0.9, 1.5], CP_SHAPE)
    )
    year = settled_year(true, CP_STARTS, 0.5, CP_WINDOWS)
    fit, newborn = calibration.fit_country_by_stock(flat_start(true), margins_of(year, ends=False))
    assert_fits(fit, year, true, rel=0.02)
    assert newborn == pytest.approx(0.5, abs=0.02)


COUNTRY = known(5, [0.012, 0.003, 0.001])


@pytest.mark.parametrize(
    ("by_age", "by_band"),
    [(True, [0.8, 1.3, 1.1, 0.7, 1.2]), (False, [0.8, 1.2, 1.2, 1.2, 1.2])],
)
def test_a_councils_fit_recovers_its_own_level_by_age(by_age, by_band):
    true = COUNTRY.times(by_band)
    year = settled_year(true, STARTS / 10, 0.35, WINDOWS)
    margins = margins_of(year, ends=by_age)
    fit = calibration.fit_council(COUNTRY, margins, 0.35)
    assert_fits(fit, year, true, rel=0.005)
    assert fit.opening == pytest.approx(year.opening, rel=0.005)


@pytest.mark.parametrize("long_open", [1.0, 0.4])
def test_fit_council_by_stays_recovers_the_level_and_shape_by_duration(long_open):
    """Beyond two years the hazard keeps the country's step, as the true one does; how many had been open long is found."""
    shape = np.outer([1, 1, 1, 1.2, 0.9, 1.5], CP_SHAPE)
    country = Hazards(CP_AGES, ADULT, np.array([window[0] for window in CP_WINDOWS]), shape)
    true = replace(country, per_day=country.per_day * [0.7, 1.2, 0.9, 1.1, 1.1])
    year = settled_year(true, CP_STARTS / 10, 0.5, CP_WINDOWS, long_open)
    fit = calibration.fit_council_by_stays(country, margins_of(year, ends=False), 0.5)
    assert_fits(fit, year, true, rel=0.02)
    long = [held.weight[held.duration > YEAR].sum() for held in (fit.at_open, year.at_open)]
    assert long[0] == pytest.approx(long[1], rel=0.02)


def test_the_stock_at_the_origin_is_met_by_starts():
    """Half a year after a settled one, twice its starts: the multiple of the starts that fills the stock is 2."""
    true = known(5, [0.012, 0.003, 0.001])
    year = settled_year(true, STARTS / 10, 0.35, WINDOWS)
    cells = calibration.age_cells(true.age_from, ADULT, 0.35)
    days = 182.0
    half = STARTS / 10 * days / YEAR
    since = entrant_cohorts(np.array([0, days]), calibration.entrants(2 * half, cells), nodes=4)
    children = sum(survivors(true, cohorts, days).weight.sum() for cohorts in (year.at_close, since))
    opening, factor = calibration.opening_at(year, true, half, days, round(children), cells)
    assert factor == pytest.approx(2, abs=0.01) and opening.children == round(children)
    new = (opening.duration < days).mean() * children
    assert new == pytest.approx(survivors(true, since, days).weight.sum(), rel=0.01)


def test_ends_of_the_year_that_are_not_18th_birthdays():
    """Nobody leaves but by turning 18: nothing is left. All leave at h a day: those who would have turned 18 may go before."""
    still = settled_year_of_hazard(1e-12)
    assert still.ends.sum() > 1 and calibration.ends_before_adult(still) == pytest.approx(np.zeros(5), abs=1e-6)
    h = 0.004
    fit = settled_year_of_hazard(h)
    at_risk = fit.at_open
    wait = ADULT - at_risk.age
    birthdays = (at_risk.weight * np.exp(-h * wait))[(wait > 0) & (wait <= YEAR)].sum()
    assert calibration.ends_before_adult(fit)[:4] == pytest.approx(fit.ends[:4])
    assert fit.ends[4] - calibration.ends_before_adult(fit)[4] == pytest.approx(birthdays, rel=1e-6)


def settled_year_of_hazard(h: float) -> calibration.Fit:
    one_rate = Hazards(LAC_AGES, ADULT, np.array([0.0, 365.25]), np.full((5, 2), h))
    return calibration.model_year(one_rate, np.zeros(5) + 1e-9, np.array([10.0, 10, 10, 10, 10]), 0.35, [])


def test_ages_at_start_within_a_band():
    """Half of those under 1 in their first month: half of the cells; in other bands, cells of one width."""
    cells = calibration.age_cells(LAC_AGES, ADULT, 0.5)
    infants = cells[0]
    assert infants[0] == 0 and infants[-1] == YEAR and (np.diff(infants) > 0).all()
    assert (infants[1:] <= YEAR / 12 + 1e-9).mean() == 0.5
    for band in (1, 2, 3, 4):
        assert np.diff(cells[band]) == pytest.approx(np.diff(cells[band])[0] * np.ones(cells[band].size - 1))
        assert (cells[band][0], cells[band][-1]) == (LAC_AGES[band], [*LAC_AGES, ADULT][band + 1])
