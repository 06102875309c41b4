"""The method, end to end, for one case: how many children, what it costs, whether the contingency holds.

evidence -> calibrated pathways -> population -> starts -> children living through care
         -> placements, reviews, contact -> cost by line -> draw-down of the contingency
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from forecast.case import Assumptions
from forecast.case.lines import in_group
from forecast.case.months import (
    DAYS_A_YEAR,
    MONTHS_A_YEAR,
    days_in,
    financial_year,
    month_after,
    month_edges,
    months_between,
    year_months,
    years_from,
)
from forecast.demand import caseload, mix, totals, uasc
from forecast.demand.cache import Cache
from forecast.demand.caseload import Calibrated, CarePlan, Norms, Simulator, with_practice
from forecast.demand.evidence import Evidence
from forecast.demand.pathways.calibration import POINTS, as_opening
from forecast.demand.pathways.expectation import Expected
from forecast.demand.pathways.hazards import Entrants, Paths, Spread
from forecast.demand.placements import PLACEMENTS, days_by_mix, fit_mix, placement_days
from forecast.demand.plan import group_norms, may_live, uasc_shares, uasc_stays
from forecast.demand.population import Population, Projector
from forecast.demand.totals import Total
from forecast.demand.workload import Workload, workload
from forecast.model.plan import CHANCE, Plan, read_plan, read_plans
from forecast.money import costs
from forecast.money.activity import Activity, activity_of
from forecast.money.contingency import Draw, draw_on
from forecast.money.drift import from_figures, lacking
from forecast.money.ledger import Ledger, budget_of, with_actuals
from forecast.money.plan import CostLevers, CostPlan, Setting, Values, read_costs

# Correlation of LAC's and CP's practice: with chance, near the 0.22, 0.31 and 0.35 of their misses 1 to 3 years ahead.
TOGETHER = 0.5
SWANSON = (0.3, 0.4, 0.3)  # chances of the 10th, 50th and 90th percentile (Hurst, Brown and Swanson 2000)
BASE_DRAWS = 2000  # draws of the past year and of the months to date, of which only the mean is used
SEED_BYTES = 7  # of a checksum: fits a signed 64-bit integer
PROJECTIONS_KEPT = 256  # one set of assumptions needs one for each end of each uncertain demographic assumption
PATHS_KEPT, PLACED_KEPT = 6, 3  # of each group; paths by placement are ten times as large
DEMANDS_KEPT = 2
Tables = dict[str, np.ndarray]
MIXED = ("proceedings_share", "residential", "uasc_share")  # what the drift of the mix gives


@dataclass(frozen=True)
class Base:
    """What every scenario of a case shares, computed once.

    plan             the plan of the central assumptions
    lac, cp          calibrated groups
    months           forecast months; year: months of the budget year
    past             the calibration year's work (one draw, the mean)
    so_far           the work of the months to date (one draw, the mean), or None
    budgets          financial year -> line -> [draw], the base budget and its roll-forward
    spread           group -> what varies from draw to draw
    mix              who is placed where, by age
    uasc_share       [band] share of children who are UASC or, once drawn, [draw x month x band] such children
    proceedings_share  those in proceedings over those within their length; once drawn [draw x month]
    residential      [draw x month] multiple of residential child-days that the drift of the mix makes
    mixes            month -> the same as the council counted it, for months in which it does
    drift            financial year -> [draw], log change of spend a child beyond prices and mix; empty: none
    ledger           the council's own budget and actuals to date, or None
    expects          whether scenarios also work out the expected path
    ages             whether today's residents grow older, or stay as they are while others are born and move
    people, groups   what projects and simulates; they keep their results, and a copy with anything replaced begins anew
    """

    central: Assumptions
    plan: Plan
    evidence: Evidence
    lac: Calibrated
    cp: Calibrated
    norms: dict[str, Norms]
    months: list[str]
    year: list[str]
    past: Workload
    so_far: Workload | None
    streams: dict[str, Entrants]
    spread: dict[str, Spread]
    mix: np.ndarray
    uasc_share: np.ndarray
    proceedings_share: np.ndarray | float
    draws: int
    seed: int
    threads: int
    new_share: np.ndarray = field(default_factory=lambda: np.zeros(0))
    budgets: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    mixes: dict[str, np.ndarray] = field(default_factory=dict)
    drift: dict[str, np.ndarray] = field(default_factory=dict)
    residential: np.ndarray = field(default_factory=lambda: np.ones((1, 1)))
    ledger: Ledger | None = None
    expects: bool = True
    ages: bool = True
    people: Projector = field(init=False)
    groups: dict[str, Simulator] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "people", Projector(self.evidence, self.months, Cache(PROJECTIONS_KEPT), self.ages))
        object.__setattr__(self, "groups", {fit.group.name: self._simulator(fit) for fit in (self.lac, self.cp)})

    def _simulator(self, fit: Calibrated) -> Simulator:
        name, kept = fit.group.name, Cache(PATHS_KEPT if fit.places is None else PLACED_KEPT)
        group = (fit, self.norms[name], self.streams[name], self.spread[name])
        caches = kept, Cache(PATHS_KEPT), Cache(DEMANDS_KEPT), Cache(PROJECTIONS_KEPT)
        return Simulator(*group, self.people, self.seed, _seed(self.seed, name), self.threads, *caches)

    def without_expected(self) -> "Base":
        """The same, whose scenarios leave out the expected path: where the drawn paths alone are wanted."""
        return self.with_same_children(expects=False)

    def with_same_children(self, **changed) -> "Base":
        """The same with parts changed that move no child, and with what has been projected and simulated."""
        other = replace(self, **changed)
        object.__setattr__(other, "people", self.people)
        object.__setattr__(other, "groups", self.groups)
        return other

    @cached_property
    def to_year_end(self) -> "Base":
        """The same children and money up to the end of the budget year, where no later month is asked about.

        A child's life and a month's cost do not know what comes after them, so every figure of the year stays the same.
        """
        months = [month for month in self.months if month <= self.year[-1]] or self.months[:1]  # where the year is over
        shorter = {name: spread.first(len(months)) for name, spread in self.spread.items()}
        other = replace(self, months=months, spread=shorter, expects=False)
        longer = {name: replace(group, longer=self.groups[name]) for name, group in other.groups.items()}
        object.__setattr__(other, "groups", longer)
        return other

    def first(self, draws: int) -> "Base":
        """The same case on its first draws alone: the same futures, fewer of them."""
        if draws >= self.draws:
            return self
        money = {name: {line: cost[:draws] for line, cost in held.items()} for name, held in self.budgets.items()}
        return replace(
            self,
            plan=read_plan(self.central, draws, self.seed),
            spread={name: spread.of_draws(draws) for name, spread in self.spread.items()},
            budgets=money,
            drift={year: drift[:draws] for year, drift in self.drift.items()},
            **{name: getattr(self, name)[:draws] for name in MIXED if np.ndim(getattr(self, name)) > 1},
            draws=draws,
        )

    def read(self, a: Assumptions) -> Plan:
        """The plan of a set of assumptions, on the draws of this case."""
        return read_plan(a, self.draws, self.seed)

    @cached_property
    def uasc_budgets(self) -> dict[str, dict[str, np.ndarray]]:
        """What `budgets` hold for placing unaccompanied children: financial year -> line -> [draw]."""
        return {year: base_budget(self, year_months(year), costs.uasc_placements) for year in self.budgets}

    @property
    def budget(self) -> dict[str, np.ndarray]:
        """The base budget of the year whose contingency is asked about, line -> [draw]."""
        return self.budgets[self.central.case.financial_year]

    def mix_in(self, month: str) -> np.ndarray:
        """Who is placed where in a month: as counted at its end or, beyond what is counted, as counted last."""
        known = [held for held in self.mixes if held <= month]
        return self.mixes[max(known)] if known else self.mix


@dataclass(frozen=True)
class Projection:
    """One scenario of a case, draw by draw.

    plan      what its assumptions say; where a measure's effect is in doubt, of the middle effect
    expected  group -> the expected path, None where left out
    months    every month costed: the budget year's months to date, then the forecast
    lines     line -> [draw x month], pounds, income negative
    """

    assumptions: Assumptions
    plan: Plan
    population: Population
    lac: Paths
    cp: Paths
    expected: dict[str, Expected | None]
    forecast_months: list[str]
    work: Workload
    setting: Setting
    lines: dict[str, np.ndarray]
    drawn: Draw

    @property
    def months(self) -> list[str]:
        return self.work.months

    @property
    def values(self) -> Values:
        """The drawn assumptions, by key."""
        return self.plan.money.values

    @cached_property
    def net(self) -> np.ndarray:
        """Net cost, [draw x month], pounds."""
        return costs.net(self.lines)

    @cached_property
    def yearly(self) -> dict[str, dict[str, np.ndarray]]:
        """Financial year -> line -> [draw], pounds."""
        return costs.by_year(self.lines, self.months)

    @cached_property
    def lived(self) -> dict[str, np.ndarray]:
        """Child-days by what is paid for, each [draw x month]."""
        plan = self.plan.money.costs
        return placement_days(self.work, plan.places, plan.kinship_share, *self.setting.placed)

    @cached_property
    def needed(self) -> Activity:
        """Meetings, sessions, hours and posts."""
        return activity_of(self.work, self.plan.money.costs, self.setting)


def prepare(
    central: Assumptions,
    evidence: Evidence,
    draws: int,
    seed: int,
    threads: int = 2,
    ledger: Ledger | None = None,
    keep: Callable[[Callable[[], Tables]], Tables] = lambda work: work(),
) -> Base:
    """Everything the scenarios of a case share: calibration, the past year, the budget, the random numbers of the
    draws.

    ledger  the council's own budget and actuals to date, where it has them
    keep    gives the tables that what it is handed would make: the same, kept from before, where there are any
    """
    case, plan = central.case, read_plan(central, draws, seed)
    months = months_between(month_after(case.origin), case.horizon)
    year = year_months(case.financial_year)
    to_date = [month for month in year if month < months[0]]
    norms = group_norms(central)
    counts = totals_ahead(evidence, len(months), draws, _generators(seed, "totals"))
    groups, streams, spread, usual = {}, {}, {}, {}
    for name, group in (("lac", evidence.lac), ("cp", evidence.cp)):
        rng, usual[name] = _generators(seed, name), caseload.usual_care(len(group.bands))

        fit = caseload.calibrate(group, evidence, norms[name], days_in(to_date).sum(), case.calibration_year)
        fit = caseload.with_drawn_places(fit, norms[name], rng("places"))
        if name == "lac":
            own = _generators(seed, "ages"), _seed(seed, "ages")
            fit = caseload.on_ages(fit, evidence.mix, norms[name], months, *own, threads)
        fit = caseload.on_total(fit, counts[name][0], month_edges(months))
        streams[name] = caseload.master_stream(fit, caseload.still_starts(fit, len(months)), norms[name].family)
        spread[name] = caseload.practice(fit, draws, len(months), rng)
        groups[name] = fit
    uasc_share, share = uasc_shares(central, evidence), in_proceedings(evidence, groups["lac"], norms["lac"].early)
    past = past_work(groups, norms, year_months(case.calibration_year), share, uasc_share, seed, threads, False)
    so_far = past_work(groups, norms, to_date, share, uasc_share, seed, threads, True) if to_date else None
    base = Base(
        central=central,
        plan=plan,
        evidence=evidence,
        lac=groups["lac"],
        cp=groups["cp"],
        norms=norms,
        months=months,
        year=year,
        past=past,
        so_far=so_far,
        streams=streams,
        spread=spread,
        mix=mix_of(central, evidence, evidence.placements),
        uasc_share=uasc_share,
        proceedings_share=share,
        draws=draws,
        seed=seed,
        threads=threads,
    )
    base = replace(base, new_share=new_share(base))

    def with_practices(practice: Tables) -> Base:
        return replace(base, spread={name: with_practice(one, practice[name]) for name, one in base.spread.items()})

    def lived() -> Tables:
        practice = {name: group.matched(usual[name], counts[name][1]) for name, group in base.groups.items()}
        practised = with_practices(practice)
        return practice | drifts(practised)

    tables = keep(lived)
    return with_money(with_drifts(with_practices(tables), tables), ledger)


def totals_ahead(evidence: Evidence, months: int, draws: int, rng) -> dict[str, tuple[Total, np.ndarray]]:
    """What the closed form says of each group, and draws of it, [draw x month]; ranks of the two go together."""
    years = np.arange(1, months + 1) / MONTHS_A_YEAR
    shape, ahead = (draws, int(np.ceil(years[-1]))), {}
    normals = rng("lac").standard_normal(shape)
    for name, group in (("lac", evidence.lac), ("cp", evidence.cp)):
        if name == "cp":
            normals = TOGETHER * normals + np.sqrt(1 - TOGETHER**2) * rng("cp").standard_normal(shape)
        total = totals.ahead(group.past, evidence.totals[name], years, evidence.uasc_share(name))
        ahead[name] = total, total.paths(normals, rng(f"{name} tails").random(draws))
    return ahead


def drifts(base: Base) -> Tables:
    """How the mix and the unit costs drift, of a case that has no such drift yet: both start from the placements."""
    mixed = mix_drift(base) if base.evidence.mix else {}
    return mixed | unit_cost_drift(base.with_same_children(**mixed))


def with_drifts(base: Base, tables: Tables) -> Base:
    """The same children, whose mix and unit costs drift as `tables` say."""
    mixed = {name: table for name, table in tables.items() if name in MIXED}
    drift = {name: table for name, table in tables.items() if name not in (*base.groups, *mixed)}
    return base.with_same_children(drift=drift, **mixed)


def mix_drift(base: Base) -> dict[str, np.ndarray]:
    """Where the mix goes beyond the engine's: proceedings, homes and unaccompanied children, by draw and month.

    Children within proceedings and in homes are led to the closed form's median share of looked-after children, with
    today's children held as they are, and stray from it as councils' did. Scenarios move them from there.
    """
    still, usual, evidence = base.plan.population.held(), caseload.usual_care(len(base.lac.group.bands)), base.evidence
    paths = base.groups["lac"].simulate(still, usual, False).paths
    months, every, rng = base.months, evidence.lac.council.closing.sum(), _generators(base.seed, "mix")
    placed = evidence.placed_last or evidence.placements
    ago = len(base.so_far.months) if base.so_far is not None else 0
    years = (ago + np.arange(1, len(months) + 1)) / MONTHS_A_YEAR
    days, found = np.maximum(paths.days.sum(axis=2, dtype=float), 1.0), {}

    def led(name: str, share: float, held: np.ndarray, years: np.ndarray) -> np.ndarray:
        """What multiplies `held` child-days so that their share of all goes and strays as councils' did."""
        from scipy.special import expit  # not where a case is only read

        part, children = evidence.mix[name], max(share * every, mix.AT_LEAST)
        now = min(children / every, 1 - mix.AT_LEAST / every)
        there = evidence.country_shares.get(name, now)
        odds, own = part.odds(now, there, years), np.maximum(held.sum(axis=0), 1.0) / days.sum(axis=0)
        held_odds = np.log(np.maximum(held, 1)) - np.log(np.maximum(days - held, 1))
        strays = mix.walks(
            part.variance(children, every, years),
            held_odds.var(axis=0),
            years,
            rng(name).standard_normal((base.draws, 2)),
        )
        return expit(odds + strays) / own

    early = paths.early_days.sum(axis=2) * base.proceedings_share
    found["proceedings_share"] = base.proceedings_share * led(
        mix.PROCEEDINGS, evidence.interim_care_orders / every, early, years
    )
    if paths.placed is None:
        by_type = days_by_mix(paths.days.astype(float), mix_of(base.central, evidence, placed))
        since = years - (ago / MONTHS_A_YEAR if evidence.placed_last else 0)  # placements counted at the origin
        found["residential"] = led(mix.HOMES, placed[mix.HOMES] / sum(placed.values()), by_type[mix.HOMES], since)
        now = base.uasc_share * evidence.lac.council.closing
        now = now * evidence.uasc / now.sum() if now.sum() else now
        found["uasc_share"] = uasc.children(
            now, every, ago, len(months), evidence.mix[mix.UASC], uasc_stays(base.central), base.draws, rng
        )
    return found


