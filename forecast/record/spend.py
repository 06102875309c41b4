"""The record of spend on looked-after children, in strict time: closed form, beside last year's spend uprated.

Years are financial years by the year of their 31 March. At an origin are known the spend of the year that ends there,
the children as `record.panel` has them known, and GDP deflators up to it. Prices are expected to rise as they did on
average over the last three years known: for the forecast and for every bar alike.
"""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import stdtrit
from scipy.stats import trim_mean

from forecast.case.errors import BadInput
from forecast.case.months import year_ended
from forecast.demand import totals
from forecast.demand.totals import LAC, Total
from forecast.money import drift
from forecast.money.drift import DEGREES, Drift
from forecast.record import strict
from forecast.record.panel import SPEND, Known, read_rows, tunes
from forecast.record.parallel import spread
from forecast.record.strict import (
    CLOSED,
    EVEN,
    HORIZONS,
    LEAST_COUNT,
    NO_CHANGE,
    ODD,
    OVERLAP,
    OWN_WALK,
    POOLED,
    ROUNDS,
)

# What a file of spend has: its columns of council, year, what was spent on and pounds; and the rows that are wanted.
LAYOUTS = {
    ("la_code", "fin_year", "measure_short", "value"): "TotalLACFinance",
    ("la_code", "fin_year", "cat", "total_expenditure"): "total_children_looked_after",
}
# Years whose return counts in the total what the year before's did not: a change to them is no change of what is spent.
BREAKS = read_rows(Path(__file__).with_name("spend_breaks.csv"), ["year"])["year"].map(year_ended).to_list()
AGREE = 0.001  # share by which two files may differ for one council and year: pence and pounds
EXPECTED_AS = 3  # years whose mean rise of prices is expected to go on
ENDS = 0.1  # share of councils at either end that the middle does not count
PACE_OF = 5  # years whose mean growth is the pace of spend a child: it changes slowly
# What plain sense says before any outturn is known: value, and how far outturns may easily move it.
BEFORE = {
    "children": (0.8, 0.2),  # most of what is spent follows the number of children
    "level": (0.1, 0.1),  # who spends much a child comes a little nearer to the others
    "momentum": (0.0, 0.1),  # last year's change neither goes on nor comes back
    "lasting": (np.log(0.1), 1.0),
    "passing": (np.log(0.05), 1.0),
    "size": (0.5, 0.5),
    "own": (0.5, 0.25),
}
PACE, PACE_YEARS = 0.02, 1  # log a year that spend a child grows beyond prices, worth one year's growth
COUNTRY, COUNTRY_YEARS = 0.04, 5  # SD of that from year to year, worth five
SURER = 0.5  # with an earlier record before it, a figure may move half as easily
LOGS = ("lasting", "passing")  # sought as logarithms
PACES = "pace_"  # with a year: growth of spend a child in the usual council, as taught
WHOLE, OF_SIZE = "whole", 150  # children of the council whose whole drift is compared
COMMAND = "forecast calibrate --panel PANEL --editions EDITIONS --spend UNIT_COSTS --spend CATEGORIES --write"


def read_spend(*paths: Path) -> pd.DataFrame:
    """Spend on looked-after children, [council x year], pounds of the year; a gap is NaN.

    Raises BadInput naming file, line and column, or where two files differ for one council and year.
    """
    held = pd.DataFrame()
    for path in paths:
        one = _read(path)
        both = held.reindex(one.index).reindex(one.columns, axis=1)
        apart = ((one / both - 1).abs() > AGREE).stack()
        if apart.any():
            council, year = apart[apart].index[0]
            raise BadInput(
                f"{path.name}: council {council} spent £{one.at[council, year]:,.0f} in the year to March {year}, and "
                f"another file says £{both.at[council, year]:,.0f}. Give one edition of each year."
            )
        held = held.combine_first(one)
    return held.sort_index(axis=1)


