"""Who is sent an edition, and when."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Count, Exists, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce

from backoffice.jobs.told import gettext as _
from reporter.messages import ascii_address, sender_problem
from reporter.models import Delivery, DeliveryState, Edition, GroupSubscription, Recipient, Report, Subscription, Why
from reporter.models.audience import Membership, RecipientQuerySet
from reporter.models.subscription import earliest
from reporter.models.validators import domain_problem


@dataclass(frozen=True)
class Reader:
    """One who gets a report: by a subscription of their own, or else through groups."""

    recipient: Recipient
    own: Subscription | None
    through: list[GroupSubscription]

    @property
    def is_copy(self) -> bool:
        return self.own is not None and self.own.is_copy

    @property
    def wishes(self) -> tuple[object, ...]:
        """What ``due_at`` goes by: the same of two readers means the same moment."""
        found = [self.own] if self.own else self.through
        return tuple((wish.send_time, None if wish.weekdays is None else tuple(wish.weekdays)) for wish in found)

    def due_at(self, day: date, zone: str, built_at: datetime) -> datetime | None:
        """When they want the edition of ``day``, never before it is built; None if not on that day."""
        return earliest([self.own] if self.own else self.through, day, zone, built_at)


def readers_of(report: Report | int) -> list[Reader]:
    """Everybody who gets ``report`` by what is subscribed now, each once. Four queries, whatever their number."""
    own = {row.recipient_id: row for row in Subscription.objects.active().filter(report=report)}
    wishes = {wish.group_id: wish for wish in GroupSubscription.objects.active().filter(report=report)}
    through: dict[int, list[GroupSubscription]] = {}
    for recipient, group in _members(list(wishes)):
        through.setdefault(recipient, []).append(wishes[group])
    people = Recipient.objects.receiving(report).order_by("pk")
    return [Reader(person, own.get(person.pk), through.get(person.pk, [])) for person in people]


def readers_by_report() -> dict[int, list[Reader]]:
    """The same of all reports, by the ids of reports, each in the order of names. Four queries, whatever there is."""
    own = {(row.report_id, row.recipient_id): row for row in Subscription.objects.all()}
    wishes: dict[int, list[GroupSubscription]] = {}
    for wish in GroupSubscription.objects.active():
        wishes.setdefault(wish.group_id, []).append(wish)
    through: dict[tuple[int, int], list[GroupSubscription]] = {}
    for recipient, group in _members(list(wishes)):
        for wish in wishes[group]:
            if (wish.report_id, recipient) not in own:
                through.setdefault((wish.report_id, recipient), []).append(wish)
    active = {key: row for key, row in own.items() if row.is_active}
    people = {person.pk: person for person in Recipient.objects.filter(is_active=True)}
    found: dict[int, list[Reader]] = {}
    for report, recipient in {**active, **through}:
        if person := people.get(recipient):
            key = (report, recipient)
            found.setdefault(report, []).append(Reader(person, active.get(key), through.get(key, [])))
    for readers in found.values():
        readers.sort(key=lambda reader: (reader.recipient.name, reader.recipient.pk))
    return found


def _members(groups: list[int]) -> Iterator[tuple[int, int]]:
    memberships = Membership.objects.filter(recipientgroup__in=groups)
    return memberships.values_list("recipient_id", "recipientgroup_id").iterator()


def reader_count() -> CombinedExpression:
    """How many get a report, as a column of a query of reports; as ``readers_of`` counts them."""
    direct = Subscription.objects.active().filter(report=OuterRef("pk"))
    own = Subscription.objects.filter(report=OuterRef(OuterRef("pk")), recipient=OuterRef("recipient"))
    through = Membership.objects.filter(
        ~Exists(own),
        recipient__is_active=True,
        recipientgroup__subscriptions__report=OuterRef("pk"),
        recipientgroup__subscriptions__is_active=True,
    )
    return _people_in(direct) + _people_in(through)


def _people_in(rows: QuerySet[Any]) -> Coalesce:
    together = rows.order_by().annotate(all=Value(1)).values("all")
    counted = together.annotate(count=Count("recipient", distinct=True)).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def deliveries_of(edition: Edition, built_at: datetime) -> list[Delivery]:
    """The deliveries of an edition that was built at ``built_at``; not saved yet. One for each mailbox."""
    if edition.why == Why.TEST:
        return [to_user(edition, edition.requested_by, built_at)] if edition.requested_by else []
    if edition.why == Why.CORRECTION:
        return _to_the_same(edition, built_at)
    deliveries: dict[str, Delivery] = {}
    for reader in readers_of(edition.report_id):
        # What a person asks for is sent now, to all.
        is_for_a_day = edition.why in (Why.TIMETABLE, Why.BACKFILL)
        due_at = reader.due_at(edition.local_date, edition.zone, built_at) if is_for_a_day else built_at
        if due_at is not None:
            delivery = _delivery(edition, reader, due_at)
            deliveries.setdefault(ascii_address(delivery.address).casefold(), delivery)
    return list(deliveries.values())


def to_user(edition: Edition, user: User, now: datetime) -> Delivery:
    """A delivery to a user of the back office, at their own address; not saved yet."""
    return Delivery(
        edition=edition,
        name=(user.get_full_name() or user.get_username())[:120],
        address=user.email,
        message_id=new_message_id(edition),
        due_at=now,
        next_attempt_at=now,
    )


def _to_the_same(edition: Edition, now: datetime) -> list[Delivery]:
    """To all that the corrected edition was meant for, whether it arrived or not; not to those who did not want it."""
    rows = Delivery.objects.filter(edition=edition.original_id, removed_at=None).standing()
    return [
        Delivery(
            edition=edition,
            recipient=row.recipient,
            name=row.name,
            address=row.address,
            is_copy=row.is_copy,
            message_id=new_message_id(edition),
            due_at=now,
            next_attempt_at=now,
        )
        for row in rows.exclude(state=DeliveryState.SKIPPED).select_related("recipient").order_by("pk")
    ]


def _delivery(edition: Edition, reader: Reader, due_at: datetime) -> Delivery:
    return Delivery(
        edition=edition,
        recipient=reader.recipient,
        name=reader.recipient.name,
        address=reader.recipient.address,
        is_copy=reader.is_copy,
        message_id=new_message_id(edition),
        due_at=due_at,
        next_attempt_at=due_at,
    )


def copies_in(deliveries: list[Delivery]) -> list[list[str]]:
    """Names and addresses of those who get a copy, as the edition keeps them: all its mails name them as Cc."""
    return [[delivery.name, delivery.address] for delivery in deliveries if delivery.is_copy]


def copies_of(edition: Edition, built_at: datetime) -> list[list[str]]:
    """The same of an edition by the timetable that has no deliveries: it costs the same whatever their number."""
    own = Subscription.objects.active().filter(report=edition.report_id, is_copy=True).select_related("recipient")
    wanted = [row for row in own.order_by("recipient_id") if row.due_at(edition.local_date, edition.zone, built_at)]
    return [[row.recipient.name, row.recipient.address] for row in wanted]


def why_unwanted(delivery: Delivery, receiving: RecipientQuerySet) -> str:
    """Why a delivery is not to be sent any more; empty if it is. ``delivery.edition`` is read.

    ``receiving`` is ``Recipient.objects.receiving`` of its report, put together once for many deliveries.
    What a person asked for goes to all that were subscribed at that moment, save who has unsubscribed by link since.
    """
    recipient, edition = delivery.recipient, delivery.edition
    if edition.is_for_users:
        return ""
    if recipient is None or not recipient.is_active:
        return _("The recipient was switched off or deleted before it was sent.")
    if problem := domain_problem(delivery.address):
        return problem
    if edition.why in (Why.TIMETABLE, Why.BACKFILL):
        is_wanted = receiving.filter(pk=recipient.pk).exists()
    else:
        by_link = Subscription.objects.filter(
            report=edition.report_id, recipient=recipient, unsubscribed_at__isnull=False
        )
        is_wanted = not by_link.exists()
    return "" if is_wanted else _("The recipient was unsubscribed before it was sent.")


def new_message_id(edition: Edition) -> str:
    sender = "" if sender_problem() else ascii_address(parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
    domain = sender.rpartition("@")[2] or "localhost"
    return f"<report-{edition.pk}.{uuid.uuid4().hex}@{domain}>"
