"""What happened after a forecast's origin: read to score a forecast, never to make one."""

from pathlib import Path

import pandas as pd

from forecast.sources.cards import read_card
from forecast.sources.published import prove


def read(folder: Path, table: str) -> pd.DataFrame:
    """An outturn table as text columns, proved against its card. Raises BadInput as published.read does."""
    path = folder / f"{table}.csv"
    return prove(path, read_card(path))
