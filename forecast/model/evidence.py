"""What one case knows at its origin, read out of its published tables, on one population base.

The case file names the tables and, where an age pattern is held for another year only, the year it is taken from;
a pattern from another year is scaled to the total of the calibration year.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from forecast.case import Case, lines
from forecast.case.ages import CP_BANDS, LAC_BANDS, UNBORN_FROM_YEARS
from forecast.case.errors import BadInput
from forecast.case.months import DAYS_A_YEAR, MONTHS_A_YEAR, year_before, year_end
from forecast.demand.evidence import Evidence, Group, by_band
from forecast.demand.front_door import COUNTED
from forecast.demand.mix import HOMES, PROCEEDINGS
from forecast.demand.pathways.calibration import Margins
from forecast.demand.placements import PLACEMENTS
from forecast.demand.trend.past import HALF_A_CHILD, Past, compare, in_years, on_one_base
from forecast.sources.history import History, fill_suppressed

STAY_MONTHS = {
    "up_to_3m": (0, 3),
    "3_to_6m": (3, 6),
    "6_to_12m": (6, 12),
    "1_to_2y": (12, 24),
    "over_2y": (24, np.inf),
}
TWO_WEEKS = 14.0
PERCENT = 100


def gather(
    case: Case,
    history: History,
    population: pd.DataFrame,
    country: pd.DataFrame,
    components: pd.DataFrame,
    by_year: pd.DataFrame,
) -> Evidence:
    """Read what the case needs out of the history and the population tables. Raises BadInput for a figure not held."""
    area = case.area
    children = population.set_index("age")["children"].astype(float)
    country_children = country.set_index("age_band")["children"].astype(float)[LAC_BANDS].to_numpy()
    components = components.set_index("year_to_mid")
    own = _children_by_year(components["population_all_ages"].astype(float), children.sum(), case.origin.year)
    there = by_year.set_index("year")
    there["children"] = on_one_base(there["children"], country_children.sum())
    return Evidence(
        lac=_lac(case, history, _past(case, history, "lac", own, there)),
        cp=_cp(case, history, _past(case, history, "cp", own, there)),
        children=children,
        children_by_band=by_band(children),
        country_children=country_children,
        births=float(components["births"].iloc[-1]),
        births_mid_year=int(components.index[-1]),
        population_by_year=components["population_all_ages"].astype(float),
        placements=_placements(case, history),
        interim_care_orders=_interim_care_orders(case, history),
        conferenced=_fitted(history, area, "icpc", case.calibration_year),
        uasc=history.value(area, "uasc_stock", year_end(case.calibration_year)),
        country_shares=_country_shares(case, history),
        front_door={
            step: _fitted(history, area, step, case.calibration_year)
            for step in COUNTED
            if history.holds(area, step, case.calibration_year, "all")
        },
    )


def _children_by_year(people: pd.Series, children: float, last: int) -> pd.Series:
    """Children at each 31 March, on today's base: they are taken to move as the population of all ages did.

    people  [mid-year] all ages; a year without an estimate stands at the last one made before it
    """
    years = range(int(people.index[0]) + 1, last + 1)
    held = [people.loc[: year - 1].iloc[-1] for year in years]
    return pd.Series(held, index=years) / people.iloc[-1] * children


def _past(case: Case, history: History, group: str, own: pd.Series, country: pd.DataFrame) -> Past:
    """Counts to the origin beside the country's. Raises BadInput if the count at the origin cannot be compared."""
    counts = history.series(case.area, f"{group}_stock")
    counts = counts[counts.index <= case.origin.isoformat()].rename(in_years)
    try:
        return compare(
            counts,
            own,
            country[group],
            country["children"],
            history.is_own(case.area, f"{group}_stock", case.origin.isoformat()),
        )
    except ValueError as error:
        raise BadInput(
            f"{group}_stock of {case.area}: {error}; add the country's year to {case.tables['country_by_year']}.csv"
        ) from None


