"""Mails, files and addresses go when they are old; states and moments stay, and what was removed is said."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from reporter import control
from reporter.models import Delivery, Edition, EditionFile, Report
from reporter.publishing import publish
from tests.reporter.conftest import EIGHT, MakeReport

pytestmark = pytest.mark.django_db


def test_old_mails_and_files_are_removed_and_the_page_says_so(
    make_report: MakeReport, settings: Any, admin_client: Client
) -> None:
    settings.REPORT_KEEP_EDITIONS_DAYS = 10
    make_report("Sales", "ada@example.com")
    publish(EIGHT)
    Report.objects.update(is_enabled=False)
    path = Path(EditionFile.objects.get().file.path)
    publish(EIGHT + timedelta(days=9))
    assert path.exists()
    publish(EIGHT + timedelta(days=11))
    edition = Edition.objects.get()
    assert (edition.state, edition.slot, edition.html, edition.text) == ("sent", "2026-11-23T08:00", "", "")
    assert not path.exists()
    assert not EditionFile.objects.exists()
    page = admin_client.get(f"/admin/reporter/edition/{edition.pk}/change/").content.decode()
    assert "Mail and files were removed on 2026-12-04" in page
    assert "REPORT_KEEP_EDITIONS_DAYS" in page
    Delivery.objects.update(state="failed")
    boss = User.objects.get(username="admin")
    with pytest.raises(control.NotSent, match="not kept any more"):
        control.resend(Delivery.objects.select_related("edition").get(), boss, "", EIGHT)


def test_old_names_and_addresses_are_removed_and_the_count_stays(
    make_report: MakeReport, settings: Any, admin_client: Client
) -> None:
    settings.REPORT_KEEP_ADDRESSES_DAYS = 10
    make_report("Sales", "ada@example.com", "bob@example.com")
    publish(EIGHT)
    Delivery.objects.filter(name="bob").update(state="pending", next_attempt_at=EIGHT + timedelta(days=99))
    Report.objects.update(is_enabled=False)
    publish(EIGHT + timedelta(days=11))
    removed, kept = (
        Delivery.objects.order_by("-removed_at", "pk").exclude(removed_at=None),
        Delivery.objects.get(name="bob"),
    )
    (row,) = removed
    assert (row.name, row.address, row.recipient, row.server_reply) == ("", f"removed-{row.pk}", None, "")
    assert (row.state, row.sent_at is not None) == ("sent", True)
    assert kept.address == "bob@example.com"  # what is not sent yet is still needed
    page = admin_client.get(f"/admin/reporter/delivery/{row.pk}/change/").content.decode()
    assert "Name and address were removed on" in page


def test_a_schedule_goes_on_when_its_editions_are_removed(make_report: MakeReport, settings: Any) -> None:
    settings.REPORT_KEEP_EDITIONS_DAYS = 3
    make_report("Sales", "ada@example.com")
    publish(EIGHT)
    publish(EIGHT + timedelta(days=30))
    Report.objects.update(next_due_at=EIGHT)  # a clock that was set back
    assert publish(EIGHT + timedelta(minutes=5)).claimed == 0
    assert Edition.objects.count() == 2


def test_an_older_file_of_another_edition_is_left_alone(make_report: MakeReport, settings: Any) -> None:
    settings.REPORT_KEEP_EDITIONS_DAYS = 3
    make_report("Sales", "ada@example.com")
    with time_machine.travel(EIGHT, tick=False):
        publish(EIGHT)
        publish(EIGHT + timedelta(days=4))
    old, new = Edition.objects.order_by("pk")
    assert (old.html == "", new.html != "") == (True, True)
    with new.files.get().file.open("rb") as file:
        assert file.read()
