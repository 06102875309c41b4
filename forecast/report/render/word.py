"""The report as a Word document that an officer edits: plain styles, real headings, tables, captions, no text boxes."""

import io
import re
from datetime import datetime
from pathlib import Path

from docx.document import Document as WordDocument
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Emu
from docx.text.paragraph import Paragraph as WordParagraph

from forecast.report.model import Block, Bullets, Figure, Heading, PageBreak, Paragraph, Report, Table, text_of
from forecast.report.render import files, layout
from forecast.report.render.layout import MARKINGS
from forecast.report.render.safe import LONGEST_PROPERTY, cleaned, short
from forecast.report.render.word_template import TABLE_STYLE, Lists, define, number, opened

PAGE, SIDES, ENDS = (Cm(21), Cm(29.7)), Cm(2.1), Cm(1.8)  # A4
TALLEST = Cm(20)  # of a picture, so that its caption and source stand on the same page
PARAGRAPH_STYLES = {"body": "Normal", "warning": "Warning", "note": "Note"}
MINUS = re.compile(r"(?<![\w.,)])-(?=[£\d])")
PAGE_FIELD = re.compile(r"\bPAGE\b")


def to_word(report: Report, path: Path, template: Path | None = None) -> None:
    """Write the report as .docx, in the council's template where one is given.

    Raises BadInput if the template is not a Word file that can be edited, or `path` cannot be written.
    """
    report = cleaned(report)
    writer = Writer(opened(template), report, own=template is None)
    writer.front()
    for block, label in layout.numbered(report.blocks):
        writer.block(block, label)
    files.put(path, writer.saved())


def block_to_word(report: Report, block: Block, label: str) -> bytes:
    """One table or chart alone as .docx, with its caption, source and run identifier."""
    writer = Writer(opened(None), report, own=True)
    writer.block(block, label)
    writer.add(f"Run: {report.run}", "Source")
    return writer.saved()


