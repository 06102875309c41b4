"""Tables a person reads: plain column names, rounded figures, one row a fact."""

import pandas as pd

from forecast.case.months import month_in_words
from forecast.money.lines import LINES
from forecast.report.words import (
    at_month,
    chance_in_ten,
    children,
    cost_direction,
    figure,
    money,
    percent,
    signed_pounds,
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
        [
            name,
            money(cost["lines"][line]["budget"]),
            money(cost["lines"][line]["mean"]),
            money(cost["lines"][line]["mean"] - cost["lines"][line]["budget"]),
            spread(cost["lines"][line], money),
        ]
        for line, (name, _) in LINES.items()
        if cost["lines"][line]["budget"] or cost["lines"][line]["mean"]
    ]
    if cost["budget_adjustment"]:
        rows.append(
            ["Base budget adjustment", money(cost["budget_adjustment"]), "", money(-cost["budget_adjustment"]), ""]
        )
    total = [
        "Net",
        money(cost["budget"]),
        money(cost["net"]["mean"]),
        money(cost["variance"]["mean"]),
        spread(cost["net"], money),
    ]
    return pd.DataFrame(
        [*rows, total], columns=["Line", "Budget", "Projected outturn", "Variance", "80% range of outturn"]
    )


def four_years(answer: dict, slug: str) -> pd.DataFrame:
    """Gross, income, net, budget rolled forward and variance by financial year."""
    rows = [
        [
            year,
            money(c["gross"]["mean"]),
            money(c["income"]["mean"]),
            money(c["net"]["mean"]),
            money(c["budget"]),
            money(c["variance"]["mean"]),
            spread(c["variance"], money),
        ]
        for year, c in answer["scenarios"][slug]["cost"].items()
    ]
    columns = ["Financial year", "Gross", "Income", "Net", "Budget rolled forward", "Variance", "80% range of variance"]
    return pd.DataFrame(rows, columns=columns)


def scenarios(answer: dict) -> pd.DataFrame:
    """Every scenario: children, call, chance, difference from central."""
    march, rows = year_end_month(answer), []
    for held in answer["scenarios"].values():
        lac, cp = (at_month(held["children"][group]["month_ends"], march)["mean"] for group in ("lac", "cp"))
        pot, change = held["contingency"], held["difference_from_central"]["call"]["mean"]
        rows.append(
            [
                held["name"],
                children(lac),
                children(cp),
                money(pot["call"]["mean"]),
                chance_in_ten(pot["chance_holds"]),
                percent(pot["chance_holds"]),
                money(pot["enough"]["80"]),
                money(held["effect"]["full_year"]["mean"]),
                cost_direction(change),
            ]
        )
    march_words = month_in_words(march)
    return pd.DataFrame(
        rows,
        columns=[
            "Scenario",
            f"Looked-after children, {march_words}",
            f"Child protection plans, {march_words}",
            "Expected call",
            "Chance it holds",
            "Chance, %",
            "Enough to be 80% sure",
            "Full-year effect",
            "Call against central",
        ],
    )


def differences(answer: dict) -> pd.DataFrame:
    """What each scenario changes, and why."""
    rows = [
        [
            held["name"],
            change["assumption"],
            figure(change["central"]),
            figure(change["scenario"]) + _doubt(change),
            change["why"],
        ]
        for held in answer["scenarios"].values()
        for change in held["differs"]
    ]
    return pd.DataFrame(rows, columns=["Scenario", "Assumption", "Central", "Scenario's", "Why"])


def _doubt(change: dict) -> str:
    """The 80% range of a scenario's value, where it has one with a width."""
    if change["low"] is None or change["low"] == change["high"]:
        return ""
    return f" ({figure(change['low'])} to {figure(change['high'])})"


def contingency(answer: dict, slug: str) -> pd.DataFrame:
    """The draw-down month by month."""
    rows = [
        [
            month_in_words(row["month"]) + (" (estimated)" if row["estimated"] else ""),
            money(row["mean"]),
            spread(row, money),
        ]
        for row in answer["scenarios"][slug]["contingency"]["call_by_month"]
    ]
    return pd.DataFrame(rows, columns=["By the end of", "Expected call to date", "80% range"])


def enough(answer: dict, slug: str) -> pd.DataFrame:
    """What would be enough."""
    held = answer["scenarios"][slug]["contingency"]["enough"]
    return pd.DataFrame(
        [[f"{sure}%", money(amount)] for sure, amount in held.items()],
        columns=["To be this sure", "It would have to be"],
    )


def chance_by_budget(answer: dict, slug: str = "central") -> pd.DataFrame:
    """How the chance moves with the base budget."""
    rows = answer["scenarios"][slug]["contingency"]["chance_by_base_budget"]
    return pd.DataFrame(
        [[money(row["adjustment"]), percent(row["chance_holds"]), money(row["call_mean"])] for row in rows],
        columns=["Base budget above (below) the derived one", "Chance the contingency holds", "Expected call"],
    )


