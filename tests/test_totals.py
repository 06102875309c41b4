"""The closed form of totals: every figure by hand, Student's t from scipy and scoringrules, and how ranks move."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from conftest import HOME
from forecast.demand import totals
from forecast.demand.totals import Figures, Total
from forecast.demand.trend.levels import Departures
from forecast.demand.trend.past import Past

PACE = [0.01, 0.03] * 5 + [0.04]  # England's growth: mean 0.24 / 11
COUNTRY = pd.Series(60_000 * np.exp(np.cumsum([0.0, *PACE])), index=range(2000, 2012))
LAC = Figures(0.9, 0.1, -0.2, -2.8, 0.9, 0.6, 0.0, 0.4, 0.5)
CP = Figures(1.0, 0.0, 0.0, -1.8, 0.8, 0.3, 0.0, 1.0, Departures(0.3, 0.2, 0.75, 3.0))


def lac_past(years=(2010.25, 2011.25), counts=(180.0, 200.0)) -> Past:
    return Past(np.array(years), np.array(counts), np.zeros(len(years)), COUNTRY)


def test_englands_growth_is_the_chain_at_whole_years_and_adds_up_between():
    ahead = totals.growth_ahead(COUNTRY, 0.5, 0.0, np.array([1, 2, 3]))
    pace = 0.24 / 11
    assert ahead == pytest.approx(pace * np.array([1, 2, 3]) + np.array([0.5, 0.75, 0.875]) * (0.04 - pace))
    later = totals.growth_ahead(
        COUNTRY, 0.5, 0.5, np.array([1.5])
    )  # from half a year after England's count to two years
    assert later + totals.growth_ahead(COUNTRY, 0.5, 0.0, np.array([0.5])) == pytest.approx(ahead[1])


def test_no_growth_is_expected_of_a_country_with_too_short_a_past():
    assert (totals.growth_ahead(COUNTRY.iloc[:9], 0.5, 0.0, np.array([1, 2])) == 0).all()


def test_median_of_lac_by_hand():
    pace = 0.24 / 11
    grown = pace + 0.5 * (0.04 - pace)
    middle = 0.9 * grown + 0.1 * np.log(200 / 180) - 0.2 * 0.15  # 15% are unaccompanied
    found = totals.ahead(lac_past(), LAC, [0.25, 1], 0.15)
    assert found.quantiles([0.5])[0] == pytest.approx([200 * np.exp(middle / 4), 200 * np.exp(middle)])


def test_own_change_is_that_of_a_year_and_none_where_no_count_is_a_year_old():
    assert totals.last_change(lac_past((2010.25, 2011.25, 2011.75), (100.0, 400.0, 300.0))) == pytest.approx(
        np.log(300 / 200)  # half way between 100 and 400 on the logarithm lies 200
    )
    assert totals.last_change(lac_past((2011.0, 2011.25), (100.0, 200.0))) == 0


def test_median_of_plans_returns_by_the_conditional_mean():
    """One count: the share of its departure that is kept is (lasting + passing x kept^h) over all its variance."""
    past = Past(np.array([2011.25]), np.array([150.0]), np.array([0.4]), COUNTRY)
    variance = 0.09 + 0.04 + 3 / 150
    left = [(0.09 + 0.04 * 0.75**h) / variance for h in (1, 2, 4.5)]
    found = totals.ahead(past, CP, [1, 2, 4.5]).quantiles([0.5])[0]
    assert found == pytest.approx(150 * np.exp(0.4 * (np.array(left) - 1)))


def test_the_parts_of_the_median_sum_to_it():
    past = lac_past()
    held = totals.parts(past, LAC, [0.5, 1, 3], 0.15)
    assert list(held) == ["national", "momentum", "uasc"]
    assert held["momentum"] == pytest.approx(0.1 * np.log(200 / 180) * np.array([0.5, 1, 1]))
    assert held["uasc"] == pytest.approx(-0.03 * np.array([0.5, 1, 1]))
    assert sum(held.values()) == pytest.approx(totals.ahead(past, LAC, [0.5, 1, 3], 0.15).middle)
    assert set(held) | {"level"} == set(totals.IN_WORDS)


def test_beyond_five_years_the_median_stays_and_the_spread_goes_on():
    found = totals.ahead(lac_past(), LAC, [5, 7])
    assert found.middle[1] == found.middle[0] and found.scale[1] > found.scale[0]


def test_scale_by_hand():
    found = totals.ahead(lac_past(), LAC, [1 / 12, 1, 2.5]).scale
    assert found == pytest.approx(np.exp(-2.8) * (1 + 70 / 200) ** 0.9 * np.array([12**-0.5, 1, 2.5**0.6]))


def test_volatility_by_hand():
    """A usual change has square 1.25, the variance of Student's t: it leaves 1. One far beyond counts as three."""
    own = Figures(1, 0, 0, -2.0, 0.0, 0.5, 1.0, 0.4, 0.5)
    usual = np.exp(-2.0)
    steps = np.array([0, usual * np.sqrt(1.25), 50, 0])
    past = lac_past((2008.25, 2009.25, 2010.25, 2011.25), tuple(100 * np.exp(np.cumsum(steps))))
    seen = totals.volatility(past, own)
    assert seen == pytest.approx([1, 1, (20 + 1 + 9 / 1.25) / 22, (20 + 1 + 9 / 1.25) / 23])
    assert totals.ahead(past, own, [1]).scale == pytest.approx(usual * np.sqrt(seen[-1]))


