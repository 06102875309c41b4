"""Ofsted's Annex A as a monthly feed: stocks on its day and the front door of six months; child rows stay here.

    (annex,) = read_annex(Path("Annex_A_2024_Jan.xlsx"))
    annex.stock(annex.last_day, "looked_after")

Each rule stands where it is applied: `codes` (lists, headings, words), `lists` (which list a sheet is, its cells),
`day` (the day of the lists), here (one row a child and period), `tables` (what is counted). All that is left out or
changed is counted by codes.RULES.
"""

import secrets
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.months import DAYS_A_YEAR
from forecast.sources.annex_a import codes
from forecast.sources.annex_a.codes import CARE, CASES, CONTACTS, LEAVERS, LISTS, PLANS, REFERRALS
from forecast.sources.annex_a.lists import Part, day_in_name, day_of, read_lists
from forecast.sources.annex_a.tables import AnnexA
from forecast.sources.cin.codes import MOST_DAYS_BEFORE_BIRTH
from forecast.sources.cin.plans import join_overlaps
from forecast.sources.counting import Quality
from forecast.sources.private import MOST_SALT, guarded
from forecast.sources.reading.counts import ADULT, UNKNOWN, Span
from forecast.sources.reading.days import NO_DAY, OPEN, birthday
from forecast.sources.reading.files import find_files, suffix

__all__ = ["AnnexA", "read_annex"]


@guarded
def read_annex(
    path: Path, day: date | None = None, authority: str | None = None, but: frozenset[str] = frozenset()
) -> list[AnnexA]:
    """Every Annex A of a folder, a zip or a file, in order of their days: each workbook is one, and each folder of CSV.

    day        the day of the lists, where there is one Annex A; else that in its name, else the latest in all its lists
    authority  which council, where an LA column names several
    but        names of files that another reader reads
    Gives none where no file is a list of it. Raises BadInput naming file, sheet, line and column, what was expected and
    what to do; never a child's identifier or date.
    """
    salt, passed = secrets.token_bytes(MOST_SALT), Quality(codes.RULES)
    groups: dict[str, tuple[list[Part], Quality]] = {}
    for source in find_files(Path(path), codes.FILES, passed, but):
        folder, _, name = source.name.rpartition("/")
        key = f"{folder} {day_in_name(name) or ''}" if suffix(name) == ".csv" else source.name
        parts, quality = groups.setdefault(key, ([], Quality(codes.RULES)))
        parts += [_own(part, authority, quality) for part in read_lists(source, salt, quality)]
    found = [(parts, quality) for parts, quality in groups.values() if parts]
    if day is not None and len(found) > 1:
        raise BadInput(f"one day was given, and {len(found)} Annex A are there. Give the path of one.")
    return sorted((_annex(parts, day, quality) for parts, quality in found), key=lambda annex: annex.last_day)


def _own(part: Part, authority: str | None, quality: Quality) -> Part:
    """The rows of one authority. Raises BadInput where a list has several and none of them is chosen."""
    given = part.frame["authority"].str.casefold()
    named = set(given) - {""}
    if authority is None and len(named) <= 1:
        return part
    if authority is None or authority.casefold() not in named:
        what = f"{len(named)} authorities in its LA column" if named else "no LA column to find an authority by"
        raise BadInput(f"{part.name}: {what}; expected one, or --authority as it is written there. Choose one.")
    other = quality.rows(part.frame, given != authority.casefold(), "other_authority")
    return replace(part, read=int((~other).sum()), frame=part.frame[~other].reset_index(drop=True))


def _annex(parts: list[Part], given: date | None, quality: Quality) -> AnnexA:
    """One Annex A from its lists."""
    by_number: dict[int, Part] = {}
    for part in parts:
        first = by_number.setdefault(part.number, part)
        if first is not part:
            what = f"list {part.number} ({LISTS[part.number]})"
            raise BadInput(f"{part.name}: a second {what}, beside {first.name}. Keep one, or put each in a folder.")
    last, dated, told = day_of(parts, given)
    after = np.datetime64(last + 1, "D")
    month = after.astype("datetime64[M]")
    first_day = int(((month - codes.MONTHS).astype("datetime64[D]") + (after - month)).astype(np.int64))
    rows = {}
    for number, part in by_number.items():
        born = _births(part, last, quality)
        frame = part.frame.drop(columns="born_far").assign(born=born)
        make = {CASES: _spans, PLANS: _spans, CARE: _spans, LEAVERS: _leavers}.get(number, _events)
        rows[number], left_out = make(number, frame, (first_day, last), quality)
        left_out += part.read - len(part.frame)
        if number in (PLANS, CARE) and left_out > codes.LOUD_SHARE * part.read:
            what = f"list {number} ({LISTS[number]}): {left_out:,} of {part.read:,} rows are left out"
            told.append(f"{part.name}, {what}, for they lack an identifier or a start, or end before they start.")
    name = parts[0].file if parts[0].name != parts[0].file else parts[0].file.rpartition("/")[0] or parts[0].file
    return AnnexA(name, rows, quality, Span(first_day, last), dated, told)


