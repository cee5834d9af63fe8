"""Reports that nobody sends do not stop in silence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from backoffice.jobs import detached, registry
from backoffice.jobs.control import pause, resume
from backoffice.jobs.models import Job, Run
from reporter import control
from reporter.control import why_nothing_is_sent
from reporter.cron import SendDailyReportsCronJob
from reporter.models import Edition, Report
from reporter.publishing import publish
from reporter.sending_job import JOB
from tests.reporter.conftest import EIGHT, MakeReport

pytestmark = pytest.mark.django_db


class OwnTimesCronJob(SendDailyReportsCronJob):
    code = "tests.own_times"


def warned() -> list[str]:
    return [str(message.hint) for message in run_checks() if message.id == "reporter.W002"]


@pytest.fixture
def listed(settings: Any) -> None:
    settings.CRON_CLASSES = [JOB]
    registry.sync(timezone.now())


def test_a_job_that_is_not_listed_is_warned_of(settings: Any) -> None:
    settings.CRON_CLASSES = ["myapp.Job"]
    assert warned() == [f"Add it to CRON_CLASSES: CRON_CLASSES={JOB},myapp.Job"]
    assert why_nothing_is_sent() == f"Nothing will be sent until CRON_CLASSES names {JOB}."


@pytest.mark.parametrize("path", [JOB, f"{__name__}.OwnTimesCronJob"])
def test_the_job_or_one_derived_from_it_will_do(path: str, settings: Any) -> None:
    settings.CRON_CLASSES = [path]
    assert warned() == []
    assert why_nothing_is_sent() == ""


def test_a_job_that_is_switched_off_is_told(listed: None) -> None:
    assert why_nothing_is_sent() == ""
    Job.objects.filter(code=SendDailyReportsCronJob.code).update(is_enabled=False)
    assert "until the job reporter.send_daily_reports_job is enabled" in why_nothing_is_sent()


def test_send_now_keeps_the_edition_and_says_that_nothing_is_sent_yet(
    listed: None, admin_client: Client, make_report: MakeReport
) -> None:
    Job.objects.update(is_enabled=False)
    report = make_report("Sales", "ada@example.com")
    data = {"report": report.pk, "reason": "asked for"}
    page = admin_client.post("/admin/reporter/report/send-now/", data, follow=True).content.decode()
    assert "Nothing will be sent until the job" in page
    assert "will be sent within" not in page
    assert Edition.objects.get().state == "pending"


def test_what_a_person_asks_for_wakes_the_job_once(listed: None, make_report: MakeReport) -> None:
    boss = User.objects.create_superuser("boss")
    for name in ("Sales", "Costs"):
        control.send_now(make_report(name, "ada@example.com"), boss, "")
    run = Run.objects.get()
    assert (run.job.code, run.requested_by, run.trigger) == (SendDailyReportsCronJob.code, boss, "person")


def test_what_a_person_asks_for_does_not_get_round_a_pause_of_the_job(listed: None, make_report: MakeReport) -> None:
    boss = User.objects.create_superuser("boss")
    pause(Job.objects.get(code=SendDailyReportsCronJob.code), timezone.now(), by=boss, reason="wrong prices")
    control.send_now(make_report("Sales", "ada@example.com"), boss, "")
    assert not Run.objects.exists()
    said = why_nothing_is_sent()
    assert "until the job reporter.send_daily_reports_job is resumed" in said
    assert "wrong prices" in said
    resume(Job.objects.get(code=SendDailyReportsCronJob.code), timezone.now(), by=boss)
    assert why_nothing_is_sent() == ""


def test_a_run_that_waits_for_a_scheduler_that_died_is_taken_when_the_next_is_asked_for(
    listed: None, make_report: MakeReport, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    started: list[bool] = []
    monkeypatch.setattr(detached, "see_to_the_queue", lambda: started.append(True))
    boss = User.objects.create_superuser("boss")
    for name in ("Sales", "Costs"):
        report = make_report(name, "ada@example.com")
        with django_capture_on_commit_callbacks(execute=True):
            control.send_now(report, boss, "")
    assert (Run.objects.count(), started) == (1, [True, True])


def test_a_correction_and_past_days_say_so_too(
    listed: None, admin_client: Client, make_report: MakeReport, admin_user: User
) -> None:
    Job.objects.update(is_enabled=False)
    report = make_report("Sales", "ada@example.com")
    publish(EIGHT)
    edition = Edition.objects.get()
    correct = reverse("admin:reporter_edition_correct", args=[edition.pk])
    past = reverse("admin:reporter_report_past", args=[report.pk])
    Report.objects.update(next_due_at=EIGHT + timedelta(days=9000))
    day = (timezone.now() - timedelta(days=3)).date()
    key = control.past_slots(report, day, day, timezone.now())[0].slot.key
    days = {"first": day.isoformat(), "last": day.isoformat(), "slot": key, "reason": "x"}
    for address, data in ((correct, {"text": "x"}), (past, days)):
        page = admin_client.post(address, data, follow=True).content.decode()
        assert "Nothing will be sent until the job" in page
        assert "be sent within" not in page
