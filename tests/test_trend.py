"""Trend methods: against closed forms, statsmodels' own variances and conditional normals; sixty awkward series."""

import logging
import os
import re
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from conftest import HOME
from forecast.case.errors import BadInput
from forecast.demand.trend import METHODS, Series, forecast, methods, plain, prophets, statespace, tidy
from forecast.demand.trend.series import counts_of, months_after, places

DRAWS = 4_000
MONTHS = 24
PROPHET = ["prophet", "prophet damped"]
STATE_SPACE = ["local level", "damped trend"]
statsmodels = pytest.importorskip("statsmodels.tsa.statespace.structural")
pytest.importorskip("prophet")


def marches(first: int, number: int) -> list[str]:
    return [f"{year:04d}-03" for year in range(first, first + number)]


def monthly(first: str, number: int) -> list[str]:
    return [first, *months_after(first, number - 1)]


def wandering(
    number: int, seed: int, start: float = 150, noise: float = 0.05, step: float = 0.06, pace: float = 0.0
) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.round(start * np.exp(np.cumsum(rng.normal(pace, step, number)) + rng.normal(0, noise, number)))


ORDINARY = tidy(marches(2009, 16), wandering(16, 4))


def z(sample: np.ndarray, mean: float) -> float:
    """Difference of a sample's mean from what is wanted, in standard errors."""
    return abs(sample.mean() - mean) / (sample.std() / np.sqrt(len(sample)))


def sd_agrees(sample: np.ndarray, wanted: float, errors: float = 4) -> bool:
    """The SD of a normal sample lies within standard errors of what is wanted: relative error 1 / sqrt(2n)."""
    return abs(sample.std() / wanted - 1) < errors / np.sqrt(2 * len(sample))


# --- what comes in ----------------------------------------------------------------------------------------------------


def test_a_series_is_put_right_and_says_so():
    months = [
        "2013-03",
        "2011-03",
        "2012-03",
        "2012-03",
        "2014-03",
        "2014-03",
        "2015-03",
        "2016-03",
        "2017-03",
        "march",
    ]
    counts = [130, 110, 120, 120, 140, 141, -1, None, float("inf"), 5]
    series = tidy(months, counts)
    assert series.months == ("2011-03", "2012-03", "2013-03")
    assert series.counts.tolist() == [110, 120, 130]
    assert series.notes == (
        "2 counts left out: given more than once, not alike (2014-03, 2014-03)",
        "1 count left out: missing (2016-03)",
        "1 count left out: month not written as 2011-03 (march)",
        "1 count left out: negative (2015-03)",
        "1 count left out: not a finite number (2017-03)",
    )


def test_many_months_left_out_are_counted_and_three_named():
    series = tidy(marches(2001, 7), [5, -1, -2, -3, -4, -5, 6])
    assert series.notes == ("5 counts left out: negative (2002-03, 2003-03, 2004-03 and 2 more)",)


def test_a_point_without_population_is_left_out_and_the_rest_keep_theirs():
    series = tidy(["2012-03", "2011-03", "2013-03", "2014-03"], [2, 1, 3, 4], [20, 10, 0, None])
    assert (series.counts.tolist(), series.exposure.tolist()) == ([1, 2], [10, 20])
    assert series.notes == ("2 counts left out: population missing or not above 0 (2013-03, 2014-03)",)


@pytest.mark.parametrize(
    ("months", "counts"),
    [([], []), (["2011-03"], [-1]), (["2011-03"] * 2, [1, 2]), (["2011-13"], [1]), (["2011-03"], [None])],
)
def test_nothing_usable_is_refused(months, counts):
    with pytest.raises(BadInput, match="No usable count"):
        tidy(months, counts)


def test_a_tidy_series_is_left_as_it_is():
    again = tidy(ORDINARY.months, ORDINARY.counts)
    assert again.months == ORDINARY.months and again.notes == () and np.array_equal(again.counts, ORDINARY.counts)


