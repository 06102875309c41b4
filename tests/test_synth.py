"""The invented council: identities of its truth, its rates against closed forms, and its files against its lives."""

import csv
import re
import time
from collections import Counter
from dataclasses import replace
from datetime import date
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from dateutil.relativedelta import relativedelta

from conftest import HOME
from forecast.case.errors import BadInput
from invented import Leaving, Oddities, Settings, invent, write, write_example
from invented.chance import Chance, leaving_day
from invented.council import example_settings
from invented.days import anniversary, band_on, births_in_band, leap_days
from invented.episodes import episodes

STANDARD_ERRORS = 4
DAYS_A_YEAR = 365.25
SEED = 7
SEEDS = range(100, 112)
LAC_BANDS = ["under_1", "1_4", "5_9", "10_15", "16_17"]
CP_BANDS = ["unborn", *LAC_BANDS]
FROM_YEARS = {"under_1": 0, "1_4": 1, "5_9": 5, "10_15": 10, "16_17": 16}
SHORT_BREAKS = ("V3", "V4")
PLAIN = replace(Settings(), oddities=Oddities.none())
FILES = {
    "Header": "CHILD SEX DOB ETHNIC UPN MOTHER MC_DOB",
    "Episodes": "CHILD DECOM RNE LS CIN PLACE PLACE_PROVIDER DEC REC REASON_PLACE_CHANGE HOME_POST PL_POST URN",
    "UASC": "CHILD SEX DOB DUC",
    "Reviews": "CHILD DOB REVIEW REVIEW_CODE",
    "PlacedAdoption": "CHILD DOB DATE_PLACED DATE_PLACED_CEASED REASON_PLACED_CEASED",
}
DATES = ["DOB", "DECOM", "DEC", "DUC", "REVIEW", "DATE_PLACED", "DATE_PLACED_CEASED"]


def read(path) -> pd.DataFrame:
    """A file as text, every cell as written."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def british(text: str) -> date:
    day, month, year = text.split("/")
    return date(int(year), int(month), int(day))


def years_old(birth: int, day: int) -> int:
    """Completed years, by the calendar of another library; -1 before birth. Born on 29 February: older on 1 March."""
    born, today = date.fromordinal(birth), date.fromordinal(day)
    if born.month == 2 and born.day == 29 and today.year % 4 != 0:
        born = date(born.year, 3, 1)
    return relativedelta(today, born).years if day >= birth else -1


def band(birth: int, day: int) -> str:
    age = years_old(birth, day)
    return "unborn" if age < 0 else [name for name, least in FROM_YEARS.items() if least <= age][-1]


@pytest.fixture(scope="module")
def council():
    return invent(Settings(), SEED)


@pytest.fixture(scope="module")
def truth(council):
    return council.truth()


@pytest.fixture(scope="module")
def folder(council, tmp_path_factory):
    home = tmp_path_factory.mktemp("council")
    write(council, home)
    return home


@pytest.fixture(scope="module")
def returns(council, folder):
    """SSDA903 tables by year and name, as written."""
    years = council.settings.all_years
    return {year: {name: read(folder / "ssda903" / year / f"{name}.csv") for name in FILES} for year in years}


@pytest.fixture(scope="module")
def censuses(council, folder):
    return {
        year: ElementTree.parse(folder / "cin" / year / "cin_census.xml").getroot()
        for year in council.settings.all_years
    }


@pytest.fixture(scope="module")
def plain():
    """A dozen councils without awkwardness, for the rates."""
    return [invent(PLAIN.scaled(0.6), seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def plain_truth(plain):
    """Their true tables, one below the other."""
    tables = [council.truth() for council in plain]
    return {name: pd.concat([table[name] for table in tables]) for name in ("leaving", "moves", "activity")}


# --- days -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("born", "years", "birthday"),
    [("2004-02-29", 18, "2022-03-01"), ("2004-02-29", 16, "2020-02-29"), ("2010-03-31", 5, "2015-03-31")],
)
def test_birthdays_by_hand(born, years, birthday):
    assert anniversary(date.fromisoformat(born).toordinal(), years) == date.fromisoformat(birthday).toordinal()


@pytest.mark.parametrize("day", ["2020-02-29", "2021-02-28", "2021-03-01", "2024-03-01", "2022-04-01", "2023-12-31"])
def test_births_of_a_band_are_all_of_it_and_no_more(day):
    on = date.fromisoformat(day).toordinal()
    for name in LAC_BANDS:
        births = births_in_band(name, on)
        assert all(band(birth, on) == name == band_on(birth, on) for birth in births)
        assert band_on(births[0] - 1, on) != name != band_on(births[-1] + 1, on)


def test_leap_days_by_hand():
    days = range(date(2003, 3, 1).toordinal(), date(2012, 2, 29).toordinal() + 1)
    assert [str(date.fromordinal(day)) for day in leap_days(days)] == ["2004-02-29", "2008-02-29", "2012-02-29"]


# --- identities of the truth ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", ["lac", "cp"])
def test_every_month_closes(council, truth, service):
    """Stock = previous + starts - ends + net arrivals by birthday, in every month and age band."""
    flows = truth[f"{service}_flows"].set_index(["month", "age_band"]).unstack("age_band")
    change = flows["starts"] - flows["ends"] + flows["aged"]
    assert (flows["stock"].diff().iloc[1:] == change.iloc[1:]).all(axis=None)
    opening = (flows["stock"].iloc[0] - change.iloc[0]).sum()
    assert opening == getattr(council.settings, f"{service}_stock")
    assert (flows["aged"].sum(axis=1) == 0).all()
    assert (flows["starts"].to_numpy() >= 0).all() and (flows["stock"].to_numpy() >= 0).all()


def test_stock_by_placement_is_the_stock(truth):
    by_band = truth["lac_stock"].groupby(["month", "age_band"])["children"].sum()
    assert by_band.sort_index().equals(
        truth["lac_flows"].set_index(["month", "age_band"])["stock"].sort_index().rename("children")
    )
    assert truth["lac_stock"].groupby("month").size().nunique() == 1


def test_stock_counted_child_by_child(council, truth):
    """On the last day of each month, by the other library's ages; UASC too."""
    uasc = truth["uasc"].set_index("month")["stock"]
    for month, cells in truth["lac_flows"].groupby("month"):
        day = (date.fromisoformat(f"{month}-01") + relativedelta(day=31)).toordinal()
        open_now = [
            band(child.birth, day)
            for child in council.children
            for spell in child.spells
            if spell.start <= day < spell.end and spell.legal[0][1] not in SHORT_BREAKS
        ]
        assert Counter(open_now) == Counter(cells.set_index("age_band")["stock"].to_dict())
        alone = [spell for child in council.children if child.uasc for spell in child.spells]
        assert uasc[month] == sum(spell.start <= day < spell.end for spell in alone)


