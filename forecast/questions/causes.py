"""Why two sets of assumptions differ: the change of a figure split by cause, the interaction shown, nothing left over.

Each cause's part is what the figure does when that cause alone moves from the first set to the second, on the same
draws; what the causes do together beyond the sum of their parts is the interaction. A change of timing (when levers
begin and how long they take) belongs to every cause that it times.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from forecast.case import Assumptions
from forecast.case.nature import CAUSES, INTERACTION, TIMING

HALF_A_PERSON = 0.5
PENNY = Decimal("0.01")


@dataclass(frozen=True)
class Split:
    """A change by cause.

    before, after  the figure under each set of assumptions
    parts          cause -> its part, and the interaction; they sum to after - before to the penny
    """

    before: Decimal
    after: Decimal
    parts: dict[str, Decimal]


def moved(first: Assumptions, second: Assumptions) -> dict[str, list[str]]:
    """Cause -> keys whose value or range differs between two sets; timing is no cause of its own."""
    nature = second.catalogue.nature
    changed = [key for key in first.keys() if first.entry(key) != second.entry(key)]
    by_cause = {cause: [key for key in changed if nature[key].cause == cause] for cause in CAUSES}
    return {cause: keys for cause, keys in by_cause.items() if keys}


def split(first: Assumptions, second: Assumptions, figure: Callable[[Assumptions], float]) -> Split:
    """The change of `figure` (pounds, or children) from the first set to the second, by cause."""
    before, after = penny(figure(first)), penny(figure(second))
    causes, parts = moved(first, second), {}
    if len(causes) == 1:
        return Split(before, after, {next(iter(causes)): after - before, INTERACTION: Decimal(0)})
    timing = [key for key, item in second.catalogue.nature.items() if item.cause == TIMING]
    for cause, keys in causes.items():
        alone = replace(first, entries=first.entries | {key: second.entries[key] for key in (*keys, *timing)})
        parts[cause] = penny(figure(alone)) - before
    return Split(before, after, parts | {INTERACTION: after - before - sum(parts.values(), Decimal(0))})


def penny(pounds: float) -> Decimal:
    return Decimal(repr(float(pounds))).quantize(PENNY, ROUND_HALF_UP)


@dataclass(frozen=True)
class YearFigures:
    """A council at the end of a year.

    stock   children looked after, or on plans, at 31 March
    starts  starts in the year to it
    people  population at mid-year before it, one base throughout
    """

    stock: float
    starts: float
    people: float


def between_years(first: YearFigures, last: YearFigures, components: dict[str, float]) -> Split:
    """Why a stock changed between two years: people, starts a head, stay (stock for each start), with nothing left
    over.

    components  what added people between the years (births, migration, ...), people; they sum to the change of people
    Logarithmic mean Divisia split (Ang 2005): exact, the same whichever cause is taken first, so no interaction is
    left. Raises ValueError if a figure is not above 0 or the components do not sum to the change of people.
    """
    if min(*vars(first).values(), *vars(last).values()) <= 0:
        raise ValueError("every figure must be above 0")
    change, known = last.people - first.people, sum(components.values())
    if abs(known - change) > HALF_A_PERSON:
        raise ValueError(f"the components sum to {known:g}; the change of people is {change:g}")
    weight = log_mean(first.stock, last.stock)
    a_person = weight / log_mean(first.people, last.people)
    rates = math.log(last.starts / last.people) - math.log(first.starts / first.people)
    parts = {name: penny(a_person * count) for name, count in components.items()}
    parts["start rates"] = penny(weight * rates)
    before, after = penny(first.stock), penny(last.stock)
    return Split(before, after, parts | {"length of stay": after - before - sum(parts.values(), Decimal(0))})


def log_mean(first: float, last: float) -> float:
    """The logarithmic mean of two figures above 0; their own value where they are equal."""
    return first if first == last else (last - first) / math.log(last / first)
