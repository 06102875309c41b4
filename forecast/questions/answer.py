"""The machine-readable answer: every figure of the answer page for every scenario of a case."""

import numpy as np

from forecast import __version__
from forecast.case import Assumptions, red
from forecast.case.lines import FOSTERING, GROUPS, LINES, RESIDENTIAL
from forecast.case.months import MONTHS_A_YEAR, days_in, years_from
from forecast.demand import breaks, front_door, totals
from forecast.demand.caseload import Calibrated
from forecast.demand.evidence import Group
from forecast.demand.local import UASC
from forecast.model.projection import Base, Projection, project
from forecast.money import costs
from forecast.money.contingency import ENOUGH_AT, draw_on
from forecast.questions.causes import split
from forecast.questions.compare import QUANTILES, difference, error_of_mean, error_of_quantile, summary, years_in
from forecast.questions.outcomes import outcomes
from forecast.questions.payback import payback

SCHEMA = "forecast-answer-1"
GRANT = "uasc_grant"
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
        "front_door": front_door.counted(base.plan.money.levers.front_door, counted_steps(base)),
        "breaks": {
            group: breaks_of(central, getattr(base, group), base.norms[group].family) for group in ("lac", "cp")
        },
        "record": {},
        "not_yours": [],
        "unusual": [],
        "sensitivities": None,
        "drivers": None,
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
    counts, drift = fit.group.starts_by_year, a.value(f"breaks.{fit.group.name}_drift")
    limits = breaks.Limits(*(a.value(f"breaks.{part}") for part in ("residual", "slack", "cusum")))
    if counts.size < breaks.ENOUGH_PERIODS:
        return []
    return [vars(alarm) for alarm in breaks.recent(counts, drift, family, limits, int(a.value("breaks.years")))]


def answer(base: Base, projections: dict[str, Projection]) -> dict:
    """Every figure of the answer page for scenarios already projected; `central` must be among them."""
    central = projections["central"]
    told = head(base)
    told["scenarios"] = {slug: scenario(base, projection, central) for slug, projection in projections.items()}
    return told


def scenario(base: Base, projection: Projection, central: Projection) -> dict:
    """One scenario's figures."""
    drawn, a = projection.drawn, projection.assumptions
    return {
        "name": a.scenario.name,
        "reason": a.scenario.reason,
        "differs": [
            {
                "key": change.key,
                "assumption": a.catalogue.items[change.key].description,
                "central": change.central,
                "scenario": change.scenario,
                "low": a.entry(change.key).low,
                "high": a.entry(change.key).high,
                "why": change.why,
            }
            for change in a.differs
        ],
        "children": children(base, projection),
        "contingency": contingency(base, projection),
        "effect": effects(base, projection),
        "payback": payback_of(projection, central),
        "causes": causes_of(base, projection, central),
        "cost": cost_by_year(base, projection),
        "activity": activity_by_year(projection),
        "front_door": front_door_by_year(base, projection),
        "beside_the_call": beside_by_year(projection),
        "outcomes": outcomes(base, projection, uasc(base, projection)),
        "difference_from_central": {
            "call": difference(drawn.at_year_end, central.drawn.at_year_end),
            "net_cost": {
                year: difference(year_net(projection, year), year_net(central, year)) for year in base.budgets
            },
        },
    }


def contingency(base: Base, projection: Projection) -> dict:
    """The draw-down of the contingency; of the call also the Monte Carlo errors of its mean and 90th percentile."""
    drawn, call = projection.drawn, projection.drawn.at_year_end
    errors = {"error_of_mean": error_of_mean(call), "error_of_p90": error_of_quantile(call, QUANTILES["p90"])}
    return {
        "amount": drawn.amount,
        "call": summary(call) | errors,
        "variance": summary(drawn.variance),
        "headroom": summary(drawn.headroom),
        "recovery_plan": summary(projection.plan.money.contingency.committed(len(base.year))[:, -1]),
        "recovery_items": recovery_items(base, projection),
        "chance_holds": drawn.chance,
        "chance_error": drawn.chance_error(),
        "enough": {f"{at:.0%}".rstrip("%"): amount for at, amount in drawn.enough(ENOUGH_AT).items()},
        "exhaustion": exhaustion(base, drawn),
        "call_by_month": [
            {"month": month, "estimated": month not in base.months, **summary(drawn.call[:, i])}
            for i, month in enumerate(base.year)
        ],
        "chance_by_base_budget": chance_by_budget(base, projection),
    }


def recovery_items(base: Base, projection: Projection) -> list[dict]:
    """Items of the Recovery Plan: who pays, from and to when (None: every year), cost of the year; none where there is
    no plan.
    """
    items, last = projection.plan.money.contingency.items, len(base.year)
    return [
        {
            "item": name,
            "paid_by": item.paid_by,
            "from": base.year[int(item.begins)],
            "to": base.year[int(np.ceil(item.begins + item.lasts)) - 1] if item.begins + item.lasts <= last else None,
            "cost": summary(item.to_date()[:, -1]),
        }
        for name, item in items.items()
        if any(one.cost.any() for one in items.values())
    ]


