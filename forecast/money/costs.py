"""Activity times unit cost, line by line: gross, income and net, uprated on 1 April."""

from dataclasses import dataclass

import numpy as np

from forecast.case.months import DAYS_A_WEEK, DAYS_A_YEAR, days_in, financial_year
from forecast.demand.placements import PAID_FOR, placement_days
from forecast.demand.workload import Workload
from forecast.money.activity import conferences, contact_sessions, posts_needed, spot_hours
from forecast.money.plan import ContactPlan, CostPlan, ReviewPlan

# Cost lines in the order of the council's reports: name -> (what it is called, the group it belongs to).
LINES = {
    "in_house_fostering": ("In-house fostering", "placements"),
    "kinship_fostering": ("Fostering by relatives and friends", "placements"),
    "ifa_fostering": ("Agency (IFA) fostering", "placements"),
    "fostering_service": ("Fostering service", "placements"),
    "own_homes": ("Council's own children's homes", "placements"),
    "private_residential": ("Private children's homes", "placements"),
    "residential_school": ("Residential schools and other residential", "placements"),
    "supported": ("Supported accommodation", "placements"),
    "other_placements": ("Other placements", "placements"),
    "other_lac_services": ("Other services for looked-after children", "placements"),
    "contact": ("Court-ordered contact", "contact"),
    "iro": ("Independent reviewing officers", "iro"),
    "review_administration": ("Administration of reviews and conferences", "iro"),
    "measures": ("Measures taken", "measures"),
    "uasc_grant": ("UASC grant (income)", "income"),
    "contributions": ("Health, education and other contributions (income)", "income"),
}
GROUPS = {
    "placements": "Placements",
    "contact": "Court-ordered contact",
    "iro": "IRO and administration",
    "measures": "Measures taken",
    "income": "Income",
}


@dataclass(frozen=True)
class Setting:
    """What the costing of one scenario needs beside activity and prices.

    mix                 [month x band x placement] or [band x placement]  who is placed where
    residential         [month]             multiple of residential child-days, where placements are states
    new_share           [month]             share of child-days in placements made after the origin
    added_places        [month]             in-house foster places a measure adds
    contact_lever, price_lever, iro_lever  [month]
    measure_begins, measure_months         [month]  1 where a measure is set up; 1 where it is paid for
    starts_per_icpc     scalar
    """

    mix: np.ndarray
    residential: np.ndarray
    new_share: np.ndarray
    added_places: np.ndarray
    contact_lever: np.ndarray
    price_lever: np.ndarray
    iro_lever: np.ndarray
    measure_begins: np.ndarray
    measure_months: np.ndarray
    starts_per_icpc: float


def cost_lines(work: Workload, plan: CostPlan, setting: Setting) -> dict[str, np.ndarray]:
    """Cost of every line, [draw x month], pounds of the month, in the order of LINES; income lines are negative.

    Raises ValueError where a line of LINES is not costed, or one is costed that is none.
    """
    lines = placement_cost(work, plan, setting)
    lines |= {"contact": contact_cost(work, plan.contact, setting)} | review_cost(work, plan.reviews, setting)
    # A measure costs once in the month it is set up, then by the day while it is paid for.
    measure = plan.set_up.in_months(work.months) * setting.measure_begins
    measure = measure + plan.running.by_day(work.months) * setting.measure_months
    lines["measures"] = np.zeros_like(lines["contact"]) + measure
    lines |= {"uasc_grant": uasc_grant(work, plan), "contributions": contributions(lines, plan)}
    if lines.keys() != LINES.keys():
        raise ValueError(f"costed {', '.join(sorted(lines.keys() ^ LINES.keys()))}; expected the lines of LINES alone")
    return {line: lines[line] for line in LINES}


