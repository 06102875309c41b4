"""Children by month of age, month by month: births, deaths, named migration streams, ageing.

One population base throughout. Every month, for every group:
    change = births - deaths + moved in - moved out - turned 18
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from forecast.case.ages import ADULT_YEARS, BAND_FROM_YEARS, LAC_BANDS
from forecast.case.months import MONTHS_A_YEAR, months_between
from forecast.demand.cache import Cache, hashed_once
from forecast.demand.evidence import Evidence
from forecast.demand.levers import Lever

MONTHS_OF_CHILDHOOD = 18 * MONTHS_A_YEAR
RESIDENTS = "residents"
PER_1000 = 1000


@dataclass(frozen=True)
class Streams:
    """Migration, as yearly rates for every 1,000 children and as named streams of families.

    moving_in, moving_out  name -> children for every 1,000 children a year, scalar or [month]
    arriving               name -> children a month by month of age, [month x month of age]
    """

    moving_in: dict[str, float | np.ndarray]
    moving_out: dict[str, float | np.ndarray]
    arriving: dict[str, np.ndarray]


@dataclass(frozen=True)
class Deaths:
    """Deaths for every 1,000 children a year, under 1 and from 1 to 17."""

    under_1: float
    from_1_to_17: float


@dataclass(frozen=True)
class Arriving:
    """A named stream of families: children a month, and the share of them in each LAC age band."""

    name: str
    children: float
    ages: tuple[float, ...]

    def by_age(self, months: int) -> np.ndarray:
        """Children who arrive each month by month of age, [month x month of age]."""
        width = np.diff(np.array([BAND_FROM_YEARS[band] for band in LAC_BANDS] + [ADULT_YEARS]) * MONTHS_A_YEAR)
        share = np.array(self.ages)
        return np.tile(np.repeat(share / share.sum() / width, width) * self.children, (months, 1))


@hashed_once
@dataclass(frozen=True)
class People:
    """What a scenario says of births, deaths and migration.

    births_growth            share a year; births: the lever on births
    moving_in, moving_out    (flow, children for every 1,000 a year); moves_in: the lever on those who move in
    streams                  named streams of families; family_streams: the lever on them
    """

    births_growth: float
    births: Lever
    deaths: Deaths
    moving_in: tuple[tuple[str, float], ...]
    moving_out: tuple[tuple[str, float], ...]
    moves_in: Lever
    streams: tuple[Arriving, ...]
    family_streams: Lever


@dataclass(frozen=True)
class Population:
    """Children through the months.

    children  group -> [month x month of age], the average of the month's first and last day
    flows     [month] one row a month: children at the start and at the end, and every flow between
    births    [month]
    """

    children: dict[str, np.ndarray]
    flows: pd.DataFrame
    births: np.ndarray


def by_month_of_age(by_year: pd.Series) -> np.ndarray:
    """Children by single year of age (0 to 17), spread evenly over the months of each year, [month of age]."""
    return np.repeat(by_year.sort_index().to_numpy(float) / MONTHS_A_YEAR, MONTHS_A_YEAR)


def births_by_month(last_year: float, growth: float, months_since: int, months: int) -> np.ndarray:
    """Births in each month, [month], from the last known year's births.

    growth        scalar  share a year, from the middle of that year
    months_since  scalar  months from the middle of that year to the first month
    """
    ahead = (months_since + np.arange(months)) / MONTHS_A_YEAR
    return last_year / MONTHS_A_YEAR * (1 + growth) ** ahead


@dataclass(frozen=True)
class Projector:
    """The council's children under any scenario of a case; what it has projected it keeps by the plan.

    ages  whether today's children, and as many births as last year, are counted as they grow older; else, as they are
    """

    evidence: Evidence
    months: list[str]
    kept: Cache
    ages: bool = True

    def project(self, plan: People) -> Population:
        """The children under one plan."""
        return self.kept.get(plan, lambda: self._project(plan))

    def _project(self, plan: People) -> Population:
        people = project_people(self.evidence, plan, self.months)
        if self.ages:
            return people
        alone = replace(plan, births_growth=0.0, births=Lever(), moving_in=(), moving_out=(), streams=())
        grown = project_people(self.evidence, alone, self.months).children[RESIDENTS]
        held = people.children[RESIDENTS] - grown + by_month_of_age(self.evidence.children)
        return replace(people, children=people.children | {RESIDENTS: np.maximum(held, 0.0)})


def project_people(evidence: Evidence, plan: People, months: list[str]) -> Population:
    """The council's children through the months under one scenario."""
    count, still = len(months), np.ones(len(months))
    since = (
        len(months_between(f"{evidence.births_mid_year}-01", months[0])) - 1
    )  # births run to mid-year: from 1 January
    births = births_by_month(evidence.births, plan.births_growth, since, count) * plan.births.by_month(count)
    more, moved = plan.moves_in.by_month(count), plan.family_streams.by_month(count)[:, None]
    streams = Streams(
        {flow: rate * still * more for flow, rate in plan.moving_in},
        {flow: rate * still for flow, rate in plan.moving_out},
        {stream.name: stream.by_age(count) * moved for stream in plan.streams},
    )
    return project(by_month_of_age(evidence.children), births, plan.deaths, streams)


def project(start: np.ndarray, births: np.ndarray, deaths: Deaths, streams: Streams) -> Population:
    """Age, bear, bury and move children for as many months as there are births.

    start   [month of age]  residents on the first day of the first month
    births  [month]         births in the month
    """
    by_age = np.where(np.arange(start.size) < MONTHS_A_YEAR, deaths.under_1, deaths.from_1_to_17)
    dying, still, middle, flows = _monthly(by_age), np.ones(births.size), {}, {"children at the start": 0.0}
    moving = {f"out: {flow}": _monthly(rate) * still for flow, rate in streams.moving_out.items()}
    coming = {f"in: {flow}": _monthly(rate) * still for flow, rate in streams.moving_in.items()}
    at_end = 0.0
    for name in (RESIDENTS, *streams.arriving):
        own = name == RESIDENTS
        born, here = (births, start) if own else (0 * births, np.zeros_like(start))
        more = 0 * still if own else streams.arriving[name]
        change = (sum(coming.values()) if own else 0) - sum(moving.values(), 0 * still)
        path, stayed = [here], []
        for month, times in enumerate(1 - dying + change[:, None]):
            stayed.append(path[-1] * times + more[month])
            path.append(np.concatenate([born[month : month + 1], stayed[-1][:-1]]))
        before, after = np.array(path[:-1]), np.array(path[1:])
        count, middle[name] = before.sum(axis=1), (before + after) / 2
        came = {flow: count * rate for flow, rate in coming.items()} if own else {f"in: {name}": more.sum(axis=1)}
        left = {flow: count * rate for flow, rate in moving.items()}
        here = {"births": born, "deaths": before @ dying, "turned 18": np.array(stayed)[:, -1]} | came | left
        for flow, moved in ({"children at the start": count} | here).items():
            flows[flow] = flows.get(flow, 0.0) + moved
        at_end = at_end + after.sum(axis=1)
    return Population(middle, pd.DataFrame(flows | {"children at the end": at_end}), births)


def _monthly(a_year: float | np.ndarray) -> float | np.ndarray:
    """A yearly rate for every 1,000 children as the share in one month."""
    return a_year / PER_1000 / MONTHS_A_YEAR
