"""Where the parts meet: past days and intervals, handing over and what was tried, holds and what was built again."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from backoffice.jobs.timetable import Timetable
from reporter import board, control
from reporter.control import sending
from reporter.datasets import base
from reporter.datasets.base import DatasetError
from reporter.models import Delivery, Edition, Recipient, Report, Why
from reporter.publishing import publish
from reporter.week import week_ahead
from tests.reporter.conftest import EIGHT, MakeReport, People
from tests.reporter.smtp import Behaviour
from tests.reporter.staff import logged_in, person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("boss", email="boss@example.com")


def hourly(make_report: MakeReport, *addresses: str) -> Report:
    """In Shanghai, where the day begins at 16:00 UTC."""
    report = make_report("Hourly", *addresses, zone="Asia/Shanghai")
    report.timetable_data = {"every_minutes": 60}
    report.next_due_at = EIGHT
    report.save()
    return report


def test_a_past_moment_of_an_interval_tells_of_the_same_days_as_it_would_have(
    make_report: MakeReport, boss: User
) -> None:
    report = hourly(make_report, "ada@example.com")
    midnight = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)  # 2026-11-23 00:00 in Shanghai
    past = control.past_slots(report, date(2026, 11, 23), date(2026, 11, 23), EIGHT)
    assert midnight <= past[0].slot.at < midnight + timedelta(hours=1)
    assert past[0].day == date(2026, 11, 23)
    [made] = control.backfill(
        report, [past[0].slot.key], boss, "", EIGHT, first=date(2026, 11, 23), last=date(2026, 11, 23)
    )
    assert made.local_date == date(2026, 11, 23)


def test_the_week_ahead_reckons_the_weekdays_of_an_interval_by_the_clock_of_the_report(
    make_report: MakeReport,
) -> None:
    report = hourly(make_report, "ada@example.com")
    report.subscriptions.update(weekdays=[1])  # Tuesdays, which begin on Monday at 16:00 UTC
    tuesdays = {row.at.date() for day in week_ahead(EIGHT) for row in day.rows if row.people}
    assert tuesdays == {date(2026, 11, 24)}


def test_a_mail_that_was_put_off_once_goes_to_the_successor(
    make_report: MakeReport, mail_server: Behaviour, boss: User
) -> None:
    make_report("Sales", "ada@example.com")
    mail_server.rcpt_answers["ada@example.com"] = "451 come again"
    publish(EIGHT)
    assert Delivery.objects.get().content_hash != ""
    ada, bob = Recipient.objects.get(), Recipient.objects.create(name="Bob", address="bob@example.com")
    control.hand_over(ada, bob, boss, switch_off=True)
    publish(EIGHT + timedelta(minutes=5))
    row = Delivery.objects.get(edition__why=Why.TIMETABLE)
    assert (row.address, row.state, row.server_reply[:3]) == ("bob@example.com", "sent", "250")


def test_a_pause_that_is_made_longer_keeps_its_beginning(make_report: MakeReport, boss: User) -> None:
    report = make_report("Sales", "ada@example.com", times=["08:00", "09:00"])
    publish(EIGHT)
    control.pause(report, boss, date(2026, 11, 24), "audit", EIGHT + timedelta(minutes=30))
    report.refresh_from_db()
    control.pause(report, boss, date(2026, 11, 26), "longer", EIGHT + timedelta(hours=2))
    lines = board.board(EIGHT.date(), EIGHT + timedelta(hours=3))
    assert [(line.at.hour, line.state.value) for line in lines] == [(8, "sent"), (9, "skipped")]


def test_what_is_built_again_after_days_waits_two_days_for_its_approval(
    make_report: MakeReport, people: People, boss: User
) -> None:
    make_report("Sales", "ada@example.com", needs_approval=True, owner=boss)
    people.error = RuntimeError("away")
    for minutes in (0, 5, 30):
        publish(EIGHT + timedelta(minutes=minutes))
    Report.objects.update(is_enabled=False)
    people.error = None
    edition = Edition.objects.for_readers().get()
    later = EIGHT + timedelta(days=3)
    control.build_again(edition, boss, "", later)
    publish(later)
    publish(later + timedelta(hours=1))
    edition.refresh_from_db()
    assert (edition.state, edition.hold) == ("built", "approval")
    publish(later + timedelta(days=7, minutes=1))
    edition.refresh_from_db()
    assert edition.state == "skipped"
    assert "held for 7 days" in Edition.objects.filter(why=Why.NOTICE, original=edition).latest("pk").text


def test_what_takes_days_to_send_and_is_held_then_waits_from_then(
    make_report: MakeReport, boss: User, mail_server: Behaviour
) -> None:
    make_report("Sales", "ada@example.com")
    mail_server.rcpt_answers["ada@example.com"] = "451 come again"
    publish(EIGHT)
    Report.objects.update(is_enabled=False)
    edition = Edition.objects.for_readers().get()
    later = EIGHT + timedelta(days=7, hours=1)
    control.hold(edition, boss, "wait", later)
    publish(later)
    edition.refresh_from_db()
    assert (edition.state, edition.hold) == ("sending", "person")


def test_what_some_were_sent_and_is_held_for_too_long_is_not_called_sent(
    make_report: MakeReport, boss: User, mail_server: Behaviour
) -> None:
    make_report("Sales", "ada@example.com", "bob@example.com")
    mail_server.rcpt_answers["bob@example.com"] = "451 come again"
    publish(EIGHT)
    Report.objects.update(is_enabled=False)
    edition = Edition.objects.for_readers().get()
    control.hold(edition, boss, "wait", EIGHT)
    publish(EIGHT + timedelta(days=7, minutes=1))
    edition.refresh_from_db()
    assert (edition.state, "1 sent, 1 failed" in edition.outcome) == ("partly_sent", True)
    mail_server.rcpt_answers.clear()
    control.resend(Delivery.objects.get(address="bob@example.com"), boss, "", EIGHT + timedelta(days=8))
    publish(EIGHT + timedelta(days=8))
    assert mail_server.addresses() == ["ada@example.com", "bob@example.com"]


def test_the_mail_of_a_past_day_is_kept_from_when_it_was_made(
    make_report: MakeReport, boss: User, settings: Any
) -> None:
    settings.REPORT_KEEP_EDITIONS_DAYS = 3
    report = make_report("Sales", "ada@example.com")
    Report.objects.update(next_due_at=EIGHT + timedelta(days=1))
    day = date(2026, 11, 13)
    key = control.past_slots(report, day, day, EIGHT)[0].slot.key
    control.backfill(report, [key], boss, "", EIGHT, first=day, last=day)
    publish(EIGHT)
    publish(EIGHT + timedelta(minutes=5))
    edition = Edition.objects.get()
    assert (edition.state, edition.stripped_at, bool(edition.html)) == ("sent", None, True)


def test_the_mail_and_files_of_an_edition_are_for_those_who_may_see_the_data(
    make_report: MakeReport, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_report("Sales", "ada@example.com")
    publish(EIGHT)
    edition = Edition.objects.get()
    mail = reverse("admin:reporter_edition_mail", args=[edition.pk])
    file = reverse("admin:reporter_edition_file", args=[edition.pk, 1])
    page = reverse("admin:reporter_edition_change", args=[edition.pk])
    client = logged_in(person("view_editionfile", name="seeing"))
    assert [client.get(mail).status_code, b"Ada" in b"".join(client.get(file))] == [200, True]
    assert "Ada" in client.get(page).content.decode()
    monkeypatch.setitem(
        base._registered, "people", base.Dataset("people", "People", people, permission="reporter.use_sql")
    )
    assert [client.get(mail).status_code, client.get(file).status_code] == [403, 403]
    said = client.get(page).content.decode()
    assert "Ada" not in said
    assert "You may not see the data of" in said


def test_a_day_is_not_sent_twice_after_its_timetable_was_changed(make_report: MakeReport, boss: User) -> None:
    report = make_report("Sales", "ada@example.com")
    publish(EIGHT)
    later = EIGHT + timedelta(hours=2)
    control.reschedule(report, Timetable(times=(time(9),)), later, by=boss)
    day = EIGHT.date()
    past = control.past_slots(report, day - timedelta(days=1), day, later)
    assert [(entry.slot.key[:16], bool(entry.obstacle)) for entry in past] == [
        ("2026-11-22T09:00", False),
        ("2026-11-23T09:00", True),
    ]


def test_days_that_are_far_to_come_are_no_past_days(make_report: MakeReport, boss: User, client: Client) -> None:
    report = make_report("Sales", "ada@example.com")
    client.force_login(boss)
    page = reverse("admin:reporter_report_past", args=[report.pk])
    assert client.get(page, {"first": "2026-11-01", "last": "9999-12-31"}).status_code == 200


@pytest.mark.parametrize("state", ["pending", "built", "sending"])
def test_what_a_person_asked_for_a_moment_ago_is_not_asked_for_again(
    state: str, make_report: MakeReport, boss: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another person's is inserted, and perhaps built, after the second has been found to be free to ask."""
    report = make_report("Sales", "ada@example.com")
    build, is_first = sending.new_edition, True

    def new_edition(*args: Any, **values: Any) -> Edition:
        nonlocal is_first
        if is_first:
            is_first = False
            Edition.objects.filter(pk=control.send_now(report, boss, "").pk).update(state=state)
        return build(*args, **values)

    monkeypatch.setattr(sending, "new_edition", new_edition)
    with pytest.raises(control.AlreadyAskedFor):
        control.send_now(report, boss, "")
    assert Edition.objects.count() == 1


