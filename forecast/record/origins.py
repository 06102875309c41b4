"""Rolling origins: every method at every origin of every council, on what was published by then, and how it scored."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from scipy.special import ndtri

from forecast.demand import caseload, trend
from forecast.demand.caseload import Calibrated, Norms
from forecast.demand.trend import national, pooled
from forecast.demand.trend.earned import METHODS as TRENDS
from forecast.demand.trend.earned import Record
from forecast.record import chain, scores
from forecast.record.chain import CannotRun, England, Known
from forecast.record.panel import MEASURES, Panel, as_known
from forecast.record.parallel import spread

FORECAST, RATES = "forecast", "rates as they are"
NO_POPULATION, FULL_POPULATION = "without population", "population in full"
OWN_WALK, POOLED, AVERAGE, ENSEMBLE = "own random walk", "pooled walk", "quantile average", "ensemble"
CHAIN = (FORECAST, RATES, NO_POPULATION, FULL_POPULATION)
POPULATION_WORTH = (NO_POPULATION, FULL_POPULATION)
EVERY_METHOD = (*CHAIN, OWN_WALK, POOLED, *trend.METHODS, AVERAGE, ENSEMBLE)
MIXED = {AVERAGE: (POOLED, RATES), ENSEMBLE: (FORECAST, POOLED, "half national", "local level")}
HORIZONS = (1, 2, 3)
MONTHS = 36
FIRST_ORIGIN = 2011
LEAST_CHANGES = 5  # yearly changes a council's own walk needs
SEED_BYTES = 6
PERFECT = Record(0.0, 1.0, 0)  # with it a variant keeps its shares whatever the council's own record
CERTAIN = 1e9  # forecasts
YEARS_OF_GROWTH = 3


@dataclass(frozen=True)
class Settings:
    """What every forecast of a back-test needs.

    changes  the pooled walk's table
    """

    panel: Panel
    england: England
    norms: dict[str, Norms]
    changes: pd.DataFrame
    methods: tuple[str, ...]
    draws: int
    seed: int


def run(
    settings: Settings, workers: int = 1, cluster: str | None = None, said: Callable[[str], None] = lambda text: None
) -> pd.DataFrame:
    """One row for each council, measure, method, origin and horizon whose outturn is known. The same whoever works."""
    years = settings.panel.figures.index.get_level_values("year")
    tasks = [(measure, origin) for origin in range(FIRST_ORIGIN, int(years.max())) for measure in MEASURES]
    parts, found = [], spread(partial(one_origin, settings), tasks, workers, cluster)
    for (measure, origin), part in zip(tasks, found, strict=True):
        parts.append(part)
        said(f"{len(parts)} of {len(tasks)}: {measure.upper()} from 31 March {origin}, {len(part):,} forecasts scored")
    return pd.concat(parts, ignore_index=True)


def one_origin(settings: Settings, task: tuple[str, int]) -> pd.DataFrame:
    """Every council at one origin."""
    measure, origin = task
    known, england = as_known(settings.panel, origin), settings.england
    of_chain = set(settings.methods) & {*CHAIN, AVERAGE, ENSEMBLE}
    country = chain.england_fit(measure, origin, england) if of_chain else None
    rows = []
    for council in settings.panel.councils:
        if (council, origin) in known.index:
            here = Known(measure, origin, known.loc[council], england.by_year.loc[:origin])
            if here.counts.size and here.counts.index[-1] == origin:
                rows += one_council(settings, council, here, country)
    return pd.DataFrame(rows)


def one_council(settings: Settings, council: str, known: Known, country) -> list[dict]:
    """Every method for one council at one origin, scored."""
    column = MEASURES[known.measure][0]
    outturns = {h: settings.panel.figures[column].get((council, known.origin + h), np.nan) for h in HORIZONS}
    outturns = {h: value for h, value in outturns.items() if np.isfinite(value)}
    if not outturns:
        return []
    seed = number(settings.seed, council, known.measure, known.origin)
    results = forecasts(settings, known, country, seed)
    rows = []
    for method in settings.methods:
        if method in results:
            rows += _rows(settings, council, known, method, results[method], outturns)
    return rows


@dataclass(frozen=True)
class Result:
    """What one method said: yearly draws [draw x horizon], the method whose draws they are, and its verdict."""

    draws: np.ndarray
    used: str
    verdict: str


def forecasts(settings: Settings, known: Known, country, seed: int) -> dict[str, Result]:
    """Method -> what it said, for the methods asked for (and those that mixtures need)."""
    wanted = set(settings.methods)
    for mixed, parts in MIXED.items():
        wanted |= set(parts) if mixed in wanted else set()
    draws = settings.draws
    results = _own_walk(known, draws) | _from_chain(settings, known, country, seed, wanted)
    if POOLED in wanted:
        results[POOLED] = _pooled(settings, known)
    results |= {method: _from_trend(method, known, draws, seed) for method in trend.METHODS if method in wanted}
    for mixed, mix in ((AVERAGE, pooled.quantile_average), (ENSEMBLE, pooled.mixture)):
        if mixed in wanted:
            results[mixed] = Result(mix(*(results[part].draws for part in MIXED[mixed])), mixed, "closed form")
    return results


def _yearly(paths: np.ndarray) -> np.ndarray:
    """[draw x month] to [draw x horizon]: the months in which the years end."""
    return paths[:, np.array(HORIZONS) * 12 - 1]


def _own_walk(known: Known, draws: int) -> dict[str, Result]:
    """The bar: the last count, normal, with the deviation of the council's own yearly changes, by the root of time.

    Counts published rounded are left out, and at least five changes are asked for: fewer make it worse. It knows no
    floor, as none was given to it.
    """
    counts = known.counts[~known.rounded]
    change = counts.diff()[counts.index.to_series().diff() == 1].dropna()
    if change.size < LEAST_CHANGES:
        return {}
    ranks = (np.arange(draws) + 0.5) / draws
    spread_ = change.std(ddof=1) * np.sqrt(HORIZONS)
    return {OWN_WALK: Result(counts.iloc[-1] + ndtri(ranks)[:, None] * spread_, OWN_WALK, "closed form")}


def _pooled(settings: Settings, known: Known) -> Result:
    """As many councils of this size moved."""
    walk = pooled.pooled_walk(settings.changes, known.measure, known.counts.iloc[-1], MONTHS, settings.draws)
    return Result(_yearly(walk), POOLED, "closed form")


def _from_chain(settings: Settings, known: Known, country, seed: int, wanted: set[str]) -> dict[str, Result]:
    """The pathways forecast and its variants; where the chain cannot run, the pooled walk stands in and says so."""
    asked = [method for method in CHAIN if method in wanted]
    if not asked:
        return {}
    norms = settings.norms[known.measure].of_size(max(known.counts.iloc[-1], 1))
    try:
        fit = chain.calibrate(known, settings.england, norms, country)
    except CannotRun as reason:
        instead = replace(_pooled(settings, known), verdict=f"fell back to {POOLED}: {reason}")
        return dict.fromkeys(asked, instead)
    people = chain.children_ahead(known, settings.england, MONTHS)
    return {
        method: Result(_live(fit, variant(norms, method), people, settings.draws, seed), method, "converged")
        for method in asked
    }


def variant(norms: Norms, method: str) -> Norms:
    """The norms with the trend's shares as a variant of the forecast has them."""
    trend_ = norms.trend
    if method == RATES:
        shares = dict.fromkeys(TRENDS, 0.0) | {"rates": 1.0, "population": 1.0}
        return replace(norms, trend=replace(trend_, shares=shares, many=PERFECT, worth=CERTAIN))
    if method in POPULATION_WORTH:
        shares = trend_.shares | {"population": float(method == FULL_POPULATION)}
        return replace(norms, trend=replace(trend_, shares=shares))
    return norms


