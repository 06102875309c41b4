"""A new council's case: case.yaml, its tables and their cards. All is made before a file is written."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from forecast.case.catalogue import read_catalogue
from forecast.case.documents import Case, CaseFile
from forecast.case.errors import BadInput
from forecast.case.freezing import plain_yaml
from forecast.case.layers import read_national
from forecast.case.months import financial_year, last_day, year_before, year_end
from forecast.case.reader import read_text
from forecast.case.wording import check
from forecast.sources.files import write_whole
from forecast.sources.official import case_tables
from forecast.sources.official.children import ENGLAND, Counted, count, last_year
from forecast.sources.official.folder import Official
from forecast.sources.official.kinds import where
from forecast.sources.official.people import people
from forecast.sources.official.places import Place
from forecast.sources.official.starting import read_starting, start

COUNCILS = "councils"  # in the folder of data: a folder a council
YEARS_AHEAD = 4
STAYS, PATTERNS, ENGLAND_AGES = "england_plan_stays_2024_25", "england_children_2011", "england_population_2023"
HEADING = "# yaml-language-server: $schema=../../schema/case.schema.json\n"
UNUSED = ("in_need", "referrals", "social_workers")  # read where they are, and of no figure of a forecast


@dataclass(frozen=True)
class NewCase:
    """A case ready to be written.

    texts  path -> content of every file
    gaps   what was worked out or is missing, with where it is published
    """

    case: Case
    texts: dict[Path, str]
    gaps: list[str]
    counted: Counted


def new_case(
    params: Path, data: Path, official: Official, place: Place, today: date, month: str | None = None
) -> NewCase:
    """Everything of a new council's case; no file is written.

    month  of the report: figures of its financial year and later are left out; by default the month after the last 31
           March that the downloads hold
    Raises BadInput where the downloads hold no year of the council.
    """
    at_most = None if month is None else int(year_end(year_before(financial_year(month)))[:4])
    last, behind = last_year(official, place, at_most)
    month = month or f"{last}-04"
    held, known = count(official, place, last), read_starting(data)[0]
    prefix = f"{place.slug}_{month}".replace("-", "_")
    shipped = pd.read_csv(data / "published" / f"{ENGLAND_AGES}.csv", dtype=str)
    living = people(official, place, held, shipped, known["births_per_child"])
    catalogue = read_catalogue(params)
    entries, spent = start(
        data,
        official,
        place,
        held,
        national=read_national(params, catalogue),
        catalogue=catalogue,
        children=float(living.ages.sum()),
        financial_year=financial_year(month),
        reviewed=today,
    )
    tables = {"children": case_tables.children_table(official, place, held, prefix, known["icpc_per_start"])}
    tables |= case_tables.population_tables(official, place, living, prefix)
    tables["spending"] = case_tables.spending_table(official, place, spent, prefix)
    by_year = case_tables.later_england(official, held, data, prefix)
    if by_year is not None:
        tables["country_by_year"] = by_year
    case = _case(place, month, held, {role: table.name for role, table in tables.items()}, entries)
    folder, texts = data / COUNCILS / place.slug / month, {}
    years = {"population": living.mid_year, "spending": int(spent.year[:4]), "children": last}
    for role, table in tables.items():
        kind = role if role in years else "population" if role in ("country_population", "components") else "children"
        published = case_tables.published_on(kind, years[kind])
        texts[folder / f"{table.name}.csv"] = table.text
        texts[folder / f"{table.name}.card.yaml"] = table.card(
            official, place.la_code, published, today, last_day(month)
        )
    texts[params / place.slug / month / "case.yaml"] = _case_text(place, month, case, entries)
    gaps = [*official.notes, *behind, *held.gaps, *living.gaps, *spent.gaps, *_not_held(official)]
    text = texts[params / place.slug / month / "case.yaml"]
    read = check(CaseFile, read_text(text, f"{place.slug}/{month}/case.yaml")).case  # as it will be read
    return NewCase(read, texts, gaps, held)


def write(made: NewCase, anew: bool) -> list[Path]:
    """Write a case's files. Raises BadInput where one is there already, unless they are to be made anew."""
    there = [path for path in made.texts if path.name == "case.yaml" and path.exists()]
    if there and not anew:
        raise BadInput(
            f"params/{made.case.council}/{made.case.month}/case.yaml is there already. Its figures may be the "
            "council's own by now: move it away, or write it anew with --anew."
        )
    for path, text in made.texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text.encode("utf-8"))
    return list(made.texts)


def _case(place: Place, month: str, held: Counted, names: dict[str, str], entries: dict[str, dict]) -> dict:
    """The head of case.yaml. A pattern that the downloads lack is not named: England's is then used."""
    year = case_tables.period("lac_starts", held.year)
    day = case_tables.period("lac_stock", held.year)
    tables = names | {"children": [names["children"], STAYS, PATTERNS], "country": ENGLAND}
    tables.setdefault("country_by_year", case_tables.ENGLAND_BY_YEAR)
    patterns = {"country_cp_starts_by_age": "2010-11", "country_cp_stock_by_age": "2011-03-31"}
    patterns |= {"lac_stays": "2012-13", "country_cp_stays": "2024-25"}
    for area, role in ((ENGLAND, "country"), (place.name, "council")):
        parts = held.parts[area]
        if ("lac_stock", "age_band") in parts:
            patterns[f"{role}_lac_stock_by_age"] = day
        if ("lac_starts", "age_band") in parts:
            patterns[f"{role}_lac_starts_by_age"] = year
        if ("lac_ceases", "age_band") in parts and area == ENGLAND:
            patterns[f"{role}_lac_ceases_by_age"] = year
    last_held = {  # in england_children_2011, for what the downloads lack of England
        "country_lac_stock_by_age": "2011-03-31",
        "country_lac_starts_by_age": "2010-11",
        "country_lac_ceases_by_age": "2010-11",
    }
    for breakdown in ("placement", "legal_status"):
        if ("lac_stock", breakdown) not in held.parts[ENGLAND]:
            patterns[f"country_lac_stock_by_{breakdown}"] = "2011-03-31"
    patterns = last_held | patterns
    end = int(financial_year(month)[:4]) + YEARS_AHEAD
    return {
        "council": place.slug,
        "area": place.name,
        "la_code": place.la_code,
        "ons_code": place.ons_code,
        "month": month,
        "origin": day,
        "horizon": f"{end}-03",
        "financial_year": financial_year(month),
        "calibration_year": year,
        "title": case_tables.title(place.name, month, entries["budget.contingency"]["value"]),
        "tables": tables | patterns,
    }


def _case_text(place: Place, month: str, case: dict, entries: dict[str, dict]) -> str:
    whole: dict = {}
    for key, entry in entries.items():
        *above, name = key.split(".")
        section = whole
        for part in above:
            section = section.setdefault(part, {})
        section[name] = entry
    first = (
        f"# {place.name}, {month}: made by `forecast new` from official downloads. What no download gives starts from "
        f"neighbours' and\n# national figures (amber, red): put the council's own in their place. `forecast next "
        f"{place.slug}` says which matter most.\n"
    )
    return first + HEADING + plain_yaml({"case": case, "assumptions": whole})


def _not_held(official: Official) -> list[str]:
    """Tables that the folder lacks, each with where it is published."""
    lacking = [official.kinds[name] for name in official.missing() if name not in UNUSED]
    return [f"not in the folder: {kind.gives}. {where(kind)}" for kind in lacking]
