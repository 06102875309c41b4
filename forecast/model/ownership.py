"""Whose figures a case's tables hold: a table that says the same of this council as another one does of another."""

from pathlib import Path

import pandas as pd

from forecast.case import held_elsewhere, read_bands, unusual
from forecast.case.errors import BadInput
from forecast.model.cases import OpenCase, made_by

NOT_FIGURES = ("area", "source", "status", "la_name", "la_code", "ons_code")
FEW = 3  # rows: fewer may be alike by chance


def copied_tables(case: OpenCase, data: Path) -> list[str]:
    """Sentences about tables of the case that are of another area, or that hold, under the council's name, the figures
    of another area's table."""
    of, area, said = case.central.case, case.central.case.area, []
    for role in ("population", "components"):
        areas = sorted(set(case.tables[of.tables[role]]["area"]))
        if area not in areas:
            said.append(f"{of.tables[role]}.csv ({role}) holds {', '.join(areas)}, not {area}. {made_by(of)}")
    others = [path for path in sorted(data.rglob("*.csv")) if path not in case.files.values()]
    for name, table in case.tables.items():
        own = _figures(table, area)
        if len(own) < FEW:
            continue
        for path in others:
            for other, figures in _areas_of(path, list(table.columns), area).items():
                if figures == own:
                    said.append(f"{name}.csv holds the very figures that {path.name} holds of {other}")
    return said


def unusual_figures(case: OpenCase, params: Path, data: Path) -> list[str]:
    """Sentences about what is unusual in a case and its scenarios beside the other figures held. Raises BadInput."""
    prices = pd.read_csv(data / "published" / "gdp_deflator.csv").set_index("financial_year")["deflator"].to_dict()
    return unusual(case.scenarios, held_elsewhere(params, case.central), read_bands(data), prices)


def _figures(table: pd.DataFrame, area: str) -> list[tuple]:
    rows = table[table["area"] == area] if "area" in table else table[:0]
    return sorted(rows.drop(columns=[name for name in NOT_FIGURES if name in rows]).itertuples(index=False, name=None))


def _areas_of(path: Path, columns: list[str], but: str) -> dict[str, list[tuple]]:
    """area -> figures of a table with the same columns; none of one that has others."""
    with path.open(encoding="utf-8", errors="replace") as file:
        if file.readline().strip().split(",") != columns:
            return {}
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except ValueError as error:
        raise BadInput(f"{path.name} cannot be read as a table. Restore it, or take it out of data") from error
    return {area: _figures(table, area) for area in table["area"].unique() if area != but} if "area" in table else {}