@pytest.mark.parametrize("service", ["lac", "cp"])
def test_time_at_risk_is_all_the_nights_of_the_years(council, truth, service):
    """From 31 March before the first year to the night before the last 31 March; ends after the first and to the last."""
    first, last = council.settings.opening_day, council.settings.last_day
    held = [(child, each) for child in council.children for each in (child.spells if service == "lac" else child.plans)]
    held = [(child, each) for child, each in held if each.route != "short_break"]
    cells = truth["leaving"].query("service == @service")
    nights = sum(max(0, min(each.end, last) - max(each.start, first)) for _, each in held)
    assert cells["child_years"].sum() * DAYS_A_YEAR == pytest.approx(nights)
    left = [each for child, each in held if first < each.end <= last and each.end < anniversary(child.birth, 18)]
    assert cells["ends"].sum() == len(left)


def test_child_days_are_the_days_of_the_spells(council, truth):
    settings, days = council.settings, 0
    for child in council.children:
        for spell in child.spells:
            if spell.route != "short_break":
                days += max(0, min(spell.end, settings.last_day + 1) - max(spell.start, settings.opening_day + 1))
    assert truth["lac_stock"]["child_days"].sum() == days


def test_lives_hold_together(council):
    for child in council.children:
        adult = anniversary(child.birth, 18)
        for period in (*child.spells, *child.plans):
            assert period.start < period.end <= adult
        for first, second in [*pairwise(child.spells), *pairwise(child.plans)]:
            assert first.end < second.start
        for spell in child.spells:
            assert spell.start >= child.birth
            days = [stay.first for stay in spell.stays]
            assert days[0] == spell.start == spell.legal[0][0] and days == sorted(set(days)) and days[-1] < spell.end
            legal = [day for day, _ in spell.legal]
            assert legal == sorted(set(legal)) and legal[-1] < spell.end
            assert all(spell.start < review < spell.end for review in spell.reviews)


def test_reviews_and_conferences_keep_their_rhythm(plain):
    """None late: a LAC review within 20 working days, then 3 months, then every 6; conferences within 3, then every 6."""
    for child in plain[0].children:
        for periods, limits in ((child.spells, (28, 91)), (child.plans, (91,))):
            for period in periods:
                for place, (before, after) in enumerate(pairwise([period.start, *period.reviews, period.end])):
                    assert after - before <= (limits[place] if place < len(limits) else 182)


# --- the rates against closed forms -----------------------------------------------------------------------------------


def expected_starts(settings: Settings, rates: dict[str, float]) -> dict[str, float]:
    """Children, by age band, over all the months: rate x children / 10,000 x years, the months weighted by season."""
    counted = {"unborn": settings.births, **settings.children}
    weight = 0.0
    for month in settings.months:
        days = pd.Period(month).days_in_month
        weight += days / DAYS_A_YEAR * settings.seasonality[(int(month[5:]) - 4) % 12]
    return {name: rate * counted[name] / 10_000 * weight for name, rate in rates.items()}


def variance_in_families(expected: dict[str, float], sizes: dict[int, float]) -> dict[str, float]:
    """Of a count of children who come in families, each child of a band by chance: families x E[(children of the band)^2]."""
    mean = sum(size * share for size, share in sizes.items())
    square = sum(size**2 * share for size, share in sizes.items())
    total = sum(expected.values())
    shares = {name: count / total for name, count in expected.items()}
    return {name: total / mean * (share * (1 - share) * mean + share**2 * square) for name, share in shares.items()}


def bands_of_starts(council, service: str, wanted: tuple[str, ...]) -> Counter:
    periods = [
        (child, each) for child in council.children for each in (child.spells if service == "lac" else child.plans)
    ]
    window = range(council.settings.opening_day + 1, council.settings.last_day + 1)
    return Counter(
        band(child.birth, each.start) for child, each in periods if each.route in wanted and each.start in window
    )


@pytest.mark.parametrize("service", ["lac", "cp"])
def test_starts_by_age_are_the_settings_rates(plain, service):
    settings = plain[0].settings
    rates = settings.cp_start_rate
    if service == "lac":
        rates = {name: rate * (1 - settings.uasc_share[name]) for name, rate in settings.lac_start_rate.items()}
    seen = sum((bands_of_starts(council, service, ("own", "returning")) for council in plain), Counter())
    expected = expected_starts(settings, rates)
    variance = variance_in_families(expected, settings.family_size)
    for name in rates:
        error = (len(plain) * variance[name]) ** 0.5
        assert abs(seen[name] - len(plain) * expected[name]) < STANDARD_ERRORS * error, name


def test_uasc_are_their_share_of_starts(plain):
    settings = plain[0].settings
    rates = {name: rate * settings.uasc_share[name] for name, rate in settings.lac_start_rate.items()}
    seen = sum((bands_of_starts(council, "lac", ("uasc",)) for council in plain), Counter())
    for name, count in expected_starts(settings, rates).items():
        assert abs(seen[name] - len(plain) * count) <= STANDARD_ERRORS * (len(plain) * count) ** 0.5, name
    assert seen["16_17"] > seen["10_15"] > 0 == seen["5_9"]
    others = sum((bands_of_starts(council, "lac", ("own", "returning")) for council in plain), Counter())
    share = seen["16_17"] / (seen["16_17"] + others["16_17"])
    assert share == pytest.approx(settings.uasc_share["16_17"], abs=0.1)
    for child in plain[0].children:
        ways = [spell.route for spell in child.spells]
        assert ways in (["uasc"], ["opening"]) if child.uasc else "uasc" not in ways


