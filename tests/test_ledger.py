"""Actuals in the place of forecast: by hand, and against Bayes's rule by sampling."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.case.errors import BadInput
from forecast.case.lines import LINES
from forecast.money.ledger import Ledger, at_level, beyond_model, budget_of, ledger_of, with_actuals
from forecast.money.plan import LedgerPlan

MONTHS = ["2025-04", "2025-05", "2025-06", "2025-07"]
PLAIN = LedgerPlan(0.05, 0.15, 1e9)  # every month counts the same


def ledger(**spent) -> Ledger:
    """iro and contact, April and May, as told."""
    held = {"iro": [100.0, 110.0], "contact": [50.0, 50.0]} | spent
    return Ledger(
        "2025-26",
        dict.fromkeys(held, 1200.0),
        {month: {line: held[line][i] for line in held} for i, month in enumerate(MONTHS[:2])},
    )


def test_actuals_stand_in_their_months_and_only_there():
    cost = {line: np.full((3, 4), 100.0) for line in LINES}
    told = with_actuals(cost, MONTHS, ledger(), PLAIN)
    assert told["iro"][:, :2].tolist() == [[100, 110]] * 3
    assert (told["kinship_fostering"][:, :2] == 0).all()  # a line the ledger does not have has no actual
    assert (cost["iro"] == 100).all()  # what was handed in stays
    assert with_actuals(cost, MONTHS, ledger().before("2025-04"), PLAIN) is cost


def test_the_rest_goes_on_at_the_level_the_ledger_tells_of():
    # 210 spent where 200 were made: log 0.04879; doubt 0.15^2, noise 0.05^2 / 2: 0.0225 / 0.02375 = 0.94737 of it
    cost = {line: np.full((2, 4), 100.0) for line in LINES}
    told = with_actuals(cost, MONTHS, ledger(), PLAIN)["iro"]
    assert told[:, 2:] == pytest.approx(100 * 1.05**0.947368, rel=1e-6)


def test_a_draw_whose_prices_were_too_dear_comes_down_to_the_ledger():
    made = np.array([[90.0, 90.0], [110.0, 110.0]])
    factor = at_level(made, np.array([100.0, 100.0]), LedgerPlan(1e-9, 0.15, 1e9))
    assert (factor * made[:, 0]).tolist() == pytest.approx([100, 100])


def test_the_share_believed_is_bayes_rule():
    """A level drawn about the model's, months drawn about the level: the posterior mean of the log level by importance sampling."""
    luck, trust = np.random.default_rng(4), LedgerPlan(0.08, 0.12, 1e9)
    actual = np.array([120.0, 118.0, 125.0])
    level = luck.normal(np.log(100), trust.level, 2_000_000)
    weight = np.exp(-((np.log(actual)[:, None] - level) ** 2).sum(axis=0) / (2 * trust.noise**2))
    posterior = (level * weight).sum() / weight.sum()
    factor = at_level(np.full((1, 3), 100.0), np.full(3, np.exp(np.log(actual).mean())), trust)
    assert np.log(100 * factor[0]) == pytest.approx(posterior, abs=2e-4)


def test_later_months_count_for_more():
    cost = np.full((1, 4), 100.0)
    even, recent = (
        at_level(cost, np.array([100.0, 100, 100, 120]), LedgerPlan(0.05, 0.15, memory))[0] for memory in (1e9, 1.0)
    )
    assert 1 < even < recent < 1.2


@given(st.lists(st.floats(10, 1e6), min_size=1, max_size=12), st.floats(0.5, 2))
def test_a_dearer_ledger_never_makes_the_rest_cheaper(actual, times):
    made = np.full((2, len(actual)), 1000.0)
    low, high = (at_level(made, np.array(actual) * by, PLAIN) for by in (1, max(times, 1)))
    assert (high >= low - 1e-12).all()


def test_only_the_months_named_tell_of_the_rest():
    """April came as made and May a tenth dearer: April alone tells of no difference, May of 0.0225 / 0.025 of 10%."""
    cost, spent = {line: np.full((1, 4), 100.0) for line in LINES}, ledger()
    for told, rest in (("2025-04", 100.0), ("2025-05", 100 * 1.1**0.9)):
        lines = with_actuals(cost, MONTHS, replace(spent, levels=(told,)), PLAIN)
        assert lines["iro"][0] == pytest.approx([100, 110, rest, rest])


def test_income_is_negative_on_both_sides():
    made = -np.full((1, 2), 100.0)
    assert at_level(made, np.zeros(2), PLAIN)[0] == 1  # nothing came: no level to go by
    assert at_level(made, np.array([-120.0, -120.0]), PLAIN)[0] > 1
    assert at_level(made, np.array([120.0, 120.0]), PLAIN)[0] == 1  # another sign is no level of the same line


def test_a_line_the_model_has_nothing_in_goes_on_as_it_came():
    cost = {line: np.zeros((2, 4)) for line in LINES}
    told = with_actuals(cost, MONTHS, ledger(), PLAIN)
    assert told["iro"].tolist() == [[100, 110, 105, 105]] * 2 and not told["own_homes"].any()


def test_the_budget_is_the_ledgers_and_0_where_it_has_none():
    budget = budget_of(ledger(), 3)
    assert budget["iro"].tolist() == [1200] * 3 and set(budget) == set(LINES) and not budget["measures"].any()


@pytest.mark.parametrize(
    ("year", "budget", "actual", "said"),
    [
        ("2025-26", {"iro": 1.0}, {"2025-03": {"iro": 1.0}}, "2025-03, which is in 2024-25"),
        ("2025-26", {"iro": 1.0}, {"2025-04": {}}, "do not have the same lines: iro"),
        ("2025-26", {"stationery": 1.0}, {}, "has the lines stationery"),
    ],
)
def test_a_ledger_that_does_not_hold_together_is_refused(year, budget, actual, said):
    with pytest.raises(BadInput, match=said):
        Ledger(year, budget, actual)


def test_accepted_rows_become_a_ledger_of_their_year():
    rows = pd.DataFrame(
        [("2025-03", "iro", "9"), ("2025-04", "iro", "100.5"), ("2025-05", "iro", "99")],
        columns=["month", "line", "actual"],
    )
    assert ledger_of(rows, {"iro": 1200.0}, "2025-26").actual == {"2025-04": {"iro": 100.5}, "2025-05": {"iro": 99.0}}


def test_a_line_far_from_what_the_model_makes_of_its_children():
    """By hand: 100 of 40 is 2.5 times, 19 of 40 less than half; 80 and 20 are at the ends; 6 of 2 is but 4 apart."""
    modelled = {"a": 40.0, "b": 40.0, "c": 40.0, "d": 40.0, "e": 2.0, "f": 0.0, "g": -40.0, "h": -40.0}
    actual = {"a": 100.0, "b": 19.0, "c": 80.0, "d": 20.0, "e": 6.0, "f": 50.0, "g": 40.0, "h": -39.0}
    assert beyond_model(actual, modelled, 0.5, 2.0, least=5.0) == ["a", "b", "g"]
    assert beyond_model(actual, modelled, 0.5, 2.0, least=3.0) == ["a", "b", "e", "g"]
    assert beyond_model(actual, modelled, 0.4, 2.6, least=3.0) == ["e", "g"]
