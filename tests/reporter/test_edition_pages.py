"""The pages that ask about an edition offer what can still be done, and do it to its own deliveries alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from backoffice.jobs import registry
from backoffice.jobs.models import Job
from reporter import control
from reporter.models import Delivery, Edition, EditionFile, Report
from reporter.publishing import publish
from tests.reporter.conftest import EIGHT, MakeReport
from tests.reporter.staff import logged_in, person

pytestmark = pytest.mark.django_db

BUTTON = 'type="submit" class="default"'


@pytest.fixture
def edition(make_report: MakeReport) -> Edition:
    """Sent to Ada and Bob."""
    make_report("Sales", "ada@example.com", "bob@example.com")
    publish(EIGHT)
    Report.objects.update(is_enabled=False)
    return Edition.objects.get()


@pytest.fixture
def boss() -> User:
    return User.objects.create_superuser("boss")


def address(page: str, edition: Edition, **query: Any) -> str:
    return reverse(f"admin:reporter_edition_{page}", args=[edition.pk], query=query)


def stored() -> tuple[list[Any], list[Any]]:
    return list(Edition.objects.order_by("pk").values()), list(Delivery.objects.order_by("pk").values())


# Page, and the edition as it is when there is nothing to be done on it.
NOTHING_TO_DO: list[tuple[str, dict[str, Any]]] = [
    ("hold", {"state": "sent"}),
    ("hold", {"state": "sending", "hold": "approval"}),
    ("release", {"state": "sending", "hold": ""}),
    ("release", {"state": "sending", "hold": "owner"}),
    ("release", {"state": "skipped", "hold": "person"}),
    ("build_again", {"state": "failed"}),  # it was built, and reached nobody
    ("build_again", {"state": "pending", "built_at": None}),
    ("try_now", {"state": "sending"}),
]


@pytest.mark.parametrize(("page", "values"), NOTHING_TO_DO)
def test_where_nothing_can_be_done_no_button_is_shown_and_an_old_one_does_nothing(
    page: str, values: dict[str, Any], edition: Edition, admin_client: Client
) -> None:
    Edition.objects.update(**values)
    before = stored()
    assert BUTTON not in admin_client.get(address(page, edition)).content.decode()
    answer = admin_client.post(address(page, edition), {"reason": "I saw it before"}, follow=True)
    assert '<li class="error">' in answer.content.decode()
    assert stored() == before


@pytest.mark.parametrize(
    ("page", "values"),
    [
        ("hold", {"state": "sending"}),
        ("release", {"state": "sending", "hold": "person"}),
        ("build_again", {"state": "failed", "built_at": None}),
    ],
)
def test_where_something_can_be_done_there_is_a_button_for_it(
    page: str, values: dict[str, Any], edition: Edition, admin_client: Client
) -> None:
    Edition.objects.update(**values)
    assert BUTTON in admin_client.get(address(page, edition)).content.decode()


def test_what_is_put_off_is_tried_now_unless_it_is_held_or_in_hand_by_those_who_may(edition: Edition) -> None:
    Edition.objects.update(state="sending")
    now = timezone.now()
    waiting = {
        "state": "pending",
        "due_at": now,
        "next_attempt_at": now + timedelta(hours=1),
        "server_reply": "451 later",
    }
    Delivery.objects.update(**waiting)
    may, other = logged_in(person("resend_delivery", name="may")), logged_in(person("hold_edition", name="other"))
    assert BUTTON in may.get(address("try_now", edition)).content.decode()
    assert other.get(address("try_now", edition)).status_code == 403
    Edition.objects.update(hold="person")
    assert BUTTON not in may.get(address("try_now", edition)).content.decode()
    Edition.objects.update(hold="")
    Delivery.objects.update(claimed_until=now + timedelta(minutes=5))  # a sender has them in hand
    assert BUTTON not in may.get(address("try_now", edition)).content.decode()


@pytest.mark.parametrize(("page", "state"), [("resend", "failed"), ("decide", "unknown")])
def test_the_page_of_one_edition_does_nothing_to_the_deliveries_of_another(
    page: str, state: str, edition: Edition, make_report: MakeReport, admin_client: Client
) -> None:
    make_report("Stock", "cleo@example.com")
    publish(EIGHT)
    Delivery.objects.update(state=state)
    foreign = Delivery.objects.get(address="cleo@example.com")
    before = stored()
    assert foreign.address not in admin_client.get(address(page, edition, delivery=foreign.pk)).content.decode()
    admin_client.post(address(page, edition), {"delivery": foreign.pk, "decision": "arrived", "reason": "x"})
    assert stored() == before


def test_what_is_neither_arrived_nor_lost_is_not_written_down(edition: Edition, admin_client: Client) -> None:
    Delivery.objects.update(state="unknown")
    before = stored()
    for decision in ({}, {"decision": "perhaps"}):
        answer = admin_client.post(
            address("decide", edition), {"delivery": Delivery.objects.earliest("pk").pk, "reason": "x"} | decision
        )
        assert answer.status_code == 200
    assert stored() == before


def test_what_was_sent_again_already_is_not_asked_about(edition: Edition, admin_client: Client) -> None:
    ada, bob = Delivery.objects.order_by("address")
    Delivery.objects.filter(pk=ada.pk).update(state="unknown", superseded_by=bob)
    assert ada.address not in admin_client.get(address("decide", edition)).content.decode()


def test_the_mail_and_the_files_of_an_edition_are_its_own_and_are_only_got(
    edition: Edition, make_report: MakeReport, admin_client: Client
) -> None:
    make_report("Stock", "cleo@example.com", files="none")
    publish(EIGHT)
    without_files = Edition.objects.latest("pk")
    position = EditionFile.objects.get(edition=edition).position
    file = reverse("admin:reporter_edition_file", args=[edition.pk, position])
    assert [admin_client.post(file).status_code, admin_client.post(address("mail", edition)).status_code] == [405, 405]
    assert (
        admin_client.get(reverse("admin:reporter_edition_file", args=[without_files.pk, position])).status_code == 404
    )


def test_what_may_not_be_sent_again_is_shown_without_a_button(edition: Edition, admin_client: Client) -> None:
    ada, bob = Delivery.objects.order_by("address")
    editions, row = Edition.objects.filter(pk=edition.pk), Delivery.objects.filter(pk=ada.pk)

    def is_offered() -> bool:
        return BUTTON in admin_client.get(address("resend", edition, delivery=ada.pk)).content.decode()

    row.update(state="failed")
    assert is_offered()
    editions.update(why="notice")
    assert not is_offered()
    editions.update(why="timetable")
    row.update(superseded_by=bob)
    assert not is_offered()
    row.update(superseded_by=None, state="sent")
    assert not is_offered()


def test_what_is_built_again_says_nothing_any_more_of_why_it_was_skipped(
    edition: Edition, admin_client: Client
) -> None:
    Edition.objects.update(
        state="skipped", built_at=None, outcome="Skipped: it was held for 2 days.", finished_at=EIGHT
    )
    admin_client.post(address("build_again", edition), {"reason": "x"})
    assert Edition.objects.values_list("state", "outcome", "finished_at").get() == ("pending", "", None)


def test_nothing_is_offered_about_a_notice(edition: Edition, admin_client: Client) -> None:
    page = reverse("admin:reporter_edition_change", args=[edition.pk])
    assert address("correct", edition) in admin_client.get(page).content.decode()
    Edition.objects.update(why="notice")
    assert address("correct", edition) not in admin_client.get(page).content.decode()


def test_what_somebody_has_said_to_have_arrived_meanwhile_is_not_sent_again(edition: Edition, boss: User) -> None:
    Delivery.objects.update(state="unknown")
    row = Delivery.objects.select_related("edition", "recipient").get(name="ada")
    control.decide(Delivery.objects.get(name="ada"), True, boss, "she said so", timezone.now())
    before = stored()
    with pytest.raises(control.AlreadyAskedFor):
        control.resend(row, boss, "", timezone.now())
    assert stored() == before


def test_what_somebody_has_sent_again_meanwhile_is_not_decided_about(edition: Edition, boss: User) -> None:
    Delivery.objects.update(state="unknown")
    row = Delivery.objects.select_related("edition", "recipient").get(name="ada")
    control.resend(row, boss, "", timezone.now())
    before = stored()
    with pytest.raises(control.AlreadyAskedFor):
        control.decide(row, True, boss, "", timezone.now())
    assert stored() == before


def test_who_sends_again_while_the_job_is_off_is_told_that_nothing_will_come_of_it_yet(
    edition: Edition, admin_client: Client
) -> None:
    registry.sync(timezone.now())
    Job.objects.update(is_enabled=False)
    Edition.objects.update(state="failed")
    Delivery.objects.update(state="failed")
    answer = {"delivery": [row.pk for row in Delivery.objects.all()], "reason": "the mailboxes are there"}
    said = admin_client.post(address("resend", edition), answer, follow=True).content.decode()
    assert "2 mails will be sent again." in said
    assert "Nothing will be sent until the job" in said
