"""SSDA903 returns: stocks by hand and by a day-by-day count in plain Python, damaged files, and children who stay inside."""

import copy
import io
import pickle
import re
import tempfile
import traceback
import zipfile
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from benchmarks.returns import write_returns
from forecast.case.errors import BadInput
from forecast.sources.reading import files
from forecast.sources.reading.days import year_in_text
from forecast.sources.ssda903 import codes, read_returns
from forecast.sources.ssda903.codes import AGE_BANDS, LEAVES_BY_CODE, OWN_PROVIDERS, PLACEMENTS, PLACES

HEADER = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB"
EPISODES = "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN"
MARCH_2018 = date(2018, 3, 31)


def header(child="A1", born="01/02/2010", sex="1"):
    return f"{child},{sex},{born},WBRI,,,"


def episode(child="A1", start="10/05/2017", end="", rne="S", ls="C2", place="U6", provider="PR1", rec=""):
    return f"{child},{start},{rne},{ls},N1,{place},{provider},{end},{rec},,,,"


ONE_CHILD = (header(),)


def lines(*rows):
    return "\n".join(rows) + "\n"


def give(folder: Path, files: dict) -> Path:
    """Write the files, name -> text or bytes, under a folder; gives the folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def one_year(folder, episodes, headers=ONE_CHILD, name="2017-18", **more):
    return give(
        folder,
        files={
            f"{name}/Header.csv": lines(HEADER, *headers),
            f"{name}/Episodes.csv": lines(EPISODES, *episodes),
            **more,
        },
    )


def total(returns, day=MARCH_2018, **where):
    stock = returns.stock(day)
    for column, value in where.items():
        stock = stock[stock[column] == value]
    return int(stock["children"].sum())


def rules(returns):
    """rule's first words -> count, all files together."""
    return returns.quality().groupby("rule")["count"].sum().to_dict()


def counted(returns, start):
    return sum(number for rule, number in rules(returns).items() if rule.startswith(start))


# By hand


def test_a_small_council_by_hand(tmp_path):
    headers = [
        header("A1", "01/02/2010"),
        header("B2", "31/03/2017"),
        header("C3", "31/03/2000"),
        header("D4", "01/04/2000"),
        header("E5"),
    ]
    episodes = [
        episode("A1", "10/05/2017", "01/09/2017", place="U6", provider="PR4", rec="X1"),
        episode("A1", "01/09/2017", "", rne="P", place="K2", provider="PR4"),
        episode("B2", "01/04/2017", "31/03/2018", place="U3", rec="E4A"),
        episode("C3", "01/06/2015", "", place="H5", provider="PR4"),
        episode("D4", "01/06/2015", "", place="H5", provider="PR4"),
        episode("E5", "01/06/2017", "", ls="V4"),
    ]
    returns = read_returns(one_year(tmp_path, episodes, headers))
    march = returns.stock(MARCH_2018)
    seen = {tuple(row[:3]): row[3] for row in march.itertuples(index=False) if row[3]}
    # B2 is at home by the end of its DEC; C3 is 18 that day; D4 is 18 on the next; E5 is on short breaks.
    assert seen == {("5_9", "residential", False): 1, ("16_17", "supported", False): 1}
    assert len(march) == len(AGE_BANDS) * len(PLACEMENTS) * 2
    assert total(returns, date(2018, 3, 30), age_band="under_1", placement="kinship_fostering") == 1
    assert total(returns, date(2018, 3, 30)) == 4
    assert total(returns, date(2017, 5, 9)) == 3 and total(returns, date(2017, 5, 10)) == 4
    assert total(returns, date(2017, 8, 31), placement="ifa_fostering") == 1


def test_monthly_flows_by_hand(tmp_path):
    episodes = [
        episode("A1", "10/05/2017", "01/06/2017", rec="X1"),
        episode("A1", "01/06/2017", "20/06/2017", rne="L", rec="X1"),
        episode("A1", "20/06/2017", "15/07/2017", rne="P", rec="E4A"),
        episode("A1", "20/07/2017", ""),
    ]
    months = read_returns(one_year(tmp_path, episodes)).monthly_stock("2017-04", "2017-08")
    sums = months.groupby("month")[["stock", "starts", "ends", "moves"]].sum()
    assert sums.to_numpy().tolist() == [[0, 0, 0, 0], [1, 1, 0, 0], [1, 0, 0, 1], [1, 1, 1, 0], [1, 0, 0, 0]]


def test_exposure_by_hand(tmp_path):
    episodes = [
        episode("A1", "01/05/2017", "11/05/2017", place="U6", rec="X1"),
        episode("A1", "11/05/2017", "08/06/2017", rne="P", place="K2", provider="PR4", rec="E11"),
    ]
    table = read_returns(one_year(tmp_path, episodes)).exposure()
    days = {(row.time_since_start, row.placement): row.child_days for row in table.itertuples()}
    assert days == {
        ("under_4_weeks", "in_house_fostering"): 10,
        ("under_4_weeks", "residential"): 18,
        ("4_to_13_weeks", "residential"): 10,
    }
    events = table.set_index(["time_since_start", "placement"])
    assert events.loc[("under_4_weeks", "in_house_fostering"), "move_to_residential"] == 1
    assert events.loc[("4_to_13_weeks", "residential"), "leave_adopted"] == 1
    assert table.filter(regex="move_|leave_").to_numpy().sum() == 2


def test_durations_and_reviews_by_hand(tmp_path):
    episodes = [
        episode("A1", "10/05/2017", "15/07/2017", rec="E45"),
        episode("B2", "10/05/2015", "15/07/2017", rne="P", rec="E4A"),
    ]
    reviews = "CHILD,DOB,REVIEW,REVIEW_CODE\nA1,01/02/2010,05/06/2017,PN1\nA1,01/02/2010,05/06/2017,PN1\nA1,,,PN1\nA1,,01/06/2030,PN1\n"
    more = {"2017-18/Reviews.csv": reviews}
    returns = read_returns(one_year(tmp_path, episodes, [header("A1"), header("B2")], **more))
    assert returns.durations().to_numpy().tolist() == [
        ["5_9", "4_to_13_weeks", "special_guardianship", 1],
        ["unknown", "unknown", "returned_home", 1],
    ]
    assert returns.reviews().to_numpy().tolist() == [["2017-06", 1]]
    assert (
        counted(returns, "blank review date")
        == counted(returns, "reviews of a child")
        == counted(returns, "reviews outside")
        == 1
    )


def test_no_reviews_file_gives_no_rows(tmp_path):
    assert read_returns(one_year(tmp_path, [episode()])).reviews().empty


def test_uasc_until_they_are_not(tmp_path):
    more = {"2017-18/uasc.csv": "CHILD,SEX,DOB,DUC\nA1,1,01/02/2010,01/01/2018\nB2,1,01/02/2010,\nZ9,1,01/02/2010,\n"}
    returns = read_returns(one_year(tmp_path, [episode(), episode("B2")], [header(), header("B2")], **more))
    assert total(returns, date(2017, 12, 31), uasc=True) == 2
    assert total(returns, uasc=True) == 1 and total(returns) == 2
    assert (
        returns.exposure().query("uasc")["child_days"].sum()
        == (date(2018, 1, 1) - date(2017, 5, 10)).days + (MARCH_2018 - date(2017, 5, 10)).days
    )
    assert counted(returns, "children on the UASC file") == 1


@pytest.mark.parametrize(
    "place, provider, group",
    [
        ("Q1", "", "kinship_fostering"),
        ("U2", "PR4", "kinship_fostering"),
        ("Q2", "PR1", "in_house_fostering"),
        ("U4", "PR5", "ifa_fostering"),
        ("U5", "PR2", "ifa_fostering"),
        ("U6", "", "fostering_provider_unknown"),
        ("H5", "PR4", "supported"),
        ("P2", "", "supported"),
        ("K3", "PR4", "supported"),
        ("K1", "PR3", "secure"),
        ("R3", "PR4", "residential"),
        ("Z1", "", "other"),
        ("Z12", "", "other"),
        ("A5", "PR1", "placed_for_adoption"),
        ("T1", "", "other"),
        ("M2", "", "other"),
        ("S1", "PR4", "residential_school"),
        ("P1", "PR0", "with_parents"),
    ],
)
def test_each_code_has_its_group_in_every_year(tmp_path, place, provider, group):
    returns = read_returns(one_year(tmp_path, [episode(place=place, provider=provider)]))
    assert total(returns, placement=group) == total(returns) == 1
    valid = PLACES[place].first <= 2018 <= PLACES[place].last
    assert counted(returns, "placement code not valid") == (not valid)