def _live(fit: Calibrated, norms: Norms, people, draws: int, seed: int) -> np.ndarray:
    fit = caseload.on_central_path(fit, norms, chain.starts_ahead(fit, people))
    return _yearly(chain.live(fit, norms, people, draws, seed).stock.sum(axis=2).astype(float))


def _from_trend(method: str, known: Known, draws: int, seed: int) -> Result:
    """One method of the trend room on the council's counts, 31 March as the month of March."""
    counts = known.counts
    series = trend.tidy([f"{year}-03" for year in counts.index], counts.to_numpy(), known.children)
    growth = national.yearly_growth(known.england[known.measure])
    recent = float(growth.iloc[-YEARS_OF_GROWTH:].mean()) if growth.size else None
    found = trend.forecast(method, series, MONTHS, draws, seed, national_growth=recent)
    return Result(_yearly(found.paths), found.used, found.verdict)


def _rows(
    settings: Settings, council: str, known: Known, method: str, result: Result, outturns: dict[int, float]
) -> list[dict]:
    rows = []
    change = known.counts.diff().abs().mean()
    scale = 0.0 if np.isnan(change) else change  # with one count there is no change: MASE leaves it out and says so
    for at, horizon in enumerate(HORIZONS):
        if horizon in outturns:
            draws, outturn = result.draws[:, at], np.array([outturns[horizon]])
            low, middle, high = np.quantile(draws, [0.1, 0.5, 0.9])
            rows.append(
                {
                    "council": council,
                    "measure": known.measure,
                    "method": method,
                    "origin": known.origin,
                    "horizon": horizon,
                    "outturn": outturn[0],
                    "p10": low,
                    "p50": middle,
                    "p90": high,
                    "crps": scores.crps(draws[None], outturn)[0],
                    "pit": scores.pit(draws[None], outturn)[0],
                    "last": known.counts.iloc[-1],
                    "scale": scale,
                    "used": result.used,
                    "verdict": result.verdict,
                    "name": settings.panel.names[council],
                }
            )
    return rows


def number(*parts) -> int:
    """A seed of its own for each council, measure and origin, whichever machine works on it."""
    text = " ".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:SEED_BYTES], "big")
