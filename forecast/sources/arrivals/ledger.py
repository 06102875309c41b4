"""A file of the ledger, read strictly: every cost line of each period, and a total that they add up to."""

from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from forecast.case.errors import BadInput
from forecast.sources.arrivals import cells
from forecast.sources.arrivals.card import ACCOUNT, ACTUAL, BUDGET, CARD, LEDGER, PERIOD, YEAR, Card, same_words
from forecast.sources.arrivals.cells import told
from forecast.sources.arrivals.sheets import Row, read_rows

LEDGER_COLUMNS = ["financial_year", "period", "month", "line", "budget", "actual", "file", "row"]
UNITS = {"pounds": 1, "thousands": 1000}


@dataclass(frozen=True)
class Posting:
    """A row of the ledger: its period, the account as it is compared, and pounds to the penny."""

    year: str
    period: int
    account: str
    budget: Decimal
    actual: Decimal
    row: Row

    @property
    def when(self) -> tuple[str, int]:
        return self.year, self.period


def read_ledger(name: str, content: bytes, card: Card) -> pd.DataFrame:
    """The ledger of one file by cost line, in pounds: one row a period and line, in order; totals are checked and left out.

    Raises BadInput naming the file, the row or cell, what was expected and what to do.
    """
    expected = next(file for file in card.files.values() if file.kind == LEDGER)
    postings = [_posting(row, UNITS[expected.unit]) for row in read_rows(name, content, expected)]
    _refuse_repeated(postings)
    accounts = {same_words(account): line for account, line in card.accounts.items()}
    by_period: dict[tuple, list[Posting]] = {}
    for posting in postings:
        by_period.setdefault(posting.when, []).append(posting)
    told_rows = [row for when in sorted(by_period) for row in _period(name, when, by_period[when], accounts, card)]
    return pd.DataFrame(told_rows, columns=LEDGER_COLUMNS)


def _posting(row: Row, unit: int) -> Posting:
    year, period = cells.financial_year(row.cells[YEAR]), cells.period(row.cells[PERIOD])
    account = same_words(cells.text(row.cells[ACCOUNT], f"a cost line as {CARD} names it"))
    money = (cells.pounds(row.cells[field], unit) for field in (BUDGET, ACTUAL))
    return Posting(year, period, account, *money, row)


def _refuse_repeated(postings: list[Posting]) -> None:
    first: dict[tuple, int] = {}
    for posting in postings:
        known = first.setdefault((*posting.when, posting.account), posting.row.number)
        if known != posting.row.number:
            said = f"a second row for one cost line in P{posting.period} of {posting.year}; the first is row {known}"
            raise BadInput(
                told(
                    posting.row.where,
                    said,
                    "one row for each line and period",
                    "Keep the right one and delete the other",
                )
            )


def _period(name: str, when: tuple, postings: list[Posting], accounts: dict[str, str], card: Card) -> list[tuple]:
    """The rows of one period by cost line, once every line is there and the total is theirs."""
    lines = [posting for posting in postings if posting.account != same_words(card.total)]
    total = next((posting for posting in postings if posting.account == same_words(card.total)), None)
    _refuse_unknown(lines, accounts, card)
    place = f"{name}, P{when[1]} of {when[0]}"
    lacking = [
        account for account in card.accounts if same_words(account) not in {posting.account for posting in lines}
    ]
    if lacking:
        said, remedy = (
            f"no row for {', '.join(lacking)}",
            "Export again with every line; write 0 where nothing was spent",
        )
        raise BadInput(told(place, said, f"a row for each line of {CARD}", remedy))
    if total is None:
        raise BadInput(
            told(
                place,
                "no total row",
                f'a row named "{card.total}"',
                "A file cut short, or without totals: export it again",
            )
        )
    _refuse_wrong_total(total, lines, card)
    return [_line_row(name, when, line, [one for one in lines if accounts[one.account] == line]) for line in card.lines]


def _line_row(name: str, when: tuple, line: str, postings: list[Posting]) -> tuple:
    year, period = when
    budget, actual = (float(sum(getattr(one, field) for one in postings)) for field in ("budget", "actual"))
    row = min(one.row.number for one in postings)
    return year, f"P{period}", cells.month_of(year, period), line, budget, actual, name, row


def _refuse_unknown(lines: list[Posting], accounts: dict[str, str], card: Card) -> None:
    unknown = next((posting for posting in lines if posting.account not in accounts), None)
    if unknown:
        remedy = f"Add the line under accounts in {CARD} with the cost line it is part of, or correct its name"
        expected = f"one of {', '.join(card.accounts)}, or {card.total}"
        raise BadInput(told(unknown.row.where, f"a cost line that {CARD} does not name", expected, remedy))


def _refuse_wrong_total(total: Posting, lines: list[Posting], card: Card) -> None:
    for field in (BUDGET, ACTUAL):
        added, stated = sum(getattr(one, field) for one in lines), getattr(total, field)
        if abs(added - stated) > Decimal(str(card.tolerances.footing)):
            said = f"the total says £{stated:,}, and its lines add up to £{added:,}"
            expected = f"the same within £{card.tolerances.footing:g}"
            raise BadInput(
                told(
                    total.row.cells[field].where,
                    said,
                    expected,
                    "Look for a line left out, changed or given twice, and export again",
                )
            )
