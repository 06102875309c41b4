"""Every numeric assumption: what the sensitivities say of it, beside the scenario's file that sets it, on the same draws.

python tests/as_scenario.py DRAWS [COUNCIL MONTH]     tries all of them and prints how many, and which differ
"""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from conftest import HOME
from forecast.case import Assumptions, carried_range, load_scenarios
from forecast.case.errors import BadInput
from forecast.model import projection
from forecast.model.cases import open_case
from forecast.model.projection import Base, Projection
from forecast.questions import sensitivity

POUND, WITHIN = 1.0, 1_000.0  # a tornado's bar is the scenario's to the pound; a switching value is near enough
AWAY = 0.1  # of itself, or of the way between its limits where it is 0: how far a figure without a range is moved


def ends(a, key: str) -> list[float]:
    """The low and the high of an assumption; of a figure without a range a value to either side, within its limits."""
    entry, item = a.entry(key), a.catalogue.items[key]
    if entry.low is not None:
        return sorted({entry.low, entry.high} - ({entry.value} if entry.low < entry.high else set()))
    by = AWAY * (abs(entry.value) or item.maximum - item.minimum)
    found = np.clip([entry.value - by, entry.value + by], item.minimum, item.maximum)
    return sorted({round(float(value), 6) for value in found} - {entry.value})


@dataclass(frozen=True)
class Files:
    """Scenario files beside the project's own parameters, read as any scenario of a council is."""

    params: Path
    central: Assumptions

    def reads(self, key: str, value: float):
        """The assumptions of a scenario's file that sets one of them and says nothing else; for sure, where its central
        value is at the end of its scale and its range has no proportion to move by."""
        change, (item, unit) = {"value": value, "why": "tried"}, self.central.catalogue.item_and_unit(key)
        if item.kind == "uncertain" and carried_range(self.central.central[key], value, item, unit)[0] is None:
            change |= {"low": value, "high": value}
        written = {"name": "Tried", "order": 900, "reason": "tried", "changes": {key: change}}
        (self.params / "scenarios" / "tried.yaml").write_text(yaml.safe_dump(written), encoding="utf-8")
        return load_scenarios(self.params, self.central.case.council, self.central.case.month, ["tried"])["tried"]


def files(folder: str | Path, central: Assumptions) -> Files:
    """The national figures, the case and a place for scenarios, in a folder."""
    params = Path(folder) / "params"
    for part in ("catalogue.yaml", "national.yaml", f"{central.case.council}/{central.case.month}/case.yaml"):
        (params / part).parent.mkdir(parents=True, exist_ok=True)
        (params / part).write_bytes((HOME / "params" / part).read_bytes())
    (params / "scenarios").mkdir()
    return Files(params, central)


def of_file(base: Base, held: Files, key: str, value: float) -> Projection:
    """What a run of the scenario's file gives, month by month to the end of what is forecast."""
    return projection.project(base, held.reads(key, value))


def differing(base: Base, held: Projection, read: Files, keys: list[str]) -> tuple[int, list[str]]:
    """How many bars were tried, and those whose call is not the scenario's."""
    tried, found = 0, []
    for key in keys:
        for value in ends(held.assumptions, key):
            tried += 1
            try:
                wanted = of_file(base, read, key, value).drawn.at_year_end.mean()
                seen = sensitivity.call_at(base, held, key, value)
            except (BadInput, ArithmeticError, ValueError, KeyError) as fault:
                found.append(f"{key} at {value:g}: {type(fault).__name__} {str(fault)[:300]}")
                continue
            if not abs(seen - wanted) < POUND:
                found.append(f"{key} at {value:g}: £{seen:,.2f}, as a scenario £{wanted:,.2f}")
    return tried, found


def switched(base: Base, held: Projection, read: Files, keys: list[str]) -> tuple[int, list[str]]:
    """How many have a switching value, and those at which the scenario's call is not the contingency."""
    tried, found = 0, []
    for key in keys:
        value = sensitivity.switching_value(base, held, key)
        if value is None:
            continue
        tried += 1
        drawn = of_file(base, read, key, value).drawn
        if not abs(drawn.at_year_end.mean() - drawn.amount) <= WITHIN:
            found.append(f"{key} at {value:g}: £{drawn.at_year_end.mean():,.0f} against £{drawn.amount:,.0f}")
    return tried, found


def sought(base: Base, held: Projection, read: Files, keys: list[str], wanted: float) -> tuple[int, list[str]]:
    """How many levers can bring the chance wanted, and those at whose answer the scenario has another, or less."""
    tried, found = 0, []
    for key in keys:
        enough = sensitivity.seek(base, held, key, wanted)
        if enough.value is None:
            continue
        tried += 1
        chance = of_file(base, read, key, enough.value).drawn.chance
        if chance != enough.chance or chance < wanted:
            found.append(f"{key} at {enough.value:g}: {chance:.1%}, said {enough.chance:.1%}, wanted {wanted:.0%}")
    return tried, found


if __name__ == "__main__":
    start = open_case(HOME / "params", HOME / "data", *(sys.argv[2:4] or ("slough", "2011-06")))
    base = projection.prepare(start.central, start.evidence, int(sys.argv[1]), 11)
    held, keys = projection.project(base, start.central), start.central.keys()
    levers = [key for key in keys if key.startswith(sensitivity.LEVERS)]
    with tempfile.TemporaryDirectory() as folder:
        read = files(folder, start.central)
        found = {
            "bars of the tornado": differing(base, held, read, keys),
            "switching values": switched(base, held, read, keys),
            "levers sought": sought(base, held, read, levers, sensitivity.SURE),
        }
    for what, (tried, wrong) in found.items():
        print(f"{what}: {len(wrong)} of {tried} differ", *wrong, sep="\n  ")
