"""After the sending: again to those whom it did not reach, decisions about the unknown, corrections, past days."""

from __future__ import annotations

import re
from datetime import date, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reporter import control
from reporter.models import Delivery, Edition, Recipient, Report, Subscription, Why
from reporter.publishing import publish
from tests.reporter.conftest import EIGHT, MakeReport, People
from tests.reporter.smtp import Behaviour
from tests.reporter.staff import logged_in, person

pytestmark = pytest.mark.django_db(transaction=True)

LATER = EIGHT + timedelta(hours=1)
MONDAY = EIGHT.date()


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("boss", email="boss@example.com")


@pytest.fixture
def half_sent(make_report: MakeReport, mail_server: Behaviour) -> Edition:
    """Sent to Ada, refused by Bob's server, unknown for Cleo."""
    make_report("Sales", "ada@example.com", "bob@example.com", "cleo@example.com")
    mail_server.rcpt_answers["bob@example.com"] = "550 no such user"
    mail_server.cut_after_data.add("cleo@example.com")
    publish(EIGHT)
    mail_server.rcpt_answers.clear()
    mail_server.cut_after_data.clear()
    Report.objects.update(is_enabled=False)  # no further edition comes between
    return Edition.objects.get()


def row(address: str, **values: Any) -> Delivery:
    return Delivery.objects.select_related("edition").get(address=address, **values)


def mails_to(server: Behaviour, address: str) -> list[bytes]:
    """Without the Date header, the only one that may differ."""
    found = [content for to, content in server.received if to == address]
    return [b"\r\n".join(line for line in mail.split(b"\r\n") if not line.startswith(b"Date:")) for mail in found]


def post(client: Client, page: str, edition: Edition, **data: Any) -> str:
    address = reverse(f"admin:reporter_edition_{page}", args=[edition.pk])
    return client.post(address, data, follow=True).content.decode()


# --- Again ---


def test_those_who_failed_are_sent_it_again_and_then_the_edition_says_so(
    half_sent: Edition, mail_server: Behaviour, admin_client: Client
) -> None:
    address = reverse("admin:reporter_edition_resend", args=[half_sent.pk])
    page = admin_client.get(address).content.decode()
    assert "bob@example.com · failed · 550 no such user" in page  # as it is written: a name of ours has a large letter
    assert "cleo@example.com" not in page
    said = post(admin_client, "resend", half_sent, delivery=row("bob@example.com").pk, reason="mailbox is there")
    assert "1 mail will be sent again." in said
    publish(timezone.now())
    failed, again = Delivery.objects.filter(address="bob@example.com").order_by("pk")
    assert (failed.state, failed.superseded_by, failed.server_reply) == ("failed", again, "550 no such user")
    assert (again.state, again.attempt_key, again.message_id) == ("sent", "2", failed.message_id)
    assert again.content_hash == failed.content_hash != ""
    half_sent.refresh_from_db()
    assert (half_sent.state, "2 sent, 0 failed, 1 unknown" in half_sent.outcome) == ("partly_sent", True)
    entry = LogEntry.objects.get(change_message__contains="Sent again to bob@example.com")
    assert "mailbox is there" in entry.change_message


def test_an_unknown_one_is_sent_again_only_by_a_person_and_as_the_same_mail(
    half_sent: Edition, mail_server: Behaviour, boss: User, admin_client: Client
) -> None:
    cleo = row("cleo@example.com")
    query = f"?delivery={cleo.pk}"
    page = admin_client.get(reverse("admin:reporter_edition_resend", args=[half_sent.pk]) + query).content.decode()
    assert "they may arrive twice" in page
    control.resend(cleo, boss, "she has not got it", LATER)
    publish(LATER)
    first, second = mails_to(mail_server, "cleo@example.com")
    assert first == second
    assert message_from_bytes(first)["Message-ID"] == cleo.message_id


def test_a_mail_that_would_not_be_the_same_is_not_sent_again(
    half_sent: Edition, mail_server: Behaviour, boss: User, settings: Any
) -> None:
    settings.DEFAULT_FROM_EMAIL = "Others <others@example.com>"
    again = control.resend(row("cleo@example.com"), boss, "", LATER)
    publish(LATER)
    again.refresh_from_db()
    assert (again.state, len(mails_to(mail_server, "cleo@example.com"))) == ("failed", 1)
    assert "would not be the one that it repeats" in again.server_reply


def test_a_corrected_address_is_used_for_what_failed(
    half_sent: Edition, mail_server: Behaviour, boss: User, admin_client: Client
) -> None:
    Recipient.objects.filter(address="bob@example.com").update(address="robert@example.com")
    page = admin_client.get(reverse("admin:reporter_edition_resend", args=[half_sent.pk])).content.decode()
    assert "corrected since: it goes to robert@example.com" in page
    control.resend(row("bob@example.com"), boss, "", LATER)
    publish(LATER)
    assert row("robert@example.com").state == "sent"


