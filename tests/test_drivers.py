"""What a panel says of drivers: a panel made here with a known elasticity and correlation gives them back."""

import numpy as np
import pandas as pd
import pytest

from conftest import HOME
from forecast.case import load
from forecast.record import drivers
from forecast.record.panel import Panel

YEARS = list(range(2006, 2026))


def panel(elasticity: float, together: float):
    """Councils whose counts follow their children to a power, and whose LAC and plans share part of their luck."""
    luck, frames = np.random.default_rng(3), {}
    for at in range(120):
        grown = np.exp(luck.normal(0, 0.02) * np.arange(20))
        shared, own = luck.normal(0, 0.05, (2, 20)).cumsum(axis=1)
        plans = together * shared + np.sqrt(1 - together**2) * own
        children = 40_000 * grown
        columns = {
            "lac": 400 * grown**elasticity * np.exp(shared),
            "cpp": 300 * grown**elasticity * np.exp(plans),
            "pop_0_17": children,
            "births_yr_to_mid_year": 3_000 * grown,
        }
        columns |= {"lac_started": columns["lac"] / 2, "cpp_started": columns["cpp"]}
        frames[str(200 + at)] = pd.DataFrame(columns, index=pd.Index(YEARS, name="year"))
    country = {name: 1.0 for name in ("lac", "lac_started", "cp", "cp_started", "children")}
    return Panel(pd.concat(frames, names=["council"]), dict.fromkeys(frames, "")), pd.DataFrame(country, index=YEARS)


@pytest.mark.parametrize("elasticity", [0.0, 1.0])
def test_a_known_elasticity_is_found_within_its_interval(elasticity):
    found = drivers.table(*panel(elasticity, 0.5), [str(200 + at) for at in range(120)])
    for row in found[found["name"] == "elasticity"].itertuples():
        error = (row.high - row.low) / (2 * drivers.Z90)
        assert row.value == pytest.approx(elasticity, abs=3 * error) and 0.02 < error < 0.2
    both, shared = found[found["name"] == "correlation of stocks"].iloc[0], (elasticity * 0.02) ** 2
    wanted = (0.5 * 0.05**2 + shared) / (0.05**2 + shared)
    assert both["value"] == pytest.approx(wanted, abs=0.06) and both["low"] < both["value"] < both["high"]


def test_evidence_and_plain_sense_are_weighed_by_precision():
    """By hand: evidence 0 with SD 0.5, before it 1 with SD 0.5: half way, SD 0.5 over root 2."""
    found = drivers.pooled({"value": 0.0, "low": -0.5 * drivers.Z90, "high": 0.5 * drivers.Z90})
    assert found["value"] == pytest.approx(0.5)
    assert found["high"] - found["value"] == pytest.approx(drivers.Z90 * 0.5 / np.sqrt(2))


def test_births_that_grow_steadily_grow_on():
    """Each council of the panel grows at a rate of its own for ever, rates normal about 0 with SD 2%: its growth comes
    again whole, and strays from all councils' as the rates do."""
    found = drivers.table(*panel(0.0, 0.5), [str(200 + at) for at in range(120)]).set_index("name")
    assert found.loc["kept", "value"] == pytest.approx(1, abs=1e-6)
    growth = found.loc["growth"]
    assert (growth["low"], growth["high"]) == pytest.approx((-0.02 * 1.28, 0.02 * 1.28), abs=0.006)


def test_the_assumptions_are_what_the_table_says():
    table = pd.read_csv(HOME / "data" / "calibration" / "drivers.csv").set_index(["measure", "name"])
    a = load(HOME / "params", "slough", "2011-06", "central")
    for group in ("lac", "cp"):
        entry, row = a.entry(f"population.{group}_elasticity"), table.loc[(group, "pooled")]
        held = (entry.value, entry.low, entry.high)
        assert held == pytest.approx((row["value"], max(row["low"], 0), row["high"]), abs=0.005)
    growth, births = a.entry("population.births_growth"), table.loc[("births", "growth")]
    assert growth.high - growth.low == pytest.approx(births["high"] - births["low"], abs=0.002)
