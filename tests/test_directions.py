"""Directions hold in random scenarios; `python tests/directions.py 1000` tries many more."""

import directions
import numpy as np
import pytest


@pytest.fixture(scope="module")
def ready():
    return directions.ready()


@pytest.mark.parametrize("number", range(4))
def test_every_direction_holds(ready, number):
    assert directions.broken(*ready, number) == []


def test_there_are_thirty_and_each_can_fail(ready):
    """Turned round, each direction breaks: its figure does move, in some scenario."""
    base, central = ready
    assert len(directions.DIRECTIONS) >= 30
    a = directions.random_scenario(central, np.random.default_rng([1, 1]))
    before = directions.projection.project(base, a)
    for one in directions.DIRECTIONS:
        if one.way and one.figure is not directions.chance:
            after = directions.projection.project(base, directions.with_value(a, one.key, one.moved(a.value(one.key))))
            assert (one.figure(after) != one.figure(before)).any(), one.name
