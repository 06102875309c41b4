"""What a new council's case starts from where no download gives its own figure: neighbours' and national figures, each
with its range, its reason and its doubt. Every entry is for the council to replace.
"""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd
from pydantic import Field

from forecast.case.catalogue import Catalogue
from forecast.case.documents import Entry, Strict, Text
from forecast.case.own import REPLACE
from forecast.case.wording import read_as
from forecast.sources.official.children import Counted
from forecast.sources.official.folder import Official
from forecast.sources.official.places import Place, row_by_code
from forecast.sources.official.spending import Spending, spending

STARTING = "official/starting.yaml"  # in the folder of data
MOST_SHARE = 0.95
LEAST_SHARE = 0.001
NEARLY_ALL = 0.98  # of the children of an age: with more of them in one placement the fit has nowhere to move
THOUSAND = 1000


class Figure(Strict):
    """One national figure that others are worked out from."""

    value: float = Field(description="the figure")
    unit: Text = Field(description="what it counts")
    source: Text = Field(description="where it comes from")
    why: Text = Field(description="why this one")


class Words(Strict):
    """What is said of an entry, with {names} for what is worked out; {replace} asks for the council's own."""

    source: Text = Field(description="where it comes from")
    why: Text = Field(description="why this one")
    reliability: Text = Field(description="red, amber or green; or {reliability}, that of the spending")
    price_base: Text | None = Field(
        None, description="the financial year of its money; or {spent_in}, {financial_year}"
    )
    places: int = Field(0, description="decimals that are kept; -3 for thousands")


class Starting(Strict):
    """The whole of starting.yaml."""

    figures: dict[str, Figure] = Field(description="each figure by its name")
    entries: dict[str, Words] = Field(description="the words of entries, by the name of each or of several alike")


def read_starting(data: Path) -> tuple[dict[str, float], dict[str, Words]]:
    """The national figures and the words of entries, by name. Raises BadInput."""
    held = read_as(Starting, data / STARTING, data)[0]
    return {name: figure.value for name, figure in held.figures.items()}, held.entries


@dataclass(frozen=True)
class Start:
    """What a council's first figures are worked out from, and those worked out so far.

    known     national figures (starting.yaml), and words: what is said of entries; national: entries of national.yaml
    children  of 0 to 17; years: the case's financial year, and the calibration year whose prices spending is in
    entries   key -> entry in the form of case.yaml
    """

    official: Official
    place: Place
    held: Counted
    spent: Spending
    known: dict[str, float]
    words: dict[str, Words]
    national: dict[str, Entry]
    catalogue: Catalogue
    children: float
    financial_year: str
    reviewed: date
    entries: dict[str, dict] = field(default_factory=dict)

    def put(self, key: str, value: float, name: str = "", span: tuple[float, float] | None = None, **worked) -> float:
        """Keep one entry, rounded and within the catalogue's limits; returns its value.

        name, worked  of its words in starting.yaml (its key's own if none is given), and what those name
        """
        item, said = self.catalogue.items[key], self.words[name or key]
        worked = (
            vars(self.spent) | {"replace": REPLACE, "held_year": self.held.year, "spent_in": self.spent.year} | worked
        )
        worked |= {"council": self.place.name, "financial_year": self.financial_year, "spending": self.spent.source}

        def fit(number: float) -> float:
            return float(min(max(round(number, said.places), item.minimum), item.maximum))

        entry: dict = {"value": fit(value), "unit": item.unit}
        if said.price_base:
            entry["price_base"] = said.price_base.format(**worked)
        if span:
            entry |= {"low": min(fit(span[0]), entry["value"]), "high": max(fit(span[1]), entry["value"])}
        why = said.why.format(**worked)
        if self.catalogue.nature[key].found and REPLACE not in why:
            why = f"{why}. {REPLACE}"
        entry |= {"source": said.source.format(**worked), "why": why, "reliability": said.reliability.format(**worked)}
        entry["reviewed"] = self.reviewed.isoformat()
        self.entries[key] = entry | {"review_by": date(self.reviewed.year + 1, 4, 1).isoformat()}
        return entry["value"]

    def value(self, key: str) -> float:
        """A value worked out for the council, else the national one."""
        return self.entries[key]["value"] if key in self.entries else self.national[key].value