def placement_cost(work: Workload, plan: CostPlan, setting: Setting) -> dict[str, np.ndarray]:
    """Placement lines: weekly prices times placement weeks, and the services with a fixed cost."""
    months = work.months
    days = placement_days(work, plan.places, plan.kinship_share, setting.mix, setting.residential, setting.added_places)
    dearer = (1 + (plan.new_placement_price - 1) * setting.new_share) * setting.price_lever
    lines = {}
    for name, paid in PAID_FOR.items():
        bought = 1.0 if paid.index == "pay" else dearer
        cost = days[name] / DAYS_A_WEEK * plan.weekly[name].in_months(months) * bought
        lines[paid.line] = lines[paid.line] + cost if paid.line in lines else cost
    services = {name: price.by_day(months) for name, price in plan.services.items()}
    lines["own_homes"] = lines["own_homes"] + services["own_homes"]
    one_draw = np.zeros_like(days["own_home"])
    return lines | {name: one_draw + services[name] for name in ("fostering_service", "other_lac_services")}


def contact_cost(work: Workload, plan: ContactPlan, setting: Setting) -> np.ndarray:
    """The in-house contact service, the hours bought beyond it, and travel."""
    sessions = contact_sessions(work, plan.norms, setting.contact_lever)
    bought = spot_hours(sessions * plan.norms.hours_a_session, plan.in_house_hours, work.months)
    spot, travel = bought * plan.agency_hour.in_months(work.months), sessions * plan.travel.in_months(work.months)
    return plan.in_house_cost.by_day(work.months) + spot + travel


def review_hours(work: Workload, plan: ReviewPlan, setting: Setting) -> dict[str, np.ndarray]:
    """IRO and administrative hours of the month, [draw x month]."""
    meetings = sum(conferences(work, setting.starts_per_icpc, plan.children_a_conference).values())
    return {
        kind: (work.lac_reviews * post.hours_a_lac_review + meetings * post.hours_a_conference) * setting.iro_lever
        for kind, post in (("iro", plan.iro), ("admin", plan.admin))
    }


def review_cost(work: Workload, plan: ReviewPlan, setting: Setting) -> dict[str, np.ndarray]:
    """IRO and administrative posts held, and the shortfall bought at agency prices."""
    hours, share_of_year = review_hours(work, plan, setting), days_in(work.months) / DAYS_A_YEAR
    lines = {}
    for line, kind, post in (("iro", "iro", plan.iro), ("review_administration", "admin", plan.admin)):
        needed = posts_needed(hours[kind], plan.hours_a_post, work.months)
        price = post.post_cost.in_months(work.months) * share_of_year
        lines[line] = (post.posts + np.maximum(needed - post.posts, 0) * plan.agency_premium) * price
    return lines


def uasc_grant(work: Workload, plan: CostPlan) -> np.ndarray:
    """The Home Office grant for unaccompanied children, negative, [draw x month]."""
    weeks = work.uasc / DAYS_A_WEEK
    return -(weeks[:, :, :-1].sum(axis=2) * plan.uasc_under_16 + weeks[:, :, -1] * plan.uasc_16_17)


def contributions(lines: dict, plan: CostPlan) -> np.ndarray:
    """What health, education and others pay toward placements, negative, [draw x month]."""
    residential = lines["own_homes"] + lines["private_residential"] + lines["residential_school"]
    fostering = sum(
        lines[name] for name in ("in_house_fostering", "kinship_fostering", "ifa_fostering", "fostering_service")
    )
    return -(residential * plan.residential_share + fostering * plan.fostering_share)


def net(lines: dict[str, np.ndarray]) -> np.ndarray:
    """Net cost of all lines."""
    return sum(lines.values())


def by_year(lines: dict[str, np.ndarray], months: list[str]) -> dict[str, dict[str, np.ndarray]]:
    """Financial year -> line -> [draw]."""
    years = np.array([financial_year(month) for month in months])
    return {
        year: {line: cost[:, years == year].sum(axis=1) for line, cost in lines.items()}
        for year in dict.fromkeys(years)
    }
