"""Sections 6 to 8 and the appendices: conclusion, sources, the assumptions log, the quality-assurance log."""

from forecast.report.model import Block, Bullets, Heading, Paragraph, Part, Table
from forecast.report.paper.blocks import Paper, written
from forecast.report.paper.compare import record_table
from forecast.report.paper.settings import Assurance, Meeting, Settings
from forecast.report.paper.support import GROUP_NAMES, alarm

LOG, QUALITY = "Appendix A: assumptions log", "Appendix B: quality-assurance log"


def conclusion(p: Paper, words: Settings) -> list[Block]:
    return [
        Heading("Conclusion", 1, "6"),
        *p.body(
            "A contingency of {C/amount|money} is {C/chance_holds|likelihood} to {financial_year|year_end}. The expected call is {C/call/mean|money}, {C|within_or_beyond}; the contingency would have to be {C/enough|sure_80}."
        ),
        *written(words.conclusion),
    ]


def papers(p: Paper, held: Meeting) -> list[Block]:
    """Appendices attached, and the sources with publisher, link and licence."""
    sources = [
        [p.voice.tell(f"beside/cards/{place}/{name}", "text") for name in ("publisher", "title", "link", "licence")]
        + [p.voice.tell(f"beside/cards/{place}/{name}", "day") for name in ("published", "expires")]
        for place in range(len(p.beside["cards"]))
    ]
    return [
        Heading("Appendices Attached", 1, "7"),
        Bullets(tuple((text,) for text in (LOG, QUALITY, *held.appendices))),
        Heading("Background Papers", 1, "8"),
        *([Bullets(tuple((text,) for text in held.background_papers))] if held.background_papers else []),
        p.table(
            "sources",
            "Published sources the forecast rests on",
            ["Publisher", "Title", "Where", "Licence", "Published", "To be replaced by"],
            sources,
            "Words and days",
            numeric=(),
            source="The source card of each table",
        ),
        *p.body(
            "The forecast is run {beside/name|text}, made by version {version|text} of the program with {draws|count} futures drawn from seed {seed|text}. The same run gives the same figures again."
        ),
    ]


def assumptions_log(p: Paper) -> list[Block]:
    """Every assumption in force, the red ones first."""
    blocks: list[Block] = [
        Heading(LOG),
        *p.body(
            "Every assumption of the central case that the figures rest on. Where the 80% range is fixed the value is not varied from one future to another."
        ),
    ]
    for level, keys in p.beside["reliability"].items():
        blocks += [Heading(f"{level.capitalize()} assumptions", 2), _log(p, level, keys)] if keys else []
    return blocks


def _log(p: Paper, level: str, keys: list[str]) -> Table:
    v, rows = p.voice, []
    for key in keys:
        row = f"tables/assumptions/{key}"
        late = "Known only later" if v.value(f"{row}/Known only later") else ""
        rows.append(
            [
                v.tell(f"{row}/Assumption", "text"),
                v.tell(f"{row}/Value", "figure"),
                v.tell(row, "range_of_assumption"),
                v.tell(f"{row}/Unit", "text"),
                v.tell(f"{row}/Source", "text"),
                v.tell(f"{row}/Why", "text"),
                late,
                v.tell(f"{row}/Review by", "text"),
            ]
        )
    columns = ["Assumption", "Value", "80% range", "Unit", "Source", "Why", "Known", "Review by"]
    return p.table(
        f"assumptions_{level}", f"Assumptions log: {level}", columns, rows, "As the unit says", numeric=("Value",)
    )


def quality(p: Paper, words: Assurance) -> list[Block]:
    """The quality-assurance log, by the headings of the Aqua Book."""
    return [
        Heading(QUALITY),
        *roles(p, words),
        *design(p),
        *verification(p),
        *validation(p),
        Heading("Delivery and communication", 2),
        Bullets(tuple((text,) for text in words.delivery)),
        *uncertainty(p),
        Heading("Limitations", 2),
        Bullets(tuple((text,) for text in words.limitations)),
    ]


def roles(p: Paper, words: Assurance) -> list[Block]:
    rows: list[list[Part]] = [
        [role.capitalize(), getattr(words, role), "Not signed"]
        for role in ("commissioner", "analyst", "assurer", "approver")
    ]
    return [
        Heading("Roles and scope", 2),
        p.table(
            "roles",
            "Who answers for the analysis",
            ["Role", "Who", "Signed"],
            rows,
            "Words",
            numeric=(),
            source="The council",
        ),
        *p.body(
            "Scope: looked-after children and child protection plans of {area|text}, what they cost, and the call on the contingency, from {origin|day} to {horizon|month}."
        ),
        Heading("Specification", 2),
        *p.body(
            "The question is whether the contingency holds to {financial_year|year_end}, with what chance, when it would run out, and what would be enough. Scenarios change stated assumptions only; everything else, to each child drawn, is as in the central case."
        ),
    ]


