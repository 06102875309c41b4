"""Why the number of looked-after children changed over the last years held: people, start rates, length of stay."""

import pandas as pd

from forecast.case.months import financial_year
from forecast.model.cases import OpenCase
from forecast.questions.causes import YearFigures, between_years
from forecast.sources.history import History

YEARS_BACK = 3
COLUMNS = ["first", "last", "cause", "children"]
STREAMS = {
    "births": "births",
    "net_internal_migration": "moves within the country",
    "net_international_migration": "moves from and to abroad",
}
REST = "deaths and other changes of population"


def years_apart(case: OpenCase) -> pd.DataFrame:
    """The change over the latest three years of which stocks, starts and population are all held; empty where none are.

    A stock at 31 March is set beside the starts of the year to it and the population at the mid-year before.
    """
    of_case = case.central.case
    people = case.tables[of_case.tables["components"]].set_index("year_to_mid").drop(columns="area")
    people = people.replace("", "nan").astype(float).dropna()
    stocks, starts = (case.history.series(of_case.area, measure) for measure in ("lac_stock", "lac_starts"))
    ends = sorted((day for day in stocks.index if day.endswith("-03-31")), reverse=True)
    for last in ends:
        first = f"{int(last[:4]) - YEARS_BACK}-03-31"
        every_year = all(str(year) in people.index for year in range(int(first[:4]) - 1, int(last[:4])))
        counted = all(day in stocks.index and financial_year(day[:7]) in starts.index for day in (first, last))
        if every_year and counted:
            return _table(case.history, of_case.area, people, first, last)
    return pd.DataFrame(columns=COLUMNS)


def _table(history: History, area: str, people: pd.DataFrame, first: str, last: str) -> pd.DataFrame:
    mid_years = [str(int(day[:4]) - 1) for day in (first, last)]  # before each 31 March
    figures = []
    for day, mid_year in zip((first, last), mid_years, strict=True):
        stock, starts = (
            history.value(area, "lac_stock", day),
            history.value(area, "lac_starts", financial_year(day[:7])),
        )
        figures.append(YearFigures(stock, starts, people.at[mid_year, "population_all_ages"]))
    between = people[(people.index > mid_years[0]) & (people.index <= mid_years[1])]
    moved = {name: float(between[column].sum()) for column, name in STREAMS.items()}
    moved[REST] = figures[1].people - figures[0].people - sum(moved.values())
    parts = between_years(*figures, moved).parts
    return pd.DataFrame([[first, last, cause, float(part)] for cause, part in parts.items()], columns=COLUMNS)
