"""A preview shows what would be sent, and stores nothing; a test goes to whoever asked for it, and to nobody else."""

from __future__ import annotations

from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from backoffice import urls  # noqa: F401  discovers the admin: only then can its modules be imported
from reporter import control, previews
from reporter.admin import preview as preview_page
from reporter.datasets import base
from reporter.models import Delivery, Edition, Recipient, Report, Subscription, Why
from reporter.publishing import publish
from tests.reporter.conftest import EIGHT, MakeReport, People
from tests.reporter.staff import logged_in, person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def data_folder(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path


@pytest.fixture
def report(make_report: MakeReport) -> Report:
    return make_report("Sales", "ada@example.com", "bob@example.com", next_due_at=None)


@pytest.fixture
def user(db: None) -> User:
    return person("preview_report", "test_report", email="me@example.com")


def opened(client: Client, report: Report, **query: Any) -> Any:
    return client.get(reverse("admin:reporter_report_preview", args=[report.pk], query=query), follow=True)


def link(page: str, end: str) -> str:
    """The address in ``page`` that ends so."""
    return next(part for part in page.replace("&amp;", "&").split('"') if part.startswith("/") and part.endswith(end))


def test_a_preview_is_shown_for_any_day_and_recipient_and_nothing_is_stored(report: Report, user: User) -> None:
    client, ada = logged_in(user), Recipient.objects.get(address="ada@example.com")
    page = opened(client, report, day="2026-03-02", recipient=ada.address).content.decode()
    assert "Sales · March 2, 2026" in page
    assert '<input type="hidden" name="day" value="2026-03-02">' in page  # what the button for a test sends
    assert "March 1, 2026" in page
    assert "ada &lt;ada@example.com&gt;" in page
    mail = message_from_bytes(client.get(link(page, "/eml/")).getvalue(), policy=policy.default)
    assert str(mail["To"]) == "ada <ada@example.com>"
    assert client.get(link(page, "/files/0/")).getvalue().startswith("\ufeffName".encode())
    kept = link(page, "/mail/").removesuffix("mail/")
    assert client.get(f"{kept}files/1/").status_code == 404
    assert "Ada" in client.get(f"{kept}?view=text").content.decode()
    assert "preview-phone" in client.get(f"{kept}?view=phone").content.decode()
    assert not Edition.objects.exists()
    assert not Delivery.objects.exists()


def test_a_preview_stands_in_a_frame_with_a_policy_of_its_own(report: Report, user: User) -> None:
    client = logged_in(user)
    response = opened(client, report)
    page = response.content.decode()
    assert "<iframe" in page
    assert " sandbox " in page
    assert "unsafe-inline" not in response["Content-Security-Policy"]
    frame = client.get(link(page, "/mail/"))
    assert "sandbox" in frame["Content-Security-Policy"]
    assert "default-src 'none'" in frame["Content-Security-Policy"]
    other = logged_in(person("preview_report", name="other"))
    assert other.get(link(page, "/mail/")).status_code == 404  # it is of whoever opened it


def test_a_preview_for_nobody_is_no_whole_mail(report: Report, user: User) -> None:
    client = logged_in(user)
    mail = link(opened(client, report, day="2026-03-02", recipient="").content.decode(), "/mail/")
    assert [client.get(mail).status_code, client.get(mail.replace("/mail/", "/eml/")).status_code] == [200, 404]


@pytest.mark.parametrize("lost", ["preview_report", "view_report"])
def test_who_may_not_preview_any_more_is_shown_neither_the_page_nor_what_was_kept(
    lost: str, report: Report, user: User
) -> None:
    client, address = logged_in(user), reverse("admin:reporter_report_preview", args=[report.pk])
    kept = client.get(address)["Location"]
    pages = [kept, kept.partition("?")[0] + "mail/", f"{address}?day=nonsense"]
    assert [client.get(page).status_code for page in pages] == [200, 200, 200]
    user.user_permissions.remove(Permission.objects.get(codename=lost))
    assert [client.get(page).status_code for page in pages] == [403, 403, 403]


def test_what_is_wrong_with_a_dataset_is_said_in_words(report: Report, user: User, people: People) -> None:
    people.error = RuntimeError("no connection to the warehouse")
    response = opened(logged_in(user), report)
    assert response.status_code == 200
    assert "It could not be built: RuntimeError: no connection to the warehouse" in response.content.decode()


def test_a_preview_names_who_gets_a_copy_and_where_answers_go(report: Report, user: User) -> None:
    Subscription.objects.filter(recipient__address="bob@example.com").update(is_copy=True)
    Report.objects.update(reply_to="desk@example.com")
    client, ada = logged_in(user), Recipient.objects.get(address="ada@example.com")
    page = opened(client, report, day="2026-03-02", recipient=ada.address).content.decode()
    assert "bob &lt;bob@example.com&gt;</div>" in page
    mail = message_from_bytes(client.get(link(page, "/eml/")).getvalue(), policy=policy.default)
    assert (mail["Cc"], mail["Reply-To"]) == ("bob <bob@example.com>", "desk@example.com")


def test_the_page_offers_the_first_readers_and_takes_the_address_of_any(
    report: Report, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview_page, "OFFERED", 2)
    client = logged_in(user)
    assert "Type the address of any other" not in opened(client, report).content.decode()
    Recipient.objects.create(name="eve", address="eve@example.com")  # gets another report, or none
    zoe = Recipient.objects.create(name="zoe", address="zoe+desk@example.com")
    Subscription.objects.create(report=report, recipient=zoe)
    page = opened(client, report, day="2026-03-02", recipient="Zoe+Desk@example.com").content.decode()
    assert "zoe &lt;zoe+desk@example.com&gt;" in page
    assert "zoe%2Bdesk%40example.com&amp;view=phone" in page
    assert page.count("<option") == 2
    assert "The first 2 readers are offered there. Type the address of any other." in page
    refused = opened(client, report, day="2026-03-02", recipient="eve@example.com").content.decode()
    assert "Nobody with this address gets the report." in refused
    assert "<iframe" not in refused


def test_a_mistake_in_the_form_is_said_on_its_field(report: Report, user: User) -> None:
    page = opened(logged_in(user), report, day="tomorrow").content.decode()
    assert "Enter a valid date." in page
    assert "Choose a day within ten years" in opened(logged_in(user), report, day="9999-12-31").content.decode()


def test_a_preview_is_gone_after_a_while_and_the_page_makes_a_new_one(
    report: Report, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = logged_in(user)
    page = opened(client, report)
    kept = link(page.content.decode(), "/mail/").removesuffix("mail/")
    monkeypatch.setattr(previews, "KEPT", -1)
    previews._sweep()
    assert not list(previews._folder().glob("*.djcache"))
    monkeypatch.undo()
    again = client.get(kept, follow=True)
    assert "is not kept any more" in again.content.decode()
    assert "<iframe" in again.content.decode()


def test_who_may_not_see_the_data_is_shown_no_preview(
    report: Report, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base.Dataset, "allowed_to", lambda dataset, user: False)
    assert opened(logged_in(user), report).status_code == 403
    client = logged_in(user)
    assert client.post(reverse("admin:reporter_report_test", args=[report.pk])).status_code == 403
    assert not Edition.objects.exists()


# --- Test to me ---


def test_a_test_goes_to_the_own_address_alone_and_says_that_it_is_one(
    report: Report, user: User, mail_into_files: Path
) -> None:
    client = logged_in(user)
    data = {"day": "2026-03-02", "recipient": "ada@example.com"}
    page = client.post(reverse("admin:reporter_report_test", args=[report.pk]), data, follow=True).content.decode()
    assert "A test will be sent to me@example.com within seconds, and to nobody else." in page
    edition = Edition.objects.get()
    summary = publish(edition.created_at)
    (file,) = mail_into_files.glob("*.eml")
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert mail["To"].addresses[0].addr_spec == "me@example.com"
    assert mail["Subject"] == "[Test] Sales · March 2, 2026"
    assert "This is a test. Nobody else was sent it." in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert (summary.sent, summary.to_users) == (0, 1)
    edition.refresh_from_db()
    assert (edition.why, edition.requested_by) == (Why.TEST, user)


def test_a_test_never_counts_as_sent(report: Report, user: User, admin_client: Client) -> None:
    control.send_test(report, EIGHT.date(), user, EIGHT)
    publish(EIGHT)
    assert not Edition.objects.for_readers().exists()
    page = admin_client.get(reverse("admin:reporter_report_send_now", query={"report": report.pk})).content.decode()
    assert "It has not been sent yet." in page
    board = admin_client.get(reverse("admin:reporter_board", query={"day": EIGHT.date()})).content.decode()
    assert "No report is due on this day." in board
    assert "test, to whoever asked for it" in admin_client.get("/admin/reporter/edition/").content.decode()


def test_who_has_no_address_is_told_so(report: Report) -> None:
    client = logged_in(person("test_report", "preview_report", email=""))
    page = client.post(reverse("admin:reporter_report_test", args=[report.pk]), follow=True).content.decode()
    assert "You have no e-mail address here to send a test to." in page
    assert "Enter it here." not in page
    assert not Edition.objects.exists()


def test_who_has_no_address_and_may_enter_it_is_led_there(report: Report) -> None:
    boss = User.objects.create_superuser("boss")
    address = reverse("admin:reporter_report_test", args=[report.pk])
    page = logged_in(boss).post(address, follow=True).content.decode()
    assert f'<a href="{reverse("admin:auth_user_change", args=[boss.pk])}">Enter it here.</a>' in page


def test_a_double_click_sends_one_test(report: Report, user: User) -> None:
    control.send_test(report, EIGHT.date(), user, EIGHT)
    with pytest.raises(control.AlreadyAskedFor):
        control.send_test(report, EIGHT.date(), user, EIGHT)
