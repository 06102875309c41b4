"""The catalogue: which assumptions exist, in what unit, between what limits."""

import re
from collections.abc import Container
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field

from forecast.case.documents import Strict, Text
from forecast.case.nature import ACTS_ON, CAUSES, TIMING
from forecast.case.reader import Document, read_document
from forecast.case.wording import check, nearest, read_each, refuse, shown

CATALOGUE = "catalogue.yaml"


class Unit(Strict):
    """A unit, and the scale its values live on.

    The scale decides the shape of the 80% range: positive (lognormal), share (between 0 and 1), real (normal).
    """

    description: Text = Field(description="the unit in words, such as pounds per child per week")
    scale: Literal["positive", "share", "real"] = Field(description="positive, share or real")


class Item(Strict):
    """One assumption that must have an entry: `uncertain` is sampled, a `decision` is known or decided."""

    description: Text = Field(description="what it is, in a sentence")
    unit: Text = Field(description="one of the units at the top of the catalogue")
    minimum: float = Field(description="the lowest value that can be meant")
    maximum: float = Field(description="the highest value that can be meant")
    kind: Literal["uncertain", "decision"] = Field(description="uncertain or decision")


class Described(Item):
    """An item as the catalogue writes it, with what it is to the method; a frozen run keeps the item alone."""

    cause: Literal[*CAUSES, TIMING] | None = Field(None, description="the cause of change it belongs to")
    acts_on: Literal[ACTS_ON] | None = Field(None, description="what it moves")
    read_by: Text | None = Field(
        None, description="the file that reads it, where the key is not written out in the code"
    )
    sought: int | None = Field(None, description="place among the levers of which it is said what would be enough")
    found: Text | None = Field(None, description="where an officer finds it, if it is a council's own figure")


@dataclass(frozen=True)
class Catalogue:
    """Units by name, and items by dotted key, in the order of the file; `nature` is what they are to the method."""

    units: dict[str, Unit]
    items: dict[str, Item]
    nature: dict[str, Described] = field(default_factory=dict, compare=False)

    @cached_property
    def sections(self) -> set[str]:
        """Every dotted prefix that has items under it."""
        parts = [key.split(".") for key in self.items]
        return {".".join(names[:depth]) for names in parts for depth in range(1, len(names))}

    def item_and_unit(self, key: str) -> tuple[Item, Unit]:
        """The item of a key, and the unit it is in."""
        return self.items[key], self.units[self.items[key].unit]

    def without(self, keys: Container[str]) -> list[str]:
        """A line for each item that is not among the keys."""
        return [f"  {key} ({item.description}; {item.unit})" for key, item in self.items.items() if key not in keys]


def read_catalogue(params: Path) -> Catalogue:
    """Read params/catalogue.yaml. Raises BadInput with every fault of the file."""
    doc = read_document(params / CATALOGUE, params)
    if not isinstance(doc.data.get("units"), dict):
        raise doc.problem(("units",), "the units are missing. Add `units:`, with the description and scale of each")
    units = read_each(doc.data["units"], lambda name: check(Unit, doc, ("units", name)))

    def read(path: tuple) -> Described:
        item = check(Described, doc, path)
        refuse(doc, path, _faults(item, units))
        return item

    items = read_each(_item_paths(doc, doc.data, ()), read)
    nature = {".".join(path): item for path, item in items.items()}
    plain = {key: Item(**item.model_dump(include=set(Item.model_fields))) for key, item in nature.items()}
    return Catalogue(units, plain, nature)


def _item_paths(doc: Document, section: dict, path: tuple):
    """The path of each item: whatever has fields of its own, such as its unit, and not only sections below it."""
    for name, content in section.items():
        here = (*path, name)
        if here == ("units",):
            continue
        if not re.fullmatch("[a-z0-9][a-z0-9_]*", name):
            raise doc.problem(here, "a key is small letters, digits and _ only. Rename it")
        if not isinstance(content, dict) or not content:
            raise doc.problem(here, f"is {shown(content or None)}; expected assumptions below. Add them or delete it")
        if all(isinstance(inner, dict) for inner in content.values()):
            yield from _item_paths(doc, content, here)
        else:
            yield here


def _faults(item: Item, units: dict[str, Unit]):
    """Contradictions inside one item, as (field, sentence)."""
    if item.unit not in units:
        yield "unit", f"is {item.unit}, which is not under `units:`. {nearest(item.unit, list(units))}"
        return
    scale = units[item.unit].scale
    if item.minimum >= item.maximum:
        yield "minimum", f"is {item.minimum:g}, not below the maximum {item.maximum:g}. Correct one of them"
    if scale != "real" and item.minimum < 0:
        yield "minimum", f"is {item.minimum:g}; expected 0 or more, as {item.unit} is a {scale} unit. Raise it"
    if scale == "share" and item.maximum > 1:
        yield "maximum", f"is {item.maximum:g}; expected 1 or less, as {item.unit} is a share. Lower it"
