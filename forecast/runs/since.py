"""What of a case's assumptions is not what its last run had: a figure mistyped since is told before it is believed."""

from forecast.case import differing, thaw
from forecast.case.errors import BadInput
from forecast.case.layers import CENTRAL
from forecast.model.cases import OpenCase
from forecast.runs import folders
from forecast.runs.home import Home
from forecast.sources.files import sha256

NATIONAL = "params/national.yaml"
MOST_TOLD = 20


def changed_since(home: Home, case: OpenCase) -> list[str]:
    """Sentences on each figure that changed since the last run of the case; none before its first.

    Files whose checksum is that of the run's manifest are not read. Nothing is raised: a run that cannot be read is
    told, and made again by running.
    """
    of = case.central.case
    folder, said = folders.settled(home.runs / of.council, of.month), []
    inputs = (folders.read_manifest(folder) or {"inputs": {}})["inputs"]
    own = f"params/{of.council}/{of.month}/case.yaml"
    if own not in inputs:
        return []  # before the first run, or of a refresh, whose card and ledger are told by its summary
    for slug, now in case.scenarios.items():
        mine = [f"params/scenarios/{slug}.yaml", *([NATIONAL, own] if slug == CENTRAL else [])]
        frozen = folder / "frozen" / f"{slug}.yaml"
        alike = all(inputs.get(name) == sha256(home.params / name.removeprefix("params/")) for name in mine)
        if alike or not frozen.is_file():
            continue
        try:
            then = thaw(frozen.read_text(encoding="utf-8"), frozen.name)
        except (BadInput, OSError):
            said.append(f"changed since the last run: {slug}, whose assumptions as they were cannot be read")
            continue
        said += [f"changed since the last run: {what}" for what in differing(then, now, slug)]
    more = [f"and {len(said) - MOST_TOLD} more figures changed since then"] if len(said) > MOST_TOLD else []
    return said[:MOST_TOLD] + more
