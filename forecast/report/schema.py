"""The JSON Schema of answer.json, so that a dashboard or a check can read it without this package."""

NUMBER, TEXT = {"type": "number"}, {"type": "string"}
MONTH = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}


def _object(required: dict, extra: dict | None = None) -> dict:
    return {
        "type": "object",
        "properties": required | (extra or {}),
        "required": list(required),
        "additionalProperties": False,
    }


def _map_of(content: dict) -> dict:
    return {"type": "object", "additionalProperties": content}


def _list_of(content: dict) -> dict:
    return {"type": "array", "items": content}


FIGURE = {"mean": NUMBER, "p10": NUMBER, "p50": NUMBER, "p90": NUMBER}
BY_MONTH = _list_of(_object({"month": MONTH, "principal": NUMBER, **FIGURE}))
COST = {
    "gross": _object(FIGURE),
    "income": _object(FIGURE),
    "net": _object(FIGURE),
    "budget": NUMBER,
    "budget_adjustment": NUMBER,
    "variance": _object(FIGURE),
    "groups": _map_of(_object(FIGURE)),
    "lines": _map_of(_object({**FIGURE, "budget": NUMBER})),
}
EXHAUSTION = _object({"p10": MONTH, "p50": MONTH, "p90": MONTH, "share_of_draws": _map_of(NUMBER)})
CONTINGENCY = {
    "amount": NUMBER,
    "call": _object({**FIGURE, "error_of_mean": NUMBER, "error_of_p90": NUMBER}),
    "variance": _object(FIGURE),
    "headroom": _object(FIGURE),
    "recovery_plan": _object(FIGURE),
    "chance_holds": {"type": "number", "minimum": 0, "maximum": 1},
    "chance_error": NUMBER,
    "enough": _object({"50": NUMBER, "80": NUMBER, "90": NUMBER, "95": NUMBER}),
    "exhaustion": {"anyOf": [{"type": "null"}, EXHAUSTION]},
    "call_by_month": _list_of(_object({"month": MONTH, "estimated": {"type": "boolean"}, **FIGURE})),
    "chance_by_base_budget": _list_of(_object({"adjustment": NUMBER, "chance_holds": NUMBER, "call_mean": NUMBER})),
}
PAYBACK = _object(
    {
        "until": MONTH,
        "cost": NUMBER,
        "benefit": _object(FIGURE),
        "chance": {"type": "number", "minimum": 0, "maximum": 1},
        "month": {"anyOf": [{"type": "null"}, _object({"p10": MONTH, "p50": MONTH, "p90": MONTH})]},
        "by_year": _map_of(_object(FIGURE)),
    }
)
CAUSES = _object({"before": NUMBER, "after": NUMBER, "parts": _map_of(NUMBER)})
OR_NONE = {"type": ["number", "null"]}
SENSITIVITIES = _object(
    {
        "draws": {"type": "integer"},
        "call": NUMBER,
        "sure": NUMBER,
        "share_of_children": NUMBER,
        "assumptions": _list_of(
            _object(
                {
                    "key": TEXT,
                    "assumption": TEXT,
                    "low": NUMBER,
                    "value": NUMBER,
                    "high": NUMBER,
                    "call_at_low": NUMBER,
                    "call_at_high": NUMBER,
                    "share_of_variance": OR_NONE,
                    "switching_value": OR_NONE,
                }
            )
        ),
        "levers": _list_of(_object({"key": TEXT, "lever": TEXT, "now": NUMBER, "enough": OR_NONE, "chance": NUMBER})),
    }
)
SCENARIO = {
    "name": TEXT,
    "reason": TEXT,
    "differs": _list_of(
        _object(
            {
                "key": TEXT,
                "assumption": TEXT,
                "central": NUMBER,
                "scenario": NUMBER,
                "low": OR_NONE,
                "high": OR_NONE,
                "why": TEXT,
            }
        )
    ),
    "children": _object(
        {group: _object({"month_ends": BY_MONTH, "starts": BY_MONTH, "ends": BY_MONTH}) for group in ("lac", "cp")}
        | {"uasc": _object({"month_ends": BY_MONTH})}
    ),
    "contingency": _object(CONTINGENCY),
    "payback": {"anyOf": [{"type": "null"}, PAYBACK]},
    "causes": {"anyOf": [{"type": "null"}, CAUSES]},
    "effect": _object({"part_year": _object(FIGURE), "full_year": _object(FIGURE)}),
    "cost": _map_of(_object(COST)),
    "activity": _map_of(_map_of(_object(FIGURE))),
    "difference_from_central": _object({"call": _object(FIGURE), "net_cost": _map_of(_object(FIGURE))}),
}
CENTRAL_PATH = {"parts": _map_of(_list_of(NUMBER)), "middle": _list_of(NUMBER)}
ALARM = {
    "period": TEXT,
    "residual": NUMBER,
    "cusum": NUMBER,
    "found": {"type": "boolean"},
    "direction": {"enum": ["fewer", "more", "none"]},
    "expected": NUMBER,
    "low": NUMBER,
    "high": NUMBER,
    "counted": NUMBER,
}
RECORD = {
    "councils": {"type": "integer"},
    "first_origin": {"type": "integer"},
    "last_origin": {"type": "integer"},
    "forecasts": {"type": "integer"},
    "inside": NUMBER,
    "crps_ratio": NUMBER,
    "crps_low95": NUMBER,
    "crps_high95": NUMBER,
    "crps_of_pooled_walk": NUMBER,
    "errors": _map_of(_object({"forecast": NUMBER, "no_change": NUMBER})),
}
ANSWER = {
    "schema": {"const": "forecast-answer-1"},
    "version": TEXT,
    "council": TEXT,
    "area": TEXT,
    "data_area": TEXT,
    "month": MONTH,
    "title": TEXT,
    "origin": {"type": "string", "format": "date"},
    "horizon": MONTH,
    "financial_year": TEXT,
    "draws": {"type": "integer"},
    "seed": {"type": "integer"},
    "units": _map_of(TEXT),
    "open_at_origin": _object({"lac": {"type": "integer"}, "cp": {"type": "integer"}}),
    "contingency": NUMBER,
    "red_assumptions": _list_of(TEXT),
    "hindsight_assumptions": _list_of(TEXT),
    "outturns": {"type": ["string", "null"]},
    "central_path": _object({group: _object(CENTRAL_PATH) for group in ("lac", "cp")}),
    "breaks": _object({group: _list_of(_object(ALARM)) for group in ("lac", "cp")}),
    "record": _map_of(_object(RECORD)),
    "sensitivities": {"anyOf": [{"type": "null"}, SENSITIVITIES]},
    "scenarios": _map_of(_object(SCENARIO)),
}


def answer_schema() -> dict:
    """JSON Schema 2020-12 of answer.json."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "The answer of one run"}
    return head | _object(ANSWER)
