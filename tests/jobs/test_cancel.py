"""Cancel and run again, as people ask for them; that processes end is in core/test_cancelling.py."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django_cron.models import CronJobLog

from backoffice.jobs import control, lifecycle
from backoffice.jobs.lifecycle import Holder, News, Outcome
from backoffice.jobs.models import Job, Lease, Run, RunOutput, RunStatus, RunTrigger
from backoffice.jobs.progress import Progress
from tests.jobs.staff import person

pytestmark = pytest.mark.django_db

NOW = timezone.now()
HOLDER = Holder("host-a", 77, 78)


@pytest.fixture
def job() -> Job:
    Job.objects.all().delete()
    return Job.objects.create(code="shop.tidy", class_path="shop.cron.Tidy", is_listed=True)


@pytest.fixture
def ann() -> User:
    return person("Job manager", name="ann")


def running(job: Job) -> Run:
    run = control.run_now(job, NOW)
    assert lifecycle.start(run, HOLDER)
    return run


def test_a_queued_run_is_cancelled_at_once_and_leaves_no_log(job: Job, ann: User) -> None:
    run = control.run_now(job, NOW)
    assert control.cancel(run, NOW, by=ann, reason="not today")
    run.refresh_from_db()
    assert (run.status, run.summary) == (RunStatus.CANCELLED, "Cancelled by ann. not today")
    assert (run.cancel_requested_by, run.cancel_reason) == (ann, "not today")
    assert not lifecycle.start(run, HOLDER)
    assert not Lease.objects.held().exists()
    assert not CronJobLog.objects.exists()
    entry = LogEntry.objects.get()
    assert entry.change_message == f"Cancelled run {run.pk}, which was queued. not today"
    assert not control.cancel(run, NOW, by=ann), "it has ended already"


def test_a_running_run_carries_the_wish_for_its_supervisor_once(job: Job, ann: User) -> None:
    run = running(job)
    stale = Run.objects.get(pk=run.pk)
    assert control.cancel(stale, NOW, by=ann, reason="wrong month")
    assert control.cancel(stale, NOW + timedelta(minutes=1), by=person("Job manager", name="bob"), reason="me too")
    assert Run.objects.being_cancelled().get() == run
    assert lifecycle.cancelled_words(Run.objects.get()) == "Cancelled by ann. wrong month"
    assert LogEntry.objects.count() == 1


def test_a_run_whose_supervisor_is_gone_cannot_be_cancelled(job: Job) -> None:
    run = running(job)
    Lease.objects.update(expires_at=NOW - timedelta(days=1))
    assert not control.cancel(run, NOW)
    assert Run.objects.get().cancel_requested_at is None


def test_a_run_in_the_process_of_its_scheduler_is_refused(job: Job, ann: User) -> None:
    run = control.run_now(job, NOW)
    assert lifecycle.start(run, Holder("host-a", 77, 77))
    with pytest.raises(control.CannotBeCancelled, match="inline"):
        control.cancel(run, NOW, by=ann)
    assert not LogEntry.objects.exists()


def test_after_the_lock_was_cleared_by_force_nothing_of_the_old_run_is_written(job: Job) -> None:
    run = running(job)
    news = News("line\n", 0, Progress(1, 3, "mails"))
    assert lifecycle.tell(run, news)
    control.clear_lock(job, NOW, reason="stuck", force=True)
    before = Run.objects.values().get(), list(RunOutput.objects.values())
    assert not lifecycle.tell(run, News("more\n", 1, Progress(2, 3, "mails")))
    assert not lifecycle.finish(run, Outcome(RunStatus.SUCCEEDED, "sent"), News("more\n", 1, Progress(3, 3, "")))
    assert (Run.objects.values().get(), list(RunOutput.objects.values())) == before


def test_a_run_is_repeated_by_a_new_one_that_names_it(job: Job, ann: User) -> None:
    first = running(job)
    lifecycle.finish(first, Outcome(RunStatus.FAILED, "no connection"))
    again = control.run_again(first, NOW, by=ann, reason="mended")
    assert (again.status, again.trigger, again.retry_of, again.attempt) == ("queued", RunTrigger.PERSON, first, 1)
    assert LogEntry.objects.get().change_message == f"Run again: run {again.pk}, for run {first.pk} (failed). mended"
    with pytest.raises(control.AlreadyQueued):
        control.run_again(first, NOW, by=ann)


def test_a_dry_run_is_refused_where_the_job_does_not_offer_one_and_stands_beside_a_real_one(
    job: Job, ann: User
) -> None:
    with pytest.raises(control.NoDryRun):
        control.run_now(job, NOW, by=ann, dry_run=True)
    Job.objects.update(supports_dry_run=True)
    job.refresh_from_db()
    dry, real = control.run_now(job, NOW, by=ann, dry_run=True), control.run_now(job, NOW, by=ann)
    assert (dry.is_dry_run, real.is_dry_run) == (True, False)
    with pytest.raises(control.AlreadyQueued):
        control.run_now(job, NOW, by=ann, dry_run=True)
    assert control.cancel(dry, NOW, by=ann)
    assert control.run_again(dry, NOW, by=ann).is_dry_run


def test_without_the_permission_nothing_is_done(job: Job) -> None:
    run = control.run_now(job, NOW)
    viewer = person("Viewer")
    for act in (control.cancel, control.run_again):
        with pytest.raises(PermissionDenied):
            act(run, NOW, by=viewer)
    assert Run.objects.get().status == RunStatus.QUEUED
