"""The front door: rates carried back from conferences, levers at a named step, and care that follows plans."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from conftest import HOME, slough, slough_base
from forecast.case import load
from forecast.demand.caseload import Elasticity, FromPlans, usual_care
from forecast.demand.front_door import FrontDoor, counted, upstream
from forecast.demand.levers import Lever, Shock, Timing
from forecast.demand.plan import read_care
from forecast.model import projection
from forecast.questions import answer
from forecast.record import front_door as record
from forecast.record.panel import Panel

AT_ONCE = Timing(0, 0, 600, 600)
DOOR = FrontDoor(contacts=5, assessed=0.9, police=0.5, risk=0.6, drift=(("s47", 0.2), ("referrals", 0.1)))
HELD = {"referrals": 1000.0, "s47": 200.0, "icpc": 80.0, "cp_starts": 72.0, "lac_starts": 30.0}
DRAWS, SEED = 100, 2011


def test_steps_before_conferences_by_hand():
    """16 conferenced in two months at 200/80 enquiries and 1,000/200 referrals each: 40, then 200; 180 assessed."""
    found = upstream(
        replace(DOOR, drift=(("s47", 0.0), ("referrals", 0.0))), HELD, np.full((1, 2), 8.0), np.ones((3, 2)), 1, 1
    )
    assert {step: count.item() for step, count in found.items()} == pytest.approx(
        {"s47": 40, "referrals": 200, "assessments": 180, "contacts": 1000}
    )
    assert counted(DOOR, HELD) == HELD | {"contacts": 5000, "assessments": 900}


def test_rates_drift_without_bias_and_further_with_time():
    near, far = (upstream(DOOR, HELD, np.full((100_000, 1), 80.0), np.ones((3, 1)), years, 1) for years in (1, 4))
    assert near["referrals"].mean() == pytest.approx(1000, rel=0.01)
    for years, found in ((1, near), (4, far)):  # two independent walks: 0.2 and 0.1 a root year
        assert np.log(found["referrals"]).std() == pytest.approx(np.sqrt(0.05 * years), rel=0.02)


def test_steps_before_a_gap_are_left_out():
    held = {step: count for step, count in HELD.items() if step != "s47"}
    assert upstream(DOOR, held, np.ones((2, 3)), np.ones((3, 3)), 1, 1) == {}


def test_diversion_at_assessment_works_through_to_plans_alone():
    """A fifth of assessments fewer, at three fifths of the risk: 12% fewer plans; as many are referred as before."""
    door = replace(DOOR, assessment_lever=Lever(0.8, AT_ONCE), drift=(("s47", 0.0), ("referrals", 0.0)))
    assert door.on_plans(2) == pytest.approx(0.88) and door.referred(2) == pytest.approx(1)
    levers = np.array([door.referred(1), door.assessment_lever.by_month(1), door.on_plans(1)])
    found = upstream(door, HELD, np.full((1, 1), 80 * 0.88), levers, 1, 1)
    assert found["referrals"] == pytest.approx(1000) and found["assessments"] == pytest.approx(720)
    assert found["s47"] == pytest.approx(176)


def test_half_of_what_the_police_refer():
    """The police make half of referrals: a tenth fewer of theirs is a twentieth of all, 3% of plans at that risk."""
    door = replace(DOOR, police_lever=Lever(0.9, AT_ONCE))
    assert door.referred(1) == pytest.approx(0.95) and door.on_plans(1) == pytest.approx(1 - 0.05 * 0.6)


def test_care_follows_plans_some_months_later():
    """A shock of half as many again for one month: a share 1 - exp(-1/3) of it at once, the rest fades so; to a power."""
    plans = replace(usual_care(6), starts_shock=Shock(1.5, 0, 1))
    care = replace(usual_care(5), from_plans=FromPlans(plans, Elasticity("power", 0.3, 0.1, 0.4), 3))
    new = 1 - np.exp(-1 / 3)
    wanted = np.array([1 + 0.5 * new, 1 + 0.5 * new * np.exp(-1 / 3)])
    assert care.on_starts(2) == pytest.approx(np.repeat(wanted[:, None] ** 0.3, 5, axis=1))
    strays = care.from_plans.by_draw(2, 20_000, 1)[:, 0, 0]
    assert np.quantile(strays, [0.1, 0.5, 0.9]) == pytest.approx(wanted[0] ** np.array([-0.2, 0, 0.1]), abs=0.002)


def test_no_lever_leaves_care_as_it_was():
    care = read_care(load(HOME / "params", "slough", "2025-04", "central"))
    assert care["lac"].from_plans is None and care["cp"].front_door is None


def test_an_inspection_shock_moves_plans_care_and_their_work():
    base, case = slough_base(DRAWS, SEED), slough()
    shock, none = case.scenarios["inspection-shock"], case.scenarios["central"]
    none = replace(
        none,
        entries=none.entries
        | {"shock.chance": none.entry("shock.chance").model_copy(update={"value": 0.0, "low": 0.0, "high": 0.0})},
    )
    calm, shaken = (projection.project(base.without_expected(), a) for a in (none, shock))
    assert (shaken.cp.starts.sum(axis=(1, 2)) >= calm.cp.starts.sum(axis=(1, 2))).all()
    assert shaken.lac.starts.sum() > calm.lac.starts.sum()
    assert shaken.work.proceedings.sum() > calm.work.proceedings.sum()
    for line in ("contact", "iro"):
        assert shaken.lines[line].sum() > calm.lines[line].sum()
    told = answer.front_door_by_year(base, shaken)["2011-12"]
    assert told["cp_starts"]["mean"] > answer.front_door_by_year(base, calm)["2011-12"]["cp_starts"]["mean"]


def panel(follows: float) -> Panel:
    """Councils whose conferences are next year's plans in part, and whose care follows plans."""
    luck, frames = np.random.default_rng(5), {}
    for at in range(100):
        early, noise = luck.normal(0, 0.1, (2, 16))
        plans = np.log(200) + np.cumsum(np.concatenate([[0], 0.5 * early[:-1]])) + 0.01 * noise
        care = follows * plans + luck.normal(0, 0.02, 16)
        columns = {"icpc": np.log(300) + np.cumsum(early), "s47": np.log(700) + luck.normal(0, 0.1, 16)}
        columns |= {"referrals": np.full(16, np.log(3000)), "cpp_started": plans, "cpp": plans, "lac_started": care + 5}
        frames[str(200 + at)] = np.exp(pd.DataFrame(columns, index=pd.Index(range(2010, 2026), name="year")))
    return Panel(pd.concat(frames, names=["council"]), dict.fromkeys(frames, ""))


