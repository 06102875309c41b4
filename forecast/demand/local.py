"""A council's own child-level rates: how fast children leave, where they first live and move, who is here now.

Counts of the returns, pooled step by step toward what is known already (Gamma-Poisson, closed form): all leaving toward
the country's, each age and time in care toward that level, each placement toward its age. Unaccompanied asylum-seeking
children are placements of their own, so that they start, move and leave at their own rates and stand on their own line.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from forecast.case.ages import ADULT_AGE, CP_BANDS, LAC_BANDS, age_from
from forecast.case.errors import BadInput
from forecast.demand.pathways.hazards import Hazards, Opening, Places
from forecast.demand.rates import JEFFREYS, Pooled, pool, pool_with_conflict

# State of the engine -> (what it is paid as, placements of the returns). Fostering by strangers is one state: what the
# council's own carers cannot hold goes to agencies.
STRANGERS = ("in_house_fostering", "ifa_fostering", "fostering_provider_unknown")
STATES = {
    "kinship": ("kinship", ("kinship_fostering",)),
    "fostering": ("fostering", STRANGERS),
    "placed_for_adoption": ("placed_for_adoption", ("placed_for_adoption",)),
    "with_parents": ("with_parents", ("with_parents",)),
    "residential": ("residential", ("residential", "secure")),
    "residential_school": ("residential_school", ("residential_school",)),
    "supported": ("supported", ("supported",)),
    "other": ("other", ("other",)),
    "uasc_fostering": ("fostering", (*STRANGERS, "kinship_fostering")),
    "uasc_supported": ("supported", ("supported",)),
    "uasc_other": (
        "other",
        ("other", "placed_for_adoption", "with_parents", "residential", "secure", "residential_school"),
    ),
}
NAMES = tuple(STATES)
PAID_AS = tuple(paid for paid, _ in STATES.values())
UASC = np.array([name.startswith("uasc") for name in NAMES])
MAY_MOVE = (UASC[:, None] == UASC[None, :]) & ~np.eye(len(NAMES), dtype=bool)  # [from x to]
TIME_FROM = {
    "under_4_weeks": 0.0,
    "4_to_13_weeks": 28.0,
    "3_to_6_months": 91.0,
    "6_to_12_months": 183.0,
    "1_to_2_years": 365.0,
    "2_to_5_years": 730.0,
    "over_5_years": 1826.0,
}
PLAN_TIME_FROM = {
    "under_3_months": 0.0,
    "3_to_6_months": 91.0,
    "6_to_12_months": 183.0,
    "1_to_2_years": 365.0,
    "over_2_years": 730.0,
}
PLAN_TIMES = tuple(PLAN_TIME_FROM)
TIMES, UNKNOWN, ADULT = tuple(TIME_FROM), "unknown", "leave_turned_18"
FOSTERED = {"kinship": "fostering"}  # counted within
LEAVES, MOVES = "leave_", "move_to_"
ONE_CHILD = 1.0  # worth of what is usual at other ages: a placement seen once is neither ruled out nor certain
TABLES = 256  # drawn of placements: more than a range's ends can tell apart
SPREAD = (5**0.5 - 1) / 2  # the golden section: its multiples fill the unit evenly


@dataclass(frozen=True)
class Seen:
    """Child-days and ends, [band x time] since the start; `edges` [time] is where each stretch begins, days."""

    days: np.ndarray
    left: np.ndarray
    edges: np.ndarray


@dataclass(frozen=True)
class Local:
    """What the returns of looked-after children count.

    days, left  [band x time x state]   child-days; ends of care, turning 18 left out
    lived       [band x state]          child-days of the last year alone
    moved       [band x state x state]  moves from one placement to another
    first       [band x state]          periods of care begun
    here        [band x time x state]   children looked after at the end of the last day
    survival    how long care lasts, by Kaplan and Meier and by hazards constant in bands
    current     whether that day is the origin of the forecast
    """

    days: np.ndarray
    left: np.ndarray
    lived: np.ndarray
    moved: np.ndarray
    first: np.ndarray
    here: np.ndarray
    survival: pd.DataFrame
    current: bool

    @property
    def seen(self) -> Seen:
        """All placements together."""
        return Seen(self.days.sum(axis=2), self.left.sum(axis=2), np.array(list(TIME_FROM.values())))

    @property
    def uasc_share(self) -> np.ndarray:
        """Share of looked-after children who are UASC, [band], on the last day; 0 where an age has none."""
        here = self.here.sum(axis=1)
        return _over(here[:, UASC].sum(axis=1), here.sum(axis=1))


def read_local(
    exposure: pd.DataFrame, entries: pd.DataFrame, here: pd.DataFrame, survival: pd.DataFrame, origin: str
) -> Local:
    """Tables of the returns as counts by age, time in care and placement of the engine.

    Child-days and events of unknown age or time say nothing of a rate and are left out. A child here now whose care
    began before the returns did has been here longer than they reach. Raises BadInput where a child here now is of
    unknown age: it cannot be lived on.
    """
    lost = here.loc[here["age_band"] == UNKNOWN, "children"].sum()
    if lost:
        raise BadInput(
            f"{lost:.0f} looked-after children on {here['day'].iloc[0]} have no date of birth. "
            "Put it into the Header and read the returns again."
        )
    known = exposure[(exposure["age_band"] != UNKNOWN) & (exposure["time_since_start"] != UNKNOWN)]
    last = known[known["year"] == known["year"].max()]
    leaves = [name for name in known if name.startswith(LEAVES) and name != ADULT]
    longest = float(here["longest"].iloc[0])
    oldest = TIMES[int(np.searchsorted(list(TIME_FROM.values()), longest, side="right")) - 1]
    placed = here.assign(time_since_start=here["time_since_start"].replace(UNKNOWN, oldest))
    return Local(
        _count(known, known["child_days"]),
        _count(known, known[leaves].sum(axis=1)),
        _count(last, last["child_days"]).sum(axis=1),
        _moves(known),
        _first(entries),
        _count(placed, placed["children"]),
        survival,
        here["day"].iloc[0] == origin,
    )


def read_plans(exposure: pd.DataFrame) -> Seen:
    """Child-days on plans and plans ended, by age and time since the start; those of unknown age are left out."""
    known = exposure[exposure["age_band"].isin(CP_BANDS)]
    at = (_places_in(CP_BANDS, known["age_band"]), _places_in(PLAN_TIMES, known["time_since_start"]))
    shape = (len(CP_BANDS), len(PLAN_TIMES))
    days, ends = (_totals(shape, at, known[column]) for column in ("child_days", "ends"))
    return Seen(days, ends, np.array(list(PLAN_TIME_FROM.values())))


def _places_in(names: tuple[str, ...], column: pd.Series) -> np.ndarray:
    return np.array([names.index(name) for name in column], int)


def _totals(shape: tuple[int, ...], at: tuple[np.ndarray, ...], weights: pd.Series) -> np.ndarray:
    """Totals of the weights of rows, each at its place in a table of that shape."""
    counts = np.zeros(shape)
    np.add.at(counts, at, weights.to_numpy(float))
    return counts


def _states(placement: pd.Series, uasc: pd.Series) -> np.ndarray:
    of = {(part, name.startswith("uasc")): at for at, (name, (_, parts)) in enumerate(STATES.items()) for part in parts}
    return np.array([of[pair] for pair in zip(placement, uasc.astype(bool), strict=True)], int)


def _count(table: pd.DataFrame, weights: pd.Series) -> np.ndarray:
    """Totals by [band x time x state]."""
    bands, times = _places_in(LAC_BANDS, table["age_band"]), _places_in(TIMES, table["time_since_start"])
    at = (bands, times, _states(table["placement"], table["uasc"]))
    return _totals((len(LAC_BANDS), len(TIMES), len(NAMES)), at, weights)


def _moves(table: pd.DataFrame) -> np.ndarray:
    """Moves between different placements, [band x state x state]; a change of carer within one is none."""
    bands, here = _places_in(LAC_BANDS, table["age_band"]), _states(table["placement"], table["uasc"])
    counts = np.zeros((len(LAC_BANDS), len(NAMES), len(NAMES)))
    for column in [name for name in table if name.startswith(MOVES)]:
        to = _states(pd.Series([column.removeprefix(MOVES)] * len(table)), table["uasc"])
        counts += _totals(counts.shape, (bands, here, to), table[column])
    return counts * (1 - np.eye(len(NAMES)))


def _first(table: pd.DataFrame) -> np.ndarray:
    known = table[table["age_band"] != UNKNOWN]
    at = (_places_in(LAC_BANDS, known["age_band"]), _states(known["placement"], known["uasc"]))
    return _totals((len(LAC_BANDS), len(NAMES)), at, known["starts"])


@dataclass(frozen=True)
class PriorStrength:
    """How far what was known before counts beside the council's own returns.

    level, cell  children's worth of evidence: of all leaving; of each age, time in care and placement
    conflict        chance that what was known of an age and time in care does not hold here
    """

    level: float
    cell: float
    conflict: float


def pool_hazards(seen: Seen, before: Hazards, prior: PriorStrength) -> tuple[Hazards, Pooled]:
    """Leaving hazards by age and time since the start, and each age's posterior against `before`."""
    days, left = seen.days, seen.left
    expected = days * by_time(before, seen.edges)
    level = pool(left.sum(), expected.sum(), prior.level)
    own = days * _over(left.sum(axis=0) + JEFFREYS, days.sum(axis=0))
    cells = pool_with_conflict(left, expected * level.mean, prior.cell, own, prior.conflict)
    ratio = level.mean * cells.mean
    cut = before
    for edge in seen.edges[1:]:
        cut = cut.with_break(edge)
    time = np.searchsorted(seen.edges, cut.duration_from, side="right") - 1
    by_age = _over((expected * ratio).sum(axis=1), expected.sum(axis=1), ratio.mean(axis=1))
    variance, whole = (expected**2 * ratio**2 / cells.shape).sum(axis=1), (expected * ratio).sum(axis=1)
    spread = _over(variance, whole**2, 1 / prior.cell)
    return replace(cut, per_day=cut.per_day * ratio[:, time]), Pooled(1 / spread, 1 / spread / by_age)


