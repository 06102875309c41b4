"""What matters most, in pounds; where the contingency is exactly spent; and what would be enough."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from forecast.case import Assumptions, carried_range
from forecast.model import projection
from forecast.model.projection import Base, Projection
from forecast.money.contingency import Draw

SWITCH_WITHIN = 1e-9  # of the distance between the limits
SMALLEST_STEP = {"places": 1.0, "months": 1.0, "multiplier": 0.005, "share": 0.005, "gbp": 1000.0}
USUAL_STEP = 0.01
DECIMALS = 6  # finer than any step: whole steps are told as such, without the computer's last digits
SURE = 0.8  # the chance that goal-seek aims for
LEVERS = ("levers.", "budget.", "measure.", "shock.")  # what a council, or an event, can move
SWITCHED = 8  # assumptions, the widest of the tornado, whose switching value is looked for


def set_at(a: Assumptions, key: str, value: float) -> Assumptions:
    """The same assumptions with one of them set as a scenario sets it: its range moves with it.

    Where its central value is the end of its scale there is no proportion to move by, and it is certain.
    """
    item, unit = a.catalogue.item_and_unit(key)
    low, high = carried_range(a.central[key], value, item, unit)
    if low is None and item.kind == "uncertain":
        low = high = value
    entry = a.entry(key).model_copy(update={"value": value, "low": low, "high": high})
    return replace(a, entries=a.entries | {key: entry})


def drawn_at(base: Base, held: Projection, key: str, value: float) -> Draw:
    """The draw-down with one assumption set at a value, as the scenario that sets it gives it, on the same draws.

    The budget is a decision already taken: it stays as it was set, whatever is then found.
    """
    return projection.project(base.to_year_end, set_at(held.assumptions, key, value)).drawn


def call_at(base: Base, held: Projection, key: str, value: float) -> float:
    """Expected call with one assumption set at a value, pounds."""
    return float(drawn_at(base, held, key, value).at_year_end.mean())


def tornado(base: Base, held: Projection) -> pd.DataFrame:
    """Expected call with each uncertain assumption at its low and at its high, widest first; pounds.

    share  share of the call's variance over the draws that goes with the assumption alone (squared rank correlation)
    """
    a, middle = held.assumptions, float(held.drawn.at_year_end.mean())
    rows = []
    for key in [key for key in a.keys() if a.is_uncertain(key)]:
        entry, name = a.entry(key), a.catalogue.items[key].description
        calls = [call_at(base, held, key, value) - middle for value in (entry.low, entry.high)]
        rows.append([key, name, entry.low, entry.value, entry.high, *calls, share_of_variance(held, key)])
    columns = ["key", "assumption", "low", "value", "high", "call_at_low", "call_at_high", "share_of_variance"]
    table = pd.DataFrame(rows, columns=columns)
    reach = table[["call_at_low", "call_at_high"]].abs().max(axis=1)
    return table.loc[reach.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)


def share_of_variance(held: Projection, key: str) -> float:
    """Squared rank correlation of an assumption's draws with the call; 0 where it is not drawn by the costing."""
    if key not in held.values.centre:
        return float("nan")
    return rank_correlation(np.ravel(held.values[key]), held.drawn.at_year_end) ** 2


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


def seek(base: Base, held: Projection, key: str, wanted: float) -> Found:
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
    step, toward = SMALLEST_STEP.get(item.unit, USUAL_STEP), 1 if end > now else -1

    def at(steps: int) -> float:
        stepped = round(now + toward * steps * step, DECIMALS)
        return float(min(stepped, end) if toward > 0 else max(stepped, end))

    short, reached = 0, int(np.ceil(abs(end - now) / step))
    while reached - short > 1:  # so many steps fall short, so many reach what is wanted
        middle = (short + reached) // 2
        enough = chance_at(base, held, key, at(middle)) >= wanted
        short, reached = (short, middle) if enough else (middle, reached)
    return Found(key, at(reached), chance_at(base, held, key, at(reached)))


def chance_at(base: Base, held: Projection, key: str, value: float) -> float:
    """Chance that the contingency holds with one lever at a value."""
    return drawn_at(base, held, key, value).chance


def switching_value(base: Base, held: Projection, key: str) -> float | None:
    """Where within its limits an assumption makes the expected call exactly the contingency; None if nowhere.

    Searches from where it stands towards the limit beyond which the call is on the other side; the nearer, if both.
    """
    from scipy.optimize import brentq  # a second to load

    item, amount, now = held.assumptions.catalogue.items[key], held.drawn.amount, held.assumptions.value(key)

    def over(value: float) -> float:
        return call_at(base, held, key, value) - amount

    here = over(now)
    ends = [end for end in (item.minimum, item.maximum) if over(end) * here <= 0]
    if not ends:
        return None
    end = min(ends, key=lambda end: abs(end - now))
    return float(brentq(over, now, end, xtol=SWITCH_WITHIN * (item.maximum - item.minimum)))


def figures(base: Base, held: Projection) -> dict:
    """For the answer: the tornado, switching values of its widest, and what would be enough to be 80% sure."""
    table = tornado(base, held)
    rows = table.astype(object).where(table.notna(), None).to_dict("records")
    for place, row in enumerate(rows):
        row["switching_value"] = switching_value(base, held, row["key"]) if place < SWITCHED else None
    places = {key: item.sought for key, item in held.assumptions.catalogue.nature.items() if item.sought}
    found = [seek(base, held, key, SURE) for key in sorted(places, key=places.get)]
    return {
        "draws": base.draws,
        "call": float(held.drawn.at_year_end.mean()),
        "sure": SURE,
        "share_of_children": share_of_children(base, held),
        "assumptions": rows,
        "levers": [_enough(held, lever) for lever in found],
    }


def _enough(held: Projection, found: Found) -> dict:
    """What goal-seek found, in words that a reader knows."""
    name, now = held.assumptions.catalogue.items[found.key].description, held.assumptions.value(found.key)
    return {"key": found.key, "lever": name, "now": now, "enough": found.value, "chance": found.chance}


def share_of_children(base: Base, held: Projection) -> float:
    """Share of the call's variance that goes with how many children are looked after over the budget year."""
    inside = [held.months.index(month) for month in base.year]
    days = held.work.days[:, inside].sum(axis=(1, 2))
    return rank_correlation(days, held.drawn.at_year_end) ** 2


# --- for machines: each row with its key, the values tried and the calls they gave ----


def tornado_rows(base: Base, held: Projection) -> list[dict]:
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


def switched(base: Base, held: Projection, key: str, value: float | None) -> dict:
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


def sought(base: Base, held: Projection, found: Found, wanted: float) -> dict:
    """What goal-seek found: values are where the lever stands, its limits and what is enough; calls in pounds."""
    item, now = held.assumptions.catalogue.items[found.key], held.assumptions.value(found.key)
    tried = sorted({item.minimum, now, item.maximum} | ({found.value} if found.value is not None else set()))
    drawn = [drawn_at(base, held, found.key, value) for value in tried]
    return _enough(held, found) | {
        "sure": wanted,
        "values": tried,
        "calls": [float(draw.at_year_end.mean()) for draw in drawn],
        "chances": [draw.chance for draw in drawn],
    }
