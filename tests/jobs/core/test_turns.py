"""Runs that wait their turn: one after the other, in order, and nobody else waits for them."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from backoffice.jobs.control import run_now
from backoffice.jobs.models import Job, OverlapPolicy, Run, RunStatus
from reporter import control
from reporter.models import Delivery, Recipient, Report, ReportSection, Subscription
from tests.jobs.core.fixture_jobs import PublishesAndWaits, Quick, Waits
from tests.jobs.core.processes import Place, ended, seen, statuses

QUEUED, RUNNING, SUCCEEDED, SKIPPED = RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.SUCCEEDED, RunStatus.SKIPPED


def test_runs_that_wait_their_turn_come_one_after_the_other_and_hold_up_no_other(place: Place) -> None:
    job = place.job(Waits)
    Job.objects.filter(pk=job.pk).update(overlap_policy=OverlapPolicy.WAIT)
    first, second, third = runs = [place.queue(Waits) for _run in range(3)]
    place.start("cronloop", JOBS_POOL_SIZE="2", JOBS_POOL_MAX="2")
    place.noted("waits")

    # Twice: with the second, those that wait have been looked at for sure.
    assert [ended(place.queue(Quick)).status for _time in range(2)] == [SUCCEEDED] * 2
    assert [seen(run).status for run in runs] == [RUNNING, QUEUED, QUEUED]
    place.tell("end")
    first, second, third = (ended(run) for run in runs)

    assert statuses(runs) == [SUCCEEDED] * 3
    assert first.ended_at <= second.started_at  # type: ignore[operator]
    assert second.ended_at <= third.started_at  # type: ignore[operator]


def test_a_report_that_is_asked_for_while_the_job_is_sending_goes_out_as_soon_as_that_has_ended(
    place: Place, settings: Settings
) -> None:
    settings.CRON_CLASSES = ["tests.jobs.core.fixture_jobs.PublishesAndWaits"]
    going, boss = place.queue(PublishesAndWaits), User.objects.create_superuser("boss")
    report = Report.objects.create(name="Sales", owner=boss, zone="UTC")
    ReportSection.objects.create(report=report, dataset="deliveries")
    Subscription.objects.create(report=report, recipient=Recipient.objects.create(name="Ada", address="a@example.com"))
    place.start("cronloop", CRON_CLASSES=settings.CRON_CLASSES[0])
    place.noted("published")
    skipped = run_now(going.job, timezone.now())  # as a slot would be: it is in the queue when the person asks

    control.send_now(report, boss, "the first of two")
    assert ended(skipped).status == SKIPPED
    asked_for = Run.objects.get(requested_by=boss)
    assert (seen(going).status, seen(asked_for).status) == (RUNNING, QUEUED)
    place.tell("end")
    assert [ended(run).status for run in (going, asked_for)] == [SUCCEEDED] * 2
    assert Delivery.objects.get().state == "sent"
