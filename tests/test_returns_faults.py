"""Faults that the DfE's and others' validators look for, one by one: what is done with each, and how many are counted.

python tests/test_returns_faults.py    writes docs/guides/faults_of_returns.md anew from the table below

Two children are looked after on 31 March 2018 before the fault; every figure after it is counted by hand.
"""

from dataclasses import dataclass, field

import pytest
from test_returns_held import csv, episode, give, header, total

from conftest import HOME
from forecast.case.errors import BadInput
from forecast.sources.ssda903 import codes, read_returns

PAGE = HOME / "docs" / "guides" / "faults_of_returns.md"
A, B = episode("a1", "13/06/2017"), episode("b2", "20/11/2017")
HEAD_A, HEAD_B = header("a1"), header("b2", "20/11/2010")
NEXT = [A, B, episode("n1", "14/02/2019")]  # the return after, so that its dates are of its year
NEXT_HEADS = [HEAD_A, HEAD_B, header("n1", "20/01/2012")]
STOPS, NOTHING = "stops: ", "nothing to resolve"


@dataclass
class Fault:
    """A fault: the DfE's rule on it, its words, what is done (a rule of rules.csv, a stop, or nothing), and the count."""

    rule: str
    words: str
    done: str
    children: int | None
    episodes: list = field(default_factory=lambda: [A, B])
    heads: list = field(default_factory=lambda: [HEAD_A, HEAD_B])
    more: dict = field(default_factory=dict)  # other files
    after: list | None = None  # the episodes of the next return, where there is one
    after_heads: list = field(default_factory=lambda: NEXT_HEADS)
    without: tuple = ()

    def files(self) -> dict[str, str]:
        made = {"2017-18/header.csv": csv(self.heads), "2017-18/episodes.csv": csv(self.episodes)}
        if self.after is not None:
            made |= {"2018-19/header.csv": csv(self.after_heads), "2018-19/episodes.csv": csv(self.after)}
        return {name: text for name, text in (made | self.more).items() if name not in self.without}


def a1(start="13/06/2017", end="", rec="", **more):
    return episode("a1", start, end, rec, **more)