def test_months_by_hand():
    assert places(("2010-11", "2011-03", "2012-03")).tolist() == [0, 4, 16]
    assert months_after("2011-11", 3) == ["2011-12", "2012-01", "2012-02"]


# --- closed forms -----------------------------------------------------------------------------------------------------


def test_the_monthly_spread_by_hand():
    # log changes of ln 2 over 12 months, -ln 2 over 3, ln 2 over 1: squares over months average (1/12 + 1/3 + 1) / 3
    series = tidy(["2010-03", "2011-03", "2011-06", "2011-07"], np.array([100, 200.5, 100, 200.5]))
    sd, notes = plain.monthly_sd(series, 9)
    assert sd == pytest.approx(np.log(2) * np.sqrt((1 / 12 + 1 / 3 + 1) / 3)) and notes == ()


@pytest.mark.parametrize("counts", [[5], [5, 9], [5, 9, 7], [0] * 8, [31] * 8])
def test_a_past_too_short_or_still_takes_the_callers_spread(counts):
    series = tidy(marches(2001, len(counts)), counts)
    paths = forecast("no change", series, 12, DRAWS, 1, least_sd=0.1)
    logs = np.log(np.maximum(paths.paths, 0)[:, 0] + 0.5) - np.log(counts[-1] + 0.5)
    assert any("taken as given" in note and "0.1 a month" in note for note in paths.notes)
    if counts[-1]:
        assert sd_agrees(logs, 0.1)


def test_no_change_has_the_quantiles_of_a_random_walk():
    """Log of month h is normal about the last count with variance h x SD squared."""
    series = tidy(marches(2001, 4), [200, 220, 180, 210])
    steps = np.diff(np.log(np.array([200.5, 220.5, 180.5, 210.5])))
    sd = np.sqrt((steps**2 / 12).mean())
    paths = forecast("no change", series, 36, 40_000, 7).paths
    for share in [0.05, 0.25, 0.5, 0.75, 0.95]:
        for month in [1, 12, 36]:
            wanted = 210.5 * np.exp(sd * np.sqrt(month) * stats.norm.ppf(share)) - 0.5
            below = (paths[:, month - 1] < wanted).mean()
            assert abs(below - share) < 4 * np.sqrt(share * (1 - share) / 40_000)


def test_months_of_a_random_walk_hang_together():
    """Steps of different months are independent: months 12 and 36 correlate by sqrt(12 / 36)."""
    logs = np.log(forecast("no change", ORDINARY, 36, 20_000, 7).paths + 0.5)
    assert np.corrcoef(logs[:, 11], logs[:, 35])[0, 1] == pytest.approx(np.sqrt(1 / 3), abs=0.02)


def test_drift_by_hand():
    """Four annual changes of the log, +0.1, +0.3, 0, +0.2: 0.6 in 48 months; squares about 0.15 sum to 0.05."""
    logs = np.log(200) + np.cumsum([0, 0.1, 0.3, 0, 0.2])
    found = np.log(forecast("drift", tidy(marches(2001, 5), np.exp(logs) - 0.5), MONTHS, 40_000, 3).paths + 0.5)
    sd = np.sqrt(0.05 / 12 / 3)
    assert z(found[:, -1], logs[-1] + MONTHS * 0.6 / 48) < 4
    assert sd_agrees(found[:, -1], sd * np.sqrt(MONTHS + MONTHS**2 / 48))
    assert sd_agrees(found[:, 0], sd * np.sqrt(1 + 1 / 48))


def test_drift_of_a_past_without_chance_takes_the_callers_spread():
    trend = forecast("drift", tidy(marches(2001, 6), 100 * 1.05 ** np.arange(6) - 0.5), 12, DRAWS, 3)
    assert any("one pace" in note for note in trend.notes) and trend.paths[:, 0].std() > 1


