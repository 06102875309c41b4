"""Spells in care: who starts, by which route, how long and why they end."""

from invented.arrivals import day_before_opening, ends_at_year_end, family_days
from invented.chance import Chance, leaving_day
from invented.days import band_edges, band_on
from invented.lives import DISABILITY, Child, Register, Spell, birth_in_band
from invented.placing import place
from invented.reviews import lac_review_days
from invented.settings import Settings

ADOPTED = ("E11", "E12")
HOME = ("E4A", "E4B", "E41", "E8")  # a child who left for these may come back
SHORT_BREAK_BANDS = {"5_9": 0.4, "10_15": 0.6}
SHORT_BREAKS, SHORT_BREAK_NIGHTS, NIGHTS_BETWEEN = (2, 8), (1, 3), (14, 60)  # V3: stays, nights of each, nights between
AGREEMENT_NIGHTS = (180, 700)  # V4: one period under one agreement


def invent_care(settings: Settings, register: Register, chance: Chance) -> None:
    """Add every spell in care to the register: the opening stock, then starts by each route, day by day."""
    on_plans = list(register.children)
    _opening(settings, register, chance)
    expected, share = settings.starts_a_year("lac"), settings.uasc_share
    own = sum(count * (1 - share[band]) for band, count in expected.items())
    uasc = sum(count * share[band] for band, count in expected.items())
    starts = [(day, "own", None) for day in family_days(own, settings.mean_family, settings, chance)]
    starts += [(day, "uasc", None) for day in family_days(uasc, 1, settings, chance)]
    starts += _from_plans(on_plans, settings, chance)
    for day, route, child in sorted(starts, key=lambda start: start[0]):
        _start(day, route, child, settings, register, chance)
    _short_breaks(settings, register, chance)


def _opening(settings: Settings, register: Register, chance: Chance) -> None:
    """Children who started in the past and are still looked after, until the stock is full."""
    missing = settings.lac_stock
    while missing > 0:
        day, family = day_before_opening(settings, chance), register.family()
        route = chance.pick(_families(settings))
        for birth in _births(day, route, settings, chance):
            end = leaving_day(day, birth, settings.lac_leaving, chance)
            if end > settings.opening_day and missing > 0:
                missing -= 1
                _spell(register.add(birth, family, route == "uasc"), day, end, "opening", settings, chance)


def _families(settings: Settings) -> dict[str, float]:
    """Families a year by route; UASC start alone."""
    expected, share = settings.starts_a_year("lac"), settings.uasc_share
    uasc = sum(count * share[band] for band, count in expected.items())
    return {"own": (sum(expected.values()) - uasc) / settings.mean_family, "uasc": uasc}


def _births(day: int, route: str, settings: Settings, chance: Chance) -> list[int]:
    """Days of birth of children who start together."""
    expected, uasc = settings.starts_a_year("lac"), settings.uasc_share
    share = uasc if route == "uasc" else {band: 1 - uasc[band] for band in uasc}
    weights = {band: count * share[band] for band, count in expected.items()}
    size = 1 if route == "uasc" else chance.pick(settings.family_size)
    return [birth_in_band(chance.pick(weights), day, chance, settings.oddities) for _ in range(size)]


def _from_plans(children: list[Child], settings: Settings, chance: Chance) -> list[tuple[int, str, Child]]:
    """Children whose plan ends because they become looked after: at birth or later, some weeks before its end."""
    starts = []
    for child in children:
        for plan in child.plans:
            if plan.ending == "lac":
                early = plan.end - chance.whole(0, settings.oddities.plan_runs_on)
                day = max(early, child.birth, plan.start + 1, settings.opening_day + 1)
                starts += [(day, "cp", child)] if day <= settings.last_day else []
    return starts


def _start(day: int, route: str, child: Child | None, settings: Settings, register: Register, chance: Chance) -> None:
    """Those who start on a day by one route: a child known from a plan, or a family."""
    if child is not None:
        return _live(child, day, route, settings, chance)
    births, family = _births(day, route, settings, chance), register.family()
    if route == "own" and len(births) == 1 and chance.happens(settings.lac_returning):
        known = _known(births[0], day, register, chance)
        if known is not None:
            return _live(known, day, "returning", settings, chance)
    for birth in births:
        _live(register.add(birth, family, route == "uasc"), day, route, settings, chance)
    return None


def _known(birth: int, day: int, register: Register, chance: Chance) -> Child | None:
    """A child of the same age band who left care for home before `day`; None if there is none."""
    band = band_on(birth, day)
    fit = [child for child in register.children if _may_return(child, day) and band_on(child.birth, day) == band]
    return chance.one_of(fit) if fit else None


def _may_return(child: Child, day: int) -> bool:
    last = child.spells[-1] if child.spells else None
    return last is not None and not child.uasc and last.reason in HOME and last.end < day


def _live(child: Child, start: int, route: str, settings: Settings, chance: Chance) -> None:
    end = leaving_day(start, child.birth, settings.lac_leaving, chance)
    adult = band_edges(child.birth)[-1]
    _spell(child, start, ends_at_year_end(end, start, adult, settings.oddities, chance), route, settings, chance)


def _spell(child: Child, start: int, end: int, route: str, settings: Settings, chance: Chance) -> None:
    spell = Spell(start, end, route, _reason(child, start, end, settings, chance))
    place(spell, child, settings, chance)
    spell.reviews = lac_review_days(start, end, settings.oddities.late_review, chance)
    child.spells.append(spell)


def _reason(child: Child, start: int, end: int, settings: Settings, chance: Chance) -> str:
    """Why a spell ends; an adoption that had no time to be made is a return home."""
    if end >= band_edges(child.birth)[-1]:
        return chance.pick(settings.reasons_at_18)
    if child.uasc:
        return chance.pick(settings.uasc_reasons)
    reason = chance.pick(settings.leaving_reasons[band_on(child.birth, end - 1)])
    return "E4A" if reason in ADOPTED and end - start < settings.adoption_days else reason


def _short_breaks(settings: Settings, register: Register, chance: Chance) -> None:
    """Disabled children with short breaks: never in the stock of LAC, though in the return."""
    for day in family_days(settings.oddities.short_breaks, 1, settings, chance):
        birth = birth_in_band(chance.pick(SHORT_BREAK_BANDS), day, chance, settings.oddities)
        child = register.add(birth, register.family(), need=DISABILITY)
        single = chance.happens(settings.oddities.short_breaks_v3)
        start = day
        for _ in range(chance.whole(*SHORT_BREAKS) if single else 1):
            end = min(
                start + chance.whole(*(SHORT_BREAK_NIGHTS if single else AGREEMENT_NIGHTS)), band_edges(birth)[-1]
            )
            spell = Spell(start, end, "short_break", "E4A", [(start, "V3" if single else "V4")])
            place(spell, child, settings, chance)
            child.spells.append(spell)
            start = end + chance.whole(*NIGHTS_BETWEEN)
