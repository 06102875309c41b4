"""What the page is sent: sentences, charts and tables, all in words already, so that the browser only shows them."""

from forecast.live import drawing
from forecast.live.drawing import Fan
from forecast.live.live import CALL, CENTRAL, CHANCE, EXHAUSTION, PAGE, Live, Shown
from forecast.report import tables, words
from forecast.report.charts import BLUE, PURPLE

COLOURS = {"lac": BLUE, "cp": PURPLE}
SENTENCE_OF = {"lac": 1, "cp": 2}  # places in the sentences of the answer page


def view(live: Live, shown: Shown) -> dict:
    """Everything the page shows of one position of the levers."""
    sentences = shown.sentences
    return {
        "title": sentences[0],
        "chance": sentences[CHANCE],
        "call": sentences[CALL],
        "exhaustion": sentences[EXHAUSTION],
        "against": against_central(shown),
        "sentences": [
            sentence for place, sentence in enumerate(sentences) if place not in (0, CALL, CHANCE, EXHAUSTION)
        ],
        "charts": {
            "contingency": drawing.draw(contingency_fan(shown)),
            **{group: drawing.draw(children_fan(shown, group)) for group in COLOURS},
        },
        "children": children_table(shown),
        "cost": rows_of(tables.cost_by_line(shown.answer, PAGE, shown.year)),
        "months": rows_of(tables.contingency(shown.answer, PAGE)),
        "changed": changed(live, shown),
        "values": {key: shown.assumptions.value(key) for key in live.levers},
    }


def against_central(shown: Shown) -> str:
    """The expected call beside the central one."""
    change = shown.against_central
    return f"Expected call against central: {words.cost_direction(change['mean'])} (80% range of the difference {words.spread(change, words.money)})."


def rows_of(table) -> dict:
    """A table as column names and rows of text."""
    return {"columns": list(table.columns), "rows": table.astype(str).to_numpy().tolist()}


def children_table(shown: Shown) -> dict:
    """Children now and at the year's end, beside the central case."""
    month, rows = words.year_end_month(shown.answer), []
    for group, name in words.GROUP_NAMES.items():
        here, central = (words.at_month(_month_ends(shown, group, slug), month) for slug in (PAGE, CENTRAL))
        now = shown.answer["open_at_origin"][group]
        rows.append(
            [
                name,
                words.children(now),
                words.children(here["mean"]),
                words.spread(here, words.children),
                words.children(central["mean"]),
            ]
        )
    by = f"By {words.month_in_words(month)}"
    return {"columns": ["Children", "Now", by, "80% range", "Central"], "rows": rows}


def _month_ends(shown: Shown, group: str, slug: str = PAGE) -> list[dict]:
    return shown.answer["scenarios"][slug]["children"][group]["month_ends"]


def contingency_fan(shown: Shown) -> Fan:
    """The call on the contingency month by month against the contingency."""
    here, central = (shown.answer["scenarios"][slug]["contingency"] for slug in (PAGE, CENTRAL))
    rows, sentences = here["call_by_month"], shown.sentences
    described = f"Line chart of the call on the contingency to date, April to March, with its 80% range and the central case. {sentences[CALL]}"
    line = (here["amount"], f"Contingency {words.money(here['amount'])}")
    return Fan(
        "contingency",
        sentences[CHANCE],
        described,
        rows,
        central["call_by_month"],
        words.money,
        drawing.by_month(rows),
        line,
    )


def children_fan(shown: Shown, group: str) -> Fan:
    """Children at every month end."""
    rows, name = _month_ends(shown, group), words.GROUP_NAMES[group]
    described = f"Line chart of {name.lower()} at month end with the 80% range and the central case. {shown.sentences[SENTENCE_OF[group]]}"
    beside = _month_ends(shown, group, CENTRAL)
    return Fan(
        group,
        f"{name} at month end",
        described,
        rows,
        beside,
        words.children,
        drawing.by_year_end(rows),
        colour=COLOURS[group],
    )


def changed(live: Live, shown: Shown) -> list[dict]:
    """What differs from the central case, in words; `own` where the page has a lever for it."""
    items, rows = shown.assumptions.catalogue.items, []
    for one in shown.assumptions.differs:
        lever = live.levers.get(one.key)
        central, here = (lever.said(value) if lever else f"{value:,.10g}" for value in (one.central, one.scenario))
        rows.append(
            {
                "key": one.key,
                "name": items[one.key].description,
                "central": central,
                "here": here,
                "own": lever is not None,
            }
        )
    return rows
