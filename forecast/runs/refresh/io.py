"""`forecast refresh`: the one place where the monthly cycle meets files, locks and the scheduler.

A council folder holds council.yaml (the card), inbox/ (what has arrived) and, once a month was taken, held/ (every
figure accepted, and when); where the council has child-level returns, returns/ holds them (returned.py). Nothing of
the folder is changed before the new run is published; a refresh that fails, is killed or finds something wrong leaves
the last answer and what is held as they were, and the next one takes up from there.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from pathlib import Path

import pandas as pd
from filelock import FileLock, Timeout

from forecast.case import list_scenarios, load_scenarios, thaw
from forecast.case.errors import BadInput, Busy
from forecast.case.lines import LINES
from forecast.case.months import month_in_words
from forecast.model import projection
from forecast.model.cases import OpenCase
from forecast.report.words import money
from forecast.runs import folders, history, pipeline
from forecast.runs.home import Home, Settings
from forecast.runs.pipeline import More
from forecast.runs.refresh import summary
from forecast.runs.refresh.alarm import against_model, alarm
from forecast.runs.refresh.data_cut import DataCut
from forecast.runs.refresh.movement import CAUSES, Figures, figures, movement, same_children, steps_between, value_of
from forecast.runs.refresh.returned import FOLDER as RETURNS
from forecast.runs.refresh.returned import SOURCES, read_returned, take, texts
from forecast.sources import files
from forecast.sources.arrivals import (
    CARD,
    INBOX,
    MAPPING,
    Arrived,
    Card,
    Held,
    accept,
    read_card,
    read_held,
    read_inbox,
    write_held,
)
from forecast.sources.arrivals.shape import read_bands
from forecast.sources.arrivals.vintages import FILES_FILE, VINTAGES_FILE

DONE, NEEDS_A_PERSON = 0, 4
HELD, PENDING, LOCK = "held", ".pending", ".refresh.lock"
KEEPING = "keeping"  # stands in PENDING while what is pending takes the place of what is held
SUMS = "checksums.json"  # of what is held, beside it
HELD_FILES = (VINTAGES_FILE, FILES_FILE)
STARTS = ("lac_starts", "cp_starts")


@dataclass(frozen=True)
class Done:
    """How a refresh ended: exit code, the lines for the officer, and the run's folder where there is one."""

    code: int
    lines: list[str]
    folder: Path | None = None


def refresh_council(home: Home, folder: Path, settings: Settings, at: str, say: Callable[[str], None]) -> Done:
    """Read what has arrived, run and publish if anything is new, and tell what moved. `at` is the time, ISO with zone.

    Raises BadInput (exit code 2) where an arrival is not as expected, Busy (3) while another refresh of it runs.
    """
    card = read_card(folder / CARD)
    with one_at_a_time(folder):
        finish_keeping(folder)
        as_left(folder / HELD, home.runs / card.slug)
        before = read_held(folder / HELD)
        say("reading what has arrived")
        arrived = read_inbox(folder, card, before)
        known = accept(before, arrived)
        if arrived.month is None or known.counts.empty:
            nothing = ["No month has been counted yet: nothing to do.", *arrived.warnings]
            return Done(NEEDS_A_PERSON if arrived.waiting else DONE, nothing)
        now = data_cut(home, card, known, folder / PENDING / RETURNS)
        counted = {(row.month, row.measure): row.value for row in known.counts.itertuples()}
        counted |= {(card.opening_month, measure): children for measure, children in card.opening}
        area = now.scenarios["central"].case.area
        returned = take(folder, read_returned(folder / HELD / RETURNS), counted, area, now.last)
        warnings = (*arrived.warnings, *returned.notes, *returned.conflicts)
        arrived = replace(arrived, warnings=warnings, conflicts=returned.conflicts)
        shutil.rmtree(folder / PENDING, ignore_errors=True)  # what will be held once the run is published
        write_held(known, folder / PENDING)
        for name, text in texts(returned).items():
            files.write_text(folder / PENDING / RETURNS / name, text)
        published, kept = folders.settled(home.runs / card.slug, now.last), kept_files(folder).items()
        case = now.case(home.data)
        inputs = pipeline.input_files(home, replace(case, scenarios=now.scenarios))
        inputs |= {name: path for name, path in kept if path.name not in (FILES_FILE, SOURCES)}
        history.catch_up(home.runs, card.slug)
        asked = {"notebooks": settings.notebooks}
        is_new = not folders.same_inputs(published, inputs, settings.draws, settings.seed, asked)
        if is_new:
            more = More(at, history.record, inputs, partial(_write_summary, home, folder, now, case, arrived, say))
            pipeline.run_open(home, case, settings, say, more)
        files.write_json(folder / PENDING / SUMS, files.checksums(folder / PENDING))
        (folder / PENDING / KEEPING).touch()
        finish_keeping(folder)
    if is_new:
        result = summary.read(published)
        return Done(result["code"], summary.said(result).split("\n"), published)
    stands = f"Nothing to do: {card.council} stands at {month_in_words(now.last)}, and nothing new has arrived."
    return Done(NEEDS_A_PERSON if arrived.needs_a_person else DONE, [stands, *arrived.warnings], published)