def test_half_national_moves_the_middle_by_half_and_nothing_else():
    """Growth of 0.06 a year: 24 months on the median is up by exp(0.06), for half of 0.12."""
    trend = forecast("half national", ORDINARY, MONTHS, 20_000, 3, national_growth=0.06)
    flat = forecast("half national", ORDINARY, MONTHS, 20_000, 3, national_growth=0.0)
    assert (trend.used, trend.verdict) == ("half national", "closed form")
    assert (trend.paths[:, -1] + 0.5) / (flat.paths[:, -1] + 0.5) == pytest.approx(np.exp(0.06))
    missing = forecast("half national", ORDINARY, MONTHS, 50, 3)
    assert (missing.used, missing.verdict) == ("no change", "fell back to no change: no national growth was given")


@settings(max_examples=50, deadline=None)
@given(counts=st.lists(st.integers(20, 5000), min_size=4, max_size=20), seed=st.integers(0, 2**32))
def test_ten_times_the_counts_give_ten_times_the_median(counts, seed):
    """But for the half: the last count is the median, so both medians are off by the same factor, nearly."""
    months = marches(2001, len(counts))
    small = forecast("no change", tidy(months, counts), 12, 201, seed, least_sd=0.02)
    large = forecast("no change", tidy(months, np.array(counts) * 10), 12, 201, seed, least_sd=0.02)
    ratio = (np.median(large.paths, axis=0) + 0.5) / (np.median(small.paths, axis=0) + 0.5)
    # a half beside 20 or more, once for the level and once in the spread
    assert np.abs(ratio / 10 - 1).max() < 0.05


# --- state space ------------------------------------------------------------------------------------------------------


def mixed() -> Series:
    """Twelve annual counts, then twenty monthly ones."""
    rng = np.random.default_rng(8)
    level = np.log(300) + np.cumsum(rng.normal(0, 0.02, 160))
    months = monthly("2009-03", 160)
    seen = [*range(0, 140, 12), *range(140, 160)]
    counts = np.exp(level + rng.normal(0, 0.03, 160))
    return tidy([months[place] for place in seen], np.round(counts[seen]))


@pytest.mark.parametrize(
    "series", [mixed(), ORDINARY, tidy(marches(2009, 16), wandering(16, 11, step=0.09, noise=0.02))]
)
def test_local_level_against_statsmodels_own_forecast(series):
    """Its own start, its own scale, its own forecast mean and variance."""
    place = places(series.months)
    grid = np.full(place[-1] + 1, np.nan)
    grid[place] = np.log(series.counts + 0.5)
    own = statsmodels.UnobservedComponents(grid, "local level").fit(disp=False, maxiter=500).get_forecast(MONTHS)
    trend = forecast("local level", series, MONTHS, 20_000, 5)
    logs = np.log(trend.paths + 0.5)
    assert (trend.used, trend.verdict) == ("local level", "converged")
    for month in [0, 11, MONTHS - 1]:
        spread = np.sqrt(own.var_pred_mean[month])
        assert logs[:, month].std() == pytest.approx(spread, rel=0.03)
        assert logs[:, month].mean() == pytest.approx(own.predicted_mean[month], abs=0.05 * spread)


def test_the_population_ahead_multiplies_back():
    """A rate that wanders about 1 in 100 while the population triples ahead: the count triples."""
    people = np.linspace(10_000, 20_000, 16)
    series = tidy(marches(2009, 16), np.round(wandering(16, 2, start=100) * people / 10_000), people)
    carried = forecast("local level", series, 6, 100, 5)
    tripled = forecast("local level", series, 6, 100, 5, exposure_ahead=np.full(6, 60_000))
    assert tripled.paths + 0.5 == pytest.approx(3 * (carried.paths + 0.5))
    assert "the population stays as at the last count" in carried.notes


def test_a_constant_rate_of_a_growing_population_follows_the_population():
    people = 10_000 * 1.02 ** np.arange(16)
    rate = np.exp(np.random.default_rng(2).normal(0, 0.01, 16)) / 100
    series = tidy(marches(2009, 16), rate * people, people)
    ahead = np.full(12, 2 * people[-1])
    for method in STATE_SPACE:
        found = np.median(forecast(method, series, 12, 2_000, 5, exposure_ahead=ahead).paths[:, -1])
        assert found == pytest.approx(2 * people[-1] / 100, rel=0.05)


