"""What a panel says of the front door: its rates and their drift, whether it warns of plans, and whether care follows
plans."""

import numpy as np
import pandas as pd
import statsmodels.api as sm

from forecast.demand.caseload import Z90
from forecast.demand.front_door import CARE, ICPC, PLANS, REFERRALS, S47
from forecast.record.calibrate import LEAST_STOCK
from forecast.record.panel import MEASURES, Panel, tunes

COLUMNS = {REFERRALS: "referrals", S47: "s47", ICPC: "icpc", PLANS: MEASURES["cp"][1], CARE: MEASURES["lac"][1]}
STOCK = MEASURES["cp"][0]
RATE = "one step over the one before; middle and 80% of councils and years"
DRIFT = "yearly change of the rate's logarithm: a robust SD, chance included"
FOLLOWS = "log change of LAC starts on plans started, this year's and the last's, against the panel's middle; summed"
WARNS = "next year's log change of {} on this year's of {}, beside its own, against the panel's middle"
HELPS = "share of the mean absolute miss that this takes away in councils not fitted on; 80% of 1,000 resamples"
RESAMPLES, SEED = 1000, 2011


def rows(panel: Panel, councils: list[str]) -> list[dict]:
    """Rates, drift, care after plans and warnings, as rows of the table of drivers."""
    counts = panel.figures.loc[councils].rename(columns={column: step for step, column in COLUMNS.items()})
    logs = np.log(counts[[*COLUMNS, STOCK]].where(lambda count: count >= LEAST_STOCK))
    moved = logs.groupby(level=0).diff()
    moved = moved - moved.groupby(level=1).median()
    steps = list(COLUMNS)[:-1]
    found = [row for pair in zip(steps[:-1], steps[1:], strict=True) for row in rate(counts, *pair)]
    found.append(care_after_plans(moved))
    for what in (PLANS, STOCK):
        found += [row for early in (S47, ICPC) for row in warning(moved, early, what)]
    return found


def rate(counts: pd.DataFrame, before: str, after: str) -> list[dict]:
    """Children of one step for each of the step before, and how far that moves in a year."""
    some = (counts[before] >= LEAST_STOCK) & (counts[after] >= LEAST_STOCK)
    share = (counts[after] / counts[before])[some]
    low, middle, high = share.quantile([0.1, 0.5, 0.9])
    change = np.log(share).groupby(level=0).diff().dropna()
    spread = float(np.diff(change.quantile([0.1, 0.9]))[0] / (2 * Z90))
    error = Z90 * spread / np.sqrt(2 * len(change))
    return [
        _row(f"rate {before} to {after}", middle, low, high, share, RATE),
        _row(f"drift {before} to {after}", spread, spread - error, spread + error, change, DRIFT),
    ]


def care_after_plans(moved: pd.DataFrame) -> dict:
    """By how much starts to be looked after follow plans started, this year and the next."""
    before = moved[PLANS].groupby(level=0).shift(1).rename("before")
    fit, both = _fit(moved[CARE], [moved[PLANS], before])
    value, error = fit.params.iloc[1:].sum(), float(np.sqrt(fit.cov_params().iloc[1:, 1:].to_numpy().sum()))
    return _row("care after plans", value, value - Z90 * error, value + Z90 * error, both, FOLLOWS)


def warning(moved: pd.DataFrame, early: str, what: str) -> list[dict]:
    """Whether a rise at the front door tells of plans to come: the power it has, and what it takes from the miss."""
    ahead, usual = moved[what].groupby(level=0).shift(-1).rename("ahead"), [moved[what].rename("own")]
    fit, both = _fit(ahead, [*usual, moved[early]])
    value, error = fit.params[early], fit.bse[early]
    low, high = value - Z90 * error, value + Z90 * error
    name, even = "plans" if what == STOCK else "plans started", both.index.get_level_values(0).map(tunes).to_numpy()

    def missed(parts: list[str]) -> pd.Series:
        """What each half of the councils misses, told by the other."""
        known = sm.add_constant(both[parts])
        told = (sm.OLS(both["ahead"][half], known[half]).fit().predict(known[~half]) for half in (even, ~even))
        return (both["ahead"] - pd.concat(told)).abs()

    misses = {"with": missed(["own", early]), "without": missed(["own"])}
    by_council = pd.DataFrame(misses).groupby(level=0).sum().to_numpy()
    again = np.random.default_rng(SEED).integers(0, len(by_council), (RESAMPLES, len(by_council)))
    gains = 1 - np.divide(*by_council[again].sum(axis=1).T)
    whole = 1 - np.divide(*by_council.sum(axis=0))
    return [
        _row(f"{early} warns of {name}", value, low, high, both, WARNS.format(name, early)),
        _row(f"{early} helps with {name}", whole, *np.quantile(gains, [0.1, 0.9]), both, HELPS),
    ]


def _fit(wanted: pd.Series, parts: list[pd.Series]):
    both = pd.concat([wanted, *parts], axis=1).dropna()
    groups = pd.factorize(both.index.get_level_values(0))[0]
    model = sm.OLS(both.iloc[:, 0], sm.add_constant(both.iloc[:, 1:]))
    return model.fit(cov_type="cluster", cov_kwds={"groups": groups}), both


def _row(name: str, value: float, low: float, high: float, counted: pd.DataFrame | pd.Series, how: str) -> dict:
    councils = counted.index.get_level_values(0).nunique()
    found = {"measure": "front door", "name": name, "years": 1, "value": value, "low": low, "high": high}
    return found | {"councils": councils, "changes": len(counted), "how": how}
