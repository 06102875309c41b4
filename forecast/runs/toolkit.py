"""The toolkit as an analyst types it: a case, its population and future, comparisons, published runs.

case = forecast.open_case("slough", "2011-06")
what_if = case.change({"levers.births": 1.1}, why="ten per cent more births")
future = what_if.simulate(draws=10_000, seed=2011)
forecast.compare({"central": case, "births": what_if})
"""

import ast
import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from numbers import Real

import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.months import month_in_words
from forecast.case.wording import named, nearest
from forecast.report import notebook as pages
from forecast.report import tables, views, words
from forecast.report.views import View
from forecast.runs.home import Home, Settings
from forecast.runs.steps import Steps, keeping

LOGGED = ["Key", "Assumption", "Value", "Low", "High", "Unit", "Reliability"]
CENTRAL, WHAT_IF = "central", "what-if"
DRAWS, SEED = Settings.draws, Settings.seed
SENSITIVITY_DRAWS = 1000  # each of some hundred and fifty reruns; their differences are on the same draws
FEWEST, MOST = 100, 1_000_000  # draws
DETAIL = "notebooks/detail.json"  # of a run with notebooks: what they show beyond its answer
CHECKSUM = "application/vnd.forecast.figures+json"
PARAMETERS = {"council": str, "month": str, "scenario": str, "changes": dict, "draws": int, "seed": int, "run": str}


@dataclass(frozen=True)
class Project:
    """What cases of one council and month share while they are looked at: files and children simulated, once."""

    home: Home
    council: str
    month: str

    @cached_property
    def steps(self) -> Steps:
        return Steps.of(self.home)

    @cached_property
    def opened(self):
        """Every file of the case, read and checked. Raises BadInput."""
        from forecast.model.cases import open_case as read

        return read(self.home.params, self.home.data, self.council, self.month)

    def central(self, draws: int, seed: int):
        """What every scenario shares, and the central one, on so many draws; the last asked for are kept."""
        from forecast.model.projection import prepare, project

        if self.__dict__.get("_asked") != (draws, seed):
            opened = self.opened
            keep = keeping(self.home, opened, draws, seed)
            base = prepare(opened.central, opened.evidence, draws, seed, ledger=opened.ledger, keep=keep)
            self.__dict__.update(_asked=(draws, seed), _central=(base, project(base, opened.central)))
        return self.__dict__["_central"]


