"""Local rates as placements of the engine: by hand, by integration, and from an invented council's returns."""

import shutil
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import gamma, poisson

from conftest import HOME
from forecast.case.ages import LAC_BANDS
from forecast.case.errors import BadInput
from forecast.demand import local
from forecast.demand.local import NAMES, PriorStrength, read_local
from forecast.demand.pathways.hazards import Hazards, Places
from forecast.demand.rates import pool, pool_with_conflict
from forecast.model import projection
from forecast.model.cases import open_case
from forecast.model.check import calibration
from forecast.questions.answer import uasc
from forecast.sources import returns_case
from forecast.sources.cin import read_cin
from forecast.sources.ssda903 import read_returns
from invented import Settings, invent, write

AREA, LAST = "Exampleton", date(2025, 3, 31)

# --- the prior that may be wrong --------------------------------------------------------------------------------------


def by_integration(observed: int, expected: float, worth: float, own: float, doubt: float) -> tuple[float, float]:
    """Posterior mean and variance of the multiple of `expected`, over the two priors, by quadrature."""
    moments = np.zeros(3)
    for chance, shape, exposure, scale in ((1 - doubt, worth, expected, 1.0), (doubt, 0.5, own, own / expected)):
        for power in range(3):

            def under(x, p=power, s=shape, e=exposure, k=scale):
                return (x * k) ** p * gamma.pdf(x, s, scale=1 / s) * poisson.pmf(observed, e * x)

            moments[power] += chance * (quad(under, 0, 0.01, limit=200)[0] + quad(under, 0.01, 60, limit=400)[0])
    mean = moments[1] / moments[0]
    return mean, moments[2] / moments[0] - mean**2


@pytest.mark.parametrize(
    ("observed", "expected", "own"), [(12, 10.0, 14.0), (0, 6.0, 9.0), (30, 9.0, 22.0), (3, 11.0, 4.0)]
)
def test_the_mixture_is_what_integration_makes_of_it(observed, expected, own):
    held = pool_with_conflict(observed, expected, 32, own, 0.1)
    mean, variance = by_integration(observed, expected, 32, own, 0.1)
    assert float(held.mean) == pytest.approx(mean, rel=1e-5)
    assert float(held.mean**2 / held.shape) == pytest.approx(variance, rel=1e-4)


def test_without_doubt_it_is_plain_pooling():
    plain, doubted = pool(20, 15.0, 32), pool_with_conflict(20, 15.0, 32, 18.0, 1e-9)
    assert float(doubted.mean) == pytest.approx(plain.mean, rel=1e-6) and float(doubted.shape) == pytest.approx(
        plain.shape, rel=1e-4
    )


def test_a_rate_that_the_count_speaks_against_gives_way():
    """England's fit has nobody of 16 or 17 leave before 18; 55 left where 0.2 were expected."""
    held = pool_with_conflict(55, 0.2, 32, 50.0, 0.1)
    assert 0.2 * float(held.mean) == pytest.approx(55, rel=0.02)  # the posterior expects what was counted
    stubborn = pool(55, 0.2, 32)
    assert 0.2 * stubborn.mean < 1


# --- counts, by hand --------------------------------------------------------------------------------------------------


def exposure(*rows) -> pd.DataFrame:
    """year, age band, time, placement, UASC, child-days, moves to residential, moves to agency, left home, turned 18."""
    names = [
        "year",
        "age_band",
        "time_since_start",
        "placement",
        "uasc",
        "child_days",
        "move_to_residential",
        "move_to_ifa_fostering",
        "leave_returned_home",
        "leave_turned_18",
    ]
    return pd.DataFrame(rows, columns=names)


