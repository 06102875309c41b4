"""What an Annex A says, for machines and for a person."""

from datetime import date

import pandas as pd

from forecast.case.months import day_in_words
from forecast.sources.annex_a import codes
from forecast.sources.annex_a.tables import FRONT_DOOR, STOCKS, AnnexA

SCHEMA = "forecast-annex-a-1"
IN_WORDS = {
    "plans": "child protection plans",
    "looked_after": "looked-after children",
    "open_cases": "children in need, cases open",
    "care_leavers": "care leavers",
}


def summary(annex: AnnexA, days: list[date]) -> dict:
    """Stocks on the lists' own day and on the days asked for, the front door of six months, and the quality table.

    Raises BadInput for a day that the lists do not cover.
    """
    wanted = sorted({annex.last_day, *days})
    return {
        "schema": SCHEMA,
        "name": annex.name,
        "from": annex.first_day.isoformat(),
        "to": annex.last_day.isoformat(),
        "dated": annex.dated,
        "warnings": annex.warnings(),
        "lists": list(annex.lists),
        "not_there": [number for number in codes.LISTS if number not in annex.lists],
        "stock": {
            day.isoformat(): {what: stock for what in STOCKS if (stock := annex.stock(day, what))} for day in wanted
        },
        "front_door": annex.front_door().to_dict("records"),
        "quality": annex.quality().to_dict("records"),
    }


def lines(told: dict, ages: dict[str, str], placements: dict[str, str]) -> list[str]:
    """The same for a person: what must be known first, then each day, then the front door, then the quality table.

    ages, placements  what each group is called
    """
    day = day_in_words(date.fromisoformat(told["to"]))
    text = [f"LOOK FIRST: {sentence}" for sentence in told["warnings"]]
    text.append(f"Annex A ({told['name']}), {day} ({told['dated']}): lists {', '.join(map(str, told['lists']))}")
    if told["not_there"]:
        lacking = ", ".join(f"{number} ({codes.LISTS[number]})" for number in told["not_there"])
        text.append(f"    not there: {lacking}")
    for day, stocks in told["stock"].items():
        for what, stock in stocks.items():
            more = ""
            if what == "looked_after":
                more = f", {stock['uasc']:,} of them UASC; {stock['short_breaks']:,} on short breaks beside them"
            text.append(f"{day}: {stock['total']:,} {IN_WORDS[what]}{more}")
            for part, names in (("age_band", ages), ("placement", placements), *((part, {}) for part in PLAIN)):
                text += [f"    {names.get(name, said(name)):36s} {n:6,}" for name, n in stock.get(part, {}).items()]
    front = pd.DataFrame(told["front_door"])
    for measure in FRONT_DOOR:
        rows = front[front["measure"] == measure] if len(front) else front
        if len(rows):
            whole = rows[rows["source"] == ""]["count"]
            text.append(f"{said(measure)}, {told['from']} to {told['to']}: {whole.sum():,}")
            by = rows[rows["source"] != ""].groupby("source", sort=False)["count"].sum()
            text += [f"    {said(source):36s} {count:6,}" for source, count in by.items() if count]
    quality = [f"    {row['file']}: {row['rule']}: {row['count']:,}" for row in told["quality"]]
    return [*text, "What was read, merged, resolved and left out:", *quality]


PLAIN = ("legal", "status", "eligibility")


def said(name: str) -> str:
    """A group or measure in words."""
    return "Not stated" if name == "unknown" else name.replace("_", " ").capitalize()
