"""The tables of a new council's case, each with its source card: what a case reads, and nothing else."""

import csv
import io
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from forecast.case.freezing import plain_yaml
from forecast.case.months import month_in_words
from forecast.sources.cards import fingerprint
from forecast.sources.history import COLUMNS, SUPPRESSED
from forecast.sources.official.children import ENGLAND, Counted, period
from forecast.sources.official.folder import Official
from forecast.sources.official.kinds import SYMBOLS
from forecast.sources.official.people import People, band_totals
from forecast.sources.official.places import Place
from forecast.sources.official.spending import Spending

LICENCE = "Open Government Licence v3.0"
PUBLISHED = {"children": (0, 11, 30), "population": (1, 7, 31), "spending": (1, 12, 31)}  # years later, month, day
ENGLAND_BY_YEAR = "england_by_year"
BY_YEAR = {"lac": "lac_stock", "lac_started": "lac_starts", "lac_ceased": "lac_ceases"} | {
    "cp": "cp_stock",
    "cp_started": "cp_starts",
    "cp_ended": "cp_ends",
}


@dataclass(frozen=True)
class Table:
    """One table and what its card says. rows as text; totals: (column, where, equals, why)."""

    name: str
    columns: list[str]
    rows: list[list[str]]
    key: list[str]
    numbers: list[str]
    about: dict[str, str]
    totals: list[tuple[str, dict[str, str], float, str]]
    files: list[str]
    symbols: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([self.columns, *self.rows])
        return out.getvalue()

    def card(self, official: Official, la_code: str, published: date, today: date, as_at: date) -> str:
        """The text of its source card."""
        published = min(published, today)
        later = published > as_at
        used = [official.files[name] for name in dict.fromkeys(self.files)]
        made_from = "; ".join(f"{file.name} (SHA-256 {file.sha256})" for file in used)
        content = {"table": self.name, "la_code": la_code} | self.about
        content |= {
            "published": published.isoformat(),
            "retrieved": today.isoformat(),
            "licence": LICENCE,
            "symbols": self.symbols,
            "columns": self.columns,
            "rows": len(self.rows),
            "sha256": fingerprint(self.text.encode("utf-8")),
            "key": self.key,
            "numbers": self.numbers,
            "control_totals": [
                {"column": column, "where": where, "equals": equals, "why": why}
                for column, where, equals, why in self.totals
            ],
            "known_from": published.isoformat(),
            "hindsight": later,
            "hindsight_reason": "The council's own returns were known to it; the rest is of the same edition"
            if later
            else "",
            "expires": max(published + timedelta(days=366), as_at).isoformat(),
            "notes": f"Made by forecast new from {made_from or 'what was held'}. The files do not name their day of "
            "publication: the last day on which this edition appears is taken.",
        }
        return plain_yaml(content)


def children_table(official: Official, place: Place, held: Counted, name: str, icpc_per_start: float) -> Table:
    """Children of the council and of England, in the form of a history."""
    starts = held.total(place.name, "cp_starts")
    conferenced = (
        place.name,
        period("icpc", held.year),
        "icpc",
        "all",
        "all",
        f"{starts * icpc_per_start:.0f}",
        "conferences",
        "proxy",
        f"not in the downloads: England's {icpc_per_start:g} initial conferences for each plan started",
    )
    rows = [[str(cell) for cell in row] for row in [*held.rows, conferenced]]
    totals = []
    for area in (ENGLAND, place.name):
        for measure in ("lac_stock", "lac_starts", "lac_ceases", "cp_stock", "cp_starts"):
            at = period(measure, held.year)
            where = {"area": area, "measure": measure, "period": at, "breakdown": "all"}
            totals.append(("value", where, held.total(area, measure), f"{area}'s row, {measure} at {at}"))
    symbols = {row[5]: SYMBOLS[row[5]] for row in rows if row[7] == SUPPRESSED}
    kinds = ["looked_after", "looked_after_by", "started", "ceased", "plans_open", "plans_started"]
    about = {
        "title": f"{place.name} and England: looked-after children and child protection plans, to 31 March {held.year}",
        "publisher": "Department for Education",
        "link": official.kinds["looked_after"].link,
        "period": f"to 31 March {held.year}",
        "units": "children unless the unit column says otherwise",
    }
    files = [file.name for file in official.files.values() if file.kind in kinds]
    return Table(name, COLUMNS, rows, COLUMNS[:5], ["value"], about, totals, files, symbols)


