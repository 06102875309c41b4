"""Demand and budget forecasting for children's services."""

__version__ = "0.3.0"
