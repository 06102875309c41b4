"""What a trend reads of the past: the council's counts, and how they stood against the country's."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

# DfE's children of 2012 (mid-2011) are the first on the base of the 2011 census;
# earlier ones are up to 12% low in places.
FIRST_ON_BASE = 2012
HALF_A_CHILD = 0.5  # stands for none where a logarithm or a rate is wanted


@dataclass(frozen=True)
class Past:
    """One group's past, up to the origin.

    years      [point]  when each count was made, in years (31 March 2011 is 2011.25); the last is the origin
    counts     [point]  children, above 0
    departure  [point]  log(council's rate / country's rate)
    country    year -> children of the country at 31 March
    """

    years: np.ndarray
    counts: np.ndarray
    departure: np.ndarray
    country: pd.Series

    def until(self, year: float) -> "Past":
        """The same past as it stood at an earlier count."""
        seen = self.years <= year
        return Past(self.years[seen], self.counts[seen], self.departure[seen], self.country[self.country.index <= year])


def in_years(day: str) -> float:
    """An ISO date as a number of years: the last day of a month is the end of that month."""
    return int(day[:4]) + int(day[5:7]) / 12


def on_one_base(children: pd.Series, base: float | None = None) -> pd.Series:
    """Children by year with those before the census base replaced by the first on it (or by `base` where none is).

    Where neither is held yet, all are on the old base and stay as they are.
    """
    first = children[children.index >= FIRST_ON_BASE]
    if first.empty and base is None:
        return children
    stands = base if first.empty else first.iloc[0]
    return children.where(children.index >= FIRST_ON_BASE, stands)


def compare(
    counts: pd.Series, children: pd.Series, country: pd.Series, country_children: pd.Series, own_count: bool = False
) -> Past:
    """Counts by time (years) against the country's at the last 31 March before them.

    counts            time in years -> children counted; 0 is left out, having no logarithm, and the last, if it is 0,
                      stands as half a child
    children          year -> children of the council, one base
    country, country_children  year -> children counted, and children, of the country
    own_count         the last is the council's own, of a 31 March for which the country's is not published yet
    Times for which one of the four is not held are left out. Raises ValueError if the last count is.
    """
    held = country.dropna().index.intersection(country_children.dropna().index).intersection(children.dropna().index)
    march = {time: int(np.floor(time - 0.25 + 1e-9)) for time in counts.index}
    if own_count and march[counts.index[-1]] not in held:
        march[counts.index[-1]] -= 1
    last = counts.index[-1]
    kept = [time for time, year in march.items() if year in held and (counts[time] > 0 or time == last)]
    if not kept or kept[-1] != last:
        raise ValueError("the last count cannot be compared with the country's")
    at, counted = [march[time] for time in kept], np.maximum(counts[kept].to_numpy(float), HALF_A_CHILD)
    rate = counted / children[at].to_numpy(float)
    there = country[at].to_numpy(float) / country_children[at].to_numpy(float)
    return Past(np.array(kept), counted, np.log(rate / there), country.dropna())
