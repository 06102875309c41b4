"""The levers of the live page, read from params/explore.yaml: which ones, in what groups, how far sliders reach."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pydantic import Field

from forecast.case.catalogue import Catalogue
from forecast.case.documents import Strict, Text
from forecast.case.reader import Document
from forecast.case.wording import nearest, read_as, read_each, refuse

FILE = "explore.yaml"
POUNDS, MULTIPLIER = "gbp", "multiplier"


class WrittenLever(Strict):
    """A lever as explore.yaml gives it. The slider is narrower than the catalogue's limits; the number box is not."""

    low: float = Field(description="the low end of the slider, in the catalogue's unit")
    high: float = Field(description="the high end of the slider, in the catalogue's unit")
    step: float = Field(description="the step of the slider, in the catalogue's unit")


class WrittenGroup(Strict):
    """Levers that stand together under one heading."""

    title: Text = Field(description="the heading of the group, such as Families and births")
    levers: dict[str, WrittenLever] = Field(description="its levers, by dotted key")


class LeverFile(Strict):
    """The whole of explore.yaml."""

    groups: dict[str, WrittenGroup] = Field(description="the groups of levers, in the order of the page")


@dataclass(frozen=True)
class Lever:
    """One lever of the page.

    before, after    what stands around its value in words: £600,000 or 1.1 times
    one              what a value of 1 is called, such as 1 month
    low, high, step  the slider
    minimum, maximum the catalogue's limits, which the number box takes
    """

    key: str
    name: str
    before: str
    after: str
    one: str
    low: float
    high: float
    step: float
    minimum: float
    maximum: float

    def said(self, value: float) -> str:
        """A value with its unit, such as 1.1 times or £600,000."""
        if value == 1:
            return self.one
        number = format(Decimal(repr(float(value))).normalize(), ",f")
        return f"{'-' if value < 0 else ''}{self.before}{number.lstrip('-')}{self.after}"

    @property
    def slug(self) -> str:
        """The key as a page can use it for a name."""
        return self.key.replace(".", "-")


def read_levers(params: Path, catalogue: Catalogue) -> dict[str, list[Lever]]:
    """Heading -> levers, in the order of the file. Raises BadInput naming file and line of every fault."""
    written, doc = read_as(LeverFile, params / FILE, params)
    groups = written.groups
    placed = [("groups", group, "levers", key) for group, held in groups.items() for key in held.levers]
    keys = [path[-1] for path in placed]
    twice = [".".join(path) for path in placed if keys.count(path[-1]) > 1]
    refuse(doc, (), ((path, "stands in two groups. Keep it in one of them") for path in twice))
    levers = read_each(placed, lambda path: _lever(doc, path, groups[path[1]].levers[path[3]], catalogue))
    return {held.title: [levers[path] for path in placed if path[1] == group] for group, held in groups.items()}


def _lever(doc: Document, path: tuple, written: WrittenLever, catalogue: Catalogue) -> Lever:
    key = path[-1]
    if key not in catalogue.items:
        raise doc.problem(path, f"this key is not in catalogue.yaml. {nearest(key, list(catalogue.items))}")
    item, unit = catalogue.item_and_unit(key)
    refuse(doc, path, _faults(written, item))
    before, after = "", f" {unit.description}"
    one = "1 (no change)" if item.unit == MULTIPLIER else f"1 {unit.description.removesuffix('s')}"
    if item.unit.startswith(POUNDS):
        before, after = "£", unit.description.removeprefix("pounds")
        one = f"£1{after}"
    slider = (written.low, written.high, written.step)
    return Lever(key, item.description, before, after, one, *slider, item.minimum, item.maximum)


def _faults(written: WrittenLever, item):
    """What is wrong with a slider beside its catalogue item, as (field, sentence)."""
    limits = f"{item.minimum:g} to {item.maximum:g}, the limits in catalogue.yaml"
    for end, number in (("low", written.low), ("high", written.high)):
        if not item.minimum <= number <= item.maximum:
            yield end, f"is {number:g}; expected {limits}. Move it inside"
    if written.low >= written.high:
        yield "low", f"is {written.low:g}, not below high {written.high:g}. Correct one of them"
    elif not 0 < written.step <= written.high - written.low:
        yield "step", f"is {written.step:g}; expected more than 0 and no more than the slider's length. Correct it"
