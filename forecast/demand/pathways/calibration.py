"""Leaving hazards that reproduce a published year: starts, ceases, stock by age, and how long children stayed.

The year runs from an opening stock to a closing stock. Hazards are (age band) x (time since the start); each is
scaled, in turn, by published over modelled until both agree. Within an age band the opening stock has the shape that
years of steady starts would leave behind; its size by age is whatever the published flows and closing stock imply.
"""

from dataclasses import dataclass, replace

import numpy as np

from forecast.case.months import DAYS_A_YEAR, MONTHS_A_YEAR
from forecast.demand.pathways.expectation import Cohorts, as_opening, entrant_cohorts, expect, survival, survivors
from forecast.demand.pathways.hazards import Entrants, Hazards, Opening

POINTS = 8192
CELLS = 8  # of each age band in the rounds of a fit
FINE_CELLS = 32  # for the children open at its end: their 18th birthdays then come evenly
ROUNDS = 60  # of a fit; one of a country is after some thirty as near as its cells of ages let it come
TOLERANCE = 0.0005
STEP = 0.8
ROUNDS_AT_FULL_STEP = 10


@dataclass(frozen=True)
class Margins:
    """What was published for the year, in children.

    opening   scalar    stock on the first day, before closing stock and flows are reconciled
    starts    [band]    started in the year
    closing   [band]    stock on the last day
    ends      [band]    ended in the year by age; None where only the total is published
    ended     scalar    ended in the year
    stays     {(from day, to day): share of those who ended}
    """

    opening: float
    starts: np.ndarray
    closing: np.ndarray
    ends: np.ndarray | None
    ended: float
    stays: dict[tuple[float, float], float]


@dataclass(frozen=True)
class Fit:
    """Calibrated hazards and the year they reproduce.

    hazards   leaving hazards
    opening   [band]  stock on the first day that the flows and the closing stock imply
    starts    [band], closing [band], ends [band]  the modelled year
    stays     share of those who ended by duration window
    at_close  the children open on the last day, as cohorts
    """

    hazards: Hazards
    opening: np.ndarray
    starts: np.ndarray
    closing: np.ndarray
    ends: np.ndarray
    stays: dict[tuple[float, float], float]
    at_open: Cohorts
    at_close: Cohorts


def age_cells(age_from: np.ndarray, adult_age: float, newborn_share: float, cells: int = CELLS) -> list[np.ndarray]:
    """Edges of equally likely cells of the age at start within each band, days.

    newborn_share  share of starts under 1 that happen in the first month of life; the rest are even over the year
    """
    bands = zip(age_from, np.append(age_from[1:], adult_age), strict=True)
    edges = [np.linspace(low, high, cells + 1) for low, high in bands]
    infant = int(np.flatnonzero(age_from == 0)[0])
    share, month = np.linspace(0, 1, 6 * cells + 1), DAYS_A_YEAR / 12
    edges[infant] = np.interp(share, [0, newborn_share, 1], [0, month, DAYS_A_YEAR])
    return edges


def entrants(starts: np.ndarray, cells: list[np.ndarray], children_per_family: float = 1.0) -> Entrants:
    """Starts, [month x band], spread over the cells of each band."""
    band = np.repeat(np.arange(len(cells)), [len(edges) - 1 for edges in cells])
    low, high = (np.concatenate([edges[side] for edges in cells]) for side in (slice(None, -1), slice(1, None)))
    return Entrants(np.atleast_2d(starts), band, low, high, children_per_family)


def steady_stock(hazards: Hazards, starts: np.ndarray, cells: list[np.ndarray], longest: float) -> Cohorts:
    """Children open after years of steady starts: the shape of a stock by age and time since the start.

    starts [band] a year.
    """
    edges = np.concatenate([[0, 3, 7, 10], np.geomspace(14, longest, 40)])
    lag, width = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    stream = entrants(starts, cells)
    age = (stream.cell_from + stream.cell_to) / 2
    per_cell = (starts / np.bincount(stream.cell_band))[stream.cell_band] / DAYS_A_YEAR
    when, cell = np.meshgrid(-lag, np.arange(age.size), indexing="ij")
    weight = per_cell[cell] * width[:, None]
    past = Cohorts(when.ravel(), age[cell].ravel(), np.zeros(cell.size), weight.ravel())
    return survivors(hazards, past, 0.0)


def _scaled_to(cohorts: Cohorts, age_from: np.ndarray, by_band: np.ndarray) -> Cohorts:
    """The same shape within each band, with `by_band` children in it."""
    band = np.maximum(np.searchsorted(age_from, cohorts.age, side="right") - 1, 0)
    held = np.bincount(band, cohorts.weight, age_from.size)
    factor = np.divide(by_band, held, out=np.zeros_like(held), where=held > 0)
    return replace(cohorts, weight=cohorts.weight * factor[band])


