"""Child protection plans: who starts, how long, how they end, and the enquiries and reviews around them."""

from invented.arrivals import day_before_opening, ends_at_year_end, family_days
from invented.chance import Chance, leaving_day
from invented.days import band_edges, band_on
from invented.lives import Child, Enquiry, Plan, Register, birth_in_band
from invented.reviews import conference_days
from invented.settings import Settings

CATEGORIES = {"NEG": 0.48, "EMO": 0.38, "PHY": 0.08, "SAB": 0.04, "MUL": 0.02}
ENQUIRY_DAYS = (5, 25)  # from the start of a section 47 enquiry to the initial conference
REFERRAL_DAYS = (0, 14)  # from the referral to the enquiry
CLOSURE_DAYS = (0, 60)  # from the end of a plan or enquiry to the end of the CIN episode
GAP_DAYS = 120  # a plan may follow another of the same child after this; the CIN episode has closed by then
PREGNANT = "unborn"


def invent_plans(settings: Settings, register: Register, chance: Chance) -> None:
    """Add every child with a CP plan to the register: the opening stock, then starts and transfers in, day by day."""
    _opening(settings, register, chance)
    expected = settings.starts_a_year("cp")
    arrivals = {"own": sum(expected.values()), "transfer_in": settings.cp_transfers_in}
    days = [
        (day, route)
        for route, count in arrivals.items()
        for day in family_days(count, settings.mean_family, settings, chance)
    ]
    for day, route in sorted(days):
        _start_family(day, route, settings, register, chance)
    for child in register.children:
        _around(child, settings, chance)
    _enquiries_alone(settings, register, chance)


def _opening(settings: Settings, register: Register, chance: Chance) -> None:
    """Families who started in the past, of whom the children still on a plan are kept until the stock is full."""
    missing = settings.cp_stock
    while missing > 0:
        day, family = day_before_opening(settings, chance), register.family()
        for birth in _births(day, "opening", settings, chance):
            end = leaving_day(day, birth, settings.cp_leaving, chance)
            if end > settings.opening_day and missing > 0:
                missing -= 1
                _plan(register.add(birth, family), day, end, "opening", 0, settings, chance)


def _births(day: int, route: str, settings: Settings, chance: Chance) -> list[int]:
    """Days of birth of a family's children; those unborn together are twins."""
    weights = settings.starts_a_year("cp")
    if route == "transfer_in":
        weights = {band: weight for band, weight in weights.items() if band != PREGNANT}
    births: dict[str, int] = {}
    found = []
    for _ in range(chance.pick(settings.family_size)):
        band = chance.pick(weights)
        birth = birth_in_band(band, day, chance, settings.oddities)
        found.append(births.setdefault(band, birth) if band == PREGNANT else birth)
    return found


def _start_family(day: int, route: str, settings: Settings, register: Register, chance: Chance) -> None:
    births = _births(day, route, settings, chance)
    again = chance.happens(settings.cp_repeat) if route == "own" else True  # who moves in with a plan has had it before
    family = register.family()
    for birth in births:
        known = (
            _known(birth, day, settings, register, chance) if again and route == "own" and len(births) == 1 else None
        )
        child = known or register.add(birth, family)
        previous = child.plans[-1].previous + 1 if child.plans else int(again)
        end = leaving_day(day, child.birth, settings.cp_leaving, chance)
        end = ends_at_year_end(end, day, band_edges(child.birth)[-1], settings.oddities, chance)
        _plan(child, day, end, route, previous, settings, chance)


def _known(birth: int, day: int, settings: Settings, register: Register, chance: Chance) -> Child | None:
    """A child of the same age band whose last plan ended some time ago, and not in care; None if there is none."""
    band = band_on(birth, day)
    fit = [child for child in register.children if _may_return(child, day) and band_on(child.birth, day) == band]
    return chance.one_of(fit) if fit else None


def _may_return(child: Child, day: int) -> bool:
    last = child.plans[-1] if child.plans else None
    return last is not None and last.ending == "other" and last.end + GAP_DAYS <= day


def _plan(child: Child, start: int, end: int, route: str, previous: int, settings: Settings, chance: Chance) -> None:
    ending = _ending(child, end, settings, chance)
    child.plans.append(Plan(start, end, route, ending, previous, category=chance.pick(CATEGORIES)))


def _ending(child: Child, end: int, settings: Settings, chance: Chance) -> str:
    if end >= band_edges(child.birth)[-1]:
        return "adult"
    if end >= child.birth and chance.happens(settings.cp_to_lac):
        return "lac"
    return "transfer_out" if chance.happens(settings.cp_transfer_out) else "other"


def _around(child: Child, settings: Settings, chance: Chance) -> None:
    """Referral, section 47 enquiry, reviews and closure of each plan of a child."""
    for plan in child.plans:
        plan.enquiry = None if plan.route == "transfer_in" else plan.start - chance.whole(*ENQUIRY_DAYS)
        plan.referred = (plan.start if plan.enquiry is None else plan.enquiry) - chance.whole(*REFERRAL_DAYS)
        plan.closed = plan.end + chance.whole(*CLOSURE_DAYS)
        plan.reviews = conference_days(plan.start, plan.end, settings.oddities.late_review, chance)


def _enquiries_alone(settings: Settings, register: Register, chance: Chance) -> None:
    """Section 47 enquiries of children who get no plan: as many as the shares of conferences and plans imply."""
    weights = settings.starts_a_year("cp")
    enquiries = sum(weights.values()) / settings.icpcs_held / settings.icpc_per_section_47
    alone = enquiries - sum(weights.values())
    if alone <= 0:
        return
    conference = enquiries * settings.icpc_per_section_47 * (1 - settings.icpcs_held) / alone
    for day in family_days(alone, 1, settings, chance):
        child = register.add(birth_in_band(chance.pick(weights), day, chance, settings.oddities), register.family())
        held = day + chance.whole(*ENQUIRY_DAYS) if chance.happens(conference) else None
        closed = (held or day) + chance.whole(*CLOSURE_DAYS) + 1
        child.enquiries.append(Enquiry(day - chance.whole(*REFERRAL_DAYS), day, held, closed))
