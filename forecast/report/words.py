"""Numbers in words: one place for rounding, direction and chance, so that prose cannot disagree with its table."""

import math
import textwrap
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from forecast.case import months
from forecast.case.ages import LAC_BANDS
from forecast.case.home import beside
from forecast.case.lines import LINES, RECOVERY
from forecast.case.months import month_in_words
from forecast.demand.totals import IN_WORDS as PART_WORDS

MONEY_STEP = 10_000
FIGURES = 4
VARIANCE = "Variance from budget"
SAID = beside(__file__)  # what short names are called
CAUSE_WORDS: dict[str, str] = SAID["causes"]
GROUP_NAMES: dict[str, str] = SAID["groups"]
RECORD_NAMES = GROUP_NAMES | {"lac_spend": "Spend on looked-after children"}
MEASURES: dict[str, str] = SAID["measures"]
BANDS = {"unborn": "unborn", "under_1": "under 1"} | {band: band.replace("_", " to ") for band in LAC_BANDS[1:]}
WORK: dict[str, str] = SAID["work"]
UASC, UASC_NET = "uasc_grant", "UASC, placements less grant"
ABBREVIATIONS: dict[str, str] = SAID["abbreviations"]
COLUMNS = 80  # of a terminal
DRIVERS = 3  # cost lines named on the answer page
PLAIN = {"£": "GBP ", "–": "-", "—": "-", "→": "to", "’": "'", "•": "-"}


def round_half_up(number: float, step: int = 1) -> int:
    """To the nearest `step`, halves away from zero (Python rounds halves to even)."""
    return int((Decimal(repr(float(number))) / step).quantize(Decimal(1), ROUND_HALF_UP)) * step


def money(pounds: float) -> str:
    """Pounds to the nearest £10,000: £580,000, -£40,000."""
    rounded = round_half_up(pounds, MONEY_STEP)
    return f"{'-' if rounded < 0 else ''}£{abs(rounded):,}"


def children(count: float) -> str:
    """Whole children."""
    return f"{round_half_up(count):,}"


def percent(share: float) -> str:
    return f"{round_half_up(share * 100)}%"


def percent_tenth(share: float) -> str:
    """A share with one decimal: 6.1%."""
    return f"{round_half_up(share * 1000) / 10:.1f}%"


def chance_in_ten(chance: float) -> str:
    """A chance for a reader: 6 in 10; the ends are never called certain."""
    tenths = round_half_up(chance * 10)
    if tenths == 0:
        return "less than 1 in 20"
    return "more than 19 in 20" if tenths == 10 else f"{tenths} in 10"


def spread(figure: dict, say) -> str:
    """80% range: 155 to 187."""
    return f"{say(figure['p10'])} to {say(figure['p90'])}"


def against(call: float, contingency: float) -> str:
    """Where an expected call stands against the contingency."""
    return "within the contingency" if call <= contingency else "beyond the contingency"


def apart(change: float, left: float, right: float) -> bool:
    """Whether a reader who subtracts two sums as they are said finds another difference than the one that is said."""
    return round_half_up(change, MONEY_STEP) != round_half_up(left, MONEY_STEP) - round_half_up(right, MONEY_STEP)


def _by_sign(change: float, above: str, below: str, none: str = "", say: Callable[[float], str] = money) -> str:
    """A size with the words that its sign asks for; `none` where the size as it is said is nothing."""
    size = say(abs(change))
    return none if none and size in ("0", "£0") else f"{size} {above if change > 0 else below}"


TO_NEAREST = f"to the nearest {money(MONEY_STEP)}"
# Each of a change, from its sign: 2 more; £80,000 less; 3 fewer than now; £470,000 over budget (an overspend is
# positive); £20,000 short (headroom is positive where something is left); £300,000 lower.
direction = partial(_by_sign, above="more", below="fewer", none="no change", say=children)
cost_direction = partial(_by_sign, above="more", below="less", none=f"no change {TO_NEAREST}")
than_now = partial(_by_sign, above="more than now", below="fewer than now", none="as many as now", say=children)
over_or_under = partial(_by_sign, above="over budget", below="under budget", none=f"on budget {TO_NEAREST}")
spare_or_short = partial(_by_sign, above="to spare", below="short", none=f"nothing to spare {TO_NEAREST}")
lower_or_higher = partial(_by_sign, above="higher", below="lower")
BY_SIGN = {"cost_direction": cost_direction, "than_now": than_now, "over_or_under": over_or_under}
BY_SIGN |= {"spare_or_short": spare_or_short, "lower_or_higher": lower_or_higher}