def test_the_damped_trend_against_a_conditional_normal():
    """The model written out as one covariance of every month, and the months ahead given those seen."""
    series = tidy(marches(2009, 16), [100, 104, 111, 123, 138, 150, 158, 160, 157, 149, 143, 139, 140, 146, 155, 170])
    grid, first, unit = statespace.scaled(series)
    noise, level, slope = statespace.fitted(statespace.damped_model(grid), 3).params
    assert slope > 1e-4  # there is a slope to damp
    months, damping = len(grid) + MONTHS, 0.5 ** (1 / 36)
    t = np.arange(months)
    slopes = slope / (1 - damping**2) * damping ** np.abs(t[:, None] - t)  # an AR(1) in its lasting state
    sums = np.tril(np.ones((months, months)), -1) * damping  # the level takes the damped slope of the month before
    covariance = sums @ slopes @ sums.T + level * np.minimum(t[:, None], t) + 1e6 + noise * np.eye(months)
    seen, ahead = np.flatnonzero(np.isfinite(grid)), np.arange(len(grid), months)
    weights = np.linalg.solve(covariance[np.ix_(seen, seen)], covariance[np.ix_(seen, ahead)]).T
    wanted = weights @ grid[seen]
    spread = np.sqrt(np.diag(covariance[np.ix_(ahead, ahead)] - weights @ covariance[np.ix_(seen, ahead)]))
    found = (np.log(forecast("damped trend", series, MONTHS, 200_000, 5).paths + 0.5) - first) / unit
    assert (np.abs(found.mean(axis=0) - wanted) / spread).max() < 0.01  # 4 standard errors are 0.009
    assert found.std(axis=0) == pytest.approx(spread, rel=0.01)


def test_a_damped_trend_goes_on_and_fades():
    series = tidy(marches(2009, 16), np.round(100 * 1.08 ** np.arange(16)))
    trend = forecast("damped trend", series, 120, 2_000, 5)
    middle = np.median(trend.paths, axis=0)
    years = np.diff(np.log(middle[11::12]))
    assert trend.used == "damped trend" and middle[11] > series.counts[-1] * 1.03
    assert (years > 0).all() and years[-1] < years[0] / 2


# --- fall-backs -------------------------------------------------------------------------------------------------------


def model_of(converged=True, params=(0.5, 0.5), state=0.0):
    """A stand-in for a statsmodels model whose fit ends as told."""
    result = SimpleNamespace(
        mle_retvals={"converged": converged}, params=np.array(params), filtered_state=np.array([[state]])
    )
    return lambda *_: SimpleNamespace(fit=lambda **_: result)


@pytest.mark.parametrize(
    ("stand_in", "reason"),
    [
        (model_of(converged=False), "the fit did not converge"),
        (model_of(params=(np.nan, 0.5)), "numbers that are not finite"),
        (model_of(state=np.inf), "numbers that are not finite"),
    ],
)
def test_a_fit_that_failed_is_not_used(monkeypatch, stand_in, reason):
    monkeypatch.setattr(statsmodels, "UnobservedComponents", stand_in)
    trend = forecast("local level", ORDINARY, 12, 50, 1)
    assert (
        trend.used == "no change" and trend.verdict.startswith("fell back to no change: ") and reason in trend.verdict
    )
    assert np.array_equal(trend.paths, forecast("no change", ORDINARY, 12, 50, 1).paths)


@pytest.mark.parametrize("library", ["prophet", "statsmodels"])
def test_a_library_not_installed_is_a_fall_back(monkeypatch, library):
    for name in [name for name in sys.modules if name.split(".")[0] == library]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    for method in PROPHET if library == "prophet" else STATE_SPACE:
        trend = forecast(method, ORDINARY, 12, 50, 1)
        assert trend.used == "no change" and "not installed" in trend.verdict
    assert forecast("drift", ORDINARY, 12, 50, 1).used == "drift"


