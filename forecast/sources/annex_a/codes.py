"""Ofsted's Annex A as data: its lists, the wordings of their headings, how words are grouped, and the rules of reading.

Headings and words: LIIA `annex_a_pipeline/spec/Annex_A_schema.yml` (what councils write) and its list of the
template's headings; placement codes are those of SSDA903. headings.csv: list (0: in every one), field, the template's
heading, what it is used for (sign: shows which list it is; needed; date; words), and the wordings as a pattern of
`heading`'s form. words.csv: set, pattern of what is written, group; the first that fits is taken.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from forecast.case.home import beside
from forecast.sources.cin.codes import heading
from forecast.sources.counting import read_rows, read_rules
from forecast.sources.reading.counts import UNKNOWN
from forecast.sources.reading.files import wanted
from forecast.sources.ssda903.codes import PLACEMENTS, PLACES, STRANGER_FOSTER

RULES = read_rules(Path(__file__).with_name("rules.csv"))
DATA = beside(__file__)
FILES = wanted(DATA["files"])

LISTS: dict[int, str] = DATA["lists"]
CONTACTS, REFERRALS, ASSESSMENTS, ENQUIRIES, CASES, PLANS, CARE, LEAVERS = LISTS
NOT_USED = {2, 10, 11}  # early help, adoption, adopters
LIST_NAMED = re.compile(r"list[ _-]*(\d{1,2})(?!\d)|^\s*(\d{1,2})\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Heading:
    """A column of a list: what it is used for, the template's heading, and the wordings it goes by."""

    field: str
    called: str
    use: frozenset[str]
    wordings: re.Pattern


def _headings() -> dict[int, list[Heading]]:
    found: dict[int, list[Heading]] = {}
    for row in read_rows(Path(__file__).with_name("headings.csv")):
        pattern = re.compile(row["wordings"].replace(" ", ""), re.IGNORECASE)
        found.setdefault(int(row["list"]), []).append(
            Heading(row["field"], row["called"], frozenset(row["use"].split()), pattern)
        )
    everywhere = found.pop(0)
    return {number: [*everywhere, *own] for number, own in found.items()}


HEADINGS = _headings()
CHILD, SIGN, NEEDED, DATE, WRITTEN = "child", "sign", "needed", "date", "words"
CENSUS = heading("LAchildID")  # a heading of the children in need census, which is no list
BIRTHS = ("born", "expected")

WORDS: dict[str, list[tuple[re.Pattern, str]]] = {}
for row in read_rows(Path(__file__).with_name("words.csv")):
    WORDS.setdefault(row["set"], []).append((re.compile(row["pattern"]), row["group"]))
GROUPS = {name: tuple(dict.fromkeys([group for _, group in rows] + [UNKNOWN])) for name, rows in WORDS.items()}
LETTERED = re.compile(r"^[a-z]\s*\)\s*", re.IGNORECASE)  # how Annex A numbers its answers: a) Male
CODED = re.compile(r"^([A-Z]{1,2}\d{1,2}[A-Z]?)\b", re.IGNORECASE)
SHORT_BREAKS = "short_breaks"
LEGAL_OF: dict[str, str] = DATA["legal_status"]
SOURCE_OF: dict[str, str] = DATA["source"]
SOURCE = re.compile(r"^(10|[1-9])([A-F]?)\b(?![/-]\d)", re.IGNORECASE)
NO_PROVIDER = "fostering_provider_unknown"
PLACED = (*PLACEMENTS, UNKNOWN)

TIMED = re.compile(r"(\d{4}-\d\d-\d\d|\d\d?/\d\d?/\d{4})[ T]\d\d?:\d\d(:\d\d(\.\d+)?)?Z?")
FAR = re.compile(r"(\d{4})-\d\d-\d\d|\d\d?/\d\d?/(\d{4})")
PAST_DAY = re.compile(
    r"(?!.*(BIRTH|NEXT|DUE|TARGET|PLANNED|EXPECTED)).*DATE.*"
)  # columns that tell how far a list runs
YEARS = (1950, 2099)  # of a birth or an event of anybody in the lists
MONTHS = 6  # the lists have who was in them at any time in the six months before their day
MOST_YEARS_OLD = 26  # care leavers are in list 9 to 25
SETTLED_DAYS = 14  # placements and statuses are those of the lists' day; taken as those of a day this close before it
LOUD_SHARE = 0.02  # rows left out of a list of stock beyond this share are told first


def group_of(name: str, text: str) -> str:
    """The group of what is written in a cell; UNKNOWN for a blank and for words that none fits."""
    plain = LETTERED.sub("", text.strip())
    if (code := CODED.match(plain)) and name in ("placement", "legal"):
        coded = code[1].upper()
        for spelt in (coded, coded[:-1]):
            if name == "placement" and spelt in PLACES:
                return PLACES[spelt].group
            if name == "legal" and spelt in LEGAL_OF:
                return LEGAL_OF[spelt]
    if name == "source" and (code := SOURCE.match(plain)):
        return "education" if code[0].upper() == "2B" else SOURCE_OF[code[1]]
    words = " ".join(plain.casefold().replace("’", "'").split())
    return next((group for pattern, group in WORDS[name] if pattern.search(words)), UNKNOWN)


def placed(place: str, provider: str) -> str:
    """The group of a placement: foster carers who are not kin are told apart by who provides them."""
    if place != STRANGER_FOSTER:
        return place
    return {"own": "in_house_fostering", "bought": "ifa_fostering"}.get(provider, NO_PROVIDER)
