"""The work that children bring: every expected figure is worked by hand in the comment above it."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from forecast.demand.workload import Workload
from forecast.money.activity import MEASURES, Activity, conferences, contact_sessions, posts_needed, spot_hours
from forecast.money.plan import ContactNorms

JUNE = ["2011-06"]  # 30 days


def one_month(**parts) -> Workload:
    """One draw of one month and two age bands, without children unless told."""
    nothing = {
        "days": [0, 0],
        "proceedings": [0, 0],
        "lac_reviews": 0,
        "cp_starts": 0,
        "transfers": 0,
        "cp_reviews": 0,
        "uasc": [0, 0],
        "on_plan": 0,
        "lac_starts": 0,
        "moved_out": 0,
    }
    held = {name: np.array(count, float)[None, None] for name, count in (nothing | parts).items()}
    return Workload(JUNE, **held)


@pytest.fixture
def work() -> Workload:
    """Two babies in proceedings all June, and a child of the second band after the final order."""
    return one_month(days=[60, 30], proceedings=[60, 0], cp_starts=12, transfers=2, cp_reviews=30)


@pytest.fixture
def norms() -> ContactNorms:
    return ContactNorms(np.array([5.0, 2.0]), 7.305, 2.0, 1.25)


def test_conferences_are_held_for_families(work):
    # 10 of the council's own started; 8 of every 10 conferenced start: 12.5 children conferenced, 6.25 families
    # 2 transferred in: 1 family. 30 children whose review falls due: 15 families
    held = conferences(work, starts_per_icpc=0.8, children_per_family=2.0)
    assert {name: count.item() for name, count in held.items()} == pytest.approx(
        {"icpc": 6.25, "transfer_in": 1, "rcpc": 15}
    )


def test_sessions_in_proceedings_and_after_the_order(work, norms):
    # In proceedings: 60 child-days are 60/7 child-weeks, 5 sessions each: 42.857
    # After the order: 30 child-days are 30/365.25 child-years, 7.305 sessions each: 0.6
    # 43.457 children's sessions, 1.25 children in each: 34.766
    assert contact_sessions(work, norms, np.ones(1)).item() == pytest.approx((60 / 7 * 5 + 0.6) / 1.25, rel=1e-12)
    assert contact_sessions(work, norms, np.ones(1)).item() == pytest.approx(34.766, abs=5e-4)


def test_a_child_leaves_proceedings_for_fewer_sessions(norms):
    """A baby a whole week in proceedings has 5 sessions; after the order 7/365.25 x 7.305 = 0.14."""
    inside, after = one_month(days=[7, 0], proceedings=[7, 0]), one_month(days=[7, 0])
    sessions = [contact_sessions(work, norms, np.ones(1)).item() * 1.25 for work in (inside, after)]
    assert sessions == pytest.approx([5, 0.14])


def test_sessions_by_age_may_differ_from_draw_to_draw(work, norms):
    two = Workload(JUNE, **{name: np.repeat(part, 2, axis=0) for name, part in work.parts().items()})
    drawn = ContactNorms(np.array([[5.0, 2.0], [3.0, 2.0]]), norms.after_order_a_year, 2.0, norms.children_a_session)
    first, second = contact_sessions(two, drawn, np.ones(1))[:, 0]
    # Two sessions a week fewer for two babies over 30/7 weeks: 2 x 2 x 30/7 = 17.143, in 1.25s: 13.714
    assert first - second == pytest.approx(17.142857 / 1.25)


def test_a_lever_on_sessions_acts_in_its_own_month(work, norms):
    both = work.after(work)
    was, now = (contact_sessions(both, norms, lever)[0] for lever in (np.ones(2), np.array([1.0, 1.1])))
    assert now == pytest.approx(was * [1.0, 1.1])


@pytest.mark.parametrize(
    ("month", "hours", "bought"),
    [
        ("2011-06", 500.0, 500 - 3000 / 7),  # 100 hours a week for 30 days are 428.57: 71.43 are bought
        ("2011-06", 400.0, 0.0),  # unused hours are not sold
        ("2011-02", 420.0, 20.0),  # 28 days: exactly four weeks
        ("2012-02", 420.0, 420 - 2900 / 7),  # a leap year's day more: 5.71
    ],
)
def test_hours_beyond_the_in_house_block(month, hours, bought):
    assert spot_hours(np.array([[hours]]), 100.0, [month]).item() == pytest.approx(bought)


def test_posts_for_a_month_and_for_a_year():
    # 1,461 hours a post and year are 4 a day: 120 in June. 300 hours need 2.5 posts
    assert posts_needed(np.array([[300.0]]), 1461.0, JUNE).item() == pytest.approx(2.5)
    # The same 10 hours every day need 2.5 posts in a month of any length
    months = ["2012-01", "2012-02", "2012-04"]
    assert posts_needed(10.0 * np.array([[31.0, 29.0, 30.0]]), 1461.0, months) == pytest.approx(2.5)


def test_what_a_cost_line_may_be_paid_by():
    """June: 30 of 365.25 days; 90 child-days in care, 30 of them of the elder, 60 within proceedings, 280 on plans."""
    work = one_month(days=[60, 30], proceedings=[60, 0], on_plan=280, lac_starts=3, cp_starts=12)
    needed = Activity({"icpc": 4, "rcpc": 6}, 0, 0, {}, {}, paid=7)
    by_hand = {
        **{"year": 30 / 365.25, "lac_week": 90 / 7, "lac_16_17_week": 30 / 7, "plan_week": 40, "lac_start": 3},
        **{"proceedings_week": 60 / 7, "plan_start": 12, "conference": 10, "social_work_post": 7 * 30 / 365.25},
    }
    assert {name: np.ravel(paid(work, needed)).item() for name, paid in MEASURES.items()} == pytest.approx(by_hand)


def test_the_mean_of_the_draws_is_one_draw():
    one = one_month(days=[60, 2], lac_reviews=4)
    other = one_month(days=[30, 2], lac_reviews=7)
    both = {name: np.concatenate([part, other.parts()[name]]) for name, part in one.parts().items()}
    mean = Workload(JUNE, **both).mean()
    assert mean.months == JUNE
    assert mean.days.tolist() == [[[45.0, 2.0]]]
    assert mean.lac_reviews.tolist() == [[5.5]]


def test_earlier_months_stand_in_front_of_every_draw(work):
    later = Workload(["2011-07"], **{name: np.concatenate([part, 2 * part]) for name, part in work.parts().items()})
    joined = later.after(work)
    assert joined.months == ["2011-06", "2011-07"]
    assert joined.cp_starts.tolist() == [[12, 12], [12, 24]]
    assert joined.days.shape == (2, 2, 2)
    assert joined.days[1].tolist() == [[60, 30], [120, 60]]


def test_posts_are_cases_over_caseload_as_the_workforce_census_has_them():
    """DfE's own arithmetic, 2017 to 2025: case holders, full-time, are cases over the mean caseload."""
    path = Path(os.environ.get("FORECAST_OFFICIAL", "")) / "csww_indicators_2017_to_2025.csv"
    if not path.is_file():
        pytest.skip("THE WORKFORCE CENSUS IS NOT TESTED: set FORECAST_OFFICIAL to the folder of the official files")
    table = pd.read_csv(path)
    table = table[["cases", "caseload_fte", "case_holders_fte"]].apply(pd.to_numeric, errors="coerce").dropna()
    off = table["cases"] / table["caseload_fte"] - table["case_holders_fte"]
    rounded = 0.05 + 0.05 * table["cases"] / table["caseload_fte"] ** 2  # both to one decimal
    assert len(table) > 700 and (off.abs() <= rounded).all()
