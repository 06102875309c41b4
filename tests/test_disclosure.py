"""Disclosure control, attacked: by hand, by trying every table there could be, and by linear programming."""

import json
import sys
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.case.errors import BadInput
from forecast.report.disclosure.figures import (
    Cell,
    Kept,
    Released,
    Rule,
    Sheet,
    read_release,
    rule_in,
    stock_identity,
    write_release,
)
from forecast.report.disclosure.release import audit, prove, release
from forecast.report.disclosure.system import INSIDER, System, fitting
from forecast.report.model import PRIVATE, PUBLIC, Figure, FigureInText, Paragraph, Report, Table
from forecast.report.paper.gate import MODEL, cover, mark

sys.path.insert(0, str(Path(__file__).parent))
import attacks  # noqa: E402

RULE = Rule(smallest_shown=6, protection=3, source="test", reviewed=date(2026, 11, 23))
AXES = ("age", "place")


def total(whole: str, parts: list[str]) -> tuple:
    """The parts sum to the whole."""
    return ((-1, whole), *((1, part) for part in parts))


def column(name: str, values: dict[str, int | None], whole: int | None = None, printed: bool = True) -> Sheet:
    """A one-way table: parts and their total, keyed name|part and name."""
    cells = [Cell(f"{name}|{part}", value) for part, value in values.items()]
    top = Cell(name, sum(values.values()) if whole is None else whole)
    return Sheet(name, (top, *cells), (total(name, [cell.key for cell in cells]),), printed)


def grid(counts: list[list[int]]) -> Sheet:
    """A two-way table with its totals, keyed lac|age=a0|place=p0, lac|age=a0, lac|place=p0 and lac."""
    array = np.array(counts)
    ages, places = (
        [f"|{name}={name[0]}{at}" for at in range(size)] for name, size in zip(AXES, array.shape, strict=True)
    )
    cells = [Cell("lac", int(array.sum()))]
    cells += [Cell(f"lac{age}", int(value)) for age, value in zip(ages, array.sum(axis=1), strict=True)]
    cells += [Cell(f"lac{place}", int(value)) for place, value in zip(places, array.sum(axis=0), strict=True)]
    cells += [
        Cell(f"lac{age}{place}", int(array[i, j])) for i, age in enumerate(ages) for j, place in enumerate(places)
    ]
    sums = [total("lac", [f"lac{one}" for one in axis]) for axis in (ages, places)]
    sums += [total(f"lac{age}", [f"lac{age}{place}" for place in places]) for age in ages]
    sums += [total(f"lac{place}", [f"lac{age}{place}" for age in ages]) for place in places]
    return Sheet("t", tuple(cells), tuple(sums))


def published(sheet: Sheet) -> Released:
    """What somebody else published as an earlier release: cells of no value are those that they hid as small."""
    return Released(
        "elsewhere",
        RULE,
        shown={cell.key: cell.value for cell in sheet.cells if cell.value is not None},
        hidden={cell.key: Kept(True, (1, 5)) for cell in sheet.cells if cell.value is None},
        unseen={},
        equations=sheet.equations,
        revised=(),
    )


# ---- by hand ----


def test_the_rule_is_read_from_the_log_of_assumptions():
    reviewed = date(2026, 11, 23)
    log = pd.DataFrame(
        [("disclosure.smallest_shown", 6.0, "DfE", reviewed), ("disclosure.protection", 3.0, "Convention", reviewed)],
        columns=["Key", "Value", "Source", "Reviewed"],
    )
    rule = rule_in(log)
    assert (rule.smallest_shown, rule.largest_small, rule.protection) == (6, 5, 3)
    assert [count for count in range(9) if rule.is_small(count)] == [1, 2, 3, 4, 5] and rule.is_small(None)
    assert (rule.source, rule.reviewed) == ("DfE", reviewed)


def test_one_small_cell_takes_a_second_with_it_and_it_is_the_smallest_that_does():
    out = release([column("lac", {"kinship": 3, "residential": 12, "foster": 40})], RULE)
    assert set(out.hidden) == {"lac|kinship", "lac|residential"}
    assert out.shown == {"lac": 55, "lac|foster": 40}
    assert [key for key, kept in out.hidden.items() if kept.small] == ["lac|kinship"]
    assert "1 to 5" in out.notes[0]


