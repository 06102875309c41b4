"""The machine-readable answer: every figure of the answer page for every scenario of a case."""

import numpy as np

from forecast import __version__
from forecast.case import Assumptions
from forecast.case.months import MONTHS_A_YEAR, days_in, financial_year
from forecast.demand import breaks, totals
from forecast.demand.caseload import Calibrated
from forecast.demand.evidence import Group
from forecast.demand.local import UASC
from forecast.model.outlook import Base, Outlook, draw_on_contingency, foresee
from forecast.money import costs
from forecast.money.activity import activity_of
from forecast.money.contingency import ENOUGH_AT
from forecast.money.lines import GROUPS, LINES
from forecast.questions.causes import split
from forecast.questions.compare import QUANTILES, difference, error_of_mean, error_of_quantile, summary
from forecast.questions.payback import payback

SCHEMA = "forecast-answer-1"
BUDGET_STEPS = 7  # points at which the answer page shows how the chance moves with the base budget


def head(base: Base) -> dict:
    """What the answer is about; its scenarios are added one by one. Money in pounds, months as 2011-06."""
    case, central = base.central.case, base.central
    return {
        "schema": SCHEMA,
        "version": __version__,
        "council": case.council,
        "area": case.name or case.area,
        "data_area": case.area,
        "month": case.month,
        "title": case.title,
        "origin": case.origin.isoformat(),
        "horizon": case.horizon,
        "financial_year": case.financial_year,
        "draws": base.draws,
        "seed": base.seed,
        "units": {"money": "gbp", "children": "children", "chance": "share of draws, 0 to 1"},
        "open_at_origin": {"lac": base.lac.opening.children, "cp": base.cp.opening.children},
        "contingency": central.value("budget.contingency"),
        "red_assumptions": red(central, base.ledger is not None),
        "hindsight_assumptions": [key for key in central.keys() if central.entry(key).hindsight],
        "outturns": case.tables.get("outturns"),
        "central_path": {group: central_path(base, getattr(base, group).group) for group in ("lac", "cp")},
        "breaks": {
            group: breaks_of(central, getattr(base, group), base.norms[group].family) for group in ("lac", "cp")
        },
        "record": {},
        "sensitivities": None,
        "scenarios": {},
    }


