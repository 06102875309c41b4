"""The command what-if: one scenario, or the central case with some assumptions changed, as answer.json holds it."""

import click

from forecast.cli.options import draws_option, json_option, seed_option, tell, tell_json


@click.command("what-if")
@click.argument("council")
@click.argument("month")
@click.argument("changes", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--scenario", default="central", help="The scenario to start from.")
@click.option("--why", default="what if", help="Why the values differ.")
@draws_option()
@seed_option
@json_option
def what_if(council, month, changes, scenario, why, draws, seed, as_json) -> None:
    """What would be if assumptions were other: the answer of a COUNCIL and MONTH with KEY=VALUE changed.

    Such as: forecast what-if slough 2011-06 levers.births=1.1 budget.contingency=700000
    """
    from forecast.runs import toolkit

    case = toolkit.open_case(council, month).scenario(scenario)
    future = (case.change(dict(_pair(text) for text in changes), why) if changes else case).simulate(draws, seed)
    if as_json:
        tell_json(future.figures)
        return
    for line in future.headline:
        tell(line)


def _pair(text: str) -> tuple[str, float]:
    """A key and its value from KEY=VALUE. Raises BadInput."""
    from forecast.case.errors import BadInput

    key, equals, value = text.partition("=")
    try:
        return key.strip(), float(value.replace(",", "").replace("_", ""))
    except ValueError:
        fault = f"{value} is not a number" if equals else "it gives no value"
        raise BadInput(f"{text}: {fault}. Write a key and a number, such as levers.births=1.1") from None
