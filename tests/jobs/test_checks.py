"""``manage.py check`` names what is wrong, as a warning with a stable ID, and what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from backoffice.bootstrap import known_time_zone
from backoffice.jobs.executors.base import EXECUTORS
from tests.jobs.installation import Installation
from tests.jobs.listing import Listing

SUCCEEDS = "tests.jobs.contract_jobs.Succeeds"


def test_check_names_each_trouble_and_the_others_run(tmp_path: Path) -> None:
    office = Installation(tmp_path, "no_such_module.Job", "pathlib.Path", "Nonsense", SUCCEEDS, TIME_ZONE="Mars/Phobos")
    found = office.manage("check").stderr
    for line in (
        "no_such_module.Job: (jobs.W001) no_such_module.Job cannot be imported: ModuleNotFoundError:",
        "pathlib.Path: (jobs.W002) pathlib.Path is not a subclass of CronJobBase.",
        "Nonsense: (jobs.W001) Nonsense cannot be imported: ImportError:",
        "?: (jobs.W009) TIME_ZONE 'Mars/Phobos' is not a known time zone",
    ):
        assert line in found
    assert "WARNINGS" in found
    assert "ERRORS" not in found

    tick = office.manage("runcrons", check=False)
    assert tick.returncode == 1
    assert "[✔] succeeds" in tick.stdout
    for stream in (tick.stdout, tick.stderr):
        assert all(name in stream for name in ("no_such_module.Job", "pathlib.Path", "Nonsense"))
    assert [bool(log["is_success"]) for log in office.logs("succeeds")] == [True]
    problems = {row["code"] for row in office.rows("SELECT code FROM jobs_job WHERE problem <> ''")}
    assert problems == {"no_such_module.Job", "pathlib.Path", "Nonsense"}


def test_two_jobs_without_a_comma_between_are_told_to_have_one(settings: Settings, db: None) -> None:
    settings.CRON_CLASSES = [f"{SUCCEEDS} {SUCCEEDS}"]
    [found] = [message for message in run_checks() if message.id == "jobs.W001"]
    assert "Separate them with commas" in found.msg


@pytest.mark.parametrize("name", ["Mars/Phobos", "", "../../etc/passwd", "Europe", "/etc", "utc+8", "a\0b"])
def test_an_unknown_time_zone_is_read_as_utc_and_named(name: str) -> None:
    zone, problem = known_time_zone(name)
    assert zone == "UTC"
    assert problem.startswith(f"TIME_ZONE {name!r} is not a known time zone")


@pytest.mark.parametrize("name", ["UTC", "Asia/Shanghai", "Europe/Berlin"])
def test_a_known_time_zone_has_no_problem(name: str) -> None:
    assert known_time_zone(name) == (name, "")


def test_an_unknown_executor_is_named_and_runs_nothing(tmp_path: Path) -> None:
    office = Installation(tmp_path, SUCCEEDS, JOBS_EXECUTOR="threads")
    assert "(jobs.W008) JOBS_EXECUTOR is 'threads'" in office.manage("check").stderr
    for command in ("runcrons", "run_cron_jobs", "cronloop"):
        result = office.manage(command, check=False)
        assert result.returncode == 1
        assert "JOBS_EXECUTOR is 'threads'" in result.stderr
        assert "Traceback" not in result.stderr
    assert office.runs("succeeds") == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(EXECUTORS))
def test_nothing_is_said_where_nothing_is_wrong(name: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = Listing(settings, monkeypatch)
    jobs.add("good", run_every_mins=5, run_on_days=[0], retry_after_failure_mins=1)
    jobs.add("better", run_at_times=["8:05", "23:59"], run_monthly_on_days=[31])
    settings.JOBS_EXECUTOR = name
    assert [message for message in run_checks() if str(message.id).startswith("jobs.")] == []
