"""Commands that set up a council: new, next."""

from datetime import date
from pathlib import Path

import click

from forecast.cli import options
from forecast.cli.options import PATH, Progress, case_options, find_home, json_option, short, tell, tell_json


@click.command()
@case_options
@click.option("--out", type=PATH, help="The workbook to write (default: COUNCIL-MONTH.xlsx here).")
def template(council, month, out) -> None:
    """Write an Excel workbook of every assumption and scenario, to fill in and to run."""
    from forecast.case import list_scenarios, load_scenarios
    from forecast.case.errors import BadInput
    from forecast.case.home import typed
    from forecast.case.workbook import write_template

    params, path = find_home() / "params", out or Path(f"{council}-{month}.xlsx")
    if path.exists():
        raise BadInput(f"{path.name} is there already. Give another name with --out, or move it away first.")
    write_template(path, load_scenarios(params, council, month, list_scenarios(params)))
    tell(f"{short(path)} is written. Fill it in, save it, and run it:")
    tell("    " + typed(f"run {short(path)}"))


@click.command("import")
@click.argument("workbook", type=PATH)
def import_(workbook) -> None:
    """Keep a filled WORKBOOK: write what it says into params as YAML."""
    from forecast.case.workbook import read_workbook, to_yaml

    params = find_home() / "params"
    written = to_yaml(params, read_workbook(workbook, params))
    for path in written:
        tell(f"params/{path.relative_to(params).as_posix()}")
    tell("Written." if written else "Nothing differs from params; nothing was written.")


@click.command()
@click.option("--write", is_flag=True, help="Write them to params/schema instead of printing.")
def schema(write) -> None:
    """Print the JSON Schemas of the assumption files and of the answer."""
    from forecast.case import json_schema
    from forecast.report.schema import answer_schema
    from forecast.sources.files import write_json

    params = find_home() / "params"
    schemas = json_schema(params) | {"answer": answer_schema()}
    if not write:
        tell_json(schemas)
        return
    for name, content in schemas.items():
        write_json(params / "schema" / f"{name}.schema.json", content)
        tell(f"params/schema/{name}.schema.json")


@click.command()
@click.argument("councils", nargs=-1, required=True, metavar="COUNCIL...")
@click.option("--from", "folder", type=PATH, help="The folder with the official downloads.")
@click.option(
    "--download", is_flag=True, help="Bring that folder (default: downloads in the project) up to date first."
)
@click.option("--month", help="The month of the report (default: the month after the last 31 March published).")
@click.option("--anew", is_flag=True, help="Write the case anew where there is one already.")
@json_option
def new(councils, folder, download, month, anew, as_json) -> None:
    """Set up a COUNCIL from official downloads: its case, tables and cards, ready to check and to run.

    A council is its name, its three-digit or its nine-character code; several may be given.
    """
    from forecast.case.errors import BadInput
    from forecast.sources.official.download import download as bring
    from forecast.sources.official.folder import read_folder
    from forecast.sources.official.places import find, read_places
    from forecast.sources.official.writing import new_case, write

    home = find_home()
    params, data = home / "params", home / "data"
    places = read_places(data)
    found = [find(council, places) for council in councils]
    if folder is None and not download:
        raise BadInput("give the folder with the official downloads with --from, or fetch them with --download.")
    folder = folder or home / "downloads"
    if download:
        say = Progress(quiet=as_json)
        for word in bring(folder, data, [code for place in found for code in place.ons_codes], date.today(), say):
            tell(word, err=True)
    if not folder.is_dir():
        raise BadInput(f"there is no folder {folder.name}. Give the one with the official downloads with --from.")
    official, said = read_folder(folder, data), []
    for place in found:
        made = new_case(params, data, official, place, date.today(), month)
        write(made, anew)
        case = made.case
        said.append({"council": case.council, "month": case.month, "gaps": made.gaps})
        if as_json:
            continue
        written = short(params / case.council / case.month / "case.yaml")
        for line in options.page("new", place=place.name, case=case, written=written, gaps=made.gaps):
            tell(line)
    if as_json:
        tell_json(said)


@click.command("next")
@click.argument("council", callback=lambda ctx, param, given: options.folder_of(given))
@options.month_option("The month of the case.")
@click.option("--most", default=5, type=click.IntRange(1, 50), help="How many figures to name.")
@options.draws_option(options.FEWER_DRAWS)
@options.seed_option
@json_option
def next_(council, month, most, draws, seed, as_json) -> None:
    """Which figures of COUNCIL's own would narrow the answer most, in pounds, where they are found and typed."""
    from forecast.case import not_yours, others
    from forecast.case.layers import NATIONAL_LAYER
    from forecast.questions.narrowing import narrowing
    from forecast.runs.toolkit import Case, Project
    from forecast.sources.official.places import read_places, spoken_names
    from forecast.sources.official.starting import read_starting

    home = options.project()
    case = Case(Project(home, council, month), "central")
    wanted = not_yours(case.assumptions, others(home.params, council), spoken_names(read_places(home.data)))
    base, central, _ = case.projected(draws, seed)
    known, _ = read_starting(home.data)
    doubts = {"amber": known["doubt_amber"], "red": known["doubt_red"]}
    found = narrowing(base, central, wanted, doubts)
    a, rows = central.assumptions, []
    for one in found[:most]:
        entry, item = a.entry(one.key), a.catalogue.items[one.key]
        own = entry.layer != NATIONAL_LAYER
        place = f"{entry.file}, line {entry.line}" if own else f"{council}/{month}/case.yaml, under assumptions"
        rows.append(
            {
                "key": one.key,
                "figure": item.description,
                "now": one.value,
                "low": one.low,
                "high": one.high,
                "unit": a.catalogue.units[item.unit].description,
                "pounds": round(one.pounds),
                "found": a.catalogue.nature[one.key].found,
                "typed": f"params/{place}",
            }
        )
    if as_json:
        tell_json(rows)
        return
    facts = {"council": council, "month": month, "wanted": len(wanted), "rows": rows}
    for line in options.page("next", area=a.case.area, **facts):
        tell(line)
