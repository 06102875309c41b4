"""What one set of assumptions says, in the shape the rooms need: norms, population, starts, levers, shocks, mix."""

from dataclasses import replace

import numpy as np

from forecast.case import Assumptions
from forecast.case.months import DAYS_A_WEEK, MONTHS_A_YEAR, months_between
from forecast.demand import caseload
from forecast.demand.caseload import Calibrated, Norms
from forecast.demand.central import TrendNorms, lean_by_month
from forecast.demand.evidence import ADULT_YEARS, BAND_FROM_YEARS, LAC_BANDS, Evidence
from forecast.demand.placements import allowed
from forecast.demand.population import Deaths, Population, Streams, births_by_month, by_month_of_age, project
from forecast.demand.rates import Drift
from forecast.demand.trend import earned
from forecast.demand.trend.earned import Record
from forecast.demand.trend.levels import Departures

EFFECT = "measure.effect"
LEVER_TIMES = ("levers.starts_after", "levers.ramp", "levers.lasts", "levers.half_life")


def group_norms(a: Assumptions) -> dict[str, Norms]:
    """LAC and CP: pooling weights, families, drift, reviews."""
    value = a.value
    early = {"lac": value("proceedings.length") * DAYS_A_WEEK, "cp": 0.0}  # no proceedings on a plan
    at = {
        "lac": [value(f"reviews.lac_{which}") for which in ("first", "second", "third")],
        "cp": [value("reviews.cp_first")],
    }
    return {
        name: Norms(
            value(f"rates.{name}_starts_pool"),
            value("rates.age_pool"),
            value(f"rates.{name}_leaving_pool"),
            value(f"families.{name}"),
            start_drift(a, name),
            start_drift(a, name).times(value(f"drift.{name}_leaving")),
            np.array(at[name], float),
            value(f"reviews.{name}_every"),
            early[name],
            trend_norms(a, name),
            value(f"breaks.{name}_drift"),
            value("drift.small"),
            value("rates.pool_doubt"),
        )
        for name in ("lac", "cp")
    }


def start_drift(a: Assumptions, group: str) -> Drift:
    """Practice drift of one group's start rates."""
    return Drift(*(a.value(f"drift.{group}_{part}") for part in ("starts", "memory", "steps_a_month", "today")))


def trend_norms(a: Assumptions, group: str) -> TrendNorms:
    """What the central path of one group takes from each trend."""
    value = a.value
    return TrendNorms(
        {method: value(f"trend.{group}_{method}") for method in earned.METHODS},
        Record(value(f"trend.{group}_error"), value(f"trend.{group}_error_no_change"), 0),
        value("trend.own_record_worth"),
        value("trend.growth_persistence"),
        Departures(*(value(f"trend.{group}_{part}") for part in ("lasting", "passing", "kept", "family"))),
    )


def family_streams(a: Assumptions) -> list[str]:
    """Named streams of families: every `migration.NAME.families`."""
    parts = [key.split(".") for key in a.keys()]
    return [part[1] for part in parts if part[0] == "migration" and part[-1] == "families"]


def population_of(a: Assumptions, evidence: Evidence, months: list[str], changed: dict[str, float]) -> Population:
    """The population under one scenario; `changed` replaces some values (to see how much each matters)."""

    def value(key: str) -> float:
        return changed.get(key, a.value(key))

    since = (
        len(months_between(f"{evidence.births_mid_year}-01", months[0])) - 1
    )  # births run to mid-year: centred on 1 January
    births = births_by_month(evidence.births, value("population.births_growth"), since, len(months))
    births = births * lever(a, "births", months)
    flows = ("internal_in", "international_in", "internal_out", "international_out")
    rates = {flow: value(f"migration.{flow}") * np.ones(len(months)) for flow in flows}
    more, moved = lever(a, "moves_in", months), lever(a, "family_streams", months)[:, None]
    streams = Streams(
        {flow: rate * more for flow, rate in rates.items() if flow.endswith("_in")},
        {flow: rate for flow, rate in rates.items() if flow.endswith("_out")},
        {name: families_by_age(value, name, len(months)) * moved for name in family_streams(a)},
    )
    deaths = Deaths(value("population.deaths_under_1"), value("population.deaths_1_to_17"))
    return project(by_month_of_age(evidence.children), births, deaths, streams)


def families_by_age(value, name: str, months: int) -> np.ndarray:
    """Children of a named stream who arrive each month by month of age, [month x month of age]."""
    children = value(f"migration.{name}.families") * value(f"migration.{name}.children")
    edges = np.array([BAND_FROM_YEARS[band] for band in LAC_BANDS] + [ADULT_YEARS]) * MONTHS_A_YEAR
    share = np.array([value(f"migration.{name}.age_{band}") for band in LAC_BANDS])
    by_age = np.repeat(share / share.sum() / np.diff(edges), np.diff(edges)) * children
    return np.tile(by_age, (months, 1))


def arrivals_on_plan(value, name: str, months: int) -> np.ndarray:
    """Children of a named stream who arrive with a plan open, [month x LAC band]."""
    return caseload.by_band_of_months(families_by_age(value, name, months)) * value(f"migration.{name}.arrive_on_plan")


