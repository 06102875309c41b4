"""Every figure accepted, with the month it was accepted in: nothing is overwritten, and what was known can be asked for."""

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.months import MONTHS_A_YEAR, financial_year, year_months

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
            raise BadInput(
                f"figures of {vintage} cannot be added after those of {last}; expected {last} or later. Refresh the months in their order."
            )
        if rows.duplicated(KEY).any():
            raise BadInput(f"two values for one figure of {vintage}; expected one. Give each figure once.")
        added = rows[[*KEY, "value"]].sort_values(KEY).assign(vintage=vintage)[COLUMNS]
        parts = [part for part in (self.frame, added) if len(part)]
        return Vintages(pd.concat(parts, ignore_index=True)) if parts else self

    def as_known(self, vintage: str | None = None) -> pd.DataFrame:
        """month, figure, item, value as a vintage knew them; by default as they are known now. In order."""
        known = self.frame if vintage is None else self.frame[self.frame["vintage"] <= vintage]
        return known.drop_duplicates(KEY, keep="last").sort_values(KEY).reset_index(drop=True)[[*KEY, "value"]]

    def revised(self) -> pd.DataFrame:
        """Figures that were restated: vintage, month, figure, item, was, value."""
        was = self.frame.groupby(KEY)["value"].shift()
        again = self.frame.assign(was=was)[was.notna()]
        return again[["vintage", *KEY, "was", "value"]].reset_index(drop=True)


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
    counts = rows[rows["figure"] == CHILDREN].rename(columns={"item": "measure"})
    return (
        counts[["month", "measure", "value"]]
        .astype({"value": int})
        .sort_values(["month", "measure"])
        .reset_index(drop=True)
    )


def ledger_of(rows: pd.DataFrame) -> pd.DataFrame:
    """financial_year, period, month, line, budget, actual (pounds) from rows of month, figure, item, value.

    A figure that is not among the rows, as when the actual alone was restated, is missing.
    """
    money = rows[rows["figure"] != CHILDREN]
    wide = money.pivot(index=["month", "item"], columns="figure", values="value").astype(float)
    wide = (
        wide.reindex(columns=[BUDGET, ACTUAL]).reset_index().rename(columns={"item": "line"}).rename_axis(columns=None)
    )
    years = [financial_year(month) for month in wide["month"]]
    periods = [f"P{year_months(year).index(month) + 1}" for year, month in zip(years, wide["month"], strict=True)]
    return wide.assign(financial_year=years, period=periods)[
        ["financial_year", "period", "month", "line", BUDGET, ACTUAL]
    ]


def write_held(held: Held, folder: Path) -> list[Path]:
    """Write what is held as two CSV files; the same figures give the same bytes. Returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [(*row[:-1], _plain(row[-1])) for row in held.vintages.frame.itertuples(index=False)]
    return [
        _write(folder / VINTAGES_FILE, [COLUMNS, *rows]),
        _write(folder / FILES_FILE, [FILES_COLUMNS, *sorted(held.files.items())]),
    ]


def read_held(folder: Path) -> Held | None:
    """What `write_held` wrote, or None where nothing was accepted yet. Raises BadInput for a file that is not as written."""
    if not (folder / VINTAGES_FILE).is_file() and not (folder / FILES_FILE).is_file():
        return None
    rows = [_row(number, row) for number, row in enumerate(_read(folder / VINTAGES_FILE, COLUMNS), start=2)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    if not frame["vintage"].is_monotonic_increasing:
        raise BadInput(
            f"{VINTAGES_FILE}: vintages fall from one row to the next; expected rows in the order they were added. {KEEP}."
        )
    return Held(Vintages(frame), dict(_read(folder / FILES_FILE, FILES_COLUMNS)))


def _row(number: int, row: list[str]) -> tuple:
    vintage, month, figure, item, value = row
    try:
        if figure not in FIGURES or not all(
            len(when) == 7 and 1 <= int(when[5:]) <= MONTHS_A_YEAR for when in (vintage, month)
        ):
            raise ValueError
        return vintage, month, figure, item, float(value)
    except ValueError:
        raise BadInput(
            f"{VINTAGES_FILE}, row {number}: is not a figure as it was written; expected {', '.join(COLUMNS)}. {KEEP}."
        ) from None


def _plain(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value:.2f}"


def _write(path: Path, rows: list) -> Path:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8", newline="\n")
    return path


def _read(path: Path, columns: list[str]) -> list[list[str]]:
    if not path.is_file():
        raise BadInput(f"{path.name} is missing; expected it beside the other file of what is held. {KEEP}.")
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    if rows[:1] != [columns] or any(len(row) != len(columns) for row in rows):
        raise BadInput(f"{path.name}, row 1: is not as it was written; expected columns {', '.join(columns)}. {KEEP}.")
    return rows[1:]
