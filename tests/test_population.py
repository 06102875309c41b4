"""Children by month of age: the identity for any figures, and small populations worked by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecast.demand.population import (
    MONTHS_OF_CHILDHOOD,
    RESIDENTS,
    Deaths,
    Population,
    Streams,
    births_by_month,
    by_month_of_age,
    project,
)

NOBODY_DIES = Deaths(0.0, 0.0)
NOBODY_MOVES = Streams({}, {}, {})
COUNTS = st.floats(0, 1e4)
RATES = st.floats(0, 200)


def children(months: int = MONTHS_OF_CHILDHOOD, **by_age) -> np.ndarray:
    """Children at months of age such as m0=12, m215=3; nobody elsewhere."""
    people = np.zeros(months)
    for age, count in by_age.items():
        people[int(age[1:])] = count
    return people


def at_the_end(people: Population, start: np.ndarray, month: int = -1) -> np.ndarray:
    """Residents on the last day of a month, unwound from the averages of first and last days."""
    now = start
    for average in people.children[RESIDENTS][: month + 1 or None]:
        now = 2 * average - now
    return now


# --- for any figures --------------------------------------------------------------------------------------------------


@given(
    start=arrays(float, MONTHS_OF_CHILDHOOD, elements=COUNTS),
    births=arrays(float, 5, elements=COUNTS),
    deaths=st.tuples(RATES, RATES),
    moving_in=st.tuples(RATES, arrays(float, 5, elements=RATES)),
    moving_out=st.tuples(RATES, arrays(float, 5, elements=RATES)),
    families=st.floats(0, 50),
)
def test_every_month_closes(start, births, deaths, moving_in, moving_out, families):
    """Change = births - deaths + moved in - moved out - turned 18, to a billionth; and no month loses a child between."""
    profile = np.linspace(0, 1, MONTHS_OF_CHILDHOOD) * families
    streams = Streams(
        {"internal": moving_in[0], "abroad": moving_in[1]},
        {"internal": moving_out[0], "abroad": moving_out[1]},
        {"london": np.tile(profile, (5, 1))},
    )
    people = project(start, births, Deaths(*deaths), streams)
    flows = people.flows
    came = flows[["in: internal", "in: abroad", "in: london"]].sum(axis=1)
    went = flows[["out: internal", "out: abroad"]].sum(axis=1)
    change = flows["births"] - flows["deaths"] + came - went - flows["turned 18"]
    size = np.maximum(flows["children at the start"], 1)
    assert (abs(flows["children at the end"] - flows["children at the start"] - change) <= 1e-9 * size).all()
    assert flows["children at the start"].iloc[0] == pytest.approx(start.sum(), rel=1e-12)
    assert flows["children at the start"].iloc[1:].to_numpy() == pytest.approx(
        flows["children at the end"].iloc[:-1].to_numpy()
    )
    average = sum(group.sum(axis=1) for group in people.children.values())
    assert average == pytest.approx(
        flows[["children at the start", "children at the end"]].mean(axis=1).to_numpy(), rel=1e-9
    )
    assert flows.to_numpy().min() >= -1e-9 and all(group.min() >= 0 for group in people.children.values())
    assert (people.births == births).all() and flows["births"].tolist() == births.tolist()


@given(start=arrays(float, MONTHS_OF_CHILDHOOD, elements=COUNTS), births=arrays(float, 4, elements=COUNTS))
def test_without_deaths_and_moves_children_only_age(start, births):
    people = project(start, births, NOBODY_DIES, NOBODY_MOVES)
    end = at_the_end(people, start)
    assert end == pytest.approx(np.concatenate([births[::-1], start[:-4]]), abs=1e-6)
    assert people.flows["turned 18"].tolist() == pytest.approx(start[::-1][:4].tolist())


@given(rate=RATES)
def test_a_stream_without_families_changes_nothing(rate):
    start, births = np.full(MONTHS_OF_CHILDHOOD, 10.0), np.full(6, 9.0)
    without = project(start, births, Deaths(4, 0.2), Streams({"internal": rate}, {"internal": 30.0}, {}))
    empty = {"london": np.zeros((6, MONTHS_OF_CHILDHOOD))}
    with_it = project(start, births, Deaths(4, 0.2), Streams({"internal": rate}, {"internal": 30.0}, empty))
    assert (with_it.children[RESIDENTS] == without.children[RESIDENTS]).all()
    assert (with_it.children["london"] == 0).all() and (with_it.flows.pop("in: london") == 0).all()
    pd.testing.assert_frame_equal(with_it.flows, without.flows)


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_a_month_makes_everyone_a_month_older():
    start = children(m0=12, m11=5, m215=3)
    people = project(start, np.array([7.0]), NOBODY_DIES, NOBODY_MOVES)
    assert (at_the_end(people, start) == children(m0=7, m1=12, m12=5)).all()
    assert (people.children[RESIDENTS][0] == (start + children(m0=7, m1=12, m12=5)) / 2).all()
    # 20 there, 7 born, 3 turn 18: 24
    assert people.flows.iloc[0].to_dict() == {
        "children at the start": 20,
        "births": 7,
        "deaths": 0,
        "turned 18": 3,
        "children at the end": 24,
    }


def test_a_child_turns_18_216_months_after_birth():
    people = project(np.zeros(MONTHS_OF_CHILDHOOD), np.array([10.0] + [0.0] * 217), NOBODY_DIES, NOBODY_MOVES)
    assert people.flows["turned 18"].tolist() == [0.0] * 216 + [10.0] + [0.0]
    assert people.flows["children at the end"].tolist() == [10.0] * 216 + [0.0] * 2


def test_deaths_by_age():
    # Of 1,200 under 1 at 12 per 1,000 a year, 1.2 in the month; of 2,400 older at 1 per 1,000, 0.2
    start = children(m0=600, m11=600, m12=1_200, m215=1_200)
    people = project(start, np.zeros(1), Deaths(12.0, 1.0), NOBODY_MOVES)
    assert people.flows["deaths"].item() == pytest.approx(1.4)
    assert at_the_end(people, start)[[1, 12, 13]] == pytest.approx([599.4, 599.4, 1_199.9])
    assert people.flows["turned 18"].item() == pytest.approx(1_199.9)  # those who died did not turn 18


def test_those_who_move_in_add_and_those_who_move_out_take_away():
    # 1,200 children: 120 per 1,000 a year in is 12 a month; 60 out, 6 a month
    start = children(m100=1_200)
    people = project(start, np.zeros(1), NOBODY_DIES, Streams({"internal": 120.0}, {"internal": 60.0}, {}))
    flows = people.flows.iloc[0]
    assert (flows["in: internal"], flows["out: internal"]) == pytest.approx((12, 6))
    assert at_the_end(people, start)[101] == pytest.approx(1_206)


def test_rates_may_differ_by_month():
    start = children(m100=1_200)
    people = project(start, np.zeros(3), NOBODY_DIES, Streams({"abroad": np.array([0.0, 120, 0])}, {}, {}))
    assert people.flows["in: abroad"].tolist() == pytest.approx([0, 12, 0])


def test_births_are_residents_and_deaths_take_away():
    more = project(children(m50=100), np.array([8.0]), NOBODY_DIES, NOBODY_MOVES).flows["children at the end"].item()
    fewer = (
        project(children(m50=100), np.array([8.0]), Deaths(0, 120.0), NOBODY_MOVES).flows["children at the end"].item()
    )
    assert (more, fewer) == (108, 107)  # 100 x 120 / 1,000 / 12 = 1


def test_a_named_stream_is_a_group_of_its_own_that_ages_moves_on_and_dies():
    # 24 a month aged 10 months. A month later they are 11 months old and 24 more have come.
    # Moving out at 500 per 1,000 a year takes 24 x 500 / 1,000 / 12 = 1 of the first 24 in the second month;
    # deaths at 250 under 1 take 0.5; nobody of the stream moves in by the residents' rates
    profile = children(m10=24)
    streams = Streams({"internal": 99.0}, {"internal": 500.0}, {"london": np.array([profile, profile])})
    people = project(np.zeros(MONTHS_OF_CHILDHOOD), np.zeros(2), Deaths(250.0, 0.0), streams)
    first, second = people.children["london"]
    assert first[11] == 12 and first.sum() == 12  # the average of none and 24
    assert second[[11, 12]] == pytest.approx([24, 22.5 / 2])  # 24 on the first and on the last day; none and 22.5
    assert people.flows["in: london"].tolist() == [24, 24]
    assert people.flows["out: internal"].tolist() == pytest.approx([0, 1])
    assert people.flows["deaths"].tolist() == pytest.approx([0, 0.5])
    assert people.children[RESIDENTS].sum() == 0 and people.flows["births"].sum() == 0


def test_children_by_year_of_age_are_spread_over_its_months():
    by_year = pd.Series({17: 240.0, 0: 120.0} | dict.fromkeys(range(1, 17), 12.0))
    by_month = by_month_of_age(by_year)
    assert by_month.shape == (MONTHS_OF_CHILDHOOD,)
    assert (by_month[:12] == 10).all() and (by_month[12:204] == 1).all() and (by_month[204:] == 20).all()


def test_births_follow_their_growth_from_the_middle_of_the_last_known_year():
    # 1,200 a year growing by 21% a year: 100 a month; six months on 100 x 1.1; a year and a half on 100 x 1.21 x 1.1
    assert births_by_month(1_200, 0.21, 6, 13)[[0, 12]] == pytest.approx([110, 133.1])
    assert births_by_month(1_200, 0.0, 9, 4).tolist() == [100] * 4
    assert births_by_month(1_200, -0.19, 12, 1) == pytest.approx(81)
