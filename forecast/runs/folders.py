"""Run folders: built in staging, published in one step, with a manifest that traces every table to its inputs.

    runs/COUNCIL/MONTH/     answer.html, answer.json, answer.txt, assumptions.md, manifest.json
                            frozen/ (assumptions as used), tables/ (CSV and Parquet), charts/, notebooks/
    runs/COUNCIL/runs.log   what was published and when: time, what, month, run, note, with tabs between them

How a run is published. Beside MONTH stand, while it is made, .MONTH.staging (the new run), .MONTH.journal and, where
the system has no exchange of folders, .MONTH.previous.
 1. The lock .MONTH.lock is taken. It is the operating system's: it ends with the process that holds it, however that
    ends, so it is never stale and its file is never to be deleted. .MONTH.holder says who holds it; it may be an
    earlier holder's for an instant, and means nothing while the lock is free.
 2. The run is written to staging, and every file and folder of it is forced to disk.
 3. The journal, which names the checksum of staging, is written whole. This is the point of no return: before it the
    last published run stands; after it the new one is published, by this process or by whoever looks next.
 4. Staging and MONTH change places. Linux does so in one step (renameat2), and a reader sees the old run or the new
    one. Elsewhere it takes two renames: for an instant there is no MONTH, and `settled` waits, or finishes the swap.
 5. A line is added to runs.log, the old run and the journal are removed.
`_settle` does 4 and 5, both for the run that has just been made and for one that was killed; it may be killed itself.
No manifest and no file of a run holds the time: that is in runs.log, and the caller gives it.
"""

import ctypes
import errno
import hashlib
import json
import os
import platform
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from filelock import FileLock, Timeout

from forecast import __version__
from forecast.case.errors import BadInput, Busy, CannotPublish
from forecast.sources import files
from forecast.sources.files import PAUSE, SEAL, SWAP_WAIT, checksums, patiently, sealed, sha256, sync, sync_folder

Read = TypeVar("Read")
Record = Callable[[Path, Path], None]  # what keeps a published run's figures: (runs/COUNCIL, runs/COUNCIL/MONTH)

LIBRARIES = ("numpy", "pandas", "numba", "pydantic", "papermill")
# What the package is made of; not what Python and editors leave in it.
CODE = {".py", ".html", ".css", ".js", ".svg", ".typ", ".j2", ".jinja", ".xml", ".md", ".txt", ".yaml", ".csv"}
CODE |= {".mplstyle"}
MANIFEST, LOG = "manifest.json", "runs.log"
LEAST_FREE = 50_000_000  # bytes: several times a run with its notebooks and report
NEARLY_NOTHING = 1_000_000  # bytes: with less free, whatever went wrong went wrong for want of room
LOCK_WAIT = 0.5  # seconds: longer than a reader needs to finish a swap
LOG_WAIT = 30.0  # seconds: another month's line takes a few milliseconds
READS = 20  # attempts to read a run that is replaced meanwhile
EXCHANGE, HERE = 2, -100  # RENAME_EXCHANGE and AT_FDCWD of Linux
NO_EXCHANGE = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EPERM}  # what systems without it answer
FULL, NO_RIGHT, IN_THE_WAY = errno.ENOSPC, errno.EACCES, errno.ENOTDIR
SAME_TROUBLE = {errno.EDQUOT: FULL, errno.EFBIG: FULL, errno.EPERM: NO_RIGHT, errno.EEXIST: IN_THE_WAY}
ID_LETTERS = 10  # of the manifest's checksum: one chance in a million million of two runs of a month sharing them


@dataclass(frozen=True)
class Places:
    """The folders and files of one run: home is runs/COUNCIL, month the folder's name."""

    home: Path
    month: str

    @property
    def final(self) -> Path:
        return self.home / self.month

    def working(self, what: str) -> Path:
        """A working file or folder beside the run: staging, previous, journal, lock, holder."""
        return self.home / f".{self.month}.{what}"

    @property
    def name(self) -> str:
        """As a person knows it."""
        return f"{self.home.name} {self.month}"


