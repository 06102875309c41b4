"""A second engine, and an integral, to hold against forecast/pathways/engine.py. Plain, slow, and its own.

Written from the words of DESIGN 4c and hazards.py, not from the engine: one child at a time, a fresh waiting time in
every stretch over which the hazard is constant, numpy's random numbers, and presence counted by looking at each month's
end. A month runs from its first moment up to the first moment of the next, which belongs to the next; what would happen
at the horizon has not happened yet.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np

from forecast.demand.pathways.hazards import Entrants, Hazards, Opening, Spread


@dataclass(frozen=True)
class Case:
    """What is run, by the engine's own names."""

    month_from: np.ndarray
    hazards: Hazards
    opening: Opening
    entrants: Entrants
    leave_lever: np.ndarray
    early_days: float
    review_at: np.ndarray
    review_every: float


@dataclass(frozen=True)
class Child:
    """One child: when first seen, born and started, days from the origin."""

    entry: float
    born: float
    began: float


# --- one child at a time ----------------------------------------------------------------------------------------------


def simulate(case: Case, spread: Spread, seed: int) -> dict[str, np.ndarray]:
    """Every table of Paths, by name, for as many draws as the spread has."""
    draws = [
        one_draw(case, spread, draw, np.random.default_rng([seed, draw])) for draw in range(len(spread.start_rate))
    ]
    return {name: np.array([draw[name] for draw in draws]) for name in draws[0]}


def one_draw(case: Case, spread: Spread, draw: int, luck: np.random.Generator) -> dict[str, np.ndarray]:
    months, bands = case.leave_lever.shape
    counts = {name: np.zeros((months, bands)) for name in ("stock", "starts", "ends", "aged", "days", "early_days")}
    counts |= {"reviews": np.zeros(months), "opening": np.zeros(bands)}
    more = spread.start_factor[draw][:, None] * spread.start_rate[draw] * spread.demand[draw]
    leave = case.leave_lever * spread.leave_factor[draw][:, None] * spread.leave_rate[draw]
    for child in open_at_origin(case.opening, luck):
        counts["opening"][band_after(case.hazards, -child.born)] += 1
        count_life(case, child, leaves_at(case, child, leave, luck), counts)
    for child in starting(case, case.entrants.expected * more, luck):
        counts["starts"][month_of(case, child.entry), band_after(case.hazards, child.entry - child.born)] += 1
        count_life(case, child, leaves_at(case, child, leave, luck), counts)
    return counts


def open_at_origin(opening: Opening, luck: np.random.Generator) -> Iterator[Child]:
    """Child i of n stands at quantile (i + u) / n of the points."""
    u = luck.random()
    for i in range(opening.children):
        point = int((i + u) / opening.children * len(opening.age))
        yield Child(0.0, -float(opening.age[point]), -float(opening.duration[point]))


def starting(case: Case, wanted: np.ndarray, luck: np.random.Generator) -> Iterator[Child]:
    """Families in time x level; the families whose level is below a band's rate send their children of that band."""
    entrants = case.entrants
    share = entrants.master_share(wanted.shape[1])
    for month, (first, after) in enumerate(pairwise(case.month_from)):
        families = [
            w / s / entrants.children_per_family if s else 0.0 for w, s in zip(wanted[month], share, strict=True)
        ]
        for level in luck.uniform(0, max(families), luck.poisson(max(families))):
            arrives = luck.uniform(first, after)
            for _ in range(luck.geometric(1 / entrants.children_per_family)):
                cell = luck.integers(entrants.cell_band.size)
                age = luck.uniform(entrants.cell_from[cell], entrants.cell_to[cell])
                if level < families[entrants.cell_band[cell]]:
                    yield Child(arrives, arrives - age, arrives)


def leaves_at(case: Case, child: Child, leave: np.ndarray, luck: np.random.Generator) -> float:
    """When the child leaves; infinite if still there at the horizon."""
    hazards, horizon = case.hazards, case.month_from[-1]
    adult = child.born + hazards.adult_age
    edges = {adult, *case.month_from, *(child.born + hazards.age_from), *(child.began + hazards.duration_from)}
    now = child.entry
    for stop in sorted(edge for edge in edges if child.entry < edge <= min(adult, horizon)):
        middle = (now + stop) / 2
        band, month = band_after(hazards, middle - child.born), month_of(case, middle)
        segment = bisect_right(hazards.duration_from, middle - child.began) - 1
        hazard = hazards.per_day[band, segment] * leave[month, band]
        wait = luck.exponential(1 / hazard) if hazard else np.inf
        if now + wait < stop:
            return now + wait
        now = stop
    return adult if adult < horizon else np.inf


def count_life(case: Case, child: Child, gone: float, counts: dict[str, np.ndarray]) -> None:
    """Add one child's life to the counts."""
    hazards, horizon = case.hazards, case.month_from[-1]
    until = min(gone, horizon)
    if gone < horizon:
        counts["ends"][month_of(case, gone), band_before(hazards, gone - child.born)] += 1
    for month, at in enumerate(case.month_from[1:]):
        if child.entry < at <= gone:
            counts["stock"][month, band_before(hazards, at - child.born)] += 1
    for band, birthday in enumerate(child.born + hazards.age_from):
        if child.entry < birthday <= gone and birthday < horizon:
            counts["aged"][month_of(case, birthday), band] += 1
            counts["aged"][month_of(case, birthday), band - 1] -= 1
    count_days(case, child, until, counts)
    for due in reviews_due(case, child):
        if child.entry < due <= gone and due < horizon:
            counts["reviews"][month_of(case, due)] += 1


