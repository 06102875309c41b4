"""The pathways engine: every child lives through care one by one, in continuous time.

Each child has its own random stream, keyed by seed, group, draw, month and order, so that a child is the same child
in every scenario and on any number of threads. Starts come from one master stream of families in time x level; a
scenario keeps the children whose level lies below its rate (thinning), so a higher rate adds children and moves none.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit

from forecast.demand.pathways.hazards import Entrants, Hazards, Opening, Paths, Placed, Places, Spread

# Constants of the splitmix64 generator (Steele, Lea and Flood 2014), not of the field.
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
MIX_1, MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
TO_UNIT = 2.0**-53
ZERO, ONE = np.uint64(0), np.uint64(1)
# Positions in a child's own stream: 0 its age at the start, 1 how long it stays, 2 where it first lives; then in pairs,
# how long it stays in a placement and where it goes next.
FIRST_PLACE, PATIENCE, NEXT_PLACE = 2, 3, 4


@njit(inline="always", cache=True, nogil=True)
def _mix(state):
    state = (state ^ (state >> np.uint64(30))) * MIX_1
    state = (state ^ (state >> np.uint64(27))) * MIX_2
    return state ^ (state >> np.uint64(31))


@njit(inline="always", cache=True, nogil=True)
def _key(parent, child):
    return _mix(parent + GOLDEN * (np.uint64(child) + np.uint64(1)))


@njit(inline="always", cache=True, nogil=True)
def _uniform(key, position):
    """The stream's number at `position`, in (0, 1]: a counter, not a state, so nothing is shared."""
    bits = _mix(key + GOLDEN * np.uint64(position))
    return ((bits >> np.uint64(11)) + np.uint64(1)) * TO_UNIT


@njit(inline="always", cache=True, nogil=True)
def _exponential(key, position):
    return -np.log(_uniform(key, position))


@njit(inline="always", cache=True, nogil=True)
def _choose(key, position, reach):
    """The first place whose cumulative share `reach` [state] is not below a number of the stream."""
    chance, state = _uniform(key, position) * reach[-1], 0
    while reach[state] < chance:
        state += 1
    return state


@njit(cache=True, nogil=True, error_model="numpy")
def _gather_opening(draw_key, points, who, opened, placed):
    """Children open at the origin: systematic quantiles of the opening distribution, one offset a draw."""
    entry, born, began, luck, band, segment, month = who
    children, point_age, point_duration, point_band, point_segment = points
    key = _key(draw_key, 0)
    offset = 1.0 - _uniform(key, 0)
    per_child = point_age.size / children
    for child in range(children):
        point = int((child + offset) * per_child)
        entry[child], born[child], began[child] = 0.0, -point_age[point], -point_duration[point]
        band[child], segment[child], month[child] = point_band[point], point_segment[point], 0
        luck[child] = _exponential(key, child + 1)
        opened[point_segment[point], point_band[point]] += 1
        if placed is not None:
            now, _, _, _, states, streams, place_opened, _, _, _, _, _ = placed
            states[child], streams[child] = now[point], _key(key, child)
            place_opened[now[point], point_band[point]] += 1
    return children


