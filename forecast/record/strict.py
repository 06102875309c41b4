"""The record in strict time: every figure of a forecast at an origin comes from outturns known at that origin.

Councils with an odd DfE code are forecast with figures from those with an even one, and the other way about, so that no
council is forecast with figures that its own outturns made. Every method has one interface: a `Case` in, draws out.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import ndtri, stdtr

from forecast.demand import totals, trend
from forecast.demand.totals import CP, DEGREES, Figures
from forecast.demand.trend import national
from forecast.demand.trend.levels import Departures
from forecast.demand.trend.past import Past
from forecast.record import scores
from forecast.record.panel import MEASURES, UASC, CannotRun, Known, Panel, as_known, tunes
from forecast.record.parallel import number, spread
from forecast.sources.counting import read_rows

CLOSED, OWN_WALK, POOLED, NO_CHANGE = "forecast", "own random walk", "pooled walk", "no change"
HORIZONS = np.array([1, 2, 3])
FIRST_ORIGIN = 2011
LEAST_COUNT = 20  # children: below it a change of a few is a large logarithm; such counts are scored, and teach nothing
LEAST_LEVEL = 30  # children, the same for how councils depart from England
MOST_SURPRISE = 9.0  # three standard deviations, squared: a recording error in one year does not set the model
OVERLAP = 3.0  # horizons of one origin share their years: three misses count as one
LEAST_CHANGES = 5  # yearly changes a council's own walk needs
NEAREST = 300  # past changes of the councils nearest in size that make the pooled walk
FEW = 30  # fewer changes than this make no quantiles: the year before, wider by the root of time, stands in
RESAMPLES = 50
ROUNDS = 3
FINE = 6  # decimals kept of a figure: beyond them an optimiser differs from machine to machine
PAIRS = 1000  # resamples of a paired interval
THIRDS_OF = {"last": ("small", "middling", "large"), "volatility": ("calm", "usual", "volatile")}  # councils
# of children or of spend -> name of a figure -> unit, and how it is found
ABOUT: dict[str, dict[str, tuple[str, str]]] = {"children": {}, "spend": {}}
for row in read_rows(Path(__file__).with_name("figures.csv")):
    ABOUT[row["of"]][row["name"]] = (row["unit"], row["how"])
COMMAND = "forecast calibrate --panel PANEL --editions EDITIONS --write"
EVEN, ODD = "even codes", "odd codes"  # which councils taught
ROW = ("method", "horizon", "outturn", "p10", "p50", "p90", "crps", "pit")
# What plain sense says before any outturn is known: value, and how far outturns may easily move it.
BEFORE = {
    "follow": (1.0, 0.2),  # councils go where England's numbers point
    "momentum": (0.0, 0.1),  # last year's change does not go on
    "uasc": (0.0, 0.3),  # those who turn 18 are followed by others
    "spread": (np.log(0.1), 1.0),  # a tenth in a year
    "size": (0.5, 0.5),
    "horizon": (0.5, 0.2),  # misses grow with the root of time, as a walk's do
    "own": (0.5, 0.25),  # half of what a council's own past says of its volatility lasts
}
SIMPLEX = {"maxiter": 600, "xatol": 1e-2, "fatol": 1e-2}
BEFORE_DEPARTURES = np.array([np.log(0.3), np.log(0.2), 1.0, 1.0])  # lasting, passing, log odds kept, log family; SD 1


def history(known: Known) -> Past | None:
    """One council's counts beside England's; None where the last is 0, which no logarithm has.

    Where its children are not known it has no departure from England, and no return is expected of it.
    """
    counts = known.counts[known.counts > 0]
    if known.counts.iloc[-1] == 0:
        return None
    if known.measure == CP:
        with suppress(CannotRun):
            return known.past()
    years = counts.index.to_numpy() + totals.MARCH
    return Past(years, counts.to_numpy(), np.zeros(counts.size), known.england[known.measure].dropna())


def uasc_share(known: Known) -> dict[float, float]:
    """Time of each count -> share of LAC who are unaccompanied asylum-seeking children, where it is known."""
    if known.measure == CP or UASC not in known.council:
        return {}
    share = (known.council[UASC] / known.counts).replace(np.inf, np.nan).dropna().clip(upper=1)
    return dict(zip(share.index + totals.MARCH, share, strict=True))


def examples(pasts: dict[str, Past], expected: float | Departures, uasc: dict[str, dict[float, float]]) -> pd.DataFrame:
    """Every past forecast one to three years ahead whose outturn is known, a row each.

    council, at (place of the count in its past), origin, years (ahead), count (at the origin), expected (log change),
    own (log change of the year before; 0 for plans, whose changes do not go on), uasc (share), change (log, that came)
    """
    growth, rows = {}, []
    for council, past in pasts.items():
        place = {round(float(year), 2): at for at, year in enumerate(past.years)}
        for year, at in place.items():
            later = [(h, place[round(year + h, 2)]) for h in HORIZONS if round(year + h, 2) in place]
            if not later or past.counts[at] < LEAST_COUNT:
                continue
            seen = Past(past.years[: at + 1], past.counts[: at + 1], past.departure[: at + 1], past.country)
            if isinstance(expected, Departures):
                ahead, own = totals.expected_change(seen, expected, HORIZONS), 0.0
            else:
                if year not in growth:
                    growth[year] = totals.expected_change(past.until(past.years[at]), expected, HORIZONS)
                ahead, own = growth[year], totals.last_change(seen)
            count, share = past.counts[at], uasc.get(council, {}).get(past.years[at], 0.0)
            rows += [
                (council, at, year, h, count, ahead[h - 1], own, share, np.log(past.counts[to] / count))
                for h, to in later
            ]
    return pd.DataFrame(
        rows, columns=["council", "at", "origin", "years", "count", "expected", "own", "uasc", "change"]
    )


def departures(pasts: list[Past], weight: np.ndarray | None = None) -> Departures:
    """How councils depart from England: the likeliest, plain sense included; surprises are capped.

    weight  [council] how often each is counted; None: once
    """
    years = np.unique(np.concatenate([past.years for past in pasts])) if pasts else np.zeros(0)
    used = np.zeros((len(pasts), years.size), bool)
    away, chance = np.zeros(used.shape), np.zeros(used.shape)
    for row, past in enumerate(pasts):
        usual = (past.counts >= LEAST_LEVEL) & (past.departure != 0)
        at = np.searchsorted(years, past.years[usual])
        used[row, at], away[row, at], chance[row, at] = True, past.departure[usual], 1 / past.counts[usual]
    weight, both = np.ones(len(pasts)) if weight is None else weight, used[:, :, None] & used[:, None, :]

    def model(at: np.ndarray) -> Departures:
        lasting, passing, family = np.exp(at[[0, 1, 3]])
        return Departures(lasting, passing, 1 / (1 + np.exp(-at[2])), family)

    def misfit(at: np.ndarray) -> float:
        held = model(at)
        own = np.where(used, held.family * chance, 1.0)[:, :, None] * np.eye(years.size)
        root = np.linalg.cholesky(np.where(both, held.covariance(years, years), 0.0) + own)
        surprise = np.linalg.solve(root, away[:, :, None])[:, :, 0]
        logs = np.log(np.diagonal(root, axis1=1, axis2=2)) + np.minimum(surprise**2, MOST_SURPRISE) / 2
        return float(weight @ logs.sum(axis=1) + ((at - BEFORE_DEPARTURES) ** 2).sum() / 2)

    return model(minimize(misfit, BEFORE_DEPARTURES, method="Nelder-Mead", options=SIMPLEX).x)


def persistence(country: pd.Series) -> float:
    """Share of a departure of England's growth from its mean pace left a year later: the first autocorrelation."""
    growth = national.yearly_growth(country)
    away = (growth - growth.mean()).to_numpy()
    return float(np.clip((away[1:] * away[:-1]).sum() / (away**2).sum(), 0, 1))