def test_a_change_of_less_than_a_year_tells_nothing_of_yearly_volatility():
    assert totals.volatility(lac_past((2011.0, 2011.25), (100.0, 200.0)), LAC)[-1] == 1


def test_quantiles_are_students():
    total = Total(100.0, np.array([1.0, 2.0]), np.array([0.1, 0.2]), np.array([0.05, 0.3]), 0.5)
    ranks = np.array([0.001, 0.1, 0.5, 0.9])
    expected = 100 * np.exp(stats.t.ppf(ranks[:, None], 10, [0.1, 0.2], [0.05, 0.3]))
    assert total.quantiles(ranks) == pytest.approx(expected)
    own = np.array([[0.1, 0.9], [0.5, 0.2]])  # ranks of their own in each month
    assert total.quantiles(own) == pytest.approx(100 * np.exp(stats.t.ppf(own, 10, [0.1, 0.2], [0.05, 0.3])))


def test_equally_spaced_ranks_score_as_students_t_does():
    """CRPS of the logarithm of 2,000 ranks beside scoringrules' closed form."""
    import scoringrules  # compiles for seconds: only where this test runs

    total = Total(100.0, np.array([1.0]), np.array([0.1]), np.array([0.2]), 0.5)
    logs = np.log(total.quantiles((np.arange(2000) + 0.5) / 2000)[:, 0] / 100)
    for came in (-0.5, 0.1, 0.3):
        assert scoringrules.crps_ensemble(came, logs) == pytest.approx(
            scoringrules.crps_t(came, 10, 0.1, 0.2), rel=2e-3
        )


@pytest.fixture(scope="module")
def drawn():
    """Standardised logs of 40,000 paths to three years, every quarter, [draw x quarter]."""
    years = np.arange(1, 13) / 4
    total = Total(100.0, years, 0.1 * years, 0.2 * years**0.3, 1.0)
    rng = np.random.default_rng(5)
    paths = total.paths(rng.standard_normal((40_000, 3)), rng.uniform(size=40_000))
    return (np.log(paths / 100) - total.middle) / total.scale


def test_paths_have_the_quantiles_of_every_month(drawn):
    for quarter in drawn.T:
        assert stats.kstest(quarter, stats.t(10).cdf).statistic < 1.63 / 200  # 1% of the Kolmogorov distribution


def test_ranks_of_years_correlate_by_the_ratio_of_their_times(drawn):
    together = np.corrcoef(drawn[:, [3, 7, 11]].T)
    assert together[0, 1] == pytest.approx(1 / 2, abs=0.02)
    assert together[1, 2] == pytest.approx(2 / 3, abs=0.02)
    assert together[0, 2] == pytest.approx(1 / 3, abs=0.02)


def test_a_rank_stays_within_the_first_year_and_for_good_without_memory_lost(drawn):
    assert drawn[:, :4] == pytest.approx(np.repeat(drawn[:, :1], 4, axis=1))
    kept = Total(100.0, np.array([1.0, 1.5, 3.0]), np.zeros(3), np.ones(3), 0.0)
    logs = np.log(kept.paths(np.random.default_rng(1).standard_normal((50, 3)), np.full(50, 0.5)) / 100)
    assert logs == pytest.approx(np.repeat(logs[:, :1], 3, axis=1))


def test_figures_come_from_the_table_of_the_project():
    table = pd.read_csv(HOME / "data" / "calibration" / "totals.csv")
    found, value = totals.from_table(table), table.set_index(["group", "name"])["value"]
    assert found["lac"].expected == value["lac", "persistence"] and found["cp"].expected.kept == value["cp", "kept"]
    assert found["cp"].horizon == value["cp", "horizon"] and found["cp"].momentum == 0
    assert ((table["low"] <= table["value"]) & (table["value"] <= table["high"])).all()
    with pytest.raises(KeyError, match="horizon"):
        totals.from_table(table[table["name"] != "horizon"])
