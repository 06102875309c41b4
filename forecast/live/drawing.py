"""Small charts as SVG, drawn from the numbers: a fan month by month, labelled directly, with title and description."""

import math
from collections.abc import Callable

from jinja2 import Environment, PackageLoader

from forecast.report.charts import GREY, ORANGE, PALE

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 88, 176, 22, 34  # margins: for the amounts, for the labels of the lines, for the months
GAP = 17  # between two labels at the right
TICKS = 5
NICE = (1, 2, 2.5, 5, 10)
SHEET = {"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT}
SHEET |= {"grey": GREY, "pale": PALE, "orange": ORANGE}
TEMPLATES = Environment(
    loader=PackageLoader("forecast.live", "page"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)


def draw(fan: dict, rows: list[dict], central: list[dict], say: Callable[[float], str]) -> str:
    """A fan chart as SVG text; every word in it is escaped.

    fan      name (a word for its parts' names in the page), title, description, labelled (the months that are named
             below, and how), line (an amount drawn across, with its label; or None) and colour
    rows     one a month: month, mean, p10, p90
    central  the same of the central scenario, drawn as a thin line
    say      a figure in words, such as £600,000
    """
    months, across = [row["month"] for row in rows], fan["line"][0] if fan["line"] else 0.0
    figures = [row["p90"] for row in rows] + [row["mean"] for row in central]
    scale = ticks(min(0.0, *(row["p10"] for row in rows)), max(*figures, across))

    def height(figure: float) -> float:
        return TOP + (scale[-1] - figure) / (scale[-1] - scale[0]) * (HEIGHT - TOP - BOTTOM)

    def x(month: str) -> str:
        return f"{LEFT + months.index(month) / max(len(months) - 1, 1) * (WIDTH - LEFT - RIGHT):.1f}"

    def y(figure: float, down: float = 0.0) -> str:
        return f"{height(figure) + down:.1f}"

    def points(rows, part: str) -> str:
        return " ".join(f"{x(row['month'])},{y(row[part])}" for row in rows)

    last, expected, beside = rows[-1], say(rows[-1]["mean"]), say(central[-1]["mean"])
    named = [(last["p90"], "80% range", GREY, "normal"), (last["mean"], f"Expected {expected}", fan["colour"], "bold")]
    if beside != expected:
        named.append((central[-1]["mean"], f"Central {beside}", GREY, "normal"))
    named.sort(key=lambda label: -label[0])
    places = apart([height(figure) for figure, *_ in named])
    return TEMPLATES.get_template("fan.svg").render(
        SHEET,
        fan=fan,
        rows=rows,
        central=central,
        say=say,
        ticks=scale,
        labels=[(place, *label) for place, (_, *label) in zip(places, named, strict=True)],
        x=x,
        y=y,
        points=points,
    )


def ticks(lowest: float, highest: float) -> list[float]:
    """Round figures from below the lowest to above the highest, a handful of them."""
    rough = max(highest - lowest, 1e-9) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(nice * power for nice in NICE if nice * power >= rough)
    first, last = math.floor(lowest / step), max(math.ceil(highest / step), 1)
    return [step * place for place in range(first, last + 1)]


def apart(places: list[float]) -> list[float]:
    """Places from top to bottom, moved down where they stand too close, and back up if they leave the drawing."""
    moved = []
    for place in places:
        moved.append(max(place, moved[-1] + GAP) if moved else place)
    over = max(moved[-1] - (HEIGHT - BOTTOM), 0)
    return [place - over for place in moved]
