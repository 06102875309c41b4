"""What a folder of returns says: stocks at days asked for, tables, links between returns, what was found wrong."""

import secrets
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.home import beside
from forecast.case.months import DAYS_A_YEAR
from forecast.sources.cin import Plans, read_cin
from forecast.sources.private import MOST_SALT
from forecast.sources.reading.days import NO_DAY
from forecast.sources.reading.identifiers import with_zeros
from forecast.sources.ssda903 import Returns, read_returns
from forecast.sources.ssda903.codes import AGE_BANDS
from forecast.sources.ssda903.tables import age_band

YEAR_BEFORE = int(DAYS_A_YEAR)  # days before the start of care in which a plan that ended still counts
MOST_MONTHS = 24
LONGER, NO_PLAN, ALL = f"{MOST_MONTHS}_and_over", "no_plan_read", "all"
COUNTED = ["starts", "plan_open", "plan_within_a_year"]


@dataclass(frozen=True)
class Links:
    """How many of those who start to be looked after come from a plan.

    by_months  months_since_plan_start, starts, plan_open, plan_within_a_year: by whole months from the start of the
               child's latest plan to the start of care; the last row has the starts with no plan before them
    by_age     age_band (at the start of care), year_before_seen, starts, plan_open, plan_within_a_year, share: whether
               the plan returns cover the whole year before the start; where they do not, plans that ended in it may be
               missing

    starts              starts of care on days that both returns cover, of a child twice where it starts twice
    plan_open           of those, a plan open on that day, or ending on it
    plan_within_a_year  of those, none open and one that ended in the year before
    noughts             children whose number has lost noughts in front in one of the two, and who are one child's
    share               (plan_open + plan_within_a_year) / starts; missing where there are no starts
    """

    by_months: pd.DataFrame
    by_age: pd.DataFrame
    noughts: int = 0


def link(returns: Returns, plans: Plans) -> Links:
    """Plans of those who start to be looked after. Raises BadInput unless both were read with one salt, and overlap."""
    if returns._mark != plans._mark:
        raise BadInput(
            "the returns and the plans were not read with the same salt, so their children cannot be told alike. Read "
            "both with one salt."
        )
    first, last = max(returns._span.first, plans._span.first), min(returns._span.last, plans._span.last)
    if first > last:
        raise BadInput(
            f"the returns cover {returns.first_day} to {returns.last_day} and the plans {plans.first_day} to "
            f"{plans.last_day}. Expected years in common. Give returns of the same years."
        )
    longest = _with_noughts(returns, plans)
    starts = _with_plans(_starts(returns, first, last, longest), plans._plans.replace({"child": longest}))
    seen = starts["day"] - YEAR_BEFORE >= plans._span.first
    changed = sum(name != longer for name, longer in longest.items())
    plans._quality.count("both returns together", "zeros_lost", changed)
    return Links(_by_months(starts), _by_age(starts.assign(year_before_seen=seen)), changed)


def _with_noughts(returns: Returns, plans: Plans) -> dict[str, str]:
    """Hash -> the one with most noughts in front, of numbers that a spreadsheet cut in one of the returns."""
    care = returns._care[["child", "born"]].drop_duplicates("child")
    hashes = np.array(returns._hashes, dtype=object)[care["child"].to_numpy()]
    sides = (
        pd.Series(care["born"].to_numpy(), hashes),
        plans._plans.drop_duplicates("child").set_index("child")["born"],
    )
    births = pd.concat(sides).rename("born").reset_index().drop_duplicates().set_index("index")["born"]
    births = births[(births != NO_DAY) & ~births.index.duplicated()]
    return with_zeros([dict(returns._bare), dict(plans._bare)], births)


def _starts(returns: Returns, first: int, last: int, longest: dict[str, str]) -> pd.DataFrame:
    """child (hash), day, age_band: starts of care on the days from first to last."""
    care = returns._care.drop_duplicates("period")
    care = care[(care["began"] >= first) & (care["began"] <= last)]
    child = np.array([longest.get(name, name) for name in returns._hashes], dtype=object)[care["child"].to_numpy()]
    day = care["began"].to_numpy(np.int64)
    return pd.DataFrame({"child": child, "day": day, "age_band": age_band(care["born"].to_numpy(np.int64), day)})


