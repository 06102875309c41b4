"""`forecast refresh`: the one place where the monthly cycle meets files, locks and the scheduler.

A council folder holds council.yaml (the card), inbox/ (what has arrived) and, once a month was taken, held/ (every
figure accepted, and when); where the council has child-level returns, returns/ holds them (returned.py). Nothing of
the folder is changed before the new run is published; a refresh that fails, is killed or finds something wrong leaves
the last answer and what is held as they were, and the next one takes up from there.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from filelock import FileLock, Timeout

from forecast.case import list_scenarios, load_scenarios, thaw
from forecast.case.errors import Busy
from forecast.case.months import month_in_words
from forecast.model import outlook
from forecast.runs import folders, history, pipeline
from forecast.runs.pipeline import Home, More
from forecast.runs.refresh import summary
from forecast.runs.refresh.alarm import Alarm, alarm
from forecast.runs.refresh.council import Standing
from forecast.runs.refresh.movement import Figures, figures, movement, same_children, steps_between, value_of
from forecast.runs.refresh.returned import FOLDER as RETURNS
from forecast.runs.refresh.returned import SOURCES, Returned, read_returned, take, texts
from forecast.sources import files
from forecast.sources.arrivals import CARD, Card, Held, accept, read_card, read_held, read_inbox, write_held
from forecast.sources.arrivals.vintages import FILES_FILE, VINTAGES_FILE

DONE, NEEDS_A_PERSON = 0, 4
HELD, PENDING, LOCK = "held", ".pending", ".refresh.lock"
KEEPING = "keeping"  # stands in PENDING while what is pending takes the place of what is held
HELD_FILES = (VINTAGES_FILE, FILES_FILE)
STARTS = ("lac_starts", "cp_starts")


@dataclass(frozen=True)
class Done:
    """How a refresh ended: exit code, the lines for the officer, and the run's folder where there is one."""

    code: int
    lines: list[str]
    folder: Path | None = None


def refresh_council(
    home: Home,
    folder: Path,
    draws: int,
    seed: int,
    threads: int,
    at: str,
    say: Callable[[str], None],
    with_notebooks: bool = True,
) -> Done:
    """Read what has arrived, run and publish if anything is new, and tell what moved. `at` is the time, ISO with its zone.

    Raises BadInput (exit code 2) where an arrival is not as expected, Busy (3) while another refresh of the folder runs.
    """
    card = read_card(folder / CARD)
    with one_at_a_time(folder):
        finish_keeping(folder)
        held = read_held(folder / HELD)
        say("reading what has arrived")
        arrived = read_inbox(folder, card, held)
        taken = accept(held, arrived)
        if arrived.month is None or taken.counts.empty:
            return Done(
                NEEDS_A_PERSON if arrived.waiting else DONE,
                ["No month has been counted yet: nothing to do.", *arrived.warnings],
            )
        now = standing(home, card, taken, folder / PENDING / RETURNS)
        returned = returned_now(folder, now, taken)
        arrived = replace(
            arrived, warnings=(*arrived.warnings, *returned.notes, *returned.doubts), doubts=returned.doubts
        )
        _write_pending(folder, taken, returned)
        return _run_if_new(home, folder, card, now, arrived, draws, seed, threads, at, say, with_notebooks)


def returned_now(folder: Path, now: Standing, taken: Held) -> Returned:
    """What is held of the council's child-level returns, with those that are new read. Raises BadInput."""
    counted = {(row.month, row.measure): row.value for row in taken.counts.itertuples()}
    opening = {(now.card.opening_month, measure): children for measure, children in now.card.opening}
    return take(
        folder, read_returned(folder / HELD / RETURNS), counted | opening, now.scenarios["central"].case.area, now.last
    )


def _write_pending(folder: Path, taken: Held, returned: Returned) -> None:
    """What will be held once the run is published, beside what is."""
    shutil.rmtree(folder / PENDING, ignore_errors=True)
    write_held(taken, folder / PENDING)
    for name, text in texts(returned).items():
        files.write_text(folder / PENDING / RETURNS / name, text)


def _run_if_new(home, folder, card, now, arrived, draws, seed, threads, at, say, with_notebooks) -> Done:
    done, inputs = folders.settled(home.runs / card.slug, now.last), inputs_of(home, folder, now)
    history.catch_up(home.runs, card.slug)
    fresh = not folders.same_inputs(done, inputs, draws, seed, {"notebooks": with_notebooks})
    if fresh:
        publish(home, folder, now, arrived, inputs, draws, seed, threads, at, say, with_notebooks)
    keep(folder)
    told = summary.read(done)
    if fresh:
        return Done(told["code"], summary.lines(told), done)
    stands = f"Nothing to do: {card.council} stands at {month_in_words(now.last)}, and nothing new has arrived."
    return Done(NEEDS_A_PERSON if arrived.needs_a_person else DONE, [stands, *arrived.warnings], done)


def standing(home: Home, card: Card, held: Held, returned: Path) -> Standing:
    """What is known now, under the assumptions the card starts from; `returned` is where the tables of returns will stand. Raises BadInput."""
    base = card.starts_from
    scenarios = load_scenarios(home.params, base.council, base.month, list_scenarios(home.params))
    rows = held.vintages.as_known()
    return Standing(card, scenarios, rows, card.budget(rows["month"].max()), returned=returned)


