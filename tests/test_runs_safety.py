"""Publishing is one step: one at a time, whole or not at all, resumed after any end, and nothing to do when nothing changed."""

import errno
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from forecast.case.errors import BadInput, Busy, CannotPublish
from forecast.runs import folders
from forecast.sources import files

MONTH = "2026-11"
AT = "2026-12-03T06:30:00+00:00"
TESTS = Path(__file__).resolve().parent
EXCHANGE = [pytest.param(True, id="one step"), pytest.param(False, id="two renames")]


def publish(folder: Path, text: str, at: str = AT, record=None) -> Path:
    """A run of two files and a manifest."""
    with folders.publishing(folder, "example", MONTH, at, record) as staging:
        files.write_text(staging / "answer.txt", text)
        files.write_text(staging / "tables" / "a.csv", f"a\n{text}\n" * 3)
        files.write_json(staging / "manifest.json", folders.manifest(staging, {}, 100, 1))
    return folder / "example" / MONTH


def said(folder: Path) -> str:
    """What a whole run of two files says. Fails on anything else."""
    text = (folder / "answer.txt").read_text(encoding="utf-8").strip()
    assert (folder / "tables" / "a.csv").read_text(encoding="utf-8") == f"a\n{text}\n" * 3
    assert sorted(path.name for path in folder.rglob("*")) == ["a.csv", "answer.txt", "manifest.json", "tables"]
    return text


def left_over(home: Path) -> set[str]:
    """Working files and folders other than the locks, which stay."""
    return {path.name for path in home.iterdir() if path.name.startswith(".") and not path.name.endswith(".lock")}


@pytest.fixture(params=EXCHANGE)
def swapping(request, monkeypatch):
    """With the exchange of folders, where this system has it, and without."""
    if not request.param:
        monkeypatch.setattr(folders, "_exchanged", lambda one, other: False)
    return request.param


# ---- one at a time ----


def test_a_second_start_says_who_is_at_it_and_since_when(tmp_path):
    with folders.publishing(tmp_path, "example", MONTH) as staging:
        (staging / "a").touch()
        with (
            pytest.raises(Busy, match=rf"process {os.getpid()} on .+, since \d\d:\d\d on \d+ [A-Z][a-z]+ \d{{4}}"),
            folders.publishing(tmp_path, "example", MONTH),
        ):
            pass
    assert Busy.exit_code == 3 and issubclass(Busy, BadInput)
    assert left_over(tmp_path / "example") == set()


def test_another_month_is_not_in_the_way(tmp_path):
    with (
        folders.publishing(tmp_path, "example", MONTH) as one,
        folders.publishing(tmp_path, "example", "2026-12") as other,
    ):
        (one / "a").touch(), (other / "b").touch()
    assert (tmp_path / "example" / MONTH / "a").exists() and (tmp_path / "example" / "2026-12" / "b").exists()


def test_a_note_of_a_holder_who_died_stops_no_one(tmp_path):
    home = tmp_path / "example"
    home.mkdir()
    (home / f".{MONTH}.holder").write_text('{"process": 1, "host": "gone"}', encoding="utf-8")
    (home / f".{MONTH}.lock").touch()
    assert said(publish(tmp_path, "first")) == "first"


