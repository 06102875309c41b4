"""A whole year of deliveries, month by month, as it would have been refreshed: for learning, and for tests."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from forecast.case.errors import BadInput
from forecast.runs.home import Home, Settings
from forecast.runs.refresh.io import Done, refresh_council
from forecast.sources.arrivals import CARD, INBOX, MAPPING

DELIVERIES = "deliveries"
WORKING_MORNING = "T06:30:00+00:00"


def replay(
    home: Home, source: Path, folder: Path, settings: Settings, say: Callable[[str], None]
) -> Iterator[tuple[str, Done]]:
    """Refresh `folder` with each delivery of `source` in turn, which stay in its inbox; gives month and outcome.

    folder  a new council folder; its runs go to `home.runs`
    Raises BadInput if it is not empty or `source` holds no deliveries.
    """
    deliveries = sorted(path for path in (source / DELIVERIES).glob("*") if path.is_dir())
    if not deliveries or not (source / CARD).is_file():
        raise BadInput(
            f"{source.name} holds no {CARD} with a folder {DELIVERIES} beside it. "
            "Give a folder such as data/example/months."
        )
    if folder.exists() and any(folder.iterdir()):
        raise BadInput(f"{folder.name} is not empty. Give a new folder, so that nothing of yours is written over.")
    (folder / INBOX).mkdir(parents=True)
    for name in (CARD, MAPPING):
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)
    for delivery in deliveries:
        for file in sorted(delivery.iterdir()):
            shutil.copyfile(file, folder / INBOX / file.name)
        at = f"{delivery.name}-05{WORKING_MORNING}"
        yield delivery.name, refresh_council(home, folder, settings, at, say)
