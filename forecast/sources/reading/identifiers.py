"""Children whose identifiers changed between two returns, as a new case system or a spreadsheet changes them.

Two identifiers are one child's where the one is open at the end of a return and missing from the next, the other open
then and missing from the return before, and both have one date of birth, sex and start. Brothers or sisters who are
alike in all three are paired in the order of their identifiers: they are as many, whichever is which.
"""

import pandas as pd

from forecast.case.errors import BadInput
from forecast.sources.counting import LEAST_ROWS, Quality
from forecast.sources.reading.days import NO_DAY, to_date

MOST_STRANGE = 0.2  # of those open: with more of them missing and as many appeared unmatched, nothing can be counted
MALE, FEMALE = {"1", "m", "male", "a) male"}, {"2", "f", "female", "b) female"}


def sex(text: str) -> str:
    """M, F, or blank where a code is neither: returns write 1 and 2, letters, or words."""
    plain = text.strip().casefold()
    return "M" if plain in MALE else "F" if plain in FEMALE else ""


def same_children(missing: pd.DataFrame, appeared: pd.DataFrame) -> dict[str, str]:
    """Old identifier -> new one. Both tables: child, born, sex, start; who has no date of birth is in no pair."""
    pairs: dict[str, str] = {}
    for keys in (["born", "sex", "start"], ["born", "start"]):
        old, new = (
            _in_turn(rows[(rows["born"] != NO_DAY) & ~rows["child"].isin(list(taken))], keys)
            for rows, taken in ((missing, pairs.keys()), (appeared, pairs.values()))
        )
        found = old.merge(new, on=[*keys, "place"], suffixes=("", "_new"))
        if "sex" not in keys:  # alike in all that both returns give
            found = found[(found["sex"] == "") | (found["sex_new"] == "")]
        found = found.drop_duplicates("child").drop_duplicates("child_new")
        pairs |= dict(zip(found["child"], found["child_new"], strict=True))
    return pairs


def _in_turn(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The rows with `place`, which of those alike in the keys each is."""
    rows = rows.drop_duplicates(["child", *keys]).sort_values([*keys, "child"])
    return rows.assign(place=rows.groupby(keys).cumcount())


def tell(quality: Quality, name: str, day: int, counts: dict[str, tuple[str, int, int]]) -> None:
    """Count what became of the children open at the end of `day`, the last of the earlier return.

    counts  rule -> file, children, of how many: identifier_changed, missing_next and not_in_before
    Raises BadInput where so many are missing, and as many others appear, that they must be the same children.
    """
    for rule, (file, number, of) in counts.items():
        quality.count(file, rule, number, of)
    (_, gone, had), (file, come, have) = counts["missing_next"], counts["not_in_before"]
    if min(gone, come) >= LEAST_ROWS and gone > MOST_STRANGE * had and come > MOST_STRANGE * have:
        raise BadInput(
            f"{file}: {gone:,} of the {had:,} {name} on {to_date(day)} in the return before are not in this one, and "
            f"{come:,} others are, who began before that day: identifiers have changed, and the dates of birth, sex "
            f"and starts do not tell who is who. Expected the same identifiers, or dates of birth and sex in both. "
            f"Export both from one system, or read each return by itself."
        )
