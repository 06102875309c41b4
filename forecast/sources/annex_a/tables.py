"""Counts from the lists of an Annex A. Only these leave the room: no row stands for a child."""

from datetime import date

import numpy as np
import pandas as pd

from forecast.case.months import months_between
from forecast.sources.annex_a import codes
from forecast.sources.annex_a.codes import ASSESSMENTS, CARE, CASES, CONTACTS, ENQUIRIES, LEAVERS, PLANS, REFERRALS
from forecast.sources.cin.codes import AGE_BANDS, AGE_CUTS
from forecast.sources.counting import Quality
from forecast.sources.reading import counts
from forecast.sources.reading.counts import ChildReturns, Span, open_on
from forecast.sources.reading.days import NO_DAY, month_numbers

# What is counted by month: name -> list, the column of its day, the column by which it is counted too.
FRONT_DOOR = {
    "contacts": (CONTACTS, "start", "source"),
    "referrals": (REFERRALS, "start", "source"),
    "assessments_started": (ASSESSMENTS, "start", None),
    "assessments_completed": (ASSESSMENTS, "end", None),
    "section_47_enquiries": (ENQUIRIES, "start", None),
    "initial_conferences": (ENQUIRIES, "icpc", None),
}
STOCKS = {"plans": PLANS, "looked_after": CARE, "open_cases": CASES, "care_leavers": LEAVERS}


class AnnexA(ChildReturns):
    """What the lists of one Annex A say, as counts. The rows stay inside: neither shown nor pickled.

    name      the workbook, or the folder of the lists
    last_day  the day of the lists; first_day: six months before, from which they are whole
    dated     how the day is known
    lists     the numbers of the lists that are there
    """

    __slots__ = ("_rows", "_told", "dated", "name")
    counted = "in the lists"

    def __init__(
        self, name: str, rows: dict[int, pd.DataFrame], quality: Quality, span: Span, dated: str, told: list[str]
    ) -> None:
        super().__init__(quality, span, "")
        self._rows, self.name, self.dated, self._told = rows, name, dated, told

    def __repr__(self) -> str:
        return f"AnnexA({self.last_day}: lists {', '.join(map(str, self.lists))})"

    @property
    def lists(self) -> tuple[int, ...]:
        return tuple(sorted(self._rows))

    def warnings(self) -> list[str]:
        """What may make a count wrong by more than a little, as sentences for the officer, to be read first."""
        return [*self._told, *super().warnings()]

    def stock(self, day: date, what: str) -> dict:
        """Children on a day by what is said of them; nothing where the list is not there.

        what  plans, looked_after, open_cases or care_leavers. Placements, legal and case statuses are those of the
              lists' own day: a day over codes.SETTLED_DAYS before it has totals and ages alone, and no care leavers.
        Raises BadInput for a day that the lists do not cover.
        """
        number, rows = self._covered(day), self._rows.get(STOCKS[what])
        settled = number >= self._span.last - codes.SETTLED_DAYS
        if rows is None or (what == "care_leavers" and not settled):
            return {}
        rows = rows if what == "care_leavers" else open_on(rows, number)
        found = {}
        if what == "looked_after":
            breaks = rows["legal"] == codes.SHORT_BREAKS
            found["short_breaks"] = int(breaks.sum())
            rows = rows[~breaks]
            found["uasc"] = int((rows["uasc"] == "yes").sum())
        found["total"] = len(rows)
        ages = counts.age_band(rows["born"].to_numpy(np.int64), number, AGE_CUTS)
        found["age_band"] = {band: count for at, band in enumerate(AGE_BANDS) if (count := int((ages == at).sum()))}
        if settled:
            for name in ("placement", "legal", "status", "eligibility"):
                if name in rows:
                    groups = codes.PLACED if name == "placement" else codes.GROUPS[name]
                    counted = rows[name].value_counts()
                    found[name] = {group: int(counted[group]) for group in groups if counted.get(group)}
        return found

    def flows(self, what: str, month: str) -> tuple[int, int]:
        """How many started and ended in a month (plans or looked_after), short breaks apart. Raises BadInput."""
        (month,) = self._asked_months(month, month)
        rows = self._rows[STOCKS[what]]
        rows = rows[rows["legal"] != codes.SHORT_BREAKS] if "legal" in rows else rows
        edges = counts.month_ends([month])
        return tuple(int(((rows[end] > edges[0]) & (rows[end] <= edges[1])).sum()) for end in ("start", "end"))

    def front_door(self) -> pd.DataFrame:
        """month, measure, source (blank for all), count: every month of the six that end with the lists' day.

        Contacts and referrals are rows, a child each. Of a month that the six months cut, what lies within them.
        """
        months = months_between(f"{self.first_day:%Y-%m}", f"{self.last_day:%Y-%m}")
        rows = []
        for measure, (number, day, by) in FRONT_DOOR.items():
            frame = self._rows.get(number)
            if frame is None:
                continue
            days = frame[day].to_numpy(np.int64)
            within = frame[(days >= self._span.first) & (days <= self._span.last) & (days != NO_DAY)]
            month = month_numbers(within[day]).astype("datetime64[M]").astype(str)
            for each in months:
                rows.append((each, measure, "", int((month == each).sum())))
                for source in codes.GROUPS["source"] if by else ():
                    rows.append((each, measure, source, int(((month == each) & (within[by] == source)).sum())))
        return pd.DataFrame(rows, columns=["month", "measure", "source", "count"])


SCHEMA = "forecast-annex-a-1"


def summary(annex: AnnexA, days: list[date]) -> dict:
    """Stocks on the lists' own day and on the days asked for, the front door of six months, and the quality table.

    Raises BadInput for a day that the lists do not cover.
    """
    wanted = sorted({annex.last_day, *days})
    return {
        "schema": SCHEMA,
        "name": annex.name,
        "from": annex.first_day.isoformat(),
        "to": annex.last_day.isoformat(),
        "dated": annex.dated,
        "warnings": annex.warnings(),
        "lists": list(annex.lists),
        "not_there": [number for number in codes.LISTS if number not in annex.lists],
        "stock": {
            day.isoformat(): {what: stock for what in STOCKS if (stock := annex.stock(day, what))} for day in wanted
        },
        "front_door": annex.front_door().to_dict("records"),
        "quality": annex.quality().to_dict("records"),
    }
