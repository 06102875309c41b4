"""Tables a person reads: plain column names, rounded figures, one row a fact."""

from collections.abc import Callable

import pandas as pd

from forecast.case.lines import LINES, RECOVERY
from forecast.case.months import month_in_words
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
        [name, money(held["budget"]), money(held["mean"]), money(held["mean"] - held["budget"]), spread(held, money)]
        for line, (name, _) in LINES.items()
        if (held := cost["lines"][line])["budget"] or held["mean"]
    ]
    if adjustment := cost["budget_adjustment"]:
        rows.append(["Base budget adjustment", money(adjustment), "", money(-adjustment), ""])
    net, over = cost["net"], cost["variance"]["mean"]
    rows.append(["Net", money(cost["budget"]), money(net["mean"]), money(over), spread(net, money)])
    return pd.DataFrame(rows, columns=["Line", "Budget", "Projected outturn", "Variance", "80% range of outturn"])


def four_years(answer: dict, slug: str) -> pd.DataFrame:
    """Gross, income, net, budget rolled forward and variance by financial year."""
    return pd.DataFrame(
        {
            "Financial year": year,
            **{part.capitalize(): money(cost[part]["mean"]) for part in ("gross", "income", "net")},
            "Budget rolled forward": money(cost["budget"]),
            "Variance": money(cost["variance"]["mean"]),
            "80% range of variance": spread(cost["variance"], money),
        }
        for year, cost in answer["scenarios"][slug]["cost"].items()
    )


def scenarios(answer: dict) -> pd.DataFrame:
    """Every scenario: children, call, chance, difference from central."""
    march = year_end_month(answer)
    rows = []
    for scenario in answer["scenarios"].values():
        held = scenario["contingency"]
        groups = {
            f"{GROUP_NAMES[group]}, {month_in_words(march)}": children(
                at_month(scenario["children"][group]["month_ends"], march)["mean"]
            )
            for group in ("lac", "cp")
        }
        rows.append(
            {
                "Scenario": scenario["name"],
                **groups,
                "Expected call": money(held["call"]["mean"]),
                "Chance it holds": chance_in_ten(held["chance_holds"]),
                "Chance, %": percent(held["chance_holds"]),
                "Enough to be 80% sure": money(held["enough"]["80"]),
                "Full-year effect": money(scenario["effect"]["full_year"]["mean"]),
                "Call against central": cost_direction(scenario["difference_from_central"]["call"]["mean"]),
            }
        )
    return pd.DataFrame(rows)


def differences(answer: dict) -> pd.DataFrame:
    """What each scenario changes, and why."""
    rows = []
    for scenario in answer["scenarios"].values():
        for change in scenario["differs"]:
            ranged = change["low"] is not None and change["low"] != change["high"]
            doubt = f" ({figure(change['low'])} to {figure(change['high'])})" if ranged else ""
            value = figure(change["scenario"]) + doubt
            rows.append([scenario["name"], change["assumption"], figure(change["central"]), value, change["why"]])
    return pd.DataFrame(rows, columns=["Scenario", "Assumption", "Central", "Scenario's", "Why"])


def contingency(answer: dict, slug: str) -> pd.DataFrame:
    """The draw-down month by month."""
    return pd.DataFrame(
        {
            "By the end of": month_in_words(row["month"]) + " (estimated)" * row["estimated"],
            "Expected call to date": money(row["mean"]),
            "80% range": spread(row, money),
        }
        for row in answer["scenarios"][slug]["contingency"]["call_by_month"]
    )


def enough(answer: dict, slug: str) -> pd.DataFrame:
    """What would be enough."""
    held = answer["scenarios"][slug]["contingency"]["enough"]
    rows = [[f"{sure}%", money(amount)] for sure, amount in held.items()]
    return pd.DataFrame(rows, columns=["To be this sure", "It would have to be"])


