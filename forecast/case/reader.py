"""Read one YAML file strictly, remembering the line of every key.

YAML forgives in ways that change figures: a key given twice keeps the last, `1e3` is text to one program
and a thousand to another, an alias copies what is out of sight. Only the plain part of YAML 1.2 is read:
sections, lists, text, numbers in plain digits, true and false. Everything else is refused by line.
"""

import math
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode
from ruamel.yaml.resolver import implicit_resolvers
from yaml.cyaml import CParser
from yaml.error import YAMLError as CYAMLError
from yaml.resolver import BaseResolver

from forecast.case.errors import BadInput
from forecast.case.home import beside

PLAIN_DIGITS = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")

REFUSED_TOKENS = {
    "AnchorToken": "an anchor (&name) is not allowed. Write the entry out in full",
    "AliasToken": "an alias (*name) is not allowed. Write the entry out in full",
    "TagToken": "a tag (!name) is not allowed. Remove it; put text in quotation marks",
    "DirectiveToken": "a directive (%...) is not allowed. Remove the line",
}
MAY_BE_REFUSED = re.compile(r"(?<!\w)[&*!%]")  # no token begins within a word, and none of those otherwise

HIDDEN_ADVICE = {"\t": "Use spaces", "\ufeff": "Save the file as UTF-8 without a byte order mark"}