def _read(path: Path) -> pd.DataFrame:
    rows = read_rows(path, ["la_code", "fin_year"])
    layout = next((layout for layout in LAYOUTS if set(layout) <= set(rows)), None)
    if layout is None:
        wanted = " or ".join(", ".join(layout) for layout in LAYOUTS)
        raise BadInput(f"{path.name}: a file of spend has the columns {wanted}")
    held = rows[list(layout)].set_axis(["council", "year", "what", "pounds"], axis=1)
    held = held[(held["what"] == LAYOUTS[layout]) & (held["pounds"] != "")]
    if held.empty:
        raise BadInput(f"{path.name}: no row is {LAYOUTS[layout]}, the total spent on looked-after children")
    found = {}
    for row in held.itertuples():
        try:
            council, year, pounds = str(int(float(row.council))), year_ended(row.year), float(row.pounds)
        except ValueError:
            raise BadInput(
                f"{path.name}, line {row.Index + 2}: council {row.council}, year {row.year}, pounds {row.pounds}; "
                "expected a council's number, a year such as 2015-16 and a sum"
            ) from None
        if not 0 < pounds < np.inf or (council, year) in found:
            why = "stands twice" if (council, year) in found else f"is {row.pounds}; expected more than 0, or a blank"
            raise BadInput(f"{path.name}, line {row.Index + 2}: spend of council {council} in {row.year} {why}")
        found[council, year] = pounds
    return pd.Series(found).unstack()


@dataclass(frozen=True)
class Books:
    """What many councils spent and looked after, as known at an origin, [council x year]; the last year is the origin.

    spent     pounds of the year
    children  looked after in the year: mean of both ends
    counted   looked after at its end
    expected  year -> log rise of prices a year that was then expected
    """

    spent: pd.DataFrame
    children: pd.DataFrame
    counted: pd.DataFrame
    expected: pd.Series

    def of(self, councils: pd.Index) -> "Books":
        return replace(self, **{name: getattr(self, name).loc[councils] for name in ("spent", "children", "counted")})

    @property
    def a_child(self) -> pd.DataFrame:
        """Log of what is spent a child."""
        return np.log(self.spent) - np.log(self.children)

    def grown(self, power: float) -> pd.DataFrame:
        """Log change of spend beyond the prices expected and what the change of children makes, to each year; to a year
        of other contents than the one before it is not known."""
        prices = self.expected.shift().reindex(self.spent.columns).where(~self.spent.columns.isin(BREAKS))
        return np.log(self.spent).diff(axis=1) - power * np.log(self.children).diff(axis=1) - prices


def books(spend: pd.DataFrame, known: dict[str, Known], deflator: pd.Series, origin: int) -> Books:
    """The books of councils that are known at an origin and whose spend of that year is held."""
    years = range(int(spend.columns.min()), origin + 1)
    councils = [name for name in known if name in spend.index]
    counted = pd.DataFrame({name: known[name].counts for name in councils}).T.reindex(columns=[years[0] - 1, *years])
    counted = counted.where(counted > 0)
    children = ((counted + counted.shift(axis=1)) / 2)[list(years)]
    rise = np.log(deflator.loc[:origin]).diff().rolling(EXPECTED_AS).mean()
    return Books(spend.reindex(index=councils, columns=years), children, counted[list(years)], rise)


def middle_of(table: pd.DataFrame) -> pd.Series:
    """Year -> mean of the councils without the tenth at either end; a year without any is NaN."""
    return table.apply(lambda year: trim_mean(year.dropna(), ENDS) if year.notna().any() else np.nan)


@dataclass(frozen=True)
class Taught:
    """What some councils' outturns say at an origin.

    usual  log of what the middle one spends a child in the year of the origin
    paces  year -> log growth of spend a child beyond prices, of the middle one
    """

    drift: Drift
    usual: float
    paces: pd.Series


