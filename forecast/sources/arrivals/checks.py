"""This month's arrivals against the card and against what is held: pure, and every doubt is told with its place.

A fault is refused. A doubt is a figure that may be right and is odd enough to be looked at: it is refused too, unless
the card says under `accepted` that a person found it right.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.months import financial_year, month_in_words, months_between
from forecast.case.workbook.book import shortened
from forecast.sources.arrivals.card import CARD, COUNTED, PLACED, SERVICES, Card, month_before, months_of
from forecast.sources.arrivals.cells import told
from forecast.sources.arrivals.vintages import ACTUAL, BUDGET, CHILDREN, KEY, Held, counts_of, ledger_of

NOTHING_NEW, COMPLETE, LEDGER_LATE = "nothing new", "new month complete", "new month, ledger late"
CAUGHT_UP, REVISED, WAITING = "late ledger arrived", "earlier months revised", "waiting for counts"
HALF_A_PENNY = 0.005
A_POUND = 1.0  # a period's budget is rounded by the ledger, a twelfth by us
UNITS_APART = 100  # a thousandfold slip shows as more than a hundredfold, whatever the month was like
GIVEN = [*KEY, "value", "file", "row"]


@dataclass(frozen=True)
class Revision:
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
    doubts      sentences for the officer that a person must act on
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
    doubts: tuple[str, ...] = ()
    rows: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=[*KEY, "value"]))
    files: dict[str, str] = field(default_factory=dict)

    @property
    def needs_a_person(self) -> bool:
        """Whether the month can be reported and somebody has to chase what is late, or what does not agree."""
        return bool(self.lagging or self.doubts)


@dataclass(frozen=True)
class Doubt:
    """A figure that a person must look at before it is taken."""

    month: str
    item: str
    where: str
    said: str
    expected: str

    @property
    def message(self) -> str:
        """The fault as told, with the two ways out."""
        remedy = f"Correct the file; or, if it is right, say so under accepted in {CARD} (month {self.month}, item {self.item}, why)"
        return told(self.where, self.said, self.expected, remedy)


def long_form(counts: list[pd.DataFrame], ledgers: list[pd.DataFrame]) -> pd.DataFrame:
    """month, figure, item, value, file, row of every figure given: one shape for all checks."""
    parts = [frame.assign(figure=CHILDREN).rename(columns={"measure": "item"})[GIVEN] for frame in counts]
    for frame in ledgers:
        for figure in (BUDGET, ACTUAL):
            parts.append(frame.assign(figure=figure).rename(columns={"line": "item", figure: "value"})[GIVEN])
    together = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=GIVEN)
    return together.astype({"value": float}).sort_values([*KEY, "file"], ignore_index=True)


def judge(given: pd.DataFrame, card: Card, held: Held, files: dict[str, tuple[str, ...]] | None = None) -> Arrived:
    """What the figures given amount to. `files`: name -> the SHA-256 of every file they came in, one or more.

    Raises BadInput with every fault and doubt, each naming file and row, what was expected, and what to do.
    """
    refuse([*outside(given, card), *disagreeing(given)])
    given = compared(given, held.vintages.as_known())
    last = last_month(held.counts, card)
    new = new_months(given, card, last)
    newest = new[-1] if new else last
    refuse([*gaps(given, newest), *early_ledgers(given, newest), *repeated(given, held)])
    taken = given[(given["month"] <= newest) & (given["kind"] != "same")].drop_duplicates(KEY)
    after = updated(held.vintages.as_known(), taken)
    refuse(wrong_units(taken, after, card))
    doubts = [
        *stock_doubts(after, taken, card),
        *placed_doubts(after, taken),
        *revision_doubts(taken, card),
        *ledger_doubts(taken, after, card),
    ]
    refuse([doubt.message for doubt in doubts if not card.found_right(doubt.month, doubt.item)])
    return summed_up(given, taken, after, new, card, doubts, files or {})


def refuse(faults: Iterable[str]) -> None:
    """Raise one BadInput for all faults; nothing where there are none."""
    faults = list(dict.fromkeys(faults))
    if faults:
        raise BadInput(shortened("\n".join(faults)))


def place(row) -> str:
    """Where a figure given stands."""
    return f"{row.file}, row {row.row}"


def outside(given: pd.DataFrame, card: Card) -> Iterator[str]:
    """Figures of months that are not wanted."""
    wrong = given[~given["month"].isin(months_of(card))].drop_duplicates(["file", "row"])
    for row in wrong.itertuples():
        expected = f"a month from {card.months.first} to {card.months.last}"
        yield told(
            place(row), f"has figures of {row.month}", expected, f"Send the right month, or correct months in {CARD}"
        )


def disagreeing(given: pd.DataFrame) -> Iterator[str]:
    """Two files that say different things of one figure."""
    for _, rows in given[given.duplicated(KEY, keep=False)].groupby(KEY, sort=True):
        first, *others = rows.itertuples()
        for other in others:
            if abs(other.value - first.value) > HALF_A_PENNY:
                said = f"{spoken(other.item)}, {month_in_words(other.month)}: not as in {place(first)}"
                yield told(
                    place(other),
                    said,
                    "one value for one figure",
                    "Keep the later file and take the earlier one out of the inbox",
                )


def compared(given: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """The figures given once each, with what is held (`was`) and whether they are new, the same or revised (`kind`)."""
    once = given.drop_duplicates([*KEY, "file"])
    both = once.merge(known.rename(columns={"value": "was"}), on=KEY, how="left", validate="many_to_one")
    both["was"] = both["was"].astype(float)
    kind = pd.Series("revised", index=both.index).mask((both["value"] - both["was"]).abs() <= HALF_A_PENNY, "same")
    return both.assign(kind=kind.mask(both["was"].isna(), "new"))


def last_month(counts: pd.DataFrame, card: Card) -> str:
    """The last month whose counts are held, or the month before the first."""
    return card.opening_month if counts.empty else counts["month"].max()


def new_months(given: pd.DataFrame, card: Card, last: str) -> list[str]:
    """The months after the last held whose counts are all here, up to the first that lacks one."""
    counts = given[(given["figure"] == CHILDREN) & (given["month"] > last)]
    measures = counts.groupby("month")["item"].nunique()
    found = []
    for month in months_of(card):
        if month > last:
            if measures.get(month, 0) < len(card.measures):
                break
            found.append(month)
    return found


def gaps(given: pd.DataFrame, newest: str) -> Iterator[str]:
    """Counts of a month whose month before has not come."""
    later = given[(given["figure"] == CHILDREN) & (given["month"] > newest)]
    for month, rows in later.groupby("month"):
        if month_before(month) > newest:
            row, missing = next(rows.itertuples()), months_between(newest, month)[1]
            said = f"counts of {month_in_words(month)} are here, and those of {month_in_words(missing)} are not, or not all"
            yield told(place(row), said, f"counts of {missing} first", f"Send the counts of {missing} too")


def early_ledgers(given: pd.DataFrame, newest: str) -> Iterator[str]:
    """A ledger more than a month ahead of the counts: a wrong period, most likely."""
    money = given[given["figure"] != CHILDREN]
    for month, rows in money.groupby("month"):
        if month_before(month) > newest:
            row = next(rows.itertuples())
            said = f"is the ledger of {month_in_words(month)}, and counts are held to {month_in_words(newest)}"
            yield told(
                place(row),
                said,
                "the ledger of no month but the next",
                "Correct year and period, or send the counts in between",
            )


def repeated(given: pd.DataFrame, held: Held) -> Iterator[str]:
    """Files under a name not seen before in which everything is held already."""
    for name, rows in given.groupby("file"):
        if (rows["kind"] == "same").all() and name not in held.files.values():
            said = f"every figure of it, to {month_in_words(rows['month'].max())}, was accepted before: an earlier month under a new name"
            yield told(
                f"{name}, row {rows['row'].min()}",
                said,
                "the next month's figures",
                "Ask for the right file, or take this one out of the inbox",
            )


def updated(known: pd.DataFrame, taken: pd.DataFrame) -> pd.DataFrame:
    """What will be held once the figures are taken: month, figure, item, value."""
    parts = [part for part in (known, taken[[*KEY, "value"]]) if len(part)]
    together = pd.concat(parts, ignore_index=True) if parts else known
    return together.drop_duplicates(KEY, keep="last").sort_values(KEY, ignore_index=True)


def stock_doubts(after: pd.DataFrame, taken: pd.DataFrame, card: Card) -> Iterator[Doubt]:
    """Stocks that jump, or that are not the stock before plus starts less ends, where any of the figures is new."""
    children = after[after["figure"] == CHILDREN]
    by_month = {month: dict(zip(rows["item"], rows["value"], strict=True)) for month, rows in children.groupby("month")}
    by_month[card.opening_month] = {"lac": card.opening.lac, "cp": card.opening.cp}
    given = {(row.month, row.item): place(row) for row in taken[taken["figure"] == CHILDREN].itertuples()}
    for month in sorted(set(by_month) - {card.opening_month}):
        for service in SERVICES:
            before = by_month[month_before(month)][service]
            touched = [
                (month, service),
                (month, f"{service}_starts"),
                (month, f"{service}_ends"),
                (month_before(month), service),
            ]
            where = next((given[key] for key in touched if key in given), None)
            if where:
                yield from _stock_doubts(month, service, before, by_month[month], where, card)


def _stock_doubts(month: str, service: str, before: float, now: dict, where: str, card: Card) -> Iterator[Doubt]:
    stock, starts, ends = now[service], now[f"{service}_starts"], now[f"{service}_ends"]
    name, most = SERVICES[service], getattr(card.tolerances, f"stock_change_{service}")
    within = card.tolerances.stock_identity
    if abs(stock - before) > most:
        said = f"{name} go from {before:.0f} to {stock:.0f} in {month_in_words(month)}"
        yield Doubt(month, service, where, said, f"a change of at most {most}")
    if abs(before + starts - ends - stock) > within:
        said = f"{name} are {stock:.0f} at the end of {month_in_words(month)}, and {before:.0f} before + {starts:.0f} starts - {ends:.0f} ends make {before + starts - ends:.0f}"
        yield Doubt(month, service, where, said, f"the two alike within {within}")


def placed_doubts(after: pd.DataFrame, taken: pd.DataFrame) -> Iterator[Doubt]:
    """Children by placement that do not add up to the looked-after children, in months of which either is new or restated."""
    touched = taken[(taken["figure"] == CHILDREN) & taken["item"].isin(["lac", *PLACED])].drop_duplicates("month")
    for row in touched.itertuples():
        children = _figures(after, row.month, CHILDREN)
        placed = sum(children[item] for item in PLACED if item in children)
        if set(PLACED) <= set(children) and placed != children["lac"]:
            said = f"looked-after children by placement add up to {placed:.0f} at the end of {month_in_words(row.month)}, and there are {children['lac']:.0f}"
            yield Doubt(row.month, "lac", place(row), said, "every child in one placement")


def revision_doubts(taken: pd.DataFrame, card: Card) -> Iterator[Doubt]:
    """Figures of earlier months restated by more than the tolerance. A budget may not move at all but by a note on the card."""
    most = {CHILDREN: card.tolerances.revision_children, ACTUAL: card.tolerances.revision_pounds, BUDGET: 0}
    for row in taken[taken["kind"] == "revised"].itertuples():
        noted = row.figure == BUDGET and card.phasing != "own"
        if not noted and abs(row.value - row.was) > most[row.figure]:
            was, now = (in_words(row.figure, value) for value in (row.was, row.value))
            said = f"{spoken(row.item)}, {month_in_words(row.month)}: {was} when accepted and now {now}"
            expected = f"history to change by at most {in_words(row.figure, most[row.figure])}"
            yield Doubt(row.month, row.item, place(row), said, expected)


def spoken(item: str) -> str:
    """A measure or a cost line in words."""
    return COUNTED.get(item, item.replace("_", " "))


def in_words(figure: str, value: float) -> str:
    """Children whole, money to the penny."""
    return f"{value:,.0f}" if figure == CHILDREN else f"£{value:,.2f}"


def wrong_units(taken: pd.DataFrame, after: pd.DataFrame, card: Card) -> Iterator[str]:
    """Ledgers whose budgets or actuals are of another size than the agreed budget: pounds for thousands, or the reverse."""
    for month, rows in taken[taken["figure"] != CHILDREN].groupby("month"):
        agreed = sum(map(abs, card.period_budget(month).values()))
        for figure, called in ((BUDGET, "budgets"), (ACTUAL, "actuals")):
            size = sum(map(abs, _figures(after, month, figure).values()))
            if size and agreed and not 1 / UNITS_APART < size / agreed < UNITS_APART:
                said = f"{called} of {month_in_words(month)} come to £{size:,.0f}, and a month of the agreed budget to £{agreed:,.0f}"
                remedy = f"Pounds and thousands are mixed up: correct unit in {CARD}, or export again in the unit it declares"
                yield told(place(next(rows.itertuples())), said, "sums of one size", remedy)


def ledger_doubts(taken: pd.DataFrame, after: pd.DataFrame, card: Card) -> Iterator[Doubt]:
    """Budgets that were not agreed and signs that are flipped, in every month whose ledger is new or restated."""
    for month, rows in taken[taken["figure"] != CHILDREN].groupby("month"):
        yield from _budget_doubts(month, rows[rows["figure"] == BUDGET], card)
        budgets = _figures(after, month, BUDGET)
        for row in rows[rows["figure"] == ACTUAL].itertuples():
            yield from _sign_doubts(row, budgets[row.item], card)


def _figures(after: pd.DataFrame, month: str, figure: str) -> dict[str, float]:
    rows = after[(after["month"] == month) & (after["figure"] == figure)]
    return dict(zip(rows["item"], rows["value"], strict=True))


def _budget_doubts(month: str, rows: pd.DataFrame, card: Card) -> Iterator[Doubt]:
    """Budgets that are not the agreed year's, phased as the card says."""
    if card.phasing == "own":
        return
    agreed = card.period_budget(month)
    for row in rows.itertuples():
        if abs(row.value - agreed[row.item]) > A_POUND:
            said = f"the budget of {spoken(row.item)} in {month_in_words(month)} is £{row.value:,.2f}, changed without a note"
            expected = f"£{agreed[row.item]:,.2f}, the agreed £{card.budget(month)[row.item]:,.0f} a year by {card.phasing} (a virement goes under budgets in {CARD} with its note)"
            yield Doubt(month, row.item, place(row), said, expected)


