"""The report as Word, HTML, PDF and blocks: structure a screen reader needs, the same bytes, a council's template, hostile words."""

import csv
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import unicodedata
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from docx import Document
from docx.enum.section import WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt, RGBColor
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from lxml import html as markup

from conftest import HOME
from forecast.case.errors import BadInput
from forecast.report.model import (
    PRIVATE,
    PUBLIC,
    Bullets,
    Figure,
    FigureInText,
    Heading,
    Paragraph,
    Report,
    Table,
    figures_in,
    text_of,
)
from forecast.report.render import check, layout, pdf, safe
from forecast.report.render.blocks import csv_of, write_blocks
from forecast.report.render.html import fragment, to_html
from forecast.report.render.pdf import to_pdf
from forecast.report.render.word import to_word

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
MARKING = "Private: not for publication"


@cache
def chart() -> tuple[bytes, bytes]:
    """A small drawing and a picture of it, made with matplotlib as the charts of a run are."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    with plt.rc_context({"svg.hashsalt": "test"}):
        figure, axes = plt.subplots(figsize=(4, 2))
        axes.plot([1, 2, 3], [1, 3, 2])
        axes.set_title("Children")
        drawn = [io.BytesIO(), io.BytesIO()]
        figure.savefig(drawn[0], format="svg", metadata={"Date": None, "Creator": None})
        figure.savefig(drawn[1], format="png", metadata={"Software": None})
        plt.close(figure)
    return drawn[0].getvalue(), drawn[1].getvalue()


def picture(name: str = "call", **changes) -> Figure:
    svg, png = chart()
    held = {
        "name": name,
        "caption": "The call",
        "alt": "Line chart of the call: £620,000 in March.",
        "source": "Forecast run",
        "svg": svg,
        "png": png,
    }
    return Figure(**(held | changes))


def table(name: str = "cost", **changes) -> Table:
    rows = (
        ("Fostering", FigureInText("£40,000", "tables/cost/0/mean", "money"), "-£10,000"),
        ("Net", FigureInText("£620,000", "tables/cost/1/mean", "money"), "£20,000 to £90,000"),
    )
    held = {
        "name": name,
        "caption": "Cost by line",
        "columns": ("Line", "Outturn", "Change"),
        "rows": rows,
        "unit": "£",
        "source": "Forecast run",
        "numeric": ("Outturn", "Change"),
        "total_row": True,
        "notes": ("Overspends are positive.",),
    }
    return Table(**(held | changes))


def sample(marking: str = PRIVATE, **changes) -> Report:
    """One of everything, two of what is numbered, and a table longer than a page."""
    call = FigureInText("£620,000", "scenarios/central/contingency/call/mean", "money")
    blocks = (
        Heading("Purpose of Report", 1, "1."),
        Paragraph(("The expected call is ", call, " (80% range £170,000 to £1,090,000).")),
        Heading("Recommendations", 1, "2."),
        Bullets((("Note the contents of the report",), ("Note that it is ", call)), lettered=True),
        Bullets((("Being safe",), ("Prosperity for all",))),
        Bullets((("Again from the first letter",),), lettered=True),
        Heading("Other Implications", 1, "4"),
        Heading("Financial", 2, "(a)"),
        Paragraph(("26 assumptions have no source.",), "warning"),
        picture(),
        table(),
        Paragraph(("Figures are rounded.",), "note"),
        Heading("How it was made", 3),
        picture("plans", caption="Plans", alt="Line chart of plans."),
        table(
            "months",
            caption="Month by month",
            columns=("Month", "Children"),
            rows=tuple((f"Month {number}", str(number * 7)) for number in range(90)),
            numeric=("Children",),
            total_row=False,
            notes=(),
        ),
        Heading("Conclusion", 1, "6."),
        Paragraph(("The Panel is asked to note the report.",)),
    )
    held = {
        "title": "Will the contingency be enough?",
        "council": "SLOUGH BOROUGH COUNCIL",
        "front": (("REPORT TO", "Scrutiny Panel"), ("DATE", "9th June 2011"), ("PART I", "")),
        "blocks": blocks,
        "marking": marking,
        "run": "Run slough/2011-06, code 1a2b3c, seed 2011",
        "day": "2011-06-09",
    }
    return Report(**(held | changes))


@pytest.fixture(scope="module")
def word(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("word") / "report.docx"
    to_word(sample(), path)
    return path


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    to_html(sample(), path)
    return path


@pytest.fixture(scope="module")
def paper(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("paper") / "report.pdf"
    to_pdf(sample(), path)
    return path


# The model refuses what no renderer could make accessible.


@pytest.mark.parametrize("part", ["alt", "caption", "source", "name"])
@pytest.mark.parametrize("empty", ["", "  ", "\n"])
def test_a_chart_without_words_is_refused(part, empty):
    with pytest.raises(ValueError, match=part):
        picture(**{part: empty})


def test_alternative_text_of_control_characters_alone_is_missing(tmp_path):
    report = sample(blocks=(picture(alt="\x00\x07\u202e"),))
    for write in (to_word, to_html, to_pdf):
        with pytest.raises(ValueError, match="alt"):
            write(report, tmp_path / "never")
    assert list(tmp_path.iterdir()) == [], "nothing is half written"


@pytest.mark.parametrize("levels", [[2], [1, 3], [1, 2, 1, 3]])
def test_headings_that_skip_a_level_are_refused(levels):
    with pytest.raises(ValueError, match="skip"):
        sample(blocks=tuple(Heading(f"Level {level}", level) for level in levels))


@pytest.mark.parametrize("changes", [{"text": " "}, {"text": "A", "level": 4}, {"text": "A", "level": 0}])
def test_a_heading_has_words_and_a_level(changes):
    with pytest.raises(ValueError, match="heading"):
        Heading(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": (("a", "b"),)},
        {"columns": ("Line", " ", "Change")},
        {"caption": ""},
        {"unit": ""},
        {"source": ""},
        {"numeric": ("Other",)},
    ],
)
def test_a_table_that_cannot_be_read_is_refused(changes):
    with pytest.raises(ValueError, match="table"):
        table(**changes)


@pytest.mark.parametrize(
    "changes",
    [{"marking": "secret"}, {"title": ""}, {"run": " "}, {"council": ""}, {"day": "9 June"}, {"language": ""}],
)
def test_a_report_says_what_it_is(changes):
    with pytest.raises(ValueError):
        sample(**changes)


def test_figures_come_in_reading_order():
    assert [told.shown for told in figures_in(sample())] == ["£620,000", "£620,000", "£40,000", "£620,000"]


# Word


def test_word_has_headings_captions_and_alternative_text(word):
    document = Document(word)
    styles = [(line.style.name, line.text) for line in document.paragraphs]
    assert [(name, text) for name, text in styles if name.startswith("Heading")] == [
        ("Heading 1", "1. Purpose of Report"),
        ("Heading 1", "2. Recommendations"),
        ("Heading 1", "4 Other Implications"),
        ("Heading 2", "(a) Financial"),
        ("Heading 3", "How it was made"),
        ("Heading 1", "6. Conclusion"),
    ]
    assert ("Title", "Will the contingency be enough?") in styles and (
        "Warning",
        "Warning: 26 assumptions have no source.",
    ) in styles
    drawings = list(
        document.element.iter("{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr")
    )
    assert [one.get("descr") for one in drawings] == [
        "Line chart of the call: £620,000 in March.",
        "Line chart of plans.",
    ]
    assert len({one.get("id") for one in drawings}) == 2
    assert check.found_in_word(word).captions == (
        "Figure 1: The call",
        "Table 1: Cost by line (£)",
        "Figure 2: Plans",
        "Table 2: Month by month (£)",
    )
    assert check.found_in_word(word).fields == ("SEQ Figure \\* ARABIC", "SEQ Table \\* ARABIC") * 2


def test_word_front_block_is_as_the_council_writes_it(word):
    lines = [line.text for line in Document(word).paragraphs[:6]]
    assert lines == [
        "SLOUGH BOROUGH COUNCIL",
        "REPORT TO:\tScrutiny Panel",
        "DATE:\t9th June 2011",
        "PART I",
        f"MARKING:\t{MARKING}",
        "Will the contingency be enough?",
    ]


def test_word_tables_repeat_their_header_and_never_split_a_row(word):
    for held, blocks in zip(Document(word).tables, sample().tables(), strict=True):
        rows = held._tbl.findall(qn("w:tr"))
        assert [row.find(f"{W}trPr/{W}tblHeader") is not None for row in rows] == [True] + [False] * len(blocks.rows)
        assert all(row.find(f"{W}trPr/{W}cantSplit") is not None for row in rows)
        assert held._tbl.tblPr.find(qn("w:tblCaption")).get(qn("w:val")).endswith(blocks.caption)


def test_word_total_is_bold_and_figures_stand_right(word):
    held = Document(word).tables[0]
    bold = [[run.bold for cell in row.cells for run in cell.paragraphs[0].runs] for row in held.rows]
    assert bold == [[True] * 3, [None] * 3, [True] * 3]
    assert [cell.paragraphs[0].alignment for cell in held.rows[1].cells] == [None, 2, 2]


def test_word_lists_are_lists_and_letters_begin_again(word):
    document = Document(word)
    lettered = [line for line in document.paragraphs if line.style.name == "List Number"]
    numbers = [line._p.pPr.numPr.numId.val for line in lettered]
    assert numbers[0] == numbers[1] != numbers[2]
    held = document.part.numbering_part.element
    used = {one.numId: one.abstractNumId.val for one in held.num_lst}
    forms = {
        int(one.get(qn("w:abstractNumId"))): one.find(f"{W}lvl/{W}numFmt").get(qn("w:val"))
        for one in held.findall(qn("w:abstractNum"))
    }
    assert {forms[used[number]] for number in numbers} == {"lowerLetter"}
    bullet = document.styles["List Bullet"].element.pPr.numPr.numId.val
    assert forms[used[bullet]] == "bullet"


def test_word_language_title_and_day(word):
    document = Document(word)
    defaults = document.styles.element.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr/{W}lang")
    assert defaults.get(qn("w:val")) == "en-GB"
    assert {one.get(qn("w:val")) for one in document.styles.element.iter(qn("w:lang"))} == {"en-GB"}
    held = document.core_properties
    assert (held.title, held.author, held.language, held.identifier) == (
        "Will the contingency be enough?",
        "SLOUGH BOROUGH COUNCIL",
        "en-GB",
        sample().run,
    )
    assert held.created == held.modified == datetime(2011, 6, 9, tzinfo=held.created.tzinfo)


def test_word_foot_and_marking(word, tmp_path):
    found = check.found_in_word(word)
    assert found.headers == (MARKING,) and found.elsewhere == ("PAGE", "NUMPAGES")
    assert sample().run in Document(word).sections[0].footer.paragraphs[0].text
    to_word(sample(PUBLIC), tmp_path / "public.docx")
    assert "rivate" not in check.words_in_word(tmp_path / "public.docx")


def test_word_has_no_text_box_and_no_clock(word):
    with zipfile.ZipFile(word) as package:
        assert {member.date_time for member in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"txbx" not in package.read("word/document.xml") and "docProps/thumbnail.jpeg" not in package.namelist()


def test_nothing_is_wrong_with_the_files(word, page):
    assert check.faults(check.found_in_word(word)) == [] == check.faults(check.found_in_html(page))


def soffice() -> str:
    found = shutil.which("soffice") or shutil.which("libreoffice")
    return found or pytest.skip("LibreOffice is not installed: the Word report was NOT opened by it")


def printed(path: Path, folder: Path) -> Path:
    """The document as LibreOffice prints it."""
    command = [
        soffice(),
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        folder,
        path,
    ]
    subprocess.run(command, capture_output=True, timeout=180, check=False)
    return folder / f"{path.stem}.pdf"


def pages(path: Path) -> list[str]:
    """The words of each page of a PDF."""
    program = shutil.which("pdftotext") or pytest.skip("pdftotext is not installed: the words of a PDF were NOT read")
    return (
        subprocess.run([program, "-layout", path, "-"], capture_output=True, check=True)
        .stdout.decode("utf-8")
        .split("\f")[:-1]
    )


def test_word_opens_in_libreoffice(word, tmp_path):
    Document().save(tmp_path / "plain.docx")
    if not printed(tmp_path / "plain.docx", tmp_path).exists():
        pytest.skip("LibreOffice has no Writer here: the Word report was NOT opened by it")
    told = pages(printed(word, tmp_path))
    assert len(told) >= 3 and all(MARKING in one and "seed 2011" in one and f"of {len(told)}" in one for one in told)
    assert sum("Month" in one and "Children" in one for one in told) >= 2, "the header row is repeated"
    assert "a. " in told[0] and told[0].count("b. ") == 1


# A council's own template


def template(path: Path, **changes) -> Path:
    """A council's template: its own look, header and footer, sample text, and styles that are missing."""
    document = Document()
    document.styles["Heading 1"].font.color.rgb, document.styles["Heading 1"].font.size = (
        RGBColor(0x11, 0x77, 0x33),
        Pt(22),
    )
    document.styles["Normal"].font.name = "Georgia"
    for name in ("Caption", "List Bullet", "List Number", "Heading 3", "Title"):
        document.styles[name].delete()
    document.add_paragraph("SAMPLE opening text")
    document.add_picture(io.BytesIO(chart()[1]))
    document.add_table(2, 2).cell(0, 0).text = "SAMPLE cell"
    first = document.sections[0]
    first.header.paragraphs[0].text, first.footer.paragraphs[0].text = "Anytown Council", "www.anytown.gov.uk"
    if changes.get("pages"):
        field = parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr="PAGE"><w:r><w:t>1</w:t></w:r></w:fldSimple>')
        first.footer.paragraphs[0]._p.append(field)
    if changes.get("first"):
        first.different_first_page_header_footer = True
        first.first_page_header.paragraphs[0].text = "Anytown crest"
    if changes.get("sections"):
        document.add_section(WD_SECTION.NEW_PAGE)
        document.add_paragraph("SAMPLE second section")
    document.styles.add_style("Note", WD_STYLE_TYPE.CHARACTER)
    if changes.get("bare"):
        _without(document, RELATIONSHIP_TYPE.NUMBERING)
    link = first.footer.part.relate_to("https://www.anytown.gov.uk", RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    first.footer.paragraphs[0]._p.append(
        parse_xml(f'<w:hyperlink {nsdecls("w", "r")} r:id="{link}"><w:r><w:t> home</w:t></w:r></w:hyperlink>')
    )
    document.core_properties.title, document.core_properties.author = "SAMPLE title", "SAMPLE author"
    if changes.get("locked"):
        held = OxmlElement("w:documentProtection")
        held.set(qn("w:edit"), "readOnly"), held.set(qn("w:enforcement"), "1")
        document.settings.element.insert(0, held)
    document.add_comment(document.paragraphs[0].runs[0], "SAMPLE comment", author="SAMPLE")
    document.save(path)
    return path


def _without(document, kind: str) -> None:
    """Take out a part that Word itself always writes and other programs may not."""
    for name in [name for name, link in document.part.rels.items() if link.reltype == kind]:
        del document.part.rels[name]


def whole(path: Path) -> str:
    """Everything in a .docx as one text."""
    with zipfile.ZipFile(path) as package:
        return "\n".join(
            package.read(name).decode("utf-8", "replace") for name in package.namelist() if not name.endswith(".png")
        )


@pytest.mark.parametrize(
    "changes",
    [{}, {"pages": True}, {"first": True}, {"sections": True}, {"first": True, "sections": True}, {"bare": True}],
    ids=str,
)
def test_a_councils_template_is_kept(tmp_path, changes):
    to_word(sample(), tmp_path / "made.docx", template(tmp_path / "council.docx", **changes))
    document, found = Document(tmp_path / "made.docx"), check.found_in_word(tmp_path / "made.docx")
    assert "SAMPLE" not in whole(tmp_path / "made.docx")
    with zipfile.ZipFile(tmp_path / "made.docx") as package:
        assert sum(name.startswith("word/media/") for name in package.namelist()) == 1, (
            "its sample picture is out; our two are one file"
        )
    assert (
        document.styles["Heading 1"].font.color.rgb == RGBColor(0x11, 0x77, 0x33)
        and document.styles["Normal"].font.name == "Georgia"
    )
    headings = [line for line in document.paragraphs if line.style.name == "Heading 1"]
    assert len(headings) == 4 and all(
        not line.runs[0].font.size and not line.runs[0].font.color.rgb for line in headings
    )
    assert {"Caption", "List Bullet", "Heading 3", "Title", "Warning", "Note (report)"} <= {
        line.style.name for line in document.paragraphs
    }
    assert check.faults(found) == [] and len(document.sections) == 1
    section = document.sections[0]
    assert section.header.paragraphs[0].text == MARKING and "Anytown Council" in [
        line.text for line in section.header.paragraphs
    ]
    assert (
        section.footer.paragraphs[0].text.startswith("www.anytown.gov.uk")
        and sample().run in section.footer.paragraphs[1].text
    )
    assert found.elsewhere.count("PAGE") == (2 if changes.get("first") else 1)
    if changes.get("first"):
        assert [line.text for line in section.first_page_header.paragraphs] == [MARKING, "Anytown crest"]
    assert all(MARKING in header for header in found.headers)


def test_a_template_file_of_word_is_taken_too(tmp_path):
    """A .dotx differs from a .docx in the name it gives its main part."""
    plain, made = template(tmp_path / "council.docx"), tmp_path / "council.dotx"
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(made, "w") as out:
        for name in source.namelist():
            out.writestr(
                name,
                source.read(name).replace(b"wordprocessingml.document.main+xml", b"wordprocessingml.template.main+xml"),
            )
    with pytest.raises(ValueError):
        Document(made)
    to_word(sample(), tmp_path / "made.docx", made)
    assert "Anytown Council" in whole(tmp_path / "made.docx")


def archive(path: Path, **members: str) -> Path:
    with zipfile.ZipFile(path, "w") as out:
        for name, text in members.items():
            out.writestr(name, text)
    return path


BAD_TEMPLATES = {
    "text": (lambda path: path.write_text("not Word", encoding="utf-8"), "not a Word file"),
    "empty": (lambda path: path.write_bytes(b""), "not a Word file"),
    "zip": (lambda path: archive(path, hello="there"), "not a Word file"),
    "damaged": (lambda path: path.write_bytes(template(path).read_bytes()[:4000]), "not a Word file"),
    "broken parts": (
        lambda path: archive(path, **{"[Content_Types].xml": "<Types", "_rels/.rels": "<x"}),
        "not a Word file",
    ),
    "password": (
        lambda path: path.write_bytes(
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500 + "EncryptedPackage".encode("utf-16-le")
        ),
        "password",
    ),
    "old": (lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500), "old Word file"),
    "locked": (lambda path: template(path, locked=True), "Stop Protection"),
    "missing": (lambda path: None, "cannot be read"),
    "folder": (lambda path: path.mkdir(), "cannot be read"),
}


