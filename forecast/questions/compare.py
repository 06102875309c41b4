"""Scenarios side by side on the same draws."""

import numpy as np

from forecast.case.months import financial_year

QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}


def summary(draws: np.ndarray) -> dict[str, float]:
    """Mean, 10th, 50th and 90th percentile of one figure over the draws."""
    held = {name: float(np.quantile(draws, at)) for name, at in QUANTILES.items()}
    return {"mean": float(np.mean(draws)), **held}


def error_of_mean(draws: np.ndarray) -> float:
    """Monte Carlo standard error of the mean."""
    return float(np.std(draws) / np.sqrt(draws.size))


def error_of_quantile(draws: np.ndarray, at: float) -> float:
    """Monte Carlo standard error of a quantile, from the order statistics one binomial standard error either side."""
    step = np.sqrt(at * (1 - at) / draws.size)
    low, high = np.quantile(draws, [max(at - step, 0), min(at + step, 1)])
    return float((high - low) / 2)


def years_in(months: list[str]) -> dict[str, np.ndarray]:
    """Financial year -> which of the months are in it, [month] of true and false; in the order of the months."""
    years = np.array([financial_year(month) for month in months])
    return {year: years == year for year in dict.fromkeys(years.tolist())}


def difference(scenario: np.ndarray, central: np.ndarray) -> dict[str, float]:
    """A scenario's figure less the central one, draw by draw: the same children in both."""
    return summary(scenario - central)
