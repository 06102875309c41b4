"""Publishing under attack: killed, out of room, read-only, fifty at once, and read meanwhile.

    python tests/stress.py [KILLS FULL READ_ONLY TOGETHER STEP]     (200 20 20 50 1), Linux or macOS; prints what broke

After every blow the published folder must be whole and of one run (the one before or the new one), the next start must
publish, and nothing may be left behind or lost from the history. What is whole is judged here, not by the package.
Out of room and read-only are a real file system of their own where the user may mount one; elsewhere a limit on the size
of a file, and errors raised at the call, stand in for them. Those two are used on top wherever they can be.
"""

import contextlib
import errno
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import pandas as pd
import pyarrow.parquet  # noqa: F401  (once, before the processes part)

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from forecast.case.errors import Busy, CannotPublish
from forecast.runs import folders, history
from forecast.sources import files

COUNCIL, MONTH = "example", "2026-11"
SIZES = {f"tables/table{n:02d}.csv": 2_000 * n for n in range(1, 31)} | {
    f"charts/chart{n:02d}.svg": 50_000 for n in range(20)
}
SIZES |= {f"frozen/scenario{n}.yaml": 70_000 for n in range(8)} | {f"notebooks/{n}.ipynb": 300_000 for n in range(8)}
SIZES |= {"tables/large.csv": 3_000_000} | {f"charts/chart{n:02d}.alt.txt": 150 for n in range(12)}
if "few" in sys.argv:  # for a test: the same steps, fewer files
    SIZES = dict(list(SIZES.items())[::10])
MOST_CHANGES = 10 * len(SIZES)  # far more than a run makes
DONE, BUSY, REFUSED, BROKEN = 0, 3, 1, 9
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir"}


# ---- the run ----


def job(folder: Path, number: int) -> None:
    """Publish run `number`: some eighty files, one of them large, all marked with the number."""
    with folders.publishing(
        folder, COUNCIL, MONTH, f"2026-12-03T06:30:00.{number:06d}+00:00", history.record
    ) as staging:
        for name in sorted({name.split("/")[0] for name in SIZES}):
            (staging / name).mkdir()
        for name, size in SIZES.items():
            (staging / name).write_bytes(content(name, number, size))
        files.write_json(staging / "answer.json", answer(number))
        files.write_table(staging / "tables", "children", pd.DataFrame({"mark": [number]}))
        files.write_json(staging / "manifest.json", folders.manifest(staging, {}, 100, number))


def content(name: str, number: int, size: int) -> bytes:
    """Bytes that no other run has."""
    return f"run {number}\n".encode() + random.Random(f"{name} {number}").randbytes(size)


def answer(number: int) -> dict:
    """The least answer that the history keeps."""
    figure = {"mean": 1.0 * number, "p10": 0.0, "p90": 2.0 * number}
    months = [{"month": f"2026-{month:02d}", **figure} for month in (11, 12)]
    contingency = {
        "amount": 600000.0,
        "chance_holds": 0.5,
        "enough": {"80": 1.0},
        "call": figure,
        "headroom": figure,
        "recovery_plan": figure,
    }
    central = {
        "contingency": contingency,
        "effect": {"full_year": figure},
        "children": {"lac": {"month_ends": months}},
        "cost": {},
    }
    head = {
        "council": COUNCIL,
        "month": MONTH,
        "origin": "2026-10-31",
        "financial_year": "2026-27",
        "version": "0",
        "draws": 100,
        "seed": number,
    }
    return head | {"open_at_origin": {"lac": 1, "cp": 1}, "scenarios": {"central": central}}


