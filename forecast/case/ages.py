"""Age bands of looked-after children and of children on plans, and their edges in days from birth."""

import numpy as np

from forecast.case.months import DAYS_A_YEAR

LAC_BANDS = ["under_1", "1_4", "5_9", "10_15", "16_17"]
CP_BANDS = ["unborn", *LAC_BANDS]
BAND_FROM_YEARS = {"under_1": 0, "1_4": 1, "5_9": 5, "10_15": 10, "16_17": 16}
ADULT_YEARS = 18
# A plan before birth opens at most three months before the expected date, when the pre-birth conference is held.
UNBORN_FROM_YEARS = -0.25
ADULT_AGE = ADULT_YEARS * DAYS_A_YEAR


def age_from(bands: list[str]) -> np.ndarray:
    """Lower edge of each age band, days from birth."""
    years = [UNBORN_FROM_YEARS if band == "unborn" else BAND_FROM_YEARS[band] for band in bands]
    return np.array(years, float) * DAYS_A_YEAR
