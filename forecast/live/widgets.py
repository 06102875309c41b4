"""The live page's model in JupyterLab: a number box for each lever, and what they do beside them. Needs ipywidgets."""

import html

from IPython.display import Markdown

from forecast.case.errors import BadInput
from forecast.case.home import find_home
from forecast.live.live import CENTRAL, Live, open_live
from forecast.live.view import view

DRAWS, SEED = 1000, 2011
MISSING = "The number boxes need ipywidgets. Install it with: `pip install ipywidgets`, then start JupyterLab again."
WIDE, STYLE = "34em", {"description_width": "22em"}


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


class Controls:
    """The boxes, the scenario they start from, and the place of the answer."""

    def __init__(self, live: Live, kit):
        self.live, self.kit, self._putting = live, kit, False
        names = [(scenario.scenario.name, slug) for slug, scenario in live.case.scenarios.items()]
        self.start = kit.Dropdown(options=names, value=CENTRAL, description="Start from scenario", style=STYLE)
        self.boxes = {key: self._box(lever) for key, lever in live.levers.items()}
        self.reset, self.answer = kit.Button(description="Reset all levers"), kit.HTML()

    def whole(self):
        """Everything, shown and listening."""
        self.start.observe(self.put_back, "value")
        self.reset.on_click(self.put_back)
        for box in self.boxes.values():
            box.observe(self.show, "value")
        kit, groups = self.kit, []
        for title, levers in self.live.groups.items():
            heading = kit.HTML(f"<h3>{html.escape(title)}</h3>")
            groups.append(kit.VBox([heading, *(self.boxes[lever.key] for lever in levers)]))
        self.show()
        return kit.HBox([kit.VBox([self.start, self.reset, *groups]), self.answer])

    def _box(self, lever):
        central = self.live.case.central.value(lever.key)
        return self.kit.BoundedFloatText(
            value=central,
            min=lever.minimum,
            max=lever.maximum,
            step=lever.step,
            description=lever.name,
            description_allow_html=False,
            style=STYLE,
            layout={"width": WIDE},
            tooltip=f"Central: {lever.said(central)}",
        )

    def put_back(self, *event) -> None:
        """Every box at the value of the scenario it starts from."""
        self._putting, start = True, self.live.start(self.start.value)
        for key, box in self.boxes.items():
            box.value = start.value(key)
        self._putting = False
        self.show()

    def show(self, *event) -> None:
        """Answer the boxes as they stand; where a value is refused the last answer stays below the reason."""
        if self._putting:
            return
        values = {key: box.value for key, box in self.boxes.items()}
        try:
            self.answer.value = picture(self.live, values, self.start.value)
        except BadInput as error:
            last = self.answer.value.partition("<hr>")[2] or self.answer.value
            refused = f"<p role='alert'><b>{html.escape(str(error))}. The last result stays.</b></p>"
            self.answer.value = f"{refused}<hr>{last}"


def picture(live: Live, values: dict[str, float], start: str) -> str:
    """The headline and the charts of one position of the levers, as HTML. Raises BadInput if a value is refused."""
    shown = view(live, live.show(values, start))
    lines, charts = [shown["call"], shown["against"], shown["exhaustion"], *shown["sentences"]], shown["charts"]
    text = "".join(f"<p>{html.escape(line)}</p>" for line in lines)
    return f"<h3>{html.escape(shown['chance'])}</h3>{charts['contingency']}{text}{charts['lac']}{charts['cp']}"