def _pattern(
    history: History, area: str, measure: str, period: str | None, bands: list[str], total: float, like=None
) -> np.ndarray:
    """Counts by age band scaled to `total`.

    Suppressed bands share what is left in the proportions of `like` [band], which is taken whole where the case names
    no period whose ages are held; without it one suppressed band is found by subtraction.
    """
    if period is None and like is not None:
        return like * total / like.sum()
    held = history.cells(area, measure, period, "age_band")
    if like is not None and None in held.values():
        held = fill_suppressed(held, history.value(area, measure, period), dict(zip(bands, like, strict=True)))
    else:
        held = history.by(area, measure, period, "age_band", solve_suppressed=True)
    counts = np.array([held.get(band, 0.0) if band == "unborn" else held[band] for band in bands])
    if like is not None and not counts.any():
        counts = like
    return counts * total / counts.sum()


def _fitted(history: History, area: str, measure: str, period: str) -> float:
    """A figure that rates are fitted to: none counted stands as half a child, for no rate can be fitted to nothing."""
    return max(history.value(area, measure, period), HALF_A_CHILD)


def _lac(case: Case, history: History, past: Past) -> Group:
    country = _lac_margins(case, history, case.tables["country"], "country_lac")
    council = _lac_margins(case, history, case.area, "council_lac", country)
    if council.ends is None:  # then only its total ends count, and no stays
        council = replace(council, stays={})
    return Group(
        "lac",
        LAC_BANDS,
        country,
        council,
        _open(case, history, "lac_stock"),
        _starts(case, history, "lac_starts"),
        past,
    )


def _lac_margins(case: Case, history: History, area: str, role: str, like: Margins | None = None) -> Margins:
    """LAC margins; `like` are the country's, by which a council's suppressed ages and those not held are shared out."""
    year, closing = case.calibration_year, year_end(case.calibration_year)
    starts, ended = _fitted(history, area, "lac_starts", year), _fitted(history, area, "lac_ceases", year)
    stock = _fitted(history, area, "lac_stock", closing)
    periods = case.tables
    ends = periods.get(f"{role}_ceases_by_age")

    def named(what: str) -> str | None:
        return periods.get(f"{role}_{what}_by_age") if like else periods[f"{role}_{what}_by_age"]

    return Margins(
        opening=history.value(area, "lac_stock", year_end(year_before(year))),
        starts=_pattern(history, area, "lac_starts", named("starts"), LAC_BANDS, starts, like and like.starts),
        closing=_pattern(history, area, "lac_stock", named("stock"), LAC_BANDS, stock, like and like.closing),
        ends=None if ends is None else _pattern(history, area, "lac_ceases", ends, LAC_BANDS, ended),
        ended=ended,
        stays=_lac_stays(history, periods),
    )


def _lac_stays(history: History, periods: dict) -> dict:
    """Shares of LAC periods that end within two weeks, from then to a year, and later."""
    shares = history.by(periods["country"], "lac_ceases", periods["lac_stays"], "duration")
    weeks, year = shares["under_2_weeks"] / PERCENT, shares["under_1_year"] / PERCENT
    return {(0.0, TWO_WEEKS): weeks, (TWO_WEEKS, DAYS_A_YEAR): year - weeks, (DAYS_A_YEAR, np.inf): 1 - year}


def _cp(case: Case, history: History, past: Past) -> Group:
    country = _cp_margins(case, history, case.tables["country"], "country_cp", None)
    council = _cp_margins(case, history, case.area, "council_cp", country)
    return Group(
        "cp", CP_BANDS, country, council, _open(case, history, "cp_stock"), _starts(case, history, "cp_starts"), past
    )


