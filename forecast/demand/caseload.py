"""CP and LAC stocks and flows: population x start rates into the pathways engine, child by child."""

import pickle
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import accumulate

import numpy as np
import pandas as pd

from forecast.case import rng
from forecast.case.ages import ADULT_AGE, LAC_BANDS, age_from
from forecast.case.months import DAYS_A_YEAR, MONTHS_A_YEAR, month_edges, years_from
from forecast.demand import local, matching, mix
from forecast.demand.cache import Cache, hashed_once
from forecast.demand.evidence import Evidence, Group
from forecast.demand.front_door import FrontDoor
from forecast.demand.levers import Lever, Shock
from forecast.demand.pathways import calibration
from forecast.demand.pathways.calibration import Fit
from forecast.demand.pathways.expectation import (
    Expected,
    entrant_cohorts,
    expect,
    expect_places,
    opening_cohorts,
    placed_cohorts,
)
from forecast.demand.pathways.hazards import Entrants, Hazards, Opening, Paths, Places, Spread
from forecast.demand.population import People, Population, Projector
from forecast.demand.rates import Pooled, discounted, evidence_kept, pool
from forecast.demand.totals import Total
from forecast.demand.trend.past import HALF_A_CHILD

CELLS = 512  # cells of the master stream's age mix: fine enough that every band has its own
LEAST_CELLS = 8
_FITTED = Cache(8)  # pairs of a case's groups, for several cases
Z90 = 1.2815515655446004  # the normal quantile of 0.9: an 80% range is 2 x Z90 wide
LEAST_STARTS = 1e-9  # children a month: less is the arithmetic's own noise
MATCH_ROUNDS = 2
AGE_DRAWS = 500  # on which is measured how far ages stray by themselves
LEAST_REACH = 0.1  # of an age's share for its rates: below it no rate explains what the share does
BANDS_FROM_MONTH = np.round(age_from(LAC_BANDS) / DAYS_A_YEAR * MONTHS_A_YEAR).astype(int)
PATH_CELLS = 4  # cells of each age band when the central path is found: the log stock is within 0.001 of that of 8


@dataclass(frozen=True)
class Norms:
    """The assumptions a group's pathways need, at their central values.

    pool_starts, pool_age, pool_leaving  children's worth of national evidence
    family      children who start together
    review_at, review_every              days
    early       days counted apart (proceedings)
    yearly      SD of the yearly walk of starts on the logarithm: how fast past evidence ages
    conflict    chance that the country's rate of an age and time in care does not hold where a council has returns
    """

    pool_starts: float
    pool_age: float
    pool_leaving: float
    family: float
    review_at: np.ndarray
    review_every: float
    early: float
    yearly: float
    conflict: float = 0.0

    @property
    def prior(self) -> local.PriorStrength:
        """How far the country's leaving rates count beside a council's own returns."""
        return local.PriorStrength(self.pool_leaving, self.pool_age, self.conflict)


@dataclass(frozen=True)
class Calibrated:
    """One group fitted to its published year and pooled toward the country.

    country, council  the two fits
    newborn_share     share of starts under 1 that are newborn
    start_rate        [band]  pooled starts a child a year
    level, by_age     posteriors of the start level and of each age band against it
    leaving           [band]  posterior of the leaving hazard against the country's, by age band
    hazards           pooled leaving hazards, used in the forecast
    opening           children open at the origin
    since             multiple of the pooled start rate that the months since the year's end imply
    starts_since      [band]  starts a year that multiple stands for
    children          [band] children each start rate is counted on
    returns, places   the council's own child-level counts, and placements as states made of them; None where it has
                      none
    total             what the closed form says of the count ahead
    adjustment        [month] log of starts over leaving, against the rates as they are, that meets its median
    age_doubt         [band] log SD of starts over leaving of each age, beyond what its own counts leave in doubt
    """

    group: Group
    country: Fit
    council: Fit
    newborn_share: float
    start_rate: np.ndarray
    level: Pooled
    by_age: Pooled
    leaving: Pooled
    hazards: Hazards
    opening: Opening
    since: float
    starts_since: np.ndarray
    children: np.ndarray
    returns: local.Local | None = None
    places: Places | None = None
    total: Total | None = None
    adjustment: np.ndarray = field(default_factory=lambda: np.zeros(1))
    age_doubt: np.ndarray | float = 0.0

    @property
    def still(self) -> np.ndarray:
        """Starts a month of today's children, held as they are, at the rates as they are, [band]."""
        return self.start_rate * self.children / MONTHS_A_YEAR

    def adjusted(self, months: int) -> np.ndarray:
        """Half of the adjustment of practice in each of the months, log, [month]; after its last month it stays."""
        return self.adjustment[np.minimum(np.arange(months), self.adjustment.size - 1)] / 2

    def restarted(self, opening: Opening, hazards: Hazards) -> "Calibrated":
        """The same with other hazards and other children open at the start, each age placed as its child-days were."""
        if self.places is None:
            return replace(self, opening=opening, hazards=hazards)
        now = local.state_of_points(opening.age, hazards, self.returns.lived)
        return replace(self, opening=opening, hazards=hazards, places=replace(self.places, now=now))


