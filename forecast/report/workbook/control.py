"""Checks that must come to zero, live: whoever changes a figure sees which sum no longer holds."""

import math
from dataclasses import dataclass

from forecast.report.workbook.cells import Cell, Column, Formula, Sheet, rounded
from forecast.report.workbook.children import COME, END, LEAVE, START, header
from forecast.report.workbook.money import ANSWER, MISS, TOTAL, YEAR
from forecast.report.workbook.pot import CALL
from forecast.report.workbook.run import CENTRAL, Run

PENNY, CHILD, CHANCE = (
    0.01,
    0.000001,
    0.000001,
)  # sums of pounds to the penny; means of whole children and shares of draws only round in the last digits
FINEST = 6  # decimals of a difference: what is smaller is the last digits of sums
OK, NOT_OK = "OK", "CHECK"
STATUS, MISSED, TOLERANCE = "Status", "Difference", "Tolerance"
NAME = "Control"
Sheets = dict[str, Sheet]


@dataclass(frozen=True)
class Check:
    """Two figures that must be the same.

    first, second  live, or the answer's own figure; second is 0 for a sum of misses
    """

    says: str
    first: Formula
    second: Formula | float
    tolerance: float
    unit: str = "pounds"


def control(run: Run, sheets: Sheets) -> Sheet:
    """The Control sheet of the sheets given."""
    columns = (
        Column("Check", width=88),
        Column("First figure", "hundredth", 20),
        Column("Second figure", "hundredth", 20),
        Column(MISSED, "number", 18),
        Column(TOLERANCE, "number", 14),
        Column("Unit", width=14),
        Column(STATUS, width=12),
    )
    rows = tuple(_row(check) for check in checks(run, sheets))
    bare = Sheet(
        NAME,
        NAME,
        "Control: checks that must come to zero",
        "Every sum and identity of this workbook, checked live",
        ("", ""),
        columns,
        rows,
    )
    about = (
        _overall(bare),
        f"Each check takes one figure from another. {OK}: they differ by no more than the tolerance. {NOT_OK}: they differ by more, or cannot be worked out.",
    )
    return Sheet(bare.name, bare.table, bare.title, bare.says, about, columns, rows)


def passed(sheet: Sheet) -> str:
    """The formula that is true while every check holds."""
    status = sheet.cells(STATUS)
    return f'COUNTIF({status},"{OK}")=ROWS({status})'


def _overall(sheet: Sheet) -> Formula:
    good, bad = (
        f"Overall: {OK}. All {len(sheet.rows)} checks hold.",
        f"Overall: {NOT_OK}. At least one check does not hold.",
    )
    return Formula(
        f'IF({passed(sheet)},"{good}","{bad}")', good if all(status == OK for status in sheet.values(STATUS)) else bad
    )


def _row(check: Check) -> tuple[Cell, ...]:
    second = check.second.value if isinstance(check.second, Formula) else check.second
    missed = rounded(check.first.value - second, FINEST)
    status = OK if abs(missed) <= check.tolerance else NOT_OK
    live = Formula(f'IF(ISNUMBER([{MISSED}]),IF(ABS([{MISSED}])<=[{TOLERANCE}],"{OK}","{NOT_OK}"),"{NOT_OK}")', status)
    return (
        check.says,
        check.first,
        check.second,
        Formula(f"ROUND([First figure]-[Second figure],{FINEST})", missed),
        check.tolerance,
        check.unit,
        live,
    )


def checks(run: Run, sheets: Sheets) -> list[Check]:
    """Every check, in the order of the sheets."""
    return [
        *_months(run, sheets),
        *_outturn(run, sheets),
        *_years(run, sheets),
        *_pot(run, sheets),
        *_scenarios(run, sheets),
        *_children(sheets),
        *_causes(run, sheets),
        *_moved(run, sheets),
    ]


def _months(run: Run, sheets: Sheets) -> list[Check]:
    profile, budget, ranges, cost = (
        sheets["Monthly profile"],
        sheets["Monthly budget"],
        sheets["Monthly ranges"],
        run.central["cost"][run.year],
    )
    return [
        Check(
            "Monthly profile: the months of every line sum to its year in the answer (sum of all misses)",
            _misses(profile, MISS),
            0.0,
            PENNY,
        ),
        Check(
            "Monthly profile: its total is the answer's net cost", _cell(profile, YEAR, -1), cost["net"]["mean"], PENNY
        ),
        Check(
            "Monthly profile: the totals of the months sum to the total of the year",
            _across(profile),
            _cell(profile, YEAR, -1),
            PENNY,
        ),
        Check(
            "Monthly budget: the months of every line sum to its year in the answer (sum of all misses)",
            _misses(budget, MISS),
            0.0,
            PENNY,
        ),
        Check("Monthly budget: its total is the answer's base budget", _cell(budget, YEAR, -1), cost["budget"], PENNY),
        Check(
            "Monthly ranges: expected costs sum to the total of the monthly profile",
            _sum(ranges, "Expected"),
            _cell(profile, YEAR, -1),
            PENNY,
        ),
    ]