def test_starts_follow_the_season(plain):
    settings = replace(PLAIN.scaled(0.6), seasonality=(3.0, *[0.0] * 5, 2.0, *[0.0] * 5), cp_to_lac=0.0)
    starts = invent(settings, SEED).truth()["lac_flows"].groupby("month")["starts"].sum()
    assert starts[~starts.index.str[5:].isin(["04", "10"])].sum() == 0
    expected = (
        sum(settings.lac_start_rate[name] * count / 10_000 for name, count in settings.children.items()) / DAYS_A_YEAR
    )
    april, october = (starts[starts.index.str[5:] == month].sum() for month in ("04", "10"))
    assert april == pytest.approx(5 * 30 * 3 * expected, abs=STANDARD_ERRORS * (2 * 5 * 30 * 3 * expected) ** 0.5)
    assert october == pytest.approx(5 * 31 * 2 * expected, abs=STANDARD_ERRORS * (2 * 5 * 31 * 2 * expected) ** 0.5)


def test_leaving_follows_the_hazards_in_every_cell(plain_truth):
    """Ends less hazard x time at risk is a martingale of variance hazard x time: each cell within 4 of its own errors."""
    cells = (
        plain_truth["leaving"]
        .groupby(["service", "age_band", "since_days", "per_year"])[["child_years", "ends"]]
        .sum()
        .reset_index()
    )
    daily = 1 - np.exp(-cells["per_year"] / DAYS_A_YEAR)
    expected = cells["child_years"] * DAYS_A_YEAR * daily
    off = (cells["ends"] - expected) / np.sqrt(expected.clip(lower=1))
    assert (off.abs() < STANDARD_ERRORS).all() and expected.sum() > 5_000
    assert (off**2).mean() == pytest.approx(1, abs=STANDARD_ERRORS * (2 / len(off)) ** 0.5)


def test_survival_is_the_closed_form():
    """A child of 8: through two stretches and a tenth birthday, S = exp(-sum of hazard x nights / 365.25)."""
    leaving = Leaving((0, 100), dict.fromkeys(LAC_BANDS, (2.0, 0.5)) | {"10_15": (2.0, 1.5)})
    start = date(2021, 6, 1).toordinal()
    birth = date(2011, 12, 10).toordinal()  # 10 after 192 nights
    chance = Chance(SEED)
    ends = np.array([leaving_day(start, birth, leaving, chance) for _ in range(20_000)]) - start
    for nights in (1, 50, 100, 192, 400):
        spent = min(nights, 100) * 2.0 + max(0, min(nights, 192) - 100) * 0.5 + max(0, nights - 192) * 1.5
        survival = np.exp(-spent / DAYS_A_YEAR)
        error = (survival * (1 - survival) / ends.size) ** 0.5
        assert abs((ends > nights).mean() - survival) < STANDARD_ERRORS * error
    assert ends.min() == 1


def test_nobody_stays_past_18_and_with_no_hazard_all_stay_until_then():
    never = Leaving((0,), dict.fromkeys(LAC_BANDS, (0.0,)))
    birth = date(2008, 2, 29).toordinal()
    assert leaving_day(date(2025, 5, 1).toordinal(), birth, never, Chance(1)) == date(2026, 3, 1).toordinal()


def test_the_opening_stock_is_what_constant_starts_and_the_hazards_lead_to():
    """One age band, hazard 1 a year: times since the start are exponential with mean 1 year, ages uniform at the start."""
    one = Leaving((0,), dict.fromkeys(LAC_BANDS, (1.0,)))
    rates = dict.fromkeys(LAC_BANDS, 0.0) | {"5_9": 10.0}
    settings = replace(
        PLAIN, years=1, lac_stock=1_500, lac_start_rate=rates, lac_leaving=one, uasc_share=dict.fromkeys(LAC_BANDS, 0.0)
    )
    council = invent(settings, SEED)
    spells = [(child, spell) for child in council.children for spell in child.spells if spell.route == "opening"]
    assert len(spells) == 1_500
    since = np.array([settings.opening_day - spell.start for _, spell in spells]) / DAYS_A_YEAR
    family = 1.9  # children of one family started on one day: E[N^2] / E[N] = 3.24 / 1.54 less those who have left
    assert since.mean() == pytest.approx(1, abs=STANDARD_ERRORS * (family / since.size) ** 0.5)
    assert (since > 1).mean() == pytest.approx(np.exp(-1), abs=STANDARD_ERRORS * (family * 0.23 / since.size) ** 0.5)
    ages = np.array([spell.start - child.birth for child, spell in spells]) / DAYS_A_YEAR
    assert ages.mean() == pytest.approx(7.5, abs=STANDARD_ERRORS * 5 / 12**0.5 / since.size**0.5)


def test_moves_and_placements_follow_rates_and_mix(plain, plain_truth):
    moves = plain_truth["moves"].groupby(["placement", "per_year"]).sum().reset_index()
    expected = moves["child_years"] * DAYS_A_YEAR * (1 - np.exp(-moves["per_year"] / DAYS_A_YEAR))
    assert (((moves["moves"] - expected) / np.sqrt(expected.clip(lower=1))).abs() < STANDARD_ERRORS).all()
    settings = plain[0].settings
    firsts = [
        (child, spell) for council in plain for child in council.children for spell in child.spells if not child.uasc
    ]
    for name, mix in settings.placement_mix.items():
        seen = Counter(spell.stays[0].placement for child, spell in firsts if band(child.birth, spell.start) == name)
        total = seen.total()
        for placement, share in mix.items():
            allowed = STANDARD_ERRORS * (share * (1 - share) * total) ** 0.5 + 1
            assert abs(seen[placement] - share * total) < allowed, (name, placement)
        assert set(seen) - {"placed_for_adoption"} <= set(mix)


