"""Spend in strict time and the drift of unit cost: by hand, planted truth found, nothing later seen, added once."""

import gzip
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from test_strict import COUNTRY, made_panel

from conftest import HOME, slough_base
from forecast.case import load_scenarios
from forecast.case.errors import BadInput
from forecast.case.lines import FOSTERING, LINES, RESIDENTIAL
from forecast.cli.commands import main
from forecast.demand.totals import Total
from forecast.model import projection
from forecast.money import costs, drift
from forecast.money.drift import Drift
from forecast.questions.sensitivity import set_at
from forecast.record import io, spend, strict
from forecast.record.panel import Panel, read_panel, tunes
from forecast.runs import score

PANEL, SPENDING = "FORECAST_PANEL", "FORECAST_SPEND"  # paths of the panel and, with ; between, of its files of spend
FIGURES = Drift(0.7, 0.1, -0.1, 0.04, 0.03, 1.0, 0.5, 0.02, 0.05, 5.0)
DEFLATOR = pd.Series(100 * 1.02 ** np.arange(25), index=range(2001, 2026))  # prices rise by 2% a year
TABLE = pd.read_csv(HOME / "data" / "calibration" / "spend.csv").set_index("name")


# --- the closed form, by hand ---------------------------------------------------------------------------------------------


def test_scale_by_hand():
    """70 children double it: 2 x sqrt(0.04^2 x 2 + 2 x 0.03^2) = 0.14142; volatile four times over, x 4 ** 0.25."""
    assert drift.usual_scale(FIGURES, 70.0, 2) == pytest.approx(0.141421, abs=1e-6)
    assert drift.usual_scale(replace(FIGURES, size=0.5), 210.0, 2) == pytest.approx(0.070711 * (4 / 3) ** 0.5, abs=1e-6)
    assert drift.own_scale(FIGURES, 70.0, 2, 4.0) == pytest.approx(0.2, abs=1e-6)
    assert drift.country_variance(FIGURES, 3) == pytest.approx(0.0025 * (3 + 9 / 5))


def test_volatility_by_hand():
    """A usual change is 2 x sqrt(0.0016 + 2 x 0.0009) = 0.116619: squared over 5/3 it is 0.6; one far beyond counts 9,
    5.4. Beside five usual years: 5.6 / 6, the same where a year is missing, 11 / 7.
    """
    changes, years = pd.DataFrame([[-0.1166190, np.nan, 1.0]]), range(3)
    found = drift.volatility(changes, pd.DataFrame(70.0, index=[0], columns=years), FIGURES)
    assert found.loc[0].tolist() == pytest.approx([5.6 / 6, 5.6 / 6, 11 / 7], rel=1e-6)


def test_covariance_by_hand():
    """Variance of Student t 5 is 5/3 of its scale's square; the country's is 0.0025 x (1 + 1/5) after a year."""
    found = drift.covariance(FIGURES, 70.0, np.array([1.0, 2.0]))
    assert found[0, 0] == pytest.approx(5 / 3 * 4 * (0.0016 + 2 * 0.0009) + 0.0025 * 1.2)
    assert found[0, 1] == pytest.approx(5 / 3 * 4 * (0.0016 + 0.0009) + 0.0025 * (1 + 2 / 5))
    assert found[1, 1] == pytest.approx(5 / 3 * drift.usual_scale(FIGURES, 70.0, 2) ** 2 + 0.0025 * (2 + 4 / 5))


def test_a_mixture_has_the_variance_and_the_kurtosis_of_its_parts():
    """Alone a part stays as it is; of two like it kurtosis halves, 6 to 3, which Student t 6 has."""
    scale, degrees = drift.mixed((np.array([5 / 3]), 5.0))
    assert (scale.item(), degrees.item()) == pytest.approx((1.0, 5.0))
    assert drift.mixed((np.array([3.0]), 7.0))[1].item() == pytest.approx(7.0)
    scale, degrees = drift.mixed((np.array([1.0]), 5.0), (np.array([1.0]), 5.0))
    assert degrees.item() == pytest.approx(6.0) and scale.item() ** 2 * 6 / 4 == pytest.approx(2.0)


