"""Disclosure control: nothing is marked public that does not pass here."""

from forecast.report.disclosure.figures import (
    HIDDEN,
    Cell,
    Equation,
    Kept,
    Released,
    Sheet,
    read_release,
    stock_identity,
    write_release,
)
from forecast.report.disclosure.publish import MODEL, Key, cover, in_sentences, mark
from forecast.report.disclosure.release import Finding, audit, prove, release
from forecast.report.disclosure.rule import Rule, rule_in

__all__ = [
    "HIDDEN",
    "MODEL",
    "Cell",
    "Equation",
    "Finding",
    "Kept",
    "Key",
    "Released",
    "Rule",
    "Sheet",
    "audit",
    "cover",
    "in_sentences",
    "mark",
    "prove",
    "read_release",
    "release",
    "rule_in",
    "stock_identity",
    "write_release",
]
