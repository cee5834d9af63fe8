"""The pages of reports in the admin."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.forms import model_to_dict
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reporter.models import Delivery, Edition, EditionFile, Recipient, Report, Subscription
from reporter.publishing import publish
from tests.reporter.conftest import EIGHT, MakeReport

pytestmark = pytest.mark.django_db

MODELS = ("report", "recipient", "subscription", "edition", "delivery")


@pytest.fixture
def sent(make_report: MakeReport) -> Edition:
    report = make_report("Sales", "ada@example.com", "bob@example.com")
    publish(EIGHT)
    return report.editions.get()


def client_with(*codenames: str) -> Client:
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def everything() -> list[Any]:
    return [
        list(model.objects.order_by("pk").values()) for model in (Report, Recipient, Subscription, Edition, Delivery)
    ]


def test_every_page_opens_and_looking_changes_nothing(admin_client: Client, sent: Edition) -> None:
    before = everything()
    for model in MODELS:
        row = {"report": sent.report, "edition": sent, "delivery": sent.deliveries.first()}.get(
            model, Subscription.objects.first() if model == "subscription" else Recipient.objects.first()
        )
        assert row
        for page in ("", f"{row.pk}/change/", "?q=a"):
            assert admin_client.get(f"/admin/reporter/{model}/{page}").status_code == 200, (model, page)
    for model in ("report", "recipient", "subscription"):
        assert admin_client.get(f"/admin/reporter/{model}/add/").status_code == 200
    assert everything() == before


def test_editions_and_deliveries_cannot_be_changed_by_hand(admin_client: Client, sent: Edition) -> None:
    for model, pk in (("edition", sent.pk), ("delivery", sent.deliveries.all()[0].pk)):
        for page in ("add/", f"{pk}/delete/"):
            assert admin_client.get(f"/admin/reporter/{model}/{page}").status_code == 403
        assert admin_client.post(f"/admin/reporter/{model}/{pk}/change/", {"state": "sent"}).status_code == 403


@pytest.mark.parametrize("model", ["report", "edition", "delivery", "subscription"])
def test_a_list_costs_the_same_queries_for_any_number_of_rows(
    model: str, admin_client: Client, make_report: MakeReport, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        make_report(f"Report {number}", "ada@example.com", "bob@example.com")
    publish(EIGHT)
    with django_assert_max_num_queries(9):
        admin_client.get(f"/admin/reporter/{model}/")


# --- The mail as it was sent ---


def test_the_mail_is_shown_in_a_frame_that_can_do_nothing(admin_client: Client, sent: Edition) -> None:
    page = admin_client.get(f"/admin/reporter/edition/{sent.pk}/change/").content.decode()
    address = f"/admin/reporter/edition/{sent.pk}/mail/"
    assert f'<iframe sandbox src="{address}"' in page
    response = admin_client.get(address)
    assert response.content.decode() == sent.html
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'self'" in policy
    assert response["X-Frame-Options"] == "SAMEORIGIN"


def test_the_other_pages_keep_the_strict_policy(admin_client: Client, sent: Edition) -> None:
    response = admin_client.get(f"/admin/reporter/edition/{sent.pk}/change/")
    assert "unsafe-inline" not in response["Content-Security-Policy"]
    for page in (response, admin_client.get(f"/admin/reporter/report/{sent.report_id}/change/")):
        text = page.content.decode()
        assert "<style" not in text
        assert ' style="' not in text
        assert " onclick=" not in text


def test_a_file_is_handed_out_as_a_download(admin_client: Client, sent: Edition) -> None:
    file = EditionFile.objects.get()
    response = admin_client.get(f"/admin/reporter/edition/{sent.pk}/files/{file.position}/")
    assert response["Content-Disposition"] == 'attachment; filename="1-People-2026-11-23.csv"'
    assert b"".join(response.streaming_content).startswith("\ufeffName".encode())  # type: ignore[attr-defined]
    assert admin_client.get(f"/admin/reporter/edition/{sent.pk + 1}/files/{file.position}/").status_code == 404
    assert admin_client.get(f"/admin/reporter/edition/{sent.pk + 1}/mail/").status_code == 404


def test_mail_and_files_need_the_permission_to_see_editions(sent: Edition) -> None:
    addresses = (
        f"/admin/reporter/edition/{sent.pk}/mail/",
        f"/admin/reporter/edition/{sent.pk}/files/{EditionFile.objects.get().position}/",
    )
    assert all(Client().get(address).status_code == 302 for address in addresses)  # to the login
    client = client_with("view_report")
    assert [client.get(address).status_code for address in addresses] == [403, 403]
    User.objects.get(username="staff").user_permissions.add(Permission.objects.get(codename="view_edition"))
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200
        assert b"Ada" in response.getvalue()  # read to its end: this closes the file


def test_a_long_list_of_people_stands_on_a_page_of_its_own(
    admin_client: Client, make_report: MakeReport, django_assert_max_num_queries: Any
) -> None:
    report = make_report("Large", *(f"p{n}@example.com" for n in range(60)))
    publish(EIGHT)
    page = admin_client.get(f"/admin/reporter/report/{report.pk}/change/").content.decode()
    assert "subscriptions-TOTAL_FORMS" not in page
    assert f'<a href="/admin/reporter/subscription/?report__id__exact={report.pk}">60 subscriptions</a>' in page
    assert "60 people get it: " in page
    edition = report.editions.get()
    admin_client.get(f"/admin/reporter/edition/{edition.pk}/change/")  # what is read once in a process is read now
    with django_assert_max_num_queries(15):
        page = admin_client.get(f"/admin/reporter/edition/{edition.pk}/change/").content.decode()
    link = f"/admin/reporter/delivery/?edition__id__exact={edition.pk}"
    assert f'<a href="{link}">sent: 60</a>' in page
    assert "60 deliveries" in admin_client.get(link).content.decode()


# --- Send now ---


def post_send_now(client: Client, report: Report) -> Any:
    """From the list, over the page that asks."""
    action = {"action": "send_now", "_selected_action": report.pk}
    asked = client.post("/admin/reporter/report/", action)
    if asked.status_code != 302 or "send-now" not in asked["Location"]:
        return asked
    assert "goes to" in client.get(asked["Location"]).content.decode().lower()
    return client.post(asked["Location"], {"report": report.pk, "reason": "asked for"}, follow=True)


def test_send_now_in_the_list_asks_for_an_edition(admin_client: Client, sent: Edition) -> None:
    text = post_send_now(admin_client, sent.report).content.decode()
    assert "1 report will be sent within seconds." in text
    assert Edition.objects.filter(why="person", state="pending").count() == 1
    assert "has been asked for already" in post_send_now(admin_client, sent.report).content.decode()
    assert Edition.objects.filter(why="person").count() == 1


def test_send_now_is_not_offered_without_the_permission(sent: Edition) -> None:
    client = client_with("view_report", "change_report")
    post_send_now(client, sent.report)
    assert not Edition.objects.filter(why="person").exists()
    assert "send_now" not in client.get("/admin/reporter/report/").content.decode()


# --- The form of a report ---


def form_of(report: Report, **values: Any) -> dict[str, Any]:
    data = {key: value for key, value in model_to_dict(report).items() if value is not None}
    inlines = {}
    for prefix in ("sections", "subscriptions", "subscribed_groups"):
        inlines |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    return data | inlines | values


def save(client: Client, report: Report, **values: Any) -> str:
    """What the page says after saving; empty if it was saved."""
    response = client.post(f"/admin/reporter/report/{report.pk}/change/", form_of(report, **values))
    report.refresh_from_db()
    return "" if response.status_code == 302 else response.content.decode()


def test_other_changes_leave_a_due_slot_as_it_is(admin_client: Client, make_report: MakeReport) -> None:
    report = make_report("Sales")
    assert save(admin_client, report, intro="Hello") == ""
    assert report.intro == "Hello"
    assert report.next_due_at == EIGHT


def test_what_came_due_while_a_report_was_off_is_not_sent_when_it_is_on_again(
    admin_client: Client, make_report: MakeReport
) -> None:
    report = make_report("Sales", is_enabled=False, next_due_at=timezone.now() - timedelta(days=30))
    assert save(admin_client, report, is_enabled="on") == ""
    assert report.next_due_at
    assert report.next_due_at > timezone.now()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("subject", "{reprot}", "“{reprot}” stands for nothing; these do: {report}, {date}, {period}, {first_day}"),
        ("subject", "Of {date}: {report.pk}", "“{report.pk}” stands for nothing;"),
        ("subject", "{}", "“{}” stands for nothing;"),
        ("intro", "Of {day}", "“{day}” stands for nothing;"),
        ("period_days", "0", "greater than or equal to 1"),
        ("subject", "{report", "A brace has no counterpart."),
        ("subject", "{report}}", "A brace has no counterpart."),
    ],
)
def test_a_mistake_is_said_in_words(
    field: str, value: Any, words: str, admin_client: Client, make_report: MakeReport
) -> None:
    assert words in save(admin_client, make_report("Sales"), **{field: value}).replace("&#x27;", "'")


def test_a_section_whose_dataset_is_gone_says_so(admin_client: Client, make_report: MakeReport) -> None:
    report = make_report("Sales", datasets=("orders",))
    page = admin_client.get(f"/admin/reporter/report/{report.pk}/change/").content.decode()
    assert "orders (not there any more)" in page


def test_a_report_that_reaches_nobody_says_so_when_it_is_saved(admin_client: Client, make_report: MakeReport) -> None:
    def said(report: Report) -> str:
        address = f"/admin/reporter/report/{report.pk}/change/"
        return admin_client.post(address, form_of(report), follow=True).content.decode()

    assert "“Sales” has no subscribers: nothing will be sent." in said(make_report("Sales"))
    assert "“Empty” has no sections: nothing" in said(make_report("Empty", "ada@example.com", datasets=()))
    assert "nothing will be sent" not in said(make_report("Whole", "ada@example.com"))


def test_a_report_is_made_in_the_browser_and_sent(admin_client: Client, people: Any) -> None:
    ada = Recipient.objects.create(name="Ada", address="ada@example.com")
    data = form_of(Report(name="New", owner=User.objects.get(username="admin"))) | {
        "sections-TOTAL_FORMS": "1",
        "sections-0-position": "1",
        "sections-0-kind": "table",
        "sections-0-dataset": "people",
        "subscriptions-TOTAL_FORMS": "1",
        "subscriptions-0-recipient": ada.pk,
        "subscriptions-0-is_active": "on",
    }
    assert admin_client.post("/admin/reporter/report/add/", data).status_code == 302
    report = Report.objects.get()
    assert report.next_due_at
    assert report.subscriptions.get().weekdays is None
    assert publish(report.next_due_at).sent == 1


def test_a_report_that_has_editions_is_not_deleted_and_says_what_to_do_instead(
    admin_client: Client, sent: Edition
) -> None:
    address = reverse("admin:reporter_report_delete", args=[sent.report_id])
    page = admin_client.post(address, {"post": "yes"}, follow=True).content.decode()
    assert "has editions, so it cannot be deleted. Switch it off instead" in page
    chosen = {"action": "delete_selected", "_selected_action": [sent.report_id]}
    page = admin_client.post(reverse("admin:reporter_report_changelist"), chosen).content.decode()
    assert "protected related objects" in page
    assert "have permission to delete" not in page
    assert Edition.objects.exists()
    assert client_with("view_report").post(address, {"post": "yes"}).status_code == 403


def test_a_report_without_editions_is_deleted(admin_client: Client, make_report: MakeReport) -> None:
    report = make_report("Sales", "ada@example.com")
    admin_client.post(reverse("admin:reporter_report_delete", args=[report.pk]), {"post": "yes"})
    assert not Report.objects.exists()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_new_report_begins_in_the_language_that_is_read_here(language: str, admin_client: Client) -> None:
    admin_client.cookies["django_language"] = language
    page = admin_client.get(reverse("admin:reporter_report_add")).content.decode()
    assert f'<option value="{language}" selected>' in page
