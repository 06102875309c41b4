"""The true rates of the invented council: everything that is drawn is drawn from these."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import inf

from forecast.case.errors import BadInput
from forecast.case.months import MONTHS_A_YEAR, months_between, year_months
from invented.days import CP_BANDS, LAC_BANDS, year_days

COUNCIL = "Exampleton"
AUTHORITY_CODE = "999"  # no English authority has it
PLACEMENTS = (
    "in_house_fostering",
    "ifa_fostering",
    "kinship_fostering",
    "placed_for_adoption",
    "with_parents",
    "residential",
    "secure",
    "residential_school",
    "other_residential",
    "supported",
    "other",
)
TOLERANCE = 1e-9
HERE = "settings of the invented council"
YEAR = re.compile(r"\d{4}-\d\d")
SHARES = ("cp_to_lac", "cp_transfer_out", "cp_repeat", "lac_returning", "icpcs_held", "icpc_per_section_47")
PER_CHILDREN = 10_000  # start rates are per 10,000 children


@dataclass(frozen=True)
class Leaving:
    """Piecewise constant leaving hazards.

    since_days  lower edges of time since the start, days; the first is 0
    per_year    age band -> hazard in each stretch of time since the start, leavers per child-year
    """

    since_days: tuple[int, ...]
    per_year: Mapping[str, tuple[float, ...]]

    def __post_init__(self):
        """Raises BadInput if the stretches do not begin at 0 and rise, or a band's hazards are not one to each."""
        edges = list(self.since_days)
        if edges[:1] != [0] or edges != sorted(set(edges)):
            raise BadInput(f"{HERE}: since_days must begin at 0 and rise, not {edges}")
        for band, hazards in self.per_year.items():
            if len(hazards) != len(edges) or min(hazards) < 0:
                raise BadInput(f"{HERE}: leaving hazards of {band} must be {len(edges)} figures of 0 or more")


def _by_band(
    bands: tuple[str, ...], base: tuple[float, ...], factors: tuple[float, ...]
) -> dict[str, tuple[float, ...]]:
    """The same shape over time for every age band, faster or slower by a factor."""
    return {band: tuple(hazard * factor for hazard in base) for band, factor in zip(bands, factors, strict=True)}


def _lac_leaving() -> Leaving:
    return Leaving((0, 14, 91, 365, 1096), _by_band(LAC_BANDS, (3.0, 0.9, 0.5, 0.4, 0.2), (0.9, 1.2, 0.8, 0.9, 1.2)))


def _cp_leaving() -> Leaving:
    """Two humps, after the first and second review: 17, 10, 41, 27 and 5% end within 3, 6, 12, 24 months and later."""
    return Leaving(
        (0, 91, 182, 365, 730), _by_band(CP_BANDS, (0.75, 0.5, 1.65, 1.85, 2.0), (0.9, 0.9, 1.0, 1.0, 1.0, 1.3))
    )


def _mix() -> dict[str, dict[str, float]]:
    fostered = {"in_house_fostering": 0.45, "ifa_fostering": 0.30, "kinship_fostering": 0.15}
    older = {"in_house_fostering": 0.28, "ifa_fostering": 0.34, "kinship_fostering": 0.12, "with_parents": 0.05}
    homes = {"residential": 0.15, "residential_school": 0.03, "secure": 0.01, "other_residential": 0.01, "other": 0.01}
    last = {"in_house_fostering": 0.16, "ifa_fostering": 0.22, "kinship_fostering": 0.06, "with_parents": 0.03}
    return {
        "under_1": fostered | {"with_parents": 0.05, "other_residential": 0.05},
        "1_4": fostered | {"with_parents": 0.09, "other_residential": 0.01},
        "5_9": fostered | {"with_parents": 0.06, "residential": 0.03, "residential_school": 0.01},
        "10_15": older | homes,
        "16_17": last
        | {"supported": 0.35, "residential": 0.14, "secure": 0.01, "other_residential": 0.01, "other": 0.02},
    }


