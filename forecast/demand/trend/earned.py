"""Earned weight: how far the central path follows each trend.

The rule, in one sentence: a trend counts for the share of its change that would have served past forecasts of many councils
best, and for less in proportion as this council's own past forecasts, counted together with a fixed number of theirs, gain
less over no change, down to nothing where they gain nothing.
"""

from dataclasses import dataclass

import numpy as np

METHODS = ("national", "rates", "level", "population")
IN_WORDS = {
    "national": "growth of England's numbers",
    "rates": "what the council's own rates of starting and leaving would bring",
    "level": "return to the council's lasting level against England",
    "population": "what the projected population would add",
}


@dataclass(frozen=True)
class Record:
    """Past forecasts of the trend beside no change, as mean absolute errors of the log change, and how many."""

    trend: float
    no_change: float
    forecasts: int


def middle(changes: dict[str, np.ndarray], shares: dict[str, float]) -> np.ndarray:
    """Log change of the central path, [year]: each method's change x its share."""
    return sum((shares[name] * np.asarray(change, float) for name, change in changes.items()), np.zeros(1))


def kept(many: Record, own: Record, worth: float) -> float:
    """How much of the earned shares this council keeps, 0 to 1.

    many   the record over many councils
    own    this council's record (forecasts may be 0)
    worth  how many of the many councils' forecasts are counted together with the council's own
    """
    trend = worth * many.trend + own.forecasts * own.trend
    no_change = worth * many.no_change + own.forecasts * own.no_change
    gain, best = 1 - trend / no_change, 1 - many.trend / many.no_change
    return float(np.clip(gain / best, 0, 1)) if best > 0 else 0.0


def record(foreseen: np.ndarray, happened: np.ndarray) -> Record:
    """Score past log changes: mean absolute error of the trend, and of no change (a change of 0)."""
    if len(happened) == 0:
        return Record(0.0, 0.0, 0)
    errors, naive = np.abs(np.asarray(foreseen) - happened), np.abs(happened)
    return Record(float(errors.mean()), float(naive.mean()), len(happened))