def model_year(
    hazards: Hazards, starts, opening: np.ndarray, newborn_share: float, windows, long_open=1.0, cells=CELLS
) -> Fit:
    """One year at these hazards, in expectation.

    cells      of each age band
    long_open  multiplies, within the opening stock, the children who could reach the last duration segment in the year
    """
    hazards_cut = hazards
    for edge in (edge for window in windows for edge in window if 0 < edge < np.inf):
        hazards_cut = hazards_cut.with_break(edge)
    cells = age_cells(hazards.age_from, hazards.adult_age, newborn_share, cells)
    longest = hazards.adult_age - hazards.age_from[0]
    steady = steady_stock(hazards, starts, cells, longest)
    long = steady.duration >= hazards.duration_from[-1] - DAYS_A_YEAR
    steady = replace(steady, weight=steady.weight * np.where(long, long_open, 1.0))
    at_open = _scaled_to(steady, hazards.age_from, opening)
    year = np.array([0.0, DAYS_A_YEAR])
    by_month = np.tile(np.asarray(starts, float) / MONTHS_A_YEAR, (MONTHS_A_YEAR, 1))
    cohorts = at_open + entrant_cohorts(np.linspace(*year, MONTHS_A_YEAR + 1), entrants(by_month, cells), nodes=1)
    lever = np.ones((1, hazards.age_from.size))
    seen = expect(year, hazards_cut, cohorts, np.atleast_2d(starts), lever)
    ended, stays = seen.ends_by_segment, {}
    for window in windows:
        stays[window] = float(ended[_inside(hazards_cut, window)].sum() / ended.sum())
    at_close = survivors(hazards, cohorts, DAYS_A_YEAR)
    return Fit(hazards, opening, starts, seen.stock[0], seen.ends[0], stays, at_open, at_close)


def _inside(hazards: Hazards, window: tuple[float, float]) -> np.ndarray:
    """Which duration segments begin within a window of days, [segment]."""
    return (hazards.duration_from >= window[0]) & (hazards.duration_from < window[1])


def _ratio(published, modelled):
    """Published over modelled, tempered so that the rounds settle; 1 where there is nothing to compare."""
    ratio = np.divide(
        published, modelled, out=np.ones_like(np.asarray(modelled, float)), where=np.asarray(modelled) > 0
    )
    return np.clip(ratio, 0.5, 2.0) ** STEP


def _settled(pairs) -> bool:
    """True once every modelled figure is within the tolerance of its published one."""
    return all(
        np.all(np.abs(np.asarray(model) - public) <= TOLERANCE * (1 + np.abs(public))) for public, model in pairs
    )


def fit_country(first: Hazards, margins: Margins) -> tuple[Fit, float]:
    """A country's hazards by age and duration, and the share of starts under 1 that are newborn.

    Ceases by age set the hazards and the opening stock at the other ages meets the closing one; under 1 the opening
    stock is the closing one's share of the total, and the newborn share meets the closing stock.
    """
    hazards, share = first, 0.5
    opening, infant = _reconciled(margins), _infant(first)
    for step in 1.0 / (1.0 + np.arange(ROUNDS) / ROUNDS_AT_FULL_STEP):
        fit = model_year(hazards, margins.starts, opening, share, margins.stays)
        pairs = [(margins.ends, fit.ends), (margins.closing, fit.closing)]
        if _settled([*pairs, *_stay_pairs(margins, fit)]):
            break
        hazards = _by_duration(hazards.times(_ratio(*pairs[0])), margins.stays, fit.stays)
        share = _newborn(share, margins, fit, infant, step)
        moved = np.maximum(opening + STEP * (margins.closing - fit.closing), 0)
        opening = np.where(np.arange(moved.size) == infant, opening, moved)
    return fit, share


def fit_country_by_stock(first: Hazards, margins: Margins) -> tuple[Fit, float]:
    """The same where ends by age are not published (child protection plans): the closing stock by age stands in.

    Under 1 and unborn share the hazards of the next band, and the newborn share meets the closing stock under 1.
    """
    hazards, share = first, 0.5
    opening, infant = _reconciled(margins), _infant(first)
    tied = np.maximum(np.arange(opening.size), infant + 1)
    for step in 1.0 / (1.0 + np.arange(ROUNDS) / ROUNDS_AT_FULL_STEP):
        fit = model_year(hazards, margins.starts, opening, share, margins.stays)
        older = slice(infant, None)
        pairs = [(margins.closing[older], fit.closing[older]), (margins.ended, fit.ends.sum())]
        if _settled([*pairs, *_stay_pairs(margins, fit)]):
            break
        by_age = (_ratio(fit.closing, margins.closing) * _ratio(*pairs[1]))[tied]
        hazards = _by_duration(hazards.times(by_age), margins.stays, fit.stays)
        share = _newborn(share, margins, fit, infant, step)
    return fit, share


