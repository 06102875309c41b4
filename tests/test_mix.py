"""The mix of looked-after children: ages, homes, proceedings and unaccompanied children of the closed form."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from conftest import HOME, slough_base
from forecast.case.ages import LAC_BANDS
from forecast.demand import mix, uasc
from forecast.demand.mix import HOMES, PROCEEDINGS, UASC, Part
from forecast.demand.uasc import Stays
from forecast.record.mix import read_counts, shape

TABLE = mix.from_table(pd.read_csv(HOME / "data" / "calibration" / "mix.csv"))
PART = Part(back=0.5, drift=0.2, chance=2.0, country=0.1)


@pytest.fixture(scope="module")
def base():
    return slough_base(400, 2011)


def test_a_share_goes_half_of_the_way_each_year_and_strays_by_hand():
    """Odds 1 to 9 towards 1 to 1, half of the log way a year: 1 to 3, then 1 to sqrt 3. 10 of 110: 1/10 and 1/100."""
    odds = PART.odds(0.1, 0.5, np.array([1.0, 2.0]))
    assert np.exp(odds) == pytest.approx([1 / 3, 3**-0.5])
    assert PART.variance(10, 110, np.array([0.5, 2.0])) == pytest.approx([0.025 + 0.11, 0.1 + 0.22])


def test_draws_stray_by_what_they_lack_and_the_lasting_part_is_together():
    normals = np.random.default_rng(1).standard_normal((200_000, 2))
    drawn = mix.walks(np.array([0.3, 0.5]), np.array([0.1, 0.6]), np.array([1.0, 4.0]), normals)
    assert drawn.std(axis=0) == pytest.approx([np.sqrt(0.2), 0], rel=0.01)  # what strays enough already gets nothing
    both = mix.walks(np.ones(2), np.zeros(2), np.array([1.0, 4.0]), normals)
    assert np.corrcoef(both.T)[0, 1] == pytest.approx(0.5, abs=0.01)  # a walk's: the root of 1 over 4


def test_ages_go_where_the_closed_form_says(base):
    """Expected ages of Slough two years ahead, rates held: each within a fifth of the closed form's, drawn."""
    now, there = base.evidence.lac.council.closing, base.evidence.lac.country.closing
    wanted = expit(
        [
            TABLE[band].odds(n / now.sum(), c / there.sum(), 2.0)
            for band, n, c in zip(LAC_BANDS, now, there, strict=True)
        ]
    )
    still, usual = base.plan.population.held(), base.plan.care["lac"]
    stock = base.groups["lac"].simulate(still, usual, False).paths.stock[:, 21].mean(axis=0)  # 31 March 2013
    assert stock / stock.sum() == pytest.approx(wanted / wanted.sum(), rel=0.2)


def test_homes_and_proceedings_start_from_what_was_published(base):
    """DfE, 31 March 2011: 12 of 168 in homes, 39 under interim care orders; in the median future near it a year later."""
    still, care = base.plan.population.held(), base.plan.care["lac"]
    paths = base.groups["lac"].simulate(still, care, False).paths
    in_court = (paths.early_days.sum(axis=2) * base.proceedings_share)[:, 9] / paths.days[:, 9].sum(axis=1)
    assert np.median(in_court) == pytest.approx(39 / 168, rel=0.1)
    assert np.median(base.residential[:, 9]) == pytest.approx(1.0, rel=0.15)
    low, high = np.quantile(base.residential[:, 9], [0.1, 0.9])
    assert low < 0.7 and high > 21 / 14  # 21 came a year later


def test_unaccompanied_children_turn_18_and_are_followed_by_others():
    """All of 16 and 17, none leaving before: half are 18 in a year, all in two; as many come as keep their number."""
    assert Stays(0.0, 0.0).of(0.0, 25).sum(axis=1)[[0, 12, 24]] == pytest.approx([1, 0.5, 0])
    streams = {name: np.random.default_rng([5, at]) for at, name in enumerate(("uasc", "uasc arrivals"))}
    now = np.array([0.0, 0, 0, 0, 20])
    here = uasc.children(now, 168, 2, 46, TABLE[UASC], Stays(0.0, 0.0), 20_000, streams.get)
    in_two_years = here[:, 21].sum(axis=1)
    assert np.median(in_two_years) == pytest.approx(20, rel=0.03)
    odds = np.log(in_two_years + 0.5).std()
    assert odds == pytest.approx(np.sqrt(TABLE[UASC].variance(20, 168, 2.0)), rel=0.12)
    assert here[:, :, :4].sum() == 0  # who comes at 16 or 17 is never younger


def test_the_yearly_movement_of_slough_is_in_the_range(base):
    """DfE, 2006 to 2013: 20, 30, 20, 40, 30, 20, 16, 10. At least five of the seven changes lie in the 80% range."""
    counts = np.array([20, 30, 20, 40, 30, 20, 16, 10])
    low, high = np.quantile(base.uasc_share[:, 9].sum(axis=1) / 20, [0.1, 0.9])
    changes = counts[1:] / counts[:-1]
    assert ((changes >= low) & (changes <= high)).sum() >= 5


def test_figures_are_found_again_in_a_made_panel():
    """120 councils of many children, 15 years: 0.3 of the way back a year, walk of 0.2, hardly any chance."""
    rng, odds = np.random.default_rng(4), [np.full(120, -2.0) + np.linspace(-1, 1, 120)]
    for _ in range(14):
        odds.append(-2.0 + 0.7 * (odds[-1] + 2.0) + 0.2 * rng.standard_normal(120))
    children = pd.DataFrame(np.array(odds).T, columns=range(2011, 2026)).map(lambda z: round(1e5 * expit(z)))
    found, changes = shape(children, children * 0 + 1e5)
    assert changes == 120 * (14 + 13 + 12)
    assert found["back"] == pytest.approx(0.3, abs=0.05)
    assert found["drift"] == pytest.approx(0.2, rel=0.2)


def test_counts_are_read_in_both_layouts_and_a_sign_is_a_gap(tmp_path):
    (tmp_path / "a.csv").write_text(
        "la_code,year,dimension,category,value_as_published\n871,2011,age,5 to 9,32\n872,2011,age,5 to 9,x\n"
    )
    (tmp_path / "b.csv").write_text(
        "old_la_code,time_period,characteristic,breakdown,children_count\n871,2021,Legal status,Interim care order,39\n"
    )
    counts = read_counts(tmp_path / "a.csv", tmp_path / "b.csv")
    assert counts["5_9"].loc["871", 2011] == 32 and np.isnan(counts["5_9"].loc["872", 2011])
    assert counts[PROCEEDINGS].loc["871", 2021] == 39


def test_every_part_is_held():
    assert set(TABLE) == {*LAC_BANDS, HOMES, PROCEEDINGS, UASC}
    assert all(0 < part.back < 1 and part.drift > 0 for part in TABLE.values())
