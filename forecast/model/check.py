"""Tables that show the model against what was published: calibration, and children x unit cost against s251."""

import numpy as np
import pandas as pd

from forecast.case.lines import FOSTERING, RESIDENTIAL, RULES
from forecast.case.months import DAYS_A_YEAR, MONTHS_A_YEAR
from forecast.demand.caseload import Calibrated
from forecast.demand.local import Local, by_time
from forecast.model.projection import Base, costed, setting_of
from forecast.money import costs
from forecast.money.plan import central_values, read_costs

BAND_WORDS = {
    "unborn": "unborn",
    "under_1": "under 1",
    "1_4": "1 to 4",
    "5_9": "5 to 9",
    "10_15": "10 to 15",
    "16_17": "16 to 17",
}
GROUP_WORDS = {"lac": "LAC", "cp": "CP"}
NO_COUNCIL_FIGURE = "not published for the council: the country's shape, for comparison"
STAYS_NOTE = "Kaplan and Meier's estimate, and hazards constant in bands"
LEAVERS_NOTE = "counted, and at the hazards used, which lean toward the country's"
PERCENT = 100
PER_10_000 = 1e4
MANY, ROUNDED_TO, SHARES_ROUNDED_TO = 10_000, 10, 0.1  # a country's counts are published to the nearest ten
MISFIT = 0.005  # of a published figure
QUARTILES, QUARTILES_APART = (0.25, 0.75), 1.349  # of a normal distribution, in SDs
TOTAL = "Total Children Looked After"
LEFT = " less "  # how a source says that a fixed cost is a remainder
BY_REMAINDER = "agrees by construction: its fixed cost is what its prices leave of the published line"
SPENDING = {
    "Residential care": RESIDENTIAL,
    "Fostering services": FOSTERING,
    TOTAL: None,
}


def calibration(base: Base) -> pd.DataFrame:
    """Published beside modelled for the calibration year, country and council: one row a figure."""
    rows = []
    for group in ("lac", "cp"):
        fit: Calibrated = getattr(base, group)
        for area, margins, year in (
            (base.central.case.tables["country"], fit.group.country, fit.country),
            (base.central.case.area, fit.group.council, fit.council),
        ):
            rows += _margins(GROUP_WORDS[group], area, fit.group.bands, margins, year, area != base.central.case.area)
        if fit.returns is not None:
            rows += [
                [GROUP_WORDS[group], base.central.case.area, *row] for row in [*_stays(fit.returns), *_leavers(fit)]
            ]
    return pd.DataFrame(rows, columns=["group", "area", "figure", "published", "modelled", "difference", "note"])


def _margins(group: str, area: str, bands: list[str], margins, year, country: bool) -> list[list]:
    """Rows of one group and area. A council lacks some figures; the country's then stand beside the model unfitted."""
    step = ROUNDED_TO if margins.closing.sum() > MANY else 1
    rows = [
        _row(group, area, f"starts, {BAND_WORDS[b]}", p, m, step)
        for b, p, m in zip(bands, margins.starts, year.starts, strict=True)
    ]
    if margins.ends is not None:
        rows += [
            _row(group, area, f"ends, {BAND_WORDS[b]}", p, m, step)
            for b, p, m in zip(bands, margins.ends, year.ends, strict=True)
        ]
    rows.append(_row(group, area, "ends, all", margins.ended, year.ends.sum(), step))
    stock = zip(bands, margins.closing, year.closing, strict=True)
    rows += [_row(group, area, f"stock at year end, {BAND_WORDS[b]}", p, m, step) for b, p, m in stock if b != "unborn"]
    rows.append(_row(group, area, "stock a year before", margins.opening, year.opening.sum(), step))
    for window, share in margins.stays.items():
        rows.append(
            _row(
                group,
                area,
                f"ends after {_window(window)}, %",
                PERCENT * share,
                PERCENT * year.stays[window],
                SHARES_ROUNDED_TO,
            )
        )
    lacks = [] if country else ["stock at year end", "starts,"] if group == GROUP_WORDS["cp"] else ["ends after"]
    return [[*row[:6], NO_COUNCIL_FIGURE] if row[2].startswith(tuple(lacks)) else row for row in rows]


def _stays(returns: Local) -> list[list]:
    """How long care lasts in the council's returns: Kaplan and Meier's estimate beside hazards constant in bands."""
    rows = [
        (row.since_start, PERCENT * row.kaplan_meier, PERCENT * row.piecewise) for row in returns.survival.itertuples()
    ]
    return [
        [
            f"still looked after after {days:,.0f} days, %",
            round(plain, 1),
            round(banded, 1),
            round(banded - plain, 1),
            STAYS_NOTE,
        ]
        for days, plain, banded in rows
    ]


def _leavers(fit: Calibrated) -> list[list]:
    """Those who left in the returns but by turning 18, and what the hazards used make of the same child-days."""
    used = (fit.returns.days.sum(axis=2) * by_time(fit.hazards, fit.returns.seen.edges)).sum(axis=1)
    counted = fit.returns.left.sum(axis=(1, 2))
    rows = zip(fit.group.bands, counted, used, strict=True)
    return [
        [f"ends in the returns, {BAND_WORDS[band]}", round(seen), round(model, 1), round(model - seen, 1), LEAVERS_NOTE]
        for band, seen, model in rows
    ]