def first_hazards(bands: list[str], edges: list[float], stock: float, ended: float) -> Hazards:
    """A flat start for the calibration: everyone leaves at the crude rate."""
    low = age_from(bands)
    return Hazards(low, ADULT_AGE, np.array(edges), np.full((low.size, len(edges)), ended / stock / DAYS_A_YEAR))


def fit_group(group: Group) -> tuple[Fit, Fit, float]:
    """Hazards of the country and of the council, each reproducing its published year; the same figures fitted once."""
    return _FITTED.get(pickle.dumps((group.bands, group.country, group.council)), lambda: _fit_group(group))


def _fit_group(group: Group) -> tuple[Fit, Fit, float]:
    """The fits that what is published allows; of the council: ends by age, ends by stay, or ends in total."""
    edges = sorted({window[0] for window in group.country.stays})
    start = first_hazards(group.bands, edges, group.country.closing.sum(), group.country.ended)
    if group.country.ends is None:
        country, newborn = calibration.fit_country_by_stock(start, group.country)
    else:
        country, newborn = calibration.fit_country(start, group.country)
    by_stays = group.council.ends is None and group.council.stays
    fit_council = calibration.fit_council_by_stays if by_stays else calibration.fit_council
    return country, fit_council(country.hazards, group.council, newborn), newborn


def calibrate(
    group: Group, evidence: Evidence, norms: Norms, days_since: float, calibration_year: str, fits=None
) -> Calibrated:
    """Fit one group, pool its rates toward the country's, and stand its children at the origin; the central path is to
    come.

    fits   (country's fit, council's fit, newborn share), where they are already known
    """
    country, council, newborn = fits or fit_group(group)
    expected = expected_starts(group, evidence)
    returns = evidence.local if group.name == "lac" else None
    hazards, leaving = pool_leaving(group, country, council, norms, evidence.seen(group.name))
    rate = group.country.starts / exposure(group.bands, evidence.country_children)
    first = pool_level(group, evidence, norms, calibration_year, expected, None)
    by_age = pool_ages(group, expected, first, norms)
    cells = calibration.age_cells(hazards.age_from, ADULT_AGE, newborn)
    children = exposure(group.bands, evidence.children_by_band)
    a_year = rate * first.mean * by_age.mean * children
    recent, now = None, group.open_at_origin
    if days_since == 0:
        opening, since = calibration.as_opening(council.at_close, now, calibration.POINTS), 1.0
    else:
        in_days = a_year * days_since / DAYS_A_YEAR
        opening, since = calibration.opening_at(council, hazards, in_days, days_since, now, cells)
        counted = (
            evidence.recent_starts
        )  # starts since the year's end or, where none are counted, those the stock implies
        recent = since * a_year.sum() if counted is None else counted[group.name] / days_since * DAYS_A_YEAR
    level = pool_level(group, evidence, norms, calibration_year, expected, recent, days_since)
    own = rate * level.mean * by_age.mean
    fit = Calibrated(
        group,
        country,
        council,
        newborn,
        own,
        level,
        by_age,
        leaving,
        hazards.with_break(norms.early),
        opening,
        since,
        since * a_year,
        children,
        returns,
    )
    return fit if returns is None else in_places(fit, returns, norms.prior, evidence.placed_last)


