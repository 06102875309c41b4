"""A month of the ledger against its own shape: earlier months, budget, and the children it is paid for. Pure.

What is asked is what a slip of an export looks like: the year to date for the month, another unit, lines swapped, a
line at nothing that never was, another month's file, the budget in the place of actuals. How far is too far stands in
data/bands/ledger.yaml.
"""

from collections.abc import Iterator
from itertools import combinations
from math import log, sqrt
from pathlib import Path
from statistics import median

from pydantic import Field

from forecast.case.documents import Strict, Text
from forecast.case.months import financial_year, month_in_words
from forecast.case.wording import read_as
from forecast.sources.arrivals.card import month_before

BANDS = Path("bands", "ledger.yaml")  # in the folder of data
UNITS = (1000, 12, 10)
A_PENNY = 0.01
A_TENTH = 1.1  # a factor this near to 10, 12 or 1,000 is called by that name
WHOLE = "ledger"  # a question about all lines of a month
EARLIER, THE_BUDGET = "earlier months", "the budget"
Off = tuple[str, str, str]  # cost line or WHOLE, what it is, what was expected


class Band(Strict):
    low: float = Field(gt=0, lt=1, description="below this share of what is expected a person is asked")
    high: float = Field(gt=1, description="above this multiple of what is expected a person is asked")
    why: Text = Field(description="why so far and no further")


class Figure(Strict):
    value: float = Field(ge=0, description="the figure")
    why: Text = Field(description="why it is so")


class Bands(Strict):
    """The whole of data/bands/ledger.yaml."""

    bands: dict[str, Band] = Field(description="line_to_earlier, line_to_budget, all_lines")
    few_children: Figure = Field(description="children who may come or go in a month")
    material: Figure = Field(description="share of the month's budget below which nothing is asked")
    swapped: Figure = Field(description="how alike two swapped lines are")
    earlier_months: Figure = Field(description="how many earlier months tell what a line costs")
    children: dict[str, str] = Field(description="cost line: the count of children it is paid for")


def read_bands(data: Path) -> Bands:
    """The bands in a folder of data. Raises BadInput."""
    return read_as(Bands, data / BANDS, data)[0]


def out_of_shape(
    month: str,
    actual: dict[str, dict[str, float]],
    budget: dict[str, float],
    counts: dict[str, dict[str, float]],
    bands: Bands,
) -> Iterator[Off]:
    """What a person must look at in one month of the ledger; nothing where every line is as it was led to be.

    actual  month -> line -> pounds, income negative
    budget  line -> pounds of this month
    counts  month -> measure -> children at its end
    """
    now, words = actual[month], month_in_words(month)
    earlier = [held for held in sorted(actual) if held < month]
    to_date = {
        line: sum(actual[at][line] for at in earlier if financial_year(at) == financial_year(month)) for line in now
    }
    last = earlier[-int(bands.earlier_months.value) :]
    least = bands.material.value * sum(map(abs, budget.values()))
    spent = [line for line in now if abs(now[line]) > least]
    for other, said in [(budget, "the budget"), *((actual[at], f"those of {month_in_words(at)}") for at in last)]:
        if len(spent) > 1 and all(abs(now[line] - other.get(line, 0)) < A_PENNY for line in spent):
            yield WHOLE, f"the actuals of {words} are {said}, to the penny, line by line", "what the month cost"
            return
    expected = {line: _expected(line, month, actual, last, budget, counts, bands) for line in now}
    means = {line: (least + most) / 2 for line, (least, most, _) in expected.items()}
    total, made = sum(map(abs, now.values())), sum(map(abs, means.values()))
    band, run = bands.bands["all_lines"], {line: to_date[line] + means[line] for line in now}
    as_run = total / max(sum(map(abs, run.values())), least)
    if any(to_date.values()) and _apart(now, run) < _apart(now, means) and band.low <= as_run <= band.high:
        what = f"the actuals of {words} come to £{total:,.0f}, the year to date and not the month"
        yield WHOLE, what, f"about £{made:,.0f}, as {EARLIER} tell"
        return
    odd = [
        line for line in now if abs(now[line] - means[line]) > least and not _inside(now[line], expected[line], bands)
    ]
    if made and last and not band.low <= total / made <= band.high and (len(odd) > len(spent) / 2 or not odd):
        yield WHOLE, f"the actuals of {words} are {_times(total / made)} what {EARLIER} tell", f"about £{made:,.0f}"
        return
    swapped = _swapped(now, means, least, bands.swapped.value)
    for one, other in swapped:
        what = f"the actuals of {_spoken(one)} and {_spoken(other)} in {words} are each other's"
        yield one, what, f"about £{means[one]:,.0f} and £{means[other]:,.0f}"
    for line in [line for line in odd if not any(line in pair for pair in swapped)]:
        _, _, told_by = expected[line]
        how = f"{_times(now[line] / means[line])} what {told_by} tell" if now[line] * means[line] > 0 else ""
        how = how or ("nothing, and never was so" if not now[line] else f"not what {told_by} tell")
        yield (
            line,
            f"the actual of {_spoken(line)} in {words} is £{now[line]:,.2f}, {how}",
            f"about £{means[line]:,.0f}",
        )


