"""What stands in the headers and the bytes of a mail."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from reporter.messages import Attachment, message_for
from reporter.models import Delivery, Edition
from reporter.publishing import publish
from reporter.rendering.mail import _inlined
from reporter.transports import OutboxTransport, Verdict, outbox_path
from tests.reporter.conftest import EIGHT, MakeReport

ATTACHMENTS = [Attachment("1-表.csv", "名,1\r\n".encode()), Attachment("b.csv", b"b")]


def delivery(name: str = "Ada", address: str = "ada@example.com", subject: str = "Sales") -> Delivery:
    edition = Edition(pk=7, subject=subject, html="<p>Gruß 你好</p>", text="Gruß 你好\n.\n")
    return Delivery(edition=edition, name=name, address=address, message_id="<report-7.abc@example.com>")


def parsed(row: Delivery) -> EmailMessage:
    message = message_for(row, ATTACHMENTS, EIGHT)
    return message_from_bytes(message.content, policy=policy.default)  # type: ignore[return-value]


def test_a_repeated_mail_is_the_same_but_for_its_date() -> None:
    first, second = (message_for(delivery(), ATTACHMENTS, EIGHT + timedelta(hours=n)) for n in (0, 1))
    assert first.content_hash == second.content_hash
    different = [
        (a, b) for a, b in zip(first.content.split(b"\r\n"), second.content.split(b"\r\n"), strict=True) if a != b
    ]
    assert [a.split(b":")[0] for a, _b in different] == [b"Date"]


def test_another_content_has_another_hash() -> None:
    one = message_for(delivery(), ATTACHMENTS, EIGHT)
    assert message_for(delivery(), ATTACHMENTS[:1], EIGHT).content_hash != one.content_hash
    assert message_for(delivery(name="Bob"), ATTACHMENTS, EIGHT).content_hash != one.content_hash


INJECTION = "Ada\r\nBcc: everybody@example.com\r\n\r\nBuy!"


@pytest.mark.parametrize("row", [delivery(name=INJECTION), delivery(subject=INJECTION)])
def test_no_name_or_subject_can_add_a_header(row: Delivery) -> None:
    mail = parsed(row)
    assert mail["Bcc"] is None
    body = mail.get_body(("plain",))
    assert body
    assert "Buy!" not in body.get_content()


def test_no_file_name_can_add_a_header() -> None:
    message = message_for(delivery(), [Attachment("a\r\nX-Evil: 1\r\n.csv", b"x")], EIGHT)
    mail = message_from_bytes(message.content, policy=policy.default)
    assert all(part["X-Evil"] is None for part in mail.walk())


@hypothesis_settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.text(max_size=60), subject=st.text(max_size=120))
def test_any_name_and_subject_make_a_mail_to_exactly_one_address(name: str, subject: str) -> None:
    mail = parsed(delivery(name=name, subject=subject))
    assert [address.addr_spec for address in mail["To"].addresses] == ["ada@example.com"]
    ours = ["From", "To", "Subject", "Message-ID", "Auto-Submitted", "List-Unsubscribe", "List-Unsubscribe-Post"]
    assert sorted(mail.keys()) == sorted([*ours, "MIME-Version", "Content-Type", "Date"])


@pytest.mark.parametrize("name", ["李晓明", "Müller, Hans", 'Ada "The Countess" Lovelace', "a@b.c", ""])
def test_names_arrive_as_they_are(name: str) -> None:
    (address,) = parsed(delivery(name=name))["To"].addresses
    assert (address.display_name, address.addr_spec) == (name, "ada@example.com")


def test_text_and_files_arrive_as_they_are() -> None:
    mail = parsed(delivery())
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain
    assert plain.get_content().replace("\r\n", "\n") == "Gruß 你好\n.\n"
    assert html
    assert html.get_content().strip() == "<p>Gruß 你好</p>"
    assert [file.get_filename() for file in mail.iter_attachments()] == ["1-表.csv", "b.csv"]


def test_css_is_inlined_and_none_is_fetched(tmp_path: Path) -> None:
    sheet = tmp_path / "secret.css"
    sheet.write_text("p { color: red }")
    link = f'<link rel="stylesheet" href="{sheet.as_uri()}"><link rel="stylesheet" href="{sheet}">'
    html = _inlined(f"<html><head>{link}<style>p {{ margin: 0 }}</style></head><body><p>x</p></body></html>")
    assert '<p style="margin: 0;">x</p>' in html
    assert "red" not in html


def test_a_domain_in_another_script_is_written_in_ascii() -> None:
    message = message_for(delivery(address="ada@例子.example"), [], EIGHT)
    assert message.address == "ada@xn--fsqu00a.example"
    assert b"xn--fsqu00a.example" in message.content


def test_a_sender_in_another_script_has_an_ascii_message_id(make_report: MakeReport, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Reports <reports@例子.example>"
    make_report("Sales", "ada@example.com")
    assert publish(EIGHT).sent == 1
    row = Delivery.objects.get()
    assert row.message_id.endswith("@xn--fsqu00a.example>")
    assert f"Message-ID: {row.message_id}\r\n".encode() in message_for(row, [], EIGHT).content


# --- The outbox ---


def test_a_repetition_overwrites_its_file_in_the_outbox(tmp_path: Path) -> None:
    outbox = OutboxTransport(tmp_path / "outbox")
    outbox.ready()
    for content in (b"one", b"two"):
        assert outbox.send("a@example.com", "b@example.com", "<x/../1@h>", content).verdict == Verdict.TAKEN
    (file,) = (tmp_path / "outbox").iterdir()
    assert file.read_bytes() == b"two"
    assert file == outbox_path(tmp_path / "outbox", "<x/../1@h>")


def test_an_outbox_that_cannot_be_written_loses_nothing(make_report: MakeReport, mail_into_files: Path) -> None:
    make_report("Sales", "ada@example.com")
    mail_into_files.write_text("a file where the folder should be")
    summary = publish(EIGHT)
    assert "cannot be made" in summary.text()
    mail_into_files.unlink()
    publish(EIGHT + timedelta(minutes=5))
    assert len(list(mail_into_files.glob("*.eml"))) == 1
