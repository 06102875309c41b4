"""The walk of cohorts from one birthday, step or month's end to the next, compiled: `expectation.expect` calls it."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def walk(month_from, ages, durations, per_day, cohorts, leave_lever, ends, days, stock, by_segment):
    """Add the course of every cohort to the tables, from one birthday, step or month's end to the next.

    ages  lower edges of the bands, then the 18th birthday; durations: lower edges of the segments, then infinity
    """
    entries, ages_then, durations_then, weights = cohorts
    bands, months = ages.size - 1, month_from.size - 1
    for cohort in range(entries.size):
        now, alive = entries[cohort], weights[cohort]
        if alive == 0.0 or now >= month_from[months]:
            continue
        born, began = now - ages_then[cohort], now - durations_then[cohort]
        band = max(np.searchsorted(ages, ages_then[cohort], side="right") - 1, 0)
        segment = np.searchsorted(durations, durations_then[cohort], side="right") - 1
        month = max(np.searchsorted(month_from, now, side="right") - 1, 0)
        while month < months and band < bands:
            birthday, step = born + ages[band + 1], began + durations[segment + 1]
            until = max(min(birthday, step, month_from[month + 1]), now)
            length, hazard = until - now, per_day[band, segment] * leave_lever[month, band]
            staying = alive * np.exp(-hazard * length)
            lost = alive - staying
            ends[month, band] += lost
            days[month, band] += lost / hazard if hazard > 0.0 else alive * length
            by_segment[segment] += lost
            now, alive = until, staying
            if until >= month_from[month + 1]:
                stock[month, band] += alive
                month += 1
            if until >= birthday:
                band += 1
            if until >= step:
                segment += 1
        if month < months:  # the 18th birthday, or later
            ends[month, bands - 1] += alive
            by_segment[segment] += alive
