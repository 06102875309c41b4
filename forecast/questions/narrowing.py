"""Which figures of a council's own would narrow the answer most, in pounds."""

from dataclasses import dataclass

from forecast.case.own import NotYours
from forecast.model.projection import Base, Projection
from forecast.questions.sensitivity import drawn_at

MEASURED = ("population", "cost", "contingency")  # what others move is the fit, which is made once for a case


@dataclass(frozen=True)
class Narrowing:
    """One figure that is not the council's own yet, and how far the year's outcome moves with it.

    low, high  between which it is thought to lie
    pounds     by how much the expected headroom of the contingency moves from one to the other
    """

    key: str
    value: float
    low: float
    high: float
    pounds: float


def narrowing(base: Base, held: Projection, wanted: list[NotYours], doubts: dict[str, float]) -> list[Narrowing]:
    """Every figure wanted that can be measured, the widest first.

    doubts  reliability -> share of a figure without a range by which it may be off
    """
    a, found = held.assumptions, []
    for key in (one.key for one in wanted):
        entry, item = a.entry(key), a.catalogue.items[key]
        low, high = entry.low, entry.high
        if low is None or high is None:
            off = abs(entry.value) * doubts.get(entry.reliability, 0.0)
            low, high = (min(max(end, item.minimum), item.maximum) for end in (entry.value - off, entry.value + off))
        if low < high and a.catalogue.nature[key].acts_on in MEASURED:
            ends = [_headroom(base, held, key, end) for end in (low, high)]
            found.append(Narrowing(key, entry.value, low, high, abs(ends[1] - ends[0])))
    return sorted(found, key=lambda one: -one.pounds)


def _headroom(base: Base, held: Projection, key: str, value: float) -> float:
    """The contingency less the mean variance, pounds, with one assumption at a value."""
    drawn = drawn_at(base, held, key, value)
    return drawn.amount - float(drawn.variance.mean())
