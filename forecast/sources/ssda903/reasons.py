"""Why each rule of the SSDA903 reader does what it does, for the data quality page.

Rule numbers: data-to-insight/csc-validator-be-903, `output_data/903_2024_25_rule_info.csv`, the DfE's rules of 2024-25.
"""

from forecast.sources.counting import CHANGED, EITHER, FEWER, LEFT_OUT, LOOK, MORE, READ, Reason

CASE = "Correct the child's record in the case system, and export again."
SHEET = "Export the file again from the case system, and do not save it from a spreadsheet."
REASONS = {
    "rows": Reason(READ, "Every row of a file that is used is read."),
    "not_csv": Reason(
        READ,
        "Only CSV files are read; the names of others are not shown.",
        "Nothing, unless a return is among them: save it as CSV.",
    ),
    "not_return": Reason(
        READ,
        "The file has none of the columns that are counted.",
        "Nothing, unless it is Header, Episodes, UASC or Reviews: check its headings.",
    ),
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
        LOOK,
        "Counts that use the column treat its cells as not known.",
        "Export the file with all the return's columns.",
    ),
    "days_under_13": Reason(
        LOOK,
        "Every date could also be American (month first), and the file cannot prove that it is not.",
        "Check one date against the case system.",
    ),
    "year_starts": Reason(
        READ,
        "The dates inside run to the 31 March after the year in the name, in every such file.",
        "Nothing; 2017-18 would be plainer.",
    ),
    "no_header_file": Reason(
        LOOK, "A child who is in this return alone has no date of birth.", "Add the year's Header file."
    ),
    "other_authority": Reason(LEFT_OUT, "One authority was chosen.", "Nothing."),
    "no_child": Reason(
        LEFT_OUT, "A row that cannot be told whose it is would be counted as a child of its own.", CASE, moves=FEWER
    ),
    "repeat_header": Reason(CHANGED, "A child has one header.", "Check for children entered twice."),
    "header_without_episodes": Reason(
        READ,
        "Care leavers and children of other years have a header and no episode.",
        "Check that no episodes are missing.",
    ),
    "sex": Reason(READ, "No count uses it.", CASE, ("101",)),
    "no_dob": Reason(
        LOOK, "Without it nobody is found to have turned 18, and the age band is not known.", CASE, ("102",), MORE
    ),
    "future_dob": Reason(CHANGED, "Nobody in a return is born after it.", CASE, ("301",), MORE),
    "two_dobs": Reason(CHANGED, "A later return corrects an earlier one.", "Check which is right.", ("203",), EITHER),
    "no_header": Reason(
        LOOK,
        "Without a date of birth nobody is found to have turned 18.",
        "Add the headers, or correct identifiers that differ between files.",
        moves=MORE,
    ),
    "no_decom": Reason(LEFT_OUT, "Without a start an episode is on no day.", CASE, ("141",), FEWER),
    "dec_before_decom": Reason(
        LEFT_OUT, "The dates contradict each other, and nothing says which is wrong.", CASE, ("356",), FEWER
    ),
    "decom_after_return": Reason(
        LEFT_OUT, "The return of its own year will have it.", "Check the date.", ("354",), FEWER
    ),
    "dec_after_return": Reason(
        READ, "The child is looked after to the end of the return either way.", "Check the date.", ("385",)
    ),
    "dec_before_return": Reason(
        READ,
        "A return should carry only what touches its year; what ended before changes no day of it.",
        "Check the date.",
    ),
    "end_reason_no_date": Reason(
        LOOK,
        "A reason says the child left, and no date says when: it is counted as still looked after.",
        "Enter the date the episode ceased.",
        ("148",),
        MORE,
    ),
    "end_no_reason": Reason(
        LOOK, "The day is counted; where the child went is not known.", "Enter the reason the episode ceased.", ("148",)
    ),
    "place_unknown": Reason(CHANGED, "A code that is in no year's set fits no placement.", CASE, ("146",)),
    "place_year": Reason(
        READ, "Systems run old codes on; the placement is the same.", "Nothing for the count.", ("146",)
    ),
    "legal_unknown": Reason(
        LOOK, "Whether it is a short break (V3, V4) cannot be told, and most are not.", CASE, ("144",), MORE
    ),
    "rne_unknown": Reason(LOOK, "The dates tell whether an episode follows another.", CASE, ("143",)),
    "rec_unknown": Reason(LOOK, "The day is counted; where the child went is not known.", CASE, ("149",)),
    "provider_unknown": Reason(
        LOOK,
        "In-house and agency fostering have different prices, and are not guessed.",
        "Enter the placement provider.",
        ("178", "526"),
    ),
    "repeat_episode": Reason(CHANGED, "The same row twice is one episode.", "Nothing."),
    "later_return": Reason(
        CHANGED, "An episode is in every return whose year it touches; the last one knows most.", "Nothing.", ("502",)
    ),
    "closed_then_carried": Reason(
        CHANGED,
        "An end that a later return takes back or moves was corrected since.",
        "Expect a published figure of the earlier year to differ by as many.",
        ("502",),
        EITHER,
    ),
    "dec_forgotten": Reason(
        CHANGED,
        "A child who left by a later episode cannot still be in an earlier one.",
        "Enter its date.",
        ("142",),
        EITHER,
    ),
    "not_carried": Reason(
        CHANGED,
        "The next return would have it if it were still open; 31 March stays as the return counted it.",
        "Check whether the child left, or the identifier changed.",
        ("502",),
        EITHER,
    ),
    "short_break": Reason(LEFT_OUT, "The published count of looked-after children leaves out V3 and V4.", "Nothing."),
    "same_day": Reason(LEFT_OUT, "An episode of no night is at no day's end.", "Check the dates.", ("355",)),
    "before_birth": Reason(CHANGED, "Nobody is looked after before birth.", CASE, ("302",), FEWER),
    "adult_start": Reason(LEFT_OUT, "Nobody starts to be looked after at 18.", CASE, ("352",), FEWER),
    "adult_end": Reason(
        CHANGED,
        "Nobody is counted as looked after from the 18th birthday on.",
        "Enter the end of the episode.",
        ("359",),
        FEWER,
    ),
    "overlap": Reason(
        CHANGED,
        "A child is in one placement at a time, and is counted once; no day is lost.",
        "Enter the end of the earlier episode.",
        ("501", "142"),
    ),
    "nested": Reason(
        CHANGED, "A short placement within a long one; the child goes back to it.", "Check the dates.", ("501",)
    ),
    "continues_nowhere": Reason(
        LOOK, "X1 says another episode begins that day. Is it missing, or did the child leave?", CASE, ("388",), FEWER
    ),
    "left_and_back": Reason(
        CHANGED, "A child who never was out of care for a night has not started anew.", "Check the codes.", ("431",)
    ),
    "starts_without_s": Reason(
        LOOK,
        "It says that it follows another episode, and none ends that day: counted as a start.",
        "Check for an episode that is missing.",
        ("357", "433"),
    ),
    "start_unknown": Reason(
        READ,
        "The first return does not carry what came before; the time in care is not guessed.",
        "Add the earlier returns.",
    ),
    "uasc_without_episodes": Reason(READ, "There is nothing to count.", "Check that no episodes are missing."),
    "uasc_not_each_year": Reason(
        LOOK,
        "A child is UASC until the date that ends it (DUC), whichever returns say so: counted as UASC throughout.",
        "Add the child to the UASC file of each year, or enter DUC.",
        ("205A", "205D"),
    ),
    "uasc_adult": Reason(
        READ, "The count ends at the 18th birthday either way.", "Check the date UASC status ceased.", ("304",)
    ),
    "no_review_date": Reason(LEFT_OUT, "A review without a date is in no month.", CASE, ("166",)),
    "repeat_review": Reason(CHANGED, "A child has one review on a day.", "Nothing."),
    "review_outside": Reason(LEFT_OUT, "Its month is not covered by the returns.", "Check the date."),
    "not_used": Reason(
        READ, "Adoption, outcomes, missing episodes and social workers are not counted here.", "Nothing."
    ),
}
