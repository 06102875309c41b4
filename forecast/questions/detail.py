"""Figures behind the answer: people and children by age, flows, where children live, and work against capacity."""

import numpy as np
import pandas as pd

from forecast.case.ages import CP_BANDS, LAC_BANDS
from forecast.case.months import DAYS_A_WEEK, MONTHS_A_YEAR, days_in, financial_year
from forecast.demand.placements import PAID_FOR
from forecast.demand.population import Population
from forecast.model.projection import Base, Projection
from forecast.questions.compare import summary, years_in

BANDS = {"lac": LAC_BANDS, "cp": CP_BANDS}


def detail(base: Base, projection: Projection) -> dict[str, list[dict]]:
    """Tables of one scenario as rows, ready for JSON: children in children, money in pounds, years as 2011-12."""
    return people(projection.population, base.months) | {
        "ages": ages(base, projection),
        "care": care(projection),
        "placements": placements(projection),
        "work": work(projection),
    }


def people(population: Population, months: list[str]) -> dict[str, list[dict]]:
    """Residents by single year of age in the first and the last month, and what moved them by financial year."""
    whole = sum(population.children.values())
    by_age = whole.reshape(len(months), -1, MONTHS_A_YEAR).sum(axis=2)
    years = pd.Series([financial_year(month) for month in months])
    flows = population.flows.drop(columns=["children at the start", "children at the end"]).groupby(years).sum()
    moved = flows.rename_axis(index="year", columns="flow").stack().rename("children").reset_index()
    return {
        "people": [
            {"month": months[at], "age": age, "children": float(count)}
            for at in (0, -1)
            for age, count in enumerate(by_age[at])
        ],
        "moves": moved.assign(months=moved["year"].map(years.value_counts())).to_dict("records"),
    }


def ages(base: Base, projection: Projection) -> list[dict]:
    """Children by age band at the origin and at each 31 March: mean and 80% range."""
    rows = []
    for group, bands in BANDS.items():
        paths = getattr(projection, group)
        moments = {base.central.case.origin.isoformat()[:7]: paths.opening}
        moments |= {m: paths.stock[:, at] for at, m in enumerate(projection.forecast_months) if m.endswith("-03")}
        for month, stock in moments.items():
            rows += [
                {"group": group, "month": month, "band": band, **summary(stock[:, at])} for at, band in enumerate(bands)
            ]
    return rows


def care(projection: Projection) -> list[dict]:
    """Expected starts, ends and birthdays into each age band by financial year, forecast months alone."""
    rows = []
    for group, bands in BANDS.items():
        flows = {name: getattr(getattr(projection, group), name) for name in ("starts", "ends", "aged")}
        for year, inside in years_in(projection.forecast_months).items():
            of_year = {"group": group, "year": year, "months": int(inside.sum())}
            for at, band in enumerate(bands):
                means = {name: float(flow[:, inside, at].sum(axis=1).mean()) for name, flow in flows.items()}
                rows.append(of_year | {"band": band} | means)
    return rows


def placements(projection: Projection) -> list[dict]:
    """Average children, pounds a child a week, and cost by placement line and financial year."""
    days, months = projection.lived, projection.months
    by_line = {
        line: sum(days[name] for name, paid in PAID_FOR.items() if paid.line == line)
        for line in dict.fromkeys(paid.line for paid in PAID_FOR.values())
    }
    rows = []
    for year, inside in years_in(months).items():
        for line in (line for line in projection.lines if line in by_line):
            lived = np.atleast_2d(by_line[line])[:, inside].sum(axis=1)
            cost = projection.yearly[year][line].mean()
            price = float(cost / lived.mean() * DAYS_A_WEEK) if lived.mean() else None
            children = summary(lived / days_in(months)[inside].sum())
            rows.append({"year": year, "line": line, "price_a_week": price, "cost": float(cost), **children})
    return rows


def work(projection: Projection) -> list[dict]:
    """Contact hours a week and posts for reviews: needed, and held, by financial year."""
    plan, months = projection.plan.money.costs, projection.months
    needed = projection.needed
    hours = needed.sessions * plan.contact.norms.hours_a_session
    needed_by_kind = {"contact_hours_a_week": hours / (days_in(months) / DAYS_A_WEEK)}
    needed_by_kind |= {f"{kind}_posts": posts for kind, posts in needed.posts.items()}
    held = {"contact_hours_a_week": plan.contact.in_house_hours}
    held |= {f"{kind}_posts": post.held for kind, post in plan.reviews.posts.items()}
    held["social_work_posts"] = plan.workforce.held
    return [
        {"year": year, "work": kind, "held": float(np.mean(held[kind])), **summary(posts[:, inside].mean(axis=1))}
        for year, inside in years_in(months).items()
        for kind, posts in needed_by_kind.items()
    ]
