"""Write assumptions as the YAML files they would be read from."""

from pathlib import Path

from forecast.case import Assumptions, Entry
from forecast.case.errors import BadInput
from forecast.case.freezing import plain_yaml
from forecast.case.layers import CENTRAL, NATIONAL_LAYER, read_national
from forecast.case.reader import read_document, read_text

PLACE = {"layer", "file", "line"}  # where an entry was written is not written again
CASE_HEADING = "# yaml-language-server: $schema=../../schema/case.schema.json\n"
SCENARIO_HEADING = "# yaml-language-server: $schema=../schema/scenario.schema.json\n"


def to_yaml(params: Path, scenarios: dict[str, Assumptions]) -> list[Path]:
    """Write case.yaml and the scenario files of slug -> assumptions into a params folder; returns those written.

    case.yaml holds every entry that the council set or that is not as national.yaml has it. A file that says the
    same already is left as it is, with its remarks; one that is rewritten loses them. Files of scenarios that are
    not among `scenarios` stay. Raises BadInput where the central scenario is missing, or a file cannot be used.
    """
    params = Path(params)
    if CENTRAL not in scenarios:
        raise BadInput(f"there is no scenario {CENTRAL}, from which the others differ. Give it too")
    base = scenarios[CENTRAL]
    texts = {params / base.case.council / base.case.month / "case.yaml": CASE_HEADING + _case(params, base)}
    for slug, chosen in scenarios.items():
        # A range that was carried from central is not among the scenario's changes, and stays unwritten.
        fields = chosen.scenario.model_dump(mode="json", exclude={"slug"}, exclude_none=True)
        texts[params / "scenarios" / f"{slug}.yaml"] = SCENARIO_HEADING + plain_yaml(fields)
    return [path for path, text in texts.items() if _write(path, text, params)]


def _case(params: Path, base: Assumptions) -> str:
    """The text of case.yaml: what the council set, and what national.yaml says otherwise or not at all."""
    national = read_national(params, base.catalogue)
    whole: dict = {}
    for key, entry in base.central.items():
        if entry.layer == NATIONAL_LAYER and key in national and _written(entry) == _written(national[key]):
            continue
        *above, name = key.split(".")
        section = whole
        for part in above:
            section = section.setdefault(part, {})
        section[name] = _written(entry)
    return plain_yaml({"case": base.case.model_dump(mode="json", exclude_none=True), "assumptions": whole})


def _written(entry: Entry) -> dict:
    return entry.model_dump(mode="json", exclude=PLACE, exclude_defaults=True)


def _write(path: Path, text: str, params: Path) -> bool:
    """Write a file unless it says the same already; returns whether it was written."""
    file = path.relative_to(params).as_posix()
    if path.exists() and read_document(path, params).data == read_text(text, file).data:
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError:
        raise BadInput(f"{file}: cannot be written. Close it in other programs, and check the folder") from None
    return True
