"""The first page and sections 1 to 3: the answer, what is weak in it, what the panel is asked to do."""

from forecast.report.model import Block, Bullets, Heading, Paragraph
from forecast.report.paper.blocks import FUTURES, Paper, written
from forecast.report.paper.settings import Settings
from forecast.report.words import MONEY_STEP, round_half_up

WEAKEST = 5  # red assumptions named on the first page


def places(answer: dict, march: str) -> dict[str, str]:
    """Short names of the sources that sentences use."""
    central = "scenarios/central"
    return {
        "S": central,
        "C": f"{central}/contingency",
        "COST": f"{central}/cost/{answer['financial_year']}",
        "E": f"{central}/effect",
        "LAC": f"{central}/children/lac/month_ends/month={march}",
        "CP": f"{central}/children/cp/month_ends/month={march}",
        "UASC": f"{central}/children/uasc/month_ends/month={march}",
        "WORK": f"{central}/activity/{answer['financial_year']}",
    }


def first_page(p: Paper) -> list[Block]:
    """The answer in brief, then what is red and what is out of date."""
    return [
        Heading("The answer in brief"),
        *p.body(
            "Will a contingency of {C/amount|money} be enough for {area|text} to {financial_year|year_end}? It is {C/chance_holds|likelihood}: it holds {C/chance_holds|in_ten_futures}."
        ),
        in_brief(p),
        *p.body(apart(p)),
        *warnings(p),
        Paragraph((FUTURES,), "note"),
    ]


def in_brief(p: Paper) -> Bullets:
    """The headline figures."""
    counted = "{open_at_origin/%s|count} on {origin|day}, {%s/mean|children} expected by {%s/month|month_end} (80%% range {%s|children_range}), {%s/mean minus open_at_origin/%s|than_now}."
    lac, cp = (counted % (low, up, up, up, up, low) for low, up in (("lac", "LAC"), ("cp", "CP")))
    return p.bullets(
        f"Looked-after children: {lac}",
        f"Child protection plans: {cp}",
        "Expected call on the contingency: {C/call/mean|money} (80% range {C/call|money_range}), {C|within_or_beyond}."
        + recovery(p),
        "{C|exhaustion}",
        "The contingency would have to be {C/enough|sure_80}, and {C/enough|sure_90}.",
        "Full-year effect, of this year's numbers and prices on a whole year: {E/full_year/mean|money} (80% range {E/full_year|money_range}).",
    )


def nothing(pounds: float) -> bool:
    """Whether a sum rounds to nothing."""
    return round_half_up(pounds, MONEY_STEP) == 0


def recovery(p: Paper) -> str:
    """The Recovery Plan's part of the call, where there is one."""
    return (
        ""
        if nothing(p.voice.value("C/recovery_plan/mean"))
        else " Of it {C/recovery_plan/mean|money} is for the Recovery Plan."
    )


def apart(p: Paper) -> str:
    """Why the expected call and the chance seem to disagree, where they do; or that nothing is set aside."""
    held = p.voice.value("C")
    if held["amount"] == 0:
        return "No contingency is set aside, so any call at all is more than there is."
    if held["call"]["mean"] > held["amount"] and held["call"]["p50"] <= held["amount"]:
        return "The expected call is an average over all futures, and a few dear ones draw it up: half of the futures cost no more than {C/call/p50|money}, which is why the contingency may hold although the average lies beyond it."
    if held["call"]["mean"] <= held["amount"] and held["call"]["p50"] > held["amount"]:
        return "The expected call is an average over all futures, and a few cheap ones draw it down: half of the futures cost {C/call/p50|money} or more."
    return ""


