"""How often the monthly alarm sounds: by chance in steady councils, and how soon after a break.

python tests/alarms.py YEARS     twelve months each, at several sizes; families of the usual sizes
"""

import sys

import numpy as np

from forecast.runs.refresh.alarm import alarm

FAMILY_SIZES, SHARES = np.array([1, 2, 3, 4]), np.array([0.66, 0.19, 0.1, 0.05])
FAMILY = float(FAMILY_SIZES @ SHARES)
MONTHS = [f"2025-{month:02d}" for month in range(4, 13)] + ["2026-01", "2026-02", "2026-03"]


def starts(luck: np.random.Generator, a_month: float, months: int) -> np.ndarray:
    """Children who start each month, in families."""
    families = luck.poisson(a_month / FAMILY, months)
    return np.array([luck.choice(FAMILY_SIZES, count, p=SHARES).sum() for count in families])


def heard(luck: np.random.Generator, a_year: float, limit: float, factor: float = 1.0, since: int = 12) -> list[int]:
    """The months (0 to 11) in which one council hears the alarm, where starts change by `factor` from month `since`."""
    before = starts(luck, a_year / 12, 12).sum()
    counts = np.concatenate([starts(luck, a_year / 12, since), starts(luck, factor * a_year / 12, 12 - since)])
    return [
        month
        for month in range(12)
        if alarm("lac_starts", MONTHS[: month + 1], counts[: month + 1], before, 1.0, FAMILY, limit)["found"]
    ]


def false_share(a_year: float, limit: float, years: int, seed: int = 1) -> float:
    """Share of months of steady councils in which it sounds."""
    luck = np.random.default_rng(seed)
    return sum(len(heard(luck, a_year, limit)) for _ in range(years)) / (12 * years)


def found_share(a_year: float, limit: float, years: int, factor: float, seed: int = 2) -> float:
    """Share of councils that hear it within three months of a break in the eighth month."""
    luck = np.random.default_rng(seed)
    return np.mean([any(7 <= month <= 9 for month in heard(luck, a_year, limit, factor, 7)) for _ in range(years)])


if __name__ == "__main__":
    for limit in (0.005, 0.01):
        for a_year in (100, 250):
            years = int(sys.argv[1])
            told = ", ".join(f"x{factor:g} {found_share(a_year, limit, years, factor):.0%}" for factor in (0.5, 1.6))
            print(
                f"limit {limit:g}, {a_year} starts a year: sounds by chance in {false_share(a_year, limit, years):.2%} of months; breaks found within three months: {told}"
            )
