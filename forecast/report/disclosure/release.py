"""The last gate: tables in, the same tables out with every figure hidden that could identify a child.

What is hidden
    A count of 1 to 5 actual children (the rule's figures stand in params), and the cost of so few. Then as many further
    cells as it takes that nobody can work a hidden one out, from all tables of this release and of those before it.
What is not
    Zeros, larger counts, and model output: a mean or a quantile of a forecast counts no child who exists. A forecast
    is still hidden where it would give away an actual count, as in "year to date + rest of year = whole year". Scenarios
    over one actual base share its keys, hence its suppression; the difference of two scenarios is model output.
What is not promised
    That a reader learns nothing: sums of hidden cells can be worked out. A revised figure shows by how much it was
    revised. Somebody who knows some of the children may know more than any table shows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from forecast.case.errors import BadInput
from forecast.report.disclosure.attack import Fared, Finding, complete
from forecast.report.disclosure.joint import (
    Joint,
    Left,
    attack_stacked,
    cells_of,
    kept_of,
    left_by,
    stack,
    stacked_before,
)
from forecast.report.disclosure.protect import CannotProtect, protect
from forecast.report.disclosure.released import Record, Released
from forecast.report.disclosure.rule import Rule
from forecast.report.disclosure.sheets import Sheet
from forecast.report.disclosure.system import check_sums

ENOUGH = 2  # more than any width that `left_by` counts


def release(
    tables: Sequence[Sheet],
    rule: Rule,
    earlier: Sequence[Released] = (),
    name: str = "this release",
    revised: Iterable[str] = (),
) -> Released:
    """Protect `tables` jointly, and with every release before (oldest first), and prove it by attack.

    revised  keys whose figure has changed since an earlier release that hid it; figures shown before are compared here
    Raises BadInput if figures do not add up, or if no choice of cells is safe even with every table withheld.
    """
    joint = Joint(tables, rule, tuple(earlier), frozenset(revised))
    withheld: frozenset[str] = frozenset()
    left: Left = {}
    while True:
        system = complete(joint.system(withheld, left))
        try:
            plan = protect(system)
        except CannotProtect as failed:
            key = system.unknowns[failed.place].key
            left, before = left or joint.left_before(), left
            withheld = withheld if key in left and key not in before else joint.withhold(key, withheld)
            continue
        made = joint.released(name, system, plan, withheld)
        return replace(made, record=replace(made.record, fared=tuple(prove(made, earlier))))


def as_published(tables: Sequence[Sheet], rule: Rule, name: str) -> Released:
    """What somebody else published, such as the DfE, with what they hid (cells of value None), as an earlier release."""
    cells = cells_of(tables)
    check_sums(cells, (equation for sheet in tables for equation in sheet.equations))
    hidden = {
        key: replace(kept_of(cell, rule), small=None if cell.known else True)
        for key, cell in cells.items()
        if cell.value is None
    }
    return Released(
        name,
        rule,
        shown={key: cell.value for key, cell in cells.items() if cell.value is not None},
        hidden=hidden,
        sheets={sheet.name: tuple(cell.key for cell in sheet.cells) for sheet in tables},
        withheld=(),
        unseen={},
        equations=tuple(dict.fromkeys(equation for sheet in tables for equation in sheet.equations)),
        revised=(),
        notes=(),
        record=Record(tuple(hidden), (), ()),
    )


def audit(released: Released, earlier: Sequence[Released] = ()) -> list[Finding]:
    """Attack a release, with those before it, by every means held. An empty list is a pass."""
    return _attacked(released, earlier)[0]


def prove(released: Released, earlier: Sequence[Released] = ()) -> list[Fared]:
    """How each attack fared. Raises BadInput if any told a hidden figure or narrowed it too far."""
    found, fared = _attacked(released, earlier)
    if found:
        keys = sorted({one.key for one in found})
        raise BadInput(
            f"{released.name} is not safe to publish. Hidden figures that can be worked out: {len(keys)}, such as {', '.join(keys[:4])}"
        )
    return fared


def _attacked(released: Released, earlier: Sequence[Released]) -> tuple[list[Finding], list[Fared]]:
    """The attacks on everything released, less what could be worked out as well before the last release."""
    found, fared = attack_stacked(stack([*earlier, released]), released.rule)
    before = left_by(attack_stacked(stacked_before(released, earlier), released.rule)[0]) if found and earlier else {}
    return [one for one in found if before.get(one.key, {}).get(one.attacker, ENOUGH) > (0 if one.exact else 1)], fared
