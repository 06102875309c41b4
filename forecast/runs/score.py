"""A forecast beside what happened, and beside no change. The only room that reads outturns; nothing feeds back."""

from pathlib import Path

import pandas as pd

from forecast.case.home import find_home
from forecast.report import charts
from forecast.report.notebook import Run
from forecast.report.words import at_month, children
from forecast.sources import outturns
from forecast.sources.history import History

MEASURES = {"lac": ("lac_stock", "Looked-after children"), "cp": ("cp_stock", "Child protection plans")}


def of_run(run: Run) -> dict[str, list[dict]]:
    """The scores of a published run, or of a future (its own scenario); empty lists where nothing has happened yet."""
    table, slug = run.outturns, getattr(run, "slug", "central")
    return scored(run.answer, find_home() / "data", table, slug) if table else {group: [] for group in MEASURES}


def chart(rows: dict[str, list[dict]], group: str) -> charts.Chart | str:
    """Forecast, range, outturn and no change of one group."""
    return charts.against_outturn(rows[group], MEASURES[group][1]) if rows[group] else "Nothing to score yet."


def scored(answer: dict, data: Path, table: str, slug: str = "central") -> dict[str, list[dict]]:
    """Group -> one row for each 31 March that has an outturn: forecast, range, outturn, no change, errors."""
    happened = History({table: outturns.read(data / "outturns", table)})
    rows = {}
    for group, (measure, _) in MEASURES.items():
        months = answer["scenarios"][slug]["children"][group]["month_ends"]
        held = happened.series(answer["data_area"], measure)
        forecast = {row["month"]: row for row in months}
        days = [day for day in held.index if day[:7] in forecast]
        rows[group] = [_row(day, at_month(months, day[:7]), held[day], answer["open_at_origin"][group]) for day in days]
    return rows


def _row(day: str, row: dict, outturn: float, no_change: float) -> dict:
    return {
        "at": day,
        "mean": row["mean"],
        "p10": row["p10"],
        "p90": row["p90"],
        "outturn": outturn,
        "no_change": no_change,
        "error": row["mean"] - outturn,
        "error_no_change": no_change - outturn,
    }


def score_table(rows: dict[str, list[dict]]) -> pd.DataFrame:
    """The same for a reader, with which was nearer said plainly."""
    said = []
    for group, (_, name) in MEASURES.items():
        for row in rows[group]:
            inside = "inside" if row["p10"] <= row["outturn"] <= row["p90"] else "outside"
            said.append(
                [
                    name,
                    row["at"],
                    children(row["mean"]),
                    f"{children(row['p10'])} to {children(row['p90'])}",
                    children(row["outturn"]),
                    inside,
                    children(row["no_change"]),
                    nearer(row),
                ]
            )
    columns = ["Children", "At", "Forecast", "80% range", "What happened", "Range", "No change", "Nearer"]
    return pd.DataFrame(said, columns=columns)


def nearer(row: dict) -> str:
    """Which of the forecast and no change came nearer."""
    ours, naive = abs(row["error"]), abs(row["error_no_change"])
    return "equal" if ours == naive else "forecast" if ours < naive else "no change"


def verdict(rows: dict[str, list[dict]]) -> list[str]:
    """One sentence a group: mean error of the forecast and of no change, and how many outturns the range held."""
    lines = ["How good was it?"]
    for group, (_, name) in MEASURES.items():
        held = rows[group]
        if not held:
            lines.append(f"{name}: no outturn is held yet.")
            continue
        ours = sum(abs(row["error"]) / row["outturn"] for row in held) / len(held)
        naive = sum(abs(row["error_no_change"]) / row["outturn"] for row in held) / len(held)
        inside = sum(row["p10"] <= row["outturn"] <= row["p90"] for row in held)
        won = "beats" if ours < naive else "loses to" if ours > naive else "ties with"
        lines.append(
            f"{name}: mean error {ours:.1%}, no change {naive:.1%}; the forecast {won} no change. "
            f"{inside} of {len(held)} outturns lie inside the 80% range."
        )
    return lines