def test_nothing_small_nothing_hidden_and_zeros_are_shown():
    out = release([column("lac", {"a": 0, "b": 6, "c": 40})], RULE)
    assert out.hidden == {} and out.notes == () and out.shown["lac|a"] == 0


def test_a_two_way_table_hides_a_rectangle():
    """One small cell of a 2 x 3 table: its row and its column each need a second, and those need a fourth."""
    out = release([grid([[3, 20, 30], [25, 20, 35]])], RULE)
    assert set(out.hidden) == {f"lac|age={a}|place={p}" for a in ("a0", "a1") for p in ("p0", "p1")}


def test_two_ones_that_make_a_shown_two_would_be_told():
    """1 + 1 = 2: hiding both is not enough, for the remainder 2 of a shown total says each is 1."""
    out = release([column("lac", {"a": 1, "b": 1, "c": 20, "d": 31})], RULE)
    assert set(out.hidden) == {"lac|a", "lac|b", "lac|c"}


def test_an_insider_who_knows_the_large_one_from_the_small_learns_nothing():
    """5 and 6 leave 11 between them, and 1 and 6 leave 7: who knows which is 6 or more would read off the 1."""
    assert set(release([column("lac", {"a": 5, "b": 6, "c": 20})], RULE).hidden) == {"lac|a", "lac|b"}
    assert set(release([column("lac", {"a": 1, "b": 6, "c": 20})], RULE).hidden) == {"lac|a", "lac|c"}


def test_a_table_that_cannot_be_made_safe_is_refused():
    """Five children, one in each of five categories: whatever is hidden, 5 is the most a small total can be."""
    with pytest.raises(BadInput, match="could be worked out, whatever else is hidden"):
        release([column("lac", dict.fromkeys("abcde", 1))], RULE)


def test_linked_tables_share_a_figure_hidden_once():
    """By age alone 3 and 9 are hidden; the other table holds the same 9 as a total of its own, so it goes there too."""
    by_age = column("lac", {"under_1": 3, "older": 9, "oldest": 40})
    by_sex = Sheet(
        "sex",
        (Cell("lac|older", 9), Cell("lac|older|girls", 0), Cell("lac|older|boys", 9)),
        (total("lac|older", ["lac|older|girls", "lac|older|boys"]),),
    )
    out = release([by_age, by_sex], RULE)
    assert "lac|under_1" in out.hidden and audit(out) == []
    assert not ("lac|older" in out.hidden and "lac|older|boys" in out.shown), "9 boys and 0 girls make 9"


@pytest.mark.parametrize(
    "tables, said",
    [
        ([column("lac", {"a": 3, "b": 9}, whole=13)], "do not add up"),
        ([Sheet("a", (Cell("x", 7),)), Sheet("b", (Cell("x", 8),))], "two tables give x differently"),
        ([Sheet("a", (Cell("x", 7),), (total("x", ["y", "z"]),))], "no table holds: y, z"),
    ],
)
def test_tables_that_contradict_themselves_are_refused(tables, said):
    with pytest.raises(BadInput, match=said):
        release(tables, RULE)


@pytest.mark.parametrize("value", [-1, 2.5])
def test_a_cell_that_cannot_be_is_refused(value):
    with pytest.raises(BadInput, match="whole number"):
        Cell("x", value)


# ---- two releases ----


def test_stocks_shown_last_month_give_away_no_start():
    """170 shown, then 171 = 170 + starts - 9 ends: the ends go with the 10 starts if those were small, not else."""
    before = release([Sheet("then", (Cell("then", 170),))], RULE, name="May")
    flows = (stock_identity("now", "then", "starts", "ends"),)
    large = release(
        [Sheet("now", (Cell("now", 171), Cell("starts", 10), Cell("ends", 9)), flows)], RULE, [before], "June"
    )
    assert large.hidden == {}
    small = release(
        [Sheet("now", (Cell("now", 163), Cell("starts", 3), Cell("ends", 10)), flows)], RULE, [before], "June"
    )
    assert set(small.hidden) == {"starts", "ends"} and small.shown == {"now": 163}
    alone = release([Sheet("now", (Cell("now", 163), Cell("starts", 3), Cell("ends", 10)))], RULE, name="June")
    assert set(alone.hidden) == {"starts"}, "without last month's release there would be nothing to protect it from"


