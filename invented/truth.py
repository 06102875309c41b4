"""The true tables, from the lives alone: nothing here reads a file or an episode.

lac_stock       month, age_band, placement: children on the month's last day; child_days in the month
lac_flows, cp_flows  month, age_band: starts, ends, aged (net arrivals from the younger band), stock on the last day
routes          month, service, route: starts
uasc            month: UASC who start, and in the stock
leaving         service, age_band, since_days: child-years at risk in the returns' years, ends before 18, true hazard
moves           placement: child-years at risk, moves, true rate
activity        month: LAC reviews, initial and review conferences, section 47 enquiries
rates           every true rate: service, measure, age_band, category, value, unit
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from forecast.case.months import DAYS_A_YEAR
from invented.chance import nights, segment_on
from invented.days import CP_BANDS, LAC_BANDS, band_edges, band_on, month_days, month_of
from invented.lives import Child, Plan, Spell
from invented.settings import PLACEMENTS, SHARES, Leaving, Settings

BANDS = {"lac": LAC_BANDS, "cp": CP_BANDS}
Period = tuple[Child, Spell | Plan]


def tables(settings: Settings, children: tuple[Child, ...]) -> dict[str, pd.DataFrame]:
    """Every true table of a council, by name."""
    periods = {
        "lac": [(child, spell) for child in children for spell in child.spells if spell.route != "short_break"],
        "cp": [(child, plan) for child in children for plan in child.plans],
    }
    return {
        "lac_stock": lac_stock(settings, periods["lac"]),
        **{f"{service}_flows": flows(settings, service, held) for service, held in periods.items()},
        "routes": routes(settings, periods),
        "uasc": uasc(settings, periods["lac"]),
        "leaving": pd.concat(
            [leaving(settings, service, held) for service, held in periods.items()], ignore_index=True
        ),
        "moves": moves(settings, periods["lac"]),
        "activity": activity(settings, children),
        "rates": rates(settings),
    }


def lac_stock(settings: Settings, spells: list[Period]) -> pd.DataFrame:
    """Children on the last day of each month, and child-days in it, by age band and placement."""
    pieces = pd.DataFrame(
        [piece for child, spell in spells for piece in _pieces(child, spell)],
        columns=["first", "after", "age_band", "placement"],
    )
    grid = pd.MultiIndex.from_product([LAC_BANDS, PLACEMENTS], names=["age_band", "placement"])
    found = []
    for month in settings.months:
        days = month_days(month)
        there = pieces[(pieces["first"] <= days[-1]) & (pieces["after"] > days[0])]
        held = np.minimum(there["after"], days[-1] + 1) - np.maximum(there["first"], days[0])
        counted = there.assign(children=(there["after"] > days[-1]).astype(int), child_days=held)
        by_cell = counted.groupby(["age_band", "placement"])[["children", "child_days"]].sum()
        found.append(by_cell.reindex(grid, fill_value=0).reset_index().assign(month=month))
    return pd.concat(found, ignore_index=True)[["month", "age_band", "placement", "children", "child_days"]]


def _pieces(child: Child, spell: Spell) -> list[tuple[int, int, str, str]]:
    """Stretches of one age band and one placement each."""
    found = []
    for stay, after in zip(spell.stays, [*(stay.first for stay in spell.stays[1:]), spell.end], strict=True):
        edges = [stay.first, *(day for day in band_edges(child.birth) if stay.first < day < after), after]
        bands = [band_on(child.birth, day) for day in edges[:-1]]
        found += [(low, high, band, stay.placement) for low, high, band in zip(edges, edges[1:], bands, strict=False)]
    return found


def flows(settings: Settings, service: str, periods: list[Period]) -> pd.DataFrame:
    """Starts, ends, net arrivals by birthday and stock, by month and age band.

    Who ends is counted at the age of the last night; birthdays count from the day after the start to the day before the
    end. So stock = previous + starts - ends + aged in every cell, and the opening stock is that of `opening_day`.
    """
    columns = ["starts", "ends", "aged"]
    counts = {month: {band: dict.fromkeys(columns, 0) for band in BANDS[service]} for month in settings.months}
    opening = dict.fromkeys(BANDS[service], 0)
    window = range(settings.opening_day + 1, settings.last_day + 1)
    for child, period in periods:
        for day, column, band, step in _events(child, period):
            if day in window:
                counts[month_of(day)][band][column] += step
        if period.start <= settings.opening_day < period.end:
            opening[band_on(child.birth, settings.opening_day)] += 1
    found = pd.DataFrame(
        [{"month": m, "age_band": b, **cell} for m, bands in counts.items() for b, cell in bands.items()]
    )
    return found.assign(stock=_stock_on_last_days(settings, service, periods))


def _events(child: Child, period: Spell | Plan) -> Iterable[tuple[int, str, str, int]]:
    yield period.start, "starts", band_on(child.birth, period.start), 1
    yield period.end, "ends", band_on(child.birth, period.end - 1), 1
    for birthday in band_edges(child.birth):
        if period.start < birthday < period.end:
            yield birthday, "aged", band_on(child.birth, birthday - 1), -1
            yield birthday, "aged", band_on(child.birth, birthday), 1


def _stock_on_last_days(settings: Settings, service: str, periods: list[Period]) -> list[int]:
    """Children open on each month's last day, by age band: counted, not carried forward."""
    ends = np.array([month_days(month)[-1] for month in settings.months])
    stock = np.zeros((ends.size, len(BANDS[service])), int)
    for child, period in periods:
        for place in range(*np.searchsorted(ends, [period.start, period.end])):
            stock[place, BANDS[service].index(band_on(child.birth, int(ends[place])))] += 1
    return stock.ravel().tolist()


