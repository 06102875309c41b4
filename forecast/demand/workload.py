"""The work that children bring, by month: child-days, reviews, starts."""

from dataclasses import dataclass, replace

import numpy as np

from forecast.demand.local import UASC
from forecast.demand.pathways.hazards import Paths


@dataclass(frozen=True)
class Workload:
    """Children and events by month, [draw x month] or [draw x month x band].

    days         child-days looked after, by age band
    proceedings  child-days within care proceedings, by age band
    lac_reviews  LAC reviews falling due
    cp_starts    plans started, transfers in among them
    transfers    plans started by transfer in
    cp_reviews   children whose review conference falls due
    uasc         child-days of unaccompanied asylum-seeking children, by age band
    on_plan      child-days on a plan
    lac_starts   children who start to be looked after
    placed       child-days by placement, [draw x month x state], where placements are states; else None
    """

    months: list[str]
    days: np.ndarray
    proceedings: np.ndarray
    lac_reviews: np.ndarray
    cp_starts: np.ndarray
    transfers: np.ndarray
    cp_reviews: np.ndarray
    uasc: np.ndarray
    on_plan: np.ndarray
    lac_starts: np.ndarray
    placed: np.ndarray | None = None

    def parts(self) -> dict[str, np.ndarray]:
        """Every table held, by name."""
        return {name: part for name, part in vars(self).items() if isinstance(part, np.ndarray)}

    def mean(self) -> "Workload":
        """The average over draws, kept as one draw."""
        return replace(self, **{name: part.mean(axis=0, keepdims=True) for name, part in self.parts().items()})

    def after(self, before: "Workload") -> "Workload":
        """The same draws with the (one-draw) months `before` put in front."""
        draws, earlier = self.days.shape[0], before.parts()
        joined = {
            name: np.concatenate([np.repeat(earlier[name], draws, axis=0), part], axis=1)
            for name, part in self.parts().items()
        }
        return replace(self, months=before.months + self.months, **joined)


def workload(
    months: list[str],
    lac: Paths,
    cp: Paths,
    proceedings_share: float,
    transfer_share: np.ndarray,
    uasc_share: np.ndarray,
) -> Workload:
    """What the paths mean in days, reviews and plans.

    proceedings_share  share of children within the length of proceedings who are in them
    transfer_share     [month]  share of plans started that arrived open
    uasc_share         [band]   share of looked-after children who are UASC, where placements are not states
    """
    started, placed = cp.starts.sum(axis=2).astype(float), lac.placed
    return Workload(
        months,
        lac.days.astype(float),
        lac.early_days * float(proceedings_share),
        lac.reviews.astype(float),
        started,
        started * transfer_share,
        cp.reviews.astype(float),
        lac.days * uasc_share if placed is None else placed.days[:, :, UASC].sum(axis=2, dtype=float),
        cp.days.sum(axis=2, dtype=float),
        lac.starts.sum(axis=2, dtype=float),
        None if placed is None else placed.days.sum(axis=3, dtype=float),
    )
