"""Holding an edition, letting it go, and approving it."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from backoffice.jobs.control.rights import check, note
from backoffice.jobs.told import gettext as _
from reporter import holds, sending_job
from reporter.control.permissions import APPROVE, HOLD
from reporter.control.refusals import NotSent
from reporter.models import Edition, Hold
from reporter.models.choices import UNFINISHED


def hold(edition: Edition, user: User, reason: str, now: datetime) -> None:
    """Send no more of ``edition`` until somebody lets it go. Raises PermissionDenied, and NotSent if it is finished
    or held already."""
    check(user, HOLD)
    text = _("Held by %(person)s. %(reason)s") % {"person": user.get_username(), "reason": reason}
    free = Edition.objects.filter(pk=edition.pk, hold="", state__in=UNFINISHED)
    with transaction.atomic():
        if not free.update(hold=Hold.PERSON, hold_reason=text, held_at=now):
            raise NotSent(_("It is finished, or held already."))
        note(user, edition, text)


def release(edition: Edition, user: User, reason: str, now: datetime) -> None:
    """Let an edition go that a person holds, or approve one that waits for it.

    Raises PermissionDenied, and NotSent if it is not held, or held for want of its owner's rights.
    """
    is_approval = edition.hold == Hold.APPROVAL
    check(user, APPROVE if is_approval else HOLD)
    if edition.hold == Hold.OWNER:
        raise NotSent(
            _("It is held by itself, and goes out when that is put right: %(reason)s") % {"reason": edition.hold_reason}
        )
    with transaction.atomic():
        if not edition.hold or not holds.release(edition, edition.hold):
            raise NotSent(_("It is not held any more."))
        text = _("Approved. %(reason)s") if is_approval else _("Let go. %(reason)s")
        note(user, edition, text % {"reason": reason})
    sending_job.wake(user, now)
