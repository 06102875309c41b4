"""Tuning finds the truth it was given: panels made here with known shares, spreads and drift."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import norm

from forecast.demand.trend.earned import METHODS
from forecast.record import calibrate
from forecast.record.chain import England
from forecast.record.panel import MEASURES, Panel

LUCK = np.random.default_rng(20110609)


def readings(count: int, luck: np.random.Generator, **truth: float) -> pd.DataFrame:
    """Forecasts of every trend, of which only those named in `truth` have a part in what comes."""
    rows = pd.DataFrame({name: luck.normal(0, 0.1, count) for name in METHODS})
    came = sum(share * rows[name] for name, share in truth.items()) + luck.normal(0, 0.03, count)
    councils = [str(2 * (at % 40) + 2) for at in range(count)]
    return rows.assign(
        last=200.0, outturn=200.0 * np.exp(came), origin=2011 + np.arange(count) // 40 % 12, horizon=1, council=councils
    )


def test_least_errors_is_median_regression_where_no_share_is_at_its_bounds():
    rows = readings(400, LUCK, national=0.6, rates=0.3, level=0.4, population=0.5)
    said, came = rows[list(METHODS)].to_numpy(), calibrate.changes(rows)
    ours = calibrate.least_errors(said, came, np.ones(400))
    theirs = sm.QuantReg(came, said).fit(q=0.5, max_iter=5000, p_tol=1e-10).params
    assert ours == pytest.approx(theirs, abs=2e-3)
    assert np.abs(came - said @ ours).sum() <= np.abs(came - said @ theirs).sum() + 1e-9


def test_least_errors_keeps_to_its_bounds_and_weighs():
    said, came = np.array([[1.0], [1.0], [1.0]]), np.array([2.0, -1.0, 0.4])
    assert calibrate.least_errors(said, came, np.array([9.0, 1, 1])).tolist() == [1.0]
    assert calibrate.least_errors(said, came, np.array([1.0, 9, 1])).tolist() == [0.0]
    assert calibrate.least_errors(said, came, np.array([1.0, 1, 9])) == pytest.approx([0.4])


def test_earned_shares_finds_the_trend_that_served_and_gives_the_others_little():
    shares = calibrate.earned_shares(readings(960, np.random.default_rng(3), national=0.7), seed=1, resamples=60)
    assert shares.at["national", "share"] == pytest.approx(0.7, abs=0.05) and shares.at["national", "given"] == 1
    assert (shares["share"].drop("national") < 0.05).all()
    assert (shares["low"] <= shares["high"]).all()


def test_a_trend_that_was_luck_gets_no_share():
    """Four trends, none with a part in what came: each is given something by fewer than three resamples in four."""
    shares = calibrate.earned_shares(readings(960, np.random.default_rng(8)), seed=1, resamples=60)
    assert (shares.loc[shares["given"] < calibrate.LEAST_GIVEN, "share"] == 0).all()
    assert shares["share"].max() < 0.08


def synthetic(
    councils: int, years: int, luck: np.random.Generator, lasting: float, passing: float, kept: float, family: float
) -> tuple[Panel, England]:
    """Councils of 100,000 children whose rate departs from England's as the model says."""
    index = range(2026 - years, 2026)
    frames = {}
    for at in range(councils):
        level, away = luck.normal(0, lasting), luck.normal(0, passing)
        path = []
        for _ in index:
            path.append(level + away)
            away = kept * away + luck.normal(0, passing * np.sqrt(1 - kept**2))
        mean = 400 * np.exp(np.array(path))
        counts = luck.poisson(mean / family) * family
        frames[str(2 * at + 2)] = pd.DataFrame(
            {"lac": counts.astype(float), "pop_0_17": 100_000.0}, index=pd.Index(index, name="year")
        )
    figures = pd.concat(frames, names=["council"])
    country = pd.DataFrame({"lac": 400.0 * 100, "children": 100_000.0 * 100}, index=pd.Index(index, name="year"))
    return Panel(figures, {council: council for council in frames}), England(country, {}, None, None)


def test_departures_of_councils_are_recovered():
    panel, england = synthetic(120, 15, np.random.default_rng(5), lasting=0.4, passing=0.2, kept=0.7, family=2.0)
    found = calibrate.departures(panel, england, "lac", list(panel.names))
    assert found.lasting == pytest.approx(0.4, rel=0.15)
    assert found.passing == pytest.approx(0.2, rel=0.15)
    assert found.kept == pytest.approx(0.7, abs=0.1)
    assert found.family == pytest.approx(2.0, rel=0.4)


def drifting(count: int, luck: np.random.Generator, drift: calibrate.DriftFit, small: float) -> calibrate.Misses:
    """Outturns that miss the middle by known drift in three years' starts, and by known chance."""
    reach = np.array([[0.3, 0, 0], [0.2, 0.3, 0], [0.1, 0.2, 0.3]])[np.arange(count) % 3]
    last = luck.choice([20.0, 60, 150, 400, 900], count)
    exact = calibrate.Misses(np.zeros(count), last, reach, np.full(count, 1e-4))
    spread = exact.edge(drift, small) / calibrate.Z90
    return calibrate.Misses(np.abs(luck.normal(0, spread)), last, reach, exact.chance)


@pytest.mark.parametrize("truth", [calibrate.DriftFit(0.3, 0.1, 2.0, 0.5), calibrate.DriftFit(0.05, 0.25, 15.0, 0.4)])
def test_drift_is_recovered(truth):
    held = drifting(9000, np.random.default_rng(6), truth, 60.0)
    found = calibrate.fit_drift(held, truth.leaving, 60.0)
    assert held.edge(found, 60.0) == pytest.approx(held.edge(truth, 60.0), rel=0.05), (
        "its parts trade off: the width is what they are for"
    )


