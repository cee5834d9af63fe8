"""Mails that the server does not take: why, and when they are tried again, stands where people look first."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from reporter import control
from reporter.models import Delivery, Edition
from reporter.publishing import publish
from tests import services
from tests.reporter.conftest import EIGHT, MakeReport
from tests.reporter.smtp import Behaviour
from tests.reporter.staff import logged_in, person

pytestmark = pytest.mark.django_db(transaction=True)

SOON = EIGHT + timedelta(minutes=1)
REFUSAL = "451 busy, come again"


@pytest.fixture
def put_off(make_report: MakeReport, mail_server: Behaviour) -> Edition:
    mail_server.rcpt_answers["ada@example.com"] = REFUSAL
    make_report("Sales", "ada@example.com")
    publish(EIGHT)
    return Edition.objects.get()


def page(client: Client, address: str) -> str:
    with time_machine.travel(SOON, tick=False):
        return client.get(address).content.decode()


def test_the_first_page_is_not_green_while_a_mail_is_put_off(put_off: Edition, admin_client: Client) -> None:
    first = page(admin_client, "/admin/")
    assert "1 mail could not be handed over yet" in first
    assert "Next attempt at 08:04." in first
    assert REFUSAL in first
    assert "no report is late or held" not in first
    board = reverse("admin:reporter_board")
    assert f'<li class="attention-quiet"><a href="{board}">' in first


def test_the_first_page_leads_to_what_is_put_off_also_of_a_past_day(put_off: Edition, admin_client: Client) -> None:
    Edition.objects.update(due_at=EIGHT - timedelta(days=9))  # somebody has asked for it today
    (address,) = re.findall('<a href="([^"]+)">1 mail could not', page(admin_client, "/admin/"))
    assert str(put_off) in page(admin_client, unescape(address))


def test_a_server_that_is_down_is_told_of_in_the_same_way(
    make_report: MakeReport, mail_server: Behaviour, settings: Settings, admin_client: Client
) -> None:
    settings.MAIL_SERVER = replace(settings.MAIL_SERVER, port=services.free_port())
    make_report("Sales", "ada@example.com")
    publish(EIGHT)
    first = page(admin_client, "/admin/")
    assert "1 mail could not be handed over yet" in first
    assert "Next attempt at 08:04." in first
    assert "Connection refused" in first


def test_the_first_page_says_what_the_server_says_of_most(
    make_report: MakeReport, mail_server: Behaviour, admin_client: Client
) -> None:
    mail_server.rcpt_answers |= {
        "ada@example.com": "450 another one",
        "bob@example.com": REFUSAL,
        "cleo@example.com": REFUSAL,
    }
    make_report("Sales", "ada@example.com", "bob@example.com", "cleo@example.com")
    publish(EIGHT)
    first = page(admin_client, "/admin/")
    assert "3 mails could not be handed over yet" in first
    assert REFUSAL in first
    assert "450 another one" not in first


def test_board_and_edition_say_why_and_when_and_offer_to_try_now(put_off: Edition, admin_client: Client) -> None:
    now = reverse("admin:reporter_edition_try_now", args=[put_off.pk])
    for address in (reverse("admin:reporter_board"), reverse("admin:reporter_edition_change", args=[put_off.pk])):
        shown = page(admin_client, address)
        assert "To be tried again at 08:04: " in shown
        assert REFUSAL in shown
        assert now in shown


def test_a_pass_that_finds_but_a_mail_that_is_put_off_says_so_and_why(put_off: Edition) -> None:
    assert publish(SOON).text() == f"1 delivery will be tried again: {REFUSAL}"


def test_what_is_put_off_is_tried_at_once_when_a_person_wants_it(
    put_off: Edition, admin_client: Client, mail_server: Behaviour
) -> None:
    mail_server.rcpt_answers.clear()
    with time_machine.travel(SOON, tick=False):
        address = reverse("admin:reporter_edition_try_now", args=[put_off.pk])
        assert (
            "It is being tried again." in admin_client.post(address, {"reason": "mended"}, follow=True).content.decode()
        )
    publish(SOON)
    assert Delivery.objects.get().state == "sent"
    assert mail_server.addresses() == ["ada@example.com"]
    assert "mended" in LogEntry.objects.get(object_id=str(put_off.pk)).change_message
    with pytest.raises(control.NotSent):
        control.try_now(put_off, User.objects.get(username="admin"), "", SOON)


def test_to_try_now_needs_the_permission(put_off: Edition) -> None:
    guest = person(name="guest")
    address = reverse("admin:reporter_edition_try_now", args=[put_off.pk])
    client = logged_in(guest)
    assert [client.get(address).status_code, client.post(address).status_code] == [403, 403]
    assert address not in page(client, reverse("admin:reporter_edition_change", args=[put_off.pk]))
    with pytest.raises(PermissionDenied):
        control.try_now(put_off, guest, "", SOON)
    assert Delivery.objects.get().next_attempt_at > SOON
