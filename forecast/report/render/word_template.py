"""A Word document to write into: a plain one, or the council's own template with its sample text taken out."""

import io
import re
import zipfile
from copy import deepcopy
from pathlib import Path

from docx import Document
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.constants import RELATIONSHIP_TYPE as LINK
from docx.opc.packuri import PackURI
from docx.opc.part import XmlPart
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.parts.numbering import NumberingPart
from docx.styles import BabelFish
from lxml import etree

from forecast.case.errors import BadInput
from forecast.case.workbook.book import OLD_OR_LOCKED, PASSWORD_MARK
from forecast.report.render.files import timeless

LARGEST = 200 * 2**20  # bytes unpacked; a template is a few pages
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
OTHER_MAIN = re.compile(
    rb"application/vnd\.(?:openxmlformats-officedocument\.wordprocessingml\.template|"
    rb"ms-word\.(?:document|template)\.macroEnabled(?:Template)?)\.main\+xml"
)
# What of a template is its house style; its sample text, pictures, comments and macros are not.
KEPT = {
    LINK.STYLES,
    "http://schemas.microsoft.com/office/2007/relationships/stylesWithEffects",
    LINK.NUMBERING,
    LINK.SETTINGS,
    LINK.WEB_SETTINGS,
    LINK.FONT_TABLE,
    LINK.THEME,
    LINK.FOOTNOTES,
    LINK.ENDNOTES,
    LINK.CUSTOM_XML,
}
NOT_OURS = {LINK.EXTENDED_PROPERTIES, LINK.THUMBNAIL}  # a picture and counts of another document


def opened(template: Path | None) -> WordDocument:
    """An empty document. Raises BadInput if the template is not a Word file, is locked, or cannot be read."""
    document = Document() if template is None else _read(Path(template))
    _empty(document)
    # What is told of the template's own text elsewhere in the file, and its tie to another file, go.
    package, settings = document.part.package.rels, document.settings.element
    links = document.part.part_related_by(LINK.SETTINGS).rels
    for rels, goes in ((package, lambda link: link.reltype in NOT_OURS), (links, lambda link: link.is_external)):
        for name in [name for name, link in rels.items() if goes(link)]:
            del rels[name]
    for tag in ("w:attachedTemplate", "w:mailMerge", "w:docVars", "w:rsids"):
        for held in settings.findall(qn(tag)):
            settings.remove(held)
    return document


def _read(template: Path) -> WordDocument:
    try:
        content = template.read_bytes()
    except OSError as fault:
        raise BadInput(
            f"the Word template {template} cannot be read ({fault.strerror}). Give the path of a .docx or .dotx file."
        ) from None
    if content.startswith(OLD_OR_LOCKED):
        why = "is protected by a password" if PASSWORD_MARK in content else "is an old Word file (.doc)"
        raise BadInput(f"the Word template {template} {why}. Open it in Word and save it as .docx without a password.")
    try:
        document = Document(io.BytesIO(_as_document(content, template)))
        document.styles, document.sections[0]  # both are read from the file here, so that a damaged one is told now
    except BadInput:
        raise
    except Exception as fault:  # whatever the library meets in a file that is not what it says: one message for all
        raise BadInput(
            f"the Word template {template} is not a Word file that can be read ({type(fault).__name__}). "
            "Expected .docx or .dotx. Open it in Word, save it as Word Document (.docx) and try again."
        ) from None
    locked = document.settings.element.find(qn("w:documentProtection"))
    if locked is not None and locked.get(qn("w:enforcement")) in ("1", "true", "on"):
        raise BadInput(
            f"the Word template {template} does not let its text be edited. In Word choose Review, "
            "Restrict Editing, Stop Protection, and save it."
        )
    return document


def _as_document(content: bytes, template: Path) -> bytes:
    """A template file (.dotx) as a document (.docx): the same parts under another name."""
    if sum(member.file_size for member in zipfile.ZipFile(io.BytesIO(content)).infolist()) > LARGEST:
        raise BadInput(
            f"the Word template {template} unpacks to more than {LARGEST // 2**20} MB. Give the template alone, "
            "without large pictures."
        )

    def renamed(name: str, part: bytes) -> bytes:
        return OTHER_MAIN.sub(MAIN.encode(), part) if name == "[Content_Types].xml" else part

    return timeless(content, renamed)


