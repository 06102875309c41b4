"""SSDA903 as data: its files and columns, its code sets with their years, and the rules of reading it.

Code sets: data-to-insight/csc-validator-be-903 (`lac_validator/config.py` and its rules) and the LIIA pipeline's
`SSDA903_schema_*.yml`; codes before 2015-16 from the DfE metadata published with the 2010 tables.
A return's year is written as the calendar year of its last day: 2018 is 1 April 2017 to 31 March 2018. Rules
(rules.csv) name the DfE's validation rules of 2024-25, by csc-validator-be-903,
`output_data/903_2024_25_rule_info.csv`.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from forecast.case.home import beside
from forecast.sources.counting import read_rows, read_rules
from forecast.sources.reading.counts import AGE_FROM, UNKNOWN
from forecast.sources.reading.files import wanted

RULES = read_rules(Path(__file__).with_name("rules.csv"))
CODES = read_rows(Path(__file__).with_name("codes.csv"))
DATA = beside(__file__)
FILES = wanted(DATA["files"])
# What the officer is told before anything else, whatever its share; and what another rule tells better.
LOUD = dict.fromkeys(("strangers", "identifier_changed", "zeros_lost"), True) | dict.fromkeys(
    ("not_carried", "closed_then_carried", "gap_bridged"), False
)
# Other words for a column: regional platforms' and case systems' reports -> the return's.
HEADINGS = {row["heading"]: row["column"] for row in read_rows(Path(__file__).with_name("headings.csv"))}


@dataclass(frozen=True)
class Kind:
    """A file of the return: the column only it has, those it must have, those used where present, and dates."""

    sign: str
    needed: tuple[str, ...]
    wanted: tuple[str, ...]
    dates: tuple[str, ...]


KINDS = {name: Kind(**kind) for name, kind in DATA["kinds"].items()}
NOT_USED = set(DATA["not_used"])  # columns of files that are not read
CODED = ("RNE", "LS", "PLACE", "PLACE_PROVIDER", "REC", "SEX")
ADDED = ("LA", "YEAR")  # by regional platforms

FOREVER = 9999
AGE_BANDS = (*AGE_FROM, UNKNOWN)
AGE_CUTS = tuple(AGE_FROM.values())[1:]

TIME_FROM: dict[str, int] = DATA["time_from"]  # lower edges in days
TIMES = (*TIME_FROM, UNKNOWN)

PLACEMENTS = tuple(DATA["placements"])


@dataclass(frozen=True)
class Place:
    """A placement code: the group it is counted in, and the first and last return years in which it was valid."""

    group: str
    first: int
    last: int


STRANGER_FOSTER = "foster"  # becomes in-house, agency or unknown by provider
# U1-U6 replace Q1, Q2 in 2015-16; K3 replaces H5, P2 from 2024-25. One schema drops those two in 2024-25, one validator
# in 2025-26: both are let in for 2024-25.
PLACES = {
    row["code"]: Place(row["group"], int(row["first"] or 0), int(row["last"] or FOREVER))
    for row in CODES
    if row["set"] == "placement"
}
PROVIDERS = {"PR0", "PR1", "PR2", "PR3", "PR4", "PR5"}
OWN_PROVIDERS = ("PR1",)  # the council's own; a trust's service may be filed as PR5 (Slough): say so when reading
SHORT_BREAKS = {"V3", "V4"}  # not in the published count of looked-after children
LEGAL_STATUSES = {"C1", "C2", "D1", "E1", "V2", "J1", "J2", "J3", "L1", "L2", "L3"} | SHORT_BREAKS
INTERIM_ORDER = "C1"
STARTS_PERIOD = "S"
CHANGES_CARER = {"P", "B"}  # placement and carer; the same with legal status
REASONS_FOR_EPISODE = {STARTS_PERIOD, "L", "T", "U"} | CHANGES_CARER
CONTINUES = "X1"
# Days from X1 to the next episode that are bridged where its reason says that the child stayed too. DfE rule 388 wants
# none; LIIA's pipeline (stage 2, rule 5) bridges any. Past a month an episode is more likely to be missing.
MOST_GAP = 31
SEXES = {"1", "2", "M", "F", "U"}  # 1 and 2 to 2023-24, letters from 2024-25

TURNED_18 = "turned_18"
LEAVES_BY_CODE = {row["code"]: row["group"] for row in CODES if row["set"] == "end"}
LEAVES = (*dict.fromkeys(LEAVES_BY_CODE.values()), UNKNOWN)
REASONS_FOR_END = {CONTINUES, *LEAVES_BY_CODE}


def placement_groups(place: np.ndarray, provider: np.ndarray, own: tuple[str, ...]) -> np.ndarray:
    """The index in PLACEMENTS of each placement code [episode]; a code not known is counted as other.

    own  provider codes that are the council's own. Foster carers of every other provider, another council's included,
         are bought in and counted as agency; a foster carer without a provider is counted apart, never guessed.
    """
    groups = np.array([PLACES[code].group if code in PLACES else "other" for code in place], dtype=object)
    foster = groups == STRANGER_FOSTER
    groups[foster] = "ifa_fostering"
    groups[foster & np.isin(provider, own)] = "in_house_fostering"
    groups[foster & ~np.isin(provider, sorted(PROVIDERS))] = "fostering_provider_unknown"
    return np.array([PLACEMENTS.index(group) for group in groups], dtype=np.int64)


def leaving_groups(reason: np.ndarray) -> np.ndarray:
    """The index in LEAVES of each reason an episode ended [episode]; X1 and codes not known are unknown."""
    return np.array([LEAVES.index(LEAVES_BY_CODE.get(code, UNKNOWN)) for code in reason], dtype=np.int64)
