"""The commands a person types: run, check, list, schema, lab."""

import json
import subprocess
import sys
import tempfile
import time
import traceback
from datetime import date
from pathlib import Path

import click

from forecast import __version__
from forecast.case.errors import BadInput
from forecast.case.home import find_home, typed
from forecast.cli.history import diff, history, retain
from forecast.cli.refresh import refresh, replay
from forecast.cli.report import report
from forecast.cli.what_if import what_if
from forecast.report.words import plain

COUNCIL, MONTH, DRAWS, SEED = "slough", "2011-06", 10_000, 2011


def tell(text: str = "", err: bool = False) -> None:
    """Print, in plain letters where the terminal has no others."""
    encoding = (sys.stderr if err else sys.stdout).encoding or "ascii"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = plain(text)
    click.echo(text, err=err)


class Plainly(click.Group):
    """Commands whose known errors are one message and exit code 2, never a traceback."""

    def invoke(self, ctx: click.Context):
        try:
            return super().invoke(ctx)
        except BadInput as error:
            tell(f"Stopped. Nothing was changed.\n{error}", err=True)
            ctx.exit(error.exit_code)
        except OSError as error:
            tell(f"Stopped. {_refused(error)}", err=True)
            ctx.exit(1)
        except (click.ClickException, click.exceptions.Exit, click.Abort, KeyboardInterrupt):
            raise
        except Exception as error:
            tell(f"Failed: {type(error).__name__}. What was published before stands. {_noted(error)}", err=True)
            ctx.exit(1)


def _noted(error: Exception) -> str:
    """Keeps where in the program it went wrong, without the words of the error, which may hold what was read."""
    path = Path(tempfile.gettempdir()) / "forecast-failed.txt"
    lines = ["".join(traceback.format_tb(error.__traceback__)), type(error).__name__, ""]
    try:
        path.write_text("\n".join(lines), encoding="utf-8")
    except OSError:
        return "Where in the program could not be noted."
    return f"Where in the program is noted in {path.name}, in the folder for temporary files: send it to who keeps the program."


def _refused(error: OSError) -> str:
    """What the machine would not do, without the whole path."""
    what = Path(error.filename).name if isinstance(error.filename, str) else "a file"
    return f"The computer would not read or write {what}: {(error.strerror or 'no reason given').lower()}. Close it elsewhere, or choose a place you may write to."


