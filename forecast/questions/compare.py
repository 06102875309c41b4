"""Scenarios side by side on the same draws."""

import numpy as np

from forecast.case.months import financial_year

QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}


def summary(draws: np.ndarray) -> dict[str, float]:
    """Mean, 10th, 50th and 90th percentile of one figure over the draws."""
    return {"mean": float(np.mean(draws)), **dict(zip(QUANTILES, quantiles(draws).tolist(), strict=True))}


def quantiles(draws: np.ndarray) -> np.ndarray:
    """The 10th, 50th and 90th percentile, [quantile]: those of `np.quantile`, which is slower on so few draws."""
    ordered, at = np.sort(draws), np.array(list(QUANTILES.values())) * (draws.size - 1)
    below = at.astype(int)
    low, high, part = ordered[below], ordered[np.minimum(below + 1, draws.size - 1)], at - below
    return np.where(part < 0.5, low + (high - low) * part, high - (high - low) * (1 - part))


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
