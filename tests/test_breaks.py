"""The alarm for a break: the filter against statsmodels, false alarms against closed forms, real and made breaks."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from forecast.demand import breaks
from forecast.demand.breaks import Limits, alarm, residuals

PANEL = "FORECAST_PANEL"  # path of the panel of every council's yearly counts
LAC_DRIFT, CP_DRIFT, FAMILY = 0.18, 0.55, 1.4
YEARS = [f"{year}-{(year + 1) % 100:02d}" for year in range(2009, 2025)]
STARTS = [101, 69, 101, 107, 108, 119, 129, 118, 125, 133, 107, 129, 124, 140, 73, 73]
SLOUGH = pd.Series(STARTS, index=YEARS, dtype=float)
RESIDUAL_ONLY = Limits(residual=2.576, slack=0.5, cusum=np.inf)
CUSUM_ONLY = Limits(residual=np.inf, slack=0.5, cusum=5.0)
SERIES, PERIODS = 500, 16


def sounds(table: pd.DataFrame, limits: Limits) -> pd.Series:
    return (table["residual"].abs() > limits.residual) | (table["cusum"] > limits.cusum)


# --- Slough -----------------------------------------------------------------------------------------------------------


def test_slough_sounds_in_2023_24():
    held = alarm(SLOUGH[:"2023-24"], LAC_DRIFT, FAMILY, breaks.USUAL)
    assert (held.period, held.found, held.direction, held.counted) == ("2023-24", True, "fewer", 73)
    assert held.residual == pytest.approx(-2.743, abs=0.001)
    assert (held.low, held.expected, held.high) == pytest.approx((101.9, 136.4, 182.6), abs=0.1)
    assert type(held.found) is bool and type(held.residual) is float and type(held.counted) is float


def test_slough_sounds_in_no_other_year():
    found = [alarm(SLOUGH[:year], LAC_DRIFT, FAMILY, breaks.USUAL).found for year in YEARS]
    assert [year for year, heard in zip(YEARS, found, strict=True) if heard] == ["2023-24"]
    assert alarm(SLOUGH, LAC_DRIFT, FAMILY, breaks.USUAL).direction == "none"


def test_a_year_to_come_changes_nothing_before_it():
    whole = residuals(SLOUGH, LAC_DRIFT, FAMILY)
    pd.testing.assert_frame_equal(residuals(SLOUGH[:9], LAC_DRIFT, FAMILY), whole[:9])
    assert list(whole.columns) == ["counted", "expected", "low", "high", "residual", "cusum"]
    assert whole.index.equals(SLOUGH.index)


# --- the filter -------------------------------------------------------------------------------------------------------


def statsmodels_filter(seen: np.ndarray, walk: float, noise):
    """Mean and SD one step ahead of statsmodels' local level, nothing known at the start; noise scalar or [period]."""
    structural = pytest.importorskip(
        "statsmodels.tsa.statespace.structural", reason="what the filter is checked against"
    )
    model = structural.UnobservedComponents(seen, "llevel", use_exact_diffuse=True)
    model.update([1.0, walk])
    model.ssm.tolerance = 0  # it must not stop updating the variance once that hardly moves
    model.ssm["obs_cov"] = np.broadcast_to(noise, (1, 1, seen.size)).copy() if np.ndim(noise) else [[noise]]
    result = model.ssm.filter()
    return result.forecasts[0], np.sqrt(result.forecasts_error_cov[0, 0])


@pytest.mark.parametrize(("walk", "noise"), [(0.0324, 0.014), (0.0, 0.05), (0.3, 0.001), (0.0027, 0.2)])
def test_the_filter_is_statsmodels_where_the_noise_is_constant(walk, noise):
    seen = np.log(np.array(STARTS) + 0.5)
    mean, sd = breaks._one_step_ahead(seen, walk, lambda level: noise)
    wanted_mean, wanted_sd = statsmodels_filter(seen, walk, noise)
    assert mean[1:] == pytest.approx(wanted_mean[1:], rel=1e-9)
    assert sd[1:] == pytest.approx(wanted_sd[1:], rel=1e-9)
    assert np.isnan(mean[0]) and np.isnan(sd[0])


