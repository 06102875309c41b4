"""Charts, each with its finding as title and alternative text made from the same numbers. Never colour alone."""

import math
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path

import matplotlib
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from forecast.case.lines import GROUPS, LINES
from forecast.case.months import month_in_words
from forecast.report.words import (
    BANDS,
    MEASURES,
    SAID,
    WORK,
    at_month,
    children,
    cost_direction,
    day_in_words,
    lines,
    money,
    money_signed,
    percent,
    signed,
    spread,
    year_end_month,
)

BLUE, TURQUOISE, PURPLE, ORANGE, GREY = "#12436D", "#28A197", "#801650", "#F46A25", "#3D3D3D"
PALE, LILAC = "#BFCFE0", "#A285D1"
MOST_BARS = 10
MULTIPLES, PANEL_HEIGHT, ROW_HEIGHT = 6, 1.5, 0.24  # small charts to a row; inches of one, and of a row with a name
MOST_YEARS_NAMED = 10  # on an axis
TOP = 1.12  # room above the tallest bar for its label
LABEL_WIDTH = 38  # letters
TITLE_WIDTH, SUBTITLE_WIDTH, BESIDE_NAMES = 76, 110, 64  # letters to a line; the last where names stand to the left
TALL = 6  # inches: a row of long names each
LOWER = 0.72  # height of a chart in a report, against that of the same chart alone
PRINT_DPI = 200  # sharp on paper at the width of a page
HATCHED = "///"  # told from plain without colour
GROUP_COLOURS = {"placements": BLUE, "contact": TURQUOISE, "iro": PURPLE, "measures": LILAC}
GROUP_COLOURS |= {"legal": PALE, "allowances": ORANGE, "workforce": GREY}
BAND_COLOURS = dict(zip(BANDS, (LILAC, TURQUOISE, PALE, BLUE, GREY, ORANGE), strict=True))
ON_DARK = {BLUE, GREY}
NAME_WIDTH = 26  # letters of a name to a line
SMALL, LABEL, ROOM = 8, 9, 1.25  # letters of small and usual labels; room for a label beside the longest bar
LEAST_LABELLED = 0.03  # share of the tallest column under which a part has no room for its label
LABELS_APART = 0.11  # share of the largest value between the labels of two lines
PATHS = [
    {"color": c, "linestyle": s, "marker": m}
    for c, s, m in zip((BLUE, PURPLE, GREY) * 3, ("-", "--", ":") * 3, "osD^vXP*<", strict=True)
]
STYLE = matplotlib.rc_params_from_file(Path(__file__).with_suffix(".mplstyle"), use_default_template=False)


@dataclass(frozen=True)
class Chart:
    """A figure and what it says to someone who cannot see it."""

    figure: Figure
    title: str
    alt: str

    def _repr_png_(self):
        return self.png(STYLE["figure.dpi"]), {"alt": self.alt}

    def svg(self) -> bytes:
        """The figure as SVG; always the same bytes."""
        metadata = {"Date": None, "Creator": None}
        return self._printed(
            STYLE["figure.dpi"], lambda to: FigureCanvasSVG(self.figure).print_svg(to, metadata=metadata)
        )

    def png(self, dpi: int) -> bytes:
        """The figure as PNG, so many dots to an inch; always the same bytes."""
        return self._printed(dpi, lambda to: FigureCanvasAgg(self.figure).print_png(to, metadata={"Software": None}))

    def pictures(self, dpi: int) -> tuple[bytes, bytes]:
        """The figure as SVG and, so many dots to an inch, as PNG."""
        return self.svg(), self.png(dpi)

    def _printed(self, dpi: int, prints: Callable[[BytesIO], None]) -> bytes:
        """What prints the figure writes. Its parts are laid out once for each size: that takes longer than drawing."""
        figure, engine = self.figure, self.figure.get_layout_engine()
        looks = (*figure.get_size_inches(), figure.get_suptitle(), figure._suptitle.get_fontsize())
        with matplotlib.rc_context(STYLE):
            if looks != vars(self).get("_laid_out"):
                figure.dpi = STYLE["figure.dpi"]
                engine.execute(figure)
                vars(self)["_laid_out"] = looks
            figure.set_layout_engine("none")
            figure.dpi = dpi
            prints(to := BytesIO())
            figure.set_layout_engine(engine)
        return to.getvalue()


told = partial(lines, page="charts")  # title and alternative text of a chart, by its name there


def _axes(title: str, subtitle: str, letters: int = SUBTITLE_WIDTH):
    """A figure whose title states the finding, flush left, with what is measured below it, `letters` to a line."""
    figure, (axes,) = _panels(title, [subtitle], letters)
    return figure, axes


