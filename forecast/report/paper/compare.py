"""Section 5, second half: causes, what moves the call, scenarios, what would be enough, reliability, the record."""

from collections.abc import Sequence

from forecast.report import charts
from forecast.report.model import Block, Heading, Part, Table
from forecast.report.paper.blocks import ROUNDED, Paper
from forecast.report.paper.support import GROUP_NAMES

MOST_ROWS = charts.MOST_BARS
YEARS_AHEAD = {
    "1": "One year ahead",
    "2": "Two years ahead",
    "3": "Three years ahead",
    "4": "Four years ahead",
    "5": "Five years ahead",
}


def sensitivities(p: Paper) -> list:
    """The rows of the sensitivity table, none where the run has not tried them."""
    return (p.answer.get("sensitivities") or {"assumptions": []})["assumptions"]


def causes(p: Paper) -> list[Block]:
    """Why the scenarios that matter most differ from the central case, and which assumptions move the call."""
    told = [slug for slug in p.beside["most"] if p.answer["scenarios"][slug].get("causes")]
    blocks: list[Block] = [Heading("What moves the forecast", 2, "5.5")]
    if not told and not sensitivities(p):
        return [
            *blocks,
            *p.body("This run has not split its scenarios by cause, nor tried its assumptions one by one."),
        ]
    for slug in told:
        blocks += _cause(p, slug)
    return [*blocks, *tried(p)]


def _cause(p: Paper, slug: str) -> list[Block]:
    here, answer = p.also(X=f"scenarios/{slug}"), p.answer
    return [
        *here.body(
            "{X/name|text}: the expected call is {X/causes/after|money}, {X/difference_from_central/call/mean|than_central} of {X/causes/before|money}. Each figure is rounded by itself; before rounding the parts below sum to the whole."
        ),
        *p.figure(f"causes_{slug}", lambda: charts.waterfall(answer, slug), lambda: cause_data(here, slug)),
    ]


def cause_data(p: Paper, slug: str) -> Table:
    parts = p.voice.value("X/causes/parts")
    rows: list[list[Part]] = [
        ["Central", p.voice.tell("X/causes/before", "money")],
        *([cause.capitalize(), p.voice.tell(f"X/causes/parts/{cause}", "cost_direction")] for cause in parts),
        [p.voice.tell("X/name", "text"), p.voice.tell("X/causes/after", "money")],
    ]
    return p.table(
        f"causes_{slug}",
        "The change of the expected call by cause",
        ["Cause", "Expected call, or its change"],
        rows,
        "£",
    )


def tried(p: Paper) -> list[Block]:
    """Each assumption at its low and at its high."""
    if not sensitivities(p):
        return []
    rows = sensitivities(p)
    widest = max(
        (place for place, row in enumerate(rows) if row["share_of_variance"] is not None),
        key=lambda place: rows[place]["share_of_variance"],
        default=None,
    )
    shares = (
        ""
        if widest is None
        else f"Of what makes the call uncertain, {{sensitivities/share_of_children|percent}} goes with how many children are looked after over the year; the assumption with the largest share of its own, {{sensitivities/assumptions/{widest}/assumption|text}}, has {{sensitivities/assumptions/{widest}/share_of_variance|percent}}."
    )
    first = "sensitivities/assumptions/0"
    return [
        *p.body(
            shares,
            f"One by one, the assumption that moves the call most is: {{{first}/assumption|text}}. At its low the expected call would be {{{first}/call_at_low|cost_direction}}, at its high {{{first}/call_at_high|cost_direction}}.",
        ),
        *p.figure(
            "assumptions",
            lambda: charts.tornado(p.answer),
            lambda: tried_table(p, "assumptions_chart", "cost_direction"),
        ),
    ]


def tried_table(p: Paper, name: str, how: str) -> Table:
    """The assumptions that move the call most: range, the call at either end, where the contingency is exactly spent."""
    v, rows = p.voice, []
    for place in range(min(len(sensitivities(p)), MOST_ROWS)):
        row = f"sensitivities/assumptions/{place}"
        rows.append(
            [
                v.tell(f"{row}/assumption", "text"),
                v.tell(row, "range_of_row"),
                v.tell(f"{row}/call_at_low", how),
                v.tell(f"{row}/call_at_high", how),
                v.tell(f"{row}/share_of_variance", "share_or_none"),
            ]
        )
    return p.table(
        name,
        "The assumptions that move the expected call most",
        ["Assumption", "80% range", "Call changes at its low", "at its high", "Share of the doubt"],
        rows,
        "£; the assumption in its own unit",
    )


