"""What is forecast beside totals and pounds and published later: ages, homes, proceedings, UASC, flows, residents.

Rows bear the words of the tables of outturns (measure, breakdown, category, period): a score joins them by name.
"""

import numpy as np

from forecast.case.ages import LAC_BANDS
from forecast.case.months import DAYS_A_YEAR, days_in, last_day, year_end
from forecast.demand.pathways.hazards import Paths
from forecast.model.projection import Base, Projection
from forecast.questions.compare import summary, years_in

HOMES = ("own_home", "private_residential")


def outcomes(base: Base, projection: Projection, uasc: np.ndarray) -> list[dict]:
    """One row a figure: its words, period, what is known today (`no_change`), mean and range over the draws.

    uasc  unaccompanied children at each forecast month's end, [draw x month]
    """
    months, evidence, rows = projection.forecast_months, base.evidence, []
    work, lac, lived = projection.work, projection.lac, projection.lived
    homes, known, closing = sum(lived[name] for name in HOMES), len(work.months) - len(months), evidence.lac.council

    def add(period: str, measure: str, breakdown: str, category: str, no_change: float, figures: dict) -> None:
        words = {"measure": measure, "breakdown": breakdown, "category": category, "period": period}
        rows.append(words | {"no_change": float(no_change)} | figures)

    for at, month in [(at, month) for at, month in enumerate(months) if month.endswith("-03")]:
        day, a_day = last_day(month).isoformat(), 1 / days_in([month])[0]
        for band, name in enumerate(LAC_BANDS):
            add(day, "lac_stock", "age_band", name, closing.closing[band], summary(lac.stock[:, at, band]))
        placed, within = homes[:, known + at] * a_day, work.proceedings[:, known + at].sum(axis=1) * a_day
        add(day, "lac_stock", "placement", "residential", evidence.placements["residential"], summary(placed))
        add(day, "lac_stock", "legal_status", "interim_care_order", evidence.interim_care_orders, summary(within))
        add(day, "uasc_stock", "all", "all", evidence.uasc, summary(uasc[:, at]))
    for year, inside in years_in(months).items():
        if months[-1] >= year_end(year)[:7]:
            for group, ends in (("lac", "ceases"), ("cp", "ends")):
                paths, fit = getattr(projection, group), getattr(base, group)
                came, went = _flows(paths, fit, inside, days_in(projection.months[:known]).sum())
                published = fit.group.council
                add(year, f"{group}_starts", "all", "all", published.starts.sum(), summary(came))
                add(year, f"{group}_{ends}", "all", "all", published.ended, summary(went))
    for at, month in [(at, month) for at, month in enumerate(months) if month.endswith("-06")]:
        day, residents = last_day(month).isoformat(), residents_at(base, projection, at)
        add(day, "population", "all", "all", evidence.children.sum(), residents)
    return rows


def _flows(paths: Paths, fit, inside: np.ndarray, days_to_date: float) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends of a year, [draw]; where its first months are past, as the stock at the origin implies them."""
    came, went = (flow[:, inside].sum(axis=(1, 2), dtype=float) for flow in (paths.starts, paths.ends))
    if inside[0] and days_to_date:
        so_far = fit.starts_since.sum() * days_to_date / DAYS_A_YEAR
        came, went = came + so_far, went + so_far + fit.group.council.closing.sum() - fit.opening.children
    return came, went


def residents_at(base: Base, projection: Projection, at: int) -> dict[str, float]:
    """Children who live here at the end of a month: at the centre, and as uncertain births and moves spread it."""
    plan = projection.plan.population

    def count(demography) -> float:
        return float(base.people.project(demography.people).flows["children at the end"].iloc[at])

    centre = count(plan.centre)
    reach = np.array([[count(swing.low) - centre, count(swing.high) - centre] for swing in plan.swings]).reshape(-1, 2)
    below, above = np.sqrt((np.minimum(reach, 0) ** 2).sum()), np.sqrt((np.maximum(reach, 0) ** 2).sum())
    return {"mean": centre, "p10": centre - below, "p50": centre, "p90": centre + above}
