"""What was found wrong, what was done about it, and how often: nothing is left out or changed without a count here."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.errors import BadInput

MOST_SHARE, LEAST_ROWS = 0.05, 20  # a fault on more rows than these is the file's, not a row's


@dataclass(frozen=True)
class Rule:
    """What was found and done. With `expected`, too many rows of it in one file stop the reading."""

    text: str
    field: str = ""
    expected: str = ""


RULES = {
    "rows": Rule("rows or records read"),
    "not_return": Rule("file or sheet of another kind: not read"),
    "beside_xml": Rule("tables beside the census XML of the same year: not read, the XML is"),
    "other_authority": Rule("another authority's file or rows: left out"),
    "latin_1": Rule("text not UTF-8: read as Latin-1"),
    "blank_rows": Rule("blank rows: left out"),
    "repeated_headings": Rule("headings repeated among the rows: left out"),
    "column_absent": Rule("optional columns that are absent: taken as blank"),
    "unknown_element": Rule("elements the census does not have: not read"),
    "days_under_13": Rule("dates dd/mm/yyyy and no day above 12: read as day first, cannot be proved"),
    "year_from_dates": Rule("no date or year on the return: taken from the latest dates inside"),
    "quiet_end": Rule("nothing dated in the return's last 60 days: read as complete; say until if it is not"),
    "no_child": Rule("blank child identifier: left out", "LAchildID", "an identifier on every record"),
    "no_event": Rule("records without a plan, enquiry, conference or review: nothing to count"),
    "repeat_child": Rule("children given more than once in a return: read together"),
    "two_births": Rule("children with two dates of birth: the later return's kept, the earlier date within one return"),
    "both_births": Rule("date of birth and expected date of birth: the date of birth kept"),
    "future_birth": Rule("date of birth after the return's last day: taken as expected", "PersonBirthDate", "dates of birth up to that day"),
    "expected_passed": Rule("expected date of birth before the return's last day, no date of birth: taken as born on it"),
    "no_birth": Rule("no date of birth: counted with age unknown", "PersonBirthDate", "a date of birth, or an expected one"),
    "birth_far": Rule("plan starts more than 42 weeks before birth: counted with age unknown"),
    "sex": Rule("sex code not known: not used by any count"),
    "sex_unborn": Rule("unborn and given a sex other than 0, 9 or U: the dates decide"),
    "category": Rule("category of abuse blank or not known: not used by any count"),
    "source": Rule("referral source not known: not taken as a transfer in"),
    "previous": Rule("number of previous plans blank or not a whole number: counted as unknown"),
    "previous_low": Rule("fewer previous plans than were read of the child: the number read used"),
    "no_start": Rule("blank plan start: left out", "CPPstartDate", "the date each plan began"),
    "end_before_start": Rule("ends before it starts: left out", "CPPendDate", "a date after CPPstartDate"),
    "same_day": Rule("plan starts and ends on one day: never open at the end of a day, left out"),
    "future_start": Rule("starts after the return's last day: left out", "CPPstartDate", "dates up to the return's last day"),
    "future_end": Rule("ends after the return's last day: taken as still open", "CPPendDate", "dates up to the return's last day"),
    "ended_before": Rule("ended before the return's first day: kept"),
    "repeat_plan": Rule("repeats of a plan within one return: one kept"),
    "two_ends": Rule("of those, with different ends: the latest end kept, an end over none"),
    "later_return": Rule("carried again by a later return, which wins: removed"),
    "end_changed": Rule("of those, ended here and written otherwise by the later return"),
    "start_changed": Rule("open at the return's end, and the next return gives the child a plan with another start: removed"),
    "not_carried": Rule("open at the return's end and not in the next: taken as ended the day after"),
    "adult_start": Rule("starts on or after the 18th birthday: left out", "PersonBirthDate", "children under 18"),
    "adult_end": Rule("runs past the 18th birthday: ended there"),
    "death": Rule("runs past the date of death: ended there"),
    "overlap": Rule("overlaps another plan of the child: joined into one, from the first start to the last end"),
    "icpc_not_required": Rule("conference dated and marked as not required: counted as held"),
    "not_required_unknown": Rule("mark that no conference was required not known: the date decides"),
    "conference_twice": Rule("conferences of a child given twice for one day: counted once"),
    "enquiry_twice": Rule("enquiries of a child given twice for one day: counted once"),
    "review_twice": Rule("reviews of a child given twice for one day: counted once"),
    "no_date": Rule("enquiries and reviews without a date: left out"),
    "outside": Rule("enquiries, conferences and reviews outside the days covered: left out"),
    "review_alone": Rule("reviews of a child with no plan open before that day: counted all the same"),
    "start_without_icpc": Rule("plans started on a day without a conference, where conferences are given: counted all the same"),
    "latest_review": Rule("Annex A gives only the latest review of each plan: reviews not counted from it"),
    "plans_only": Rule("one row a plan: enquiries and conferences that led to no plan are not in it, and are undercounted"),
    "no_conferences": Rule("return without dates of initial conferences: transfers in cannot be told"),
    "care_repeat": Rule("repeats of a period looked after: one kept"),
    "care_overlap": Rule("overlaps another period looked after of the child: joined"),
}  # fmt: skip


class Quality:
    """Counts by file and rule."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}

    def count(self, file: str, rule: str, number: int = 1) -> None:
        """Add to a count; nothing is added for 0."""
        if number:
            self._counts[file, rule] = self._counts.get((file, rule), 0) + int(number)

    def rows(self, frame: pd.DataFrame, where: np.ndarray, rule: str) -> np.ndarray:
        """Count the rows marked by `where` under their files; gives `where` back.

        Raises BadInput where a rule that says what was expected is broken by too many rows of one file.
        """
        where = np.asarray(where, dtype=bool)
        for file, number in frame.loc[where, "file"].value_counts().items():
            self._check_share(frame, where, file, number, rule)
            self.count(file, rule, number)
        return where

    def _check_share(self, frame: pd.DataFrame, where: np.ndarray, file: str, number: int, rule: str) -> None:
        known, here = RULES[rule], (frame["file"] == file).to_numpy()
        if known.expected and number >= LEAST_ROWS and number > MOST_SHARE * here.sum():
            line = frame.loc[where & here, "line"].min()
            raise BadInput(
                f"{file}, line {line}, {known.field}: {known.text.split(':')[0]}, and so on {number:,} of {int(here.sum()):,} "
                f"records. Expected {known.expected}. Correct the field, or export the file again."
            )

    def table(self) -> pd.DataFrame:
        """file, rule (what was found and done), count; in the order of the rules, then of the files."""
        order = list(RULES)
        found = sorted(self._counts.items(), key=lambda item: (order.index(item[0][1]), item[0][0]))
        rows = [(file, RULES[rule].text, number) for (file, rule), number in found]
        return pd.DataFrame(rows, columns=["file", "rule", "count"])
