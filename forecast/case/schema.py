"""JSON Schemas made from the catalogue, so that an editor completes keys and marks mistakes as they are typed."""

from pathlib import Path

from forecast.case.catalogue import Catalogue, Item, read_catalogue
from forecast.case.documents import CaseFile, Change, ScenarioFile, WrittenEntry

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(params: Path) -> dict[str, dict]:
    """A JSON Schema (2020-12) for each kind of file: national, case, scenario."""
    catalogue = read_catalogue(Path(params))
    entries = _sections(catalogue)
    case = CaseFile.model_json_schema()
    case["properties"]["assumptions"] = entries
    scenario = ScenarioFile.model_json_schema()
    scenario["properties"]["changes"] |= {
        "additionalProperties": False,
        "properties": {key: _limited(Change.model_json_schema(), item) for key, item in catalogue.items.items()},
    }
    kinds = {"national": entries, "case": case, "scenario": scenario}
    return {kind: {"$schema": DIALECT, **schema} for kind, schema in kinds.items()}


def _sections(catalogue: Catalogue) -> dict:
    """The nested sections of the catalogue, each entry with its own unit and limits."""
    whole = _section()
    for key, item in catalogue.items.items():
        *above, name = key.split(".")
        section = whole
        for part in above:
            section = section["properties"].setdefault(part, _section())
        section["properties"][name] = _entry(item)
    return whole


def _section() -> dict:
    return {"type": "object", "additionalProperties": False, "properties": {}}


def _entry(item: Item) -> dict:
    schema = _limited(WrittenEntry.model_json_schema(), item)
    schema["properties"]["unit"] |= {"const": item.unit}
    if item.kind == "uncertain":
        schema["required"] = [*schema["required"], "low", "high"]
    return schema


def _limited(schema: dict, item: Item) -> dict:
    """The schema of an entry or a change, with the item's limits on its numbers and its description."""
    for field in ("value", "low", "high"):
        words = schema["properties"][field]["description"]
        limits = {"type": "number", "minimum": item.minimum, "maximum": item.maximum}
        schema["properties"][field] = {**limits, "description": words}
    return {**schema, "description": f"{item.description} ({item.unit})"}
