"""The track record in tables: scores against the bar, ranges by horizon and size, PIT, and what population is worth."""

from collections.abc import Iterator

import pandas as pd

from forecast.record import scores
from forecast.record.calibrate import tunes
from forecast.record.origins import EVERY_METHOD, FORECAST, FULL_POPULATION, HORIZONS, NO_POPULATION, OWN_WALK
from forecast.record.panel import MEASURE_WORDS, MEASURES

SIZES = {"under 100": (0, 100), "100 to 400": (100, 400), "over 400": (400, float("inf"))}
HALVES = {"all": lambda council: True, "tuned on": tunes, "not tuned on": lambda council: not tunes(council)}
JUDGED = "not tuned on"
RESAMPLES = 1000
ALL = "all"
COLUMNS = ["council", "measure", "method", "origin", "horizon", "outturn", "p10", "p50", "p90", "crps"]


def ordered(frame: pd.DataFrame) -> pd.DataFrame:
    """Scores in the order of measures and methods that every table keeps."""
    for column, order in (
        ("measure", list(MEASURES)),
        ("method", [name for name in EVERY_METHOD if name in set(frame["method"])]),
    ):
        frame = frame.assign(**{column: pd.Categorical(frame[column], order, ordered=True)})
    return (
        frame.sort_values(["measure", "method", "council", "origin", "horizon"])
        .astype({"measure": str, "method": str})
        .reset_index(drop=True)
    )


def summaries(frame: pd.DataFrame) -> pd.DataFrame:
    """Every score by half of the councils, measure, method and horizon."""
    plain = frame.drop(columns=["pit", "used", "verdict", "name"])
    parts = {half: plain[plain["council"].map(inside)] for half, inside in HALVES.items()}
    return pd.concat([scores.summary(part).assign(councils=half) for half, part in parts.items() if len(part)]).round(4)