def by_time(hazards: Hazards, time_from: np.ndarray) -> np.ndarray:
    """The mean hazard within each stretch of time since the start, [band x time], by days of the stretch."""
    edges = np.append(time_from, hazards.adult_age)
    inside = np.append(hazards.duration_from, np.inf)
    overlap = np.minimum(edges[1:, None], inside[None, 1:]) - np.maximum(edges[:-1, None], inside[None, :-1])
    share = np.maximum(overlap, 0) / np.diff(edges)[:, None]
    return hazards.per_day @ share.T


def places_of(local: Local, hazards: Hazards, prior: PriorStrength, now: np.ndarray) -> Places:
    """Placements as states: leaving and moving of each age and placement, pooled toward all placements and all ages."""
    return placement_evidence(local, hazards, prior).central(now)


def places_drawn(
    local: Local, hazards: Hazards, prior: PriorStrength, now: np.ndarray, family: float, rng: np.random.Generator
) -> Places:
    """The same, and tables drawn as their counts leave them in conflict: rates are Gamma, shares Dirichlet.

    family  children who start together, on average, and first live together: the variance of a count over its mean is 2
            x family - 1
    """
    evidence = placement_evidence(local, hazards, prior)
    alike = 2 * family - 1

    def table() -> Places:
        pooled = (evidence.leaving, evidence.out)
        ratios = [rates.mean * rng.standard_gamma(rates.shape) / rates.shape for rates in pooled]
        first, to = rng.standard_gamma(evidence.first / alike), rng.standard_gamma(evidence.to)
        return evidence.places(*ratios, first, to, now[:0])

    return replace(evidence.central(now), drawn=tuple(table() for _ in range(TABLES)))


