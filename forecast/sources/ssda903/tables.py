"""Counts and child-days from the resolved episodes. Only these leave the room: no row stands for a child.

Cells may be small: the report's disclosure control decides what is published.
"""

import numpy as np
import pandas as pd

from forecast.case.months import last_day
from forecast.sources.ssda903 import codes
from forecast.sources.ssda903.episodes import Span, birthday
from forecast.sources.ssda903.rows import NO_DAY

CARER = "move_to_"
LEAVE = "leave_"
MOVES = [CARER + group for group in codes.PLACEMENTS]
ENDS = [LEAVE + reason for reason in codes.LEAVES]
CELL = ["age_band", "time_since_start", "placement", "uasc"]


def day_number(day) -> int:
    """Days since 1 January 1970."""
    return int(np.datetime64(day, "D").astype(np.int64))


def age_band(born: np.ndarray, day: np.ndarray | int) -> np.ndarray:
    """The index in AGE_BANDS on a day, by completed years; unknown where the birth is."""
    reached = [birthday(born, age) <= day for age in codes.AGE_FROM.values() if age]
    return np.where(born == NO_DAY, len(codes.AGE_BANDS) - 1, np.sum(reached, axis=0))


def time_band(began: np.ndarray, known: np.ndarray, day: np.ndarray) -> np.ndarray:
    """The index in TIMES on a day, by days since the period began; unknown where that is not known."""
    edges = np.array(list(codes.TIME_FROM.values()))
    return np.where(known, np.searchsorted(edges, day - began, side="right") - 1, len(codes.TIMES) - 1)


def count_cells(names: dict[str, list], indices: list[np.ndarray], weights: np.ndarray | None = None) -> pd.Series:
    """Totals over every combination of the names, those with none included."""
    shape = tuple(len(values) for values in names.values())
    flat = np.ravel_multi_index([np.asarray(index, np.int64) for index in indices], shape)
    totals = np.bincount(flat, weights, minlength=int(np.prod(shape))).astype(np.int64)
    return pd.Series(totals, pd.MultiIndex.from_product(names.values(), names=list(names)))


def stock(care: pd.DataFrame, day: int) -> pd.DataFrame:
    """age_band, placement, uasc, children: looked after at the end of `day`; every combination, 0 included."""
    now = care[(care["start"] <= day) & (day < care["end"])]
    names = {"age_band": list(codes.AGE_BANDS), "placement": list(codes.PLACEMENTS), "uasc": [False, True]}
    indices = [age_band(now["born"].to_numpy(), day), now["group"], now["uasc_until"] > day]
    return count_cells(names, indices).rename("children").reset_index()


def monthly_stock(care: pd.DataFrame, months: list[str]) -> pd.DataFrame:
    """month, age_band, stock, starts, ends, moves; stock = the month before + starts - ends over all ages together.

    Ages are those on the day of the start or the move, on the last day looked after for an end, and on the month's last day
    for the stock; between bands children also pass by birthdays.
    """
    born = care["born"].to_numpy()
    ends = [day_number(last_day(month)) for month in months]
    edges = np.array([day_number(f"{months[0]}-01") - 1, *ends])
    open_at = [_by_band(born, day, ((care["start"] <= day) & (day < care["end"])).to_numpy()) for day in ends]
    fresh = ~care["period"].duplicated().to_numpy()
    flows = {
        "stock": np.stack(open_at),
        "starts": _by_month(care["start"].to_numpy(), born, fresh, edges, 0),
        "ends": _by_month(care["end"].to_numpy(), born, (care["leaves"] >= 0).to_numpy(), edges, 1),
        "moves": _by_month(care["start"].to_numpy(), born, care["moved"].to_numpy(dtype=bool), edges, 0),
    }
    index = pd.MultiIndex.from_product([months, codes.AGE_BANDS], names=["month", "age_band"])
    return pd.DataFrame({name: flow.ravel() for name, flow in flows.items()}, index).reset_index()


def _by_band(born: np.ndarray, day: int, where: np.ndarray) -> np.ndarray:
    return np.bincount(age_band(born[where], day), minlength=len(codes.AGE_BANDS))


