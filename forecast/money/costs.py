"""Activity times unit cost, line by line: gross, income and net, uprated on 1 April."""

from dataclasses import dataclass

import numpy as np

from forecast.case.months import DAYS_A_WEEK, DAYS_A_YEAR, days_in, financial_year, years_from
from forecast.demand.local import PAID_AS
from forecast.demand.placements import Places, days_by_mix, days_by_state, placement_days
from forecast.demand.workload import Workload
from forecast.money.activity import ContactNorms, conferences, contact_sessions, posts_needed, spot_hours
from forecast.money.lines import LINES

PLACEMENT_LINES = {"other_placements": ["with_parents", "placed_for_adoption", "other_placement"]}
PRICED_BY_PAY = ("in_house_fostering", "kinship_fostering", "own_home")  # the rest by the placement index


class Values:
    """Assumption values by key: scalars at the centre, or columns [draw x 1] where the key is uncertain."""

    def __init__(
        self, values: dict[str, np.ndarray | float], price_base: dict[str, str | None], centre: dict | None = None
    ):
        self._values, self._price_base, self._centre = values, price_base, centre or {}

    @property
    def sampled(self) -> list[str]:
        """Keys that vary from draw to draw."""
        return list(self._centre)

    def at_centre(self, section: str) -> "Values":
        """The same with every drawn key of one section at its central value."""
        central = {key: value for key, value in self._centre.items() if key.startswith(section)}
        return Values(self._values | central, self._price_base, self._centre)

    def __getitem__(self, key: str) -> np.ndarray | float:
        value = self._values[key]
        return value if np.ndim(value) == 0 else value[:, None]

    def price(self, key: str, index: str, months: list[str]) -> np.ndarray:
        """A price in each month's money, [month] or [draw x month]: it steps on 1 April by the index `prices.…`."""
        base = self._price_base[key]
        if base is None:
            raise KeyError(f"{key} is a price and needs a price_base, such as 2011-12")
        years = np.array([years_from(base, financial_year(month)) for month in months], float)
        return self[key] * (1 + self[f"prices.{index}"]) ** years


@dataclass(frozen=True)
class Setting:
    """What the costing of one scenario needs beside activity and values.

    mix                 [month x band x placement] or [band x placement]  who is placed where
    residential         [month]             multiple of residential child-days, where placements are states
    new_share           [month]             share of child-days in placements made after the origin
    added_places        [month]             in-house foster places a measure adds
    contact_lever, price_lever, iro_lever  [month]
    measure_begins, measure_months         [month]  1 where a measure is set up; 1 where it is paid for
    starts_per_icpc     scalar
    """

    mix: np.ndarray
    residential: np.ndarray
    new_share: np.ndarray
    added_places: np.ndarray
    contact_lever: np.ndarray
    price_lever: np.ndarray
    iro_lever: np.ndarray
    measure_begins: np.ndarray
    measure_months: np.ndarray
    starts_per_icpc: float


def cost_lines(work: Workload, values: Values, setting: Setting) -> dict[str, np.ndarray]:
    """Cost of every line, [draw x month], pounds of the month; income lines are negative."""
    places = Places(values["placements.in_house_fostering_places"], values["placements.own_home_places"])
    days = placement_days(days_by_placement(work, values, setting), places, setting.added_places, work.months)
    lines = placement_cost(days, values, setting, work.months)
    lines |= {"contact": contact_cost(work, values, setting)} | review_cost(work, values, setting)
    lines["measures"] = np.zeros_like(lines["contact"]) + measure_cost(values, setting, work.months)
    return {line: lines.get(line, income(line, work, lines, values, setting)) for line in LINES}


def days_by_placement(work: Workload, values: Values, setting: Setting) -> dict[str, np.ndarray]:
    """Child-days by placement: counted where placements are states, else by the mix of each age."""
    if work.placed is None:
        return days_by_mix(work.days, setting.mix, values["placements.kinship_share"], work.months)
    return days_by_state(work.placed, PAID_AS, setting.residential)


def placement_cost(days: dict[str, np.ndarray], values: Values, setting: Setting, months: list[str]) -> dict:
    """Placement lines: weekly prices times placement weeks, and the services with a fixed cost."""
    dearer = (1 + (values["costs.new_placement_price"] - 1) * setting.new_share) * setting.price_lever

    def paid(name: str, price: str) -> np.ndarray:
        index = "pay" if name in PRICED_BY_PAY else "placements"
        bought = 1.0 if index == "pay" else dearer
        return days[name] / DAYS_A_WEEK * values.price(f"costs.{price}", index, months) * bought

    same = [
        "in_house_fostering",
        "kinship_fostering",
        "ifa_fostering",
        "private_residential",
        "residential_school",
        "supported",
    ]
    lines = {name: paid(name, name) for name in same}
    lines["other_placements"] = sum(paid(name, name) for name in PLACEMENT_LINES["other_placements"])
    lines["own_homes"] = paid("own_home", "own_home") + fixed("costs.own_homes", values, months)
    one_draw = np.zeros_like(days["own_home"])
    for name in ("fostering_service", "other_lac_services"):
        lines[name] = one_draw + fixed(f"costs.{name}", values, months)
    return lines


