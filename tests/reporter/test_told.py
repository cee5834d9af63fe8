"""What the program says of reports is read in the language of whoever looks, whichever the scheduler speaks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone, translation

from backoffice.jobs import lifecycle, runner
from backoffice.jobs.lifecycle import Holder
from backoffice.jobs.models import Job, Run, RunStatus, RunTrigger
from reporter import control
from reporter.models import Delivery, Edition, Recipient, Report, Why
from reporter.publishing import publish
from tests.reporter.conftest import EIGHT, MakeReport
from tests.reporter.staff import logged_in, person

pytestmark = pytest.mark.django_db

OWNERLESS = {"en": "The report has no owner.", "zh-hans": "这份报表没有负责人。"}
SENT = {"en": "sent 1 report to 2 people", "zh-hans": "已将 1 份报表发送给 2 人"}


@pytest.fixture
def report(make_report: MakeReport) -> Report:
    return make_report("Sales", "ada@example.com", "bob@example.com")


def sending_run() -> Run:
    """A run of the job that sends reports, as a supervisor carries it out."""
    job = Job.objects.create(code="send", class_path="reporter.cron.SendDailyReportsCronJob", is_listed=True)
    now = timezone.now()
    run = Run.objects.create(job=job, trigger=RunTrigger.SLOT, due_at=now, queued_at=now)
    assert lifecycle.start(run, Holder("host-a", 77, 78))
    assert lifecycle.finish(run, runner.perform(job.class_path))
    return Run.objects.get(pk=run.pk)


def test_the_run_of_the_job_says_in_each_language_what_it_sent(report: Report) -> None:
    run = sending_run()
    for language, words in SENT.items():
        with translation.override(language):
            assert Run.objects.get(pk=run.pk).summary == words
    assert run.log is not None
    assert run.log.message == f"{SENT['en']}\n"


def test_so_does_a_run_that_needs_a_person(report: Report) -> None:
    Report.objects.update(owner=None)
    run = sending_run()
    assert (run.status, run.summary.split(": ")[0]) == (RunStatus.FAILED, "reporter.cron.ReportsNeedAttention")
    with translation.override("zh-hans"):
        assert OWNERLESS["zh-hans"] in Run.objects.get(pk=run.pk).summary


@pytest.mark.parametrize("scheduler", ["en", "zh-hans"])
def test_why_an_edition_is_held_is_read_in_the_readers_language(report: Report, scheduler: str) -> None:
    Report.objects.update(owner=None)
    with translation.override(scheduler):
        publish(EIGHT)
    client = logged_in(person())
    for language, words in OWNERLESS.items():
        client.cookies["django_language"] = language
        for page in ("edition_changelist", "board"):
            answer = client.get(reverse(f"admin:reporter_{page}"), {"day": "2026-11-23"} if page == "board" else {})
            assert words in answer.content.decode()


def test_owners_read_it_in_the_language_of_their_report(report: Report) -> None:
    report.watchers.add(User.objects.create_user("wim", email="wim@example.com"))
    Report.objects.update(owner=None, language="zh-hans")
    publish(EIGHT)
    assert OWNERLESS["zh-hans"] in Edition.objects.get(why=Why.NOTICE).text


def test_who_held_it_and_why_are_read_so_too_and_the_reason_stays_as_it_was_typed(report: Report) -> None:
    Report.objects.update(needs_approval=True)
    publish(EIGHT)
    with translation.override("zh-hans"):
        assert Edition.objects.get().hold_reason == "需要有人批准。"
        edition = Edition.objects.get()
        edition.save()  # what was read in one language is stored in none
    assert Edition.objects.get().hold_reason == "Somebody has to approve it."
    control.release(edition, person("approve_edition"), "", EIGHT)
    Edition.objects.update(state="pending")
    control.hold(edition, person("hold_edition", name="ann"), "wrong prices", EIGHT)
    with translation.override("zh-hans"):
        assert Edition.objects.get().hold_reason == "被 ann 搁置。wrong prices"


def test_a_file_of_deliveries_has_words_and_what_a_server_said_as_it_stands(report: Report) -> None:
    Report.objects.update(needs_approval=True)
    publish(EIGHT)
    Recipient.objects.filter(address="ada@example.com").update(is_active=False)
    control.release(Edition.objects.get(), person("approve_edition"), "", EIGHT)
    publish(EIGHT + timedelta(minutes=5))
    sent = Delivery.objects.get(address="bob@example.com").server_reply
    client = logged_in(person("export_deliveries", name="ann"))
    client.cookies["django_language"] = "zh-hans"
    answer = client.get(reverse("admin:reporter_delivery_export", args=["csv"]))
    content = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert "发送之前，收件人已被停用或删除。" in content
    assert sent in content
    assert "\x1e" not in content