def test_codes_that_replaced_others_are_the_same_placement_across_years(tmp_path):
    files_by_year = {}
    for year, place in ((2024, "H5"), (2025, "K3")):
        name = f"{year - 1}-{year % 100}"
        files_by_year[f"{name}/Header.csv"] = lines(HEADER, header(sex="M" if year == 2025 else "1"))
        files_by_year[f"{name}/Episodes.csv"] = lines(
            EPISODES, episode(start="10/05/2023", place=place, provider="PR4")
        )
    returns = read_returns(give(tmp_path, files=files_by_year))
    assert (
        total(returns, date(2024, 3, 31), placement="supported")
        == total(returns, date(2025, 3, 31), placement="supported")
        == 1
    )
    assert returns.monthly_stock("2024-04", "2025-03")["moves"].sum() == 0


def test_a_trust_s_own_carers_may_be_filed_as_voluntary(tmp_path):
    folder = one_year(tmp_path, [episode(provider="PR5")])
    assert total(read_returns(folder), placement="ifa_fostering") == 1
    assert total(read_returns(folder, own_providers=(*OWN_PROVIDERS, "PR5")), placement="in_house_fostering") == 1


# Merging and resolving


def two_years(folder, first, second, headers=ONE_CHILD):
    return give(
        folder,
        files={
            "2017-18/Header.csv": lines(HEADER, *headers),
            "2017-18/Episodes.csv": lines(EPISODES, *first),
            "2018-19/Header.csv": lines(HEADER, *headers),
            "2018-19/Episodes.csv": lines(EPISODES, *second),
        },
    )


def test_the_later_return_wins(tmp_path):
    returns = read_returns(
        two_years(tmp_path, [episode()], [episode(end="01/07/2018", rec="E4A"), episode(start="01/08/2018")])
    )
    assert [total(returns, day) for day in (MARCH_2018, date(2018, 6, 30), date(2018, 7, 1), date(2018, 8, 1))] == [
        1,
        1,
        0,
        1,
    ]
    assert counted(returns, "carried again") == 1


def test_an_end_the_later_return_takes_back(tmp_path):
    returns = read_returns(two_years(tmp_path, [episode(end="01/03/2018", rec="E4A")], [episode()]))
    assert total(returns) == total(returns, date(2019, 3, 31)) == 1
    assert counted(returns, "of those, closed here") == 1


def test_open_and_not_carried_ends_on_the_first_of_april(tmp_path):
    second = [episode("B2", "01/06/2018")]
    returns = read_returns(two_years(tmp_path, [episode()], second, [header(), header("B2")]))
    assert total(returns) == 1 and total(returns, date(2018, 4, 1)) == 0
    assert counted(returns, "open at the return's end") == 1
    assert returns.durations()["leaves"].tolist() == ["unknown"]


def test_a_nested_episode_does_not_lose_its_child(tmp_path):
    outer = episode(start="10/05/2017", end="20/02/2018", place="U6", rec="E4A")
    inner = episode(start="01/07/2017", end="01/08/2017", rne="P", place="K2", provider="PR4", rec="X1")
    returns = read_returns(one_year(tmp_path, [inner, outer]))
    days = [date(2017, 6, 30), date(2017, 7, 1), date(2017, 8, 1), date(2018, 2, 19), date(2018, 2, 20)]
    assert [total(returns, day) for day in days] == [1, 1, 1, 1, 0]
    assert (
        total(returns, days[1], placement="residential") == total(returns, days[2], placement="in_house_fostering") == 1
    )
    assert counted(returns, "overlaps another") == counted(returns, "of those, wholly inside") == 1
    assert returns.monthly_stock("2017-04", "2018-03")[["starts", "ends", "moves"]].sum().tolist() == [1, 1, 2]


@pytest.mark.parametrize("rec, open_at_the_end", [("E4A", 0), ("X1", 1), ("", 1)])
def test_an_open_episode_is_over_once_a_later_one_ends_in_leaving(tmp_path, rec, open_at_the_end):
    rows = [episode(start="10/05/2017"), episode(start="01/07/2017", end="01/08/2017", rne="P", rec=rec)]
    returns = read_returns(one_year(tmp_path, rows))
    assert total(returns) == open_at_the_end and total(returns, date(2017, 7, 31)) == 1
    assert counted(returns, "blank DEC, and a later episode") == 1 - open_at_the_end


def test_left_and_back_on_one_day_is_one_period(tmp_path):
    rows = [episode(end="01/07/2017", rec="E4A"), episode(start="01/07/2017")]
    returns = read_returns(one_year(tmp_path, rows))
    assert returns.monthly_stock("2017-04", "2018-03")[["starts", "ends"]].sum().tolist() == [1, 0]
    assert counted(returns, "left and started again") == 1


def test_one_born_on_29_february_is_18_on_1_march(tmp_path):
    returns = read_returns(one_year(tmp_path, [episode(start="01/05/2017")], [header(born="29/02/2000")]))
    assert total(returns, date(2018, 2, 28)) == 1 and total(returns, date(2018, 3, 1)) == 0
    assert returns.durations()["leaves"].tolist() == ["turned_18"]
    assert counted(returns, "runs past the 18th") == 1


def test_an_end_on_a_birthday_is_at_the_age_before(tmp_path):
    rows = [episode(end="01/02/2018", rec="E4A")]
    months = read_returns(one_year(tmp_path, rows, [header(born="01/02/2013")])).monthly_stock("2017-04", "2018-03")
    assert months.loc[months["ends"] > 0, ["month", "age_band", "ends"]].to_numpy().tolist() == [["2018-02", "1_4", 1]]


def test_nobody_is_looked_after_before_birth(tmp_path):
    returns = read_returns(one_year(tmp_path, [episode(start="10/05/2017")], [header(born="01/06/2017")]))
    assert total(returns, date(2017, 5, 31)) == 0 and total(returns, date(2017, 6, 1), age_band="under_1") == 1


def test_a_day_or_month_outside_is_refused(tmp_path):
    returns = read_returns(one_year(tmp_path, [episode()]))
    assert total(returns, date(2017, 3, 31)) == 0
    for day in (date(2017, 3, 30), date(2018, 4, 1)):
        with pytest.raises(BadInput, match="outside the returns"):
            returns.stock(day)
    for months in (("2017-03", "2017-05"), ("2018-03", "2018-04"), ("2018-02", "2018-01")):
        with pytest.raises(BadInput, match="cover 2017-04-01 to 2018-03-31"):
            returns.monthly_stock(*months)


def test_months_and_providers_that_are_not_ones_are_refused(tmp_path):
    folder = one_year(tmp_path, [episode()])
    with pytest.raises(BadInput, match="Write June 2018 as 2018-06"):
        read_returns(folder).monthly_stock("2017-4", "2017-05")
    with pytest.raises(BadInput, match="Expected some of PR0, PR1"):
        read_returns(folder, own_providers="PR5")


# A count day by day, in plain Python, from histories made at random

FIRST, LAST = date(2017, 4, 1), date(2019, 3, 31)
PLACE_PAIRS = {
    ("U6", "PR1"): "in_house_fostering",
    ("U4", "PR4"): "ifa_fostering",
    ("U1", "PR1"): "kinship_fostering",
    ("K2", "PR4"): "residential",
    ("H5", "PR4"): "supported",
}
EDGES = [
    ("under_4_weeks", 28),
    ("4_to_13_weeks", 91),
    ("3_to_6_months", 183),
    ("6_to_12_months", 365),
    ("1_to_2_years", 730),
    ("2_to_5_years", 1826),
]

