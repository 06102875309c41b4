"""The answer on one side of A4: the question, the years ahead, why, what would change it, how far to trust it."""

import base64

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from forecast.case.months import month_in_words
from forecast.report import words
from forecast.report.charts import Chart

SHOWN = ("contingency", "looked_after")  # charts of a run
MOST_NAMED = 3  # assumptions
PAGES = Environment(loader=PackageLoader("forecast.report", "."), autoescape=True, undefined=StrictUndefined)
PAGES.trim_blocks = PAGES.lstrip_blocks = True


def answer_page(answer: dict, charts: dict[str, Chart]) -> str:
    """The page as HTML that needs no other file, from an answer and the charts of its run by name."""
    title, chance, outturn, lac, cp, *lines = words.headline(answer)
    call, sure = ([line for line in lines if line.startswith(start)] for start in ("Expected call", "To be 80%"))
    why = [line for line in lines if line.startswith("What drives it") or "nothing new to happen" in line]
    return PAGES.get_template("answer_page.html").render(
        title=title,
        chance=chance,
        money=[outturn, *call, *sure, f"{lac} {cp}"],
        years=years(answer),
        pictures=[picture(charts[name]) for name in SHOWN],
        why=why,
        scenarios=scenarios(answer),
        trust=trust(answer),
    )


def picture(chart: Chart) -> dict[str, str]:
    """A chart as a source that a page can hold, with its alternative text."""
    svg = base64.b64encode(chart.pictures(words.COLUMNS)[0]).decode("ascii")
    return {"source": f"data:image/svg+xml;base64,{svg}", "alt": chart.alt}


def years(answer: dict) -> pd.DataFrame:
    """Net cost, variance and children by financial year."""
    return pd.DataFrame(words.years_ahead(answer), columns=["Year", "Net cost", "Variance", "LAC", "CP"])


def scenarios(answer: dict) -> pd.DataFrame:
    """Chance, call, what each costs or saves over all the years, and when its measure pays back."""
    rows = []
    for scenario in map(answer["scenarios"].get, words.ranked(answer)):
        held, paid = scenario["contingency"], scenario["payback"]
        month = paid and paid["month"]
        change = "" if scenario["causes"] is None else words.cost_direction(words.four_years(scenario))
        likely = paid and words.chance_in_ten(paid["chance"])
        back = "" if not paid else f"{month_in_words(month['p50'])} ({likely})" if month else "not by then"
        rows.append(
            [scenario["name"], words.percent(held["chance_holds"]), words.money(held["call"]["mean"]), change, back]
        )
    heads = [
        "Scenario",
        "Chance",
        "Call this year",
        f"Net cost over {len(answer['scenarios']['central']['cost'])} years",
    ]
    return pd.DataFrame(rows, columns=[*heads, "Pays back (chance)"])


def trust(answer: dict) -> list[str]:
    """The record in a line each, the assumptions that matter most in pounds, and how many have no source."""
    lines = [
        f"{words.GROUP_NAMES[group]}: the 80% range held {words.percent(held['inside'])} of "
        f"{held['forecasts']:,} past outturns of {held['councils']} councils."
        for group, held in answer["record"].items()
    ]
    for row in answer["sensitivities"]["assumptions"][:MOST_NAMED]:
        ends = [words.money_signed(row[end]) for end in ("call_at_low", "call_at_high")]
        lines.append(f"{row['assumption']}: the call moves by {ends[0]} at its low, {ends[1]} at its high.")
    return [*lines, f"{len(answer['red_assumptions'])} assumptions have no source; assumptions.md lists them first."]