def _cp_margins(case: Case, history: History, area: str, role: str, pattern: Margins | None) -> Margins:
    """CP margins; a council without its own age pattern takes the country's (`pattern`).

    Unborn children on plans are published with those of unknown gender, so their stock is taken from their starts:
    a plan before birth lasts half of the window on average.
    """
    year, periods, country = case.calibration_year, case.tables, case.tables["country"]
    starts, ended = _fitted(history, area, "cp_starts", year), _fitted(history, area, "cp_ends", year)
    stock = _fitted(history, area, "cp_stock", year_end(year))
    if pattern is None:
        by_age = _pattern(history, country, "cp_starts", periods["country_cp_starts_by_age"], CP_BANDS, starts)
        unborn = by_age[0] * -UNBORN_FROM_YEARS / 2
        born = _pattern(history, country, "cp_stock", periods["country_cp_stock_by_age"], LAC_BANDS, stock - unborn)
        closing = np.concatenate([[unborn], born])
    else:
        by_age, closing = (
            part / part.sum() * total for part, total in ((pattern.starts, starts), (pattern.closing, stock))
        )
    opening = history.value(area, "cp_stock", year_end(year_before(year)))
    stays = periods[f"{role}_stays"] if pattern is None else periods.get(f"{role}_stays")
    return Margins(opening, by_age, closing, None, ended, {} if stays is None else _cp_stays(history, area, stays))


def _cp_stays(history: History, area: str, period: str) -> dict:
    """Shares of plans that ended by how long they lasted; windows in days."""
    held = history.by(area, "cp_ends", period, "duration")
    month = DAYS_A_YEAR / MONTHS_A_YEAR
    total = sum(held[name] for name in STAY_MONTHS)
    return {(low * month, high * month): held[name] / total for name, (low, high) in STAY_MONTHS.items()}


def _open(case: Case, history: History, measure: str) -> int:
    return int(history.value(case.area, measure, case.origin.isoformat()))


def _starts(case: Case, history: History, measure: str) -> pd.Series:
    """The council's published starts by financial year, up to the calibration year."""
    series = history.series(case.area, measure)
    return series[[period for period in series.index if period <= case.calibration_year]]


def _interim_care_orders(case: Case, history: History) -> float:
    """Children under an interim care order at the year's end: counted, or where that is suppressed or not held, their
    part of what is left as in the country."""
    area, country, day = case.area, case.tables["country"], year_end(case.calibration_year)
    held = (
        history.cells(area, "lac_stock", day, "legal_status")
        if history.holds(area, "lac_stock", day, "legal_status")
        else {}
    )
    if held.get("interim_care_order") is not None:
        return held["interim_care_order"]
    there_day = case.tables.get("country_lac_stock_by_legal_status", day)
    there, total = history.by(country, "lac_stock", there_day, "legal_status"), history.value(area, "lac_stock", day)
    if not held:
        return total * there["interim_care_order"] / history.value(country, "lac_stock", there_day)
    return fill_suppressed(held, total, there)["interim_care_order"]


def _country_shares(case: Case, history: History) -> dict[str, float]:
    """Part of the mix -> its share of the country's looked-after children, where the case's tables hold it."""
    area, end = case.tables["country"], year_end(case.calibration_year)
    found = {}
    for part, breakdown in ((HOMES, "placement"), (PROCEEDINGS, "legal_status")):
        day = case.tables.get(f"country_lac_stock_by_{breakdown}", end)
        found[part] = history.by(area, "lac_stock", day, breakdown)[part] / history.value(area, "lac_stock", day)
    return found


def _placements(case: Case, history: History) -> dict[str, float]:
    """Children by placement at the year's end, suppressed cells filled; kinship is counted within fostering.

    Where the council's placements are not held at all, or no child is looked after, they are taken to be the country's.
    """
    area, day = case.area, year_end(case.calibration_year)
    total = _fitted(history, area, "lac_stock", day)
    published = {name: row["published"] for name, row in lines.PLACEMENTS.items()}
    cells = [cell for group in published.values() for cell in group]
    there = history.by(
        case.tables["country"], "lac_stock", case.tables.get("country_lac_stock_by_placement", day), "placement"
    )
    held = dict.fromkeys(cells)
    if history.holds(area, "lac_stock", day, "placement") and history.value(area, "lac_stock", day):
        held = history.cells(area, "lac_stock", day, "placement")
    missing = [cell for cell in cells if cell not in held]
    if missing:
        raise BadInput(
            f"placement rows of {area} at {day} lack {', '.join(missing)}; add the row to the children table"
        )
    filled = fill_suppressed({cell: held[cell] for cell in cells}, total, there)
    return {name: sum(filled[cell] for cell in published[name]) for name in PLACEMENTS}