@pytest.fixture
def counted() -> local.Local:
    days = exposure(
        (2023, "10_15", "1_to_2_years", "ifa_fostering", False, 3652, 2, 3, 4, 0),
        (2024, "10_15", "1_to_2_years", "kinship_fostering", False, 1000, 0, 1, 0, 0),
        (2024, "10_15", "1_to_2_years", "in_house_fostering", False, 348, 0, 1, 0, 0),
        (2024, "16_17", "under_4_weeks", "ifa_fostering", True, 400, 1, 0, 0, 7),
        (2024, "16_17", "unknown", "ifa_fostering", False, 9999, 9, 9, 9, 9),
        (2024, "unknown", "under_4_weeks", "ifa_fostering", False, 9999, 9, 9, 9, 9),
    )
    starts = pd.DataFrame(
        [("10_15", "ifa_fostering", False, 6), ("10_15", "secure", False, 2), ("16_17", "supported", True, 4)],
        columns=["age_band", "placement", "uasc", "starts"],
    )
    here = pd.DataFrame(
        [("10_15", "1_to_2_years", "secure", False, 3), ("16_17", "unknown", "supported", True, 2)],
        columns=["age_band", "time_since_start", "placement", "uasc", "children"],
    )
    return read_local(days, starts, here.assign(day="2025-03-31", longest=731), pd.DataFrame(), "2025-03-31")


def at(table: np.ndarray, band: str, *states: str):
    return table[(LAC_BANDS.index(band), ..., *(NAMES.index(state) for state in states))]


def test_every_row_of_known_age_and_time_is_counted_where_it_belongs(counted):
    assert counted.days.sum() == 3652 + 1000 + 348 + 400 and counted.left.sum() == 4
    assert (
        at(counted.days, "10_15", "fostering").sum() == 4000
        and at(counted.days, "16_17", "uasc_fostering").sum() == 400
    )
    assert at(counted.lived, "10_15", "fostering") == 348  # 2023-24 is not the last year
    assert at(counted.moved, "10_15", "fostering", "residential") == 2
    assert at(counted.moved, "10_15", "kinship", "fostering") == 1
    assert at(counted.moved, "16_17", "uasc_fostering", "uasc_other") == 1
    assert counted.moved.sum() == 4  # from one agency carer to another is no change of placement here
    assert at(counted.first, "10_15", "residential") == 2  # secure is counted with residential


def test_care_of_unknown_start_has_lasted_at_least_as_long_as_the_returns_reach(counted):
    assert at(counted.here, "16_17", "uasc_supported")[local.TIMES.index("2_to_5_years")] == 2
    assert counted.uasc_share.tolist() == [0, 0, 0, 0, 1]


def test_a_child_of_unknown_age_here_now_stops_it():
    here = pd.DataFrame(
        [("unknown", "1_to_2_years", "secure", False, 1)],
        columns=["age_band", "time_since_start", "placement", "uasc", "children"],
    )
    with pytest.raises(BadInput, match="1 looked-after children on 2025-03-31 have no date of birth"):
        read_local(exposure(), pd.DataFrame(), here.assign(day="2025-03-31", longest=9), pd.DataFrame(), "2025-03-31")


FLAT = Hazards(np.array([0, 1, 5, 10, 16]) * 365.25, 18 * 365.25, np.array([0.0]), np.full((5, 1), 0.001))
TRUSTED = PriorStrength(22, 32, 0.1)


def placed_by(counted: local.Local) -> Places:
    return local.places_of(counted, FLAT, TRUSTED, np.zeros(1, int))


def test_placements_drawn_are_as_sure_as_their_counts(counted, monkeypatch):
    """Against closed forms: a share of Dirichlet weights, the moving rate a Gamma; families of 1.5 make starts half as sure."""
    monkeypatch.setattr(local, "TABLES", 4000)
    drawn = local.places_drawn(counted, FLAT, TRUSTED, np.zeros(1, int), 1.5, np.random.default_rng(0)).drawn
    band, fostered = LAC_BANDS.index("10_15"), NAMES.index("fostering")
    share = np.array([table.first[band, fostered] for table in drawn])
    mean, weight = (6 + 6 / 8) / 9, 9 / (2 * 1.5 - 1)
    assert share.mean() == pytest.approx(mean, abs=0.01) and share.var() == pytest.approx(
        mean * (1 - mean) / (weight + 1), rel=0.1
    )
    out = np.array([table.moving[band, fostered].sum() for table in drawn])
    assert out.mean() == pytest.approx(2.5 / 4000 * 34 / 34.5, rel=0.01) and out.std() / out.mean() == pytest.approx(
        34**-0.5, rel=0.05
    )
    held = counted.days.sum(axis=1)[band]
    assert [(table.leaving[band] * held).sum() for table in drawn[:50]] == pytest.approx([held.sum()] * 50)
    assert (drawn[0].first[band, local.UASC] == 0).all()


