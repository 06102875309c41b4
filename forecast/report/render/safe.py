"""The one place that cleans text: what reaches a file is words, and no program takes them for anything else.

Every renderer starts from `cleaned(report)`; after it, each gives text to its library as text, never as markup.
"""

import re
import unicodedata
from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

from lxml import etree

Thing = TypeVar("Thing")

BREAKS = re.compile("[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
# Control (XML cannot hold it), format (bidi overrides, invisible tags), lone surrogates, private use and unassigned (no
# font draws them).
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
JOINERS = {"\u200c", "\u200d"}  # spelling in some languages depends on them
FORMULA = ("=", "+", "-", "@", "|", "%", "＝", "＋", "－", "＠", "−")
_NUMBER = "[+-]?£?[0-9][0-9,]*(?:\\.[0-9]+)?%?"
NUMBERS = re.compile(f"{_NUMBER}(?: to {_NUMBER})?")
LONGEST_NAME, LONGEST_LINE, LONGEST_PROPERTY = 60, 200, 255
RESERVED = re.compile("(?:con|prn|aux|nul|com[0-9]|lpt[0-9])")  # names of devices on Windows

SVG = "http://www.w3.org/2000/svg"
XLINK, XML = "{http://www.w3.org/1999/xlink}", "{http://www.w3.org/XML/1998/namespace}"
DRAWN = re.compile(
    "svg|g|defs|use|symbol|marker|path|rect|circle|ellipse|line|polyline|polygon|text|tspan|clipPath|mask|pattern|"
    "linearGradient|radialGradient|stop|style"
)
ELSEWHERE = re.compile(r"url\(\s*(?!['\"]?#)|@import|javascript:|expression\(|\\", re.IGNORECASE)


def clean(text: str) -> str:
    """Text on one line, without the characters that are not seen or that turn the reading order round."""
    flat = BREAKS.sub(" ", text)
    return "".join(letter for letter in flat if letter in JOINERS or unicodedata.category(letter) not in UNSEEN)


def cleaned(thing: Thing) -> Thing:
    """A report or a part of one, every text in it clean. Raises ValueError where nothing is left of a required text."""
    if isinstance(thing, str):
        return clean(thing)
    if isinstance(thing, tuple):
        return tuple(cleaned(part) for part in thing)
    if is_dataclass(thing):
        return replace(thing, **{part.name: cleaned(getattr(thing, part.name)) for part in fields(thing)})
    return thing


def short(text: str, longest: int = LONGEST_LINE) -> str:
    """Text for a line that cannot wrap."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def file_name(text: str) -> str:
    """A file name on every system: small letters, digits, _ and -."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    name = re.sub("[^a-z0-9_-]+", "-", plain).strip("-_")[:LONGEST_NAME] or "block"
    return f"{name}-" if RESERVED.fullmatch(name) else name


def csv_cell(text: str) -> str:
    """Text that a spreadsheet would take for a formula is led by an apostrophe; a number, or a range of two, is not."""
    bare = clean(text).strip()
    return f"'{bare}" if bare.startswith(FORMULA) and not NUMBERS.fullmatch(bare) else bare


def svg_text(svg: bytes, name: str = "", title: str = "", alt: str = "") -> str:
    """The drawing alone: shapes, words and styles; no script, link, event, comment, or anything fetched from elsewhere.

    With a name, its title and description are in it for a screen reader. Raises ValueError if it is not SVG.
    """
    alone = {"resolve_entities": False, "no_network": True, "load_dtd": False}
    try:
        root = etree.fromstring(svg, etree.XMLParser(**alone, remove_comments=True, remove_pis=True))
    except etree.XMLSyntaxError as fault:
        raise ValueError(f"a chart's drawing is not SVG: {fault}") from None
    if root.tag != f"{{{SVG}}}svg":
        raise ValueError(f"a chart's drawing is not SVG: it is {root.tag}")
    etree.strip_tags(root, etree.Entity)
    for part in list(root.iterdescendants()):
        tag = etree.QName(part)
        fetches = tag.localname == "style" and (len(part) or ELSEWHERE.search(part.text or ""))
        if tag.namespace != SVG or not DRAWN.fullmatch(tag.localname) or fetches:
            part.clear(keep_tail=True)
            part.tag = f"{{{SVG}}}dropped"
    etree.strip_tags(root, f"{{{SVG}}}dropped")  # the words after an element belong to its parent and stay
    for part in root.iter():
        for key, value in list(part.attrib.items()):
            link = key in ("href", f"{XLINK}href") and not value.startswith("#")
            foreign = key.startswith("{") and not key.startswith((XLINK, XML))
            if link or foreign or key.lower().startswith("on") or ELSEWHERE.search(value):
                del part.attrib[key]
    if name:
        root.set("role", "img")
        root.set("aria-labelledby", f"{name}-title {name}-description")
        for tag, end, words in (("desc", "description", alt), ("title", "title", title)):
            part = etree.Element(f"{{{SVG}}}{tag}", {"id": f"{name}-{end}"})
            part.text = words
            root.insert(0, part)
    return etree.tostring(root, encoding="unicode", with_tail=False)
