"""Measures: what they cost and bring, when they pay back, and in how many futures."""

from dataclasses import replace

import numpy as np
import pytest

from conftest import slough, slough_base
from forecast.case.errors import BadInput
from forecast.demand.plan import read_timing
from forecast.model import plan, projection
from forecast.money import costs
from forecast.questions import answer
from forecast.questions.payback import Payback, payback
from forecast.report import words

CASE = slough()
DRAWS = 200


@pytest.fixture(scope="module")
def base():
    return slough_base(DRAWS, 11)


@pytest.fixture(scope="module")
def central(base):
    return projection.project(base, CASE.central)


def changed(**values: float):
    entries = {}
    for name, value in values.items():
        key = name.replace("__", ".")
        entries[key] = CASE.central.entry(key).model_copy(update={"value": value, "low": value, "high": value})
    return replace(CASE.central, entries=CASE.central.entries | entries)


def test_payback_by_hand():
    """Three futures of a measure that costs 10 in the second month: back in the fourth; back, lost and back again; never."""
    benefit = np.array([[0, -10, 5, 5, 0], [0, -10, 12, -4, 2], [0, -10, 3, 3, 3]], float)
    held = Payback(["2011-12", "2012-01", "2012-02", "2012-03", "2012-04"], np.array([0, 10.0, 0, 0, 0]), benefit)
    assert held.pays_back.tolist() == [True, True, False] and held.chance == pytest.approx(2 / 3)
    assert held.month().tolist() == [3, 4]
    assert {year: saved.tolist() for year, saved in held.by_year().items()} == {
        "2011-12": [0, -2, -4],
        "2012-13": [0, 2, 3],
    }


def test_a_measure_never_pays_back_before_it_is_paid_for():
    held = Payback(["2011-06", "2011-07", "2011-08"], np.array([0, 0, 5.0]), np.array([[0, 2.0, 1.0]]))
    assert held.month().tolist() == [2]


def test_no_measure_no_payback(central, base):
    assert payback(central, central) is None
    assert payback(projection.project(base, CASE.scenarios["gatekeeping"]), central) is None
    assert words.lines("payback", None) == []


def test_what_a_measure_costs_in_closed_form(base, central):
    """£100,000 once and £365,250 a year for 12 months from July 2011, pay rising on 1 April; it does nothing."""
    a = changed(measure__set_up=100_000, measure__running=365_250, measure__begins_after=1, measure__lasts=12)
    out = projection.project(base, a)
    held = payback(out, central)
    rise = 1 + CASE.central.value("prices.pay")
    by_day = dict(zip(held.months[1:13], [31, 31, 30, 31, 30, 31, 31, 29, 31, 30, 31, 30], strict=True))
    wanted = {month: days * 1000 * (rise if month >= "2012-04" else 1) for month, days in by_day.items()}
    wanted["2011-07"] += 100_000
    assert held.months[0] == "2011-06" and list(wanted)[0] == "2011-07"
    assert dict(zip(held.months, held.cost, strict=True)) == pytest.approx(
        dict.fromkeys(held.months, 0.0) | wanted, rel=2e-2
    )
    assert held.benefit == pytest.approx(-out.lines["measures"][:, -held.benefit.shape[1] :], abs=0.01)
    assert held.chance == 0 and held.month().size == 0
    assert "costs £" in words.lines("payback", answer.payback_of(projection.project(base, a), central))[0]


def test_levers_rise_last_and_fade():
    """Begun after 2 months, in full after 2 more, 4 months from its beginning it fades, by half in 3."""
    a = changed(levers__starts_after=2, levers__ramp=2, levers__lasts=4, levers__half_life=3)
    months = [f"2011-{month:02d}" for month in range(6, 13)] + ["2012-01", "2012-02"]
    assert read_timing(a).reach(len(months)) == pytest.approx([0, 0, 0.5, 1, 1, 1, 0.5 ** (1 / 3), 0.5 ** (2 / 3), 0.5])


def test_part_of_an_effect_moves_levers_part_of_the_way():
    a = changed(levers__lac_starts=0.8, levers__in_house_places=10, levers__cp_starts=1.4, levers__ramp=9)
    half = plan.at_effect(a, 0.5)
    told = {
        key: half.value(f"levers.{key}") for key in ("lac_starts", "in_house_places", "cp_starts", "births", "ramp")
    }
    assert told == pytest.approx({"lac_starts": 0.9, "in_house_places": 5, "cp_starts": 1.2, "births": 1, "ramp": 9})
    assert not half.is_uncertain(plan.EFFECT)
    assert plan.at_effect(changed(levers__lac_starts=0.2), 3).value("levers.lac_starts") == 0.1, "the catalogue's least"


def test_an_effect_in_doubt_is_three_futures_woven(base, central):
    """Every draw is one of the three runs' draws, the same children throughout; 3, 4 and 3 in ten."""
    a = CASE.scenarios["permanence"]
    entry = a.entry(plan.EFFECT)
    woven = projection.project(base, a)
    runs = [projection.project(base, plan.at_effect(a, share)) for share in (entry.low, entry.value, entry.high)]
    nets = np.stack([costs.net(run.lines) for run in runs])
    same = (nets == costs.net(woven.lines)).all(axis=2)
    assert same.any(axis=0).all()
    shares = [float((same[at] & ~same[:at].any(axis=0)).mean()) for at in range(3)]
    assert shares == pytest.approx([0.3, 0.4, 0.3], abs=0.08)
    assert woven.lac.breaks() == 0
    assert (woven.drawn.at_year_end[same[0]] == runs[0].drawn.at_year_end[same[0]]).all()


def test_a_larger_effect_saves_no_less(base, central):
    a = CASE.scenarios["permanence"]
    saved = [
        payback(projection.project(base, plan.at_effect(a, share)), central).so_far[:, -1].mean()
        for share in (0.2, 0.6, 1.0)
    ]
    assert saved[0] < saved[1] < saved[2]


def test_the_answer_tells_payback(base, central):
    told = answer.scenario(base, projection.project(base, CASE.scenarios["in-house-fostering"]), central)["payback"]
    assert sum(year["mean"] for year in told["by_year"].values()) == pytest.approx(told["benefit"]["mean"])
    assert 0 <= told["chance"] <= 1 and told["until"] == "2015-03" and told["cost"] > 200_000
    assert "Chance that it has paid back by then" in words.lines("payback", told)[0]


def test_streams_pay_their_shares_and_the_contingency_the_rest(base, central):
    """£100,000 a year, a quarter from the Early Intervention Grant and a tenth from partners: the call bears 65%."""
    bare = projection.project(base, changed(measure__running=100_000))
    shared = changed(measure__running=100_000, measure__from_early_intervention_grant=0.25, measure__from_partners=0.1)
    told = answer.payback_of(projection.project(base, shared), central)
    whole = answer.payback_of(bare, central)["cost"]
    assert told["cost"] == pytest.approx(whole)
    assert told["funding"]["early_intervention_grant"] == pytest.approx(0.25 * whole)
    assert told["funding"]["contingency"] == pytest.approx(0.65 * whole)
    assert told["benefit"]["mean"] == pytest.approx(-0.65 * whole)  # nothing else changes
    assert "the early intervention grant £" in words.lines("payback", told)[0]


def test_streams_pay_no_more_than_all():
    with pytest.raises(BadInput, match="more than the whole cost"):
        plan.read_plan(changed(measure__from_base=0.7, measure__from_partners=0.4), 10, 1)
