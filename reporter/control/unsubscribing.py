"""Unsubscribing by the link of a mail: by whoever holds the link, without a log-in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from reporter import unsubscribing
from reporter.models import Recipient, Report, Subscription


@dataclass(frozen=True)
class Asked:
    """What a link is about."""

    report: Report
    recipient: Recipient

    @property
    def is_sent(self) -> bool:
        """Whether it is still sent to this person."""
        return Recipient.objects.receiving(self.report).filter(pk=self.recipient.pk).exists()


def asked_by(token: str) -> Asked | None:
    """What the link with ``token`` is about; None if it is none of ours, or if nobody is there any more."""
    who = unsubscribing.read(token)
    report = Report.objects.filter(pk=who.report).first() if who else None
    recipient = Recipient.objects.filter(pk=who.recipient).first() if who else None
    return Asked(report, recipient) if report and recipient else None


def unsubscribe(asked: Asked, now: datetime) -> bool:
    """End the report for this person, also where it comes through groups. False if it had ended before.

    The row itself says when it was done: nobody who has a log-in did it.
    """
    ended = {"is_active": False, "unsubscribed_at": now}
    with transaction.atomic():
        own, is_new = Subscription.objects.get_or_create(report=asked.report, recipient=asked.recipient, defaults=ended)
        # What staff had switched off before keeps the wish of the person, too.
        return is_new or bool(Subscription.objects.filter(pk=own.pk, unsubscribed_at=None).update(**ended))