def _panels(title: str, subtitles: list[str], letters: int = SUBTITLE_WIDTH, down: bool = False):
    """The same with a panel for each subtitle, side by side, or one under the other on one x axis."""
    with matplotlib.rc_context(STYLE):
        shape = {"nrows": len(subtitles), "sharex": True} if down else {"ncols": len(subtitles)}
        figure = Figure(layout="constrained")
        axes = figure.subplots(squeeze=False, **shape)
    figure.suptitle(textwrap.fill(title, TITLE_WIDTH), x=0.01, ha="left", fontweight="bold", fontsize=13)
    for panel, subtitle in zip(axes.flat, subtitles, strict=True):
        panel.set_title(textwrap.fill(subtitle, letters), loc="left", fontsize=10, color=GREY, x=0, pad=10)
        panel.set_axisbelow(True)
    return figure, list(axes.flat)


def _note(axes, text: str, at: tuple, offset: tuple[float, float], **look) -> None:
    """Words near a point, so many points of type away from it."""
    axes.annotate(text, at, xytext=offset, textcoords="offset points", **{"color": GREY} | look)


def _lying(axes) -> None:
    """For bars that lie: a line of zero, and a grid across them alone."""
    axes.axvline(0, color=GREY, linewidth=1)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", visible=True)


def _fan(axes, rows: list[dict], colour: str) -> list[str]:
    labels = [row["month"] for row in rows]
    axes.fill_between(labels, [row["p10"] for row in rows], [row["p90"] for row in rows], color=PALE, linewidth=0)
    axes.plot(labels, [row["mean"] for row in rows], color=colour, linewidth=2.5)
    axes.margins(x=0.01)
    _note(axes, "Expected", (labels[-1], rows[-1]["mean"]), (4, 0), color=colour, va="center")
    middle = len(rows) * 2 // 3
    _note(axes, "80% range", (labels[middle], rows[middle]["p90"]), (0, 4), ha="right")
    return labels


def contingency_fan(answer: dict, slug: str = "central") -> Chart:
    """The call on the contingency month by month, its 80% range, and the contingency as a line."""
    held = answer["scenarios"][slug]["contingency"]
    title, alt = told("contingency_fan", held)
    what = f"Call on the contingency to date, £ thousand, {answer['area']}, {answer['financial_year']}"
    figure, axes = _axes(title, what)
    rows = [{key: (row[key] if key == "month" else row[key] / 1000) for key in row} for row in held["call_by_month"]]
    labels = _fan(axes, rows, BLUE)
    axes.axhline(held["amount"] / 1000, color=ORANGE, linewidth=2, linestyle="--")
    _note(axes, f"Contingency {money(held['amount'])}", (labels[0], held["amount"] / 1000), (0, 5))
    axes.set_xticks(labels, [month_in_words(label)[:3] for label in labels])
    axes.set_ylim(bottom=0)
    return Chart(figure, title, alt)


def children_fan(answer: dict, group: str, name: str, slug: str = "central") -> Chart:
    """Children at each month end with the 80% range."""
    rows = answer["scenarios"][slug]["children"][group]["month_ends"]
    title, alt = told("children_fan", name, at_month(rows, year_end_month(answer)), rows[-1])
    what = f"Children at month end, {answer['area']}; {answer['open_at_origin'][group]} at the origin"
    figure, axes = _axes(title, what)
    marches = [label for label in _fan(axes, rows, BLUE if group == "lac" else PURPLE) if label.endswith("-03")]
    axes.set_xticks(marches, [f"March {label[:4]}" for label in marches])
    axes.set_ylim(bottom=0)
    return Chart(figure, title, alt)


def scenario_paths(answer: dict) -> Chart:
    """Net cost of each scenario less that of the central one, year by year; what costs most in the last year on top."""
    central, *others = answer["scenarios"].values()
    years = list(central["cost"])
    paths = {one["name"]: [one["difference_from_central"]["net_cost"][y]["mean"] for y in years] for one in others}
    paths = dict(sorted(paths.items(), key=lambda item: item[1][-1]))
    title, alt = told("scenario_paths", {name: sum(path) for name, path in paths.items()}, years)
    figure, axes = _axes(title, "Net cost of the year against the central case, £ thousand; below the line it saves")
    least = max([*map(abs, sum(paths.values(), [])), 1.0]) / 1000 * LABELS_APART
    at = -math.inf
    for place, (name, path) in enumerate(paths.items()):
        values, look = [value / 1000 for value in path], PATHS[place % len(PATHS)]
        axes.plot(years, values, linewidth=2, markersize=6, **look)
        at = max(values[-1], at + least)
        words, where = f"{name} {money_signed(path[-1])}", (len(years) - 1, values[-1])
        axes.annotate(words, where, (len(years) - 0.9, at), color=look["color"], va="center", fontsize=LABEL)
    axes.axhline(0, color=GREY, linewidth=1)
    axes.set_xlim(-0.1, len(years) + 0.6)
    return Chart(figure, title, alt)