def test_a_month_that_no_table_shows_is_guarded_between_two_running_totals():
    before = release([Sheet("ytd", (Cell("April", 8),))], RULE, name="April")
    between = (total("April and May", ["April", "May"]),)
    few = release(
        [Sheet("ytd", (Cell("April and May", 11),), between), Sheet("month", (Cell("May", 3),), printed=False)],
        RULE,
        [before],
        "May",
    )
    many = release(
        [Sheet("ytd", (Cell("April and May", 18),), between), Sheet("month", (Cell("May", 10),), printed=False)],
        RULE,
        [before],
        "May",
    )
    assert "April and May" in few.hidden and many.hidden == {}


def test_what_was_hidden_stays_hidden_and_the_new_breakdown_protects_it_too():
    first = release([column("lac", {"a": 3, "b": 12, "c": 40})], RULE, name="one")
    split = Sheet(
        "split", (Cell("lac|b", 12), Cell("lac|b|x", 6), Cell("lac|b|y", 6)), (total("lac|b", ["lac|b|x", "lac|b|y"]),)
    )
    assert release([split], RULE, name="two").hidden == {}, "alone, nothing in it is small"
    second = release([split], RULE, [first], "two")
    assert "lac|b" in second.hidden and len(second.hidden) >= 2 and audit(second, [first]) == []


def test_a_revised_figure_is_another_figure_and_a_hidden_one_must_be_named():
    first = release([column("lac", {"a": 3, "b": 12, "c": 40})], RULE, name="one")
    later = column("lac", {"a": 4, "b": 12, "c": 40})  # 55, then 56: a was corrected
    second = release([later], RULE, [first], "two", revised=["lac|a"])
    assert set(second.hidden) == {"lac|a", "lac|b"} and "lac" in second.revised
    with pytest.raises(BadInput, match="name them as revised"):
        release([later], RULE, [first], "two")


def test_a_sum_over_last_month_means_last_month_as_it_was_then():
    """May 40; June 39 = 40 + 9 - 10; then May is corrected to 41. June's sum still speaks of 40."""
    may = release([Sheet("then", (Cell("May", 40),))], RULE, name="May")
    flows = (stock_identity("June", "May", "starts", "ends"),)
    june = release([Sheet("now", (Cell("June", 39), Cell("starts", 9), Cell("ends", 10)), flows)], RULE, [may], "June")
    july = release([Sheet("corrected", (Cell("May", 41), Cell("July", 38)))], RULE, [may, june], "July")
    assert july.shown == {"May": 41, "July": 38} and july.revised == ("May",)
    assert audit(july, [may, june]) == []


def test_what_a_publisher_hid_is_protected_in_our_tables():
    """Slough, 31 March 2011: three placements suppressed by the DfE; a fourth table must not undo that."""
    parts = {
        "foster": 110,
        "kinship": 12,
        "with_parents": None,
        "secure": 12,
        "independent": 22,
        "other_residential": None,
        "school": None,
    }
    theirs = published(column("lac", parts, whole=168))
    assert audit(theirs) == [], "12 left for three cells of 1 to 5"
    ours = Sheet(
        "ours",
        (Cell("few", 12), Cell("lac|with_parents", None), Cell("others", 10)),
        (total("few", ["lac|with_parents", "others"]),),
    )
    out = release([ours], RULE, [theirs], "ours")
    assert "lac|with_parents" in out.hidden and {"few", "others"} & set(out.hidden) and audit(out, [theirs]) == []


def test_what_a_publisher_gave_away_does_not_stop_us():
    """One suppressed cell under a shown total: anybody can subtract. We cannot hide it any more."""
    theirs = published(column("ends", {"a": None, "b": 20, "c": 30}, whole=54))
    assert {one.key for one in audit(theirs)} == {"ends|a"}
    out = release([column("ends", {"a": 4, "b": 20, "c": 30})], RULE, [theirs], "ours")
    assert set(out.hidden) == {"ends|a"} and audit(out, [theirs]) == []


def test_a_small_figure_published_before_is_on_record():
    theirs = published(column("ends", {"a": 4, "b": 20}))
    out = release([column("ends", {"a": 4, "b": 20})], RULE, [theirs], "ours")
    assert set(out.hidden) == {"ends|a"} and out.exposed == ("ends|a",)


