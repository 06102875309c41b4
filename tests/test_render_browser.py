"""The report as a page in a real browser: accessibility, keyboard, nothing asked of anyone, print, and hostile words."""

import shutil
import subprocess
from pathlib import Path

import pytest
from directions_of_words import ready, reference, written
from test_render import HOSTILE, MARKING, hostile, sample

from benchmarks import explore as bench
from forecast.report import charts
from forecast.report.model import PUBLIC, Heading, Table
from forecast.report.render.blocks import write_blocks
from forecast.report.render.html import to_html

pytest.importorskip(
    "playwright", reason="SKIPPED: playwright is not installed, so the report was not tried in a browser"
)
if bench.find_browser() is None:
    pytest.skip("SKIPPED: no Chromium is installed, so the report was not tried in a browser", allow_module_level=True)

WIDE = Table(
    "wide",
    "Many columns",
    tuple(f"Column {number}" for number in range(12)),
    (tuple(f"£{number}00,000" for number in range(12)),),
    "£",
    "Forecast run",
    tuple(f"Column {number}" for number in range(1, 12)),
)


@pytest.fixture(scope="module")
def browser():
    with bench.opened_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The report private and public, one of hostile words, and a chart and a table alone."""
    folder = tmp_path_factory.mktemp("pages")
    report = sample(blocks=(*sample().blocks, Heading("Appendix", 1), WIDE))
    to_html(report, folder / "report.html")
    to_html(sample(PUBLIC), folder / "public.html")
    to_html(hostile(HOSTILE[::5]), folder / "hostile.html")
    write_blocks(sample(), folder)
    return folder


@pytest.fixture
def opened(browser, folder):
    """Opens a page of the folder; fails if it asks for anything else, logs an error, throws or opens a box."""
    context, faults = browser.new_context(viewport={"width": 1280, "height": 900}), []

    def at(name: str, width: int = 1280):
        page, address = context.new_page(), (folder / name).as_uri()
        page.on(
            "request",
            lambda request: (
                request.url.split("#")[0] == address
                or request.url.startswith("data:image/svg+xml")
                or faults.append(f"asked {request.url[:100]}")
            ),
        )
        page.on("console", lambda message: message.type in ("error", "warning") and faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: (faults.append(f"box {dialog.message}"), dialog.dismiss()))
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(address)
        return page

    yield at
    context.close()
    assert faults == []


def violations(page) -> list[str]:
    """What axe finds, of every impact."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright",
        reason="SKIPPED: axe-playwright-python is not installed, so accessibility was not checked",
    )
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in axe.Axe().run(page).response["violations"]]


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("name", ["report.html", "public.html", "hostile.html"])
def test_axe_finds_nothing(opened, name, width):
    page = opened(name, width)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page itself never scrolls sideways"


def test_axe_finds_nothing_in_the_answer_of_the_reference_run(opened, folder, reference_folder):
    """The answer on one side: no violation at three widths, and the page itself never scrolls sideways."""
    shutil.copyfile(reference_folder / "answer.html", folder / "answer.html")
    for width in (1280, 800, 390):
        page = opened("answer.html", width)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.pdf(path=folder / "answer.pdf", prefer_css_page_size=True)
    pikepdf = pytest.importorskip("pikepdf", reason="SKIPPED: pikepdf is not installed, so pages were not counted")
    with pikepdf.open(folder / "answer.pdf") as printed:
        assert len(printed.pages) == 1, "one side of A4"


def test_axe_finds_nothing_in_the_paper_of_the_reference_run(opened, folder, reference_folder):
    """The whole committee paper, as an officer opens it: no violation, no request, nothing that makes the page scroll sideways."""
    to_html(written(ready(reference(reference_folder)), charts.drawn), folder / "paper.html")
    for width in (1280, 320):
        page = opened("paper.html", width)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert (
        page.evaluate("document.images.length") >= 4 and page.evaluate("document.querySelectorAll('table').length") >= 6
    )


def test_axe_can_find_something(opened):
    page = opened("report.html")
    page.evaluate(
        "document.querySelector('img').removeAttribute('alt'); document.querySelector('.source').style.color = '#BBBBBB'"
    )
    assert {one.split(":")[0] for one in violations(page)} >= {"image-alt", "color-contrast"}


def test_the_pictures_are_drawn_and_named(opened):
    page = opened("report.html")
    assert page.evaluate("[...document.images].map((one) => one.complete && one.naturalWidth > 100)") == [True, True]
    assert page.get_by_role("img", name="Line chart of the call: £620,000 in March.").count() == 1
    assert (
        page.get_by_role("table", name="Table 1: Cost by line").count() == 1
        and page.get_by_role("rowheader", name="Net").count() == 1
    )


def test_the_keyboard_skips_to_the_report_and_scrolls_a_wide_table(opened):
    page = opened("report.html", 320)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    region = page.get_by_role("region", name="Table 3: Many columns")
    region.focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", "focus is seen"
    assert region.evaluate("(one) => one.scrollWidth > one.clientWidth")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("(one) => one.scrollLeft > 0", arg=region.element_handle())


def test_text_at_twice_its_size_stays_on_the_page(opened):
    page = opened("report.html", 640)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") <= 640


def test_print_marks_every_page_and_repeats_the_header_row(opened, tmp_path):
    program = shutil.which("pdftotext") or pytest.skip("pdftotext is not installed: the printed page was NOT read")
    for name, marked in (("report.html", True), ("public.html", False)):
        opened(name).pdf(path=tmp_path / "made.pdf", prefer_css_page_size=True)
        told = (
            subprocess.run([program, "-layout", tmp_path / "made.pdf", "-"], capture_output=True, check=True)
            .stdout.decode("utf-8")
            .split("\f")[:-1]
        )
        assert len(told) >= 3 and all((MARKING in one) == marked for one in told)
        assert [f"Page {number} of {len(told)}" in one for number, one in enumerate(told, start=1)] == [True] * len(
            told
        )
        assert sum("Month" in one and "Children" in one for one in told) >= 2 and "Skip to" not in told[0]


def test_no_hostile_word_is_an_element(opened):
    page = opened("hostile.html")
    assert page.evaluate("document.querySelectorAll('script, iframe, form, svg, object, embed, b').length") == 0
    assert page.evaluate("[...document.links].every((one) => one.getAttribute('href').startsWith('#'))")
    assert page.evaluate(
        "[...document.querySelectorAll('*')].every((one) => [...one.attributes].every((held) => !held.name.startsWith('on')))"
    )
    assert "<script>alert(1)</script>" in page.inner_text("main")


@pytest.mark.parametrize("name", ["cost.html", "call.html", "call.svg"])
def test_blocks_open_alone(opened, name):
    page = opened(name)
    assert page.evaluate("document.querySelectorAll('script').length") == 0
    if name == "call.svg":
        assert page.evaluate("document.documentElement.getAttribute('role')") == "img"
    else:
        assert "Run: Run slough/2011-06" in page.inner_text("body")
