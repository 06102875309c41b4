"""Commands on child-level returns: returns, plans. What they write holds small numbers, and each says so."""

import json
from datetime import date

import click

from forecast.cli.options import PATH, find_home, json_option, short, tell, together

returns_options = together(
    click.argument("path", type=PATH),
    click.option(
        "--stock",
        "days",
        multiple=True,
        help="A day such as 2018-03-31; may be repeated (default: every 31 March covered).",
    ),
    click.option("--authority", help="Which council, where the files hold several."),
    click.option("--until", help="The last day the last return is complete to, for an extract made within the year."),
    json_option,
    click.option("--out", type=PATH, help="Also write the aggregated tables to this folder."),
    click.option("--area", help="With --out: also a table of children that a case can read, under this area's name."),
    click.option("--quality", type=PATH, help="Also write the data quality page to this HTML file."),
    click.option("--for-case", help="With --area: make the tables that a case reads, under this name, in data/local."),
)


@click.command()
@returns_options
@click.option(
    "--published", multiple=True, help="A published figure to compare with, such as 2018-03-31=206; may be repeated."
)
@click.option(
    "--with-short-breaks",
    is_flag=True,
    help="Count children on short breaks (V3, V4) too, as a council's list may.",
)
def returns(path, days, published, authority, until, with_short_breaks, **wanted) -> None:
    """Read SSDA903 returns (a folder, zip or XML): looked-after children by age and placement, and the quality page."""
    from forecast.model.returns_rates import leaving_rates, moving_rates
    from forecast.sources import returns as room
    from forecast.sources.returns_case import lac_tables
    from forecast.sources.returns_history import lac_table
    from forecast.sources.ssda903 import read_returns

    last = room.day_asked(until) if until else None
    held = read_returns(path, authority, last, with_short_breaks=with_short_breaks)
    summary = room.summary(held, room.days_asked(days, held), room.published_asked(published))

    def tables(area: str | None) -> dict:
        made = room.tables(held) | {"rates_leaving": leaving_rates(held), "rates_moving": moving_rates(held)}
        return made | ({"children": lac_table(held, area)} if area else {})

    _write(held, summary, tables, lac_tables, **wanted)


@click.command()
@returns_options
@click.option("--with-returns", type=PATH, help="SSDA903 returns too: how many who start in care come from a plan.")
def plans(path, days, authority, until, with_returns, **wanted) -> None:
    """Read CIN census returns or Annex A lists: child protection plans by age, and the data quality page."""
    from forecast.model.returns_rates import plan_rates
    from forecast.sources import returns as room
    from forecast.sources.returns_case import cp_tables
    from forecast.sources.returns_history import cp_table

    held, links = room.read_plans(path, authority, room.day_asked(until) if until else None, with_returns)
    summary = room.plans_summary(held, room.days_asked(days, held), links)

    def tables(area: str | None) -> dict:
        made = room.plans_tables(held) | room.links_tables(links) | {"plans_rates": plan_rates(held)}
        return made | ({"plans_children": cp_table(held, area)} if area else {})

    _write(held, summary, tables, cp_tables, **wanted)


def _write(returns, summary: dict, tables, tables_of, as_json, quality, out, area, for_case) -> None:
    """What was read, and what was asked to be written: the quality page, `tables` of an area, and those of a case."""
    from forecast.report.returns_page import page
    from forecast.sources.files import write_table, write_text
    from forecast.sources.returns import lines, monthly

    for line in [json.dumps(summary, indent=1)] if as_json else lines(summary):
        tell(line)
    if quality:
        write_text(quality, page(summary, monthly(returns)))
        tell(
            f"The data quality page is {short(quality)}. It holds small numbers: keep it inside the council.", err=True
        )
    if out:
        for name, table in tables(area).items():
            write_table(out, name, table)
        tell(f"Tables are in {short(out)}. They hold small numbers: keep them inside the council.", err=True)
    _write_for_case(tables_of, returns, for_case, area)


def _write_for_case(tables_of, returns, name: str | None, area: str | None) -> None:
    """The tables that a case reads, in data/local; nothing where no name is given for them."""
    from forecast.case.errors import BadInput
    from forecast.sources.returns_case import PLANS, contents, in_case, write_tables

    if not name:
        return
    if not area:
        raise BadInput(
            "--for-case needs --area, the council's name as the tables of the case have it, such as --area Slough."
        )
    tables, folder = tables_of(returns, area), find_home() / "data" / "local"
    written = write_tables(contents(tables, name, area, returns.last_day, date.today()), folder)
    tell(
        f"{len(written)} files are in {short(folder)}. They hold small numbers and are kept out of git. "
        "In case.yaml, under tables:",
        err=True,
    )
    for line in in_case(name, PLANS in tables):
        tell("    " + line, err=True)