def whole(folder: Path) -> int:
    """The number of the run that a folder holds. Raises AssertionError if it is not wholly and only that run."""
    held = json.loads((folder / "manifest.json").read_bytes())
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {"manifest.json"}
    assert there == set(held["outputs"]) >= set(SIZES), f"files missing or left over: {there ^ set(held['outputs'])}"
    for name, checksum in held["outputs"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == checksum, (
            f"{name} is not what the manifest says"
        )
    for name, size in SIZES.items():
        assert (folder / name).read_bytes() == content(name, held["seed"], size), f"{name} is of another run"
    return held["seed"]


# ---- a process that is struck ----


def start(work) -> int:
    """Run `work` in a process of its own; the process id."""
    child = os.fork()
    if child:
        return child
    try:
        work()
        os._exit(DONE)
    except Busy:
        os._exit(BUSY)
    except CannotPublish as said:
        os._exit(REFUSED if "stands" in str(said) or "next start" in str(said) else BROKEN)
    except BaseException as error:
        print(f"  {type(error).__name__}: {error}", flush=True)
        os._exit(BROKEN)


def end(child: int) -> int:
    """The exit code of a process, minus the signal if it was killed."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def strike(at: int, blow) -> None:
    """In this process: call `blow` at change number `at` of the files, counted from now."""
    seen = [0]

    def hook(event: str, args: tuple) -> None:
        seen[0] += (change := event in CHANGES or (event == "open" and _writes(*args)))
        if change and seen[0] == at:
            blow()

    sys.addaudithook(hook)


def _writes(path, mode, flags) -> bool:
    """Whether a file is opened to be written, or a folder to be forced to disk."""
    return isinstance(flags, int) and (
        flags & WRITES != 0 or (isinstance(path, str | os.PathLike) and os.path.isdir(path))
    )


def kill_myself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refuse(number: int):
    def blow() -> None:
        raise OSError(number, os.strerror(number))

    return blow


def without_exchange() -> None:
    """As on a system that cannot swap two folders in one step."""
    folders._exchanged = lambda one, other: False


def without_check() -> None:
    """So that the disk is found full in the middle."""
    folders._enough_room = lambda places: None


class Ground:
    """A runs folder with run 1 in it, and what must be true of it after every blow."""

    def __init__(self, folder: Path):
        self.folder, self.home, self.number = folder, folder / COUNCIL, 0
        self.seen, self.broken = Counter(), []
        self.next_run("the first run")

    def blow(self, name: str, code: int, window: bool = False) -> None:
        """After a blow to the process that made the next run. window: the plain folder may be away for an instant."""
        told = f"{name}, run {self.number + 1}, exit {code}"
        self.seen[
            {DONE: "published", BUSY: "busy", REFUSED: "refused", -signal.SIGKILL: "killed"}.get(code, "broken")
        ] += 1
        self.expect(code in (DONE, REFUSED, -signal.SIGKILL), told)
        if not window:
            self.look(told, self.home / MONTH, code == DONE)
        self.look(told, folders.settled(self.home, MONTH), code == DONE)
        self.number += 1
        self.next_run(told)

    def look(self, told: str, folder: Path, done: bool = False) -> None:
        """The folder is whole, and of the run before or the new one; of the new one where that said it was done."""
        try:
            held = whole(folder)
            self.expect(
                held == self.number + 1 or (held == self.number and not done), f"{told}: run {held} is published"
            )
        except (OSError, ValueError, AssertionError) as error:
            self.broken.append(f"{told}: {error}")

    def next_run(self, told: str) -> None:
        """The next start publishes, and nothing is left behind or lost."""
        number, folder = self.number + 1, self.folder
        code = end(start(lambda: job(folder, number)))
        self.expect(code == DONE, f"after {told}: the next start ended with {code}")
        self.look(f"after {told}", self.home / MONTH, done=True)
        self.number = number
        left = {path.name for path in self.home.iterdir()} - {
            MONTH,
            "history",
            "runs.log",
            f".{MONTH}.lock",
            ".runs.log.lock",
        }
        self.expect(not left, f"after {told}: {left} left behind")
        logged, kept = self.logged(), {path.stem for path in (self.home / "history").glob("[!.]*.parquet")}
        self.expect(set(logged) == kept, f"after {told}: logged and kept runs differ")
        self.expect(len(logged) == len(set(logged)), f"after {told}: a run is logged twice")

    def logged(self) -> list[str]:
        path = self.home / "runs.log"
        return [line.split("\t")[3] for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []

    def expect(self, holds: bool, told: str) -> None:
        if not holds:
            self.broken.append(told)


# ---- the attacks ----


def seconds(ground: Ground) -> float:
    """How long one run takes here."""
    began, number = time.monotonic(), ground.number + 1
    end(start(lambda: job(ground.folder, number)))
    ground.number = number
    return time.monotonic() - began


def killed(folder: Path, times: int) -> Ground:
    """kill -9 at random moments: half of them anywhere, half in the last third, where publishing is; every other one without exchange."""
    ground, luck = Ground(folder), random.Random(1)
    took = seconds(ground)
    while ground.seen["killed"] < times:
        number, window = ground.number + 1, bool(ground.seen["killed"] % 2)
        child = start(
            lambda number=number, window=window: (without_exchange() if window else None, job(folder, number))
        )
        time.sleep(took * (luck.uniform(0, 1) if luck.random() < 0.5 else luck.uniform(0.66, 1)))
        os.kill(child, signal.SIGKILL)
        ground.blow("kill -9", end(child), window)
    return ground


def killed_at_every_change(folder: Path, step: int) -> Ground:
    """kill -9 at every `step`th change of the files from the commit on, with and without exchange."""
    ground = Ground(folder)
    for window in (False, True):
        at, code = 1, None
        while code != DONE and at < MOST_CHANGES:
            number = ground.number + 1
            code = end(
                start(lambda at=at, number=number, window=window: struck(folder, number, at, kill_myself, window))
            )
            ground.blow(f"kill -9 at change {at}", code, window)
            at += step
    return ground


def struck(folder: Path, number: int, at: int, blow, window: bool) -> None:
    """A run that gets `blow` at change `at` from its commit on."""
    commit = folders._commit
    if window:
        without_exchange()

    def then(places, when):
        strike(at, blow)
        commit(places, when)

    folders._commit = then
    job(folder, number)


def refused_at_every_change(folder: Path, step: int) -> Ground:
    """An error of the machine at every `step`th change, from the start of the run on."""
    ground, at, code = Ground(folder), 1, None
    while (
        code != DONE or at < 3 * len(SIZES)
    ) and at < MOST_CHANGES:  # each is opened, forced to disk and, when old, removed
        number, trouble = ground.number + 1, (errno.ENOSPC, errno.EROFS, errno.EIO)[at % 3]
        code = end(
            start(lambda at=at, number=number, trouble=trouble: (strike(at, refuse(trouble)), job(folder, number)))
        )
        ground.blow(f"{errno.errorcode[trouble]} at change {at}", code)
        at += step
    return ground


def size_limited(folder: Path, times: int) -> Ground:
    """No file may grow beyond a random size."""
    ground, luck = Ground(folder), random.Random(2)
    for _ in range(times):
        number, limit = ground.number + 1, luck.randint(1000, max(SIZES.values()))
        ground.blow(
            f"no file above {limit}", end(start(lambda limit=limit, number=number: limited(folder, number, limit)))
        )
    return ground


def limited(folder: Path, number: int, limit: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    job(folder, number)


def out_of_room(folder: Path, times: int) -> Ground:
    """A disk that fills: half of the times anywhere, half within the last pages, where the journal, log and history are."""
    ground, luck = Ground(folder), random.Random(3)
    need = sum(path.stat().st_size for path in (ground.home / MONTH).rglob("*")) // 1024
    for turn in range(times):
        more = luck.randint(0, need) if turn % 2 else need + luck.randint(0, 350)
        _mount(folder, f"remount,size={_used(folder) + more}k")
        number = ground.number + 1
        code = end(start(lambda number=number: (without_check(), job(folder, number))))
        _mount(folder, "remount,size=400m")
        ground.blow(f"disk with {more} kB free", code)
    return ground


def read_only(folder: Path, times: int) -> Ground:
    """A disk that turns read-only at a random moment, as ext4 does at a fault: what was not forced to it is lost."""
    ground, luck = Ground(folder), random.Random(4)
    took = seconds(ground)
    for _ in range(times):
        number = ground.number + 1
        child = start(lambda number=number: job(folder, number))
        time.sleep(luck.uniform(0, took))
        subprocess.run(["mount", "-o", "remount,abort", str(folder)], check=True)
        code = end(child)
        ground.look(f"while read-only, exit {code}", folders.settled(ground.home, MONTH))
        subprocess.run(["umount", str(folder)], check=True)
        subprocess.run(["e2fsck", "-fy", f"{folder}.img"], check=False, capture_output=True)
        _loop(folder)
        ground.blow("read-only", code)
    return ground


def _loop(folder: Path) -> None:
    subprocess.run(["mount", "-o", "loop", f"{folder}.img", str(folder)], check=True)


def _used(folder: Path) -> int:
    """kB."""
    held = os.statvfs(folder)
    return (held.f_blocks - held.f_bfree) * held.f_frsize // 1024


def _mount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True, stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def disk(kind: str | None, folder: Path):
    """A file system of the attack's own at `folder`: tmpfs, ext4, or (None) no other than the folder's. Raises OSError."""
    image = Path(f"{folder}.img")
    try:
        if kind == "tmpfs":
            _mount(folder, "size=400m")
        if kind == "ext4":
            with image.open("wb") as file:
                file.truncate(200_000_000)
            subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True, stderr=subprocess.DEVNULL)
            _loop(folder)
        yield folder
    finally:
        if kind and os.path.ismount(folder):
            subprocess.run(["umount", str(folder)], check=True)
        image.unlink(missing_ok=True)


def can_mount() -> bool:
    """Whether this user may have file systems of its own."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return False
    try:
        for kind in ("tmpfs", "ext4"):
            with tempfile.TemporaryDirectory() as folder, disk(kind, Path(folder)):
                pass
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def together(folder: Path, times: int) -> Ground:
    """Many starts at the same moment, each of another run."""
    ground = Ground(folder)
    gate_out, gate_in = os.pipe()
    first = ground.number + 1

    def wait_and_run(number: int) -> None:
        os.close(gate_in)
        os.read(gate_out, 1)
        job(folder, number)

    children = {start(lambda number=number: wait_and_run(number)): number for number in range(first, first + times)}
    os.close(gate_in)
    codes = {number: end(child) for child, number in children.items()}
    os.close(gate_out)
    ground.seen.update({DONE: "published", BUSY: "busy"}.get(code, "broken") for code in codes.values())
    done = {number for number, code in codes.items() if code == DONE}
    ground.expect(set(codes.values()) <= {DONE, BUSY} and done, f"together: exits {Counter(codes.values())}")
    ground.expect(
        len(ground.logged()) == 1 + len(done), f"together: {len(done)} published, {len(ground.logged()) - 1} logged"
    )
    ground.expect(whole(ground.home / MONTH) in done, "together: what is published is of none that said so")
    ground.number += times
    ground.next_run("together")
    return ground


def read_meanwhile(folder: Path, times: int) -> Ground:
    """A reader who reads on and on while runs are replaced: never nothing, never a mixture."""
    ground, stop = Ground(folder), folder / "stop"

    def reader() -> None:
        while not stop.exists():
            (ground.home / MONTH / "manifest.json").read_bytes()
            folders.steady(ground.home, MONTH, whole)

    child = start(reader)
    for _ in range(times):
        ground.next_run("being read")
    stop.touch()
    ground.expect(end(child) == DONE, "the reader met a run that was away or mixed")
    ground.seen["published"] += times
    return ground


def attack(name: str, work, times: int, kind: str | None = None) -> list[str]:
    """One attack in a folder of its own; what broke, and a line of what was seen."""
    began, folder = time.monotonic(), Path(tempfile.mkdtemp(prefix="stress-"))
    try:
        with disk(kind, folder):
            ground = work(folder, times)
            kept = history.history(folder, COUNCIL)
            ground.expect(sorted(kept["run"]) == sorted(ground.logged()), f"{name}: the history differs from the log")
        seen = ", ".join(f"{count} {what}" for what, count in sorted(ground.seen.items()))
        print(f"{name}: {seen}; {len(ground.broken)} broken; {time.monotonic() - began:.0f} s", flush=True)
        return ground.broken
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main(kills: int = 200, full: int = 20, unwritable: int = 20, starts: int = 50, step: int = 1) -> list[str]:
    """Every attack; what broke."""
    broken = attack("kill -9 at random", killed, kills)
    broken += attack("kill -9 at every change from the commit on", killed_at_every_change, step)
    broken += attack("an error at every change", refused_at_every_change, step)
    broken += attack("a limit on the size of a file", size_limited, full)
    if can_mount():
        broken += attack("disk full", out_of_room, full, "tmpfs")
        broken += attack("disk read-only", read_only, unwritable, "ext4")
    else:
        print("disk full, disk read-only: this user may not mount a file system; not tried", flush=True)
    broken += attack("started together", together, starts)
    return broken + attack("read meanwhile", read_meanwhile, full)


if __name__ == "__main__":
    faults = main(*(int(word) for word in sys.argv[1:] if word.isdigit()))
    print("\n".join(faults) or "Nothing was lost, mixed or half written.", flush=True)
    sys.exit(bool(faults))
