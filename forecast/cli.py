"""The commands a person types: run, check, list, schema, lab."""

import json
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import click

from forecast import __version__
from forecast.errors import BadInput
from forecast.home import find_home
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
            ctx.exit(2)


@click.group(cls=Plainly, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Demand and budget forecasting for children's services."""


council_option = click.option("--council", default=COUNCIL, show_default=True, help="The council's folder in params.")
month_option = click.option("--month", default=MONTH, show_default=True, help="The month of the report, such as 2011-06.")


@main.command()
@council_option
@month_option
@click.option("--scenario", "scenarios", multiple=True, help="Only this scenario beside the central one; may be repeated.")
@click.option("--draws", default=DRAWS, show_default=True, type=click.IntRange(100, 1_000_000), help="Futures drawn.")
@click.option("--seed", default=SEED, show_default=True, type=click.IntRange(0), help="The same seed gives the same draws.")
@click.option("--threads", default=2, show_default=True, type=click.IntRange(1, 64), help="Changes the time, never the numbers.")
@click.option("--runs", "runs_folder", type=click.Path(path_type=Path), help="Where run folders go (default: runs in the project).")
@click.option("--notebooks/--no-notebooks", default=True, show_default=True, help="Run the notebooks too.")
def run(council, month, scenarios, draws, seed, threads, runs_folder, notebooks) -> None:
    """Run a case: every scenario, the tables, the charts and the notebooks; ends with the answer."""
    from forecast.refresh import Home, run_case, scenario_text
    from forecast.report import words

    began, home = time.monotonic(), find_home()
    where = Home(home / "params", home / "data", runs_folder or home / "runs", home / "notebooks")
    _known(where.params, list(scenarios))

    def say(step: str) -> None:
        tell(f"[{time.monotonic() - began:5.1f} s] {step}", err=True)

    told = run_case(where, council, month, list(scenarios) or None, draws, seed, threads, say, notebooks)
    folder = where.runs / council / month
    tell()
    for line in [*words.headline(told), "", *words.cautions(told), "", *scenario_text(told), ""]:
        tell(line)
    tell(f"Everything is in {_short(folder)}: answer.txt, answer.json, assumptions.md, tables, charts, notebooks.")
    tell(f"Took {time.monotonic() - began:.0f} seconds.")


def _known(params: Path, scenarios: list[str]) -> None:
    from difflib import get_close_matches

    from forecast.assumptions import list_scenarios

    held = list_scenarios(params)
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
    from forecast.assumptions import overdue
    from forecast.cases import open_case

    home = find_home()
    case = open_case(home / "params", home / "data", council, month)
    central = case.central
    tell(f"{central.case.title}")
    tell(f"{len(central.keys())} assumptions, {len(case.scenarios)} scenarios and {len(case.tables)} tables hold together.")
    late = overdue(central, date.today())
    if late:
        tell(f"{len(late)} assumptions are past their review date: {', '.join(late)}")
    red = [key for key in central.keys() if central.entry(key).reliability == "red"]
    tell(f"{len(red)} assumptions are red, without a source:")
    for key in red:
        tell(f"    {central.catalogue.items[key].description} ({key})")


@main.command("list")
def list_() -> None:
    """List the cases and scenarios held."""
    from forecast.assumptions import list_cases, list_scenarios, load

    params = find_home() / "params"
    for council, month, title in list_cases(params):
        tell(f"{council} {month}  {title}")
        tell(f"    forecast run --council {council} --month {month}")
    council, month, _ = list_cases(params)[0]
    for slug in list_scenarios(params):
        scenario = load(params, council, month, slug).scenario
        tell(f"{slug:20s} {scenario.name}: {scenario.reason}")


@main.command()
@click.option("--write", is_flag=True, help="Write them to params/schema instead of printing.")
def schema(write) -> None:
    """Print the JSON Schemas of the assumption files and of the answer."""
    from forecast.assumptions import json_schema
    from forecast.report.schema import answer_schema
    from forecast.runs import write_json

    params = find_home() / "params"
    schemas = json_schema(params) | {"answer": answer_schema()}
    if not write:
        tell(json.dumps(schemas, indent=1, ensure_ascii=False))
        return
    for name, one in schemas.items():
        write_json(params / "schema" / f"{name}.schema.json", one)
        tell(f"params/schema/{name}.schema.json")


@main.command()
def lab() -> None:
    """Open JupyterLab on the notebooks."""
    raise SystemExit(subprocess.call([sys.executable, "-m", "jupyterlab", "--notebook-dir", str(find_home())]))


if __name__ == "__main__":
    main(prog_name="forecast")