def own_changes(held: Books, taught: Taught) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Each council's log changes of spend a child beside the middle one's; and how volatile it was up to each year.

    A change of over three usual ones, as a return that is wrong makes, counts as three.
    """
    changes = held.grown(taught.drift.children) - taught.paces.reindex(held.spent.columns)
    most = np.sqrt(totals.MOST_SURPRISE) * drift.usual_scale(taught.drift, held.children, 1)
    return changes.clip(-most, most), drift.volatility(changes, held.children, taught.drift)


def examples(held: Books, taught: Taught) -> pd.DataFrame:
    """Every past change of spend one to three years ahead whose outturn is known and of like contents, a row each.

    years (ahead), children (at the origin), volatile; change, moved, above, last: as `drift.middle` has them, beside
    the middle council's of that origin; size (log spend) and real (log change beyond the prices expected) as they are
    """
    logs, moved, above = np.log(held.spent), np.log(held.children), held.a_child
    changes, volatile = own_changes(held, taught)
    rows = []
    for years in HORIZONS:
        ahead = {
            "change": logs.shift(-years, axis=1) - logs,
            "moved": moved.shift(-years, axis=1) - moved,
            "above": above,
            "last": changes.fillna(0.0),
        }
        alike = [not any(year < broken <= year + years for broken in BREAKS) for year in held.spent.columns]
        usable = (
            ahead["change"].where(np.broadcast_to(alike, logs.shape)).notna()
            & ahead["moved"].notna()
            & (held.counted >= LEAST_COUNT)
        )
        beside = {name: table - middle_of(table.where(usable)) for name, table in ahead.items()}
        real = ahead["change"] - years * held.expected.reindex(held.spent.columns)
        beside |= {"children": held.counted, "volatile": volatile, "size": logs, "real": real}
        rows.append(
            pd.DataFrame({name: table.where(usable).stack() for name, table in beside.items()}).assign(years=years)
        )
    return pd.concat(rows).dropna()


def shape(rows: pd.DataFrame, start: Drift, surer: float, weight: np.ndarray | float = 1.0) -> Drift:
    """The figures that make past changes likeliest, with what was held of them before."""
    change, moved, above, last, years, children = (
        rows[name].to_numpy(float) for name in ("change", "moved", "above", "last", "years", "children")
    )
    log_volatile = np.log(rows["volatile"].to_numpy(float))
    before = np.array([np.log(getattr(start, name)) if name in LOGS else getattr(start, name) for name in BEFORE])
    easily = surer * np.array([sd for _, sd in BEFORE.values()])

    def figures(at: np.ndarray) -> Drift:
        values = dict(zip(BEFORE, at.tolist(), strict=True))
        return replace(start, **values | {name: float(np.exp(values[name])) for name in LOGS})

    def misfit(at: np.ndarray) -> float:
        held = replace(figures(at), growth=0.0)
        log_scale = np.log(drift.usual_scale(held, children, years)) + held.own / 2 * log_volatile
        away = (change - drift.middle(held, moved, above, last, years)) * np.exp(-log_scale)
        each = log_scale + (DEGREES + 1) / 2 * np.log1p(away**2 / DEGREES)
        return float((weight * each).sum() / OVERLAP + (((at - before) / easily) ** 2).sum() / 2)

    found = figures(minimize(misfit, before, method="BFGS").x)
    return replace(found, **{name: round(value, strict.FINE) for name, value in vars(found).items()})


def plain() -> Taught:
    """What plain sense says."""
    figures = {name: float(np.exp(value) if name in LOGS else value) for name, (value, _) in BEFORE.items()}
    return Taught(Drift(**figures, growth=PACE, country=COUNTRY, known=PACE_YEARS), 0.0, pd.Series(dtype=float))


def estimate(held: Books, earlier: Taught | None = None) -> tuple[Taught, pd.DataFrame]:
    """What councils' outturns say, and the examples it rests on.

    earlier  what was taught before the first year of these books; None: plain sense alone
    """
    taught = earlier = plain() if earlier is None else earlier
    for _ in range(ROUNDS):
        paces = middle_of(held.grown(taught.drift.children)).dropna()
        taught = Taught(taught.drift, float(middle_of(held.a_child).iloc[-1]), _after(earlier.paces, paces))
        rows = examples(held, taught)
        if len(rows):
            taught = replace(taught, drift=shape(rows, earlier.drift, 1.0 if earlier.paces.empty else SURER))
    return replace(taught, drift=_with_pace(taught.drift, taught.paces)), rows


def _after(earlier: pd.Series, paces: pd.Series) -> pd.Series:
    """Growth by year: what these councils say, and for years before them what was taught."""
    return pd.concat([earlier[~earlier.index.isin(paces.index)], paces]).sort_index()


def _with_pace(held: Drift, paces: pd.Series) -> Drift:
    """The figures with the pace of the last years, and how far a year strays from the mean of all."""
    recent = paces.iloc[-PACE_OF:]
    known = PACE_YEARS + recent.size
    spread = ((paces - paces.mean()) ** 2).sum() + COUNTRY_YEARS * COUNTRY**2
    return replace(
        held,
        growth=(PACE_YEARS * PACE + recent.sum()) / known,
        country=float(np.sqrt(spread / (COUNTRY_YEARS + paces.size))),
        known=float(known),
    )


def mean_children(total: Total, before: float) -> tuple[np.ndarray, np.ndarray]:
    """Log change of the mean number of children of each year ahead, and its variance, [horizon].

    before  children at the end of the year before the origin
    A year's mean is that of both ends; the first of year one is known.
    """
    ends = np.append(total.last, total.last * np.exp(total.middle))
    mean = (ends[:-1] + ends[1:]) / 2
    first, second = ends[:-1] / (2 * mean), ends[1:] / (2 * mean)
    strays = np.append(0.0, total.scale)
    together = np.append(0.0, (HORIZONS[:-1] / HORIZONS[1:]) ** total.memory)
    square = (first * strays[:-1]) ** 2 + (second * strays[1:]) ** 2
    variance = square + 2 * together * first * strays[:-1] * second * strays[1:]
    return np.log(mean / ((before + total.last) / 2)), totals.VARIANCE * variance


@dataclass(frozen=True)
class Ahead:
    """Spend of each year ahead, [horizon]: log of the median, scale and degrees of Student's t of the logarithm."""

    middle: np.ndarray
    scale: np.ndarray
    degrees: np.ndarray

    def quantiles(self, ranks: np.ndarray) -> np.ndarray:
        """Pounds at ranks between 0 and 1, [rank x horizon]."""
        return np.exp(self.middle + self.scale * stdtrit(self.degrees, np.asarray(ranks)[:, None]))


