"""What one case knows at its origin: the published figures the model is fitted to, on one population base.

The case file names the tables and, where an age pattern is held for another year only, the year it is taken from;
a pattern from another year is scaled to the total of the calibration year.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from forecast.case.ages import ADULT_YEARS, BAND_FROM_YEARS, LAC_BANDS
from forecast.demand.local import Local, Seen
from forecast.demand.mix import Part
from forecast.demand.pathways.calibration import Margins
from forecast.demand.totals import Figures
from forecast.demand.trend.past import Past


@dataclass(frozen=True)
class Group:
    """Published year of one group (name: lac or cp) for the country and for the council, and its past counts."""

    name: str
    bands: list[str]
    country: Margins
    council: Margins
    open_at_origin: int
    starts_by_year: pd.Series
    past: Past


@dataclass(frozen=True)
class Evidence:
    """Everything published that one case uses.

    children            [single year of age]  the council's children on the population base
    children_by_band, country_children  [band]
    births              births in the last known year; births_mid_year: the year to whose middle they run
    population_by_year  all ages, one base: scales earlier years' exposure
    local, plans        what the council's own child-level returns count of looked-after children and of plans, where it
                        has them
    placed              month -> placement -> children at its end, where the council counts it by month
    totals              group -> figures of the closed form of totals
    spend               name -> figure of how spend a child drifts, for the room that prices
    mix                 part -> how its share of looked-after children moves
    country_shares      part -> its share of the country's looked-after children, where that is held
    front_door          step -> count of the calibration year, of the steps of the front door that are held
    recent_starts       group -> children who started since the calibration year, where the council counts them by month
    """

    lac: Group
    cp: Group
    children: pd.Series
    children_by_band: np.ndarray
    country_children: np.ndarray
    births: float
    births_mid_year: int
    population_by_year: pd.Series
    placements: dict[str, float]
    interim_care_orders: float
    conferenced: float
    uasc: float
    local: Local | None = None
    plans: Seen | None = None
    totals: dict[str, Figures] = field(default_factory=dict)
    spend: dict[str, float] = field(default_factory=dict)
    mix: dict[str, Part] = field(default_factory=dict)
    country_shares: dict[str, float] = field(default_factory=dict)
    front_door: dict[str, float] = field(default_factory=dict)
    recent_starts: dict[str, float] | None = None
    placed: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def placed_last(self) -> dict[str, float] | None:
        """Children by placement at the last month's end, where the council counts it."""
        return self.placed[max(self.placed)] if self.placed else None

    def uasc_share(self, group: str) -> float:
        """Share of a group's children who are UASC, at the end of the calibration year; of plans 0."""
        return 0.0 if group == "cp" else self.uasc / self.lac.council.closing.sum()

    def seen(self, group: str) -> Seen | None:
        """What the returns count of one group's leaving, by its age bands; None where none are held."""
        if group == "cp":
            return self.plans
        return None if self.local is None else self.local.seen


def by_band(children: pd.Series) -> np.ndarray:
    """Children by single year of age added up by LAC age band, [band]."""
    edges = [BAND_FROM_YEARS[band] for band in LAC_BANDS] + [ADULT_YEARS]
    return np.array([children.loc[low : high - 1].sum() for low, high in zip(edges[:-1], edges[1:], strict=True)])