@dataclass(frozen=True)
class Logged:
    """A line of runs.log. at is ISO time with its zone, or empty if it was not given."""

    at: str
    what: str
    month: str
    run: str
    note: str


# ---- publishing ----


@contextmanager
def publishing(runs: Path, council: str, month: str, at: str = "", record: Record | None = None) -> Iterator[Path]:
    """A staging folder that becomes runs/COUNCIL/MONTH if the block ends well, and vanishes if it does not.

    at      the time to log, ISO with its zone
    record  called with the published folder, and before it is replaced; must do nothing when called again
    Raises Busy if another run of the same case is under way, CannotPublish if the disk is full, read-only or the like.
    """
    places = Places(runs / council, month)
    with _plainly(places):
        places.home.mkdir(parents=True, exist_ok=True)
        with _alone(places):
            _settle(places)
            _recorded(places, record)
            _enough_room(places)
            with _staging(places) as staging:
                yield staging
                sync(staging)
                _commit(places, at)
            _settle(places)
            _recorded(places, record)


def settled(home: Path, month: str) -> Path:
    """The folder of a published run, to be read. Finishes a swap that was interrupted; never raises.

    home  runs/COUNCIL. Where the swap cannot be finished (no right to write), it is the folder that holds a whole run.
    """
    places = Places(home, month)
    final, previous, staging = places.final, places.working("previous"), places.working("staging")
    committed = places.working("journal").exists
    if committed() or (previous.exists() and not final.exists()):
        with suppress(OSError, BadInput, Timeout), _lock(places).acquire(timeout=0):
            _settle(places)
    last = time.monotonic() + SWAP_WAIT
    while committed() and not final.exists() and time.monotonic() < last:
        time.sleep(PAUSE)
    if final.exists():
        return final
    return staging if committed() and staging.exists() else previous if previous.exists() else final


def steady(home: Path, month: str, read: Callable[[Path], Read]) -> Read:
    """What `read` makes of the published run's folder, all of it from one run even if that is replaced meanwhile.

    Raises BadInput if the run is replaced again and again, and what `read` raises on a run that stays.
    """
    for _ in range(READS):
        folder = settled(home, month)
        before = run_id(folder)
        try:
            found = read(folder)
        except Exception:  # of whatever kind: half of one run and half of another can look like anything
            if run_id(settled(home, month)) == before:
                raise
            continue
        if run_id(settled(home, month)) == before:
            return found
    raise BadInput(f"{home.name} {month} is being published again and again; try once more when that has ended")


def remove(runs: Path, council: str, month: str, run: str, at: str = "") -> None:
    """Delete a published run's folder. Raises Busy if it is being made, BadInput if it is not `run` any more."""
    places = Places(runs / council, month)
    with _plainly(places), _alone(places):
        _settle(places)
        if run_id(places.final) != run:
            raise BadInput(f"{places.name} is not the run {run} any more. List the runs again.")
        _rename(places.final, places.working("going"))
        log(places.home, Logged(at, "deleted", month, run, ""))
        shutil.rmtree(places.working("going"), ignore_errors=True)


def sweep(runs: Path, council: str) -> None:
    """Finish deletions that were interrupted. Raises Busy if one of their runs is being made."""
    for left in sorted((runs / council).glob(".*.going")):
        places = Places(runs / council, left.name[1 : -len(".going")])
        with _plainly(places), _alone(places):
            _settle(places)


def run_id(folder: Path, month: str | None = None) -> str | None:
    """The name of a run for ever, such as 2011-06-3fa9c1d2e4: its folder's name and its manifest; None without one."""
    try:
        return f"{month or folder.name}-{hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()[:ID_LETTERS]}"
    except OSError:
        return None


