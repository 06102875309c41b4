"""What moves children month by month beside their rates: levers, which rise and fade, and shocks, which come and go."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Timing:
    """When levers act. All in months from the origin, but `half_life`, in months once they fade."""

    starts_after: float
    ramp: float
    lasts: float
    half_life: float

    def reach(self, months: int) -> np.ndarray:
        """How far levers act, 0 to 1, [month]: they rise over the ramp and, once they have lasted, fade."""
        begun = np.arange(1, months + 1) - self.starts_after
        fading = np.maximum(begun - self.lasts, 0) / self.half_life
        return np.clip(begun / max(self.ramp, 1), 0, 1) * 0.5**fading


@dataclass(frozen=True)
class Lever:
    """A multiplier that acts in time. One that multiplies by 1 has no timing: levers that do the same are equal."""

    times: float = 1.0
    timing: Timing | None = None

    def by_month(self, months: int) -> np.ndarray:
        """The multiplier month by month, [month]: from 1 to its value over the ramp."""
        return np.ones(months) if self.timing is None else 1 + (self.times - 1) * self.timing.reach(months)


@dataclass(frozen=True)
class Shock:
    """A multiplier from one month on, as long as it lasts; one that multiplies by 1 has no time."""

    times: float = 1.0
    begins_after: float = 0.0
    lasts: float = 0.0

    def by_month(self, months: int) -> np.ndarray:
        """The multiplier month by month, [month]."""
        month = np.arange(months)
        inside = (month >= self.begins_after) & (month < self.begins_after + self.lasts)
        return np.where(inside, self.times, 1.0)