def children(base: Base, projection: Projection) -> dict:
    """LAC, UASC among them, and CP at every month end, starts and ends."""
    held, months = {}, projection.forecast_months
    for group in ("lac", "cp"):
        paths, expected = getattr(projection, group), projection.expected[group]
        held[group] = {
            name: by_month(months, getattr(paths, of).sum(axis=2), getattr(expected, of).sum(axis=1))
            for name, of in (("month_ends", "stock"), ("starts", "starts"), ("ends", "ends"))
        }
        if base.year[-1] not in months:  # the year is over: its last month end was counted
            counted = float(getattr(base, group).opening.children)
            row = {"month": base.year[-1], **dict.fromkeys(["principal", "mean", *QUANTILES], counted)}
            held[group]["month_ends"].insert(0, row)
    here = uasc(base, projection)
    held["uasc"] = {"month_ends": by_month(projection.forecast_months, here, here.mean(axis=0))}
    return held


def uasc(base: Base, projection: Projection) -> np.ndarray:
    """UASC at each month end, [draw x month]: counted where they are states of their own."""
    placed = projection.lac.placed
    if placed is None:
        if base.uasc_share.ndim == 1:
            return projection.lac.stock @ base.uasc_share
        return np.minimum(base.uasc_share[:, : len(projection.forecast_months)], projection.lac.stock).sum(axis=2)
    return placed.stock[:, :, UASC].sum(axis=(2, 3), dtype=float)


def by_month(months: list[str], draws: np.ndarray, principal: np.ndarray | None = None) -> list[dict]:
    """One row a month: the principal run, where there is one, beside the draws."""
    first = [{"month": month} for month in months]
    if principal is not None:
        first = [row | {"principal": float(figure)} for row, figure in zip(first, principal, strict=True)]
    return [row | summary(draws[:, i]) for i, row in enumerate(first)]


def payback_of(projection: Projection, central: Projection) -> dict | None:
    """What the scenario's measure costs and brings, and when it pays back; None where there is no measure."""
    held = payback(projection, central)
    if held is None:
        return None
    month = held.month()
    return {
        "until": held.months[-1],
        "cost": float(held.cost.sum()),
        "funding": held.funding(projection.plan.money.costs.funded),
        "benefit": summary(held.so_far[:, -1]),
        "chance": held.chance,
        "month": _months_at(held.months, month) if month.size else None,
        "by_year": {year: summary(benefit) for year, benefit in held.by_year().items()},
    }


def _months_at(months: list[str], at: np.ndarray) -> dict[str, str]:
    """The months at the 10th, 50th and 90th percentile of their numbers `at`, [draw]."""
    return {name: months[int(np.quantile(at, q, method="lower"))] for name, q in QUANTILES.items()}


def causes_of(base: Base, projection: Projection, central: Projection) -> dict | None:
    """The change of the expected call from the central case by cause, pounds and pence; None for the central case."""
    if projection is central:
        return None
    known, alone = {id(one.assumptions): one for one in (projection, central)}, base.to_year_end

    def call(a: Assumptions) -> float:
        there = known[id(a)] if id(a) in known else project(alone, a)
        return float(there.drawn.at_year_end.mean())

    held = split(central.assumptions, projection.assumptions, call)
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
    count = np.bincount(failing, minlength=len(base.year)) / drawn.holds.size
    share = dict(zip(base.year, count.tolist(), strict=True))
    return {**_months_at(base.year, failing), "share_of_draws": share}


def chance_by_budget(base: Base, projection: Projection) -> list[dict]:
    """The chance at several base budgets over the 80% range of what is not known of it; none where it is known."""
    plan, rows = projection.plan.money.contingency, []
    low, high = np.quantile(plan.adjustment, [QUANTILES["p10"], QUANTILES["p90"]])
    if low == high:
        return []
    for adjustment in np.linspace(low, high, BUDGET_STEPS).tolist():
        drawn = draw_on(plan, {"net": projection.net}, projection.months, base.budget, base.year, adjustment)
        mean = float(drawn.at_year_end.mean())
        rows.append({"adjustment": adjustment, "chance_holds": drawn.chance, "call_mean": mean})
    return rows


def year_net(projection: Projection, year: str) -> np.ndarray:
    """Net cost of a financial year, [draw]."""
    return projection.net[:, years_in(projection.months)[year]].sum(axis=1)


def effects(base: Base, projection: Projection) -> dict:
    """Part-year and full-year effect, recurring: no Recovery Plan, no one-off savings.

    Part-year: this year's net cost less its budget. Full-year: the year's last month's net cost a day over a whole
    year, less the same budget.
    """
    year, last = projection.assumptions.case.financial_year, projection.months.index(base.year[-1])
    per_day = projection.net[:, last] / days_in(base.year)[-1]
    budget = costs.net(base.budgets[year]) + projection.plan.money.contingency.adjustment
    return {
        "part_year": summary(year_net(projection, year) - budget),
        "full_year": summary(per_day * days_in(base.year).sum() - budget),
    }


