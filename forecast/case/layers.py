"""The assumptions in force: national figures, under the council and month, under the scenario."""

import difflib
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from forecast.case.catalogue import CATALOGUE, Catalogue, read_catalogue
from forecast.case.documents import Case, CaseFile, Entry, Scenario, ScenarioFile, WrittenEntry, case_faults
from forecast.case.errors import BadInput
from forecast.case.home import typed
from forecast.case.reader import Document, read_document
from forecast.case.rules import carried_range, faults
from forecast.case.wording import check, nearest, read_each, refuse, shown

CENTRAL = "central"
LONGEST = 60  # letters of a scenario's name
NATIONAL, NATIONAL_LAYER = "national.yaml", "national"


class Difference(NamedTuple):
    """One value a scenario sets differently from central."""

    key: str
    central: float
    scenario: float
    why: str


@dataclass(frozen=True)
class Assumptions:
    """Every assumption of one council, month and scenario.

    central  key -> entry before the scenario; entries  key -> entry in force. Both in the catalogue's order.
    """

    case: Case
    scenario: Scenario
    catalogue: Catalogue
    central: dict[str, Entry]
    entries: dict[str, Entry]

    def entry(self, key: str) -> Entry:
        """The entry of a dotted key. Raises BadInput naming the nearest right key."""
        if key not in self.entries:
            raise BadInput(f"there is no assumption {key}. {nearest(key, list(self.entries))}")
        return self.entries[key]

    def value(self, key: str) -> float:
        """The value in force, in the catalogue's unit."""
        return self.entry(key).value

    def is_uncertain(self, key: str) -> bool:
        """Whether the key is drawn from its range; decisions, and ranges without width, are not."""
        entry = self.entry(key)
        return self.catalogue.items[key].kind == "uncertain" and entry.low < entry.high

    def keys(self) -> list[str]:
        """Every dotted key, in the catalogue's order."""
        return list(self.entries)

    def group(self, section: str) -> dict[str, float]:
        """The values under a section, by the last part of their key."""
        found = [key for key in self.entries if key.startswith(section + ".")]
        if not found:
            raise BadInput(f"there is no section {section}. {nearest(section, sorted(self.catalogue.sections))}")
        values = {key.rsplit(".")[-1]: self.value(key) for key in found}
        if len(values) < len(found):
            raise BadInput(f"section {section} holds two keys with the same last part. Ask for a narrower section")
        return values

    @property
    def differs(self) -> list[Difference]:
        """What the scenario sets differently from central, in the catalogue's order."""
        changes = self.scenario.changes
        keys = [key for key in self.entries if key in changes]
        return [Difference(key, self.central[key].value, self.value(key), changes[key].why) for key in keys]


def load(params: Path, council: str, month: str, scenario: str) -> Assumptions:
    """The assumptions of one council, month and scenario, checked and merged. Raises BadInput."""
    return load_scenarios(params, council, month, [scenario])[scenario]


def load_scenarios(params: Path, council: str, month: str, scenarios: list[str]) -> dict[str, Assumptions]:
    """The same for several scenarios, reading the layers they share once."""
    params = Path(params)
    catalogue = read_catalogue(params)
    folders = [path.parent for path in sorted(params.glob("*/*/case.yaml"))]
    councils = sorted({folder.parent.name for folder in folders})
    if council not in councils and not difflib.get_close_matches(council, councils, 1):
        raise BadInput(
            f'params: there is no council "{council}" here yet. Set it up from official downloads: '
            f"{typed(f'new {council} --from FOLDER')}. Those here are: {', '.join(councils[:12])}"
        )
    _choose(f'council "{council}"', council, councils)
    _choose(f'month "{month}" of {council}', month, [path.name for path in folders if path.parent.name == council])
    doc = read_document(params / council / month / "case.yaml", params)
    case, own = _case_of(doc), _read_entries(doc, ("assumptions",), f"{council}/{month}", catalogue)
    merged = {**read_national(params, catalogue), **own}
    if lacking := catalogue.without(merged):
        what = f"{NATIONAL}: {len(lacking)} of the keys in {CATALOGUE} have no entry. Add each to {NATIONAL}, or under"
        raise BadInput("\n".join([f"{what} `assumptions:` in {council}/{month}/case.yaml:", *lacking]))
    central = {key: merged[key] for key in catalogue.items}
    slugs = sorted(path.stem for path in params.glob("scenarios/*.yaml"))
    found = {}
    for slug in scenarios:
        _choose(f'scenario "{slug}"', slug, slugs)
        doc = read_document(params / "scenarios" / f"{slug}.yaml", params)
        chosen, new = read_scenario(doc, slug, catalogue, central)
        found[slug] = Assumptions(case, chosen, catalogue, central, {**central, **new})
    return found