def in_places(
    fit: Calibrated, returns: local.Local, prior: local.PriorStrength, placed: dict[str, float] | None
) -> Calibrated:
    """The same group with placements as states, and the very children of the returns where those end at the origin.

    placed  children by placement as counted at the origin, or None: else each age is placed as its child-days were
    """
    if returns.current:
        opening, now = local.opening_of(returns)
    else:
        lived = returns.lived if placed is None else local.as_counted(returns.lived, placed)
        opening, now = fit.opening, local.state_of_points(fit.opening.age, fit.hazards, lived)
    return replace(fit, opening=opening, places=local.places_of(returns, fit.hazards, prior, now))


def with_drawn_places(fit: Calibrated, norms: Norms, rng: np.random.Generator) -> Calibrated:
    """The same group with placements as unsure as the returns leave them, where it has any."""
    if fit.places is None:
        return fit
    return replace(
        fit, places=local.places_drawn(fit.returns, fit.hazards, norms.prior, fit.places.now, norms.family, rng)
    )


def on_total(fit: Calibrated, total: Total, edges: np.ndarray) -> Calibrated:
    """The same group whose expected stock, of today's children held as they are, follows the closed form's median."""
    adjustment = lean(fit, edges).meet(np.log(total.last) + total.middle)
    return replace(fit, total=total, adjustment=adjustment)


def on_ages(
    fit: Calibrated, parts: dict[str, mix.Part], norms: Norms, months: list[str], rng, seed: int, threads: int
) -> Calibrated:
    """The same group whose ages go where councils' ages go, and stray as far; as it is where returns tell of every age.

    What ages stray by chance and by doubtful rates is measured on some draws, and what lacks of councils' spread added.
    """
    if fit.places is not None or not parts:
        return fit
    bands, now = [parts[name] for name in LAC_BANDS], fit.group.council.closing
    quarters = np.linspace(0.0, mix.YEARS[-1] * DAYS_A_YEAR, int(4 * mix.YEARS[-1]) + 1)
    steady = replace(lean(fit, quarters), starts=np.tile(fit.still * MONTHS_A_YEAR / 4, (quarters.size - 1, 1)))
    rates, reach = mix.ages(steady, now, fit.group.country.closing, bands)
    half = np.exp(rates / 2)
    fit = replace(fit, start_rate=fit.start_rate * half, hazards=fit.hazards.times(1 / half))
    some = months[: int(mix.YEARS[mix.MIDDLE] * MONTHS_A_YEAR)]
    spread, starts = practice(fit, AGE_DRAWS, len(some), rng), still_starts(fit, len(some))
    paths = simulate(
        fit, norms, master_stream(fit, starts, norms.family), starts, spread, np.ones(starts.shape), some, seed, threads
    )
    stock = np.maximum(paths.stock[:, -1], HALF_A_CHILD)
    held, share = np.log(stock / stock.sum(axis=1, keepdims=True)).var(axis=0), now / now.sum()
    years = len(some) / MONTHS_A_YEAR
    wanted = [part.variance(count, now.sum(), years) for part, count in zip(bands, now, strict=True)]
    lacking = np.maximum((1 - share) ** 2 * np.array(wanted) - held, 0)
    return replace(fit, age_doubt=np.sqrt(lacking) / np.maximum(reach, LEAST_REACH))


def lean(fit: Calibrated, edges: np.ndarray) -> matching.Lean:
    """What the expected stock of a group follows from while its population stands still."""
    starts = np.tile(fit.still, (len(edges) - 1, 1))
    cells = calibration.age_cells(fit.hazards.age_from, ADULT_AGE, fit.newborn_share, PATH_CELLS)
    return matching.Lean(fit.hazards, fit.opening, starts, cells, edges, fit.places)


def exposure(bands: list[str], children: np.ndarray) -> np.ndarray:
    """Children each start rate is counted on, [... band]: for the unborn, the children under 1."""
    return np.concatenate([children[..., :1], children], axis=-1) if bands[0] == "unborn" else children


def expected_starts(group: Group, evidence: Evidence) -> np.ndarray:
    """Starts a year the council would have at the country's rates, [band]."""
    country = exposure(group.bands, evidence.country_children)
    return group.country.starts / country * exposure(group.bands, evidence.children_by_band)


