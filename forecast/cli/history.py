"""Commands on published runs: history, diff, retain. `cli` adds them to its own."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import pandas as pd

from forecast.case.errors import BadInput
from forecast.case.home import find_home, typed
from forecast.report.words import chance_in_ten, children, figure, money, plain, signed_pounds

COUNCIL = "slough"
GROUPS = {
    "lac": "Looked-after children",
    "cp": "Child protection plans",
    "uasc": "Unaccompanied asylum-seeking children",
}
COUNT_COLUMNS = ["group", "month", "count"]
MOST_LINES = 12  # of one subject of a comparison; --json has them all

council_option = click.option("--council", default=COUNCIL, show_default=True, help="The council's folder in runs.")
runs_option = click.option(
    "--runs",
    "runs_folder",
    type=click.Path(path_type=Path),
    help="Where run folders are (default: runs in the project).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print it for machines.")


def tell(text: str = "") -> None:
    """Print, in plain letters where the terminal has no others."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        text = plain(text)
    click.echo(text)


def _runs(folder: Path | None) -> Path:
    return folder or find_home() / "runs"


def _for_machines(tables: dict[str, pd.DataFrame]) -> str:
    """Every table as a list of rows; what is missing is null."""
    held = {name: json.loads(table.to_json(orient="records", double_precision=15)) for name, table in tables.items()}
    return json.dumps(held, indent=1, ensure_ascii=False)


@click.command()
@council_option
@runs_option
@click.option("--scenario", default="central", show_default=True, help="The scenario of each run.")
@click.option(
    "--came",
    type=click.Path(path_type=Path),
    help="What came: CSV of group (lac or cp), month, count; shows how right the runs were.",
)
@json_option
def history(council, runs_folder, scenario, came, as_json) -> None:
    """Every published run, a line each: chance, expected call, children; with --came, forecasts beside what came."""
    from forecast.runs import history

    folder = _runs(runs_folder)
    history.catch_up(folder, council)
    tables = {"runs": history.history(folder, council, scenario)}
    if came:
        beside = history.against_what_came(history.vintages(folder, council, scenario), read_counts(came))
        tables |= {
            "by_horizon": history.by_horizon(beside),
            "tracking": history.tracking(beside),
            "beside": beside,
        }
    for line in (
        [_for_machines(tables)] if as_json else [*history_lines(tables["runs"]), *(came_lines(tables) if came else [])]
    ):
        tell(line)


def read_counts(path: Path) -> pd.DataFrame:
    """Counts at month ends: group, month, count. Raises BadInput naming file, line and column."""
    if not path.is_file():
        raise BadInput(f"{path.name} is not there; give a CSV with the columns {', '.join(COUNT_COLUMNS)}")
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    if list(table.columns) != COUNT_COLUMNS:
        raise BadInput(f"{path.name}, line 1: expected the columns {', '.join(COUNT_COLUMNS)}, in this order")
    for line, row in enumerate(table.itertuples(index=False), start=2):
        if row.group not in GROUPS:
            raise BadInput(f"{path.name}, line {line}, group: {row.group!r}; expected {', '.join(GROUPS)}")
        if not _is_month(row.month):
            raise BadInput(f"{path.name}, line {line}, month: {row.month!r} is not a month such as 2011-05")
        if not (row.count.isascii() and row.count.isdigit()):
            raise BadInput(f"{path.name}, line {line}, count: {row.count!r}; expected a whole number, 0 or more")
    return table.astype({"count": float})


def _is_month(text: str) -> bool:
    try:
        return str(pd.Period(text, "M")) == text
    except ValueError:
        return False


def history_lines(held: pd.DataFrame) -> list[str]:
    """The runs as a small text table; a run that was replaced is in brackets."""
    head = f"{'Run':24s} {'Chance it holds':>17s} {'Expected call (80% range)':>32s} {'80% sure at':>12s} {'LAC in March':>13s} {'CP in March':>12s}  Published"
    return [head, *(_run_line(row) for row in held.itertuples())]


def _run_line(row) -> str:
    call = f"{money(row.call)} ({money(row.call_p10)} to {money(row.call_p90)})"
    name = row.run if row.latest else f"({row.run})"
    stock = f"{_count(row.lac):>13s} {_count(row.cp):>12s}"
    return f"{name:24s} {chance_in_ten(row.chance):>17s} {call:>32s} {money(row.enough_80):>12s} {stock}  {_moment(row.published_at)}"


def _count(value: float) -> str:
    return "" if pd.isna(value) else children(value)


def _moment(at: str) -> str:
    """The day of an ISO time; where it is not known, that."""
    return at[:10] or "not recorded"


def came_lines(tables: dict[str, pd.DataFrame]) -> list[str]:
    """How right the runs were, by group: the 80% ranges that held, the mean error by horizon, and whether that alarms."""
    if tables["beside"].empty:
        return ["", "None of the months forecast has come yet."]
    lines = [""]
    for group, ours in tables["beside"].groupby("group"):
        lines.append(
            f"{GROUPS[group]}: {int(ours['inside'].sum())} of {len(ours)} counts lie inside the 80% range of their forecast."
        )
        steps = tables["by_horizon"].query("`group` == @group").itertuples()
        lines += [
            f"    {row.horizon:2d} months ahead: mean error {row.mean_error:.1f} children, bias {row.bias:+.1f}, inside {row.inside:.0%} of {row.forecasts}"
            for row in steps
        ]
        first = tables["tracking"].query("`group` == @group")
        lines += [alarm_line(first.iloc[-1])] if len(first) else []
    return lines


