"""The history of published runs: what each said, what changed from one to another, and how right they were.

    runs/COUNCIL/history/RUN.parquet   one small file a published run, written once, kept when the run's folder goes

A file is one tidy table (COLUMNS). It holds every figure of the answer that a later question needs, month by month and
line by line, the assumptions in force and the checksums of the inputs: two runs compare long after their folders went.
A run is named by its month and its manifest (2011-06-3fa9c1d2e4): the same run published again is the same run.
"""

import hashlib
import io
import json
import math
from contextlib import suppress
from pathlib import Path

import pandas as pd

from forecast.case import thaw
from forecast.case.errors import BadInput
from forecast.case.home import beside
from forecast.case.months import financial_year
from forecast.runs import folders
from forecast.sources import files

FOLDER, KEPT, SUMS = "history", "[!.]*.parquet", "checksums.json"
NUMBERS = ["value", "p10", "p90"]
MADE_OF = ["run", "council", "month", "case_month", "origin", "financial_year", "published_at", "version", "code"]
COLUMNS = [*MADE_OF, "scenario", "figure", "group", "at", *NUMBERS, "text"]
SHOULD_MISS = 0.2  # of what comes lies outside an 80% range
ALARM_TAIL = 0.01  # so many misses would come by chance once in a hundred
SQL: dict[str, str] = beside(__file__)  # the questions asked of what is kept
KEEP_MONTHS = 13  # the same month of last year is still there to be laid beside this one


# ---- keeping ----


def record(home: Path, folder: Path) -> None:
    """Keep a published run's figures in runs/COUNCIL/history; nothing if they are kept already. home: runs/COUNCIL.

    For a folder that no one replaces meanwhile, as within folders.publishing; catch_up is for any other.
    """
    run = folders.run_id(folder)
    if run is not None and not _path(home, run).exists() and not folders.damaged(folder):
        _keep(home, rows(folder))


def catch_up(folder: Path, council: str) -> list[str]:
    """Keep the figures of every published run that has none kept; the names of those runs. folder: runs.

    Raises BadInput naming the file of a run, kept or not, that is not what was published.
    """
    home, added = folder / council, []
    for name in _published(home):
        folders.steady(home, name, folders.as_published)
        if not _path(home, folders.run_id(home / name)).exists():
            table = folders.steady(home, name, lambda published: rows(published) if published.name[0] != "." else None)
            added += [] if table is None else [_keep(home, table)]
    return added


def _keep(home: Path, table: pd.DataFrame) -> str:
    """Write a run's table with the time it was last published; its name."""
    run = table["run"].iloc[0]
    times = [line.at for line in folders.read_log(home) if line.run == run and line.what == "published"]
    whole = io.BytesIO()
    table.assign(published_at=times[-1] if times else "").to_parquet(whole, index=False)
    with folders.briefly(home):
        (home / FOLDER).mkdir(exist_ok=True)
        sums = _sums(home) | {run: hashlib.sha256(whole.getvalue()).hexdigest()}
        files.write_whole(home / FOLDER / SUMS, json.dumps(sums, indent=1).encode("utf-8"))
        files.write_whole(_path(home, run), whole.getvalue())
    return run


def _sums(home: Path) -> dict[str, str]:
    """Run -> checksum of its kept figures; of all that are there where none were written down yet."""
    path = home / FOLDER / SUMS
    if path.is_file():
        with suppress(ValueError):
            return json.loads(path.read_text(encoding="utf-8"))
        raise BadInput(f"{home.name}/{FOLDER}/{SUMS} is damaged. Put it back from a copy.")
    return {kept.stem: files.sha256(kept) for kept in (home / FOLDER).glob(KEPT)}


def _published(home: Path) -> list[str]:
    """The names of a council's published folders."""
    return sorted(path.parent.name for path in home.glob(f"[!.]*/{folders.MANIFEST}") if path.is_file())


