"""Statutory reviews: their rhythm, and the few that are late."""

from invented.chance import Chance

FIRST_LAC_REVIEW = 28  # 20 working days
FIRST_CONFERENCE = 91  # within three months
SECOND_LAC_REVIEW = 91
LATER = 182  # then within six months
EARLY = 14  # held up to this many days before they fall due
LATE = 30  # or this many after, if late


def lac_review_days(start: int, end: int, late: float, chance: Chance) -> list[int]:
    """Days of LAC reviews: within 20 working days, then three months, then every six."""
    return _days(start, end, [FIRST_LAC_REVIEW, SECOND_LAC_REVIEW], late, chance)


def conference_days(start: int, end: int, late: float, chance: Chance) -> list[int]:
    """Days of review conferences: within three months, then every six."""
    return _days(start, end, [FIRST_CONFERENCE], late, chance)


def _days(start: int, end: int, first: list[int], late: float, chance: Chance) -> list[int]:
    """Days after `start` and before `end`, each counted from the review before it."""
    gaps, day, found = iter(first), start, []
    while True:
        due = day + next(gaps, LATER)
        day = due + chance.whole(1, LATE) if chance.happens(late) else due - chance.whole(0, EARLY)
        if day >= end:
            return found
        found.append(day)
