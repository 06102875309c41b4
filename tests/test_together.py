"""Councils' misses together: the correlation is found again where it is known, and totals have the range it says."""

import re

import numpy as np
import pandas as pd
import pytest
import region
from scipy.special import ndtr, ndtri

import forecast
from conftest import HOME
from forecast.questions.region import together
from forecast.record.together import table

Z90 = 1.2815515655446004  # of the normal distribution


def record(correlation, councils, origins):
    """Misses of councils at origins that go together by a known correlation."""
    rng = np.random.default_rng(7)
    shared, own = rng.standard_normal((origins, 1)), rng.standard_normal((origins, councils))
    miss = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own
    rows = [
        ("lac", "forecast", at, 1, council, ndtr(miss[at, council]))
        for at in range(origins)
        for council in range(councils)
    ]
    return pd.DataFrame(rows, columns=["measure", "method", "origin", "horizon", "council", "pit"])


@pytest.mark.parametrize("correlation", [0.0, 0.2, 0.6])
def test_the_correlation_is_found_again(correlation):
    row = table(record(correlation, 60, 400), 1).iloc[0]
    assert row["correlation"] == pytest.approx(correlation, abs=0.05)
    assert row["low"] <= row["correlation"] <= row["high"] and row["origins"] == 400 and row["councils"] == 60


def test_one_council_has_no_correlation():
    assert table(record(0.0, 1, 5), 1).empty


@pytest.mark.parametrize("correlation", [0.0, 0.14, 1.0])
def test_a_total_has_the_range_of_its_variance(correlation):
    """n normal figures of SD s: the total's SD is s times the root of n + n(n-1) times the correlation."""
    n, scale, share = 40, 10.0, np.linspace(0.0005, 0.9995, 2001)
    total = together(np.tile(100 + scale * ndtri(share), (n, 1)), correlation, 20_000, 3)
    sd = scale * np.sqrt(n + n * (n - 1) * correlation)
    low, high = np.quantile(total, [0.1, 0.9])
    assert total.mean() == pytest.approx(100 * n, abs=4 * sd / np.sqrt(20_000) + 1)
    assert (high - low) / 2 == pytest.approx(Z90 * sd, rel=0.03)


def test_the_figures_kept_are_those_of_the_panel():
    """Spend strays together more than children do: the shared part is of prices and of national pressure."""
    held = pd.read_csv(HOME / "data" / "calibration" / "record_together.csv").set_index(["measure", "horizon"])
    assert (held["low"] <= held["correlation"]).all() and (held["correlation"] <= held["high"]).all()
    assert held.loc[("lac_spend", 1), "low"] > held.loc[("lac", 1), "high"]


def test_a_sweep_is_shown_with_its_total_between_apart_and_as_one():
    """The expected call of all is the sum of the councils'; its range lies between misses apart and as one."""
    shown = forecast.open_sweep("data/example/region", "permanence")
    rows = pd.read_parquet(region.EXAMPLE / "invented.parquet").query("scenario == 'permanence'")
    assert len(shown.table) == 3 and shown.table["call_mean"].sum() == pytest.approx(rows["call_mean"].sum())
    spans = re.findall(r"(-?£[0-9,]+) to (-?£[0-9,]+)", shown.plot("total").alt)
    shared, apart, as_one = (int(re.sub("[£,]", "", high)) - int(re.sub("[£,]", "", low)) for low, high in spans[:3])
    assert apart < shared < as_one
    assert "3 councils" in shown.headline and all(name in shown.plot("chance").alt for name in region.INVENTED.values())


@pytest.mark.parametrize(
    ("folder", "scenario", "said"),
    [("docs", "central", "no sweep in docs"), ("data/example/region", "x", "no scenario x")],
)
def test_a_sweep_that_is_not_there_is_one_sentence(folder, scenario, said):
    with pytest.raises(forecast.runs.toolkit.Stopped, match=said):
        forecast.open_sweep(folder, scenario)
