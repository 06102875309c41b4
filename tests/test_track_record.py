"""The track record: what is kept is what the code says, tables by hand, and files that are refused."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from conftest import HOME
from forecast.case import load
from forecast.case.errors import BadInput
from forecast.cli.commands import main
from forecast.record import calibrate, io, monthly, strict, tables
from forecast.record.panel import Panel, as_known, read_panel, tunes
from forecast.runs import record_page


@pytest.fixture(scope="module")
def slough() -> Panel:
    return io.open_council(HOME, "slough")


@pytest.fixture(scope="module")
def settings(slough) -> strict.Settings:
    taught = io.calibration_table(HOME, io.TAUGHT)
    return strict.Settings(slough, io.open_england(HOME), strict.QUICK, 1000, 2011, taught)


def test_first_published_figures_are_used_then_and_latest_ones_later(slough):
    """Slough's looked-after children at 31 March 2016 were published as 191 and revised to 179."""
    assert as_known(slough, 2016).at[("871", 2016), "lac"] == 191
    assert as_known(slough, 2017).at[("871", 2016), "lac"] == 179
    assert np.isnan(as_known(slough, 2016).at[("871", 2016), "births_yr_to_mid_year"]), (
        "the year to mid-2016 is not over"
    )


def hand_made() -> pd.DataFrame:
    rows = []
    for council, outturn in (("2", 110.0), ("4", 90.0), ("5", 300.0)):
        for method, crps in ((strict.CLOSED, 5.0), (strict.OWN_WALK, 10.0), ("no change", 8.0)):
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
                    "volatility": 0.1,
                    "name": council,
                }
            )
    return pd.DataFrame(rows)


def test_tables_by_hand():
    held = tables.tables(hand_made(), 1)
    bar = held["against_own_walk"].set_index(["councils", "method", "horizon"])
    assert bar.loc[("all", strict.CLOSED, "all"), "ratio"] == 0.5
    assert bar.loc[("odd codes", strict.CLOSED, "all"), "ratio"] == 0.5, "council 5 alone: a ratio without an interval"
    kept = held["ranges"].set_index(["councils", "method", "horizon", "third"])
    assert kept.loc[("all", strict.CLOSED, "all", "all"), "inside"] == pytest.approx(2 / 3, abs=1e-4)
    assert kept.loc[("all", strict.CLOSED, "all", "large"), "inside"] == 0
    assert held["scope"].set_index("councils")["number"].to_dict() == {"all": 3, "odd codes": 1}
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
        (
            lambda text: text.replace(",2015,", ",201415,", 1),
            r"line 11: Slough \(871\) has the year 201415; expected the year",
        ),
        (
            lambda text: re.sub(r"\n[^\n]*,2015,[^\n]*", "", text, count=1),
            "no council has a row for 2015; expected every",
        ),
        (
            lambda text: text.replace(",175,", ",1750,", 1),
            r"line 6: Slough \(871\) has 1,750 in lac in 2010, and 1\d\d to",
        ),
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
    assert set(scores["method"]) == {"no change", strict.OWN_WALK} and scores["origin"].min() == 2011
    refused = CliRunner().invoke(main, ["backtest", "--method", "crystal ball"])
    assert refused.exit_code == 2 and "Methods: forecast" in refused.output
    assert CliRunner().invoke(main, ["backtest", "--council", "atlantis"]).exit_code == 2


def test_what_is_kept_of_slough_is_what_the_code_says(settings):
    """The page shows kept scores: one origin made again gives the same."""
    kept = io.calibration_table(HOME, "record_slough")
    again = strict.one_origin(replace(settings, methods=(strict.CLOSED, "no change")), ("lac", 2021))[0]
    held = kept[
        (kept["measure"] == "lac") & (kept["origin"] == 2021) & kept["method"].isin([strict.CLOSED, "no change"])
    ]
    both = held.assign(horizon=held["horizon"].astype(int)).merge(
        again, on=["method", "horizon"], suffixes=("", "_again"), validate="1:1"
    )
    assert len(both) == 6
    for figure in ("p10", "p50", "p90", "crps", "outturn"):
        assert both[figure].to_numpy() == pytest.approx(both[f"{figure}_again"].to_numpy(), rel=1e-6)


def test_parameters_are_those_of_the_calibration():
    central = load(HOME / "params", "slough", "2011-06", "central")
    for row in io.calibration_table(HOME, calibrate.ALARM).itertuples():
        assert central.value(row.key) == pytest.approx(row.value, abs=1e-9), row.key


def test_slough_tuned_nothing():
    assert not tunes("871")


def test_what_the_page_shows_is_what_was_kept():
    rows = io.calibration_table(HOME, "record_slough")
    table = record_page.own_table(rows, "lac")
    ours = rows[(rows["measure"] == "lac") & (rows["method"] == strict.CLOSED)]
    assert (
        len(table) == len(ours)
        and (table["Range"] == "inside").sum()
        == ((ours["p10"] <= ours["outturn"]) & (ours["outturn"] <= ours["p90"])).sum()
    )
    assert set(record_page.own_chart(rows, "cp", "2").title.split()) >= {"ahead:"}
