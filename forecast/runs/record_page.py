"""The page "how good were we": one council's every origin, the panel's record, what earned weight, in words, tables and charts."""

import pandas as pd

from forecast.case.home import find_home
from forecast.record import door
from forecast.record.origins import FORECAST
from forecast.record.panel import MEASURE_WORDS
from forecast.record.tables import ALL, JUDGED
from forecast.report import charts
from forecast.report.notebook import Run
from forecast.report.words import METHOD_WORDS, children, percent, record_lines, signed_percent

NO_CHANGE = "no change"
CHAIN_WORDS = {
    "forecast": "The forecast of this toolkit",
    "rates as they are": "Its chain with rates as they are (stock and flow)",
    "without population": "The forecast without population growth",
    "population in full": "The forecast with all of it",
}


def own(run: Run) -> pd.DataFrame:
    """Every forecast of the run's council, kept by `forecast backtest --keep`; empty where none is kept."""
    path = find_home() / "data" / door.CALIBRATION / f"record_{run.answer['council']}.csv"
    return (
        door.calibration_table(find_home(), path.stem)
        if path.is_file()
        else pd.DataFrame(columns=["measure", "method", "origin", "horizon", "last", "p10", "p50", "p90", "outturn"])
    )


def own_table(rows: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Forecast, range, outturn and no change for every origin and horizon of one measure."""
    ours, naive = (_of(rows, measure, method) for method in (FORECAST, NO_CHANGE))
    both = ours.merge(
        naive[["origin", "horizon", "p50"]], on=["origin", "horizon"], suffixes=("", "_no_change"), validate="1:1"
    )
    inside = (both["p10"] <= both["outturn"]) & (both["outturn"] <= both["p90"])
    return pd.DataFrame(
        {
            "From 31 March": both["origin"],
            "Years ahead": both["horizon"],
            "Count then": both["last"].map(children),
            "Forecast": both["p50"].map(children),
            "80% range": [
                f"{children(low)} to {children(high)}" for low, high in zip(both["p10"], both["p90"], strict=True)
            ],
            "What happened": both["outturn"].map(children),
            "Range": inside.map({True: "inside", False: "outside"}),
            "No change": both["p50_no_change"].map(children),
        }
    ).set_index(["From 31 March", "Years ahead"])


def _of(rows: pd.DataFrame, measure: str, method: str) -> pd.DataFrame:
    return rows[(rows["measure"] == measure) & (rows["method"] == method)].sort_values(["origin", "horizon"])


def own_chart(rows: pd.DataFrame, measure: str, years: str = "1") -> charts.Chart | str:
    """One council's forecasts so many years ahead, against what happened and no change."""
    ours, naive = (_of(rows[rows["horizon"] == years], measure, method) for method in (FORECAST, NO_CHANGE))
    if ours.empty:
        return "No forecast is kept for this council. Make them with: forecast backtest --keep"
    told = [
        {
            "at": str(row.origin + int(years)),
            "mean": row.p50,
            "p10": row.p10,
            "p90": row.p90,
            "outturn": row.outturn,
            "no_change": flat.p50,
        }
        for row, flat in zip(ours.itertuples(), naive.itertuples(), strict=True)
    ]
    return charts.against_outturn(
        told, f"{MEASURE_WORDS[measure]}, {years} {'year' if years == '1' else 'years'} ahead"
    )


def methods() -> pd.DataFrame:
    """Every method's CRPS against the council's own random walk, on councils that tuned nothing: below 1 is better."""
    bar = door.calibration_table(find_home(), "record_against_own_walk")
    bar = bar[(bar["councils"] == JUDGED) & (bar["size"] == ALL)]
    bar = bar.assign(
        method=bar["method"].map(lambda name: CHAIN_WORDS.get(name, name.capitalize())),
        measure=bar["measure"].map(MEASURE_WORDS),
    )
    bar = bar.assign(horizon=bar["horizon"].map({ALL: "All", "1": "1 year", "2": "2 years", "3": "3 years"}))
    wide = bar.pivot(index=["measure", "method"], columns="horizon", values="ratio")[
        ["All", "1 year", "2 years", "3 years"]
    ]
    wide = wide.sort_values(["measure", "All"], ascending=[False, True])
    wide.columns.name, wide.index.names = None, ["Children", "Method"]
    return wide.map("{:.3f}".format)


def ranges() -> pd.DataFrame:
    """Share of outturns inside the forecast's 80% range, by horizon and size, tuned on and not."""
    held = door.calibration_table(find_home(), "record_ranges")
    held = held[(held["method"] == FORECAST) & (held["councils"] != ALL)]
    cut = (
        held["size"]
        .where(held["horizon"] == ALL, held["horizon"].map({"1": "1 year", "2": "2 years", "3": "3 years"}))
        .replace(ALL, "all")
    )
    held = held.assign(measure=held["measure"].map(MEASURE_WORDS), cut=cut, inside=held["inside"].map(percent))
    wide = held.pivot(index=["measure", "cut"], columns="councils", values="inside").reindex(
        ["all", "1 year", "2 years", "3 years", "under 100", "100 to 400", "over 400"], level=1
    )
    wide.columns = [f"Councils {name}" for name in wide.columns]
    return wide.rename_axis(["Children", "Years ahead, or children at the start"])


def pit_chart(measure: str) -> charts.Chart:
    """Where outturns fell in the forecast's range of futures: level is calibrated."""
    held = door.calibration_table(find_home(), "record_pit")
    held = held[(held["measure"] == measure) & (held["method"] == FORECAST)]
    return charts.pit_columns(held["share"].tolist(), MEASURE_WORDS[measure], int(held["forecasts"].iloc[0]))


def population() -> pd.DataFrame:
    """Mean error, in children, of the same forecast without the projected population, as earned, and in full."""
    held = door.calibration_table(find_home(), "record_population")
    held = held.assign(measure=held["measure"].map(MEASURE_WORDS), years=held["horizon"])
    wide = held.pivot(index=["measure", "years"], columns="population", values="mean error")[
        ["without", "as earned", "in full"]
    ]
    wide.columns = [name.capitalize() for name in wide.columns]
    return wide.rename_axis(["Children", "Years ahead"]).map("{:.1f}".format)


def weights(run: Run) -> pd.DataFrame:
    """What each trend says of the year ahead for this council, the share of it that counts, and what that adds."""
    rows = []
    for group, path in run.answer["central_path"].items():
        for method, share in path["shares"].items():
            change = path["changes"][method][0]
            rows.append(
                [
                    MEASURE_WORDS[group],
                    METHOD_WORDS[method],
                    signed_percent(change),
                    percent(share),
                    signed_percent(share * change),
                ]
            )
        rows.append([MEASURE_WORDS[group], "together", "", "", signed_percent(path["middle"][0])])
    return pd.DataFrame(rows, columns=["Children", "Trend", "Says of the year ahead", "Counts for", "Adds"]).set_index(
        ["Children", "Trend"]
    )


def verdict(run: Run, rows: pd.DataFrame) -> list[str]:
    """The council's own record and the panel's, a sentence each."""
    lines = ["How good were forecasts made this way?", *record_lines(run.answer)]
    for measure, name in MEASURE_WORDS.items():
        ours, naive = (_of(rows, measure, method) for method in (FORECAST, NO_CHANGE))
        if len(ours):
            error, flat = ((held["p50"] - held["outturn"]).abs().mean() for held in (ours, naive))
            inside = ((ours["p10"] <= ours["outturn"]) & (ours["outturn"] <= ours["p90"])).mean()
            better = "beats" if error < flat else "loses to" if error > flat else "ties with"
            lines.append(
                f"{name}, {run.answer['area']} alone, {len(ours)} forecasts: mean error {children(error)} children, no change {children(flat)}; "
                f"the forecast {better} no change. {percent(inside)} of outturns lie inside the 80% range."
            )
    return lines
