"""Draw anew what docs/ shows of the reference run: terminal, answer page, paper, workbook, live page. Look at each.

python tests/pictures.py [RUNS]     needs Chromium, LibreOffice and poppler; RUNS is a folder that holds the run already
"""

import html
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import explore  # noqa: E402
from conftest import HOME, run_reference  # noqa: E402
from forecast.case import list_scenarios, load_scenarios  # noqa: E402
from forecast.case.workbook import write_template  # noqa: E402
from forecast.runs.home import Home  # noqa: E402
from forecast.runs.publication import write_paper  # noqa: E402

DOCS, CASE = HOME / "docs", ("slough", "2011-06")
A4, PHONE, TERMINAL = (794, 1123), (390, 844), (760, 400)  # CSS pixels
PAGE_DPI = "70"
CORNER = ("-x", "120", "-y", "140", "-W", "2200", "-H", "900")  # of the sheet of assumptions, so that it reads
ASSUMPTIONS = "births_growth"  # stands on the first page of the assumptions
SCREEN = "<pre style='margin:12px;font:14px/1.35 DejaVu Sans Mono;background:#fff'>{}</pre>"


def shot(browser, address: str, size: tuple[int, int], name: str, **more) -> None:
    """One page at one size, in docs."""
    page = browser.new_page(viewport=dict(zip(("width", "height"), size, strict=True)))
    page.goto(address)
    page.screenshot(path=DOCS / f"{name}.png", **more)


def of_pdf(pdf: Path, name: str, *which: str, dpi: str = PAGE_DPI) -> None:
    """Pages of a PDF as pictures, in docs."""
    subprocess.run(["pdftoppm", "-png", "-r", dpi, *which, pdf, DOCS / name], check=True)


def main(runs: Path, folder: Path) -> None:
    run = runs.joinpath(*CASE)
    said = folder / "terminal.html"
    said.write_text(SCREEN.format(html.escape((run / "answer.txt").read_text(encoding="utf-8"))), encoding="utf-8")
    with explore.opened_browser() as browser:
        shot(browser, said.as_uri(), TERMINAL, "terminal", full_page=True)
        shot(browser, (run / "answer.html").as_uri(), A4, "answer", full_page=True)
        shot(browser, (run / "answer.html").as_uri(), PHONE, "answer-phone", full_page=True)
        for part in ("params", "data"):
            (folder / part).symlink_to(HOME / part)
        (folder / "runs").symlink_to(runs)
        with explore.served(folder) as address:
            explore.picture(browser.new_page(), address, DOCS / "explore.png")
    for old in DOCS.glob("paper-*.png"):
        old.unlink()
    write_paper(Home(HOME / "params", HOME / "data", runs, HOME / "notebooks"), *CASE, folder / "paper", print)
    of_pdf(folder / "paper" / "slough-2011-06.pdf", "paper")
    write_template(folder / "book.xlsx", load_scenarios(HOME / "params", *CASE, list_scenarios(HOME / "params")))
    subprocess.run(
        ["soffice", "--headless", "--convert-to", "pdf", "--outdir", folder, folder / "book.xlsx"], check=True
    )
    text = subprocess.run(["pdftotext", folder / "book.pdf", "-"], capture_output=True, text=True, check=True).stdout
    sheet = str(next(number for number, page in enumerate(text.split("\f"), 1) if ASSUMPTIONS in page))
    of_pdf(folder / "book.pdf", "workbook", "-f", sheet, "-l", sheet, "-singlefile", *CORNER, dpi="220")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        runs = Path(sys.argv[1]) if sys.argv[1:] else Path(made) / "runs"
        if not sys.argv[1:]:
            run_reference(runs)
        main(runs, Path(made))
