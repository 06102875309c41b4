"""What matters most, in pounds; where the contingency is exactly spent; and what would be enough."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from forecast.case import Assumptions
from forecast.case.months import year_months
from forecast.demand.plan import read_population
from forecast.model import outlook
from forecast.model.outlook import Base, Outlook
from forecast.money.contingency import Draw
from forecast.money.costs import cost_lines

SWITCH_WITHIN = 1e-6  # of the distance between the limits
SMALLEST_STEP = {"places": 1.0, "months": 1.0, "multiplier": 0.005, "share": 0.005, "gbp": 1000.0}
USUAL_STEP = 0.01
DECIMALS = 6  # finer than any step: whole steps are told as such, without the computer's last digits
SURE = 0.8  # the chance that goal-seek aims for
LEVERS = ("levers.", "budget.", "measure.", "shock.")  # what a council, or an event, can move
SWITCHED = 8  # assumptions, the widest of the tornado, whose switching value is looked for


def fixed_at(a: Assumptions, key: str, value: float) -> Assumptions:
    """The same assumptions with one of them certain."""
    entry = a.entry(key).model_copy(update={"value": value, "low": value, "high": value})
    return replace(a, entries=a.entries | {key: entry})


def drawn_at(base: Base, held: Outlook, key: str, value: float) -> Draw:
    """The draw-down with one assumption certain and the rest drawn as before: the same children, the same luck.

    What prices the forecast prices the budget too; births and migration move the children themselves.
    """
    a, year = fixed_at(held.assumptions, key, value), held.assumptions.case.financial_year
    central, plan = fixed_at(base.central, key, value), base.read(a)
    there = replace(base, central=central, plan=base.read(central))
    there = replace(there, budgets=base.budgets | {year: outlook.base_budget(there, year_months(year))})
    if read_population(a) != read_population(held.assumptions):
        return outlook.foresee(there, a).drawn
    setting = outlook.setting_of(there, plan.money.levers, held.months)
    lines = cost_lines(held.work, plan.money.costs, setting)
    return outlook.draw_on_contingency(there, plan.money.contingency, lines, held.months)


def tornado(base: Base, held: Outlook) -> pd.DataFrame:
    """Expected call with each uncertain assumption at its low and at its high, widest first; pounds.

    share  share of the call's variance over the draws that goes with the assumption alone (squared rank correlation)
    """
    a, middle = held.assumptions, float(held.drawn.at_year_end.mean())
    rows = []
    for key in [key for key in a.keys() if a.is_uncertain(key)]:
        entry = a.entry(key)
        low, high = (float(drawn_at(base, held, key, value).at_year_end.mean()) for value in (entry.low, entry.high))
        rows.append(
            [
                key,
                a.catalogue.items[key].description,
                entry.low,
                entry.value,
                entry.high,
                low - middle,
                high - middle,
                share_of_variance(held, key),
            ]
        )
    columns = ["key", "assumption", "low", "value", "high", "call_at_low", "call_at_high", "share_of_variance"]
    table = pd.DataFrame(rows, columns=columns)
    reach = table[["call_at_low", "call_at_high"]].abs().max(axis=1)
    return table.loc[reach.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)


def share_of_variance(held: Outlook, key: str) -> float:
    """Squared rank correlation of an assumption's draws with the call; 0 where it is not drawn by the costing."""
    if key not in held.values.centre:
        return float("nan")
    drawn = np.ravel(held.values[key])
    return rank_correlation(drawn, held.drawn.at_year_end) ** 2


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Spearman's rank correlation, ties at their mean rank."""
    ranks = [pd.Series(values).rank().to_numpy() for values in (first, second)]
    if min(rank.std() for rank in ranks) == 0:
        return 0.0
    return float(np.corrcoef(*ranks)[0, 1])


@dataclass(frozen=True)
class Found:
    """What a search found.

    value   the smallest change of the lever, from where it stands, at which the chance is as wanted; None if none is
    chance  the chance there, or the best that the lever can do
    """

    key: str
    value: float | None
    chance: float


def seek(base: Base, held: Outlook, key: str, wanted: float) -> Found:
    """The smallest change of a lever, in its whole steps, that brings the chance that the contingency holds to
    `wanted`.

    Searches from where the lever stands to whichever of its limits does better, on the same draws; between the two the
    chance is taken to move one way. A lever whose limits both fall short cannot reach it.
    """
    item, now = held.assumptions.catalogue.items[key], held.assumptions.value(key)
    if held.drawn.chance >= wanted:
        return Found(key, now, held.drawn.chance)
    best, end = max((chance_at(base, held, key, limit), limit) for limit in (item.minimum, item.maximum))
    if best < wanted:
        return Found(key, None, best)
    value = _first_enough(
        lambda at: chance_at(base, held, key, at) >= wanted, now, end, SMALLEST_STEP.get(item.unit, USUAL_STEP)
    )
    return Found(key, value, chance_at(base, held, key, value))


