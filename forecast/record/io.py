"""Files of the back-test: what it reads, and the tables it leaves."""

import os
from pathlib import Path

import pandas as pd

from forecast.case.errors import BadInput
from forecast.demand.plan import group_norms
from forecast.demand.population import Deaths
from forecast.model.cases import by_year, open_case
from forecast.record import calibrate, tables
from forecast.record.chain import England
from forecast.record.panel import MEASURES, Panel, read_panel
from forecast.sources import published
from forecast.sources.cards import read_card
from forecast.sources.files import write_text

ENGLAND = "england_by_year"
CALIBRATION = "calibration"
TREND, CHANGES = "trend", "change_quantiles"
RECORD = ("scope", "summary", "against_own_walk", "ranges", "pit", "population")


def open_england(home: Path, council: str, month: str) -> tuple[England, dict]:
    """England as the back-test needs it, from a reference case's ages and stays, and the case's norms."""
    case = open_case(home / "params", home / "data", council, month)
    path = home / "data" / "published" / f"{ENGLAND}.csv"
    years = by_year(published.prove(path, read_card(path))).set_index("year").drop(columns="area")
    value = case.central.value
    deaths = Deaths(value("population.deaths_under_1"), value("population.deaths_1_to_17"))
    groups = {measure: getattr(case.evidence, measure) for measure in MEASURES}
    return England(years, groups, case.evidence.country_children, deaths), group_norms(case.central)


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
    types = {"council": str} | ({} if name == CHANGES else {"horizon": str})
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
    names = ("scope", "summary", "against_own_walk", "ranges")
    return tables.told(*(calibration_table(home, f"record_{name}") for name in names))


def keep(home: Path, tables: dict[str, pd.DataFrame], council: str | None) -> None:
    """Keep what the reports show: the panel's summary or, for one council, its own forecasts."""
    of_panel = {f"record_{name}": tables[name] for name in RECORD}
    write_tables(home / "data" / CALIBRATION, of_panel if council is None else {f"record_{council}": tables["scores"]})


def calibrated(panel: Panel, england: England, norms: dict, workers: int, seed: int, said) -> dict[str, pd.DataFrame]:
    """The tables of data/calibration: the figures of trend and drift, and the pooled walk's quantiles."""
    councils = [council for council in panel.councils if calibrate.tunes(council)]
    changes = pd.concat(
        [calibrate.change_quantiles(panel, measure, councils) for measure in MEASURES], ignore_index=True
    )
    figures = calibrate.parameters(calibrate.Settings(panel, england, norms), workers, seed, said)
    return {TREND: figures.round({"value": 4}), CHANGES: changes}
