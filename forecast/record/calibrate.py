"""What the panel says of trends, drift and chance: every figure of data/calibration, from half of the councils.

Councils with an even DfE code tune; those with an odd one are kept for the report, Slough among them.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from scipy.optimize import linprog, minimize, minimize_scalar

from forecast.demand import breaks, caseload
from forecast.demand.caseload import Norms
from forecast.demand.central import TrendNorms, responses
from forecast.demand.pathways import calibration
from forecast.demand.rates import Drift
from forecast.demand.trend import levels, national
from forecast.demand.trend.earned import METHODS, Record, kept
from forecast.demand.trend.levels import Departures
from forecast.demand.trend.past import Past, compare, on_one_base
from forecast.record import chain, origins
from forecast.record.chain import CannotRun, England, Known
from forecast.record.panel import MEASURES, Panel, as_known
from forecast.record.parallel import spread

FIRST_ORIGIN, HORIZONS = 2011, (1, 2, 3)
LEAST_STOCK = 30  # below it a change of a few children is a large logarithm: such counts judge ranges, not trends
RESAMPLES = 200
DRAWS_OF_CHANCE = 400
DRIFT_LIMITS = (0.01, 2.0)
# Years: beyond the panel's own length nothing tells a departure that fades from one that stays.
MEMORY_LIMITS = (0.2, 20.0)
SMALL_LIMITS = (1.0, 300.0)  # children
DRIFT_STARTS = ((0.2, 0.2, 2.0), (0.1, 0.25, 15.0), (0.4, 0.1, 1.0))  # starts, today, memory
WIDTH_DRAWS = 600
WIDTH_TO_DRIFT = 1.3  # drift makes some three quarters of the variance: to narrow a range by 1% it falls by 1.3%
MOST_SURPRISE = 9.0  # three standard deviations, squared
Z90 = 1.2815515655446004
WORTHS = (10, 30, 100, 300, 1000)
SIZES = (0, 60, 100, 200, 400, 800, 100_000)
LEAST_CHANGES = 150  # a size with fewer takes the nearest in size besides
FEWEST = 5  # children: ranges are judged on every council with as many
LEAST_GIVEN = 0.75  # a trend that fewer resamples give any share gets none
LEVELS = np.round(np.arange(0.05, 0.951, 0.05), 2)


def tunes(council: str) -> bool:
    """True for councils that tune."""
    return int(council) % 2 == 0


@dataclass(frozen=True)
class Settings:
    """What every step needs: the panel, England, and the norms to start from."""

    panel: Panel
    england: England
    norms: dict[str, Norms]


def departures(panel: Panel, england: England, measure: str, councils: list[str]) -> Departures:
    """How councils depart from England: maximum likelihood over councils, surprises capped."""
    pasts = [past for council in councils if (past := _whole_past(panel, england, measure, council)) is not None]

    def model(at: np.ndarray) -> Departures:
        lasting, passing, family = np.exp(at[[0, 1, 3]])
        return Departures(lasting, passing, 1 / (1 + np.exp(-at[2])), family)

    def misfit(at: np.ndarray) -> float:
        return -sum(
            levels.log_likelihood(past.years, past.departure, past.counts, model(at), MOST_SURPRISE) for past in pasts
        )

    starts, options = ([-1.2, -1.5, 1.0, 0.5], [-1.0, -2.0, 2.5, 0.0]), {"maxiter": 1500, "xatol": 1e-3, "fatol": 1e-3}
    found = [minimize(misfit, at, method="Nelder-Mead", options=options) for at in starts]
    return model(min(found, key=lambda fit: fit.fun).x)


def _whole_past(panel: Panel, england: England, measure: str, council: str) -> Past | None:
    """All counts of one council of the usual size beside England's; None where there are fewer than four."""
    rows = panel.figures.loc[council]
    counts = rows[MEASURES[measure][0]].dropna()
    counts = counts[(counts >= LEAST_STOCK) & counts.index.isin(england.by_year[measure].dropna().index)]
    children = rows["pop_0_17"].dropna()
    if counts.size < 4 or children.empty:
        return None
    children = on_one_base(children).reindex(sorted({*counts.index, *children.index})).bfill().ffill()
    country = on_one_base(england.by_year["children"].dropna()).reindex(england.by_year.index).bfill()
    return compare(counts.rename(lambda year: year + chain.MARCH), children, england.by_year[measure], country)


