"""Reviews, conferences and contact: the work that children bring, in meetings, sessions, hours and posts."""

from dataclasses import dataclass

import numpy as np

from forecast.case.months import DAYS_A_WEEK, DAYS_A_YEAR, days_in
from forecast.demand.workload import Workload


@dataclass(frozen=True)
class ContactNorms:
    """Contact: sessions a week in proceedings by age band [band] or [draw x band]; the rest scalars or [draw x 1]."""

    sessions: np.ndarray
    after_order_a_year: np.ndarray
    hours_a_session: np.ndarray
    children_a_session: np.ndarray


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