def scenarios(p: Paper) -> list[Block]:
    """All scenarios beside one another."""
    blocks: list[Block] = [Heading("Scenarios compared", 2, "5.6")]
    if len(p.answer["scenarios"]) == 1:
        return [*blocks, *p.body("Only the central case was run.")]
    return [
        *blocks,
        supposes(p),
        *p.figure("scenarios", lambda: charts.scenario_ladder(p.answer), lambda: ladder_data(p)),
        compared(p),
        *measures(p),
    ]


def supposes(p: Paper) -> Table:
    rows: list[list[Part]] = [
        [p.voice.tell(f"scenarios/{slug}/name", "text"), p.voice.tell(f"scenarios/{slug}/reason", "text")]
        for slug in p.answer["scenarios"]
    ]
    return p.table(
        "scenarios_told", "What each scenario supposes", ["Scenario", "What it supposes"], rows, "Words", numeric=()
    )


def compared(p: Paper) -> Table:
    """Children, call, chance, enough, full-year effect and difference from central, a scenario a row."""
    v, march, rows = p.voice, p.beside["budget_month"], []
    for slug in p.answer["scenarios"]:
        one, held = f"scenarios/{slug}", f"scenarios/{slug}/contingency"
        rows.append(
            [
                v.tell(f"{one}/name", "text"),
                *(v.tell(f"{one}/children/{group}/month_ends/month={march}/mean", "children") for group in GROUP_NAMES),
                v.tell(f"{held}/call/mean", "money"),
                v.tell(f"{held}/chance_holds", "chance_in_ten"),
                v.tell(f"{held}/enough/80", "money"),
                v.tell(f"{one}/effect/full_year/mean", "money"),
                "" if slug == "central" else v.tell(f"{one}/difference_from_central/call/mean", "cost_direction"),
            ]
        )
    columns = [
        "Scenario",
        "Looked-after children",
        "Child protection plans",
        "Expected call",
        "Chance it holds",
        "Enough in eight of ten futures",
        "Full-year effect",
        "Call against central",
    ]
    return p.table(
        "scenarios_compared",
        "Scenarios compared at the end of the budget year",
        columns,
        rows,
        "Children; £",
        notes=(ROUNDED,),
    )


def ladder_data(p: Paper) -> Table:
    v = p.voice
    rows = [
        [v.tell(f"scenarios/{slug}/name", "text"), *_ladder_row(p, f"scenarios/{slug}/contingency")]
        for slug in p.answer["scenarios"]
    ]
    return p.table(
        "scenarios_chart",
        "Expected call and chance that the contingency holds",
        ["Scenario", "Expected call", "80% range", "Chance it holds", "Contingency"],
        rows,
        "£",
    )


def _ladder_row(p: Paper, held: str) -> list[Part]:
    return [
        p.voice.tell(f"{held}/call/mean", "money"),
        p.voice.tell(f"{held}/call", "money_range"),
        p.voice.tell(f"{held}/chance_holds", "percent"),
        p.voice.tell(f"{held}/amount", "money"),
    ]


def measures(p: Paper) -> list[Block]:
    """Measures that cost money: what each brings in all, and the chance that it pays back."""
    held = [slug for slug, one in p.answer["scenarios"].items() if one.get("payback")]
    if not held:
        return p.body("None of the scenarios is a measure with a cost of its own.")
    return p.body(
        "Some scenarios are measures with a cost of their own. Over the whole forecast, net of that cost:",
        *(_measure(p, slug) for slug in held),
    )


def _measure(p: Paper, slug: str) -> str:
    one = f"scenarios/{slug}/payback"
    when = (
        f", where it does around {{{one}/month/p50|month}}" if p.answer["scenarios"][slug]["payback"]["month"] else ""
    )
    return f"{{scenarios/{slug}/name|text}} costs {{{one}/cost|money}} to {{{one}/until|month}} and {{{one}/benefit/mean|saves}} net of that (80% range {{{one}/benefit|money_range}}; below zero it costs). It pays back {{{one}/chance|in_ten_futures}}{when}."