def routes(settings: Settings, periods: Mapping[str, list[Period]]) -> pd.DataFrame:
    """Starts by month and route; the opening stock did not start in these months."""
    rows = [(month_of(period.start), service, period.route) for service, held in periods.items() for _, period in held]
    starts = pd.DataFrame(rows, columns=["month", "service", "route"])
    starts = starts[starts["month"].isin(settings.months) & (starts["route"] != "opening")]
    return starts.groupby(["month", "service", "route"]).size().rename("starts").reset_index()


def uasc(settings: Settings, spells: list[Period]) -> pd.DataFrame:
    """UASC who start in each month, and looked after on its last day."""
    held = [spell for child, spell in spells if child.uasc]
    rows = []
    for month in settings.months:
        days = month_days(month)
        starts = sum(spell.start in days for spell in held)
        rows.append((month, starts, sum(spell.start <= days[-1] < spell.end for spell in held)))
    return pd.DataFrame(rows, columns=["month", "starts", "stock"])


def leaving(settings: Settings, service: str, periods: list[Period]) -> pd.DataFrame:
    """Child-years at risk and ends before the 18th birthday, by age and time since the start, and the true hazard."""
    hazards = settings.lac_leaving if service == "lac" else settings.cp_leaving
    shape = (len(BANDS[service]), len(hazards.since_days))
    days, ends = np.zeros(shape), np.zeros(shape, int)
    for child, period in periods:
        first, after = max(period.start, settings.opening_day), min(period.end, settings.last_day)
        if first < after:
            for low, high, _ in nights(first, after, child.birth, period.start, hazards):
                days[_cell(child, low, period.start, service, hazards)] += high - low
        if settings.opening_day < period.end <= settings.last_day and period.end < band_edges(child.birth)[-1]:
            ends[_cell(child, period.end - 1, period.start, service, hazards)] += 1
    cells = [(service, band, since) for band in BANDS[service] for since in hazards.since_days]
    found = pd.DataFrame(cells, columns=["service", "age_band", "since_days"])
    true = [rate for band in BANDS[service] for rate in hazards.per_year[band]]
    return found.assign(child_years=days.ravel() / DAYS_A_YEAR, ends=ends.ravel(), per_year=true)


def _cell(child: Child, day: int, start: int, service: str, hazards: Leaving) -> tuple[int, int]:
    return BANDS[service].index(band_on(child.birth, day)), segment_on(day, start, hazards)


