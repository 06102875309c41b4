"""The track record in tables: scores, ratios to the bars, ranges, PIT; and the record as the answer says it."""

import pandas as pd

from forecast.record import scores, strict, together
from forecast.record.panel import SCORED, tunes
from forecast.record.strict import CLOSED, HORIZONS, METHODS, NO_CHANGE, ODD, OWN_WALK, POOLED

ALL = "all"
JUDGED = ALL  # no council is forecast with figures that its own half taught
BARS = {"against_own_walk": OWN_WALK, "against_pooled_walk": POOLED}
COLUMNS = ["council", "measure", "method", "origin", "horizon", "outturn", "p10", "p50", "p90", "crps"]


def ordered(frame: pd.DataFrame) -> pd.DataFrame:
    """Scores in the order of measures and methods that every table keeps."""
    for column, order in (
        ("measure", list(SCORED)),
        ("method", [name for name in METHODS if name in set(frame["method"])]),
    ):
        frame = frame.assign(**{column: pd.Categorical(frame[column], order, ordered=True)})
    return (
        frame.sort_values(["measure", "method", "council", "origin", "horizon"])
        .astype({"measure": str, "method": str})
        .reset_index(drop=True)
    )


def by_halves(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """All councils' rows, and those with odd codes', where there are any."""
    odd = frame[~frame["council"].map(tunes)]
    return {ALL: frame} if odd.empty else {ALL: frame, ODD: odd}


def summaries(frame: pd.DataFrame) -> pd.DataFrame:
    """Every score by councils, measure, method and horizon."""
    plain = frame.drop(columns=["pit", "volatility", "name"])
    parts = [scores.summary(part).assign(councils=half) for half, part in by_halves(plain).items()]
    return pd.concat(parts).round(4)


def pit_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Histogram of where outturns fell in the forecast's draws, ten bins that should hold a tenth each."""
    rows = []
    for (measure, method), group in frame.groupby(["measure", "method"], sort=False):
        shares = scores.pit_histogram(group["pit"].to_numpy())
        rows += [
            [measure, method, number + 1, len(group), round(float(share), 4)] for number, share in enumerate(shares)
        ]
    return pd.DataFrame(rows, columns=["measure", "method", "tenth", "forecasts", "share"])


def scope_of(frame: pd.DataFrame) -> pd.DataFrame:
    """How many councils and which origins a back-test ran over."""
    rows = [
        [half, part["council"].nunique(), part["origin"].min(), part["origin"].max()]
        for half, part in by_halves(frame).items()
    ]
    return pd.DataFrame(rows, columns=["councils", "number", "first_origin", "last_origin"])


def tables(frame: pd.DataFrame, seed: int) -> dict[str, pd.DataFrame]:
    """Every table of a back-test's summary by file name."""
    frame = ordered(frame)
    return {
        "scores": frame[[*COLUMNS, "last", "scale", "volatility", "pit", "name"]],
        "scope": scope_of(frame),
        "summary": summaries(frame),
        **{name: strict.ratios(frame, bar, seed) for name, bar in BARS.items()},
        "ranges": strict.ranges(frame),
        "pit": pit_table(frame),
        "together": together.table(frame, seed),
    }


def in_words(tables: dict[str, pd.DataFrame]) -> list[str]:
    """What a person reads when a back-test ends."""
    lines = []
    for measure, words in SCORED.items():
        held = _row(tables["ranges"], measure)
        if held is None:
            continue
        lines.append(f"{words}: {held['inside']:.0%} of {held['forecasts']:,} outturns inside the 80% range.")
        for name, bar in BARS.items():
            rows = tables[name].query("councils == 'all' and horizon == 'all' and measure == @measure")
            for row in rows.itertuples():
                interval = "" if pd.isna(row.low95) else f" ({row.low95:.3f} to {row.high95:.3f})"
                if name == "against_own_walk" or row.method == CLOSED:
                    lines.append(
                        f"    {row.method:18s} CRPS {row.ratio:.3f} of the {bar}'s{interval}, {row.forecasts:,} scored"
                    )
    return lines


def _row(table: pd.DataFrame, measure: str) -> pd.Series | None:
    """The forecast's row for all councils and horizons (and thirds of them), or None."""
    rows = table[(table["councils"] == JUDGED) & (table["measure"] == measure) & (table["method"] == CLOSED)]
    rows = rows[(rows["horizon"] == ALL) & (rows.get("third", ALL) == ALL)]
    return None if rows.empty else rows.iloc[0]


def told(
    scope: pd.DataFrame, summary: pd.DataFrame, bar: pd.DataFrame, pooled: pd.DataFrame, kept: pd.DataFrame
) -> dict[str, dict]:
    """The panel's record of the forecast for the answer, in strict time, of all councils: children, plans and spend.

    measure -> errors by horizon beside no change, CRPS over the own walk's with its interval, over the pooled walk's,
    share inside
    """
    record, where = {}, scope.set_index("councils").loc[JUDGED]
    for measure in SCORED:
        inside, ratio = _row(kept, measure), _row(bar, measure)
        rows = summary[(summary["councils"] == JUDGED) & (summary["measure"] == measure)]
        rows = rows.set_index(["method", "horizon"])["mape"]
        errors = {
            str(h): {"forecast": float(rows[CLOSED, str(h)]), "no_change": float(rows[NO_CHANGE, str(h)])}
            for h in HORIZONS
        }
        record[measure] = {
            "councils": int(where["number"]),
            "first_origin": int(where["first_origin"]),
            "last_origin": int(where["last_origin"]),
            "forecasts": int(inside["forecasts"]),
            "inside": float(inside["inside"]),
            **{f"crps_{part}": float(ratio[part]) for part in ("ratio", "low95", "high95")},
            "crps_of_pooled_walk": float(_row(pooled, measure)["ratio"]),
            "errors": errors,
        }
    return record