@pytest.mark.parametrize(("drift", "step"), [(LAC_DRIFT, 1.0), (CP_DRIFT, 1.0), (LAC_DRIFT, 1 / 12)])
def test_the_residuals_are_statsmodels_with_the_noise_of_the_expected_count(drift, step):
    """The noise of each period from what was expected of it; given those, a Kalman filter from elsewhere."""
    table = residuals(SLOUGH, drift, FAMILY, step)
    expected = table["expected"].fillna(SLOUGH.iloc[0]).to_numpy() + 0.5
    seen = np.log(SLOUGH.to_numpy() + 0.5)
    mean, sd = statsmodels_filter(seen, drift**2 * step, FAMILY / expected)
    assert table["residual"].to_numpy()[1:] == pytest.approx(((seen - mean) / sd)[1:], rel=1e-9)
    for name, level in (("low", 0.1), ("expected", 0.5), ("high", 0.9)):
        wanted = np.exp(stats.norm.ppf(level, mean[1:], sd[1:])) - 0.5
        assert table[name].to_numpy()[1:] == pytest.approx(wanted, rel=1e-9)


def test_two_periods_by_hand():
    # 99.5 then 199.5, no drift, no families: noise 1/100 at both, SD sqrt(0.02); log 2 = 0.6931 is 4.901 of them
    table = residuals(pd.Series([99.5, 199.5]), 0.0, 1.0)
    assert table["residual"][1] == pytest.approx(np.log(2) / 0.02**0.5)
    # with a drift of 0.1 a year, over a quarter of one: variance 0.02 + 0.01 / 4
    assert residuals(pd.Series([99.5, 199.5]), 0.1, 1.0, 0.25)["residual"][1] == pytest.approx(np.log(2) / 0.0225**0.5)


def test_no_drift_and_much_drift():
    """What never drifts expects the mean of all that was seen; what drifts fast expects the last."""
    steady = pd.Series([1e6, 1.1e6, 0.9e6, 1e6])
    assert residuals(steady, 0.0, 1.4)["expected"].iloc[-1] == pytest.approx(1e6 * 0.99 ** (1 / 3), rel=2e-3)
    assert residuals(SLOUGH, 50.0, 1.4)["expected"].to_numpy()[1:] == pytest.approx(SLOUGH.to_numpy()[:-1], rel=1e-3)


@given(counts=st.lists(st.integers(0, 500), min_size=2, max_size=20), drift=st.floats(0, 1))
def test_a_count_is_inside_its_range_if_its_residual_is_small(counts, drift):
    table = residuals(pd.Series(counts), drift, FAMILY).iloc[1:]
    assert np.isfinite(table.to_numpy()).all() and (table["low"] >= 0).all()
    inside = (table["low"] <= table["counted"]) & (table["counted"] <= table["high"])
    near = table["residual"].abs() <= 1.2815515655446004
    doubt = (table["residual"].abs() - 1.2815515655446004).abs() < 1e-9
    assert (inside | (table["low"] == 0) | ~near | doubt).all() and (near | ~inside | (table["low"] == 0) | doubt).all()


def test_counts_of_zero_are_counts():
    """None for years, then one or two children, is no break; a hundred are one, and so is none after thirty a year."""
    rare = alarm(pd.Series([0, 1, 0, 0, 2, 0, 1.0]), LAC_DRIFT, FAMILY, breaks.USUAL)
    assert not rare.found and rare.low == 0 and rare.expected > 0
    assert alarm(pd.Series([0, 0, 0, 0, 100.0]), LAC_DRIFT, FAMILY, breaks.USUAL).direction == "more"
    assert alarm(pd.Series([30, 31, 28, 33, 0.0]), LAC_DRIFT, FAMILY, breaks.USUAL).direction == "fewer"


# --- the CUSUM --------------------------------------------------------------------------------------------------------