def volatilities(rows: pd.DataFrame, pasts: dict[str, Past], figures: Figures) -> np.ndarray:
    """Each example's council's own volatility, as seen at its origin, [example]."""
    seen = {council: totals.volatility(past, figures) for council, past in pasts.items()}
    return np.array([seen[council][at] for council, at in zip(rows["council"], rows["at"], strict=True)])


def misses(rows: pd.DataFrame, pasts: dict[str, Past], figures: Figures) -> np.ndarray:
    """How many scales each outturn fell from the median, [example]."""
    middle = figures.follow * rows["expected"] + figures.momentum * rows["own"] + figures.uasc * rows["uasc"]
    scale = totals.scale(figures, rows["count"], rows["years"], volatilities(rows, pasts, figures))
    return ((rows["change"] - middle) / scale).to_numpy()


def shape(
    rows: pd.DataFrame, pasts: dict[str, Past], expected: float | Departures, weight: np.ndarray | float = 1.0
) -> Figures:
    """The median and the spread that make past outturns likeliest, with what plain sense said before; `memory` is 0.

    A council's volatility is against the usual, which is what is sought: it is worked out anew in each of three rounds.
    """
    read = rows[["expected", "own", "uasc"]].to_numpy(float)
    change, count = (rows[name].to_numpy(float) for name in ("change", "count"))
    few, ahead = np.log1p(totals.SMALL / count), np.log(rows["years"].to_numpy(float))
    before, moved = np.array(list(BEFORE.values())).T
    at, log_volatile = before, np.zeros(len(rows))

    def misfit(at: np.ndarray) -> float:
        log_scale = at[3] + at[4] * few + at[5] * ahead + at[6] / 2 * log_volatile
        away = (change - read @ at[:3]) * np.exp(-log_scale)
        each = log_scale + (DEGREES + 1) / 2 * np.log1p(away**2 / DEGREES)
        return float((weight * each).sum() / OVERLAP + (((at - before) / moved) ** 2).sum() / 2)

    for _ in range(ROUNDS):
        at = minimize(misfit, at, method="BFGS").x
        log_volatile = np.log(volatilities(rows, pasts, Figures(*at, 0.0, expected)))
    return Figures(*at.round(FINE) + 0.0, 0.0, expected)