@njit(cache=True, nogil=True, error_model="numpy")
def _gather_entrants(draw_key, families, factors, month_from, master, early_segments, who, count, out, placed):
    """Families of the master stream, month by month; a child starts where its level lies below the scenario's rate."""
    start_factor, start_rate, demand = factors
    starts, marks = out
    entry, born, began, luck, at_band, at_segment, at_month = who
    cell_band, cell_age, cell_width, more_children = master
    months, bands = families.shape
    cells = float(cell_band.size)
    late = 0 if early_segments > ZERO else bands
    cap = np.empty(bands)
    for month in range(months):
        highest = 0.0
        for band in range(bands):
            cap[band] = families[month, band] * start_rate[band] * start_factor[month] * demand[month, band]
            highest = max(highest, cap[band])
        month_key = _key(draw_key, month + 1)
        month_to = month_from[month + 1]
        length = month_to - month_from[month]
        level, family = 0.0, 0
        while True:
            family_key = _key(month_key, family)
            level += _exponential(family_key, 0)
            if level >= highest or count == entry.size:
                break
            arrives = month_to - length * _uniform(family_key, 1)
            size, child, reach = _uniform(family_key, 2), 0, 1.0
            while (child == 0 or size <= reach) and count < entry.size:
                child_key = _key(family_key, child)
                point = (1.0 - _uniform(child_key, 0)) * cells
                cell = int(point)
                band = cell_band[cell]
                if level < cap[band]:
                    entry[count], began[count] = arrives, arrives
                    born[count] = arrives - cell_age[cell] - (point - cell) * cell_width[cell]
                    luck[count] = _exponential(child_key, 1)
                    at_band[count], at_segment[count], at_month[count] = band, 0, month
                    starts[month, band] += 1
                    marks[month, band + late, 0] += 1.0
                    marks[month, band + late, 1] += month_to - arrives
                    if placed is not None:
                        _, first_reach, _, _, states, streams, _, place_marks, place_starts, _, _, _ = placed
                        state = _choose(child_key, FIRST_PLACE, first_reach[band])
                        states[count], streams[count] = state, child_key
                        place_starts[month, state] += 1
                        place_marks[month, state, band, 0] += 1.0
                        place_marks[month, state, band, 1] += month_to - arrives
                    count += 1
                child += 1
                reach *= more_children
            family += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def _live(who, count, time, calendar, table, out, placed):
    """Follow every child from its entry to its end or the horizon and mark what happens.

    Indices are unsigned: numba then has no negative index to allow for, which is a quarter of the time here. Where
    there is one placement for all (`placed` is None) numba leaves every line about placements out.
    """
    entries, borns, begans, lucks, at_band, at_segment, at_month = who
    birthday_at, step_at, per_day, early_segments, review_at = table
    (clock, slope), (month_from, month_of_day), (marks, ends, aged, reviews) = time, calendar, out
    bands, horizon = np.uint64(birthday_at.size), month_from[-1]
    for child in range(np.uint64(count)):
        now, born, began, left = entries[child], borns[child], begans[child], lucks[child]
        band, segment, month = at_band[child], at_segment[child], at_month[child]
        due, age = ZERO, now - began
        while review_at[due] <= age:
            due += ONE
        next_review = began + review_at[due]
        here = clock[band, month] + slope[band, month] * (now - month_from[month])
        if placed is not None:
            _, _, next_reach, leaving, states, streams, _, place_marks, _, place_ends, moved, moves = placed
            state, stream, position = states[child], streams[child], PATIENCE
            patience = _exponential(stream, position)
        while True:
            birthday, step = born + birthday_at[band], began + step_at[segment]
            until = min(min(birthday, step), horizon)
            if placed is not None:
                per_day_moving = next_reach[band, state, -1]
                moves_at = now + patience / per_day_moving if per_day_moving > 0.0 else np.inf
                until = min(until, moves_at)
            last = month_of_day[np.uint64(until)]
            there = clock[band, last] + slope[band, last] * (until - month_from[last])
            hazard = per_day[segment, band]
            if placed is not None:
                hazard = hazard * leaving[band, state]
            need = hazard * (there - here)
            if left < need:
                target = here + left / hazard
                while clock[band, month + ONE] < target:
                    month += ONE
                now = month_from[month] + (target - clock[band, month]) / slope[band, month]
                column = band if segment < early_segments else band + bands
                marks[month, column, ZERO] -= 1.0
                marks[month, column, ONE] -= month_from[month + ONE] - now
                ends[month, band] += 1
                if placed is not None:
                    place_ends[month, state] += 1
                    place_marks[month, state, band, 0] -= 1.0
                    place_marks[month, state, band, 1] -= month_from[month + ONE] - now
                break
            left -= need
            if placed is not None:
                patience -= per_day_moving * (until - now)
            here, now, month = there, until, last
            if until >= horizon:
                break
            if placed is not None and until == moves_at:
                rest = month_from[month + ONE] - now
                place_marks[month, state, band, 0] -= 1.0
                place_marks[month, state, band, 1] -= rest
                moved[month, state] -= 1
                state = _choose(stream, position + 1, next_reach[band, state])
                place_marks[month, state, band, 0] += 1.0
                place_marks[month, state, band, 1] += rest
                moved[month, state] += 1
                moves[month, state] += 1
                position += 2
                patience = _exponential(stream, position)
                continue
            column = band if segment < early_segments else band + bands
            if until == step:
                segment += ONE
                if segment != early_segments:
                    continue
            rest = month_from[month + ONE] - now
            marks[month, column, ZERO] -= 1.0
            marks[month, column, ONE] -= rest
            if until == birthday:
                if placed is not None:
                    place_marks[month, state, band, 0] -= 1.0
                    place_marks[month, state, band, 1] -= rest
                if band + ONE == bands:
                    ends[month, band] += 1
                    if placed is not None:
                        place_ends[month, state] += 1
                    break
                aged[month, band] -= 1
                band += ONE
                aged[month, band] += 1
                if placed is not None:
                    place_marks[month, state, band, 0] += 1.0
                    place_marks[month, state, band, 1] += rest
                here = clock[band, month] + slope[band, month] * (now - month_from[month])
            column = band if segment < early_segments else band + bands
            marks[month, column, ZERO] += 1.0
            marks[month, column, ONE] += rest
        while next_review <= now and next_review < horizon:
            reviews[month_of_day[np.uint64(next_review)]] += 1
            due += ONE
            next_review = began + review_at[due]


