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
from forecast.runs.refresh.data_cut import DataCut
from forecast.runs.refresh.movement import CAUSES, Figures, Move
from forecast.sources import files
from forecast.sources.arrivals import Arrived

SCHEMA = "forecast-summary-1"
NAME = "summary"
NEEDS_A_PERSON = 4
GROUPS = {"lac": "Looked-after children", "cp": "Child protection plans"}
MEASURES = {"lac_starts": "Children starting to be looked after", "cp_starts": "Child protection plans starting"}
MONEY, CHILDREN = ("call", "outturn"), ("lac", "cp")


def summary(
    answer: dict,
    now: DataCut,
    arrived: Arrived,
    at: Figures,
    since: str | None,
    moves: list[Move],
    alarms: list[Alarm],
    past: pd.DataFrame,
    expired: list[str],
) -> dict:
    """Everything the summary says, for machines; money in pounds and pence as text."""
    tracking = track_record(past)
    person = bool(arrived.needs_a_person or expired or any(each.found for each in alarms))
    return {
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
        "alarms": [asdict(each) | {"months": list(each.months)} for each in alarms],
        "tracking": tracking,
        "outturn": outturn(answer),
        "expired": expired,
        "code": NEEDS_A_PERSON if person or any(group["alarm"] for group in tracking) else 0,
    }


def outturn(answer: dict) -> dict:
    """Net projected outturn of the budget year, its budget and the variance."""
    cost = answer["scenarios"]["central"]["cost"][answer["financial_year"]]
    return {"net": cost["net"], "budget": cost["budget"], "variance": cost["variance"]}


def _figures(at: Figures) -> dict:
    return {name: str(part) if isinstance(part, Decimal) else float(part) for name, part in vars(at).items()}


def headline_of(told: dict) -> Figures:
    """The headline as it was published, to the penny."""
    money = {name: Decimal(told["headline"][name]) for name in MONEY}
    return Figures(**told["headline"] | money)


def track_record(past: pd.DataFrame) -> list[dict]:
    """Past forecasts of the next month, by group: how many, how many inside, mean error, alarm."""
    if past.empty:
        return []
    first = history.tracking(past)
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
    counts = f"counts to {words.day_in_words(told['origin'])}"
    return [
        f"{told['council']}, {month_in_words(told['month'])}: {counts}{actuals}.",
        "",
        *told["lines"][1:7],
        outturn_line(told),
        "",
        *move_lines(told),
        "",
        *person_lines(told),
    ]


def outturn_line(told: dict) -> str:
    """Projected outturn against the budget."""
    net, budget, variance = told["outturn"]["net"], told["outturn"]["budget"], told["outturn"]["variance"]["mean"]
    return (
        f"Projected outturn {told['financial_year']}: {words.money(net['mean'])} "
        f"(80% range {words.spread(net, words.money)}), {words.money(abs(variance))} "
        f"{'over' if variance > 0 else 'under'} the budget of {words.money(budget)}."
    )


def move_lines(told: dict) -> list[str]:
    """What moved since last month: a small table that sums."""
    if told["since"] is None:
        return ["This is the first month of the year to be forecast: nothing to compare with."]
    *rows, together = [
        f"    {row['name']:36s}{row['call']:>15s} {row['outturn']:>15s} {row['lac']:>7s} {row['cp']:>7s}"
        for row in _move_rows(told)
    ]
    head = f"    {'':36s}{'Call':>15s} {'Outturn':>15s} {'LAC':>7s} {'CP':>7s}"
    return [f"What moved since {month_in_words(told['since'])}:", head, *(rows or ["    nothing"]), together]