def pool_level(group, evidence, norms, calibration_year, expected, recent, days_since=0.0) -> Pooled:
    """The council's start level against the country's, from all its published years, the older the less.

    recent  starts a year that the stock at the origin implies since the year's end, or None
    """
    counts = group.starts_by_year
    ago = np.array([years_from(period, calibration_year) for period in counts.index], float) + days_since / DAYS_A_YEAR
    size = evidence.population_by_year
    grown = np.array([size.get(int(period[:4]) + 1, size.iloc[-1]) / size.iloc[-1] for period in counts.index])
    values, at_country = counts.to_numpy(), grown * expected.sum()
    if recent is not None:
        part = days_since / DAYS_A_YEAR
        values = np.append(values, recent * part)
        at_country, ago = np.append(at_country, expected.sum() * part), np.append(ago, 0.0)
    kept = evidence_kept(norms.yearly, expected.sum(), norms.family)
    seen, wanted = discounted(values, at_country, ago, kept)
    return pool(seen / norms.family, wanted / norms.family, norms.pool_starts)


def pool_ages(group: Group, expected: np.ndarray, level: Pooled, norms: Norms) -> Pooled:
    """Each age band's start rate against the level. A council without its own age pattern keeps the country's."""
    if group.name == "cp":
        return Pooled(np.full(expected.size, norms.pool_age), np.full(expected.size, norms.pool_age))
    own_level = group.council.starts.sum() / expected.sum()
    pooled = pool(group.council.starts, expected * own_level, norms.pool_age)
    tilt = (pooled.mean * expected).sum() / expected.sum()
    return Pooled(pooled.shape, pooled.weight * tilt)


def pool_leaving(
    group: Group, country: Fit, council: Fit, norms: Norms, seen: local.Seen | None
) -> tuple[Hazards, Pooled]:
    """Leaving hazards, and by age band against the country's: the level first, then each band against the level.

    Those who leave by turning 18 say nothing of the hazard and are left out. The council's own returns, where they are
    held, tell of each age and time since the start.
    """
    if seen is not None:
        return local.pool_hazards(seen, country.hazards, norms.prior)
    ratio = council.hazards.per_day.sum(axis=1) / country.hazards.per_day.sum(axis=1)
    left = calibration.ends_before_adult(council)
    level = pool(left.sum(), (left / ratio).sum(), norms.pool_leaving)
    bands = pool(left, left / ratio * level.mean, norms.pool_age)
    leaving = Pooled(bands.shape, bands.weight / level.mean)
    return country.hazards.times(leaving.mean), leaving


@dataclass(frozen=True)
class Demand:
    """Expected starts of one scenario, [month x band], before practice drift and the uncertainty of the rates.

    transfers  [month x band]  plans that arrive open, within `starts`
    """

    starts: np.ndarray
    transfers: np.ndarray


def still_starts(fit: Calibrated, months: int) -> np.ndarray:
    """Expected starts of today's children, held as they are, under the central path's practice, [month x band]."""
    return fit.still * np.exp(fit.adjusted(months))[:, None]


def by_band_of_months(children: np.ndarray) -> np.ndarray:
    """[month x month of age] to [month x LAC band]."""
    return np.add.reduceat(children, BANDS_FROM_MONTH, axis=1)


def master_stream(fit: Calibrated, central: np.ndarray, family: float) -> Entrants:
    """The stream of possible entrants every scenario thins: the central age mix, in equally likely cells."""
    share = central.sum(axis=0) / central.sum()
    count = np.maximum(np.round(share * CELLS).astype(int), LEAST_CELLS)
    edges = [
        np.interp(np.linspace(0, 1, cells + 1), np.linspace(0, 1, band.size), band)
        for cells, band in zip(
            count, calibration.age_cells(fit.hazards.age_from, ADULT_AGE, fit.newborn_share), strict=True
        )
    ]
    return calibration.entrants(central, edges, family)


def practice(fit: Calibrated, draws: int, months: int, rng) -> Spread:
    """Spread of every draw before it is matched: uncertain ages at start and rates of leaving.

    `rng(name)` gives a generator of its own. The same in every scenario, so that a draw is one future seen under
    several policies. The level of starts is not drawn: what is not known of it lies in the closed form's spread.
    """
    ages, leaving = (
        pooled.factors(rng(name), draws) for pooled, name in ((fit.by_age, "start ages"), (fit.leaving, "leaving"))
    )
    flat = Spread.none(draws, months, ages.shape[1])
    tilt = np.exp(fit.age_doubt / 2 * rng("ages").standard_normal(ages.shape))
    return replace(flat, start_rate=ages * tilt, leave_rate=leaving / tilt)