def test_comparing_releases_made_apart_would_tell_what_was_hidden():
    """The gate sees it too: the second release, made without the first, does not pass beside it."""
    first = release([column("old", {"a": 3, "b": 12})], RULE, name="one")
    tables = [Sheet("new", (Cell("old|b", 12), Cell("c", 8)))]
    assert set(first.hidden) == {"old|a", "old|b"} and first.shown == {"old": 15}
    with pytest.raises(
        BadInput, match="two is not safe to publish. Hidden figures that can be worked out: 1, such as old.a"
    ):
        prove(release(tables, RULE, name="two"), [first])
    assert set(release(tables, RULE, [first], "two").hidden) == {"old|b"}


# ---- by trying every table there could be ----

CAP = 14  # children in a cell; tables here hold at most 9, and 4 more must be thinkable


def fits(counts: np.ndarray, shown: dict, keys: dict) -> np.ndarray:
    """Which candidate tables [n x rows x columns] have every shown total."""
    ok = np.ones(len(counts), dtype=bool)
    sums = {("all", "all"): counts.sum((1, 2))}
    sums |= {(f"a{i}", "all"): counts[:, i].sum(1) for i in range(counts.shape[1])} | {
        ("all", f"p{j}"): counts[:, :, j].sum(1) for j in range(counts.shape[2])
    }
    for place, value in sums.items():
        if keys[place] in shown:
            ok &= value == shown[keys[place]]
    return ok


def every_table(shape, out, keys, small, insider) -> dict[str, set[int]] | None:
    """Hidden key -> the values it takes in all tables that fit what is shown; None if there are too many to try."""
    inner = [(f"a{i}", f"p{j}") for i, j in product(*map(range, shape))]
    choices = [
        [int(out.shown[keys[at]])] if keys[at] in out.shown else list(believed(keys[at], small, insider))
        for at in inner
    ]
    if np.prod([len(one) for one in choices]) > 400_000:
        return None
    tables = np.array(np.meshgrid(*choices, indexing="ij")).reshape(len(inner), -1).T.reshape(-1, *shape)
    tables = tables[fits(tables, out.shown, keys)]
    sums = {"all": {"all": tables.sum((1, 2))} | {f"p{j}": tables[:, :, j].sum(1) for j in range(shape[1])}}
    sums |= {
        f"a{i}": {"all": tables[:, i].sum(1)} | {f"p{j}": tables[:, i, j] for j in range(shape[1])}
        for i in range(shape[0])
    }
    keep = np.ones(len(tables), dtype=bool)
    for (a, p), name in keys.items():
        if name in out.hidden:
            lows, highs = min(believed(name, small, insider)), max(believed(name, small, insider))
            keep &= (sums[a][p] >= lows) & ((sums[a][p] <= highs) | (highs == CAP - 1))
    return {name: set(sums[a][p][keep].tolist()) for (a, p), name in keys.items() if name in out.hidden}


def believed(name: str, small: set[str], insider: bool) -> range:
    """What an attacker takes a hidden figure to be before any arithmetic."""
    if not insider:
        return range(1, CAP)
    return range(1, 6) if name in small else range(6, CAP)


def tried(seed: int, shape) -> tuple[int, int]:
    """One random table: how many hidden figures were checked by trying every table, for insider and for reader."""
    rng = np.random.default_rng([seed, *shape])
    counts = rng.choice([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], shape, p=[0.2, 0.1, 0.1, 0.1, 0.05, 0.05, 0.1, 0.1, 0.1, 0.1])
    sheet = grid(counts.tolist())
    try:
        out = release([sheet], RULE)
    except BadInput:
        return 0, 0
    keys = {
        (a, p): "|".join(["lac"] + [f"age={a}"] * (a != "all") + [f"place={p}"] * (p != "all"))
        for a in ["all", *(f"a{i}" for i in range(shape[0]))]
        for p in ["all", *(f"p{j}" for j in range(shape[1]))]
    }
    truth = {cell.key: cell.value for cell in sheet.cells}
    small = {name for name in out.hidden if 1 <= truth[name] <= 5}
    checked = [0, 0]
    for number, insider in enumerate((True, False)):
        values = every_table(shape, out, keys, small, insider)
        for name, possible in (values or {}).items():
            assert truth[name] in possible
            wanted = 1 if insider or name not in small else RULE.protection
            assert max(possible) - min(possible) >= wanted, (counts.tolist(), name, possible)
            checked[number] += 1
    return tuple(checked)


