"""Does a measure pay back? Its cost and what it saves against the central case, future by future.

net benefit   central net cost less the scenario's, which holds the cost of the measure
pays back     from some month the net benefit so far is not below 0, and stays so to the end of the forecast
"""

from dataclasses import dataclass

import numpy as np

from forecast.model.projection import Projection
from forecast.questions.compare import years_in

MEASURES = "measures"


@dataclass(frozen=True)
class Payback:
    """What a measure brings in each future.

    months      those forecast
    cost        [month]          of the measure, pounds
    benefit     [draw x month]   net benefit of the month, pounds
    """

    months: list[str]
    cost: np.ndarray
    benefit: np.ndarray

    @property
    def so_far(self) -> np.ndarray:
        """Net benefit since the origin, [draw x month]."""
        return np.cumsum(self.benefit, axis=1)

    @property
    def pays_back(self) -> np.ndarray:
        """Which futures end with the measure paid back, [draw]."""
        return self.so_far[:, -1] >= 0

    @property
    def chance(self) -> float:
        """Share of futures in which it pays back by the end of the forecast."""
        return float(self.pays_back.mean())

    def month(self) -> np.ndarray:
        """Month (0 is the first forecast) in which it pays back for good, in the futures where it does."""
        paid = self.so_far[self.pays_back] >= 0
        for_good = np.flip(np.logical_and.accumulate(np.flip(paid, axis=1), axis=1), axis=1)
        return np.maximum(for_good.argmax(axis=1), int(np.flatnonzero(self.cost)[0]))

    def funding(self, funded: dict[str, float]) -> dict[str, float]:
        """Stream -> pounds of the measure's cost that it pays; the contingency pays what no stream does."""
        paid = {stream: float(np.mean(share) * self.cost.sum()) for stream, share in funded.items()}
        return {"contingency": float(self.cost.sum()) - sum(paid.values())} | paid

    def by_year(self) -> dict[str, np.ndarray]:
        """Financial year -> net benefit, [draw]."""
        return {year: self.benefit[:, inside].sum(axis=1) for year, inside in years_in(self.months).items()}


def payback(projection: Projection, central: Projection) -> Payback | None:
    """What the scenario's measure brings against the central case, on the same draws; None without a measure."""
    ahead = [i for i, month in enumerate(projection.months) if month in set(projection.forecast_months)]
    cost = projection.lines[MEASURES][:, ahead].mean(axis=0)
    if not cost.any():
        return None
    benefit = (central.net - projection.net)[:, ahead]
    return Payback(projection.forecast_months, cost, benefit)
