"""Section 5, first half: background, children, cost by year, the contingency month by month."""

from forecast.money.lines import GROUPS
from forecast.report import charts
from forecast.report.model import Block, Heading, Part, Table
from forecast.report.paper.blocks import ROUNDED, Paper, lines_of, written
from forecast.report.paper.settings import Meeting
from forecast.report.words import METHOD_WORDS, round_half_up

GROUP_NAMES = {"lac": "Looked-after children", "cp": "Child protection plans"}
UASC = "of whom unaccompanied asylum-seeking children"
HISTORY = {
    "lac_stock": "Looked-after children",
    "uasc_stock": UASC,
    "cp_stock": "Child protection plans",
    "lac_starts": "Started to be looked after",
    "lac_ceases": "Ceased to be looked after",
    "cp_starts": "Plans started",
    "cp_ends": "Plans ended",
    "icpc": "Children at initial conferences",
}
SUPPRESSED = {"x", "c", "z", ":", ".."}


def background(p: Paper, held: Meeting) -> list[Block]:
    return [
        Heading("Background", 2, "5.1"),
        *written(held.background),
        *p.body(
            "This forecast starts from {open_at_origin/lac|count} looked-after children and {open_at_origin/cp|count} child protection plans on {origin|day} and looks ahead to {horizon|month}. "
            "It follows {draws|count} possible futures, in which births, families who move, practice, placements and prices differ as far as they have differed before; each chance is the share of those futures.",
        ),
    ]


def caseload(p: Paper) -> list[Block]:
    """Children counted so far and to come."""
    return [
        Heading("Children so far and to come", 2, "5.2"),
        history_table(p),
        *(block for group in GROUP_NAMES for block in [*p.body(_expected(p, group)), *children_chart(p, group)]),
        year_ends(p),
        *years_apart(p),
        *p.body(*(moved(p, group) for group in GROUP_NAMES), *(alarm(p, group) for group in GROUP_NAMES)),
    ]


def _expected(p: Paper, group: str) -> str:
    row = f"S/children/{group}/month_ends"
    march = f"{row}/month={p.beside['budget_month']}"
    last = f"{row}/month={p.answer['horizon']}"
    return (
        f"{GROUP_NAMES[group]}: {{{march}/mean|children}} are expected by {{{march}/month|month_end}} (80% range {{{march}|children_range}}), {{{march}/mean minus open_at_origin/{group}|than_now}}; "
        f"by {{{last}/month|month_end}} it is {{{last}/mean|children}} (80% range {{{last}|children_range}}), {{{last}/mean minus open_at_origin/{group}|than_now}}."
    )


def children_chart(p: Paper, group: str) -> list[Block]:
    past = p.beside["past"][group]
    return p.figure(
        f"children_{group}",
        lambda: charts.children_so_far(
            p.answer, [(row["month"], row["value"]) for row in past], group, GROUP_NAMES[group]
        ),
        lambda: children_data(p, group),
    )


def children_data(p: Paper, group: str) -> Table:
    """The figures of the chart: counted, then expected month by month."""
    v, rows = p.voice, []
    for place in range(len(p.beside["past"][group])):
        rows.append(
            [
                v.tell(f"beside/past/{group}/{place}/day", "day"),
                "Counted",
                v.tell(f"beside/past/{group}/{place}/value", "count"),
                "",
                "",
            ]
        )
    rows.append([v.tell("origin", "day"), "Counted", v.tell(f"open_at_origin/{group}", "count"), "", ""])
    for place, held in enumerate(v.value(f"S/children/{group}/month_ends")):
        row = f"S/children/{group}/month_ends/{place}"
        change = (
            v.tell(f"{row}/mean minus open_at_origin/{group}", "than_now")
            if held["month"] == p.beside["budget_month"]
            else ""
        )
        rows.append(
            [
                v.tell(f"{row}/month", "month_end"),
                "Expected",
                v.tell(f"{row}/mean", "children"),
                v.tell(row, "children_range"),
                change,
            ]
        )
    return p.table(
        f"children_{group}",
        f"{GROUP_NAMES[group]}, counted and expected",
        ["At", "What", "Children", "80% range", "Against now"],
        rows,
        "Children",
        numeric=("Children", "80% range"),
    )


