"""A month of the ledger against the model's own expectation: what it makes of those children at the case's prices."""

from collections.abc import Iterator

from forecast.case.lines import LINES
from forecast.case.months import month_in_words
from forecast.model import projection
from forecast.money.ledger import beyond_model
from forecast.money.plan import central_values, read_costs
from forecast.runs.refresh.data_cut import DataCut
from forecast.sources.arrivals import CARD
from forecast.sources.arrivals.shape import Bands

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
