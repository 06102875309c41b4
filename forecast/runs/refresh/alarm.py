"""Do the latest months still fit? Starts of the last one, two or three months against those before, by exact chance.

Before the months counted stands the year the case was calibrated to. Children start in families, so a count is taken as
so many clumps of children: given the months before, those of the next months are negative binomial (Gamma-Poisson,
closed form). A window is looked at in each length; the smallest chance counts, against a limit set so that a steady
council hears the alarm by chance in about one month of a hundred (tests/alarms.py counts it).
"""

from collections.abc import Iterator

import numpy as np
from scipy.stats import nbinom

from forecast.case.lines import LINES
from forecast.case.months import month_in_words
from forecast.model import projection
from forecast.money.ledger import beyond_model
from forecast.money.plan import central_values, read_costs
from forecast.runs.refresh.data_cut import DataCut
from forecast.sources.arrivals import CARD
from forecast.sources.arrivals.shape import Bands

LONGEST_WINDOW = 3  # months: a break is to be told within a quarter
TAIL = 0.1  # either end of an 80% range


def alarm(
    measure: str, months: list[str], counts: np.ndarray, year_before: float, memory: float, family: float, limit: float
) -> dict:
    """The alarm of a measure, such as lac_starts, as it stands after the last of `months`.

    counts       [month] children who started, in order
    year_before  children who started in the calibration year
    memory       share of that year's evidence that still counts
    family       children who start together, on average; families are geometric, as in the engine
    limit        the chance below which it sounds
    Returns measure; months, the window that fits least, oldest first; counted, the children in it; expected, low, high:
    what the months before it made likely (80% range); chance, of a count so far off, either way, were nothing changed;
    found, whether that is below the limit.
    """
    clump = 2 * family - 1  # mean of a family's square over its mean: the variance of a count over its mean
    found = []
    for length in range(1, min(LONGEST_WINDOW, len(counts)) + 1):
        earlier, now = counts[: len(counts) - length], int(counts[-length:].sum())
        shape, time = (memory * year_before + earlier.sum()) / clump, memory * 12 + len(earlier)
        ahead, families = nbinom(shape, time / (time + length)), now / clump
        chance = min(1.0, 2 * min(ahead.cdf(np.floor(families)), ahead.sf(np.ceil(families) - 1)))
        low, high = (float(ahead.ppf(end) * clump) for end in (TAIL, 1 - TAIL))
        likely = {"expected": float(ahead.mean() * clump), "low": low, "high": high, "chance": float(chance)}
        window = {"measure": measure, "months": months[-length:], "counted": now}
        found.append(window | likely | {"found": bool(chance < limit)})
    return min(found, key=lambda window: window["chance"])


REMEDY = "Is the ledger right, or the price of the assumptions? Correct one, or say so under accepted in"


def against_model(now: DataCut, base: projection.Base, months: list[str], bands: Bands) -> Iterator[tuple[str, bool]]:
    """What is said of each line of these months that is far from what the model makes of it, and whether the council's
    card says that it is right. Nothing where returns tell placements: a ledger's headings are not theirs.
    """
    if base.ledger is None or base.so_far is None or base.lac.places is not None:
        return
    setting = projection.setting_of(base, base.plan.money.levers, base.so_far.months, flat=True)
    lines = projection.costed(base.so_far, read_costs(central_values(base.central)), setting)
    band, remedy = bands.bands["line_to_model"], f"{REMEDY} {CARD} (month {{month}}, item {{line}}, why)."
    for month in [month for month in months if month in base.ledger.actual and month in base.so_far.months]:
        actual, at = base.ledger.actual[month], base.so_far.months.index(month)
        modelled = {line: float(cost[..., at].mean()) for line, cost in lines.items()}
        least = bands.material.value * sum(map(abs, now.card.period_budget(month).values()))
        some = {line: pounds for line, pounds in actual.items() if not _few(now, month, line, bands)}
        for line in beyond_model(some, modelled, band.low, band.high, least):
            came = f"{LINES[line][0]} came to £{actual[line]:,.0f} in {month_in_words(month)}"
            made = (
                f"the model makes £{modelled[line]:,.0f} of those children ({actual[line] / modelled[line]:.1f} times)"
            )
            accepted = now.card.found_right(month, line) or now.card.found_right(month, "ledger")
            found = f"Accepted by a person: {accepted.why}" if accepted else remedy.format(month=month, line=line)
            yield f"{came}, and {made}. {found}", bool(accepted)


def _few(now: DataCut, month: str, line: str, bands: Bands) -> bool:
    """Whether a line is paid for so few children that one more or less decides what it costs."""
    counts = now.actuals.counts
    paid = counts[(counts["month"] == month) & (counts["measure"] == bands.children.get(line))]["value"]
    return bool(len(paid)) and int(paid.iloc[0]) <= bands.few_children.value
