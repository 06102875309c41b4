"""What was found wrong, what was done about it, and how often: nothing is left out or changed without a count here."""

from forecast.sources.counting import Counting, Rule

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
    "future_birth": Rule(
        "date of birth after the return's last day: taken as expected",
        "PersonBirthDate",
        "dates of birth up to that day",
    ),
    "expected_passed": Rule(
        "expected date of birth before the return's last day, no date of birth: taken as born on it"
    ),
    "no_birth": Rule(
        "no date of birth: counted with age unknown", "PersonBirthDate", "a date of birth, or an expected one"
    ),
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
    "future_start": Rule(
        "starts after the return's last day: left out", "CPPstartDate", "dates up to the return's last day"
    ),
    "future_end": Rule(
        "ends after the return's last day: taken as still open", "CPPendDate", "dates up to the return's last day"
    ),
    "ended_before": Rule("ended before the return's first day: kept"),
    "repeat_plan": Rule("repeats of a plan within one return: one kept"),
    "two_ends": Rule("of those, with different ends: the latest end kept, an end over none"),
    "later_return": Rule("carried again by a later return, which wins: removed"),
    "end_changed": Rule("of those, ended here and written otherwise by the later return"),
    "start_changed": Rule(
        "open at the return's end, and the next return gives the child a plan with another start: removed"
    ),
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
    "start_without_icpc": Rule(
        "plans started on a day without a conference, where conferences are given: counted all the same"
    ),
    "latest_review": Rule("Annex A gives only the latest review of each plan: reviews not counted from it"),
    "plans_only": Rule(
        "one row a plan: enquiries and conferences that led to no plan are not in it, and are undercounted"
    ),
    "no_conferences": Rule("return without dates of initial conferences: transfers in cannot be told"),
    "care_repeat": Rule("repeats of a period looked after: one kept"),
    "care_overlap": Rule("overlaps another period looked after of the child: joined"),
}


class Quality(Counting):
    """Counts by file and rule of this reader."""

    def __init__(self) -> None:
        super().__init__(RULES)