def history_table(p: Paper) -> Table:
    """What is published or counted of the council, by period."""
    rows = {
        key: row
        for key, row in p.voice.run.rows("history").items()
        if row["area"] == p.beside["area"] and row["breakdown"] == "all" and row["measure"] in HISTORY
    }
    measures = [measure for measure in HISTORY if any(row["measure"] == measure for row in rows.values())]
    periods = sorted({row["period"] for row in rows.values()}, key=_when)
    at = {(row["period"], row["measure"]): key for key, row in rows.items()}
    told = [
        [
            _period(p, at, period),
            *(
                p.voice.tell(f"tables/history/{at[period, measure]}/value", "text") if (period, measure) in at else ""
                for measure in measures
            ),
        ]
        for period in periods
    ]
    hidden = any(str(row["value"]) in SUPPRESSED for row in rows.values())
    notes = [
        "Each row is a day on which children were counted, or a financial year in which they started or ended.",
        *(
            ["Some earlier counts were rounded by the publisher."]
            if any(row["status"] == "rounded_5" for row in rows.values())
            else []
        ),
        *(["A letter stands where the publisher withholds a small count."] if hidden else []),
    ]
    return p.table(
        "history",
        f"{p.answer['area']}: children counted so far",
        ["Day, or year", *(HISTORY[measure] for measure in measures)],
        told,
        "Children",
        notes=tuple(notes),
        source="Published tables and the council's own counts; see Background Papers",
    )


def _period(p: Paper, at: dict, period: str) -> Part:
    key = next(key for (one, _), key in at.items() if one == period)
    return p.voice.tell(f"tables/history/{key}/period", "day" if len(period) == len("2011-03-31") else "text")


def _when(period: str) -> str:
    """A year sorts before the day that ends it."""
    return period if len(period) > len("2010-11") else f"{int(period[:4]) + 1}-03-30"


def year_ends(p: Paper) -> Table:
    """Children expected at each 31 March."""
    rows: list[list[Part]] = []
    for group, name in (GROUP_NAMES | {"uasc": UASC}).items():
        for held in p.voice.value(f"S/children/{group}/month_ends"):
            row = f"S/children/{group}/month_ends/month={held['month']}"
            rows += (
                [
                    [
                        name,
                        p.voice.tell(f"{row}/month", "month_end"),
                        p.voice.tell(f"{row}/mean", "children"),
                        p.voice.tell(row, "children_range"),
                    ]
                ]
                if held["month"].endswith("-03")
                else []
            )
    return p.table(
        "year_ends",
        "Children expected at the end of each financial year",
        ["Children", "On", "Expected", "80% range"],
        rows,
        "Children",
        numeric=("Expected", "80% range"),
    )


def years_apart(p: Paper) -> list[Block]:
    """Why the number of looked-after children changed over the last years of which everything is held, where the run tells it."""
    if not (p.voice.run.folder / "tables" / "years_apart.parquet").is_file() or not p.voice.run.rows("years_apart"):
        return []
    rows: list[list[Part]] = [
        [cause.capitalize(), p.voice.tell(f"tables/years_apart/{cause}/children", "tenth_signed")]
        for cause in p.voice.run.rows("years_apart")
    ]
    first = f"tables/years_apart/{next(iter(p.voice.run.rows('years_apart')))}"
    return [
        *p.body(
            f"From {{{first}/first|day}} to {{{first}/last|day}} the number of looked-after children changed for these reasons, as far as published figures tell them apart:"
        ),
        p.table(
            "years_apart", "Why the number of looked-after children changed", ["Cause", "Children"], rows, "Children"
        ),
    ]


def moved(p: Paper, group: str) -> str:
    """What the central path rests on, where the run tells it."""
    if not p.answer.get("central_path"):
        return ""
    path = f"central_path/{group}"
    counted = [
        method for method, share in p.answer["central_path"][group]["shares"].items() if round_half_up(share * 100) > 0
    ]
    if not counted:
        return f"{GROUP_NAMES[group]}: no trend has earned a place in the forecast, so the expected number stays near today's."
    parts = "; ".join(
        f"{METHOD_WORDS[method]} ({{{path}/changes/{method}/0|signed_percent}} in a year) counts for {{{path}/shares/{method}|percent}}"
        for method in counted
    )
    return f"{GROUP_NAMES[group]}: what moves the expected number is what has forecast well before. {parts[0].upper()}{parts[1:]}. Together {{{path}/middle/0|signed_percent}} in a year."


def alarm(p: Paper, group: str) -> str:
    """Whether recent starts still fit."""
    held = (p.answer.get("breaks") or {}).get(group)
    if held is None:
        return ""
    if not held:
        return f"{GROUP_NAMES[group]}: too few years of starts are held to tell whether something has broken with the past."
    last = f"breaks/{group}/{len(held) - 1}"
    found = [place for place, one in enumerate(held) if one["found"]]
    if not found:
        return f"{GROUP_NAMES[group]}: no break with the past is found. {{{last}/counted|children}} started in {{{last}/period|text}}, where {{{last}|range_of_alarm}} were expected (80% range); the alarm sounds only well outside it."
    return " ".join(
        f"{GROUP_NAMES[group]}: warning of a break. {{breaks/{group}/{place}/counted|children}} started in {{breaks/{group}/{place}/period|text}}, {{breaks/{group}/{place}/direction|text}} than the {{breaks/{group}/{place}|range_of_alarm}} that earlier years pointed to. The forecast does not continue such a step."
        for place in found
    )


