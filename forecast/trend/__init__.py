"""Paths of a count from its own past: plain, state-space and Prophet methods, each with a named fall-back."""

from forecast.trend.methods import METHODS, forecast
from forecast.trend.series import Series, Trend, tidy

__all__ = ["METHODS", "Series", "Trend", "forecast", "tidy"]
