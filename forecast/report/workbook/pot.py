"""The contingency: draw-down by month, scenarios side by side, what matters most, what would be enough, and causes."""

import math

from forecast.case.months import month_in_words
from forecast.case.nature import CAUSES, INTERACTION
from forecast.report.words import at_month, children_matter, money, percent, spread, year_end_month
from forecast.report.workbook.cells import NOT_APPLICABLE, Cell, Column, Formula, LineChart, Sheet, difference, missed
from forecast.report.workbook.money import PENCE
from forecast.report.workbook.names import BASES
from forecast.report.workbook.run import Run

SURE = "80"  # the chance the answer page speaks of, in percent
TOGETHER = "Causes together, beyond each alone"
CALL, LOW, HIGH = "Expected call", "Call, low (10%)", "Call, high (90%)"


def contingency(run: Run) -> Sheet:
    """Call, headroom and chance by month, with a drawing of them."""
    held = run.central["contingency"]
    columns = (
        Column("To the end of", width=18),
        Column("Basis", width=14),
        Column(LOW, "money"),
        Column(CALL, "money"),
        Column(HIGH, "money"),
        Column("Contingency", "money"),
        Column("Expected headroom", "money"),
        Column("Chance it runs out from this month", "percent_tenth", 18),
        Column("Chance it has not run out", "percent_tenth", 18),
    )
    about = (
        "Call = adverse variance to date + Recovery Plan commitments to date, in the central case. Headroom = contingency less expected call.",
        "It runs out in the month from which the call stays above the contingency to 31 March. In the last month, the chance it has not run out is the chance it holds.",
    )
    return Sheet(
        "Contingency",
        "Contingency",
        f"Draw-down of the contingency of {money(held['amount'])}, {run.year}",
        "Call, headroom and chance, month by month",
        about,
        columns,
        _draw_down(run),
        chart=_drawing(run),
        frozen_columns=1,
    )


def _draw_down(run: Run) -> tuple[tuple[Cell, ...], ...]:
    held = run.central["contingency"]
    shares = {} if held["exhaustion"] is None else held["exhaustion"]["share_of_draws"]
    gone, rows = 0.0, []
    for row in held["call_by_month"]:
        share = shares.get(row["month"], 0.0)
        gone += share
        rows.append(
            (
                month_in_words(row["month"]),
                BASES[run.basis[row["month"]]],
                row["p10"],
                row["mean"],
                row["p90"],
                held["amount"],
                difference("Contingency", CALL, held["amount"], row["mean"]),
                share,
                Formula("1-SUM([^Chance it runs out from this month]:[Chance it runs out from this month])", 1 - gone),
            )
        )
    return tuple(rows)


def _drawing(run: Run) -> LineChart:
    held, end = run.central["contingency"], month_in_words(year_end_month(run.answer))
    rows = held["call_by_month"]
    alt = (
        f"Line chart of the call on the contingency from {month_in_words(rows[0]['month'])} to {end}. The expected call rises from {money(rows[0]['mean'])} to "
        f"{money(rows[-1]['mean'])}; its 80% range at the end is {spread(rows[-1], money)}. A flat line marks the contingency, {money(held['amount'])}."
    )
    return LineChart("Call on the contingency, pounds", alt, (LOW, CALL, HIGH, "Contingency"), "Pounds")


def scenarios(run: Run) -> Sheet:
    """Every scenario: children, cost, call, chance."""
    end = month_in_words(year_end_month(run.answer))
    columns = (
        Column("Scenario", width=24),
        Column(f"Looked-after children, {end}", "tenth"),
        Column(f"Child protection plans, {end}", "tenth"),
        Column("Net cost", "money"),
        Column("Base budget", "money"),
        Column("Variance", "signed"),
        Column(LOW, "money"),
        Column(CALL, "money"),
        Column(HIGH, "money"),
        Column("Contingency", "money"),
        Column("Expected headroom", "money"),
        Column("Chance it holds", "percent"),
        Column(f"Enough to be {SURE}% sure", "money"),
        Column("Full-year effect", "signed"),
        Column("Call less the central call", "signed"),
        Column("Low (10%) of that", "signed"),
        Column("High (90%) of that", "signed"),
    )
    rows = tuple(_scenario(run, held) for held in run.scenarios.values())
    about = (
        f"Each scenario on the same draws as the central case, {run.year}. Money in pounds; the calls' ranges are 80% ranges.",
        "Full-year effect: what the year's last month would cost more or less than budget over a whole year.",
    )
    return Sheet(
        "Scenarios",
        "Scenarios",
        "Scenarios side by side",
        "Children, cost, call and chance of every scenario",
        about,
        columns,
        rows,
        frozen_columns=1,
    )


def _scenario(run: Run, held: dict) -> tuple[Cell, ...]:
    pot, cost, change = held["contingency"], held["cost"][run.year], held["difference_from_central"]["call"]
    lac, cp = (
        at_month(held["children"][group]["month_ends"], year_end_month(run.answer))["mean"] for group in ("lac", "cp")
    )
    call, central = pot["call"], run.central["contingency"]["call"]["mean"]
    return (
        held["name"],
        lac,
        cp,
        cost["net"]["mean"],
        cost["budget"],
        difference("Net cost", "Base budget", cost["net"]["mean"], cost["budget"]),
        call["p10"],
        call["mean"],
        call["p90"],
        pot["amount"],
        difference("Contingency", CALL, pot["amount"], call["mean"]),
        pot["chance_holds"],
        pot["enough"][SURE],
        held["effect"]["full_year"]["mean"],
        Formula(f"[{CALL}]-[^{CALL}]", call["mean"] - central),
        change["p10"],
        change["p90"],
    )