def test_a_panel_made_to_warn_is_found_to_and_one_made_not_to_is_not():
    made = panel(0.4)
    rows = {row["name"]: row for row in record.rows(made, made.councils)}
    assert rows["care after plans"]["value"] == pytest.approx(0.4, abs=0.03)
    assert rows["icpc warns of plans started"]["value"] == pytest.approx(0.5, abs=0.03)
    assert rows["icpc helps with plans started"]["low"] > 0.5
    assert rows["s47 helps with plans started"]["high"] < 0.02
    assert rows["rate referrals to s47"]["value"] == pytest.approx(700 / 3000, rel=0.05)
    assert rows["drift referrals to s47"]["value"] == pytest.approx(0.1 * np.sqrt(2), rel=0.05)


def test_the_assumptions_are_what_the_table_says():
    table = pd.read_csv(HOME / "data" / "calibration" / "drivers.csv").set_index("name")["value"]
    a = load(HOME / "params", "slough", "2011-06", "central")
    for key, name in (
        ("front_door.referrals_drift", "drift referrals to s47"),
        ("front_door.s47_drift", "drift s47 to icpc"),
        ("front_door.care_from_plans", "care after plans"),
    ):
        assert a.value(key) == pytest.approx(table[name], abs=0.0005), key
    assert table.filter(like=" helps ").max() < 0.01  # no warning is given any weight, as none helps