def ahead(held: Books, council: str, taught: Taught, total: Total) -> Ahead:
    """One council's spend of the years after the origin, from its books and the total of its children."""
    one, figures = held.of([council]), taught.drift
    changes, volatile = (table.iloc[0, -1] for table in own_changes(one, taught))
    mean = one.children.iloc[0, -1]
    moved, stray = mean_children(total, 2 * mean - total.last)
    above, last = one.a_child.iloc[0, -1] - taught.usual, 0.0 if np.isnan(changes) else changes
    own = drift.own_scale(figures, total.last, HORIZONS, volatile)
    scale, degrees = drift.mixed(
        (drift.VARIANCE * own**2, DEGREES),
        (figures.children**2 * stray, totals.DEGREES),
        (drift.country_variance(figures, HORIZONS), np.inf),
    )
    prices = held.expected.iloc[-1] * HORIZONS
    middle = np.log(one.spent.iloc[0, -1]) + prices + drift.middle(figures, moved, above, last, HORIZONS)
    return Ahead(middle, scale, degrees)


def values(taught: Taught, memory: float) -> dict[str, float]:
    """What was taught, as rows of a table."""
    paces = {f"{PACES}{year}": value for year, value in taught.paces.items()}
    all_of_it = vars(taught.drift) | {"usual": taught.usual, "memory": memory} | paces
    return {name: round(float(value), strict.FINE) for name, value in all_of_it.items()}