def fit_council(national: Hazards, margins: Margins, newborn_share: float) -> Fit:
    """Hazards of one council: the country's shape by duration, its own level by age or, where ends are published in
    total only, at one level.

    Under 1 the closing stock sets the hazard and the ceases, where they are known by age, set the opening stock (all
    who were under 1 a year ago are now 1 or gone); at other ages the ceases set the hazard and the closing stock sets
    the opening stock.
    """
    hazards, opening = national, margins.closing.astype(float)
    is_infant, by_age = np.arange(opening.size) == _infant(national), margins.ends is not None
    for _ in range(ROUNDS):
        fit = model_year(hazards, margins.starts, opening, newborn_share, margins.stays)
        ended = (margins.ends, fit.ends) if by_age else (margins.ended, fit.ends.sum())
        if _settled([ended, (margins.closing, fit.closing)]):
            break
        hazards = hazards.times(np.where(is_infant, _ratio(fit.closing, margins.closing), _ratio(*ended)))
        infants = margins.ends - fit.ends if by_age else 0
        opening = np.maximum(opening + STEP * np.where(is_infant, infants, margins.closing - fit.closing), 0)
    return _finer(fit, margins, newborn_share)


def fit_council_by_stays(national: Hazards, margins: Margins, newborn_share: float) -> Fit:
    """Hazards of one council where ends are published by duration and not by age (child protection plans).

    The last window is open-ended and a council's count in it small: there the hazard keeps the country's step from
    the window before, and the number of long plans in the opening stock meets the published share.
    """
    hazards, flow = national, margins.closing.sum() + margins.ended - margins.starts.sum()
    opening, long_open = _reconciled(margins), 1.0
    last = max(margins.stays, default=None)
    shorter = {window: share for window, share in margins.stays.items() if window != last}
    for _ in range(ROUNDS):
        fit = model_year(hazards, margins.starts, opening, newborn_share, margins.stays, long_open)
        shape = fit.closing / fit.closing.sum() * flow
        if _settled([(margins.ended, fit.ends.sum()), (shape, opening), *_stay_pairs(margins, fit)]):
            break
        hazards = _by_duration(hazards, shorter, fit.stays)
        hazards = hazards.times(np.full(opening.size, _ratio(margins.ended, fit.ends.sum())))
        if last:
            long_open *= float(_ratio(margins.stays[last], fit.stays[last]))
            longest = hazards.per_day[:, -2] * (national.per_day[:, -1] / national.per_day[:, -2])
            hazards = replace(hazards, per_day=np.column_stack([hazards.per_day[:, :-1], longest]))
        opening = opening + STEP * (shape - opening)
    return _finer(fit, margins, newborn_share, long_open)


def _finer(fit: Fit, margins: Margins, newborn_share: float, long_open: float = 1.0) -> Fit:
    """The same fit, its children on the first and last day spread finely; as many in each band."""
    year = model_year(fit.hazards, margins.starts, fit.opening, newborn_share, margins.stays, long_open, FINE_CELLS)
    at_close = _scaled_to(year.at_close, fit.hazards.age_from, fit.closing)
    return replace(fit, at_open=year.at_open, at_close=at_close)


def _infant(hazards: Hazards) -> int:
    return int(np.flatnonzero(hazards.age_from == 0)[0])


def _reconciled(margins: Margins) -> np.ndarray:
    """Opening stock by age: the closing stock's shape, in the number that the published flows imply."""
    flow = margins.closing.sum() + margins.ended - margins.starts.sum()
    return margins.closing / margins.closing.sum() * flow


def _newborn(share: float, margins: Margins, fit: Fit, infant: int, step: float) -> float:
    short = (margins.closing[infant] - fit.closing[infant]) / margins.starts[infant]
    return float(np.clip(share + step * short, 0.02, 0.98))


def _stay_pairs(margins: Margins, fit: Fit) -> list:
    return [(share, fit.stays[window]) for window, share in margins.stays.items()]


def _by_duration(hazards: Hazards, published: dict, modelled: dict) -> Hazards:
    """Scale the hazards inside each published duration window."""
    per_day = hazards.per_day.copy()
    for window, share in published.items():
        per_day[:, _inside(hazards, window)] *= _ratio(share, modelled[window])
    return replace(hazards, per_day=per_day)


def opening_at(
    fit: Fit, hazards: Hazards, starts_since: np.ndarray, days: float, children: int, cells
) -> tuple[Opening, float]:
    """The children open `days` after the year's end, and the multiple of `starts_since` [band] that gives them.

    The stock counted at the origin is met by starts alone: whoever was open at the year's end leaves at the hazards,
    and the starts since are scaled until the total is the one counted.
    """
    since = entrant_cohorts(np.array([0.0, days]), entrants(starts_since, cells), nodes=4)
    stayed, new = (survivors(hazards, cohorts, days) for cohorts in (fit.at_close, since))
    factor = max(children - stayed.weight.sum(), 0.0) / new.weight.sum()
    both = stayed + replace(new, weight=new.weight * factor)
    return as_opening(both, children, POINTS), float(factor)


def ends_before_adult(fit: Fit) -> np.ndarray:
    """Ends of the modelled year that are not 18th birthdays, [band]."""
    adult = fit.hazards.adult_age
    turning = (fit.at_open.age < adult) & (fit.at_open.age + DAYS_A_YEAR >= adult)
    birthdays = Cohorts(*(column[turning] for column in vars(fit.at_open).values()))
    at_birthday = survival(fit.hazards, birthdays, (adult - birthdays.age) * (1 - 1e-12))  # the moment before
    ends = fit.ends.copy()
    ends[-1] = max(ends[-1] - (birthdays.weight * at_birthday).sum(), 0.0)
    return ends