def _by_month(day: np.ndarray, born: np.ndarray, where: np.ndarray, edges: np.ndarray, back: int) -> np.ndarray:
    """Events [month x band] on days marked by `where`; the age is taken `back` days before."""
    within = where & (day > edges[0]) & (day <= edges[-1])
    month = np.searchsorted(edges, day[within]) - 1
    bands = age_band(born[within], day[within] - back)
    counts = np.bincount(month * len(codes.AGE_BANDS) + bands, minlength=(len(edges) - 1) * len(codes.AGE_BANDS))
    return counts.reshape(len(edges) - 1, -1)


def exposure(care: pd.DataFrame, span: Span) -> pd.DataFrame:
    """age_band, time_since_start, placement, uasc, child_days, then one column a transition; only cells with child-days.

    child_days    ends of day on which a child was in the cell and could be seen to leave it: from the day before the first
                  return to the day before the last day covered
    move_to_...   moves to that placement group within the period, on a day covered; to its own group: a change of carer
    leave_...     ends of the period, by where to
    A transition belongs to the cell the child was in the day before. Its rate is its count / child_days, per child per day.
    """
    pieces = cut_pieces(care, span)
    names = {
        "age_band": list(codes.AGE_BANDS),
        "time_since_start": list(codes.TIMES),
        "placement": list(codes.PLACEMENTS),
        "uasc": [False, True],
    }
    days = count_cells(names, _cells(pieces, pieces["from"].to_numpy()), pieces["days"].to_numpy(dtype=float))
    last = _transitions(care, span)
    names_with = names | {"transition": MOVES + ENDS}
    events = count_cells(names_with, [*_cells(last, last["end"].to_numpy() - 1), last["transition"]])
    table = events.unstack("transition")[MOVES + ENDS]
    table.insert(0, "child_days", days.reindex(table.index))
    table.columns.name = None
    table = table.reset_index()
    for name, order in (
        ("age_band", codes.AGE_BANDS),
        ("time_since_start", codes.TIMES),
        ("placement", codes.PLACEMENTS),
    ):
        table[name] = pd.Categorical(table[name], order, ordered=True)
    table = table[table["child_days"] > 0].sort_values(CELL, ignore_index=True)
    return table.astype({name: str for name in CELL[:3]})


def cut_pieces(care: pd.DataFrame, span: Span) -> pd.DataFrame:
    """The days at risk of each episode, cut at birthdays, at edges of time since the start, and where UASC ends."""
    low = np.maximum(care["start"].to_numpy(), span.first - 1)
    high = np.minimum(care["end"].to_numpy(), span.last)
    born, began = care["born"].to_numpy(), care["began"].to_numpy()
    cuts = [birthday(born, age) for age in codes.AGE_FROM.values() if age]
    cuts += [began + edge for edge in codes.TIME_FROM.values() if edge] + [care["uasc_until"].to_numpy()]
    low, high = np.minimum(low, high), np.maximum(high, np.minimum(low, high))
    edges = np.sort(np.clip(np.column_stack([low, *cuts, high]), low[:, None], high[:, None]), axis=1)
    row, piece = np.nonzero(np.diff(edges, axis=1) > 0)
    pieces = care.iloc[row].reset_index(drop=True)
    return pieces.assign(**{"from": edges[row, piece], "days": edges[row, piece + 1] - edges[row, piece]})


def _cells(rows: pd.DataFrame, day: np.ndarray) -> list[np.ndarray]:
    """Indices of each row's age band, time since start, placement and UASC on a day."""
    began, known = rows["began"].to_numpy(), rows["known"].to_numpy(dtype=bool)
    return [
        age_band(rows["born"].to_numpy(), day),
        time_band(began, known, day),
        rows["group"],
        rows["uasc_until"].to_numpy() > day,
    ]


def _transitions(care: pd.DataFrame, span: Span) -> pd.DataFrame:
    """The episodes that end, on a day covered, in a move or in leaving; `transition` indexes MOVES + ENDS."""
    moves_on = np.append(care["moved"].to_numpy(dtype=bool)[1:], False)[: len(care)]
    to = np.append(care["group"].to_numpy()[1:], 0)[: len(care)]
    leaves = care["leaves"].to_numpy()
    transition = np.where(moves_on, to, np.where(leaves >= 0, len(MOVES) + leaves, -1))
    within = (care["end"] >= span.first).to_numpy() & (care["end"] <= span.last).to_numpy() & (transition >= 0)
    return care.assign(transition=transition)[within]