def rows(folder: Path) -> pd.DataFrame:
    """The tidy table (COLUMNS) of a published run; when it was published is left empty."""
    answer = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    out, manifest = [], folders.read_manifest(folder)
    out += [{"figure": "input", "group": name, "text": checksum} for name, checksum in manifest["inputs"].items()]
    out += [{"figure": "open", "group": group, "value": count} for group, count in answer["open_at_origin"].items()]
    out += [{"figure": name, "value": answer[name]} for name in ("draws", "seed")]
    if (frozen := folder / "frozen" / "central.yaml").is_file():
        central = thaw(frozen.read_text(encoding="utf-8"), frozen.name)
        names = {key: item.description for key, item in central.catalogue.items.items()}
        out += [
            {"figure": "assumption", "group": key, "text": names[key], "value": at.value, "p10": at.low, "p90": at.high}
            for key, at in central.entries.items()
        ]
    for slug, scenario in answer["scenarios"].items():
        out += [{"scenario": slug, **row} for row in _scenario_rows(scenario)]
    whole = {"run": folders.run_id(folder), "month": folder.name, "case_month": answer["month"]}
    whole |= {name: answer[name] for name in ("council", "origin", "financial_year", "version")}
    whole |= {name: math.nan if name in NUMBERS else "" for name in COLUMNS if name not in whole}
    whole["code"] = manifest["code_sha256"]
    table = pd.DataFrame([whole | row for row in out], columns=COLUMNS)
    return table.astype({name: float if name in NUMBERS else str for name in COLUMNS})


def _scenario_rows(scenario: dict) -> list[dict]:
    """The figures of one scenario of an answer. value is the mean of the draws."""
    contingency = scenario["contingency"]
    out = [{"figure": "chance_holds", "value": contingency["chance_holds"]}]
    out += [{"figure": "contingency", "value": contingency["amount"]}]
    out += [{"figure": name, **_figure(contingency[name])} for name in ("call", "headroom", "recovery_plan")]
    out += [{"figure": "enough", "at": sure, "value": pounds} for sure, pounds in contingency["enough"].items()]
    out += [{"figure": f"{name}_effect", **_figure(figure)} for name, figure in scenario["effect"].items()]
    for group, figures in scenario["children"].items():
        for name, months in figures.items():
            out += [{"figure": name, "group": group, "at": row["month"], **_figure(row)} for row in months]
    for year, cost in scenario["cost"].items():
        out += [{"figure": name, "at": year, **_figure(cost[name])} for name in ("net", "variance")]
        of_lines = [({"group": line, "at": year}, figure) for line, figure in cost["lines"].items()]
        out += [{"figure": "cost", **where, **_figure(figure)} for where, figure in of_lines]
        out += [{"figure": "budget", **where, "value": figure["budget"]} for where, figure in of_lines]
    return out


def _figure(summary: dict) -> dict:
    return {"value": summary["mean"], "p10": summary["p10"], "p90": summary["p90"]}


def _path(home: Path, run: str | None) -> Path:
    return home / FOLDER / f"{run}.parquet"


# ---- asking ----


def query(home: Path, question: str, *values: object) -> pd.DataFrame:
    """A question in SQL to the table `kept` (COLUMNS) of every run of a council. Raises BadInput where none is kept."""
    import duckdb

    kept, sums = {path.stem: path for path in sorted((home / FOLDER).glob(KEPT))}, _sums(home)
    if not kept:
        raise BadInput(f"no run of {home.name} has been published yet, so there is no history")
    lost = sums.keys() - kept.keys()
    lost -= {folders.run_id(home / name) for name in _published(home)} if lost else set()  # catch_up makes these anew
    for run in sorted(kept.keys() | lost):
        if run in lost or sums.get(run) != files.sha256(kept[run]):
            what = "are not what was kept when it was published" if run in kept else "are missing"
            raise BadInput(f"{home.name}/{FOLDER}/{run}.parquet: the figures of {run} {what}. Put the file back.")
    with duckdb.connect() as store:
        store.execute(
            "create table kept as select * from read_parquet(?, union_by_name = true)",
            [[path.as_posix() for path in kept.values()]],
        )
        return store.execute(question, list(values)).df()


def history(folder: Path, council: str, scenario: str = "central") -> pd.DataFrame:
    """One row a run, by month and then as published: chance, call, children at the year's 31 March, enough at 80%.

    latest       the run that was published last for its month
    first_place  its place in the order in which runs were first published; -1 where runs.log does not know it
    folder: runs
    """
    home = folder / council
    ends = (("value", ""), ("p10", "_p10"), ("p90", "_p90"))
    children = [
        SQL["at_march"].format(what=what, group=group, end=end) for group in ("lac", "cp") for what, end in ends
    ]
    table = query(home, SQL["one_line"].format(children=", ".join(children)), scenario)
    if table["chance"].isna().all():
        raise BadInput(f"no run of {council} has a scenario {scenario}. Ask for central, or for one that was run.")
    return _in_order(home, table)