@contextmanager
def _alone(places: Places) -> Iterator[None]:
    """One at a time, with a note of who. Raises Busy."""
    holder = places.working("holder")
    try:
        held = _lock(places).acquire(timeout=LOCK_WAIT, poll_interval=PAUSE)
    except Timeout:
        who = ""
        with suppress(OSError, ValueError, KeyError):
            note = json.loads(holder.read_text(encoding="utf-8"))
            since = datetime.fromtimestamp(holder.stat().st_mtime).astimezone()
            who = f" by process {note['process']} on {note['host']}, since {since:%H:%M} on {since.day} {since:%B %Y}"
        raise Busy(
            f"another run of {places.name} is under way{who}. Wait for it to end and try again. "
            "If it has died, just try again: the lock ends with the process, and no file needs deleting."
        ) from None
    with held:
        try:
            with suppress(OSError):  # a courtesy: for want of room the run itself will say so
                files.write_json(holder, {"process": os.getpid(), "host": socket.gethostname()})
            yield
        finally:
            with suppress(OSError):
                holder.unlink(missing_ok=True)


def _lock(places: Places) -> FileLock:
    return FileLock(places.working("lock"), fallback_to_soft=False)


@contextmanager
def _staging(places: Places) -> Iterator[Path]:
    """An empty staging folder; removed again unless the run was committed."""
    staging = places.working("staging")
    _clear(staging)
    staging.mkdir()
    try:
        yield staging
    except BaseException as error:
        plain = _why(error, places)  # before the folder goes, and makes room
        if not places.working("journal").exists():
            shutil.rmtree(staging, ignore_errors=True)
        if plain:
            raise plain from error
        raise


def _commit(places: Places, at: str) -> None:
    """Write the journal: from here on the run is published, whatever happens."""
    staging = places.working("staging")
    journal = {"tree": tree_hash(staging), "run": run_id(staging, places.month), "at": at}
    files.write_whole(places.working("journal"), (json.dumps(journal) + "\n").encode("utf-8"))


def _settle(places: Places) -> None:
    """Finish what was committed, undo what was not. Under the lock; may be killed and done again at any point."""
    final, previous, staging = places.final, places.working("previous"), places.working("staging")
    try:
        journal = json.loads(places.working("journal").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        journal = None  # nothing was committed
    if journal and tree_hash(final) != journal["tree"] == tree_hash(staging):
        _swap(places)
    if previous.exists() and not final.exists():
        _rename(previous, final)
    if journal and journal["run"] and run_id(final) == journal["run"]:
        log(places.home, Logged(journal["at"], "published", places.month, journal["run"], ""))
    for left in (previous, staging, places.working("going")):
        shutil.rmtree(left, ignore_errors=True)
    places.working("journal").unlink(missing_ok=True)


def _swap(places: Places) -> None:
    """Staging becomes the published folder; the old one is in its place or in `previous` afterwards."""
    final, previous, staging = places.final, places.working("previous"), places.working("staging")
    if not final.exists():
        _rename(staging, final)
    elif not _exchanged(staging, final):
        _clear(previous)
        _rename(final, previous)
        try:
            _rename(staging, final)
        except OSError:
            _rename(previous, final)
            raise
    sync_folder(places.home)


def _exchanged(one: Path, other: Path) -> bool:
    """Swap two folders in one step, where the system can; False where it cannot."""
    if not sys.platform.startswith("linux"):
        return False
    system = ctypes.CDLL(None, use_errno=True)
    if not hasattr(system, "renameat2"):
        return False
    if system.renameat2(HERE, os.fsencode(one), HERE, os.fsencode(other), EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in NO_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number), str(other))


def _rename(one: Path, other: Path) -> None:
    """Rename, patiently: on Windows a folder cannot be renamed while a program has a file of it open."""
    patiently(lambda: one.rename(other))


def _clear(folder: Path) -> None:
    """Remove a working folder. Raises CannotPublish if a program holds it."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        raise CannotPublish(
            f"{_short(folder)} cannot be removed: close what has a file of it open, or ask for the right to delete "
            "there, and start again"
        )


def _recorded(places: Places, record: Record | None) -> None:
    """Keep the published run's figures."""
    if record is None or run_id(places.final) is None:
        return
    try:
        record(places.home, places.final)
    except OSError as error:
        raise CannotPublish(
            f"{places.name} is published, but its figures could not be added to the history ({error.strerror}). "
            "The next start adds them."
        ) from error