def cost_by_year(answer: dict, slug: str = "central") -> Chart:
    """Cost by group and financial year, with the budget rolled forward."""
    years = answer["scenarios"][slug]["cost"]
    title, alt = told("cost_by_year", years)
    figure, axes = _axes(title, f"Expected cost by group, £ million; markers: budget rolled forward; {answer['area']}")
    base = [0.0] * len(years)
    for group, colour in GROUP_COLOURS.items():
        values, name = [years[year]["groups"][group]["mean"] / 1e6 for year in years], GROUPS[group]
        if not any(values):
            continue
        axes.bar(list(years), values, bottom=base, color=colour, width=0.55, label=name)
        base = [low + value for low, value in zip(base, values, strict=True)]
    for mark, colour, label, values in (
        ("D", ORANGE, "Net budget", [year["budget"] / 1e6 for year in years.values()]),
        ("o", GREY, "Net cost, after income", [year["net"]["mean"] / 1e6 for year in years.values()]),
    ):
        axes.plot(list(years), values, mark, color=colour, label=label, markeredgecolor="white", markersize=10)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=5, frameon=False, fontsize=9)
    return Chart(figure, title, alt)


def against_outturn(rows: list[dict], name: str) -> Chart:
    """Forecast with range beside what happened and no change. rows: at, mean, p10, p90, outturn, no_change."""
    inside = sum(row["p10"] <= row["outturn"] <= row["p90"] for row in rows)
    title, alt = told("against_outturn", rows, name, inside)
    figure, axes = _axes(title, "Children at 31 March: forecast with 80% range, outturn, and no change")
    labels = [row["at"][:4] for row in rows]
    axes.vlines(labels, [row["p10"] for row in rows], [row["p90"] for row in rows], color=PALE, linewidth=14)
    for key, mark, colour, label in (
        ("mean", "o", BLUE, "Forecast"),
        ("outturn", "D", ORANGE, "Outturn"),
        ("no_change", "_", GREY, "No change"),
    ):
        values, size = [row[key] for row in rows], 11 if mark == "_" else 8
        axes.plot(labels, values, mark, color=colour, markersize=size, label=label, markeredgewidth=2)
    axes.legend(loc="upper left", frameon=False, ncols=3, fontsize=9)
    axes.set_ylim(bottom=0)
    return Chart(figure, title, alt)


def pit_columns(shares: list[float], name: str, forecasts: int) -> Chart:
    """Share of outturns in each tenth of the forecast's futures, lowest tenth first; a tenth each is calibrated."""
    title, alt = told("pit_columns", shares, name)
    what = f"Share of {forecasts:,} outturns in each tenth of the forecast's futures, %; dashed line: a tenth each"
    figure, axes = _axes(title, what)
    labels = [str(number) for number in range(1, len(shares) + 1)]
    axes.bar(labels, [100 * share for share in shares], color=BLUE, width=0.8)
    axes.axhline(100 / len(shares), color=ORANGE, linewidth=2, linestyle="--")
    axes.set_xlabel("Tenth of futures, lowest first")
    return Chart(figure, title, alt)


def waterfall(answer: dict, slug: str) -> Chart:
    """From the central call to a scenario's, cause by cause."""
    scenario, held = answer["scenarios"][slug], answer["scenarios"][slug]["causes"]
    parts = {cause: part for cause, part in held["parts"].items() if abs(part) >= 1}
    title, alt = told("waterfall", scenario["name"], held, parts)
    what = f"Expected call on the contingency by cause of the change, £ thousand, {answer['financial_year']}"
    figure, axes = _axes(title, what)
    labels = ["Central", *(cause.capitalize() for cause in parts), scenario["name"]]
    steps = [held["before"] + sum(list(parts.values())[: at + 1]) for at in range(len(parts))]
    ends = [held["before"], *steps, held["after"]]
    starts = [0.0, *ends[:-2], 0.0]
    for label, start, end in zip(labels, starts, ends, strict=True):
        whole = label in (labels[0], labels[-1])
        colour, hatch = (ORANGE, HATCHED) if end > start else (BLUE, None)
        colour, hatch = (GREY, None) if whole else (colour, hatch)
        shape = {"bottom": start / 1000, "width": 0.6, "edgecolor": "white"}
        axes.bar(label, (end - start) / 1000, color=colour, hatch=hatch, **shape)
        text, top = money(end) if whole else money_signed(end - start), max(start, end) / 1000
        _note(axes, text, (label, top), (0, 4), color=None, ha="center", fontsize=9)
    axes.set_ylim(top=TOP * max(*starts, *ends) / 1000)
    return Chart(figure, title, alt)


def tornado(answer: dict, most: int = MOST_BARS) -> Chart:
    """What the expected call would be with each assumption at its low and at its high, widest first."""
    rows = answer["sensitivities"]["assumptions"][:most]
    title, alt = told("tornado", rows)
    figure, axes = _axes(title, "Change of the expected call, £ thousand; the rest as drawn")
    figure.set_figheight(TALL)
    names = [textwrap.fill(row["assumption"], LABEL_WIDTH) for row in rows][::-1]
    for end, colour, label, hatch in (
        ("call_at_low", BLUE, "At its low", None),
        ("call_at_high", ORANGE, "At its high (hatched)", HATCHED),
    ):
        values = [row[end] / 1000 for row in rows][::-1]
        axes.barh(names, values, color=colour, height=0.6, label=label, hatch=hatch, edgecolor="white")
    _lying(axes)
    axes.legend(loc="lower right", frameon=False, fontsize=9)
    return Chart(figure, title, alt)


