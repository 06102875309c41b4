"""Activity times unit cost, line by line: gross, income and net, uprated on 1 April."""

import numpy as np

from forecast.case.lines import FOSTERING, LINES, RULES, net
from forecast.case.months import DAYS_A_WEEK, DAYS_A_YEAR, days_in, financial_year
from forecast.demand.local import PAID_AS, UASC
from forecast.demand.placements import PAID_FOR, PLACEMENTS, days_by_mix, days_by_state
from forecast.demand.workload import Workload
from forecast.money.activity import MEASURES, Activity
from forecast.money.plan import ContactPlan, CostPlan, ReviewPlan, Setting

ALLOWANCES = "special_guardianship"  # the line of allowances that a measure brings, adoption's among them
MARGINAL = {"fostering": "ifa_fostering", "residential": "private_residential", "other": "other_placement"}

__all__ = ["LINES", "by_year", "cost_lines", "net"]


def cost_lines(
    work: Workload, days: dict[str, np.ndarray], needed: Activity, plan: CostPlan, setting: Setting
) -> dict[str, np.ndarray]:
    """What the call on the contingency knows of every line, [draw x month], pounds of the month, in the order of LINES;
    income lines are negative.

    days    child-days by what is paid for (`placement_days`)
    needed  meetings, sessions, hours and posts (`activity_of`)
    Raises ValueError where a line of LINES is not costed, or one is costed that is none.
    """
    months, ordinary = work.months, ordinary_cost(work, needed, plan)
    lines = placement_cost(days, ordinary, plan, setting, months)
    lines |= {"contact": contact_cost(needed, plan.contact, months)} | review_cost(needed, plan.reviews, months)
    # A measure costs once in the month it is set up, then by the day while it is paid for; places it adds stay.
    measure = plan.set_up.in_months(months) * setting.measure_begins
    measure = measure + plan.running.by_day(months) * setting.measure_months
    measure = measure + plan.upkeep.by_day(months) * setting.added_places
    lines["measures"] = np.zeros_like(lines["contact"]) + measure
    lines |= {"uasc_grant": uasc_grant(work, plan), "contributions": contributions(lines, plan)}
    none = np.broadcast_to(0.0, lines["contact"].shape)  # a line that the case does not have, or that stands beside
    for line in RULES.keys() - lines.keys():
        share = plan.in_call.get(line, 1.0) if line in ordinary else 0.0
        lines[line] = ordinary[line] * share + none if share else none
    if work.moved_out.any():
        allowed = work.moved_out * plan.allowed_share / DAYS_A_WEEK * plan.allowance.in_months(months)
        lines[ALLOWANCES] = lines[ALLOWANCES] + allowed
    if lines.keys() != LINES.keys():
        raise ValueError(f"costed {', '.join(sorted(lines.keys() ^ LINES.keys()))}; expected the lines of LINES alone")
    return {line: lines[line] for line in LINES}


def ordinary_cost(work: Workload, needed: Activity, plan: CostPlan) -> dict[str, np.ndarray]:
    """The whole cost of the ordinary lines that the case has, [month] or [draw x month]: work times its price."""
    lines = {}
    for line, price in plan.ordinary.items():
        rule, sign = RULES[line], -1.0 if LINES[line][1] == "income" else 1.0
        paid = np.array([sign * (month >= rule.begins) for month in work.months])
        lines[line] = MEASURES[rule.per](work, needed) * price.in_months(work.months) * paid
    return lines


def beside(work: Workload, needed: Activity, plan: CostPlan) -> dict[str, np.ndarray]:
    """What stands beside the call of lines that it does not know in full, [draw x month], such as the workforce that
    the base budget pays for.
    """
    ordinary = ordinary_cost(work, needed, plan)
    return {line: ordinary[line] * (1 - share) for line, share in plan.in_call.items() if line in ordinary}


