"""What births, each stream of migration, ageing, practice and events add by each 31 March, in children and in pounds.

What a cause adds is what would be missing without it, all else as it is, on the same draws: what a scenario that takes
it out says of it, in whatever order causes are named. Practice is how it is going with today's children, held as they
are, without the rest; what causes do to each other stands apart (together), so that nothing is left over. Of practice's
pounds, what prices add beyond the budget's and what the base budget lacks of last year's work at this year's prices
stand apart.
"""

from dataclasses import replace

import numpy as np

from forecast.case import Assumptions
from forecast.case.months import financial_year
from forecast.model.projection import Base, Projection, costed, project
from forecast.money.plan import read_costs
from forecast.questions.compare import years_in

PRACTICE, PRICES, BUDGET, TOGETHER = "practice", "prices", "budget", "together"
AGEING, BIRTHS, EVENTS = "ageing", "births", "events"
COUNTRY, ABROAD = "moves within the country", "moves abroad"
FLOWS = {COUNTRY: ("internal_in", "internal_out"), ABROAD: ("international_in", "international_out")}
OF_PEOPLE = ("levers.births", "levers.moves_in", "levers.family_streams")
STILL = {"multiplier": 1.0, "places": 0.0}  # unit -> the value at which a lever moves nothing
GROUPS = ("lac", "cp")
FIGURES = (*GROUPS, "cost")


def rows(fewer: Base, central: Projection, base: Base) -> list[dict]:
    """A row for each 31 March and cause: what it adds to the children at the origin and to the year's variance.

    fewer  the same case on fewer draws, on which causes are told apart; what they leave of `central` is practice's

    year, month, cause; lac, cp: expected children; cost: expected pounds of the year to that day.
    Practice's pounds are what today's children bring beyond last year's work; prices and the budget move no child.
    """
    a, alone = central.assumptions, project(fewer, practice_alone(central.assumptions))
    unaged = replace(fewer, ages=False)
    without = {
        cause: project(unaged, a) if cause == AGEING else project(fewer, stilled(a, keys))
        for cause, keys in let_in(a).items()
    }
    whole, here, practice = _figures(base, central), _figures(fewer, project(fewer, a)), _figures(fewer, alone)
    missing = {cause: _figures(fewer, one) for cause, one in without.items()}
    dearer, lacks = _above_budget(fewer, alone), -float(np.mean(central.plan.money.contingency.adjustment))
    opening, told = {"lac": base.lac.opening.children, "cp": base.cp.opening.children, "cost": 0.0}, []
    for month, now in here.items():
        year = financial_year(month)
        pounds = {PRICES: dearer[year], BUDGET: lacks}
        added = {cause: {name: now[name] - of[month][name] for name in FIGURES} for cause, of in missing.items()}
        own = {name: practice[month][name] + whole[month][name] - now[name] - opening[name] for name in FIGURES}
        beyond = {name: now[name] - practice[month][name] for name in FIGURES}
        beyond = {name: all_ - sum(one[name] for one in added.values()) for name, all_ in beyond.items()}
        own["cost"] -= sum(pounds.values())
        stand = {cause: {"lac": 0.0, "cp": 0.0, "cost": cost} for cause, cost in pounds.items()}
        causes = {PRACTICE: own} | stand | added | {TOGETHER: beyond}
        told += [{"year": year, "month": month, "cause": cause} | of for cause, of in causes.items()]
    return told


def let_in(a: Assumptions) -> dict[str, list[str]]:
    """Cause -> the assumptions that say of it; of ageing, that children are counted as they grow older at all."""
    streams = [key.split(".")[1] for key in a.keys() if key.startswith("migration.") and key.endswith(".families")]
    moved = [key for key in a.keys() if key.startswith(("levers.", "shock.")) and key not in OF_PEOPLE]
    return {
        EVENTS: [key for key in moved if a.catalogue.items[key].unit in STILL],
        AGEING: [f"population.{group}_elasticity" for group in GROUPS],
        **{cause: [f"migration.{flow}" for flow in flows] for cause, flows in FLOWS.items()},
        **{stream: [f"migration.{stream}.families"] for stream in streams},
        BIRTHS: ["population.births_growth", "levers.births"],
    }


def stilled(a: Assumptions, keys: list[str]) -> Assumptions:
    """The same assumptions, some of which move nothing: a lever at where it does nothing, a rate or a count at 0."""
    units = {key: a.catalogue.items[key].unit for key in keys}
    none = {key: STILL[unit] if key.startswith(("levers.", "shock.")) else 0.0 for key, unit in units.items()}
    entries = {key: a.entry(key).model_copy(update=dict.fromkeys(("value", "low", "high"), none[key])) for key in keys}
    return replace(a, entries=a.entries | entries)


def practice_alone(a: Assumptions) -> Assumptions:
    """The same assumptions for today's children held as they are, without events, births or moves."""
    return stilled(a, [key for keys in let_in(a).values() for key in keys])


def _above_budget(base: Base, projection: Projection) -> dict[str, float]:
    """Financial year -> expected pounds of its work above what it would cost at the prices the budget was made with."""
    setting, allowed = projection.setting, read_costs(base.plan.money.values.at_central_indices())
    flat = replace(setting, new_share=0 * setting.new_share, drift=0 * setting.drift)
    dearer = sum(costed(projection.work, projection.plan.money.costs, setting).values())
    dearer = (dearer - sum(costed(projection.work, allowed, flat).values())).mean(axis=0)
    return {year: float(dearer[months].sum()) for year, months in years_in(projection.months).items()}


def _figures(base: Base, projection: Projection) -> dict[str, dict[str, float]]:
    """31 March -> expected children of each group then, and the expected variance of the year to it."""
    years, found = years_in(projection.months), {}
    for at, month in enumerate(projection.forecast_months):
        if month.endswith("-03"):
            net = sum(projection.lines.values())[:, years[financial_year(month)]].sum(axis=1)
            budget = sum(base.budgets[financial_year(month)].values())
            groups = {name: float(getattr(projection, name).stock[:, at].sum(axis=1).mean()) for name in GROUPS}
            planned = budget + projection.plan.money.contingency.adjustment
            found[month] = groups | {"cost": float(np.mean(net - planned))}
    return found