def publish(home, folder, now, arrived, inputs, draws, seed, threads, at, say, with_notebooks) -> None:
    """Run every scenario at the new month and publish it with what moved."""
    case = now.case(home.data)

    def write(staging: Path, base, central, answer: dict) -> None:
        for name, source in kept_files(folder).items():
            (staging / name).parent.mkdir(parents=True, exist_ok=True)
            files.write_whole(staging / name, source.read_bytes())
        say("what moved since last month")
        now_at, before = figures(base, central), last_run(home, now)
        moves = moved(home, before, now, now_at, base, central)
        tracking = tracked(home.runs, now)
        told = summary.tell(
            answer,
            now,
            arrived,
            now_at,
            before.month if before else None,
            moves,
            alarms(base, now),
            tracking,
            now.expired(case),
        )
        summary.write(staging, told, tracking)

    more = More(at, history.record, lambda _: inputs, write)
    pipeline.run_open(home, case, None, draws, seed, threads, say, with_notebooks, more=more)


def kept_files(folder: Path) -> dict[str, Path]:
    """Files of a council folder that a run is made from and keeps a copy of, name -> where each stands while the run is made."""
    pending = [folder / PENDING / name for name in HELD_FILES] + sorted((folder / PENDING / RETURNS).glob("*"))
    return {f"{HELD}/{path.relative_to(folder / PENDING).as_posix()}": path for path in pending} | {CARD: folder / CARD}


@dataclass(frozen=True)
class Before:
    """The last month's run: what it stood on, its headline, and whether the same program made it."""

    month: str
    standing: Standing
    headline: Figures | None
    same_program: bool


def last_run(home: Home, now: Standing) -> Before | None:
    """The newest published run of an earlier month of the same budget year; None if there is none."""
    council = home.runs / now.card.slug
    year = now.scenarios["central"].case.financial_year
    months = sorted(path.parent.name for path in council.glob("*/summary.json")) if council.is_dir() else []
    earlier = [
        month
        for month in months
        if month < now.last and not month.startswith(".") and _year(folders.settled(council, month)) == year
    ]
    return _before(folders.settled(council, earlier[-1]), earlier[-1], now) if earlier else None


def _year(folder: Path) -> str:
    return summary.read(folder)["financial_year"]


def _before(folder: Path, month: str, now: Standing) -> Before:
    card, held = read_card(folder / CARD), read_held(folder / HELD)
    frozen = {
        path.stem: thaw(path.read_text(encoding="utf-8"), path) for path in sorted((folder / "frozen").glob("*.yaml"))
    }
    rows = held.vintages.as_known()
    then = Standing(card, frozen, rows, card.budget(rows["month"].max()), returned=folder / HELD / RETURNS)
    code = folders.read_manifest(folder)["code_sha256"]
    return Before(month, then, summary.headline_of(summary.read(folder)), code == folders.code_fingerprint())


def moved(
    home: Home, before: Before | None, now: Standing, after: Figures, base: outlook.Base, central: outlook.Outlook
) -> list:
    """What moved since the last run, cause by cause; nothing where there is none. `base` and `central` are those of `now`."""
    if before is None:
        return []

    def value(at: Standing) -> Figures:
        case = at.case(home.data)
        if same_children(at, now):
            anew = outlook.with_actual_data(base, case.evidence, case.ledger)
            return figures(anew, outlook.foresee(anew, base.central))
        return value_of(case, base.draws, base.seed, base.threads)

    return movement(before.headline, after, steps_between(before.standing, now, before.same_program), value)


def alarms(base: outlook.Base, now: Standing) -> list[Alarm]:
    """The monthly alarm on starts of each group."""
    counts, a = now.come.counts, base.central
    wide = counts.pivot(index="month", columns="measure", values="value").sort_index()
    return [
        alarm(
            measure,
            list(wide.index),
            wide[measure].to_numpy(),
            float(fit.group.starts_by_year.iloc[-1]),
            a.value("ledger.starts_memory"),
            base.norms[group].family,
            a.value("breaks.monthly_chance"),
        )
        for measure, group, fit in zip(STARTS, ("lac", "cp"), (base.lac, base.cp), strict=True)
    ]


def tracked(folder: Path, now: Standing) -> pd.DataFrame:
    """Every past forecast whose month has come, beside what came; no rows before the second month."""
    if not (folder / now.card.slug / "history").is_dir():
        return pd.DataFrame()
    counts = now.come.counts
    stock = counts[counts["measure"].isin(["lac", "cp"])].rename(columns={"measure": "group", "value": "count"})
    return history.against_what_came(history.vintages(folder, now.card.slug), stock)


# --- files ------------------------------------------------------------------------------------------------------------


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """The lock of a council folder; it is the system's, and ends with the process that holds it. Raises Busy."""
    lock = FileLock(folder / LOCK)
    try:
        with lock.acquire(timeout=0):
            yield
    except Timeout:
        raise Busy(f"another refresh of {folder.name} is under way. Nothing is wrong; wait for it to end.") from None


def inputs_of(home: Home, folder: Path, now: Standing) -> dict[str, Path]:
    """Every file the run is made from, by its name in the manifest."""
    files = pipeline.input_files(home, replace(now.case(home.data), scenarios=now.scenarios))
    return files | {name: path for name, path in kept_files(folder).items() if path.name not in (FILES_FILE, SOURCES)}


def keep(folder: Path) -> None:
    """What was taken is held from now on: each file replaced whole, all of them or, after a kill, the rest by the next refresh."""
    (folder / PENDING / KEEPING).touch()
    finish_keeping(folder)


def finish_keeping(folder: Path) -> None:
    """Hold what a refresh has begun to hold, where one has and was stopped: files of two months must not stand side by side."""
    if not (folder / PENDING / KEEPING).is_file():
        return
    held = {name: path for name, path in kept_files(folder).items() if name != CARD}
    for name, path in held.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        files.write_whole(folder / name, path.read_bytes())
    (folder / PENDING / KEEPING).unlink()
