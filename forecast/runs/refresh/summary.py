"""One screen for the officer: how it stands, what moved and why, what needs a person; as text, HTML and JSON."""

import json
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path

import pandas as pd
from jinja2 import Environment, PackageLoader, select_autoescape

from forecast.case.errors import BadInput
from forecast.case.months import month_in_words
from forecast.report import words
from forecast.runs import history
from forecast.runs.refresh.alarm import Alarm
from forecast.runs.refresh.council import Standing
from forecast.runs.refresh.movement import CAUSES, Figures, Move
from forecast.sources import files
from forecast.sources.arrivals import Arrived

SCHEMA = "forecast-summary-1"
NAME = "summary"
NEEDS_A_PERSON = 4
GROUPS = {"lac": "Looked-after children", "cp": "Child protection plans"}
MEASURES = {"lac_starts": "Children starting to be looked after", "cp_starts": "Child protection plans starting"}
MONEY, CHILDREN = ("call", "outturn"), ("lac", "cp")


def tell(
    answer: dict,
    now: Standing,
    arrived: Arrived,
    at: Figures,
    since: str | None,
    moves: list[Move],
    alarms: list[Alarm],
    tracking: pd.DataFrame,
    expired: list[str],
) -> dict:
    """Everything the summary says, for machines; money in pounds and pence as text."""
    told = {
        "schema": SCHEMA,
        "council": now.card.council,
        "month": now.last,
        "financial_year": answer["financial_year"],
        "origin": answer["origin"],
        "contingency": answer["contingency"],
        "headline": _figures(at),
        "since": since,
        "moves": [{"cause": move.cause, "name": CAUSES[move.cause], **_figures(move.by)} for move in moves],
        "actuals_to": now.ledger_months[-1] if now.ledger_months else None,
        "lines": words.headline(answer),
        "arrived": list(arrived.warnings),
        "alarms": [asdict(one) | {"months": list(one.months)} for one in alarms],
        "tracking": track_record(tracking),
        "outturn": outturn(answer),
        "expired": expired,
    }
    person = (
        arrived.needs_a_person
        or bool(expired)
        or any(one.found for one in alarms)
        or any(one["alarm"] for one in told["tracking"])
    )
    return told | {"code": NEEDS_A_PERSON if person else 0}


def outturn(answer: dict) -> dict:
    """Net projected outturn of the budget year, its budget and the variance."""
    cost = answer["scenarios"]["central"]["cost"][answer["financial_year"]]
    return {"net": cost["net"], "budget": cost["budget"], "variance": cost["variance"]}


def _figures(held: Figures) -> dict:
    return {name: str(part) if isinstance(part, Decimal) else float(part) for name, part in vars(held).items()}


def headline_of(told: dict) -> Figures:
    """The headline as it was published, to the penny."""
    held = told["headline"]
    return Figures(Decimal(held["call"]), Decimal(held["outturn"]), held["lac"], held["cp"], held["chance"])


def track_record(tracking: pd.DataFrame) -> list[dict]:
    """Past forecasts of the month that has come since, by group: how many, how many inside, mean error, alarm."""
    if tracking.empty:
        return []
    first = history.tracking(tracking)
    last = first.groupby("group", sort=False).tail(1)
    bias = first.groupby("group")["error"].mean()
    return [
        {
            "group": row.group,
            "forecasts": int(row.number),
            "inside": int(row.number - row.outside),
            "bias": float(bias[row.group]),
            "alarm": bool(row.alarm),
        }
        for row in last.itertuples()
    ]


def lines(told: dict) -> list[str]:
    """The summary in plain words, one screen."""
    actuals = f"; actuals to {month_in_words(told['actuals_to'])}" if told["actuals_to"] else "; no ledger yet"
    parts = [
        f"{told['council']}, {month_in_words(told['month'])}: counts to {words.day_in_words(told['origin'])}{actuals}.",
        "",
        *told["lines"][1:7],
    ]
    return [*parts, outturn_line(told), "", *move_lines(told), "", *person_lines(told)]


def outturn_line(told: dict) -> str:
    """Projected outturn against the budget."""
    held = told["outturn"]
    way = "over" if held["variance"]["mean"] > 0 else "under"
    return (
        f"Projected outturn {told['financial_year']}: {words.money(held['net']['mean'])} (80% range {words.spread(held['net'], words.money)}), "
        f"{words.money(abs(held['variance']['mean']))} {way} the budget of {words.money(held['budget'])}."
    )


