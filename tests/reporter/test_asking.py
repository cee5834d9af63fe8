"""The pages that ask about reports and deliveries cost the same queries for any number of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from reporter.models import Delivery, Edition, GroupSubscription, Recipient, RecipientGroup, Report
from reporter.publishing import publish
from tests.reporter.conftest import EIGHT, MakeReport

pytestmark = pytest.mark.django_db

FEW, MANY = 2, 12


@pytest.fixture
def owner(db: None) -> User:
    """Who may see what the reports say, and has to be asked for it."""
    user = User.objects.create_user("ann")
    user.user_permissions.add(Permission.objects.get(codename="view_report"))
    return user


@pytest.fixture
def reports(make_report: MakeReport, owner: User) -> list[int]:
    """Each was sent, has another edition that waits, is read through a group, too, and is paused."""
    group = RecipientGroup.objects.create(name="North")
    group.members.add(Recipient.objects.create(name="Bob", address="bob@example.com"))
    made = [make_report(f"Sales {number}", f"ada{number}@example.com", owner=owner) for number in range(MANY)]
    for report in made:
        GroupSubscription.objects.create(report=report, group=group)
    publish(EIGHT)
    Report.objects.update(next_due_at=EIGHT + timedelta(days=1))
    publish(EIGHT + timedelta(days=1))
    Edition.objects.filter(local_date__gt=EIGHT.date()).update(state="built")
    until = timezone.now() + timedelta(days=1)
    Report.objects.update(paused_at=EIGHT, paused_until=until, paused_by=owner, paused_reason="stocktaking")
    return [report.pk for report in made]


def _queries_of(client: Client, address: str, told: str, times: int) -> int:
    with CaptureQueriesContext(connection) as queries:
        page = client.get(address).content.decode()
    assert page.count(told) == times, "each of them is told of"
    return len(queries)


@pytest.mark.parametrize(
    ("address", "told"),
    [("reporter_report_send_now", "sent: 2 of 2 people"), ("reporter_report_pause", "stocktaking")],
)
def test_asking_about_many_reports_costs_no_more_queries_than_about_few(
    reports: list[int], admin_client: Client, address: str, told: str
) -> None:
    def cost(count: int) -> int:
        page = reverse(f"admin:{address}", query={"report": reports[:count]})
        return _queries_of(admin_client, page, told, count)

    cost(FEW)  # what is kept from the first time on
    assert cost(MANY) == cost(FEW)


@pytest.mark.parametrize(("address", "state"), [("resend", "failed"), ("decide", "unknown")])
def test_asking_about_many_deliveries_costs_no_more_queries_than_about_few(
    make_report: MakeReport, admin_client: Client, address: str, state: Any
) -> None:
    make_report("Sales", *(f"ada{number}@example.com" for number in range(MANY)))
    publish(EIGHT)
    Delivery.objects.update(state=state, server_reply="550 no such user")
    keys = list(Delivery.objects.values_list("pk", flat=True))
    edition = Edition.objects.get()

    def cost(count: int) -> int:
        page = reverse(f"admin:reporter_edition_{address}", args=[edition.pk], query={"delivery": keys[:count]})
        return _queries_of(admin_client, page, "550 no such user", count)

    cost(FEW)
    assert cost(MANY) == cost(FEW)
