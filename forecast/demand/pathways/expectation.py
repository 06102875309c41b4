"""Expected stocks, starts, ends and child-days, in closed form along each cohort's path.

Independent of the engine: no random number, no shared helper. A cohort is children of one age and time since the
start; its survival is an exact product of exponentials between the ages, durations and month ends where the hazard
changes. Where the engine and this page disagree beyond chance, one of them is wrong.
"""

from dataclasses import dataclass

import numpy as np

from forecast.demand.pathways.hazards import Entrants, Hazards, Opening, Places

PLACED_CHUNK = 16384
LEAST_CHANCE = 1e-13  # of more steps than were counted, in the exponential of a table of rates


@dataclass(frozen=True)
class Cohorts:
    """Groups of children: when they are first seen, how old, how long since the start, how many."""

    entry: np.ndarray
    age: np.ndarray
    duration: np.ndarray
    weight: np.ndarray

    def __add__(self, other: "Cohorts") -> "Cohorts":
        return Cohorts(*(np.concatenate(pair) for pair in zip(vars(self).values(), vars(other).values(), strict=True)))

    def part(self, chosen: slice | np.ndarray) -> "Cohorts":
        """Some of them."""
        return Cohorts(*(column[chosen] for column in vars(self).values()))

    def that_come(self) -> "Cohorts":
        """Those of whom any children are expected."""
        return self.part(self.weight > 0)


@dataclass(frozen=True)
class Expected:
    """Expected children: stock, starts, ends and days [month x band]; ends by duration segment [segment]."""

    stock: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    days: np.ndarray
    ends_by_segment: np.ndarray


def opening_cohorts(opening: Opening) -> Cohorts:
    """The opening points, each standing for an equal share of the children open at the origin."""
    points = opening.age.size
    return Cohorts(np.zeros(points), opening.age, opening.duration, np.full(points, opening.children / points))


def entrant_cohorts(month_from: np.ndarray, entrants: Entrants, nodes: int = 3) -> Cohorts:
    """Starts as cohorts at Gauss-Legendre points of entry time within the month and of age within the cell."""
    at, share = np.polynomial.legendre.leggauss(nodes)
    at, share = (at + 1) / 2, share / 2
    months = np.arange(len(month_from) - 1)
    month, when, cell, spot = np.meshgrid(
        months, range(nodes), np.arange(entrants.cell_band.size), range(nodes), indexing="ij"
    )
    entry = month_from[month] + at[when] * np.diff(month_from)[month]
    age = entrants.cell_from[cell] + at[spot] * (entrants.cell_to - entrants.cell_from)[cell]
    band = entrants.cell_band[cell]
    cells = np.bincount(entrants.cell_band, minlength=entrants.expected.shape[1])
    weight = entrants.expected[month, band] / cells[band] * share[when] * share[spot]
    return Cohorts(entry.ravel(), age.ravel(), np.zeros(entry.size), weight.ravel())


@dataclass(frozen=True)
class Pieces:
    """The stretches of each cohort's path over which nothing changes, [cohort x stretch], some of no length.

    length  days; band, segment, month  where the stretch lies; adult  beyond the 18th birthday; closes  it ends with a
            month
    """

    length: np.ndarray
    band: np.ndarray
    segment: np.ndarray
    month: np.ndarray
    adult: np.ndarray
    closes: np.ndarray


def _pieces(month_from: np.ndarray, hazards: Hazards, cohorts: Cohorts) -> Pieces:
    bands, months = hazards.age_from.size, len(month_from) - 1
    ages = np.append(hazards.age_from, hazards.adult_age)
    paths = ((ages, cohorts.age), (hazards.duration_from, cohorts.duration))
    edges = [cohorts.entry[:, None] + edge[None, 1:] - start[:, None] for edge, start in paths]
    ends_of_months = np.broadcast_to(month_from, (cohorts.entry.size, months + 1))
    times = np.concatenate([cohorts.entry[:, None], *edges, ends_of_months], axis=1)
    times = np.sort(np.clip(times, cohorts.entry[:, None], month_from[-1]), axis=1)
    length = np.diff(times, axis=1)
    middle = times[:, :-1] + length / 2 - cohorts.entry[:, None]
    age, duration = cohorts.age[:, None] + middle, cohorts.duration[:, None] + middle
    band = np.clip(np.searchsorted(hazards.age_from, age, side="right") - 1, 0, bands - 1)
    segment = np.searchsorted(hazards.duration_from, duration, side="right") - 1
    month = np.clip(np.searchsorted(month_from, middle + cohorts.entry[:, None], side="right") - 1, 0, months - 1)
    adult = age >= hazards.adult_age
    closes = (times[:, 1:] == month_from[month + 1]) & (length > 0) & ~adult
    return Pieces(length, band, segment, month, adult, closes)


