"""Finished files read back, by other means than wrote them: their words, and whether a screen reader finds its way."""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree
from lxml import html as markup

from forecast.report.model import skipped_headings

NAMED = {"w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main"}
W = f"{{{NAMED['w']}}}"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
LIVE_IN_WORD = ("hyperlink", "altChunk", "object", "control", "dataBinding", "subDoc", "txbxContent")
LIVE_IN_HTML = re.compile("script|iframe|object|embed|form|input|button|link|base|audio|video|svg")
LINES = re.compile("p|h[1-6]|li|tr|caption|figcaption|dt|dd|div|header|footer|main|nav")
CELLS = {"td", "th"}


@dataclass(frozen=True)
class Grid:
    """A table: the cells of each row, and whether the first is marked as the header that each page repeats."""

    rows: tuple[tuple[str, ...], ...]
    header: bool


@dataclass(frozen=True)
class Found:
    """What a program finds in a finished file.

    headings   level and words, in order
    pictures   the alternative text of each
    fields     Word: the instruction of each field; `elsewhere`: of each in headers and footers
    headers    Word: the words of each page header
    live       whatever leads out of the text or could run: links, scripts, objects, text boxes; a council's own header
               may hold a link
    """

    title: str
    language: str
    headings: tuple[tuple[int, str], ...]
    pictures: tuple[str, ...]
    tables: tuple[Grid, ...]
    captions: tuple[str, ...]
    live: tuple[str, ...]
    fields: tuple[str, ...] = ()
    elsewhere: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()


def words_in_word(path: Path) -> str:
    """Every word of a .docx in reading order, a line a paragraph or row, cells apart by tabs; then the margins."""
    with zipfile.ZipFile(path) as package:
        body = _xml(package, "word/document.xml")
        outside = [_xml(package, name) for name in _parts(package, "header", "footer")]
    return "\n".join(line for root in (body, *outside) for line in _lines_of_word(root))


def words_in_html(path: Path) -> str:
    """Every word of a page's body in reading order: a line for each block and row, cells apart by tabs."""
    lines = "".join(_laid_out(_body(path))).split("\n")
    return "\n".join(line.strip(" ") for line in lines if line.strip())


def found_in_word(path: Path) -> Found:
    """The structure of a .docx."""
    with zipfile.ZipFile(path) as package:
        names = ("word/document.xml", "word/styles.xml", "docProps/core.xml")
        body, styles, core = (_xml(package, name) for name in names)
        outside = {name: _xml(package, name) for name in _parts(package, "header", "footer")}
        inside = re.compile(r"(?!word/_rels/(?:header|footer)).*\.rels")
        links = [link for name in package.namelist() if inside.fullmatch(name) for link in _xml(package, name)]
    outward = [
        link.get("Target")
        for link in links
        if link.get("TargetMode") == "External"
        or link.get("Type", "").endswith(("/hyperlink", "/vbaProject", "/oleObject", "/aFChunk"))
    ]
    named = {style.get(f"{W}styleId"): style.find(f"{W}name").get(f"{W}val") for style in styles.iter(f"{W}style")}
    lines = [
        (named.get(next(iter(line.xpath("w:pPr/w:pStyle/@w:val", namespaces=NAMED)), None), ""), _words(line))
        for line in body.iter(f"{W}p")
    ]
    return Found(
        title=next((part.text or "" for part in core if etree.QName(part).localname == "title"), ""),
        language=next((node.get(f"{W}val") for node in styles.iter(f"{W}lang")), ""),
        headings=tuple((int(style[-1]), words) for style, words in lines if re.fullmatch("[Hh]eading [1-9]", style)),
        pictures=tuple(node.get("descr", "") for node in body.iter(f"{DRAWING}docPr")),
        tables=tuple(_grid(table) for table in body.iter(f"{W}tbl")),
        captions=tuple(words for style, words in lines if style.lower().startswith("caption")),
        live=(*outward, *(name for node in body.iter("{*}*") if (name := etree.QName(node).localname) in LIVE_IN_WORD)),
        fields=_fields(body),
        elsewhere=tuple(field for root in outside.values() for field in _fields(root)),
        headers=tuple(" ".join(_lines_of_word(root)) for name, root in outside.items() if "header" in name),
    )


def found_in_html(path: Path) -> Found:
    """The structure of a page."""
    body = _body(path)
    page = body.getroottree().getroot()
    return Found(
        title=page.findtext("head/title") or "",
        language=page.get("lang", ""),
        headings=tuple((int(node.tag[1]), _plain(node)) for node in body.iter("h1", "h2", "h3", "h4", "h5", "h6")),
        pictures=tuple(node.get("alt", "") for node in body.iter("img")),
        tables=tuple(_html_grid(table) for table in body.iter("table")),
        captions=tuple(_plain(node) for node in body.iter("caption", "figcaption")),
        live=tuple(node for part in page.iter() if isinstance(part.tag, str) for node in _live(part)),
    )


