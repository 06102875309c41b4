"""What the notebooks call: one published run, opened once, shown as words, tables and charts."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from IPython.display import Markdown

from forecast.case.errors import BadInput
from forecast.case.home import find_home, typed
from forecast.report import charts, tables, words

RUN_FOLDER = "FORECAST_RUN_FOLDER"
HISTORY = {
    "lac_stock": "Looked-after children",
    "lac_starts": "Started to be looked after",
    "lac_ceases": "Ceased to be looked after",
    "uasc_stock": "of whom UASC",
    "cp_stock": "Child protection plans",
    "cp_starts": "Plans started",
    "cp_ends": "Plans ended",
    "icpc": "Children at initial conferences",
    "s47": "Section 47 enquiries",
}


@dataclass(frozen=True)
class Run:
    """One published run."""

    folder: Path
    answer: dict

    @property
    def outturns(self) -> str | None:
        """The table of outturns to score against, if the case names one."""
        return self.answer["outturns"]

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


def say(lines: list[str]) -> Markdown:
    """Sentences as paragraphs, the first as a heading."""
    return Markdown("\n\n".join([f"**{lines[0]}**", *lines[1:]]))


def headline(run: Run) -> Markdown:
    return say(words.headline(run.answer))


def cautions(run: Run) -> Markdown:
    return say(["How sure are we?", *words.cautions(run.answer)])


def tidy(table: pd.DataFrame) -> pd.DataFrame:
    """A table without row numbers."""
    return table.set_index(table.columns[0])


def history(run: Run) -> pd.DataFrame:
    """The council's published totals by period."""
    held = run.table("history")
    held = held[(held["area"] == run.answer["data_area"]) & (held["breakdown"] == "all")]
    wide = held.assign(measure=held["measure"].map(HISTORY)).pivot(index="period", columns="measure", values="value")
    wide = wide[[name for name in HISTORY.values() if name in wide]].fillna("")
    wide.columns.name, wide.index.name = None, "31 March, or year to it"
    return wide


def years_apart(run: Run) -> pd.DataFrame:
    """Why the number of looked-after children changed over the last three years of which everything is held."""
    held = run.table("years_apart")
    if held.empty:
        return pd.DataFrame({"Cause": ["no three years are held in full"], "Children": [""]}).set_index("Cause")
    whole = pd.DataFrame([["whole", held["children"].sum()]], columns=["cause", "children"])
    table = pd.concat([held[["cause", "children"]], whole])
    title = f"Looked-after children, {words.day_in_words(held['first'].iloc[0])} to {words.day_in_words(held['last'].iloc[0])}"
    return pd.DataFrame(
        {"Cause": table["cause"].str.capitalize(), title: table["children"].map("{:+.1f}".format)}
    ).set_index("Cause")


def population(run: Run) -> pd.DataFrame:
    """Children at each 31 March and what moved them in the months to it."""
    flows = run.table("population")
    march = flows["month"].str.endswith("-03").cumsum().shift(fill_value=0)
    moved = flows.drop(columns=["month", "children at the start", "children at the end"]).groupby(march).sum()
    ends = flows.groupby(march).agg({"month": "last", "children at the end": "last"})
    whole = ends.join(moved)
    names = {name: name.replace("_", " ").capitalize() for name in whole.columns}
    rounded = whole.set_index("month").map(words.children)
    return rounded.rename(columns=names).rename_axis("To the end of")


def calibration(run: Run) -> pd.DataFrame:
    """Published beside modelled."""
    held = run.table("calibration").rename(columns=str.capitalize)
    return held.set_index(["Group", "Area", "Figure"])


def rates(run: Run) -> pd.DataFrame:
    """Rates by age: the country's, the council's, and those the forecast uses."""
    held = run.table("rates").rename(columns=str.capitalize)
    return held.set_index(["Group", "Age"])


def spread(run: Run) -> pd.DataFrame:
    """How widely simulated stocks spread."""
    return tidy(run.table("spread").rename(columns=str.capitalize))


def reconciliation(run: Run) -> pd.DataFrame:
    """Children x unit cost beside s251."""
    held = run.table("reconciliation")
    return tidy(held.rename(columns=str.capitalize))


def children_matter(run: Run) -> Markdown:
    """How much of the doubt is the number of children."""
    return Markdown(words.children_matter(run.answer))


def red_assumptions(run: Run) -> pd.DataFrame:
    """Assumptions without a source."""
    held = run.table("assumptions")
    red = held[held["Reliability"] == "Red"]
    return tidy(red[["Assumption", "Value", "Low", "High", "Unit", "Why"]].fillna(""))


__all__ = [
    "Run",
    "calibration",
    "cautions",
    "charts",
    "children_matter",
    "headline",
    "history",
    "open_run",
    "population",
    "rates",
    "reconciliation",
    "red_assumptions",
    "say",
    "spread",
    "tables",
    "tidy",
    "words",
    "years_apart",
]
