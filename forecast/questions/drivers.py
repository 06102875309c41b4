"""What births, each stream of migration, ageing, practice and events add by each 31 March, in children and in pounds.

Each cause is let in, one after the other, on the same draws: first today's children held as they are, under practice as
it is going; then events and levers; then those children grow older; then each migration stream, and births, come too.
What a cause adds is what changes as it comes in, so that nothing is left over. Of the pounds of the first step, what
prices add beyond the budget's and what the base budget lacks of last year's work at this year's prices stand apart.
"""

from dataclasses import replace

import numpy as np

from forecast.case import Assumptions
from forecast.case.months import financial_year
from forecast.model.projection import Base, Projection, costed, project
from forecast.money.plan import read_costs
from forecast.questions.compare import years_in

PRACTICE, PRICES, BUDGET, AGEING, BIRTHS, EVENTS = "practice", "prices", "budget", "ageing", "births", "events"
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
    let_in = {cause: project(fewer, a) for cause, a in steps(central.assumptions).items()}
    found = {cause: _figures(fewer, projection) for cause, projection in let_in.items()}
    dearer, lacks = _above_budget(fewer, let_in[BIRTHS]), -float(np.mean(central.plan.money.contingency.adjustment))
    whole, told = _figures(base, central), []
    opening = {"lac": base.lac.opening.children, "cp": base.cp.opening.children, "cost": 0.0}
    for month, here in whole.items():
        added = {
            cause: {name: found[cause][month][name] - found[before][month][name] for name in FIGURES}
            for before, cause in zip(list(found)[:-1], list(found)[1:], strict=True)
        }
        rest = {name: here[name] - opening[name] - sum(part[name] for part in added.values()) for name in FIGURES}
        year = financial_year(month)
        pounds = {PRICES: dearer[year], BUDGET: lacks}
        rest["cost"] -= sum(pounds.values())
        alone = {cause: {"lac": 0.0, "cp": 0.0, "cost": cost} for cause, cost in pounds.items()}
        causes = {PRACTICE: rest} | alone | added
        told += [{"year": year, "month": month, "cause": cause} | of for cause, of in causes.items()]
    return told


def steps(a: Assumptions) -> dict[str, Assumptions]:
    """Cause -> the assumptions once it and those before it are let in; the last is `a` itself."""
    units = {key: a.catalogue.items[key].unit for key in a.keys() if key.startswith(("levers.", "shock."))}
    streams = [key.split(".")[1] for key in a.keys() if key.startswith("migration.") and key.endswith(".families")]
    parts = {
        EVENTS: [key for key, unit in units.items() if unit in STILL and key not in OF_PEOPLE],
        AGEING: [f"population.{group}_elasticity" for group in GROUPS],
        **{cause: [f"migration.{flow}" for flow in flows] for cause, flows in FLOWS.items()},
        **{stream: [f"migration.{stream}.families"] for stream in streams},
        BIRTHS: ["population.births_growth", "levers.births"],  # last: those born here also move away
    }
    still = {key: _certain(a, key, STILL.get(units.get(key), 0.0)) for keys in parts.values() for key in keys}
    found = {PRACTICE: replace(a, entries=a.entries | still)}
    for cause, keys in parts.items():
        before = list(found.values())[-1]
        found[cause] = replace(before, entries=before.entries | {key: a.entries[key] for key in keys})
    return found


def _certain(a: Assumptions, key: str, value: float):
    return a.entry(key).model_copy(update={"value": value, "low": value, "high": value})


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
