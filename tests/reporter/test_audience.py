"""Who gets an edition, and when."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from reporter import building
from reporter.models import Delivery, Edition, Recipient, Subscription, Why
from reporter.publishing import publish
from reporter.summary import Summary
from tests.reporter.conftest import EIGHT, MakeReport

EIGHT_IN_SHANGHAI = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def test_an_own_time_sets_when_the_delivery_is_due(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com", "bob@example.com", zone="Asia/Shanghai", next_due_at=EIGHT_IN_SHANGHAI)
    Subscription.objects.filter(recipient__address="bob@example.com").update(send_time=time(18, 0))
    publish(EIGHT_IN_SHANGHAI)
    bob = Delivery.objects.get(address="bob@example.com")
    assert bob.due_at == datetime(2026, 11, 23, 10, 0, tzinfo=UTC)  # 18:00 in Shanghai
    assert bob.state == "pending"
    assert Edition.objects.get().state == "sending"
    publish(bob.due_at)
    assert Edition.objects.get().state == "sent"


def test_an_own_time_is_never_before_the_build(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com")
    Subscription.objects.update(send_time=time(7, 0))
    publish(EIGHT)
    assert Delivery.objects.get().due_at >= EIGHT
    assert Delivery.objects.get().state == "sent"


def test_own_weekdays_leave_the_other_days_out(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com", "bob@example.com")
    Subscription.objects.filter(recipient__address="bob@example.com").update(weekdays=[1])
    publish(EIGHT)
    assert Delivery.objects.get().address == "ada@example.com"
    publish(EIGHT + timedelta(days=1))
    assert Delivery.objects.filter(address="bob@example.com").count() == 1


def test_who_is_switched_off_before_the_build_gets_no_delivery(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com", "bob@example.com", "cleo@example.com")
    Recipient.objects.filter(address="bob@example.com").update(is_active=False)
    Subscription.objects.filter(recipient__address="cleo@example.com").update(is_active=False)
    publish(EIGHT)
    assert Delivery.objects.get().address == "ada@example.com"


def test_who_is_switched_off_before_sending_is_skipped_in_words(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com", "bob@example.com")
    Subscription.objects.update(send_time=time(9, 0))
    publish(EIGHT)
    Recipient.objects.get(address="bob@example.com").delete()
    publish(EIGHT + timedelta(hours=1))
    bob = Delivery.objects.get(address="bob@example.com")
    assert (bob.state, bob.recipient) == ("skipped", None)
    assert "switched off or deleted" in bob.server_reply
    assert Edition.objects.get().state == "sent"


@pytest.mark.parametrize("is_deleted", [True, False])
def test_who_is_unsubscribed_before_sending_is_skipped_in_words(is_deleted: bool, make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com", "bob@example.com")
    make_report("Other", "bob@example.com", next_due_at=EIGHT + timedelta(days=9))
    Subscription.objects.update(send_time=time(9, 0))
    publish(EIGHT)
    bobs = Subscription.objects.filter(report__name="Sales", recipient__address="bob@example.com")
    if is_deleted:
        bobs.delete()
    else:
        bobs.update(is_active=False)
    assert publish(EIGHT + timedelta(hours=1)).sent == 1
    bob = Delivery.objects.get(address="bob@example.com")
    assert (bob.state, bob.server_reply) == ("skipped", "The recipient was unsubscribed before it was sent.")


def test_what_a_person_asked_for_goes_to_all_that_were_subscribed_then(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com")
    publish(EIGHT, budget=0)
    edition = Edition.objects.get()
    building.claim(edition, EIGHT, Summary())
    building.store(edition, building.build(edition), EIGHT, seconds=1)
    Edition.objects.update(why=Why.PERSON)
    Subscription.objects.all().delete()
    assert publish(EIGHT).sent == 1


def test_an_edition_that_was_skipped_for_all_is_neither_sent_nor_a_failure(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com")
    Subscription.objects.update(send_time=time(9, 0))
    publish(EIGHT)
    Recipient.objects.update(is_active=False)
    summary = publish(EIGHT + timedelta(hours=1))
    edition = Edition.objects.get()
    assert edition.state == "skipped"
    assert edition.finished_at is not None
    assert "1 skipped" in edition.outcome
    assert not summary.needs_a_person


def test_an_address_is_known_once_however_it_is_written(db: None) -> None:
    Recipient.objects.create(name="Ada", address="Ada@Example.com")
    with pytest.raises(ValidationError, match="There is a recipient with this address already"):
        Recipient(name="Ada", address="ada@example.com").full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        Recipient.objects.create(name="Ada", address="ada@example.com")
