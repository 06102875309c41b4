"""Cost by month, line and year, and the budget beside it: totals live, and each beside the answer it must equal."""

import pandas as pd

from forecast.case.months import days_in, month_in_words, period_of
from forecast.money.ledger import ACTUAL, ESTIMATED, FORECAST
from forecast.money.lines import GROUPS, LINES
from forecast.report.workbook.cells import NOT_APPLICABLE, Cell, Column, Formula, Sheet, difference, missed, total_row
from forecast.report.workbook.names import BASES
from forecast.report.workbook.run import CENTRAL, Run

ADJUSTMENT = "Base budget adjustment"
TOTAL = "Net cost"
YEAR, ANSWER, MISS = "Year total", "Year in the answer", "Year total less the answer"
LINE = Column("Line", width=44)
PENCE = 2  # decimals
MONTH_WIDTH = 15


def month_header(run: Run, month: str) -> str:
    """P1 April 2011, estimated."""
    return f"{period_of(month)} {month_in_words(month)}, {run.basis[month]}"


def _month_columns(run: Run) -> tuple[Column, ...]:
    return tuple(Column(month_header(run, month), "money", MONTH_WIDTH) for month in run.months)


def _year_columns() -> tuple[Column, ...]:
    return (Column(YEAR, "money"), Column(ANSWER, "money"), Column(MISS, "pence"))


def _across(run: Run, months: list[float], answer: float) -> tuple[Cell, ...]:
    """Twelve months, their live total, the answer's year, and the difference."""
    total = sum(months)
    return (
        *months,
        Formula(f"SUM([{month_header(run, run.months[0])}]:[{month_header(run, run.months[-1])}])", total),
        answer,
        missed(YEAR, ANSWER, total, answer, PENCE),
    )


def _by_line(run: Run, slug: str, figure: str) -> pd.DataFrame:
    """[line x month] of one figure of one scenario."""
    return run.monthly(slug).pivot(index="line", columns="month", values=figure)[run.months]


def profile(run: Run) -> Sheet:
    """Expected cost of the central case, line by month."""
    held, answer = _by_line(run, CENTRAL, "mean"), run.central["cost"][run.year]["lines"]
    columns = (LINE, *_month_columns(run), *_year_columns())
    rows = [(name, *_across(run, held.loc[line].tolist(), answer[line]["mean"])) for line, (name, _) in LINES.items()]
    about = (
        f"Expected cost of each month of {run.year} in the central case, pounds. Income is negative.",
        basis_sentence(run),
    )
    return Sheet(
        "Monthly profile",
        "MonthlyProfile",
        f"Monthly profile of cost, {run.year}",
        "Cost by line and month, P1 to P12, with totals",
        about,
        columns,
        (*rows, total_row(columns, rows, TOTAL)),
        totalled=True,
        frozen_columns=1,
    )


def basis_sentence(run: Run) -> str:
    """Which months are actual, which are the model's and which are still to come."""
    held = {
        basis: [month_in_words(month) for month in run.months if run.basis[month] == basis]
        for basis in (ACTUAL, ESTIMATED, FORECAST)
    }
    said = [f"{BASES[basis]}: {_run_of(months)}." for basis, months in held.items() if months]
    none = [] if held[ACTUAL] else ["No ledger was read, so no month is actual."]
    return " ".join([*said, *none])


def _run_of(months: list[str]) -> str:
    return (
        months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}" if len(months) > 2 else " and ".join(months)
    )


def budget_months(run: Run) -> Sheet:
    """The base budget of each month by line."""
    held, answer = _by_line(run, CENTRAL, "budget"), run.central["cost"][run.year]["lines"]
    columns = (LINE, *_month_columns(run), *_year_columns())
    rows = [(name, *_across(run, held.loc[line].tolist(), answer[line]["budget"])) for line, (name, _) in LINES.items()]
    if adjustment := run.central["cost"][run.year]["budget_adjustment"]:
        days = days_in(run.months)
        rows.append((ADJUSTMENT, *_across(run, (adjustment * days / days.sum()).tolist(), adjustment)))
    about = (f"Base budget of {run.year}, spread over its months by days. Income is negative.", budget_sentence(run))
    return Sheet(
        "Monthly budget",
        "MonthlyBudget",
        f"Base budget by month, {run.year}",
        "Base budget by line and month, P1 to P12, with totals",
        about,
        columns,
        (*rows, total_row(columns, rows, TOTAL)),
        totalled=True,
        frozen_columns=1,
    )


