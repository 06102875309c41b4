"""What a reader of returns found wrong, what it did about it, and how often: nothing is changed uncounted."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from forecast.case.errors import BadInput

MOST_SHARE, LEAST_ROWS = 0.05, 20  # a fault on more rows than these is the file's, not a row's
MOST_NAMED = 5  # files in one message
READ, CHANGED, LEFT_OUT, LOOK = "read", "changed", "left_out", "look"
FEWER, MORE, EITHER = "fewer", "more", "either"


@dataclass(frozen=True)
class Rule:
    """What was found and done, and why: one row of a reader's rules.csv.

    text      what was found, and what was done about it
    field     the column where it was found
    expected  what should have stood there; with it, too many such rows in one file stop the reading
    group     READ (as it is), CHANGED, LEFT_OUT, or LOOK (counted, and worth a look)
    why       why it is done; remedy: what a data officer can do
    checks    numbers of the DfE's validation rules on the same matter
    moves     which way the rule may move our count from a published one: FEWER, MORE, EITHER, or blank for not at all
    """

    text: str
    field: str
    expected: str
    group: str
    why: str
    remedy: str
    checks: tuple[str, ...]
    moves: str


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a table of a reader's own data: rules, codes or fields."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_rules(path: Path) -> dict[str, Rule]:
    """The rules of a reader by name, in the order in which its quality table has them."""
    return {row.pop("rule"): Rule(**row | {"checks": tuple(row["checks"].split())}) for row in read_rows(path)}


class Quality:
    """Counts by file and rule: the data quality table of one reading."""

    def __init__(self, rules: dict[str, Rule], loud: dict[str, bool] | None = None) -> None:
        """`loud`: rules that are always told first, or never; the others by how much they may move the count."""
        self._rules, self._loud = rules, loud or {}
        self._counts: dict[tuple[str, str], int] = {}
        self._of: dict[tuple[str, str], int] = {}

    def count(self, file: str, rule: str, number: int = 1, of: int = 0) -> None:
        """Add to a count, of as many as there are; nothing is added for 0."""
        if number:
            self._counts[file, rule] = self._counts.get((file, rule), 0) + int(number)
            self._of[file, rule] = max(self._of.get((file, rule), 0), int(of))

    def rows(self, frame: pd.DataFrame, where: np.ndarray, rule: str) -> np.ndarray:
        """Count the rows marked by `where` under their files; gives `where` back.

        Raises BadInput where a rule that says what was expected is broken by too many rows of one file.
        """
        known, where = self._rules[rule], np.asarray(where, dtype=bool)
        for file, number in frame.loc[where, "file"].value_counts().items():
            here = (frame["file"] == file).to_numpy()
            of = int(here.sum())
            if known.expected and number >= LEAST_ROWS and number > MOST_SHARE * of:
                line = frame.loc[where & here, "line"].min()
                raise BadInput(
                    f"{file}, line {line}, {known.field}: {known.text.split(':')[0]}, and so are {number:,} of "
                    f"{of:,} rows. Expected {known.expected}. Export the file again, or correct the "
                    "column."
                )
            self.count(file, rule, number, of)
        return where

    def hush(self, rule: str) -> None:
        """Keep a rule out of the warnings: there is an ordinary reason for it."""
        self._loud = {rule: False} | self._loud

    def files(self, rule: str) -> str:
        """The files that a rule was applied to, as a message names them; blank for none."""
        names = sorted(file for file, applied in self._counts if applied == rule)
        more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
        return f"{', '.join(names[:MOST_NAMED])}{more}"

    def warnings(self) -> list[str]:
        """What may move the count by more than MOST_SHARE of a file, as sentences; the loudest first."""
        found = []
        for at, ((file, rule), number) in enumerate(self._counts.items()):
            known, of = self._rules[rule], max(self._of[file, rule], number)
            if self._loud.get(rule, bool(known.moves) and number > MOST_SHARE * of):
                sentence = f"{file}: {known.text}: {number:,} of {of:,}. {known.remedy}"
                found.append((not self._loud.get(rule, False), -number / of, -number, at, sentence))
        return [sentence for *_, sentence in sorted(found)]

    def table(self) -> pd.DataFrame:
        """file, rule (what was found and done), count; in the order of the rules, then of the files."""
        order = list(self._rules)
        found = sorted(self._counts.items(), key=lambda item: (order.index(item[0][1]), item[0][0]))
        rows = [(file, self._rules[rule].text, number) for (file, rule), number in found]
        return pd.DataFrame(rows, columns=["file", "rule", "count"])