def open_on(care: pd.DataFrame, day: int) -> pd.DataFrame:
    """age_band, time_since_start, placement, uasc, children: looked after at the end of `day`; only combinations that occur."""
    now = care[(care["start"] <= day) & (day < care["end"])]
    names = {
        "age_band": list(codes.AGE_BANDS),
        "time_since_start": list(codes.TIMES),
        "placement": list(codes.PLACEMENTS),
        "uasc": [False, True],
    }
    table = count_cells(names, _cells(now, np.full(len(now), day))).rename("children").reset_index()
    return table[table["children"] > 0].reset_index(drop=True)


def interim_orders(care: pd.DataFrame, day: int) -> int:
    """Children under an interim care order (C1) at the end of `day`."""
    return int(((care["start"] <= day) & (day < care["end"]) & (care["LS"] == codes.INTERIM_ORDER)).sum())


def entries(care: pd.DataFrame, span: Span) -> pd.DataFrame:
    """age_band, placement, uasc, starts: periods of care that began on a day covered, by where; only combinations that occur."""
    began = (
        ~care["period"].duplicated().to_numpy()
        & (care["start"] >= span.first).to_numpy()
        & (care["start"] <= span.last).to_numpy()
    )
    fresh = care[began]
    day = fresh["start"].to_numpy()
    names = {"age_band": list(codes.AGE_BANDS), "placement": list(codes.PLACEMENTS), "uasc": [False, True]}
    indices = [age_band(fresh["born"].to_numpy(), day), fresh["group"], fresh["uasc_until"].to_numpy() > day]
    table = count_cells(names, indices).rename("starts").reset_index()
    return table[table["starts"] > 0].reset_index(drop=True)


def durations(care: pd.DataFrame, span: Span) -> pd.DataFrame:
    """age_at_start, time_in_care, leaves, periods: periods of care that ended on a day covered; only combinations that occur.

    Those who left, not those who started: long stays are as frequent as among leavers.
    """
    done = care[(care["leaves"] >= 0) & (care["end"] >= span.first)]
    names = {"age_at_start": list(codes.AGE_BANDS), "time_in_care": list(codes.TIMES), "leaves": list(codes.LEAVES)}
    began, known = done["began"].to_numpy(), done["known"].to_numpy(dtype=bool)
    born = np.where(known, done["born"], NO_DAY)
    times = time_band(began, known, done["end"].to_numpy())
    table = count_cells(names, [age_band(born, began), times, done["leaves"]]).rename("periods").reset_index()
    return table[table["periods"] > 0].reset_index(drop=True)


def survival(care: pd.DataFrame, span: Span) -> pd.DataFrame:
    """since_start (days), kaplan_meier, piecewise, periods: share of periods of care that last so long, turning 18 left out.

    Two estimates from the same periods whose start is known: Kaplan and Meier's, which takes no shape, with late entry for
    periods begun before the first return; and hazards constant within each band of time, as the forecast uses. Where the
    two part, the bands are too wide. Turning 18, and still being looked after on the last day covered, end the watching.
    """
    entry, time, left = _watched(care, span)
    edges = np.array([edge for edge in codes.TIME_FROM.values() if edge and edge < time.max(initial=0)])
    table = pd.DataFrame({"since_start": edges, "periods": [int((time >= edge).sum()) for edge in edges]})
    return table.assign(
        kaplan_meier=_kaplan_meier(entry, time, left, edges), piecewise=_piecewise(entry, time, left, edges)
    )


def _watched(care: pd.DataFrame, span: Span) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each period of known start: days since the start when watching began and ended, and whether it ended by leaving."""
    known = care[care["known"].astype(bool)].groupby("period")[["began", "end", "leaves"]].last()
    adult = codes.LEAVES.index(codes.TURNED_18)
    left = (
        (known["leaves"].to_numpy() >= 0)
        & (known["leaves"].to_numpy() != adult)
        & (known["end"].to_numpy() <= span.last)
    )
    time = np.minimum(known["end"].to_numpy(), span.last) - known["began"].to_numpy()
    entry = np.maximum(span.first - 1 - known["began"].to_numpy(), 0)
    seen = time > entry
    return entry[seen], time[seen], left[seen]


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
