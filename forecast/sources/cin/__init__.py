"""Child protection plans from CIN census returns and Annex A lists: counts and child-days out; child rows stay here.

    plans = read_cin(Path("cin"))
    plans.stock(date(2018, 3, 31))

Each rule stands where it is applied: `codes` (files, fields, headings, code sets), `census` (XML), `sheets` (CSV,
XLSX), `years` (which return a file is), `identifiers` (one for each child), `plans` (births, plans, conferences),
`tables` (what is counted). What every reader of returns does alike is in `forecast.sources.reading`; all that is left
out or changed is counted by codes.RULES.
"""

import secrets
from datetime import date
from pathlib import Path

from forecast.case.errors import BadInput
from forecast.sources.cin import codes, plans
from forecast.sources.cin.sheets import read_census, read_sheets
from forecast.sources.cin.tables import Plans, Span
from forecast.sources.cin.years import Part, Return, one_each, place_in_returns, read_dates
from forecast.sources.counting import Quality
from forecast.sources.private import MOST_SALT, Hidden, check_salt, guarded, mark_of
from forecast.sources.reading.files import find_files, suffix


@guarded
def read_cin(
    path: Path,
    authority: str | None = None,
    until: date | None = None,
    salt: bytes | None = None,
    made_by: date | None = None,
    but: frozenset[str] = frozenset(),
) -> Plans:
    """Read every CIN census and Annex A list in a folder, a zip or a file.

    authority  which LA to read, as in the census header (LEA) or the LA column, where there are several
    until      last day the last return was complete, for an extract made within the year; else 31 March, or the
               header's reference date
    salt       16 to 64 secret bytes for the hashes of identifiers, to be shared only with another return to be linked;
               else made afresh and forgotten
    made_by    day by which the files were made: a last return whose year goes beyond it is complete to it
    but        names of files that another reader reads
    Raises BadInput naming file, line or record, field, what was expected and what to do; never a child's identifier or
    date.
    """
    check_salt(salt)
    quality, salt = Quality(codes.RULES, codes.LOUD), salt or secrets.token_bytes(MOST_SALT)
    parts: list[Part] = []
    for source in find_files(Path(path), codes.FILES, quality, but):
        xml = suffix(source.name) == ".xml"
        parts += [read_census(source, salt, quality)] if xml else read_sheets(source, salt, quality)
    own = choose_authority(parts, authority, quality)
    if not own:
        raise BadInput(
            f"the path given holds no file with child protection plans{_beside(quality)}. Expected a file with "
            "LAchildID and CPPstartDate among its headings. Give the census XML, its tables, or Annex A lists."
        )
    for part in own:
        read_dates(part, quality)
    returns = place_in_returns(own, until, quality, made_by)
    one_each(returns, quality)
    return _plans(returns, quality, mark_of(salt))


def _beside(quality: Quality) -> str:
    """What a message adds on the files that were found and hold nothing to count."""
    files = quality.files("not_return")
    return f" (found {files}, without the headings of plans)" if files else ""


def choose_authority(parts: list[Part], authority: str | None, quality: Quality) -> list[Part]:
    """The parts of one authority. Raises BadInput where it is not there, or several are named and none is chosen."""
    named = {part.authority.casefold() for part in parts if part.authority}
    if authority is None and len(named) > 1:
        raise BadInput(
            f"the files hold {len(named)} authorities. Choose one with authority, as the header (LEA) or the LA "
            "column has it."
        )
    if authority is not None and authority.casefold() not in named:
        raise BadInput(
            f"authority {authority!r} is in no header (LEA) and no LA column. Write it as it stands there, or leave "
            "it out."
        )
    nameless = [part.name for part in parts if not part.authority]
    if nameless and len(named) > 1:
        raise BadInput(
            f"{nameless[0]} names no authority and other files name several. Add an LA column, or remove the file."
        )
    wanted = {authority.casefold()} if authority is not None else named
    for part in parts:
        quality.count(part.name, "other_authority", bool(part.authority) and part.authority.casefold() not in wanted)
    return [part for part in parts if not part.authority or part.authority.casefold() in wanted]


def _plans(returns: list[Return], quality: Quality, mark: str) -> Plans:
    """Clean plans and conferences from the returns."""
    rows = plans.read_plans(returns, quality)
    conferences = plans.read_conferences(returns, quality)
    births = plans.read_births(returns, set(rows["child"]), quality)
    rows = plans.join_overlaps(plans.add_births(rows, births, quality), quality)
    rows = plans.count_previous(rows, quality)
    rows = plans.mark_transfers(rows, conferences, returns, quality)
    plans.count_lone_reviews(rows, conferences, quality)
    with_plans = [found for found in returns if found.holds("plans")]
    known = {table: [(found.first, found.last) for found in returns if found.holds(table)] for table in codes.TABLES}
    bare = Hidden(item for found in returns for part in found.parts for item in part.bare.items())
    return Plans(rows, conferences, quality, Span(with_plans[0].first, with_plans[-1].last, known), bare, mark)
