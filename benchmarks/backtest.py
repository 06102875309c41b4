"""Wall time of a panel back-test on one process, on two, and through a Dask cluster on this machine, as ratios.

    python -m benchmarks.backtest --panel FILE.csv

The numbers must be the same three times; the run stops if they are not.
"""

import time
from dataclasses import replace
from pathlib import Path

import click
import pandas as pd

from forecast.case.home import find_home
from forecast.record import io, origins
from forecast.record.panel import read_panel


def timed(settings: origins.Settings, workers: int, cluster: str | None) -> tuple[float, pd.DataFrame]:
    began = time.perf_counter()
    frame = origins.run(settings, workers, cluster)
    return time.perf_counter() - began, frame


@click.command()
@click.option("--panel", "path", required=True, type=click.Path(path_type=Path))
@click.option("--councils", default=20, show_default=True, help="Councils of the panel that take part.")
@click.option("--draws", default=1000, show_default=True)
def main(path: Path, councils: int, draws: int) -> None:
    from distributed import LocalCluster

    home, panel = find_home(), read_panel(path)
    england, norms = io.open_england(home, "slough", "2011-06")
    some = panel.councils[:councils]
    panel = replace(panel, figures=panel.figures.loc[some], names={council: panel.names[council] for council in some})
    methods = (origins.FORECAST, origins.OWN_WALK, origins.POOLED)
    settings = origins.Settings(panel, england, norms, io.calibration_table(home, io.CHANGES), methods, draws, 2011)
    one, first = timed(settings, 1, None)
    two, second = timed(settings, 2, None)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        dask, third = timed(settings, 1, cluster.scheduler_address)
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    pd.testing.assert_frame_equal(first, third, check_exact=True)
    click.echo(f"{councils} councils, {len(first):,} forecasts, {draws:,} draws; the same numbers three times")
    for name, took in (("one process", one), ("two processes", two), ("Dask, two workers", dask)):
        click.echo(f"{name:20s} {took:6.1f} s   {took / one:.2f} of one process")


if __name__ == "__main__":
    main()