def test_shares_of_plans_are_the_settings(plain):
    settings = plain[0].settings
    plans = [
        plan for council in plain for child in council.children for plan in child.plans if plan.end <= settings.last_day
    ]
    at_risk = [
        plan
        for council in plain
        for child in council.children
        for plan in child.plans
        if child.birth <= plan.end and plan.ending != "adult"
    ]
    to_lac = np.mean([plan.ending == "lac" for plan in at_risk])
    assert to_lac == pytest.approx(settings.cp_to_lac, abs=STANDARD_ERRORS * (0.12 * 0.88 / len(at_risk)) ** 0.5)
    left = [plan.ending == "transfer_out" for plan in plans if plan.ending in ("transfer_out", "other")]
    assert np.mean(left) == pytest.approx(
        settings.cp_transfer_out, abs=STANDARD_ERRORS * (0.06 * 0.94 / len(left)) ** 0.5
    )
    own = [
        plan.previous > 0
        for council in plain
        for child in council.children
        for plan in child.plans
        if plan.route == "own"
    ]
    assert np.mean(own) == pytest.approx(
        settings.cp_repeat, abs=STANDARD_ERRORS * (2.2 * 0.18 * 0.82 / len(own)) ** 0.5
    )
    moved = [
        plan.previous
        for council in plain
        for child in council.children
        for plan in child.plans
        if plan.route == "transfer_in"
    ]
    assert min(moved) >= 1
    every = [(child, plan) for council in plain for child in council.children for plan in child.plans]
    assert all(child.birth <= plan.start for child, plan in every if plan.route == "transfer_in")
    expected = len(plain) * settings.cp_transfers_in * 5
    assert len(moved) == pytest.approx(expected, abs=STANDARD_ERRORS * (2.2 * expected) ** 0.5)


def test_who_leaves_a_plan_for_care_is_looked_after_by_then(plain):
    linked = 0
    for council in plain:
        for child in council.children:
            leads = [plan for plan in child.plans if plan.ending == "lac" and plan.end <= council.settings.last_day]
            starts = [spell.start for spell in child.spells if spell.route == "cp"]
            assert len(leads) <= 1 and all(any(plan.start < day <= plan.end for day in starts) for plan in leads)
            linked += len(leads)
    assert linked > 100


def test_a_child_whose_plan_was_made_before_birth_enters_care_at_birth_at_the_earliest():
    """Every plan leads to care, up to 27 days before its end; so some are looked after from the day of birth."""
    rates = dict.fromkeys(CP_BANDS, 0.0) | {"unborn": 400.0}
    council = invent(replace(Settings(), cp_start_rate=rates, cp_to_lac=1.0, cp_transfers_in=0.0), SEED)
    after = [spell.start - child.birth for child in council.children for spell in child.spells if spell.route == "cp"]
    assert min(after) == 0 and len(after) > 100


def test_brothers_and_sisters_start_together(plain):
    """Families of new children by size, against the settings; and more than one in three starts with another."""
    settings = plain[0].settings
    sizes = Counter()
    for council in plain:
        families = Counter(
            (child.family, plan.start)
            for child in council.children
            for plan in child.plans
            if plan.route in ("own", "transfer_in")
        )
        sizes += Counter(families.values())
    families = sizes.total()
    for size, share in settings.family_size.items():
        assert (
            abs(sizes[size] - share * families)
            < STANDARD_ERRORS * (share * (1 - share) * families) ** 0.5 + families * 0.01
        )
    assert set(sizes) == set(settings.family_size)


def test_enquiries_and_conferences_keep_their_shares(plain, plain_truth):
    held = plain_truth["activity"][["icpcs", "section_47"]].sum()
    plans = sum(bands_of_starts(council, "cp", ("own",)).total() for council in plain)
    transfers = sum(bands_of_starts(council, "cp", ("transfer_in",)).total() for council in plain)
    assert plans / (held["icpcs"] - transfers) == pytest.approx(0.9, abs=0.02)
    assert (held["icpcs"] - transfers) / held["section_47"] == pytest.approx(0.45, abs=0.02)


# --- seeds ------------------------------------------------------------------------------------------------------------


def contents(folder) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(tmp_path):
    settings = replace(example_settings(), oddities=replace(Oddities(), nested=0.2, overlapping=0.2))
    for name, seed in {"one": 1, "again": 1, "other": 2}.items():
        council = invent(settings, seed)
        files = write(council, tmp_path / name) + council.write_truth(tmp_path / name / "truth")
        assert sorted(files) == sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
    one, again, other = (contents(tmp_path / name) for name in ("one", "again", "other"))
    assert one == again
    assert one.keys() == other.keys()
    assert all(
        one[f"ssda903/2022-23/{name}.csv"] != other[f"ssda903/2022-23/{name}.csv"] for name in ("Header", "Episodes")
    )
    assert (
        one["ledger.csv"] != other["ledger.csv"]
        and one["cin/2022-23/cin_census.xml"] != other["cin/2022-23/cin_census.xml"]
    )
    assert not any(b"\r" in text for text in one.values())


# --- SSDA903 files ----------------------------------------------------------------------------------------------------


def test_files_have_the_returns_columns_and_dates(returns):
    for tables in returns.values():
        for name, columns in FILES.items():
            assert list(tables[name].columns) == columns.split()
            for column in set(DATES) & set(tables[name].columns):
                held = tables[name][column]
                assert held[held != ""].str.fullmatch(r"\d\d/\d\d/\d{4}").all()
                assert (column in ("DEC", "DUC", "DATE_PLACED_CEASED")) or (held != "").all()
                held[held != ""].map(british)


def test_children_are_in_the_header_of_the_year_once(returns):
    for tables in returns.values():
        header = tables["Header"].set_index("CHILD")
        assert header.index.is_unique and set(header.index) == set(tables["Episodes"]["CHILD"])
        for name in ("UASC", "Reviews", "PlacedAdoption"):
            assert (header.loc[tables[name]["CHILD"], "DOB"].to_numpy() == tables[name]["DOB"].to_numpy()).all()


