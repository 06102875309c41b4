"""Children by month of age, month by month: births, deaths, named migration streams, ageing.

One population base throughout. Every month, for every group:
    change = births - deaths + moved in - moved out - turned 18
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.case.ages import ADULT_YEARS, BAND_FROM_YEARS, LAC_BANDS
from forecast.case.months import MONTHS_A_YEAR, months_between
from forecast.demand.cache import Cache
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
    """The council's children under any scenario of a case; what it has projected it keeps by the plan."""

    evidence: Evidence
    months: list[str]
    kept: Cache

    def project(self, plan: People) -> Population:
        """The children under one plan."""
        return self.kept.get(plan, lambda: project_people(self.evidence, plan, self.months))


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
    groups = {RESIDENTS: start} | {name: np.zeros_like(start) for name in streams.arriving}
    middle = {name: [] for name in groups}
    rows = []
    for month, born in enumerate(births):
        row = {"children at the start": sum(group.sum() for group in groups.values())}
        for name, group in groups.items():
            groups[name], flows = _one_month(name, month, group, born, deaths, streams)
            middle[name].append((group + groups[name]) / 2)
            for flow, count in flows.items():
                row[flow] = row.get(flow, 0.0) + count
        rows.append(row | {"children at the end": sum(group.sum() for group in groups.values())})
    return Population({name: np.array(path) for name, path in middle.items()}, pd.DataFrame(rows), births)


def _one_month(name: str, month: int, group: np.ndarray, born: float, deaths: Deaths, streams: Streams):
    """One group one month on, and its flows."""
    rate = np.where(np.arange(group.size) < MONTHS_A_YEAR, deaths.under_1, deaths.from_1_to_17)
    died = group * rate / PER_1000 / MONTHS_A_YEAR
    left = {flow: group * rate / PER_1000 / MONTHS_A_YEAR for flow, rate in _in_month(streams.moving_out, month)}
    came = (
        {name: streams.arriving[name][month]}
        if name != RESIDENTS
        else {flow: group * rate / PER_1000 / MONTHS_A_YEAR for flow, rate in _in_month(streams.moving_in, month)}
    )
    stayed = group - died - sum(left.values()) + sum(came.values())
    newborn = born if name == RESIDENTS else 0.0
    older = np.concatenate([[newborn], stayed[:-1]])
    flows = {"births": newborn, "deaths": died.sum(), "turned 18": stayed[-1]}
    flows |= {f"in: {flow}": moved.sum() for flow, moved in came.items()}
    return older, flows | {f"out: {flow}": moved.sum() for flow, moved in left.items()}


def _in_month(rates: dict, month: int) -> list[tuple[str, float]]:
    """Each stream's yearly rate in one month."""
    return [(flow, float(rate if np.ndim(rate) == 0 else rate[month])) for flow, rate in rates.items()]
