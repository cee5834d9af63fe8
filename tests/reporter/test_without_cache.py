"""The cache may be gone: reports are sent and shown without it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from reporter.models import Delivery, Edition
from reporter.publishing import publish
from tests.reporter.conftest import EIGHT, MakeReport


@pytest.mark.usefixtures("no_cache")
def test_reports_are_sent_and_every_page_of_them_is_there_without_the_cache(
    make_report: MakeReport, admin_client: Client
) -> None:
    report = make_report("Sales", "ada@example.com")
    publish(EIGHT)
    assert [delivery.state for delivery in Delivery.objects.all()] == ["sent"]
    edition = Edition.objects.get()
    pages = [("reporter_board",), ("reporter_week",), ("reporter_report_changelist",), ("reporter_edition_changelist",)]
    pages += [("reporter_report_change", report.pk), ("reporter_report_preview", report.pk)]
    pages += [("reporter_edition_change", edition.pk), ("reporter_edition_progress", edition.pk), ("index",)]
    for name, *arguments in pages:
        assert admin_client.get(reverse(f"admin:{name}", args=arguments), follow=True).status_code == 200, name
