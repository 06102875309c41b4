"""Plans, births and conferences from the returns: what is left out, joined or changed, and by which rule."""

import numpy as np
import pandas as pd

from forecast.sources.cin import codes
from forecast.sources.cin.years import Return
from forecast.sources.counting import Quality
from forecast.sources.reading.counts import ADULT
from forecast.sources.reading.days import NO_DAY, OPEN, birthday


def stack(returns: list[Return], table: str, quality: Quality) -> pd.DataFrame:
    """A table of every return, with `turn` (place in time), first and last day; rows without a child left out."""
    frames = [
        found.table(table).assign(turn=turn, first=found.first, last=found.last) for turn, found in enumerate(returns)
    ]
    rows = pd.concat(frames, ignore_index=True)
    return rows[~quality.rows(rows, rows["child"] == "", "no_child")].reset_index(drop=True)


# Births


def read_births(returns: list[Return], with_events: set[str], quality: Quality) -> pd.DataFrame:
    """child -> born, died. A date of birth stands before an expected one, a later return's before an earlier.

    A child not in the table has no known birth, and is counted with age unknown.
    """
    rows = stack(returns, "children", quality)
    rows = rows[rows["child"].isin(with_events)].reset_index(drop=True)
    quality.rows(rows, rows.duplicated(["turn", "child"]), "repeat_child")
    quality.rows(rows, [text != "" and not codes.is_sex(text) for text in rows["sex"]], "sex")
    unborn = (rows["born"] == NO_DAY) & (rows["expected"] > rows["last"])
    quality.rows(rows, unborn & ~rows["sex"].str.upper().isin(["0", "9", "U", ""]), "sex_unborn")
    born, expected = rows["born"].to_numpy(np.int64), rows["expected"].to_numpy(np.int64)
    future = quality.rows(rows, born > rows["last"], "future_birth")
    expected = np.where(future & (expected == NO_DAY), born, expected)
    born = np.where(future, NO_DAY, born)
    quality.rows(rows, (born != NO_DAY) & (expected != NO_DAY), "both_births")
    rows = rows.assign(actual=born != NO_DAY, born=np.where(born != NO_DAY, born, expected))
    known = rows[rows["born"] != NO_DAY].sort_values(
        ["child", "actual", "turn", "born"], ascending=[True, False, False, True]
    )
    kept = known.drop_duplicates("child")
    certain = known[known["actual"]].groupby("child")["born"].nunique()
    quality.rows(kept, kept["child"].map(certain).fillna(0) > 1, "two_births")
    latest = max(found.last for found in returns)
    quality.rows(kept, ~kept["actual"] & (kept["born"] <= latest), "expected_passed")
    died = rows[rows["died"] != NO_DAY].groupby("child")["died"].min()
    return kept.set_index("child")[["born"]].assign(died=died).fillna({"died": OPEN}).astype(np.int64)


# Plans


def read_plans(returns: list[Return], quality: Quality) -> pd.DataFrame:
    """child, start, end (OPEN if none), previous, file, line: each plan once, later returns winning."""
    rows = stack(returns, "plans", quality)
    known = rows[["initial", "latest"]].map(codes.is_category).all(axis=1)
    quality.rows(rows, ~known.to_numpy(bool), "category")
    rows = _with_dates(rows.sort_values("closed", kind="stable", ignore_index=True), quality)
    rows = _once_each_return(rows, quality)
    rows = _latest_return(rows, [found.holds("plans") for found in returns], quality)
    shut = (rows["closed"] != NO_DAY) & (rows["closed"] <= rows["last"])
    quality.rows(rows, (rows["end"] == OPEN) & shut, "case_closed")
    return rows


def _with_dates(rows: pd.DataFrame, quality: Quality) -> pd.DataFrame:
    """The plans whose dates can be used; a blank end, or one to come, as OPEN."""
    start, end = rows["start"].to_numpy(np.int64), rows["end"].to_numpy(np.int64)
    blank, ended = start == NO_DAY, end != NO_DAY
    after = ~blank & (start > rows["last"])
    wrong = ~blank & ~after & ended & (end < start)
    same = ~blank & ~after & ended & (end == start)
    future = ended & (end > rows["last"]) & ~blank & ~after & ~wrong
    found = {
        "no_start": blank,
        "future_start": after,
        "end_before_start": wrong,
        "same_day": same,
        "future_end": future,
    }
    for rule, where in found.items():
        quality.rows(rows, where, rule)
    whole = rows["previous"].astype(str).str.fullmatch(r"\d{1,2}").to_numpy(bool)
    quality.rows(rows, ~whole, "previous")
    previous = rows["previous"].where(whole, -1).astype(np.int64)  # -1 where the number is not known
    rows = rows.assign(end=np.where(ended & ~future, end, OPEN), previous=previous)
    rows = rows[~(blank | after | wrong | same)].reset_index(drop=True)
    quality.rows(rows, rows["end"] < rows["first"], "ended_before")
    return rows


