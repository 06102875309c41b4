"""Layered assumptions: national, then council and month, then scenario. The files are the assumptions log."""

import importlib

_IN = {
    "documents": ("Case", "Entry", "Scenario"),
    "freezing": ("freeze", "thaw"),
    "layers": ("Assumptions", "Difference", "changed", "list_cases", "list_scenarios", "load", "load_scenarios"),
    "log": ("log_frame", "log_markdown", "overdue", "red"),
    "own": ("not_yours", "others"),
    "plausible": ("differing", "held_elsewhere", "read_bands", "unusual"),
    "rules": ("carried_range",),
    "sampling": ("rng", "sample"),
    "schema": ("json_schema",),
}
_FROM = {name: module for module, names in _IN.items() for name in names}
__all__ = sorted(_FROM)  # noqa: PLE0605


def __getattr__(name: str):
    """Each name when it is first asked for: what looks at a finished run reads no assumptions."""
    if name in _FROM:
        return getattr(importlib.import_module(f"forecast.case.{_FROM[name]}"), name)
    raise AttributeError(f"module 'forecast.case' has no attribute {name!r}")
