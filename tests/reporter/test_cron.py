"""What the job says, and that it says a failure honestly."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.checks import run_checks
from django.utils import timezone
from pytest_django import Settings

from backoffice.jobs import registry
from backoffice.jobs.models import Job
from reporter.cron import ReportsNeedAttention, SendDailyReportsCronJob
from reporter.models import Delivery, Edition, Report
from tests.reporter.conftest import MakeReport, People
from tests.reporter.smtp import Behaviour

pytestmark = pytest.mark.django_db


@pytest.fixture
def due(make_report: MakeReport) -> Report:
    return make_report("Sales", "ada@example.com", "bob@example.com", next_due_at=_latest_eight())


def _latest_eight() -> Any:
    now = timezone.now()
    eight = now.replace(hour=8, minute=0, second=0, microsecond=0)
    return eight if eight <= now else eight - timedelta(days=1)


def test_the_job_says_what_it_sent(due: Report) -> None:
    assert SendDailyReportsCronJob().do() == "sent 1 report to 2 people"
    assert SendDailyReportsCronJob().do() == "Nothing was due."


def test_the_job_is_known_by_its_code_and_due_every_five_minutes(settings: Settings) -> None:
    assert settings.CRON_CLASSES == ["reporter.cron.SendDailyReportsCronJob"]
    (entry,) = registry.configured()
    assert (entry.code, entry.timetable.every_minutes) == ("reporter.send_daily_reports_job", 5)
    assert (entry.timetable.times, entry.timetable.depends_on_zone) == ((), False)


def test_logs_are_kept_for_seven_days_where_nothing_else_is_said(settings: Settings) -> None:
    assert settings.DJANGO_CRON_DELETE_LOGS_OLDER_THAN == 7


def test_a_pass_that_hangs_is_ended_within_the_hour(db: None) -> None:
    registry.sync(timezone.now())
    assert Job.objects.get(code=SendDailyReportsCronJob.code).lock_seconds == 30 * 60


def test_an_unknown_delivery_fails_the_job_after_all_else_was_done(
    due: Report, mail_server: Behaviour, make_report: MakeReport, transactional_db: None
) -> None:
    mail_server.cut_after_data.add("bob@example.com")
    with pytest.raises(
        ReportsNeedAttention, match=r"sent 1 report to 1 person; 1 delivery is unknown.*bob@example.com"
    ):
        SendDailyReportsCronJob().do()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent", "unknown"}


def test_a_failed_build_fails_the_job_after_the_others_were_sent(
    due: Report, make_report: MakeReport, people: People
) -> None:
    make_report("Jobs", "ada@example.com", datasets=("deliveries",), next_due_at=_latest_eight())
    people.error = RuntimeError("no connection to the warehouse")
    with pytest.raises(ReportsNeedAttention, match=r"sent 1 report to 1 person.*Sales.*no connection to the warehouse"):
        SendDailyReportsCronJob().do()


def test_a_mail_url_that_cannot_be_read_sends_nothing_and_says_so(due: Report, settings: Any) -> None:
    settings.MAIL_PROBLEM = "it names no host"
    with pytest.raises(ReportsNeedAttention, match=r"^2 deliveries wait: EMAIL_URL cannot be used: it names no host"):
        SendDailyReportsCronJob().do()
    assert set(Delivery.objects.values_list("state", "attempts")) == {("pending", 0)}
    assert Edition.objects.get().state == "built"
    assert "reporter.W001" in {message.id for message in run_checks()}

    settings.MAIL_PROBLEM = ""
    assert SendDailyReportsCronJob().do() == "sent 1 report to 2 people"
    assert "reporter.W001" not in {message.id for message in run_checks()}


@pytest.mark.parametrize("sender", ["nobody", "", "Reports <reports@>", "@example.com", "jürgen@example.com", "a b"])
def test_a_sender_that_is_no_address_sends_nothing_and_says_so(sender: str, due: Report, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = sender
    with pytest.raises(ReportsNeedAttention, match=r"^2 deliveries wait: DEFAULT_FROM_EMAIL cannot be used: "):
        SendDailyReportsCronJob().do()
    assert set(Delivery.objects.values_list("state", "attempts")) == {("pending", 0)}
    assert "reporter.W003" in {message.id for message in run_checks()}

    settings.DEFAULT_FROM_EMAIL = "reports@localhost"
    assert SendDailyReportsCronJob().do() == "sent 1 report to 2 people"
    assert "reporter.W003" not in {message.id for message in run_checks()}


def test_the_job_says_which_delivery_failed(due: Report, mail_server: Behaviour, transactional_db: None) -> None:
    mail_server.rcpt_answers["ada@example.com"] = "550 no such user"
    said = "sent 1 report to 1 person; 1 delivery failed: ada@example.com: 550 no such user"
    assert SendDailyReportsCronJob().do() == said