def _once_each_return(rows: pd.DataFrame, quality: Quality) -> pd.DataFrame:
    """One row for each plan of a return: an end before none, the latest end, the highest number of previous plans."""
    keys = ["turn", "child", "start"]
    rows = rows.assign(open=rows["end"] == OPEN).sort_values(
        [*keys, "open", "end", "previous"], ascending=[True] * 4 + [False] * 2
    )
    again = quality.rows(rows, rows.duplicated(keys), "repeat_plan")
    first_end = rows.groupby(keys)["end"].transform("first")
    quality.rows(rows, again & (rows["end"] != first_end), "two_ends")
    return rows[~again].reset_index(drop=True)


def _latest_return(rows: pd.DataFrame, with_plans: list[bool], quality: Quality) -> pd.DataFrame:
    """The latest return's word on each plan; one open at a return's end that the next does not carry is closed."""
    rows = rows.sort_values(["child", "start", "turn"], ascending=[True, True, False], kind="stable")
    again = quality.rows(rows, rows.duplicated(["child", "start"]), "later_return")
    kept_end = rows.groupby(["child", "start"])["end"].transform("first")
    quality.rows(rows, again & (rows["end"] <= rows["last"]) & (rows["end"] != kept_end), "end_changed")
    kept = rows[~again].reset_index(drop=True)
    turns = np.append(np.flatnonzero(with_plans), len(with_plans))
    kept["next"] = turns[np.searchsorted(turns[:-1], kept["turn"], side="right")]
    lost = (kept["end"] == OPEN) & (kept["next"] < len(with_plans))
    # The next return may have, in place of a plan it does not carry, another that was open at this one's end.
    pairs = kept[lost].reset_index(names="row").merge(kept, on="child", suffixes=("", "_later"))
    open_then = (pairs["start_later"] <= pairs["last"]) & (pairs["end_later"] > pairs["last"])
    restarted = pairs.loc[(pairs["turn_later"] >= pairs["next"]) & open_then, "row"]
    moved = quality.rows(kept, kept.index.isin(restarted), "start_changed")
    closed = quality.rows(kept, lost & ~moved, "not_carried")
    kept["end"] = np.where(closed, kept["last"] + 1, kept["end"])
    return kept[~moved].drop(columns="next").reset_index(drop=True)


def add_births(plans: pd.DataFrame, births: pd.DataFrame, quality: Quality) -> pd.DataFrame:
    """The plans with `born` (NO_DAY where not known), cut at the 18th birthday and at death."""
    born = plans["child"].map(births["born"]).fillna(NO_DAY).astype(np.int64).to_numpy()
    died = plans["child"].map(births["died"]).fillna(OPEN).astype(np.int64).to_numpy()
    first = ~plans["child"].duplicated()
    quality.rows(plans, first & (born == NO_DAY), "no_birth")
    far = quality.rows(plans, (born != NO_DAY) & (plans["start"] < born - codes.MOST_DAYS_BEFORE_BIRTH), "birth_far")
    born = np.where(pd.Series(far).groupby(plans["child"].to_numpy()).transform("any"), NO_DAY, born)
    adult = birthday(born, ADULT)
    too_old = quality.rows(plans, plans["start"] >= adult, "adult_start")
    passed = adult <= plans["last"].max()  # the 18th birthday of a child with an open plan may be to come: no fault
    quality.rows(plans, ~too_old & (plans["end"] > adult) & passed, "adult_end")
    dead = (died != OPEN) & (plans["end"] > died)
    quality.rows(plans, ~too_old & dead, "death")
    end = np.where(dead, np.maximum(died, plans["start"]), plans["end"])
    plans = plans.assign(born=born, end=np.minimum(end, adult))
    return plans[~too_old & (plans["end"] > plans["start"])].reset_index(drop=True)


def join_overlaps(spans: pd.DataFrame, quality: Quality) -> pd.DataFrame:
    """Spans of a child that overlap as one, from the first start to the last end; one that adjoins another stays."""
    if spans.empty:
        return spans
    spans = spans.sort_values(["child", "start", "end"], kind="stable").reset_index(drop=True)
    reach = spans.groupby("child")["end"].cummax().groupby(spans["child"]).shift(fill_value=NO_DAY)
    inside = quality.rows(spans, spans["start"] < reach, "overlap")
    run = np.cumsum(~inside)
    joined = spans[~inside].reset_index(drop=True)
    return joined.assign(end=spans.groupby(run)["end"].max().to_numpy())


