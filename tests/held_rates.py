"""Do local rates hold what they promise? Invented councils whose true rates are known, read back, rate by rate.

python tests/held_rates.py SEEDS     prints the share of true rates inside their 80% ranges; a test tries a few seeds
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

import pandas as pd

from forecast.model.returns_rates import leaving_rates, moving_rates, plan_rates
from forecast.sources.cin import read_cin
from forecast.sources.ssda903 import read_returns
from invented import Oddities, Settings, invent, write

SIZE, YEARS = 0.6, 5
LEAST_YEARS = 5.0  # child-years: a smaller cell has too little to be in or out by anything but its prior
# Bands of the reader that lie wholly within one of the generator's -> the day that one begins.
LAC_WITHIN = {"4_to_13_weeks": 14, "3_to_6_months": 91, "6_to_12_months": 91, "1_to_2_years": 365, "over_5_years": 1096}
CP_WITHIN = {"under_3_months": 0, "3_to_6_months": 91, "6_to_12_months": 182, "1_to_2_years": 365, "over_2_years": 730}


def inside(rates: pd.DataFrame, truth: pd.Series) -> tuple[int, int]:
    """How many rates there are to judge, and how many true ones lie in their range."""
    held = rates[(rates["child_years"] >= LEAST_YEARS) & truth.notna().to_numpy()]
    true = truth[held.index]
    return len(held), int(((held["low"] <= true) & (true <= held["high"])).sum())


def leaving_truth(rates: pd.DataFrame, truth: pd.DataFrame, within: dict[str, int]) -> pd.Series:
    true = truth.set_index(["age_band", "since_days"])["per_year"].to_dict()
    return pd.Series(
        [true.get((row.age_band, within.get(row.time_since_start, -1))) for row in rates.itertuples()],
        rates.index,
        dtype=float,
    )


def judged(seed: int) -> Counter:
    """Of one council: rates judged and inside, by kind."""
    settings = Settings(first_year="2019-20", years=YEARS, oddities=Oddities.none())
    council = invent(settings.scaled(SIZE), seed)
    with tempfile.TemporaryDirectory() as folder:
        write(council, Path(folder))
        returns, plans = read_returns(Path(folder) / "ssda903"), read_cin(Path(folder) / "cin")
    truth, found = council.truth(), Counter()
    lac, cp, moving = leaving_rates(returns), plan_rates(plans), moving_rates(returns)
    lac = lac[~lac["uasc"]].reset_index(drop=True)
    moving = moving[~moving["uasc"]].reset_index(drop=True)
    true_moves = moving["placement"].map(truth["moves"].set_index("placement")["per_year"])
    true_moves[moving["placement"].isin(["residential", "other", "placed_for_adoption"])] = float(
        "nan"
    )  # the two name these differently
    kinds = {
        "leaving care": (lac, leaving_truth(lac, truth["leaving"][truth["leaving"]["service"] == "lac"], LAC_WITHIN)),
        "ending a plan": (cp, leaving_truth(cp, truth["leaving"][truth["leaving"]["service"] == "cp"], CP_WITHIN)),
        "moving": (moving, true_moves),
    }
    for kind, (rates, true) in kinds.items():
        count, held = inside(rates, true)
        found[kind, "judged"] += count
        found[kind, "inside"] += held
    return found


if __name__ == "__main__":
    total = sum((judged(seed) for seed in range(int(sys.argv[1]))), Counter())
    for kind in dict.fromkeys(kind for kind, _ in total):
        count = total[kind, "judged"]
        print(f"{kind:14s} {count:6,} rates, {total[kind, 'inside'] / count:.1%} of the true ones inside the 80% range")