def _expected(line, month, actual, last, budget, counts, bands: Bands) -> tuple[float, float, str]:
    """Least and most pounds of a line, before its band, and what tells so: earlier months, or the budget."""
    held = [at for at in last if actual[at].get(line)]
    if not held:
        return (0.0, 0.0, EARLIER) if last and not budget.get(line) else (*[budget.get(line, 0.0)] * 2, THE_BUDGET)
    few, children = bands.few_children.value, {at: _children(at, line, counts, bands) for at in (*held, month)}
    if None not in children.values() and (paid := [at for at in held if children[at] > few / 2]):
        each = median(actual[at][line] / children[at] for at in paid)
        return each * max(children[month] - few, 0), each * (children[month] + few), EARLIER
    level = median(actual[at][line] for at in held)
    return level, level, EARLIER


def _children(month: str, line: str, counts: dict, bands: Bands) -> float | None:
    """Children of a month whom a line pays for: the mean of its two ends; None where they are not counted."""
    ends = [counts.get(at, {}).get(bands.children.get(line)) for at in (month_before(month), month)]
    return None if ends[1] is None else (ends[1] if ends[0] is None else sum(ends) / 2)


def _inside(pounds: float, expected: tuple[float, float, str], bands: Bands) -> bool:
    *ends, told_by = expected
    band, sign = (
        bands.bands["line_to_budget" if told_by == THE_BUDGET else "line_to_earlier"],
        -1 if min(ends) < 0 else 1,
    )
    least, most = sorted(sign * end for end in ends)
    return least * band.low <= sign * pounds <= most * band.high


def _apart(now: dict[str, float], other: dict[str, float]) -> float:
    return sum(abs(now[line] - other[line]) for line in now)


def _swapped(now: dict, means: dict, least: float, alike: float) -> list[tuple[str, str]]:
    """Pairs of lines of which each is what the other should be, and not what it should be itself."""

    def near(one: float, other: float, within: float) -> bool:
        return one * other > 0 and abs(log(one / other)) < log(within)

    return [
        (one, other)
        for one, other in combinations([line for line in now if min(abs(now[line]), abs(means[line])) > least], 2)
        if near(now[one], means[other], sqrt(alike)) and near(now[other], means[one], sqrt(alike))
        if not near(now[one], means[one], alike) and not near(now[other], means[other], alike)
    ]


def _times(factor: float) -> str:
    """A factor as a person says it; a unit out by 10, 12 or 1,000 is called so."""
    for unit in UNITS:
        for known, said in ((unit, f"{unit:,} times"), (1 / unit, f"a {unit:,}th of")):
            if known / A_TENTH < factor < known * A_TENTH:
                return f"{said} (is the unit right?)"
    return f"{factor:,.2g} times" if factor else "nothing of"


def _spoken(line: str) -> str:
    return line.replace("_", " ")