def _empty(document: WordDocument) -> None:
    """Take the text out; page, header and footer of the last section stay, or those it takes from sections before."""
    body = document.element.body
    last = _last_section(body)
    for part in list(body):
        body.remove(part)
    body.append(last)
    in_use = {one.get(qn("r:id")) for one in last if one.get(qn("r:id"))}
    for name, link in list(document.part.rels.items()):
        if link.reltype not in KEPT and name not in in_use:
            del document.part.rels[name]
        elif link.reltype in (LINK.FOOTNOTES, LINK.ENDNOTES):
            # Sample footnotes out; the lines that Word needs stay.
            part = link.target_part
            root = part.element if isinstance(part, XmlPart) else parse_xml(part.blob)
            for note in [note for note in root if note.get(qn("w:type")) in (None, "normal")]:
                root.remove(note)
            if not isinstance(part, XmlPart):
                part._blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _last_section(body):
    """The last section's settings, each kind of header and footer from the nearest section before that has it."""
    sections = list(body.iter(qn("w:sectPr")))
    last = deepcopy(sections[-1]) if sections else body.get_or_add_sectPr()
    kinds = (qn("w:headerReference"), qn("w:footerReference"))
    held = {(one.tag, one.get(qn("w:type"))) for one in last if one.tag in kinds}
    for part in (part for section in reversed(sections[:-1]) for part in list(section)):
        kind = (part.tag, part.get(qn("w:type")))
        if part.tag in kinds and kind not in held:
            held.add(kind)
            last.insert(0, deepcopy(part))
    for kind in last.findall(qn("w:type")):
        last.remove(kind)
    return last


OURS = Path(__file__).with_name("page") / "styles.xml"
TABLE_STYLE = "Report Table"
INDENT, HANGING = 510, 340  # of lists, in twentieths of a point


def define(document: WordDocument, own: bool) -> dict[str, object]:
    """Add the styles that are missing; in our own document take all of ours. own: not a council's template.

    Returns each paragraph style of the document by our name for it.
    """
    styles, root = document.styles, document.styles.element
    held = {style.name: style for style in reversed(list(styles))}  # of two of one name, the first
    base = styles.default(WD_STYLE_TYPE.PARAGRAPH)
    named = {}
    for ours in parse_xml(OURS.read_bytes()).findall(qn("w:style")):
        wanted = BabelFish.internal2ui(ours.name_val)
        if wanted == "Normal" and not own:
            continue
        name = wanted
        if wanted != TABLE_STYLE and wanted in held and held[wanted].type != WD_STYLE_TYPE.PARAGRAPH:
            name = f"{wanted} (report)"  # a template gives the name to something that is not a paragraph style
        if name not in held:
            # On the body text of a template, which has a name of its own in each language.
            if name != wanted:
                ours.name_val, ours.styleId = name, name.replace(" ", "")
            for link in (ours.find(qn("w:basedOn")), ours.find(qn("w:next"))):
                if link is not None and base is None:
                    ours.remove(link)
                elif link is not None:
                    link.set(qn("w:val"), base.style_id)
            root.append(ours)
        elif own:
            root.replace(held[name].element, ours)
        if wanted != TABLE_STYLE:
            named[wanted] = styles[name]
    return named


class Lists:
    """Bulleted and lettered lists; `style` is that of a bullet. Each lettered list begins again at a."""

    def __init__(self, document: WordDocument, own: bool, style):
        part = document.part
        if not any(
            link.reltype == RELATIONSHIP_TYPE.NUMBERING for link in part.rels.values()
        ):  # a template without lists
            empty, place = f"<w:numbering {nsdecls('w')}/>".encode(), PackURI("/word/numbering.xml")
            made = NumberingPart.load(place, CONTENT_TYPE.WML_NUMBERING, empty, part.package)
            part.relate_to(made, RELATIONSHIP_TYPE.NUMBERING)
        self.numbering = part.numbering_part.element
        base, numbered = style, False  # whether the style, or one it is based on, is
        while base is not None:
            numbered = numbered or (base.element.pPr is not None and base.element.pPr.numPr is not None)
            base = base.base_style
        if own or not numbered:
            number(style.element.get_or_add_pPr(), self._new("bullet", "•"))

    def lettered(self) -> int:
        """A new lettered list, to give to each of its items."""
        return self._new("lowerLetter", "%1.")

    def _new(self, form: str, mark: str) -> int:
        """A one-level list."""
        held = [int(one.get(qn("w:abstractNumId"))) for one in self.numbering.findall(qn("w:abstractNum"))]
        new = max(held, default=-1) + 1
        made = parse_xml(
            f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{new}"><w:multiLevelType w:val="singleLevel"/>'
            f'<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{mark}"/>'
            f'<w:lvlJc w:val="left"/><w:pPr><w:ind w:left="{INDENT}" w:hanging="{HANGING}"/></w:pPr></w:lvl>'
            "</w:abstractNum>"
        )
        first = self.numbering.find(qn("w:num"))
        self.numbering.append(made) if first is None else first.addprevious(made)
        return self.numbering.add_num(new).numId


def number(shape, of: int) -> None:
    """Put a paragraph, or the paragraphs of a style, into a list."""
    listed = shape.get_or_add_numPr()
    listed.get_or_add_ilvl().val, listed.get_or_add_numId().val = 0, of
