"""What a report says of a run that the run does not hold: its sources' cards, what is out of date, what came of it."""

import hashlib
import json
from datetime import date
from pathlib import Path

from forecast.case.errors import BadInput
from forecast.model.cases import table_folder
from forecast.report.notebook import Run
from forecast.report.told import Known
from forecast.report.words import at_month, year_end_month
from forecast.sources.cards import Card, card_path, read_card

LEVELS = ("red", "amber", "green")
LEDGER = "ledger."
NOT_PUBLISHED = "not published"
CLOSE = 1.0  # a modelled count is the published one if it lies within one child, or one percentage point
MEASURES = {"lac": "lac_stock", "cp": "cp_stock"}


def gathered(run: Run, as_of: date, home: Path, name: str = "", scored: dict[str, list[dict]] | None = None) -> Known:
    """A run with what the report tells beside it.

    as_of   the day the report is read for: what is past its date by then is named on the first page; never the clock
    home    the project's folder, which holds data
    name    the run's name for ever (forecast.runs.folders.run_id); if left out, its council and month
    scored  forecast.score.of_run, where outturns are held
    Raises BadInput if the run lacks its manifest or a source card is missing.
    """
    held, cards = Known(run.folder, run.answer), _cards(run.folder, home / "data")
    rows = held.rows("assumptions")
    case = f"{run.answer['council']}/{run.answer['month']}"
    beside = {
        "as_of": as_of.isoformat(),
        "case": case,
        "name": name or case,
        "program": _manifest(run.folder)["code_sha256"],
        "area": run.answer.get("data_area", run.answer["area"]),
        "budget_month": year_end_month(run.answer),
        "cards": [_of_card(card) | {"changed": changed} for card, changed in cards],
        "expired": [_of_card(card) for card, _ in cards if card.expires < as_of],
        "changed": [_of_card(card) for card, changed in cards if changed],
        "overdue": [
            {"key": key, "assumption": row["Assumption"], "review_by": str(row["Review by"])}
            for key, row in rows.items()
            if row["Review by"] < as_of
        ],
        "scored_inside": {
            group: [row for row in found if row["p10"] <= row["outturn"] <= row["p90"]]
            for group, found in (scored or {}).items()
        },
        "scored": {group: found for group, found in (scored or {}).items()},
    }
    return Known(
        run.folder,
        run.answer,
        beside | _reliability(held) | _reproduced(held) | _history(held, beside["area"]) | _ends(run.answer),
        held.held,
    )


def _manifest(folder: Path) -> dict:
    path = folder / "manifest.json"
    if not path.is_file():
        raise BadInput(
            f"{folder.name}: manifest.json is missing, so the report cannot say what the run was made from. "
            "Make the run again."
        )
    return json.loads(path.read_text(encoding="utf-8"))


def _cards(folder: Path, data: Path) -> list[tuple[Card, bool]]:
    """The card of every table the run read, and whether it is another now than it was then."""
    made = [
        (Path(name), sha) for name, sha in sorted(_manifest(folder)["inputs"].items()) if name.endswith(".card.yaml")
    ]
    tables = [(_table(folder, data, path), sha) for path, sha in made]
    return [
        (read_card(table), hashlib.sha256(card_path(table).read_bytes()).hexdigest() != sha) for table, sha in tables
    ]


def _table(folder: Path, data: Path, card: Path) -> Path:
    """The table of a card that a run names: one the run keeps itself, or one of the project's data."""
    name = f"{card.name.removesuffix('.card.yaml')}.csv"
    return (
        folder / card.with_name(name)
        if (folder / card).is_file()
        else table_folder(data, name.removesuffix(".csv")) / name
    )


def _of_card(card: Card) -> dict[str, str]:
    return {
        name: str(getattr(card, name))
        for name in ("table", "title", "publisher", "link", "licence", "published", "expires", "period")
    }


def _reliability(run: Known) -> dict:
    """Assumptions that the figures rest on, by how reliable they are, and the sections the red ones stand in.

    The answer names the red ones; those about a ledger count only where the run read one.
    """
    red, rows = run.answer["red_assumptions"], run.rows("assumptions")
    ledger = any(key.startswith(LEDGER) for key in red)
    used = {key: row for key, row in rows.items() if ledger or not key.startswith(LEDGER)}
    by = {level: [key for key, row in used.items() if row["Reliability"].lower() == level] for level in LEVELS} | {
        "red": red
    }
    sections = {
        rows[key]["Section"]: [one for one in red if rows[one]["Section"] == rows[key]["Section"]] for key in red
    }
    held = run.answer.get("sensitivities") or {"assumptions": []}
    dearest = [row["key"] for row in held["assumptions"]]
    return {
        "reliability": by,
        "red_sections": sections,
        "used": list(used),
        "dearest": dearest,
        "red_dearest": [key for key in dearest if key in set(red)],
    }


def _reproduced(run: Known) -> dict:
    """How many published figures the fitted model gives back."""
    rows = [key for key, row in run.rows("calibration").items() if not str(row["note"]).startswith(NOT_PUBLISHED)]
    close = [key for key in rows if abs(run.rows("calibration")[key]["difference"]) <= CLOSE]
    return {"compared": rows, "close": close, "not_close": [key for key in rows if key not in close]}


def _history(run: Known, area: str) -> dict:
    """Counts of children by group, oldest first: row of the table, day, number. A suppressed count is left out."""
    past = {group: [] for group in MEASURES}
    for key, row in sorted(run.rows("history").items()):
        for group, measure in MEASURES.items():
            if (row["area"], row["measure"], row["breakdown"]) == (area, measure, "all") and _is_number(row["value"]):
                past[group].append(
                    {
                        "key": key,
                        "day": row["period"],
                        "month": row["period"][:7],
                        "value": float(row["value"]),
                        "rounded": row["status"] == "rounded_5",
                    }
                )
    return {"past": past}


def _is_number(text: str) -> bool:
    return str(text).replace(".", "", 1).isdigit()


def _ends(answer: dict) -> dict:
    """The scenarios whose expected call lies furthest above and furthest below the central one, where any does."""
    change = {
        slug: held["difference_from_central"]["call"]["mean"]
        for slug, held in answer["scenarios"].items()
        if slug != "central"
    }
    most = (
        [slug for slug in (max(change, key=change.get), min(change, key=change.get)) if abs(change[slug]) >= CLOSE]
        if change
        else []
    )
    return {
        "most": list(dict.fromkeys(most)),
        "march": {
            group: at_month(answer["scenarios"]["central"]["children"][group]["month_ends"], year_end_month(answer))
            for group in MEASURES
        },
    }
