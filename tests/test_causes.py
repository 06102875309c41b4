"""Causes: the parts of a change sum to the whole, to the penny, and one lever's change is that lever's."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pairs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import HOME, slough, slough_base
from forecast.model import projection
from forecast.model.cases import open_case
from forecast.questions import causes, history_causes

CENTRAL = slough().central
ITEMS = CENTRAL.catalogue.nature
LEVERS = [key for key in ITEMS if key.startswith("levers.") and ITEMS[key].cause != causes.TIMING]


def changed(values: dict[str, float]):
    entries = {key: CENTRAL.entry(key).model_copy(update={"value": value}) for key, value in values.items()}
    return replace(CENTRAL, entries=CENTRAL.entries | entries)


def figure(a) -> float:
    """A figure with interactions: a product of every lever."""
    return 1e6 * float(np.prod([1 + abs(a.value(key)) for key in LEVERS]))


def test_every_assumption_has_one_cause():
    assert {item.cause for item in ITEMS.values()} == {*causes.CAUSES, causes.TIMING}
    assert ITEMS["levers.lac_starts_under_1"].cause == "start rates"
    assert ITEMS["levers.in_house_places"].cause == "placement mix"
    assert all(item.acts_on for item in ITEMS.values())


@given(
    st.lists(st.tuples(st.sampled_from(LEVERS), st.floats(0.5, 1.5)), max_size=6),
    st.lists(st.tuples(st.sampled_from(LEVERS), st.floats(0.5, 1.5)), max_size=6),
)
@settings(max_examples=200, deadline=None)
def test_the_parts_sum_to_the_whole(first, second):
    one, two = changed(dict(first)), changed(dict(second))
    found = causes.split(one, two, figure)
    assert (
        sum(found.parts.values(), Decimal(0))
        == (found.after - found.before)
        == causes.penny(figure(two)) - causes.penny(figure(one))
    )


@pytest.mark.parametrize("lever", LEVERS)
def test_one_lever_is_one_cause(lever):
    found = causes.split(CENTRAL, changed({lever: CENTRAL.value(lever) * 1.2 + 0.1}), figure)
    assert found.parts[ITEMS[lever].cause] == (found.after - found.before) != 0
    assert found.parts[causes.INTERACTION] == 0


def test_two_causes_by_hand():
    """100 x a x b from (1, 1) to (2, 3): each alone gives 100 and 200, both 500, so 200 is interaction."""
    first = changed({"levers.births": 1.0, "levers.placement_prices": 1.0})
    second = changed({"levers.births": 2.0, "levers.placement_prices": 3.0})
    found = causes.split(first, second, lambda a: 100 * a.value("levers.births") * a.value("levers.placement_prices"))
    assert found.parts == {"births": 100, "prices": 200, "interaction": 200}
    assert (found.after - found.before) == 500


def test_the_real_chain_by_cause():
    """Every scenario held, on the real chain: the call's change is split without remainder, all of it where levers moved."""
    case, base = slough(), slough_base(200, 11)

    def call(a) -> float:
        return float(projection.project(base, a).drawn.at_year_end.mean())

    for slug in ("gatekeeping", "in-house-fostering", "high-migration"):
        found = causes.split(case.central, case.scenarios[slug], call)
        assert sum(found.parts.values(), Decimal(0)) == (found.after - found.before)
        assert set(found.parts) - {causes.INTERACTION} == set(causes.moved(case.central, case.scenarios[slug]))


YEARS = st.builds(causes.YearFigures, stock=st.floats(5, 5000), starts=st.floats(5, 5000), people=st.floats(1e4, 1e6))


@given(YEARS, YEARS, st.floats(-2, 2))
@settings(max_examples=100, deadline=None)
def test_years_sum_to_the_whole_and_turn_round(first, last, share):
    """Nothing is left over, and from the last year back to the first every part changes its sign."""
    change = last.people - first.people
    there = causes.between_years(first, last, {"births": share * change, "migration": (1 - share) * change})
    back = causes.between_years(last, first, {"births": -share * change, "migration": (share - 1) * change})
    assert sum(there.parts.values(), Decimal(0)) == (there.after - there.before)
    for cause, part in there.parts.items():
        assert float(part + back.parts[cause]) == pytest.approx(0, abs=0.03)


def test_years_by_hand():
    """100 to 200 children. Starts a head doubled, all else the same: all of it is start rates. Then people alone, half by births."""
    still = {"births": 0.0, "migration": 0.0}
    found = causes.between_years(causes.YearFigures(100, 50, 1e5), causes.YearFigures(200, 100, 1e5), still)
    assert found.parts == {"births": 0, "migration": 0, "start rates": 100, "length of stay": 0}
    found = causes.between_years(
        causes.YearFigures(100, 50, 1e5), causes.YearFigures(110, 55, 1.1e5), {"births": 5e3, "migration": 5e3}
    )
    assert found.parts == {"births": 5, "migration": 5, "start rates": 0, "length of stay": 0}
    with pytest.raises(ValueError, match="the components sum to 1; the change of people is 10000"):
        causes.between_years(causes.YearFigures(100, 50, 1e5), causes.YearFigures(110, 55, 1.1e5), {"births": 1})
    with pytest.raises(ValueError, match="above 0"):
        causes.between_years(causes.YearFigures(0, 50, 1e5), causes.YearFigures(110, 55, 1e5), {})


@pytest.mark.parametrize("number", range(2))
def test_random_pairs_on_the_real_chain(number):
    """`python tests/pairs.py 1000` tries many more."""
    base, central = pairs.directions.ready()
    assert pairs.sums(pairs.random_pair(base, central, number))
    cause, split = pairs.one_lever(base, central, number)
    assert pairs.sums(split) and pairs.lands(cause, split)


def test_slough_from_2008_to_2011_by_cause():
    """120 to 168 looked-after children; 55 starts of 127,991 people, then 69 of 137,800; 7,807 births between mid-2007 and mid-2010.

    Log mean of the stocks 48 / ln 1.4 = 142.66; of the people 9,809 / ln 1.07664 = 132,835. Births: 142.66 x 7,807 / 132,835.
    """
    found = history_causes.years_apart(slough()).set_index("cause")["children"]
    assert found["births"] == pytest.approx(142.66 * 7_807 / 132_835, abs=0.01)
    assert found["start rates"] == pytest.approx(142.66 * np.log((69 / 137_800) / (55 / 127_991)), abs=0.01)
    assert found["length of stay"] == pytest.approx(142.66 * np.log((168 / 69) / (120 / 55)), abs=0.02)
    assert found.sum() == pytest.approx(48)


def test_years_not_held_in_full_give_no_table():
    assert history_causes.years_apart(open_case(HOME / "params", HOME / "data", "slough", "2025-04")).empty