def changed(assumptions: Assumptions, changes: dict[str, float], why: str, name: str = "What if") -> Assumptions:
    """The assumptions with key -> value set differently, as a scenario file with those `changes` would set them.

    Changes of the scenario that `assumptions` are of stay, unless given anew. Ranges move with their values, from the
    central ones. Raises BadInput naming the key, and the nearest right one, with what was expected, for every fault.
    """
    before = {key: dict(change) for key, change in assumptions.scenario.changes.items()}
    new = {key: {"value": value, "why": why} for key, value in changes.items()}
    order = assumptions.scenario.order + 1
    doc = Unfiled(name, {"name": name, "order": order, "reason": why, "changes": {**before, **new}}, {})
    slug = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")
    scenario, entries = read_scenario(doc, slug, assumptions.catalogue, assumptions.central)
    return replace(assumptions, scenario=scenario, entries={**assumptions.central, **entries})


class Unfiled(Document):
    """A scenario that is in no file: its faults are named by key alone."""

    def problem(self, path: tuple, sentence: str) -> BadInput:
        """The error to raise about a key: the scenario's name, key, then the sentence."""
        key = ".".join(map(str, path)).removeprefix("changes.")
        return BadInput(f"{self.file}: {key}: {sentence}")


def read_national(params: Path, catalogue: Catalogue) -> dict[str, Entry]:
    """The entries of national.yaml, by dotted key. Raises BadInput with every fault found."""
    return _read_entries(read_document(params / NATIONAL, params), (), NATIONAL_LAYER, catalogue)


def list_cases(params: Path) -> list[tuple[str, str, str]]:
    """Every (council, month, title) held, in order."""
    found = [_case_of(read_document(path, Path(params))) for path in sorted(Path(params).glob("*/*/case.yaml"))]
    return [(case.council, case.month, case.title) for case in found]


def list_scenarios(params: Path) -> list[str]:
    """The slug of every scenario, in the order the scenario files give."""
    docs = {path.stem: read_document(path, Path(params)) for path in sorted(Path(params).glob("scenarios/*.yaml"))}
    scenarios = {slug: check(ScenarioFile, doc) for slug, doc in docs.items()}
    order = {slug: scenario.order for slug, scenario in scenarios.items()}
    refuse_alike({"file name": {slug: slug for slug in docs}})
    refuse_alike({"name": {slug: scenario.name for slug, scenario in scenarios.items()}, "order": order})
    return sorted(order, key=lambda slug: (order[slug], slug))


def refuse_alike(labels: dict[str, dict[str, object]]) -> None:
    """Raise BadInput where two scenarios have one label, whatever its capitals and spaces, or one that is too long.

    labels  what it is, such as name -> slug -> label
    """
    for what, of in labels.items():
        first: dict[str, str] = {}
        for slug, label in of.items():
            if len(str(label)) > LONGEST:
                remedy = f"expected at most {LONGEST}, as tables and charts show it whole. Shorten it"
                raise BadInput(f"scenarios/{slug[:LONGEST]}.yaml: its {what} has {len(str(label))} letters; {remedy}")
            other = first.setdefault(" ".join(str(label).split()).casefold(), slug)
            if other != slug:
                remedy = "expected each its own, by which readers tell them apart. Change one"
                raise BadInput(f"scenarios/{slug}.yaml and scenarios/{other}.yaml have one {what}, {label}; {remedy}")


def _choose(what: str, given: str, names: list[str]) -> None:
    """Refuse a name that is not held, with the nearest that is."""
    if given not in names:
        remedy = nearest(given, names) if names else "None are held: add its file"
        raise BadInput(f"params: there is no {what}. {remedy}")