def design(p: Paper) -> list[Block]:
    return [
        Heading("Design", 2),
        *p.body(
            "Children are followed one by one through care and through plans, month by month, by age and time since they began; places, contact, reviews and conferences follow from them, and cost from those. Every uncertain assumption and the course of each child is drawn anew in each future."
        ),
        Heading("Analysis", 2),
        *p.body(
            "{draws|count} futures were drawn. {red_assumptions|how_many} assumptions are red, {beside/reliability/amber|how_many} amber and {beside/reliability/green|how_many} green (appendix A). {hindsight_assumptions|how_many} rest on figures published after the forecast's date."
        ),
    ]


def verification(p: Paper) -> list[Block]:
    """Does the model give back the figures it was fitted to, and spending?"""
    v = p.voice
    compared = [
        [v.tell(f"tables/calibration/{key}/{name}", "text") for name in ("group", "area", "figure")]
        + [v.tell(f"tables/calibration/{key}/{name}", "tenth") for name in ("published", "modelled")]
        + [
            v.tell(f"tables/calibration/{key}/difference", "tenth_signed"),
            v.tell(f"tables/calibration/{key}/note", "text"),
        ]
        for key in p.beside["not_close"]
    ]
    spending = [
        [
            v.tell(f"tables/reconciliation/{line}/line", "text"),
            *(v.tell(f"tables/reconciliation/{line}/{name}", "pounds") for name in ("published", "modelled")),
            v.tell(f"tables/reconciliation/{line}/difference", "pounds_signed"),
        ]
        for line in p.voice.run.rows("reconciliation")
    ]
    return [
        Heading("Verification", 2),
        *p.body(
            "Of {beside/compared|how_many} published figures that the model is fitted to, it gives back {beside/close|how_many} to within one child or one percentage point. The others are below, with the reason where it is known."
        ),
        *(
            [
                p.table(
                    "calibration",
                    "Published figures that the model does not give back closely",
                    ["Group", "Area", "Figure", "Published", "Modelled", "Difference", "Note"],
                    compared,
                    "Children, or per cent as the figure says",
                    numeric=("Published", "Modelled", "Difference"),
                )
            ]
            if compared
            else []
        ),
        *p.body("Children times unit cost, laid beside the council's published spending:"),
        p.table(
            "reconciliation",
            "Spending published and modelled",
            ["Line", "Published", "Modelled", "Difference"],
            spending,
            "£",
        ),
    ]


def validation(p: Paper) -> list[Block]:
    """Does it forecast well, and does the recent past still fit?"""
    held = p.answer.get("record") or {}
    told = [
        f"{GROUP_NAMES[group]}: the 80% range held {{record/{group}/inside|percent}} of {{record/{group}/forecasts|count}} outturns of {{record/{group}/councils|count}} councils."
        for group in held
    ]
    alarms = [alarm(p, group) for group in GROUP_NAMES]
    return [
        Heading("Validation", 2),
        *p.body(
            *(told or ["No record of past forecasts is kept with this run."]),
            *(alarms if any(alarms) else ["This run holds no test for a break with the past."]),
        ),
        *([record_table(p, held, "record_log")] if held else []),
    ]


def uncertainty(p: Paper) -> list[Block]:
    spread: list[list[Part]] = [
        [
            p.voice.tell(f"tables/spread/{key}/group", "text"),
            p.voice.tell(f"tables/spread/{key}/years ahead", "count"),
            p.voice.tell(f"tables/spread/{key}/robust SD of log change", "percent_tenth"),
        ]
        for key in p.voice.run.rows("spread")
    ]
    return [
        Heading("Uncertainty", 2),
        *p.body(
            "Drawing {draws|count} futures and no more leaves the chance uncertain by {C/chance_error|points} and the expected call by {C/call/error_of_mean|pounds} (one standard error); the dear end of its range by {C/call/error_of_p90|pounds}.",
            "How widely simulated numbers of children spread is laid below, as the relative spread of their change.",
        ),
        p.table(
            "spread",
            "Spread of the simulated number of children",
            ["Group", "Years ahead", "Relative spread"],
            spread,
            "Robust standard deviation of the logarithm of the change, as a share",
        ),
        Paragraph(("What no range tells is listed under Limitations.",)),
    ]