@dataclass(frozen=True, repr=False)
class Case:
    """One council, one month and one set of assumptions: the central one, a scenario, or either with changes."""

    project: Project
    scenario_asked: str = CENTRAL
    changes: tuple[tuple[str, float], ...] = ()
    why: str = ""

    def scenario(self, name: str) -> "Case":
        """The same case under a scenario of params/scenarios. Raises BadInput for a name not held."""
        return replace(self, scenario_asked=name).checked()

    def change(self, changes: dict[str, float], why: str = "what if") -> "Case":
        """The same case with key -> value set differently, as a scenario file with these changes would set them.

        Raises BadInput, naming the nearest right key, for a key not in the catalogue or a value out of its limits.
        """
        return replace(self, changes=tuple((dict(self.changes) | _numbers(changes)).items()), why=why).checked()

    @cached_property
    def assumptions(self):
        """Every assumption in force, with its source and range. Raises BadInput."""
        from forecast.case import changed

        own = named(self.project.opened.scenarios, self.scenario_asked)
        return changed(own, dict(self.changes), self.why) if self.changes else own

    @property
    def slug(self) -> str:
        """What its answer calls it: the scenario, or what-if."""
        return WHAT_IF if self.changes else self.scenario_asked

    def checked(self) -> "Case":
        """The same case, every assumption and table of it checked. Raises BadInput."""
        return self if self.facts else self

    @cached_property
    def facts(self) -> dict:
        """What is known before children are simulated: history, population, assumptions."""
        return self.project.steps.take("case", self._asked, self._facts)

    def history(self) -> View:
        """The published record: stocks, starts, ends, ages, and why the number changed."""
        return views.history(self.facts["history"], self.facts["apart"])

    def population(self) -> View:
        """Children by age, births and moves to the horizon, and the assumptions that say so."""
        return views.population(self.facts["area"], self.facts["people"], self.facts["log"])

    def log(self, *keys: str, reliability: str = "") -> pd.DataFrame:
        """Assumptions for reading: those whose keys begin so (else the population's), of one reliability."""
        return views.assumptions(self.facts["log"], keys or views.PEOPLE_KEYS, reliability)

    def simulate(self, draws: int = DRAWS, seed: int = SEED) -> "Future":
        """Children living through care in so many futures, and what they cost."""
        with_draws = self._asked | {"draws": draws, "seed": seed}
        made = self.project.steps.take("future", with_draws, lambda: self._simulated(draws, seed))
        return Future(made["answer"], self.slug, made["detail"], self.facts["past"])

    def questions(self, draws: int = DRAWS, seed: int = SEED) -> "Future":
        """The same with what matters most and what would be enough, on at most a thousand futures, as in a run."""
        future, with_draws = self.simulate(draws, seed), self._asked | {"draws": draws, "seed": seed}

        def work() -> dict:
            from forecast.model.projection import project
            from forecast.questions import sensitivity

            fewer = self.project.central(draws, seed)[0].first(SENSITIVITY_DRAWS).without_expected()
            return sensitivity.figures(fewer, project(fewer.to_year_end, self.assumptions))

        told = self.project.steps.take("sensitivities", with_draws, work)
        return replace(future, answer=future.answer | {"sensitivities": told})

    def drivers(self, draws: int = DRAWS, seed: int = SEED) -> View:
        """What births, each migration stream, ageing, practice and events add by each 31 March."""

        def work() -> list[dict]:
            from forecast.questions import drivers

            base, _, own = self.projected(draws, seed)
            return drivers.rows(base.first(SENSITIVITY_DRAWS).without_expected(), own, base)

        asked_ = self._asked | {"draws": draws, "seed": seed}
        return views.drivers(self.project.steps.take("drivers", asked_, work))

    def scenarios(self) -> dict[str, "Case"]:
        """Every scenario of the project, the central one first, and this case if it is none of them."""
        names = self.facts["scenarios"]
        cases = {name: replace(self, scenario_asked=name, changes=(), why="") for name in names}
        return cases | ({self.slug: self} if self.changes else {})

    @property
    def _asked(self) -> dict:
        why = self.why if self.changes else ""
        return asked(self.project.council, self.project.month, self.scenario_asked, dict(self.changes), why)

    def _facts(self) -> dict:
        from forecast.case import log_frame
        from forecast.case.months import month_after, months_between
        from forecast.demand.plan import read_population
        from forecast.demand.population import project_people
        from forecast.questions.detail import people
        from forecast.questions.history_causes import years_apart

        a, opened = self.assumptions, self.project.opened
        months = months_between(month_after(a.case.origin), a.case.horizon)
        frame = opened.history.frame
        own = frame[frame["area"] == a.case.area]
        return {
            "area": a.case.name or a.case.area,
            "scenarios": list(opened.scenarios),
            "history": rows_of(own[["period", "measure", "breakdown", "category", "value"]]),
            "past": past_of(own),
            "apart": rows_of(years_apart(opened)),
            "log": rows_of(log_frame(a)[LOGGED]),
            "people": people(project_people(opened.evidence, read_population(a).centre.people, months), months),
        }

    def projected(self, draws: int = DRAWS, seed: int = SEED) -> tuple:
        """What every scenario shares, the central one and this one, as the model has them. Raises BadInput."""
        from forecast.model.projection import project

        own, (base, central) = self.assumptions, self.project.central(draws, seed)
        return base, central, central if self.slug == CENTRAL else project(base, own)

    def _simulated(self, draws: int, seed: int) -> dict:
        from forecast.questions.answer import head, scenario
        from forecast.runs.pipeline import beside

        base, central, own = self.projected(draws, seed)
        answer = head(base) | beside(self.project.home, self.project.opened)
        answer["scenarios"] = {self.slug: scenario(base, own, central)}
        return {"answer": answer, "detail": detail_of(base, own, checks_of(self.project.opened, base, central))}

    def __repr__(self) -> str:
        changes = "; ".join(f"{key} {words.figure(value)}" for key, value in self.changes)
        place = f"{self.facts['area']}, {month_in_words(self.project.month)}: {self.scenario_asked}"
        return f"{place}, with {changes}" if changes else place

    def _repr_html_(self) -> str:
        return pages.Said([repr(self)])._repr_html_()