def cost(p: Paper) -> list[Block]:
    """Cost by line and by year."""
    return [
        Heading("Cost by line and by year", 2, "5.3"),
        *p.figure("cost_by_line", lambda: charts.cost_by_line(p.answer), lambda: line_data(p)),
        *p.body(
            "The next years show what the same children, practice and prices would come to if no decision is taken. The budget is rolled forward, not set."
        ),
        four_years(p),
    ]


def line_data(p: Paper) -> Table:
    rows: list[list[Part]] = [
        [
            p.voice.tell(f"tables/cost/central|{p.answer['financial_year']}|{line}/name", "text"),
            *(p.voice.tell(f"COST/lines/{line}/{key}", "money") for key in ("budget", "mean")),
            p.voice.tell(f"COST/lines/{line}/mean minus COST/lines/{line}/budget", "over_or_under"),
        ]
        for line in lines_of(p.voice.value("COST"))
    ]
    return p.table(
        "cost_by_line_chart",
        "Projected outturn and budget by line",
        ["Line", "Budget", "Projected outturn", "Difference"],
        rows,
        "£",
    )


def four_years(p: Paper) -> Table:
    v, held = p.voice, p.voice.value("S/cost")
    groups = [
        group for group in GROUPS if any(year["groups"].get(group, {"mean": 0})["mean"] for year in held.values())
    ]
    columns = [
        "Financial year",
        *(GROUPS[group] for group in groups),
        "Net cost",
        "Budget rolled forward",
        "Variance",
        "80% range of variance",
    ]
    rows = [
        [
            year,
            *(v.tell(f"S/cost/{year}/groups/{group}/mean", "money") for group in groups),
            v.tell(f"S/cost/{year}/net/mean", "money"),
            v.tell(f"S/cost/{year}/budget", "money"),
            v.tell(f"S/cost/{year}/variance/mean", "money_signed"),
            v.tell(f"S/cost/{year}/variance", "money_range"),
        ]
        for year in held
    ]
    return p.table("cost_by_year", "Expected cost by group and financial year", columns, rows, "£", notes=(ROUNDED,))


def contingency(p: Paper) -> list[Block]:
    """The call month by month."""
    return [
        Heading("The contingency month by month", 2, "5.4"),
        *p.body(
            "By {LAC/month|month_end} the call is expected to reach {C/call/mean|money}; in the dearest tenth of futures it is {C/call/p90|money} or more. {C|exhaustion}"
        ),
        *p.figure("contingency", lambda: charts.contingency_fan(p.answer), lambda: call_data(p)),
        by_month(p),
    ]


def by_month(p: Paper) -> Table:
    v, held = p.voice, p.voice.value("C/call_by_month")
    rows: list[list[Part]] = [
        [
            v.tell(f"C/call_by_month/{place}/month", "month"),
            "Estimated" if row.get("estimated") else "Forecast",
            v.tell(f"C/call_by_month/{place}/mean", "money"),
            v.tell(f"C/call_by_month/{place}", "money_range"),
        ]
        for place, row in enumerate(held)
    ]
    notes = (
        ("Months before the forecast begins are estimated from the numbers of children then.",)
        if any(row.get("estimated") for row in held)
        else ()
    )
    return p.table(
        "call_by_month",
        "Call on the contingency to date",
        ["To the end of", "Month is", "Expected call to date", "80% range"],
        rows,
        "£",
        numeric=("Expected call to date", "80% range"),
        notes=notes,
    )


def call_data(p: Paper) -> Table:
    v = p.voice
    rows = [
        [
            v.tell(f"C/call_by_month/{place}/month", "month"),
            v.tell(f"C/call_by_month/{place}/mean", "money"),
            v.tell(f"C/call_by_month/{place}", "money_range"),
        ]
        for place in range(len(v.value("C/call_by_month")))
    ]
    rows += [
        ["At year end", v.tell("C/call/mean", "money"), v.tell("C/call", "money_range")],
        ["Contingency", v.tell("C/amount", "money"), ""],
        ["Chance that it holds", v.tell("C/chance_holds", "chance_in_ten"), ""],
    ]
    return p.table(
        "contingency_chart", "Call on the contingency to date", ["To the end of", "Expected", "80% range"], rows, "£"
    )
