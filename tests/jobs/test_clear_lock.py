"""Clearing a lock: a dead holder's is freed, a living one's only by force, and all of it is on record."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_cron.models import CronJobLock, CronJobLog

from backoffice.jobs import control, lifecycle
from backoffice.jobs.lifecycle import Holder, Outcome
from backoffice.jobs.models import Job, Lease, Run, RunStatus
from tests.jobs.staff import logged_in, person

pytestmark = pytest.mark.django_db

PAGE = "admin:jobs_job_clear_lock"


@pytest.fixture
def job() -> Job:
    Job.objects.all().delete()
    return Job.objects.create(code="shop.tidy", class_path="shop.cron.Tidy", is_listed=True)


def started(job: Job) -> Run:
    run = control.run_now(job, timezone.now())
    assert lifecycle.start(run, Holder("host-a", 77, 78))
    return run


def died(job: Job) -> Run:
    """A run whose supervisor was killed a while ago."""
    run = started(job)
    long_ago = timezone.now() - timedelta(seconds=90)
    Lease.objects.filter(run=run).update(heartbeat_at=long_ago, expires_at=long_ago + timedelta(seconds=60))
    return run


def status(run: Run) -> str:
    run.refresh_from_db()
    return run.status


def cleared(job: Job, *, force: bool = False) -> bool:
    """By a person, and whether there was anything to clear."""
    user = User.objects.filter(username="ann").first() or person("Job manager", "force_clear_lock", name="ann")
    return control.clear_lock(job, timezone.now(), by=user, reason="host-a burnt down", force=force)


# --- What is done -----------------------------------------------------------------------------------------


def test_the_lock_of_a_dead_holder_is_freed_and_its_run_is_interrupted_and_logged(job: Job) -> None:
    run = died(job)
    assert cleared(job)
    assert status(run) == RunStatus.INTERRUPTED
    assert [log.is_success for log in CronJobLog.objects.filter(code=job.code)] == [False]
    assert not Lease.objects.held().exists()
    assert lifecycle.start(control.run_now(job, timezone.now()), Holder("host-b", 1, 2))


def test_who_cleared_what_and_why_is_in_the_jobs_history(job: Job) -> None:
    run = died(job)
    assert cleared(job)
    entry = LogEntry.objects.get(object_id=str(job.pk))
    assert entry.user.username == "ann"
    for words in (f"shop.tidy #{run.pk} on host-a", "process 77", "host-a burnt down"):
        assert words in entry.change_message
    assert re.search(r"last sign of life 9\d s ago", entry.change_message)


def test_a_free_lock_is_said_to_be_free_and_leaves_no_entry(job: Job) -> None:
    assert lifecycle.finish(started(job), Outcome(RunStatus.SUCCEEDED))
    assert not cleared(job)
    assert not LogEntry.objects.exists()


def test_a_living_holder_is_refused_by_name(job: Job) -> None:
    run = started(job)
    with pytest.raises(control.LockIsHeld) as refusal:
        cleared(job)
    words = rf"shop\.tidy #{run.pk} on host-a, process 77, last sign of life \d s ago\. It counts as alive.* in \d\d s"
    assert re.search(words, str(refusal.value))
    assert status(run) == RunStatus.RUNNING
    assert Lease.objects.get().token == run.token
    assert not LogEntry.objects.exists()


def test_a_run_whose_lock_was_cleared_by_force_can_change_nothing_afterwards(job: Job) -> None:
    run = started(job)
    assert cleared(job, force=True)

    assert Lease.objects.renew([run.token]) == set(), "its supervisor ends it"
    assert not lifecycle.finish(run, Outcome(RunStatus.SUCCEEDED, "too late"))
    assert not lifecycle.abandon_start(run, "too late")

    assert status(run) == RunStatus.INTERRUPTED
    assert run.summary == "Interrupted: its lock was cleared by ann. host-a burnt down"
    log = CronJobLog.objects.get()
    assert not log.is_success
    assert log.message.strip() == run.summary
    assert LogEntry.objects.get().change_message.startswith("Cleared the lock by force: held by shop.tidy")


def test_the_next_run_is_untouched_by_the_one_whose_lock_was_cleared(job: Job) -> None:
    old = started(job)
    assert cleared(job, force=True)
    new = started(job)
    assert not lifecycle.finish(old, Outcome(RunStatus.FAILED, "too late"))
    assert Lease.objects.get().token == new.token
    assert lifecycle.finish(new, Outcome(RunStatus.SUCCEEDED))


def test_runs_that_may_stand_beside_each_other_are_refused_together(job: Job) -> None:
    job.allows_parallel_runs = True
    job.save()
    alive, dead = started(job), died(job)
    with pytest.raises(control.LockIsHeld):
        cleared(job)
    assert status(dead) == RunStatus.RUNNING, "all of it or nothing"
    assert cleared(job, force=True)
    assert {status(dead), status(alive)} == {RunStatus.INTERRUPTED}


def test_the_lock_of_a_stock_manager_that_died_is_freed(job: Job) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    Lease.objects.create(key=job.code, token=uuid.uuid4(), host="host-c", pid=5, expires_at=long_ago)
    assert cleared(job)
    assert not Lease.objects.held().exists()


def test_djangos_cron_own_lock_of_a_killed_process_is_reset(job: Job) -> None:
    for name in (job.class_path, "shop.cron.Other"):
        CronJobLock.objects.create(job_name=name, locked=True)
    assert cleared(job)
    assert list(CronJobLock.objects.filter(locked=True).values_list("job_name", flat=True)) == ["shop.cron.Other"]
    assert not cleared(job)


def test_djangos_cron_own_lock_stays_while_a_run_lives(job: Job) -> None:
    CronJobLock.objects.create(job_name=job.class_path, locked=True)
    started(job)
    with pytest.raises(control.LockIsHeld):
        cleared(job)
    assert CronJobLock.objects.get().locked


# --- Who may ----------------------------------------------------------------------------------------------


def test_without_the_permission_it_is_neither_shown_nor_done(job: Job) -> None:
    run = died(job)
    client = logged_in("Viewer")
    assert client.get(reverse(PAGE), {"job": job.pk}).status_code == 403
    assert client.post(reverse(PAGE), {"job": job.pk, "reason": "x"}).status_code == 403
    lists = ["jobs_job", "jobs_lease", "django_cron_cronjoblog", "django_cron_cronjoblock"]
    pages = [*(reverse(f"admin:{name}_changelist") for name in lists), reverse("admin:jobs_job_change", args=[job.pk])]
    for url in pages:
        page = client.get(url).content.decode()
        assert "clear-lock" not in page
        assert "clear_lock" not in page
    with pytest.raises(PermissionDenied):
        control.clear_lock(job, timezone.now(), by=User.objects.get())
    assert status(run) == RunStatus.RUNNING


def test_forcing_takes_a_permission_of_its_own(job: Job) -> None:
    run = started(job)
    client = logged_in("Job manager")
    page = client.get(reverse(PAGE), {"job": job.pk}).content.decode()
    assert re.search(r"It counts as alive; without another sign of life the lock is free in \d\d s\.", page)
    assert 'name="force"' not in page
    assert 'name="reason"' not in page, "there is nothing that they could do"
    assert f'href="{reverse("admin:jobs_run_cancel")}?run={run.pk}"' in page, "the orderly way is offered instead"
    assert client.post(reverse(PAGE), {"job": job.pk, "reason": "x", "force": "on"}).status_code == 403
    assert status(run) == RunStatus.RUNNING


def test_what_to_do_instead_is_offered_about_all_runs_that_live_and_to_those_who_may(job: Job) -> None:
    alive, dead = started(job), died(Job.objects.create(code="shop.dead", class_path="shop.cron.Dead"))
    other = started(Job.objects.create(code="shop.other", class_path="shop.cron.Other"))
    Lease.objects.create(key="shop.dead#0", job=dead.job, token=uuid.uuid4(), expires_at=alive.lease.expires_at)

    def offered(*runs: Run, name: str = "ann") -> list[tuple[str, str]]:
        client = Client()
        client.force_login(User.objects.get(username=name))
        page = client.get(reverse(PAGE), {"job": [run.job_id for run in runs]}).content.decode()
        return re.findall(r'href="[^"]*/run/cancel/\??([^"]*)"[^>]*>([^<]+)</a>', page)

    person("Job manager", name="ann")
    assert offered(alive, dead) == [(f"run={alive.pk}", "Cancel the run instead")]
    assert offered(alive, other) == [(f"run={other.pk}&amp;run={alive.pk}", "Cancel the runs instead")]
    assert offered(dead) == []
    person("Viewer", "clear_lock", name="may-not-cancel")
    assert offered(alive, name="may-not-cancel") == []


def test_nobody_is_asked_to_force_what_can_be_cleared_anyway(job: Job) -> None:
    run = died(job)
    client = logged_in("Job manager", "force_clear_lock")
    page = client.get(reverse(PAGE), {"job": run.job_id}).content.decode()
    assert ('name="reason"' in page, 'name="force"' in page) == (True, False)


def test_a_row_of_the_jobs_offers_it_where_there_is_something_to_clear(job: Job) -> None:
    free = Job.objects.create(code="shop.free", class_path="shop.cron.Free")
    stock = Job.objects.create(code="shop.stock", class_path="shop.cron.Stock")
    CronJobLock.objects.create(job_name=stock.class_path, locked=True)
    alive = Job.objects.create(code="shop.alive", class_path="shop.cron.Alive")
    died(job)
    started(alive)

    def offered(*permissions: str) -> list[Job]:
        client = logged_in("Job manager", *permissions, name="".join(("ann", *permissions)))
        page = client.get(reverse("admin:jobs_job_changelist")).content.decode()
        return [one for one in (job, stock, free, alive) if f'href="{reverse(PAGE)}?job={one.pk}"' in page]

    assert offered() == [job, stock]
    assert offered("force_clear_lock") == [job, stock, alive]


# --- In the browser ---------------------------------------------------------------------------------------


@pytest.fixture
def manager() -> Client:
    return logged_in("Job manager", "force_clear_lock")


def test_the_page_shows_the_holder_and_what_would_follow_and_changes_nothing(job: Job, manager: Client) -> None:
    run = died(job)
    page = manager.get(reverse(PAGE), {"job": job.pk, "reason": "x", "force": "on"}).content.decode()
    for words in (f"shop.tidy #{run.pk}", "host-a", "77", "recorded as interrupted"):
        assert words in page
    assert re.search(r"1 min 3\d s ago", page)
    assert status(run) == RunStatus.RUNNING


def test_a_reason_is_asked_for(job: Job, manager: Client) -> None:
    run = died(job)
    assert "This field is required" in manager.post(reverse(PAGE), {"job": job.pk}).content.decode()
    assert status(run) == RunStatus.RUNNING


def test_a_lock_is_cleared_and_the_person_told_so(job: Job, manager: Client) -> None:
    run = died(job)
    page = manager.post(reverse(PAGE), {"job": job.pk, "reason": "x"}, follow=True).content.decode()
    assert "The lock of shop.tidy was cleared." in page
    assert status(run) == RunStatus.INTERRUPTED
    again = manager.post(reverse(PAGE), {"job": job.pk, "reason": "x"}, follow=True).content.decode()
    assert "is free: there was nothing to clear" in again


def test_a_refusal_is_said_and_force_is_offered_to_those_who_may(job: Job, manager: Client) -> None:
    run = started(job)
    page = manager.post(reverse(PAGE), {"job": job.pk, "reason": "x"}, follow=True).content.decode()
    assert "Not cleared: the lock is held by" in page
    assert 'name="force"' in page
    assert status(run) == RunStatus.RUNNING
    manager.post(reverse(PAGE), {"job": job.pk, "reason": "x", "force": "on"})
    assert status(run) == RunStatus.INTERRUPTED


@pytest.mark.parametrize("model", ["jobs_job", "jobs_lease", "django_cron_cronjoblog", "django_cron_cronjoblock"])
def test_every_list_leads_to_the_page_of_the_chosen_jobs(job: Job, manager: Client, model: str) -> None:
    started(job)
    now = timezone.now()
    log = CronJobLog.objects.create(code=job.code, start_time=now, end_time=now, is_success=True)
    stock = CronJobLock.objects.create(job_name=job.class_path, locked=True)
    rows = {"job": job, "lease": Lease.objects.get(), "cronjoblog": log, "cronjoblock": stock}
    row = rows[model.rpartition("_")[2]]
    answer = manager.post(reverse(f"admin:{model}_changelist"), {"action": "clear_lock", "_selected_action": [row.pk]})
    assert answer["Location"] == reverse(PAGE, query={"job": [job.pk]})
