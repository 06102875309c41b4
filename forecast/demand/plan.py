"""What one set of assumptions says of children, read once: the population, care of each group, norms of the fit."""

import numpy as np

from forecast.case import Assumptions
from forecast.case.ages import ADULT_YEARS, BAND_FROM_YEARS, CP_BANDS, LAC_BANDS
from forecast.case.lines import PLACEMENTS
from forecast.case.months import DAYS_A_WEEK
from forecast.demand.cache import Cache
from forecast.demand.caseload import (
    CarePlan,
    Demography,
    Elasticity,
    FamilyRates,
    FromPlans,
    Norms,
    PopulationPlan,
    Swing,
)
from forecast.demand.evidence import Evidence
from forecast.demand.front_door import REFERRALS, S47, FrontDoor
from forecast.demand.levers import Lever, Shock, Timing
from forecast.demand.placements import allowed
from forecast.demand.population import Arriving, Deaths, People
from forecast.demand.uasc import Stays

GROUPS = ("lac", "cp")
OF_PEOPLE = ("births", "moves_in", "family_streams")
TIMES = ("starts_after", "ramp", "lasts", "half_life")
SAYS_OF_PEOPLE = ("population.", "migration.", *(f"levers.{part}" for part in (*OF_PEOPLE, *TIMES)))
_PLANS = Cache(64)


def read_timing(a: Assumptions) -> Timing:
    """When levers act."""
    return Timing(*(a.value(f"levers.{part}") for part in TIMES))


def lever(a: Assumptions, key: str) -> Lever:
    """One lever; one that moves nothing has no timing."""
    return Lever() if a.value(key) == 1 else Lever(a.value(key), read_timing(a))


def shock(a: Assumptions, key: str) -> Shock:
    """One shock; one that moves nothing has no time."""
    times = a.value(key)
    return Shock() if times == 1 else Shock(times, a.value("shock.begins_after"), a.value("shock.lasts"))


def read_population(a: Assumptions) -> PopulationPlan:
    """Births, deaths and migration at the centre, without each named stream, and at each uncertain range's ends.

    Assumptions that say the same of these have the very same plan.
    """
    entries = {key: entry for key, entry in a.entries.items() if key.startswith(SAYS_OF_PEOPLE)}
    said = tuple((key, e.value, e.low, e.high, a.is_uncertain(key)) for key, e in entries.items())
    return _PLANS.get(said, lambda: _read_population(a))


def _read_population(a: Assumptions) -> PopulationPlan:
    follow = {group: f"population.{group}_elasticity" for group in GROUPS}
    values = {
        key: a.value(key)
        for key in a.keys()
        if key.startswith(("population.", "migration.")) and key not in follow.values()
    }
    moves = {key: lever(a, f"levers.{key}") for key in OF_PEOPLE}
    parts = [key.split(".") for key in values]
    streams = [part[1] for part in parts if part[0] == "migration" and part[-1] == "families"]

    def at(changed: dict[str, float]) -> Demography:
        return _demography(values | changed, moves, streams)

    def swing(key: str) -> Swing:
        stream = next((name for name in streams if key.startswith(f"migration.{name}.")), None)
        return Swing(key, stream, at({key: a.entry(key).low}), at({key: a.entry(key).high}))

    without = tuple((name, at({f"migration.{name}.families": 0.0})) for name in streams)
    swings = tuple(swing(key) for key in values if a.is_uncertain(key))
    return PopulationPlan(at({}), without, swings, tuple((group, _elasticity(a, key)) for group, key in follow.items()))


def _elasticity(a: Assumptions, key: str) -> Elasticity:
    entry = a.entry(key)
    return Elasticity(key, *((entry.value, entry.low, entry.high) if a.is_uncertain(key) else (entry.value,) * 3))


def _demography(values: dict[str, float], moves: dict[str, Lever], streams: list[str]) -> Demography:
    """One projection's plan from plain values by key."""

    def of(name: str, part: str) -> float:
        return values[f"migration.{name}.{part}"]

    people = People(
        births_growth=values["population.births_growth"],
        deaths=Deaths(values["population.deaths_under_1"], values["population.deaths_1_to_17"]),
        moving_in=tuple((flow, values[f"migration.{flow}"]) for flow in ("internal_in", "international_in")),
        moving_out=tuple((flow, values[f"migration.{flow}"]) for flow in ("internal_out", "international_out")),
        streams=tuple(
            Arriving(name, of(name, "families") * of(name, "children"), tuple(of(name, f"age_{b}") for b in LAC_BANDS))
            for name in streams
        ),
        **moves,
    )
    rates = (tuple((group, of(name, f"{group}_rate")) for group in GROUPS) for name in streams)
    families = zip(streams, (of(name, "arrive_on_plan") for name in streams), rates, strict=True)
    return Demography(people, tuple(FamilyRates(*one) for one in families))


