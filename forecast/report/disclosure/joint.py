"""One release and all before it as one set of figures, to be protected together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from forecast.case.errors import BadInput
from forecast.report.disclosure.attack import Fared, Finding, attack, blind
from forecast.report.disclosure.protect import Plan
from forecast.report.disclosure.released import HIDDEN, Kept, Record, Released
from forecast.report.disclosure.rule import Rule
from forecast.report.disclosure.sheets import MONEY, Cell, Equation, Sheet
from forecast.report.disclosure.system import System, Unknown, check_sums, system_of

Left = dict[str, dict[str, int]]  # key -> attacker -> the widest range that can still be asked for


@dataclass(frozen=True)
class Stacked:
    """Releases as one set of figures and equations; `revised` are the keys whose figure changed after a release."""

    unknowns: dict[str, Unknown]
    equations: tuple[Equation, ...]
    revised: frozenset[str]


def stack(
    releases: Sequence[Released], now: Mapping[str, float | None] | None = None, revised: Iterable[str] = ()
) -> Stacked:
    """Releases, oldest first, as one. A figure that was revised later is a figure of its own, "KEY @ EDITION".

    now      key -> true figure, or None, of the release about to be made
    revised  keys revised since they were last released
    """
    editions = _Editions()
    held: list[tuple[tuple[str, int], Unknown]] = []
    equations: list[tuple[tuple[int, tuple[str, int]], ...]] = []
    for one in releases:
        unknowns = _unknowns_of(one)
        editions.note({unknown.key: unknown.value for unknown in unknowns}, one.revised)
        held += [((unknown.key, editions.of(unknown.key)), unknown) for unknown in unknowns]
        equations += [
            tuple((factor, (key, editions.of(key))) for factor, key in equation.terms) for equation in one.equations
        ]
    changed = editions.note(dict(now or {}), revised)
    stacked: dict[str, Unknown] = {}
    for edition, unknown in held:
        name = editions.name(edition)
        stacked[name] = _merged(stacked.get(name), replace(unknown, key=name))
    named = [Equation(tuple((factor, editions.name(edition)) for factor, edition in terms)) for terms in equations]
    return Stacked(stacked, tuple(dict.fromkeys(named)), changed)


class _Editions:
    """Which edition of each figure is in force, release by release."""

    def __init__(self) -> None:
        self.latest: dict[str, int] = {}
        self.values: dict[str, float] = {}

    def note(self, figures: Mapping[str, float | None], revised: Iterable[str]) -> frozenset[str]:
        """Take in a release's figures (None: not shown); the keys of which it has another edition than those before."""
        changed = frozenset(
            key for key in figures if key in self.latest and (key in set(revised) or self._differs(key, figures[key]))
        )
        self.latest |= {key: self.of(key) + (key in changed) for key in figures}
        self.values |= {key: value for key, value in figures.items() if value is not None}
        return changed

    def of(self, key: str) -> int:
        return self.latest.get(key, 0)

    def name(self, edition: tuple[str, int]) -> str:
        """The key itself for the latest edition."""
        key, number = edition
        return key if number == self.of(key) else f"{key} @ {number}"

    def _differs(self, key: str, value: float | None) -> bool:
        return value is not None and key in self.values and self.values[key] != value


def _unknowns_of(one: Released) -> list[Unknown]:
    shown = [Unknown(key, value, public=True) for key, value in one.shown.items()]
    hidden = [
        Unknown(key, None, kept.kind, kept.actual, kept.small, hidden=True, known=kept.known)
        for key, kept in one.hidden.items()
    ]
    unseen = [
        Unknown(key, None, kept.kind, kept.actual, kept.small, unseen=True, known=kept.known)
        for key, kept in one.unseen.items()
    ]
    return shown + hidden + unseen


def _merged(older: Unknown | None, newer: Unknown) -> Unknown:
    """One figure of two releases: shown by either, it is public; hidden by either, it is hidden."""
    if older is None:
        return newer
    return min((newer, older), key=lambda one: (not one.public, not one.hidden))


