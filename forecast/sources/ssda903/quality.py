"""The data quality table: what was read, merged, resolved and left out, by file and rule; never which child."""

from forecast.sources.counting import Counting, Rule

RULES = {
    "rows": Rule("rows read"),
    "not_csv": Rule("not a CSV file: not read"),
    "not_return": Rule("not one of the files this reader uses: not read"),
    "latin_1": Rule("not UTF-8: read as Latin-1"),
    "blank_rows": Rule("blank rows: left out"),
    "repeated_headings": Rule("column headings repeated among the rows: left out"),
    "column_absent": Rule("a column that would have been used is absent: its cells are taken as blank"),
    "days_under_13": Rule("no date has a day above 12: read as dd/mm/yyyy, the return's format"),
    "year_starts": Rule("named by the year it starts in: taken as the return to the 31 March after"),
    "no_header_file": Rule("no Header file for this return: dates of birth are taken from other years"),
    "other_authority": Rule("rows of other authorities: left out"),
    "no_child": Rule("blank child identifier: row left out", "CHILD", "an identifier on every row"),
    "repeat_header": Rule("a second header row for a child in one file: one kept"),
    "header_without_episodes": Rule("children with a header and no episode: nothing to count"),
    "sex": Rule("sex code not known: not used by any count", "SEX", "1 or 2 (to 2023-24), M, F or U"),
    "no_dob": Rule(
        "blank date of birth: child counted with age unknown, unless another year gives it", "DOB", "a date of birth"
    ),
    "future_dob": Rule(
        "date of birth after the return's last day: taken as blank", "DOB", "dates of birth up to 31 March"
    ),
    "two_dobs": Rule("children with two dates of birth: the later return's kept, the earlier date within one return"),
    "no_header": Rule("children with episodes and no date of birth in any header: counted with age unknown"),
    "no_decom": Rule("blank DECOM: episode left out", "DECOM", "the date each episode began"),
    "dec_before_decom": Rule("DEC before DECOM: episode left out", "DEC", "a date on or after DECOM"),
    "decom_after_return": Rule(
        "starts after the return's last day: left out of this return", "DECOM", "dates up to 31 March"
    ),
    "dec_after_return": Rule("DEC after the return's last day: kept as written", "DEC", "dates up to 31 March"),
    "dec_before_return": Rule("ended before the return's first day: kept as written"),
    "end_reason_no_date": Rule("a reason that the child left, and DEC blank: counted as still looked after"),
    "end_no_reason": Rule("DEC given and the reason blank: ended that day, destination unknown"),
    "place_unknown": Rule("placement code not known: counted as other", "PLACE", "a code of the SSDA903 placement set"),
    "place_year": Rule("placement code not valid in the return's year: kept, counted in its own group"),
    "legal_unknown": Rule("legal status not known: counted as looked after", "LS", "a code such as C2 or V2"),
    "rne_unknown": Rule("reason for new episode not known: dates decide", "RNE", "S, L, P, T, B or U"),
    "rec_unknown": Rule("reason episode ceased not known: destination unknown", "REC", "X1 or a code such as E4A"),
    "provider_unknown": Rule("foster placement without a known provider: counted apart"),
    "repeat_episode": Rule("repeats of a row within one file: removed"),
    "later_return": Rule("carried again by a later return, which wins: removed"),
    "closed_then_carried": Rule("of those, closed here and written otherwise by the later return"),
    "dec_forgotten": Rule("blank DEC, and a later episode ends with the child leaving care: taken as ended by then"),
    "not_carried": Rule("open at the return's end and not in the next: taken as ended on 1 April, destination unknown"),
    "short_break": Rule("short breaks (V3, V4): not looked after in the published count, left out"),
    "same_day": Rule("starts and ends on one day: never open at the end of a day, left out"),
    "before_birth": Rule("starts before birth: counted from birth"),
    "adult_start": Rule("starts on or after the 18th birthday: left out", "DOB", "children under 18"),
    "adult_end": Rule("runs past the 18th birthday: ended there"),
    "overlap": Rule("overlaps another episode: the one that began last holds while it lasts"),
    "nested": Rule("of those, wholly inside another: the outer one resumes after it"),
    "continues_nowhere": Rule(
        "says the child stays (X1) and no episode follows that day: counted as an end, destination unknown"
    ),
    "left_and_back": Rule("left and started again on one day: counted as one period"),
    "starts_without_s": Rule(
        "starts a period within the years read and says that it follows another episode: counted as a start"
    ),
    "start_unknown": Rule("periods that began before the first return: time since start unknown"),
    "uasc_without_episodes": Rule("children on the UASC file with no episode: nothing to count"),
    "uasc_not_each_year": Rule(
        "children on the UASC file of one return and not of another that has them: counted as UASC until DUC"
    ),
    "uasc_adult": Rule("UASC status ends after the 18th birthday: kept as written"),
    "no_review_date": Rule("blank review date: left out", "REVIEW", "the date of each review"),
    "repeat_review": Rule("reviews of a child given twice for one day: counted once"),
    "review_outside": Rule("reviews outside the years read: left out"),
    "not_used": Rule("file recognised, not used by any table"),
}


class Quality(Counting):
    """Counts by file and rule of this reader."""

    def __init__(self) -> None:
        super().__init__(RULES)
