"""Who lost a claim writes nothing: each write checks that the row is as it was read."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from reporter import building, results
from reporter.clock import Clock
from reporter.delivery import CLAIM, Sender
from reporter.models import Delivery, DeliveryState, Edition, Hold, Recipient, Report, Subscription
from reporter.publishing import claim, publish
from reporter.summary import Summary
from reporter.transports import Result, Verdict, configured_transport
from tests.reporter.conftest import EIGHT, MakeReport, People

pytestmark = pytest.mark.django_db


@pytest.fixture
def edition(make_report: MakeReport) -> Edition:
    """Built, and not sent yet."""
    make_report("Sales", "ada@example.com", "bob@example.com")
    publish(EIGHT, budget=0)
    edition = Edition.objects.get()
    building.claim(edition, EIGHT, Summary())
    building.store(edition, building.build(edition), EIGHT, seconds=1)
    return edition


def sender(late: timedelta = timedelta()) -> Sender:
    return Sender(configured_transport(), Clock(EIGHT + late, budget=60), Summary())


def test_what_one_sender_claimed_no_other_claims(edition: Edition) -> None:
    assert len(sender()._claimed(edition.pk)) == 2
    assert sender()._claimed(edition.pk) == []


def test_of_two_senders_that_read_the_same_rows_one_claims_them(edition: Edition) -> None:
    quick, slow = sender(), sender()
    claimed: list[Delivery] = []
    is_overtaken = False

    def overtaken(execute: Any, sql: str, *rest: Any) -> Any:
        nonlocal is_overtaken
        if sql.startswith("UPDATE") and not is_overtaken:
            is_overtaken = True
            claimed.append(quick._claimed(edition.pk)[0])
        return execute(sql, *rest)

    with connection.execute_wrapper(overtaken):
        claimed.extend(slow._claimed(edition.pk))
    assert len(claimed) == 1
    assert set(Delivery.objects.values_list("claimed_by", flat=True)) == {quick.token}


def test_a_sender_begins_nothing_that_another_has_taken_over(edition: Edition) -> None:
    slow, quick = sender(), sender(late=CLAIM + timedelta(seconds=1))
    rows = slow._claimed(edition.pk)
    assert len(quick._claimed(edition.pk)) == 2
    assert [slow._begin(row) for row in rows] == [False, False]
    assert set(Delivery.objects.values_list("state", "attempts")) == {("pending", 0)}


def test_what_is_held_between_its_claim_and_its_turn_is_not_begun(edition: Edition) -> None:
    quick = sender()
    first, second = quick._claimed(edition.pk)
    assert quick._begin(first)
    Edition.objects.update(hold="person")
    assert not quick._begin(second)
    assert Delivery.objects.get(pk=second.pk).state == DeliveryState.PENDING


def test_a_result_that_comes_after_the_claim_changes_nothing(edition: Edition) -> None:
    slow = sender()
    row = slow._claimed(edition.pk)[0]
    assert slow._begin(row)
    results.recover_stale(EIGHT + CLAIM * 2, Summary())
    assert results.record(row, Result(Verdict.TAKEN, "250 OK"), EIGHT) is None
    assert Delivery.objects.get(pk=row.pk).state == DeliveryState.UNKNOWN


def test_what_another_sender_hands_over_by_now_is_for_it_to_say(edition: Edition) -> None:
    slow, quick = sender(), sender()
    row = slow._claimed(edition.pk)[0]
    assert slow._begin(row)
    Delivery.objects.filter(pk=row.pk).update(claimed_by=quick.token)
    assert results.record(row, Result(Verdict.TAKEN, "250 OK"), EIGHT) is None
    assert Delivery.objects.get(pk=row.pk).state == DeliveryState.SENDING


def test_of_two_that_take_over_a_dead_builder_one_wins(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com")
    publish(EIGHT, budget=0)
    building.claim(Edition.objects.get(), EIGHT, Summary())
    first, second = Edition.objects.get(), Edition.objects.get()
    later = EIGHT + building.CLAIM
    assert building.claim(first, later, Summary())
    assert not building.claim(second, later, Summary())


def test_a_report_that_was_moved_on_meanwhile_is_not_claimed(make_report: MakeReport) -> None:
    report = make_report("Sales", "ada@example.com")
    moved = EIGHT + timedelta(days=5)
    Report.objects.filter(pk=report.pk).update(next_due_at=moved)
    assert not claim(report, EIGHT)
    report.refresh_from_db()
    assert report.next_due_at == moved
    assert not Edition.objects.exists()


@pytest.mark.parametrize("change", [{"is_enabled": False}, {"zone": "Asia/Shanghai"}])
def test_a_report_that_was_switched_off_or_given_another_zone_meanwhile_is_not_claimed(
    change: dict[str, Any], make_report: MakeReport
) -> None:
    report = make_report("Sales", "ada@example.com")
    Report.objects.update(**change)
    assert not claim(report, EIGHT)
    report.refresh_from_db()
    assert report.next_due_at == EIGHT
    assert not Edition.objects.exists()


def test_a_builder_that_read_an_edition_before_it_failed_does_not_take_it_before_its_next_attempt(
    make_report: MakeReport, people: People
) -> None:
    make_report("Sales", "ada@example.com")
    publish(EIGHT, budget=0)
    seen = Edition.objects.get()
    people.error = RuntimeError("broken")
    publish(EIGHT)
    assert not building.claim(seen, EIGHT, Summary())
    failed = Edition.objects.get()
    assert (failed.state, failed.attempts, failed.claimed_by, failed.claimed_until) == ("pending", 1, None, None)


def test_a_builder_whose_edition_was_begun_anew_meanwhile_does_not_take_it(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com")
    publish(EIGHT, budget=0)
    assert building.claim(Edition.objects.get(), EIGHT, Summary())
    seen = Edition.objects.get()
    Edition.objects.update(claimed_by=uuid.uuid4())  # built again, as a person wished, and in its first attempt too
    assert not building.claim(seen, EIGHT + building.CLAIM, Summary())


def test_a_builder_that_fails_after_its_claim_was_lost_says_nothing_of_it(
    make_report: MakeReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = uuid.uuid4()

    def lose_and_fail(edition: Edition) -> Any:
        Edition.objects.update(claimed_by=other)
        raise RuntimeError("broken")

    monkeypatch.setattr(building, "build", lose_and_fail)
    make_report("Sales", "ada@example.com")
    publish(EIGHT)
    edition = Edition.objects.get()
    assert (edition.state, edition.claimed_by, edition.problem) == ("building", other, "")


def refuse(*arguments: Any, **values: Any) -> None:
    raise OperationalError("disk full")


def test_a_slot_whose_edition_cannot_be_stored_is_due_still(
    make_report: MakeReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = make_report("Sales", "ada@example.com")
    with monkeypatch.context() as context:
        context.setattr(Edition, "save", refuse)
        with pytest.raises(OperationalError):
            claim(report, EIGHT)
    assert publish(EIGHT).sent == 1


def test_an_edition_whose_deliveries_cannot_be_stored_is_not_built(
    make_report: MakeReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_report("Sales", "ada@example.com")
    publish(EIGHT, budget=0)
    edition = Edition.objects.get()
    building.claim(edition, EIGHT, Summary())
    with monkeypatch.context() as context:
        context.setattr(type(Delivery.objects), "bulk_create", refuse)
        with pytest.raises(OperationalError):
            building.store(edition, building.build(edition), EIGHT, seconds=1)
    assert Edition.objects.get().state == "building"
    assert publish(EIGHT + building.CLAIM).sent == 1


def test_a_builder_whose_claim_was_lost_stores_nothing(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com")
    publish(EIGHT, budget=0)
    slow = Edition.objects.get()
    building.claim(slow, EIGHT, Summary())
    quick = Edition.objects.get()
    assert building.claim(quick, EIGHT + building.CLAIM, Summary())
    assert not building.store(slow, building.build(slow), EIGHT, seconds=1)
    assert Edition.objects.get().state == "building"
    assert not Delivery.objects.exists()
    assert building.store(quick, building.build(quick), EIGHT, seconds=1)


@pytest.mark.django_db(transaction=True)
def test_a_result_is_written_though_the_database_was_locked_at_first(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, locked = results.record, iter([OperationalError("database is locked")])

    def record(*arguments: Any) -> Any:
        for error in locked:
            raise error
        return written(*arguments)

    monkeypatch.setattr(results, "record", record)
    summary = publish(EIGHT)
    assert summary.sent == 2
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


@pytest.mark.parametrize(
    ("meanwhile", "state"),
    [
        (lambda: Subscription.objects.filter(recipient__name="bob").update(is_active=False), "skipped"),
        (lambda: Recipient.objects.filter(name="bob").update(is_active=False), "skipped"),
        (lambda: Edition.objects.update(hold=Hold.PERSON), "pending"),
    ],
    ids=["unsubscribed", "switched off", "held"],
)
def test_what_comes_between_two_mails_of_a_batch_counts_for_the_second(
    edition: Edition, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], object], state: str
) -> None:
    transmit = Sender._transmit

    def transmit_ada(sender: Sender, row: Delivery) -> Result:
        meanwhile()
        return transmit(sender, row)

    monkeypatch.setattr(Sender, "_transmit", transmit_ada)
    publish(EIGHT)
    assert dict(Delivery.objects.values_list("name", "state")) == {"ada": "sent", "bob": state}
