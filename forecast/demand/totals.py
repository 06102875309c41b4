"""The closed form of a council's totals: looked-after children (LAC) and child protection (CP) plans, any time ahead.

    median of LAC   last count x exp(follow x England's expected growth  +  momentum x own log change of the last year
                                     +  uasc x share of unaccompanied asylum-seeking children, who soon turn 18)
    median of CP    last count x exp(follow x return to the council's lasting level against England)
    spread          the logarithm of a count strays from that of the median as Student's t with 10 degrees, times
                    exp(spread + size x log(1 + 70 / last count) + horizon x log(years ahead))
                    x (the council's own past changes against the usual) ** own

England's growth returns to its long-run pace by a fixed share a year; the lasting level is the conditional mean of
`trend.levels`. The origin is the newest month end that holds a count, and time is counted from there in years, parts of
a year as well. The figures are estimated by `record.strict`; data/calibration/totals.csv holds them with their source.

Yearly counts say nothing of the months: within the first year the median moves evenly, and the spread grows with the
root of time, a walk's. (The power of CP, a quarter, would put half of a year's spread into one month.) Valid up to five
years ahead: beyond them the median stays and the spread goes on. What is Student's t on the logarithm has no mean: a
mean of draws depends on how many there are, and quantiles are what is published.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.demand.trend import levels, national
from forecast.demand.trend.levels import Departures
from forecast.demand.trend.past import Past

DEGREES = 10  # of Student's t: outturns stray far more often than a normal allows; 5 to 30 score alike
SMALL = 70.0  # children, where one family or one event begins to move a total as much as practice does
LONGEST = 5.0  # years: no horizon beyond three was ever scored; the median then stays
MARCH = 0.25  # 31 March, as a part of the year
USUAL_YEARS = 20.0  # a council's own volatility is what its past shows beside so many years of the usual
MOST_SURPRISE = 9.0  # three usual changes, squared: a recording error in one year makes no council volatile
VARIANCE = DEGREES / (DEGREES - 2)  # of Student's t
SHAPE = ("follow", "momentum", "uasc", "spread", "size", "horizon", "own", "memory")
LAC, CP = "lac", "cp"
IN_WORDS = {
    "national": "growth of England's numbers",
    "momentum": "the council's own last year",
    "uasc": "its share of unaccompanied children",
    "level": "part of the way back to the council's usual level against England",
}


@dataclass(frozen=True)
class Figures:
    """What the closed form of one group rests on.

    follow       share of the expected change that is followed
    momentum     share of the council's own log change of the last year that goes on; CP: 0
    uasc         log change within a year, were all LAC unaccompanied asylum-seeking children; CP: 0
    spread, size, horizon   log scale of the misses: at one year and many children; for few children; by years ahead
    own          how far the council's own volatility makes its scale: 0 not at all, 1 wholly
    memory       ranks one and two years ahead correlate by (1/2) ** memory, and so on by the ratio of the times
    expected     LAC: share of a departure of England's growth from its pace left a year later; CP: how councils depart
    """

    follow: float
    momentum: float
    uasc: float
    spread: float
    size: float
    horizon: float
    own: float
    memory: float
    expected: float | Departures


def from_table(table: pd.DataFrame) -> dict[str, Figures]:
    """Group -> figures, from rows of group, name and value. Raises KeyError naming a figure that is missing."""
    value = table.set_index(["group", "name"])["value"]
    country = {
        LAC: float(value[LAC, "persistence"]),
        CP: Departures(*(float(value[CP, name]) for name in Departures.__dataclass_fields__)),
    }
    return {group: Figures(*(float(value[group, name]) for name in SHAPE), found) for group, found in country.items()}


def growth_ahead(country: pd.Series, persistence: float, since: float, years: np.ndarray) -> np.ndarray:
    """Expected log growth of the country's count from the origin to each time ahead, [time].

    country  year -> children at 31 March, up to what was published
    since    years from the country's last count to the origin
    Of a departure from the long-run pace `persistence` is left after a year. No growth where under ten years are known.
    """
    growth = national.yearly_growth(country)
    if growth.size < national.LONG_RUN:
        return np.zeros(np.shape(years))
    pace, away = growth.mean(), growth.iloc[-1] - growth.mean()
    left = persistence / (1 - persistence) * (persistence**since - persistence ** (since + np.asarray(years)))
    return pace * np.asarray(years) + away * left


def expected_change(past: Past, expected: float | Departures, years: np.ndarray) -> np.ndarray:
    """Log change of the count that England's numbers make expected, [time]."""
    if isinstance(expected, Departures):
        return levels.change_ahead(past.years, past.departure, past.counts, expected, years)[0]
    return growth_ahead(past.country, expected, past.years[-1] - past.country.index[-1] - MARCH, years)


