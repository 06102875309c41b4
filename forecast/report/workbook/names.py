"""The field's words for what tables hold under short names: no reader sees an underscore."""

from forecast.model.check import BAND_WORDS
from forecast.report import words

MEASURES = words.MEASURES | {"uasc_stock": "Looked-after children who are UASC"}
CATEGORIES = {
    **BAND_WORDS,
    "up_to_3m": "up to 3 months",
    "3_to_6m": "3 to 6 months",
    "6_to_12m": "6 to 12 months",
    "1_to_2y": "1 to 2 years",
    "over_2y": "over 2 years",
    "s20": "section 20",
    "other_la": "another council",
    "own": "the council's own",
}
SPLITS = {"all": "All", "other_age": "Age"}
UNITS = {"percent_of_ends": "% of those who ended"}
STATUSES = {
    "rounded_5": "Published, rounded to 5",
    "suppressed": "Hidden by the publisher",
    "council": "The council's own figure",
    "derived": "Worked out from published figures",
}
SECTIONS = {"Iro": "Independent reviewing officers"}
GROUPS = {"LAC": "Looked-after children", "CP": "Child protection plans"}
BASES = {"actual": "Actual", "estimated": "Estimated", "forecast": "Forecast"}


def in_words(name: str, known: dict[str, str]) -> str:
    """A short name in words: as known, or with spaces for its underscores and a capital."""
    said = known.get(name, name.replace("_", " "))
    return f"{said[:1].upper()}{said[1:]}"