spells = st.tuples(
    st.integers(1, 250),
    st.sampled_from(["C2", "V2", "C1"]),
    st.sampled_from(sorted(PLACE_PAIRS)),
    st.sampled_from(["P", "L", "T"]),
)
periods = st.tuples(
    st.integers(1, 200),
    st.lists(spells, min_size=1, max_size=4),
    st.sampled_from(["E4A", "E11", "E45", ""]),
    st.booleans(),
)
children = st.tuples(
    st.integers(0, 6800), st.integers(-400, 600), st.lists(periods, min_size=1, max_size=3), st.booleans()
)


def histories(drawn, overlapping=False):
    """child -> (born, [(start, end, ls, place, rne, rec)]): adjoining episodes in periods, some of them short breaks.

    Where they overlap none says that the child left: what an open one then means is a rule of its own, tested by hand.
    """
    made = {}
    for number, (age, first, care, open_end) in enumerate(drawn):
        day = FIRST + timedelta(first)
        born, rows = day - timedelta(age), []
        for gap, spans, reason, short in care:
            day += timedelta(gap)
            for i, (length, ls, place, rne) in enumerate(spans):
                end, last = day + timedelta(length), i == len(spans) - 1
                rows.append(
                    (
                        day,
                        end,
                        "V4" if short and gap % 3 == 0 else ls,
                        place,
                        rne if i else "S",
                        reason if last and not overlapping else "X1",
                    )
                )
                day = end - timedelta(length // 2 if overlapping else 0)
        if open_end and not overlapping:
            rows[-1] = (rows[-1][0], None, *rows[-1][2:5], "")
        visible = [row for row in rows if row[0] <= LAST and (row[1] is None or row[1] >= FIRST)]
        made[f"C{number:03d}"] = (born, visible)
    return made


def birthday(born, age):
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def band_on(born, day):
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return next(
        band for band, below in (("under_1", 1), ("1_4", 5), ("5_9", 10), ("10_15", 16), ("16_17", 99)) if age < below
    )


def on_day(born, rows, day):
    """The episode a child is in at the end of a day, or None: the one that began last."""
    if day >= birthday(born, 18):
        return None
    over = [row for row in rows if row[0] <= day and (row[1] is None or day < row[1]) and row[2] not in ("V3", "V4")]
    return max(over, key=lambda row: row[0]) if over else None


def write(folder, made, years=(2018, 2019), order=None, again=False):
    """One return a year, each with every episode that touches it, closed only where it ended by 31 March.

    again  whether a later return carries the episodes of the earlier ones too, those that ended before it included
    """
    contents = {}
    for year in years:
        begins, ends = date(year - 1, 4, 1), date(year, 3, 31)
        rows = []
        for child, (_, spans) in made.items():
            for start, end, ls, place, rne, rec in spans:
                if start <= ends and (again or end is None or end >= begins):
                    closed = end is not None and end <= ends
                    rows.append(
                        episode(
                            child,
                            f"{start:%d/%m/%Y}",
                            f"{end:%d/%m/%Y}" if closed else "",
                            rne,
                            ls,
                            *place,
                            rec if closed else "",
                        )
                    )
        heads = [header(child, f"{born:%d/%m/%Y}") for child, (born, _) in made.items()]
        for some in (rows, heads):
            if order:
                order.shuffle(some)
        contents[f"{year}/header.csv"], contents[f"{year}/episodes.csv"] = lines(HEADER, *heads), lines(EPISODES, *rows)
    return give(folder, files=contents)


# One long-stayer whose dates fall in both years, so that each return says which year it is.
ANCHOR = (
    25,
    0,
    [
        (
            1,
            [(100, "C2", ("K2", "PR4"), "P"), (300, "C2", ("K2", "PR4"), "P"), (200, "C2", ("K2", "PR4"), "P")],
            "E4A",
            False,
        )
    ],
    False,
)
drawn_children = st.lists(children, min_size=1, max_size=5).map(lambda some: [*some, ANCHOR, ANCHOR])
few = settings(max_examples=10, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))


def read_made(made, **how):
    with tempfile.TemporaryDirectory() as folder:
        return read_returns(write(Path(folder), made, **how))


def some_days():
    return [
        FIRST - timedelta(1),
        FIRST,
        MARCH_2018,
        date(2018, 4, 1),
        LAST,
        *(FIRST + timedelta(37 * step) for step in range(1, 20)),
    ]


def stock_by_hand(made, day):
    states = ((born, on_day(born, rows, day)) for born, rows in made.values())
    return Counter((band_on(born, day), PLACE_PAIRS[row[3]]) for born, row in states if row)


def stock_read(returns, day):
    table = returns.stock(day)
    return Counter({(row.age_band, row.placement): row.children for row in table.itertuples() if row.children})


@few
@given(drawn_children, st.booleans())
def test_every_stock_agrees_with_a_day_by_day_count(drawn, overlapping):
    made = histories(drawn, overlapping)
    returns = read_made(made)
    for day in some_days():
        assert stock_read(returns, day) == stock_by_hand(made, day), day


@few
@given(drawn_children, st.booleans())
def test_monthly_flows_agree_with_a_day_by_day_count(drawn, overlapping):
    made = histories(drawn, overlapping)
    stock, starts, ends = Counter(), Counter(), Counter()
    for born, rows in made.values():
        day = FIRST
        while day <= LAST:
            was, now, tomorrow = (on_day(born, rows, day + timedelta(step)) for step in (-1, 0, 1))
            month = f"{day:%Y-%m}"
            starts[month, band_on(born, day)] += bool(now and not was)
            ends[month, band_on(born, day - timedelta(1))] += bool(was and not now)
            if now and (day + timedelta(1)).day == 1:
                stock[month, band_on(born, day)] += 1
            day += timedelta(1)
    table = read_made(made).monthly_stock("2017-04", "2019-03").set_index(["month", "age_band"])
    for name, expected in (("stock", stock), ("starts", starts), ("ends", ends)):
        assert {key: n for key, n in table[name].items() if n} == {key: n for key, n in expected.items() if n}, name


def exposure_by_hand(made):
    """Child-days and transitions by cell, comparing each day's state with the next day's."""
    days, events = Counter(), Counter()
    for born, rows in made.values():
        began = known = None
        day = min((row[0] for row in rows), default=LAST)
        while day < LAST:
            now, then = on_day(born, rows, day), on_day(born, rows, day + timedelta(1))
            if now and began is None:
                began, known = day, now[4] == "S" or day >= FIRST
            if now and day >= FIRST - timedelta(1):
                time = (
                    next((name for name, below in EDGES if (day - began).days < below), "over_5_years")
                    if known
                    else "unknown"
                )
                cell = (band_on(born, day), time, PLACE_PAIRS[now[3]])
                days[cell] += 1
                events[(*cell, transition(born, now, then, day + timedelta(1)))] += 1
            began = began if then else None
            day += timedelta(1)
    return days, Counter({key: n for key, n in events.items() if key[-1]})


def transition(born, now, then, day):
    if then is None:
        return "leave_turned_18" if day >= birthday(born, 18) else f"leave_{LEAVES_BY_CODE.get(now[5], 'unknown')}"
    moved = PLACE_PAIRS[now[3]] != PLACE_PAIRS[then[3]] or (then[0] == day and then[4] in "PB")
    return f"move_to_{PLACE_PAIRS[then[3]]}" if moved else None


@few
@given(drawn_children)
def test_exposure_agrees_with_a_day_by_day_count(drawn):
    made = histories(drawn)
    days, events = exposure_by_hand(made)
    table = read_made(made).exposure().set_index(["age_band", "time_since_start", "placement"]).drop(columns="uasc")
    assert table.pop("child_days").to_dict() == days
    assert {(*cell, name): n for cell, row in table.iterrows() for name, n in row.items() if n} == events


def snapshot(returns):
    flows = returns.monthly_stock(f"{returns.last_day.year - 1}-04", f"{returns.last_day.year}-03")
    return [stock_read(returns, day) for day in some_days() if returns.first_day <= day], flows.drop(
        columns="moves"
    ).to_csv()


@few
@given(drawn_children, st.randoms(use_true_random=False), st.booleans())
def test_the_order_of_rows_does_not_matter(drawn, order, overlapping):
    made = histories(drawn, overlapping)
    shuffled, sorted_ = read_made(made, order=order), read_made(made)
    assert snapshot(shuffled) == snapshot(sorted_)
    assert shuffled.exposure().equals(sorted_.exposure())


