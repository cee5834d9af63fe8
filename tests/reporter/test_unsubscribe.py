"""Unsubscribing by the link of a mail."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from reporter import control
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


def again(address: str) -> str:
    """Presses the button of the page, if it has it."""
    page = Client().get(address).content.decode()
    [name] = re.findall(r'name="(.+)" value="1">Subscribe again', page) or [""]
    return Client(enforce_csrf_checks=True).post(address, {name: "1"}).content.decode() if name else page


def test_a_reader_takes_it_back_by_the_same_link_and_has_what_they_had(make_report: MakeReport) -> None:
    report = make_report("Sales", "ada@example.com", "bob@example.com")
    Subscription.objects.filter(recipient__address="ada@example.com").update(send_time="09:00", is_copy=True)
    publish(EIGHT)
    address = path_of(Delivery.objects.get(address="ada@example.com"))
    assert "Subscribe again" not in Client().get(address).content.decode()
    for _press in range(2):
        assert "Subscribe again" in post(address).content.decode()
    assert len(readers_of(report)) == 1
    page = again(address)
    assert "You are subscribed again" in page
    assert "Send me this report no more" in page
    row = Subscription.objects.get(recipient__address="ada@example.com")
    assert (row.is_active, row.is_copy, str(row.send_time), row.unsubscribed_at) == (True, True, "09:00:00", None)
    assert "You are subscribed again" not in Client().post(address, {"subscribe-again": "1"}).content.decode()
    assert "Subscribe again" in post(address).content.decode()


def test_who_got_it_through_a_group_gets_it_again_as_long_as_the_group_does(make_report: MakeReport) -> None:
    report, other = make_report("Sales"), RecipientGroup.objects.create(name="North")
    ada = Recipient.objects.create(name="Ada", address="ada@example.com")
    other.members.add(ada)
    GroupSubscription.objects.create(report=report, group=other)
    publish(EIGHT)
    address = path_of(Delivery.objects.get())
    post(address)
    assert "You are subscribed again" in again(address)
    assert ([reader.recipient for reader in readers_of(report)], Subscription.objects.count()) == ([ada], 0)
    post(address)
    other.members.remove(ada)
    assert "You are unsubscribed" in again(address)
    assert readers_of(report) == []


def test_nobody_comes_back_to_what_staff_have_switched_off(make_report: MakeReport) -> None:
    report = make_report("Sales", "ada@example.com")
    publish(EIGHT)
    address = path_of(Delivery.objects.get())

    def comes_back() -> bool:
        Client().post(address, {"subscribe-again": "1"})
        return bool(readers_of(report)) or "Subscribe again" in Client().get(address).content.decode()

    Subscription.objects.update(is_active=False)
    post(address)  # by the button of a mail program
    assert not comes_back()
    Subscription.objects.update(is_active=True, unsubscribed_at=None)
    post(address)
    Recipient.objects.update(is_active=False)
    assert not comes_back()
    Recipient.objects.update(is_active=True)
    assert readers_of(report) == []
    Subscription.objects.all().delete()
    assert not comes_back()


@pytest.mark.django_db(transaction=True)
def test_who_is_removed_while_the_link_is_pressed_gets_the_page_and_no_error(
    make_report: MakeReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_report("Sales", "ada@example.com")
    publish(EIGHT)
    address, asked_by = path_of(Delivery.objects.get()), control.asked_by

    def asked_and_then_removed(token: str) -> Any:
        asked = asked_by(token)
        Recipient.objects.all().delete()
        return asked

    monkeypatch.setattr(control, "asked_by", asked_and_then_removed)
    answer = post(address)
    assert answer.status_code == 200
    assert "ad…@example.com" in answer.content.decode()
    assert not Subscription.objects.exists()


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


# What the page says of a link that is none, of one that asks, of one that has done it, and of taking it back.
WORDS = {
    "en": ("This link does not work", "Unsubscribe?", "You are unsubscribed", "You are subscribed again"),
    "zh-hans": ("此链接无效", "要退订吗？", "您已退订", "您已重新订阅"),
}


def words_of(answer: Any, language: str) -> str:
    """The heading, of a page that is in this language in every respect."""
    page = answer.content.decode()
    assert answer["Content-Language"] == language
    assert f'<html lang="{language}">' in page
    return str(re.findall("<h1>(.*)</h1>", page)[0])


@pytest.mark.parametrize("language", WORDS)
def test_whatever_becomes_of_a_link_its_page_is_clear_in_the_language_of_its_reader(
    make_report: MakeReport, language: str
) -> None:
    """Of whom nothing is known any more: in that of the browser."""
    [other] = WORDS.keys() - {language}
    make_report("Sales", "ada@example.com", language=other)
    Recipient.objects.update(language=language)
    publish(EIGHT)
    address = path_of(Delivery.objects.get())
    none, asks, done, back = WORDS[language]
    reader, stranger = Client(headers={"Accept-Language": other}), Client(headers={"Accept-Language": language})
    assert words_of(reader.get(address), language) == asks
    for _click in range(2):
        assert words_of(reader.post(address), language) == done
    assert words_of(reader.get(address), language) == done
    assert words_of(reader.post(address, {"subscribe-again": "1"}), language) == back
    assert words_of(stranger.get(f"{address[:-4]}/"), language) == none
    Recipient.objects.all().delete()
    for answer in (stranger.get(address), stranger.post(address)):
        assert words_of(answer, language) == none
        assert answer.status_code == 404
