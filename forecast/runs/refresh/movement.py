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

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from forecast.model import outlook
from forecast.model.cases import OpenCase
from forecast.model.outlook import Base, Outlook
from forecast.questions.compare import summary
from forecast.runs.refresh.council import Standing
from forecast.runs.refresh.returned import read_returned

PENNY = Decimal("0.01")
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
    """One forecast's headline: expected call and net outturn (pounds and pence), children at the year's end, chance it holds."""

    call: Decimal
    outturn: Decimal
    lac: float
    cp: float
    chance: float

    def minus(self, other: "Figures") -> "Figures":
        return Figures(*(getattr(self, name) - getattr(other, name) for name in vars(self)))


@dataclass(frozen=True)
class Move:
    """What one cause moved."""

    cause: str
    by: Figures


def figures(base: Base, seen: Outlook) -> Figures:
    """The headline of a forecast."""
    inside = [seen.months.index(month) for month in base.year]
    net = sum(cost[:, inside].sum(axis=1) for cost in seen.lines.values())
    children = (_at_year_end(base, seen, group) for group in ("lac", "cp"))
    return Figures(_pence(seen.drawn.at_year_end.mean()), _pence(net.mean()), *children, seen.drawn.chance)


def _at_year_end(base: Base, seen: Outlook, group: str) -> float:
    """Expected children at the end of the budget year; those counted once it is over."""
    last = base.year[-1]
    if last not in seen.forecast_months:
        return float(getattr(base, group).opening.children)
    return summary(getattr(seen, group).stock[:, seen.forecast_months.index(last)].sum(axis=1))["mean"]


def _pence(pounds: float) -> Decimal:
    return Decimal(float(pounds)).quantize(PENNY)


def value_of(case: OpenCase, draws: int, seed: int, threads: int) -> Figures:
    """The headline of a case."""
    base = outlook.prepare(case.central, case.evidence, draws, seed, threads, case.ledger).without_expected()
    return figures(base, outlook.foresee(base, case.central))


def movement(
    before: Figures, after: Figures, steps: list[tuple[str, Standing]], value: Callable[[Standing], Figures]
) -> list[Move]:
    """What each cause moved, in order.

    before, after  the headlines published last month and now
    steps          (cause, what is known once it has been changed); of the last, `after` is the headline
    """
    moves, last = [], before
    for cause, standing in steps[:-1]:
        now = value(standing)
        moves.append(Move(cause, now.minus(last)))
        last = now
    return [*moves, Move(steps[-1][0], after.minus(last))] if steps else []


def steps_between(then: Standing, now: Standing, same_program: bool) -> list[tuple[str, Standing]]:
    """The steps from what was known then to what is known now; those that change nothing are left out."""
    new_levels = now.levels if now.levels is not None else now.ledger_months
    known = [month for month in then.ledger_months if month in new_levels]
    agreed = replace(then, scenarios=now.scenarios, budget=now.budget, card=now.card)
    revised = replace(agreed, rows=now.rows).until(then.last).with_ledger_until(known[-1] if known else None)
    mix = replace(agreed, rows=now.rows, returned=now.returned).with_ledger_until(known[-1] if known else None)
    numbers = replace(mix, returned=then.returned).with_placed_until(then.last)
    actuals = replace(now, levels=tuple(known))
    changed = {
        "model": (then, not same_program),
        "assumptions": (agreed, not _same_assumptions(then, now)),
        "revision": (revised, not _same_rows(then, revised)),
        "numbers": (numbers, then.last != now.last),
        "mix": (mix, then.placed_months != now.placed_months or not _same_returns(then, now)),
        "actuals": (actuals, now.ledger_months != then.ledger_months),
        "price": (now, now.ledger_months != then.ledger_months),
    }
    return list(_those_that_changed(changed, now))


def _those_that_changed(changed: dict[str, tuple[Standing, bool]], now: Standing) -> Iterator[tuple[str, Standing]]:
    for cause, (standing, is_new) in changed.items():
        if is_new:
            yield cause, standing


def _same_assumptions(then: Standing, now: Standing) -> bool:
    one, other = then.scenarios["central"], now.scenarios["central"]
    return one.entries == other.entries and then.budget == now.budget


def same_children(one: Standing, other: Standing) -> bool:
    """Whether two standings have the very same children live through care, so that they differ in what is paid for them alone.

    Where returns are held, children live by placement, and where they are placed moves their lives too.
    """
    if one.scenarios["central"] is not other.scenarios["central"] or not _same_returns(one, other):
        return False
    by_placement = bool(read_returned(other.returned).files)
    return one.come.counts.equals(other.come.counts) if by_placement else one.come.lives.equals(other.come.lives)


def _same_returns(then: Standing, now: Standing) -> bool:
    return read_returned(then.returned).files == read_returned(now.returned).files


def _same_rows(one: Standing, other: Standing) -> bool:
    columns = ["month", "figure", "item", "value"]
    return one.rows[columns].reset_index(drop=True).equals(other.rows[columns].reset_index(drop=True))
