"""Assumptions changed in a program are those that a scenario file with the same changes gives, and so are the refusals."""

import shutil
from pathlib import Path

import pytest

from forecast.case import changed, freeze, load, thaw
from forecast.case.errors import BadInput

PARAMS = Path(__file__).parent / "fixtures" / "params"
REAL = Path(__file__).parents[1] / "params"
PLACE = {"layer", "file", "line"}  # where it was written


def from_file(params: Path, text: str, slug: str = "what-if"):
    """The assumptions of a scenario file of this text."""
    (params / "scenarios" / f"{slug}.yaml").write_text(text, encoding="utf-8")
    return load(params, "slough", "2011-06", slug)


def written(name: str, order: int, why: str, changes: dict[str, str]) -> str:
    lines = [f"name: {name}", f"order: {order}", f"reason: {why}", "changes:"]
    return "\n".join([*lines, *(f"  {key}: {{{change}}}" for key, change in changes.items())]) + "\n"


def figures(assumptions) -> dict[str, dict]:
    return {key: entry.model_dump(exclude=PLACE) for key, entry in assumptions.entries.items()}


def same(one, other) -> bool:
    return (
        one.scenario == other.scenario
        and (one.case, one.catalogue, one.central) == (other.case, other.catalogue, other.central)
        and list(one.entries) == list(other.entries)
        and figures(one) == figures(other)
        and one.differs == other.differs
    )


@pytest.fixture
def params(tmp_path):
    return Path(shutil.copytree(PARAMS, tmp_path / "params"))


def test_changes_are_those_of_a_scenario_file(params):
    central = load(params, "slough", "2011-06", "central")
    given = {"population.net_migration": 200, "costs.ifa_fostering": 978.0, "placements.in_house_share": 0.9}
    after = changed(central, given, why="a wish")
    changes = {key: f"value: {value}, why: a wish" for key, value in given.items()}
    assert same(after, from_file(params, written("What if", 2, "a wish", changes)))
    fee = after.entry("costs.ifa_fostering")
    assert (fee.low, fee.high) == pytest.approx((764 * 1.2, 866 * 1.2))
    assert (fee.layer, fee.file, fee.why) == ("scenarios/what-if", "What if", "a wish")
    assert thaw(freeze(after)).differs == after.differs
    assert central.differs == []


def test_changes_come_on_top_of_those_of_the_scenario(params):
    high = load(params, "slough", "2011-06", "high_migration")
    after = changed(high, {"population.net_migration": 100}, why="half of it", name="Half")
    changes = {
        "population.net_migration": "value: 100, why: half of it",
        "costs.ifa_fostering": "value: 978, why: fees rise by a fifth",
        "placements.in_house_share": "value: 0.9, low: 0.8, high: 0.95, why: a recruitment drive",
    }
    assert same(after, from_file(params, written("Half", 4, "half of it", changes), "half"))
    assert after.entry("population.net_migration").low == -20  # 160 below, as in central: -40 with -160 below


@pytest.mark.parametrize(
    "given, said",
    [
        ({"costs.ifa_fosterin": 900}, "costs.ifa_fosterin: this key is not in catalogue.yaml. Did you mean costs.ifa_"),
        ({"costs": 900}, "costs: is a section, not an assumption. Write the whole key with dots, such as costs.ifa_"),
        ({"costs.residential": 99}, "costs.residential.value: is 99; expected 500 to 15,000 gbp_per_child_week"),
        ({"costs.residential": "900"}, 'costs.residential.value: is text "900"; expected a number. Write the digits'),
        ({"costs.residential": True}, "costs.residential.value: is true; expected a number"),
        ({"costs.residential": None}, "costs.residential.value: is empty; expected a number"),
        ({"costs.residential": float("nan")}, "costs.residential.value: is nan; expected the value in this scenario"),
        ({"costs.residential": float("inf")}, "costs.residential.value: is inf; expected the value in this scenario"),
    ],
)
def test_what_a_file_may_not_say_a_program_may_not(params, given, said):
    with pytest.raises(BadInput) as refusal:
        changed(load(params, "slough", "2011-06", "central"), given, why="a wish")
    assert str(refusal.value).startswith("What if: ") and said in str(refusal.value)


def test_every_fault_is_named_and_a_reason_is_asked_for(params):
    central = load(params, "slough", "2011-06", "central")
    with pytest.raises(BadInput) as refusal:
        changed(central, {"costs.residential": 99, "costs.ifa": 900}, why="a wish")
    assert len(str(refusal.value).splitlines()) == 2
    with pytest.raises(BadInput, match="reason: is empty; expected text: what the scenario supposes"):
        changed(central, {"costs.residential": 900}, why=" ")
    with pytest.raises(BadInput, match="central is what others differ from"):
        changed(central, {"costs.residential": 900}, why="a wish", name="Central")


@pytest.mark.parametrize("share", [-0.01, 0, 0.3, 1, 1.01])
def test_every_key_of_the_catalogue_is_taken_or_refused_as_in_a_file(tmp_path, share):
    """All keys set to a place between their limits, or beside them: refused in the same words, or taken alike."""
    real = Path(shutil.copytree(REAL, tmp_path / "params"))
    central = load(real, "slough", "2011-06", "central")
    ends = {key: (item.minimum, item.maximum) for key, item in central.catalogue.items.items()}
    values = {key: round(low + (high - low) * share, 6) for key, (low, high) in ends.items()}
    refused = refusals(real, central, values)
    assert (len(refused) == len(values)) is (not 0 <= share <= 1)
    taken = {key: value for key, value in values.items() if key not in refused}
    if taken:
        assert same(changed(central, taken, why="x"), from_file(real, as_text(central, taken)))


def refusals(params, central, values: dict[str, float]) -> set[str]:
    """The keys that are refused, in the same words by a file and by a program."""
    said = []
    for read in (
        lambda: from_file(params, as_text(central, values)),
        lambda: changed(central, values, why="x"),
    ):
        try:
            read()
        except BadInput as refusal:
            said.append([line.split(": ", 1)[1].removeprefix("changes.") for line in str(refusal).splitlines()])
    assert said in ([], [said[0]] * 2 if said else [])
    return {line.split(": ")[0].rsplit(".", 1)[0] for line in (said[0] if said else [])}


def as_text(central, values: dict[str, float]) -> str:
    changes = {key: f"value: {value:f}, why: x" for key, value in values.items()}
    return written("What if", central.scenario.order + 1, "x", changes)