def _enough_room(places: Places) -> None:
    """Raises CannotPublish if the disk has no room for another run beside the last."""
    last = sum(path.stat().st_size for path in places.final.rglob("*") if path.is_file())
    needed, free = max(LEAST_FREE, 2 * last), shutil.disk_usage(places.home).free
    if free < needed:
        raise CannotPublish(
            f"{_short(places.home)} has {free / 1e6:.0f} MB free, and a run needs {needed / 1e6:.0f} MB. "
            f"{_STANDS}Make room, and start again."
        )


_STANDS = "What was published before stands as it was. "
_COMPLETE = "The new run is complete and the next start finishes publishing it. "
_HELD_OPEN = "Close every program that has a file of it open (Excel, Word, a preview)"
_CLOSE = _HELD_OPEN if os.name == "nt" else "Ask for the right to write there"
_ELSEWHERE = "or give another folder with --runs"
_OF_THE_DISK = {
    FULL: ("is on a disk that is full, or your share of it is", "Make room, and start again."),
    errno.EROFS: ("is on a disk that is read-only now", f"Ask for it to be made writable, {_ELSEWHERE}."),
    errno.ENOSYS: (
        "is on a disk without locks, where two runs could mix",
        "Give a folder on another disk with --runs.",
    ),
    errno.EIO: ("is on a disk that reports a fault", "Ask for it to be looked at before anything else."),
}
_OF_A_FILE = {
    NO_RIGHT: ("may not be written", f"{_CLOSE}, {_ELSEWHERE}, and start again."),
    IN_THE_WAY: ("is in the way: a file where a folder should be", "Move it away, and start again."),
}


@contextmanager
def _plainly(places: Places) -> Iterator[None]:
    """What a disk or a folder refuses, said plainly."""
    try:
        yield
    except OSError as error:
        plain = _why(error, places)
        if plain:
            raise plain from error
        raise


def _why(error: BaseException, places: Places) -> CannotPublish | None:
    """The plain words of an error of the machine; None if it is of another kind."""
    if isinstance(error, BadInput) or not isinstance(error, Exception):
        return None
    number, name, home = getattr(error, "errno", None), getattr(error, "filename", None), places.home
    number = SAME_TROUBLE.get(number, number)
    with suppress(OSError):
        number = FULL if shutil.disk_usage(home).free < NEARLY_NOTHING else number
    file = Path(os.fsdecode(name)) if isinstance(name, str | bytes) else None
    of_a_file = number in _OF_A_FILE and file is not None and home.parent in (file, *file.parents)
    what = _OF_A_FILE[number] if of_a_file else _OF_THE_DISK.get(number)
    if what is None:
        return None
    stands = _COMPLETE if places.working("journal").exists() else _STANDS
    return CannotPublish(f"{_short(file if of_a_file else home)} {what[0]}. {stands}{what[1]}")


def _short(path: Path) -> str:
    """Its last two parts: enough to find it, without the name of anyone's home folder."""
    return "/".join(path.parts[-2:])


# ---- the log ----


def log(home: Path, line: Logged) -> None:
    """Add a line to runs/COUNCIL/runs.log, unless it is there already. Lines of several processes never mix."""
    path, fields = home / LOG, [" ".join(field.split()) for field in astuple(line)]
    with briefly(home):
        lines = read_log(home)
        if Logged(*fields) in (lines if line.at else lines[-1:]):
            return
        before = path.read_bytes() if path.exists() else b""
        gap = b"\n" if before and not before.endswith(b"\n") else b""
        files.write_whole(path, before + gap + ("\t".join(fields) + "\n").encode("utf-8"))


@contextmanager
def briefly(home: Path) -> Iterator[None]:
    """Alone with the files that a council's runs share, for a moment. Raises Busy if another process keeps them."""
    lock = FileLock(home / f".{LOG}.lock", fallback_to_soft=False)
    try:
        held = lock.acquire(timeout=LOG_WAIT, poll_interval=PAUSE / 10)
    except Timeout:
        raise Busy(f"{_short(home)} is being written by another run. Try again.") from None
    with held:
        yield