@pytest.mark.parametrize("method", STATE_SPACE + PROPHET)
def test_four_counts_are_too_few_and_five_are_not(method):
    counts = [100, 120, 110, 125, 115]
    four = forecast(method, tidy(marches(2001, 4), counts[:4]), 12, 50, 1)
    assert (four.used, four.verdict) == ("no change", "fell back to no change: fewer than 5 counts")
    assert forecast(method, tidy(marches(2001, 5), counts), 12, 50, 1).used == method


def test_runaway_paths_are_caught_by_hand():
    """Largest 99, smallest 19: upper end over 995 - 0.5, or lower end under 1.95 - 0.5, in any month."""
    series = tidy(marches(2001, 3), [19, 99, 50])
    flat = np.full((50, 3), 50.0)
    methods.check_paths(flat, series)
    for count, reason in [(994.4, None), (994.6, "exploded"), (1.46, None), (1.44, "collapsed")]:
        paths = flat.copy()
        paths[:, 1] = count
        if reason is None:
            methods.check_paths(paths, series)
        else:
            with pytest.raises(methods.Unfit, match=reason):
                methods.check_paths(paths, series)


def test_an_explosion_falls_back_to_no_change():
    """Doubling twice a year, and drift for ten years: 2 to the 20th times the last count."""
    series = tidy(marches(2001, 6), 10 * 4.0 ** np.arange(6))
    trend = forecast("drift", series, 120, 100, 1)
    assert trend.used == "no change" and "exploded to over 10 times the largest count" in trend.verdict


def test_a_collapse_falls_back_to_no_change():
    series = tidy(marches(2001, 6), 10_000 * 0.5 ** np.arange(6))
    trend = forecast("drift", series, 120, 100, 1)
    assert trend.used == "no change" and "collapsed to under 1/10 of the smallest count" in trend.verdict


def test_no_change_itself_says_when_its_spread_is_wild():
    trend = forecast("no change", tidy(marches(2001, 8), [0, 100] * 4), MONTHS, 1_000, 1)
    assert (trend.used, trend.verdict) == ("no change", "closed form")
    assert any("no plainer method" in note and "exploded" in note for note in trend.notes)


def test_no_count_is_without_end():
    assert counts_of(np.array([[1e6, -1e6]]), tidy(["2001-03"], [99.5]))[0] == pytest.approx([99_999.5, 0])


# --- Prophet ----------------------------------------------------------------------------------------------------------


def test_the_damped_trend_of_prophet_by_hand():
    """A slope of 1 a month that halves in 36 months: d + d^2 + ... + d^n = d (1 - d^n) / (1 - d)."""
    d = 0.5 ** (1 / 36)
    found = prophets.damped(np.arange(5.0, 125)[:, None])[:, 0]
    months = np.arange(120)
    assert found == pytest.approx(5 + d * (1 - d**months) / (1 - d))
    assert np.diff(found)[36] / np.diff(found)[0] == pytest.approx(0.5)


def test_flat_prophet_is_the_mean_of_the_logs_and_their_spread():
    logs = np.log(ORDINARY.counts + 0.5)
    found = np.log(forecast("prophet", ORDINARY, MONTHS, 10_000, 1).paths + 0.5)
    assert found.mean() == pytest.approx(logs.mean(), abs=0.01)
    assert found.std() == pytest.approx(logs.std(), rel=0.1)
    assert found[:, 0].std() == pytest.approx(found[:, -1].std(), rel=0.05)


@pytest.mark.parametrize("method", PROPHET)
def test_prophet_twice_gives_identical_bytes_and_leaves_the_global_generator_alone(method):
    np.random.seed(5)
    wanted = np.random.random(3)
    np.random.seed(5)
    first = forecast(method, ORDINARY, MONTHS, 50, 1)
    assert np.array_equal(np.random.random(3), wanted)
    again = forecast(method, ORDINARY, MONTHS, 50, 1)
    assert first.used == method and first.paths.tobytes() == again.paths.tobytes()