def _sign_doubts(row, budget: float, card: Card) -> Iterator[Doubt]:
    """Actuals of the other sign than their budget, beyond a refund's size: a flipped sign."""
    if row.value * budget < 0 and abs(row.value) > card.tolerances.wrong_sign * abs(budget):
        said = f"the actual of {spoken(row.item)} in {month_in_words(row.month)} is £{row.value:,.2f} on a budget of £{budget:,.2f}: the sign is flipped"
        yield Doubt(row.month, row.item, place(row), said, "spending above 0 and income below 0")


def summed_up(
    given, taken, after, new: list[str], card: Card, doubts: list[Doubt], files: dict[str, tuple[str, ...]]
) -> Arrived:
    """The result, once nothing is refused."""
    counts = after[after["figure"] == CHILDREN]
    month = counts["month"].max() if len(counts) else None
    newest = month or card.opening_month
    with_ledger = set(after.loc[after["figure"] == ACTUAL, "month"])
    lagging = tuple(sorted(set(counts["month"]) - with_ledger))
    waiting = tuple(sorted(set(given.loc[given["month"] > newest, "month"])))
    late_files = set(given.loc[given["month"] > newest, "file"])
    revisions = tuple(
        Revision(row.month, row.figure, row.item, row.was, row.value)
        for row in taken[taken["kind"] == "revised"].itertuples()
    )
    rows = taken[[*KEY, "value"]].reset_index(drop=True)
    return Arrived(
        _state(new, lagging, rows, revisions, waiting),
        month,
        tuple(new),
        counts_of(rows),
        _ledger_lines(rows, after),
        revisions,
        lagging,
        waiting,
        tuple(_warnings(card, doubts, revisions, lagging, waiting)),
        (),
        rows,
        {sha256: name for name, all_of_it in files.items() if name not in late_files for sha256 in all_of_it},
    )


