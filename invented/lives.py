"""What the invented council knows of each child: births, spells in care, plans, placements. Days are day numbers."""

from dataclasses import dataclass, field

from invented.chance import Chance
from invented.days import births_in_band, leap_days, month_boundaries
from invented.settings import Oddities, Settings

ETHNICITIES = {
    "WBRI": 0.6,
    "WOTH": 0.08,
    "MWBC": 0.06,
    "APKN": 0.08,
    "AIND": 0.04,
    "BAFR": 0.06,
    "BCRB": 0.04,
    "OOTH": 0.04,
}
NEEDS = {"N1": 0.62, "N2": 0.03, "N3": 0.06, "N4": 0.09, "N5": 0.15, "N6": 0.05}  # CIN need codes
ABSENT_PARENTING, DISABILITY = "N8", "N2"
MALE, FEMALE = "male", "female"
UASC_MALE = 0.9


@dataclass
class Stay:
    """One placement, from a day until the next.

    kind       start, move, same_carer, interlude, return or adoption
    why        reason for the change from the placement before
    ceased_by  why a placement for adoption broke down (RD code), if it did
    """

    first: int
    placement: str
    code: str
    provider: str
    kind: str
    postcode: str
    why: str
    ceased_by: str = ""


@dataclass
class Spell:
    """One period looked after: in the stock on the days from `start` to the day before `end`.

    route   opening, own, returning, cp, uasc or short_break
    reason  REC code of its end; `end` may lie after the last return
    """

    start: int
    end: int
    route: str
    reason: str
    legal: list[tuple[int, str]] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    reviews: list[int] = field(default_factory=list)


@dataclass
class Plan:
    """One child protection plan: in the stock on the days from `start` to the day before `end`.

    route   opening, own or transfer_in
    ending  lac, transfer_out, adult or other
    """

    start: int
    end: int
    route: str
    ending: str
    previous: int
    category: str = ""
    referred: int = 0
    closed: int = 0
    enquiry: int | None = None
    reviews: list[int] = field(default_factory=list)


@dataclass
class Enquiry:
    """A section 47 enquiry that led to no plan; `conference` is the day of an initial conference, if one was held."""

    referred: int
    start: int
    conference: int | None
    closed: int


@dataclass
class Child:
    """One child and everything that happens to it."""

    number: int
    family: int
    birth: int
    expected_birth: int
    sex: str
    ethnicity: str
    need: str
    uasc: bool
    spells: list[Spell] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    enquiries: list[Enquiry] = field(default_factory=list)

    @property
    def short_breaks_only(self) -> bool:
        return all(spell.route == "short_break" for spell in self.spells)


class Register:
    """Everyone invented so far, numbered in order."""

    def __init__(self, settings: Settings, chance: Chance):
        self.settings, self.chance = settings, chance
        self.children: list[Child] = []
        self.families = 0

    def family(self) -> int:
        """The number of a family not seen before."""
        self.families += 1
        return self.families

    def add(self, birth: int, family: int, uasc: bool = False, need: str | None = None) -> Child:
        """A child not seen before."""
        chance, error = self.chance, self.settings.oddities.expected_birth_error
        male = chance.happens(UASC_MALE if uasc else 1 / 2)
        child = Child(
            number=len(self.children) + 1,
            family=family,
            birth=birth,
            expected_birth=birth + chance.whole(-error, error),
            sex=MALE if male else FEMALE,
            ethnicity="OOTH" if uasc else chance.pick(ETHNICITIES),
            need=need or (ABSENT_PARENTING if uasc else chance.pick(NEEDS)),
            uasc=uasc,
        )
        self.children.append(child)
        return child


def birth_in_band(band: str, day: int, chance: Chance, oddities: Oddities) -> int:
    """A day of birth that puts a child in `band` on `day`; all are equally likely but for the awkward ones."""
    days = births_in_band(band, day)
    leap = leap_days(days)
    if leap and chance.happens(oddities.leap_day_births):
        return chance.one_of(leap)
    if chance.happens(oddities.month_boundary_births):
        return chance.one_of(month_boundaries(days))
    return chance.one_of(days)
