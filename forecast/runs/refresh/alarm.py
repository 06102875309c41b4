"""Do the latest months still fit? Starts of the last one, two or three months against those before, by exact chance.

Before the months counted stands the year the case was calibrated to. Children start in families, so a count is taken as
so many clumps of children: given the months before, those of the next months are negative binomial (Gamma-Poisson,
closed form). A window is looked at in each length; the smallest chance counts, against a limit set so that a steady
council hears the alarm by chance in about one month of a hundred (tests/alarms.py counts it).
"""

import numpy as np
from scipy.stats import nbinom

LONGEST_WINDOW = 3  # months: a break is to be told within a quarter
TAIL = 0.1  # either end of an 80% range


def alarm(
    measure: str, months: list[str], counts: np.ndarray, year_before: float, memory: float, family: float, limit: float
) -> dict:
    """The alarm of a measure, such as lac_starts, as it stands after the last of `months`.

    counts       [month] children who started, in order
    year_before  children who started in the calibration year
    memory       share of that year's evidence that still counts
    family       children who start together, on average; families are geometric, as in the engine
    limit        the chance below which it sounds
    Returns measure; months, the window that fits least, oldest first; counted, the children in it; expected, low, high:
    what the months before it made likely (80% range); chance, of a count so far off, either way, were nothing changed;
    found, whether that is below the limit.
    """
    clump = 2 * family - 1  # mean of a family's square over its mean: the variance of a count over its mean
    found = []
    for length in range(1, min(LONGEST_WINDOW, len(counts)) + 1):
        earlier, now = counts[: len(counts) - length], int(counts[-length:].sum())
        shape, time = (memory * year_before + earlier.sum()) / clump, memory * 12 + len(earlier)
        ahead, families = nbinom(shape, time / (time + length)), now / clump
        chance = min(1.0, 2 * min(ahead.cdf(np.floor(families)), ahead.sf(np.ceil(families) - 1)))
        low, high = (float(ahead.ppf(end) * clump) for end in (TAIL, 1 - TAIL))
        likely = {"expected": float(ahead.mean() * clump), "low": low, "high": high, "chance": float(chance)}
        window = {"measure": measure, "months": months[-length:], "counted": now}
        found.append(window | likely | {"found": bool(chance < limit)})
    return min(found, key=lambda window: window["chance"])