def simulate(
    fit: Calibrated, norms: Norms, stream: Entrants, starts, spread: Spread, lever, months, seed, threads, way=None
) -> Paths:
    """Run the engine for one group and one scenario, each draw by its own way where it may go several."""
    from forecast.demand.pathways import engine  # compiled: a command that only reads a case does without it

    return engine.run(
        month_edges(months),
        fit.hazards,
        fit.opening,
        replace(stream, expected=starts),
        spread,
        lever,
        norms.early,
        norms.review_at,
        norms.review_every,
        seed,
        threads,
        fit.places,
        way,
    )


def expected_path(fit: Calibrated, stream: Entrants, starts: np.ndarray, lever: np.ndarray, months: list[str]):
    """The principal run: the same group and scenario in expectation, without chance, drift or rate uncertainty."""
    edges = month_edges(months)
    entrants = entrant_cohorts(edges, replace(stream, expected=starts), nodes=1)
    if fit.places is None:
        return expect(edges, fit.hazards, opening_cohorts(fit.opening) + entrants, starts, lever)
    cohorts, inside = placed_cohorts(fit.opening, entrants.that_come(), fit.hazards, fit.places)
    return expect_places(edges, fit.hazards, fit.places, cohorts, inside, lever).together(starts)


def mean_path(paths: list[Expected], share: np.ndarray) -> Expected:
    """The mean of expected paths, by their shares."""
    if len(paths) == 1:
        return paths[0]
    return Expected(
        **{name: sum(s * getattr(one, name) for s, one in zip(share, paths, strict=True)) for name in vars(paths[0])}
    )


@dataclass(frozen=True)
class FamilyRates:
    """Of one named stream: the share who arrive with a plan open, and start rates against other children's."""

    name: str
    arrive_on_plan: float
    start_rate: tuple[tuple[str, float], ...]


@hashed_once
@dataclass(frozen=True)
class Demography:
    """One projection: the people, and the rates of the named streams among them."""

    people: People
    families: tuple[FamilyRates, ...]


@dataclass(frozen=True)
class Swing:
    """One uncertain assumption at its low and at its high; `stream` is the named stream it belongs to, or None."""

    key: str
    stream: str | None
    low: Demography
    high: Demography


@dataclass(frozen=True)
class Elasticity:
    """The power to which a group's starts follow its children at equal rates, as its assumption `key` has it."""

    key: str
    value: float
    low: float
    high: float

    def by_draw(self, draws: int, seed: int) -> np.ndarray:
        """Its value in each draw, [draw]; never below 0: more children are not less demand."""
        z = rng(self.key, seed).standard_normal(draws) / Z90
        return np.maximum(self.value + z * np.where(z < 0, self.value - self.low, self.high - self.value), 0.0)


@hashed_once
@dataclass(frozen=True)
class PopulationPlan:
    """Births, deaths and migration of a scenario: at the centre, without each named stream, at each range's ends; and
    group -> how its starts follow them.
    """

    centre: Demography
    without: tuple[tuple[str, Demography], ...]
    swings: tuple[Swing, ...]
    elasticities: tuple[tuple[str, Elasticity], ...]

    def of(self, group: str) -> Elasticity:
        """The elasticity of one group."""
        return dict(self.elasticities)[group]

    def held(self) -> "PopulationPlan":
        """The same population with no bearing on starts: as if today's children stayed as they are."""
        none = tuple((group, replace(one, value=0.0, low=0.0, high=0.0)) for group, one in self.elasticities)
        return replace(self, elasticities=none)


