"""A council's and England's children, out of the official figures of one year and those before: rows of history.

What is published is kept as published, suppressed cells as their symbols. Where a total that the forecast cannot do
without is suppressed or missing it is worked out from its neighbours in time (stock = stock before + starts - ends) or
from England's, marked so, and told.
"""

from dataclasses import dataclass, field

import pandas as pd

from forecast.case.errors import BadInput
from forecast.sources.history import MOST_SUPPRESSED, SUPPRESSED, fill_suppressed
from forecast.sources.official.folder import Official
from forecast.sources.official.kinds import HIDDEN, SAID, where
from forecast.sources.official.places import Place, rows_of

ENGLAND = "England"
TOTALS = {"lac": ("lac_stock", "lac_starts", "lac_ceases"), "cp": ("cp_stock", "cp_starts", "cp_ends")}
KIND_OF: dict[str, str] = SAID["tables"]
WORDS: dict[str, str] = SAID["measures"]
BREAKDOWNS = {(measure, by): (kind, words) for measure, by, kind, words in SAID["breakdowns"]}
ADDS_UP = ("age_band", "placement")  # their cells are every child
OLDER = ("16", "17", "18")  # ages on ceasing that are one band here
STOCKS = ("lac_stock", "cp_stock", "uasc_stock")
LEAST_HIDDEN, MIDDLE_HIDDEN = 1, 3


def period(measure: str, year: int) -> str:
    """31 March for a stock, the financial year that ends then for a flow."""
    return f"{year}-03-31" if measure in STOCKS else f"{year - 1}-{year % 100:02d}"


@dataclass
class Counted:
    """The rows of a table of children (history.COLUMNS), what was worked out or is missing, and the totals.

    totals  area -> measure -> year -> children; year: the calibration year's end
    parts   area -> (measure, breakdown) -> category -> children or None where suppressed, of the year
    """

    year: int
    rows: list[tuple] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    totals: dict[str, dict[str, dict[int, float]]] = field(default_factory=dict)
    parts: dict[str, dict[tuple[str, str], dict[str, float | None]]] = field(default_factory=dict)

    def total(self, area: str, measure: str, before: int = 0) -> float:
        return self.totals[area][measure][self.year - before]


def count(official: Official, place: Place, year: int) -> Counted:
    """The table of children of one council and of England for a calibration year that ends on 31 March of `year`."""
    held = Counted(year)
    england = official.figures[official.figures["level"] == "country"]
    own = rows_of(place, official.figures[official.figures["level"] == "council"])
    for area, figures in ((ENGLAND, england), (place.name, own)):
        years = _totals(held, area, figures)
        for group in ("lac", "cp"):
            _settle(held, area, group, years)
        _parts(held, official, area, figures)
    _others(held, place.name)
    return held


def last_year(official: Official, place: Place, at_most: int | None = None) -> tuple[int, list[str]]:
    """The last 31 March, `at_most` or before, of which England's figures are whole and the council's are published; and
    what to say where England's run further.

    Raises BadInput, naming what is needed, where there is none.
    """
    england = official.figures[official.figures["level"] == "country"]
    own = rows_of(place, official.figures[official.figures["level"] == "council"])
    kinds = official.kinds
    lacking = [KIND_OF[measure] for measure in KIND_OF if not _years(england, measure)]
    if lacking:
        raise BadInput(
            "the folder lacks what nothing can be forecast without:\n"
            + "\n".join(f"    {kinds[name].gives}: {where(kinds[name])}" for name in dict.fromkeys(lacking))
        )
    whole = set.intersection(*(_years(england, measure) for measure in KIND_OF))
    whole &= {year + 1 for year in _years(england, "lac_stock") & _years(england, "cp_stock")}
    counted = own[(own["measure"] == "lac_stock") & (own["breakdown"] == "all")]
    counted = counted[counted["value"].str.isdigit() | counted["value"].isin(HIDDEN)]
    found = {year for year in whole & set(counted["year"]) if at_most is None or year <= at_most}
    if not found:
        held = f"31 March {min(whole)} to {max(whole)}" if whole else "no year"
        own_years = f"{min(counted['year'])} to {max(counted['year'])}" if len(counted) else "no year"
        raise BadInput(
            f"the downloads hold England whole for {held}, and {place.name} ({place.la_code}) for {own_years}"
            f"{f'; a year up to {at_most} is asked' if at_most else ''}: no year of both. "
            f"Needed: {where(kinds['looked_after'])}"
        )
    newest = max(year for year in whole if at_most is None or year <= at_most)
    if max(found) == newest:
        return newest, []
    said = (
        f"England's figures run to 31 March {newest}, and those of {place.name} to {max(found)}, from which it starts"
    )
    return max(found), [f"{said}. {where(kinds['looked_after'])}"]


