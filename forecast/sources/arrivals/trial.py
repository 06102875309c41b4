"""A trial balance by cost centre and subjective code, as finance systems export it: proved, mapped, put on cost lines.

Expenditure is above 0 and income below. Rows of totals are recognised by their words or by having no codes, and each
must be the sum of the rows before it, back to some total before. Every code is mapped or told with its amount. A month
of the year to date is what it grew by since the months before it, held or delivered with it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from forecast.case.errors import BadInput
from forecast.case.months import MONTHS_A_YEAR, financial_year, month_in_words, year_months
from forecast.sources.arrivals import cells
from forecast.sources.arrivals.card import (
    ACTUAL,
    BUDGET,
    CENTRE,
    CREDIT,
    DEBIT,
    PERIOD,
    POSTING,
    SUBJECTIVE,
    TO_DATE,
    YEAR,
    Card,
    same_words,
)
from forecast.sources.arrivals.cells import refusal
from forecast.sources.arrivals.inbox import Delivered
from forecast.sources.arrivals.mapping import MAPPING, NOT_OURS, Mapping
from forecast.sources.arrivals.sheets import Row, read_rows
from forecast.sources.arrivals.vintages import KEY, Held

UNITS = {"pounds": 1, "thousands": 1000}
TOTAL = re.compile(r"\b(sub[ -]?)?totals?\b", re.IGNORECASE)
MOST_TOLD = 12  # codes named in one sentence
AMOUNTS = (BUDGET, ACTUAL, TO_DATE[BUDGET], TO_DATE[ACTUAL])
SIDES = (DEBIT, CREDIT, TO_DATE[DEBIT], TO_DATE[CREDIT])
Amounts = dict[str, Decimal]  # budget and actual, of the period or of the year to date, as far as the file has them


@dataclass(frozen=True)
class Posting:
    """A row with codes: its year and period, codes, amounts, and whether it is an accrual."""

    year: str
    period: int
    codes: tuple[str, str]
    amounts: Amounts
    accrual: bool
    row: Row

    @property
    def spent(self) -> Decimal:
        """What was posted in the period; to date, where the file has no more."""
        return self.amounts.get(ACTUAL, self.amounts.get(TO_DATE[ACTUAL], Decimal(0)))


def read_trial(file: Delivered, card: Card, mapping: Mapping) -> tuple[list[tuple], list[str]]:
    """The figures of each cost line and month (month, figure, item, value, file, row), and what a person should know.

    Period 13 goes with period 12, to March. Raises BadInput naming the file, the row or cell, what was expected and
    what to do: for a total that its rows do not make, codes that mapping.csv does not have, a period 13 alone.
    """
    rows = read_rows(file.name, file.content, file.expected)
    unit = UNITS[file.expected.unit]
    postings, totals = [], 0
    marks: list[tuple[int, Amounts]] = [(0, {})]  # how many postings stood before the start and before each total
    for row in rows:
        amounts = _amounts(row, unit)
        if _is_total(row):
            _prove(row, amounts, postings, marks, Decimal(str(card.tolerances.footing)))
            marks.append((len(postings), amounts))
            totals += 1
        else:
            postings.append(_posting(row, amounts, file))
    if not postings:
        raise refusal(file.name, "there are totals and no rows with codes", "a row for each code", "Export it again")
    lines = _mapped(file.name, postings, mapping)
    notes = [] if totals else [f"{file.name} has no totals: that it is whole cannot be proved."]
    figures = list(_figures(file.name, postings, lines, card, notes))
    notes += [*_left_out(file.name, postings, lines), *_not_reversed(file.name, postings)]
    return figures, notes


def _is_total(row: Row) -> bool:
    codes = [row.cells[field] for field in (CENTRE, SUBJECTIVE)]
    return all(cell.blank for cell in codes) or any(
        isinstance(cell.value, str) and TOTAL.search(cell.value) for cell in codes
    )


def _amounts(row: Row, unit: int) -> Amounts:
    found = {field: cells.posted(cell, unit) for field, cell in row.cells.items() if field in AMOUNTS}
    if all(cell.blank for field, cell in row.cells.items() if field in (*AMOUNTS, *SIDES)):
        raise refusal(row.where, "has no amount", "an amount in each row", "Fill it in, or delete the row")
    for of, sides in ((ACTUAL, SIDES[:2]), (TO_DATE[ACTUAL], SIDES[2:])):
        if sides[0] in row.cells:
            debit, credit = (cells.posted(row.cells[side], unit) for side in sides)
            found[of] = debit - abs(credit)
    return found


def _prove(row: Row, stated: Amounts, postings: list[Posting], marks: list[tuple[int, Amounts]], most: Decimal) -> None:
    """Raise BadInput unless a total is the sum of the rows since one of the totals before it, or since the start."""
    sums = []
    for since, _ in reversed(marks):
        made = {field: sum((each.amounts[field] for each in postings[since:]), Decimal(0)) for field in stated}
        if all(abs(made[field] - stated[field]) <= most for field in stated):
            return
        sums.append(made)
    field = next(field for field in stated if abs(sums[0][field] - stated[field]) > most)
    said, made = stated[field], sums[0][field]
    what = f"the total says £{said:,}, and the rows above it back to the total before make £{made:,}"
    if len(sums) > 1:
        what += f", all rows above it £{sums[-1][field]:,}"
    remedy = "Look for a row left out, changed or given twice, and export again"
    raise refusal(row.where, what, f"the same within £{most:g}", remedy)


def _posting(row: Row, amounts: Amounts, file: Delivered) -> Posting:
    codes = (cells.code(row.cells[CENTRE]), cells.code(row.cells[SUBJECTIVE]))
    if not all(codes):
        what = "has one of its two codes and not the other"
        raise refusal(row.where, what, "a cost centre and a subjective code", "Export with both in every row")
    year, period = cells.posted_period(row.cells[PERIOD])
    if YEAR in row.cells:
        stated = cells.financial_year(row.cells[YEAR])
        if year not in (None, stated):
            raise row.cells[PERIOD].refusal("is of another year than the row", stated, "Correct one of them")
        year = stated
    if year is None:
        remedy = "Add a column of the financial year, or write year and period as 202501"
        raise row.cells[PERIOD].refusal("says no year", "a year in every row", remedy)
    kind = row.cells.get(POSTING)
    marks = {same_words(mark) for mark in file.expected.accruals}
    accrual = kind is not None and not kind.blank and same_words(str(kind.value)) in marks
    return Posting(year, period, codes, amounts, accrual, row)


def _mapped(name: str, postings: list[Posting], mapping: Mapping) -> dict[tuple[str, str], str]:
    """Codes -> cost line, or NOT_OURS. Raises BadInput with the amounts of all codes that the table does not have."""
    lines = {codes: mapping.line(*codes) for codes in dict.fromkeys(posting.codes for posting in postings)}
    if lacking := [codes for codes, line in lines.items() if line is None]:
        told = _told(postings, lacking)
        raise BadInput(
            f"{name}: {len(lacking)} codes are not in {MAPPING}: {told}. Expected a row for each cost centre and "
            f"subjective code. Add them with their cost line, or with {NOT_OURS} and the reason."
        )
    return lines


def _told(postings: list[Posting], codes: list[tuple[str, str]]) -> str:
    """Codes with what was posted to them over the whole file, the largest first."""
    sums = {pair: sum((posting.spent for posting in postings if posting.codes == pair), Decimal(0)) for pair in codes}
    first = sorted(sums, key=lambda pair: -abs(sums[pair]))
    words = [f"{centre} / {subjective} £{sums[centre, subjective]:,}" for centre, subjective in first[:MOST_TOLD]]
    others = f" and {len(first) - MOST_TOLD} more" if len(first) > MOST_TOLD else ""
    return f"{', '.join(words)}{others} (together £{sum(sums.values()):,})"


def _left_out(name: str, postings: list[Posting], lines: dict[tuple[str, str], str]) -> Iterator[str]:
    if left := [codes for codes, line in lines.items() if line == NOT_OURS]:
        yield f"{name}: {MAPPING} leaves out {_told(postings, left)}."


def _figures(
    name: str, postings: list[Posting], lines: dict[tuple[str, str], str], card: Card, notes: list[str]
) -> Iterator[tuple]:
    """Every line of every month that the file has; where it has no budgets, the card's."""
    by_month: dict[str, list[Posting]] = {}
    for posting in postings:
        months = year_months(posting.year)
        by_month.setdefault(months[min(posting.period, MONTHS_A_YEAR) - 1], []).append(posting)
    for month, here in sorted(by_month.items()):
        last = [posting for posting in here if posting.period == cells.ADJUSTMENTS]
        if len(last) == len(here):
            what = f"has period {cells.ADJUSTMENTS} of {here[0].year} without period {MONTHS_A_YEAR}"
            raise refusal(last[0].row.where, what, "both, as both are March's", "Export both in one file")
        if last:
            added = sum((posting.spent for posting in last if lines[posting.codes] != NOT_OURS), Decimal(0))
            notes.append(f"{name}: period {cells.ADJUSTMENTS} of {here[0].year}, £{added:,}, is put to March.")
        agreed = card.period_budget(month)
        for line in card.lines:
            parts = [posting for posting in here if lines[posting.codes] == line]
            if not parts and agreed.get(line):
                notes.append(f"{name}: no posting of {month} on {line.replace('_', ' ')}: taken as £0.00.")
            row = min((posting.row.number for posting in parts), default=here[0].row.number)
            ends = {each.codes: max(one.period for one in parts if one.codes == each.codes) for each in parts}
            for figure in here[0].amounts:
                kept = [each for each in parts if figure in (BUDGET, ACTUAL) or each.period == ends[each.codes]]
                amount = sum((each.amounts[figure] for each in kept), Decimal(0))
                yield month, figure, line, float(amount), name, row
            if not {BUDGET, TO_DATE[BUDGET]} & set(here[0].amounts):
                yield month, BUDGET, line, round(agreed[line], 2), name, row


