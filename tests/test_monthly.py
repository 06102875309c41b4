"""Cost by month: the months sum to the year, the range is the draws', and each month says what it rests on."""

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import slough, slough_base
from forecast.case.lines import LINES
from forecast.case.months import financial_year, period_of, year_months
from forecast.model.projection import project
from forecast.money.ledger import Ledger, budget_of
from forecast.questions.answer import cost_by_year
from forecast.questions.monthly import COLUMNS, monthly_costs

DRAWS, SEED = 60, 2011
SCENARIOS = ["central", "gatekeeping", "permanence"]
PENNY = 0.005
BUDGET = {line: 120_000.0 for line in LINES} | {"uasc_grant": -48_000.0, "contributions": -24_000.0}
ACTUAL = {
    "2011-04": {line: 1_000.0 * (1 + place) for place, line in enumerate(LINES)}
    | {"uasc_grant": -5_000.0, "contributions": -2_500.0},
    "2011-05": {line: 1_100.0 * (1 + place) for place, line in enumerate(LINES)}
    | {"uasc_grant": -5_100.0, "contributions": -2_600.0},
}


@cache
def small_case():
    """The reference case on few draws: case, base, projections."""
    case, base = slough(), slough_base(DRAWS, SEED)
    return case, base, {slug: project(base, case.scenarios[slug]) for slug in SCENARIOS}


@cache
def with_ledger():
    """The same with the council's own ledger of April and May: base and central projection."""
    case, base, _ = small_case()
    ledger = Ledger("2011-12", BUDGET, ACTUAL)
    held = replace(base, ledger=ledger, budgets=base.budgets | {ledger.year: budget_of(ledger, DRAWS)})
    return held, project(held, case.central)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    _, base, projections = small_case()
    return monthly_costs(base, projections)


def test_one_row_a_scenario_month_and_line(table):
    assert list(table.columns) == COLUMNS
    assert not table.duplicated(["scenario", "month", "line"]).any()
    months = pd.period_range("2011-04", "2015-03", freq="M").astype(str)
    assert len(table) == len(SCENARIOS) * len(months) * len(LINES) and set(table["month"]) == set(months)
    assert (
        table.loc[table["month"] == "2011-04", "period"].eq("P1").all()
        and table.loc[table["month"] == "2012-03", "period"].eq("P12").all()
    )


def test_months_sum_to_the_years_of_the_answer(table):
    _, base, projections = small_case()
    summed = table.groupby(["scenario", "financial_year", "line"])["mean"].sum()
    for slug, projection in projections.items():
        for year, cost in cost_by_year(base, projection).items():
            for line, figures in cost["lines"].items():
                assert math.isclose(summed[slug, year, line], figures["mean"], abs_tol=PENNY), (slug, year, line)


def test_budgets_of_the_months_sum_to_the_year_and_follow_its_days(table):
    _, base, _ = small_case()
    central = table[(table["scenario"] == "central") & (table["line"] == "ifa_fostering")].set_index("month")["budget"]
    whole = float(base.budgets["2011-12"]["ifa_fostering"].mean())
    assert math.isclose(central[year_months("2011-12")].sum(), whole, abs_tol=PENNY)
    assert math.isclose(central["2011-04"], whole * 30 / 366, abs_tol=PENNY), "2011-12 has a 29 February"
    assert math.isclose(central["2012-02"], whole * 29 / 366, abs_tol=PENNY)
    assert math.isclose(
        central["2013-02"], float(base.budgets["2012-13"]["ifa_fostering"].mean()) * 28 / 365, abs_tol=PENNY
    )


def test_cost_less_budget_over_the_year_is_the_variance_the_contingency_meets(table):
    _, _, projections = small_case()
    for slug, projection in projections.items():
        held = table[(table["scenario"] == slug) & (table["financial_year"] == "2011-12")]
        bridge = projection.plan.money.contingency.adjustment.mean()  # to the base budget, of all lines together
        over = (held["mean"] - held["budget"]).sum() - bridge
        assert math.isclose(over, projection.drawn.variance.mean(), abs_tol=PENNY)


def test_the_range_is_the_draws(table):
    """Tenth and ninetieth percentile by hand: between the sorted draws 5 and 6, and 53 and 54, of sixty (places 5.9 and 53.1)."""
    _, _, projections = small_case()
    for line, month in (("private_residential", "2012-03"), ("uasc_grant", "2014-07"), ("contact", "2011-06")):
        projection = projections["gatekeeping"]
        draws = sorted(projection.lines[line][:, projection.months.index(month)].tolist())
        row = table[(table["scenario"] == "gatekeeping") & (table["line"] == line) & (table["month"] == month)].iloc[0]
        assert math.isclose(row["p10"], 0.1 * draws[5] + 0.9 * draws[6], rel_tol=1e-9)
        assert math.isclose(row["p90"], 0.9 * draws[53] + 0.1 * draws[54], rel_tol=1e-9)
        assert math.isclose(row["mean"], math.fsum(draws) / DRAWS, rel_tol=1e-9)


def test_months_before_the_forecast_are_estimated_without_a_ledger(table):
    basis = table.drop_duplicates("month").set_index("month")["basis"]
    assert basis[basis == "estimated"].index.tolist() == ["2011-04", "2011-05"]
    assert (basis[basis.index >= "2011-06"] == "forecast").all() and "actual" not in set(basis)


def test_months_of_the_ledger_are_actual_and_certain():
    base, projection = with_ledger()
    table = monthly_costs(base, {"central": projection})
    basis = table.drop_duplicates("month").set_index("month")["basis"]
    assert basis[basis == "actual"].index.tolist() == ["2011-04", "2011-05"] and set(
        basis[basis.index > "2011-05"]
    ) == {"forecast"}
    for month, lines in ACTUAL.items():
        held = table[table["month"] == month].set_index("line")
        for line, pounds in lines.items():
            assert np.allclose(held.loc[line, ["mean", "p10", "p90"]].to_numpy(float), pounds, atol=1e-9), (month, line)
    assert math.isclose(
        table[table["financial_year"] == "2011-12"]["budget"].sum(), sum(BUDGET.values()), abs_tol=PENNY
    )


def test_a_ledger_that_stops_early_leaves_its_later_month_estimated():
    base, projection = with_ledger()
    late = replace(base, ledger=base.ledger.before("2011-05"))
    basis = monthly_costs(late, {"central": projection}).drop_duplicates("month").set_index("month")["basis"]
    assert basis[["2011-04", "2011-05", "2011-06"]].tolist() == ["actual", "estimated", "forecast"]


@given(st.integers(1990, 2060), st.integers(1, 12))
def test_a_period_is_its_months_place_in_the_financial_year(year, number):
    month = f"{year}-{number:02d}"
    assert year_months(financial_year(month))[int(period_of(month)[1:]) - 1] == month