@pytest.mark.parametrize("kind", BAD_TEMPLATES)
def test_a_template_that_cannot_be_used_is_refused(tmp_path, kind):
    make, said = BAD_TEMPLATES[kind]
    make(tmp_path / "council.docx")
    with pytest.raises(BadInput, match=said) as told:
        to_word(sample(), tmp_path / "made.docx", tmp_path / "council.docx")
    assert "council.docx" in str(told.value) and not (tmp_path / "made.docx").exists()


def test_a_workbook_is_not_a_template(tmp_path):
    from openpyxl import Workbook

    Workbook().save(tmp_path / "council.docx")
    with pytest.raises(BadInput, match="not a Word file"):
        to_word(sample(), tmp_path / "made.docx", tmp_path / "council.docx")


# HTML


def test_page_is_one_file_with_landmarks_and_tables(page):
    root = markup.document_fromstring(page.read_bytes())
    assert root.get("lang") == "en-GB" and [
        len(root.findall(f".//{tag}")) for tag in ("header", "main", "footer", "h1", "nav")
    ] == [1, 1, 1, 1, 1]
    assert [one.tag for one in root.iter("h1", "h2", "h3", "h4")] == ["h1", "h2", "h2", "h2", "h3", "h4", "h2"]
    assert root.find(".//a").get("href") == "#main" and root.find(".//main").get("id") == "main"
    assert all(one.get("scope") == "col" for one in root.findall(".//thead//th"))
    assert [one.text for one in root.findall(".//tbody//th[@scope='row']")][:2] == ["Fostering", "Net"]
    assert [one.get("alt") for one in root.iter("img")] == [
        "Line chart of the call: £620,000 in March.",
        "Line chart of plans.",
    ]
    names = [one.get("id") for one in root.iter() if one.get("id")]
    assert len(names) == len(set(names))
    for region in root.findall(".//div[@role='region']"):
        assert region.get("tabindex") == "0" and root.get_element_by_id(region.get("aria-labelledby")).text.strip()


