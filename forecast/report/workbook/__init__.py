"""The Excel workbook of a published run, for those who will check it: tables, live totals, checks that must be zero.

XlsxWriter alone writes it. gptables, which lays out government tables on top of it, writes values only: no formula, no
frozen heading, no document properties, and a third library between the figures and the file; what it asks of a sheet
(a title in A1, one named table, no merged cells, a page of contents and one of notes) is kept here and tested.
"""

from collections.abc import Collection
from datetime import date
from pathlib import Path

from forecast.report.render.files import put
from forecast.report.workbook.book import sheets_of
from forecast.report.workbook.run import read_run
from forecast.report.workbook.sources import sources_table
from forecast.report.workbook.write import workbook_bytes

__all__ = ["sources_table", "write_workbook"]


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
