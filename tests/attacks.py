"""Random tables through disclosure control, attacked by code that shares nothing with it.

    python tests/attacks.py TABLES [SEED]    that many tables over all families; a test tries a few

The attacker has its own list of figures and sums, made from arrays of children, and two kinds of knowledge: as a reader
(a hidden figure is 1 or more) and as an insider (who also knows which hidden figures are the small ones).
"""

import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from itertools import product

import numpy as np
from scipy.optimize import linprog

from forecast.case.errors import BadInput
from forecast.report.disclosure.figures import Cell, Released, Rule, Sheet
from forecast.report.disclosure.release import release

RULE = Rule(smallest_shown=6, protection=3, source="test", reviewed=date(2026, 11, 23))
ALL = "all"
NEAR = 1e-6


@dataclass
class World:
    """What is true: figures by key, and sums as {key: factor}."""

    truth: dict[str, int] = field(default_factory=dict)
    sums: list[dict[str, int]] = field(default_factory=list)


# ---- families of tables, as a list of releases, each a list of (name, keys, printed) ----


def count(rng: np.random.Generator) -> int:
    """Children in a cell: none, few or many."""
    kind = rng.choice(3, p=[0.25, 0.35, 0.4])
    return 0 if kind == 0 else int(rng.integers(1, 6)) if kind == 1 else int(rng.integers(6, 60))