@few
@given(drawn_children, st.booleans())
def test_splitting_returns_into_years_does_not_matter(drawn, overlapping):
    made = histories(drawn, overlapping)
    both, alone = read_made(made), read_made(made, years=(2019,))
    for day in some_days():
        if day >= MARCH_2018:
            assert stock_read(both, day) == stock_read(alone, day)


@few
@given(drawn_children, st.integers(1, 10**6))
def test_repeats_and_legal_changes_do_not_matter(drawn, at):
    made = histories(drawn)
    more = {}
    for child, (born, rows) in made.items():
        split = []
        for start, end, ls, place, rne, rec in rows:
            length = ((end or LAST) - start).days
            middle = start + timedelta(at % length) if length > 1 and at % length and ls != "V4" else None
            pieces = [(start, end, ls, place, rne, rec)]
            if middle and middle <= LAST:
                pieces = [(start, middle, ls, place, rne, "X1"), (middle, end, "E1", place, "L", rec)]
            split += [piece for piece in pieces for _ in range(1 + at % 2)]
        more[child] = (born, split)
    assert snapshot(read_made(more)) == snapshot(read_made(made))


@few
@given(drawn_children, st.booleans())
def test_episodes_repeated_in_a_later_return_do_not_matter(drawn, overlapping):
    made = histories(drawn, overlapping)
    assert snapshot(read_made(made, again=True)) == snapshot(read_made(made))


def test_an_ended_episode_repeated_in_a_later_return_changes_nothing(tmp_path):
    ended = episode(end="01/08/2017", rec="E4A")
    second = [ended, episode("B2", "01/06/2018")]
    returns = read_returns(two_years(tmp_path, [ended], second, [header(), header("B2")]))
    assert [total(returns, day) for day in (date(2017, 7, 31), date(2017, 8, 1), date(2018, 6, 1))] == [1, 0, 1]
    assert counted(returns, "ended before the return's first day") == 1


# Files as they come


def compact(returns):
    return returns.stock(MARCH_2018).to_csv(), returns.monthly_stock("2017-04", "2018-03").to_csv()


PLAIN = lines(EPISODES, episode(), episode("B2", "11/06/2017", "13/02/2018", rec="E4A"), episode("B2", "14/03/2018"))
HEADS = lines(HEADER, header(), header("B2", "13/01/2003"))


def plain(folder):
    return give(folder, files={"2017-18/Header.csv": HEADS, "2017-18/Episodes.csv": PLAIN})


def upside_down(text):
    """Columns in reverse order and lower case, and one more that nobody uses."""
    return (
        "".join(",".join([*reversed(line.lower().split(",")), "extra"]) + "\r\n" for line in text.splitlines())
        .replace("u6", "U6")
        .replace("pr1", "PR1")
        .replace("c2", "C2")
        .replace("e4a", "E4A")
        .replace(",s,", ",S,")
        .replace(",a1", ",A1")
        .replace(",b2", ",B2")
    )


def iso(text):
    return re.sub(r"(\d\d)/(\d\d)/(\d{4})", r"\3-\2-\1", text)


@pytest.mark.parametrize(
    "contents",
    [
        {"2018/header.csv": HEADS, "2018/episodes.csv": PLAIN},
        {"2017/header.csv": HEADS, "2017/episodes.csv": PLAIN},
        {"2017/18/HEADER.CSV": HEADS, "2017/18/EPISODES.CSV": PLAIN},
        {"SSDA903_2018_header.csv": HEADS, "SSDA903_2018_episodes.csv": PLAIN},
        {"Header_2017-18.csv": HEADS, "Episodes_2017-18.csv": PLAIN},
        {"header.csv": HEADS, "episodes.csv": PLAIN},
        {"header.csv": HEADS, "Episodes_2017-18.csv": PLAIN},
        {"one.csv": HEADS, "two.csv": PLAIN},
        {"2017-18/Header.csv": iso(HEADS), "2017-18/Episodes.csv": iso(PLAIN)},
        {"2017-18/Header.csv": HEADS, "2017-18/Episodes.csv": iso(PLAIN)},
        {"2017-18/Header.csv": HEADS, "2017-18/Episodes.csv": upside_down(PLAIN)},
        {
            "2017-18/Header.csv": b"\xef\xbb\xbf" + HEADS.encode(),
            "2017-18/Episodes.csv": b"\xef\xbb\xbf" + PLAIN.encode(),
        },
        {"2017-18/Header.csv": HEADS.replace("WBRI", "Zo\xeb").encode("latin-1"), "2017-18/Episodes.csv": PLAIN},
        {"2017-18/Header.csv": HEADS + "\n,,,,,,\n", "2017-18/Episodes.csv": PLAIN + EPISODES + "\n"},
        {"2017-18/Header.csv": HEADS, "2017-18/Episodes.csv": PLAIN.replace("A1", '"A1 "')},
        {"2017-18/Header.csv": HEADS, "2017-18/Episodes.csv": "".join(line + ",,\n" for line in PLAIN.splitlines())},
        {
            "2017-18/Header.csv": HEADS,
            "2017-18/Episodes.csv": PLAIN,
            "2017-18/AD1.csv": "CHILD,DOB,DATE_INT\n",
            "2017-18/notes.docx": b"x",
            "2017-18/other.csv": "a,b\n1,2\n",
            "2017-18/SWEpisodes.csv": "CHILD,SW_ID,SW_DECOM\n",
            "2017-18/empty.csv": b"",
        },
    ],
    ids=str,
)
def test_the_same_return_however_it_comes(tmp_path, contents):
    expected = compact(read_returns(plain(tmp_path / "plain")))
    assert compact(read_returns(give(tmp_path / "given", files=contents))) == expected
    zipped = tmp_path / "given.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
        archive.writestr("__MACOSX/._Episodes.csv", b"\0\0")
    assert compact(read_returns(zipped)) == expected


@pytest.mark.parametrize(
    "text, year",
    [
        ("2017-18/Header.csv", (2018, True)),
        ("2017/18/h.csv", (2018, True)),
        ("Episodes_2018-19.csv", (2019, True)),
        ("2017_2018/h.csv", (2018, True)),
        ("SSDA903_2018_episodes.csv", (2018, False)),
        ("backup 2024/2017-18/h.csv", (2018, True)),
        ("1999-00/h.csv", (2000, True)),
        ("h.csv", None),
        ("to 2018-03-31/h.csv", (2018, False)),
        ("201718/h.csv", (2018, True)),
        ("ref 120189/h.csv", None),
        ("episodes_1718.csv", (2018, True)),
        ("backup 2024/episodes 17-18.csv", (2018, True)),
        ("2018/episodes 1112.csv", (2012, True)),
        ("episodes 2018 of 11-12.csv", (2018, False)),
        ("2021/h.csv", (2021, False)),
        ("20-21/h.csv", (2021, True)),
        ("of 30-09-2018/h.csv", (2018, False)),
        ("2017 - 18/h.csv", (2018, True)),
        ("2017 to 2018/h.csv", (2018, True)),
    ],
)
def test_years_in_names(text, year):
    assert year_in_text(text) == year


def test_a_year_column_splits_one_file(tmp_path):
    def with_year(text, year):
        return [f"{line},{year}" for line in text.splitlines()[1:]]

    first, second = (
        lines(EPISODES, episode()),
        lines(EPISODES, episode(end="01/07/2018", rec="E4A"), episode(start="02/09/2018")),
    )
    heads = lines(HEADER + ",YEAR", *with_year(HEADS, "2017/18"), *with_year(HEADS, "2018/19"))
    rows = lines(EPISODES + ",YEAR", *with_year(first, "2017/18"), *with_year(second, "2018/19"))
    returns = read_returns(give(tmp_path, files={"header.csv": heads, "episodes.csv": rows}))
    assert [total(returns, day) for day in (MARCH_2018, date(2018, 7, 1), date(2019, 3, 31))] == [1, 0, 1]


def region(folder, blank=False):
    def with_la(text, la):
        return [f"{line},{la}" for line in text.splitlines()[1:]]

    rows = lines(
        EPISODES + ",LA", *with_la(PLAIN, "Anytown"), *with_la(lines(EPISODES, episode()), "" if blank else "Othertown")
    )
    heads = lines(
        HEADER + ",LA", *with_la(HEADS, "Anytown"), *with_la(lines(HEADER, header(born="01/02/2004")), "Othertown")
    )
    return give(folder, files={"2017-18/Header.csv": heads, "2017-18/Episodes.csv": rows})