class Writer:
    """A document under way. The report it is given is clean."""

    def __init__(self, document: WordDocument, report: Report, own: bool):
        self.document, self.report, self.new_page = document, report, False
        section = document.sections[-1]
        if own:
            section.page_width, section.page_height = PAGE
            section.left_margin = section.right_margin = SIDES
            section.top_margin = section.bottom_margin = ENDS
            for old in document.settings.element.iter(qn("w:compatSetting")):
                if old.get(qn("w:name")) == "compatibilityMode":
                    old.set(qn("w:val"), "15")  # what Word 2013 and later call their own: no "compatibility mode"
        self.styles = define(document, own)
        self.lists = Lists(document, own, self.styles["List Bullet"])
        self.width = section.page_width - section.left_margin - section.right_margin
        _head_and_foot(self)
        held = document.core_properties
        held.title, held.author = (short(words, LONGEST_PROPERTY) for words in (report.title, report.council))
        held.identifier, held.language = short(report.run, LONGEST_PROPERTY), report.language
        held.subject = held.keywords = held.comments = held.category = held.content_status = held.version = ""
        held.last_modified_by, held.revision = "", 1
        held.created = held.modified = held.last_printed = datetime.fromisoformat(report.day)  # never the clock's
        _language(document, report.language)

    def add(self, text: str, style: str) -> WordParagraph:
        line = self.document.add_paragraph(text)
        if self.new_page:
            line.paragraph_format.page_break_before, self.new_page = True, False
        if style != "Normal":
            line.style = self.styles[style]
        return line

    def front(self) -> None:
        """The council, label and value lines, and the title."""
        self.add(self.report.council, "Council")
        for label, value in layout.front(self.report):
            line = self.add("", "Front Line")
            line.add_run(label).bold = True
            line.add_run(f"\t{value}" if value else "")
        self.add(self.report.title, "Title")

    def block(self, block: Block, label: str) -> None:
        getattr(self, type(block).__name__.lower())(block, label)

    def pagebreak(self, block: PageBreak, _: str) -> None:
        self.new_page = True

    def heading(self, block: Heading, _: str) -> None:
        self.add(layout.heading(block), f"Heading {block.level}")

    def paragraph(self, block: Paragraph, _: str) -> None:
        text = text_of(block.parts)
        self.add(layout.warned(text) if block.kind == "warning" else text, PARAGRAPH_STYLES[block.kind])

    def bullets(self, block: Bullets, _: str) -> None:
        letters = self.lists.lettered() if block.lettered else None
        for item in block.items:
            line = self.add(text_of(item), "List Number" if block.lettered else "List Bullet")
            if letters is not None:
                number(line._p.get_or_add_pPr(), letters)

    def caption(self, caption: str, label: str) -> None:
        """Table 1: what it shows. The number is a field, so that it stays right when another is put before it."""
        kind, _, place = label.partition(" ")
        line = self.add("", "Caption")
        line.add_run(f"{kind} ")
        _field(line, f"SEQ {kind} \\* ARABIC", place)
        line.add_run(f": {caption}")

    def table(self, block: Table, label: str) -> None:
        self.caption(f"{block.caption} ({block.unit})", label)
        table = self.document.add_table(len(block.rows) + 1, len(block.columns))
        _dress(table, block, label)
        widths = [Emu(int(self.width * share)) for share in layout.shares(block)]
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        style = self.styles["Table Text Small" if len(block.columns) > layout.MANY_COLUMNS else "Table Text"]
        for place, (row, texts) in enumerate(zip(table.rows, [block.columns, *block.rows], strict=True)):
            _row(row, texts, block, place, widths, style.style_id)
        for line in layout.beneath(block):
            self.add(line, "Source")

    def figure(self, block: Figure, label: str) -> None:
        self.caption(block.caption, label)
        line = self.add("", "Picture")
        picture = line.add_run().add_picture(io.BytesIO(block.png), width=self.width)
        if picture.height > TALLEST:
            picture.width, picture.height = Emu(int(picture.width * TALLEST / picture.height)), TALLEST
        for side in ("distT", "distB", "distL", "distR"):
            picture._inline.set(side, "0")  # else LibreOffice leaves room beside it
        picture._inline.docPr.set("descr", block.alt)
        picture._inline.docPr.set("name", label)
        picture._inline.graphic.graphicData.pic.nvPicPr.cNvPr.set("name", label)
        self.add(f"Source: {block.source}", "Source")

    def saved(self) -> bytes:
        _hold_signs(self.document)
        made = io.BytesIO()
        self.document.save(made)
        return files.timeless(made.getvalue())


def _hold_signs(document: WordDocument) -> None:
    """Minus signs as hyphens at which no line breaks, so that none is left alone at the end of one."""
    for text in list(document.element.body.iter(qn("w:t"))):
        first, *others = MINUS.split(text.text or "")
        text.text, last = first, text
        for words in others:
            sign, more = OxmlElement("w:noBreakHyphen"), OxmlElement("w:t")
            more.text = words
            more.set(qn("xml:space"), "preserve")
            last.addnext(sign)
            sign.addnext(more)
            last = more
        if others:
            text.set(qn("xml:space"), "preserve")


def _dress(table, block: Table, label: str) -> None:
    """Style, full width, and what a screen reader says of the table as a whole."""
    table.style = TABLE_STYLE
    table.autofit = True
    held = table._tbl.tblPr
    for tag in ("w:tblW", "w:tblLook"):
        for old in held.findall(qn(tag)):
            held.remove(old)
    after = ("w:jc", "w:tblInd", "w:tblBorders", "w:shd", "w:tblLayout", "w:tblCellMar")
    held.insert_element_before(parse_xml(f'<w:tblW {nsdecls("w")} w:w="5000" w:type="pct"/>'), *after)
    total = int(block.total_row)
    look = f'<w:tblLook {nsdecls("w")} w:val="{"0660" if total else "0620"}" w:firstRow="1" w:lastRow="{total}" '
    held.append(parse_xml(f'{look}w:firstColumn="0" w:lastColumn="0" w:noHBand="1" w:noVBand="1"/>'))
    title = OxmlElement("w:tblCaption")
    title.set(qn("w:val"), f"{label}: {block.caption}")
    held.append(title)