def test_the_owner_is_told_of_what_is_not_even_tried_again(make_report: MakeReport, people: People, boss: User) -> None:
    make_report("Sales", "ada@example.com", owner=boss)
    people.error = DatasetError("The query fails.")  # a second attempt would fare no better
    publish(EIGHT)
    publish(EIGHT + timedelta(minutes=5))
    assert Edition.objects.for_readers().get().state == "failed"
    notice = Delivery.objects.get(edition__why=Why.NOTICE)
    assert (notice.address, notice.state) == ("boss@example.com", "sent")
    assert "The query fails." in notice.edition.text


def test_a_preview_is_for_those_who_may_still_see_the_data(
    make_report: MakeReport, people: People, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    report = make_report("Sales", "ada@example.com")
    client = logged_in(person("preview_report", name="seeing"))
    page = client.get(reverse("admin:reporter_report_preview", args=[report.pk]))["Location"]
    mail = page.partition("?")[0] + "mail/"
    assert [client.get(page).status_code, client.get(mail).status_code] == [200, 200]
    monkeypatch.setitem(
        base._registered, "people", base.Dataset("people", "People", people, permission="reporter.use_sql")
    )
    assert [client.get(page).status_code, client.get(mail).status_code] == [403, 403]


def test_what_was_held_until_it_was_skipped_is_built_when_a_person_wants_it(
    make_report: MakeReport, boss: User, mail_server: Behaviour, client: Client
) -> None:
    report = make_report("Sales", "ada@example.com", owner=None)
    publish(EIGHT)
    publish(EIGHT + timedelta(days=2, minutes=1))
    edition = Edition.objects.for_readers().earliest("pk")
    assert (edition.state, edition.built_at) == ("skipped", None)
    Report.objects.update(owner=boss, is_enabled=False)
    client.force_login(boss)
    page = reverse("admin:reporter_edition_build_again", args=[edition.pk])
    assert page in client.get(reverse("admin:reporter_edition_change", args=[edition.pk])).content.decode()
    assert "held for 2 days" in client.get(page).content.decode()
    client.post(page, {"reason": "the owner is back"})
    edition.refresh_from_db()
    publish(edition.next_attempt_at)
    edition.refresh_from_db()
    assert (edition.state, edition.report) == ("sent", report)
    assert mail_server.addresses()[0] == "ada@example.com"
