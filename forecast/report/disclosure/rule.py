"""The rule of suppression: which figures are too small to show, and how unsure a reader must be left."""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from forecast.case import Assumptions

SECTION = "disclosure"


@dataclass(frozen=True)
class Rule:
    """Counts of 1 to `smallest_shown` - 1 are hidden; 0 is shown.

    protection        a reader must be left with a range at least this wide for each small count: 3 means four counts or more
    money_protection  how far above the cost of so few children a reader's highest estimate must reach, as a share of that cost
    reviewed          the date the rule was last looked at
    """

    smallest_shown: int
    protection: int
    money_protection: float
    source: str
    reviewed: date

    @property
    def largest_small(self) -> int:
        """The largest count that is hidden."""
        return self.smallest_shown - 1

    def is_small(self, count: float | None) -> bool:
        """Whether a count of children is too small to show. Nothing counted (None) and 0 are not."""
        return count is not None and 0 < count < self.smallest_shown


def rule_from(assumptions: Assumptions) -> Rule:
    """The rule in force, from params/national.yaml."""
    held = assumptions.group(SECTION)
    smallest = assumptions.entry(f"{SECTION}.smallest_shown")
    return Rule(
        smallest_shown=int(held["smallest_shown"]),
        protection=int(held["protection"]),
        money_protection=held["money_protection"],
        source=smallest.source,
        reviewed=smallest.reviewed,
    )


def rule_in(log: pd.DataFrame) -> Rule:
    """The rule a published run was made under, from its log of assumptions."""
    held = log.set_index("Key")
    smallest, protection, money = (
        held.loc[f"{SECTION}.{part}"] for part in ("smallest_shown", "protection", "money_protection")
    )
    return Rule(
        int(smallest["Value"]),
        int(protection["Value"]),
        float(money["Value"]),
        smallest["Source"],
        smallest["Reviewed"],
    )
