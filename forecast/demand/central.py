"""The central path: how far today's stock moves by trend, before population and levers, and what practice adds."""

from dataclasses import dataclass, replace

import numpy as np

from forecast.case.months import DAYS_A_YEAR, MONTHS_A_YEAR
from forecast.demand.pathways import calibration
from forecast.demand.pathways.expectation import entrant_cohorts, expect, opening_cohorts
from forecast.demand.pathways.hazards import Hazards, Opening
from forecast.demand.rates import Drift
from forecast.demand.trend import earned, levels, national
from forecast.demand.trend.earned import Record
from forecast.demand.trend.levels import Departures
from forecast.demand.trend.past import Past

COUNTS_ALONE = {"rates": 0.0, "population": 0.0}  # the own record judges the trends that read only counts
LONGEST_TREND = 5  # years: beyond them the central path stays where the trend left it
ADJUSTMENT_LIMIT = 3.0  # log: practice may adjust to a twentieth or to twenty times, no further
ADJUSTMENT_FOUND = 1e-4
ADJUSTMENT_ROUNDS = 12
ADJUSTMENT_STEP = 0.05
COARSE = 16  # the path is found on every 16th opening point: the log stock is within 0.003 of that of all


@dataclass(frozen=True)
class TrendNorms:
    """How far the central path follows each trend, and what the trends themselves assume.

    shares       method -> share of its change that past forecasts earned it
    many         the record, over many councils, of the trend that reads only counts, beside no change
    worth        how many of the many councils' forecasts count together with the council's own
    persistence  share of a departure of national growth left a year later
    departures   how councils depart from the country
    """

    shares: dict[str, float]
    many: Record
    worth: float
    persistence: float
    departures: Departures


@dataclass(frozen=True)
class Trend:
    """The central path before population and levers: what each trend says and what of it counts.

    changes  method -> log change of the stock 1, 2, ... years ahead, [year]
    shares   method -> share that counts, after the council's own record
    own      the council's own record; kept: how much of the earned shares it keeps
    middle   [year] log change of the middle path
    adjustment     [year] log of starts over leaving, against the rates as they are, that gives the path
    """

    changes: dict[str, np.ndarray]
    shares: dict[str, float]
    own: Record
    kept: float
    middle: np.ndarray
    adjustment: np.ndarray


def follow(
    past: Past,
    held: TrendNorms,
    drifts: list[Drift],
    hazards: Hazards,
    opening: Opening,
    still: np.ndarray,
    ahead: np.ndarray,
    cells,
) -> Trend:
    """The central path: what each trend says, what of it counts, and how practice must adjust to follow it.

    still  [band]         starts a year at the rates as they are, were the population to stand still
    ahead  [year x band]  the same with the projected population and its arrivals
    """
    years = len(ahead)
    reach_of = np.minimum(np.arange(years), LONGEST_TREND - 1)
    at_rest = np.log(
        expected_stock(hazards, opening, np.tile(still, (years, 1)), cells, np.zeros(years)) / opening.children
    )
    grown = np.log(expected_stock(hazards, opening, ahead, cells, np.zeros(years)) / opening.children)
    changes = {name: change[reach_of] for name, change in read_trends(past, held, LONGEST_TREND).items()}
    changes |= {"rates": at_rest, "population": grown - at_rest}
    own = own_record(past, held)
    kept = earned.kept(held.many, own, held.worth)
    shares = {name: share * kept for name, share in held.shares.items()}
    middle = earned.middle(changes, shares)
    reach = responses(hazards, opening, ahead, cells)
    aim = middle - off_centre(reach, *drifts)
    return Trend(changes, shares, own, kept, middle, adjust_to(aim, reach, hazards, opening, ahead, cells))


def rest(years: int) -> Trend:
    """No trend: practice does not adjust."""
    return Trend({}, {}, Record(0.0, 0.0, 0), 0.0, np.zeros(years), np.zeros(years))


def read_trends(past: Past, held: TrendNorms, years: int) -> dict[str, np.ndarray]:
    """What the trends that read only counts say, method -> log change [year]."""
    ahead = np.arange(1, years + 1)
    level, _ = levels.change_ahead(past.years, past.departure, past.counts, held.departures, ahead)
    return {"national": national.change_ahead(past.country, held.persistence, years), "level": level}