def growth_persistence(england: England) -> float:
    """Share of a departure of England's LAC growth from its long-run pace left a year later: first autocorrelation."""
    growth = national.yearly_growth(england.by_year["lac"])
    away = (growth - growth.mean()).to_numpy()
    return float(np.clip((away[1:] * away[:-1]).sum() / (away**2).sum(), 0, 1))


def readings(settings: Settings, task: tuple[str, int]) -> pd.DataFrame:
    """What each trend said at one origin of every council, the outturn, the parts of the spread: council x horizon."""
    measure, origin = task
    england, norms = settings.england, settings.norms[measure]
    known, country = as_known(settings.panel, origin), chain.england_fit(measure, origin, england)
    rows = []
    for council in settings.panel.councils:
        if (council, origin) in known.index:
            here = Known(measure, origin, known.loc[council], england.by_year.loc[:origin])
            rows += _reading(settings, here, norms, country, council)
    return pd.DataFrame(rows)


def _reading(settings: Settings, known: Known, norms: Norms, country, council: str) -> list[dict]:
    norms = norms.of_size(max(known.counts.iloc[-1], 1)) if known.counts.size else norms
    try:
        fit = chain.calibrate(known, settings.england, norms, country)
    except CannotRun:
        return []
    people = chain.children_ahead(known, settings.england, 12 * len(HORIZONS))
    fit = caseload.on_central_path(fit, norms, chain.starts_ahead(fit, people))
    chance, reach = _chance(fit, norms, people), _reach(fit, people)
    last, trend = known.counts.iloc[-1], fit.trend
    outturns = settings.panel.figures[MEASURES[known.measure][0]]
    rows = []
    for at, horizon in enumerate(HORIZONS):
        outturn = outturns.get((council, known.origin + horizon), np.nan)
        rows.append(
            {
                "council": council,
                "measure": known.measure,
                "origin": known.origin,
                "horizon": horizon,
                "last": last,
                "outturn": outturn,
                **{name: trend.changes[name][at] for name in METHODS},
                "chance": chance[at],
                "reach": reach[at].tolist(),
                "own_trend": trend.own.trend,
                "own_no_change": trend.own.no_change,
                "own_forecasts": trend.own.forecasts,
            }
        )
    return rows


def _chance(fit, norms: Norms, people) -> np.ndarray:
    """Variance of the log stock at each horizon from chance and uncertain rates alone, without drift: [horizon]."""
    still = Drift(0.0, 1.0, 1.0)
    paths = chain.live(fit, replace(norms, start_drift=still, leave_drift=still), people, DRAWS_OF_CHANCE, 1)
    stock = paths.stock.sum(axis=2)[:, 11::12]
    low, high = np.quantile(np.log(np.maximum(stock, 0.5)), [0.1, 0.9], axis=0)
    return ((high - low) / (2 * Z90)) ** 2


def _reach(fit, people) -> np.ndarray:
    cells = calibration.age_cells(fit.hazards.age_from, caseload.ADULT_AGE, fit.newborn_share, caseload.PATH_CELLS)
    return responses(fit.hazards, fit.opening, caseload.by_year(chain.starts_ahead(fit, people)), cells)


def all_readings(settings: Settings, workers: int, said=lambda text: None) -> pd.DataFrame:
    """Readings of every measure and origin."""
    years = settings.panel.figures.index.get_level_values("year")
    tasks = [(measure, origin) for measure in MEASURES for origin in range(FIRST_ORIGIN, int(years.max()))]
    parts = []
    for (measure, origin), part in zip(tasks, spread(partial(readings, settings), tasks, workers), strict=True):
        said(f"{measure} {origin}: {len(part)} readings")
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def changes(rows: pd.DataFrame) -> np.ndarray:
    """Log change that came, [row]."""
    return np.log(rows["outturn"] / rows["last"]).to_numpy()


