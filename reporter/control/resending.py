"""After the sending: again to those whom it did not reach, and what a person says about what nobody knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from backoffice.jobs.control.rights import check, note
from reporter import results, sending_job
from reporter.control.permissions import RESEND, SEND
from reporter.control.refusals import AlreadyAskedFor, NotSent
from reporter.models import Delivery, DeliveryState, Edition, EditionState, Why
from reporter.models.choices import VOID
from reporter.summary import Summary

RESENDABLE = (DeliveryState.FAILED, DeliveryState.UNKNOWN)


@dataclass(frozen=True)
class Address:
    name: str
    address: str
    is_new: bool  # it was corrected since


def address_now(row: Delivery) -> Address:
    """Where a repetition goes: to the recipient's corrected address, if the mail surely did not arrive at the old."""
    recipient = row.recipient
    if recipient and row.state == DeliveryState.FAILED and recipient.address != row.address:
        return Address(recipient.name, recipient.address, is_new=True)
    return Address(row.name, row.address, is_new=False)


def why_not_again(row: Delivery) -> str:
    """Why a delivery is not to be sent again; empty if it may be. ``row.edition`` is read."""
    if row.superseded_by_id is not None:
        return _("It has been sent again already.")
    if row.state not in RESENDABLE:
        return _("It is %(state)s: only what failed or is unknown is sent again.") % {"state": row.get_state_display()}
    if row.edition.why == Why.NOTICE:
        return _("A notice is not sent again.")
    if row.edition.stripped_at or row.removed_at:
        return _("The mail or the address is not kept any more: what was sent cannot be repeated.")
    return ""


def resend(row: Delivery, user: User, reason: str, now: datetime) -> Delivery:
    """Send a delivery again that failed or is unknown: same Message-ID, same body and files, checked by hash.

    Raises PermissionDenied, NotSent for one that cannot be, and AlreadyAskedFor if somebody was quicker.
    """
    check(user, RESEND)
    if refusal := why_not_again(row):
        raise NotSent(f"{row.address}: {refusal}")
    to = address_now(row)
    again = Delivery(
        edition=row.edition,
        recipient=row.recipient,
        name=to.name,
        address=to.address,
        message_id=row.message_id,
        content_hash="" if to.is_new else row.content_hash,
        due_at=now,
        next_attempt_at=now,
    )
    try:
        _insert(row, again, user, reason)
    except IntegrityError as error:  # unique attempt key: two people in the same moment
        raise _again_already(row) from error
    sending_job.wake(user, now)
    return again


def _again_already(row: Delivery) -> AlreadyAskedFor:
    said = _("It has been sent again already.")
    return AlreadyAskedFor(f"{row.address}: {said}")


def _insert(row: Delivery, again: Delivery, user: User, reason: str) -> None:
    with transaction.atomic():
        again.attempt_key = str(Delivery.objects.filter(edition=row.edition, message_id=row.message_id).count() + 1)
        again.save()
        mine = Delivery.objects.filter(pk=row.pk, superseded_by=None, state=row.state)
        if not mine.update(superseded_by=again):
            raise _again_already(row)
        _reopen(row.edition_id)
        text = _("Sent again to %(address)s, which was %(state)s. %(reason)s")
        values = {"address": again.address, "state": row.get_state_display(), "reason": reason}
        note(user, row.edition, text % values)


def decide(row: Delivery, arrived: bool, user: User, reason: str, now: datetime) -> None:
    """Write down what a person says of an unknown delivery: it arrived, or it did not.

    Raises PermissionDenied, and AlreadyAskedFor if it is not unknown any more.
    """
    check(user, RESEND)
    state = DeliveryState.SENT if arrived else DeliveryState.FAILED
    with transaction.atomic():
        unknown = Delivery.objects.filter(pk=row.pk, superseded_by=None)
        if not unknown.change(DeliveryState.UNKNOWN, state, decided_by=user, decided_at=now):
            said = _("It is not unknown any more.")
            raise AlreadyAskedFor(f"{row.address}: {said}")
        text = _("%(address)s: it arrived. %(reason)s") if arrived else _("%(address)s: it did not arrive. %(reason)s")
        note(user, row.edition, text % {"address": row.address, "reason": reason})
        _reopen(row.edition_id)
    results.settle(now, Summary())


def _reopen(edition_id: int) -> None:
    """An edition says what became of it anew, when all its deliveries are decided."""
    editions = Edition.objects.filter(pk=edition_id)
    for state in (EditionState.PARTLY_SENT, EditionState.FAILED):
        editions.change(state, EditionState.SENDING, finished_at=None)


def build_again(edition: Edition, user: User, reason: str, now: datetime) -> None:
    """Try an edition again that could not be built, or was held until it was skipped.

    Raises PermissionDenied, and AlreadyAskedFor if it was not so.
    """
    check(user, SEND)
    with transaction.atomic():
        unbuilt = Edition.objects.filter(pk=edition.pk, built_at=None)
        values: dict[str, Any] = {"attempts": 0, "next_attempt_at": now, "claimed_by": None, "claimed_until": None}
        values |= {"finished_at": None, "outcome": ""}
        if not any(unbuilt.change(state, EditionState.PENDING, **values) for state in VOID):
            raise AlreadyAskedFor(_("It is built, or being built again already."))
        note(user, edition, _("To be built again. %(reason)s") % {"reason": reason})
    sending_job.wake(user, now)


def try_now(edition: Edition, user: User, reason: str, now: datetime) -> int:
    """Try deliveries of ``edition`` that are put off again at once; returns how many.

    Raises PermissionDenied, and NotSent if none is put off.
    """
    check(user, RESEND)
    with transaction.atomic():
        count = edition.deliveries.put_off(now).update(next_attempt_at=now)
        if not count:
            raise NotSent(_("Nothing of it is put off any more."))
        note(user, edition, _("To be tried again at once: %(count)d. %(reason)s") % {"count": count, "reason": reason})
    sending_job.wake(user, now)
    return count