@hashed_once
@dataclass(frozen=True)
class CarePlan:
    """What a scenario puts on one group's starts and leaving: levers on all and by age band, and shocks.

    front_door  of plans, where a lever moves it; from_plans: of care, where something moves plans; else None
    """

    starts: Lever
    starts_by_band: tuple[Lever, ...]
    starts_shock: Shock
    leaving_by_band: tuple[Lever, ...]
    ends_shock: Shock
    front_door: FrontDoor | None = None
    from_plans: "FromPlans | None" = None

    def on_starts(self, months: int) -> np.ndarray:
        """What levers and shocks put on starts, [month x band]."""
        every = self.starts.by_month(months) * self.starts_shock.by_month(months)
        if self.front_door is not None:
            every = every * self.front_door.on_plans(months)
        if self.from_plans is not None:
            every = every * self.from_plans.moved(months) ** self.from_plans.power.value
        return every[:, None] * np.stack([lever.by_month(months) for lever in self.starts_by_band], axis=1)

    def on_leaving(self, fit: Calibrated, months: int) -> np.ndarray:
        """What levers, shocks and the central path put on leaving, [month x band]."""
        levers = np.stack([lever.by_month(months) for lever in self.leaving_by_band], axis=1)
        shock = self.ends_shock.by_month(months)[:, None]
        return levers * shock * np.exp(-fit.adjusted(months))[:, None]


@dataclass(frozen=True)
class FromPlans:
    """Children on plans who come into care: starts follow, to a power, what moves plans started.

    lag  months from one to the other, on average
    """

    plans: CarePlan
    power: Elasticity
    lag: float

    def moved(self, months: int) -> np.ndarray:
        """What levers and shocks have put on the plans that care comes from, [month]."""
        now, kept = self.plans.on_starts(months).mean(axis=1), np.exp(-1 / self.lag)
        return np.array([*accumulate(now, lambda held, new: kept * held + (1 - kept) * new, initial=1.0)][1:])

    def by_draw(self, months: int, draws: int, seed: int) -> np.ndarray:
        """How each draw's starts stray from what moves them at the power's centre, [draw x month x 1]."""
        away = self.power.by_draw(draws, seed) - self.power.value
        return self.moved(months)[None, :, None] ** away[:, None, None]


def usual_care(bands: int) -> CarePlan:
    """No lever and no shock on starts or leaving."""
    return CarePlan(Lever(), (Lever(),) * bands, Shock(), (Lever(),) * bands, Shock())


def at_equal_rates(fit: Calibrated, demography: Demography, people: Population, months: int) -> Demand:
    """Expected starts of one group were every child as likely to start as today's are, named streams at their own
    rates.
    """
    group, relative = fit.group.name, {one.name: dict(one.start_rate) for one in demography.families}
    starts = np.zeros((months, fit.still.size))
    for name, children in people.children.items():
        counted = exposure(fit.group.bands, by_band_of_months(children))
        starts += counted * fit.start_rate / MONTHS_A_YEAR * (relative[name][group] if name in relative else 1.0)
    transfers = np.zeros_like(starts)
    if group == "cp":
        moved = demography.people.family_streams.by_month(months)[:, None]
        for stream, rates in zip(demography.people.streams, demography.families, strict=True):
            on_plan = by_band_of_months(stream.by_age(months)) * rates.arrive_on_plan
            transfers[:, -on_plan.shape[1] :] += on_plan * moved
    return Demand(starts + transfers, transfers)


def demand_of(fit: Calibrated, plan: PopulationPlan, care: CarePlan, equal: Demand) -> Demand:
    """Expected starts of one group under one scenario's levers, from those `at_equal_rates` at the plan's centre.

    How far births, moves and ageing take starts at equal rates from those of today's children counts as much as the
    elasticity says: not at all at 0, in full at 1.
    """
    months = len(equal.starts)
    followed = departed(fit, equal) ** (plan.of(fit.group.name).value - 1) * np.exp(fit.adjusted(months))[:, None]
    return Demand(equal.starts * followed * care.on_starts(months), equal.transfers * followed)


def departed(fit: Calibrated, equal: Demand) -> np.ndarray:
    """Starts at equal rates against those of today's children held as they are, [month x band]; 1 where none start."""
    some = (fit.still > 0) & (equal.starts > 0)
    return np.where(some, equal.starts, 1.0) / np.where(some, fit.still, 1.0)


