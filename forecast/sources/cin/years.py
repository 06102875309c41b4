"""Which return each file belongs to, the days it covers, and whether years are missing in between."""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from forecast.case.errors import BadInput
from forecast.sources.cin import codes
from forecast.sources.counting import Quality
from forecast.sources.reading import days, identifiers
from forecast.sources.reading.days import NO_DAY
from forecast.sources.reading.identifiers import Number
from forecast.sources.reading.sheets import each

ENOUGH_TO_JUDGE, MOST_QUIET_DAYS = 100, 60  # a return with this many dates does not go this long without one
ANNEX_MONTHS = 6  # Annex A lists who was on a plan at any time in the six months before its date
IN_TIME = ("plans", "enquiries", "conferences", "reviews", "care")  # tables whose dates tell when a return was made


@dataclass(frozen=True, eq=False)
class Part:
    """One file, or the part of it for one year and authority.

    form    xml, csv or annex
    tables  codes.TABLES: PLACE (children and families hashed) and their columns, days as text until read_dates
    given   which tables the file has at all
    bare    child -> its number without noughts in front, as identifiers.bare has it
    """

    name: str
    form: str
    tables: dict[str, pd.DataFrame]
    given: set[str]
    bare: dict[str, Number] = field(default_factory=dict)
    year: str = ""
    as_at: str = ""
    authority: str = ""

    @property
    def stem(self) -> str:
        """The file's name, without a workbook's sheet."""
        return self.name.split(", sheet ")[0]

    @property
    def folder(self) -> str:
        return self.stem.rpartition("/")[0]


@dataclass
class Return:
    """The files of one census year, or of one Annex A extract, and the days they cover, in days since 1970."""

    first: int
    last: int
    label: str
    parts: list[Part] = field(default_factory=list)

    def table(self, name: str) -> pd.DataFrame:
        """Every row of a table."""
        return pd.concat([part.tables[name].astype({"file": object}) for part in self.parts], ignore_index=True)

    def holds(self, name: str) -> bool:
        """Whether any file of the return has the table at all."""
        return any(name in part.given for part in self.parts)


def read_dates(part: Part, quality: Quality) -> None:
    """Turn the dates of a part from text to days. Raises BadInput naming file, line, record and field."""
    columns = [
        (part.tables[table], column, called)
        for table, fields in codes.TABLES.items()
        for column, called in fields.items()
        if column in codes.DATES
    ]
    days.read_days(columns, part.name, quality, iso=part.form == "xml")


def place_in_returns(
    parts: list[Part], until: date | None, quality: Quality, made_by: date | None = None
) -> list[Return]:
    """The returns in order of time.

    The year is the header's, else the YEAR column's, the name's, or that of the latest dates inside. An Annex A extract
    is as at the date in its name (2018-09-30), else at its latest date, and covers the six months before.
    Raises BadInput for dates that contradict the year, two returns of one year, and days missing in between.
    """
    groups: dict[tuple, list[Part]] = {}
    for part in parts:
        groups.setdefault(_key(part), []).append(part)
    makers = {"annex": _annex, "census": _census}
    returns = [makers[form](year, group, quality) for (form, year), group in _named_by_dates(groups, quality).items()]
    returns = sorted(returns, key=lambda item: (item.last, item.first))
    _check_plans(returns)
    final = returns[-1]
    final.last = days.complete_to(final.first, final.last, until, made_by)
    _check_quiet(final, quality)
    return returns


def _key(part: Part) -> tuple:
    """What says a file belongs with others: its year, or its folder where it states none."""
    if part.form == "annex":
        return "annex", days.day_in_text(part.stem) or (part.stem if ", sheet " in part.name else part.folder)
    stated, day, named = days.year_in_text(part.year), days.day_in_text(part.as_at), days.year_in_text(part.stem)
    if part.year and stated is None:
        raise BadInput(f"{part.name}, Year: not a year; expected one such as 2018 or 2017-18. Correct it.")
    if stated is None and day is not None:
        return "census", int(days.year_of(np.array([day]))[0])
    return "census", (stated or named or (part.folder,))[0]


def _named_by_dates(groups: dict, quality: Quality) -> dict:
    """Folders without a year take that of the latest dates inside; the tables of one return stay together."""
    placed: dict[tuple, list[Part]] = {}
    for (form, year), group in groups.items():
        inside = None
        if form == "census" and isinstance(year, str):
            inside = days.latest(days.year_of(_dates(group)))
            if inside is None:
                raise BadInput(
                    f"{group[0].name}: no year in its name, and no dates of plans to tell. Name the folder, such as "
                    "2017-18."
                )
            quality.count(group[0].name, "year_from_dates")
        placed.setdefault((form, inside or year), []).extend(group)
    return placed


def _dates(group: list[Part]) -> np.ndarray:
    """Days of starts, ends, enquiries, conferences and reviews."""
    columns = [
        (table, column) for table in IN_TIME for column in codes.TABLES[table] if column in codes.DATES - {"closed"}
    ]
    return days.real_days([part.tables[table][column] for part in group for table, column in columns])


def _census(year: int, group: list[Part], quality: Quality) -> Return:
    """The census of a year. Tables beside the XML of the same year are the same return, and are left."""
    xml = [part for part in group if part.form == "xml"]
    copies = [part for part in group if xml and part not in xml and part.folder == xml[0].folder]
    for part in copies:
        quality.count(part.name, "beside_xml")
    kept = [part for part in group if part not in copies]
    if len(xml) > 1 or (xml and len(kept) > 1):
        raise BadInput(
            f"{kept[1].name}: a second census for {days.financial(year)}, beside {kept[0].name}. Remove one."
        )
    last = _as_at(year, kept)
    days.check_year(kept[0].name, year, _dates(kept), slips_ahead=True)
    return Return(days.first_day(year), last, days.financial(year), kept)