def cost_by_year(base: Base, projection: Projection) -> dict:
    """Financial year -> gross, income, net, budget, variance, groups, lines, and what unaccompanied children cost."""
    uasc = uasc_by_year(base, projection)
    return {year: cost_of(base, projection, year) | {"uasc": uasc[year]} for year in years_in(projection.months)}


def cost_of(base: Base, projection: Projection, year: str) -> dict:
    """Gross, income, net, budget, variance, groups and lines of one financial year."""
    lines, budget = projection.yearly[year], base.budgets[year]
    income = [line for line, (_, group) in LINES.items() if group == "income"]
    gross = sum(cost for line, cost in lines.items() if line not in income)
    earned = sum(lines[line] for line in income)
    adjustment = projection.plan.money.contingency.adjustment
    planned = costs.net(budget) + adjustment
    groups = {group: sum(lines[line] for line, (_, held) in LINES.items() if held == group) for group in GROUPS}
    return {
        "gross": summary(gross),
        "income": summary(earned),
        "net": summary(gross + earned),
        "budget": float(planned.mean()),
        "budget_adjustment": float(adjustment.mean()),
        "variance": summary(gross + earned - planned),
        "fostering_and_residential": summary(sum(lines[line] for line in (*FOSTERING, *RESIDENTIAL))),
        "groups": {group: summary(cost) for group, cost in groups.items()},
        "lines": {line: summary(cost) | {"budget": float(budget[line].mean())} for line, cost in lines.items()},
    }


def uasc_by_year(base: Base, projection: Projection) -> dict:
    """Financial year -> what unaccompanied children cost: their placements less the grant; line by line, with the base
    budget's for the same.
    """
    placed = costs.uasc_placements(projection.work, projection.plan.money.costs, projection.setting)
    told = {}
    for year, lines in costs.by_year(placed, projection.months).items():
        budget = base.uasc_budgets[year]
        grant = projection.yearly[year][GRANT]
        whole, planned = sum(lines.values()), sum(budget.values())
        of_lines = {line: {"mean": float(lines[line].mean()), "budget": float(budget[line].mean())} for line in lines}
        told[year] = {
            "grant": summary(grant),
            "placements": summary(whole),
            "net": summary(whole + grant) | {"budget": float((planned + base.budgets[year][GRANT]).mean())},
            "lines": of_lines,
        }
    return told


def counted_steps(base: Base) -> dict[str, float]:
    """Step of the front door -> children of the calibration year."""
    proceedings = base.past.proceedings.sum() / base.norms["lac"].early
    held = base.evidence.front_door | {front_door.PROCEEDINGS: float(proceedings)}
    return {step: held[step] for step in front_door.STEPS if step in held}


def front_door_by_year(base: Base, projection: Projection) -> dict:
    """Financial year -> step -> children, from those conferenced and what their year's rates make of it."""
    work, door, counted = projection.work, projection.plan.money.levers.front_door, base.evidence.front_door
    ahead = len(projection.forecast_months)
    levers = np.ones((3, len(work.months)))
    levers[:, -ahead:] = door.referred(ahead), door.assessment_lever.by_month(ahead), door.on_plans(ahead)
    conferenced = (work.cp_starts - work.transfers) / projection.setting.starts_per_icpc
    told = {}
    for year, inside in years_in(work.months).items():
        years = years_from(base.central.case.calibration_year, year)
        of_year = conferenced[:, inside]
        steps = front_door.upstream(door, counted, of_year, levers[:, inside], years, base.seed)
        steps |= {front_door.ICPC: of_year.sum(axis=1), front_door.PLANS: work.cp_starts[:, inside].sum(axis=1)}
        steps[front_door.PROCEEDINGS] = work.proceedings[:, inside].sum(axis=(1, 2)) / base.norms["lac"].early
        steps[front_door.CARE] = work.lac_starts[:, inside].sum(axis=1)
        told[year] = {step: summary(steps[step]) for step in front_door.STEPS if step in steps}
    return told


def beside_by_year(projection: Projection) -> dict:
    """Financial year -> line -> cost that stands beside the call, such as what the base budget pays for."""
    work = projection.work
    apart = costs.beside(work, projection.needed, projection.plan.money.costs)
    return {
        str(year): {line: summary(cost) for line, cost in lines.items()}
        for year, lines in costs.by_year(apart, work.months).items()
    }


def activity_by_year(projection: Projection) -> dict:
    """Financial year -> reviews, conferences, posts needed (means over the year, summary over the draws)."""
    needed = projection.needed
    counts = {"lac_reviews": projection.work.lac_reviews, **needed.conferences}
    return {
        year: {name: summary(count[:, inside].sum(axis=1)) for name, count in counts.items()}
        | {f"{kind}_posts_needed": summary(posts[:, inside].mean(axis=1)) for kind, posts in needed.posts.items()}
        for year, inside in years_in(projection.months).items()
    }
