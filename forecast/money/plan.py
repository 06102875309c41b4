"""What one set of assumptions says of money, read once: prices, posts, levers, the ledger, the contingency."""

from dataclasses import dataclass, field, fields, replace
from functools import cache

import numpy as np

from forecast.case import Assumptions, sample
from forecast.case.ages import LAC_BANDS
from forecast.case.errors import BadInput
from forecast.case.lines import CONTINGENCY, RECOVERY, RULES
from forecast.case.months import DAYS_A_YEAR, MONTHS_A_YEAR, days_in, financial_year, years_from
from forecast.demand.front_door import FrontDoor
from forecast.demand.levers import Lever, Timing
from forecast.demand.placements import PAID_FOR, Places
from forecast.demand.plan import lever, read_front_door, read_timing

PRICE_INDICES = "prices."
STREAMS = (
    "base",
    "early_intervention_grant",
    "sure_start",
    "partners",
)  # what may pay for a measure beside the contingency
BRIDGE = {  # from last year's activity at this year's prices to the base budget
    "budget.met_by_one_offs": -1,
    "budget.growth": 1,
    "budget.savings": -1,
    "budget.one_offs_ending": -1,
    "budget.adjustment": 1,
}


@dataclass(frozen=True)
class Values:
    """Assumption values by key: scalars at the centre, or columns [draw x 1] where the key is uncertain.

    price_base  key -> financial year of a price's money, or None
    centre      central values of the keys that vary from draw to draw
    """

    values: dict[str, np.ndarray | float]
    price_base: dict[str, str | None]
    centre: dict[str, float]

    def at_central_indices(self) -> "Values":
        """The same with every price index that is drawn at its central value."""
        indices = {key: value for key, value in self.centre.items() if key.startswith(PRICE_INDICES)}
        return replace(self, values=self.values | indices)

    def __getitem__(self, key: str) -> np.ndarray | float:
        value = self.values[key]
        return value if np.ndim(value) == 0 else value[:, None]

    def price(self, key: str, index: str) -> "Price":
        """A price and the index that raises it. Raises KeyError where the year of its money is not known."""
        base = self.price_base[key]
        if base is None:
            raise KeyError(f"{key} is a price and needs a price_base, such as 2011-12")
        return Price(self[key], base, self[index])


@dataclass(frozen=True)
class Price:
    """A price in the money of one financial year, and its yearly rise: scalars or [draw x 1]."""

    value: np.ndarray | float
    base: str
    rise: np.ndarray | float

    def in_months(self, months: list[str]) -> np.ndarray:
        """The price in each month's money, [month] or [draw x month]: it steps on 1 April."""
        each, at = _years_since(self.base, tuple(months))
        return (self.value * (1 + self.rise) ** each)[..., at]

    def by_day(self, months: list[str]) -> np.ndarray:
        """A yearly cost spread over the days of the year, [month] or [draw x month]."""
        return self.in_months(months) * days_in(months) / DAYS_A_YEAR


