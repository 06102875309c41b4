"""The schedules start the right command on the right days, and say what to do after each way it ends."""

import configparser
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from datetime import date, timedelta
from pathlib import Path

import pytest
from dateutil.easter import easter
from ruamel.yaml import YAML

from conftest import HOME
from forecast.case.errors import BadInput, Busy, CannotPublish
from forecast.cli.commands import main as forecast

FOLDER = HOME / "docs" / "schedules"
CRON, SERVICE, TIMER = FOLDER / "forecast.cron", FOLDER / "forecast-refresh.service", FOLDER / "forecast-refresh.timer"
TASK, WORKFLOW = FOLDER / "forecast-refresh.xml", FOLDER / "refresh.yml"
DAYS = [3, 4, 5, 6, 7]
NAMESPACE = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
POSIX = pytest.mark.skipif(os.name == "nt", reason="a shell of Linux or macOS")


# ---- the days ----


def bank_holidays(year: int) -> set[date]:
    """Of England and Wales, by rule: no one-off days."""

    def monday(month: int, last: bool) -> date:
        days = [
            day for n in range(31) if (day := date(year, month, 1) + timedelta(n)).month == month and day.weekday() == 0
        ]
        return days[-1 if last else 0]

    held = {
        easter(year) - timedelta(2),
        easter(year) + timedelta(1),
        monday(5, False),
        monday(5, True),
        monday(8, True),
    }
    for named in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        day = named
        while day.weekday() > 4 or day in held:
            day += timedelta(1)
        held.add(day)
    return held


def third_working_day(year: int, month: int) -> date:
    days = (date(year, month, 1) + timedelta(n) for n in range(20))
    return [day for day in days if day.weekday() < 5 and day not in bank_holidays(year)][2]


def test_the_bank_holidays_are_the_published_ones():
    """gov.uk, England and Wales, 2026 and 2022's substitute days."""
    assert sorted(f"{day:%m-%d}" for day in bank_holidays(2026)) == [
        "01-01",
        "04-03",
        "04-06",
        "05-04",
        "05-25",
        "08-31",
        "12-25",
        "12-28",
    ]
    assert {date(2022, 1, 3), date(2022, 12, 26), date(2022, 12, 27)} <= bank_holidays(2022)
    assert third_working_day(2026, 4) == date(2026, 4, 7) and third_working_day(2026, 12) == date(2026, 12, 3)


def test_the_third_working_day_is_among_the_days_of_every_schedule():
    found = {third_working_day(year, month).day for year in range(2024, 2100) for month in range(1, 13)}
    assert found == set(DAYS), "neither a day too few nor one that is never needed"


# ---- cron ----


def cron_line() -> tuple[list[str], str]:
    """The five fields and the command."""
    line = next(line for line in CRON.read_text(encoding="utf-8").splitlines() if re.match(r"[0-9*]", line))
    *fields, command = line.split(None, 5)
    return fields, command


def expanded(field: str, first: int, last: int) -> list[int]:
    """The values of a field of a crontab."""
    values = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        low, high = (first, last) if span == "*" else (int(span.split("-")[0]), int(span.split("-")[-1]))
        assert first <= low <= high <= last
        values |= set(range(low, high + 1, int(step or 1)))
    return sorted(values)


def test_the_crontab_starts_at_half_past_six_on_the_days():
    (minute, hour, days, months, weekdays), command = cron_line()
    assert (expanded(minute, 0, 59), expanded(hour, 0, 23), expanded(days, 1, 31)) == ([30], [6], DAYS)
    assert expanded(months, 1, 12) == list(range(1, 13)) and weekdays == "*", (
        "a day of the week beside a day of the month would be one or the other"
    )
    assert "CRON_TZ=Europe/London" in CRON.read_text(encoding="utf-8").splitlines()
    assert not re.search(r"(?<!\\)%", command), "cron ends a command at a bare %"
    assert all(re.match(r"(#|[A-Z_]+=|[0-9*])", line) for line in CRON.read_text(encoding="utf-8").splitlines())


def stub(folder: Path, code: int, weekday: int) -> dict[str, str]:
    """An environment where python3 ends with `code` and tells what it was asked, and it is `weekday`."""
    (folder / "bin").mkdir()
    for name, text in (("python3", f"echo ran $*\nexit {code}"), ("date", f"echo {weekday}")):
        path = folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8", newline="\n")
        path.chmod(0o755)
    (folder / "runs").mkdir()
    return {**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}


