"""Layered assumptions: national, then council and month, then scenario. The files are the assumptions log."""

from forecast.case.documents import Case, Entry, Scenario
from forecast.case.freezing import freeze, thaw
from forecast.case.layers import Assumptions, Difference, changed, list_cases, list_scenarios, load, load_scenarios
from forecast.case.log import log_frame, log_markdown, overdue
from forecast.case.own import not_yours, others
from forecast.case.plausible import differing, held_elsewhere, read_bands, unusual
from forecast.case.rules import carried_range
from forecast.case.sampling import rng, sample
from forecast.case.schema import json_schema

__all__ = [
    "Assumptions",
    "Case",
    "Difference",
    "Entry",
    "Scenario",
    "carried_range",
    "changed",
    "differing",
    "freeze",
    "held_elsewhere",
    "json_schema",
    "list_cases",
    "list_scenarios",
    "load",
    "load_scenarios",
    "log_frame",
    "log_markdown",
    "not_yours",
    "others",
    "overdue",
    "read_bands",
    "rng",
    "sample",
    "thaw",
    "unusual",
]
