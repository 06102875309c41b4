"""The tables of a new council's case, each with its source card: what a case reads, and nothing else."""

import csv
import io
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from forecast.case.freezing import plain_yaml
from forecast.case.home import beside
from forecast.case.months import month_in_words
from forecast.sources.cards import fingerprint
from forecast.sources.history import SUPPRESSED
from forecast.sources.official.children import ENGLAND, Counted, period
from forecast.sources.official.folder import Official
from forecast.sources.official.kinds import SYMBOLS
from forecast.sources.official.people import People, band_totals
from forecast.sources.official.places import Place
from forecast.sources.official.spending import Spending

DESCRIBED = beside(__file__)
LICENCE = "Open Government Licence v3.0"
PUBLISHED = {"children": (0, 11, 30), "population": (1, 7, 31), "spending": (1, 12, 31)}  # years later, month, day
ENGLAND_BY_YEAR = "england_by_year"
BY_YEAR = ("lac_stock", "lac_starts", "lac_ceases", "cp_stock", "cp_starts", "cp_ends")  # in its columns' order


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


def children_table(official: Official, place: Place, held: Counted, prefix: str, icpc_per_start: float) -> Table:
    """Children of the council and of England, in the form of a history."""
    how = f"not in the downloads: England's {icpc_per_start:g} initial conferences for each plan started"
    conferences = f"{held.total(place.name, 'cp_starts') * icpc_per_start:.0f}"
    key = (place.name, period("icpc", held.year), "icpc", "all", "all")
    rows = [[str(cell) for cell in row] for row in [*held.rows, (*key, conferences, "conferences", "proxy", how)]]
    totals = []
    for area in (ENGLAND, place.name):
        for measure in ("lac_stock", "lac_starts", "lac_ceases", "cp_stock", "cp_starts"):
            at = period(measure, held.year)
            where = {"area": area, "measure": measure, "period": at, "breakdown": "all"}
            totals.append(("value", where, held.total(area, measure), f"{area}'s row, {measure} at {at}"))
        for (measure, breakdown), counts in held.parts[area].items():
            where = {"area": area, "measure": measure, "period": period(measure, held.year), "breakdown": breakdown}
            whole, seen = held.total(area, measure), sum(count for count in counts.values() if count is not None)
            why = f"{breakdown} of {area}: published cells, of {whole:,.0f} in all"
            totals.append(("value", where, seen, why))
    symbols = {row[5]: SYMBOLS[row[5]] for row in rows if row[7] == SUPPRESSED}
    made = _described("children", official, prefix, rows, totals, area=place.name, year=held.year)
    return replace(made, symbols=symbols)


def population_tables(official: Official, place: Place, living: People, prefix: str) -> dict[str, Table]:
    """role -> table: children by age of the council and of England, births and migration."""
    area, year = place.name, str(living.mid_year)
    flows = (living.births, living.internal_net, living.international_net)
    rows = {
        "population": [[area, year, str(age), f"{count:.0f}"] for age, count in enumerate(living.ages)],
        "country_population": [
            [ENGLAND, year, band, f"{count:.0f}"] for band, count in band_totals(living.england).items()
        ],
        "components": [
            [area, str(mid), *(_figure(part.get(mid)) for part in flows), f"{people:.0f}"]
            for mid, people in sorted(living.by_year.items())
        ],
    }
    births = sum(living.births[mid] for mid in living.births if mid in living.by_year)
    added = {role: sum(int(row[3]) for row in rows[role]) for role in ("population", "country_population")}
    totals = {
        "population": ("children", {}, added["population"], "ages 0 to 17 add up"),
        "country_population": ("children", {}, added["country_population"], "England's row, ages 0 to 17"),
        "components": ("births", {}, births, "births of the years held"),
    }
    files = dict.fromkeys(rows, living.sources.get("population", []))
    files["components"] = living.sources.get("components", files["population"])
    said = {"area": area, "year": year, "first": min(living.by_year), "last": max(living.by_year)}
    return {role: _described(role, official, prefix, rows[role], [totals[role]], files[role], **said) for role in rows}


def spending_table(official: Official, place: Place, spent: Spending, prefix: str) -> Table:
    """Gross spending of the council, where it made a return, and of England."""
    rows = [
        [ENGLAND, spent.year, f"{part}_weekly", f"{spent.england[part]:.0f}", "gbp_per_child_week"]
        for part in ("residential", "fostering")
    ]
    if spent.returned is not None:
        rows.append([place.name, spent.year, "total_lac_gross", f"{spent.returned:.0f}", "gbp"])
    where = {"area": ENGLAND, "measure": "residential_weekly"}
    totals, files = [("value", where, float(rows[0][3]), "England's row over its children")], [spent.file]
    return _described("spending", official, prefix, rows, totals, files, area=place.name, year=spent.year)


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
        rows.append([ENGLAND, str(year), *(said(measure, year) for measure in BY_YEAR), children])
    total = [("lac", {"year": str(held.year)}, held.total(ENGLAND, "lac_stock"), "England's row")]
    made = _described("country_by_year", official, prefix, rows, total, first=rows[0][1], year=held.year)
    return replace(made, columns=list(shipped.columns), numbers=list(shipped.columns[1:]))


def _described(
    role: str, official: Official, prefix: str, rows: list, totals: list, files: list[str] | None = None, **words
) -> Table:
    """A table as case_tables.yaml describes it; its files, if none are given, are all those of its kinds."""
    said = DESCRIBED[role]
    kind = official.kinds[said["kinds"][0]]
    words |= {"publisher": kind.publisher, "link": kind.link}
    about = {name: text.format(**words) for name, text in said["about"].items()}
    if files is None:
        files = [file.name for file in official.files.values() if file.kind in said["kinds"]]
    columns = [said[part] for part in ("columns", "key", "numbers")]
    return Table(f"{prefix}_{said['name']}", columns[0], rows, *columns[1:], about, totals, [f for f in files if f])


def published_on(role: str, year: int) -> date:
    """The last day on which an edition appears. year: of the 31 March, the mid-year, or the spending's first."""
    later, month, day = PUBLISHED[role]
    return date(year + later, month, day)


def _figure(value: float | None) -> str:
    return "" if value is None or pd.isna(value) else f"{value:.0f}"


def title(name: str, month: str, amount: float) -> str:
    """The title of a forecast."""
    return f"{name}, {month_in_words(month)}: will £{amount:,.0f} be enough?"