@POSIX
@pytest.mark.parametrize("code", [0, 1, 2, 3, 4])
def test_the_crontab_tells_someone_unless_all_is_well(tmp_path, code):
    command = cron_line()[1].replace("\\%", "%").replace("/srv/forecast", str(tmp_path))
    done = subprocess.run(["sh", "-c", command], env=stub(tmp_path, code, 5), capture_output=True, text=True)
    assert (tmp_path / "runs" / "refresh.log").read_text(
        encoding="utf-8"
    ) == "ran start.py refresh data/local/example\n"
    assert (
        (f"exit code {code}" in done.stdout) == (code != 0) and (done.stdout == "") == (code == 0) and done.stderr == ""
    )


@POSIX
@pytest.mark.parametrize("weekday", [6, 7])
def test_the_crontab_rests_at_the_weekend(tmp_path, weekday):
    command = cron_line()[1].replace("\\%", "%").replace("/srv/forecast", str(tmp_path))
    done = subprocess.run(["sh", "-c", command], env=stub(tmp_path, 1, weekday), capture_output=True, text=True)
    assert (
        done.returncode == 0 and done.stdout == done.stderr == "" and not (tmp_path / "runs" / "refresh.log").exists()
    )


# ---- systemd ----


def unit(path: Path) -> configparser.ConfigParser:
    held = configparser.ConfigParser(interpolation=None, strict=True)
    held.optionxform = str
    held.read_string(path.read_text(encoding="utf-8"))
    return held


def test_the_service_runs_once_and_leaves_2_and_4_to_a_person():
    service = unit(SERVICE)["Service"]
    assert (
        service["Type"] == "oneshot"
        and service["Restart"] == "on-failure"
        and service["RestartPreventExitStatus"].split() == ["2", "4"]
    )
    assert (
        service["ExecStart"] == "/usr/bin/python3 start.py refresh data/local/example"
        and "SuccessExitStatus" not in service
    )
    assert unit(TIMER)["Timer"]["Unit"] == SERVICE.name and unit(TIMER)["Timer"]["Persistent"] == "true"