def usable(rows: pd.DataFrame, least: float = LEAST_STOCK) -> pd.DataFrame:
    """Readings with an outturn, of councils that tune, of the usual size."""
    held = rows["council"].map(tunes) & (rows["outturn"] > 0) & (rows["last"] >= least)
    return rows[held].reset_index(drop=True)


def least_errors(said: np.ndarray, came: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Shares between 0 and 1 with the least weighted absolute error: a linear programme, [method]."""
    rows, methods = said.shape
    cost = np.concatenate([np.zeros(methods), weight, weight])
    equal = np.hstack([said, np.eye(rows), -np.eye(rows)])
    found = linprog(cost, A_eq=equal, b_eq=came, bounds=[(0, 1)] * methods + [(0, None)] * (2 * rows), method="highs")
    if not found.success:
        raise ValueError(f"no shares found: {found.message}")
    return found.x[:methods]


def earned_shares(rows: pd.DataFrame, seed: int, resamples: int = RESAMPLES) -> pd.DataFrame:
    """Share of each method's change that served the councils that tune best, over resampled origins and councils.

    Returns method -> share (mean, or 0 where too few resamples give it any), low, high (10th and 90th percentile of the
    resamples) and given (part of them that gave it any).
    """
    rng = np.random.default_rng(seed)
    origins, councils = rows["origin"].unique(), rows["council"].unique()

    def times_drawn(names: np.ndarray, of_rows: pd.Series) -> np.ndarray:
        drawn = pd.Series(rng.choice(names, names.size)).value_counts()
        return drawn.reindex(of_rows).fillna(0).to_numpy()

    said, came, weight = rows[list(METHODS)].to_numpy(), changes(rows), 1 / np.sqrt(rows["horizon"].to_numpy())
    found = []
    for _ in range(resamples):
        times = times_drawn(origins, rows["origin"]) * times_drawn(councils, rows["council"])
        kept = times > 0
        found.append(least_errors(said[kept], came[kept], (times * weight)[kept]))
    found = np.array(found)
    (low, high), given = np.quantile(found, [0.1, 0.9], axis=0), (found > 0).mean(axis=0)
    share = np.where(given >= LEAST_GIVEN, found.mean(axis=0), 0.0)
    return pd.DataFrame({"share": share, "low": low, "high": high, "given": given}, index=list(METHODS))


def record_of(rows: pd.DataFrame, shares: pd.Series) -> tuple[float, float]:
    """Mean absolute error of the log change: the trends that read only counts, and no change."""
    came = changes(rows)
    said = rows["national"] * shares["national"] + rows["level"] * shares["level"]
    return float(np.abs(came - said).mean()), float(np.abs(came).mean())


def own_worth(rows: pd.DataFrame, shares: pd.Series, many: tuple[float, float]) -> dict[int, float]:
    """Mean absolute error of the central path for each worth of the many councils' forecasts."""
    said = rows[list(METHODS)].to_numpy() @ shares[list(METHODS)].to_numpy()
    own = [Record(*row) for row in rows[["own_trend", "own_no_change", "own_forecasts"]].itertuples(index=False)]
    total = Record(many[0], many[1], len(rows))
    came = changes(rows)
    return {worth: float(np.abs(came - said * [kept(total, one, worth) for one in own]).mean()) for worth in WORTHS}


@dataclass(frozen=True)
class DriftFit:
    """Practice drift that gives the 80% range its width.

    starts   SD of the log rate of starts after a year, were nothing to fade and today's practice known
    today    SD of the log rate of starts at the origin
    memory   years until half of a departure has faded
    leaving  drift of leaving rates over that of start rates
    """

    starts: float
    today: float
    memory: float
    leaving: float

    def covariance(self) -> np.ndarray:
        """Of the yearly log rates of starts, with what leaving adds, [year x year]."""
        return Drift(self.starts, self.memory, 1.0, self.today).yearly_covariance(len(HORIZONS)) * (1 + self.leaving**2)


@dataclass(frozen=True)
class Misses:
    """How far outturns fell from the middle of one measure's ranges, and what the ranges are made of.

    away    [row]            absolute log miss
    last    [row]            children at the origin
    reach   [row x year]     what a change of each year's log starts does to the log stock
    chance  [row]            variance from chance and uncertain rates alone
    """

    away: np.ndarray
    last: np.ndarray
    reach: np.ndarray
    chance: np.ndarray

    def edge(self, drift: DriftFit, small: float) -> np.ndarray:
        """Half the width of each 80% range on the log scale."""
        moved = np.einsum("ij,jk,ik->i", self.reach, drift.covariance(), self.reach)
        return Z90 * np.sqrt(self.chance + moved * (1 + (small / self.last) ** 2))

    def loss(self, drift: DriftFit, small: float) -> float:
        """Mean pinball loss at 10% and 90%, each row by its own chance."""
        edge = self.edge(drift, small)
        return float(np.mean((edge * 0.2 + np.maximum(self.away - edge, 0)) / np.sqrt(self.chance)))


def misses(rows: pd.DataFrame, middle: np.ndarray) -> Misses:
    """Of readings, every size, against the middle the trends gave."""
    reach = np.array(rows["reach"].tolist())
    return Misses(np.abs(changes(rows) - middle), rows["last"].to_numpy(float), reach, rows["chance"].to_numpy())


def fit_drift(held: Misses, leaving: float, small: float) -> DriftFit:
    """The drift with the least loss for a given `small`, from several starts."""

    def model(at: np.ndarray) -> DriftFit:
        return DriftFit(*np.exp(at), leaving)

    limits = [np.log(pair) for pair in (DRIFT_LIMITS, DRIFT_LIMITS, MEMORY_LIMITS)]
    options = {"maxiter": 4000, "xatol": 1e-4, "fatol": 1e-7}

    def loss(at: np.ndarray) -> float:
        return held.loss(model(at), small)

    found = [
        minimize(loss, np.log(start), method="Nelder-Mead", bounds=limits, options=options) for start in DRIFT_STARTS
    ]
    return model(min(found, key=lambda fit: fit.fun).x)


def fit_small(held: dict[str, Misses], leaving: dict[str, float]) -> tuple[float, dict[str, DriftFit]]:
    """The `small` with the least loss over both measures, and each measure's drift with it.

    One for both: councils with so few children are few in any panel, and one event is one event in either.
    """

    def fits(small: float) -> dict[str, DriftFit]:
        return {measure: fit_drift(one, leaving[measure], small) for measure, one in held.items()}

    def loss(log_small: float) -> float:
        small = float(np.exp(log_small))
        return sum(held[measure].loss(drift, small) for measure, drift in fits(small).items())

    found = minimize_scalar(loss, bounds=np.log(SMALL_LIMITS), method="bounded", options={"xatol": 0.01})
    small = float(np.exp(found.x))
    return small, fits(small)


def leaving_to_starts(panel: Panel, measure: str, councils: list[str], family: float) -> float:
    """Spread of yearly log changes in leaving over that in starts, beyond chance: robust variances."""
    stock, started, ended = (panel.figures[name].unstack("year").loc[councils] for name in MEASURES[measure])
    left = ended / stock.shift(1, axis=1)
    spreads = []
    for rate, count in ((started, started), (left, ended)):
        change = np.log(rate.where(count > 0)).diff(axis=1).to_numpy()
        chance = family * (1 / count.where(count > 0) + 1 / count.where(count > 0).shift(1, axis=1)).to_numpy()
        held = np.isfinite(change) & np.isfinite(chance)
        low, high = np.quantile(change[held], [0.1, 0.9])
        spreads.append(max(((high - low) / (2 * Z90)) ** 2 - np.median(chance[held]), 0.0))
    return float(np.sqrt(spreads[1] / spreads[0]))


def alarm_drift(panel: Panel, measure: str, councils: list[str], family: float) -> float:
    """Drift of yearly starts at which the alarm's residuals have the width they should: robust variance 1."""
    series = [panel.figures.loc[council, MEASURES[measure][1]].dropna() for council in councils]
    series = [counts for counts in series if counts.size >= 6 and counts.min() >= LEAST_STOCK]

    def away(size: float) -> float:
        z = np.concatenate(
            [breaks.residuals(counts, size, family)["residual"].dropna().to_numpy() for counts in series]
        )
        return abs(np.diff(np.quantile(z, [0.1, 0.9]))[0] - 2 * Z90)

    return float(minimize_scalar(away, bounds=(0.01, 1.0), method="bounded").x)


def change_quantiles(panel: Panel, measure: str, councils: list[str]) -> pd.DataFrame:
    """Quantiles of the log change of stocks by size and horizon: the pooled walk's table.

    A size with too few changes takes those nearest to it besides.
    """
    stock = panel.figures[MEASURES[measure][0]].unstack("year").loc[councils]
    rows = []
    for horizon in HORIZONS:
        later = stock.shift(-horizon, axis=1)
        held = stock.notna() & later.notna() & (stock > 0) & (later > 0)
        last, change = stock.to_numpy()[held], np.log(later.to_numpy()[held] / stock.to_numpy()[held])
        for low, high in zip(SIZES[:-1], SIZES[1:], strict=True):
            inside = change[_of_size(last, low, high)]
            rows += [
                (measure, horizon, low, high, inside.size, level, round(float(np.quantile(inside, level)), 4))
                for level in LEVELS
            ]
    return pd.DataFrame(
        rows, columns=["measure", "horizon", "stock_from", "stock_below", "changes", "level", "log_change"]
    )


def _of_size(last: np.ndarray, low: float, high: float) -> np.ndarray:
    """Which counts stand for a size: those in it or, where they are few, the nearest on the log scale."""
    away = np.maximum(np.log(max(low, 1) / np.maximum(last, 1)), 0) + np.maximum(np.log(np.maximum(last, 1) / high), 0)
    return away <= max(np.sort(away)[min(LEAST_CHANGES, last.size) - 1], 0)


def parameters(settings: Settings, workers: int, seed: int, said=lambda text: None) -> pd.DataFrame:
    """Every figure the trend and the ranges rest on, key -> value and how: from the councils that tune."""
    panel, england = settings.panel, settings.england
    councils = [council for council in panel.councils if tunes(council)]
    first = "first autocorrelation of England's yearly LAC growth"
    rows = [("trend.growth_persistence", growth_persistence(england), first)]
    for measure in MEASURES:
        said(f"{measure}: how councils depart from England, and how far their starts walk")
        found = departures(panel, england, measure, councils)
        rows += [(f"trend.{measure}_{part}", value, "maximum likelihood") for part, value in vars(found).items()]
        norms = settings.norms[measure]
        walk = alarm_drift(panel, measure, councils, norms.family)
        rows.append((f"breaks.{measure}_drift", walk, "residuals of 80% width"))
        norms = replace(norms, trend=replace(norms.trend, departures=found), yearly=walk)
        settings = replace(settings, norms=settings.norms | {measure: norms})
    read = all_readings(settings, workers, said)
    rows += _from_readings(settings, read, councils, seed)
    least = "least error of the central path, both measures, of the worths tried"
    rows.append(("trend.own_record_worth", _worth(read, rows), least))
    rows = widths(settings, rows, workers, seed, said)
    return pd.DataFrame(rows, columns=["key", "value", "how"])


def _from_readings(settings: Settings, read: pd.DataFrame, councils: list[str], seed: int) -> list[tuple]:
    """Shares and records of each measure, and the drift that gives ranges their width."""
    rows, held, leaving = [], {}, {}
    for measure in MEASURES:
        of_measure = read[read["measure"] == measure]
        usual = usable(of_measure)
        shares = earned_shares(usual[usual["origin"] > FIRST_ORIGIN].reset_index(drop=True), seed)
        rows += _share_rows(measure, shares, usual[usual["origin"] > FIRST_ORIGIN])
        every = usable(of_measure, FEWEST)
        held[measure] = misses(every, every[list(METHODS)].to_numpy() @ shares["share"].to_numpy())
        leaving[measure] = leaving_to_starts(settings.panel, measure, councils, settings.norms[measure].family)
    small, drifts = fit_small(held, leaving)
    for measure, drift in drifts.items():
        how = "least pinball loss at 10% and 90%"
        rows += [(f"drift.{measure}_{part}", value, how) for part, value in vars(drift).items()]
    return [*rows, ("drift.small", small, "least pinball loss at 10% and 90%, both measures")]


def _share_rows(measure: str, shares: pd.DataFrame, rows: pd.DataFrame) -> list[tuple]:
    found = []
    for name, row in zip(shares.index, shares.itertuples(), strict=True):
        how = f"80% of resamples {row.low:.2f} to {row.high:.2f}; given any by {row.given:.0%}"
        found.append((f"trend.{measure}_{name}", row.share, how))
    for name, value in zip(("error", "error_no_change"), record_of(rows, shares["share"]), strict=True):
        found.append((f"trend.{measure}_{name}", value, f"{len(rows)} forecasts"))
    return found


def widths(settings: Settings, rows: list[tuple], workers: int, seed: int, said) -> list[tuple]:
    """The drift of each measure made narrower or wider once, so that the engine's own 80% range has 80% in it."""
    held = {key: value for key, value, _ in rows}
    norms = {measure: tuned_norms(settings.norms[measure], held, measure) for measure in MEASURES}
    councils = {name: held_ for name, held_ in settings.panel.names.items() if tunes(name)}
    panel = replace(settings.panel, figures=settings.panel.figures.loc[list(councils)], names=councils)
    changes_ = pd.concat([change_quantiles(panel, measure, list(councils)) for measure in MEASURES])
    ours = origins.Settings(panel, settings.england, norms, changes_, (origins.FORECAST,), WIDTH_DRAWS, seed)
    frame = origins.run(ours, workers, None, said)
    factor = {measure: width_wanted(frame[frame["measure"] == measure]) ** WIDTH_TO_DRIFT for measure in MEASURES}
    parts = {f"drift.{measure}_{part}": measure for measure in MEASURES for part in ("starts", "today")}
    return [
        (key, value * factor[parts[key]], f"{how}; then times {factor[parts[key]]:.3f} for the engine's own range")
        if key in parts
        else (key, value, how)
        for key, value, how in rows
    ]


def width_wanted(frame: pd.DataFrame) -> float:
    """By how much ranges must be multiplied, on the log scale from the median, to hold 80% of outturns."""
    middle, outturn = np.log(frame["p50"]), np.log(frame["outturn"].clip(lower=1))
    edge = np.where(outturn > middle, np.log(frame["p90"]) - middle, middle - np.log(frame["p10"].clip(lower=1)))
    return float(np.quantile(np.abs(outturn - middle) / np.maximum(edge, np.finfo(float).tiny), 0.8))


def tuned_norms(norms: Norms, held: dict[str, float], measure: str) -> Norms:
    """The norms with every figure that tuning found."""
    trend = TrendNorms(
        {name: held[f"trend.{measure}_{name}"] for name in METHODS},
        Record(held[f"trend.{measure}_error"], held[f"trend.{measure}_error_no_change"], 0),
        held["trend.own_record_worth"],
        held["trend.growth_persistence"],
        Departures(*(held[f"trend.{measure}_{part}"] for part in ("lasting", "passing", "kept", "family"))),
    )
    starts, today, memory, leaving = (
        held[f"drift.{measure}_{part}"] for part in ("starts", "today", "memory", "leaving")
    )
    start = Drift(starts, memory, norms.start_drift.steps, today)
    walk = held[f"breaks.{measure}_drift"]
    return replace(
        norms, start_drift=start, leave_drift=start.times(leaving), small=held["drift.small"], trend=trend, yearly=walk
    )


def _worth(read: pd.DataFrame, rows: list[tuple]) -> int:
    held = {key: value for key, value, _ in rows}
    total = dict.fromkeys(WORTHS, 0.0)
    for measure in MEASURES:
        usual = usable(read[(read["measure"] == measure) & (read["origin"] > FIRST_ORIGIN)])
        shares = pd.Series({name: held[f"trend.{measure}_{name}"] for name in METHODS})
        many = (held[f"trend.{measure}_error"], held[f"trend.{measure}_error_no_change"])
        for worth, error in own_worth(usual, shares, many).items():
            total[worth] += error / many[1]
    return min(total, key=total.get)