def budget_sentence(run: Run) -> str:
    """Where the base budget comes from."""
    if ACTUAL in run.basis.values():
        return "The budget is the council's own, from its ledger."
    return "The base budget is worked out, not published: last year's activity at this year's prices."


def ranges(run: Run) -> Sheet:
    """The 80% range of each line and month, one fact a row."""
    columns = (
        Column("Period", width=10),
        Column("Month", width=18),
        Column("Basis", width=14),
        LINE,
        Column("Low (10%)", "money"),
        Column("Expected", "money"),
        Column("High (90%)", "money"),
        Column("Base budget", "money"),
        Column("Expected less budget", "signed"),
    )
    names = {line: (place, name) for place, (line, (name, _)) in enumerate(LINES.items())}
    held = run.monthly(CENTRAL)
    held = held.assign(place=held["line"].map(lambda line: names[line][0])).sort_values(
        ["month", "place"], kind="stable"
    )
    rows = tuple(
        (
            row["period"],
            month_in_words(row["month"]),
            BASES[row["basis"]],
            names[row["line"]][1],
            row["p10"],
            row["mean"],
            row["p90"],
            row["budget"],
            difference("Expected", "Base budget", row["mean"], row["budget"]),
        )
        for row in held.to_dict("records")
    )
    about = (
        "The same months, one a row, with the 80% range of each. Ranges of lines or months do not add up: not all go high at once.",
    )
    return Sheet(
        "Monthly ranges",
        "MonthlyRanges",
        f"Monthly cost by line with its 80% range, {run.year}",
        "The 80% range of every line and month",
        about,
        columns,
        rows,
    )


def monitoring(run: Run, months: Sheet, budget: Sheet) -> Sheet:
    """Budget, actual to date, forecast of the rest, projected outturn and variance by line."""
    columns = (
        LINE,
        Column("Group", width=24),
        Column("Budget", "money"),
        Column("Actual to date", "money"),
        Column("Estimated to date", "money"),
        Column("Forecast of the rest", "money"),
        Column("Projected outturn", "money"),
        Column("Variance", "signed"),
        Column("Outturn, low (10%)", "money"),
        Column("Outturn, high (90%)", "money"),
        *_movement_columns(run),
    )
    rows = [_monitored(run, months, budget, line) for line in LINES]
    cost, variance = run.central["cost"][run.year], "Variance"
    if cost["budget_adjustment"]:
        rows.append(_adjusted(run, columns, budget))
    total = total_row(
        columns, rows, TOTAL, {"Outturn, low (10%)": cost["net"]["p10"], "Outturn, high (90%)": cost["net"]["p90"]}
    )
    about = (
        f"Projected outturn = actual to date + estimated to date + forecast of the rest. {variance} = projected outturn less budget: adverse is positive.",
        f"{basis_sentence(run)} {budget_sentence(run)}",
        *(
            [f"Movement is against the run of {month_in_words(run.previous['month'])}: positive is dearer."]
            if run.previous
            else []
        ),
    )
    return Sheet(
        "Budget monitoring",
        "BudgetMonitoring",
        f"Budget monitoring, {run.year}: central case",
        "Budget, projected outturn and variance by line",
        about,
        columns,
        (*rows, total),
        totalled=True,
        frozen_columns=1,
    )


def _movement_columns(run: Run) -> tuple[Column, ...]:
    if run.previous is None:
        return ()
    return (Column("Projected outturn last time", "money"), Column("Movement since then", "signed"))


def _monitored(run: Run, months: Sheet, budget: Sheet, line: str) -> tuple[Cell, ...]:
    """A line of budget monitoring: its parts looked up by the line's name in the sheets of months."""
    name, group = LINES[line]
    held, answer = _by_line(run, CENTRAL, "mean").loc[line], run.central["cost"][run.year]["lines"][line]
    parts = {
        basis: float(sum(held[month] for month in run.months if run.basis[month] == basis))
        for basis in (ACTUAL, ESTIMATED, FORECAST)
    }
    outturn, planned = sum(parts.values()), float(sum(_by_line(run, CENTRAL, "budget").loc[line]))
    before = (
        ()
        if run.previous is None
        else _moved(run.previous["scenarios"][CENTRAL]["cost"][run.year]["lines"][line]["mean"], outturn)
    )
    return (
        name,
        GROUPS[group],
        looked_up(budget, YEAR, planned),
        *(_to_date(run, months, basis, value) for basis, value in parts.items()),
        Formula("[Actual to date]+[Estimated to date]+[Forecast of the rest]", outturn),
        difference("Projected outturn", "Budget", outturn, planned),
        answer["p10"],
        answer["p90"],
        *before,
    )


