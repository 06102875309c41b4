"""Inside a spell: placements and moves, legal statuses, and the awkward things that happen to both."""

from collections.abc import Callable
from dataclasses import replace

from invented.chance import Chance
from invented.days import band_on
from invented.lives import Child, Spell, Stay
from invented.settings import Settings

# Placement -> (SSDA903 code, provider) -> share. Codes are those to 2023; `ssda903` writes each year's own.
CODES = {
    "in_house_fostering": {("U4", "PR1"): 0.4, ("U6", "PR1"): 0.57, ("U5", "PR1"): 0.03},
    "ifa_fostering": {("U4", "PR4"): 0.4, ("U6", "PR4"): 0.5, ("U6", "PR5"): 0.1},
    "kinship_fostering": {("U1", "PR1"): 0.5, ("U3", "PR1"): 0.5},
    "placed_for_adoption": {("A4", "PR1"): 0.1, ("A5", "PR1"): 0.2, ("A6", "PR1"): 0.7},
    "with_parents": {("P1", "PR0"): 1.0},
    "residential": {("K2", "PR4"): 0.8, ("K2", "PR1"): 0.2},
    "secure": {("K1", "PR2"): 1.0},
    "residential_school": {("S1", "PR4"): 1.0},
    "other_residential": {("R1", "PR4"): 0.2, ("R2", "PR3"): 0.2, ("R3", "PR4"): 0.5, ("R5", "PR3"): 0.1},
    "supported": {("H5", "PR4"): 0.6, ("H5", "PR5"): 0.25, ("P2", "PR1"): 0.15},
    "other": {("Z1", ""): 1.0},
}
TEMPORARY = ("T0", "")
SHORT_BREAK_PLACEMENTS = {"residential": 0.6, "in_house_fostering": 0.4}
LONG_STAY = 60  # an interlude needs a stay of this many days
HOME_DAYS, TEMPORARY_DAYS, DISRUPTED_DAYS = (7, 50), (1, 20), (20, 50)
BREAKDOWNS = {"RD1": 0.2, "RD2": 0.3, "RD3": 0.2, "RD4": 0.3}
YOUNG_ENOUGH = ("under_1", "1_4", "5_9")  # to be placed for adoption
ORDER_DAYS = 30  # a placement order comes this many days before the placement for adoption
CARE_ORDER, PLACEMENT_ORDER, ACCOMMODATED = "C2", "E1", "V2"
UNDER_AN_ORDER = ("C1", "C2", "E1")
ADOPTED = ("E11", "E12")
LONGEST = {"L1": 3, "L2": 8}  # days that police protection and an emergency order may last
WHY_MOVED = {
    "CARPL": 0.45,
    "CREQB": 0.12,
    "CREQO": 0.08,
    "CHILD": 0.08,
    "LAREQ": 0.07,
    "CLOSE": 0.05,
    "STAND": 0.02,
    "OTHER": 0.13,
}
AREAS, LETTERS = (1, 9), "ABDEFGHJ"


def place(spell: Spell, child: Child, settings: Settings, chance: Chance) -> None:
    """Fill a spell with its placements and legal statuses."""
    if spell.route == "short_break":
        spell.stays = [_stay(spell.start, chance.pick(SHORT_BREAK_PLACEMENTS), "start", chance)]
        return
    until = _placed_for_adoption(spell, settings, chance)
    spell.stays = _moves(spell.start, until, child, settings, chance)
    spell.stays = _with_interludes(spell.stays, until, child, settings, chance)
    if until < spell.end:
        spell.stays.append(_stay(until, "placed_for_adoption", "adoption", chance))
    spell.legal = _legal(spell, child, settings, chance)


def postcode(chance: Chance) -> str:
    """A postcode of an area that does not exist."""
    return f"ZZ{chance.whole(*AREAS)} {chance.whole(*AREAS)}{chance.one_of(LETTERS)}{chance.one_of(LETTERS)}"


def _stay(first: int, placement: str, kind: str, chance: Chance) -> Stay:
    code, provider = chance.pick(CODES[placement])
    return Stay(first, placement, code, provider, kind, postcode(chance), chance.pick(WHY_MOVED))


