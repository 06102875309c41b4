"""A published run as the workbook needs it: read once, whole, or refused with what to do."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
from pyarrow import ArrowInvalid

from forecast.case.errors import BadInput
from forecast.case.months import year_months
from forecast.money.ledger import ACTUAL
from forecast.report.model import PRIVATE, PUBLIC
from forecast.report.schema import VERSION, answer_schema

TABLES = ("assumptions", "history", "calibration", "reconciliation", "monthly")
SOURCES = "sources"  # held by newer runs only
CENTRAL = "central"
ID_LETTERS = 10  # as many as name the run in its council's log
AGAIN = "Make the run again with this version of the program"


@dataclass(frozen=True)
class Run:
    """One published run and what the workbook is asked to be.

    name      the run for ever, such as 2011-06-3fa9c1d2e4
    tables    name -> table as it was written
    sources   the published tables it rests on, or None where the run does not list them
    previous  the last month's answer, or None
    hidden    measure and period of what disclosure control hides of the council's own history
    """

    name: str
    answer: dict
    tables: dict[str, pd.DataFrame]
    sources: pd.DataFrame | None
    manifest: dict
    as_of: date
    marking: str
    previous: dict | None
    hidden: frozenset[str] = frozenset()

    @property
    def title(self) -> str:
        return f"{self.answer['title']} Workbook"

    @property
    def year(self) -> str:
        """The budget year."""
        return self.answer["financial_year"]

    @property
    def months(self) -> list[str]:
        """The twelve months of the budget year."""
        return year_months(self.year)

    @property
    def central(self) -> dict:
        return self.answer["scenarios"][CENTRAL]

    @property
    def scenarios(self) -> dict[str, dict]:
        """Slug -> scenario, the central one first."""
        return {CENTRAL: self.central, **self.answer["scenarios"]}

    @property
    def public(self) -> bool:
        return self.marking == PUBLIC

    def monthly(self, slug: str) -> pd.DataFrame:
        """The budget year's months of one scenario: a row a line and month."""
        held = self.tables["monthly"]
        return held[(held["scenario"] == slug) & (held["financial_year"] == self.year)]

    @property
    def basis(self) -> dict[str, str]:
        """Month of the budget year -> actual, estimated or forecast."""
        held = self.monthly(CENTRAL).drop_duplicates("month")
        return dict(zip(held["month"], held["basis"], strict=True))


def read_run(folder: Path, as_of: date, marking: str, previous: Path | None, hidden: frozenset[str]) -> Run:
    """The run in a folder. Raises BadInput naming the file and what to do."""
    answer = _answer(folder)
    if as_of < date.fromisoformat(answer["origin"]):
        raise BadInput(
            f"the workbook is to be of {as_of:%d.%m.%Y} and the run's figures go up to {answer['origin']}. "
            "Give a later day"
        )
    tables = {name: _table(folder, name) for name in TABLES}
    sources = _table(folder, SOURCES) if (folder / "tables" / f"{SOURCES}.parquet").is_file() else None
    before = None if previous is None else _answer(previous)
    same = before is None or all(before[part] == answer[part] for part in ("council", "financial_year"))
    if not same or (before and before["month"] >= answer["month"]):
        raise BadInput(
            f"{previous.name} is of {before['area']}, {before['month']}, budget year {before['financial_year']}; "
            f"expected an earlier month of {answer['area']} than {answer['month']} in {answer['financial_year']}. "
            "Give the run of the month before, or none"
        )
    manifest = _json(folder, "manifest.json")
    made = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    name = f"{folder.name}-{made[:ID_LETTERS]}"
    run = Run(name, answer, tables, sources, manifest, as_of, marking, before, hidden)
    for slug, scenario in run.scenarios.items():
        held, lines = run.monthly(slug), scenario["cost"][run.year]["lines"]
        whole = len(held) == len(run.months) * len(lines) and set(held["line"]) == set(lines)
        if held.duplicated(["month", "line"]).any() or not whole:
            raise BadInput(
                f"{folder.name}: the table of months does not hold each month of {run.year} and each cost line once "
                f"for every scenario. {AGAIN}"
            )
    if run.public and ACTUAL in run.basis.values():
        raise BadInput(
            f"{folder.name}: actual spending by line may stand for a few children, so this workbook cannot be public. "
            f"Mark it {PRIVATE}"
        )
    return run


def _answer(folder: Path) -> dict:
    held = _json(folder, "answer.json")
    whole = held.get("schema") == VERSION and all(part in held for part in answer_schema()["required"])
    if not whole or held["sensitivities"] is None:
        raise BadInput(f"{folder.name}: answer.json was made by another version of the program. {AGAIN}")
    return held


def _json(folder: Path, name: str) -> dict:
    try:
        return json.loads((folder / name).read_text(encoding="utf-8"))
    except OSError:
        raise BadInput(
            f"{folder.name}: {name} is missing, so this is not a published run. Give the folder of one, such as "
            "runs/slough/2011-06"
        ) from None
    except ValueError:
        raise BadInput(f"{folder.name}: {name} is damaged. {AGAIN}") from None


def _table(folder: Path, name: str) -> pd.DataFrame:
    try:
        return pd.read_parquet(folder / "tables" / f"{name}.parquet")
    except (OSError, ArrowInvalid):
        raise BadInput(f"{folder.name}: tables/{name}.parquet is missing or damaged. {AGAIN}") from None
