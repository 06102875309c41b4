"""The published tables a run rests on, with the day each expires."""

from datetime import date

import pandas as pd

from forecast.sources.cards import Card

COLUMNS = ["title", "publisher", "link", "period", "units", "licence", "published", "retrieved", "known_from"]
COLUMNS += ["expires", "hindsight", "hindsight_reason"]


def sources_table(cards: dict[str, Card]) -> pd.DataFrame:
    """One row a table of a case, from its source card; days as ISO text."""
    rows = [
        [value.isoformat() if isinstance(value := getattr(card, name), date) else value for name in COLUMNS]
        for card in cards.values()
    ]
    return pd.DataFrame(rows, columns=COLUMNS)
