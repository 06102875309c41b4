"""Which further figures to hide, so that no hidden one can be worked out."""

from dataclasses import dataclass

import numpy as np

from forecast.report.disclosure.system import ATTACKERS, System, changes, needs, prices
from forecast.report.disclosure.witness import Pool, cheapest, empty_pool, explore, room_of

SHOWN_AT_NO_PRICE = 1  # a figure hidden already costs next to nothing to move; above 0, so that witnesses stay small


class CannotProtect(Exception):
    """No choice of further cells protects the figure at `place`."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


@dataclass(frozen=True)
class Plan:
    """Which figures are hidden [n], and the witnesses against each attacker that prove them safe."""

    hidden: np.ndarray
    pools: dict[str, Pool]


def protect(system: System) -> Plan:
    """Hide what must be hidden, then what protects it, then show again what need not be hidden. Raises CannotProtect."""
    hidden = system.mask("hidden")
    plan = Plan(hidden, {attacker: empty_pool(len(hidden)) for attacker in ATTACKERS})
    return prune(system, hide_more(system, plan))


def hide_more(system: System, plan: Plan) -> Plan:
    """Secondary suppression: the cheapest cells, one hidden figure at a time, until every figure is safe from everyone."""
    while True:
        plan, short = search(system, plan)
        if short is None:
            return plan
        plan = _hide_for(system, plan, *short)


def search(system: System, plan: Plan) -> tuple[Plan, tuple[str, int] | None]:
    """The plan with its witnesses completed, and the first (attacker, figure) that is not safe, or None."""
    pools = dict(plan.pools)
    for attacker in ATTACKERS:
        need = needs(system, attacker, asked(system, plan.hidden))
        if not len(pools[attacker].short(need)):
            continue
        room = room_of(system.matrix, *changes(system, attacker, plan.hidden | system.mask("unseen")))
        pools[attacker] = explore(room, need, pools[attacker])
        short = pools[attacker].short(need)
        if len(short):
            return Plan(plan.hidden, pools), (attacker, int(short[0]))
    return Plan(plan.hidden, pools), None


def asked(system: System, hidden: np.ndarray) -> np.ndarray:
    """The figures to be guarded: those hidden, and small ones that no table shows."""
    return hidden | (system.mask("unseen") & system.mask("small"))


def _hide_for(system: System, plan: Plan, attacker: str, place: int) -> Plan:
    """The plan with the cheapest further cells hidden that widen one figure's range against one attacker."""
    pool = plan.pools[attacker]
    free = plan.hidden | system.mask("unseen") | system.mask("may_be_hidden")
    room = room_of(system.matrix, *changes(system, attacker, free))
    cost = np.where(plan.hidden | system.mask("unseen"), SHOWN_AT_NO_PRICE, prices(system))
    need = needs(system, attacker, asked(system, plan.hidden))
    for step in _steps(int(pool.missing(need)[place])):
        ends = [pool.up[place] + step] + ([] if need.upward[place] else [pool.down[place] - step])
        found = [cheapest(room, cost, place, end) for end in ends]
        ways = [change for change in found if change is not None]
        if ways:
            best = min(ways, key=lambda change: _price(change, cost, plan.hidden))
            more = (best != 0) & system.mask("may_be_hidden")
            return Plan(plan.hidden | more, plan.pools | {attacker: pool.plus(best)})
    raise CannotProtect(place)


def _steps(missing: int):
    """The whole of what is missing, then half of it, and so on to 1."""
    while missing >= 1:
        yield missing
        missing //= 2


def _price(change: np.ndarray, cost: np.ndarray, hidden: np.ndarray) -> float:
    return float(cost[(change != 0) & ~hidden].sum())


def prune(system: System, plan: Plan) -> Plan:
    """Show again, dearest first, each cell without which the rest is still safe."""
    cost = prices(system)
    extra = np.flatnonzero(plan.hidden & ~system.mask("hidden"))
    for place in sorted(extra, key=lambda number: -cost[number]):
        without = plan.hidden.copy()
        without[place] = False
        fewer, short = search(system, Plan(without, {name: pool.without(place) for name, pool in plan.pools.items()}))
        if short is None:
            plan = fewer
    return plan
