"""All figures of a release and of those before it as one system of sums, and how far each hidden one may still range.

Two attackers are kept in mind. The **reader** sees what is shown, knows how figures add up, and knows that a hidden
count is not 0. The **insider** also knows which hidden counts are the small ones: those are 1 to 5, the rest 6 or more.
A range counts only as far as whole figures that fit every sum were found, so a solver that fails hides too much, never
too little.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import inf

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from forecast.case.errors import BadInput
from forecast.report.disclosure.figures import Kept, Released, Rule

READER, INSIDER = "reader", "insider"
ATTACKERS = (INSIDER, READER)
NODES = 2000  # of branch and bound; a table that needs more is protected as if no other figures fitted
Figure = tuple[str, int]  # key, and how often it was revised before


class System:
    """The figures of some releases, oldest first; a figure that was revised is another figure.

    figures    all of them [n], in order
    shown      figure -> value, of those that any release shows
    revised    key -> how often it was revised
    need       attacker -> how wide a range each figure [n] must be left with; 0 where nothing is asked
    low, high  attacker -> what the attacker knows of each figure [n] before any arithmetic
    """

    def __init__(self, releases: Sequence[Released], rule: Rule) -> None:
        self.revised: Counter = Counter()
        self.shown: dict[Figure, float] = {}
        veiled: dict[Figure, list[tuple[Kept, Rule, bool]]] = {}
        rows: dict[tuple, None] = {}
        for one in releases:
            self.revised.update(one.revised)
            self.shown |= {(key, self.revised[key]): value for key, value in one.shown.items()}
            for printed, part in ((True, one.hidden), (False, one.unseen)):
                for key, kept in part.items():
                    veiled.setdefault((key, self.revised[key]), []).append((kept, one.rule, printed))
            for row in one.equations:
                rows[tuple((factor, (key, self.revised[key])) for factor, key in row)] = None
        self.rule = rule
        self.figures = sorted({*self.shown, *veiled})
        self.place = {figure: place for place, figure in enumerate(self.figures)}
        self.matrix = np.zeros((len(rows), len(self.figures)))
        for number, row in enumerate(rows):
            self.matrix[number, [self.place[figure] for _, figure in row]] = [factor for factor, _ in row]
        self.need, self.low, self.high = {}, {}, {}
        for attacker in ATTACKERS:
            known = [self._known(figure, veiled.get(figure, []), attacker) for figure in self.figures]
            self.low[attacker], self.high[attacker], self.need[attacker] = np.array(known, dtype=float).reshape(-1, 3).T

    def _known(self, figure: Figure, kept: list[tuple[Kept, Rule, bool]], attacker: str) -> tuple[float, float, int]:
        """Least, most and the width needed of one figure, for all that any release says of it."""
        if figure in self.shown:
            return self.shown[figure], self.shown[figure], 0
        limits = [_limits(one, rule, printed, attacker) for one, rule, printed in kept]
        low, high = max(least for least, _ in limits), min(most for _, most in limits)
        if low > high:  # a publisher hides as small what was larger: the latest word counts
            low, high = limits[-1]
        if not kept[-1][0].small:
            return low, high, any(printed for *_, printed in kept)
        return low, high, min(self.rule.protection, high - low) if attacker == READER else 1

    def limit_needs(self, left: Mapping[tuple[str, Figure], float]) -> None:
        """Ask for no wider a range than the releases before left: attacker and figure -> width."""
        for (attacker, figure), width in left.items():
            place = self.place[figure]
            self.need[attacker][place] = min(self.need[attacker][place], width)

    def widen(self, attacker: str, found: np.ndarray | None = None, to_the_end: bool = False) -> np.ndarray:
        """Figures that fit everything known [k x n], more and more, until each range is as wide as needed.

        found  such figures that are known already
        It stops at the first figure whose range stays too narrow, unless it is to go on `to_the_end`.
        Raises BadInput where no figures fit.
        """
        if found is None or not len(found):
            found = fitting(np.zeros(len(self.figures)), self.matrix, self.low[attacker], self.high[attacker])
        if not len(found):
            keys = [key for key, revised in self.figures if (key, revised) not in self.shown]
            raise BadInput(
                "no figures fit both this release and what was hidden before or by the publisher "
                f"({', '.join(keys[:4])}{', ...' * (len(keys) > 4)}). If some were revised since, name them "
                "as revised; if a sum does not hold, leave it out"
            )
        found = self._push(attacker, found, self.short(attacker, found))
        for place in self.short(attacker, found):
            found = self._push(attacker, found, np.array([place]))
            if place in self.short(attacker, found) and not to_the_end:
                break
        return found

    def _push(self, attacker: str, found: np.ndarray, places: np.ndarray) -> np.ndarray:
        """The same with figures in which these places are, together, as large, or as small, as they can or need be."""
        for sign in (1, -1):
            places = np.intersect1d(places, self.short(attacker, found))
            if len(places):
                low, high = self.low[attacker].copy(), self.high[attacker].copy()
                objective = np.zeros(len(self.figures))
                objective[places] = -sign
                low[places] = np.maximum(low, found.max(axis=0) - self.need[attacker])[places]
                high[places] = np.minimum(high, found.min(axis=0) + self.need[attacker])[places]
                found = np.vstack([found, fitting(objective, self.matrix, low, high)])
        return found

    def short(self, attacker: str, found: np.ndarray) -> np.ndarray:
        """The places of figures whose range, as far as it was found, is narrower than needed."""
        return np.flatnonzero(np.ptp(found, axis=0) < self.need[attacker])

    def detour(self, attacker: str, found: np.ndarray, figure: Figure, price: np.ndarray) -> np.ndarray:
        """Figures that fit [1 x n] and widen one figure's range, moving shown ones at the least price; [0 x n] if none.

        price  of hiding each figure [n]; infinite where it cannot be, or is hidden already
        """
        place, may, size = self.place[figure], np.isfinite(price), len(price)
        low = np.where(may, _limits(Kept(False), self.rule, True, attacker)[0], self.low[attacker])
        high = np.where(may, inf, self.high[attacker])
        step, ways = int(self.need[attacker][place] - np.ptp(found[:, place])), np.zeros((0, size))
        while step >= 1 and not len(ways):
            for base, up in ((found[found[:, place].argmax()], True), (found[found[:, place].argmin()], False)):
                least, most = np.zeros(2 * size), np.concatenate([high - base, base - low])
                least[place if up else place + size] = step
                most[place + size if up else place] = 0
                if (least <= most).all():
                    cost = np.tile(np.where(may, price, 1), 2)
                    moved = fitting(cost, np.hstack([self.matrix, -self.matrix]), least, most)
                    ways = np.vstack([ways, base + moved[:, :size] - moved[:, size:]])
            step //= 2
        spent = [price[may & (way != found[0])].sum() for way in ways]
        return ways[[int(np.argmin(spent))]] if spent else ways


def fitting(objective: np.ndarray, matrix: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Whole figures [1 x n] within limits with matrix @ figures = 0, least in `objective`; [0 x n] if none is found."""
    sums = LinearConstraint(matrix, 0, 0) if len(matrix) else ()
    made = milp(objective, integrality=1, bounds=Bounds(low, high), constraints=sums, options={"node_limit": NODES})
    if made.x is not None:
        whole = np.rint(made.x)
        if (matrix @ whole == 0).all() and (whole >= low).all() and (whole <= high).all():
            return whole[None]
    return np.zeros((0, len(objective)))


def _limits(kept: Kept, rule: Rule, printed: bool, attacker: str) -> tuple[float, float]:
    """What an attacker knows of a figure that is not shown: least and most."""
    if kept.known is not None:
        return kept.known
    if not printed:
        return 0, inf
    if attacker == READER:
        return 1, inf
    return (1, rule.largest_small) if kept.small else (rule.smallest_shown, inf)
