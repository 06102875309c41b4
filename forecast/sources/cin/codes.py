"""Words and codes of the CIN census and Annex A, age bands and times since the start of a plan.

Code sets: the DfE schema as kept in the LIIA pipeline (`cin_census_pipeline/spec/CIN_schema_2025.xsd`); sex in digits to
2023. Annex A headings: LIIA `annex_a_pipeline/spec/Annex_A_schema.yml`.
"""

UNKNOWN, UNBORN = "unknown", "unborn"
AGE_FROM = {"under_1": 0, "1_4": 1, "5_9": 5, "10_15": 10, "16_17": 16}  # completed years
AGE_BANDS = (UNBORN, *AGE_FROM, UNKNOWN)
ADULT = 18  # completed years: no plan runs past the 18th birthday
MOST_DAYS_BEFORE_BIRTH = 294  # 42 weeks: an earlier plan means a wrong date of birth

# Lower edges in days: the bands in which durations of ended plans are published. The first review is due at three months.
TIME_FROM = {"under_3_months": 0, "3_to_6_months": 91, "6_to_12_months": 183, "1_to_2_years": 365, "over_2_years": 730}
TIMES = tuple(TIME_FROM)

CATEGORIES = {"NEG", "PHY", "SAB", "EMO", "MUL"}
CATEGORY_WORDS = ("neglect", "physical", "sexual", "emotional", "multiple")  # Annex A writes them out
SEXES = {"0", "1", "2", "9", "M", "F", "U"}
SEX_LETTERS = ("a)", "b)", "c)", "d)", "male", "female")  # how Annex A begins: a) Male
REFERRAL_SOURCES = {
    *("1A", "1B", "1C", "1D", "2A", "2B", "3A", "3B", "3C", "3D", "3E", "3F", "4"),
    *("5A", "5B", "5C", "5D", "6", "7", "8", "9", "10"),
}
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
