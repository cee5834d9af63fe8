"""Pausing in the browser: for good or until a moment, one job or all, and shown wherever the job is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from backoffice.jobs.models import Job, Pause
from tests.jobs.staff import logged_in

pytestmark = pytest.mark.django_db

PAUSE, RESUME = "admin:jobs_job_pause", "admin:jobs_job_resume"
JOBS = "admin:jobs_job_changelist"

# Wednesday, 09:00 in Shanghai.
NOW = datetime(2026, 3, 4, 1, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def shanghai(settings: Settings) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"


@pytest.fixture
def job() -> Job:
    Job.objects.all().delete()
    return Job.objects.create(code="shop.tidy", class_path="shop.cron.Tidy", is_listed=True, next_due_at=NOW)


@pytest.fixture
def manager() -> Client:
    return logged_in("Job manager", name="ann")


def paused(client: Client, job: int | str, **values: str) -> str:
    """Pause at NOW; what the page says then."""
    with time_machine.travel(NOW, tick=False):
        sent = {"job": job, "reason": "the shop moves"} | values
        return client.post(reverse(PAUSE), sent, follow=True).content.decode()


@pytest.mark.parametrize(
    ("values", "until"),
    [
        ({}, None),
        ({"how_long": "tomorrow"}, "2026-03-05 08:00"),
        ({"how_long": "monday"}, "2026-03-09 08:00"),
        ({"how_long": "other", "until": "2026-03-04T09:30"}, "2026-03-04 09:30"),
    ],
)
def test_a_job_is_paused_for_good_or_until_a_moment_of_the_sites_zone(
    job: Job, manager: Client, values: dict[str, str], until: str | None
) -> None:
    assert "shop.tidy" in paused(manager, job.pk, **values)
    pause = Pause.objects.get()
    shown = pause.until and timezone.localtime(pause.until).strftime("%Y-%m-%d %H:%M")
    assert (pause.job, pause.who, pause.reason, shown) == (job, "ann", "the shop moves", until)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"reason": ""}, "This field is required"),
        ({"how_long": "other"}, "Say until when."),
        ({"how_long": "other", "until": "2026-03-04T08:00"}, "This moment is past."),
        ({"how_long": "tomorrow", "until": "2026-03-07T08:00"}, "or leave that moment empty"),
        ({"how_long": "other", "until": "soon"}, "Enter a valid date/time"),
        ({"how_long": "never"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_nothing_is_paused(
    job: Job, manager: Client, values: dict[str, str], words: str
) -> None:
    assert words in paused(manager, job.pk, **values)
    assert not Pause.objects.exists()


def test_who_paused_it_until_when_and_why_stands_wherever_the_job_is_shown(job: Job, manager: Client) -> None:
    paused(manager, job.pk, how_long="tomorrow", reason="<moving>")
    words = "paused by ann from 2026-03-04 09:00 to 2026-03-05 08:00: &lt;moving&gt;"
    pages = [
        reverse(JOBS),
        reverse("admin:jobs_job_change", args=[job.pk]),
        reverse("admin:index"),
        reverse("admin:jobs_job_run_now", query={"job": job.pk}),
        reverse(RESUME, query={"job": job.pk}),
    ]
    with time_machine.travel(NOW, tick=False):
        for url in pages:
            page = manager.get(url).content.decode()
            assert words in page, url
            assert "overdue: nothing ticks" not in page, url
            assert "is overdue</a>" not in page, url
        listed = manager.get(reverse(JOBS), {"state": "paused"}).context["cl"].result_list
    assert listed == [job]


def test_all_are_paused_and_resumed_at_once_and_the_first_page_says_so_on_top(job: Job, manager: Client) -> None:
    other = Job.objects.create(code="shop.sum", class_path="shop.cron.Sum", is_listed=True)
    paused(manager, "all")
    assert Pause.objects.get().job is None
    with time_machine.travel(NOW, tick=False):
        page = manager.get(reverse("admin:index")).content.decode()
        assert "All jobs are paused</strong>: paused by ann since 2026-03-04 09:00, for good: the shop moves" in page
        assert reverse(RESUME, query={"job": "all"}) in page
        assert manager.get(reverse(JOBS), {"state": "paused"}).context["cl"].result_list == [other, job]
        assert "Resume all jobs" in manager.get(reverse(JOBS)).content.decode()
        resumed = manager.post(reverse(RESUME), {"job": "all"}, follow=True).content.decode()
        assert "Resumed: all jobs." in resumed
        assert "All jobs are paused" not in manager.get(reverse("admin:index")).content.decode()
    history = manager.get(reverse("admin:jobs_pause_history", args=[Pause.objects.get().pk])).content.decode()
    assert "Paused. Before: not paused." in history
    assert "Resumed. Before: paused by ann" in history


def test_several_are_paused_and_resumed_from_the_list_each_with_its_entry(job: Job, manager: Client) -> None:
    other = Job.objects.create(code="shop.sum", class_path="shop.cron.Sum", is_listed=True)
    both = [other.pk, job.pk]
    asked = manager.post(reverse(JOBS), {"action": "pause", "_selected_action": both})
    assert asked["Location"] == reverse(PAUSE, query={"job": both})
    manager.post(reverse(PAUSE), {"job": both, "reason": "x"})
    assert Pause.objects.active(timezone.now()).count() == 2
    asked = manager.post(reverse(JOBS), {"action": "resume", "_selected_action": both})
    assert asked["Location"] == reverse(RESUME, query={"job": both})
    manager.post(reverse(RESUME), {"job": both})
    assert not Pause.objects.active(timezone.now()).exists()
    assert LogEntry.objects.count() == 4


def test_what_is_not_paused_cannot_be_resumed(job: Job, manager: Client) -> None:
    page = manager.get(reverse(RESUME), {"job": job.pk}).content.decode()
    assert "there is nothing to resume" in page
    assert 'name="reason"' not in page
    assert "Not paused: shop.tidy." in manager.post(reverse(RESUME), {"job": job.pk}, follow=True).content.decode()


def test_what_is_not_in_cron_classes_any_more_is_not_offered_to_be_paused(job: Job, manager: Client) -> None:
    page = reverse("admin:jobs_job_change", args=[job.pk])
    assert f"job/pause/?job={job.pk}" in manager.get(page).content.decode()
    Job.objects.update(is_listed=False)
    assert f"job/pause/?job={job.pk}" not in manager.get(page).content.decode()
