"""Mails, files and addresses go when they are old; states and moments stay, and what was removed is said."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from reporter import building, control, retention
from reporter.models import Delivery, Edition, EditionFile, Report
from reporter.publishing import claim_due, publish
from reporter.summary import Summary
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
    assert not path.parent.exists()
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


# --- What a killed builder leaves ---


def killed_while_building(at: datetime) -> None:
    """A builder takes the edition, stores its files and is no more: no row names them."""
    edition = Edition.objects.select_related("report").get()
    assert building.claim(edition, at, Summary())
    building._saved_files(edition, building.build(edition))


def folder() -> Path:
    return Path(default_storage.path(Edition.objects.get().folder))


def made_at(moment: datetime) -> list[str]:
    """The files of the edition, whose times are set to ``moment``."""
    for path in folder().iterdir():
        os.utime(path, (moment.timestamp(), moment.timestamp()))
    return sorted(path.name for path in folder().iterdir())


@pytest.fixture
def died(make_report: MakeReport) -> EditionFile:
    """The one file of an edition that a second builder built after the first was killed."""
    report = make_report("Sales", "ada@example.com")
    claim_due(EIGHT, Summary())
    killed_while_building(EIGHT)
    Report.objects.update(is_enabled=False)
    publish(EIGHT + building.CLAIM + timedelta(minutes=1))
    (folder() / "notes of an operator.txt").touch()
    assert len(made_at(EIGHT)) == 3
    assert report.editions.get().attempts == 2
    return EditionFile.objects.get()


def test_files_of_a_killed_builder_go_after_a_day_and_no_others(
    died: EditionFile, django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(EIGHT + timedelta(hours=23))
    assert len(list(folder().iterdir())) == 3
    publish(EIGHT + timedelta(hours=25))
    assert {path.name for path in folder().iterdir()} == {Path(died.file.name).name, "notes of an operator.txt"}
    assert Path(died.file.path).read_bytes()
    monkeypatch.setattr(default_storage, "listdir", None)  # it is not looked for again
    with django_assert_num_queries(1):
        retention._remove_leavings(EIGHT + timedelta(hours=26))


def test_a_file_that_a_builder_may_still_be_at_stays_until_it_is_a_day_old(died: EditionFile) -> None:
    made_at(EIGHT + timedelta(hours=20))
    publish(EIGHT + timedelta(hours=30))
    assert len(list(folder().iterdir())) == 3
    publish(EIGHT + timedelta(hours=45))
    assert len(list(folder().iterdir())) == 2


def test_what_was_left_goes_at_the_latest_with_the_editions_own_files(died: EditionFile, settings: Any) -> None:
    settings.REPORT_KEEP_EDITIONS_DAYS = 3
    Edition.objects.update(attempts=1)  # as if a person had it built again
    publish(EIGHT + timedelta(days=2))
    assert len(list(folder().iterdir())) == 3
    publish(EIGHT + timedelta(days=4))
    assert [path.name for path in folder().iterdir()] == ["notes of an operator.txt"]


def test_an_edition_that_is_built_just_now_keeps_its_builder(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com")
    claim_due(EIGHT, Summary())
    for attempt in range(2):
        killed_while_building(EIGHT + timedelta(days=attempt))
    made_at(EIGHT)
    token = Edition.objects.get().claimed_by
    retention.clean_up(EIGHT + timedelta(days=2))
    assert Edition.objects.get().claimed_by == token
    assert len(list(folder().iterdir())) == 2