@click.group(cls=Plainly, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Demand and budget forecasting for children's services."""


for command in (history, diff, retain, refresh, replay, report, what_if):
    main.add_command(command)

council_option = click.option("--council", default=COUNCIL, show_default=True, help="The council's folder in params.")
month_option = click.option(
    "--month", default=MONTH, show_default=True, help="The month of the report, such as 2011-06."
)


@main.command()
@click.argument("workbook", required=False, type=click.Path(path_type=Path))
@council_option
@month_option
@click.option(
    "--scenario", "scenarios", multiple=True, help="Only this scenario beside the central one; may be repeated."
)
@click.option("--draws", default=DRAWS, show_default=True, type=click.IntRange(100, 1_000_000), help="Futures drawn.")
@click.option(
    "--seed", default=SEED, show_default=True, type=click.IntRange(0), help="The same seed gives the same draws."
)
@click.option(
    "--threads", default=2, show_default=True, type=click.IntRange(1, 64), help="Changes the time, never the numbers."
)
@click.option(
    "--runs",
    "runs_folder",
    type=click.Path(path_type=Path),
    help="Where run folders go (default: runs in the project).",
)
@click.option("--notebooks/--no-notebooks", default=True, show_default=True, help="Run the notebooks too.")
def run(workbook, council, month, scenarios, draws, seed, threads, runs_folder, notebooks) -> None:
    """Run a case: every scenario, the tables, the charts and the notebooks; ends with the answer.

    Give a WORKBOOK (a filled one from `forecast template`) to run its assumptions instead; it says which case it is.
    """
    from forecast.model.cases import open_case, open_workbook
    from forecast.report import words
    from forecast.runs.pipeline import Home, More, run_name, run_open, scenario_text
    from forecast.runs.steps import Steps

    began, home = time.monotonic(), find_home()
    where = Home(home / "params", home / "data", runs_folder or home / "runs", home / "notebooks")

    def say(step: str) -> None:
        tell(f"[{time.monotonic() - began:5.1f} s] {step}", err=True)

    say("checking assumptions and data")
    case = (
        open_workbook(where.params, where.data, workbook)
        if workbook
        else open_case(where.params, where.data, council, month)
    )
    _known(list(case.scenarios), list(scenarios))
    more = More() if workbook else More(steps=Steps.of(where))
    told = run_open(where, case, list(scenarios) or None, draws, seed, threads, say, notebooks, workbook, more)
    folder = where.runs / told["council"] / run_name(told["month"], workbook)
    tell()
    for line in [*words.headline(told), "", *words.cautions(told), "", *scenario_text(told), ""]:
        tell(line)
    tell(f"Everything is in {_short(folder)}: answer.txt, answer.json, assumptions.md, tables, charts, notebooks.")
    tell(f"Took {time.monotonic() - began:.0f} seconds.")


def _known(held: list[str], scenarios: list[str]) -> None:
    from difflib import get_close_matches

    for name in scenarios:
        if name not in held:
            near = get_close_matches(name, held, 1)
            hint = f"; did you mean {near[0]}?" if near else "."
            raise BadInput(f"there is no scenario {name}{hint} Scenarios held: {', '.join(held)}.")


def _short(path: Path) -> str:
    try:
        return path.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return path.as_posix()


@main.command()
@council_option
@month_option
def check(council, month) -> None:
    """Check assumptions and data; run nothing."""
    from forecast.case import overdue
    from forecast.model.cases import open_case
    from forecast.questions.answer import red as unsourced

    home = find_home()
    case = open_case(home / "params", home / "data", council, month)
    central = case.central
    tell(f"{central.case.title}")
    tell(
        f"{len(central.keys())} assumptions, {len(case.scenarios)} scenarios and {len(case.tables)} tables hold together."
    )
    late = overdue(central, date.today())
    if late:
        tell(f"{len(late)} assumptions are past their review date: {', '.join(late)}")
    red = unsourced(central)
    tell(f"{len(red)} assumptions are red, without a source:")
    for key in red:
        tell(f"    {central.catalogue.items[key].description} ({key})")


@main.command()
@council_option
@month_option
@click.option(
    "--out", type=click.Path(path_type=Path), help="The workbook to write (default: COUNCIL-MONTH.xlsx here)."
)
def template(council, month, out) -> None:
    """Write an Excel workbook of every assumption and scenario, to fill in and to run."""
    from forecast.case import list_scenarios, load_scenarios
    from forecast.case.workbook import write_template

    params, path = find_home() / "params", out or Path(f"{council}-{month}.xlsx")
    if path.exists():
        raise BadInput(f"{path.name} is there already. Give another name with --out, or move it away first.")
    write_template(path, load_scenarios(params, council, month, list_scenarios(params)))
    tell(f"{_short(path)} is written. Fill it in, save it, and run it:")
    tell("    " + typed(f"run {_short(path)}"))


@main.command("import")
@click.argument("workbook", type=click.Path(path_type=Path))
def import_(workbook) -> None:
    """Keep a filled WORKBOOK: write what it says into params as YAML."""
    from forecast.case.workbook import read_workbook, to_yaml

    params = find_home() / "params"
    written = to_yaml(params, read_workbook(workbook, params))
    for path in written:
        tell(f"params/{path.relative_to(params).as_posix()}")
    tell("Written." if written else "Nothing differs from params; nothing was written.")


@main.command("list")
def list_() -> None:
    """List the cases and scenarios held."""
    from forecast.case import list_cases, list_scenarios, load

    params = find_home() / "params"
    for council, month, title in list_cases(params):
        tell(f"{council} {month}  {title}")
        tell("    " + typed(f"run --council {council} --month {month}"))
    council, month, _ = list_cases(params)[0]
    for slug in list_scenarios(params):
        scenario = load(params, council, month, slug).scenario
        tell(f"{slug:20s} {scenario.name}: {scenario.reason}")


@main.command()
@click.option("--write", is_flag=True, help="Write them to params/schema instead of printing.")
def schema(write) -> None:
    """Print the JSON Schemas of the assumption files and of the answer."""
    from forecast.case import json_schema
    from forecast.report.schema import answer_schema
    from forecast.sources.files import write_json

    params = find_home() / "params"
    schemas = json_schema(params) | {"answer": answer_schema()}
    if not write:
        tell(json.dumps(schemas, indent=1, ensure_ascii=False))
        return
    for name, one in schemas.items():
        write_json(params / "schema" / f"{name}.schema.json", one)
        tell(f"params/schema/{name}.schema.json")


panel_option = click.option(
    "--panel", "panel_path", type=click.Path(path_type=Path), help="A panel of councils by year, CSV."
)
editions_option = click.option(
    "--editions", type=click.Path(path_type=Path), help="Figures of the panel by edition, CSV or CSV.GZ."
)
workers_option = click.option(
    "--workers",
    default=2,
    show_default=True,
    type=click.IntRange(1, 256),
    help="Processes; changes the time, never the numbers.",
)
seed_option = click.option(
    "--seed", default=SEED, show_default=True, type=click.IntRange(0), help="The same seed gives the same draws."
)


@main.command()
@council_option
@month_option
@panel_option
@editions_option
@click.option(
    "--monthly", type=click.Path(path_type=Path), help="Monthly counts instead: CSV of council, measure, month, count."
)
@click.option("--out", type=click.Path(path_type=Path), help="Where the tables go (default: runs/COUNCIL/backtest).")
@click.option("--method", "methods", multiple=True, help="Only this method beside the bar; may be repeated.")
@click.option(
    "--draws",
    default=1000,
    show_default=True,
    type=click.IntRange(100, 100_000),
    help="Futures drawn for each forecast.",
)
@seed_option
@workers_option
@click.option("--cluster", help="Address of a Dask scheduler, such as tcp://host:8786, which then does the work.")
@click.option(
    "--population", is_flag=True, help="Also the forecast without, and with all of, the projected population."
)
@click.option("--keep", is_flag=True, help="Also keep the summary in data/calibration, for the reports.")
def backtest(
    council, month, panel_path, editions, monthly, out, methods, draws, seed, workers, cluster, population, keep
) -> None:
    """How good past forecasts would have been: every origin, beside no change, for one council or a panel."""
    from forecast.record import door, origins, tables
    from forecast.record.panel import read_panel

    began, home = time.monotonic(), find_home()
    if monthly:
        _monthly(
            monthly, out or home / "runs" / monthly.stem / "backtest", list(methods), draws, seed, workers, cluster
        )
        return
    panel = read_panel(panel_path, editions) if panel_path else door.open_council(home, council)
    england, norms = door.open_england(home, council, month)
    held = [name for name in origins.EVERY_METHOD if population or keep or name not in origins.POPULATION_WORTH]
    chosen = _methods(list(methods), tuple(held), origins.OWN_WALK)
    settings = origins.Settings(panel, england, norms, door.calibration_table(home, door.CHANGES), chosen, draws, seed)

    def say(step: str) -> None:
        tell(f"[{time.monotonic() - began:5.1f} s] {step}", err=True)

    say(f"{len(panel.names)} councils, {len(chosen)} methods, {draws:,} draws")
    tables = tables.tables(origins.run(settings, workers, cluster, say), seed)
    folder = out or home / "runs" / (council if not panel_path else panel_path.stem) / "backtest"
    door.write_tables(folder, tables)
    if keep:
        door.keep(home, tables, None if panel_path else council)
    for line in tables.in_words(tables):
        tell(line)
    tell(
        f"Tables are in {_short(folder)}: {', '.join(f'{name}.csv' for name in tables)}. Took {time.monotonic() - began:.0f} seconds."
    )


def _monthly(
    path: Path, folder: Path, methods: list[str], draws: int, seed: int, workers: int, cluster: str | None
) -> None:
    from forecast.demand import trend
    from forecast.record import door
    from forecast.record import monthly as rolling

    began = time.monotonic()

    def say(step: str) -> None:
        tell(f"[{time.monotonic() - began:5.1f} s] {step}", err=True)

    chosen = _methods(methods, tuple(trend.METHODS), "no change")
    tables = rolling.tables(rolling.run(rolling.read_monthly(path), chosen, draws, seed, workers, cluster, say))
    door.write_tables(folder, tables)
    for row in tables["summary"].itertuples():
        tell(
            f"{row.measure:6s} {row.method:16s} {row.horizon:2d} months: mean error {row.mae:.1f}, CRPS {row.crps:.2f}, 80% range held {row.coverage:.0%} of {row.n}"
        )
    tell(f"Tables are in {_short(folder)}. Took {time.monotonic() - began:.0f} seconds.")


def _methods(asked: list[str], held: tuple[str, ...], bar: str) -> tuple[str, ...]:
    """The methods asked for, in the usual order and with the bar; all where none is named."""
    unknown = [name for name in asked if name not in held]
    if unknown:
        raise BadInput(f"there is no method {unknown[0]!r}. Methods: {', '.join(held)}.")
    return tuple(name for name in held if not asked or name in asked or name == bar)


@main.command()
@council_option
@month_option
@click.option(
    "--panel", "panel_path", required=True, type=click.Path(path_type=Path), help="A panel of councils by year, CSV."
)
@editions_option
@seed_option
@workers_option
@click.option("--write", is_flag=True, help="Write the tables to data/calibration instead of printing the figures.")
def calibrate(council, month, panel_path, editions, seed, workers, write) -> None:
    """What a panel says of trends, drift and ranges: makes data/calibration anew."""
    from forecast.record import door
    from forecast.record.panel import read_panel

    began, home = time.monotonic(), find_home()

    def say(step: str) -> None:
        tell(f"[{time.monotonic() - began:5.1f} s] {step}", err=True)

    england, norms = door.open_england(home, council, month)
    tables = door.calibrated(read_panel(panel_path, editions), england, norms, workers, seed, say)
    if write:
        door.write_tables(home / "data" / door.CALIBRATION, tables)
    for row in tables[door.TREND].itertuples():
        tell(f"{row.key:32s} {row.value:10.4f}   {row.how}")
    tell(
        "Written to data/calibration. Put the values into params/national.yaml; a test holds them together."
        if write
        else "Nothing was written."
    )


scenario_option = click.option("--scenario", default="central", show_default=True, help="The scenario to start from.")
draws_option = click.option(
    "--draws", default=1000, show_default=True, type=click.IntRange(100, 1_000_000), help="Futures drawn."
)


json_option = click.option("--json", "as_json", is_flag=True, help="Print it for machines.")


def _foreseen(council: str, month: str, scenario: str, draws: int, seed: int):
    """The case's base, and one scenario and the central one foreseen."""
    from forecast.model import outlook
    from forecast.model.cases import open_case
    from forecast.model.memory import remembering

    home = find_home()
    case = open_case(home / "params", home / "data", council, month)
    _known(list(case.scenarios), [scenario])
    base = remembering(outlook.prepare(case.central, case.evidence, draws, seed))
    central = outlook.foresee(base, case.central)
    return base, central, central if scenario == "central" else outlook.foresee(base, case.scenarios[scenario])


@main.command()
@click.argument("lever")
@click.option(
    "--chance",
    default=80.0,
    show_default=True,
    type=click.FloatRange(1, 99),
    help="The chance wanted that the contingency holds, %.",
)
@council_option
@month_option
@scenario_option
@draws_option
@seed_option
@json_option
def seek(lever, chance, council, month, scenario, draws, seed, as_json) -> None:
    """What would be enough: the smallest change of LEVER (such as levers.in_house_places) that brings the chance wanted."""
    from forecast.questions import sensitivity
    from forecast.report import words

    base, _, held = _foreseen(council, month, scenario, draws, seed)
    held.assumptions.entry(lever)
    if not lever.startswith(sensitivity.LEVERS):
        raise BadInput(
            f"{lever} is not a lever. Give one that begins with {', '.join(sensitivity.LEVERS)}; params/catalogue.yaml lists them."
        )
    found = sensitivity.seek(base, held, lever, chance / 100)
    if as_json:
        tell(json.dumps(sensitivity.sought(base, held, found, chance / 100), indent=1))
        return
    for line in words.sought(
        base.central.catalogue.items[lever].description,
        held.assumptions.value(lever),
        found,
        held.drawn.chance,
        chance / 100,
    ):
        tell(line)


@main.command()
@click.argument("assumption")
@council_option
@month_option
@scenario_option
@draws_option
@seed_option
@json_option
def switch(assumption, council, month, scenario, draws, seed, as_json) -> None:
    """Where ASSUMPTION must stand for the expected call to be exactly the contingency."""
    from forecast.questions import sensitivity
    from forecast.report import words

    base, _, held = _foreseen(council, month, scenario, draws, seed)
    entry, item = held.assumptions.entry(assumption), base.central.catalogue.items[assumption]
    value = sensitivity.switching_value(base, held, assumption)
    if as_json:
        tell(json.dumps(sensitivity.switched(base, held, assumption, value), indent=1))
        return
    tell(words.switched(item.description, entry.value, value, (item.minimum, item.maximum), held.drawn.amount))


@main.command()
@council_option
@month_option
@scenario_option
@draws_option
@seed_option
@json_option
def sensitivity(council, month, scenario, draws, seed, as_json) -> None:
    """What matters most: the expected call with each assumption at its low and at its high."""
    from forecast.questions import sensitivity as room
    from forecast.report.words import signed_pounds

    base, _, held = _foreseen(council, month, scenario, draws, seed)
    if as_json:
        tell(json.dumps(room.tornado_rows(base, held), indent=1))
        return
    tell(
        f"Expected call {signed_pounds(float(held.drawn.at_year_end.mean())).lstrip('+')}; changes with one assumption at its low, and at its high:"
    )
    for row in room.tornado(base, held).itertuples():
        tell(
            f"{signed_pounds(row.call_at_low):>12s} {signed_pounds(row.call_at_high):>12s}   {row.assumption} ({row.key})"
        )


@main.command()
@click.argument("scenario")
@council_option
@month_option
@draws_option
@seed_option
def causes(scenario, council, month, draws, seed) -> None:
    """Why the expected call of SCENARIO differs from the central one, by cause."""
    from forecast.questions.answer import causes_of
    from forecast.report.words import signed_pounds

    base, central, held = _foreseen(council, month, scenario, draws, seed)
    parts = causes_of(base, held, central)
    for cause, pounds in (parts["parts"] if parts else {}).items():
        tell(f"{signed_pounds(pounds):>12s}   {cause}")
    tell(f"{signed_pounds(parts['after'] - parts['before'] if parts else 0):>12s}   the whole")


@main.command()
@council_option
@month_option
@draws_option
@seed_option
@click.option(
    "--port", default=0, type=click.IntRange(0, 65535), help="The port on this machine (default: any that is free)."
)
@click.option("--browser/--no-browser", default=True, show_default=True, help="Open the page in the browser.")
def explore(council, month, draws, seed, port, browser) -> None:
    """Open the live page: move levers, see what they do to the contingency, save a scenario."""
    from forecast.live.server import serve

    serve(find_home(), council, month, draws, seed, port, browser, tell)


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--stock",
    "days",
    multiple=True,
    help="A day such as 2018-03-31; may be repeated (default: every 31 March covered).",
)
@click.option(
    "--published", multiple=True, help="A published figure to compare with, such as 2018-03-31=206; may be repeated."
)
@click.option("--authority", help="Which council, where the files hold several.")
@click.option("--until", help="The last day the last return is complete to, for an extract made within the year.")
@click.option("--json", "as_json", is_flag=True, help="Print it for machines.")
@click.option("--out", type=click.Path(path_type=Path), help="Also write the aggregated tables to this folder.")
@click.option("--area", help="With --out: also a table of children that a case can read, under this area's name.")
@click.option("--quality", type=click.Path(path_type=Path), help="Also write the data quality page to this HTML file.")
@click.option("--for-case", help="With --area: make the tables that a case reads, under this name, in data/local.")
def returns(path, days, published, authority, until, as_json, out, area, quality, for_case) -> None:
    """Read SSDA903 returns (a folder or zip): looked-after children by age and placement, and the data quality page."""
    from forecast.model.returns_rates import leaving_rates, moving_rates
    from forecast.sources import returns as room
    from forecast.sources.returns_history import lac_table
    from forecast.sources.ssda903 import read_returns

    held = read_returns(path, authority, room.day_asked(until) if until else None)
    told = room.told(held, room.days_asked(days, held), room.published_asked(published))
    for line in [json.dumps(told, indent=1)] if as_json else room.lines(told):
        tell(line)
    if quality:
        _write_quality(quality, told, room.monthly(held))
    if out:
        made = room.tables(held) | {"rates_leaving": leaving_rates(held), "rates_moving": moving_rates(held)}
        _write_private(out, made | ({"children": lac_table(held, area)} if area else {}))
    if for_case:
        from forecast.sources.returns_case import lac_tables

        _write_for_case(lambda name: lac_tables(held, name), for_case, area, held.last_day)