def read_care(a: Assumptions) -> dict[str, CarePlan]:
    """What levers and shocks put on the starts and the leaving of each group."""
    by_band = {band: lever(a, f"levers.lac_starts_{band}") for band in ("under_1", "16_17")}
    door = read_front_door(a)
    cp = CarePlan(
        starts=lever(a, "levers.cp_starts"),
        starts_by_band=(Lever(),) * len(CP_BANDS),
        starts_shock=shock(a, "shock.cp_starts"),
        leaving_by_band=(lever(a, "levers.cp_leaving"),) * len(CP_BANDS),
        ends_shock=shock(a, "shock.cp_ends"),
        front_door=None if door.police_lever == door.assessment_lever == Lever() else door,
    )
    unmoved = cp.starts == Lever() and cp.starts_shock == Shock() and cp.front_door is None
    power = _elasticity(a, "front_door.care_from_plans")
    lac = CarePlan(
        starts=lever(a, "levers.lac_starts"),
        starts_by_band=tuple(by_band.get(band, Lever()) for band in LAC_BANDS),
        starts_shock=shock(a, "shock.lac_starts"),
        leaving_by_band=tuple(lever(a, f"levers.lac_leaving_{band}") for band in LAC_BANDS),
        ends_shock=Shock(),
        from_plans=None if unmoved else FromPlans(cp, power, a.value("front_door.months_to_care")),
    )
    return {"lac": lac, "cp": cp}


def read_front_door(a: Assumptions) -> FrontDoor:
    """Rates of the front door and the levers on it."""
    return FrontDoor(
        **{part: a.value(f"front_door.{part}") for part in ("contacts", "assessed", "police", "risk")},
        drift=tuple((step, a.value(f"front_door.{step}_drift")) for step in (S47, REFERRALS)),
        police_lever=lever(a, "levers.police_referrals"),
        assessment_lever=lever(a, "levers.assessments"),
    )


def group_norms(a: Assumptions) -> dict[str, Norms]:
    """LAC and CP: pooling weights, families, reviews."""
    value = a.value
    early = {"lac": value("proceedings.length") * DAYS_A_WEEK, "cp": 0.0}  # no proceedings on a plan
    at = {
        "lac": [value(f"reviews.lac_{which}") for which in ("first", "second", "third")],
        "cp": [value("reviews.cp_first")],
    }
    return {
        name: Norms(
            pool_starts=value(f"rates.{name}_starts_pool"),
            pool_age=value("rates.age_pool"),
            pool_leaving=value(f"rates.{name}_leaving_pool"),
            family=value(f"families.{name}"),
            review_at=np.array(at[name], float),
            review_every=value(f"reviews.{name}_every"),
            early=early[name],
            yearly=value(f"breaks.{name}_drift"),
            conflict=value("rates.pool_doubt"),
        )
        for name in GROUPS
    }


def may_live(a: Assumptions) -> np.ndarray:
    """Structural zeros of the placement mix, [band x placement]."""
    low = np.array([BAND_FROM_YEARS[band] for band in LAC_BANDS], float)
    youngest, oldest = (
        {name: a.value(row[end]) for name, row in PLACEMENTS.items() if end in row} for end in ("from_age", "to_age")
    )
    return allowed(low, np.append(low[1:], ADULT_YEARS), youngest, oldest)


def uasc_shares(a: Assumptions, evidence: Evidence) -> np.ndarray:
    """Share of looked-after children who are UASC, [band]: the council's own count, else assumed."""
    if evidence.local is not None:
        return evidence.local.uasc_share
    held = {band: a.value(f"placements.uasc_{band}") for band in ("10_15", "16_17")}
    return np.array([held.get(band, 0.0) for band in LAC_BANDS])


def uasc_stays(a: Assumptions) -> Stays:
    """At what age unaccompanied children arrive, and how they leave before 18."""
    return Stays(a.value("placements.uasc_arrive_under_16"), a.value("placements.uasc_leaving"))
