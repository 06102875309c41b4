"""The command what-if: one scenario, or the central case with some assumptions changed, as answer.json holds it."""

import json

import click

from forecast.case.errors import BadInput
from forecast.runs import toolkit


@click.command("what-if")
@click.argument("council")
@click.argument("month")
@click.argument("changes", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--scenario", default=toolkit.CENTRAL, show_default=True, help="The scenario to start from.")
@click.option("--why", default="what if", show_default=True, help="Why the values differ.")
@click.option(
    "--draws",
    default=toolkit.DRAWS,
    show_default=True,
    type=click.IntRange(toolkit.FEWEST, toolkit.MOST),
    help="Futures drawn.",
)
@click.option(
    "--seed",
    default=toolkit.SEED,
    show_default=True,
    type=click.IntRange(0),
    help="The same seed gives the same draws.",
)
@click.option("--json", "as_json", is_flag=True, help="Print it for machines, as answer.json holds a scenario.")
def what_if(council, month, changes, scenario, why, draws, seed, as_json) -> None:
    """What would be if assumptions were other: the answer of a COUNCIL and MONTH with KEY=VALUE changed.

    Such as: forecast what-if slough 2011-06 levers.births=1.1 budget.contingency=700000
    """
    case = toolkit.open_case(council, month).scenario(scenario)
    future = (case.change(dict(_pair(text) for text in changes), why) if changes else case).simulate(draws, seed)
    if as_json:
        click.echo(json.dumps(future.told, indent=1, ensure_ascii=False))
        return
    from forecast.cli.commands import tell

    for line in future.headline:
        tell(line)


def _pair(text: str) -> tuple[str, float]:
    """A key and its value from KEY=VALUE. Raises BadInput."""
    key, equals, value = text.partition("=")
    try:
        return key.strip(), float(value.replace(",", "").replace("_", ""))
    except ValueError:
        said = f"{value} is not a number" if equals else "it gives no value"
        raise BadInput(f"{text}: {said}. Write a key and a number, such as levers.births=1.1") from None