def test_a_return_holds_what_touches_its_year_and_knows_nothing_later(council, returns):
    spells = [(child, spell) for child in council.children for spell in child.spells]
    for year, tables in returns.items():
        first, last = date(int(year[:4]), 4, 1), date(int(year[:4]) + 1, 3, 31)
        rows = tables["Episodes"]
        assert (rows["DECOM"].map(british) <= last).all()
        ended = rows[rows["DEC"] != ""]
        assert ended["DEC"].map(british).between(first, last).all()
        assert ((rows["DEC"] == "") == (rows["REC"] == "")).all()
        true = [
            (f"EX{child.number:06d}", row.start)
            for child, spell in spells
            for row in episodes(spell)
            if row.start <= last.toordinal() and row.end >= first.toordinal()
        ]
        written = zip(rows["CHILD"], rows["DECOM"].map(lambda text: british(text).toordinal()), strict=True)
        assert sorted(true) == sorted(written)


def test_an_episode_open_at_year_end_is_in_the_next_return_with_its_end_once_known(returns):
    key, ends = ["CHILD", "DECOM"], 0
    for before, after in pairwise(returns.values()):
        still = before["Episodes"].query("DEC == ''")
        again = after["Episodes"].merge(still[[*key, "RNE", "LS"]], on=[*key, "RNE", "LS"], validate="1:1")
        assert len(again) == len(still) > 0
        closed = before["Episodes"].query("DEC != ''")
        assert after["Episodes"].merge(closed[key], on=key).empty
        ends += (again["DEC"] != "").sum()
    assert ends > 100


def test_open_children_of_a_return_are_the_true_stock(returns, truth):
    """Open on 31 March, without short breaks, each child once: by a reader of a few lines."""
    stock = truth["lac_flows"].groupby("month")["stock"].sum()
    uasc = truth["uasc"].set_index("month")["stock"]
    for year, tables in returns.items():
        open_now = tables["Episodes"].query("DEC == '' and LS not in ['V3', 'V4']")
        assert open_now["CHILD"].is_unique
        march = f"{int(year[:4]) + 1}-03"
        assert len(open_now) == stock[march]
        assert open_now["CHILD"].isin(tables["UASC"]["CHILD"]).sum() == uasc[march]


def test_starts_and_ends_of_the_returns_are_the_true_ones(returns, truth):
    flows = truth["lac_flows"].assign(year=lambda t: pd.PeriodIndex(t["month"], freq="M").asfreq("Q-MAR").qyear)
    true = flows.groupby("year")[["starts", "ends"]].sum()
    for year, tables in returns.items():
        rows = tables["Episodes"].query("LS not in ['V3', 'V4']")
        first = date(int(year[:4]), 4, 1)
        started = rows[rows["RNE"] == "S"]["DECOM"].map(british)
        ended = rows[(rows["REC"] != "") & (rows["REC"] != "X1")]
        assert (started >= first).sum() == true.loc[first.year + 1, "starts"]
        assert len(ended) == true.loc[first.year + 1, "ends"]


def test_episodes_are_legal(returns):
    """Continuing ones start the day the last ended (X1), new ones do not; RNE says what changed; own parents need an order."""
    same = moved = 0
    for tables in returns.values():
        for _, rows in tables["Episodes"].groupby("CHILD", sort=False):
            for before, after in pairwise(rows.to_dict("records")):
                continues = before["REC"] == "X1"
                assert continues == (before["DEC"] == after["DECOM"]) == (after["RNE"] != "S")
                assert british(before["DEC"]) <= british(after["DECOM"])
                if continues:
                    changed = before["LS"] != after["LS"]
                    assert changed == (after["RNE"] in "LBU"), (before, after)
                    if after["RNE"] in "TU":
                        same += (
                            before["PLACE"] == after["PLACE"] and before["PLACE_PROVIDER"] == after["PLACE_PROVIDER"]
                        )
                        moved += 1
                    assert (after["RNE"] == "L") == (before["PL_POST"] == after["PL_POST"])
                    assert (before["REASON_PLACE_CHANGE"] != "") == (after["RNE"] in "PTBU")
            at_home = rows[rows["PLACE"] == "P1"]
            assert at_home["LS"].isin(["C1", "C2", "E1"]).all() and (at_home["PLACE_PROVIDER"] == "PR0").all()
            assert rows[rows["PLACE"].str.startswith("A")]["LS"].isin(["E1"]).all()
        blank = tables["Episodes"]["PLACE"].str[0].isin(["T", "Z"])
        assert ((tables["Episodes"]["PLACE_PROVIDER"] == "") == blank).all()
        assert same == moved > 0
        assert (tables["Episodes"]["PL_POST"].str.fullmatch(r"ZZ\d \d[A-Z]{2}")).all()


def test_codes_are_those_of_the_year(returns):
    places = {year: set(tables["Episodes"]["PLACE"]) for year, tables in returns.items()}
    sexes = {year: set(tables["Header"]["SEX"]) for year, tables in returns.items()}
    for year in ("2020-21", "2021-22", "2022-23", "2023-24"):
        assert {"H5", "P2"} <= places[year] and "K3" not in places[year]
    assert "K3" in places["2024-25"] and not {"H5", "P2"} & places["2024-25"]
    assert "Z1" in places["2021-22"] and "Z1" not in places["2024-25"]
    assert not any(re.match(r"Z1\d", place) for year in places if year < "2024-25" for place in places[year])
    assert {"Z11", "Z12", "Z13", "Z14"} & places["2024-25"]
    assert list(sexes.values()) == [{"1", "2"}] * 4 + [{"M", "F"}]


def test_codes_of_old_years(tmp_path):
    settings = replace(Settings(first_year="2013-14", years=3).scaled(0.2))
    write(invent(settings, SEED), tmp_path)
    old, new = (set(read(tmp_path / "ssda903" / year / "Episodes.csv")["PLACE"]) for year in ("2014-15", "2015-16"))
    assert {"Q1", "Q2"} <= old and not any(code.startswith("U") for code in old)
    assert {"U1", "U6"} <= new and not any(code.startswith("Q") for code in new)


def test_uasc_file_and_the_date_their_status_ceased(council, returns):
    births = {f"EX{child.number:06d}": child for child in council.children if child.uasc}
    for year, tables in returns.items():
        rows, last = tables["UASC"], date(int(year[:4]) + 1, 3, 31)
        assert set(rows["CHILD"]) == set(tables["Header"]["CHILD"]) & births.keys()
        for child, ceased in zip(rows["CHILD"], rows["DUC"], strict=True):
            adult = date.fromordinal(anniversary(births[child].birth, 18))
            assert (ceased == "" and adult > last) or british(ceased) <= min(adult, last)


