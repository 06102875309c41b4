"""An Annex A in the place of monthly counts: the month that its lists tell whole, as counts have it."""

from datetime import timedelta

from forecast.case.months import day_in_words, last_day, month_in_words
from forecast.sources.annex_a import AnnexA, read_annex
from forecast.sources.annex_a.codes import CARE, LISTS, PLANS, SETTLED_DAYS
from forecast.sources.arrivals.card import PLACED, month_before
from forecast.sources.arrivals.cells import refusal
from forecast.sources.arrivals.inbox import Delivered

# Placements told apart by the lists -> those of the counts, where the two are not alike.
COUNTED_AS = {
    **dict.fromkeys(
        ("kinship_fostering", "in_house_fostering", "ifa_fostering", "fostering_provider_unknown"), "fostering"
    ),
    "secure": "residential",
    "unknown": "other",
}


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