def asked(council: str, month: str, scenario: str, changes: dict | None = None, why: str = "") -> dict:
    """What a step of a case is asked, as the steps kept are found by."""
    return {"council": council, "month": month, "scenario": scenario, "changes": changes or {}, "why": why}


def checks_of(opened, base, central) -> dict[str, pd.DataFrame]:
    """How the model stands against what is published."""
    from forecast.model import check

    spending = opened.tables[opened.central.case.tables["spending"]]
    return {
        "calibration": check.calibration(base),
        "rates": check.rates_used(base),
        "spread": check.spread(base, central),
        "reconciliation": check.reconciliation(base, spending),
    }


def detail_of(base, own, checks: dict[str, pd.DataFrame]) -> dict[str, list[dict]]:
    """The figures behind one scenario's answer, and how the model stands, as rows."""
    from forecast.questions.detail import detail

    return detail(base, own) | {name: rows_of(table) for name, table in checks.items()}


def rows_of(table: pd.DataFrame) -> list[dict]:
    """A table as rows ready for JSON; what is missing is None."""
    return table.astype(object).where(table.notna(), None).to_dict("records")


def past_of(own: pd.DataFrame) -> dict[str, list]:
    """Children counted at each date, oldest first: group -> [month, children]. own: a council's rows of history."""
    past = {}
    for group in ("lac", "cp"):
        rows = own[(own["measure"] == f"{group}_stock") & (own["breakdown"] == "all")].sort_values("period")
        counts = pd.to_numeric(rows.set_index("period")["value"], errors="coerce").dropna()
        past[group] = [[day[:7], count] for day, count in counts.items()]
    return past


