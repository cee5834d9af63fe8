"""Corrections (更正): a new edition that says what it corrects, to the people of the first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from backoffice.jobs.control.rights import check, note
from reporter import sending_job
from reporter.control.permissions import CORRECT
from reporter.control.refusals import AlreadyAskedFor, NothingToSend, NotSent
from reporter.models import Delivery, DeliveryState, Edition, Recipient, Subscription, Why
from reporter.models.choices import UNFINISHED
from reporter.models.delivery import DeliveryQuerySet


def why_not_corrected(edition: Edition) -> str:
    """Why there can be no correction of ``edition``; empty if there can."""
    if edition.is_for_users:
        return _("A test or a notice is not corrected.")
    if edition.state in UNFINISHED:
        return _("It is not finished: hold it instead, or wait until it is sent.")
    if not people_of(edition):
        return _("Nobody was sent it, or their addresses are not kept any more: there is nobody to correct it for.")
    if Edition.objects.filter(original=edition, why=Why.CORRECTION, state__in=UNFINISHED).exists():
        return _("A correction of it has been asked for already, and is not finished.")
    return ""


def people_of(edition: Edition) -> int:
    """How many a correction is meant for: all that the edition was meant for, whether it arrived or not."""
    return _meant_for(edition).count()


@dataclass(frozen=True)
class Since:
    """Addresses of people of an edition who have changed since. It is not known who has taken over from whom."""

    gone: list[str]  # switched off, or unsubscribed by link: a correction does not reach them
    former: list[str]  # get the report no more, and are sent its correction all the same: they got what was wrong


def changed_since(edition: Edition) -> Since:
    rows = _meant_for(edition).order_by("address")
    by_link = Subscription.objects.filter(
        report=edition.report_id, recipient=OuterRef("recipient"), unsubscribed_at__isnull=False
    )
    is_gone = ~Q(recipient__is_active=True) | Exists(by_link)
    readers = Recipient.objects.receiving(edition.report_id).filter(pk=OuterRef("recipient"))
    former = rows.exclude(is_gone).filter(~Exists(readers))
    return Since(*(list(found.values_list("address", flat=True)) for found in (rows.filter(is_gone), former)))


def _meant_for(edition: Edition) -> DeliveryQuerySet:
    rows = Delivery.objects.filter(edition=edition, removed_at=None).standing()
    return rows.exclude(state=DeliveryState.SKIPPED)


def correct(edition: Edition, user: User, text: str, now: datetime) -> Edition:
    """Ask for a correction: the data of the same days as it is now, to the same people, with ``text`` at the top.

    Raises PermissionDenied, NothingToSend without a text, NotSent, and AlreadyAskedFor.
    """
    check(user, CORRECT)
    if not text.strip():
        raise NothingToSend(_("Say what is corrected: those who get it read it at the top."))
    if refusal := why_not_corrected(edition):
        raise NotSent(refusal)
    correction = Edition(
        report=edition.report,
        why=Why.CORRECTION,
        original=edition,
        requested_by=user,
        reason=text.strip(),
        due_at=now,
        created_at=now,
        next_attempt_at=now,
        local_date=edition.local_date,
        period_start=edition.period_start,
        period_end=edition.period_end,
        zone=edition.zone,
    )
    try:
        with transaction.atomic():
            correction.save()
            note(user, edition, _("Correction: %(text)s") % {"text": text.strip()})
    except IntegrityError as error:
        if not (refusal := why_not_corrected(edition)):
            raise
        raise AlreadyAskedFor(refusal) from error
    sending_job.wake(user, now)
    return correction