def _in_order(home: Path, table: pd.DataFrame) -> pd.DataFrame:
    """By month, then by the order of publication; `published_at` is of the last time a run was published."""
    published = [line for line in folders.read_log(home) if line.what == "published"]
    last = {line.run: place for place, line in enumerate(published)}
    first = {line.run: place for place, line in reversed(list(enumerate(published)))}
    times = {line.run: line.at for line in published if line.at}
    table = table.assign(
        place=table["run"].map(last).fillna(-1),
        first_place=table["run"].map(first).fillna(-1).astype(int),
        published_at=[times.get(row.run, row.published_at) for row in table.itertuples()],
    )
    table = table.sort_values(["case_month", "month", "place", "run"], ignore_index=True).drop(columns="place")
    return table.assign(latest=~table.duplicated("month", keep="last"))


def vintages(folder: Path, council: str, scenario: str = "central") -> pd.DataFrame:
    """What each month's forecast said of every later month end: run, month, origin, group, at, horizon, mean, p10, p90.

    horizon 1 is the first month forecast. A month published more than once counts as it stood when the next month's
    first run was published: a correction in time replaces what it corrects, and running an old month again changes no
    record.
    """
    return query(folder / council, SQL["vintages"], scenario, as_it_stood(history(folder, council, scenario)))


def as_it_stood(held: pd.DataFrame) -> list[str]:
    """The run of each month that counts as its forecast (see vintages), from the table of `history`."""
    chosen = []
    for month, ours in held[held["month"] == held["case_month"]].groupby("month"):
        later = held[held["case_month"] > month]["first_place"]
        in_time = ours[ours["first_place"] < (later.min() if len(later) else math.inf)]
        chosen.append(in_time["run"].iloc[-1] if len(in_time) else ours.sort_values("first_place")["run"].iloc[0])
    return chosen


# ---- two runs ----


def find(folder: Path, council: str, asked: str) -> str:
    """The name of a kept run from what a person gives: a month, council/month, or a run's name or its beginning."""
    held = history(folder, council)
    asked = asked.removeprefix(f"{council}/")
    latest = held[(held["month"] == asked) & held["latest"]]["run"].tolist()
    found = latest or [run for run in held["run"] if run.startswith(asked)]
    if len(found) != 1:
        several = f"{len(found)} runs begin with {asked}: {', '.join(found)}"
        why, last = several if found else f"there is no published run {asked} of {council}", held.iloc[-1]
        raise BadInput(f"{why}. Give a month such as {last['month']}, or a run such as {last['run']}.")
    return found[0]


def difference(folder: Path, council: str, before: str, after: str) -> dict[str, pd.DataFrame]:
    """What changed from one run to another (names as `find` takes them), one table a subject; empty where nothing did.

    code, inputs, assumptions  what made the runs: name, then before and after of each part; rows that differ
    contingency                chance, call, what is enough at 80%: figure, group, at, before, after, change
    children                   at each 31 March that both forecast, mean
    cost                       financial year x line, mean, pounds
    """
    home, names = folder / council, [find(folder, council, run) for run in (before, after)]

    def changed(figure: str, *parts: str) -> pd.DataFrame:
        columns = dict.fromkeys((*parts, "text"))
        sides = [f"{side}.{part} as {part}_{end}" for side, end in SIDES for part in columns]
        differs = " or ".join(f"one.{part} is distinct from other.{part}" for part in parts)
        question = SQL["changed"].format(sides=", ".join(sides), differs=differs)
        return query(home, question, names[0], figure, names[1], figure)

    def both(*figures: str) -> pd.DataFrame:
        return query(home, SQL["beside"].format(figures=", ".join(f"'{figure}'" for figure in figures)), *names)

    children = both("month_ends")
    return {
        "code": query(home, SQL["code"], *names),
        "inputs": changed("input", "text"),
        "assumptions": changed("assumption", "value", "p10", "p90"),
        "contingency": both("chance_holds", "call", "enough", "contingency"),
        "children": children[children["at"].str.endswith("-03")].reset_index(drop=True),
        "cost": both("cost"),
    }


SIDES = (("one", "before"), ("other", "after"))


# ---- forecasts beside what came ----


