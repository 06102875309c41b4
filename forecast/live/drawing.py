"""Small charts as SVG, drawn from the numbers: a fan month by month, labelled directly, with title and description."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree import ElementTree

from forecast.case.months import month_in_words
from forecast.report.charts import BLUE, GREY, ORANGE, PALE

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 88, 156, 22, 34  # margins: for the amounts, for the labels of the lines, for the months
GAP = 17  # between two labels at the right
TICKS = 5
NICE = (1, 2, 2.5, 5, 10)
GRID = "#D9D9D9"
FONT = "Arial, Liberation Sans, DejaVu Sans, sans-serif"
SIZE = "14"
SPACE = "http://www.w3.org/2000/svg"


@dataclass(frozen=True)
class Fan:
    """What a fan chart shows.

    name         a word for its parts' names in the page
    rows         one a month: month, mean, p10, p90
    beside       the same of the central scenario, drawn as a thin line
    say          a figure in words, such as £600,000
    line         an amount drawn across, with its label; or None
    labelled     the months that are named below
    """

    name: str
    title: str
    description: str
    rows: list[dict]
    beside: list[dict]
    say: Callable[[float], str]
    labelled: dict[str, str]
    line: tuple[float, str] | None = None
    colour: str = BLUE


class Frame:
    """From months and figures to places in the drawing."""

    def __init__(self, fan: Fan):
        self.months = [row["month"] for row in fan.rows]
        figures = [row["p90"] for row in fan.rows] + [row["mean"] for row in fan.beside]
        lowest = min(0.0, *(row["p10"] for row in fan.rows))
        self.ticks = ticks(lowest, max(*figures, fan.line[0] if fan.line else 0.0))
        self.low, self.high = self.ticks[0], self.ticks[-1]

    def x(self, place: int) -> float:
        return LEFT + place / max(len(self.months) - 1, 1) * (WIDTH - LEFT - RIGHT)

    def y(self, figure: float) -> float:
        return TOP + (self.high - figure) / (self.high - self.low) * (HEIGHT - TOP - BOTTOM)

    def path(self, figures: list[float]) -> str:
        return " ".join(f"{self.x(place):.1f},{self.y(figure):.1f}" for place, figure in enumerate(figures))


def ticks(lowest: float, highest: float) -> list[float]:
    """Round figures from below the lowest to above the highest, a handful of them."""
    rough = max(highest - lowest, 1e-9) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(nice * power for nice in NICE if nice * power >= rough)
    first, last = math.floor(lowest / step), max(math.ceil(highest / step), 1)
    return [step * place for place in range(first, last + 1)]


def draw(fan: Fan) -> str:
    """The chart as SVG text; every word in it is escaped."""
    frame, names = Frame(fan), (f"{fan.name}-title", f"{fan.name}-description")
    svg = ElementTree.Element(
        "svg",
        {
            "xmlns": SPACE,
            "viewBox": f"0 0 {WIDTH} {HEIGHT}",
            "role": "img",
            "aria-labelledby": " ".join(names),
            "font-family": FONT,
            "font-size": SIZE,
        },
    )
    for tag, name, text in (("title", names[0], fan.title), ("desc", names[1], fan.description)):
        ElementTree.SubElement(svg, tag, {"id": name}).text = text
    _scale(svg, fan, frame)
    low, high = ([row[end] for row in fan.rows] for end in ("p10", "p90"))
    there_and_back = f"{frame.path(high)} {' '.join(reversed(frame.path(low).split(' ')))}"
    _add(svg, "polygon", points=there_and_back, fill=PALE)
    _line(svg, frame.path([row["mean"] for row in fan.beside]), GREY, "1.5", "2 4")
    _across(svg, fan, frame)
    _line(svg, frame.path([row["mean"] for row in fan.rows]), fan.colour, "3")
    _labels(svg, fan, frame)
    return ElementTree.tostring(svg, encoding="unicode")


def _add(parent, tag: str, text: str | None = None, **attributes):
    """One part of the drawing; _ in a name stands for a hyphen."""
    part = ElementTree.SubElement(
        parent, tag, {name.replace("_", "-"): str(value) for name, value in attributes.items()}
    )
    part.text = text
    return part


def _line(svg, points: str, colour: str, width: str, dashes: str = "none") -> None:
    _add(svg, "polyline", points=points, fill="none", stroke=colour, stroke_width=width, stroke_dasharray=dashes)


def _scale(svg, fan: Fan, frame: Frame) -> None:
    """Grid lines with their figures, and the months below."""
    for tick in frame.ticks:
        y = f"{frame.y(tick):.1f}"
        _add(svg, "line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, stroke=GREY if tick == 0 else GRID)
        _add(svg, "text", fan.say(tick), x=LEFT - 8, y=y, text_anchor="end", dominant_baseline="middle", fill=GREY)
    for place, month in enumerate(frame.months):
        if month in fan.labelled:
            _add(
                svg,
                "text",
                fan.labelled[month],
                x=f"{frame.x(place):.1f}",
                y=HEIGHT - 10,
                text_anchor="middle",
                fill=GREY,
            )


def _across(svg, fan: Fan, frame: Frame) -> None:
    """The amount drawn across, labelled where the fan is still narrow."""
    if fan.line is None:
        return
    y = f"{frame.y(fan.line[0]):.1f}"
    _add(svg, "line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, stroke=ORANGE, stroke_width="2.5", stroke_dasharray="8 5")
    _add(svg, "text", fan.line[1], x=LEFT + 6, y=f"{frame.y(fan.line[0]) - 7:.1f}", fill=GREY, font_weight="bold")


def _labels(svg, fan: Fan, frame: Frame) -> None:
    """The lines' names at their right ends, kept apart."""
    last, central = fan.rows[-1], fan.beside[-1]
    named = [
        (last["p90"], "80% range", GREY, "normal"),
        (last["mean"], f"Expected {fan.say(last['mean'])}", fan.colour, "bold"),
    ]
    if fan.say(central["mean"]) != fan.say(last["mean"]):
        named.append((central["mean"], f"Central {fan.say(central['mean'])}", GREY, "normal"))
    named.sort(key=lambda one: -one[0])
    for y, (_, text, colour, weight) in zip(apart([frame.y(one[0]) for one in named]), named, strict=True):
        _add(
            svg,
            "text",
            text,
            x=WIDTH - RIGHT + 8,
            y=f"{y:.1f}",
            dominant_baseline="middle",
            fill=colour,
            font_weight=weight,
        )


def apart(places: list[float]) -> list[float]:
    """Places from top to bottom, moved down where they stand too close, and back up if they leave the drawing."""
    moved = []
    for place in places:
        moved.append(max(place, moved[-1] + GAP) if moved else place)
    over = max(moved[-1] - (HEIGHT - BOTTOM), 0)
    return [place - over for place in moved]


def by_year_end(rows: list[dict]) -> dict[str, str]:
    """The Marches of a course of months, named by month and year."""
    return {row["month"]: month_in_words(row["month"]) for row in rows if row["month"].endswith("-03")}


def by_month(rows: list[dict]) -> dict[str, str]:
    """Every month by its first three letters."""
    return {row["month"]: month_in_words(row["month"])[:3] for row in rows}