def taught_in(kept: pd.DataFrame | None, half: str, origin: int) -> tuple[Taught, float] | None:
    """What a kept record taught at an origin, and the memory of LAC; None where it holds none."""
    if kept is None:
        return None
    rows = kept[(kept["councils"] == half) & (kept["origin"] == origin)]
    if rows.empty:
        return None
    value = rows.set_index("name")["value"]
    paces = {int(name.removeprefix(PACES)): pace for name, pace in value.items() if name.startswith(PACES)}
    taught = Taught(drift.from_figures(value), float(value["usual"]), pd.Series(paces, dtype=float))
    return taught, float(value["memory"])


@dataclass(frozen=True)
class Settings:
    """What a record of spend needs beside what one of counts does.

    spend     [council x year] pounds
    deflator  year -> index
    kept      what many councils taught at each origin, as `run` found it: what is held of the years before these, and
              all that is held where the panel is too small to teach; None: plain sense
    """

    strict: strict.Settings
    spend: pd.DataFrame
    deflator: pd.Series
    kept: pd.DataFrame | None = None


def one_origin(settings: Settings, origin: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every method for every council at one origin, scored against what came; and what each half taught."""
    known = strict.known_at(settings.strict, LAC, origin)
    pasts = {council: past for council, here in known.items() if (past := strict.history(here)) is not None}
    held = books(settings.spend, {council: known[council] for council in pasts}, settings.deflator, origin)
    a_child, came = held.a_child.iloc[:, -1].dropna(), settings.spend.reindex(columns=origin + HORIZONS)
    rows, lessons = [], []
    for half, even in ((EVEN, True), (ODD, False)):
        scored = [council for council in a_child.index if tunes(council) != even and came.loc[council].notna().any()]
        found = _taught(settings, known, pasts, held, half) if scored else None
        if found is None:
            continue
        figures, taught, past = found
        by_years = {h: past[past["years"] == h] for h in HORIZONS} if past is not None else {}
        changes = {h: (part["size"].to_numpy(), part["real"].to_numpy()) for h, part in by_years.items()}
        lessons += [(half, origin, SPEND, name, value) for name, value in values(taught, figures.memory).items()]
        for council in scored:
            share = strict.uasc_share(known[council]).get(pasts[council].years[-1], 0.0)
            total = totals.ahead(pasts[council], figures, HORIZONS, share)
            said = ahead(held, council, taught, total)
            rows += _scored(settings, held, known[council], council, said, changes, came.loc[council].to_numpy())
    return pd.DataFrame(rows), pd.DataFrame(lessons, columns=["councils", "origin", "group", "name", "value"])


def _taught(settings: Settings, known, pasts, held: Books, half: str):
    """The figures of children and of spend from one half, and its examples; None where a kept record lacks them."""
    origin = int(held.spent.columns[-1])
    if settings.strict.taught is not None:
        rows, found = settings.strict.taught, taught_in(settings.kept, half, origin)
        if found is None:
            return None
        rows = rows[(rows["councils"] == half) & (rows["origin"] == origin)]
        return replace(totals.from_table(rows)[LAC], memory=found[1]), found[0], None
    theirs = {council: past for council, past in pasts.items() if tunes(council) == (half == EVEN)}
    figures, outturns = strict.estimate(known, theirs)
    figures = replace(figures, memory=strict.memory(outturns, theirs, figures))
    earlier = taught_in(settings.kept, half, int(settings.spend.columns.min()))
    mine = held.of(held.spent.index[held.spent.index.isin(list(theirs))])
    return figures, *estimate(mine, None if earlier is None else earlier[0])


def _scored(settings: Settings, held: Books, known: Known, council: str, said: Ahead, changes: dict, came: np.ndarray):
    """One row a method and horizon: the forecast, and the bars in the money of the origin, uprated."""
    pounds = held.spent.loc[council].dropna()
    real = pounds * settings.deflator[known.origin] / settings.deflator.reindex(pounds.index)
    draws = settings.strict.draws
    case = strict.Case(council, known, pounds, real, None, None, changes, draws, settings.strict.seed)
    flat = np.full((draws, HORIZONS.size), pounds.iloc[-1])
    bars = {OWN_WALK: strict.own_walk(case), POOLED: strict.pooled_walk(case), NO_CHANGE: flat}
    uprated = np.exp(held.expected.iloc[-1] * HORIZONS)
    drawn = {CLOSED: said.quantiles(case.ranks)}
    drawn |= {name: None if bar is None else bar * uprated for name, bar in bars.items()}
    about = {"council": council, "name": settings.strict.panel.names[council], "measure": SPEND, "origin": known.origin}
    asked = {name: draws for name, draws in drawn.items() if name in settings.strict.methods}
    return strict.scored(about, pounds, real, asked, came)


def run(
    settings: Settings, workers: int = 1, cluster: str | None = None, said=lambda text: None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row for each council, method, origin and horizon whose outturn is known; and what was taught.

    The same whoever works. Raises BadInput where no council of the panel has spend.
    """
    spend = settings.spend
    if not spend.index.isin(settings.strict.panel.councils).any():
        raise BadInput("no council of the panel stands in the file of spend: compare their codes (such as 871)")
    first = max(strict.FIRST_ORIGIN, int(spend.columns.min()))
    origins = list(range(first, int(spend.columns.max())))
    parts = []
    for origin, part in zip(origins, spread(partial(one_origin, settings), origins, workers, cluster), strict=True):
        said(f"Spend from 31 March {origin}: {len(part[0]):,} forecasts scored")
        parts.append(part)
    frame, taught = (pd.concat(tables, ignore_index=True) for tables in zip(*parts, strict=True))
    return frame, taught


def calibrate(settings: Settings, councils: list[str]) -> pd.DataFrame:
    """The table of data/calibration/spend.csv: every figure from these councils' outturns, with its 80% interval.

    The interval is that of resampled councils; for the country's of resampled years, and for growth of its own error.
    """
    origin, drawn = int(settings.spend.columns.max()), []
    known = strict.known_at(settings.strict, LAC, origin)
    held = books(settings.spend, {name: known[name] for name in councils if name in known}, settings.deflator, origin)
    taught, rows = estimate(held)
    rng = np.random.default_rng([settings.strict.seed, *SPEND.encode()])
    names, place = pd.factorize(rows.index.get_level_values(0))[::-1]
    for _ in range(strict.RESAMPLES):
        times = rng.multinomial(len(names), np.full(len(names), 1 / len(names)))[place]
        again = shape(rows[times > 0], plain().drift, 1.0, times[times > 0])
        again = _with_pace(again, taught.paces.sample(frac=1, replace=True, random_state=rng))
        again = replace(again, growth=taught.drift.growth + rng.normal(0, again.country / np.sqrt(again.known)))
        drawn.append(vars(again) | {WHOLE: _of_a_year(again) / _of_a_year(taught.drift)})
    low, high = (pd.DataFrame(drawn).quantile(at) for at in (0.1, 0.9))
    found = vars(taught.drift) | {WHOLE: 1.0}
    table = [
        (name, value, low[name], high[name], *strict.ABOUT["spend"][name], COMMAND) for name, value in found.items()
    ]
    columns = ["name", "value", "low", "high", "unit", "how", "command"]
    return pd.DataFrame(table, columns=columns).round(4)


def _of_a_year(held: Drift) -> float:
    """SD of one year's log change of spend beyond what children make, own past as usual."""
    return float(np.sqrt(drift.covariance(held, OF_SIZE, np.ones(1))[0, 0]))