def _moved(before: float, now: float) -> tuple[Cell, ...]:
    return before, difference("Projected outturn", "Projected outturn last time", now, before)


def _adjusted(run: Run, columns: tuple[Column, ...], budget: Sheet) -> tuple[Cell, ...]:
    """The row of the adjustment of the base budget, which belongs to no line."""
    amount = run.central["cost"][run.year]["budget_adjustment"]
    known = {
        "Line": ADJUSTMENT,
        "Budget": looked_up(budget, YEAR, amount),
        "Projected outturn": 0.0,
        "Variance": difference("Projected outturn", "Budget", 0.0, amount),
    }
    return tuple(
        known.get(column.header, 0.0 if column.kind in ("money", "signed") else NOT_APPLICABLE) for column in columns
    )


def looked_up(sheet: Sheet, header: str, value: float) -> Formula:
    """The figure of this row's line in another sheet, wherever that line stands there."""
    return Formula(f"SUMPRODUCT(({sheet.cells(LINE.header)}=[{LINE.header}])*{sheet.cells(header)})", value)


def _to_date(run: Run, months: Sheet, basis: str, value: float) -> Cell:
    """This row's line summed over the months of one basis; 0 where there are none."""
    headers = [month_header(run, month) for month in run.months if run.basis[month] == basis]
    if not headers:
        return 0.0
    return Formula("+".join(looked_up(months, header, value).text for header in headers), value)


def years(run: Run) -> Sheet:
    """Gross, income, net, budget and variance by financial year."""
    columns = (
        Column("Financial year", width=18),
        Column("Gross", "money"),
        Column("Income", "money"),
        Column(TOTAL, "money"),
        Column("Net, low (10%)", "money"),
        Column("Net, high (90%)", "money"),
        Column("Base budget", "money"),
        Column("Variance", "signed"),
        Column("Variance, low (10%)", "signed"),
        Column("Variance, high (90%)", "signed"),
    )
    rows = tuple(_year(year, cost) for year, cost in run.central["cost"].items())
    about = (
        "The central case, year by year. The budget of later years is this year's rolled forward, prices only.",
        "Variance = net cost less base budget: adverse is positive.",
    )
    return Sheet(
        "Years ahead",
        "YearsAhead",
        "Years ahead: cost and budget by financial year",
        "Cost and budget to the end of the forecast",
        about,
        columns,
        rows,
    )


def _year(year: str, cost: dict) -> tuple[Cell, ...]:
    net = cost["gross"]["mean"] + cost["income"]["mean"]
    return (
        year,
        cost["gross"]["mean"],
        cost["income"]["mean"],
        Formula("[Gross]+[Income]", net),
        cost["net"]["p10"],
        cost["net"]["p90"],
        cost["budget"],
        difference(TOTAL, "Base budget", net, cost["budget"]),
        cost["variance"]["p10"],
        cost["variance"]["p90"],
    )


def scenario_months(run: Run) -> Sheet:
    """Expected cost of every scenario, line by month."""
    columns = (Column("Scenario", width=24), LINE, *_month_columns(run), *_year_columns())
    rows = []
    for slug, scenario in run.scenarios.items():
        held, answer = _by_line(run, slug, "mean"), scenario["cost"][run.year]["lines"]
        rows += [
            (scenario["name"], name, *_across(run, held.loc[line].tolist(), answer[line]["mean"]))
            for line, (name, _) in LINES.items()
        ]
    about = (f"Expected cost of each month of {run.year} in every scenario, pounds. Income is negative.",)
    return Sheet(
        "Scenario months",
        "ScenarioMonths",
        f"Monthly profile of every scenario, {run.year}",
        "Cost by scenario, line and month, with totals",
        about,
        columns,
        tuple(rows),
        frozen_columns=2,
    )


__all__ = [
    "ANSWER",
    "MISS",
    "TOTAL",
    "YEAR",
    "budget_months",
    "monitoring",
    "profile",
    "ranges",
    "scenario_months",
    "years",
]