def test_page_asks_nothing_of_anyone(page):
    text = page.read_text(encoding="utf-8")
    assert (
        not re.findall(r"""(?:src|href)=["'](?!#|data:image/)""", text) and "url(" not in text and "<script" not in text
    )
    assert "default-src 'none'" in text and text.count("data:image/svg+xml;base64,") == 2


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast of two colours."""

    def light(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        return sum(
            share * (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
            for share, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True)
        )

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_colours_of_words_stand_out(page):
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    colours = dict(re.findall(r"--(\w+): (#[0-9A-F]{6})", page.read_text(encoding="utf-8")))
    assert all(
        contrast(colours[name], ground) >= 4.5
        for name in ("navy", "grey", "red")
        for ground in ("#FFFFFF", colours["pale"])
    )


def test_every_word_of_the_model_is_in_every_file(word, page, paper):
    report = sample()
    told = {check.words_in_word(word).replace("\t", " "), check.words_in_html(page).replace("\t", " ")}
    for block in report.blocks:
        texts = {
            Heading: lambda b: [b.text],
            Paragraph: lambda b: [text_of(b.parts)],
            Bullets: lambda b: [text_of(i) for i in b.items],
            Table: lambda b: [
                b.caption,
                b.unit,
                b.source,
                *b.notes,
                *b.columns,
                *(text_of((p,)) for row in b.rows for p in row),
            ],
            Figure: lambda b: [b.caption, b.source],
        }[type(block)](block)
        assert all(text in words for text in texts for words in told)
    everything = " ".join(" ".join(pages(paper)).split())
    assert (
        "£40,000" in everything
        and "Warning: 26 assumptions have no source." in everything
        and "b. Note that it is £620,000" in everything
    )


# PDF


def structure(tree, kind: str) -> list:
    """Every element of a PDF's structure of one kind."""
    import pikepdf

    found, waiting = [], [tree]
    while waiting:
        held = waiting.pop()
        if isinstance(held, pikepdf.Array):
            waiting += list(held)
        elif isinstance(held, pikepdf.Dictionary):
            found += [held] if str(held.get("/S", "")) == f"/{kind}" else []
            waiting += [held["/K"]] if "/K" in held else []
    return found