@dataclass(frozen=True, repr=False)
class Future:
    """What one scenario brings, draw by draw summed up: children, activity, cost and the contingency.

    answer  as answer.json holds it, with this scenario (slug) in it; detail: the figures behind it
    """

    answer: dict
    slug: str
    detail: dict
    past: dict[str, list]

    @property
    def figures(self) -> dict:
        """The scenario as answer.json holds it."""
        return self.answer["scenarios"][self.slug]

    @property
    def headline(self) -> list[str]:
        """The answer, sentence by sentence."""
        return words.headline(self.answer, self.slug)

    @property
    def cautions(self) -> list[str]:
        """How sure we are, sentence by sentence."""
        return words.cautions(self.answer, self.slug)

    @property
    def children(self) -> View:
        """Looked-after children and children on plans: range, ages, flows and what the path is made of."""
        return views.children(self.answer, self.slug, self.detail, self.past)

    @property
    def activity(self) -> View:
        """Where children live, and the work of contact, reviews and conferences."""
        return views.activity(self.answer, self.slug, self.detail)

    @property
    def cost(self) -> View:
        """Cost by line and year."""
        return views.cost(self.answer, self.slug)

    @property
    def recovery(self) -> pd.DataFrame:
        """The items of the Recovery Plan."""
        return tables.table("recovery", self.answer, self.slug).set_index("Item")

    @property
    def contingency(self) -> View:
        """The call, the chance and when it is spent."""
        return views.contingency(self.answer, self.slug)

    @property
    def said(self) -> pages.Said:
        """The answer as a notebook shows it."""
        return pages.Said(self.headline)

    @property
    def sure(self) -> pages.Said:
        """How sure we are, as a notebook shows it."""
        return pages.Said(["How sure are we?", *self.cautions])

    @property
    def path(self) -> pages.Said:
        """What the middle of the forecast is made of, and what the method does not part."""
        return pages.Said(words.lines("of_path", self.answer))

    def read(self, name: str) -> pd.DataFrame:
        """A table for reading: years, lines, work, call, enough or budgets. Raises BadInput for another name."""
        made = {"years": "four_years", "lines": "cost_by_line", "work": "activity", "call": "contingency"}
        made |= {"enough": "enough", "budgets": "chance_by_budget"}
        return pages.tidy(tables.table(named(made, name, "there is no table"), self.answer, self.slug))

    def check(self, name: str) -> pd.DataFrame:
        """How the model stands against what is published: calibration, rates, spread or reconciliation, for reading."""
        return pages.check_table(name, self.detail[name])

    @property
    def checksum(self) -> str:
        """SHA-256 of the scenario as answer.json holds it: the same figures to the last bit give the same."""
        return hashlib.sha256(json.dumps(self.figures, sort_keys=True).encode("utf-8")).hexdigest()

    def __repr__(self) -> str:
        return " ".join([self.headline[0], self.contingency.headline])

    def _repr_mimebundle_(self, **_) -> dict:
        shown = pages.Said([self.headline[0], self.contingency.headline])._repr_html_()
        return {
            "text/plain": repr(self),
            "text/html": shown,
            CHECKSUM: {"scenario": self.slug, "sha256": self.checksum},
        }


@dataclass(frozen=True, repr=False)
class Comparison(View):
    """Futures of one case on the same draws; pictures: calls, years, why (the one furthest off), why NAME, matters.

    answer  one answer with every future among its scenarios
    """

    answer: dict = field(default_factory=dict)

    @classmethod
    def of(cls, answer: dict) -> "Comparison":
        """The futures of an answer side by side, the first being what others differ from."""
        return cls(**vars(views.comparison(answer)), answer=answer)

    def read(self, name: str) -> pd.DataFrame:
        """A table for reading: scenarios, differences, lines, years, causes, measures, matters or levers.

        Raises BadInput for another name; matters and levers are those of `Notebook.compared` and of a run.
        """
        made = {"scenarios": "scenarios", "differences": "differences", "lines": "comparison", "years": "net_by_year"}
        made |= {"causes": "causes", "measures": "payback"}
        made |= {"matters": "sensitivities", "levers": "levers"} if self.answer["sensitivities"] else {}
        return pages.tidy(tables.table(named(made, name, "there is no table"), self.answer))

    @property
    def children_matter(self) -> pages.Said:
        """How much of the doubt is the number of children; for a comparison that knows what matters most."""
        return pages.Said([words.children_matter(self.answer)])


