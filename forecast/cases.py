"""Open a case: its assumptions and its published tables, all checked before any work is done."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from forecast.assumptions import Assumptions, list_scenarios, load_scenarios
from forecast.evidence import Evidence, gather
from forecast.history import History
from forecast.inputs import published
from forecast.inputs.cards import Card, read_card
from forecast.months import last_day
from forecast.workbook import read_workbook

WHOLE_NUMBERS = ("age", "mid_year", "children", "year_to_mid", "births", "population_all_ages")


@dataclass(frozen=True)
class OpenCase:
    """A case ready to run: its evidence, its tables, and one set of assumptions for each scenario."""

    evidence: Evidence
    history: History
    tables: dict[str, pd.DataFrame]
    cards: dict[str, Card]
    scenarios: dict[str, Assumptions]

    @property
    def central(self) -> Assumptions:
        return self.scenarios["central"]


def open_case(params: Path, data: Path, council: str, month: str) -> OpenCase:
    """Read and check everything a case needs. Raises BadInput; nothing is computed before all of it holds."""
    return with_data(data, load_scenarios(params, council, month, list_scenarios(params)))


def open_workbook(params: Path, data: Path, workbook: Path) -> OpenCase:
    """The same from an officer's workbook of assumptions, which says which case it is. Raises BadInput."""
    return with_data(data, read_workbook(workbook, params))


def with_data(data: Path, scenarios: dict[str, Assumptions]) -> OpenCase:
    """A case with the tables it names, all proven. Raises BadInput."""
    case = scenarios["central"].case
    children = _names(case.tables["children"])
    single = [case.tables[role] for role in ("population", "country_population", "components", "spending", "country_by_year")]
    tables = {name: published.read(data / "published", name, last_day(case.month)) for name in [*children, *single]}
    history = History({name: tables[name] for name in children})
    evidence = gather(case, history, *(_numbers(tables[name]) for name in single[:3]), by_year(tables[case.tables["country_by_year"]]))
    cards = {name: read_card(data / "published" / f"{name}.csv") for name in tables}
    return OpenCase(evidence, history, tables, cards, scenarios)


def _names(tables: str | list[str]) -> list[str]:
    return [tables] if isinstance(tables, str) else tables


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Columns of whole numbers as numbers; the door has already proved every cell."""
    return table.astype({name: int for name in table.columns if name in WHOLE_NUMBERS})


def by_year(table: pd.DataFrame) -> pd.DataFrame:
    """A table of the country by year with its figures as numbers; a blank is a figure not held."""
    figures = [name for name in table.columns if name not in ("area", "year")]
    return table.replace({name: {"": "nan"} for name in figures}).astype({"year": int} | dict.fromkeys(figures, float))
