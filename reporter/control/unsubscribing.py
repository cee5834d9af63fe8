"""Unsubscribing by the link of a mail: by whoever holds the link, without a log-in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from reporter import unsubscribing
from reporter.models import Recipient, Report, Subscription
from reporter.models.choices import Source


@dataclass(frozen=True)
class Asked:
    """What a link is about."""

    report: Report
    recipient: Recipient

    @property
    def is_sent(self) -> bool:
        """Whether it is still sent to this person."""
        return Recipient.objects.receiving(self.report).filter(pk=self.recipient.pk).exists()

    @property
    def ended(self) -> QuerySet[Subscription]:
        """The subscription that this person has ended by the link, where they may take that back."""
        rows = Subscription.objects.filter(report=self.report, recipient=self.recipient, is_active=False)
        return rows.filter(recipient__is_active=True).exclude(unsubscribed_from="")


def asked_by(token: str) -> Asked | None:
    """What the link with ``token`` is about; None if it is none of ours, or if nobody is there any more."""
    who = unsubscribing.read(token)
    report = Report.objects.filter(pk=who.report).first() if who else None
    recipient = Recipient.objects.filter(pk=who.recipient).first() if who else None
    return Asked(report, recipient) if report and recipient else None


def unsubscribe(asked: Asked, now: datetime) -> None:
    """End the report for this person, also where it comes through groups; nothing where they have ended it before,
    or are gone by now. (A report that was sent is not removed.)

    The row itself says when it was done: nobody who has a log-in did it.
    """
    ended = {"is_active": False, "unsubscribed_at": now, "unsubscribed_from": ""}
    through_groups = ended | {"unsubscribed_from": Source.GROUPS}
    with transaction.atomic():
        if not Recipient.objects.select_for_update().filter(pk=asked.recipient.pk):
            return
        own, is_new = Subscription.objects.get_or_create(
            report=asked.report, recipient=asked.recipient, defaults=through_groups
        )
        wanted = Subscription.objects.filter(pk=own.pk, unsubscribed_at=None)
        if not is_new and not wanted.filter(is_active=True).update(**ended | {"unsubscribed_from": Source.OWN}):
            wanted.update(**ended)  # what staff had switched off before keeps the wish of the person, too


def subscribe_again(asked: Asked) -> bool:
    """Take back what this person has ended by the link, and give them no more than they had: a subscription of their
    own is switched on, and one that only kept off what comes through groups is removed. False if there is none."""
    with transaction.atomic():
        own = asked.ended.filter(unsubscribed_from=Source.OWN)
        is_back = own.update(is_active=True, unsubscribed_at=None, unsubscribed_from="")
        return bool(is_back or asked.ended.filter(unsubscribed_from=Source.GROUPS).delete()[0])
