"""What a council counts every month, and its ledger."""

import numpy as np
import pandas as pd

from forecast.case.months import DAYS_A_WEEK, financial_year, months_between
from invented.chance import Chance
from invented.days import month_days
from invented.lives import Child, Stay
from invented.settings import Settings

PENCE = 2
OWN_PROVIDER = "PR1"
LINES = ("in_house_fostering", "kinship_fostering", "ifa_fostering", "residential_school", "supported")
ON_EVERY_CHILD = ("contact", "iro")
GRANT = "uasc_grant"


def monthly_counts(truth: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """LAC and CP at each month's end, and starts and ends in the month."""
    lac, cp = (
        truth[f"{service}_flows"].groupby("month")[["stock", "starts", "ends"]].sum() for service in ("lac", "cp")
    )
    counts = {"lac": lac["stock"], "cp": cp["stock"], "lac_starts": lac["starts"], "lac_ends": lac["ends"]}
    counts |= {"cp_starts": cp["starts"], "cp_ends": cp["ends"]}
    return pd.DataFrame(counts).reset_index()


def cost_line(stay: Stay) -> str:
    """The cost line that pays for a placement."""
    if stay.placement == "residential":
        return "own_homes" if stay.provider == OWN_PROVIDER else "private_residential"
    return stay.placement if stay.placement in LINES else "other_placements"


def spend(settings: Settings, children: tuple[Child, ...], chance: Chance) -> pd.DataFrame:
    """The ledger: budget and actual, pounds, by financial year, period and cost line; income is negative.

    The budget pays for the children of 31 March before, all year, at the year's prices; the actual is the true cost of
    child-days times chance.
    """
    stays = _stays(children)
    rows = []
    for month in settings.months:
        year, days = financial_year(month), month_days(month)
        period = months_between(f"{year[:4]}-04", month)
        prices = _prices(settings, year)
        nights = _nights(stays, days[0], days[-1] + 1)
        before = month_days(period[0])[0] - 1
        budgeted = _nights(stays, before, before + 1)
        for line, price in prices.items():
            noise = float(np.exp(settings.price_noise * chance.stream.standard_normal()))
            budget = budgeted.get(line, 0) * len(days) / DAYS_A_WEEK * price
            actual = nights.get(line, 0) / DAYS_A_WEEK * price * noise
            rows.append([year, f"P{len(period)}", line, round(budget, PENCE), round(actual, PENCE)])
    return pd.DataFrame(rows, columns=["financial_year", "period", "cost_line", "budget", "actual"])


def _prices(settings: Settings, year: str) -> dict[str, float]:
    """Pounds per child-week in a year: every price rises on 1 April."""
    growth = (1 + settings.uplift) ** settings.all_years.index(year)
    return {line: price * growth for line, price in settings.weekly_price.items()}


def _stays(children: tuple[Child, ...]) -> pd.DataFrame:
    """Every stay of a child looked after: first day, day after the last, cost line, UASC."""
    rows = []
    for child in children:
        for spell in child.spells:
            if spell.route != "short_break":
                ends = [*(stay.first for stay in spell.stays[1:]), spell.end]
                rows += [
                    (stay.first, end, cost_line(stay), child.uasc) for stay, end in zip(spell.stays, ends, strict=True)
                ]
    return pd.DataFrame(rows, columns=["first", "after", "line", "uasc"])


def _nights(stays: pd.DataFrame, first: int, after: int) -> dict[str, int]:
    """Child-days from `first` to the day before `after`, by cost line."""
    nights = np.clip(np.minimum(stays["after"], after) - np.maximum(stays["first"], first), 0, None)
    by_line = nights.groupby(stays["line"]).sum().to_dict()
    total, uasc = int(nights.sum()), int(nights[stays["uasc"]].sum())
    return by_line | dict.fromkeys(ON_EVERY_CHILD, total) | {GRANT: uasc}
