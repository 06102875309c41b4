"""The JSON Schema of answer.json, so that a dashboard or a check can read it without this package."""

from forecast.case.home import beside

VERSION = "forecast-answer-1"
NULL = {"type": "null"}
KINDS = {
    "number": {"type": "number"},
    "number or null": {"type": ["number", "null"]},
    "text": {"type": "string"},
    "text or null": {"type": ["string", "null"]},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "share": {"type": "number", "minimum": 0, "maximum": 1},
    "month": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"},
    "day": {"type": "string", "format": "date"},
    "direction": {"enum": ["fewer", "more", "none"]},
    "version": {"const": VERSION},
}


def _schema(shape: str | list | dict) -> dict:
    """What answer.yaml says of one value, as JSON Schema."""
    if isinstance(shape, str):
        return KINDS[shape]
    if isinstance(shape, list):
        return {"type": "array", "items": _schema(shape[0])}
    if "*" in shape:
        return {"type": "object", "additionalProperties": _schema(shape["*"])}
    parts = {}
    for name, part in shape.items():
        made = _schema(part)
        parts[name.removesuffix("?")] = {"anyOf": [NULL, made]} if name.endswith("?") else made
    return {"type": "object", "properties": parts, "required": list(parts), "additionalProperties": False}


def answer_schema() -> dict:
    """JSON Schema 2020-12 of answer.json."""
    shape = beside(__file__, "answer")["answer"]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "The answer of one run"}
    return head | _schema(shape)