def sensitivities(run: Run) -> Sheet:
    """Each uncertain assumption at its low and its high, in pounds of expected call, and where the contingency is exactly spent."""
    held, units = run.answer["sensitivities"], _units(run)
    columns = (
        Column("Assumption", width=48),
        Column("Unit", width=24),
        Column("Low", "number"),
        Column("Central", "number"),
        Column("High", "number"),
        Column("Change of the call at the low", "signed"),
        Column("Change of the call at the high", "signed"),
        Column("High less low", "signed"),
        Column("Share of the call's variance", "percent_tenth"),
        Column("Contingency spent exactly at", "number"),
    )
    rows = tuple(
        (
            row["assumption"],
            units[row["key"]],
            row["low"],
            row["value"],
            row["high"],
            row["call_at_low"],
            row["call_at_high"],
            difference(
                "Change of the call at the high",
                "Change of the call at the low",
                row["call_at_high"],
                row["call_at_low"],
            ),
            _or_none(row["share_of_variance"]),
            _or_none(row["switching_value"]),
        )
        for row in held["assumptions"]
    )
    about = (
        f"Change of the expected call of {money(held['call'])} with one assumption at its low or its high, the rest as drawn; {held['draws']:,} draws; widest first.",
        f"{NOT_APPLICABLE}: the assumption is not drawn by the costing, or no value within its limits was looked for or found. {children_matter(run.answer)}",
    )
    return Sheet(
        "Sensitivities",
        "Sensitivities",
        "Sensitivities: what matters most, in pounds",
        "The call with each assumption at its low and its high, and switching values",
        about,
        columns,
        rows,
        frozen_columns=1,
    )


def levers(run: Run) -> Sheet:
    """Goal-seek: the smallest change of one lever that makes the contingency hold with the chance wanted."""
    held, units = run.answer["sensitivities"], _units(run)
    sure = percent(held["sure"])
    columns = (
        Column("Lever", width=48),
        Column("Unit", width=24),
        Column("Now", "number"),
        Column(f"Enough to be {sure} sure", "number"),
        Column("Change needed", "number"),
        Column("Chance there, or the best it can do", "percent", 18),
    )
    rows = tuple(_lever(row, units, f"Enough to be {sure} sure") for row in held["levers"])
    about = (
        f"The smallest change of one lever alone at which the contingency holds with a chance of {sure}.",
        f"{NOT_APPLICABLE}: it cannot be reached with this lever alone.",
    )
    return Sheet(
        "Goal-seek",
        "GoalSeek",
        f"Goal-seek: what would make the contingency hold, {sure} sure",
        "The smallest change of each lever that is enough",
        about,
        columns,
        rows,
    )


def _lever(row: dict, units: dict[str, str], wanted: str) -> tuple[Cell, ...]:
    found = row["enough"] is not None
    change = difference(wanted, "Now", row["enough"], row["now"]) if found else NOT_APPLICABLE
    return (
        row["lever"],
        units[row["key"]],
        row["now"],
        row["enough"] if found else NOT_APPLICABLE,
        change,
        row["chance"],
    )


def causes(run: Run) -> Sheet:
    """Why each scenario's expected call differs from the central one: the parts sum to the whole."""
    moved = {slug: held for slug, held in run.scenarios.items() if held["causes"] is not None}
    named = [
        cause for cause in (*CAUSES, INTERACTION) if any(cause in held["causes"]["parts"] for held in moved.values())
    ]
    headers = {cause: TOGETHER if cause == INTERACTION else cause.capitalize() for cause in named}
    columns = (
        Column("Scenario", width=24),
        Column("Central call", "pence", 18),
        Column("Scenario's call", "pence", 18),
        *(Column(header, "pence", 18) for header in headers.values()),
        Column("Sum of causes", "pence", 18),
        Column("Change of the call", "pence", 18),
        Column("Sum less change", "pence", 18),
    )
    rows = tuple(_causes(held["name"], held["causes"], headers) for held in moved.values())
    about = (
        "Each cause alone moved from the central case to the scenario's, on the same draws; pounds and pence; adverse is positive.",
    )
    return Sheet(
        "Causes",
        "Causes",
        "Causes: why each scenario's call differs from the central one",
        "The change of the call by cause, with its sum",
        about,
        columns,
        rows,
        frozen_columns=1,
    )


def _causes(name: str, held: dict, headers: dict[str, str]) -> tuple[Cell, ...]:
    parts = [held["parts"].get(cause, 0.0) for cause in headers]
    whole, first, last = math.fsum(parts), next(iter(headers.values())), list(headers.values())[-1]
    change = held["after"] - held["before"]
    return (
        name,
        held["before"],
        held["after"],
        *parts,
        Formula(f"SUM([{first}]:[{last}])", whole),
        difference("Scenario's call", "Central call", held["after"], held["before"]),
        missed("Sum of causes", "Change of the call", whole, change, PENCE),
    )


def _units(run: Run) -> dict[str, str]:
    """Key of an assumption -> its unit in words."""
    return run.tables["assumptions"].set_index("Key")["Unit"].to_dict()


def _or_none(value: float | None) -> Cell:
    return NOT_APPLICABLE if value is None or math.isnan(value) else value


__all__ = ["CALL", "causes", "contingency", "levers", "scenarios", "sensitivities"]
