"""Reviews, conferences and contact: the work that children bring, in meetings, sessions, hours and posts."""

from dataclasses import dataclass

import numpy as np

from forecast.case.months import DAYS_A_WEEK, DAYS_A_YEAR, days_in
from forecast.demand.workload import Workload
from forecast.money.plan import ContactNorms, CostPlan, Setting, WorkforcePlan


@dataclass(frozen=True)
class Activity:
    """The work that children bring, [draw x month] each: conferences by kind, sessions and hours of contact, review
    hours, posts.

    bought  supervised hours beyond what the in-house service can give
    hours, posts  by kind of post: hours of reviews and conferences, and the full-time posts that they, and open cases,
                  need; iro, admin and, where the case has them, social_work
    paid          social workers and managers in the cost of a post: held, filled by agencies, and short
    """

    conferences: dict[str, np.ndarray]
    sessions: np.ndarray
    bought: np.ndarray
    hours: dict[str, np.ndarray]
    posts: dict[str, np.ndarray]
    paid: np.ndarray | float = 0.0


def activity_of(work: Workload, plan: CostPlan, setting: Setting) -> Activity:
    """Meetings, sessions, hours and posts of one scenario."""
    contact, reviews, staff = plan.contact, plan.reviews, plan.workforce
    sessions = contact_sessions(work, contact.norms, setting.contact_lever)
    bought = spot_hours(sessions * contact.norms.hours_a_session, contact.in_house_hours, work.months)
    held = conferences(work, setting.starts_per_icpc, reviews.children_a_conference)
    meetings = sum(held.values())
    hours = {
        kind: (work.lac_reviews * post.hours_a_lac_review + meetings * post.hours_a_conference) * setting.iro_lever
        for kind, post in reviews.posts.items()
    }
    posts = {kind: posts_needed(needed, reviews.hours_a_post, work.months) for kind, needed in hours.items()}
    if not staff.held:
        return Activity(held, sessions, bought, hours, posts)
    posts["social_work"] = (open_cases(work) + staff.other_cases * setting.case_lever) / staff.caseload
    return Activity(held, sessions, bought, hours, posts, paid_posts(posts["social_work"], staff))


def open_cases(work: Workload) -> np.ndarray:
    """Children on plans and looked after on an average day, [draw x month]."""
    return (work.days.sum(axis=2) + work.on_plan) / days_in(work.months)


def paid_posts(needed: np.ndarray, staff: WorkforcePlan) -> np.ndarray:
    """Social workers and managers in the cost of an own post, [draw x month]: vacancies, and what is needed beyond the
    posts held, are filled by agency staff at their premium; recruits cost part of a year each.
    """
    agency = staff.vacancies + np.maximum(needed - staff.held, 0)
    others = staff.managers * staff.manager_grade + staff.recruits * staff.induction
    return staff.held - staff.vacancies + agency * staff.agency_premium + others


# What an ordinary cost line is paid by, [month] or [draw x month]: years, child-weeks, events and years of a post.
MEASURES = {
    "year": lambda work, needed: days_in(work.months) / DAYS_A_YEAR,
    "lac_week": lambda work, needed: work.days.sum(axis=2) / DAYS_A_WEEK,
    "lac_16_17_week": lambda work, needed: work.days[:, :, -1] / DAYS_A_WEEK,
    "plan_week": lambda work, needed: work.on_plan / DAYS_A_WEEK,
    "proceedings_week": lambda work, needed: work.proceedings.sum(axis=2) / DAYS_A_WEEK,
    "lac_start": lambda work, needed: work.lac_starts,
    "plan_start": lambda work, needed: work.cp_starts,
    "conference": lambda work, needed: sum(needed.conferences.values()),
    "social_work_post": lambda work, needed: needed.paid * days_in(work.months) / DAYS_A_YEAR,
}


def conferences(work: Workload, starts_per_icpc: float, children_per_family: float) -> dict[str, np.ndarray]:
    """Conferences held, [draw x month]: initial, transfer-in and review.

    starts_per_icpc  children starting a plan for each child conferenced (the rest need no plan)
    """
    own = work.cp_starts - work.transfers
    return {
        "icpc": own / starts_per_icpc / children_per_family,
        "transfer_in": work.transfers / children_per_family,
        "rcpc": work.cp_reviews / children_per_family,
    }


def contact_sessions(work: Workload, norms: ContactNorms, lever: np.ndarray) -> np.ndarray:
    """Supervised sessions, [draw x month]; brothers and sisters share one. `lever` [month] multiplies them."""
    in_proceedings = np.einsum("dmb,db->dm", work.proceedings, np.atleast_2d(norms.sessions)) / DAYS_A_WEEK
    after = (work.days - work.proceedings).sum(axis=2) / DAYS_A_YEAR * norms.after_order_a_year
    return (in_proceedings + after) / norms.children_a_session * lever


def spot_hours(hours: np.ndarray, in_house_hours_a_week: float, months: list[str]) -> np.ndarray:
    """Hours beyond what the in-house service can give, [draw x month]."""
    return np.maximum(hours - in_house_hours_a_week * days_in(months) / DAYS_A_WEEK, 0)


def posts_needed(hours: np.ndarray, hours_a_post: float, months: list[str]) -> np.ndarray:
    """Full-time posts that the month's hours need, [draw x month]."""
    return hours / (hours_a_post * days_in(months) / DAYS_A_YEAR)
