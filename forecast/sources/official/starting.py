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
NOT_HERE = "Not in any official download"
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


class Figures(Strict):
    """The whole of starting.yaml."""

    figures: dict[str, Figure] = Field(description="each figure by its name")


def read_starting(data: Path) -> dict[str, float]:
    """The national figures by name. Raises BadInput."""
    return {name: figure.value for name, figure in read_as(Figures, data / STARTING, data)[0].figures.items()}


@dataclass(frozen=True)
class Start:
    """What a council's first figures are worked out from, and those worked out so far.

    known     national figures (starting.yaml); national: entries of national.yaml
    children  of 0 to 17; years: the case's financial year, and the calibration year whose prices spending is in
    entries   key -> entry in the form of case.yaml
    """

    official: Official
    place: Place
    held: Counted
    spent: Spending
    known: dict[str, float]
    national: dict[str, Entry]
    catalogue: Catalogue
    children: float
    financial_year: str
    spent_in: str
    reviewed: date
    entries: dict[str, dict] = field(default_factory=dict)

    def put(self, key, value, source, why, reliability, span=None, price_base=None, places=0) -> float:
        """Keep one entry, rounded and within the catalogue's limits; returns its value."""
        item = self.catalogue.items[key]

        def fit(number: float) -> float:
            return float(min(max(round(number, places), item.minimum), item.maximum))

        entry: dict = {"value": fit(value), "unit": item.unit}
        if price_base:
            entry["price_base"] = price_base
        if span:
            entry |= {"low": min(fit(span[0]), entry["value"]), "high": max(fit(span[1]), entry["value"])}
        if self.catalogue.nature[key].found and REPLACE not in why:
            why = f"{why}. {REPLACE}"
        entry |= {"source": source, "why": why, "reliability": reliability, "reviewed": self.reviewed.isoformat()}
        self.entries[key] = entry | {"review_by": date(self.reviewed.year + 1, 4, 1).isoformat()}
        return entry["value"]

    def value(self, key: str) -> float:
        """A value worked out for the council, else the national one."""
        return self.entries[key]["value"] if key in self.entries else self.national[key].value


def start(data: Path, official: Official, place: Place, held: Counted, **about) -> tuple[dict[str, dict], Spending]:
    """Key -> entry of everything that is a council's own and in no download, and what was spent on its children.

    about  national, catalogue, children, financial_year, reviewed: see Start
    """
    known = read_starting(data)
    spent = spending(data, official, place, held, known)
    made = Start(official, place, held, spent, known, spent_in=spent.year, **about)
    _moves(made)
    _unaccompanied(made)
    _who_lives_where(made)
    _fostering(made)
    _homes_and_rest(made)
    _work(made)
    _budget(made)
    return made.entries, spent


def _moves(made: Start) -> None:
    """Migration of children from flows of all ages."""
    low, middle, high = (made.known[f"moving_children{end}"] for end in ("_low", "", "_high"))
    books = made.official.books
    year = max(books.get("components", {}), default=None)
    flows = None if year is None else row_by_code(made.place, books["components"][year][0])
    by_year = books.get("by_year", {})
    people = None if not by_year else row_by_code(made.place, by_year[max(by_year)][0])
    share = f"children taken to move at {middle:g} of the rate of all ages ({low:g} to {high:g})"
    county = made.known["county_moves"]
    for key in ("internal_in", "internal_out", "international_in", "international_out"):
        if flows is None or people is None or str(year) not in people:
            rate = county if key.startswith("internal") else 0.0
            source = "No population estimates with components of change are among the downloads"
            why = "The same number taken to come and to go. Download the ONS's mid-year estimates"
        else:
            total = float(people[str(year)])
            counted = flows[key]
            source = f"ONS, {made.place.name}, year to mid-{year}: {counted:,.0f} people of all ages among {total:,.0f}"
            why = f"Gross flows of children are not in the downloads: {share}"
            if pd.isna(counted):
                net = flows["internal_net"] / total * THOUSAND
                rate = county + (max(net, 0) if key == "internal_in" else max(-net, 0))
                source = (
                    f"ONS, {made.place.name}, year to mid-{year}: net {flows['internal_net']:,.0f}; moves "
                    "in and out are not given for counties"
                )
                why = (
                    f"{county:g} in 1,000 each way, as near the lower of other councils, and the net beside it; {share}"
                )
            else:
                rate = counted / total * THOUSAND
        span = (rate * low, rate * high) if rate else None
        made.put(f"migration.{key}", rate * middle, source, why, "red", span or (0.0, 0.0), places=1)


