"""Reports that nobody sends do not stop in silence."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.test import Client
from django.utils import timezone

from backoffice.jobs import registry
from backoffice.jobs.models import Job, Run
from reporter import control
from reporter.control import why_nothing_is_sent
from reporter.cron import SendDailyReportsCronJob
from reporter.models import Edition
from reporter.sending_job import JOB
from tests.reporter.conftest import MakeReport

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
    assert "will be sent within minutes" not in page
    assert Edition.objects.get().state == "pending"


def test_what_a_person_asks_for_wakes_the_job_once(listed: None, make_report: MakeReport) -> None:
    boss = User.objects.create_superuser("boss")
    for name in ("Sales", "Costs"):
        control.send_now(make_report(name, "ada@example.com"), boss, "")
    run = Run.objects.get()
    assert (run.job.code, run.requested_by, run.trigger) == (SendDailyReportsCronJob.code, boss, "person")