def against_what_came(said: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Every forecast of `vintages` whose month has come, beside what came.

    counts  group, month, count: children at the month's end
    Raises BadInput where a count is missing a number or comes twice.
    Adds came, error (forecast less what came) and inside (of the 80% range, its ends included).
    """
    for wrong, what in (
        (counts.duplicated(["group", "month"]), "given twice; keep one"),
        (counts["count"].isna(), "empty; leave the row out, or give the number"),
    ):
        for row in counts[wrong].head(1).itertuples():
            raise BadInput(f"the count of {row.group} at the end of {row.month} is {what}")
    came = counts[["group", "month", "count"]].rename(columns={"month": "at", "count": "came"})
    both = said.merge(came, on=["group", "at"], how="inner", validate="many_to_one")
    inside = (both["p10"] <= both["came"]) & (both["came"] <= both["p90"])
    both = both.assign(error=both["mean"] - both["came"], inside=inside)
    return both.sort_values(["group", "at", "horizon"], ignore_index=True)


def by_horizon(beside: pd.DataFrame) -> pd.DataFrame:
    """Group x horizon of `against_what_came`.

    forecasts; bias and mean_error, in children; inside, the share of 80% ranges that held
    """
    by_step = beside.assign(size=beside["error"].abs()).groupby(["group", "horizon"], as_index=False)
    return by_step.agg(
        forecasts=("error", "size"), bias=("error", "mean"), mean_error=("size", "mean"), inside=("inside", "mean")
    )


def tracking(beside: pd.DataFrame) -> pd.DataFrame:
    """The one-step forecasts in order, ready for a chart, with the count of misses so far and whether it alarms.

    outside   ranges missed so far; expected  how many of so many an 80% range should miss
    chance    of so many misses or more, if one in five should miss (binomial); alarm  where that is below 1 in 100
    One-step forecasts do not overlap, so that their misses are independent if the ranges are right. Three misses in the
    first three alarm. Looked at every month, a right range alarms within five years with a chance of 4%.
    """
    from scipy.stats import binom

    first = beside[beside["horizon"] == 1].sort_values(["group", "at"], ignore_index=True)
    if first.duplicated(["group", "at"]).any():
        raise BadInput("two runs forecast the same month one step ahead; give one vintage a month")
    so_far = first.groupby("group", sort=False)
    first["number"] = so_far.cumcount() + 1
    first["outside"] = (~first["inside"]).astype(int).groupby(first["group"]).cumsum()
    first["expected"] = first["number"] * SHOULD_MISS
    first["chance"] = binom.sf(first["outside"] - 1, first["number"], SHOULD_MISS)
    return first.assign(alarm=first["chance"] < ALARM_TAIL)


# ---- what is kept ----


def retain(folder: Path, council: str, keep_months: int = KEEP_MONTHS, keep: tuple[str, ...] = ()) -> pd.DataFrame:
    """Every published folder, whether it stays, and why; nothing is deleted. folder: runs.

    Stay: the last `keep_months` months held, the last month of each financial year, what `keep` names, and a run whose
    figures are not in the history. A run from a workbook stays only while its month is one of the last.
    """
    home = folder / council
    kept = {path.stem for path in (home / FOLDER).glob(KEPT)}
    names, listed = _published(home), []
    months = sorted({name[:7] for name in names})
    last = months[-keep_months:] if keep_months else []
    of_year = {financial_year(month): month for month in months}.values()
    for name in names:
        run = folders.run_id(home / name)
        reasons = {
            "asked for": name in keep,
            "its figures are not in the history yet": run not in kept,
            "one of the last months": name[:7] in last,
            "the last of its financial year": name in of_year,
        }
        why = next((why for why, holds in reasons.items() if holds), "")
        size = sum(file.stat().st_size for file in (home / name).rglob("*") if file.is_file())
        listed.append([name, run, size, bool(why), why or "its figures are in the history"])
    return pd.DataFrame(listed, columns=["month", "run", "bytes", "stays", "why"])


def delete(folder: Path, council: str, listed: pd.DataFrame, at: str = "") -> list[str]:
    """Delete the folders that `retain` listed as not staying; their names. Their figures stay in the history.

    Raises BadInput if a folder is not the run that was listed, or its figures are not kept; the rest then stays too.
    """
    folders.sweep(folder, council)
    gone = []
    for row in listed[~listed["stays"]].itertuples():
        if not _path(folder / council, row.run).is_file():
            raise BadInput(
                f"the figures of {row.run} are not in the history: nothing more is deleted. List the runs again."
            )
        folders.remove(folder, council, row.month, row.run, at)
        gone.append(row.month)
    return gone
