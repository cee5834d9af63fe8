"""A report goes out with its owner's rights; editions are held, let go, approved; people are told once."""

from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from reporter import building, control
from reporter.board import State, board
from reporter.datasets import base
from reporter.holds import LONGEST
from reporter.models import Delivery, Edition, Hold, Report, Why
from reporter.publishing import new_edition, publish
from reporter.summary import Summary
from tests.reporter.conftest import EIGHT, MakeReport, People
from tests.reporter.smtp import Behaviour
from tests.reporter.staff import logged_in, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(db: None) -> User:
    return User.objects.create_user("olga", email="olga@example.com", is_superuser=True)


@pytest.fixture
def report(make_report: MakeReport, owner: User) -> Report:
    report = make_report("Sales", "ada@example.com", owner=owner)
    report.watchers.add(User.objects.create_user("wim", email="wim@example.com"))
    return report


def written(outbox: Path) -> dict[str, EmailMessage]:
    """The latest mail to each address."""
    files = sorted(outbox.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    mails: list[Any] = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]
    return {mail["To"].addresses[0].addr_spec: mail for mail in mails}


def say_no(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(base.Dataset, "allowed_to", lambda dataset, user: user.username not in names)


def edition() -> Edition:
    return Edition.objects.for_readers().get()


@pytest.mark.parametrize("trouble", ["none", "inactive", "blind"])
def test_without_its_owners_rights_an_edition_is_held_and_goes_out_when_that_is_put_right(
    trouble: str, report: Report, owner: User, mail_into_files: Path, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    match trouble:
        case "none":
            Report.objects.update(owner=None)
        case "inactive":
            User.objects.filter(pk=owner.pk).update(is_active=False)
        case "blind":
            say_no(monkeypatch, "olga")
    summary = publish(EIGHT)
    assert summary.needs_a_person
    held = edition()
    assert (held.state, held.hold) == ("pending", "owner")
    assert people.calls == []  # not even asked for
    (line,) = board(EIGHT.date(), EIGHT)
    assert line.state == State.WAITING
    assert {"none": "has no owner", "inactive": "olga is switched off", "blind": "olga may not see “People”"}[
        trouble
    ] in line.words
    assert publish(EIGHT + timedelta(minutes=5)).troubles == []  # said once
    told = written(mail_into_files)
    assert set(told) == ({"wim@example.com", "olga@example.com"} if trouble == "blind" else {"wim@example.com"})
    assert told["wim@example.com"]["Subject"] == "Held: Sales, Nov. 23, 2026"
    assert Edition.objects.filter(why=Why.NOTICE).count() == 1

    monkeypatch.undo()
    User.objects.filter(pk=owner.pk).update(is_active=True)
    Report.objects.update(owner=owner)
    assert publish(EIGHT + timedelta(hours=3)).sent == 1
    assert (edition().state, edition().hold) == ("sent", "")


def test_rights_are_checked_again_between_building_and_sending(
    report: Report, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.MAIL_PROBLEM = "it names no host"
    publish(EIGHT)
    assert edition().state == "built"
    say_no(monkeypatch, "olga")
    settings.MAIL_PROBLEM = ""
    assert publish(EIGHT + timedelta(minutes=5)).sent == 0
    assert edition().hold == "owner"


def test_what_is_held_for_two_days_is_skipped_and_says_so(report: Report, settings: Any) -> None:
    Report.objects.update(owner=None)
    publish(EIGHT)
    Report.objects.update(is_enabled=False)
    publish(EIGHT + timedelta(days=2, minutes=5))
    held = edition()
    assert (held.state, held.hold) == ("skipped", "")
    assert held.outcome.startswith("Skipped: it was held for 2 days. The report has no owner.")


def test_a_person_stops_what_is_not_sent_yet_and_lets_it_go(make_report: MakeReport, settings: Any) -> None:
    report = make_report("Sales", "ada@example.com", "bob@example.com")
    report.subscriptions.filter(recipient__address="bob@example.com").update(send_time="09:00")
    publish(EIGHT)
    user = person("hold_edition")
    control.hold(edition(), user, "wrong prices", EIGHT)
    with pytest.raises(control.NotSent):
        control.hold(edition(), user, "", EIGHT)
    publish(EIGHT + timedelta(hours=2))
    assert dict(Delivery.objects.values_list("name", "state")) == {"ada": "sent", "bob": "pending"}
    control.release(edition(), user, "they are right", EIGHT)
    publish(EIGHT + timedelta(hours=3))
    assert edition().state == "sent"
    with pytest.raises(control.NotSent):
        control.release(edition(), user, "", EIGHT)


def test_the_page_that_asks_says_after_how_long_a_held_edition_is_skipped(report: Report, admin_client: Client) -> None:
    publish(EIGHT, budget=0)
    page = admin_client.get(f"/admin/reporter/edition/{edition().pk}/hold/").content.decode()
    assert f"after {LONGEST[Hold.PERSON].days} days it is skipped" in page


def test_an_edition_held_for_too_long_after_it_was_built_is_skipped_for_those_who_wait(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com", needs_approval=True)
    publish(EIGHT)
    Report.objects.update(is_enabled=False)
    publish(EIGHT + timedelta(days=6))
    assert edition().state == "built"
    publish(EIGHT + timedelta(days=8))
    assert (edition().state, Delivery.objects.get().state) == ("skipped", "skipped")
    assert "it was held for 7 days. Somebody has to approve it." in Delivery.objects.get().server_reply


def test_a_report_that_waits_for_approval_is_built_and_sent_when_somebody_approves(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com", needs_approval=True)
    assert publish(EIGHT).sent == 0
    assert (edition().state, edition().hold, "Ada" in edition().html) == ("built", "approval", True)
    with pytest.raises(PermissionDenied):
        control.release(edition(), person("hold_edition", name="not-me"), "", EIGHT)
    control.release(edition(), person("approve_edition"), "looks right", EIGHT)
    assert publish(EIGHT + timedelta(minutes=5)).sent == 1


def test_who_approves_reads_before_how_many_will_get_it(make_report: MakeReport) -> None:
    report = make_report("Sales", "ada@example.com", "bob@example.com", "eve@example.com", needs_approval=True)
    report.subscriptions.filter(recipient__address="bob@example.com").update(is_copy=True)
    publish(EIGHT)
    page = reverse("admin:reporter_edition_release", args=[edition().pk])
    client = logged_in(person("approve_edition", "hold_edition"))
    shown = client.get(page).content.decode()
    assert "3 people, of whom 1 as a copy (Cc)" in shown
    assert shown.index("3 people") < shown.index('type="submit" class="default" value="Approve"')
    Delivery.objects.filter(is_copy=True).update(state="sent")
    Edition.objects.update(hold="person")
    assert '<div class="readonly">2 people</div>' in client.get(page).content.decode()
    Edition.objects.update(hold="")
    assert "2 people" not in client.get(page).content.decode()


@pytest.mark.parametrize("why", [Why.PERSON, Why.BACKFILL, Why.CORRECTION])
def test_whoever_asked_for_an_edition_it_waits_for_approval_too(why: Why, make_report: MakeReport) -> None:
    report = make_report("Sales", "ada@example.com")
    assert publish(EIGHT).sent == 1
    Report.objects.update(needs_approval=True)
    original = edition() if why == Why.CORRECTION else None
    new_edition(report, EIGHT.date(), EIGHT, why=why, due_at=EIGHT, original=original, reason="Wrong.").save()
    assert publish(EIGHT + timedelta(minutes=5)).sent == 0
    asked_for = Edition.objects.get(why=why)
    assert (asked_for.state, asked_for.hold) == ("built", Hold.APPROVAL)
    assert [row.state for row in asked_for.deliveries.all()] == ["pending"]


@pytest.mark.parametrize(("hold", "words"), [("owner", "is held"), ("person", "is held"), ("approval", "waits for")])
def test_the_first_page_leads_to_what_is_held_however_long_ago_it_was_due(
    hold: str, words: str, make_report: MakeReport, admin_client: Client
) -> None:
    """The board has one day; a hold may last for a week."""
    for name in ("Sales", "Stock"):
        make_report(name, "ada@example.com", needs_approval=True)
    publish(EIGHT)
    Edition.objects.filter(report__name="Sales").update(hold=hold, hold_reason="wrong prices")
    Edition.objects.filter(report__name="Stock").update(state="sent", hold="")
    first = admin_client.get("/admin/").content.decode()
    (address,) = re.findall(f'<a href="([^"]+)">1 edition {words}', first)
    page = admin_client.get(unescape(address)).content.decode()
    assert ("wrong prices" in page, "Stock · 2026" in page) == (True, False)


# --- Told once ---


def test_owner_and_watchers_are_told_of_a_failure_once_with_the_next_step(
    report: Report, owner: User, mail_server: Behaviour, transactional_db: None
) -> None:
    mail_server.rcpt_answers["ada@example.com"] = "550 no such user"
    publish(EIGHT)
    assert mail_server.addresses() == ["olga@example.com", "wim@example.com"]
    mail = mail_server.mails()[0]
    body = mail.get_body(("plain",))
    assert mail["Subject"] == "Not sent as it should be: Sales, Nov. 23, 2026"
    assert body
    assert "550 no such user" in body.get_content()
    assert f"/admin/reporter/edition/{edition().pk}/change/" in body.get_content()
    for minutes in (5, 10, 60):
        publish(EIGHT + timedelta(minutes=minutes))
    boss, failed = User.objects.create_superuser("boss"), Delivery.objects.select_related("edition").get(state="failed")
    control.resend(failed, boss, "", EIGHT + timedelta(hours=2))
    publish(EIGHT + timedelta(hours=2))
    assert (edition().state, Delivery.objects.filter(state="failed").count()) == ("failed", 2)
    assert len(mail_server.received) == 2


def test_what_owners_are_told_is_not_lost_while_the_mail_server_is_down(
    report: Report, people: People, mail_server: Behaviour, transactional_db: None
) -> None:
    people.error = RuntimeError("away")
    mail_server.mail_answer = "530 log in first"
    for minutes in (0, 5, 30):
        publish(EIGHT + timedelta(minutes=minutes))
    assert edition().state == "failed"
    assert mail_server.received == []
    mail_server.mail_answer = "250 OK"
    publish(EIGHT + timedelta(hours=5))
    assert mail_server.addresses() == ["olga@example.com", "wim@example.com"]


def test_they_are_told_at_once_of_what_is_not_tried_again(
    report: Report, people: People, mail_into_files: Path
) -> None:
    people.error = base.DatasetError("The query failed.")
    publish(EIGHT)
    assert (edition().state, edition().attempts) == ("failed", 1)
    mails = written(mail_into_files)
    assert set(mails) == {"olga@example.com", "wim@example.com"}
    assert "List-Unsubscribe" not in mails["wim@example.com"]  # there is nothing to unsubscribe from


def test_they_are_told_of_what_breaks_off_its_building_again_and_again(report: Report, mail_into_files: Path) -> None:
    publish(EIGHT, budget=0)
    now = EIGHT
    for _death in range(building.MAX_ATTEMPTS):
        assert building.claim(edition(), now, Summary())
        now += building.CLAIM
    publish(now)
    (text,) = (mail.get_body(("plain",)) for to, mail in written(mail_into_files).items() if to == "olga@example.com")
    assert text
    assert "broken off 3 times" in text.get_content()


def test_an_owner_without_an_address_stops_nothing(report: Report, owner: User) -> None:
    User.objects.update(email="")
    Report.objects.update(owner=None)
    publish(EIGHT)
    assert edition().hold == "owner"
    assert not Edition.objects.filter(why=Why.NOTICE).exists()
