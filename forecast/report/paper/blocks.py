"""Small builders the sections share: a table of figures, a chart with its figures, list of sentences."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from forecast.money.costs import LINES
from forecast.report import charts
from forecast.report.model import Block, Bullets, Figure, Paragraph, Part, Table
from forecast.report.told import Voice

Release = Callable[[Table], Table]
Draw = Callable[[charts.Chart], tuple[bytes, bytes]]
FUTURES = "An 80% range holds eight of ten of the futures drawn: one in ten lies below it and one in ten above."
ROUNDED = "Money is rounded to the nearest ten thousand pounds and children to whole children, each figure by itself, so rounded figures may not add up."


def same(table: Table) -> Table:
    """A table as it is: what every table passes where no disclosure control is asked for."""
    return table


@dataclass(frozen=True)
class Paper:
    """What a section is written with.

    voice     says figures of the run
    release   every table passes through it: disclosure control, or `same`
    draw      a chart as SVG and PNG bytes; None leaves charts out
    """

    voice: Voice
    release: Release = same
    draw: Draw | None = charts.drawn

    @property
    def answer(self) -> dict:
        return self.voice.run.answer

    @property
    def beside(self) -> dict:
        return self.voice.run.beside

    @property
    def source(self) -> str:
        return f"Forecast run {self.beside['case']}"

    def also(self, **places: str) -> "Paper":
        return replace(self, voice=self.voice.also(**places))

    def body(self, *templates: str) -> list[Block]:
        """Paragraphs, a template each; an empty one is left out."""
        return [self.voice.body(template) for template in templates if template]

    def bullets(self, *templates: str, lettered: bool = False) -> Bullets:
        return Bullets(tuple(self.voice.say(template) for template in templates if template), lettered)

    def table(self, name: str, caption: str, columns: list[str], rows: list[list[Part]], unit: str, **more) -> Table:
        """A table through disclosure control. All but the first column are set right unless `numeric` says otherwise."""
        told = {"numeric": tuple(columns[1:]), "source": self.source} | more
        return self.release(Table(name, caption, tuple(columns), tuple(map(tuple, rows)), unit, **told))

    def figure(
        self, name: str, make: Callable[[], charts.Chart], data: Callable[[], Table], caption: str = ""
    ) -> list[Block]:
        """A chart with the figures it shows, or nothing where charts are left out."""
        if self.draw is None:
            return []
        chart = make()
        svg, png = self.draw(chart)
        return [Figure(name, caption or chart.title, chart.alt, self.source, svg, png, data())]


def written(texts: list[str]) -> list[Block]:
    """The council's own paragraphs."""
    return [Paragraph((text,)) for text in texts]


def lines_of(cost: dict) -> list[str]:
    """Cost lines with a budget or a cost, in their order."""
    return [
        line
        for line in LINES
        if line in cost["lines"] and (cost["lines"][line]["budget"] or cost["lines"][line]["mean"])
    ]
