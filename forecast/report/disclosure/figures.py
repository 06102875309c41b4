"""The rule of suppression, figures with their keys, the sums that tie them, and the release made of them.

The key says what is counted, where and when. Two cells with one key are one figure, wherever they stand: so tables are
linked by sharing keys, and a release is linked to an earlier one in the same way.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import pandas as pd
from pydantic import TypeAdapter, ValidationError

from forecast.case.errors import BadInput
from forecast.sources.files import SEAL, sealed

HIDDEN, SECTION = "c", "disclosure"
Equation = tuple[tuple[int, str], ...]  # terms, (whole factor, key), that sum to nothing


@dataclass(frozen=True)
class Rule:
    """Counts of 1 to `smallest_shown` - 1 are hidden; 0 is shown.

    protection  a reader must be left with a range at least this wide for each small count: 3 means four counts or more
    reviewed    the date the rule was last looked at
    """

    smallest_shown: int
    protection: int
    source: str
    reviewed: date

    @property
    def largest_small(self) -> int:
        """The largest count that is hidden."""
        return self.smallest_shown - 1

    def is_small(self, count: float | None) -> bool:
        """Whether a count of children is too small to show; one that its publisher hid (None) is, 0 is not."""
        return count is None or 0 < count < self.smallest_shown


def rule_in(log: pd.DataFrame) -> Rule:
    """The rule a published run was made under, from its log of assumptions."""
    held = log.set_index("Key")
    smallest = held.loc[f"{SECTION}.smallest_shown"]
    protection = held.at[f"{SECTION}.protection", "Value"]
    return Rule(int(smallest["Value"]), int(protection), smallest["Source"], smallest["Reviewed"])


@dataclass(frozen=True)
class Cell:
    """A count of actual children, such as "lac_starts 2010-11"; None where its publisher hid it as small."""

    key: str
    value: float | None

    def __post_init__(self) -> None:
        if self.value is not None and (self.value < 0 or not float(self.value).is_integer()):
            raise BadInput(f"{self.key}: a count of actual children is a whole number, 0 or more. Correct it")


@dataclass(frozen=True)
class Sheet:
    """One table: its cells and how they add up.

    printed  False for figures that no table shows but that a reader could work out, such as one month's starts between
             two running totals: they are guarded, not hidden
    """

    name: str
    cells: tuple[Cell, ...]
    equations: tuple[Equation, ...] = ()
    printed: bool = True


def stock_identity(now: str, before: str, starts: str, ends: str) -> Equation:
    """Stock = previous stock + starts - ends."""
    return ((-1, now), (1, before), (1, starts), (-1, ends))


@dataclass(frozen=True)
class Kept:
    """What is remembered of a figure that is not shown, to protect it next time. It holds no value.

    small  whether it is hidden for its own sake
    known  the least and the most that anybody knows it to be, of a figure that its publisher hid
    """

    small: bool
    known: tuple[int, int] | None = None


@dataclass(frozen=True)
class Released:
    """A release: what may be shown, and what the next release needs in order not to undo this one.

    shown    key -> figure, of every cell that is shown
    hidden   key -> what is kept of it, of every cell shown as "c"
    unseen   key -> what is kept of it, of every cell that no table shows
    revised  keys whose figure changed since an earlier release
    exposed  small figures that an earlier release shows: hiding them comes too late
    PRIVATE: to know which hidden figures are small is to know more than the reader may.
    """

    name: str
    rule: Rule
    shown: Mapping[str, float]
    hidden: Mapping[str, Kept] = field(repr=False)
    unseen: Mapping[str, Kept] = field(repr=False)
    equations: tuple[Equation, ...]
    revised: tuple[str, ...]
    exposed: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What stands under a table with hidden figures."""
        if not self.hidden:
            return ()
        return (
            f"{HIDDEN}: hidden to protect confidentiality. A figure of 1 to {self.rule.largest_small} children, or one "
            "from which such a figure could be worked out. 0 is shown as 0.",
        )

    def text(self, key: str) -> str | None:
        """ "c" for a figure that is hidden or in no table shown, None for one that may be shown.

        Raises BadInput for one never released.
        """
        if key not in {*self.shown, *self.hidden, *self.unseen}:
            raise BadInput(
                f"{key} has not been through disclosure control. Add it to the tables of the release, or mark the "
                "report private"
            )
        return None if key in self.shown else HIDDEN


RECORD = TypeAdapter(Released)


def write_release(released: Released) -> str:
    """The release as JSON, without any hidden figure, sealed; the same release always gives the same text."""
    return json.dumps(sealed(RECORD.dump_python(released, mode="json")), indent=1, ensure_ascii=False) + "\n"


def read_release(text: str, file: str = "release") -> Released:
    """The release that was written. Raises BadInput if the text is damaged, or was edited since; `file` is what the
    message calls it. Releases of before there were seals are read without.
    """
    try:
        content = json.loads(text)
        if content != sealed(content) and content.pop(SEAL, None):
            raise ValueError("edited")
        return RECORD.validate_json(json.dumps({name: part for name, part in content.items() if name != SEAL}))
    except (ValidationError, ValueError, AttributeError) as wrong:
        raise BadInput(f"{file}: this is not a release as it was written. Take the copy kept with its run") from wrong