def test_one_authority_of_a_region(tmp_path):
    folder = region(tmp_path / "region")
    assert compact(read_returns(folder, "anytown")) == compact(read_returns(plain(tmp_path / "plain")))
    other = read_returns(folder, "Othertown")
    assert total(other, age_band="10_15") == total(other) == 1 and counted(other, "rows of other authorities") == 5


@pytest.mark.parametrize(
    "authority, blank, message",
    [
        (None, False, "hold 2 authorities. Choose one"),
        ("Elsewhere", False, "not in any LA column"),
        ("Anytown", True, "Episodes.csv, line 5, LA: blank"),
    ],
)
def test_authorities_are_never_mixed(tmp_path, authority, blank, message):
    with pytest.raises(BadInput, match=message):
        read_returns(region(tmp_path, blank), authority)


def test_an_authority_without_a_column_to_find_it_by(tmp_path):
    with pytest.raises(BadInput, match="no file has an LA column"):
        read_returns(plain(tmp_path), "Anytown")


def test_a_file_without_la_beside_others_with_it(tmp_path):
    folder = give(region(tmp_path), files={"2017-18/Header.csv": HEADS})
    with pytest.raises(BadInput, match="Header.csv has no LA column"):
        read_returns(folder, "Anytown")


# Damaged and counted


def heads_and(*rows, headers=ONE_CHILD, **more):
    return {"Header": lines(HEADER, *headers), "Episodes": lines(EPISODES, *rows), **more}


COUNTED = [
    ("blank DECOM", heads_and(episode(start=""), episode("B2")), 1, 1),
    ("DEC before DECOM", heads_and(episode(end="09/05/2017"), episode("B2")), 1, 1),
    ("starts after the return's last day", heads_and(episode(start="01/04/2018"), episode("B2")), 1, 1),
    ("DEC after the return's last day", heads_and(episode(end="01/05/2018")), 1, 1),
    ("starts and ends on one day", heads_and(episode(end="10/05/2017"), episode("B2")), 1, 1),
    ("short breaks", heads_and(episode(ls="V3"), episode("B2")), 1, 1),
    ("blank child identifier", heads_and(episode(""), episode()), 1, 1),
    ("children with episodes and no date of birth", heads_and(episode(), episode("B2")), 1, 2),
    ("blank date of birth", heads_and(episode(), headers=[header(born="")]), 1, 1),
    ("date of birth after", heads_and(episode(), headers=[header(born="01/05/2018")]), 1, 1),
    ("children with two dates of birth", heads_and(episode(), headers=[header(), header(born="02/03/2011")]), 1, 1),
    ("a second header row", heads_and(episode(), headers=[header(), header()]), 1, 1),
    ("children with a header and no episode", heads_and(episode(), headers=[header(), header("Z9")]), 1, 1),
    ("starts on or after the 18th", heads_and(episode(), episode("B2"), headers=[header(born="01/01/1950")]), 1, 1),
    ("runs past the 18th", heads_and(episode(), headers=[header(born="01/01/2000")]), 1, 0),
    ("starts before birth", heads_and(episode(), headers=[header(born="01/06/2017")]), 1, 1),
    ("placement code not known", heads_and(episode(place="XX")), 1, 1),
    ("placement code not valid", heads_and(episode(place="K3")), 1, 1),
    ("legal status not known", heads_and(episode(ls="Q9")), 1, 1),
    ("reason for new episode not known", heads_and(episode(rne="?")), 1, 1),
    ("reason episode ceased not known", heads_and(episode(end="01/09/2017", rec="E99")), 1, 0),
    ("foster placement without", heads_and(episode(provider="")), 1, 1),
    ("repeats of a row", heads_and(episode(), episode()), 1, 1),
    ("overlaps another", heads_and(episode(), episode(start="01/06/2017", rne="P")), 1, 1),
    ("says the child stays (X1)", heads_and(episode(end="01/09/2017", rec="X1")), 1, 0),
    (
        "ended before the return's first day",
        heads_and(episode(start="01/05/2015", end="01/05/2016", rec="E4A"), episode("B2")),
        1,
        1,
    ),
    (
        "of those, wholly inside another",
        heads_and(episode(), episode(start="01/06/2017", end="01/07/2017", rec="X1", rne="P")),
        1,
        1,
    ),
    (
        "blank DEC, and a later episode",
        heads_and(episode(), episode(start="01/06/2017", end="01/07/2017", rec="E4A", rne="P")),
        1,
        0,
    ),
    ("left and started again", heads_and(episode(end="01/06/2017", rec="E4A"), episode(start="01/06/2017")), 1, 1),
    ("blank review date", heads_and(episode(), Reviews="CHILD,REVIEW\nA1,\nA1,13/06/2017\n"), 1, 1),
    (
        "reviews of a child given twice",
        heads_and(episode(), Reviews="CHILD,REVIEW\nA1,13/06/2017\nA1,13/06/2017\n"),
        1,
        1,
    ),
    ("reviews outside the years", heads_and(episode(), Reviews="CHILD,REVIEW\nA1,13/06/2019\n"), 1, 1),
    ("periods that began before", heads_and(episode(start="01/05/2012", rne="P")), 1, 1),
    ("sex code not known", heads_and(episode(), headers=[header(sex="9")]), 1, 1),
    (
        "a column that would",
        heads_and(episode()) | {"Episodes": "CHILD,DECOM,DEC,LS,PLACE\nA1,10/05/2017,,C2,K2\n"},
        3,
        1,
    ),
    ("no date has a day above 12", heads_and(episode()), 2, 1),
    ("blank rows", heads_and(episode(), ",,,,,,,,,,,,"), 1, 1),
    ("column headings repeated", heads_and(episode(), EPISODES), 1, 1),
    (
        "not UTF-8",
        heads_and(episode()) | {"Header": lines(HEADER, header().replace("WBRI", "Zo\xeb")).encode("latin-1")},
        1,
        1,
    ),
    ("not one of the files", heads_and(episode(), Notes="a,b\n1,2\n"), 1, 1),
    ("file recognised, not used", heads_and(episode(), OC3="CHILD,DOB,IN_TOUCH,ACTIV,ACCOM\n"), 1, 1),
    ("a reason that the child left, and DEC blank", heads_and(episode(rec="E4A"), episode("B2")), 1, 2),
    ("DEC given and the reason blank", heads_and(episode(end="01/09/2017"), episode("B2")), 1, 1),
    ("starts a period within the years read and says", heads_and(episode(rne="P"), episode("B2")), 1, 2),
    ("UASC status ends after the 18th", heads_and(episode(), UASC="CHILD,DUC\nA1,01/06/2028\n"), 1, 1),
    ("children on the UASC file with", heads_and(episode(), UASC="CHILD,DUC\nZ9,\n"), 1, 1),
]


def damaged(folder, contents, name="2017-18"):
    return give(folder, files={f"{name}/{kind}.csv": content for kind, content in contents.items()})


@pytest.mark.parametrize("rule, contents, number, open_in_march", COUNTED, ids=[case[0] for case in COUNTED])
def test_damage_that_is_counted(tmp_path, rule, contents, number, open_in_march):
    returns = read_returns(damaged(tmp_path, contents))
    assert counted(returns, rule) == number
    assert total(returns) == open_in_march
    assert not returns.quality()["count"].le(0).any()


def test_a_period_from_before_the_returns_is_not_one_without_its_start(tmp_path):
    returns = read_returns(
        one_year(tmp_path, [episode(start="01/05/2012", rne="P"), episode("B2", rne="")], [header(), header("B2")])
    )
    assert counted(returns, "starts a period within") == 0 and counted(returns, "periods that began before") == 1


def test_a_header_missing_for_one_year_is_counted(tmp_path):
    folder = two_years(tmp_path, [episode()], [episode(), episode("B2", "01/06/2018")])
    (folder / "2018-19" / "Header.csv").unlink()
    returns = read_returns(folder)
    assert counted(returns, "no Header file") == 1 and total(returns, date(2019, 3, 31)) == 2


