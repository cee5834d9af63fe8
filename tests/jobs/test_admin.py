"""Jobs, runs, logs and locks in the browser: what is shown is what happened, and who may do what."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_cron.models import CronJobLock, CronJobLog

from backoffice.jobs import scheduler
from backoffice.jobs.models import Job, Lease, MissedPolicy, OverlapPolicy, Run, RunStatus, RunTrigger
from tests.jobs.staff import logged_in

pytestmark = pytest.mark.django_db

LOGS = "admin:django_cron_cronjoblog_changelist"
RUNS = "admin:jobs_run_changelist"
JOBS = "admin:jobs_job_changelist"

# What the page of a job sends where nothing is changed, but for the box *enabled*.
SETTINGS = {"missed_policy": MissedPolicy.RUN_ONCE, "overlap_policy": OverlapPolicy.SKIP}


@pytest.fixture
def job() -> Job:
    Job.objects.all().delete()
    due = timezone.now() + timedelta(minutes=5)
    return Job.objects.create(code="shop.tidy", class_path="shop.cron.Tidy", is_listed=True, next_due_at=due)


def add_log(code: str, *, days_ago: float = 0, is_success: bool = True, message: str = "", seconds: float = 1) -> None:
    start = timezone.now() - timedelta(days=days_ago)
    end = start + timedelta(seconds=seconds)
    CronJobLog.objects.create(code=code, start_time=start, end_time=end, is_success=is_success, message=message)


def add_run(job: Job, status: RunStatus, **values: object) -> Run:
    now = timezone.now()
    defaults = {"job": job, "status": status, "trigger": RunTrigger.SLOT, "due_at": now, "queued_at": now}
    return Run.objects.create(**(defaults | values))


def codes_listed(client: Client, **query: str) -> list[str]:
    return [log.code for log in client.get(reverse(LOGS), query).context["cl"].result_list]


# --- Logs -------------------------------------------------------------------------------------------------


def test_the_failures_of_yesterday_are_found_by_result_and_range_of_days(job: Job) -> None:
    client = logged_in("Viewer")
    for days_ago in (0, 1, 2):
        add_log(f"failed.{days_ago}", days_ago=days_ago, is_success=False)
        add_log(f"fine.{days_ago}", days_ago=days_ago)
    day = (timezone.localdate() - timedelta(days=1)).isoformat()
    found = codes_listed(client, result="failed", start_time__range__gte=day, start_time__range__lte=day)
    assert found == ["failed.1"]


def test_a_range_of_days_keeps_the_other_filters(job: Job) -> None:
    page = logged_in("Viewer").get(reverse(LOGS), {"result": "failed", "q": "tidy"}).content.decode()
    form = page[page.index('<form class="day-range"') :]
    form = form[: form.index("</form>")]
    assert '<input type="hidden" name="result" value="failed">' in form
    assert '<input type="hidden" name="q" value="tidy">' in form


def test_logs_are_found_by_job_and_by_duration(job: Job) -> None:
    client = logged_in("Viewer")
    add_log("shop.tidy", seconds=5)
    add_log("shop.slow", seconds=700)
    assert codes_listed(client, job="shop.tidy") == ["shop.tidy"]
    assert codes_listed(client, q="tidy") == ["shop.tidy"]
    assert codes_listed(client, q="shop.slow") == ["shop.slow"]  # not a job of ours any more, named in full
    assert codes_listed(client, duration="ten_minutes") == ["shop.slow"]
    assert codes_listed(client, duration="hour") == []


def test_a_list_of_logs_counts_once_and_reads_neither_all_codes_nor_whole_messages(job: Job) -> None:
    client = logged_in("Viewer")
    for number in range(60):
        add_log(f"job.{number}", message="x" * 5000)
    client.get(reverse(LOGS))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page = client.get(reverse(LOGS), {"q": "job"})
    of_log = [query["sql"] for query in queries if 'FROM "django_cron_cronjoblog"' in query["sql"]]
    assert page.status_code == 200
    assert sum("COUNT(" in sql for sql in of_log) == 1
    assert not [sql for sql in of_log if "DISTINCT" in sql]
    assert not [sql for sql in of_log if '"message"' in re.sub(r"(SUBSTR|LEFT|RIGHT)\([^)]*\)", "", sql)]
    assert len(queries) <= 13  # five of them look for the words in the jobs and the runs


def test_what_a_job_wrote_is_shown_as_text(job: Job) -> None:
    add_log("shop.tidy", message="<script>alert(1)</script>\nsecond line")
    client = logged_in("Viewer")
    log = CronJobLog.objects.get()
    pages = [reverse(LOGS), reverse("admin:django_cron_cronjoblog_change", args=[log.pk])]
    for url in pages:
        page = client.get(url).content.decode()
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)" in page
    assert "second line" in client.get(pages[1]).content.decode()


def test_the_page_of_a_log_says_how_it_ended_in_the_readers_language_only(job: Job) -> None:
    add_log("shop.tidy")
    client = logged_in("Viewer")
    client.cookies["django_language"] = "zh-hans"
    url = reverse("admin:django_cron_cronjoblog_change", args=[CronJobLog.objects.get().pk])
    page = client.get(url).content.decode()
    assert "Success" not in page  # which the log itself, in django-cron, is called by
    assert re.search(r"&rsaquo; shop\.tidy\s*</div>", page)
    assert "成功" in page


def test_the_list_shows_what_was_raised_instead_of_how_a_traceback_begins(job: Job) -> None:
    traceback = "\n".join(["Traceback (most recent call last):", *["  File x"] * 100, "ValueError: {}", ""])
    add_log("shop.tidy", is_success=False, message=traceback.format("no such account"))
    add_log("shop.tidy", message="first\nlast")
    add_log("shop.tidy", is_success=False, message=traceback.format("in full"))
    log = CronJobLog.objects.latest("pk")
    add_run(job, RunStatus.FAILED, log=log, summary="ValueError: in short")
    page = logged_in("Viewer").get(reverse(LOGS)).content.decode()
    assert ">ValueError: no such account</td>" in page
    assert ">ValueError: in short</td>" in page
    assert ">first</td>" in page
    assert "Traceback" not in page


def test_logs_runs_and_locks_can_be_changed_by_nobody(job: Job) -> None:
    add_log("shop.tidy")
    rows = [
        CronJobLog.objects.get(),
        add_run(job, RunStatus.SUCCEEDED),
        Lease.objects.create(key="shop.tidy", job=job),
        CronJobLock.objects.create(job_name="shop.tidy"),
    ]
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    for row in rows:
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}"
        assert client.get(reverse(f"{name}_changelist")).status_code == 200
        assert client.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200
        assert client.post(reverse(f"{name}_change", args=[row.pk]), {"code": "x"}).status_code == 403
        assert client.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
        assert client.get(reverse(f"{name}_add")).status_code == 403
        row.refresh_from_db()


@pytest.mark.parametrize("name", ["changelist", "change", "history"])
def test_the_pages_of_stocks_locks_say_nothing_in_english_to_a_chinese_reader(name: str) -> None:
    client = Client(headers={"Accept-Language": "zh-hans"})
    client.force_login(User.objects.create_superuser("root"))
    lock = CronJobLock.objects.create(job_name="shop.cron.Tidy")
    values = [] if name == "changelist" else [lock.pk]
    page = client.get(reverse(f"admin:django_cron_cronjoblock_{name}", args=values)).content.decode()
    assert "shop.cron.Tidy" in page
    assert re.findall("CronJobLock object|Job name", page) == []


def test_jobs_are_made_and_removed_by_code_alone(job: Job) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    assert client.get(reverse("admin:jobs_job_add")).status_code == 403
    assert client.post(reverse("admin:jobs_job_delete", args=[job.pk]), {"post": "yes"}).status_code == 403
    job.refresh_from_db()


# --- Runs -------------------------------------------------------------------------------------------------


def test_a_run_whose_supervisor_is_gone_is_shown_and_found_as_interrupted(job: Job) -> None:
    gone = add_run(job, RunStatus.RUNNING, started_at=timezone.now())
    alive = add_run(job, RunStatus.RUNNING, started_at=timezone.now())
    until = timezone.now() + timedelta(minutes=1)
    Lease.objects.create(key="k", job=job, run=alive, token=uuid.uuid4(), expires_at=until)
    client = logged_in("Viewer")

    def found(state: str) -> list[int]:
        return [run.pk for run in client.get(reverse(RUNS), {"state": state}).context["cl"].result_list]

    assert found("interrupted") == [gone.pk]
    assert found("trouble") == [gone.pk]
    assert found("running") == [alive.pk]
    page = client.get(reverse("admin:jobs_run_change", args=[gone.pk])).content.decode()
    assert "interrupted</span>" in page


def test_a_list_of_runs_takes_as_many_queries_for_fifty_as_for_one(job: Job) -> None:
    client = logged_in("Viewer")
    user = User.objects.create_user("ann")
    counts = []
    for rows in (1, 49):
        for _ in range(rows):
            add_run(job, RunStatus.RUNNING, trigger=RunTrigger.PERSON, requested_by=user)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(reverse(RUNS)).content.decode()
        counts.append(len(queries))
    assert "ann" in page
    assert counts[0] == counts[1]


# --- Jobs -------------------------------------------------------------------------------------------------


def test_a_job_that_cannot_run_says_why_in_the_list(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(problem="shop.cron.Tidy cannot be imported: <oops>")
    page = logged_in("Viewer").get(reverse(JOBS)).content.decode()
    assert "cannot run" in page
    assert "cannot be imported: &lt;oops&gt;" in page


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"is_enabled": False}, "switched off"),
        ({"is_listed": False}, "not listed in CRON_CLASSES"),
        ({"is_listed": False, "problem": "It cannot be imported."}, "cannot run"),
        ({"failures_in_a_row": 3}, "failed 3 times in a row"),
        ({"next_due_at": None}, "never comes due"),
        ({"last_success_at": timezone.now()}, "fine"),
        ({}, "has not run yet"),
    ],
)
def test_the_state_of_a_job_is_said_in_words(job: Job, values: dict[str, object], words: str) -> None:
    Job.objects.filter(pk=job.pk).update(**values)
    assert f">{words}</span>" in logged_in("Viewer").get(reverse(JOBS)).content.decode()


def test_a_job_manager_decides_whether_it_runs_and_what_becomes_of_missed_slots_and_no_more(job: Job) -> None:
    url = reverse("admin:jobs_job_change", args=[job.pk])
    sent = SETTINGS | {
        "missed_policy": MissedPolicy.RECORD,
        "code": "other",
        "class_path": "os.system",
        "lock_seconds": "1",
    }
    assert logged_in("Job manager").post(url, sent).status_code == 302
    job.refresh_from_db()
    assert (job.is_enabled, job.missed_policy) == (False, MissedPolicy.RECORD)
    assert (job.code, job.class_path, job.lock_seconds) == ("shop.tidy", "shop.cron.Tidy", 24 * 60 * 60)


def test_saving_a_job_leaves_alone_what_a_tick_may_have_written_meanwhile(job: Job) -> None:
    url = reverse("admin:jobs_job_change", args=[job.pk])
    with CaptureQueriesContext(connection) as queries:
        logged_in("Job manager").post(url, SETTINGS | {"is_enabled": "on", "missed_policy": MissedPolicy.RECORD})
    (update,) = [query["sql"] for query in queries if query["sql"].startswith('UPDATE "jobs_job"')]
    assert "missed_policy" in update
    assert "next_due_at" not in update


def test_what_came_due_while_a_job_was_switched_off_is_not_made_up_for(job: Job) -> None:
    days_ago = timezone.now() - timedelta(days=3)
    Job.objects.update(
        is_enabled=False,
        timetable_data={"every_minutes": 5},
        claimed_at=days_ago,
        interval_anchor=days_ago,
        next_slot_at=days_ago,
        next_due_at=days_ago,
    )
    url = reverse("admin:jobs_job_change", args=[job.pk])
    logged_in("Job manager").post(url, SETTINGS | {"is_enabled": "on"})
    job.refresh_from_db()
    run = scheduler.claim(job, timezone.now())
    assert run is not None
    assert run.slots_covered == 1


@pytest.mark.parametrize("role", ["Viewer", "Report editor"])
def test_others_change_and_run_no_job(job: Job, role: str) -> None:
    client = logged_in(role)
    url = reverse("admin:jobs_job_change", args=[job.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"missed_policy": MissedPolicy.RECORD}).status_code == 403
    client.post(reverse(JOBS), {"action": "run_now", "_selected_action": [job.pk]})
    job.refresh_from_db()
    assert job.is_enabled
    assert not Run.objects.exists()
