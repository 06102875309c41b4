"""The command that writes the committee paper of a published run. `cli` adds it to its own."""

import sys
import time
from datetime import date
from pathlib import Path

import click

from forecast.case.errors import BadInput
from forecast.case.home import find_home
from forecast.cli.history import council_option, runs_option, tell

MONTH = "2011-06"


@click.command()
@council_option
@click.option("--month", default=MONTH, show_default=True, help="The run's month, such as 2011-06.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Where the files go (default: reports/COUNCIL/MONTH in the project)."
)
@click.option(
    "--as-of", "as_of", help="The day the paper is read for, such as 2011-06-09 (default: the day of its meeting)."
)
@click.option(
    "--public",
    is_flag=True,
    help="Through disclosure control, for anybody to read. Without it every page says private.",
)
@click.option("--template", type=click.Path(path_type=Path), help="The council's own Word template, .docx or .dotx.")
@click.option("--previous", help="The month of an earlier run: the workbook then shows the movement since.")
@runs_option
def report(council, month, out, as_of, public, template, previous, runs_folder) -> None:
    """Write the committee paper of a published run: Word, page, PDF, workbook, and blocks to paste.

    The words stand in params/papers/scrutiny.md, meetings in params/report.yaml; every figure comes from the run, and
    is read back from the finished files before they are kept.
    """
    from forecast.runs.pipeline import Home
    from forecast.runs.publication import Wanted, write_paper

    began, home = time.monotonic(), find_home()
    where = Home(home / "params", home / "data", runs_folder or home / "runs", home / "notebooks")

    def say(step: str) -> None:
        if sys.stderr.isatty():
            click.echo(f"[{time.monotonic() - began:5.1f} s] {step}", err=True)

    folder = out or home / "reports" / council / month
    made = write_paper(where, council, month, folder, Wanted(_day(as_of), public, template, previous), say)
    papers = [path.name for path in made if path.parent == folder]
    tell(
        f"{_short(folder)} holds {', '.join(papers)} and, in blocks, {len(made) - len(papers)} files to paste. Each says {'public' if public else 'private'}."
    )
    tell(f"Every figure was read back from the Word file and the page. Took {time.monotonic() - began:.0f} seconds.")


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"--as-of is {text!r}; expected a day such as 2011-06-09") from None


def _short(path: Path) -> str:
    try:
        return path.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return path.as_posix()