def test_middle_by_hand():
    """Children +10%, two years, 20% above the usual, last year +5%: 0.07 + 0.04 - 0.19 x 0.2 - 0.005."""
    assert drift.middle(FIGURES, 0.1, 0.2, 0.05, 2) == pytest.approx(0.07 + 0.04 - 0.038 - 0.005)


def test_mean_children_by_hand():
    """100 children a year before, 100 now, 100 x exp(0.2 x) ahead; half of a year's mean is known at its start."""
    total = Total(100.0, np.array([1.0, 2, 3]), np.zeros(3), np.array([0.1, 0.14, 0.17]), 0.5)
    moved, variance = spend.mean_children(total, 100.0)
    assert moved == pytest.approx(np.zeros(3))
    t10 = 10 / 8
    assert variance[0] == pytest.approx(t10 * 0.25 * 0.01)
    assert variance[1] == pytest.approx(t10 * 0.25 * (0.01 + 0.0196 + 2 * 0.5**0.5 * 0.014))


def test_forecast_with_nothing_in_doubt_but_the_median():
    """£10m, prices +2% a year, children level, pace 2% a year: £10m x 1.02^h x exp(0.02 h)."""
    held = books_of(np.full((4, 6), 10e6), np.full((4, 7), 100.0))
    taught = spend.Taught(FIGURES, np.log(1e5), pd.Series(0.0, index=held.spent.columns))
    total = Total(100.0, np.array([1.0, 2, 3]), np.zeros(3), np.full(3, 0.1), 0.5)
    real = replace(taught, drift=replace(FIGURES, momentum=0.0))
    said = spend.ahead(held, "102", real, total)
    assert np.exp(said.middle) == pytest.approx(10e6 * 1.02 ** np.arange(1, 4) * np.exp(0.02 * np.arange(1, 4)))
    assert said.quantiles([0.5])[0] == pytest.approx(np.exp(said.middle))


# --- planted truth --------------------------------------------------------------------------------------------------------


def books_of(spent: np.ndarray, counted: np.ndarray, first: int = 2010) -> spend.Books:
    """Books of councils from pounds [council x year] and children at year ends [council x year and the one before]."""
    years = range(first, first + spent.shape[1])
    councils = [str(102 + 2 * at) for at in range(len(spent))]
    frame = pd.DataFrame(spent, councils, years)
    both = pd.DataFrame(counted, councils, [first - 1, *years])
    mean = ((both + both.shift(axis=1)) / 2)[list(years)]
    return spend.Books(frame, mean, both[list(years)], np.log(DEFLATOR).diff().rolling(3).mean())


def planted(councils: int = 150, years: int = 17, lasting: float = 0.06, passing: float = 0.03) -> spend.Books:
    """Spend = prices x children ** 0.7 x a walk (Student t 5) x what passes, and the country's 3% a year."""
    rng = np.random.default_rng(5)
    counts = np.exp(rng.normal(5.7, 0.8, (councils, 1)) + np.cumsum(rng.normal(0, 0.07, (councils, years + 1)), axis=1))
    mean = (counts[:, 1:] + counts[:, :-1]) / 2
    size = 1 + 70 / counts[:, 1:]
    walk = np.cumsum(lasting * size * rng.standard_t(5, (councils, years)), axis=1)
    passes = passing * size * rng.standard_t(5, (councils, years))
    country = 0.03 * np.arange(years) + np.cumsum(rng.normal(0, 0.03, years))
    spent = 1e5 * mean**0.7 * np.exp(walk + passes + country) * 1.02 ** np.arange(years)
    return books_of(spent, counts, 2009)


