"""answer.html: what the answer says, on one page that needs no other file."""

import json
import re

import pytest

from forecast.report import words


@pytest.fixture(scope="module")
def page(reference_folder) -> str:
    return (reference_folder / "answer.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def told(reference_folder) -> dict:
    return json.loads((reference_folder / "answer.json").read_text(encoding="utf-8"))


def test_it_says_what_the_answer_says(page, told):
    """Each sentence of the headline that the page carries is the terminal's, word for word."""
    text = re.sub(r"\s+", " ", re.sub("</?span[^>]*>", "", page.replace("&#39;", "'")))
    for part in words.in_parts(told).values():
        for sentence in part:
            assert sentence in text
    for row in words.years_ahead(told):
        assert all(f">{cell}<" in page for cell in row)
    names = [told["scenarios"][slug]["name"] for slug in words.ranked(told)]
    at = [page.index(f'<th scope="row">{name}</th>') for name in names]
    assert at == sorted(at) and names[0] == "Central"
    saved = [words.four_years(told["scenarios"][slug]) for slug in words.ranked(told)[1:]]
    assert saved == sorted(saved), "what saves most stands first"


def test_it_is_short(told):
    """At most 220 words in the sentences of the answer, in the terminal and on the page; a word is what holds a letter."""
    said = [line for part in words.in_parts(told).values() for line in part]
    assert sum(bool(re.search("[A-Za-z]", word)) for word in " ".join(said).split()) <= 220
    assert max(len(line) for line in words.page(told)) <= words.COLUMNS


def test_it_needs_no_other_file_and_every_picture_has_words(page):
    assert not re.search(r'(src|href)="(?!data:)', page) and "<script" not in page
    alts = re.findall(r'<img [^>]*alt="([^"]*)"', page)
    assert len(alts) == 2 and all(len(alt) > 40 for alt in alts)


def test_no_line_ends_between_a_sign_and_its_pounds(page):
    assert re.search(r'<span class="n">-£[\d,]+</span> to', page) and not re.search(
        r"(?<!>)[-+]£", page.split("<table>")[0]
    )


def test_what_is_unusual_is_told_with_the_answer(told):
    from forecast.report.answer_page import answer_page
    from forecast.runs.pipeline import charts_of

    odd = told | {"unusual": ["unusual: the contingency, 600 pounds, is one 1,000th of another; is the unit right?"]}
    said = "Unusual: the contingency, 600 pounds, is one 1,000th of another; is the unit right?"
    assert said in words.in_parts(odd)["trust"]
    assert said in answer_page(odd, charts_of(odd))


def test_a_hostile_name_stays_words(told):
    from forecast.report.answer_page import answer_page
    from forecast.runs.pipeline import charts_of

    told["scenarios"]["gatekeeping"]["name"] = "<b>x</b>"
    assert "<b>x</b>" not in answer_page(told, charts_of(told))