def _births(part: Part, last: int, quality: Quality) -> np.ndarray:
    """The day each row's child was born or is expected; NO_DAY where it is not known or out of range."""
    frame = part.frame
    born = frame["born"].to_numpy(np.int64)
    oldest = last - codes.MOST_YEARS_OLD * DAYS_A_YEAR
    far = (born != NO_DAY) & ((born < oldest) | (born > last + MOST_DAYS_BEFORE_BIRTH))
    quality.rows(frame, far, "birth_range")
    known = pd.Series(np.where(far | (born == NO_DAY), OPEN, born), index=frame.index)
    least = known.groupby(frame["child"]).transform("min")
    once = ~frame["child"].duplicated()
    quality.rows(frame, once & frame["child"].isin(frame["child"][(known != OPEN) & (known != least)]), "two_births")
    if part.number in (PLANS, CARE):
        quality.rows(frame, (least == OPEN) & ~far & ~frame["born_far"], "no_birth")
    return np.where(least == OPEN, NO_DAY, least)


def _spans(number: int, rows: pd.DataFrame, span: tuple[int, int], quality: Quality) -> tuple[pd.DataFrame, int]:
    """A row for each child and period, and how many rows were left out of what may be open.

    One is kept of repeats, overlaps are joined, all are cut at the 18th birthday; of what repeats or overlaps, the
    words of the last row hold.
    """
    last = span[1]
    start, end = rows["start"].to_numpy(np.int64), rows["end"].to_numpy(np.int64)
    # List 6 may leave the start blank: a case that is open without one began some time before.
    blank, future = (start == NO_DAY) & (number != CASES), start > last
    ended = end != NO_DAY
    wrong, same = ended & (end < start) & ~future, ended & (end == start) & ~future & (start != NO_DAY)
    later = ended & (end > last) & ~blank & ~future
    for rule, where in (
        ("no_start", blank),
        ("future_start", future),
        ("end_before_start", wrong),
        ("same_day", same),
        ("future_end", later),
    ):
        quality.rows(rows, where, rule)
    closed = ~ended & (rows["status"] == "closed").to_numpy() if "status" in rows else np.zeros(len(rows), bool)
    quality.rows(rows, closed, "closed_no_date")
    rows = rows.assign(end=np.where(ended & ~later, end, OPEN))[~(blank | future | wrong | same | closed)]
    rows = _once(rows, quality)
    rows = join_overlaps(rows, quality)
    if number in (PLANS, CARE):
        rows = _children(rows, last, quality)
    still = rows[rows["end"] > last]  # of what is open: words that are blank or not known
    for name in (name for name in ("placement", "legal", "uasc", "status") if name in still):
        quality.rows(still, still[name] == UNKNOWN, name)
    if "placement" in still:
        quality.rows(still, still["placement"] == codes.NO_PROVIDER, "provider")
        quality.rows(still, still["legal"] == codes.SHORT_BREAKS, "short_breaks")
    return rows.reset_index(drop=True), int(blank.sum() + wrong.sum())


def _once(rows: pd.DataFrame, quality: Quality) -> pd.DataFrame:
    """One row for each child and start: an end before none, then the latest end, then the last row."""
    keys = ["child", "start"]
    rows = rows.assign(open=rows["end"] == OPEN)
    rows = rows.sort_values([*keys, "open", "end", "line"], ascending=[True, True, True, False, False])
    again = quality.rows(rows, rows.duplicated(keys), "repeat")
    quality.rows(rows, again & (rows["end"] != rows.groupby(keys)["end"].transform("first")), "two_ends")
    rows = rows[~again].drop(columns="open").reset_index(drop=True)
    written = [name for name in codes.GROUPS if name in rows]
    still = rows["end"] == OPEN
    if written and still.any():
        rows.loc[still, written] = rows[still].sort_values("start").groupby("child")[written].transform("last")
    return rows


def _children(rows: pd.DataFrame, last: int, quality: Quality) -> pd.DataFrame:
    """The rows cut at the 18th birthday, and where they are of list 8 their placement by provider."""
    adult = birthday(rows["born"].to_numpy(np.int64), ADULT)
    quality.rows(rows, (rows["end"] > adult) & (adult <= last), "adult")
    rows = rows.assign(end=np.minimum(rows["end"], adult))
    rows = rows[rows["end"] > rows["start"]]
    if "placement" in rows:
        groups = [codes.placed(*pair) for pair in zip(rows["placement"], rows["provider"], strict=True)]
        rows = rows.assign(placement=groups)
    return rows


def _events(number: int, rows: pd.DataFrame, span: tuple[int, int], quality: Quality) -> tuple[pd.DataFrame, int]:
    """A row for each event of a child: contacts, referrals, assessments, enquiries."""
    days = [name for name in ("start", "end", "icpc") if name in rows]
    rows = rows[~quality.rows(rows, (rows[days] == NO_DAY).all(axis=1), "no_start")]
    keys = ["child", "start", *(["source"] if number in (CONTACTS, REFERRALS) else [])]
    rows = rows[~quality.rows(rows, rows.duplicated(keys), "repeat")]
    within = ((rows[days] >= span[0]) & (rows[days] <= span[1])).any(axis=1)
    rows = rows[~quality.rows(rows, ~within, "outside")].reset_index(drop=True)
    if "source" in rows:
        quality.rows(rows, rows["source"] == UNKNOWN, "source")
    return rows, 0


def _leavers(number: int, rows: pd.DataFrame, span: tuple[int, int], quality: Quality) -> tuple[pd.DataFrame, int]:
    """A row for each care leaver."""
    rows = rows[~quality.rows(rows, rows.duplicated("child"), "repeat")].reset_index(drop=True)
    quality.rows(rows, rows["eligibility"] == UNKNOWN, "eligibility")
    return rows, 0
