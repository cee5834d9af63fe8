"""Who is sent an edition, and when."""

from __future__ import annotations

import uuid
from datetime import datetime
from email.utils import parseaddr
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from reporter.messages import ascii_address, sender_problem
from reporter.models import Delivery, DeliveryState, Edition, Subscription, Why


def deliveries_of(edition: Edition, built_at: datetime) -> list[Delivery]:
    """The deliveries of an edition that was built at ``built_at``; not saved yet."""
    if edition.why == Why.TEST:
        return [to_user(edition, edition.requested_by, built_at)] if edition.requested_by else []
    if edition.why == Why.CORRECTION:
        return _to_the_same(edition, built_at)
    subscriptions = Subscription.objects.active().filter(report=edition.report_id).select_related("recipient")
    return [
        Delivery(
            edition=edition,
            recipient=subscription.recipient,
            name=subscription.recipient.name,
            address=subscription.recipient.address,
            message_id=new_message_id(edition),
            due_at=due_at,
            next_attempt_at=due_at,
        )
        for subscription in subscriptions
        if (due_at := when_due(edition, subscription, built_at))
    ]


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
            message_id=new_message_id(edition),
            due_at=now,
            next_attempt_at=now,
        )
        for row in rows.exclude(state=DeliveryState.SKIPPED).select_related("recipient").order_by("pk")
    ]


def why_unwanted(delivery: Delivery) -> str:
    """Why a delivery is not to be sent any more; empty if it is. ``delivery.edition`` is read.

    What a person asked for goes to all that were subscribed at that moment.
    """
    recipient, edition = delivery.recipient, delivery.edition
    if edition.is_for_users:
        return ""
    if recipient is None or not recipient.is_active:
        return _("The recipient was switched off or deleted before it was sent.")
    subscribed = Subscription.objects.active().filter(report=edition.report_id, recipient=recipient)
    if edition.why == Why.TIMETABLE and not subscribed.exists():
        return _("The recipient was unsubscribed before it was sent.")
    return ""


def when_due(edition: Edition, subscription: Subscription, built_at: datetime) -> datetime | None:
    """When the subscriber wants it, never before it is built; None if not on that day."""
    if edition.why not in (Why.TIMETABLE, Why.BACKFILL):
        return built_at  # somebody wants it sent now, to all
    if subscription.weekdays is not None and edition.local_date.weekday() not in subscription.weekdays:
        return None
    if subscription.send_time is None or edition.why == Why.BACKFILL:
        return built_at
    wanted = datetime.combine(edition.local_date, subscription.send_time, tzinfo=ZoneInfo(edition.zone))
    return max(wanted, built_at, key=datetime.timestamp)


def new_message_id(edition: Edition) -> str:
    sender = "" if sender_problem() else ascii_address(parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
    domain = sender.rpartition("@")[2] or "localhost"
    return f"<report-{edition.pk}.{uuid.uuid4().hex}@{domain}>"