def enough(p: Paper) -> list[Block]:
    """What would be enough: sums, levers, switching values."""
    v = p.voice
    sums = p.table(
        "enough",
        "How large the contingency would have to be",
        ["To hold in this share of futures", "It would have to be"],
        [
            [f"{words} of ten", v.tell(f"C/enough/{at}", "money")]
            for at, words in (("50", "Five"), ("80", "Eight"), ("90", "Nine"))
        ]
        + [["Nineteen of twenty", v.tell("C/enough/95", "money")]],
        "£",
    )
    blocks: list[Block] = [Heading("What would be enough", 2, "5.7"), sums]
    if not sensitivities(p):
        return [*blocks, *p.body("This run has not sought what else would be enough.")]
    return [
        *blocks,
        *p.body(
            "Taken alone, each of the levers below would have to reach the value shown for the contingency to hold with a chance of {sensitivities/sure|percent}. Where that is out of reach the best it can do is shown. The values are sought on {sensitivities/draws|count} of the futures, so the sum for the contingency may differ a little from the one above."
        ),
        levers(p),
        *p.body(
            "An assumption's switching value is where, the others as they are, the expected call is exactly the contingency of {C/amount|money}."
        ),
        switching(p),
    ]


def levers(p: Paper) -> Table:
    v, row = p.voice, "sensitivities/levers/"
    rows = [
        [
            v.tell(f"{row}{place}/lever", "text"),
            v.tell(f"{row}{place}/now", "figure"),
            v.tell(f"{row}{place}/enough", "enough_at"),
            v.tell(f"{row}{place}/chance", "percent"),
        ]
        for place in range(len(v.value("sensitivities/levers")))
    ]
    return p.table(
        "levers",
        "The smallest change of one lever that would be enough",
        ["Lever", "Now", "Enough at", "Chance there, or the best it can do"],
        rows,
        "Each lever in its own unit: pounds, places, or times what it is now",
    )


def switching(p: Paper) -> Table:
    v, row = p.voice, "sensitivities/assumptions/"
    told = [place for place, one in enumerate(sensitivities(p)) if one["switching_value"] is not None][
        :MOST_ROWS
    ] or list(range(min(len(sensitivities(p)), MOST_ROWS)))
    rows = [
        [
            v.tell(f"{row}{place}/assumption", "text"),
            v.tell(f"{row}{place}/value", "figure"),
            v.tell(f"{row}{place}", "range_of_row"),
            v.tell(f"{row}{place}/switching_value", "switching"),
        ]
        for place in told
    ]
    return p.table(
        "switching",
        "Where the contingency is exactly spent, by assumption",
        ["Assumption", "Now", "80% range", "Switching value"],
        rows,
        "Each assumption in its own unit",
    )


def reliability(p: Paper) -> list[Block]:
    """How many assumptions are red, amber and green, and the ones that matter most."""
    v = p.voice
    counts = p.table(
        "reliability",
        "Assumptions by how reliable they are",
        ["Reliability", "Assumptions", "Meaning"],
        [
            [level.capitalize(), v.tell(f"beside/reliability/{level}", "how_many"), meaning]
            for level, meaning in LEVELS.items()
        ],
        "Assumptions",
        numeric=("Assumptions",),
    )
    keys = p.beside["dearest"][:MOST_ROWS] or p.answer["red_assumptions"][:MOST_ROWS]
    rows: list[list[Part]] = [
        [
            v.tell(f"tables/assumptions/{key}/Assumption", "text"),
            v.tell(f"tables/assumptions/{key}/Value", "figure"),
            v.tell(f"tables/assumptions/{key}", "range_of_assumption"),
            v.tell(f"tables/assumptions/{key}/Unit", "text"),
            v.tell(f"tables/assumptions/{key}/Reliability", "text"),
            v.tell(f"tables/assumptions/{key}/Source", "text"),
        ]
        for key in keys
    ]
    which = "that move the call most" if p.beside["dearest"] else "without a source, the first of the log"
    table = (
        [
            p.table(
                "assumptions_that_matter",
                f"The assumptions {which}",
                ["Assumption", "Value", "80% range", "Unit", "Reliability", "Source"],
                rows,
                "As the unit says",
                numeric=("Value",),
            )
        ]
        if rows
        else []
    )
    return [Heading("Assumptions and their reliability", 2, "5.8"), counts, *tried_rows(p), *table]