def activity(answer: dict, slug: str) -> pd.DataFrame:
    """Reviews, conferences and posts by financial year."""
    names = {
        "lac_reviews": "LAC reviews",
        "icpc": "Initial conferences",
        "transfer_in": "Transfer-in conferences",
        "rcpc": "Review conferences",
        "iro_posts_needed": "IRO posts needed",
        "admin_posts_needed": "Administrative posts needed",
    }
    held = answer["scenarios"][slug]["activity"]
    rows = [
        [
            name,
            *(
                f"{held[year][key]['mean']:,.1f}" if "posts" in key else children(held[year][key]["mean"])
                for year in held
            ),
        ]
        for key, name in names.items()
    ]
    return pd.DataFrame(rows, columns=["Work", *held])


def causes(answer: dict) -> pd.DataFrame:
    """Why each scenario's expected call differs from the central one, in pounds; the parts sum to the whole."""
    rows = []
    for held in answer["scenarios"].values():
        if held["causes"] is not None:
            parts = held["causes"]["parts"] | {"whole": held["causes"]["after"] - held["causes"]["before"]}
            rows += [[held["name"], cause.capitalize(), signed_pounds(part)] for cause, part in parts.items()]
    return pd.DataFrame(rows, columns=["Scenario", "Cause", "Change of the expected call"])


def sensitivities(answer: dict) -> pd.DataFrame:
    """Each uncertain assumption: its range, the call at either end, and where the call meets the contingency."""
    rows = [
        [
            row["assumption"],
            f"{figure(row['low'])} to {figure(row['high'])}",
            signed_pounds(row["call_at_low"]),
            signed_pounds(row["call_at_high"]),
            "" if row["share_of_variance"] is None else percent(row["share_of_variance"]),
            "" if row["switching_value"] is None else figure(row["switching_value"]),
        ]
        for row in answer["sensitivities"]["assumptions"]
    ]
    return pd.DataFrame(
        rows,
        columns=[
            "Assumption",
            "80% range",
            "Call at its low",
            "Call at its high",
            "Share of the call's variance",
            "Contingency spent exactly at",
        ],
    )


def levers(answer: dict) -> pd.DataFrame:
    """For each lever, the smallest change that would make the contingency hold with the chance wanted."""
    held = answer["sensitivities"]
    rows = [
        [
            row["lever"],
            figure(row["now"]),
            "cannot be reached" if row["enough"] is None else figure(row["enough"]),
            percent(row["chance"]),
        ]
        for row in held["levers"]
    ]
    return pd.DataFrame(
        rows,
        columns=["Lever", "Now", f"Enough to be {percent(held['sure'])} sure", "Chance there (or the best it can do)"],
    )


def payback(answer: dict) -> pd.DataFrame:
    """Measures: what each costs and brings to the end of the forecast, and the chance that it pays back."""
    rows = []
    for held in answer["scenarios"].values():
        one = held["payback"]
        if one is not None:
            when = "" if one["month"] is None else month_in_words(one["month"]["p50"])
            by_year = [money(year["mean"]) for year in one["by_year"].values()]
            rows.append(
                [
                    held["name"],
                    money(one["cost"]),
                    *by_year,
                    money(one["benefit"]["mean"]),
                    spread(one["benefit"], money),
                    percent(one["chance"]),
                    when,
                ]
            )
    years = list(next(iter(answer["scenarios"].values()))["cost"])
    return pd.DataFrame(
        rows,
        columns=[
            "Measure",
            "Cost",
            *(f"Net benefit {year}" for year in years),
            "Net benefit in all",
            "80% range",
            "Chance it pays back",
            "Around",
        ],
    )


def comparison(answer: dict) -> pd.DataFrame:
    """Scenarios side by side for the budget year: cost by line, gross, income, net, and net against central."""
    year, columns = answer["financial_year"], {}
    for held in answer["scenarios"].values():
        cost, change = held["cost"][year], held["difference_from_central"]["net_cost"][year]
        lines = {name: money(cost["lines"][line]["mean"]) for line, (name, _) in LINES.items()}
        totals = {
            "Gross": money(cost["gross"]["mean"]),
            "Income": money(cost["income"]["mean"]),
            "Net": money(cost["net"]["mean"]),
        }
        columns[held["name"]] = (
            lines
            | totals
            | {"Net against central": signed_pounds(change["mean"]), "80% range of that": spread(change, signed_pounds)}
        )
    return pd.DataFrame(columns).rename_axis("Figure").reset_index()


def net_by_year(answer: dict) -> pd.DataFrame:
    """Net cost of every scenario year by year, and against the central one over all of them."""
    rows = []
    for held in answer["scenarios"].values():
        change = sum(year["mean"] for year in held["difference_from_central"]["net_cost"].values())
        net = [money(cost["net"]["mean"]) for cost in held["cost"].values()]
        rows.append([held["name"], *net, cost_direction(change)])
    years = list(next(iter(answer["scenarios"].values()))["cost"])
    return pd.DataFrame(rows, columns=["Scenario", *(f"Net {year}" for year in years), "Against central, all years"])