@dataclass(frozen=True)
class PlacementEvidence:
    """What the returns tell of placements, and how surely.

    leaving, out  [band x state]          posteriors: of leaving, against all placements together; of moving, against
                  `everyone`
    everyone      [state]                 moves per child per day, all ages
    expected      [band x state]          ends of care expected, were all placements alike
    first         [band x state]          children's worth of first placements
    to            [band x state x state]  children's worth of moves by where to
    """

    leaving: Pooled
    out: Pooled
    everyone: np.ndarray
    expected: np.ndarray
    first: np.ndarray
    to: np.ndarray

    def central(self, now: np.ndarray) -> Places:
        """The tables of the posterior means."""
        return self.places(self.leaving.mean, self.out.mean, self.first, self.to, now)

    def places(
        self, leaving: np.ndarray, out: np.ndarray, first: np.ndarray, to: np.ndarray, now: np.ndarray
    ) -> Places:
        """Tables of these ratios and weights; leaving by placement comes to that of all together."""
        whole = _over((self.expected * leaving).sum(axis=1), self.expected.sum(axis=1), 1.0)
        moving = (self.everyone * out)[:, :, None] * _shares(to)
        return Places(NAMES, _shares(first), moving, leaving / whole[:, None], now)


def placement_evidence(local: Local, hazards: Hazards, prior: PriorStrength) -> PlacementEvidence:
    """What the returns tell of placements. Raises BadInput where they hold no start of care at all."""
    expected = np.einsum("bts,bt->bs", local.days, by_time(hazards, local.seen.edges))
    days, out = local.days.sum(axis=1), local.moved.sum(axis=2)
    everyone = _over(out.sum(axis=0) + JEFFREYS, days.sum(axis=0))
    leaving, moving = pool(local.left.sum(axis=1), expected, prior.cell), pool(out, days * everyone, prior.cell)
    return PlacementEvidence(leaving, moving, everyone, expected, first_weights(local), moving_weights(local))


