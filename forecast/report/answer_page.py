"""The answer on one side of A4: the question, the years ahead, why, what would change it, how far to trust it."""

import base64

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from forecast.case.months import month_in_words
from forecast.report import words
from forecast.report.charts import Chart

SHOWN = ("contingency", "looked_after")  # charts of a run
SIZE, TITLE = (4.8, 2.6), 10  # inches and letters of a chart that takes half the page
PAGES = Environment(loader=PackageLoader("forecast.report", "."), autoescape=True, undefined=StrictUndefined)
PAGES.trim_blocks = PAGES.lstrip_blocks = True


def answer_page(answer: dict, charts: dict[str, Chart]) -> str:
    """The page as HTML that needs no other file, from an answer and the charts of its run by name."""
    told = words.in_parts(answer)
    title, chance, *money = told["asked"]
    return PAGES.get_template("answer_page.html").render(
        title=title,
        chance=chance,
        money=money,
        years=years(answer),
        pictures=[picture(charts[name]) for name in SHOWN],
        why=told["why"],
        adds=adds(answer),
        scenarios=scenarios(answer),
        trust=told["trust"],
        short=words.ABBREVIATIONS,
    )


def picture(chart: Chart) -> dict[str, str]:
    """A chart as a source that a page can hold, with its alternative text; its letters are legible at half the page."""
    figure, usual = chart.figure, chart.figure.get_size_inches().copy()
    size = figure._suptitle.get_fontsize()
    figure.set_size_inches(SIZE)
    figure._suptitle.set_fontsize(TITLE)
    svg = base64.b64encode(chart.svg()).decode("ascii")
    figure.set_size_inches(usual)
    figure._suptitle.set_fontsize(size)
    return {"source": f"data:image/svg+xml;base64,{svg}", "alt": chart.alt}


def years(answer: dict) -> pd.DataFrame:
    """Net cost, variance and children by financial year."""
    now = ["Now", "", "", *(str(answer["open_at_origin"][group]) for group in ("lac", "cp"))]
    heads = ["Year", "Net cost", "Variance", "Looked-after children", "Child protection plans"]
    return pd.DataFrame([now, *words.years_ahead(answer)], columns=heads)


def adds(answer: dict) -> pd.DataFrame | None:
    """What each cause adds to children and pounds; None where causes were not looked for."""
    heads, *rows = words.what_adds(answer) or [[]]
    return pd.DataFrame(rows, columns=heads) if rows else None


def scenarios(answer: dict) -> pd.DataFrame:
    """Chance, call, what each costs or saves over all the years, and when its measure pays back."""
    rows = []
    for scenario in map(answer["scenarios"].get, words.ranked(answer)):
        held, paid = scenario["contingency"], scenario["payback"]
        month = paid and paid["month"]
        change = "" if scenario["causes"] is None else words.over_all_years(scenario)
        back = "no cost named" if change else ""
        if paid:
            likely = words.chance_in_ten(paid["chance"])
            back = f"{month_in_words(month['p50'])} ({likely})" if month else "not by then"
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