def test_the_lock_of_a_killed_process_is_free_at_once(tmp_path):
    work = (
        "import sys, time; from pathlib import Path; from forecast.runs import folders\n"
        f"with folders.publishing(Path(sys.argv[1]), 'example', '{MONTH}') as staging:\n"
        "    (staging / 'half').write_text('half'); print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", work, str(tmp_path)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline().strip() == "held"
        with pytest.raises(Busy, match=f"process {child.pid} "):
            publish(tmp_path, "too early")
        child.kill()
        child.wait()
    assert said(publish(tmp_path, "after")) == "after"
    assert left_over(tmp_path / "example") == set()


# ---- interrupted at any point ----


class Killed(BaseException):
    """Stands for the end of the process: nothing after it is run that a kill would not run."""


def interrupted(folder: Path, text: str, monkeypatch, where: str) -> None:
    """A run whose process ends as `where` is called, leaving the files as they are."""

    def end(*args, **kwargs):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(folders, where, end)
        publish(folder, text)


def test_after_the_commit_a_killed_run_is_published_by_whoever_looks(tmp_path, monkeypatch, swapping):
    final = publish(tmp_path, "old")
    interrupted(tmp_path, "new", monkeypatch, "_swap")
    home = tmp_path / "example"
    assert said(final) == "old" and f".{MONTH}.journal" in left_over(home)
    assert said(folders.settled(home, MONTH)) == "new" and said(final) == "new"
    assert left_over(home) == set()
    assert [(line.what, line.at) for line in folders.read_log(home)] == [("published", AT)] * 2


def test_before_the_commit_a_killed_run_is_forgotten(tmp_path, monkeypatch):
    final = publish(tmp_path, "old")
    interrupted(tmp_path, "new", monkeypatch, "sync")
    assert said(final) == "old" and said(folders.settled(tmp_path / "example", MONTH)) == "old"
    assert said(publish(tmp_path, "next")) == "next"


def window(tmp_path, monkeypatch) -> Path:
    """The instant between the two renames: no plain folder, both runs whole beside it."""
    final = publish(tmp_path, "old")
    interrupted(tmp_path, "new", monkeypatch, "_swap")
    final.rename(final.with_name(f".{MONTH}.previous"))
    return final


def test_a_reader_finishes_a_swap_that_was_cut_in_two(tmp_path, monkeypatch):
    final = window(tmp_path, monkeypatch)
    assert (
        said(folders.settled(final.parent, MONTH)) == "new"
        and said(final) == "new"
        and left_over(final.parent) == set()
    )


def test_a_reader_without_the_right_to_write_reads_a_whole_run(tmp_path, monkeypatch):
    final = window(tmp_path, monkeypatch)

    def refuse(places):
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(folders, "_lock", refuse)
    monkeypatch.setattr(folders, "SWAP_WAIT", 0.0)
    assert said(folders.settled(final.parent, MONTH)) == "new" and not final.exists()


def test_the_next_start_finishes_a_swap_that_was_cut_in_two(tmp_path, monkeypatch):
    final, seen = window(tmp_path, monkeypatch), []
    publish(tmp_path, "next", record=lambda home, folder: seen.append(said(folder)))
    assert seen == ["new", "next"] and said(final) == "next"


def test_a_swap_that_fails_half_way_is_taken_back_and_done_by_the_next_start(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "_exchanged", lambda one, other: False)
    final, rename = publish(tmp_path, "old"), folders._rename

    def held_open(one, other):
        if one.name.endswith(".staging"):
            raise PermissionError(errno.EACCES, "in use", str(one))
        rename(one, other)

    with (
        monkeypatch.context() as patch,
        pytest.raises(CannotPublish, match="new run is complete and the next start finishes publishing it"),
    ):
        patch.setattr(folders, "_rename", held_open)
        publish(tmp_path, "new")
    assert said(final) == "old"
    seen = []
    publish(tmp_path, "next", record=lambda home, folder: seen.append(said(folder)))
    assert seen == ["new", "next"]


def test_an_error_right_after_the_commit_loses_nothing(tmp_path, monkeypatch):
    final, force = publish(tmp_path, "old"), files.sync_folder

    def fail(folder):
        if (tmp_path / "example" / f".{MONTH}.journal").exists():
            raise OSError(errno.EIO, "fault")
        force(folder)

    with (
        monkeypatch.context() as patch,
        pytest.raises(CannotPublish, match="new run is complete and the next start finishes publishing it"),
    ):
        patch.setattr(files, "sync_folder", fail)
        publish(tmp_path, "new")
    assert said(final) == "old" and said(folders.settled(final.parent, MONTH)) == "new"


def test_a_run_left_aside_without_a_journal_comes_back(tmp_path):
    final = publish(tmp_path, "old")
    final.rename(final.with_name(f".{MONTH}.previous"))
    assert said(folders.settled(final.parent, MONTH)) == "old" and said(final) == "old"


def test_a_damaged_run_is_replaced_by_the_same_run(tmp_path, swapping):
    final = publish(tmp_path, "same")
    (final / "answer.txt").unlink()
    assert said(publish(tmp_path, "same")) == "same"


def test_what_a_person_added_does_not_stop_the_next_run(tmp_path, monkeypatch, swapping):
    final = publish(tmp_path, "old")
    interrupted(tmp_path, "new", monkeypatch, "_swap")
    (final / "desktop.ini").touch()
    assert said(publish(tmp_path, "next")) == "next"


def test_every_file_is_on_disk_before_the_commit(tmp_path, monkeypatch):
    forced, commit = set(), []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (forced.add(os.fstat(handle).st_ino), fsync(handle)))
    monkeypatch.setattr(
        os, "replace", lambda part, path: (commit.append((str(path), set(forced))), replace(part, path))
    )
    final = publish(tmp_path, "new")
    name, before = next((name, before) for name, before in commit if name.endswith(".journal"))
    wanted = {path.stat().st_ino for path in final.rglob("*") if path.is_file() or os.name != "nt"}
    assert wanted <= before, name


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the attacks need fork: Linux and macOS")
def test_under_attack_nothing_is_lost_mixed_or_half_written():
    """A small count of each attack of stress.py; the script at its full count is for a change of folders.py."""
    done = subprocess.run(
        [sys.executable, str(TESTS / "stress.py"), "4", "2", "2", "12", "9", "few"],
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    seen = {line.split(":")[0]: line for line in done.stdout.splitlines()}
    assert "4 killed" in seen["kill -9 at random"] and re.search(
        r"\d+ killed", seen["kill -9 at every change from the commit on"]
    )
    assert "refused" in seen["a limit on the size of a file"] and re.search(r"\d+ busy", seen["started together"])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the attacks need fork: Linux and macOS")
def test_the_attacks_find_the_instant_between_two_renames(tmp_path):
    """Judged as if the folder could never be away, publishing by two renames must be caught."""
    code = f"""
import sys
sys.path.insert(0, {str(TESTS)!r})
sys.argv.append("few")
import stress
from pathlib import Path
folder = Path(sys.argv[1])
ground = stress.Ground(folder)
for at in range(1, 9):
    number = ground.number + 1
    ground.blow("kill -9", stress.end(stress.start(lambda: stress.struck(folder, number, at, stress.kill_myself, True))))
print("\\n".join(ground.broken))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, encoding="utf-8", timeout=120
    )
    found = done.stdout.splitlines()
    assert done.returncode == 0 and 1 <= len(found) <= 2 and all("No such file" in line for line in found), (
        done.stdout + done.stderr
    )[-2000:]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the attacks need fork: Linux and macOS")
@pytest.mark.parametrize("harm", ["a file of another run", "half a file", "a file lost", "a file left over"])
def test_the_judge_of_the_attacks_sees_every_harm(tmp_path, harm):
    code = f"""
import sys
sys.path.insert(0, {str(TESTS)!r})
sys.argv.append("few")
import stress
from pathlib import Path
folder = Path(sys.argv[1])
stress.job(folder, 5)
final = folder / stress.COUNCIL / stress.MONTH
assert stress.whole(final) == 5
name = list(stress.SIZES)[-1]
if sys.argv[2] == "a file of another run":
    (final / name).write_bytes(stress.content(name, 6, stress.SIZES[name]))
elif sys.argv[2] == "half a file":
    (final / name).write_bytes((final / name).read_bytes()[:-1])
elif sys.argv[2] == "a file lost":
    (final / name).unlink()
else:
    (final / "old.csv").touch()
stress.whole(final)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), harm], capture_output=True, text=True, encoding="utf-8"
    )
    assert (
        done.returncode == 1
        and done.stderr.count("AssertionError") == 1
        and ("left over" in done.stderr or "manifest says" in done.stderr)
    )