def in_months(figures: list[tuple], held: Held, card: Card) -> list[tuple]:
    """Figures of all files (month, figure, item, value, file, row), those of the year to date less the months before.

    Raises BadInput for a year to date of which a month before is not known, or that its months do not make.
    """
    if any(figure in TO_DATE.values() for _, figure, *_ in figures):
        return list(_less_before(sorted(figures, key=lambda each: each[0]), held, card))
    return figures


def _less_before(figures: list[tuple], held: Held, card: Card) -> Iterator[tuple]:
    known = {tuple(row[:3]): row[3] for row in held.vintages.as_known()[[*KEY, "value"]].itertuples(index=False)}
    of_months = {each[:3]: each[3] for each in figures if each[1] in (BUDGET, ACTUAL)}
    known |= of_months
    for month, figure, line, value, name, row in figures:
        of = next((of for of, to_date in TO_DATE.items() if to_date == figure), None)
        if of is None:
            yield month, figure, line, value, name, row
            continue
        before = [at for at in year_months(financial_year(month)) if at < month]
        if lacking := [at for at in before if (at, of, line) not in known]:
            what = f"is the year to date, and {month_in_words(lacking[0])} is neither held nor here"
            remedy = "Send the months in their order, or a file of every period"
            raise refusal(f"{name}, row {row}", what, f"every month of the year before {month_in_words(month)}", remedy)
        grown = round(value - sum(known[at, of, line] for at in before), 2)
        if (month, of, line) not in of_months:
            known[month, of, line] = grown
            yield month, of, line, grown, name, row
        elif abs(known[month, of, line] - grown) > card.tolerances.revision_pounds:
            made = value - grown + known[month, of, line]
            what = f"{line.replace('_', ' ')}: the year to date is £{value:,.2f}, and its months make £{made:,.2f}"
            remedy = "Look for a month that was restated, and send a file of every period"
            raise refusal(f"{name}, row {row}", what, "the two alike", remedy)