def starts_by_draw(
    fit: Calibrated,
    plan: PopulationPlan,
    equal: Callable[[Demography], Demand],
    draws: int,
    seed: int,
) -> np.ndarray:
    """How each draw's births, migration and elasticity move a group's starts, [draw x month x band], 1 at the centre;
    `equal` gives the starts `at_equal_rates` of a demography.

    Each uncertain demographic assumption is put at its low and its high in turn; between them starts move
    geometrically, so that a draw at the low, centre or high of one assumption has exactly those starts. A named stream
    of families moves its own part of starts alone: twice as few families of half the size bring a quarter, never less.
    """

    centre, usual = equal(plan.centre).starts, plan.of(fit.group.name)
    if usual.value == usual.low == usual.high == 0:
        return np.ones((draws, *centre.shape))

    def moved(stream: str | None, without: np.ndarray) -> np.ndarray:
        """How each draw's values of a stream's assumptions, or of all others, move starts beyond `without`, log."""
        reaches, moves = [np.zeros(draws)], [np.zeros(centre.shape)]
        for swing in [swing for swing in plan.swings if swing.stream == stream]:
            z = rng(swing.key, seed).standard_normal(draws) / Z90
            for there, reach in ((swing.low, np.maximum(-z, 0)), (swing.high, np.maximum(z, 0))):
                reaches.append(reach)
                moves.append(_log_ratio(equal(there).starts - without, centre - without))
        return np.tensordot(np.array(reaches), np.array(moves), axes=(0, 0))

    every = moved(None, np.zeros(centre.shape))
    for stream, demography in plan.without:
        without = equal(demography).starts
        every = every + np.log1p((1 - without / centre) * np.expm1(moved(stream, without)))
    follows = usual.by_draw(draws, seed)[:, None, None]
    return np.exp(every * follows + np.log(departed(fit, equal(plan.centre))) * (follows - usual.value))


def _log_ratio(there: np.ndarray, here: np.ndarray) -> np.ndarray:
    """Log of one over the other; 0 where there is nothing to move."""
    some = (here > LEAST_STARTS) & (there > LEAST_STARTS)
    return np.log(np.where(some, there, 1.0) / np.where(some, here, 1.0))


@dataclass(frozen=True)
class Simulated:
    """One group under one scenario: paths draw by draw, and the expected path, None where left out.

    transfer_share  [month] or [draw x month]  share of starts that arrive with a plan open
    """

    paths: Paths
    expected: Expected | None
    transfer_share: np.ndarray


