"""The contingency: variance against budget, calls on it, the chance that it holds, when it runs out, what is enough.

variance  = projected outturn - budget; overspend positive ("adverse")
call      = adverse variance + commitments; an underspend does not pay for commitments
holds     = the call at the year's end is no more than the contingency
runs out  = the first month from which the call stays above the contingency to the year's end
"""

from dataclasses import dataclass

import numpy as np

from forecast.case.lines import net
from forecast.case.months import days_in
from forecast.money.plan import ContingencyPlan

ENOUGH_AT = (0.50, 0.80, 0.90, 0.95)


@dataclass(frozen=True)
class Draw:
    """Draw-down of the contingency over the financial year.

    call      [draw x month]  cumulative call at each month's end
    variance  [draw]          variance for the whole year
    amount    scalar          the contingency
    """

    call: np.ndarray
    variance: np.ndarray
    amount: float

    @property
    def at_year_end(self) -> np.ndarray:
        return self.call[:, -1]

    @property
    def holds(self) -> np.ndarray:
        return self.at_year_end <= self.amount

    @property
    def chance(self) -> float:
        """Share of draws in which the contingency holds."""
        return float(self.holds.mean())

    @property
    def headroom(self) -> np.ndarray:
        return self.amount - self.at_year_end

    def month_of_exhaustion(self) -> np.ndarray:
        """Month (0 is the year's first) from which the call stays above the contingency, in the draws that fail."""
        above = self.call[~self.holds] > self.amount
        stays_above = np.flip(np.logical_and.accumulate(np.flip(above, axis=1), axis=1), axis=1)
        return stays_above.argmax(axis=1)

    def enough(self, chances=ENOUGH_AT) -> dict[float, float]:
        """The contingency that would hold in at least that share of the draws."""
        return {chance: float(np.quantile(self.at_year_end, chance, method="inverted_cdf")) for chance in chances}

    def chance_error(self) -> float:
        """Monte Carlo standard error of the chance."""
        return float(np.sqrt(self.chance * (1 - self.chance) / self.holds.size))


def draw_on(
    plan: ContingencyPlan,
    lines: dict[str, np.ndarray],
    months: list[str],
    budget: dict[str, np.ndarray],
    year: list[str],
    adjustment: float | None = None,
) -> Draw:
    """Draw-down of the planned contingency over the months of the budget year, from the net of the cost lines against
    that of the base budget, or of one `adjustment` pounds above it.

    lines   line -> [draw x month] pounds, for `months`; income negative
    budget  line -> [draw] pounds of the year, spread by the days of its months
    """
    days, cost = days_in(year), net(lines)[:, [months.index(month) for month in year]]
    whole = net(budget) + (plan.adjustment if adjustment is None else adjustment)
    spread = whole[:, None] * (days / days.sum())
    return draw_down(cost, spread, plan.committed(len(days)), plan.amount, plan.one_off_savings)


def draw_down(cost: np.ndarray, budget: np.ndarray, committed: np.ndarray, amount: float, savings: float = 0.0) -> Draw:
    """Draw-down over one financial year.

    cost, budget, committed  [draw x month] each (budget may be [month]), pounds; committed is cumulative
    savings                  one-off savings set against the variance, spread over the year
    """
    months = cost.shape[1]
    saved = savings * np.arange(1, months + 1) / months
    variance = np.cumsum(cost - budget, axis=1) - saved
    return Draw(np.maximum(variance, 0) + committed, variance[:, -1], amount)