def test_two_people_send_it_again_once(half_sent: Edition, mail_server: Behaviour, boss: User) -> None:
    seen_by_both = row("bob@example.com")
    control.resend(seen_by_both, boss, "", LATER)
    with pytest.raises(control.AlreadyAskedFor):
        control.resend(seen_by_both, boss, "", LATER)
    with pytest.raises(control.NotSent, match="sent again already"):
        control.resend(row("bob@example.com", attempt_key="1"), boss, "", LATER)
    with pytest.raises(control.NotSent, match="only what failed or is unknown"):
        control.resend(row("ada@example.com"), boss, "", LATER)
    publish(LATER)
    assert len(mails_to(mail_server, "bob@example.com")) == 1


@pytest.mark.parametrize(("decision", "state"), [("arrived", "sent"), ("lost", "failed")])
def test_a_person_says_whether_an_unknown_one_arrived(
    decision: str, state: str, half_sent: Edition, mail_server: Behaviour, admin_client: Client
) -> None:
    Delivery.objects.filter(address="bob@example.com").update(state="sent")
    said = post(
        admin_client, "decide", half_sent, delivery=row("cleo@example.com").pk, decision=decision, reason="asked"
    )
    assert "Written down." in said
    cleo = row("cleo@example.com")
    assert (cleo.state, cleo.decided_by.username, cleo.sent_at) == (state, "admin", None)  # type: ignore[union-attr]
    half_sent.refresh_from_db()
    assert half_sent.state == ("sent" if decision == "arrived" else "partly_sent")
    again = post(admin_client, "decide", half_sent, delivery=cleo.pk, decision="arrived")
    assert "not unknown any more" in again or "Written down." not in again
    listed = admin_client.get(reverse("admin:reporter_delivery_changelist")).content.decode()
    assert f"{state}, says admin" in listed


def test_the_actions_of_the_list_lead_to_the_pages_that_ask(half_sent: Edition, admin_client: Client) -> None:
    bob, cleo = row("bob@example.com"), row("cleo@example.com")
    address = reverse("admin:reporter_delivery_changelist")
    response = admin_client.post(address, {"action": "resend", "_selected_action": [bob.pk, cleo.pk]})
    assert response["Location"].endswith(f"/resend/?delivery={bob.pk}&delivery={cleo.pk}")
    response = admin_client.post(address, {"action": "decide", "_selected_action": [bob.pk, cleo.pk]})
    assert response["Location"].endswith(f"/decide/?delivery={cleo.pk}")
    post(admin_client, "resend", half_sent, reason="an answer that names nobody")
    assert Delivery.objects.count() == 3


@pytest.mark.parametrize("lacking", ["resend_delivery", "view_edition"])
def test_who_could_not_open_these_pages_is_not_offered_the_actions(lacking: str, half_sent: Edition) -> None:
    user = person("resend_delivery")
    client, address = logged_in(user), reverse("admin:reporter_delivery_changelist")
    assert 'value="resend"' in client.get(address).content.decode()
    user.user_permissions.remove(Permission.objects.get(codename=lacking))
    page = client.get(address).content.decode()
    assert 'value="resend"' not in page
    assert 'value="decide"' not in page


def test_what_could_not_be_built_is_built_again_when_a_person_wants_it(
    make_report: MakeReport, people: People, mail_server: Behaviour, admin_client: Client
) -> None:
    make_report("Sales", "ada@example.com")
    people.error = RuntimeError("away")
    for minutes in (0, 5, 30):
        publish(EIGHT + timedelta(minutes=minutes))
    edition = Edition.objects.for_readers().get()
    assert edition.state == "failed"
    people.error = None
    assert "will be built and sent within seconds" in post(admin_client, "build_again", edition)
    edition.refresh_from_db()
    Report.objects.update(is_enabled=False)
    publish(edition.next_attempt_at)
    edition.refresh_from_db()
    assert (edition.state, mail_server.addresses()) == ("sent", ["ada@example.com"])
    assert "built, or being built again already" in post(admin_client, "build_again", edition)


# --- Corrections ---


def text_of(server: Behaviour, address: str) -> tuple[str, str]:
    mail: EmailMessage = message_from_bytes(  # type: ignore[assignment]
        [content for to, content in server.received if to == address][-1], policy=policy.default
    )
    body = mail.get_body(("plain",))
    assert body
    return str(mail["Subject"]), body.get_content()


