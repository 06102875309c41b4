"""Plain named styles and lists. An officer changes a style once and the whole report follows."""

from dataclasses import dataclass

from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.parts.numbering import NumberingPart
from docx.shared import Cm, Pt, RGBColor

FONT = "Arial"
NAVY, GREY, RED = RGBColor(0x12, 0x43, 0x6D), RGBColor(0x3D, 0x3D, 0x3D), RGBColor(0xA8, 0x23, 0x1C)
RULE, PALE = "8A949E", "EEF3F8"
TABLE_STYLE = "Report Table"
INDENT, HANGING = 510, 340  # of lists, in twentieths of a point


@dataclass(frozen=True)
class Style:
    """A paragraph style: size and spacing in points."""

    name: str
    size: float = 11
    before: float = 0
    after: float = 6
    bold: bool = False
    colour: RGBColor | None = None
    with_next: bool = False
    left: float = 0  # cm
    hanging: float = 0  # cm
    right: float = 0  # cm
    boxed: bool = False


STYLES = (
    Style("Title", 20, 12, 12, bold=True, colour=NAVY, with_next=True),
    Style("Heading 1", 15, 18, 6, bold=True, colour=NAVY, with_next=True),
    Style("Heading 2", 12.5, 14, 4, bold=True, colour=NAVY, with_next=True),
    Style("Heading 3", 11, 10, 4, bold=True, colour=GREY, with_next=True),
    Style("Caption", 10, 12, 3, bold=True, colour=NAVY, with_next=True),
    Style("List Bullet", after=4),
    Style("List Number", after=4),
    Style("Header", 9, after=0, colour=GREY),
    Style("Footer", 8.5, after=0, colour=GREY),
    Style("Council", 13, 0, 10, bold=True),
    Style("Front Line", after=4, left=5, hanging=5),
    Style("Marking", 11, 0, 6, bold=True, colour=RED),
    Style("Warning", 11, 8, 10, left=0.2, right=0.2, boxed=True),
    Style("Note", 9.5, 0, 6, colour=GREY),
    Style("Table Text", 9.5, 2, 2),
    Style("Table Text Small", 8, 2, 2),
    Style("Table Unit", 9, 0, 3, colour=GREY, with_next=True),
    Style("Source", 9, 3, 3, colour=GREY),
    Style("Picture", with_next=True, after=2),
)


def define(document: WordDocument, own: bool) -> None:
    """Add the styles that are missing; in our own document set the others too. own: not a council's template."""
    if own:
        _set(document.styles["Normal"], Style("Normal"))
        document.styles["Normal"].paragraph_format.line_spacing = 1.1
    for wanted in STYLES:
        name = name_of(document, wanted.name)
        missing = name not in {style.name for style in document.styles if style.type == WD_STYLE_TYPE.PARAGRAPH}
        style = _added(document, name, wanted) if missing else document.styles[name]
        if own or missing:
            _set(style, wanted)
    _define_table(document)


def name_of(document: WordDocument, name: str) -> str:
    """The style's name, or another where a template gives that name to something that is not a paragraph style."""
    taken = {style.name: style.type for style in document.styles}
    return name if taken.get(name, WD_STYLE_TYPE.PARAGRAPH) == WD_STYLE_TYPE.PARAGRAPH else f"{name} (report)"


def _added(document: WordDocument, name: str, wanted: Style):
    """A new style on the template's body text."""
    style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH, builtin=wanted.name in BUILT_IN)
    normal = document.styles.default(WD_STYLE_TYPE.PARAGRAPH)
    style.base_style, style.quick_style, style.hidden = normal, True, False
    if normal is not None:
        style.next_paragraph_style = style if wanted.name.startswith("List") else normal
    if wanted.name in OUTLINE:
        level = OxmlElement("w:outlineLvl")
        level.set(qn("w:val"), str(OUTLINE[wanted.name]))
        style.element.get_or_add_pPr().append(level)
    return style


BUILT_IN = {"Title", "Heading 1", "Heading 2", "Heading 3", "Caption", "List Bullet", "List Number", "Header", "Footer"}
OUTLINE = {"Heading 1": 0, "Heading 2": 1, "Heading 3": 2}


def _set(style, wanted: Style) -> None:
    """Font, spacing and box; a style of the plain document loses what it had."""
    fonts = style.element.get_or_add_rPr()
    for old in list(fonts):
        fonts.remove(old)
    style.font.size, style.font.bold, style.font.color.rgb = Pt(wanted.size), wanted.bold or None, wanted.colour
    if wanted.name == "Normal":
        style.font.name = FONT
        for script in ("w:eastAsia", "w:cs"):
            fonts.rFonts.set(qn(script), FONT)
    shape = style.paragraph_format
    shape.space_before, shape.space_after = Pt(wanted.before), Pt(wanted.after)
    shape.keep_with_next = wanted.with_next
    if wanted.left:
        shape.left_indent, shape.first_line_indent = Cm(wanted.left), Cm(-wanted.hanging)
    if wanted.right:
        shape.right_indent = Cm(wanted.right)
    for tag in ("w:pBdr", "w:tabs", "w:numPr", "w:contextualSpacing"):
        for old in style.element.pPr.findall(qn(tag)):
            style.element.pPr.remove(old)
    if wanted.boxed:
        _box(style)