def against_the_bar(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    """CRPS of each method over that of the council's own random walk, by half, horizon and size, with its interval."""
    rows = []
    for cut, part in _cuts(frame):
        for (measure, method), _ in part.groupby(["measure", "method"], sort=False):
            of_measure = part[part["measure"] == measure]
            if method == OWN_WALK or OWN_WALK not in set(of_measure["method"]):
                continue
            both = scores.shared(of_measure, method, OWN_WALK)
            if len(both):
                rows.append([cut[0], measure, method, *cut[1:], *_ratio(both, method, seed)])
    columns = ["councils", "measure", "method", "horizon", "size", "forecasts", "ratio", "low95", "high95"]
    return pd.DataFrame(rows, columns=columns)


def _cuts(frame: pd.DataFrame) -> Iterator[tuple[tuple, pd.DataFrame]]:
    """(half, horizon, size) and its forecasts: each half of the councils whole, by horizon, and by size."""
    for half, inside in HALVES.items():
        part = frame[frame["council"].map(inside)]
        yield (half, ALL, ALL), part
        for horizon in HORIZONS:
            yield (half, horizon, ALL), part[part["horizon"] == horizon]
        for name, (low, high) in SIZES.items():
            yield (half, ALL, name), part[(part["last"] >= low) & (part["last"] < high)]


def _ratio(both: pd.DataFrame, method: str, seed: int) -> list:
    """Forecasts, ratio and its 95% interval; one council alone has no interval."""
    if both["council"].nunique() == 1:
        total = both.groupby("method")["crps"].sum()
        return [len(both) // 2, round(total[method] / total[OWN_WALK], 4), float("nan"), float("nan")]
    found = scores.relative(both, method, OWN_WALK, RESAMPLES, seed)
    return [found.forecasts, *(round(x, 4) for x in (found.ratio, found.low95, found.high95))]


def ranges(frame: pd.DataFrame) -> pd.DataFrame:
    """Share of outturns inside, below and above the 80% range, by half, horizon and size."""
    rows = []
    for (half, horizon, size), part in _cuts(frame):
        for (measure, method), group in part.groupby(["measure", "method"], sort=False):
            low, high = (group["outturn"] < group["p10"]).mean(), (group["outturn"] > group["p90"]).mean()
            shares = [round(x, 4) for x in (1 - low - high, low, high)]
            rows.append([half, measure, method, horizon, size, len(group), *shares])
    columns = ["councils", "measure", "method", "horizon", "size", "forecasts", "inside", "below", "above"]
    return pd.DataFrame(rows, columns=columns)


def pit_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Histogram of where outturns fell in the forecast's draws, ten bins that should hold a tenth each."""
    rows = []
    for (measure, method), group in frame.groupby(["measure", "method"], sort=False):
        shares = scores.pit_histogram(group["pit"].to_numpy())
        rows += [
            [measure, method, number + 1, len(group), round(float(share), 4)] for number, share in enumerate(shares)
        ]
    return pd.DataFrame(rows, columns=["measure", "method", "tenth", "forecasts", "share"])


def population_worth(frame: pd.DataFrame) -> pd.DataFrame:
    """The same forecast without the projected population and with all of it: error and CRPS by horizon."""
    names = {NO_POPULATION: "without", FORECAST: "as earned", FULL_POPULATION: "in full"}
    held = frame[frame["method"].isin(names)]
    if held.empty:
        return pd.DataFrame(columns=["measure", "horizon", "population", "forecasts", "mean error", "crps"])
    held = held.assign(error=(held["p50"] - held["outturn"]).abs(), population=held["method"].map(names))
    groups = held.groupby(["measure", "horizon", "population"], sort=False)
    table = groups.agg(forecasts=("error", "size"), error=("error", "mean"), crps=("crps", "mean")).reset_index()
    return table.rename(columns={"error": "mean error"}).round({"mean error": 3, "crps": 3})


def fallbacks(frame: pd.DataFrame) -> pd.DataFrame:
    """How often each method gave way to a plainer one, and why."""
    fell = frame[(frame["verdict"].str.startswith("fell back")) & (frame["horizon"] == HORIZONS[0])]
    return fell.groupby(["method", "measure", "verdict"]).size().rename("forecasts").reset_index()


def tables(frame: pd.DataFrame, seed: int) -> dict[str, pd.DataFrame]:
    """Every table of a back-test's summary by file name."""
    frame = ordered(frame)
    return {
        "scores": frame[[*COLUMNS, "last", "scale", "pit", "used", "verdict", "name"]],
        "scope": scope_of(frame),
        "summary": summaries(frame),
        "against_own_walk": against_the_bar(frame, seed),
        "ranges": ranges(frame),
        "pit": pit_table(frame),
        "population": population_worth(frame),
        "fallbacks": fallbacks(frame),
    }


def in_words(tables: dict[str, pd.DataFrame]) -> list[str]:
    """What a person reads when a back-test ends."""
    lines = []
    for measure in MEASURES:
        held = _row(tables["ranges"], measure, FORECAST)
        if held is None:
            continue
        lines.append(
            f"{MEASURE_WORDS[measure]}: {held['inside']:.0%} of {held['forecasts']:,} outturns inside the 80% range "
            f"({held['below']:.0%} below, {held['above']:.0%} above)."
        )
        bar = tables["against_own_walk"].query("councils == 'all' and horizon == 'all' and size == 'all'")
        lines += [
            f"    {row.method:22s} CRPS {row.ratio:.3f} of the council's own random walk's "
            f"({row.forecasts:,} forecasts)"
            for row in bar[bar["measure"] == measure].itertuples()
        ]
    return lines


def _row(ranges_: pd.DataFrame, measure: str, method: str, councils: str = ALL) -> pd.Series | None:
    """One method's row for all horizons and sizes, or None."""
    rows = ranges_[(ranges_["councils"] == councils) & (ranges_["measure"] == measure) & (ranges_["method"] == method)]
    rows = rows[(rows["horizon"] == ALL) & (rows["size"] == ALL)]
    return None if rows.empty else rows.iloc[0]


def scope_of(frame: pd.DataFrame) -> pd.DataFrame:
    """How many councils and which origins a back-test ran over, one row a half."""
    rows = []
    for half, inside in HALVES.items():
        part = frame[frame["council"].map(inside)]
        if len(part):
            rows.append([half, part["council"].nunique(), part["origin"].min(), part["origin"].max()])
    return pd.DataFrame(rows, columns=["councils", "number", "first_origin", "last_origin"])


def told(scope: pd.DataFrame, summary: pd.DataFrame, bar: pd.DataFrame, kept: pd.DataFrame) -> dict[str, dict]:
    """The panel's record of the forecast for the answer, judged on the councils that did not tune it.

    measure -> errors by horizon beside no change, ratio, share inside
    """
    record, where = {}, scope.set_index("councils").loc[JUDGED]
    for measure in MEASURES:
        inside, ratio = _row(kept, measure, FORECAST, JUDGED), _row(bar, measure, FORECAST, JUDGED)
        rows = summary[(summary["councils"] == JUDGED) & (summary["measure"] == measure)]
        rows = rows.set_index(["method", "horizon"])["mape"]
        errors = {
            str(h): {"forecast": float(rows[FORECAST, str(h)]), "no_change": float(rows["no change", str(h)])}
            for h in HORIZONS
        }
        record[measure] = {
            "councils": int(where["number"]),
            "first_origin": int(where["first_origin"]),
            "last_origin": int(where["last_origin"]),
            "forecasts": int(inside["forecasts"]),
            "inside": float(inside["inside"]),
            "crps_ratio": float(ratio["ratio"]),
            "errors": errors,
        }
    return record
