"""JSON Schemas made from the catalogue, so that an editor completes keys and marks mistakes as they are typed."""

from pathlib import Path

from forecast.case.catalogue import Catalogue, Item, read_catalogue
from forecast.case.documents import CaseFile, Change, ScenarioFile, Strict, WrittenEntry

DIALECT = "https://json-schema.org/draft/2020-12/schema"
CLOSED = {"type": "object", "additionalProperties": False}


def json_schema(params: Path) -> dict[str, dict]:
    """A JSON Schema (2020-12) for each kind of file: national, case, scenario. That of case refers to national's."""
    catalogue = read_catalogue(Path(params))
    national = CLOSED | {"properties": {}}
    for key, item in catalogue.items.items():
        *above, name = key.split(".")
        section = national
        for part in above:
            section = section["properties"].setdefault(part, CLOSED | {"properties": {}})
        section["properties"][name] = _reference(item, _of_entry(item))
    national["$defs"] = _definitions(catalogue, WrittenEntry, _of_entry)
    case = CaseFile.model_json_schema()
    case["properties"]["assumptions"] = {"$ref": "national.schema.json"}
    scenario = ScenarioFile.model_json_schema()
    changes = {key: _reference(item, _of_change(item)) for key, item in catalogue.items.items()}
    scenario["properties"]["changes"] |= {"additionalProperties": False, "properties": changes}
    scenario["$defs"] = _definitions(catalogue, Change, _of_change)
    kinds = {"national": national, "case": case, "scenario": scenario}
    return {kind: {"$schema": DIALECT, **schema} for kind, schema in kinds.items()}


def _of_change(item: Item) -> str:
    """What a change's limits are called: items that share them share one definition."""
    return f"{item.unit}_{item.minimum:.10g}_to_{item.maximum:.10g}"


def _of_entry(item: Item) -> str:
    return f"{item.kind}_{_of_change(item)}"


def _reference(item: Item, name: str) -> dict:
    return {"description": f"{item.description} ({item.unit})", "$ref": f"#/$defs/{name}"}


def _definitions(catalogue: Catalogue, model: type[Strict], name_of) -> dict[str, dict]:
    """The schema of an entry or a change, and under it one for every set of limits that an item has."""
    plain = model.model_json_schema()
    for end in ("low", "high"):  # an end that is left out is not written as null
        plain["properties"][end] = {"type": "number", "description": model.model_fields[end].description}
    definitions = {"any": plain}
    for item in catalogue.items.values():
        limits = {"minimum": item.minimum, "maximum": item.maximum}
        limited = {"$ref": "#/$defs/any", "patternProperties": {"^(value|low|high)$": limits}}
        if model is WrittenEntry:
            limited["properties"] = {"unit": {"const": item.unit}}
            if item.kind == "uncertain":
                limited["required"] = ["low", "high"]
        definitions[name_of(item)] = limited
    return definitions
