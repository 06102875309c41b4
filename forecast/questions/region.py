"""What councils come to together: a sum of ranges is no range, for their misses go together in part."""

import numpy as np
from scipy.special import ndtr


def together(percentiles: np.ndarray, correlation: float, draws: int, seed: int) -> np.ndarray:
    """The sum over councils in each draw.

    percentiles  [council, percentile] of what each council's figure may be, from its least to its most, evenly spaced
    correlation  between two councils' misses, 0 to 1: a normal shock that all share, and one of each council's own
    """
    rng, share = np.random.default_rng(seed), np.linspace(0, 1, percentiles.shape[1])
    shared, total = np.sqrt(correlation) * rng.standard_normal(draws), np.zeros(draws)
    for own in percentiles:
        total += np.interp(ndtr(shared + np.sqrt(1 - correlation) * rng.standard_normal(draws)), share, own)
    return total