def test_planted_figures_are_found():
    """Of three years the scale comes out a little wide: the sum of three t is nearer to a normal than a t is."""
    taught, rows = spend.estimate(planted())
    found, truth = taught.drift, replace(FIGURES, lasting=0.06, passing=0.03)
    for years, within in ((1, 0.12), (3, 0.18)):
        for children in (100.0, 300.0, 800.0):
            wanted = drift.usual_scale(truth, children, years)
            assert drift.usual_scale(found, children, years) == pytest.approx(wanted, rel=within)
    assert found.children == pytest.approx(0.7, abs=0.06)
    assert found.momentum < -0.05, "what passes comes back"
    assert abs(found.level) < 0.03
    assert found.growth == pytest.approx(0.03, abs=0.035), "five years of a pace that strays 3% a year"
    assert 0.02 < found.country < 0.045
    assert len(rows) == 150 * (14 + 12 + 10), "of 16, 15 and 14 none that crosses into 2011-12 or 2012-13"


def test_a_line_that_comes_into_the_total_is_no_change_of_spend():
    """Every council's total a fifth larger from 2012-13 on, as when adoption came into it: the same is taught."""
    held = planted(60)
    wider = replace(held, spent=held.spent * np.where(held.spent.columns >= 2013, 1.2, 1.0))
    before, after = (spend.estimate(one)[0].drift for one in (held, wider))
    assert vars(after) == pytest.approx(vars(before), abs=1e-4)


@pytest.mark.parametrize(("lasting", "passing"), [(0.06, 0.001), (0.001, 0.06)])
def test_what_lasts_is_told_from_what_passes(lasting, passing):
    """A walk grows by the root of time; what passes does not grow, and comes back."""
    found = spend.estimate(planted(lasting=lasting, passing=passing))[0].drift
    grown = drift.usual_scale(found, 300.0, 3) / drift.usual_scale(found, 300.0, 1)
    assert (grown > 1.6) == (lasting > passing) and (grown < 1.2) == (passing > lasting)
    assert (found.momentum < -0.3) == (passing > lasting)


def test_a_return_that_is_wrong_does_not_set_the_figures():
    """One council's spend five times too large in one year, as Slough's of 2009-10 was."""
    held = planted()
    spent = held.spent.copy()
    spent.iloc[3, 8] *= 5
    right, wrong = (spend.estimate(one)[0].drift for one in (held, replace(held, spent=spent)))
    assert wrong.lasting == pytest.approx(right.lasting, rel=0.05)
    assert wrong.children == pytest.approx(right.children, abs=0.02)
    taught = spend.estimate(held)[0]
    last = spend.own_changes(replace(held, spent=spent), taught)[0].iloc[3, 8]
    most = 3 * drift.usual_scale(taught.drift, held.children.iloc[3, 8], 1)
    assert last == pytest.approx(most), "log 5 counts as three usual changes"


def test_what_was_taught_earlier_is_held_harder_than_plain_sense():
    """Against figures far from them, the same examples move what is surer less."""
    held = planted(councils=10, years=6)
    far = replace(spend.plain(), drift=replace(spend.plain().drift, children=0.2))
    known = replace(far, paces=pd.Series({2005: 0.02}))
    sure, unsure = (spend.estimate(held, earlier)[0].drift.children for earlier in (known, far))
    assert 0.2 < sure < unsure - 0.02


# --- strict time ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def record() -> spend.Settings:
    panel = made_panel()
    rng = np.random.default_rng(3)
    lac = panel.figures["lac"].unstack("year")
    walk = np.exp(np.cumsum(rng.normal(0.04, 0.08, lac.shape), axis=1))
    spent = (5e4 * lac * walk).loc[:, 2009:]
    return spend.Settings(strict.Settings(panel, COUNTRY, draws=50), spent, DEFLATOR)


SAID = ["council", "method", "horizon", "p10", "p50", "p90"]


def test_nothing_after_the_origin_is_seen(record):
    """Triple all later spend, children and prices: not one quantile of one method moves, every outturn does."""
    before = spend.one_origin(record, 2018)
    figures = record.strict.panel.figures.copy()
    figures.loc[figures.index.get_level_values("year") > 2018, "lac"] *= 3
    later = replace(
        record,
        strict=replace(record.strict, panel=replace(record.strict.panel, figures=figures)),
        spend=record.spend.mul(np.where(record.spend.columns > 2018, 3, 1), axis=1),
        deflator=record.deflator * 1.5 ** np.maximum(record.deflator.index - 2018, 0),
    )
    after = spend.one_origin(later, 2018)
    pd.testing.assert_frame_equal(before[0][SAID], after[0][SAID], check_exact=True)
    pd.testing.assert_frame_equal(before[1], after[1], check_exact=True)
    assert (after[0]["outturn"] == 3 * before[0]["outturn"]).all()