def test_pdf_is_tagged_for_a_screen_reader(paper):
    pikepdf = pytest.importorskip(
        "pikepdf", reason="SKIPPED: pikepdf is not installed, so the tags of the PDF were not checked"
    )
    with pikepdf.open(paper) as held:
        root = held.Root
        assert root.MarkInfo.Marked == True and "/StructTreeRoot" in root and str(root.Lang) == "en-GB"  # noqa: E712
        assert root.ViewerPreferences.DisplayDocTitle == True  # noqa: E712
        with held.open_metadata() as told:
            assert str(told["pdfuaid:part"]) == "1" and told["dc:title"] == "Will the contingency be enough?"
        figures = structure(root.StructTreeRoot, "Figure")
        assert sorted(str(one.Alt) for one in figures if "/Alt" in one) == sorted(one.alt for one in sample().figures())
        assert len(structure(root.StructTreeRoot, "Table")) == 2 and len(structure(root.StructTreeRoot, "TH")) == 3 + 2
        assert [len(structure(root.StructTreeRoot, f"H{level}")) for level in (1, 2, 3)] == [4, 1, 1]
        assert str(held.docinfo["/CreationDate"]).startswith("D:20110609")


def test_pdf_marks_and_numbers_every_page(paper):
    told = pages(paper)
    assert len(told) >= 3
    for number, one in enumerate(told, start=1):
        assert MARKING in one and f"Page {number} of {len(told)}" in one and "seed 2011" in one