# ---- a machine that refuses ----


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "example is on a disk that is full.+Make room"),
        (errno.EDQUOT, "your share of it"),
        (errno.EROFS, "read-only now.+--runs"),
        (errno.EIO, "reports a fault"),
        (errno.EACCES, "a.csv may not be written"),
    ],
)
@pytest.mark.parametrize("where", ["body", "sync", "_commit"])
def test_a_refusal_is_said_plainly_and_the_last_run_stands(tmp_path, monkeypatch, number, words, where):
    final = publish(tmp_path, "old")
    trouble = OSError(number, os.strerror(number), str(final / "tables" / "a.csv"))

    def refuse(*args):
        raise trouble

    place, name = (files, "write_text") if where == "body" else (folders, where)
    monkeypatch.setattr(place, name, refuse)
    with pytest.raises(CannotPublish, match=f"(?s){words}") as caught:
        publish(tmp_path, "new")
    assert "What was published before stands as it was." in str(caught.value) and "Traceback" not in str(caught.value)
    assert str(tmp_path.parent) not in str(caught.value), "the message names someone's folder"
    assert said(final) == "old" and left_over(final.parent) <= {f".{MONTH}.holder"}
    assert CannotPublish.exit_code == 1


def test_an_error_of_another_kind_stays_what_it_is(tmp_path):
    with pytest.raises(FileNotFoundError), folders.publishing(tmp_path, "example", MONTH):
        (tmp_path / "nothing.csv").read_text(encoding="utf-8")
    with pytest.raises(PermissionError), folders.publishing(tmp_path / "runs", "example", MONTH):
        raise PermissionError(errno.EACCES, "an input", str(tmp_path.parent / "input.csv"))