def warnings(p: Paper) -> list[Block]:
    """What a reader must know before using the answer; each said in words."""
    templates = [red(p), base_budget(p), expired(p), overdue(p), changed(p)]
    told: list[Block] = [p.voice.body(template, "warning") for template in templates if template]
    late = (
        "{hindsight_assumptions|how_many} of the assumptions rest on figures published after the forecast's date; they are marked in appendix A."
        if p.answer["hindsight_assumptions"]
        else ""
    )
    fresh = (
        ""
        if p.beside["expired"] or p.beside["overdue"]
        else "No source is past its expiry, and no assumption past its date of review, on {beside/as_of|day}."
    )
    return [*told, *p.body(" ".join(filter(None, [late, fresh])))]


def red(p: Paper) -> str:
    """The red assumptions: how many, of what, and those that move the call most."""
    if not p.answer["red_assumptions"]:
        return ""
    sections = ", ".join(
        f"{{tables/assumptions/{keys[0]}/Section|section}} {{beside/red_sections/{section}|how_many}}"
        for section, keys in p.beside["red_sections"].items()
    )
    named = [f"{{tables/assumptions/{key}/Assumption|text}}" for key in p.beside["red_dearest"][:WEAKEST]]
    weakest = f" Of these the ones that move the expected call most are: {'; '.join(named)}." if named else ""
    return f"{{red_assumptions|how_many}} assumptions are red, that is, no source or only a weak one is held for them ({sections}).{weakest} All are listed in appendix A."


def base_budget(p: Paper) -> str:
    """How the chance moves with a base budget that is not published."""
    rows = p.voice.value("C/chance_by_base_budget")
    if not rows:
        return ""
    low, high = ("C/chance_by_base_budget/0", f"C/chance_by_base_budget/{len(rows) - 1}")
    return (
        f"The base budget for {{financial_year|text}} is not published and has been derived. Were it {{{low}/adjustment|lower_or_higher}}, the contingency would hold "
        f"{{{low}/chance_holds|in_ten_futures}}; {{{high}/adjustment|lower_or_higher}}, {{{high}/chance_holds|in_ten_futures}}."
    )


def expired(p: Paper) -> str:
    named = [
        f"{{beside/expired/{place}/title|text}} (to be replaced by {{beside/expired/{place}/expires|day}})"
        for place in range(len(p.beside["expired"]))
    ]
    return (
        f"{{beside/expired|how_many}} of the sources are past the date to replace them on {{beside/as_of|day}}: {'; '.join(named)}."
        if named
        else ""
    )


def overdue(p: Paper) -> str:
    """How many assumptions are past their date of review; the first few by name."""
    rows = p.beside["overdue"]
    named = "; ".join(f"{{beside/overdue/{place}/assumption|text}}" for place in range(min(len(rows), WEAKEST)))
    among = ", among them" if len(rows) > WEAKEST else ""
    return (
        f"{{beside/overdue|how_many}} assumptions are past their date of review on {{beside/as_of|day}}{among}: {named}."
        if rows
        else ""
    )


def changed(p: Paper) -> str:
    named = "; ".join(f"{{beside/changed/{place}/title|text}}" for place in range(len(p.beside["changed"])))
    return (
        f"The description of a source is another now than when the run was made: {named}. Make the run again before this report is used."
        if named
        else ""
    )


def purpose(p: Paper, words: Settings) -> list[Block]:
    return [Heading("Purpose of Report", 1, "1"), *written(words.purpose)]


def recommendations(p: Paper, words: Settings) -> list[Block]:
    note = p.voice.say(
        "Note that the expected call on the contingency is {C/call/mean|money}, {C|within_or_beyond}, and that the contingency of {C/amount|money} is {C/chance_holds|likelihood}."
    )
    asked = Bullets((note, *((text,) for text in words.recommendations)), lettered=True)
    return [Heading("Recommendation(s)/Proposed Action", 1, "2"), Paragraph(("The panel is requested to:",)), asked]


def priorities(words: Settings) -> list[Block]:
    held = [(Heading(one.name, 2), Bullets(tuple((text,) for text in one.served))) for one in words.priorities]
    return [Heading("Community Strategy Priorities", 1, "3"), *(block for pair in held for block in pair)]