def data_cut(home: Home, card: Card, held: Held, returned: Path) -> DataCut:
    """What is known now, under the assumptions the card starts from. Raises BadInput.

    returned  where the tables of returns will stand
    """
    base = card.starts_from
    scenarios = load_scenarios(home.params, base.council, base.month, list_scenarios(home.params))
    rows = held.vintages.as_known()
    return DataCut(card, scenarios, rows, card.budget(rows["month"].max()), returned=returned)


# --- what moved -------------------------------------------------------------------------------------------------------


def _write_summary(
    home: Home,
    folder: Path,
    now: DataCut,
    opened: OpenCase,
    arrived: Arrived,
    say: Callable,
    staging: Path,
    base,
    central,
    answer: dict,
) -> None:
    """Into a run that is being made: what it was made from, and what moved since last month."""
    for name, source in kept_files(folder).items():
        (staging / name).parent.mkdir(parents=True, exist_ok=True)
        files.write_whole(staging / name, source.read_bytes())
    say("what moved since last month")
    after, past, moves = figures(base, central), pd.DataFrame(), {}
    if (home.runs / now.card.slug / history.FOLDER).is_dir():  # from the second month on
        counts = now.actuals.counts.rename(columns={"measure": "group", "value": "count"})
        stock = counts[counts["group"].isin(["lac", "cp"])]
        past = history.against_what_came(history.vintages(home.runs, now.card.slug), stock)

    def value(at: DataCut) -> Figures:
        case = at.case(home.data)
        if not same_children(at, now):
            return value_of(case, base.draws, base.seed, base.threads)
        anew = projection.with_actual_data(base, case.evidence, case.ledger)
        return figures(anew, projection.project(anew, base.central))

    since, then, headline, same_program = last_run(home, now) or (None, None, None, True)
    if since is not None:
        moves = movement(headline, after, steps_between(then, now, same_program), value)
    if since is not None and (told := beyond_range(home.runs / now.card.slug, since, then, now, after, moves)):
        arrived = replace(arrived, warnings=(*arrived.warnings, told[0]), conflicts=(*arrived.conflicts, *told[1:]))
    odd = list(against_model(now, base, sorted(set(arrived.ledger["month"])), read_bands(home.data)))
    asked = [sentence for sentence, accepted in odd if not accepted]
    told = [sentence for sentence, _ in odd]
    arrived = replace(arrived, warnings=(*arrived.warnings, *told), conflicts=(*arrived.conflicts, *asked))
    expired = now.expired(opened)
    wide = now.actuals.counts.pivot(index="month", columns="measure", values="value").sort_index()
    alarms = [  # on starts of each group
        alarm(
            measure,
            list(wide.index),
            wide[measure].to_numpy(),
            float(fit.group.starts_by_year.iloc[-1]),
            base.central.value("ledger.starts_memory"),
            base.norms[group].family,
            base.central.value("breaks.monthly_chance"),
        )
        for measure, group, fit in zip(STARTS, ("lac", "cp"), (base.lac, base.cp), strict=True)
    ]
    result = summary.summary(answer, now, arrived, after, since, moves, alarms, past, expired)
    summary.write(staging, result, past)


