"""The pathways forecast at one origin of one council of a panel: the whole chain, on what was published by then.

population -> rates pooled toward England's -> the central path -> children living through care

A panel holds totals, so ages and lengths of stay are England's, from the reference case's tables; everything else is
the council's own. Nothing here is a second method: it prepares what `caseload` needs and calls it.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from forecast.case.months import MONTHS_A_YEAR, months_between
from forecast.demand import caseload
from forecast.demand.caseload import Calibrated, Norms
from forecast.demand.evidence import ADULT_YEARS, BAND_FROM_YEARS, LAC_BANDS, Group
from forecast.demand.pathways import calibration
from forecast.demand.pathways.calibration import Fit, Margins
from forecast.demand.pathways.hazards import Paths
from forecast.demand.population import Deaths, Population, Streams, births_by_month, by_month_of_age, project
from forecast.demand.trend.past import Past, compare, on_one_base
from forecast.record.panel import MEASURES

MARCH = 0.25  # 31 March, as a part of the year
YEARS_OF_MIGRATION = 3  # net migration is the mean of the last three years held
PER_1000 = 1000
LEAST_FLOW = 1  # a year with no start or no end cannot set a rate


class CannotRun(Exception):
    """The chain cannot run for this council and origin, and why, in words."""


@dataclass(frozen=True)
class England:
    """The country a council is compared with.

    by_year     year -> lac, lac_started, lac_ceased, cp, cp_started, cp_ended, children
    groups      measure -> the reference case's group, whose ages and stays of England are used
    children    [band] children of England, of which only the shape is used
    deaths      children's deaths
    """

    by_year: pd.DataFrame
    groups: dict[str, Group]
    children: np.ndarray
    deaths: Deaths


@dataclass(frozen=True)
class Known:
    """One council's figures up to an origin, and the country's.

    council  year -> figures of the panel
    """

    measure: str
    origin: int
    council: pd.DataFrame
    england: pd.DataFrame

    @property
    def counts(self) -> pd.Series:
        """Children counted at each 31 March, year -> children."""
        return self.council[MEASURES[self.measure][0]].dropna()

    @property
    def children(self) -> np.ndarray | None:
        """Children of the council at each count, one census base, [count]; None where no estimate is held yet."""
        held = on_one_base(self.council["pop_0_17"].dropna())
        return None if held.empty else _to_all(held, self.counts)[self.counts.index].to_numpy(float)

    @property
    def rounded(self) -> pd.Series:
        """Which of the counts were published rounded to 5."""
        column = f"{MEASURES[self.measure][0]}_rounded_to_5"
        held = self.council[column] if column in self.council else pd.Series(False, index=self.council.index)
        return held[self.counts.index].astype(bool)

    def past(self) -> Past:
        """The counts beside the country's. Raises CannotRun where the last cannot be compared."""
        children, country = (on_one_base(t.dropna()) for t in (self.council["pop_0_17"], self.england["children"]))
        counts, theirs = self.counts.rename(lambda year: year + MARCH), self.england[self.measure]
        try:
            return compare(counts, _to_all(children, counts), theirs, _to_all(country, theirs))
        except ValueError as error:
            raise CannotRun(str(error)) from None


def _to_all(children: pd.Series, counts: pd.Series) -> pd.Series:
    """Children for every year of the counts: before the first year known, the first (the first on the census base)."""
    years = sorted({int(np.floor(time)) for time in counts.index} | set(children.index))
    return children.reindex(years).bfill().ffill()


def scaled(shape: np.ndarray, total: float) -> np.ndarray:
    return shape / shape.sum() * total


def england_margins(measure: str, origin: int, england: England) -> Margins:
    """England's year to the origin, by age as in the reference case."""
    started, ended = f"{measure}_started", f"{measure}_{'ceased' if measure == 'lac' else 'ended'}"
    row, shape = england.by_year.loc[origin], england.groups[measure].country
    ends = None if shape.ends is None else scaled(shape.ends, row[ended])
    starts, closing = scaled(shape.starts, row[started]), scaled(shape.closing, row[measure])
    return Margins(england.by_year.loc[origin - 1, measure], starts, closing, ends, row[ended], shape.stays)


def england_fit(measure: str, origin: int, england: England) -> tuple[Fit, float]:
    """England's leaving hazards for the year to the origin, and the newborn share."""
    margins, group = england_margins(measure, origin, england), england.groups[measure]
    first = caseload.first_hazards(
        group.bands, sorted({window[0] for window in margins.stays}), margins.closing.sum(), margins.ended
    )
    fit = calibration.fit_country_by_stock if margins.ends is None else calibration.fit_country
    return fit(first, margins)


