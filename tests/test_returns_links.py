"""From a child protection plan to being looked after: counts by hand, on invented councils whose lives are known, and no identifier out."""

import json
import secrets
from collections import Counter
from datetime import date

import councils
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from test_cin import plan, to_csv
from test_ssda903 import EPISODES, HEADER, episode, give, header, lines

from forecast.case.errors import BadInput
from forecast.cli.commands import main
from forecast.sources import returns as room
from forecast.sources.cin import read_cin
from forecast.sources.private import hash_child
from forecast.sources.returns import LONGER, NO_PLAN, link, months_from
from forecast.sources.ssda903 import read_returns

SALT = bytes(range(32))


def folders(tmp_path, plans, episodes, headers, years=(2017, 2018)):
    """Returns of the years that end then, each with what had begun by its end, and with two children of long before."""
    plans, headers = [*plans, plan("Z8", "2012-05-01", born="2009-01-01")], [*headers, header("Z9")]
    episodes = [*episodes, episode("Z9", "01/05/2012")]
    for year in years:
        begun = [row for row in plans if row["CPPstartDate"] <= f"{year}-03-31"]
        cared = [row for row in episodes if "-".join(reversed(row.split(",")[1].split("/"))) <= f"{year}-03-31"]
        give(tmp_path / "cin", {f"{year}/plans.csv": to_csv(begun)})
        give(
            tmp_path / "ssda903",
            {f"{year}/Header.csv": lines(HEADER, *headers), f"{year}/Episodes.csv": lines(EPISODES, *cared)},
        )
    return tmp_path / "cin", tmp_path / "ssda903"


def counts(links):
    """Rows with any start, by months; and the totals by whether the year before is seen."""
    months = {
        row["months_since_plan_start"]: (row["starts"], row["plan_open"], row["plan_within_a_year"])
        for row in links.by_months.to_dict("records")
        if row["starts"]
    }
    ages = links.by_age[links.by_age["age_band"] == "all"].set_index("year_before_seen")
    return months, {
        seen: tuple(ages.loc[seen, ["starts", "plan_open", "plan_within_a_year"]]) for seen in (True, False)
    }


CHILDREN = {  # child -> plan start, plan end, start of care
    "open": ("2017-05-15", "", "14/07/2017"),  # one month short of a day
    "ends that day": ("2017-02-01", "2017-08-01", "01/08/2017"),  # six months
    "ended a year ago": ("2016-04-10", "2016-09-05", "05/09/2017"),  # 365 days before: within; 16 months
    "ended long ago": ("2016-04-10", "2016-09-04", "05/09/2017"),  # 366 days: not
    "two years": ("2015-06-01", "", "01/07/2017"),  # 25 months
    "no plan": (None, None, "02/10/2017"),
    "plan after": ("2018-01-10", "", "02/10/2017"),  # looked after first
    "early": ("2016-05-01", "", "20/06/2016"),  # the year before is not wholly covered
    "before it all": ("2016-01-01", "", "20/02/2016"),  # started before the returns begin
}


@pytest.fixture
def by_hand(tmp_path):
    rows = [plan(child, start, end, born="2010-02-01") for child, (start, end, _) in CHILDREN.items() if start]
    care = [episode(child, start) for child, (_, _, start) in CHILDREN.items()]
    return folders(tmp_path, rows, care, [header(child) for child in CHILDREN])


def test_by_hand(by_hand):
    links = link(read_returns(by_hand[1], salt=SALT), read_cin(by_hand[0], salt=SALT))
    months, totals = counts(links)
    assert months == {"1": (2, 2, 0), "6": (1, 1, 0), "16": (2, 0, 1), LONGER: (1, 1, 0), NO_PLAN: (2, 0, 0)}
    assert totals == {True: (7, 3, 1), False: (1, 1, 0)}
    ages = links.by_age.set_index(["age_band", "year_before_seen"])
    assert ages.loc[("5_9", True), "share"] == pytest.approx(4 / 7, abs=1e-4) and pd.isna(
        ages.loc[("1_4", True), "share"]
    )
    assert set(links.by_months.columns) | set(links.by_age.columns) == {
        "months_since_plan_start",
        "age_band",
        "year_before_seen",
        "starts",
        "plan_open",
        "plan_within_a_year",
        "share",
    }


def test_identifiers_are_the_same_in_other_case_and_with_spaces(tmp_path):
    cin, ssda903 = folders(tmp_path, [plan(" ab1 ", "2017-05-15")], [episode("AB1 ", "14/07/2017")], [header("aB1")])
    returns = read_returns(ssda903, salt=SALT)
    assert counts(link(returns, read_cin(cin, salt=SALT)))[0] == {"1": (1, 1, 0)}
    assert returns.stock(date(2018, 3, 31)).query("age_band == 'unknown'")["children"].sum() == 0, (
        "header and episodes meet too"
    )
    assert hash_child(" ab1 ", SALT) == hash_child("AB1", SALT) != hash_child("AB2", SALT)


