"""Every page and action of reports has its own permission: without it the address answers 403, and there is no link."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from reporter.models import Delivery, Edition, EditionState, Hold
from reporter.publishing import publish
from tests.reporter.conftest import EIGHT, MakeReport
from tests.reporter.staff import logged_in, person

pytestmark = pytest.mark.django_db

# Page, its permission, and a link or button that leads there (on the page of the report or the edition).
REPORT_PAGES = [
    ("reporter_report_preview", "preview_report", "preview/"),
    ("reporter_report_past", "backfill_report", "past/"),
    ("reporter_report_send_now", "send_report", "send-now/"),
]
EDITION_PAGES = [
    ("reporter_edition_resend", "resend_delivery", EditionState.PARTLY_SENT, ""),
    ("reporter_edition_decide", "resend_delivery", EditionState.PARTLY_SENT, ""),
    ("reporter_edition_correct", "correct_edition", EditionState.SENT, ""),
    ("reporter_edition_hold", "hold_edition", EditionState.SENDING, ""),
    ("reporter_edition_release", "hold_edition", EditionState.SENDING, Hold.PERSON),
    ("reporter_edition_release", "approve_edition", EditionState.SENDING, Hold.APPROVAL),
    ("reporter_edition_build_again", "send_report", EditionState.FAILED, ""),
]
EDITION_PAGE_NAMES = sorted(
    {name for name, *_rest in EDITION_PAGES} | {f"reporter_edition_{name}" for name in ("try_now", "progress")}
)
ALL = {permission for _name, permission, *_rest in (*REPORT_PAGES, *EDITION_PAGES)} | {"test_report"}


@pytest.fixture
def edition(make_report: MakeReport) -> Edition:
    make_report("Sales", "ada@example.com", "bob@example.com")
    publish(EIGHT)
    Delivery.objects.filter(address__startswith="ada").update(state="failed")
    Delivery.objects.filter(address__startswith="bob").update(state="unknown")
    return Edition.objects.get()


def clients(permission: str) -> tuple[Client, Client]:
    """One with this permission alone, and one with all others."""
    return logged_in(person(permission, name="may")), logged_in(person(*ALL - {permission}, name="others"))


@pytest.mark.parametrize(("name", "permission", "link"), REPORT_PAGES)
def test_a_page_of_a_report_needs_its_own_permission(name: str, permission: str, link: str, edition: Edition) -> None:
    may, others = clients(permission)
    pk = edition.report_id
    is_send_now = name.endswith("send_now")
    address = reverse(f"admin:{name}", args=[] if is_send_now else [pk], query={"report": pk} if is_send_now else {})
    form = reverse("admin:reporter_report_change", args=[pk])
    assert may.get(address).status_code in (200, 302)
    assert link in may.get(form).content.decode()
    assert others.get(address).status_code == 403
    assert others.post(address, {"report": pk}).status_code in (403, 405)
    assert link not in others.get(form).content.decode()
    assert Edition.objects.count() == 1


@pytest.mark.parametrize(("name", "permission", "state", "hold"), EDITION_PAGES)
def test_a_page_of_an_edition_needs_its_own_permission(
    name: str, permission: str, state: str, hold: str, edition: Edition
) -> None:
    Edition.objects.update(state=state, hold=hold, built_at=None if state == EditionState.FAILED else EIGHT)
    may, others = clients(permission)
    address = reverse(f"admin:{name}", args=[edition.pk])
    page = reverse("admin:reporter_edition_change", args=[edition.pk])
    assert may.get(address).status_code == 200
    assert f'href="{address}"' in may.get(page).content.decode()
    before = list(Delivery.objects.values()), list(Edition.objects.values())
    assert [others.get(address).status_code, others.post(address, {"text": "x"}).status_code] == [403, 403]
    assert f'href="{address}"' not in others.get(page).content.decode()
    assert (list(Delivery.objects.values()), list(Edition.objects.values())) == before


def test_tests_and_exports_need_their_own_permissions(edition: Edition) -> None:
    test = reverse("admin:reporter_report_test", args=[edition.report_id])
    export = reverse("admin:reporter_delivery_export", args=["csv"])
    may, others = clients("test_report")
    assert others.post(test).status_code == 403
    assert may.get(test).status_code == 403  # looking changes nothing
    assert may.post(test).status_code == 302
    assert may.get(export).status_code == 403
    assert "Export CSV" not in may.get(reverse("admin:reporter_delivery_changelist")).content.decode()
    exporter = logged_in(person("export_deliveries", name="exporter"))
    assert exporter.get(export).status_code == 200
    assert "Export CSV" in exporter.get(reverse("admin:reporter_delivery_changelist")).content.decode()


@pytest.mark.parametrize(
    ("page", "permission"),
    [("preview", "preview_report"), ("past", "backfill_report"), ("send_now", "send_report"), ("test", "test_report")],
)
def test_a_page_of_a_report_is_for_those_who_may_see_reports(page: str, permission: str, edition: Edition) -> None:
    user = person(permission)
    user.user_permissions.remove(Permission.objects.get(codename="view_report"))
    arguments = [] if page == "send_now" else [edition.report_id]
    address = reverse(f"admin:reporter_report_{page}", args=arguments, query={"report": edition.report_id})
    client = logged_in(user)
    assert [client.get(address).status_code, client.post(address).status_code in (403, 405)] == [403, True]
    assert Edition.objects.count() == 1


@pytest.mark.parametrize("name", EDITION_PAGE_NAMES)
def test_a_page_of_an_edition_is_for_those_who_may_see_editions(name: str, edition: Edition) -> None:
    user = person(*ALL)
    user.user_permissions.remove(Permission.objects.get(codename="view_edition"))
    address = reverse(f"admin:{name}", args=[edition.pk])
    assert [logged_in(user).get(address).status_code, logged_in(user).post(address).status_code] == [403, 403]


def test_pages_that_ask_are_opened_and_answered_and_nothing_else(edition: Edition, admin_client: Client) -> None:
    report, reader = edition.report_id, edition.deliveries.values_list("recipient", flat=True)[0]
    pages = dict.fromkeys(EDITION_PAGE_NAMES, edition.pk)
    pages |= {f"reporter_report_{name}": report for name in ("past", "test")}
    addresses = [reverse(f"admin:{name}", args=[key]) for name, key in pages.items()]
    addresses.append(reverse("admin:reporter_recipient_hand_over", args=[reader]))
    addresses.append(reverse("admin:reporter_recipient_import"))
    addresses.append(reverse("admin:reporter_report_send_now", query={"report": report}))
    assert {address: admin_client.put(address).status_code for address in addresses} == dict.fromkeys(addresses, 405)


def test_a_page_that_was_opened_for_no_report_is_none(edition: Edition, admin_client: Client) -> None:
    for name in ("reporter_report_send_now", "reporter_report_pause"):
        assert admin_client.get(reverse(f"admin:{name}", query={"report": 4711})).status_code == 404


def test_board_and_week_are_for_those_who_may_see_what_stands_on_them(edition: Edition) -> None:
    board, week = reverse("admin:reporter_board"), reverse("admin:reporter_week")
    seeing = logged_in(person(name="seeing"))
    assert [seeing.get(board).status_code, seeing.get(week).status_code] == [200, 200]
    user = person(name="blind")
    user.user_permissions.clear()
    assert [logged_in(user).get(board).status_code, logged_in(user).get(week).status_code] == [403, 403]
