"""The census XML, read as a stream: no DTD, no entity, no outside reference, within limits of size, depth and length.

Layout: Message/Header, Message/Children/Child/{ChildIdentifiers, ChildCharacteristics, CINdetails/{Section47,
ChildProtectionPlans/Reviews}} (LIIA `cin_census_pipeline/spec/CIN_schema_2025.xsd`). Only what is counted is kept.
"""

from xml.parsers import expat

from forecast.case.errors import BadInput
from forecast.sources.cin.codes import ENQUIRY, EPISODE
from forecast.sources.cin.files import MEGABYTE, Source
from forecast.sources.cin.quality import Quality
from forecast.sources.cin.records import Records, place
from forecast.sources.private import hash_child

MOST_DEPTH = 20  # the census has 7
MOST_TEXT = 1000  # characters in one element
MOST_PENDING = MEGABYTE  # bytes of one tag, comment or instruction: what expat must hold at once
ROOT, CHILD, IDENTIFIERS, EPISODES = "MESSAGE", "CHILD", "CHILDIDENTIFIERS", "CINDETAILS"
ENQUIRIES, PLANS, REVIEW = "SECTION47", "CHILDPROTECTIONPLANS", "CPPREVIEWDATE"
USED = {
    IDENTIFIERS: ("LACHILDID", "PERSONBIRTHDATE", "EXPECTEDPERSONBIRTHDATE", "PERSONDEATHDATE", "SEX", "GENDERCURRENT"),
    EPISODES: ("REFERRALSOURCE", "DATEOFINITIALCPC"),
    ENQUIRIES: ("S47ACTUALSTARTDATE", "DATEOFINITIALCPC", "ICPCNOTREQUIRED"),
    PLANS: ("CPPSTARTDATE", "CPPENDDATE", "INITIALCATEGORYOFABUSE", "LATESTCATEGORYOFABUSE", "NUMBEROFPREVIOUSCPP"),
}
OTHERS = {
    *(ROOT, "HEADER", "COLLECTIONDETAILS", "COLLECTION", "YEAR", "REFERENCEDATE", "SOURCE", "SOURCELEVEL", "LEA"),
    *("SOFTWARECODE", "RELEASE", "SERIALNO", "DATETIME", "CHILDREN", CHILD, "UPN", "FORMERUPN", "UPNUNKNOWN"),
    *("CHILDCHARACTERISTICS", "ETHNICITY", "DISABILITIES", "DISABILITY", "CINREFERRALDATE", "PRIMARYNEEDCODE"),
    *("CINCLOSUREDATE", "REASONFORCLOSURE", "REFERRALNFA", "ASSESSMENTS", "ASSESSMENTACTUALSTARTDATE"),
    *("ASSESSMENTINTERNALREVIEWDATE", "ASSESSMENTAUTHORISATIONDATE", "FACTORSIDENTIFIEDATASSESSMENT"),
    *("ASSESSMENTFACTORS", "CINPLANDATES", "CINPLANSTARTDATE", "CINPLANENDDATE", "INITIALCPCTARGET", "REVIEWS", REVIEW),
}
KNOWN = OTHERS | set(USED) | {name for names in USED.values() for name in names}
HEADER = {"YEAR": "year", "REFERENCEDATE": "as_at", "LEA": "authority"}
NO_DTD = "A census has none, and one can draw in other files or swell without limit. Export the file again from the case system"


def read_census(source: Source, salt: bytes, quality: Quality) -> Records:
    """The plans, enquiries, conferences and reviews of a census XML, as text with their places.

    Raises BadInput for XML that is not well formed, is not a census, holds a DTD or entity, or passes a limit.
    """
    reader = _Reader(source.name, salt, quality)
    fed = 0
    try:
        for piece in source.chunks():
            fed += len(piece)
            reader.parser.Parse(piece, False)
            reader.check_pending(fed)
        reader.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise _not_well_formed(source.name, error, fed) from None
    except ValueError as error:
        raise error if isinstance(error, BadInput) else _bad_encoding(source.name) from None
    except LookupError:
        raise _bad_encoding(source.name) from None
    return reader.finish()


def _not_well_formed(name: str, error: expat.ExpatError, fed: int) -> BadInput:
    if not fed:
        return BadInput(f"{name}: the file is empty; expected a census XML. Export the file again.")
    if error.code == expat.errors.codes[expat.errors.XML_ERROR_UNKNOWN_ENCODING]:
        return _bad_encoding(name)
    return BadInput(
        f"{name}, line {error.lineno}: not well formed XML ({expat.ErrorString(error.code)}). Expected a whole census, which ends "
        f"with </Message>. A truncated or edited file: export it again."
    )


def _bad_encoding(name: str) -> BadInput:
    return BadInput(f"{name}, line 1: its text encoding is not one read here; expected UTF-8. Export the file again.")


