"""Commands on the track record: backtest, calibrate."""

from pathlib import Path

import click

from forecast.cli.options import PATH, Progress, case_options, draws_option, find_home, page, seed_option, short, tell

editions_option = click.option("--editions", type=PATH, help="Figures of the panel by edition, CSV or CSV.GZ.")
spend_option = click.option(
    "--spend",
    "spends",
    multiple=True,
    type=PATH,
    help="Spend on looked-after children of the panel's councils by financial year, CSV or CSV.GZ; may be repeated.",
)
mix_option = click.option(
    "--mix",
    "mixes",
    multiple=True,
    type=PATH,
    help="Children by age, placement or legal status of the panel's councils, CSV or CSV.GZ; may be repeated.",
)
workers_option = click.option(
    "--workers", default=2, type=click.IntRange(1, 256), help="Processes; changes the time, never the numbers."
)


def panel_option(required: bool = False):
    return click.option("--panel", "panel_path", required=required, type=PATH, help="A panel of councils by year, CSV.")


@click.command()
@case_options
@panel_option()
@editions_option
@spend_option
@click.option("--monthly", type=PATH, help="Monthly counts instead: CSV of council, measure, month, count.")
@click.option("--out", type=PATH, help="Where the tables go (default: runs/COUNCIL/backtest).")
@click.option(
    "--method",
    "methods",
    multiple=True,
    help="Only this method beside the bar; may be repeated (default: the quick ones).",
)
@draws_option(1000, "Futures drawn for each forecast.", 100_000)
@seed_option
@workers_option
@click.option("--cluster", help="Address of a Dask scheduler, such as tcp://host:8786, which then does the work.")
@click.option("--keep", is_flag=True, help="Also keep the summary in data/calibration, for the reports.")
def backtest(
    council, month, panel_path, editions, spends, monthly, out, methods, draws, seed, workers, cluster, keep
) -> None:
    """How good past forecasts would have been: every origin, beside no change, for one council or a panel."""
    import pandas as pd

    from forecast.record import io, spend, strict, tables
    from forecast.record.panel import read_panel

    home, say = find_home(), Progress()
    folder = (
        out or home / "runs" / (monthly.stem if monthly else panel_path.stem if panel_path else council) / "backtest"
    )
    if monthly:
        _monthly(monthly, folder, methods, draws, seed, workers, cluster, say)
        return
    taught = None if panel_path else io.calibration_table(home, io.TAUGHT)
    panel = read_panel(panel_path, editions) if panel_path else io.open_council(home, council)
    chosen = _methods(methods, list(strict.METHODS), strict.OWN_WALK) if methods else strict.QUICK
    settings = strict.Settings(panel, io.open_england(home), chosen, draws, seed, taught)
    say(f"{len(panel.names)} councils, {len(chosen)} methods, {draws:,} draws")
    frame, found = strict.run(settings, workers, cluster, say)
    lessons = {io.TAUGHT: found} if panel_path else {}
    if spends:
        held = spend.read_spend(*spends)
        alone = panel_path and held.columns.min() < strict.FIRST_ORIGIN  # years enough to teach by themselves
        kept = None if alone else io.calibration_table(home, io.SPEND_TAUGHT)
        pounds = spend.Settings(settings, held, io.open_deflator(home), kept)
        more, found = spend.run(pounds, workers, cluster, say)
        frame = pd.concat([frame, more], ignore_index=True)
        lessons |= {io.SPEND_TAUGHT: found} if panel_path else {}
    made = tables.tables(frame, seed) | lessons
    io.write_tables(folder, made)
    if keep:
        io.keep(home, made, None if panel_path else council)
    for line in tables.in_words(made):
        tell(line)
    names = ", ".join(f"{name}.csv" for name in made)
    tell(f"Tables are in {short(folder)}: {names}. Took {say.seconds:.0f} seconds.")


def _monthly(path: Path, folder: Path, methods, draws: int, seed: int, workers: int, cluster: str | None, say) -> None:
    """The same of monthly counts, method by method."""
    from forecast.demand import trend
    from forecast.record import io
    from forecast.record import monthly as rolling

    chosen = _methods(methods, list(trend.METHODS), "no change")
    tables = rolling.tables(rolling.run(rolling.read_monthly(path), chosen, draws, seed, workers, cluster, say))
    io.write_tables(folder, tables)
    for row in tables["summary"].itertuples():
        tell(
            f"{row.measure:6s} {row.method:16s} {row.horizon:2d} months: mean error {row.mae:.1f}, "
            f"CRPS {row.crps:.2f}, 80% range held {row.coverage:.0%} of {row.n}"
        )
    tell(f"Tables are in {short(folder)}. Took {say.seconds:.0f} seconds.")


def _methods(asked: tuple[str, ...], held: list[str], bar: str) -> tuple[str, ...]:
    """The methods asked for, in the usual order and with the bar; all where none is named."""
    from forecast.case.errors import BadInput

    unknown = [name for name in asked if name not in held]
    if unknown:
        raise BadInput(f"there is no method {unknown[0]!r}. Methods: {', '.join(held)}.")
    return tuple(name for name in held if not asked or name in asked or name == bar)


@click.command()
@case_options
@panel_option(required=True)
@editions_option
@spend_option
@mix_option
@seed_option
@click.option("--write", is_flag=True, help="Write the tables to data/calibration instead of printing the figures.")
def calibrate(council, month, panel_path, editions, spends, mixes, seed, write) -> None:
    """What a panel says of totals, their ranges, the alarm and spend: makes data/calibration anew."""
    from forecast.case import load
    from forecast.record import calibrate, drivers, io, mix, spend, strict
    from forecast.record.panel import MEASURES, read_panel, tunes

    home, say = find_home(), Progress()
    value = load(home / "params", council, month, "central").value
    settings = strict.Settings(read_panel(panel_path, editions), io.open_england(home), seed=seed)
    tables = calibrate.calibrated(settings, {measure: value(f"families.{measure}") for measure in MEASURES})
    tables[drivers.DRIVERS] = drivers.table(settings.panel, settings.country, settings.panel.councils)
    if spends:
        held = spend.Settings(settings, spend.read_spend(*spends), io.open_deflator(home))
        tables[calibrate.SPEND] = spend.calibrate(held, [name for name in settings.panel.councils if tunes(name)])
    if mixes:
        even = [name for name in settings.panel.councils if tunes(name)]
        tables[mix.MIX] = mix.table(settings.panel, mix.read_counts(*mixes), even)
    if write:
        io.write_tables(home / "data" / io.CALIBRATION, tables)
    parts = {"totals": calibrate.TOTALS, "spend": calibrate.SPEND, "mix": mix.MIX}
    parts |= {"drivers": drivers.DRIVERS, "alarm": calibrate.ALARM}
    rows = {part: tables[name].to_dict("records") if name in tables else [] for part, name in parts.items()}
    for line in page("calibrate", written=write, **rows):
        tell(line)
    tell(f"Took {say.seconds:.0f} seconds.")
