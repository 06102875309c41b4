"""The model of the live page: one case opened once, and what any position of its levers does to it.

Every position is judged by the checks of a scenario file and simulated on the same draws, so that what is shown is what
a full run of the same changes would say. Only the work is less: what a lever does not touch is remembered, and the
expected path, which the page does not show, is left out.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from forecast.case import Assumptions
from forecast.case.documents import Change
from forecast.case.errors import BadInput
from forecast.case.layers import CENTRAL, read_scenario
from forecast.case.reader import Document
from forecast.case.wording import named, nearest
from forecast.live.levers import Lever, read_levers
from forecast.model import projection
from forecast.model.cases import OpenCase, open_case
from forecast.model.projection import Base, Projection
from forecast.questions import answer
from forecast.questions.compare import difference
from forecast.report import words
from forecast.runs.folders import settled

THREADS = 2
MOST = 3  # levers on the first screen
PAGE = "page"
NAME = "As set on this page"
REASON = "Set on the live page"
CHANCE, CALL, EXHAUSTION = 1, 5, 7  # places in the sentences of the answer page


class Refused(BadInput):
    """A position of the levers that cannot be used: key -> what is wrong with its value."""

    def __init__(self, problems: dict[str, str]):
        super().__init__("\n".join(problems.values()))
        self.problems = problems


@dataclass(frozen=True)
class Shown:
    """What the page shows of one position of the levers, in the shape of the answer: scenario `page` beside `central`.

    Money in pounds, months as 2011-06, ranges from the 10th to the 90th percentile of the draws.
    """

    assumptions: Assumptions
    answer: dict

    @property
    def scenario(self) -> dict:
        return self.answer["scenarios"][PAGE]

    @property
    def sentences(self) -> list[str]:
        """The headline, sentence by sentence."""
        return words.headline(self.answer, PAGE)

    def month_ends(self, group: str, slug: str = PAGE) -> list[dict]:
        """Children at every month end."""
        return self.answer["scenarios"][slug]["children"][group]["month_ends"]


class OnPage(Document):
    """A scenario that is not in a file: its faults are sentences without file and line."""

    def problem(self, path: tuple, sentence: str) -> BadInput:
        return BadInput(sentence)


class Live:
    """One case, open, with its central scenario projected. Not for two threads at once."""

    def __init__(self, case: OpenCase, base: Base, levers: dict[str, list[Lever]], tried: list[dict] = ()):
        self.case, self.groups, self.tried = case, levers, tried
        self.base = base.without_expected()
        self.levers = {lever.key: lever for group in levers.values() for lever in group}
        self.central = projection.project(self.base, case.central)
        central = figures(self.base, self.central, self.central)
        self._told = answer.head(base) | {"scenarios": {CENTRAL: central}}

    @property
    def matter(self) -> list[Lever]:
        """The levers that alone would do most for the chance, as the case's run found; none where there is no run.

        Setting more money aside, or finding savings, is no answer to what may change.
        """
        best = sorted(self.tried, key=lambda row: -row["chance"])
        keys = [row["key"] for row in best if row["key"].startswith("levers.") and row["key"] in self.levers]
        return [self.levers[key] for key in keys[:MOST]]

    def start(self, slug: str) -> Assumptions:
        """A scenario held. Raises BadInput naming the nearest right one."""
        return named(self.case.scenarios, slug)

    def show(self, changes: dict[str, float], start: str = CENTRAL) -> Shown:
        """What the levers do, put at `changes` on top of the scenario `start`. Raises Refused."""
        a = self.assumptions(changes, start)
        projected = projection.project(self.base, a)
        scenarios = self._told["scenarios"] | {PAGE: figures(self.base, projected, self.central)}
        return Shown(a, self._told | {"scenarios": scenarios})

    def assumptions(self, changes: dict[str, float], start: str = CENTRAL) -> Assumptions:
        """The central assumptions with the scenario's and the page's changes, checked as a file's. Raises Refused."""
        held = self.start(start)
        moved = self.changes_from(held, changes, {}, REASON)
        return held if moved == held.scenario.changes else self.checked(NAME, REASON, moved)

    def changes_from(
        self, start: Assumptions, changes: dict[str, float], why: dict[str, str], reason: str
    ) -> dict[str, Change]:
        """What differs from central: the changes of `start`, under those of the page that move a lever."""
        problems, held = {}, dict(start.scenario.changes)
        for key, value in changes.items():
            if key not in self.levers:
                problems[key] = f"{key[:60]} is not a lever of this page. {nearest(key, list(self.levers))}"
            elif isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
                problems[key] = f"{self.levers[key].name} is not a number. Write digits such as 1.1"
        if problems:
            raise Refused(problems)
        for key, value in changes.items():
            if value == start.value(key):
                continue
            held.pop(key, None)
            if value != self.case.central.value(key):
                held[key] = Change(value=value, why=why.get(key, "").strip() or reason)
        return held

    def checked(self, name: str, reason: str, changes: dict[str, Change]) -> Assumptions:
        """Assumptions under these changes, read as a scenario file is. Raises Refused."""
        problems = {}
        for key, change in changes.items():
            try:
                self._read(name, reason, {key: change})
            except BadInput as error:
                problems[key] = f"{self.levers[key].name if key in self.levers else key} {error}"
        if problems:
            raise Refused(problems)
        scenario, entries = self._read(name, reason, changes)
        return replace(self.case.central, scenario=scenario, entries={**self.case.central.entries, **entries})

    def _read(self, name: str, reason: str, changes: dict[str, Change]):
        text = {"name": name, "order": 0, "reason": reason, "changes": {key: dict(c) for key, c in changes.items()}}
        central = self.case.central
        return read_scenario(OnPage("page", text, {}), PAGE, central.catalogue, central.entries)


def open_live(
    params: Path, data: Path, council: str, month: str, draws: int, seed: int, runs: Path | None = None
) -> Live:
    """A case ready for the page. Raises BadInput before any work if an input is wrong.

    runs  where the case's published run may stand, which knows what matters most; None where none is looked for
    """
    case = open_case(params, data, council, month)
    levers = read_levers(params, case.central.catalogue)
    told = runs and settled(runs / council, month) / "answer.json"
    found = json.loads(told.read_text(encoding="utf-8")) if told and told.is_file() else {}
    tried = (found.get("sensitivities") or {}).get("levers", [])
    return Live(case, projection.prepare(case.central, case.evidence, draws, seed, THREADS), levers, tried)


def figures(base: Base, projected: Projection, central: Projection) -> dict:
    """The figures of one scenario that the page shows: those of `answer.scenario`, in its own shape, and no more."""
    held = projected.assumptions.scenario
    months, stocks = projected.forecast_months, {"lac": projected.lac.stock, "cp": projected.cp.stock}
    return {
        "name": held.name,
        "reason": held.reason,
        "differs": [change._asdict() for change in projected.assumptions.differs],
        "children": {name: {"month_ends": answer.by_month(months, at.sum(axis=2))} for name, at in stocks.items()},
        "contingency": answer.contingency(base, projected),
        "effect": answer.effects(base, projected),
        "payback": answer.payback_of(projected, central),
        "cost": answer.cost_by_year(base, projected),
        "difference_from_central": {"call": difference(projected.drawn.at_year_end, central.drawn.at_year_end)},
    }