def _with_plans(starts: pd.DataFrame, plans: pd.DataFrame) -> pd.DataFrame:
    """The starts with `months` since the latest plan began (-1 for none), `plan_open`, `plan_within_a_year`."""
    starts = starts.reset_index(drop=True)
    pairs = starts.reset_index(names="row").merge(plans[["child", "start", "end"]], on="child")
    pairs = pairs[pairs["start"] <= pairs["day"]]
    by_row = pairs.groupby("row")
    began = by_row["start"].max().reindex(starts.index)
    until = by_row["end"].max().reindex(starts.index, fill_value=-1)
    months = np.where(began.isna(), -1, months_from(began.fillna(0).to_numpy(np.int64), starts["day"].to_numpy()))
    is_open = began.notna() & (until >= starts["day"])
    return starts.assign(
        months=months,
        plan_open=is_open,
        plan_within_a_year=began.notna() & ~is_open & (until >= starts["day"] - YEAR_BEFORE),
    )


def months_from(start: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Whole calendar months from one day to another, in days since 1970: 15 May to 14 July is one."""
    early, late = (np.asarray(days, np.int64).astype("datetime64[D]") for days in (start, day))
    early_month, late_month = early.astype("datetime64[M]"), late.astype("datetime64[M]")
    short = (late - late_month) < (early - early_month)
    return (late_month - early_month).astype(np.int64) - short


def _by_months(starts: pd.DataFrame) -> pd.DataFrame:
    names = [*map(str, range(MOST_MONTHS)), LONGER, NO_PLAN]
    at = np.where(starts["months"] < 0, len(names) - 1, np.minimum(starts["months"], MOST_MONTHS)).astype(np.int64)
    counts = {name: np.bincount(at[starts[name].to_numpy(bool)], minlength=len(names)) for name in COUNTED[1:]}
    return pd.DataFrame({"months_since_plan_start": names, COUNTED[0]: np.bincount(at, minlength=len(names)), **counts})


def _by_age(starts: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for seen in (True, False):
        those = starts[starts["year_before_seen"] == seen]
        for band, name in enumerate((*AGE_BANDS, ALL)):
            part = those if name == ALL else those[those["age_band"] == band]
            counts = [len(part), int(part["plan_open"].sum()), int(part["plan_within_a_year"].sum())]
            share = round((counts[1] + counts[2]) / counts[0], 4) if counts[0] else pd.NA
            rows.append((name, seen, *counts, share))
    table = pd.DataFrame(rows, columns=["age_band", "year_before_seen", *COUNTED, "share"])
    return table.astype({"share": "Float64"})


SCHEMA, PLANS_SCHEMA = "forecast-returns-1", "forecast-plans-1"
MARCH_END = (3, 31)
SUPPRESSED = ("x", "c")  # how the DfE writes 1 to 5, to 2017 and since
WORDS = beside(__file__, "returns_words")  # what groups of children are called


def days_asked(texts: tuple[str, ...], returns: Returns | Plans) -> list[date]:
    """The days to count on: those asked for or, where none is, every 31 March the returns cover. Raises BadInput."""
    if texts:
        return [day_asked(text) for text in texts]
    years = range(returns.first_day.year, returns.last_day.year + 1)
    return [day for year in years if returns.first_day <= (day := date(year, *MARCH_END)) <= returns.last_day]


def published_asked(texts: tuple[str, ...]) -> dict[date, int | None]:
    """Day -> published figure, None where suppressed (x or c), from texts such as 2018-03-31=206. Raises BadInput."""
    figures = {}
    for text in texts:
        day, _, figure = text.partition("=")
        if not figure.isdecimal() and figure not in SUPPRESSED:
            raise BadInput(
                f"{text[:40]!r} is not a day and its published figure. Write it as 2018-03-31=206, or =c where it is "
                "suppressed."
            )
        figures[day_asked(day)] = int(figure) if figure.isdecimal() else None
    return figures


def day_asked(text: str) -> date:
    """A day written as 2018-03-31. Raises BadInput."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text[:20]!r} is not a day. Write 31 March 2018 as 2018-03-31.") from None


