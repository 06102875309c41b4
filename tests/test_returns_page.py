"""The data quality page: every rule explained, counts that add up, differences from published figures, and a page for everyone."""

import re
from html.parser import HTMLParser

import pandas as pd
import pytest
from click.testing import CliRunner
from test_cin import plan, to_csv
from test_ssda903 import episode, header, one_year

from benchmarks.explore import find_browser
from forecast.cli.commands import main
from forecast.report.returns_page import KINDS, agreement, chart, findings, page
from forecast.sources.cin import codes as cin
from forecast.sources.counting import CHANGED, EITHER, FEWER, LEFT_OUT, LOOK, MORE, READ
from forecast.sources.returns import days_asked, monthly, published_asked, summary
from forecast.sources.ssda903 import codes as ssda903
from forecast.sources.ssda903 import read_returns


class Seen(HTMLParser):
    """What a page holds: elements with their attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    def of(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


ROWS = [
    episode(),
    episode("B2", "", "13/02/2018"),
    episode("C3", "15/05/2017", "01/05/2017"),
    episode("D4", "15/05/2017", "20/08/2017", rec="X1"),
    episode("E5", "15/05/2017", ls="V3"),
    episode("F6", "15/05/2017", rec="E4A"),
    episode("G7", "15/05/2017", "30/06/2017"),
    episode("H8", "15/05/2017", rne="P"),
    episode("J1", "15/05/2017", ls="ZZ"),
    episode("A1", "01/06/2017", rne="P"),
]
HEADS = [header(child, "17/02/2010") for child in ("A1", "B2", "C3", "D4", "E5", "F6", "G7", "H8", "J1")]


@pytest.fixture
def returns(tmp_path):
    return read_returns(one_year(tmp_path / "in", ROWS, HEADS))


def page_of(returns, *published):
    return page(summary(returns, days_asked((), returns), published_asked(published)), monthly(returns))


# What it says


@pytest.mark.parametrize("rules", [ssda903.RULES, cin.RULES], ids=["ssda903", "cin"])
def test_every_rule_has_a_reason(rules):
    assert len({rule.text for rule in rules.values()}) == len(rules), "a rule is known by its words"
    for reason in rules.values():
        assert (
            reason.group in (READ, CHANGED, LEFT_OUT, LOOK)
            and reason.why.endswith((".", "?"))
            and reason.moves in (FEWER, MORE, EITHER, "")
        )
        assert reason.remedy.endswith(".") or (reason.group == READ and not reason.remedy)
        assert all(re.fullmatch(r"\d{3,4}[A-D]?", check) for check in reason.checks)
    assert not [key for key, reason in rules.items() if reason.group == LEFT_OUT and reason.moves == MORE], (
        "what is left out makes no more"
    )


def test_each_rule_stands_in_its_group_with_its_count_and_files(returns):
    text = Seen(page_of(returns)).text
    assert re.search(
        r"A reason that the child left, and DEC blank: counted as still looked after 1 A reason says .* 148 2017-18/Episodes.csv: 1",
        text,
    )
    assert re.search(
        r"Look at this: what was found.*Starts a period within the years read and says that it follows another episode: counted as a start 1",
        text,
    )
    assert re.search(
        r"Left out: what was found.*Blank DECOM: episode left out 1 .* 141 .*DEC before DECOM: episode left out 1 .* 356",
        text,
    )
    assert re.search(r"Changed: what was found.*Overlaps another episode.* 1 .* 501, 142", text)
    assert re.search(r"2017-18/Episodes.csv 10 \d+ \d+ \d+ \d+ 2017-18/Header.csv 9 0 0 0 0", text)
    assert "31 March 2018 4" in text


def test_counts_by_file_add_up_to_the_quality_table(returns):
    held = summary(returns, [], {})
    found, kind = findings(held["quality"], KINDS[held["schema"]]), KINDS[held["schema"]]
    assert sum(one["count"] for one in found) + 10 + 9 == sum(row["count"] for row in held["quality"])
    assert all(one["count"] == sum(number for _, number in one["files"]) for one in found)
    assert {kind.key(one["text"]) for one in found} >= {
        "no_decom",
        "dec_before_decom",
        "short_break",
        "end_reason_no_date",
        "end_no_reason",
        "starts_without_s",
        "legal_unknown",
    }


# Published figures


@pytest.mark.parametrize(
    ("ours", "published", "said"),
    [
        (120, 120, "the same"),
        (122, 120, "within rounding, where the figure was rounded to 5"),
        (118, 120, "within rounding, where the figure was rounded to 5"),
        (123, 120, "within rounding, where the figure was rounded to 10"),
        (125, 120, "within rounding, where the figure was rounded to 10"),
        (126, 120, "more than rounding explains"),
        (127, 125, "within rounding, where the figure was rounded to 5"),
        (128, 125, "more than rounding explains"),
        (122, 121, "more than rounding explains"),
        (3, None, "suppressed: a small number, or one from which a small number could be worked out"),
    ],
)
def test_a_difference_is_told_in_words(ours, published, said):
    assert agreement(ours, published) == said


def test_what_could_explain_a_difference_goes_the_way_of_the_difference(returns):
    more = Seen(page_of(returns, "2018-03-31=1")).text
    assert "31 March 2018 4 1 +3 more than rounding explains" in more
    causes = more.partition("What could explain the difference on 31 March 2018")[2].partition("Look at this")[0]
    assert (
        "counted as still looked after: up to 1" in causes
        and "legal status not known: counted as looked after: up to 1" in causes
    )
    assert "blank DECOM" not in causes and "accounts for at most 2 of 3" in causes
    fewer = Seen(page_of(returns, "2018-03-31=7")).text.partition("What could explain")[2].partition("Look at this")[0]
    assert (
        "blank DECOM: episode left out: up to 1" in fewer
        and "still looked after" not in fewer
        and "accounts for at most" not in fewer
    )


def test_a_suppressed_figure_is_no_nought(returns):
    text = Seen(page_of(returns, "2018-03-31=c")).text
    assert (
        "31 March 2018 4 suppressed none to give suppressed: a small number" in text
        and "What could explain" not in text
    )


def test_a_day_without_a_figure_beside_one_with(returns):
    text = Seen(page_of(returns, "2017-09-30=5")).text
    assert "31 March 2018 4 not given not given not given" in text and "30 September 2017" in text


# The page itself


def test_the_page_is_whole_and_asks_for_nothing(returns):
    html = page_of(returns, "2018-03-31=7")
    seen = Seen(html)
    assert html.startswith("<!doctype html>") and seen.of("html") == [{"lang": "en-GB"}] and len(seen.of("h1")) == 1
    assert (
        not seen.of("script")
        and not seen.of("link")
        and not seen.of("img")
        and not re.search(r"https?:|url\(|@import|<iframe", html)
    )
    assert len(seen.of("caption")) == len(seen.of("table")) > 4
    assert all(attrs.get("scope") in ("col", "row") for attrs in seen.of("th"))
    ids = [attrs["id"] for _, attrs in seen.tags if "id" in attrs]
    assert len(ids) == len(set(ids)) and {attrs["href"].removeprefix("#") for attrs in seen.of("a")} <= set(ids)
    levels = [int(tag[1]) for tag, _ in seen.tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1 and all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))
    assert seen.of("svg")[0]["role"] == "img" and seen.of("svg")[0]["aria-labelledby"] == "chart-title chart-told"


def test_what_stands_in_the_counts_is_escaped(returns):
    held = summary(returns, [], {})
    held["quality"][0]["file"] = "<script>alert(1)</script>&.csv"
    html = page(held, monthly(returns))
    assert "<script" not in html and "&lt;script&gt;alert(1)&lt;/script&gt;&amp;.csv" in html


def test_the_chart_says_what_it_shows():
    made = chart(pd.DataFrame({"month": ["2018-02", "2018-03", "2018-04"], "total": [10, 20, 0]}))
    assert made["points"] == "0.0,90.0 380.0,0.0 760.0,180.0" and made["ticks"] == [(380.0, "2018")]
    assert made["told"] == "10 at the end of February 2018, 0 at the end of April 2018; between 0 and 20."
    assert chart(pd.DataFrame({"month": ["2018-02"], "total": [10]})) == {}


def test_no_month_whole_gives_a_page_without_a_chart(returns):
    assert "<svg" not in page(summary(returns, [], {}), pd.DataFrame({"month": [], "total": []}))


def test_the_command_writes_the_same_page_each_time(tmp_path, returns):
    for name in ("one", "two"):
        done = CliRunner().invoke(
            main,
            [
                "returns",
                str(tmp_path / "in"),
                "--quality",
                str(tmp_path / name / "page.html"),
                "--published",
                "2018-03-31=7",
            ],
        )
        assert done.exit_code == 0 and "It holds small numbers" in done.output, done.output
    first, second = ((tmp_path / name / "page.html").read_bytes() for name in ("one", "two"))
    assert (
        first == second
        and b"\r" not in first
        and first.decode() == page_of(returns, "2018-03-31=7").rstrip("\n") + "\n"
    )


def test_plans_have_a_page_too(tmp_path):
    folder = tmp_path / "cin" / "2017-18"
    folder.mkdir(parents=True)
    (folder / "plans.csv").write_text(
        to_csv([plan(), plan("B2", "2017-06-20", "2017-06-20"), plan("C3", "")]), encoding="utf-8"
    )
    done = CliRunner().invoke(main, ["plans", str(tmp_path / "cin"), "--quality", str(tmp_path / "page.html")])
    assert done.exit_code == 0, done.output
    text = Seen((tmp_path / "page.html").read_text(encoding="utf-8")).text
    assert (
        "Data quality: CIN census and Annex A returns" in text
        and "Child protection plans at the end of the day" in text
    )
    assert re.search(r"Blank plan start: left out 1 .* 8720", text) and re.search(
        r"Plan starts and ends on one day.* 1 .* 8840", text
    )


@pytest.mark.skipif(
    find_browser() is None, reason="SKIPPED: no Chromium is installed, so the page was not tried in a browser"
)
def test_the_page_is_accessible_in_a_browser(tmp_path, returns):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="SKIPPED: axe is not installed, so the page was not tried in a browser",
    )
    from playwright.sync_api import sync_playwright

    (tmp_path / "page.html").write_text(page_of(returns, "2018-03-31=7"), encoding="utf-8")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=find_browser())
        tab, asked = browser.new_page(viewport={"width": 400, "height": 800}), []
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto((tmp_path / "page.html").as_uri())
        assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
            "tables scroll, the page does not"
        )
        assert [fault["id"] for fault in axe.Axe().run(tab).response["violations"]] == []
        browser.close()
    assert len(asked) == 1
