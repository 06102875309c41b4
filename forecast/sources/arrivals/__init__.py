"""What a council sends each month: found in its inbox, read strictly, checked against the card and what is held.

card.py      council.yaml: what is expected, in the council's own words
inbox.py     the files; sheets.py and cells.py the tables and cells; figures.py counts and ledger
lists.py     an Annex A in the place of counts; trial.py and mapping.py a trial balance in that of the ledger
checks.py    the figures against the card and what is held; shape.py a month of the ledger against its own shape
vintages.py  every figure accepted, and when
"""

from dataclasses import replace
from pathlib import Path

import pandas as pd

from forecast.case.home import find_home
from forecast.case.wording import read_each
from forecast.sources.arrivals.card import CARD, TRIAL, Card, read_card
from forecast.sources.arrivals.checks import Arrived, judge
from forecast.sources.arrivals.figures import GIVEN, read_figures
from forecast.sources.arrivals.inbox import INBOX, find
from forecast.sources.arrivals.mapping import MAPPING, read_mapping
from forecast.sources.arrivals.shape import read_bands
from forecast.sources.arrivals.trial import in_months
from forecast.sources.arrivals.vintages import KEY, Held, read_held, write_held
from forecast.sources.private import guarded

__all__ = [
    "CARD",
    "INBOX",
    "MAPPING",
    "Arrived",
    "Held",
    "accept",
    "read_card",
    "read_held",
    "read_inbox",
    "write_held",
]


@guarded
def read_inbox(folder: Path, card: Card, held: Held | None) -> Arrived:
    """What has arrived in `folder`/inbox that is not held yet, checked against the card and what is held.

    Raises BadInput naming the file, the row or cell, what was expected and what to do, for every fault found.
    Reads files and writes none; `accept` gives what is held afterwards.
    """
    held = held or Held()
    delivered, warnings = find(Path(folder) / INBOX, card, held)
    mapping = read_mapping(Path(folder) / MAPPING) if card.has(TRIAL) else None
    read = read_each(range(len(delivered)), lambda at: read_figures(delivered[at], card, mapping))
    warnings = [*warnings, *(note for _, notes in read.values() for note in notes)]
    figures = in_months([figure for figures, _ in read.values() for figure in figures], held, card)
    given = pd.DataFrame(figures, columns=GIVEN)
    given = given.astype({"value": float}).sort_values([*KEY, "file"], ignore_index=True)
    files: dict[str, tuple[str, ...]] = {}
    for file in delivered:
        files[file.name] = (*files.get(file.name, ()), file.sha256)
    arrived = judge(given, card, held, files, read_bands(find_home() / "data"))
    return replace(arrived, warnings=(*arrived.warnings, *warnings))


def accept(held: Held | None, arrived: Arrived) -> Held:
    """What is held once an arrival is taken: its figures under the vintage of its month, and its files."""
    held = held or Held()
    vintages = held.vintages.with_rows(arrived.month, arrived.rows) if len(arrived.rows) else held.vintages
    return Held(vintages, held.files | arrived.files)
