"""What belongs together is written together: where a part of it cannot be, nothing is, and it is tried again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone
from django_cron.models import CronJobLog

from backoffice.jobs import control, lifecycle, scheduler
from backoffice.jobs.lifecycle import Holder, Outcome
from backoffice.jobs.models import Job, Lease, Run, RunStatus
from backoffice.jobs.timetable import Timetable

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture
def job() -> Job:
    Job.objects.all().delete()
    every_hour = Timetable(every_minutes=60).to_data()
    values = {"is_listed": True, "next_due_at": NOW, "next_slot_at": NOW, "interval_anchor": NOW}
    return Job.objects.create(code="shop.tidy", class_path="shop.cron.Tidy", timetable_data=every_hour, **values)


@pytest.fixture
def run(job: Job) -> Run:
    run = control.run_now(job, NOW)
    assert lifecycle.start(run, Holder("host-a", 77, 78))
    return run


def refuse(monkeypatch: pytest.MonkeyPatch, model: Any) -> None:
    def create(*arguments: Any, **values: Any) -> None:
        raise OperationalError("disk full")

    monkeypatch.setattr(type(model.objects), "create", create)


def finish(run: Run) -> Any:
    return lifecycle.finish(run, Outcome(RunStatus.SUCCEEDED))


def interrupt(run: Run) -> Any:
    Lease.objects.update(expires_at=NOW - timedelta(hours=1))
    return lifecycle.interrupt_stale()


def take_away(run: Run) -> Any:
    return lifecycle.take_away(Lease.objects.select_related("run__job").get(), "cleared")


@pytest.mark.parametrize("end", [finish, interrupt, take_away])
def test_a_run_whose_log_cannot_be_written_has_not_ended_and_keeps_its_lock(
    end: Callable[[Run], Any], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as context:
        refuse(context, CronJobLog)
        with pytest.raises(OperationalError):
            end(run)
    stored = Run.objects.select_related("job").get()
    assert (stored.status, stored.ended_at, stored.job.last_run) == (RunStatus.RUNNING, None, None)
    assert Lease.objects.get().token == stored.token
    assert end(stored)
    assert CronJobLog.objects.count() == 1
    assert not Lease.objects.held().exists()


def test_a_slot_whose_run_cannot_be_queued_is_due_still(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as context:
        refuse(context, Run)
        with pytest.raises(OperationalError):
            scheduler.tick(NOW)
    assert [run.due_at for run in scheduler.tick(NOW)] == [NOW]
