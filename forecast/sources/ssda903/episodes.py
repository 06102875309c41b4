"""From the rows of several returns to one history a child: merged, resolved, and joined into periods of care.

Rules, with their sources:
- a return carries every episode that touches its year, so an episode appears in several; the later return wins
- V3 and V4 (short breaks) are not looked after: DfE, published count of children looked after
- an episode begins on DECOM and ends on DEC; on DEC the child is already elsewhere, so the days counted are DECOM to
  the day before DEC, and a child is counted on a day where DECOM <= day < DEC: our convention, under which the DEC of
  one episode is the DECOM of the next, as returns write them
- nobody is looked after from the 18th birthday; one born on 29 February is 18 on 1 March (our convention)
- a period of care is the union of adjoining episodes: a change of legal status, carer or placement is not a start
"""

import numpy as np
import pandas as pd

from forecast.sources.counting import Quality
from forecast.sources.reading.counts import ADULT, Span
from forecast.sources.reading.days import NO_DAY, OPEN, birthday
from forecast.sources.ssda903 import codes
from forecast.sources.ssda903.rows import Table

EPISODE = ["child", "start", "end", "LS", "PLACE", "PLACE_PROVIDER", "RNE", "REC"]


def stack(tables: dict[int, Table], columns: dict[str, str]) -> pd.DataFrame:
    """Every year's rows: file, line, year, its first and last day, and the columns named, under their new names."""
    kept = ["file", "line", "year", "first", "last", *columns]
    frames = [table.frame.astype({"file": object})[kept] for _, table in sorted(tables.items())]
    return pd.concat(frames, ignore_index=True).rename(columns=columns)


def count_codes(episodes: pd.DataFrame, quality: Quality) -> None:
    """Count codes that are not known, or not valid in the return's year. The rules say what is done with them."""
    place = episodes["PLACE"]
    foster = place.isin([code for code, known in codes.PLACES.items() if known.group == codes.STRANGER_FOSTER])
    quality.rows(episodes, ~place.isin(list(codes.PLACES)), "place_unknown")
    first, last = (
        place.map({code: getattr(known, end) for code, known in codes.PLACES.items()}) for end in ("first", "last")
    )
    quality.rows(episodes, (episodes["year"] < first) | (episodes["year"] > last), "place_year")
    quality.rows(episodes, ~episodes["LS"].isin(codes.LEGAL_STATUSES), "legal_unknown")
    quality.rows(episodes, ~episodes["RNE"].isin([*codes.REASONS_FOR_EPISODE, ""]), "rne_unknown")
    quality.rows(episodes, ~episodes["REC"].isin([*codes.REASONS_FOR_END, ""]), "rec_unknown")
    quality.rows(episodes, foster & ~episodes["PLACE_PROVIDER"].isin(codes.PROVIDERS), "provider_unknown")


def clean_episodes(episodes: pd.DataFrame, quality: Quality) -> pd.DataFrame:
    """Rows that say when an episode was: the rest are counted and left out."""
    start, begins, ends = (episodes[name].to_numpy() for name in ("start", "first", "last"))
    end = np.where(episodes["end"] == NO_DAY, OPEN, episodes["end"])
    none = quality.rows(episodes, start == NO_DAY, "no_decom")
    backwards = quality.rows(episodes, ~none & (end < start), "dec_before_decom")
    late = quality.rows(episodes, start > ends, "decom_after_return")
    kept = ~(none | backwards | late)
    quality.rows(episodes, kept & (end != OPEN) & (end > ends), "dec_after_return")
    quality.rows(episodes, kept & (end < begins), "dec_before_return")
    reason = episodes["REC"].to_numpy()
    quality.rows(episodes, kept & (end == OPEN) & np.isin(reason, list(codes.LEAVES_BY_CODE)), "end_reason_no_date")
    quality.rows(episodes, kept & (end != OPEN) & (reason == ""), "end_no_reason")
    return episodes.assign(end=end)[kept].reset_index(drop=True)