def moves(settings: Settings, spells: list[Period]) -> pd.DataFrame:
    """Child-years at risk of a move and moves made in the returns' years, by placement left.

    An interlude is no move, and its days count for the placement that it interrupts; nobody moves once placed for
    adoption.
    """
    years, made = dict.fromkeys(PLACEMENTS, 0.0), dict.fromkeys(PLACEMENTS, 0)
    for _, spell in spells:
        placement = ""
        for stay, following in zip(spell.stays, [*spell.stays[1:], None], strict=True):
            placement = placement if stay.kind == "interlude" else stay.placement
            after = following.first if following else spell.end
            held = min(after, settings.last_day) - max(stay.first, settings.opening_day)
            years[placement] += 0 if stay.kind == "adoption" else max(held, 0) / DAYS_A_YEAR
            moved = following is not None and following.kind == "move"
            made[placement] += moved and settings.opening_day < after <= settings.last_day
    rows = [
        (placement, years[placement], made[placement], settings.moves_a_year[placement]) for placement in PLACEMENTS
    ]
    return pd.DataFrame(rows, columns=["placement", "child_years", "moves", "per_year"])


def activity(settings: Settings, children: tuple[Child, ...]) -> pd.DataFrame:
    """Reviews, conferences and enquiries held in each month."""
    plans = [plan for child in children for plan in child.plans]
    alone = [enquiry for child in children for enquiry in child.enquiries]
    held = {
        "lac_reviews": [day for child in children for spell in child.spells for day in spell.reviews],
        "icpcs": [plan.start for plan in plans] + [enquiry.conference for enquiry in alone if enquiry.conference],
        "rcpcs": [day for plan in plans for day in plan.reviews],
        "section_47": [plan.enquiry for plan in plans if plan.enquiry] + [enquiry.start for enquiry in alone],
    }
    counts = {name: pd.Series([month_of(day) for day in days], dtype=str).value_counts() for name, days in held.items()}
    table = pd.DataFrame({name: count.reindex(settings.months, fill_value=0) for name, count in counts.items()})
    return table.rename_axis("month").reset_index()


def rates(settings: Settings) -> pd.DataFrame:
    """Every true rate as one tidy table."""
    per_10k, share, per_year = "per 10,000 children a year", "share", "per child-year"
    rows = [("lac", "start_rate", band, "", rate, per_10k) for band, rate in settings.lac_start_rate.items()]
    rows += [("cp", "start_rate", band, "", rate, per_10k) for band, rate in settings.cp_start_rate.items()]
    rows += [("lac", "uasc_share", band, "", value, share) for band, value in settings.uasc_share.items()]
    for service, hazards in (("lac", settings.lac_leaving), ("cp", settings.cp_leaving)):
        for band, by_time in hazards.per_year.items():
            rows += [
                (service, "leaving", band, since, h, per_year)
                for since, h in zip(hazards.since_days, by_time, strict=True)
            ]
    for band, mix in {**settings.placement_mix, "uasc": settings.uasc_mix}.items():
        rows += [("lac", "placement_mix", band, placement, value, share) for placement, value in mix.items()]
    rows += [("lac", "moves", "", placement, rate, per_year) for placement, rate in settings.moves_a_year.items()]
    rows += _single_rates(settings)
    return pd.DataFrame(rows, columns=["service", "measure", "age_band", "category", "value", "unit"])


def _single_rates(settings: Settings) -> list[tuple]:
    rows = [
        ("both", "family_size", "", size, share, "share of families") for size, share in settings.family_size.items()
    ]
    rows += [
        ("both", "seasonality", "", month, factor, "factor") for month, factor in enumerate(settings.seasonality, 1)
    ]
    rows += [
        ("lac", "weekly_price", "", line, price, "pounds per child-week")
        for line, price in settings.weekly_price.items()
    ]
    rows += [("both", name, "", "", getattr(settings, name), "share") for name in SHARES]
    return [*rows, ("cp", "transfers_in", "", "", settings.cp_transfers_in, "children a year")]