def test_a_full_disk_is_named_whatever_the_library_says(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    with pytest.raises(CannotPublish, match="disk that is full"), folders.publishing(tmp_path, "example", MONTH):
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=10_000))
        raise RuntimeError("encoder error -2")


def test_too_little_room_is_said_before_the_work(tmp_path, monkeypatch):
    final, usage = publish(tmp_path, "old"), shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=49_000_000))
    with pytest.raises(CannotPublish, match="example has 49 MB free, and a run needs 50 MB"):
        publish(tmp_path, "new")
    assert said(final) == "old"
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=50_000_000))
    assert said(publish(tmp_path, "new")) == "new"


def test_twice_the_last_run_must_be_free(tmp_path, monkeypatch):
    final, usage = publish(tmp_path, "old"), shutil.disk_usage(tmp_path)
    with (final / "big").open("wb") as file:
        file.truncate(40_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=79_000_000))
    with pytest.raises(CannotPublish, match="79 MB free, and a run needs 80 MB"):
        publish(tmp_path, "new")


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "example").write_text("not a folder", encoding="utf-8")
    with pytest.raises(CannotPublish, match="example is in the way: a file where a folder should be"):
        publish(tmp_path, "new")


def test_a_history_that_cannot_be_written_leaves_the_run_published(tmp_path):
    def full(home, folder):
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(CannotPublish, match="is published, but its figures could not be added to the history"):
        publish(tmp_path, "new", record=full)
    assert said(tmp_path / "example" / MONTH) == "new" and left_over(tmp_path / "example") == set()


def test_write_whole_leaves_the_old_file_or_the_new(tmp_path, monkeypatch):
    path = tmp_path / "a"
    files.write_whole(path, b"old")

    def full(handle):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="full"):
        files.write_whole(path, b"new")
    assert path.read_bytes() == b"old" and [file.name for file in tmp_path.iterdir()] == ["a"]


# ---- reading meanwhile ----


def test_a_run_that_is_replaced_while_it_is_read_is_read_again(tmp_path):
    home, turns = publish(tmp_path, "old").parent, []

    def read(folder: Path) -> tuple[str, str]:
        first = (folder / "answer.txt").read_text(encoding="utf-8")
        if not turns:
            turns.append(publish(tmp_path, "new"))
        return first, (folder / "tables" / "a.csv").read_text(encoding="utf-8")

    assert folders.steady(home, MONTH, read) == ("new\n", "a\nnew\n" * 3)


