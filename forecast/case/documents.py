"""What an assumption entry, a case and a scenario hold, field by field."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, StringConstraints

from forecast.case.months import financial_year, last_day, year_end
from forecast.case.wording import FINANCIAL_YEAR, MONTH


def _day(value: object) -> date:
    """A date from text written year-month-day; a date is let through."""
    if isinstance(value, date):
        return value
    try:
        if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise ValueError
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("a real date written year-month-day. Write 22 November 2026 as 2026-11-22") from None


def _financial_year(value: str) -> str:
    if int(value[5:]) != (int(value[:4]) + 1) % 100:
        raise ValueError("a financial year of two following years. Write April 2011 to March 2012 as 2011-12")
    return value


def _table_names(value: object) -> str | list[str]:
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise ValueError("the name of a table, or a list of names. Write children: [slough_children_to_2011]")
    return value


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Day = Annotated[date, BeforeValidator(_day)]
Month = Annotated[str, Field(pattern=MONTH)]
FinancialYear = Annotated[str, Field(pattern=FINANCIAL_YEAR), AfterValidator(_financial_year)]
TableNames = Annotated[str | list[str], PlainValidator(_table_names, json_schema_input_type=str | list[str])]


class Strict(BaseModel):
    """No unknown fields, no conversions (text is not a number), no NaN, no later change."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class WrittenEntry(Strict):
    """An assumption as a person writes it in national.yaml or case.yaml."""

    value: float = Field(description="the central value, a number")
    unit: Text = Field(description="the unit, as in catalogue.yaml")
    price_base: FinancialYear | None = Field(None, description="the year whose prices these are, such as 2011-12")
    low: float | None = Field(None, description="the low end of the 80% range (10th percentile)")
    high: float | None = Field(None, description="the high end of the 80% range (90th percentile)")
    source: Text = Field(description="where the figure comes from, so that another person can find it")
    why: Text = Field(description="why this value and this range, in a sentence")
    reliability: Literal["red", "amber", "green"] = Field(description="red, amber or green")
    reviewed: Day = Field(description="the date it was last looked at, such as 2026-11-22")
    review_by: Day = Field(description="the date to look again, such as 2027-04-01")
    hindsight: bool = Field(False, description="true if it was not known at the origin of the forecast")


class Entry(WrittenEntry):
    """An assumption in force, with where it was written. `low` and `high` are the 80% range."""

    layer: str = Field(description="national, or the council and month, or the scenario that set it")
    file: str = Field(description="the file it was written in")
    line: int = Field(description="the line of that file")


class Case(Strict):
    """One council and one month: what the forecast starts from and how far it looks."""

    council: Text = Field(description="the council's folder, such as slough")
    area: Text = Field(description="the area's name in the data tables, such as Slough")
    month: Month = Field(description="the month of the report, such as 2011-06")
    origin: Day = Field(description="the last day of the last known month, such as 2011-05-31")
    horizon: Month = Field(description="the last month forecast, such as 2015-03")
    financial_year: FinancialYear = Field(description="the year the budget is for, such as 2011-12")
    calibration_year: FinancialYear = Field(description="the last whole year of outturns, such as 2010-11")
    tables: dict[str, TableNames] = Field(description="the data tables used, by their role")
    title: Text = Field(description="the title of the forecast")
    la_code: Text | None = Field(None, description="the council's three-digit code, such as 871")
    ons_code: Text | None = Field(None, description="the council's nine-character code, such as E06000039")
    name: Text | None = Field(
        None, description="the council's name as readers see it, where the tables use another; if left out, the area"
    )


class CaseFile(Strict):
    """The whole of a case.yaml."""

    case: Case = Field(description="the council, the month, the dates and the tables")
    assumptions: dict = Field(description="the entries of this council and month; {} if none")


class Change(Strict):
    """One value that a scenario sets differently, with its reason."""

    value: float = Field(description="the value in this scenario, in the catalogue's unit")
    why: Text = Field(description="why it differs, in a sentence")
    low: float | None = Field(None, description="the low end of its 80% range; if left out, carried from central")
    high: float | None = Field(None, description="the high end of its 80% range; if left out, carried from central")


class ScenarioFile(Strict):
    """The whole of a scenario file."""

    name: Text = Field(description="the name readers see, such as High migration")
    order: int = Field(description="its place in lists, a whole number; central is first")
    reason: Text = Field(description="what the scenario supposes, and why it is worth looking at")
    changes: dict[str, Change] = Field(description="what differs from central, by key; {} if nothing")


class Scenario(ScenarioFile):
    """A scenario with its slug: its file's name without .yaml."""

    slug: str = Field(description="the file's name without .yaml")


def case_faults(case: Case):
    """Dates of a case that contradict each other, and tables named twice, as (field, sentence)."""
    origin_month, right_year = f"{case.origin:%Y-%m}", financial_year(case.month)
    if case.origin != last_day(origin_month):
        yield "origin", f"is {case.origin}; expected the last day of a month. Write {last_day(origin_month)}"
    if origin_month > case.month:
        yield "origin", f"is {case.origin}, after the case's month {case.month}. Give a date known in that month"
    if case.horizon <= max(case.month, origin_month):
        yield "horizon", f"is {case.horizon}; expected a month after {case.month}. Look further ahead"
    if case.financial_year != right_year:
        yield "financial_year", f"is {case.financial_year}, but {case.month} is in {right_year}. Correct one of them"
    if year_end(case.calibration_year) > case.origin.isoformat():
        what = f"is {case.calibration_year}, not over by the origin {case.origin}"
        yield "calibration_year", f"{what}. Give a year whose outturn was known then"
    named = [table for tables in case.tables.values() for table in ([tables] if isinstance(tables, str) else tables)]
    for role, tables in case.tables.items():
        if isinstance(tables, list) and (twice := [table for table in tables if named.count(table) > 1]):
            yield ("tables", role), f"{twice[0]} is named twice; expected each table once. Delete one"