def test_no_council_is_forecast_with_figures_of_its_own_half(record):
    """Change the past of one odd council: other odd ones are forecast alike, even ones otherwise."""
    other = record.spend.copy()
    other.loc["101", 2011:2014] *= [1.5, 0.7, 1.4, 0.8]
    before, after = (spend.one_origin(replace(record, spend=one), 2018)[0] for one in (record.spend, other))
    before, after = (rows[rows["method"] == strict.CLOSED][SAID].reset_index(drop=True) for rows in (before, after))
    odd = ~before["council"].map(tunes) & (before["council"] != "101")
    pd.testing.assert_frame_equal(before[odd], after[odd], check_exact=True)
    assert (before.loc[before["council"].map(tunes), "p90"] != after.loc[after["council"].map(tunes), "p90"]).all()


def test_no_change_is_last_years_spend_uprated(record):
    rows = spend.one_origin(record, 2018)[0]
    flat = rows[(rows["method"] == strict.NO_CHANGE) & (rows["council"] == "103")]
    assert flat["p50"].to_numpy() == pytest.approx(record.spend.at["103", 2018] * 1.02 ** np.arange(1, 4))
    assert flat["crps"].to_numpy() == pytest.approx((flat["outturn"] - flat["p50"]).abs().to_numpy())
    assert set(rows["measure"]) == {"lac_spend"}


def test_a_kept_record_stands_before_the_first_year_of_a_short_one(record):
    """With no outturn yet known, a panel that begins in 2016 is forecast with what an earlier one taught by then."""
    kept = spend.one_origin(record, 2016)[1]
    short = replace(record, spend=record.spend.loc[:, 2016:])
    alone, after = (spend.one_origin(replace(short, kept=one), 2016)[1].set_index("name") for one in (None, kept))
    even = kept[kept["councils"] == strict.EVEN].set_index("name")
    value = after[after["councils"] == strict.EVEN]["value"]
    assert value["lasting"] == pytest.approx(even.at["lasting", "value"], abs=1e-4)
    assert alone[alone["councils"] == strict.EVEN].at["lasting", "value"] == pytest.approx(0.1, abs=1e-3)
    assert value["pace_2014"] == even.at["pace_2014", "value"]


# --- the files ------------------------------------------------------------------------------------------------------------

UNIT = "la_code,area,fin_year,measure_short,measure,value,source\n"
ROWS = "871.0,Slough,2015-16,TotalLACFinance,x,100.0,s\n871.0,Slough,2016-17,TotalLACFinance,x,,s\n871.0,Slough,2015-16,LACFinance,x,5,s\n"