def test_an_error_in_reading_a_run_that_stays_is_told(tmp_path):
    home = publish(tmp_path, "old").parent
    with pytest.raises(FileNotFoundError):
        folders.steady(home, MONTH, lambda folder: (folder / "nothing").read_text(encoding="utf-8"))


# ---- nothing to do ----


@pytest.fixture
def made(tmp_path):
    """A published run, what it was made from, and how to ask whether the same would be made again."""
    inputs = {"params/a.yaml": tmp_path / "a.yaml", "data/b.csv": tmp_path / "b.csv"}
    for name, path in inputs.items():
        path.write_text(name, encoding="utf-8")
    with folders.publishing(tmp_path / "runs", "example", MONTH) as staging:
        files.write_text(staging / "answer.txt", "made")
        files.write_json(
            staging / "manifest.json", folders.manifest(staging, inputs, 100, 7, {"scenarios": ["central"]})
        )
    folder = tmp_path / "runs" / "example" / MONTH
    return (
        folder,
        inputs,
        lambda **changes: folders.same_inputs(
            folder, **{"inputs": inputs, "draws": 100, "seed": 7, "settings": {"scenarios": ["central"]}} | changes
        ),
    )


def test_the_same_inputs_are_nothing_to_do(made):
    folder, _, same = made
    assert same()
    (folder / "a person's note.txt").touch()
    assert same(), "what a person added is no reason to run again"


@pytest.mark.parametrize(
    "changes", [{"draws": 101}, {"seed": 8}, {"settings": {"scenarios": ["central", "other"]}}, {"settings": None}]
)
def test_other_settings_are_something_to_do(made, changes):
    assert not made[2](**changes)


@pytest.mark.parametrize(
    "change", ["input", "new input", "fewer inputs", "output", "lost output", "manifest", "code", "version"]
)
def test_any_change_is_something_to_do(made, change, monkeypatch, tmp_path):
    folder, inputs, same = made
    changes = {}
    if change == "input":
        inputs["data/b.csv"].write_text("data/B.csv", encoding="utf-8")
    elif change == "new input":
        changes = {"inputs": inputs | {"data/c.csv": inputs["data/b.csv"]}}
    elif change == "fewer inputs":
        changes = {"inputs": {"params/a.yaml": inputs["params/a.yaml"]}}
    elif change == "output":
        (folder / "answer.txt").write_text("maDe\n", encoding="utf-8")
    elif change == "lost output":
        (folder / "answer.txt").unlink()
    elif change == "manifest":
        (folder / "manifest.json").write_text("{", encoding="utf-8")
    elif change == "code":
        monkeypatch.setattr(folders, "code_fingerprint", lambda: "other")
    else:
        monkeypatch.setattr(folders, "__version__", "9.9.9")
    assert not same(**changes)


def test_no_run_yet_is_something_to_do(tmp_path):
    assert not folders.same_inputs(tmp_path / "none", {}, 100, 7)


def test_the_manifest_holds_no_time(tmp_path):
    first = publish(tmp_path / "one", "same", "2026-12-03T06:30:00+00:00")
    second = publish(tmp_path / "two", "same", "2027-01-05T09:00:00+01:00")
    assert (first / "manifest.json").read_bytes() == (second / "manifest.json").read_bytes()
    assert (
        folders.run_id(first)
        == folders.run_id(second)
        == f"{MONTH}-{hashlib.sha256((first / 'manifest.json').read_bytes()).hexdigest()[:10]}"
    )


def test_the_code_is_also_its_pages(tmp_path, monkeypatch):
    """A changed page or style makes another report, so it is another code; what Python leaves behind is not."""
    package = tmp_path / "forecast"
    (package / "report" / "__pycache__").mkdir(parents=True)
    (package / "runs.py").write_bytes(b"a = 1\n")
    (package / "report" / "page.html").write_bytes(b"<p>")
    monkeypatch.setattr(folders, "__file__", str(package / "runs.py"))
    before = folders.code_fingerprint()
    (package / "report" / "__pycache__" / "x.nbi").write_bytes(b"compiled")
    (package / "runs.py").write_bytes(b"a = 1\r\n")
    assert folders.code_fingerprint() == before
    (package / "report" / "page.html").write_bytes(b"<P>")
    assert folders.code_fingerprint() != before


