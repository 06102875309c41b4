"""What was spent on a council's looked-after children: its own return, else its neighbours', else England's."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from forecast.case.months import DAYS_A_WEEK, DAYS_A_YEAR
from forecast.sources.official.children import ENGLAND, Counted, count, filled
from forecast.sources.official.folder import Official
from forecast.sources.official.places import Place, read_places, row_by_code

WEEKS = DAYS_A_YEAR / DAYS_A_WEEK
RESIDENTIAL = ("residential", "other_residential", "residential_school")
PLACEMENTS = ("fostering", "placed_for_adoption", "with_parents", *RESIDENTIAL, "supported", "other")
PARTS = ("residential", "fostering", "other")
SHIPPED, SHIPPED_YEAR = "england_children_2025", 2024  # England where the downloads lack it


@dataclass(frozen=True)
class Mean:
    """Looked-after children of a year's mean: all, and by placement with suppressed cells shared as in England."""

    children: float
    placed: dict[str, float]

    @property
    def weeks(self) -> dict[str, float]:
        """What each part of the spending is divided by: weeks in homes, weeks in foster care, children."""
        homes = sum(self.placed[name] for name in RESIDENTIAL)
        return {"residential": homes * WEEKS, "fostering": self.placed["fostering"] * WEEKS, "other": self.children}


@dataclass(frozen=True)
class Spending:
    """Spending in pounds of `year`, and the children it was for.

    residential_week, fostering_week  pounds for each week in a home or school, and in foster care
    other                             pounds a year of everything else
    england                           part -> the same of England
    income                            part -> share of gross spending met by others
    placed_now                        looked-after children at the year's end by placement
    by_age                            looked-after children at the year's end by age band
    """

    year: str
    source: str
    reliability: str
    pooled: str
    residential_week: float
    fostering_week: float
    other: float
    england: dict[str, float]
    income: dict[str, float]
    income_source: str
    children: float
    plans: float
    foster_weeks: float
    home_weeks: float
    supported_weeks: float
    other_weeks: float
    placed_now: dict[str, float]
    agency_now: float
    agency_how: str
    in_proceedings: float
    by_age: dict[str, float]
    returned: float | None
    file: str
    gaps: list[str]

    @property
    def total(self) -> float:
        """Pounds of the year."""
        return self.residential_week * self.home_weeks + self.fostering_week * self.foster_weeks + self.other