def test_placements_for_adoption_are_in_their_file(returns):
    placed = pd.concat([tables["PlacedAdoption"] for tables in returns.values()])
    episodes_of = pd.concat([tables["Episodes"] for tables in returns.values()])
    adoption = episodes_of[episodes_of["PLACE"].str.match("A[3-6]")].drop_duplicates(["CHILD", "DECOM"])
    assert set(zip(placed["CHILD"], placed["DATE_PLACED"], strict=True)) <= set(
        zip(adoption["CHILD"], adoption["DECOM"], strict=True)
    )
    ceased = placed[placed["DATE_PLACED_CEASED"] != ""]
    assert len(ceased) > 0 and ceased["REASON_PLACED_CEASED"].str.fullmatch("RD[1-4]").all()
    adopted = episodes_of[episodes_of["REC"].isin(["E11", "E12"])]
    assert len(adopted) > 0 and adopted["PLACE"].str.match("A[3-6]").all()


# --- awkwardness ------------------------------------------------------------------------------------------------------


def oddities_seen(council) -> dict[str, int]:
    """How often each awkward thing happens in the lives of a council."""
    spells = [(child, spell) for child in council.children for spell in child.spells]
    stays = [stay for _, spell in spells for stay in spell.stays]
    rows = [row for _, spell in spells for row in episodes(spell)]
    edges = [date.fromordinal(day) for _, spell in spells for day in (spell.start, spell.end)]
    born = [date.fromordinal(child.birth) for child in council.children]
    return {
        "month boundary births": sum((day.day == 1) or (day + relativedelta(days=1)).day == 1 for day in born)
        * 12
        // len(born),
        "leap day births": sum(day.month == 2 and day.day == 29 for day in born) * 365 // len(born),
        "31 March or 1 April": sum((day.month, day.day) in ((3, 31), (4, 1)) for day in edges) * 100 // len(edges),
        "home for a time": sum(stay.kind == "interlude" and stay.code == "P1" for stay in stays),
        "temporary": sum(stay.code == "T0" for stay in stays),
        "adoption disrupted": sum(stay.ceased_by != "" for stay in stays),
        "T": sum(row.rne == "T" for row in rows),
        "short breaks V3": sum(row.legal == "V3" for row in rows),
        "short breaks V4": sum(row.legal == "V4" for row in rows),
        "late reviews": sum(spell.reviews[:1] > [spell.start + 28] for _, spell in spells),
        "expected birth": sum(child.expected_birth != child.birth for child in council.children),
    }


def test_every_awkwardness_is_there_when_switched_on_and_gone_when_off(council, plain):
    on, off = oddities_seen(council), oddities_seen(plain[0])
    assert {name for name, count in on.items() if count == 0} == set()
    assert {name for name, count in off.items() if count > 0} == set()


def test_every_kind_of_episode_and_life_is_there(council):
    spells = [spell for child in council.children for spell in child.spells]
    rows = [row for spell in spells for row in episodes(spell)]
    assert {row.rne for row in rows} == set("SLPTBU")
    assert {spell.route for spell in spells} == {"opening", "own", "returning", "cp", "uasc", "short_break"}
    assert {"X1", "E11", "E12", "E4A", "E4B", "E5", "E6", "E17"} <= {row.reason for row in rows}
    assert {"V2", "C1", "C2", "E1", "L1", "L2", "V3", "V4"} == {row.legal for row in rows}
    assert any(spell.end == anniversary(child.birth, 18) for child in council.children for spell in child.spells)
    assert any(plan.start < child.birth for child in council.children for plan in child.plans)
    assert any(len(child.plans) > 1 for child in council.children)
    assert all(row.end - row.start <= 3 for row in rows if row.legal == "L1")


def test_year_end_moves_no_start_to_another_month():
    settings = replace(Settings().scaled(0.3), oddities=replace(Oddities.none(), year_end=1.0))
    council = invent(settings, SEED)
    days = [
        date.fromordinal(spell.start) for child in council.children for spell in child.spells if spell.route == "own"
    ]
    assert {day.day for day in days if day.month == 3} == {31} and {day.day for day in days if day.month == 4} == {1}


def overlapping(rows: pd.DataFrame) -> int:
    """Pairs of episodes of one child, one after the other in the file, that overlap."""
    found = 0
    for _, held in rows.groupby("CHILD", sort=False):
        found += sum(a == "" or british(a) > british(b) for a, b in pairwise_dates(held))
    return found


def pairwise_dates(held: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(held["DEC"].iloc[:-1], held["DECOM"].iloc[1:], strict=True))


def test_nested_and_overlapping_episodes_only_when_asked_for_and_never_in_the_truth(tmp_path, returns):
    assert sum(overlapping(tables["Episodes"]) for tables in returns.values()) == 0
    settings = Settings(years=2).scaled(0.3)
    truths = {}
    for name, chances in {"none": {}, "nested": {"nested": 0.3}, "overlapping": {"overlapping": 0.5}}.items():
        council = invent(replace(settings, oddities=replace(settings.oddities, **chances)), SEED)
        write(council, tmp_path / name)
        truths[name] = council.truth()
    rows = {name: read(tmp_path / name / "ssda903" / "2021-22" / "Episodes.csv") for name in truths}
    assert overlapping(rows["none"]) == 0 < min(overlapping(rows["nested"]), overlapping(rows["overlapping"]))
    assert len(rows["nested"]) > len(rows["none"]) <= len(rows["overlapping"])
    for name, table in truths["none"].items():
        pd.testing.assert_frame_equal(table, truths["nested"][name])
        pd.testing.assert_frame_equal(table, truths["overlapping"][name])


# --- CIN census -------------------------------------------------------------------------------------------------------


def test_open_plans_of_a_census_are_the_true_stock(censuses, truth):
    stock = truth["cp_flows"].groupby("month")["stock"].sum()
    for year, root in censuses.items():
        plans = root.findall(".//ChildProtectionPlans")
        march = f"{int(year[:4]) + 1}-03"
        assert sum(plan.find("CPPendDate") is None for plan in plans) == stock[march]
        assert root.findtext(".//ReferenceDate") == f"{march}-31" and root.findtext(".//LEA") == "999"


