"""Commands on a case: run, check, list, explore, lab."""

import os
import subprocess
import sys
import webbrowser
from datetime import date

import click

from forecast.cli import options
from forecast.cli.options import (
    PATH,
    Progress,
    case_options,
    draws_option,
    find_home,
    project,
    seed_option,
    short,
    tell,
)


@click.command()
@click.argument("workbook", required=False, type=PATH)
@case_options
@click.option(
    "--scenario", "scenarios", multiple=True, help="Only this scenario beside the central one; may be repeated."
)
@options.run_options
@options.runs_option("go")
@options.notebooks_option()
@click.option("--open", "opened", is_flag=True, help="Open the answer in the browser at the end.")
def run(workbook, council, month, scenarios, runs_folder, opened, **settings) -> None:
    """Run a case: every scenario, the tables, the charts and the notebooks; ends with the answer.

    Give a WORKBOOK (a filled one from `forecast template`) to run its assumptions instead; it says which case it is.
    """
    from forecast.case.wording import named
    from forecast.model.cases import open_case, open_workbook
    from forecast.report import words
    from forecast.runs.home import Settings
    from forecast.runs.pipeline import More, run_name, run_open
    from forecast.runs.since import changed_since
    from forecast.runs.steps import Steps

    home, say = project(runs_folder), options.Progress()
    say("checking assumptions and data")
    if workbook:
        case = open_workbook(home.params, home.data, workbook)
    else:
        case = open_case(home.params, home.data, council, month)
    for name in scenarios:
        named(case.scenarios, name)
    changed = [] if workbook else changed_since(home, case)
    more = More(steps=None if workbook else Steps.of(home), scenarios=scenarios, workbook=workbook)
    answer = run_open(home, case, Settings(**settings), say, more)
    folder = home.runs / answer["council"] / run_name(answer["month"], workbook)
    for line in ["", *words.page(answer), "", *changed, *([""] if changed else [])]:
        tell(line)
    tell(f"Everything is in {options.short(folder)}: answer.html, answer.txt, answer.json, tables, charts, notebooks.")
    if opened:
        webbrowser.open((folder / "answer.html").resolve().as_uri())
    tell(f"Took {say.seconds:.0f} seconds.")


@click.command()
@case_options
def check(council, month) -> None:
    """Check assumptions and data; run nothing."""
    from forecast.case import overdue, red
    from forecast.model.cases import open_case
    from forecast.model.ownership import unusual_figures
    from forecast.runs.since import changed_since

    home = find_home()
    case = open_case(home / "params", home / "data", council, month)
    central = case.central
    tell(central.case.title)
    parts = f"{len(central.keys())} assumptions, {len(case.scenarios)} scenarios and {len(case.tables)} tables"
    tell(f"{parts} hold together.")
    if late := overdue(central, date.today()):
        tell(f"{len(late)} assumptions are past their review date: {', '.join(late)}")
    for line in [*unusual_figures(case, home / "params", home / "data"), *changed_since(project(), case)]:
        tell(line[:1].upper() + line[1:])
    open_ends = case.history.not_closing(central.case.area)
    for line in open_ends[-3:]:
        tell(f"Published figures that do not close: {line}.")
    if len(open_ends) > 3:
        tell(f"    and {len(open_ends) - 3} earlier ones.")
    unsourced = red(central)
    tell(f"{len(unsourced)} assumptions are red, without a source:")
    for key in unsourced:
        tell(f"    {central.catalogue.items[key].description} ({key})")
    _tell_whose(home, case)


def _tell_whose(home, case) -> None:
    """Say which figures are not the council's own yet."""
    from forecast.case import not_yours, others
    from forecast.case.home import typed
    from forecast.model.ownership import copied_tables
    from forecast.sources.official.places import read_places, spoken_names

    central, names = case.central, spoken_names(read_places(home / "data"))
    found = not_yours(central, others(home / "params", central.case.council), names)
    tables = copied_tables(case, home / "data")
    own = [key for key, item in central.catalogue.nature.items() if item.found]
    if central.case.la_code is None:
        tell(
            "The case names no official code: add la_code and ons_code under case, by which its tables are told apart."
        )
    for said in tables:
        tell(f"Not yet yours: {said}.")
    tell(f"Not yet yours, {len(found)} of the {len(own)} figures that are a council's own:")
    for key, why in found:
        tell(f"    {central.catalogue.items[key].description}: {why} ({key})")
    if found:
        tell("Those that matter most, and where they are found: " + typed(f"next {central.case.council}"))