def lived_in(local: Local) -> np.ndarray:
    """Where children of each age have lived at all, [band x state]: nobody is sent where none of that age was."""
    return local.days.sum(axis=1) + local.here.sum(axis=1) + local.first > 0


def first_weights(local: Local) -> np.ndarray:
    """Where children first live, [band x state]: their own age's count and a child's worth of all ages'.

    Raises BadInput where the returns hold no start of care at all.
    """
    if not local.first.sum():
        raise BadInput(
            "the returns hold no start of care, so it cannot be told where children first live. "
            "Read a whole year or more."
        )
    lived = lived_in(local)
    return _toward(local.first, local.first.sum(axis=0) * np.where(lived.any(axis=1)[:, None], lived, 1))


def moving_weights(local: Local) -> np.ndarray:
    """Where children move to, [band x state x state]: the count of their age and a child's worth of all ages'."""
    usual = _shares(_toward(local.moved.sum(axis=0), local.moved.sum(axis=(0, 1)) * MAY_MOVE))
    return _toward(local.moved, usual * MAY_MOVE * lived_in(local)[:, None, :])


def _toward(counts: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """Children's worth along the last axis: the counts and one child's worth of what is usual; else 0."""
    before = _over(usual, np.broadcast_to(usual.sum(axis=-1, keepdims=True), usual.shape))
    return counts + ONE_CHILD * before


def _shares(weights: np.ndarray) -> np.ndarray:
    """Weights as shares along the last axis; 0 where there are none."""
    return _over(weights, np.broadcast_to(weights.sum(axis=-1, keepdims=True), weights.shape))


def opening_of(local: Local) -> tuple[Opening, np.ndarray]:
    """The very children of the last day and their placements, each cell's spread evenly over its ages and times."""
    band, time, state = (np.repeat(index, local.here[local.here > 0].astype(int)) for index in np.nonzero(local.here))
    low, edges = np.append(age_from(LAC_BANDS), ADULT_AGE), np.append(list(TIME_FROM.values()), ADULT_AGE)
    place = np.arange(band.size)
    age = low[band] + (low[band + 1] - low[band]) * ((place * SPREAD) % 1)
    since = edges[time] + (edges[time + 1] - edges[time]) * ((place * SPREAD**2 + 0.5) % 1)
    order = np.lexsort((since, age))
    return Opening(band.size, age[order], np.minimum(since, age)[order]), state[order]


def state_of_points(ages: np.ndarray, hazards: Hazards, counts: np.ndarray) -> np.ndarray:
    """A placement for each opening point: each age shared out as `counts` [band x state], else as all ages are."""
    whole = np.broadcast_to(counts.sum(axis=1, keepdims=True), counts.shape)
    reach = np.cumsum(_over(counts, whole, _over(counts.sum(axis=0), counts.sum())), axis=1)
    band = np.maximum(np.searchsorted(hazards.age_from, ages, side="right") - 1, 0)
    at = (np.arange(ages.size) * SPREAD) % 1
    return (at[:, None] * reach[band, -1:] > reach[band]).sum(axis=1)


def as_counted(lived: np.ndarray, placed: dict[str, float]) -> np.ndarray:
    """Child-days [band x state] so that the states of each placement hold the share of children that was counted in it.

    Within a placement, ages and states keep their shares; one in which nobody has lived yet is left as it is, empty.
    """
    paid = np.array([FOSTERED.get(name, name) for name in PAID_AS])
    shares = {name: lived[:, paid == name].sum() / lived.sum() for name in placed}
    counted = {name: children / sum(placed.values()) for name, children in placed.items()}
    return lived * np.array([_over(counted[name], shares[name]) for name in paid])


def _over(part: np.ndarray, whole: np.ndarray, otherwise: np.ndarray | float = 0.0) -> np.ndarray:
    """part / whole, and `otherwise` where the whole is 0."""
    part, whole = np.asarray(part, float), np.asarray(whole, float)
    return np.divide(part, whole, out=np.broadcast_to(np.asarray(otherwise, float), part.shape).copy(), where=whole > 0)
