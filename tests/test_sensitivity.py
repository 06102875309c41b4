"""What matters, what is enough and where it turns: each answer is checked by running the model there."""

from dataclasses import replace

import as_scenario
import numpy as np
import pytest
from scipy.stats import spearmanr

from conftest import slough, slough_base
from forecast.case import changed
from forecast.case.own import NotYours
from forecast.model import projection
from forecast.questions import sensitivity
from forecast.questions.answer import year_net
from forecast.questions.narrowing import narrowing

CASE = slough()


@pytest.fixture(scope="module")
def base():
    return slough_base(200, 11)


@pytest.fixture(scope="module")
def held(base):
    return projection.project(base, CASE.central)


@pytest.fixture(scope="module")
def table(base, held):
    return sensitivity.tornado(base, held)


def test_equal_plans_of_children_keep_the_children(base, held):
    dearer = sensitivity.set_at(CASE.central, "levers.placement_prices", 1.3)
    quick, whole = projection.project(base, dearer), projection.project(replace(base), dearer)
    assert (quick.drawn.call == whole.drawn.call).all() and quick.drawn.chance < held.drawn.chance
    assert all((quick.lines[line] == whole.lines[line]).all() for line in whole.lines)
    calm = sensitivity.set_at(CASE.central, "shock.chance", 0.0)  # nothing is woven of two ways
    calm, same = (projection.project(base, a) for a in (calm, sensitivity.set_at(calm, "levers.placement_prices", 1.3)))
    assert calm.lac is same.lac and calm.cp is same.cp


@pytest.mark.parametrize(
    "key",
    [
        "levers.births",
        "levers.lac_starts",
        "shock.cp_starts",
        "levers.ramp",
        "migration.internal_in",
        "levers.cp_leaving",
    ],
)
def test_what_moves_children_is_lived_anew(base, held, key):
    shocked = replace(
        CASE.central,
        entries=sensitivity.set_at(sensitivity.set_at(CASE.central, "shock.lasts", 12), key, 3).entries,
    )
    kept, anew = projection.project(base, shocked), projection.project(replace(base), shocked)
    assert (kept.cp.stock == anew.cp.stock).all()
    assert (kept.lac is held.lac) == (anew.lac.stock == held.lac.stock).all()


def test_tornado_holds_every_uncertain_assumption_widest_first(table, held):
    a = CASE.central
    assert set(table["key"]) == {key for key in a.keys() if a.is_uncertain(key)}
    reach = table[["call_at_low", "call_at_high"]].abs().max(axis=1)
    assert reach.is_monotonic_decreasing and reach.iloc[0] > 10_000


KEYS = CASE.central.keys()


def test_tornado_is_the_scenario_that_sets_it_to_the_pound(base, held, tmp_path):
    """One key in two dozen, of any kind, at its low and its high, as a scenario's file with that one change gives it."""
    tried, wrong = as_scenario.differing(base, held, as_scenario.files(tmp_path, CASE.central), KEYS[::24])
    assert tried > 12 and not wrong


def test_what_switches_or_is_enough_is_so_in_a_run_of_the_scenario(base, held, tmp_path):
    read = as_scenario.files(tmp_path, CASE.central)
    switched = as_scenario.switched(base, held, read, ["budget.adjustment", "costs.ifa_fostering"])
    sought = as_scenario.sought(base, held, read, ["budget.contingency", "levers.placement_prices"], sensitivity.SURE)
    assert switched == (2, []) and sought == (2, [])


def test_what_is_certainly_nothing_is_set_for_sure():
    """A chance that is 0 for sure has no range to move in proportion: set at a half, it is a half for sure."""
    none = sensitivity.set_at(CASE.central, "shock.chance", 0.0)
    entry = sensitivity.set_at(replace(none, central=none.entries), "shock.chance", 0.5).entry("shock.chance")
    assert (entry.low, entry.value, entry.high) == (0.5, 0.5, 0.5)


def test_the_budget_stays_as_it_was_set(base, held, table):
    """Dearer placements and pay raise the call, cheaper ones lower it: neither prices the budget of a year begun."""
    for key in ("prices.placements", "prices.pay"):
        row = table.set_index("key").loc[key]
        assert row["call_at_low"] < -1_000 and row["call_at_high"] > 1_000
        dearer = projection.project(base, sensitivity.set_at(CASE.central, key, row["high"]))
        cost = [year_net(one, "2011-12").mean() for one in (dearer, held)]
        variance = [one.drawn.variance.mean() for one in (dearer, held)]
        assert variance[0] - variance[1] == pytest.approx(cost[0] - cost[1], abs=0.5)


