"""Sentences for what a person got wrong: what it is, what was expected, what to do."""

import difflib
import re
from pathlib import Path
from typing import get_args, get_origin

from pydantic import BaseModel, ValidationError

from forecast.case.errors import BadInput
from forecast.case.reader import Document, read_document

MONTH = r"^[0-9]{4}-(0[1-9]|1[0-2])$"
FINANCIAL_YEAR = r"^[0-9]{4}-[0-9]{2}$"

EXPECTED = {
    "int_type": "a whole number. Write one such as 2",
    "bool_type": "true or false. Write one of them, without quotation marks",
    "dict_type": "keys, each with a colon and its content. Write {} if there are none",
    "model_type": "keys, each with a colon and its content. Write them on the lines below, indented",
    MONTH: "a month. Write June 2011 as 2011-06",
    FINANCIAL_YEAR: "a financial year. Write April 2011 to March 2012 as 2011-12",
}


def read_as(model: type[BaseModel], path: Path, root: Path):
    """A file under the folder `root` as a `model`, and its document. Raises one BadInput with a line for each fault.

    This is how every settings file is read: no key twice, none unknown, nothing converted, and each fault named with
    file, line, key, what was expected and the nearest right key.
    """
    doc = read_document(path, root)
    return check(model, doc), doc


def check(model: type[BaseModel], doc: Document, path: tuple = ()):
    """The content under `path` as a `model`. Raises one BadInput with a line for each fault found."""
    try:
        return model.model_validate(doc.at(path))
    except ValidationError as error:
        unknown_first = sorted(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
        faults = [_say(fault, model, doc, path) for fault in unknown_first]
        raise BadInput("\n".join(dict.fromkeys(faults))) from None


def nearest(word: str, right: list[str]) -> str:
    """A sentence with the right name nearest to a wrong one, or all of them when none is near."""
    by_last_part = {name.rsplit(".")[-1]: name for name in right}
    near = difflib.get_close_matches(word, right, 1) or [
        by_last_part[part] for part in difflib.get_close_matches(word.rsplit(".")[-1], list(by_last_part), 1)
    ]
    if near:
        return f"Did you mean {near[0]}?"
    return f"Those allowed here are: {', '.join(right[:12])}{' and others' if len(right) > 12 else ''}"


def named(held: dict, name: str, of: str = "there is no scenario"):
    """What is held under a name. Raises BadInput, naming the nearest right one, where there is none."""
    if name not in held:
        raise BadInput(f"{of} {name[:60]}. {nearest(name, list(held))}")
    return held[name]


def shown(value: object) -> str:
    """A value as it is quoted in a message."""
    names = {type(None): "empty", dict: "a section of keys", list: "a list", bool: str(value).lower()}
    if isinstance(value, str):
        return f'text "{value[:40]}"' if value.strip() else "empty"
    return names.get(type(value), f"{value}")


def refuse(doc: Document, path: tuple, faults) -> None:
    """Raise one BadInput for the faults found under `path`, each a (field or path, sentence); none, nothing."""
    fields = [((where,) if isinstance(where, str) else where, sentence) for where, sentence in faults]
    problems = [str(doc.problem((*path, *where), sentence)) for where, sentence in fields]
    if problems:
        raise BadInput("\n".join(problems))


def read_each(keys, read) -> dict:
    """key -> read(key) for every key. What they raise is raised together, so that a file is mended in one go."""
    found, problems = {}, []
    for key in keys:
        try:
            found[key] = read(key)
        except BadInput as error:
            problems.append(str(error))
    if problems:
        raise BadInput("\n".join(problems))
    return found


def _say(fault: dict, model: type[BaseModel], doc: Document, path: tuple) -> str:
    where, kind, value = fault["loc"], fault["type"], fault["input"]
    if kind == "extra_forbidden":
        right = list(_fields(model, where[:-1]))
        return str(doc.problem((*path, *where), f"this key is not known here. {nearest(where[-1], right)}"))
    field = _fields(model, where[:-1]).get(where[-1])
    meaning = field.description if field else "its content"
    if kind == "missing":
        return str(doc.problem((*path, *where[:-1]), f"{where[-1]} is missing. Add a line `{where[-1]}:` ({meaning})"))
    return str(doc.problem((*path, *where), f"is {shown(value)}; expected {_expected(fault, meaning)}"))


def _expected(fault: dict, meaning: str) -> str:
    """What should have stood there, with what to do about it."""
    kind, value = fault["type"], fault["input"]
    if kind == "value_error":
        return str(fault["ctx"]["error"])
    if kind == "literal_error":
        return f"{fault['ctx']['expected']}. Write one of them, spelt so"
    if kind == "string_pattern_mismatch":
        return EXPECTED.get(fault["ctx"]["pattern"], f"{meaning}. Correct it")
    if kind == "float_type":
        return f"a number. {_number_advice(value)}"
    if kind in {"string_type", "string_too_short"}:
        return f"text: {meaning}. Write it after the colon, in quotation marks if it is all digits"
    return EXPECTED.get(kind, f"{meaning}. {fault['msg']}")


def _number_advice(value: object) -> str:
    """How to write a number that was written some other way."""
    if isinstance(value, str) and value.strip().endswith("%"):
        return "Write a percentage as a share: 25% is 0.25"
    if isinstance(value, str) and re.fullmatch(r"[£\s]*[0-9,]+(\.[0-9]+)?", value):
        return f"Write the digits alone, without quotation marks, commas or £: {re.sub('[^0-9.]', '', value)}"
    if value in (None, ""):
        return "Write the number after the colon, or delete the line if the key may be left out"
    return "Write plain digits such as 815 or 0.25, without words or quotation marks"


def _fields(model: type[BaseModel], where: tuple) -> dict:
    """The fields of what a path of keys leads to inside a model; a table or list of them takes one key more."""
    parts = list(where)
    while parts:
        kind = model.model_fields[parts.pop(0)].annotation
        model, parts = (get_args(kind)[-1], parts[1:]) if get_origin(kind) in (dict, list) else (kind, parts)
    return getattr(model, "model_fields", {})
