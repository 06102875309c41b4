"""Start rates and leaving rates: the council's own evidence, partially pooled toward national."""

from dataclasses import dataclass

import numpy as np

JEFFREYS = 0.5  # events
EIGHTY_PERCENT = (0.1, 0.9)


@dataclass(frozen=True)
class Pooled:
    """A Gamma posterior for a multiple of the national rate: mean = shape / weight.

    shape   [band] or scalar  evidence, in children
    weight  [band] or scalar  children expected from the same evidence at the national rate
    """

    shape: np.ndarray
    weight: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        return self.shape / self.weight

    def factors(self, rng: np.random.Generator, draws: int) -> np.ndarray:
        """The uncertainty of the multiple, 1 at its mean: [draw] or [draw x band]."""
        shape = np.atleast_1d(self.shape)
        return rng.standard_gamma(shape, (draws, shape.size)) / shape

    def interval(self) -> tuple[np.ndarray, np.ndarray]:
        """The 80% range: 10th and 90th percentile of the posterior."""
        from scipy.special import gammaincinv  # not where a case is only read

        return tuple(gammaincinv(self.shape, level) / self.weight for level in EIGHTY_PERCENT)


def own_rate(events, exposure) -> Pooled:
    """A rate from a council's own events alone: events a unit of exposure, Jeffreys's prior (half an event, no
    exposure).

    events    counted, such as ends of care
    exposure  what they were counted over, such as child-years; above 0
    """
    return Pooled(np.asarray(events, float) + JEFFREYS, np.asarray(exposure, float))


def pool(observed, expected, weight_of_national: float) -> Pooled:
    """Gamma-Poisson pooling, closed form.

    observed            children counted
    expected            children expected at the national rate, same shape
    weight_of_national  children's worth of evidence that the national rate counts for (1 / squared coefficient of
                        variation between councils)
    """
    return Pooled(weight_of_national + np.asarray(observed, float), weight_of_national + np.asarray(expected, float))


def pool_with_conflict(observed, expected, weight_of_national: float, own, conflict: float) -> Pooled:
    """Gamma-Poisson pooling with a prior that may be wrong: a mixture of two, in closed form (Schmidli and others
    2014).

    observed, expected, weight_of_national  as for `pool`; counts and what they are at the rate known before
    own    children expected at the council's own overall rate, for which half an event's worth of evidence is enough
    conflict  chance that the rate known before does not hold here; where the count speaks against it, that chance grows
    The posterior's multiple of `expected`, as the Gamma with the mixture's mean and variance.
    """
    observed, expected, own = np.broadcast_arrays(*(np.asarray(part, float) for part in (observed, expected, own)))
    worth = np.array([weight_of_national, JEFFREYS]).reshape(2, *[1] * observed.ndim)
    at = np.stack([expected, own])
    chance = np.log(np.array([1 - conflict, conflict])).reshape(worth.shape) + _log_negative_binomial(
        observed, worth, at
    )
    share = np.exp(chance - chance.max(axis=0))
    share = share / share.sum(axis=0)
    mean = (worth + observed) / (worth + at) * np.divide(at, expected, out=np.ones_like(at), where=expected > 0)
    square = mean**2 * (1 + 1 / (worth + observed))
    middle = (share * mean).sum(axis=0)
    shape = middle**2 / ((share * square).sum(axis=0) - middle**2)
    return Pooled(shape, shape / middle)


def _log_negative_binomial(observed: np.ndarray, shape: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Log chance of a count that is Poisson about a Gamma of this shape and mean."""
    from scipy.special import gammaln, xlogy

    ways = gammaln(observed + shape) - gammaln(shape) - gammaln(observed + 1)
    return ways + shape * np.log(shape / (shape + mean)) + xlogy(observed, mean / (shape + mean))


def evidence_kept(drift: float, children_a_year: float, children_per_family: float) -> float:
    """Share of last year's evidence that is still good this year, 0 to 1.

    If the rate drifts by `drift` (SD of its logarithm in a year) and a year's count carries noise of
    sqrt(children_per_family / children_a_year), the best filter of a local level keeps 1 - gain, with
    gain = (sqrt(q^2 + 4 q) - q) / 2 and q the ratio of the two variances (Harvey 1989, section 4.1.2).
    """
    ratio = drift**2 / (children_per_family / children_a_year)
    return 1 - (np.sqrt(ratio**2 + 4 * ratio) - ratio) / 2


def discounted(counts: np.ndarray, expected: np.ndarray, years_ago: np.ndarray, kept: float) -> tuple[float, float]:
    """Counts and expected counts of several years, each worth `kept` to the power of its age in years."""
    worth = kept ** np.asarray(years_ago, float)
    return float(np.sum(worth * counts)), float(np.sum(worth * expected))
