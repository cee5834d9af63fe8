"""Run now: asked about first, done once, on record, and by nobody who may not."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django_cron.models import CronJobLog

from backoffice.jobs import control, lifecycle
from backoffice.jobs.lifecycle import Holder, Outcome
from backoffice.jobs.models import Job, Run, RunStatus
from tests.jobs.staff import logged_in, person

pytestmark = pytest.mark.django_db

PAGE = "admin:jobs_job_run_now"
HOLDER = Holder("host-a", 77, 78)


@pytest.fixture
def job() -> Job:
    Job.objects.all().delete()
    due = timezone.now() + timedelta(minutes=5)
    return Job.objects.create(code="shop.tidy", class_path="shop.cron.Tidy", is_listed=True, next_due_at=due)


def test_asking_says_when_it_last_ran_what_it_did_and_who_runs_it_now_and_changes_nothing(job: Job) -> None:
    first = control.run_now(job, timezone.now())
    assert lifecycle.start(first, HOLDER)
    assert lifecycle.finish(first, Outcome(RunStatus.SUCCEEDED, "sent <08:00> to 412 people"))
    second = control.run_now(job, timezone.now(), by=person("Job manager", name="ann"))
    assert lifecycle.start(second, HOLDER)

    page = logged_in("Job manager").get(reverse(PAGE, query={"job": job.pk})).content.decode()

    assert "sent &lt;08:00&gt; to 412 people" in page
    assert f"It runs now: held by shop.tidy #{second.pk} on host-a, process 77" in page
    assert "never runs beside itself" in page
    assert Run.objects.count() == 2


def test_a_paused_job_says_that_what_is_due_waits_for_the_end_of_the_pause(job: Job) -> None:
    control.pause(job, timezone.now(), reason="stocktaking", until=None)
    page = logged_in("Job manager").get(reverse(PAGE, query={"job": job.pk})).content.decode()
    assert "when it is resumed, " in page


def test_a_person_queues_a_run_that_says_who_asked_and_why_and_is_led_to_it(job: Job) -> None:
    client = logged_in("Job manager")
    answer = client.post(reverse(PAGE), {"job": job.pk, "reason": "prices changed"})
    run = Run.objects.get()
    assert (run.status, run.trigger, run.reason) == ("queued", "person", "prices changed")
    assert run.requested_by == User.objects.get(username="job-manager")
    assert answer["Location"] == reverse("admin:jobs_run_change", args=[run.pk])
    page = client.get(answer["Location"]).content.decode()
    assert "job-manager" in page
    assert "prices changed" in page
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (run.requested_by, str(job.pk))
    assert "prices changed" in entry.change_message


def test_who_asks_is_told_which_runs_start_and_which_wait_for_one_that_goes_on(job: Job) -> None:
    jobs = [job, *(Job.objects.create(code=f"shop.{name}", class_path=f"shop.{name}") for name in ("a", "b"))]
    Job.objects.filter(code="shop.b").update(allows_parallel_runs=True)
    for busy in (jobs[0], Job.objects.get(code="shop.b")):
        assert lifecycle.start(control.run_now(busy, timezone.now()), HOLDER)
    keys = {"job": [job.pk for job in jobs]}
    said = logged_in("Job manager").post(reverse(PAGE), keys, follow=True).content.decode()
    assert "The run waits until the one that goes on has ended." in said
    assert "2 runs wait for the scheduler, which starts them within seconds." in said


def test_the_timetable_does_not_move(job: Job) -> None:
    before = Job.objects.filter(pk=job.pk).values("next_due_at", "next_slot_at", "claimed_at").get()
    logged_in("Job manager").post(reverse(PAGE), {"job": job.pk})
    assert Job.objects.filter(pk=job.pk).values("next_due_at", "next_slot_at", "claimed_at").get() == before


def test_the_second_of_two_people_is_told_that_a_run_waits_already(job: Job) -> None:
    logged_in("Job manager", name="ann").post(reverse(PAGE), {"job": job.pk})
    second = logged_in("Job manager", name="bob")
    answer = second.post(reverse(PAGE), {"job": job.pk}, follow=True)
    run = Run.objects.get()
    assert answer.redirect_chain == [(reverse("admin:jobs_run_change", args=[run.pk]), 302)]
    assert "asked for by ann, waits in the queue already" in answer.content.decode()


def test_a_run_may_be_asked_for_again_once_it_has_begun(job: Job) -> None:
    ann = person("Job manager")
    assert lifecycle.start(control.run_now(job, timezone.now(), by=ann), HOLDER)
    assert control.run_now(job, timezone.now(), by=ann)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_press_at_once_one_gets_a_run() -> None:
    job = Job.objects.create(code="shop.tidy", class_path="shop.cron.Tidy")
    people = [User.objects.create_superuser(f"person-{number}") for number in range(4)]
    barrier = threading.Barrier(len(people))
    refused: list[int] = []

    def press(user: User) -> None:
        try:
            barrier.wait(10)
            control.run_now(job, timezone.now(), by=user)
        except control.AlreadyQueued as already:
            refused.append(already.run.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=[user]) for user in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == [Run.objects.get().pk] * (len(people) - 1)


def test_several_jobs_are_asked_about_on_one_page_and_run_together(job: Job) -> None:
    other = Job.objects.create(code="shop.sum", class_path="shop.cron.Sum")
    client = logged_in("Job manager")
    chosen = {"action": "run_now", "_selected_action": [job.pk, other.pk]}
    asked = client.post(reverse("admin:jobs_job_changelist"), chosen, follow=True)
    assert "Run these 2 jobs now?" in asked.content.decode()
    assert not Run.objects.exists(), "asking does nothing"
    client.post(reverse(PAGE), {"job": [job.pk, other.pk], "reason": "both"})
    assert {run.job.code for run in Run.objects.all()} == {"shop.tidy", "shop.sum"}


def test_rows_of_the_log_lead_to_their_jobs_each_once(job: Job) -> None:
    now = timezone.now()
    for code in ("shop.tidy", "shop.tidy", "gone.job"):
        CronJobLog.objects.create(code=code, start_time=now, end_time=now, is_success=False)
    client = logged_in("Job manager")
    url = reverse("admin:django_cron_cronjoblog_changelist")

    def chosen(code: str) -> dict[str, object]:
        logs = CronJobLog.objects.filter(code=code)
        return {"action": "run_now", "_selected_action": list(logs.values_list("pk", flat=True))}

    assert client.post(url, chosen("shop.tidy"))["Location"] == reverse(PAGE, query={"job": [job.pk]})
    assert "a job that there is still" in client.post(url, chosen("gone.job"), follow=True).content.decode()


@pytest.mark.parametrize("role", ["Viewer", "Report editor"])
def test_without_the_permission_it_is_neither_shown_nor_done(job: Job, role: str) -> None:
    client = logged_in(role)
    assert client.get(reverse(PAGE), {"job": job.pk}).status_code == 403
    assert client.post(reverse(PAGE), {"job": job.pk}).status_code == 403
    pages = [
        reverse("admin:jobs_job_changelist"),
        reverse("admin:jobs_job_change", args=[job.pk]),
        reverse("admin:django_cron_cronjoblog_changelist"),
    ]
    for url in pages:
        page = client.get(url).content.decode()
        assert "run-now" not in page
        assert "run_now" not in page
    with pytest.raises(PermissionDenied):
        control.run_now(job, timezone.now(), by=User.objects.get())
    assert not Run.objects.exists()


def test_a_person_with_the_permission_finds_it_in_each_row_and_on_the_page_of_a_job(job: Job) -> None:
    client = logged_in("Job manager")
    link = f'href="{reverse(PAGE)}?job={job.pk}"'
    assert link in client.get(reverse("admin:jobs_job_changelist")).content.decode()
    assert link in client.get(reverse("admin:jobs_job_change", args=[job.pk])).content.decode()


@pytest.mark.parametrize("asked_for", ["", "?job=", "?job=0", "?job=x", f"?job={'9' * 30}", "?job=１"])
def test_a_page_for_no_job_is_not_there(job: Job, asked_for: str) -> None:
    assert logged_in("Job manager").get(reverse(PAGE) + asked_for).status_code == 404
