"""What an entry must satisfy beyond its fields: its unit, its limits, a range that can be sampled."""

import math

from forecast.case.catalogue import Item, Unit
from forecast.case.documents import Entry


def faults(entry: Entry, item: Item, unit: Unit):
    """What is wrong with an entry beside its catalogue item, as (field, sentence with the remedy)."""
    if entry.unit != item.unit:
        remedy = "Convert the figure and its range to that unit; do not change the word alone"
        yield "unit", f"is {entry.unit}; expected {item.unit} ({unit.description}), as in catalogue.yaml. {remedy}"
        return
    if entry.review_by <= entry.reviewed:
        yield "review_by", f"is {entry.review_by}, not after reviewed {entry.reviewed}. Give a later date"
    limits = f"{item.minimum:,.10g} to {item.maximum:,.10g} {item.unit}"
    remedy = "Check the period and the unit of the figure; if it is right, widen the limits in catalogue.yaml"
    given = {field: getattr(entry, field) for field in ("value", "low", "high") if getattr(entry, field) is not None}
    outside = {field: number for field, number in given.items() if not item.minimum <= number <= item.maximum}
    for field, number in outside.items():
        yield field, f"is {number:,.10g}; expected {limits}. {remedy}"
    if not outside:
        yield from _range_faults(entry, item, unit)


def _range_faults(entry: Entry, item: Item, unit: Unit):
    value, low, high = entry.value, entry.low, entry.high
    if low is None and high is None:
        if item.kind == "uncertain":
            yield "value", "has no range, and this assumption is sampled. Give low and high, its 80% range"
    elif low is None or high is None:
        missing = "low" if low is None else "high"
        yield "value", f"has half a range: {missing} is missing. Give both low and high"
    elif not low <= value <= high:
        wrong = "low" if low > value else "high"
        yield wrong, f"the range {low:,.10g} to {high:,.10g} does not hold the value {value:,.10g}. Correct one"
    elif item.kind == "uncertain" and low < high:  # the shape of a range that touches the end of its scale has no draws
        remedy = "Move it inside, or make value, low and high equal to hold it fixed"
        if unit.scale == "positive" and low <= 0:
            yield "low", f"the range reaches {low:g}, and a positive amount is sampled above 0. {remedy}"
        if unit.scale == "share" and (low <= 0 or high >= 1):
            end = "low" if low <= 0 else "high"
            yield end, f"the range reaches the end of 0 to 1, and a share is sampled inside. {remedy}"


def carried_range(central: Entry, value: float, item: Item, unit: Unit) -> tuple[float | None, float | None]:
    """The 80% range of a scenario's value, when the scenario gives none, carried from the central entry.

    positive  low and high move in the same proportion as the value
    share     the odds of low and high move in the same proportion as the odds of the value, so they stay inside 0 to 1
    real      low and high shift by the same amount as the value
    The range is cut at the catalogue's limits. A central value at the end of its scale (0, or 1 for a share) has no
    proportion to move by: the range is then (None, None), and must be given where the assumption is uncertain.
    """
    if central.low is None or central.high is None:
        return None, None
    moved = [_move(end, central.value, value, unit.scale) for end in (central.low, central.high)]
    if None in moved:
        return None, None
    return tuple(min(max(end, item.minimum), item.maximum) for end in moved)


def _move(end: float, start: float, value: float, scale: str) -> float | None:
    """One end of a range, moved as its value moves from `start`; None where there is no proportion to move by."""
    scale_ends = {"positive": (0,), "share": (0, 1), "real": ()}[scale]
    if value == start:
        return end
    if value in scale_ends:
        return value
    if start in scale_ends:
        return None
    if scale == "real":
        return end + value - start
    if scale == "positive":
        return end * value / start
    odds = _odds(end) * _odds(value) / _odds(start)
    return 1.0 if math.isinf(odds) else odds / (1 + odds)


def _odds(share: float) -> float:
    return math.inf if share == 1 else share / (1 - share)