def merge_years(episodes: pd.DataFrame, quality: Quality) -> pd.DataFrame:
    """Each episode once. An episode is known by child and DECOM; the last return that carries it wins."""
    again = quality.rows(episodes, episodes.duplicated(["year", *EPISODE]), "repeat_episode")
    episodes = episodes[~again]
    last = episodes.groupby(["child", "start"], sort=False)["year"].transform("max")
    earlier = quality.rows(episodes, episodes["year"] < last, "later_return")
    ends = episodes.groupby(["child", "start"], sort=False)["end"]
    changed = ends.transform("min") != ends.transform("max")
    quality.rows(episodes, earlier & (episodes["end"] != OPEN) & changed, "closed_then_carried")
    return episodes[~earlier].reset_index(drop=True)


def close_open(episodes: pd.DataFrame, quality: Quality) -> pd.DataFrame:
    """Ends for episodes that have none and cannot still be open.

    Only a child's last episode may be open: where one that began later ends with the child leaving care (an E code),
    the open one is over by then. Where none does, the child has not left and the open one holds.
    One that is open at the end of a return and not carried by the next has ended or was struck out: it is taken as
    ended on 1 April, so that 31 March stays as that return counted it.
    """
    left = _left_after(episodes)
    forgotten = quality.rows(episodes, (episodes["end"] == OPEN) & (left < OPEN), "dec_forgotten")
    episodes = episodes.assign(end=np.where(forgotten, left, episodes["end"]))
    lapsed = quality.rows(
        episodes, (episodes["end"] == OPEN) & (episodes["year"] < episodes["year"].max()), "not_carried"
    )
    ends = np.where(lapsed, episodes["last"] + 1, episodes["end"])
    return episodes.assign(end=ends)


def _left_after(episodes: pd.DataFrame) -> np.ndarray:
    """The first day on which a later episode ends with the child leaving; OPEN where none does [episode]."""
    opened = episodes.loc[episodes["end"] == OPEN, ["child", "start"]].reset_index(names="row")
    leavers = episodes.loc[
        (episodes["end"] != OPEN) & episodes["REC"].isin(list(codes.LEAVES_BY_CODE)), ["child", "start", "end"]
    ]
    pairs = opened.merge(leavers, on="child", suffixes=("", "_later"))
    first = pairs[pairs["start_later"] > pairs["start"]].groupby("row")["end"].min()
    return first.reindex(episodes.index, fill_value=OPEN).to_numpy(dtype=np.int64)


def looked_after(episodes: pd.DataFrame, with_short_breaks: bool, quality: Quality) -> pd.DataFrame:
    """Episodes that count at the end of some day: short breaks where asked for, and none over on the day it begins."""
    short = episodes["LS"].isin(codes.SHORT_BREAKS)
    quality.rows(episodes, short, "short_break_in" if with_short_breaks else "short_break")
    out = short & (not with_short_breaks)
    none = quality.rows(episodes, ~out & (episodes["end"] == episodes["start"]), "same_day")
    return episodes[~out & ~none]


def beside_short_breaks(episodes: pd.DataFrame, births: pd.Series) -> pd.DataFrame:
    """child, start, end, short: every episode, up to the 18th birthday, of children who have short breaks."""
    short = episodes["LS"].isin(codes.SHORT_BREAKS)
    rows = episodes.assign(short=short)[episodes["child"].isin(episodes.loc[short, "child"])]
    adult = birthday(rows["child"].map(births).fillna(NO_DAY).to_numpy(np.int64), ADULT)
    return rows[["child", "start", "end", "short"]].assign(end=np.minimum(rows["end"], adult))


