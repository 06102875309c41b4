"""Do forecasts made of returns hold what they promise? Invented councils read up to a day, forecast, and lived on.

    python tests/held_futures.py SEEDS [FIRST]     prints the share of true later counts inside their 80% ranges; a test tries a few
Five years of returns give start rates, leaving by age and time, moves, first placements and the children of the last day;
the engine lives them two years on; the council's true lives, which it has not seen, are counted beside. Rates come from the
returns alone: no country is pooled in, so that what is tested is what the returns tell.
"""

import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from forecast.case.ages import ADULT_AGE, CP_BANDS, LAC_BANDS, age_from
from forecast.case.months import DAYS_A_YEAR, month_edges, months_between
from forecast.demand import local
from forecast.demand.local import NAMES, PriorStrength, opening_of, places_drawn, pool_hazards, read_local, read_plans
from forecast.demand.pathways import calibration, engine
from forecast.demand.pathways.hazards import Hazards, Opening, Spread
from forecast.demand.rates import own_rate
from forecast.sources.cin import read_cin
from forecast.sources.ssda903 import read_returns
from invented import Oddities, Settings, invent, write

READ, AHEAD, DRAWS, SIZE = 5, 2, 1000, 1.0
TRUST = PriorStrength(0.5, 0.5, 0.5)  # next to nothing is known before
CELLS = 24
HORIZONS = {"1 year": 11, "2 years": 23}


def flat(seen: local.Seen, bands: list[str]) -> Hazards:
    """Everyone leaves at the crude rate: where the pooling starts from."""
    return Hazards(
        age_from(bands), ADULT_AGE, np.array([0.0]), np.full((len(bands), 1), seen.left.sum() / seen.days.sum())
    )


def ahead(hazards, spread_of_leaving, opening, starts, settings, seed, places=None):
    """Two years of futures: nothing drifts, but rates are only as sure as their counts."""
    months = months_between(
        f"{int(settings.first_year[:4]) + READ}-04", f"{int(settings.first_year[:4]) + READ + AHEAD}-03"
    )
    luck = np.random.default_rng([seed, len(starts)])
    rate = own_rate(starts, np.full(len(starts), float(READ)))
    bands = len(starts)
    spread = Spread.none(DRAWS, len(months), bands)
    # Families start together: the variance of a count over its mean is 2 m - 1 for geometric families of mean m, as the engine has them.
    sure = rate.shape / (2 * settings.mean_family - 1)
    spread = Spread(
        spread.start_factor,
        spread.leave_factor,
        luck.standard_gamma(sure, (DRAWS, bands)) / sure,
        spread_of_leaving.factors(luck, DRAWS),
        spread.demand,
    )
    edges = np.append(hazards.age_from, hazards.adult_age)
    cells = [np.linspace(low, high, CELLS + 1) for low, high in zip(edges[:-1], edges[1:], strict=True)]
    days = month_edges(months)
    expected = np.outer(np.diff(days) / DAYS_A_YEAR, rate.mean)
    stream = calibration.entrants(expected, cells, settings.mean_family)
    return engine.run(
        days,
        hazards,
        opening,
        stream,
        spread,
        np.ones((len(months), bands)),
        0.0,
        np.array([28.0]),
        183.0,
        seed,
        1,
        places,
    )


def starts_by_band(monthly, bands: list[str]) -> np.ndarray:
    counted = monthly.groupby("age_band")["starts"].sum()
    return np.array([counted.get(band, 0) for band in bands], float)


def inside(draws: np.ndarray, true: float) -> bool:
    low, high = np.quantile(draws, [0.1, 0.9])
    return bool(low <= true <= high)


