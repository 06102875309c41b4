"""Returns as a table of children that a case reads: local stocks, starts and ends by age, and the last position."""

from collections.abc import Callable
from datetime import date

import pandas as pd

from forecast.case.home import beside
from forecast.case.months import financial_year
from forecast.sources.cin import Plans
from forecast.sources.history import COLUMNS
from forecast.sources.returns import days_asked
from forecast.sources.ssda903 import Returns

STATUS = "council"
DATA = beside(__file__)
PLACEMENTS: dict[str, list[str]] = DATA["placements"]
CP_STAYS: dict[str, str] = DATA["plan_stays"]
UNKNOWN = "unknown"


def lac_table(returns: Returns, area: str) -> pd.DataFrame:
    """Looked-after children of an area: stocks at each 31 March and on the last day, flows of each whole year.

    Age bands, placements and UASC as a published table has them; children of unknown age are in the totals alone.
    """
    source = f"SSDA903 returns, {returns.first_day} to {returns.last_day}"
    rows = [row for day in _days(returns) for row in _lac_stock(returns.stock(day), day)]
    rows += [
        (day.isoformat(), "lac_stock", "legal_status", "interim_care_order", returns.interim_orders(day))
        for day in _days(returns)
    ]
    rows += _flows(returns, returns.monthly_stock, {"starts": "lac_starts", "ends": "lac_ceases"})
    return _table(rows, area, source)


def cp_table(plans: Plans, area: str) -> pd.DataFrame:
    """Child protection plans of an area: stocks and flows likewise, and how long the plans that ended had lasted."""
    source = f"CIN census returns, {plans.first_day} to {plans.last_day}"
    rows = [(day.isoformat(), "cp_stock", *row) for day in _days(plans) for row in _by_band(plans.stock(day), "plans")]
    rows += _flows(plans, plans.monthly, {"starts": "cp_starts", "ends": "cp_ends"})
    # Children at initial conferences in each whole year of which every month gives them.
    months = plans.conferences().query("kind == 'icpc'").set_index("month")["children"]
    years = months.groupby(financial_year).agg(["sum", "count"]).query("count == 12")["sum"]
    rows += [(year, "icpc", "all", "all", int(years[year])) for year in years.index if year in _years(plans)]
    lasted = plans.durations().groupby("duration")["plans"].sum()
    for last in _years(plans)[-1:]:
        rows += [(last, "cp_ends", "duration", name, lasted[band]) for name, band in CP_STAYS.items()]
    return _table(rows, area, source)


def _days(returns: Returns | Plans) -> list[date]:
    """Every 31 March covered, and the last day where it is another."""
    return list(dict.fromkeys([*days_asked((), returns), returns.last_day]))


def _lac_stock(table: pd.DataFrame, day: date) -> list[tuple]:
    by_place = table.groupby("placement")["children"].sum()
    placed = [("placement", name, sum(by_place.get(part, 0) for part in parts)) for name, parts in PLACEMENTS.items()]
    rows = [(day.isoformat(), "lac_stock", *row) for row in [*_by_band(table, "children"), *placed]]
    return [*rows, (day.isoformat(), "uasc_stock", "all", "all", table.loc[table["uasc"], "children"].sum())]


def _by_band(table: pd.DataFrame, counted: str) -> list[tuple]:
    bands = table.groupby("age_band", sort=False)[counted].sum()
    return [
        ("all", "all", bands.sum()),
        *(("age_band", band, count) for band, count in bands.items() if band != UNKNOWN),
    ]


def _years(returns: Returns | Plans) -> list[str]:
    """Financial years of which every month is covered."""
    months = pd.Series(returns.whole_months()).map(financial_year)
    return [year for year, count in months.value_counts(sort=False).items() if count == 12]


def _flows(returns: Returns | Plans, monthly: Callable, measures: dict[str, str]) -> list[tuple]:
    """Starts and ends of each whole year by age band."""
    rows = []
    for year in _years(returns):
        flows = monthly(f"{year[:4]}-04", f"{int(year[:4]) + 1}-03")
        rows += [(year, measure, *row) for counted, measure in measures.items() for row in _by_band(flows, counted)]
    return rows


def _table(rows: list[tuple], area: str, source: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["period", "measure", "breakdown", "category", "value"])
    frame = frame.assign(
        area=area, unit="children", status=STATUS, source=source, value=frame["value"].astype(int).astype(str)
    )
    return frame[COLUMNS]