def test_a_measure_certain_to_do_half_does_half(base):
    half = changed(CASE.central, {"levers.births": 1.2, "measure.effect": 0.5}, "tried")
    assert projection.project(base, half).drawn.call == pytest.approx(
        projection.project(base, changed(CASE.central, {"levers.births": 1.1}, "tried")).drawn.call
    )


def test_recovery_plan_in_closed_form(table):
    """A commitment set at its high end, its range shifted with it, adds pound for pound what it is above its value."""
    key = "recovery.case_file_auditors.cost"
    entry, row = CASE.central.entry(key), table.set_index("key").loc[key]
    assert row["call_at_high"] == pytest.approx((entry.high - entry.value) * 9 / 12, rel=0.02)  # nine months of a year


def test_rank_correlation_is_scipys():
    luck = np.random.default_rng(4)
    first, second = luck.integers(0, 9, 500).astype(float), luck.normal(size=500)
    assert sensitivity.rank_correlation(first, second) == pytest.approx(spearmanr(first, second).statistic)
    assert sensitivity.rank_correlation(first, np.zeros(500)) == 0


@pytest.mark.parametrize(
    "key", ["budget.contingency", "levers.placement_prices", "levers.lac_starts", "levers.in_house_places"]
)
def test_what_is_enough_is_enough_and_one_step_less_is_not(base, held, key):
    wanted = held.drawn.chance + 0.05
    found = sensitivity.seek(base, held, key, wanted)
    item, now = CASE.central.catalogue.items[key], CASE.central.value(key)
    step = sensitivity.SMALLEST_STEP[item.unit] * np.sign(found.value - now)
    assert item.minimum <= found.value <= item.maximum
    at = [
        projection.project(base, sensitivity.set_at(CASE.central, key, value)).drawn.chance
        for value in (found.value, found.value - step)
    ]
    assert at[0] == found.chance >= wanted > at[1]


def test_enough_contingency_in_closed_form(base, held):
    """The sum that holds in 9 draws of 10 is the ninth tenth of the calls, to the next £1,000 from where it stands."""
    found = sensitivity.seek(base, held, "budget.contingency", 0.9)
    exact = np.quantile(held.drawn.at_year_end, 0.9, method="inverted_cdf")
    assert 0 <= found.value - exact < 1000


def test_what_cannot_be_reached_is_said(base, held):
    found = sensitivity.seek(base, held, "levers.contact_sessions", 0.999)
    assert found.value is None and found.chance < 0.999
    best = max(
        projection.project(base, sensitivity.set_at(CASE.central, "levers.contact_sessions", at)).drawn.chance
        for at in (0, 5)
    )
    assert found.chance == best


def test_nothing_need_change_where_it_already_holds(base, held):
    assert sensitivity.seek(base, held, "levers.births", 0.01).value == CASE.central.value("levers.births")


def test_a_call_that_is_over_at_both_limits_switches_on_the_nearer_side(base, held, monkeypatch):
    """Sessions of 0 to 5 times, now 1, and a call that is the contingency at 0.4 and at 3: 0 is nearer than 5."""

    def call(base, held, key, at):
        return held.drawn.amount + 1e6 * (at - 0.4) * (at - 3)

    monkeypatch.setattr(sensitivity, "call_at", call)
    assert sensitivity.switching_value(base, held, "levers.contact_sessions") == pytest.approx(0.4)


def test_a_shock_comes_in_as_many_draws_as_its_chance_says_and_no_other_moves(base):
    """Draw by draw: the plans are those with the shock or those without, half and half at even odds."""

    def plans(chance: dict) -> np.ndarray:
        return projection.project(base, changed(CASE.central, chance, "tried")).cp.stock[:, 8].sum(axis=1)

    never, always = plans({"shock.chance": 0}), plans({"shock.chance": 1})
    may = plans({})
    shocked = (may == always) & (may != never)
    assert ((may == never) | (may == always)).all() and 0.38 < shocked.mean() < 0.62
    assert always.mean() > 1.1 * never.mean()


def test_what_would_narrow_the_answer_is_told_in_pounds(base, held):
    """By hand: a contingency of £600,000, 10% off either way, moves the headroom by £120,000; a base budget thought to lie
    within a range moves it by the range's width; what moves the fit alone is not measured."""
    keys = ["budget.contingency", "proceedings.length", "budget.adjustment"]
    found = narrowing(base, held, [NotYours(key, "") for key in keys], {"green": 0.1, "amber": 0.1, "red": 0.1})
    width = CASE.central.entry("budget.adjustment").high - CASE.central.entry("budget.adjustment").low
    assert {one.key: round(one.pounds) for one in found} == {"budget.contingency": 120_000, "budget.adjustment": width}
    assert [one.pounds for one in found] == sorted((one.pounds for one in found), reverse=True)
