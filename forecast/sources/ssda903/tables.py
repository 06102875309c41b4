"""Counts and child-days from the resolved episodes. Only these leave the room: no row stands for a child.

Cells may be small: the report's disclosure control decides what is published.
"""

from datetime import date

import numpy as np
import pandas as pd

from forecast.sources.counting import Quality
from forecast.sources.private import Hidden
from forecast.sources.reading import counts
from forecast.sources.reading.counts import ChildReturns, Span, count_cells, open_on
from forecast.sources.reading.days import NO_DAY, birthday, first_day, last_day, year_of
from forecast.sources.ssda903 import codes

MOVES = ["move_to_" + group for group in codes.PLACEMENTS]
ENDS = ["leave_" + reason for reason in codes.LEAVES]
NAMES = {
    "age_band": codes.AGE_BANDS,
    "time_since_start": codes.TIMES,
    "placement": codes.PLACEMENTS,
    "uasc": (False, True),
}
WITHOUT_TIME = ("age_band", "placement", "uasc")


def age_band(born: np.ndarray, day: np.ndarray | int) -> np.ndarray:
    """The index in AGE_BANDS on a day, by completed years; unknown where the birth is."""
    return counts.age_band(born, day, codes.AGE_CUTS)


def time_band(began: np.ndarray, known: np.ndarray, day: np.ndarray) -> np.ndarray:
    """The index in TIMES on a day, by days since the period began; unknown where that is not known."""
    edges = list(codes.TIME_FROM.values())
    return np.where(known, np.searchsorted(edges, day - began, side="right") - 1, len(codes.TIMES) - 1)


def _cells(rows: pd.DataFrame, day: np.ndarray, names: tuple[str, ...] = tuple(NAMES)) -> list[np.ndarray]:
    """Indices of each row's cell on a day, by the names."""
    indices = {
        "age_band": age_band(rows["born"].to_numpy(), day),
        "time_since_start": time_band(rows["began"].to_numpy(), rows["known"].to_numpy(dtype=bool), day),
        "placement": rows["group"],
        "uasc": rows["uasc_until"].to_numpy() > day,
    }
    return [indices[name] for name in names]


def _count(rows: pd.DataFrame, day: np.ndarray | int, names: tuple[str, ...], counted: str) -> pd.Series:
    return count_cells({name: NAMES[name] for name in names}, _cells(rows, day, names), counted)


def _transitions(care: pd.DataFrame, span: Span) -> pd.DataFrame:
    """The episodes that end, on a day covered, in a move or in leaving; `transition` indexes MOVES + ENDS."""
    moves_on = np.append(care["moved"].to_numpy(dtype=bool)[1:], False)[: len(care)]
    to = np.append(care["group"].to_numpy()[1:], 0)[: len(care)]
    leaves = care["leaves"].to_numpy()
    transition = np.where(moves_on, to, np.where(leaves >= 0, len(MOVES) + leaves, -1))
    return care.assign(transition=transition)[_within(care["end"], span) & (transition >= 0)]


def _within(days: pd.Series, span: Span) -> np.ndarray:
    return ((days >= span.first) & (days <= span.last)).to_numpy()


def _some(counted: pd.Series) -> pd.DataFrame:
    return counted[counted > 0].reset_index()


def _kaplan_meier(entry: np.ndarray, time: np.ndarray, left: np.ndarray, at: np.ndarray) -> np.ndarray:
    from statsmodels.duration.survfunc import SurvfuncRight

    if not left.any():
        return np.ones(at.size)
    found = SurvfuncRight(time, left.astype(int), entry=entry)
    return np.append(1.0, found.surv_prob)[np.searchsorted(found.surv_times, at, side="right")]


