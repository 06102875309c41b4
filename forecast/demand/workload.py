"""The work that children bring, by month: child-days, reviews, starts."""

from dataclasses import dataclass, replace

import numpy as np

from forecast.case.months import days_in
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
    moved_out    days since they left of children whom a measure took out of care under 16; 0 without one
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
    moved_out: np.ndarray
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
            name: np.concatenate([np.broadcast_to(earlier[name], (draws, *earlier[name].shape[1:])), part], axis=1)
            for name, part in self.parts().items()
        }
        return replace(self, months=before.months + self.months, **joined)


def workload(
    months: list[str],
    lac: Paths,
    cp: Paths,
    proceedings_share: np.ndarray | float,
    transfer_share: np.ndarray,
    uasc: np.ndarray,
) -> Workload:
    """What the paths mean in days, reviews and plans.

    proceedings_share  those in proceedings over those within their length, one figure or [draw x month or more]
    transfer_share     [month]  share of plans started that arrived open
    uasc               where placements are not states: [band] share of looked-after children who are UASC, or
                       [draw x month or more x band] such children
    """
    started, placed, count = cp.starts.sum(axis=2).astype(float), lac.placed, len(months)
    days, share = lac.days.astype(float), np.asarray(proceedings_share, float)
    share = share[:, :count, None] if share.ndim else share
    alone = days * uasc if uasc.ndim == 1 else np.minimum(uasc[:, :count] * days_in(months)[:, None], days)
    return Workload(
        months,
        days,
        np.minimum(lac.early_days * share, days),
        lac.reviews.astype(float),
        started,
        started * transfer_share,
        cp.reviews.astype(float),
        alone if placed is None else placed.days[:, :, UASC].sum(axis=2, dtype=float),
        cp.days.sum(axis=2, dtype=float),
        lac.starts.sum(axis=2, dtype=float),
        np.zeros(started.shape),
        None if placed is None else placed.days.sum(axis=3, dtype=float),
    )
