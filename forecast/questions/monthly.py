"""What each month costs, line by line, beside its share of the base budget."""

import numpy as np
import pandas as pd

from forecast.case.lines import LINES
from forecast.case.months import days_in, financial_year, period_of, year_months
from forecast.model.projection import Base, Projection
from forecast.money.ledger import ACTUAL, ESTIMATED, FORECAST
from forecast.questions.compare import QUANTILES

SHOWN = ("p10", "p90")
COLUMNS = ["scenario", "financial_year", "period", "month", "basis", "line", "mean", *SHOWN, "budget"]


def monthly_costs(base: Base, projections: dict[str, Projection]) -> pd.DataFrame:
    """scenario x month x line: cost and base budget, pounds of the month, income negative.

    basis    actual: from the council's ledger; estimated: the model's, for a month before the forecast; forecast
    budget   the mean base budget of the year by days of the month, as the contingency is drawn against it; the
             adjustment of the base budget, which belongs to no line, is not in it
    """
    of_month = {}
    for year in base.budgets:
        days = days_in(year_months(year))
        of_month |= dict(zip(year_months(year), (days / days.sum()).tolist(), strict=True))
    actual, rows = () if base.ledger is None else base.ledger.months, []
    for slug, projection in projections.items():
        figures = {line: _figures(cost) for line, cost in projection.lines.items()}
        for at, month in enumerate(projection.months):
            basis = ACTUAL if month in actual else ESTIMATED if month < base.months[0] else FORECAST
            of = [slug, financial_year(month), period_of(month), month, basis]
            for line in LINES:
                budget = float(base.budgets[of[1]][line].mean() * of_month[month])
                rows.append([*of, line, *(figure[at] for figure in figures[line]), budget])
    return pd.DataFrame(rows, columns=COLUMNS)


def _figures(cost: np.ndarray) -> list[list[float]]:
    """Mean, 10th and 90th percentile of each month, from [draw x month]."""
    if not cost.any():  # a line that the case does not have
        return [[0.0] * cost.shape[1]] * (1 + len(SHOWN))
    return [cost.mean(axis=0).tolist(), *np.quantile(cost, [QUANTILES[name] for name in SHOWN], axis=0).tolist()]
