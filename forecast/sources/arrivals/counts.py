"""A file of monthly counts, read strictly: months from what the file says, never from its name or the clock."""

import pandas as pd

from forecast.case.errors import BadInput
from forecast.sources.arrivals.card import COUNTED, MONTH, ExpectedFile
from forecast.sources.arrivals.cells import month, told, whole
from forecast.sources.arrivals.sheets import Row, read_rows

COUNTS_COLUMNS = ["month", "measure", "value", "file", "row"]


def read_counts(name: str, content: bytes, expected: ExpectedFile) -> pd.DataFrame:
    """The counts of one file: month, measure, value (children), file, row; one row a month and measure, in order.

    Raises BadInput naming the file, the row or cell, what was expected and what to do.
    """
    rows = read_rows(name, content, expected)
    months = [month(row.cells[MONTH]) for row in rows]
    _refuse_repeated(months, rows)
    held = [measure for measure in COUNTED if measure in rows[0].cells]
    told_rows = [
        (when, measure, whole(row.cells[measure]), name, row.number)
        for when, row in sorted(zip(months, rows, strict=True), key=lambda pair: pair[0])
        for measure in held
    ]
    return pd.DataFrame(told_rows, columns=COUNTS_COLUMNS)


def _refuse_repeated(months: list[str], rows: list[Row]) -> None:
    first: dict[str, int] = {}
    for when, row in zip(months, rows, strict=True):
        if when in first:
            said = f"a second row for {when}; the first is row {first[when]}"
            raise BadInput(told(row.where, said, "one row for each month", "Keep the right one and delete the other"))
        first[when] = row.number
