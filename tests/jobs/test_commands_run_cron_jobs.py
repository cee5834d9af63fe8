"""``run_cron_jobs``: everything now, or one job; says what each did, and fails if one of them did."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django_cron.models import CronJobLog
from pytest_django import Settings

from backoffice.jobs import registry
from backoffice.jobs.executors.base import EXECUTORS
from backoffice.jobs.models import Job, Run, RunStatus, RunTrigger
from backoffice.management.commands import run_cron_jobs
from tests.jobs.installation import Installation
from tests.jobs.listing import Listing, at

pytestmark = pytest.mark.django_db

JOBS = "tests.jobs.contract_jobs"

NOW = at("2026-03-02 08:00")


@pytest.fixture
def jobs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Listing:
    return Listing(settings, monkeypatch)


def run(**options: str) -> tuple[str, str]:
    """What it writes on stdout and on stderr."""
    out, err = StringIO(), StringIO()
    call_command("run_cron_jobs", stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def ran() -> list[str]:
    return list(CronJobLog.objects.order_by("pk").values_list("code", flat=True))


def test_it_runs_every_configured_job_whatever_its_schedule(jobs: Listing) -> None:
    jobs.add("app.two", run_at_times=["09:00"])
    jobs.add("app.one", run_every_mins=5)
    jobs.add("app.never", run_every_mins=None)
    jobs.make("app.unlisted")
    for _again in range(2):
        run()
    assert ran() == ["app.two", "app.one", "app.never"] * 2
    assert set(Run.objects.values_list("trigger", flat=True)) == {RunTrigger.COMMAND}


def test_it_says_what_each_did_and_how_long_it_took(jobs: Listing) -> None:
    jobs.add("app.one", lambda job: "sent 3 mails")
    jobs.add("app.fails", lambda job: 1 / 0)
    out, _err = run()
    assert re.search(r"\[✔\] app\.one\n +succeeded in \d+\.\d s: sent 3 mails\n", out)
    assert re.search(r"\[✘\] app\.fails\n +ZeroDivisionError: division by zero\n +failed in \d+\.\d s\n", out)


def test_it_says_where_the_traceback_of_a_failure_is(jobs: Listing, admin_client: Client) -> None:
    jobs.add("app.fails", lambda job: 1 / 0)
    out, _err = run()
    address = re.search(rf"The whole log: {re.escape(settings.SITE_URL)}(/\S+)\n", out)
    assert address
    assert "Traceback" in admin_client.get(address[1]).content.decode()


def test_it_moves_no_timetable(jobs: Listing) -> None:
    jobs.add("app.one", run_at_times=["09:00"])
    registry.sync(at("2026-03-02 08:00"))
    before = Job.objects.values().get(code="app.one")
    run(job="app.one")
    after = Job.objects.values().get(code="app.one")
    assert [after[name] for name in ("next_due_at", "interval_anchor")] == [
        before[name] for name in ("next_due_at", "interval_anchor")
    ]


@pytest.mark.parametrize("by", ["code", "path"])
def test_one_job_is_run_by_its_code_or_its_class_path(jobs: Listing, by: str) -> None:
    path = jobs.add("app.one")
    jobs.add("app.two")
    run(job="app.one" if by == "code" else path)
    assert ran() == ["app.one"]


@pytest.mark.parametrize(
    ("name", "why"),
    [("app.nothing", "cannot be imported"), ("nothing", "There is no job 'nothing'"), ("", "There is no job ''")],
)
def test_an_unknown_job_is_named_and_nothing_is_run(jobs: Listing, name: str, why: str) -> None:
    jobs.add("app.one")
    _out, err = run(job=name)
    assert f"{name}: " in err
    assert why in err
    assert ran() == []


def test_a_broken_job_is_named_and_the_others_run(jobs: Listing) -> None:
    jobs.only("no_such_module.Job", jobs.make("app.one"))
    _out, err = run()
    assert "no_such_module.Job" in err
    assert ran() == ["app.one"]


def test_what_is_switched_off_is_run_by_name_alone(jobs: Listing) -> None:
    jobs.add("app.one")
    registry.sync(at("2026-03-02 08:00"))
    Job.objects.filter(code="app.one").update(is_enabled=False)
    out, _err = run()
    assert "[ ] app.one\n    switched off" in out
    assert ran() == []
    run(job="app.one")
    assert ran() == ["app.one"]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ([f"--job={JOBS}.Succeeds"], 0),
        (["--job=succeeds"], 0),
        (["--job=raises"], 1),
        (["--job=exits_with_zero"], 1),
        (["--job=nothing"], 1),
        (["--job=is_held"], 0),
        ([], 1),
    ],
    ids=str,
)
def test_the_exit_status_says_whether_all_went_well(tmp_path: Path, arguments: list[str], status: int) -> None:
    paths = [f"{JOBS}.{name}" for name in ("Succeeds", "Raises", "ExitsWithZero", "IsHeld")]
    office = Installation(tmp_path, *paths, JOBS_EXECUTOR="inline")
    office.hold_lease("is_held")
    assert office.manage("run_cron_jobs", *arguments, check=False).returncode == status


@pytest.mark.parametrize("status", RunStatus)
def test_only_what_succeeded_or_was_skipped_is_no_failure(jobs: Listing, status: RunStatus) -> None:
    jobs.add("app.one")
    registry.sync(NOW)
    job = Job.objects.get(code="app.one")
    one = Run.objects.create(job=job, status=status, trigger=RunTrigger.COMMAND, due_at=NOW, queued_at=NOW)
    is_good = run_cron_jobs.Command(stdout=StringIO())._tell(one)
    assert is_good == (status in (RunStatus.SUCCEEDED, RunStatus.SKIPPED))


@pytest.mark.parametrize("executor", sorted(EXECUTORS))
def test_locks_are_respected(executor: str, tmp_path: Path) -> None:
    office = Installation(tmp_path, f"{JOBS}.IsHeld", f"{JOBS}.Succeeds", JOBS_EXECUTOR=executor)
    office.hold_lease("is_held")
    out = office.manage("run_cron_jobs").stdout
    assert "[ ] is_held\n    still running since 2020-01-01 08:00:00 on host-b" in out
    assert "[✔] succeeds" in out
    assert [run["status"] for run in office.runs("is_held")] == ["skipped"]
    assert office.logs("is_held") == []