def summary(returns: Returns, days: list[date], published: dict[date, int | None]) -> dict:
    """For machines: looked-after children on each day by age band and placement, and a published figure where given.

    short_breaks  children on short breaks (V3, V4) that day; the total has them where the returns were read with them
    warnings      what may make a count wrong by more than a little, the loudest first
    """
    stocks = {day.isoformat(): _stock(returns, day) for day in days}
    for day, figure in published.items():
        total = stocks.setdefault(day.isoformat(), _stock(returns, day))["total"]
        stocks[day.isoformat()] |= {"published": figure, "difference": None if figure is None else total - figure}
    return _summary(SCHEMA, returns, stocks)


def _stock(returns: Returns, day: date) -> dict:
    table = returns.stock(day)
    cells = table[table["children"] > 0].astype({"uasc": bool, "children": int})
    by = {part: table.groupby(part, sort=False)["children"].sum() for part in ("age_band", "placement")}
    return {
        "total": int(table["children"].sum()),
        "uasc": int(table.loc[table["uasc"], "children"].sum()),
        "short_breaks": returns.short_breaks(day),
        "with_short_breaks": returns.with_short_breaks,
        **{part: {name: int(count) for name, count in counts.items()} for part, counts in by.items()},
        "cells": cells.to_dict("records"),
    }


def plans_summary(plans: Plans, days: list[date], links: Links | None = None) -> dict:
    """For machines: child protection plans open on each day, by age band, and the links where there are any."""
    stocks = {}
    for day in days:
        bands = {row["age_band"]: int(row["plans"]) for row in plans.stock(day).to_dict("records")}
        stocks[day.isoformat()] = {"total": sum(bands.values()), "age_band": bands}
    of_links = {
        name.removeprefix("links_"): table.astype(object).where(table.notna(), None).to_dict("records")
        for name, table in links_tables(links).items()
    }
    return _summary(PLANS_SCHEMA, plans, stocks, {"links": of_links} if links else {})


def _summary(schema: str, returns: Returns | Plans, stocks: dict, more: dict | None = None) -> dict:
    days = {"from": returns.first_day.isoformat(), "to": returns.last_day.isoformat()}
    quality = returns.quality().to_dict("records")
    warnings = {"warnings": returns.warnings()}
    return {"schema": schema, **warnings, **days, "stock": stocks, **(more or {}), "quality": quality}


def read_plans(
    path: Path, authority: str | None, until: date | None, with_returns: Path | None, but: frozenset[str] = frozenset()
) -> tuple[Plans, Links | None]:
    """The plans and, where SSDA903 returns are given too, their links: under a salt made for this and forgotten."""
    salt = secrets.token_bytes(MOST_SALT)
    plans = read_cin(path, authority, until, salt, but=but)
    return plans, link(read_returns(with_returns, until=until, salt=salt), plans) if with_returns else None


def monthly(returns: Returns | Plans) -> pd.DataFrame:
    """month, total: children, or plans, at the end of each whole month covered."""
    tables = _monthly(returns, "stock")
    if not tables:
        return pd.DataFrame({"month": [], "total": []})
    return tables["stock"].groupby("month")["stock"].sum().rename("total").reset_index()


def _monthly(returns: Returns | Plans, name: str) -> dict[str, pd.DataFrame]:
    """The monthly table under a name; none where no month is covered whole."""
    months, counted = returns.whole_months(), returns.monthly_stock if isinstance(returns, Returns) else returns.monthly
    return {name: counted(months[0], months[-1])} if months else {}


# Every aggregated table by file name; small cells are in them, so they are private.


def tables(returns: Returns) -> dict[str, pd.DataFrame]:
    return _monthly(returns, "monthly") | {
        "exposure": returns.exposure(),
        "durations": returns.durations(),
        "survival": returns.survival().round(4),
        "reviews": returns.reviews(),
        "quality": returns.quality(),
    }


def plans_tables(plans: Plans) -> dict[str, pd.DataFrame]:
    return _monthly(plans, "plans_monthly") | {
        "plans_exposure": plans.exposure(),
        "plans_durations": plans.durations(),
        "plans_conferences": plans.conferences(),
        "plans_quality": plans.quality(),
    }


def links_tables(links: Links | None) -> dict[str, pd.DataFrame]:
    """The tables of links by file name; none without links."""
    return {} if links is None else {"links_by_months": links.by_months, "links_by_age": links.by_age}
