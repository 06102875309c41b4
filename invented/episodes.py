"""A spell as SSDA903 episodes: a new one at every change of placement or legal status."""

from dataclasses import dataclass, replace

from invented.chance import Chance
from invented.lives import Spell, Stay
from invented.placing import TEMPORARY
from invented.settings import Oddities

CONTINUES = "X1"
LONG_EPISODE = 60
NESTED_FROM, NESTED_DAYS, OVERLAP_DAYS = (5, 30), (2, 20), (1, 15)


@dataclass(frozen=True)
class Episode:
    """One row of the Episodes file; `end` is the true end, which a return knows only if it has come.

    reason        REC of its end
    place_change  why the placement that ended was left, if it was
    """

    start: int
    end: int
    rne: str
    legal: str
    stay: Stay
    reason: str
    place_change: str


def episodes(spell: Spell) -> list[Episode]:
    """Every episode of a spell, in order; each but the last continues on the same day (REC X1)."""
    stays = {stay.first: stay for stay in spell.stays}
    legal = dict(spell.legal)
    days = sorted(stays.keys() | legal.keys())
    found, stay, status = [], spell.stays[0], spell.legal[0][1]
    for day, following in zip(days, [*days[1:], spell.end], strict=True):
        rne = "S" if day == spell.start else _new(stays.get(day), day in legal)
        stay, status = stays.get(day, stay), legal.get(day, status)
        moved = stays.get(following)
        reason = spell.reason if following == spell.end else CONTINUES
        found.append(Episode(day, following, rne, status, stay, reason, moved.why if moved else ""))
    return found


def _new(stay: Stay | None, legal: bool) -> str:
    """RNE: L legal status, P placement and carer, T placement with the same carer, B legal and P, U legal and T."""
    if stay is None:
        return "L"
    same = stay.kind == "same_carer"
    return ("U" if same else "B") if legal else ("T" if same else "P")


def as_submitted(rows: list[Episode], oddities: Oddities, chance: Chance) -> list[Episode]:
    """The rows with the nested and overlapping episodes that some councils submit."""
    found = []
    for row in rows:
        long = row.end - row.start >= LONG_EPISODE
        overlaps = long and row.reason == CONTINUES and chance.happens(oddities.overlapping)
        found.append(replace(row, end=row.end + chance.whole(*OVERLAP_DAYS)) if overlaps else row)
        if long and chance.happens(oddities.nested):
            found.append(_nested(row, chance))
    return found


def _nested(row: Episode, chance: Chance) -> Episode:
    """A temporary placement submitted inside an episode that goes on around it."""
    start = row.start + chance.whole(*NESTED_FROM)
    code, provider = TEMPORARY
    stay = replace(row.stay, first=start, placement="other", code=code, provider=provider)
    return Episode(start, start + chance.whole(*NESTED_DAYS), "P", row.legal, stay, CONTINUES, "OTHER")
