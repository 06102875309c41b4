"""Scores: by hand, against the library scoringrules, by their properties, and the bootstrap against closed forms."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from forecast.record import scores

COUNTS = st.floats(-1e4, 1e4, allow_subnormal=False)
TINY = 1e-300  # below it, half of a number is not exact
ENSEMBLES = st.lists(COUNTS, min_size=1, max_size=30)


@pytest.fixture(scope="module")
def library():
    return pytest.importorskip("scoringrules", reason="the library that the scores are checked against")


def ensemble(seed: int, forecasts: int = 50, draws: int = 41) -> tuple[np.ndarray, np.ndarray]:
    """Counts with ties, some of them equal to the outturn, and outturns outside every draw."""
    luck = np.random.default_rng(seed)
    held = luck.poisson(30, (forecasts, draws)).astype(float)
    return held, luck.poisson(30, forecasts) * luck.choice([0.0, 1.0, 4.0], forecasts, p=[0.1, 0.8, 0.1])


# --- CRPS -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("estimator", ["nrg", "int", "qd"])
def test_crps_is_the_librarys(library, estimator):
    """`nrg` is the V-statistic as it stands; `int` is the integral over the empirical distribution."""
    for seed, draws in enumerate([1, 2, 3, 41, 500]):
        held, outturn = ensemble(seed, draws=draws)
        wanted = library.crps_ensemble(outturn, held, estimator=estimator, backend="numpy")
        assert scores.crps(held, outturn) == pytest.approx(wanted, abs=1e-10)


def test_crps_is_the_two_expectations_pair_by_pair():
    held, outturn = ensemble(7)
    from_outturn = np.abs(held - outturn[:, None]).mean(axis=1)
    from_itself = np.abs(held[:, :, None] - held[:, None, :]).mean(axis=(1, 2))
    assert scores.crps(held, outturn) == pytest.approx(from_outturn - from_itself / 2, abs=1e-12)


def test_crps_by_hand():
    # draws 0 and 4. y = 1: (1 + 3) / 2 - (4 x 2 / 4) / 2 = 1. y = 4: 2 - 1 = 1. y = 10: (10 + 6) / 2 - 1 = 7
    assert scores.crps([[4, 0], [0, 4], [0, 4]], [1, 4, 10]).tolist() == [1, 1, 7]
    # 1, 2, 3 around 2: 2/3 - (2 x (1 + 2 + 1) / 9) / 2 = 2/9
    assert scores.crps([[3, 1, 2]], [2])[0] == pytest.approx(2 / 9)


def test_crps_of_a_large_ensemble_is_that_of_its_distribution():
    """A normal: s (z (2 F(z) - 1) + 2 f(z) - 1 / sqrt(pi)) (Gneiting and Raftery 2007, equation 21)."""
    held = stats.norm(100, 10).ppf((np.arange(20_000) + 0.5) / 20_000)
    for outturn in (100.0, 112.0, 60.0):
        z = (outturn - 100) / 10
        wanted = 10 * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - np.pi**-0.5)
        assert scores.crps(held[None], [outturn])[0] == pytest.approx(wanted, abs=1e-3)


def test_crps_loses_nothing_to_a_high_level():
    """0 and 4 children around 1, a billion higher up: no term cancels another."""
    assert scores.crps([[1e9, 1e9 + 4]], [1e9 + 1])[0] == 1


def test_crps_leaves_its_draws_as_they_were():
    held = np.array([[3.0, 1.0, 2.0]])
    scores.crps(held, [2])
    assert held.tolist() == [[3, 1, 2]]


@given(draws=ENSEMBLES, outturn=COUNTS)
def test_crps_is_never_negative_and_at_most_the_mean_distance(draws, outturn):
    score = scores.crps([draws], [outturn])[0]
    assert 0 <= score <= np.abs(np.array(draws) - outturn).mean() * (1 + 1e-9)


@given(draw=COUNTS, outturn=COUNTS)
def test_crps_of_one_draw_is_the_absolute_error(draw, outturn):
    assert scores.crps([[draw]], [outturn])[0] == pytest.approx(abs(draw - outturn), rel=1e-12, abs=TINY)
    assert scores.crps([[draw] * 5], [outturn])[0] == pytest.approx(abs(draw - outturn))


@given(draws=ENSEMBLES, outturn=COUNTS, moved=COUNTS, times=st.floats(0.01, 100))
def test_crps_moves_and_stretches_with_its_unit(draws, outturn, moved, times):
    held = np.array([draws])
    score = scores.crps(held, [outturn])[0]
    assert scores.crps(held + moved, [outturn + moved])[0] == pytest.approx(score, abs=1e-7)
    assert scores.crps(held * times, [outturn * times])[0] == pytest.approx(score * times, rel=1e-9, abs=1e-7)
    assert scores.crps(-held, [-outturn])[0] == pytest.approx(score, rel=1e-9, abs=1e-9)


@given(draws=ENSEMBLES, outturn=COUNTS, seed=st.integers(0, 99))
def test_the_order_of_the_draws_does_not_matter(draws, outturn, seed):
    mixed = np.random.default_rng(seed).permutation(draws)
    assert scores.crps([draws], [outturn])[0] == scores.crps([mixed], [outturn])[0]


@pytest.mark.parametrize(("mean", "sd"), [(103, 10), (97, 10), (100, 13), (100, 7), (100, 0.01)])
def test_crps_is_best_for_the_truth(mean, sd):
    """Proper: outturns from N(100, 10) score better, on average, by N(100, 10) than by another normal."""
    outturn = np.random.default_rng(11).normal(100, 10, 20_000)
    at = stats.norm.ppf((np.arange(101) + 0.5) / 101)
    truth, other = (scores.crps(np.tile(m + s * at, (outturn.size, 1)), outturn) for m, s in ((100, 10), (mean, sd)))
    assert truth.mean() + 3 * (other - truth).std() / outturn.size**0.5 < other.mean()


# --- quantiles and ranges ---------------------------------------------------------------------------------------------


def test_pinball_is_the_librarys(library):
    held, outturn = ensemble(1)
    for level in (0.025, 0.1, 0.5, 0.9):
        quantile = np.quantile(held, level, axis=1)
        wanted = library.quantile_score(outturn, quantile, level, backend="numpy")
        assert scores.pinball(quantile, level, outturn) == pytest.approx(wanted)


def test_pinball_width_and_coverage_make_the_librarys_interval_score(library):
    """The score of an 80% range is the pinball of its two ends, times 2 / 0.2; it is the width where the range holds."""
    held, outturn = ensemble(2)
    low, high = np.quantile(held, [0.1, 0.9], axis=1)
    wanted = library.interval_score(outturn, low, high, 0.2, backend="numpy")
    both = scores.pinball(low, 0.1, outturn) + scores.pinball(high, 0.9, outturn)
    assert 10 * both == pytest.approx(wanted)
    holds = np.isclose(wanted, high - low)
    assert scores.coverage(low, high, outturn) == holds.mean()
    assert scores.width(low[holds], high[holds]) == pytest.approx(wanted[holds].mean())


def test_pinball_by_hand():
    # a 90th percentile of 10: 4 too low costs 0.9 x 4, 5 too high 0.1 x 5
    assert scores.pinball([10, 10, 10], 0.9, [14, 5, 10]) == pytest.approx([3.6, 0.5, 0])


@given(quantile=COUNTS, outturn=COUNTS)
def test_pinball_of_the_median_is_half_the_absolute_error(quantile, outturn):
    assert scores.pinball([quantile], 0.5, [outturn])[0] == pytest.approx(
        abs(quantile - outturn) / 2, rel=1e-12, abs=TINY
    )


def test_coverage_counts_both_ends():
    low, high = [10, 10, 10, 10, 10], [20, 20, 20, 20, 20]
    assert scores.coverage(low, high, [10, 20, 15, 9.99, 20.01]) == 0.6
    assert scores.width([10, 0], [20, 3]) == 6.5


# --- errors -----------------------------------------------------------------------------------------------------------


def test_errors_by_hand():
    forecast, outturn = np.array([12.0, 7, 5]), np.array([10.0, 10, 0])
    assert scores.mae(forecast, outturn) == pytest.approx(10 / 3)
    assert scores.mape(forecast, outturn) == scores.Mean(pytest.approx((0.2 + 0.3) / 2), 1)
    # errors 2, -3, 5 in scales 4, a half and 0
    assert scores.mase(forecast - outturn, [4, 0.5, 0]) == scores.Mean(pytest.approx((0.5 + 6) / 2), 1)
    assert scores.bias(forecast, outturn) == scores.Bias(pytest.approx(4 / 3), pytest.approx(4 / 20))


def test_nothing_to_divide_by_is_not_a_number_and_counted():
    for held in (scores.mape([1, 2], [0, 0]), scores.mase([1, 2], [0, 0])):
        assert np.isnan(held.value) and held.left_out == 2
    assert scores.bias([1, 2], [0, 0]).children == 1.5 and np.isnan(scores.bias([1, 2], [0, 0]).share)


def test_no_change_has_a_mase_of_one_on_its_own_past():
    series = np.array([101.0, 69, 101, 107, 108])
    change = np.diff(series)
    assert scores.mase(change, np.full(4, np.abs(change).mean())) == scores.Mean(pytest.approx(1), 0)


# --- PIT --------------------------------------------------------------------------------------------------------------


def test_pit_by_hand():
    # of 1, 2, 2, 5: below 2 stands one quarter, at 2 a half
    draws = [[5, 2, 1, 2]] * 4
    assert scores.pit(draws, [2, 0, 9, 3]).tolist() == [0.5, 0, 1, 0.75]


def test_pit_histogram_by_hand():
    assert scores.pit_histogram([0, 0.05, 0.35, 1.0]).tolist() == [0.5, 0, 0, 0.25, 0, 0, 0, 0, 0, 0.25]
    assert scores.pit_histogram([0.2, 0.5, 0.7, 0.1], bins=2).tolist() == [0.5, 0.5]


def test_a_sound_forecast_has_a_flat_histogram_and_a_narrow_one_has_not():
    luck = np.random.default_rng(5)
    outturn = luck.normal(100, 10, 20_000)
    sound = scores.pit_histogram(scores.pit(luck.normal(100, 10, (20_000, 199)), outturn))
    narrow = scores.pit_histogram(scores.pit(luck.normal(100, 5, (20_000, 199)), outturn))
    assert np.abs(sound - 0.1).max() < 4 * (0.1 * 0.9 / 20_000) ** 0.5
    # below the 10th percentile of N(100, 5) lies F(-1.2816 / 2) of N(100, 10)
    assert narrow[[0, -1]] == pytest.approx(stats.norm.cdf(stats.norm.ppf(0.1) / 2), abs=0.02)


@given(draws=ENSEMBLES, outturn=COUNTS)
def test_pit_of_the_mirror_image_is_its_complement(draws, outturn):
    held = np.array([draws])
    assert scores.pit(held, [outturn])[0] + scores.pit(-held, [-outturn])[0] == pytest.approx(1)


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        lambda: scores.crps([[1, np.nan]], [1]),
        lambda: scores.crps([[1, 2]], [np.nan]),
        lambda: scores.crps([[1, 2]], [1, 2]),
        lambda: scores.crps([1, 2], [1, 2]),
        lambda: scores.crps(np.empty((1, 0)), [1]),
        lambda: scores.pit([[1, np.inf]], [1]),
        lambda: scores.mae([1, 2], [1]),
        lambda: scores.mae([1, 2], [1, np.nan]),
        lambda: scores.mae([], []),
        lambda: scores.coverage([1], [2], [np.nan]),
        lambda: scores.coverage([3], [2], [2]),
        lambda: scores.width([3], [2]),
        lambda: scores.pinball([1], 1.0, [1]),
        lambda: scores.pinball([1], 90, [1]),
        lambda: scores.mase([1], [-1]),
        lambda: scores.pit_histogram([1.1]),
        lambda: scores.pit_histogram([-0.1]),
    ],
)
def test_what_cannot_be_scored_is_refused(call):
    with pytest.raises(ValueError):
        call()


# --- a frame of forecasts ---------------------------------------------------------------------------------------------


def forecasts(councils: int = 12, seed: int = 3) -> pd.DataFrame:
    """Two measures, two methods, three origins, two horizons; `plain` is worse in every council."""
    luck, rows = np.random.default_rng(seed), []
    for council in range(councils):
        for measure in ("cp", "lac"):
            for origin in ("2015-03", "2016-03", "2017-03"):
                for horizon in (1, 3):
                    outturn = float(luck.poisson(50))
                    for method, off in (("ours", 2.0), ("plain", 6.0)):
                        middle = outturn + off * luck.normal()
                        rows.append(
                            [
                                f"council {council:02d}",
                                measure,
                                method,
                                origin,
                                horizon,
                                outturn,
                                middle - 5,
                                middle,
                                middle + 5,
                                off * luck.exponential(),
                                50.0,
                                4.0,
                            ]
                        )
    names = "council measure method origin horizon outturn p10 p50 p90 crps last scale"
    return pd.DataFrame(rows, columns=names.split())


def test_summary_by_hand():
    same = {"measure": "lac", "method": "ours", "origin": "2015-03", "horizon": 1, "last": 9.0}
    frame = pd.DataFrame(
        [
            same | {"council": "A", "outturn": 10.0, "p10": 8.0, "p50": 12.0, "p90": 16.0, "crps": 1.0, "scale": 4.0},
            same | {"council": "B", "outturn": 20.0, "p10": 21.0, "p50": 26.0, "p90": 31.0, "crps": 4.0, "scale": 0.0},
            same | {"council": "C", "outturn": 0.0, "p10": 0.0, "p50": 1.0, "p90": 3.0, "crps": 0.4, "scale": 0.0},
        ]
    )
    (row,) = scores.summary(frame).to_dict("records")
    assert row == {
        "measure": "lac",
        "method": "ours",
        "horizon": 1,
        "n": 3,
        "mae": pytest.approx((2 + 6 + 1) / 3),
        "mape": pytest.approx((0.2 + 0.3) / 2),
        "mape_left_out": 1,
        "mase": pytest.approx(2 / 4),
        "mase_left_out": 2,
        "crps": pytest.approx(5.4 / 3),
        "pinball10": pytest.approx((0.1 * 2 + 0.9 * 1 + 0) / 3),
        "pinball50": pytest.approx((1 + 3 + 0.5) / 3),
        "pinball90": pytest.approx((0.1 * 6 + 0.1 * 11 + 0.1 * 3) / 3),
        "coverage": pytest.approx(2 / 3),
        "width": pytest.approx((8 + 10 + 3) / 3),
        "bias": pytest.approx(3),
        "bias_share": pytest.approx(9 / 30),
    }


def test_summary_has_a_row_for_each_measure_method_and_horizon():
    frame = forecasts()
    table = scores.summary(frame.sample(frac=1, random_state=1))
    keys = [(m, w, h) for m in ("cp", "lac") for w in ("ours", "plain") for h in (1, 3)]
    assert list(table[["measure", "method", "horizon"]].itertuples(index=False, name=None)) == keys
    assert (table["n"] == 36).all()
    for row in table.itertuples():
        held = frame.query("measure == @row.measure and method == @row.method and horizon == @row.horizon")
        assert row.crps == pytest.approx(held["crps"].mean())
        assert row.mae == pytest.approx((held["p50"] - held["outturn"]).abs().mean())


@pytest.mark.parametrize("column", ["crps", "scale", "outturn", "p10", "horizon", "council"])
def test_summary_refuses_a_gap(column):
    frame = forecasts(2).astype({"horizon": float})
    frame.loc[3, column] = None
    with pytest.raises(ValueError):
        scores.summary(frame)
    with pytest.raises(ValueError, match=column):
        scores.summary(frame.drop(columns=column))


def test_summary_refuses_a_forecast_that_stands_twice_and_an_empty_frame():
    frame = forecasts(2)
    with pytest.raises(ValueError, match="twice"):
        scores.summary(pd.concat([frame, frame.tail(1)]))
    with pytest.raises(ValueError, match="no rows"):
        scores.summary(frame.head(0))


# --- one method against another ---------------------------------------------------------------------------------------


def totals(ours, plain) -> pd.DataFrame:
    """One forecast a council with the CRPS given."""
    frame = forecasts(len(ours)).query("measure == 'lac' and origin == '2015-03' and horizon == 1").copy()
    frame.loc[frame["method"] == "ours", "crps"] = ours
    frame.loc[frame["method"] == "plain", "crps"] = plain
    return frame


def test_two_councils_by_hand():
    """Drawn AA, AB, BA, BB, a quarter each: the ratio is 1/4, 5/6 or 2, with both ends beyond a tenth."""
    ratio = scores.relative(totals([1.0, 4.0], [4.0, 2.0]), "ours", "plain", 4000, 1)
    assert ratio == scores.Ratio(pytest.approx(5 / 6), 0.25, 2, 0.25, 2, 2, 2)


def test_interval_is_the_binomials():
    """Councils score 1 or 0 against 1: the resampled ratio is a binomial share, whose quantiles are known."""
    ours = np.repeat([1.0, 0.0], [12, 28])
    ratio = scores.relative(totals(ours, np.ones(40)), "ours", "plain", 200_000, 2)
    wanted = stats.binom(40, 0.3).ppf([0.1, 0.9, 0.025, 0.975]) / 40
    assert [ratio.low80, ratio.high80, ratio.low95, ratio.high95] == pytest.approx(wanted)
    assert (ratio.ratio, ratio.councils, ratio.forecasts) == (pytest.approx(0.3), 40, 40)


def test_interval_is_the_delta_methods_for_many_councils():
    """Ratio of sums: SD = sqrt(sum (a - r b)^2) / sum b (Cochran 1977, section 2.11)."""
    luck = np.random.default_rng(9)
    plain = luck.gamma(20, 0.1, 400)
    ours = plain * luck.gamma(40, 0.02, 400)
    ratio = scores.relative(totals(ours, plain), "ours", "plain", 20_000, 3)
    sd = np.sqrt(((ours - ratio.ratio * plain) ** 2).sum()) / plain.sum()
    ends = ratio.ratio + sd * stats.norm.ppf([0.1, 0.9, 0.025, 0.975])
    assert [ratio.low80, ratio.high80, ratio.low95, ratio.high95] == pytest.approx(ends, abs=0.15 * sd)


def test_councils_are_resampled_whole():
    """Ten copies of each council's forecast at other origins tell nothing new: the same interval."""
    one = totals([1.0, 3.0, 2.0, 5.0], [2.0, 2.0, 4.0, 3.0])
    ten = pd.concat([one.assign(origin=f"{2001 + year}-03") for year in range(10)])
    once, often = (scores.relative(frame, "ours", "plain", 2000, 4) for frame in (one, ten))
    assert (often.low80, often.high95) == (pytest.approx(once.low80), pytest.approx(once.high95))
    assert (once.forecasts, often.forecasts, often.councils) == (4, 40, 4)


