"""The last gate: tables in, the same figures out with every one hidden that could identify a child.

What is hidden
    A count of 1 to 5 actual children (the rule's figures stand in params). Then as many further cells as it takes that
    nobody can work a hidden one out, from all tables of this release and of those before it.
What is not
    Zeros and larger counts. Model output does not pass here: a mean of a forecast counts no child who exists.
What is not promised
    That a reader learns nothing: sums of hidden cells can be worked out. A revised figure shows by how much it was
    revised. Somebody who knows some of the children may know more than any table shows.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from forecast.case.errors import BadInput
from forecast.report.disclosure.figures import Equation, Kept, Released, Rule, Sheet
from forecast.report.disclosure.system import ATTACKERS, Figure, System

Left = Mapping[tuple[str, Figure], float]  # attacker and figure -> the width of its range
Found = dict[str, np.ndarray]  # attacker -> figures that fit what is shown [k x n], which prove how far each may range
UNLIKE = 1000  # weight of a figure's size beside its place, which only parts figures of one size


@dataclass(frozen=True)
class Finding:
    """A hidden figure, without its value, that an attacker can work out, or narrow further than the rule allows."""

    attacker: str
    key: str
    exact: bool


def release(
    tables: Sequence[Sheet],
    rule: Rule,
    earlier: Sequence[Released] = (),
    name: str = "this release",
    revised: Iterable[str] = (),
) -> Released:
    """Protect `tables` jointly, and with every release before (oldest first), and prove it by attack.

    revised  keys whose figure has changed since an earlier release that hid it; figures shown before are compared here
    Raises BadInput if figures do not add up, or no choice of hidden cells is safe.
    """
    cells: dict[str, float | None] = {}
    for cell in (cell for sheet in tables for cell in sheet.cells):
        if cells.setdefault(cell.key, cell.value) != cell.value:
            raise BadInput(
                f"two tables give {cell.key} differently. Give one figure one value, or two keys if they count "
                "different things"
            )
    before = System(earlier, rule)
    latest = dict(before.figures)
    known = {key: before.shown[key, at] for key, at in latest.items() if (key, at) in before.shown}
    changed = {key for key in cells if key in latest and key in set(revised)}
    changed |= {key for key in cells if key in known and cells[key] not in (None, known[key])}
    printed = dict.fromkeys(cell.key for sheet in tables if sheet.printed for cell in sheet.cells)
    equations = tuple(dict.fromkeys(row for sheet in tables for row in sheet.equations))
    _check_sums(equations, known | cells, latest.keys() | cells.keys())
    public = known.keys() - changed
    hidden_before = {key for one in earlier for key in one.hidden} - changed
    must = {key for key in printed if rule.is_small(cells[key]) or key in hidden_before - public}
    small = (1, rule.largest_small)
    kept = {key: Kept(rule.is_small(value), small if value is None else None) for key, value in cells.items()}

    def draft(hidden: set[str]) -> Released:
        return Released(
            name,
            rule,
            shown={key: cells[key] for key in printed if key not in hidden},
            hidden={key: kept[key] for key in printed if key in hidden},
            unseen={key: kept[key] for key in cells if key not in printed},
            equations=equations,
            revised=tuple(sorted(changed)),
            exposed=tuple(key for key in printed if key in must & public),
        )

    hidden = _hide_more(draft, must, {key: cells[key] for key in printed if key not in public and cells[key]}, earlier)
    made = draft(hidden)
    prove(made, earlier)
    return made


Draft = Callable[[set[str]], Released]


def _hide_more(draft: Draft, must: set[str], values: Mapping[str, float], earlier: Sequence[Released]) -> set[str]:
    """The cells to hide: those that must be, then the cheapest ones that make each of those safe, as few as are needed.

    draft   makes the release in which these cells are hidden
    values  of the cells that may be hidden: zeros never are, for hiding one buys nothing against an insider
    """
    hidden, found, left = set(must), {}, {}
    while True:
        system, found, short = _search([*earlier, draft(hidden)], found, left)
        if short is None:
            break
        attacker, figure = short
        price = np.full(len(system.figures), np.inf)  # of hiding each: a larger one costs more, so that totals stay
        for number, (key, value) in enumerate(values.items()):
            if key not in hidden:  # of equals the later is hidden
                price[system.place[key, system.revised[key]]] = UNLIKE * (1 + np.sqrt(value)) - number / len(values)
        way = system.detour(attacker, found[attacker], figure, price)
        if len(way):
            moved = (way != found[attacker][0])[0]
            hidden |= {key for key in values if key not in hidden and moved[system.place[key, system.revised[key]]]}
            found[attacker] = np.vstack([found[attacker], way])
        elif not left and (left := _left(earlier, system)):
            continue
        else:
            raise BadInput(
                f"{figure[0]} could be worked out, whatever else is hidden. Do not publish; ask who keeps the rule"
            )
    for key in sorted(hidden - must, key=lambda key: -values[key]):
        place = system.place[key, system.revised[key]]
        without = {attacker: rows[rows[:, place] == values[key]] for attacker, rows in found.items()}
        _, without, short = _search([*earlier, draft(hidden - {key})], without, left)
        if short is None:
            hidden, found = hidden - {key}, without
    return hidden


def _search(releases: Sequence[Released], found: Found, left: Left) -> tuple[System, Found, tuple[str, Figure] | None]:
    """Everything released as one system, the proofs with more added, and the first (attacker, figure) not safe."""
    system, found = System(releases, releases[-1].rule), dict(found)
    system.limit_needs(left)
    for attacker in ATTACKERS:
        found[attacker] = system.widen(attacker, found.get(attacker))
        short = system.short(attacker, found[attacker])
        if len(short):
            return system, found, (attacker, system.figures[short[0]])
    return system, found, None


def _left(earlier: Sequence[Released], system: System) -> Left:
    """What can still be asked for where releases told, or nearly told, a figure of the system by themselves."""
    if not earlier:
        return {}
    before, left = System(earlier, system.rule), {}
    for attacker in ATTACKERS:
        before.need[attacker] = np.array([system.need[attacker][system.place[figure]] for figure in before.figures])
        found = before.widen(attacker, to_the_end=True)
        left |= {(attacker, before.figures[at]): float(np.ptp(found[:, at])) for at in before.short(attacker, found)}
    return left


def audit(released: Released, earlier: Sequence[Released] = ()) -> list[Finding]:
    """Attack a release, with those before it, by all that a reader and an insider can see. An empty list is a pass.

    What the releases before told by themselves is not laid to this one.
    """
    releases = [*earlier, released]
    if _search(releases, {}, {})[2] is None:
        return []
    system = System(releases, released.rule)
    system.limit_needs(_left(earlier, system))
    found = {attacker: system.widen(attacker, to_the_end=True) for attacker in ATTACKERS}
    return [
        Finding(attacker, system.figures[at][0], bool(np.ptp(rows[:, at]) == 0))
        for attacker, rows in found.items()
        for at in system.short(attacker, rows)
    ]


def prove(released: Released, earlier: Sequence[Released] = ()) -> None:
    """Raises BadInput if any attack tells a hidden figure or narrows it too far."""
    if keys := sorted({one.key for one in audit(released, earlier)}):
        raise BadInput(
            f"{released.name} is not safe to publish. Hidden figures that can be worked out: {len(keys)}, such as "
            f"{', '.join(keys[:4])}"
        )


def _check_sums(equations: Sequence[Equation], figures: Mapping[str, float | None], held: Collection[str]) -> None:
    """Raises BadInput where a sum names a figure that nobody holds, or its figures do not add up."""
    if lost := {key for row in equations for _, key in row} - set(held):
        raise BadInput(
            f"sums name figures that no table holds: {', '.join(sorted(lost))}. Add them, in a table that is not "
            "printed if need be"
        )
    for row in equations:
        terms = [(factor, figures.get(key)) for factor, key in row]
        if all(value is not None for _, value in terms) and sum(factor * value for factor, value in terms):
            raise BadInput(
                f"these figures do not add up as they should: {', '.join(key for _, key in row)}. Correct them, or "
                "leave the sum out"
            )