def _outturn(run: Run, sheets: Sheets) -> list[Check]:
    held, profile, cost = sheets["Budget monitoring"], sheets["Monthly profile"], run.central["cost"][run.year]
    saved, pot = run.value("budget.one_off_savings"), run.central["contingency"]
    variance = _cell(held, "Variance", -1)
    less = Formula(f"{variance.text}-{saved!r}", variance.value - saved)
    parts = ("Actual to date", "Estimated to date", "Forecast of the rest")
    summed = Formula("+".join(held.cell(part, -1) for part in parts), sum(held.value(part, -1) for part in parts))
    return [
        Check(
            "Budget monitoring: actual, estimated and forecast sum to the projected outturn",
            summed,
            _cell(held, "Projected outturn", -1),
            PENNY,
        ),
        Check(
            "Budget monitoring: the lines' projected outturns sum to the answer's net cost",
            _cell(held, "Projected outturn", -1),
            cost["net"]["mean"],
            PENNY,
        ),
        Check(
            "Budget monitoring: each line's projected outturn is its year in the answer (sum of all misses)",
            _apart(held, "Projected outturn", profile, ANSWER),
            0.0,
            PENNY,
        ),
        Check("Budget monitoring: the variance is the answer's variance", variance, cost["variance"]["mean"], PENNY),
        Check(
            "Budget monitoring: the variance less one-off savings is the variance that the contingency meets",
            less,
            pot["variance"]["mean"],
            PENNY,
        ),
    ]


def _years(run: Run, sheets: Sheets) -> list[Check]:
    held, cost = sheets["Years ahead"], run.central["cost"].values()
    return [
        Check(
            "Years ahead: gross less income is the answer's net cost, all years together",
            _sum(held, TOTAL),
            math.fsum(year["net"]["mean"] for year in cost),
            PENNY,
        ),
        Check(
            "Years ahead: net cost less budget is the answer's variance, all years together",
            _sum(held, "Variance"),
            math.fsum(year["variance"]["mean"] for year in cost),
            PENNY,
        ),
        Check(
            "Years ahead: the first year is the total of the monthly profile",
            _cell(held, TOTAL, 0),
            _cell(sheets["Monthly profile"], YEAR, -1),
            PENNY,
        ),
    ]


def _pot(run: Run, sheets: Sheets) -> list[Check]:
    held, pot = sheets["Contingency"], run.central["contingency"]
    return [
        Check(
            "Contingency: the call at the year's end is the central call of the scenarios",
            _cell(held, CALL, -1),
            _cell(sheets["Scenarios"], CALL, 0),
            PENNY,
        ),
        Check(
            "Contingency: the headroom at the year's end is the answer's",
            _cell(held, "Expected headroom", -1),
            pot["headroom"]["mean"],
            PENNY,
        ),
        Check(
            "Contingency: the chance it has not run out by the year's end is the chance it holds",
            _cell(held, "Chance it has not run out", -1),
            _cell(sheets["Scenarios"], "Chance it holds", 0),
            CHANCE,
            "share",
        ),
    ]


def _scenarios(run: Run, sheets: Sheets) -> list[Check]:
    held, months, told = sheets["Scenarios"], sheets["Scenario months"], run.scenarios.values()
    change = math.fsum(one["difference_from_central"]["call"]["mean"] for one in told)
    return [
        Check(
            "Scenario months: the months of every line sum to its year in the answer (sum of all misses)",
            _misses(months, MISS),
            0.0,
            PENNY,
        ),
        Check(
            "Scenarios: net costs sum to the months of all scenarios", _sum(held, "Net cost"), _sum(months, YEAR), PENNY
        ),
        Check(
            "Scenarios: variances sum to the answer's",
            _sum(held, "Variance"),
            math.fsum(one["cost"][run.year]["variance"]["mean"] for one in told),
            PENNY,
        ),
        Check(
            "Scenarios: headrooms sum to the answer's",
            _sum(held, "Expected headroom"),
            math.fsum(one["contingency"]["headroom"]["mean"] for one in told),
            PENNY,
        ),
        Check(
            "Scenarios: changes of the call sum to the answer's",
            _sum(held, "Call less the central call"),
            change,
            PENNY,
        ),
    ]


def _children(sheets: Sheets) -> list[Check]:
    return [
        check
        for group, name in (("lac", "looked-after children"), ("cp", "child protection plans"))
        for check in _stock(sheets["Children"], group, name)
    ]


