"""When families start, and how far back the opening stock reaches."""

from datetime import date

from forecast.case.months import DAYS_A_YEAR, FIRST_MONTH_OF_FINANCIAL_YEAR, MONTHS_A_YEAR
from invented.chance import Chance
from invented.days import ADULT_YEARS, month_days
from invented.settings import Oddities, Settings

LAST_DAY_OF_MARCH = 31
MARCH, APRIL = 3, 4


def family_days(starts_a_year: float, family: float, settings: Settings, chance: Chance) -> list[int]:
    """The day each family starts, for children's starts a year and a mean family; months by `seasonality`, in order."""
    days = []
    for month in settings.months:
        expected = starts_a_year / family * len(month_days(month)) / DAYS_A_YEAR * season(month, settings)
        days += [chance.one_of(month_days(month)) for _ in range(chance.count(expected))]
    return sorted(at_year_end(day, settings.oddities, chance) for day in days)


def season(month: str, settings: Settings) -> float:
    """The factor on starts in a month."""
    return settings.seasonality[(int(month[5:]) - FIRST_MONTH_OF_FINANCIAL_YEAR) % MONTHS_A_YEAR]


def at_year_end(day: int, oddities: Oddities, chance: Chance) -> int:
    """The day, or now and then 31 March for a day in March and 1 April for one in April."""
    on = date.fromordinal(day)
    if on.month not in (MARCH, APRIL) or not chance.happens(oddities.year_end):
        return day
    return on.replace(day=LAST_DAY_OF_MARCH if on.month == MARCH else 1).toordinal()


def ends_at_year_end(end: int, start: int, adult: int, oddities: Oddities, chance: Chance) -> int:
    """The same for an end, if it stays after the start and before the 18th birthday."""
    moved = at_year_end(end, oddities, chance) if end < adult else end
    return moved if start < moved < adult else end


def day_before_opening(settings: Settings, chance: Chance) -> int:
    """A day in the 18 years up to the opening: who starts on such days and is still open makes the opening stock."""
    return settings.opening_day - chance.whole(0, round(ADULT_YEARS * DAYS_A_YEAR) - 1)
