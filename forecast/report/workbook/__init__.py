"""The Excel workbook of a published run, for those who will check it: tables, live totals, checks that must be zero.

XlsxWriter alone writes it. gptables, which lays out government tables on top of it, writes values only: no formula, no
frozen heading, no document properties, and a third library between the figures and the file; what it asks of a sheet
(a title in A1, one named table, no merged cells, a page of contents and one of notes) is kept here and tested.
"""

from collections.abc import Collection
from datetime import date
from pathlib import Path

import pandas as pd

from forecast.case.home import beside
from forecast.report.render.files import put
from forecast.report.workbook import records
from forecast.report.workbook.cells import Column, Link, Sheet
from forecast.report.workbook.run import Run, read_run
from forecast.report.workbook.table import NAME as CONTROL
from forecast.report.workbook.table import NOT_OK, OK, control, said, table, verdict, wanted
from forecast.report.workbook.write import workbook_bytes
from forecast.sources.cards import Card

COVER = "Cover"
SOURCE_COLUMNS = ["title", "publisher", "link", "period", "units", "licence", "published", "retrieved", "known_from"]
SOURCE_COLUMNS += ["expires", "hindsight", "hindsight_reason"]


def write_workbook(
    run_folder: Path, path: Path, as_of: date, marking: str, previous: Path | None = None, hidden: Collection[str] = ()
) -> None:
    """Write the workbook of a published run; the same run and arguments give the same bytes.

    as_of     the day it is made for; it is compared with the day the inputs expire
    marking   "public" or "private"; a public workbook leaves out what counts few children
    previous  the folder of the last month's run, for the movement since then
    hidden    what disclosure control hides of the council's history, as "lac_starts 2010-11"
    Raises BadInput if the run cannot be read whole, was made by an older program, or holds what may not be public.
    """
    run = read_run(run_folder, as_of, marking, previous, frozenset(hidden))
    put(path, workbook_bytes(sheets_of(run), run.title, run.answer["area"]))


def sources_table(cards: dict[str, Card]) -> pd.DataFrame:
    """One row a table of a case, from its source card; days as ISO text."""
    rows = [
        [value.isoformat() if isinstance(value := getattr(card, name), date) else value for name in SOURCE_COLUMNS]
        for card in cards.values()
    ]
    return pd.DataFrame(rows, columns=SOURCE_COLUMNS)


def sheets_of(run: Run) -> list[Sheet]:
    """Every sheet that has rows: the cover first, the control sheet last."""
    front, described, checks = (beside(__file__, name) for name in ("front", "sheets", "checks"))
    words, given, spread = records.texts(run, front["markings"]), records.figures(run), records.columns(run)
    explained = [[subject, said(note, words)] for subject, note in front["notes"]]
    flags = {name for name, on in (("public", run.public), ("previous", run.previous is not None)) if on}
    sheets: dict[str, Sheet] = {}
    for name, rows in records.of(run, explained).items():
        if rows:
            held = described[name]
            columns = []
            for entry in held["columns"]:
                columns += spread[entry] if isinstance(entry, str) else [entry]
            parts = {"columns": wanted(columns, flags, 4), "about": wanted(held.get("about", ()), flags, 1)}
            sheets[name] = table(name, held | parts, rows, words, given, sheets)
    flags |= {*sheets, *(["months"] if len(sheets["Children"].rows) > 1 else [])}
    checks = [check for check in checks if check.get("if", CONTROL) in {*flags, CONTROL}]
    sheets[CONTROL] = control(checks, given, sheets)
    bad = f"Control checks: {NOT_OK}. See the sheet {CONTROL}"
    holds = verdict(sheets[CONTROL], f"Control checks: {OK}. All hold", bad)
    about = (*(said(line, words) for line in front["cover"]), holds)
    columns = (Column("Sheet", width=26), Column("What it shows", width=96))
    contents = tuple((Link(sheet.name), sheet.says) for sheet in sheets.values())
    return [Sheet(COVER, "Contents", run.title, "", about, columns, contents), *sheets.values()]
