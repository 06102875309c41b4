"""The method, end to end, for one case: how many children, what it costs, whether the contingency holds.

evidence -> calibrated pathways -> population -> starts -> children living through care
         -> placements, reviews, contact -> cost by line -> draw-down of the contingency
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from forecast.case import Assumptions, luck, sample
from forecast.case.months import DAYS_A_YEAR, days_in, financial_year, month_after, months_between, year_months
from forecast.demand import caseload
from forecast.demand.caseload import Calibrated, Norms
from forecast.demand.evidence import Evidence
from forecast.demand.pathways.calibration import POINTS, as_opening
from forecast.demand.pathways.hazards import Entrants, Paths, Placed, Spread
from forecast.demand.placements import PLACEMENTS, fit_mix, shift_to_residential
from forecast.demand.population import Population
from forecast.demand.scenario import (
    EFFECT,
    at_effect,
    demand_of,
    family_streams,
    group_norms,
    leaving,
    lever,
    may_live,
    measure_begins,
    measure_months,
    population_of,
    ramp,
    uasc_shares,
)
from forecast.demand.workload import Workload
from forecast.money import contingency, costs
from forecast.money.contingency import Draw
from forecast.money.costs import Setting, Values
from forecast.money.ledger import Ledger, Trust, budget_of, with_actuals

SWANSON = (0.3, 0.4, 0.3)  # chances of the 10th, 50th and 90th percentile (Hurst, Brown and Swanson 2000)
Z90 = 1.2815515655446004  # the normal quantile of 0.9: an 80% range is 2 x Z90 wide
BASE_DRAWS = 2000  # draws of the past year and of the months to date, of which only the mean is used
LEAST_STARTS = 1e-9  # children a month: less is the arithmetic's own noise
SEED_BYTES = 7  # of a checksum: fits a signed 64-bit integer
DEMOGRAPHY = ("population.", "migration.")
# What a change of these asks for is a new price of the same children's work; of anything else, other children.
COSTING = (
    "costs.",
    "prices.",
    "income.",
    "budget.",
    "iro.",
    "contact.",
    "levers.in_house_places",
    "levers.residential",
    "levers.placement_prices",
    "levers.contact_sessions",
    "levers.iro_hours",
    "measure.",
)
PRICE_INDICES = "prices."


@dataclass(frozen=True)
class Steps:
    """The costly steps of a scenario. Who moves one lever at a time may remember them, or leave out what is not shown."""

    project: Callable = population_of
    live: Callable = caseload.live
    expected_course: Callable = caseload.expected_course


@dataclass(frozen=True)
class Base:
    """What every scenario of a case shares, computed once.

    lac, cp          calibrated groups
    months           forecast months; year: months of the budget year
    past             the calibration year's work (one draw, the mean)
    so_far           the work of the months to date (one draw, the mean), or None
    budgets          financial year -> line -> [draw], the base budget and its roll-forward
    spread           group -> what varies from draw to draw
    mix, uasc_share  who is placed where, by age
    mixes            month -> the same as the council counted it, for months in which it does
    ledger           the council's own budget and actuals to date, or None
    """

    central: Assumptions
    evidence: Evidence
    lac: Calibrated
    cp: Calibrated
    norms: dict[str, Norms]
    months: list[str]
    year: list[str]
    past: Workload
    so_far: Workload | None
    budgets: dict[str, dict[str, np.ndarray]]
    streams: dict[str, Entrants]
    spread: dict[str, Spread]
    mix: np.ndarray
    uasc_share: np.ndarray
    proceedings_share: float
    new_share: np.ndarray
    draws: int
    seed: int
    threads: int
    steps: Steps = Steps()
    ledger: Ledger | None = None
    mixes: dict[str, np.ndarray] = field(default_factory=dict)

    def without_courses(self) -> "Base":
        """The same, whose scenarios leave out the expected course: where the drawn paths alone are wanted."""
        return replace(self, steps=replace(self.steps, expected_course=lambda *_: None))

    def mix_in(self, month: str) -> np.ndarray:
        """Who is placed where in a month: as counted at its end or, beyond what is counted, as counted last."""
        known = [held for held in self.mixes if held <= month]
        return self.mixes[max(known)] if known else self.mix


@dataclass(frozen=True)
class Outlook:
    """One scenario of a case, draw by draw.

    months  every month costed: the budget year's months to date, then the forecast
    lines   line -> [draw x month], pounds, income negative
    """

    assumptions: Assumptions
    population: Population
    lac: Paths
    cp: Paths
    expected: dict
    months: list[str]
    forecast_months: list[str]
    work: Workload
    lines: dict[str, np.ndarray]
    drawn: Draw
    values: Values
    setting: Setting


def prepare(
    central: Assumptions, evidence: Evidence, draws: int, seed: int, threads: int = 2, ledger: Ledger | None = None
) -> Base:
    """Everything the scenarios of a case share: calibration, the past year, the budget, the luck of the draws.

    ledger  the council's own budget and actuals to date, where it has them
    """
    case = central.case
    months = months_between(month_after(case.origin), case.horizon)
    year = year_months(case.financial_year)
    to_date = [month for month in year if month < months[0]]
    open_now = {"lac": evidence.lac.open_at_origin, "cp": evidence.cp.open_at_origin}
    norms = {name: norm.of_size(open_now[name]) for name, norm in group_norms(central).items()}
    days_since = days_in(to_date).sum()
    groups = {
        name: caseload.calibrate(group, evidence, norms[name], days_since, case.calibration_year)
        for name, group in (("lac", evidence.lac), ("cp", evidence.cp))
    }
    groups = {name: caseload.in_doubt(fit, norms[name], _luck(seed, name)("places")) for name, fit in groups.items()}
    people = population_of(central, evidence, months, {})
    streams, spread = {}, {}
    groups = {
        name: caseload.on_central_path(fit, norms[name], demand_of(central, fit, people, months).starts)
        for name, fit in groups.items()
    }
    for name, fit in groups.items():
        starts = demand_of(central, fit, people, months).starts
        streams[name] = caseload.master_stream(fit, starts, norms[name].family)
        spread[name] = caseload.practice(fit, norms[name], draws, len(months), _luck(seed, name))
    share = in_proceedings(evidence, groups["lac"], norms["lac"].early)
    uasc_share = uasc_shares(central, evidence)
    past = past_work(groups, norms, year_months(case.calibration_year), share, uasc_share, seed, threads, None)
    so_far = past_work(groups, norms, to_date, share, uasc_share, seed, threads, central) if to_date else None
    base = Base(
        central,
        evidence,
        groups["lac"],
        groups["cp"],
        norms,
        months,
        year,
        past,
        so_far,
        {},
        streams,
        spread,
        mix_of(central, evidence, evidence.placements),
        uasc_share,
        share,
        np.zeros(0),
        draws,
        seed,
        threads,
    )
    base = replace(base, new_share=new_share(base))
    return with_come(base, evidence, ledger)


def with_come(base: Base, evidence: Evidence, ledger: Ledger | None) -> Base:
    """The same children and rates, with another ledger and with where children are placed as `evidence` counts it."""
    years = dict.fromkeys(financial_year(month) for month in [*base.year, *base.months])
    budgets = {name: base_budget(base, year_months(name)) for name in years}
    budgets |= {} if ledger is None else {ledger.year: budget_of(ledger, base.draws)}
    mixes = {month: mix_of(base.central, evidence, placed) for month, placed in evidence.placed.items()}
    return replace(base, evidence=evidence, budgets=budgets, mixes=mixes, ledger=ledger)


def foresee(base: Base, assumptions: Assumptions) -> Outlook:
    """One scenario, on the same draws as every other.

    Where the effect of a measure is in doubt, each draw has its low, its middle or its high effect, 3, 4 and 3 draws in
    ten (Swanson's rule for a 10th, 50th and 90th percentile).
    """
    if not assumptions.is_uncertain(EFFECT):
        return _foresee(base, assumptions)
    entry = assumptions.entry(EFFECT)
    middle = _foresee(base, at_effect(assumptions, entry.value))
    low, high = (
        again(base.without_courses(), middle, at_effect(assumptions, share)) for share in (entry.low, entry.high)
    )
    which = np.searchsorted(np.cumsum(SWANSON)[:-1], _luck(base.seed, "measure")("effect").random(base.draws))
    return _woven(base, assumptions, [low, middle, high], which)


def _woven(base: Base, a: Assumptions, parts: list[Outlook], which: np.ndarray) -> Outlook:
    """One outlook that takes each draw from one of several."""

    def weave(arrays: list):
        if isinstance(arrays[0], Placed):
            return weave_all(arrays)
        return _each_draw_from(arrays, which) if isinstance(arrays[0], np.ndarray) else arrays[0]

    def weave_all(held: list):
        return replace(held[0], **{name: weave([getattr(one, name) for one in held]) for name in vars(held[0])})

    middle = parts[1]
    lac, cp, work = (weave_all([getattr(part, name) for part in parts]) for name in ("lac", "cp", "work"))
    lines = {line: weave([part.lines[line] for part in parts]) for line in middle.lines}
    drawn = draw_on_contingency(base, a, middle.values, lines, middle.months)
    return replace(middle, assumptions=a, lac=lac, cp=cp, work=work, lines=lines, drawn=drawn)


def _each_draw_from(arrays: list[np.ndarray], which: np.ndarray) -> np.ndarray:
    """Rows of several arrays of one shape: each draw's from the array that `which` names."""
    taken = np.empty_like(arrays[0], dtype=np.result_type(*arrays))
    for number, array in enumerate(arrays):
        taken[which == number] = array[which == number]
    return taken


def _foresee(base: Base, assumptions: Assumptions) -> Outlook:
    """One scenario whose measure has the effect it is said to have."""
    months, seed = base.months, base.seed
    people = base.steps.project(assumptions, base.evidence, months, {})
    draws_of = demographic_draws(base, assumptions, people)
    paths, expected, transfer_share = {}, {}, None
    for name, fit in (("lac", base.lac), ("cp", base.cp)):
        wanted = demand_of(assumptions, fit, people, months)
        lever = leaving(assumptions, fit, months)
        spread = with_demography(base.spread[name], draws_of[name])
        paths[name] = base.steps.live(
            fit,
            base.norms[name],
            base.streams[name],
            wanted.starts,
            spread,
            lever,
            months,
            _seed(seed, name),
            base.threads,
        )
        expected[name] = base.steps.expected_course(fit, base.streams[name], wanted.starts, lever, months)
        transfer_share = wanted.transfers.sum(axis=1) / wanted.starts.sum(axis=1)
    work = caseload.workload(months, paths["lac"], paths["cp"], base.proceedings_share, transfer_share, base.uasc_share)
    work = work.after(base.so_far) if base.so_far is not None else work
    values, setting = drawn_values(assumptions, base), setting_of(base, assumptions, work.months)
    lines = with_ledger(base, assumptions, costs.cost_lines(work, values, setting), work.months)
    drawn = draw_on_contingency(base, assumptions, values, lines, work.months)
    return Outlook(
        assumptions,
        people,
        paths["lac"],
        paths["cp"],
        expected,
        work.months,
        months,
        work,
        lines,
        drawn,
        values,
        setting,
    )


def with_ledger(base: Base, a: Assumptions, lines: dict[str, np.ndarray], months: list[str]) -> dict[str, np.ndarray]:
    """Cost lines with the ledger's actuals to date, where there is a ledger."""
    if base.ledger is None:
        return lines
    trust = Trust(*(a.value(f"ledger.{part}") for part in ("noise", "level", "memory")))
    return with_actuals(lines, months, base.ledger, trust)


def again(base: Base, held: Outlook, a: Assumptions) -> Outlook:
    """`foresee` for assumptions near those of `held`: where only prices and hours moved, the same children cost anew."""
    changed = [key for key in a.keys() if a.entries[key] != held.assumptions.entries[key]]
    if a.is_uncertain(EFFECT) or not all(key.startswith(COSTING) for key in changed):
        return foresee(base, a)
    return costed(base, held, a)


def costed(base: Base, held: Outlook, a: Assumptions) -> Outlook:
    """The children of an outlook costed anew."""
    values, setting = drawn_values(a, base), setting_of(base, a, held.months)
    lines = with_ledger(base, a, costs.cost_lines(held.work, values, setting), held.months)
    drawn = draw_on_contingency(base, a, values, lines, held.months)
    return replace(held, assumptions=a, lines=lines, drawn=drawn, values=values, setting=setting)


# --- the past: one year, the months to date, the budget ---------------------------------------------------------------


def in_proceedings(evidence: Evidence, lac: Calibrated, length: float) -> float:
    """Share of children within the length of proceedings who are in them: interim care orders over those at risk."""
    held = lac.council.at_close
    recent = held.weight[held.duration < length].sum()
    return min(evidence.interim_care_orders / recent, 1.0)


def mix_of(a: Assumptions, evidence: Evidence, placed: dict[str, float]) -> np.ndarray:
    """Who is placed where, [band x placement], from children by placement and the calibration year's by age."""
    counted = np.array([placed[name] for name in PLACEMENTS], float)
    return fit_mix(evidence.lac.council.closing, counted, may_live(a))


def past_work(groups, norms, months, share, uasc_share, seed, threads, since: Assumptions | None) -> Workload:
    """The mean work of past months: the calibration year, or (given `since`) the months to date."""
    paths = {}
    for name, fit in groups.items():
        past = past_fit(fit) if since is None else fit_at_year_end(fit)
        a_year = fit.group.council.starts if since is None else fit.starts_since
        starts = np.outer(days_in(months) / DAYS_A_YEAR, a_year)
        stream = caseload.master_stream(fit, starts, norms[name].family)
        flat = Spread.none(BASE_DRAWS, len(months), len(fit.group.bands))
        lever_ = np.ones(starts.shape)
        key = _seed(seed, f"past {name}")
        paths[name] = caseload.live(past, norms[name], stream, starts, flat, lever_, months, key, threads)
    return caseload.workload(months, paths["lac"], paths["cp"], share, np.zeros(len(months)), uasc_share).mean()


def past_fit(fit: Calibrated) -> Calibrated:
    """The council as it stood at the start of the calibration year, at its own calibrated hazards."""
    children = int(round(fit.council.opening.sum()))
    return fit.standing(as_opening(fit.council.at_open, children, POINTS), fit.council.hazards)


def fit_at_year_end(fit: Calibrated) -> Calibrated:
    """The council as it stood at the end of the calibration year."""
    children = int(round(fit.council.closing.sum()))
    return fit.standing(as_opening(fit.council.at_close, children, POINTS), fit.hazards)


def base_budget(base: Base, year: list[str]) -> dict[str, np.ndarray]:
    """The base budget of one financial year by line, [draw]: the calibration year's activity at this year's prices.

    The published budget is not held: this is a derivation in the open. A draw's own unit costs price its budget too,
    for a dearer placement was dearer last year; prices rise by the central index, which is all that was known when
    the budget was set. Later years are rolled forward, prices only.
    """
    a = base.central
    values = drawn_values(a, base).at_centre(PRICE_INDICES)
    work = _stretched(replace(base.past, months=year), days_in(base.past.months), days_in(year))
    lines = costs.cost_lines(work, values, setting_of(base, a, year, flat=True))
    return {line: np.broadcast_to(cost.sum(axis=1), base.draws) for line, cost in lines.items()}


def _stretched(work: Workload, before: np.ndarray, after: np.ndarray) -> Workload:
    """The same work per day in a year whose months have other lengths (a leap year)."""
    factor = after / before
    parts = {name: part * (factor[None, :, None] if part.ndim == 3 else factor) for name, part in work.parts().items()}
    return replace(work, **parts)


# --- one scenario's draws -------------------------------------------------------------------------------------------


def demographic_draws(base: Base, a: Assumptions, people: Population) -> dict[str, np.ndarray]:
    """How each draw's births and migration move starts, group -> [draw x month x band], 1 at the centre.

    Each uncertain demographic assumption is put at its low and its high in turn; between them starts move
    geometrically, so that a draw at the low, centre or high of one assumption has exactly those starts. A named stream
    of families moves its own part of starts alone: twice as few families of half the size bring a quarter, never less.
    """
    centre = _starts(base, a, people, {})
    streams = {name: f"migration.{name}." for name in family_streams(a)}
    keys = _demographic_keys(a)
    none = {name: np.zeros(starts.shape) for name, starts in centre.items()}
    moved = _moved(base, a, [key for key in keys if not key.startswith(tuple(streams.values()))], centre, none)
    for name, beginning in streams.items():
        still = {f"migration.{name}.families": 0.0}
        without = _starts(base, a, base.steps.project(a, base.evidence, base.months, still), still)
        own = _moved(base, a, [key for key in keys if key.startswith(beginning)], centre, without)
        moved = {
            group: moved[group] * (1 + (1 - without[group] / centre[group]) * (own[group] - 1)) for group in centre
        }
    return moved


def _starts(base: Base, a: Assumptions, people: Population, changed: dict[str, float]) -> dict[str, np.ndarray]:
    """Expected starts of each group, [month x band]."""
    return {
        name: demand_of(a, fit, people, base.months, changed).starts
        for name, fit in (("lac", base.lac), ("cp", base.cp))
    }


def _moved(base: Base, a: Assumptions, keys: list[str], centre: dict, without: dict) -> dict[str, np.ndarray]:
    """How each draw's values of some assumptions move starts beyond `without`, group -> [draw x month x band]."""
    reaches, moves = [np.zeros(base.draws)], {name: [np.zeros(starts.shape)] for name, starts in centre.items()}
    for key in keys:
        entry, z = a.entry(key), luck(key, base.draws, base.seed) / Z90
        for value, reach in ((entry.low, np.maximum(-z, 0)), (entry.high, np.maximum(z, 0))):
            there = _starts(base, a, base.steps.project(a, base.evidence, base.months, {key: value}), {key: value})
            reaches.append(reach)
            for name, held in moves.items():
                held.append(_log_ratio(there[name] - without[name], centre[name] - without[name]))
    return {name: np.exp(np.tensordot(np.array(reaches), np.array(held), axes=(0, 0))) for name, held in moves.items()}


def _log_ratio(there: np.ndarray, here: np.ndarray) -> np.ndarray:
    """Log of one over the other; 0 where there is nothing to move."""
    some = (here > LEAST_STARTS) & (there > LEAST_STARTS)
    return np.log(np.where(some, there, 1.0) / np.where(some, here, 1.0))


def _demographic_keys(a: Assumptions) -> list[str]:
    return [key for key in a.keys() if key.startswith(DEMOGRAPHY) and a.is_uncertain(key)]


def with_demography(spread: Spread, factors: np.ndarray) -> Spread:
    """The spread of a group with the draws' demography put on its starts."""
    return replace(spread, demand=factors)


def drawn_values(a: Assumptions, base: Base) -> Values:
    """Assumption values of every draw: columns where uncertain, scalars where not."""
    sampled = sample(
        a, base.draws, base.seed, [key for key in a.keys() if a.is_uncertain(key) and not key.startswith(DEMOGRAPHY)]
    )
    fixed = {key: a.value(key) for key in a.keys() if key not in sampled}
    return Values(fixed | sampled, price_bases(a), {key: a.value(key) for key in sampled})


def price_bases(a: Assumptions) -> dict[str, str | None]:
    return {key: a.entry(key).price_base for key in a.keys()}


def setting_of(base: Base, a: Assumptions, months: list[str], flat: bool = False) -> Setting:
    """What the costing needs of one scenario, for `months` (those before the forecast are untouched by levers)."""
    ahead = [] if flat else [month for month in months if month in set(base.months)]
    before = len(months) - len(ahead)

    def from_now(values: np.ndarray, earlier: float) -> np.ndarray:
        return np.concatenate([np.full(before, earlier), values])

    times = from_now(lever(a, "residential", ahead), 1.0)
    mixes = [base.mix if flat else base.mix_in(month) for month in months]
    return Setting(
        mix=np.array([shift_to_residential(mix, more) for mix, more in zip(mixes, times, strict=True)]),
        residential=times,
        new_share=from_now(base.new_share[: len(ahead)], 0.0),
        added_places=from_now(a.value("levers.in_house_places") * ramp(a, ahead), 0.0),
        contact_lever=from_now(lever(a, "contact_sessions", ahead), 1.0),
        price_lever=from_now(lever(a, "placement_prices", ahead), 1.0),
        iro_lever=from_now(lever(a, "iro_hours", ahead), 1.0),
        measure_begins=from_now(measure_begins(a, ahead), 0.0),
        measure_months=from_now(measure_months(a, ahead), 0.0),
        starts_per_icpc=base.evidence.cp.council.starts.sum() / base.evidence.conferenced,
    )


def new_share(base: Base) -> np.ndarray:
    """Expected share of child-days in placements made after the origin, [month], at central rates."""
    starts = base.streams["lac"].expected
    lever_ = leaving(base.central, base.lac, base.months)
    course = caseload.expected_course(base.lac, base.streams["lac"], starts, lever_, base.months)
    alone = caseload.expected_course(base.lac, base.streams["lac"], starts * 0, lever_, base.months)
    return 1 - alone.days.sum(axis=1) / course.days.sum(axis=1)


def draw_on_contingency(
    base: Base, a: Assumptions, values: Values, lines, months, adjustment: float | None = None
) -> Draw:
    """Draw-down over the budget year, from net cost against the base budget, or one `adjustment` pounds above it."""
    adjustment = a.value("budget.adjustment") if adjustment is None else adjustment
    inside = [months.index(month) for month in base.year]
    share = days_in(base.year) / days_in(base.year).sum()
    budget = (costs.net(base.budgets[a.case.financial_year]) + adjustment)[:, None] * share
    planned = np.ravel(values["budget.recovery_plan"])
    committed = contingency.commitments(planned, a.value("budget.recovery_starts"), len(base.year))
    cost, savings = costs.net(lines)[:, inside], a.value("budget.one_off_savings")
    return contingency.draw_down(cost, budget, committed, a.value("budget.contingency"), savings)


def _luck(seed: int, group: str):
    """Generators by name: each source of spread has its own stream."""
    return lambda name: np.random.default_rng([seed, _number(f"{group} {name}")])


def _seed(seed: int, name: str) -> int:
    return _number(f"{seed} {name}")


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:SEED_BYTES], "big")
