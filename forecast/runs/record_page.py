"""The page "how good were we": one council's every origin, the panel's record, and what earned weight."""

import pandas as pd

from forecast.case.home import find_home
from forecast.record import io
from forecast.record.panel import MEASURE_WORDS, SCORED
from forecast.record.strict import CLOSED as FORECAST
from forecast.record.strict import NO_CHANGE, THIRDS_OF
from forecast.record.tables import ALL, JUDGED
from forecast.report import charts
from forecast.report.notebook import Run
from forecast.report.words import PART_WORDS, children, lines, percent, signed_percent
from forecast.runs.score import beats

YEARS = {"1": "1 year", "2": "2 years", "3": "3 years"}
OURS = "The forecast of this toolkit"
THIRDS = {
    word: f"{word} {on}"
    for on, words in (("councils", THIRDS_OF["last"]), ("past", THIRDS_OF["volatility"]))
    for word in words
}


def own(run: Run) -> pd.DataFrame:
    """Every forecast of the run's council, kept by `forecast backtest --keep`; empty where none is kept."""
    name = f"record_{run.answer['council']}"
    if (find_home() / "data" / io.CALIBRATION / f"{name}.csv").is_file():
        return _record(name)
    return pd.DataFrame(columns=["measure", "method", "origin", "horizon", "last", "p10", "p50", "p90", "outturn"])


def _record(name: str) -> pd.DataFrame:
    return io.calibration_table(find_home(), name)


def _pair(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The forecast of one measure beside no change, by origin and horizon; inside: whether the 80% range held."""
    ours, naive = (
        rows[(rows["measure"] == measure) & (rows["method"] == method)].sort_values(["origin", "horizon"])
        for method in (FORECAST, NO_CHANGE)
    )
    key = ["origin", "horizon"]
    both = ours.merge(naive[[*key, "p50"]], on=key, suffixes=("", "_no_change"), validate="1:1")
    return both.assign(inside=(both["p10"] <= both["outturn"]) & (both["outturn"] <= both["p90"]))


def own_table(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Forecast, range, outturn and no change for every origin and horizon of one measure."""
    both = _pair(rows, measure)
    range_ = both["p10"].map(children) + " to " + both["p90"].map(children)
    return pd.DataFrame(
        {
            "From 31 March": both["origin"],
            "Years ahead": both["horizon"],
            "Count then": both["last"].map(children),
            "Forecast": both["p50"].map(children),
            "80% range": range_,
            "What happened": both["outturn"].map(children),
            "Range": both["inside"].map({True: "inside", False: "outside"}),
            "No change": both["p50_no_change"].map(children),
        }
    ).set_index(["From 31 March", "Years ahead"])


def own_chart(rows: pd.DataFrame, measure: str, years: str = "1") -> charts.Chart | str:
    """One council's forecasts so many years ahead, against what happened and no change."""
    both = _pair(rows[rows["horizon"] == years], measure)
    if both.empty:
        return "No forecast is kept for this council. Make them with: forecast backtest --keep"
    both["at"] = (both["origin"] + int(years)).astype(str)
    both = both.rename(columns={"p50": "mean", "p50_no_change": "no_change"})
    shown = both[["at", "mean", "p10", "p90", "outturn", "no_change"]].to_dict("records")
    return charts.against_outturn(
        shown, f"{MEASURE_WORDS[measure]}, {years} {'year' if years == '1' else 'years'} ahead"
    )


def methods() -> pd.DataFrame:
    """Every method's CRPS against the council's own random walk and the plain pooled walk: below 1 is better."""
    wide = pd.concat(
        [_against("own", [ALL, *YEARS]), _against("pooled", [ALL])], axis=1, keys=["own walk", "pooled walk"]
    )
    wide.columns = [f"{part}, against the {bar}" if part != "95% interval" else f"{part}, {bar}" for bar, part in wide]
    order = wide.iloc[:, 0].fillna("1").rename("order")
    wide = wide.assign(order=order).sort_values(["Children", "order"], ascending=[False, True])
    return wide.drop(columns="order").fillna("")


def _against(bar: str, horizons: list[str]) -> pd.DataFrame:
    """Ratios to one bar by horizon, and the interval of all together."""
    rows = _record(f"record_against_{bar}_walk")
    rows = rows[rows["councils"] == JUDGED]
    rows = rows.assign(
        Method=rows["method"].map(lambda name: OURS if name == FORECAST else name.capitalize()),
        Children=rows["measure"].map(SCORED),
    ).set_index(["Children", "Method"])
    interval = rows[rows["horizon"] == ALL].apply(lambda row: f"{row['low95']:.3f} to {row['high95']:.3f}", axis=1)
    wide = (
        rows.pivot(columns="horizon", values="ratio")[horizons]
        .map("{:.3f}".format)
        .rename(columns={ALL: "All"} | YEARS)
    )
    wide.insert(1, "95% interval", interval)
    return wide


def ranges() -> pd.DataFrame:
    """Share of outturns inside the forecast's 80% range, by horizon, and by third of size and of past volatility."""
    shares = _record("record_ranges")
    shares = shares[shares["method"] == FORECAST]
    by_year = shares["horizon"].map(YEARS).fillna(ALL)
    shares = shares.assign(
        measure=shares["measure"].map(SCORED),
        cut=shares["third"].map(THIRDS).fillna(by_year),
        councils=shares["councils"].map(lambda which: f"Councils: {which}"),
        inside=shares["inside"].map(percent),
    )
    wide = shares.pivot(index=["measure", "cut"], columns="councils", values="inside")
    wide = wide.reindex([ALL, *YEARS.values(), *THIRDS.values()], level=1).rename_axis(columns=None)
    return wide.rename_axis(["Children", "Years ahead, or third of the councils"])


def pit_chart(measure: str) -> charts.Chart:
    """Where outturns fell in the forecast's range of futures: level is calibrated."""
    tenths = _record("record_pit")
    tenths = tenths[(tenths["measure"] == measure) & (tenths["method"] == FORECAST)]
    return charts.pit_columns(tenths["share"].tolist(), MEASURE_WORDS[measure], int(tenths["forecasts"].iloc[0]))


def weights(run: Run) -> pd.DataFrame:
    """What makes up the expected change of the year ahead for this council."""
    rows = []
    for group, path in run.answer["central_path"].items():
        rows += [[MEASURE_WORDS[group], PART_WORDS[name], made[0]] for name, made in path["parts"].items()]
        rows.append([MEASURE_WORDS[group], "together", path["middle"][0]])
    table = pd.DataFrame(rows, columns=["Children", "Part", "Adds in the year ahead"]).set_index(["Children", "Part"])
    return table.map(signed_percent)


def verdict(run: Run, rows: pd.DataFrame) -> list[str]:
    """The council's own record and the panel's, a sentence each."""
    found = ["How good were forecasts made this way?", *lines("record", run.answer)]
    for measure, name in MEASURE_WORDS.items():
        both = _pair(rows, measure)
        if len(both):
            error, flat = ((both[column] - both["outturn"]).abs().mean() for column in ("p50", "p50_no_change"))
            found.append(
                f"{name}, {run.answer['area']} alone, {len(both)} forecasts: mean error {children(error)} children, "
                f"no change {children(flat)}; the forecast {beats(error, flat)} no change. "
                f"{percent(both['inside'].mean())} of outturns lie inside the 80% range."
            )
    return found
