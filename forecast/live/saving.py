"""Save a position of the levers as a scenario file, checked as any other before it is put in place."""

import os
import re
import shutil
import tempfile
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from forecast.case import Assumptions, load
from forecast.case.documents import Change
from forecast.case.errors import BadInput
from forecast.case.freezing import plain_yaml
from forecast.case.home import typed
from forecast.case.workbook.yaml_files import SCENARIO_HEADING
from forecast.live.live import Live, Refused
from forecast.report.render.safe import RESERVED

LONGEST_NAME, LONGEST_TEXT = 60, 500  # letters


@dataclass(frozen=True)
class Wish:
    """What an officer asks to save: name, reason, the levers, and why each moved (the reason where none is given)."""

    name: str
    reason: str
    changes: dict[str, float]
    start: str
    why: dict[str, str]

    @classmethod
    def tidy(cls, name: str, reason: str, changes: dict, start: str, why: dict) -> "Wish":
        """The same with stray spaces and line ends taken out of its texts."""
        why = {key: " ".join(str(text).split()) for key, text in why.items()}
        return cls(" ".join(name.split()), " ".join(reason.split()), changes, start, why)


def slug_of(name: str) -> str:
    """The file's name made from a scenario's: small letters, digits, hyphens. Raises BadInput if none can be made."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
    slug = re.sub("[^a-z0-9]+", "-", plain).strip("-")
    if not slug:
        raise BadInput("The name has no letter or digit that a file can be named by. Use some of a to z and 0 to 9")
    if RESERVED.fullmatch(slug):
        raise BadInput(f"Windows keeps the name {slug} for itself. Add a word to the name")
    return slug


TAKEN = "There is already a scenario of this name. Choose another: nothing is overwritten"


def save(live: Live, params: Path, wish: Wish) -> dict[str, str]:
    """Write params/scenarios/<slug>.yaml; returns its slug, its name, and the command that runs it.

    Raises Refused, naming what is wrong by field, and then writes nothing.
    """
    changes, case = _refuse(live, params, wish), live.case.central.case
    slug = slug_of(wish.name)
    shown = live.checked(wish.name, wish.reason, changes)
    order = max(scenario.scenario.order for scenario in live.case.scenarios.values()) + 1
    written = {
        key: {
            part: int(at) if isinstance(at, float) and at.is_integer() else at for part, at in change if at is not None
        }
        for key, change in changes.items()
    }
    whole = {"name": wish.name, "order": order, "reason": wish.reason, "changes": written}
    text = SCENARIO_HEADING + plain_yaml(whole)
    try:
        loaded = loads_back(params, slug, text, shown)
        put_in_place(params / "scenarios" / f"{slug}.yaml", text)
    except BadInput as error:
        raise Refused({"name": str(error)}) from None
    live.case.scenarios[slug] = loaded
    command = typed(f"run --council {case.council} --month {case.month} --scenario {slug}")
    return {"slug": slug, "name": wish.name, "command": command}


def _refuse(live: Live, params: Path, wish: Wish) -> dict[str, Change]:
    """The changes to save. Raises Refused with every field that is wrong."""
    problems = {}
    try:
        if (params / "scenarios" / f"{slug_of(wish.name)}.yaml").exists():
            problems["name"] = TAKEN
    except BadInput as error:
        problems["name"] = str(error)
    if len(wish.name) > LONGEST_NAME:
        problems["name"] = f"The name has {len(wish.name)} letters; keep it to {LONGEST_NAME}"
    if not wish.reason:
        problems["reason"] = "The reason is empty. Say what the scenario supposes, and why it is worth looking at"
    if any(len(text) > LONGEST_TEXT for text in (wish.reason, *wish.why.values())):
        problems["reason"] = f"A reason is longer than {LONGEST_TEXT} letters. Shorten it"
    changes = live.changes_from(live.start(wish.start), wish.changes, wish.why, wish.reason or "none")
    if not changes:
        problems["name"] = "No lever differs from the central case: there is nothing to save. Move one first"
    if problems:
        raise Refused(problems)
    return changes


def loads_back(params: Path, slug: str, text: str, shown: Assumptions) -> Assumptions:
    """The scenario as the normal reader loads it from a copy of the files. Raises BadInput if not what was shown."""
    case = shown.case
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in ("catalogue.yaml", "national.yaml", f"{case.council}/{case.month}/case.yaml"):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(params / name, copy / name)
        (copy / "scenarios").mkdir()
        (copy / "scenarios" / f"{slug}.yaml").write_text(text, encoding="utf-8", newline="\n")
        loaded = load(copy, case.council, case.month, slug)
    read, meant = ({key: (at.value, at.low, at.high) for key, at in a.entries.items()} for a in (loaded, shown))
    if read != meant:
        raise BadInput("The assumption files have changed since this page was opened. Start the page again, then save")
    return loaded


def put_in_place(path: Path, text: str) -> None:
    """The file, whole or not at all. Raises BadInput if one of that name is there already.

    A finished file is given its name by a second name for it or, where the disk knows none, by renaming.
    """
    handle, waiting = tempfile.mkstemp(prefix=".saving-", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(waiting, 0o644)
        try:
            os.link(waiting, path)
        except OSError as error:
            if isinstance(error, FileExistsError) or path.exists():
                raise BadInput(TAKEN) from None
            Path(waiting).rename(path)
    finally:
        Path(waiting).unlink(missing_ok=True)
