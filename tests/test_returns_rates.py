"""Local rates: by hand, in closed form, and against the true rates of invented councils."""

from collections import Counter

import held_rates
import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from forecast.demand.rates import own_rate
from forecast.model.returns_rates import leaving_rates, moving_rates, plan_rates
from forecast.sources.ssda903 import read_returns


def test_own_rate_in_closed_form():
    """A Gamma posterior is a chi-square: with 12 events in 40 years, quantiles of chi2 with 25 degrees over 80."""
    rate = own_rate(12, 40.0)
    assert rate.mean == pytest.approx(12.5 / 40)
    assert rate.interval() == pytest.approx((chi2.ppf(0.1, 25) / 80, chi2.ppf(0.9, 25) / 80))


def test_no_event_still_has_a_range():
    low, high = own_rate(np.array([0, 0]), np.array([1.0, 100.0])).interval()
    assert (low > 0).all() and high[0] == pytest.approx(100 * high[1])


def write_returns(folder, episodes: list[tuple]) -> None:
    """One return, 2017-18, of children born on 1 January 2010."""
    folder.mkdir()
    header = [
        "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB",
        *dict.fromkeys(f"{child},1,01/01/2010,WBRI,X,," for child, *_ in episodes),
    ]
    rows = ["CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN"]
    rows += [
        f"{child},{decom},{rne},C2,N1,{place},{provider},{dec},{rec},,,,"
        for child, decom, rne, place, provider, dec, rec in episodes
    ]
    (folder / "Header.csv").write_text("\n".join(header) + "\n", encoding="utf-8")
    (folder / "Episodes.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def test_rates_by_hand(tmp_path):
    """One child from 1 April 2017, moved on 1 July, home on 28 August: 28 + 63 + 58 days by time in care; one move in 91 days of the first home."""
    write_returns(
        tmp_path / "2017-18",
        [
            ("A1", "01/04/2017", "S", "U4", "PR1", "01/07/2017", "X1"),
            ("A1", "01/07/2017", "P", "K2", "PR4", "28/08/2017", "E4A"),
        ],
    )
    returns = read_returns(tmp_path)
    leaving = leaving_rates(returns).set_index("time_since_start")
    days = (leaving["child_years"] * 365.25).round().to_dict()
    assert {band: days[band] for band in ("under_4_weeks", "4_to_13_weeks", "3_to_6_months")} == {
        "under_4_weeks": 28,
        "4_to_13_weeks": 63,
        "3_to_6_months": 58,
    }
    assert leaving["ends"].to_dict()["3_to_6_months"] == 1 and leaving["ends"].sum() == 1
    assert leaving.at["3_to_6_months", "rate_a_year"] == pytest.approx(365.25 / 58, abs=1e-3)
    moving = moving_rates(returns).set_index("placement")
    assert moving.at["in_house_fostering", "moves"] == 1 and moving.at["residential", "moves"] == 0
    assert moving.at["in_house_fostering", "rate_a_year"] == pytest.approx(365.25 / 91, abs=1e-3)


def test_true_rates_lie_inside_as_often_as_promised():
    """`python tests/held_rates.py 200` tries many more."""
    total = sum((held_rates.judged(seed) for seed in range(3)), Counter())
    judged, inside = (
        sum(count for (_, part), count in total.items() if part == wanted) for wanted in ("judged", "inside")
    )
    assert judged > 100 and 0.70 < inside / judged < 0.90


def test_plans_have_rates_too():
    class Two:
        def exposure(self):
            return pd.DataFrame(
                {
                    "age_band": ["1_4", "1_4"],
                    "time_since_start": ["under_3_months"] * 2,
                    "child_days": [200.0, 165.25],
                    "ends": [1, 2],
                }
            )

    table = plan_rates(Two())
    assert (
        len(table) == 1
        and table.at[0, "rate_a_year"] == pytest.approx(3.0)
        and table.at[0, "low"] < 3 < table.at[0, "high"]
    )


def test_survival_by_hand(tmp_path):
    """Three children from 1 April 2017: home after 30 days, after 60 days, and still looked after.

    By day 91 one of three is left. In the band from 28 to 91 days they were watched 2 + 32 + 63 = 97 days and two left.
    """
    write_returns(
        tmp_path / "2017-18",
        [
            ("A1", "01/04/2017", "S", "U4", "PR1", "01/05/2017", "E4A"),
            ("A2", "01/04/2017", "S", "U4", "PR1", "31/05/2017", "E4A"),
            ("A3", "01/04/2017", "S", "U4", "PR1", "", ""),
        ],
    )
    table = read_returns(tmp_path).survival().set_index("since_start")
    assert table["kaplan_meier"].to_dict() == pytest.approx({28: 1, 91: 1 / 3, 183: 1 / 3})
    assert table.at[28, "piecewise"] == 1 and table.at[91, "piecewise"] == pytest.approx(np.exp(-2 / 97 * 63))
    assert table["periods"].to_dict() == {28: 3, 91: 1, 183: 1}


def test_the_two_survivals_agree_on_an_invented_council(tmp_path):
    held_rates.write(
        held_rates.invent(held_rates.Settings(first_year="2017-18", years=7, oddities=held_rates.Oddities.none()), 5),
        tmp_path,
    )
    table = read_returns(tmp_path / "ssda903").survival()
    assert (table["kaplan_meier"] - table["piecewise"]).abs().max() < 0.03
    assert table["kaplan_meier"].is_monotonic_decreasing and table["periods"].iloc[0] > 500
