"""The track record: nothing after an origin is seen, the same numbers whoever works, and the bar and tables by hand."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy.stats import norm

from conftest import HOME
from forecast.case import load
from forecast.case.errors import BadInput
from forecast.cli.commands import main
from forecast.demand.trend import pooled
from forecast.record import calibrate, chain, io, monthly, origins, parallel, tables
from forecast.record.panel import Panel, as_known, read_panel
from forecast.runs import record_page

PLAIN = (
    origins.FORECAST,
    origins.RATES,
    origins.OWN_WALK,
    origins.POOLED,
    "no change",
    "half national",
    "local level",
    origins.AVERAGE,
    origins.ENSEMBLE,
)


@pytest.fixture(scope="module")
def slough() -> Panel:
    return io.open_council(HOME, "slough")


@pytest.fixture(scope="module")
def settings(slough) -> origins.Settings:
    england, norms = io.open_england(HOME, "slough", "2011-06")
    return origins.Settings(slough, england, norms, io.calibration_table(HOME, io.CHANGES), PLAIN, 100, 5)


def with_figures(settings: origins.Settings, figures: pd.DataFrame) -> origins.Settings:
    return replace(settings, panel=replace(settings.panel, figures=figures))


def test_nothing_after_the_origin_is_seen(settings):
    """Triple every figure of the council after the origin: not one quantile of one method moves."""
    figures = settings.panel.figures.copy()
    later = figures.index.get_level_values("year") > 2016
    numbers = figures.select_dtypes("number").columns
    figures.loc[later, numbers] = figures.loc[later, numbers] * 3
    before, after = (origins.one_origin(one, ("lac", 2016)) for one in (settings, with_figures(settings, figures)))
    said = ["method", "horizon", "p10", "p50", "p90", "used", "verdict"]
    pd.testing.assert_frame_equal(before[said], after[said], check_exact=True)
    assert set(before["method"]) == set(PLAIN)
    assert (after["outturn"] == 3 * before["outturn"]).all()


def test_nothing_of_england_after_the_origin_is_seen(settings):
    years = settings.england.by_year.copy()
    years.loc[2017:] = years.loc[2017:] * 2
    other = replace(settings, england=replace(settings.england, by_year=years))
    before, after = (origins.one_origin(one, ("lac", 2016)) for one in (settings, other))
    pd.testing.assert_frame_equal(before, after, check_exact=True)


def test_what_is_known_at_the_origin_counts(settings):
    """The leak tests above could fail: the origin's own count moves every method."""
    figures = settings.panel.figures.copy()
    figures.loc[("871", 2016), ["lac", "lac_first_published"]] = 150.0
    before, after = (origins.one_origin(one, ("lac", 2016)) for one in (settings, with_figures(settings, figures)))
    assert (before["p50"] != after["p50"]).all()


def test_first_published_figures_are_used_then_and_latest_ones_later(slough):
    """Slough's looked-after children at 31 March 2016 were published as 191 and revised to 179."""
    assert as_known(slough, 2016).at[("871", 2016), "lac"] == 191
    assert as_known(slough, 2017).at[("871", 2016), "lac"] == 179
    assert np.isnan(as_known(slough, 2016).at[("871", 2016), "births_yr_to_mid_year"]), (
        "the year to mid-2016 is not over"
    )


def test_the_bar_by_hand(settings, slough):
    """Slough at 31 March 2018, unrounded counts since 2010, each as it stood: normal, own SD, root of time."""
    rows = origins.one_origin(replace(settings, methods=(origins.OWN_WALK,), draws=10_000), ("lac", 2018))
    counts = slough.figures.loc["871", "lac"].loc[2010:2018]
    spread = counts.diff().std(ddof=1)
    for row in rows.itertuples():
        wanted = counts.iloc[-1] + norm.ppf([0.1, 0.5, 0.9]) * spread * np.sqrt(row.horizon)
        assert [row.p10, row.p50, row.p90] == pytest.approx(wanted, abs=0.02)
    assert origins.one_origin(replace(settings, methods=(origins.OWN_WALK,)), ("lac", 2014)).empty, (
        "four changes are too few"
    )


def test_pooled_walk_gives_the_tables_quantiles(settings):
    table = settings.changes
    paths = pooled.pooled_walk(table, "cp", 150, 36, 1001)
    rows = table[(table["measure"] == "cp") & (table["stock_from"] == 100)]
    for horizon in (1, 2, 3):
        held = rows[rows["horizon"] == horizon].set_index("level")["log_change"]
        found = np.log(np.quantile(paths[:, 12 * horizon - 1], [0.1, 0.5, 0.9]) / 150)
        assert found == pytest.approx(held[[0.1, 0.5, 0.9]].to_numpy(), abs=0.005)
    assert (paths > 0).all()
    with pytest.raises(BadInput, match="no row for lac"):
        pooled.pooled_walk(table, "lac", 1e6, 12, 10)


