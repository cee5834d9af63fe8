"""Searching the log: by code and by words of what was said, without reading the log."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_cron.models import CronJobLog

from backoffice import urls  # noqa: F401  discovers the admin: only then can its modules be imported
from backoffice.jobs.admin import log_search
from backoffice.jobs.models import Job, Run, RunStatus, RunTrigger
from tests.jobs.staff import logged_in

pytestmark = pytest.mark.django_db

LOGS = "admin:django_cron_cronjoblog_changelist"


@pytest.fixture
def viewer() -> Client:
    return logged_in("Viewer")


@pytest.fixture
def job() -> Job:
    return Job.objects.create(code="shop.tidy", class_path="shop.cron.Tidy", is_listed=True)


def said(job: Job, summary: str, *, days_ago: float = 0) -> CronJobLog:
    at = timezone.now() - timedelta(days=days_ago)
    log = CronJobLog.objects.create(code=job.code, start_time=at, end_time=at, is_success=False, message="long story")
    values = {"trigger": RunTrigger.SLOT, "due_at": at, "queued_at": at, "summary": summary, "log": log}
    Run.objects.create(job=job, status=RunStatus.FAILED, **values)
    return log


def found(client: Client, **query: str) -> list[CronJobLog]:
    return list(client.get(reverse(LOGS), query).context["cl"].result_list)


def test_a_log_is_found_by_words_of_its_line_and_of_its_jobs_code(viewer: Client, job: Job) -> None:
    refused = said(job, "ConnectionError: warehouse refused the connection")
    said(job, "ValueError: no such price")
    other = said(Job.objects.create(code="shop.stock", class_path="x.Y"), "ConnectionError: 100% of it")
    assert found(viewer, q="warehouse REFUSED") == [refused]
    assert found(viewer, q="connectionerror") == [other, refused]
    assert found(viewer, q="connectionerror tidy") == [refused]
    assert found(viewer, q="100%") == [other], "what the database takes for a wildcard is text here"
    assert found(viewer, q="nowhere") == []


def test_the_latest_runs_are_looked_through_and_older_ones_when_their_days_are_chosen(
    viewer: Client, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_search, "LOOKED_THROUGH", 2)
    old = said(job, "refused", days_ago=40)
    new = [said(job, "refused", days_ago=days) for days in (2, 1)]
    assert found(viewer, q="refused") == new[::-1]
    day = timezone.localdate(old.start_time).isoformat()
    assert found(viewer, q="refused", start_time__range__gte=day, start_time__range__lte=day) == [old]
    assert found(viewer, q="refused", start_time__range__gte="2026-13-01") == new[::-1]


def test_a_search_reads_no_message_and_scans_no_log(viewer: Client, job: Job) -> None:
    said(job, "refused")
    with CaptureQueriesContext(connection) as queries:
        page = viewer.get(reverse(LOGS), {"q": "refused"})
    of_log = [query["sql"] for query in queries if 'FROM "django_cron_cronjoblog"' in query["sql"]]
    assert len(of_log) == 2, "a count and a page"
    assert "LIKE" not in " ".join(of_log)
    assert "in the latest 20,000 runs" in page.content.decode()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for sql in of_log:
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
                assert not [step for *_, step in cursor.fetchall() if step == "SCAN django_cron_cronjoblog"]