def test_the_cusum_by_hand():
    """Slack 1/2. More: 1, 2.5, 2, then past its limit of 3 and back to nothing; fewer after that; neither below 0."""
    limits = Limits(residual=np.inf, slack=0.5, cusum=3.0)
    residual = np.array([np.nan, 1.5, 2.0, 0.0, 2.0, -1.0, -1.5, 0.5, -4.0, -1.0, 1.5, -1.6])
    assert breaks._cusum(residual, limits) == pytest.approx([0, 1, 2.5, 2, 3.5, 0.5, 1.5, 0.5, 4.0, 0.5, 1.0, 1.1])


def test_the_cusum_restarts_after_a_residual_that_sounds():
    limits = Limits(residual=2.5, slack=0.5, cusum=5.0)
    assert breaks._cusum(np.array([np.nan, 2.0, 2.75, 1.0]), limits).tolist() == [0, 1.5, 3.75, 0.5]


def test_a_shift_too_small_for_one_residual_is_found_by_the_cusum():
    """A rise of 7% a year, each within the 1% limit, adds up."""
    rising = pd.Series(1000 * 1.07 ** np.arange(10))
    limits = Limits(residual=2.576, slack=0.5, cusum=5.0)
    table = residuals(rising, 0.03, FAMILY, 1.0, limits)
    first = sounds(table, limits).to_numpy().argmax()
    held = alarm(rising[: first + 1], 0.03, FAMILY, limits)
    assert held.found and held.direction == "more" and held.residual < limits.residual and held.cusum > limits.cusum


@given(counts=st.lists(st.integers(0, 300), min_size=4, max_size=16), cusum=st.floats(0.2, 6), limit=st.floats(1, 5))
def test_the_alarm_is_found_as_its_limits_say_and_points_where_the_sum_does(counts, cusum, limit):
    limits = Limits(residual=limit, slack=0.5, cusum=cusum)
    held = alarm(pd.Series(counts), LAC_DRIFT, FAMILY, limits)
    assert held.found == (abs(held.residual) > limit or held.cusum > cusum)
    wanted = "more" if held.counted > held.expected else "fewer"
    assert held.direction == (wanted if held.found else "none")


# --- few periods, bad counts ------------------------------------------------------------------------------------------


def test_fewer_than_four_periods_find_nothing_but_still_expect():
    for periods in (2, 3):
        held = alarm(pd.Series([100.0, 100, 5][-periods:], index=YEARS[:periods]), LAC_DRIFT, FAMILY, breaks.USUAL)
        assert (held.found, held.direction, held.period) == (False, "none", YEARS[periods - 1])
        assert held.residual < -5 and held.low < held.expected < held.high and held.expected == pytest.approx(100)
    assert alarm(pd.Series([100.0, 100, 100, 5]), LAC_DRIFT, FAMILY, breaks.USUAL).found
    one = alarm(pd.Series([100.0]), LAC_DRIFT, FAMILY, breaks.USUAL)
    assert (one.found, one.direction, one.counted, one.cusum) == (False, "none", 100, 0)
    assert np.isnan([one.expected, one.low, one.high, one.residual]).all()


@pytest.mark.parametrize("counts", [[], [1, np.nan, 3], [1, -1, 3], [1, np.inf]])
def test_counts_that_are_none_are_refused(counts):
    with pytest.raises(ValueError, match="counts"):
        residuals(pd.Series(counts, dtype=float), LAC_DRIFT, FAMILY)


@pytest.mark.parametrize(
    "change", [{"drift": -0.1}, {"children_per_family": 0}, {"years_a_period": 0}, {"drift": np.nan}]
)
def test_arguments_out_of_range_are_refused(change):
    with pytest.raises(ValueError, match="drift"):
        residuals(SLOUGH, **{"drift": LAC_DRIFT, "children_per_family": FAMILY} | change)


# --- false alarms -----------------------------------------------------------------------------------------------------