def demand_of(a: Assumptions, fit: Calibrated, people: Population, months: list[str], changed: dict | None = None):
    """Expected starts of one group under one scenario's levers."""
    changed = changed or {}

    def value(key: str) -> float:
        return changed.get(key, a.value(key))

    group = "cp" if fit.group.bands[0] == "unborn" else "lac"
    relative = {name: value(f"migration.{name}.{group}_rate") for name in family_streams(a)}
    arrivals = np.zeros((len(months), len(LAC_BANDS)))
    if group == "cp":
        moved = lever(a, "family_streams", months)[:, None]
        arrivals = sum((arrivals_on_plan(value, name, len(months)) * moved for name in family_streams(a)), arrivals)
    wanted = caseload.demand(fit, people, relative, arrivals)
    return replace(wanted, starts=wanted.starts * start_lever(a, group, fit.group.bands, months))


def start_lever(a: Assumptions, group: str, bands: list[str], months: list[str]) -> np.ndarray:
    """What levers and shocks put on starts, [month x band]."""
    every = lever(a, f"{group}_starts", months) * shock(a, f"{group}_starts", months)
    by_band = np.ones((len(months), len(bands)))
    for band in ("under_1", "16_17") if group == "lac" else ():
        by_band[:, bands.index(band)] = lever(a, f"lac_starts_{band}", months)
    return every[:, None] * by_band


def leaving(a: Assumptions, fit: Calibrated, months: list[str]) -> np.ndarray:
    """What levers, shocks and the central path put on leaving, [month x band]."""
    return leave_lever(a, fit.group.bands, months) * np.exp(-lean_by_month(fit.trend, len(months)) / 2)[:, None]


def leave_lever(a: Assumptions, bands: list[str], months: list[str]) -> np.ndarray:
    """What levers and shocks put on leaving, [month x band]."""
    if bands[0] == "unborn":
        every = lever(a, "cp_leaving", months) * shock(a, "cp_ends", months)
        return np.repeat(every[:, None], len(bands), axis=1)
    return np.stack([lever(a, f"lac_leaving_{band}", months) for band in bands], axis=1)


def lever(a: Assumptions, name: str, months: list[str]) -> np.ndarray:
    """A lever's multiplier month by month, [month]: from 1 to its value over the ramp."""
    return 1 + (a.value(f"levers.{name}") - 1) * ramp(a, months)


def ramp(a: Assumptions, months: list[str]) -> np.ndarray:
    """How far levers act in each month, 0 to 1, [month]: they rise over the ramp and, once they have lasted, fade."""
    begun = np.arange(1, len(months) + 1) - a.value("levers.starts_after")
    fading = np.maximum(begun - a.value("levers.lasts"), 0) / a.value("levers.half_life")
    return np.clip(begun / max(a.value("levers.ramp"), 1), 0, 1) * 0.5**fading


def measure_months(a: Assumptions, months: list[str]) -> np.ndarray:
    """How far a measure is paid for in each month, 0 or 1, [month]."""
    month = np.arange(len(months)) - a.value("measure.begins_after")
    return ((month >= 0) & (month < a.value("measure.lasts"))).astype(float)


def measure_begins(a: Assumptions, months: list[str]) -> np.ndarray:
    """1 in the month in which a measure is set up, [month]."""
    return (np.arange(len(months)) == a.value("measure.begins_after")).astype(float)


def at_effect(a: Assumptions, share: float) -> Assumptions:
    """The same scenario with that share of its levers' effect, and no doubt left about it."""
    moved = {
        key: a.entry(key).model_copy(update={"value": _with_share(a, key, share)}) for key in a.keys() if _acts(key)
    }
    certain = a.entry(EFFECT).model_copy(update={"value": share, "low": share, "high": share})
    return replace(a, entries=a.entries | moved | {EFFECT: certain})


def _acts(key: str) -> bool:
    return key.startswith("levers.") and key not in LEVER_TIMES


def _with_share(a: Assumptions, key: str, share: float) -> float:
    """A lever with part of its effect: multipliers move from 1, places from 0, within what the catalogue allows."""
    item = a.catalogue.items[key]
    still = 1.0 if item.unit == "multiplier" else 0.0
    return float(np.clip(still + (a.value(key) - still) * share, item.minimum, item.maximum))


def shock(a: Assumptions, name: str, months: list[str]) -> np.ndarray:
    """A shock's multiplier month by month, [month]."""
    month = np.arange(len(months))
    first = a.value("shock.begins_after")
    inside = (month >= first) & (month < first + a.value("shock.lasts"))
    return np.where(inside, a.value(f"shock.{name}"), 1.0)


def may_live(a: Assumptions) -> np.ndarray:
    """Structural zeros of the placement mix, [band x placement]."""
    low = np.array([BAND_FROM_YEARS[band] for band in LAC_BANDS], float)
    youngest = {
        "residential": a.value("placements.residential_from_age"),
        "residential_school": a.value("placements.residential_school_from_age"),
        "supported": a.value("placements.supported_from_age"),
    }
    oldest = {"placed_for_adoption": a.value("placements.adoption_to_age")}
    return allowed(low, np.append(low[1:], ADULT_YEARS), youngest, oldest)


def uasc_shares(a: Assumptions, evidence: Evidence) -> np.ndarray:
    """Share of looked-after children who are unaccompanied asylum seekers, [band]: the council's own count, else assumed."""
    if evidence.local is not None:
        return evidence.local.uasc_share
    held = {band: a.value(f"placements.uasc_{band}") for band in ("10_15", "16_17")}
    return np.array([held.get(band, 0.0) for band in LAC_BANDS])