def _reasons() -> dict[str, dict[str, float]]:
    home = {"E4A": 0.35, "E4B": 0.08, "E41": 0.12, "E45": 0.12, "E46": 0.06, "E3": 0.01, "E13": 0.05, "E8": 0.10}
    return {
        "under_1": home | {"E11": 0.05, "E12": 0.15, "E2": 0.005},
        "1_4": home | {"E11": 0.05, "E12": 0.30, "E2": 0.002},
        "5_9": home | {"E12": 0.06, "E2": 0.002},
        "10_15": home | {"E9": 0.01, "E14": 0.01, "E2": 0.002},
        "16_17": {"E4A": 0.25, "E4B": 0.15, "E5": 0.15, "E6": 0.20, "E8": 0.15, "E9": 0.03, "E2": 0.002},
    }


@dataclass(frozen=True)
class Oddities:
    """Legal awkwardness, each a probability from 0 (never) unless another unit is given.

    month_boundary_births   of a child's birthday being on a first or last day of a month
    leap_day_births         of its being on 29 February
    year_end                of a start or end in March being on the 31st, or in April on the 1st
    temporary_home          of a stay of 60 days or more holding a spell with parents (P1), then the same placement
    temporary_placement     of such a stay holding a temporary placement (T0), then the same placement
    adoption_disrupted      of such a stay, of a child under 10, holding a placement for adoption that breaks down
    same_carer_moves        moves with the same carer (RNE T) a child-year
    legal_with_move         of a legal status change falling on the day of the nearest placement change (RNE B or U)
    short_breaks            children a year who start short breaks; never in the stock of LAC
    short_breaks_v3         of these being single short breaks (V3), not a series under one agreement (V4)
    expected_birth_error    most days between a birth and the date expected
    plan_runs_on            most days a CP plan runs on after its child becomes looked after
    late_review             of a review being held up to a month late
    nested, overlapping     of an episode of 60 days or more being submitted with another nested in it, or ending after
                            the next begins, as some councils do; wrong, so 0 unless asked for
    """

    month_boundary_births: float = 0.08
    leap_day_births: float = 0.01
    year_end: float = 0.05
    temporary_home: float = 0.02
    temporary_placement: float = 0.03
    adoption_disrupted: float = 0.01
    same_carer_moves: float = 0.05
    legal_with_move: float = 0.25
    short_breaks: float = 6.0
    short_breaks_v3: float = 0.6
    expected_birth_error: int = 12
    plan_runs_on: int = 27
    late_review: float = 0.1
    nested: float = 0.0
    overlapping: float = 0.0

    @classmethod
    def none(cls) -> "Oddities":
        """No awkwardness at all: every chance is 0."""
        return cls(**dict.fromkeys(cls.__dataclass_fields__, 0))


