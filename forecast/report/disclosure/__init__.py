"""Disclosure control: nothing is marked public that does not pass here."""

from forecast.report.disclosure.attack import Fared, Finding
from forecast.report.disclosure.publish import (
    MODEL,
    Cleared,
    chart_values,
    cover,
    drawable,
    mark,
    model_output,
    model_table,
    release_chart,
)
from forecast.report.disclosure.record import read_release, write_release
from forecast.report.disclosure.release import as_published, audit, prove, release
from forecast.report.disclosure.released import HIDDEN, Kept, Record, Released
from forecast.report.disclosure.rule import Rule, rule_from, rule_in
from forecast.report.disclosure.sheets import (
    COUNT,
    MONEY,
    Cell,
    Equation,
    Sheet,
    cross_table,
    running_total,
    stock_identity,
    total,
)

__all__ = [
    "COUNT",
    "HIDDEN",
    "MODEL",
    "MONEY",
    "Cell",
    "Cleared",
    "Equation",
    "Fared",
    "Finding",
    "Kept",
    "Record",
    "Released",
    "Rule",
    "Sheet",
    "as_published",
    "audit",
    "chart_values",
    "cover",
    "cross_table",
    "drawable",
    "mark",
    "model_output",
    "model_table",
    "prove",
    "read_release",
    "release",
    "release_chart",
    "rule_from",
    "rule_in",
    "running_total",
    "stock_identity",
    "total",
    "write_release",
]