def test_both_layouts_are_read_and_agree(tmp_path):
    with gzip.open(tmp_path / "unit.csv.gz", "wt", encoding="utf-8") as file:
        file.write(UNIT + ROWS)
    older = "la_code,la_name,fin_year,cat,total_expenditure\n871,Slough,2014-15,total_children_looked_after,90.0\n"
    same = "871,Slough,2015-16,total_children_looked_after,100.04\n871,Slough,2015-16,fostering,7.0\n"
    (tmp_path / "s251.csv").write_text(older + same, encoding="utf-8")
    held = spend.read_spend(tmp_path / "unit.csv.gz", tmp_path / "s251.csv")
    assert held.loc["871"].to_dict() == {2015: 90.0, 2016: 100.0}
    (tmp_path / "s251.csv").write_text(older + same.replace("100.04", "140"), encoding="utf-8")
    with pytest.raises(BadInput, match="council 871 spent £140 in the year to March 2016, and another file says £100"):
        spend.read_spend(tmp_path / "unit.csv.gz", tmp_path / "s251.csv")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (UNIT.replace("fin_year", "year") + ROWS, "the header lacks fin_year"),
        (UNIT.replace("value", "pounds") + ROWS, "a file of spend has the columns la_code, fin_year, measure_short"),
        (UNIT + ROWS.replace("100.0", "c"), "line 2: council 871.0, year 2015-16, pounds c"),
        (UNIT + ROWS.replace("2015-16,Total", "2015,Total"), "line 2: council 871.0, year 2015"),
        (UNIT + ROWS.replace("100.0", "-1"), "line 2: spend of council 871 in 2015-16 is -1; expected more than 0"),
        (UNIT + ROWS + ROWS, "line 5: spend of council 871 in 2015-16 stands twice"),
        (UNIT + ROWS.replace("TotalLACFinance", "Total"), "no row is TotalLACFinance"),
    ],
)
def test_a_bad_file_of_spend_is_refused_by_line(tmp_path, text, said):
    path = tmp_path / "spend.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=said):
        spend.read_spend(path)


