"""Placements as states of the engine: against the matrix exponential, against one state, and by hand."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad_vec
from scipy.linalg import expm
from scipy.stats import expon, kstest

from forecast.demand.pathways import calibration, engine, expectation
from forecast.demand.pathways.expectation import (
    Cohorts,
    entrant_cohorts,
    expect,
    expect_places,
    opening_cohorts,
    placed_cohorts,
)
from forecast.demand.pathways.hazards import Hazards, Opening, Places, Spread

YEAR = 365.25
ADULT = 18 * YEAR
AGES = np.array([0, 10.0, 16.0]) * YEAR
MONTHS = np.cumsum([0, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 28, 31])
STANDARD_ERRORS = 4.5
NODES = 6  # of entry and age in each cell: with 3 the integral itself is off by a hundredth of a child
NAMES = ("fostering", "residential", "supported")


def hazards() -> Hazards:
    return Hazards(AGES, ADULT, np.array([0, 60.0, 365.25]), np.outer([0.002, 0.0015, 0.003], [3.0, 1.0, 0.5]))


def places(now: np.ndarray) -> Places:
    moving = np.zeros((3, 3, 3))
    moving[:, 0, 1], moving[:, 0, 2] = [0.0004, 0.001, 0.002], [0, 0.0001, 0.004]
    moving[:, 1, 0], moving[:, 1, 2] = [0.003, 0.002, 0.001], [0, 0.0005, 0.006]
    first = np.array([[0.9, 0.1, 0], [0.7, 0.3, 0], [0.3, 0.2, 0.5]])
    return Places(NAMES, first, moving, np.array([[1.0, 0.3, 1], [1.1, 0.5, 1], [1.0, 0.4, 1.6]]), now)


def test_stretches_lived_alike_are_the_same_as_one_by_one(monkeypatch):
    """Thousands of cohorts that share their stretches, and each by itself: nothing but rounding between the two."""
    opening, here, starts = setting()
    cohorts, inside = placed_cohorts(opening, entrant_cohorts(MONTHS, starts, NODES), hazards(), here)
    lever = np.linspace(0.8, 1.3, 36).reshape(12, 3)
    together = expect_places(MONTHS, hazards(), here, cohorts, inside, lever)
    monkeypatch.setattr(expectation, "PLACED_CHUNK", 3)  # too few in a chunk to share anything
    alone = expect_places(MONTHS, hazards(), here, cohorts, inside, lever)
    for name in ("stock", "ends", "days"):
        assert getattr(together, name) == pytest.approx(getattr(alone, name), rel=1e-9, abs=1e-9)


def test_each_draw_lives_by_its_own_table():
    """Draws 0, 2, 4 by one table and 1, 3, 5 by another: the very lives that each table alone gives them."""
    opening, here, starts = setting()
    other = replace(here, first=np.roll(here.first, 1, axis=1), moving=here.moving * 3, now=here.now[:0])
    lever, spread = np.ones((12, 3)), Spread.none(6, 12, 3)

    def lived(by: Places):
        return engine.run(
            MONTHS,
            hazards().with_break(60.0),
            opening,
            starts,
            spread,
            lever,
            60.0,
            np.array([28.0]),
            183.0,
            5,
            2,
            by,
        )

    both, first, second = (
        lived(replace(here, drawn=(replace(here, now=here.now[:0]), other))),
        lived(here),
        lived(replace(other, now=here.now)),
    )
    for name in ("stock", "days", "starts", "moves"):
        told = getattr(both.placed, name)
        assert (told[::2] == getattr(first.placed, name)[::2]).all() and (
            told[1::2] == getattr(second.placed, name)[1::2]
        ).all()
    assert (first.placed.moves != second.placed.moves).any() and both.breaks() == both.placed.breaks() == 0


def test_cohorts_of_whom_nobody_comes_are_left_out():
    held = Cohorts(np.arange(3.0), np.arange(3.0), np.zeros(3), np.array([0.0, 2.0, 0.0])).that_come()
    assert held.entry.tolist() == [1.0] and held.weight.tolist() == [2.0]


def setting(months: int = 12):
    luck = np.random.default_rng(3)
    age = np.sort(luck.uniform(0, ADULT - 30, 60))
    opening = Opening(60, age, np.minimum(luck.exponential(400, 60), age))
    here = places(luck.integers(0, 2, 60))
    cells = [np.linspace(low, high, 5) for low, high in zip(AGES, [*AGES[1:], ADULT], strict=True)]
    starts = calibration.entrants(np.tile([2.0, 1.5, 1.8], (months, 1)), cells, 1.3)
    return opening, here, starts


def lived(here: Places | None, draws: int, threads: int = 2, seed: int = 5):
    opening, _, starts = setting()
    spread = Spread.none(draws, 12, 3)
    lever = np.ones((12, 3))
    lever[6:] = 1.4
    return engine.run(
        MONTHS,
        hazards().with_break(100.0),
        opening,
        starts,
        spread,
        lever,
        100.0,
        np.array([28.0]),
        91.0,
        seed,
        threads,
        here,
    )


# --- the expectation, by another road ---------------------------------------------------------------------------------


def generator(here: Places, band: int, segment: int, lever: float) -> tuple[np.ndarray, np.ndarray]:
    leave = hazards().per_day[band, segment] * lever * here.leaving[band]
    return here.moving[band] - np.diag(here.moving[band].sum(axis=1) + leave), leave


def by_expm(
    here: Places, age: float, since: float, start: np.ndarray, stretches: list[tuple[float, int, int, float]]
) -> tuple:
    """Children by placement after stretches of (days, band, segment, lever), and the child-days of each."""
    now, days = start, []
    for length, band, segment, lever in stretches:
        rates, _ = generator(here, band, segment, lever)
        days.append(quad_vec(lambda t, now=now, rates=rates: now @ expm(rates * t), 0, length, epsabs=1e-12)[0])
        now = now @ expm(rates * length)
    return now, np.array(days)


def test_one_cohort_goes_where_the_matrix_exponential_sends_it():
    here = places(np.zeros(1, int))
    age, since = 10 * YEAR - 20, 50.0
    # 10 days to the second segment, 10 more to the tenth birthday, 10 to the month's end, 31 of the next month.
    stretches = [(10, 0, 0, 1.0), (10, 0, 1, 1.0), (10, 1, 1, 1.0), (31, 1, 1, 2.0)]
    start = np.array([[0.25, 0.75, 0.0]])
    end, days = by_expm(here, age, since, start[0], stretches)
    one = Cohorts(np.zeros(1), np.array([age]), np.array([since]), np.ones(1))
    seen = expect_places(MONTHS[:3], hazards(), here, one, start, np.array([[1.0] * 3, [2.0] * 3]))
    assert seen.stock[1].sum(axis=1) == pytest.approx(end, abs=1e-11)
    assert seen.days[0, :, 0] == pytest.approx(days[:2].sum(axis=0), abs=1e-9)
    assert seen.days[0, :, 1] == pytest.approx(days[2], abs=1e-9)
    assert seen.days[1, :, 1] == pytest.approx(days[3], abs=1e-9)
    leave = generator(here, 1, 1, 2.0)[1]
    assert seen.ends[1, :, 1] == pytest.approx(leave * days[3], abs=1e-12)


def test_turning_18_ends_every_placement():
    here = places(np.zeros(1, int))
    one = Cohorts(np.zeros(1), np.array([ADULT - 10]), np.array([400.0]), np.ones(1))
    seen = expect_places(MONTHS[:2], hazards(), here, one, np.array([[0.0, 0.0, 1.0]]), np.ones((1, 3)))
    assert seen.ends.sum() == pytest.approx(1) and seen.stock.sum() == 0


def test_places_that_differ_in_nothing_add_up_to_one_place():
    opening, here, starts = setting()
    here = replace(here, leaving=np.ones((3, 3)))
    cohorts, inside = placed_cohorts(opening, entrant_cohorts(MONTHS, starts, NODES), hazards(), here)
    lever = np.ones((12, 3))
    apart = expect_places(MONTHS, hazards(), here, cohorts, inside, lever)
    whole = expect(
        MONTHS, hazards(), opening_cohorts(opening) + entrant_cohorts(MONTHS, starts, NODES), starts.expected, lever
    )
    for name in ("stock", "ends", "days"):
        assert getattr(apart, name).sum(axis=1) == pytest.approx(getattr(whole, name), rel=1e-9, abs=1e-9)


# --- the engine against it --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many():
    return lived(setting()[1], 20_000)


def test_the_engine_agrees_with_the_expectation_in_every_cell(many):
    opening, here, starts = setting()
    lever = np.ones((12, 3))
    lever[6:] = 1.4
    cohorts, inside = placed_cohorts(opening, entrant_cohorts(MONTHS, starts, NODES), hazards(), here)
    wanted = expect_places(MONTHS, hazards(), here, cohorts, inside, lever)
    for name in ("stock", "days"):
        drawn = getattr(many.placed, name).astype(float)
        error = drawn.std(axis=0) / len(drawn) ** 0.5 + 1e-4
        assert (np.abs(drawn.mean(axis=0) - getattr(wanted, name)) < STANDARD_ERRORS * error).all(), name
    ends = many.placed.ends.astype(float)
    gap = np.abs(ends.mean(axis=0) - wanted.ends.sum(axis=2))
    assert (gap < STANDARD_ERRORS * (ends.std(axis=0) / len(ends) ** 0.5 + 1e-4)).all()


def test_the_agreement_would_notice_a_rate_a_twentieth_off(many):
    opening, here, starts = setting()
    here = replace(here, moving=here.moving * 1.05)
    cohorts, inside = placed_cohorts(opening, entrant_cohorts(MONTHS, starts, NODES), hazards(), here)
    wanted = expect_places(MONTHS, hazards(), here, cohorts, inside, np.ones((12, 3)))
    drawn = many.placed.days.astype(float)
    error = drawn.std(axis=0) / len(drawn) ** 0.5 + 1e-4
    assert (np.abs(drawn.mean(axis=0) - wanted.days) > STANDARD_ERRORS * error).any()


def test_no_child_is_lost_between_placements(many):
    placed = many.placed
    assert placed.breaks() == 0 and many.breaks() == 0
    assert (placed.stock.sum(axis=2) == many.stock).all()
    assert placed.days.sum(axis=2) == pytest.approx(many.days, abs=0.05)
    assert (placed.starts.sum(axis=2) == many.starts.sum(axis=2)).all() and (
        placed.ends.sum(axis=2) == many.ends.sum(axis=2)
    ).all()
    assert (placed.moved.sum(axis=2) == 0).all() and placed.moves.sum() > 0
    broken = replace(placed, moved=placed.moved + (np.arange(3) == 1))
    assert broken.breaks() > 0


def test_every_draw_opens_with_the_very_children_in_their_placements(many):
    opening, here, _ = setting()
    band = np.searchsorted(AGES, opening.age, side="right") - 1
    wanted = np.zeros((3, 3), int)
    np.add.at(wanted, (here.now, band), 1)
    assert (many.placed.opening == wanted).all()


def test_states_that_differ_in_nothing_leave_every_child_as_it_was():
    """The same children start, stay and leave on the same days when placements tell nothing of leaving."""
    here = replace(setting()[1], leaving=np.ones((3, 3)))
    one, several = lived(None, 300), lived(here, 300)
    assert one.placed is None
    for name in ("stock", "starts", "ends", "reviews", "early_days", "opening"):
        assert np.array_equal(getattr(one, name), getattr(several, name)), name


def test_the_same_on_any_number_of_threads():
    once, again = (lived(setting()[1], 101, threads) for threads in (1, 3))
    assert all(
        np.array_equal(a, b)
        for a, b in zip(list(vars(once.placed).values())[1:], list(vars(again.placed).values())[1:], strict=True)
    )


def test_a_placement_lasts_an_exponential_time():
    """One child who cannot leave; its first move is seen to the day."""
    opening = Opening(1, np.array([2 * YEAR]), np.array([30.0]))
    moving = np.zeros((3, 2, 2))
    moving[:, 0, 1] = 0.02
    here = Places(("a", "b"), np.tile([1.0, 0], (3, 1)), moving, np.ones((3, 2)), np.zeros(1, int))
    still = Hazards(AGES, ADULT, np.array([0.0]), np.zeros((3, 1)))
    none = calibration.entrants(np.zeros((1, 3)), [np.linspace(low, low + 10, 3) for low in AGES])
    days = np.array([0.0, 400.0])
    paths = engine.run(
        days, still, opening, none, Spread.none(4_000, 1, 3), np.ones((1, 3)), 0.0, np.array([28.0]), 91.0, 1, 2, here
    )
    stayed = paths.placed.days[:, 0, 0, :].sum(axis=1)
    assert kstest(stayed[stayed < 390], expon(scale=50).cdf).pvalue > 0.001


def test_tables_that_do_not_hold_together_are_refused():
    sound = places(np.zeros(1, int))
    for wrong in (
        {"first": sound.first * 0.9},
        {"moving": sound.moving - 1},
        {"now": np.array([7])},
        {"leaving": np.ones((2, 3))},
        {"moving": sound.moving + np.eye(3)},
    ):
        with pytest.raises(ValueError, match="do not hold together"):
            replace(sound, **wrong)