FAULTS = [
    Fault("101", "Sex is not a code", "sex", 2, heads=[header("a1", sex="9"), HEAD_B]),
    Fault("102", "Date of birth is blank", "no_dob", 2, heads=[header("a1", ""), HEAD_B]),
    Fault(
        "102",
        "Date of birth is no date",
        STOPS + "not a date of the calendar",
        None,
        heads=[header("a1", "31/02/2010")],
    ),
    Fault(
        "102",
        "Date of birth is a database's blank (1900)",
        "blank_dates",
        2,
        heads=[header("a1", "01/01/1900"), HEAD_B],
    ),
    Fault(
        "104",
        "Date UASC status ceased is no date",
        STOPS + "not a date of the calendar",
        None,
        more={"2017-18/uasc.csv": csv([{"CHILD": "a1", "DUC": "31/04/2018"}])},
    ),
    Fault("141", "Date episode began is blank", "no_decom", 1, [a1(""), B]),
    Fault("141", "Date episode began is no date", STOPS + "not a date of the calendar", None, [a1("31/06/2017"), B]),
    Fault("141", "Date is of the year 1066", STOPS + "not a date within the range", None, [a1("13/04/1066"), B]),
    Fault("142", "A new episode begins and the one before has no end", "overlap", 2, [A, a1("14/09/2017", rne="P"), B]),
    Fault(
        "142",
        "The same, and the child leaves by the later one",
        "dec_forgotten",
        1,
        [A, a1("14/09/2017", "14/12/2017", "E4A", rne="L"), B],
    ),
    Fault("143", "Reason for new episode is not a code", "rne_unknown", 2, [a1(rne="X"), B]),
    Fault("144", "Legal status is not a code", "legal_unknown", 2, [a1(ls="C9"), B]),
    Fault("146", "Placement is not a code", "place_unknown", 2, [a1(place="XX"), B]),
    Fault("146", "Placement code of an earlier era (Q1)", "place_year", 2, [a1(place="Q1"), B]),
    Fault("146", "Placement code of a later era (K3)", "place_year", 2, [a1(place="K3"), B]),
    Fault("148", "Reason that the child left, and no date", "end_reason_no_date", 2, [a1(rec="E4A"), B]),
    Fault("148", "Date of the end, and no reason", "end_no_reason", 1, [a1(end="14/12/2017"), B]),
    Fault("149", "Reason that the episode ended is not a code", "rec_unknown", 1, [a1(end="14/12/2017", rec="E99"), B]),
    Fault(
        "166",
        "Date of review is blank",
        "no_review_date",
        2,
        more={"2017-18/reviews.csv": csv([{"CHILD": "a1", "REVIEW": ""}, {"CHILD": "a1", "REVIEW": "13/09/2017"}])},
    ),
    Fault(
        "",
        "One review twice",
        "repeat_review",
        2,
        more={"2017-18/reviews.csv": csv([{"CHILD": "a1", "REVIEW": "13/09/2017"}] * 2)},
    ),
    Fault(
        "",
        "A review outside the years of the returns",
        "review_outside",
        2,
        more={"2017-18/reviews.csv": csv([{"CHILD": "a1", "REVIEW": "13/09/2019"}])},
    ),
    Fault("178", "Foster placement whose provider is not a code", "provider_unknown", 2, [a1(provider="PR9"), B]),
    Fault("526", "Foster placement without a provider", "provider_unknown", 2, [a1(provider=""), B]),
    Fault(
        "203",
        "Date of birth differs from the return before",
        "two_dobs",
        2,
        after=NEXT,
        after_heads=[header("a1", "20/01/2009"), *NEXT_HEADS[1:]],
    ),
    Fault(
        "203",
        "Two dates of birth in one header file",
        "two_dobs",
        2,
        heads=[HEAD_A, header("a1", "20/01/2009"), HEAD_B],
    ),
    Fault("INT32", "A child twice in the header file", "repeat_header", 2, heads=[HEAD_A, HEAD_A, HEAD_B]),
    Fault("EPI", "A header without episodes", "header_without_episodes", 2, heads=[HEAD_A, HEAD_B, header("z9")]),
    Fault("", "Episodes without a header", "no_header", 2, heads=[HEAD_B]),
    Fault("", "No header file for one of two years", "no_header_file", 2, after=NEXT, without=("2017-18/header.csv",)),
    Fault("", "No header file at all", STOPS + "no Header file was found", None, without=("2017-18/header.csv",)),
    Fault("", "No episodes file", STOPS + "no Episodes file was found", None, without=("2017-18/episodes.csv",)),
    Fault(
        "205A",
        "UASC in one return and not in the next, without a date",
        "uasc_not_each_year",
        2,
        after=NEXT,
        more={
            "2017-18/uasc.csv": csv([{"CHILD": "a1", "DUC": ""}]),
            "2018-19/uasc.csv": csv([{"CHILD": "n1", "DUC": ""}]),
        },
    ),
    Fault(
        "",
        "On the UASC file and without an episode",
        "uasc_without_episodes",
        2,
        more={"2017-18/uasc.csv": csv([{"CHILD": "z9", "DUC": ""}])},
    ),
    Fault(
        "304",
        "UASC status ceases after the 18th birthday",
        "uasc_adult",
        2,
        more={"2017-18/uasc.csv": csv([{"CHILD": "a1", "DUC": "13/06/2028"}])},
    ),
    Fault("301", "Date of birth after the year", "future_dob", 2, heads=[header("a1", "13/05/2018"), HEAD_B]),
    Fault("302", "First episode begins before birth", "before_birth", 2, heads=[header("a1", "14/09/2017"), HEAD_B]),
    Fault("352", "Begins at 18 or over", "adult_start", 1, heads=[header("a1", "13/05/1999"), HEAD_B]),
    Fault("353", "Begins before 14 October 1991", "before_birth", 2, [a1("13/06/1990"), B]),
    Fault("354", "Begins after the year", "decom_after_return", 1, [a1("13/04/2018"), B]),
    Fault("355", "Begins and ends on one day", "same_day", 1, [a1(end="13/06/2017", rec="E4A"), B]),
    Fault("356", "Ends before it begins", "dec_before_decom", 1, [a1(end="13/05/2017", rec="E4A"), B]),
    Fault("357", "The first episode is not coded S", "starts_without_s", 2, [a1(rne="P"), B]),
    Fault("359", "Goes on past the 18th birthday", "adult_end", 1, heads=[header("a1", "13/02/2000"), HEAD_B]),
    Fault("385", "Ends after the year", "dec_after_return", 2, [a1(end="13/04/2018", rec="E4A"), B]),
    Fault(
        "", "Ended before the year", "dec_before_return", 2, [A, episode("c3", "13/06/2015", "13/06/2016", "E4A"), B]
    ),
    Fault("388", "X1 and no episode after", "continues_nowhere", 1, [a1(end="14/12/2017", rec="X1"), B]),
    Fault(
        "388",
        "X1, and the next episode a day late, on the last of March",
        "gap_bridged",
        2,
        [a1(end="31/03/2018", rec="X1"), B],
        after=[a1("01/04/2018", rne="P"), *NEXT[1:]],
    ),
    Fault(
        "388",
        "X1, and the next episode a week late",
        "gap_bridged",
        2,
        [a1(end="14/12/2017", rec="X1"), a1("21/12/2017", rne="P"), B],
    ),
    Fault(
        "388",
        "X1, and the next episode two months late",
        "continues_nowhere",
        2,
        [a1(end="14/12/2017", rec="X1"), a1("14/02/2018", rne="P"), B],
    ),
    Fault(
        "431",
        "Left, and started again the same day",
        "left_and_back",
        2,
        [a1(end="14/12/2017", rec="E4A"), a1("14/12/2017"), B],
    ),
    Fault(
        "433",
        "Left, and says later that it never did",
        "starts_without_s",
        2,
        [a1(end="14/12/2017", rec="E4A"), a1("21/12/2017", rne="P"), B],
    ),
    Fault(
        "501",
        "Begins a day before the one before ends",
        "overlap",
        2,
        [a1(end="14/12/2017", rec="X1"), a1("13/12/2017", rne="P"), B],
    ),
    Fault(
        "501",
        "One episode wholly inside another",
        "nested",
        2,
        [A, a1("13/09/2017", "14/10/2017", "X1", rne="P"), B],
    ),
    Fault("501", "One row twice", "repeat_episode", 2, [A, A, B]),
    Fault(
        "502",
        "Open at the year's end; the next return has the child by another start",
        "not_carried",
        2,
        after=[a1("14/05/2018"), *NEXT[1:]],
    ),
    Fault(
        "502",
        "Closed in the year; the next return has it open",
        "closed_then_carried",
        2,
        [a1(end="14/12/2017", rec="E4A"), B],
        after=NEXT,
    ),
    Fault("502", "Open at the year's end; the next return has not the child", "missing_next", 2, after=NEXT[1:]),
    Fault("502", "Began before the year's end, and only the next return has it", "not_in_before", 2, [B], after=NEXT),
    Fault(
        "",
        "The child's identifier changed between two returns",
        "identifier_changed",
        2,
        after=[episode("LCS7", "13/06/2017"), *NEXT[1:]],
        after_heads=[header("LCS7"), *NEXT_HEADS[1:]],
    ),
    Fault(
        "",
        "The identifier lost its noughts in front",
        "zeros_lost",
        2,
        [episode("0071", "13/06/2017"), B],
        [header("0071"), HEAD_B],
        after=[episode("71", "13/06/2017"), *NEXT[1:]],
        after_heads=[header("71"), *NEXT_HEADS[1:]],
    ),
    Fault("", "The identifier is blank", "no_child", 1, [A, episode("", "13/06/2017")]),
    Fault(
        "",
        "The identifier was rounded by a spreadsheet",
        STOPS + "a number rounded",
        None,
        [episode("1.2E+11", "13/06/2017")],
    ),
    Fault("", "Short breaks (V3, V4)", "short_break", 1, [a1(ls="V4"), B]),
    Fault(
        "",
        "A change of legal status alone",
        NOTHING,
        2,
        [a1(end="14/12/2017", rec="X1"), a1("14/12/2017", rne="L", ls="C1"), B],
    ),
    Fault("", "A foster placement with relatives (U1)", NOTHING, 2, [a1(place="U1"), B]),
    Fault("", "Other placement (Z1)", NOTHING, 2, [a1(place="Z1"), B]),
    Fault(
        "INT06",
        "Care leavers (OC3) beside, some without a header",
        "not_used",
        2,
        more={"2017-18/oc3.csv": "CHILD,DOB,IN_TOUCH,ACTIV,ACCOM\nz8,13/05/1998,YES,F1,B1\n"},
    ),
    Fault("", "NULL for a blank", "null_words", 2, [a1(end="NULL", rec="NULL"), B]),
    Fault("", "31 December 9999 for no end", "blank_dates", 2, [a1(end="31/12/9999"), B]),
    Fault("", "American dates", STOPS + "an American date", None, [a1("06/13/2017"), B]),
    Fault(
        "",
        "Two formats of dates in one file",
        STOPS + "not a date in the file's one format",
        None,
        [a1("2017-06-13"), B],
    ),
    Fault(
        "",
        "A row cut short",
        STOPS + "3 cells, expected 10",
        None,
        more={"2017-18/episodes.csv": csv([A]) + "b2,20/11/2017,S\n"},
    ),
    Fault(
        "",
        "Two episodes files of one year",
        STOPS + "a second Episodes file",
        None,
        more={"2017-18/episodes copy.csv": csv([A])},
    ),
    Fault(
        "",
        "A year missing between two",
        STOPS + "no Episodes file for 2018-19",
        None,
        more={"2019-20/episodes.csv": csv([episode("n1", "14/02/2020")]), "2019-20/header.csv": csv([header("n1")])},
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=[f"{at}-{each.rule}-{each.words[:40]}" for at, each in enumerate(FAULTS)])
def test_each_fault_has_its_resolution(tmp_path, fault):
    folder = give(tmp_path, fault.files())
    if fault.children is None:
        with pytest.raises(BadInput, match=fault.done.removeprefix(STOPS)):
            read_returns(folder)
        return
    returns = read_returns(folder)
    found = set(returns.quality()["rule"]) - {codes.RULES["rows"].text}
    assert total(returns) == fault.children
    assert (codes.RULES[fault.done].text in found) if fault.done != NOTHING else not found


def test_two_are_counted_before_any_fault(tmp_path):
    assert total(read_returns(give(tmp_path, Fault("", "", "", 2).files()))) == 2


def test_at_least_sixty_and_every_rule_of_the_dfe_that_is_named_is_known():
    assert len(FAULTS) >= 60
    named = {check for rule in codes.RULES.values() for check in rule.checks}
    assert {fault.rule for fault in FAULTS if fault.rule[:1].isdigit()} - {"353", "104"} <= named


def page() -> str:
    """The table of the docs."""
    lines = [
        "# Faults of SSDA903 returns, and what is done with each",
        "",
        "Made by `python tests/test_returns_faults.py`, whose test reads a small return with each fault in it. Before the fault two children",
        "are looked after on 31 March 2018. DfE rule: the number of the DfE's validation rule of 2024-25 on the matter, where there is one.",
        "",
        "| DfE rule | Fault | What is done | Children then |",
        "|---|---|---|---|",
    ]
    for fault in FAULTS:
        done = codes.RULES[fault.done].text if fault.done in codes.RULES else fault.done
        counted = "not read" if fault.children is None else fault.children
        lines.append(f"| {fault.rule or '-'} | {fault.words} | {done} | {counted} |")
    return "\n".join(lines) + "\n"


def test_the_docs_have_the_table():
    assert PAGE.read_text(encoding="utf-8") == page()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
    print(f"{len(FAULTS)} faults are in {PAGE.name}")
