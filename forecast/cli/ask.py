"""Commands that ask a case a question: sensitivity, seek, switch, causes."""

import click

from forecast.cli import options
from forecast.cli.options import draws_option, json_option, seed_option, tell, tell_json

scenario_option = click.option("--scenario", default="central", help="The scenario to start from.")
question_options = options.together(
    options.case_options, options.draws_option(options.FEWER_DRAWS), options.seed_option
)


def _projected(council: str, month: str, scenario: str, draws: int, seed: int):
    """The case's base, and the central scenario and one other projected."""
    from forecast.runs.toolkit import Case, Project

    return Case(Project(options.project(), council, month), scenario).projected(draws, seed)


@click.command()
@click.argument("lever")
@click.option(
    "--chance", default=80.0, type=click.FloatRange(1, 99), help="The chance wanted that the contingency holds, %."
)
@scenario_option
@question_options
@json_option
def seek(lever, chance, council, month, scenario, draws, seed, as_json) -> None:
    """What would be enough: the smallest change of LEVER (such as levers.in_house_places) that brings the chance
    wanted."""
    from forecast.case import load
    from forecast.case.errors import BadInput
    from forecast.questions import sensitivity
    from forecast.report import words

    value = load(options.find_home() / "params", council, month, scenario).value(lever)  # before any work
    if not lever.startswith(sensitivity.LEVERS):
        begin = ", ".join(sensitivity.LEVERS)
        raise BadInput(f"{lever} is not a lever. Give one that begins with {begin}; params/catalogue.yaml lists them.")
    base, _, start = _projected(council, month, scenario, draws, seed)
    found, wanted = sensitivity.seek(base, start, lever, chance / 100), chance / 100
    if as_json:
        tell_json(sensitivity.sought(base, start, found, wanted))
        return
    name = base.central.catalogue.items[lever].description
    for line in words.sought(name, value, found, start.drawn.chance, wanted):
        tell(line)


@click.command()
@click.argument("assumption")
@scenario_option
@question_options
@json_option
def switch(assumption, council, month, scenario, draws, seed, as_json) -> None:
    """Where ASSUMPTION must stand for the expected call to be exactly the contingency."""
    from forecast.case import load
    from forecast.questions import sensitivity
    from forecast.report import words

    load(options.find_home() / "params", council, month, scenario).entry(assumption)  # before any work
    base, _, start = _projected(council, month, scenario, draws, seed)
    entry, item = start.assumptions.entry(assumption), base.central.catalogue.items[assumption]
    value = sensitivity.switching_value(base, start, assumption)
    if as_json:
        tell_json(sensitivity.switched(base, start, assumption, value))
        return
    tell(words.switched(item.description, entry.value, value, (item.minimum, item.maximum), start.drawn.amount))


@click.command()
@scenario_option
@question_options
@json_option
def sensitivity(council, month, scenario, draws, seed, as_json) -> None:
    """What matters most: the expected call with each assumption at its low and at its high."""
    from forecast.questions.sensitivity import tornado, tornado_rows
    from forecast.report.words import signed_pounds

    base, _, start = _projected(council, month, scenario, draws, seed)
    if as_json:
        tell_json(tornado_rows(base, start))
        return
    call = signed_pounds(float(start.drawn.at_year_end.mean())).lstrip("+")
    tell(f"Expected call {call}; changes with one assumption at its low, and at its high:")
    for row in tornado(base, start).itertuples():
        low, high = signed_pounds(row.call_at_low), signed_pounds(row.call_at_high)
        tell(f"{low:>12s} {high:>12s}   {row.assumption} ({row.key})")


@click.command()
@click.argument("scenario")
@question_options
def causes(scenario, council, month, draws, seed) -> None:
    """Why the expected call of SCENARIO differs from the central one, by cause."""
    from forecast.questions.answer import causes_of
    from forecast.report.words import signed_pounds

    base, central, changed = _projected(council, month, scenario, draws, seed)
    found = causes_of(base, changed, central) or {"parts": {}, "before": 0, "after": 0}
    for cause, pounds in found["parts"].items():
        tell(f"{signed_pounds(pounds):>12s}   {cause}")
    tell(f"{signed_pounds(found['after'] - found['before']):>12s}   the whole")


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
