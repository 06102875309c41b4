"""The CIN census and Annex A as data: files, tables and their fields, headings, the XML's layout, codes, and the rules.

Code sets: the DfE schema as kept in the LIIA pipeline (`cin_census_pipeline/spec/CIN_schema_2025.xsd`); sex in digits
to 2023. Annex A headings: LIIA `annex_a_pipeline/spec/Annex_A_schema.yml`. Rules (rules.csv) name the DfE's rules of
the children in need census, as councils' own extracts and data-to-insight/CIN-validator check them.
"""

import re
from pathlib import Path

from forecast.case.home import beside
from forecast.sources.counting import read_rows, read_rules
from forecast.sources.reading.counts import AGE_FROM, UNKNOWN
from forecast.sources.reading.files import wanted
from forecast.sources.reading.xml import Layout

RULES = read_rules(Path(__file__).with_name("rules.csv"))
# What the officer is told before anything else, whatever its share; and what another rule tells better.
LOUD = dict.fromkeys(("strangers", "identifier_changed", "zeros_lost"), True) | dict.fromkeys(
    ("not_carried", "end_changed", "start_changed"), False
)
DATA = beside(__file__)
FILES = wanted(DATA["files"])

# What is read (fields.csv): table -> column -> the census's field, or the list's where the census has none.
FIELDS = read_rows(Path(__file__).with_name("fields.csv"))
TABLES: dict[str, dict[str, str]] = {row["table"]: {} for row in FIELDS}
for row in FIELDS:
    TABLES[row["table"]][row["column"]] = row["census"] or row["annex_a"]
DATES = {"born", "expected", "died", "start", "end", "day", "closed"}
PLACE = ["file", "line", "record", "child", "family"]  # record: number of the Child element, 0 outside XML
SEVERAL = r"[;|]"  # between review dates in one cell


def heading(text: str) -> str:
    """A heading or field in its one form: capitals without spaces or marks."""
    return re.sub(r"[^A-Z0-9]", "", text.upper())


IDENTIFIER, IDENTIFIER_CALLED = "LACHILDID", "LAchildID (Child Unique ID)"
ANNEX = {heading(row["annex_a"]): heading(row["census"] or row["annex_a"]) for row in FIELDS if row["annex_a"]}
ANNEX["CHILDUNIQUEID"] = IDENTIFIER
LIST_7, LIST_8 = heading("Child Protection Plan Start Date"), heading(TABLES["care"]["start"])
ANNEX_MARKS = {"CHILDUNIQUEID", LIST_7, LIST_8}
SYNONYMS = {other: name for name, others in DATA["synonyms"].items() for other in others}
SEX, FAMILY = ("SEX", "GENDERCURRENT", "GENDER"), ("FAMILYID", "FAMILYIDENTIFIER")
AUTHORITY, YEAR = "LA", "YEAR"

CHILD, IDENTIFIERS, EPISODES = "CHILD", "CHILDIDENTIFIERS", "CINDETAILS"
ENQUIRIES, PLANS, REVIEW = "SECTION47", "CHILDPROTECTIONPLANS", heading(TABLES["reviews"]["day"])
CLOSED = heading(TABLES["plans"]["closed"])
# Message/Header, Message/Children/Child/{ChildIdentifiers, CINdetails/{Section47, ChildProtectionPlans/Reviews}}
CENSUS = Layout(
    called="a children in need census",
    root="MESSAGE",
    child=CHILD,
    sections={
        IDENTIFIERS: (IDENTIFIER, *map(heading, TABLES["children"].values()), "GENDERCURRENT"),
        EPISODES: ("REFERRALSOURCE", "DATEOFINITIALCPC", CLOSED),
        ENQUIRIES: ("S47ACTUALSTARTDATE", "DATEOFINITIALCPC", "ICPCNOTREQUIRED"),
        PLANS: tuple(name for field in TABLES["plans"].values() if (name := heading(field)) != CLOSED),
    },
    repeated={REVIEW: PLANS},
    header={"YEAR": "year", "REFERENCEDATE": "as_at", "LEA": "authority"},
    others=DATA["other_elements"],
)

UNBORN = "unborn"
AGE_BANDS = (UNBORN, *AGE_FROM, UNKNOWN)
AGE_CUTS = tuple(AGE_FROM.values())
MOST_DAYS_BEFORE_BIRTH = 294  # 42 weeks: an earlier plan means a wrong date of birth

# Lower edges in days: the bands in which durations of ended plans are published; the first review is at 3 months.
TIME_FROM = {"under_3_months": 0, "3_to_6_months": 91, "6_to_12_months": 183, "1_to_2_years": 365, "over_2_years": 730}
TIMES = tuple(TIME_FROM)

CATEGORIES = {"NEG", "PHY", "SAB", "EMO", "MUL"}
CATEGORY_WORDS = ("neglect", "physical", "sexual", "emotional", "multiple")  # Annex A writes them out
SEXES = {"0", "1", "2", "9", "M", "F", "U"}
SEX_LETTERS = ("a)", "b)", "c)", "d)", "male", "female")  # how Annex A begins: a) Male
SOURCES = "1A 1B 1C 1D 2A 2B 3A 3B 3C 3D 3E 3F 4 5A 5B 5C 5D 6 7 8 9 10"
REFERRAL_SOURCES = set(SOURCES.split())
OTHER_AUTHORITY = "5C"  # local authority services, external
YES, NO = {"1", "true", "y", "yes"}, {"0", "false", "n", "no"}

ENQUIRY, EPISODE = "section_47", "cin_episode"  # where a census records the date of an initial conference
S47, ICPC, TRANSFER_IN, ICPC_OTHER, RCPC = "s47", "icpc", "transfer_in", "icpc_other", "rcpc"
KINDS = (S47, ICPC, TRANSFER_IN, ICPC_OTHER, RCPC)


def is_category(text: str) -> bool:
    """Whether a category of abuse is one of the census, or one Annex A writes out."""
    return text.upper() in CATEGORIES or any(word in text.casefold() for word in CATEGORY_WORDS)


def is_sex(text: str) -> bool:
    """Whether a sex is a code of the census, or one Annex A writes out."""
    return text.upper() in SEXES or text.casefold().startswith(SEX_LETTERS)
