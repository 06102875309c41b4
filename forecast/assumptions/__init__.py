"""Layered assumptions: national, then council and month, then scenario. The files are the assumptions log."""

from forecast.assumptions.documents import Case, Entry, Scenario
from forecast.assumptions.freezing import freeze, thaw
from forecast.assumptions.layers import Assumptions, Difference, list_cases, list_scenarios, load, load_scenarios
from forecast.assumptions.log import log_frame, log_markdown, overdue
from forecast.assumptions.sampling import luck, sample
from forecast.assumptions.schema import json_schema

__all__ = [
    "Assumptions",
    "Case",
    "Difference",
    "Entry",
    "Scenario",
    "freeze",
    "json_schema",
    "list_cases",
    "list_scenarios",
    "load",
    "load_scenarios",
    "log_frame",
    "log_markdown",
    "luck",
    "overdue",
    "sample",
    "thaw",
]