def central_path(base: Base, group: Group) -> dict:
    """What makes up the log change of the median count 1, 2, ... years ahead, and all of it."""
    years = np.arange(1, -(-len(base.months) // MONTHS_A_YEAR) + 1)
    evidence = base.evidence
    parts = totals.parts(group.past, evidence.totals[group.name], years, evidence.uasc_share(group.name))
    some = {name: change.tolist() for name, change in parts.items() if change.any()}
    return {"parts": some, "middle": sum(parts.values()).tolist()}


def breaks_of(a: Assumptions, fit: Calibrated, family: float) -> list[dict]:
    """The alarm on yearly starts for the last years, oldest first; empty where too few years are held."""
    counts = fit.group.starts_by_year
    limits = breaks.Limits(*(a.value(f"breaks.{part}") for part in ("residual", "slack", "cusum")))
    if counts.size < breaks.ENOUGH_PERIODS:
        return []
    held = breaks.recent(
        counts, a.value(f"breaks.{fit.group.name}_drift"), family, limits, int(a.value("breaks.years"))
    )
    return [{**vars(alarm), "period": alarm.period} for alarm in held]


def answer(base: Base, outlooks: dict[str, Outlook]) -> dict:
    """Every figure of the answer page for scenarios already foreseen; `central` must be among them."""
    central = outlooks["central"]
    told = head(base)
    told["scenarios"] = {slug: scenario(base, outlook, central) for slug, outlook in outlooks.items()}
    return told


def red(assumptions, with_ledger: bool = False) -> list[str]:
    """Keys of the red assumptions that the figures rest on: those about the ledger only where there is one."""
    used = [key for key in assumptions.keys() if with_ledger or not key.startswith("ledger.")]
    return [key for key in used if assumptions.entry(key).reliability == "red"]


def scenario(base: Base, outlook: Outlook, central: Outlook) -> dict:
    """One scenario's figures."""
    drawn = outlook.drawn
    return {
        "name": outlook.assumptions.scenario.name,
        "reason": outlook.assumptions.scenario.reason,
        "differs": [
            {
                "key": change.key,
                "assumption": outlook.assumptions.catalogue.items[change.key].description,
                "central": change.central,
                "scenario": change.scenario,
                "low": outlook.assumptions.entry(change.key).low,
                "high": outlook.assumptions.entry(change.key).high,
                "why": change.why,
            }
            for change in outlook.assumptions.differs
        ],
        "children": children(base, outlook),
        "contingency": {
            "amount": drawn.amount,
            "call": with_error(drawn.at_year_end),
            "variance": summary(drawn.variance),
            "headroom": summary(drawn.headroom),
            "recovery_plan": summary(np.ravel(outlook.plan.money.contingency.recovery_plan)),
            "chance_holds": drawn.chance,
            "chance_error": drawn.chance_error(),
            "enough": {f"{at:.0%}".rstrip("%"): amount for at, amount in drawn.enough(ENOUGH_AT).items()},
            "exhaustion": exhaustion(base, drawn),
            "call_by_month": [
                {"month": month, "estimated": month not in base.months, **summary(drawn.call[:, i])}
                for i, month in enumerate(base.year)
            ],
            "chance_by_base_budget": chance_by_budget(base, outlook),
        },
        "effect": effects(base, outlook),
        "payback": payback_of(outlook, central),
        "causes": causes_of(base, outlook, central),
        "cost": cost_by_year(base, outlook),
        "activity": activity_by_year(outlook),
        "difference_from_central": {
            "call": difference(drawn.at_year_end, central.drawn.at_year_end),
            "net_cost": {year: difference(year_net(outlook, year), year_net(central, year)) for year in base.budgets},
        },
    }


def with_error(draws: np.ndarray) -> dict[str, float]:
    """A summary with the Monte Carlo errors of its mean and its 90th percentile."""
    errors = {"error_of_mean": error_of_mean(draws), "error_of_p90": error_of_quantile(draws, QUANTILES["p90"])}
    return summary(draws) | errors


def children(base: Base, outlook: Outlook) -> dict:
    """LAC, UASC among them, and CP at every month end, starts and ends."""
    held = {}
    for group in ("lac", "cp"):
        paths, expected = getattr(outlook, group), outlook.expected[group]
        held[group] = {
            "month_ends": by_month(outlook.forecast_months, paths.stock.sum(axis=2), expected.stock.sum(axis=1)),
            "starts": by_month(outlook.forecast_months, paths.starts.sum(axis=2), expected.starts.sum(axis=1)),
            "ends": by_month(outlook.forecast_months, paths.ends.sum(axis=2), expected.ends.sum(axis=1)),
        }
    if base.year[-1] not in outlook.forecast_months:  # the year is over: its last month end was counted
        for group in ("lac", "cp"):
            held[group]["month_ends"].insert(0, counted(base.year[-1], getattr(base, group).opening.children))
    expected = outlook.expected["lac"].stock @ base.uasc_share
    held["uasc"] = {"month_ends": by_month(outlook.forecast_months, uasc(base, outlook), expected)}
    return held


def counted(month: str, children: int) -> dict:
    """The row of a month end that was counted."""
    return {"month": month, **dict.fromkeys(["principal", "mean", *QUANTILES], float(children))}


def uasc(base: Base, outlook: Outlook) -> np.ndarray:
    """UASC at each month end, [draw x month]: counted where they are states of their own."""
    placed = outlook.lac.placed
    return (
        outlook.lac.stock @ base.uasc_share
        if placed is None
        else placed.stock[:, :, UASC].sum(axis=(2, 3), dtype=float)
    )


def by_month(months: list[str], draws: np.ndarray, principal: np.ndarray) -> list[dict]:
    """One row a month: the principal run beside the draws."""
    return [
        {"month": month, "principal": float(principal[i]), **summary(draws[:, i])} for i, month in enumerate(months)
    ]


def payback_of(outlook: Outlook, central: Outlook) -> dict | None:
    """What the scenario's measure costs and brings, and when it pays back; None where there is no measure."""
    held = payback(outlook, central)
    if held is None:
        return None
    month = held.month()
    at = (
        {name: held.months[int(np.quantile(month, q, method="lower"))] for name, q in QUANTILES.items()}
        if month.size
        else None
    )
    by_year = {year: summary(benefit) for year, benefit in held.by_year().items()}
    return {
        "until": held.months[-1],
        "cost": float(held.cost.sum()),
        "benefit": summary(held.so_far[:, -1]),
        "chance": held.chance,
        "month": at,
        "by_year": by_year,
    }


def causes_of(base: Base, outlook: Outlook, central: Outlook) -> dict | None:
    """The change of the expected call from the central case by cause, pounds and pence; None for the central case."""
    if outlook is central:
        return None
    known, alone = {id(one.assumptions): one for one in (outlook, central)}, base.without_expected()

    def call(a: Assumptions) -> float:
        there = known[id(a)] if id(a) in known else foresee(alone, a)
        return float(there.drawn.at_year_end.mean())

    held = split(central.assumptions, outlook.assumptions, call)
    return {
        "before": float(held.before),
        "after": float(held.after),
        "parts": {cause: float(part) for cause, part in held.parts.items()},
    }


def exhaustion(base: Base, drawn) -> dict | None:
    """In the draws that fail, the month from which the call stays above the contingency; None if no draw fails."""
    failing = drawn.month_of_exhaustion()
    if not failing.size:
        return None
    at = {name: base.year[int(np.quantile(failing, q, method="lower"))] for name, q in QUANTILES.items()}
    count = np.bincount(failing, minlength=len(base.year)) / drawn.holds.size
    return {**at, "share_of_draws": dict(zip(base.year, count.tolist(), strict=True))}


def chance_by_budget(base: Base, outlook: Outlook) -> list[dict]:
    """The chance at several base budgets between the low and the high of the adjustment."""
    a = outlook.assumptions
    entry = a.entry("budget.adjustment")
    if entry.low is None or entry.low == entry.high:
        return []
    rows = []
    for adjustment in np.linspace(entry.low, entry.high, BUDGET_STEPS):
        plan = outlook.plan.money.contingency
        drawn = draw_on_contingency(base, plan, outlook.lines, outlook.months, float(adjustment))
        rows.append(
            {
                "adjustment": float(adjustment),
                "chance_holds": drawn.chance,
                "call_mean": float(drawn.at_year_end.mean()),
            }
        )
    return rows


def year_net(outlook: Outlook, year: str) -> np.ndarray:
    """Net cost of a financial year, [draw]."""
    inside = [i for i, month in enumerate(outlook.months) if financial_year(month) == year]
    return costs.net(outlook.lines)[:, inside].sum(axis=1)


def effects(base: Base, outlook: Outlook) -> dict:
    """Part-year and full-year effect, recurring: no Recovery Plan, no one-off savings.

    Part-year: this year's net cost less its budget. Full-year: the year's last month's net cost a day over a whole
    year, less the same budget.
    """
    year, last = outlook.assumptions.case.financial_year, outlook.months.index(base.year[-1])
    per_day = costs.net(outlook.lines)[:, last] / days_in(base.year)[-1]
    budget = costs.net(base.budgets[year]) + outlook.assumptions.value("budget.adjustment")
    return {
        "part_year": summary(year_net(outlook, year) - budget),
        "full_year": summary(per_day * days_in(base.year).sum() - budget),
    }


def cost_by_year(base: Base, outlook: Outlook) -> dict:
    """Financial year -> gross, income, net, budget, variance, groups and lines."""
    held = costs.by_year(outlook.lines, outlook.months)
    return {year: _cost_of(lines, base.budgets[year], outlook) for year, lines in held.items()}


def _cost_of(lines: dict[str, np.ndarray], budget: dict[str, np.ndarray], outlook: Outlook) -> dict:
    income = [line for line, (_, group) in LINES.items() if group == "income"]
    gross = sum(cost for line, cost in lines.items() if line not in income)
    earned = sum(lines[line] for line in income)
    adjustment = outlook.assumptions.value("budget.adjustment")
    planned = costs.net(budget) + adjustment
    groups = {group: sum(lines[line] for line, (_, held) in LINES.items() if held == group) for group in GROUPS}
    return {
        "gross": summary(gross),
        "income": summary(earned),
        "net": summary(gross + earned),
        "budget": float(planned.mean()),
        "budget_adjustment": float(adjustment),
        "variance": summary(gross + earned - planned),
        "groups": {group: summary(cost) for group, cost in groups.items()},
        "lines": {line: summary(cost) | {"budget": float(budget[line].mean())} for line, cost in lines.items()},
    }


def activity_by_year(outlook: Outlook) -> dict:
    """Financial year -> reviews, conferences, posts needed (means over the year, summary over the draws)."""
    plan = outlook.plan.money.costs
    needed = activity_of(outlook.work, plan.contact, plan.reviews, outlook.setting)
    years = np.array([financial_year(month) for month in outlook.months])
    counts, posts = {"lac_reviews": outlook.work.lac_reviews, **needed.conferences}, needed.posts
    return {
        year: {name: summary(count[:, years == year].sum(axis=1)) for name, count in counts.items()}
        | {f"{kind}_posts_needed": summary(posts[kind][:, years == year].mean(axis=1)) for kind in posts}
        for year in dict.fromkeys(years.tolist())
    }
