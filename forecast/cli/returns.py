"""Commands on child-level returns: returns, plans. What they write holds small numbers, and each says so."""

import json
from datetime import date
from pathlib import Path

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
    "--with-short-breaks", is_flag=True, help="Count children on short breaks (V3, V4) too, as a council's list may."
)
def returns(path, days, published, authority, until, with_short_breaks, **wanted) -> None:
    """Read SSDA903 returns (a folder, zip or XML): looked-after children by age and placement, and the quality page.

    CIN census returns and Annex A lists that lie there too are read and told beside them.
    """
    from forecast.model.returns_rates import leaving_rates, moving_rates
    from forecast.sources import returns as room
    from forecast.sources.returns_case import lac_tables
    from forecast.sources.returns_history import lac_table
    from forecast.sources.ssda903 import read_returns
    from forecast.sources.together import SSDA903, but, kinds, with_beside

    found, day = kinds(path), room.day_asked(until) if until else None
    if found and SSDA903 not in found:
        _without(path, found, room.SCHEMA, days, published, (day, authority), **wanted)
        return
    held = read_returns(path, authority, day, with_short_breaks=with_short_breaks, but=but(found, SSDA903))
    asked = room.days_asked(days, held)
    summary = room.summary(held, asked, room.published_asked(published))
    summary = with_beside(summary, path, found, (SSDA903,), asked)

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
    from forecast.sources.together import CENSUS, but, kinds, with_beside

    found, day = kinds(path), room.day_asked(until) if until else None
    if found and CENSUS not in found and not with_returns:
        _without(path, found, room.PLANS_SCHEMA, days, (), (day, authority), **wanted)
        return
    # Beside a census an Annex A is told by itself: days may be missing between the two.
    left = but(found, CENSUS) if CENSUS in found else frozenset()
    held, links = room.read_plans(path, authority, day, with_returns, left)
    asked = room.days_asked(days, held)
    summary = room.plans_summary(held, asked, links)
    summary = with_beside(summary, path, found, (CENSUS,) if left else tuple(found), asked)

    def tables(area: str | None) -> dict:
        made = room.plans_tables(held) | room.links_tables(links) | {"plans_rates": plan_rates(held)}
        return made | ({"plans_children": cp_table(held, area)} if area else {})

    _write(held, summary, tables, cp_tables, **wanted)


def _without(path, found, schema: str, days, published, of, as_json, quality, out, area, for_case) -> None:
    """What a path says that holds none of the returns asked for, and others: each is read as what it is."""
    from forecast.case.errors import BadInput
    from forecast.sources import returns as room
    from forecast.sources import together
    from forecast.sources.annex_a import read_annex
    from forecast.sources.annex_a.tables import SCHEMA
    from forecast.sources.together import ANNEX, WORDS, but

    asked = [room.day_asked(text) for text in days]
    lacking = "SSDA903 returns" if schema == room.SCHEMA else "CIN census returns"
    said = f"No {lacking} here; {' and '.join(WORDS[kind] for kind in found)} are, and are read as what they are."
    if area or for_case or (ANNEX not in found and (quality or out or published)):
        raise BadInput(f"{said} What was asked to be written is made of {lacking} alone: give their folder.")
    read = read_annex(path, *of, but(found, ANNEX)) if ANNEX in found else []
    annexes = together.OfAnnexes(schema, read, asked)
    summary = annexes.summary(room.published_asked(published)) if ANNEX in found else {"schema": schema, "stock": {}}
    summary = together.with_beside(summary | {"told": [said]}, path, found, (ANNEX,), asked)
    _tell(summary, as_json)
    if quality:
        _write_page(quality, summary | {"schema": SCHEMA}, annexes.monthly())
    if out:
        _write_tables(out, annexes.tables())


def _tell(summary: dict, as_json: bool) -> None:
    from forecast.sources import together

    for line in [json.dumps(summary, indent=1)] if as_json else together.lines(summary):
        tell(line)


def _write_page(path: Path, summary: dict, monthly) -> None:
    from forecast.report.returns_page import page
    from forecast.sources.files import write_text

    write_text(path, page(summary, monthly))
    tell(f"The data quality page is {short(path)}. It holds small numbers: keep it inside the council.", err=True)


def _write_tables(out: Path, tables: dict) -> None:
    from forecast.sources.files import write_table

    for name, table in tables.items():
        write_table(out, name, table)
    tell(f"Tables are in {short(out)}. They hold small numbers: keep them inside the council.", err=True)


def _write(returns, summary: dict, tables, tables_of, as_json, quality, out, area, for_case) -> None:
    """What was read, and what was asked to be written: the quality page, `tables` of an area, and those of a case."""
    from forecast.sources.returns import monthly

    _tell(summary, as_json)
    if quality:
        _write_page(quality, summary, monthly(returns))
    if out:
        _write_tables(out, tables(area))
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