@pytest.mark.slow
def test_trying_every_small_table_tells_nothing():
    done = np.array([tried(seed, shape) for shape in ((2, 2), (2, 3), (3, 2)) for seed in range(40)])
    assert (done.sum(axis=0) > 120).all(), done.sum(axis=0)


def test_figures_that_fit_are_whole_and_within_limits_or_none_are_found():
    """x + y + z = 0 with x the least: -4, 2, 2; and 2x + 2y = 3z has no whole answer where z is 1."""
    low, high = np.array([-9.0, -9, -9]), np.array([2.0, 2, 2])
    assert fitting(np.array([1, 0, 0]), np.array([[1.0, 1, 1]]), low, high).tolist() == [[-4, 2, 2]]
    low[2] = high[2] = 1
    assert len(fitting(np.zeros(3), np.array([[2.0, 2, -3]]), low, high)) == 0


def test_a_stricter_rule_leaves_what_earlier_releases_told_and_does_not_stop_the_next():
    """5 and 7 under a shown 12: with counts up to 9 small, the range that was left is all that can be asked."""
    first = release([column("lac", {"a": 5, "b": 7, "c": 40})], RULE, name="one")
    assert set(first.hidden) == {"lac|a", "lac|b"}
    stricter = replace(RULE, smallest_shown=10, protection=60)
    out = release([column("lac", {"a": 5, "b": 7, "c": 40})], stricter, [first], "two")
    assert set(out.hidden) == {"lac|a", "lac|b"} and audit(out, [first]) == []


def test_what_an_insider_knows_of_a_figure_is_what_all_releases_say_of_it():
    """7 was a large count under the old rule and is a small one under the new: 6 to 9."""
    old = Released("one", RULE, {}, {"x": Kept(False)}, {}, (), ())
    new = Released("two", replace(RULE, smallest_shown=10), {}, {"x": Kept(True)}, {}, (), ())
    system = System([old, new], new.rule)
    assert (system.low[INSIDER][0], system.high[INSIDER][0]) == (6, 9)


# ---- random tables and pairs of releases ----


@pytest.mark.slow
def test_random_tables_survive_every_attack_and_would_not_without_the_rest():
    score = attacks.main(60, seed=7)
    assert score["exact"] == 0 and score["narrowed"] == 0 and score["guarded"] > 300
    assert score["small only, exact"] > score["small only, guarded"] / 2, "the attack must be able to succeed"
    assert score["apart, exact"] > 0


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=2, max_size=4))
def test_what_is_shown_is_true_small_figures_never_are_and_the_same_tables_give_the_same_release(counts):
    sheet = grid(counts)
    try:
        out, truth = release([sheet], RULE), {cell.key: cell.value for cell in sheet.cells}
    except BadInput:
        return
    assert all(truth[key] == value and not 1 <= value <= 5 for key, value in out.shown.items())
    assert all(truth[key] != 0 for key in out.hidden)
    assert set(out.shown) | set(out.hidden) == set(truth)
    assert release([sheet], RULE) == out
    assert read_release(write_release(out)) == out


def test_the_gate_finds_a_release_that_was_tampered_with_and_says_no_hidden_figure():
    out = release([column("lac", {"kinship": 3, "residential": 17, "foster": 40})], RULE, name="June")
    open_ = replace(out, shown={**out.shown, "lac|residential": 17}, hidden={"lac|kinship": out.hidden["lac|kinship"]})
    found = audit(open_)
    assert {one.key for one in found} == {"lac|kinship"} and all(one.exact for one in found)
    with pytest.raises(BadInput, match="June is not safe to publish") as said:
        prove(open_)
    assert "3" not in str(said.value) and "17" not in str(said.value)


def test_a_release_keeps_no_hidden_figure():
    out = release([column("lac", {"kinship": 3, "residential": 1717, "foster": 4040})], RULE)
    text = write_release(out) + repr(out)
    assert "1717" not in text and "4040" in text
    with pytest.raises(BadInput, match="not a release as it was written"):
        read_release(text[:-40])