@click.command("list")
def list_() -> None:
    """List the cases and scenarios held."""
    from forecast.case import list_cases, list_scenarios, load_scenarios
    from forecast.case.home import typed

    params = find_home() / "params"
    cases = list_cases(params)
    for council, month, title in cases:
        tell(f"{council} {month}  {title}")
        tell("    " + typed(f"run --council {council} --month {month}"))
    council, month, _ = cases[0]
    for slug, a in load_scenarios(params, council, month, list_scenarios(params)).items():
        tell(f"{slug:20s} {a.scenario.name}: {a.scenario.reason}")


@click.command()
@case_options
@draws_option(options.FEWER_DRAWS)
@seed_option
@click.option(
    "--port",
    default=0,
    show_default=False,
    type=click.IntRange(0, 65535),
    help="The port on this machine (default: any that is free).",
)
@click.option("--browser/--no-browser", default=True, help="Open the page in the browser.")
def explore(council, month, draws, seed, port, browser) -> None:
    """Open the live page: move levers, see what they do to the contingency, save a scenario."""
    from forecast.live.server import serve

    serve(find_home(), council, month, draws, seed, port, browser, tell)


@click.command()
def lab() -> None:
    """Open JupyterLab on the notebooks."""
    raise SystemExit(subprocess.call([sys.executable, "-m", "jupyterlab", "--notebook-dir", str(find_home())]))


@click.command()
@click.argument("councils", nargs=-1, metavar="[COUNCIL...]")
@click.option("--all", "everything", is_flag=True, help="Every council and month held in params.")
@click.option("--month", "months", multiple=True, help="Only this month; may be repeated.")
@click.option(
    "--scenario", "scenarios", multiple=True, help="Only this scenario beside the central one; may be repeated."
)
@options.draws_option(options.FEWER_DRAWS)
@options.seed_option
@click.option("--workers", default=os.cpu_count() or 1, type=click.IntRange(1, 256), help="Processes on this machine.")
@click.option("--cluster", help="Address of a Dask scheduler, such as tcp://host:8786, which then does the work.")
@click.option("--out", type=PATH, help="The folder of the Parquet files (default: runs/sweep in the project).")
def sweep(councils, everything, months, scenarios, draws, seed, workers, cluster, out) -> None:
    """Run many councils, each with every scenario, into one Parquet dataset; the same command again goes on."""
    from forecast.case.errors import BadInput
    from forecast.runs.sweep import Asked
    from forecast.runs.sweep import sweep as run

    home, say = options.project(), Progress()
    held = sorted((path.parent.parent.name, path.parent.name) for path in home.params.glob("*/*/case.yaml"))
    wanted = {options.folder_of(council) for council in councils}
    if not wanted and not everything:
        raise BadInput("name the councils, or give --all for every one in params.")
    if unknown := sorted(wanted - {council for council, _ in held}):
        raise BadInput(
            f"params: there is no council {unknown[0]!r}. Set it up first: forecast new {unknown[0]} --from FOLDER"
        )
    cases = tuple(pair for pair in held if (everything or pair[0] in wanted) and (not months or pair[1] in months))
    folder = out or home.runs / "sweep"
    kept, failed = run(home.params, home.data, folder, Asked(cases, scenarios, draws, seed), workers, cluster, say)
    tell(f"{kept} of {len(cases)} councils and months are in {short(folder)}, one Parquet file each. To read them all:")
    tell(f"    duckdb -c \"select * from '{short(folder)}/**/*.parquet'\"")
    for name, why in failed.items():
        tell(f"Not done: {name}: {why}")
    tell(f"Took {say.seconds / 60:.1f} minutes.")
