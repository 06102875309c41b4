"""What a panel says of what drives demand: whether more children bring more care, and whether plans and care go
together."""

import numpy as np
import pandas as pd
import statsmodels.api as sm

from forecast.demand.caseload import Z90
from forecast.demand.trend.past import on_one_base
from forecast.record import front_door
from forecast.record.calibrate import LEAST_STOCK
from forecast.record.panel import FRONT_DOOR, MEASURES, Panel

DRIVERS = "drivers"  # the table of data/calibration
SPANS = (5, 10)  # years: shorter ones are mostly chance
# What plain sense says before any outturn, and its standard deviation: the same rates for more children, at most a
# third of its doubt beyond half as much and half as much again.
BEFORE = 1.0, 0.5
EVERY = 1  # year
RUN = 3  # years that growth of births is told over: the recent past as a case holds it, and its forecast
BIRTHS = "births_yr_to_mid_year"
HOW = {
    "elasticity": "log change of the count on that of all children, both against England's, least squares over "
    "overlapping spans, errors clustered by council; 80% interval",
    "pooled": "the surest span's evidence and what plain sense said before (1, SD 0.5), each by its precision",
    "growth": "births a year over the next three years less all councils' over the last three; mean, 10th and 90th "
    "percentile",
    "kept": "how much of a council's growth of births beyond all councils', over three years, comes again in the next "
    "three; errors clustered by council; 80% interval",
    "correlation": "yearly log changes of LAC and of CP, both against England's; interval by Fisher's z",
}


def table(panel: Panel, england: pd.DataFrame, councils: list[str]) -> pd.DataFrame:
    """Each driver with its size and 80% interval: measure, name, years (of a span), value, low, high, councils,
    changes (how many of them), how.

    england  year -> lac, lac_started, cp, cp_started, children
    """
    rows = []
    for measure in MEASURES:
        found = [elasticity(panel, england, councils, measure, years) for years in SPANS]
        rows += found
        rows.append(pooled(min(found, key=lambda row: row["high"] - row["low"])))
    for name, column in (("correlation of stocks", 0), ("correlation of starts", 1)):
        rows.append(together(panel, england, councils, name, column))
    rows += births(panel, councils)
    rows += front_door.rows(panel, councils) if set(FRONT_DOOR) <= set(panel.figures) else []
    return pd.DataFrame(rows).round({"value": 3, "low": 3, "high": 3})


def elasticity(panel: Panel, england: pd.DataFrame, councils: list[str], measure: str, years: int) -> dict:
    """By how much one group grows with children, both as logarithms and beyond England's growth."""
    counts, country = changes(panel, england, councils, measure, 0, years)
    children = pd.concat({name: _growth(_children(panel, name), years) for name in councils})
    children = (
        children
        - _growth(on_one_base(england["children"].dropna()), years)
        .reindex(children.index.get_level_values(1))
        .to_numpy()
    )
    both = pd.DataFrame({"count": counts - country, "children": children}).dropna()
    names = both.index.get_level_values(0)
    value, error = _clustered(both["count"], both["children"])
    return _row(measure, "elasticity", years, value, value - Z90 * error, value + Z90 * error, names)


def pooled(found: dict) -> dict:
    """Evidence beside what plain sense said before it."""
    error, (before, doubt) = (found["high"] - found["low"]) / (2 * Z90), BEFORE
    seen, held = 1 / error**2, 1 / doubt**2
    value, spread = (found["value"] * seen + before * held) / (seen + held), (seen + held) ** -0.5
    more = {"value": value, "low": value - Z90 * spread, "high": value + Z90 * spread}
    return found | more | {"name": "pooled", "how": HOW["pooled"]}


def births(panel: Panel, councils: list[str]) -> list[dict]:
    """How far births' growth strays from what it was in all councils, and how much of a council's own comes again."""
    counted = panel.figures.loc[councils, BIRTHS].unstack(level=0).dropna(how="all").dropna(axis=1)
    growth = pd.concat({name: _growth(one, RUN) for name, one in counted.items()}) / RUN
    country = _growth(counted.sum(axis=1), RUN) / RUN
    own = pd.DataFrame({"next": growth, "before": growth.groupby(level=0).transform(_years_before)}).dropna()
    years = own.index.get_level_values(1)
    astray = own["next"] - country.reindex(years - RUN).to_numpy()
    beyond = own - np.column_stack([country.reindex(years), country.reindex(years - RUN)])
    ends, names = astray.quantile([0.1, 0.9]), own.index.get_level_values(0)
    value, error = _clustered(beyond["next"], beyond["before"])
    return [
        _row("births", "growth", RUN, astray.mean(), *ends, names),
        _row("births", "kept", RUN, value, value - Z90 * error, value + Z90 * error, names),
    ]


def _years_before(growth: pd.Series) -> pd.Series:
    """The growth of the years before those of each growth, in its place."""
    by_year = growth.droplevel(0)
    return pd.Series(by_year.reindex(by_year.index - RUN).to_numpy(), growth.index)


def together(panel: Panel, england: pd.DataFrame, councils: list[str], name: str, column: int) -> dict:
    """How LAC and plans, or their starts, move together from year to year."""
    parts = {
        measure: np.subtract(*changes(panel, england, councils, measure, column, EVERY)).rename(measure)
        for measure in MEASURES
    }
    both = pd.DataFrame(parts).dropna()
    value = both.corr(method="spearman").iloc[0, 1]
    away = Z90 / np.sqrt(len(both) - 3)
    low, high = np.tanh(np.arctanh(value) + np.array([-away, away]))
    return _row("both", name, EVERY, value, low, high, both.index.get_level_values(0))


def changes(panel: Panel, england: pd.DataFrame, councils: list[str], measure: str, column: int, years: int):
    """Log changes over so many years of a column of a measure, [council, year], and England's beside them."""
    counts = {name: panel.figures.loc[name, MEASURES[measure][column]] for name in councils}
    own = pd.concat({name: _growth(one.where(one >= LEAST_STOCK), years) for name, one in counts.items()})
    theirs = _growth(england[(measure, f"{measure}_started")[column]], years)
    return own, pd.Series(theirs.reindex(own.index.get_level_values(1)).to_numpy(), own.index)


def _clustered(of: pd.Series, on: pd.Series) -> tuple[float, float]:
    """Slope of one by council and year on another, and its standard error clustered by council."""
    groups = pd.factorize(of.index.get_level_values(0))[0]
    fit = sm.OLS(of, sm.add_constant(on)).fit(cov_type="cluster", cov_kwds={"groups": groups})
    return fit.params[on.name], fit.bse[on.name]


def _children(panel: Panel, council: str) -> pd.Series:
    return on_one_base(panel.figures.loc[council, "pop_0_17"].dropna())


def _growth(by_year: pd.Series, years: int) -> pd.Series:
    """Log change over so many years, by the year it ends in."""
    held = by_year.dropna()
    before = held.reindex(held.index - years)
    return pd.Series(np.log(held.to_numpy() / before.to_numpy()), held.index).dropna()


def _row(measure: str, name: str, years: int, value: float, low: float, high: float, names: pd.Index) -> dict:
    found = {"measure": measure, "name": name, "years": years, "value": value, "low": low, "high": high}
    return found | {"councils": names.nunique(), "changes": len(names), "how": HOW[name.split()[0]]}