def test_the_tree_hash_is_of_names_and_bytes(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "2").write_bytes(b"two")
    (tmp_path / "a1").write_bytes(b"one")
    one, two = (hashlib.sha256(text).hexdigest() for text in (b"one", b"two"))
    assert folders.tree_hash(tmp_path) == hashlib.sha256(json.dumps({"a1": one, "b/2": two}).encode()).hexdigest()
    (tmp_path / "a1").rename(tmp_path / "a2")
    assert folders.tree_hash(tmp_path) != hashlib.sha256(json.dumps({"a1": one, "b/2": two}).encode()).hexdigest()
    assert folders.tree_hash(tmp_path / "none") is None


# ---- the log ----


def test_the_log_says_what_was_published_and_when(tmp_path):
    final = publish(tmp_path, "first")
    first = folders.run_id(final)
    publish(tmp_path, "second", "2026-12-04T06:30:00+00:00")
    publish(tmp_path, "first", "2026-12-05T06:30:00+00:00")
    held = [(line.at, line.what, line.month, line.run) for line in folders.read_log(tmp_path / "example")]
    assert [row[0][8:10] for row in held] == ["03", "04", "05"] and {row[1:3] for row in held} == {("published", MONTH)}
    assert held[0][3] == held[2][3] == first != held[1][3]


def test_a_line_is_logged_once_and_a_persons_line_is_kept(tmp_path):
    line = folders.Logged(AT, "published", MONTH, "run", "a\tnote\nin two lines")
    folders.log(tmp_path, line)
    folders.log(tmp_path, line)
    with (tmp_path / "runs.log").open("a", encoding="utf-8") as file:
        file.write("checked by finance")
    folders.log(tmp_path, folders.Logged("", "deleted", MONTH, "run", ""))
    text = (tmp_path / "runs.log").read_text(encoding="utf-8")
    assert (
        text == f"{AT}\tpublished\t{MONTH}\trun\ta note in two lines\nchecked by finance\n\tdeleted\t{MONTH}\trun\t\n"
    )
    assert [held.what for held in folders.read_log(tmp_path)] == ["published", "deleted"]


# ---- deleting ----


def test_a_run_is_deleted_only_if_it_is_the_one_that_was_meant(tmp_path):
    final = publish(tmp_path, "first")
    with pytest.raises(BadInput, match="is not the run other any more"):
        folders.remove(tmp_path, "example", MONTH, "other")
    assert said(final) == "first"
    run = folders.run_id(final)
    folders.remove(tmp_path, "example", MONTH, run, AT)
    assert not final.exists() and left_over(final.parent) == set()
    assert folders.read_log(final.parent)[-1] == folders.Logged(AT, "deleted", MONTH, run, "")


def test_a_deletion_that_was_interrupted_is_finished(tmp_path):
    final = publish(tmp_path, "first")
    final.rename(final.with_name(f".{MONTH}.going"))
    folders.sweep(tmp_path, "example")
    assert left_over(final.parent) == set() and not final.exists()


@pytest.mark.skipif(os.name == "nt", reason="signals of Linux and macOS")
def test_a_polite_end_is_like_a_kill(tmp_path):
    """SIGTERM, as a scheduler sends it after its time limit: nothing to clear up by hand."""
    final = publish(tmp_path, "old")
    work = (
        "import sys, time; from pathlib import Path; from forecast.runs import folders\n"
        f"with folders.publishing(Path(sys.argv[1]), 'example', '{MONTH}') as staging: print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", work, str(tmp_path)], stdout=subprocess.PIPE, text=True) as child:
        child.stdout.readline()
        child.send_signal(signal.SIGTERM)
    assert said(final) == "old" and said(publish(tmp_path, "new")) == "new"
