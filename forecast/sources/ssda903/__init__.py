"""SSDA903 returns of looked-after children: several years in, counts and child-days out; child rows stay here.

    returns = read_returns(Path("returns.zip"))
    returns.stock(date(2018, 3, 31))

Each rule stands where it is applied: `codes` (files, columns, code sets and groups), `rows` (one file), `xml` (a whole
return in one), `years` (which return a file is), `identifiers` (one for each child), `episodes` (merging, resolving,
periods of care), `children` (births, UASC), `tables` (what is counted). What every reader of returns does alike is in
`forecast.sources.reading`; all that is left out or changed is counted by codes.RULES.
"""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.months import month_in_words
from forecast.sources.counting import Quality
from forecast.sources.private import Hidden, check_salt, guarded, hash_child, mark_of
from forecast.sources.reading.counts import Span
from forecast.sources.reading.days import complete_to, real_days, to_date
from forecast.sources.reading.files import find_files
from forecast.sources.reading.identifiers import bare
from forecast.sources.ssda903 import codes, episodes
from forecast.sources.ssda903.rows import choose_authority, read_tables
from forecast.sources.ssda903.tables import Returns
from forecast.sources.ssda903.years import one_each, place_in_years

ENOUGH_TO_JUDGE, MOST_QUIET_DAYS = 100, 60  # a return of this many episodes does not go this long without a date
COLUMNS = {"CHILD": "child", "DECOM": "start", "DEC": "end", **{name: name for name in episodes.EPISODE[3:]}}


@guarded
def read_returns(
    path: Path,
    authority: str | None = None,
    until: date | None = None,
    own_providers: Iterable[str] = codes.OWN_PROVIDERS,
    salt: bytes | None = None,
    made_by: date | None = None,
    with_short_breaks: bool = False,
    but: frozenset[str] = frozenset(),
) -> Returns:
    """Read every SSDA903 return in a folder or zip.

    authority      which LA to read, where the files have an LA column with several
    until          last day the last return was complete, for an extract made within the year; else 31 March
    own_providers  PLACE_PROVIDER codes that are the council's own fostering; a trust may file its own as PR5
    salt           16 to 64 secret bytes under which identifiers are hashed, to link with child protection plans read
                   with the same: see forecast.sources.returns
    made_by        day by which the files were made: a last return whose year goes beyond it is complete to it
    with_short_breaks  whether children on short breaks (V3, V4) are counted too; the published count leaves them out
    but            names of files that another reader reads
    Raises BadInput naming file, line, column, what was expected and what to do; never a child's identifier or date.
    """
    quality, own_providers = Quality(codes.RULES, codes.LOUD), tuple(own_providers)
    check_salt(salt)
    if not set(own_providers) <= codes.PROVIDERS:
        raise BadInput(
            f"own_providers holds a code that is not one. Expected some of {', '.join(sorted(codes.PROVIDERS))}."
        )
    sources = find_files(Path(path), codes.FILES, quality, but)
    read = [table for source in sources for table in read_tables(source, quality)]
    own = choose_authority(read, authority, quality)
    placed = one_each(place_in_years(own, quality), quality)
    rows = episodes.stack(placed["Episodes"], COLUMNS)
    span = _days_covered(rows, until, made_by)
    care, spells = _care(rows, placed, span, own_providers, with_short_breaks, quality)
    reviews = episodes.read_reviews(placed.get("Reviews", {}), span, quality)
    number, identifiers = pd.factorize(pd.concat([care["child"], spells["child"]]), sort=True)
    hashes = Hidden(() if salt is None else [hash_child(identifier, salt) for identifier in identifiers])
    numbers = Hidden(() if salt is None else bare(identifiers, lambda text: hash_child(text, salt)).items())
    care, spells = care.assign(child=number[: len(care)]), spells.assign(child=number[len(care) :])
    return Returns(care, spells, reviews, quality, span, hashes, numbers, mark_of(salt), with_short_breaks)


def _care(
    rows: pd.DataFrame, placed: dict, span: Span, own: tuple[str, ...], with_short_breaks: bool, quality: Quality
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The children's periods of care, as episodes that do not overlap; and the spells beside short breaks."""
    episodes.count_codes(rows, quality)
    rows["group"] = codes.placement_groups(rows["PLACE"].to_numpy(), rows["PLACE_PROVIDER"].to_numpy(), own)
    births = episodes.read_births(placed["Header"], rows["child"].unique(), quality)
    uasc = episodes.read_uasc(placed.get("UASC", {}), rows, quality)
    care = episodes.clean_episodes(rows, quality)
    care = episodes.merge_years(care, quality)
    care = episodes.close_open(care, quality).drop(columns=["first", "last"])
    spells = episodes.beside_short_breaks(care, births)
    care = episodes.looked_after(care, with_short_breaks, quality)
    care = episodes.bridge_gaps(episodes.resolve(care, quality), quality)
    care = episodes.add_children(care, births, uasc, quality)
    care = episodes.clip_to_childhood(care, span, quality)
    return episodes.join_periods(care, span, quality), spells


def _days_covered(rows: pd.DataFrame, until: date | None, made_by: date | None) -> Span:
    """1 April of the first return to 31 March of the last, or to the day it is complete to.

    Raises BadInput where the last return plainly stops before 31 March and no such day is given.
    """
    final = rows[rows["year"] == rows["year"].max()]
    first, last = int(final["first"].iloc[0]), int(final["last"].iloc[0])
    complete = complete_to(first, last, until, made_by)
    days = real_days([final["start"], final["end"]])
    days = days[days <= last]
    quiet = days.size and days.max() < last - MOST_QUIET_DAYS
    if until is None and complete == last and len(final) >= ENOUGH_TO_JUDGE and quiet:
        month = month_in_words(f"{to_date(days.max()):%Y-%m}")
        raise BadInput(
            f"{final['file'].iloc[0]}: its latest dates are in {month}, and its year ends on {to_date(last)}; "
            f"expected dates up to then. An extract made within the year? Give its last day with until."
        )
    return Span(int(rows["first"].min()), complete)