def test_prophet_a_month_ahead_is_the_first_of_many(monkeypatch):
    """Asked for one month alone Prophet reads its step off the past, here a year, and its trend's doubt with it."""
    inside, drawn = prophets.samples, []
    monkeypatch.setattr(prophets, "samples", lambda *asked: drawn.append(inside(*asked)) or drawn[-1])
    bent = tidy(marches(2009, 16), [100, 130, 170, 220, 290, 220, 165, 120, 95, 120, 160, 205, 270, 350, 460, 600])
    assert forecast("prophet damped", bent, 1, DRAWS, 1).paths.shape == (DRAWS, 1)
    forecast("prophet damped", bent, MONTHS, DRAWS, 1)
    one, many = (np.std(found["trend"][1]) for found in drawn)
    assert one == pytest.approx(many, rel=0.2) and many > 0


def test_prophet_says_nothing(caplog, capfd):
    before = [logging.getLogger(name).disabled for name in prophets.LOGGERS]
    with caplog.at_level(logging.DEBUG):
        forecast("prophet damped", ORDINARY, 12, 50, 1)
    assert caplog.records == [] and capfd.readouterr() == ("", "")
    assert [logging.getLogger(name).disabled for name in prophets.LOGGERS] == before


def test_seasons_are_fitted_from_24_monthly_counts_on():
    assert prophets.monthly_points(ORDINARY) == 1
    assert prophets.monthly_points(mixed()) == 20
    months = monthly("2015-01", 48)
    season = 0.4 * np.sin(2 * np.pi * np.arange(48) / 12)
    counts = np.exp(np.log(200) + season + np.random.default_rng(1).normal(0, 0.02, 48))
    found = np.log(np.median(forecast("prophet", tidy(months, counts), 12, 200, 1).paths, axis=0))
    assert np.corrcoef(found, season[:12])[0, 1] > 0.95


# --- every method -----------------------------------------------------------------------------------------------------


def test_the_methods_in_their_order():
    assert list(METHODS) == [
        "no change",
        "drift",
        "half national",
        "local level",
        "damped trend",
        "prophet",
        "prophet damped",
    ]


@pytest.mark.parametrize("method", METHODS)
def test_same_seed_same_bytes_other_seed_other_paths(method):
    asked = {"months": 12, "draws": 50, "national_growth": 0.02}
    first, again, other = (forecast(method, ORDINARY, seed=seed, **asked) for seed in [1, 1, 2])
    assert first.paths.tobytes() == again.paths.tobytes() and first.verdict == again.verdict
    assert not np.array_equal(first.paths, other.paths)


def test_generators_of_methods_are_fixed_and_apart():
    """From the seed and the first 16 hexadecimal digits of `printf 'no change' | sha256sum`, in any process."""
    wanted = np.random.default_rng([2011, 0x5D69F9DAC5B02100]).random()
    assert methods.generator("no change", 2011).random() == wanted
    assert len({methods.generator(name, 2011).random() for name in METHODS}) == len(METHODS)


def test_another_process_with_another_hash_seed_gives_the_same_bytes():
    code = (
        "import hashlib; from forecast.demand.trend import METHODS, forecast, tidy;"
        f"series = tidy({ORDINARY.months!r}, {ORDINARY.counts.tolist()!r});"
        "print(*(hashlib.sha256(forecast(m, series, 6, 20, 1).paths.tobytes()).hexdigest() for m in METHODS))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            cwd=HOME,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ["1", "2"]
    ]
    assert runs[0] == runs[1] and len(runs[0].split()) == len(METHODS)