def _row(row, texts: tuple, block: Table, place: int, widths: list[Emu], style: str) -> None:
    """One row, never split over pages: the first repeated on each, the total bold, a short table together."""
    settings = row._tr.get_or_add_trPr()
    settings.append(OxmlElement("w:cantSplit"))
    if place == 0:
        settings.append(OxmlElement("w:tblHeader"))
    bold = place == 0 or (block.total_row and place == len(block.rows))
    together = place <= 1 or (layout.whole(block) and place <= len(block.rows))
    for column, (held, text, width) in enumerate(zip(row.cells, texts, widths, strict=True)):
        held.width = width
        line = held.paragraphs[0]
        line._p.style, line.paragraph_format.keep_with_next = style, together or None
        line.add_run(layout.cell(text)).bold = bold or None
        if block.columns[column] in block.numeric:
            line.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _field(line: WordParagraph, instruction: str, shown: str) -> None:
    field = parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr=" {instruction} "><w:r><w:t/></w:r></w:fldSimple>')
    field[0][0].text = shown
    line._p.append(field)


def _head_and_foot(writer: Writer) -> None:
    """The marking in every header of a private report; run identifier and page number in every footer."""
    section, marking = writer.document.sections[-1], MARKINGS[writer.report.marking]
    pairs = [(section.header, section.footer)]
    if section.different_first_page_header_footer:
        pairs.append((section.first_page_header, section.first_page_footer))
    if writer.document.settings.odd_and_even_pages_header_footer:
        pairs.append((section.even_page_header, section.even_page_footer))
    for header, footer in pairs:
        if marking:
            line, is_new = _line_in(writer, header, "Marking")
            line.add_run(marking)
            if is_new:
                header._element.insert(0, line._p)
        _foot(writer, footer)


def _line_in(writer: Writer, place, style: str) -> tuple[WordParagraph, bool]:
    """A line in a header or footer: its only empty one, or a new one after the others; and whether it is new."""
    lines = place.paragraphs
    is_new = len(place._element) != 1 or len(lines) != 1 or bool(lines[0].text)
    is_new = is_new or bool(lines[0]._p.xpath(".//w:drawing|.//w:pict|.//w:fldChar|.//w:fldSimple"))
    line = place.add_paragraph() if is_new else lines[0]
    line.style = writer.styles[style]
    return line, is_new


def _foot(writer: Writer, footer) -> None:
    """Run identifier at the left, page number at the right, unless the template numbers pages itself."""
    fields = [*footer._element.xpath(".//w:instrText/text()"), *footer._element.xpath(".//w:fldSimple/@w:instr")]
    line, _ = _line_in(writer, footer, "Footer")
    line.add_run(short(writer.report.run))
    if not PAGE_FIELD.search(" ".join(fields)):
        # A right tab at the margin, and none of the style's own before it.
        stops, style = line.paragraph_format.tab_stops, line.style
        while style is not None:
            for stop in style.paragraph_format.tab_stops:
                stops.add_tab_stop(stop.position, WD_TAB_ALIGNMENT.CLEAR)
            style = style.base_style
        stops.add_tab_stop(Emu(writer.width), WD_TAB_ALIGNMENT.RIGHT)
        line.add_run("\tPage ")
        _field(line, "PAGE", "1")
        line.add_run(" of ")
        _field(line, "NUMPAGES", "1")


def _language(document: WordDocument, language: str) -> None:
    """The language of every style, so that spelling is checked and words are read aloud in it."""
    defaults = document.styles.element.find(qn("w:docDefaults"))
    if defaults is None:
        defaults = parse_xml(f"<w:docDefaults {nsdecls('w')}/>")
        document.styles.element.insert(0, defaults)
    held = defaults
    for tag in ("w:rPrDefault", "w:rPr", "w:lang"):
        inner = held.find(qn(tag))
        if inner is None:
            inner = OxmlElement(tag)
            held.insert(0, inner) if tag == "w:rPrDefault" else held.append(inner)
        held = inner
    for named in (*document.styles.element.iter(qn("w:lang")), *document.settings.element.iter(qn("w:themeFontLang"))):
        named.set(qn("w:val"), language)