def chance_by_budget(answer: dict, slug: str = "central") -> pd.DataFrame:
    """How the chance moves with the base budget."""
    rows = answer["scenarios"][slug]["contingency"]["chance_by_base_budget"]
    rows = [[money(row["adjustment"]), percent(row["chance_holds"]), money(row["call_mean"])] for row in rows]
    columns = ["Base budget above (below) the derived one", "Chance the contingency holds", "Expected call"]
    return pd.DataFrame(rows, columns=columns)


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
    years, rows = answer["scenarios"][slug]["activity"], []
    for key, name in names.items():
        say = "{:,.1f}".format if "posts" in key else children
        rows.append({"Work": name} | {year: say(work[key]["mean"]) for year, work in years.items()})
    return pd.DataFrame(rows)


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
    return pd.DataFrame(
        {
            "Assumption": row["assumption"],
            "80% range": f"{figure(row['low'])} to {figure(row['high'])}",
            "Call at its low": signed_pounds(row["call_at_low"]),
            "Call at its high": signed_pounds(row["call_at_high"]),
            "Share of the call's variance": _or_blank(row["share_of_variance"], percent),
            "Contingency spent exactly at": _or_blank(row["switching_value"], figure),
        }
        for row in answer["sensitivities"]["assumptions"]
    )


def _or_blank(value: float | None, say: Callable[[float], str]) -> str:
    return "" if value is None else say(value)


def levers(answer: dict) -> pd.DataFrame:
    """For each lever, the smallest change that would make the contingency hold with the chance wanted."""
    held = answer["sensitivities"]
    return pd.DataFrame(
        {
            "Lever": row["lever"],
            "Now": figure(row["now"]),
            f"Enough to be {percent(held['sure'])} sure": _or_blank(row["enough"], figure) or "cannot be reached",
            "Chance there (or the best it can do)": percent(row["chance"]),
        }
        for row in held["levers"]
    )


def payback(answer: dict) -> pd.DataFrame:
    """Measures: what each costs and brings to the end of the forecast, and the chance that it pays back."""
    rows = []
    for scenario in answer["scenarios"].values():
        if (held := scenario["payback"]) is not None:
            by_year = [money(year["mean"]) for year in held["by_year"].values()]
            benefit, range_ = money(held["benefit"]["mean"]), spread(held["benefit"], money)
            around = "" if held["month"] is None else month_in_words(held["month"]["p50"])
            chance = percent(held["chance"])
            rows.append([scenario["name"], money(held["cost"]), *by_year, benefit, range_, chance, around])
    years = [f"Net benefit {year}" for year in next(iter(answer["scenarios"].values()))["cost"]]
    columns = ["Measure", "Cost", *years, "Net benefit in all", "80% range", "Chance it pays back", "Around"]
    return pd.DataFrame(rows, columns=columns)


def recovery(answer: dict, slug: str) -> pd.DataFrame:
    """The Recovery Plan: what each item costs in the year, who pays, and whether it is paid once."""
    rows = [
        {
            "Item": RECOVERY[row["item"]]["name"],
            "Paid by": row["paid_by"],
            "From": month_in_words(row["from"]),
            "To": month_in_words(row["to"]) if row["to"] else "recurring",
            "Cost in the year": money(row["cost"]["mean"]) if row["cost"]["mean"] else "not costed",
            "80% range": spread(row["cost"], money) if row["cost"]["mean"] else "",
        }
        for row in answer["scenarios"][slug]["contingency"]["recovery_items"]
    ]
    return pd.DataFrame(rows, columns=["Item", "Paid by", "From", "To", "Cost in the year", "80% range"])


def comparison(answer: dict) -> pd.DataFrame:
    """Scenarios side by side for the budget year: cost by line, gross, income, net, and net against central."""
    year, columns = answer["financial_year"], {}
    every = [scenario["cost"][year]["lines"] for scenario in answer["scenarios"].values()]
    some = {line: name for line, (name, _) in LINES.items() if any(held[line]["mean"] for held in every)}
    for scenario in answer["scenarios"].values():
        cost, change = scenario["cost"][year], scenario["difference_from_central"]["net_cost"][year]
        columns[scenario["name"]] = (
            {name: money(cost["lines"][line]["mean"]) for line, name in some.items()}
            | {part.capitalize(): money(cost[part]["mean"]) for part in ("gross", "income", "net")}
            | {"Net against central": signed_pounds(change["mean"]), "80% range of that": spread(change, signed_pounds)}
        )
    return pd.DataFrame(columns).rename_axis("Figure").reset_index()


def net_by_year(answer: dict) -> pd.DataFrame:
    """Net cost of every scenario year by year, and against the central one over all of them."""
    rows = []
    for scenario in answer["scenarios"].values():
        change = sum(year["mean"] for year in scenario["difference_from_central"]["net_cost"].values())
        net = {f"Net {year}": money(cost["net"]["mean"]) for year, cost in scenario["cost"].items()}
        rows.append({"Scenario": scenario["name"], **net, "Against central, all years": cost_direction(change)})
    return pd.DataFrame(rows)