def plain(text: str) -> str:
    """The same text for a terminal without Unicode."""
    for mark, word in PLAIN.items():
        text = text.replace(mark, word)
    return text.encode("ascii", "replace").decode("ascii")


def day_in_words(day: str) -> str:
    """31 March 2011, from 2011-03-31."""
    return months.day_in_words(date.fromisoformat(day))


def at_month(rows: list[dict], month: str) -> dict:
    """The row of one month."""
    return next(row for row in rows if row["month"] == month)


def year_end_month(answer: dict) -> str:
    """The last month of the budget year."""
    return f"{int(answer['financial_year'][:4]) + 1}-03"


def saves(benefit: float) -> str:
    """saves £80,000 or costs £30,000, from the number."""
    return f"saves {money(benefit)}" if round_half_up(benefit, MONEY_STEP) >= 0 else f"costs {money(-benefit)}"


def figure(value: float) -> str:
    """A value of an assumption, to four figures: 0.9576, 26, 107,500."""
    return f"{float(f'{value:.{FIGURES}g}'):,.10g}"


def signed_pounds(pounds: float) -> str:
    """To the pound with its sign, for tables that a reader adds up: +£1,029, -£91,818, £0."""
    rounded = round_half_up(pounds)
    return f"{'+' if rounded > 0 else '-' if rounded < 0 else ''}£{abs(rounded):,}"


def money_signed(pounds: float) -> str:
    return money(pounds) if round_half_up(pounds, MONEY_STEP) <= 0 else f"+{money(pounds)}"


def signed(value: float, decimals: int = 1) -> str:
    """A figure with its sign, +1,280 or -3.0; nothing is never minus."""
    return f"{round(value, decimals) + 0.0:+,.{decimals}f}"


def cause(name: str) -> str:
    """What brings children, in words; a named stream of families by its own name."""
    return CAUSE_WORDS.get(name, name.replace("_", " ").capitalize())


def signed_percent(log_change: float) -> str:
    """A change of the logarithm as a percentage with one decimal: +1.7%."""
    change = round_half_up(math.expm1(log_change) * 1000) / 10
    return f"{change:+.1f}%"


# ---- phrases of the scrutiny report: each takes its direction from the number it tells ----

# Between the two in the middle neither way is likelier.
VERY_LIKELY, LIKELY, UNLIKELY, VERY_UNLIKELY = 0.9, 0.55, 0.45, 0.1


def within_or_beyond(call: float, contingency: float) -> str:
    """`against`, and by how little where the two look alike once rounded."""
    same = round_half_up(call, MONEY_STEP) == round_half_up(contingency, MONEY_STEP)
    if call == contingency:
        return "exactly the contingency"
    return f"{against(call, contingency)}, by less than {money(MONEY_STEP)}" if same else against(call, contingency)


def likelihood(chance: float) -> str:
    """Whether the contingency will be enough, in words: a chance of 0.51 is as likely as not."""
    if chance > LIKELY:
        return "very likely to be enough" if chance >= VERY_LIKELY else "more likely than not to be enough"
    if chance >= UNLIKELY:
        return "about as likely to be enough as not"
    return "very unlikely to be enough" if chance <= VERY_UNLIKELY else "more likely than not to fall short"


def in_ten_futures(chance: float) -> str:
    """in 5 of 10 futures; the ends are never called certain."""
    tenths = round_half_up(chance * 10)
    if tenths in (0, 10):
        return f"in {'fewer than 1' if tenths == 0 else 'more than 19'} of 20 futures"
    return f"in {tenths} of 10 futures"


def than_central(change: float, name: str = "in the central case") -> str:
    """£90,000 less than in the central case."""
    return _by_sign(change, f"more than {name}", f"less than {name}", f"the same as {name} {TO_NEAREST}")


def nearer(forecast: float, no_change: float) -> str:
    """Which of two errors (shares) is the smaller, said so that it agrees with the figures beside it."""
    if forecast == no_change:
        return "level"
    won = "forecast" if forecast < no_change else "no change"
    return f"{won}, by less than 0.1 points" if percent_tenth(forecast) == percent_tenth(no_change) else won