def _window(window: tuple[float, float]) -> str:
    low, high = (edge / DAYS_A_YEAR * MONTHS_A_YEAR for edge in window)
    if np.isinf(high):
        return f"more than {low:.3g} months"
    return f"{low:.2g} to {high:.2g} months" if low else f"up to {high:.2g} months"


def _row(group: str, area: str, figure: str, published: float, modelled: float, step: float) -> list:
    """One figure; a misfit is more than half the rounding step of the published figure, or 0.5% of it."""
    gap = modelled - published
    misfit = abs(gap) > max(step / 2, MISFIT * abs(published))
    note = ""
    if misfit:
        closes = "published opening stock, flows and closing stock do not close"
        note = closes if figure == "stock a year before" else "misfit"
    return [group, area, figure, round(float(published), 3), round(float(modelled), 3), round(float(gap), 3), note]


def rates_used(base: Base) -> pd.DataFrame:
    """The rates of the first year ahead: published, pooled, and adjusted to the central path, by age band."""
    rows = []
    for group, fit in (("lac", base.lac), ("cp", base.cp)):
        national = fit.start_rate / (fit.level.mean * fit.by_age.mean)
        adjustment = np.exp(fit.adjusted(MONTHS_A_YEAR).mean())
        since = fit.country.hazards.duration_from[-2]  # the leaving rate so long after the start
        leaving = [
            hazards.per_day[:, np.searchsorted(hazards.duration_from, since, side="right") - 1] * DAYS_A_YEAR
            for hazards in (fit.country.hazards, fit.council.hazards, fit.hazards)
        ]
        for i, band in enumerate(fit.group.bands):
            there, own, used = (float(by_band[i]) for by_band in leaving)
            rows.append(
                {
                    "group": GROUP_WORDS[group],
                    "age": BAND_WORDS[band],
                    "country start rate per 10,000": round(PER_10_000 * national[i], 1),
                    "start rate used per 10,000": round(PER_10_000 * fit.start_rate[i] * adjustment, 1),
                    "country leaving rate a year": round(there, 3),
                    "council leaving rate a year": round(own, 3),
                    "leaving rate used a year": round(used / adjustment, 3),
                }
            )
    return pd.DataFrame(rows)


def reconciliation(base: Base, spending: pd.DataFrame) -> pd.DataFrame:
    """Children x unit cost for the calibration year beside the published s251 outturn: gross, income and net.

    A line whose fixed cost is what its prices leave of the published one agrees because it was made to; its note says
    so.
    """
    a = base.central
    setting = setting_of(base, base.plan.money.levers, base.past.months, flat=True)
    prices = read_costs(central_values(a))
    lines = {line: float(cost.sum()) for line, cost in costed(base.past, prices, setting).items()}
    placed = [line for line, (_, group) in costs.LINES.items() if group == "placements"]
    shares = {"Residential care": prices.residential_share, "Fostering services": prices.fostering_share}
    rows = []
    for name, held in SPENDING.items():
        gross = sum(lines[line] for line in (placed if held is None else held))
        earned = -lines["contributions"] if held is None else gross * float(np.mean(shares[name]))
        fixed = [RULES[line].price for line in (placed if held is None else held) if line in RULES]
        left = any(a.value(key) and LEFT in a.entry(key).source for key in fixed)
        modelled = {"gross": gross, "income": earned, "net": gross - earned}
        for what, figure in published_spending(spending, a.case.area).get(name, {}).items():
            whole, gap = modelled[what], modelled[what] - figure
            share = round(PERCENT * gap / figure, 2) if figure else 0.0
            label = name if what == "gross" else f"{name}, {what}"
            rows.append([label, figure, round(whole), round(gap), share, BY_REMAINDER if left else ""])
    columns = ["line", "published", "modelled", "difference", "difference, %", "note"]
    return pd.DataFrame(rows, columns=columns)


def published_spending(spending: pd.DataFrame, area: str) -> dict[str, dict[str, float]]:
    """Line -> gross, income and net: from s251 lines, or gross of the total alone where only unit costs are held."""
    if "gross" in spending:
        return spending.set_index("line")[["gross", "income", "net"]].astype(float).to_dict("index")
    rows = spending[(spending["area"] == area) & (spending["measure"] == "total_lac_gross")]
    totals = rows["value"].astype(float).tolist()
    return {TOTAL: {"gross": totals[-1]}} if totals else {}


def spread(base: Base, projection) -> pd.DataFrame:
    """SD of the log change of the simulated stock at 1, 2 and 3 years."""
    rows = []
    for group in ("lac", "cp"):
        stock = getattr(projection, group).stock.sum(axis=2)
        opening = getattr(base, group).opening.children
        for year in (1, 2, 3):
            month = MONTHS_A_YEAR * year - 1
            if month < stock.shape[1]:
                change = np.log(np.maximum(stock[:, month], 1) / opening)
                low, high = np.quantile(change, QUARTILES)
                rows.append([GROUP_WORDS[group], year, round(float((high - low) / QUARTILES_APART), 3)])
    return pd.DataFrame(rows, columns=["group", "years ahead", "robust SD of log change"])