def test_the_timer_is_for_weekdays_among_the_days():
    assert unit(TIMER)["Timer"]["OnCalendar"] == "Mon..Fri *-*-03..07 06:30:00 Europe/London"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_takes_the_units():
    done = subprocess.run(["systemd-analyze", "verify", str(SERVICE), str(TIMER)], capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    told = subprocess.run(
        [
            "systemd-analyze",
            "calendar",
            "--base-time=2027-03-01 00:00:00 UTC",
            "--iterations=10",
            unit(TIMER)["Timer"]["OnCalendar"],
        ],
        capture_output=True,
        text=True,
        env={**os.environ, "TZ": "UTC"},
    )
    found = re.findall(r"(20\d\d-\d\d-\d\d) (\d\d:\d\d):00 UTC", told.stdout)
    march, april = (
        [(f"2027-03-0{day}", "06:30") for day in (3, 4, 5)],
        [(f"2027-04-0{day}", "05:30") for day in (5, 6, 7)],
    )
    assert [row for row in found if row[0] < "2027-05"] == march + april, (
        "the 6th and 7th of March are a weekend; in April UK time is an hour ahead"
    )


# ---- Windows ----


def test_the_task_is_as_task_scheduler_wants_it():
    text = TASK.read_text(encoding="utf-8")
    assert text.startswith("<Task ") and text.isascii(), (
        "with a declaration of another encoding than its own, Task Scheduler refuses the file"
    )
    task = ET.fromstring(text)
    assert task.tag == f"{NAMESPACE}Task" and {element.tag.split("}")[0] + "}" for element in task.iter()} == {
        NAMESPACE
    }
    assert [child.tag.removeprefix(NAMESPACE) for child in task] == [
        "RegistrationInfo",
        "Triggers",
        "Principals",
        "Settings",
        "Actions",
    ]
    trigger = task.find(f"{NAMESPACE}Triggers/{NAMESPACE}CalendarTrigger")
    assert [child.tag.removeprefix(NAMESPACE) for child in trigger] == [
        "StartBoundary",
        "Enabled",
        "ScheduleByMonth",
    ], "in the order of the schema"
    assert trigger.findtext(f"{NAMESPACE}StartBoundary")[11:] == "06:30:00", (
        "without a zone: the machine's own time, summer and winter"
    )
    assert [int(day.text) for day in trigger.iter(f"{NAMESPACE}Day")] == DAYS
    assert len(list(trigger.find(f"{NAMESPACE}ScheduleByMonth/{NAMESPACE}Months"))) == 12


def test_the_task_runs_the_command_one_at_a_time():
    task = ET.fromstring(TASK.read_text(encoding="utf-8"))
    held = {element.tag.removeprefix(NAMESPACE): element.text for element in task.iter()}
    assert (
        held["Command"] == "cmd.exe"
        and held["Arguments"] == r'/c "py start.py refresh data\local\example >> runs\refresh.log 2>&1"'
    )
    assert (
        held["MultipleInstancesPolicy"] == "IgnoreNew"
        and held["StartWhenAvailable"] == "true"
        and "RestartOnFailure" not in held
    )


# ---- GitHub Actions ----


def workflow() -> dict:
    return YAML(typ="safe").load(WORKFLOW.read_text(encoding="utf-8"))


def test_the_workflow_stays_inside_the_council():
    held = workflow()
    job = held["jobs"]["refresh"]
    assert (
        job["runs-on"][0] == "self-hosted"
        and held["permissions"] == {}
        and held["concurrency"]["cancel-in-progress"] is False
    )
    assert not any("uses" in step for step in job["steps"]), "nothing of anyone else's is run, nothing is uploaded"
    schedule = held["on"]["schedule"][0]
    assert (
        schedule["cron"].split()[:2] == ["30", "6"]
        and expanded(schedule["cron"].split()[2], 1, 31) == DAYS
        and schedule["timezone"] == "Europe/London"
    )


@POSIX
@pytest.mark.skipif(not shutil.which("bash"), reason="no bash here")
@pytest.mark.parametrize(
    ("code", "ends", "words"), [(0, 0, ""), (1, 1, ""), (2, 2, ""), (3, 0, "::notice::"), (4, 0, "::warning::")]
)
def test_the_workflow_answers_each_exit_code(tmp_path, code, ends, words):
    script = workflow()["jobs"]["refresh"]["steps"][0]["run"]
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=stub(tmp_path, code, 5) | {"GITHUB_EVENT_NAME": "schedule"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == ends and words in done.stdout and ("::" in done.stdout) == bool(words)
    assert "ran start.py refresh data/local/example" in done.stdout


@POSIX
@pytest.mark.skipif(not shutil.which("bash"), reason="no bash here")
@pytest.mark.parametrize(("event", "runs"), [("schedule", False), ("workflow_dispatch", True)])
def test_the_workflow_rests_at_the_weekend_unless_asked(tmp_path, event, runs):
    script = workflow()["jobs"]["refresh"]["steps"][0]["run"]
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=stub(tmp_path, 0, 6) | {"GITHUB_EVENT_NAME": event},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and ("ran" in done.stdout) == runs


# ---- the pages ----


def test_every_command_named_is_one_that_there_is():
    named = {
        word
        for path in FOLDER.iterdir()
        for word in re.findall(r"start\.py ([a-z]+)", path.read_text(encoding="utf-8"))
    }
    assert "refresh" in named and named <= set(forecast.commands)


def test_the_exit_codes_are_the_errors_own():
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    codes = [int(code) for code in re.findall(r"^\| (\d) \|", page, re.MULTILINE)]
    assert codes == [0, 1, 2, 3, 4]
    assert (CannotPublish.exit_code, BadInput.exit_code, Busy.exit_code) == (1, 2, 3)
    assert "disk full" in page and "another run is under way" in page


def test_every_file_is_on_its_page_and_every_link_leads_somewhere():
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(f"({path.name})" in page for path in FOLDER.iterdir() if path.name != "README.md")
    for path in FOLDER.glob("*.md"):
        for link in re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8")):
            assert (FOLDER / link).is_file(), f"{path.name}: {link}"


def test_the_lines_end_plainly():
    assert all(b"\r" not in path.read_bytes() and path.read_bytes().endswith(b"\n") for path in FOLDER.iterdir())