def own_record(past: Past, held: TrendNorms) -> Record:
    """The council's own past forecasts by the trends that read only counts, 1 to 3 years ahead, at each 31 March."""
    foreseen, happened = [], []
    for at in range(1, past.years.size - 1):
        seen = past.until(past.years[at])
        if np.count_nonzero(seen.country.index) < 3:
            continue
        middle = earned.middle(read_trends(seen, held, 3), held.shares | COUNTS_ALONE)
        for later in range(at + 1, past.years.size):
            years = past.years[later] - past.years[at]
            if np.isclose(years, np.round(years)) and round(years) <= 3:
                foreseen.append(middle[round(years) - 1])
                happened.append(np.log(past.counts[later] / past.counts[at]))
    return earned.record(foreseen, np.array(happened))


def expected_stock(hazards: Hazards, opening: Opening, a_year: np.ndarray, cells, adjustment: np.ndarray) -> np.ndarray:
    """Expected stock at the end of each year, [year].

    a_year  [year x band]  starts at the rates as they are
    adjustment    [year]  log of starts over leaving against the rates as they are
    """
    years = adjustment.size
    starts = a_year * np.exp(adjustment / 2)[:, None]
    leaving = np.exp(-adjustment / 2)[:, None] * np.ones(starts.shape)
    monthly = calibration.entrants(np.repeat(starts / MONTHS_A_YEAR, MONTHS_A_YEAR, axis=0), cells)
    by_month, ends = (np.linspace(0, years * DAYS_A_YEAR, parts * years + 1) for parts in (MONTHS_A_YEAR, 1))
    cohorts = opening_cohorts(coarse(opening)) + entrant_cohorts(by_month, monthly, nodes=1)
    return expect(ends, hazards, cohorts, starts, leaving).stock.sum(axis=1)


def coarse(opening: Opening) -> Opening:
    """Every 16th of the opening points, from the middle of each sixteen."""
    return replace(opening, age=opening.age[COARSE // 2 :: COARSE], duration=opening.duration[COARSE // 2 :: COARSE])


def responses(hazards: Hazards, opening: Opening, a_year: np.ndarray, cells) -> np.ndarray:
    """Change of the log stock at each year's end for a small adjustment in each year, [year x year of adjustment]."""
    years = len(a_year)
    still = np.log(expected_stock(hazards, opening, a_year, cells, np.zeros(years)))
    moved = [np.log(expected_stock(hazards, opening, a_year, cells, ADJUSTMENT_STEP * unit)) for unit in np.eye(years)]
    return (np.array(moved) - still).T / ADJUSTMENT_STEP


def adjust_to(
    change: np.ndarray, reach: np.ndarray, hazards: Hazards, opening: Opening, a_year: np.ndarray, cells
) -> np.ndarray:
    """The adjustment of each year at which the expected stock makes this log change by each year's end, [year].

    Newton's method with the responses at rest. Where the change is out of reach the adjustment stands at its limit.
    """
    adjustment = np.zeros(change.size)
    for _ in range(ADJUSTMENT_ROUNDS):
        short = change - np.log(expected_stock(hazards, opening, a_year, cells, adjustment) / opening.children)
        if np.abs(short).max() < ADJUSTMENT_FOUND:
            break
        adjustment = np.clip(adjustment + np.linalg.solve(reach, short), -ADJUSTMENT_LIMIT, ADJUSTMENT_LIMIT)
    return adjustment


def off_centre(reach: np.ndarray, starts: Drift, leaving: Drift) -> np.ndarray:
    """How far practice drift puts the middle of the log stock off the path without drift, [year].

    Drift is centred on its mean, so its middle lies below: fewer starts, and fewer leaving.
    """
    years = len(reach)
    return reach @ (starts.yearly_log_mean(years) - leaving.yearly_log_mean(years))


def adjustment_by_month(trend: Trend, months: int) -> np.ndarray:
    """The adjustment of practice month by month, [month]; after the last year it stays."""
    year = np.minimum(np.arange(months) // MONTHS_A_YEAR, trend.adjustment.size - 1)
    return trend.adjustment[year]