def test_the_seed_and_not_the_order_of_rows_decides():
    frame = forecasts()
    first = scores.relative(frame, "ours", "plain", 500, 5)
    assert first == scores.relative(frame.sample(frac=1, random_state=2), "ours", "plain", 500, 5)
    assert first != scores.relative(frame, "ours", "plain", 500, 6)


@given(times=st.floats(0.1, 10))
@settings(max_examples=10)
def test_a_method_that_is_everywhere_so_many_times_another_has_no_doubt(times):
    plain = np.array([1.0, 2, 3, 8])
    ratio = scores.relative(totals(times * plain, plain), "ours", "plain", 200, 1)
    assert [ratio.ratio, ratio.low95, ratio.high95] == pytest.approx([times] * 3)


def test_other_methods_do_not_matter():
    frame = forecasts(6)
    third = frame[frame["method"] == "plain"].assign(method="third", crps=99.0)
    assert scores.relative(frame, "ours", "plain", 300, 1) == scores.relative(
        pd.concat([third, frame]), "ours", "plain", 300, 1
    )


def test_a_mismatch_is_refused_unless_only_the_shared_are_kept():
    frame = forecasts(6)
    fewer = frame[~((frame["method"] == "ours") & (frame["origin"] == "2015-03"))]
    for method, against in (("ours", "plain"), ("plain", "ours")):
        with pytest.raises(ValueError, match="24 of 72 forecasts stand under one"):
            scores.relative(fewer, method, against, 100, 1)
    kept = scores.shared(fewer, "ours", "plain")
    assert scores.relative(kept, "ours", "plain", 100, 1).forecasts == 48
    assert set(kept["origin"]) == {"2016-03", "2017-03"} and len(kept) == 96


def test_what_cannot_be_compared_is_refused():
    frame = forecasts(4)
    with pytest.raises(ValueError, match="under one of them only"):
        scores.relative(frame, "ours", "nobody", 100, 1)
    with pytest.raises(ValueError, match="0 of 0"):
        scores.relative(frame, "no one", "nobody", 100, 1)
    with pytest.raises(ValueError, match="one council"):
        scores.relative(frame[frame["council"] == "council 00"], "ours", "plain", 100, 1)
    with pytest.raises(ValueError, match="zero"):
        scores.relative(totals([1.0, 1.0], [0.0, 1.0]), "ours", "plain", 100, 1)
    moved = frame.copy()
    moved.loc[0, "outturn"] += 1
    with pytest.raises(ValueError, match="different outturns"):
        scores.relative(moved, "ours", "plain", 100, 1)
    gap = frame.copy()
    gap.loc[0, "crps"] = np.nan
    with pytest.raises(ValueError, match="missing"):
        scores.relative(gap, "ours", "plain", 100, 1)