def test_averages_by_hand():
    one, two = np.array([[1.0], [3.0]]), np.array([[9.0], [5.0]])
    assert pooled.quantile_average(one, two).ravel().tolist() == [3.0, 6.0]
    assert sorted(pooled.mixture(one, two).ravel()) == [1.0, 3.0, 5.0, 9.0]


def test_a_chain_that_cannot_run_says_so(settings):
    figures = settings.panel.figures.copy()
    figures.loc[
        ("871", 2016),
        ["lac_started", "lac_started_first_published"] if "lac_started_first_published" in figures else ["lac_started"],
    ] = np.nan
    rows = origins.one_origin(with_figures(settings, figures), ("lac", 2016)).set_index("method")
    assert (rows.loc[origins.FORECAST, "used"] == origins.POOLED).all()
    assert (
        rows.loc[origins.FORECAST, "verdict"].iloc[0]
        == "fell back to pooled walk: lac_started of the year to the origin not published"
    )
    numbers = rows[["p10", "p50", "p90", "crps"]].to_numpy(float)
    assert np.isfinite(numbers).all() and (rows.loc[rows.index != origins.OWN_WALK, "p10"] >= 0).all()


def test_the_same_numbers_on_one_process_on_two_and_through_dask(settings):
    distributed = pytest.importorskip("distributed")
    quick = replace(settings, methods=(origins.FORECAST, "no change"))
    tasks = [("lac", 2018), ("lac", 2019)]
    one = list(parallel.spread(partial(origins.one_origin, quick), tasks, 1))
    two = list(parallel.spread(partial(origins.one_origin, quick), tasks, 2))
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        three = list(parallel.spread(partial(origins.one_origin, quick), tasks, 1, cluster.scheduler_address))
    for first, second, third in zip(one, two, three, strict=True):
        pd.testing.assert_frame_equal(first, second, check_exact=True)
        pd.testing.assert_frame_equal(first, third, check_exact=True)


def test_a_councils_forecast_depends_on_no_other_council(settings, slough):
    twin = slough.figures.rename(index={"871": "872"}, level=0) * 2
    both = Panel(pd.concat([slough.figures, twin]), slough.names | {"872": "Twin"})
    quick = replace(settings, methods=(origins.FORECAST,))
    alone = origins.one_origin(quick, ("lac", 2016))
    among = origins.one_origin(replace(quick, panel=both), ("lac", 2016))
    pd.testing.assert_frame_equal(alone, among[among["council"] == "871"].reset_index(drop=True), check_exact=True)


def hand_made() -> pd.DataFrame:
    rows = []
    for council, outturn in (("2", 110.0), ("4", 90.0), ("5", 300.0)):
        for method, crps in ((origins.FORECAST, 5.0), (origins.OWN_WALK, 10.0), ("no change", 8.0)):
            rows.append(
                {
                    "council": council,
                    "measure": "lac",
                    "method": method,
                    "origin": 2015,
                    "horizon": 1,
                    "outturn": outturn,
                    "p10": 90.0,
                    "p50": 100.0,
                    "p90": 120.0,
                    "crps": crps,
                    "pit": 0.5,
                    "last": 100.0 if council != "5" else 500.0,
                    "scale": 5.0,
                    "used": method,
                    "verdict": "closed form",
                    "name": council,
                }
            )
    return pd.DataFrame(rows)


def test_tables_by_hand():
    held = tables.tables(hand_made(), 1)
    bar = held["against_own_walk"].set_index(["councils", "method", "horizon", "size"])
    assert bar.loc[("all", origins.FORECAST, "all", "all"), "ratio"] == 0.5
    assert bar.loc[("not tuned on", origins.FORECAST, "all", "all"), "ratio"] == 0.5, (
        "council 5 alone: a ratio without an interval"
    )
    kept = held["ranges"].set_index(["councils", "method", "horizon", "size"])
    assert kept.loc[("all", origins.FORECAST, "all", "all"), ["inside", "below", "above"]].tolist() == pytest.approx(
        [2 / 3, 0, 1 / 3], abs=1e-4
    )
    assert kept.loc[("all", origins.FORECAST, "all", "over 400"), "inside"] == 0
    assert held["scope"].set_index("councils")["number"].to_dict() == {"all": 3, "tuned on": 2, "not tuned on": 1}
    assert list(held["scores"].columns[:10]) == [
        "council",
        "measure",
        "method",
        "origin",
        "horizon",
        "outturn",
        "p10",
        "p50",
        "p90",
        "crps",
    ]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda text: text.replace(",lac,", ",looked_after,", 1), "the header lacks lac"),
        (lambda text: text.replace("\n871,", "\n871,extra,", 1), "line 2: .* cells, expected"),
        (lambda text: text.replace(",175,", ",c,", 1), "line 6, lac: 'c' is not a number"),
        (lambda text: text.replace(",175,", ",-175,", 1), "line 6, lac: -175; expected 0 or more"),
        (lambda text: text.replace(",175,", ",inf,", 1), "line 6, lac: inf"),
        (lambda text: text + text.split("\n")[-2] + "\n", "a second row for council 871"),
    ],
)
def test_a_bad_panel_is_refused_by_line_and_column(tmp_path, spoil, said):
    path = tmp_path / "panel.csv"
    path.write_text(
        spoil((HOME / "data" / "published" / "slough_by_year.csv").read_text(encoding="utf-8")), encoding="utf-8"
    )
    with pytest.raises(BadInput, match=said):
        read_panel(path)


