"""The command that writes the committee paper of a published run: report."""

from datetime import date

import click

from forecast.cli import options
from forecast.cli.options import PATH, short, tell


@click.command()
@options.council_option("runs")
@options.month_option("The run's month, such as 2011-06.")
@click.option("--out", type=PATH, help="Where the files go (default: reports/COUNCIL/MONTH in the project).")
@click.option(
    "--as-of", "as_of", help="The day the paper is read for, such as 2011-06-09 (default: the day of its meeting)."
)
@click.option(
    "--public",
    is_flag=True,
    help="Through disclosure control, for anybody to read. Without it every page says private.",
)
@click.option("--template", type=PATH, help="The council's own Word template, .docx or .dotx.")
@click.option("--previous", help="The month of an earlier run: the workbook then shows the movement since.")
@options.runs_option()
def report(council, month, out, as_of, public, template, previous, runs_folder) -> None:
    """Write the committee paper of a published run: Word, page, PDF, workbook, and blocks to paste.

    The words stand in params/papers/scrutiny.md, meetings in params/report.yaml; every figure comes from the run, and
    is read back from the finished files before they are kept.
    """
    from forecast.runs.publication import write_paper

    home, say = options.project(runs_folder), options.Progress(quiet=not options.watched())
    folder = out or home.params.parent / "reports" / council / month
    made = write_paper(home, council, month, folder, say, _day(as_of), public, template, previous)
    papers = [path.name for path in made if path.parent == folder]
    tell(
        f"{short(folder)} holds {', '.join(papers)} and, in blocks, {len(made) - len(papers)} files to paste. "
        f"Each says {'public' if public else 'private'}."
    )
    tell(f"Every figure was read back from the Word file and the page. Took {say.seconds:.0f} seconds.")


def _day(text: str | None) -> date | None:
    from forecast.case.errors import BadInput

    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"--as-of is {text!r}; expected a day such as 2011-06-09") from None