def unit_cost_drift(base: Base) -> dict[str, np.ndarray]:
    """What spend a child must drift in each financial year so that it strays as councils' did, [draw]; log.

    The draws of today's children, held as they are, are counted first, as councils are: placements' cost of the year at
    a given number of children. Only what they lack is added, by a stream of random numbers of its own, which every
    scenario shares.
    """
    figures, still = from_figures(base.evidence.spend), base.plan.population.held()
    lac = base.groups["lac"].simulate(still, caseload.usual_care(len(base.lac.group.bands)), False).paths
    nobody = replace(lac, starts=0 * lac.starts, days=0 * lac.days, reviews=0 * lac.reviews)  # plans place no child
    work = workload(base.months, lac, nobody, base.proceedings_share, np.zeros(len(base.months)), base.uasc_share)
    work = work if base.so_far is None else work.after(base.so_far)
    lines = costed(work, base.plan.money.costs, setting_of(base, base.plan.money.levers, work.months))
    cost = costs.by_year(lines, work.months)
    children = costs.by_year({"days": work.days.sum(axis=2)}, work.months)
    since = np.array([years_from(base.central.case.calibration_year, year) for year in cost], float)
    held = []
    for year in cost:
        pounds, days = in_group(cost[year], "placements"), children[year]["days"]
        some = (pounds > 0) & (days > 0)  # a draw of a small council without a child placed has no cost a child
        strays = np.log(pounds[some]) - figures.children * np.log(days[some])
        held.append(np.var(strays) if some.any() else 0.0)
    rng, shape = _generators(base.seed, "unit cost"), (base.draws, since.size)
    normals, tails = rng("year by year").standard_normal(shape), rng("tails").random(base.draws)
    added = lacking(figures, base.evidence.lac.open_at_origin, since, np.array(held), normals, tails)
    return dict(zip(cost, added.T, strict=True))


