"""Commands of the monthly cycle: refresh, replay."""

import logging
from datetime import UTC, datetime
from pathlib import Path

import click

from forecast.cli import options
from forecast.cli.options import FOLDER, PATH, Progress, project, tell, watched

LOG = "refresh.log"


@click.command()
@click.argument("folder", type=FOLDER)
@options.run_options
@options.runs_option("go")
@options.notebooks_option()
@click.option("--quiet", is_flag=True, help="No progress: for schedulers. The log has it.")
@click.pass_context
def refresh(ctx, folder, runs_folder, quiet, **settings) -> None:
    """Read what has arrived in a council's FOLDER, run every scenario, and tell what moved and why.

    Ends with 0 if done or nothing to do, 1 failed, 2 an arrival is not as expected, 3 another refresh is under way,
    4 done, and a person must look at something. Whatever is wrong, the last answer stands.
    """
    from forecast.runs.home import Settings
    from forecast.runs.refresh.io import refresh_council

    say, at = _logged(folder, quiet), datetime.now(UTC).isoformat(timespec="seconds")
    try:
        done = refresh_council(project(runs_folder), folder, Settings(**settings), at, say)
    except Exception as error:
        say(f"stopped: {error}" if hasattr(error, "exit_code") else f"failed: {type(error).__name__}")
        raise
    say(f"ended with {done.code}")
    for line in done.lines:
        tell(line)
    if done.folder is not None:
        tell(f"\nEverything is in {'/'.join(done.folder.parts[-3:])}: summary.html, answer.txt, tables, charts.")
    ctx.exit(done.code)


@click.command()
@click.argument("source", type=FOLDER)
@click.argument("folder", type=PATH)
@options.run_options
@options.notebooks_option(default=False)
def replay(source, folder, **settings) -> None:
    """Refresh a new FOLDER with every delivery of SOURCE (such as data/example/months), month by month."""
    from forecast.runs.home import Settings
    from forecast.runs.refresh import replay as room

    say, month_before = Progress(quiet=not watched()), 0.0
    for month, done in room.replay(project(folder / "runs"), source, folder, Settings(**settings), say):
        tell(f"--- delivery of {month}: ended with {done.code}, {say.seconds - month_before:.0f} s ---")
        for line in [*done.lines, ""]:
            tell(line)
        month_before = say.seconds
    tell(f"Took {say.seconds:.0f} seconds. Runs are in {folder.name}/runs.")


def _logged(folder: Path, quiet: bool):
    """Tells each step to a person who watches, and to the log of the council folder, with the time.

    A log that cannot be written is left out, for the refresh itself then says why.
    """
    say, log = Progress(quiet or not watched()), logging.getLogger(f"forecast.refresh.{folder}")
    log.setLevel(logging.INFO)
    log.propagate = False
    if not log.handlers:
        try:
            handler = logging.FileHandler(folder / LOG, encoding="utf-8")
        except OSError:
            return say
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%S%z"))
        log.addHandler(handler)

    def tell_both(step: str) -> None:
        log.info(step)
        say(step)

    return tell_both
