"""The contingency: examples by hand, properties for any figures, Monte Carlo errors against repeated simulation."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from conftest import HOME
from forecast.case import load
from forecast.money.contingency import ENOUGH_AT, Draw, draw_down, draw_on
from forecast.money.plan import ContingencyPlan, RecoveryItem, read_money

MONTHS = 12
ROUNDING = 1e-6  # pounds
POUNDS = st.floats(-1e6, 1e6)
CALLS = arrays(float, st.tuples(st.integers(1, 20), st.integers(1, MONTHS)), elements=st.floats(0, 1_000))


def commitments(total: np.ndarray, starts_after: float, months: int) -> np.ndarray:
    """Of a Recovery Plan that is not itemised, to date."""
    return ContingencyPlan(600_000, 0, total, starts_after, 0).committed(months)


def quarters(cost: list[float], recovery: float = 0.0, savings: float = 0.0, contingency: float = 600.0) -> Draw:
    """One draw of a year cut into four parts, each with a budget of 1,000; a recovery plan that starts after two."""
    return draw_down(
        np.array([cost], float), np.full(4, 1_000.0), commitments(np.array([recovery]), 2, 4), contingency, savings
    )


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_an_overspend_and_a_recovery_plan_are_called():
    # Over budget by 100, 200, -50, 150: to date 100, 300, 250, 400. Recovery plan of 120: 0, 0, 60, 120
    drawn = quarters([1_100, 1_200, 950, 1_150], recovery=120)
    assert drawn.call.tolist() == [[100, 300, 310, 520]]
    assert drawn.variance.tolist() == [400]
    assert drawn.at_year_end.tolist() == [520]
    assert drawn.headroom.tolist() == [80]
    assert drawn.holds.tolist() == [True]


def test_an_underspend_does_not_pay_for_commitments():
    # Under budget by 500 a quarter: variance -2,000, yet the plan's 120 is called in full
    drawn = quarters([500] * 4, recovery=120)
    assert drawn.call.tolist() == [[0, 0, 60, 120]]
    assert drawn.variance.tolist() == [-2_000]


def test_one_off_savings_are_set_against_the_variance_and_not_against_commitments():
    # Over budget by 100 a quarter: 100, 200, 300, 400. Savings of 200: 50, 100, 150, 200. Left 50, 100, 150, 200
    assert quarters([1_100] * 4, savings=200).call.tolist() == [[50, 100, 150, 200]]
    # Savings of 600, more than the overspend: nothing left to call but the plan's 120
    drawn = quarters([1_100] * 4, recovery=120, savings=600)
    assert drawn.call.tolist() == [[0, 0, 60, 120]]
    assert drawn.variance.tolist() == [-200]


def test_a_call_of_the_whole_contingency_still_holds():
    assert quarters([1_150] * 4).holds.tolist() == [True]  # 4 x 150 = 600
    assert quarters([1_150, 1_150, 1_150, 1_151]).holds.tolist() == [False]  # 601


@pytest.mark.parametrize(
    ("call", "month"),
    [
        ([100, 300, 500, 700], 3),  # above only at the year's end
        ([700, 800, 900, 1_000], 0),  # from the start
        ([700, 500, 650, 700], 2),  # above, back, and above for good: the third month
        ([0, 650, 650, 601], 1),
    ],
)
def test_the_month_of_exhaustion(call, month):
    assert Draw(np.array([call], float), np.zeros(1), 600.0).month_of_exhaustion().tolist() == [month]


def test_only_draws_that_fail_have_a_month_of_exhaustion():
    call = np.array([[700.0, 100.0], [0.0, 601.0], [601.0, 602.0]])
    drawn = Draw(call, np.zeros(3), 600.0)
    assert drawn.month_of_exhaustion().tolist() == [1, 0]
    assert drawn.chance == pytest.approx(1 / 3)


def test_what_would_be_enough():
    # Calls of 0, 10, ..., 1,000: half are at or below 500, 80% at or below 800, and so on
    drawn = Draw(np.arange(0.0, 1_001.0, 10.0)[:, None], np.zeros(101), 600.0)
    assert drawn.enough() == pytest.approx({0.50: 500, 0.80: 800, 0.90: 900, 0.95: 950})
    assert drawn.chance == pytest.approx(61 / 101)


def test_commitments_are_spent_evenly_from_their_start():
    # 120,000 from July: nothing for three months, then a ninth (13,333.33) each month
    spent = commitments(np.array([120_000.0, 60_000.0]), 3, 12)
    assert spent[0] == pytest.approx([0, 0, 0, *(120_000 * part / 9 for part in range(1, 10))])
    assert spent[1] == pytest.approx(spent[0] / 2)
    # From mid-August (4.5 months in): half a month of August, then whole months, of 7.5 in all
    assert commitments(np.array([75.0]), 4.5, 12)[0] == pytest.approx([0] * 4 + [5, 15, 25, 35, 45, 55, 65, 75])


def test_items_of_the_recovery_plan_commit_what_the_contingency_pays():
    """£120,000 a year from July for six months is £10,000 a month: £60,000 in all; what a grant pays is not called."""
    audits = RecoveryItem(np.array([120_000.0]), "contingency", 3, 6)
    granted, rest = replace(audits, paid_by="Early Intervention Grant"), np.array([9_000.0])
    spent = ContingencyPlan(600_000, 0, rest, 3, 0, {"audits": audits, "granted": granted}).committed(12)[0]
    assert spent[[2, 3, 8, 11]] == pytest.approx([0, 11_000, 66_000, 69_000])
    recurring = replace(audits, lasts=600)
    assert recurring.to_date()[0, -1] == pytest.approx(90_000)


def test_a_year_is_held_against_the_base_budget_by_the_days_of_its_months():
    """April and May have 61 days. Budget 500 + 110 and 61 above it: 330 and 341; 430 and 341 came, income off: over by 100
    and 0. Savings 10 and 20, the plan 25 and 50: 115 and 130. With nothing above: 300 and 310, over by 130 and 31.
    """
    plan = ContingencyPlan(600, np.array([61.0]), np.array([50.0]), 0, 20)
    lines = {"iro": np.array([[7.0, 440, 351]]), "uasc_grant": np.array([[0.0, -10, -10]])}
    months, budget = ["2011-03", "2011-04", "2011-05"], {"iro": np.array([500.0]), "legal": np.array([110.0])}
    drawn = draw_on(plan, lines, months, budget, months[1:])
    assert drawn.call.tolist() == [pytest.approx([115, 130])] and drawn.amount == 600
    assert draw_on(plan, lines, months, budget, months[1:], 0.0).call.tolist() == [pytest.approx([145, 191])]


def test_what_bridges_to_the_base_budget():
    """£7 of growth and £11 of adjustment, less £5 met by one-offs, £3 saved and £2 of one-offs that end: £8 more."""
    a = load(HOME / "params", "slough", "2011-06", "central")
    set_to = {"growth": 7.0, "adjustment": 11.0, "met_by_one_offs": 5.0, "savings": 3.0, "one_offs_ending": 2.0}
    held = {
        f"budget.{name}": a.entry(f"budget.{name}").model_copy(update={"value": pounds})
        for name, pounds in set_to.items()
    }
    assert read_money(replace(a, entries=a.entries | held), [], 1, 0).contingency.adjustment.tolist() == [8]


def test_the_reports_own_scale():
    """£600,000 is 12.7 child-years at the published £7,945,366 over 168 children, £47,294: 12 more hold, 13 do not."""
    year = np.full((1, MONTHS), 7_945_366 / 168 / MONTHS)
    none = commitments(np.zeros(1), 3, MONTHS)
    held = [draw_down(children * year, np.zeros(MONTHS), none, 600_000).chance for children in (12, 13)]
    assert held == [1, 0]


# --- for any figures --------------------------------------------------------------------------------------------------


@st.composite
def years(draw):
    """Cost [draw x month], budget, committed, contingency, savings."""
    shape = (draw(st.integers(1, 15)), draw(st.integers(1, MONTHS)))
    cost, budget = draw(arrays(float, shape, elements=POUNDS)), draw(arrays(float, shape[1], elements=POUNDS))
    planned = draw(arrays(float, shape[0], elements=st.floats(0, 1e6)))
    committed = commitments(planned, draw(st.integers(0, shape[1] - 1)), shape[1])
    return cost, budget, committed, draw(st.floats(0, 2e6)), draw(st.floats(0, 1e6))


@given(years(), st.data())
def test_the_chance_never_rises_when_costs_do(year, data):
    cost, *rest = year
    dearer = cost + data.draw(arrays(float, cost.shape, elements=st.floats(0, 1e6)))
    before, after = draw_down(cost, *rest), draw_down(dearer, *rest)
    assert after.chance <= before.chance
    assert (after.at_year_end >= before.at_year_end).all()
    assert all(after.enough()[at] >= before.enough()[at] - ROUNDING for at in ENOUGH_AT)


@given(years())
def test_an_underspend_never_pays_for_commitments(year):
    drawn, committed = draw_down(*year), year[2]
    assert (drawn.call >= committed).all()
    assert (drawn.at_year_end[drawn.variance <= 0] == committed[drawn.variance <= 0, -1]).all()


@given(years())
def test_the_year_adds_up(year):
    cost, budget, committed, amount, savings = year
    drawn = draw_down(*year)
    assert drawn.variance == pytest.approx(cost.sum(axis=1) - budget.sum() - savings, abs=ROUNDING)
    assert drawn.headroom + drawn.at_year_end == pytest.approx(np.full(len(cost), amount), abs=ROUNDING)
    assert (drawn.headroom >= 0).tolist() == drawn.holds.tolist()


@given(CALLS, st.floats(0, 1_000))
def test_exhaustion_is_the_first_month_from_which_the_call_stays_above(call, amount):
    drawn = Draw(call, np.zeros(len(call)), amount)
    failing = [draw for draw in call.tolist() if draw[-1] > amount]
    stays = [[month for month in range(len(draw)) if min(draw[month:]) > amount] for draw in failing]
    assert drawn.month_of_exhaustion().tolist() == [months[0] for months in stays]


@given(CALLS)
def test_enough_rises_with_the_chance_and_gives_it(call):
    drawn = Draw(call, np.zeros(len(call)), 0.0)
    amounts = [drawn.enough()[at] for at in ENOUGH_AT]
    assert (np.diff(amounts) >= -ROUNDING).all()
    for at, amount in drawn.enough().items():
        # interpolated between draws, so short by less than one draw
        assert Draw(call, np.zeros(len(call)), amount + ROUNDING).chance > at - 1 / len(call) - 1e-12


# --- Monte Carlo error ------------------------------------------------------------------------------------------------


def test_the_error_of_the_chance_is_how_far_repeated_runs_differ():
    """5,000 runs of 400 draws whose call is exponential with mean 400: the chance is 1 - exp(-1.5) = 0.777.

    The SD of the chance over runs is sqrt(0.777 x 0.223 / 400) = 0.0208, known itself to 1%.
    """
    calls = np.random.default_rng(1).exponential(400, (5_000, 400, 1))
    runs = [Draw(call, np.zeros(400), 600.0) for call in calls]
    chances = np.array([run.chance for run in runs])
    assert chances.mean() == pytest.approx(1 - np.exp(-1.5), abs=0.001)
    assert chances.std() == pytest.approx(0.0208, rel=0.04)
    assert np.mean([run.chance_error() for run in runs]) == pytest.approx(chances.std(), rel=0.04)