def last_run(home: Home, now: DataCut) -> tuple[str, DataCut, Figures, bool] | None:
    """The newest published run of an earlier month of the same budget year; None if there is none.

    Its month, what was known, its headline, and whether the same program made it.
    """
    council, year = home.runs / now.card.slug, now.scenarios["central"].case.financial_year
    months = [path.parent.name for path in council.glob("[!.]*/summary.json")]
    for month in sorted((month for month in months if month < now.last), reverse=True):
        folder = folders.as_published(folders.settled(council, month))
        told = summary.read(folder)
        if told["financial_year"] == year:
            card, rows = read_card(folder / CARD), read_held(folder / HELD).vintages.as_known()
            paths = sorted((folder / "frozen").glob("*.yaml"))
            frozen = {path.stem: thaw(path.read_text(encoding="utf-8"), path) for path in paths}
            then = DataCut(card, frozen, rows, card.budget(rows["month"].max()), returned=folder / HELD / RETURNS)
            code = folders.read_manifest(folder)["code_sha256"]
            headline = told["headline"] | {name: Decimal(told["headline"][name]) for name in summary.MONEY}
            return month, then, Figures(**headline), code == folders.code_fingerprint()
    return None


def beyond_range(
    council: Path, since: str, then: DataCut, now: DataCut, after: Figures, moves: dict[str, Figures]
) -> list[str]:
    """What is said where the projected outturn leaves the 80% range of the last run, by name of the line that did it.

    The call is the outturn's excess, floored at nothing: where little is called, its own range is all but empty.

    Nothing within it; the sentence; twice where a person must act, until the card says under accepted why it is right.
    """
    folder = folders.settled(council, since)
    answer = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    said = answer["scenarios"]["central"]["cost"][answer["financial_year"]]["net"]
    if said["p10"] <= after.outturn <= said["p90"]:
        return []
    forecast = pd.read_parquet(folder / "tables" / "monthly.parquet").query("scenario == 'central'")
    forecast = forecast.set_index(["month", "line"])["mean"].to_dict()
    new, item = [month for month in now.ledger_months if month not in then.ledger_months], "ledger"
    cause = max(moves, key=lambda cause: abs(moves[cause].outturn), default="")
    why = f"most of it is {CAUSES[cause].lower()}" if cause else "see what moved"
    if new and cause in ("actuals", "price"):
        came = {line: sum(now.actuals.ledger.actual[month][line] for month in new) for line in now.budget}
        due = {line: sum(forecast.get((month, line), 0.0) for month in new) for line in now.budget}
        item = max(came, key=lambda line: abs(came[line] - due[line]))
        why = f"{LINES[item][0]} did most of it: £{came[item]:,.0f} came where £{due[item]:,.0f} was forecast"
    sentence = (
        f"The projected outturn, {money(float(after.outturn))}, is outside the 80% range of {month_in_words(since)} "
        f"({money(said['p10'])} to {money(said['p90'])}): {why}."
    )
    accepted = now.card.found_right(now.last, item) or now.card.found_right(now.last, "ledger")
    if accepted:
        return [f"{sentence} Accepted by a person: {accepted.why}"]
    remedy = f"Find out why; if it is right, say so under accepted in {CARD} (month {now.last}, item {item}, why)."
    return [f"{sentence} {remedy}"] * 2