def _years(figures: pd.DataFrame, measure: str) -> set[int]:
    rows = figures[(figures["measure"] == measure) & (figures["breakdown"] == "all")]
    return set(rows["year"][rows["value"].str.isdigit()])


def _source(file: str) -> str:
    return f"official download {file}"


def _totals(held: Counted, area: str, figures: pd.DataFrame) -> dict[str, dict[int, str]]:
    """Keep every published total up to the year (of England the year's and the one before); what stands there."""
    years: dict[str, dict[int, str]] = {}
    held.totals[area] = {measure: {} for measure in WORDS}
    rows = figures[
        (figures["breakdown"] == "all") & figures["measure"].isin(list(WORDS)) & (figures["year"] <= held.year)
    ]
    for row in rows.sort_values("year").itertuples():
        years.setdefault(row.measure, {})[row.year] = row.value
        if row.value.isdigit() and (area != ENGLAND or row.year >= held.year - 1):
            _keep(held, area, row.measure, row.year, "all", "all", row.value, "published", _source(row.file))
            held.totals[area][row.measure][row.year] = float(row.value)
    return years


def _keep(held, area, measure, year, breakdown, category, value, status, source) -> None:
    held.rows.append(
        (area, period(measure, year), measure, breakdown, category, str(value), "children", status, source)
    )


def _settle(held: Counted, area: str, group: str, years: dict) -> None:
    """The four totals that a year is fitted to, where one of them is suppressed, missing or (ends of plans) never
    published."""
    stock, starts, ends = TOTALS[group]
    totals, year = held.totals[area], held.year
    known = [totals[stock].get(year - 1), totals[starts].get(year), totals[ends].get(year), totals[stock].get(year)]

    def work_out(measure: str, at: int, value: float | None, how: str) -> float:
        symbol = years.get(measure, {}).get(at, "")
        hidden = symbol in HIDDEN
        if value is None:
            value, how = (
                (MIDDLE_HIDDEN, "the middle of 1 to 5")
                if hidden
                else (_as_england(held, area, measure, at), "England's rate")
            )
        value = float(round(max(min(value, MOST_SUPPRESSED) if hidden else value, LEAST_HIDDEN if hidden else 0)))
        what = (
            f"suppressed ({symbol}), 1 to 5"
            if hidden
            else "not published"
            if not symbol
            else f"not available ({symbol})"
        )
        status = "derived" if measure == "cp_ends" and not symbol else "proxy"
        _keep(held, area, measure, at, "all", "all", f"{value:.0f}", status, f"{what}: {how}")
        totals[measure][at] = value
        if measure != "cp_ends":
            held.gaps.append(f"{WORDS[measure]} of {area}, {period(measure, at)}: {what}; {value:.0f} is used, {how}")
        return value

    before, began, ended, now = known
    identity = "what stock, starts and ends leave"
    if now is None:
        whole = None if None in (before, began, ended) else before + began - ended
        now = work_out(stock, year, whole, identity)
    if before is None:
        whole = None if None in (began, ended) else now - began + ended
        stands = now if year - 1 not in years.get(stock, {}) or whole is None else whole
        before = work_out(
            stock,
            year - 1,
            whole if whole is not None and whole >= 0 else stands,
            identity if whole is not None else "as many as a year later",
        )
    if began is None:
        whole = None if ended is None else now - before + ended
        began = work_out(starts, year, whole if whole is None or whole >= 0 else None, identity)
    if ended is None:
        work_out(ends, year, max(before + began - now, 0), identity)


def _as_england(held: Counted, area: str, measure: str, year: int) -> float:
    """As many as England's rate makes: for the stock of the same group, else for the looked-after children."""
    if area == ENGLAND:
        raise ValueError(f"England's {measure} of {year} is not held")
    stock = TOTALS["cp" if measure.startswith("cp") else "lac"][0]
    base = stock if held.totals[area][stock] and measure != stock else "lac_stock"
    there, here = held.totals[ENGLAND], held.totals[area][base]
    return (
        max(here.values(), default=0) * there[measure].get(year, max(there[measure].values())) / there[base][held.year]
        if len(here)
        else 0
    )


