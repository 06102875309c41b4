"""A release as text, so that next month's can be made with it in view. It holds no hidden figure, yet it is private:
it says which hidden figures are the small ones."""

import json
from dataclasses import asdict
from datetime import date

from forecast.case.errors import BadInput
from forecast.report.disclosure.attack import Fared
from forecast.report.disclosure.released import Kept, Record, Released
from forecast.report.disclosure.rule import Rule
from forecast.report.disclosure.sheets import Equation


def write_release(released: Released) -> str:
    """The release as JSON; the same release always gives the same text."""
    held = {"name": released.name, "rule": asdict(released.rule) | {"reviewed": released.rule.reviewed.isoformat()}}
    held |= {
        "shown": dict(released.shown),
        "sheets": dict(released.sheets),
        "withheld": released.withheld,
        "notes": released.notes,
    }
    held |= {part: {key: asdict(one) for key, one in getattr(released, part).items()} for part in ("hidden", "unseen")}
    held |= {
        "equations": [one.terms for one in released.equations],
        "revised": released.revised,
        "record": asdict(released.record),
    }
    return json.dumps(held, indent=1, ensure_ascii=False) + "\n"


def read_release(text: str, file: str = "release") -> Released:
    """The release that was written. Raises BadInput if the text is damaged; `file` is what the message calls it."""
    try:
        return _released(json.loads(text))
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        raise BadInput(f"{file}: this is not a release as it was written. Take the copy kept with its run") from wrong


def _released(held: dict) -> Released:
    rule = Rule(**held["rule"] | {"reviewed": date.fromisoformat(held["rule"]["reviewed"])})
    record = held["record"]
    return Released(
        held["name"],
        rule,
        held["shown"],
        hidden=_kept(held["hidden"]),
        sheets={name: tuple(keys) for name, keys in held["sheets"].items()},
        withheld=tuple(held["withheld"]),
        unseen=_kept(held["unseen"]),
        equations=tuple(Equation(tuple((int(factor), key) for factor, key in terms)) for terms in held["equations"]),
        revised=tuple(held["revised"]),
        notes=tuple(held["notes"]),
        record=Record(
            *(tuple(record[part]) for part in ("small", "secondary", "exposed")),
            tuple(Fared(**one) for one in record["fared"]),
        ),
    )


def _kept(held: dict) -> dict[str, Kept]:
    return {
        key: Kept(**one | {"known": None if one["known"] is None else tuple(one["known"])}) for key, one in held.items()
    }