def spending(data: Path, official: Official, place: Place, held: Counted, known: dict[str, float]) -> Spending:
    """What was spent on a council's looked-after children, and at which prices a forecast begins."""
    like = england_parts(data, held)
    england, own = mean_of(held, ENGLAND, like), mean_of(held, place.name, like)
    books = official.books.get("spending", {})
    first = max((year for year in books if year <= held.year - 1), default=max(books, default=SHIPPED_YEAR))
    table, file = books.get(first, (None, ""))
    rates = _england(table, england, known)
    row = None if table is None else row_by_code(place, table)
    year = f"{first}-{(first + 1) % 100:02d}"
    returned, gaps = _split(row), []
    if table is not None and returned is None:
        gaps.append(
            f"spending of {place.name} in {year}: no return, or not split, in {file}; see its prices in case.yaml"
        )
    pools = {
        "residential": known["residential_pool"] * WEEKS,
        "fostering": known["fostering_pool"] * WEEKS,
        "other": 0.0,
    }
    if returned is not None:
        weeks, source, reliability = own.weeks, f"MHCLG, revenue outturn RO3 {year}, {place.name} ({file})", "amber"
        pooled = (
            f"The council's own average, with {known['residential_pool']:g} child-years at England's price beside it"
        )
        made = _pooled(returned, weeks, rates, pools, known["largest_scale"])
        made["other"] = returned["other"] + sum(returned[p] - made[p] * weeks[p] for p in ("residential", "fostering"))
        income_source = source
        income = {
            part: row[f"{part}_income"] / returned[part] if returned[part] else 0.0
            for part in ("residential", "fostering")
        }
    else:
        near = _neighbours(data, official, place, held.year, table, like)
        whole = (
            None if row is None or pd.isna(row["total_gross"]) or not row["total_gross"] else float(row["total_gross"])
        )
        if near is not None:
            spent, weeks, names = near
            made = _pooled(spent, weeks, rates, pools, known["largest_scale"])
            made["other"] = spent["other"] / weeks["other"] * own.children
            source = f"MHCLG, revenue outturn RO3 {year}, statistical neighbours of {place.name} ({', '.join(names)})"
            pooled, reliability = "The neighbours' average, for the council made no return", "red"
        else:
            made = dict(rates) | {"other": rates["other"] * own.children}
            source = (
                f"MHCLG, revenue outturn RO3 {year}, England"
                if table is not None
                else "LAIT (DfE), s251 outturn 2024-25, England"
            )
            pooled, reliability = "England's average: neither the council's nor its neighbours' spending is held", "red"
        if whole is not None:
            priced = (
                made["residential"] * own.weeks["residential"]
                + made["fostering"] * own.weeks["fostering"]
                + made["other"]
            )
            scale = min(max(whole / priced, 1 / known["largest_scale"]), known["largest_scale"])
            made = {part: figure * scale for part, figure in made.items()}
            source = (
                f"{source}, times {scale:.2f} so as to add up to the £{whole:,.0f} that {place.name} returned unsplit"
            )
        income, income_source = (
            _income(table),
            "MHCLG, revenue outturn RO3, England" if table is not None else "No return is held",
        )
    placed = own.placed
    provider = held.parts[place.name].get(("lac_stock", "provider"), {})
    now = filled(_placements(held, place.name), held.total(place.name, "lac_stock"), like["placement"])
    agency, how = _agency(provider, now, like)
    return Spending(
        year=year,
        source=source,
        reliability=reliability,
        pooled=pooled,
        residential_week=made["residential"],
        fostering_week=made["fostering"],
        other=max(made["other"], 0.0),
        england=rates,
        income=income,
        income_source=income_source,
        children=own.children,
        plans=(held.total(place.name, "cp_stock") + held.total(place.name, "cp_stock", 1)) / 2,
        foster_weeks=own.weeks["fostering"],
        home_weeks=own.weeks["residential"],
        supported_weeks=placed["supported"] * WEEKS,
        other_weeks=placed["other"] * WEEKS,
        placed_now=now,
        agency_now=agency,
        agency_how=how,
        in_proceedings=_shared(held, place.name, "legal_status", like)["interim_care_order"],
        by_age=_shared(held, place.name, "age_band", like),
        returned=None if row is None or pd.isna(row["total_gross"]) else float(row["total_gross"]),
        file=file,
        gaps=gaps,
    )


def england_parts(data: Path, held: Counted) -> dict[str, dict[str, float]]:
    """breakdown -> category -> England's children, by which what is suppressed or not held is shared out.

    As downloaded or, where England's is not among the downloads, as the table that is held has it.
    """
    shipped = pd.read_csv(data / "published" / f"{SHIPPED}.csv", dtype=str)
    shipped = shipped[shipped["measure"] == "lac_stock"]
    parts = {}
    for breakdown in ("age_band", "placement", "legal_status", "provider"):
        rows = shipped[shipped["breakdown"] == breakdown]
        counts = held.parts[ENGLAND].get(
            ("lac_stock", breakdown), dict(zip(rows["category"], rows["value"], strict=True))
        )
        parts[breakdown] = {name: float(count or 0.0) for name, count in counts.items()}
    return parts


def mean_of(held: Counted, area: str, like: dict[str, dict[str, float]]) -> Mean:
    """The mean of opening and closing stock, placed as at the year's end."""
    now, before = held.total(area, "lac_stock"), held.total(area, "lac_stock", 1)
    placed = filled(_placements(held, area), now, like["placement"])
    whole, children = sum(placed.values()), (now + before) / 2
    return Mean(children, {name: placed[name] / whole * children if whole else 0.0 for name in PLACEMENTS})


def _placements(held: Counted, area: str) -> dict[str, float | None]:
    counts = held.parts[area].get(("lac_stock", "placement"), {})
    return {name: counts.get(name) for name in PLACEMENTS}


