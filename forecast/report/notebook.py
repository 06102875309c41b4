"""A published run opened for pages and notebooks, and what notebooks show that is neither picture nor view."""

import html
import json
import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.home import find_home, typed
from forecast.report.words import children, round_half_up

RUN_FOLDER = "FORECAST_RUN_FOLDER"
FEW = 100  # below it a figure is shown with a decimal


@dataclass(frozen=True)
class Run:
    """One published run."""

    folder: Path
    answer: dict

    def table(self, name: str) -> pd.DataFrame:
        """A table of the run as it was written."""
        return pd.read_parquet(self.folder / "tables" / f"{name}.parquet")


def open_run(run: str) -> Run:
    """A run by its name, such as slough/2011-06. Raises BadInput with the command that makes it."""
    folder = Path(os.environ[RUN_FOLDER]) if RUN_FOLDER in os.environ else find_home() / "runs" / run
    path = folder / "answer.json"
    if not path.is_file():
        council, _, month = run.partition("/")
        raise BadInput(f"there is no run {run}. Make it with: {typed(f'run --council {council} --month {month}')}")
    return Run(folder, json.loads(path.read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Said:
    """Sentences as a notebook shows them, the first as a heading."""

    lines: list[str]

    def __repr__(self) -> str:
        return "\n".join(self.lines)

    def _repr_html_(self) -> str:
        first, *rest = (html.escape(line) for line in self.lines)
        return "".join([f"<p><strong>{first}</strong></p>", *(f"<p>{line}</p>" for line in rest)])


def tidy(table: pd.DataFrame) -> pd.DataFrame:
    """A table without row numbers."""
    return table.set_index(table.columns[0])


def check_table(name: str, rows: list[dict]) -> pd.DataFrame:
    """A check of the model for reading: calibration, rates, spread or reconciliation."""
    table = pd.DataFrame(rows).rename(columns=lambda column: column[:1].upper() + column[1:])
    keys = {"calibration": ["Group", "Area", "Figure"], "rates": ["Group", "Age"], "spread": ["Group", "Years ahead"]}

    def shown(value, pounds: bool) -> str:
        if isinstance(value, str) or pd.isna(value):
            return value if isinstance(value, str) else ""
        if pounds:
            return f"{'-' if value < 0 else ''}£{round_half_up(abs(value)):,}"
        return children(value) if abs(value) >= FEW else f"{value:.3g}"

    for column in table.columns.drop(keys.get(name, ["Line"])):
        table[column] = table[column].map(partial(shown, pounds=name == "reconciliation" and "%" not in column))
    return table.set_index(keys.get(name, ["Line"]))
