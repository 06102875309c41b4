"""How the mix of looked-after children moves, from councils' published counts by age, placement and legal status."""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit, logit

from forecast.case.ages import LAC_BANDS
from forecast.case.errors import BadInput
from forecast.demand.mix import HOMES, PROCEEDINGS, UASC
from forecast.record.panel import Panel, read_rows
from forecast.record.strict import HORIZONS, LEAST_COUNT

MIX = "mix"
# What a file of counts has: its columns of council, year, what is counted, category and children.
LAYOUTS = (
    ("la_code", "year", "dimension", "category", "value_as_published"),
    ("old_la_code", "time_period", "characteristic", "breakdown", "children_count"),
)
HOMES_AS = (
    "Secure units, children's homes and hostels (label as in UD)",
    "CLA_Secure",
    "Secure homes and children's homes",
)
PARTS = {HOMES: HOMES_AS, PROCEEDINGS: ("Interim care order",)}
PARTS |= {"under_1": ("under 1", "Under 1 year"), "16_17": ("16 and over", "16 years and over")}
PARTS |= {band: (f"{band.replace('_', ' to ')}", f"{band.replace('_', ' to ')} years") for band in LAC_BANDS[1:4]}
DEGREES = 5  # of Student's t: a miscount is a long way off
SCALE = (DEGREES - 2) / DEGREES
HOW = (
    "likeliest given changes of 1 to 3 years of the log odds beside the councils' middle, Student t 5; country: SD of "
)
HOW += "the middle's yearly change"
COMMAND = "forecast calibrate --panel PANEL --editions EDITIONS --mix CHARACTERISTICS --mix LEGAL_STATUS --write"


def read_counts(*paths: Path) -> dict[str, pd.DataFrame]:
    """Part -> children, [council x year]; what is suppressed is NaN. Raises BadInput naming file and what it lacks."""
    found: dict[str, dict] = {}
    for path in paths:
        rows = read_rows(path, [])
        layout = next((layout for layout in LAYOUTS if set(layout) <= set(rows)), None)
        if layout is None:
            raise BadInput(f"{path.name}: a file of counts has the columns {' or '.join(map(', '.join, LAYOUTS))}")
        held = rows[list(layout)].set_axis(["council", "year", "what", "category", "children"], axis=1)
        of = {category: part for part, categories in PARTS.items() for category in categories}
        held = held[held["category"].isin(of) & held["council"].str.fullmatch(r"\d+")]
        held = held.assign(part=held["category"].map(of), year=held["year"].str[:4].astype(int))
        # A sign (x, c, z) stands for a count too small to show: it is a gap, and every number is read.
        held["children"] = held["children"].where(held["children"].str.fullmatch(r"\d+")).astype(float)
        for row in held.itertuples():
            found.setdefault(row.part, {})[row.council, row.year] = row.children
    return {part: pd.Series(cells).unstack() for part, cells in found.items()}


def table(panel: Panel, counts: dict[str, pd.DataFrame], councils: list[str]) -> pd.DataFrame:
    """The table of data/calibration/mix.csv: a row for each part, from these councils' outturns."""
    every, rows = panel.figures["lac"].unstack(), []
    for part in (*LAC_BANDS, HOMES, PROCEEDINGS, UASC):
        children = panel.figures["uasc"].unstack() if part == UASC else counts[part]
        held = children.reindex(index=[name for name in councils if name in children.index])
        whole = every.reindex(index=held.index, columns=held.columns)
        usable = held.notna() & (whole >= LEAST_COUNT) & (held < whole)
        figures, changes = shape(held.where(usable), whole.where(usable))
        about = {"councils": len(held), "changes": changes, "how": HOW, "command": COMMAND}
        rows.append({"part": part, **figures, **about})
    return pd.DataFrame(rows)


def shape(children: pd.DataFrame, every: pd.DataFrame) -> tuple[dict[str, float], int]:
    """The figures that make past changes of a share likeliest, and how many changes there were, [council x year]."""
    odds = np.log((children + 0.5) / (every - children + 0.5))
    middle = pd.Series(logit(children.sum() / every.sum()), odds.columns)
    beside, few = odds - middle, 1 / (children + 0.5) + 1 / (every - children + 0.5)
    rows = [
        pd.DataFrame({"now": beside[year], "change": beside[year + ahead] - beside[year], "few": few[year]})
        .dropna()
        .assign(years=ahead)
        for ahead in HORIZONS
        for year in beside.columns
        if year + ahead in beside.columns
    ]
    now, change, few, years = pd.concat(rows).to_numpy(float).T

    def misfit(at: np.ndarray) -> float:
        variance = np.exp(2 * at[1]) * years + np.exp(at[2]) * few
        away = change + (1 - (1 - expit(at[0])) ** years) * now
        tails = (DEGREES + 1) * np.log1p(away**2 / (variance * SCALE * DEGREES))
        return float((np.log(variance) + tails).sum() / 2)

    found = minimize(misfit, [-2.0, -1.5, 0.0], method="Nelder-Mead").x
    each = middle.diff()[np.diff(middle.index, prepend=np.nan) == 1]
    figures = {"back": expit(found[0]), "drift": np.exp(found[1]), "chance": np.exp(found[2]), "country": each.std()}
    return {name: round(float(value), 3) for name, value in figures.items()}, len(change)