def tried_rows(p: Paper) -> list[Block]:
    return [tried_table(p, "assumptions_tried", "pounds_signed")] if sensitivities(p) else []


LEVELS = {
    "red": "No source is held, or a weak one; a value has been supposed",
    "amber": "A source is held, but it is old, from elsewhere, or needs a judgement",
    "green": "Published or counted for this council, or estimated from many councils",
}


def record(p: Paper) -> list[Block]:
    """How good forecasts made this way have been, beside no change, also where they lose; and this one, where it can be scored."""
    blocks: list[Block] = [Heading("How good past forecasts were", 2, "5.9")]
    held = p.answer.get("record") or {}
    if not held and not any(p.beside["scored"].values()):
        return [*blocks, *p.body("No record of past forecasts is kept with this run.")]
    blocks += p.body(*(_record(group) for group in held))
    blocks += [record_table(p, held)] if held else []
    return [*blocks, *(block for group in GROUP_NAMES if p.beside["scored"].get(group) for block in scored(p, group))]


def _record(group: str) -> str:
    one = f"record/{group}"
    return f"{GROUP_NAMES[group]}: forecasts made this way for {{{one}/councils|count}} councils from {{{one}/first_origin|text}} to {{{one}/last_origin|text}} were laid beside what came. The 80% range held {{{one}/inside|percent}} of {{{one}/forecasts|count}} outturns. Their mean error is in the table, beside that of simply supposing no change."


def record_table(p: Paper, held: dict, name: str = "record") -> Table:
    v = p.voice
    rows: list[list[Part]] = [
        [
            GROUP_NAMES[group],
            YEARS_AHEAD[years],
            v.tell(f"record/{group}/errors/{years}/forecast", "percent_tenth"),
            v.tell(f"record/{group}/errors/{years}/no_change", "percent_tenth"),
            v.tell(f"record/{group}/errors/{years}", "nearer"),
        ]
        for group, one in held.items()
        for years in one["errors"]
    ]
    return p.table(
        name,
        "Mean error of past forecasts and of no change",
        ["Children", "How far ahead", "Forecast", "No change", "Nearer"],
        rows,
        "Mean error as a share of the outturn",
        numeric=("Forecast", "No change"),
    )


def scored(p: Paper, group: str) -> list[Block]:
    """This forecast beside what happened."""
    name, rows = GROUP_NAMES[group], p.beside["scored"][group]
    return [
        *p.body(
            f"{name}: what has happened since is known for {{beside/scored/{group}|how_many}} year ends, and is used for nothing but to judge this forecast."
        ),
        *p.figure(f"outturn_{group}", lambda: charts.against_outturn(rows, name), lambda: scored_data(p, group)),
        scored_table(p, group, f"outturn_{group}"),
    ]


def scored_data(p: Paper, group: str) -> Table:
    """The figures of the chart: the table, and how many outturns its range held."""
    counts = (("Outturns", f"beside/scored/{group}"), ("Outturns inside the range", f"beside/scored_inside/{group}"))
    return scored_table(
        p,
        group,
        f"outturn_{group}_chart",
        [[name, p.voice.tell(source, "how_many"), "", "", "", "", ""] for name, source in counts],
    )


def scored_table(p: Paper, group: str, name: str, more: Sequence[list[Part]] = ()) -> Table:
    """Forecast, range, what happened and no change at each year end, and which was nearer."""
    v, rows = p.voice, []
    for place in range(len(p.beside["scored"][group])):
        row = f"beside/scored/{group}/{place}"
        rows.append(
            [
                v.tell(f"{row}/at", "day"),
                v.tell(f"{row}/mean", "children"),
                v.tell(row, "children_range"),
                v.tell(f"{row}/outturn", "children"),
                v.tell(row, "inside"),
                v.tell(f"{row}/no_change", "children"),
                v.tell(row, "scored_nearer"),
            ]
        )
    return p.table(
        name,
        f"{GROUP_NAMES[group]}: this forecast beside what happened",
        ["On", "Forecast", "80% range", "What happened", "Range", "No change", "Nearer"],
        [*rows, *more],
        "Children",
        numeric=("Forecast", "80% range", "What happened", "No change"),
        source=f"{p.source}; Department for Education",
    )
