"""Returns as councils really hold them: XML, databases' blanks, titles, years in figures, identifiers that change, gaps.

Every input is made here, row by row, and every expected figure is counted by hand from the rows beside it.
"""

import io
import random
import re
import zipfile
from datetime import date, timedelta
from xml.sax.saxutils import escape

import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forecast.case.errors import BadInput
from forecast.cli.commands import main
from forecast.sources.cin import read_cin
from forecast.sources.ssda903 import read_returns
from forecast.sources.together import kinds

MARCH = date(2018, 3, 31)
HEADINGS = ["CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "DEC", "REC", "URN"]


def episode(child, start, end="", rec="", rne="S", ls="C2", place="U4", provider="PR1"):
    return dict(zip(HEADINGS, [child, start, rne, ls, "N1", place, provider, end, rec, ""], strict=True))


def header(child, born="15/05/2008", sex="1"):
    return {"CHILD": child, "SEX": sex, "DOB": born, "ETHNIC": "WBRI"}


def csv(rows, above=(), **renamed):
    columns = list(rows[0])
    lines = [*above, ",".join(renamed.get(column, column) for column in columns)]
    return "\n".join([*lines, *(",".join(row[column] for column in columns) for row in rows)]) + "\n"


def element(name, content):
    return f"<{name}>{content}</{name}>" if content else f"<{name} />"


def xml(headers, episodes, reviews=(), uasc=(), nested=True):
    """The return as EXPSSDA903, laid out as the validators' sample; `nested`: reviews and UASC inside the HEADER."""
    children = []
    for head in headers:
        child = head["CHILD"]
        fields = {"CHILDID": child, "SEX": head["SEX"], "DOB": head["DOB"], "ETHNIC": head["ETHNIC"]}
        until = [row["DUC"] for row in uasc if row["CHILD"] == child]
        extra = "".join(element("UASC", "1") + element("DUC", day) for day in until) if nested else ""
        beside = "" if nested else "".join(element("UASC", element("DUC", day)) for day in until)
        held = "".join(
            element("AREVIEW", element("REVIEW", row["REVIEW"]) + element("REVIEW_CODE", "PN1"))
            for row in reviews
            if row["CHILD"] == child
        )
        top = "".join(element(name, escape(text)) for name, text in fields.items()) + extra + (held if nested else "")
        spells = "".join(
            element(
                "EPISODE",
                "".join(
                    element("PL" if name == "PLACE" else name, escape(text))
                    for name, text in row.items()
                    if name != "CHILD"
                ),
            )
            for row in episodes
            if row["CHILD"] == child
        )
        children.append(element("CHILD", element("HEADER", top) + ("" if nested else held + beside) + spells))
    return "<?xml version='1.0' encoding='us-ascii'?>\n" + element("EXPSSDA903", "".join(children))


def give(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def zipped(path, files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def total(returns, day=MARCH):
    return int(returns.stock(day).iloc[:, -1].sum())


def counted(returns, start):
    quality = returns.quality()
    return int(quality.loc[quality["rule"].str.startswith(start), "count"].sum())


def typed(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


# Three children: one leaves in January, two stay. And the year after: one of the two leaves in June.
STAYS = [
    episode("a1", "13/06/2017"),
    episode("a2", "02/07/2017", "10/01/2018", "E4A"),
    episode("a3", "20/11/2017"),
]
LATER = [episode("a1", "13/06/2017"), episode("a3", "20/11/2017", "05/06/2018", "E4A"), episode("a4", "14/02/2019")]
HEADS = [header("a1"), header("a2"), header("a3", "20/11/2016")]
LATER_HEADS = [header("a1"), header("a3", "20/11/2016"), header("a4", "20/01/2012")]


def one_year(episodes=STAYS, heads=HEADS, **how):
    return {"2017-18/header.csv": csv(heads), "2017-18/episodes.csv": csv(episodes, **how)}


# XML


REVIEWS = [{"CHILD": "a1", "REVIEW": "28/06/2017"}, {"CHILD": "a1", "REVIEW": "13/09/2017"}]
UASC = [{"CHILD": "a3", "DUC": "13/05/2018"}]
LAYOUTS = {
    "alone": lambda at, text: give(at, {"903.xml": text}) / "903.xml",
    "in a folder": lambda at, text: give(at, {"903.xml": text}),
    "in a folder of its year": lambda at, text: give(at, {"2017-18/return.xml": text}),
    "in a zip": lambda at, text: zipped(at / "r.zip", {"903.xml": text}),
    "in a zip in a folder": lambda at, text: zipped(at / "2017-18.zip", {"903_2018.xml": text}).parent,
    "with a namespace": lambda at, text: give(
        at, {"903.xml": text.replace("<EXPSSDA903>", '<EXPSSDA903 xmlns="http://x.org/903">')}
    ),
    "named by two figures": lambda at, text: give(at, {"SSDA903_1718.XML": text}),
    "with indents": lambda at, text: give(at, {"903.xml": text.replace("><", ">\n  <")}),
    "with PLACE for PL": lambda at, text: give(at, {"903.xml": text.replace("PL>", "PLACE>")}),
    "in small letters": lambda at, text: give(
        at, {"903.xml": re.sub(r"</?[A-Z0-9_]+", lambda found: found[0].lower(), text)}
    ),
}


@pytest.mark.parametrize(("layout", "nested"), [*((layout, True) for layout in LAYOUTS), ("alone", False)])
def test_a_return_as_xml_is_counted_as_its_csv_files_are(tmp_path, layout, nested):
    returns = read_returns(LAYOUTS[layout](tmp_path, xml(HEADS, STAYS, REVIEWS, UASC, nested)))
    files = one_year() | {"2017-18/reviews.csv": csv(REVIEWS), "2017-18/uasc.csv": csv(UASC)}
    beside = read_returns(give(tmp_path / "csv", files))
    assert total(returns) == 2 and int(returns.stock(MARCH).query("uasc")["children"].sum()) == 1
    assert returns.reviews().to_dict("list") == {"month": ["2017-06", "2017-09"], "reviews": [1, 1]}
    for table in ("exposure", "durations", "entries", "open_at_end", "reviews"):
        assert getattr(returns, table)().equals(getattr(beside, table)()), table


def test_xml_and_csv_years_lie_side_by_side(tmp_path):
    files = one_year() | {"2018-19/return.xml": xml(LATER_HEADS, LATER)}
    returns = read_returns(give(tmp_path, files))
    assert (total(returns), total(returns, date(2019, 3, 31))) == (2, 2)
    assert typed("returns", tmp_path, "--json").exit_code == 0


def test_two_xml_files_without_a_year_in_their_names_take_it_from_their_dates(tmp_path):
    returns = read_returns(give(tmp_path, {"old.xml": xml(HEADS, STAYS), "new.xml": xml(LATER_HEADS, LATER)}))
    assert (total(returns), total(returns, date(2019, 3, 31))) == (2, 2)


def test_csv_files_beside_the_xml_of_the_same_year_are_left(tmp_path):
    returns = read_returns(give(tmp_path, one_year(STAYS[:1], HEADS[:1]) | {"2017-18/a.xml": xml(HEADS, STAYS)}))
    assert total(returns) == 2 and counted(returns, "tables beside the return's XML") == 2


GOOD = xml(HEADS, STAYS)
XML_STOPS = {
    "billion laughs": (GOOD.replace("<EXP", '<!DOCTYPE x [<!ENTITY a "b">]><EXP', 1), "billion laughs"),
    "outside entity": (GOOD.replace("<EXP", '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><EXP', 1), "XXE"),
    "document type": (GOOD.replace("<EXP", "<!DOCTYPE x><EXP", 1), "document type"),
    "cut": (GOOD[: len(GOOD) // 2], "not well formed XML .*ends with </EXPSSDA903>"),
    "another root": (GOOD.replace("EXPSSDA903", "Workforce"), "first element is not EXPSSDA903"),
    "empty": ("", "the file is empty"),
    "no child": ("<EXPSSDA903></EXPSSDA903>", "no Child element"),
    "two starts": (GOOD.replace("<DECOM>", "<DECOM>14/05/2017</DECOM><DECOM>", 1), "one field given twice"),
    "a date that is none": (GOOD.replace("13/06/2017", "31/06/2017"), "Child 1, DECOM: not a date of the calendar"),
    "no episode": (xml(HEADS, []), "headings and no rows"),
    "two headers": (GOOD.replace("</HEADER>", "</HEADER><HEADER><CHILDID>zz</CHILDID></HEADER>", 1), "second HEADER"),
}


@pytest.mark.parametrize(("text", "said"), XML_STOPS.values(), ids=list(XML_STOPS))
def test_damaged_xml_stops(tmp_path, text, said):
    with pytest.raises(BadInput, match=said) as caught:
        read_returns(give(tmp_path, {"my team's 903.xml": text}))
    assert "my team's 903.xml" in str(caught.value) and "zz" not in str(caught.value)


# Blank dates and words


BLANKS = [
    *("01/01/1900", "1/1/1900", "01/01/1900 00:00", "01/01/1900 00:00:00", "00/01/1900", "30/12/1899"),
    *("31/12/9999", "31/12/9999 23:59:59", "9999-12-31", "1900-01-01T00:00:00", "0001-01-01", "01/01/1753"),
    *("01/01/1970", "31/12/2999", "00/00/0000", "0"),
    *("NULL", "null", "(null)", "N/A", "#N/A", "nan", "NaT", "None", "-"),
]


@pytest.mark.parametrize(
    ("blank", "form"),
    [*((blank, "csv") for blank in BLANKS), ("01/01/1900", "xml"), ("9999-12-31", "xml"), ("NULL", "xml")],
)
def test_a_database_s_blank_is_blank_and_counted(tmp_path, blank, form):
    rows = [row | {"DEC": row["DEC"] or blank, "REC": row["REC"] or "NULL"} for row in STAYS]
    files = one_year(rows) if form == "csv" else {"903.xml": xml(HEADS, rows)}
    returns = read_returns(give(tmp_path, files))
    date_like = blank[:1].isdigit()
    assert total(returns) == 2
    assert counted(returns, "dates that databases write for none") == (2 if date_like else 0)
    assert counted(returns, "NULL, N/A and other words") == (2 if date_like else 4)


def test_blank_births_and_starts_are_blank_too(tmp_path):
    heads = [header("a1", "01/01/1900"), *HEADS[1:]]
    returns = read_returns(give(tmp_path / "births", one_year(heads=heads)))
    assert total(returns) == 2 and returns.stock(MARCH).groupby("age_band")["children"].sum()["unknown"] == 1
    rows = [episode("a1", "01/01/1900"), *STAYS[1:]]
    returns = read_returns(give(tmp_path / "starts", one_year(rows)))
    assert total(returns) == 1 and counted(returns, "blank DECOM") == 1
    assert "blank DECOM" in returns.warnings()[0], "one of three left out is told first"


# Dates: the rule that is broken, as it was broken


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("13/04/1066", "within the range: its year is before 1900"),
        ("13/06/2171", "within the range: its year is 2100 or later"),
        ("31/06/2017", "of the calendar"),
        ("29/02/2017", "of the calendar"),
        ("2017-06-13", "one format: it is written yyyy-mm-dd"),
        ("42899", "one format: it is a number, as spreadsheets keep dates"),
        ("13/06/17", "one format: its year has two figures; expected a date written dd/mm/yyyy"),
        ("13/06/2017 14:30", "one format: something stands after the day"),
        ("06/13/2017", "American date"),
        ("last June", "one format; expected"),
    ],
)
def test_a_date_that_stops_is_told_by_the_rule_it_breaks(tmp_path, written, said):
    rows = [*STAYS, episode("a5", written)]
    with pytest.raises(BadInput, match="episodes.csv, line 5, DECOM: .*" + re.escape(said)) as caught:
        read_returns(give(tmp_path, one_year(rows, [*HEADS, header("a5")])))
    assert written not in str(caught.value)


# Headings and layout


TITLES = {
    "a blank line": [""],
    "two blank lines": ["", ""],
    "a line of commas": [",,,,,,,,,"],
    "a title": ["SSDA903 Episodes 2017-18"],
    "a title in the first of ten cells": ["SSDA903 Episodes 2017-18,,,,,,,,,"],
    "a title and a blank line": ["Looked after children: episodes", ""],
    "Excel's own first line": ["sep=,"],
    "who ran it and when": ["Report run by,Business Objects", "On,13/05/2018", ""],
}


@pytest.mark.parametrize("above", TITLES.values(), ids=list(TITLES))
def test_lines_above_the_headings_are_passed_over_and_counted(tmp_path, above):
    returns = read_returns(give(tmp_path, one_year(above=above)))
    filled = sum(bool(line.strip(",")) for line in above)
    assert total(returns) == 2 and counted(returns, "lines above the headings") == filled
    assert counted(returns, "blank rows") == len(above) - filled


@pytest.mark.parametrize(
    "renamed",
    [
        {"CHILD": "Child ID"},
        {"CHILD": "Child Unique ID"},
        {"CHILD": "childid", "PLACE": "PL"},
        {"DECOM": "Date Episode Commenced", "DEC": "Date Episode Ceased"},
        {"DECOM": "Episode Start Date", "DEC": "Episode End Date", "RNE": "Reason for New Episode"},
        {"LS": "Legal Status", "PLACE": "Placement Type", "PLACE_PROVIDER": "Placement Provider"},
        {"REC": "Reason Episode Ceased", "CHILD": "LA Child ID"},
    ],
    ids=str,
)
def test_other_words_for_a_heading(tmp_path, renamed):
    returns = read_returns(give(tmp_path, one_year(**renamed)))
    assert total(returns) == 2 and total(returns, date(2017, 12, 31)) == 3


def test_a_heading_s_synonym_beside_it_is_left(tmp_path):
    rows = [row | {"Legal Status": "Full care order"} for row in STAYS]
    assert total(read_returns(give(tmp_path, one_year(rows)))) == 2


@pytest.mark.parametrize(
    ("renamed", "said"),
    [
        ({"DECOM": "DECOMM"}, r"line 1: no column DECOM \(found DECOMM\)"),
        ({"PLACE": "PLACED"}, r"no column PLACE \(found PLACED\)"),
        ({"CHILD": "CHILDS"}, r"no column CHILD \(found CHILDS\)"),
        ({"DEC": "DECEASED"}, r"no column DEC \(found DECEASED\)"),
        ({"LS": "zzz"}, r"no column LS; expected"),
    ],
)
def test_a_heading_lost_is_told_with_the_nearest_found(tmp_path, renamed, said):
    with pytest.raises(BadInput, match=said):
        read_returns(give(tmp_path, one_year(**renamed)))


YEARS = [
    ("episodes_1718.csv", "episodes_1819.csv"),
    ("episodes 17-18.csv", "episodes 18-19.csv"),
    ("Episodes17_18.csv", "Episodes18_19.csv"),
    ("SSDA903_1718_episodes.csv", "SSDA903_1819_episodes.csv"),
    ("episodes 2017 to 2018.csv", "episodes 2018 to 2019.csv"),
    ("1718/episodes.csv", "1819/episodes.csv"),
    ("episodes 2017 - 18.csv", "episodes 2018 - 19.csv"),
    ("FY17-18 episodes.csv", "FY18-19 episodes.csv"),
    ("episodes 2017–18.csv", "episodes 2018–19.csv"),
]


@pytest.mark.parametrize("names", YEARS, ids=str)
def test_years_in_two_figures(tmp_path, names):
    files = {}
    for name, rows, heads in zip(names, (STAYS, LATER), (HEADS, LATER_HEADS), strict=True):
        files[name] = csv(rows)
        files[name.replace("pisodes", "_").replace("E_", "header").replace("e_", "header")] = csv(heads)
    returns = read_returns(give(tmp_path, files))
    assert (total(returns), total(returns, date(2019, 3, 31))) == (2, 2)


# Gaps


def gap(days, rec="X1", rne="P", end=date(2018, 3, 29)):
    back = end + timedelta(days)
    first = episode("a1", "13/06/2017", f"{end:%d/%m/%Y}", rec)
    return [first, episode("a1", f"{back:%d/%m/%Y}", rne=rne, place="U6", provider="PR4"), episode("a3", "20/11/2017")]


def over_two_years(rows):
    """The rows as two returns: those begun by 31 March 2018, and all of them."""
    first = [row for row in rows if "/".join(row["DECOM"].split("/")[::-1]) <= "2018/03/31"]
    return {
        "2017-18/episodes.csv": csv(first),
        "2017-18/header.csv": csv(HEADS),
        "2018-19/episodes.csv": csv([row for row in rows if row["DEC"] == "" or row not in first] or first),
        "2018-19/header.csv": csv(HEADS),
    }


@pytest.mark.parametrize(
    ("days", "rne"), [(1, "P"), (2, "P"), (3, "P"), (7, "P"), (31, "P"), (2, "L"), (2, "T"), (2, "B"), (2, "U")]
)
def test_a_short_gap_where_both_codes_say_the_child_stayed_is_bridged(tmp_path, days, rne):
    returns = read_returns(give(tmp_path, over_two_years(gap(days, rne=rne))))
    assert [total(returns, MARCH + timedelta(day)) for day in range(-3, 4)] == [2] * 7
    flows = returns.monthly_stock("2018-03", "2018-05")
    assert flows[["starts", "ends"]].to_numpy().sum() == 0 and flows["moves"].sum() == 1
    assert counted(returns, "gap of up to 31 days") == 1


@pytest.mark.parametrize(
    ("days", "rec", "rne"),
    [(32, "X1", "P"), (60, "X1", "L"), (2, "E4A", "P"), (2, "X1", "S"), (2, "", "P"), (2, "E8", "S")],
)
def test_a_gap_is_kept_where_a_code_says_otherwise_or_it_is_long(tmp_path, days, rec, rne):
    returns = read_returns(give(tmp_path, over_two_years(gap(days, rec, rne))))
    assert total(returns, date(2018, 3, 28)) == 2 and total(returns, date(2018, 3, 30)) == 1
    assert counted(returns, "gap of up to 31 days") == 0


def test_a_gap_within_one_return_is_bridged_too(tmp_path):
    returns = read_returns(give(tmp_path, one_year(gap(2, end=date(2017, 9, 1)))))
    assert [total(returns, date(2017, 9, day)) for day in (1, 2, 3)] == [1, 1, 1]


# Short breaks


def test_short_breaks_are_told_and_counted_in_when_asked(tmp_path):
    rows = [
        *STAYS,
        episode("b1", "13/06/2017", ls="V4"),
        episode("b2", "13/06/2017", "13/09/2017", "E8", ls="V3"),
        episode("a1", "14/06/2017", ls="V3"),  # looked after already: no more
    ]
    folder = give(tmp_path, one_year(rows, [*HEADS, header("b1"), header("b2", "01/03/2004")]))
    plain, whole = read_returns(folder), read_returns(folder, with_short_breaks=True)
    for day, ours, more in ((MARCH, 2, 1), (date(2017, 8, 1), 2, 2), (date(2017, 12, 1), 3, 1)):
        assert (total(plain, day), plain.short_breaks(day)) == (ours, more), day
        assert (total(whole, day), whole.short_breaks(day)) == (ours + more, more), day
    said = typed("returns", folder, "--stock", "2018-03-31").output
    assert "2 looked-after children" in said and "1 more, not counted, on short breaks (V3, V4)" in said
    said = typed("returns", folder, "--with-short-breaks", "--stock", "2018-03-31").output
    assert "3 looked-after children" in said and "1 of them on short breaks (V3, V4)" in said


def test_nobody_is_on_short_breaks_from_18(tmp_path):
    rows, heads = [*STAYS, episode("b1", "13/06/2017", ls="V4")], [*HEADS, header("b1", "31/03/2000")]
    returns = read_returns(give(tmp_path, one_year(rows, heads)))
    assert returns.short_breaks(date(2018, 3, 30)) == 1 and returns.short_breaks(MARCH) == 0


# Identifiers that change


def sixty(prefix="", number=60, same_birth=False):
    """Children who started on sixty days of 2017-18 and stay, with their births."""
    days = [date(2017, 4, 20) + timedelta(300 // number * at) for at in range(number)]
    born = [date(2005, 1, 15) if same_birth else date(2005, 1, 15) + timedelta(61 * at) for at in range(number)]
    names = [f"{prefix}{1000 + at}" for at in range(number)]
    episodes = [episode(name, f"{day:%d/%m/%Y}") for name, day in zip(names, days, strict=True)]
    heads = [
        header(name, f"{day:%d/%m/%Y}", "12"[at % 2]) for at, (name, day) in enumerate(zip(names, born, strict=True))
    ]
    return episodes, heads


def renamed(rows, how):
    return [row | {"CHILD": how(at, row["CHILD"])} for at, row in enumerate(rows)]


LATEST = [episode("n1", "14/02/2019"), episode("n2", "15/03/2019")]
LATEST_HEADS = [header("n1", "20/01/2012"), header("n2", "20/01/2013")]
CHANGES = {
    "a prefix": (lambda at, name: f"LCS-{name}", 60),
    "other numbers": (lambda at, name: str(700_000 + 7 * at), 60),
    "numbers the other way round": (lambda at, name: f"{9_000_000 - at}", 60),
    "half of them": (lambda at, name: name if at % 2 else f"M{name}", 30),
    "one of them": (lambda at, name: f"M{name}" if at == 7 else name, 1),
    "numbers that were others' before": (lambda at, name: str(int(name) + 10), 60),
    "the same numbers in another order": (lambda at, name: str(1000 + (at * 7 + 3) % 60), 60),
    "letters": (lambda at, name: "".join(chr(97 + int(digit)) for digit in name), 60),
}


def two_years(tmp_path, how, **more):
    episodes, heads = sixty(**more)
    files = {
        "2017-18/episodes.csv": csv(episodes),
        "2017-18/header.csv": csv(heads),
        "2018-19/episodes.csv": csv([*renamed(episodes, how), *LATEST]),
        "2018-19/header.csv": csv([*renamed(heads, how), *LATEST_HEADS]),
    }
    return give(tmp_path, files)


@pytest.mark.parametrize(("how", "changed"), CHANGES.values(), ids=list(CHANGES))
def test_children_whose_identifiers_changed_are_counted_once(tmp_path, how, changed):
    same_birth = changed == 60  # the starts differ
    folder = two_years(tmp_path, how, same_birth=same_birth)
    returns = read_returns(folder)
    assert (total(returns), total(returns, date(2019, 3, 31))) == (60, 62)
    flows = returns.monthly_stock("2018-04", "2019-03")
    assert flows[["starts", "ends", "moves"]].sum().tolist() == [2, 0, 0]
    assert counted(returns, "identifiers that changed") == changed
    said = typed("returns", folder).output.splitlines()
    assert said[0].startswith("LOOK FIRST: 2018-19/episodes.csv: identifiers that changed")
    asked = typed("returns", folder, "--json").output
    assert list(__import__("json").loads(asked))[1] == "warnings" and "identifiers that changed" in asked


def test_a_control_with_the_same_identifiers_warns_of_nothing(tmp_path):
    returns = read_returns(two_years(tmp_path, lambda at, name: name))
    assert total(returns) == 60 and returns.warnings() == []


def test_sexes_written_otherwise_do_not_hide_a_child(tmp_path):
    folder = two_years(tmp_path, CHANGES["a prefix"][0])
    file = folder / "2018-19" / "header.csv"
    file.write_text(file.read_text().replace(",1,", ",M,").replace(",2,", ",F,"))
    assert total(read_returns(folder)) == 60
    file.write_text(file.read_text().replace(",M,", ",,"))
    assert total(read_returns(folder)) == 60, "a blank sex leaves the birth and the start"


def test_a_boy_does_not_become_a_girl(tmp_path):
    files = one_year() | {
        "2018-19/episodes.csv": csv([episode("m1", "13/06/2017"), *LATER[1:]]),
        "2018-19/header.csv": csv([header("m1", sex="2"), *LATER_HEADS]),
    }
    returns = read_returns(give(tmp_path, files))
    assert counted(returns, "identifiers that changed") == 0 and total(returns) == 3
    assert [counted(returns, words) for words in ("children open at", "children who began by the last day")] == [1, 1]


def test_a_start_that_is_corrected_changes_no_child(tmp_path):
    files = one_year() | {
        "2018-19/episodes.csv": csv([episode("a1", "14/06/2017"), *LATER[1:]]),
        "2018-19/header.csv": csv(LATER_HEADS),
    }
    returns = read_returns(give(tmp_path, files))
    assert total(returns) == 2 and returns.warnings() == []
    assert counted(returns, "identifiers that changed") == counted(returns, "children who began by the last day") == 0


def test_a_number_given_anew_is_another_child(tmp_path):
    """a1 stays under a number of the new system's; a1 is then another child, who started before and was a2's brother."""
    files = {
        "2017-18/episodes.csv": csv([*STAYS, episode("a9", "14/08/2017")]),
        "2017-18/header.csv": csv([*HEADS, header("a9", "20/01/2011")]),
        "2018-19/episodes.csv": csv([episode("n7", "13/06/2017"), episode("a1", "14/08/2017"), *LATER[1:]]),
        "2018-19/header.csv": csv([header("n7"), header("a1", "20/01/2011"), *LATER_HEADS[1:]]),
    }
    returns = read_returns(give(tmp_path, files))
    assert total(returns) == 3 and returns.stock(MARCH).query("age_band == '5_9'")["children"].sum() == 2
    assert counted(returns, "identifiers that changed") == 2 and counted(returns, "children with two dates") == 0


def test_a_number_whose_births_differ_is_two_children_s(tmp_path):
    files = one_year() | {
        "2018-19/episodes.csv": csv([episode("a1", "14/08/2017"), *LATER[1:]]),
        "2018-19/header.csv": csv([header("a1", "20/01/2011"), *LATER_HEADS[1:]]),
    }
    returns = read_returns(give(tmp_path, files))
    assert total(returns) == 3 and total(returns, date(2018, 4, 1)) == 2
    assert [counted(returns, words) for words in ("children open at", "children who began by the last day")] == [1, 1]


def test_twins_are_two_whichever_is_which(tmp_path):
    episodes = [episode("t1", "13/06/2017"), episode("t2", "13/06/2017"), *STAYS]
    heads = [header("t1"), header("t2"), *HEADS]
    after = [episode("m9", "13/06/2017"), episode("m8", "13/06/2017", "14/07/2018", "E4A"), *LATER]
    files = {
        "2017-18/episodes.csv": csv(episodes),
        "2017-18/header.csv": csv(heads),
        "2018-19/episodes.csv": csv(after),
        "2018-19/header.csv": csv([header("m8"), header("m9"), *LATER_HEADS]),
    }
    returns = read_returns(give(tmp_path, files))
    assert (total(returns), total(returns, date(2019, 3, 31))) == (4, 3)


def test_identifiers_that_change_twice(tmp_path):
    files, names = {}, (lambda at, name: name, lambda at, name: f"B{name}", lambda at, name: f"{at}C")
    episodes, heads = sixty(number=10)
    last = {2018: [], 2019: LATEST, 2020: [*LATEST, episode("n3", "14/03/2020")]}
    for year, how in zip(last, names, strict=True):
        folder = f"{year - 1}-{year % 100}"
        files[f"{folder}/episodes.csv"] = csv([*renamed(episodes, how), *last[year]])
        files[f"{folder}/header.csv"] = csv([*renamed(heads, how), *LATEST_HEADS, header("n3")])
    returns = read_returns(give(tmp_path, files))
    assert [total(returns, date(year, 3, 31)) for year in last] == [10, 12, 13]
    assert counted(returns, "identifiers that changed") == 20


@pytest.mark.parametrize("what", ["births", "starts"])
def test_changed_identifiers_that_nothing_matches_stop(tmp_path, what):
    episodes, heads = sixty()
    after = renamed(episodes, CHANGES["a prefix"][0])
    if what == "starts":
        after = [row | {"DECOM": row["DECOM"].replace("/2017", "/2016")} for row in after]
    later = [header(f"LCS-{row['CHILD']}", "15/01/2006" if what == "births" else row["DOB"]) for row in heads]
    files = {
        "2017-18/episodes.csv": csv(episodes),
        "2017-18/header.csv": csv(heads),
        "2018-19/episodes.csv": csv([*after, *LATEST]),
        "2018-19/header.csv": csv([*later, *LATEST_HEADS]),
    }
    with pytest.raises(BadInput, match="identifiers have changed") as caught:
        read_returns(give(tmp_path, files))
    assert "2018-19/episodes.csv: 5" in str(caught.value) or "2018-19/episodes.csv: 60" in str(caught.value)


def test_children_lost_from_the_next_return_are_told_first(tmp_path):
    episodes, heads = sixty(number=75)
    files = {
        "2017-18/episodes.csv": csv(episodes),
        "2017-18/header.csv": csv(heads),
        "2018-19/episodes.csv": csv([*episodes[20:], *LATEST]),
        "2018-19/header.csv": csv([*heads, *LATEST_HEADS]),
    }
    returns = read_returns(give(tmp_path, files))
    first = returns.warnings()[0]
    assert "not in the next return at all: taken as ended on 1 April: 20 of 75" in first
    assert total(returns) == 75


def test_a_child_who_began_before_the_return_before_ended_and_is_not_in_it_has_a_line(tmp_path):
    files = {
        "2017-18/episodes.csv": csv(STAYS),
        "2017-18/header.csv": csv(HEADS),
        "2018-19/episodes.csv": csv([*LATER, episode("late", "01/02/2018")]),
        "2018-19/header.csv": csv([*LATER_HEADS, header("late", "13/05/2011")]),
    }
    returns = read_returns(give(tmp_path, files))
    assert total(returns) == 3 and counted(returns, "children who began by the last day") == 1


ZEROS = {
    "the first year lost them": (["0101", "0102", "0103"], 0),
    "the second year lost them": (["0101", "0102", "0103"], 1),
    "one of three has them": (["0101", "102", "103"], 0),
    "two noughts": (["00101", "00102", "00103"], 0),
    "a long number": (["0009434765919", "102", "103"], 1),
    "of different length": (["0101", "00102", "000103"], 1),
}


@pytest.mark.parametrize(("names", "lost"), ZEROS.values(), ids=list(ZEROS))
def test_noughts_lost_in_front_of_identifiers(tmp_path, names, lost):
    def how(year):
        known = dict(zip(("a1", "a2", "a3"), names, strict=True))
        return lambda at, name: known.get(name, name).lstrip("0") if year == lost else known.get(name, name)

    files = {
        "2017-18/episodes.csv": csv(renamed(STAYS, how(0))),
        "2017-18/header.csv": csv(renamed(HEADS, how(0))),
        "2018-19/episodes.csv": csv(renamed(LATER, how(1))),
        "2018-19/header.csv": csv(renamed(LATER_HEADS, how(1))),
    }
    returns = read_returns(give(tmp_path, files))
    assert (total(returns), total(returns, date(2019, 3, 31))) == (2, 2)
    assert counted(returns, "identifiers that lost noughts") > 0 and "lost noughts" in returns.warnings()[0]


@pytest.mark.parametrize("number", [4, 10, 19])
def test_a_small_return_under_other_identifiers_is_told_first(tmp_path, number):
    episodes, heads = sixty(number=number)
    others = [row | {"CHILD": f"LCS{at}"} for at, row in enumerate(episodes)]
    files = {
        "2017-18/episodes.csv": csv(episodes),
        "2017-18/header.csv": csv(heads),
        "2018-19/episodes.csv": csv([*others, *LATEST]),
        "2018-19/header.csv": csv([header(row["CHILD"], "15/01/2006") for row in others] + LATEST_HEADS),
    }
    said = read_returns(give(tmp_path, files)).warnings()[0]
    assert "identifiers have probably changed" in said and f": {number} of " in said


def test_noughts_lost_in_one_file_of_a_return(tmp_path):
    names = lambda at, name: {"a1": "0101", "a2": "0102", "a3": "0103"}[name]  # noqa: E731
    short = [row | {"CHILD": row["CHILD"].lstrip("0")} for row in renamed(STAYS, names)]
    returns = read_returns(give(tmp_path, one_year(short, renamed(HEADS, names))))
    assert total(returns) == 2 and counted(returns, "children with episodes and no date of birth") == 0


def test_noughts_may_tell_two_children_apart(tmp_path):
    rows = [episode("0101", "13/06/2017"), episode("101", "14/07/2017")]
    returns = read_returns(give(tmp_path, one_year(rows, [header("0101"), header("101", "20/01/2004")])))
    assert total(returns) == 2 and returns.warnings() == []


# Plans


def plan(child, start, end="", born="2014-03-27", sex="M", closed=""):
    return {"child": child, "start": start, "end": end, "born": born, "sex": sex, "closed": closed}


def census(year, plans):
    children = "".join(
        element(
            "Child",
            element(
                "ChildIdentifiers",
                element("LAchildID", row["child"])
                + element("PersonBirthDate", row["born"])
                + element("Sex", row["sex"]),
            )
            + element(
                "CINdetails",
                element("CINreferralDate", "2017-04-01")
                + (element("CINclosureDate", row["closed"]) if row["closed"] else "")
                + element(
                    "ChildProtectionPlans",
                    element("CPPstartDate", row["start"])
                    + (element("CPPendDate", row["end"]) if row["end"] else "")
                    + "<InitialCategoryOfAbuse>NEG</InitialCategoryOfAbuse>"
                    "<LatestCategoryOfAbuse>NEG</LatestCategoryOfAbuse><NumberOfPreviousCPP>0</NumberOfPreviousCPP>",
                ),
            ),
        )
        for row in plans
    )
    top = element("Header", element("CollectionDetails", element("Collection", "CIN") + element("Year", str(year))))
    return element("Message", top + element("Children", children))


def table(plans):
    return csv(
        [
            {
                "LAchildID": row["child"],
                "CPPstartDate": row["start"],
                "CPPendDate": row["end"],
                "PersonBirthDate": row["born"],
                "Sex": row["sex"],
                "NumberOfPreviousCPP": "0",
                "InitialCategoryOfAbuse": "NEG",
                "LatestCategoryOfAbuse": "NEG",
                "CINclosureDate": row["closed"],
            }
            for row in plans
        ]
    )


FORTY = [
    plan(f"K{at}", str(date(2017, 4, 20) + timedelta(8 * at)), born=str(date(2014, 3, 27) + timedelta(at % 4)))
    for at in range(40)
]
TEN = [plan(f"n{at}", f"2018-{at % 8 + 4:02d}-11") for at in range(9)] + [plan("n9", "2019-03-11")]
PLAN_CHANGES = {
    "a prefix": lambda row: row | {"child": f"M{row['child']}"},
    "numbers": lambda row: row | {"child": f"{5000 + 3 * int(row['child'][1:])}"},
    "and sexes in figures": lambda row: row | {"child": f"M{row['child']}", "sex": "1"},
    "every second": lambda row: row if int(row["child"][1:]) % 2 else row | {"child": f"M{row['child']}"},
    "and a first letter small": lambda row: row | {"child": f"m{row['child']}"},
}


@pytest.mark.parametrize("how", PLAN_CHANGES.values(), ids=list(PLAN_CHANGES))
@pytest.mark.parametrize("form", [census, lambda year, plans: table(plans)], ids=["xml", "csv"])
def test_plans_of_children_whose_identifiers_changed_are_counted_once(tmp_path, how, form):
    ending = ".xml" if form is census else ".csv"
    first, second = form(2018, FORTY), form(2019, [*map(how, FORTY), *TEN])
    plans = read_cin(give(tmp_path, {f"2017-18/plans{ending}": first, f"2018-19/plans{ending}": second}))
    assert (total(plans), total(plans, date(2019, 3, 31))) == (40, 50)
    assert "identifiers that changed" in plans.warnings()[0]
    said = typed("plans", tmp_path).output.splitlines()
    assert said[0].startswith("LOOK FIRST: ") and "identifiers that changed" in said[0]


def test_plans_with_the_same_identifiers_warn_of_nothing(tmp_path):
    files = {"cin_2018.xml": census(2018, FORTY), "cin_2019.xml": census(2019, [*FORTY, *TEN])}
    plans = read_cin(give(tmp_path, files))
    assert (total(plans), plans.warnings()) == (40, [])


def test_plans_lost_from_the_next_return_are_told_first(tmp_path):
    files = {"cin_2018.xml": census(2018, FORTY), "cin_2019.xml": census(2019, [*FORTY[10:], *TEN])}
    plans = read_cin(give(tmp_path, files))
    assert total(plans) == 40 and "none of them in the next return" in plans.warnings()[0]
    assert "10 of 40" in plans.warnings()[0]


def test_plans_whose_children_nothing_matches_stop(tmp_path):
    other = [row | {"child": f"M{row['child']}", "born": "2012-01-01"} for row in FORTY]
    files = {"cin_2018.xml": census(2018, FORTY), "cin_2019.xml": census(2019, [*other, *TEN])}
    with pytest.raises(BadInput, match="identifiers have changed"):
        read_cin(give(tmp_path, files))


def test_few_plans_whose_children_nothing_matches_are_told_first(tmp_path):
    other = [row | {"child": f"M{row['child']}", "born": "2012-01-01"} for row in FORTY[:8]]
    files = {"cin_2018.xml": census(2018, FORTY[:8]), "cin_2019.xml": census(2019, other)}
    said = read_cin(give(tmp_path, files)).warnings()[0]
    assert said.startswith("cin_2019.xml: ") and "identifiers have probably changed" in said and ": 8 of 8" in said


@pytest.mark.parametrize("form", [census, lambda year, plans: table(plans)], ids=["xml", "csv"])
@pytest.mark.parametrize("lost", [0, 1], ids=["in the first return", "in the second"])
@pytest.mark.parametrize("births", ["known", "none"])
def test_noughts_lost_in_front_of_identifiers_of_plans(tmp_path, form, lost, births):
    """Two children on plans in both returns, whose numbers a spreadsheet shortened in one of them: two, not four."""
    rows = [plan("0101", "2017-06-01"), plan("00102", "2017-07-01", "2018-12-01")]
    rows = rows if births == "known" else [row | {"born": ""} for row in rows]
    short = [row | {"child": row["child"].lstrip("0")} for row in rows]
    years = [short, rows] if lost == 0 else [rows, short]
    ending = "xml" if form is census else "csv"
    files = {f"{2017 + at}-{18 + at}/plans.{ending}": form(2018 + at, years[at]) for at in (0, 1)}
    plans = read_cin(give(tmp_path, files))
    assert (total(plans), total(plans, date(2018, 11, 30)), total(plans, date(2019, 3, 31))) == (2, 2, 1)
    assert "lost noughts" in plans.warnings()[0] and counted(plans, "identifiers that lost noughts") == 2


def test_noughts_may_tell_two_children_with_plans_apart(tmp_path):
    rows = [plan("0101", "2017-06-01"), plan("101", "2017-07-01", born="2009-02-02")]
    plans = read_cin(give(tmp_path, {"cin_2018.xml": census(2018, rows), "cin_2019.xml": census(2019, rows)}))
    assert (total(plans), plans.warnings()) == (2, [])


@pytest.mark.parametrize("form", [census, lambda year, plans: table(plans)], ids=["xml", "csv"])
def test_a_plan_open_in_a_closed_case_is_counted_and_told(tmp_path, form):
    rows = [
        plan("c1", "2017-06-01"),
        plan("c2", "2017-07-01", "2018-01-10", closed="2018-02-01"),
        plan("c3", "2017-11-20", closed="2018-02-01"),
        plan("c4", "2018-03-13", closed="2018-05-01"),  # after the return's last day: its own return will tell
        plan("c5", "2017-05-01", "9999-12-31", closed="1900-01-01"),
    ]
    plans = read_cin(give(tmp_path, {f"2017-18/plans{'.xml' if form is census else '.csv'}": form(2018, rows)}))
    assert total(plans) == 4 and counted(plans, "the case was closed (CINclosureDate)") == 1
    assert counted(plans, "dates that databases write for none") == 2


# Any history


DAYS = st.integers(0, 700)
LIVES = st.lists(
    st.tuples(
        st.integers(100, 6000),
        DAYS,
        st.lists(
            st.tuples(
                st.integers(1, 200),
                st.sampled_from(["C2", "V2", "V4"]),
                st.sampled_from(["U4", "K2", "U1"]),
                st.booleans(),
            ),
            min_size=1,
            max_size=4,
        ),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)
FIRST = date(2016, 5, 1)


def histories(lives):
    """Headers and episodes of lives drawn: adjoining spells, the last one left or open; some are UASC, some reviewed."""
    heads, rows, uasc, reviews = [header("z0", "13/05/2010")], [episode("z0", "13/05/2016")], [], []
    for number, (age, first, spells, is_open) in enumerate(lives):
        child, day = f"c{number}", FIRST + timedelta(first)
        heads.append(header(child, f"{day - timedelta(age):%d/%m/%Y}", "12"[number % 2]))
        for at, (length, ls, place, moves) in enumerate(spells):
            end, last = day + timedelta(length), at == len(spells) - 1
            written = "" if last and is_open else f"{end:%d/%m/%Y}"
            reason = "" if not written else "E4A" if last else "X1"
            rows.append(
                episode(child, f"{day:%d/%m/%Y}", written, reason, "S" if at == 0 else "P" if moves else "L", ls, place)
            )
            day = end
        if age % 3 == 0:
            uasc.append({"CHILD": child, "DUC": f"{day:%d/%m/%Y}" if age % 2 else ""})
        reviews.append({"CHILD": child, "REVIEW": f"{FIRST + timedelta(first + 20):%d/%m/%Y}"})
    return heads, rows, uasc, reviews


def day_of(text):
    return date(*map(int, reversed(text.split("/"))))


def as_returned(lives, year):
    """What the return of a year has of the lives: what touches it, closed only where it ended by 31 March."""
    first, last = date(year - 1, 4, 1), date(year, 3, 31)
    heads, rows, uasc, reviews = histories(lives)
    seen = []
    for row in rows:
        if day_of(row["DECOM"]) > last or (row["DEC"] and day_of(row["DEC"]) < first):
            continue
        over = row["DEC"] and day_of(row["DEC"]) <= last
        seen.append(row if over else row | {"DEC": "", "REC": ""})
    held = [row for row in reviews if first <= day_of(row["REVIEW"]) <= last]
    return heads, seen, uasc, held


def counts(returns):
    tables = [returns.monthly_stock("2016-04", "2018-03"), returns.exposure(), returns.durations(), returns.reviews()]
    return [table.to_csv() for table in tables] + [returns.short_breaks(date(2017, 9, day)) for day in range(1, 30, 7)]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(lives=LIVES, chance=st.randoms(use_true_random=False))
def test_xml_csv_shuffles_and_repeats_give_the_same_counts(tmp_path_factory, lives, chance):
    def written(form, mixed, how=None):
        files = {}
        for year in (2017, 2018):
            heads, rows, uasc, reviews = map(list, as_returned(lives, year))
            if how and year == 2018:
                heads, rows, uasc, reviews = (renamed(some, how) for some in (heads, rows, uasc, reviews))
            if mixed:
                rows += chance.sample(rows, len(rows) // 2)
                for some in (heads, rows, uasc, reviews):
                    chance.shuffle(some)
            if form(year) == "xml":
                files[f"{year}/903.xml"] = xml(heads, rows, reviews, uasc, nested=not mixed)
            else:
                tables = {"Header": heads, "Episodes": rows, "UASC": uasc, "Reviews": reviews}
                files |= {f"{year}/{kind}.csv": csv(some) for kind, some in tables.items() if some}
        return counts(read_returns(give(tmp_path_factory.mktemp("r"), files)))

    expected = written(lambda year: "csv", False)
    assert written(lambda year: "xml", False) == expected
    assert written(lambda year: "xml", True) == expected
    assert written(lambda year: "csv", True) == expected
    assert written(lambda year: "xml" if year == 2017 else "csv", False) == expected
    assert written(lambda year: "csv", False, lambda at, name: f"LCS{name}") == expected, "other identifiers"


# Workbooks, totals, other separators


def workbook(sheets):
    """A workbook: title -> rows; dates as true dates, as Excel keeps them."""
    book, content = openpyxl.Workbook(), io.BytesIO()
    for at, (title, rows) in enumerate(sheets.items()):
        sheet = book.active if at == 0 else book.create_sheet()
        sheet.title = title
        sheet.append(list(rows[0]))
        for row in rows:
            sheet.append(
                [day_of(cell) if re.fullmatch(r"\d\d/\d\d/\d{4}", cell) else cell or None for cell in row.values()]
            )
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize("form", ["one workbook", "a workbook each", "beside CSV"])
def test_a_return_in_workbooks_is_read_as_its_csv_files_are(tmp_path, form):
    files = {
        "one workbook": {"2017-18/903.xlsx": workbook({"Header": HEADS, "Notes": [{"a": "b"}], "Episodes": STAYS})},
        "a workbook each": {
            "2017-18/header.xlsx": workbook({"Sheet1": HEADS}),
            "2017-18/episodes.xlsx": workbook({"Sheet1": STAYS}),
        },
        "beside CSV": {"2017-18/header.csv": csv(HEADS), "2017-18/episodes.xlsx": workbook({"Sheet1": STAYS})},
    }
    expected = read_returns(give(tmp_path / "csv", one_year()))
    path = give(tmp_path / "xlsx", files[form])
    returns = read_returns(path)
    tables = ("stock", MARCH), ("monthly_stock", "2017-04", "2018-03"), ("exposure",), ("durations",)
    for name, *asked in tables:
        assert getattr(returns, name)(*asked).equals(getattr(expected, name)(*asked))
    assert total(returns) == 2 and list(kinds(path)) == ["ssda903"]


@pytest.mark.parametrize(
    "last", ["Total,3", "TOTAL: 3,,", "Grand total,,3", "Number of children,3", "Count of rows: 1,203"]
)
def test_a_total_below_the_rows_is_no_child(tmp_path, last):
    files = {f"2017-18/{name}.csv": csv(rows) + last + "\n" for name, rows in (("episodes", STAYS), ("header", HEADS))}
    returns = read_returns(give(tmp_path, files))
    assert total(returns) == 2 and counted(returns, "a total below the rows") == 2
    assert counted(returns, "blank start") == counted(returns, "header without episodes") == 0


def test_a_child_whose_identifier_begins_as_a_total_is_kept(tmp_path):
    rows = [*STAYS, episode("Total9", "13/06/2017")]
    returns = read_returns(give(tmp_path, one_year(rows, [*HEADS, header("Total9")])))
    assert total(returns) == 3 and counted(returns, "a total below the rows") == 0


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_a_title_above_headings_with_another_separator(tmp_path, mark):
    text = "Episodes of 2017-18\n" + csv(STAYS).replace(",", mark)
    files = one_year() | {"2017-18/episodes.csv": text}
    with pytest.raises(BadInput, match="episodes.csv, line 2: the cells are separated by"):
        read_returns(give(tmp_path, files))


# What is not found is told with what was


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"things.csv": "a,b\n1,2\n"}, "no Episodes file was found (found things.csv without a return's headings)"),
        ({"census.xml": census(2018, FORTY)}, "census.xml, a census of children in need: give it to the command plans"),
        ({"team list (3).xlsx": b"PK"}, "team list (3).xlsx: not an XLSX workbook"),
        ({"notes.txt": "x"}, "holds no CSV file, no workbook (XLSX) and no XML"),
    ],
)
def test_a_folder_without_the_return_says_what_it_holds(tmp_path, files, said):
    with pytest.raises(BadInput) as caught:
        read_returns(give(tmp_path, files))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "renamed",
    [
        {"LAchildID": "Child ID"},
        {"CPPstartDate": "CP Plan Start Date", "CPPendDate": "CP Plan End Date"},
        {"LAchildID": "Child Identifier", "PersonBirthDate": "Date of Birth"},
        {"CPPstartDate": "CPP Start", "CPPendDate": "CPP End"},
        {"CPPstartDate": "Plan Start Date", "CPPendDate": "Plan End Date", "LAchildID": "Child Reference"},
    ],
    ids=str,
)
def test_other_words_for_the_headings_of_plans(tmp_path, renamed):
    text = table([plan("c1", "2017-06-13"), plan("c2", "2017-07-01", "2018-01-10")])
    for column, word in renamed.items():
        text = text.replace(column, word, 1)
    assert total(read_cin(give(tmp_path, {"2017-18/plans.csv": "Child protection plans\n\n" + text}))) == 1


@pytest.mark.parametrize("word", ["CPPstarted", "CPPstart_Dat"])
def test_a_heading_of_plans_lost_is_told_with_the_nearest_found(tmp_path, word):
    text = table([plan("c1", "2017-06-13")]).replace("CPPstartDate", word, 1)
    with pytest.raises(BadInput, match=rf"line 1: no column CPPstartDate \(found {word.upper().replace('_', '')}\)"):
        read_cin(give(tmp_path, {"2017-18/my plans.csv": text}))


def test_a_case_closed_and_opened_again_has_its_plans_apart(tmp_path):
    closed, running = plan("c1", "2017-04-13", "2017-06-10", closed="2017-07-01"), plan("c1", "2018-01-15")
    first, second = census(2018, [closed]), census(2018, [running])
    again = second[second.index("<CINdetails>") : second.index("</CINdetails>") + len("</CINdetails>")]
    for inside in (
        first.replace("</CINdetails>", "</CINdetails>" + again),
        first.replace("<CINdetails>", again + "<CINdetails>"),
    ):
        plans = read_cin(give(tmp_path, {"2018.xml": inside}))
        assert total(plans) == 1 and counted(plans, "the case was closed") == 0


@pytest.mark.parametrize(
    "rows",
    [
        [plan("c1", "2017-06-13", closed="2018-03-30")],
        [plan("c1", "2017-06-13", closed="2017-06-13")],
        [plan("c1", "2017-06-13", "2017-09-01", closed="2018-02-01"), plan("c1", "2017-10-02", closed="2018-02-01")],
        [plan("c1", "2016-11-01", closed="2018-02-01"), plan("c2", "2017-08-01", "2018-01-05", closed="2018-02-01")],
    ],
    ids=["the day before the count", "the day it started", "after one that ended", "of an earlier year"],
)
@pytest.mark.parametrize("form", ["xml", "csv"])
def test_a_plan_open_in_a_case_that_closed_is_told(tmp_path, rows, form):
    """A plan without an end is counted, and told as one whose case was closed."""
    files = {"2018.xml": census(2018, rows)} if form == "xml" else {"2017-18/plans.csv": table(rows)}
    plans = read_cin(give(tmp_path, files))
    assert total(plans) == 1 and counted(plans, "the case was closed (CINclosureDate)") == 1


def test_an_episodes_file_cut_at_a_line_is_told_first(tmp_path):
    episodes, heads = sixty()
    files = {"2017-18/header.csv": csv(heads), "2017-18/episodes.csv": csv(episodes[20:])}
    returns = read_returns(give(tmp_path, files))
    assert "children with a header and no episode: nothing to count: 20 of 60" in returns.warnings()[0]
    leavers = {"2017-18/oc3.csv": "CHILD,DOB,IN_TOUCH,ACTIV,ACCOM\n1000,13/05/1998,YES,F1,B1\n"}
    assert read_returns(give(tmp_path, leavers)).warnings() == [], "care leavers have a header and no episode"


def test_headers_under_other_identifiers_than_episodes_are_told_first(tmp_path):
    episodes, heads = sixty()
    files = {
        "2017-18/header.csv": csv(renamed(heads, lambda at, name: f"M{name}")),
        "2017-18/episodes.csv": csv(episodes),
    }
    returns = read_returns(give(tmp_path, files))
    assert "no date of birth in any header" in " ".join(returns.warnings()) and total(returns) == 60


def test_care_leavers_in_the_xml_are_no_lost_children(tmp_path):
    inside = xml([*HEADS, *(header(f"z{at}", "13/05/1998") for at in range(5))], STAYS)
    assert (
        "no episode: nothing to count: 5 of 8"
        in read_returns(give(tmp_path / "lost", {"903.xml": inside})).warnings()[0]
    )
    leavers = inside.replace(
        "<DOB>13/05/1998</DOB>", "<DOB>13/05/1998</DOB><OC3><IN_TOUCH>YES</IN_TOUCH><DOB>1/1/1998</DOB></OC3>"
    )
    returns = read_returns(give(tmp_path / "leavers", {"903.xml": leavers}))
    assert returns.warnings() == [] and counted(returns, "file recognised, not used") == 5


def test_xml_damaged_at_random_is_read_or_stopped_and_shows_no_child(tmp_path):
    chance = random.Random(903)
    text = xml([header("CANARY7", "19/11/2009"), *HEADS], [episode("CANARY7", "23/08/2017"), *STAYS]).encode()
    for at in range(60):
        place, length = chance.randrange(len(text)), chance.choice([0, 1, 3, 40])
        other = bytes(chance.choice(b'<>/&"0129ANULL \x00\xff') for _ in range(chance.choice([0, 1, 2, 5])))
        folder = give(tmp_path / str(at), {"903.xml": text[:place] + other + text[place + length :]})
        try:
            said = str(read_returns(folder).quality().to_dict())
        except BadInput as error:
            said = str(error)
        assert "does not know" not in said and "CANARY" not in said and "19/11/2009" not in said, said
