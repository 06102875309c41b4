"""Expected starts of one scenario: the projected population at its rates, its levers, and what each draw's births do to them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from forecast.case import luck
from forecast.case.ages import LAC_BANDS
from forecast.demand.caseload import Calibrated, Demand, by_band_of_months, demand
from forecast.demand.central import lean_by_month
from forecast.demand.levers import Lever, Shock
from forecast.demand.population import People, Population

Z90 = 1.2815515655446004  # the normal quantile of 0.9: an 80% range is 2 x Z90 wide
LEAST_STARTS = 1e-9  # children a month: less is the arithmetic's own noise


@dataclass(frozen=True)
class FamilyRates:
    """What children of one named stream bring: the share who arrive with a plan open; start rates against other children's."""

    name: str
    arrive_on_plan: float
    start_rate: tuple[tuple[str, float], ...]


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
class PopulationPlan:
    """What a scenario says of births, deaths and migration: at the centre, without each named stream, at each range's ends."""

    centre: Demography
    without: tuple[tuple[str, Demography], ...]
    swings: tuple[Swing, ...]


@dataclass(frozen=True)
class CarePlan:
    """What a scenario puts on one group's starts and leaving: levers on all and by age band, and shocks."""

    starts: Lever
    starts_by_band: tuple[Lever, ...]
    starts_shock: Shock
    leaving_by_band: tuple[Lever, ...]
    ends_shock: Shock

    def on_starts(self, months: int) -> np.ndarray:
        """What levers and shocks put on starts, [month x band]."""
        every = self.starts.by_month(months) * self.starts_shock.by_month(months)
        return every[:, None] * np.stack([lever.by_month(months) for lever in self.starts_by_band], axis=1)

    def on_leaving(self, fit: Calibrated, months: int) -> np.ndarray:
        """What levers, shocks and the central path put on leaving, [month x band]."""
        levers = np.stack([lever.by_month(months) for lever in self.leaving_by_band], axis=1)
        shock = self.ends_shock.by_month(months)[:, None]
        return levers * shock * np.exp(-lean_by_month(fit.trend, months) / 2)[:, None]


def demand_of(fit: Calibrated, demography: Demography, care: CarePlan, people: Population, months: int) -> Demand:
    """Expected starts of one group under one scenario's levers."""
    group = fit.group.name
    arrivals = np.zeros((months, len(LAC_BANDS)))
    if group == "cp":
        moved = demography.people.family_streams.by_month(months)[:, None]
        for stream, rates in zip(demography.people.streams, demography.families, strict=True):
            on_plan = by_band_of_months(stream.by_age(months)) * rates.arrive_on_plan
            arrivals = arrivals + on_plan * moved
    relative = {rates.name: dict(rates.start_rate)[group] for rates in demography.families}
    wanted = demand(fit, people, relative, arrivals)
    return replace(wanted, starts=wanted.starts * care.on_starts(months))


def starts_by_draw(
    fit: Calibrated,
    plan: PopulationPlan,
    care: CarePlan,
    project: Callable[[People], Population],
    months: int,
    draws: int,
    seed: int,
) -> np.ndarray:
    """How each draw's births and migration move a group's starts, [draw x month x band], 1 at the centre.

    Each uncertain demographic assumption is put at its low and its high in turn; between them starts move
    geometrically, so that a draw at the low, centre or high of one assumption has exactly those starts. A named stream
    of families moves its own part of starts alone: twice as few families of half the size bring a quarter, never less.
    """

    def starts(demography: Demography) -> np.ndarray:
        return demand_of(fit, demography, care, project(demography.people), months).starts

    def moved(stream: str | None, without: np.ndarray) -> np.ndarray:
        """How each draw's values of a stream's assumptions, or of all others, move starts beyond `without`."""
        reaches, moves = [np.zeros(draws)], [np.zeros(centre.shape)]
        for swing in [swing for swing in plan.swings if swing.stream == stream]:
            z = luck(swing.key, draws, seed) / Z90
            for there, reach in ((swing.low, np.maximum(-z, 0)), (swing.high, np.maximum(z, 0))):
                reaches.append(reach)
                moves.append(_log_ratio(starts(there) - without, centre - without))
        return np.exp(np.tensordot(np.array(reaches), np.array(moves), axes=(0, 0)))

    centre = starts(plan.centre)
    every = moved(None, np.zeros(centre.shape))
    for stream, demography in plan.without:
        without = starts(demography)
        every = every * (1 + (1 - without / centre) * (moved(stream, without) - 1))
    return every


def _log_ratio(there: np.ndarray, here: np.ndarray) -> np.ndarray:
    """Log of one over the other; 0 where there is nothing to move."""
    some = (here > LEAST_STARTS) & (there > LEAST_STARTS)
    return np.log(np.where(some, there, 1.0) / np.where(some, here, 1.0))