def lac_judged(returns, truth, settings, seed) -> Counter:
    first, last = f"{returns.first_day:%Y-%m}", f"{returns.last_day:%Y-%m}"
    held = read_local(
        returns.exposure_by_year(),
        returns.entries(),
        returns.open_at_end(),
        returns.survival(),
        returns.last_day.isoformat(),
    )
    hazards, sure = pool_hazards(held.seen, flat(held.seen, LAC_BANDS), TRUST)
    opening, now = opening_of(held)
    paths = ahead(
        hazards,
        sure,
        opening,
        starts_by_band(returns.monthly_stock(first, last), LAC_BANDS),
        settings,
        seed,
        places_drawn(held, hazards, TRUST, now, settings.mean_family, np.random.default_rng([seed, 1])),
    )
    stock, found = truth["lac_stock"], Counter()
    kinds = {
        "residential": ("residential", "secure", "other_residential"),
        "kinship": ("kinship_fostering",),
        "supported": ("supported",),
    }
    for name, month in HORIZONS.items():
        true = stock[stock["month"] == settings.months[READ * 12 + month]]
        found["looked-after children", name, "judged"] += 1
        found["looked-after children", name, "inside"] += inside(
            paths.stock[:, month].sum(axis=1), true["children"].sum()
        )
        for kind, parts in kinds.items():
            states = [NAMES.index(kind), *([NAMES.index("uasc_supported")] if kind == "supported" else [])]
            found[kind, name, "judged"] += 1
            found[kind, name, "inside"] += inside(
                paths.placed.stock[:, month, states].sum(axis=(1, 2)),
                true.loc[true["placement"].isin(parts), "children"].sum(),
            )
    return found


def cp_judged(plans, truth, settings, seed) -> Counter:
    first, last = f"{plans.first_day:%Y-%m}", f"{plans.last_day:%Y-%m}"
    exposure = plans.exposure()
    seen = read_plans(exposure)
    hazards, sure = pool_hazards(seen, flat(seen, CP_BANDS), TRUST)
    stock = plans.stock(plans.last_day).set_index("age_band")["plans"]
    opening = cp_opening(seen, np.array([stock.get(band, 0) for band in CP_BANDS]))
    paths = ahead(hazards, sure, opening, starts_by_band(plans.monthly(first, last), CP_BANDS), settings, seed)
    flows, found = truth["cp_flows"], Counter()
    for name, month in HORIZONS.items():
        true = flows.loc[flows["month"] == settings.months[READ * 12 + month], "stock"].sum()
        found["child protection plans", name, "judged"] += 1
        found["child protection plans", name, "inside"] += inside(paths.stock[:, month].sum(axis=1), true)
    return found


def cp_opening(seen: local.Seen, children: np.ndarray) -> Opening:
    """The children on plans by age, as long on them as children of their age have been over the years."""
    edges = np.append(seen.edges, 2 * DAYS_A_YEAR + 365)
    low = np.append(age_from(CP_BANDS), ADULT_AGE)
    ages, sinces = [], []
    for band, count in enumerate(children):
        share = np.cumsum(seen.days[band]) / max(seen.days[band].sum(), 1)
        at = (np.arange(count) + 0.5) / max(count, 1)
        time = np.searchsorted(share, at)
        sinces.append(edges[time] + (edges[time + 1] - edges[time]) * ((np.arange(count) * 0.381966 + 0.5) % 1))
        ages.append(low[band] + (low[band + 1] - low[band]) * ((np.arange(count) * 0.618034) % 1))
    age = np.concatenate(ages)
    since = np.minimum(np.concatenate(sinces), age - low[0])
    order = np.lexsort((since, age))
    return Opening(int(children.sum()), age[order], since[order])


def judged(seed: int) -> Counter:
    """Of one council: later counts judged and inside their ranges, by kind and horizon."""
    settings = Settings(first_year="2018-19", years=READ + AHEAD, oddities=Oddities.none()).scaled(SIZE)
    council = invent(settings, seed)
    with tempfile.TemporaryDirectory() as folder:
        write(council, Path(folder))
        for later in settings.all_years[READ:]:
            for kind in ("ssda903", "cin"):
                shutil.rmtree(Path(folder) / kind / later)
        returns, plans = read_returns(Path(folder) / "ssda903"), read_cin(Path(folder) / "cin")
    truth = council.truth()
    return lac_judged(returns, truth, settings, seed) + cp_judged(plans, truth, settings, seed)


if __name__ == "__main__":
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    total = sum((judged(seed) for seed in range(first, first + int(sys.argv[1]))), Counter())
    for kind, horizon in dict.fromkeys((kind, horizon) for kind, horizon, _ in total):
        count = total[kind, horizon, "judged"]
        print(
            f"{kind:24s} {horizon:8s} {count:6,} counts, {total[kind, horizon, 'inside'] / count:.1%} inside the 80% range"
        )