@njit(cache=True, nogil=True, error_model="numpy")
def _set_clock(clock, slope, month_from, leave_factor, leave_rate, leave_lever):
    """Operational time: calendar time stretched by whatever speeds up leaving, so that one exponential serves."""
    for band in range(leave_rate.size):
        for month in range(leave_factor.size):
            slope[band, month] = leave_factor[month] * leave_rate[band] * leave_lever[month, band]
            length = month_from[month + 1] - month_from[month]
            clock[band, month + 1] = clock[band, month] + slope[band, month] * length


@njit(cache=True, nogil=True, error_model="numpy")
def _add_up(month_from, early_opened, opened, marks, stock, days, early_days):
    """Marks to stocks and child-days: those present all month, plus the part-months of arrivals and leavers."""
    months, bands = stock.shape
    for band in range(bands):
        early = float(early_opened[band])
        late = opened[band] - early
        for month in range(months):
            length = month_from[month + 1] - month_from[month]
            early_now = early * length + marks[month, band, 1]
            early_days[month, band] = early_now
            days[month, band] = early_now + late * length + marks[month, band + bands, 1]
            early += marks[month, band, 0]
            late += marks[month, band + bands, 0]
            stock[month, band] = early + late


@njit(cache=True, nogil=True, error_model="numpy")
def _add_up_places(month_from, opened, marks, stock, days):
    """The same by placement."""
    months, states, bands = stock.shape
    for state in range(states):
        for band in range(bands):
            now = float(opened[state, band])
            for month in range(months):
                length = month_from[month + 1] - month_from[month]
                days[month, state, band] = now * length + marks[month, state, band, 1]
                now += marks[month, state, band, 0]
                stock[month, state, band] = now


