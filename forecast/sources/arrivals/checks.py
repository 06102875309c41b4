"""This month's arrivals against the card and against what is held: pure, and every query is named with its place.

A fault is refused. A query is a figure that may be right and is odd enough to be looked at: it is refused too, unless
the card says under `accepted` that a person found it right.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.months import financial_year, month_in_words, months_between
from forecast.case.workbook.book import shortened
from forecast.sources.arrivals.card import CARD, COUNTED, PLACED, SERVICES, Card, month_before
from forecast.sources.arrivals.cells import fault
from forecast.sources.arrivals.shape import Bands, out_of_shape
from forecast.sources.arrivals.vintages import ACTUAL, BUDGET, CHILDREN, KEY, Held, counts_of, ledger_of

NOTHING_NEW, COMPLETE, LEDGER_LATE = "nothing new", "new month complete", "new month, ledger late"
CAUGHT_UP, REVISED, WAITING = "late ledger arrived", "earlier months revised", "waiting for counts"
HALF_A_PENNY = 0.005
A_POUND = 1.0  # a period's budget is rounded by the ledger, a twelfth by us
UNITS_APART = 100  # a thousandfold slip shows as more than a hundredfold, whatever the month was like
NEXT = "the next month's figures"


class Revision(NamedTuple):
    """A figure of an earlier month that was restated: children (a measure), budget or actual (a cost line, pounds)."""

    month: str
    figure: str
    item: str
    was: float
    now: float


@dataclass(frozen=True, eq=False)
class Arrived:
    """What this month's inbox brought.

    state       nothing new, new month complete, new month without its ledger, a late ledger alone, revisions alone, or
                nothing but figures that wait for counts
    month       the last month whose counts are accepted, now or before; None before the first
    months      the months whose counts are new, in order
    counts      month, measure, value: new and restated counts
    ledger      financial_year, period, month, line, budget, actual (pounds): lines that are new or restated
    revisions   earlier figures restated within the tolerances, or found right by a person
    lagging     months with counts and without a ledger
    waiting     months with a ledger, or some counts, and not yet all counts; nothing of them is accepted
    warnings    sentences for the officer
    conflicts   sentences for the officer that a person must act on
    rows        month, figure, item, value: what `accept` adds to what is held
    files       sha256 -> name of the files accepted whole
    """

    state: str
    month: str | None
    months: tuple[str, ...]
    counts: pd.DataFrame
    ledger: pd.DataFrame
    revisions: tuple[Revision, ...] = ()
    lagging: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    rows: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=[*KEY, "value"]))
    files: dict[str, str] = field(default_factory=dict)

    @property
    def needs_a_person(self) -> bool:
        """Whether the month can be reported and somebody has to chase what is late, or what does not agree."""
        return bool(self.lagging or self.conflicts)


class Query(NamedTuple):
    """A figure that a person must look at before it is taken."""

    month: str
    item: str
    where: str
    what: str
    expected: str


def judge(given: pd.DataFrame, card: Card, held: Held, files: dict[str, tuple[str, ...]], bands: Bands) -> Arrived:
    """What the figures given (month, figure, item, value, file, row) amount to.

    files  name -> the SHA-256 of every file they came in, one or more
    bands  how far a month's ledger may stand from what it was led to be
    Raises BadInput with every fault and query, each naming file and row, what was expected, and what to do.
    """
    refuse([*outside(given, card), *disagreeing(given)])
    known = held.vintages.as_known()
    given = compared(given, known)
    last = held.counts["month"].max() if len(held.counts) else card.opening_month
    new = new_months(given, card, last)
    newest = new[-1] if new else last
    refuse([*too_early(given, newest), *repeated(given, held)])
    taken = given[(given["month"] <= newest) & (given["kind"] != "same")].drop_duplicates(KEY)
    parts = [part for part in (known, taken[[*KEY, "value"]]) if len(part)]
    after = pd.concat(parts, ignore_index=True) if parts else known
    after = after.drop_duplicates(KEY, keep="last").sort_values(KEY, ignore_index=True)
    months = by_month(after)
    refuse(wrong_units(taken, months, card))
    queries = [
        *stock_queries(taken, months, card),
        *placed_queries(taken, months),
        *revision_queries(taken, card),
        *ledger_queries(taken, months, card),
        *shape_queries(taken, months, card, bands),
    ]
    ways_out = "Correct the file; or, if it is right, say so under accepted in"
    refuse(
        fault(
            query.where, query.what, query.expected, f"{ways_out} {CARD} (month {query.month}, item {query.item}, why)"
        )
        for query in queries
        if not card.found_right(query.month, query.item)
    )
    return summed_up(given, taken, after, new, card, queries, files)


def refuse(faults: Iterable[str]) -> None:
    """Raise one BadInput for all faults; nothing where there are none."""
    faults = list(dict.fromkeys(faults))
    if faults:
        raise BadInput(shortened("\n".join(faults)))


def place(row) -> str:
    """Where a figure given stands; one made of lists stands in no row."""
    return f"{row.file}, row {row.row}" if row.row else row.file


def by_month(figures: pd.DataFrame) -> dict[tuple[str, str], dict[str, float]]:
    """(month, figure) -> item -> value."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for row in figures.itertuples():
        found.setdefault((row.month, row.figure), {})[row.item] = row.value
    return found


