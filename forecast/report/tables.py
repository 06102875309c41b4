"""Tables a person reads: plain column names, rounded figures, one row a fact. Their rows stand in tables.jinja."""

import json

import pandas as pd

from forecast.report.words import GROUP_NAMES as NAMES
from forecast.report.words import MEASURES, lines, year_end_month

GROUP_NAMES = NAMES | {"uasc": MEASURES["uasc_stock"]}


def table(name: str, answer: dict, slug: str = "central") -> pd.DataFrame:
    """A table of an answer, every cell as text: year_ends, cost_by_line, four_years, contingency, enough, activity,
    chance_by_budget and recovery are of one scenario (`slug`); scenarios, differences, comparison, net_by_year, causes,
    payback, sensitivities and levers of all.
    """
    return filled(name, answer, answer["scenarios"].get(slug), year_end_month(answer))


def filled(name: str, *facts) -> pd.DataFrame:
    """A table of tables.jinja of the facts that its macro takes."""
    head, *rows = map(json.loads, lines(name, *facts, page="tables"))
    return pd.DataFrame(rows, columns=head)