def _move_rows(told: dict) -> list[dict]:
    """Each move in words, and together: pounds to the penny, children to a tenth, with their signs."""
    sums = {name: sum((Decimal(move[name]) for move in told["moves"]), Decimal(0)) for name in MONEY}
    sums |= {name: sum(move[name] for move in told["moves"]) for name in CHILDREN}
    return [
        {"name": row["name"]}
        | {name: pence(Decimal(row[name])) for name in MONEY}
        | {name: _tenth(row[name]) for name in CHILDREN}
        for row in [*told["moves"], {"name": "Together", **sums}]
    ]


def person_lines(told: dict) -> list[str]:
    """What needs a person, and how right past forecasts were."""
    missed = [
        f"Warning: the forecasts of {GROUPS[group['group']].lower()} have missed their 80% range more often than they "
        "should."
        for group in told["tracking"]
        if group["alarm"]
    ]
    found = [alarm_line(each) for each in told["alarms"] if each["found"]]
    todo = [f"    {line}" for line in (*told["arrived"], *found, *missed, *told["expired"])]
    return [
        *(["For a person to look at:", *todo] if todo else ["Nothing needs a person."]),
        *(record_line(group) for group in told["tracking"]),
    ]


def alarm_line(found: dict) -> str:
    """An alarm in a sentence."""
    first, last = month_in_words(found["months"][0]), month_in_words(found["months"][-1])
    when = first if first == last else f"{first} to {last}"
    way = "more" if found["counted"] > found["expected"] else "fewer"
    usual = f"{words.children(found['low'])} to {words.children(found['high'])}"
    return (
        f"Warning: {MEASURES[found['measure']].lower()}: {found['counted']} in {when}, {way} than the {usual} "
        "that the months before point to. The forecast does not go on with such a step: look at what changed."
    )


def record_line(group: dict) -> str:
    """How right the forecasts of a month ahead were."""
    way = "too high" if group["bias"] > 0 else "too low"
    return (
        f"{GROUPS[group['group']]}: {group['inside']} of {group['forecasts']} forecasts of the next month were inside "
        f"their 80% range; on average {abs(group['bias']):.1f} {way}."
    )


def write(folder: Path, told: dict, past: pd.DataFrame) -> None:
    """summary.txt, .html and .json, and what moved and past forecasts as tables."""
    files.write_json(folder / f"{NAME}.json", told)
    files.write_text(folder / f"{NAME}.txt", "\n".join(lines(told)))
    files.write_text(folder / f"{NAME}.html", page(told))
    moves = pd.DataFrame(told["moves"], columns=["cause", "name", *MONEY, *CHILDREN, "chance"])
    files.write_table(folder / "tables", "movement", moves)
    if not past.empty:
        files.write_table(folder / "tables", "tracking", past)


def page(told: dict) -> str:
    """The summary as one HTML page, without scripts, that an e-mail can carry."""
    loader, escape = PackageLoader("forecast.runs.refresh", "page"), select_autoescape(default=True)
    *moves, together = _move_rows(told)
    return (
        Environment(loader=loader, autoescape=escape, trim_blocks=True, lstrip_blocks=True)
        .get_template("summary.html")
        .render(
            told=told,
            month=month_in_words(told["month"]),
            since=month_in_words(told["since"]) if told["since"] else None,
            moves=moves,
            whole=together,
            person=person_lines(told),
            outturn=outturn_line(told),
        )
    )


def pence(pounds: Decimal) -> str:
    """To the penny with its sign, for parts that a reader adds up: +£1,029.35."""
    return f"{'+' if pounds > 0 else '-' if pounds < 0 else ''}£{abs(pounds):,.2f}"


def _tenth(children: float) -> str:
    """Children to a tenth with their sign; never minus nothing."""
    return f"{round(children, 1) + 0.0:+.1f}"


def read(folder: Path) -> dict:
    """The summary of a published run. Raises BadInput where it has none."""
    path = folder / f"{NAME}.json"
    if not path.is_file():
        raise BadInput(f"{folder.name} has no summary: it was not made by a refresh. Refresh the council folder.")
    return json.loads(path.read_text(encoding="utf-8"))
