"""What each kind of file says: counts or an Annex A; a ledger, whose lines must add up, or a trial balance."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from forecast.case.months import day_in_words, last_day, month_in_words, year_months
from forecast.sources.annex_a import AnnexA, read_annex
from forecast.sources.annex_a.codes import CARE, LISTS, PLANS, SETTLED_DAYS
from forecast.sources.arrivals import cells
from forecast.sources.arrivals.card import (
    ACCOUNT,
    ANNEX,
    CARD,
    COUNTED,
    COUNTS,
    DATA,
    MONTH,
    PERIOD,
    PLACED,
    TRIAL,
    YEAR,
    Card,
    month_before,
    same_words,
)
from forecast.sources.arrivals.cells import refusal
from forecast.sources.arrivals.inbox import Delivered
from forecast.sources.arrivals.mapping import Mapping
from forecast.sources.arrivals.sheets import Row, read_rows
from forecast.sources.arrivals.trial import UNITS, read_trial
from forecast.sources.arrivals.vintages import ACTUAL, BUDGET, CHILDREN, KEY

COUNTED_AS: dict[str, str] = DATA["counted_as"]  # placements of the lists, where the counts have others


def read_counts(file: Delivered) -> tuple[dict[tuple[str, str], int], list[str]]:
    """(month, measure) -> children, and what a person should know of them.

    The month is the last that ends on the lists' day or in the two weeks before it: so long, placements are taken to
    stand. Raises BadInput where that is none, and where list 7 or 8 is not there.
    """
    annexes = read_annex(file.path)
    if len(annexes) != 1:
        what = f"holds {len(annexes)} Annex A" if annexes else "holds no list of Annex A"
        raise refusal(file.name, what, "one workbook, or one set of lists", "Put each into the inbox by itself")
    (annex,) = annexes
    if lacking := [number for number in (PLANS, CARE) if number not in annex.lists]:
        what = f"has no list {' and '.join(f'{number} ({LISTS[number]})' for number in lacking)}"
        raise refusal(file.name, what, "lists 7 and 8", "Export them too")
    month = f"{annex.last_day:%Y-%m}"
    if last_day(month) != annex.last_day:
        month = month_before(month)
    if annex.last_day - last_day(month) > timedelta(days=SETTLED_DAYS):
        what = f"is as at {day_in_words(annex.last_day)} ({annex.dated}), and no month ends in the days before it"
        expected = f"a day up to {SETTLED_DAYS} days after a month's end"
        raise refusal(file.name, what, expected, "Export it again at a month's end, and name it with its day")
    return {(month, measure): children for measure, children in _measures(annex, month)}, list(_notes(annex, month))


def _measures(annex: AnnexA, month: str):
    for measure, what in (("lac", "looked_after"), ("cp", "plans")):
        yield measure, annex.stock(last_day(month), what)["total"]
        yield from zip((f"{measure}_starts", f"{measure}_ends"), annex.flows(what, month), strict=True)
    placed = dict.fromkeys(PLACED, 0)
    for name, children in annex.stock(last_day(month), "looked_after").get("placement", {}).items():
        placed[f"lac_{COUNTED_AS.get(name, name)}"] += children
    yield from placed.items()


def _notes(annex: AnnexA, month: str):
    yield from annex.warnings()
    stock = annex.stock(last_day(month), "looked_after")
    if unknown := stock.get("placement", {}).get("unknown"):
        where = f"{unknown} of {stock['total']} looked-after children at the end of {month_in_words(month)}"
        yield f"The Annex A does not say where {where} live: they are counted as placed elsewhere."


GIVEN = [*KEY, "value", "file", "row"]


class Posting(NamedTuple):
    """A row of the ledger: its period, the account as it is compared, and pounds to the penny."""

    year: str
    period: int
    account: str
    budget: Decimal
    actual: Decimal
    row: Row


def read_figures(file: Delivered, card: Card, mapping: Mapping | None) -> tuple[list[tuple], list[str]]:
    """The figures of one file, each with the columns GIVEN, and what a person should know of them.

    children  every count, a whole number; budget and actual  every cost line in pounds, without the totals
    mapping   of the codes of a trial balance, where one is expected; what is of the year to date there is left so
    Months are those that the file says. Raises BadInput naming the file, the row or cell, what was expected and what to
    do.
    """
    if file.expected.kind == TRIAL:
        return read_trial(file, card, mapping)
    if file.expected.kind == ANNEX:
        counts, notes = read_counts(file)
        return [(month, CHILDREN, measure, count, file.name, 0) for (month, measure), count in counts.items()], notes
    return _plain_figures(file, card), []


def _plain_figures(file: Delivered, card: Card) -> list[tuple]:
    rows = read_rows(file.name, file.content, file.expected)
    if file.expected.kind == COUNTS:
        return _counts(file.name, rows)
    postings = [_posting(row, UNITS[file.expected.unit]) for row in rows]
    named = [(posting[:3], f"one cost line in P{posting.period} of {posting.year}") for posting in postings]
    _refuse_repeated(rows, named, "one row for each line and period")
    by_period: dict[tuple, list[Posting]] = {}
    for posting in postings:
        by_period.setdefault(posting[:2], []).append(posting)
    return [figure for when in sorted(by_period) for figure in _period(file.name, when, by_period[when], card)]


def _counts(name: str, rows: list[Row]) -> list[tuple]:
    months = [cells.month(row.cells[MONTH]) for row in rows]
    _refuse_repeated(rows, [(month, month) for month in months], "one row for each month")
    return [
        (month, CHILDREN, measure, cells.whole(row.cells[measure]), name, row.number)
        for month, row in sorted(zip(months, rows, strict=True), key=lambda pair: pair[0])
        for measure in COUNTED
        if measure in row.cells
    ]


def _refuse_repeated(rows: list[Row], named: Iterable[tuple], expected: str) -> None:
    """Refuse a row whose key an earlier one has; `named`: the key of each row, and what messages call it."""
    first: dict[object, int] = {}
    for row, (key, words) in zip(rows, named, strict=True):
        known = first.setdefault(key, row.number)
        if known != row.number:
            what = f"a second row for {words}; the first is row {known}"
            raise refusal(row.where, what, expected, "Keep the right one and delete the other")


def _posting(row: Row, unit: int) -> Posting:
    year, period = cells.financial_year(row.cells[YEAR]), cells.period(row.cells[PERIOD])
    account = same_words(cells.text(row.cells[ACCOUNT], f"a cost line as {CARD} names it"))
    money = (cells.pounds(row.cells[field], unit) for field in (BUDGET, ACTUAL))
    return Posting(year, period, account, *money, row)


def _period(name: str, when: tuple, postings: list[Posting], card: Card) -> Iterable[tuple]:
    """The figures of one period by cost line, once every line is there and the total is theirs."""
    year, period = when
    accounts = {same_words(account): line for account, line in card.accounts.items()}
    lines = [posting for posting in postings if posting.account != same_words(card.total)]
    place = f"{name}, P{period} of {year}"
    for posting in lines:
        if posting.account not in accounts:
            expected = f"one of {', '.join(card.accounts)}, or {card.total}"
            remedy = f"Add the line under accounts in {CARD} with the cost line it is part of, or correct its name"
            raise refusal(posting.row.where, f"a cost line that {CARD} does not name", expected, remedy)
    present = {posting.account for posting in lines}
    lacking = [account for account in card.accounts if same_words(account) not in present]
    if lacking:
        remedy = "Export again with every line; write 0 where nothing was spent"
        raise refusal(place, f"no row for {', '.join(lacking)}", f"a row for each line of {CARD}", remedy)
    _check_total(place, [posting for posting in postings if posting.account not in present], lines, card)
    month = year_months(year)[period - 1]
    for line in card.lines:
        parts = [posting for posting in lines if accounts[posting.account] == line]
        row = min(posting.row.number for posting in parts)
        yield month, BUDGET, line, float(sum(posting.budget for posting in parts)), name, row
        yield month, ACTUAL, line, float(sum(posting.actual for posting in parts)), name, row


def _check_total(place: str, totals: list[Posting], lines: list[Posting], card: Card) -> None:
    if not totals:
        remedy = "A file cut short, or without totals: export it again"
        raise refusal(place, "no total row", f'a row named "{card.total}"', remedy)
    for field in (BUDGET, ACTUAL):
        added, stated = sum(getattr(posting, field) for posting in lines), getattr(totals[0], field)
        if abs(added - stated) > Decimal(str(card.tolerances.footing)):
            what = f"the total says £{stated:,}, and its lines add up to £{added:,}"
            remedy = "Look for a line left out, changed or given twice, and export again"
            where = totals[0].row.cells[field].where
            raise refusal(where, what, f"the same within £{card.tolerances.footing:g}", remedy)