def fixed(key: str, values: Values, months: list[str]) -> np.ndarray:
    """A yearly cost spread over the days of the year, uprated by pay."""
    return values.price(key, "pay", months) * days_in(months) / DAYS_A_YEAR


def measure_cost(values: Values, setting: Setting, months: list[str]) -> np.ndarray:
    """What a measure costs: once in the month it is set up, then by the day while it is paid for."""
    once = values.price("measure.set_up", "pay", months) * setting.measure_begins
    return once + fixed("measure.running", values, months) * setting.measure_months


def contact_hours(work: Workload, values: Values, setting: Setting) -> tuple[np.ndarray, np.ndarray]:
    """Supervised contact of the month: sessions, and their hours, [draw x month]."""
    bands = ("under_1", "1_4", "5_9", "10_15", "16_17")
    by_band = np.broadcast_arrays(*(np.atleast_2d(values[f"contact.sessions_{band}"]) for band in bands))
    sessions_a_week = np.concatenate(by_band, axis=1)
    norms = ContactNorms(
        sessions_a_week,
        values["contact.sessions_after_order"],
        values["contact.hours_a_session"],
        values["contact.children_a_session"],
    )
    sessions = contact_sessions(work, norms, setting.contact_lever)
    return sessions, sessions * norms.hours_a_session


def contact_cost(work: Workload, values: Values, setting: Setting) -> np.ndarray:
    """The in-house contact service, the hours bought beyond it, and travel."""
    sessions, hours = contact_hours(work, values, setting)
    bought = spot_hours(hours, values["contact.in_house_hours"], work.months)
    spot = bought * values.price("contact.agency_hour", "general", work.months)
    travel = sessions * values.price("contact.travel", "general", work.months)
    return fixed("contact.in_house_cost", values, work.months) + spot + travel


def review_hours(work: Workload, values: Values, setting: Setting) -> dict[str, np.ndarray]:
    """IRO and administrative hours of the month, [draw x month]."""
    held = conferences(work, setting.starts_per_icpc, values["families.cp"])
    meetings = sum(held.values())
    iro = work.lac_reviews * values["iro.hours_a_lac_review"] + meetings * values["iro.hours_a_conference"]
    admin = (
        work.lac_reviews * values["iro.admin_hours_a_lac_review"] + meetings * values["iro.admin_hours_a_conference"]
    )
    return {"iro": iro * setting.iro_lever, "admin": admin * setting.iro_lever}


def review_cost(work: Workload, values: Values, setting: Setting) -> dict[str, np.ndarray]:
    """IRO and administrative posts held, and the shortfall bought at agency prices."""
    hours = review_hours(work, values, setting)
    months, premium = work.months, values["iro.agency_premium"]
    share_of_year = days_in(months) / DAYS_A_YEAR
    lines = {}
    for line, kind, post in (("iro", "iro", ""), ("review_administration", "admin", "admin_")):
        needed = posts_needed(hours[kind], values["iro.hours_a_post"], months)
        posts = values[f"iro.{post}posts"]
        price = values.price(f"iro.{post}post_cost", "pay", months) * share_of_year
        lines[line] = (posts + np.maximum(needed - posts, 0) * premium) * price
    return lines


def income(line: str, work: Workload, lines: dict, values: Values, setting: Setting) -> np.ndarray:
    """Income lines, negative."""
    if line == "uasc_grant":
        weeks = work.uasc / DAYS_A_WEEK
        older = weeks[:, :, -1] * values["income.uasc_16_17"]
        return -(weeks[:, :, :-1].sum(axis=2) * values["income.uasc_under_16"] + older)
    residential = lines["own_homes"] + lines["private_residential"] + lines["residential_school"]
    fostering = sum(
        lines[name] for name in ("in_house_fostering", "kinship_fostering", "ifa_fostering", "fostering_service")
    )
    return -(residential * values["income.residential_share"] + fostering * values["income.fostering_share"])


def net(lines: dict[str, np.ndarray]) -> np.ndarray:
    """Net cost of all lines."""
    return sum(lines.values())


def by_year(lines: dict[str, np.ndarray], months: list[str]) -> dict[str, dict[str, np.ndarray]]:
    """Financial year -> line -> [draw]."""
    years = np.array([financial_year(month) for month in months])
    return {
        year: {line: cost[:, years == year].sum(axis=1) for line, cost in lines.items()}
        for year in dict.fromkeys(years)
    }
