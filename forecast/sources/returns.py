"""What a folder of returns says: stocks at days asked for, tables, links between returns, what was found wrong."""

import secrets
from datetime import date
from pathlib import Path

import pandas as pd
from ruamel.yaml import YAML

from forecast.case.errors import BadInput
from forecast.sources.cin import Plans, read_cin
from forecast.sources.links import Links, link
from forecast.sources.private import MOST_SALT
from forecast.sources.ssda903 import Returns, read_returns

SCHEMA, PLANS_SCHEMA = "forecast-returns-1", "forecast-plans-1"
MARCH_END = (3, 31)
SUPPRESSED = ("x", "c")  # how the DfE writes 1 to 5, to 2017 and since
WORDS = YAML(typ="safe").load(Path(__file__).with_name("returns_words.yaml"))  # what groups of children are called


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
    path: Path,
    authority: str | None,
    until: date | None,
    with_returns: Path | None,
    but: frozenset[str] = frozenset(),
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