def _unaccompanied(made: Start) -> None:
    """Unaccompanied children by age, and the grant's rate for a council with so many."""
    uasc, young = made.held.total(made.place.name, "uasc_stock"), made.known["uasc_under_16"]
    ages = made.spent.by_age
    source = (
        f"DfE, 31 March {made.held.year}: {uasc:.0f} unaccompanied children among "
        f"{made.held.total(made.place.name, 'lac_stock'):.0f} looked after; not given by age"
    )
    for band, share, words in (("10_15", young, "under 16"), ("16_17", 1 - young, "16 or 17")):
        part = min(uasc * share / ages[band], MOST_SHARE) if ages[band] else 0.0
        made.put(
            f"placements.uasc_{band}",
            part,
            source,
            f"{share:.0%} of them taken to be {words}, over {ages[band]:.0f} looked-after children of that age",
            "red",
            places=3,
        )
    many = uasc / made.children >= made.known["uasc_threshold"]
    rate = made.known["uasc_higher" if many else "uasc_lower"]
    for key in ("uasc_under_16", "uasc_16_17"):
        made.put(
            f"income.{key}",
            rate,
            "Home Office grant 2022-23 (PQ 110809): £114 a night, £798 a week; £143 a night, £1,001 "
            "a week, where UASC are 0.07% of children or more",
            f"{uasc:.0f} unaccompanied children are {uasc / made.children:.3%} of "
            f"{made.children:,.0f}: the {'higher' if many else 'lower'} rate. No later rate is held",
            "amber",
        )


def _who_lives_where(made: Start) -> None:
    """The ages of a placement, where the council's counts by placement and by age could not both hold at England's."""
    ages, placed = made.spent.by_age, made.spent.placed_now
    older = {"16_17": ages["16_17"], "5": ages["5_9"] + ages["10_15"] + ages["16_17"]}
    homes = placed["residential"] + placed["other_residential"] + placed["residential_school"]
    day = f"DfE, 31 March {made.held.year}"

    def widen(key: str, to: float, who: str, placed_there: float, of_age: float) -> None:
        source = f"{day}: {placed_there:.1f} children {who}, and {of_age:.1f} of the age for it"
        made.put(f"placements.{key}", to, source, "Wider than the usual ages, so that both counts hold", "amber")

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
    made.put(
        "placements.in_house_fostering_places",
        places,
        f"DfE, 31 March {made.held.year}: {now:.0f} foster placements, {agency:.0f} of them taken to "
        f"be with agencies ({spent.agency_how}) and {kin:.0%} with relatives or friends",
        f"Taken as full: every further child goes to an agency. {REPLACE}: the approved places that can be filled",
        "amber",
    )
    weeks = spent.foster_weeks
    shares = {
        "in_house_fostering": (places / now if now else 0.0),
        "kinship_fostering": kin,
        "ifa_fostering": (agency / now if now else 0.0),
    }
    prices = {name: made.national[f"costs.{name}"].value for name in shares}
    mean = sum(shares[name] * prices[name] for name in shares)
    scale = 1.0
    if mean and spent.fostering_week < mean:
        scale = max(spent.fostering_week / mean, 1 / made.known["largest_scale"])
        for name, price in prices.items():
            entry = made.national[f"costs.{name}"]
            made.put(
                f"costs.{name}",
                price * scale,
                f"England's price, £{price:,.0f}, times {scale:.2f}: {spent.source}, "
                f"£{spent.fostering_week:,.0f} a week of fostering in all",
                f"Spending on fostering does not bear England's prices. {REPLACE}",
                spent.reliability,
                (entry.low * scale, entry.high * scale),
                entry.price_base,
            )
    rest = max(spent.fostering_week - mean * scale, 0.0) * weeks
    made.put(
        "costs.fostering_service",
        rest,
        f"{spent.source}: £{spent.fostering_week:,.0f} for each week of foster care, less allowances, "
        "fees and agency placements",
        f"Recruitment, support and panel: fixed. What is left, so it holds any error in the prices. {REPLACE}",
        spent.reliability,
        price_base=made.spent_in,
        places=-3,
    )