def start(data: Path, official: Official, place: Place, held: Counted, **about) -> tuple[dict[str, dict], Spending]:
    """Key -> entry of everything that is a council's own and in no download, and what was spent on its children.

    about  national, catalogue, children, financial_year, reviewed: see Start
    """
    known, words = read_starting(data)
    spent = spending(data, official, place, held, known)
    made = Start(official, place, held, spent, known, words, **about)
    for step in (_moves, _unaccompanied, _who_lives_where, _fostering, _homes_and_rest, _work, _budget):
        step(made)
    return made.entries, spent


def _moves(made: Start) -> None:
    """Migration of children from flows of all ages."""
    low, middle, high = (made.known[f"moving_children{end}"] for end in ("_low", "", "_high"))
    books, county = made.official.books, made.known["county_moves"]
    year = max(books.get("components", {}), default=None)
    flows = None if year is None else row_by_code(made.place, books["components"][year][0])
    by_year = books.get("by_year", {})
    people = None if not by_year else row_by_code(made.place, by_year[max(by_year)][0])
    said = {"low": low, "middle": middle, "high": high, "county": county, "year": year}
    for key in ("internal_in", "internal_out", "international_in", "international_out"):
        if flows is None or people is None or str(year) not in people:
            rate, name = county if key.startswith("internal") else 0.0, "moves_not_held"
        else:
            total, rate, name = float(people[str(year)]), flows[key] / float(people[str(year)]) * THOUSAND, "moves"
            said |= {"total": total, "counted": flows[key], "net": flows["internal_net"]}
            if pd.isna(flows[key]):
                net, name = flows["internal_net"] / total * THOUSAND, "moves_of_county"
                rate = county + (max(net, 0) if key == "internal_in" else max(-net, 0))
        span = (rate * low, rate * high) if rate else (0.0, 0.0)
        made.put(f"migration.{key}", rate * middle, name, span, **said)


def _unaccompanied(made: Start) -> None:
    """Unaccompanied children by age, and the grant's rate for a council with so many."""
    uasc, young = made.held.total(made.place.name, "uasc_stock"), made.known["uasc_under_16"]
    said = {"uasc": uasc, "lac": made.held.total(made.place.name, "lac_stock"), "all_children": made.children}
    for band, share, aged in (("10_15", young, "under 16"), ("16_17", 1 - young, "16 or 17")):
        there = made.spent.by_age[band]
        part = min(uasc * share / there, MOST_SHARE) if there else 0.0
        made.put(f"placements.uasc_{band}", part, "uasc_share", share=share, aged=aged, there=there, **said)
    many = uasc / made.children >= made.known["uasc_threshold"]
    said |= {"of_children": uasc / made.children, "which": "higher" if many else "lower"}
    for key in ("uasc_under_16", "uasc_16_17"):
        made.put(f"income.{key}", made.known[f"uasc_{said['which']}"], "uasc_grant", **said)


def _who_lives_where(made: Start) -> None:
    """The ages of a placement, where the council's counts by placement and by age could not both hold at England's."""
    ages, placed = made.spent.by_age, made.spent.placed_now
    older = {"16_17": ages["16_17"], "5": ages["5_9"] + ages["10_15"] + ages["16_17"]}
    homes = placed["residential"] + placed["other_residential"] + placed["residential_school"]

    def widen(key: str, to: float, who: str, placed_there: float, of_age: float) -> None:
        made.put(f"placements.{key}", to, "wider_ages", who=who, placed_there=placed_there, of_age=of_age)

    if placed["supported"] > older["16_17"] * NEARLY_ALL:
        widen("supported_from_age", 10, "in supported accommodation", placed["supported"], older["16_17"])
    if homes + placed["supported"] > older["5"] * NEARLY_ALL:
        for key in ("residential_from_age", "residential_school_from_age"):
            widen(key, 0, "in homes and supported accommodation", homes + placed["supported"], older["5"])
    young = ages["under_1"] + ages["1_4"] + ages["5_9"]
    if placed["placed_for_adoption"] > young * NEARLY_ALL:
        widen("adoption_to_age", 18, "placed for adoption", placed["placed_for_adoption"], young)


