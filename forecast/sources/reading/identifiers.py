"""Children whose identifiers changed between two returns, as a new case system or a spreadsheet changes them.

Two identifiers are one child's where the one is open at the end of a return and missing from the next, the other open
then and missing from the return before, and both have one date of birth, sex and start. Brothers or sisters who are
alike in all three are paired in the order of their identifiers: they are as many, whichever is which.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.case.errors import BadInput
from forecast.sources.counting import LEAST_ROWS, Quality
from forecast.sources.reading.counts import ADULT
from forecast.sources.reading.days import NO_DAY, birthday, to_date

MOST_STRANGE = 0.2  # of those open: with more of them missing and as many appeared unmatched, nothing can be counted
Number = tuple[int, str]  # noughts in front of an identifier, and what stands behind them
MALE, FEMALE = {"1", "m", "male", "a) male"}, {"2", "f", "female", "b) female"}


def sex(text: str) -> str:
    """M, F, or blank where a code is neither: returns write 1 and 2, letters, or words."""
    plain = text.strip().casefold()
    return "M" if plain in MALE else "F" if plain in FEMALE else ""


@dataclass(frozen=True)
class Side:
    """What a return says of who was there at the end of a day.

    there  child, start: every row of the return
    open   child, born, sex, start: the rows open at the end of that day
    must   those of the children whom both returns must have
    """

    there: pd.DataFrame
    open: pd.DataFrame
    must: set[str]


def side(rows: pd.DataFrame, births: pd.DataFrame, day: int, counted: np.ndarray) -> Side:
    """A return's rows (child, start, end; and which of them count) with its births (child -> born, sex), on a day."""
    rows = rows.join(births.assign(sex=births["sex"].map(sex)), on="child")
    rows = rows.fillna({"born": NO_DAY, "sex": ""}).astype({"born": np.int64})
    is_open = (rows["start"] != NO_DAY) & (rows["start"] <= day) & ((rows["end"] == NO_DAY) | (rows["end"] > day))
    young = birthday(rows["born"].to_numpy(np.int64), ADULT) > day + 1  # the next return has none who is 18
    return Side(rows[["child", "start"]], rows[is_open], set(rows.loc[is_open & young & counted, "child"]))


@dataclass(frozen=True)
class Followed:
    """names: old identifier -> its name from then on; pairs: how many are one child's; gone, come: not found again."""

    names: dict[str, str]
    pairs: int
    gone: int
    come: int


def follow(before: Side, after: Side) -> Followed:
    """Who is who from one return to the next.

    A new system may give old numbers anew: an identifier whose rows in the two returns share no start may be two
    children's. It is where either matches another one, or their dates of birth differ; the earlier child then keeps a
    name of its own. Else its start was corrected.
    """
    unlike = set(before.there["child"]) & set(after.there["child"])
    unlike -= set(before.there.merge(after.there, on=["child", "start"])["child"])
    missing, appeared = (
        one.open[~one.open["child"].isin(set(other.there["child"]) - unlike)]
        for one, other in ((before, after), (after, before))
    )
    pairs = same_children(missing, appeared)
    two = {name for name in unlike if name in pairs or name in pairs.values()} | (unlike & _born_apart(before, after))
    gone = before.must & set(missing["child"]) - set(pairs) - (unlike - two)
    come = after.must & set(appeared["child"]) - set(pairs.values()) - (unlike - two)
    return Followed({name: f"{name} before" for name in two} | pairs, len(pairs), len(gone), len(come))


def _born_apart(before: Side, after: Side) -> set[str]:
    """The identifiers that have different dates of birth in two returns."""
    births = [side.open[side.open["born"] != NO_DAY].groupby("child")["born"].first() for side in (before, after)]
    both = births[0].index.intersection(births[1].index)
    return set(both[(births[0][both] != births[1][both]).to_numpy()])


def same_children(missing: pd.DataFrame, appeared: pd.DataFrame) -> dict[str, str]:
    """Old identifier -> new one. Both tables: child, born, sex, start; who has no date of birth is in no pair."""
    pairs: dict[str, str] = {}
    if missing.empty or appeared.empty:
        return pairs
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


def with_zeros(files: list[dict[str, Number]], births: pd.Series) -> dict[str, str]:
    """Child -> the one with most noughts in front of those that are alike but for them, which spreadsheets drop.

    files   of each file: child -> its number as `bare` has it
    births  child -> date of birth
    Not where one file has both, nor where their dates of birth differ: then they are two children's.
    """
    alike: dict[str, list[set[str]]] = {}
    noughts: dict[str, int] = {}
    for file in files:
        here: dict[str, set[str]] = {}
        for child, (front, number) in file.items():
            here.setdefault(number, set()).add(child)
            noughts[child] = front
        for number, children in here.items():
            alike.setdefault(number, []).append(children)
    longest: dict[str, str] = {}
    for found in alike.values():
        children = sorted(set().union(*found))
        born = births.reindex(children).dropna().nunique()
        if len(children) > 1 and born < 2 and all(len(here) == 1 for here in found):
            longest |= dict.fromkeys(children, max(children, key=noughts.__getitem__))
    return longest


def bare(identifiers: Iterable[str], name: Callable[[str], str] = str) -> dict[str, Number]:
    """Child -> noughts in front of its number, and the number without them, of identifiers that are numbers.

    name  what a child, and its number, are called from then on: a hash
    """
    plain = {text: text.strip().lstrip("0") for text in identifiers if text.strip().isdecimal()}
    return {name(text): (len(text.strip()) - len(number), name(number)) for text, number in plain.items()}


def count_zeros(quality: Quality, file: str, children: Iterable[str], longest: dict[str, str]) -> None:
    """Count the children of a file whose identifiers lost noughts."""
    changed = [longest.get(child, child) != child for child in children]
    quality.count(file, "zeros_lost", sum(changed), len(changed))


def _in_turn(rows: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The rows with `place`, which of those alike in the keys each is."""
    rows = rows.drop_duplicates(["child", *keys]).sort_values([*keys, "child"])
    return rows.assign(place=rows.groupby(keys).cumcount())


def tell(quality: Quality, name: str, day: int, found: Followed, sides: tuple[Side, Side], files: list[str]) -> None:
    """Count what became of the children open at the end of `day`, the last of the earlier return.

    name   what they are called; files: of the earlier return and of the later
    Raises BadInput where so many are missing, and as many others appear, that they must be the same children.
    """
    had, have = (len(side.must) for side in sides)
    gone, come, file = found.gone, found.come, files[1]
    quality.count(file, "identifier_changed", found.pairs, have)
    quality.count(files[0], "missing_next", gone, had)
    quality.count(file, "not_in_before", come, have)
    strangers = min(gone, come) > 0 and gone > MOST_STRANGE * had and come > MOST_STRANGE * have
    quality.count(file, "strangers", come if strangers else 0, have)
    if strangers and min(gone, come) >= LEAST_ROWS:
        raise BadInput(
            f"{file}: {gone:,} of the {had:,} {name} on {to_date(day)} in the return before are not in this one, and "
            f"{come:,} others are, who began before that day: identifiers have changed, and the dates of birth, sex "
            f"and starts do not tell who is who. Expected the same identifiers, or dates of birth and sex in both. "
            f"Export both from one system, or read each return by itself."
        )