def alarm_line(last) -> str:
    """Whether one-step forecasts have missed more often than they should."""
    told = f"    One month ahead {last.outside} of {last.number} missed the range, where {last.expected:.1f} would be usual."
    if not last.alarm:
        return told
    return f"{told} That would come by chance less than once in a hundred times: the ranges are too narrow or something has changed. Do not rely on them until it is understood."


@click.command()
@click.argument("before")
@click.argument("after")
@council_option
@runs_option
@json_option
def diff(before, after, council, runs_folder, as_json) -> None:
    """What changed from run BEFORE to run AFTER (a month such as 2011-06, or a run's name from `history`)."""
    from forecast.runs import history

    folder = _runs(runs_folder)
    history.catch_up(folder, council)
    names = [history.find(folder, council, run) for run in (before, after)]
    tables = history.difference(folder, council, *names)
    for line in [_for_machines(tables)] if as_json else difference_lines(*names, tables):
        tell(line)


def difference_lines(before: str, after: str, tables: dict[str, pd.DataFrame]) -> list[str]:
    """A comparison in plain words."""
    lines = [f"From {before} to {after}", "", *_made_lines(tables)]
    rows = {(row.figure, row.at): row for row in tables["contingency"].itertuples()}
    chance, call, enough = rows["chance_holds", ""], rows["call", ""], rows["enough", "80"]
    lines.append(
        f"Chance that the contingency holds: {chance_in_ten(chance.before)}, now {chance_in_ten(chance.after)} ({chance.before:.0%}, now {chance.after:.0%})"
    )
    lines.append(f"Expected call: {money(call.before)}, now {money(call.after)} ({signed_pounds(call.change)})")
    lines.append(f"To be 80% sure: {money(enough.before)}, now {money(enough.after)}")
    lines += _listed("Children at 31 March", tables["children"], _children_line)
    moved = tables["cost"].reindex(tables["cost"]["change"].abs().sort_values(ascending=False, kind="stable").index)
    return lines + _listed("Cost lines, those that moved most first", moved[moved["change"] != 0], _cost_line)


def _made_lines(tables: dict[str, pd.DataFrame]) -> list[str]:
    """What made the runs different: code, inputs, assumptions."""
    lines = ["The code changed." if len(tables["code"]) else "The code is the same."]
    lines += _listed("Inputs", tables["inputs"], _input_line) or ["The inputs are the same."]
    return [
        *lines,
        *(_listed("Assumptions", tables["assumptions"], _assumption_line) or ["The assumptions are the same."]),
        "",
    ]


def _listed(title: str, table: pd.DataFrame, line) -> list[str]:
    """A heading and a line a row, the first dozen; nothing for an empty table."""
    shown = [f"    {line(row)}" for row in table.head(MOST_LINES).itertuples()]
    more = len(table) - len(shown)
    return [f"{title}:", *shown, *([f"    and {more} more (--json has all)"] if more else [])] if shown else []


def _input_line(row) -> str:
    came, went = pd.isna(row.text_before), pd.isna(row.text_after)
    return f"{row.name} {'is new' if came else 'is no longer used' if went else 'has changed'}"


def _assumption_line(row) -> str:
    if pd.isna(row.value_before) or pd.isna(row.value_after):
        return f"{row.text_after if pd.isna(row.value_before) else row.text_before}: {'new' if pd.isna(row.value_before) else 'no longer there'} ({row.name})"
    sides = (
        _value(row.value_before, row.p10_before, row.p90_before),
        _value(row.value_after, row.p10_after, row.p90_after),
    )
    return f"{row.text_after}: {sides[0]}, now {sides[1]} ({row.name})"


def _value(value: float, low: float, high: float) -> str:
    return figure(value) + ("" if pd.isna(low) else f" ({figure(low)} to {figure(high)})")


def _children_line(row) -> str:
    return f"{GROUPS[row.group]}, March {row.at[:4]}: {children(row.before)}, now {children(row.after)}"


def _cost_line(row) -> str:
    from forecast.money.costs import LINES

    return f"{LINES[row.group][0]}, {row.at}: {money(row.before)}, now {money(row.after)} ({signed_pounds(row.change)})"


@click.command()
@council_option
@runs_option
@click.option(
    "--months", default=13, show_default=True, type=click.IntRange(1), help="How many of the last months stay."
)
@click.option("--keep", multiple=True, help="A run folder that stays whatever its month; may be repeated.")
@click.option("--delete", "really", is_flag=True, help="Delete what may go. Without it, only the list is printed.")
@json_option
def retain(council, runs_folder, months, keep, really, as_json) -> None:
    """Which full run folders stay and which may go; key figures of every run stay for ever."""
    from forecast.runs import history

    folder = _runs(runs_folder)
    history.catch_up(folder, council)
    listed = history.retain(folder, council, months, keep)
    for line in [_for_machines({"folders": listed})] if as_json else retain_lines(listed):
        tell(line)
    if really:
        gone = history.delete(folder, council, listed, datetime.now(UTC).isoformat(timespec="seconds"))
        click.echo(f"Deleted: {', '.join(gone) or 'nothing'}.", err=as_json)
    elif not as_json and not listed["stays"].all():
        tell(
            "Nothing was deleted. To delete what may go: "
            + typed(f"retain --council {council} --months {months} --delete")
        )


def retain_lines(listed: pd.DataFrame) -> list[str]:
    """A line a folder."""
    lines = [
        f"{row.month:24s} {row.bytes / 1e6:6.1f} MB  {'stays' if row.stays else 'may go'}: {row.why}"
        for row in listed.itertuples()
    ]
    return lines or ["No run has been published yet."]