def test_a_correction_says_what_it_corrects_and_goes_to_the_same_people(
    half_sent: Edition, mail_server: Behaviour, people: People, admin_client: Client, make_report: MakeReport
) -> None:
    Subscription.objects.create(
        report=half_sent.report, recipient=Recipient.objects.create(name="x", address="new@example.com")
    )
    Report.objects.update(language="zh-hans")
    people.rows = [["Ada", 5]]
    assert "This field is required." in post(admin_client, "correct", half_sent, text=" ")
    said = post(admin_client, "correct", half_sent, text="3 was wrong, it is 5")
    assert "The correction will be sent within seconds." in said
    correction = Edition.objects.get(why=Why.CORRECTION)
    assert (correction.original, correction.period_start) == (half_sent, half_sent.period_start)
    publish(correction.created_at)
    assert sorted(mail_server.addresses()[-3:]) == ["ada@example.com", "bob@example.com", "cleo@example.com"]
    subject, text = text_of(mail_server, "ada@example.com")
    assert subject.startswith("更正")
    assert "3 was wrong, it is 5" in text
    page = admin_client.get(reverse("admin:reporter_edition_change", args=[half_sent.pk])).content.decode()
    assert f">#{correction.pk}</a>" in page


def test_a_correction_is_asked_for_once_and_of_what_is_finished(
    half_sent: Edition, mail_server: Behaviour, boss: User, make_report: MakeReport
) -> None:
    control.correct(half_sent, boss, "wrong", LATER)
    with pytest.raises(control.NotSent, match="asked for already"):
        control.correct(half_sent, boss, "wrong", LATER)
    make_report("Costs", "ada@example.com")
    publish(EIGHT, budget=0)
    with pytest.raises(control.NotSent, match="hold it instead"):
        control.correct(Edition.objects.get(report__name="Costs"), boss, "wrong", LATER)


# --- Past days ---


def test_past_days_are_sent_once_and_say_that_they_are_late(
    make_report: MakeReport, mail_into_files: Any, boss: User
) -> None:
    report = make_report("Sales", "ada@example.com")
    publish(EIGHT + timedelta(days=3))  # from Monday to Wednesday nothing ran
    first, last, now = MONDAY - timedelta(days=1), MONDAY + timedelta(days=3), EIGHT + timedelta(days=3, hours=2)
    past = control.past_slots(report, first, last, now)
    assert [entry.obstacle for entry in past] == ["", "", "", "", "It had its edition: sent."]
    keys = [entry.slot.key for entry in past]
    made = control.backfill(report, keys, boss, "the server burnt", now, first=first, last=last)
    assert len(made) == 4
    assert publish(now).sent == 4
    edition = Edition.objects.get(local_date=MONDAY)
    assert (edition.state, edition.why, edition.due_at) == ("sent", "backfill", EIGHT)
    assert edition.period_end == EIGHT.replace(hour=0)
    assert (edition.requested_by, edition.reason) == (boss, "the server burnt")
    assert "This report is sent later than its day" in edition.text
    with pytest.raises(control.NothingToSend):
        control.backfill(report, keys, boss, "", now, first=first, last=last)
    assert Edition.objects.count() == 5


def test_a_day_that_a_person_had_sent_is_not_made_again(make_report: MakeReport, boss: User) -> None:
    report = make_report("Sales", "ada@example.com", next_due_at=EIGHT + timedelta(days=9))
    control.send_now(report, boss, "", EIGHT)
    (past,) = control.past_slots(report, MONDAY, MONDAY, LATER)
    assert past.obstacle == "A person had it sent on that day."


def test_no_more_than_a_month_is_made_in_one_go(make_report: MakeReport, boss: User) -> None:
    report = make_report("Sales", "ada@example.com", times=["08:00", "18:00"], next_due_at=EIGHT)
    first = MONDAY - timedelta(days=20)
    keys = [past.slot.key for past in control.past_slots(report, first, MONDAY, EIGHT)]
    with pytest.raises(control.NothingToSend, match="No more than 31 editions"):
        control.backfill(report, keys, boss, "", EIGHT, first=first, last=MONDAY)
    assert not Edition.objects.exists()


def test_past_days_are_chosen_on_a_page_that_shows_what_would_be_made(
    make_report: MakeReport, admin_client: Client
) -> None:
    report = make_report("Sales", "ada@example.com", next_due_at=None)
    Report.objects.update(next_due_at=None)
    address = reverse("admin:reporter_report_past", args=[report.pk])
    page = admin_client.get(address).content.decode()
    assert "had no edition: one is made, and sent to 1 person" in page
    yesterday = (date.today() - timedelta(days=1)).isoformat()
    chosen = admin_client.get(address, {"first": yesterday, "last": yesterday}).content.decode()
    data = dict(re.findall(r'<input type="(?:hidden|checkbox)" name="(first|last|slot)" value="([^"]*)"', chosen))
    assert data == {"first": yesterday, "last": yesterday, "slot": f"{yesterday}T08:00"}
    data["reason"] = "why not"
    said = admin_client.post(address, data, follow=True).content.decode()
    assert "1 edition will be sent within minutes." in said
    assert Edition.objects.get().local_date.isoformat() == yesterday
    wrong = admin_client.get(address, {"first": "2001-01-01", "last": "2000-01-01"}).content.decode()
    assert "further back than 92 days" in wrong