def points(share: float) -> str:
    """A small share in percentage points with one decimal: 0.5 points."""
    return f"{round_half_up(share * 1000) / 10:.1f} points"


_RULES = [figure, money, money_signed, children, percent, percent_tenth, points, signed_percent, saves, chance_in_ten]
_RULES += [in_ten_futures, likelihood, than_central]
RULES = {rule.__name__: rule for rule in _RULES} | BY_SIGN  # name -> how a figure is said


# ---- sentences: the words stand in answer.jinja, the figures are said by the rules above ----


@cache
def pages() -> Environment:
    """The pages of sentences, with the rules as filters."""
    plain = {"undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    pages = Environment(loader=FileSystemLoader(Path(__file__).parent, encoding="utf-8"), **plain)
    pages.filters |= RULES | {
        rule.__name__: rule for rule in (spread, against, apart, round_half_up, at_month, drivers, less_uasc)
    }
    pages.filters |= {"month": month_in_words, "thousands": "{:,}".format, "direction": direction, "signed": signed}
    pages.filters |= {"day": day_in_words, "signed_pounds": signed_pounds}
    pages.globals |= {"line_names": LINES, "group_names": GROUP_NAMES, "part_words": PART_WORDS}
    pages.globals |= {"steps": MEASURES, "money": money, "children": children, "bands": BANDS, "work": WORK}
    pages.globals |= {"abbreviations": ABBREVIATIONS, "record_names": RECORD_NAMES}
    pages.globals |= {"recovery_plan": RECOVERY, "signed_pounds": signed_pounds}
    return pages


def lines(macro: str, *facts, page: str = "answer") -> list[str]:
    """The sentences of a macro of answer.jinja, or of another page."""
    macros = pages().get_template(f"{page}.jinja").module
    return [line for line in getattr(macros, macro)(*facts).split("\n") if line]


def drivers(cost: dict) -> list[str]:
    """The cost lines that move the year most."""
    return sorted(cost, key=lambda line: -abs(cost[line]["mean"] - cost[line]["budget"]))[:DRIVERS]


def less_uasc(cost: dict) -> dict:
    """A year's cost lines, with unaccompanied children on a line of their own: placements less grant."""
    held, lines = cost["uasc"], {line: figure | {"name": ""} for line, figure in cost["lines"].items()}
    for line, part in held["lines"].items():
        lines[line] |= {name: lines[line][name] - part[name] for name in ("mean", "budget")}
    return lines | {UASC: held["net"] | {"name": UASC_NET}}


def headline(answer: dict, slug: str = "central") -> list[str]:
    """The answer page, sentence by sentence, for one scenario."""
    return lines("headline", answer, answer["scenarios"][slug], year_end_month(answer))


def cautions(answer: dict, slug: str = "central") -> list[str]:
    """How sure we are: what the chance of one scenario rests on."""
    return lines("cautions", answer, answer["scenarios"][slug]["contingency"])


def years_ahead(answer: dict, slug: str = "central") -> list[list[str]]:
    """Each financial year forecast to its end: net cost, variance, children at its 31 March (80% ranges)."""
    scenario, rows = answer["scenarios"][slug], []
    ends = [scenario["children"][group]["month_ends"] for group in ("lac", "cp")]
    for year, cost in scenario["cost"].items():
        march = f"{int(year[:4]) + 1}-03"
        if march in {row["month"] for row in ends[0]}:
            at = [at_month(months, march) for months in ends]
            stocks = [f"{children(row['mean'])} ({spread(row, children)})" for row in at]
            rows.append([year, money(cost["net"]["mean"]), money_signed(cost["variance"]["mean"]), *stocks])
    return rows


def what_adds(answer: dict) -> list[list[str]]:
    """What each cause adds to today's children by the first and the last 31 March, and to the last year's variance.

    A row of headings, then cause, LAC twice, CP twice, pounds; nothing where causes were not looked for.
    """
    rows = answer["drivers"] or []
    months, causes = list(dict.fromkeys(row["month"] for row in rows)), dict.fromkeys(row["cause"] for row in rows)
    if not rows:
        return []
    ends = [months[0], months[-1]]
    heads = [f"{group} {month[:4]}" for group in ("LAC", "CP") for month in ends]
    table = [["By 31 March", *heads, f"£ {rows[-1]['year']}"]]
    for name in causes:
        own = {row["month"]: row for row in rows if row["cause"] == name}
        counts = [signed(own[month][group]) for group in ("lac", "cp") for month in ends]
        table.append([cause(name), *counts, money_signed(own[ends[1]]["cost"])])

    def whole(figure: str, month: str) -> float:
        return sum(row[figure] for row in rows if row["month"] == month)

    counts = [signed(whole(group, month)) for group in ("lac", "cp") for month in ends]
    return [*table, ["All, from today", *counts, money_signed(whole("cost", ends[1]))]]


def ranked(answer: dict) -> list[str]:
    """The central scenario, then the others: what saves most over all the years costed first."""
    held = answer["scenarios"]
    central, *others = held
    return [central, *sorted(others, key=lambda slug: four_years(held[slug]))]


def scenario_lines(answer: dict) -> list[str]:
    """The scenarios as a small text table, by what they save over all the years costed: chance, call, children."""
    march, years = year_end_month(answer), len(answer["scenarios"]["central"]["cost"])
    rows = [f"{'Scenario':24s} {'Chance':>6s} {'Call':>11s} {'LAC':>5s} {'CP':>5s}   Net cost over {years} years"]
    for scenario in map(answer["scenarios"].get, ranked(answer)):
        held, change = scenario["contingency"], over_all_years(scenario) if scenario["causes"] else ""
        lac, cp = (at_month(scenario["children"][group]["month_ends"], march)["mean"] for group in ("lac", "cp"))
        row = f"{scenario['name']:24s} {percent(held['chance_holds']):>6s} {money(held['call']['mean']):>11s}"
        rows.append(f"{row} {children(lac):>5s} {children(cp):>5s}   {change}".rstrip())
    return rows


def over_all_years(scenario: dict) -> str:
    """`four_years` in words, for a table: £1,850,000 less."""
    return cost_direction(four_years(scenario)).removesuffix(f" {TO_NEAREST}")


def four_years(scenario: dict) -> float:
    """Net cost of a scenario over all the years costed, less that of the central case, pounds."""
    return sum(change["mean"] for change in scenario["difference_from_central"]["net_cost"].values())


def in_parts(answer: dict) -> dict[str, list[str]]:
    """The answer's sentences, in the order in which a reader asks: the question, why, how far to trust it."""
    central = answer["scenarios"]["central"]
    asked = [*lines("question", answer, central), *lines("call", central["contingency"])]
    return {
        "asked": asked,
        "why": lines("driven", central["cost"][answer["financial_year"]]),
        "trust": cautions(answer),
    }


def page(answer: dict) -> list[str]:
    """The whole answer for a terminal of 80 columns: the question, the years, why, the scenarios, how sure."""
    parts = {
        name: [row for line in part for row in textwrap.wrap(line, COLUMNS, subsequent_indent="  ")]
        for name, part in in_parts(answer).items()
    }
    now = [str(answer["open_at_origin"][group]) for group in ("lac", "cp")]
    heads = ["Year", "Net cost", "Variance", "LAC, 31 March", "CP, 31 March"]
    years = [
        f"{year:8s} {net:>11s} {over:>11s}   {lac:17s} {cp}"
        for year, net, over, lac, cp in [heads, ["Now", "", "", *now], *years_ahead(answer)]
    ]
    adds = [
        f"{name:28s}" + "".join(f"{count:>10s}" for count in counts) + f"{cost:>12s}"
        for name, *counts, cost in what_adds(answer)
    ]
    between = (parts["asked"], years, [*parts["why"], *adds], scenario_lines(answer), parts["trust"])
    return [row for part in between for row in (*part, "")][:-1]


def children_matter(answer: dict) -> str:
    """How much of the call's variance is the number of children, beside the widest assumption."""
    shares = [row["share_of_variance"] for row in answer["sensitivities"]["assumptions"]]
    return lines("children_matter", answer["sensitivities"], [share for share in shares if share is not None])[0]


def sought(lever: str, now: float, found, chance: float, wanted: float) -> list[str]:
    """What goal-seek found, in sentences."""
    return lines("sought", lever, now, found, chance, wanted)


def switched(assumption: str, now: float, value: float | None, limits: tuple[float, float], amount: float) -> str:
    """Where an assumption's switching value lies, in a sentence."""
    return lines("switched", assumption, now, value, limits, amount)[0]
