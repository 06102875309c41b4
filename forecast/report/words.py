"""Numbers in words: one place for rounding, direction and chance, so that prose cannot disagree with its table."""

from decimal import ROUND_HALF_UP, Decimal

from forecast.costs import LINES
from forecast.months import month_in_words

MONEY_STEP = 10_000
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


def direction(change: float, unit=children) -> str:
    """more, fewer or no change, from the number."""
    said = unit(abs(change))
    if said.strip("£") in ("0", ""):
        return "no change"
    return f"{said} {'more' if change > 0 else 'fewer'}"


def cost_direction(change: float) -> str:
    """£80,000 less or £30,000 more, from the number."""
    said = money(abs(change))
    if said == "£0":
        return "no change to the nearest £10,000"
    return f"{said} {'more' if change > 0 else 'less'}"


def plain(text: str) -> str:
    """The same text for a terminal without Unicode."""
    for mark, word in PLAIN.items():
        text = text.replace(mark, word)
    return text.encode("ascii", "replace").decode("ascii")


def at_month(rows: list[dict], month: str) -> dict:
    """The row of one month."""
    return next(row for row in rows if row["month"] == month)


def year_end_month(answer: dict) -> str:
    """The last month of the budget year."""
    return f"{int(answer['financial_year'][:4]) + 1}-03"


def headline(answer: dict, slug: str = "central") -> list[str]:
    """The answer page, sentence by sentence, for one scenario."""
    scenario, march = answer["scenarios"][slug], year_end_month(answer)
    held, enough = scenario["contingency"], scenario["contingency"]["enough"]
    lac, cp = (at_month(scenario["children"][group]["month_ends"], march) for group in ("lac", "cp"))
    opened, when = answer["open_at_origin"], month_in_words(march)
    return [
        f"Will {money(held['amount'])} be enough? {answer['area']}, {month_in_words(answer['month'])}: {scenario['name']}",
        f"Looked-after children: {opened['lac']} now, {children(lac['mean'])} by {when} (80% range {spread(lac, children)}).",
        f"Child protection plans: {opened['cp']} now, {children(cp['mean'])} by {when} (80% range {spread(cp, children)}).",
        f"Expected call on the contingency: {money(held['call']['mean'])} (80% range {spread(held['call'], money)}), "
        f"of which Recovery Plan {money(held['recovery_plan']['mean'])}; the expected call is {against(held['call']['mean'], held['amount'])}.",
        f"Chance that the contingency holds to 31 March: {chance_in_ten(held['chance_holds'])} ({percent(held['chance_holds'])}).",
        exhaustion(held),
        f"To be 80% sure it would have to be {money(enough['80'])} (50%: {money(enough['50'])}, 90%: {money(enough['90'])}, "
        f"95%: {money(enough['95'])}).",
        f"Full-year effect next year: {money(scenario['effect']['full_year']['mean'])} "
        f"(80% range {spread(scenario['effect']['full_year'], money)}).",
        drivers(answer, slug),
    ]


def exhaustion(held: dict) -> str:
    """When the contingency runs out, if it does."""
    if held["exhaustion"] is None:
        return "In no future drawn does it run out."
    last = held["exhaustion"]
    return f"If it fails, it fails around {month_in_words(last['p50'])} (80% range {month_in_words(last['p10'])} to {month_in_words(last['p90'])})."


def drivers(answer: dict, slug: str = "central") -> str:
    """The cost lines that move the year most, from the table of lines."""
    lines = answer["scenarios"][slug]["cost"][answer["financial_year"]]["lines"]
    moved = sorted(lines, key=lambda line: -abs(lines[line]["mean"] - lines[line]["budget"]))[:DRIVERS]
    parts = [f"{LINES[line][0]} {_signed(lines[line]['mean'] - lines[line]['budget'])}" for line in moved]
    return f"What drives it, against the base budget (adverse is positive): {'; '.join(parts)}."


def _signed(pounds: float) -> str:
    return money(pounds) if round_half_up(pounds, MONEY_STEP) <= 0 else f"+{money(pounds)}"


def cautions(answer: dict) -> list[str]:
    """How sure we are: what the chance rests on."""
    held = answer["scenarios"]["central"]["contingency"]
    rows = held["chance_by_base_budget"]
    lines = [
        f"{len(answer['red_assumptions'])} assumptions are red: no source is held. They are listed in assumptions.md; "
        f"{len(answer['hindsight_assumptions'])} rest on figures published after the origin.",
        f"{answer['draws']:,} draws, seed {answer['seed']}: the chance is known to within {held['chance_error']:.3f}, "
        f"the expected call to within £{round_half_up(held['call']['error_of_mean']):,} (one standard error).",
    ]
    if rows:
        low, high = rows[0], rows[-1]
        lines.insert(
            0,
            f"The base budget for {answer['financial_year']} is not published: were it {money(abs(low['adjustment']))} lower the "
            f"chance would be {percent(low['chance_holds'])}, {money(high['adjustment'])} higher, {percent(high['chance_holds'])}.",
        )
    return lines


def scenario_lines(answer: dict) -> list[str]:
    """One line a scenario: chance, call, difference from central."""
    march = year_end_month(answer)
    lines = []
    for scenario in answer["scenarios"].values():
        held = scenario["contingency"]
        lac, cp = (at_month(scenario["children"][group]["month_ends"], march)["mean"] for group in ("lac", "cp"))
        lines.append(
            f"{scenario['name']:24s} {chance_in_ten(held['chance_holds']):>17s} {money(held['call']['mean']):>11s} "
            f"{children(lac):>6s} {children(cp):>6s}   {cost_direction(scenario['difference_from_central']['call']['mean'])}"
        )
    return lines
