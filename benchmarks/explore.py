"""How fast the live page is in a real browser, and whether it ever hangs:  python -m benchmarks.explore

Slough, June 2011, 1,000 draws. A move is timed from the input event to the frame in which the new headline is drawn.
Then the page is loaded many times in a row; a load that takes more than 10 seconds counts as a hang.
    python -m benchmarks.explore --picture docs/explore.png     draws the page instead
"""

import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from forecast.case.home import find_home

DRAWS, SEED = 1000, 2011
MOVES, LOADS, HANG = 30, 200, 10.0
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LEVERS = (
    "levers.births",
    "levers.family_streams",
    "levers.lac_starts",
    "levers.cp_starts",
    "levers.lac_leaving_1_4",
    "levers.cp_leaving",
    "levers.placement_prices",
    "levers.contact_sessions",
    "levers.ramp",
    "budget.contingency",
)
PICTURE_SIZE = {"width": 1280, "height": 800}
SERVE = (
    "import sys; from pathlib import Path; from forecast.live.server import serve; "
    "serve(Path(sys.argv[1]), 'slough', '2011-06', int(sys.argv[2]), 2011, 0, False, "
    "lambda text: print(text, flush=True))"
)
# Marks each input and the frame drawn after the page has shown its answer.
WATCH = """
window.moves = []; let began = 0;
document.addEventListener('input', (event) => { began = event.timeStamp; }, true);
new MutationObserver(() => {
  const from = began;
  requestAnimationFrame(() => requestAnimationFrame(() => { moves.push(performance.now() - from); }));
}).observe(document.body, { attributes: true, attributeFilter: ['data-drawn'] });
"""


@contextmanager
def served(home: Path, draws: int = DRAWS) -> Iterator[str]:
    """The live page served by a process of its own, as the command serves it; gives its address."""
    command = [sys.executable, "-c", SERVE, str(home), str(draws)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        try:
            told = (line.partition("http://") for line in process.stdout)
            yield next(f"http://{rest.split()[0]}" for _, found, rest in told if found)
        finally:
            process.kill()


def find_browser() -> str | None:
    """A Chromium on this computer, or None."""
    return next((found for found in map(shutil.which, BROWSERS) if found), None)


@contextmanager
def opened_browser() -> Iterator:
    """Headless Chromium, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=find_browser(), args=FLAGS)
        yield browser
        browser.close()


def load(page, address: str, folded: bool = False) -> float:
    """Open the page and wait until it shows an answer, then unfold every lever; seconds."""
    began = time.perf_counter()
    page.goto(address, timeout=HANG * 1000)
    page.wait_for_selector("body[data-drawn]", timeout=HANG * 1000)
    seconds = time.perf_counter() - began
    if not folded:
        page.evaluate("document.getElementById('more').open = true")
    return seconds


def slider(key: str) -> str:
    """The selector of a lever's slider."""
    return f"#{key.replace('.', '-')}-slider"


def moves(page, count: int = MOVES) -> list[float]:
    """Milliseconds from each of `count` single steps of a slider, by keyboard, to the new headline; lever by lever."""
    page.evaluate(WATCH)
    for number in range(count):
        page.focus(slider(LEVERS[number % len(LEVERS)]))
        page.keyboard.press("ArrowRight")
        page.wait_for_function("(count) => moves.length >= count", arg=number + 1)
    return page.evaluate("moves")


def drag(page, key: str = LEVERS[2], steps: int = MOVES) -> tuple[int, float]:
    """Drag a slider by mouse: answers drawn on the way, and milliseconds from the last input to the last answer."""
    page.evaluate(WATCH)
    box = page.locator(slider(key)).bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    for step in range(steps):
        page.mouse.move(box["x"] + box["width"] * (0.5 - 0.3 * (step + 1) / steps), y)
        page.wait_for_timeout(33)
    page.mouse.up()
    page.wait_for_timeout(2000)
    drawn = page.evaluate("moves")
    return len(drawn), drawn[-1]


def quantile(times: list[float], at: float) -> float:
    """The smallest time that so large a share of them does not pass."""
    return sorted(times)[min(int(at * len(times)), len(times) - 1)]


def loads(page, address: str, count: int = LOADS) -> tuple[list[float], int]:
    """Seconds of each of many loads in a row, and how many hung."""
    times, hangs = [], 0
    for _ in range(count):
        try:
            times.append(load(page, address))
        except Exception as error:
            if type(error).__name__ != "TimeoutError":
                raise
            hangs += 1
    return times, hangs


def picture(page, address: str, path: Path) -> None:
    """The first screen, as it opens, with one of the levers that matter most moved, as a picture."""
    page.set_viewport_size(PICTURE_SIZE)
    load(page, address, folded=True)
    page.focus("input[type=range]:visible")
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(2000)
    page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    page.screenshot(path=str(path))


def report(page, address: str) -> None:
    """Print every figure."""
    load(page, address)
    times = moves(page)
    print(
        f"{len(times)} moves: median {statistics.median(times):.0f} ms, "
        f"95th percentile {quantile(times, 0.95):.0f} ms, longest {max(times):.0f} ms"
    )
    for place, key in enumerate(LEVERS):
        print(f"    {key:26s} {', '.join(f'{one:.0f}' for one in times[place :: len(LEVERS)])} ms")
    load(page, address)
    drawn, last = drag(page)
    print(
        f"drag of {MOVES} steps in a second: {drawn} answers drawn on the way, "
        f"the last {last:.0f} ms after the last input"
    )
    times, hangs = loads(page, address)
    print(
        f"{LOADS} loads: {hangs} hangs; median {statistics.median(times) * 1000:.0f} ms, "
        f"longest {max(times) * 1000:.0f} ms"
    )


def main() -> None:
    with served(find_home()) as address, opened_browser() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        if "--picture" in sys.argv:
            picture(page, address, Path(sys.argv[sys.argv.index("--picture") + 1]))
        else:
            report(page, address)


if __name__ == "__main__":
    main()