def memory(rows: pd.DataFrame, pasts: dict[str, Past], figures: Figures) -> float:
    """How ranks of different years correlate: the power of the ratio of two horizons, mean of the three pairs."""
    ranks = rows.assign(rank=ndtri(stdtr(DEGREES, misses(rows, pasts, figures))))
    together = ranks.pivot_table(index=["council", "origin"], columns="years", values="rank").corr()
    pairs = [(1, 2), (1, 3), (2, 3)]
    return float(np.mean([-np.log(together.at[a, b]) / np.log(b / a) for a, b in pairs]))


def estimate(known: dict[str, Known], pasts: dict[str, Past]) -> tuple[Figures, pd.DataFrame]:
    """The figures of one measure from the pasts of some of the known councils alone and its examples."""
    one = next(iter(known.values()))
    found = departures(list(pasts.values())) if one.measure == CP else persistence(one.england[one.measure])
    rows = examples(pasts, found, {council: uasc_share(known[council]) for council in pasts})
    return shape(rows, pasts, found), rows


@dataclass(frozen=True)
class Case:
    """One council at one origin: all that a method may see.

    known    the council's figures and England's to the origin, as they were then
    counts   year -> children; the last is that of the origin
    exact    year -> children, without the counts published rounded
    past     its counts beside England's; None where the last is 0
    figures  of the closed form, from other councils' outturns known then
    changes  those outturns: years ahead -> (log count, log change) of each
    """

    council: str
    known: Known
    counts: pd.Series
    exact: pd.Series
    past: Past | None
    figures: Figures
    changes: dict[int, tuple[np.ndarray, np.ndarray]]
    draws: int
    seed: int

    @property
    def ranks(self) -> np.ndarray:
        return (np.arange(self.draws) + 0.5) / self.draws


def closed_form(case: Case) -> np.ndarray:
    if case.past is None:
        return np.zeros((case.draws, HORIZONS.size))
    share = uasc_share(case.known).get(case.past.years[-1], 0.0)
    return totals.ahead(case.past, case.figures, HORIZONS, share).quantiles(case.ranks)