def _shared(held: Counted, area: str, breakdown: str, like: dict[str, dict[str, float]]) -> dict[str, float]:
    """Children by category: as counted, what is suppressed or not held shared out as in England."""
    own = held.parts[area].get(("lac_stock", breakdown)) or dict.fromkeys(like[breakdown])
    return filled(own, held.total(area, "lac_stock"), like[breakdown])


def _agency(provider: dict, now: dict[str, float], like: dict[str, dict[str, float]]) -> tuple[float, str]:
    """Foster children with agencies at the year's end: private provision less homes and supported accommodation."""
    if provider.get("private") is not None:
        held_by = provider["private"] - sum(now[name] for name in RESIDENTIAL) - now["supported"]
        return max(min(held_by, now["fostering"]), 0.0), "private provision less homes and supported accommodation"
    there, private = like["placement"], like["provider"].get("private")
    if private is None:
        return now["fostering"] / 3, "a third, for providers are not in the downloads"
    share = (private - sum(there[name] for name in RESIDENTIAL) - there["supported"]) / there["fostering"]
    return now["fostering"] * min(max(share, 0.0), 1.0), "England's share"


def _split(row: pd.Series | None) -> dict[str, float] | None:
    """A return's spending by part; None where there is no return, or none that is split."""
    if row is None or any(
        pd.isna(row.get(f"{part}_gross", float("nan"))) for part in ("total", "residential", "fostering")
    ):
        return None
    if row["total_gross"] <= 0:
        return None
    parts = {part: float(row[f"{part}_gross"]) for part in ("residential", "fostering")}
    return parts | {"other": float(row["total_gross"]) - sum(parts.values())}


def _pooled(
    spent: dict[str, float], weeks: dict[str, float], rates: dict[str, float], pools: dict[str, float], most: float
) -> dict[str, float]:
    """Prices from spending, with some child-years at England's price beside it, and within `most` times England's."""
    made = {}
    for part in ("residential", "fostering"):
        price = (spent[part] + pools[part] * rates[part]) / (weeks[part] + pools[part])
        made[part] = min(max(price, rates[part] / most), rates[part] * most)
    return made


def _england(table: pd.DataFrame | None, mean: Mean, known: dict[str, float]) -> dict[str, float]:
    """England's prices: its return over its children, else what is published of 2024-25."""
    spent = None if table is None else _split(table.loc["E92000001"])
    if spent is not None:
        return {part: spent[part] / mean.weeks[part] for part in PARTS}
    weekly = {part: known[f"england_{part}"] for part in ("residential", "fostering")}
    rest = known["england_spending"] - sum(weekly[part] * mean.weeks[part] for part in weekly)
    return weekly | {"other": rest / mean.children}


def _income(table: pd.DataFrame | None) -> dict[str, float]:
    spent = None if table is None else _split(table.loc["E92000001"])
    if spent is None:
        return {"residential": 0.0, "fostering": 0.0}
    return {part: table.loc["E92000001", f"{part}_income"] / spent[part] for part in ("residential", "fostering")}


def _neighbours(
    data: Path,
    official: Official,
    place: Place,
    year: int,
    table: pd.DataFrame | None,
    like: dict[str, dict[str, float]],
) -> tuple[dict[str, float], dict[str, float], list[str]] | None:
    """Spending, weeks and names of those statistical neighbours that made a return; None where none did."""
    codes = official.neighbours.get(place.la_code, [])
    places = read_places(data)
    spent, weeks, names = dict.fromkeys(PARTS, 0.0), dict.fromkeys(PARTS, 0.0), []
    for code in codes if table is not None else []:
        rows = places[(places["la_code"] == code) & (places["until"] == "")]
        if rows.empty:
            continue
        other = Place(rows["name"].iloc[0], code, tuple(rows["ons_code"]))
        returned = row_by_code(other, table)
        parts = _split(returned)
        if parts is None or not (official.figures["la_code"] == code).any():
            continue
        counted = count(official, other, year)
        mean = mean_of(counted, other.name, like)
        for part in PARTS:
            spent[part] += parts[part]
            weeks[part] += mean.weeks[part]
        names.append(other.name)
    return (spent, weeks, names) if names and all(weeks.values()) else None
