"""Attacks on what is shown. They read only what a reader can read, and are the gate before anything is published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from forecast.case.errors import BadInput
from forecast.report.disclosure.protect import asked
from forecast.report.disclosure.sheets import COUNT, Equation
from forecast.report.disclosure.system import ATTACKERS, INSIDER, System, changes, needs, range_of, with_values
from forecast.report.disclosure.witness import empty_pool, explore, room_of, solve

SUBTRACTION, RANGES = "subtraction", "linear programming"


@dataclass(frozen=True)
class Finding:
    """A hidden figure that an attack told, or narrowed further than the rule allows. It names the figure, never its value."""

    attack: str
    attacker: str
    key: str
    exact: bool


@dataclass(frozen=True)
class Fared:
    """How one attack fared: hidden figures tried, told exactly, and narrowed too far."""

    attack: str
    attacker: str
    tried: int
    told: int
    narrowed: int


def subtract(shown: Mapping[str, float], equations: Sequence[Equation]) -> dict[str, float]:
    """What comes out by filling in, again and again, each equation with one figure missing."""
    known, news = dict(shown), True
    while news:
        news = False
        for equation in equations:
            missing = [(factor, key) for factor, key in equation.terms if key not in known]
            if len(missing) == 1:
                factor, key = missing[0]
                known[key] = -sum(f * known[k] for f, k in equation.terms if k != key) / factor
                news = True
    return {key: value for key, value in known.items() if key not in shown}


def complete(system: System) -> System:
    """The system with a value that fits for every figure that is None, as small as can be. Raises BadInput if none fit."""
    lost = np.array([one.value is None for one in system.unknowns], dtype=bool)
    if not lost.any():
        return system
    held = np.array([0 if one.value is None else one.value for one in system.unknowns], dtype=float)
    ends = [range_of(one, INSIDER, system.rule) for one, on in zip(system.unknowns, lost, strict=True) if on]
    low, high = np.array(ends, dtype=float).T
    part = system.matrix[:, np.flatnonzero(lost)]
    touched = np.unique(part.indices)
    whole = np.array([one.kind == COUNT and one.actual for one, on in zip(system.unknowns, lost, strict=True) if on])
    found = solve(np.ones(int(lost.sum())), part[touched], -(system.matrix @ held)[touched], low, high, whole)
    if found is None:
        raise BadInput(_unfit([one.key for one, on in zip(system.unknowns, lost, strict=True) if on]))
    held[lost] = found
    return with_values(system, held)


def _unfit(keys: list[str]) -> str:
    return (
        f"no figures fit both this release and what was hidden before or by the publisher ({', '.join(keys[:4])}"
        f"{', ...' if len(keys) > 4 else ''}). If some were revised since, name them as revised; if a sum does not hold, leave it out"
    )


def attack(system: System, equations: Sequence[Equation]) -> tuple[list[Finding], list[Fared]]:
    """Every attack on a system whose hidden figures are None: what was found, and how each attack fared."""
    hidden = system.mask("hidden")
    guarded = np.flatnonzero(asked(system, hidden))
    told = subtract({one.key: one.value for one in system.unknowns if one.value is not None}, equations)
    found = [
        Finding(SUBTRACTION, INSIDER, system.unknowns[place].key, True)
        for place in guarded
        if system.unknowns[place].key in told
    ]
    fared = [Fared(SUBTRACTION, INSIDER, len(guarded), len(found), 0)]
    full = complete(system)
    for attacker in ATTACKERS:
        short = _narrowed(full, hidden, attacker)
        found += short
        fared.append(
            Fared(RANGES, attacker, len(guarded), sum(one.exact for one in short), sum(not one.exact for one in short))
        )
    return found, fared


def _narrowed(system: System, hidden: np.ndarray, attacker: str) -> list[Finding]:
    """Hidden figures whose range is narrower than the rule allows, as far as whole figures that fit can be found."""
    need = needs(system, attacker, asked(system, hidden))
    room = room_of(system.matrix, *changes(system, attacker, hidden | system.mask("unseen")))
    pool = explore(room, need, empty_pool(len(hidden)), to_the_end=True)
    return [
        Finding(RANGES, attacker, system.unknowns[place].key, bool(pool.up[place] == pool.down[place]))
        for place in pool.short(need)
    ]


def blind(system: System) -> System:
    """The system as an attacker has it: hidden and unseen figures without their values."""
    return replace(
        system, unknowns=tuple(replace(one, value=None) if one.hidden or one.unseen else one for one in system.unknowns)
    )