def _piecewise(entry: np.ndarray, time: np.ndarray, left: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Share left by each edge with a constant hazard in each band between edges."""
    gone, logs = np.append(0, at), []
    for low, high in zip(gone[:-1], gone[1:], strict=True):
        days = np.clip(time, low, high) - np.clip(entry, low, high)
        ends = (left & (time > low) & (time <= high)).sum()
        logs.append(ends / max(days.sum(), 1) * (high - low))
    return np.exp(-np.cumsum(logs))


class Returns(ChildReturns):
    """What several returns say, as counts. The episodes stay inside: neither shown nor pickled.

    first_day, last_day  the days covered: 1 April of the first return to 31 March of the last (or the day read up to)
    Children are numbers of this reading; their identifiers are not kept, but for their hashes where a salt was given.
    """

    __slots__ = ("_bare", "_care", "_hashes", "_reviews", "_spells", "with_short_breaks")
    counted = "looked after"

    def __init__(
        self,
        care: pd.DataFrame,
        spells: pd.DataFrame,
        reviews: pd.Series,
        quality: Quality,
        span: Span,
        hashes: Hidden,
        bare: Hidden,
        mark: str,
        with_short_breaks: bool,
    ) -> None:
        super().__init__(quality, span, mark)
        self.with_short_breaks = with_short_breaks
        self._care, self._spells, self._reviews, self._hashes, self._bare = care, spells, reviews, hashes, bare

    def __repr__(self) -> str:
        found = f"{self._care['child'].nunique():,} children, {self._care['period'].nunique():,} periods of care"
        return f"Returns({self.first_day} to {self.last_day}: {found})"

    def stock(self, day: date) -> pd.DataFrame:
        """age_band, placement, uasc, children: looked after at the end of a day, every combination, 0 included.

        Counted: DECOM <= day and (DEC blank or DEC > day), not V3 or V4, under 18, each child once.
        Raises BadInput for a day the returns do not cover; the 31 March before the first return is covered.
        """
        number = self._covered(day)
        return _count(open_on(self._care, number), number, WITHOUT_TIME, "children").reset_index()

    def short_breaks(self, day: date) -> int:
        """Children on short breaks (V3, V4) at the end of a day, and not otherwise looked after.

        `stock` has them where the returns were read with short breaks, else not.
        """
        spells = open_on(self._spells, self._covered(day))
        return int(spells.groupby("child")["short"].all().sum())

    def monthly_stock(self, first: str, last: str) -> pd.DataFrame:
        """month, age_band, stock (at its end), starts, ends, moves; months such as 2018-04, both included.

        Ages are those on the day of the start or the move, on the last day looked after for an end, and on the month's
        last day for the stock; over all ages together stock = the month before + starts - ends.
        Raises BadInput for months the returns do not cover whole.
        """
        months, care = self._asked_months(first, last), self._care
        start, end = care["start"].to_numpy(), care["end"].to_numpy()
        flows = {
            "starts": (start, ~care["period"].duplicated().to_numpy(), 0),
            "ends": (end, (care["leaves"] >= 0).to_numpy(), 1),
            "moves": (start, care["moved"].to_numpy(dtype=bool), 0),
        }
        return counts.by_month(care, months, codes.AGE_BANDS, codes.AGE_CUTS, flows)

    def exposure(self, span: Span | None = None) -> pd.DataFrame:
        """age_band, time_since_start, placement, uasc, child_days, one column a transition; only cells with child-days.

        child_days    ends of day on which a child was in the cell and could be seen to leave it: from the day before
                      the first return to the day before the last day covered
        move_to_...   moves to that placement group within the period, on a day covered; to its own group: a
                      change of carer
        leave_...     ends of the period, by where to
        A transition belongs to the cell of the day before. Its rate is its count / child_days, per child per day.

        span  some of the days covered; without it, all of them
        """
        care, span = self._care, span or self._span
        born, began = care["born"].to_numpy(), care["began"].to_numpy()
        cuts = [birthday(born, age) for age in codes.AGE_CUTS]
        cuts += [began + edge for edge in codes.TIME_FROM.values() if edge]
        pieces = counts.cut_pieces(care, span, [*cuts, care["uasc_until"].to_numpy()])
        cells, weights = _cells(pieces, pieces["from"].to_numpy()), pieces["days"].to_numpy(float)
        days = count_cells(NAMES, cells, "child_days", weights)
        last = _transitions(care, span)
        cells = [*_cells(last, last["end"].to_numpy() - 1), last["transition"]]
        events = count_cells(NAMES | {"transition": (*MOVES, *ENDS)}, cells, "events").to_numpy()
        table = pd.DataFrame(events.reshape(len(days), -1), days.index, [*MOVES, *ENDS])
        table.insert(0, "child_days", days)
        return table[table["child_days"] > 0].reset_index()

    def exposure_by_year(self) -> pd.DataFrame:
        """The same for each financial year, named in the column `year` by its first: the years add up to the whole."""
        first, last = year_of(np.array([self._span.first, self._span.last]))
        spans = {
            year: Span(max(first_day(year), self._span.first), min(last_day(year), self._span.last))
            for year in range(first, last + 1)
        }
        by_year = [self.exposure(span).assign(year=year - 1) for year, span in spans.items()]
        return pd.concat(by_year, ignore_index=True)

    def open_at_end(self) -> pd.DataFrame:
        """age_band, time_since_start, placement, uasc, children: at the end of the last day; combinations that occur.

        And `day`, which that is, and `longest`, how many days the returns reach back from it.
        """
        last = self._span.last
        table = _some(_count(open_on(self._care, last), last, tuple(NAMES), "children"))
        return table.assign(day=self.last_day.isoformat(), longest=last - self._span.first + 1)

    def interim_orders(self, day: date) -> int:
        """Children under an interim care order (C1) at the end of a day covered."""
        return int((open_on(self._care, self._covered(day))["LS"] == codes.INTERIM_ORDER).sum())

    def entries(self) -> pd.DataFrame:
        """age_band, placement, uasc, starts: periods of care that began on a day covered; combinations that occur."""
        care, span = self._care, self._span
        fresh = care[~care["period"].duplicated().to_numpy() & _within(care["start"], span)]
        return _some(_count(fresh, fresh["start"].to_numpy(), WITHOUT_TIME, "starts"))

    def durations(self) -> pd.DataFrame:
        """age_at_start, time_in_care, leaves, periods: that ended on a day covered; only combinations that occur.

        Those who left, not those who started: long stays are as frequent as among leavers.
        """
        care, span = self._care, self._span
        done = care[(care["leaves"] >= 0) & (care["end"] >= span.first)]
        began, known = done["began"].to_numpy(), done["known"].to_numpy(dtype=bool)
        ages = age_band(np.where(known, done["born"], NO_DAY), began)
        times = time_band(began, known, done["end"].to_numpy())
        names = {"age_at_start": codes.AGE_BANDS, "time_in_care": codes.TIMES, "leaves": codes.LEAVES}
        return _some(count_cells(names, [ages, times, done["leaves"]], "periods"))

    def survival(self) -> pd.DataFrame:
        """since_start (days), kaplan_meier, piecewise, periods: share of periods that last so long, without 18.

        Two estimates from the same periods whose start is known: Kaplan and Meier's, which takes no shape, with late
        entry for periods begun before the first return; and hazards constant within each band of time, as the forecast
        uses. Where the two part, the bands are too wide. Turning 18, and still being looked after on the last day
        covered, end the watching.
        """
        care, span = self._care, self._span
        known = care[care["known"].astype(bool)].groupby("period")[["began", "end", "leaves"]].last()
        began, end, leaves = (known[name].to_numpy() for name in known)
        left = (leaves >= 0) & (leaves != codes.LEAVES.index(codes.TURNED_18)) & (end <= span.last)
        time, entry = np.minimum(end, span.last) - began, np.maximum(span.first - 1 - began, 0)
        seen = time > entry
        entry, time, left = entry[seen], time[seen], left[seen]
        edges = np.array([edge for edge in codes.TIME_FROM.values() if edge and edge < time.max(initial=0)])
        table = pd.DataFrame({"since_start": edges, "periods": [int((time >= edge).sum()) for edge in edges]})
        return table.assign(
            kaplan_meier=_kaplan_meier(entry, time, left, edges), piecewise=_piecewise(entry, time, left, edges)
        )

    def reviews(self) -> pd.DataFrame:
        """month, reviews: LAC reviews held; no rows where no Reviews file was given."""
        return self._reviews.rename_axis("month").rename("reviews").reset_index()
