"""XML returns, read child by child as a stream: no DTD, entity or outside reference, and within limits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.parsers import expat

from forecast.case.errors import BadInput
from forecast.sources.counting import Quality
from forecast.sources.reading.files import MEGABYTE, Source
from forecast.sources.reading.sheets import NOTHING, place

MOST_DEPTH = 20  # a census has 7
MOST_TEXT = 1000  # characters in one element
MOST_PENDING = MEGABYTE  # bytes of one tag, comment or instruction: what expat must hold at once
NO_DTD = "A return has none, and one can draw in other files or swell without limit. Export the file again"
AGAIN = "Export the file again"
Section = tuple[str, int, dict[str, str]]  # the element's name, its line, its used fields


@dataclass(frozen=True)
class Layout:
    """Where an XML return has what is read. Elements are named in capitals.

    called        what the return is called
    root, child   the element of the whole, and that of one child
    sections      element within a child -> the fields used of it
    repeated      field that may stand several times in a section -> that section; each is a section of its own
    header        field of the Header -> the name under which it is given back
    others        every other element of the return, between spaces
    """

    called: str
    root: str
    child: str
    sections: dict[str, Sequence[str]]
    repeated: dict[str, str]
    header: dict[str, str]
    others: str

    @property
    def shown_root(self) -> str:
        return self.root if any(map(str.isdigit, self.root)) else self.root.capitalize()

    @property
    def known(self) -> set[str]:
        fields = {name for names in self.sections.values() for name in names}
        given = {self.root, self.child, "HEADER", *self.header, *self.sections, *self.repeated}
        return given | fields | set(self.others.split())


class _Found(Exception):
    """The first element was reached."""


def root_element(source: Source) -> str:
    """The name of the first element, in capitals; blank where there is none to be found before much else."""
    names: list[str] = []

    def stop(name: str, *_: object) -> None:
        names.append(name.rpartition(" ")[2].upper())
        raise _Found

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EntityDeclHandler = stop, lambda *_: stop("")
    fed = 0
    for piece in source.chunks():
        try:
            parser.Parse(piece, False)
        except (_Found, expat.ExpatError, ValueError, LookupError):
            break
        fed += len(piece)
        if fed > MOST_PENDING:
            break
    return names[0] if names else ""


def read_children(
    source: Source, layout: Layout, on_child: Callable[[list[Section], int, int], None], quality: Quality
) -> dict[str, str]:
    """Give `on_child` the sections of each child, the line where it closes, and its number; gives the header.

    Raises BadInput for XML that is not well formed, is not the return, holds a DTD or entity, or passes a limit.
    """
    reader = _Reader(source.name, layout, on_child, quality)
    fed = 0
    try:
        for piece in source.chunks():
            fed += len(piece)
            reader.parser.Parse(piece, False)
            if fed - reader.parser.CurrentByteIndex > MOST_PENDING:  # the parser would hold it whole, over and over
                reader.stop(f"one tag or comment of over {MOST_PENDING // MEGABYTE} MB; a return has none. {AGAIN}")
        reader.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise _not_well_formed(source.name, error, fed, layout) from None
    except ValueError as error:
        raise error if isinstance(error, BadInput) else _bad_encoding(source.name) from None
    except LookupError:
        raise _bad_encoding(source.name) from None
    if not reader.number:
        reader.stop(f"no Child element; expected one for each child of {layout.called}. {AGAIN}")
    quality.count(source.name, "rows", reader.number)
    return reader.header


def _not_well_formed(name: str, error: expat.ExpatError, fed: int, layout: Layout) -> BadInput:
    if not fed:
        return BadInput(f"{name}: the file is empty; expected {layout.called} as XML. {AGAIN}.")
    if error.code == expat.errors.codes[expat.errors.XML_ERROR_UNKNOWN_ENCODING]:
        return _bad_encoding(name)
    return BadInput(
        f"{name}, line {error.lineno}: not well formed XML ({expat.ErrorString(error.code)}). Expected the whole of "
        f"{layout.called}, which ends with </{layout.shown_root}>. A truncated or edited file: export it again."
    )


def _bad_encoding(name: str) -> BadInput:
    return BadInput(f"{name}, line 1: its text encoding is not one read here; expected UTF-8. {AGAIN}.")


class _Reader:
    """Handlers of one file: what has been opened and not closed, and the current child's sections."""

    def __init__(self, name: str, layout: Layout, on_child: Callable, quality: Quality) -> None:
        self.name, self.layout, self.known, self.on_child, self.quality = name, layout, layout.known, on_child, quality
        self.path: list[str] = []
        self.text: list[str] = []
        self.length, self.number = 0, 0
        self.header: dict[str, str] = {}
        self.open: dict[str, Section] = {}
        self.closed: list[Section] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._entity
        self.parser.EndDoctypeDeclHandler = self._end_doctype
        self.parser.ExternalEntityRefHandler = self._external
        self.parser.StartElementHandler, self.parser.EndElementHandler = self._start, self._end
        self.parser.CharacterDataHandler = self._characters

    def stop(self, sentence: str) -> None:
        raise BadInput(f"{place(self.name, self.parser.CurrentLineNumber, self.number)}: {sentence}.")

    def _doctype(self, _name: str, system: str | None, public: str | None, _subset: bool) -> None:
        if system or public:
            self.stop(f"a document type (DOCTYPE) that refers to another file. {NO_DTD}")

    def _entity(self, _name, _parameter, _value, _base, system, _public, _notation) -> None:
        kind = "an external entity (as in an XXE attack)" if system else "an entity (as in a billion laughs XML bomb)"
        self.stop(f"a document type (DOCTYPE) that defines {kind}. {NO_DTD}")

    def _end_doctype(self) -> None:
        self.stop(f"a document type (DOCTYPE). {NO_DTD}")

    def _external(self, *_reference) -> None:
        self.stop(f"a reference to an external entity. {NO_DTD}")

    def _start(self, name: str, _attributes: dict) -> None:
        local = name.rpartition(" ")[2].upper()
        self._check_place(local)
        self.path.append(local)
        self.text, self.length = [], 0
        if local not in self.known:
            self.quality.count(self.name, "unknown_element")
        if local in self.layout.sections:
            self.open[local] = (local, self.parser.CurrentLineNumber, {})
        if local == self.layout.child:
            self.number, self.open, self.closed = self.number + 1, {}, []

    def _check_place(self, local: str) -> None:
        child, section = self.layout.child, local in self.layout.sections
        if not self.path and local != self.layout.root:
            self.stop(f"the first element is not {self.layout.shown_root}; expected {self.layout.called}. Give its XML")
        if len(self.path) >= MOST_DEPTH:
            self.stop(f"elements nested more than {MOST_DEPTH} deep; a return has fewer. {AGAIN}")
        if local in self.path and (section or local == child):
            what = "Child" if local == child else "a section"
            self.stop(f"{what} inside another of its kind; expected one after the other. {AGAIN}")
        if section and child not in self.path:
            self.stop(f"a section of a child outside a Child; expected it inside one. {AGAIN}")

    def _characters(self, data: str) -> None:
        self.length += len(data)
        if self.length > MOST_TEXT:
            self.stop(f"an element with over {MOST_TEXT:,} characters of text; a return has none. {AGAIN}")
        self.text.append(data)

    def _end(self, _name: str) -> None:
        local, layout, line = self.path.pop(), self.layout, self.parser.CurrentLineNumber
        text = "".join(self.text).strip()
        if text.upper() in NOTHING:
            self.quality.count(self.name, "null_words")
            text = ""
        self.text, self.length = [], 0
        section = next((name for name in reversed(self.path) if name in layout.sections), "")
        if section and local in layout.sections[section]:
            if self.open[section][2].setdefault(local, text) != text:
                self.stop(
                    "one field given twice in one section; expected it once. Correct the record, or export the file "
                    "again"
                )
        elif section and layout.repeated.get(local) == section:
            self.closed += [(local, line, {local: text})] if text else []
        elif local in layout.header and "HEADER" in self.path:
            self.header[layout.header[local]] = text
        elif local in layout.sections:
            if text:
                self.open[local][2][local] = text
            self.closed.append(self.open[local])
        elif local == layout.child:
            self.on_child(self.closed, line, self.number)
