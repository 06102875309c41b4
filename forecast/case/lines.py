"""The cost lines of the council's reports, the groups they belong to and the placements that are paid for, out of
lines.yaml."""

from dataclasses import dataclass
from pathlib import Path

import yaml

_DATA = yaml.load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)


@dataclass(frozen=True)
class Rule:
    """How an ordinary line is priced: the work it is paid by, the keys of its price and index, its first month, and the
    key of the share of it in the call on the contingency; None: all of it.
    """

    per: str
    price: str
    index: str
    begins: str = ""
    in_call: str | None = None


# Cost lines in the order of the council's reports: name -> (what it is called, the group it belongs to).
LINES = {line: (row.pop("name"), row.pop("group")) for line, row in _DATA["lines"].items()}
GROUPS = _DATA["groups"]
RULES = {line: Rule(**row) for line, row in _DATA["lines"].items() if row}
PLACEMENTS = _DATA["placements"]
PAID_FOR = _DATA["paid_for"]
RECOVERY = _DATA["recovery"]  # item of a recovery plan -> its name, and who pays
CONTINGENCY = "contingency"

# Lines of the council's reports that one line of the published s251 outturn holds.
RESIDENTIAL = ("own_homes", "private_residential", "residential_school")
FOSTERING = ("in_house_fostering", "kinship_fostering", "ifa_fostering", "fostering_service")


def in_group(lines: dict, group: str):
    """Cost of the lines of one group."""
    return sum(cost for line, cost in lines.items() if LINES[line][1] == group)


def net(lines: dict):
    """Net cost of all lines, income negative."""
    return sum(lines.values())
