"""The published tables a run rests on, with the day each expires."""

from datetime import date

import pandas as pd

from forecast.report.words import day_in_words
from forecast.report.workbook.cells import NOT_APPLICABLE, Column, Sheet
from forecast.report.workbook.run import Run
from forecast.sources.cards import Card

COLUMNS = [
    "title",
    "publisher",
    "link",
    "period",
    "units",
    "licence",
    "published",
    "retrieved",
    "known_from",
    "expires",
    "hindsight",
    "hindsight_reason",
]


def sources_table(cards: dict[str, Card]) -> pd.DataFrame:
    """One row a table of a case, from its source card; days as ISO text."""
    rows = [
        [value.isoformat() if isinstance(value := getattr(card, name), date) else value for name in COLUMNS]
        for card in cards.values()
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def sources(run: Run) -> Sheet | None:
    """The published tables; None where the run does not list them."""
    if run.sources is None:
        return None
    columns = (
        Column("Table", width=48),
        Column("Publisher", width=28),
        Column("Period", width=18),
        Column("Unit", width=20),
        Column("Published", width=20),
        Column("Expires", width=20),
        Column("Why a figure known only later is used", width=44),
        Column("Licence", width=28),
        Column("Link", width=60),
    )
    rows = tuple(
        (
            row["title"],
            row["publisher"],
            row["period"],
            row["units"],
            day_in_words(row["published"]),
            day_in_words(row["expires"]),
            row["hindsight_reason"] if row["hindsight"] else NOT_APPLICABLE,
            row["licence"],
            row["link"],
        )
        for row in run.sources.to_dict("records")
    )
    about = ("A table is not to be used after the day it expires: a later edition is then expected.",)
    return Sheet(
        "Sources",
        "Sources",
        "Sources: the published tables the run rests on",
        "Published tables, licences and the day each expires",
        about,
        columns,
        rows,
    )


def expiry(run: Run) -> tuple[str, str]:
    """The first day on which an input falls due, ISO, and what that day is."""
    review = min(pd.Timestamp(day).date().isoformat() for day in run.tables["assumptions"]["Review by"])
    lapses = (
        []
        if run.sources is None
        else [(row["expires"], f'when the table "{row["title"]}" expires') for row in run.sources.to_dict("records")]
    )
    return min([(review, "the earliest review date of an input"), *lapses])
