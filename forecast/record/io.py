"""Files of the back-test: what it reads, and the tables it leaves."""

import os
from pathlib import Path

import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.months import year_ended
from forecast.model.cases import by_year
from forecast.record import tables
from forecast.record.panel import Panel, read_panel
from forecast.sources import published
from forecast.sources.cards import read_card
from forecast.sources.files import write_text

ENGLAND = "england_by_year"
CALIBRATION = "calibration"
TAUGHT = "totals_by_origin"
SPEND_TAUGHT = "spend_by_origin"
DEFLATOR = "gdp_deflator"
RECORD = ("scope", "summary", "against_own_walk", "against_pooled_walk", "ranges", "pit", "together")


def open_england(home: Path) -> pd.DataFrame:
    """England's counts and children by year."""
    path = home / "data" / "published" / f"{ENGLAND}.csv"
    return by_year(published.prove(path, read_card(path))).set_index("year").drop(columns="area")


def open_deflator(home: Path) -> pd.Series:
    """The GDP deflator, year of the financial year's end -> index."""
    path = home / "data" / "published" / f"{DEFLATOR}.csv"
    table = published.prove(path, read_card(path))
    return pd.Series(table["deflator"].astype(float).to_numpy(), table["financial_year"].map(year_ended))


def open_council(home: Path, council: str) -> Panel:
    """The panel of one council that the project holds. Raises BadInput if there is none."""
    path = home / "data" / "published" / f"{council}_by_year.csv"
    if not path.is_file():
        raise BadInput(f"there is no {path.name} in data/published: give a panel of councils with --panel FILE.csv")
    published.prove(path, read_card(path))
    return read_panel(path)


def calibration_table(home: Path, name: str) -> pd.DataFrame:
    """A table that `forecast calibrate` or `forecast backtest --keep` made. Raises BadInput if it is not there."""
    path = home / "data" / CALIBRATION / f"{name}.csv"
    if not path.is_file():
        raise BadInput(
            f"data/{CALIBRATION}/{path.name} is missing: "
            "restore it, or make it anew from a panel of councils (see CONTRIBUTING)"
        )
    types = {"council": str} | ({} if name in (TAUGHT, SPEND_TAUGHT) else {"horizon": str})
    return pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=types)


def write_tables(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    """Each table as CSV, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        part = folder / f".{name}.part"
        write_text(part, table.to_csv(index=False, lineterminator="\n"))
        os.replace(part, folder / f"{name}.csv")


def record_told(home: Path) -> dict[str, dict]:
    """The panel's record for the answer. Raises BadInput if a table is missing."""
    names = ("scope", "summary", "against_own_walk", "against_pooled_walk", "ranges")
    return tables.told(*(calibration_table(home, f"record_{name}") for name in names))


def keep(home: Path, tables: dict[str, pd.DataFrame], council: str | None) -> None:
    """Keep what the reports show: the panel's summary and what it taught or, for one council, its own forecasts."""
    if council is None:
        kept = {f"record_{name}": tables[name] for name in RECORD}
        kept |= {name: tables[name] for name in (TAUGHT, SPEND_TAUGHT) if name in tables}
    else:
        kept = {f"record_{council}": tables["scores"]}
    write_tables(home / "data" / CALIBRATION, kept)