def _case_of(doc: Document) -> Case:
    """The case of a case.yaml, whose council and month must be those of its folders."""
    case = check(CaseFile, doc).case
    council, month = doc.file.split("/")[:2]
    misplaced = [
        (field, f"is {written}, but the folder is {folder}. Make them the same")
        for field, written, folder in [("council", case.council, council), ("month", case.month, month)]
        if written != folder
    ]
    refuse(doc, ("case",), misplaced or case_faults(case))
    return case


def _read_entries(doc: Document, block: tuple, layer: str, catalogue: Catalogue) -> dict[str, Entry]:
    """The entries under a block of a file, by dotted key. Raises BadInput with every fault found."""
    depth = len(block)
    paths = _entry_paths(doc, block, depth, catalogue.sections)
    found = read_each(paths, lambda path: read_entry(doc, path, ".".join(path[depth:]), layer, catalogue))
    return {".".join(path[depth:]): entry for path, entry in found.items()}


def _entry_paths(doc: Document, path: tuple, depth: int, sections: set[str]):
    """The path of whatever stands below the catalogue's sections, known or not."""
    for name, content in doc.at(path).items():
        here = (*path, name)
        if ".".join(here[depth:]) in sections and "." not in name and isinstance(content, dict):
            yield from _entry_paths(doc, here, depth, sections)
        else:
            yield here


def read_entry(doc: Document, path: tuple, key: str, layer: str, catalogue: Catalogue) -> Entry:
    """The entry under `path` of a document, whose dotted key is `key`. Raises BadInput with every fault found."""
    what = f"is {shown(doc.at(path))}; expected"
    if "." in path[-1]:
        raise doc.problem(path, "only scenarios join keys with dots. Write each part on a line of its own, indented")
    if key in catalogue.sections:
        raise doc.problem(path, f"{what} the assumptions of this section. Add them or delete it")
    if key not in catalogue.items:
        raise doc.problem(path, _unknown(key, catalogue))
    if not isinstance(doc.at(path), dict):
        raise doc.problem(path, f"{what} value, unit, source and the rest. Write each on a line of its own")
    written = check(WrittenEntry, doc, path)
    entry = Entry(**dict(written), layer=layer, file=doc.file, line=doc.line(path))
    refuse(doc, path, faults(entry, *catalogue.item_and_unit(key)))
    return entry


def _unknown(key: str, catalogue: Catalogue) -> str:
    return f"this key is not in {CATALOGUE}. {nearest(key, [*catalogue.items, *sorted(catalogue.sections)])}"


def read_scenario(doc: Document, slug: str, catalogue: Catalogue, central: dict) -> tuple[Scenario, dict[str, Entry]]:
    """The scenario a document holds, and the entries it sets over `central`. Raises BadInput with every fault found."""
    written = check(ScenarioFile, doc)
    if slug == CENTRAL and written.changes:
        raise doc.problem(("changes",), "central is what others differ from; expected {}. Put changes in a scenario")
    scenario = Scenario(**dict(written), slug=slug)
    return scenario, read_each(scenario.changes, lambda key: _change(doc, key, scenario, catalogue, central))


def _change(doc: Document, key: str, scenario: Scenario, catalogue: Catalogue, central: dict) -> Entry:
    """The entry of a key as a scenario sets it, its range given or carried from central."""
    path = ("changes", key)
    if key in catalogue.sections:
        first = next(name for name in catalogue.items if name.startswith(f"{key}."))
        raise doc.problem(path, f"is a section, not an assumption. Write the whole key with dots, such as {first}")
    if key not in catalogue.items:
        raise doc.problem(path, _unknown(key, catalogue))
    change, (item, unit) = scenario.changes[key], catalogue.item_and_unit(key)
    low, high = change.low, change.high
    if low is None and high is None:
        low, high = carried_range(central[key], change.value, item, unit)
    new = dict(value=change.value, low=low, high=high, why=change.why, layer=f"scenarios/{scenario.slug}")
    entry = central[key].model_copy(update={**new, "file": doc.file, "line": doc.line(path)})
    refuse(doc, path, faults(entry, item, unit))
    return entry