class Joint:
    """Tables to be released with those released before."""

    def __init__(
        self, tables: Sequence[Sheet], rule: Rule, earlier: tuple[Released, ...], revised: frozenset[str]
    ) -> None:
        self.tables, self.rule = tables, rule
        self.cells = cells_of(tables)
        self.own = tuple(dict.fromkeys(equation for sheet in tables for equation in sheet.equations))
        held = {key: cell.value for key, cell in self.cells.items()}
        self.before = stack(earlier, held, revised)
        lost = {key for equation in self.own for key in equation.keys} - set(self.cells) - set(self.before.unknowns)
        if lost:
            raise BadInput(
                f"sums name figures that no table holds: {', '.join(sorted(lost))}. Add them, in a table that is not printed if need be"
            )
        before = {key: Cell(key, one.value) for key, one in self.before.unknowns.items() if one.public}
        check_sums(before | self.cells, self.own)

    def left_before(self) -> Left:
        """What could be worked out, or nearly, from the earlier releases alone."""
        return left_by(attack_stacked(self.before, self.rule)[0])

    def system(self, withheld: frozenset[str], left: Left) -> System:
        """The joint system, with nothing hidden but what must be."""
        printed = {
            cell.key for sheet in self.tables if sheet.printed and sheet.name not in withheld for cell in sheet.cells
        }
        unknowns = [self._unknown(cell, printed) for cell in self.cells.values()]
        unknowns += [one for key, one in self.before.unknowns.items() if key not in self.cells]
        unknowns = [replace(one, left=left.get(one.key, {})) for one in unknowns]
        return system_of(unknowns, tuple(dict.fromkeys(self.own + self.before.equations)), self.rule)

    def _unknown(self, cell: Cell, printed: set[str]) -> Unknown:
        small, known = is_small(cell, self.rule), cell.known
        if cell.value is None and known is None:
            known = (1, self.rule.largest_small)
        held = self.before.unknowns.get(cell.key)
        public = held is not None and held.public
        hidden = not public and (held is not None and held.hidden or (small and cell.key in printed))
        unseen = not (public or hidden or cell.key in printed)
        return Unknown(cell.key, cell.value, cell.kind, cell.actual, small, public, hidden, unseen, known)

    def withhold(self, key: str, withheld: frozenset[str]) -> frozenset[str]:
        """One more step of withholding: the tables that hold the figure, else all. Raises BadInput if all are withheld."""
        printed = {sheet.name for sheet in self.tables if sheet.printed}
        holding = {
            sheet.name for sheet in self.tables if sheet.printed and any(cell.key == key for cell in sheet.cells)
        }
        if withheld >= printed:
            raise BadInput(
                f"{key} could be worked out from what is public already, whatever is hidden now. Do not publish; ask who keeps the rule"
            )
        return withheld | holding if holding - withheld else frozenset(printed)

    def released(self, name: str, system: System, plan: Plan, withheld: frozenset[str]) -> Released:
        """The release a plan makes."""
        hidden = {one.key for one, on in zip(system.unknowns, plan.hidden, strict=True) if on}
        sheets = {sheet.name: tuple(cell.key for cell in sheet.cells) for sheet in self.tables if sheet.printed}
        printed = {key for sheet, keys in sheets.items() if sheet not in withheld for key in keys}
        exposed = {key for key in printed - hidden if is_small(self.cells[key], self.rule)}
        told = {one.key for one in system.unknowns if 0 in one.left.values()}
        kept = {key: kept_of(cell, self.rule) for key, cell in self.cells.items()}
        return Released(
            name,
            self.rule,
            shown={key: cell.value for key, cell in self.cells.items() if key in printed - hidden - exposed},
            hidden={key: one for key, one in kept.items() if key in (hidden & printed) | exposed},
            sheets=sheets,
            withheld=tuple(sheet for sheet in sheets if sheet in withheld),
            unseen={key: one for key, one in kept.items() if key not in printed},
            equations=self.own,
            revised=tuple(sorted(key for key in self.before.revised if key in self.cells)),
            notes=_notes(self.rule, hidden, withheld),
            record=_record(self.cells, self.rule, hidden & printed, exposed | told),
        )


def is_small(cell: Cell, rule: Rule) -> bool:
    """Whether a cell is hidden for its own sake: so few actual children, or what so few cost."""
    if cell.value is None:
        return True
    return cell.actual and rule.is_small(cell.children if cell.kind == MONEY else cell.value)


def cells_of(tables: Sequence[Sheet]) -> dict[str, Cell]:
    """Key -> cell. Raises BadInput if two tables give one figure two values, or two tables share a name."""
    held: dict[str, Cell] = {}
    for cell in (cell for sheet in tables for cell in sheet.cells):
        if held.setdefault(cell.key, cell) != cell:
            raise BadInput(
                f"two tables give {cell.key} differently. Give one figure one value, or two keys if they count different things"
            )
    names = [sheet.name for sheet in tables]
    if len(set(names)) < len(names):
        raise BadInput("two tables have one name. Give each its own")
    return held


def kept_of(cell: Cell, rule: Rule) -> Kept:
    known = cell.known or ((1, rule.largest_small) if cell.value is None else None)
    return Kept(cell.kind, cell.actual, is_small(cell, rule), known)


def _record(cells: Mapping[str, Cell], rule: Rule, hidden: set[str], exposed: set[str]) -> Record:
    small = [key for key in cells if key in hidden and is_small(cells[key], rule)]
    return Record(
        tuple(small),
        tuple(key for key in cells if key in hidden and key not in small),
        tuple(key for key in cells if key in exposed),
    )


def _notes(rule: Rule, hidden: set[str], withheld: frozenset[str]) -> tuple[str, ...]:
    """What stands under a table with hidden figures."""
    notes = []
    if hidden:
        notes.append(
            f"{HIDDEN}: hidden to protect confidentiality. A figure of 1 to {rule.largest_small} children, or one from which such a figure could be worked out. 0 is shown as 0."
        )
    if withheld:
        notes.append(
            "A table is withheld: no choice of hidden figures would have kept its small ones from being worked out."
        )
    return tuple(notes)


def left_by(findings: Iterable[Finding]) -> Left:
    """What attacks left of the ranges asked for: 0 where the figure was told, 1 where it was narrowed too far."""
    left: Left = {}
    for one in findings:
        held = left.setdefault(one.key, {})
        held[one.attacker] = min(held.get(one.attacker, 1), 0 if one.exact else 1)
    return left


def stacked_before(released: Released, earlier: Sequence[Released]) -> Stacked:
    """What came before a release, its figures named as they are beside it."""
    now = dict.fromkeys([*released.hidden, *released.unseen]) | dict(released.shown)
    return stack(earlier, now, released.revised)


def attack_stacked(stacked: Stacked, rule: Rule) -> tuple[list[Finding], list[Fared]]:
    """Every attack on releases as one."""
    return attack(blind(system_of(list(stacked.unknowns.values()), stacked.equations, rule)), stacked.equations)
