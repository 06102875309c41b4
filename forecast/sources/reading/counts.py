"""Counting children and days without any child: age bands, cells, months, and what keeps the rows inside.

A row is a span of one child's: `start` and `end` in days (the child is counted at the end of a day where start <= day <
end) and `born`. Cells may be small: the report's disclosure control decides what is published.
"""

import re
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.months import last_day, months_between
from forecast.case.wording import MONTH
from forecast.sources.counting import Quality
from forecast.sources.reading.days import NO_DAY, birthday, day_number, to_date

UNKNOWN = "unknown"
AGE_FROM = {"under_1": 0, "1_4": 1, "5_9": 5, "10_15": 10, "16_17": 16}  # completed years
ADULT = 18  # completed years: nobody is counted from the 18th birthday on


@dataclass(frozen=True)
class Span:
    """The days the returns cover, both included, in days since 1970."""

    first: int
    last: int


class ChildReturns:
    """What several returns say, as counts. The children's rows stay inside: neither shown, copied nor pickled.

    first_day, last_day  the days covered, from the first return's first to the last one's last
    """

    __slots__ = ("_mark", "_quality", "_span")
    counted = ""  # what a child is on a day, as messages say it

    def __init__(self, quality: Quality, span: Span, mark: str) -> None:
        """`mark` is the same for readings whose identifiers were hashed under one salt; blank without a salt."""
        self._quality, self._span, self._mark = quality, span, mark

    def __reduce_ex__(self, protocol):
        raise TypeError(
            f"{type(self).__name__} hold child rows, and are neither pickled nor copied. Keep the tables they give."
        )

    @property
    def first_day(self) -> date:
        return to_date(self._span.first)

    @property
    def last_day(self) -> date:
        return to_date(self._span.last)

    def quality(self) -> pd.DataFrame:
        """file, rule, count: what was read, left out, joined and changed."""
        return self._quality.table()

    def warnings(self) -> list[str]:
        """What may make a count wrong by more than a little, as sentences for the officer; the loudest first."""
        return self._quality.warnings()

    def _covered(self, day: date) -> int:
        """The day as a number. Raises BadInput for one not covered; the day before the first is covered."""
        number = day_number(day)
        if not self._span.first - 1 <= number <= self._span.last:
            raise BadInput(
                f"{day} is outside the returns, which say who was {self.counted} from {to_date(self._span.first - 1)} "
                f"to {self.last_day}. Ask for a day within."
            )
        return number

    def whole_months(self) -> list[str]:
        """The months covered whole."""
        months = months_between(f"{self.first_day:%Y-%m}", f"{self.last_day:%Y-%m}")
        return months if last_day(months[-1]) == self.last_day else months[:-1]

    def _asked_months(self, first: str, last: str) -> list[str]:
        """The months from first to last. Raises BadInput for what is no month, and for months not covered whole."""
        for month in (first, last):
            if not re.fullmatch(MONTH, month):
                raise BadInput(f"{month!r} is not a month. Write June 2018 as 2018-06.")
        months = months_between(first, last)
        edges = month_ends(months) if months else [0]
        if edges[0] + 1 < self._span.first or edges[-1] > self._span.last or not months:
            raise BadInput(
                f"{first} to {last}: the returns cover {self.first_day} to {self.last_day}. "
                f"Ask for whole months within, in order."
            )
        return months


def month_ends(months: list[str]) -> np.ndarray:
    """The day before the first of some months in order, then the last day of each, [month + 1]."""
    return np.array([day_number(month) - 1 for month in [*months, np.datetime64(months[-1], "M") + 1]])


def age_band(born: np.ndarray, day: np.ndarray | int, cuts: tuple[int, ...]) -> np.ndarray:
    """How many of the birthdays in `cuts` were reached on a day; one more than all where no birth is known."""
    reached = [birthday(born, age) <= day for age in cuts]
    return np.where(born == NO_DAY, len(cuts) + 1, np.sum(reached, axis=0))


def count_cells(
    names: dict[str, tuple], indices: list[np.ndarray], counted: str, weights: np.ndarray | None = None
) -> pd.Series:
    """Totals, named `counted`, over every combination of the names, those with none included."""
    shape = tuple(len(values) for values in names.values())
    flat = np.ravel_multi_index([np.asarray(index, np.int64) for index in indices], shape)
    totals = np.bincount(flat, weights, minlength=int(np.prod(shape))).astype(np.int64)
    return pd.Series(totals, pd.MultiIndex.from_product(names.values(), names=list(names)), name=counted)


def open_on(rows: pd.DataFrame, day: int) -> pd.DataFrame:
    """The rows that hold at the end of a day."""
    return rows[(rows["start"] <= day) & (day < rows["end"])]


def by_month(
    rows: pd.DataFrame, months: list[str], bands: tuple[str, ...], cuts: tuple[int, ...], flows: dict[str, tuple]
) -> pd.DataFrame:
    """month, age_band, stock (at the month's end), and each flow by its name.

    flows  name -> day of the event, which rows have one, and how many days before it the age is taken [row]
    Ages of the stock are those on the month's last day; between bands children also pass by birthdays.
    """
    edges, names = month_ends(months), {"month": months, "age_band": bands}
    born, start, end = (rows[name].to_numpy(np.int64) for name in ("born", "start", "end"))
    month, row = np.nonzero((start <= edges[1:, None]) & (edges[1:, None] < end))
    found = {"stock": count_cells(names, [month, age_band(born[row], edges[1:][month], cuts)], "stock")}
    for name, (day, where, back) in flows.items():
        within = where & (day > edges[0]) & (day <= edges[-1])
        bands_then = age_band(born[within], day[within] - back, cuts)
        found[name] = count_cells(names, [np.searchsorted(edges, day[within]) - 1, bands_then], name)
    return pd.DataFrame(found).reset_index()


def cut_pieces(rows: pd.DataFrame, span: Span, cuts: list[np.ndarray]) -> pd.DataFrame:
    """The days at risk of each row, cut on the days in `cuts` [row]: the rows with `from` and `days`.

    At risk are the ends of day from the day before the first day covered to the day before the last.
    """
    low = np.maximum(rows["start"].to_numpy(np.int64), span.first - 1)
    high = np.maximum(np.minimum(rows["end"].to_numpy(np.int64), span.last), low)
    edges = np.sort(np.clip(np.column_stack([low, *cuts, high]), low[:, None], high[:, None]), axis=1)
    row, piece = np.nonzero(np.diff(edges, axis=1) > 0)
    pieces = rows.iloc[row].reset_index(drop=True)
    return pieces.assign(**{"from": edges[row, piece], "days": edges[row, piece + 1] - edges[row, piece]})
