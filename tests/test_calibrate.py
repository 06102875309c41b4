"""The alarm's drift: a panel made here with a known walk of starts gives it back."""

import numpy as np
import pandas as pd
import pytest

from forecast.record import calibrate
from forecast.record.panel import MEASURES, Panel


def test_alarm_drift_recovers_the_walk_of_starts():
    luck, frames = np.random.default_rng(11), {}
    for at in range(80):
        level = np.log(400) + np.concatenate([[0], np.cumsum(luck.normal(0, 0.15, 14))])
        frames[str(2 * at)] = pd.DataFrame(
            {MEASURES["lac"][1]: luck.poisson(np.exp(level)).astype(float)},
            index=pd.Index(range(2011, 2026), name="year"),
        )
    panel = Panel(pd.concat(frames, names=["council"]), dict.fromkeys(frames, ""))
    assert calibrate.alarm_drift(panel, "lac", list(frames), 1.0) == pytest.approx(0.15, rel=0.15)
