"""Paths of a count from its own past: plain, state-space and Prophet methods, each with a named fall-back."""

from forecast.demand.trend.methods import METHODS, forecast
from forecast.demand.trend.series import Series, Trend, tidy

__all__ = ["METHODS", "Series", "Trend", "forecast", "tidy"]
