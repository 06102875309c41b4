"""One tidy table of what happened, and strict questions to it."""

import re
from functools import cached_property

import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.lines import PLACEMENTS
from forecast.case.months import financial_year, year_end
from forecast.case.wording import nearest

COLUMNS = ["area", "period", "measure", "breakdown", "category", "value", "unit", "status", "source"]
SUPPRESSED, OWN = "suppressed", "council"
SUPPRESSED_LEAST, MOST_SUPPRESSED = 1, 5  # a suppressed cell stands for 1 to 5

FLOWS = (("lac_stock", "lac_starts", "lac_ceases"), ("cp_stock", "cp_starts", "cp_ends"))
MEASURES = (*FLOWS[0], *FLOWS[1], "uasc_stock", "icpc", "s47", "referrals")
AGES = ["unborn", "under_1", "1_4", "5_9", "10_15", "16_17", "16", "17", "18"]
KNOWN = {  # breakdown -> categories: a word that is none of these would be left out of every forecast in silence
    "all": ["all"],
    "age_band": AGES,
    "other_age": ["unborn_or_unknown_gender"],
    "legal_status": ["interim_care_order", "full_care_order", "placement_order", "s20", "detained", "youth_justice"],
    "placement": ["kinship", "other_fostering", *(cell for row in PLACEMENTS.values() for cell in row["published"])],
    "provider": [
        *("own", "other_la", "other_council", "other_public", "private", "voluntary", "parents", "not_reported")
    ],
    "uasc": ["uasc", "other"],
    "duration": [
        *("up_to_3m", "3_to_6m", "6_to_12m", "1_to_2y", "over_2y"),
        *("under_2_weeks", "under_1_year", "5_to_10_years"),
    ],
}
ROUNDED, ROUNDED_STEP = "rounded_5", 5  # a status, and what it says
ROUNDED_TO, COUNTRY = 10, 10_000  # a country's counts are published to the nearest ten, a council's whole


def check_words(name: str, table: pd.DataFrame) -> None:
    """Raises BadInput naming the line where a table has a word, or a space around one, that nobody reads."""
    if list(table.columns) != COLUMNS:
        return  # History says what is expected
    for column, known in (("measure", MEASURES), ("breakdown", tuple(KNOWN))):
        for line, word in enumerate(table[column], start=2):
            if word not in known:
                raise BadInput(
                    f"{name}.csv, line {line}, {column}: {word!r} is not known. {nearest(word, list(known))}"
                )
    for line, row in enumerate(table.itertuples(index=False), start=2):
        if row.category not in KNOWN[row.breakdown]:
            right = nearest(row.category, KNOWN[row.breakdown])
            raise BadInput(f"{name}.csv, line {line}, category: {row.category!r} is not a {row.breakdown}. {right}")
        if (row.status == SUPPRESSED) == bool(re.fullmatch(r"-?[0-9.]+", row.value)):
            what = f"{row.value!r} has the status {row.status}; a suppressed figure is a sign, and any other a number"
            raise BadInput(f"{name}.csv, line {line}, value: {what}. Correct one of them.")
        if spaced := next((cell for cell in row if cell != cell.strip()), None):
            raise BadInput(f"{name}.csv, line {line}: {spaced!r} has a space before or after it. Take it away.")


