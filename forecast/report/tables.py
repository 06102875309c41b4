"""Tables a person reads: plain column names, rounded figures, one row a fact."""

import pandas as pd

from forecast.costs import LINES
from forecast.months import month_in_words
from forecast.report.words import (
    at_month,
    chance_in_ten,
    children,
    cost_direction,
    money,
    percent,
    spread,
    year_end_month,
)

GROUP_NAMES = {"lac": "Looked-after children", "cp": "Child protection plans", "uasc": "of whom UASC"}


def year_ends(answer: dict, slug: str) -> pd.DataFrame:
    """Children at each 31 March."""
    rows = []
    for group, name in GROUP_NAMES.items():
        for row in answer["scenarios"][slug]["children"][group]["month_ends"]:
            if row["month"].endswith("-03"):
                rows.append([name, f"31 {month_in_words(row['month'])}", children(row["mean"]), spread(row, children)])
    return pd.DataFrame(rows, columns=["Children", "At", "Expected", "80% range"])


def cost_by_line(answer: dict, slug: str, year: str) -> pd.DataFrame:
    """Budget, projected outturn and variance by line for one financial year."""
    cost = answer["scenarios"][slug]["cost"][year]
    rows = [
        [name, money(cost["lines"][line]["budget"]), money(cost["lines"][line]["mean"]),
         money(cost["lines"][line]["mean"] - cost["lines"][line]["budget"]), spread(cost["lines"][line], money)]
        for line, (name, _) in LINES.items()
    ]  # fmt: skip
    if cost["budget_adjustment"]:
        rows.append(["Base budget adjustment", money(cost["budget_adjustment"]), "", money(-cost["budget_adjustment"]), ""])
    total = ["Net", money(cost["budget"]), money(cost["net"]["mean"]), money(cost["variance"]["mean"]), spread(cost["net"], money)]
    return pd.DataFrame([*rows, total], columns=["Line", "Budget", "Projected outturn", "Variance", "80% range of outturn"])


def four_years(answer: dict, slug: str) -> pd.DataFrame:
    """Gross, income, net, budget rolled forward and variance by financial year."""
    rows = [
        [year, money(c["gross"]["mean"]), money(c["income"]["mean"]), money(c["net"]["mean"]), money(c["budget"]),
         money(c["variance"]["mean"]), spread(c["variance"], money)]
        for year, c in answer["scenarios"][slug]["cost"].items()
    ]  # fmt: skip
    columns = ["Financial year", "Gross", "Income", "Net", "Budget rolled forward", "Variance", "80% range of variance"]
    return pd.DataFrame(rows, columns=columns)


def scenarios(answer: dict) -> pd.DataFrame:
    """Every scenario: children, call, chance, difference from central."""
    march, rows = year_end_month(answer), []
    for held in answer["scenarios"].values():
        lac, cp = (at_month(held["children"][group]["month_ends"], march)["mean"] for group in ("lac", "cp"))
        pot, change = held["contingency"], held["difference_from_central"]["call"]["mean"]
        rows.append([
            held["name"], children(lac), children(cp), money(pot["call"]["mean"]), chance_in_ten(pot["chance_holds"]),
            percent(pot["chance_holds"]), money(pot["enough"]["80"]), money(held["effect"]["full_year"]["mean"]), cost_direction(change),
        ])  # fmt: skip
    march_words = month_in_words(march)
    return pd.DataFrame(rows, columns=[
        "Scenario", f"Looked-after children, {march_words}", f"Child protection plans, {march_words}", "Expected call",
        "Chance it holds", "Chance, %", "Enough to be 80% sure", "Full-year effect", "Call against central",
    ])  # fmt: skip


def differences(answer: dict) -> pd.DataFrame:
    """What each scenario changes, and why."""
    rows = [
        [held["name"], change["key"].replace(".", ": ").replace("_", " "), f"{change['central']:g}", f"{change['scenario']:g}", change["why"]]
        for held in answer["scenarios"].values()
        for change in held["differs"]
    ]
    return pd.DataFrame(rows, columns=["Scenario", "Assumption", "Central", "Scenario's", "Why"])


def contingency(answer: dict, slug: str) -> pd.DataFrame:
    """The draw-down month by month."""
    rows = [
        [month_in_words(row["month"]) + (" (estimated)" if row["estimated"] else ""), money(row["mean"]), spread(row, money)]
        for row in answer["scenarios"][slug]["contingency"]["call_by_month"]
    ]
    return pd.DataFrame(rows, columns=["By the end of", "Expected call to date", "80% range"])


def enough(answer: dict, slug: str) -> pd.DataFrame:
    """What would be enough."""
    held = answer["scenarios"][slug]["contingency"]["enough"]
    return pd.DataFrame([[f"{sure}%", money(amount)] for sure, amount in held.items()], columns=["To be this sure", "It would have to be"])


def chance_by_budget(answer: dict) -> pd.DataFrame:
    """How the chance moves with the base budget."""
    rows = answer["scenarios"]["central"]["contingency"]["chance_by_base_budget"]
    return pd.DataFrame(
        [[money(row["adjustment"]), percent(row["chance_holds"]), money(row["call_mean"])] for row in rows],
        columns=["Base budget above (below) the derived one", "Chance the contingency holds", "Expected call"],
    )


def activity(answer: dict, slug: str) -> pd.DataFrame:
    """Reviews, conferences and posts by financial year."""
    names = {
        "lac_reviews": "LAC reviews", "icpc": "Initial conferences", "transfer_in": "Transfer-in conferences",
        "rcpc": "Review conferences", "iro_posts_needed": "IRO posts needed", "admin_posts_needed": "Administrative posts needed",
    }  # fmt: skip
    held = answer["scenarios"][slug]["activity"]
    rows = [[name, *(f"{held[year][key]['mean']:,.1f}" if "posts" in key else children(held[year][key]["mean"]) for year in held)] for key, name in names.items()]
    return pd.DataFrame(rows, columns=["Work", *held])