@dataclass(frozen=True)
class Settings:
    """An invented council's true rates.

    first_year, years     financial years of the returns, such as 2020-21, and how many
    children, births      children by age band, the same in every year; births a year (the unborn are counted on these)
    lac_stock, cp_stock   looked after, and on a CP plan, on the day before the first year begins. Their ages and times
                          since the start are those that constant starts and the hazards lead to
    lac_start_rate        starts a year per 10,000 children of the age band, of UASC and of others who do not come from
                          a CP plan; `uasc_share` of them are UASC
    cp_start_rate         plan starts a year per 10,000 children (unborn: per 10,000 births); transfers in come on top
    cp_transfers_in       children a year who move in with a plan, spread over the ages of those born as CP starts are
    cp_to_lac             share of plans ending, of children born and not 18, whose child becomes looked after; these
                          LAC starts are on top of `lac_start_rate`
    cp_transfer_out       share of other plans ending whose child moves to another council
    cp_repeat             share of families starting a plan (not transfers) who had one before
    lac_returning         share of children starting alone who return, if one who left before is of that age
    family_size           children starting together -> share of families; UASC start alone
    lac_leaving, cp_leaving  true hazards; nobody stays past the 18th birthday
    seasonality           factor on starts in each month, April to March, about 1 on average
    placement_mix         age band -> placement -> share, at the start and after a move; `uasc_mix` for UASC of any age
    moves_a_year          placement -> moves per child-year; none in a placement for adoption or a temporary one
    legal_start, legal_changes  legal status at the start -> share; status -> (next, changes per child-year); police
                          protection (L1) and emergency orders (L2) end after 3 and 8 days at the latest
    leaving_reasons, reasons_at_18, uasc_reasons  REC codes -> weights, by age band, at 18 and for UASC; an adoption
                          also needs `adoption_days` in care, the last of them placed for adoption
    icpcs_held            share of initial conferences that make a plan; `icpc_per_section_47` of enquiries reach one
    weekly_price          cost line -> pounds per child-week in the first year; `uplift` a year; `price_noise` is the SD
                          of the logarithm of actual over true cost in a period
    oddities              legal awkwardness
    """

    first_year: str = "2020-21"
    years: int = 5
    children: Mapping[str, float] = field(
        default_factory=lambda: {"under_1": 2_400, "1_4": 9_800, "5_9": 12_400, "10_15": 15_000, "16_17": 4_800}
    )
    births: float = 2_400
    lac_stock: int = 200
    cp_stock: int = 160
    lac_start_rate: Mapping[str, float] = field(
        default_factory=lambda: {"under_1": 55.0, "1_4": 14.0, "5_9": 11.0, "10_15": 17.0, "16_17": 36.0}
    )
    uasc_share: Mapping[str, float] = field(
        default_factory=lambda: {"under_1": 0.0, "1_4": 0.0, "5_9": 0.0, "10_15": 0.05, "16_17": 0.45}
    )
    cp_start_rate: Mapping[str, float] = field(
        default_factory=lambda: {
            "unborn": 60.0,
            "under_1": 100.0,
            "1_4": 48.0,
            "5_9": 38.0,
            "10_15": 27.0,
            "16_17": 9.0,
        }
    )
    cp_transfers_in: float = 8.0
    cp_to_lac: float = 0.12
    cp_transfer_out: float = 0.06
    cp_repeat: float = 0.18
    lac_returning: float = 0.12
    family_size: Mapping[int, float] = field(default_factory=lambda: {1: 0.66, 2: 0.19, 3: 0.1, 4: 0.05})
    lac_leaving: Leaving = field(default_factory=_lac_leaving)
    cp_leaving: Leaving = field(default_factory=_cp_leaving)
    seasonality: tuple[float, ...] = (0.92, 1.05, 1.05, 1.08, 0.82, 1.0, 1.08, 1.08, 0.9, 0.98, 0.96, 1.08)
    placement_mix: Mapping[str, Mapping[str, float]] = field(default_factory=_mix)
    uasc_mix: Mapping[str, float] = field(
        default_factory=lambda: {"ifa_fostering": 0.25, "in_house_fostering": 0.05, "supported": 0.68, "other": 0.02}
    )
    moves_a_year: Mapping[str, float] = field(
        default_factory=lambda: (
            dict.fromkeys(PLACEMENTS, 0.5) | {"residential": 0.9, "supported": 0.8, "placed_for_adoption": 0.0}
        )
    )
    legal_start: Mapping[str, float] = field(
        default_factory=lambda: {"V2": 0.63, "C1": 0.22, "C2": 0.02, "L1": 0.10, "L2": 0.03}
    )
    legal_changes: Mapping[str, tuple[str, float]] = field(
        default_factory=lambda: {"V2": ("C1", 0.2), "C1": ("C2", 1.6), "L1": ("C1", 183.0), "L2": ("C1", 73.0)}
    )
    leaving_reasons: Mapping[str, Mapping[str, float]] = field(default_factory=_reasons)
    reasons_at_18: Mapping[str, float] = field(default_factory=lambda: {"E5": 0.2, "E6": 0.4, "E7": 0.05, "E17": 0.35})
    uasc_reasons: Mapping[str, float] = field(
        default_factory=lambda: {"E5": 0.2, "E6": 0.4, "E8": 0.2, "E15": 0.15, "E16": 0.05}
    )
    adoption_days: int = 200
    icpcs_held: float = 0.9
    icpc_per_section_47: float = 0.45
    weekly_price: Mapping[str, float] = field(
        default_factory=lambda: {
            "in_house_fostering": 450.0,
            "kinship_fostering": 320.0,
            "ifa_fostering": 950.0,
            "own_homes": 3_800.0,
            "private_residential": 4_600.0,
            "residential_school": 3_500.0,
            "supported": 1_200.0,
            "other_placements": 600.0,
            "contact": 60.0,
            "iro": 75.0,
            "uasc_grant": -1_000.0,
        }
    )
    uplift: float = 0.04
    price_noise: float = 0.02
    oddities: Oddities = field(default_factory=Oddities)

    def __post_init__(self):
        """Raises BadInput if a table lacks an age band, shares do not sum to 1, or a figure cannot be one."""
        if self.years < 1 or not YEAR.fullmatch(self.first_year):
            raise BadInput(f"{HERE}: first_year must be written like 2020-21 and years be 1 or more")
        for name in SHARES:
            _lies(name, getattr(self, name), 1)
        for name in ("births", "lac_stock", "cp_stock", "cp_transfers_in"):
            _lies(name, getattr(self, name), inf)
        for name in ("children", "lac_start_rate", "uasc_share", "placement_mix", "leaving_reasons"):
            _holds(name, getattr(self, name), LAC_BANDS)
        _holds("cp_start_rate", self.cp_start_rate, CP_BANDS)
        _holds("lac_leaving", self.lac_leaving.per_year, LAC_BANDS)
        _holds("cp_leaving", self.cp_leaving.per_year, CP_BANDS)
        _holds("seasonality", dict(enumerate(self.seasonality)), tuple(range(MONTHS_A_YEAR)))
        for name, shares in {"family_size": self.family_size, "uasc_mix": self.uasc_mix, **self.placement_mix}.items():
            _sum_to_1(name, shares)
        for service in ("lac", "cp"):
            if not sum(self.starts_a_year(service).values()) > 0:
                raise BadInput(
                    f"{HERE}: {service}_start_rate must be above 0 for some age, for the opening stock comes from it"
                )
        if not self.icpcs_held * self.icpc_per_section_47 > 0:
            raise BadInput(f"{HERE}: icpcs_held and icpc_per_section_47 must be above 0")

    @property
    def all_years(self) -> list[str]:
        """The financial years of the returns."""
        first = int(self.first_year[:4])
        return [f"{year}-{(year + 1) % 100:02d}" for year in range(first, first + self.years)]

    @property
    def months(self) -> list[str]:
        """Every month of the returns."""
        return months_between(year_months(self.all_years[0])[0], year_months(self.all_years[-1])[-1])

    @property
    def opening_day(self) -> int:
        """31 March before the first year: the last day of the opening stock."""
        return year_days(self.all_years[0])[0] - 1

    @property
    def last_day(self) -> int:
        """31 March that ends the last year."""
        return year_days(self.all_years[-1])[-1]

    @property
    def mean_family(self) -> float:
        """Children starting together, on average over families."""
        return sum(size * share for size, share in self.family_size.items())

    def starts_a_year(self, service: str) -> dict[str, float]:
        """Expected starts a year by age band, without transfers in and without LAC starts from CP plans."""
        rates = self.lac_start_rate if service == "lac" else self.cp_start_rate
        counted = {"unborn": self.births, **self.children}
        return {band: rate * counted[band] / PER_CHILDREN for band, rate in rates.items()}

    def scaled(self, share: float) -> "Settings":
        """The same rates in a council of a share of the size."""
        return replace(
            self,
            children={band: count * share for band, count in self.children.items()},
            births=self.births * share,
            lac_stock=round(self.lac_stock * share),
            cp_stock=round(self.cp_stock * share),
            cp_transfers_in=self.cp_transfers_in * share,
            oddities=replace(self.oddities, short_breaks=self.oddities.short_breaks * share),
        )


def _holds(name: str, table: Mapping, keys: tuple) -> None:
    if list(table) != list(keys):
        raise BadInput(f"{HERE}: {name} must have {', '.join(map(str, keys))} in this order")


def _lies(name: str, value: float, most: float) -> None:
    if not 0 <= value <= most:
        raise BadInput(f"{HERE}: {name} is {value:g}; it must be 0 {'or more' if most == inf else f'to {most}'}")


def _sum_to_1(name: str, shares: Mapping) -> None:
    if abs(sum(shares.values()) - 1) > TOLERANCE:
        raise BadInput(f"{HERE}: shares of {name} sum to {sum(shares.values()):g}, not to 1")