@pytest.mark.parametrize("method", METHODS)
def test_shuffled_rows_change_nothing(method):
    order = np.random.default_rng(3).permutation(len(ORDINARY.counts))
    months = [ORDINARY.months[place] for place in order]
    people = np.linspace(1e4, 2e4, len(order))
    straight = tidy(ORDINARY.months, ORDINARY.counts, people)
    for shuffled in [
        tidy(months, ORDINARY.counts[order], people[order]),
        Series(tuple(months), ORDINARY.counts[order], people[order]),
    ]:
        asked = {"months": 12, "draws": 50, "seed": 1, "national_growth": 0.02}
        assert (
            forecast(method, shuffled, **asked).paths.tobytes() == forecast(method, straight, **asked).paths.tobytes()
        )


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"method": "magic"}, "No trend method is called 'magic'. Use one of: no change, drift"),
        ({"months": 0}, "at least 1 month"),
        ({"draws": 0}, "at least 1 month and 1 draw"),
        ({"exposure_ahead": [1, 2]}, "must be 12 numbers above 0"),
        ({"exposure_ahead": [0] * 12}, "must be 12 numbers above 0"),
    ],
)
def test_what_makes_no_sense_is_refused(changed, words):
    with pytest.raises(BadInput, match=re.escape(words)):
        forecast(**{"method": "drift", "series": ORDINARY, "months": 12, "draws": 50, "seed": 1} | changed)


def step(number: int, at: int, before: float, after: float) -> list[float]:
    return [before] * at + [after] * (number - at)


def with_one(counts, place: int, value) -> list:
    changed = list(counts)
    changed[place] = value
    return changed


def after_shuffle(months, counts, seed: int) -> tuple:
    order = np.random.default_rng(seed).permutation(len(months))
    return [months[place] for place in order], [counts[place] for place in order]


YEARS = marches(2009, 16)
USUAL = wandering(16, 4).tolist()
PEOPLE = np.linspace(30_000, 40_000, 16)
LONG = monthly("2012-01", 60)
AWKWARD = {
    "single point": (["2011-03"], [57]),
    "single nought": (["2011-03"], [0]),
    "two points": (marches(2011, 2), [50, 60]),
    "two points a month apart": (["2011-03", "2011-04"], [10, 90]),
    "three points": (marches(2011, 3), [50, 60, 55]),
    "four points": (marches(2011, 4), [50, 60, 55, 58]),
    "five points": (marches(2011, 5), [50, 60, 55, 58, 57]),
    "five points, one change": (marches(2011, 5), [50, 50, 50, 50, 51]),
    "six equal steps": (marches(2011, 6), [10, 20, 30, 40, 50, 60]),
    "all noughts": (YEARS, [0] * 16),
    "five noughts": (marches(2011, 5), [0] * 5),
    "all ones": (YEARS, [1] * 16),
    "constant": (YEARS, [140] * 16),
    "constant by month": (LONG, [140] * 60),
    "noughts, then one": (YEARS, step(16, 15, 0, 1)),
    "noughts, then many": (YEARS, step(16, 15, 0, 500)),
    "many, then noughts": (YEARS, step(16, 12, 300, 0)),
    "many, then one nought": (YEARS, step(16, 15, 300, 0)),
    "nought and one by turns": (YEARS, [0, 1] * 8),
    "nought and a hundred by turns": (YEARS, [0, 100] * 8),
    "one and a million by turns": (YEARS, [1, 1e6] * 8),
    "one nought inside": (YEARS, with_one(USUAL, 7, 0)),
    "one gap": (YEARS[:7] + YEARS[8:], USUAL[:7] + USUAL[8:]),
    "gap of ten years": (YEARS[:3] + marches(2022, 4), USUAL[:7]),
    "gap of a century": (["1911-03", *YEARS], [40, *USUAL]),
    "gaps of all sizes": (["2009-03", "2009-04", "2010-12", "2013-01", "2019-07", "2019-08"], USUAL[:6]),
    "step up": (YEARS, step(16, 8, 100, 200)),
    "step down": (YEARS, step(16, 8, 200, 100)),
    "step at the end": (YEARS, step(16, 15, 100, 250)),
    "step of a thousand times": (YEARS, step(16, 8, 3, 3000)),
    "stairs": (YEARS, np.repeat([100, 130, 160, 190], 4)),
    "month repeated alike": ([*YEARS, YEARS[4]], [*USUAL, USUAL[4]]),
    "month repeated otherwise": ([*YEARS, YEARS[4]], [*USUAL, USUAL[4] + 9]),
    "last month repeated otherwise": ([*YEARS, YEARS[-1]], [*USUAL, USUAL[-1] + 9]),
    "every month twice": ([*YEARS, *YEARS], [*USUAL, *USUAL]),
    "all but one repeated otherwise": ([*YEARS, *YEARS[1:]], [*USUAL, *np.array(USUAL[1:]) + 1]),
    "shuffled": after_shuffle(YEARS, USUAL, 1),
    "backwards": (YEARS[::-1], USUAL[::-1]),
    "shuffled with repeats": after_shuffle([*YEARS, *YEARS[:5]], [*USUAL, *USUAL[:5]], 2),
    "spike": (YEARS, with_one(USUAL, 8, 5_000)),
    "spike at the start": (YEARS, with_one(USUAL, 0, 5_000)),
    "spike at the end": (YEARS, with_one(USUAL, 15, 5_000)),
    "one negative": (YEARS, with_one(USUAL, 3, -40)),
    "last negative": (YEARS, with_one(USUAL, 15, -40)),
    "all but one negative": (YEARS, [*[-1] * 15, 60]),
    "one missing": (YEARS, with_one(USUAL, 3, np.nan)),
    "one None, one word": (YEARS, with_one(with_one(USUAL, 3, None), 5, "x")),
    "infinite": (YEARS, with_one(USUAL, 3, np.inf)),
    "months misspelt": (["2009-3", "2010-13", *YEARS[2:]], USUAL),
    "huge": (YEARS, np.array(USUAL) * 1e9),
    "past all reason": (YEARS, np.array(USUAL) * 1e290),
    "tiny": (YEARS, [0, 1, 0, 2, 1, 1, 0, 3, 2, 1, 0, 0, 1, 2, 1, 1]),
    "fractions": (YEARS, np.array(USUAL) / 1e6),
    "explosive": (YEARS, 2.0 ** np.arange(16)),
    "dying out": (YEARS, np.round(60_000 * 0.5 ** np.arange(16))),
    "annual, then monthly": (mixed().months, mixed().counts),
    "months with a season": (LONG, np.round(100 + 30 * np.sin(np.arange(60) / 6 * np.pi))),
    "population": (YEARS, USUAL, PEOPLE),
    "population with holes": (YEARS, USUAL, with_one(with_one(PEOPLE, 2, 0), 9, np.nan)),
    "constant count, population moves": (YEARS, [140] * 16, PEOPLE),
}