def _fostering(made: Start) -> None:
    """In-house places, prices where the council's spending bears no national ones, and the fostering service."""
    spent, kin = made.spent, made.national["placements.kinship_share"].value
    now, agency = spent.placed_now["fostering"], min(spent.agency_now, spent.placed_now["fostering"] * (1 - kin))
    places = now * (1 - kin) - agency
    made.put("placements.in_house_fostering_places", places, now=now, agency=agency, kin=kin)
    shares = {
        "in_house_fostering": (places / now if now else 0.0),
        "kinship_fostering": kin,
        "ifa_fostering": (agency / now if now else 0.0),
    }
    prices = {name: made.national[f"costs.{name}"] for name in shares}
    mean = sum(shares[name] * price.value for name, price in prices.items())
    scale = 1.0
    if mean and spent.fostering_week < mean:
        scale = max(spent.fostering_week / mean, 1 / made.known["largest_scale"])
        for name, price in prices.items():
            span = (price.low * scale, price.high * scale)
            said = {"price": price.value, "scale": scale, "price_base": price.price_base}
            made.put(f"costs.{name}", price.value * scale, "scaled_price", span, **said)
    made.put("costs.fostering_service", max(spent.fostering_week - mean * scale, 0.0) * spent.foster_weeks)


def _homes_and_rest(made: Start) -> None:
    """The price of a place in a home, and services held constant."""
    spent, doubt = made.spent, made.known["price_doubt"]
    england, week = spent.england["residential"], spent.residential_week
    low, high = min(week, england) * (1 - doubt), max(week, england) * (1 + doubt)
    said = {"of_england": england, "doubt": doubt}
    made.put("costs.private_residential", week, span=(low, high), **said)
    made.put("costs.residential_school", week, span=(low / 2, high), **said)
    weekly = {name: made.national[f"costs.{name}"].value for name in ("supported", "other_placement")}
    placed = sum(
        weekly[name] * weeks for name, weeks in zip(weekly, (spent.supported_weeks, spent.other_weeks), strict=True)
    )
    made.put("costs.other_lac_services", max(spent.other - placed, 0.0))
    for name in ("residential", "fostering"):
        share, key = min(max(spent.income[name], 0.0), 0.85), f"income.{name}_share"
        span = (share, share)
        if share >= LEAST_SHARE:
            span = max(share / 2, LEAST_SHARE), min(max(share * 1.5, 2 * LEAST_SHARE), 0.9)
        uncertain = made.catalogue.items[key].kind == "uncertain"
        made.put(key, share, "income_range" if uncertain else "income", span if uncertain else None, of=name)


def _work(made: Start) -> None:
    """Contact hours and posts that last year's children needed: the services are taken as full."""
    known, value = made.known, made.value
    lac, plans = made.spent.children, made.spent.plans
    initial = made.held.total(made.place.name, "cp_starts") * known["icpc_per_start"]
    meetings = (initial + plans * known["conferences_a_plan"]) / value("families.cp")
    reviews = lac * known["reviews_a_child"]
    for key, hours in (("posts", "hours_a"), ("admin_posts", "admin_hours_a")):
        needed = reviews * value(f"iro.{hours}_lac_review") + meetings * value(f"iro.{hours}_conference")
        made.put(f"iro.{key}", needed / value("iro.hours_a_post"), "posts", reviews=reviews, meetings=meetings)
    orders = made.spent.in_proceedings
    sessions = orders * known["sessions_in_proceedings"] + (lac - orders) * value("contact.sessions_after_order") / (
        365.25 / 7
    )
    hours = sessions / value("contact.children_a_session") * value("contact.hours_a_session")
    hours = made.put("contact.in_house_hours", hours)
    an_hour = known["contact_hour_cost"]
    made.put("contact.in_house_cost", hours * an_hour * 52, hours=hours, an_hour=an_hour)


def _budget(made: Start) -> None:
    """The base budget and the contingency, which no download gives; and a measure's costs in this year's money."""
    doubt, share, total = made.known["budget_doubt"], made.known["contingency_share"], made.spent.total
    width = round(total * doubt, -3)
    made.put("budget.adjustment", 0.0, span=(-width, width), doubt=doubt, whole=total)
    large = "large_contingency" if total * share >= 1e5 else "contingency"
    made.put("budget.contingency", total * share, large, share=share, whole=total)
    for key in ("set_up", "running"):
        made.put(f"measure.{key}", 0.0, "measure")