def children_so_far(answer: dict, past: list[tuple[str, float]], group: str, name: str, slug: str = "central") -> Chart:
    """Children counted so far and the forecast with its 80% range. past: (month, children), oldest first."""
    rows = answer["scenarios"][slug]["children"][group]["month_ends"]
    march, opened = at_month(rows, year_end_month(answer)), answer["open_at_origin"][group]
    title, alt = told("children_so_far", name, march, rows[-1], opened, past)
    figure, axes = _axes(title, f"Children, {answer['area']}: counted (points) and forecast with 80% range (band)")
    when, counted = [_year(month) for month, _ in past], [count for _, count in past]
    ahead = [_year(row["month"]) for row in rows]
    axes.plot(when, counted, "o-", color=GREY, linewidth=1.5, markersize=6)
    axes.fill_between(ahead, [row["p10"] for row in rows], [row["p90"] for row in rows], color=PALE, linewidth=0)
    axes.plot(ahead, [row["mean"] for row in rows], color=BLUE if group == "lac" else PURPLE, linewidth=2.5)
    if past:
        below = counted[-1] > counted[0]  # where the line rises, its name stands under it
        _note(axes, "Counted", (when[0], counted[0]), (0, -18 if below else 8))
    _note(axes, "Expected", (ahead[-1], rows[-1]["mean"]), (-4, 6), ha="right")
    late = len(rows) * 2 // 3
    _note(axes, "80% range", (ahead[late], max(row["p10"] for row in rows[late:])), (0, 4))
    axes.set_xlim(min([*when, *ahead]) - 0.2, ahead[-1] + 0.1)
    axes.set_ylim(bottom=0)
    apart = -(-(ahead[-1] - min([*when, *ahead])) // MOST_YEARS_NAMED)  # years between names, so that they stand apart
    axes.xaxis.set_major_locator(matplotlib.ticker.MultipleLocator(apart))
    axes.xaxis.set_major_formatter(lambda year, _: f"{year:.0f}")
    return Chart(figure, title, alt)


def _year(month: str) -> float:
    """The end of a month on an axis of calendar years: 2011-03 lies a quarter into 2011."""
    return int(month[:4]) + int(month[5:]) / 12


def cost_by_line(answer: dict, slug: str = "central") -> Chart:
    """Projected outturn of the budget year by line, with its budget."""
    cost = answer["scenarios"][slug]["cost"][answer["financial_year"]]["lines"]
    used = [line for line in LINES if line in cost and (cost[line]["budget"] or cost[line]["mean"])]
    held = {LINES[line][0]: cost[line] for line in used}
    names = list(held)[::-1]
    most = max(held, key=lambda name: held[name]["mean"] - held[name]["budget"])
    title, alt = told("cost_by_line", held, most)
    what = f"£ million, {answer['area']}, {answer['financial_year']}: projected outturn (bar) and budget (diamond); "
    figure, axes = _axes(title, what + "income is below zero", BESIDE_NAMES)
    figure.set_figheight(TALL)
    labels = [textwrap.fill(name, LABEL_WIDTH) for name in names]
    axes.barh(labels, [held[name]["mean"] / 1e6 for name in names], color=BLUE, height=0.6)
    budgets = [held[name]["budget"] / 1e6 for name in names]
    axes.plot(budgets, labels, "D", color=ORANGE, markeredgecolor="white", markersize=9)
    _lying(axes)
    return Chart(figure, title, alt)


# ---- the steps of the method ----


def _across(axes, names: list[str], values: list[float], labels: list[str], room: float, marked: int = -1) -> None:
    """Bars from a line of zero with labels; those of the marked sign are orange and hatched. First name on top."""
    bars = axes.barh([textwrap.fill(name, NAME_WIDTH) for name in names], values, height=0.6, edgecolor="white")
    for bar, value in zip(bars, values, strict=True):
        bar.set_facecolor(ORANGE if value * marked > 0 else BLUE)
        bar.set_hatch(HATCHED if value * marked > 0 else None)
    axes.bar_label(bars, labels, padding=4, fontsize=LABEL)
    axes.margins(x=room)
    axes.invert_yaxis()
    _bare(axes)


def _bare(axes) -> None:
    """A line of zero and no scale: every bar bears its figure."""
    axes.axvline(0, color=GREY, linewidth=1)
    axes.set_xticks([])
    axes.grid(visible=False)


def flow_in_words(flow: str) -> str:
    """What a flow of the population is called: `in: internal_in` is moved in from elsewhere in the country."""
    name = flow.removeprefix("in: ").replace("_", " ")
    return SAID["flows"].get(flow, f"Arrived in {name[:1].upper()}{name[1:]}")


def adds(flow: str) -> int:
    """1 for a flow that adds children, -1 for one that takes them."""
    return 1 if flow == "births" or flow.startswith("in: ") else -1


def counted(name: str, stock: dict[str, float], starts: dict[str, float], ends: dict[str, float]) -> Chart:
    """Children at each 31 March, and starts and ends of the years to them. Keys are years as text."""
    title, alt = told("counted", name, stock, starts)
    what = ["Children at 31 March, as published", "Started (above) and ended (below, hatched) in the year to 31 March"]
    figure, (upper, lower) = _panels(title, what, down=True)
    years = sorted(stock)
    upper.plot([int(y) for y in years], [stock[y] for y in years], "o-", color=GREY, linewidth=2, markersize=6)
    for year in years:
        _note(upper, children(stock[year]), (int(year), stock[year]), (0, 7), color=None, ha="center", fontsize=LABEL)
    upper.set_ylim(0, TOP * max(stock.values()) * 1.1)
    for sign, flow, colour, hatch in ((1, starts, BLUE, None), (-1, ends, ORANGE, HATCHED)):
        values, look = [sign * n for n in flow.values()], {"color": colour, "hatch": hatch, "edgecolor": "white"}
        bars = lower.bar([int(y) for y in flow], values, width=0.55, **look)
        lower.bar_label(bars, [children(n) for n in flow.values()], padding=2, fontsize=LABEL)
    lower.axhline(0, color=GREY, linewidth=1)
    lower.margins(y=0.25)
    lower.set_yticks([])
    lower.set_xticks([int(y) for y in years], years)
    return Chart(figure, title, alt)


def by_age(name: str, at: str, counts: dict[str, float]) -> Chart:
    """Children by age band at one date; a band that is not published is left out."""
    title, alt = told("by_age", name, at, counts, max(counts, key=counts.get))
    figure, axes = _axes(title, f"Children by age, {at}")
    bars = axes.bar([BANDS[band] for band in counts], list(counts.values()), color=BLUE, width=0.6)
    axes.bar_label(bars, [children(n) for n in counts.values()], padding=2)
    return Chart(figure, title, alt)


def pyramid(area: str, months: tuple[str, str], now: list[float], then: list[float]) -> Chart:
    """Residents by single year of age, now to the left and in some years to the right."""
    first, last = (month_in_words(month) for month in months)
    title, alt = told("pyramid", area, first, last, now, then)
    figure, axes = _axes(title, f"Children by year of age: {first} (left) and {last} (right, hatched)")
    figure.set_figheight(TALL)
    ages = range(len(now))
    for sign, counts, colour, hatch, when in ((-1, now, BLUE, None, first), (1, then, TURQUOISE, HATCHED, last)):
        bars = axes.barh(ages, [sign * n for n in counts], color=colour, height=0.8, hatch=hatch, edgecolor="white")
        axes.bar_label(bars, [children(n) for n in counts], padding=3, fontsize=SMALL)
        axes.text(sign * max(*now, *then) / 2, len(now) - 0.2, when, ha="center", color=GREY)
    axes.axvline(0, color="white", linewidth=2)
    axes.set_xlim(*(sign * ROOM * max(*now, *then) for sign in (-1, 1)))
    axes.set_xticks([])
    axes.set_yticks(ages)
    axes.set_ylabel("Age")
    axes.grid(visible=False)
    return Chart(figure, title, alt)


def moves(area: str, years: dict[str, dict[str, float]]) -> Chart:
    """What adds and takes children in whole financial years: year -> flow -> children."""
    names, last = list(years), list(years)[-1]
    net = sum(adds(flow) * n for flow, n in years[last].items())
    flows = sorted(years[last], key=lambda flow: adds(flow) * years[last][flow])
    title, alt = told("moves", area, last, net, {flow_in_words(flow): years[last][flow] for flow in flows[::-1]})
    when = last if len(names) == 1 else f"{names[0]} to {last}, the last the darkest"
    figure, axes = _axes(title, f"Children who come (right) and go (left, hatched) in a year; {when}", BESIDE_NAMES)
    figure.set_figheight(TALL)
    thick, most = 0.8 / len(years), max(n for year in years.values() for n in year.values())
    for place, (year, colour) in enumerate(zip(years, (PALE, LILAC, BLUE)[-len(years) :], strict=True)):
        values = [adds(flow) * years[year].get(flow, 0.0) for flow in flows]
        where = [at + (place - (len(years) - 1) / 2) * thick for at in range(len(flows))]
        bars = axes.barh(where, values, height=thick, color=colour, edgecolor="white")
        for bar, value in zip(bars, values, strict=True):
            bar.set_hatch(HATCHED if value < 0 else None)
        if year == last:
            axes.bar_label(bars, [signed(value, 0) for value in values], padding=3, fontsize=LABEL)
    axes.set_yticks(range(len(flows)), [textwrap.fill(flow_in_words(flow), NAME_WIDTH) for flow in flows])
    axes.set_xlim(-ROOM * most, ROOM * most)
    _bare(axes)
    return Chart(figure, title, alt)


def births(area: str, years: dict[str, float]) -> Chart:
    """Births in whole financial years."""
    title, alt = told("births", area, years)
    figure, axes = _axes(title, "Births in the financial year, as projected")
    bars = axes.bar(list(years), list(years.values()), color=BLUE, width=0.5)
    axes.bar_label(bars, [children(n) for n in years.values()], padding=2)
    return Chart(figure, title, alt)


def ages_ahead(name: str, months: dict[str, dict[str, float]]) -> Chart:
    """Children by age band at the origin and at each 31 March: month -> band -> children."""
    first, last = list(months)[0], list(months)[-1]
    most = max(months[last], key=lambda band: abs(months[last][band] - months[first][band]))
    title, alt = told("ages_ahead", name, months, most)
    figure, axes = _axes(title, "Expected children by age")
    labels, base = [month_in_words(month) for month in months], [0.0] * len(months)
    whole = max(sum(bands.values()) for bands in months.values())
    for band in months[last]:
        values, colour = [bands[band] for bands in months.values()], BAND_COLOURS[band]
        bars = axes.bar(labels, values, bottom=base, color=colour, width=0.6, edgecolor="white")
        said = [children(value) if value > LEAST_LABELLED * whole else "" for value in values]
        axes.bar_label(bars, said, label_type="center", fontsize=LABEL, color="white" if colour in ON_DARK else "black")
        if values[-1] > LEAST_LABELLED * whole or band == list(months[last])[-1]:
            axes.annotate(BANDS[band], (len(labels) - 0.65, base[-1] + values[-1] / 2), va="center", fontsize=LABEL)
        base = [low + value for low, value in zip(base, values, strict=True)]
    axes.set_xlim(right=len(labels))
    return Chart(figure, title, alt)


def care_flows(name: str, when: str, bands: dict[str, dict[str, float]]) -> Chart:
    """Who starts, leaves and grows into each age in a period: band -> starts, ends, aged."""
    title, alt = told("care_flows", name, when, bands)
    what = "Expected children by age: start (right), leave (left, hatched), net birthdays (diamond)"
    figure, axes = _axes(title, what)
    labels = [BANDS[band] for band in bands]
    for sign, flow, colour, hatch in ((1, "starts", BLUE, None), (-1, "ends", ORANGE, HATCHED)):
        values = [one[flow] for one in bands.values()]
        bars = axes.barh(labels, [sign * n for n in values], color=colour, height=0.6, hatch=hatch, edgecolor="white")
        axes.bar_label(bars, [children(n) for n in values], padding=3, fontsize=LABEL)
    axes.plot([one["aged"] for one in bands.values()], labels, "D", color=PURPLE, markeredgecolor="white", markersize=9)
    axes.margins(x=0.15)
    _bare(axes)
    return Chart(figure, title, alt)


def drivers(rows: pd.DataFrame, figure: str, name: str) -> Chart:
    """What each cause adds by each 31 March: rows of cause, month and the figure (children, or pounds as cost)."""
    table = rows.pivot(index="cause", columns="month", values=figure).loc[list(dict.fromkeys(rows["cause"]))]
    said = money_signed if figure == "cost" else signed
    title, alt = told(
        "drivers", name, table.iloc[:, -1].map(said).to_dict(), said(table.iloc[:, -1].sum()), table.columns[-1]
    )
    figure_, panels = _panels(title, [month_in_words(month) for month in table.columns], 24)
    for month, axes in zip(table.columns, panels, strict=True):
        bars = axes.barh(list(table.index), table[month], color=BLUE)
        axes.bar_label(bars, [said(value) for value in table[month]], padding=3, fontsize=SMALL)
        axes.axvline(0, color=GREY, linewidth=1)
        axes.margins(x=0.45)
        axes.invert_yaxis()
        axes.set_xticks([])
        axes.label_outer()
    return Chart(figure_, title, alt)


def where_children_live(year: str, rows: list[dict]) -> Chart:
    """Children by placement, what a week costs and what the year costs. rows: line, mean, price_a_week, cost."""
    rows = sorted((row for row in rows if row["mean"] >= 0.5), key=lambda row: -row["mean"])
    said = {
        LINES[row["line"]][0]: f"{children(row['mean'])} · £{row['price_a_week']:,.0f} a week · {money(row['cost'])}"
        for row in rows
    }
    title, alt = told("where_children_live", year, max(rows, key=lambda row: row["cost"]), said)
    figure, axes = _axes(title, f"Average children in {year}; £ a week for each; cost of the year", BESIDE_NAMES)
    _across(axes, list(said), [row["mean"] for row in rows], list(said.values()), 0.0)
    axes.set_xlim(right=1.45 * rows[0]["mean"])
    return Chart(figure, title, alt)


def front_door(answer: dict, slug: str = "central") -> Chart:
    """How many contacts, referrals and so on the year's plans and care come from; on a scale of ratios."""
    year, counted = answer["financial_year"], answer["front_door"]
    held = answer["scenarios"][slug]["front_door"][year]
    title, alt = told("front_door", year, held, counted)
    what = f"Expected in {year} and 80% range; the last published year in brackets; bars on a ratio scale"
    figure, axes = _axes(title, what, BESIDE_NAMES)
    said = [f"{children(n['mean'])} · {spread(n, children)} ({children(counted[step])})" for step, n in held.items()]
    lengths = [math.log10(max(one["mean"], 1)) for one in held.values()]
    _across(axes, [MEASURES[step] for step in held], lengths, said, 0.0)
    axes.set_xlim(right=1.6 * max(lengths))
    return Chart(figure, title, alt)


def capacity(rows: list[dict]) -> Chart:
    """Contact hours and posts needed against those held, by year. rows: year, work, held, mean, p10, p90."""
    kinds = [kind for kind in WORK if any(row["work"] == kind for row in rows)]
    first = [next(row for row in rows if row["work"] == kind) for kind in kinds]
    short = [WORK[row["work"]].split(",")[0] for row in first if row["mean"] > row["held"]]
    title, alt = told("capacity", first, short)
    figure, panels = _panels(title, [textwrap.fill(f"{WORK[kind]}: needed; line: held", 30) for kind in kinds], 34)
    figure.set_figwidth(11)
    for kind, axes in zip(kinds, panels, strict=True):
        own = [row for row in rows if row["work"] == kind]
        reach = [[row["mean"] - row["p10"] for row in own], [row["p90"] - row["mean"] for row in own]]
        years, means = [row["year"] for row in own], [row["mean"] for row in own]
        axes.bar(years, means, color=BLUE, width=0.6, yerr=reach, error_kw={"ecolor": GREY, "elinewidth": 2})
        axes.axhline(own[0]["held"], color=ORANGE, linewidth=2, linestyle="--")
        axes.tick_params(axis="x", labelsize=SMALL, rotation=30)
    return Chart(figure, title, alt)


def when_spent(answer: dict, slug: str) -> Chart:
    """In how many futures in a hundred the contingency is spent for good in each month."""
    held = answer["scenarios"][slug]["contingency"]
    shares = (held["exhaustion"] or {"share_of_draws": {}})["share_of_draws"]
    title, alt = told("when_spent", held, shares, max(shares, key=shares.get, default=""))
    figure, axes = _axes(title, "Futures in a hundred in which the contingency is spent from that month on")
    labels = [month_in_words(month)[:3] for month in shares]
    bars = axes.bar(labels, [100 * share for share in shares.values()], color=ORANGE, width=0.7)
    axes.bar_label(bars, [percent(share).rstrip("%") if share >= 0.005 else "" for share in shares.values()], padding=2)
    return Chart(figure, title, alt)


def four_years(answer: dict) -> Chart:
    """Net cost of every scenario against the central one, all forecast years together."""
    changes = {held["name"]: held["difference_from_central"]["net_cost"] for held in answer["scenarios"].values()}
    sums = {name: sum(year["mean"] for year in years.values()) for name, years in changes.items()}
    sums = dict(sorted(sums.items(), key=lambda item: item[1]))
    years = list(next(iter(answer["scenarios"].values()))["cost"])
    title, alt = told("four_years", sums, years)
    what = f"Net cost against central, {years[0]} to {years[-1]} together; more is hatched"
    figure, axes = _axes(title, what, BESIDE_NAMES)
    said = [cost_direction(value).removesuffix(" to the nearest £10,000") for value in sums.values()]
    _across(axes, list(sums), list(sums.values()), said, 0.3, marked=1)
    return Chart(figure, title, alt)


def calls(answer: dict) -> Chart:
    """Expected calls of an answer's scenarios side by side, with their 80% ranges."""
    held = {one["name"]: one["contingency"] for one in answer["scenarios"].values()}
    title, alt = told("calls", held, min(held, key=lambda name: held[name]["call"]["mean"]))
    what = "Call on the contingency, £ thousand, 80% range; diamond: the contingency"
    figure, axes = _axes(title, what, BESIDE_NAMES)
    _spans(axes, list(held), [one["call"] | {"amount": one["amount"]} for one in held.values()])
    axes.margins(y=0.3)
    return Chart(figure, title, alt)


def _spans(axes, labels: list[str], rows: list[dict]) -> None:
    """An 80% range a label, the first on top, in thousands: a dot for the mean, a diamond for the contingency."""
    axes.hlines(
        labels, [row["p10"] / 1000 for row in rows], [row["p90"] / 1000 for row in rows], color=PALE, linewidth=9
    )
    axes.plot([row["mean"] / 1000 for row in rows], labels, "o", color=BLUE, markersize=8)
    if "amount" in rows[0]:
        axes.plot([row["amount"] / 1000 for row in rows], labels, "D", color=ORANGE, markeredgecolor="white")
    axes.grid(axis="y", visible=False)
    axes.invert_yaxis()


def why_changed(name: str, days: tuple[str, str], parts: dict[str, float]) -> Chart:
    """Why a stock changed between two days, by cause; the parts sum to the whole."""
    most = max(parts, key=lambda cause: abs(parts[cause]))
    (first, last), years = map(day_in_words, days), int(days[1][:4]) - int(days[0][:4])
    title, alt = told("why_changed", name, first, last, years, most, parts)
    figure, axes = _axes(title, f"Change of {name.lower()} from {first} to {last}, children, by cause", BESIDE_NAMES)
    _across(axes, [one.capitalize() for one in parts], list(parts.values()), [*map(signed, parts.values())], 0.2)
    return Chart(figure, title, alt)


# ---- many councils ----


def chance_by_council(rows: list[dict]) -> Chart:
    """The chance that each council's contingency holds, in the order of the rows. rows: as a sweep keeps them."""
    title, alt = told("chance_by_council", rows)
    figure, axes = _axes(title, "Chance that the contingency holds to the year's end, %", BESIDE_NAMES)
    names, chances = [row["area"] for row in rows], [100 * row["chance_holds"] for row in rows]
    axes.hlines(names, 0, chances, color=PALE, linewidth=3)
    axes.plot(chances, names, "o", color=BLUE)
    axes.set_xlim(0, 100)
    _lying(axes)
    axes.invert_yaxis()
    return Chart(_tall(figure, len(rows)), title, alt)


def money_by_council(rows: list[dict]) -> Chart:
    """What each council may call on its contingency, the most expected first."""
    rows = sorted(rows, key=lambda row: -row["call_mean"])
    title, alt = told("money_by_council", rows)
    what = "Call on the contingency, £ thousand, 80% range; diamond: the contingency"
    figure, axes = _axes(title, what, BESIDE_NAMES)
    calls_ = [{at: row[f"call_{at}"] for at in ("mean", "p10", "p90")} | {"amount": row["contingency"]} for row in rows]
    _spans(axes, [row["area"] for row in rows], calls_)
    return Chart(_tall(figure, len(rows)), title, alt)


def children_by_council(rows: list[dict]) -> Chart:
    """Small multiples: looked-after children and children on plans now and at the year's end, a panel a council."""
    most = max(rows, key=lambda row: abs(row["lac_at_year_end_mean"] - row["lac_now"]))
    title, alt = told("children_by_council", rows, most)
    with matplotlib.rc_context(STYLE):
        figure = Figure(layout="constrained")
        panels = figure.subplots(math.ceil(len(rows) / MULTIPLES), MULTIPLES, squeeze=False, sharex=True)
    figure.suptitle(textwrap.fill(title, TITLE_WIDTH), x=0.01, ha="left", fontweight="bold", fontsize=13)
    for panel in panels.flat[len(rows) :]:
        panel.set_visible(False)
    for panel, row in zip(panels.flat, rows, strict=False):
        panel.set_title(textwrap.fill(row["area"], NAME_WIDTH), loc="left", fontsize=SMALL)
        for group, colour, style in (("lac", BLUE, "-"), ("cp", PURPLE, "--")):
            now, end = row[f"{group}_now"], f"{group}_at_year_end"
            panel.fill_between([0, 1], [now, row[f"{end}_p10"]], [now, row[f"{end}_p90"]], color=PALE, alpha=0.7)
            panel.plot([0, 1], [now, row[f"{end}_mean"]], color=colour, linestyle=style)
        panel.set_ylim(bottom=0)
        panel.set_xticks([0, 1], ["now", "year end"])
        panel.tick_params(labelsize=SMALL)
    what = "Children; line: looked after, dashes: on plans; shaded: 80% range"
    figure.supxlabel(what, fontsize=LABEL, x=0.01, ha="left")
    figure.set_figheight(max(figure.get_figheight(), panels.shape[0] * PANEL_HEIGHT))
    return Chart(figure, title, alt)


def total_of_councils(sums: dict[str, dict], number: int) -> Chart:
    """The call of all councils together: its range under shared misses, beside misses all apart and all as one."""
    ways = {"Misses shared as past ones were": "", "Each council's its own": "apart_", "One and the same": "as_one_"}
    call = sums["call"]
    held = {name: {at: call[way + at] for at in ("p10", "p90")} for name, way in ways.items()}
    title, alt = told("total_of_councils", call, held, number)
    figure, axes = _axes(title, "Call on all contingencies together, £ thousand: mean and 80% range", BESIDE_NAMES)
    _spans(axes, list(held), [{**way, "mean": call["mean"]} for way in held.values()])
    axes.margins(y=0.5)
    return Chart(figure, title, alt)


def _tall(figure: Figure, rows: int) -> Figure:
    """A figure with room for so many names, one under the other."""
    figure.set_figheight(max(figure.get_figheight(), rows * ROW_HEIGHT))
    return figure


# ---- for a report ----


def drawn(chart: Chart) -> tuple[bytes, bytes]:
    """A chart as SVG and as PNG for print, lower, and without its title, which a report writes above it."""
    chart.figure.suptitle("")
    chart.figure.set_figheight(LOWER * chart.figure.get_figheight())
    return chart.pictures(PRINT_DPI)
