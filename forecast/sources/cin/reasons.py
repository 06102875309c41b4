"""Why each rule of the reader of CIN censuses and Annex A does what it does, for the data quality page.

Rule numbers: the DfE's rules of the children in need census, as councils' own extracts and data-to-insight/CIN-validator check them.
"""

from forecast.sources.counting import CHANGED, EITHER, FEWER, LEFT_OUT, LOOK, MORE, READ, Reason

CASE = "Correct the child's record in the case system, and export again."
REASONS = {
    "rows": Reason(READ, "Every record of a file that is used is read."),
    "not_return": Reason(
        READ,
        "It holds nothing that is counted; the names of such files are not shown.",
        "Nothing, unless a return is among them.",
    ),
    "beside_xml": Reason(READ, "They hold the same children as the XML.", "Nothing."),
    "other_authority": Reason(LEFT_OUT, "One authority was chosen.", "Nothing."),
    "latin_1": Reason(
        READ,
        "Older systems export so; only letters with accents are written otherwise, and none is counted.",
        "Nothing.",
    ),
    "blank_rows": Reason(LEFT_OUT, "There is nothing in them.", "Nothing."),
    "repeated_headings": Reason(
        LEFT_OUT, "Files that were put together carry their headings along.", "Check that no part was put in twice."
    ),
    "column_absent": Reason(
        LOOK, "Counts that use the column treat its cells as not known.", "Export the table with all its columns."
    ),
    "unknown_element": Reason(READ, "Elements of other years or of the system's own.", "Nothing."),
    "days_under_13": Reason(
        LOOK,
        "Every date could also be American (month first), and the file cannot prove that it is not.",
        "Check one date against the case system.",
    ),
    "year_from_dates": Reason(READ, "Nothing else tells the year.", "Name the folder by its year, such as 2017-18."),
    "quiet_end": Reason(
        LOOK,
        "A small council may have a quiet quarter; an extract made early looks the same.",
        "If it was made early, give its last day with until.",
    ),
    "no_child": Reason(
        LEFT_OUT, "A record that cannot be told whose it is would be counted as a child of its own.", CASE, moves=FEWER
    ),
    "no_event": Reason(READ, "Most children in need have neither plan nor enquiry.", "Nothing."),
    "repeat_child": Reason(CHANGED, "Several referrals of one child.", "Nothing."),
    "two_births": Reason(CHANGED, "A later return corrects an earlier one.", "Check which is right.", moves=EITHER),
    "both_births": Reason(CHANGED, "Once a child is born the expected date says no more.", "Remove the expected date."),
    "future_birth": Reason(CHANGED, "A date to come is an expected one.", CASE),
    "expected_passed": Reason(CHANGED, "The child will have been born on about that day.", "Enter the date of birth."),
    "no_birth": Reason(
        LOOK, "Without it nobody is found to have turned 18, and the age band is not known.", CASE, moves=MORE
    ),
    "birth_far": Reason(LOOK, "A plan cannot begin before a pregnancy does: one of the dates is wrong.", CASE),
    "sex": Reason(READ, "No count uses it.", CASE),
    "sex_unborn": Reason(READ, "No count uses it.", CASE),
    "category": Reason(READ, "No count uses it.", CASE, ("8905", "8910")),
    "source": Reason(LOOK, "Without it a conference on a transfer from another council cannot be told.", CASE),
    "previous": Reason(
        LOOK, "Whether the plan is a second or later one is then known only from the returns read.", CASE
    ),
    "previous_low": Reason(CHANGED, "The returns themselves show more plans.", CASE),
    "no_start": Reason(LEFT_OUT, "Without a start a plan is on no day.", CASE, ("8720",), FEWER),
    "end_before_start": Reason(
        LEFT_OUT, "The dates contradict each other, and nothing says which is wrong.", CASE, ("8925",), FEWER
    ),
    "same_day": Reason(LEFT_OUT, "A plan of no night is at no day's end.", "Check the dates.", ("8840",)),
    "future_start": Reason(LEFT_OUT, "The return of its own year will have it.", "Check the date.", ("8720",), FEWER),
    "future_end": Reason(
        CHANGED, "On the return's last day the plan is open either way.", "Check the date.", ("8930",)
    ),
    "ended_before": Reason(
        READ,
        "A return should carry only what touches its year; what ended before changes no day of it.",
        "Check the date.",
        ("8930",),
    ),
    "repeat_plan": Reason(CHANGED, "The same plan twice, under two referrals, is one.", "Nothing."),
    "two_ends": Reason(
        CHANGED, "A plan that was ended is not open, and the later end is the safer.", CASE, moves=EITHER
    ),
    "later_return": Reason(
        CHANGED, "A plan is in every return whose year it touches; the last one knows most.", "Nothing."
    ),
    "end_changed": Reason(
        CHANGED,
        "An end that a later return takes back or moves was corrected since.",
        "Expect a published figure of the earlier year to differ by as many.",
        moves=EITHER,
    ),
    "start_changed": Reason(CHANGED, "The later return corrected when the plan began.", "Nothing.", moves=EITHER),
    "not_carried": Reason(
        CHANGED,
        "The next return would have it if it were still open; 31 March stays as the return counted it.",
        "Check whether the plan ended, or the identifier changed.",
        moves=EITHER,
    ),
    "adult_start": Reason(LEFT_OUT, "Nobody starts a plan at 18.", CASE, moves=FEWER),
    "adult_end": Reason(CHANGED, "No plan runs past the 18th birthday.", "Enter the end of the plan.", moves=FEWER),
    "death": Reason(
        CHANGED, "A plan ends with the child's death.", "Enter the end of the plan.", ("8915", "8920"), FEWER
    ),
    "overlap": Reason(
        CHANGED,
        "A child has one plan at a time, and is counted once; no day is lost.",
        "Enter the end of the earlier plan.",
        ("8935", "8940"),
    ),
    "icpc_not_required": Reason(LOOK, "The date says it was held, the mark that it was not needed.", CASE),
    "not_required_unknown": Reason(READ, "The date says that it was held.", CASE),
    "conference_twice": Reason(
        CHANGED, "It belongs either to the enquiry or to the referral.", "Nothing for the count.", ("2884",)
    ),
    "enquiry_twice": Reason(CHANGED, "A child has one enquiry on a day.", "Nothing."),
    "review_twice": Reason(CHANGED, "A child has one review on a day.", "Nothing."),
    "no_date": Reason(LEFT_OUT, "Without a date it is in no month.", CASE),
    "outside": Reason(LEFT_OUT, "Its month is not covered by the returns.", "Check the date.", ("8715",)),
    "review_alone": Reason(
        LOOK, "A review should fall within a plan.", "Check for a plan that is missing, or its dates.", ("8841",)
    ),
    "start_without_icpc": Reason(
        LOOK, "A plan should begin on the day of its conference.", "Check both dates.", ("2885",)
    ),
    "latest_review": Reason(
        READ, "Earlier reviews are not in the list, so months would be undercounted.", "Give the census beside it."
    ),
    "plans_only": Reason(
        LOOK,
        "The table has a row for each plan and none for what led to no plan.",
        "Give the census XML, or its tables of enquiries.",
    ),
    "no_conferences": Reason(
        LOOK, "Only a conference tells a transfer from another start.", "Add the tables of the census that hold them."
    ),
    "care_repeat": Reason(CHANGED, "The same period twice is one.", "Nothing."),
    "care_overlap": Reason(CHANGED, "A child is looked after once at a time.", "Nothing."),
}
