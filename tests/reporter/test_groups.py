"""Groups of recipients, copies, and who may say who gets what."""

from __future__ import annotations

from datetime import UTC, datetime, time
from email import message_from_bytes, policy
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.core.exceptions import PermissionDenied
from django.test import Client

from reporter import control
from reporter.audience import reader_count, readers_of
from reporter.datasets import base
from reporter.messages import message_for
from reporter.models import (
    Delivery,
    Edition,
    GroupSubscription,
    Recipient,
    RecipientGroup,
    Report,
    Subscription,
    Tag,
)
from reporter.publishing import publish
from tests.reporter import staff
from tests.reporter.conftest import EIGHT, MakeReport
from tests.reporter.smtp import Behaviour
from tests.reporter.test_admin import form_of

pytestmark = pytest.mark.django_db


def parsed(content: bytes) -> Any:
    return message_from_bytes(content, policy=policy.default)


def person(name: str, **values: Any) -> Recipient:
    return Recipient.objects.create(name=name.title(), address=f"{name}@example.com", **values)


def group(report: Report, name: str, *members: Recipient, **wish: Any) -> RecipientGroup:
    made = RecipientGroup.objects.create(name=name)
    made.members.set(members)
    GroupSubscription.objects.create(report=report, group=made, **wish)
    return made


def test_everybody_is_sent_it_once_and_their_own_wish_goes_before_a_group(
    make_report: MakeReport, django_assert_num_queries: Any
) -> None:
    report = make_report("Sales")
    ada, bob, cleo, dora, eve = (person(name) for name in ("ada", "bob", "cleo", "dora", "eve"))
    fred = person("fred", is_active=False)
    group(report, "North", ada, bob, cleo, dora, eve, fred, send_time=time(18, 0))
    group(report, "South", ada, bob, send_time=time(12, 0))
    group(report, "Tuesdays", ada, send_time=time(9, 0), weekdays=[1])
    group(report, "Off", person("gus"), is_active=False)
    Subscription.objects.create(report=report, recipient=bob, send_time=time(20, 0))
    Subscription.objects.create(report=report, recipient=cleo, weekdays=[1])  # it is a Monday
    Subscription.objects.create(report=report, recipient=dora, is_active=False)
    with django_assert_num_queries(4):
        assert len(readers_of(report)) == 4
    assert Report.objects.annotate(count=reader_count()).get().count == 4
    publish(EIGHT)
    due = {row.name: row.due_at.hour for row in Delivery.objects.all()}
    assert due == {"Ada": 12, "Bob": 20, "Eve": 18}


def test_who_leaves_the_group_before_it_is_sent_is_skipped(make_report: MakeReport) -> None:
    report = make_report("Sales")
    ada = person("ada")
    north = group(report, "North", ada, person("bob"), send_time=time(12, 0))
    publish(EIGHT)
    north.members.remove(ada)
    publish(datetime(2026, 11, 23, 12, 0, tzinfo=UTC))
    assert dict(Delivery.objects.values_list("name", "state")) == {"Ada": "skipped", "Bob": "sent"}


def test_one_mailbox_is_one_delivery_however_its_domain_is_written(make_report: MakeReport) -> None:
    make_report("Sales", "ada@例子.example", "ada@xn--fsqu00a.example")
    publish(EIGHT)
    assert Delivery.objects.count() == 1


def test_a_copy_is_one_mail_and_all_see_whom_it_goes_to(make_report: MakeReport, mail_server: Behaviour) -> None:
    make_report("Sales", "ada@example.com", "bob@example.com", "boss@example.com", reply_to="desk@example.com")
    Subscription.objects.filter(recipient__address="boss@example.com").update(is_copy=True)
    assert publish(EIGHT).sent == 3
    assert sorted(mail_server.addresses()) == ["ada@example.com", "bob@example.com", "boss@example.com"]
    for address, mail in zip(mail_server.addresses(), mail_server.mails(), strict=True):
        assert [to.addr_spec for to in mail["Cc"].addresses] == ["boss@example.com"]
        assert [to.addr_spec for to in mail["Reply-To"].addresses] == ["desk@example.com"]
        is_boss = address == "boss@example.com"
        assert [to.addr_spec for to in mail["To"].addresses] == ["reports@example.com" if is_boss else address]
    Report.objects.update(reply_to="")
    edition = Edition.objects.get()
    assert edition.reply_to == "desk@example.com"  # a repetition is the same mail
    # What is no address keeps nobody from their mail.
    edition.copies = [["Nobody", "no address"], ["", "\r\nBcc: x@example.com"], ["Boss\r\nBcc: x", "boss@example.com"]]
    content = message_for(
        Delivery(edition=edition, name="Ada", address="ada@example.com", message_id="<1@x>"), [], EIGHT
    )
    assert [to.addr_spec for to in parsed(content.content)["Cc"].addresses] == ["boss@example.com"]
    assert parsed(content.content)["Bcc"] is None


# --- Allowed domains ---


def test_who_is_outside_the_allowed_domains_is_refused_named_and_not_sent_anything(
    make_report: MakeReport, admin_client: Client, settings: Any
) -> None:
    make_report("Sales", "ada@Example.com", "bob@elsewhere.com")
    assert not [found for found in run_checks() if found.id == "reporter.W020"]
    settings.REPORT_ALLOWED_DOMAINS = ["example.com"]
    [found] = [found for found in run_checks() if found.id == "reporter.W020"]
    assert "bob@elsewhere.com" in found.msg
    assert "ada@" not in found.msg
    publish(EIGHT)
    replies = dict(Delivery.objects.values_list("address", "server_reply"))
    assert "example.com only" in replies["bob@elsewhere.com"]
    assert Delivery.objects.get(state="skipped").address == "bob@elsewhere.com"
    bob = Recipient.objects.get(address="bob@elsewhere.com")
    inline = {"RecipientGroup_members-TOTAL_FORMS": "0", "RecipientGroup_members-INITIAL_FORMS": "0"}
    form = {"name": "Bob", "address": bob.address} | inline
    page = f"/admin/reporter/recipient/{bob.pk}/change/"
    refused = admin_client.post(page, form | {"is_active": "on"})
    assert "example.com only" in str(refused.context["adminform"].form.errors["address"])
    assert admin_client.post(page, form).status_code == 302  # switching off is always possible
    assert not [found for found in run_checks() if found.id == "reporter.W020"]