def children(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return np.array([count(rng) for _ in range(int(np.prod(shape)))]).reshape(shape)


def key(measure: str, place: tuple) -> str:
    return measure + "".join(f"|{axis}={at}" for axis, at in enumerate(place) if at != ALL)


def add_table(
    world: World, measure: str, array: np.ndarray, groups: dict[int, list[list[int]]] | None = None
) -> list[str]:
    """All cells, subtotals and totals of an array, and every sum among them; `groups` are subtotals along an axis."""
    groups = groups or {}
    members = [
        {str(at): [at] for at in range(size)}
        | {f"g{n}": group for n, group in enumerate(groups.get(axis, []))}
        | {ALL: list(range(size))}
        for axis, size in enumerate(array.shape)
    ]
    keys = []
    for place in product(*members):
        here = key(measure, place)
        world.truth[here] = int(array[np.ix_(*(members[axis][at] for axis, at in enumerate(place)))].sum())
        keys.append(here)
        for axis, at in enumerate(place):
            parts = parts_of(at, members[axis], groups.get(axis, []))
            if parts:
                world.sums.append(
                    {here: -1} | {key(measure, (*place[:axis], part, *place[axis + 1 :])): 1 for part in parts}
                )
    return keys


def parts_of(at: str, members: dict[str, list[int]], groups: list[list[int]]) -> list[str]:
    """The parts a total is made of: subtotals and what stands outside them; none for a single category."""
    if at == ALL:
        return [f"g{n}" for n in range(len(groups))] + [
            name
            for name, only in members.items()
            if len(only) == 1 and name.isdigit() and not any(only[0] in group for group in groups)
        ]
    return [str(number) for number in members[at]] if at.startswith("g") else []


def one_way(rng):
    world = World()
    size = int(rng.integers(2, 9))
    groups = {0: [[0, 1]]} if size > 3 and rng.random() < 0.5 else {}
    return world, [[("t", add_table(world, "lac", children(rng, (size,)), groups), True)]]


def two_way(rng):
    world = World()
    return world, [[("t", add_table(world, "lac", children(rng, tuple(rng.integers(2, 6, 2)))), True)]]


def subtotals(rng):
    world = World()
    groups = {0: [[0, 1], [2, 3]], 1: [[1, 2]] if rng.random() < 0.5 else []}
    return world, [[("t", add_table(world, "lac", children(rng, (int(rng.integers(4, 6)), 3)), groups), True)]]


def three_way(rng):
    world = World()
    return world, [[("t", add_table(world, "lac", children(rng, tuple(rng.integers(2, 4, 3)))), True)]]


def margins(world: World, array: np.ndarray) -> tuple[list[str], list[str]]:
    """Two tables of the same children, axes (0, 1) and (0, 2): they share axis 0 and the grand total."""
    cells = add_table(World(), "lac", array)
    full = World()
    add_table(full, "lac", array)
    first, second = ([one for one in cells if f"|{axis}=" not in one] for axis in (2, 1))
    kept = set(first) | set(second)
    world.truth |= {one: full.truth[one] for one in kept}
    world.sums += [one for one in full.sums if set(one) <= set(first) or set(one) <= set(second)]
    return first, second


def linked(rng):
    world = World()
    first, second = margins(world, children(rng, tuple(rng.integers(2, 5, 3))) // 2)
    return world, [[("by placement", first, True), ("by status", second, True)]]


def overlapping(rng):
    """Last month one breakdown of the children, this month another."""
    world = World()
    first, second = margins(world, children(rng, tuple(rng.integers(2, 5, 3))) // 2)
    return world, [[("by placement", first, True)], [("by status", second, True)]]


def stock_and_flow(rng):
    """Last month stock by category; this month stock, starts and ends."""
    world, size = World(), int(rng.integers(2, 5))
    before, starts = children(rng, (size,)), children(rng, (size,)) // 3
    ends = np.array([int(rng.integers(0, 1 + min(8, total))) for total in before + starts])
    keys = {
        name: add_table(world, name, array)
        for name, array in {"before": before, "now": before + starts - ends, "starts": starts, "ends": ends}.items()
    }
    for stock in keys["before"]:
        rest = stock.removeprefix("before")
        world.sums.append({"now" + rest: -1, stock: 1, "starts" + rest: 1, "ends" + rest: -1})
    return world, [[("before", keys["before"], True)], [(name, keys[name], True) for name in ("now", "starts", "ends")]]


def to_date(rng):
    """Year to date by category, two months running; nobody prints the month between."""
    world, size = World(), int(rng.integers(2, 6))
    before, month = children(rng, (size,)), children(rng, (size,)) // 4
    keys = {
        name: add_table(world, name, array)
        for name, array in {"before": before, "month": month, "now": before + month}.items()
    }
    for now in keys["now"]:
        rest = now.removeprefix("now")
        world.sums.append({now: -1, "before" + rest: 1, "month" + rest: 1})
    return world, [[("before", keys["before"], True)], [("now", keys["now"], True), ("month", keys["month"], False)]]


def longer(rng):
    """The same table again with one more category: the total is another figure, the old cells are not."""
    world = World()
    array = children(rng, (int(rng.integers(3, 6)), int(rng.integers(2, 4))))
    later = add_table(world, "lac", array)
    old = World()
    first = add_table(old, "lac", array[:-1])
    renamed = {one: one.replace("lac", "old") if "|0=" not in one else one for one in first}
    world.truth |= {renamed[one]: value for one, value in old.truth.items()}
    world.sums += [{renamed[one]: factor for one, factor in terms.items()} for terms in old.sums]
    return world, [[("then", [renamed[one] for one in first], True)], [("now", later, True)]]


def revised(rng):
    """The same table a month later, after some cells were corrected; what was not corrected is the same figure."""
    world = World()
    array = children(rng, (int(rng.integers(2, 5)), int(rng.integers(2, 5))))
    corrected = np.where(rng.random(array.shape) < 0.2, np.maximum(0, array + rng.integers(-2, 4, array.shape)), array)
    later, old = add_table(world, "lac", corrected), World()
    first = add_table(old, "lac", array)
    vintage = {one: one if old.truth[one] == world.truth[one] else f"{one}@0" for one in first}
    world.truth |= {vintage[one]: value for one, value in old.truth.items()}
    world.sums += [{vintage[one]: factor for one, factor in terms.items()} for terms in old.sums]
    return world, [[("t", [vintage[one] for one in first], True)], [("t", later, True)]]


FAMILIES = {
    "1-way": one_way,
    "2-way": two_way,
    "2-way, subtotals": subtotals,
    "3-way": three_way,
    "linked pair": linked,
    "two releases: other breakdown": overlapping,
    "two releases: stock and flow": stock_and_flow,
    "two releases: year to date": to_date,
    "two releases: longer series": longer,
    "two releases: corrected cells": revised,
}


# ---- publishing ----


def sheets(world: World, tables: list, before: set[str]) -> list[Sheet]:
    """The tables of one release, with the sums that lie within them and those that link them to what went before."""
    own = {one for _, keys, _ in tables for one in keys}
    mine = [
        terms for terms in world.sums if set(terms) <= own or (set(terms) <= own | before and not set(terms) <= before)
    ]
    sums = tuple(tuple((factor, public(one)) for one, factor in terms.items()) for terms in mine)
    made = [
        Sheet(name, tuple(Cell(public(one), world.truth[one]) for one in keys), (), printed)
        for name, keys, printed in tables
    ]
    return [Sheet(made[0].name, made[0].cells, sums, made[0].printed), *made[1:]]


def public(one: str) -> str:
    """The key under which a figure is published: without the mark of its vintage."""
    return one.split("@")[0]


def publish(world: World, releases: list, together: bool = True) -> list[Released]:
    """Each release in turn, in view of those before (or, to see what that is worth, as if there were none).

    One that no choice of hidden cells would protect is refused, and nothing is published after it.
    """
    out: list[Released] = []
    before: set[str] = set()
    for number, tables in enumerate(releases):
        changed = {public(one) for one in before if "@" in one} if together else set()
        made = sheets(world, tables, before if together else set())
        try:
            out.append(release(made, RULE, out if together else (), f"release {number}", changed))
        except BadInput as refusal:
            assert "could be worked out, whatever else is hidden" in str(refusal), refusal
            break
        before |= {one for _, keys, _ in tables for one in keys}
    return out


@dataclass
class View:
    """What an attacker has: figures shown and hidden (and, of an insider, which are small), figures in no table."""

    shown: dict[str, int]
    small: set[str]
    large: set[str]


def view(world: World, out: list[Released]) -> View:
    vintage = [
        {public(one): one for one in world.truth if "@" not in one}
        | {public(one): one for one in world.truth if one.endswith(f"@{number}")}
        for number in range(len(out))
    ]
    shown = {
        vintage[number][one]: int(value) for number, released in enumerate(out) for one, value in released.shown.items()
    }
    hidden = {vintage[number][one] for number, released in enumerate(out) for one in released.hidden} - set(shown)
    assert all(world.truth[one] == value for one, value in shown.items()), "a figure was changed"
    assert all(not 1 <= value <= 5 for value in shown.values()), "a small figure is shown"
    small = {one for one in hidden if 1 <= world.truth[one] <= 5}
    return View(shown, small, hidden - small)


def small_only(world: World, releases: list) -> View:
    """Primary suppression alone: what would be published without the rest."""
    printed = {one for tables in releases for _, keys, on in tables for one in keys if on}
    small = {one for one in printed if 1 <= world.truth[one] <= 5}
    return View({one: world.truth[one] for one in printed - small}, small, set())


# ---- attacks ----


def by_subtraction(world: World, seen: View) -> dict[str, float]:
    """Sums with one figure missing, until nothing new comes out."""
    known, before = dict(seen.shown), -1
    while len(known) > before:
        before = len(known)
        for terms in world.sums:
            unknown = [one for one in terms if one not in known]
            if len(unknown) == 1:
                known[unknown[0]] = -sum(f * known[one] for one, f in terms.items() if one in known) / terms[unknown[0]]
    return {one: known[one] for one in known if one not in seen.shown}


def ranges(world: World, seen: View, insider: bool, wanted: dict[str, int]) -> dict[str, tuple[int, int]]:
    """Least and most whole value of each wanted figure by linear programming, until the range is wide enough.

    wanted  key -> how many whole values make the range wide enough
    """
    names = [one for one in world.truth if one not in seen.shown and any(one in terms for terms in world.sums)]
    place = {one: number for number, one in enumerate(names)}
    rows = [terms for terms in world.sums if any(one in place for one in terms)]
    matrix, right = np.zeros((len(rows), len(names))), np.zeros(len(rows))
    for number, terms in enumerate(rows):
        for one, factor in terms.items():
            if one in place:
                matrix[number, place[one]] = factor
            else:
                right[number] -= factor * seen.shown[one]
    bounds = [limits(one, seen, insider) for one in names]
    found: dict[str, tuple[int, int]] = {}
    least, most = np.full(len(names), np.inf), np.full(len(names), -np.inf)
    for one in [name for name in names if name in wanted]:
        at, done = place[one], set()
        for sign in (1, -1):
            if whole(most[at]) - whole(least[at], up=True) + 1 >= wanted[one]:
                break
            answer = linprog(np.eye(len(names))[at] * sign, A_eq=matrix, b_eq=right, bounds=bounds)
            if answer.status == 3:  # without end
                done.add(sign)
                continue
            assert answer.status == 0, answer.message
            least, most = np.minimum(least, answer.x), np.maximum(most, answer.x)
        low = 0 if 1 in done else least[at]
        found[one] = (whole(low, up=True), 10**6 if -1 in done else whole(most[at]))
    return found


def whole(value: float, up: bool = False) -> int:
    if not np.isfinite(value):
        return 10**6 if up else -(10**6)
    return int(np.ceil(value - NEAR)) if up else int(np.floor(value + NEAR))


def limits(one: str, seen: View, insider: bool) -> tuple[int, int | None]:
    if one in seen.small:
        return (1, 5) if insider else (1, None)
    if one in seen.large:
        return (6, None) if insider else (1, None)
    return 0, None


def assail(world: World, seen: View, guarded: set[str]) -> Counter:
    """Every attack: figures told exactly, by each, and small figures narrowed further than the rule allows."""
    told = {one for one, value in by_subtraction(world, seen).items() if one in guarded and value == world.truth[one]}
    score = Counter(guarded=len(guarded), subtraction=len(told))
    exact: set[str] = set(told)
    for insider in (True, False):
        enough = {one: 2 if insider or one in seen.large else RULE.protection + 1 for one in guarded}
        for one, (low, high) in ranges(world, seen, insider, enough).items():
            if low == high:
                assert low == world.truth[one], "the attack itself is wrong"
                exact.add(one)
            score["narrowed"] += low < high < low + enough[one] - 1
    return score + Counter(exact=len(exact))


def unprinted_small(world: World, releases: list) -> set[str]:
    return {
        one for tables in releases for _, keys, on in tables for one in keys if not on and 1 <= world.truth[one] <= 5
    }


def trial(family: str, seed: int, number: int, baselines: bool = True) -> Counter:
    """One table or pair: published, attacked; and attacked as it would be with less care."""
    world, releases = FAMILIES[family](np.random.default_rng([seed, list(FAMILIES).index(family), number]))
    start = time.perf_counter()
    out = publish(world, releases)
    score = Counter(tables=1, seconds=time.perf_counter() - start)
    seen, extra = view(world, out), unprinted_small(world, releases)
    printed = {one for tables in releases for _, keys, on in tables for one in keys if on}
    refused = {one for one in printed - set(seen.shown) if 1 <= world.truth[one] <= 5}
    score += assail(world, seen, seen.small | seen.large | extra | refused)
    score.update(
        cells=len(printed),
        hidden=len(printed) - len(seen.shown),
        small=len(seen.small),
        refused=len(releases) - len(out),
    )
    if baselines:
        bare = small_only(world, releases)
        score.update({f"small only, {name}": value for name, value in assail(world, bare, bare.small | extra).items()})
    if baselines and len(releases) > 1:
        apart = view(world, publish(world, releases, together=False))
        try:
            score.update(
                {
                    f"apart, {name}": value
                    for name, value in assail(world, apart, apart.small | apart.large | extra).items()
                }
            )
        except AssertionError:
            score["apart, broken"] += 1
    return score


def main(wanted: int, seed: int = 1) -> Counter:
    """That many tables over all families; prints what each family gave, returns the sum."""
    total, share = Counter(), -(-wanted // len(FAMILIES))
    for family in FAMILIES:
        start, score = time.perf_counter(), Counter()
        for number in range(share):
            score.update(trial(family, seed, number))
        total.update(score)
        report(family, score, time.perf_counter() - start)
    report("all", total, 0)
    return total


def report(family: str, score: Counter, seconds: float) -> None:
    hidden = f"{score['hidden'] / score['cells']:.1%} of cells hidden ({score['small'] / score['cells']:.1%} small)"
    bare = f"small only: {score['small only, exact']} of {score['small only, guarded']} told"
    apart = f"; apart: {score['apart, exact']} of {score['apart, guarded']} told" if score["apart, guarded"] else ""
    print(
        f"{family}: {score['tables']} tables, {score['guarded']} hidden figures, told {score['exact']} "
        f"(subtraction {score['subtraction']}), narrowed {score['narrowed']}; {hidden}; refused {score['refused']}; "
        f"{bare}{apart}; {1000 * score['seconds'] / score['tables']:.0f} ms to protect, {seconds:.0f} s in all",
        flush=True,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
