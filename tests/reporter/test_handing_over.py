"""What somebody receives, and handing all of it to a successor."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reporter import control
from reporter.control import handing_over
from reporter.models import Delivery, GroupSubscription, Recipient, RecipientGroup, Report, Subscription
from reporter.publishing import publish
from tests.reporter.conftest import EIGHT, MakeReport
from tests.reporter.smtp import Behaviour
from tests.reporter.test_admin import client_with
from tests.reporter.test_groups import closed, group, person  # noqa: F401

pytestmark = pytest.mark.django_db


def page_of(recipient: Recipient, what: str = "change") -> str:
    return f"/admin/reporter/recipient/{recipient.pk}/{what}/"


def test_a_page_says_what_a_recipient_gets_why_and_when_next(
    make_report: MakeReport, admin_client: Client, django_assert_num_queries: Any
) -> None:
    ada = person("ada")
    sales, stock, gone = (make_report(name, "bob@example.com") for name in ("Sales", "Stock", "Gone"))
    Subscription.objects.create(report=sales, recipient=ada, send_time=time(18, 0), weekdays=[4])
    group(stock, "North", ada)
    Subscription.objects.create(report=gone, recipient=ada, is_active=False, unsubscribed_at=timezone.now())
    publish(EIGHT)
    with django_assert_num_queries(3):
        rows = control.received_by(ada, EIGHT)
        latest = control.latest_deliveries(ada)
    assert {row.report.name: row.next_at for row in rows} == {
        "Gone": None,
        "Sales": datetime(2026, 11, 27, 18, 0, tzinfo=UTC),  # a Friday
        "Stock": EIGHT + timedelta(days=1),
    }
    assert [str(each.edition.report) for each in latest] == ["Stock"]
    page = admin_client.get(page_of(ada)).content.decode()
    for said in (
        "through the group North",
        "unsubscribed by link",
        "subscribed: if it is due on Friday, at 18:00",
        "badge-good",
    ):
        assert said in page


def test_a_successor_gets_everything_once_and_what_waits_too(make_report: MakeReport, admin_client: Client) -> None:
    ada, bob = person("ada"), person("bob")
    sales, stock, both, left = (make_report(name) for name in ("Sales", "Stock", "Both", "Left"))
    for report in (sales, both, left):
        Subscription.objects.create(report=report, recipient=ada, send_time=time(18, 0))
    north = group(stock, "North", ada, send_time=time(18, 0))
    Subscription.objects.create(report=both, recipient=bob, send_time=time(19, 0))
    Subscription.objects.create(report=left, recipient=bob, is_active=False)
    publish(EIGHT)
    Delivery.objects.filter(edition__report=sales).update(
        claimed_by=uuid.uuid4(), claimed_until=EIGHT + timedelta(days=1)
    )  # a sender has it in hand
    before = list(Subscription.objects.values())
    page = admin_client.get(page_of(ada, "hand-over"), {"to": "BOB@example.com"}).content.decode()
    for said in ("Reports that move:", "The successor gets already:", "Stays where it is:", "North"):
        assert said in page
    assert list(Subscription.objects.values()) == before

    answer = admin_client.post(
        page_of(ada, "hand-over"), {"to": bob.address, "switch_off": "on", "reason": "retired"}, follow=True
    ).content.decode()
    assert "Bob has taken over from Ada. Subscriptions: 2, groups: 1, mails: 2." in answer
    assert {row.report.name for row in control.received_by(bob, EIGHT)} == {"Sales", "Stock", "Both", "Left"}
    assert not Subscription.objects.filter(recipient=ada).exclude(report=left).exists()
    assert list(north.members.all()) == [bob]
    ada.refresh_from_db()
    assert not ada.is_active
    assert all("retired" in note for note in LogEntry.objects.values_list("change_message", flat=True))
    assert LogEntry.objects.count() == 2

    publish(EIGHT + timedelta(hours=12))
    sent = Delivery.objects.filter(state="sent").values_list("edition__report__name", "name")
    assert sorted(sent) == [("Both", "Bob"), ("Sales", "Bob"), ("Stock", "Bob")]
    skipped = Delivery.objects.filter(state="skipped").values_list("edition__report__name", "name")
    assert sorted(skipped) == [("Both", "Ada"), ("Left", "Ada")]


def test_handing_over_is_refused_in_words(make_report: MakeReport, admin_client: Client, settings: Any) -> None:
    report = make_report("Sales", "ada@example.com")
    ada = Recipient.objects.get()
    off = person("off", is_active=False)
    elsewhere = Recipient.objects.create(name="E", address="e@elsewhere.com")
    settings.REPORT_ALLOWED_DOMAINS = ["example.com"]
    for successor, said in (
        ("nobody@example.com", "There is no recipient with this address. Add them first."),
        (ada.address, "That is the same person."),
        (off.address, "Off is switched off."),
        (elsewhere.address, "example.com only"),
    ):
        for answer in (
            admin_client.get(page_of(ada, "hand-over"), {"to": successor}),
            admin_client.post(page_of(ada, "hand-over"), {"to": successor}, follow=True),
        ):
            assert said in answer.content.decode(), successor
    assert report.subscriptions.get().recipient == ada
    client = client_with("view_recipient", "change_recipient")
    assert client.get(page_of(ada, "hand-over")).status_code == 403
    assert "hand-over" not in client.get(page_of(ada)).content.decode()
    with pytest.raises(PermissionDenied):
        control.hand_over(ada, off, User.objects.get(username="staff"), switch_off=False)


def test_what_one_may_not_see_one_cannot_hand_over(closed: Report, admin_client: Client) -> None:  # noqa: F811
    ada, bob = person("ada"), person("bob")
    north = RecipientGroup.objects.create(name="North")
    GroupSubscription.objects.create(report=closed, group=north)
    north.members.add(ada)
    with pytest.raises(control.NotHandedOver, match="You may not see the data of “Sales”"):
        control.hand_over(ada, bob, User.objects.get(username="admin"), switch_off=False)
    assert list(north.members.all()) == [ada]


def test_what_somebody_changes_in_the_same_moment_is_not_handed_over(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = person("ada"), person("bob")

    def too_late(*arguments: Any) -> None:
        raise IntegrityError("the successor is subscribed")

    monkeypatch.setattr(handing_over, "_hand_over", too_late)
    answer = admin_client.post(page_of(ada, "hand-over"), {"to": bob.address}, follow=True).content.decode()
    assert "Somebody has changed this meanwhile. Nothing was handed over; look at it again." in answer


def test_a_correction_says_who_has_changed_since_and_whom_it_reaches(
    make_report: MakeReport, mail_server: Behaviour, admin_client: Client
) -> None:
    report = make_report("Sales", *(f"{name}@example.com" for name in ("ada", "bob", "cleo", "dan")))
    publish(EIGHT)
    Report.objects.update(is_enabled=False)
    edition, boss = report.editions.get(), User.objects.get(username="admin")
    address = reverse("admin:reporter_edition_correct", args=[edition.pk])
    assert "taken over" not in admin_client.get(address).content.decode()
    for name, is_off in (("ada", True), ("bob", False)):
        successor = Recipient.objects.create(name=f"new-{name}", address=f"new-{name}@example.com")
        control.hand_over(Recipient.objects.get(name=name), successor, boss, switch_off=is_off, reason="")
    Recipient.objects.get(name="cleo").delete()
    page = admin_client.get(address).content.decode()
    assert '<div class="readonly">2 people</div>' in page
    assert "they were unsubscribed: bob@example.com. The correction goes to them" in page
    assert "have unsubscribed: ada@example.com, cleo@example.com. The correction goes neither" in page
    before = len(mail_server.received)
    publish(control.correct(edition, boss, "wrong", EIGHT + timedelta(hours=1)).created_at)
    assert sorted(mail_server.addresses()[before:]) == ["bob@example.com", "dan@example.com"]