@pytest.mark.parametrize("alt", [None, ""])
def test_typst_itself_refuses_a_chart_without_alternative_text(alt):
    told = pdf.data(sample())
    place = next(place for place, block in enumerate(told["blocks"]) if block["kind"] == "figure")
    assert pdf.built(told).startswith(b"%PDF")
    told["blocks"][place] = {key: value for key, value in told["blocks"][place].items() if key != "alt"} | (
        {} if alt is None else {"alt": alt}
    )
    with pytest.raises(ValueError, match="missing alt text"):
        pdf.built(told)


def test_a_letter_no_font_draws_is_a_mark_and_stays_a_letter_for_a_screen_reader(tmp_path):
    """Ten scripts, and a letter assigned to nothing, on any computer: fonts of the system are not looked at."""
    letters = "＝ \u05d0 \u0928\u093f \u4e2d \uac00 \u1780 \U0001f600 \U00012000 \u0378 \u2603"
    to_pdf(sample(title=f"Letters {letters}"), tmp_path / "made.pdf")
    told = pdf.data(sample())
    told["title"] = f"Letters {letters}"
    assert pdf.built(told).startswith(b"%PDF")
    words = " ".join(" ".join(pages(tmp_path / "made.pdf")).split())
    assert all(letter in words for letter in "＝\u4e2d\uac00\u2603")


def test_a_pdf_holds_the_programs_own_fonts_alone(paper):
    pikepdf = pytest.importorskip("pikepdf", reason="SKIPPED: pikepdf is not installed")
    with pikepdf.open(paper) as held:
        fonts = {
            str(one.FontName)[8:] for one in held.objects if isinstance(one, pikepdf.Dictionary) and "/FontName" in one
        }
    assert fonts and all(font.startswith(("DejaVu", "STIX", "LastResort")) for font in fonts), fonts


# The same bytes


ALL_KINDS = """
import sys
from pathlib import Path
from test_render import write_all
write_all(Path(sys.argv[1]))
"""


def write_all(folder: Path) -> dict[str, str]:
    """Every file of the report, and a checksum of each."""
    for write, name in ((to_word, "report.docx"), (to_html, "report.html"), (to_pdf, "report.pdf")):
        write(sample(), folder / name)
    write_blocks(sample(), folder / "blocks")
    return prints(folder)


