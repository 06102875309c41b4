"""A council's children by single year of age, births, migration and population by year; England's beside them."""

from dataclasses import dataclass, field

import pandas as pd

from forecast.case.ages import ADULT_YEARS, BAND_FROM_YEARS, LAC_BANDS
from forecast.sources.official.children import ENGLAND, Counted
from forecast.sources.official.folder import Official
from forecast.sources.official.kinds import where
from forecast.sources.official.places import Place, row_by_code, rows_of

CODE = "E92000001"
AGES = [str(age) for age in range(ADULT_YEARS)]


@dataclass
class People:
    """Tables of the population, and what is missing.

    mid_year    to which the ages belong
    ages        [age] children of the council; england [age]
    by_year     mid-year -> people of all ages, or children where those are all that is held
    births, internal_net, international_net  year to mid -> figure
    sources     role of a table -> the files it is made from
    """

    mid_year: int
    ages: pd.Series
    england: pd.Series
    by_year: dict[int, float] = field(default_factory=dict)
    births: dict[int, float] = field(default_factory=dict)
    internal_net: dict[int, float] = field(default_factory=dict)
    international_net: dict[int, float] = field(default_factory=dict)
    gaps: list[str] = field(default_factory=list)
    sources: dict[str, list[str]] = field(default_factory=dict)


def people(official: Official, place: Place, held: Counted, shipped: pd.DataFrame, births_per_child: float) -> People:
    """The population that a case stands on: the last estimates up to the calibration year's end.

    shipped           England's children by age band, for where the downloads hold none by age
    births_per_child  England's births a year for each child, for where births are not held either
    """
    kind, last = official.kinds["population"], held.year - 1
    ages = {year: held_by for year, held_by in official.books.get("ages", {}).items() if year <= last}
    theirs = {year: table for year, table in ages.items() if row_by_code(place, table[0]) is not None}
    ages = theirs or ages
    own = row_by_code(place, ages[max(ages)][0]) if theirs else None
    total = _children(official, place, held)
    if own is not None:
        made = People(max(ages), own[AGES].astype(float), ages[max(ages)][0].loc[CODE, AGES].astype(float))
        made.sources["population"] = [ages[max(ages)][1]]
        counted = float(made.ages.sum())
        if total is not None and round(counted) != round(total[1]):
            made.gaps.append(
                f"children of {place.name}: {counted:,.0f} by age at mid-{made.mid_year} ({ages[max(ages)][1]}), and "
                f"{total[1]:,.0f} at mid-{total[0]} in the Department for Education's table, a later edition; ages are "
                f"used as published. A newer edition by age, when there is one: {kind.link}"
            )
    else:
        england = ages[max(ages)][0].loc[CODE, AGES].astype(float) if ages else _spread(shipped)
        children = (
            total[1]
            if total
            else held.total(place.name, "lac_stock") / held.total(ENGLAND, "lac_stock") * england.sum()
        )
        made = People(total[0] if total else last, england / england.sum() * children, england)
        made.ages = made.ages.round()
        how = f"England's ages, scaled to {children:,.0f} children"
        made.gaps.append(f"children of {place.name} by age: not in the downloads; {how}. {where(kind)}")
        made.sources["population"] = [total[2]] if total else []
    _flows(made, official, place, last)
    if not made.by_year:
        made.by_year = _children_by_year(official, place, last) or {
            last - 1: float(made.ages.sum()),
            last: float(made.ages.sum()),
        }
        made.gaps.append(
            f"population of {place.name} by year: not in the downloads; children by year are used. {where(kind)}"
        )
    if not made.births:
        by_age = float(made.ages.iloc[0])
        made.births[max(made.by_year)] = by_age if own is not None else round(births_per_child * float(made.ages.sum()))
        used = "children under 1" if own is not None else "England's births for each child"
        made.gaps.append(f"births of {place.name}: not in the downloads; {used} are used. {where(kind)}")
    return made


def _flows(made: People, official: Official, place: Place, last: int) -> None:
    """Births and net migration of each year held, and people of all ages by mid-year."""
    for year, (table, file) in sorted(official.books.get("components", {}).items()):
        row = row_by_code(place, table) if year <= last else None
        if row is not None and not pd.isna(row["births"]):
            made.births[year] = float(row["births"])
            made.internal_net[year], made.international_net[year] = (
                float(row["internal_net"]),
                float(row["international_net"]),
            )
            made.sources.setdefault("components", []).append(file)
    for _, (table, file) in sorted(official.books.get("by_year", {}).items()):
        row = row_by_code(place, table)
        if row is not None:
            made.by_year |= {
                int(year): float(row[year])
                for year in table.columns
                if year != "name" and int(year) <= last and not pd.isna(row[year])
            }
            made.sources.setdefault("components", []).append(file)
    if made.births and made.by_year:
        newest = min(max(made.births), max(made.by_year))
        made.by_year = {year: count for year, count in made.by_year.items() if year <= newest}
        made.births = {year: count for year, count in made.births.items() if year <= newest}


def _children(official: Official, place: Place, held: Counted) -> tuple[int, float, str] | None:
    """The last count of children of 0 to 17 by the Department for Education: mid-year, children, file."""
    by_year = _own_children(official, place, held.year - 1)
    if by_year.empty:
        return None
    row = by_year.sort_values("year").iloc[-1]
    return int(row["year"]), float(row["value"]), row["file"]


def _children_by_year(official: Official, place: Place, last: int) -> dict[int, float]:
    rows = _own_children(official, place, last)
    return {int(row.year): float(row.value) for row in rows.sort_values("year").itertuples()}


def _own_children(official: Official, place: Place, last: int) -> pd.DataFrame:
    rows = rows_of(place, official.figures[official.figures["measure"] == "children"])
    return rows[(rows["year"] <= last) & rows["value"].str.isdigit()]


def _spread(shipped: pd.DataFrame) -> pd.Series:
    """Children by band, evenly over the years of age of each band."""
    by_band = shipped.set_index("age_band")["children"].astype(float)
    edges = [BAND_FROM_YEARS[band] for band in LAC_BANDS] + [ADULT_YEARS]
    per = {band: by_band[band] / (high - low) for band, low, high in zip(LAC_BANDS, edges[:-1], edges[1:], strict=True)}
    return pd.Series(
        [next(per[b] for b in reversed(LAC_BANDS) if BAND_FROM_YEARS[b] <= age) for age in range(ADULT_YEARS)],
        index=AGES,
    )


def band_totals(ages: pd.Series) -> dict[str, float]:
    """Children by age band."""
    edges = [BAND_FROM_YEARS[band] for band in LAC_BANDS] + [ADULT_YEARS]
    return {
        band: float(ages.iloc[low:high].sum()) for band, low, high in zip(LAC_BANDS, edges[:-1], edges[1:], strict=True)
    }
