"""No console and no disk stops a tick: ASCII, full, closed, or a log that cannot be written."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.jobs.installation import Installation

JOBS = "tests.jobs.contract_jobs"

posix = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")

ASCII = {"PYTHONIOENCODING": "ascii", "LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0"}


@pytest.fixture
def office(tmp_path: Path) -> Installation:
    return Installation(tmp_path, f"{JOBS}.Returns_not_ascii", f"{JOBS}.Returns_text")


def assert_it_ran(office: Installation) -> None:
    assert [bool(log["is_success"]) for log in office.logs("returns_text")] == [True]
    assert office.logs("returns_not_ascii")[0]["message"] == "发送了 3 封邮件 ✔\n"


def test_an_ascii_console_stops_no_tick(office: Installation) -> None:
    result = office.manage("runcrons", environment=ASCII)
    assert "[\\u2714] returns_text" in result.stdout
    assert_it_ran(office)


def test_an_ascii_console_stops_no_run_by_hand(office: Installation) -> None:
    result = office.manage("run_cron_jobs", environment=ASCII)
    assert "\\u53d1\\u9001" in result.stdout
    assert_it_ran(office)


@pytest.mark.parametrize("command", ["runcrons", "run_cron_jobs"])
def test_what_went_well_is_said_once_and_in_the_log_file(office: Installation, command: str) -> None:
    """A crontab mails whatever stands on stderr."""
    result = office.manage(command)
    assert result.stdout.count("returns_text") == 1
    assert result.stderr == ""
    (file,) = (office.data / "logs").iterdir()
    assert "returns_text: run " in file.read_text(encoding="utf-8")


@posix
@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
def test_a_full_console_stops_no_tick(office: Installation, unbuffered: str) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        environment = {"PYTHONUNBUFFERED": unbuffered}
        office.manage("runcrons", check=False, stdout=full, stderr=full, environment=environment)
    assert_it_ran(office)


@posix
def test_a_closed_console_stops_no_tick(office: Installation) -> None:
    command = f"exec '{sys.executable}' manage.py runcrons no_such.Job {JOBS}.Returns_not_ascii {JOBS}.Returns_text"
    result = subprocess.run(
        ["sh", "-c", f"{command} >&- 2>&- <&-"], cwd=ROOT, env=office.environment, timeout=60, check=False
    )
    assert result.returncode == 1  # for the name that there is not
    assert_it_ran(office)


@posix
def test_a_full_disk_under_the_log_stops_no_tick(office: Installation) -> None:
    logs = office.data / "logs"
    logs.mkdir()
    (logs / f"{date.today().isoformat()}.log").symlink_to("/dev/full")
    office.manage("runcrons", environment={"LOG_LEVEL": "DEBUG"})
    assert_it_ran(office)


def test_a_log_folder_that_cannot_be_written_stops_no_tick(office: Installation) -> None:
    (office.data / "logs").write_text("a file where the folder should be")
    office.manage("runcrons", environment={"LOG_LEVEL": "DEBUG"})
    assert_it_ran(office)


def test_djangos_log_is_in_a_file_as_well_as_on_the_console(tmp_path: Path) -> None:
    office = Installation(
        tmp_path, f"{JOBS}.Raises", JOBS_EXECUTOR="inline", DJANGO_CRON_OUTPUT_ERRORS="1", LOG_LEVEL="DEBUG"
    )
    result = office.manage("runcrons")
    (file,) = (office.data / "logs").iterdir()
    for text in (result.stderr, file.read_text(encoding="utf-8")):
        assert "raises cronjob error" in text