def move_lines(told: dict) -> list[str]:
    """What moved since last month: a small table that sums."""
    if told["since"] is None:
        return ["This is the first month of the year to be forecast: nothing to compare with."]
    head = f"What moved since {month_in_words(told['since'])}:"
    rows = [_move_line(move["name"], move) for move in told["moves"]] or ["    nothing"]
    whole = {name: _sum(told["moves"], name) for name in (*MONEY, *CHILDREN)}
    return [
        head,
        f"    {'':36s}{'Call':>15s} {'Outturn':>15s} {'LAC':>7s} {'CP':>7s}",
        *rows,
        _move_line("Together", whole),
    ]


def _sum(moves: list[dict], name: str):
    return sum(Decimal(move[name]) for move in moves) if name in MONEY else sum(move[name] for move in moves)


def _move_line(name: str, move: dict) -> str:
    call, outturn = (pence(Decimal(move[part])) for part in MONEY)
    return f"    {name:36s}{call:>15s} {outturn:>15s} {_tenth(move['lac']):>7s} {_tenth(move['cp']):>7s}"


def person_lines(told: dict) -> list[str]:
    """What needs a person, and how right past forecasts were."""
    found = [alarm_line(one) for one in told["alarms"] if one["found"]]
    missed = [
        f"Warning: the forecasts of {GROUPS[one['group']].lower()} have missed their 80% range more often than they should."
        for one in told["tracking"]
        if one["alarm"]
    ]
    todo = [*told["arrived"], *found, *missed, *told["expired"]]
    record = [record_line(one) for one in told["tracking"]]
    return [
        *(["For a person to look at:", *(f"    {line}" for line in todo)] if todo else ["Nothing needs a person."]),
        *record,
    ]


def alarm_line(one: dict) -> str:
    """An alarm in a sentence."""
    when = (
        month_in_words(one["months"][0])
        if len(one["months"]) == 1
        else f"{month_in_words(one['months'][0])} to {month_in_words(one['months'][-1])}"
    )
    way = "more" if one["counted"] > one["expected"] else "fewer"
    return (
        f"Warning: {MEASURES[one['measure']].lower()}: {one['counted']} in {when}, {way} than the {words.children(one['low'])} to {words.children(one['high'])} "
        "that the months before point to. The forecast does not go on with such a step: look at what changed."
    )


def record_line(one: dict) -> str:
    """How right the forecasts of a month ahead were."""
    way = "too high" if one["bias"] > 0 else "too low"
    return f"{GROUPS[one['group']]}: {one['inside']} of {one['forecasts']} forecasts of the next month were inside their 80% range; on average {abs(one['bias']):.1f} {way}."


def write(folder: Path, told: dict, tracking: pd.DataFrame) -> None:
    """summary.txt, .html and .json, and what moved and past forecasts as tables."""
    files.write_json(folder / f"{NAME}.json", told)
    files.write_text(folder / f"{NAME}.txt", "\n".join(lines(told)))
    files.write_text(folder / f"{NAME}.html", page(told))
    files.write_table(
        folder / "tables",
        "movement",
        pd.DataFrame(told["moves"], columns=["cause", "name", *MONEY, *CHILDREN, "chance"]),
    )
    if not tracking.empty:
        files.write_table(folder / "tables", "tracking", tracking)


def page(told: dict) -> str:
    """The summary as one HTML page, without scripts, that an e-mail can carry."""
    room = Environment(
        loader=PackageLoader("forecast.runs.refresh", "page"),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    moves = [{"name": move["name"], **_said(move)} for move in told["moves"]]
    whole = _said({name: _sum(told["moves"], name) for name in (*MONEY, *CHILDREN)})
    since = month_in_words(told["since"]) if told["since"] else None
    return room.get_template("summary.html").render(
        told=told,
        month=month_in_words(told["month"]),
        since=since,
        moves=moves,
        whole=whole,
        person=person_lines(told),
        outturn=outturn_line(told),
    )


def pence(pounds: Decimal) -> str:
    """To the penny with its sign, for parts that a reader adds up: +£1,029.35."""
    return f"{'+' if pounds > 0 else '-' if pounds < 0 else ''}£{abs(pounds):,.2f}"


def _tenth(children: float) -> str:
    """Children to a tenth with their sign; never minus nothing."""
    return f"{round(children, 1) + 0.0:+.1f}"


def _said(move: dict) -> dict:
    return {name: pence(Decimal(move[name])) for name in MONEY} | {name: _tenth(move[name]) for name in CHILDREN}


def read(folder: Path) -> dict:
    """The summary of a published run. Raises BadInput where it has none."""
    path = folder / f"{NAME}.json"
    if not path.is_file():
        raise BadInput(f"{folder.name} has no summary: it was not made by a refresh. Refresh the council folder.")
    return json.loads(path.read_text(encoding="utf-8"))