def count_previous(plans: pd.DataFrame, quality: Quality) -> pd.DataFrame:
    """The plans with `previous` at least the number of earlier plans read of the child; -1 where nothing is known."""
    read = plans.groupby("child").cumcount().to_numpy()
    given = plans["previous"].to_numpy()
    quality.rows(plans, (given >= 0) & (given < read), "previous_low")
    return plans.assign(previous=np.where((given < 0) & (read == 0), -1, np.maximum(given, read)))


# Conferences, enquiries and reviews


def read_conferences(returns: list[Return], quality: Quality) -> pd.DataFrame:
    """child, family, day, kind: enquiries, initial conferences and reviews, each child once a day.

    An initial conference with an enquiry is an ICPC. One recorded on the CIN episode alone is a transfer in where the
    referral came from another authority, else an other initial conference. Recorded on both it is counted once, as an
    ICPC.
    """
    found = [_initial(stack(returns, "conferences", quality), quality)]
    for table, kind, rule in (("enquiries", codes.S47, "enquiry_twice"), ("reviews", codes.RCPC, "review_twice")):
        rows = stack(returns, table, quality).assign(kind=kind)
        rows = rows[~quality.rows(rows, rows["day"] == NO_DAY, "no_date")]
        found.append(rows[~quality.rows(rows, rows.duplicated(["child", "day"]), rule)])
    rows = pd.concat(found, ignore_index=True)
    covered = (rows["day"] >= min(item.first for item in returns)) & (rows["day"] <= rows["last"])
    return rows[~quality.rows(rows, ~covered, "outside")][
        ["file", "line", "child", "family", "day", "kind"]
    ].reset_index(drop=True)


def _initial(rows: pd.DataFrame, quality: Quality) -> pd.DataFrame:
    episode = rows["level"] == codes.EPISODE
    source = rows["source"].str.upper()
    quality.rows(rows, episode & ~source.isin(codes.REFERRAL_SOURCES), "source")
    mark = rows["not_required"].str.casefold()
    quality.rows(rows, mark.isin(codes.YES), "icpc_not_required")
    quality.rows(rows, ~mark.isin(codes.YES | codes.NO | {""}), "not_required_unknown")
    transfer = episode & (source == codes.OTHER_AUTHORITY)
    kind = np.where(~episode, codes.ICPC, np.where(transfer, codes.TRANSFER_IN, codes.ICPC_OTHER))
    order = np.where(~episode, 0, np.where(transfer, 1, 2))
    rows = rows.assign(kind=kind, order=order).sort_values(["child", "day", "order"], kind="stable")
    return rows[~quality.rows(rows, rows.duplicated(["child", "day"]), "conference_twice")]


def mark_transfers(
    plans: pd.DataFrame, conferences: pd.DataFrame, returns: list[Return], quality: Quality
) -> pd.DataFrame:
    """The plans with `transfer`: whether a transfer-in conference of the child was held on the day the plan started."""
    initial = conferences[conferences["kind"].isin([codes.ICPC, codes.TRANSFER_IN, codes.ICPC_OTHER])]
    conferred = pd.MultiIndex.from_frame(initial[["child", "day"]])
    moved = pd.MultiIndex.from_frame(initial.loc[initial["kind"] == codes.TRANSFER_IN, ["child", "day"]])
    starts = pd.MultiIndex.from_frame(plans[["child", "start"]])
    given = [found.holds("conferences") for found in returns]
    for found in (item for item in returns if item.holds("plans") and not item.holds("conferences")):
        quality.count(next(part.name for part in found.parts if "plans" in part.given), "no_conferences")
    covered = plans["turn"].map(lambda turn: given[turn]) & (plans["start"] >= returns[0].first)
    quality.rows(plans, covered & ~starts.isin(conferred), "start_without_icpc")
    return plans.assign(transfer=starts.isin(moved))


def count_lone_reviews(plans: pd.DataFrame, conferences: pd.DataFrame, quality: Quality) -> None:
    """Count the reviews held on a day before which the child had no plan open."""
    reviews = conferences[conferences["kind"] == codes.RCPC].reset_index(drop=True)
    pairs = reviews.reset_index(names="review").merge(plans[["child", "start", "end"]], on="child", how="left")
    fits = (pairs["start"] < pairs["day"]) & (pairs["day"] <= pairs["end"])
    quality.rows(reviews, ~fits.groupby(pairs["review"]).any().to_numpy(dtype=bool), "review_alone")