def _placed_for_adoption(spell: Spell, settings: Settings, chance: Chance) -> int:
    """The day a child to be adopted is placed; the end of the spell for others."""
    if spell.reason not in ADOPTED:
        return spell.end
    return spell.end - chance.whole(settings.adoption_days // 2, settings.adoption_days - 1)


def _moves(start: int, until: int, child: Child, settings: Settings, chance: Chance) -> list[Stay]:
    """Placements from the start of a spell: each ends at its move rate, and the mix of the age then says where to."""
    stays, day = [_stay(start, chance.pick(_mix(child, start, settings)), "start", chance)], start
    while True:
        last = stays[-1]
        move, same = settings.moves_a_year[last.placement], settings.oddities.same_carer_moves
        day += chance.wait(move + same)
        if day >= until:
            return stays
        if chance.happens(same / (move + same)):
            stays.append(replace(last, first=day, kind="same_carer", postcode=postcode(chance), why="OTHER"))
        else:
            stays.append(_stay(day, chance.pick(_mix(child, day, settings)), "move", chance))


def _mix(child: Child, day: int, settings: Settings) -> dict[str, float]:
    return settings.uasc_mix if child.uasc else settings.placement_mix[band_on(child.birth, day)]


def _with_interludes(stays: list[Stay], until: int, child: Child, settings: Settings, chance: Chance) -> list[Stay]:
    """The same placements, some long ones broken by a spell elsewhere after which the child is back."""
    found = []
    for stay, following in zip(stays, [*(stay.first for stay in stays[1:]), until], strict=True):
        found.append(stay)
        make = _interlude(stay, child, settings, chance) if following - stay.first >= LONG_STAY else None
        if make is not None:
            away, days = make
            away.first = chance.whole(stay.first + 1, following - days - 1)
            back = replace(stay, first=away.first + days, kind="return", why="OTHER")
            found += [away, back]
    return found


def _interlude(stay: Stay, child: Child, settings: Settings, chance: Chance) -> tuple[Stay, int] | None:
    """What breaks a long stay, if anything, and for how many days."""
    odd = settings.oddities
    if not child.uasc and stay.placement != "with_parents" and chance.happens(odd.temporary_home):
        return _stay(0, "with_parents", "interlude", chance), chance.whole(*HOME_DAYS)
    if chance.happens(odd.temporary_placement):
        return Stay(0, "other", *TEMPORARY, "interlude", postcode(chance), "OTHER"), chance.whole(*TEMPORARY_DAYS)
    young = band_on(child.birth, stay.first) in YOUNG_ENOUGH and not child.uasc
    if young and chance.happens(odd.adoption_disrupted):
        away = _stay(0, "placed_for_adoption", "interlude", chance)
        away.ceased_by = chance.pick(BREAKDOWNS)
        return away, chance.whole(*DISRUPTED_DAYS)
    return None


def _legal(spell: Spell, child: Child, settings: Settings, chance: Chance) -> list[tuple[int, str]]:
    """Legal statuses from the start of a spell; some change on the day of a placement change."""
    if child.uasc:
        return [(spell.start, ACCOMMODATED)]
    changes = _on_a_move(_drawn(spell, settings, chance), spell, settings, chance)
    changes = _ordered(
        changes, CARE_ORDER, _first(spell.stays, lambda stay: stay.placement == "with_parents"), UNDER_AN_ORDER
    )
    adoption = _first(spell.stays, lambda stay: stay.placement == "placed_for_adoption")
    ordered = adoption and max(spell.start, adoption - ORDER_DAYS)
    return _ordered(changes, PLACEMENT_ORDER, ordered, (PLACEMENT_ORDER,))


def _drawn(spell: Spell, settings: Settings, chance: Chance) -> list[tuple[int, str]]:
    """Statuses by their own rates of change."""
    changes = [(spell.start, chance.pick(settings.legal_start))]
    while changes[-1][1] in settings.legal_changes:
        last = changes[-1][1]
        status, per_year = settings.legal_changes[last]
        wait = chance.wait(per_year)
        day = changes[-1][0] + min(wait, LONGEST.get(last, wait))
        if day >= spell.end:
            break
        changes.append((day, status))
    return changes


def _on_a_move(
    changes: list[tuple[int, str]], spell: Spell, settings: Settings, chance: Chance
) -> list[tuple[int, str]]:
    """Some changes put on the nearest placement change that keeps their order."""
    days = [day for day, _ in changes]
    for place_of, day in enumerate(days[1:], 1):
        after = days[place_of + 1] if place_of + 1 < len(days) else spell.end
        near = [stay.first for stay in spell.stays if days[place_of - 1] < stay.first < after]
        if near and changes[place_of - 1][1] not in LONGEST and chance.happens(settings.oddities.legal_with_move):
            days[place_of] = min(near, key=lambda first: abs(first - day))
    return [(day, status) for day, (_, status) in zip(days, changes, strict=True)]


def _first(stays: list[Stay], wanted: Callable[[Stay], bool]) -> int | None:
    return next((stay.first for stay in stays if wanted(stay)), None)


def _ordered(
    changes: list[tuple[int, str]], status: str, day: int | None, enough: tuple[str, ...]
) -> list[tuple[int, str]]:
    """The same statuses with one made by a court on `day`, which then stays; none if there is one that is enough."""
    if day is None or [held for first, held in changes if first <= day][-1] in enough:
        return changes
    return [*(change for change in changes if change[0] < day), (day, status)]
