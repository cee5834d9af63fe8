"""Runs that find their job running: skipped, or left in the queue until their turn. Processes: core/test_turns.py."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from backoffice.jobs import control, lifecycle, registry, scheduler
from backoffice.jobs.lifecycle import Holder, Outcome
from backoffice.jobs.models import Job, OverlapPolicy, Run, RunStatus, SchedulerProcess
from backoffice.jobs.models.lease import startable_runs
from backoffice.jobs.models.scheduler_process import SchedulerProcessQuerySet
from tests.jobs.listing import Listing, at

pytestmark = pytest.mark.django_db

MONDAY = at("2026-03-02 08:00")
HOLDER = Holder("host-a", 77, 78)


@pytest.fixture
def jobs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Listing:
    Job.objects.all().delete()
    return Listing(settings, monkeypatch)


@pytest.fixture
def job(jobs: Listing) -> Job:
    jobs.add("minutely", run_every_mins=1)
    registry.sync(MONDAY)
    job = Job.objects.get()
    control.change_settings(job, {"overlap_policy": OverlapPolicy.WAIT}, MONDAY)
    return job


def test_a_run_that_waits_is_taken_when_the_other_has_ended_and_not_looked_at_before(job: Job) -> None:
    first, second = control.run_now(job, timezone.now()), control.run_now(job, timezone.now())
    assert lifecycle.start(first, HOLDER)
    assert not startable_runs().exists()
    assert not lifecycle.start(second, HOLDER)
    assert Run.objects.get(pk=second.pk).status == RunStatus.QUEUED
    assert lifecycle.finish(first, Outcome(RunStatus.SUCCEEDED))
    assert startable_runs().get() == second
    assert lifecycle.start(second, HOLDER)


def test_what_a_person_has_asked_for_waits_its_turn_and_a_slot_is_skipped(jobs: Listing) -> None:
    jobs.add("minutely", run_every_mins=1)
    registry.sync(MONDAY)
    job = Job.objects.get()
    boss = User.objects.create_superuser("boss")
    first = control.run_now(job, timezone.now())
    assert lifecycle.start(first, HOLDER)
    asked_for = control.run_now(job, timezone.now(), by=boss)
    (slot,) = scheduler.tick(MONDAY + timedelta(minutes=1))
    assert startable_runs().get() == slot
    assert not lifecycle.start(slot, HOLDER)
    assert not lifecycle.start(asked_for, HOLDER)
    statuses = dict(Run.objects.values_list("pk", "status"))
    assert (statuses[asked_for.pk], statuses[slot.pk]) == (RunStatus.QUEUED, RunStatus.SKIPPED)
    assert lifecycle.finish(first, Outcome(RunStatus.SUCCEEDED))
    assert lifecycle.start(asked_for, HOLDER)


def test_a_job_that_takes_longer_than_its_interval_does_not_fill_the_queue(job: Job) -> None:
    assert lifecycle.start(control.run_now(job, timezone.now()), HOLDER)
    for minute in range(scheduler.MOST_WAITING + 2):
        scheduler.tick(MONDAY + timedelta(minutes=minute))
    assert Run.objects.queued().count() == scheduler.MOST_WAITING
    skipped = Run.objects.filter(status=RunStatus.SKIPPED)
    assert [run.summary for run in skipped] == ["10 runs of it wait for their turn already."] * 2
    assert Job.objects.get().failures_in_a_row == 0


def test_what_is_queued_while_runqueue_signs_off_is_carried_out_too(
    jobs: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever queued it saw a scheduler that lived, and started none."""
    jobs.add("late")
    registry.sync(timezone.now())
    late = Job.objects.get()
    control.run_now(late, timezone.now())
    sign_off = SchedulerProcessQuerySet.sign_off

    def queue_before(rows: SchedulerProcessQuerySet, host: str, pid: int) -> None:
        if Run.objects.count() == 1:
            control.run_now(late, timezone.now())
        sign_off(rows, host, pid)

    monkeypatch.setattr(SchedulerProcessQuerySet, "sign_off", queue_before)
    call_command("runqueue")
    assert [run.status for run in Run.objects.all()] == [RunStatus.SUCCEEDED] * 2
    assert not SchedulerProcess.objects.exists()
