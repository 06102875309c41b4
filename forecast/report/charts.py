"""Charts, each with alternative text made from the same numbers. Analysis Function colours; never colour alone."""

import textwrap
from dataclasses import dataclass
from functools import partial
from io import BytesIO

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

from forecast.case.lines import GROUPS, LINES  # noqa: E402
from forecast.case.months import month_in_words  # noqa: E402
from forecast.report.words import at_month, lines, money, money_signed, percent, year_end_month  # noqa: E402

BLUE, TURQUOISE, PURPLE, ORANGE, GREY = "#12436D", "#28A197", "#801650", "#F46A25", "#3D3D3D"
PALE, LILAC = "#BFCFE0", "#A285D1"
MOST_BARS = 10
MOST_YEARS_NAMED = 10  # on an axis
TOP = 1.12  # room above the tallest bar for its label
LABEL_WIDTH = 38  # letters
TITLE_WIDTH, SUBTITLE_WIDTH, BESIDE_NAMES = 76, 110, 64  # letters to a line; the last where names stand to the left
TALL = 6  # inches: a row of long names each
PRINT_DPI = 200  # sharp on paper at the width of a page
HATCHED = "///"  # told from plain without colour
GROUP_COLOURS = {"placements": BLUE, "contact": TURQUOISE, "iro": PURPLE, "measures": LILAC}
STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # comes with matplotlib: the same picture on every machine
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#D9D9D9",
    "svg.hashsalt": "forecast",
    "figure.figsize": (9, 4.6),
    "figure.dpi": 96,
}


@dataclass(frozen=True)
class Chart:
    """A figure and what it says to someone who cannot see it."""

    figure: Figure
    title: str
    alt: str

    def _repr_png_(self):
        buffer = BytesIO()
        self.figure.savefig(buffer, format="png", metadata={"Software": None})
        return buffer.getvalue(), {"alt": self.alt}

    def pictures(self, dpi: int) -> tuple[bytes, bytes]:
        """The figure as SVG and, so many dots to an inch, as PNG; always the same bytes."""
        svg, png = BytesIO(), BytesIO()
        with plt.rc_context(STYLE):
            self.figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
            self.figure.savefig(png, format="png", metadata={"Software": None}, dpi=dpi)
        return svg.getvalue(), png.getvalue()


told = partial(lines, page="charts")  # title and alternative text of a chart, by its name there


def _axes(title: str, subtitle: str, letters: int = SUBTITLE_WIDTH):
    """A figure whose title states the finding, flush left, with what is measured below it, `letters` to a line."""
    figure, (axes,) = _panels(title, [subtitle], letters)
    return figure, axes


def _panels(title: str, subtitles: list[str], letters: int = SUBTITLE_WIDTH, down: bool = False):
    """The same with a panel for each subtitle, side by side, or one under the other on one x axis."""
    with plt.rc_context(STYLE):
        shape = {"nrows": len(subtitles), "sharex": True} if down else {"ncols": len(subtitles)}
        figure, axes = plt.subplots(layout="constrained", squeeze=False, **shape)
    figure.suptitle(textwrap.fill(title, TITLE_WIDTH), x=0.01, ha="left", fontweight="bold", fontsize=13)
    for panel, subtitle in zip(axes.flat, subtitles, strict=True):
        panel.set_title(textwrap.fill(subtitle, letters), loc="left", fontsize=10, color=GREY, x=0, pad=10)
        panel.set_axisbelow(True)
    plt.close(figure)
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
    _note(axes, "80% range", (labels[middle], rows[middle]["p90"]), (0, 4))
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


def scenario_ladder(answer: dict) -> Chart:
    """Expected call and 80% range of every scenario against the contingency."""
    held = sorted(answer["scenarios"].values(), key=lambda s: s["contingency"]["call"]["mean"])
    title, alt = told("scenario_ladder", held, answer["scenarios"]["central"])
    amount = held[0]["contingency"]["amount"]
    what = f"Call on the contingency at 31 March, £ thousand, with 80% range; dashed line: contingency {money(amount)}"
    figure, axes = _axes(title, what, BESIDE_NAMES)
    calls = [s["contingency"]["call"] for s in held]
    names = [f"{s['name']} ({percent(s['contingency']['chance_holds'])} holds)" for s in held]
    axes.hlines(names, [c["p10"] / 1000 for c in calls], [c["p90"] / 1000 for c in calls], color=PALE, linewidth=9)
    axes.plot([c["mean"] / 1000 for c in calls], names, "o", color=BLUE, markersize=8)
    axes.axvline(amount / 1000, color=ORANGE, linewidth=2, linestyle="--")
    axes.grid(axis="y", visible=False)
    axes.set_xlim(left=0)
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


def tornado(answer: dict) -> Chart:
    """What the expected call would be with each assumption at its low and at its high, widest first."""
    rows = answer["sensitivities"]["assumptions"][:MOST_BARS]
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
    _note(axes, "80% range", (ahead[late], min(row["p90"] for row in rows[late:])), (0, -6), va="top")
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


def drawn(chart: Chart) -> tuple[bytes, bytes]:
    """A chart as SVG and as PNG for print, without its title, which a report writes above it."""
    chart.figure.suptitle("")
    return chart.pictures(PRINT_DPI)
