"""Whether a scheduler lives: where one does, none is started for what people queue."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from backoffice.jobs import control, detached
from backoffice.jobs.models import Job, SchedulerProcess
from backoffice.jobs.presence import present
from tests.jobs.staff import person

pytestmark = pytest.mark.django_db

HERE = socket.gethostname()


@pytest.fixture
def started(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The ids of the processes that were started; they do nothing."""
    settings.JOBS_START_DETACHED = True
    found: list[int] = []

    def start() -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE)
        found.append(process.pid)
        processes.append(process)
        return process

    processes: list[subprocess.Popen[bytes]] = []
    monkeypatch.setattr(detached, "_start", start)
    yield found  # type: ignore[misc]
    for process in processes:
        assert process.stdin
        process.stdin.close()
        process.wait()


@pytest.fixture
def queued() -> Job:
    job = Job.objects.create(code="shop.tidy", class_path="shop.cron.Tidy")
    control.run_now(job, timezone.now())
    return job


def test_people_who_queue_runs_start_one_scheduler_for_all_of_them(
    started: list[int], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    ann = person("Job manager")
    with django_capture_on_commit_callbacks(execute=True):
        for code in ("one", "two", "three"):
            control.run_now(Job.objects.create(code=code, class_path=f"shop.{code}"), timezone.now(), by=ann)
    assert [row.pid for row in SchedulerProcess.objects.all()] == started
    assert len(started) == 1


def test_none_is_started_while_one_lives_anywhere(started: list[int], queued: Job) -> None:
    SchedulerProcess.objects.beat("another host", 1)
    assert not detached.see_to_the_queue()
    SchedulerProcess.objects.update(expires_at=timezone.now() - timedelta(days=1))
    assert detached.see_to_the_queue()
    assert SchedulerProcess.objects.get().pid == started[0], "the dead one's row is gone"


def test_one_that_was_killed_on_this_host_does_not_count_though_its_last_sign_is_fresh(
    started: list[int], queued: Job
) -> None:
    gone = subprocess.Popen([sys.executable, "-S", "-c", ""])
    gone.wait()
    SchedulerProcess.objects.beat(HERE, gone.pid)
    assert detached.see_to_the_queue()


def test_none_is_started_for_an_empty_queue_or_where_the_setting_forbids_it(
    started: list[int], settings: Settings
) -> None:
    assert not detached.see_to_the_queue()
    control.run_now(Job.objects.create(code="shop.tidy", class_path="shop.cron.Tidy"), timezone.now())
    settings.JOBS_START_DETACHED = False
    assert not detached.see_to_the_queue()
    assert started == []


def test_a_scheduler_shows_that_it_lives_and_signs_off(settings: Settings) -> None:
    with present() as presence:
        presence.show()
        row = SchedulerProcess.objects.get()
        assert (row.host, row.pid) == (HERE, os.getpid())
        assert detached.is_anybody_there()
    assert not SchedulerProcess.objects.exists()
