"""Cancelling and running again in the browser: asked first, on record, and led to what became of it."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from backoffice.jobs import control, lifecycle
from backoffice.jobs.lifecycle import Holder, Outcome
from backoffice.jobs.models import Job, Run, RunStatus
from tests.jobs.staff import logged_in

pytestmark = pytest.mark.django_db

CANCEL, AGAIN = "admin:jobs_run_cancel", "admin:jobs_run_again"
RUNS = "admin:jobs_run_changelist"


@pytest.fixture
def job() -> Job:
    return Job.objects.create(code="shop.tidy", class_path="shop.cron.Tidy", is_listed=True, supports_dry_run=True)


@pytest.fixture
def manager() -> Client:
    return logged_in("Job manager", name="ann")


def queued(job: Job, **options: bool) -> Run:
    return control.run_now(job, timezone.now(), **options)


def running(job: Job) -> Run:
    run = queued(job)
    assert lifecycle.start(run, Holder("host-a", 77, 78))
    return run


def ended(job: Job, **options: bool) -> Run:
    run = queued(job, **options)
    assert lifecycle.start(run, Holder("host-a", 77, 78))
    assert lifecycle.finish(run, Outcome(RunStatus.FAILED, "no <such> account"))
    return run


def test_asking_says_what_would_follow_and_changes_nothing(job: Job, manager: Client) -> None:
    run = running(job)
    page = manager.get(reverse(CANCEL), {"run": run.pk, "reason": "x"}).content.decode()
    assert "It is asked to stop, and ended by force if it does not." in page
    assert "host-a, process 78" in page
    run.refresh_from_db()
    assert run.cancel_requested_at is None


def test_a_run_is_cancelled_with_a_reason_and_the_person_led_to_it(job: Job, manager: Client) -> None:
    run = running(job)
    assert "This field is required" in manager.post(reverse(CANCEL), {"run": run.pk}).content.decode()
    answer = manager.post(reverse(CANCEL), {"run": run.pk, "reason": "wrong prices"}, follow=True)
    assert answer.redirect_chain == [(reverse("admin:jobs_run_change", args=[run.pk]), 302)]
    assert f"shop.tidy #{run.pk} is asked to stop." in answer.content.decode()
    run.refresh_from_db()
    assert (run.cancel_reason, str(run.cancel_requested_by)) == ("wrong prices", "ann")
    assert "wrong prices" in LogEntry.objects.get().change_message
    assert "it is being stopped" in manager.get(reverse(CANCEL), {"run": run.pk}).content.decode()


def test_several_are_cancelled_from_the_list_each_as_it_stands(job: Job, manager: Client) -> None:
    runs = [ended(job), running(job), queued(job)]
    keys = [run.pk for run in runs]
    asked = manager.post(reverse(RUNS), {"action": "cancel_runs", "_selected_action": keys}, follow=True)
    page = asked.content.decode()
    for words in ("there is nothing to cancel", "asked to stop, and ended", "out of the queue, and does nothing"):
        assert words in page
    done = manager.post(reverse(CANCEL), {"run": keys, "reason": "x"}, follow=True).content.decode()
    for run, words in zip(
        runs, ("has ended already.", "is asked to stop.", "was taken out of the queue."), strict=True
    ):
        assert f"{run} {words}" in done
    assert [run.status for run in Run.objects.order_by("pk")] == ["failed", "running", "cancelled"]
    assert 'name="reason"' not in manager.get(reverse(CANCEL), {"run": keys[0]}).content.decode()


def test_what_runs_of_some_jobs_is_cancelled_from_their_list(job: Job, manager: Client) -> None:
    url = reverse("admin:jobs_job_changelist")
    chosen = {"action": "cancel", "_selected_action": [job.pk]}
    assert "None of these runs" in manager.post(url, chosen, follow=True).content.decode()
    runs = [running(job).pk, queued(job).pk]
    assert manager.post(url, chosen)["Location"] == reverse(CANCEL, query={"run": runs})


def test_a_run_is_made_again_and_names_the_one_that_it_repeats(job: Job, manager: Client) -> None:
    run = ended(job, dry_run=True)
    page = manager.get(reverse(AGAIN), {"run": run.pk}).content.decode()
    assert "no &lt;such&gt; account" in page
    assert "It was a dry run, and the new one is one, too." in page
    assert Run.objects.count() == 1
    answer = manager.post(reverse(AGAIN), {"run": run.pk, "reason": "it is there now"}, follow=True)
    made = Run.objects.get(retry_of=run)
    assert made.is_dry_run
    assert answer.redirect_chain == [(reverse("admin:jobs_run_change", args=[made.pk]), 302)]
    assert f">shop.tidy #{run.pk}</a>" in answer.content.decode()
    again = manager.post(reverse(AGAIN), {"run": run.pk}, follow=True).content.decode()
    assert "waits in the queue already" in again


def test_a_dry_run_that_its_job_no_longer_supports_is_refused_in_words(job: Job, manager: Client) -> None:
    run = ended(job, dry_run=True)
    Job.objects.update(supports_dry_run=False)
    page = manager.post(reverse(AGAIN), {"run": run.pk}, follow=True).content.decode()
    assert "shop.tidy cannot be tried out" in page
    assert Run.objects.count() == 1


def test_a_dry_run_is_offered_where_the_job_supports_it(job: Job, manager: Client) -> None:
    page = reverse("admin:jobs_job_run_now")
    other = Job.objects.create(code="shop.sum", class_path="shop.cron.Sum")
    assert 'name="dry_run"' not in manager.get(page, {"job": [job.pk, other.pk]}).content.decode()
    assert 'name="dry_run"' in manager.get(page, {"job": job.pk}).content.decode()
    manager.post(page, {"job": job.pk, "dry_run": "on"})
    assert Run.objects.get().is_dry_run
    assert "Dry run: run" in LogEntry.objects.get().change_message


def test_a_run_that_has_no_process_of_its_own_says_that_it_cannot_be_cancelled(job: Job, manager: Client) -> None:
    run = queued(job)
    assert lifecycle.start(run, Holder("host-a", 77, 77))
    page = manager.post(reverse(CANCEL), {"run": run.pk, "reason": "x"}, follow=True).content.decode()
    assert "cannot be cancelled" in page
