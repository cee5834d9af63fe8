"""How often staff have a failed run tried again, and when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from backoffice.jobs import control, lifecycle, records
from backoffice.jobs.lifecycle import Holder, Outcome
from backoffice.jobs.models import Job, Run, RunStatus, RunTrigger
from tests.jobs.listing import Listing, at

pytestmark = pytest.mark.django_db

MONDAY = at("2026-03-02 08:00")
HOLDER = Holder("host-a", 77, 78)


@pytest.fixture
def jobs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Listing:
    Job.objects.all().delete()
    return Listing(settings, monkeypatch)


def do(job: object) -> str:
    raise ValueError("no connection")


def tick_for(jobs: Listing, minutes: int) -> list[tuple[int, int, str]]:
    """The runs of so many minutes with a tick each: minute, attempt, state."""
    for minute in range(minutes):
        jobs.tick(MONDAY + timedelta(minutes=minute))
    runs = Run.objects.order_by("pk")
    return [(round((run.queued_at - MONDAY).total_seconds() / 60), run.attempt, run.status) for run in runs]


def test_a_failed_run_is_tried_again_so_often_with_growing_pauses(jobs: Listing) -> None:
    jobs.add("report", do, run_at_times=["08:00"], retry_after_failure_mins=1)
    jobs.tick(MONDAY - timedelta(minutes=1))
    job = Job.objects.get(code="report")
    control.change_settings(job, {"max_retries": 3, "retry_pause_minutes": 2}, MONDAY)
    assert tick_for(jobs, 40) == [(0, 1, "failed"), (2, 2, "failed"), (6, 3, "failed"), (14, 4, "failed")]
    first, second, third, _fourth = Run.objects.order_by("pk")
    assert (second.trigger, second.retry_of, third.retry_of) == (RunTrigger.RETRY, first, second)
    job.refresh_from_db()
    assert (job.retry_at, job.next_due_at) == (None, MONDAY + timedelta(days=1))


def test_zero_is_never_whatever_the_code_says(jobs: Listing) -> None:
    jobs.add("report", do, run_at_times=["08:00"], retry_after_failure_mins=1)
    jobs.tick(MONDAY - timedelta(minutes=1))
    control.change_settings(Job.objects.get(), {"max_retries": 0}, MONDAY)
    assert tick_for(jobs, 10) == [(0, 1, "failed")]


def test_pauses_grow_up_to_a_day_and_no_number_is_too_large_for_the_calendar() -> None:
    job = Job(max_retries=100, retry_pause_minutes=7 * 24 * 60)
    run = Run(started_at=MONDAY, ended_at=MONDAY, attempt=90)
    assert records.retry_at(run, job) == MONDAY + timedelta(days=7)
    job.retry_pause_minutes = None
    assert records.retry_at(run, job) == MONDAY + timedelta(days=1)
    run.attempt = 1
    assert records.retry_at(run, job) == MONDAY + timedelta(minutes=5)


def test_the_retry_is_one_of_the_run_that_failed_though_others_came_after_it(jobs: Listing) -> None:
    jobs.add("report", do, run_at_times=["08:00"])
    jobs.tick(MONDAY - timedelta(minutes=1))
    job = Job.objects.get()
    control.change_settings(job, {"max_retries": 3}, MONDAY)
    jobs.tick(MONDAY)
    job.refresh_from_db()
    failed = Run.objects.get()
    cancelled = control.run_now(job, MONDAY)
    assert lifecycle.start(cancelled, HOLDER)
    assert lifecycle.finish(cancelled, Outcome(RunStatus.CANCELLED, "Cancelled by ann."))
    job.refresh_from_db()
    assert (job.last_run, job.failures_in_a_row) == (cancelled, 1)
    assert job.retry_at is not None, "what was cancelled put nothing right"
    jobs.tick(MONDAY + timedelta(minutes=6))
    assert Run.objects.latest("pk").retry_of == failed


def test_a_dry_run_neither_ends_the_retries_nor_asks_for_one(jobs: Listing) -> None:
    jobs.add("report", do, run_at_times=["08:00"])
    jobs.tick(MONDAY - timedelta(minutes=1))
    job = Job.objects.get()
    Job.objects.update(supports_dry_run=True, max_retries=3)
    job.refresh_from_db()
    before = Job.objects.values().get()
    for status in (RunStatus.SUCCEEDED, RunStatus.FAILED):
        run = control.run_now(job, timezone.now(), dry_run=True)
        assert lifecycle.start(run, HOLDER)
        assert lifecycle.finish(run, Outcome(status, "would send 3 mails"))
        assert run.summary == "Dry run: would send 3 mails"
        assert run.log is not None
        assert run.log.message == "Dry run: would send 3 mails\nwould send 3 mails\n"
    assert Job.objects.values().get() == before