def test_the_command_scores_spend_beside_the_counts(tmp_path, monkeypatch):
    """One council by what many taught: its spend of ten years, rows in the columns of the counts."""
    monkeypatch.chdir(HOME)
    rows = [
        f"871.0,Slough,{year}-{year - 1999},TotalLACFinance,x,{1e6 * (year - 2000)},s" for year in range(2015, 2025)
    ]
    (tmp_path / "spend.csv").write_text(UNIT + "\n".join(rows) + "\n", encoding="utf-8")
    asked = ["backtest", "--spend", str(tmp_path / "spend.csv"), "--workers", "1", "--draws", "100"]
    done = CliRunner().invoke(main, [*asked, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "Spend on looked-after children: " in done.output
    scores = pd.read_csv(tmp_path / "out" / "scores.csv")
    held = scores[(scores["measure"] == "lac_spend") & (scores["method"] == strict.CLOSED)]
    assert len(held) == 9 + 8 + 7 and held["origin"].min() == 2016
    assert held.set_index(["origin", "horizon"]).at[(2016, 1), "outturn"] == 16e6
    assert set(scores["measure"]) == {"lac", "cp", "lac_spend"}
    (tmp_path / "spend.csv").write_text(UNIT + rows[0].replace("871.0", "999"), encoding="utf-8")
    refused = CliRunner().invoke(main, asked)
    assert refused.exit_code == 2 and "no council of the panel stands in the file of spend" in refused.output


# --- what is added to the draws ---------------------------------------------------------------------------------------------

YEARS = np.array([1.0, 2, 3, 4])


@settings(max_examples=25, deadline=None)
@given(st.floats(20, 2000), st.lists(st.floats(0, 0.2), min_size=4, max_size=4), st.integers(0, 1000))
def test_what_is_added_is_what_is_lacking(children, held, seed):
    """Variance wanted less held where positive, nothing where the draws stray enough; the median stays."""
    rng = np.random.default_rng(seed)
    normals, tails = rng.standard_normal((20_000, 4)), rng.random(20_000)
    held = np.array(held) ** 2
    added = drift.lacking(FIGURES, children, YEARS, held, normals, tails)
    short = np.diag(drift.covariance(FIGURES, children, YEARS)) - held
    assert (added[:, short <= 0] == 0).all()
    few = added[:, short > 0].std(axis=0)
    assert few == pytest.approx(np.sqrt(short[short > 0]), rel=0.12)
    assert np.abs(np.median(added, axis=0)) == pytest.approx(0, abs=0.02)


def test_years_go_together_as_councils_do():
    rng = np.random.default_rng(1)
    added = drift.lacking(FIGURES, 150.0, YEARS, np.zeros(4), rng.standard_normal((50_000, 4)), rng.random(50_000))
    wanted = drift.covariance(FIGURES, 150.0, YEARS)
    apart = np.sqrt(np.diag(wanted))
    assert np.corrcoef(added.T) == pytest.approx(wanted / np.outer(apart, apart), abs=0.03)
    assert stats.kurtosis(added[:, 0]) > 0.5, "tails beyond a normal's"


DRAWS = 500


@pytest.fixture(scope="module")
def base() -> projection.Base:
    return slough_base(DRAWS, 11)


def a_child(base: projection.Base, held: projection.Projection) -> np.ndarray:
    """Log of placements' cost at a given number of children, [draw x year]."""
    lines = {name: cost for name, cost in held.lines.items() if costs.LINES[name][1] == "placements"}
    cost = costs.by_year(lines, held.months)
    days = costs.by_year({"days": held.work.days.sum(axis=2)}, held.months)
    power = base.evidence.spend["children"]
    return np.array([np.log(sum(cost[year].values())) - power * np.log(days[year]["days"]) for year in cost]).T


def test_the_draws_stray_as_councils_did(base):
    """With the drift the variance of spend a child is the calibrated one; without it, far less: nothing is twice."""
    whole = a_child(base, projection.project(base, set_at(base.central, "drift.unit_cost", 1.0)))
    wanted = np.diag(drift.covariance(drift.from_figures(base.evidence.spend), base.lac.group.open_at_origin, YEARS))
    assert whole.var(axis=0) == pytest.approx(wanted, rel=0.15)
    alone = a_child(base, projection.project(base, set_at(base.central, "drift.unit_cost", 0.0)))
    assert (alone.var(axis=0) < 0.5 * wanted).all()


def test_taken_out_the_drift_leaves_the_cost_as_it_was(base):
    out = projection.project(base, set_at(base.central, "drift.unit_cost", 0.0))
    never = projection.project(base.with_same_children(drift={}), base.central)
    for line, cost in never.lines.items():
        np.testing.assert_allclose(out.lines[line], cost)


def test_scenarios_share_the_drift_and_children_and_budget_do_not_know_it(base):
    central, none = base.central, base.with_same_children(drift={})
    dearer = set_at(central, "levers.placement_prices", 1.1)
    one, other = (projection.project(base, a).setting.drift for a in (central, dearer))
    np.testing.assert_array_equal(one, other)
    for line, budget in projection.base_budget(base, base.year).items():
        np.testing.assert_array_equal(budget, projection.base_budget(none, base.year)[line])
    np.testing.assert_array_equal(one[:, 0], one[:, 8])  # one drift a financial year: April and December
    assert (one[:, 11] != one[:, 12]).all()


def test_spend_is_scored_beside_the_published_by_year_and_no_change_is_the_budget():
    """£7.0m forecast for 2011-12 against £5,989,964, and with £843,031 of short breaks;
    seven lines of £1m last year. Others paid £28,890 and £175,252, of £300,000 forecast and £500,000 budgeted."""
    lines = {line: {"budget": 1e6 if line in (*FOSTERING, *RESIDENTIAL) else 5e6} for line in LINES}
    lines["contributions"] = {"mean": -0.3e6, "p10": -0.4e6, "p90": -0.2e6, "budget": -0.5e6}
    year = {score.FORECAST: {"mean": 7e6, "p10": 6e6, "p90": 8e6}, "lines": lines}
    children = {group: {"month_ends": []} for group in ("lac", "cp")}
    scenario = {"children": children, "cost": {"2011-12": year, "2012-13": year, "2013-14": {"lines": lines}}}
    told = {"scenarios": {"central": scenario}, "open_at_origin": {"lac": 1, "cp": 1}, "data_area": "Slough"}
    rows = score.scored(told | {"horizon": "2012-12"}, HOME / "data", "slough_after_june_2011")
    (row,) = rows["spend"]  # 2012-13 is not over at the horizon, 2013-14 was made before spend was scored
    assert (row["outturn"], row["no_change"], row["error"]) == (5_989_964, 7e6, 1_010_036)
    shown = score.score_table(rows)[["What happened", "Range", "Nearer"]].to_numpy().tolist()
    assert shown == [
        ["£5,990,000", "outside", "equal"],
        ["£6,830,000", "inside", "equal"],
        ["£200,000", "inside", "forecast"],
    ]


def test_the_assumption_has_the_range_that_was_calibrated():
    entry = load_scenarios(HOME / "params", "slough", "2011-06", ["central"])["central"].entry("drift.unit_cost")
    assert [entry.low, entry.value, entry.high] == TABLE.loc["whole", ["low", "value", "high"]].tolist()


def test_the_committed_figures_are_those_of_the_panel():
    """From the panel and its spend, where the two are named in the environment."""
    if PANEL not in os.environ or SPENDING not in os.environ:
        pytest.skip(f"set {PANEL} and {SPENDING} to the paths of the panel and of its files of spend (; between)")
    panel = read_panel(Path(os.environ[PANEL]))
    held = spend.read_spend(*map(Path, os.environ[SPENDING].split(";")))
    made = spend.Settings(strict.Settings(panel, io.open_england(HOME)), held, io.open_deflator(HOME))
    found = spend.calibrate(made, [name for name in panel.councils if tunes(name)]).set_index("name")
    assert found["value"].to_numpy() == pytest.approx(TABLE["value"].to_numpy(), abs=2e-3)


def test_one_council_needs_no_panel(record):
    """With what many taught by origin a council alone is forecast as among them."""
    frame, kept = spend.run(record)
    counts = strict.run(replace(record.strict, methods=(strict.CLOSED,)))[1]
    panel = record.strict.panel
    one = Panel(panel.figures.loc[["103"]], {"103": "Council 103"})
    alone = spend.run(
        replace(
            record, strict=replace(record.strict, panel=one, taught=counts), spend=record.spend.loc[["103"]], kept=kept
        )
    )[0]
    among = frame[(frame["council"] == "103") & (frame["method"] != strict.POOLED)].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone[SAID], among[SAID], rtol=1e-4)


def test_what_makes_the_money_is_scored_by_the_words_of_the_outturns():
    """31 March 2012 as published: 37 aged 16 and 17 of 172, 21 in homes, 35 under interim care orders."""
    said = {("lac_stock", "16_17"): 31, ("lac_stock", "residential"): 21, ("lac_stock", "interim_care_order"): 35}
    rows = [
        {"measure": one, "category": part, "period": "2012-03-31", "no_change": 30, "mean": mean, "p10": 20, "p90": 36}
        for (one, part), mean in said.items()
    ]
    scenario = {"children": {group: {"month_ends": []} for group in ("lac", "cp")}, "cost": {}, "outcomes": rows}
    told = {"scenarios": {"central": scenario}, "open_at_origin": {"lac": 1, "cp": 1}, "data_area": "Slough"}
    held = score.scored(told | {"horizon": "2015-03"}, HOME / "data", "slough_after_june_2011")
    shown = score.score_table(held).set_index("Children")
    assert shown.loc["Looked-after children aged 16 to 17", ["What happened", "Range"]].tolist() == ["37", "outside"]
    assert held["lac_stock residential"][0]["error"] == held["lac_stock interim_care_order"][0]["error"] == 0


def test_a_draw_in_which_no_child_is_placed_strays_nowhere(monkeypatch):
    """A council of a few children has draws without any: they have no cost a child, and stop no forecast."""
    base, in_group = slough_base(DRAWS, 11), projection.in_group

    def none_in_the_first(lines, group):
        return np.where(np.arange(DRAWS) < 1, 0.0, in_group(lines, group))

    usual = projection.unit_cost_drift(base)
    monkeypatch.setattr(projection, "in_group", none_in_the_first)
    found = projection.unit_cost_drift(base)
    assert all(np.isfinite(table).all() for table in found.values())
    monkeypatch.setattr(projection, "in_group", lambda lines, group: np.zeros(DRAWS))
    assert all(np.isfinite(table).all() for table in projection.unit_cost_drift(base).values())
    # one draw fewer hardly changes how far the others stray
    assert all(found[year].std() == pytest.approx(usual[year].std(), rel=0.1, abs=0.005) for year in usual)