def with_actual_data(base: Base, evidence: Evidence, ledger: Ledger | None) -> Base:
    """The same children and rates, with another ledger and with where children are placed as `evidence` counts it.

    The drift of the mix and of unit costs starts from where children are placed: worked out anew where that moved.
    """
    if evidence.placed_last != base.evidence.placed_last:
        still = base.with_same_children(
            evidence=evidence,
            mixes={},
            drift={},
            ledger=None,
            uasc_share=uasc_shares(base.central, evidence),
            proceedings_share=in_proceedings(evidence, base.lac, base.norms["lac"].early),
            residential=np.ones((1, 1)),
        )
        base = with_drifts(still, drifts(still))
    return with_money(base.with_same_children(evidence=evidence), ledger)


def with_money(base: Base, ledger: Ledger | None) -> Base:
    """The same with its budgets, its ledger and where children were placed in the months that count it."""
    years = dict.fromkeys(financial_year(month) for month in [*base.year, *base.months])
    budgets = {name: base_budget(base, year_months(name)) for name in years}
    budgets |= {} if ledger is None else {ledger.year: budget_of(ledger, base.draws)}
    mixes = {month: mix_of(base.central, base.evidence, placed) for month, placed in base.evidence.placed.items()}
    return base.with_same_children(budgets=budgets, mixes=mixes, ledger=ledger)