# --- files ------------------------------------------------------------------------------------------------------------


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """The lock of a council folder; it is the system's, and ends with the process that holds it. Raises Busy."""
    try:
        with FileLock(folder / LOCK).acquire(timeout=0):
            yield
    except Timeout:
        raise Busy(f"another refresh of {folder.name} is under way. Nothing is wrong; wait for it to end.") from None


def kept_files(folder: Path) -> dict[str, Path]:
    """Files of a council folder that a run is made from and keeps a copy of.

    name -> where each stands while the run is made
    """
    pending = [folder / PENDING / name for name in HELD_FILES] + sorted((folder / PENDING / RETURNS).glob("*"))
    own = {name: folder / name for name in (CARD, MAPPING) if (folder / name).is_file()}
    return {f"{HELD}/{path.relative_to(folder / PENDING).as_posix()}": path for path in pending} | own


def as_left(held: Path, runs: Path) -> None:
    """Raises BadInput naming a file of what is held that is not as the last refresh left it.

    runs  runs/COUNCIL: the newest run keeps a copy of every figure accepted, and holds no more than one refresh more
    """
    if not any((held / name).is_file() for name in HELD_FILES):
        return
    sums = json.loads((held / SUMS).read_text(encoding="utf-8")) if (held / SUMS).is_file() else {}
    wrong = [name for name, made in sums.items() if not (held / name).is_file() or files.sha256(held / name) != made]
    copies = sorted(runs.glob(f"[!.]*/{HELD}/{VINTAGES_FILE}"))
    now = (held / VINTAGES_FILE).read_bytes() if (held / VINTAGES_FILE).is_file() else b""
    if copies and not copies[-1].read_bytes().startswith(now):
        wrong.append(VINTAGES_FILE)
    if wrong:
        raise BadInput(
            f"{held.parent.name}/{HELD}/{wrong[0]} is not as the last refresh left it; expected what was accepted to "
            f"stay as it was. Put the file back from a copy; the newest run keeps one in {HELD}."
        )


def finish_keeping(folder: Path) -> None:
    """Hold what was taken, each file replaced whole: all of them or, after a kill, the rest at the next refresh, for
    files of two months must not stand side by side.
    """
    if not (folder / PENDING / KEEPING).is_file():
        return
    kept = kept_files(folder) | {f"{HELD}/{SUMS}": folder / PENDING / SUMS}
    for name, path in kept.items():
        if name not in (CARD, MAPPING) and path.is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            files.write_whole(folder / name, path.read_bytes())
    (folder / PENDING / KEEPING).unlink()


DELIVERIES = "deliveries"
WORKING_MORNING = "T06:30:00+00:00"


def replay(
    home: Home, source: Path, folder: Path, settings: Settings, say: Callable[[str], None]
) -> Iterator[tuple[str, Done]]:
    """Refresh `folder` with each delivery of `source` in turn, which stay in its inbox; gives month and outcome.

    folder  a new council folder; its runs go to `home.runs`
    Raises BadInput if it is not empty or `source` holds no deliveries.
    """
    deliveries = sorted(path for path in (source / DELIVERIES).glob("*") if path.is_dir())
    if not deliveries or not (source / CARD).is_file():
        raise BadInput(
            f"{source.name} holds no {CARD} with a folder {DELIVERIES} beside it. "
            "Give a folder such as data/example/months."
        )
    if folder.exists() and any(folder.iterdir()):
        raise BadInput(f"{folder.name} is not empty. Give a new folder, so that nothing of yours is written over.")
    (folder / INBOX).mkdir(parents=True)
    for name in (CARD, MAPPING):
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)
    for delivery in deliveries:
        for file in sorted(delivery.iterdir()):
            shutil.copyfile(file, folder / INBOX / file.name)
        at = f"{delivery.name}-05{WORKING_MORNING}"
        yield delivery.name, refresh_council(home, folder, settings, at, say)
