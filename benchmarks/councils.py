"""Every council of a folder of official downloads, set up and checked, and run:  python -m benchmarks.councils FOLDER

In a project of its own (a copy of params and data), so that nothing of this one changes. Prints minutes, and a table of
what was missing or worked out for whom; --out keeps it as CSV. --run also runs each with 1,000 draws.
"""

import shutil
import tempfile
import time
import traceback
from collections import Counter
from datetime import date
from pathlib import Path

import click
import pandas as pd

from forecast.case.errors import BadInput
from forecast.cli.options import FOLDER, PATH, find_home
from forecast.model.cases import open_case
from forecast.runs.home import Home, Settings
from forecast.runs.pipeline import More, run_open
from forecast.sources.official.folder import read_folder
from forecast.sources.official.places import find, read_places
from forecast.sources.official.writing import new_case, write


def one(council: str, home: Home, official, places, draws: int | None) -> dict:
    """What came of one council: seconds, gaps, the headline, or what stopped it."""
    row = {"council": council, "stopped": "", "gaps": []}
    began = time.monotonic()
    try:
        made = new_case(home.params, home.data, official, find(council, places), date.today())
        write(made, True)
        row |= {"council": made.case.area, "month": made.case.month, "gaps": made.gaps}
        row["seconds to set up"] = round(time.monotonic() - began, 1)
        began = time.monotonic()
        case = open_case(home.params, home.data, made.case.council, made.case.month)
        row["seconds to check"] = round(time.monotonic() - began, 1)
        row |= {"LAC": case.evidence.lac.open_at_origin, "CP": case.evidence.cp.open_at_origin}
        if draws:
            began = time.monotonic()
            settings = Settings(draws=draws, seed=2011, threads=2, notebooks=False)
            answer = run_open(home, case, settings, lambda step: None, More())
            row["seconds to run"] = round(time.monotonic() - began, 1)
            row["chance"] = answer["scenarios"]["central"]["contingency"]["chance_holds"]
    except BadInput as fault:
        row["stopped"] = str(fault).splitlines()[0]
    except Exception as fault:  # a council that breaks the program is a row too, and the rest go on
        row["stopped"] = f"FAILED {type(fault).__name__}: {traceback.format_exc(limit=-1).splitlines()[1].strip()}"
    return row


@click.command()
@click.argument("folder", type=FOLDER)
@click.option("--only", multiple=True, help="Only this council; may be repeated.")
@click.option("--run/--no-run", "runs", default=False, help="Run each too.")
@click.option("--draws", default=1000)
@click.option("--out", type=PATH, help="Write the table to this CSV file.")
def main(folder, only, runs, draws, out) -> None:
    """Set up, check and run every council of FOLDER."""
    began, here = time.monotonic(), find_home()
    with tempfile.TemporaryDirectory() as place:
        there = Path(place)
        shutil.copytree(here / "params", there / "params", ignore=shutil.ignore_patterns("slough"))
        shutil.copytree(here / "data", there / "data", ignore=shutil.ignore_patterns("example"))
        home = Home(there / "params", there / "data", there / "runs", here / "notebooks")
        places, official = read_places(home.data), read_folder(folder, home.data)
        click.echo(f"read in {time.monotonic() - began:.1f} s")
        codes = only or sorted(set(official.figures["la_code"]) - {""})
        rows = []
        for code in codes:
            rows.append(one(code, home, official, places, draws if runs else None))
            said = {name: value for name, value in rows[-1].items() if name != "gaps"}
            click.echo("  ".join(f"{name} {value}" for name, value in said.items() if value != ""))
    kinds = Counter(gap.split(" of ")[0].split(":")[0] for row in rows for gap in row["gaps"])
    click.echo(
        f"{len(rows)} councils in {(time.monotonic() - began) / 60:.1f} minutes; missing or worked out, by councils:"
    )
    for kind, count in kinds.most_common():
        click.echo(f"{count:5d}  {kind}")
    if out:
        table = pd.DataFrame(rows).assign(gaps=lambda held: held["gaps"].map("; ".join))
        table.to_csv(out, index=False)


if __name__ == "__main__":
    main()
