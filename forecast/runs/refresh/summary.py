"""One screen for the officer: how it stands, what moved and why, what needs a person; as text, HTML and JSON."""

import json
from decimal import Decimal
from pathlib import Path

import pandas as pd
from jinja2 import Environment, PackageLoader, select_autoescape

from forecast.case.errors import BadInput
from forecast.case.months import month_in_words
from forecast.report import words
from forecast.runs import history
from forecast.runs.refresh.data_cut import DataCut
from forecast.runs.refresh.movement import CAUSES, Figures
from forecast.sources import files
from forecast.sources.arrivals import Arrived

SCHEMA = "forecast-summary-1"
NAME = "summary"
NEEDS_A_PERSON = 4
MEASURES = {"lac_starts": "Children starting to be looked after", "cp_starts": "Child protection plans starting"}
MONEY, CHILDREN = ("call", "outturn"), ("lac", "cp")
PAGES = Environment(
    loader=PackageLoader("forecast.runs.refresh", "page"),
    autoescape=select_autoescape(["html"]),
    trim_blocks=True,
    lstrip_blocks=True,
)
PAGES.globals |= {"words": words, "month": month_in_words, "groups": words.GROUP_NAMES, "measures": MEASURES}


def summary(
    answer: dict,
    now: DataCut,
    arrived: Arrived,
    at: Figures,
    since: str | None,
    moves: dict[str, Figures],
    alarms: list[dict],
    past: pd.DataFrame,
    expired: list[str],
) -> dict:
    """Everything the summary says, for machines; money in pounds and pence as text."""
    tracking, cost = track_record(past), answer["scenarios"]["central"]["cost"][answer["financial_year"]]
    person = bool(arrived.needs_a_person or expired or any(each["found"] for each in alarms))
    return {
        "schema": SCHEMA,
        "council": now.card.council,
        "month": now.last,
        "financial_year": answer["financial_year"],
        "origin": answer["origin"],
        "contingency": answer["contingency"],
        "headline": _figures(at),
        "since": since,
        "moves": [{"cause": cause, "name": CAUSES[cause], **_figures(by)} for cause, by in moves.items()],
        "actuals_to": now.ledger_months[-1] if now.ledger_months else None,
        "lines": words.headline(answer),
        "arrived": list(arrived.warnings),
        "alarms": alarms,
        "tracking": tracking,
        "outturn": {part: cost[part] for part in ("net", "budget", "variance")},
        "expired": expired,
        "unusual": answer["unusual"],
        "code": NEEDS_A_PERSON if person or any(group["alarm"] for group in tracking) else 0,
    }


def _figures(at: Figures) -> dict:
    return {name: str(part) if isinstance(part, Decimal) else float(part) for name, part in vars(at).items()}


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


def said(told: dict, end: str = "txt") -> str:
    """The summary in plain words, one screen; or as one HTML page, without scripts, that an e-mail can carry."""
    sums = {name: sum((Decimal(move[name]) for move in told["moves"]), Decimal(0)) for name in MONEY}
    sums |= {name: sum(move[name] for move in told["moves"]) for name in CHILDREN}
    *moves, together = (  # pounds to the penny, children to a tenth, with their signs
        {"name": row["name"]}
        | {name: pence(Decimal(row[name])) for name in MONEY}
        | {name: _tenth(row[name]) for name in CHILDREN}
        for row in [*told["moves"], {"name": "Together", **sums}]
    )
    prose = PAGES.get_template("prose.j2").module  # plain text, which a page escapes like any other
    outturn, person = prose.outturn(told).strip(), prose.person(told).strip().split("\n")
    page = PAGES.get_template(f"{NAME}.{end}")
    return page.render(told=told, moves=moves, together=together, outturn=outturn, person=person)


def write(folder: Path, told: dict, past: pd.DataFrame) -> None:
    """summary.txt, .html and .json, and what moved and past forecasts as tables."""
    files.write_json(folder / f"{NAME}.json", told)
    for end in ("txt", "html"):
        files.write_text(folder / f"{NAME}.{end}", said(told, end))
    moves = pd.DataFrame(told["moves"], columns=["cause", "name", *MONEY, *CHILDREN, "chance"])
    files.write_table(folder / "tables", "movement", moves)
    if not past.empty:
        files.write_table(folder / "tables", "tracking", past)


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
