"""Commands of the monthly cycle: refresh, replay. `cli` adds them to its own."""

import logging
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from forecast.case.home import find_home
from forecast.cli.history import tell

DRAWS, SEED = 10_000, 2011
LOG = "refresh.log"

draws_option = click.option(
    "--draws", default=DRAWS, show_default=True, type=click.IntRange(100, 1_000_000), help="Futures drawn."
)
seed_option = click.option(
    "--seed", default=SEED, show_default=True, type=click.IntRange(0), help="The same seed gives the same draws."
)
threads_option = click.option(
    "--threads", default=2, show_default=True, type=click.IntRange(1, 64), help="Changes the time, never the numbers."
)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@draws_option
@seed_option
@threads_option
@click.option(
    "--runs",
    "runs_folder",
    type=click.Path(path_type=Path),
    help="Where run folders go (default: runs in the project).",
)
@click.option("--notebooks/--no-notebooks", default=True, show_default=True, help="Run the notebooks too.")
@click.option("--quiet", is_flag=True, help="No progress: for schedulers. The log has it.")
@click.pass_context
def refresh(ctx, folder, draws, seed, threads, runs_folder, notebooks, quiet) -> None:
    """Read what has arrived in a council's FOLDER, run every scenario, and tell what moved and why.

    Ends with 0 if done or nothing to do, 1 failed, 2 an arrival is not as expected, 3 another refresh is under way, 4 done,
    and a person must look at something. Whatever is wrong, the last answer stands.
    """
    from forecast.runs.refresh.door import refresh_council

    say = _progress(folder, quiet)
    try:
        done = refresh_council(
            _home(runs_folder),
            folder,
            draws,
            seed,
            threads,
            datetime.now(UTC).isoformat(timespec="seconds"),
            say,
            notebooks,
        )
    except Exception as error:
        say(f"stopped: {error}" if hasattr(error, "exit_code") else f"failed: {type(error).__name__}")
        raise
    say(f"ended with {done.code}")
    for line in done.lines:
        tell(line)
    if done.folder is not None:
        tell(
            f"\nEverything is in {done.folder.parent.parent.name}/{done.folder.parent.name}/{done.folder.name}: summary.html, answer.txt, tables, charts."
        )
    ctx.exit(done.code)


@click.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("folder", type=click.Path(path_type=Path))
@draws_option
@seed_option
@threads_option
@click.option("--notebooks/--no-notebooks", default=False, show_default=True, help="Run the notebooks too.")
def replay(source, folder, draws, seed, threads, notebooks) -> None:
    """Refresh a new FOLDER with every delivery of SOURCE (such as data/example/months), month by month."""
    from forecast.runs.refresh.replay import replay as months
    from forecast.runs.refresh.replay import within

    began = last = time.monotonic()
    for month, done in months(
        within(_home(None), folder), source, folder, draws, seed, threads, _progress(None, False), notebooks
    ):
        tell(f"--- delivery of {month}: ended with {done.code}, {time.monotonic() - last:.0f} s ---")
        for line in done.lines:
            tell(line)
        tell()
        last = time.monotonic()
    tell(f"Took {time.monotonic() - began:.0f} seconds. Runs are in {folder.name}/runs.")


def _home(runs_folder: Path | None):
    from forecast.runs.pipeline import Home

    home = find_home()
    return Home(home / "params", home / "data", runs_folder or home / "runs", home / "notebooks")


def _progress(folder: Path | None, quiet: bool):
    """Tells each step to a person who watches, and to the log of the council folder, with the time."""
    began, log = time.monotonic(), _log(folder)

    def say(step: str) -> None:
        if log is not None:
            log.info(step)
        if not quiet and sys.stderr.isatty():
            click.echo(f"[{time.monotonic() - began:5.1f} s] {step}", err=True)

    return say


def _log(folder: Path | None) -> logging.Logger | None:
    """The log of a council folder; none where it cannot be written, for the refresh itself then says why."""
    if folder is None:
        return None
    log = logging.getLogger(f"forecast.refresh.{folder}")
    log.setLevel(logging.INFO)
    log.propagate = False
    if not log.handlers:
        try:
            handler = logging.FileHandler(folder / LOG, encoding="utf-8")
        except OSError:
            return None
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%dT%H:%M:%S%z"))
        log.addHandler(handler)
    return log