def simulated(drift: float, start: float, seed: int, family: float = FAMILY) -> np.ndarray:
    """Counts drawn from the model itself, [series x period]: each given those before it, all series at once.

    Level and its uncertainty by Bayes' rule in precisions, not in gains; counts are not whole.
    """
    luck = np.random.default_rng(seed)
    seen = np.full((SERIES, PERIODS), np.log(start))
    level, precision = seen[:, 0].copy(), np.full(SERIES, start / family)
    for period in range(1, PERIODS):
        before = 1 / precision + drift**2
        noise = family / np.exp(level)
        seen[:, period] = luck.normal(level, np.sqrt(before + noise))
        precision = 1 / before + 1 / noise
        level = (level / before + seen[:, period] / noise) / precision
    return np.maximum(np.exp(seen) - 0.5, 0)


def families(drift: float, start: float, seed: int, times: float = 1.0) -> np.ndarray:
    """Whole counts, [series x period]: the level walks, and is `times` as high in the last two periods."""
    luck = np.random.default_rng(seed)
    steps = luck.normal(0, drift, (SERIES, PERIODS))
    level = start * np.exp(np.cumsum(steps, axis=1) - steps[:, :1])
    level[:, -2:] *= times
    # two children in five come in twos, so that variance / mean = 0.6 x 1 + 0.4 x 2 = 1.4
    return luck.poisson(level * 0.6) + 2.0 * luck.poisson(level * 0.4 / 2)


def rates(counts: np.ndarray, drift: float, limits: Limits) -> tuple[int, float]:
    """Series that sound in the last period; and the share of all periods from the fourth that sound."""
    heard = np.array([sounds(residuals(pd.Series(row), drift, FAMILY, 1.0, limits), limits) for row in counts])
    return int(heard[:, -1].sum()), float(heard[:, breaks.ENOUGH_PERIODS - 1 :].mean())


@pytest.mark.parametrize("drift", [LAC_DRIFT, CP_DRIFT])
@pytest.mark.parametrize("start", [30.0, 120.0])
def test_false_alarms_of_single_residuals_are_as_many_as_chance_makes(drift, start):
    """Binomial(500, 2 (1 - F(2.576))) in the last period: 5 expected; the tails of 1 in 10,000 either side."""
    last, share = rates(simulated(drift, start, 1), drift, RESIDUAL_ONLY)
    chance = 2 * stats.norm.sf(RESIDUAL_ONLY.residual)
    low, high = stats.binom(SERIES, chance).ppf([1e-4, 1 - 1e-4])
    print(f"single residuals, drift {drift}, {start:.0f} a year: {last} of {SERIES} (last), {share:.4f} a period")
    assert low <= last <= high
    trials = SERIES * (PERIODS - breaks.ENOUGH_PERIODS + 1)
    assert share == pytest.approx(chance, abs=4 * (chance / trials) ** 0.5)


def test_residuals_of_the_model_are_standard_normal_and_independent():
    held = [
        residuals(pd.Series(row), LAC_DRIFT, FAMILY)["residual"].to_numpy()[1:] for row in simulated(LAC_DRIFT, 100, 2)
    ]
    held = np.array(held)
    assert stats.kstest(held.ravel(), "norm").pvalue > 1e-4
    assert np.abs(np.corrcoef(held.T) - np.eye(PERIODS - 1)).max() < 5 / SERIES**0.5


@pytest.mark.parametrize(("cusum", "periods_apart"), [(4.0, 168), (5.0, 465)])
def test_false_alarms_with_the_cusum(cusum, periods_apart):
    """At least the rate of single residuals; at most that and the CUSUM's own in the long run (Montgomery 9.1.3)."""
    counts = simulated(LAC_DRIFT, 100, 3)
    held = {
        name: rates(counts, LAC_DRIFT, limits)
        for name, limits in {
            "both": Limits(2.576, 0.5, cusum),
            "residual": RESIDUAL_ONLY,
            "cusum": Limits(np.inf, 0.5, cusum),
        }.items()
    }
    print(f"cusum {cusum}: of {SERIES} in the last period, share of all periods: {held}")
    (both, alone, own) = (held[name][1] for name in ("both", "residual", "cusum"))
    assert max(alone, own) < both < alone + own
    assert own < 1 / periods_apart


