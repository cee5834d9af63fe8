"""Who lost a claim writes nothing: each write checks that the row is as it was read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection

from reporter import building, results
from reporter.clock import Clock
from reporter.delivery import CLAIM, Sender
from reporter.models import Delivery, DeliveryState, Edition, Report
from reporter.publishing import claim, publish
from reporter.summary import Summary
from reporter.transports import Result, Verdict, configured_transport
from tests.reporter.conftest import EIGHT, MakeReport

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
