"""Handing everything that somebody receives to a successor."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from backoffice.jobs.control.rights import check, note
from reporter.control.audience import reports_of
from reporter.control.permissions import HAND_OVER
from reporter.control.rights import unseen
from reporter.models import Delivery, DeliveryState, Recipient, RecipientGroup, Report, Subscription
from reporter.models.delivery import DeliveryQuerySet
from reporter.models.validators import domain_problem


class NotHandedOver(Exception):
    """Nothing was handed over; the message says why."""


@dataclass
class Handover:
    """What goes from one recipient to another. What the successor has of their own stays as it is."""

    recipient: Recipient
    successor: Recipient
    moving: list[Subscription] = field(default_factory=list)
    merged: list[Subscription] = field(default_factory=list)  # the successor gets it already
    staying: list[Subscription] = field(default_factory=list)  # the successor has it switched off, or unsubscribed
    groups: list[RecipientGroup] = field(default_factory=list)
    waiting: int = 0  # mails that are built and not sent yet

    @property
    def is_empty(self) -> bool:
        return not (self.moving or self.merged or self.groups)

    def reports(self) -> list[Report]:
        """All that the successor would get through it."""
        direct = Report.objects.filter(pk__in=[row.report_id for row in self.moving]).prefetch_related("sections")
        return list({report.pk: report for report in (*direct, *reports_of(self.groups))}.values())


def what_moves(recipient: Recipient, successor: Recipient) -> Handover:
    """What handing over would do. Changes nothing."""
    handover = Handover(recipient, successor)
    theirs = {row.report_id: row for row in successor.subscriptions.all()}
    for row in recipient.subscriptions.filter(is_active=True).select_related("report").order_by("report__name"):
        other = theirs.get(row.report_id)
        target = handover.moving if other is None else handover.merged if other.is_active else handover.staying
        target.append(row)
    handover.groups = list(recipient.groups.all())
    handover.waiting = _waiting(handover).count()
    return handover


def problem_with(handover: Handover, user: User) -> str:
    """Why it may not be done; empty if it may."""
    successor = handover.successor
    if successor.pk == handover.recipient.pk:
        return _("That is the same person.")
    if not successor.is_active:
        return _("%(name)s is switched off. Switch them on first.") % {"name": successor.name}
    return domain_problem(successor.address) or unseen(user, handover.reports())


def hand_over(
    recipient: Recipient, successor: Recipient, user: User, *, switch_off: bool, reason: str = ""
) -> Handover:
    """Give ``successor`` all that ``recipient`` is sent, and the mails that wait; in one transaction.

    What is being sent at this moment, or has been, stays with the one it was made for. Raises PermissionDenied,
    NotHandedOver.
    """
    check(user, HAND_OVER)
    try:
        with transaction.atomic():
            return _hand_over(recipient, successor, user, switch_off, reason)
    except IntegrityError as error:  # the successor was subscribed in the same moment
        text = _("Somebody has changed this meanwhile. Nothing was handed over; look at it again.")
        raise NotHandedOver(text) from error


def _hand_over(recipient: Recipient, successor: Recipient, user: User, switch_off: bool, reason: str) -> Handover:
    handover = what_moves(recipient, successor)
    if problem := problem_with(handover, user):
        raise NotHandedOver(problem)
    moving = Subscription.objects.filter(pk__in=[row.pk for row in handover.moving])
    moving.update(recipient=successor)
    Subscription.objects.filter(pk__in=[row.pk for row in handover.merged]).delete()
    for group in handover.groups:
        group.members.remove(recipient)
        group.members.add(successor)
    handover.waiting = _move_waiting(handover)
    if switch_off:
        Recipient.objects.filter(pk=recipient.pk).update(is_active=False)
    _note(handover, user, switch_off, reason)
    return handover


def _waiting(handover: Handover) -> DeliveryQuerySet:
    """Mails that wait, of editions of which the successor has none."""
    same_edition = Delivery.objects.filter(edition=OuterRef("edition"), address__iexact=handover.successor.address)
    waiting = Delivery.objects.filter(recipient=handover.recipient, state=DeliveryState.PENDING)
    staying = [row.report_id for row in handover.staying]
    return waiting.filter(~Exists(same_edition)).exclude(edition__report__in=staying)


def _move_waiting(handover: Handover) -> int:
    """By one conditional UPDATE. A sender that has them in hand, and has not begun, loses its claim by it."""
    successor = handover.successor
    moving = Delivery.objects.filter(pk__in=list(_waiting(handover).values_list("pk", flat=True)))
    return moving.filter(state=DeliveryState.PENDING).update(
        recipient=successor,
        name=successor.name,
        address=successor.address,
        content_hash="",  # of the mail to somebody else, where it was put off before
        claimed_by=None,
        claimed_until=None,
    )


def _note(handover: Handover, user: User, switch_off: bool, reason: str) -> None:
    words = {
        "subscriptions": len(handover.moving) + len(handover.merged),
        "groups": len(handover.groups),
        "waiting": handover.waiting,
        "from": handover.recipient,
        "to": handover.successor,
    }
    what = _("subscriptions: %(subscriptions)d, groups: %(groups)d, waiting mails: %(waiting)d") % words
    off = _("Switched off.") if switch_off else ""
    note(user, handover.recipient, f"{_('Handed over to %(to)s') % words}: {what}. {off} {reason}")
    note(user, handover.successor, f"{_('Taken over from %(from)s') % words}: {what}. {reason}")
