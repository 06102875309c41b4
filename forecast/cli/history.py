"""Commands on published runs: history, diff, retain."""

import json
import logging
import re
from datetime import UTC, datetime
from pathlib import Path

import click

from forecast.cli import options
from forecast.cli.options import (
    FOLDER,
    PATH,
    Progress,
    council_option,
    find_home,
    json_option,
    project,
    runs_option,
    tell,
    tell_json,
    watched,
)

GROUPS = {
    "lac": "Looked-after children",
    "cp": "Child protection plans",
    "uasc": "Unaccompanied asylum-seeking children",
}
COUNT_COLUMNS = ["group", "month", "count"]
MONTH = re.compile("[0-9]{4}-(0[1-9]|1[0-2])")
MOST_LINES = 12  # of one subject of a comparison; --json has them all


def _caught_up(runs_folder: Path | None, council: str) -> Path:
    """The folder of runs, once the figures of every published one are in the history."""
    from forecast.runs import history

    folder = runs_folder or find_home() / "runs"
    history.catch_up(folder, council)
    return folder


def _print(lines: list[str], tables: dict, as_json: bool) -> None:
    """The lines or, for machines, every table as a list of rows; what is missing is null."""
    if as_json:
        tell_json({name: json.loads(t.to_json(orient="records", double_precision=15)) for name, t in tables.items()})
        return
    for line in lines:
        tell(line)


@click.command()
@council_option("runs")
@runs_option()
@click.option("--scenario", default="central", help="The scenario of each run.")
@click.option(
    "--came", type=PATH, help="What came: CSV of group (lac or cp), month, count; shows how right the runs were."
)
@json_option
def history(council, runs_folder, scenario, came, as_json) -> None:
    """Every published run, a line each: chance, expected call, children; with --came, forecasts beside what came."""
    from forecast.runs import history
    from forecast.runs.toolkit import rows_of

    folder = _caught_up(runs_folder, council)
    tables = {"runs": history.history(folder, council, scenario)}
    if came:
        beside = history.against_what_came(history.vintages(folder, council, scenario), read_counts(came))
        tables |= {"by_horizon": history.by_horizon(beside), "tracking": history.tracking(beside), "beside": beside}
    _print(options.page("history", groups=GROUPS, **{name: rows_of(t) for name, t in tables.items()}), tables, as_json)


def read_counts(path: Path):
    """Counts at month ends: group, month, count. Raises BadInput naming file, line and column."""
    import pandas as pd

    from forecast.case.errors import BadInput

    if not path.is_file():
        raise BadInput(f"{path.name} is not there; give a CSV with the columns {', '.join(COUNT_COLUMNS)}")
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    if list(table.columns) != COUNT_COLUMNS:
        raise BadInput(f"{path.name}, line 1: expected the columns {', '.join(COUNT_COLUMNS)}, in this order")
    for line, row in enumerate(table.itertuples(index=False), start=2):
        if row.group not in GROUPS:
            raise BadInput(f"{path.name}, line {line}, group: {row.group!r}; expected {', '.join(GROUPS)}")
        if not MONTH.fullmatch(row.month):
            raise BadInput(f"{path.name}, line {line}, month: {row.month!r} is not a month such as 2011-05")
        if not (row.count.isascii() and row.count.isdigit()):
            raise BadInput(f"{path.name}, line {line}, count: {row.count!r}; expected a whole number, 0 or more")
    return table.astype({"count": float})


@click.command()
@click.argument("before")
@click.argument("after")
@council_option("runs")
@runs_option()
@json_option
def diff(before, after, council, runs_folder, as_json) -> None:
    """What changed from run BEFORE to run AFTER (a month such as 2011-06, or a run's name from `history`)."""
    from forecast.runs import history

    folder = _caught_up(runs_folder, council)
    names = [history.find(folder, council, run) for run in (before, after)]
    tables = history.difference(folder, council, *names)
    _print(difference_lines(*names, tables), tables, as_json)


def difference_lines(before: str, after: str, tables: dict) -> list[str]:
    """A comparison in plain words."""
    from forecast.case.lines import LINES

    of_call = {(row.figure, row.at): row for row in tables["contingency"].itertuples()}
    costs = tables["cost"].sort_values("change", key=lambda change: -change.abs(), kind="stable")
    rows = tables | {"costs": costs[costs["change"] != 0]}
    of_call = {"chance": of_call["chance_holds", ""], "call": of_call["call", ""], "enough": of_call["enough", "80"]}
    shown = {name: table.to_dict("records") for name, table in rows.items()} | of_call
    return options.page("difference", before=before, after=after, most=MOST_LINES, names=LINES, groups=GROUPS, **shown)


@click.command()
@council_option("runs")
@runs_option()
@click.option("--months", default=13, type=click.IntRange(1), help="How many of the last months stay.")
@click.option("--keep", multiple=True, help="A run folder that stays whatever its month; may be repeated.")
@click.option("--delete", "really", is_flag=True, help="Delete what may go. Without it, only the list is printed.")
@json_option
def retain(council, runs_folder, months, keep, really, as_json) -> None:
    """Which full run folders stay and which may go; key figures of every run stay for ever."""
    from forecast.case.home import typed
    from forecast.runs import history

    folder = _caught_up(runs_folder, council)
    listed = history.retain(folder, council, months, keep)
    lines = [
        f"{row.month:24s} {row.bytes / 1e6:6.1f} MB  {'stays' if row.stays else 'may go'}: {row.why}"
        for row in listed.itertuples()
    ]
    _print(lines or ["No run has been published yet."], {"folders": listed}, as_json)
    if really:
        gone = history.delete(folder, council, listed, datetime.now(UTC).isoformat(timespec="seconds"))
        tell(f"Deleted: {', '.join(gone) or 'nothing'}.", err=as_json)
    elif not as_json and not listed["stays"].all():
        again = typed(f"retain --council {council} --months {months} --delete")
        tell(f"Nothing was deleted. To delete what may go: {again}")


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
    from forecast.runs.refresh import io as room

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