def _homes_and_rest(made: Start) -> None:
    """The price of a place in a home, and services held constant."""
    spent, doubt = made.spent, made.known["price_doubt"]
    england = spent.england["residential"]
    week = spent.residential_week
    span = (min(week, england) * (1 - doubt), max(week, england) * (1 + doubt))
    for key, what in (("private_residential", "homes"), ("residential_school", "schools, not priced apart")):
        made.put(
            f"costs.{key}",
            week,
            f"{spent.source}: £{week:,.0f} a week of care in {what}; England £{england:,.0f}",
            f"{spent.pooled}; the range runs to England's and {doubt:.0%} beyond. {REPLACE}",
            spent.reliability if key == "private_residential" else "red",
            span if key == "private_residential" else (span[0] / 2, span[1]),
            made.spent_in,
        )
    weekly = {name: made.national[f"costs.{name}"].value for name in ("supported", "other_placement")}
    placed = sum(
        weekly[name] * weeks for name, weeks in zip(weekly, (spent.supported_weeks, spent.other_weeks), strict=True)
    )
    made.put(
        "costs.other_lac_services",
        max(spent.other - placed, 0.0),
        f"{spent.source}: £{spent.other:,.0f} beside homes and fostering, less supported and other placements",
        f"Leaving care, adoption, special guardianship, education, short breaks: held constant. A remainder. {REPLACE}",
        spent.reliability,
        price_base=made.spent_in,
        places=-3,
    )
    for name, label in (("residential", "residential"), ("fostering", "fostering")):
        share = min(max(spent.income[name], 0.0), 0.85)
        span = (
            (max(share / 2, LEAST_SHARE), min(max(share * 1.5, 2 * LEAST_SHARE), 0.9)) if share >= LEAST_SHARE else None
        )
        uncertain = made.catalogue.items[f"income.{name}_share"].kind == "uncertain"
        made.put(
            f"income.{name}_share",
            share,
            f"{spent.income_source}: income over gross spending, {label}",
            f"The range runs from half of it to half as much again. {REPLACE}"
            if uncertain
            else f"As in that year. {REPLACE}",
            "amber",
            (span or (share, share)) if uncertain else None,
            places=3,
        )


def _work(made: Start) -> None:
    """Contact hours and posts that last year's children needed: the services are taken as full."""
    known, value = made.known, made.value
    lac, plans = made.spent.children, made.spent.plans
    initial = made.held.total(made.place.name, "cp_starts") * known["icpc_per_start"]
    meetings = (initial + plans * known["conferences_a_plan"]) / value("families.cp")
    reviews = lac * known["reviews_a_child"]
    basis = (
        f"{reviews:,.0f} reviews and {meetings:,.0f} conferences a year for {lac:,.0f} looked-after "
        f"children and {plans:,.0f} plans"
    )
    for key, hours in (("posts", "hours_a"), ("admin_posts", "admin_hours_a")):
        needed = reviews * value(f"iro.{hours}_lac_review") + meetings * value(f"iro.{hours}_conference")
        made.put(
            f"iro.{key}",
            needed / value("iro.hours_a_post"),
            f"{NOT_HERE}; worked out from {basis}",
            f"About what last year's meetings need: taken as enough. {REPLACE}",
            "red",
            places=1,
        )
    orders = made.spent.in_proceedings
    sessions = orders * known["sessions_in_proceedings"] + (lac - orders) * value("contact.sessions_after_order") / (
        365.25 / 7
    )
    hours = sessions / value("contact.children_a_session") * value("contact.hours_a_session")
    hours = made.put(
        "contact.in_house_hours",
        hours,
        f"{NOT_HERE}; worked out from {orders:.0f} interim care orders",
        f"About what last year's contact needs: taken as full, so that growth is bought. {REPLACE}",
        "red",
    )
    made.put(
        "contact.in_house_cost",
        hours * known["contact_hour_cost"] * 52,
        f"{NOT_HERE}; {hours:.0f} hours a week at £{known['contact_hour_cost']:.2f}",
        f"The £25 an hour assumed for 2010-11 at 2024-25 prices. {REPLACE}",
        "red",
        price_base="2024-25",
        places=-3,
    )


def _budget(made: Start) -> None:
    """The base budget and the contingency, which no download gives; and a measure's costs in this year's money."""
    doubt, share, total = made.known["budget_doubt"], made.known["contingency_share"], made.spent.total
    width = round(total * doubt, -3)
    made.put(
        "budget.adjustment",
        0.0,
        f"{NOT_HERE}: the base budget of {made.financial_year} by line",
        f"Taken as last year's activity at this year's prices; the range is {doubt:.0%} of "
        f"£{total:,.0f}. {REPLACE}: the ledger's budget less that",
        "red",
        (-width, width),
    )
    made.put(
        "budget.contingency",
        total * share,
        f"{NOT_HERE}: the contingency of {made.financial_year}",
        f"{share:.0%} of the £{total:,.0f} spent on looked-after children, a question to begin with. "
        f"{REPLACE}: the budget book's",
        "red",
        places=-4 if total * share >= 1e5 else -3,
    )
    for key in ("set_up", "running"):
        made.put(
            f"measure.{key}",
            0.0,
            "Convention",
            "No measure in the central case; what a scenario spends is in this year's money",
            "green",
            price_base=made.financial_year,
        )
