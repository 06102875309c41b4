"""What moved since last month, in pounds and children, cause by cause; the parts sum to the whole, to the penny.

One thing is changed at a time, from what was known last month to what is known now, and the forecast is made anew:
    model       this version of the program on last month's figures and assumptions
    assumptions last month's figures under today's assumptions and budget
    revision    figures of earlier months as they are known now
    numbers     the new month's counts: children, starts, ends
    mix         where the new month's children are placed, and what newer returns say of placements, moves and leaving
    actuals     what the new months of the ledger cost, against what they were forecast to
    price       what the new months of the ledger tell of the rest of the year
The last forecast is the one published now, so nothing is left over.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from forecast.model import projection
from forecast.model.cases import OpenCase
from forecast.model.projection import Base, Projection
from forecast.questions.compare import summary
from forecast.runs.refresh.data_cut import DataCut
from forecast.runs.refresh.returned import read_returned

PENNY = Decimal("0.01")
ROW = ["month", "figure", "item", "value"]
CAUSES = {
    "model": "The program",
    "assumptions": "Assumptions and budget",
    "revision": "Revised figures of earlier months",
    "numbers": "Numbers of children",
    "mix": "Where children are placed",
    "actuals": "Actuals against forecast",
    "price": "Prices in the rest of the year",
}


@dataclass(frozen=True)
class Figures:
    """One forecast's headline: expected call and net outturn (pounds and pence), children at the year's end, chance."""

    call: Decimal
    outturn: Decimal
    lac: float
    cp: float
    chance: float

    def minus(self, other: "Figures") -> "Figures":
        return Figures(*(getattr(self, name) - getattr(other, name) for name in vars(self)))


def figures(base: Base, seen: Projection) -> Figures:
    """The headline of a forecast; once the budget year is over, children as they were counted at its end."""
    inside, last = [seen.months.index(month) for month in base.year], base.year[-1]
    net = sum(cost[:, inside].sum(axis=1) for cost in seen.lines.values())
    call, net = (Decimal(float(pounds.mean())).quantize(PENNY) for pounds in (seen.drawn.at_year_end, net))
    children = [float(group.opening.children) for group in (base.lac, base.cp)]
    if last in seen.forecast_months:
        at = seen.forecast_months.index(last)
        children = [summary(group.stock[:, at].sum(axis=1))["mean"] for group in (seen.lac, seen.cp)]
    return Figures(call, net, *children, chance=seen.drawn.chance)


def value_of(case: OpenCase, draws: int, seed: int, threads: int) -> Figures:
    """The headline of a case."""
    base = projection.prepare(case.central, case.evidence, draws, seed, threads, case.ledger).to_year_end
    return figures(base, projection.project(base, case.central))


def movement(
    before: Figures, after: Figures, steps: list[tuple[str, DataCut]], value: Callable[[DataCut], Figures]
) -> dict[str, Figures]:
    """What each cause moved, in order; nothing without a step.

    before, after  the headlines published last month and now
    steps          (cause, what is known once it has been changed); of the last, `after` is the headline
    """
    headlines = [before, *(value(data_cut) for _, data_cut in steps[:-1]), after]
    pairs = zip(steps, headlines, headlines[1:], strict=False)
    return {cause: now.minus(last) for (cause, _), last, now in pairs}


def steps_between(then: DataCut, now: DataCut, same_program: bool) -> list[tuple[str, DataCut]]:
    """The steps from what was known then to what is known now; those that change nothing are left out."""
    new_levels = now.levels if now.levels is not None else now.ledger_months
    known = [month for month in then.ledger_months if month in new_levels]
    last = known[-1] if known else None
    agreed = replace(then, scenarios=now.scenarios, budget=now.budget, card=now.card)
    revised = replace(agreed, rows=now.rows).until(then.last).with_ledger_until(last)
    mix = replace(agreed, rows=now.rows, returned=now.returned).with_ledger_until(last)
    numbers = replace(mix, returned=then.returned).with_placed_until(then.last)
    before, after = (cut.scenarios["central"].entries for cut in (then, now))
    old, new = (cut.rows[ROW].reset_index(drop=True) for cut in (then, revised))
    new_ledger = now.ledger_months != then.ledger_months
    changed = {
        "model": (then, not same_program),
        "assumptions": (agreed, then.budget != now.budget or before != after),
        "revision": (revised, not old.equals(new)),
        "numbers": (numbers, then.last != now.last),
        "mix": (mix, then.placed_months != now.placed_months or not _same_returns(then, now)),
        "actuals": (replace(now, levels=tuple(known)), new_ledger),
        "price": (now, new_ledger),
    }
    return [(cause, data_cut) for cause, (data_cut, is_new) in changed.items() if is_new]


def same_children(one: DataCut, other: DataCut) -> bool:
    """Whether both have the very same children live through care, so that they differ in what is paid for them alone.

    Where returns are held, children live by placement, and where they are placed moves their lives too.
    """
    if one.scenarios["central"] is not other.scenarios["central"] or not _same_returns(one, other):
        return False
    by_placement = bool(read_returned(other.returned).files)
    mine, theirs = one.actuals, other.actuals
    return mine.counts.equals(theirs.counts) if by_placement else mine.lives.equals(theirs.lives)


def _same_returns(then: DataCut, now: DataCut) -> bool:
    return read_returned(then.returned).files == read_returned(now.returned).files