@main.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--stock",
    "days",
    multiple=True,
    help="A day such as 2018-03-31; may be repeated (default: every 31 March covered).",
)
@click.option("--authority", help="Which council, where the files hold several.")
@click.option("--until", help="The last day the last return is complete to, for an extract made within the year.")
@click.option("--json", "as_json", is_flag=True, help="Print it for machines.")
@click.option("--out", type=click.Path(path_type=Path), help="Also write the aggregated tables to this folder.")
@click.option("--area", help="With --out: also a table of children that a case can read, under this area's name.")
@click.option("--quality", type=click.Path(path_type=Path), help="Also write the data quality page to this HTML file.")
@click.option(
    "--with-returns",
    type=click.Path(path_type=Path),
    help="SSDA903 returns too: how many who start in care come from a plan.",
)
@click.option("--for-case", help="With --area: make the tables that a case reads, under this name, in data/local.")
def plans(path, days, authority, until, as_json, out, area, quality, with_returns, for_case) -> None:
    """Read CIN census returns or Annex A lists: child protection plans by age, and the data quality page."""
    from forecast.model.returns_rates import plan_rates
    from forecast.sources import returns as room
    from forecast.sources.returns_history import cp_table

    held, links = room.read_plans(path, authority, room.day_asked(until) if until else None, with_returns)
    told = room.plans_told(held, room.days_asked(days, held), links)
    for line in [json.dumps(told, indent=1)] if as_json else room.plans_lines(told):
        tell(line)
    if quality:
        _write_quality(quality, told, room.monthly(held))
    if out:
        made = room.plans_tables(held) | room.links_tables(links) | {"plans_rates": plan_rates(held)}
        _write_private(out, made | ({"plans_children": cp_table(held, area)} if area else {}))
    if for_case:
        from forecast.sources.returns_case import cp_tables

        _write_for_case(lambda name: cp_tables(held, name), for_case, area, held.last_day)


