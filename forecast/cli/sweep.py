"""A command on many councils: sweep."""

import os

import click

from forecast.cli import options
from forecast.cli.options import PATH, Progress, short, tell


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
