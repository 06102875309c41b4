"""What the page is sent: sentences, charts and tables, all in words already, so that the browser only shows them."""

from forecast.live.drawing import draw
from forecast.live.live import CALL, CENTRAL, CHANCE, EXHAUSTION, PAGE, Live, Shown
from forecast.report import tables, words
from forecast.report.charts import BLUE, PURPLE
from forecast.report.words import month_in_words

COLOURS = {"lac": BLUE, "cp": PURPLE}
FIGURES = ["Net cost", "Variance", "Looked-after children", "Child protection plans"]
SENTENCE_OF = {"lac": 3, "cp": 4}  # places in the sentences of the answer page


def view(live: Live, shown: Shown) -> dict:
    """Everything the page shows of one position of the levers."""
    sentences, held, change = (
        shown.sentences,
        shown.scenario["contingency"],
        shown.scenario["difference_from_central"]["call"],
    )
    apart = (0, CALL, CHANCE, EXHAUSTION)
    return {
        "title": sentences[0],
        "chance": sentences[CHANCE],
        "call": sentences[CALL],
        "exhaustion": sentences[EXHAUSTION],
        "against": f"Expected call against central: {words.cost_direction(change['mean'])} "
        f"(80% range of the difference {words.spread(change, words.money)}).",
        "sentences": [sentence for place, sentence in enumerate(sentences) if place not in apart],
        "charts": {"contingency": contingency_fan(shown)} | {group: children_fan(shown, group) for group in COLOURS},
        "near": {group: children_fan(shown, group, near=True) for group in COLOURS},
        "years": {"columns": ["Year", *FIGURES], "rows": (years := words.years_ahead(shown.answer, PAGE))},
        "pinned": [
            ["Chance that it holds", words.percent(held["chance_holds"])],
            ["Expected call", words.money(held["call"]["mean"])],
            *([f"{name}, {year}", said] for year, *told in years for name, said in zip(FIGURES, told, strict=True)),
        ],
        "children": children_table(shown),
        "cost": rows_of(tables.table("cost_by_line", shown.answer, PAGE)),
        "months": rows_of(tables.table("contingency", shown.answer, PAGE)),
        "changed": changed(live, shown),
        "values": {key: shown.assumptions.value(key) for key in live.levers},
    }


def rows_of(table) -> dict:
    """A table as column names and rows of text."""
    return {"columns": list(table.columns), "rows": table.astype(str).to_numpy().tolist()}


def children_table(shown: Shown) -> dict:
    """Children now and at the year's end, beside the central case."""
    month, rows, count = words.year_end_month(shown.answer), [], words.children
    for group, name in words.GROUP_NAMES.items():
        here, central = (words.at_month(shown.month_ends(group, slug), month) for slug in (PAGE, CENTRAL))
        now, range_ = shown.answer["open_at_origin"][group], words.spread(here, count)
        rows.append([name, count(now), count(here["mean"]), range_, count(central["mean"])])
    return {"columns": ["Children", "Now", f"By {month_in_words(month)}", "80% range", "Central"], "rows": rows}


def contingency_fan(shown: Shown) -> str:
    """The call on the contingency month by month against the contingency."""
    here, central = (shown.answer["scenarios"][slug]["contingency"] for slug in (PAGE, CENTRAL))
    fan = {
        "name": "contingency",
        "title": shown.sentences[CHANCE],
        "description": "Line chart of the call on the contingency to date, April to March, with its 80% range and the "
        f"central case. {shown.sentences[CALL]}",
        "labelled": {row["month"]: month_in_words(row["month"])[:3] for row in here["call_by_month"]},
        "line": (here["amount"], f"Contingency {words.money(here['amount'])}"),
        "colour": BLUE,
    }
    return draw(fan, here["call_by_month"], central["call_by_month"], words.money)


def children_fan(shown: Shown, group: str, near: bool = False) -> str:
    """Children at every month end, the Marches named; `near`: of the budget year alone."""
    last, name = words.year_end_month(shown.answer) if near else shown.answer["horizon"], words.GROUP_NAMES[group]
    rows, central = ([row for row in shown.month_ends(group, slug) if row["month"] <= last] for slug in (PAGE, CENTRAL))
    marches = [row["month"] for row in rows if row["month"].endswith("-03")]
    fan = {
        "name": group,
        "title": f"{name} at month end",
        "description": f"Line chart of {name.lower()} at month end with the 80% range and the central case. "
        f"{shown.sentences[SENTENCE_OF[group]]}",
        "labelled": {month: month_in_words(month) for month in marches},
        "line": None,
        "colour": COLOURS[group],
    }
    return draw(fan, rows, central, words.children)


def changed(live: Live, shown: Shown) -> list[dict]:
    """What differs from the central case, in words; `own` where the page has a lever for it."""
    rows = []
    for change in shown.assumptions.differs:
        key, lever = change.key, live.levers.get(change.key)
        central, here = (lever.said(v) if lever else f"{v:,.10g}" for v in (change.central, change.scenario))
        name = shown.assumptions.catalogue.items[key].description
        rows.append({"key": key, "name": name, "central": central, "here": here, "own": lever is not None})
    return rows
