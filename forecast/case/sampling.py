"""Draw every uncertain assumption from its 80% range."""

import hashlib
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from forecast.case.errors import BadInput
from forecast.case.layers import Assumptions

KEPT = 256  # keys' draws, last used
Z90 = NormalDist().inv_cdf(0.9)  # the 80% range runs from the 10th to the 90th percentile


def sample(assumptions: Assumptions, draws: int, seed: int, keys: list[str] | None = None) -> dict[str, np.ndarray]:
    """Values of each key (every key if None), one per draw: key -> array [draws], in the catalogue's unit.

    Over many draws low is the 10th percentile, value the 50th and high the 90th; values are cut at the catalogue's
    limits. Decisions do not vary. A draw depends on the seed, the key and its place only: scenarios share their
    random numbers, and the first n draws are the same whatever `draws` is.
    """
    if draws < 1 or seed < 0:
        raise BadInput(f"draws is {draws} and seed is {seed}; expected at least 1 draw and a seed of 0 or more")
    return {key: _draw(assumptions, key, draws, seed) for key in (assumptions.keys() if keys is None else keys)}


def _draw(assumptions: Assumptions, key: str, draws: int, seed: int) -> np.ndarray:
    entry = assumptions.entry(key)
    item, unit = assumptions.catalogue.item_and_unit(key)
    if item.kind == "decision" or entry.low == entry.high:
        return np.full(draws, entry.value)
    return _spread(key, draws, seed, unit.scale, (entry.low, entry.value, entry.high), (item.minimum, item.maximum))


@lru_cache(KEPT)
def _spread(key: str, draws: int, seed: int, scale: str, figures: tuple, limits: tuple) -> np.ndarray:
    """The draws of one key from its low, value and high; kept and read-only, as most scenarios change few keys."""
    link, back = SCALES[scale]
    low, centre, high = (link(figure) for figure in figures)
    z = rng(key, seed).standard_normal(draws)
    drawn = np.clip(back(centre + np.where(z < 0, centre - low, high - centre) / Z90 * z), *limits)
    drawn.flags.writeable = False
    return drawn


def rng(key: str, seed: int) -> np.random.Generator:
    """Random numbers that depend on the seed and the key only."""
    return np.random.default_rng([seed, int.from_bytes(hashlib.sha256(key.encode("utf-8")).digest()[:8], "big")])


def _logit(share: float) -> float:
    return np.log(share) - np.log1p(-share)


def _share(logit: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logit))


SCALES = {"positive": (np.log, np.exp), "share": (_logit, _share), "real": (np.asarray, np.asarray)}