def expect(
    month_from: np.ndarray, hazards: Hazards, cohorts: Cohorts, starts: np.ndarray, leave_lever: np.ndarray
) -> Expected:
    """Expected course of all cohorts over the months.

    month_from   [month + 1]     first day of each month, days from the origin; the last is the horizon
    starts       [month x band]  expected starts, returned as they are
    leave_lever  [month x band]  multiplier on the leaving hazard
    """
    ages, durations = np.append(hazards.age_from, hazards.adult_age), np.append(hazards.duration_from, np.inf)
    ends, days, stock = (np.zeros(starts.shape) for _ in range(3))
    by_segment, columns = np.zeros(hazards.duration_from.size), tuple(vars(cohorts).values())
    edges, rates, lever = (np.asarray(table, float) for table in (month_from, hazards.per_day, leave_lever))
    from forecast.demand.pathways.walk import walk  # compiled: only where paths are walked

    walk(edges, ages, durations, rates, columns, lever, ends, days, stock, by_segment)
    return Expected(stock, starts, ends, days, by_segment)


def survival(hazards: Hazards, cohorts: Cohorts, until: float) -> np.ndarray:
    """Chance that a child of each cohort is still there at `until` (days), [cohort]; closed form."""
    ages = np.append(hazards.age_from, hazards.adult_age)
    durations = np.append(hazards.duration_from, np.inf)
    time = until - cohorts.entry
    total = np.zeros(cohorts.entry.size)
    for band in range(hazards.age_from.size):
        for segment in range(hazards.duration_from.size):
            begins = np.maximum(np.maximum(ages[band] - cohorts.age, durations[segment] - cohorts.duration), 0)
            last = np.minimum(ages[band + 1] - cohorts.age, durations[segment + 1] - cohorts.duration)
            stops = np.minimum(last, time)
            total += hazards.per_day[band, segment] * np.maximum(stops - begins, 0)
    return np.where(cohorts.age + time < hazards.adult_age, np.exp(-total), 0.0)


def survivors(hazards: Hazards, cohorts: Cohorts, until: float) -> Cohorts:
    """The cohorts as they stand at `until`, counted from there."""
    passed = until - cohorts.entry
    weight = cohorts.weight * survival(hazards, cohorts, until)
    return Cohorts(np.zeros(passed.size), cohorts.age + passed, cohorts.duration + passed, weight)


def as_opening(cohorts: Cohorts, children: int, points: int) -> Opening:
    """Cohorts as equally likely points ordered by age, then by time since the start."""
    order = np.lexsort((cohorts.duration, cohorts.age))
    reach = np.cumsum(cohorts.weight[order])
    at = (np.arange(points) + 0.5) / points * reach[-1]
    chosen = order[np.searchsorted(reach, at)]
    return Opening(children, cohorts.age[chosen], cohorts.duration[chosen])


@dataclass(frozen=True)
class ExpectedPlaces:
    """Expected children by placement: stock, ends and days [month x state x band]."""

    stock: np.ndarray
    ends: np.ndarray
    days: np.ndarray

    def together(self, starts: np.ndarray) -> Expected:
        """All placements together; ends by time since the start are not kept."""
        stock, ends, days = (table.sum(axis=1) for table in (self.stock, self.ends, self.days))
        return Expected(stock, starts, ends, days, np.zeros(0))


def placed_cohorts(opening: Opening, entrants: Cohorts, hazards: Hazards, places: Places) -> tuple[Cohorts, np.ndarray]:
    """The opening points and the entrants, and how many of each cohort are in each placement, [cohort x state]."""
    held = opening_cohorts(opening)
    states = np.eye(len(places.names))[places.now] * held.weight[:, None]
    band = np.searchsorted(hazards.age_from, entrants.age, side="right") - 1
    return held + entrants, np.concatenate([states, places.first[band] * entrants.weight[:, None]])


def expect_places(
    month_from, hazards: Hazards, places: Places, cohorts: Cohorts, inside: np.ndarray, leave_lever
) -> ExpectedPlaces:
    """Expected course of all cohorts through placements, by the exponential of each stretch's rates.

    inside       [cohort x state]  children of each cohort by placement where it is first seen
    leave_lever  [month x band]    multiplier on the leaving hazard
    """
    months, bands, states = len(month_from) - 1, hazards.age_from.size, len(places.names)
    totals = {name: np.zeros((months * bands, states)) for name in ("stock", "ends", "days")}
    edges = np.asarray(month_from, float)
    for first in range(0, cohorts.entry.size, PLACED_CHUNK):
        chunk = slice(first, first + PLACED_CHUNK)
        _walk_places(edges, hazards, places, cohorts.part(chunk), inside[chunk], leave_lever, totals)
    return ExpectedPlaces(*(totals[name].reshape(months, bands, states).swapaxes(1, 2) for name in totals))