@njit(cache=True, nogil=True, error_model="numpy")
def _run_draws(
    first,
    last,
    seed,
    way,
    points,
    families,
    master,
    spread,
    leave_lever,
    calendar,
    table,
    capacity,
    out,
    places,
    out_placed,
):
    """Draws first..last-1, each by its own way and written to its own rows of `out`; returns False if a draw outgrew
    its room.
    """
    stock, starts, ends, aged, days, early_days, reviews, opened_out = out
    start_factor, leave_factor, start_rate, leave_rate, demand = spread
    month_from, month_of_day = calendar
    _, months, bands = families.shape
    who = (
        np.empty(capacity),
        np.empty(capacity),
        np.empty(capacity),
        np.empty(capacity),
        np.empty(capacity, np.uint64),
        np.empty(capacity, np.uint64),
        np.empty(capacity, np.uint64),
    )
    clock, slope = np.zeros((bands, months + 1)), np.ones((bands, months + 1))
    marks, opened = np.zeros((months, 2 * bands, 2)), np.zeros(table[2].shape, np.int64)
    early_segments = table[3]
    if places is not None:
        states, streams = np.empty(capacity, np.int64), np.empty(capacity, np.uint64)
        place_marks = np.zeros((months, places[1].shape[2], bands, 2))
    for draw in range(first, last):
        draw_key = _key(seed, draw)
        marks[:] = 0.0
        opened[:] = 0
        _set_clock(clock, slope, month_from, leave_factor[draw], leave_rate[draw], leave_lever[way[draw]])
        if places is None:
            placed = None
        else:
            place_marks[:] = 0.0
            held, place_days, place_starts, place_ends, place_moved, place_moves, place_opened = out_placed
            into = (place_starts[draw], place_ends[draw], place_moved[draw], place_moves[draw])
            number = draw % places[1].shape[0]
            lived_by = (places[0], places[1][number], places[2][number], places[3][number])
            # numba unpacks no tuple into another
            placed = lived_by + (states, streams, place_opened[draw], place_marks) + into  # noqa: RUF005
        count = _gather_opening(draw_key, points, who, opened, placed)
        factors = (start_factor[draw], start_rate[draw], demand[draw])
        begun = (starts[draw], marks)
        here = families[way[draw]]
        count = _gather_entrants(draw_key, here, factors, month_from, master, early_segments, who, count, begun, placed)
        if count == capacity:
            return False
        lived = (marks, ends[draw], aged[draw], reviews[draw])
        _live(who, count, (clock, slope), calendar, table, lived, placed)
        opened_out[draw] = opened.sum(axis=0)
        early_opened = opened[: int(early_segments)].sum(axis=0)
        _add_up(month_from, early_opened, opened_out[draw], marks, stock[draw], days[draw], early_days[draw])
        if places is not None:
            _add_up_places(month_from, place_opened[draw], place_marks, held[draw], place_days[draw])
    return True


def _outputs(draws, months, bands, capacity):
    """Tables to fill, the counts in two bytes where no draw can hold more children than that."""
    count = np.int16 if capacity <= np.iinfo(np.int16).max else np.int32
    counts = [np.zeros((draws, months, bands), count) for _ in range(4)]
    days = [np.zeros((draws, months, bands), np.float32) for _ in range(2)]
    return (*counts, *days, np.zeros((draws, months), count), np.zeros((draws, bands), count))


def _places(places: Places | None):
    """What the engine reads of placements: states now, [table x ...] cumulative first and moving shares, leaving."""
    if places is None:
        return None
    tables = places.drawn or (places,)
    first, reach = (np.cumsum([getattr(table, name) for table in tables], axis=-1) for name in ("first", "moving"))
    return np.asarray(places.now, np.int64), first, reach, np.array([table.leaving for table in tables], float)


def _outputs_placed(places: Places | None, draws, months, bands, capacity):
    """Tables by placement to fill, or None."""
    if places is None:
        return None
    states, count = len(places.names), np.int16 if capacity <= np.iinfo(np.int16).max else np.int32
    cells = (draws, months, states, bands)
    flows = (np.zeros(cells[:3], count) for _ in range(4))
    return np.zeros(cells, count), np.zeros(cells, np.float32), *flows, np.zeros((draws, states, bands), count)


def _points(opening: Opening, hazards: Hazards) -> tuple:
    """The opening points with each one's age band and duration segment."""
    age, duration = np.asarray(opening.age, float), np.asarray(opening.duration, float)
    band = np.maximum(np.searchsorted(hazards.age_from, age, side="right") - 1, 0)
    segment = np.searchsorted(hazards.duration_from, duration, side="right") - 1
    return opening.children, age, duration, band, segment


def _families(entrants: Entrants) -> np.ndarray:
    """Families of the master stream needed for each band's expected starts, [way x month x band]."""
    expected = entrants.expected.reshape(-1, *entrants.expected.shape[-2:])
    share = entrants.master_share(expected.shape[2])
    lost = np.flatnonzero((share == 0) & (expected > 0).any(axis=(0, 1))).tolist()
    if lost:
        raise ValueError(f"starts are expected in age bands {lost}, of which the master stream has no cell")
    return expected / np.where(share > 0, share, np.inf) / entrants.children_per_family