def _box(style) -> None:
    sides = "".join(
        f'<w:{side} w:val="single" w:sz="12" w:space="6" w:color="{RED}"/>'
        for side in ("top", "left", "bottom", "right")
    )
    style.element.get_or_add_pPr().insert_element_before(
        parse_xml(f"<w:pBdr {nsdecls('w')}>{sides}</w:pBdr>"),
        "w:shd",
        "w:tabs",
        "w:suppressAutoHyphens",
        "w:spacing",
        "w:ind",
        "w:jc",
        "w:outlineLvl",
    )


def _define_table(document: WordDocument) -> None:
    """A table style: rules between rows, the header row bold on a pale ground."""
    if TABLE_STYLE in {style.name for style in document.styles}:
        return
    rule = f'w:val="single" w:sz="4" w:space="0" w:color="{RULE}"'
    document.styles.element.append(
        parse_xml(
            f'<w:style {nsdecls("w")} w:type="table" w:customStyle="1" w:styleId="ReportTable"><w:name w:val="{TABLE_STYLE}"/>'
            f'<w:uiPriority w:val="99"/><w:qFormat/><w:tblPr><w:tblBorders><w:top {rule}/><w:bottom {rule}/><w:insideH {rule}/></w:tblBorders>'
            '<w:tblCellMar><w:left w:w="70" w:type="dxa"/><w:right w:w="70" w:type="dxa"/></w:tblCellMar></w:tblPr>'
            '<w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr><w:tcBorders><w:bottom w:val="single" w:sz="12" w:space="0" w:color="12436D"/></w:tcBorders>'
            f'<w:shd w:val="clear" w:color="auto" w:fill="{PALE}"/><w:vAlign w:val="bottom"/></w:tcPr></w:tblStylePr>'
            '<w:tblStylePr w:type="lastRow"><w:rPr><w:b/></w:rPr><w:tcPr><w:tcBorders><w:top w:val="single" w:sz="8" w:space="0" w:color="12436D"/></w:tcBorders></w:tcPr></w:tblStylePr>'
            "</w:style>"
        )
    )


class Lists:
    """Bulleted and lettered lists. Each lettered list begins again at a."""

    def __init__(self, document: WordDocument, own: bool):
        self.numbering = _numbering(document)
        if own or not _is_a_list(document, "List Bullet"):
            style = document.styles[name_of(document, "List Bullet")]
            _number(style.element.get_or_add_pPr(), self._used(self._definition("bullet", "•")))

    def lettered(self) -> int:
        """A new lettered list, to give to each of its items."""
        return self._used(self._definition("lowerLetter", "%1."))

    def _definition(self, form: str, mark: str) -> int:
        """A one-level list."""
        held = [int(one.get(qn("w:abstractNumId"))) for one in self.numbering.findall(qn("w:abstractNum"))]
        number = max(held, default=-1) + 1
        made = parse_xml(
            f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{number}"><w:multiLevelType w:val="singleLevel"/><w:lvl w:ilvl="0"><w:start w:val="1"/>'
            f'<w:numFmt w:val="{form}"/><w:lvlText w:val="{mark}"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="{INDENT}" w:hanging="{HANGING}"/></w:pPr></w:lvl></w:abstractNum>'
        )
        first = self.numbering.find(qn("w:num"))
        self.numbering.append(made) if first is None else first.addprevious(made)
        return number

    def _used(self, definition: int) -> int:
        return self.numbering.add_num(definition).numId


def _number(shape, number: int) -> None:
    """Put a paragraph, or the paragraphs of a style, into a list."""
    listed = shape.get_or_add_numPr()
    listed.get_or_add_ilvl().val, listed.get_or_add_numId().val = 0, number


def letter(line, number: int) -> None:
    """Make a paragraph an item of a lettered list."""
    _number(line._p.get_or_add_pPr(), number)


def _is_a_list(document: WordDocument, name: str) -> bool:
    """Whether the style, or one it is based on, is numbered."""
    style = document.styles[name_of(document, name)]
    while style is not None:
        if style.element.pPr is not None and style.element.pPr.numPr is not None:
            return True
        style = style.base_style
    return False


def _numbering(document: WordDocument):
    """The document's lists; an empty one where a template has none."""
    part = document.part
    if not any(link.reltype == RELATIONSHIP_TYPE.NUMBERING for link in part.rels.values()):
        empty = f"<w:numbering {nsdecls('w')}/>".encode()
        part.relate_to(
            NumberingPart.load(PackURI("/word/numbering.xml"), CONTENT_TYPE.WML_NUMBERING, empty, part.package),
            RELATIONSHIP_TYPE.NUMBERING,
        )
    return part.numbering_part.element