@pytest.mark.parametrize(("start", "most"), [(120.0, 0.013), (30.0, 0.018), (10.0, 0.04)])
def test_false_alarms_of_whole_children_in_families(start, most):
    """Not the model's own normal noise but families of one and two: the nominal 1% for many, above it for few."""
    counts = families(LAC_DRIFT, start, 4)
    last, share = rates(counts, LAC_DRIFT, RESIDUAL_ONLY)
    print(f"families, {start:.0f} a year: {last} of {SERIES} (last), {share:.4f} a period")
    assert 0.007 < share < most


# --- breaks -----------------------------------------------------------------------------------------------------------


def found_in(times: float, start: float, drift: float) -> list[float]:
    """Share of series found, in the right direction, in the period of a sudden change, and in that or the next."""
    tables = [residuals(pd.Series(row), drift, FAMILY) for row in families(drift, start, 5, times)]
    right = [sounds(table, breaks.USUAL) & ((table["residual"] > 0) == (times > 1)) for table in tables]
    return [float(np.array(right)[:, PERIODS - 2 : last].any(axis=1).mean()) for last in (PERIODS - 1, PERIODS)]


@pytest.mark.parametrize(
    ("times", "start", "drift", "least"),
    [
        (0.5, 120.0, LAC_DRIFT, 0.6),
        (1.5, 120.0, LAC_DRIFT, 0.15),
        (2.0, 120.0, LAC_DRIFT, 0.6),
        (0.5, 30.0, LAC_DRIFT, 0.3),
        (1.5, 30.0, LAC_DRIFT, 0.06),
        (0.5, 250.0, CP_DRIFT, 0.05),
        (1.5, 250.0, CP_DRIFT, 0.02),
    ],
)
def test_a_sudden_change_is_found(times, start, drift, least):
    """As often as the size of the change beside the drift allows; at a drift of 0.55 hardly ever."""
    at_once, next_too = found_in(times, start, drift)
    print(f"x {times}, {start:.0f} a year, drift {drift}: {at_once:.3f} at once, {next_too:.3f} within two")
    assert least <= at_once <= next_too


# --- every council ----------------------------------------------------------------------------------------------------


MOST_ALARMS = 0.015  # a year and council; 0.010 by chance if the drift given is the drift there is


def council_years(panel: pd.DataFrame, column: str, drift: float, limits: Limits) -> tuple[int, int, float]:
    """Alarms, council-years that could sound, and the variance of the residuals, over runs of years without a gap."""
    heard, could, held = 0, 0, []
    for _, council in panel.groupby("la_name"):
        series = council.set_index("year")[column].sort_index().dropna()
        run = (series.index.to_series().diff() != 1).cumsum()
        for _, years in series.groupby(run):
            table = residuals(years, drift, FAMILY, 1.0, limits).iloc[breaks.ENOUGH_PERIODS - 1 :]
            heard, could = heard + int(sounds(table, limits).sum()), could + len(table)
            held.append(table["residual"])
    return heard, could, float((pd.concat(held) ** 2).mean())


@pytest.mark.parametrize(("column", "drift"), [("lac_started", LAC_DRIFT), ("cpp_started", CP_DRIFT)])
def test_every_council_sounds_now_and_then(column, drift):
    if not os.environ.get(PANEL):
        pytest.skip(f"THE REAL COUNTS ARE NOT TESTED: set {PANEL} to the path of the panel of councils (la_panel.csv)")
    panel = pd.read_csv(Path(os.environ[PANEL]))
    for limits in (RESIDUAL_ONLY, Limits(2.576, 0.5, 4.0), breaks.USUAL):
        heard, could, variance = council_years(panel, column, drift, limits)
        print(f"{column}, drift {drift}, {limits}: {heard} of {could} ({heard / could:.4f}); mean z^2 {variance:.2f}")
        assert could > 1000 and heard / could < MOST_ALARMS
