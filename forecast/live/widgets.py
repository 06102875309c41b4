"""The live page's model in JupyterLab: a number box for each lever, and what they do beside them. Needs ipywidgets."""

import html
from dataclasses import dataclass

from IPython.display import Markdown

from forecast.case.errors import BadInput
from forecast.case.home import find_home
from forecast.live.live import CENTRAL, Live, open_live
from forecast.live.view import view

DRAWS, SEED = 1000, 2011
MISSING = "The number boxes need ipywidgets. Install it with: `pip install ipywidgets`, then start JupyterLab again."
WIDE, NAME = "34em", "22em"


def open_page(run: str, draws: int = DRAWS, seed: int = SEED) -> Live:
    """The live model of a case, such as slough/2011-06. Raises BadInput if an input is wrong."""
    home, (council, _, month) = find_home(), run.partition("/")
    return open_live(home / "params", home / "data", council, month, draws, seed)


def controls(live: Live):
    """Number boxes for the levers and the answer beside them; a sentence where ipywidgets is not installed."""
    try:
        import ipywidgets
    except ImportError:
        return Markdown(MISSING)
    return Controls(live, ipywidgets).whole()


@dataclass
class Controls:
    """The boxes, the scenario they start from, and the place of the answer."""

    live: Live
    kit: object

    def __post_init__(self) -> None:
        names = [(held.scenario.name, slug) for slug, held in self.live.scenarios.items()]
        self.start = self.kit.Dropdown(
            options=names, value=CENTRAL, description="Start from scenario", style=self._style()
        )
        self.boxes = {key: self._box(lever) for key, lever in self.live.levers.items()}
        self.reset = self.kit.Button(description="Reset all levers")
        self.answer = self.kit.HTML()
        self._putting = False

    def whole(self):
        """Everything, shown and listening."""
        self.start.observe(lambda change: self.put_back(), "value")
        self.reset.on_click(lambda button: self.put_back())
        for box in self.boxes.values():
            box.observe(lambda change: self.show(), "value")
        groups = [
            self.kit.VBox(
                [self.kit.HTML(f"<h3>{html.escape(title)}</h3>"), *(self.boxes[lever.key] for lever in levers)]
            )
            for title, levers in self.live.groups.items()
        ]
        self.show()
        left = self.kit.VBox([self.start, self.reset, *groups])
        return self.kit.HBox([left, self.answer])

    def _style(self) -> dict:
        return {"description_width": NAME}

    def _box(self, lever):
        return self.kit.BoundedFloatText(
            value=self.live.case.central.value(lever.key),
            min=lever.minimum,
            max=lever.maximum,
            step=lever.step,
            description=lever.name,
            description_allow_html=False,
            style=self._style(),
            layout={"width": WIDE},
            tooltip=f"Central: {lever.said(self.live.case.central.value(lever.key))}",
        )

    def put_back(self) -> None:
        """Every box at the value of the scenario it starts from."""
        self._putting = True
        for key, box in self.boxes.items():
            box.value = self.live.start(self.start.value).value(key)
        self._putting = False
        self.show()

    def show(self) -> None:
        """Answer the boxes as they stand; where a value is refused the last answer stays below the reason."""
        if self._putting:
            return
        try:
            self.answer.value = picture(
                self.live, {key: box.value for key, box in self.boxes.items()}, self.start.value
            )
        except BadInput as error:
            last = self.answer.value.partition("<hr>")[2] or self.answer.value
            self.answer.value = (
                f"<p role='alert'><b>{html.escape(str(error))}. The last result stays.</b></p><hr>{last}"
            )


def picture(live: Live, values: dict[str, float], start: str) -> str:
    """The headline and the charts of one position of the levers, as HTML. Raises BadInput if a value is refused."""
    told = view(live, live.show(values, start))
    lines = [told[part] for part in ("chance", "call", "against", "exhaustion")]
    said = "".join(f"<p>{html.escape(line)}</p>" for line in lines[1:] + told["sentences"])
    charts = told["charts"]
    return f"<h3>{html.escape(lines[0])}</h3>{charts['contingency']}{said}{charts['lac']}{charts['cp']}"
