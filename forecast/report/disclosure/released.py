"""What a release is: the figures shown, and what must be remembered of those that are not."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from forecast.case.errors import BadInput
from forecast.report.disclosure.attack import Fared
from forecast.report.disclosure.rule import Rule
from forecast.report.disclosure.sheets import COUNT, Equation

HIDDEN = "c"


@dataclass(frozen=True)
class Kept:
    """What must be remembered of a hidden figure to protect it next time. It holds no value."""

    kind: str = COUNT
    actual: bool = True
    small: bool | None = None
    known: tuple[int, int | None] | None = None


@dataclass(frozen=True)
class Record:
    """The audit of a release. PRIVATE: to know which hidden figures are small is to know more than the reader may.

    small, secondary  keys hidden for their own sake, and to protect others
    exposed           small figures that earlier releases show, or let be worked out: hiding them comes too late
    fared             how each attack fared
    """

    small: tuple[str, ...]
    secondary: tuple[str, ...]
    exposed: tuple[str, ...]
    fared: tuple[Fared, ...] = ()


@dataclass(frozen=True)
class Released:
    """A release: what may be shown, and what the next release needs in order not to undo this one.

    shown      key -> figure, of every cell that is shown
    hidden     key -> what is kept of it, of every cell shown as "c"
    sheets     name -> its keys, of every printed table; `withheld` are those of which nothing is shown
    unseen     key -> what is kept of it, of every cell that no table shows
    revised    keys that changed since an earlier release hid them
    """

    name: str
    rule: Rule
    shown: Mapping[str, float]
    hidden: Mapping[str, Kept]
    sheets: Mapping[str, tuple[str, ...]]
    withheld: tuple[str, ...]
    unseen: Mapping[str, Kept]
    equations: tuple[Equation, ...]
    revised: tuple[str, ...]
    notes: tuple[str, ...]
    record: Record = field(repr=False)

    def text(self, key: str) -> str | None:
        """ "c" for a figure that is hidden or in no table shown, None for one that may be. Raises BadInput for one never released."""
        if key in self.hidden or key in self.unseen:
            return HIDDEN
        if key in self.shown:
            return None
        raise BadInput(
            f"{key} has not been through disclosure control. Add it to the tables of the release, or mark the report private"
        )
