"""What a report says of a run that the run does not hold: its sources' cards, what is out of date, what came of it."""

import hashlib
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

from forecast.case.errors import BadInput
from forecast.model.cases import table_folder
from forecast.report.figures import RunInContext
from forecast.report.notebook import Run
from forecast.report.words import year_end_month
from forecast.sources.cards import card_path, read_card

LEVELS = ("red", "amber", "green")
LEDGER = "ledger."
NOT_PUBLISHED = "not published"
CLOSE = 1.0  # a modelled count is the published one if it lies within one child, or one percentage point
OF_A_CARD = ("table", "title", "publisher", "link", "licence", "published", "expires", "period")
MEASURES = {"lac": "lac_stock", "cp": "cp_stock"}


def gathered(
    run: Run, as_of: date, home: Path, name: str = "", scored: dict[str, list[dict]] | None = None
) -> RunInContext:
    """A run with what the report says of it besides.

    as_of   the day the report is read for: what is past its date by then is named on the first page; never the clock
    home    the project's folder, which holds data
    name    the run's name for ever (forecast.runs.folders.run_id); if left out, its council and month
    scored  forecast.score.of_run, where outturns are held
    Raises BadInput if the run lacks its manifest or a source card is missing.
    """
    path = run.folder / "manifest.json"
    if not path.is_file():
        raise BadInput(
            f"{run.folder.name}: manifest.json is missing, so the report cannot say what the run was made from. "
            "Make the run again."
        )
    inputs = json.loads(path.read_text(encoding="utf-8"))["inputs"]
    cards = sorted((file, checksum) for file, checksum in inputs.items() if file.endswith(".card.yaml"))
    cards = [_card(run.folder, home / "data", Path(file), checksum) for file, checksum in cards]
    known, day, scored = RunInContext(run.folder, run.answer), as_of.isoformat(), scored or {}
    scored = {group: rows for group, rows in scored.items() if group in MEASURES}  # the paper scores children
    case, area = f"{run.answer['council']}/{run.answer['month']}", run.answer.get("data_area", run.answer["area"])
    context = {
        "as_of": day,
        "case": case,
        "name": name or case,
        "area": area,
        "budget_month": year_end_month(run.answer),
        "cards": cards,
        "expired": [card for card in cards if card["expires"] < day],
        "changed": [card for card in cards if card["changed"]],
        "overdue": [
            {"key": key, "assumption": row["Assumption"], "review_by": str(row["Review by"])}
            for key, row in known.rows("assumptions").items()
            if row["Review by"] < as_of
        ],
        "scored": scored,
        "scored_inside": {
            group: [row for row in rows if row["p10"] <= row["outturn"] <= row["p90"]] for group, rows in scored.items()
        },
        "past": _past(known, area),
    }
    # How many published figures the fitted model gives back.
    fitted = {
        key: row for key, row in known.rows("calibration").items() if not str(row["note"]).startswith(NOT_PUBLISHED)
    }
    close = [key for key, row in fitted.items() if abs(row["difference"]) <= CLOSE]
    context |= {"compared": list(fitted), "close": close, "not_close": [key for key in fitted if key not in close]}
    # Assumptions by how reliable they are. The answer names the red ones; those about a ledger count only where the run
    # read one.
    red, rows = run.answer["red_assumptions"], known.rows("assumptions")
    ledger = any(key.startswith(LEDGER) for key in red)
    used = {key: row for key, row in rows.items() if ledger or not key.startswith(LEDGER)}
    levels = {level: [key for key, row in used.items() if row["Reliability"].lower() == level] for level in LEVELS}
    context["reliability"] = levels | {"red": red}
    return replace(known, context=context)


def _card(folder: Path, data: Path, card: Path, checksum: str) -> dict:
    """What a card of a table says, and whether it is another now than when the run read it.

    The table is one that the run keeps itself, or one of the project's data.
    """
    name = card.name.removesuffix(".card.yaml")
    kept = (folder / card).is_file()
    table = folder / card.with_name(f"{name}.csv") if kept else table_folder(data, name) / f"{name}.csv"
    now = read_card(table)
    changed = hashlib.sha256(card_path(table).read_bytes()).hexdigest() != checksum
    return {part: str(getattr(now, part)) for part in OF_A_CARD} | {"changed": changed}


def _past(run: RunInContext, area: str) -> dict[str, list[dict]]:
    """Counts of children by group, oldest first: day, month and number. A suppressed count is left out."""
    return {
        group: [
            {"day": row["period"], "month": row["period"][:7], "value": float(row["value"])}
            for _, row in sorted(run.rows("history").items())
            if (row["area"], row["measure"], row["breakdown"]) == (area, measure, "all")
            and str(row["value"]).replace(".", "", 1).isdigit()
        ]
        for group, measure in MEASURES.items()
    }
