"""Draws follow the 80% range, and depend on nothing but the seed, the key and the place."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.case import load, sample
from forecast.case.catalogue import Catalogue, Item, Unit
from forecast.case.errors import BadInput
from forecast.case.layers import Assumptions
from forecast.case.sampling import rng

PARAMS = Path(__file__).parent / "fixtures" / "params"
CENTRAL = load(PARAMS, "slough", "2011-06", "central")
HIGH = load(PARAMS, "slough", "2011-06", "high_migration")
KEY = "costs.residential"


def one(scale: str, low: float, value: float, high: float, limits=(-1e9, 1e9), kind: str = "uncertain") -> Assumptions:
    """Assumptions that hold one entry, on a scale, with its range and limits."""
    entry = CENTRAL.entry(KEY).model_copy(update={"low": low, "value": value, "high": high})
    item = Item(description="x", unit="x", minimum=limits[0], maximum=limits[1], kind=kind)
    catalogue = Catalogue({"x": Unit(description="x", scale=scale)}, {KEY: item})
    return Assumptions(CENTRAL.case, CENTRAL.scenario, catalogue, {KEY: entry}, {KEY: entry})


def expect_share_below(drawn: np.ndarray, limit: float, share: float) -> None:
    """The share of draws below a limit, within five standard errors."""
    error = 5 * np.sqrt(share * (1 - share) / len(drawn))
    assert abs(np.mean(drawn < limit) - share) < error


@pytest.mark.parametrize("key", [key for key in CENTRAL.entries if CENTRAL.entry(key).low is not None])
@pytest.mark.parametrize("assumptions", [CENTRAL, HIGH], ids=["central", "high migration"])
def test_low_value_and_high_are_the_10th_50th_and_90th_percentiles(assumptions, key):
    entry, drawn = assumptions.entry(key), sample(assumptions, 40_000, 7, [key])[key]
    for limit, share in ((entry.low, 0.1), (entry.value, 0.5), (entry.high, 0.9)):
        expect_share_below(drawn, limit, share)


ranges = {
    "positive": st.tuples(*[st.floats(0.01, 1e6)] * 3).map(sorted),
    "share": st.tuples(*[st.floats(0.001, 0.999)] * 3).map(sorted),
    "real": st.tuples(*[st.floats(-1e6, 1e6)] * 3).map(sorted),
}


@settings(max_examples=40, deadline=None)
@given(scale=st.sampled_from(sorted(ranges)), data=st.data(), seed=st.integers(0, 2**32))
def test_any_range_is_sampled_on_its_own_scale(scale, data, seed):
    low, value, high = data.draw(ranges[scale])
    drawn = sample(one(scale, low, value, high), 4000, seed)[KEY]
    z = rng(KEY, seed).standard_normal(4000)
    margin = 1e-6 * (1 + abs(high) + abs(low))
    assert np.all(drawn[z < 0] <= value + margin) and np.all(drawn[z > 0] >= value - margin)
    assert np.all(drawn[z < -1.2816] <= low + margin) and np.all(drawn[z > 1.2816] >= high - margin)
    assert np.all((drawn >= 0) | (scale == "real")) and np.all((drawn <= 1) | (scale != "share"))


def test_the_shape_is_lognormal_normal_and_logit_normal():
    z = rng(KEY, 3).standard_normal(50) / 1.2815515655446004
    half = np.where(z < 0, 2.0, 3.0)
    assert sample(one("positive", 50, 100, 300), 50, 3)[KEY] == pytest.approx(100 * half**z)
    assert sample(one("real", -2, 0, 3), 50, 3)[KEY] == pytest.approx(half * z)
    odds = sample(one("share", 1 / 3, 0.5, 0.75), 50, 3)[KEY]
    assert odds / (1 - odds) == pytest.approx(half**z)


def test_draws_are_cut_at_the_limits_of_the_catalogue():
    drawn = sample(one("positive", 50, 100, 300, limits=(60, 250)), 1000, 3)[KEY]
    assert (drawn.min(), drawn.max()) == (60, 250)


def test_the_first_draws_do_not_depend_on_how_many_there_are():
    few, many = sample(CENTRAL, 10, 42), sample(CENTRAL, 1000, 42)
    assert all(np.array_equal(few[key], many[key][:10]) for key in CENTRAL.entries)


def test_a_key_is_drawn_alike_alone_and_in_company_and_again():
    together = sample(CENTRAL, 100, 42)
    assert list(together) == CENTRAL.keys()
    assert np.array_equal(sample(CENTRAL, 100, 42, [KEY])[KEY], together[KEY])
    assert not np.array_equal(sample(CENTRAL, 100, 43, [KEY])[KEY], together[KEY])


def test_keys_have_draws_of_their_own():
    z = np.array([rng(key, 42).standard_normal(4000) for key in CENTRAL.entries])
    apart = np.corrcoef(z) - np.eye(len(z))
    assert np.abs(apart).max() < 5 / np.sqrt(4000)


def test_draws_are_the_same_on_every_machine():
    """Golden: a change here means every stored run would be drawn anew."""
    assert rng(KEY, 42).standard_normal(3) == pytest.approx([-0.221082106892, -1.080809306669, -1.123402355613])


def test_scenarios_share_their_draws():
    central, high = sample(CENTRAL, 1000, 42), sample(HIGH, 1000, 42)
    assert np.array_equal(central[KEY], high[KEY])
    for key in ("costs.ifa_fostering", "population.net_migration", "placements.in_house_share"):
        assert np.array_equal(np.argsort(central[key]), np.argsort(high[key]))
    assert high["costs.ifa_fostering"] == pytest.approx(1.2 * central["costs.ifa_fostering"])
    assert high["population.net_migration"] == pytest.approx(240 + central["population.net_migration"])


def test_decisions_and_ranges_of_no_width_do_not_vary():
    assert np.array_equal(sample(CENTRAL, 5, 1)["budget.contingency"], np.full(5, 600000.0))
    shown = one("positive", 50, 100, 300, kind="decision")
    assert np.array_equal(sample(shown, 5, 1)[KEY], np.full(5, 100.0))
    frozen = load(PARAMS, "slough", "2011-06", "agency_freeze")
    assert np.array_equal(sample(frozen, 5, 1)["placements.mix.residential"], np.zeros(5))
    assert np.array_equal(sample(one("share", 1, 1, 1), 5, 1)[KEY], np.ones(5))


@pytest.mark.parametrize("draws, seed", [(0, 1), (-1, 1), (10, -1)])
def test_no_draws_or_a_negative_seed_are_refused(draws, seed):
    with pytest.raises(BadInput, match="expected at least 1 draw and a seed of 0 or more"):
        sample(CENTRAL, draws, seed)


def test_an_unknown_key_is_refused():
    with pytest.raises(BadInput, match="there is no assumption costs.residental. Did you mean costs.residential"):
        sample(CENTRAL, 10, 1, ["costs.residental"])