def _table(hazards: Hazards, early_days: float, review_at: np.ndarray, review_every: float) -> tuple:
    birthday_at = np.append(hazards.age_from[1:], hazards.adult_age)
    step_at = np.append(hazards.duration_from[1:], np.inf)
    if early_days not in hazards.duration_from:
        raise ValueError(f"days within {early_days} of the start are counted apart, and the hazards have no edge there")
    early_segments = np.uint64(np.searchsorted(hazards.duration_from, early_days))
    longest = hazards.adult_age - hazards.age_from[0]
    later = np.arange(min(review_at[-1] + review_every, longest), longest, review_every)
    due = np.concatenate([review_at, later, [np.inf]])  # durations of reviews, and a last one that is never reached
    return birthday_at, step_at, np.ascontiguousarray(hazards.per_day.T), early_segments, due


def _room(opening: Opening, entrants: Entrants, spread: Spread) -> int:
    """Room for the children of one draw: ten standard deviations above the largest expected number."""
    by_month = (entrants.expected * spread.demand.max(axis=0)).sum(axis=-1) * spread.start_rate.max()
    expected = float((spread.start_factor @ by_month.T).max())
    return int(opening.children + expected + 10 * (expected * 2 * entrants.children_per_family) ** 0.5 + 100)


def run(
    month_from: np.ndarray,
    hazards: Hazards,
    opening: Opening,
    entrants: Entrants,
    spread: Spread,
    leave_lever: np.ndarray,
    early_days: float,
    review_at: np.ndarray,
    review_every: float,
    seed: int,
    threads: int = 2,
    places: Places | None = None,
    way: np.ndarray | None = None,
) -> Paths:
    """Live every child of every draw and return the paths.

    month_from   [month + 1]     first day of each month, in days from the origin; the last is the horizon
    leave_lever  [month x band]  multiplier a scenario puts on the leaving hazard
    way          [draw]  where a scenario may go several ways, the number of the one that each draw goes: the entrants'
                 expected starts and `leave_lever` then are [way x month x band]
    early_days   scalar          child-days within so many days of the start, an edge of the hazards, are counted apart
                                 (proceedings)
    review_at    [review]        durations (days) of the first statutory reviews; then every `review_every` days
    seed         integer         keys every random number; the thread count changes nothing
    places       placements as states, or None: one state, and where children live is asked elsewhere
    """
    draws, months = spread.start_factor.shape
    bands = hazards.age_from.size
    month_from = np.asarray(month_from, float)
    capacity, width = _room(opening, entrants, spread), entrants.cell_to - entrants.cell_from
    days = np.diff(month_from).astype(int)
    month_of_day = np.append(np.repeat(np.arange(days.size), days), days.size - 1)  # the horizon is of the last month
    out, out_placed = _outputs(draws, months, bands, capacity), _outputs_placed(places, draws, months, bands, capacity)
    shared = (
        np.uint64(seed),
        np.zeros(draws, np.int64) if way is None else way.astype(np.int64),
        _points(opening, hazards),
        _families(entrants),
        (entrants.cell_band.astype(np.uint64), entrants.cell_from, width, 1.0 - 1.0 / entrants.children_per_family),
        tuple(np.ascontiguousarray(part) for part in vars(spread).values()),
        np.asarray(leave_lever, float).reshape(-1, months, bands),
        (month_from, month_of_day.astype(np.uint64)),
        _table(hazards, early_days, review_at, review_every),
        capacity,
        out,
        _places(places),
        out_placed,
    )
    edges = np.linspace(0, draws, 4 * threads + 1).astype(int)
    with ThreadPoolExecutor(threads) as pool:
        chunks = [pool.submit(_run_draws, a, b, *shared) for a, b in zip(edges[:-1], edges[1:], strict=True)]
        if not all([chunk.result() for chunk in chunks]):
            raise OverflowError(f"a draw held more than {capacity} children; the start rates cannot be right")
    return Paths(*out, None if places is None else Placed(places.names, *out_placed))