class History:
    """Published figures by area, period, measure and breakdown.

    period  a day (2011-03-31) for stocks, a financial year (2010-11) for flows
    """

    def __init__(self, tables: dict[str, pd.DataFrame]):
        for name, table in tables.items():
            if list(table.columns) != COLUMNS:
                raise BadInput(f"{name}.csv is not a table of children: expected columns {', '.join(COLUMNS)}")
        frame = pd.concat([table.assign(table=name) for name, table in tables.items()], ignore_index=True)
        twice = frame.duplicated(COLUMNS[:5], keep=False)
        if twice.any():
            row = frame[twice].iloc[0]
            tables_with = ", ".join(f"{name}.csv" for name in frame[twice]["table"].unique())
            raise BadInput(f"{_place(row)} is given twice, in {tables_with}; keep one")
        self.frame = frame

    def cells(self, area: str, measure: str, period: str, breakdown: str) -> dict[str, float | None]:
        """Category -> figure of one breakdown; a suppressed figure is None. Raises BadInput if nothing is found."""
        found = self._of(area, measure).get((period, breakdown))
        if found is None:
            raise BadInput(self._not_held(area, measure, period, breakdown))
        return {name: None if status == SUPPRESSED else float(value) for name, (value, status) in found.items()}

    def holds(self, area: str, measure: str, period: str, breakdown: str) -> bool:
        """Whether anything of one breakdown is held."""
        return (period, breakdown) in self._of(area, measure)

    def value(self, area: str, measure: str, period: str, breakdown: str = "all", category: str = "all") -> float:
        """One figure. Raises BadInput if it is not held or is suppressed."""
        cells = self.cells(area, measure, period, breakdown)
        if category not in cells:
            raise BadInput(self._not_held(area, measure, period, f"{breakdown} {category}"))
        if cells[category] is None:
            raise BadInput(
                f"{measure} of {area} at {period}, {category}, is suppressed (1 to 5); it cannot be used alone"
            )
        return cells[category]

    def series(self, area: str, measure: str) -> pd.Series:
        """All totals of a measure by period, in order."""
        totals = sorted((at, cells["all"]) for (at, by), cells in self._of(area, measure).items() if by == "all")
        told = {at: value for at, (value, status) in totals if status != SUPPRESSED}
        return pd.Series([*told.values()], index=pd.Index([*told], dtype=str)).astype(float)

    def not_closing(self, area: str) -> list[str]:
        """Where a stock is not the one before + starts - ends, beyond what publishing rounds away; a sentence each."""
        said, own = [], self.frame[(self.frame["area"] == area) & (self.frame["status"] == ROUNDED)]
        rounded = {year_to(at) or at: ROUNDED_STEP for at in own["period"]}
        for stock, starts, ends in FLOWS:
            stocks, came, went = (self.series(area, measure).to_dict() for measure in (stock, starts, ends))
            for day, now in stocks.items():
                if (year := year_to(day)) is None:
                    continue
                before = stocks.get(f"{int(day[:4]) - 1}{day[4:]}")
                if before is None or year not in came or year not in went:
                    continue
                made = before + came[year] - went[year]
                within = 2 * (ROUNDED_TO if now > COUNTRY else rounded.get(year, 0))  # half a step of each of four
                if abs(made - now) > within:
                    what = f"{before:,.0f} before + {came[year]:,.0f} starts - {went[year]:,.0f} ends in {year}"
                    said.append(f"{stock} of {area} on {day}: {what} make {made:,.0f}, and {now:,.0f} is published")
        return said

    def is_own(self, area: str, measure: str, period: str) -> bool:
        """Whether a total is the council's own count, not published."""
        return any(status == OWN for _, status in self._of(area, measure).get((period, "all"), {}).values())

    def by(
        self, area: str, measure: str, period: str, breakdown: str, solve_suppressed: bool = False
    ) -> dict[str, float]:
        """Category -> figure. One suppressed figure may be found from the total; more cannot.

        Raises BadInput if a figure is suppressed and cannot be found, or if what is found is not 1 to 5.
        """
        cells = self.cells(area, measure, period, breakdown)
        hidden = [category for category, figure in cells.items() if figure is None]
        if not hidden:
            return cells
        if len(hidden) > 1 or not solve_suppressed:
            raise BadInput(
                f"{measure} of {area} at {period} by {breakdown}: {', '.join(hidden)} suppressed; give the figures"
            )
        left = self.value(area, measure, period) - sum(figure for figure in cells.values() if figure is not None)
        if not 1 <= left <= MOST_SUPPRESSED:
            raise BadInput(
                f"{measure} of {area} at {period}: {hidden[0]} would be {left:g}, and suppressed means 1 to 5"
            )
        return {**cells, hidden[0]: left}

    @cached_property
    def _by_measure(self) -> dict[tuple[str, str], dict[tuple[str, str], dict[str, tuple[str, str]]]]:
        """(area, measure) -> (period, breakdown) -> category -> value and status, as they are written."""
        held = {}
        columns = (self.frame[name] for name in (*COLUMNS[:6], "status"))
        for area, period, measure, breakdown, category, *told in zip(*columns, strict=True):
            held.setdefault((area, measure), {}).setdefault((period, breakdown), {})[category] = tuple(told)
        return held

    def _of(self, area: str, measure: str) -> dict[tuple[str, str], dict[str, tuple[str, str]]]:
        return self._by_measure.get((area, measure), {})

    def _not_held(self, area: str, measure: str, period: str, breakdown: str) -> str:
        held = sorted(f"{at} by {by}" for at, by in self._of(area, measure))
        what = f"held: {', '.join(held)}" if held else "nothing of the kind is held"
        where = f"{measure} of {area} at {period} by {breakdown}"
        return f"{where} is not in the tables of this case ({what}); add the row or the table"


def fill_suppressed(published: dict[str, float | None], total: float, national: dict[str, float]) -> dict[str, float]:
    """Placement counts with suppressed cells (None) filled from what is left of the total.

    Each suppressed cell holds one child if there are enough; the rest is shared in the country's proportions.
    Raises BadInput if the cells published and the total cannot both be right.
    """
    hidden = [name for name, count in published.items() if count is None]
    left = total - sum(count for count in published.values() if count is not None)
    if left < 0 or (left > 0 and not hidden):
        raise BadInput(
            f"the placements published leave {left:g} of {total:g} children for {len(hidden)} suppressed cells. "
            "Check the placement rows against the total in the children table."
        )
    least = min(SUPPRESSED_LEAST, left / len(hidden)) if hidden else 0.0
    weight = sum(national[name] for name in hidden)
    filled = {name: least + (left - least * len(hidden)) * national[name] / weight for name in hidden}
    return {name: filled.get(name, count) for name, count in published.items()}


def year_to(day: str) -> str | None:
    """The financial year that ends on a day such as 2016-03-31; None for a day on which none ends."""
    year = financial_year(day[:7]) if len(day) == len("2016-03-31") else None
    return year if year and year_end(year) == day else None


def _place(row) -> str:
    return f"{row['measure']} of {row['area']} at {row['period']} by {row['breakdown']} {row['category']}"