def bridge_gaps(episodes: pd.DataFrame, quality: Quality) -> pd.DataFrame:
    """Episodes that do not overlap, each up to the child's next one where both say that the child stayed.

    X1 says that another episode follows, and a reason for new episode other than S that one came before; a gap of up to
    codes.MOST_GAP days between two such is a slip in a date. The child is counted where it was before.
    """
    child, start, end = (episodes[name].to_numpy() for name in ("child", "start", "end"))
    follows = episodes["RNE"].isin(codes.REASONS_FOR_EPISODE - {codes.STARTS_PERIOD}).to_numpy()
    gap, stays = np.zeros(len(end), np.int64), np.zeros(len(end), bool)
    gap[:-1] = np.where(child[1:] == child[:-1], start[1:] - end[:-1], 0)
    stays[:-1] = (episodes["REC"] == codes.CONTINUES).to_numpy()[:-1] & follows[1:]
    bridged = quality.rows(episodes, stays & (gap > 0) & (gap <= codes.MOST_GAP), "gap_bridged")
    return episodes.assign(end=np.where(bridged, end + gap, end))


def resolve(episodes: pd.DataFrame, quality: Quality) -> pd.DataFrame:
    """Episodes that do not overlap, on the very days the overlapping ones cover: no child lost, none counted twice.

    On each day the episode that began last holds; when it ends, one around it resumes. Of two that begin together the
    later return's holds, then the shorter one.
    """
    order = ["child", "start", "year", "end", "PLACE", "PLACE_PROVIDER", "LS", "RNE", "REC"]
    episodes = episodes.sort_values(
        order, ascending=[True, True, True, False, *[True] * 5], kind="stable", ignore_index=True
    )
    child, start, end = pd.factorize(episodes["child"])[0], episodes["start"].to_numpy(), episodes["end"].to_numpy()
    before = pd.Series(end).groupby(child).cummax().groupby(child).shift(fill_value=NO_DAY).to_numpy(np.int64)
    overlaps = quality.rows(episodes, before > start, "overlap")
    quality.rows(episodes, overlaps & (end <= before), "nested")
    entangled = np.isin(child, np.unique(child[overlaps]))
    pieces = [(i, start[i], end[i]) for i in np.flatnonzero(~entangled)]
    for rows in pd.Series(child)[entangled].groupby(child[entangled]).groups.values():
        pieces += _sweep(rows.tolist(), start[rows].tolist(), end[rows].tolist())
    row, begins, ends = np.array(sorted(pieces), np.int64).reshape(-1, 3).T
    return (
        episodes.iloc[row]
        .assign(own_start=begins == start[row], start=begins, end=ends)
        .sort_values(["child", "start"], ignore_index=True)
    )


def _sweep(rows: list[int], start: list[int], end: list[int]) -> list[tuple[int, int, int]]:
    """(row, start, end) of a child's episodes, in order of priority from low to high, cut so that each day has one."""
    pieces: list[tuple[int, int, int]] = []
    edges = sorted({*start, *end})
    for begins, ends in zip(edges, edges[1:], strict=False):
        over = [i for i in range(len(rows)) if start[i] <= begins < end[i]]
        if not over:
            continue
        row = rows[over[-1]]
        if pieces and pieces[-1][0] == row and pieces[-1][2] == begins:
            pieces[-1] = (row, pieces[-1][1], ends)
        else:
            pieces.append((row, begins, ends))
    return pieces


def clip_to_childhood(episodes: pd.DataFrame, span: Span, quality: Quality) -> pd.DataFrame:
    """Episodes from birth to the 18th birthday; `adult` marks those the birthday ends. Unknown births cut nothing."""
    born, adult = episodes["born"].to_numpy(), birthday(episodes["born"].to_numpy(), ADULT)
    start, end = episodes["start"].to_numpy(), episodes["end"].to_numpy()
    grown = quality.rows(episodes, start >= adult, "adult_start")
    quality.rows(episodes, ~grown & (end > adult) & (adult <= span.last), "adult_end")
    quality.rows(episodes, start < born, "before_birth")
    cut = episodes.assign(start=np.maximum(start, born), end=np.minimum(end, adult), adult=end >= adult)
    return cut[~grown & (cut["start"] < cut["end"])].reset_index(drop=True)