def _write_for_case(made, name: str, area: str | None, last: date) -> None:
    from forecast.sources.returns_case import PLANS, contents, in_case, write_tables

    if not area:
        raise BadInput(
            "--for-case needs --area, the council's name as the tables of the case have it, such as --area Slough."
        )
    tables, folder = made(area), find_home() / "data" / "local"
    written = write_tables(contents(tables, name, area, last, date.today()), folder)
    tell(
        f"{len(written)} files are in {_short(folder)}. They hold small numbers and are kept out of git. In case.yaml, under tables:",
        err=True,
    )
    for line in in_case(name, PLANS in tables):
        tell("    " + line, err=True)


def _write_quality(file: Path, told: dict, monthly) -> None:
    from forecast.report.returns_page import page
    from forecast.sources.files import write_text

    write_text(file, page(told, monthly))
    tell(f"The data quality page is {_short(file)}. It holds small numbers: keep it inside the council.", err=True)


def _write_private(folder: Path, tables: dict) -> None:
    from forecast.sources.files import write_table

    for name, table in tables.items():
        write_table(folder, name, table)
    tell(f"Tables are in {_short(folder)}. They hold small numbers: keep them inside the council.", err=True)


@main.command()
def lab() -> None:
    """Open JupyterLab on the notebooks."""
    raise SystemExit(subprocess.call([sys.executable, "-m", "jupyterlab", "--notebook-dir", str(find_home())]))
