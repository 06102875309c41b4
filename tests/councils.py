"""Invented councils read back from their returns: is every child counted, at every month end?

python tests/councils.py SEEDS     tries that many and prints what differed; a test tries a few
"""

import sys
import tempfile
from datetime import date
from pathlib import Path

import pandas as pd

from forecast.case.months import last_day
from forecast.sources.ssda903 import Returns, read_returns
from invented import Council, Settings, invent, write

SIZE, YEARS = 0.15, 4
# The generator has one group for homes that are not children's homes; the reader puts each code with its price.
SAME = dict.fromkeys(("residential", "other_residential", "other"), "residential or other")


def council(seed: int) -> Council:
    """A small council with every awkwardness, over years in which codes change."""
    return invent(Settings(first_year="2021-22", years=YEARS).scaled(SIZE), seed)


def read_back(one: Council, folder: Path) -> Returns:
    write(one, folder)
    return read_returns(folder / "ssda903")


def truth_at(stock: pd.DataFrame, month: str) -> pd.Series:
    """True children by age band and placement at a month's end, those with any."""
    rows = stock[(stock["month"] == month) & (stock["children"] > 0)]
    placement = rows["placement"].replace(SAME)
    return rows["children"].groupby([rows["age_band"], placement]).sum()


def read_at(returns: Returns, day: date) -> pd.Series:
    rows = returns.stock(day)
    rows = rows[rows["children"] > 0]
    return rows["children"].groupby([rows["age_band"], rows["placement"].replace(SAME)]).sum()


def differences(seed: int) -> list[str]:
    """Month ends of one council at which a cell differs, and months whose starts or ends do."""
    one = council(seed)
    with tempfile.TemporaryDirectory() as folder:
        returns = read_back(one, Path(folder))
    truth, found = one.truth(), []
    for month in one.settings.months:
        wanted, got = truth_at(truth["lac_stock"], month), read_at(returns, last_day(month))
        if not wanted.sort_index().equals(got.sort_index().rename(wanted.name).astype(wanted.dtype)):
            found.append(f"stock {month}")
    flows = truth["lac_flows"].groupby("month")[["starts", "ends"]].sum()
    read = (
        returns.monthly_stock(one.settings.months[0], one.settings.months[-1])
        .groupby("month")[["starts", "ends"]]
        .sum()
    )
    return found + [
        f"flows {month}" for month in flows.index[(flows != read.astype(flows.to_numpy().dtype)).any(axis=1)]
    ]


if __name__ == "__main__":
    seeds, months = int(sys.argv[1]), 12 * YEARS
    wrong = {seed: found for seed in range(seeds) if (found := differences(seed))}
    print(f"{seeds} councils, {seeds * months:,} month ends: {sum(len(found) for found in wrong.values())} differ")
    for seed, found in wrong.items():
        print(f"    seed {seed}: {', '.join(found[:6])}")
