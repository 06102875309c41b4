"""What a panel of councils says: the figures of the closed form, and how far starts drift, for the alarm."""

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar

from forecast.demand import breaks
from forecast.demand.caseload import Z90
from forecast.record import strict
from forecast.record.panel import MEASURES, Panel, tunes

LEAST_STOCK = 30  # below it a change of a few children is a large logarithm
TOTALS, ALARM, SPEND = "totals", "alarm", "spend"  # tables of data/calibration


def calibrated(settings: strict.Settings, family: dict[str, float]) -> dict[str, pd.DataFrame]:
    """The tables of data/calibration that a case reads, from councils with even codes.

    family  measure -> children who start together
    """
    panel, councils = settings.panel, [council for council in settings.panel.councils if tunes(council)]
    drift = [
        (f"breaks.{measure}_drift", alarm_drift(panel, measure, councils, family[measure]), "residuals of 80% width")
        for measure in MEASURES
    ]
    alarm = pd.DataFrame(drift, columns=["key", "value", "how"]).round({"value": 4})
    return {TOTALS: strict.calibrate(settings, councils), ALARM: alarm}


def alarm_drift(panel: Panel, measure: str, councils: list[str], family: float) -> float:
    """Drift of yearly starts at which the alarm's residuals have the width they should: robust variance 1."""
    series = [panel.figures.loc[council, MEASURES[measure][1]].dropna() for council in councils]
    series = [counts for counts in series if counts.size >= 6 and counts.min() >= LEAST_STOCK]

    def away(size: float) -> float:
        z = np.concatenate(
            [breaks.residuals(counts, size, family)["residual"].dropna().to_numpy() for counts in series]
        )
        return abs(np.diff(np.quantile(z, [0.1, 0.9]))[0] - 2 * Z90)

    return float(minimize_scalar(away, bounds=(0.01, 1.0), method="bounded").x)