# --- Only who may see the data may give it to others ---


@pytest.fixture
def closed(make_report: MakeReport, monkeypatch: pytest.MonkeyPatch) -> Report:
    """A report over data that only ``root`` may see."""
    report = make_report("Sales")
    people: Any = base.find("people")
    only_root = SimpleNamespace(
        key="people", title="People", table=people.table, allowed_to=lambda user: user.username == "root"
    )
    monkeypatch.setitem(base._registered, "people", only_root)  # type: ignore[arg-type]
    return report


def test_who_may_not_see_the_data_adds_nobody_in_no_way(closed: Report, admin_client: Client) -> None:
    ada, bob = person("ada"), person("bob")
    north = group(closed, "North", bob)
    admin = User.objects.get(username="admin")
    assert control.may_see(User(username="root"), closed)
    assert not control.may_see(admin, closed)
    told = "You may not see the data of “Sales”"

    def refused(page: str, data: dict[str, Any]) -> bool:
        response = admin_client.post(f"/admin/reporter/{page}", data)
        return response.status_code == 200 and told in response.content.decode()

    on = {"is_active": "on"}
    assert refused("subscription/add/", {"report": closed.pk, "recipient": ada.pk} | on)
    assert refused("groupsubscription/add/", {"report": closed.pk, "group": north.pk} | on)
    subscriber = {
        "subscriptions-TOTAL_FORMS": "1",
        "subscriptions-0-recipient": ada.pk,
        "subscriptions-0-is_active": "on",
    }
    page = f"/admin/reporter/report/{closed.pk}/change/"
    assert admin_client.post(page, form_of(closed, **subscriber)).status_code == 403
    member = {
        "RecipientGroup_members-TOTAL_FORMS": "1",
        "RecipientGroup_members-INITIAL_FORMS": "0",
        "RecipientGroup_members-0-recipientgroup": north.pk,
    }
    assert refused(f"recipient/{ada.pk}/change/", {"name": "Ada", "address": ada.address} | on | member)
    none = {"RecipientGroup_members-TOTAL_FORMS": "0", "RecipientGroup_members-INITIAL_FORMS": "0"}
    assert refused(f"recipient/{bob.pk}/change/", {"name": "Bob", "address": "spy@example.com"} | on | none)
    with pytest.raises(control.NotAllowed, match="You may not see"):
        control.add_to_group(north, [ada], admin)
    assert [reader.recipient for reader in readers_of(closed)] == [bob]
    renamed = {"name": "Bo", "address": bob.address} | on | none
    assert admin_client.post(f"/admin/reporter/recipient/{bob.pk}/change/", renamed).status_code == 302


def test_recipients_are_found_by_tag_and_put_into_a_group_from_the_list(
    admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    people = [person(f"p{number}") for number in range(12)]
    tag = Tag.objects.create(name="华北")
    tag.recipients.set(people[:3])
    north = RecipientGroup.objects.create(name="North")
    page = f"/admin/reporter/recipient/?tags__id__exact={tag.pk}"
    with django_assert_max_num_queries(11):
        assert "3 recipients" in admin_client.get(page).content.decode()
    choice = {"_selected_action": [each.pk for each in people[:3]], "group": north.pk}
    admin_client.post(page, choice | {"action": "add_to_group"})
    assert north.members.count() == 3
    assert "Added: P0 <p0@example.com>" in LogEntry.objects.get().change_message
    answer = admin_client.post(page, choice | {"action": "take_out_of_group", "group": ""}, follow=True)
    assert "Choose a group beside the action." in answer.content.decode()
    admin_client.post(page, choice | {"action": "take_out_of_group"})
    assert north.members.count() == 0
    with pytest.raises(PermissionDenied):
        control.add_to_group(north, people, User.objects.create_user("staff", is_staff=True))


def test_the_page_that_asks_before_a_recipient_or_a_report_is_deleted_names_what_goes_with_it(
    make_report: MakeReport, admin_client: Client, admin_user: User
) -> None:
    report, ada = make_report("Sales"), person("ada")
    report.watchers.add(admin_user)
    RecipientGroup.objects.create(name="North").members.add(ada)
    Tag.objects.create(name="VIP").recipients.add(ada)
    for address, words in (
        (f"recipient/{ada.pk}", ["Membership: North → Ada <", "Memberships: 1", "Tag: VIP → Ada <"]),
        (f"report/{report.pk}", ["Watchers: Sales → admin"]),
    ):
        page = unescape(admin_client.get(f"/admin/reporter/{address}/delete/").content.decode())
        assert [text for text in [*words, "relationship", " object ("] if text in page] == words


def test_who_may_not_change_groups_is_not_offered_it_in_the_list_of_recipients() -> None:
    person("ada")
    for permission, is_offered in (("change_recipient", False), ("change_recipientgroup", True)):
        client = staff.logged_in(staff.person(permission, name=permission))
        page = client.get("/admin/reporter/recipient/").content.decode()
        assert ('value="add_to_group"' in page, 'value="take_out_of_group"' in page) == (is_offered, is_offered)
