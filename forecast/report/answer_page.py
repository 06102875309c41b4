"""The answer on one side of A4: the question, the years ahead, why, what would change it, how far to trust it."""

import base64
import pickle
import re
import textwrap

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from forecast.report import words
from forecast.report.charts import Chart
from forecast.report.tables import filled

SHOWN = ("contingency", "looked_after")  # charts of a run
SIZE, TITLE = (4.8, 2.2), 10  # inches and letters of a chart that takes half the page
TICKS, TO_A_LINE = 8, 55  # letters of its axes, and how many of its subtitle fill a line
PAGES = Environment(loader=PackageLoader("forecast.report", "."), autoescape=True, undefined=StrictUndefined)
PAGES.trim_blocks = PAGES.lstrip_blocks = True


def answer_page(answer: dict, charts: dict[str, Chart]) -> str:
    """The page as HTML that needs no other file, from an answer and the charts of its run by name."""
    told = words.in_parts(answer)
    title, chance, *money = told["asked"]
    return PAGES.get_template("answer_page.html").render(
        unbroken=unbroken,
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


def unbroken(escaped: str) -> str:
    """A sentence of the page, in which no line ends between a sign and its pounds."""
    return re.sub(r"[-+]£[\d,]+", r'<span class="n">\g<0></span>', str(escaped))


def picture(chart: Chart) -> dict[str, str]:
    """A chart as a source that a page can hold, with its alternative text; its letters are legible at half the page."""
    figure = pickle.loads(pickle.dumps(chart.figure))  # a copy: the run's own chart keeps its size
    figure.set_size_inches(SIZE)
    figure._suptitle.set_fontsize(TITLE)
    for axes in figure.axes:
        axes._left_title.set_text(textwrap.fill(axes.get_title("left"), TO_A_LINE))
        axes.tick_params(labelsize=TICKS)
    svg = base64.b64encode(Chart(figure, chart.title, chart.alt).svg()).decode("ascii")
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
    ranked = [answer["scenarios"][slug] for slug in words.ranked(answer)]
    return filled("answer_page", answer, ranked, words.over_all_years, words.four_years)
