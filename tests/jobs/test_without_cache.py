"""The cache may be gone: what is shown and run does not depend on it."""

from __future__ import annotations

import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from backoffice.bootstrap import cache_of_url
from backoffice.jobs import control, lifecycle
from backoffice.jobs.models import Job, Run
from tests.jobs.installation import Installation
from tests.jobs.staff import logged_in
from tests.services import free_port

JOBS = "tests.jobs.contract_jobs"


@pytest.fixture
def run(db: None) -> Run:
    """A run that goes on, of a job that takes 40 s."""
    job = Job.objects.create(code="shop.tidy", class_path="shop.cron.Tidy", is_listed=True)
    now = timezone.now()
    for _time in range(2):
        past = {"due_at": now, "queued_at": now, "started_at": now, "ended_at": now + timedelta(seconds=40)}
        Run.objects.create(job=job, status="succeeded", trigger="slot", **past)
    run = control.run_now(job, now)
    assert lifecycle.start(run, lifecycle.Holder("host-a", 77, 78))
    return run


@pytest.mark.usefixtures("no_cache")
def test_every_page_of_jobs_is_there_without_the_cache(run: Run) -> None:
    viewer = logged_in("Viewer")
    pages = [("index",), ("jobs_job_changelist",), ("jobs_job_change", run.job_id), ("jobs_run_changelist",)]
    pages += [("jobs_run_change", run.pk), ("jobs_run_watch", run.pk)]
    for name, *arguments in pages:
        answer = viewer.get(reverse(f"admin:{name}", args=arguments))
        assert answer.status_code == 200, name
        if "watch" in name:
            assert "the longest of 2 runs took 40 s" in answer.content.decode()
    assert Client().get(reverse("admin:login")).status_code == 200


def test_a_cache_that_says_nothing_keeps_nobody_waiting(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its host takes the connection, and that is all."""
    monkeypatch.setattr("backoffice.bootstrap.CACHE_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        settings.CACHES = {"default": cache_of_url(url)[0]}
        with pytest.raises(Exception, match="Timeout"):
            cache.get("key")
    assert settings.CACHES["default"]["OPTIONS"] == {"socket_connect_timeout": 0.05, "socket_timeout": 0.05}


def test_a_tick_needs_no_cache_but_for_a_lock_that_is_kept_there(tmp_path: Path) -> None:
    """A lock that cannot be asked for is no lock: the run fails, and says why."""
    nowhere = {"CACHE_URL": f"redis://127.0.0.1:{free_port()}/0"}
    office = Installation(tmp_path, f"{JOBS}.Succeeds", **nowhere)
    office.manage("runcrons")
    lock = {"DJANGO_CRON_LOCK_BACKEND": "django_cron.backends.lock.cache.CacheLock"}
    office.manage("runcrons", "--force", environment=lock)
    first, second = office.runs("succeeds")
    assert first["status"] == "succeeded"
    assert second["status"] == "failed"
    assert "Connection" in second["summary"]
    assert [bool(log["is_success"]) for log in office.logs("succeeds")] == [True, False]
    assert office.held_leases() == []