def test_the_same_luck_draws_the_same_placements(counted):
    first, second = (
        local.places_drawn(counted, FLAT, TRUSTED, np.zeros(1, int), 1.5, np.random.default_rng(3)) for _ in range(2)
    )
    assert (
        all((one.moving == other.moving).all() for one, other in zip(first.drawn, second.drawn, strict=True))
        and len(first.drawn) == local.TABLES
    )


def test_first_placements_lean_on_other_ages_by_one_child_and_never_where_no_such_child_lived(counted):
    shares = placed_by(counted).first
    # 10-15: 6 agency, 2 secure; of all ages' 12 starts those who could be there: 6 agency and 2 secure of 8
    assert at(shares, "10_15", "fostering") == pytest.approx((6 + 6 / 8) / 9)
    assert at(shares, "10_15", "uasc_supported") == 0 and shares.sum(axis=1) == pytest.approx(np.ones(5))


def test_nobody_moves_between_the_unaccompanied_and_the_others(counted):
    moving = placed_by(counted).moving
    unaccompanied = local.UASC
    assert (
        not moving[:, unaccompanied][:, :, ~unaccompanied].any()
        and not moving[:, ~unaccompanied][:, :, unaccompanied].any()
    )
    # all ages' rate from fostering: 2.5 moves in 4,000 days; the age's own 2 against 2.5 expected of 32 children's worth
    out = moving[LAC_BANDS.index("10_15"), NAMES.index("fostering")].sum()
    assert out == pytest.approx(2.5 / 4000 * (32 + 2) / (32 + 2.5))


def test_hazards_are_pooled_step_by_step(counted):
    """One cell with 4 leavers in 5,000 child-days, where the country has 1 in 1,000: level, then the cell."""
    before = Hazards(np.array([0, 1, 5, 10, 16]) * 365.25, 18 * 365.25, np.array([0.0]), np.full((5, 1), 0.001))
    hazards, _ = local.pool_hazards(counted.seen, before, PriorStrength(22, 32, 1e-12))
    level = (22 + 4) / (22 + 5.4)  # 5,400 child-days expect 5.4 leavers
    wanted = 0.001 * level * (32 + 4) / (32 + 5 * level)
    assert hazards.per_day[3, list(hazards.duration_from).index(365.0)] == pytest.approx(wanted, rel=1e-6)
    empty = 0.001 * level
    assert hazards.per_day[1, 0] == pytest.approx(empty, rel=1e-6)  # nothing was seen of it: the level alone


def test_leaving_of_placements_comes_to_the_whole(counted):
    places = placed_by(counted)
    weight = counted.days.sum(axis=1)
    assert (places.leaving[3] * weight[3]).sum() == pytest.approx(weight[3].sum())
    assert at(places.leaving, "10_15", "fostering") > at(
        places.leaving, "10_15", "kinship"
    )  # 4 of 4,000 left; 0 of 1,000


def test_a_mean_hazard_weighs_the_days_of_its_stretch():
    hazards = Hazards(np.zeros(1), 6574.5, np.array([0, 14.0, 365.25]), np.array([[0.03, 0.01, 0.002]]))
    seen = local.by_time(hazards, np.array(list(local.TIME_FROM.values())))[0]
    assert seen[0] == pytest.approx(0.02)  # 14 days of 0.03 and 14 of 0.01
    assert seen[3] == pytest.approx(0.01)
    assert seen[4] == pytest.approx((0.25 * 0.01 + 364.75 * 0.002) / 365)


def test_points_share_out_each_age_as_it_lived():
    hazards = Hazards(np.array([0, 1000.0]), 6574.5, np.array([0.0]), np.zeros((2, 1)))
    lived = np.array([[30.0, 10, 0], [0, 5, 15]])
    ages = np.sort(np.random.default_rng(1).uniform(0, 2000, 4000))
    state = local.state_of_points(ages, hazards, lived)
    young = np.bincount(state[ages < 1000], minlength=3) / (ages < 1000).sum()
    assert young == pytest.approx([30 / 40, 10 / 40, 0], abs=0.03) and not (state[ages >= 1000] == 0).any()