def project(base: Base, assumptions: Assumptions) -> Projection:
    """One scenario, on the same draws as every other.

    Where a shock may or may not come, it comes in as many draws as its chance says. Where the effect of a measure is
    in doubt, each draw has its low, its middle or its high effect, 3, 4 and 3 draws in ten (Swanson's rule for a 10th,
    50th and 90th percentile). Each draw's children live once, under what their draw has.
    """
    plans = read_plans(assumptions, base.draws, base.seed)
    ways, plan = [way for row in plans for way in row], plans[0][len(plans[0]) // 2]
    which = way_of_draws(base, plans)
    plan = plan if base.ledger is None else with_known_budget(plan, base.plan)
    months = base.months if base.so_far is None else base.so_far.months + base.months
    lac, cp = (
        base.groups[name].simulate_ways([(way.population, way.care[name]) for way in ways], which, base.expects)
        for name in ("lac", "cp")
    )
    work = workload(base.months, lac.paths, cp.paths, base.proceedings_share, cp.transfer_share, base.uasc_share)
    work = replace(work, moved_out=moved_out(lac.paths, [way.care["lac"] for way in ways], which, base.months))
    work = work if base.so_far is None else work.after(base.so_far)
    setting, lines = setting_of(base, plan.money.levers, months), costed_ways(base, work, ways, which)
    lines = lines if base.ledger is None else with_actuals(lines, months, base.ledger, plan.money.ledger)
    drawn = draw_on(plan.money.contingency, lines, months, base.budget, base.year)
    people, expected = base.people.project(plan.population.centre.people), {"lac": lac.expected, "cp": cp.expected}
    return Projection(
        assumptions, plan, people, lac.paths, cp.paths, expected, base.months, work, setting, lines, drawn
    )


def moved_out(lac: Paths, care: list[CarePlan], which: np.ndarray, months: list[str]) -> np.ndarray:
    """Days since they left care of children under 16 whom levers on leaving took out of it, [draw x month]."""
    levers = [np.stack([one.by_month(len(months)) for one in way.leaving_by_band[:-1]], axis=1) for way in care]
    earlier = 1 - 1 / np.maximum(np.array(levers), 1)
    if not earlier.any():
        return np.zeros(lac.ends.shape[:2])
    return np.cumsum((lac.ends[:, :, :-1] * earlier[which]).sum(axis=2), axis=1) * days_in(months)


def way_of_draws(base: Base, plans: list[list[Plan]]) -> np.ndarray:
    """The number of the way that each draw goes, of those of `read_plans` row by row, [draw]."""
    rng, which = _generators(base.seed, "measure"), np.zeros(base.draws, int)
    if len(plans[0]) > 1:
        which = np.searchsorted(np.cumsum(SWANSON)[:-1], rng("effect").random(base.draws))
    if len(plans) > 1:
        comes = np.ravel(plans[0][0].money.values[CHANCE])
        which = which + len(plans[0]) * (rng("shock").random(base.draws) < comes)
    return which


def costed_ways(base: Base, work: Workload, ways: list[Plan], which: np.ndarray) -> dict[str, np.ndarray]:
    """The cost lines of some work, each draw's at the levers of its way; prices are the same whichever way it goes."""
    distinct = list(dict.fromkeys(way.money.levers for way in ways))
    each = [vars(setting_of(base, levers, work.months)) for levers in distinct]
    way, setting = np.array([distinct.index(one.money.levers) for one in ways])[which], {}
    for name, usual in each[0].items():
        differs = any(not np.array_equal(usual, one[name]) for one in each[1:])
        setting[name] = np.choose(way[:, None], [one[name] for one in each]) if differs else usual
    return costed(work, ways[0].money.costs, Setting(**setting))


def with_known_budget(plan: Plan, central: Plan) -> Plan:
    """The plan where the council's budget is held line by line: of the bridge to it only what the scenario changes."""
    own, usual = plan.money.contingency, central.money.contingency
    known = replace(own, adjustment=own.adjustment - usual.adjustment)
    return replace(plan, money=replace(plan.money, contingency=known))


def costed(work: Workload, plan: CostPlan, setting: Setting) -> dict[str, np.ndarray]:
    """The cost lines of some work at some prices."""
    days = placement_days(work, plan.places, plan.kinship_share, *setting.placed)
    return costs.cost_lines(work, days, activity_of(work, plan, setting), plan, setting)


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


def past_work(groups, norms, months, share, uasc_share, seed, threads, to_date: bool) -> Workload:
    """The mean work of past months: the calibration year, or (`to_date`) the months to date."""
    paths = {}
    for name, fit in groups.items():
        year, council = fit.council, fit.group.council
        if to_date:  # as the council stood at the end of the calibration year, at the rates of the forecast
            at, children, hazards, a_year = year.at_close, year.closing, fit.hazards, fit.starts_since
        else:  # as it stood at the year's start, at its own calibrated hazards
            at, children, hazards, a_year = (
                year.at_open,
                year.opening,
                year.hazards.with_break(norms[name].early),
                council.starts,
            )
        past = fit.restarted(as_opening(at, int(round(children.sum())), POINTS), hazards)
        starts = np.outer(days_in(months) / DAYS_A_YEAR, a_year)
        stream = caseload.master_stream(fit, starts, norms[name].family)
        flat = Spread.none(BASE_DRAWS, len(months), len(fit.group.bands))
        own = _seed(seed, f"past {name}")
        paths[name] = caseload.simulate(
            past, norms[name], stream, starts, flat, np.ones(starts.shape), months, own, threads
        )
    return workload(months, paths["lac"], paths["cp"], share, np.zeros(len(months)), uasc_share).mean()


def base_budget(base: Base, year: list[str], what=costed) -> dict[str, np.ndarray]:
    """The base budget of one financial year by line, [draw]: the calibration year's activity at this year's prices.

    what  costs some work at some prices: every line, or a part of them alike

    The published budget is not held: this is a derivation in the open. A draw's own unit costs price its budget too,
    for a dearer placement was dearer last year; prices rise by the central index, which is all that was known when
    the budget was set. Later years are rolled forward, prices only.
    """
    factor = days_in(year) / days_in(base.past.months)  # the same work per day, also where the year is a leap year
    parts = base.past.parts().items()
    stretched = {name: part * (factor[None, :, None] if part.ndim == 3 else factor) for name, part in parts}
    work = replace(base.past, months=year, **stretched)
    prices = read_costs(base.plan.money.values.at_central_indices())
    setting = setting_of(base, base.plan.money.levers, year, flat=True)
    lines = what(work, prices, setting)
    return {line: np.broadcast_to(cost.sum(axis=1), base.draws) for line, cost in lines.items()}


# --- what the costing needs -------------------------------------------------------------------------------------------


def setting_of(base: Base, levers: CostLevers, months: list[str], flat: bool = False) -> Setting:
    """What the costing needs, by month: those before the forecast, or all if `flat`, are without levers."""
    ahead = 0 if flat else len(set(months) & set(base.months))
    before = len(months) - ahead

    def from_now(values: np.ndarray, earlier: float) -> np.ndarray:
        return np.concatenate([np.full(before, earlier), values])

    drifted = base.residential[:, : max(ahead, 1)] * levers.residential.by_month(ahead) if ahead else np.ones((1, 0))
    times = np.concatenate([np.ones((len(drifted), before)), drifted], axis=1)
    mixes = [base.mix if flat else base.mix_in(month) for month in months]
    since = np.arange(ahead) - levers.measure_begins_after  # months since a measure was set up
    return Setting(
        mix=np.array(mixes),
        residential=times,
        new_share=from_now(base.new_share[:ahead], 0.0),
        added_places=from_now(levers.in_house_places * levers.timing.reach(ahead), 0.0),
        contact_lever=from_now(levers.contact.by_month(ahead), 1.0),
        price_lever=from_now(levers.prices.by_month(ahead), 1.0),
        iro_lever=from_now(levers.iro_hours.by_month(ahead), 1.0),
        case_lever=from_now(levers.front_door.on_cases(ahead), 1.0),
        measure_begins=from_now((since == 0).astype(float), 0.0),
        drift=np.zeros(len(months)) if flat or not base.drift else _in_months(base.drift, months),
        measure_months=from_now(((since >= 0) & (since < levers.measure_lasts)).astype(float), 0.0),
        starts_per_icpc=base.evidence.cp.council.starts.sum() / base.evidence.conferenced,
    )


def _in_months(by_year: dict[str, np.ndarray], months: list[str]) -> np.ndarray:
    """[draw x month] out of financial year -> [draw]."""
    return np.stack([by_year[financial_year(month)] for month in months], axis=1)


def new_share(base: Base) -> np.ndarray:
    """Expected share of child-days in placements made after the origin, [month], while today's children are held."""
    starts, care = base.streams["lac"].expected, caseload.usual_care(len(base.lac.group.bands))
    leaving = care.on_leaving(base.lac, len(base.months))
    all_, alone = (
        caseload.expected_path(base.lac, base.streams["lac"], some, leaving, base.months)
        for some in (starts, starts * 0)
    )
    return 1 - alone.days.sum(axis=1) / all_.days.sum(axis=1)


# --- random numbers by name -------------------------------------------------------------------------------------------


def _generators(seed: int, group: str):
    """Generators by name: each source of spread has its own stream."""
    return lambda name: np.random.default_rng([seed, _number(f"{group} {name}")])


def _seed(seed: int, name: str) -> int:
    return _number(f"{seed} {name}")


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:SEED_BYTES], "big")