def test_starts_and_ends_of_plans_are_the_true_ones(censuses, truth):
    flows = truth["cp_flows"].assign(year=lambda t: pd.PeriodIndex(t["month"], freq="M").asfreq("Q-MAR").qyear)
    true = flows.groupby("year")[["starts", "ends"]].sum()
    for year, root in censuses.items():
        plans = root.findall(".//ChildProtectionPlans")
        ending = int(year[:4]) + 1
        assert sum(plan.findtext("CPPstartDate") >= f"{year[:4]}-04-01" for plan in plans) == true.loc[ending, "starts"]
        assert sum(plan.find("CPPendDate") is not None for plan in plans) == true.loc[ending, "ends"]


def test_the_unborn_have_an_expected_birth_and_no_sex(censuses, truth):
    unborn = truth["cp_flows"].query("age_band == 'unborn'").set_index("month")["stock"]
    for year, root in censuses.items():
        march = f"{int(year[:4]) + 1}-03"
        waiting = [child for child in root.iter("Child") if child.find(".//PersonBirthDate") is None]
        open_now = [c for c in waiting if any(p.find("CPPendDate") is None for p in c.iter("ChildProtectionPlans"))]
        assert len(open_now) == unborn[march]
        sex = "GenderCurrent" if year < "2023-24" else "Sex"
        assert all(child.findtext(f".//{sex}") == ("U" if year >= "2024-25" else "0") for child in waiting)
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", child.findtext(".//ExpectedPersonBirthDate")) for child in waiting)
    assert sum(unborn) > 0


def test_plans_keep_the_census_rules(censuses):
    """Not ending on the day of starting, starting on the day of the conference, one open, reviews after the start."""
    for year, root in censuses.items():
        first, last = f"{year[:4]}-04-01", f"{int(year[:4]) + 1}-03-31"
        for child in root.iter("Child"):
            spans = []
            for case in child.iter("CINdetails"):
                assert case.findtext("CINreferralDate") <= last and (case.findtext("CINclosureDate") or last) >= first
                for plan in case.iter("ChildProtectionPlans"):
                    start, end = plan.findtext("CPPstartDate"), plan.findtext("CPPendDate") or "9999"
                    assert start < end and start == case.findtext("DateOfInitialCPC") and end >= first
                    reviews = [review.text for review in plan.iter("CPPreviewDate")]
                    assert all(max(start, first) <= day <= min(end, last) and day > start for day in reviews)
                    spans.append((start, end))
            assert all(before[1] < after[0] for before, after in pairwise(sorted(spans)))
        late = [
            element
            for element in root.iter()
            if element.tag.startswith(("CPP", "S47", "CIN")) and (element.text or "") > last
        ]
        assert not [element for element in late if element.tag.endswith("Date")]


def test_transfers_previous_plans_and_enquiries_are_in_the_census(censuses):
    sources, closures, previous, needed = Counter(), Counter(), Counter(), Counter()
    for root in censuses.values():
        sources.update(case.findtext("ReferralSource") for case in root.iter("CINdetails"))
        closures.update(case.findtext("ReasonForClosure") for case in root.iter("CINdetails"))
        previous.update(plan.findtext("NumberOfPreviousCPP") for plan in root.iter("ChildProtectionPlans"))
        needed.update(each.findtext("ICPCnotRequired") for each in root.iter("Section47"))
        for case in root.iter("CINdetails"):
            if case.findtext("ReferralSource") == "5C":
                assert all(plan.findtext("NumberOfPreviousCPP") >= "1" for plan in case.iter("ChildProtectionPlans"))
                assert case.find("Section47") is None
    assert sources["5C"] > 0 and closures["RC5"] > 0 and previous["1"] > 0 and needed["true"] > needed["false"] > 0


def test_the_census_tables_say_what_the_xml_says(folder, censuses):
    for year, root in censuses.items():
        home = folder / "cin" / year
        tables = {path.stem: read(path) for path in home.glob("*.csv")}
        assert set(tables) == {
            "ChildIdentifiers",
            "ChildCharacteristics",
            "CINdetails",
            "Section47",
            "ChildProtectionPlans",
            "Reviews",
        }
        for name, element in [(name, name) for name in tables]:
            found = []
            for child in root.iter("Child"):
                for each in child.iter(element):
                    own = [part.text for part in each if len(part) == 0 and part.tag != "LAchildID"]
                    found.append((child.findtext(".//LAchildID"), *own))
            keys = ["LAchildID", "CINdetailsID", "CPPID"]
            body = tables[name].drop(columns=[key for key in keys[1:] if key in tables[name]])
            rows = [tuple(value for value in row if value != "") for row in body.itertuples(index=False)]
            assert rows == found


# --- counts, ledger, words --------------------------------------------------------------------------------------------


def test_monthly_counts_close_and_are_the_truth(folder, truth):
    counts = pd.read_csv(folder / "monthly_counts.csv")
    assert list(counts.columns) == ["month", "lac", "cp", "lac_starts", "lac_ends", "cp_starts", "cp_ends"]
    assert len(counts) == 60 and counts["month"].is_monotonic_increasing
    for service in ("lac", "cp"):
        change = counts[f"{service}_starts"] - counts[f"{service}_ends"]
        assert (counts[service].diff().iloc[1:] == change.iloc[1:]).all()
        assert counts[service].tolist() == truth[f"{service}_flows"].groupby("month")["stock"].sum().tolist()


