"""The committee paper of a published run and its quality log on disk: Word, page, PDF; workbook; blocks to paste.

Everything is written beside the place first and read back; only where every figure in the finished files is the run's,
and a screen reader would find its way, do the files replace those of last time.
"""

import json
import os
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd

from forecast.case.errors import BadInput
from forecast.report import figures
from forecast.report.disclosure.figures import read_release, rule_in, write_release
from forecast.report.model import PRIVATE, PUBLIC, Report
from forecast.report.notebook import Run
from forecast.report.paper import public_report, scrutiny_report
from forecast.report.paper.gate import cleared_for_all, sheet_of
from forecast.report.paper.gather import gathered
from forecast.report.paper.settings import meeting, read_settings
from forecast.report.render import check
from forecast.report.render.blocks import write_blocks
from forecast.report.render.files import put
from forecast.report.render.html import to_html
from forecast.report.render.pdf import to_pdf
from forecast.report.render.word import to_word
from forecast.report.workbook import write_workbook
from forecast.runs import folders, score
from forecast.runs.home import Home

RELEASES, BLOCKS = "releases", "blocks"


def write_paper(
    home: Home,
    council: str,
    month: str,
    out: Path,
    say: Callable[[str], None],
    as_of: date | None = None,
    public: bool = False,
    template: Path | None = None,
    previous: str | None = None,
) -> list[Path]:
    """Write the paper of a published run into `out`; returns the files.

    as_of     the day the paper is read for; None for the day of its meeting
    public    through disclosure control, to be read by anybody
    template  the council's own Word template, or None
    previous  the month of an earlier run, for the workbook's movement since then
    Raises BadInput where there is no such run or meeting, the paper may not be public, or what was written does not
    read back.
    """
    folder, settings = _folder(home, council, month), read_settings(home.params)
    before = None if previous is None else _folder(home, council, previous)
    as_of = as_of or meeting(settings, f"{council}/{month}").date
    say("gathering what the paper tells")
    run = Run(folder, json.loads((folder / "answer.json").read_text(encoding="utf-8")))
    scores = score.of_run(run) if run.answer["outturns"] else None
    known = gathered(run, as_of, home.params.parent, folders.run_id(folder) or "", scores)
    if public:
        say("disclosure control")
    released = None
    if public:  # in view of the releases of earlier months
        paths = [path for path in sorted((home.runs / council / RELEASES).glob("*.json")) if path.stem < month]
        earlier = [read_release(path.read_text(encoding="utf-8"), path.name) for path in paths]
        hidden = {key for release in earlier for key in release.hidden}
        revised = sorted(hidden & _revised(home.runs / council, known, [path.stem for path in paths]))
        rule = rule_in(known.table("assumptions"))
        released = cleared_for_all(known, rule, earlier, known.context["name"], revised)
    hidden, notes = (frozenset(released.hidden), released.notes) if released else (frozenset(), ())
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as place:
        staging = Path(place)
        for name, quality in ((f"{council}-{month}", False), (f"{council}-{month}-quality", True)):
            if released is None:
                report = scrutiny_report(known, settings, quality=quality)
            else:
                report = public_report(known, settings, released, quality=quality)
            made = {end: staging / f"{name}.{end}" for end in ("docx", "html", "pdf")}
            say("the quality log" if quality else "the paper: Word, page for a browser, PDF, and blocks to paste")
            to_word(report, made["docx"], template)
            to_html(report, made["html"])
            to_pdf(report, made["pdf"])
            if not quality:
                write_blocks(report, staging / BLOCKS)
            _read_back(report, known, [*meeting(settings, known.context["case"]).background_papers, *notes], made)
        say("workbook")
        marking = PUBLIC if public else PRIVATE
        write_workbook(folder, staging / f"{council}-{month}.xlsx", as_of, marking, before, hidden)
        files = _keep(staging, out)
    if released is not None:
        record = home.runs / council / RELEASES / f"{month}.json"  # private: what was hidden, and why
        put(record, write_release(released).encode("utf-8"))
    return files


def _folder(home: Home, council: str, month: str) -> Path:
    folder = folders.settled(home.runs / council, month)
    if not (folder / "answer.json").is_file():
        raise BadInput(
            f"there is no run of {council}, {month}, to write about. "
            f"Make it first: forecast run --council {council} --month {month}"
        )
    return folders.as_published(folder)


def _read_back(report: Report, known: figures.RunInContext, names: list[str], made: dict[str, Path]) -> None:
    """Raises BadInput where a finished file says what the run does not, or a screen reader would lose its way in it."""
    texts = {
        "Word": check.words_in_word(made["docx"]).split("\n"),
        "page": check.words_in_html(made["html"]).split("\n"),
    }
    found = [*figures.unsourced(report, names), *figures.wrong(report, known, texts)]
    found += [f"Word: {fault}" for fault in check.faults(check.found_in_word(made["docx"]))]
    found += [f"page: {fault}" for fault in check.faults(check.found_in_html(made["html"]))]
    if found:
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        raise BadInput(
            f"the paper was not written, because it does not read back as the run: {found[0]}{more}. "
            "Make the run again; if it says so again, send this message to who keeps the program."
        )


def _keep(staging: Path, out: Path) -> list[Path]:
    """The files in their places; blocks of last time that are no more are removed.

    Raises BadInput if one cannot be replaced, as where Word or Excel has it open; then none is.
    """
    names = sorted(path.relative_to(staging) for path in staging.rglob("*") if path.is_file())
    for path in (out / name for name in names if (out / name).exists()):
        try:
            with path.open("r+b"):
                os.utime(path)
        except OSError as fault:
            raise BadInput(
                f"{path.name} cannot be replaced ({fault.strerror}). "
                "If it is open in another program, close it there and try again."
            ) from None
    for path in (out / BLOCKS).glob("*"):
        if path.relative_to(out) not in names:
            path.unlink()
    for name in names:
        put(out / name, (staging / name).read_bytes())
    return [out / name for name in names]


def _revised(runs: Path, known: figures.RunInContext, months: list[str]) -> set[str]:
    """Counts that were others when an earlier month was released, as far as that month's run is still there."""
    now = {cell.key: cell.value for cell in sheet_of(known).cells if cell.value is not None}
    found = set()
    for month in months:
        folder = folders.settled(runs, month)
        there = folder.is_dir()
        path = folders.as_published(folder) / "tables" / "history.parquet" if there else folder
        rows = pd.read_parquet(path).to_dict("records") if there else []
        for row in rows:
            key, value = f"{row['measure']} {row['period']}", str(row["value"])
            own = row["area"] == known.context["area"] and row["breakdown"] == "all"
            if own and key in now and value.isdecimal() and float(value) != now[key]:
                found.add(key)
    return found