def population_tables(official: Official, place: Place, living: People, prefix: str) -> dict[str, Table]:
    """role -> table: children by age of the council and of England, births and migration."""
    kind, year = official.kinds["population"], living.mid_year
    about = {"publisher": kind.publisher, "link": kind.link, "period": f"mid-{year}", "units": "children"}
    ages = [[place.name, str(year), str(age), f"{count:.0f}"] for age, count in enumerate(living.ages)]
    bands = band_totals(living.england)
    england = [[ENGLAND, str(year), band, f"{count:.0f}"] for band, count in bands.items()]
    flows = [
        [
            place.name,
            str(mid),
            *(_figure(part.get(mid)) for part in (living.births, living.internal_net, living.international_net)),
            f"{people:.0f}",
        ]
        for mid, people in sorted(living.by_year.items())
    ]
    births = sum(living.births[mid] for mid in living.births if mid in living.by_year)
    files = living.sources.get("population", [])
    return {
        "population": Table(
            f"{prefix}_ages",
            ["area", "mid_year", "age", "children"],
            ages,
            ["area", "mid_year", "age"],
            ["children"],
            about | {"title": f"{place.name}: children by single year of age, mid-{year}"},
            [("children", {}, sum(int(row[3]) for row in ages), "ages 0 to 17 add up")],
            files,
        ),
        "country_population": Table(
            f"{prefix}_england_ages",
            ["area", "mid_year", "age_band", "children"],
            england,
            ["area", "mid_year", "age_band"],
            ["children"],
            about | {"title": f"England: children by age band, mid-{year}"},
            [("children", {}, sum(int(row[3]) for row in england), "England's row, ages 0 to 17")],
            files,
        ),
        "components": Table(
            f"{prefix}_births_and_moves",
            [
                "area",
                "year_to_mid",
                "births",
                "net_internal_migration",
                "net_international_migration",
                "population_all_ages",
            ],
            flows,
            ["area", "year_to_mid"],
            ["births", "net_internal_migration", "net_international_migration", "population_all_ages"],
            about
            | {
                "title": f"{place.name}: births, migration and population, to mid-{max(living.by_year)}",
                "period": f"mid-{min(living.by_year)} to mid-{max(living.by_year)}",
                "units": "births; people of all ages",
            },
            [("births", {}, births, "births of the years held")],
            living.sources.get("components", files),
        ),
    }


def spending_table(official: Official, place: Place, spent: Spending, prefix: str) -> Table:
    """Gross spending of the council, where it made a return, and of England."""
    kind = official.kinds["spending"]
    rows = [
        [ENGLAND, spent.year, f"{part}_weekly", f"{spent.england[part]:.0f}", "gbp_per_child_week"]
        for part in ("residential", "fostering")
    ]
    if spent.returned is not None:
        rows.append([place.name, spent.year, "total_lac_gross", f"{spent.returned:.0f}", "gbp"])
    about = {
        "title": f"{place.name} and England: spending on looked-after children, {spent.year}",
        "publisher": kind.publisher,
        "link": kind.link,
        "period": spent.year,
        "units": "as the unit column says",
    }
    totals = [
        (
            "value",
            {"area": ENGLAND, "measure": "residential_weekly"},
            float(rows[0][3]),
            "England's row over its children",
        )
    ]
    return Table(
        f"{prefix}_spending",
        ["area", "financial_year", "measure", "value", "unit"],
        rows,
        ["area", "financial_year", "measure"],
        ["value"],
        about,
        totals,
        [spent.file] if spent.file else [],
    )


def later_england(official: Official, held: Counted, data: Path, prefix: str) -> Table | None:
    """England by year up to the calibration year, where the table that is held ends before it."""
    shipped = pd.read_csv(data / "published" / f"{ENGLAND_BY_YEAR}.csv", dtype=str, keep_default_na=False)
    if int(shipped["year"].max()) >= held.year:
        return None
    figures = official.figures[(official.figures["level"] == "country") & (official.figures["breakdown"] == "all")]

    def said(measure: str, year: int) -> str:
        rows = figures["value"][(figures["measure"] == measure) & (figures["year"] == year)]
        return next((value for value in rows if value.isdigit()), "")

    rows = shipped.to_numpy().tolist()
    for year in range(int(shipped["year"].max()) + 1, held.year + 1):
        children = said("children", year - 1) or rows[-1][-1]
        rows.append([ENGLAND, str(year), *(said(measure, year) for measure in BY_YEAR.values()), children])
    about = {
        "title": f"England: looked-after children and child protection plans by year, to {held.year}",
        "publisher": "Department for Education",
        "link": official.kinds["looked_after"].link,
        "period": f"years to 31 March {rows[0][1]} to {held.year}",
        "units": "children; stocks at 31 March, flows in the year to 31 March",
    }
    columns = list(shipped.columns)
    total = [("lac", {"year": str(held.year)}, held.total(ENGLAND, "lac_stock"), "England's row")]
    files = [
        file.name
        for file in official.files.values()
        if file.kind in ("looked_after", "plans_open", "plans_started", "children")
    ]
    return Table(f"{prefix}_england_by_year", columns, rows, ["area", "year"], columns[1:], about, total, files)


def published_on(role: str, year: int) -> date:
    """The last day on which an edition appears. year: of the 31 March, the mid-year, or the spending's first."""
    later, month, day = PUBLISHED[role]
    return date(year + later, month, day)


def _figure(value: float | None) -> str:
    return "" if value is None or pd.isna(value) else f"{value:.0f}"


def title(name: str, month: str, amount: float) -> str:
    """The title of a forecast."""
    return f"{name}, {month_in_words(month)}: will £{amount:,.0f} be enough?"