def test_there_are_sixty_awkward_series():
    assert len(AWKWARD) == 60


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_series_fit_or_fall_back_and_say_so(name, method):
    trend = forecast(method, tidy(*AWKWARD[name]), MONTHS, 50, 1, national_growth=0.03)
    assert trend.paths.shape == (50, MONTHS) and trend.paths.dtype == float
    assert np.isfinite(trend.paths).all() and (trend.paths >= 0).all()
    assert trend.method == method and trend.used in (method, "no change")
    if trend.used == method:
        closed = method in ("no change", "drift", "half national")
        assert trend.verdict == ("closed form" if closed else "converged")
    else:
        assert re.fullmatch(r"fell back to no change: [A-Za-z0-9' /,-]{10,}", trend.verdict)
    if name in ORDINARY_ENOUGH:
        assert trend.used == method, trend.verdict


# Where a fall-back would be a fault of the method: plain series, and dirt that tidying has taken out.
ORDINARY_ENOUGH = {
    "one gap",
    "shuffled",
    "backwards",
    "every month twice",
    "one negative",
    "one missing",
    "annual, then monthly",
    "population",
}


@pytest.mark.parametrize(
    "name", [name for name in AWKWARD if re.search("negative|missing|None|infinite|misspelt|otherwise|holes", name)]
)
def test_what_was_left_out_is_told_beside_the_paths(name):
    assert any("left out" in note for note in forecast("no change", tidy(*AWKWARD[name]), 3, 5, 1).notes)