def test_where_children_live_follows_the_months_count():
    """By hand: 60 of 100 child-days fostered (20 of them with relatives), 40 in homes; the count says 30 and 10, and 10 elsewhere."""
    lived = np.zeros((len(LAC_BANDS), len(NAMES)))
    for name, days in (("fostering", 40), ("kinship", 20), ("residential", 40)):
        lived[2, NAMES.index(name)] = days
    placed = dict.fromkeys(
        ("fostering", "placed_for_adoption", "with_parents", "residential", "residential_school", "supported", "other"),
        0.0,
    )
    there = local.as_counted(lived, placed | {"fostering": 30.0, "residential": 10.0, "other": 10.0})
    assert {
        name: there[2, NAMES.index(name)] for name in ("fostering", "kinship", "residential", "other")
    } == pytest.approx({"fostering": 40.0, "kinship": 20.0, "residential": 20.0, "other": 0.0})
    assert there.sum() == pytest.approx(80.0)


# --- an invented council, from returns to forecast --------------------------------------------------------------------


@pytest.fixture(scope="module")
def council(tmp_path_factory):
    """The case of April 2025 on an invented council's returns."""
    home = tmp_path_factory.mktemp("council")
    write(invent(Settings(first_year="2021-22", years=4).scaled(0.8), 11), home / "files")
    lac, plans = read_returns(home / "files" / "ssda903"), read_cin(home / "files" / "cin")
    shutil.copytree(HOME / "params", home / "params")
    shutil.copytree(HOME / "data" / "published", home / "data" / "published")
    shutil.copytree(HOME / "data" / "calibration", home / "data" / "calibration")
    files = returns_case.contents(returns_case.lac_tables(lac, AREA), "own", AREA, LAST, date(2025, 6, 1))
    files |= returns_case.contents(returns_case.cp_tables(plans, AREA), "own", AREA, LAST, date(2025, 6, 1))
    returns_case.write_tables(files, home / "data" / "local")
    path = home / "params" / "slough" / "2025-04" / "case.yaml"
    text = (
        path.read_text(encoding="utf-8")
        .replace("area: Slough", f"area: {AREA}")
        .replace("slough_children_to_2025", "own_children, own_plans")
    )
    text = text.replace(
        'council_lac_starts_by_age: "2016-17"',
        'council_lac_starts_by_age: "2024-25"\n    council_lac_ceases_by_age: "2024-25"\n    returns: own\n    plan_returns: own',
    )
    path.write_text(
        text.replace('council_cp_stays: "2021-22"', 'council_cp_stays: "2024-25"'), encoding="utf-8", newline="\n"
    )
    return home, lac


@pytest.fixture(scope="module")
def projected(council):
    home, lac = council
    case = open_case(home / "params", home / "data", "slough", "2025-04")
    base = projection.prepare(case.central, case.evidence, 300, 1)
    return base, projection.project(base, case.central), lac


def test_the_forecast_opens_with_the_very_children_of_the_returns(projected):
    base, seen, lac = projected
    stock = lac.stock(LAST)
    placed = seen.lac.placed
    for draw in (0, 299):
        assert placed.opening[draw].sum() == stock["children"].sum()
        by_band = stock.groupby("age_band")["children"].sum()
        assert placed.opening[draw].sum(axis=0).tolist() == [by_band[band] for band in LAC_BANDS]
        by_state = dict(zip(NAMES, placed.opening[draw].sum(axis=1), strict=True))
        others = stock[~stock["uasc"]].groupby("placement")["children"].sum()
        assert (
            by_state["residential"] == others["residential"] + others["secure"]
            and by_state["kinship"] == others["kinship_fostering"]
        )
        assert placed.opening[draw][local.UASC].sum() == stock.loc[stock["uasc"], "children"].sum()
    assert placed.breaks() == 0 and seen.lac.breaks() == 0