@dataclass(frozen=True, repr=False)
class Published:
    """A published run, looked at like a case; nothing is computed anew."""

    run: pages.Run
    slug: str = CENTRAL

    @property
    def answer(self) -> dict:
        """The run's answer.json."""
        return self.run.answer

    def scenario(self, name: str) -> "Published":
        """The same run's scenario. Raises BadInput for one it does not hold."""
        named(self.answer["scenarios"], name, "the run holds no scenario")
        return replace(self, slug=name)

    def change(self, changes: dict, why: str = "") -> "Published":
        """A published run stands as it is: raises BadInput if asked for a change."""
        if changes:
            raise BadInput(
                "a published run stands as it is. Leave run empty to try changes, or changes empty to look at the run."
            )
        return self

    def history(self) -> View:
        """The published record that the run was made from."""
        return views.history(rows_of(self._own_history()), rows_of(self.run.table("years_apart")))

    def population(self) -> View:
        """Children by age, births and moves, as projected in the run."""
        return views.population(self.answer["area"], self._detail(self.slug), rows_of(self.run.table("assumptions")))

    def log(self, *keys: str, reliability: str = "") -> pd.DataFrame:
        """The run's central assumptions for reading."""
        return views.assumptions(rows_of(self.run.table("assumptions")), keys or views.PEOPLE_KEYS, reliability)

    def simulate(self, draws: int = 0, seed: int = 0) -> Future:
        """What the run simulated, whatever draws and seed are asked."""
        return Future(self.answer, self.slug, self._detail(self.slug), past_of(self._own_history()))

    def questions(self, draws: int = 0, seed: int = 0) -> Future:
        """The same: a run's answer holds what matters most."""
        return self.simulate()

    def drivers(self, draws: int = 0, seed: int = 0) -> View:
        """What births, each migration stream, ageing, practice and events add by each 31 March, in the run."""
        return views.drivers(self.answer["drivers"])

    def scenarios(self) -> dict[str, "Published"]:
        """Every scenario of the run."""
        return {slug: replace(self, slug=slug) for slug in self.answer["scenarios"]}

    def _own_history(self) -> pd.DataFrame:
        frame = self.run.table("history")
        return frame[frame["area"] == self.answer["data_area"]]

    def _detail(self, slug: str) -> dict:
        path = self.run.folder / DETAIL
        if not path.is_file():
            raise BadInput(
                "the run was made without notebooks, and keeps nothing of children by age. Run it again with them."
            )
        return json.loads(path.read_text(encoding="utf-8"))[slug]

    def __repr__(self) -> str:
        answer = self.answer
        return f"{answer['area']}, {month_in_words(answer['month'])}: {self.slug}, as published"

    def _repr_html_(self) -> str:
        return pages.Said([repr(self)])._repr_html_()


@dataclass(frozen=True)
class Notebook:
    """What a notebook works on: the case, or the published run, that its parameters name."""

    case: Case | Published
    draws: int
    seed: int

    @cached_property
    def future(self) -> Future:
        """The case simulated, or what the run simulated."""
        return self.case.simulate(self.draws, self.seed)

    @cached_property
    def drivers(self) -> View:
        """What adds children and pounds, year by year."""
        return self.case.drivers(self.draws, self.seed)

    @cached_property
    def compared(self) -> Comparison:
        """Every scenario side by side, with what matters most and what would be enough."""
        beside = compare({case.slug: case for case in self.case.scenarios().values()}, self.draws, self.seed)
        matters = self.case.questions(self.draws, self.seed).answer["sensitivities"]
        return Comparison.of(beside.answer | {"sensitivities": matters})


# --- what an analyst types --------------------------------------------------------------------------------------------


def open_case(council: str, month: str) -> Case:
    """The central case of a council and a month, every assumption and table checked. Raises BadInput."""
    return Case(Project(Home.found(), council, month)).checked()


def open_run(run: str) -> Published:
    """A published run by its name, such as slough/2011-06. Raises BadInput with the command that makes it, or naming
    the file that is not what was published."""
    from forecast.runs.folders import as_published

    opened = pages.open_run(run)
    if pages.RUN_FOLDER not in os.environ:  # a run being made has no manifest yet when its notebooks look at it
        as_published(opened.folder)
    return Published(opened)


def open_sweep(folder: str = "", scenario: str = CENTRAL) -> View:
    """The councils of a sweep side by side, and what they come to together. folder: the sweep's (default: runs/sweep).

    Raises Stopped, with the command that makes it, where it holds no such scenario, or councils twice.
    """
    from forecast.record.io import calibration_table
    from forecast.runs import sweep

    try:
        home = Home.found()
        rows = sweep.read(home.runs / "sweep" if not folder else home.params.parent / folder, scenario)
        return views.region(rows, sweep.totals(rows, calibration_table(home.params.parent, "record_together")))
    except BadInput as error:
        raise Stopped(str(error)) from None


