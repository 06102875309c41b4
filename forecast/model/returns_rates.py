"""Local rates from child-level returns, with their 80% ranges: leaving by age and time in care, moves by placement."""

import numpy as np
import pandas as pd

from forecast.case.months import DAYS_A_YEAR
from forecast.demand.rates import own_rate
from forecast.sources.cin import Plans
from forecast.sources.ssda903 import Returns

LEAVES, MOVES, ADULT = "leave_", "move_to_", "leave_turned_18"  # turning 18 is the calendar's doing, not a hazard
TO_ADOPTION = "move_to_placed_for_adoption"
RATE = ["rate_a_year", "low", "high"]


def leaving_rates(returns: Returns) -> pd.DataFrame:
    """Ends of care a child-year by age band, time since the start and UASC, turning 18 left out: rate, 80% range.

    Columns: age_band, time_since_start, uasc, child_years, ends, rate_a_year, low, high. Cells without child-days are
    left out.
    """
    table = returns.exposure()
    leaves = [name for name in table.columns if name.startswith(LEAVES) and name != ADULT]
    return _rates(table.assign(ends=table[leaves].sum(axis=1)), ["age_band", "time_since_start", "uasc"], "ends")


def moving_rates(returns: Returns) -> pd.DataFrame:
    """Changes of placement a child-year by placement and UASC, changes of carer in the same kind included: rate, 80%
    range.

    A move into a placement for adoption is a step out of care, not a change of home, and is not counted here.
    """
    table = returns.exposure()
    to = [name for name in table.columns if name.startswith(MOVES) and name != TO_ADOPTION]
    return _rates(table.assign(moves=table[to].sum(axis=1)), ["placement", "uasc"], "moves")


def plan_rates(plans: Plans) -> pd.DataFrame:
    """Ends of child protection plans a child-year by age band and time since the start: rate, 80% range."""
    return _rates(plans.exposure(), ["age_band", "time_since_start"], "ends")


def _rates(table: pd.DataFrame, by: list[str], events: str) -> pd.DataFrame:
    cells = table.groupby(by, sort=False, observed=True)[["child_days", events]].sum().reset_index()
    cells = cells[cells["child_days"] > 0]
    years = cells["child_days"] / DAYS_A_YEAR
    rate = own_rate(cells[events], years)
    low, high = rate.interval()
    figures = dict(zip(RATE, (cells[events] / years, low, high), strict=True))
    return cells[by].assign(
        child_years=years.round(3),
        **{events: cells[events]},
        **{name: np.round(figure, 4) for name, figure in figures.items()},
    )
