"""Write the returns, monthly counts and ledger of an invented council whose true rates are known."""

from pathlib import Path

import click

from forecast.case.home import typed
from invented import Settings, invent, write

SEED = 2011


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--seed", default=SEED, show_default=True, type=click.IntRange(0), help="The same seed gives the same files."
)
@click.option("--years", default=5, show_default=True, type=click.IntRange(1, 20), help="Return years.")
@click.option("--first-year", default="2019-20", show_default=True, help="The first return year.")
@click.option("--size", default=1.0, show_default=True, type=click.FloatRange(0.01, 20), help="Times the usual size.")
def main(folder: Path, seed: int, years: int, first_year: str, size: float) -> None:
    """Write the returns, monthly counts and ledger of an invented council whose true rates are known."""
    if folder.exists() and any(folder.iterdir()):
        raise click.ClickException(
            f"{folder.name} is not empty. Give a new folder, so that nothing of yours is written over."
        )
    files = write(invent(Settings(first_year=first_year, years=years).scaled(size), seed), folder)
    click.echo(f"{len(files)} files of an invented council are in {folder.name}. Read its returns with:")
    click.echo("    " + typed(f"returns {folder.name}/ssda903"))


if __name__ == "__main__":
    main(prog_name="invented")