@cache
def _years_since(base: str, months: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Financial years from `base` to those of the months, and which of them each month is in."""
    years = [years_from(base, financial_year(month)) for month in months]
    return np.unique(np.array(years, float), return_inverse=True)


@dataclass(frozen=True)
class ContactNorms:
    """Contact: sessions a week in proceedings by age band [band] or [draw x band]; the rest scalars or [draw x 1]."""

    sessions: np.ndarray
    after_order_a_year: np.ndarray
    hours_a_session: np.ndarray
    children_a_session: np.ndarray


@dataclass(frozen=True)
class ContactPlan:
    """Contact: norms, hours a week and yearly cost of the in-house service, prices of what is bought beyond it."""

    norms: ContactNorms
    in_house_hours: float
    in_house_cost: Price
    agency_hour: Price
    travel: Price


@dataclass(frozen=True)
class PostPlan:
    """One kind of post: hours for a LAC review and for a conference, posts held and the yearly cost of one."""

    hours_a_lac_review: np.ndarray | float
    hours_a_conference: np.ndarray | float
    held: float
    cost: Price


@dataclass(frozen=True)
class ReviewPlan:
    """Children in one conference, posts by kind, hours that a post gives a year, the agency's premium."""

    children_a_conference: float
    posts: dict[str, PostPlan]
    hours_a_post: float
    agency_premium: np.ndarray | float


@dataclass(frozen=True)
class WorkforcePlan:
    """Social workers: children one can hold, open cases beside plans and care, posts held and how many of them agency
    staff fill at what premium; managers and recruits in the cost of a post.
    """

    caseload: float
    other_cases: float
    held: float
    vacancies: float
    agency_premium: np.ndarray | float
    managers: float
    manager_grade: float
    recruits: float
    induction: float


@dataclass(frozen=True)
class CostPlan:
    """Every price, place and post of one scenario, draw by draw where uncertain.

    weekly        what is paid for -> price a child and week
    ordinary      ordinary line -> its price, of those that the case has
    in_call       line -> the share of it that the call knows, of those that may stand beside
    set_up, running  of a measure; upkeep: of each in-house place it adds
    funded        stream -> share of a measure's cost that it pays; the contingency pays the rest
    allowance     a child and week, of children whom a measure took out of care; allowed_share: who bring one
    uasc_under_16, uasc_16_17  grant a child and week; residential_share, fostering_share: of cost met by others
    drift         how far spend a child strays as councils' did: 0 not at all, 1 as much
    """

    places: Places
    kinship_share: np.ndarray | float
    weekly: dict[str, Price]
    new_placement_price: np.ndarray | float
    ordinary: dict[str, Price]
    in_call: dict[str, float]
    contact: ContactPlan
    reviews: ReviewPlan
    workforce: WorkforcePlan
    set_up: Price
    running: Price
    upkeep: Price
    funded: dict[str, float]
    allowance: Price
    allowed_share: float
    uasc_under_16: float
    uasc_16_17: float
    residential_share: np.ndarray | float
    fostering_share: np.ndarray | float
    drift: np.ndarray | float


@dataclass(frozen=True)
class CostLevers:
    """Levers on prices, places, contact and hours, and when a measure is paid for (months from the origin)."""

    residential: Lever
    prices: Lever
    contact: Lever
    iro_hours: Lever
    front_door: FrontDoor
    in_house_places: float
    timing: Timing
    measure_begins_after: float
    measure_lasts: float


@dataclass(frozen=True)
class LedgerPlan:
    """How far a ledger's months are believed.

    noise   SD of the logarithm of a month's actual about its true level: accruals and late invoices
    level   SD of the logarithm by which a line's true level may stand off the model's, beyond what the draws know
    memory  months after which a month counts for half
    """

    noise: float
    level: float
    memory: float


@dataclass(frozen=True)
class Setting:
    """What the costing of one scenario needs beside activity and prices.

    mix                 [month x band x placement] or [band x placement]  who is placed where
    residential         [draw x month]      multiple of residential child-days: levers, and drift of the mix
    new_share           [month]             share of child-days in placements made after the origin
    added_places        [month]             in-house foster places a measure adds
    contact_lever, price_lever, iro_lever, case_lever  [month]
    measure_begins, measure_months         [month]  1 where a measure is set up; 1 where it is paid for
    drift               [month] or [draw x month]  log change of spend a child that prices and mix do not explain
    starts_per_icpc     scalar
    """

    mix: np.ndarray
    residential: np.ndarray
    new_share: np.ndarray
    added_places: np.ndarray
    contact_lever: np.ndarray
    price_lever: np.ndarray
    iro_lever: np.ndarray
    case_lever: np.ndarray
    measure_begins: np.ndarray
    measure_months: np.ndarray
    drift: np.ndarray
    starts_per_icpc: float

    @property
    def placed(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What `placement_days` asks for."""
        return self.mix, self.residential, self.added_places


@dataclass(frozen=True)
class RecoveryItem:
    """One item of a recovery plan: pounds a year while it runs, who pays, months into the year until it begins, and
    months that it lasts: once where it ends within the year, else recurring.
    """

    cost: np.ndarray
    paid_by: str
    begins: float
    lasts: float

    def to_date(self, months: int = MONTHS_A_YEAR) -> np.ndarray:
        """Spent by each month's end, [draw x month]."""
        return self.cost[:, None] * np.clip(np.arange(1, months + 1) - self.begins, 0, self.lasts) / MONTHS_A_YEAR


@dataclass(frozen=True)
class ContingencyPlan:
    """The contingency and what is set against it, pounds.

    adjustment     [draw] or one figure  the base budget less last year's activity at this year's prices
    not_itemised   [draw] or one figure  of the Recovery Plan, spent evenly from `recovery_starts` months on
    items          what it is made of beside
    """

    amount: float
    adjustment: np.ndarray
    not_itemised: np.ndarray
    recovery_starts: float
    one_off_savings: float
    items: dict[str, RecoveryItem] = field(default_factory=dict)

    def committed(self, months: int) -> np.ndarray:
        """What the contingency is committed to, to date, [draw x month]."""
        evenly = np.clip(np.arange(1, months + 1) - self.recovery_starts, 0, None) / (months - self.recovery_starts)
        called = (item.to_date(months) for item in self.items.values() if item.paid_by == CONTINGENCY)
        return sum(called, np.atleast_1d(self.not_itemised)[:, None] * evenly)


@dataclass(frozen=True)
class MoneyPlan:
    """All that one scenario says of money; `values` are the drawn assumptions it was read from."""

    costs: CostPlan
    levers: CostLevers
    ledger: LedgerPlan
    contingency: ContingencyPlan
    values: Values


def read_money(a: Assumptions, keys: list[str], draws: int, seed: int) -> MoneyPlan:
    """The money of one scenario, with the uncertain `keys` drawn."""
    values = draw_values(a, keys, draws, seed)
    return MoneyPlan(
        read_costs(values),
        CostLevers(
            residential=lever(a, "levers.residential"),
            prices=lever(a, "levers.placement_prices"),
            contact=lever(a, "levers.contact_sessions"),
            iro_hours=lever(a, "levers.iro_hours"),
            front_door=read_front_door(a),
            in_house_places=a.value("levers.in_house_places"),
            timing=read_timing(a),
            measure_begins_after=a.value("measure.begins_after"),
            measure_lasts=a.value("measure.lasts"),
        ),
        LedgerPlan(a.value("ledger.noise"), a.value("ledger.level"), a.value("ledger.memory")),
        ContingencyPlan(
            a.value("budget.contingency"),
            sum(sign * np.ravel(values[key]) for key, sign in BRIDGE.items()),
            np.ravel(values["budget.recovery_plan"]),
            a.value("budget.recovery_starts"),
            a.value("budget.one_off_savings"),
            {
                name: RecoveryItem(
                    np.ravel(values[f"recovery.{name}.cost"]),
                    row["paid_by"],
                    *(a.value(f"recovery.{name}.{part}") for part in ("begins", "lasts")),
                )
                for name, row in RECOVERY.items()
            },
        ),
        values,
    )


def draw_values(a: Assumptions, keys: list[str], draws: int, seed: int) -> Values:
    """Assumption values of every draw: columns where `keys` are uncertain, scalars where not."""
    centre = {key: a.value(key) for key in a.keys()}
    bases = {key: a.entry(key).price_base for key in centre}
    return Values(centre | sample(a, draws, seed, keys), bases, {key: centre[key] for key in keys})


def central_values(a: Assumptions) -> Values:
    """Every assumption at its centre."""
    return draw_values(a, [], 1, 0)


def read_costs(values: Values) -> CostPlan:
    """Prices, places and posts out of the drawn values."""
    sessions = [np.atleast_2d(values[f"contact.sessions_{band}"]) for band in LAC_BANDS]

    def pay(key: str) -> Price:
        return values.price(key, "prices.pay")

    return CostPlan(
        places=Places(values["placements.in_house_fostering_places"], values["placements.own_home_places"]),
        kinship_share=values["placements.kinship_share"],
        weekly={name: values.price(f"costs.{name}", f"prices.{paid.index}") for name, paid in PAID_FOR.items()},
        new_placement_price=values["costs.new_placement_price"],
        ordinary={
            line: values.price(rule.price, f"prices.{rule.index}")
            for line, rule in RULES.items()
            if np.any(values[rule.price])
        },
        in_call={line: values[rule.in_call] for line, rule in RULES.items() if rule.in_call},
        contact=ContactPlan(
            ContactNorms(
                np.concatenate(np.broadcast_arrays(*sessions), axis=1),
                values["contact.sessions_after_order"],
                values["contact.hours_a_session"],
                values["contact.children_a_session"],
            ),
            in_house_hours=values["contact.in_house_hours"],
            in_house_cost=pay("contact.in_house_cost"),
            agency_hour=values.price("contact.agency_hour", "prices.general"),
            travel=values.price("contact.travel", "prices.general"),
        ),
        reviews=ReviewPlan(
            children_a_conference=values["families.cp"],
            posts={
                "iro": PostPlan(
                    values["iro.hours_a_lac_review"],
                    values["iro.hours_a_conference"],
                    values["iro.posts"],
                    pay("iro.post_cost"),
                ),
                "admin": PostPlan(
                    values["iro.admin_hours_a_lac_review"],
                    values["iro.admin_hours_a_conference"],
                    values["iro.admin_posts"],
                    pay("iro.admin_post_cost"),
                ),
            },
            hours_a_post=values["iro.hours_a_post"],
            agency_premium=values["iro.agency_premium"],
        ),
        workforce=WorkforcePlan(**{part.name: values[f"workforce.{part.name}"] for part in fields(WorkforcePlan)}),
        set_up=pay("measure.set_up"),
        running=pay("measure.running"),
        upkeep=pay("measure.place_upkeep"),
        funded=_funded(values),
        allowance=values.price("measure.allowance", "prices.general"),
        allowed_share=values["measure.allowed_share"],
        uasc_under_16=values["income.uasc_under_16"],
        uasc_16_17=values["income.uasc_16_17"],
        residential_share=values["income.residential_share"],
        fostering_share=values["income.fostering_share"],
        drift=values["drift.unit_cost"],
    )


def _funded(values: Values) -> dict[str, float]:
    """Stream -> share of a measure's cost. Raises BadInput where they pay more than all of it."""
    shares = {stream: values[f"measure.from_{stream}"] for stream in STREAMS}
    if sum(shares.values()) > 1:
        said = ", ".join(f"measure.from_{stream} {share:g}" for stream, share in shares.items() if share)
        raise BadInput(f"{said}: together more than the whole cost of the measure; expected at most 1")
    return shares
