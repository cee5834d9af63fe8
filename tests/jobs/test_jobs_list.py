"""The list of jobs and a job's page: what a person in a hurry wants to know, at a cost that does not grow."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice.jobs import control, lifecycle
from backoffice.jobs.lifecycle import Holder, Outcome
from backoffice.jobs.models import Job, MissedPolicy, OverlapPolicy, RunStatus
from tests.jobs.staff import logged_in, person

pytestmark = pytest.mark.django_db

JOBS = "admin:jobs_job_changelist"
SETTINGS = {"is_enabled": "on", "missed_policy": MissedPolicy.RUN_ONCE, "overlap_policy": OverlapPolicy.SKIP}


def make(code: str, **values: object) -> Job:
    later = timezone.now() + timedelta(minutes=5)
    defaults = {"class_path": f"x.{code}", "is_listed": True, "next_due_at": later, "next_slot_at": later}
    return Job.objects.create(code=code, **(defaults | values))


@pytest.fixture
def job() -> Job:
    Job.objects.all().delete()
    return make("shop.tidy")


@pytest.fixture
def manager() -> Client:
    return logged_in("Job manager", name="ann")


def listed(client: Client, state: str) -> list[str]:
    return [job.code for job in client.get(reverse(JOBS), {"state": state}).context["cl"].result_list]


def test_a_row_says_what_the_last_run_did_and_when_the_next_comes(job: Job, manager: Client) -> None:
    run = control.run_now(job, timezone.now())
    assert lifecycle.start(run, Holder("host-a", 1, 2))
    assert lifecycle.finish(run, Outcome(RunStatus.SUCCEEDED, "sent <08:00> to 412 people"))
    page = manager.get(reverse(JOBS)).content.decode()
    for words in (
        "sent &lt;08:00&gt; to 412 people",
        ">100 % succeeded</span>",
        "The last run: 1 succeeded.",
        "in 5 min",
    ):
        assert words in page
    page = manager.get(reverse("admin:jobs_job_change", args=[job.pk])).content.decode()
    assert reverse("admin:jobs_run_change", args=[run.pk]) in page
    assert "#1 succeeded, " in page.replace(f"#{run.pk} ", "#1 ")


def test_a_retry_that_comes_before_the_next_slot_is_called_one(job: Job, manager: Client) -> None:
    Job.objects.update(retry_at=F("next_due_at"))
    assert "in 5 min (retry)" in manager.get(reverse(JOBS)).content.decode()


def test_a_job_that_was_only_ever_cancelled_has_run_but_not_succeeded(job: Job, manager: Client) -> None:
    run = control.run_now(job, timezone.now())
    assert lifecycle.start(run, Holder("host-a", 1, 2))
    assert lifecycle.finish(run, Outcome(RunStatus.CANCELLED, "Cancelled by ann."))
    assert ">has not succeeded yet</span>" in manager.get(reverse(JOBS)).content.decode()


def test_jobs_are_found_by_their_state(job: Job, manager: Client) -> None:
    now = timezone.now()
    make("failing", failures_in_a_row=2)
    make("overdue", next_due_at=now - timedelta(hours=1))
    make("off", is_enabled=False, next_due_at=now - timedelta(hours=1))
    make("broken", problem="It cannot be imported.")
    make("unlisted", is_listed=False, failures_in_a_row=1)
    control.pause(make("paused", next_due_at=now - timedelta(hours=1)), now - timedelta(hours=2))
    running = control.run_now(make("running"), now)
    assert lifecycle.start(running, Holder("host-a", 1, 2))
    for state in ("failing", "overdue", "off", "broken", "unlisted", "paused", "running"):
        assert listed(manager, state) == [state]
    assert len(listed(manager, "")) == 8


def test_a_list_takes_as_many_queries_for_fifty_jobs_as_for_one(job: Job, manager: Client) -> None:
    counts = []
    ann = person("Viewer")
    for rows in (1, 48):
        for number in range(rows):
            one = make(f"job{rows}.{number}")
            run = control.run_now(one, timezone.now())
            assert lifecycle.start(run, Holder("host-a", 1, 2))
            if number % 2:
                assert lifecycle.finish(run, Outcome(RunStatus.SUCCEEDED, "done"))
            control.pause(one, timezone.now(), reason="x")
            one.pause.by = ann
            one.pause.save()
        with CaptureQueriesContext(connection) as queries:
            page = manager.get(reverse(JOBS)).content.decode()
        counts.append(len(queries))
    assert "paused by viewer" in page
    assert counts[0] == counts[1] <= 13
    assert not [query["sql"] for query in queries if "cronjoblog" in query["sql"]], "the log is not read for it"


def test_who_can_change_nothing_sees_the_settings_and_is_not_asked_why(job: Job) -> None:
    page = logged_in("Viewer").get(reverse("admin:jobs_job_change", args=[job.pk])).content.decode()
    assert "skip it" in page
    assert "Why it is changed" not in page


def test_settings_are_saved_with_before_after_and_why_in_the_history(job: Job, manager: Client) -> None:
    url = reverse("admin:jobs_job_change", args=[job.pk])
    sent = SETTINGS | {"overlap_policy": OverlapPolicy.WAIT, "max_retries": "3", "reason": "it <must> not be lost"}
    assert manager.post(url, sent).status_code == 302
    job.refresh_from_db()
    assert (job.overlap_policy, job.max_retries) == (OverlapPolicy.WAIT, 3)
    assert LogEntry.objects.count() == 1, "and no second entry by the admin itself"
    history = manager.get(reverse("admin:jobs_job_history", args=[job.pk])).content.decode()
    assert "while it still runs: skip it → wait for its turn" in history
    assert "retries: as in the code → 3. it &lt;must&gt; not be lost" in history
    assert manager.post(url, sent).status_code == 302
    assert LogEntry.objects.count() == 1, "nothing was changed the second time"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"time_limit_seconds": "0"}, "Give a number of seconds from 1 to 86400"),
        ({"time_limit_seconds": "100000"}, "Give a number of seconds from 1 to 86400"),
        ({"max_retries": "101"}, "Give a number from 0 to 100"),
        ({"max_retries": "-1"}, "greater than or equal to 0"),
        ({"retry_pause_minutes": "5"}, "Say how often it is tried again, too"),
        ({"overlap_policy": "both"}, "Select a valid choice"),
    ],
)
def test_a_setting_that_cannot_be_is_said_at_its_field(
    job: Job, manager: Client, values: dict[str, str], words: str
) -> None:
    answer = manager.post(reverse("admin:jobs_job_change", args=[job.pk]), SETTINGS | values)
    (field,) = values
    assert words in str(answer.context["adminform"].form.errors[field])
    assert not LogEntry.objects.exists()