@dataclass(frozen=True)
class Document:
    """What a file says (`data`), and the line of each key (`lines`: path of keys -> line, counted from 1)."""

    file: str
    data: dict
    lines: dict[tuple, int]

    def at(self, path: tuple) -> object:
        """What stands under a path of keys."""
        found = self.data
        for key in path:
            found = found[key]
        return found

    def line(self, path: tuple) -> int:
        """The line of a path of keys, or of the nearest section above it that is in the file."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: tuple, sentence: str) -> BadInput:
        """The error to raise about a key: file, line, key, then the sentence."""
        key = ".".join(str(part) for part in path)
        return BadInput(f"{self.file}, line {self.line(path)}: {key + ': ' if key else ''}{sentence}")


def read_document(path: Path, params: Path) -> Document:
    """Read a file under the `params` folder. Raises BadInput, naming the file relative to `params`."""
    file = path.relative_to(params).as_posix()
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise BadInput(f"{file}: there is no such file in {params}. Create it, or check the folder") from None
    except OSError:
        what = "is a folder, and a file is expected" if path.is_dir() else "cannot be read"
        raise BadInput(f"{file}: {what}. Rename it, or put the file in its place") from None
    try:
        return read_text(raw.decode("utf-8"), file)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise BadInput(
            f"{file}, line {line}: this is not UTF-8 text. In the editor, choose Save As and the encoding UTF-8"
        ) from None


def read_text(text: str, file: str) -> Document:
    """Read the text of a file; `file` is what messages call it. Raises BadInput."""
    text = text.replace("\r\n", "\n")
    unseen = set(filter(is_hidden, set(text)))
    if unseen:
        hidden = next(place for place, character in enumerate(text) if character in unseen)
        name, line = hidden_name(text[hidden]), text[:hidden].count("\n") + 1
        remedy = HIDDEN_ADVICE.get(text[hidden], "Delete it and retype the line; pasted text often holds one")
        raise BadInput(f"{file}, line {line}: there is {name} here, which cannot be seen. {remedy}")
    node = _compose(text, file)
    if node is None or node.id != "mapping":
        held = "is empty" if node is None else "does not begin with a key"
        raise BadInput(f"{file}, line 1: the file {held}; expected keys, each followed by a colon and its content")
    lines = {}
    return Document(file, _read_section(node, (), file, lines), lines)


def is_hidden(character: str) -> bool:
    """Whether a character cannot be seen, spaces and line ends aside."""
    if character in "\n ":
        return False
    return character == "\u00a0" or unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def hidden_name(character: str) -> str:
    """What a character that cannot be seen is called."""
    known = {"\t": "tab", "\ufeff": "byte order mark", "\u00a0": "no-break space"}
    return "a " + known.get(character, f"hidden character (U+{ord(character):04X})")


@lru_cache(maxsize=64)  # the same national file is read for every case and every council of a sweep
def _compose(text: str, file: str):
    """The YAML node of the whole text, after refusing anchors, aliases, tags and directives."""
    try:
        for token in YAML(typ="safe", pure=True).scan(text) if MAY_BE_REFUSED.search(text) else ():
            refusal = REFUSED_TOKENS.get(type(token).__name__)
            if refusal:
                raise BadInput(f"{file}, line {token.start_mark.line + 1}: {refusal}")
        return _compiled(text) or YAML(typ="safe", pure=True).compose(text)
    except YAMLError as error:  # in the words of the person who typed the file
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        begun = (getattr(error, "context", None) or "").startswith("while scanning")
        mark = (begun and error.context_mark) or getattr(error, "problem_mark", None)
        advice = next((say for part, say in beside(__file__).items() if part in problem), None)
        what = advice or f"this is not valid YAML ({problem})"
        raise BadInput(f"{file}, line {mark.line + 1 if mark else 1}: {what}") from None
    except RecursionError:
        raise BadInput(f"{file}, line 1: sections are nested too deeply to read. Remove stray brackets") from None


class _Compiled(CParser, BaseResolver):
    """libyaml, with the plain values of YAML 1.2 as the parser in Python knows them; ten times as fast."""

    def __init__(self, text: str):
        CParser.__init__(self, text)
        BaseResolver.__init__(self)


for _versions, _tag, _form, _first in implicit_resolvers:
    if (1, 2) in _versions:
        _Compiled.add_implicit_resolver(_tag, _form, _first)


def _compiled(text: str):
    """The node of a text that libyaml finds no fault with; None where it does: the parser in Python says what it is."""
    try:
        return _Compiled(text).get_single_node()
    except CYAMLError:
        return None


def _read_section(node: MappingNode, path: tuple, file: str, lines: dict) -> dict:
    section = {}
    for key_node, value_node in node.value:
        here, line = (*path, key_node.value), key_node.start_mark.line + 1
        fault = _key_fault(here, value_node, node.flow_style, section, lines)
        if fault:
            raise BadInput(f"{file}, line {line}: {fault}")
        lines[here] = line
        section[key_node.value] = _read_value(value_node, here, file, lines)
    return section


def _key_fault(path: tuple, value_node, in_braces: bool, section: dict, lines: dict) -> str | None:
    """What is wrong with a key as written, if anything: not a word, a merge, given twice, cut from text by a comma."""
    key = path[-1]
    if not isinstance(key, str) or not key.strip():
        return "a key must be a word. Write the key as text before the colon"
    if key == "<<":
        return "a merge (<<) is not allowed. Write the entry out in full"
    if key in section:
        what = f"{'.'.join(map(str, path))} is given twice; it is already on line {lines[path]}"
        return f"{what}. Keep the right one and delete the other"
    if in_braces and value_node.value == "" and value_node.start_mark.index == value_node.end_mark.index:
        return f'"{key[:40]}" has no value: in {{ }} a comma ends a text. Put text that holds one in quotation marks'
    return None


def _read_value(node, path: tuple, file: str, lines: dict):
    """The content under a key: a section, a list, text, a number, true, false or None where it is empty."""
    if node.id == "mapping":
        return _read_section(node, path, file, lines)
    if node.id == "sequence":
        for place, item in enumerate(node.value):
            lines[(*path, place)] = item.start_mark.line + 1
        return [_read_value(item, (*path, place), file, lines) for place, item in enumerate(node.value)]
    try:
        return _read_scalar(node.value, str(node.tag).rsplit(":")[-1])
    except BadInput as error:
        raise Document(file, {}, lines).problem(path, str(error)) from None


def _read_scalar(text: str, tag: str):
    """A single value. Dates stay text here; whoever expects a date reads it."""
    if tag == "null":
        return None
    if tag == "bool":
        return text.lower() == "true"
    if tag in {"int", "float"}:
        # 1e3, 0x1F, 1_000, 0815, .nan and .inf are refused, as programs read them differently.
        number = float(text) if PLAIN_DIGITS.fullmatch(text) else math.nan
        if not math.isfinite(number):
            raise BadInput(f"{text[:20]} is not a number in plain digits. Write it as 815, -40 or 0.25; no e, x or _")
        return number if "." in text else int(number)
    if not text.isprintable() and any(is_hidden(character) for character in text):
        raise BadInput("the text holds a hidden character written with a backslash. Write it without")
    return text
