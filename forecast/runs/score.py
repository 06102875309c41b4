"""A forecast beside what happened, and beside no change. The only room that reads outturns; nothing feeds back."""

from pathlib import Path

import pandas as pd

from forecast.case.ages import LAC_BANDS
from forecast.case.home import find_home
from forecast.case.lines import FOSTERING, RESIDENTIAL
from forecast.case.months import year_end
from forecast.report import charts
from forecast.report.notebook import Run
from forecast.report.tables import filled
from forecast.report.words import BANDS
from forecast.sources.cards import read_card
from forecast.sources.history import SUPPRESSED, History
from forecast.sources.published import prove

FORECAST = "fostering_and_residential"  # spend in the answer
SPENT = {  # group -> what it is among the outturns: as published, and as the year that prices come from counted it
    "spend": FORECAST,
    "spend_alike": "fostering_residential_and_short_breaks",
    "income": "income_of_fostering_residential_and_short_breaks",
}
MEASURES = {"lac": ("lac_stock", "Looked-after children"), "cp": ("cp_stock", "Child protection plans")}
PARTS = {  # (measure, category) of an outturn -> what it is called: what makes the money
    **{("lac_stock", band): f"Looked-after children {'aged ' * band[0].isdigit()}{BANDS[band]}" for band in LAC_BANDS},
    ("lac_stock", "residential"): "Children in children's homes",
    ("lac_stock", "interim_care_order"): "Children in proceedings (interim care orders)",
    ("uasc_stock", "all"): "Unaccompanied children (UASC)",
    ("lac_starts", "all"): "Started to be looked after",
    ("lac_ceases", "all"): "Ceased to be looked after",
    ("cp_starts", "all"): "Plans started",
    ("cp_ends", "all"): "Plans ended",
    ("population", "all"): "Residents aged 0 to 17",
}
NAMES = {group: name for group, (_, name) in MEASURES.items()} | {
    "spend": "Spent on fostering and residential care",
    "spend_alike": "The same with short breaks of looked-after disabled children, a line of their own since 2011-12",
    "income": "What others paid towards all three",
}
NAMES |= {f"{measure} {part}": name for (measure, part), name in PARTS.items()}


def of_run(run: Run) -> dict[str, list[dict]]:
    """The scores of a published run, or of a future (its own scenario); empty lists where nothing has happened yet."""
    table, slug = run.answer["outturns"], getattr(run, "slug", "central")
    return scored(run.answer, find_home() / "data", table, slug) if table else {group: [] for group in NAMES}


def chart(rows: dict[str, list[dict]], group: str) -> charts.Chart | str:
    """Forecast, range, outturn and no change of one group."""
    return charts.against_outturn(rows[group], MEASURES[group][1]) if rows[group] else "Nothing to score yet."


def scored(answer: dict, data: Path, table: str, slug: str = "central") -> dict[str, list[dict]]:
    """Group -> one row for each 31 March, or year of pounds, that has an outturn: forecast, range, outturn, no change.

    No change in pounds is last year's work at the year's prices: what the base budget has for the same lines.
    """
    path = data / "outturns" / f"{table}.csv"  # read to score a forecast, never to make one
    happened = History({table: prove(path, read_card(path))})
    rows, cost = {group: [] for group in NAMES}, answer["scenarios"][slug]["cost"]
    for group, (measure, _) in MEASURES.items():
        months = answer["scenarios"][slug]["children"][group]["month_ends"]
        forecast, no_change = {row["month"]: row for row in months}, answer["open_at_origin"][group]
        for day, outturn in happened.series(answer["data_area"], measure).items():
            if row := forecast.get(day[:7]):
                rows[group].append(_row(day, row, no_change, outturn))
    for group, measure in SPENT.items():
        for year, outturn in happened.series(answer["data_area"], measure).items():
            if FORECAST in cost.get(year, {}) and year_end(year)[:7] <= answer["horizon"]:  # older runs have none
                rows[group].append(_row(year, *_pounds(cost[year], group), outturn))
    frame = happened.frame[(happened.frame["area"] == answer["data_area"]) & (happened.frame["status"] != SUPPRESSED)]
    outturn = frame.set_index(["measure", "category", "period"])["value"].astype(float)
    for row in answer["scenarios"][slug].get("outcomes", []):  # older runs have none
        if (key := (row["measure"], row["category"], row["period"])) in outturn.index:
            rows[f"{key[0]} {key[1]}"].append(_row(key[2], row, row["no_change"], outturn[key]))
    return rows


def _pounds(year: dict, group: str) -> tuple[dict, float]:
    """What is forecast of a year's spend, or of its income, and what the base budget has for the same lines."""
    lines = year["lines"]
    if group == "income":
        held = lines["contributions"]  # income is negative
        return {"mean": -held["mean"], "p10": -held["p90"], "p90": -held["p10"]}, -held["budget"]
    return year[FORECAST], sum(lines[line]["budget"] for line in (*FOSTERING, *RESIDENTIAL))


def _row(at: str, row: dict, no_change: float, outturn: float) -> dict:
    figures = {"at": at, **{name: row[name] for name in ("mean", "p10", "p90")}, "outturn": outturn}
    errors = {"error": row["mean"] - outturn, "error_no_change": no_change - outturn}
    return figures | {"no_change": no_change} | errors


def score_table(rows: dict[str, list[dict]]) -> pd.DataFrame:
    """The same for a reader, with which was nearer said plainly."""
    return filled("scored", rows, NAMES, list(SPENT), nearer)


def nearer(row: dict) -> str:
    """Which of the forecast and no change came nearer."""
    ours, naive = abs(row["error"]), abs(row["error_no_change"])
    return "equal" if ours == naive else "forecast" if ours < naive else "no change"


def beats(ours: float, naive: float) -> str:
    """How a forecast's error stands against that of no change."""
    return "beats" if ours < naive else "loses to" if ours > naive else "ties with"


def verdict(rows: dict[str, list[dict]]) -> list[str]:
    """One sentence a group: mean error of the forecast and of no change, and how many outturns the range held."""
    lines = ["How good was it?"]
    for group, name in NAMES.items():
        if not (scores := rows[group]):
            if len(group.split()) == 1:
                lines.append(f"{name}: no outturn is held yet.")
            continue
        ours, naive = (
            sum(abs(row[error]) / row["outturn"] for row in scores) / len(scores)
            for error in ("error", "error_no_change")
        )
        inside = sum(row["p10"] <= row["outturn"] <= row["p90"] for row in scores)
        lines.append(
            f"{name}: mean error {ours:.1%}, no change {naive:.1%}; the forecast {beats(ours, naive)} no change. "
            f"{inside} of {len(scores)} outturns lie inside the 80% range."
        )
    return lines
