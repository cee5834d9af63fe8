"""A person asks for an edition at once."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.exceptions import PermissionDenied
from django.test import Client

from reporter import control
from reporter.control import sending
from reporter.models import Delivery, Edition, Report, Subscription
from reporter.publishing import publish
from tests.reporter.conftest import EIGHT, MakeReport

pytestmark = pytest.mark.django_db


@pytest.fixture
def sender(db: None) -> User:
    user = User.objects.create_user("sender")
    user.user_permissions.add(Permission.objects.get(codename="send_report"))
    return user


@pytest.fixture
def report(make_report: MakeReport) -> Report:
    return make_report("Sales", "ada@example.com", next_due_at=EIGHT + timedelta(days=9))


def test_send_now_asks_for_an_edition_that_says_who_and_why(report: Report, sender: User) -> None:
    control.send_now(report, sender, "The boss asked", EIGHT)
    assert publish(EIGHT + timedelta(minutes=1)).sent == 1
    edition = Edition.objects.get()
    assert (edition.why, edition.requested_by, edition.reason) == ("person", sender, "The boss asked")
    assert (edition.state, edition.slot) == ("sent", None)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.get_edited_object()) == (sender, report)
    assert "The boss asked" in entry.change_message


def test_send_now_sends_to_all_at_once_whatever_their_own_times(report: Report, sender: User) -> None:
    Subscription.objects.update(send_time=time(23, 0), weekdays=[6])
    control.send_now(report, sender, "", EIGHT)
    publish(EIGHT)
    assert Delivery.objects.get().state == "sent"


def test_send_now_leaves_the_timetable_alone(report: Report, sender: User) -> None:
    control.send_now(report, sender, "", EIGHT)
    publish(EIGHT)
    report.refresh_from_db()
    assert report.next_due_at == EIGHT + timedelta(days=9)


def test_send_now_needs_the_permission(report: Report) -> None:
    with pytest.raises(PermissionDenied):
        control.send_now(report, User.objects.create_user("nobody"), "", EIGHT)
    assert not Edition.objects.exists()
    assert not LogEntry.objects.exists()


def test_a_double_click_sends_once(report: Report, sender: User) -> None:
    control.send_now(report, sender, "", EIGHT)
    with pytest.raises(control.AlreadyAskedFor):
        control.send_now(report, sender, "", EIGHT)
    assert publish(EIGHT).sent == 1
    control.send_now(report, sender, "again, on purpose", EIGHT)
    assert Edition.objects.count() == 2
    assert LogEntry.objects.count() == 2


def test_send_now_is_refused_until_the_first_one_is_finished(report: Report, sender: User, settings: Any) -> None:
    settings.MAIL_PROBLEM = "it names no host"
    control.send_now(report, sender, "", EIGHT)
    publish(EIGHT)
    assert Edition.objects.get().state == "built"
    with pytest.raises(control.AlreadyAskedFor, match="“Sales” has been asked for already, and is not finished"):
        control.send_now(report, sender, "", EIGHT)
    assert Edition.objects.count() == 1


def test_of_two_who_send_now_in_the_same_moment_one_is_told_so(
    report: Report, sender: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    control.send_now(report, sender, "", EIGHT)
    monkeypatch.setattr(sending, "UNFINISHED", ())  # as it was read before the other's edition was there
    with pytest.raises(control.AlreadyAskedFor, match="has been asked for already"):
        control.send_now(report, sender, "", EIGHT)
    assert Edition.objects.count() == 1


def test_send_now_is_refused_where_nobody_would_get_it(report: Report, sender: User) -> None:
    Subscription.objects.update(is_active=False)
    with pytest.raises(control.NothingToSend, match="“Sales” has no subscribers: nothing will be sent"):
        control.send_now(report, sender, "", EIGHT)
    assert not Edition.objects.exists()


def test_send_now_is_refused_for_a_report_without_sections(report: Report, sender: User) -> None:
    report.sections.all().delete()
    with pytest.raises(control.NothingToSend, match="“Sales” has no sections: nothing will be sent"):
        control.send_now(report, sender, "", EIGHT)
    assert not LogEntry.objects.exists()


def test_send_now_refuses_a_report_whose_time_zone_nobody_knows(report: Report, sender: User) -> None:
    Report.objects.update(zone="Mars/Olympus")
    report.refresh_from_db()
    with pytest.raises(control.NothingToSend, match="Mars/Olympus"):
        control.send_now(report, sender, "", EIGHT)


def test_the_page_that_asks_says_to_how_many_when_it_went_last_and_what_is_wrong(
    make_report: MakeReport, admin_client: Client
) -> None:
    report = make_report("Sales", "ada@example.com", "bob@example.com")
    publish(EIGHT)
    Delivery.objects.filter(name="bob").update(state="failed")
    Edition.objects.update(state="partly_sent")
    address = f"/admin/reporter/report/send-now/?report={report.pk}"
    page = admin_client.get(address).content.decode()
    assert "2 people" in page
    assert "2026-11-23 08:00" in page
    assert "partly sent: 1 of 2 people · failed: 1" in page
    Subscription.objects.all().delete()
    page = admin_client.get(address).content.decode()
    assert "has no subscribers: nothing will be sent" in page
    assert 'name="reason"' not in page  # there is nothing to be pressed
    assert Edition.objects.count() == 1