def own_walk(case: Case) -> np.ndarray | None:
    """The bar: the last count, normal, with the standard deviation of the council's own yearly changes.

    It grows with the root of time. Counts published rounded are left out, and five changes are asked for. It knows no
    floor, as none was given to it.
    """
    change = np.diff(case.exact)[np.diff(case.exact.index) == 1]
    if change.size < LEAST_CHANGES:
        return None
    return case.counts.iloc[-1] + ndtri(case.ranks)[:, None] * change.std(ddof=1) * np.sqrt(HORIZONS)


def pooled_walk(case: Case) -> np.ndarray | None:
    """As the councils nearest in size moved, whatever moved them: quantiles of past changes, where any are known."""
    if not case.changes:
        return None
    moved, last = np.zeros((case.draws, HORIZONS.size)), float(case.counts.iloc[-1])
    for at, horizon in enumerate(HORIZONS):
        size, change = case.changes[horizon]
        if size.size < FEW:
            moved[:, at] = moved[:, at - 1] * np.sqrt(horizon / max(horizon - 1, 1))
            continue
        near = np.argsort(np.abs(size - np.log(max(last, 1))), kind="stable")[:NEAREST]
        moved[:, at] = np.quantile(change[near], case.ranks)
    return last * np.exp(moved)


def by_trend(method: str, case: Case) -> np.ndarray:
    """A method of the trend room on the council's counts, 31 March as the month of March."""
    series = trend.tidy([f"{year}-03" for year in case.counts.index], case.counts.to_numpy(), case.known.children)
    recent = national.yearly_growth(case.known.england[case.known.measure]).iloc[-HORIZONS.size :]
    found = trend.forecast(
        method, series, 12 * HORIZONS[-1], case.draws, case.seed, national_growth=recent.mean() if recent.size else None
    )
    return found.paths[:, 12 * HORIZONS - 1]


METHODS: dict[str, Callable[[Case], np.ndarray | None]] = {
    CLOSED: closed_form,
    OWN_WALK: own_walk,
    POOLED: pooled_walk,
} | {name: partial(by_trend, name) for name in trend.METHODS}
QUICK = (CLOSED, OWN_WALK, POOLED, NO_CHANGE)  # the others take minutes over a panel and are scored when asked for


@dataclass(frozen=True)
class Settings:
    """What a strict record needs.

    country  year -> England's counts and children
    methods  names of METHODS
    taught   what many councils taught at each origin, as `run` found it, for a panel too small to teach; None: find it
    """

    panel: Panel
    country: pd.DataFrame
    methods: tuple[str, ...] = QUICK
    draws: int = 400
    seed: int = 1
    taught: pd.DataFrame | None = None


def known_at(settings: Settings, measure: str, origin: int) -> dict[str, Known]:
    """Council -> its figures and England's as they were at an origin, for councils with a count of it."""
    table, country = as_known(settings.panel, origin), settings.country.loc[:origin]
    known = {council: Known(measure, origin, rows.droplevel(0), country) for council, rows in table.groupby(level=0)}
    return {council: here for council, here in known.items() if here.counts.size and here.counts.index[-1] == origin}