def join_periods(episodes: pd.DataFrame, span: Span, quality: Quality) -> pd.DataFrame:
    """Add each episode's period of care, the day it began, whether that day is known, and how the episode ends.

    period        number of the period; a new one begins where a child's episodes leave a gap
    began         first day of the period
    known         whether `began` is: the period begins with RNE S, or inside the years read
    moved         whether this episode begins, within a period, with another placement group or another carer
    leaves        index in codes.LEAVES at the end of a period that ends; -1 where the child stays
    """
    child, start, end = (episodes[name].to_numpy() for name in ("child", "start", "end"))
    fresh = np.ones(len(episodes), bool)
    fresh[1:] = (child[1:] != child[:-1]) | (start[1:] > end[:-1])
    period = np.cumsum(fresh) - 1
    began, first_rne = start[fresh][period], episodes["RNE"].to_numpy()[fresh][period]
    final = np.append(fresh[1:], True) if len(episodes) else fresh
    known = (first_rne == codes.STARTS_PERIOD) | (began >= span.first)
    ended, adult = final & (end <= span.last), episodes["adult"].to_numpy(dtype=bool)
    leaves = np.where(adult, codes.LEAVES.index(codes.TURNED_18), codes.leaving_groups(episodes["REC"].to_numpy()))
    _count_joins(episodes, fresh, ended, known, quality)
    follows = episodes["RNE"].isin(codes.REASONS_FOR_EPISODE - {codes.STARTS_PERIOD}).to_numpy()
    quality.rows(episodes, fresh & (began >= span.first) & follows, "starts_without_s")
    joined = {"period": period, "began": began, "known": known, "moved": _moved(episodes, fresh)}
    return episodes.assign(**joined, leaves=np.where(ended, leaves, -1))


def _moved(episodes: pd.DataFrame, fresh: np.ndarray) -> np.ndarray:
    group = episodes["group"].to_numpy()
    other_group = np.append(True, group[1:] != group[:-1])[: len(group)]
    other_carer = episodes["RNE"].isin(codes.CHANGES_CARER).to_numpy() & episodes["own_start"].to_numpy(dtype=bool)
    return ~fresh & (other_group | other_carer)


def _count_joins(
    episodes: pd.DataFrame, fresh: np.ndarray, ended: np.ndarray, known: np.ndarray, quality: Quality
) -> None:
    reason = episodes["REC"].to_numpy()
    stays = np.append(~fresh[1:], False)[: len(fresh)]
    left = np.isin(reason, list(codes.LEAVES_BY_CODE))
    restarts = np.append(episodes["RNE"].to_numpy()[1:] == codes.STARTS_PERIOD, False)[: len(fresh)]
    quality.rows(
        episodes, ended & (reason == codes.CONTINUES) & ~episodes["adult"].to_numpy(dtype=bool), "continues_nowhere"
    )
    quality.rows(episodes, stays & left & restarts, "left_and_back")
    quality.rows(episodes, fresh & ~known, "start_unknown")