class _Reader:
    """Handlers of one file: what has been opened and not closed, and the current child's values."""

    def __init__(self, name: str, salt: bytes, quality: Quality) -> None:
        self.records, self.salt, self.quality = Records(name, "xml"), salt, quality
        self.path: list[str] = []
        self.text: list[str] = []
        self.length, self.number = 0, 0
        self.events: list[tuple] = []
        self.values: dict[str, dict[str, str]] = {}
        self.lines: dict[str, int] = {}
        self.parser = self._make_parser()

    def _make_parser(self):
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._entity
        parser.EndDoctypeDeclHandler = self._end_doctype
        parser.ExternalEntityRefHandler = self._external
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._characters
        return parser

    def check_pending(self, fed: int) -> None:
        """Refuse a single tag or comment so long that the parser would hold it whole, over and over."""
        if fed - self.parser.CurrentByteIndex > MOST_PENDING:
            self._stop(
                f"one tag or comment of over {MOST_PENDING // MEGABYTE} MB; a census has none. Export the file again"
            )

    def finish(self) -> Records:
        """The records, once the whole file has been read."""
        if not self.number:
            self._stop("no Child element; expected Message/Children/Child, one for each child. Export the file again")
        self.quality.count(self.records.name, "rows", self.number)
        self.records.held = {"children", "plans", "enquiries", "conferences", "reviews"}
        return self.records

    def _stop(self, sentence: str) -> None:
        raise BadInput(f"{place(self.records.name, self.parser.CurrentLineNumber, self.number)}: {sentence}.")

    def _doctype(self, _name: str, system: str | None, public: str | None, _subset: bool) -> None:
        if system or public:
            self._stop(f"a document type (DOCTYPE) that refers to another file. {NO_DTD}")

    def _entity(self, _name, _parameter, _value, _base, system, _public, _notation) -> None:
        kind = "an external entity (as in an XXE attack)" if system else "an entity (as in a billion laughs XML bomb)"
        self._stop(f"a document type (DOCTYPE) that defines {kind}. {NO_DTD}")

    def _end_doctype(self) -> None:
        self._stop(f"a document type (DOCTYPE). {NO_DTD}")

    def _external(self, *_reference) -> None:
        self._stop(f"a reference to an external entity. {NO_DTD}")

    def _start(self, name: str, _attributes: dict) -> None:
        local = name.rpartition(" ")[2].upper()
        self._check_place(local)
        self.path.append(local)
        self.text, self.length = [], 0
        if local not in KNOWN:
            self.quality.count(self.records.name, "unknown_element")
        if local in USED:
            self.values[local], self.lines[local] = {}, self.parser.CurrentLineNumber
        if local == CHILD:
            self.number, self.events, self.values = self.number + 1, [], {}

    def _check_place(self, local: str) -> None:
        if not self.path and local != ROOT:
            self._stop("the first element is not Message; expected a children in need census. Give the census XML")
        if len(self.path) >= MOST_DEPTH:
            self._stop(f"elements nested more than {MOST_DEPTH} deep; a census has 7. Export the file again")
        if local in self.path and local in (CHILD, *USED):
            self._stop(
                f"{'Child' if local == CHILD else 'a section'} inside another of its kind; expected one after the other. Export the file again"
            )
        if local == PLANS and CHILD not in self.path:
            self._stop(
                "ChildProtectionPlans outside a Child; expected Child/CINdetails/ChildProtectionPlans. Export the file again"
            )

    def _characters(self, data: str) -> None:
        self.length += len(data)
        if self.length > MOST_TEXT:
            self._stop(
                f"an element with over {MOST_TEXT:,} characters of text; a census has none. Export the file again"
            )
        self.text.append(data)

    def _end(self, _name: str) -> None:
        local = self.path.pop()
        text = "".join(self.text).strip()
        self.text, self.length = [], 0
        group = next((name for name in reversed(self.path) if name in USED), "")
        if group and local in USED[group]:
            self._keep(group, local, text)
        elif local == REVIEW and group == PLANS and text:
            self.events.append(("reviews", self.parser.CurrentLineNumber, (text,)))
        elif local in HEADER and "HEADER" in self.path:
            setattr(self.records, HEADER[local], text)
        elif local in USED or local == CHILD:
            self._close(local)

    def _keep(self, group: str, local: str, text: str) -> None:
        if self.values[group].setdefault(local, text) != text:
            self._stop(
                "one field given twice in one section; expected it once. Correct the record, or export the file again"
            )

    def _close(self, local: str) -> None:
        """Turn a section that ends into events; the child that ends, into rows."""
        if local == CHILD:
            self._close_child()
        elif local != IDENTIFIERS:
            values, line = self.values[local], self.lines[local]
            cells = [values.get(name, "") for name in USED[local]]
            if local == PLANS:
                self.events.append(("plans", line, tuple(cells)))
            if local == ENQUIRIES:
                self.events.append(("enquiries", line, (cells[0],)))
            if local != PLANS and values.get("DATEOFINITIALCPC"):
                source, level = ("", ENQUIRY) if local == ENQUIRIES else (cells[0], EPISODE)
                self.events.append(("conferences", line, (cells[1], level, source, values.get("ICPCNOTREQUIRED", ""))))

    def _close_child(self) -> None:
        if not self.events:
            self.quality.count(self.records.name, "no_event")
            return
        values = self.values.get(IDENTIFIERS, {})
        identifier, line = values.get("LACHILDID", ""), self.lines.get(IDENTIFIERS, self.parser.CurrentLineNumber)
        child = hash_child(identifier, self.salt) if identifier else ""
        sex = values.get("SEX", "") or values.get("GENDERCURRENT", "")
        dates = (values.get(name, "") for name in USED[IDENTIFIERS][1:4])
        self.records.add("children", (line, self.number, child, ""), *dates, sex)
        for table, at, cells in self.events:
            self.records.add(table, (at, self.number, child, ""), *cells)