def test_the_unaccompanied_are_counted_and_paid_for_on_their_own_line(projected):
    base, seen, _ = projected
    counted = seen.lac.placed.stock[:, :, local.UASC].sum(axis=(2, 3))
    assert (uasc(base, seen) == counted).all() and counted.std() > 0
    days = seen.lac.placed.days[:, :, local.UASC].sum(axis=2, dtype=float)
    weeks = days[:, :, :-1].sum(axis=2) / 7, days[:, :, -1] / 7
    ahead = slice(len(seen.months) - len(seen.forecast_months), None)
    wanted = weeks[0] * seen.values["income.uasc_under_16"] + weeks[1] * seen.values["income.uasc_16_17"]
    assert -seen.lines["uasc_grant"][:, ahead] == pytest.approx(wanted)


def test_what_is_paid_for_is_every_child_day(projected):
    _, seen, _ = projected
    assert seen.work.placed.sum(axis=2) == pytest.approx(seen.work.days.sum(axis=2), rel=1e-5)


def test_the_drawn_mean_is_near_the_principal_run_in_the_first_year(projected):
    _, seen, _ = projected
    drawn, principal = seen.lac.stock.sum(axis=2).mean(axis=0), seen.expected["lac"].stock.sum(axis=1)
    error = seen.lac.stock.sum(axis=2).std(axis=0) / 300**0.5
    assert (abs(drawn - principal)[:12] < 4.5 * error[:12]).all()


def test_kaplan_meier_stands_beside_the_hazards_in_the_calibration_table(projected):
    base, _, lac = projected
    table = calibration(base)
    stays = table[table["figure"].str.startswith("still looked after after")]
    assert len(stays) == len(lac.survival()) and stays["published"].tolist() == pytest.approx(
        (100 * lac.survival()["kaplan_meier"]).round(1).tolist()
    )
    left = table[table["figure"].str.startswith("ends in the returns")]
    exposure = lac.exposure()
    known = exposure[(exposure["age_band"] != "unknown") & (exposure["time_since_start"] != "unknown")]
    leaves = [name for name in known if name.startswith("leave_") and name != "leave_turned_18"]
    assert left["published"].sum() == known[leaves].to_numpy().sum()


def test_a_table_that_disagrees_with_the_returns_is_refused(council, tmp_path):
    home, _ = council
    shutil.copytree(home / "params", tmp_path / "params")
    shutil.copytree(home / "data", tmp_path / "data")
    (tmp_path / "data" / "published" / "own_open.csv").write_bytes(
        (tmp_path / "data" / "local" / "own_open.csv").read_bytes()
    )
    with pytest.raises(BadInput, match=r"own_open.csv is in data/local and in data/published"):
        open_case(tmp_path / "params", tmp_path / "data", "slough", "2025-04")
    (tmp_path / "data" / "published" / "own_open.csv").unlink()
    table = pd.read_csv(tmp_path / "data" / "local" / "own_open.csv", dtype=str)
    table.loc[0, "children"] = str(int(table.loc[0, "children"]) + 1)
    files = returns_case.contents({"open": table}, "own", AREA, LAST, date(2025, 6, 1))
    returns_case.write_tables(files, tmp_path / "data" / "local")
    with pytest.raises(BadInput, match="looked-after children on 2025-03-31 and the table of children says"):
        open_case(tmp_path / "params", tmp_path / "data", "slough", "2025-04")


def test_years_of_exposure_add_up_to_the_whole(council):
    _, lac = council
    by_year, whole = lac.exposure_by_year(), lac.exposure()
    counts = [name for name in whole if name == "child_days" or name.startswith(("move_", "leave_"))]
    assert sorted(by_year["year"].unique()) == [2021, 2022, 2023, 2024]
    assert (
        by_year.groupby(["age_band", "time_since_start", "placement", "uasc"])[counts].sum().sum().to_dict()
        == whole[counts].sum().to_dict()
    )


def test_plans_end_at_the_councils_own_rates_by_age_and_time(projected, council):
    base, _, _ = projected
    seen, hazards = base.evidence.plans, base.cp.hazards
    assert list(hazards.duration_from) == sorted(
        {0.0, 91.0, 183.0, 365.0, 730.0} | set(base.cp.country.hazards.duration_from)
    )
    used = (seen.days * local.by_time(hazards, seen.edges)).sum()
    at_the_countrys = (seen.days * local.by_time(base.cp.country.hazards, seen.edges)).sum()
    assert abs(used / seen.left.sum() - 1) < 0.1 * abs(at_the_countrys / seen.left.sum() - 1) + 0.05