def read_births(headers: dict[int, Table], with_episodes: np.ndarray, quality: Quality) -> pd.Series:
    """Date of birth by child, in days since 1970: the latest return that gives one, the earlier date within a return.

    A child without one is not in the series, and is counted in every stock with age unknown.
    """
    rows = stack(headers, {"CHILD": "child", "DOB": "born", "SEX": "sex"})
    quality.rows(rows, rows.duplicated(["year", "child"]), "repeat_header")
    quality.rows(rows, ~rows["sex"].isin([*codes.SEXES, ""]), "sex")
    if quality.files("not_used"):  # of care leavers or children adopted, who are on the header file
        quality.hush("header_without_episodes")
    quality.rows(
        rows.drop_duplicates("child"),
        ~rows.drop_duplicates("child")["child"].isin(with_episodes),
        "header_without_episodes",
    )
    blank = quality.rows(rows, rows["born"] == NO_DAY, "no_dob")
    future = quality.rows(rows, rows["born"] > rows["last"], "future_dob")
    rows = rows[~blank & ~future].sort_values(["child", "year", "born"], ascending=[True, False, True], kind="stable")
    kept = rows.drop_duplicates("child")
    quality.rows(kept, (rows.groupby("child")["born"].nunique() > 1).reindex(kept["child"]).to_numpy(), "two_dobs")
    return kept.set_index("child")["born"]


def read_uasc(tables: dict[int, Table], episodes: pd.DataFrame, quality: Quality) -> pd.Series:
    """The day each child on the UASC file stopped being one (DUC), OPEN where none is given; the latest return wins."""
    if not tables:
        return pd.Series(dtype=np.int64)
    rows = stack(tables, {"CHILD": "child", "DUC": "until"})
    rows["until"] = rows["until"].mask(rows["until"] == NO_DAY, OPEN)
    kept = rows.sort_values(["child", "year", "until"], ascending=[True, False, False]).drop_duplicates("child")
    quality.rows(kept, ~kept["child"].isin(episodes["child"].unique()), "uasc_without_episodes")
    quality.rows(kept, kept["child"].isin(_left_off(rows, list(tables), kept, episodes)), "uasc_not_each_year")
    return kept.set_index("child")["until"]


def _left_off(rows: pd.DataFrame, years: list[int], kept: pd.DataFrame, episodes: pd.DataFrame) -> np.ndarray:
    """The children whom a return has, not on its UASC file, although they had not stopped being UASC before it."""
    until = kept.set_index("child")["until"]
    had = episodes.loc[
        episodes["child"].isin(until.index) & episodes["year"].isin(years), ["child", "year", "first"]
    ].drop_duplicates()
    had = had.loc[until.reindex(had["child"]).to_numpy() >= had["first"].to_numpy(), ["child", "year"]]
    on = pd.MultiIndex.from_frame(rows[["child", "year"]])
    return had.loc[~pd.MultiIndex.from_frame(had).isin(on), "child"].unique()


def add_children(episodes: pd.DataFrame, births: pd.Series, uasc: pd.Series, quality: Quality) -> pd.DataFrame:
    """The episodes with `born` and `uasc_until`, NO_DAY where not known or not one."""
    born = episodes["child"].map(births).fillna(NO_DAY).astype(np.int64)
    until = episodes["child"].map(uasc).fillna(NO_DAY).astype(np.int64)
    first = ~episodes["child"].duplicated()
    quality.rows(episodes, first & (born == NO_DAY), "no_header")
    quality.rows(episodes, first & (until != OPEN) & (until > birthday(born, ADULT)), "uasc_adult")
    return episodes.assign(born=born, uasc_until=until)


def read_reviews(tables: dict[int, Table], span: Span, quality: Quality) -> pd.Series:
    """LAC reviews held by month: each child and day once, within the days covered."""
    if not tables:
        return pd.Series(dtype=np.int64)
    rows = stack(tables, {"CHILD": "child", "REVIEW": "day"})
    blank = quality.rows(rows, rows["day"] == NO_DAY, "no_review_date")
    again = quality.rows(rows, ~blank & rows.duplicated(["child", "day"]), "repeat_review")
    outside = quality.rows(
        rows, ~blank & ~again & ((rows["day"] < span.first) | (rows["day"] > span.last)), "review_outside"
    )
    days = rows.loc[~blank & ~again & ~outside, "day"].to_numpy(dtype=np.int64).astype("datetime64[D]")
    return pd.Series(days.astype("datetime64[M]").astype(str)).value_counts().sort_index()
