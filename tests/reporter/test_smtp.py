"""Mails over a real connection, with the faults that connections have."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from backoffice.mail import MailServer
from reporter.models import Delivery, Edition
from reporter.publishing import publish
from reporter.results import MAX_ATTEMPTS
from tests import services
from tests.reporter.conftest import EIGHT, MakeReport, People
from tests.reporter.smtp import Behaviour

THREE = ("ada@example.com", "bob@example.com", "cleo@example.com")

pytestmark = pytest.mark.django_db(transaction=True)


def states() -> dict[str, str]:
    return dict(Delivery.objects.values_list("address", "state"))


def reply(address: str) -> str:
    return Delivery.objects.get(address=address).server_reply


def test_all_mails_go_over_one_connection(mail_server: Behaviour, make_report: MakeReport) -> None:
    make_report("Sales", *THREE)
    summary = publish(EIGHT)
    assert mail_server.addresses() == list(THREE)
    assert mail_server.connections == 1
    assert set(states().values()) == {"sent"}
    assert Edition.objects.get().state == "sent"
    assert summary.text() == "sent 1 report to 3 people"


def test_a_mail_has_html_plain_text_and_the_table_as_a_file(mail_server: Behaviour, make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com")
    publish(EIGHT)
    (mail,) = mail_server.mails()
    assert mail["Subject"] == "Sales · Nov. 23, 2026"
    assert mail["From"] == "Reports <reports@example.com>"
    assert mail["Message-ID"] == Delivery.objects.get().message_id
    html, text = mail.get_body(("html",)), mail.get_body(("plain",))
    assert html
    assert text
    assert "<td" in html.get_content()
    assert "Ada" in html.get_content()
    assert "Ada" in text.get_content()
    (file,) = mail.iter_attachments()
    assert file.get_filename() == "1-People-2026-11-23.csv"
    assert file.get_content().splitlines()[1] == "Ada,3"


def test_a_dead_server_costs_no_attempt_and_all_goes_out_later(settings: Any, make_report: MakeReport) -> None:
    port = services.free_port()
    settings.MAIL_SERVER = MailServer("127.0.0.1", port, "", "", use_tls=False, use_ssl=False, timeout=1)
    make_report("Sales", *THREE)
    make_report("Costs", "ada@example.com")
    summary = publish(EIGHT)
    assert set(Delivery.objects.values_list("state", "attempts")) == {("pending", 0)}
    assert f"127.0.0.1:{port} cannot be used" in reply("bob@example.com")
    assert summary.needs_a_person
    assert summary.text().startswith(f"4 deliveries wait: the mail server 127.0.0.1:{port} cannot be used: ")
    assert f"127.0.0.1:{port} cannot be used" in Delivery.objects.get(edition__report__name="Costs").server_reply
    assert all("cannot be used" in row.server_reply for row in Delivery.objects.all())
    assert "tried again" not in summary.text()

    settings.MAIL_SERVER = None
    publish(EIGHT + timedelta(minutes=5))
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}


def test_a_temporary_refusal_is_tried_again_with_growing_pauses(
    mail_server: Behaviour, make_report: MakeReport
) -> None:
    make_report("Sales", *THREE)
    mail_server.rcpt_answers["bob@example.com"] = "451 try later"
    publish(EIGHT)
    assert states() == {"ada@example.com": "sent", "bob@example.com": "pending", "cleo@example.com": "sent"}
    assert reply("bob@example.com") == "451 try later"
    pauses, now = [], EIGHT
    for _attempt in range(MAX_ATTEMPTS - 1):
        due = Delivery.objects.get(address="bob@example.com").next_attempt_at
        pauses.append(round((due - now).total_seconds() / 60))
        now = due
        publish(now)
    assert pauses == [4, 14, 59, 239]
    assert states()["bob@example.com"] == "failed"
    assert mail_server.addresses() == ["ada@example.com", "cleo@example.com"]
    assert Edition.objects.get().state == "partly_sent"


def test_a_temporary_refusal_of_the_content_is_tried_again(mail_server: Behaviour, make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com")
    mail_server.data_answer = "451 busy"
    publish(EIGHT)
    assert states() == {"ada@example.com": "pending"}
    mail_server.data_answer = "250 OK"
    publish(EIGHT + timedelta(minutes=5))
    assert states() == {"ada@example.com": "sent"}


def test_a_refused_recipient_fails_alone(mail_server: Behaviour, make_report: MakeReport) -> None:
    make_report("Sales", *THREE)
    mail_server.rcpt_answers["bob@example.com"] = "550 no such user"
    summary = publish(EIGHT)
    assert states() == {"ada@example.com": "sent", "bob@example.com": "failed", "cleo@example.com": "sent"}
    edition = Edition.objects.get()
    assert edition.state == "partly_sent"
    assert "2 sent, 1 failed" in edition.outcome
    assert summary.text() == "sent 1 report to 2 people; 1 delivery failed: bob@example.com: 550 no such user"


def test_an_address_that_cannot_be_sent_to_fails_alone(mail_server: Behaviour, make_report: MakeReport) -> None:
    make_report("Sales", "jürgen@example.com", "bob@example.com")
    publish(EIGHT)
    assert states() == {"jürgen@example.com": "failed", "bob@example.com": "sent"}
    assert mail_server.addresses() == ["bob@example.com"]


def test_silence_after_the_mail_is_unknown_and_never_sent_again(
    mail_server: Behaviour, make_report: MakeReport, settings: Any
) -> None:
    settings.MAIL_SERVER = replace(settings.MAIL_SERVER, timeout=2)
    make_report("Sales", *THREE)
    mail_server.silent_after_data.add("ada@example.com")
    summary = publish(EIGHT)
    assert states() == {"ada@example.com": "unknown", "bob@example.com": "sent", "cleo@example.com": "sent"}
    assert summary.needs_a_person
    for minutes in (5, 10, 300):
        publish(EIGHT + timedelta(minutes=minutes))
    assert mail_server.addresses() == list(THREE)
    assert states() == {"ada@example.com": "unknown", "bob@example.com": "sent", "cleo@example.com": "sent"}
    assert Edition.objects.get().state == "partly_sent"


def test_a_cut_after_the_mail_is_unknown(mail_server: Behaviour, make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com")
    mail_server.cut_after_data.add("ada@example.com")
    publish(EIGHT)
    assert states() == {"ada@example.com": "unknown"}


def test_a_cut_in_the_middle_of_the_mail_is_tried_again(
    mail_server: Behaviour, make_report: MakeReport, people: People
) -> None:
    people.rows = [["x" * 1000, 1]] * 6000  # more than the system's buffers take
    make_report("Sales", "ada@example.com")
    mail_server.cut_during_data = True
    publish(EIGHT)
    assert states() == {"ada@example.com": "pending"}
    mail_server.cut_during_data = False
    publish(EIGHT + timedelta(minutes=5))
    assert mail_server.addresses() == ["ada@example.com"]


def test_one_broken_connection_is_made_anew(mail_server: Behaviour, make_report: MakeReport) -> None:
    make_report("Sales", *THREE)
    mail_server.cut_at_rcpt = 1
    publish(EIGHT)
    assert states() == {"ada@example.com": "pending", "bob@example.com": "sent", "cleo@example.com": "sent"}
    assert mail_server.connections == 2


def test_connections_that_break_again_and_again_stop_the_batch(mail_server: Behaviour, make_report: MakeReport) -> None:
    make_report("Sales", *THREE)
    mail_server.cut_at_rcpt = 99
    publish(EIGHT)
    assert list(Delivery.objects.order_by("pk").values_list("state", "attempts")) == [
        ("pending", 1),
        ("pending", 1),
        ("pending", 0),
    ]


def test_a_server_that_takes_nothing_from_us_fails_nobody(mail_server: Behaviour, make_report: MakeReport) -> None:
    make_report("Sales", *THREE)
    mail_server.mail_answer = "530 log in first"
    summary = publish(EIGHT)
    assert set(Delivery.objects.values_list("state", "attempts")) == {("pending", 0)}
    assert "530 log in first" in summary.text()


def test_what_the_server_does_not_take_for_days_has_failed(mail_server: Behaviour, make_report: MakeReport) -> None:
    report = make_report("Sales", "ada@example.com")
    mail_server.mail_answer = "530 log in first"
    publish(EIGHT)
    report.refresh_from_db()
    report.is_enabled = False
    report.save()
    publish(EIGHT + timedelta(days=1))
    assert states() == {"ada@example.com": "pending"}
    publish(EIGHT + timedelta(days=3))
    assert states() == {"ada@example.com": "failed"}


def test_dots_at_the_beginning_of_lines_arrive(mail_server: Behaviour, make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com", intro=".hidden\n.\n..two")
    publish(EIGHT)
    body = mail_server.mails()[0].get_body(("plain",))
    assert body
    assert ".hidden\n.\n..two" in body.get_content().replace("\r\n", "\n")


def test_a_long_answer_of_the_server_is_cut(mail_server: Behaviour, make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com")
    mail_server.rcpt_answers["ada@example.com"] = "550 " + "no\x1b[31m " * 80 + "\r\n"
    publish(EIGHT)
    assert len(reply("ada@example.com")) <= 500
    assert "\x1b" not in reply("ada@example.com")