def outside(given: pd.DataFrame, card: Card) -> Iterator[str]:
    """Figures of months that are not wanted."""
    expected = f"a month from {card.months.first} to {card.months.last}"
    wrong = given[~given["month"].between(card.months.first, card.months.last)].drop_duplicates(["file", "row"])
    for row in wrong.itertuples():
        remedy = f"Send the right month, or correct months in {CARD}"
        yield fault(place(row), f"has figures of {row.month}", expected, remedy)


def disagreeing(given: pd.DataFrame) -> Iterator[str]:
    """Two files that say different things of one figure."""
    for _, rows in given[given.duplicated(KEY, keep=False)].groupby(KEY, sort=True):
        first, *others = rows.itertuples()
        for other in others:
            if abs(other.value - first.value) > HALF_A_PENNY:
                what = f"{spoken(other.item)}, {month_in_words(other.month)}: not as in {place(first)}"
                remedy = "Keep the later file and take the earlier one out of the inbox"
                yield fault(place(other), what, "one value for one figure", remedy)


def compared(given: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """The figures given once each, with what is held (`was`) and whether they are new, the same or revised (`kind`)."""
    once = given.drop_duplicates([*KEY, "file"])
    both = once.merge(known.rename(columns={"value": "was"}), on=KEY, how="left", validate="many_to_one")
    both["was"] = both["was"].astype(float)
    kind = pd.Series("revised", index=both.index).mask((both["value"] - both["was"]).abs() <= HALF_A_PENNY, "same")
    return both.assign(kind=kind.mask(both["was"].isna(), "new"))


def new_months(given: pd.DataFrame, card: Card, last: str) -> list[str]:
    """The months after the last held whose counts are all here, up to the first that lacks one."""
    measures = given[given["figure"] == CHILDREN].groupby("month")["item"].nunique()
    found = []
    for month in months_between(card.months.first, card.months.last):
        if month > last:
            if measures.get(month, 0) < len(card.measures):
                break
            found.append(month)
    return found


def too_early(given: pd.DataFrame, newest: str) -> Iterator[str]:
    """Counts of a month whose month before has not come; a ledger more than a month ahead, most likely misdated."""
    early = given[given["month"].map(month_before) > newest]
    children = early["figure"] == CHILDREN
    for row in early[children].drop_duplicates("month").itertuples():
        missing, month = months_between(newest, row.month)[1], month_in_words(row.month)
        what = f"counts of {month} are here, and those of {month_in_words(missing)} are not, or not all"
        yield fault(place(row), what, f"counts of {missing} first", f"Send the counts of {missing} too")
    for row in early[~children].drop_duplicates("month").itertuples():
        what = f"is the ledger of {month_in_words(row.month)}, and counts are held to {month_in_words(newest)}"
        remedy = "Correct year and period, or send the counts in between"
        yield fault(place(row), what, "the ledger of no month but the next", remedy)


def repeated(given: pd.DataFrame, held: Held) -> Iterator[str]:
    """Files under a name not seen before in which everything is held already."""
    for name, rows in given.groupby("file"):
        if (rows["kind"] == "same").all() and name not in held.files.values():
            last = month_in_words(rows["month"].max())
            what = f"every figure of it, to {last}, was accepted before: an earlier month under a new name"
            remedy = "Ask for the right file, or take this one out of the inbox"
            yield fault(place(rows.iloc[rows["row"].argmin()]), what, NEXT, remedy)


def stock_queries(taken: pd.DataFrame, months: dict, card: Card) -> Iterator[Query]:
    """Stocks that jump, or that are not the stock before plus starts less ends, where any of the figures is new."""
    children = {month: counts for (month, figure), counts in months.items() if figure == CHILDREN}
    known = children | {card.opening_month: dict(card.opening)}
    given = {(row.month, row.item): place(row) for row in taken[taken["figure"] == CHILDREN].itertuples()}
    within = card.tolerances.stock_identity
    for month, now in sorted(children.items()):
        earlier = month_before(month)
        for service, name in SERVICES.items():
            touched = [(month, service), (month, f"{service}_starts"), (month, f"{service}_ends"), (earlier, service)]
            where = next((given[key] for key in touched if key in given), None)
            if not where:
                continue
            stock, starts, ends = now[service], now[f"{service}_starts"], now[f"{service}_ends"]
            before = known[earlier][service]
            most, made = getattr(card.tolerances, f"stock_change_{service}"), before + starts - ends
            if abs(stock - before) > most:
                what = f"{name} go from {before:.0f} to {stock:.0f} in {month_in_words(month)}"
                yield Query(month, service, where, what, f"a change of at most {most}")
            if abs(made - stock) > within:
                what = (
                    f"{name} are {stock:.0f} at the end of {month_in_words(month)}, and {before:.0f} before + "
                    f"{starts:.0f} starts - {ends:.0f} ends make {made:.0f}"
                )
                yield Query(month, service, where, what, f"the two alike within {within}")


def placed_queries(taken: pd.DataFrame, months: dict) -> Iterator[Query]:
    """Children by placement that do not add up to the looked-after children, in months of which either is new."""
    touched = taken[(taken["figure"] == CHILDREN) & taken["item"].isin(["lac", *PLACED])].drop_duplicates("month")
    for row in touched.itertuples():
        children = months[row.month, CHILDREN]
        placed = sum(children.get(item, 0) for item in PLACED)
        if set(PLACED) <= set(children) and placed != children["lac"]:
            what = (
                f"looked-after children by placement add up to {placed:.0f} at the end of "
                f"{month_in_words(row.month)}, and there are {children['lac']:.0f}"
            )
            yield Query(row.month, "lac", place(row), what, "every child in one placement")


def revision_queries(taken: pd.DataFrame, card: Card) -> Iterator[Query]:
    """Figures restated by more than the tolerance. A budget may not move at all but by a note on the card."""
    most = {CHILDREN: card.tolerances.revision_children, ACTUAL: card.tolerances.revision_pounds, BUDGET: 0}
    for row in taken[taken["kind"] == "revised"].itertuples():
        noted = row.figure == BUDGET and card.phasing != "own"
        if not noted and abs(row.value - row.was) > most[row.figure]:
            was, now = (in_words(row.figure, value) for value in (row.was, row.value))
            what = f"{spoken(row.item)}, {month_in_words(row.month)}: {was} when accepted and now {now}"
            expected = f"history to change by at most {in_words(row.figure, most[row.figure])}"
            yield Query(row.month, row.item, place(row), what, expected)


def spoken(item: str) -> str:
    """A measure or a cost line in words."""
    return COUNTED.get(item, item.replace("_", " "))


def in_words(figure: str, value: float) -> str:
    """Children whole, money to the penny."""
    return f"{value:,.0f}" if figure == CHILDREN else f"£{value:,.2f}"


def wrong_units(taken: pd.DataFrame, months: dict, card: Card) -> Iterator[str]:
    """Budgets or actuals of another size than the agreed budget: pounds for thousands, or the reverse."""
    for row in taken[taken["figure"] != CHILDREN].drop_duplicates("month").itertuples():
        agreed = sum(map(abs, card.period_budget(row.month).values()))
        for figure in (BUDGET, ACTUAL):
            size = sum(map(abs, months.get((row.month, figure), {}).values()))
            if size and agreed and not 1 / UNITS_APART < size / agreed < UNITS_APART:
                come = f"{figure}s of {month_in_words(row.month)} come to £{size:,.0f}"
                what = f"{come}, and a month of the agreed budget to £{agreed:,.0f}"
                remedy = f"correct unit in {CARD}, or export again in the unit it declares"
                yield fault(place(row), what, "sums of one size", f"Pounds and thousands are mixed up: {remedy}")


def ledger_queries(taken: pd.DataFrame, months: dict, card: Card) -> Iterator[Query]:
    """Budgets that are not the agreed year's, phased as the card says; actuals whose sign is flipped."""
    for row in taken[taken["figure"] != CHILDREN].itertuples():
        of_item = f"of {spoken(row.item)} in {month_in_words(row.month)} is £{row.value:,.2f}"
        agreed = card.period_budget(row.month)[row.item]
        if row.figure == BUDGET and card.phasing != "own" and abs(row.value - agreed) > A_POUND:
            year = f"the agreed £{card.budget(row.month)[row.item]:,.0f} a year by {card.phasing}"
            expected = f"£{agreed:,.2f}, {year} (a virement goes under budgets in {CARD} with its note)"
            yield Query(row.month, row.item, place(row), f"the budget {of_item}, changed without a note", expected)
        budget = months[row.month, BUDGET][row.item]
        # Beyond a refund's size, an actual of the other sign than its budget is a flipped sign.
        most = card.tolerances.wrong_sign * abs(budget)
        if row.figure == ACTUAL and row.value * budget < 0 and abs(row.value) > most:
            what = f"the actual {of_item} on a budget of £{budget:,.2f}: the sign is flipped"
            yield Query(row.month, row.item, place(row), what, "spending above 0 and income below 0")


def shape_queries(taken: pd.DataFrame, months: dict, card: Card, bands: Bands) -> Iterator[Query]:
    """Months of the ledger that are not as their earlier months, budget and children lead one to expect."""
    parts = {figure: {at[0]: lines for at, lines in months.items() if at[1] == figure} for figure in (ACTUAL, BUDGET)}
    counts = {month: lines for (month, figure), lines in months.items() if figure == CHILDREN}
    counts[card.opening_month] = dict(card.opening)
    given = {(row.month, row.item): place(row) for row in taken[taken["figure"] == ACTUAL].itertuples()}
    for month in sorted({month for month, _ in given}):
        first = next(where for (at, _), where in given.items() if at == month)
        budget = parts[BUDGET].get(month) or card.period_budget(month)
        for line, what, expected in out_of_shape(month, parts[ACTUAL], budget, counts, bands):
            yield Query(month, line, given.get((month, line), first), what, expected)


def summed_up(
    given, taken, after, new: list[str], card: Card, queries: list[Query], files: dict[str, tuple[str, ...]]
) -> Arrived:
    """The result, once nothing is refused."""
    counted = after.loc[after["figure"] == CHILDREN, "month"]
    month = counted.max() if len(counted) else None
    lagging = tuple(sorted(set(counted) - set(after.loc[after["figure"] == ACTUAL, "month"])))
    later = given[given["month"] > (month or card.opening_month)]
    waiting, late_files = tuple(sorted(set(later["month"]))), set(later["file"])
    revised = taken[taken["kind"] == "revised"]
    revisions = tuple(Revision(*row) for row in revised[[*KEY, "was", "value"]].itertuples(index=False))
    rows = taken[[*KEY, "value"]].reset_index(drop=True)
    # The lines of which a figure is new or restated, whole.
    touched = rows.loc[rows["figure"] != CHILDREN, ["month", "item"]].drop_duplicates()
    lines = after[after["figure"] != CHILDREN].merge(touched, on=["month", "item"], validate="many_to_one")
    if new:
        state = LEDGER_LATE if new[-1] in lagging else COMPLETE
    elif len(rows) > len(revisions):
        state = CAUGHT_UP
    else:
        state = REVISED if revisions else WAITING if waiting else NOTHING_NEW
    return Arrived(
        state,
        month,
        tuple(new),
        counts_of(rows),
        ledger_of(lines),
        revisions,
        lagging,
        waiting,
        tuple(_warnings(card, queries, revisions, lagging, waiting)),
        rows=rows,
        files={sha256: name for name, parts in files.items() if name not in late_files for sha256 in parts},
    )


def _warnings(card: Card, queries: list[Query], revisions: tuple, lagging: tuple, waiting: tuple) -> Iterator[str]:
    for query in queries:
        yield f"Accepted by a person: {query.what}. {card.found_right(query.month, query.item).why}"
    for revision in revisions:
        what = "" if revision.figure == CHILDREN else f"{revision.figure} of "
        was, now = (in_words(revision.figure, value) for value in (revision.was, revision.now))
        yield f"Revised: {what}{spoken(revision.item)}, {month_in_words(revision.month)}, from {was} to {now}."
    for month in lagging:
        late = f"The ledger of {month_in_words(month)} ({financial_year(month)}) has not arrived"
        yield f"{late}: actual spending lags behind the counts. Ask finance for it."
    for month in waiting:
        yield f"Figures of {month_in_words(month)} are here and wait for its counts, or for the rest of them."
