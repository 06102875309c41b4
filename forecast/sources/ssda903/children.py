"""What is known of a child apart from the episodes: date of birth, and until when UASC."""

import numpy as np
import pandas as pd

from forecast.sources.counting import Quality
from forecast.sources.reading.counts import ADULT, Span
from forecast.sources.reading.days import NO_DAY, OPEN, birthday
from forecast.sources.ssda903 import codes
from forecast.sources.ssda903.episodes import stack
from forecast.sources.ssda903.rows import Table


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