def test_a_child_who_starts_twice_is_two_starts_and_one_who_moves_is_one(tmp_path):
    care = [
        episode("A1", "14/07/2017", "20/08/2017", rec="E4A"),
        episode("A1", "20/10/2017"),
        episode("B2", "14/07/2017", "20/08/2017", rec="X1"),
        episode("B2", "20/08/2017", rne="P"),
    ]
    cin, ssda903 = folders(
        tmp_path, [plan("A1", "2017-05-15"), plan("B2", "2017-05-15")], care, [header("A1"), header("B2")]
    )
    assert counts(link(read_returns(ssda903, salt=SALT), read_cin(cin, salt=SALT)))[0] == {
        "1": (2, 2, 0),
        "5": (1, 1, 0),
    }


def test_the_latest_plan_is_the_one_counted_from(tmp_path):
    plans = [plan("A1", "2016-05-01", "2016-09-01"), plan("A1", "2017-05-15", "2017-06-15")]
    cin, ssda903 = folders(tmp_path, plans, [episode("A1", "20/07/2017")], [header("A1")])
    assert counts(link(read_returns(ssda903, salt=SALT), read_cin(cin, salt=SALT)))[0] == {"2": (1, 0, 1)}


def test_readings_under_different_salts_or_none_are_not_linked(by_hand):
    plans = read_cin(by_hand[0], salt=SALT)
    for returns in (read_returns(by_hand[1]), read_returns(by_hand[1], salt=secrets.token_bytes(32))):
        with pytest.raises(BadInput, match="same salt"):
            link(returns, plans)
    with pytest.raises(BadInput, match="same salt"):
        link(read_returns(by_hand[1], salt=SALT), read_cin(by_hand[0]))
    with pytest.raises(BadInput, match="the salt has 3 bytes; expected 16 to 64"):
        read_returns(by_hand[1], salt=b"abc")


def test_returns_of_other_years_are_not_linked(tmp_path, by_hand):
    cin, _ = folders(tmp_path / "other", [plan("A1", "2019-05-15")], [episode()], [header()], (2020,))
    with pytest.raises(BadInput, match="Expected years in common"):
        link(read_returns(by_hand[1], salt=SALT), read_cin(cin, salt=SALT))


def test_identifiers_are_not_held_and_hashes_only_under_a_salt(by_hand):
    returns, hashed = read_returns(by_hand[1]), read_returns(by_hand[1], salt=SALT)
    assert returns._hashes == () and set(hashed._hashes) == {hash_child(child, SALT) for child in [*CHILDREN, "Z9"]}
    for held in (returns, hashed):
        inside = "".join(str(getattr(held, name)) for name in held.__slots__)
        assert not any(child in inside for child in CHILDREN) and np.issubdtype(held._care["child"].dtype, np.integer)
        assert hash_child("open", SALT) not in inside + repr(held), "nor shown"


@pytest.mark.parametrize(
    ("start", "day", "months"),
    [
        ("2017-05-15", "2017-07-14", 1),
        ("2017-05-15", "2017-07-15", 2),
        ("2017-01-31", "2017-02-28", 0),
        ("2017-01-31", "2017-03-01", 1),
        ("2016-02-29", "2017-02-28", 11),
        ("2017-05-15", "2017-05-15", 0),
    ],
)
def test_whole_months(start, day, months):
    numbers = [np.array([np.datetime64(text, "D").astype(np.int64)]) for text in (start, day)]
    assert months_from(*numbers).tolist() == [months]


# Invented councils: the lives say who had a plan


def whole_months(early: date, late: date) -> int:
    """In plain Python, for comparison."""
    return (late.year - early.year) * 12 + late.month - early.month - (late.day < early.day)


def true_links(one, first: date, last: date) -> tuple[Counter, Counter]:
    """(months, open, within a year) -> starts; and starts by whether the year before is seen, from the lives alone."""
    day = date.fromordinal
    found, seen = Counter(), Counter()
    for child in one.children:
        spells = sorted(
            (spell.start, spell.end)
            for spell in child.spells
            if spell.route != "short_break" and spell.end > spell.start
        )
        starts = [start for start, _ in spells if not any(before < start <= end for before, end in spells)]
        for start in {start for start in starts if first <= day(start) <= last}:
            plans = [plan for plan in child.plans if plan.start <= start and plan.end > plan.start]
            latest, until = (
                max((plan.start for plan in plans), default=None),
                max((plan.end for plan in plans), default=0),
            )
            months = (
                NO_PLAN if latest is None else str(min(whole_months(day(latest), day(start)), 24)).replace("24", LONGER)
            )
            is_open = latest is not None and until >= start
            within = latest is not None and not is_open and until >= start - 365
            found[months, is_open, within] += 1
            seen[day(start - 365) >= first] += 1
    return found, seen