def placement_cost(
    days: dict, ordinary: dict, plan: CostPlan, setting: Setting, months: list[str]
) -> dict[str, np.ndarray]:
    """Placement lines: weekly prices times placement weeks, and services beside them, as both drift."""
    dearer = (1 + (plan.new_placement_price - 1) * setting.new_share) * setting.price_lever
    lines = {}
    for name, paid in PAID_FOR.items():
        bought = 1.0 if paid.index == "pay" else dearer
        cost = days[name] / DAYS_A_WEEK * plan.weekly[name].in_months(months) * bought
        lines[paid.line] = lines[paid.line] + cost if paid.line in lines else cost
    one_draw = np.zeros_like(days["own_home"])
    for name in [name for name in ordinary if LINES[name][1] == "placements"]:
        lines[name] = lines.get(name, one_draw) + ordinary[name]
    strays = np.exp(plan.drift * setting.drift)
    return {name: cost * strays for name, cost in lines.items()}


def contact_cost(needed: Activity, plan: ContactPlan, months: list[str]) -> np.ndarray:
    """The in-house contact service, the hours bought beyond it, and travel."""
    spot = needed.bought * plan.agency_hour.in_months(months)
    return plan.in_house_cost.by_day(months) + spot + needed.sessions * plan.travel.in_months(months)


def review_cost(needed: Activity, plan: ReviewPlan, months: list[str]) -> dict[str, np.ndarray]:
    """IRO and administrative posts held, and the shortfall bought at agency prices."""
    share_of_year, lines = days_in(months) / DAYS_A_YEAR, {}
    for line, kind in (("iro", "iro"), ("review_administration", "admin")):
        post, short = plan.posts[kind], np.maximum(needed.posts[kind] - plan.posts[kind].held, 0)
        price = post.cost.in_months(months) * share_of_year
        lines[line] = (post.held + short * plan.agency_premium) * price
    return lines


def uasc_grant(work: Workload, plan: CostPlan) -> np.ndarray:
    """The Home Office grant for unaccompanied children, negative, [draw x month]."""
    weeks = work.uasc / DAYS_A_WEEK
    return -(weeks[:, :, :-1].sum(axis=2) * plan.uasc_under_16 + weeks[:, :, -1] * plan.uasc_16_17)


def uasc_placements(work: Workload, plan: CostPlan, setting: Setting) -> dict[str, np.ndarray]:
    """What placing unaccompanied children costs, line -> [draw x month]: at agencies' prices, for the council's own
    places would be filled without them.
    """
    if work.placed is None:
        days = days_by_mix(work.uasc, setting.mix)
    else:
        days = days_by_state(np.where(UASC, work.placed, 0.0), PAID_AS)
    dearer, found = (1 + (plan.new_placement_price - 1) * setting.new_share) * setting.price_lever, {}
    for placement in PLACEMENTS:
        name = MARGINAL.get(placement, placement)
        bought = dearer if PAID_FOR[name].index != "pay" else 1.0
        cost = days[placement] / DAYS_A_WEEK * plan.weekly[name].in_months(work.months) * bought
        found[PAID_FOR[name].line] = found.get(PAID_FOR[name].line, 0.0) + cost * np.exp(plan.drift * setting.drift)
    return found


def contributions(lines: dict, plan: CostPlan) -> np.ndarray:
    """What health, education and others pay toward placements and measures, negative, [draw x month]."""
    residential = lines["own_homes"] + lines["private_residential"] + lines["residential_school"]
    fostering = sum(lines[name] for name in FOSTERING if name in lines)  # one of price 0 the case does not have
    measures = lines["measures"] * sum(plan.funded.values())
    return -(residential * plan.residential_share + fostering * plan.fostering_share + measures)


def by_year(lines: dict[str, np.ndarray], months: list[str]) -> dict[str, dict[str, np.ndarray]]:
    """Financial year -> line -> [draw]."""
    years = np.array([financial_year(month) for month in months])
    return {
        year: {line: cost[:, years == year].sum(axis=1) for line, cost in lines.items()}
        for year in dict.fromkeys(years)
    }