def last_change(past: Past) -> float:
    """The council's own log change over the year to the origin; 0 where no count is a year old."""
    before = past.years[-1] - 1
    if before < past.years[0]:
        return 0.0
    return float(np.log(past.counts[-1]) - np.interp(before, past.years, np.log(past.counts)))


def volatility(past: Past, figures: Figures) -> np.ndarray:
    """Mean square of the council's yearly log changes up to each count, over the usual for its size, [point]."""
    usual = np.exp(figures.spread + figures.size * np.log1p(SMALL / past.counts[:-1]))
    square = np.minimum((np.diff(np.log(past.counts)) / usual) ** 2, MOST_SURPRISE) / VARIANCE
    yearly = np.isclose(np.diff(past.years), 1)
    seen, total = (np.append(0, np.cumsum(part)) for part in (yearly, yearly * square))
    return (USUAL_YEARS + total) / (USUAL_YEARS + seen)


def scale(figures: Figures, count, years, volatile) -> np.ndarray:
    """Scale of the log misses, for counts, years ahead (above 0) and volatilities of one shape.

    Within the first year it grows with the root of time, as the chance of who starts and who leaves does.
    """
    grown = np.log(years) * np.where(np.less(years, 1), 0.5, figures.horizon)
    return np.exp(figures.spread + figures.size * np.log1p(SMALL / count) + grown) * volatile ** (figures.own / 2)


@dataclass(frozen=True)
class Total:
    """One group's total ahead.

    last     children at the origin
    years    [month] years after the origin
    middle   [month] log change of the median
    scale    [month] scale of Student's t of the logarithm
    memory   how ranks of different years correlate
    """

    last: float
    years: np.ndarray
    middle: np.ndarray
    scale: np.ndarray
    memory: float

    def at(self, t: np.ndarray) -> np.ndarray:
        """Children where the misses are so many scales, [draw x month] or [month]."""
        return self.last * np.exp(self.middle + self.scale * t)

    def quantiles(self, ranks: np.ndarray) -> np.ndarray:
        """Children at ranks between 0 and 1: [rank] gives [rank x month], each keeping its rank; or [draw x month]."""
        ranks = np.asarray(ranks, float)
        from scipy.special import stdtrit  # words of an answer that is held are told without it

        return self.at(stdtrit(DEGREES, ranks if ranks.ndim > 1 else ranks[:, None]))

    def paths(self, normals: np.ndarray, tails: np.ndarray) -> np.ndarray:
        """Children, [draw x month], with ranks that move from year to year as councils' misses do.

        normals  [draw x year]  independent standard normals, one for each whole year ahead
        tails    [draw]         uniform ranks of how wide a future is altogether

        At every month the draws are those of `quantiles`. A rank stays within the first year and passes evenly from one
        year end to the next: yearly counts say nothing of the months between. One rank kept for good (`quantiles`)
        would make a year's sum, and a change from year to year, stray too far one way and too little the other.
        """
        ends = np.arange(1, normals.shape[1] + 1)
        kept = (ends[:-1] / ends[1:]) ** self.memory
        at_end = normals.copy()
        for year, share in enumerate(kept, start=1):
            at_end[:, year] = share * at_end[:, year - 1] + np.sqrt(1 - share**2) * normals[:, year]
        place = np.clip(self.years, 1, ends[-1]) - 1
        low = np.floor(place).astype(int)
        high, part = np.minimum(low + 1, ends.size - 1), place - low
        together = 2 * part * (1 - part) * (ends[low] / ends[high]) ** self.memory
        between = (1 - part) * at_end[:, low] + part * at_end[:, high]
        t = between / np.sqrt((1 - part) ** 2 + part**2 + together)
        from scipy.special import chdtri

        return self.at(t * np.sqrt(DEGREES / chdtri(DEGREES, tails))[:, None])


def parts(past: Past, figures: Figures, years: np.ndarray, uasc: float = 0.0) -> dict[str, np.ndarray]:
    """What makes up the log change of the median, by the names of `IN_WORDS`, [time] each; arguments as for `ahead`."""
    years = np.asarray(years, float)
    expected = figures.follow * expected_change(past, figures.expected, np.clip(years, 1, LONGEST))
    country = "level" if isinstance(figures.expected, Departures) else "national"
    at_once = {"momentum": figures.momentum * last_change(past), "uasc": figures.uasc * uasc}
    return {name: change * np.minimum(years, 1) for name, change in ({country: expected} | at_once).items()}


def ahead(past: Past, figures: Figures, years: np.ndarray, uasc: float = 0.0) -> Total:
    """The total of a group at times after its newest count.

    years  [month]  above 0; 0.25 is three months
    uasc   share of its LAC who are unaccompanied asylum-seeking children, 0 to 1; 0 where it is not known
    """
    years = np.asarray(years, float)
    middle = sum(parts(past, figures, years, uasc).values())
    spread = scale(figures, past.counts[-1], years, volatility(past, figures)[-1])
    return Total(float(past.counts[-1]), years, middle, spread, figures.memory)