def prints(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_report_gives_the_same_bytes(tmp_path):
    """Here, and in a process that orders sets differently and stands in another time zone."""
    first = write_all(tmp_path / "first")
    apart = {"PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join([str(HOME), str(HOME / "tests")]), "TZ": "Asia/Tokyo"}
    subprocess.run(
        [sys.executable, "-c", ALL_KINDS, tmp_path / "second"], check=True, env=os.environ | apart, timeout=120
    )
    assert first == prints(tmp_path / "second") and len(first) >= 15
    to_word(replace(sample(), title="Another"), tmp_path / "other.docx")
    assert hashlib.sha256((tmp_path / "other.docx").read_bytes()).hexdigest() != first["report.docx"]


# Blocks


def test_blocks_hold_each_table_and_chart_alone(tmp_path):
    report = sample(
        blocks=(
            picture(data=table("data")),
            table(),
            table(caption="Another of that name"),
            picture("../Évil Näme/\x00con"),
        )
    )
    made = sorted(path.name for path in write_blocks(report, tmp_path / "blocks"))
    assert (
        made
        == sorted(path.name for path in (tmp_path / "blocks").iterdir())
        == sorted(
            [
                "call.alt.txt",
                "call.csv",
                "call.docx",
                "call.html",
                "call.png",
                "call.svg",
                "call.txt",
                "cost.csv",
                "cost.docx",
                "cost.html",
                "cost-2.csv",
                "cost-2.docx",
                "cost-2.html",
                "evil-name-con.alt.txt",
                "evil-name-con.docx",
                "evil-name-con.html",
                "evil-name-con.png",
                "evil-name-con.svg",
                "evil-name-con.txt",
            ]
        )
    )
    folder = tmp_path / "blocks"
    for name in ("call.docx", "cost.docx", "call.html", "cost.html", "call.txt", "cost.csv", "call.svg"):
        words = (
            check.words_in_word(folder / name)
            if name.endswith("docx")
            else (folder / name).read_text(encoding="utf-8-sig")
        )
        assert report.run in words and "Source: Forecast run" in words and re.search("(Figure|Table) 1: ", words), name
    assert (folder / "call.alt.txt").read_text(encoding="utf-8") == "Line chart of the call: £620,000 in March.\n"
    assert (
        check.faults(check.found_in_word(folder / "cost.docx"))
        == []
        == check.faults(check.found_in_word(folder / "call.docx"))
    )


def test_a_table_as_csv_begins_with_its_header(tmp_path):
    write_blocks(sample(), tmp_path)
    content = (tmp_path / "cost.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf") and b"\r" not in content, "Excel is told that it is UTF-8"
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows == [
        ["Line", "Outturn", "Change"],
        ["Fostering", "£40,000", "-£10,000"],
        ["Net", "£620,000", "£20,000 to £90,000"],
        [],
        ["Table 1: Cost by line"],
        ["Unit: £"],
        ["Note: Overspends are positive."],
        ["Source: Forecast run"],
        [f"Run: {sample().run}"],
    ]


def test_a_drawing_alone_says_what_it_shows(tmp_path):
    write_blocks(sample(), tmp_path)
    root = etree.parse(tmp_path / "call.svg").getroot()
    named = root.get("aria-labelledby").split()
    said = {part.get("id"): part.text for part in root if part.get("id") in named}
    assert (
        root.get("role") == "img"
        and said[named[1]] == sample().figures()[0].alt
        and "Figure 1: The call" in said[named[0]]
    )


def test_a_file_open_elsewhere_is_told_plainly(tmp_path):
    (tmp_path / "report.docx").mkdir()
    with pytest.raises(BadInput, match="close it there"):
        to_word(sample(), tmp_path / "report.docx")
    assert [path.name for path in tmp_path.iterdir()] == ["report.docx"]


# Hostile words


ATTACKS = [
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example","x")',
    "+1+cmd|'/c calc'!A1",
    "-2+3+cmd|'/c calc'!A1",
    "@SUM(1+1)*cmd|'/c calc'!A1",
    "＝1+1",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    '<a href="javascript:alert(1)">x</a>',
    "{{ 7*7 }}{% raw %}",
    "#sys.inputs",
    '$ x^2 $ #eval("1")',
    "@ref <label> *b* _i_ `c` \\ // /* ",
    '#link("http://evil.example")[x]',
    '] #read("/etc/passwd")',
    '{ HYPERLINK "http://evil.example" }',
    '<w:fldSimple w:instr="DATE"/>',
    ']]></w:t><w:hyperlink r:id="rId1">',
    "&lt;b&gt; &amp; &#x3c;script&#x3e;",
    "a\x00b\x07c\x1bd\ufffe\ud800e",
    "\u202egnp.exe\u202c \u2066x\u2069 \U000e0041",
    "https://evil.example/" + "very-long-" * 300,
    "null",
]
LEADS = ["", "\t", "\r\n", " ", "\x00", "\u202e", "\u00a0", "'"]
HOSTILE = [lead + attack for attack in ATTACKS for lead in LEADS]
BATCHES = [HOSTILE[place::10] for place in range(10)]


def hostile(labels: list[str]) -> Report:
    """A report with each label in every text field of the model."""
    blocks = []
    for label in labels:
        told = FigureInText(label, label, label)
        columns = (f"{label}1", f"{label}2", f"{label}3")
        rows = ((label, told, label), (told, label, label))
        held = Table(label, label, columns, rows, label, label, columns[2:], True, (label, label))
        svg, png = chart()
        blocks += [
            Heading(label, 1, label),
            Paragraph((label, told, label)),
            Paragraph((label,), "warning"),
            Paragraph((told,), "note"),
            Bullets(((label, told), (told,)), True),
            Bullets(((label,),)),
            held,
            Figure(label, label, label, label, svg, png, held),
        ]
    every = " ".join(labels)
    front = tuple((label, label) for label in labels)
    return Report(every, every, front, tuple(blocks), PRIVATE, labels[0] + labels[1], day="2011-06-09")


def flat(text: str) -> str:
    """Text with runs of white space told as one, as HTML and print tell it."""
    return " ".join(text.replace("\u200b", "").split())


def unseen(text: str) -> list[str]:
    return [
        letter
        for letter in text
        if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn") and letter not in "\t\n\u200b"
    ]


def test_there_are_two_hundred_attacks():
    assert len(set(HOSTILE)) == 200 == sum(map(len, BATCHES))


@pytest.mark.parametrize("labels", BATCHES, ids=range(10))
def test_hostile_words_stay_words_in_word(labels, tmp_path):
    to_word(hostile(labels), tmp_path / "made.docx")
    document, words = Document(tmp_path / "made.docx"), flat(check.words_in_word(tmp_path / "made.docx"))
    body = document.element
    with zipfile.ZipFile(tmp_path / "made.docx") as package:
        links = "".join(package.read(name).decode() for name in package.namelist() if name.endswith(".rels"))
        assert (
            "External" not in links
            and "hyperlink" not in links
            and not [name for name in package.namelist() if "vba" in name or "embed" in name]
        )
    assert {etree.QName(part).localname for part in body.iter() if isinstance(part.tag, str)}.isdisjoint(
        {"hyperlink", "instrText", "fldChar", "object", "altChunk", "script"}
    )
    assert [one.get(qn("w:instr")).split()[:2] for one in body.iter(qn("w:fldSimple"))] == [
        ["SEQ", "Table"],
        ["SEQ", "Figure"],
    ] * len(labels)
    assert check.found_in_word(tmp_path / "made.docx").elsewhere == ("PAGE", "NUMPAGES")
    assert all(words.count(flat(safe.clean(label))) >= 12 for label in labels), "nothing is lost either"
    alts = [
        one.get("descr")
        for one in body.iter("{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr")
    ]
    assert alts == [safe.clean(label) for label in labels] and not unseen(words)
    assert len(document.core_properties.title) <= 255


@pytest.mark.parametrize("labels", BATCHES, ids=range(10))
def test_hostile_words_stay_words_in_a_page(labels, tmp_path):
    to_html(hostile(labels), tmp_path / "made.html")
    root = markup.document_fromstring((tmp_path / "made.html").read_bytes())
    shape = {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "a",
        "div",
        "header",
        "p",
        "dl",
        "dt",
        "dd",
        "main",
        "h1",
        "h2",
        "nav",
        "ul",
        "ol",
        "li",
        "table",
        "caption",
        "span",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "figure",
        "figcaption",
        "img",
        "footer",
    }
    assert {part.tag for part in root.iter() if isinstance(part.tag, str)} <= shape
    assert {one.get("href")[0] for one in root.iter("a")} == {"#"} and len(root.findall(".//a")) == 1 + len(labels)
    assert {one.get("src")[:26] for one in root.iter("img")} == {"data:image/svg+xml;base64,"}
    assert not [
        name for part in root.iter() for name in part.attrib if name.startswith("on") or name in ("srcdoc", "action")
    ]
    words = flat(check.words_in_html(tmp_path / "made.html"))
    assert all(words.count(flat(safe.clean(label))) >= 12 for label in labels) and not unseen(words)
    assert [one.get("alt") for one in root.iter("img")] == [safe.clean(label) for label in labels]


@pytest.mark.parametrize("labels", BATCHES, ids=range(10))
def test_hostile_words_stay_words_in_a_pdf(labels, tmp_path):
    pikepdf = pytest.importorskip(
        "pikepdf", reason="SKIPPED: pikepdf is not installed, so hostile words in a PDF were not looked for"
    )
    to_pdf(hostile(labels), tmp_path / "made.pdf")
    with pikepdf.open(tmp_path / "made.pdf") as held:
        assert not {"/OpenAction", "/AA", "/AcroForm"} & set(held.Root.keys()) and not held.attachments
        for thing in held.objects:
            if isinstance(thing, pikepdf.Dictionary):
                assert (
                    not {"/URI", "/JS", "/Launch", "/JavaScript", "/AA"} & set(thing.keys())
                    and str(thing.get("/Subtype", "")) != "/Link"
                )
        figures = structure(held.Root.StructTreeRoot, "Figure")
        assert sorted(str(one.Alt) for one in figures if "/Alt" in one) == sorted(safe.clean(label) for label in labels)
    words = "".join("".join(pages(tmp_path / "made.pdf")).split()).replace("\u200b", "")
    assert all("".join(safe.clean(label).split())[:60] in words for label in labels), "told as they are, not as markup"


@pytest.mark.parametrize("labels", BATCHES, ids=range(10))
def test_hostile_words_stay_words_in_blocks(labels):
    report = safe.cleaned(hostile(labels))
    for block, label in layout.numbered(report.blocks):
        if isinstance(block, Table):
            rows = csv.reader(io.StringIO(csv_of(block, [block.caption, block.source, report.run]).decode("utf-8-sig")))
            cells = [cell for row in rows for cell in row]
            assert cells and not [
                cell for cell in cells if cell.lstrip().startswith(FORMULA) or cell.startswith(("＝", "|", "%"))
            ]
            assert not [cell for cell in cells if "\n" in cell or unseen(cell)]
        if isinstance(block, Table | Figure):
            root = markup.fromstring(fragment(report, block, label))
            assert not list(root.iter("script", "a", "svg", "iframe")) and not [
                name for part in root.iter() for name in part.attrib if name.startswith("on")
            ]
            assert len(list(root.iter("img"))) == isinstance(block, Figure)


def test_hostile_names_of_blocks_stay_in_the_folder(tmp_path):
    labels = [HOSTILE[0], "../../up", "C:\\Windows\\con", "con", ".hidden", "a" * 400]
    made = write_blocks(hostile(labels), tmp_path / "in" / "blocks")
    assert {path.parent for path in tmp_path.rglob("*") if path.is_file()} == {tmp_path / "in" / "blocks"}
    assert len(made) == len(set(made)) == len(labels) * (3 + 7) and all(
        re.fullmatch(r"[a-z0-9][a-z0-9_-]*(\.alt)?\.[a-z]+", path.name) for path in made
    )


SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">{}</svg>'
EVIL_PARTS = [
    "<script>alert(1)</script>",
    "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'/></foreignObject>",
    "<a xlink:href='http://evil.example'><path d='M0 0'/></a>",
    "<image xlink:href='http://evil.example/x.png'/>",
    "<use href='http://evil.example/#x'/>",
    "<path onclick='alert(1)' d='M0 0'/>",
    "<style>@import 'http://evil.example'</style>",
    "<style>path{fill:url(http://evil.example/#x)}</style>",
    "<path style='fill:url(http://evil.example/#x)'/>",
    "<set attributeName='href' to='javascript:alert(1)'/>",
    "<animate attributeName='href' values='javascript:alert(1)'/>",
    "<!-- evil.example --><path d='M0 0'/>",
    "<?evil.example?>",
    "<use xlink:href='javascript:alert(1)'/>",
    "<style>p{background:\\75rl(//evil.example)}</style>",
    "<x xmlns='http://evil.example'/>",
]


@pytest.mark.parametrize("part", EVIL_PARTS)
def test_nothing_of_a_drawing_can_run_or_fetch(part):
    made = safe.svg_text(SVG.format(f"{part}<text>kept words</text><use xlink:href='#own'/>").encode())
    for evil in (
        "evil.example",
        "alert",
        "<script",
        "onclick",
        "<set",
        "<animate",
        "foreignObject",
        "<image",
        "@import",
    ):
        assert evil not in made, made
    assert "kept words" in made and "#own" in made


def test_a_drawing_takes_no_file_in_and_must_be_a_drawing():
    entity = b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/hostname">]><svg xmlns="http://www.w3.org/2000/svg"><text>a&x;b</text></svg>'
    assert "ENTITY" not in safe.svg_text(entity) and "&x;" not in safe.svg_text(entity)
    for wrong in (b"", b"<html/>", b"\x89PNG", b"<svg/>"):
        with pytest.raises(ValueError, match="not SVG"):
            safe.svg_text(wrong)


def test_two_charts_share_no_name_in_the_page(page):
    """Charts made by one program use the same names inside; as pictures they cannot meet."""
    root = markup.document_fromstring(page.read_bytes())
    assert not list(root.iter("svg")) and len({one.get("src") for one in root.iter("img")}) == 1


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_clean_text_is_clean_and_cleaning_again_changes_nothing(text):
    made = safe.clean(text)
    assert not [
        letter
        for letter in made
        if letter not in safe.JOINERS and unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    ]
    assert safe.clean(made) == made
    element = etree.Element("x")
    element.text = made  # lxml refuses what XML cannot hold
    assert etree.fromstring(etree.tostring(element)).text == (made or None)


@given(st.text(alphabet=st.sampled_from("=+-@|%\t\r\n '£0123456789,.to＝\x00\u202eab"), max_size=12))
@settings(max_examples=500, deadline=None)
def test_no_cell_of_a_csv_begins_a_formula(text):
    made = safe.csv_cell(text)
    number = re.fullmatch(r"[+-]?£?\d[\d,]*(\.\d+)?%?( to [+-]?£?\d[\d,]*(\.\d+)?%?)?", made)
    assert number or not made.startswith((*FORMULA, "＝", "|", "%", " ", "\n"))


@pytest.mark.parametrize(
    "shown", ["-£91,818", "+£1,029", "-1.7%", "£0", "12", "-£40,000 to £30,000", "3.5", "none", "2011-12", ""]
)
def test_figures_stay_figures_in_a_csv(shown):
    assert safe.csv_cell(shown) == shown


@given(st.text(max_size=120))
def test_a_file_name_is_one_on_every_system(text):
    made = safe.file_name(text)
    assert re.fullmatch("[a-z0-9_-]{1,61}", made) and made not in {"con", "prn", "aux", "nul", "com1", "lpt1"}


# The check can fail


def test_the_check_sees_what_is_missing(tmp_path, word):
    with zipfile.ZipFile(word) as source, zipfile.ZipFile(tmp_path / "worse.docx", "w") as out:
        for name in source.namelist():
            part = source.read(name)
            if name == "word/document.xml":
                part = (
                    part.replace(b' descr="Line chart of plans."', b"")
                    .replace(b"<w:tblHeader/>", b"", 1)
                    .replace(b'w:val="Heading2"', b'w:val="Normal"')
                    .replace(b" SEQ Figure ", b" DATE ", 1)
                )
            if name == "word/_rels/document.xml.rels":
                part = part.replace(
                    b"</Relationships>",
                    b'<Relationship Id="rId99" Type="x/hyperlink" Target="http://evil.example" TargetMode="External"/></Relationships>',
                )
            out.writestr(name, part)
    told = " ".join(check.faults(check.found_in_word(tmp_path / "worse.docx")))
    assert all(
        said in told
        for said in (
            "heading 4 skips",
            "picture 2 has no alternative",
            "table 1 has no header",
            "evil.example",
            "field of another kind: DATE",
        )
    )


def test_the_check_of_a_page_sees_what_is_missing(tmp_path, page):
    text = (
        page.read_text(encoding="utf-8")
        .replace('alt="Line chart of plans."', "")
        .replace('scope="col"', "", 1)
        .replace("<h3", "<h5", 1)
        .replace("</h3", "</h5", 1)
    )
    text = text.replace(
        "</main>", "<script>1</script><a href='http://evil.example'>x</a><p onclick='x'></p></main>"
    ).replace('lang="en-GB"', "")
    (tmp_path / "worse.html").write_text(text, encoding="utf-8")
    told = " ".join(check.faults(check.found_in_html(tmp_path / "worse.html")))
    assert all(
        said in told
        for said in (
            "skips a level",
            "picture 2 has no alternative",
            "table 1 has no header",
            "evil.example",
            "script",
            "onclick",
            "no language",
        )
    )


def test_widths_of_columns_sum_and_no_word_is_broken():
    held = table(columns=("Line", "A", "B"), rows=(("word " * 60, "£620,000", "1"),), numeric=(), total_row=False)
    made = layout.shares(held)
    assert (
        sum(made) == pytest.approx(1)
        and made[0] > 0.4
        and made[1] * layout.ACROSS >= len("£620,000")
        and made[1] > made[2]
    )


def test_a_clock_is_never_read(word):
    made = datetime.fromtimestamp(word.stat().st_mtime, UTC)
    assert made.strftime("%Y-%m-%d") not in whole(word) or made.strftime("%Y-%m-%d") == "2011-06-09"


def test_no_minus_sign_is_left_alone_at_the_end_of_a_line(tmp_path):
    """Signs are hyphens that hold on to their figure, words and ranges keep theirs, and the text reads as it was written."""
    said = "From -£110,000 to £1,480,000; -8.2% in 2011-12, a two-year change (-£5,000), 3-4 children."
    to_word(sample(blocks=(Paragraph((said,)),)), tmp_path / "a.docx")
    document = Document(tmp_path / "a.docx")
    line = next(line for line in document.paragraphs if "110,000" in line.text)
    assert line.text == said and len(line._p.xpath(".//w:noBreakHyphen")) == 3
    assert said in check.words_in_word(tmp_path / "a.docx").split("\n")
