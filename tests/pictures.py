"""Draw anew what docs/ shows of the reference run: terminal, answer page, paper, workbook, live page. Look at each.

python tests/pictures.py [RUNS]     needs Chromium, LibreOffice and poppler; RUNS is a folder that holds the run already
python tests/pictures.py --guide DOWNLOADS      those of the guide for another council, from real official downloads
"""

import html
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from click.testing import CliRunner  # noqa: E402

from benchmarks import explore  # noqa: E402
from conftest import HOME, run_reference  # noqa: E402
from forecast.case import list_scenarios, load_scenarios  # noqa: E402
from forecast.case.workbook import write_template  # noqa: E402
from forecast.cli.commands import main as command  # noqa: E402
from forecast.runs.home import Home  # noqa: E402
from forecast.runs.publication import write_paper  # noqa: E402

DOCS, CASE = HOME / "docs", ("slough", "2011-06")
ANOTHER = "838"  # whose first answer the guide shows
SEEN = 24  # lines of a long list that its picture shows
A4, PHONE, TERMINAL = (794, 1123), (390, 844), (760, 400)  # CSS pixels
PAGE_DPI = "70"
CORNER = ("-x", "120", "-y", "140", "-W", "2200", "-H", "900")  # of the sheet of assumptions, so that it reads
ASSUMPTIONS = "births_growth"  # stands on the first page of the assumptions
SCREEN = "<pre style='margin:12px;white-space:pre-wrap;overflow-wrap:anywhere;font:14px/1.35 DejaVu Sans Mono;background:#fff'>{}</pre>"


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


def guide(downloads: Path, folder: Path) -> None:
    """What an officer of another council sees, step by step, in docs/guides."""
    for part in ("params", "data", "notebooks"):
        shutil.copytree(HOME / part, folder / part)
    os.chdir(folder)
    council = ["--council", ANOTHER]
    steps = (["new", ANOTHER, "--from", str(downloads)], ["check", *council], ["run", *council], ["next", ANOTHER])
    with explore.opened_browser() as browser:
        for words in steps:
            name, done = words[0], CliRunner().invoke(command, words, prog_name="forecast")
            typed = f"forecast {' '.join(words)}".replace(str(downloads), "FOLDER")
            assert done.exit_code == 0, done.output
            lines = done.output.replace(str(downloads), "FOLDER").replace(str(folder), ".").splitlines()
            said = "\n".join([*lines[:SEEN], "..."] if len(lines) > SEEN and name == "check" else lines)
            page = folder / f"{name}.html"
            page.write_text(SCREEN.format(html.escape(f"> {typed}\n{said}")), encoding="utf-8")
            shot(browser, page.as_uri(), TERMINAL, f"guides/{name}", full_page=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        if sys.argv[1:2] == ["--guide"]:
            guide(Path(sys.argv[2]).resolve(), Path(made))
        else:
            runs = Path(sys.argv[1]) if sys.argv[1:] else Path(made) / "runs"
            if not sys.argv[1:]:
                run_reference(runs)
            main(runs, Path(made))
