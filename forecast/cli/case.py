"""Commands on the files of a case: template, import, schema."""

from pathlib import Path

import click

from forecast.cli.options import PATH, case_options, find_home, short, tell, tell_json


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