@pytest.mark.parametrize(
    "rule, first, second, number, open_later",
    [
        ("carried again by a later return", [episode()], [episode()], 1, 1),
        ("of those, closed here and written otherwise", [episode(end="01/09/2017", rec="E4A")], [episode()], 1, 1),
        ("open at the return's end and not in the next", [episode()], [episode("B2", "01/06/2018")], 1, 1),
        (
            "open at the return's end and not in the next",
            [episode("A1"), episode("B2")],
            [episode("A1"), episode("B3")],
            1,
            2,
        ),
        ("children with two dates of birth", [episode()], [episode()], 0, 1),
    ],
    ids=["carried", "taken back", "not carried", "another identifier", "one birth"],
)
def test_damage_between_two_returns_is_counted(tmp_path, rule, first, second, number, open_later):
    returns = read_returns(two_years(tmp_path, first, second))
    assert counted(returns, rule) == number and total(returns, date(2019, 3, 31)) == open_later


def test_a_child_on_the_uasc_file_of_one_year_alone_is_counted_and_stays_one(tmp_path):
    """Unless the date that ended it had come before the other return began."""
    folder = two_years(tmp_path, [episode(), episode("B2")], [episode(), episode("B2")])
    give(folder, files={"2017-18/UASC.csv": "CHILD,DUC\nA1,\nB2,01/03/2018\n", "2018-19/UASC.csv": "CHILD,DUC\n"})
    returns = read_returns(folder)
    assert counted(returns, "children on the UASC file of one return") == 1
    assert total(returns, date(2019, 3, 31), uasc=True) == 1


def test_the_later_header_s_date_of_birth_wins(tmp_path):
    folder = two_years(tmp_path, [episode()], [episode()])
    give(folder, files={"2018-19/Header.csv": lines(HEADER, header(born="01/02/2000"))})
    returns = read_returns(folder)
    assert total(returns, date(2018, 1, 31), age_band="16_17") == 1 and total(returns) == 0
    assert counted(returns, "children with two dates of birth") == 1


def test_a_clean_return_counts_only_what_it_read(tmp_path):
    found = read_returns(plain(tmp_path)).quality()
    assert found["rule"].unique().tolist() == ["rows read"] and found["count"].tolist() == [3, 2]


# Damaged and stopped