def faults(found: Found) -> list[str]:
    """What would stop a screen reader or surprise a reader, in sentences; none where all is well."""
    skipped = skipped_headings([level for level, _ in found.headings])
    missing = {
        "heading {} has no words": [words.strip() for _, words in found.headings],
        "picture {} has no alternative text": [alt.strip() for alt in found.pictures],
        "table {} has no header row": [table.header for table in found.tables],
    }
    faults = [] if found.title.strip() else ["the file has no title"]
    faults += [] if found.language.strip() else ["the file names no language"]
    faults += [f"heading {number} skips a level: {found.headings[number - 1][1]}" for number in skipped]
    for fault, there in missing.items():
        faults += [fault.format(number) for number, is_there in enumerate(there, start=1) if not is_there]
    faults += [f"it holds something that leads out of the file or could run: {part}" for part in found.live]
    faults += [f"it holds a field of another kind: {field}" for field in found.fields if field.split()[0] != "SEQ"]
    if len(found.captions) != len(found.pictures) + len(found.tables):
        faults.append("tables and pictures do not have one caption each")
    return faults


def _xml(package: zipfile.ZipFile, name: str) -> etree._Element:
    return etree.fromstring(package.read(name), etree.XMLParser(resolve_entities=False, no_network=True))


def _parts(package: zipfile.ZipFile, *kinds: str) -> list[str]:
    return sorted(name for name in package.namelist() if re.fullmatch(rf"word/(?:{'|'.join(kinds)})[0-9]*\.xml", name))


def _words(part: etree._Element) -> str:
    """The words of a paragraph or cell; instructions of fields are not words."""
    text = {f"{W}tab": "\t", f"{W}br": " ", f"{W}noBreakHyphen": "-"}
    inner = part.iter(f"{W}t", *text)
    return "".join(text.get(word.tag, word.text or "") for word in inner if word.getparent().tag == f"{W}r")


def _lines_of_word(root: etree._Element) -> Iterator[str]:
    """Paragraphs outside tables, and rows."""
    for part in root.iter(f"{W}p", f"{W}tr"):
        inside = any(node.tag == f"{W}tc" for node in part.iterancestors())
        if part.tag == f"{W}tr":
            yield "\t".join(_words(node) for node in part.iter(f"{W}tc"))
        elif not inside and _words(part).strip():
            yield _words(part)


def _grid(table: etree._Element) -> Grid:
    rows = table.findall(f"{W}tr")
    marked = [row.find(f"{W}trPr/{W}tblHeader") is not None for row in rows]
    header = marked[:1] == [True] and not any(marked[1:])
    return Grid(tuple(tuple(map(_words, row.findall(f"{W}tc"))) for row in rows), header)


def _fields(root: etree._Element) -> tuple[str, ...]:
    simple = [node.get(f"{W}instr").strip() for node in root.iter(f"{W}fldSimple")]
    return tuple([*simple, *((node.text or "").strip() for node in root.iter(f"{W}instrText"))])


def _body(path: Path) -> etree._Element:
    return markup.document_fromstring(Path(path).read_bytes(), parser=markup.HTMLParser(encoding="utf-8")).body


def _plain(part: etree._Element) -> str:
    return " ".join("".join(part.itertext()).split())


def _laid_out(part: etree._Element) -> Iterator[str]:
    """Text with an end of line round each block and a tab between cells."""
    if not isinstance(part.tag, str) or part.tag in ("script", "style"):
        return
    if LINES.fullmatch(part.tag):
        yield "\n"
    elif part.tag in CELLS and part.getprevious() is not None:
        yield "\t"
    yield " ".join((part.text or "").split("\n"))
    for inner in part:
        yield from _laid_out(inner)
        yield " ".join((inner.tail or "").split("\n"))
    if LINES.fullmatch(part.tag):
        yield "\n"


def _html_grid(table: etree._Element) -> Grid:
    rows = tuple(tuple(_plain(node) for node in row.iter("td", "th")) for row in table.iter("tr"))
    heads = [node for row in table.findall("thead/tr") for node in row]
    return Grid(rows, bool(heads) and all(node.tag == "th" and node.get("scope") == "col" for node in heads))


def _live(part: etree._Element) -> Iterator[str]:
    """What of one element leads out of the page or could run."""
    if LIVE_IN_HTML.fullmatch(part.tag):
        yield part.tag
    for name, value in part.attrib.items():
        address = value.strip()
        if name.lower().startswith("on") or (
            name in ("href", "src", "srcset", "action", "formaction", "data")
            and not address.startswith(("#", "data:image/"))
        ):
            yield f"{part.tag} {name}={address[:80]}"
    if part.tag == "style" and re.search(r"url\(|@import", part.text or ""):
        yield "style that fetches"