def read_log(home: Path) -> list[Logged]:
    """Every line of runs.log, oldest first. What a person added in another form is left out."""
    path = home / LOG
    text = path.read_bytes().decode("utf-8", "replace") if path.exists() else ""
    lines = (line.split("\t") for line in text.splitlines())
    return [Logged(*fields) for fields in lines if len(fields) == len(Logged.__match_args__)]


# ---- what made a run ----


def manifest(folder: Path, inputs: dict[str, Path], draws: int, seed: int, settings: dict | None = None) -> dict:
    """What made the run: code, libraries, seed, and the checksum of every input and every output."""
    return sealed(made_from(inputs, draws, seed, settings) | {"outputs": checksums(folder)})


def made_from(inputs: dict[str, Path], draws: int, seed: int, settings: dict | None = None) -> dict:
    """Everything that decides a run's bytes. settings: what else was asked for, such as the scenarios."""
    import importlib.metadata

    return {
        "version": __version__,
        "code_sha256": code_fingerprint(),
        "python": platform.python_version(),
        "libraries": {name: importlib.metadata.version(name) for name in LIBRARIES},
        "draws": draws,
        "seed": seed,
        "inputs": {name: sha256(path) for name, path in sorted(inputs.items())},
    } | ({"settings": settings} if settings is not None else {})


def same_inputs(folder: Path, inputs: dict[str, Path], draws: int, seed: int, settings: dict | None = None) -> bool:
    """Whether the published run is what these inputs, this code and these settings would make again, undamaged."""
    known = read_manifest(folder) or {}
    made = {name: part for name, part in known.items() if name not in ("outputs", SEAL)}
    return made == made_from(inputs, draws, seed, settings) and not damaged(folder)


def read_manifest(folder: Path) -> dict | None:
    """The manifest of a published run; None where there is none that can be read."""
    try:
        return json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def as_published(folder: Path) -> Path:
    """The folder of a published run, every file of which is what was published.

    Raises BadInput naming the first that is not: its bytes differ from the manifest's checksum, or the manifest is not
    the one that runs.log says was published. Whoever shows a run's figures asks here first.
    """
    made, run = read_manifest(folder), run_id(folder)
    said = [line.run for line in read_log(folder.parent) if (line.what, line.month) == ("published", folder.name)]
    under_way = folder.name[0] == "." or Places(folder.parent, folder.name).working("journal").exists()
    # Runs of before there were seals are known by the log alone.
    whole = made is not None and (made == sealed(made) if SEAL in made else bool(said))
    whole = whole and (under_way or not said or said[-1] == run)
    if not whole or damaged(folder):
        wrong = folder / (damaged(folder)[0] if whole else MANIFEST)
        what = "is not what was published" if wrong.exists() else "was published and is missing"
        raise BadInput(
            f"{'/'.join(wrong.parts[-2 - len(wrong.relative_to(folder).parts) :])} {what}; expected every file of a "
            "published run to stay as it was made. Put the file back from a copy, or make the run again."
        )
    return folder


def damaged(folder: Path) -> list[str]:
    """Files of a published run that are missing or not what its manifest says. What people added is let be."""
    outputs = (read_manifest(folder) or {"outputs": {MANIFEST: ""}})["outputs"]
    return [name for name, made in outputs.items() if not (folder / name).is_file() or sha256(folder / name) != made]


def tree_hash(folder: Path) -> str | None:
    """One checksum over the names and bytes of a folder's files; None if there is no such folder."""
    if not folder.is_dir():
        return None
    return hashlib.sha256(json.dumps(checksums(folder)).encode("utf-8")).hexdigest()


def code_fingerprint() -> str:
    """One checksum over the package: its code, and the pages and styles that it fills."""
    home = Path(__file__).resolve().parent.parent
    paths = {path.relative_to(home).as_posix(): path for path in home.rglob("*") if path.suffix in CODE}
    whole = hashlib.sha256()
    for name in sorted(paths):
        whole.update(name.encode("utf-8"))
        whole.update(paths[name].read_bytes().replace(b"\r\n", b"\n"))
    return whole.hexdigest()