LONG = [episode(f"C{number}", f"{number % 27 + 1:02d}/07/2017") for number in range(60)]
STOPPED = [
    ("no Episodes file", {"Header": HEADS}),
    ("no Header file was found", {"Episodes": PLAIN}),
    (r"Episodes.csv: the file is empty", {"Header": HEADS, "Episodes": ""}),
    (r"Episodes.csv: headings and no rows", {"Header": HEADS, "Episodes": EPISODES}),
    (r"Episodes.csv, line 1: no column DECOM", {"Header": HEADS, "Episodes": PLAIN.replace("DECOM", "DEKOM")}),
    (r"Header.csv, line 1: no column DOB", {"Header": HEADS.replace("DOB", "BORN"), "Episodes": PLAIN}),
    (r"Episodes.csv, line 1: no column DECOM", {"Header": HEADS, "Episodes": HEADS}),
    (
        r"Episodes.csv, line 1: 1 column headings stand twice",
        {"Header": HEADS, "Episodes": PLAIN.replace("URN", "DEC")},
    ),
    (r"Episodes.csv: saved as UTF-16", {"Header": HEADS, "Episodes": PLAIN.encode("utf-16")}),
    (r"Episodes.csv, line 1: holds NUL", {"Header": HEADS, "Episodes": PLAIN.encode("utf-16-le")}),
    (r"Episodes.csv, line 3: holds NUL", {"Header": HEADS, "Episodes": PLAIN.replace("B2", "B\0", 1)}),
    (
        r"Episodes.csv, line 1: the cells are separated by semicolons",
        {"Header": HEADS, "Episodes": PLAIN.replace(",", ";")},
    ),
    (r"Episodes.csv, line 1: the cells are separated by tabs", {"Header": HEADS, "Episodes": PLAIN.replace(",", "\t")}),
    (
        r"Episodes.csv, line 3: 5 cells, expected 13. A truncated file",
        {"Header": HEADS, "Episodes": lines(EPISODES, episode(), "B2,11/06/2017,S,C2,N1")},
    ),
    (
        r"Episodes.csv, line 2: 14 cells, expected 13",
        {"Header": HEADS, "Episodes": lines(EPISODES, episode() + ",more")},
    ),
    (r"Episodes.csv, line 2: a quotation mark", {"Header": HEADS, "Episodes": PLAIN.replace("A1", '"A1', 1)}),
    (r"Episodes.csv, line 3: a quotation mark", {"Header": HEADS, "Episodes": PLAIN.replace("B2,11", '"B2"x,11', 1)}),
    (r"Episodes.csv, line 2: a quotation mark", {"Header": HEADS, "Episodes": PLAIN.replace("A1", '"A1\n"', 1)}),
    (
        r"Episodes.csv, line 2, DECOM: an American date",
        {"Header": HEADS, "Episodes": lines(EPISODES, episode(start="05/23/2017"))},
    ),
    (
        r"Header.csv, line 2, DOB: an American date",
        {"Header": lines(HEADER, header(born="02/28/2010")), "Episodes": PLAIN},
    ),
    (
        r"Episodes.csv, line 4, DECOM: not a date in the file's one format",
        {"Header": HEADS, "Episodes": lines(EPISODES, episode(), episode("B2"), episode("C3", "2017-06-01"))},
    ),
    (
        r"Episodes.csv, line 3, DECOM: not a date .*and 1 more",
        {
            "Header": HEADS,
            "Episodes": lines(EPISODES, episode(), episode("B2", "42895"), episode("C3", "42896"), episode("D4")),
        },
    ),
    (
        r"Episodes.csv, line 2, DECOM: not a date",
        {"Header": HEADS, "Episodes": lines(EPISODES, episode(start="31/02/2018"))},
    ),
    (
        r"Episodes.csv, line 2, DECOM: not a date",
        {"Header": HEADS, "Episodes": lines(EPISODES, episode(start="10/05/17"))},
    ),
    (
        r"Episodes.csv, line 2, DECOM: not a date",
        {"Header": HEADS, "Episodes": lines(EPISODES, episode(start="10/05/2107"))},
    ),
    (
        r"Episodes.csv, line 2, DECOM: not a date",
        {"Header": HEADS, "Episodes": lines(EPISODES, episode(start="13-05-2017"))},
    ),
    (
        r"Episodes.csv, line 2, DECOM: not a date",
        {"Header": HEADS, "Episodes": lines(EPISODES, episode(start="13-May-2017"))},
    ),
    (
        r"Episodes.csv, line 2, DECOM: not a date",
        {"Header": HEADS, "Episodes": lines(EPISODES, episode(start="13.05.2017"))},
    ),
    (
        r"Episodes.csv, line 2, DECOM: not a date",
        {"Header": HEADS, "Episodes": lines(EPISODES, episode(start="20170513"))},
    ),
    (
        r"Episodes.csv, line 2, DECOM: not a date",
        {"Header": HEADS, "Episodes": lines(EPISODES, episode(start="13/05/2017 09:30"))},
    ),
    (
        r"Episodes.csv, line 2, DECOM: not a date",
        {"Header": HEADS, "Episodes": lines(EPISODES, episode(start="00/05/2017"))},
    ),
    (r"Episodes.csv, line 2, DEC: not a date", {"Header": HEADS, "Episodes": lines(EPISODES, episode(end="none yet"))}),
    (
        r"Episodes.csv, line 2, DECOM: an American date",
        {"Header": HEADS, "Episodes": lines(EPISODES, episode(start="05/13/2017"), episode("B2", "06/01/2017"))},
    ),
    (
        r"Episodes.csv, line 3, DEC: an American date",
        {"Header": HEADS, "Episodes": lines(EPISODES, episode(), episode("B2", end="12/25/2017"))},
    ),
    (r"Header.csv, line 2, DOB: not a date", {"Header": lines(HEADER, header(born="29/02/2011")), "Episodes": PLAIN}),
    (r"Header.csv, line 2, DOB: not a date", {"Header": lines(HEADER, header(born="2010")), "Episodes": PLAIN}),
    (r"Header.csv: headings and no rows", {"Header": HEADER, "Episodes": PLAIN}),
    (r"Header.csv: the file is empty", {"Header": "", "Episodes": PLAIN}),
    (r"Header.csv: saved as UTF-16", {"Header": HEADS.encode("utf-16"), "Episodes": PLAIN}),
    (
        r"Header.csv, line 1: the cells are separated by semicolons",
        {"Header": HEADS.replace(",", ";"), "Episodes": PLAIN},
    ),
    (r"Episodes.csv, line 1: the cells are separated by bars", {"Header": HEADS, "Episodes": PLAIN.replace(",", "|")}),
    (r"Header.csv, line 3: 3 cells, expected 7", {"Header": lines(HEADER, header(), "B2,1,01/02"), "Episodes": PLAIN}),
    (r"Header.csv, line 1: no column CHILD", {"Header": HEADS.replace("CHILD", "NAME"), "Episodes": PLAIN}),
    (r"UASC.csv, line 1: no column DUC", {"Header": HEADS, "Episodes": PLAIN, "UASC": "CHILD,ENDED\nA1,\n"}),
    (
        r"Reviews.csv, line 2, REVIEW: not a date",
        {"Header": HEADS, "Episodes": PLAIN, "Reviews": "CHILD,REVIEW\nA1,soon\n"},
    ),
    (
        r"UASC.csv, line 2, DUC: an American date",
        {"Header": HEADS, "Episodes": PLAIN, "UASC": "CHILD,DUC\nA1,06/13/2020\n"},
    ),
    (r"Episodes.csv, line 2, PLACE: a formula", {"Header": HEADS, "Episodes": lines(EPISODES, episode(place="=U6"))}),
    (r"Header.csv, line 2, CHILD: a formula", {"Header": lines(HEADER, header("+A1")), "Episodes": PLAIN}),
    (r"Header.csv, line 2, CHILD: a number rounded", {"Header": lines(HEADER, header("1E+11")), "Episodes": PLAIN}),
    (
        r"Episodes.csv, line 2, DEC: DEC before DECOM, and so are 60 of 60",
        {"Header": HEADS, "Episodes": lines(EPISODES, *[row.replace("PR1,,", "PR1,01/01/2017,") for row in LONG])},
    ),
    (
        r"Episodes.csv: named as the return of 2017-18, and its latest dates are in 2019-20",
        {
            "Header": HEADS,
            "Episodes": lines(
                EPISODES, *[row.replace("2017", "2019") for row in LONG], *[row.replace("C", "D", 1) for row in LONG]
            ),
        },
    ),
    (
        r"Episodes.csv, line 2, RNE: reason for new episode not known",
        {"Header": HEADS, "Episodes": lines(EPISODES, *[row.replace(",S,", ",Q,") for row in LONG])},
    ),
    (
        r"Episodes.csv, line 2, REC: reason episode ceased not known",
        {"Header": HEADS, "Episodes": lines(EPISODES, *[row.replace("PR1,,", "PR1,01/12/2017,E99") for row in LONG])},
    ),
    (
        r"Episodes.csv, line 2, CHILD: blank child identifier, and so are 60 of 60",
        {"Header": HEADS, "Episodes": lines(EPISODES, *[row[row.index(",") :] for row in LONG])},
    ),
    (
        r"Header.csv, line 2, DOB: blank date of birth",
        {"Header": lines(HEADER, *[header(f"C{n}", "") for n in range(60)]), "Episodes": lines(EPISODES, *LONG)},
    ),
    (
        r"Header.csv, line 2, DOB: date of birth after",
        {
            "Header": lines(HEADER, *[header(f"C{n}", "01/05/2018") for n in range(60)]),
            "Episodes": lines(EPISODES, *LONG),
        },
    ),
    (
        r"Header.csv, line 2, SEX: sex code not known",
        {"Header": lines(HEADER, *[header(f"C{n}", sex="?") for n in range(60)]), "Episodes": lines(EPISODES, *LONG)},
    ),
    (
        r"Episodes.csv, line 2, DOB: starts on or after the 18th birthday",
        {
            "Header": lines(HEADER, *[header(f"C{n}", "01/05/1980") for n in range(60)]),
            "Episodes": lines(EPISODES, *LONG),
        },
    ),
    (
        r"Episodes.csv, line 4, DEC: not a date",
        {"Header": HEADS, "Episodes": PLAIN.rstrip().rsplit("\n", 1)[0] + "\n" + episode(end="14/03/20")},
    ),
    (r"Episodes.csv, line 2, CHILD: a formula", {"Header": HEADS, "Episodes": PLAIN.replace("A1", '"=""A1"""', 1)}),
    (r"Episodes.csv, line 2, DEC: a formula", {"Header": HEADS, "Episodes": lines(EPISODES, episode(end="=TODAY()"))}),
    (
        r"Episodes.csv, line 2, CHILD: a number rounded by a spreadsheet",
        {"Header": HEADS, "Episodes": PLAIN.replace("A1", "1.23E+11", 1)},
    ),
    (
        r"Episodes.csv, line 2, CHILD: a number rounded by a spreadsheet",
        {"Header": HEADS, "Episodes": PLAIN.replace("A1", "1234.0", 1)},
    ),
    (r"a second Header file for 2017-18", {"Header": HEADS, "Header copy": HEADS, "Episodes": PLAIN}),
    (r"a second Episodes file for 2017-18", {"Header": HEADS, "Episodes": PLAIN, "others": PLAIN}),
    (
        r"Episodes.csv, line 2, DECOM: blank DECOM, and so are 30 of 90",
        {"Header": HEADS, "Episodes": lines(EPISODES, *[episode(f"B{n}", "") for n in range(30)], *LONG)},
    ),
    (
        r"Episodes.csv, line 2, PLACE: placement code not known",
        {"Header": HEADS, "Episodes": lines(EPISODES, *[row.replace("U6", "6U") for row in LONG])},
    ),
    (
        r"Episodes.csv, line 2, LS: legal status not known",
        {"Header": HEADS, "Episodes": lines(EPISODES, *[row.replace("C2", "N1") for row in LONG])},
    ),
    (
        r"Episodes.csv, line 3, YEAR: not a year",
        {"Header": HEADS, "Episodes": lines(EPISODES + ",YEAR", episode() + ",2018", episode("B2") + ",x")},
    ),
    (
        r"its latest dates are in July 2017.*Give its last day with until",
        {"Header": HEADS, "Episodes": lines(EPISODES, *LONG, *[row.replace("C", "D", 1) for row in LONG])},
    ),
]


@pytest.mark.parametrize("message, contents", STOPPED, ids=[f"{n}-{case[0][:40]}" for n, case in enumerate(STOPPED)])
def test_damage_that_stops(tmp_path, message, contents):
    with pytest.raises(BadInput, match=message) as caught:
        read_returns(damaged(tmp_path, contents))
    said = str(caught.value)
    assert said.endswith(".") and re.search("[Ee]xpected", said) and said.count(". ") >= 1, (
        "what was expected, then what to do"
    )


@pytest.mark.parametrize("name", ["2016-17", "2018-19", "2016", "2019"])
def test_a_return_under_the_wrong_year_stops(tmp_path, name):
    rows = lines(EPISODES, *LONG)
    with pytest.raises(
        BadInput, match=f"{name}/Episodes.csv: named as the return of .*its latest dates are in 2017-18"
    ):
        read_returns(damaged(tmp_path, {"Header": HEADS, "Episodes": rows}, name))


def test_a_year_missing_between_stops(tmp_path):
    contents = {
        f"{name}/{kind}.csv": text
        for name, shift in (("2017-18", "2017"), ("2019-20", "2019"))
        for kind, text in (
            ("Header", HEADS),
            ("Episodes", PLAIN.replace("/2018", "/2020").replace("/2017", f"/{shift}")),
        )
    }
    contents["2017-18/Episodes.csv"] = PLAIN
    with pytest.raises(BadInput, match="no Episodes file for 2018-19"):
        read_returns(give(tmp_path, files=contents))


