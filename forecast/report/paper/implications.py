"""Section 4: financial, risk, legal, equalities and workforce implications."""

from forecast.money.costs import LINES
from forecast.report.model import Block, Heading, Part, Table
from forecast.report.paper.blocks import ROUNDED, Paper, lines_of, written
from forecast.report.paper.front import nothing
from forecast.report.paper.settings import Risk, Settings

# What the forecast says beside a risk: a source, and the rule that says it in one cell.
TOLD = {
    "contingency": ("C/chance_holds", "holds_phrase"),
    "looked_after": ("LAC", "lac_phrase"),
    "plans": ("CP", "cp_phrase"),
    "placements": ("COST/groups/placements", "placements_phrase"),
    "recovery_plan": ("C/recovery_plan", "plan_phrase"),
    "reviewing": ("WORK/iro_posts_needed", "posts_phrase"),
    "budget": ("COST/variance/mean", "budget_phrase"),
}


def implications(p: Paper, words: Settings) -> list[Block]:
    """The whole of section 4."""
    return [
        Heading("Other Implications", 1, "4"),
        *financial(p),
        Heading("Risk Management", 2, "(b)"),
        risk_table(p, words.risks),
        Heading("Human Rights Act and Other Legal Implications", 2, "(c)"),
        *written(words.legal),
        Heading("Equalities Impact Assessment", 2, "(d)"),
        *written(words.equalities),
        *workforce(p, words),
    ]


def financial(p: Paper) -> list[Block]:
    """What is expected, how sure that is, when it would run out, what would be enough, and the cost by line."""
    return [
        Heading("Financial", 2, "(a)"),
        *p.body(
            "Net cost in {financial_year|text} is expected to be {COST/net/mean|money} against a budget of {COST/budget|money}: {COST/variance/mean|over_or_under} (80% range of the variance {COST/variance|money_range}; an overspend is positive).",
            "The call on the contingency is this variance, where it is an overspend, and what else is agreed to be met from it. It is expected to be {C/call/mean|money} (80% range {C/call|money_range}), {C|within_or_beyond} of {C/amount|money}. On average {C/headroom/mean|spare_or_short}.",
            ""
            if nothing(p.voice.value("C/recovery_plan/mean"))
            else "Of the call, {C/recovery_plan/mean|money} (80% range {C/recovery_plan|money_range}) is for the Recovery Plan, which is paid once and not each year.",
            "The contingency holds to {financial_year|year_end} {C/chance_holds|in_ten_futures} ({C/chance_holds|percent}). {C|exhaustion}",
            "How much would be enough depends on how sure the council wishes to be: {C/enough|sure_50}, {C/enough|sure_80}, {C/enough|sure_90} or {C/enough|sure_95}.",
            "In the year itself the recurring effect is {E/part_year/mean|money} (80% range {E/part_year|money_range}). Over a whole year at the level that {LAC/month|month} ends on it would be {E/full_year/mean|money} (80% range {E/full_year|money_range}). One-off sums are in neither.",
        ),
        cost_table(p),
    ]


def cost_table(p: Paper) -> Table:
    """Budget, projected outturn and variance by line."""
    cost = p.voice.value("COST")
    rows: list[list[Part]] = [
        [LINES[line][0], *_line(p, f"COST/lines/{line}", f"COST/lines/{line}")] for line in lines_of(cost)
    ]
    if cost.get("budget_adjustment"):
        rows.append(["Base budget adjustment", p.voice.tell("COST/budget_adjustment", "money"), "", "", ""])
    total = [
        "Net",
        p.voice.tell("COST/budget", "money"),
        p.voice.tell("COST/net/mean", "money"),
        p.voice.tell("COST/variance/mean", "money_signed"),
        p.voice.tell("COST/net", "money_range"),
    ]
    return p.table(
        "cost_by_line",
        f"Cost by line, {p.answer['financial_year']}: budget, projected outturn and variance",
        ["Line", "Budget", "Projected outturn", "Variance", "80% range of outturn"],
        [*rows, total],
        "£",
        total_row=True,
        notes=(ROUNDED, "An overspend, or income short of its budget, is positive. Income is shown below zero."),
    )


def _line(p: Paper, line: str, ranged: str) -> list[Part]:
    return [
        p.voice.tell(f"{line}/budget", "money"),
        p.voice.tell(f"{line}/mean", "money"),
        p.voice.tell(f"{line}/mean minus {line}/budget", "money_signed"),
        p.voice.tell(ranged, "money_range"),
    ]


def risk_table(p: Paper, risks: list[Risk]) -> Table:
    """Recommendation, risk, what the forecast says of it, mitigation."""
    rows: list[list[Part]] = [
        [one.recommendation, one.risk, p.voice.tell(*TOLD[one.about]) if one.about in TOLD else "", one.mitigation]
        for one in risks
    ]
    return p.table(
        "risks",
        "Risks and what is done about them",
        ["Recommendation", "Risk/Threat/Opportunity", "What the forecast says", "Mitigation"],
        rows,
        "Words; figures for the budget year",
        numeric=(),
    )


def workforce(p: Paper, words: Settings) -> list[Block]:
    return [
        Heading("Workforce", 2, "(e)"),
        *written(words.workforce),
        *p.body(
            "Reviews and conferences in {financial_year|text} are expected to need {WORK/iro_posts_needed/mean|posts} reviewing officers' posts (80% range {WORK/iro_posts_needed|posts_range}) and {WORK/admin_posts_needed/mean|posts} administrative posts (80% range {WORK/admin_posts_needed|posts_range})."
        ),
        work_table(p),
    ]


WORK = {
    "lac_reviews": "Reviews of looked-after children",
    "icpc": "Initial conferences",
    "transfer_in": "Transfer-in conferences",
    "rcpc": "Review conferences",
}


def work_table(p: Paper) -> Table:
    """Reviews, conferences and posts by financial year."""
    years = list(p.voice.value("S/activity"))
    rows: list[list[Part]] = [
        [name, *(p.voice.tell(f"S/activity/{year}/{key}/mean", "count") for year in years)]
        for key, name in WORK.items()
    ]
    rows += [
        [name, *(p.voice.tell(f"S/activity/{year}/{key}/mean", "posts") for year in years)]
        for key, name in (
            ("iro_posts_needed", "Reviewing officers' posts needed"),
            ("admin_posts_needed", "Administrative posts needed"),
        )
    ]
    return p.table(
        "reviews_and_posts",
        "Reviews, conferences and posts needed, by financial year",
        ["Work", *years],
        rows,
        "Reviews, conferences, full-time posts; expected",
    )