@pytest.mark.parametrize("seed", [3, 11])
def test_an_invented_council_s_links_are_those_of_its_lives(tmp_path, seed):
    one = councils.council(seed)
    councils.write(one, tmp_path)
    salt = secrets.token_bytes(32)
    returns, plans = read_returns(tmp_path / "ssda903", salt=salt), read_cin(tmp_path / "cin", salt=salt)
    links = link(returns, plans)
    # Plans that ended before the first return are in no file: what is asked of the lives is what the files can know.
    truth, seen = true_links(one, max(returns.first_day, plans.first_day), min(returns.last_day, plans.last_day))
    months, totals = counts(links)
    assert sum(truth.values()) == sum(starts for starts, _, _ in months.values()) > 50
    assert {flag: total[0] for flag, total in totals.items()} == {flag: seen[flag] for flag in (True, False)}
    opened, within = (sum(row[part] for row in months.values()) for part in (1, 2))
    assert opened == sum(number for (_, is_open, _), number in truth.items() if is_open) > 5
    assert within == sum(number for (_, _, is_within), number in truth.items() if is_within)
    assert {name: row[1] for name, row in months.items() if row[1]} == {
        name: sum(number for (at, is_open, _), number in truth.items() if at == name and is_open)
        for name in {at for at, is_open, _ in truth if is_open}
    }


# By command


def test_the_command_tells_links_and_nothing_secret(tmp_path, by_hand):
    words = ["plans", str(by_hand[0]), "--with-returns", str(by_hand[1]), "--out", str(tmp_path / "out")]
    said = CliRunner().invoke(main, words)
    assert said.exit_code == 0, said.output
    assert (
        "Starts to be looked after on days both returns cover: 7" in said.output
        and "share of starts, together: 57%" in said.output
    )
    told = json.loads(CliRunner().invoke(main, [*words[:4], "--json"]).stdout)
    assert told["links"]["by_months"][1] == {
        "months_since_plan_start": "1",
        "starts": 2,
        "plan_open": 2,
        "plan_within_a_year": 0,
    }
    assert told["links"]["by_age"][0]["share"] is None
    first = {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}
    assert {"links_by_months.csv", "links_by_age.csv", "links_by_age.parquet"} <= set(first)
    CliRunner().invoke(main, words)
    assert first == {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}, "the salt leaves no trace"
    assert "links" not in json.loads(CliRunner().invoke(main, ["plans", str(by_hand[0]), "--json"]).stdout)


def test_a_wrong_second_path_is_told(by_hand, tmp_path):
    said = CliRunner().invoke(main, ["plans", str(by_hand[0]), "--with-returns", str(tmp_path / "nowhere")])
    assert said.exit_code == 2 and "not a folder, a zip, or an XML file" in said.output


def test_the_salt_is_made_anew_each_time(by_hand, monkeypatch):
    seen = []
    monkeypatch.setattr(room, "read_cin", lambda path, authority, until, salt, but: seen.append(salt))
    for _ in range(2):
        room.read_plans(by_hand[0], None, None, None)
    assert seen[0] != seen[1] and {len(salt) for salt in seen} == {64}


NOUGHTS = {"00123": "123", "0456": "00456", "000789": "789", "0012": "12", "07": "007", "1200": "01200"}


@pytest.mark.parametrize(("of_plans", "of_care"), NOUGHTS.items())
def test_a_number_that_lost_noughts_in_one_of_the_two_is_one_child_s(tmp_path, of_plans, of_care):
    rows = [plan(of_plans, "2017-05-15", born="2010-02-01")]
    cin, ssda903 = folders(tmp_path, rows, [episode(of_care, "14/07/2017")], [header(of_care)])
    plans = read_cin(cin, salt=SALT)
    links = link(read_returns(ssda903, salt=SALT), plans)
    assert counts(links)[0] == {"1": (1, 1, 0)} and links.noughts == 1
    assert any("both returns together" in line and "noughts" in line for line in plans.warnings())


def test_noughts_may_tell_two_children_of_two_returns_apart(tmp_path):
    """Another date of birth is another child's; two children of one return whose numbers differ by noughts are two."""
    rows = [plan("0123", "2017-05-15", born="2003-02-01"), plan("055", "2017-05-15"), plan("55", "2017-05-15")]
    care = [episode("123", "14/07/2017"), episode("0055", "14/07/2017")]
    cin, ssda903 = folders(tmp_path, rows, care, [header("123"), header("0055")])
    links = link(read_returns(ssda903, salt=SALT), read_cin(cin, salt=SALT))
    assert counts(links)[0] == {NO_PLAN: (2, 0, 0)} and links.noughts == 0
