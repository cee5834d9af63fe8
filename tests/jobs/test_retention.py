"""What is kept how long: deleted in batches, and never what a schedule is measured from."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django_cron.models import CronJobLog
from pytest_django import DjangoAssertNumQueries, Settings

from backoffice.jobs import retention
from backoffice.jobs.models import Job, Run, RunOutput, RunStatus, RunTrigger
from tests.jobs.listing import Listing, at

pytestmark = pytest.mark.django_db

NOW = at("2026-03-02 08:00")


@pytest.fixture(autouse=True)
def _settings(settings: Settings) -> None:
    settings.DJANGO_CRON_DELETE_LOGS_OLDER_THAN = 7
    settings.JOBS_KEEP_RUNS_DAYS = 400


@pytest.fixture
def job() -> Job:
    return Job.objects.create(code="report", class_path="a.Report", is_listed=True)


def log(days: float, code: str = "report", *, is_success: bool = True) -> CronJobLog:
    """A log of so many days ago."""
    moment = NOW - timedelta(days=days)
    values: dict[str, Any] = {"start_time": moment, "end_time": moment, "is_success": is_success}
    return CronJobLog.objects.create(code=code, message="", **values)


def run(job: Job, days: float, status: RunStatus = RunStatus.SUCCEEDED) -> Run:
    moment = NOW - timedelta(days=days)
    return Run.objects.create(job=job, status=status, trigger=RunTrigger.SLOT, due_at=moment, queued_at=moment)


def days_of_logs(code: str = "report") -> list[int]:
    found = CronJobLog.objects.filter(code=code).order_by("-start_time")
    return [(NOW - one.start_time).days for one in found]


@pytest.mark.usefixtures("job")
def test_logs_older_than_the_setting_go() -> None:
    for days in (1, 6, 8, 30):
        log(days)
    assert retention.clean_up(NOW) == 2
    assert days_of_logs() == [1, 6]


@pytest.mark.usefixtures("job")
def test_the_latest_log_and_the_latest_success_of_each_job_stay() -> None:
    Job.objects.create(code="other", class_path="a.Other")
    for days, is_success in ((20, False), (30, False), (40, True), (50, True)):
        log(days, is_success=is_success)
    log(60, "other")
    retention.clean_up(NOW)
    assert days_of_logs() == [20, 40]
    assert days_of_logs("other") == [60]


def test_a_monthly_job_is_not_run_again_for_want_of_its_log(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = Listing(settings, monkeypatch)
    jobs.add("monthly", run_every_mins=30 * 24 * 60)
    for days in range(0, 61, 5):
        jobs.tick(NOW + timedelta(days=days))
    assert Run.objects.filter(job__code="monthly").count() == 3
    assert CronJobLog.objects.filter(code="monthly").count() == 1


@pytest.mark.usefixtures("job")
def test_without_the_setting_all_logs_are_kept(settings: Settings) -> None:
    log(3000)
    log(2999)
    del settings.DJANGO_CRON_DELETE_LOGS_OLDER_THAN
    assert retention.clean_up(NOW) == 0
    assert len(days_of_logs()) == 2


@pytest.mark.usefixtures("job")
def test_for_ever_may_be_written_as_a_large_number(settings: Settings) -> None:
    log(3000)
    log(2999)
    settings.DJANGO_CRON_DELETE_LOGS_OLDER_THAN = 999_999_999_999
    settings.JOBS_KEEP_RUNS_DAYS = 999_999
    assert retention.clean_up(NOW) == 0


@pytest.mark.usefixtures("job")
def test_one_tick_deletes_a_bounded_number_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH_ROWS", 3)
    monkeypatch.setattr(retention, "BATCHES_PER_TICK", 2)
    for days in range(10, 20):
        log(days)
    assert [retention.clean_up(NOW) for _tick in range(3)] == [6, 3, 0]
    assert days_of_logs() == [10]


@pytest.mark.usefixtures("job")
def test_the_oldest_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH_ROWS", 2)
    monkeypatch.setattr(retention, "BATCHES_PER_TICK", 1)
    for days in (10, 12, 14, 16):
        log(days)
    retention.clean_up(NOW)
    assert days_of_logs() == [10, 12]


def test_runs_are_kept_longer_than_their_logs(job: Job) -> None:
    old = log(30)
    log(1)
    Run.objects.create(job=job, status=RunStatus.SUCCEEDED, trigger=RunTrigger.SLOT, due_at=NOW, queued_at=NOW, log=old)
    retention.clean_up(NOW)
    assert Run.objects.get(job=job).log is None


def test_runs_go_after_their_days_but_not_the_last_and_not_what_has_not_ended(job: Job) -> None:
    last = run(job, 500)
    queued = run(job, 450, RunStatus.QUEUED)
    run(job, 450)
    run(job, 450, RunStatus.MISSED)
    young = run(job, 399)
    Job.objects.filter(pk=job.pk).update(last_run=last)
    assert retention.clean_up(NOW) == 2
    assert set(Run.objects.filter(job=job)) == {last, queued, young}


def test_with_nothing_old_it_costs_two_queries(job: Job, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    log(1)
    run(job, 1)
    with django_assert_num_queries(2):
        retention.clean_up(NOW)


def test_a_tick_cleans_up(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = Listing(settings, monkeypatch)
    log(8, "gone")
    jobs.tick(NOW)
    assert days_of_logs("gone") == []


def test_a_tick_of_the_loop_cleans_up(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    Listing(settings, monkeypatch).add("always")
    log(8, "gone")
    with time_machine.travel(NOW, tick=False):
        call_command("cronloop", repeat=1)
    assert days_of_logs("gone") == []


def test_a_dry_run_and_named_jobs_do_what_stock_does(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = Listing(settings, monkeypatch)
    path = jobs.make("named")
    log(8, "gone")
    jobs.tick(NOW, dry_run=True)
    assert days_of_logs("gone") == [8]  # only shows what would be done
    jobs.tick(NOW, path)
    assert days_of_logs("gone") == []


def test_what_a_run_printed_goes_with_it(job: Job) -> None:
    for days in (401, 399):
        RunOutput.objects.create(run=run(job, days), position=0, text=f"{days} days ago")
    assert retention.clean_up(NOW) == 1
    assert [output.text for output in RunOutput.objects.all()] == ["399 days ago"]