def council_margins(known: Known, england: Margins) -> Margins:
    """The council's year to the origin, with England's ages. Raises CannotRun where a figure is missing or 0."""
    stock, started, ended = (known.council[name] for name in MEASURES[known.measure])
    missing = [name for name in MEASURES[known.measure] if np.isnan(known.council.at[known.origin, name])]
    if missing == [MEASURES[known.measure][2]] and known.origin - 1 in stock.dropna():
        ended = ended.fillna(stock.shift(1) + started - stock)
        missing = []
    if missing:
        raise CannotRun(f"{' and '.join(missing)} of the year to the origin not published")
    if min(stock[known.origin], started[known.origin], ended[known.origin]) < LEAST_FLOW:
        raise CannotRun("no stock, no starts or no ends in the year to the origin")
    if stock[known.origin] + ended[known.origin] <= started[known.origin]:
        raise CannotRun("published starts, ends and stock cannot all hold")
    now = known.origin
    starts, closing = scaled(england.starts, started[now]), scaled(england.closing, stock[now])
    return Margins(stock.get(now - 1, np.nan), starts, closing, None, ended[now], {})


@dataclass(frozen=True)
class PanelEvidence:
    """What `caseload.calibrate` needs to know of a council's children."""

    children_by_band: np.ndarray
    country_children: np.ndarray
    population_by_year: pd.Series
    local: None = None  # a panel holds no child-level returns
    recent_starts: None = None

    def seen(self, _bands: list[str]) -> None:
        """What returns count of leaving: none here."""


def calibrate(known: Known, england: England, norms: Norms, country: tuple[Fit, float]) -> Calibrated:
    """Fit and pool one council at one origin, by the product's own code."""
    fit, newborn = country
    there = england_margins(known.measure, known.origin, england)
    here = council_margins(known, there)
    own = calibration.fit_council_by_level(fit.hazards, here, newborn)
    started = known.council[MEASURES[known.measure][1]].dropna().rename(lambda year: f"{year - 1}-{year % 100:02d}")
    past = known.past()
    group = Group(
        known.measure, england.groups[known.measure].bands, there, here, int(known.counts.iloc[-1]), started, past
    )
    children = on_one_base(known.council["pop_0_17"].dropna())
    shape = england.children / england.children.sum()
    evidence = PanelEvidence(
        shape * children.iloc[-1],
        shape * on_one_base(england.by_year.loc[: known.origin, "children"].dropna()).iloc[-1],
        children,
    )
    return caseload.calibrate(
        group, evidence, norms, 0.0, f"{known.origin - 1}-{known.origin % 100:02d}", (fit, own, newborn)
    )


def children_ahead(known: Known, england: England, months: int, moving: bool = True) -> Population:
    """The council's children month by month: England's ages, own births and net migration, or standing still.

    Births are the last year's known, else as many as children under 1; net migration is the mean share of all people
    over the last years known, taken for children; 0 where none is.
    """
    total = known.council["pop_0_17"].dropna().iloc[-1]
    by_age = by_month_of_age(_single_years(scaled(england.children, total)))
    if not moving:
        return Population({"residents": np.tile(by_age, (months, 1))}, pd.DataFrame(), np.zeros(months))
    births = known.council["births_yr_to_mid_year"].dropna()
    last = births.iloc[-1] if births.size else by_age[:MONTHS_A_YEAR].sum()
    net = PER_1000 * net_migration(known.council)
    streams = Streams({"net": max(net, 0.0)}, {"net": max(-net, 0.0)}, {})
    return project(by_age, births_by_month(last, 0.0, 0, months), england.deaths, streams)


def net_migration(council: pd.DataFrame) -> float:
    """Net migration a year as a share of all people, mean of the last years held; 0 where none is."""
    moved = council["net_internal_migration_all_ages"] + council["net_international_migration_all_ages"]
    share = (moved / council["population_all_ages"]).dropna()
    return float(share.iloc[-YEARS_OF_MIGRATION:].mean()) if share.size else 0.0


def _single_years(by_band: np.ndarray) -> pd.Series:
    edges = [BAND_FROM_YEARS[band] for band in LAC_BANDS] + [ADULT_YEARS]
    widths = np.diff(edges)
    return pd.Series(np.repeat(by_band / widths, widths), index=range(ADULT_YEARS))


def starts_ahead(fit: Calibrated, people: Population) -> np.ndarray:
    """Expected starts, [month x band], on the fit's central path."""
    months = len(people.births)
    return caseload.demand(fit, people, {}, np.zeros((months, len(LAC_BANDS)))).starts


def live(fit: Calibrated, norms: Norms, people: Population, draws: int, seed: int) -> Paths:
    """Children living through care from the origin, on the council's central path."""
    wanted, first = starts_ahead(fit, people), int(fit.group.past.years[-1])
    months = months_between(f"{first}-04", f"{first + len(wanted) // MONTHS_A_YEAR}-03")
    stream = caseload.master_stream(fit, wanted, norms.family)
    leaving = np.exp(-fit.adjusted(len(months)))[:, None] * np.ones(wanted.shape)
    rng, shape = lucky(seed), (draws, len(months))
    spread = replace(
        caseload.practice(fit, draws, len(months), rng),
        start_factor=norms.start_drift.factors(rng("start drift"), *shape),
        leave_factor=norms.leave_drift.factors(rng("leave drift"), *shape),
    )
    return caseload.simulate(fit, norms, stream, wanted, spread, leaving, months, seed, 1)


def lucky(seed: int):
    """Generators by name."""
    return lambda name: np.random.default_rng([seed, *name.encode("utf-8")])