def test_the_ledger_is_child_days_at_the_years_price():
    """Without noise: in-house fostering of each period, days / 7 x price x 1.04 a year; the budget pays for 31 March before."""
    settings = replace(
        Settings().scaled(0.6), price_noise=0.0, oddities=Oddities(year_end=0.7)
    )  # many start on 1 April
    council = invent(settings, SEED)
    ledger = council.ledger
    assert list(ledger.columns) == ["financial_year", "period", "cost_line", "budget", "actual"]
    assert set(ledger["period"]) == {f"P{number}" for number in range(1, 13)}
    assert (
        len(ledger) == 5 * 12 * len(settings.weekly_price)
        and not ledger.duplicated(["financial_year", "period", "cost_line"]).any()
    )
    stock = (
        council.truth()["lac_stock"]
        .query("placement == 'in_house_fostering'")
        .groupby("month")[["children", "child_days"]]
        .sum()
    )
    lines = ledger[ledger["cost_line"] == "in_house_fostering"]
    growth = np.repeat(1.04 ** np.arange(5), 12)
    assert lines["actual"].to_numpy() == pytest.approx(stock["child_days"].to_numpy() / 7 * 450 * growth, abs=0.01)
    june_2021 = lines.query("financial_year == '2021-22' and period == 'P3'")["budget"].item()
    assert june_2021 == pytest.approx(stock["children"]["2021-03"] * 30 / 7 * 450 * 1.04, abs=0.01)
    march = (
        council.truth()["lac_flows"]
        .groupby("month")["stock"]
        .sum()[[f"{year}-03" for year in range(2021, 2025)]]
        .to_numpy()
    )
    budgets = ledger.query("cost_line == 'iro' and period == 'P3' and financial_year > '2020-21'")["budget"].to_numpy()
    assert budgets == pytest.approx(march * 30 / 7 * 75 * growth[12::12], abs=0.01)
    assert (ledger.query("cost_line == 'uasc_grant'")["actual"] <= 0).all()


def test_noise_in_the_ledger_is_its_size():
    settings = PLAIN.scaled(0.6)
    noisy, exact = (invent(replace(settings, price_noise=size), SEED).ledger["actual"] for size in (0.1, 0.0))
    logs = np.log(noisy[exact != 0] / exact[exact != 0])
    assert logs.std() == pytest.approx(0.1, rel=STANDARD_ERRORS / (2 * len(logs)) ** 0.5)
    assert abs(logs.mean()) < STANDARD_ERRORS * 0.1 / len(logs) ** 0.5


def test_nothing_real_is_named(folder):
    """Every word of five letters or more is a column, an element, a cost line or the invented council."""
    codes = "CARPL|CREQB|CREQO|CHILD|LAREQ|CLOSE|STAND|OTHER|XXXXXXX"
    lines = "house|fostering|kinship|homes|private|residential|school|supported|other|placements|contact|grant"
    allowed = {*codes.split("|"), *lines.split("|"), "Exampleton", "false", "version", "encoding"}
    for path in (path for path in folder.rglob("*") if path.is_file()):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".csv":
            names = next(csv.reader([text.splitlines()[0]]))
        else:
            names = {element.tag for element in ElementTree.fromstring(text.encode()).iter()}
        own = {word for name in names for word in re.findall("[A-Za-z]{5,}", name)}
        assert set(re.findall("[A-Za-z]{5,}", text)) - allowed - own == set(), path.name


def test_the_repr_shows_counts_only(council):
    assert re.fullmatch(r"<Exampleton, 2020-21 to 2024-25: \d+ children, \d+ spells, \d+ plans>", repr(council))


def test_the_true_rates_are_told(council, truth):
    rates = truth["rates"].set_index(["service", "measure", "age_band", "category"])["value"]
    settings = council.settings
    assert rates["lac", "start_rate", "under_1", ""] == settings.lac_start_rate["under_1"]
    assert rates["cp", "leaving", "5_9", 182] == settings.cp_leaving.per_year["5_9"][2]
    assert rates["lac", "placement_mix", "16_17", "supported"] == 0.35
    assert rates["both", "cp_to_lac", "", ""] == settings.cp_to_lac


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"children": {"under_1": 1.0}}, "children must have under_1, 1_4"),
        ({"family_size": {1: 0.5, 2: 0.4}}, "family_size sum to 0.9"),
        ({"seasonality": (1.0,) * 11}, "seasonality must have"),
        ({"cp_leaving": Settings().lac_leaving}, "cp_leaving must have unborn"),
        ({"years": 0}, "years"),
        ({"first_year": "2020"}, "first_year"),
        ({"cp_to_lac": 1.2}, "cp_to_lac"),
        ({"lac_stock": -1}, "lac_stock"),
        ({"cp_start_rate": dict.fromkeys(CP_BANDS, 0.0)}, "cp_start_rate must be above 0"),
        ({"icpcs_held": 0.0}, "icpcs_held"),
    ],
)
def test_settings_that_cannot_be_are_refused(change, words):
    with pytest.raises(BadInput, match=words):
        replace(Settings(), **change)


@pytest.mark.parametrize("since", [(0, 0), (14, 91), (0,), (0, 91, 14)])
def test_hazards_that_cannot_be_are_refused(since):
    with pytest.raises(BadInput, match="since_days must begin at 0|must be 1 figures"):
        Leaving(since, {"under_1": (1.0, 2.0)})


def test_the_example_is_small_whole_and_always_the_same(tmp_path):
    files = write_example(tmp_path / "one")
    write_example(tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert contents(tmp_path / "one") == contents(HOME / "data" / "example" / "council"), (
        "write data/example/council anew with write_example"
    )
    assert len(files) == 3 * 12 + 2 and sum(path.stat().st_size for path in files) < 250_000
    council = invent(example_settings(), 32)
    assert 50 <= sum(bool(child.spells or child.plans) for child in council.children) <= 70
    rows = pd.concat(
        [read(tmp_path / "one" / "ssda903" / year / "Episodes.csv") for year in council.settings.all_years]
    )
    assert {"V3", "V4", "E1", "C1", "C2", "V2"} <= set(rows["LS"]) and {"K3", "T0", "P1"} <= set(rows["PLACE"])
    assert (
        {"H5", "P2"} & set(rows["PLACE"])
        and {"S", "L", "P", "T"} <= set(rows["RNE"])
        and {"E11", "E12"} & set(rows["REC"])
    )


def test_two_thousand_children_over_five_years_take_less_than_twenty_seconds(tmp_path):
    started = time.process_time()
    council = invent(Settings().scaled(0.7), SEED)
    write(council, tmp_path)
    assert len(council.children) > 1_700 and time.process_time() - started < 20
