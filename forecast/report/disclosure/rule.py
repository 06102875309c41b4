"""The rule of suppression: which figures are too small to show, and how unsure a reader must be left."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

SECTION = "disclosure"


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