def _first_enough(enough: Callable[[float], bool], now: float, end: float, step: float) -> float:
    """The fewest whole steps from `now` toward `end` that are enough; `end` is known to be."""
    toward = 1 if end > now else -1
    short, reached = 0, int(np.ceil(abs(end - now) / step))

    def at(steps: int) -> float:
        stepped = round(now + toward * steps * step, DECIMALS)
        return min(stepped, end) if toward > 0 else max(stepped, end)

    while reached - short > 1:
        middle = (short + reached) // 2
        short, reached = (short, middle) if enough(at(middle)) else (middle, reached)
    return float(at(reached))


def chance_at(base: Base, held: Outlook, key: str, value: float) -> float:
    """Chance that the contingency holds with one lever at a value."""
    return outlook.foresee(base, fixed_at(held.assumptions, key, value)).drawn.chance


def switching_value(base: Base, held: Outlook, key: str) -> float | None:
    """Where within its limits an assumption makes the expected call exactly the contingency; None if nowhere."""
    item, amount = held.assumptions.catalogue.items[key], held.drawn.amount

    def over(value: float) -> float:
        return float(drawn_at(base, held, key, value).at_year_end.mean()) - amount

    low, high = item.minimum, item.maximum
    if over(low) * over(high) > 0:
        return None
    return float(brentq(over, low, high, xtol=SWITCH_WITHIN * (high - low)))


def told(base: Base, held: Outlook) -> dict:
    """For the answer: the tornado, switching values of its widest, and what would be enough to be 80% sure."""
    table = tornado(base, held)
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    for row in rows:
        row["switching_value"] = (
            switching_value(base, held, row["key"]) if row["key"] in set(table["key"][:SWITCHED]) else None
        )
    describe = held.assumptions.catalogue.items
    places = {key: item.sought for key, item in held.assumptions.catalogue.nature.items() if item.sought}
    found = [seek(base, held, key, SURE) for key in sorted(places, key=places.get)]
    sought = [
        {
            "key": one.key,
            "lever": describe[one.key].description,
            "now": held.assumptions.value(one.key),
            "enough": one.value,
            "chance": one.chance,
        }
        for one in found
    ]
    return {
        "draws": base.draws,
        "call": float(held.drawn.at_year_end.mean()),
        "sure": SURE,
        "share_of_children": share_of_children(base, held),
        "assumptions": rows,
        "levers": sought,
    }


def share_of_children(base: Base, held: Outlook) -> float:
    """Share of the call's variance that goes with how many children are looked after over the budget year."""
    inside = [held.months.index(month) for month in base.year]
    days = held.work.days[:, inside].sum(axis=(1, 2))
    return rank_correlation(days, held.drawn.at_year_end) ** 2


# --- for machines: each row with its key, the values tried and the calls they gave ----


def call_at(base: Base, held: Outlook, key: str, value: float) -> float:
    """Expected call with one assumption certain, pounds."""
    return float(drawn_at(base, held, key, value).at_year_end.mean())


def tornado_rows(base: Base, held: Outlook) -> list[dict]:
    """The tornado: values are the assumption's low, its own and its high; calls are what each gives, pounds."""
    call, table = float(held.drawn.at_year_end.mean()), tornado(base, held)
    return [
        {
            "key": row.key,
            "assumption": row.assumption,
            "values": [row.low, row.value, row.high],
            "calls": [call + row.call_at_low, call, call + row.call_at_high],
            "share_of_variance": None if np.isnan(row.share_of_variance) else row.share_of_variance,
        }
        for row in table.itertuples()
    ]


def switched(base: Base, held: Outlook, key: str, value: float | None) -> dict:
    """A switching value: values are the limits and where the call is the contingency, if anywhere; calls in pounds."""
    item = held.assumptions.catalogue.items[key]
    tried = sorted({item.minimum, item.maximum} | ({value} if value is not None else set()))
    return {
        "key": key,
        "assumption": item.description,
        "now": held.assumptions.value(key),
        "switching_value": value,
        "contingency": held.drawn.amount,
        "values": tried,
        "calls": [call_at(base, held, key, one) for one in tried],
    }


def sought(base: Base, held: Outlook, found: Found, wanted: float) -> dict:
    """What goal-seek found: values are where the lever stands, its limits and what is enough; calls in pounds."""
    item, now = held.assumptions.catalogue.items[found.key], held.assumptions.value(found.key)
    tried = sorted({item.minimum, now, item.maximum} | ({found.value} if found.value is not None else set()))
    drawn = [outlook.again(base, held, fixed_at(held.assumptions, found.key, value)).drawn for value in tried]
    return {
        "key": found.key,
        "lever": item.description,
        "now": now,
        "sure": wanted,
        "enough": found.value,
        "chance": found.chance,
        "values": tried,
        "calls": [float(one.at_year_end.mean()) for one in drawn],
        "chances": [one.chance for one in drawn],
    }