def one_origin(settings: Settings, task: tuple[str, int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every method for every council at one origin, scored against what came; and the figures that each half taught."""
    measure, origin = task
    known = known_at(settings, measure, origin)
    pasts = {council: past for council, here in known.items() if (past := history(here)) is not None}
    came = settings.panel.figures[MEASURES[measure][0]].unstack("year").reindex(columns=origin + HORIZONS)
    rows, taught = [], []
    for half, even in ((EVEN, True), (ODD, False)):
        if settings.taught is None:
            figures, outturns = estimate(known, {name: past for name, past in pasts.items() if tunes(name) == even})
            by_years = {h: outturns[outturns["years"] == h] for h in HORIZONS}
            changes = {h: (np.log(part["count"].to_numpy()), part["change"].to_numpy()) for h, part in by_years.items()}
        else:
            table, changes = settings.taught, {}
            figures = totals.from_table(table[(table["councils"] == half) & (table["origin"] == origin)])[measure]
        taught += [(half, origin, measure, name, value) for name, value in _values(figures).items()]
        for council, here in known.items():
            if tunes(council) != even and came.loc[council].notna().any():
                counts, seed = here.counts, number(settings.seed, council, measure, origin)
                exact = counts[~here.rounded.to_numpy()]
                case = Case(council, here, counts, exact, pasts.get(council), figures, changes, settings.draws, seed)
                rows += _scored(settings, case, came.loc[council].to_numpy())
    return pd.DataFrame(rows), pd.DataFrame(taught, columns=["councils", "origin", "group", "name", "value"])


def _scored(settings: Settings, case: Case, came: np.ndarray) -> list[dict]:
    """One row a method and horizon whose outturn is known.

    came  [horizon]
    """
    about = {"council": case.council, "name": settings.panel.names[case.council], "measure": case.known.measure}
    drawn = {method: METHODS[method](case) for method in settings.methods}
    return scored(about | {"origin": case.known.origin}, case.counts, case.exact, drawn, came)


def scored(about: dict, figures: pd.Series, exact: pd.Series, drawn: dict, came: np.ndarray) -> list[dict]:
    """One row a method and horizon whose outturn is known.

    figures, exact  year -> figure up to the origin, and without those published rounded
    drawn           method -> [draw x horizon], or None where it has no forecast
    came            [horizon]
    """
    held, counts, sound = np.isfinite(came), figures.to_numpy(), exact[exact > 0].to_numpy()
    about = about | {
        "last": counts[-1],
        "scale": np.abs(np.diff(counts)).mean() if counts.size > 1 else 0.0,
        "volatility": np.diff(np.log(sound)).std(ddof=1) if sound.size > 2 else np.nan,
    }
    rows = []
    for method, every in drawn.items():
        if every is None:
            continue
        draws = every.T[held]
        low, middle, high = np.quantile(draws, [0.1, 0.5, 0.9], axis=1)
        crps, pit = scores.crps(draws, came[held]), scores.pit(draws, came[held])
        rows += [
            about | dict(zip(ROW, (method, int(h), *values), strict=True))
            for h, *values in zip(HORIZONS[held], came[held], low, middle, high, crps, pit, strict=True)
        ]
    return rows


def run(
    settings: Settings, workers: int = 1, cluster: str | None = None, said=lambda text: None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row for each council, measure, method, origin and horizon whose outturn is known; and what was taught.

    The same whoever works.
    """
    last = int(settings.panel.figures.index.get_level_values("year").max())
    tasks = [(measure, origin) for measure in MEASURES for origin in range(FIRST_ORIGIN, last)]
    parts, found = [], spread(partial(one_origin, settings), tasks, workers, cluster)
    for (measure, origin), part in zip(tasks, found, strict=True):
        said(f"{measure.upper()} from 31 March {origin}: {len(part[0]):,} forecasts scored")
        parts.append(part)
    frame, taught = (pd.concat(tables, ignore_index=True) for tables in zip(*parts, strict=True))
    return frame, taught


def calibrate(settings: Settings, councils: list[str]) -> pd.DataFrame:
    """The table of data/calibration/totals.csv: every figure from these councils' outturns, with its 80% interval.

    The interval is that of resampled councils and, for median and spread, resampled origins besides.
    """
    origin, rows = int(settings.panel.figures.index.get_level_values("year").max()), []
    for measure in MEASURES:
        known = known_at(settings, measure, origin)
        pasts = {council: past for council in councils if council in known and (past := history(known[council]))}
        figures, taught = estimate(known, pasts)
        figures = replace(figures, memory=memory(taught, pasts, figures))
        rng = np.random.default_rng([settings.seed, *measure.encode()])
        again = pd.DataFrame([_values(_resampled(pasts, taught, figures, rng)) for _ in range(RESAMPLES)])
        low, high = again.quantile(0.1), again.quantile(0.9)
        rows += [
            (measure, name, value, low[name], high[name], *ABOUT["children"][name], COMMAND)
            for name, value in _values(figures).items()
        ]
    columns = ["group", "name", "value", "low", "high", "unit", "how", "command"]
    return pd.DataFrame(rows, columns=columns).round(4)


def _resampled(pasts: dict[str, Past], taught: pd.DataFrame, figures: Figures, rng: np.random.Generator) -> Figures:
    """The figures of as many councils and origins drawn with replacement."""
    councils, origins = list(pasts), taught["origin"].unique()
    drawn = rng.multinomial(len(councils), np.full(len(councils), 1 / len(councils)))
    years = rng.multinomial(origins.size, np.full(origins.size, 1 / origins.size))
    weight = taught["council"].map(dict(zip(councils, drawn, strict=True))).to_numpy()
    found = figures.expected
    if isinstance(found, Departures):
        found = departures(list(pasts.values()), drawn)
    else:
        growth = national.yearly_growth(next(iter(pasts.values())).country)
        found += rng.normal(0, np.sqrt((1 - found**2) / growth.size))
    kept = taught[weight > 0]
    new = shape(taught, pasts, found, weight * taught["origin"].map(dict(zip(origins, years, strict=True))).to_numpy())
    return replace(new, memory=memory(kept, pasts, new))


def _values(figures: Figures) -> dict[str, float]:
    """Name -> value, of one group's figures."""
    own = {name: value for name, value in vars(figures).items() if name != "expected"}
    found = figures.expected
    return own | (vars(found) if isinstance(found, Departures) else {"persistence": found})


def ratios(frame: pd.DataFrame, against: str, seed: int) -> pd.DataFrame:
    """CRPS of each method over that of another on the forecasts both have, by councils, measure and horizon.

    The 95% interval is paired: whole councils are resampled, with what both methods said of them.
    """
    rows = []
    for councils, measure, horizon, part in cuts(frame):
        methods = part["method"].unique()
        for method in methods if against in methods else ():
            both = scores.shared(part, method, against)
            if method != against and both["council"].nunique() > 1:
                found = scores.relative(both, method, against, PAIRS, seed)
                part_of = (councils, measure, method, horizon)
                rows.append((*part_of, found.forecasts, found.ratio, found.low95, found.high95))
            elif method != against and len(both):  # of one council there is no interval
                total = both.groupby("method")["crps"].sum()
                ratio = total[method] / total[against]
                rows.append((councils, measure, method, horizon, len(both) // 2, ratio, np.nan, np.nan))
    columns = ["councils", "measure", "method", "horizon", "forecasts", "ratio", "low95", "high95"]
    return pd.DataFrame(rows, columns=columns).round(4)


def cuts(frame: pd.DataFrame):
    """Councils, measure, horizon and the rows of each: every table's cuts."""
    odd = ~frame["council"].map(tunes)
    for councils, part in {"all": frame, ODD: frame[odd]}.items():
        for measure, rows in part.groupby("measure", sort=False):
            yield councils, measure, "all", rows
            yield from ((councils, measure, str(h), held) for h, held in rows.groupby("horizon"))


def ranges(frame: pd.DataFrame) -> pd.DataFrame:
    """Share of outturns inside the 80% range: all, by horizon, and by third of size and of past volatility."""
    rows = []
    for councils, measure, horizon, part in cuts(frame):
        for method, held in part.groupby("method", sort=False):
            inside = (held["p10"] <= held["outturn"]) & (held["outturn"] <= held["p90"])
            parts = [("all", inside)]
            for column, word in THIRDS_OF.items() if horizon == "all" else ():
                place = held[column].rank(method="first", pct=True)
                parts += list(inside.groupby(pd.cut(place, [0, 1 / 3, 2 / 3, 1], labels=word), observed=True))
            rows += [(councils, measure, method, horizon, third, part.size, part.mean()) for third, part in parts]
    columns = ["councils", "measure", "method", "horizon", "third", "forecasts", "inside"]
    return pd.DataFrame(rows, columns=columns).round(4)
