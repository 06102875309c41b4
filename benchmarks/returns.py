"""Wall time and memory of reading SSDA903 returns:  python -m benchmarks.returns

An invented council: about 10,000 children over five years, some 2,000 looked after at a time, 60,000 rows. The returns are
written to a zip, then read, resolved and aggregated in a process of its own, so that the memory is the reader's alone.
"""

import csv
import io
import subprocess
import sys
import tempfile
import zipfile
from datetime import date, timedelta
from pathlib import Path

import click
import numpy as np

HEADINGS = [
    "CHILD",
    "DECOM",
    "RNE",
    "LS",
    "CIN",
    "PLACE",
    "PLACE_PROVIDER",
    "DEC",
    "REC",
    "REASON_PLACE_CHANGE",
    "HOME_POST",
    "PL_POST",
    "URN",
]
PLACES = [("U6", "PR1"), ("U6", "PR4"), ("U3", "PR1"), ("K2", "PR4"), ("H5", "PR4"), ("P1", "PR0")]
MEAN_STAY, MEAN_EPISODE = 420, 75  # days
TIMED = """
import resource, sys, time
from datetime import date
from pathlib import Path
from forecast.sources.ssda903 import read_returns
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
began = time.perf_counter()
returns = read_returns(Path(sys.argv[1])); read = time.perf_counter()
returns.stock(returns.last_day)
returns.monthly_stock(f"{returns.first_day:%Y-%m}", f"{returns.last_day:%Y-%m}")
returns.exposure(); returns.durations(); returns.quality()
done = time.perf_counter()
print(returns)
print(f"read and resolved {read - began:.2f} s, aggregated {done - read:.2f} s, together {done - began:.2f} s")
print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB, of which libraries {before:.0f} MB")
"""


def invent_history(rng: np.random.Generator, children: int, first: date, days: int) -> list[tuple]:
    """(child, start, end, rne, place, provider, reason) of invented children: episodes that adjoin."""
    rows = []
    for child in range(children):
        day = int(rng.integers(-300, days))
        until = day + 1 + int(rng.exponential(MEAN_STAY))
        reason = "S"
        while day < until:
            end = min(until, day + 1 + int(rng.exponential(MEAN_EPISODE)))
            place, provider = PLACES[rng.integers(len(PLACES))]
            rows.append(
                (
                    f"C{child:06d}",
                    first + timedelta(day),
                    first + timedelta(end),
                    reason,
                    place,
                    provider,
                    "E4A" if end == until else "X1",
                )
            )
            day, reason = end, "P"
    return rows


def write_returns(path: Path, children: int, years: int, first_year: int = 2018, seed: int = 903) -> int:
    """A zip of Header and Episodes, a folder a year; gives the number of episode rows."""
    rng = np.random.default_rng(seed)
    history = invent_history(rng, children, date(first_year - 1, 4, 1), 365 * years)
    born = {row[0]: row[1] - timedelta(int(rng.integers(0, 365 * 17))) for row in reversed(history)}
    written = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for year in range(first_year, first_year + years):
            first, last = date(year - 1, 4, 1), date(year, 3, 31)
            touching = [row for row in history if row[1] <= last and row[2] >= first]
            headers = [
                (child, 1, f"{born[child]:%d/%m/%Y}", "WBRI") for child in dict.fromkeys(row[0] for row in touching)
            ]
            rows = [_row(row, last) for row in touching]
            folder = f"{year - 1}-{year % 100:02d}"
            archive.writestr(f"{folder}/Header.csv", _text(["CHILD", "SEX", "DOB", "ETHNIC"], headers))
            archive.writestr(f"{folder}/Episodes.csv", _text(HEADINGS, rows))
            written += len(rows)
    return written


def _row(row: tuple, last: date) -> tuple:
    child, start, end, rne, place, provider, reason = row
    closed = (f"{end:%d/%m/%Y}", reason) if end <= last else ("", "")
    return child, f"{start:%d/%m/%Y}", rne, "C2", "N1", place, provider, *closed, "", "", "", ""


def _text(headings: list[str], rows: list[tuple]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([headings, *rows])
    return text.getvalue()


@click.command()
@click.option("--children", default=10_000, show_default=True)
@click.option("--years", default=5, show_default=True)
def main(children: int, years: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "returns.zip"
        click.echo(f"{write_returns(path, children, years):,} episode rows in {years} returns")
        subprocess.run([sys.executable, "-c", TIMED, str(path)], check=True)


if __name__ == "__main__":
    main()
