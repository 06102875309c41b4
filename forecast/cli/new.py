"""Commands that set up a council: new."""

from datetime import date

import click

from forecast.cli.options import FOLDER, find_home, json_option, short, tell, tell_json


@click.command()
@click.argument("councils", nargs=-1, required=True, metavar="COUNCIL...")
@click.option("--from", "folder", type=FOLDER, required=True, help="The folder with the official downloads.")
@click.option("--month", help="The month of the report (default: the month after the last 31 March published).")
@click.option("--anew", is_flag=True, help="Write the case anew where there is one already.")
@json_option
def new(councils, folder, month, anew, as_json) -> None:
    """Set up a COUNCIL from official downloads: its case, tables and cards, ready to check and to run.

    A council is its name, its three-digit or its nine-character code; several may be given.
    """
    from forecast.case.home import typed
    from forecast.sources.official.folder import read_folder
    from forecast.sources.official.places import find, read_places
    from forecast.sources.official.writing import new_case, write

    home = find_home()
    params, data = home / "params", home / "data"
    places = read_places(data)
    found = [find(council, places) for council in councils]
    official, said = read_folder(folder, data), []
    for place in found:
        made = new_case(params, data, official, place, date.today(), month)
        write(made, anew)
        case = made.case
        said.append({"council": case.council, "month": case.month, "gaps": made.gaps})
        if as_json:
            continue
        written = short(params / case.council / case.month / "case.yaml")
        tell(f"{place.name}, {case.month}: {written} and its tables are written.")
        tell(f"Worked out or missing, {len(made.gaps)}:")
        for gap in made.gaps:
            tell(f"    {gap}")
        command = f"--council {case.council} --month {case.month}"
        tell("Next:")
        tell("    " + typed(f"check {command}"))
        tell("    " + typed(f"run {command}"))
    if as_json:
        tell_json(said)