def _as_at(year: int, parts: list[Part]) -> int:
    """The header's reference date, where it is within the year: an extract may be made before 31 March."""
    as_at = [days.day_in_text(part.as_at) for part in parts if part.as_at]
    if None in as_at:
        raise BadInput(
            f"{parts[0].name}, Header, ReferenceDate: not a date; expected one such as {year}-03-31. Correct it."
        )
    if any(not days.first_day(year) <= day <= days.last_day(year) for day in as_at):
        raise BadInput(
            f"{parts[0].name}, Header, ReferenceDate: not within {days.financial(year)}, the year of the return. "
            f"Correct one of them."
        )
    return min([*as_at, days.last_day(year)])


def _annex(named: int | str, group: list[Part], quality: Quality) -> Return:
    """An Annex A extract, as at the date in its name or its latest date."""
    last = named
    if isinstance(last, str):
        dated = _dates(group)
        month = days.latest(days.month_numbers(dated))
        if month is None:
            raise BadInput(
                f"{group[0].name}: no date in its name, and none inside. Name it with its date, such as 2018-09-30."
            )
        last = int(dated[days.month_numbers(dated) <= month].max())
        quality.count(group[0].name, "year_from_dates")
    after = np.datetime64(last + 1, "D")
    months = after.astype("datetime64[M]") - ANNEX_MONTHS
    start = months.astype("datetime64[D]") + (after - after.astype("datetime64[M]").astype("datetime64[D]"))
    return Return(int(start.astype(np.int64)), int(last), f"Annex A to {days.to_date(last)}", group)


def _check_plans(returns: list[Return]) -> None:
    """One file of plans in each return, plans in at least one, and no days missing between those that have them."""
    if not any(found.holds("plans") for found in returns):
        raise BadInput(
            "no file with child protection plans was found; expected CPPstartDate and CPPendDate. Add the plans."
        )
    for found in returns:
        for table in ("plans", "care"):
            files = sorted({part.name for part in found.parts if table in part.given})
            if len(files) > 1:
                what = "plans" if table == "plans" else "children looked after"
                raise BadInput(f"{files[1]}: a second file of {what} for {found.label}, beside {files[0]}. Remove one.")
    with_plans = [found for found in returns if found.holds("plans")]
    for before, after in zip(with_plans, with_plans[1:], strict=False):
        if after.first > before.last + 1:
            raise BadInput(
                f"no return covers {days.to_date(before.last + 1)} to {days.to_date(after.first - 1)}, between "
                f"{before.label} and {after.label}. Plans that started and ended then would be lost. Add it, or leave "
                "out the returns before it."
            )


def _check_quiet(final: Return, quality: Quality) -> None:
    """Refuse a last return that goes silent before its last day: an extract made within the year."""
    dated = _dates(final.parts)
    dated = dated[(dated >= final.first) & (dated <= final.last)]
    if not dated.size or dated.max() > final.last - MOST_QUIET_DAYS:
        return
    if dated.size >= ENOUGH_TO_JUDGE:
        raise BadInput(
            f"{final.parts[0].name}: no plan, conference or review in the last {MOST_QUIET_DAYS} days to "
            f"{days.to_date(final.last)}, the end of {final.label}. Expected a whole return. If it was made earlier, "
            "say the last day it was complete with until."
        )
    quality.count(final.parts[0].name, "quiet_end")


def one_each(returns: list[Return], quality: Quality) -> None:
    """Give each child its latest identifier in every return; counted, with those who cannot be followed.

    Raises BadInput as identifiers.tell does.
    """
    with_plans = [found for found in returns if found.holds("plans")]
    _with_zeros(returns, quality)
    for before, after in zip(with_plans, with_plans[1:], strict=False):
        sides = (_side(before, before.last), _side(after, before.last))
        found = identifiers.follow(*sides)
        files = [next(part.name for part in one.parts if "plans" in part.given) for one in (before, after)]
        identifiers.tell(quality, "children with a plan", before.last, found, sides, files)
        _rename(returns[: returns.index(before) + 1], found.names)


def _with_zeros(returns: list[Return], quality: Quality) -> None:
    """Give numbers that lost noughts in front in some file the form they had before."""
    births = pd.concat([found.table("children") for found in returns])
    births = births[births["born"] != NO_DAY].drop_duplicates("child", keep="last").set_index("child")["born"]
    parts = [part for found in returns for part in found.parts]
    longest = identifiers.with_zeros([part.bare for part in parts], births)
    for part in parts:
        if "plans" in part.given:
            identifiers.count_zeros(quality, part.name, part.tables["plans"]["child"].unique(), longest)
    _rename(returns, longest)


def _rename(returns: list[Return], names: dict[str, str]) -> None:
    for part in (part for found in returns if names for part in found.parts):
        for table in part.tables.values():
            table["child"] = each(table["child"], lambda name: names.get(name, name))


def _side(found: Return, day: int) -> identifiers.Side:
    """What a return says of who had a plan at the end of a day."""
    children, plans = found.table("children"), found.table("plans")
    births = children[children["born"] != NO_DAY].drop_duplicates("child", keep="last").set_index("child")
    rows = plans.loc[plans["child"] != "", ["child", "start", "end"]]
    return identifiers.side(rows, births[["born", "sex"]], day, np.ones(len(rows), bool))