def _parts(held: Counted, official: Official, area: str, figures: pd.DataFrame) -> None:
    """Keep the year's breakdowns; one that is not held, not available or contradicts its total is left out and told."""
    held.parts[area] = {}
    for (measure, breakdown), (kind, words) in BREAKDOWNS.items():
        rows = figures[
            (figures["measure"] == measure) & (figures["breakdown"] == breakdown) & (figures["year"] == held.year)
        ]
        cells = dict(zip(rows["category"], rows["value"], strict=True))
        if breakdown == "age_band" and measure == "lac_ceases" and cells:
            # Ages on ceasing with 16, 17 and 18 as one band: suppressed if one of them is.
            older = [cells.pop(name) for name in OLDER if name in cells]
            unseen = next((value for value in older if not value.isdigit()), None)
            cells["16_17"] = unseen or str(sum(map(int, older)))
        counts = {name: float(value) if value.isdigit() else None for name, value in cells.items()}
        total = held.totals[area][measure].get(held.year, 0.0)
        wrong = _wrong(cells, counts, total if area != ENGLAND else None, breakdown in ADDS_UP)
        if wrong:
            table = where(official.kinds[kind])
            held.gaps.append(
                f"{words} of {area}, {period(measure, held.year)}: {wrong}; England's pattern is used. {table}"
            )
            continue
        file = rows["file"].iloc[0]
        held.parts[area][measure, breakdown] = counts
        if hidden := [name for name, value in counts.items() if value is None]:
            said = f"{len(hidden)} of {len(counts)} cells suppressed"
            held.gaps.append(f"{words} of {area}, {period(measure, held.year)}: {said}; shared as in England")
        for name, value in cells.items():
            status = "published" if value.isdigit() else SUPPRESSED
            _keep(held, area, measure, held.year, breakdown, name, value, status, _source(file))


def _wrong(cells: dict[str, str], counts: dict[str, float | None], total: float | None, adds_up: bool) -> str:
    """Why a breakdown cannot be used, if it cannot. total: None for England's, which is rounded."""
    if not cells:
        return "not in the downloads"
    beyond = sorted({value for value in cells.values() if not value.isdigit()} - set(HIDDEN))
    if beyond:
        return f"not available ({', '.join(beyond)})"
    seen, hidden = sum(count for count in counts.values() if count is not None), list(counts.values()).count(None)
    if total is not None and (seen > total or (adds_up and not hidden and seen != total)):
        return f"the cells add up to {seen:,.0f} and the total is {total:,.0f}"
    return ""


def filled(counts: dict[str, float | None], total: float, like: dict[str, float]) -> dict[str, float]:
    """Counts with suppressed cells shared out in England's proportions, as a case does."""
    seen = sum(count for count in counts.values() if count is not None)
    hidden = [name for name, count in counts.items() if count is None]
    if not hidden or seen > total:
        return {name: count or 0.0 for name, count in counts.items()}
    there = like if sum(like.get(name, 0.0) for name in hidden) else dict.fromkeys(hidden, 1.0)
    return fill_suppressed(counts, total, there)


def _others(held: Counted, area: str) -> None:
    """Unaccompanied children as a total of their own."""
    for name in (ENGLAND, area):
        uasc = held.parts[name].get(("lac_stock", "uasc"), {})
        stock, there = held.total(name, "lac_stock"), held.parts[ENGLAND].get(("lac_stock", "uasc"), {})
        share = (there.get("uasc") or 0.0) / held.total(ENGLAND, "lac_stock")
        value, status, source = (
            uasc.get("uasc"),
            "published",
            "official download, unaccompanied asylum-seeking children",
        )
        if value is None and uasc and uasc.get("other") is not None:
            value, status, source = (
                max(stock - uasc["other"], 0.0),
                "derived",
                "the total less those who are not unaccompanied",
            )
        if value is None:
            least, most = (LEAST_HIDDEN, MOST_SUPPRESSED) if uasc.get("uasc", 0) is None else (0, stock)
            value, status = float(min(max(round(share * stock), least), most, stock)), "proxy"
            source = f"{'suppressed, 1 to 5' if least else 'not in the downloads'}: England's share of {share:.1%}"
            held.gaps.append(
                f"unaccompanied children of {name}, {period('lac_stock', held.year)}: {source}; {value:.0f} is used"
            )
        _keep(held, name, "uasc_stock", held.year, "all", "all", f"{value:.0f}", status, source)
        held.totals[name].setdefault("uasc_stock", {})[held.year] = value
