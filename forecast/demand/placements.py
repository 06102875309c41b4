"""Who is placed where: the mix by age, the places the council has, and what overflows to agencies."""

from dataclasses import dataclass

import numpy as np

from forecast.case import lines
from forecast.case.errors import BadInput
from forecast.case.months import days_in
from forecast.demand.local import PAID_AS
from forecast.demand.workload import Workload

SETTLED = 1e-10
ROUNDS = 10_000

PLACEMENTS = list(lines.PLACEMENTS)  # as published, in the order of every [placement] below


@dataclass(frozen=True)
class PaidFor:
    """One thing that is paid for by the week: the placement it is, the cost line it is on, the index that raises it."""

    placement: str
    line: str
    index: str


# What the council pays for -> its placement, line and index. Order enters the sums of a line.
PAID_FOR = {name: PaidFor(**row) for name, row in lines.PAID_FOR.items()}


@dataclass(frozen=True)
class Places:
    """Places that the council holds itself."""

    in_house_fostering: float
    own_home: float


def allowed(
    age_from: np.ndarray, age_to: np.ndarray, youngest: dict[str, float], oldest: dict[str, float]
) -> np.ndarray:
    """Where a child of each age band may live, [band x placement]: 0 is a structural zero. Ages in years."""
    return np.array(
        [
            [float(high > youngest.get(name, 0) and low < oldest.get(name, np.inf)) for name in PLACEMENTS]
            for low, high in zip(age_from, age_to, strict=True)
        ]
    )


def fit_mix(by_age: np.ndarray, by_placement: np.ndarray, may_live: np.ndarray) -> np.ndarray:
    """Share of each age band in each placement, [band x placement], rows summing to 1.

    Iterative proportional fitting to both published margins, starting from who may live where; a band without children
    stays as it starts.
    Raises BadInput if the margins cannot both hold.
    """
    seed = table = may_live * by_placement
    by_placement = by_placement * by_age.sum() / by_placement.sum()
    for _ in range(ROUNDS):
        table = table * _scale(by_placement, table.sum(axis=0))
        table = table * _scale(by_age, table.sum(axis=1))[:, None]
        if np.abs(table.sum(axis=0) - by_placement).max() < SETTLED * by_age.sum():
            return np.where(by_age[:, None] > 0, table, seed) / np.where(by_age > 0, by_age, seed.sum(axis=1))[:, None]
    raise BadInput(
        "the placement mix cannot meet the published numbers by age and by placement at once; "
        "check the counts by placement, and the youngest and oldest ages allowed in each "
        "in the assumptions (placements.…)"
    )


def _scale(wanted: np.ndarray, held: np.ndarray) -> np.ndarray:
    return np.divide(wanted, held, out=np.zeros_like(held), where=held > 0)


def more_residential(by_type: dict, times: np.ndarray) -> dict:
    """Child-days by placement with residential ones multiplied, taken from or given to fostering.

    times  [month] or [draw x month]
    """
    for name in ("residential", "residential_school"):
        extra = np.minimum(by_type[name] * (times - 1), by_type["fostering"] / 2)
        by_type = by_type | {name: by_type[name] + extra, "fostering": by_type["fostering"] - extra}
    return by_type


def days_by_mix(days: np.ndarray, mix: np.ndarray) -> dict:
    """Child-days by placement from those by age and the placement mix, each [draw x month].

    days  [draw x month x band]  child-days of looked-after children
    mix   [band x placement] or [month x band x placement]
    """
    by_band, found = np.ascontiguousarray(np.moveaxis(days, 2, 0)), {}
    for name, share in zip(PLACEMENTS, np.moveaxis(mix, -1, 0), strict=True):
        some = [band for band in range(len(by_band)) if share[..., band].any()]  # most ages live in few placements
        found[name] = sum((by_band[band] * share[..., band] for band in some), np.zeros(days.shape[:2]))
    return found


def days_by_state(placed: np.ndarray, paid_as: tuple[str, ...]) -> dict:
    """Child-days by placement where placements are states, each [draw x month]; fostering by strangers alone.

    placed  [draw x month x state]  child-days; `paid_as` names what each state is
    """
    return {
        name: sum(placed[:, :, at] for at, paid in enumerate(paid_as) if paid == name)
        for name in dict.fromkeys([*PLACEMENTS, *paid_as])
    }


def placement_days(
    work: Workload,
    places: Places,
    kinship_share: np.ndarray | float,
    mix: np.ndarray,
    residential: np.ndarray,
    added_places: np.ndarray,
) -> dict[str, np.ndarray]:
    """Child-days by what is paid for, each [draw x month]: counted where placements are states, else by the mix of each
    age.

    mix, kinship_share  who is placed where, and the share of foster placements with relatives, where they are not
                        states
    residential         [month] or [draw x month]  multiple of residential child-days: levers, and drift of the mix
    added_places        [month]  in-house foster places added by a measure
    In-house homes and homes of the council fill first; what they cannot hold goes to agencies.
    """
    counted = work.placed is not None
    by_type = days_by_state(work.placed, PAID_AS) if counted else days_by_mix(work.days, mix)
    by_type, month_days = more_residential(by_type, residential), days_in(work.months)
    kinship = by_type["kinship"] if counted else by_type["fostering"] * kinship_share
    stranger = by_type["fostering"] - (0 if counted else kinship)
    in_house = np.minimum(stranger, (places.in_house_fostering + added_places) * month_days)
    own_home = np.minimum(by_type["residential"], places.own_home * month_days)
    split = {
        "in_house_fostering": in_house,
        "ifa_fostering": stranger - in_house,
        "kinship_fostering": kinship,
        "own_home": own_home,
        "private_residential": by_type["residential"] - own_home,
    }
    return {name: split[name] if name in split else by_type[paid.placement] for name, paid in PAID_FOR.items()}