def compare(cases: dict[str, Case | Future | Published], draws: int = DRAWS, seed: int = SEED) -> Comparison:
    """Cases, or their futures, side by side on the same draws: name -> case. Raises BadInput where the draws differ."""
    futures = {name: one if isinstance(one, Future) else one.simulate(draws, seed) for name, one in cases.items()}
    if not futures:
        raise BadInput("there is nothing to compare. Give cases by name, such as {'central': case, 'births': other}.")
    first = next(iter(futures.values()))
    for name, one in futures.items():
        unlike = [part for part in ("council", "month", "draws", "seed") if one.answer[part] != first.answer[part]]
        if unlike:
            raise BadInput(f"{name} has another {unlike[0]} than the first. Simulate both alike, then compare.")
    shown = {name: one.figures["name"] if name == one.slug else name for name, one in futures.items()}
    scenarios = {name: one.figures | {"name": shown[name]} for name, one in futures.items()}
    return Comparison.of(first.answer | {"scenarios": scenarios})


def notebook(found: dict) -> Notebook:
    """The case that a notebook's parameters name; `found` is its globals(). Raises Stopped with a plain sentence.

    Refuses any name that is not a parameter, so that a misspelt one never runs with the default.
    """
    try:
        for name in _names(found):
            if name not in PARAMETERS:
                raise BadInput(f"there is no parameter {name}. {nearest(name, list(PARAMETERS))}")
        given = {name: _typed(name, kind, found.get(name)) for name, kind in PARAMETERS.items()}
        changes, scenario = given["changes"], given["scenario"]
        if given["run"]:
            case = open_run(given["run"]).scenario(scenario).change(changes)
        else:
            project = Project(Home.found(), given["council"], given["month"])
            case = Case(project, scenario, tuple(changes.items()), "what if" if changes else "").checked()
        return Notebook(case, given["draws"], given["seed"])
    except BadInput as error:
        raise Stopped(str(error)) from None


class Stopped(BadInput):
    """A notebook was asked for what there is not: shown as one sentence, without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"Stopped. {self}"]


def _names(found: dict) -> list[str]:
    """Names that the cells before this one have set to literals, as a cell of parameters does."""
    if "In" not in found:  # not in a kernel
        return [name for name in found if not name.startswith("_") and name != "forecast"]
    nodes = [node for cell in found["In"][:-1] for node in ast.parse(cell).body if isinstance(node, ast.Assign)]
    names = []
    for node in nodes:
        with suppress(ValueError):
            ast.literal_eval(node.value)
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
    return names


def _typed(name: str, kind: type, value):
    """A parameter of its kind. Raises BadInput."""
    if not isinstance(value, kind) or isinstance(value, bool):
        words_of = {str: "a text", int: "a whole number", dict: "keys with their values"}
        raise BadInput(f"{name} is {value!r}; expected {words_of[kind]}.")
    if name == "draws" and not FEWEST <= value <= MOST:
        raise BadInput(f"draws is {value:,}; expected {FEWEST:,} to {MOST:,}.")
    if name == "seed" and value < 0:
        raise BadInput(f"seed is {value}; expected 0 or more.")
    return _numbers(value) if kind is dict else value


def _numbers(changes: dict) -> dict[str, float]:
    """Changes whose values are numbers. Raises BadInput."""
    for key, value in changes.items():
        if isinstance(value, bool) or not isinstance(value, Real):
            nested = value and isinstance(value, dict)
            how = f". Write the whole key with dots, such as {key}.{next(iter(value))}" if nested else ""
            raise BadInput(f"changes: {key} is {value!r}; expected a number{how}.")
    return {str(key): float(value) for key, value in changes.items()}