@dataclass(frozen=True)
class Simulator:
    """One fitted group, ready to live through any scenario of its case; what it has simulated it keeps by the plan.

    stream, spread  the master stream that scenarios thin, and what varies from draw to draw
    seed            of the case; own_seed: of this group's children
    paths, expected, demand, equal  what is kept: paths, expected paths, how each draw's population moves starts, starts
                    at equal rates
    longer          of the same children over more months, whose paths begin as these do; or None
    """

    fit: Calibrated
    norms: Norms
    stream: Entrants
    spread: Spread
    people: Projector
    seed: int
    own_seed: int
    threads: int
    paths: Cache
    expected: Cache
    demand: Cache
    equal: Cache
    longer: "Simulator | None" = None

    def simulate(self, plan: PopulationPlan, care: CarePlan, expects: bool) -> Simulated:
        """Children of the group living through care under one scenario, and in expectation where that `expects`."""
        return self.simulate_ways([(plan, care)], np.zeros(len(self.spread.start_rate), int), expects)

    def simulate_ways(self, ways: list[tuple[PopulationPlan, CarePlan]], which: np.ndarray, expects: bool) -> Simulated:
        """The same where a scenario may go several ways: draw d lives once, under number which[d] of them.

        The expected path is the mean of theirs, each as likely as the draws that go it.
        """
        fit, months = self.fit, self.people.months
        distinct = list(dict.fromkeys(ways))
        way = np.array([distinct.index(one) for one in ways])[which]
        wanted = [demand_of(fit, plan, care, self._at_equal_rates(plan.centre)) for plan, care in distinct]
        leaving = [care.on_leaving(fit, len(months)) for _, care in distinct]

        key = (*distinct, way.tobytes() if len(distinct) > 1 else b"")

        def drawn() -> Paths:
            if self.longer is not None and (held := self.longer.paths.held(key)) is not None:
                return held.first(len(months))
            demands = [self._demand(plan, care) for plan, care in distinct]
            demand = demands[0] if len(demands) == 1 else np.choose(way[:, None, None], demands)
            starts, lever = np.array([one.starts for one in wanted]), np.array(leaving)
            spread, known = replace(self.spread, demand=demand), (self.own_seed, self.threads, way)
            return simulate(fit, self.norms, self.stream, starts, spread, lever, months, *known)

        def expected(number: int) -> Expected:
            here = (wanted[number].starts, leaving[number], months)
            return self.expected.get(distinct[number], lambda: expected_path(fit, self.stream, *here))

        share = np.bincount(way, minlength=len(distinct)) / way.size
        paths = self.paths.get(key, drawn)
        mean = mean_path([expected(number) for number in range(len(distinct))], share) if expects else None
        arrive = np.array([one.transfers.sum(axis=1) / one.starts.sum(axis=1) for one in wanted])
        return Simulated(paths, mean, arrive[way] if len(distinct) > 1 else arrive[0])

    def _demand(self, plan: PopulationPlan, care: CarePlan) -> np.ndarray:
        """How each draw's births, migration, elasticity and children who follow plans move starts, [draw x month x
        band].
        """
        draws = len(self.spread.start_rate)
        asked = (self.fit, plan, self._at_equal_rates, draws, self.seed)
        moved = self.demand.get(plan, lambda: starts_by_draw(*asked))
        if care.from_plans is None:
            return moved
        return moved * care.from_plans.by_draw(len(self.people.months), draws, self.seed)

    def _at_equal_rates(self, demography: Demography) -> Demand:
        """Starts were every child as likely to start as today's are."""

        def made() -> Demand:
            people = self.people.project(demography.people)
            return at_equal_rates(self.fit, demography, people, len(self.people.months))

        return self.equal.get(demography, made)

    def matched(self, care: "CarePlan", counts: np.ndarray) -> np.ndarray:
        """The log of starts over leaving that each draw has in each piece, [draw x knot], for `with_practice`: with it
        the stock's quantiles are the closed form's at every knot, as children stand still.

        counts  [draw x month]  draws of the closed form
        Each draw's practice makes the part of its count's way from the median that chance and the draw's own rates
        leave to it. What then is wrong with the quantiles is put right rank by rank. Each of the rounds is a run of the
        engine.
        """
        fit, months = self.fit, len(self.people.months)
        at, leaving = matching.knots(months) - 1, care.on_leaving(fit, months)
        starts, norms = still_starts(fit, months), replace(self.norms, review_at=np.array([np.inf]))  # none is counted
        inverse = np.linalg.inv(lean(fit, month_edges(self.people.months)).responses(fit.adjustment)).T
        total = replace(fit.total, middle=fit.total.middle[at], scale=fit.total.scale[at])

        def stock(adjustment: np.ndarray) -> np.ndarray:
            spread, known = with_practice(self.spread, adjustment), (self.own_seed, self.threads)
            paths = simulate(fit, norms, self.stream, starts, spread, leaving, self.people.months, *known)
            return np.maximum(paths.stock[:, at].sum(axis=2), HALF_A_CHILD)

        away = np.log(counts[:, at] / total.last) - total.middle
        # What a draw's own rates make of its count is taken off, so that ages may stray and the totals do not.
        alone = np.log(stock(np.zeros(away.shape)))
        rates = np.log(np.hstack([self.spread.start_rate, self.spread.leave_rate]))
        rates, alone = rates - rates.mean(axis=0), alone - alone.mean(axis=0)
        own = rates @ np.linalg.lstsq(rates, alone, rcond=None)[0]
        led = np.sqrt(np.maximum(1 - (alone - own).var(axis=0) / away.var(axis=0), 0))
        adjustment = matching.within((away * led - own) @ inverse)
        for _ in range(MATCH_ROUNDS):
            now = stock(adjustment)
            wanted = total.quantiles((pd.DataFrame(now).rank().to_numpy() - 0.5) / len(now))
            adjustment = matching.within(adjustment + np.log(wanted / now) @ inverse)
        return adjustment


def with_practice(spread: Spread, adjustment: np.ndarray) -> Spread:
    """The same spread with the log of starts over leaving that each draw has in each piece, [draw x knot]."""
    half = matching.by_month(adjustment, spread.start_factor.shape[1]) / 2
    return replace(spread, start_factor=np.exp(half), leave_factor=np.exp(-half))