def test_monthly_origins_see_only_the_past(tmp_path):
    months = pd.period_range("2020-01", periods=30, freq="M").astype(str)
    path = tmp_path / "monthly.csv"
    rows = [f"X,lac,{month},{100 + (at * 7) % 11}" for at, month in enumerate(months)]
    path.write_text("council,measure,month,count\n" + "\n".join(rows) + "\n", encoding="utf-8")
    held = monthly.read_monthly(path)
    series = held["X", "lac"]
    later = replace(series, counts=np.where(np.arange(30) >= 20, series.counts * 5, series.counts))
    one, two = (
        monthly.one_origin(("no change", "drift"), 100, 1, (("X", "lac"), which, 20)) for which in (series, later)
    )
    pd.testing.assert_frame_equal(
        one[["method", "horizon", "p10", "p50", "p90"]],
        two[["method", "horizon", "p10", "p50", "p90"]],
        check_exact=True,
    )
    assert sorted(one["horizon"].unique()) == [1, 3, 6] and (two["outturn"] == 5 * one["outturn"]).all()
    path.write_text("council,measure,month,count\nX,lac,2020-13,5\n", encoding="utf-8")
    with pytest.raises(BadInput, match="line 2, month: '2020-13' is not a month"):
        monthly.read_monthly(path)


def test_the_command(tmp_path, monkeypatch):
    monkeypatch.chdir(HOME)
    done = CliRunner().invoke(
        main, ["backtest", "--method", "no change", "--workers", "1", "--draws", "100", "--out", str(tmp_path)]
    )
    assert done.exit_code == 0, done.output
    scores = pd.read_csv(tmp_path / "scores.csv")
    assert list(scores.columns[:10]) == tables.COLUMNS
    assert set(scores["method"]) == {"no change", origins.OWN_WALK} and scores["origin"].min() == 2011
    refused = CliRunner().invoke(main, ["backtest", "--method", "crystal ball"])
    assert refused.exit_code == 2 and "Methods: forecast" in refused.output
    assert CliRunner().invoke(main, ["backtest", "--council", "atlantis"]).exit_code == 2


def test_what_is_kept_of_slough_is_what_the_code_says(settings):
    """The page shows kept scores: one origin made again gives the same."""
    kept = io.calibration_table(HOME, "record_slough")
    again = origins.one_origin(
        replace(settings, methods=(origins.FORECAST, "no change"), draws=1000, seed=2011), ("lac", 2021)
    )
    held = kept[
        (kept["measure"] == "lac") & (kept["origin"] == 2021) & kept["method"].isin([origins.FORECAST, "no change"])
    ]
    both = held.assign(horizon=held["horizon"].astype(int)).merge(
        again, on=["method", "horizon"], suffixes=("", "_again"), validate="1:1"
    )
    assert len(both) == 6
    for figure in ("p10", "p50", "p90", "crps", "outturn"):
        assert both[figure].to_numpy() == pytest.approx(both[f"{figure}_again"].to_numpy(), rel=1e-6)


def test_parameters_are_those_of_the_calibration():
    central = load(HOME / "params", "slough", "2011-06", "central")
    for row in io.calibration_table(HOME, io.TREND).itertuples():
        assert central.value(row.key) == pytest.approx(row.value, abs=1e-9), row.key


def test_slough_tuned_nothing():
    assert not calibrate.tunes("871")


def test_what_the_page_shows_is_what_was_kept():
    rows = io.calibration_table(HOME, "record_slough")
    table = record_page.own_table(rows, "lac")
    ours = rows[(rows["measure"] == "lac") & (rows["method"] == origins.FORECAST)]
    assert (
        len(table) == len(ours)
        and (table["Range"] == "inside").sum()
        == ((ours["p10"] <= ours["outturn"]) & (ours["outturn"] <= ours["p90"])).sum()
    )
    assert set(record_page.own_chart(rows, "cp", "2").title.split()) >= {"ahead:"}


def test_england_margins_are_the_years_own(settings):
    margins = chain.england_margins("cp", 2020, settings.england)
    assert (
        margins.starts.sum() == pytest.approx(66_380)
        and margins.ended == 66_970
        and margins.closing.sum() == pytest.approx(51_510)
    )
    assert sum(margins.stays.values()) == pytest.approx(1)
