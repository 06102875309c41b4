"""A folder that holds several kinds of returns: what each of them says beside the one that was asked for."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader

from forecast.case.months import day_in_words, last_day
from forecast.sources import returns as room
from forecast.sources.annex_a import AnnexA, read_annex
from forecast.sources.annex_a import summary as of_annex
from forecast.sources.annex_a.codes import GROUPS, LISTS
from forecast.sources.annex_a.tables import FRONT_DOOR
from forecast.sources.cin import read_cin
from forecast.sources.kinds import ANNEX, SSDA903, WORDS, but
from forecast.sources.ssda903 import read_returns

WHATS = {room.SCHEMA: "looked_after", room.PLANS_SCHEMA: "plans"}
Kinds = dict[str, frozenset[str]]


def with_beside(summary: dict, path: Path, found: Kinds, own: tuple[str, ...], days: list[date]) -> dict:
    """A summary with, under `beside`, that of every kind but those of `own`, on those of the days that it covers; what
    any of them warns of stands first.
    """
    told: dict[str, dict | list[dict]] = {}
    for kind in (kind for kind in found if kind not in own):
        left = but(found, kind)
        if kind == ANNEX:
            told[kind] = [of_annex.summary(annex, _covered(days, annex)) for annex in read_annex(path, but=left)]
        else:
            read, summed = (read_returns, room.summary) if kind == SSDA903 else (read_cin, room.plans_summary)
            held = read(path, but=left)
            wanted = _covered(days, held) or room.days_asked((), held)
            told[kind] = summed(held, wanted, {}) if kind == SSDA903 else summed(held, wanted)
    if not told:
        return summary
    others = [each for held in told.values() for each in (held if isinstance(held, list) else [held])]
    warnings = [*summary.get("warnings", []), *(warning for each in others for warning in each.get("warnings", []))]
    return summary | {"warnings": warnings, "beside": told}


def _covered(days: list[date], held) -> list[date]:
    return [day for day in days if held.first_day <= day <= held.last_day]


@dataclass(frozen=True)
class OfAnnexes:
    """Every Annex A of a path in the place of returns (`schema` of room.returns says of which): summary and tables."""

    schema: str
    annexes: list[AnnexA]
    days: list[date]

    def summary(self, published: dict[date, int | None]) -> dict:
        """For machines, as returns have it: stock by day, quality; and under `annex_a` everything that each says."""
        told = [of_annex.summary(annex, _covered(self.days, annex)) for annex in self.annexes]
        stock = {day: kinds.get(WHATS[self.schema], {}) for each in told for day, kinds in each["stock"].items()}
        for day, figure in published.items():
            held = stock.get(day.isoformat())
            if held:
                held |= {"published": figure, "difference": None if figure is None else held["total"] - figure}
        return {
            "schema": self.schema,
            "warnings": [warning for annex in self.annexes for warning in annex.warnings()],
            "from": told[0]["from"],
            "to": told[-1]["to"],
            "stock": {day: held for day, held in stock.items() if held},
            "annex_a": told,
            "quality": [row for each in told for row in each["quality"]],
        }

    def tables(self) -> dict[str, pd.DataFrame]:
        """Every aggregated table by file name; small cells are in them, so they are private."""
        rows = [
            (day, what, part, name, count)
            for each in self.summary({})["annex_a"]
            for day, stocks in each["stock"].items()
            for what, stock in stocks.items()
            for part, counts in stock.items()
            for name, count in (counts if isinstance(counts, dict) else {"": counts}).items()
        ]
        door = pd.concat([annex.front_door().assign(day=annex.last_day) for annex in self.annexes])
        return {
            "annex_a_stock": pd.DataFrame(rows, columns=["day", "what", "by", "group", "count"]),
            "annex_a_front_door": door,
        }

    def monthly(self) -> pd.DataFrame:
        """month, total: children, or plans, at the end of each whole month covered, by the latest Annex A."""
        what, annex = WHATS[self.schema], self.annexes[-1]
        stocks = {month: annex.stock(last_day(month), what) for month in annex.whole_months()}
        rows = [(month, stock["total"]) for month, stock in stocks.items() if stock]
        return pd.DataFrame(rows, columns=["month", "total"])


def lines(told: dict) -> list[str]:
    """For a person: what must be known first, the returns asked for, and what stands beside them, kind by kind."""
    pages = Environment(loader=FileSystemLoader(Path(__file__).parent, "utf-8"), trim_blocks=True, lstrip_blocks=True)
    pages.filters |= {"whole": "{:,}".format, "day": lambda day: day_in_words(date.fromisoformat(day))}
    known = {"words": room.WORDS, "kinds": WORDS, "annex": of_annex.SCHEMA, "lists": LISTS}
    known |= {"measures": list(FRONT_DOOR), "sources": GROUPS["source"]}
    return pages.get_template("returns.jinja", globals=known).render(told=told).rstrip("\n").split("\n")
