"""Freeze the merged assumptions beside a run's results, and open them again.

The frozen text holds everything, the catalogue too, so that an old run opens after the files have moved on.
"""

import json
import re
from decimal import Decimal
from pathlib import Path

from pydantic import Field

from forecast.case.catalogue import Catalogue, Item, Unit
from forecast.case.documents import Case, Entry, Scenario, Strict
from forecast.case.layers import Assumptions
from forecast.case.reader import read_text
from forecast.case.rules import faults
from forecast.case.wording import check, refuse

_WRITTEN = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps would make one for each value
HEADING = "# The assumptions of one run, frozen beside its results. To change one, edit params and run again.\n"


class Frozen(Strict):
    """The parts of a frozen text."""

    case: Case = Field(description="the council and the month")
    scenario: Scenario = Field(description="what the scenario changed")
    units: dict[str, Unit] = Field(description="the units of the catalogue")
    catalogue: dict[str, Item] = Field(description="the items of the catalogue, by dotted key")
    assumptions: dict[str, Entry] = Field(description="the entries in force, by dotted key")
    central: dict[str, Entry] = Field(description="the central entries of what the scenario changed")


def freeze(assumptions: Assumptions) -> str:
    """All of `assumptions` as YAML: the same assumptions always give the same text."""
    frozen = Frozen(
        case=assumptions.case,
        scenario=assumptions.scenario,
        units=assumptions.catalogue.units,
        catalogue=assumptions.catalogue.items,
        assumptions=assumptions.entries,
        central={key: assumptions.central[key] for key in assumptions.scenario.changes},
    )
    return HEADING + plain_yaml(frozen.model_dump(mode="json", exclude_none=True))


def thaw(text: str, file: str | Path = "frozen assumptions") -> Assumptions:
    """The assumptions that were frozen; `file` is what messages call the text. Raises BadInput if it was damaged."""
    doc = read_text(text, str(file))
    frozen = check(Frozen, doc)
    remedy = "The text was changed after it was frozen: freeze the run again"
    unlike = {  # keys that are in one part and not in another
        "catalogue": {item.unit for item in frozen.catalogue.values()} - set(frozen.units),
        "assumptions": set(frozen.assumptions) ^ set(frozen.catalogue),
        "central": set(frozen.central) ^ set(frozen.scenario.changes),
    }
    what = f"is missing here, or is not in the rest of the text. {remedy}"
    refuse(doc, (), [(part, f"{key} {what}") for part, keys in unlike.items() for key in sorted(keys)])
    catalogue = Catalogue(frozen.units, frozen.catalogue)
    for part, entries in (("assumptions", frozen.assumptions), ("central", frozen.central)):
        for key, entry in entries.items():
            refuse(doc, (part, key), faults(entry, *catalogue.item_and_unit(key)))
    central = {**frozen.assumptions, **frozen.central}
    return Assumptions(frozen.case, frozen.scenario, catalogue, central, frozen.assumptions)


def plain_yaml(section: dict, depth: int = 0) -> str:
    """Sections within sections as YAML, numbers in plain digits, text in double quotation marks."""
    lines = []
    for key, content in section.items():
        name = "  " * depth + (key if re.fullmatch("[a-z][a-z0-9_.]*", key) else json.dumps(key))
        is_number, inner = isinstance(content, float), isinstance(content, dict) and content
        value = format(Decimal(repr(content)), "f") if is_number else _WRITTEN(content)
        lines.append(f"{name}:\n{plain_yaml(content, depth + 1)}" if inner else f"{name}: {value}\n")
    return "".join(lines)
