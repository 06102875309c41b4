"""Plain named styles and lists. An officer changes a style once and the whole report follows."""

from pathlib import Path

from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.parts.numbering import NumberingPart
from docx.styles import BabelFish

OURS = Path(__file__).with_name("page") / "styles.xml"
TABLE_STYLE = "Report Table"
INDENT, HANGING = 510, 340  # of lists, in twentieths of a point


def define(document: WordDocument, own: bool) -> dict[str, object]:
    """Add the styles that are missing; in our own document take all of ours. own: not a council's template.

    Returns each paragraph style of the document by our name for it.
    """
    styles, root = document.styles, document.styles.element
    base = styles.default(WD_STYLE_TYPE.PARAGRAPH)
    named = {}
    for ours in parse_xml(OURS.read_bytes()).findall(qn("w:style")):
        wanted = BabelFish.internal2ui(ours.name_val)
        if wanted == "Normal" and not own:
            continue
        name = wanted if wanted == TABLE_STYLE else name_of(document, wanted)
        held = next((style for style in styles if style.name == name), None)
        if held is None:
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
            root.replace(held.element, ours)
        if wanted != TABLE_STYLE:
            named[wanted] = styles[name]
    return named


def name_of(document: WordDocument, name: str) -> str:
    """The style's name, or another where a template gives that name to something that is not a paragraph style."""
    taken = {style.name: style.type for style in document.styles}
    return name if taken.get(name, WD_STYLE_TYPE.PARAGRAPH) == WD_STYLE_TYPE.PARAGRAPH else f"{name} (report)"


class Lists:
    """Bulleted and lettered lists. Each lettered list begins again at a."""

    def __init__(self, document: WordDocument, own: bool):
        part = document.part
        if not any(
            link.reltype == RELATIONSHIP_TYPE.NUMBERING for link in part.rels.values()
        ):  # a template without lists
            empty, place = f"<w:numbering {nsdecls('w')}/>".encode(), PackURI("/word/numbering.xml")
            made = NumberingPart.load(place, CONTENT_TYPE.WML_NUMBERING, empty, part.package)
            part.relate_to(made, RELATIONSHIP_TYPE.NUMBERING)
        self.numbering = part.numbering_part.element
        style = base = document.styles[name_of(document, "List Bullet")]
        numbered = False  # whether the style, or one it is based on, is
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