def _stock(held: Sheet, group: str, name: str) -> list[Check]:
    """The stock identity of every month, and that each month starts where the one before ended."""
    start, come, leave, end = (header(group, what) for what in (START, COME, LEAVE, END))
    opened, closed = held.values(start), held.values(end)
    missed = math.fsum(
        abs(a + b - c - d) for a, b, c, d in zip(opened, held.values(come), held.values(leave), closed, strict=True)
    )
    identity = Formula(
        f"SUMPRODUCT(ABS({held.cells(start)}+{held.cells(come)}-{held.cells(leave)}-{held.cells(end)}))", missed
    )
    found = [
        Check(
            f"Children: {name} at the start + starts - ends = at the end of every month (sum of all misses)",
            identity,
            0.0,
            CHILD,
            "children",
        )
    ]
    if len(held.rows) > 1:
        later = f"{held.cell(start, 1)}:{_bare(held.cell(start, -1))}"
        earlier = f"{held.cell(end, 0)}:{_bare(held.cell(end, len(held.rows) - 2))}"
        gap = math.fsum(abs(a - b) for a, b in zip(opened[1:], closed[:-1], strict=True))
        found.append(
            Check(
                f"Children: {name}, every month starts where the one before ended (sum of all misses)",
                Formula(f"SUMPRODUCT(ABS({later}-{earlier}))", gap),
                0.0,
                CHILD,
                "children",
            )
        )
    return found


def _causes(run: Run, sheets: Sheets) -> list[Check]:
    if "Causes" not in sheets:
        return []
    held, told = sheets["Causes"], sheets["Scenarios"]
    moved = len(held.rows)
    calls = Formula(f"SUM({told.cell(CALL, 1)}:{_bare(told.cell(CALL, -1))})", math.fsum(told.values(CALL)[1:]))
    return [
        Check(
            "Causes: the causes of every scenario sum to its change of the call (sum of all misses)",
            _misses(held, "Sum less change"),
            0.0,
            PENNY,
        ),
        Check(
            "Causes: the scenarios' calls, each to the penny, are those of the scenarios",
            _sum(held, "Scenario's call"),
            calls,
            PENNY * moved,
        ),
        Check(
            "Causes: the central call, to the penny, is that of the scenarios",
            _cell(held, "Central call", 0),
            _cell(told, CALL, 0),
            PENNY,
        ),
    ]


def _moved(run: Run, sheets: Sheets) -> list[Check]:
    if run.previous is None:
        return []
    held, before = sheets["Budget monitoring"], run.previous["scenarios"][CENTRAL]["cost"][run.year]["net"]["mean"]
    moved = _cell(held, "Movement since then", -1)
    return [
        Check(
            "Budget monitoring: last time's outturns sum to the net cost of that run's answer",
            _cell(held, "Projected outturn last time", -1),
            before,
            PENNY,
        ),
        Check(
            "Budget monitoring: last time's outturn + movement = this time's",
            Formula(f"{held.cell('Projected outturn last time', -1)}+{moved.text}", before + moved.value),
            _cell(held, "Projected outturn", -1),
            PENNY,
        ),
    ]


def _cell(sheet: Sheet, header: str, number: int) -> Formula:
    return Formula(sheet.cell(header, number), sheet.value(header, number))


def _sum(sheet: Sheet, header: str) -> Formula:
    return Formula(f"SUM({sheet.cells(header)})", math.fsum(sheet.values(header)))


def _misses(sheet: Sheet, header: str) -> Formula:
    """The sizes of a column's misses, summed, so that two that cancel are seen."""
    return Formula(f"SUMPRODUCT(ABS({sheet.cells(header)}))", math.fsum(map(abs, sheet.values(header))))


def _apart(one: Sheet, header: str, other: Sheet, beside: str) -> Formula:
    """The same for two columns of two sheets that have the same lines in the same order."""
    count = len(other.values(beside))
    first = f"{one.cell(header, 0)}:{_bare(one.cell(header, count - 1))}"
    gap = math.fsum(abs(a - b) for a, b in zip(one.values(header)[:count], other.values(beside), strict=True))
    return Formula(f"SUMPRODUCT(ABS({first}-{other.cells(beside)}))", gap)


def _across(profile: Sheet) -> Formula:
    """The total row's months, summed."""
    first, last = profile.columns[1].header, profile.columns[profile.at(YEAR) - 1].header
    values = [profile.value(column.header, -1) for column in profile.columns[1 : profile.at(YEAR)]]
    return Formula(f"SUM({profile.cell(first, -1)}:{_bare(profile.cell(last, -1))})", math.fsum(values))


def _bare(cell: str) -> str:
    """A cell without its sheet: the other end of a range."""
    return cell.split("!")[1]