def test_an_extract_within_the_year(tmp_path):
    rows = [*LONG, *[row.replace("C", "D", 1) for row in LONG]]
    folder = one_year(tmp_path, rows)
    returns = read_returns(folder, until=date(2017, 7, 31))
    assert returns.last_day == date(2017, 7, 31) and total(returns, date(2017, 7, 31)) == 120
    with pytest.raises(BadInput, match="outside the returns"):
        returns.stock(date(2017, 8, 1))
    with pytest.raises(BadInput, match="not within the last return.* Expected a day of it"):
        read_returns(folder, until=date(2018, 7, 31))


# Zips


@pytest.mark.parametrize("name", ["../Episodes.csv", "/Episodes.csv", "C:/Episodes.csv", "a\\..\\..\\Episodes.csv"])
def test_a_zip_that_leads_outside_stops(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "r.zip", "w") as archive:
        archive.writestr(name, PLAIN)
    with pytest.raises(BadInput, match="leads outside the zip"):
        read_returns(tmp_path / "r.zip")


def test_a_member_named_by_a_dot_is_passed_over(tmp_path):
    with zipfile.ZipFile(tmp_path / "r.zip", "w") as archive:
        archive.writestr(".", "x")
    with pytest.raises(BadInput, match="holds no CSV file"):
        read_returns(tmp_path / "r.zip")
    with zipfile.ZipFile(tmp_path / "r.zip", "a") as archive:
        archive.writestr("2017-18/Episodes.csv", PLAIN)
        archive.writestr("2017-18/Header.csv", HEADS)
    assert total(read_returns(tmp_path / "r.zip")) == 2


def test_zips_and_folders_too_large_stop(tmp_path, monkeypatch):
    monkeypatch.setitem(codes.FILES.most, ".csv", 300)
    with zipfile.ZipFile(tmp_path / "r.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("2017-18/Episodes.csv", "0" * 10**6)
    for path in (tmp_path / "r.zip", damaged(tmp_path / "folder", {"Episodes": "0" * 1000})):
        with pytest.raises(BadInput, match="far more than a return"):
            read_returns(path)
    monkeypatch.setattr(files, "MOST_FILES", 1)
    with pytest.raises(BadInput, match="holds 2 files; at most 1"):
        read_returns(damaged(tmp_path / "folder", {"Header": HEADS}))


def test_many_files_together_too_large_stop(tmp_path, monkeypatch):
    monkeypatch.setattr(codes, "FILES", replace(codes.FILES, together=200))
    with pytest.raises(BadInput, match="together"):
        read_returns(plain(tmp_path))


def test_a_damaged_zip_a_lone_file_and_nothing_at_all_stop(tmp_path):
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("2017-18/Episodes.csv", PLAIN)
    (tmp_path / "broken.zip").write_bytes(whole.getvalue().replace(b"C2", b"C3", 1))
    (tmp_path / "lone.csv").write_text(PLAIN)
    (tmp_path / "none").mkdir()
    for name, message in (
        ("broken.zip", "damaged"),
        ("lone.csv", "no Header file was found"),
        ("absent", "not a folder, a zip, or an XML file"),
        ("none", "holds no CSV"),
    ):
        with pytest.raises(BadInput, match=message):
            read_returns(tmp_path / name)


def test_a_file_that_another_program_holds_stops(tmp_path, monkeypatch):
    def held(self, mode):
        raise PermissionError(13, "denied", str(self))

    folder = plain(tmp_path)
    monkeypatch.setattr(Path, "open", held)
    with pytest.raises(BadInput, match="Is it open in Excel"):
        read_returns(folder)


def test_a_link_that_leads_outside_stops(tmp_path):
    folder = damaged(tmp_path / "in", {"Header": HEADS})
    (tmp_path / "Episodes.csv").write_text(PLAIN)
    try:
        (folder / "2017-18" / "Episodes.csv").symlink_to(tmp_path / "Episodes.csv")
    except OSError:
        pytest.skip("links are not allowed here")
    with pytest.raises(BadInput, match="a link to a file outside"):
        read_returns(folder)


# Children stay inside

CANARY = "XQ7KESTREL"
SECRETS = [CANARY, "17/11/2008", "2008-11-17", "SL1 4ZZ", "19/09/2017", "2017-09-19", "G987654321"]
HEAD = f"{CANARY},1,17/11/2008,WBRI,G987654321,,"
ROW = f"{CANARY},19/09/2017,S,C2,N1,U6,PR1,,,,SL1 4ZZ,SL1 4ZZ,SC1"


def shown(returns):
    tables = [
        returns.stock(MARCH_2018),
        returns.monthly_stock("2017-04", "2018-03"),
        returns.exposure(),
        returns.durations(),
        returns.reviews(),
    ]
    return "\n".join(
        [repr(returns), str(returns), *(table.to_csv() + repr(table.attrs) for table in [*tables, returns.quality()])]
    )


def test_no_output_names_a_child(tmp_path):
    more = {
        "2017-18/Reviews.csv": f"CHILD,DOB,REVIEW\n{CANARY},17/11/2008,19/09/2017\n",
        "2017-18/UASC.csv": f"CHILD,DOB,DUC\n{CANARY},17/11/2008,\n",
    }
    returns = read_returns(one_year(tmp_path, [ROW], [HEAD], **more))
    assert total(returns) == 1
    assert not [secret for secret in SECRETS if secret in shown(returns)]


SPOIL = [
    lambda rows: rows.replace("19/09/2017", "2017-09-19"),
    lambda rows: rows.replace("19/09/2017", "09/19/2017"),
    lambda rows: rows.replace(CANARY, f"={CANARY}"),
    lambda rows: rows.replace(CANARY, f'"{CANARY}'),
    lambda rows: rows.replace(CANARY, f"{CANARY}.0"),
    lambda rows: rows[:-30],
    lambda rows: rows.replace(",C2,", f",{CANARY},19/09/2017,"),
    lambda rows: rows.replace(CANARY, f"{CANARY}\0"),
    lambda rows: rows.replace("CHILD", CANARY),
    lambda rows: rows.replace("SC1", "SC1,SL1 4ZZ"),
    lambda rows: rows.replace(",", ";"),
    lambda rows: rows.replace("19/09/2017", "31/02/2017"),
    lambda rows: rows.replace("U6", CANARY),
    lambda rows: rows * 2,
    lambda rows: rows.replace("C2", "19/09/2017"),
]


@pytest.mark.parametrize("spoil", SPOIL)
def test_no_error_or_count_names_a_child(tmp_path, spoil):
    ok = episode("B2", "13/06/2017")
    contents = {
        "Header": lines(HEADER, HEAD, header("B2")),
        "Episodes": spoil(lines(EPISODES, ok, ok.replace("B2", "D4"), ROW)),
    }
    try:
        said = shown(read_returns(damaged(tmp_path, contents)))
    except BadInput as error:
        said = "".join(traceback.format_exception(error))
    assert not [secret for secret in SECRETS if secret in said]


def test_returns_are_neither_pickled_nor_copied(tmp_path):
    returns = read_returns(plain(tmp_path))
    for keep in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="child rows"):
            keep(returns)
    assert not hasattr(returns, "__dict__")
    assert repr(returns) == "Returns(2017-04-01 to 2018-03-31: 2 children, 3 periods of care)"


def test_the_tables_agree_with_each_other_on_an_invented_council(tmp_path):
    write_returns(tmp_path / "r.zip", children=400, years=3)
    returns = read_returns(tmp_path / "r.zip")
    months = returns.monthly_stock("2017-04", "2020-03").groupby("month")[["stock", "starts", "ends", "moves"]].sum()
    before = pd.Series([total(returns, date(2017, 3, 31)), *months["stock"][:-1]], months.index)
    assert (before + months["starts"] - months["ends"] == months["stock"]).all()
    exposed = returns.exposure()
    days = sum(total(returns, date(2017, 3, 31) + timedelta(day)) for day in range(3 * 365 + 1))
    assert exposed["child_days"].sum() == days
    assert (
        exposed.filter(like="leave_").to_numpy().sum() == months["ends"].sum() == returns.durations()["periods"].sum()
    )
    assert exposed.filter(like="move_to_").to_numpy().sum() == months["moves"].sum()
    assert returns.stock(date(2020, 3, 31))["children"].sum() == months["stock"].iloc[-1]
