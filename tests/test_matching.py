"""The engine's totals against the closed form's, month by month, and what every scenario keeps of the match."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from conftest import slough, slough_base
from forecast.demand import caseload, matching, totals
from forecast.demand.levers import Lever, Timing
from forecast.model import projection
from forecast.questions import drivers

DRAWS = 4_000


@pytest.fixture(scope="module")
def case():
    return slough()


@pytest.fixture(scope="module")
def base(case):
    return slough_base(DRAWS, 7)


@pytest.fixture(scope="module")
def out(base, case):
    """Today's children held as they are, without the shock that may come: the closed form knows of neither."""
    return projection.project(base, drivers.practice_alone(case.central))


def test_knots_and_months_by_hand():
    assert matching.knots(46).tolist() == [1, *range(3, 43, 3), 46]
    assert matching.knots(20).tolist() == [1, 3, 6, 9, 12, 15, 20]  # 18 would leave two months to the end
    assert matching.knots(2).tolist() == [2]
    assert matching.by_month(np.array([[0.5, 1.0, 2.0]]), 6).tolist() == [[0.5, 1.0, 1.0, 2.0, 2.0, 2.0]]


@pytest.mark.parametrize("group", ["lac", "cp"])
def test_quantiles_of_every_month_are_the_closed_forms(base, case, out, group):
    """At the knots to within half a child or 0.75%; between them 1% or twice the Monte Carlo error of the draws."""
    fit, stock = getattr(base, group), getattr(out, group).stock.sum(axis=2)
    total = totals.ahead(
        fit.group.past,
        case.evidence.totals[group],
        np.arange(1, stock.shape[1] + 1) / 12,
        case.evidence.uasc / 168 if group == "lac" else 0.0,  # 168 looked after at 31 March 2011
    )
    at = matching.knots(stock.shape[1]) - 1
    for rank in (0.1, 0.5, 0.9):
        wanted, low, high = total.quantiles([rank, rank - 0.02, rank + 0.02])
        error = np.sqrt(rank * (1 - rank) / DRAWS) * (high - low) / 0.04
        away = np.abs(np.quantile(stock, rank, axis=0) - wanted)
        assert (away[at] <= np.maximum(0.0075 * wanted[at], 0.51)).all()
        assert (away <= np.maximum(0.01 * wanted, 2 * error)).all()


@pytest.mark.parametrize("group", ["lac", "cp"])
def test_the_expected_path_follows_the_median(base, out, group):
    fit, stock = getattr(base, group), out.expected[group].stock.sum(axis=1)
    assert stock == pytest.approx(fit.total.last * np.exp(fit.total.middle), rel=0.005)


def test_misses_of_the_two_groups_go_together(out):
    """Of English councils' strict forecasts: 0.22, 0.31 and 0.35 one to three years ahead."""
    for month, seen in ((11, 0.22), (23, 0.31), (35, 0.35)):
        ranks = [stats.rankdata(getattr(out, group).stock[:, month].sum(axis=1)) for group in ("lac", "cp")]
        assert np.corrcoef(ranks)[0, 1] == pytest.approx(seen, abs=0.1)


def test_a_draw_keeps_its_practice_whatever_the_scenario(base, case, out):
    """Fewer starts move no draw up: none is matched anew."""
    other = projection.project(base, case.scenarios["gatekeeping"])
    moved = other.lac.stock[:, 11].sum(axis=1).astype(int) - out.lac.stock[:, 11].sum(axis=1)
    assert (moved <= 0).mean() > 0.98 and moved.mean() < -2


def test_levers_of_the_central_case_are_not_matched_away(base, case):
    """The match is at the usual rates: a central case with a lever on starts has other totals."""
    usual = base.groups["lac"].simulate(base.plan.population, base.plan.care["lac"], False).paths
    care = replace(base.plan.care["lac"], starts=Lever(0.5, Timing(0, 0, 60, 1)))
    fewer = base.groups["lac"].simulate(base.plan.population, care, False).paths
    assert fewer.stock[:, 23].sum(axis=1).mean() < 0.9 * usual.stock[:, 23].sum(axis=1).mean()
    care = replace(base.plan.care["lac"], from_plans=None)  # what plans may bring is no lever on care
    assert care == caseload.usual_care(len(base.lac.group.bands))


def test_a_stock_out_of_reach_leaves_practice_at_its_limit(base):
    fit = base.lac
    lean = caseload.lean(fit, np.arange(25) * 30.4375)
    aim = np.log(fit.opening.children * np.linspace(1, 1.1, 24))
    assert lean.log_stock(lean.meet(aim)) == pytest.approx(aim, abs=2e-4)
    assert np.allclose(np.triu(lean.responses(np.zeros(24)), 1), 0, atol=1e-9), "no piece moves an earlier knot"
    assert np.abs(lean.meet(aim + 10)).max() == matching.LIMIT