def count_days(case: Case, child: Child, until: float, counts: dict[str, np.ndarray]) -> None:
    ages = [*case.hazards.age_from, case.hazards.adult_age]
    for month, (first, after) in enumerate(pairwise(case.month_from)):
        for band, (young, old) in enumerate(pairwise(ages)):
            low, high = max(first, child.entry, child.born + young), min(after, until, child.born + old)
            counts["days"][month, band] += max(high - low, 0.0)
            counts["early_days"][month, band] += max(min(high, child.began + case.early_days) - low, 0.0)


def reviews_due(case: Case, child: Child) -> list[float]:
    last, reach = case.review_at[-1], case.month_from[-1] - child.began
    return [
        child.began + after
        for after in (*case.review_at, *np.arange(last + case.review_every, reach, case.review_every))
    ]


def month_of(case: Case, at: float) -> int:
    return bisect_right(case.month_from, at) - 1


def band_after(hazards: Hazards, age: float) -> int:
    """Age band from this moment on."""
    return bisect_right(hazards.age_from, age) - 1


def band_before(hazards: Hazards, age: float) -> int:
    """Age band up to this moment: on a birthday, the younger one."""
    return bisect_left(hazards.age_from, age) - 1


# --- an integral for what only individual clocks give -----------------------------------------------------------------


def chance_of_staying(case: Case, entry, age, duration, until) -> np.ndarray:
    """Chance that children first seen at `entry`, so old and so long since the start, are still there at `until`."""
    hazards, total = case.hazards, np.zeros(np.broadcast(entry, age, duration, until).shape)
    months, ages, durations = (
        list(pairwise(edges))
        for edges in (
            case.month_from,
            [*hazards.age_from, hazards.adult_age],
            [*hazards.duration_from, np.inf],
        )
    )
    for (m, month), (b, band), (s, segment) in product(enumerate(months), enumerate(ages), enumerate(durations)):
        low, high = ((month[side], entry + band[side] - age, entry + segment[side] - duration) for side in (0, 1))
        time = np.minimum.reduce([*np.broadcast_arrays(*high, until)]) - np.maximum.reduce(
            [*np.broadcast_arrays(*low, entry)]
        )
        total += hazards.per_day[b, s] * case.leave_lever[m, b] * np.maximum(time, 0)
    return np.where(until < entry + hazards.adult_age - age, np.exp(-total), 0.0)


def passing(case: Case, after: float) -> np.ndarray:
    """Expected children whose time since the start passes `after` days, [month]: a review due then, a day's width of early days."""
    months = len(case.month_from) - 1
    due = after - case.opening.duration
    inside = (due > 0) & (due < case.month_from[-1])
    stay = chance_of_staying(case, 0.0, case.opening.age[inside], case.opening.duration[inside], due[inside])
    stay = stay * case.opening.children / case.opening.age.size
    month = np.searchsorted(case.month_from, due[inside], side="right") - 1
    return np.bincount(month, stay, months) + passing_entrants(case, after)


def passing_entrants(case: Case, after: float, nodes: int = 2) -> np.ndarray:
    """The same for those who start: an integral over the day of the start and the age at it (Gauss-Legendre).

    The days are cut where the start or the passing moves into another month. Axes: [cut x day x age x cell].
    """
    entrants, edges = case.entrants, case.month_from
    cuts = np.unique(np.concatenate([edges, edges - after]))
    cuts = cuts[(cuts >= 0) & (cuts <= edges[-1] - after)]
    if cuts.size < 2:
        return np.zeros(edges.size - 1)
    at, share = np.polynomial.legendre.leggauss(nodes)
    at, share = (at + 1) / 2, share / 2
    started, passed = (
        np.searchsorted(edges, (cuts[:-1] + cuts[1:]) / 2 + later, side="right") - 1 for later in (0, after)
    )
    entry = (cuts[:-1, None] + at * np.diff(cuts)[:, None])[:, :, None, None]
    oldest = np.minimum(entrants.cell_to, case.hazards.adult_age - after)  # older ones have turned 18 before
    young = np.maximum(oldest - entrants.cell_from, 0)
    in_band = np.bincount(entrants.cell_band)[entrants.cell_band]
    a_day = entrants.expected[started][:, entrants.cell_band] / np.diff(edges)[started][:, None]
    weight = a_day / in_band * young / (entrants.cell_to - entrants.cell_from)
    stay = chance_of_staying(case, entry, entrants.cell_from + at[:, None] * young, 0.0, entry + after)
    return np.bincount(passed, np.diff(cuts) * np.einsum("d,a,kdac,kc->k", share, share, stay, weight), edges.size - 1)


def early_days(case: Case, step: float) -> np.ndarray:
    """Expected child-days within `early_days` of the start, [month]: the integral of `passing`, `step` days at a time."""
    middles = np.arange(step / 2, case.early_days, step)
    new = sum(passing_entrants(case, after) for after in middles) * step
    fine = np.arange(0.05, case.month_from[-1], 0.1)[:, None]
    opening = case.opening
    stay = chance_of_staying(case, 0.0, opening.age, opening.duration, fine)
    held = np.where(opening.duration + fine < case.early_days, stay, 0).mean(axis=1) * opening.children * 0.1
    month = np.searchsorted(case.month_from, fine[:, 0], side="right") - 1
    return new + np.bincount(month, held)
