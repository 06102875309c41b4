"""Rolling origins over monthly counts (annual points may be mixed in): the methods that need one series only."""

import csv
import re
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.months import months_between
from forecast.demand import trend
from forecast.demand.trend import Series
from forecast.record import scores
from forecast.record.parallel import number, spread

COLUMNS = ["council", "measure", "month", "count"]
HORIZONS = (1, 3, 6, 12)
MONTH = re.compile("[0-9]{4}-(0[1-9]|1[0-2])")
LEAST_POINTS = 12  # counts before the first origin


def read_monthly(path: Path) -> dict[tuple[str, str], Series]:
    """Counts at month ends by council and measure. Raises BadInput naming file, line and column."""
    if not path.is_file():
        raise BadInput(f"{path.name} is not there; give a CSV with the columns {', '.join(COLUMNS)}")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    if not rows or rows[0] != COLUMNS:
        raise BadInput(f"{path.name}, line 1: expected the columns {', '.join(COLUMNS)}, in this order")
    held: dict[tuple[str, str], dict[str, float]] = {}
    for line, row in enumerate(rows[1:], start=2):
        council, measure, month, count = _checked(path, line, row)
        points = held.setdefault((council, measure), {})
        if month in points:
            raise BadInput(f"{path.name}, line {line}: a second count for {council}, {measure}, {month}; keep one")
        points[month] = count
    return {
        key: Series(tuple(sorted(points)), np.array([points[month] for month in sorted(points)]))
        for key, points in held.items()
    }


def _checked(path: Path, line: int, row: list[str]) -> tuple[str, str, str, float]:
    if len(row) != len(COLUMNS):
        raise BadInput(f"{path.name}, line {line}: {len(row)} cells, expected {len(COLUMNS)}; look for a stray comma")
    council, measure, month, count = row
    if not MONTH.fullmatch(month):
        raise BadInput(f"{path.name}, line {line}, month: {month!r} is not a month such as 2011-05")
    if not count.isdigit():
        raise BadInput(f"{path.name}, line {line}, count: {count!r}; expected a whole number, 0 or more")
    return council, measure, month, float(count)


def run(
    held: dict[tuple[str, str], Series],
    methods: tuple[str, ...],
    draws: int,
    seed: int,
    workers: int,
    cluster: str | None,
    said,
) -> pd.DataFrame:
    """One row for each series, method, origin and horizon whose outturn is known."""
    tasks = [(key, series, at) for key, series in held.items() for at in range(LEAST_POINTS, len(series.months))]
    parts, found = [], spread(partial(one_origin, methods, draws, seed), tasks, workers, cluster)
    for (key, series, at), part in zip(tasks, found, strict=True):
        parts.append(part)
        said(f"{len(parts)} of {len(tasks)}: {' '.join(key)} from {series.months[at - 1]}")
    if not parts:
        raise BadInput(f"no series has more than {LEAST_POINTS} counts: there is no origin to forecast from")
    return pd.concat(parts, ignore_index=True)


def one_origin(
    methods: tuple[str, ...], draws: int, seed: int, task: tuple[tuple[str, str], Series, int]
) -> pd.DataFrame:
    """Every method from one month of one series, which sees the counts before it only."""
    (council, measure), series, at = task
    seen = Series(series.months[:at], series.counts[:at])
    ahead = months_between(series.months[at - 1], series.months[-1])[1 : max(HORIZONS) + 1]
    outturns = {
        ahead.index(month) + 1: count
        for month, count in zip(series.months[at:], series.counts[at:], strict=True)
        if month in ahead
    }
    own = number(seed, council, measure, seen.months[-1])
    rows = []
    for method in methods:
        found = trend.forecast(method, seen, max(HORIZONS), draws, own)
        for horizon in [h for h in HORIZONS if h in outturns]:
            rows.append(_row(found, seen, horizon, outturns[horizon]) | {"council": council, "measure": measure})
    return pd.DataFrame(rows)


def _row(found: trend.Trend, seen: Series, horizon: int, outturn: float) -> dict:
    drawn, came = found.paths[:, horizon - 1], np.array([outturn])
    low, middle, high = np.quantile(drawn, [0.1, 0.5, 0.9])
    return {
        "method": found.method,
        "origin": seen.months[-1],
        "horizon": horizon,
        "outturn": outturn,
        "p10": low,
        "p50": middle,
        "p90": high,
        "crps": scores.crps(drawn[None], came)[0],
        "last": seen.counts[-1],
        "scale": float(np.abs(np.diff(seen.counts)).mean()),
        "used": found.used,
        "verdict": found.verdict,
    }


def tables(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Scores and their summary, horizons in months."""
    first = ["council", "measure", "method", "origin", "horizon", "outturn", "p10", "p50", "p90", "crps"]
    rest = [name for name in frame if name not in first]
    return {
        "scores": frame[[*first, *rest]],
        "summary": scores.summary(frame.drop(columns=["used", "verdict"])).round(4),
    }
