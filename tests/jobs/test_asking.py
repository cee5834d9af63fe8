"""The pages that ask about jobs and runs cost the same queries for any number of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_cron.models import CronJobLock

from backoffice.jobs import control, lifecycle
from backoffice.jobs.lifecycle import Holder, Outcome
from backoffice.jobs.models import Job, Run, RunStatus
from tests.jobs.staff import logged_in, person

pytestmark = pytest.mark.django_db

HOLDER = Holder("host-a", 77, 78)

# Rows as few as show each kind of job below, and many.
FEW, MANY = 3, 12


@pytest.fixture
def manager(db: None) -> Client:
    return logged_in("Job manager", "clear_lock", "force_clear_lock", name="manager")


@pytest.fixture
def rows(db: None) -> None:
    """Jobs with a last run: some that run and have another waiting, some paused, some whose lock was left behind."""
    Job.objects.all().delete()
    ann, now = person("Job manager", name="ann"), timezone.now()
    for number in range(MANY):
        job = _job(number)
        first = _ended(job, ann)
        if number % 3 == 0:
            _running(job, ann)
            control.run_now(job, now, by=ann)
            Job.objects.filter(pk=job.pk).update(last_run=first)
        elif number % 3 == 1:
            control.pause(job, now, by=ann, reason="stocktaking", until=None)
            CronJobLock.objects.create(job_name=job.class_path, locked=True)
        else:
            lease = _running(job, ann).lease
            type(lease).objects.filter(pk=lease.pk).update(expires_at=now - timedelta(hours=1))


def _job(number: int) -> Job:
    due = timezone.now() + timedelta(minutes=5)
    return Job.objects.create(code=f"shop.{number}", class_path=f"shop.Job{number}", is_listed=True, next_due_at=due)


def _ended(job: Job, ann: User) -> Run:
    run = control.run_now(job, timezone.now(), by=ann)
    assert lifecycle.start(run, HOLDER)
    assert lifecycle.finish(run, Outcome(RunStatus.SUCCEEDED, "tidied"))
    return run


def _running(job: Job, ann: User) -> Run:
    run = control.run_now(job, timezone.now(), by=ann)
    assert lifecycle.start(run, HOLDER)
    return Run.objects.get(pk=run.pk)


def _queries_of(client: Client, address: str, name: str, keys: list[int]) -> int:
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(reverse(f"admin:{address}", query={name: keys}))
    assert answer.status_code == 200
    assert answer.content.decode().count('class="module aligned"') >= len(keys), "one of each"
    return len(queries)


@pytest.mark.parametrize("address", ["jobs_job_run_now", "jobs_job_pause", "jobs_job_resume", "jobs_job_clear_lock"])
def test_asking_about_many_jobs_costs_no_more_queries_than_about_few(rows: None, manager: Client, address: str) -> None:
    keys = list(Job.objects.order_by("pk").values_list("pk", flat=True))
    _queries_of(manager, address, "job", keys[:FEW])  # what is kept from the first time on
    few, many = (_queries_of(manager, address, "job", keys[:count]) for count in (FEW, MANY))
    assert many == few


@pytest.mark.parametrize("address", ["jobs_run_cancel", "jobs_run_again"])
@pytest.mark.parametrize("chosen", [Run.objects.all, Run.objects.unfinished], ids=["all", "unfinished"])
def test_asking_about_many_runs_costs_no_more_queries_than_about_few(
    rows: None, manager: Client, address: str, chosen: Callable[[], object]
) -> None:
    keys = list(chosen().order_by("pk").values_list("pk", flat=True))  # type: ignore[attr-defined]
    few, many = (_queries_of(manager, address, "run", keys[:count]) for count in (5, len(keys)))
    assert len(keys) >= MANY
    assert many == few
