"""Every figure accepted, with the month it was accepted in: nothing is overwritten; what was known can be asked for."""

import csv
import io
import re
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.months import financial_year, period_of
from forecast.case.wording import MONTH
from forecast.sources.files import write_text

KEY = ["month", "figure", "item"]
COLUMNS = ["vintage", *KEY, "value"]
CHILDREN, BUDGET, ACTUAL = "children", "budget", "actual"
FIGURES = (CHILDREN, BUDGET, ACTUAL)
VINTAGES_FILE, FILES_FILE = "vintages.csv", "files.csv"
FILES_COLUMNS = ["sha256", "file"]
KEEP = "Restore the file as the last refresh left it"


@dataclass(frozen=True, eq=False)
class Vintages:
    """An append-only table of accepted figures: vintage, month, figure, item, value.

    vintage  the month whose refresh accepted the figure, never falling from row to row
    figure   children (item is a measure), budget or actual (item is a cost line; pounds)
    """

    frame: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=COLUMNS))

    def with_rows(self, vintage: str, rows: pd.DataFrame) -> "Vintages":
        """The same with more rows (month, figure, item, value). Raises BadInput for a vintage before the last."""
        if len(self.frame) and vintage < self.frame["vintage"].iloc[-1]:
            last = self.frame["vintage"].iloc[-1]
            expected = f"expected {last} or later. Refresh the months in their order."
            raise BadInput(f"figures of {vintage} cannot be added after those of {last}; {expected}")
        if rows.duplicated(KEY).any():
            raise BadInput(f"two values for one figure of {vintage}; expected one. Give each figure once.")
        added = rows[[*KEY, "value"]].sort_values(KEY).assign(vintage=vintage)[COLUMNS]
        parts = [part for part in (self.frame, added) if len(part)]
        return Vintages(pd.concat(parts, ignore_index=True)) if parts else self

    def as_known(self, vintage: str | None = None) -> pd.DataFrame:
        """month, figure, item, value as a vintage knew them; by default as they are known now. In order."""
        known = self.frame if vintage is None else self.frame[self.frame["vintage"] <= vintage]
        return known.drop_duplicates(KEY, keep="last").sort_values(KEY).reset_index(drop=True)[[*KEY, "value"]]


@dataclass(frozen=True, eq=False)
class Held:
    """What was accepted so far: figures by vintage, and the files they came in (sha256 -> the name messages use)."""

    vintages: Vintages = field(default_factory=Vintages)
    files: dict[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> pd.DataFrame:
        """month, measure, value as known now."""
        return counts_of(self.vintages.as_known())

    @property
    def ledger(self) -> pd.DataFrame:
        """financial_year, period, month, line, budget, actual as known now."""
        return ledger_of(self.vintages.as_known())


def counts_of(rows: pd.DataFrame) -> pd.DataFrame:
    """month, measure, value from rows of month, figure, item, value."""
    counts = rows[rows["figure"] == CHILDREN].rename(columns={"item": "measure"}).astype({"value": int})
    return counts[["month", "measure", "value"]].sort_values(["month", "measure"], ignore_index=True)


def ledger_of(rows: pd.DataFrame) -> pd.DataFrame:
    """financial_year, period, month, line, budget, actual (pounds) from rows of month, figure, item, value.

    A figure that is not among the rows, as when the actual alone was restated, is missing.
    """
    money = rows[rows["figure"] != CHILDREN]
    wide = money.pivot(index=["month", "item"], columns="figure", values="value").astype(float)
    wide = wide.reindex(columns=[BUDGET, ACTUAL]).rename_axis(columns=None).rename_axis(["month", "line"]).reset_index()
    wide["financial_year"], wide["period"] = (wide["month"].map(name) for name in (financial_year, period_of))
    return wide[["financial_year", "period", "month", "line", BUDGET, ACTUAL]]


def write_held(held: Held, folder: Path) -> list[Path]:
    """Write what is held as two CSV files; the same figures give the same bytes. Returns the files."""
    rows = [(*row[:-1], f"{row[-1]:.{0 if row[-1] == int(row[-1]) else 2}f}") for row in held.vintages.frame.to_numpy()]
    tables = {VINTAGES_FILE: [COLUMNS, *rows], FILES_FILE: [FILES_COLUMNS, *sorted(held.files.items())]}
    for name, table in tables.items():
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(table)
        write_text(folder / name, text.getvalue())
    return [folder / name for name in tables]


def read_held(folder: Path) -> Held | None:
    """What `write_held` wrote, or None where nothing was accepted yet. Raises BadInput for a file not as written."""
    if not (folder / VINTAGES_FILE).is_file() and not (folder / FILES_FILE).is_file():
        return None
    rows = [_row(number, row) for number, row in enumerate(_read(folder / VINTAGES_FILE, COLUMNS), start=2)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    if not frame["vintage"].is_monotonic_increasing:
        what = "vintages fall from one row to the next; expected rows in the order they were added"
        raise BadInput(f"{VINTAGES_FILE}: {what}. {KEEP}.")
    return Held(Vintages(frame), dict(_read(folder / FILES_FILE, FILES_COLUMNS)))


def _row(number: int, row: list[str]) -> tuple:
    *names, value = row
    try:
        if names[2] not in FIGURES or not all(re.fullmatch(MONTH, month) for month in names[:2]):
            raise ValueError
        return *names, float(value)
    except ValueError:
        what = f"is not a figure as it was written; expected {', '.join(COLUMNS)}"
        raise BadInput(f"{VINTAGES_FILE}, row {number}: {what}. {KEEP}.") from None


def _read(path: Path, columns: list[str]) -> list[list[str]]:
    if not path.is_file():
        raise BadInput(f"{path.name} is missing; expected it beside the other file of what is held. {KEEP}.")
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    if rows[:1] != [columns] or any(len(row) != len(columns) for row in rows):
        raise BadInput(f"{path.name}, row 1: is not as it was written; expected columns {', '.join(columns)}. {KEEP}.")
    return rows[1:]