def test_what_makes_small_councils_drift_more_is_recovered_from_both_measures():
    luck = np.random.default_rng(7)
    truths = {"lac": calibrate.DriftFit(0.05, 0.2, 10.0, 0.4), "cp": calibrate.DriftFit(0.3, 0.1, 2.0, 0.5)}
    held = {measure: drifting(4000, luck, truth, 70.0) for measure, truth in truths.items()}
    small, found = calibrate.fit_small(held, {measure: truth.leaving for measure, truth in truths.items()})
    assert small == pytest.approx(70, rel=0.15) and set(found) == set(truths)


def test_edge_by_hand():
    """One year, no fading: variance of starts' yearly mean plus today's, times leaving, times a council of `small`'s 2."""
    drift = calibrate.DriftFit(0.01, 0.2, 1e9, 0.5)
    one = calibrate.Misses(np.zeros(1), np.array([50.0]), np.array([[0.4, 0, 0]]), np.array([0.01]))
    walk = 0.01**2 / 12 * sum(((12 - month) / 12) ** 2 for month in range(12))
    wanted = calibrate.Z90 * np.sqrt(0.01 + 0.16 * (0.2**2 + walk) * 1.25 * 2)
    assert one.edge(drift, 50.0)[0] == pytest.approx(wanted, rel=1e-6)


def test_width_wanted_in_closed_form():
    """Outturns lognormal of SD 0.2; ranges made for an SD of 0.16 are wanted 1.25 times as wide."""
    outturn = 200 * np.exp(0.2 * norm.ppf((np.arange(4000) + 0.5) / 4000))
    frame = pd.DataFrame(
        {
            "p50": 200.0,
            "p10": 200 * np.exp(-0.16 * calibrate.Z90),
            "p90": 200 * np.exp(0.16 * calibrate.Z90),
            "outturn": outturn,
        }
    )
    assert calibrate.width_wanted(frame) == pytest.approx(1.25, rel=2e-3)


def test_growth_persistence_by_hand():
    """Yearly growth of 3, 1, 3, 1, 1 tenths: mean .18, departures .12 -.08 .12 -.08 -.08."""
    growth = np.array([0.3, 0.1, 0.3, 0.1, 0.1])
    stock = 1000 * np.exp(np.concatenate([[0.0], np.cumsum(growth)]))
    england = SimpleNamespace(by_year=pd.DataFrame({"lac": stock}, index=range(2000, 2006)))
    assert calibrate.growth_persistence(england) == 0.0, "-.0224 of .048: below none is none"
    growth = np.sort(growth)
    england.by_year["lac"] = 1000 * np.exp(np.concatenate([[0.0], np.cumsum(growth)]))
    away = growth - 0.18
    assert calibrate.growth_persistence(england) == pytest.approx((away[1:] @ away[:-1]) / (away @ away))


def test_change_quantiles_by_hand(monkeypatch):
    monkeypatch.setattr(calibrate, "LEAST_CHANGES", 2)
    stocks = {"2": [100, 110, 121, 133.1], "4": [50, 55, 50, 45], "6": [1000, 900, np.nan, np.nan]}
    figures = pd.concat(
        {
            council: pd.DataFrame({"lac": counts}, index=pd.Index(range(2018, 2022), name="year"), dtype=float)
            for council, counts in stocks.items()
        },
        names=["council"],
    )
    table = calibrate.change_quantiles(Panel(figures, dict.fromkeys(stocks, "")), "lac", list(stocks))
    rows = table[(table["horizon"] == 1) & (table["stock_from"] == 100)]
    assert (rows["changes"] == 3).all(), "from 100, 110 and 121, each by a tenth"
    assert rows["log_change"].to_numpy() == pytest.approx(np.log(1.1), abs=1e-4)
    small = table[(table["horizon"] == 1) & (table["stock_from"] == 0)].set_index("level")["log_change"]
    assert small[0.5] == pytest.approx(np.log(50 / 55), abs=1e-4), (
        "the middle one of up a tenth, back, and down a tenth"
    )
    big = table[(table["horizon"] == 1) & (table["stock_from"] == 800)]
    assert (big["changes"] >= 2).all(), "one change of its own size: the nearest besides"


def test_alarm_drift_recovers_the_walk_of_starts():
    luck, frames = np.random.default_rng(11), {}
    for at in range(80):
        level = np.log(400) + np.concatenate([[0], np.cumsum(luck.normal(0, 0.15, 14))])
        frames[str(2 * at)] = pd.DataFrame(
            {MEASURES["lac"][1]: luck.poisson(np.exp(level)).astype(float)},
            index=pd.Index(range(2011, 2026), name="year"),
        )
    panel = Panel(pd.concat(frames, names=["council"]), dict.fromkeys(frames, ""))
    assert calibrate.alarm_drift(panel, "lac", list(frames), 1.0) == pytest.approx(0.15, rel=0.15)


def test_leaving_to_starts_recovers_the_ratio():
    luck, frames = np.random.default_rng(12), {}
    for at in range(150):
        start = 20_000 * np.exp(luck.normal(0, 0.2, 15))
        rate = 0.4 * np.exp(luck.normal(0, 0.1, 15))
        stock = np.full(15, 50_000.0)
        frames[str(2 * at)] = pd.DataFrame(
            dict(zip(MEASURES["cp"], (stock, start, stock * rate), strict=True)),
            index=pd.Index(range(2011, 2026), name="year"),
        )
    panel = Panel(pd.concat(frames, names=["council"]), dict.fromkeys(frames, ""))
    assert calibrate.leaving_to_starts(panel, "cp", list(frames), 1.0) == pytest.approx(0.5, rel=0.1)
