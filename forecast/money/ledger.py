"""The council's ledger: budget by line, actuals to date in the place of forecast, and what they tell of the rest of the
year.

projected outturn = actuals to date + forecast of the rest, period by period. A line that has run dearer or cheaper than
the model made it keeps most of that difference: how much depends on how sure the model was and how even the ledger is.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.lines import LINES
from forecast.case.months import financial_year
from forecast.money.plan import LedgerPlan

ACTUAL, ESTIMATED, FORECAST = "actual", "estimated", "forecast"  # where a month's cost is from


@dataclass(frozen=True)
class Ledger:
    """What a ledger says of one financial year.

    year    such as 2025-26
    budget  line -> pounds for the whole year, income negative
    actual  month -> line -> pounds, income negative; every line of every month to date
    levels  months that tell what the rest of the year will cost; None: every month with actuals
    """

    year: str
    budget: dict[str, float]
    actual: dict[str, dict[str, float]]
    levels: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Raises BadInput for an unknown line, a month of another year, or a month without every line of the budget."""
        unknown = sorted({line for held in (self.budget, *self.actual.values()) for line in held} - set(LINES))
        if unknown:
            raise BadInput(
                f"the ledger has the lines {', '.join(unknown)}; "
                f"expected some of {', '.join(LINES)}. Correct the accounts of council.yaml."
            )
        for month, held in self.actual.items():
            if financial_year(month) != self.year:
                raise BadInput(
                    f"the ledger of {self.year} holds {month}, which is in {financial_year(month)}. "
                    "Read each year by itself."
                )
            if set(held) != set(self.budget):
                missing = sorted(set(self.budget) ^ set(held))
                raise BadInput(
                    f"the ledger's month {month} and its budget do not have the same lines: {', '.join(missing)}. "
                    "Give each line in both."
                )

    @property
    def months(self) -> list[str]:
        """The months with actuals, in order."""
        return sorted(self.actual)

    def before(self, month: str) -> "Ledger":
        """The same without `month` and those after it."""
        return replace(self, actual={held: lines for held, lines in self.actual.items() if held < month})


def ledger_of(rows: pd.DataFrame, budget: dict[str, float], year: str) -> Ledger:
    """A ledger from accepted rows: month, line, actual; pounds. A month must have every line of the budget."""
    own = rows[rows["month"].map(financial_year) == year]
    actual = {
        month: dict(zip(held["line"], held["actual"].astype(float), strict=True))
        for month, held in own.groupby("month")
    }
    return Ledger(year, budget, actual)


def budget_of(ledger: Ledger, draws: int) -> dict[str, np.ndarray]:
    """The ledger's budget by line, [draw]; lines it does not have stand at 0."""
    return {line: np.full(draws, ledger.budget.get(line, 0.0)) for line in LINES}


def with_actuals(
    lines: dict[str, np.ndarray], months: list[str], ledger: Ledger, plan: LedgerPlan
) -> dict[str, np.ndarray]:
    """Cost lines, [draw x month], with actuals to date in their place and the rest at the level they tell of."""
    known = [month for month in ledger.months if month in months]
    if not known:
        return lines
    telling = np.array([ledger.levels is None or month in ledger.levels for month in known])
    at = np.array([months.index(month) for month in known])
    return {
        line: _line(cost, at, np.array([ledger.actual[month].get(line, 0.0) for month in known]), telling, plan)
        for line, cost in lines.items()
    }


def _line(cost: np.ndarray, at: np.ndarray, actual: np.ndarray, telling: np.ndarray, plan: LedgerPlan) -> np.ndarray:
    """One line with its actuals at the months `at`; the months without follow those that tell."""
    told, modelled = cost.copy(), cost[:, at[telling]]
    if telling.any():
        told = at_level(modelled, actual[telling], plan)[:, None] * told + carried(modelled, actual[telling])
    told[:, at] = actual
    return told


def at_level(modelled: np.ndarray, actual: np.ndarray, plan: LedgerPlan) -> np.ndarray:
    """What each draw's rest of the line is multiplied by, [draw]: actual over modelled to date, as far as it is
    believed.

    modelled  [draw x month to date]; actual  [month to date]
    A draw whose prices made the line dearer than it came is brought down further than one that had it right.
    """
    worth = 0.5 ** ((len(actual) - 1 - np.arange(len(actual))) / plan.memory)
    spent, made = actual @ worth, modelled @ worth
    if not (made * spent > 0).all():
        return np.ones(len(modelled))
    off = np.log(spent / made)
    prior = np.var(np.log(np.abs(made))) + plan.level**2
    noise = plan.noise**2 * (worth**2).sum() / worth.sum() ** 2
    return np.exp(prior / (prior + noise) * off)


def beyond_model(
    actual: dict[str, float], modelled: dict[str, float], low: float, high: float, least: float
) -> list[str]:
    """Lines of a month that came below `low` or above `high` times what the model makes of its children.

    least  pounds apart below which nothing is said; nor is it of a line that the model has nothing in
    """
    apart = {line: pounds / modelled[line] for line, pounds in actual.items() if modelled.get(line)}
    return [line for line, by in apart.items() if not low <= by <= high and abs(actual[line] - modelled[line]) > least]


def carried(modelled: np.ndarray, actual: np.ndarray) -> float:
    """Pounds a month of a line that the model has nothing in and the ledger has: its mean month goes on."""
    return float(actual.mean()) if not modelled.any() else 0.0
