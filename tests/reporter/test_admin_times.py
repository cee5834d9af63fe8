"""Moments on the pages of reports: by the clock of the report, not by the server's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from reporter.models import Edition, Report
from reporter.publishing import publish
from tests.reporter.conftest import EIGHT, MakeReport

pytestmark = pytest.mark.django_db


@pytest.fixture
def shanghai(make_report: MakeReport) -> Report:
    """Due at 08:00 in Shanghai: at midnight in UTC."""
    due = datetime(2026, 11, 24, tzinfo=UTC)
    return make_report("Sales", "ada@example.com", "bob@example.com", zone="Asia/Shanghai", next_due_at=due)


def page(client: Client, model: str, pk: int | None = None) -> str:
    return client.get(f"/admin/reporter/{model}/" + (f"{pk}/change/" if pk else "")).content.decode()


def test_an_edition_tells_its_period_by_the_clock_of_its_report(admin_client: Client, shanghai: Report) -> None:
    publish(datetime(2026, 11, 24, tzinfo=UTC))
    edition = Edition.objects.get()
    shown = page(admin_client, "edition", edition.pk)
    assert '<div class="readonly">Nov. 23, 2026</div>' in shown  # not until midnight of the 24th
    assert "2026-11-24 08:00:00 Asia/Shanghai" in shown  # due
    for shown in (page(admin_client, "edition"), page(admin_client, "delivery")):
        assert "2026-11-24 08:00:00 Asia/Shanghai" in shown


def test_a_report_tells_when_it_is_due_by_its_own_clock(admin_client: Client, shanghai: Report) -> None:
    for shown in (page(admin_client, "report"), page(admin_client, "report", shanghai.pk)):
        assert "2026-11-24 08:00:00 Asia/Shanghai" in shown


def test_a_report_that_is_switched_off_promises_no_moment(admin_client: Client, shanghai: Report) -> None:
    Report.objects.update(is_enabled=False)
    pages = [page(admin_client, "report"), page(admin_client, "report", shanghai.pk)]
    for asked in ("send-now", "pause"):
        pages.append(admin_client.get(f"/admin/reporter/report/{asked}/?report={shanghai.pk}").content.decode())
    for shown in pages:
        assert "switched off" in shown
        assert "2026-11-24" not in shown


def test_a_report_with_a_zone_that_is_none_can_be_opened(admin_client: Client, shanghai: Report) -> None:
    Report.objects.update(zone="Mars/Olympus")
    assert "2026-11-24 00:00:00 UTC" in page(admin_client, "report", shanghai.pk)


def test_there_is_no_next_attempt_once_all_is_done(
    admin_client: Client, make_report: MakeReport, settings: Any
) -> None:
    make_report("Sales", "ada@example.com")
    settings.MAIL_PROBLEM = "it names no host"
    publish(EIGHT)
    edition = Edition.objects.get()
    delivery = edition.deliveries.get()
    edition_path, delivery_path = ("edition", edition.pk), ("delivery", delivery.pk)
    waiting = EIGHT + timedelta(minutes=77)  # a moment that no other field has
    edition.deliveries.update(next_attempt_at=waiting)
    for path in (edition_path, delivery_path):
        assert "09:17:00 UTC" in page(admin_client, *path)
    edition.deliveries.update(state="sent")
    for path in (edition_path, delivery_path):
        assert "09:17:00 UTC" not in page(admin_client, *path)

    Edition.objects.update(next_attempt_at=waiting)
    assert "09:17:00 UTC" not in page(admin_client, *edition_path)
    Edition.objects.update(state="pending")
    assert "09:17:00 UTC" in page(admin_client, *edition_path)
