"""Pictures of the steps of the method: each states its finding, labels its figures and carries its words."""

import math
import textwrap

from forecast.case.lines import LINES
from forecast.case.months import month_in_words
from forecast.report.charts import (
    BESIDE_NAMES,
    BLUE,
    GREY,
    HATCHED,
    LILAC,
    ORANGE,
    PALE,
    PURPLE,
    TALL,
    TOP,
    TURQUOISE,
    Chart,
    _axes,
    _note,
    _panels,
    told,
)
from forecast.report.words import (
    BANDS,
    PART_WORDS,
    WORK,
    children,
    cost_direction,
    day_in_words,
    money,
    percent,
    signed,
)

BAND_COLOURS = dict(zip(BANDS, (LILAC, TURQUOISE, PALE, BLUE, GREY, ORANGE), strict=True))
ON_DARK = {BLUE, GREY}
FLOWS = {
    "births": "Born",
    "deaths": "Died",
    "turned 18": "Turned 18",
    "in: internal_in": "Moved in from elsewhere in the country",
    "in: international_in": "Moved in from abroad",
    "out: internal_out": "Moved out within the country",
    "out: international_out": "Moved out abroad",
}
NAME_WIDTH = 26  # letters of a name to a line
SMALL, LABEL, ROOM = 8, 9, 1.25  # letters of small and usual labels; room for a label beside the longest bar
LEAST_LABELLED = 0.03  # share of the tallest column under which a part has no room for its label
TREND_COLOURS = (BLUE, TURQUOISE, PURPLE, ORANGE)


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
    return FLOWS.get(flow, f"Arrived in {name[:1].upper()}{name[1:]}")


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


def path_children(answer: dict, group: str) -> dict[str, list[float]]:
    """What each part adds to the central path, in children, 1, 2, ... years ahead; the parts sum to it."""
    path, opened = answer["central_path"][group], answer["open_at_origin"][group]
    a_log = [opened * (math.expm1(whole) / whole if whole else 1.0) for whole in path["middle"]]
    return {
        name: [change * weight for change, weight in zip(changes, a_log, strict=True)]
        for name, changes in path["parts"].items()
    }


def path_parts(answer: dict, group: str, name: str) -> Chart:
    """What the central path of a group is made of, in children, year by year."""
    parts = path_children(answer, group)
    whole = [sum(part[year] for part in parts.values()) for year in range(len(answer["central_path"][group]["middle"]))]
    ahead = [f"{year} year{'s' * (year > 1)}" for year in range(1, len(whole) + 1)]
    title, alt = told("path_parts", name, parts, whole[-1], ahead[-1])
    figure, axes = _axes(title, f"Change from {answer['open_at_origin'][group]} children, by what it comes from")
    thick = 0.8 / max(len(parts), 1)
    for place, ((trend, values), colour) in enumerate(zip(parts.items(), TREND_COLOURS, strict=False)):
        where = [at + (place - (len(parts) - 1) / 2) * thick for at in range(len(ahead))]
        look = {"color": colour, "hatch": (None, HATCHED, "...", "xx")[place], "edgecolor": "white"}
        bars = axes.bar(where, values, width=thick, label=PART_WORDS[trend], **look)
        axes.bar_label(bars, [signed(value) for value in values], padding=2, fontsize=LABEL)
    axes.set_xticks(range(len(ahead)), [f"{years} ahead" for years in ahead])
    axes.axhline(0, color=GREY, linewidth=1)
    axes.margins(y=0.15)
    if parts:
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), frameon=False, fontsize=LABEL)
    return Chart(figure, title, alt)


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
    figure, axes = _axes(
        title, f"Net cost against central, {years[0]} to {years[-1]} together; more is hatched", BESIDE_NAMES
    )
    said = [cost_direction(value).removesuffix(" to the nearest £10,000") for value in sums.values()]
    _across(axes, list(sums), list(sums.values()), said, 0.3, marked=1)
    return Chart(figure, title, alt)


def calls(answer: dict) -> Chart:
    """Expected calls of an answer's scenarios side by side, with their 80% ranges."""
    held = {one["name"]: one["contingency"] for one in answer["scenarios"].values()}
    title, alt = told("calls", held, min(held, key=lambda name: held[name]["call"]["mean"]))
    figure, axes = _axes(
        title, "Call on the contingency, £ thousand, 80% range; diamond: the contingency", BESIDE_NAMES
    )
    labels, rows = list(held), [one["call"] for one in held.values()]
    low, high = [row["p10"] / 1000 for row in rows], [row["p90"] / 1000 for row in rows]
    axes.hlines(labels, low, high, color=PALE, linewidth=9)
    axes.plot([row["mean"] / 1000 for row in rows], labels, "o", color=BLUE, markersize=8)
    axes.plot([one["amount"] / 1000 for one in held.values()], labels, "D", color=ORANGE, markeredgecolor="white")
    axes.grid(axis="y", visible=False)
    axes.margins(y=0.3)
    axes.invert_yaxis()
    return Chart(figure, title, alt)


def why_changed(name: str, days: tuple[str, str], parts: dict[str, float]) -> Chart:
    """Why a stock changed between two days, by cause; the parts sum to the whole."""
    most = max(parts, key=lambda cause: abs(parts[cause]))
    (first, last), years = map(day_in_words, days), int(days[1][:4]) - int(days[0][:4])
    title, alt = told("why_changed", name, first, last, years, most, parts)
    figure, axes = _axes(title, f"Change of {name.lower()} from {first} to {last}, children, by cause", BESIDE_NAMES)
    _across(axes, [one.capitalize() for one in parts], list(parts.values()), [*map(signed, parts.values())], 0.2)
    return Chart(figure, title, alt)
