"""Unsubscribing by the link of a mail."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from reporter.audience import readers_of
from reporter.messages import message_for
from reporter.models import Delivery, GroupSubscription, Recipient, RecipientGroup, Report, Subscription
from reporter.publishing import publish
from reporter.unsubscribing import OWN_LINK, link_for
from tests.reporter.conftest import EIGHT, MakeReport
from tests.reporter.smtp import Behaviour

pytestmark = pytest.mark.django_db

ONE_CLICK = "List-Unsubscribe=One-Click"


def post(address: str) -> Any:
    """As a mail program does: no cookies, no log-in, the body of RFC 8058; CSRF checks are on."""
    client = Client(enforce_csrf_checks=True)
    return client.post(address, ONE_CLICK, content_type="application/x-www-form-urlencoded")


def path_of(delivery: Delivery) -> str:
    return "/unsubscribe/" + link_for(delivery).partition("/unsubscribe/")[2]


def test_each_mail_has_its_readers_own_link_in_header_html_and_text(
    make_report: MakeReport, mail_server: Behaviour, settings: Any
) -> None:
    settings.SITE_URL = "https://reports.a-rather-long-name-of-a-company.example.com"
    make_report("Sales", "ada@example.com", "bob@example.com")
    publish(EIGHT)
    links = set()
    for (address, content), mail in zip(mail_server.received, mail_server.mails(), strict=True):
        delivery = Delivery.objects.get(address=address)
        link = link_for(delivery)
        links.add(link)
        assert f"List-Unsubscribe: <{link}>\r\n".encode() in content  # not folded, not encoded
        assert mail["List-Unsubscribe-Post"] == ONE_CLICK
        for kind in ("html", "plain"):
            body: Any = mail.get_body((kind,))
            assert body.get_content().count(link) == 1
            assert OWN_LINK not in body.get_content()
        again = message_for(delivery, [], EIGHT + timedelta(days=3)), message_for(delivery, [], EIGHT)
        assert again[0].content_hash == again[1].content_hash
    assert len(links) == 2


def test_looking_changes_nothing_and_one_click_ends_it_for_good(make_report: MakeReport) -> None:
    report = make_report("Sales", "ada@example.com", "bob@example.com", language="zh-hans")
    publish(EIGHT)
    address = path_of(Delivery.objects.get(address="ada@example.com"))
    for _time in range(2):
        response = Client().get(address)
        text = response.content.decode()
        assert "“Sales”" in text
        assert "ad…@example.com" in text
        assert 'lang="zh-hans"' in text  # the report's language, where the person has none
    assert Client().head(address).status_code == 200
    assert len(readers_of(report)) == 2
    assert "noindex" in response["X-Robots-Tag"]
    assert "no-store" in response["Cache-Control"]
    assert "unsafe-inline" not in response["Content-Security-Policy"]
    assert "style=" not in text
    assert not response.cookies

    Recipient.objects.update(language="en")
    assert "You are unsubscribed" in post(address).content.decode()
    row = Subscription.objects.get(recipient__address="ada@example.com")
    assert (row.is_active, bool(row.unsubscribed_at)) == (False, True)
    first = row.unsubscribed_at
    assert post(address).status_code == 200
    row.refresh_from_db()
    assert row.unsubscribed_at == first
    assert "You are unsubscribed" in Client().get(address).content.decode()
    publish(EIGHT + timedelta(days=1))
    assert Delivery.objects.filter(address="ada@example.com").count() == 1
    row.is_active = True
    row.save()
    assert row.unsubscribed_at is None
    assert len(readers_of(report)) == 2


def test_it_wins_over_every_group_and_over_what_waits(make_report: MakeReport, admin_client: Client) -> None:
    report = make_report("Sales")
    ada = Recipient.objects.create(name="Ada", address="ada@example.com")
    for name in ("North", "South"):
        group = RecipientGroup.objects.create(name=name)
        group.members.add(ada)
        GroupSubscription.objects.create(report=report, group=group)
    publish(EIGHT)
    sent = Delivery.objects.get()
    Delivery.objects.update(state="pending")
    report.editions.update(state="sending", why="person")
    post(path_of(sent))
    publish(EIGHT + timedelta(minutes=1))
    sent.refresh_from_db()
    assert (sent.state, sent.server_reply) == ("skipped", "The recipient was unsubscribed before it was sent.")
    assert readers_of(report) == []
    # The owner sees who, and when.
    page = admin_client.get(f"/admin/reporter/report/{report.pk}/change/").content.decode()
    [link] = re.findall(r'href="([^"]+)">1 has unsubscribed', page)
    listed = admin_client.get(link.replace("&amp;", "&")).content.decode()
    assert "ada@example.com" in listed


def test_links_that_are_none_all_get_the_same_friendly_page(make_report: MakeReport) -> None:
    make_report("Sales", "ada@example.com")
    publish(EIGHT)
    good = path_of(Delivery.objects.get())
    forged = good.replace("/unsubscribe/", "/unsubscribe/9")
    pages = [
        Client().get(path)
        for path in (forged, "/unsubscribe/x/", "/unsubscribe/%00/", "/unsubscribe/", f"{good[:-5]}/")
    ]
    pages += [post(forged)]
    Recipient.objects.all().delete()
    pages += [Client().get(good), post(good)]
    assert {page.status_code for page in pages} == {404}
    assert len({page.content for page in pages}) == 1
    assert "This link does not work" in pages[0].content.decode()
    assert Subscription.objects.count() == 0
    assert Report.objects.count() == 1