def _ledger_lines(rows: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """The lines of which a figure is new or restated, whole."""
    touched = rows.loc[rows["figure"] != CHILDREN, ["month", "item"]].drop_duplicates()
    return ledger_of(after[after["figure"] != CHILDREN].merge(touched, on=["month", "item"], validate="many_to_one"))


def _state(new: list[str], lagging: tuple, rows: pd.DataFrame, revisions: tuple, waiting: tuple) -> str:
    if new:
        return LEDGER_LATE if new[-1] in lagging else COMPLETE
    if len(rows) > len(revisions):
        return CAUGHT_UP
    return REVISED if revisions else WAITING if waiting else NOTHING_NEW


def _warnings(card: Card, doubts: list[Doubt], revisions: tuple, lagging: tuple, waiting: tuple) -> Iterator[str]:
    for doubt in doubts:
        yield f"Accepted by a person: {doubt.said}. {card.found_right(doubt.month, doubt.item).why}"
    for one in revisions:
        what = "" if one.figure == CHILDREN else f"{one.figure} of "
        was, now = (in_words(one.figure, value) for value in (one.was, one.now))
        yield f"Revised: {what}{spoken(one.item)}, {month_in_words(one.month)}, from {was} to {now}."
    for month in lagging:
        yield f"The ledger of {month_in_words(month)} ({financial_year(month)}) has not arrived: actual spending lags behind the counts. Ask finance for it."
    for month in waiting:
        yield f"Figures of {month_in_words(month)} are here and wait for its counts, or for the rest of them."