def _not_reversed(name: str, postings: list[Posting]) -> Iterator[str]:
    """Accruals that the next period does not take back in full, of every period whose next is in the file too."""
    made: dict[tuple[str, int], dict[tuple[str, str], list[Decimal]]] = {
        (posting.year, posting.period): {} for posting in postings
    }
    for posting in postings:
        if posting.accrual and ACTUAL in posting.amounts:
            made[posting.year, posting.period].setdefault(posting.codes, []).append(posting.amounts[ACTUAL])
    for (year, period), rows in made.items():
        before, after = made.get((year, period - 1)), made.get((year, period + 1))
        for codes, amounts in rows.items():
            earlier = sum((before or {}).get(codes, []), Decimal(0))
            # The accruals new in this period: all of them, less what is taken back of the period before.
            new = sum((amount for amount in amounts if amount * earlier >= 0), Decimal(0)) if before else sum(amounts)
            back = sum((amount for amount in (after or {}).get(codes, []) if amount * new < 0), Decimal(0))
            mixed = before is None and min(amounts) < 0 < max(amounts)  # what it takes back is in no period here
            if after is not None and new and not mixed and back != -new:
                what = f"£{new:,} accrued on {' / '.join(codes)} in period {period} of {year}"
                yield f"{name}: of {what}, £{-back:,} is reversed in the next: the rest counts twice once it is paid."
