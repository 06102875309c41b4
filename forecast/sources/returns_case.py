"""Returns as tables that a case can read, each with its source card: children by year, what local rates need."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from forecast.case.home import beside
from forecast.sources.cards import fingerprint

if TYPE_CHECKING:  # a case on tables that are made reads no returns
    from forecast.sources.cin import Plans
    from forecast.sources.ssda903 import Returns

CHILDREN, PLANS, PLAN_RATES = "children", "plans", "plan_exposure"
RATES = ("exposure", "starts", "open", "survival")
TEXT = {"area", "period", "measure", "breakdown", "category", "unit", "status", "source"}
TEXT |= {"age_band", "time_since_start", "placement", "uasc", "day"}
GOOD_FOR = timedelta(days=549)  # a year and a half: the next year's return is out by then
SHARE_PLACES = 6


def lac_tables(returns: "Returns", area: str) -> dict[str, pd.DataFrame]:
    """The five tables of looked-after children that a case reads."""
    from forecast.sources.returns_history import lac_table

    return {
        CHILDREN: lac_table(returns, area),
        "exposure": returns.exposure_by_year(),
        "starts": returns.entries(),
        "open": returns.open_at_end(),
        "survival": returns.survival().round(SHARE_PLACES),
    }


def cp_tables(plans: "Plans", area: str) -> dict[str, pd.DataFrame]:
    """The two tables of child protection plans that a case reads."""
    from forecast.sources.returns_history import cp_table

    return {PLANS: cp_table(plans, area), PLAN_RATES: plans.exposure()}


def contents(tables: dict[str, pd.DataFrame], name: str, area: str, last: date, made: date) -> dict[str, str]:
    """Every file by its name: NAME_TABLE.csv and its card. `last`: the last day covered; `made`: the day of reading."""
    files = {}
    for kind, table in tables.items():
        text = table.to_csv(index=False, lineterminator="\n")
        files[f"{name}_{kind}.csv"] = text
        files[f"{name}_{kind}.card.yaml"] = _card(f"{name}_{kind}", kind, table, text, area, last, made)
    return files


def _card(name: str, kind: str, table: pd.DataFrame, text: str, area: str, last: date, made: date) -> str:
    said = beside(__file__)
    described, expires = said["tables"][kind], last + GOOD_FOR
    words = {"name": name, "area": area, "title": described["title"], "last": last, "made": made, "expires": expires}
    card = {field: value.format(**words) if isinstance(value, str) else value for field, value in said["card"].items()}
    card |= {"columns": list(table.columns), "rows": len(table), "sha256": fingerprint(text.encode())}
    card |= {"key": described["key"], "numbers": [column for column in table.columns if column not in TEXT]}
    total = {
        "column": described["counted"],
        "where": {},
        "equals": float(pd.to_numeric(table[described["counted"]]).sum()),
    }
    card["control_totals"] = [total | {"why": "the sum when the returns were read"}]
    return "".join(f"{field}: {json.dumps(value, ensure_ascii=False)}\n" for field, value in card.items())


def write_tables(files: dict[str, str], folder: Path) -> list[Path]:
    """Write every file, UTF-8 with plain line ends; gives the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return [folder / name for name in files]


def in_case(name: str, of_plans: bool) -> list[str]:
    """What to put into case.yaml, under tables."""
    table, role = (f"{name}_{PLANS}", "plan_returns") if of_plans else (f"{name}_{CHILDREN}", "returns")
    return [f"children: [{table}, ...]   # with the other tables of children", f"{role}: {name}"]