def _walk_places(month_from, hazards, places, cohorts, inside, leave_lever, totals):
    """Add one chunk of cohorts to the totals, stretch by stretch."""
    path, bands = _pieces(month_from, hazards, cohorts), hazards.age_from.size
    now, shared, after_of, days_of = inside.copy(), *_shared(path, hazards, places, leave_lever)
    for stretch in range(path.length.shape[1]):
        live = np.flatnonzero(path.length[:, stretch] > 0)
        length, band, segment, month, adult, closes = (part[live, stretch] for part in vars(path).values())
        cell = month * bands + band
        leave = (hazards.per_day[band, segment] * leave_lever[month, band])[:, None] * places.leaving[band]
        after, days, known = np.empty_like(now[live]), np.empty_like(now[live]), shared[live, stretch]
        one, alike = np.flatnonzero(known < 0), np.flatnonzero(known >= 0)
        after[one], days[one] = _through(now[live[one]], places.moving[band[one]], leave[one], length[one])
        for told, of in ((after, after_of), (days, days_of)):
            told[alike] = np.einsum("cs,cst->ct", now[live[alike]], of[known[alike]])
        days[adult], after[adult] = 0.0, 0.0
        table = (cell[:, None] * now.shape[1] + np.arange(now.shape[1])).ravel()
        ends, stock = np.where(adult[:, None], now[live], leave * days), after * closes[:, None]
        for name, part in (("ends", ends), ("days", days), ("stock", stock)):
            totals[name] += np.bincount(table, part.ravel(), totals[name].size).reshape(totals[name].shape)
        now[live] = after


def _shared(
    path: Pieces, hazards: Hazards, places: Places, leave_lever: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Stretches that many cohorts live alike, in the same month, band and segment and as long: worked out once for all
    of them.

    Gives [cohort x stretch] the number of the stretch's table, -1 where too few share it, and the tables [number x
    state x state]: children by placement after it, and child-days within it, of one child in each placement before.
    """
    bands, segments, states = hazards.age_from.size, hazards.duration_from.size, len(places.names)
    lengths, length_of = np.unique(path.length, return_inverse=True)
    length_of = length_of.reshape(path.length.shape)
    code = ((path.month * bands + path.band) * segments + path.segment) * lengths.size + length_of
    kinds, kind_of, cohorts = np.unique(code, return_inverse=True, return_counts=True)
    many = (cohorts > states) & (lengths[kinds % lengths.size] > 0)
    numbers = np.where(many, np.cumsum(many) - 1, -1)
    cell, length = np.divmod(kinds[many], lengths.size)
    (month, band), segment = np.divmod(cell // segments, bands), cell % segments
    leave = (hazards.per_day[band, segment] * leave_lever[month, band])[:, None] * places.leaving[band]
    each = np.repeat(np.arange(band.size), states)
    one_each = np.tile(np.eye(states), (band.size, 1))
    tables = _through(one_each, places.moving[band[each]], leave[each], lengths[length][each])
    return numbers[kind_of.reshape(path.length.shape)], *(table.reshape(-1, states, states) for table in tables)


def _through(
    start: np.ndarray, moving: np.ndarray, leave: np.ndarray, length: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Children by placement [cohort x state] after `length` days of these rates, and their child-days meanwhile.

    Uniformisation: powers of a chain that steps at the fastest rate, weighted by the Poisson chances of so many steps.
    """
    out = moving.sum(axis=2) + leave
    fastest = max(float(out.max(initial=0.0)), np.finfo(float).tiny)
    step = moving / fastest
    mean = fastest * length
    chance, seen = np.exp(-mean), np.exp(-mean)
    after, days, power = chance[:, None] * start, ((1 - seen) / fastest)[:, None] * start, start
    count = 0
    while (1 - seen).max(initial=0.0) > LEAST_CHANCE:
        count += 1
        power = np.einsum("cs,cst->ct", power, step) + power * (1 - out / fastest)
        chance = chance * mean / count
        seen = seen + chance
        after = after + chance[:, None] * power
        days = days + (np.maximum(1 - seen, 0) / fastest)[:, None] * power
    return after, days