@pytest.mark.parametrize("edit", [("4040", "4041"), ("lac|foster", "lac|kinship2"), ('"name": "', '"name": "x')])
def test_an_edited_release_is_named_and_stopped(edit):
    out = release([column("lac", {"kinship": 3, "residential": 1717, "foster": 4040})], RULE, name="June")
    text = write_release(out)
    assert edit[0] in text
    with pytest.raises(BadInput, match="2011-05.json: this is not a release as it was written"):
        read_release(text.replace(*edit), "2011-05.json")


def test_a_record_of_an_older_version_is_read():
    """It also held the values' kinds, the tables' names and how each attack fared."""
    out = release([column("lac", {"kinship": 3, "residential": 17, "foster": 40})], RULE, name="May")
    held = json.loads(write_release(out))
    del held["seal"]  # there was none
    held["rule"]["money_protection"] = 0.2
    held["hidden"] = {key: kept | {"kind": "count", "actual": True} for key, kept in held["hidden"].items()}
    held |= {"sheets": {"lac": list(held["shown"])}, "withheld": [], "notes": [], "record": {"fared": []}}
    del held["exposed"]
    assert read_release(json.dumps(held)) == out


# ---- what is printed ----

OUT = release([column("lac", {"kinship": 3, "residential": 17, "foster": 40})], RULE, name="June")
SHARES = Table(
    "lac",
    "Placements",
    ("Placement", "Children", "Share"),
    (
        ("Kinship", "3", "5%"),
        ("Residential", "17", "28%"),
        ("Foster", FigureInText("40", "t/foster", "children"), "67%"),
        ("All", "60", ""),
    ),
    "children",
    "invented",
    ("Children", "Share"),
)
KEYS = [
    [None, "lac|kinship", ("lac|kinship", "lac")],
    [None, "lac|residential", ("lac|residential", "lac")],
    [None, "lac|foster", ("lac|foster", "lac")],
    [None, "lac", None],
]


def test_a_covered_table_shows_c_for_counts_and_for_shares_made_of_them():
    covered = cover(SHARES, KEYS, OUT)
    assert covered.rows[:2] == (("Kinship", "c", "c"), ("Residential", "c", "c"))
    assert covered.rows[2:] == SHARES.rows[2:] and covered.notes == OUT.notes


@pytest.mark.parametrize(
    "row, column_, key, said",
    [
        (2, 1, None, "row 3, column 'Children': a figure without a key"),
        (1, 2, None, "a figure without a key"),
        (3, 1, "lac|foster", "not the one released as lac|foster"),
        (3, 1, "cp", "cp has not been through disclosure control"),
    ],
)
def test_a_figure_that_cannot_be_traced_is_refused(row, column_, key, said):
    keys = [list(line) for line in KEYS]
    keys[row][column_] = key
    with pytest.raises(BadInput, match=said):
        cover(SHARES, keys, OUT)


def chart(data: Table, name: str = "lac") -> Figure:
    return Figure(name, "Placements", "40 foster", "invented", b"<svg/>", b"png", data)


def report(*blocks) -> Report:
    return Report("Title", "Slough", (), blocks, PRIVATE, "run")


def test_only_what_passed_the_gate_is_marked_public():
    covered = cover(SHARES, KEYS, OUT)
    told = Paragraph(
        (FigureInText("40", "history/foster", "children"), " and ", FigureInText("183", "answer/march", "children"))
    )
    whole = report(covered, chart(covered), told)
    counts, model = {"history/foster": "lac|foster"}, ("answer/",)
    assert mark(whole, OUT, [covered], counts, model).marking == PUBLIC
    for wrong, said in [
        (([], counts, model), "lac, lac"),
        (([covered], {}, model), "history/foster"),
        (([covered], counts, ()), "answer/march"),
        (([covered], {"history/foster": "lac|kinship"}, model), "history/foster"),
    ]:
        with pytest.raises(BadInput, match=f"cannot be public: {said}"):
            mark(whole, OUT, *wrong)
    for bare in (report(SHARES), report(chart(SHARES))):
        with pytest.raises(BadInput, match="cannot be public: lac"):
            mark(bare, OUT, [covered], counts, model)


def test_model_output_is_shown_however_small():
    row = ("March", FigureInText("2", "answer/march", "children"))
    table = Table("f", "Forecast", ("Month", "Children"), (row,), "children", "run", ("Children",))
    assert cover(table, [[None, MODEL]], OUT) == table
