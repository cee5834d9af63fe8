"""A run's page follows the run: how far it is, what it says, and that it has ended."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from backoffice.jobs import control, lifecycle
from backoffice.jobs.lifecycle import Holder, Outcome
from backoffice.jobs.models import Job, Lease, Run, RunOutput, RunStatus, RunTrigger
from tests.jobs.staff import logged_in, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def job() -> Job:
    return Job.objects.create(code="shop.tidy", class_path="shop.cron.Tidy", is_listed=True)


@pytest.fixture
def viewer() -> Client:
    return logged_in("Viewer")


def started(job: Job, *, seconds_ago: float = 0) -> Run:
    run = control.run_now(job, timezone.now())
    assert lifecycle.start(run, Holder("host-a", 77, 78))
    Run.objects.filter(pk=run.pk).update(started_at=timezone.now() - timedelta(seconds=seconds_ago))
    return run


def took(job: Job, *seconds: float) -> None:
    now = timezone.now()
    for length in seconds:
        values = {"due_at": now, "queued_at": now, "started_at": now, "ended_at": now + timedelta(seconds=length)}
        Run.objects.create(job=job, status=RunStatus.SUCCEEDED, trigger=RunTrigger.SLOT, **values)


def say(run: Run, position: int, text: str) -> None:
    RunOutput.objects.create(run=run, position=position, text=text)


def page(client: Client, run: Run) -> str:
    return client.get(reverse("admin:jobs_run_change", args=[run.pk])).content.decode()


def asked(client: Client, run: Run, after: int | str = -1) -> str:
    answer = client.get(reverse("admin:jobs_run_watch", args=[run.pk]), {"after": after})
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_says_how_long_it_runs_and_how_long_that_usually_takes(job: Job, viewer: Client) -> None:
    took(job, *range(100, 130))
    text = page(viewer, started(job, seconds_ago=65))
    assert re.search(r"for 1 min [5-9] s", text)
    assert "Usually 1 min 54 s; 95 of 100 runs are done within 2 min 8 s. It is ended after 24 h." in text
    assert "longer than usual" not in text
    Lease.objects.all().delete()
    Run.objects.filter(status=RunStatus.RUNNING).delete()
    assert "longer than usual" in page(viewer, started(job, seconds_ago=200))


def test_of_a_few_runs_no_more_is_said_than_they_tell(job: Job, viewer: Client) -> None:
    run = started(job, seconds_ago=1)
    assert "How long it usually takes is not known yet." in page(viewer, run)
    took(job, 40)
    assert "Its only run that succeeded took 40 s." in page(viewer, run)
    took(job, 60)
    assert "Usually 50 s; the longest of 2 runs took 1 min." in page(viewer, run)


def test_what_it_reports_and_says_is_shown_as_text(job: Job, viewer: Client) -> None:
    run = started(job)
    values = {"progress_done": 45, "progress_total": 90, "progress_what": "<lists>"}
    Run.objects.filter(pk=run.pk).update(**values)
    say(run, 0, "first <b>\n")
    for text in (page(viewer, run), asked(viewer, run)):
        assert "45 of 90 &lt;lists&gt; (50 %)" in text
        assert 'max="1" value="0.5000"' in text
        assert "first &lt;b&gt;" in text


def test_an_answer_carries_what_is_new_and_asks_for_what_comes_after(job: Job, viewer: Client) -> None:
    run = started(job)
    for position in range(3):
        say(run, position, f"piece {position}\n")
    assert f"{reverse('admin:jobs_run_watch', args=[run.pk])}?after=2" in page(viewer, run)
    text = asked(viewer, run, after=0)
    assert "piece 0" not in text
    assert '<div hx-swap-oob="beforeend:#output">piece 1\npiece 2\n</div>' in text
    assert "?after=2" in text
    assert "beforeend" not in asked(viewer, run, after=2)
    assert "piece 0" in asked(viewer, run, after="nonsense")


def test_an_answer_is_two_queries_beside_those_that_say_who_asks(
    job: Job, viewer: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    run = started(job)
    for position in range(60):
        say(run, position, "x\n")
    asked(viewer, run)
    # session, user, permissions of the user and groups; the run, and how long it usually takes
    with django_assert_num_queries(6):
        assert "?after=49" in asked(viewer, run)


def test_what_the_page_says_of_when_and_where_follows_once_the_run_has_begun(job: Job, viewer: Client) -> None:
    run = control.run_now(job, timezone.now())
    assert "field-started" not in asked(viewer, run)
    assert lifecycle.start(run, Holder("host-a", 77, 78))
    for place, words in ((".field-started .readonly", "<time "), (".field-where .readonly", "host-a, process 78")):
        assert f'<div hx-swap-oob="innerHTML:{place}">{words}' in asked(viewer, run)


def test_it_asks_no_more_when_the_run_has_ended_and_the_page_says_what_it_did(job: Job, viewer: Client) -> None:
    run = started(job)
    assert "http-equiv" in page(viewer, run), "without JavaScript it loads anew by itself"
    run.refresh_from_db()
    assert lifecycle.finish(run, Outcome(RunStatus.SUCCEEDED, "sent to <412> people"))
    answer = viewer.get(reverse("admin:jobs_run_watch", args=[run.pk]))
    assert answer["HX-Refresh"] == "true"
    text = page(viewer, run)
    assert "sent to &lt;412&gt; people" in text
    assert reverse("admin:django_cron_cronjoblog_change", args=[run.log_id or 0]) in text
    assert "hx-get" not in text
    assert "http-equiv" not in text
    assert "run-again" not in text
    assert "run-again" in page(logged_in("Job manager"), run)


def test_of_much_output_the_last_part_is_shown_and_all_of_it_is_a_file(job: Job, viewer: Client) -> None:
    run = started(job)
    for position in range(60):
        say(run, position, f"piece {position} <b>\n")
    text = page(viewer, run)
    assert "piece 9 " not in text
    assert "piece 10 &lt;b&gt;\n" in text
    url = reverse("admin:jobs_run_output", args=[run.pk])
    assert f'href="{url}"' in text
    answer = viewer.get(url)
    assert b"".join(answer.streaming_content).decode().splitlines()[0] == "piece 0 <b>"
    assert answer["Content-Disposition"].startswith("attachment")
    assert viewer.post(url).status_code == 405
    assert logged_in("Report editor").get(url).status_code == 200
    User.objects.get(username="viewer").groups.clear()
    assert viewer.get(url).status_code == 403


def test_a_run_that_waits_says_what_for(job: Job, viewer: Client) -> None:
    run = control.run_now(job, timezone.now())
    assert "The scheduler starts it within seconds." in asked(viewer, run)
    Run.objects.filter(pk=run.pk).update(queued_at=timezone.now() - timedelta(minutes=1))
    assert "No scheduler lives that could start it." in asked(viewer, run)


def test_a_run_that_waits_for_another_says_so_from_the_beginning(job: Job, viewer: Client) -> None:
    going, ann = started(job), person("Job manager", name="ann")
    run = control.run_now(job, timezone.now(), by=ann)
    for shown in (page(viewer, run), asked(viewer, run)):
        assert "The job is still running: this run waits for its turn." in shown
        assert "The scheduler starts it within seconds." not in shown
    Lease.objects.filter(run=going).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "The scheduler starts it within seconds." in asked(viewer, run)


def test_a_run_that_is_being_cancelled_says_who_wants_it_and_why_and_is_not_cancelled_twice(job: Job) -> None:
    run, ann = started(job), person("Job manager", name="ann")
    client = Client()
    client.force_login(ann)
    assert "Cancel the run" in asked(client, run)
    assert control.cancel(run, timezone.now(), by=ann, reason="<wrong> prices")
    text = asked(client, run)
    assert "Being cancelled: ann asked for it 0 s ago. &lt;wrong&gt; prices" in text
    assert "Cancel the run" not in text


def test_whose_session_has_ended_is_led_to_log_in_and_who_may_not_see_it_is_refused(job: Job) -> None:
    url = reverse("admin:jobs_run_watch", args=[started(job).pk])
    assert "/admin/login/" in Client().get(url)["Location"]
    assert Client().get(url, headers={"HX-Request": "true"}, follow=True)["HX-Refresh"] == "true"
    viewer = logged_in("Viewer")
    assert viewer.post(url).status_code == 405
    assert viewer.get(reverse("admin:jobs_run_watch", args=[0])).status_code == 404
    User.objects.get(username="viewer").groups.clear()
    assert viewer.get(url).status_code == 403
